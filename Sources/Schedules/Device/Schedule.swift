public import Documents
public import HWModel

/// A network laid out in time and memory on one device: what runs when, what it holds, what it costs.
///
/// A family makes it; commands, searches and reports read it, and know quantities, not families.
public struct Schedule: Sendable {
  /// One step in time.
  public struct Step: Sendable {
    /// The layer's name.
    public let name: String
    /// The node that it runs; nil for steps that are none of the graph's (a conversion, a launch).
    public let node: Int?
    public let operation: String
    /// The kernel, engine or path that runs it, such as `depthwise` or `int8 tensor core`.
    public let path: String
    /// Extents of the result.
    public let shape: [Int]
    /// Multiplications with accumulation of the node.
    public let macs: Int
    /// Bits of a code by operand: `weight` (if there are some), `input`, `output`.
    public let bits: [Amount<Int>]
    /// Counts of work by name: `macs`, `outputs`.
    public let work: [Amount<Double>]
    /// Bytes moved by level of memory: `dram`, `l2`.
    public let traffic: [Amount<Double>]
    /// Bytes alive while it runs; nil where memory was not planned.
    public let liveBytes: Int?
    /// What limits it: `compute`, `memory`, `launch`, `dram`; nil where the device does not say.
    public let bound: String?
    /// What it costs, all its runs together.
    public let terms: Cost.StepTerms
    /// What each tile takes of it, row by row, in a unit of its own; empty for a step that runs whole.
    public var tiles: [Double] = []
    /// Members of the layer's result that this family alone has, such as `reuse_factor`.
    public var sections: [JSON.Member] = []

    public init(
      name: String, node: Int?, operation: String, path: String, shape: [Int],
      macs: Int = 0, bits: [Amount<Int>] = [], work: [Amount<Double>] = [],
      traffic: [Amount<Double>] = [],
      liveBytes: Int? = nil, bound: String? = nil, terms: Cost.StepTerms
    ) {
      self.name = name
      self.node = node
      self.operation = operation
      self.path = path
      self.shape = shape
      self.macs = macs
      self.bits = bits
      self.work = work
      self.traffic = traffic
      self.liveBytes = liveBytes
      self.bound = bound
      self.terms = terms
    }
  }

  /// A number with a name.
  public struct Amount<Value: Sendable & Hashable>: Sendable, Hashable {
    public let name: String
    public let value: Value

    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// The step with the most bytes alive, and what is alive there.
  public struct Peak: Sendable, Hashable {
    /// Name of the step.
    public let step: String
    public let bytes: Int
    public let tensors: [Amount<Int>]
    /// Working buffers among ``bytes``.
    public let scratchBytes: Int

    public init(step: String, bytes: Int, tensors: [Amount<Int>], scratchBytes: Int) {
      self.step = step
      self.bytes = bytes
      self.tensors = tensors
      self.scratchBytes = scratchBytes
    }
  }

  /// A line of a summary that no total says.
  public struct Remark: Sendable, Hashable {
    public enum Part: Sendable, Hashable {
      case words(String)
      /// A number in a unit of quantities, such as `B` or `s`, shown as they are.
      case amount(Double, unit: String)
      /// A share, shown in percent.
      case share(Double)
    }

    /// Heads the line; `patches`.
    public let title: String
    public let parts: [Part]

    public init(_ title: String, _ parts: [Part]) {
      self.title = title
      self.parts = parts
    }
  }

  /// What every product of a device's terms has as its factor, if it has one.
  public struct Factor: Sendable, Hashable {
    /// In JSON: `core_factor`.
    public let key: String
    /// Heads a column: `x core`.
    public let title: String
    public let value: Double
    /// Keys of the constants that it comes from.
    public let constants: [String]

    public init(key: String, title: String, value: Double, constants: [String]) {
      self.key = key
      self.title = title
      self.value = value
      self.constants = constants
    }
  }

  /// A total that the device has no rule for: unknown, not nothing.
  public struct Unknown: Sendable, Hashable {
    public let quantity: CostQuantity
    /// What the device has of it; nil for what is no resource.
    public let available: Double?
    /// What there is no rule for.
    public let reason: String

    public init(_ quantity: CostQuantity, available: Double?, reason: String) {
      self.quantity = quantity
      self.available = available
      self.reason = reason
    }
  }

  public let steps: [Step]
  public let cost: Cost
  /// Multiplications with accumulation of one run.
  public let macs: Int
  /// The clock that times are counted with; nil for devices without one.
  public let clockHz: Double?
  /// Quantities that a table of steps has columns of, if steps have them.
  public let columns: [CostQuantity]
  public var factor: Factor?
  public var peak: Peak?
  /// Lines of the summary beside the totals.
  public var remarks: [Remark] = []
  /// Members of the result that this family alone has, such as `memory` or `patch`.
  public var sections: [JSON.Member] = []
  /// What the numbers leave out, a sentence each.
  public var notes: [String] = []
  /// Totals that are not among those of ``cost`` because something of them is unknown.
  public var unknowns: [Unknown] = []

  /// - Parameters:
  ///   - steps: in time.
  ///   - rules: the totals that the device says.
  ///   - macs: multiplications of one run.
  ///   - clockHz: clock of times.
  ///   - columns: what a table of steps shows of their terms.
  public init(
    steps: [Step], rules: [Cost.Rule], macs: Int, clockHz: Double?, columns: [CostQuantity]
  ) {
    self.steps = steps
    cost = Cost(steps: steps.map(\.terms), rules: rules)
    self.macs = macs
    self.clockHz = clockHz
    self.columns = columns
  }
}

extension Schedule {
  /// Whether the device holds the network as far as is known; nil where an estimate is too near to a
  /// limit, or a resource is unknown.
  public var verdict: Bool? {
    guard let verdict = cost.verdict, verdict else { return cost.verdict }
    return unknowns.contains { $0.available != nil } ? nil : true
  }
}

extension Schedule: CustomStringConvertible {
  /// One line a step, then the totals.
  public var description: String {
    var lines = steps.enumerated().map { index, step in
      let terms = step.terms.values.flatMap(\.products).map { "\($0.what) \($0.value)" }.sorted()
      return "\(index + 1) \(step.name) (\(step.operation), \(step.path)): "
        + (terms.isEmpty ? "nothing runs" : terms.joined(separator: ", "))
        + (step.liveBytes.map { "; \($0) B alive" } ?? "")
    }
    for total in cost.totals {
      lines.append(
        "\(total.quantity.key) = \(total.value) \(total.quantity.unit)"
          + (total.available.map { " of \($0)" } ?? ""))
    }
    return lines.joined(separator: "\n")
  }
}
