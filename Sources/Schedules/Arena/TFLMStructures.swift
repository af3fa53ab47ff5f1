import Arith
import QuantGraph

/// Sizes of TensorFlow Lite Micro's structures on one host.
///
/// Source: the structures of tflite-micro, commit 90b983c2, laid out by a C++ compiler for x86-64 Linux
/// and for 32-bit Arm Linux with `TF_LITE_STATIC_MEMORY`; on the 64-bit host with the fields for
/// compressed tensors, which the Python package is built with. Each 64-bit size that a case in
/// conformance/mcu uses is confirmed by the measured totals.
struct TFLMStructures {
  let isHost64: Bool
  /// Whether kernels are CMSIS-NN's, which keep a little more.
  let isCMSIS: Bool

  init(_ host: PersistentTail.Host, _ scratch: ScratchModel) {
    isHost64 = host == .host64
    if case .cmsisNN = scratch { isCMSIS = true } else { isCMSIS = false }
  }

  private func size(_ host: Int, _ arm: Int, alignment: Int, _ armAlignment: Int) -> StructureSize {
    isHost64
      ? StructureSize(host, alignment: alignment) : StructureSize(arm, alignment: armAlignment)
  }

  /// Arena allocator, greedy planner, model allocator, and the allocator of operator options.
  var allocators: [StructureSize] {
    [
      size(104, 36, alignment: 8, 4), size(72, 44, alignment: 8, 4),
      size(272, 36, alignment: 8, 4), size(16, 8, alignment: 8, 4),
    ]
  }
  var subgraph: StructureSize { size(24, 8, alignment: 8, 4) }
  var evalTensor: StructureSize { size(24, 12, alignment: 8, 4) }
  var node: StructureSize { size(64, 32, alignment: 8, 4) }
  var pointer: StructureSize { size(8, 4, alignment: 8, 4) }
  var tensor: StructureSize { size(64, 40, alignment: 8, 4) }
  var quantization: StructureSize { size(24, 12, alignment: 8, 4) }

  /// The table of variables that operators read and assign, and an entry of it.
  var variables: StructureSize { size(16, 12, alignment: 8, 4) }
  var variable: StructureSize { size(40, 20, alignment: 8, 4) }

  /// 32 bytes at multiples of 8 are measured; the sources' layout has 16.
  var denseOptions: StructureSize { size(32, 16, alignment: 8, 4) }

  /// Bytes of a kernel's data: those of the reference kernel on either host, and what CMSIS-NN's kernel
  /// has beside them.
  func kernel(_ host: Int, _ arm: Int, cmsis: Int = 0) -> Int {
    (isHost64 ? host : arm) + (isCMSIS ? cmsis : 0)
  }
}

/// What one operator of a model keeps in persistent memory.
struct TFLMOperator {
  let graph: Graph
  /// Position of the node that does the work, the last of its step; nil if the operator has none.
  let node: Int?
  /// The operator's name in the file; of a graph that came from no such file, the one that a converter
  /// would write.
  let name: String
  let step: ScheduleStep

  init(_ graph: Graph, step: ScheduleStep) {
    self.graph = graph
    self.step = step
    node = step.nodes.last
    name =
      step.operatorName
      ?? step.nodes.last.map {
        Self.name(graph.nodes[$0].operation, isJoined: step.nodes.count > 1)
      } ?? ""
  }

  private var operation: Operator? { node.map { graph.nodes[$0].operation } }
  private var inputs: [TensorID] { node.map { graph.nodes[$0].inputs } ?? [] }

