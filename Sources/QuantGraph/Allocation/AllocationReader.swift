import Arith
public import Documents

extension Allocation {
  /// What the first key of an allocation's document says.
  public static let schema = "hwsim.allocation/1"

  /// Reads a document.
  ///
  /// `{"schema": "hwsim.allocation/1", "model": {"sha256": "..."}, "layers": {"conv1": {"weights":
  /// "int<4>", "activations": "uint<8>", "accumulator": "int<32>", "grouping": "runs<32>",
  /// "input_range": [0, 2.5], "weight_scale": "mse", "state": {"format": "int<4>", "granularity":
  /// "axis<1>"}, "choices": {"reuse_factor": 4, "weight_rewrite": "bit-flip<3,32>"}}}, "tensors":
  /// {"name": "int<8>"}}`. Every ``OperandRole`` may be a format's name or an object as that of the state here; null is the same
  /// as nothing.
  ///
  /// - Throws: an ``AllocationRefusal`` with the problems of the document by key path, at most
  ///   1,000.
  public init(_ document: JSON) throws(AllocationRefusal) {
    var reader = AllocationReader()
    reader.read(document)
    guard reader.problems.isEmpty else { throw AllocationRefusal(reader.problems) }
    self = reader.allocation
  }
}

/// Collects what an allocation says and what is wrong with it.
private struct AllocationReader {
  private static let problemLimit = 1000
  private static let keys = ["schema", "model", "layers", "tensors"]
  private static let layerKeys =
    OperandRole.allCases.map(\.rawValue) + ["grouping", "input_range", "weight_scale", "choices"]

  private(set) var problems: [Diagnostic] = []
  private(set) var allocation = Allocation()
  /// Formats by the names that were read; files repeat few.
  private var formats: [String: Encoding] = [:]

  /// Whether more problems are of use.
  private var isOpen: Bool { problems.count <= Self.problemLimit }

  private mutating func problem(
    _ place: String, _ message: @autoclosure () -> String, _ remedy: @autoclosure () -> String
  ) {
    guard problems.count < Self.problemLimit else {
      guard problems.count == Self.problemLimit else { return }
      problems.append(
        Diagnostic(
          code: "allocation.value", message: "more than \(Self.problemLimit) problems",
          remedy: "correct these first."))
      return
    }
    problems.append(
      Diagnostic(
        code: "allocation.value", message: message(), location: place.isEmpty ? nil : place,
        remedy: remedy()))
  }

  private mutating func unknownKey(
    _ key: String, in place: String, _ owner: String, among known: [String]
  ) {
    problem(
      place.isEmpty ? key : "\(place).\(key)", "\(owner) has no '\(key)'",
      Suggestion.sentence(for: key, among: known) ?? "known: \(known.joined(separator: ", ")).")
  }

  /// The members of an object; none for null or nothing, and a problem for anything else.
  private mutating func members(_ value: JSON?, _ place: String) -> [JSON.Member] {
    switch value {
    case nil, .null?: return []
    case .object(let members)?: return members
    case let value?:
      problem(place, "expected an object, found \(value.kind)", "write it in braces: {}.")
      return []
    }
  }

  mutating func read(_ document: JSON) {
    guard let all = document.members else {
      problem("", "expected an object, found \(document.kind)", "hwsim search writes such files.")
      return
    }
    for member in all where !Self.keys.contains(member.key) {
      unknownKey(member.key, in: "", "an allocation", among: Self.keys)
    }
    if document["schema"]?.text != Allocation.schema {
      problem("schema", "this is no allocation", "write \"schema\": \"\(Allocation.schema)\".")
    }
    readModel(document["model"])
    for member in members(document["layers"], "layers") where isOpen {
      readLayer(member.value, "layers.\(member.key)", name: member.key)
    }
    for member in members(document["tensors"], "tensors") where isOpen && member.value != .null {
      allocation[tensor: member.key] = encoding(member.value, "tensors.\(member.key)")
    }
  }

  private mutating func readModel(_ value: JSON?) {
    for member in members(value, "model") where member.value != .null {
      guard member.key == "sha256" else {
        unknownKey(member.key, in: "model", "a model", among: ["sha256"])
        continue
      }
      guard let text = member.value.text, text.utf8.count == 64, text.allSatisfy(\.isHexDigit)
      else {
        problem(
          "model.sha256", "expected 64 hexadecimal digits", "take it out to fit every model.")
        continue
      }
      allocation.modelSum = text.lowercased()
    }
  }

