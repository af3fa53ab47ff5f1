import QuantGraph

/// A bound that `--limit` sets: `sram=320KiB`, `flash=1MiB`, `latency=50ms`.
struct EstimateLimit: Sendable {
  enum Quantity: String, Sendable, CaseIterable { case sram, flash, latency }

  let quantity: Quantity
  /// Bytes or seconds.
  let bound: Double
  /// As it was typed.
  let text: String

  private static let byteUnits: [(String, Double)] = [
    ("KiB", 1024), ("MiB", 1_048_576), ("kB", 1000), ("MB", 1_000_000), ("B", 1), ("", 1),
  ]
  private static let timeUnits: [(String, Double)] = [
    ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1),
  ]

  /// - Throws: a ``Failure`` with code `usage.limit`.
  init(_ text: String) throws(Failure) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let quantity = Quantity(rawValue: parts[0]) else {
      throw Failure(
        "usage.limit", "--limit \(text) names no quantity",
        notes: ["known: sram, flash, latency"],
        remedy: Suggestion.sentence(
          for: parts.first ?? text, among: Quantity.allCases.map(\.rawValue))
          ?? "write --limit sram=320KiB.")
    }
    let units = quantity == .latency ? Self.timeUnits : Self.byteUnits
    var bound: Double?
    for (unit, factor) in units where bound == nil && parts[1].hasSuffix(unit) {
      bound = Double(parts[1].dropLast(unit.count)).map { $0 * factor }
    }
    guard let bound, bound.isFinite, bound >= 0 else {
      throw Failure(
        "usage.limit", "--limit \(text) has no amount with a unit",
        notes: ["units: " + units.map(\.0).filter { !$0.isEmpty }.joined(separator: ", ")],
        remedy: quantity == .latency ? "write --limit latency=50ms." : "write --limit sram=320KiB.")
    }
    self.quantity = quantity
    self.bound = bound
    self.text = text
  }
}
