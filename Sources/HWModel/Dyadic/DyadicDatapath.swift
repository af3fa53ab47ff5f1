public import Arith
public import QuantGraph

/// Integer arithmetic with dyadic scales: every requantization is one integer multiplication and one
/// rounded shift, and no floating-point value or division exists while a plan runs.
///
/// Sums of products are integers; a result's code is `round(sum * m * 2^-e) + zero point`, clamped.
/// Branches of an addition are rounded apart, each with a multiplier of its own. Averages fold their
/// division into the multiplier. Functions of one code are tables of codes; GELU and softmax are
/// I-BERT's integer forms. Zero points other than 0 (TensorFlow Lite's) are subtracted before and
/// added after, in integers. A float input that is quantized first, and a float result of a
/// last dequantization, become codes: the plan's inputs and outputs are integers.
///
/// Source: Yao et al., "HAWQ-V3", ICML 2021, section 3 and published code; Kim et al., "I-BERT",
/// ICML 2021. The tie rule is the hardware's: the published simulation rounds half to even, deployed
/// code half up.
public struct DyadicDatapath: Datapath, BoundsAccumulators {
  public static let name = "dyadic"
  public var name: String { Self.name }
  public var preferredLanes: Int? { 1 }

  /// Where values exactly between two codes go (`--requantize`).
  public let ties: TieRule

  let path: KernelPath

  /// - Parameters:
  ///   - ties: where values exactly between two codes go.
  ///   - path: which kernels compute; `KernelPath.plain` runs the definitions.
  public init(requantize ties: TieRule = .halfEven, path: KernelPath = .current) {
    self.ties = ties
    self.path = path
  }

  public func supports(_ operation: Operator) -> Bool {
    switch operation {
    case .dense(let dense): dense.accumulation == nil
    case .convolution(let convolution): convolution.accumulation == nil
    case .pool(let pool): pool.accumulator == nil
    case .binary(let binary):
      switch binary.function {
      case .add, .subtract, .multiply, .maximum, .minimum: true
      default: false
      }
    case .unary(let function): function.isDefinedForReals
    case .reduce(let reduction):
      switch reduction.function {
      case .mean, .sum, .maximum, .minimum: true
      default: false
      }
    case .axisSoftmax(let softmax): !softmax.isLogarithm
    case .convert(let elements): elements.isEmpty
    case .rearrange(let rearrangement): rearrangement.layout == .channelsFirst
    case .surround(let surround):
      surround.rule == .constant || surround.rule == .edge
        || surround.rule == .reflect || surround.rule == .symmetric
    case .matMul, .argument, .concatenate, .copy, .reshape, .transpose, .crop, .slice, .split,
      .broadcast, .tile, .gatherAxis, .integerTransformer:
      true
    default: false
    }
  }

  public func prepare(_ graph: Graph) throws(DatapathError) -> Graph {
    let isQuantized = graph.nodes.contains { node in
      if case .integerTransformer = node.operation { return true }
      return node.operation.quantizes || graph.isBetweenCodes(node)
    }
    if !isQuantized, let float = graph.firstFloatTensor { throw .notQuantized(tensor: float) }
    do throws(GraphProblems) {
      return try graph.movedToIntegers()
    } catch {
      throw .graph(error)
    }
  }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try DyadicTensor(tensor).kind.planned
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    try DyadicNode(node, in: graph, ties: ties, path: path).plan()
  }
}

extension UnaryFunction {
  /// Whether a table of codes can hold the function.
  fileprivate var isDefinedForReals: Bool { self != .not }
}

extension Graph {
  /// Whether a node reads or writes integers with scales.
  func isBetweenCodes(_ node: Node) -> Bool {
    (node.inputs + node.outputs).contains { id in
      if case .affine(let format) = self[id].encoding { return format.scales != [1] }
      return false
    }
  }
}

/// A tensor of integers with its scales.
struct DyadicTensor: Sendable {
  let kind: ElementKind
  let shape: Shape
  let name: String
  let format: AffineFormat

  /// - Throws: ``DatapathError/encoding(operand:expected:)`` unless it is an integer tensor.
  init(_ tensor: Tensor) throws(DatapathError) {
    guard let kind = ElementKind(tensor.encoding), kind.isInteger, kind.range != nil else {
      throw .encoding(
        operand: "tensor '\(tensor.name)'", expected: "integers: no float runs here")
    }
    self.kind = kind
    shape = tensor.shape
    name = tensor.name
    if case .affine(let format) = tensor.encoding {
      self.format = format
    } else {
      do throws(FormatError) {
        format = try AffineFormat(width: 64, isSigned: true)
      } catch {
        throw .format(error)
      }
    }
  }

  var range: ClosedRange<Int64> { kind.range ?? 0...0 }
  var scales: [Double] { format.scales }

  /// The zero point where there is one for all elements.
  func zeroPoint() throws(DatapathError) -> Int64 {
    guard Set(format.zeroPoints).count <= 1 else {
      throw .encoding(operand: "tensor '\(name)'", expected: "quantized with one zero point")
    }
    return format.zeroPoints.first ?? 0
  }

  /// The scale where there is one for all elements.
  func scale() throws(DatapathError) -> Double {
    guard Set(format.scales).count == 1, let scale = format.scales.first else {
      throw .encoding(operand: "tensor '\(name)'", expected: "quantized with one scale")
    }
    return scale
  }

  /// Which scale each element has; nil if there is one for all.
  var scalePositions: [Int]? {
    guard format.scales.count > 1, let axis = format.axis else { return nil }
    let map = ScaleMap(.axis(axis), data: shape, scale: [])
    return map.positions()
  }

  /// Whether codes of one mean the same in the other.
  func hasCodes(of other: DyadicTensor) -> Bool {
    Set(format.scales) == Set(other.format.scales)
      && format.scales.count == other.format.scales.count
      && Set(format.zeroPoints + [0]) == Set(other.format.zeroPoints + [0])
      && (format.zeroPoints.first ?? 0) == (other.format.zeroPoints.first ?? 0)
  }
}
