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
    let function: Operator
    let positions: (data: Int, weights: Int, bias: Int?)
    var zeroPoints: (data: Int, weights: Int)?
    switch node.operation {
    case .quantized(let quantized):
      switch quantized.function {
      case .convolution(let convolution): function = .convolution(convolution)
      case .matMul(let product): function = .matMul(product)
      default: return nil
      }
      positions = (0, 3, quantized.hasBias ? node.inputs.count - 1 : nil)
      zeroPoints = (2, 5)
    case .integerProduct(let product):
      switch product {
      case .convolution(let convolution): function = .convolution(convolution)
      case .matMul(let product): function = .matMul(product)
      }
      positions = (0, 2, nil)
      zeroPoints = (1, 3)
    case .convolution, .dense, .matMul:
      function = node.operation
      positions = (0, 1, node.inputs.count > 2 ? 2 : nil)
    default: return nil
    }
    func tensor(_ position: Int) -> Tensor? {
      node.inputs.indices.contains(position) ? graph[node.inputs[position]] : nil
    }
    guard let input = tensor(positions.data), let scale = ElementScale(input),
      scale.codeRange != nil, let weight = tensor(positions.weights),
      let weights = weight.constant?.int64, let output = node.outputs.first
    else { return nil }
    data = scale
    self.weights = weights
    if let zeroPoints {
      dataZeroPoint = tensor(zeroPoints.data)?.constant?.int64?.first ?? 0
      weightZeroPoints = tensor(zeroPoints.weights)?.constant?.int64 ?? []
    } else {
      dataZeroPoint = Self.zeroPoints(input).first ?? 0
      weightZeroPoints = Self.zeroPoints(weight)
    }
    biases = positions.bias.flatMap { tensor($0)?.constant?.int64 } ?? []
    let shape = graph[output].shape
    switch function {
    case .convolution(let convolution):
      filters =
        convolution.layout == .channelsLast
        ? shape.extents.last ?? 0
        : shape.rank > convolution.kernel.count
          ? shape.extents[shape.rank - convolution.kernel.count - 1] : 0
      isFilterMajor = !convolution.isDepthwise && convolution.weightLayout != .kernelChannelsFilters
    case .dense(let dense):
      filters = shape.extents.last ?? 0
      isFilterMajor = dense.weightsAreOutputMajor
    case .matMul(let product):
      guard weight.shape.rank == 2 else { return nil }
      filters = weight.shape[product.transposesRight ? 0 : 1]
      isFilterMajor = product.transposesRight
    default: return nil
    }
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
