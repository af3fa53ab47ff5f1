import Arith
import HWModel
import QuantGraph

/// What a node of an hls4ml graph is to hardware.
struct FabricLayer {
  enum Kind {
    /// A matrix of constant weights at `positions` places, one after the other.
    case product(LinearNode, WeightPlaces)
    /// A function of each element without a product.
    case elements
    /// A product by a constant of each channel.
    case channelProducts(constants: TensorID)
    case table(LookupTable)
    case softmax(Softmax)
    case pool(isMaximum: Bool)
    case pad(rows: Int, margin: Int)
    /// Wires: nothing is computed.
    case wiring
    /// No rule; the reason in words.
    case unknown(String)
  }

  let node: Int
  let kind: Kind
  /// Elements and channels of the first input and of the result.
  let input: (count: Int, channels: Int)
  let output: (count: Int, channels: Int)

  /// Transfers of a stream: all channels of a position at once.
  var inputTransfers: Int { input.count / max(input.channels, 1) }
  var outputTransfers: Int { output.count / max(output.channels, 1) }

  init(_ index: Int, in graph: Graph) {
    node = index
    let node = graph.nodes[index]
    func size(_ tensor: TensorID?) -> (count: Int, channels: Int) {
      guard let tensor else { return (0, 1) }
      let shape = graph[tensor].shape
      return (shape.count, shape.extents.last ?? 1)
    }
    input = size(node.inputs.first)
    output = size(node.outputs.first)
    kind = Self.kind(node, in: graph)
  }

  private static func kind(_ node: Node, in graph: Graph) -> Kind {
    switch node.operation {
    case .dense, .convolution:
      guard let linear = graph.linear(node) else { return .unknown("products of two inputs") }
      if linear.isDepthwise { return .unknown("depthwise convolutions") }
      guard let places = graph.weightPlaces(of: linear) else {
        return .unknown("products of two inputs")
      }
      return .product(linear, places)
    case .normalize:
      return node.inputs.count > 1 ? .channelProducts(constants: node.inputs[1]) : .elements
    case .activation(let activation):
      switch activation {
      case .linear, .relu, .clippedReLU, .thresholdedReLU, .binaryTanh, .ternaryTanh, .hardSigmoid,
        .hardTanh:
        return .elements
      case .leakyReLU, .prelu:
        return node.inputs.count > 1 ? .channelProducts(constants: node.inputs[1]) : .elements
      case .elu(let table), .selu(let table), .sigmoid(let table), .tanh(let table),
        .softplus(let table), .softsign(let table):
        return .table(table)
      case .lookup: return .unknown("tables of a network")
      }
    case .softmax(let softmax): return .softmax(softmax)
    case .pool(let pool): return .pool(isMaximum: pool.reduction == .maximum)
    case .pad(let before, let after):
      let spatial = zip(before, after).dropLast().map { max($0, $1) }
      let rows = node.inputs.first.map { graph[$0].shape.extents.first ?? 1 } ?? 1
      return .pad(rows: rows, margin: spatial.max() ?? 0)
    case .convert, .threshold, .resizeNearest, .arithmetic: return .elements
    case .reshape, .transpose, .concatenate, .copy, .split, .crop, .slice: return .wiring
    default: return .unknown("operator \(node.operation.name)")
    }
  }
}
