import Arith
import QuantGraph

extension Plan {
  /// What the sums of products between codes can reach, whatever the inputs, in units of
  /// `input scale * weight scale`; exact interval arithmetic over constant weights.
  ///
  /// The accumulator in use has 32 bits, or 64 where data have 16 (TensorFlow Lite's int16x8).
  public var integerAccumulatorRanges: [AccumulatorRange] {
    graph.nodes.indices.compactMap { integerAccumulatorRange(node: $0) }
  }

  private func integerAccumulatorRange(node index: Int) -> AccumulatorRange? {
    let node = graph.nodes[index]
    guard let sum = IntegerSum(node, in: graph), sum.filters > 0, let data = sum.data.codeRange,
      sum.weights.count % sum.filters == 0
    else { return nil }
    let low = min(Int512(data.lowerBound) - Int512(sum.dataZeroPoint), .zero)
    let high = max(Int512(data.upperBound) - Int512(sum.dataZeroPoint), .zero)
    let perFilter = sum.weights.count / sum.filters
    var lowest = Int512.zero
    var highest = Int512.zero
    for filter in 0..<sum.filters {
      let bias = filter < sum.biases.count ? Int512(sum.biases[filter]) : .zero
      var sumLow = min(bias, .zero)
      var sumHigh = max(bias, .zero)
      for tap in 0..<perFilter {
        let position = sum.isFilterMajor ? filter * perFilter + tap : tap * sum.filters + filter
        let weight =
          Int512(sum.weights[position]) - Int512(sum.weightZeroPoint(filter: filter))
        let (a, b) = (low * weight, high * weight)
        sumLow = sumLow + min(min(a, b), .zero)
        sumHigh = sumHigh + max(max(a, b), .zero)
      }
      lowest = min(lowest, sumLow)
      highest = max(highest, sumHigh)
    }
    let width = sum.data.codeWidth > 8 ? 64 : 32
    let bits = max(lowest.significantBits, highest.significantBits)
    guard let format = try? FixedPointFormat(width: width, integerBits: width),
      let safe = try? FixedPointFormat(width: bits, integerBits: bits)
    else { return nil }
    return AccumulatorRange(
      node: index, format: format, lowest: lowest.doubleValue(scaledBy: 0),
      highest: highest.doubleValue(scaledBy: 0), safe: safe, canOverflow: bits > width,
      canRound: false)
  }
}

extension ElementScale {
  fileprivate var codeWidth: Int {
    if case .codes(let width, _) = form { return width }
    return 0
  }
}

/// A sum of products between codes of data and constant codes of weights.
private struct IntegerSum {
  let data: ElementScale
  let dataZeroPoint: Int64
  let weights: [Int64]
  let weightZeroPoints: [Int64]
  let biases: [Int64]
  let filters: Int
  let isFilterMajor: Bool

  /// nil for nodes that are no such sum.
  init?(_ node: Node, in graph: Graph) {
    guard let linear = graph.linear(node), let isFilterMajor = linear.isFilterMajor else {
      return nil
    }
    switch linear.form {
    case .dense, .matMul, .convolution: break
    case .transposedConvolution, .dot: return nil
    }
    let (input, weight) = (graph[linear.data], graph[linear.weights])
    guard let scale = ElementScale(input), scale.codeRange != nil,
      let weights = weight.constant?.int64
    else { return nil }
    data = scale
    self.weights = weights
    filters = linear.filters
    self.isFilterMajor = isFilterMajor
    if let parameters = linear.parameters {
      dataZeroPoint = graph[parameters.data.zeroPoint].constant?.int64?.first ?? 0
      weightZeroPoints = graph[parameters.weights.zeroPoint].constant?.int64 ?? []
    } else {
      dataZeroPoint = Self.zeroPoints(input).first ?? 0
      weightZeroPoints = Self.zeroPoints(weight)
    }
    biases = linear.bias.flatMap { graph[$0].constant?.int64 } ?? []
  }

  func weightZeroPoint(filter: Int) -> Int64 {
    weightZeroPoints.isEmpty
      ? 0 : weightZeroPoints[weightZeroPoints.count == 1 ? 0 : filter % weightZeroPoints.count]
  }

  private static func zeroPoints(_ tensor: Tensor) -> [Int64] {
    if case .affine(let format) = tensor.encoding { return format.zeroPoints }
    return []
  }
}
