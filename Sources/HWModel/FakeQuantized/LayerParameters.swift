internal import Arith
package import QuantGraph

/// What a layer with constant float32 weights is made of.
package struct LayerParameters: Sendable {
  private enum Order: Sendable {
    case convolution(Convolution)
    /// `[filter][depth]`, or `[depth][filter]`.
    case matrix(isFilterMajor: Bool)
  }

  package let name: String
  let geometry: LayerGeometry
  /// In the model's order.
  package let weights: [Float]
  /// One a filter.
  let bias: [Float]
  private let weightOrder: Order

  package var filterCount: Int { geometry.filters }

  /// Whether a node is a layer: it multiplies what is computed with constant weights.
  package static func isLayer(_ node: Node, in graph: Graph) -> Bool {
    switch node.operation {
    case .convolution, .dense, .matMul:
      node.inputs.count > 1 && graph[node.inputs[1]].constant != nil
        && graph[node.inputs[0]].constant == nil
    default: false
    }
  }

  /// - Throws: ``DatapathError`` for forms that are not run, and constants that are not finite.
  package init(_ node: Node, in graph: Graph) throws(DatapathError) {
    let data = graph[node.inputs[0]].shape
    var factors: (weights: Float, bias: Float) = (1, 1)
    let all = try graph.floatConstant(node.inputs[1], of: node)
    var bias = node.inputs.count > 2 ? try graph.floatConstant(node.inputs[2], of: node) : []
    switch node.operation {
    case .convolution(let convolution):
      guard convolution.accumulation == nil else { throw .form(node, "another accumulation") }
      guard
        let geometry = LayerGeometry(
          convolution, data: data, result: graph[node.outputs[0]].shape)
      else {
        throw .form(
          node, "one or two spatial axes of one sample and moderate margins are supported")
      }
      self.geometry = geometry
      weightOrder = .convolution(convolution)
    case .dense(let dense):
      guard dense.accumulation == nil else { throw .form(node, "another accumulation") }
      geometry = try Self.geometry(
        node, vectors: dense.rows, depth: data.count / max(dense.rows, 1), weights: all.count)
      weightOrder = .matrix(isFilterMajor: dense.weightsAreOutputMajor)
    case .matMul(let product):
      guard graph[node.inputs[1]].shape.rank == 2, data.rank >= 1, !product.transposesLeft else {
        throw .form(node, "weights that are not one matrix, or transposed data")
      }
      let depth = data[data.rank - 1]
      geometry = try Self.geometry(
        node, vectors: depth > 0 ? data.count / depth : 0, depth: depth, weights: all.count)
      weightOrder = .matrix(isFilterMajor: product.transposesRight)
      factors = (product.productFactor, product.biasFactor)
    default: throw .form(node, "no layer")
    }
    guard geometry.filters * geometry.depth == all.count else {
      throw .form(node, "weights of another size")
    }
    if bias.count == 1 { bias = [Float](repeating: bias[0], count: geometry.filters) }
    guard bias.isEmpty || bias.count == geometry.filters else {
      throw .form(node, "a bias for each vector")
    }
    name = node.name
    weights = factors.weights == 1 ? all : all.map { $0 * factors.weights }
    self.bias =
      bias.isEmpty
      ? [Float](repeating: 0, count: geometry.filters)
      : factors.bias == 1 ? bias : bias.map { $0 * factors.bias }
  }

  private static func geometry(
    _ node: Node, vectors: Int, depth: Int, weights: Int
  ) throws(DatapathError) -> LayerGeometry {
    guard vectors > 0, depth > 0, weights % depth == 0, weights > 0 else {
      throw .form(node, "no elements")
    }
    return LayerGeometry(vectors: vectors, depth: depth, filters: weights / depth)
  }

  /// The place in ``weights`` of `[filter][kernel row][kernel column][channel of the group]`.
  var order: [Int] {
    let (filters, depth) = (geometry.filters, geometry.depth)
    switch weightOrder {
    case .convolution(let convolution): return geometry.weightOrder(convolution)
    case .matrix(isFilterMajor: true): return Array(0..<filters * depth)
    case .matrix(isFilterMajor: false):
      return (0..<filters * depth).map { $0 % depth * filters + $0 / depth }
    }
  }

  /// Numbers in the model's order, arranged as layers take them.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @specialized(where Element == Int32)
  func arranged<Element>(_ numbers: [Element]) -> [Element] {
    switch weightOrder {
    case .convolution(let convolution): geometry.arranged(numbers, convolution)
    case .matrix(isFilterMajor: true): numbers
    case .matrix(isFilterMajor: false): order.map { numbers[$0] }
    }
  }

  /// The filter of each weight, in the model's order.
  package var filters: [Int] {
    var filters = [Int](repeating: 0, count: weights.count)
    for (position, place) in order.enumerated() { filters[place] = position / geometry.depth }
    return filters
  }

  /// The weights of each filter, in the model's order.
  package var weightsByFilter: [[Float]] {
    var result = [[Float]](repeating: [], count: geometry.filters)
    for (weight, filter) in zip(weights, filters) { result[filter].append(weight) }
    return result
  }

  /// Runs of neighbouring weights along each filter's depth, the last one shorter: `[filter][run]`.
  package func runs(of length: Int) -> [[[Float]]] {
    let order = order
    return (0..<geometry.filters).map { filter in
      geometry.runs(of: min(length, geometry.depth)).map { run in
        run.map { weights[order[filter * geometry.depth + $0]] }
      }
    }
  }

  /// The fourth central moment over the squared second one of each filter's weights; 3 for a normal
  /// distribution, NaN for weights that are all equal.
  package var filterKurtosis: [Double] { weightsByFilter.map { FilterKurtosis.of($0) } }
}

/// The shape of a distribution of weights.
package enum FilterKurtosis {
  /// The fourth central moment over the squared second one.
  package static func of(_ weights: some Collection<Float>) -> Double {
    let count = Double(weights.count)
    let mean = weights.reduce(0.0) { $0 + Double($1) } / count
    var (second, fourth) = (0.0, 0.0)
    for weight in weights {
      let square = (Double(weight) - mean) * (Double(weight) - mean)
      second += square
      fourth += square * square
    }
    return (fourth / count) / ((second / count) * (second / count))
  }
}

extension DatapathError {
  /// An operator with operands or parameters that are not run.
  static func form(_ node: Node, _ reason: String) -> DatapathError {
    .parameter(node.operation.name, reason: reason)
  }
}

extension Graph {
  /// Finite float32 numbers of a constant operand.
  ///
  /// - Throws: ``DatapathError`` for anything else.
  func floatConstant(_ id: TensorID, of node: Node) throws(DatapathError) -> [Float] {
    guard case .float32(let numbers)? = self[id].constant else {
      throw .form(node, "operand '\(self[id].name)' is not a float32 constant")
    }
    guard numbers.allSatisfy(\.isFinite) else { throw .notFinite(tensor: self[id].name) }
    return numbers
  }
}
