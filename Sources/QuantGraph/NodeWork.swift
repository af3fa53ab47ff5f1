extension Graph {
  /// Multiplications with accumulation that a node does for one sample.
  ///
  /// Convolutions and matrix products only, 0 for all else; `Int.max` where the number is larger.
  public func multiplyAccumulates(of node: Node) -> Int {
    guard let first = node.inputs.first, let result = node.outputs.first else { return 0 }
    let data = self[first].shape
    let results = self[result].shape
    func weights() -> Int { node.inputs.count > 1 ? self[node.inputs[1]].shape.count : 0 }
    switch node.operation {
    case .dense(let dense): return Self.product(weights(), dense.rows)
    case .convolution(let convolution):
      let filters = convolution.layout.channels(of: results, axes: convolution.kernel.count)
      return filters > 0 ? Self.product(results.count, weights() / filters) : 0
    case .transposedConvolution(let convolution):
      let channels = convolution.layout.channels(of: data, axes: convolution.kernel.count)
      return channels > 0 ? Self.product(data.count, weights() / channels) : 0
    case .matMul(let product):
      guard data.rank > 0 else { return 0 }
      let inner = product.transposesLeft && data.rank > 1 ? data.rank - 2 : data.rank - 1
      return Self.product(results.count, data[inner])
    case .dot: return data.count
    default: return 0
    }
  }

  /// Elements of the constants that a node reads: weights, biases and other parameters.
  public func parameterCount(of node: Node) -> Int {
    node.inputs.reduce(0) { sum, id in
      let count = self[id].constant == nil ? 0 : self[id].shape.count
      let (total, overflow) = sum.addingReportingOverflow(count)
      return overflow ? Int.max : total
    }
  }

  private static func product(_ first: Int, _ second: Int) -> Int {
    let (product, overflow) = first.multipliedReportingOverflow(by: second)
    return overflow ? Int.max : product
  }
}

extension ImageLayout {
  /// Channels of an image with so many spatial axes; 0 for a tensor of lower rank.
  fileprivate func channels(of shape: Shape, axes: Int) -> Int {
    guard shape.rank > axes else { return 0 }
    return switch self {
    case .channelsLast: shape[shape.rank - 1]
    case .channelsFirst: shape[shape.rank - 1 - axes]
    }
  }
}
