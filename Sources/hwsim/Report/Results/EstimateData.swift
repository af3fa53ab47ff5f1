/// What `hwsim estimate` found, read back from its document.
///
/// Only what is there is shown: any member may be missing.
struct EstimateData: Sendable {
  struct Resource: Sendable {
    let name: String
    let used: Double
    let available: Double?
    /// `exact` or `estimate`, or nil.
    let kind: String?

    /// The name says the unit: `sram_bytes`; without one, names of memories are bytes.
    var measure: Measure { Measure(name: name) }
  }

  struct Layer: Sendable {
    let name: String
    let operatorName: String?
    let macs: Int?
    let cycles: Double?
    let seconds: Double?
    /// Bytes of the arena in use while the layer runs.
    let liveBytes: Int?
    /// Formats or widths of weights and activations, or nil.
    let weights: String?
    let activations: String?
    /// Parts of the latency, in the document's order; empty where it names none.
    let parts: [(name: String, value: Double)]
  }

  struct Held: Sendable {
    let name: String
    let bytes: Int?
  }

  struct Limit: Sendable {
    let name: String
    let words: String
    let isMet: Bool?
  }

  /// What distinguishes it from other estimates of one document, such as `w4a8`; nil if alone.
  let label: String?
  let fits: Bool?
  let seconds: Double?
  let cycles: Double?
  let latencyKind: String?
  let model: String?
  /// The error of the latency in words.
  let error: String?
  /// The error in percent, or nil.
  let errorPercent: Double?
  let resources: [Resource]
  /// Numbers of `memory`, in the document's order.
  let memory: [(name: String, bytes: Int)]
  let macs: Int?
  let energy: Double?
  let layers: [Layer]
  let peakLayer: String?
  let peakBytes: Int?
  let peakTensors: [Held]
  let limits: [Limit]

  /// The estimates of a document: one, or one each of `results`.
  ///
  /// - Throws: `report.result` where the document is not what `hwsim.estimate/1` says.
  static func all(in result: ResultField) throws(Failure) -> [EstimateData] {
    guard let several = try result.optional("results") else {
      return [try EstimateData(result)]
    }
    var found: [EstimateData] = []
    for field in try several.elements() { found.append(try EstimateData(field)) }
    return found
  }

  private init(_ field: ResultField) throws(Failure) {
    label = try field.first(of: ["label", "bits", "name", "id"])?.words()
    fits = try field.flag("fits")
    let latency = try field.optional("latency")
    seconds = try latency?.number("seconds")
    cycles = try latency?.number("cycles")
    latencyKind = try latency?.text("kind")
    model = try latency?.optional("model")?.words()
    let error = try latency?.first(of: ["error", "error_percent"])
    let percent = try latency?.number("error_percent") ?? error?.value.doubleValue
    errorPercent = percent.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    if let percent = errorPercent, error?.value.text == nil {
      self.error = "\u{B1}\(NumberText.significant(percent, digits: 3))%"
    } else {
      self.error = try error?.words()
    }
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
    peakTensors = held
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
      of: ["activations", "activation_format", "activation_bits"])?.words()
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
    name = try field.first(of: ["name", "resource", "quantity"])?.words() ?? ""
    isMet = try field.first(of: ["met", "holds", "ok", "is_met"])?.flag()
    let used = try field.first(of: ["used", "value", "actual"])?.number()
    let limit = try field.first(of: ["limit", "maximum", "available"])?.number()
    let measure = Measure(name: name)
    words = [used, limit].compactMap { $0 }.map { measure.text($0) }.joined(separator: " of ")
  }
}

extension ResultField {
  /// A string as it is, anything else as it is written in the document.
  fileprivate func words() throws(Failure) -> String { value.text ?? value.compact }
}
