import Arith
public import QuantGraph

/// What one layer asks of a microcontroller's kernels, whatever the target.
public struct MCULayerWork: Sendable, Hashable {
  /// Kernels with costs of their own.
  public enum Kernel: String, Sendable, Hashable, CaseIterable {
    /// Convolutions with windows of several taps, and matrix products.
    case convolution
    /// Convolutions with windows of one tap.
    case pointwise
    case depthwise
    case fullyConnected = "fully-connected"
    /// Everything that touches each element a few times: additions, pooling, softmax, copies.
    case elementwise
    /// A view of the same bytes: nothing runs.
    case none
  }

  /// Counts of one run, of all channels or of those that are not constant (`LiveChannels`).
  public struct Counts: Sendable, Hashable {
    /// Multiplications with accumulation.
    public var macs = 0.0
    /// Values that are requantized and stored.
    public var outputs = 0.0
    /// Input values copied into the columns that a convolution multiplies with.
    public var gatheredInputs = 0.0
    /// Values that an elementwise kernel touches.
    public var elements = 0.0
  }

  public let kernel: Kernel
  public let counts: Counts
  /// Counts of the channels that are not constant.
  public let liveCounts: Counts
  /// Elements of the layer's weights, and of those that remain without constant channels.
  public let weights: Int
  public let liveWeights: Int
  /// Whether the layer's time is known from kernels of its kind; false for recurrent layers and
  /// others that no measured network has.
  public let isModelled: Bool
}

extension MCULayerWork {
  /// The work of each node of `graph`, in its order.
  ///
  /// Depends on shapes and zero weights only, not on encodings, so one list serves every allocation.
  public static func list(_ graph: Graph) -> [MCULayerWork] {
    var live = LiveChannels(graph)
    return graph.nodes.map { node in MCULayerWork(node, in: graph, share: live.visit(node)) }
  }

  private init(_ node: Node, in graph: Graph, share: LiveChannels.Share) {
    let inputs = node.inputs.map { graph[$0] }.filter { $0.constant == nil }
    let most = Double(inputs.map(\.shape.count).max() ?? 0)
    let outputs = Double(node.outputs.map { graph[$0].shape.count }.max() ?? 0)
    let macs = Double(graph.multiplyAccumulates(of: node))
    var counts = Counts()
    var isModelled = true
    switch node.operation {
    case .convolution(let convolution):
      counts.macs = macs
      counts.outputs = outputs
      if convolution.isDepthwise {
        kernel = .depthwise
      } else {
        kernel = convolution.kernel.allSatisfy { $0 == 1 } ? .pointwise : .convolution
        let filters = node.outputs.first.flatMap { graph[$0].shape.extents.last } ?? 1
        counts.gatheredInputs = macs / Double(max(filters, 1))
      }
    case .transposedConvolution, .matMul:
      kernel = .convolution
      counts.macs = macs
      counts.outputs = outputs
    case .dense:
      kernel = .fullyConnected
      counts.macs = macs
      counts.outputs = outputs
    case .reshape, .copy:
      kernel = .none
    case .lstm, .svdf, .detections:
      kernel = .elementwise
      counts.elements = max(most, outputs)
      isModelled = false
    default:
      kernel = .elementwise
      counts.elements = max(most, outputs)
    }
    let weight = node.inputs.dropFirst().lazy.map { graph[$0] }.first { $0.constant != nil }
    let weights = macs > 0 ? weight?.shape.count ?? 0 : 0
    func part(_ pair: (live: Int, all: Int)) -> Double {
      pair.all > 0 ? Double(pair.live) / Double(pair.all) : 1
    }
    let filters = part(share.filters)
    // A depthwise filter reads one channel: its share is counted once.
    let channels = kernel == .depthwise ? 1 : part(share.channels)
    var live = counts
    live.macs *= filters * channels
    live.outputs *= kernel == .elementwise ? 1 : filters
    live.gatheredInputs *= channels
    self.counts = counts
    liveCounts = live
    self.weights = weights
    liveWeights = Int((Double(weights) * filters * channels).rounded(.up))
    self.isModelled = isModelled
  }
}

extension MCULayerWork {
  /// Whether the work of `operation` can be counted; operators of other formats' integer arithmetic
  /// carry their products where this count does not see them.
  public static func knows(_ operation: Operator) -> Bool {
    switch operation {
    case .quantized, .integerProduct, .qonnx, .integerTransformer: false
    default: true
    }
  }
}
