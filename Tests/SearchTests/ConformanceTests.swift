import FoundationEssentials
import Knapsack
import Search
import Testing

/// Recorded optima and frontiers: HiGHS 1.15.1 with zero gap, CBC and exhaustive enumeration, from
/// `conformance/search` beside the checkout (its SEARCH.md says how they were made).
@Suite("Recorded problems", .enabled(if: Recorded.isPresent, "../shared is absent"))
struct ConformanceTests {
  @Test func knapsacks() throws {
    let answers = try Recorded.answers([KnapsackAnswer].self, "mckp.json")
    let entries = try Recorded.table("mckp.json").entries
    #expect(entries.map(\.name) == answers.map(\.id))
    for (entry, answer) in zip(entries, answers) {
      switch try entry.problem.optimum() {
      case .optimal(let allocation):
        #expect(answer.status == "optimal", "\(answer.id)")
        #expect(allocation.loss == answer.objective, "\(answer.id)")
        #expect(entry.problem.meetsBudgets(allocation.choice), "\(answer.id)")
        #expect(entry.problem.respectsTies(allocation.choice), "\(answer.id)")
      case .infeasible(let infeasibility):
        #expect(answer.status == "infeasible", "\(answer.id)")
        // The generator makes a budget one less than its minimum.
        let budget = try #require(infeasibility.budget, "\(answer.id)")
        #expect(
          infeasibility.reachableMinimum[budget] == entry.problem.budgets[budget] + 1,
          "\(answer.id)")
      }
    }
  }

  @Test func frontiers() throws {
    let answers = try Recorded.answers([FrontierAnswer].self, "pareto.json")
    let entries = try Recorded.table("pareto.json").entries
    #expect(entries.count == answers.count)
    for (entry, answer) in zip(entries, answers) {
      let objectives = try #require(entry.objectives)
      let frontier = try entry.problem.paretoFrontier(of: objectives)
      #expect(frontier.points.map(\.values) == answer.frontier, "\(answer.id)")
    }
  }

  @Test func publishedPrograms() throws {
    let answers = try Recorded.answers(ProgramAnswers.self, "hawqv3_resnet18.json")
    let entries = try Recorded.table("hawqv3_resnet18.json").entries
    #expect(entries.count == answers.problems.count)
    for (entry, answer) in zip(entries, answers.problems) {
      guard case .optimal(let allocation) = try entry.problem.optimum() else {
        Issue.record("\(answer.id) is feasible")
        continue
      }
      #expect(abs(allocation.loss - answer.objective) < 1e-9, "\(answer.id)")
      #expect(allocation.choice.map { $0 == 0 ? 4 : 8 } == answer.bits, "\(answer.id)")
    }
  }

  /// Optima found by HiGHS 1.15.1 with zero gap (`solve_hawqv3.py`) for inputs without answers.
  @Test func programsSolvedElsewhere() throws {
    let objectives = [
      "resnet50_modelsize_0.25": 0.0749494451,
      "resnet50_modelsize_0.5": 0.0310241375,
      "resnet50_modelsize_0.75": 0.0122154135,
      "resnet50_bops_0.25": 0.1489477171,
      "resnet50_bops_0.5": 0.0564398514,
      "resnet50_bops_0.75": 0.0241053339,
      "resnet50_latency_0.25": 0.1375050724,
      "resnet50_latency_0.5": 0.0548611018,
      "resnet50_latency_0.75": 0.0226583066,
    ]
    let entries = try Recorded.table("hawqv3_resnet50_inputs.json").entries
    #expect(entries.count == objectives.count)
    for entry in entries {
      guard case .optimal(let allocation) = try entry.problem.optimum() else {
        Issue.record("\(entry.name) is feasible")
        continue
      }
      let expected = try #require(objectives[entry.name])
      #expect(abs(allocation.loss - expected) < 1e-9, "\(entry.name)")
      #expect(entry.problem.meetsBudgets(allocation.choice), "\(entry.name)")
      #expect(entry.problem.respectsTies(allocation.choice), "\(entry.name)")
    }
  }
}

private enum Recorded {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "shared/conformance/search")

  static var isPresent: Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: "mckp.json").path)
  }

  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: folder.appending(path: name))
  }

  static func table(_ name: String) throws -> ProblemTable { try ProblemTable(json: data(name)) }

  static func answers<Answer: Decodable>(_ type: Answer.Type, _ name: String) throws -> Answer {
    try JSONDecoder().decode(type, from: data(name))
  }
}

private struct KnapsackAnswer: Decodable {
  var id: String
  var status: String
  var objective: Double?
}

private struct FrontierAnswer: Decodable {
  var id: String
  var frontier: [[Double]]
}

private struct ProgramAnswers: Decodable {
  struct Problem: Decodable {
    var id: String
    var objective: Double
    var bits: [Int]
  }
  var problems: [Problem]
}