  private mutating func readLayer(_ value: JSON, _ place: String, name: String) {
    var layer = NodeAllocation()
    for member in members(value, place) where member.value != .null && isOpen {
      let inner = "\(place).\(member.key)"
      if let role = OperandRole(rawValue: member.key) {
        read(role, member.value, inner, into: &layer)
        continue
      }
      switch member.key {
      case "grouping": layer.grouping = grouping(member.value, inner) ?? .filters
      case "input_range": layer.inputRange = range(member.value, inner)
      case "weight_scale": layer.weightScale = weightScale(member.value, inner)
      case "choices": layer.choices = choices(member.value, inner)
      default: unknownKey(member.key, in: place, "a layer", among: Self.layerKeys)
      }
    }
    allocation[node: name] = layer
  }

  private mutating func read(
    _ role: OperandRole, _ value: JSON, _ place: String, into layer: inout NodeAllocation
  ) {
    guard case .object(let members) = value else {
      layer[role] = encoding(value, place)
      return
    }
    for member in members where member.value != .null {
      let inner = "\(place).\(member.key)"
      switch member.key {
      case "format": layer[role] = encoding(member.value, inner)
      case "granularity":
        if let text = member.value.text, let granularity = Granularity(name: text) {
          layer.setGranularity(granularity, of: role)
        } else {
          problem(
            inner, "\(Self.quoted(member.value)) is no granularity of scales",
            "write \"tensor\", \"axis<1>\", or \"blocks<1,32>\" for 32 neighbours along axis 1.")
        }
      default: unknownKey(member.key, in: place, "a role", among: ["format", "granularity"])
      }
    }
  }

  private mutating func encoding(_ value: JSON, _ place: String) -> Encoding? {
    guard let name = value.text else {
      problem(
        place, "expected the name of a format, found \(value.kind)", "write it as \"int<4>\".")
      return nil
    }
    if let known = formats[name] { return known }
    do throws(FormatNameError) {
      let encoding = try Encoding(name: name)
      formats[name] = encoding
      return encoding
    } catch {
      problem(place, "'\(name)' is no format", "hwsim formats lists the names.")
      return nil
    }
  }

  private mutating func grouping(_ value: JSON, _ place: String) -> WeightGrouping? {
    if let text = value.text, let grouping = WeightGrouping(name: text) { return grouping }
    problem(
      place, "\(Self.quoted(value)) is no grouping of weights",
      "write \"filters\", \"runs<32>\" for 32 neighbours a scale, or \"widths<4,5,3>\" for filters of "
        + "their own widths.")
    return nil
  }

  private mutating func weightScale(_ value: JSON, _ place: String) -> ScaleSearch? {
    if let text = value.text, let scale = ScaleSearch(name: text) { return scale }
    problem(
      place, "\(Self.quoted(value)) is no rule for scales",
      "write \"max\", \"mse\" or \"percentile:99.9\".")
    return nil
  }

  private mutating func range(_ value: JSON, _ place: String) -> ObservedRange? {
    let ends = (value.elements?.count == 2 ? value.elements ?? [] : []).compactMap { end in
      switch end {
      case .integer(let number): Float(number)
      case .number(let number): Float(number)
      default: nil
      }
    }
    if ends.count == 2, let range = ObservedRange(minimum: ends[0], maximum: ends[1]) {
      return range
    }
    problem(
      place, "expected the smallest and the largest value, in this order",
      "write it as [0, 2.5]; hwsim search writes what calibration saw.")
    return nil
  }

  private mutating func choices(_ value: JSON, _ place: String) -> [String: HardwareChoice] {
    var choices: [String: HardwareChoice] = [:]
    for member in members(value, place) where member.value != .null {
      if member.key == NodeAllocation.weightRewriteKey {
        if let rewrite = member.value.text.flatMap({ WeightRewrite(name: $0) }) {
          choices[member.key] = .text(rewrite.name)
        } else {
          problem(
            "\(place).\(member.key)", "\(Self.quoted(member.value)) is no rewrite of weights",
            "write \(WeightRewrite.grammar), such as \"bit-flip<3,32>\".")
        }
        continue
      }
      switch member.value {
      case .integer(let number): choices[member.key] = .integer(number)
      case .string(let text): choices[member.key] = .text(text)
      default:
        problem(
          "\(place).\(member.key)", "expected an integer or a word, found \(member.value.kind)",
          "write it as \"reuse_factor\": 4.")
      }
    }
    return choices
  }

  private static func quoted(_ value: JSON) -> String {
    value.text.map { "'\($0)'" } ?? value.kind
  }
}
