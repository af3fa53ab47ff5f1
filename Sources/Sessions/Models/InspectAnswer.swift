import Arith
public import Documents
import HWModel
package import Importers
public import QuantGraph

/// A graph as a table, as JSON and as a drawing.
public struct InspectAnswer: Sendable {
  private let model: Subject
  private let node: Node?
  private let bounds: (graph: Graph, ranges: [AccumulatorRange])?
  /// nil for a graph that nothing runs.
  private let datapath: DatapathChoice?
  /// The folders with which most names begin: those of the first node.
  private let names: LayerNames
  /// Facts about the layers of an hls4ml project by name.
  private let projectLayers: [String: HLS4MLProjectInfo.Layer]
  /// Extents as formulas, for a graph that was made of a configuration.
  private let sized: SizedGraph?

  /// What is shown.
  private struct Subject {
    let path: String
    let kind: String
    let summary: String
    let graph: Graph
    /// nil for a graph made of a configuration.
    let source: ModelFile.Source?
    let project: HLS4MLProjectInfo?
  }

  private var graph: Graph { model.graph }
  private var ranges: [AccumulatorRange]? { bounds?.ranges }

  /// - Parameters:
  ///   - file: the model.
  ///   - choice: the rules whose support is shown.
  ///   - name: of the one layer asked for; nil for all.
  ///   - hasRanges: whether accumulators are bounded.
  /// - Throws: a `Failure` for a layer that there is not, and for a model that the rules cannot run
  ///   where its accumulators are asked for.
  public init(
    _ file: ModelFile, by choice: DatapathChoice, node name: String? = nil,
    withRanges hasRanges: Bool = false
  ) throws(Failure) {
    model = Subject(
      path: file.path, kind: file.kind, summary: file.summary, graph: file.graph,
      source: file.source, project: file.project)
    sized = nil
    datapath = choice
    let names = LayerNames(file.graph, path: file.project == nil ? nil : "")
    self.names = names
    projectLayers = Dictionary(
      (file.project?.layers ?? []).map { ($0.name, $0) }
    ) { first, _ in first }
    node = try name.map { name throws(Failure) in
      file.graph.nodes[try names.layer(name, listedBy: "hwsim inspect \(file.path)")]
    }
    if hasRanges {
      let plan = try choice.plan(file)
      let rules = plan.rules as? any BoundsAccumulators
      bounds = (plan.graph, rules?.accumulatorRanges(plan) ?? [])
    } else {
      bounds = nil
    }
  }

  /// A graph of shapes made of a transformer's configuration; nothing runs it.
  ///
  /// - Throws: a ``Failure`` for a layer that there is not.
  package init(
    _ file: TransformerFile, graph sized: SizedGraph, node name: String? = nil
  ) throws(Failure) {
    let graph = sized.graph
    let sizes = sized.sizes.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    model = Subject(
      path: file.path, kind: file.kind,
      summary: "\(graph.name), \(Quantity.count(graph.nodes.count, "node")), shapes only; \(sizes)",
      graph: graph, source: nil, project: nil)
    self.sized = sized
    datapath = nil
    // What stands before the number of a layer.
    let layered = graph.nodes.lazy.map(\.name).first { $0.contains(".0.") }
    let names = LayerNames(graph, path: layered.map { String($0.prefix { !$0.isNumber }) } ?? "")
    self.names = names
    projectLayers = [:]
    node = try name.map { name throws(Failure) in
      graph.nodes[try names.layer(name, listedBy: "hwsim inspect \(file.path)")]
    }
    bounds = nil
  }

  private func supports(_ node: Node) -> Bool { datapath?.supports(node.operation) ?? true }

  private func shortName(of range: AccumulatorRange) -> String {
    bounds.map { shortName($0.graph.nodes[range.node]) } ?? ""
  }

  private func name(of range: AccumulatorRange) -> String {
    bounds?.graph.nodes[range.node].name ?? ""
  }

  private var nodes: [Node] { node.map { [$0] } ?? graph.nodes }
  private var work: Int { total(graph.nodes.map(graph.multiplyAccumulates)) }
  /// What several nodes read counts once.
  private var parameters: Int {
    let read = Set(graph.nodes.flatMap(\.inputs)).filter { graph[$0].isParameter }
    return total(read.map { graph[$0].shape.count })
  }

  private func total(_ counts: [Int]) -> Int {
    counts.reduce(0) { sum, count in
      let (total, overflow) = sum.addingReportingOverflow(count)
      return overflow ? Int.max : total
    }
  }

