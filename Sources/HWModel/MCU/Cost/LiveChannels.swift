import Arith
import QuantGraph

/// Channels of a network's tensors that a compiler can replace by constants.
///
/// A filter whose weights are all zero gives its bias whatever it reads, so that its result is known
/// before anything runs; layers that read it fold it into their bias. X-CUBE-AI from 8.1 on, the
/// Plumerai engine of 2023 and ONNC leave such channels out: on the MLPerf Tiny person detector,
/// where 48 % of all multiplications are of this kind, they are faster by that factor, and on
/// networks without zero filters they are not (measured: conformance/mcu/latency.json).
struct LiveChannels {
  /// Value of each channel that is constant, one a tensor; nil for tensors without any.
  private var constants: [[Double?]?]
  private let graph: Graph

  init(_ graph: Graph) {
    self.graph = graph
    constants = Array(repeating: nil, count: graph.tensors.count)
  }

  /// Parts of a layer's work that remain.
  struct Share {
    /// Filters computed, of all.
    var filters: (live: Int, all: Int)
    /// Input channels read, of all.
    var channels: (live: Int, all: Int)

    static let whole = Share(filters: (1, 1), channels: (1, 1))
  }

  /// Follows one node, in execution order, and returns what remains of its work.
  mutating func visit(_ node: Node) -> Share {
    switch node.operation {
    case .convolution(let convolution):
      guard convolution.layout == .channelsLast, let operands = Product(node, in: graph) else {
        return .whole
      }
      if convolution.isDepthwise {
        return depthwise(operands, node, range: convolution.range)
      }
      guard convolution.weightLayout == .filtersKernelChannels,
        convolution.grouping == .groups(1)
      else { return .whole }
      // Padding puts zeros beside a constant that is not zero: only 1x1 windows fold any constant.
      let isPointwise = convolution.kernel.allSatisfy { $0 == 1 }
      return plain(operands, node, foldsAny: isPointwise, range: convolution.range)
    case .dense(let dense):
      guard dense.weightsAreOutputMajor, let operands = Product(node, in: graph) else {
        return .whole
      }
      return plain(operands, node, foldsAny: true, range: dense.range)
    case .pool(let pool) where pool.layout == .channelsLast: pass(node)
    case .reshape: pass(node)
    default: break
    }
    return .whole
  }

  /// Channels stay what they are where the last axis does.
  private mutating func pass(_ node: Node) {
    guard let source = node.inputs.first, let result = node.outputs.first,
      let values = constants[source.index],
      graph[result].shape.extents.last == graph[source].shape.extents.last
    else { return }
    constants[result.index] = values
  }

  private mutating func plain(
    _ operands: Product, _ node: Node, foldsAny: Bool, range: ValueRange
  ) -> Share {
    let filters = operands.resultChannels
    let channels = operands.channels
    let known = constants[operands.data.index]
    let isRead = (0..<channels).map { channel in
      guard let known, known.count == channels, let value = known[channel] else { return true }
      return !foldsAny && value != 0
    }
    let size = operands.weights.count / max(filters, 1)
    guard size > 0, size % max(channels, 1) == 0 else { return .whole }
    var live = 0
    var results = [Double?](repeating: nil, count: filters)
    for filter in 0..<filters {
      var hasWeight = false
      for offset in 0..<size where isRead[offset % channels] {
        if operands.weights[filter * size + offset] != operands.weightZero(filter) {
          hasWeight = true
          break
        }
      }
      if hasWeight {
        live += 1
      } else {
        var sum = operands.bias(filter)
        // Constants that were folded add to the bias.
        if let known, known.count == channels {
          for offset in 0..<size {
            guard let value = known[offset % channels], !isRead[offset % channels] else { continue }
            sum += value * operands.weight(filter, at: filter * size + offset)
          }
        }
        results[filter] = operands.rounded(sum, range: range)
      }
    }
    if live < filters { constants[operands.result.index] = results }
    return Share(
      filters: (live, filters), channels: (isRead.count { $0 }, channels))
  }

