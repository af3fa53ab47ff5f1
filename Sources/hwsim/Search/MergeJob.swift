import Documents
import Importers
import Manual
import QuantGraph
import Search
import Sessions

/// `hwsim search --merge STUDY...`: evaluations that were made elsewhere, solved again.
struct MergeJob {
  private let command: SearchCommand

  init(_ command: SearchCommand) { self.command = command }

  func report() throws(Failure) -> Report {
    let products = try SearchProducts(
      command.write, for: command.reader, hasFolder: command.product != nil)
    let header: StudyHeader
    let evaluations: [Evaluation]
    let missing: [String]
    do throws(StudyError) {
      (header, evaluations, missing) = try Study.merged(command.merge)
    } catch {
      throw Failure(error)
    }
    let space: SearchSpace
    do throws(SpaceError) {
      space = try header.space()
    } catch {
      throw Failure(error, at: command.merge[0])
    }
    let settings = header.settings
    let hasLabels = evaluations.allSatisfy { $0.correct != nil }
    let objective = try SearchSettings.objective(
      command.goal.objective ?? settings["objective"], hasLabels: hasLabels)
    if let metric = objective.metric, metric.rawValue != settings["sensitivity"] {
      throw Failure(
        "search.objective", "the study's sensitivities are \(settings["sensitivity"] ?? "unknown")",
        at: "--objective", remedy: "write score for their sum, whatever they are.")
    }
    let (quality, objectives) = (objective.quality, objective.costs)
    let names = header.costs.map(\.name)
    var order: [Int] = []
    for key in objectives {
      guard let index = names.firstIndex(of: key) else {
        throw .unknown(
          "cost", key, code: "search.objective", among: names, listedBy: "the study's first line",
          at: "--objective")
      }
      order.append(index)
    }
    order += names.indices.filter { !order.contains($0) }
    // The objectives' costs come first everywhere.
    let arranged = evaluations.map { evaluation in
      Evaluation(
        choice: evaluation.choice, quality: evaluation.quality,
        costs: order.map { evaluation.costs[$0] })
    }
    let largest = order.indices.map { place in arranged.map { $0.costs[place] }.max() ?? 0 }
    let floor = try SearchSettings.floor(command.goal.budget, objective: objective)
    let budgets = try SearchSettings.budgets(
      floor.costs,
      costs: order.map { (names[$0], header.costs[$0].unit) }
    ) { (index) throws(Failure) in largest[index] }
    let outcome = SearchOutcome(
      evaluations: arranged, quality: quality, objectiveCount: objectives.count,
      budgets: budgets, deficitLimit: floor.deficit, configurations: space.configurationCount,
      score: quality == .score ? { header.score(of: $0) } : nil)
    var infeasible: SearchInfeasibility?
    if outcome.frontier.isEmpty, outcome.best == nil {
      let minimum = order.indices.map { place in
        arranged.map { $0.costs[place] }.min() ?? .nan
      }
      infeasible = SearchInfeasibility(
        budget: order.indices.first { minimum[$0] > budgets[$0] }, reachableMinimum: minimum,
        isProved: false, budgets: budgets)
    }
    let answer = SearchAnswer(
      header: header.arranged(order), space: space, objective: objective,
      objectiveCount: objectives.count, outcome: outcome, infeasible: infeasible,
      metric: settings["sensitivity"] ?? "", method: settings["method"] ?? "",
      seed: UInt64(settings["seed"] ?? "") ?? 0, spaceName: settings["space"] ?? "",
      floor: floor.text, modelDigest: settings["model"],
      costs: names.compactMap { BitCost(rawValue: $0) }, notes: header.notes ?? [])
    let report = Report(
      schema: "search",
      arguments: [
        "merge": .strings(command.merge),
        "objective": .string(objective.text),
        "budget": .strings(command.goal.budget),
      ],
      inputs: command.merge.map { InputRecord(role: "study", path: $0, kind: "study") },
      target: Self.target(settings["target"]), warnings: Self.warnings(missing),
      result: answer.json, status: answer.hasAnswer ? .yes : .no, table: answer.table,
      text: { [command] style in
        answer.text(
          style, all: command.tableForm.all, folder: command.product,
          hasAllocations: products.allocations, model: command.merge.joined(separator: " "))
      })
    if let folder = command.product {
      try SearchFiles(folder: folder).write(answer, report, products: products)
    }
    return report
  }

  private static func warnings(_ missing: [String]) -> [Diagnostic] {
    guard !missing.isEmpty else { return [] }
    let shown = missing.prefix(8).joined(separator: ", ")
    return [
      Diagnostic(
        code: "search.shard-missing",
        message: "\(Quantity.count(missing.count, "part")) of the search "
          + (missing.count == 1 ? "is" : "are") + " not here: \(shown)"
          + (missing.count > 8 ? ", ..." : ""),
        location: nil,
        remedy:
          "run them with --shard and name their studies too; the answer is of the parts given.")
    ]
  }

  /// The record of the device that the studies were made for, null without one.
  private static func target(_ setting: String?) -> JSON {
    let words = (setting ?? "").split(separator: " ").map(String.init)
    guard words.count == 2 else { return .null }
    return ["id": .string(words[0]), "sha256": .string(words[1])]
  }
}