  /// The name that a converter gives an operator; only names with structures of their own are told
  /// apart.
  private static func name(_ operation: Operator, isJoined: Bool) -> String {
    switch operation {
    case .convolution(let convolution):
      convolution.isDepthwise ? "DEPTHWISE_CONV_2D" : "CONV_2D"
    case .transposedConvolution: "TRANSPOSE_CONV"
    case .dense: "FULLY_CONNECTED"
    case .matMul: "BATCH_MATMUL"
    case .pool: "AVERAGE_POOL_2D"
    case .binary(let binary): name(binary.function)
    case .unary(let function): name(function)
    case .axisSoftmax(let softmax): softmax.isLogarithm ? "LOG_SOFTMAX" : "SOFTMAX"
    case .reduce: "MEAN"
    case .argument: "ARG_MAX"
    case .cast: "CAST"
    case .convert: "QUANTIZE"
    case .reshape: "RESHAPE"
    case .concatenate: isJoined ? "PACK" : "CONCATENATION"
    case .split: "SPLIT"
    case .slice(let slice):
      // A step other than 1 is no SLICE; several slices of one operator are an UNPACK.
      isJoined ? "UNPACK" : slice.strides.allSatisfy { $0 == 1 } ? "SLICE" : "STRIDED_SLICE"
    case .resize: "RESIZE_BILINEAR"
    case .gatherAxis: "GATHER"
    case .rearrange: "SPACE_TO_DEPTH"
    case .surround(let surround): surround.rule == .constant ? "PAD" : "MIRROR_PAD"
    case .select: "SELECT_V2"
    case .cumulativeSum: "CUMSUM"
    case .normalizeLength: "L2_NORMALIZATION"
    case .lstm: "UNIDIRECTIONAL_SEQUENCE_LSTM"
    case .svdf: "SVDF"
    default: ""
    }
  }

  private static func name(_ function: Binary.Function) -> String {
    switch function {
    case .add: "ADD"
    case .subtract: "SUB"
    case .multiply: "MUL"
    case .divide: "DIV"
    case .prelu: "PRELU"
    case .squaredDifference: "SQUARED_DIFFERENCE"
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: "EQUAL"
    default: ""
    }
  }

  private static func name(_ function: UnaryFunction) -> String {
    switch function {
    case .sigmoid: "LOGISTIC"
    case .tanh: "TANH"
    case .hardSwish: "HARD_SWISH"
    case .leakyReLU: "LEAKY_RELU"
    case .clamp(.relu6): "RELU6"
    case .clamp: "RELU"
    case .elu: "ELU"
    case .gelu: "GELU"
    case .absolute: "ABS"
    case .reciprocalSquareRoot: "RSQRT"
    default: ""
    }
  }

  /// The operator's parsed options (`builtin_op_data.h`), or nil if it has none.
  func options(_ sizes: TFLMStructures) -> StructureSize? {
    let bytes: Int
    switch name {
    case "FULLY_CONNECTED": return sizes.denseOptions
    case "BATCH_MATMUL": return StructureSize(3, alignment: 1)
    case "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "CUMSUM":
      return StructureSize(2, alignment: 1)
    case "GELU", "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY",
      "REDUCE_ALL":
      return StructureSize(1, alignment: 1)
    case "VAR_HANDLE":
      return sizes.isHost64 ? StructureSize(16, alignment: 8) : StructureSize(8, alignment: 4)
    case "CONV_2D", "DEPTHWISE_CONV_2D": bytes = 28
    case "TRANSPOSE_CONV": bytes = 20
    case "AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D": bytes = 40
    case "RESHAPE", "SQUEEZE": bytes = 36
    case "STRIDED_SLICE": bytes = 24
    case "UNIDIRECTIONAL_SEQUENCE_LSTM": bytes = 16
    case "SVDF": bytes = 12
    case "ADD", "SUB", "CAST", "CONCATENATION", "PACK", "UNPACK", "GATHER", "IF", "WHILE":
      bytes = 8
    case "MUL", "DIV", "LEAKY_RELU", "SOFTMAX", "ARG_MAX", "ARG_MIN", "SPLIT", "SPLIT_V",
      "SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "MIRROR_PAD", "L2_NORMALIZATION", "SHAPE", "CALL_ONCE":
      bytes = 4
    default: return nil
    }
    return StructureSize(bytes, alignment: 4)
  }

  /// Whether the first operand is of codes; kernels on floats keep no multipliers.
  private var isQuantized: Bool {
    guard let first = inputs.first, case .affine = graph[first].encoding else { return false }
    return true
  }

  /// Whether the first operand is of signed codes.
  private var isSigned: Bool {
    guard let first = inputs.first, case .affine(let format) = graph[first].encoding else {
      return false
    }
    return format.isSigned
  }

