import Documents
import Glibc
import Importers

/// What a number counts: how it is written, and in which multiple of its unit an axis shows it.
package struct Measure: Hashable, Sendable {
  package enum Dimension: Hashable, Sendable {
    case seconds, bytes, bits, joules, hertz
    /// A share between 0 and 1, shown in percent.
    case share
    /// Anything else, with its unit or none.
    case count(String)
  }

  package let name: String
  package let dimension: Dimension

  /// The measure of a number called `name`, whose unit is `unit` or said by the name's ending.
  package init(name: String, unit: String = "") {
    self.name = name
    dimension = Self.dimension(name: name, unit: unit)
  }

  private static func dimension(name: String, unit: String) -> Dimension {
    switch unit {
    case "s": return .seconds
    case "B": return .bytes
    case "bit", "bits": return .bits
    case "J": return .joules
    case "Hz": return .hertz
    case "%" where name == "accuracy": return .share
    case "": break
    default: return .count(unit)
    }
    if name.hasSuffix("seconds") || name == "latency" { return .seconds }
    if name.hasSuffix("bytes") || name.contains("_bytes_")
      || ["size", "sram", "flash"].contains(name)
    {
      return .bytes
    }
    if name.hasSuffix("bits") { return .bits }
    if name.hasSuffix("joules") || name == "energy" { return .joules }
    if name.hasSuffix("_hz") { return .hertz }
    if name == "accuracy" { return .share }
    if name.hasSuffix("_pj") { return .count("pJ") }
    if name.hasSuffix("_lsb") { return .count("LSB") }
    if name.hasSuffix("_db") { return .count("dB") }
    if name.hasSuffix("cycles") { return .count("cycles") }
    return .count("")
  }

  /// The name as text shows it: without underscores and without the unit that it ends in.
  package var title: String {
    var words = name.replacing("_bytes_", with: "_").split(separator: "_").map(String.init)
    if words.count > 1, let last = words.last,
      ["seconds", "bytes", "joules", "hz", "pj", "lsb", "db"].contains(last)
    {
      words.removeLast()
    }
    return words.map { Self.abbreviations[$0] ?? $0 }.joined(separator: " ")
  }

  /// Words of names that are written in another way.
  private static let abbreviations = [
    "sram": "SRAM", "ram": "RAM", "lut": "LUT", "luts": "LUT", "ff": "FF", "dsp": "DSP",
    "bram": "BRAM", "uram": "URAM", "bops": "BOPs", "macs": "MAC", "mac": "MAC", "lsb": "LSB",
    "sqnr": "SQNR",
  ]

  /// A factor and the unit that makes numbers up to `largest` easy to read on an axis.
  package func axis(largest: Double) -> (factor: Double, unit: String) {
    let size = largest.magnitude
    func pick(_ steps: [(Double, String)]) -> (Double, String) {
      let found = steps.first { size >= $0.0 } ?? steps[steps.count - 1]
      return (1 / found.0, found.1)
    }
    switch dimension {
    case .share: return (100, "%")
    case .seconds: return pick([(1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")])
    case .joules:
      return pick([(1, "J"), (1e-3, "mJ"), (1e-6, "uJ"), (1e-9, "nJ"), (1e-12, "pJ")])
    case .bytes:
      return pick([(1_073_741_824, "GiB"), (1_048_576, "MiB"), (1024, "KiB"), (1, "B")])
    case .bits: return pick([(1e9, "Gbit"), (1e6, "Mbit"), (1e3, "kbit"), (1, "bit")])
    case .hertz: return pick([(1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1, "Hz")])
    case .count(let unit):
      let spaced = unit.isEmpty ? "" : " \(unit)"
      guard size >= 1e5 else { return (1, unit) }
      return pick([
        (1e12, "T" + spaced), (1e9, "G" + spaced), (1e6, "M" + spaced), (1e3, "k" + spaced),
      ])
    }
  }

  /// One number with its unit; estimates with three significant digits, exact ones with all of a
  /// count's and six of others.
  package func text(_ value: Double?, isEstimate: Bool = false) -> String {
    guard let value else { return "" }
    guard value.isFinite else { return value.description }
    let digits = isEstimate ? 3 : 6
    switch dimension {
    case .share: return "\(NumberText.significant(value * 100, digits: 6))%"
    case .seconds, .joules, .hertz:
      if value == 0 { return "0 \(axis(largest: 1).unit)" }
      let digits = isEstimate ? 3 : 4
      // What is rounded up to 1,000 of a unit is 1 of the next.
      let (factor, unit) = axis(largest: value * (1 + 0.5 * pow(10, -Double(digits))))
      return "\(NumberText.significant(value * factor, digits: digits)) \(unit)"
    case .bytes:
      if !isEstimate, let whole = Int(exactly: value) { return Quantity.bytes(whole) }
      let (factor, unit) = axis(largest: value)
      return "\(NumberText.significant(value * factor, digits: 3)) \(unit)"
    case .bits: return "\(NumberText.significant(value, digits: digits)) bit"
    case .count(let unit):
      return NumberText.significant(value, digits: digits) + (unit.isEmpty ? "" : " \(unit)")
    }
  }
}

/// Numbers as text, without a unit.
package enum NumberText {
  /// Whole numbers below 10^15 with commas and all digits, others with `digits` significant ones.
  package static func significant(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return value.description }
    if digits > 3, value == value.rounded(), value.magnitude < 1e15 {
      return Quantity.count(Int(value))
    }
    let text = Printed.likeCpp(value, digits: digits)
    // Three digits of 18,432 are written 1.84e+04; a person reads 18,400.
    if text.contains("e"), value.magnitude >= 1, value.magnitude < 1e15,
      let shown = Double(text)
    {
      return Quantity.count(Int(shown))
    }
    if let whole = Int(text), whole.magnitude >= 1000 { return Quantity.count(whole) }
    return text
  }

  /// `mantissa * 10^exponent` as a decimal, with commas; in powers of ten beyond 12 digits.
  package static func decimal(_ mantissa: Int, exponent: Int) -> String {
    if mantissa == 0 { return "0" }
    if exponent > 12 || exponent < -9 { return "\(mantissa)e\(exponent)" }
    if exponent >= 0 {
      var value = mantissa
      for _ in 0..<exponent {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return "\(mantissa)e\(exponent)" }
        value = product
      }
      return Quantity.count(value)
    }
    var digits = String(mantissa.magnitude)
    let places = -exponent
    while digits.count <= places { digits = "0" + digits }
    let whole = Int(digits.dropLast(places)) ?? 0
    return (mantissa < 0 ? "-" : "") + Quantity.count(whole) + "." + digits.suffix(places)
  }
}

extension Measure {
  /// The base unit, empty for plain numbers.
  package var unit: String {
    switch dimension {
    case .seconds: "s"
    case .bytes: "B"
    case .bits: "bit"
    case .joules: "J"
    case .hertz: "Hz"
    case .share: "%"
    case .count(let unit): unit
    }
  }

  /// Name and base unit.
  package var titleWithUnit: String { unit.isEmpty ? title : "\(title) (\(unit))" }
}
