import Arith
import QuantGraph

/// A tensor as the microcontroller runtimes see it: storage, scales and zero point.
struct MCUTensor {
  let tensor: Tensor
  let storage: Storage
  /// One, or one an index of the quantized axis; empty for plain integers and floats.
  let scales: [Double]
  let zeroPoint: Int32
  /// Smallest and largest code of the format.
  let codes: ClosedRange<Int64>

  /// - Throws: ``DatapathError/encoding(operand:expected:)`` for encodings that the runtimes lack.
  init(_ tensor: Tensor, name: String) throws(DatapathError) {
    self.tensor = tensor
    let width: Int
    let isSigned: Bool
    switch tensor.encoding {
    case .affine(let format):
      (width, isSigned) = (format.width, format.isSigned)
      scales = format.scales
      guard Set(format.zeroPoints).count <= 1 else {
        throw .encoding(operand: name, expected: "quantized with one zero point")
      }
      zeroPoint = Int32(clamping: format.zeroPoints.first ?? 0)
    case .fixed(let format) where format.integerBits == format.width:
      (width, isSigned) = (format.width, format.isSigned)
      scales = []
      zeroPoint = 0
    case .float(.float32):
      storage = .float32
      scales = []
      zeroPoint = 0
      codes = 0...0
      return
    default:
      throw .encoding(operand: name, expected: "float32 or an integer of 2 to 64 bits")
    }
    switch (width, isSigned) {
    case (...8, true): storage = .int8
    case (...8, false): storage = .uint8
    case (9...16, true): storage = .int16
    case (9...16, false): storage = .uint16
    case (32, true): storage = .int32
    case (33...64, true), (32, false): storage = .int64
    default: throw .encoding(operand: name, expected: "an integer of 1 to 16, 32 or 64 bits")
    }
    if isSigned {
      let low = width == 64 ? Int64.min : Int64(-1) << Int64(width - 1)
      codes = low...(~low)
    } else {
      codes = 0...(width >= 63 ? .max : (Int64(1) << Int64(width)) - 1)
    }
  }

  var isQuantized: Bool { !scales.isEmpty }
  /// Whether every code of the storage is one of the format.
  var fillsStorage: Bool {
    switch storage {
    case .int8, .uint8: codes.count == 1 << 8
    case .int16, .uint16: codes.count == 1 << 16
    default: true
    }
  }
  var isFloat: Bool { storage == .float32 }
  var scale: Double { scales.first ?? 1 }
  var scale32: Float { Float(scale) }
  var shape: Shape { tensor.shape }
  var planned: PlannedTensor {
    PlannedTensor(storage: storage, bound: isFloat ? nil : codes)
  }

  /// Throws unless the tensor is quantized in one of `storages`.
  func require(_ storages: Set<Storage>, _ name: String) throws(DatapathError) {
    guard isQuantized, storages.contains(storage) else {
      let names = storages.map(\.rawValue).sorted().joined(separator: ", ")
      throw .encoding(operand: name, expected: "quantized \(names)")
    }
  }

  /// Throws unless the format has every code of its storage, for results that kernels do not clamp.
  func requireWholeStorage(_ name: String) throws(DatapathError) {
    guard fillsStorage else {
      throw .encoding(operand: name, expected: "of 8 or 16 bits")
    }
  }

  /// Throws unless scale and zero point are those that a kernel takes for given; scales may differ
  /// by 0.1 percent, which no kernel sees.
  ///
  /// Source: TensorFlow Lite, `TF_LITE_ENSURE_NEAR` in `kernels/activations.cc`.
  func requireFixed(scale: Double, zero: Int32) throws(DatapathError) {
    guard abs(self.scale - scale) <= scale / 1000, zeroPoint == zero else {
      throw .encoding(operand: "the result", expected: "scaled by \(scale), zero point \(zero)")
    }
  }

  /// The codes of a constant.
  func constantCodes(_ name: String) throws(DatapathError) -> [Int64] {
    guard let codes = tensor.constant?.int64 else {
      throw .parameter(name, reason: "must be a constant of integers")
    }
    return codes
  }

  /// Codes to which results are clamped: `range` rounded to codes and cut to the type's own.
  ///
  /// `half-away(v / scale) + zero point` in binary32. Source: TensorFlow Lite,
  /// `kernels/kernel_util.cc`, `CalculateActivationRangeQuantized`.
  func clampedCodes(_ range: ValueRange) -> ClosedRange<Int32> {
    let low = Int32(clamping: codes.lowerBound)
    let high = Int32(clamping: codes.upperBound)
    func code(_ value: Double) -> Int32 {
      let steps = (Float(value) / scale32).rounded(.toNearestOrAwayFromZero)
      guard steps.isFinite else { return steps > 0 ? high : low }
      let offset = Int64(
        Float(0x1p31) > steps.magnitude ? Int64(steps) : steps > 0 ? 1 << 31 : -1 << 31)
      return Int32(clamping: min(max(offset + Int64(zeroPoint), Int64(low)), Int64(high)))
    }
    let bottom = range.minimum.map(code) ?? low
    let top = range.maximum.map(code) ?? high
    return bottom...max(bottom, top)
  }
}

/// Where a node's operands are: plans of those that a run computes, codes of the constants.
struct MCUNode {
  let node: Node
  let inputs: [MCUTensor]
  let outputs: [MCUTensor]

