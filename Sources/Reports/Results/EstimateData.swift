import Documents
package import QuantGraph

/// What `hwsim estimate` found, read back from its document.
///
/// Only what is there is shown: any member may be missing.
package struct EstimateData: Sendable {
  package struct Resource: Sendable {
    package let name: String
    package let used: Double
    package let available: Double?
    /// `exact` or `estimate`, or nil.
    package let kind: String?

    /// The name says the unit: `sram_bytes`; without one, names of memories are bytes.
    package var measure: Measure { Measure(name: name) }
  }

  package struct Layer: Sendable {
    package let name: String
    package let operatorName: String?
    package let macs: Int?
    package let cycles: Double?
    package let seconds: Double?
    /// Bytes of the arena in use while the layer runs.
    package let liveBytes: Int?
    /// Formats or widths of weights and activations, or nil.
    package let weights: String?
    package let activations: String?
    /// Parts of the latency, in the document's order; empty where it names none.
    package let parts: [(name: String, value: Double)]
    /// What it takes of an FPGA, and its cycles there, as far as the document says it.
    package let hardware: [(name: String, value: Double)]
  }

  /// A quantity of the device.
  package struct Amount: Sendable {
    package let measure: Measure
    package let value: Double
    package let isExact: Bool
    package let isGain: Bool
  }

  package struct Held: Sendable {
    package let name: String
    package let bytes: Int?
  }

  /// The terms that one layer's cost is the sum of.
  package struct Explanation: Sendable {
    package let layer: String
    package let terms:
      [(what: String, count: Double?, each: Double?, cycles: Double?, source: String)]
  }

  package struct Limit: Sendable {
    package let name: String
    package let words: String
    package let isMet: Bool?
  }

  /// Id of the device, where the estimate itself says it.
  package let target: String?
  /// The widths that it is for, such as `w4a8`; nil for those of the model.
  package let bits: String?
  package let fits: Bool?
  package let seconds: Double?
  package let cycles: Double?
  package let latencyKind: String?
  package let model: String?
  /// The error of the latency in words.
  package let error: String?
  package let resources: [Resource]
  /// Numbers of `memory`, in the document's order.
  package let memory: [(name: String, bytes: Int)]
  package let macs: Int?
  package let energy: Double?
  /// Quantities of the device that no other member says, in the document's order.
  package let others: [Amount]
  package let layers: [Layer]
  package let peakLayer: String?
  package let peakBytes: Int?
  package let peakTensors: [Held]
  package let limits: [Limit]
  /// What the numbers leave out.
  package let notes: [String]
  package let explanation: Explanation?
  /// Numbers of a schedule by patches, in the document's order.
  package let patch: [(name: String, value: String)]

  /// The estimates of a document: one, or one each of `results` or of `rows`.
  ///
  /// - Throws: `report.result` where the document is not what `hwsim.estimate/1` says.
  package static func all(in result: ResultField) throws(Failure) -> [EstimateData] {
    var found: [EstimateData] = []
    for row in try result.elements("rows") {
      let form = try EstimatedRows.estimate(row)
      found.append(try EstimateData(ResultField(form, file: result.file)))
    }
    guard found.isEmpty else { return found }
    guard let several = try result.optional("results") else {
      return [try EstimateData(result)]
    }
    for field in try several.elements() { found.append(try EstimateData(field)) }
    return found
  }

  private init(_ field: ResultField) throws(Failure) {
    target = try field.text("target")
    bits = try field.first(of: ["bits", "label"])?.words()
    fits = try field.flag("fits")
    let latency = try field.optional("latency")
    seconds = try latency?.number("seconds")
    cycles = try latency?.number("cycles")
    latencyKind = try latency?.text("kind")
    model = try latency?.optional("model")?.words()
    error = try latency?.first(of: ["error", "error_percent"])?.errorWords()
    var resources: [Resource] = []
    for (name, resource) in try field.optional("resources")?.members() ?? [] {
      guard case .object = resource.value else { continue }
      guard let used = try resource.number("used") else { continue }
      let available = try resource.number("available")
      resources.append(
        Resource(
          name: name, used: used, available: available, kind: try resource.text("kind")))
    }
    self.resources = resources
    var memory: [(name: String, bytes: Int)] = []
    for (name, bytes) in try field.optional("memory")?.members() ?? [] {
      if case .integer(let bytes) = bytes.value { memory.append((name, bytes)) }
    }
    self.memory = memory
    macs = try field.integer("macs")
    energy = try field.first(of: ["energy_joules"])?.number()
    var others: [Amount] = []
    let said = Set(resources.map(\.name) + ["latency", "cycles", "energy"])
    for quantity in try field.elements("quantities") {
      guard let name = try quantity.text("name"), !said.contains(name),
        let value = try quantity.number("value")
      else { continue }
      others.append(
        Amount(
          measure: Measure(name: name, unit: try quantity.text("unit") ?? ""), value: value,
          isExact: try quantity.text("kind") == "exact",
          isGain: try quantity.text("better") == "higher"))
    }
    self.others = others
    var layers: [Layer] = []
    for layer in try field.elements("layers") { layers.append(try Layer(layer)) }
    self.layers = layers
    let peak = try field.optional("peak")
    peakLayer = try peak?.first(of: ["layer", "name"])?.words()
    peakBytes = try peak?.integer("bytes")
    var held: [Held] = []
    for tensor in try peak?.elements("tensors") ?? [] {
      if let name = tensor.value.text {
        held.append(Held(name: name, bytes: nil))
      } else {
        let name = try tensor.first(of: ["name", "tensor"])?.words() ?? ""
        held.append(Held(name: name, bytes: try tensor.integer("bytes")))
      }
    }
    if let scratch = try peak?.integer("scratch_bytes"), scratch > 0 {
      held.append(Held(name: "working buffers", bytes: scratch))
    }
    peakTensors = held
    var notes: [String] = []
    for note in try field.elements("notes") { notes.append(try note.text()) }
    self.notes = notes
    if let explanation = try field.optional("explanation") {
      self.explanation = try Explanation(explanation)
    } else {
      explanation = nil
    }
    if let patch = try field.optional("patch") {
      self.patch = try patch.scalars()
    } else {
      patch = []
    }
    var limits: [Limit] = []
    for limit in try field.elements("limits") { limits.append(try Limit(limit)) }
    self.limits = limits
  }
}

