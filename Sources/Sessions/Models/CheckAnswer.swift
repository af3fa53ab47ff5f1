import Arith
public import Documents
package import HWModel
import Importers
package import QuantGraph

/// What a check found, as JSON and as text.
public struct CheckAnswer: Sendable {
  private let model: ModelFile
  private let graph: Graph
  /// The rules that were run; nil for formats of an allocation.
  private let datapath: String?
  /// What the numbers follow, in words.
  private let rules: String
  private let result: CheckResult
  private let explanation: MismatchExplanation?
  /// Whether the rules can explain a mismatch.
  private let explains: Bool
  private let overflows: OverflowCount
  private let printedDigits: Int?
  private let distinguishable: Int?
  /// Significant bits of arrays that hold fewer than the types compared with.
  private let arrayBits: Int?
  private let usesTestBench: Bool
  /// Mismatches listed a tensor.
  private let limit: Int
  /// Names of the comparisons, and whether they are outputs; in the result's order.
  private let labels: [CheckLabel]
  /// The other rules, where two rule sets are compared.
  private let against: Against?

  /// The other side of a comparison of rules.
  package struct Against: Sendable {
    package let datapath: String
    /// Whether the inputs were drawn.
    package let isDrawn: Bool
  }

  package init(
    file: ModelFile, graph: Graph, datapath: String?, rules: String? = nil,
    labels: [CheckLabel], result: CheckResult,
    printed: [PrintedResolution] = [], overflows: OverflowCount = .none,
    explanation: MismatchExplanation? = nil, explains: Bool = false, usesTestBench: Bool = false,
    against: Against? = nil, limit: Int
  ) {
    self.limit = limit
    model = file
    self.graph = graph
    self.datapath = datapath
    self.rules = rules ?? "datapath \(datapath ?? "")"
    self.labels = labels
    self.result = result
    self.explanation = explanation
    self.explains = explains
    self.overflows = overflows
    self.usesTestBench = usesTestBench
    self.against = against
    printedDigits = printed.compactMap(\.digits).max()
    arrayBits = printed.compactMap(\.bits).min()
    distinguishable =
      printedDigits == nil && arrayBits == nil
      ? nil : printed.reduce(0) { $0 + ($1.isExact ? 0 : $1.distinguishable) }
  }

  // MARK: JSON

  public var json: JSON {
    [
      "verdict": .string(result.verdict.rawValue),
      "samples": .integer(result.samples),
      "compared_values": .integer(result.comparedValues),
      "equal_values": .integer(result.equalValues),
      "max_lsb": .number(result.maxLSB),
      "mean_lsb": .number(result.meanLSB),
      "printed_digits": .optional(printedDigits),
      "distinguishable_values": .optional(distinguishable),
      "outputs": .array(rows(areOutputs: true)),
      "layers": .array(rows(areOutputs: false)),
      "max_difference": floatDifference.map { .number($0.largest) } ?? .null,
      "relative_difference": floatDifference.map { .number($0.relative) } ?? .null,
      "rounding": result.rounding.map(json) ?? .null,
      "array_bits": .optional(arrayBits),
      "off_grid": offGrid.map { entry in
        [
          "name": .string(entry.label), "values": .integer(entry.comparison.offGrid),
          "compared": .integer(entry.comparison.compared),
          "sample": .integer(entry.first.sample),
          "index": .integers(index(of: entry.first, in: entry.tensor).dropFirst()),
          "expected": .number(entry.first.expected),
        ]
      } ?? .null,
      "first_divergence": divergence,
      "mismatches": .array(mismatches.map(json)),
      "overflows": .array(overflows.entries.map(json)),
      "overflow_samples": .integer(overflows.samples),
      "against": against.map {
        ["datapath": .string($0.datapath), "drawn_inputs": .bool($0.isDrawn)]
      } ?? .null,
    ]
  }

  private func rows(areOutputs: Bool) -> [JSON] {
    zip(labels, result.comparisons).filter { $0.0.isOutput == areOutputs }.map { label, entry in
      [
        "name": .string(label.name), "file": .string(label.place),
        "format": .string(graph[entry.tensor].encoding.name),
        "compared": .integer(entry.comparison.compared), "equal": .integer(entry.comparison.equal),
        "max_lsb": .number(entry.comparison.maxLSB),
      ]
    }
  }

