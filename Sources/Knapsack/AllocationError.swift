/// A number of an option: its loss or one of its costs.
public enum AllocationQuantity: Sendable, Hashable {
  case loss
  case cost(Int)
}

/// Why an allocation problem has no meaning, or why its solution was not finished.
public enum AllocationError: Error, Sendable, Hashable {
  case noLayers
  case noOptions(layer: Int)
  case tooManyCosts(count: Int)
  case costCount(layer: Int, expected: Int, found: Int)
  case optionCount(layer: Int, cost: Int, expected: Int, found: Int)
  case notFinite(layer: Int, option: Int, quantity: AllocationQuantity, value: Double)
  case totalTooLarge(quantity: AllocationQuantity)
  case budgetCount(expected: Int, found: Int)
  case budgetNotANumber(budget: Int, value: Double)
  case tiedLayerOutOfRange(tie: Int, layer: Int)
  case tiedOptionCounts(layer: Int, tiedLayer: Int)
  case fixedLayerOutOfRange(layer: Int)
  case fixedOptionOutOfRange(layer: Int, option: Int)
  case fixedOptionsDiffer(layer: Int, tiedLayer: Int)
  /// An objective names a cost that the layers do not have, or there is none.
  case objectives(costCount: Int)
  /// A method that needs budgets was given none.
  case noBudgets
  /// A setting of a method is outside what the method defines.
  case setting(name: String, value: Int, minimum: Int)
  /// More partial allocations than the caller allows are needed; the best so far and a proven
  /// lower bound of the loss are given where they exist.
  case stateLimit(limit: Int, best: Selection?, lowerBound: Double?)
  /// The caller ended an exact method; the best so far and a proven lower bound of the loss are given
  /// where they exist.
  case stopped(best: Selection?, lowerBound: Double?)
}
