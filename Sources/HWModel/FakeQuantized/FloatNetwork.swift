internal import Arith
public import QuantGraph

/// A float32 classifier whose layers can take formats: one input, whose leading axis of extent 1
/// stands for the samples, and one output; where a softmax makes that, the scores are what it is made
/// from.
public struct FloatNetwork: Sendable {
  /// One of its layers.
  public struct Layer: Hashable, Sendable {
    public let name: String
    /// Number of weights; biases are not counted.
    public let weightCount: Int
    /// Multiply-accumulates of one sample.
    public let macs: Int
    public let filters: Int
    /// Position in the plan's nodes.
    package let node: Int
    /// Nodes that read its input as it does, and are bound with it.
    package let additions: [Int]
  }

  /// The network in float32, bound to ``FakeQuantized``.
  public let plan: Plan
  /// In the order in which they run: the graph's, except that a layer runs before the additions that
  /// read its input.
  public let layers: [Layer]
  /// The tensor that the class is taken from: what a last softmax reads, else the output.
  public let scoresTensor: TensorID

  /// The graph as it runs.
  public var graph: Graph { plan.graph }
  /// Elements of the input of one sample, in the model's order.
  public var inputCount: Int { graph[graph.inputs[0]].shape.count }
  /// Scores of one sample.
  public var classCount: Int { graph[scoresTensor].shape.count }

  /// - Throws: ``FloatNetworkProblems`` with every node that cannot be run.
  public init(_ given: Graph) throws(FloatNetworkProblems) {
    var problems: [FloatNetworkProblem] = []
    guard given.inputs.count == 1, given.outputs.count == 1, given.states.isEmpty else {
      throw FloatNetworkProblems(problems: [
        .init(node: nil, kind: .count(inputs: given.inputs.count, outputs: given.outputs.count))
      ])
    }
    for id in given.inputs + given.nodes.flatMap(\.outputs)
    where given[id].encoding != .float(.float32) {
      problems.append(.init(node: nil, kind: .notFloat32(tensor: given[id].name)))
    }
    guard problems.isEmpty else { throw FloatNetworkProblems(problems: problems) }
    do throws(PlanProblems) {
      plan = try Plan(given, on: FakeQuantized())
    } catch {
      throw FloatNetworkProblems(error)
    }
    let graph = plan.graph
    var layers: [Layer] = []
    var seen: Set<TensorID> = []
    do throws(DatapathError) {
      for (index, node) in graph.nodes.enumerated()
      where LayerParameters.isLayer(node, in: graph) {
        let data = node.inputs[0]
        let isFirst = seen.insert(data).inserted
        let additions = graph.nodes.indices.filter { place in
          guard isFirst, case .binary(let binary) = graph.nodes[place].operation else {
            return false
          }
          return binary.function == .add && graph.nodes[place].inputs.contains(data)
            && graph.nodes[place].inputs.allSatisfy { graph[$0].constant == nil }
        }
        layers.append(
          Layer(
            name: node.name, weightCount: graph[node.inputs[1]].shape.count,
            macs: graph.multiplyAccumulates(of: node),
            filters: try LayerParameters(node, in: graph).filterCount, node: index,
            additions: additions))
      }
    } catch {
      throw FloatNetworkProblems(problems: [FloatNetworkProblem(error, node: nil)])
    }
    guard !layers.isEmpty else {
      throw FloatNetworkProblems(problems: [.init(node: nil, kind: .noLayers)])
    }
    self.layers = layers
    // A loss takes its own logarithm.
    let output = graph.outputs[0]
    if let last = graph.nodes.last(where: { $0.outputs.contains(output) }),
      case .axisSoftmax(let softmax) = last.operation, softmax.beta == 1,
      graph[output].shape[softmax.axis] == graph[output].shape.count
    {
      scoresTensor = last.inputs[0]
    } else {
      scoresTensor = output
    }
  }

  /// What a layer is made of.
  ///
  /// - Precondition: the layer exists.
  package func parameters(_ layer: Int) -> LayerParameters {
    do throws(DatapathError) {
      return try LayerParameters(graph.nodes[layers[layer].node], in: graph)
    } catch {
      preconditionFailure("the plan has the layer")
    }
  }
}

/// What of a graph cannot be run as a float network.
public struct FloatNetworkProblem: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// An operator that is not among those of ``FakeQuantized``.
    case unsupportedOperator(String)
    /// An operator with operands or parameters that ``FakeQuantized`` does not have.
    case unsupportedForm(operator: String, reason: String)
    /// A tensor that is not float32.
    case notFloat32(tensor: String)
    /// Not one input, or not one output.
    case count(inputs: Int, outputs: Int)
    /// No node has constant weights.
    case noLayers
    /// A constant that is not a finite number.
    case notFinite(tensor: String)
  }

  /// The node; nil for the graph as a whole.
  public let node: String?
  public let kind: Kind

  public init(node: String?, kind: Kind) {
    self.node = node
    self.kind = kind
  }

  init(_ error: DatapathError, node: String?) {
    self.node = node
    kind =
      switch error {
      case .unsupported(let operation, _): .unsupportedOperator(operation)
      case .parameter(let operation, let reason):
        .unsupportedForm(operator: operation, reason: reason)
      case .notFinite(let tensor): .notFinite(tensor: tensor)
      case .encoding(let operand, _): .notFloat32(tensor: operand)
      case .tooWide, .format, .notQuantized, .withoutCodes, .limit, .graph, .refused,
        .instruction:
        .unsupportedForm(operator: node ?? "", reason: "\(error)")
      }
  }
}

/// Every problem of one graph, in the order of its nodes.
public struct FloatNetworkProblems: Error, Hashable, Sendable {
  public let problems: [FloatNetworkProblem]

  public init(problems: [FloatNetworkProblem]) { self.problems = problems }

  fileprivate init(_ found: PlanProblems) {
    problems = found.problems.map { problem in
      FloatNetworkProblem(problem.error, node: problem.node.map { found.graph.nodes[$0].name })
    }
  }
}
