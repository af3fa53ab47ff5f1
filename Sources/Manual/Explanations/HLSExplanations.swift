extension Explanation {
  /// Codes of hls4ml models.
  static let hls: [Explanation] = [
    Explanation(
      "hls.not-a-model", "no hls4ml model is at the path", status: .noInput,
      """
      A project is the folder that hls4ml writes: it has a folder firmware/ with defines.h,
      parameters.h, the top function and weights/. An archive is a .fml file with model_arch.json in
      it. Give one of the two; in a script, run hls_model.write() or build() first.
      """),
    Explanation(
      "hls.byte", "a byte of a project's file belongs to no C++ text",
      """
      A control character or a byte outside ASCII in a header or source of the project. The file is
      damaged; write the project again with hls4ml.
      """),
    Explanation(
      "hls.cannot-run", "the project's own C++ code cannot run this layer",
      """
      hls4ml wrote a layer whose C++ function stops on an assertion, or reads elements that nothing
      has set: a streamed pool whose stride is not its size, a padded pool before hls4ml 0.7. C
      simulation has no value to compare with. Change the layer and convert the model again.
      """),
    Explanation(
      "hls.version-rules", "which release of hls4ml wrote this layer is not certain",
      """
      Releases of hls4ml compute some layers differently: exponential weights, thresholds of binary
      activations. Here the project's files do not tell which release wrote them, or its rules for this
      layer are not known. Name the release with --hls4ml-version; a project that keeps its nnet_utils
      folder tells it by itself.
      """),
    Explanation(
      "hls.syntax", "a project's file has something else than expected at a line",
      """
      hwsim reads the C++ that hls4ml generates, not any C++. The line says what was expected and what
      was found. Hand-edited types and parameters are understood as long as they keep hls4ml's form.
      """),
    Explanation(
      "hls.json", "a key of an hls4ml archive is missing or of the wrong kind",
      """
      The archive's model_arch.json or config.json lacks what hls4ml writes there. The key is named with
      what was expected. Save the model again with the hls4ml version that made it.
      """),
    Explanation(
      "hls.limit", "something of an hls4ml model is larger than hwsim accepts",
      """
      Counts and sizes are bounded before memory is taken for them, so that a damaged file ends with a
      message. The limits are far above what fits in an FPGA.
      """),
    Explanation(
      "hls.unknown", "a name in an hls4ml project is not defined",
      """
      A type, constant or variable is used but no file of the project defines it. The files come from
      different conversions, or one was edited.
      """),
    Explanation(
      "hls.duplicate", "a name in an hls4ml project is defined twice",
      """
      Which of the two definitions was meant cannot be told. Keep one.
      """),
    Explanation(
      "hls.cyclic", "a definition in an hls4ml project refers to itself",
      """
      A type or constant is defined by way of itself, which no compiler accepts either.
      """),
    Explanation(
      "hls.expression", "a constant expression in an hls4ml project has no value",
      """
      It divides by zero or overflows 64 bits.
      """),
    Explanation(
      "hls.changed-code", "a project carries nnet_utils that are of no release",
      """
      A warning. hwsim computes by the rules of hls4ml's releases 0.5 to 1.3; it does not read the C++
      functions of the project's own nnet_utils. Functions and types whose text, comments and pragmas
      aside, is none of those releases' are named: they may compute something else. Equal results of
      hwsim check show that they do not.
      """),
    Explanation(
      "hls.backend", "an hls4ml project of a back end that is not read",
      """
      Vitis, Vivado and VivadoAccelerator projects compute with ap_fixed by nnet_utils that hwsim
      knows. Quartus, oneAPI, Catapult and others have types and code of their own: the same model
      may give other bits there, so hwsim does not read them as if they were the former. Convert the
      model with one of those to check or estimate it.
      """),
    Explanation(
      "hls.unsupported", "a call in an hls4ml project has no operator in hwsim",
      """
      The layer is valid hls4ml, but hwsim has no verified rule for it, and it does not guess bits. The
      call and its line are named. Convert the model without this layer, or check up to it with
      --layers.
      """),
    Explanation(
      "hls.count", "two counts of an hls4ml model disagree",
      """
      For example the number of weights in a file and in parameters.h. The files come from different
      conversions.
      """),
    Explanation(
      "hls.range", "a number of an hls4ml model is outside its range",
      """
      A width, an extent or a parameter that no hardware has. Check the line in parameters.h.
      """),
    Explanation(
      "hls.number", "a word in a weight file is no number",
      """
      Weight files hold decimal numbers separated by commas. The file is damaged or was edited.
      """),
    Explanation(
      "hls.archive-differs", "a project folder and the .fml archive in it differ",
      """
      Both were read and compared: operators, order, types, shapes and every constant. They belong
      to different conversions, or one was edited. The project folder, which is what g++ compiles,
      was used; the message lists what differs.
      """),
  ]
}