  private var divergence: JSON {
    guard let node = result.firstDivergentNode, let first = result.firstMismatch else {
      return .null
    }
    return [
      "node": .string(graph.nodes[node].name),
      "index": .integers(index(of: first, in: graph.nodes[node].outputs[0])),
      "expected": .number(first.expected),
      "actual": .number(first.actual),
      "cause": explanation?.causes.first.map(json) ?? .null,
      "candidates": .array(explanation?.causes.map(json) ?? []),
      "search": explanation.map {
        ["tried": .integer($0.tried), "complete": .bool($0.isComplete)]
      } ?? .null,
      "other_weights": explanation?.otherWeights.map {
        [
          "channels": .integer($0.channels), "channel_count": .integer($0.channelCount),
          "values": .integer($0.values), "value_count": .integer($0.valueCount),
        ]
      } ?? .null,
    ]
  }

  private func json(_ rounding: RoundingReport) -> JSON {
    [
      "explains": .bool(rounding.explains), "complete": .bool(rounding.isComplete),
      "samples": .integer(rounding.samples), "differing_values": .integer(rounding.differing),
      "within_bound": .integer(rounding.within),
      "largest_difference": .number(rounding.largestDifference),
      "largest_bound": .number(rounding.largestBound),
      "independent_errors": .bool(rounding.takesIndependence),
      "beyond": rounding.excess.map { excess in
        [
          "tensor": .string(graph[excess.tensor].name), "sample": .integer(excess.sample),
          "index": .integers(graph[excess.tensor].shape.index(ofOffset: excess.element)),
          "difference": .number(excess.difference), "bound": .number(excess.bound),
        ]
      } ?? .null,
      "near_ties": .integer(rounding.tippable),
      "ties": .array(
        rounding.tips.map { tip in
          [
            "node": .string(graph.nodes[tip.node].name), "sample": .integer(tip.sample),
            "index": .integers(
              graph[graph.nodes[tip.node].outputs[0]].shape.index(ofOffset: tip.element)),
            "codes": .number(tip.codes), "observed": .bool(tip.isObserved),
          ]
        }),
    ]
  }

  /// Of differing outputs that are all floats: the largest difference, also over the largest value.
  private var floatDifference: (largest: Double, relative: Double)? {
    let listed = listedComparisons
    guard !listed.isEmpty, listed.allSatisfy({ isFloat($0.tensor) }) else { return nil }
    let largest = listed.map(\.comparison.maxDifference).max() ?? 0
    let relative =
      listed.map {
        $0.comparison.largestExpected > 0
          ? $0.comparison.maxDifference / $0.comparison.largestExpected
          : $0.comparison.maxDifference
      }.max() ?? 0
    return (largest, relative)
  }

  private func isFloat(_ id: TensorID) -> Bool {
    if case .float = graph[id].encoding { true } else { false }
  }

  private func json(_ cause: Cause) -> JSON {
    [
      "kind": .string(cause.kind.rawValue), "object": .string(cause.object.rawValue),
      "node": .string(cause.node), "detail": .string(cause.detail),
      "reproduces": .integer(cause.reproduces),
      "differing": explanation.map { .integer($0.differing) } ?? .null,
    ]
  }

  private func json(_ mismatch: Listed) -> JSON {
    [
      "name": .string(mismatch.name),
      "sample": .integer(mismatch.value.sample),
      "index": .integers(index(of: mismatch.value, in: mismatch.tensor).dropFirst()),
      "expected": .number(mismatch.value.expected),
      "actual": .number(mismatch.value.actual),
      "lsb": .number(mismatch.value.lsb),
      "first_differing_node": .optional(mismatch.firstNode),
    ]
  }

  private func json(_ entry: OverflowCount.Entry) -> JSON {
    [
      "node": .string(entry.node), "object": .string(entry.object),
      "values": .integer(entry.values), "bits_needed": .optional(entry.bitsNeeded),
      "bits": .integer(entry.bits),
    ]
  }

