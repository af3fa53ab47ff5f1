import Arith
import HWModel
import QuantGraph

/// Integers that a stream carries.
struct FINNType: Hashable, Sendable {
  let bits: Int
  let isSigned: Bool

  /// A type of at least 1 and at most 64 bits.
  init(bits: Int, isSigned: Bool) {
    self.bits = min(max(bits, 1), 64)
    self.isSigned = isSigned
  }

  /// What a float network's activations are where nothing says it.
  static let assumed = FINNType(bits: 8, isSigned: true)

  /// The smallest type of a range.
  init(low: Double, high: Double) {
    let isSigned = low < 0
    let magnitude = isSigned ? max(-low, high + 1) : high + 1
    var bits = 0
    while bits < 64, Double(sign: .plus, exponent: bits, significand: 1) < magnitude { bits += 1 }
    self.init(bits: bits + (isSigned ? 1 : 0), isSigned: isSigned)
  }

  init?(_ encoding: Encoding) {
    switch encoding {
    case .fixed(let format): self.init(bits: format.width, isSigned: format.isSigned)
    case .affine(let format): self.init(bits: format.width, isSigned: format.isSigned)
    default: return nil
    }
  }

  /// Smallest and largest integer; those of one bit are -1 and 1 (bipolar).
  var range: (low: Double, high: Double) {
    if bits == 1 { return (-1, 1) }
    let span = Double(sign: .plus, exponent: isSigned ? bits - 1 : bits, significand: 1)
    return isSigned ? (-span, span - 1) : (0, span - 1)
  }
}

/// What the constant matrix of a layer is: its type, and what sums of its rows can come to.
struct FINNWeights: Sendable {
  let type: FINNType
  /// Sums of positive weights and of magnitudes of negative ones, a row each; nil where the integers are
  /// not known.
  let sums: [(positive: Double, negative: Double)]?
  /// The least integer; nil where they are not known.
  var least: Double?

  /// The type of sums of products with data of a type.
  ///
  /// Of known weights the range that they can reach, as FINN's own minimization
  /// (github Xilinx/finn@39f0c9a, minimize_accumulator_width), else that of the largest ones.
  func accumulator(data: FINNType, weights: FINNType?, depth: Int) -> FINNType {
    let (low, high) = data.range
    if let sums, weights == nil || weights == type {
      var range = (low: 0.0, high: 0.0)
      for sum in sums {
        range.high = max(range.high, sum.positive * high - sum.negative * low)
        range.low = min(range.low, sum.positive * low - sum.negative * high)
      }
      return FINNType(low: range.low, high: range.high)
    }
    let weight = (weights ?? type).range
    let products = [weight.low * low, weight.low * high, weight.high * low, weight.high * high]
    return FINNType(
      low: Double(depth) * min(products.min() ?? 0, 0),
      high: Double(depth) * max(products.max() ?? 0, 0))
  }
}

extension Graph {
  /// The type that a quantizer gives its result; nil for other nodes.
  func quantizedType(_ node: Node) -> FINNType? {
    func integer(_ position: Int) -> Int? {
      guard node.inputs.indices.contains(position) else { return nil }
      return numbers(node.inputs[position])?.first.flatMap { Int(exactly: $0) }
    }
    switch node.operation {
    case .qonnx(.quant(let isSigned, _, _)):
      return integer(3).map { FINNType(bits: $0, isSigned: isSigned) }
    case .qonnx(.bipolarQuant): return FINNType(bits: 1, isSigned: true)
    case .qonnx(.truncate): return integer(4).map { FINNType(bits: $0, isSigned: true) }
    case .qonnx(.truncateToScale(let isSigned, _, _)):
      return integer(5).map { FINNType(bits: $0, isSigned: isSigned) }
    case .qonnx(.multiThreshold(_, _, let bias)):
      let steps = self[node.inputs[1]].shape.extents.last ?? 1
      return FINNType(low: Double(min(bias, 0)), high: Double(steps) + Double(bias))
    case .quantize: return node.outputs.first.flatMap { FINNType(self[$0].encoding) }
    case .convert: return node.outputs.first.flatMap { FINNType(self[$0].encoding) }
    default: return nil
    }
  }

