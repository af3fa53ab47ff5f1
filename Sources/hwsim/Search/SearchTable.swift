import Documents
import Importers
import Knapsack
import Manual
import QuantGraph
import Search
import Sessions

/// `hwsim search --table FILE`: problems or scores that a user brings, solved without a network.
struct SearchTable {
  private let command: SearchCommand
  private let path: String
  /// The transformer whose shapes give the costs; nil where the file has them.
  private let transformer: TransformerFile?

  init(_ command: SearchCommand, path: String, transformer: TransformerFile? = nil) {
    self.command = command
    self.path = path
    self.transformer = transformer
  }

  func report(_ session: Session) throws(Failure) -> Report {
    let bytes = try [UInt8](file: path)
    let method = try SearchSettings.tableMethod(command.how.method)
    let products = try SearchProducts(
      command.write, for: command.reader, hasFolder: command.product != nil)
    let isScores = try isScoreFile(bytes)
    if transformer != nil, !isScores {
      throw Failure(
        "usage.arguments", "--sensitivity of a configuration is a file of scores", at: path,
        remedy: "hwsim schema scores describes it.")
    }
    try refuseOptions()
    return isScores
      ? try report(scores: bytes, method: method, products: products, session)
      : try report(problems: bytes, method: method, session)
  }

  /// Files of scores say their schema; tables of problems have none.
  ///
  /// - Throws: a ``Failure`` for a text that is no JSON, with its place.
  private func isScoreFile(_ bytes: [UInt8]) throws(Failure) -> Bool {
    do throws(JSONSyntaxError) {
      return try JSON(parsing: bytes)["schema"]?.text?.hasPrefix("hwsim.scores/") ?? false
    } catch {
      throw Failure(
        "allocation.table", error.reason, at: "\(path):\(error.line):\(error.column)",
        remedy: "write numbers as RFC 8259 has them; a score that is missing or no number is null, "
          + "\"nan\" or \"inf\".")
    }
  }

  /// Refuses what a network alone can use.
  private func refuseOptions() throws(Failure) {
    let (space, data) = (command.spaceOptions, command.data)
    let (goal, how) = (command.goal, command.how)
    let given: [(option: String, isGiven: Bool)] = [
      ("--bits", space.bits != nil), ("--formats", space.formats != nil),
      ("--candidates", space.candidates != nil), ("--space", space.space != "wa_same"),
      ("--ties", space.ties != nil && transformer == nil), ("--fix", !space.fix.isEmpty),
      ("--restrict", !space.restrict.isEmpty), ("--exclude", !space.exclude.isEmpty),
      ("--inputs", data.inputs != nil), ("--labels", data.labels != nil),
      ("--calibration", data.calibration != nil),
      ("--calibration-labels", data.calibrationLabels != nil), ("--datapath", data.datapath != nil),
      ("--executor", command.execution.executor != "local"), ("--study", command.study != nil),
      ("--shard", command.shard != nil),
      ("--cost-table", !goal.costTable.isEmpty), ("--screening", how.screening != nil),
      ("--sensitivity", how.sensitivity != nil && transformer == nil),
      ("--sensitivity-of", !how.sensitivityOf.isEmpty),
    ]
    let refused = given.filter(\.isGiven).map(\.option)
    guard refused.isEmpty else {
      throw Failure(
        "usage.arguments", "\(refused.joined(separator: ", ")) would change nothing here", at: path,
        notes: ["a table is solved as it stands; no network is run"],
        remedy: "leave it out; what a group may be is its formats in the file.")
    }
  }

  // MARK: Problems

