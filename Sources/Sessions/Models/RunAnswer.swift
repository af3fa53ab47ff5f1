import Arith
public import Documents
package import HWModel
package import QuantGraph

/// Tensors of a run that were stored or observed.
package struct RecordedTensors {
  package var samples = 0
  package var outputs: [TensorRecorder] = []
  package var traced: [TensorRecorder] = []
  package var golden: [TensorRecorder] = []
  /// How many samples have the class that they are labelled with; nil without labels.
  package var labels: LabelScore?
  /// Ranges of every tensor; empty unless asked for.
  package var observed: [(tensor: TensorID, statistics: TensorStatistics)] = []

  package init(
    samples: Int = 0, outputs: [TensorRecorder] = [], traced: [TensorRecorder] = [],
    golden: [TensorRecorder] = [], labels: LabelScore? = nil,
    observed: [(tensor: TensorID, statistics: TensorStatistics)] = []
  ) {
    self.samples = samples
    self.outputs = outputs
    self.traced = traced
    self.golden = golden
    self.labels = labels
    self.observed = observed
  }
}

/// What a run produced, as JSON and as text.
public struct RunAnswer: Sendable {
  private struct Row: Sendable {
    let name: String
    let shape: Shape
    let format: String
    let range: ClosedRange<Double>?
  }

  private struct Statistics: Sendable {
    let node: String
    let tensor: String
    let format: String
    let values: TensorStatistics
    /// What the arithmetic did; nil where the rules do not count it.
    let events: NodeEvents?
    let isSaturating: Bool

    /// Values out of range that were clamped; without events those at an end of the range.
    var saturated: Int? {
      guard let events else { return values.extremes }
      return isSaturating ? events.overflowedResults : 0
    }
  }

  private let model: ModelFile
  /// What the numbers follow, in words.
  private let rules: String
  private let samples: Int
  private let output: String?
  private let trace: String?
  private let outputs: [Row]
  private let traced: [Row]
  /// Files of single tensors, with what they hold.
  private let golden: [(path: String, row: Row)]
  private let statistics: [Statistics]?
  private let labels: LabelScore?

  init(file: ModelFile, run: RunRecording, output: String?, trace: String?) {
    self.init(
      file: file, graph: run.plan.graph, rules: "datapath \(run.plan.datapath)",
      recorded: RecordedTensors(
        samples: run.samples, outputs: run.outputs, traced: run.traced, golden: run.golden,
        labels: run.labels, observed: run.observed),
      events: run.events, output: output, trace: trace)
  }

  /// - Parameters:
  ///   - file: the model.
  ///   - graph: the graph that ran.
  ///   - rules: what the numbers follow.
  ///   - recorded: what was stored and observed.
  ///   - events: of every node; nil if they are not counted.
  ///   - output: the archive of the outputs.
  ///   - trace: the archive of all tensors.
  package init(
    file: ModelFile, graph: Graph, rules: String, recorded: RecordedTensors,
    events: [NodeEvents]? = nil, output: String?, trace: String?
  ) {
    model = file
    self.rules = rules
    samples = recorded.samples
    labels = recorded.labels
    self.output = output
    self.trace = trace
    func row(_ recorder: TensorRecorder) -> Row {
      Row(
        name: recorder.name, shape: graph[recorder.tensor].shape,
        format: graph[recorder.tensor].encoding.name, range: recorder.statistics.range)
    }
    outputs = recorded.outputs.map(row)
    traced = recorded.traced.map(row)
    golden = recorded.golden.map { ($0.path ?? "", row($0)) }
    guard !recorded.observed.isEmpty else {
      statistics = nil
      return
    }
    statistics = recorded.observed.map { id, values in
      let index = graph.writer(of: id)
      // Events are of a node's result, which is its first output.
      let isResult = index.map { graph.nodes[$0].outputs.first == id } ?? false
      var isSaturating = true
      if case .fixed(let format) = graph[id].encoding {
        isSaturating = format.overflow != .wrap && format.overflow != .wrapSignMagnitude
      }
      return Statistics(
        node: index.map { graph.nodes[$0].name } ?? "", tensor: graph[id].name,
        format: graph[id].encoding.name, values: values,
        events: isResult ? index.flatMap { events?[$0] } : nil, isSaturating: isSaturating)
    }
  }