extension EstimateData.Layer {
  fileprivate init(_ field: ResultField) throws(Failure) {
    name = try field.first(of: ["name", "layer"])?.words() ?? ""
    operatorName = try field.first(of: ["operator", "op"])?.words()
    macs = try field.integer("macs")
    cycles = try field.first(of: ["cycles", "latency_cycles"])?.number()
    seconds = try field.first(of: ["seconds", "latency_seconds"])?.number()
    liveBytes = try field.first(
      of: ["live_sram_bytes", "live_bytes", "sram_bytes", "arena_bytes", "memory_bytes"])?.integer()
    weights = try field.first(of: ["weights", "weight_format", "weight_bits"])?.words()
    activations = try field.first(
      of: ["activations", "activation_format", "activation_bits", "input_bits"])?.words()
    var parts: [(name: String, value: Double)] = []
    for key in ["parts", "breakdown", "terms"] {
      guard let found = try field.optional(key) else { continue }
      if case .object = found.value {
        for (name, part) in try found.members() {
          if let value = part.value.doubleValue { parts.append((name, value)) }
        }
      } else if case .array = found.value {
        for part in try found.elements() {
          guard case .object = part.value,
            let value = try part.first(of: ["cycles", "seconds", "value"])?.value.doubleValue
          else { continue }
          parts.append((try part.text("name") ?? "", value))
        }
      }
    }
    self.parts = parts
    var hardware: [(name: String, value: Double)] = []
    for key in ["lut", "ff", "dsp", "bram18", "latency", "ii"] {
      if let value = try field.optional(key)?.value.doubleValue { hardware.append((key, value)) }
    }
    self.hardware = hardware
  }
}

extension EstimateData.Limit {
  fileprivate init(_ field: ResultField) throws(Failure) {
    if let text = field.value.text {
      name = text
      words = ""
      isMet = nil
      return
    }
    name = try field.first(of: ["limit", "name", "resource"])?.words() ?? ""
    isMet = try field.first(of: ["kept", "met"])?.flag()
    let used = try field.first(of: ["actual", "used", "value"])?.number()
    let bound = try field.first(of: ["bound", "maximum", "available"])?.number()
    // "sram=320KiB" names its quantity before the sign.
    let measure = Measure(name: String(name.prefix { $0 != "=" && $0 != "<" }))
    words = [used, bound].map { $0.map { measure.text($0) } ?? "unknown" }
      .joined(separator: " of ")
  }
}

extension EstimateData.Explanation {
  fileprivate init(_ field: ResultField) throws(Failure) {
    layer = try field.text("layer") ?? ""
    var terms: [(what: String, count: Double?, each: Double?, cycles: Double?, source: String)] = []
    for term in try field.elements("terms") {
      let what = try term.text("what") ?? ""
      let count = try term.number("count")
      // The unit stands in the keys: cycles_each and cycles, seconds_each and seconds.
      let unit = try term.members().map(\.key).first { $0.hasSuffix("_each") }?.dropLast(5)
      let each = try unit.map { "\($0)_each" }.flatMap(term.number)
      let cycles = try term.number(unit.map(String.init) ?? "cycles")
      let source = try term.text("source") ?? ""
      terms.append((what, count, each, cycles, source))
    }
    self.terms = terms
  }
}

extension EstimateData {
  /// What tells it from other estimates of one document; nil if it says nothing of itself.
  package var label: String? {
    let parts = [target, bits].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }
}

extension ResultField {
  /// A string as it is, anything else as it is written in the document.
  fileprivate func words() throws(Failure) -> String { value.text ?? value.compact }

  /// The error of an estimate: words, a number of percent, or an object with the median.
  fileprivate func errorWords() throws(Failure) -> String {
    func percent(_ value: Double) -> String { "\(NumberText.significant(value, digits: 3))%" }
    if let number = value.doubleValue { return "\u{B1}\(percent(number))" }
    guard case .object = value else { return value.text ?? value.compact }
    var words = "error unknown"
    if let median = try number("median_percent") {
      words = "\u{B1}\(percent(median)) in the median"
      if let worst = try number("worst_percent") { words += ", \(percent(worst)) at worst" }
    }
    return try text("source").map { "\(words) (\($0))" } ?? words
  }

  /// The members of an object as words, those of objects in it under both names; lists are left out.
  fileprivate func scalars() throws(Failure) -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    for (key, member) in try members() {
      switch member.value {
      case .array: continue
      case .object:
        for (inner, value) in try member.members() {
          switch value.value {
          case .array, .object: continue
          default: found.append(("\(key), \(inner)", value.scalarWords(of: key)))
          }
        }
      default: found.append((key, member.scalarWords(of: key)))
      }
    }
    return found
  }

  private func scalarWords(of key: String) -> String {
    if let number = value.doubleValue { return Measure(name: key).text(number) }
    return value.text ?? value.compact
  }
}
