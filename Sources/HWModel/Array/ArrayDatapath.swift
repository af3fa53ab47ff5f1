public import Arith
public import QuantGraph

/// What the datapaths of ONNX files have in common: operators on row-major arrays.
protocol ArrayDatapath: BoundsAccumulators {
  /// Which kernels compute; ``KernelPath/plain`` runs the definitions.
  var path: KernelPath { get }
}

extension ArrayDatapath {
  public var preferredLanes: Int? { 1 }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try ArrayNode.kind(tensor).planned
  }

  /// Whether array operators are defined for `operation`, QONNX aside.
  func supportsArrays(_ operation: Operator) -> Bool {
    switch operation {
    case .convolution(let convolution), .transposedConvolution(let convolution):
      convolution.accumulation == nil && convolution.range.isUnbounded
    case .resize(let resize):
      switch resize.interpolation {
      case .nearest, .linear: true
      case .cubic: false
      }
    case .matMul(let product): product.range.isUnbounded
    case .pool(let pool): pool.accumulator == nil && pool.range.isUnbounded
    case .binary(let binary): binary.range.isUnbounded
    case .rearrange(let rearrangement): rearrangement.layout == .channelsFirst
    case .surround, .unary, .axisSoftmax, .select, .reduce, .argument, .concatenate, .copy, .cast,
      .topK, .reshape, .transpose, .crop, .slice, .split, .broadcast, .tile, .gatherAxis, .quantize,
      .dequantize, .dynamicQuantize, .quantized, .integerProduct, .normalizeBatch,
      .normalizeLayer:
      true
    case .dense, .activation, .softmax, .arithmetic, .lstm, .svdf, .dot,
      .normalize, .threshold, .convert, .pad, .resizeNearest, .gather, .qonnx,
      .integerTransformer, .rotary, .recurrence, .deltaRule, .normalizeRootMeanSquare, .gatherND,
      .cumulativeSum, .normalizeLength, .detections:
      false
    }
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    try planArrays(node, graph.tensors)
  }

  /// Binds a node to its array kernel.
  func planArrays(_ node: Node, _ tensors: [Tensor]) throws(DatapathError) -> PlannedNode {
    let arrays = try ArrayNode(node, tensors, path: path)
    switch node.operation {
    case .unary(let function): return try arrays.unary(function)
    case .binary(let binary): return try arrays.binary(binary)
    case .select: return arrays.select()
    case .cast(let cast): return try arrays.cast(cast)
    case .convolution(let convolution): return try arrays.convolution(convolution)
    case .transposedConvolution(let convolution):
      return try arrays.transposedConvolution(convolution)
    case .resize(let resize): return try arrays.resize(resize)
    case .matMul(let product): return try arrays.matMul(product)
    case .pool(let pool): return try arrays.pool(pool)
    case .axisSoftmax(let softmax): return try arrays.softmax(softmax)
    case .reduce(let reduction): return try arrays.reduce(reduction)
    case .argument(let search): return arrays.argument(search)
    case .topK(let search): return arrays.topK(search)
    case .normalizeBatch(let epsilon): return try arrays.normalizeBatch(epsilon)
    case .normalizeLayer(let axis, let epsilon): return try arrays.normalizeLayer(axis, epsilon)
    case .reshape, .copy: return arrays.moved()
    case .transpose(let permutation): return arrays.transpose(permutation)
    case .concatenate(let axis): return arrays.concatenate(axis)
    case .split(let axis): return arrays.split(axis)
    case .slice(let slice): return arrays.slice(slice)
    case .crop(let before, _): return arrays.crop(before)
    case .broadcast: return arrays.expand()
    case .tile(let repeats): return arrays.tile(repeats)
    case .surround(let surround):
      guard surround.rule != .constant || arrays.operands.count > 1 else {
        throw .parameter("value", reason: "array operators pad with a value that is given")
      }
      return arrays.surround(surround)
    case .gatherAxis(let axis): return arrays.gather(axis)
    case .rearrange(let rearrangement): return try arrays.rearrange(rearrangement)
    case .quantize(let quantize): return try arrays.quantize(quantize)
    case .dequantize(let granularity): return arrays.dequantize(granularity)
    case .dynamicQuantize: return arrays.dynamicQuantize()
    case .quantized(let quantized): return try arrays.quantized(quantized)
    case .integerProduct(let product): return arrays.integerProduct(product)
    case .qonnx(let operation): return try arrays.qonnx(operation)
    default:
      throw .unsupported(operation: node.operation.name, datapath: name)
    }
  }
}

/// The definition of every operator, node by node: float operators in float32 (or the type that
/// the file gives), quantization where the file has it.
///
/// Source: ONNX operator specifications, versions up to ai.onnx 28; operators of com.microsoft as
/// onnxruntime 1.31 computes them without fusion. Integer results are exact; float sums depend on
/// the order of summation and are compared with a tolerance.
public struct ONNXReferenceDatapath: ArrayDatapath {
  public static let name = "onnx-reference"
  public var name: String { Self.name }

  let path: KernelPath

  /// - Parameter path: which kernels compute; `KernelPath.plain` runs the definitions.
  public init(path: KernelPath = .current) { self.path = path }

  public func supports(_ operation: Operator) -> Bool { supportsArrays(operation) }
}

/// Sums of products of codes in int32, each requantized by one half-even rounding of
/// `sum * (sx * sw / sy)` with the factor in float32.
///
/// Source: onnxruntime 1.31 without graph optimizations (mlas, requantization). Float operators
/// between DequantizeLinear and QuantizeLinear become operators on codes first, see
/// `Graph.fusingQuantizedProducts()`; sums and products of two tensors stay in float32, as there. A
/// graph without a quantized tensor is refused.
public struct ONNXIntegerDatapath: ArrayDatapath, LeavesTracedNodes {
  public static let name = "onnx-integer"
  public var name: String { Self.name }
  /// Without them the float values of quantized weights are not formed.
  public var keepsUnreadNodes = true

  let path: KernelPath

  /// - Parameter path: which kernels compute; `KernelPath.plain` runs the definitions.
  public init(path: KernelPath = .current) { self.path = path }

  public func supports(_ operation: Operator) -> Bool { supportsArrays(operation) }

  public func prepare(_ graph: Graph) throws(DatapathError) -> Graph {
    if !graph.nodes.contains(where: { $0.operation.quantizes }), let float = graph.firstFloatTensor
    {
      throw .notQuantized(tensor: float)
    }
    do throws(GraphProblems) {
      let fused = try graph.fusingQuantizedProducts()
      return try ConstantFolding.fold(
        keepsUnreadNodes ? fused : try fused.droppingUnreadNodes(), on: self)
    } catch {
      throw .graph(error)
    }
  }
}

/// QONNX's quantizers between the operators of ONNX, values in float32 as QONNX executes them.
///
/// Source: qonnx 1.0.0 (`qonnx.core.onnx_exec`). A graph without a quantizer is refused.
public struct QONNXDatapath: ArrayDatapath {
  public static let name = "qonnx"
  public var name: String { Self.name }

  let path: KernelPath

  /// - Parameter path: which kernels compute; `KernelPath.plain` runs the definitions.
  public init(path: KernelPath = .current) { self.path = path }

  public func supports(_ operation: Operator) -> Bool {
    if case .qonnx = operation { return true }
    return supportsArrays(operation)
  }

  public func prepare(_ graph: Graph) throws(DatapathError) -> Graph {
    if !graph.nodes.contains(where: { $0.operation.quantizes }), let float = graph.firstFloatTensor
    {
      throw .notQuantized(tensor: float)
    }
    return graph
  }
}
