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
  /// Position of the node that does the work: the last of its step.
  let node: Int
  private let isJoined: Bool

  init(_ graph: Graph, step: ScheduleStep) {
    self.graph = graph
    node = max(step.nodes.upperBound - 1, 0)
    isJoined = step.nodes.count > 1
  }

  private var operation: Operator { graph.nodes[node].operation }
  private var inputs: [TensorID] { graph.nodes[node].inputs }

  /// The operator's parsed options (`builtin_op_data.h`), or nil if it has none.
  ///
  /// RESHAPE, SQUEEZE and EXPAND_DIMS are one operator in a graph
  /// and counted as RESHAPE; EXPAND_DIMS has no options.
  func options(_ sizes: TFLMStructures) -> StructureSize? {
    let bytes: Int
    switch operation {
    case .convolution: bytes = 28
    case .transposedConvolution: bytes = 20
    case .dense: return sizes.denseOptions
    case .matMul: return StructureSize(3, alignment: 1)
    case .pool: bytes = 40
    case .binary(let binary):
      switch binary.function {
      case .add, .subtract: bytes = 8
      case .multiply, .divide: bytes = 4
      default: return nil
      }
    case .unary(let function):
      switch function {
      case .leakyReLU: bytes = 4
      case .gelu: return StructureSize(1, alignment: 1)
      default: return nil
      }
    case .axisSoftmax(let softmax):
      if softmax.isLogarithm { return nil }
      bytes = 4
    case .reduce: return StructureSize(1, alignment: 1)
    case .argument: bytes = 4
    case .cast: bytes = 8
    case .reshape: bytes = 36
    case .concatenate: bytes = 8
    case .split: bytes = isJoined ? 8 : 4
    case .slice(let slice):
      // SLICE has none; a step other than 1 or a dropped axis comes from STRIDED_SLICE.
      guard isStrided(slice) else { return nil }
      bytes = 24
    case .resize: return StructureSize(2, alignment: 1)
    case .gatherAxis: bytes = 8
    case .rearrange: bytes = 4
    case .surround(let surround):
      if surround.rule == .constant { return nil }
      bytes = 4
    case .lstm: bytes = 16
    case .svdf: bytes = 12
    default: return nil
    }
    return StructureSize(bytes, alignment: 4)
  }

  private func isStrided(_ slice: Slice) -> Bool {
    slice.strides.contains { $0 != 1 }
      || graph[graph.nodes[node].outputs[0]].shape.rank != slice.extents.count
  }

  /// What the kernel allocates when it is set up (`OpData` of its file), or nil for nothing.
  func data(_ sizes: TFLMStructures) -> Int? {
    switch operation {
    case .convolution: sizes.kernel(80, 56, cmsis: 4)
    case .transposedConvolution: sizes.kernel(88, 72, cmsis: 4)
    case .dense: sizes.kernel(72, 48, cmsis: 24)
    case .matMul: sizes.kernel(32, 16, cmsis: 20)
    case .pool: sizes.kernel(32, 32, cmsis: 4)
    case .binary(let binary): data(of: binary.function)
    case .unary(let function): data(of: function)
    case .axisSoftmax(let softmax): softmax.isLogarithm ? nil : sizes.kernel(80, 56)
    case .reduce: 44
    case .convert: 32
    case .concatenate: isJoined ? nil : sizes.kernel(80, 24)
    case .slice(let slice): isStrided(slice) ? 84 : nil
    case .surround(let surround): surround.rule == .constant ? 56 : 16
    case .select: 1
    case .lstm: 688
    case .svdf: 36
    default: nil
    }
  }

  private func data(of function: Binary.Function) -> Int? {
    switch function {
    case .add: 60
    case .subtract: 52
    case .multiply: 36
    case .prelu: 28
    case .squaredDifference: 112
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 32
    default: nil
    }
  }

  private func data(of function: UnaryFunction) -> Int? {
    switch function {
    case .sigmoid, .tanh: 16
    case .hardSwish: 20
    case .leakyReLU: 24
    case .clamp(.relu6): 8
    case .clamp: 28
    case .elu: 256
    default: nil
    }
  }

  /// What the kernel allocates when shapes are known: tables a channel, transposed operands.
  func prepared(_ sizes: TFLMStructures) throws(ArenaError) -> [Int] {
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
      var bytes = [28]
      if product.transposesLeft { bytes += try transposed(inputs[0], sizes) }
      if !product.transposesRight { bytes += try transposed(inputs[1], sizes) }
      return bytes + [copiedExtents]
    case .gatherAxis, .rearrange:
      return [copiedExtents]
    default: return []
    }
  }

  /// A copy of the result's extents that the kernel may write.
  private var copiedExtents: Int { 4 + 4 * graph[graph.nodes[node].outputs[0]].shape.rank }

  private func width(of id: TensorID) -> Int? {
    if case .affine(let format) = graph[id].encoding { return format.width }
    return nil
  }

  private func perChannel(_ channels: Int) throws(ArenaError) -> [Int] {
    let bytes = try product(4, channels, of: "'\(graph.nodes[node].name)'")
    return [bytes, bytes]
  }

  /// A tensor structure, its extents and its elements.
  private func transposed(_ id: TensorID, _ sizes: TFLMStructures) throws(ArenaError) -> [Int] {
    let elements = try ElementStorage.wholeBytes.bytes(of: graph[id])
    return [sizes.evalTensor.bytes, 4 + 4 * graph[id].shape.rank, elements]
  }
}