  /// The constant that the operator multiplies with, for its format.
  private func weights(of node: Node) -> Tensor? {
    node.inputs.lazy.map { graph[$0] }.first(where: \.isParameter)
  }

  private func data(of node: Node) -> [Tensor] {
    node.inputs.map { graph[$0] }.filter { !$0.isParameter }
  }

  // MARK: JSON

  public var json: JSON {
    [
      "kind": .string(model.kind),
      "name": .string(graph.name),
      "details": details,
      "inputs": .array(graph.inputs.map(tensor)),
      "outputs": .array(graph.outputs.map(tensor)),
      "states": .array(graph.states.map(state)),
      "nodes": .array(nodes.map(json)),
      "macs": .integer(work),
      "parameters": .integer(parameters),
      "unsupported": .strings(unsupported.map(\.name)),
      "ranges": ranges.map { .array($0.map(json)) } ?? .null,
    ]
  }

  private var details: JSON {
    switch model.source {
    case nil:
      [
        "form": "shapes",
        "sizes": .object(
          (sized?.sizes ?? []).map { .init(key: $0.name, value: .integer($0.value)) }),
      ]
    case .hls4ml(let info):
      [
        "form": .string(info.form.rawValue), "io_type": .string(info.ioType.rawValue),
        "version": .optional(info.version),
        "version_reason": .optional(info.versionReason), "backend": .optional(info.backend),
        "part": .optional(info.part),
        "clock_period_ns": info.clockPeriod.map(JSON.number) ?? .null,
        "reports": .strings(info.reports),
      ]
    case .tflite(let file):
      [
        "form": "TFLite", "producer": .string(file.description),
        "operators": .integer(file.operatorCount),
      ]
    case .onnx(let file, _, _):
      [
        "form": .string(file.kind.rawValue), "producer": .string(file.producer),
        "operators": .integer(file.nodeCount),
        "operator_sets": .array(
          file.operatorSets.map {
            ["domain": .string($0.domain), "version": .integer($0.version)]
          }),
      ]
    }
  }

  private func tensor(_ id: TensorID) -> JSON {
    let tensor = graph[id]
    let members: JSON = [
      "name": .string(tensor.name), "shape": .integers(tensor.shape.extents),
      "format": .string(tensor.encoding.name), "constant": .bool(tensor.isParameter),
      "scale": ScaleForm.json(tensor.encoding),
    ]
    guard let sized else { return members }
    return members.adding([
      "formulas": .array(
        sized.extents(of: id).map { extent in
          switch extent {
          case .number(let number): .integer(number)
          case .formula(let text): .string(text)
          }
        })
    ])
  }

  private func state(_ state: StateTensor) -> JSON {
    var axis: Int?
    if case .state(let growing) = graph[state.tensor].contents { axis = growing }
    return [
      "tensor": tensor(state.tensor), "next": tensor(state.next), "grows_along": .optional(axis),
    ]
  }

  /// Extents as formulas where there are any.
  private func shape(of id: TensorID) -> String {
    guard let sized else { return graph[id].shape.description }
    return "[" + sized.extents(of: id).map(\.description).joined(separator: ", ") + "]"
  }

  private func json(_ node: Node) -> JSON {
    let layer = projectLayers[node.name]
    return [
      "name": .string(node.name), "operator": .string(node.operation.name),
      "inputs": .array(node.inputs.map(tensor)),
      "outputs": .array(node.outputs.map(tensor)),
      "accumulator": .optional(node.operation.accumulator?.name),
      "macs": .integer(graph.multiplyAccumulates(of: node)),
      "parameters": .integer(graph.parameterCount(of: node)),
      "supported": .bool(supports(node)),
      "origin": .optional(node.origin),
      "strategy": .optional(layer?.strategy),
      "reuse_factor": .optional(layer?.reuseFactor),
    ]
  }

  private func json(_ range: AccumulatorRange) -> JSON {
    [
      "node": .string(name(of: range)), "format": .string(range.format.name),
      "lowest": .number(range.lowest), "highest": .number(range.highest),
      "safe_format": .optional(range.safe?.name),
      "can_overflow": .bool(range.canOverflow), "can_round": .bool(range.canRound),
    ]
  }

  private var unsupported: [Node] { graph.nodes.filter { !supports($0) } }

  // MARK: Tables

  /// What `--csv` prints.
  public var table: Table { ranges.map(rangeTable) ?? nodeTable }

