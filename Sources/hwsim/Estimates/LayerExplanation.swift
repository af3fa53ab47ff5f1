import Documents
import HWModel
import QuantGraph
import Schedules

/// The formula of one layer's estimate, with its numbers and their sources.
struct LayerExplanation: Sendable {
  /// One product of the formula.
  struct Term: Sendable {
    let what: String
    let count: Double
    let constant: Double
    let cycles: Double
    /// Key of the constant in the target's description; nil for what no description states.
    let key: String?
  }

  let name: String
  let operation: String
  let terms: [Term]
  let coreFactor: Double
  let cycles: Double
  private let description: TargetDescription

  /// Nil where the target has no latency model.
  init?(_ answer: EstimateAnswer, node index: Int) {
    guard let model = answer.target.latency, answer.estimate.layers.indices.contains(index) else {
      return nil
    }
    let node = answer.estimator.graph.nodes[index]
    let work = answer.estimator.work[index]
    let cost = answer.estimate.layers[index].cost
    let counts = model.removesConstantChannels ? work.liveCounts : work.counts
    name = node.name
    operation = node.operation.name
    coreFactor = model.coreFactor
    cycles = cost.cycles
    description = answer.target.description
    let constants = model.constants
    let perMAC: (Double, String) =
      switch work.kernel {
      case .depthwise: (constants.depthwiseMAC, "cycles_per_depthwise_mac")
      case .fullyConnected: (constants.fullyConnectedMAC, "cycles_per_fully_connected_mac")
      default: (constants.convolutionMAC, "cycles_per_convolution_mac")
      }
    let calls = work.kernel == .none ? 0.0 : 1
    let unpack = cost.unpack / model.coreFactor
    let all = [
      Term(
        what: "multiplications", count: counts.macs, constant: perMAC.0, cycles: cost.multiply,
        key: perMAC.1),
      Term(
        what: "inputs gathered", count: counts.gatheredInputs, constant: constants.gatheredInput,
        cycles: cost.gather, key: "cycles_per_gathered_input"),
      Term(
        what: "results requantized", count: counts.outputs, constant: constants.output,
        cycles: cost.requantize, key: "cycles_per_output"),
      Term(
        what: "elements", count: counts.elements, constant: constants.element,
        cycles: cost.elements, key: "cycles_per_element"),
      Term(
        what: "call", count: calls, constant: constants.call, cycles: cost.call,
        key: "cycles_per_call"),
      Term(
        what: "unpacking (instructions counted)", count: unpack, constant: 1, cycles: cost.unpack,
        key: nil),
    ]
    terms = all.filter { $0.count > 0 }
  }

  var json: JSON {
    [
      "layer": .string(name), "operator": .string(operation), "cycles": .number(cycles),
      "core_factor": .number(coreFactor),
      "terms": .array(
        terms.map {
          [
            "what": .string($0.what), "count": .number($0.count),
            "cycles_each": .number($0.constant), "cycles": .number($0.cycles),
            "key": .optional($0.key),
            "source": .optional($0.key.flatMap { description.constants[$0]?.source }),
          ]
        }),
    ]
  }

  func text(_ style: Style) -> String {
    let shown = name.count > 60 ? name.prefix(58) + ".." : name[...]
    var text = "\(style.bold(String(shown)))  \(operation)  \(Amounts.large(cycles)) cycles\n"
    var table = Table([
      .text("work"), .number("count"), .number("cycles each"), .number("x core"),
      .number("= cycles"),
    ])
    for term in terms {
      table.append([
        .init(term.what), .init(Amounts.large(term.count)),
        .init(Amounts.significant(term.constant)), .init(Amounts.significant(coreFactor)),
        .init(Amounts.large(term.cycles)),
      ])
    }
    text += table.render(style: style)
    var sources: [String] = []
    for key in terms.compactMap(\.key) + ["dmips_per_mhz", "core_factor"] {
      guard let constant = description.constants[key] else { continue }
      sources.append("\(key): \(constant.source)")
    }
    return text + sources.map { "  \($0)\n" }.joined()
  }
}