  private mutating func depthwise(_ operands: Product, _ node: Node, range: ValueRange) -> Share {
    let filters = operands.resultChannels
    let channels = operands.channels
    guard channels > 0, filters % channels == 0 else { return .whole }
    let known = constants[operands.data.index]
    var live = 0
    var results = [Double?](repeating: nil, count: filters)
    for filter in 0..<filters {
      let channel = filter / (filters / channels)
      // A constant other than zero meets padding at the border, so it is not constant after it.
      let isZero = known.map { $0.count == channels && $0[channel] == 0 } ?? false
      let hasWeight = stride(from: filter, to: operands.weights.count, by: filters).contains {
        operands.weights[$0] != operands.weightZero(filter)
      }
      if hasWeight && !isZero {
        live += 1
      } else {
        results[filter] = operands.rounded(operands.bias(filter), range: range)
      }
    }
    if live < filters { constants[operands.result.index] = results }
    return Share(filters: (live, filters), channels: (live, filters))
  }
}

/// The operands of a convolution or a fully connected layer with constant 8-bit weights.
private struct Product {
  let data: TensorID
  let result: TensorID
  let weights: [Int64]
  let channels: Int
  let resultChannels: Int
  private let biases: [Int64]
  private let weightFormat: AffineFormat
  private let biasFormat: AffineFormat?
  private let resultFormat: AffineFormat

  init?(_ node: Node, in graph: Graph) {
    guard node.inputs.count >= 2, let result = node.outputs.first,
      let weights = graph[node.inputs[1]].constant?.int64,
      case .affine(let weightFormat) = graph[node.inputs[1]].encoding,
      case .affine(let resultFormat) = graph[result].encoding,
      let channels = graph[node.inputs[0]].shape.extents.last,
      let resultChannels = graph[result].shape.extents.last,
      channels > 0, resultChannels > 0, weights.count % resultChannels == 0
    else { return nil }
    data = node.inputs[0]
    self.result = result
    self.weights = weights
    self.channels = channels
    self.resultChannels = resultChannels
    self.weightFormat = weightFormat
    self.resultFormat = resultFormat
    var biases: [Int64] = []
    var biasFormat: AffineFormat?
    if node.inputs.count > 2 {
      guard let codes = graph[node.inputs[2]].constant?.int64, codes.count == resultChannels,
        case .affine(let format) = graph[node.inputs[2]].encoding
      else { return nil }
      biases = codes
      biasFormat = format
    }
    self.biases = biases
    self.biasFormat = biasFormat
  }

  private func entry<Number>(_ list: [Number], _ index: Int, default value: Number) -> Number {
    list.count > index ? list[index] : list.first ?? value
  }

  func weightZero(_ filter: Int) -> Int64 {
    entry(weightFormat.zeroPoints, filter, default: 0)
  }

  func weight(_ filter: Int, at position: Int) -> Double {
    Double(weights[position] - weightZero(filter)) * entry(weightFormat.scales, filter, default: 1)
  }

  func bias(_ filter: Int) -> Double {
    guard let biasFormat, biases.count > filter else { return 0 }
    return Double(biases[filter]) * entry(biasFormat.scales, filter, default: 1)
  }

  /// What `value` is after the layer's range and its result's grid.
  func rounded(_ value: Double, range: ValueRange) -> Double {
    let clamped = min(max(value, range.minimum ?? -.infinity), range.maximum ?? .infinity)
    let scale = resultFormat.scales.first ?? 1
    let zero = Double(resultFormat.zeroPoints.first ?? 0)
    guard scale > 0, clamped.isFinite else { return clamped }
    let half = Double(sign: .plus, exponent: resultFormat.width - 1, significand: 1)
    let low = resultFormat.isSigned ? -half : 0
    let high = resultFormat.isSigned ? half - 1 : 2 * half - 1
    let code = min(max((clamped / scale).rounded() + zero, low), high)
    return (code - zero) * scale
  }
}