  /// `buffersFirst` takes the first operand for one that a run computes, though it is a constant.
  init(_ node: Node, in graph: Graph, buffersFirst: Bool = false) throws(DatapathError) {
    self.node = node
    var inputs: [MCUTensor] = []
    for (position, id) in node.inputs.enumerated() {
      var tensor = graph[id]
      if position == 0, buffersFirst {
        tensor = Tensor(name: tensor.name, shape: tensor.shape, encoding: tensor.encoding)
      }
      inputs.append(try MCUTensor(tensor, name: "operand \(position) ('\(tensor.name)')"))
    }
    self.inputs = inputs
    var outputs: [MCUTensor] = []
    for id in node.outputs { outputs.append(try MCUTensor(graph[id], name: "'\(graph[id].name)'")) }
    self.outputs = outputs
  }

  var result: MCUTensor { outputs[0] }

  /// Where the convolution's windows are.
  ///
  /// - Throws: ``DatapathError/parameter(_:reason:)`` unless it is a channels-last image with two
  ///   spatial axes.
  func geometry(_ convolution: Convolution) throws(DatapathError) -> ConvolutionGeometry {
    try requireImage(convolution.layout, axes: convolution.kernel.count)
    return ConvolutionGeometry(convolution, data: inputs[0].shape, result: result.shape)
  }

  /// Where the pool's windows are; throws as for a convolution.
  func geometry(_ pool: Pool) throws(DatapathError) -> ConvolutionGeometry {
    try requireImage(pool.layout, axes: pool.kernel.count)
    return ConvolutionGeometry(pool, data: inputs[0].shape, result: result.shape)
  }

  /// Throws unless data and result are `[batch, rows, columns, channels]`.
  func requireImage(_ layout: ImageLayout, axes: Int) throws(DatapathError) {
    guard layout == .channelsLast, axes == 2, inputs[0].shape.rank == 4, result.shape.rank == 4
    else { throw .parameter("image", reason: "must be [batch, rows, columns, channels]") }
  }

  /// The node with `kernel`.
  func planned(_ kernel: any NodeKernel) -> PlannedNode {
    PlannedNode(kernel: kernel, outputs: outputs.map(\.planned))
  }

  /// Where operand `position` is read from in a run.
  func source(_ position: Int) -> MCUSource {
    if let constant = inputs[position].tensor.constant { return .constant(constant) }
    return .buffer(inputs[..<position].count { $0.tensor.constant == nil })
  }
}

/// An operand in a run: one of the node's buffers, or a constant.
enum MCUSource: Sendable {
  case buffer(Int)
  case constant(Codes)

  /// Calls `body` with the codes' bytes, whatever they are stored as.
  func withBytes(_ operands: KernelOperands, _ body: (UnsafeRawPointer) -> Void) {
    switch self {
    case .buffer(let index): body(UnsafeRawPointer(operands.inputs[index].memory))
    case .constant(let codes):
      func call<Stored>(_ array: [Stored]) {
        array.withUnsafeBytes { if let base = $0.baseAddress { body(base) } }
      }
      switch codes {
      case .int8(let array): call(array)
      case .uint8(let array): call(array)
      case .int16(let array): call(array)
      case .uint16(let array): call(array)
      case .int32(let array): call(array)
      case .int64(let array): call(array)
      case .wide(let array): call(array)
      case .float32(let array): call(array)
      case .float64(let array): call(array)
      }
    }
  }

  /// Calls `body` with the codes as `Element`.
  ///
  /// - Precondition: the codes are stored as `Element`.
  func withCodes<Element: BitwiseCopyable, Result>(
    _ operands: KernelOperands, as type: Element.Type = Element.self,
    _ body: (UnsafeBufferPointer<Element>) -> Result
  ) -> Result {
    switch self {
    case .buffer(let index):
      return body(UnsafeBufferPointer(operands.inputs[index].elements(as: type)))
    case .constant(let codes):
      func call<Stored>(_ array: [Stored]) -> Result {
        array.withUnsafeBytes { body($0.bindMemory(to: type)) }
      }
      switch codes {
      case .int8(let array): return call(array)
      case .uint8(let array): return call(array)
      case .int16(let array): return call(array)
      case .uint16(let array): return call(array)
      case .int32(let array): return call(array)
      case .int64(let array): return call(array)
      case .wide(let array): return call(array)
      case .float32(let array): return call(array)
      case .float64(let array): return call(array)
      }
    }
  }
}

/// A kernel whose first operand is a constant: it reads a buffer that holds it.
///
/// Unchecked: the buffer is written by the initialiser alone, and kernels do not write their operands.
final class MCUConstantOperand: NodeKernel, @unchecked Sendable {
  private let buffer: TensorBuffer
  private let kernel: any NodeKernel

  init(_ constant: Codes, storage: Storage, kernel: any NodeKernel) {
    buffer = TensorBuffer(storage: storage, capacity: constant.count)
    buffer.fill(with: constant)
    self.kernel = kernel
  }

  var constantBytes: Int? { kernel.constantBytes.map { $0 + buffer.byteCount } }

  func scratchBytes(lanes: Int) -> Int { kernel.scratchBytes(lanes: lanes) }

  func run(_ operands: KernelOperands) {
    kernel.run(
      KernelOperands(
        inputs: [buffer] + operands.inputs, outputs: operands.outputs, scratch: operands.scratch,
        lanes: operands.lanes, usedLanes: operands.usedLanes, outputsRead: operands.outputsRead))
  }
}
