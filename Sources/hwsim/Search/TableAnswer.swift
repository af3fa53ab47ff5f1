import FoundationEssentials
import Importers
import QuantGraph
import Search

/// The answer of `hwsim search --table`: allocation problems that a user brings, solved exactly.
struct TableAnswer: Sendable {
  /// One problem's answer.
  struct Row: Sendable {
    let name: String
    let outcome: Outcome
    /// Time of solving alone; the one number of a result that differs from run to run.
    let seconds: Double
  }

  enum Outcome: Sendable {
    case optimal(Allocation)
    case frontier(ParetoFrontier)
    case infeasible(AllocationInfeasibility)
  }

  let path: String
  let rows: [Row]

  /// Solves every problem of the file at `path`, in its order, on one thread.
  ///
  /// - Throws: a ``Failure`` if the file or a problem has no meaning, or if a problem needs more
  ///   partial allocations than are kept.
  init(path: String, progress: ProgressLine) throws(Failure) {
    self.path = path
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: path)
    } catch {
      throw Failure(Diagnostic(error))
    }
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
        outcome = try Self.solve(entry)
      } catch {
        progress.finish()
        throw Failure(Diagnostic(error, problem: "\(path): problem '\(entry.name)'"))
      }
      let (seconds, attoseconds) = (ContinuousClock.now - start).components
      rows.append(
        Row(
          name: entry.name, outcome: outcome,
          seconds: Double(seconds) + Double(attoseconds) * 1e-18))
      progress.update(done: rows.count, of: table.entries.count)
    }
    progress.finish()
    self.rows = rows
  }

  private static func solve(_ entry: ProblemTable.Entry) throws(AllocationError) -> Outcome {
    if let objectives = entry.objectives {
      let frontier = try entry.problem.paretoFrontier(of: objectives)
      if !frontier.points.isEmpty { return .frontier(frontier) }
    }
    switch try entry.problem.optimum() {
    case .optimal(let allocation): return .optimal(allocation)
    case .infeasible(let infeasibility): return .infeasible(infeasibility)
    }
  }

  /// No if a problem has no solution.
  var status: ExitStatus {
    rows.contains { if case .infeasible = $0.outcome { true } else { false } } ? .no : .yes
  }

  var json: JSON { ["problems": .array(rows.map(\.json))] }

  var table: Table {
    var table = Table([
      .text("problem", isFlexible: true), .text("status"), .number("loss"), .number("points"),
      .number("ms"), .text("why"),
    ])
    for row in rows {
      var (loss, points, why) = (Table.Cell(""), Table.Cell(""), "")
      switch row.outcome {
      case .optimal(let allocation): loss = .init(JSON.amount(allocation.loss).compact)
      case .frontier(let frontier): points = .count(frontier.points.count)
      case .infeasible(let infeasibility): why = infeasibility.words
      }
      table.append([
        .init(row.name), .init(row.status), loss, points,
        .init(String((row.seconds * 1e5).rounded() / 100), plain: String(row.seconds * 1000)),
        .init(why),
      ])
    }
    return table
  }

  func text(_ style: Style, all: Bool) -> String {
    let solved = rows.count { if case .infeasible = $0.outcome { false } else { true } }
    let infeasible = rows.count - solved
    let total = rows.reduce(0) { $0 + $1.seconds }
    let summary =
      "\(Quantity.count(rows.count, "problem")): \(solved) solved"
      + (infeasible > 0 ? ", \(infeasible) infeasible" : "") + ", proven"
    return Heading.line(path, summary, right: "\((total * 1000).rounded() / 1000) s")
      + table.render(limit: all ? nil : 20, style: style)
  }
}

extension AllocationInfeasibility {
  /// Which budget cannot be met, in words.
  fileprivate var words: String {
    guard let budget else { return "budgets fail together" }
    return "budget \(budget) >= \(JSON.amount(reachableMinimum[budget]).compact)"
  }
}

extension TableAnswer.Row {
  fileprivate var status: String {
    if case .infeasible = outcome { "infeasible" } else { "optimal" }
  }

  fileprivate var json: JSON {
    var objective = JSON.null
    var choice = JSON.null
    var budget = JSON.null
    var minimum = JSON.null
    var frontier = JSON.null
    switch outcome {
    case .optimal(let allocation):
      objective = .amount(allocation.loss)
      choice = .integers(allocation.choice)
    case .frontier(let found):
      frontier = .array(found.points.map { .array($0.values.map(JSON.amount)) })
    case .infeasible(let infeasibility):
      budget = .optional(infeasibility.budget)
      minimum = .array(infeasibility.reachableMinimum.map(JSON.amount))
    }
    return [
      "name": .string(name), "status": .string(status), "objective": objective, "choice": choice,
      "infeasible_budget": budget, "reachable_minimum": minimum, "frontier": frontier,
      "seconds": .number(seconds),
    ]
  }
}

extension JSON {
  /// A number, written without a fraction where it has none.
  static func amount(_ value: Double) -> JSON {
    if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return .integer(whole) }
    return .number(value)
  }
}