  private func index(of mismatch: Mismatch, in tensor: TensorID) -> [Int] {
    [mismatch.sample] + graph[tensor].shape.index(ofOffset: mismatch.element)
  }

  // MARK: Mismatches

  private struct Listed {
    let name: String
    let tensor: TensorID
    let value: Mismatch
    /// The first node in execution order that is known to differ in this sample.
    let firstNode: String?
  }

  /// Outputs that differ, or layers where all outputs are equal or none was given.
  private var listedComparisons: [(label: String, tensor: TensorID, comparison: TensorComparison)] {
    let different = zip(labels, result.comparisons).filter {
      $1.comparison.equal < $1.comparison.compared
    }
    let outputs = different.filter { $0.0.isOutput }
    return (outputs.isEmpty ? different : outputs).map { ($0.name, $1.tensor, $1.comparison) }
  }

  private var mismatches: [Listed] {
    listedComparisons.flatMap { label, tensor, comparison in
      comparison.mismatches.prefix(limit).map { value in
        Listed(
          name: label, tensor: tensor, value: value, firstNode: firstNode(differingIn: value.sample)
        )
      }
    }
  }

  /// Nil where no node wrote what differs.
  private func firstNode(differingIn sample: Int) -> String? {
    result.comparisons.filter { $0.comparison.differingSamples.contains(sample) }
      .compactMap { graph.writer(of: $0.tensor) }.min().map { graph.nodes[$0].name }
  }

  /// The first compared tensor, in execution order, with expected values that its format lacks.
  private var offGrid:
    (
      label: String, tensor: TensorID, comparison: TensorComparison, first: Mismatch
    )?
  {
    zip(labels, result.comparisons).compactMap { label, entry in
      entry.comparison.firstOffGrid.map { first in
        (
          place: graph.writer(of: entry.tensor) ?? -1,
          found: (label.name, entry.tensor, entry.comparison, first)
        )
      }
    }.min { $0.place < $1.place }?.found
  }

  // MARK: Text

  public func text(_ style: Style) -> String {
    let both = against.map { "\(datapath ?? "") against \($0.datapath)" }
    var text = Heading.line(
      model.path, model.summary, right: both ?? rules, style: style)
    text += shapes + "\n"
    text += verdict(style)
    text += layerTable(style)
    if result.equalValues < result.comparedValues {
      text += mismatchTable(style)
      text += causes(style)
    }
    text += overflowLines(style)
    if let hint { text += style.hint("hint") + ": \(hint)\n" }
    return text
  }

  private var shapes: String {
    let samples = Quantity.count(result.samples, "sample")
    let outputs = graph.outputs.map { id in
      let tensor = graph[id]
      return "\(tensor.shape) \(tensor.encoding.name)"
    }
    var line = "\(samples) x \(outputs.joined(separator: " + "))"
    if outputs.count == 1, case .fixed(let format) = graph[graph.outputs[0]].encoding {
      line += ", LSB 2^\(-format.fractionBits)"
    }
    if let against, against.isDrawn { line += ", drawn over the whole input range" }
    return line + (usesTestBench ? ", the project's tb_data" : "") + "\n"
  }

  private func verdict(_ style: Style) -> String {
    let word: String
    switch result.verdict {
    case .bitExact, .exactAsPrinted: word = style.good(result.verdict.rawValue)
    case .within where result.rounding?.explains == true:
      word = style.caution("WITHIN float32 rounding")
    case .within: word = style.caution("WITHIN \(Self.lsb(result.maxLSB))")
    case .mismatch: word = style.bad(result.verdict.rawValue)
    }
    let counts =
      "\(Quantity.count(result.equalValues)) of \(Quantity.count(result.comparedValues)) values equal"
    var line = "\(word)   \(counts)"
    if let printedDigits {
      line += " (as printed: \(printedDigits) digits)"
    } else if let arrayBits, result.verdict == .exactAsPrinted {
      line += " (as \(arrayBits == 24 ? "float32" : "float16") holds them: \(arrayBits) bits)"
    }
    if let floatDifference {
      line +=
        "   max difference \(Self.significant(floatDifference.largest)), "
        + "\(Self.significant(floatDifference.relative)) of the largest value"
    } else if result.equalValues < result.comparedValues {
      line += "   max \(Self.lsb(result.maxLSB)), mean \(Self.significant(result.meanLSB)) LSB"
    }
    line += "\n" + roundingLines
    if let distinguishable, result.verdict == .exactAsPrinted {
      line +=
        distinguishable == result.comparedValues
        ? "           the \(printedDigits == nil ? "bits" : "digits") tell every value from its neighbours\n"
        : "           the \(printedDigits == nil ? "bits" : "digits") tell \(Quantity.count(distinguishable)) values from their neighbours;"
          + " the others agree as far as \(printedDigits == nil ? "they tell" : "printed")\n"
    }
    return line
  }