  private func report(
    problems bytes: [UInt8], method: AllocationMethod, _ session: Session
  ) throws(Failure) -> Report {
    for (option, isGiven) in [
      ("--budget", !command.goal.budget.isEmpty), ("--objective", command.goal.objective != nil),
      ("--write", command.write != nil),
    ] where isGiven {
      throw Failure(
        "usage.arguments", "\(option) goes with a file of scores", at: path,
        remedy: "budgets and objectives of problems stand in their file.")
    }
    let progress = session.progress("problems")
    defer { progress.finish() }
    let stop = try Stop(command.how.timeLimit)
    let answer = try TableAnswer(
      path: path, bytes: bytes, method: method, seed: command.seeding.seed,
      isCancelled: stop.isDue, progress: progress.update(done:of:))
    let report = Report(
      schema: "search", arguments: arguments(method),
      inputs: [InputRecord(role: "table", path: path, kind: "json")], warnings: stop.warnings,
      result: answer.json, status: stop.status(answer.isSolved), table: answer.table
    ) { [command] style in answer.text(style, all: command.tableForm.all) }
    if let folder = command.product {
      let files = SearchFiles(folder: folder)
      try files.create()
      try files.write(report)
    }
    return report
  }

  // MARK: Scores

  private func report(
    scores bytes: [UInt8], method: AllocationMethod, products: SearchProducts, _ session: Session
  ) throws(Failure) -> Report {
    var file = try ScoreFile(bytes: bytes, path: path)
    let target = try command.goal.target.map { name throws(Failure) in try TargetChoice(name) }
    if target != nil, transformer == nil {
      throw Failure(
        "usage.arguments", "--target goes with a model; a file of scores has its own costs",
        at: path, remedy: "search CONFIG --sensitivity \(path), or leave --target out.")
    }
    var unscored: [String] = []
    if let transformer {
      let costs = try TransformerCosts(
        transformer, run: command.transformer.run, ties: command.spaceOptions.ties)
      unscored = costs.layers(without: file)
      file = try costs.priced(file, at: path)
      if target != nil { try transformer.checkContext(command.transformer.run.sizes) }
      if let target, let shapes = try transformer.shapes(command.transformer.run) {
        file = try TransformerDeviceCosts(
          shapes.workload, on: target, place: transformer.path
        ).adding(to: file, at: path)
      }
    }
    let objectives = try objectives(file)
    let progress = session.progress("groups")
    defer { progress.finish() }
    let stop = try Stop(command.how.timeLimit)
    let answer: ScoreAnswer
    let bounds =
      file.costNames.contains("score")
      ? (limit: nil, costs: command.goal.budget)
      : try SearchSettings.scoreLimit(command.goal.budget)
    let budgets = try budgets(bounds.costs, file)
    if let limit = bounds.limit {
      guard let cost = objectives?.first ?? (file.costNames.count == 1 ? file.costNames[0] : nil)
      else {
        throw Failure(
          "search.budget", "which cost shall be small under the bound of the score?",
          at: "--budget",
          notes: ["costs: \(file.costNames.joined(separator: ", "))"],
          remedy: "name it: --objective score,COST.")
      }
      answer = try .smallest(
        cost, withScoreUpTo: limit, path: path, file: file, budgets: budgets, method: method,
        seed: command.seeding.seed, isCancelled: stop.isDue, progress: progress.update(done:of:))
    } else {
      answer = try ScoreAnswer(
        path: path, file: file, objectives: objectives, budgets: budgets, method: method,
        seed: command.seeding.seed, isCancelled: stop.isDue, progress: progress.update(done:of:))
    }
    var records = (transformer.map { [$0.record] } ?? [])
    records.append(InputRecord(role: "table", path: path, kind: "json"))
    if let path = target?.path {
      records.append(InputRecord(role: "target", path: path, kind: "target"))
    }
    let report = Report(
      schema: "search", arguments: arguments(method), inputs: records,
      target: target?.record ?? .null, warnings: warnings(file) + stop.warnings,
      result: answer.json, status: stop.status(answer.isSolved), table: answer.table
    ) { [command] style in
      answer.text(style, all: command.tableForm.all, folder: command.product)
    }
    if let folder = command.product {
      // What is asked for but cannot be said stops before anything is written.
      let documents = try answer.documents(products, unscored: unscored)
      let files = SearchFiles(folder: folder)
      try files.create()
      for (name, document) in documents { try files.write(document, to: name) }
      try files.write(report)
    }
    return report
  }

