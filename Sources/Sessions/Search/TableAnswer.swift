package import Documents
import FoundationEssentials
package import Knapsack
package import QuantGraph
import Search

/// The answer of `hwsim search --table` for allocation problems that a user brings.
package struct TableAnswer: Sendable {
  /// One problem's answer.
  package struct Row: Sendable {
    package let name: String
    /// The most of each cost; empty for problems with objectives.
    let limits: [Double]
    package let outcome: Outcome
    /// Time of solving alone; the one number of a result that differs from run to run.
    package let seconds: Double
  }

  package enum Outcome: Sendable {
    case solution(AllocationSolution)
    case frontier(ParetoFrontier)
  }

  package let path: String
  package let method: AllocationMethod
  package let rows: [Row]

  /// Solves every problem of the file at `path`, in its order, on one thread.
  ///
  /// Once `isCancelled` answers true, each problem has what is found at once.
  ///
  /// - Throws: a ``Failure`` if the file or a problem has no meaning, if a problem needs more
  ///   partial allocations than are kept, or if the method needs budgets that a problem lacks.
  package init(
    path: String, bytes: [UInt8], method: AllocationMethod, seed: UInt64,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(Failure) {
    self.path = path
    self.method = method
    let table: ProblemTable
    do throws(ProblemTableError) {
      table = try ProblemTable(json: Data(bytes))
    } catch {
      throw Failure(Diagnostic(error, file: path))
    }
    var rows: [Row] = []
    for entry in table.entries {
      let start = ContinuousClock.now
      let outcome: Outcome
      do throws(AllocationError) {
        outcome = try Self.solve(
          entry, by: method, seed: seed, effort: AllocationEffort(isCancelled: isCancelled))
      } catch {
        throw Failure(Diagnostic(error, problem: "\(path): problem '\(entry.name)'"))
      }
      let (seconds, attoseconds) = (ContinuousClock.now - start).components
      rows.append(
        Row(
          name: entry.name, limits: entry.problem.budgets, outcome: outcome,
          seconds: Double(seconds) + Double(attoseconds) * 1e-18))
      progress(rows.count, table.entries.count)
    }
    self.rows = rows
  }

  private static func solve(
    _ entry: ProblemTable.Entry, by method: AllocationMethod, seed: UInt64,
    effort: AllocationEffort
  ) throws(AllocationError) -> Outcome {
    if let objectives = entry.objectives {
      let frontier = try entry.problem.frontier(
        of: objectives, by: method, seed: seed, effort: effort)
      if !frontier.points.isEmpty { return .frontier(frontier) }
      // What cannot be met, and what can be reached, is the exact method's to say.
      return .solution(try entry.problem.solution(by: .exact, effort: effort))
    }
    return .solution(try entry.problem.solution(by: method, seed: seed, effort: effort))
  }

  /// Whether every problem has a solution.
  package var isSolved: Bool { rows.allSatisfy(\.isSolved) }

  package var json: JSON { ["problems": .array(rows.map { $0.json(method) })] }

  package var table: Table {
    var table = Table([
      .text("problem", isFlexible: true), .text("status"), .number("loss"), .number("points"),
      .number("ms"), .text("why"),
    ])
    for row in rows {
      var (loss, points, why) = (Table.Cell(""), Table.Cell(""), "")
      switch row.outcome {
      case .solution(let solution):
        if row.isSolved, let allocation = solution.allocation {
          loss = .init(JSON.amount(allocation.loss).compact)
        }
        why = solution.words(row.limits)
      case .frontier(let frontier): points = .count(frontier.points.count)
      }
      table.append([
        .init(row.name), .init(row.status(method).rawValue), loss, points,
        .init(String((row.seconds * 1e5).rounded() / 100), plain: String(row.seconds * 1000)),
        .init(why),
      ])
    }
    return table
  }

  package func text(_ style: Style, all: Bool) -> String {
    let solved = rows.count(where: \.isSolved)
    let words = AllocationSolution.Status.allCases.filter { $0 == .infeasible || $0 == .unmet }
      .map { status in (status, rows.count { $0.status(method) == status }) }
      .filter { $0.1 > 0 }.map { ", \($0.1) \($0.0.rawValue)" }
    let total = rows.reduce(0) { $0 + $1.seconds }
    let summary =
      "\(Quantity.count(rows.count, "problem")): \(solved) solved" + words.joined()
      + (method != .exact
        ? ", method \(method.rawValue)" : rows.allSatisfy(\.isProved) ? ", proven" : ", stopped")
    return Heading.line(path, summary, right: "\((total * 1000).rounded() / 1000) s", style: style)
      + table.render(limit: all ? nil : 20, style: style)
  }
}

extension AllocationSolution {
  /// What a budget or another method says of it; empty for a proven optimum.
  ///
  /// - Parameter limits: the problem's, one a cost.
  /// - Returns: a clause.
  fileprivate func words(_ limits: [Double]) -> String {
    switch status {
    case .optimal: return ""
    case .infeasible:
      guard let infeasibility, let budget = infeasibility.budget else {
        return "budgets fail together"
      }
      let smallest = JSON.amount(infeasibility.reachableMinimum[budget]).compact
      return "cost \(budget): limit \(JSON.amount(limits[budget]).compact), smallest \(smallest)"
    case .feasible, .unmet:
      if let lowerBound { return "stopped; none is below \(JSON.amount(lowerBound).compact)" }
      guard let optimum else { return "" }
      return "exact: \(JSON.amount(optimum.loss).compact)"
    }
  }
}

extension TableAnswer.Row {
  /// Whether an exact method came to its end.
  fileprivate var isProved: Bool {
    switch outcome {
    case .solution(let solution): solution.status == .optimal || solution.status == .infeasible
    case .frontier(let frontier): frontier.isComplete
    }
  }

  fileprivate var isSolved: Bool {
    switch outcome {
    case .solution(let solution): solution.meetsBudgets
    case .frontier: true
    }
  }

  fileprivate func status(_ method: AllocationMethod) -> AllocationSolution.Status {
    switch outcome {
    case .solution(let solution): solution.status
    case .frontier(let frontier):
      method == .exact && frontier.isComplete ? .optimal : .feasible
    }
  }

  fileprivate func json(_ method: AllocationMethod) -> JSON {
    var objective = JSON.null
    var choice = JSON.null
    var budget = JSON.null
    var minimum = JSON.null
    var frontier = JSON.null
    var optimum = JSON.null
    var bound = JSON.null
    switch outcome {
    case .solution(let solution):
      if let allocation = solution.allocation {
        objective = .amount(allocation.loss)
        choice = .integers(allocation.choice)
      }
      if let found = solution.optimum { optimum = .amount(found.loss) }
      if let found = solution.lowerBound { bound = .amount(found) }
      if let infeasibility = solution.infeasibility {
        budget = .optional(infeasibility.budget)
        minimum = .array(infeasibility.reachableMinimum.map(JSON.amount))
      }
    case .frontier(let found):
      frontier = .array(found.points.map { .array($0.values.map(JSON.amount)) })
    }
    let status = status(method)
    return [
      "name": .string(name), "status": .string(status.rawValue), "objective": objective,
      "choice": choice, "infeasible_budget": budget, "reachable_minimum": minimum,
      "frontier": frontier, "seconds": .number(seconds), "method": .string(method.rawValue),
      "proved": .bool(status == .optimal || status == .infeasible), "optimum": optimum,
      "lower_bound": bound,
    ]
  }
}