  /// What the order of float sums can do, in words.
  private var roundingLines: String {
    guard let rounding = result.rounding, rounding.differing > 0 else { return "" }
    let indent = "           "
    let reach =
      "the order of float32 sums and the last places of functions "
      + (rounding.takesIndependence ? "do with independent errors " : "can do ")
      + "\(Self.significant(rounding.largestBound)) of a tensor's span"
    var lines: [String] = []
    if rounding.explains {
      lines.append("\(reach), \(Self.significant(rounding.largestDifference)) is seen")
    } else if let excess = rounding.excess {
      let place = graph[excess.tensor].shape.index(ofOffset: excess.element)
      lines.append(
        "\(Quantity.count(rounding.differing - rounding.within)) of "
          + "\(Quantity.count(rounding.differing)) differences are beyond float32 rounding, first "
          + "\(graph[excess.tensor].name) [\(place.map(String.init).joined(separator: ","))] of "
          + "sample \(excess.sample): \(Self.significant(excess.difference)), rounding can do "
          + Self.significant(excess.bound))
    } else if rounding.within == rounding.differing, rounding.isComplete {
      lines.append("\(reach): too much to tell it from an error")
      if !labels.contains(where: { !$0.isOutput }) {
        lines.append("with --layers each layer is judged from the values before it")
      }
    } else if !rounding.isComplete {
      lines.append(
        "the first \(Quantity.count(rounding.samples, "sample")) that differ are within float32 "
          + "rounding; --explain full looks at all")
    }
    if let tip = rounding.tips.first, rounding.excess == nil {
      let output = graph.nodes[tip.node].outputs[0]
      let place = graph[output].shape.index(ofOffset: tip.element)
      let others = rounding.tippable - 1
      lines.append(
        "a tie \(tip.isObserved ? "was" : "may be") tipped at \(graph.nodes[tip.node].name) "
          + "[\(place.map(String.init).joined(separator: ","))] of sample \(tip.sample)"
          + (others > 0 ? ", \(Quantity.count(others)) more are as near" : ""))
    }
    return lines.map { indent + $0 + "\n" }.joined()
  }

  private func layerTable(_ style: Style) -> String {
    let layers = zip(labels, result.comparisons).filter { !$0.0.isOutput }
    guard !layers.isEmpty else { return "" }
    let different = layers.filter { $0.1.comparison.equal < $0.1.comparison.compared }
    var text =
      "layers     \(Quantity.count(layers.count - different.count)) of "
      + "\(Quantity.count(layers.count)) equal in every value\n"
    guard !different.isEmpty else { return text }
    text += "\n" + table(of: different).render(limit: 8, more: "--csv", style: style)
    return text
  }

  /// Every output and layer that was compared; what `--csv` prints.
  package var table: Table { table(of: Array(zip(labels, result.comparisons))) }

  private func table(of entries: [(CheckLabel, (tensor: TensorID, comparison: TensorComparison))])
    -> Table
  {
    var table = Table([
      .text("layer", isFlexible: true), .text("format", isFlexible: true, leaves: 1),
      .number("equal"), .number("of", named: "compared"), .number("max LSB"),
    ])
    for (label, entry) in entries {
      table.append([
        .init(label.name), .init(graph[entry.tensor].encoding.name),
        .count(entry.comparison.equal), .count(entry.comparison.compared),
        .init(
          Self.significant(entry.comparison.maxLSB), plain: "\(entry.comparison.maxLSB)"),
      ])
    }
    return table
  }