  /// The costs of the objective, nil where none is asked for.
  private func objectives(_ file: ScoreFile) throws(Failure) -> [String]? {
    guard let text = command.goal.objective else { return nil }
    let words = SearchSettings.list(text)
    guard words.first == "score" else {
      throw Failure(
        "search.objective", "a file of scores has no quality '\(words.first ?? "")'",
        at: "--objective", remedy: "write it as --objective score,COST.")
    }
    var costs: [String] = []
    for word in words.dropFirst() {
      let name = try cost(word, of: file, at: "--objective", code: "search.objective")
      guard !costs.contains(name) else {
        throw Failure(
          "search.objective", "'\(name)' is named twice", at: "--objective",
          remedy: "name each cost once.")
      }
      costs.append(name)
    }
    return costs
  }

  private func cost(
    _ word: String, of file: ScoreFile, at place: String, code: String
  ) throws(Failure) -> String {
    for name in [word, SearchQuantity.key(word)] where file.costNames.contains(name) {
      return name
    }
    throw .unknown(
      "cost", word, code: code, among: file.costNames, listedBy: "the file", at: place)
  }

  /// Limits by cost, in the order in which costs were first named.
  private func budgets(
    _ texts: [String], _ file: ScoreFile
  ) throws(Failure) -> [(cost: String, limit: Double)] {
    let limits = try SearchSettings.budgets(
      texts, costs: file.costNames.map { ($0, SearchQuantity.unit(ofKey: $0)) }
    ) { (index) throws(Failure) in ScoreProblem.largestTotal(of: file.costNames[index], in: file) }
    var named: [String] = []
    for text in texts {
      let word = SearchSettings.boundName(text) ?? text
      let name = try cost(word, of: file, at: "--budget", code: "search.budget")
      if !named.contains(name) { named.append(name) }
    }
    return named.map { name in
      (name, limits[file.costNames.firstIndex(of: name) ?? 0])
    }
  }

  private func warnings(_ file: ScoreFile) -> [Diagnostic] {
    let found = file.notFinite
    guard !found.isEmpty else { return [] }
    let shown = found.prefix(20).map { entry in
      "'\(entry.group)': \(entry.format) is "
        + (entry.score.isNaN ? "missing or no number" : "\(entry.score)")
    }
    return [
      Diagnostic(
        code: "scores.not-finite",
        message: "\(Quantity.count(found.count, "score")) cannot be summed; "
          + "these formats are not chosen",
        location: path,
        notes: shown + (found.count > 20 ? ["and \(found.count - 20) more"] : []),
        remedy: "measure them again if they should be possible.")
    ]
  }

  private func arguments(_ method: AllocationMethod) -> JSON {
    [
      "table": .string(path), "method": .string(method.rawValue),
      "objective": .optional(command.goal.objective), "budget": .strings(command.goal.budget),
      "target": .optional(command.goal.target),
      "write": .optional(command.write), "seed": .integer(Int(clamping: command.seeding.seed)),
    ]
  }
}

/// When a table's methods end with what they have: at a time limit, or at the first Ctrl-C.
private struct Stop {
  private let deadline: ContinuousClock.Instant?

  init(_ text: String?) throws(Failure) {
    deadline = try SearchSettings.timeLimit(text).map { ContinuousClock.now + $0 }
    Signals.answerInterrupt()
  }

  var isDue: @Sendable () -> Bool {
    { [deadline] in Signals.isInterrupted || deadline.map { ContinuousClock.now >= $0 } ?? false }
  }

  /// What has ended the methods, if they were ended.
  var warnings: [Diagnostic] {
    guard isDue() else { return [] }
    return [
      Diagnostic(
        code: "search.time-limit",
        message: (Signals.isInterrupted ? "Ctrl-C" : "the time limit") + " ended the search early",
        location: nil, remedy: "the best so far is given; more time may find a better one.")
    ]
  }

  func status(_ isSolved: Bool) -> ExitStatus {
    Signals.isInterrupted ? .interrupted : isSolved ? .yes : .no
  }
}
