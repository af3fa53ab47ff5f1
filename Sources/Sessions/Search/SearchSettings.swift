import Documents
import FoundationEssentials
import HWModel
import Importers
package import Knapsack
package import QuantGraph
import Schedules
package import Search

/// What `--objective` says.
package struct SearchObjective: Sendable {
  package let quality: QualityObjective
  /// As it was written: a quality, or the metric whose sum is minimised.
  package let name: String
  /// The metric that the quality names; nil for a measured quality and for `score`.
  package let metric: SensitivityMetric?
  /// Keys of the costs.
  package let costs: [String]

  /// As `--objective` has it.
  package var text: String { ([name] + costs).joined(separator: ",") }
}

/// What a user asks of a search beside model and data, read from the words typed.
package enum SearchSettings {
  /// Choices that are tried on the calibration samples where the user does not say.
  ///
  /// Four an evaluation, 400 to 1,000; more would not change a model that holds no more of them. Fewer
  /// than ten evaluations are worth 40 each.
  package static func screening(_ evaluations: Int) -> Int {
    min(max(400, 4 * min(evaluations, 250)), 40 * min(evaluations, 250))
  }

  /// Splits `--objective`; without it `accuracy` or `loss`, and `cost`.
  package static func objective(
    _ text: String?, hasLabels: Bool, cost: String = "weight_bits"
  ) throws(Failure) -> SearchObjective {
    let words = list(text ?? "\(hasLabels ? "accuracy" : "loss"),\(cost)")
    let first = words.first ?? ""
    let metric = SensitivityMetric(rawValue: first)
    // A measured loss and the metric of that name are told apart by `score`.
    guard let quality = QualityObjective(rawValue: first) ?? metric.map({ _ in .score }) else {
      let known = BitCost.allCases.map(\.name) + DeviceFamilies.current.quantities.map(\.key)
      let key = SearchQuantity.key(first)
      if known.contains(key) {
        throw Failure(
          "search.objective", "'\(first)' is a cost, and the quality comes first",
          at: "--objective",
          remedy: "write --objective \(hasLabels ? "accuracy" : "loss"),\(first).")
      }
      throw .unknown(
        "quality", first, code: "search.objective",
        among: QualityObjective.allCases.map(\.rawValue)
          + SensitivityMetric.allCases.map(\.rawValue).filter { $0 != "loss" },
        listedBy: "hwsim search --help", at: "--objective", showsAll: true)
    }
    guard quality != .accuracy || hasLabels else {
      throw Failure(
        "search.objective", "accuracy needs the classes of the samples", at: "--objective",
        remedy: "give --labels Y.npy, or take loss as the quality.")
    }
    let costs = words.dropFirst().map(SearchQuantity.key)
    guard (1...3).contains(costs.count), Set(costs).count == costs.count else {
      throw Failure(
        "search.objective", "a search needs one to three different costs beside the quality",
        at: "--objective", remedy: "write it as --objective accuracy,weight_bits.")
    }
    return SearchObjective(
      quality: quality, name: first, metric: quality == .score ? metric : nil, costs: costs)
  }

  /// The parts of a list separated by commas.
  package static func list(_ text: String) -> [String] {
    // Commas inside <> belong to a format's name.
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      if character == "<" { depth += 1 }
      if character == ">" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append(current)
        current = ""
      } else if !character.isWhitespace {
        current.append(character)
      }
    }
    parts.append(current)
    return parts.filter { !$0.isEmpty }
  }

  /// The costs of a search: the objectives first, then all others that are known.
  package static func ordered(
    _ available: [any CostModel], objectives: [String]
  ) throws(Failure) -> [any CostModel] {
    var costs: [any CostModel] = []
    for key in objectives {
      guard let cost = available.first(where: { $0.name == key }) else {
        throw .unknown(
          "cost", key, code: "search.objective", among: available.map(\.name),
          listedBy: "hwsim search --help", at: "--objective")
      }
      costs.append(cost)
    }
    return costs + available.filter { cost in !objectives.contains(cost.name) }
  }

  /// A bound of `--budget`: `NAME=LIMIT` and `NAME<=LIMIT` from above, `NAME>=LIMIT` from below.
  private struct Bound {
    let name: String
    let amount: String
    let isFloor: Bool
    /// Whether the direction was written.
    let isDirected: Bool

    init?(_ text: String) {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
      let sign = text[text.index(before: equals)]
      isDirected = sign == ">" || sign == "<"
      isFloor = sign == ">"
      func trimmed(_ part: Substring) -> String {
        String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      name = trimmed(isDirected ? text[..<text.index(before: equals)] : text[..<equals])
      amount = trimmed(text[text.index(after: equals)...])
      guard !name.isEmpty, !amount.isEmpty else { return nil }
    }
  }

  /// What `--budget` bounds, as typed; nil for a text that is no bound.
  package static func boundName(_ text: String) -> String? { Bound(text)?.name }

  /// The floor on the quality that `--budget` has, and the bounds of costs that are left.
  ///
  /// - Parameters:
  ///   - texts: as typed.
  ///   - objective: the quality is the one that it names.
  /// - Returns: the largest deficit that is good enough, infinite without a floor; the others.
  /// - Throws: a ``Failure`` for a bound of another quality, or one that keeps what is worse.
  package static func floor(
    _ texts: [String], objective: SearchObjective
  ) throws(Failure) -> (deficit: Double, text: String?, costs: [String]) {
    var limit = Double.infinity
    var words: String?
    var costs: [String] = []
    let qualities =
      Set(QualityObjective.allCases.map(\.rawValue))
      .union(SensitivityMetric.allCases.map(\.rawValue)).union([objective.name])
    for text in texts {
      guard let bound = Bound(text), qualities.contains(bound.name) else {
        costs.append(text)
        continue
      }
      func refusal(_ message: String, _ remedy: String) -> Failure {
        Failure("search.budget", message, at: "--budget \(text)", remedy: remedy)
      }
      guard bound.name == objective.name else {
        throw refusal(
          "the quality of this search is \(objective.name), not \(bound.name)",
          "bound \(objective.name), or take --objective \(bound.name),COST.")
      }
      let isAccuracy = objective.quality == .accuracy
      guard bound.isFloor == isAccuracy else {
        throw refusal(
          "a bound of \(bound.name) in this direction keeps what is worse",
          isAccuracy ? "write it as accuracy>=96%." : "write it as \(bound.name)<=0.5.")
      }
      let value = isAccuracy ? UnitAmount.share(bound.amount) : nil
      guard let value = value ?? UnitAmount.number(bound.amount),
        isAccuracy ? (0...1).contains(value) : value.isFinite
      else {
        throw refusal(
          "'\(bound.amount)' is no \(bound.name)",
          isAccuracy ? "write it as accuracy>=96% or accuracy>=0.96." : "give a number.")
      }
      // A share is compared with quotients of whole numbers: what they lack by rounding is nothing.
      limit = min(limit, isAccuracy ? 1 - value + 1e-12 : value)
      words = "\(bound.name) of at \(isAccuracy ? "least" : "most") \(bound.amount)"
    }
    return (limit, words, costs)
  }

  /// The most that the score of a table may be (`--budget 'score<=0.2'`), and the other bounds.
  ///
  /// - Throws: a ``Failure`` for a bound from below, and for one that is no number.
  package static func scoreLimit(
    _ texts: [String]
  ) throws(Failure) -> (limit: Double?, costs: [String]) {
    var limit: Double?
    var costs: [String] = []
    for text in texts {
      guard let bound = Bound(text), bound.name == "score" else {
        costs.append(text)
        continue
      }
      guard !bound.isFloor, let value = UnitAmount.number(bound.amount), value.isFinite else {
        throw Failure(
          "search.budget", "'\(text)' is no bound of a score, of which less is better",
          at: "--budget", remedy: "write it as 'score<=0.2'.")
      }
      limit = min(limit ?? .infinity, value)
    }
    return (limit, costs)
  }

  /// One budget a cost from `--budget NAME=LIMIT`.
  ///
  /// - Parameters:
  ///   - texts: as typed.
  ///   - costs: name and unit of each cost; nil where the unit is not known.
  ///   - largest: the largest total of a cost, for shares of it.
  /// - Returns: a bound a cost, infinite where none is set.
  /// - Throws: a ``Failure`` for a name that no cost has, or no amount.
  package static func budgets(
    _ texts: [String], costs: [(name: String, unit: String?)],
    largest: (Int) throws(Failure) -> Double
  ) throws(Failure) -> [Double] {
    var budgets = [Double](repeating: .infinity, count: costs.count)
    let names = costs.map(\.name)
    for text in texts {
      func refusal(_ notes: [String] = []) -> Failure {
        Failure(
          "search.budget", "'\(text)' is no budget", at: "--budget", notes: notes,
          remedy: "write it as weight_bits=50%, size=20KiB, latency=5ms or accuracy>=96%.")
      }
      guard let bound = Bound(text) else { throw refusal() }
      guard !bound.isFloor else {
        throw refusal(["a cost is bounded from above: \(bound.name)<=\(bound.amount)"])
      }
      // A file may have a name of its own that is short for another.
      guard
        let index = names.firstIndex(of: bound.name)
          ?? names.firstIndex(of: SearchQuantity.key(bound.name))
      else {
        throw .unknown(
          "cost", bound.name, code: "search.budget", among: names,
          listedBy: "hwsim search --help", at: "--budget")
      }
      let unit = costs[index].unit
      if let share = UnitAmount.share(bound.amount) {
        budgets[index] = min(budgets[index], share * (try largest(index)))
      } else if let value = UnitAmount.value(bound.amount, unit: unit) {
        budgets[index] = min(budgets[index], value)
      } else {
        throw refusal(["units of \(names[index]): \(UnitAmount.suffixes(of: unit)), or %"])
      }
    }
    return budgets
  }

  /// The time of `--time-limit`; nil without one.
  package static func timeLimit(_ text: String?) throws(Failure) -> Duration? {
    guard let text else { return nil }
    guard let limit = SearchQuantity.duration(text) else {
      throw Failure(
        "usage.arguments", "--time-limit '\(text)' is no time", remedy: "write 60s, 5m or 500ms.")
    }
    return limit
  }

  package static func method(_ name: String) throws(Failure) -> SearchMethod {
    guard let method = SearchMethod(rawValue: name) else {
      throw .unknown(
        "method", name, code: "search.method", among: SearchMethod.allCases.map(\.rawValue),
        listedBy: "hwsim search --help", at: "--method", showsAll: true)
    }
    return method
  }

  /// The method that solves a table; `auto` is exact.
  package static func tableMethod(_ name: String) throws(Failure) -> AllocationMethod {
    let method = try method(name)
    if let found = AllocationMethod(rawValue: method.rawValue) { return found }
    guard method == .auto else {
      throw Failure(
        "search.method", "'\(method.rawValue)' is no method for tables", at: "--method",
        notes: [
          "these are: auto, " + AllocationMethod.allCases.map(\.rawValue).joined(separator: ", ")
        ],
        remedy: "take one of them; auto is exact.")
    }
    return .exact
  }

  package static func shard(_ text: String?) throws(Failure) -> SearchShard? {
    guard let text else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1],
      let shard = SearchShard(index: index, count: count)
    else {
      throw Failure(
        "search.shard", "'\(text)' is no part of a search", at: "--shard",
        remedy: "write 1/4 for the first of four parts; at most 4096.")
    }
    return shard
  }
}

extension Failure {
  package init(_ error: SpaceError, at place: String? = nil) {
    self.init(Diagnostic(error, at: place))
  }
  package init(_ error: StudyError) { self.init(Diagnostic(error)) }

  package init(_ error: EvaluationError, model: String) {
    if case .task(let failure) = error {
      self = failure
      return
    }
    self.init(Diagnostic(error, model: model))
  }
}