  private func mismatchTable(_ style: Style) -> String {
    let listed = mismatches
    guard !listed.isEmpty, limit > 0 else { return "" }
    let severalNames = Set(listed.map(\.name)).count > 1
    var table = Table(
      [.number("sample")] + (severalNames ? [.text("tensor", isFlexible: true)] : [])
        + [
          .number("index"), .number(against?.datapath ?? "expected"),
          .number(against == nil ? "hwsim" : datapath ?? ""), .number("diff"),
          .text("first differs at", isFlexible: true),
        ])
    for mismatch in listed.prefix(limit) {
      let place = index(of: mismatch.value, in: mismatch.tensor).dropFirst()
      table.append(
        [.count(mismatch.value.sample)] + (severalNames ? [.init(mismatch.name)] : [])
          + [
            .init(place.map(String.init).joined(separator: ",")),
            .init(mismatch.value.expected.description), .init(mismatch.value.actual.description),
            .init(difference(mismatch.value, in: mismatch.tensor)), .init(mismatch.firstNode ?? ""),
          ])
    }
    var text = "\n" + table.render(style: style)
    let total = listedComparisons.reduce(0) {
      $0 + $1.comparison.compared - $1.comparison.equal
    }
    let shown = min(listed.count, limit)
    if total > shown {
      text += "... \(Quantity.count(total - shown)) more: --max-reports all\n"
    }
    return text
  }

  private func causes(_ style: Style) -> String {
    guard let node = result.firstDivergentNode else { return "" }
    let name = graph.nodes[node].name
    if explanation?.causes.first == nil, result.verdict == .mismatch, let offGrid {
      return offGridLines(offGrid, style)
    }
    guard let explanation else {
      let reason =
        result.verdict == .within || !explains
        ? "" : "; no cause was searched for, since the data came from a pipe"
      return "\nfirst differing layer: \(Self.shortened(name))\(reason)\n\(firstElement)"
    }
    guard let cause = explanation.causes.first else {
      let extent =
        explanation.isComplete ? "" : ", and not all of them were tried: --explain full"
      return "\nfirst differing layer: \(name); none of "
        + "\(Quantity.count(explanation.tried, "single change")) explains it\(extent)\n"
        + otherWeightsLines(explanation)
    }
    var text =
      "\ncause      \(style.bold(Self.title(cause))) at "
      + "\(cause.node): \(cause.detail)\n"
      + "           reproduces \(Quantity.count(cause.reproduces)) values"
    if explanation.differing > 0 {
      text += " looked at, \(Quantity.count(explanation.differing)) of which differ"
    }
    let others = explanation.causes.count - 1
    switch others {
    case 0: text += "\n"
    case 1: text += "; so does one other single change\n"
    default: text += "; so do \(Quantity.count(others)) other single changes\n"
    }
    for other in explanation.causes.dropFirst().prefix(2) {
      text +=
        "           or: \(Self.title(other)) at "
        + "\(other.node): \(other.detail)\n"
    }
    return text
  }

  private static func title(_ cause: Cause) -> String {
    switch cause.kind {
    case .sampleOrder: "order of the samples"
    case .exchange: "exchanged arrays"
    default:
      "\(cause.kind.rawValue) of the "
        + (cause.object == .expected ? "expected values" : cause.object.rawValue)
    }
  }

  /// Expected values that the hardware cannot give.
  private func offGridLines(
    _ entry: (label: String, tensor: TensorID, comparison: TensorComparison, first: Mismatch),
    _ style: Style
  ) -> String {
    let place = index(of: entry.first, in: entry.tensor).dropFirst()
      .map(String.init).joined(separator: ",")
    let indent = "           "
    let source =
      model.isProject
      ? "hls_model.predict(x) or its C simulation gives what the hardware computes"
      : "the quantized model's own runtime gives what is compared here"
    return
      "\ncause      "
      + style.bold("expected values come from a float model") + ", not from hardware\n"
      + indent + "\(Quantity.count(entry.comparison.offGrid)) of "
      + "\(Quantity.count(entry.comparison.compared)) of \(Self.shortened(entry.label)) are no "
      + "values of \(graph[entry.tensor].encoding.name),\n"
      + indent + "first [\(place)] of sample \(entry.first.sample): \(entry.first.expected)\n"
      + indent + source + "\n"
  }

