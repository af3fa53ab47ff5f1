import Documents
import HWModel
package import Importers
package import QuantGraph
package import Schedules
import Search

/// What an estimate is of: a model and the formats that the user gives it, whatever the device.
package struct EstimatedNetwork: Sendable {
  package let path: String
  package let summary: String
  package let graph: Graph
  package let record: InputRecord
  /// The model as devices are asked of it where nobody chooses anything.
  private let plain: Workload
  /// What a project's own synthesis said; nil where the model is no project.
  package let reports: ReportComparison?
  /// nil where layers run in formats of their own, whatever file they stand in.
  private let source: ModelFile.Source?
  private let isFloatNetwork: Bool
  /// Its stage in tiles, whose encodings choices may be of.
  private let tiles: ModelFile.Tiles?
  /// Sizes of the run that the graph is of; the user chose them.
  package let sizes: [String: Int]

  /// The network as a runtime has it: quantizers between float operators are folded into integer
  /// operators, as onnxruntime and converters for microcontrollers do.
  ///
  /// - Throws: a ``Failure`` for a graph that is none afterwards.
  package init(file: ModelFile) throws(Failure) {
    var file = file
    if case .onnx(let model, _, _) = file.source, model.kind == .qdq {
      do throws(GraphProblems) {
        file = file.replacing(try file.graph.movedToIntegers())
      } catch {
        throw Failure(error.problems.map { Diagnostic($0) })
      }
    }
    path = file.path
    summary = file.summary
    graph = file.tiles?.whole ?? file.graph
    tiles = file.tiles
    record = file.record
    plain = file.workload
    source = file.source
    reports = ReportComparison(file)
    isFloatNetwork = file.isFloatNetwork
    sizes = [:]
  }

  /// One pass of a transformer.
  ///
  /// - Throws: a ``Failure`` for sizes that the model has not, and where there is no graph.
  package init(
    _ file: TransformerFile, phase: String, sizes: [String: Int]
  ) throws(Failure) {
    try file.checkContext(sizes)
    graph = try file.graph(TransformerRun(sizes: sizes), phase: phase).graph
    path = file.path
    summary = "\(graph.name), \(Quantity.count(graph.nodes.count, "node")), shapes only"
    record = file.record
    plain = Workload(graph, modelBytes: nil, place: path)
    source = nil
    tiles = nil
    reports = nil
    isFloatNetwork = true
    self.sizes = sizes
  }

  /// - Parameters:
  ///   - options: choices by name that a family may know, such as `patch`.
  ///   - limits: bounds that schedules are chosen under.
  /// - Returns: the model as devices are asked of it.
  package func workload(options: [String: String], limits: [EstimateLimit]) -> Workload {
    var workload = plain
    workload.options.merge(options) { $1 }
    for limit in limits {
      let key = limit.quantity.key
      workload.limits[key] = min(workload.limits[key] ?? .infinity, limit.bound)
    }
    return workload
  }

  /// The formats of a file; those of a TensorFlow Lite model are the ones that it runs with.
  ///
  /// - Throws: a ``Failure`` for names and formats that do not go with the network.
  package func choices(_ allocation: AllocationFile) throws(Failure) -> FormatChoices {
    var isAffine = false
    if case .tflite = source { isAffine = true }
    try allocation.checkCosts(roles: isAffine ? [.result] : [])
    if isFloatNetwork {
      let layers = graph.nodes.filter { graph.weights(of: $0) != nil }.map { node in
        SearchLayer(
          name: node.name,
          weightCount: graph.weights(of: node).map { graph[$0].shape.count } ?? 0,
          macs: graph.multiplyAccumulates(of: node))
      }
      return FormatChoices(
        try allocation.candidates(of: layers, in: graph), nodes: graph.positions(of: layers))
    }
    guard isAffine else { return try allocation.choices(in: graph) }
    let requantization = AffineRequantization(tiles?.patched.graph ?? graph)
    let candidates = try allocation.candidates(
      of: requantization.layers, in: requantization.model)
    do throws(EvaluationError) {
      return FormatChoices(
        try requantization.effective(try requantization.requested(candidates)))
    } catch {
      throw Failure(error, model: allocation.path)
    }
  }
}

extension AllocationFile {
  /// The formats of a quantized graph's layers and tensors.
  ///
  /// What calibration saw of inputs has no meaning there and is passed over.
  ///
  /// - Throws: a ``Failure`` with every name that the model does not have.
  package func choices(in graph: Graph) throws(Failure) -> FormatChoices {
    let bound: GraphAllocation
    do throws(AllocationRefusal) {
      bound = try GraphAllocation(allocation, in: graph)
    } catch {
      throw Failure(error, in: path)
    }
    var choices = FormatChoices(bound.nodes, nodes: Array(graph.nodes.indices))
    var readers: [TensorID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      if let weights = graph.weights(of: node) { readers[weights, default: []].append(index) }
    }
    for (index, encoding) in bound.tensors.enumerated() {
      guard let encoding else { continue }
      choices.tensors[index] = encoding
      for node in readers[TensorID(index)] ?? [] {
        choices.nodes[node, default: .init()].weights = encoding
      }
    }
    return choices
  }

  /// Whether it names what only a model with a stage in tiles has.
  package func namesTiles(of graph: Graph) -> Bool {
    allocation.nodeNames.contains { graph.index.node(named: $0) == nil && $0.contains("@r") }
      || allocation.tensorNames.contains { graph.tensor(named: $0) == nil && $0.contains("@r") }
  }

  /// Refuses what no estimate has a cost for; `others` are further roles that have one.
  ///
  /// - Throws: a ``Failure`` with every such role.
  package func checkCosts(roles others: Set<OperandRole> = []) throws(Failure) {
    var problems: [Diagnostic] = []
    for name in allocation.nodeNames {
      let formats = allocation[node: name] ?? NodeAllocation()
      for key in formats.unknown(
        roles: others.union([.weights, .activations, .accumulator]),
        choices: Set(formats.choices.keys))
      {
        problems.append(
          Diagnostic(
            code: "allocation.value", message: "the estimate has no cost for '\(key)'",
            location: "\(path): layers.\(name).\(key)", remedy: "take it out of the file."))
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
  }
}