  public var json: JSON {
    [
      "samples": .integer(samples),
      "output": .optional(output),
      "trace": .optional(trace),
      "outputs": .array(outputs.map(json)),
      "traced": .array(traced.map(json)),
      "golden": .array(
        golden.map { file in json(file.row).adding(["path": .string(file.path)]) }),
      "labels": labels?.json ?? .null,
      "tensors": statistics.map { .array($0.map(json)) } ?? .null,
    ]
  }

  private func json(_ row: Row) -> JSON {
    [
      "name": .string(row.name), "shape": .integers(row.shape.extents),
      "format": .string(row.format), "min": row.range.map { .number($0.lowerBound) } ?? .null,
      "max": row.range.map { .number($0.upperBound) } ?? .null,
    ]
  }

  private func json(_ row: Statistics) -> JSON {
    [
      "name": .string(row.tensor), "node": .string(row.node), "format": .string(row.format),
      "values": .integer(row.events?.results ?? row.values.count),
      "min": row.values.range.map { .number($0.lowerBound) } ?? .null,
      "max": row.values.range.map { .number($0.upperBound) } ?? .null,
      "rounded": .optional(row.events?.roundedResults),
      "saturated": .optional(row.saturated),
      "wrapped": .optional(row.events.map { row.isSaturating ? 0 : $0.overflowedResults }),
      "accumulator_overflows": .optional(row.events?.overflowedAccumulations),
      "accumulator_roundings": .optional(row.events?.roundedSums),
    ]
  }

  public func text(_ style: Style) -> String {
    var text = Heading.line(model.path, model.summary, right: rules, style: style)
    let files = golden.map(\.path)
    let stored = [output].compactMap(\.self) + files.prefix(4)
    text += Quantity.count(samples, "sample")
    if !stored.isEmpty { text += " -> " + stored.joined(separator: ", ") }
    if files.count > 4 { text += " and \(Quantity.count(files.count - 4)) more" }
    if let trace { text += ", \(Quantity.count(traced.count, "tensor")) -> \(trace)" }
    text += "\n"
    if let labels { text += labels.text + "\n" }
    text += "\n"
    if !outputs.isEmpty { text += outputTable.render(style: style) }
    return counts.map { text + "\n" + $0.render(limit: 24, more: "--csv", style: style) } ?? text
  }

  /// The counts of every layer where they were asked for, else the outputs; what `--csv` prints.
  package var table: Table { counts ?? outputTable }

  private var outputTable: Table {
    var table = Table([
      .text("output", isFlexible: true), .text("shape"), .text("format", isFlexible: true),
      .number("min"), .number("max"),
    ])
    for row in outputs {
      table.append([
        .init(row.name), .init(row.shape.description), .init(row.format),
        .init(row.range?.lowerBound.description ?? ""),
        .init(row.range?.upperBound.description ?? ""),
      ])
    }
    return table
  }

  private var counts: Table? {
    guard let statistics else { return nil }
    let hasEvents = statistics.contains { $0.events != nil }
    var counts = Table(
      [
        .text("layer", isFlexible: true), .number("min"), .number("max"), .number("values"),
        .number(hasEvents ? "saturated" : "at an end"),
      ]
        + (hasEvents
          ? [
            .number("wrapped"), .number("rounded"), .number("sums overflowed"),
            .number("sums rounded"),
          ] : []))
    for row in statistics {
      var cells: [Table.Cell] = [
        .init(hasEvents ? row.node : row.tensor), Self.number(row.values.range?.lowerBound),
        Self.number(row.values.range?.upperBound),
        .count(row.events?.results ?? row.values.count), Self.count(row.saturated),
      ]
      if hasEvents {
        cells += [
          Self.count(row.events.map { row.isSaturating ? 0 : $0.overflowedResults }),
          Self.count(row.events?.roundedResults), Self.count(row.events?.overflowedAccumulations),
          Self.count(row.events?.roundedSums),
        ]
      }
      counts.append(cells)
    }
    return counts
  }

  private static func count(_ value: Int?) -> Table.Cell { value.map { .count($0) } ?? .init("") }

  private static func number(_ value: Double?) -> Table.Cell {
    .init(value.map(CheckAnswer.significant) ?? "", plain: value?.description ?? "")
  }
}
