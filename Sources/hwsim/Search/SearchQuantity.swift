import Documents
import Search

/// Numbers and names of costs as people write them.
enum SearchQuantity {
  /// Names of costs that may be written short.
  private static let aliases = [
    "size": "size_bytes", "latency": "latency_seconds", "sram": "sram_bytes",
    "flash": "flash_bytes", "energy": "energy_joules", "macs": "bops",
  ]

  /// The key in results of a cost that a user names.
  static func key(_ name: String) -> String {
    name == "macs" ? name : aliases[name] ?? name
  }

  /// Factors of units that a number may end in.
  private static let units: [(suffix: String, factor: Double)] = [
    ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("kB", 1e3), ("MB", 1e6),
    ("GB", 1e9), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("mJ", 1e-3), ("uJ", 1e-6),
    ("nJ", 1e-9), ("pJ", 1e-12), ("bit", 1), ("B", 1), ("s", 1), ("J", 1), ("k", 1e3),
    ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12),
  ]

  /// A limit: a number with a unit, or a share of the largest total.
  enum Limit {
    case absolute(Double)
    case share(Double)
  }

  /// `5ms`, `320KiB`, `50%`; nil for anything else.
  static func limit(_ text: String) -> Limit? {
    if text.hasSuffix("%") {
      guard let percent = number(String(text.dropLast())) else { return nil }
      return .share(percent / 100)
    }
    if let value = number(text) { return .absolute(value) }
    for unit in units where text.hasSuffix(unit.suffix) {
      guard let value = number(String(text.dropLast(unit.suffix.count))) else { continue }
      return .absolute(value * unit.factor)
    }
    return nil
  }

  private static func number(_ text: String) -> Double? {
    guard text.first.map({ $0.isNumber || $0 == "." || $0 == "-" }) ?? false,
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }

  /// `60s`, `5m`, `1h`, `500ms`; nil for anything else.
  static func duration(_ text: String) -> Duration? {
    for (suffix, seconds) in [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)] {
      guard text.hasSuffix(suffix), let value = number(String(text.dropLast(suffix.count))),
        value >= 0, value * seconds < 1e9
      else { continue }
      return .milliseconds(Int64((value * seconds * 1000).rounded(.up)))
    }
    return nil
  }

  /// A total as tables show it.
  static func text(_ value: Double, unit: String, kind: CostKind) -> String {
    if case .exact = kind, let whole = Int(exactly: value) {
      return unit == "B" ? Quantity.bytes(whole) : "\(Quantity.count(whole)) \(unit)"
    }
    return unit == "s" ? seconds(value) : "\(threeDigits(value)) \(unit)"
  }

  private static func seconds(_ value: Double) -> String {
    for (factor, unit) in [(1.0, "s"), (1e-3, "ms"), (1e-6, "us")] where value >= factor {
      return "\(threeDigits(value / factor)) \(unit)"
    }
    return "\(threeDigits(value * 1e9)) ns"
  }

  /// Three significant digits, without an exponent where that is short.
  static func threeDigits(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var scale = 1.0
    var digits = 0
    let magnitude = abs(value)
    if magnitude >= 1e6 || magnitude < 1e-4 {
      var exponent = 0
      var mantissa = magnitude
      while mantissa >= 9.995 {
        mantissa /= 10
        exponent += 1
      }
      while mantissa < 0.9995 {
        mantissa *= 10
        exponent -= 1
      }
      return "\(value < 0 ? "-" : "")\((mantissa * 100).rounded() / 100)e\(exponent)"
    }
    while magnitude * scale < 99.5 {
      scale *= 10
      digits += 1
    }
    return fixed(value, digits: digits)
  }

  /// `value` with so many digits after the point.
  static func fixed(_ value: Double, digits: Int) -> String {
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    guard let units = Int(exactly: (abs(value) * Double(scale)).rounded()) else {
      return "\(value)"
    }
    let fraction = String(units % scale)
    let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
    let sign = value < 0 && units > 0 ? "-" : ""
    return digits == 0 ? "\(sign)\(units)" : "\(sign)\(units / scale).\(zeros)\(fraction)"
  }
}
