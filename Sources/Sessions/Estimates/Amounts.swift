package import Documents

/// Estimated numbers as tables show them: three significant digits and a unit.
package enum Amounts {
  /// `value` with three significant digits, such as `74.1`, `3,910` or `0.0123`.
  package static func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var decimals = 2
    var size = abs(value)
    while size >= 9.995, decimals > 0 {
      size /= 10
      decimals -= 1
    }
    while size < 0.9995, decimals < 12 {
      size *= 10
      decimals += 1
    }
    return fixed(value, decimals: decimals)
  }

  /// `value` with so many decimals, thousands separated; large numbers rounded to three digits.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    var scaled = (abs(value) * power).rounded()
    guard scaled < 0x1p62 else { return "\(value)" }
    if decimals == 0 {
      var step = 1.0
      while scaled / step >= 1000 { step *= 10 }
      scaled = (scaled / step).rounded() * step
    }
    let whole = Int(scaled) / Int(power)
    let rest = String(Int(scaled) % Int(power))
    let padding = String(repeating: "0", count: max(decimals - rest.count, 0))
    let sign = value < 0 ? "-" : ""
    return sign + Quantity.count(whole) + (decimals > 0 ? "." + padding + rest : "")
  }

  package static func time(_ seconds: Double) -> String {
    if seconds >= 1 { return significant(seconds) + " s" }
    if seconds >= 1e-3 { return significant(seconds * 1e3) + " ms" }
    return significant(seconds * 1e6) + " us"
  }

  package static func energy(_ joules: Double) -> String {
    for (factor, unit) in [(1.0, "J"), (1e-3, "mJ"), (1e-6, "uJ"), (1e-9, "nJ")]
    where joules >= factor {
      return "\(significant(joules / factor)) \(unit)"
    }
    return significant(joules * 1e12) + " pJ"
  }

  /// A number of a quantity in a table: three digits and a unit.
  package static func text(_ value: Double, unit: String) -> String {
    switch unit {
    case "s": time(value)
    case "J": energy(value)
    case "B": kibibytes(Int(min(max(value, 0), 0x1p62))) + " KiB"
    case "cycles": large(value)
    default: unit.isEmpty ? large(value) : "\(large(value)) \(unit)"
    }
  }

  /// A count in k or M.
  package static func large(_ value: Double) -> String {
    if value >= 1e6 { return significant(value / 1e6) + " M" }
    if value >= 1e4 { return significant(value / 1e3) + " k" }
    return fixed(value, decimals: 0)
  }

  /// KiB with one decimal.
  package static func kibibytes(_ bytes: Int) -> String {
    let tenths = (Double(bytes) / 102.4).rounded()
    guard tenths < 0x1p53 else { return Quantity.count(bytes >> 10) }
    return Quantity.count(Int(tenths) / 10) + ".\(Int(tenths) % 10)"
  }

  /// A remark.
  package static func note(_ words: String, _ style: Style) -> String {
    style.caution("note") + ": \(words)\n"
  }

  package static func percent(_ part: Double) -> String {
    part.isFinite ? fixedTenths(part * 100) + "%" : "-"
  }

  private static func fixedTenths(_ value: Double) -> String {
    guard abs(value) < 1e12 else { return "\(value)" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(Quantity.count(abs(tenths) / 10)).\(abs(tenths) % 10)"
  }
}
