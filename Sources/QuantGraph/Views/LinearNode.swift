/// A node that sums products of two operands: a dense layer, a matrix product, a convolution in any
/// of its forms, or an inner product.
///
/// The second operand is called weights also where a run computes it, as attention does.
public struct LinearNode: Hashable, Sendable {
  public enum Form: Hashable, Sendable {
    case dense(Dense)
    case matMul(MatMul)
    case convolution(Convolution)
    case transposedConvolution(Convolution)
    case dot
  }

  public let form: Form
  public let data: TensorID
  public let weights: TensorID
  public let bias: TensorID?
  public let result: TensorID
  /// Scale and zero point of data and weights where they are operands of the node; a scale is nil
  /// where the sums stay integers.
  public let parameters: (data: Parameters, weights: Parameters)?
  /// Sums that weights of their own lead to: output channels, or columns of the second matrix.
  public let filters: Int
  /// Multiplications with accumulation of one run; `Int.max` if there are more.
  public let products: Int
  /// Products that are added to one sum.
  public let depth: Int
  /// Whether weights are stored `[filter][rest]`, if not `[rest][filter]`; nil where neither holds
  /// (groups of transposed convolutions, batches of matrices).
  public let isFilterMajor: Bool?

  /// Operands that give a tensor of codes its meaning.
  public struct Parameters: Hashable, Sendable {
    public let scale: TensorID?
    public let zeroPoint: TensorID
  }

  public static func == (lhs: LinearNode, rhs: LinearNode) -> Bool {
    lhs.form == rhs.form && lhs.data == rhs.data && lhs.weights == rhs.weights
      && lhs.bias == rhs.bias && lhs.result == rhs.result
      && lhs.parameters?.data == rhs.parameters?.data
      && lhs.parameters?.weights == rhs.parameters?.weights
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(form)
    hasher.combine(data)
    hasher.combine(weights)
    hasher.combine(result)
  }

  /// Whether each filter sees a single channel.
  public var isDepthwise: Bool {
    if case .convolution(let convolution) = form { convolution.isDepthwise } else { false }
  }
}

extension Graph {
  /// The node as a sum of products; nil if it is none, or if the weights are not an operand of it.
  public func linear(_ node: Node) -> LinearNode? {
    switch node.operation {
    case .dense(let dense): return linear(.dense(dense), node)
    case .matMul(let product): return linear(.matMul(product), node)
    case .convolution(let convolution): return linear(.convolution(convolution), node)
    case .transposedConvolution(let convolution):
      return linear(.transposedConvolution(convolution), node)
    case .dot: return linear(.dot, node)
    case .integerProduct(.convolution(let convolution)):
      return linear(.convolution(convolution), node, step: 2)
    case .integerProduct(.matMul(let product)): return linear(.matMul(product), node, step: 2)
    case .quantized(let quantized):
      let bias = quantized.hasBias ? node.inputs.last : nil
      switch quantized.function {
      case .convolution(let convolution):
        return linear(.convolution(convolution), node, step: 3, bias: bias)
      case .matMul(let product): return linear(.matMul(product), node, step: 3, bias: bias)
      default: return nil
      }
    default: return nil
    }
  }

  // `step` operands belong to data and to weights each: 1 codes, 2 and a zero point, 3 and a scale.
  private func linear(
    _ form: LinearNode.Form, _ node: Node, step: Int = 1, bias: TensorID? = nil
  ) -> LinearNode? {
    guard node.inputs.count > 2 * step - 1, let result = node.outputs.first else { return nil }
    let (data, weights) = (node.inputs[0], node.inputs[step])
    func parameters(_ first: Int) -> LinearNode.Parameters {
      .init(
        scale: step == 3 ? node.inputs[first + 1] : nil,
        zeroPoint: node.inputs[first + step - 1])
    }
    let (filters, depth, isFilterMajor) = sums(
      form, data: self[data].shape, weights: self[weights].shape, result: self[result].shape)
    let count: Int
    if case .transposedConvolution = form {
      count = self[data].shape.count
    } else {
      count = self[result].shape.count
    }
    let (products, overflow) = count.multipliedReportingOverflow(by: depth)
    return LinearNode(
      form: form, data: data, weights: weights,
      bias: step == 1 && node.inputs.count > 2 ? node.inputs[2] : bias, result: result,
      parameters: step == 1 ? nil : (parameters(0), parameters(step)), filters: filters,
      products: overflow ? Int.max : products, depth: depth, isFilterMajor: isFilterMajor)
  }

  /// Filters, products of a sum (for a transposed convolution: products of a data element), and the
  /// order of the weights.
  private func sums(
    _ form: LinearNode.Form, data: Shape, weights: Shape, result: Shape
  ) -> (filters: Int, depth: Int, isFilterMajor: Bool?) {
    switch form {
    case .dense(let dense):
      return (result.count / dense.rows, data.count / dense.rows, dense.weightsAreOutputMajor)
    case .dot: return (1, data.count, true)
    case .matMul(let product):
      let inner = product.transposesLeft && data.rank > 1 ? data.rank - 2 : data.rank - 1
      let isTransposed = product.transposesRight && weights.rank > 1
      let columns = weights.rank < 2 ? 1 : weights[weights.rank - (isTransposed ? 2 : 1)]
      return (columns, data[inner], weights.rank > 2 ? nil : isTransposed || weights.rank < 2)
    case .convolution(let convolution):
      let filters = convolution.channels(of: result)
      let isFilterMajor =
        !convolution.isDepthwise && convolution.weightLayout != .kernelChannelsFilters
      return (filters, filters > 0 ? weights.count / filters : 0, isFilterMajor)
    case .transposedConvolution(let convolution):
      let channels = convolution.channels(of: data)
      let isFilterMajor: Bool? =
        switch convolution.weightLayout {
        case .filtersKernelChannels, .filtersChannelsKernel: true
        case .kernelChannelsFilters: false
        case .channelsFiltersKernel: nil
        }
      return (
        convolution.channels(of: result), channels > 0 ? weights.count / channels : 0,
        isFilterMajor
      )
    }
  }

  /// Multiplications with accumulation that a node does for one sample.
  ///
  /// Convolutions, matrix products and the two products of a ``DeltaRule`` (what a state holds for a
  /// key, and its correction) only, 0 for all else and for those whose scales are operands;
  /// `Int.max` where the number is larger.
  public func multiplyAccumulates(of node: Node) -> Int {
    if node.operation == .deltaRule, let states = node.outputs.first {
      let (products, overflow) = self[states].shape.count.multipliedReportingOverflow(by: 2)
      return overflow ? Int.max : products
    }
    guard let linear = linear(node), linear.parameters == nil else { return 0 }
    return linear.products
  }

  /// Elements of the constants that a node reads: weights, biases and other parameters.
  public func parameterCount(of node: Node) -> Int {
    node.inputs.reduce(0) { sum, id in
      let (total, overflow) = sum.addingReportingOverflow(
        self[id].isParameter ? self[id].shape.count : 0)
      return overflow ? Int.max : total
    }
  }
}

extension Convolution {
  /// Channels of an image that the convolution reads or writes; 0 for a tensor of lower rank.
  fileprivate func channels(of shape: Shape) -> Int {
    guard shape.rank > kernel.count else { return 0 }
    return switch layout {
    case .channelsLast: shape[shape.rank - 1]
    case .channelsFirst: shape[shape.rank - 1 - kernel.count]
    }
  }
}
