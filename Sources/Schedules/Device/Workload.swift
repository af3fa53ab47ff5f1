public import Arith
public import QuantGraph

/// What a device is asked to run.
public struct Workload: Sendable {
  /// The network, in the order of its file: quantized, float, or shapes alone.
  public var graph: Graph
  /// The same network's runs of other kinds, by name: `decode` beside the prefill that ``graph`` is.
  public var phases: [Phase] = []
  /// Size of the model's file; nil where there is none.
  public var modelBytes: Int?
  /// Where the model was read, for messages.
  public var place: String
  /// Sizes that the user chose, by option: `batch`, `sequence`, `context`.
  public var sizes: [String: Int] = [:]
  /// Choices by option that a family may know, such as `patch`; see ``DeviceFamily/workloadOptions``.
  public var options: [String: String] = [:]
  /// Bounds that the user set, by the quantity's key, in its unit.
  ///
  /// A device that chooses a schedule
  /// chooses one that keeps them; whether they are kept is judged from the cost.
  public var limits: [String: Double] = [:]
  /// The network with a stage in tiles, as ``options`` ask for them; then choices are by the positions
  /// of its nodes and tensors, so that tiles may have formats of their own.
  public var tiled: PatchedGraph?
  /// How its files ask for the layers to be synthesized; nil for models that say nothing of it.
  public var synthesis: SynthesisSettings?

  public struct Phase: Sendable {
    public let name: String
    public let graph: Graph

    public init(name: String, graph: Graph) {
      self.name = name
      self.graph = graph
    }
  }

  public init(_ graph: Graph, modelBytes: Int? = nil, place: String = "model") {
    self.graph = graph
    self.modelBytes = modelBytes
    self.place = place
  }

  /// By name of a layer of ``tiled`` that one tile runs, its node in ``graph`` and the tile, row by row.
  public var tileLayers: [String: (node: Int, tile: Int)] {
    guard let tiled else { return [:] }
    var writers: [TensorID: Int] = [:]
    for (index, node) in tiled.graph.nodes.enumerated() {
      for id in node.outputs { writers[id] = index }
    }
    var places: [String: (node: Int, tile: Int)] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard let result = node.outputs.first else { continue }
      for (number, tile) in tiled.tiles.enumerated() {
        guard let writer = tile[result].flatMap({ writers[$0] }) else { continue }
        places[tiled.graph.nodes[writer].name] = (index, number)
      }
    }
    return places
  }

  /// Where a node of ``graph`` is, for messages.
  public func place(ofNode index: Int) -> String {
    "\(place): node '\(graph.nodes[index].name)' (\(index + 1) of \(graph.nodes.count))"
  }
}

/// Formats of a workload that differ from the graph's own: what an allocation changes.
///
/// Positions are those of the workload's graph, whatever form a device makes of it.
public struct FormatChoices: Sendable, Hashable {
  /// What one node takes; nil members stay as the graph has them.
  public struct Node: Sendable, Hashable {
    public var weights: Encoding?
    /// Of its first input.
    public var data: Encoding?
    public var accumulator: Encoding?
    /// How scales are shared if not one a filter, in words: `a scale for every 32`.
    public var grouping: String?
    /// Choices of the hardware by name: `reuse`, `tile`, `path`.
    public var hardware: [String: String] = [:]

    public init(weights: Encoding? = nil, data: Encoding? = nil, accumulator: Encoding? = nil) {
      self.weights = weights
      self.data = data
      self.accumulator = accumulator
    }
  }

  /// By position of the node.
  public var nodes: [Int: Node] = [:]
  /// By position of the tensor; where a tensor and its reader are both named, the tensor's counts.
  public var tensors: [Int: Encoding] = [:]
  /// For what is not named: the widths of `--bits`.
  public var uniform: Uniform?

  /// Bits of all weights and of all activations that have codes; nil leaves them.
  public struct Uniform: Sendable, Hashable {
    public let weights: Int?
    public let activations: Int?

    public init(weights: Int?, activations: Int?) {
      self.weights = weights
      self.activations = activations
    }
  }

  public init() {}

  /// Whether everything stays as the graph has it.
  public var isEmpty: Bool { nodes.isEmpty && tensors.isEmpty && uniform == nil }
}
