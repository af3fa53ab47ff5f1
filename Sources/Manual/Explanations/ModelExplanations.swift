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
      "tflite.subgraphs", "no subgraph",
      """
      The first subgraph of a file runs from inputs to outputs, and may call others once. A file
      without any is damaged.
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
      The operator has no rule here, or is a custom one. --outputs TENSOR ends the graph before it, as
      before the boxes of a detector; else replace it.
      """),
    Explanation(
      "tflite.unsupported-option", "an operator's option that is not supported",
      """
      The operator is known, this setting of it is not: the message names it.
      """),
    Explanation(
      "tflite.unknown-name", "a name that no tensor has which an operator writes",
      """
      --outputs takes names of tensors that operators of the model write, or # and a tensor's number,
      as hwsim inspect prints them.
      """),
    Explanation(
      "tflite.graph", "the operators form no valid graph",
      """
      Tensors and operators were read one by one, but together they contradict each other; the message
      says how.
      """),
    Explanation(
      "model.batch", "samples that depend on each other, and no number of them",
      """
      The model leaves its leading dimension open and computes something over all of it, such as the
      scale of a dynamic quantization. Then a batch must be run as a whole, and its size must be
      known: .npy and .npz files tell it, text and pipes do not.
      """),
  ]

  /// Codes of ONNX files.
  static let onnx: [Explanation] = [
    Explanation(
      "onnx.damaged", "not a readable ONNX file",
      """
      An ONNX file is a protobuf message. Lengths and nesting are checked before anything is decoded;
      here they reach beyond the file, or the message has no graph.
      """),
    Explanation(
      "onnx.limit", "more of something than is read",
      """
      Counts and sizes that a file states are bounded, so that a small file cannot ask for unbounded
      memory. The message names the bound.
      """),
    Explanation(
      "onnx.ir-version", "a version of the file format that is not read",
      """
      The IR version tells how the file is laid out. Convert the model with the onnx package.
      """),
    Explanation(
      "onnx.opset", "a version of the operator set that is not read",
      """
      Operators change their meaning from one version of a set to the next. Convert the model with
      onnx.version_converter.
      """),
    Explanation(
      "onnx.unsupported-op", "an operator without a rule",
      """
      No rule set here computes the operator. End the graph before it with --outputs, or replace it.
      """),
    Explanation(
      "onnx.unsupported", "a feature of the file that cannot be run",
      """
      The message names it: training information, control flow, sequences and optional values are
      not run.
      """),
    Explanation(
      "onnx.attribute", "an attribute that is missing or out of range",
      """
      The operator's specification asks for the attribute, or for another value of it.
      """),
    Explanation(
      "onnx.operands", "a wrong number of operands",
      """
      The operator's specification has another number of inputs or outputs.
      """),
    Explanation(
      "onnx.type", "a tensor of a type that cannot be there",
      """
      The operator is not defined for the element type, or the type is not supported at all (strings
      and complex numbers).
      """),
    Explanation(
      "onnx.not-constant", "a parameter that is computed while the model runs",
      """
      Shapes, axes and similar parameters decide buffers and kernels before anything runs, so they
      must be constants, or follow from constants and shapes.
      """),
    Explanation(
      "onnx.undefined", "a tensor that nothing writes",
      """
      A node reads a name that is no input, no initializer and no earlier node's output.
      """),
    Explanation(
      "onnx.duplicate", "a tensor with two writers",
      """
      ONNX graphs are in single assignment form: each name is written once.
      """),
    Explanation(
      "onnx.dynamic-shape", "a dimension without a number",
      """
      Only the leading dimension of an input may be open: it is the number of samples. Others need a
      number; give the shape with --shape NAME=1x3x32x32.
      """),
    Explanation(
      "onnx.shape", "a shape that cannot be",
      """
      An extent is negative, the element count is out of range, or --shape contradicts an extent that
      the model fixes.
      """),
    Explanation(
      "onnx.unknown-name", "a name that the model does not have",
      """
      --shape and --outputs take names of the model's own inputs and tensors; the message lists them.
      """),
    Explanation(
      "onnx.tensor", "a constant whose data do not fit it",
      """
      The number of bytes or values stored for a tensor is not what its type and shape ask for.
      """),
    Explanation(
      "onnx.sparse", "a sparse tensor",
      """
      Sparse initializers are not read. Store the tensor densely, for example with
      onnx.numpy_helper, or export the model without sparsity.
      """),
    Explanation(
      "onnx.external-data", "data of a tensor in another file that cannot be used",
      """
      Large tensors may stand in a file beside the model. It must be there, inside the model's folder,
      and long enough for offset and length.
      """),
    Explanation(
      "onnx.graph", "the operators form no valid graph",
      """
      Nodes were read one by one, but together they contradict each other; the message says how.
      """),
  ]
}