  private var nodeTable: Table {
    var table = Table([
      .number("#", named: "number"), .text("layer", isFlexible: true), .text("op"),
      .text("shape out", leaves: 5),
      .text("weights", isFlexible: true), .text("accumulator", isFlexible: true, leaves: 1),
      .text("result", isFlexible: true), .number("MAC", leaves: 3), .number("params", leaves: 2),
    ])
    for node in nodes {
      let result = node.outputs.first.map { graph[$0] }
      table.append([
        .count((graph.index.node(named: node.name) ?? 0) + 1),
        .init(shortName(node), plain: node.name),
        .init(node.operation.name + (supports(node) ? "" : " (no rule)")),
        .init(
          node.outputs.first.map(shape) ?? "", plain: result?.shape.description ?? ""),
        Self.format(weights(of: node)),
        Self.format(node.operation.accumulator?.name), Self.format(result),
        .count(graph.multiplyAccumulates(of: node)), .count(graph.parameterCount(of: node)),
      ])
    }
    return table
  }

  /// A format in a narrow column: without `ap_`, which every type of hls4ml has; integers with
  /// scales as their type and the form of the scale.
  private static func format(_ tensor: Tensor?) -> Table.Cell {
    guard let tensor else { return .init("") }
    guard case .affine(let affine) = tensor.encoding else { return format(tensor.encoding.name) }
    let type = (affine.isSigned ? "int" : "uint") + "\(affine.width)"
    guard affine.scales != [1] || affine.zeroPoints.contains(where: { $0 != 0 }) else {
      return .init(type, plain: tensor.encoding.name)
    }
    let form = ScaleForm(affine.scales)
    let count = affine.scales.count > 1 ? "\(affine.scales.count) x " : ""
    return .init("\(type) \(count)\(form.words)", plain: tensor.encoding.name)
  }

  private static func format(_ name: String?) -> Table.Cell {
    let name = name ?? ""
    return .init(name.hasPrefix("ap_") ? String(name.dropFirst(3)) : name, plain: name)
  }

  private func shortName(_ node: Node) -> String {
    graph.index.node(named: node.name).map { names.short[$0] } ?? node.name
  }

  private func rangeTable(_ ranges: [AccumulatorRange]) -> Table {
    var table = Table([
      .text("layer", isFlexible: true), .text("accumulator", isFlexible: true),
      .number("lowest"), .number("highest"), .text("smallest safe type", isFlexible: true),
      .text("verdict"),
    ])
    for range in ranges {
      let words =
        switch (range.canOverflow, range.canRound) {
        case (true, true): "can overflow, rounds"
        case (true, false): "can overflow"
        case (false, true): "rounds"
        case (false, false): "exact"
        }
      table.append([
        .init(shortName(of: range), plain: name(of: range)), .init(range.format.name),
        .init(CheckAnswer.significant(range.lowest), plain: range.lowest.description),
        .init(CheckAnswer.significant(range.highest), plain: range.highest.description),
        .init(range.safe?.name ?? "more than 256 bits"), .init(words),
      ])
    }
    return table
  }

  // MARK: Text

  public func text(_ style: Style, showsAll: Bool) -> String {
    var text = Heading.line(
      model.path, model.summary, right: datapath.map { "datapath \($0.name)" } ?? "", style: style)
    text += "\(Quantity.count(work)) MAC a sample, \(Quantity.count(parameters, "parameter"))\n"
    text += named("in ", graph.inputs) + named("out", graph.outputs) + kept + "\n"
    if node != nil { return text + nodeText(style) }
    text += table.render(limit: showsAll ? nil : 40, style: style)
    if let ranges {
      let count = ranges.count(where: \.canOverflow)
      text +=
        count == 0
        ? "\nno accumulator can overflow, whatever the inputs (exact bounds)\n"
        : "\n\(Quantity.count(count, "accumulator")) can overflow for some inputs (exact bounds)\n"
    }
    for node in unsupported {
      text +=
        "\(style.caution("unsupported")): \(node.operation.name) '\(node.name)' has no rule in "
        + "\(datapath?.name ?? "")\n"
    }
    return text
  }

  private func named(_ label: String, _ ids: [TensorID]) -> String {
    ids.map { "\(label)  \(graph[$0].name), \(shape(of: $0)), \(graph[$0].encoding.name)\n" }
      .joined()
  }

