extension Explanation {
  /// Codes of datapaths, inputs and checks.
  static let hardware: [Explanation] = [
    Explanation(
      "datapath.limit", "a run would take more memory or work than one may ask for",
      """
      Buffers, tables and products of a plan are counted before anything is allocated. Run a smaller
      batch or image, or cut the graph with --outputs.
      """),
    Explanation(
      "datapath.without-codes", "a parameter has a shape and no values",
      """
      A model that is known by its shapes alone has costs (hwsim estimate) and cannot be computed. Give
      the model with its weights.
      """),
    Explanation(
      "datapath.unsupported", "a datapath has no rule for an operator",
      """
      A datapath is the set of rules by which one piece of hardware computes. Running an operator
      without a rule would print bits that no hardware makes. The node is named; take another
      --datapath, or a model without this operator. hwsim inspect MODEL shows it for every node.
      """),
    Explanation(
      "datapath.encoding", "a tensor has a number format that a datapath does not compute with",
      """
      The fixed-point datapath takes fixed-point tensors, for example. The operand is named with what
      was expected.
      """),
    Explanation(
      "datapath.too-wide", "an exact intermediate result has more bits than hwsim computes with",
      """
      Intermediates are exact to 512 bits. Types as wide as these do not occur in hardware that is
      built; narrow the types of the layer.
      """),
    Explanation(
      "datapath.parameter", "a parameter of a layer is outside what the hardware defines",
      """
      The parameter is named with the reason. Check the layer's configuration in the model.
      """),
    Explanation(
      "input.not-finite", "an input value is NaN or infinite",
      """
      Fixed-point formats hold finite numbers only, and what hardware makes of a NaN depends on the
      compiler. The sample and the index are named. Remove the value from the data.
      """),
    Explanation(
      "input.out-of-range", "an integer input is no code of the input's format",
      """
      Arrays of integer type are taken as codes, and the format has no such code. If values were meant,
      store them as floats; if the hardware wraps them on the way in, pass --allow-overflow.
      """),
    Explanation(
      "input.shape", "an input has the wrong number of values",
      """
      An input's array has one row a sample, each with as many values as the tensor. The expected shape
      is in the message.
      """),
    Explanation(
      "input.encoding", "an input cannot be given in this form",
      """
      Values can be cast to fixed-point inputs only; inputs of other formats take integer codes.
      """),
    Explanation(
      "check.sample-count", "inputs and expected values have different numbers of samples",
      """
      Sample i of the expected values belongs to sample i of the inputs. Truncate the longer array if it
      only goes on further, or look at the first samples with --first N.
      """),
    Explanation(
      "check.no-data", "there is nothing to check with, or to compare with", status: .noInput,
      """
      A check needs inputs (--inputs) and what was observed for them (--expected, --layers). Without
      these options a project's own test bench data are used: tb_data/tb_input_features.dat with
      csim_results.log and rtl_cosim_results.log, which hls_model.build(csim=True) leaves there.
      """),
    Explanation(
      "check.layers", "the values of --layers do not belong to the model's layers",
      """
      The arrays of the .npz, or the files LAYER.npy of the folder, are named as layers or tensors of
      the model (/ and | are the same; #3 is the tensor with index 3), each once. hwsim inspect MODEL
      lists the names.
      """),
    Explanation(
      "array.names", "the given arrays are not those that the model has",
      """
      Each input (or output) needs exactly one array. Give NAME=FILE, an .npz whose arrays have the
      names, or files in the model's order; one text log may hold all of them. The message lists what
      was given and what the model has.
      """),
    Explanation(
      "model.unrecognized", "a file is no model of a known kind",
      """
      Models are recognised by content, whatever the file is called. An hls4ml project is the folder
      with firmware/ in it; a .fml file is a gzip-compressed tar archive. The message shows the first
      bytes of the file.
      """),
    Explanation(
      "usage.unknown-datapath", "no datapath has this name", status: .usage,
      """
      A datapath is the set of rules by which one piece of hardware computes; --help lists the names.
      Without --datapath it is chosen by the kind of the model: hls-fixed for hls4ml.
      """),
    Explanation(
      "usage.unknown-layer", "no layer has this name", status: .usage,
      """
      --node takes the name of a layer as hwsim inspect MODEL lists it. Names are those of the model's
      own source, upper and lower case apart.
      """),
    Explanation(
      "run.encoding", "a tensor cannot be stored as an array of codes",
      """
      Arrays hold codes of fixed-point tensors. The tensor is named with its format.
      """),
    Explanation(
      "run.suffix", "a file's name asks for a form that does not hold the outputs",
      """
      run stores an .npz archive of all outputs; .npy, .csv, .hex, .mem and .coe hold one output, and the
      last three codes alone. A model with several outputs writes a text file a tensor with --golden DIR.
      """),
    Explanation(
      "run.labels", "labels that the model's output does not go with",
      """
      --labels takes one integer a sample, the index of its class from 0, and a model of one output. The
      class is the first of the largest outputs; of one output 1 where it is over 0.5 (a probability) or
      over 0, else 0. The interval beside an accuracy holds the true one in 95 % of cases (Wilson, 1927).
      """),
    Explanation(
      "run.too-wide", "a tensor's codes do not fit in an array's elements",
      """
      Arrays have integers of up to 64 bits, and float64 holds every value of up to 53 bits. hwsim does
      not store rounded codes. The run itself is exact for wider types: check compares them.
      """),
  ]
}
