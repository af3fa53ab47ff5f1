extension Explanation {
  /// Codes of devices, estimates and allocations.
  static let targets: [Explanation] = [
    Explanation(
      "target.syntax", "a device description is not JSON",
      """
      Descriptions are JSON (RFC 8259): no comments, no trailing commas, keys in double quotes. Where a
      number comes from stands in its "source".
      """),
    Explanation(
      "target.schema", "a device description of another format",
      """
      "schema" says how the file is to be read; this version reads hwsim.target/1.
      """),
    Explanation(
      "target.family", "a device of a kind that is not known",
      """
      Each family has its own constants and cost model. The message lists the families.
      """),
    Explanation(
      "target.unknown-key", "a device description has a key that no description has",
      """
      A misspelled key would leave a default in its place without a word, so unknown keys are errors.
      hwsim targets --template FAMILY prints every key with its meaning and unit.
      """),
    Explanation(
      "target.missing-key", "a device description lacks a constant that every device has",
      """
      What every device of the family has must be stated, by the file itself or by the description
      that its "base" names. Each constant is an object with "value" and "source", a table one with
      "rows". hwsim targets --template FAMILY says which are required.
      """),
    Explanation(
      "target.value", "a constant of a device description has an impossible value",
      """
      The value is of the wrong kind, outside the range that hardware has, or null as the skeleton of
      --template leaves it; or its source is empty. The key path says which.
      """),
    Explanation(
      "target.id", "a name that a new device description cannot have",
      """
      Ids have letters, digits, - and ., and a stack after +; each is there once. hwsim targets lists
      those that ship with hwsim.
      """),
    Explanation(
      "target.base", "the base of a device description does not exist or leads back to itself",
      """
      "base" names a shipped target (hwsim targets lists them) whose constants the file inherits.
      """),
    Explanation(
      "usage.unknown-target", "no device has this name", status: .usage,
      """
      A device is named by id or alias, as hwsim targets lists them, or by the path of a .json file
      with its description. A target is a board and the software on it: nucleo-l4r5zi+tflm.
      """),
    Explanation(
      "usage.limit", "a limit that cannot be read", status: .usage,
      """
      --limit takes a quantity of the device and an amount in its unit: sram=320KiB, latency=50ms,
      cycles=1M; several by repeating it. KiB and MiB are
      powers of 1,024, kB and MB of 1,000. Exit code 1 says that a limit is broken.
      """),
    Explanation(
      "estimate.cases", "a document of cases that cannot be answered",
      """
      --cases takes a JSON document in a layout that a family of devices knows, such as the cases of
      published accelerator simulators; the answer is the same document with its numbers computed.
      """),
    Explanation(
      "estimate.rows", "a table of rows that cannot be read",
      """
      The first line names the columns, each further line has a cell for each: id,device,quant,m,n,k of
      matrix products. Cells hold no commas. The message names the line.
      """),
    Explanation(
      "usage.bits", "bits that cannot be read", status: .usage,
      """
      --bits takes w4a8 (weights of 4 bits, activations of 8), w4 or a8, several by commas: one result
      each. Layers that differ from each other are given by --allocation.
      """),
    Explanation(
      "allocation.syntax", "an allocation file is not JSON",
      """
      The place of the first fault is named by line and column. hwsim search writes these files.
      """),
    Explanation(
      "allocation.value", "an allocation file has a key or a format that does not exist",
      """
      The file has "schema", "model", "layers" and "tensors"; a layer has "weights", "activations" and
      "accumulator", each the name of a format such as int<4>, "grouping" (filters, runs<32>, or
      widths<4,5,3> with one width a filter), "input_range" (smallest and largest value of the
      layer's input by calibration) and "weight_scale" (max, mse or percentile:99.9).
      Estimates need formats with a width of one code. hwsim schema allocation prints the layout.
      """),
    Explanation(
      "allocation.model", "an allocation that was made for another model",
      """
      The file holds the SHA-256 sum of the model that was searched, and the model given has another.
      Formats chosen for one network say little of another, even where the names of layers are the
      same. A file without "model" is taken for every model.
      """),
    Explanation(
      "allocation.input-range", "an input format without the range of the input",
      """
      The scale of an activation's integers follows from the values that calibration saw. hwsim search
      writes them as "input_range" beside the formats; by hand, give the smallest and the largest
      value of the layer's input in the float network.
      """),
    Explanation(
      "allocation.unsupported", "a model whose formats cannot be changed",
      """
      --allocation gives layers other formats. The message says which kind of model, layer or format
      has no rule for that.
      """),
    Explanation(
      "allocation.unknown-name",
      "an allocation names a layer or tensor that the model does not have",
      """
      Names are those of the model, upper and lower case apart; hwsim inspect MODEL lists them. A file
      made for another model, or for another conversion of it, has other names.
      """),
    Explanation(
      "estimate.unsupported-op", "an operator whose cost on the device is not known",
      """
      The cost model counts the kernels of microcontroller runtimes. Quantized operators of ONNX files
      have no such kernels; convert the model to TFLite.
      """),
    Explanation(
      "estimate.not-quantized", "a layer with weights computes with floats",
      """
      The kernels whose cost is known are integer ones. Convert the model with full integer
      quantization; float inputs and outputs of the model may stay.
      """),
    Explanation(
      "target.units-only", "a synthesis flow is asked for a network",
      """
      Targets of family 'logic' say what single arithmetic units take (hwsim unit --cost). A network is
      estimated on a part under its flow, such as xcvu9p+vitis-2023.2.
      """),
  ]
}
