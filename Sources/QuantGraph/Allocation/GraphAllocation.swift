public import Arith
import Documents

/// An ``Allocation`` by the positions of one graph.
public struct GraphAllocation: Hashable, Sendable {
  /// What each node takes, one a node of the graph.
  public var nodes: [NodeAllocation]
  /// The encoding that each tensor was given by itself, one a tensor of the graph; nil for none.
  public var tensors: [Encoding?]

  /// Everything as the model has it.
  public init(_ graph: Graph) {
    nodes = Array(repeating: NodeAllocation(), count: graph.nodes.count)
    tensors = Array(repeating: nil, count: graph.tensors.count)
  }

  /// An allocation whose names are those of `graph`.
  ///
  /// Layers may also have short names, numbers and patterns, as ``LayerNames`` reads them; what is said
  /// of a full name stands before what a pattern says.
  ///
  /// - Throws: an ``AllocationRefusal`` with every name that the graph lacks.
  public init(_ allocation: Allocation, in graph: Graph) throws(AllocationRefusal) {
    self.init(graph)
    var unknown = UnknownNames()
    let meant = allocation.meant(LayerNames(graph)) { graph.index.node(named: $0) }
    for (index, formats) in meant.found { nodes[index] = formats }
    for name in meant.unknown {
      unknown.add("layer", in: "layers", name, among: graph.nodes.lazy.map(\.name))
    }
    unknown.problems += meant.problems
    for name in allocation.tensorNames {
      if let id = graph.tensor(named: name) {
        tensors[id.index] = allocation[tensor: name]
      } else {
        unknown.add("tensor", in: "tensors", name, among: graph.tensors.lazy.map(\.name))
      }
    }
    guard unknown.problems.isEmpty else { throw AllocationRefusal(unknown.problems) }
  }

  /// The same by the names of `graph`.
  public func named(in graph: Graph) -> Allocation {
    var result = Allocation()
    for (node, formats) in zip(graph.nodes, nodes) where !formats.isUnchanged {
      result[node: node.name] = formats
    }
    for (tensor, encoding) in zip(graph.tensors, tensors) where encoding != nil {
      result[tensor: tensor.name] = encoding
    }
    return result
  }
}

extension Allocation {
  /// What each of some layers takes; tensors stand for the layers that read them, as weights or as
  /// their data, and where none does for the layer that writes them.
  ///
  /// - Parameters:
  ///   - layers: names of nodes with weights whose formats can be chosen.
  ///   - graph: the model.
  /// - Returns: one a layer, in their order; what is not named stays.
  /// - Throws: an ``AllocationRefusal`` with every name that is none of these, and every encoding that
  ///   contradicts another.
  /// - Complexity: linear in the graph and the allocation.
  public func formats(
    ofLayers layers: [String], in graph: Graph
  ) throws(AllocationRefusal) -> [NodeAllocation] {
    var result = [NodeAllocation](repeating: NodeAllocation(), count: layers.count)
    var problems: [Diagnostic] = []
    var unknown = UnknownNames()
    let places = Dictionary(zip(layers, layers.indices)) { first, _ in first }
    let meant = meant(LayerNames(layers, of: graph)) { places[$0] }
    for (place, formats) in meant.found { result[place] = formats }
    problems += meant.problems
    for name in meant.unknown {
      if graph.index.node(named: name) != nil {
        problems.append(
          Diagnostic(
            code: "allocation.unknown-name",
            message: "'\(name)' has no weights, so no format can be chosen there",
            location: "layers.\(name)",
            notes: [
              "layers with weights: \(layers.prefix(8).joined(separator: ", "))"
                + (layers.count > 8 ? ", ... (\(layers.count))" : "")
            ], remedy: "take it out of the file."))
      } else {
        unknown.add("layer", in: "layers", name, among: layers)
      }
    }
    let readers = tensorNames.isEmpty ? [:] : Self.readers(layers, graph)
    for name in tensorNames {
      guard let encoding = self[tensor: name] else { continue }
      guard let id = graph.tensor(named: name) else {
        unknown.add("tensor", in: "tensors", name, among: graph.tensors.lazy.map(\.name))
        continue
      }
      let writer = graph.index.producer(of: id).flatMap { places[graph.nodes[$0].name] }
      guard let reading = readers[id] ?? writer.map({ [($0, .result)] }) else {
        problems.append(
          Diagnostic(
            code: "allocation.unknown-name",
            message: "no layer with weights reads or writes tensor '\(name)'",
            location: "tensors.\(name)",
            remedy: "name weights, the input or the result of a layer, or take it out of the file.")
        )
        continue
      }
      for (layer, role) in reading {
        if let other = result[layer][role], other != encoding {
          problems.append(
            Diagnostic(
              code: "allocation.value",
              message: "'\(name)' is \(encoding.name), and layer '\(layers[layer])' takes it as "
                + other.name, location: "tensors.\(name)", remedy: "keep one of both."))
        }
        result[layer][role] = encoding
      }
    }
    problems = unknown.problems + problems
    guard problems.isEmpty else { throw AllocationRefusal(problems) }
    return result
  }

