internal import Arith
public import QuantGraph

/// A float32 network as a list of steps on one sample, its layers with constant weights apart.
///
/// Convolutions over one or two axes (groups, depthwise, strides, dilations, margins), dense layers
/// and matrix products with constant weights, maximum and average pools, means over axes, sums,
/// differences, products, quotients, maxima and minima of two tensors or of one and a constant,
/// batch normalization, ReLU and its kin, sigmoid, softmax, reshapes. The network has one input,
/// whose leading axis of extent 1 stands for the samples, and one output; where a softmax makes
/// that, the scores are what it is made from.
public struct FloatNetwork: Sendable {
  public let name: String
  /// Layers in the order in which they run: the graph's, except that a layer runs before the
  /// additions that read its input.
  public let layers: [SearchLayer]
  /// Elements of the input of one sample, in the model's order.
  public let inputCount: Int
  /// Scores of one sample.
  public let classCount: Int

  let values: [NetworkValue]
  let steps: [NetworkStep]
  let parameters: [LayerParameters]
  let input: Int
  let scores: Int
  /// The step that writes each value; -1 for the input.
  let producers: [Int]
  /// The step of each layer.
  let layerSteps: [Int]
  /// The value of each tensor of the graph that is computed.
  let tensorValues: [TensorID: Int]
  /// Channels and plane of values that are stored rearranged.
  let planes: [Int: (channels: Int, plane: Int)]
  /// The tensor that the class is taken from: what a last softmax reads, else the output.
  public let scoresTensor: TensorID

  /// - Parameters:
  ///   - graph: the network.
  ///   - keepsTensors: computes every tensor of the graph, also those that decide nothing.
  /// - Throws: ``FloatNetworkProblems`` with every node that cannot be run.
  public init(_ graph: Graph, keepsTensors: Bool = false) throws(FloatNetworkProblems) {
    var lowering = NetworkLowering(graph, keepsTensors: keepsTensors)
    lowering.run()
    guard lowering.problems.isEmpty, let input = lowering.input, let scores = lowering.scores
    else { throw FloatNetworkProblems(problems: lowering.problems) }
    name = graph.name
    layers = lowering.parameters.map(\.layer)
    values = lowering.values
    steps = lowering.steps
    parameters = lowering.parameters
    self.input = input
    self.scores = scores
    tensorValues = lowering.valueOf
    planes = lowering.planes
    scoresTensor = lowering.scoresTensor ?? graph.outputs[0]
    inputCount = values[input].count
    classCount = values[scores].count
    var producers = [Int](repeating: -1, count: values.count)
    var layerSteps = [Int](repeating: 0, count: lowering.parameters.count)
    for (index, step) in lowering.steps.enumerated() {
      producers[step.output] = index
      if case .layer(let layer) = step.operation {
        layerSteps[layer] = index
        if let value = lowering.parameters[layer].quantizedInput { producers[value] = index }
      }
    }
    self.producers = producers
    self.layerSteps = layerSteps
  }

  /// The step after the last one of the stage that begins with a layer.
  func stageEnd(_ layer: Int) -> Int {
    layer + 1 < layerSteps.count ? layerSteps[layer + 1] : steps.count
  }

  /// Values that a step reads.
  func inputs(of step: NetworkStep) -> [Int] { [step.first] + (step.second.map { [$0] } ?? []) }

  /// Elements of the largest value that the steps of a range touch.
  func largestCount(_ range: Range<Int>) -> Int {
    var largest = 1
    for step in steps[range] {
      for value in inputs(of: step) + [step.output] {
        largest = max(largest, values[value].count)
      }
    }
    return largest
  }
}

/// A tensor of one sample.
struct NetworkValue: Sendable {
  let count: Int
  /// Whether it is stored `[plane][channels]` though the model has `[channels][plane]`.
  let isRearranged: Bool
}

/// One operation with the values that it reads and writes.
struct NetworkStep: Sendable {
  let node: String
  let operation: NetworkOperation
  let first: Int
  let second: Int?
  let output: Int
}

/// What a layer is made of.
struct LayerParameters: Sendable {
  let layer: SearchLayer
  let geometry: LayerGeometry
  /// In the model's order.
  let weights: [Float]
  /// The place in `weights` of `[filter][kernel row][kernel column][channel of the group]`.
  let order: [Int]
  /// One a filter.
  let bias: [Float]
  /// The value that the layer's input is after quantization, where an addition reads it.
  var quantizedInput: Int?

  /// Numbers in the model's order, arranged as layers take them.
  func arranged<Element>(_ numbers: [Element]) -> [Element] { order.map { numbers[$0] } }

  /// The filter of each weight, in the model's order.
  var filters: [Int] {
    var filters = [Int](repeating: 0, count: weights.count)
    for (position, place) in order.enumerated() { filters[place] = position / geometry.depth }
    return filters
  }
}

/// What of a graph cannot be run as a float network.
public struct FloatNetworkProblem: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// An operator that is not among those of ``FloatNetwork``.
    case unsupportedOperator(String)
    /// An operator with operands or parameters that ``FloatNetwork`` does not have.
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
}

/// Every problem of one graph, in the order of its nodes.
public struct FloatNetworkProblems: Error, Hashable, Sendable {
  public let problems: [FloatNetworkProblem]

  public init(problems: [FloatNetworkProblem]) { self.problems = problems }
}
