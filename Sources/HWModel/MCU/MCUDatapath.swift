public import Arith
public import QuantGraph

/// The reference kernels of LiteRT, the full TensorFlow Lite runtime, bit for bit.
///
/// Source of every rule: TensorFlow Lite, `tensorflow/lite/kernels` and
/// `tensorflow/lite/kernels/internal/reference`, as the `BUILTIN_REF` resolver of ai-edge-litert
/// 2.3.0 runs them; each kernel names its file. Fully connected layers round once, ties away from
/// zero (measured); convolutions round twice.
public struct TFLiteReference: Datapath, BoundsAccumulators {
  public static let name = "tflite-reference"
  public var name: String { Self.name }
  public var preferredLanes: Int? { 1 }
  public var inputRounding: FloatingPointRoundingRule { .toNearestOrAwayFromZero }

  private let rules: MCURules

  /// - Parameter path: which kernels compute; `KernelPath.plain` runs the definitions.
  public init(path: KernelPath = .current) { rules = MCURules(isMicro: false, path: path) }

  public func supports(_ operation: Operator) -> Bool { rules.supports(operation) }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try rules.planInput(tensor)
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    try rules.plan(node, in: graph)
  }
}

/// The reference kernels of TensorFlow Lite Micro, bit for bit.
///
/// Source of every rule: tflite-micro, commit 90b983c2, `tensorflow/lite/micro/kernels`. Every
/// 8-bit layer rounds twice, 16-bit fully connected layers keep 16 bits of the multiplier, and a
/// ReLU6 of its own does not rescale.
public struct TFLiteMicro: Datapath, BoundsAccumulators {
  public static let name = "tflm"
  public var name: String { Self.name }
  public var preferredLanes: Int? { 1 }
  public var inputRounding: FloatingPointRoundingRule { .toNearestOrAwayFromZero }

  private let rules: MCURules

  /// - Parameter path: which kernels compute; `KernelPath.plain` runs the definitions.
  public init(path: KernelPath = .current) { rules = MCURules(isMicro: true, path: path) }

  public func supports(_ operation: Operator) -> Bool { rules.supports(operation) }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try rules.planInput(tensor)
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    try rules.plan(node, in: graph)
  }
}

/// What both runtimes share, and the switch between them.
struct MCURules: Sendable {
  let isMicro: Bool
  let path: KernelPath

  func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try MCUTensor(tensor, name: "'\(tensor.name)'").planned
  }

  func supports(_ operation: Operator) -> Bool {
    switch operation {
    case .dense(let dense): dense.accumulation == nil
    case .convolution(let convolution), .transposedConvolution(let convolution):
      convolution.accumulation == nil
    case .pool(let pool): pool.accumulator == nil && !pool.countsPadding
    case .binary(let binary):
      switch binary.function {
      case .xor: false
      default: true
      }
    case .unary(let function):
      switch function {
      case .sigmoid, .tanh, .hardSwish, .leakyReLU, .clamp, .absolute, .identity, .elu(alpha: 1),
        .reciprocalSquareRoot, .squareRoot, .exponential, .logarithm, .gelu, .negate, .not,
        .square, .floor, .ceiling, .roundEven, .sign, .sine, .cosine:
        true
      default: false
      }
    case .reduce(let reduction):
      switch reduction.function {
      case .mean, .sum, .product, .maximum, .minimum, .any, .all: true
      default: false
      }
    case .cast(let cast): cast == .number
    case .convert(let elements): elements.isEmpty
    case .axisSoftmax, .select, .topK, .detections, .gatherND, .cumulativeSum, .normalizeLength,
      .surround, .matMul, .argument, .lstm, .svdf, .concatenate, .copy, .reshape, .transpose,
      .slice, .split, .broadcast, .tile, .rearrange, .gatherAxis:
      true
    case .resize(let resize):
      switch resize.interpolation {
      case .nearest, .linear: true
      case .cubic: false
      }
    default:
      false
    }
  }

  func plan(_ node: Node, in graph: Graph) throws(DatapathError) -> PlannedNode {
    guard let first = node.inputs.first, let constant = graph[first].constant else {
      return try plan(node, try MCUNode(node, in: graph))
    }
    // Kernels read their first operand from a buffer.
    let planned = try plan(node, try MCUNode(node, in: graph, buffersFirst: true))
    let storage = try MCUTensor(graph[first], name: "operand 0").storage
    return PlannedNode(
      kernel: MCUConstantOperand(constant, storage: storage, kernel: planned.kernel),
      outputs: planned.outputs)
  }

  private func plan(_ node: Node, _ planned: MCUNode) throws(DatapathError) -> PlannedNode {
    switch node.operation {
    case .dense(let dense): return try plan(dense, planned)
    case .convolution(let convolution): return try plan(convolution, planned)
    case .transposedConvolution(let convolution):
      return try planTransposed(convolution, planned)
    case .matMul(let product): return try plan(product, planned)
    case .pool(let pool): return try plan(pool, planned)
    case .binary(let binary): return try plan(binary, planned)
    case .unary(let function): return try plan(function, planned)
    case .reduce(let reduction): return try plan(reduction, planned)
    case .argument(let search): return try plan(search, planned)
    case .axisSoftmax(let softmax): return try plan(softmax, planned)
    case .convert: return try planConversion(planned)
    case .cast: return try planCast(planned)
    case .select: return try planSelection(planned)
    case .topK(let search): return try plan(search, planned)
    case .detections(let detections): return try plan(detections, planned)
    case .gatherND: return try planGatherND(planned)
    case .cumulativeSum(let sum): return try plan(sum, planned)
    case .normalizeLength: return try planLength(planned)
    case .lstm(let cell): return try plan(cell, planned)
    case .svdf(let filter): return try plan(filter, planned)
    case .resize(let resize): return try plan(resize, planned)
    default: return try planMovement(node.operation, planned)
    }
  }
}