  /// That a layer has other weights, where its inputs agree and its results do not.
  private func otherWeightsLines(_ explanation: MismatchExplanation) -> String {
    let indent = "           "
    guard let other = explanation.otherWeights else {
      guard !labels.contains(where: { !$0.isOutput }), explanation.differing > 0 else { return "" }
      return indent + "\(Quantity.count(explanation.differing, "value")) looked at differ; if more "
        + "than one thing is another, as after\n" + indent
        + "another training, --layers tells the first layer of it\n"
    }
    let name = graph.nodes[other.node].name
    let channels =
      other.channels == other.channelCount && other.channels > 1
      ? "all \(other.channels) output channels differ"
      : "\(other.channels) of \(other.channelCount) output channels differ"
    return indent + "its inputs agree, and \(channels) in "
      + "\(Quantity.count(other.values)) of \(Quantity.count(other.valueCount)) values:\n" + indent
      + "\(Self.shortened(name)) has other weights"
      + (other.channels == other.channelCount
        ? ", as after another training or conversion of the model\n" : " or biases there\n")
  }

  /// The element at which the first differing layer's result differs first.
  private var firstElement: String {
    guard let node = result.firstDivergentNode, let first = result.firstMismatch,
      !explains
    else { return "" }
    let place = index(of: first, in: graph.nodes[node].outputs[0])
    let (wanted, found) =
      against.map { ("\($0.datapath) has ", "\(datapath ?? "") has ") } ?? (
        "expected ", "hwsim has "
      )
    return "           at [\(place.map(String.init).joined(separator: ","))], sample first: "
      + "\(wanted)\(Self.digits(first.expected)), \(found)\(Self.digits(first.actual)), "
      + "\(difference(first, in: graph.nodes[node].outputs[0])) apart\n"
  }

  private func overflowLines(_ style: Style) -> String {
    // Results that saturate are what activations are for; JSON has them.
    let entries = overflows.entries.filter { $0.object == "accumulator" }
    guard !entries.isEmpty else { return "" }
    var text = "\n"
    for entry in entries.prefix(3) {
      let need = entry.bitsNeeded.map { " (needed \($0) bits, has \(entry.bits))" } ?? ""
      text +=
        "\(style.caution("overflow"))   \(entry.object) of \(entry.node) in "
        + "\(Quantity.count(entry.values, "value"))\(need), first "
        + "\(Quantity.count(overflows.samples, "sample"))\n"
    }
    if entries.count > 3 {
      text += "           ... \(entries.count - 3) more: --json\n"
    }
    return text
  }

  private var hint: String? {
    guard result.verdict == .mismatch || result.verdict == .within else { return nil }
    if against != nil { return nil }
    if !labels.contains(where: { !$0.isOutput }) {
      return "hwsim check ... --layers trace.npz finds the first differing layer"
    }
    if overflows.entries.contains(where: { $0.object == "accumulator" }) {
      return "accumulators that can overflow: hwsim inspect \(model.path) --ranges"
    }
    return nil
  }

  /// Names that a converter joined from many are cut.
  private static func shortened(_ name: String) -> String {
    name.count <= 76 ? name : name.prefix(74) + ".."
  }

  /// A value with as many digits as binary32 needs.
  private static func digits(_ value: Double) -> String {
    let single = Float(value)
    return Double(single) == value ? value.description : single.description
  }

  /// Steps of codes; of floats the difference itself, since steps near zero say nothing.
  private func difference(_ mismatch: Mismatch, in tensor: TensorID) -> String {
    isFloat(tensor) && against == nil
      ? Self.significant(abs(mismatch.expected - mismatch.actual)) : Self.lsb(mismatch.lsb)
  }

  package static func lsb(_ value: Double) -> String { "\(significant(value)) LSB" }

  /// Whole numbers as they are, others with three significant digits.
  package static func significant(_ value: Double) -> String {
    guard value.isFinite else { return value.description }
    if value == value.rounded(), value.magnitude < 1e15 { return Quantity.count(Int(value)) }
    return Printed.likeCpp(value, digits: 3)
  }
}
