import Arith
import HWModel
import QuantGraph

/// What one layer takes.
struct FabricLayerCost: Sendable {
  /// About what one takes in memory.
  static let bytes = 4096

  var cycles: FabricCycles
  var terms: Cost.StepTerms = [:]
  /// Whether it waits for all of its input.
  var waits = false
  var path = "wires"
  /// Kind of layer by whose measured errors numbers are known: `latency`, `resource`, `stream`.
  var kind: String?
  /// Quantities that no rule says, with the reason.
  var unknown: [CostQuantity: String] = [:]
  var multipliers = 0
  var reuse: Int?
  var strategy: ProductStrategy?

  init(_ cycles: FabricCycles) { self.cycles = cycles }

  static let nothing = FabricLayerCost(FabricCycles(latency: 0, interval: 1))

  /// A layer without any rule.
  static func unknown(_ reason: String) -> FabricLayerCost {
    var cost = nothing
    cost.path = "no rule"
    for quantity: CostQuantity in [
      .cycles, .interval, .lut, .ff, .dsp, .bram18, .energy,
    ] {
      cost.unknown[quantity] = "no rule for \(reason)"
    }
    return cost
  }

  mutating func set(_ quantity: CostQuantity, _ parts: [CostTerm]) {
    let parts = parts.filter { $0.value != 0 }
    terms[quantity] =
      parts.count == 1 ? parts[0] : .sum("\(quantity.title) of the layer", parts)
  }
}
