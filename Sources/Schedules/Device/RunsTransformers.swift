public import HWModel
public import QuantGraph

/// Runs transformers of which shapes alone are known (`estimate CONFIG`).
public protocol RunsTransformers: Device {
  /// What a run takes with weights, data and cache in formats such as `w4a8kv4`.
  ///
  /// - Parameters:
  ///   - workload: phases of the run, and what they keep.
  ///   - formats: a configuration of formats by its name; nil takes the device's own.
  ///   - devices: how many of them the model is spread over, at least 1.
  /// - Returns: a schedule a phase, and memory.
  /// - Throws: ``DeviceProblems`` for formats or facts that the device lacks.
  func estimate(
    _ workload: TransformerWorkload, formats: String?, devices: Int
  ) throws(DeviceProblems) -> TransformerEstimate

  /// The configuration of formats that a checkpoint's algorithm is, in the device's words.
  ///
  /// - Parameters:
  ///   - algorithm: by Model Optimizer's name, such as `NVFP4`.
  ///   - weights: bits of a weight.
  ///   - data: bits of its input.
  /// - Returns: a name that ``estimate(_:formats:devices:)`` takes.
  func formats(of algorithm: String, weights: Int, data: Int) -> String
}

extension RunsTransformers {
  public func formats(of algorithm: String, weights: Int, data: Int) -> String {
    "w\(weights)a\(data)"
  }
}

/// A run of a transformer on one or several devices.
public struct TransformerEstimate: Sendable {
  /// The configuration of formats, in its printed form.
  public let formats: String
  /// What multiplies, and how it comes to its arithmetic: `w4a16 (converted)`.
  public let path: String
  /// In the order in which they run.
  public let phases: [TransformerPhase]
  /// Nil where the description states no memory that holds the model.
  public let memory: TransformerMemory?
  /// Of the products' path, where it was measured on this device.
  public let error: MeasuredError?
  /// What a reader must know; a sentence each.
  public let notes: [String]

  public init(
    formats: String, path: String, phases: [TransformerPhase], memory: TransformerMemory?,
    error: MeasuredError?, notes: [String]
  ) {
    self.formats = formats
    self.path = path
    self.phases = phases
    self.memory = memory
    self.error = error
    self.notes = notes
  }

  /// The phase with a name; nil if the model has none.
  public func phase(_ name: String) -> TransformerPhase? { phases.first { $0.name == name } }
}

/// One pass over a model; the steps of its schedule are kinds of kernels, each as often as it runs.
public struct TransformerPhase: Sendable {
  public let name: String
  public let schedule: Schedule

  public init(_ name: String, _ schedule: Schedule) {
    self.name = name
    self.schedule = schedule
  }

  /// Nil for a device without a clock.
  public var seconds: Double? { schedule.cost["latency_seconds"]?.value }

  /// Time of a step in the unit that the device counts in.
  private func time(_ step: Schedule.Step) -> Double {
    (step.terms[.latency] ?? step.terms[.cycles])?.value ?? 0
  }

  /// Shares of the time by kind of step (`linear`, `attention`, `head`), in order of appearance.
  public var shares: [(kind: String, share: Double)] {
    var shares: [(kind: String, share: Double)] = []
    let all = schedule.steps.reduce(0) { $0 + time($1) }
    guard all > 0 else { return [] }
    for step in schedule.steps {
      if let index = shares.firstIndex(where: { $0.kind == step.operation }) {
        shares[index].share += time(step) / all
      } else {
        shares.append((step.operation, time(step) / all))
      }
    }
    return shares
  }

  /// What bounds most of the time; nil where the device does not say.
  public var bound: String? {
    var times: [(bound: String, time: Double)] = []
    for step in schedule.steps {
      guard let bound = step.bound else { continue }
      if let index = times.firstIndex(where: { $0.bound == bound }) {
        times[index].time += time(step)
      } else {
        times.append((bound, time(step)))
      }
    }
    return times.max { $0.time < $1.time }?.bound
  }
}

/// Bytes on one device.
public struct TransformerMemory: Sendable, Hashable {
  public let weights: Double
  public let cache: Double
  public let activations: Double
  /// Nil where the description does not state it.
  public let available: Double?
  public var total: Double { weights + cache + activations }
  public var fits: Bool { available.map { total <= $0 } ?? true }
}

/// Bits of a transformer's operands; nil takes the device's own.
public struct TransformerBits: Sendable, Hashable {
  public var weights: Int?
  public var activations: Int?
  /// Of keys and values.
  public var cache: Int?

  public init(weights: Int? = nil, activations: Int? = nil, cache: Int? = nil) {
    self.weights = weights
    self.activations = activations
    self.cache = cache
  }

  /// Reads `w4a8kv4`, or a part of it in this order.
  ///
  /// - Throws: ``DeviceProblems`` with code `usage.bits`.
  public init(_ text: String) throws(DeviceProblems) {
    var rest = text.lowercased()[...]
    func number(after mark: String) -> Int? {
      guard rest.hasPrefix(mark) else { return nil }
      let digits = rest.dropFirst(mark.count).prefix { $0.isASCII && $0.isNumber }
      guard let value = Int(digits), (1...64).contains(value) else { return nil }
      rest = rest[digits.endIndex...]
      return value
    }
    weights = number(after: "w")
    activations = number(after: "a")
    cache = number(after: "kv")
    guard rest.isEmpty, self != TransformerBits() else {
      throw DeviceProblems(
        Diagnostic(
          code: "usage.bits", message: "'\(text)' is none of w4a8kv4, w4a8, w4", location: nil,
          notes: ["bits: 1 to 64 of weights (w), of data (a) and of keys and values (kv)"],
          remedy: "separate several values by commas: --bits w8a8,w4a8kv4."))
    }
  }
}
