extension Explanation {
  /// Codes of model files other than hls4ml's.
  static let models: [Explanation] = [
    Explanation(
      "model.not-quantized", "no tensor of the model is quantized",
      """
      Integer datapaths need codes and scales; this model has floating-point tensors only. The message
      names the first. Quantize the model, or run it on a datapath of floating point.
      """),
    Explanation(
      "tflite.identifier", "not a TFLite file",
      """
      Bytes 4 to 7 of a TFLite file are TFL3, the identifier of its FlatBuffer schema. The file is of
      another kind, or its start is damaged.
      """),
    Explanation(
      "tflite.damaged", "a TFLite file with an offset or length outside the file",
      """
      Every table, vector and string of the file is checked against its size before it is read. One of
      them reaches beyond the end, overlaps what it cannot, or nests too deep: the file was truncated
      or changed.
      """),
    Explanation(
      "tflite.version", "an unknown schema version",
      """
      Version 3 of the schema is the only one in use since 2017. Another number means a damaged file.
      """),
    Explanation(
      "tflite.subgraphs", "more than one subgraph",
      """
      One graph runs from inputs to outputs. Control flow and several signatures give a file more
      subgraphs; convert the model without them.
      """),
    Explanation(
      "tflite.not-quantized", "a TFLite model without a quantized tensor",
      """
      The rules of microcontroller runtimes are defined on integer codes. Convert the model with full
      integer quantization and a representative data set; float inputs and outputs may stay.
      """),
    Explanation(
      "tflite.dynamic-shape", "a shape that is known only at run time",
      """
      Buffers and tilings are laid out before anything runs, so every extent must be a number. Set the
      input shape before conversion.
      """),
    Explanation(
      "tflite.sparse", "a sparse tensor",
      """
      Sparse storage is not read. Convert the model without sparsity; zeros then take their bytes.
      """),
    Explanation(
      "tflite.tensor-type", "a tensor type that is not supported",
      """
      Supported are 4, 8, 16, 32 and 64-bit integers, booleans and float32. Strings, resources,
      variants, complex and half-precision tensors are not.
      """),
    Explanation(
      "tflite.shape", "a shape that cannot be",
      """
      An extent is negative or the number of elements is beyond what a file of this size can mean.
      """),
    Explanation(
      "tflite.quantization", "quantization parameters that contradict each other",
      """
      A tensor has one scale, or one for each index of its quantized dimension, each positive and
      finite, and as many zero points within its type.
      """),
    Explanation(
      "tflite.constant", "a constant whose bytes do not fill its shape",
      """
      The buffer of a constant tensor has exactly the bytes that shape and type ask for; four-bit
      values share bytes.
      """),
    Explanation(
      "tflite.operand", "an operator with missing or impossible operands",
      """
      The number, kind or type of an operator's inputs and outputs is not what its definition asks.
      """),
    Explanation(
      "tflite.unsupported-op", "an operator that is not supported",
      """
      The operator has no rule here, or is a custom one. Replace it, or cut the model before it.
      """),
    Explanation(
      "tflite.unsupported-option", "an operator's option that is not supported",
      """
      The operator is known, this setting of it is not: the message names it.
      """),
    Explanation(
      "tflite.graph", "the operators form no valid graph",
      """
      Tensors and operators were read one by one, but together they contradict each other; the message
      says how.
      """),
  ]
}
