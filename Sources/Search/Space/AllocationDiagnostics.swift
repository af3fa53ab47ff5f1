public import Knapsack
public import QuantGraph

extension Diagnostic {
  /// The message for an allocation error; `problem` says which problem of a file it was.
  public init(_ error: AllocationError, problem: String? = nil) {
    let (code, message, remedy) = error.wording
    self.init(code: code, message: message, location: problem, remedy: remedy)
  }
}

extension AllocationError {
  fileprivate var wording: (code: String, message: String, remedy: String?) {
    switch self {
    case .noLayers:
      ("allocation.empty", "the problem has no layers", "Give at least one layer.")
    case .noOptions(let layer):
      ("allocation.empty", "layer \(layer) has no options", "Give each layer at least one option.")
    case .tooManyCosts(let count):
      (
        "allocation.cost-count", "options have \(count) costs, at most 3 are supported",
        "Leave out costs without a budget."
      )
    case .costCount(let layer, let expected, let found):
      (
        "allocation.cost-count",
        "layer \(layer) has \(found) costs, expected \(expected) as in layer 0",
        "Give every layer the same costs."
      )
    case .optionCount(let layer, let cost, let expected, let found):
      (
        "allocation.option-count",
        "cost \(cost) of layer \(layer) has \(found) values, expected \(expected), one a loss",
        "Give one value an option."
      )
    case .notFinite(let layer, let option, let quantity, let value):
      (
        "allocation.not-finite",
        "\(quantity.words) of layer \(layer), option \(option) is \(value)",
        "Leave the option out if it is not possible, or measure it again."
      )
    case .totalTooLarge(let quantity):
      ("allocation.too-large", "the summed \(quantity.words) is beyond 1e300", "Use a larger unit.")
    case .budgetCount(let expected, let found):
      (
        "allocation.budget-count", "\(found) budgets for \(expected) costs",
        "Give one budget a cost."
      )
    case .budgetNotANumber(let budget, let value):
      (
        "allocation.budget", "budget \(budget) is \(value)",
        "Give a number; infinity means no limit."
      )
    case .tiedLayerOutOfRange(let tie, let layer):
      (
        "allocation.tie", "tie group \(tie) names layer \(layer), which does not exist",
        "Count from 0."
      )
    case .tiedOptionCounts(let layer, let tiedLayer):
      (
        "allocation.tie",
        "layers \(layer) and \(tiedLayer) are tied but have different numbers of options",
        "Give tied layers the same options, or untie them."
      )
    case .fixedLayerOutOfRange(let layer):
      ("allocation.fixed", "layer \(layer) is fixed but does not exist", "Count from 0.")
    case .fixedOptionOutOfRange(let layer, let option):
      (
        "allocation.fixed", "layer \(layer) is fixed at option \(option), which it does not have",
        "Count from 0."
      )
    case .fixedOptionsDiffer(let layer, let tiedLayer):
      (
        "allocation.fixed",
        "layers \(layer) and \(tiedLayer) are tied but fixed at different options",
        "Fix them at one option, or untie them."
      )
    case .objectives(let costCount):
      (
        "allocation.objectives",
        "the objectives are empty or name a cost beyond the \(costCount) there are",
        "Name the loss or costs of the table."
      )
    case .noBudgets:
      ("allocation.budget-count", "the method needs budgets", "Give one budget a cost.")
    case .setting(let name, let value, let minimum):
      ("allocation.setting", "\(name) is \(value), at least \(minimum) is needed", nil)
    case .stateLimit(let limit, let best, let lowerBound):
      (
        "allocation.state-limit",
        "more than \(limit) partial allocations are needed"
          + (best.map { "; best loss so far \($0.loss)" } ?? "")
          + (lowerBound.map { ", proven lower bound \($0)" } ?? ""),
        "Raise the limit, or give fewer options or coarser costs."
      )
    case .stopped(let best, let lowerBound):
      (
        "allocation.cancelled",
        "the exact method was stopped"
          + (best.map { "; best loss so far \($0.loss)" } ?? "")
          + (lowerBound.map { ", proven lower bound \($0)" } ?? ""), nil
      )
    }
  }
}

extension AllocationQuantity {
  fileprivate var words: String {
    switch self {
    case .loss: "loss"
    case .cost(let index): "cost \(index)"
    }
  }
}
