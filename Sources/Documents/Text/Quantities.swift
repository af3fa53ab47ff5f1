/// Numbers as tables show them: thousands separated by commas, units always said.
public enum Quantity {
  /// `1234567` as `1,234,567`.
  public static func count(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// A count with its noun: `1 layer`, `5 layers`.
  public static func count(_ value: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
  }

  /// Exact bytes and, from 1,024 on, the same in KiB or MiB with two decimals.
  public static func bytes(_ value: Int) -> String {
    let exact = "\(count(value)) B"
    if value < 1 << 10 { return exact }
    let (unit, name) = value < 1 << 20 ? (10, "KiB") : (20, "MiB")
    return "\(exact) (\(fixed(hundredths: value, shift: unit)) \(name))"
  }

  /// `value / 2^shift` with two decimals, rounded half up; no overflow for any size of a file.
  private static func fixed(hundredths value: Int, shift: Int) -> String {
    let whole = value >> shift
    let rest = value - whole << shift
    let hundredths = (rest * 100 + 1 << (shift - 1)) >> shift
    let carried = hundredths == 100 ? whole + 1 : whole
    let shown = hundredths % 100
    return "\(count(carried)).\(shown < 10 ? "0" : "")\(shown)"
  }
}