  /// Thresholds by which a quantizer of that type decides: one less than its results.
  func thresholds(_ node: Node, _ type: FINNType) -> Int {
    switch node.operation {
    case .qonnx(.multiThreshold): self[node.inputs[1]].shape.extents.last ?? 1
    case .qonnx(.quant(_, let isNarrow, _)): Self.thresholds(type) - (isNarrow ? 1 : 0)
    default: Self.thresholds(type)
    }
  }

  /// - Returns: at most 65,535: wider results have no units of thresholds.
  static func thresholds(_ type: FINNType) -> Int { (1 << min(type.bits, 16)) - 1 }

  /// Values of a parameter; nil for what is none, or has no codes.
  func numbers(_ id: TensorID) -> [Double]? {
    switch self[id].constant {
    case .float32(let values): values.map(Double.init)
    case .float64(let values): values
    case let codes?: codes.int64?.map(Double.init)
    case nil: nil
    }
  }

  /// The constant that a layer multiplies with, through quantizers and moves; nil for computed operands.
  func finnWeights(of linear: LinearNode) -> FINNWeights? {
    var id = linear.weights
    var quantizer: Node?
    var isMoved = false
    while !self[id].isParameter {
      guard let producer = index.producer(of: id) else { return nil }
      let node = nodes[producer]
      switch node.operation {
      case .transpose, .reshape: isMoved = true
      case .qonnx, .quantize, .dequantize: quantizer = quantizer ?? node
      default: return nil
      }
      guard let input = node.inputs.first else { return nil }
      id = input
    }
    let stored = FINNType(self[id].encoding)
    guard let type = quantizer.flatMap(quantizedType) ?? stored else {
      return FINNWeights(type: .assumed, sums: nil)
    }
    var integers: [Double]?
    if stored != nil {
      integers = numbers(id)
    } else if case .qonnx(.quant)? = quantizer?.operation, let quantizer {
      integers = self.integers(quantizer, type)
    }
    guard !isMoved, let integers, let isFilterMajor = linear.isFilterMajor, linear.filters > 0,
      integers.count == linear.filters * (integers.count / linear.filters)
    else { return FINNWeights(type: type, sums: nil) }
    var sums = Array(repeating: (positive: 0.0, negative: 0.0), count: linear.filters)
    let depth = integers.count / linear.filters
    for (place, value) in integers.enumerated() {
      let row = isFilterMajor ? place / depth : place % linear.filters
      if value > 0 { sums[row].positive += value } else { sums[row].negative -= value }
    }
    // FINN takes the smallest type of the weights that are there.
    let own = FINNType(low: min(integers.min() ?? 0, 0), high: max(integers.max() ?? 0, 0))
    return FINNWeights(
      type: own.bits < type.bits && type.bits > 1
        ? FINNType(bits: max(own.bits, 2), isSigned: own.isSigned) : type, sums: sums,
      least: integers.min())
  }

  /// Integers of a constant behind a quantizer with one scale, or one an index of one axis.
  private func integers(_ node: Node, _ type: FINNType) -> [Double]? {
    guard let values = numbers(node.inputs[0]), let scales = numbers(node.inputs[1]),
      let zeros = numbers(node.inputs[2]), !scales.isEmpty, !zeros.isEmpty
    else { return nil }
    let shape = self[node.inputs[0]].shape
    let own = self[node.inputs[1]].shape.extents
    var (inner, count) = (1, 1)
    if scales.count > 1 {
      guard let axis = own.firstIndex(where: { $0 > 1 }), own[axis] == scales.count else {
        return nil
      }
      let place = axis + shape.rank - own.count
      guard place >= 0, shape[place] == scales.count else { return nil }
      inner = shape.extents.dropFirst(place + 1).reduce(1, *)
      count = scales.count
    }
    guard zeros.count == 1 else { return nil }
    let range = type.bits == 1 ? (low: -1.0, high: 1.0) : type.range
    return values.enumerated().map { place, value in
      let code = value / scales[place / inner % count] + zeros[0]
      return min(max(code.rounded(.toNearestOrEven), range.low), range.high)
    }
  }
}
