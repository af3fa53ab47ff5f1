package import Documents
package import QuantGraph

/// What `hwsim search --table` found, read back from its document.
package struct SolvedProblems: Sendable {
  package struct Problem: Sendable {
    package let name: String
    /// `optimal`, `infeasible`, `feasible` or `unmet`.
    package let status: String
    /// Smallest loss; nil for frontiers and infeasible problems.
    package let objective: Double?
    package let options: Int?
    /// Points of the frontier, or nil.
    package let frontierCount: Int?
    package let infeasibleBudget: Int?
    package let reachableMinimum: String?
    package let seconds: Double?

    /// Whether an allocation or a frontier meets the budgets.
    package var isSolved: Bool { ["optimal", "feasible"].contains(status) }
  }

  package let problems: [Problem]

  /// Whether a result of kind search is one of these.
  package static func describes(_ result: ResultField) throws(Failure) -> Bool {
    try result.optional("problems") != nil
  }

  /// - Throws: `report.result` where the document is not what `hwsim.search/1` says.
  package init(_ result: ResultField) throws(Failure) {
    var problems: [Problem] = []
    for field in try result.required("problems").elements() {
      let name = try field.required("name").text()
      let status = try field.required("status")
      let word = try status.text()
      guard ["optimal", "infeasible", "feasible", "unmet"].contains(word) else {
        throw status.problem("'\(word.prefix(40))' is no status")
      }
      let objective = try field.number("objective")
      let choice = try field.optional("choice")?.elements().count
      let frontier = try field.optional("frontier")?.elements().count
      let budget = try field.integer("infeasible_budget")
      let minimum = try field.optional("reachable_minimum")?.value.compact
      problems.append(
        Problem(
          name: name, status: word, objective: objective, options: choice,
          frontierCount: frontier, infeasibleBudget: budget, reachableMinimum: minimum,
          seconds: try field.number("seconds")))
    }
    self.problems = problems
  }

  package var table: Table {
    let time = Measure(name: "seconds")
    var table = Table([
      .text("problem"), .text("status"), .number("objective"), .number("layers"),
      .number("frontier points"), .number("budget not met"), .text("reachable minimum"),
      .number("time"),
    ])
    for problem in problems {
      table.append([
        .init(problem.name),
        .init(
          problem.isSolved ? problem.status : problem.status.uppercased()),
        .init(problem.objective?.description ?? ""),
        problem.options.map(Table.Cell.count) ?? "",
        problem.frontierCount.map(Table.Cell.count) ?? "",
        problem.infeasibleBudget.map(Table.Cell.count) ?? "",
        .init(problem.reachableMinimum ?? ""),
        .init(time.text(problem.seconds), plain: problem.seconds?.description),
      ])
    }
    return table
  }
}
