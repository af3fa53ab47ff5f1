import Documents
package import HWModel
package import QuantGraph

/// A bound that `--limit` sets: `sram=320KiB`, `latency=50ms`, `dsp=40`.
package struct EstimateLimit: Sendable {
  package let quantity: CostQuantity
  /// In the quantity's unit.
  package let bound: Double
  /// As it was typed.
  package let text: String

  /// - Parameters:
  ///   - text: as typed.
  ///   - quantities: those that some of the targets may say.
  /// - Throws: a ``Failure`` with code `usage.limit`.
  package init(_ text: String, among quantities: [CostQuantity]) throws(Failure) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2,
      let quantity = quantities.first(where: { $0.name == parts[0] || $0.key == parts[0] })
    else {
      throw Failure(
        "usage.limit", "--limit \(text) names no quantity",
        notes: ["known: \(quantities.map(\.name).joined(separator: ", "))"],
        remedy: Suggestion.sentence(for: parts.first ?? text, among: quantities.map(\.name))
          ?? "write --limit NAME=AMOUNT, such as latency=50ms.")
    }
    // A number alone is bytes or a count; seconds and joules are easily meant in another multiple.
    let needsUnit = quantity.unit == "s" || quantity.unit == "J"
    let bound =
      needsUnit && UnitAmount.number(parts[1]) != nil
      ? nil : UnitAmount.value(parts[1], unit: quantity.unit)
    guard let bound, bound >= 0 else {
      let example =
        switch quantity.unit {
        case "s": "50ms"
        case "B": "320KiB"
        case "J": "2mJ"
        default: "1000"
        }
      throw Failure(
        "usage.limit", "--limit \(text) has no amount with a unit",
        notes: ["units: \(UnitAmount.suffixes(of: quantity.unit))"],
        remedy: "write --limit \(quantity.name)=\(example).")
    }
    self.quantity = quantity
    self.bound = bound
    self.text = text
  }
}