  /// What a run leaves to the next one: the first of it, and how many more.
  private var kept: String {
    guard let first = graph.states.first else { return "" }
    var words = "  \(graph[first.tensor].name), \(shape(of: first.tensor))"
    if first.next != first.tensor { words += ", then \(shape(of: first.next))" }
    if graph.states.count > 1 {
      words += ", and \(Quantity.count(graph.states.count - 1, "more state"))"
    }
    return "keeps" + words + "\n"
  }

  private func nodeText(_ style: Style) -> String {
    var text = ""
    for node in nodes {
      text += "\(style.bold(node.name))  \(node.operation.name)"
      text += node.origin.map { "  \($0)\n" } ?? "\n"
      var table = Table([
        .text("operand"), .text("tensor", isFlexible: true), .text("shape"),
        .text("format", isFlexible: true),
      ])
      for id in node.inputs {
        let tensor = graph[id]
        table.append([
          .init(tensor.isParameter ? "constant" : "in"), .init(tensor.name), .init(shape(of: id)),
          .init(tensor.encoding.name),
        ])
      }
      for id in node.outputs {
        table.append([
          "out", .init(graph[id].name), .init(shape(of: id)), .init(graph[id].encoding.name),
        ])
      }
      text += table.render(style: style)
      if let accumulator = node.operation.accumulator {
        text += "accumulator  \(accumulator.name)\n"
      }
      text +=
        "\(Quantity.count(graph.multiplyAccumulates(of: node))) MAC, "
        + "\(Quantity.count(graph.parameterCount(of: node), "parameter"))\n"
      if let layer = projectLayers[node.name] {
        let facts = [
          layer.function, layer.strategy.map { "strategy \($0)" },
          layer.reuseFactor.map { "reuse factor \($0)" }, layer.implementation,
        ]
        text += facts.compactMap(\.self).joined(separator: ", ") + "\n"
      }
    }
    return text
  }

  // MARK: Drawing

  /// The graph in the language of Graphviz: a box a layer, an arrow a tensor.
  public var dot: String {
    func quoted(_ text: String) -> String {
      let escaped = Printable.text(text)
        .replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "\"\(escaped)\""
    }
    var text = "digraph \(quoted(graph.name)) {\n  node [shape=box];\n"
    for id in graph.inputs {
      text += "  \(quoted("in " + graph[id].name)) [shape=ellipse];\n"
    }
    for id in graph.outputs {
      text += "  \(quoted("out " + graph[id].name)) [shape=ellipse];\n"
    }
    var writer: [TensorID: String] = [:]
    for id in graph.inputs { writer[id] = "in " + graph[id].name }
    for node in graph.nodes {
      text +=
        "  \(quoted(node.name)) "
        + "[label=\(quoted("\(node.name): \(node.operation.name)"))];\n"
      for id in node.outputs { writer[id] = node.name }
    }
    func arrow(_ id: TensorID, to reader: String) -> String {
      guard let source = writer[id] else { return "" }
      let tensor = graph[id]
      return "  \(quoted(source)) -> \(quoted(reader)) "
        + "[label=\(quoted("\(tensor.shape) \(tensor.encoding.name)"))];\n"
    }
    for node in graph.nodes {
      for id in node.inputs { text += arrow(id, to: node.name) }
    }
    for id in graph.outputs { text += arrow(id, to: "out " + graph[id].name) }
    return text + "}\n"
  }
}

/// What a requantizer needs to know of scales.
private enum ScaleForm {
  /// All are powers of two: a shift; the exponent where they are equal.
  case powerOfTwo(Int?)
  /// Some are not: a multiplier.
  case float

  init(_ scales: [Double]) {
    guard scales.allSatisfy({ $0 > 0 && $0.isFinite && $0.significand == 1 }) else {
      self = .float
      return
    }
    let exponents = Set(scales.map { Int($0.exponent) })
    self = .powerOfTwo(exponents.count == 1 ? exponents.first : nil)
  }

  var words: String {
    switch self {
    case .powerOfTwo(let exponent?): "2^\(exponent)"
    case .powerOfTwo(nil): "2^n"
    case .float: "float"
    }
  }

  static func json(_ encoding: Encoding) -> JSON {
    guard case .affine(let affine) = encoding else { return .null }
    let kind: JSON =
      switch ScaleForm(affine.scales) {
      case .powerOfTwo: "power-of-two"
      case .float: "float"
      }
    return ["form": kind, "count": .integer(affine.scales.count)]
  }
}
