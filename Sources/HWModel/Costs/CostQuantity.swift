/// Something that costs are counted in: latency, memory, look-up tables, energy.
public struct CostQuantity: Sendable, Hashable {
  /// Its key in results; ends in its unit, such as `latency_seconds`, or is its unit (`cycles`, `lut`).
  public let key: String
  /// As `--limit`, `--objective` and tables call it: `latency`.
  public let name: String
  /// As a summary heads its line: `SRAM`.
  public let title: String
  /// `s`, `B`, `J`, `cycles`, `LUT`.
  public let unit: String
  /// Whether devices have so much of it and no more, as of memory and look-up tables.
  public let isResource: Bool
  /// Whether more is better, as of tokens a second; a search minimises, so it does not take these.
  public let isGain: Bool

  public init(
    key: String, name: String, title: String? = nil, unit: String, isResource: Bool = false,
    isGain: Bool = false
  ) {
    self.key = key
    self.name = name
    self.title = title ?? name
    self.unit = unit
    self.isResource = isResource
    self.isGain = isGain
  }

  /// The unit as keys of results have it: `seconds`, `bytes`, `lut`.
  public var unitKey: String {
    switch unit {
    case "s": "seconds"
    case "B": "bytes"
    case "J": "joules"
    default: unit.lowercased().replacing(" ", with: "_")
    }
  }

  // Quantities that several families have; one name means one thing in a table of all of them.
  public static let latency = CostQuantity(key: "latency_seconds", name: "latency", unit: "s")
  public static let cycles = CostQuantity(key: "cycles", name: "cycles", unit: "cycles")
  public static let energy = CostQuantity(key: "energy_joules", name: "energy", unit: "J")
  public static let sram = CostQuantity(
    key: "sram_bytes", name: "sram", title: "SRAM", unit: "B", isResource: true)
  public static let flash = CostQuantity(
    key: "flash_bytes", name: "flash", unit: "B", isResource: true)
}

/// Whether a number is counted or predicted.
public enum CostBasis: Sendable, Hashable {
  case exact
  /// Predicted by `model`; `error` is nil where nobody measured it.
  case estimate(model: String, error: MeasuredError?)
}

/// How far predictions were off where they were measured, in percent.
public struct MeasuredError: Sendable, Hashable {
  /// Median (or mean, if the source says so) over what was left out of the fit.
  public let median: Double
  public let worst: Double?
  /// What was left out, as `on left-out networks`; empty if the source says it.
  public let scope: String
  /// Rows and method, in words.
  public let source: String

  public init(median: Double, worst: Double?, scope: String = "", source: String) {
    self.median = median
    self.worst = worst
    self.scope = scope
    self.source = source
  }
}