  /// Names that looks for patterns and beginnings may go through; each look goes through all.
  private static let lookupLimit = 200_000

  /// The layers that the names of nodes mean, by `names` where they are none in full.
  ///
  /// - Returns: positions with their formats, full names last, so that these decide; names that mean
  ///   nothing; and what contradicts itself.
  fileprivate func meant(
    _ names: @autoclosure () -> LayerNames, full: (String) -> Int?
  ) -> (found: [(Int, NodeAllocation)], unknown: [String], problems: [Diagnostic]) {
    var exact: [(Int, NodeAllocation)] = []
    var others: [String] = []
    for name in nodeNames {
      if let place = full(name) {
        exact.append((place, self[node: name] ?? NodeAllocation()))
      } else {
        others.append(name)
      }
    }
    guard !others.isEmpty else { return (exact, [], []) }
    let names = names()
    var found: [Int: (name: String, formats: NodeAllocation)] = [:]
    var unknown: [String] = []
    var problems: [Diagnostic] = []
    var searches = 0
    for name in others {
      if names.named(name) == nil {
        guard searches < 10 || searches * names.names.count < Self.lookupLimit else {
          unknown.append(name)
          continue
        }
        searches += 1
      }
      let formats = self[node: name] ?? NodeAllocation()
      switch names.meaning(of: name) {
      case .unknown: unknown.append(name)
      case .ambiguous(let places):
        problems.append(
          Diagnostic(
            code: "allocation.unknown-name",
            message: "'\(name)' begins the names of \(places.count) layers",
            location: "layers.\(name)",
            notes: [places.prefix(3).map { names.short[$0] }.joined(separator: ", ")],
            remedy: "write more of the name, or '\(name)*' where several are meant."))
      case .layers(let places):
        for place in places {
          if let other = found[place], other.formats != formats {
            problems.append(
              Diagnostic(
                code: "allocation.value",
                message: "'\(other.name)' and '\(name)' differ in layer '\(names.short[place])'",
                location: "layers.\(name)", remedy: "name the layer itself, or keep one of both."))
          }
          found[place] = (name, formats)
        }
      }
    }
    let rest = found.sorted { $0.key < $1.key }.map { ($0.key, $0.value.formats) }
    return (rest + exact, unknown, problems)
  }

  /// The layers that read each tensor as weights or as data.
  private static func readers(
    _ layers: [String], _ graph: Graph
  ) -> [TensorID: [(layer: Int, role: OperandRole)]] {
    var readers: [TensorID: [(layer: Int, role: OperandRole)]] = [:]
    for (layer, name) in layers.enumerated() {
      guard let index = graph.index.node(named: name) else { continue }
      let node = graph.nodes[index]
      let weights = graph.weights(of: node)
      if let weights { readers[weights, default: []].append((layer, .weights)) }
      if let data = node.inputs.first, data != weights {
        readers[data, default: []].append((layer, .activations))
      }
    }
    return readers
  }
}

/// Names that a model does not have; the nearest ones are looked for only a few times, since each look
/// goes through all names.
private struct UnknownNames {
  private static let suggestionLimit = 10
  var problems: [Diagnostic] = []

  mutating func add(
    _ what: String, in place: String, _ name: String, among names: some Sequence<String>
  ) {
    let suggestion =
      problems.count < Self.suggestionLimit ? Suggestion.sentence(for: name, among: names) : nil
    problems.append(
      Diagnostic(
        code: "allocation.unknown-name", message: "the model has no \(what) '\(name)'",
        location: "\(place).\(name)",
        remedy: suggestion ?? "hwsim inspect MODEL lists the names."))
  }
}

extension Graph {
  /// The constant that `node` multiplies with, or nil if it multiplies nothing.
  public func weights(of node: Node) -> TensorID? {
    guard multiplyAccumulates(of: node) > 0 else { return nil }
    return node.inputs.dropFirst().first { self[$0].constant != nil }
  }
}
