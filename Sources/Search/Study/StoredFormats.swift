internal import Arith
internal import HWModel
import QuantGraph

/// A candidate's formats by their names.
///
/// What a candidate means in a layer (the sign of an input, widths that calibration decided, types of
/// a quantized graph) does not follow from its name alone, so studies keep it.
struct StoredFormats: Codable, Sendable, Hashable {
  let weights: String?
  let activations: String?
  let accumulator: String?
  /// Nil for one scale a filter.
  let grouping: String?
  /// Nil for weights that stay as their format has them.
  let rewrite: String?
  /// Nil as the model has it.
  let strategy: String?
  /// Nil as the model has it.
  let reuseFactor: Int?

  init(_ candidate: Candidate) {
    weights = candidate.weights?.name
    activations = candidate.activations?.name
    accumulator = candidate.accumulator?.name
    grouping = candidate.grouping == .filters ? nil : candidate.grouping.name
    rewrite = candidate.weightRewrite?.name
    strategy = candidate.strategy?.rawValue
    reuseFactor = candidate.reuseFactor
  }

  /// The formats of these names; nil if one is none.
  var candidate: Candidate? {
    func encoding(_ name: String?) -> Encoding?? {
      guard let name else { return .some(nil) }
      return (try? Encoding(name: name)).map { .some($0) }
    }
    guard let weights = encoding(weights), let activations = encoding(activations),
      let accumulator = encoding(accumulator),
      let grouping = WeightGrouping(name: grouping ?? WeightGrouping.filters.name)
    else { return nil }
    var candidate = Candidate(
      weights: weights, activations: activations, accumulator: accumulator, grouping: grouping)
    if let rewrite {
      guard let known = WeightRewrite(name: rewrite) else { return nil }
      candidate.weightRewrite = known
    }
    if let strategy {
      guard let known = ProductStrategy(rawValue: strategy) else { return nil }
      candidate.strategy = known
    }
    candidate.reuseFactor = reuseFactor
    return candidate
  }
}