  /// What the kernel allocates when it is set up (`OpData` of its file), or nil for nothing.
  func data(_ sizes: TFLMStructures) -> Int? {
    if case .detections = operation { return 112 }
    return switch name {
    case "CONV_2D", "DEPTHWISE_CONV_2D": sizes.kernel(80, 56, cmsis: 4)
    case "TRANSPOSE_CONV": sizes.kernel(88, 72, cmsis: 4)
    case "FULLY_CONNECTED": sizes.kernel(72, 48, cmsis: 24)
    case "BATCH_MATMUL": sizes.kernel(32, 16, cmsis: 20)
    case "AVERAGE_POOL_2D", "MAX_POOL_2D": sizes.kernel(32, 32, cmsis: 4)
    case "SOFTMAX": sizes.kernel(80, 56)
    case "LOG_SOFTMAX": isSigned ? sizes.kernel(40, 28) : nil
    case "CONCATENATION": sizes.kernel(80, 24)
    case "EMBEDDING_LOOKUP": sizes.kernel(16, 8)
    case "ADD": 60
    case "SUB": 52
    case "CUMSUM": isQuantized ? 36 : nil
    case "MUL", "SVDF": 36
    case "ADD_N": isQuantized ? 40 : nil
    case "DIV", "PRELU", "ABS", "RSQRT", "RELU", "RELU_N1_TO_1", "RELU_0_TO_1": 28
    case "SQUARED_DIFFERENCE": 112
    case "EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "QUANTIZE",
      "DEQUANTIZE":
      32
    case "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ALL": 44
    case "STRIDED_SLICE": 84
    case "PAD", "PADV2": 56
    case "MIRROR_PAD", "HARD_SWISH": 20
    case "LOGISTIC", "TANH": 16
    case "LEAKY_RELU": 24
    case "RELU6", "CALL_ONCE", "IF", "WHILE": 8
    case "VAR_HANDLE", "ASSIGN_VARIABLE", "L2_NORMALIZATION", "SPACE_TO_BATCH_ND": 4
    case "SELECT_V2": 1
    case "ELU": 256
    case "UNIDIRECTIONAL_SEQUENCE_LSTM": 688
    default: nil
    }
  }

  /// What the kernel allocates when shapes are known: tables a channel, transposed operands.
  func prepared(_ sizes: TFLMStructures) throws(ArenaError) -> [Int] {
    guard let operation else { return [] }
    switch operation {
    case .convolution(let convolution):
      guard inputs.count > 1 else { return [] }
      let weights = graph[inputs[1]].shape
      let channels = convolution.isDepthwise ? weights.extents.last : weights.extents.first
      return try perChannel(channels ?? 0)
    case .transposedConvolution:
      guard inputs.count > 1 else { return [] }
      return try perChannel(graph[inputs[1]].shape.extents.first ?? 0)
    case .dense:
      guard inputs.count > 1, case .affine(let format) = graph[inputs[1]].encoding,
        format.scales.count > 1
      else { return [] }
      return try perChannel(format.scales.count)
    case .axisSoftmax(let softmax):
      guard !softmax.isLogarithm, width(of: inputs[0]) == 16 else { return [] }
      // Two tables of 513 entries of 16 bits.
      return [1026, 1026]
    case .matMul(let product):
      var bytes = isQuantized ? [28] : []
      if product.transposesLeft { bytes += try transposed(inputs[0], sizes) }
      if !product.transposesRight { bytes += try transposed(inputs[1], sizes) }
      return bytes + [copiedExtents]
    case .gatherAxis, .gatherND, .rearrange:
      return [copiedExtents]
    default: return []
    }
  }

  /// A copy of the result's extents that the kernel may write.
  private var copiedExtents: Int {
    4 + 4 * (node.map { graph[graph.nodes[$0].outputs[0]].shape.rank } ?? 0)
  }

  private func width(of id: TensorID) -> Int? {
    if case .affine(let format) = graph[id].encoding { return format.width }
    return nil
  }

  private func perChannel(_ channels: Int) throws(ArenaError) -> [Int] {
    let bytes = try product(4, channels, of: "channels of \(name)")
    return [bytes, bytes]
  }

  /// A tensor structure, its extents and its elements.
  private func transposed(_ id: TensorID, _ sizes: TFLMStructures) throws(ArenaError) -> [Int] {
    let elements = try ElementStorage.wholeBytes.bytes(of: graph[id])
    return [sizes.evalTensor.bytes, 4 + 4 * graph[id].shape.rank, elements]
  }
}
