import Arith
import HWModel
import QuantGraph

/// What a run produced, as JSON and as text.
struct RunAnswer: Sendable {
  private struct Row: Sendable {
    let name: String
    let shape: Shape
    let format: String
    let range: ClosedRange<Double>?
  }

  private struct Statistics: Sendable {
    let node: String
    let tensor: String
    let events: NodeEvents
    let isSaturating: Bool
  }

  private let model: ModelFile
  private let datapath: String
  private let samples: Int
  private let output: String
  private let trace: String?
  private let outputs: [Row]
  private let traced: [Row]
  private let statistics: [Statistics]?

  init(file: ModelFile, run: ModelRun, output: String, trace: String?) {
    model = file
    datapath = run.plan.datapath
    samples = run.samples
    self.output = output
    self.trace = trace
    let graph = file.graph
    func row(_ recorder: TensorRecorder) -> Row {
      Row(
        name: recorder.name, shape: graph[recorder.tensor].shape,
        format: graph[recorder.tensor].encoding.name, range: recorder.range)
    }
    outputs = run.outputs.map(row)
    traced = run.traced.map(row)
    statistics = run.events.map { events in
      zip(graph.nodes, events).compactMap { node, events in
        guard let id = node.outputs.first, case .fixed(let format) = graph[id].encoding else {
          return nil
        }
        let wraps = format.overflow == .wrap || format.overflow == .wrapSignMagnitude
        return Statistics(
          node: node.name, tensor: graph[id].name, events: events, isSaturating: !wraps)
      }
    }
  }

  var json: JSON {
    [
      "samples": .integer(samples),
      "output": .string(output),
      "trace": .optional(trace),
      "outputs": .array(outputs.map(json)),
      "traced": .array(traced.map(json)),
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
    let over = row.events.overflowedResults
    return [
      "name": .string(row.tensor), "node": .string(row.node),
      "values": .integer(row.events.results),
      "rounded": .integer(row.events.roundedResults),
      "saturated": .integer(row.isSaturating ? over : 0),
      "wrapped": .integer(row.isSaturating ? 0 : over),
      "accumulator_overflows": .integer(row.events.overflowedAccumulations),
      "accumulator_roundings": .integer(row.events.roundedSums),
    ]
  }

  func text(_ style: Style) -> String {
    var text = Heading.line(model.path, model.summary, right: "datapath \(datapath)")
    text += "\(Quantity.count(samples, "sample")) -> \(output)"
    if let trace { text += ", \(Quantity.count(traced.count, "tensor")) -> \(trace)" }
    text += "\n\n"
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
    text += table.render(style: style)
    guard let statistics else { return text }
    var counts = Table([
      .text("layer", isFlexible: true), .number("values"), .number("rounded"),
      .number("saturated"), .number("wrapped"), .number("sums overflowed"),
      .number("sums rounded"),
    ])
    for row in statistics {
      let over = row.events.overflowedResults
      counts.append([
        .init(row.node), .count(row.events.results), .count(row.events.roundedResults),
        .count(row.isSaturating ? over : 0), .count(row.isSaturating ? 0 : over),
        .count(row.events.overflowedAccumulations), .count(row.events.roundedSums),
      ])
    }
    return text + "\n" + counts.render(limit: 24, more: "--json has all", style: style)
  }
}
