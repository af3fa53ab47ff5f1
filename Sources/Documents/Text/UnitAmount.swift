/// Amounts with units as people type them: `320KiB`, `50ms`, `1.5M`.
package enum UnitAmount {
  /// Suffixes and factors of amounts in a unit, longest first; the empty one stands for the unit.
  ///
  /// Where the unit is not known, those of every unit.
  private static func units(of unit: String?) -> [(suffix: String, factor: Double)] {
    guard let unit else { return ["B", "s", "J", "Hz", "bit"].flatMap(units) }
    return switch unit {
    case "B":
      [
        ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("kB", 1e3), ("MB", 1e6),
        ("GB", 1e9), ("B", 1), ("", 1),
      ]
    case "s": [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1), ("", 1)]
    case "J":
      [("mJ", 1e-3), ("uJ", 1e-6), ("nJ", 1e-9), ("pJ", 1e-12), ("J", 1), ("", 1)]
    // A bare 84 is a megahertz to some and a hertz to others.
    case "Hz": [("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3), ("Hz", 1)]
    // Sizes are typed in bytes, whatever they are counted in.
    case "bit":
      [
        ("KiB", 8192), ("MiB", 8_388_608), ("GiB", 8_589_934_592), ("kB", 8e3), ("MB", 8e6),
        ("GB", 8e9), ("B", 8), ("kbit", 1e3), ("Mbit", 1e6), ("Gbit", 1e9), ("bit", 1), ("k", 1e3),
        ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("", 1),
      ]
    default:
      (unit.isEmpty ? [] : [(unit, 1)])
        + [("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("", 1)]
    }
  }

  /// The amount in `unit`; nil for anything else.
  package static func value(_ text: String, unit: String?) -> Double? {
    for (suffix, factor) in units(of: unit) where text.hasSuffix(suffix) {
      if let value = number(text.dropLast(suffix.count)) { return value * factor }
    }
    return nil
  }

  /// `50%` as 0.5; nil for anything else.
  package static func share(_ text: String) -> Double? {
    text.hasSuffix("%") ? number(text.dropLast()).map { $0 / 100 } : nil
  }

  /// The suffixes that ``value(_:unit:)`` takes, in words.
  package static func suffixes(of unit: String?) -> String {
    units(of: unit).map(\.suffix).filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// A finite decimal number; nil for anything else, such as `inf`.
  package static func number(_ text: some StringProtocol) -> Double? {
    guard text.first.map({ $0.isNumber || $0 == "." || $0 == "-" }) ?? false,
      let value = Double(String(text)), value.isFinite
    else { return nil }
    return value
  }
}
