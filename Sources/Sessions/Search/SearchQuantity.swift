import Documents
import HWModel
import Schedules
package import Search

/// Numbers and names of costs as people write them.
package enum SearchQuantity {
  /// The key in results of a cost that a user names: `size`, or a quantity of a device.
  package static func key(_ name: String) -> String {
    if name == "size" { return BitCost.sizeBytes.name }
    return DeviceFamilies.current.quantities.first { $0.name == name }?.key ?? name
  }

  /// The unit of a cost that a file names by its key; nil where no cost is known of that name.
  package static func unit(ofKey key: String) -> String? {
    BitCost(rawValue: key)?.unit
      ?? DeviceFamilies.current.quantities.first { $0.key == key }?.unit
  }

  /// `60s`, `5m`, `1h`, `500ms`; nil for anything else.
  package static func duration(_ text: String) -> Duration? {
    for (suffix, seconds) in [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)] {
      guard text.hasSuffix(suffix), let value = UnitAmount.number(text.dropLast(suffix.count)),
        value >= 0, value * seconds < 1e9
      else { continue }
      return .milliseconds(Int64((value * seconds * 1000).rounded(.up)))
    }
    return nil
  }

  /// A total as tables show it.
  package static func text(_ value: Double, unit: String, kind: CostKind) -> String {
    if case .exact = kind, let whole = Int(exactly: value) {
      return unit == "B" ? Quantity.bytes(whole) : "\(Quantity.count(whole)) \(unit)"
    }
    return unit == "s" ? seconds(value) : "\(threeDigits(value)) \(unit)"
  }

  /// All digits of a bound where three would hide on which side of `other` it is; nil elsewhere.
  package static func digits(of bound: Double, besides other: Double) -> String? {
    guard bound != other, bound.isFinite, other.isFinite,
      abs(bound - other) < 0.01 * max(abs(bound), abs(other))
    else { return nil }
    return JSON.amount(bound).compact
  }

  private static func seconds(_ value: Double) -> String {
    for (factor, unit) in [(1.0, "s"), (1e-3, "ms"), (1e-6, "us")] where value >= factor {
      return "\(threeDigits(value / factor)) \(unit)"
    }
    return "\(threeDigits(value * 1e9)) ns"
  }

  /// Three significant digits, without an exponent where that is short.
  package static func threeDigits(_ value: Double) -> String {
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
  package static func fixed(_ value: Double, digits: Int) -> String {
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
