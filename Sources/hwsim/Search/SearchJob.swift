import Arith
import Documents
import FoundationEssentials
import HWModel
import Importers
import Manual
import QuantGraph
import Schedules
import Search
import Sessions
import Synchronization

/// `hwsim search MODEL`: one search from the files to its answer.
struct SearchJob {
  private let command: SearchCommand
  private let path: String

  init(_ command: SearchCommand, model: String) {
    self.command = command
    path = model
  }

  func report(_ session: Session) throws(Failure) -> Report {
    let (goal, how) = (command.goal, command.how)
    guard how.evaluations >= 1 else {
      throw Failure(
        "usage.arguments", "--evaluations \(how.evaluations) is not positive",
        remedy: "give the number of allocations to run; --merge solves again without any.")
    }
    let method = try SearchSettings.method(how.method)
    let shard = try SearchSettings.shard(command.shard)
    let limit = try SearchSettings.timeLimit(command.how.timeLimit)
    // Weights of tiles stay: what their widths save are bit operations.
    let patches = try command.patchQuestion()
    if patches == nil, command.patches.saysMore {
      throw Failure(
        "usage.arguments", "options of patches, and the search is over none",
        remedy: "add --method quantmcu or --patch N --split-after B, or leave them out.")
    }
    let objective = try SearchSettings.objective(
      goal.objective, hasLabels: command.data.labels != nil,
      cost: patches == nil ? BitCost.weightBits.name : BitCost.bitOperations.name)
    let (quality, objectives) = (objective.quality, objective.costs)
    let source = try SensitivitySource(
      how.sensitivity, others: how.sensitivityOf, share: how.sensitivityShare,
      cache: SensitivityCacheFolder(command.cache.cache, isOff: command.cache.noCache),
      objective: objective)
    let products = try SearchProducts(
      command.write, for: command.reader, hasFolder: command.product != nil)
    let threads = command.threading.threads ?? Processors.count
    let model = try SearchModel.read(
      path: path, data: try command.data.files(target: goal.target),
      patches: patches, threads: threads)
    if model.layers.reduce(0, { $0 + 4 * $1.weightCount }) >= 32 << 20 { FreedMemory.giveBack() }
    let plain = try command.spaceOptions.choice.space(
      over: model.layers, graph: model.file.graph, defaults: model.spaceDefaults,
      sharedInputs: model.sharedInputs)
    let untied = try model.resolved(plain)
    let progress = ProgressPhases(session)
    defer { progress.finish() }
    let tasks = try coordinator(untied, model, session)
    Signals.setFarewell(
      try studyPath().map { "what was run is kept in \($0): the same command goes on from there\n" }
        ?? "nothing was kept: -o DIR or --study FILE keeps every evaluation\n")
    let runsAllHere = tasks == nil && shard == nil && goal.bounds.isEmpty
    let evaluator =
      runsAllHere && method == .auto && quality != .score
      ? try prepared(model, untied, threads: threads, progress) : model.evaluator
    let sensitivities = try source.answer(
      of: untied, model: model, threads: threads,
      tasks: tasks.map { tasks in
        TaskSensitivities(by: tasks, status: progress.status) {
          progress.update("layers measured", done: $0, of: $1)
        }
      }, kept: try earlierHeader())
    let space = sensitivities.space
    let target = try targetCosts(model, space: space)
    let (costs, tableRecords) = try self.costs(
      space: space, objectives: objectives, graph: model.file.graph, target: target)
    let scores = sensitivities.scores
    let records =
      model.records + tableRecords + sensitivities.records + (target?.records ?? [])
    let floor = try SearchSettings.floor(goal.bounds, objective: objective)
    let budgets = try self.budgets(floor.costs, costs, space: space)
    var task = SearchTask(
      space: space, quality: quality, costs: costs, objectiveCount: objectives.count,
      budgets: budgets, method: method, evaluations: how.evaluations,
      screening: how.screening ?? SearchSettings.screening(how.evaluations),
      seed: command.seeding.seed,
      shard: shard, sensitivities: scores)
    if model.tiles != nil, [.quantMCU, .auto].contains(method) {
      task.patches = try model.patchPrecision(command.patches.options())
    }
    task.deficitLimit = floor.deficit
    let header = StudyHeader(
      space: space, operators: model.operators, costs: costs, sensitivities: scores,
      settings: try settings(
        records, objective: objective, metric: sensitivities.name, target: target,
        datapath: model.datapath, tiles: model.tiles),
      notes: model.notes + sensitivities.notes + (target?.notes ?? []),
      inputRanges: model.inputRanges)
    let study = try openStudy(header)
    var outcome: SearchOutcome?
    var infeasible: SearchInfeasibility?
    let deadline = limit.map { ContinuousClock.now + $0 }
    do throws(SearchError) {
      outcome = try task.run(
        evaluator: tasks.map {
          TaskEvaluator(untied, .evaluation, by: $0, status: progress.status)
        } ?? evaluator,
        screener: tasks.map {
          TaskEvaluator(untied, .screening, by: $0, status: progress.status)
        } ?? model.screener, study: study, threads: threads,
        isCancelled: { deadline.map { ContinuousClock.now >= $0 } ?? false }
      ) { phase, done, total in
        progress.update(phase, done: done, of: total)
      }
    } catch {
      guard case .infeasible(let budget, let minimum, let isProved) = error else {
        throw failure(error)
      }
      infeasible = SearchInfeasibility(
        budget: budget, reachableMinimum: minimum, isProved: isProved, budgets: budgets)
    }
    progress.finish()
    var answer = SearchAnswer(
      header: header, space: space, objective: objective, objectiveCount: objectives.count,
      outcome: outcome, infeasible: infeasible, metric: sensitivities.name, method: method.rawValue,
      seed: command.seeding.seed, spaceName: command.spaceOptions.space,
      floor: floor.text, modelDigest: try model.file.record.record()["sha256"]?.text, costs: costs,
      notes: header.notes ?? [], ranges: { model.usedRange(layer: $0, $1) })
    if let folder = command.product, products.allocations {
      try SearchFiles(folder: folder).create()
      answer.qonnx = try QONNXFiles(command.qonnx, answer, of: model, folder: folder)
    }
    if let tiles = model.tiles {
      answer.patches = try PatchAnswer(
        tiles, of: model, precision: task.patches, space: space, points: answer.points,
        evaluations: answer.evaluations, device: try target?.choice.device())
    }
    let written = answer
    var warnings = model.warnings + sensitivities.warnings
    if outcome?.wasStopped == true {
      warnings.append(
        Diagnostic(
          code: "search.time-limit", message: "the time limit ended the search early",
          location: nil,
          remedy: study == nil
            ? "give --study FILE to go on later." : "the same command goes on where it ended."))
    }
    let report = Report(
      schema: "search",
      arguments: arguments(objective: objective, sensitivity: source.text, task: task),
      inputs: records, target: target?.choice.record ?? .null, warnings: warnings,
      result: written.json,
      status: written.hasAnswer ? .yes : .no, table: written.table,
      text: { [command] style in
        written.text(
          style, all: command.tableForm.all, folder: command.product,
          hasAllocations: products.allocations, model: path)
      })
    if let folder = command.product {
      let files = SearchFiles(folder: folder)
      try files.write(
        written, report, products: products, documents: { model.documents(of: $0) })
      try files.write(try sensitivityDocument(written, costs: costs), to: "sensitivity.json")
    }
    return report
  }

  /// The model's evaluator, with the uniform allocations run that a search evaluates in any case.
  ///
  /// First numbers are there before the long preparations. A search that was begun before has its own.
  private func prepared(
    _ model: any SearchSubject, _ space: SearchSpace, threads: Int, _ progress: ProgressPhases
  ) throws(Failure) -> any Evaluator {
    guard SearchTask.includesUniform(command.how.evaluations), try earlierHeader() == nil else {
      return model.evaluator
    }
    let allocations = space.uniformChoices.map { space.formats(of: $0.choice) }
    do throws(EvaluationError) {
      return try PreparedEvaluator(model.evaluator, running: allocations, threads: threads) {
        progress.update("uniform allocations", done: $0, of: allocations.count)
      }
    } catch {
      throw Failure(error, model: path)
    }
  }

  /// The sensitivities of the search as a file of scores, to be solved again for other budgets.
  private func sensitivityDocument(
    _ answer: SearchAnswer, costs: [any CostModel]
  ) throws(Failure) -> JSON {
    do throws(ScoreFileProblems) {
      return try ScoreFile(
        space: answer.space, scores: answer.header.sensitivities, costs: costs,
        metric: answer.metric, modelDigest: answer.modelDigest
      ).document
    } catch {
      throw Failure(error.problems.map { Diagnostic($0, file: "sensitivity.json") })
    }
  }

  /// A device and what the network costs on it.
  private struct Target {
    let choice: TargetChoice
    let costs: [any CostModel]
    /// What a reader of the costs must know.
    let notes: [String]

    var records: [InputRecord] {
      choice.path.map { [InputRecord(role: "target", path: $0, kind: "target")] } ?? []
    }
  }

  private func targetCosts(
    _ model: any SearchSubject, space: SearchSpace
  ) throws(Failure) -> Target? {
    guard let name = command.goal.target else {
      guard let first = command.goal.option.first else { return nil }
      throw Failure(
        "usage.arguments", "--option \(first) says something of a device", at: "--option",
        remedy: "add --target ID.")
    }
    let choice = try TargetChoice(name)
    let device = try choice.device()
    var workload = model.workload
    workload.options.merge(try WorkloadOptions.read(command.goal.option, for: [choice])) { $1 }
    do throws(CostError) {
      let costs = try DeviceCosts(
        device, workload: workload, layers: space.layers, choices: model.choices)
      if model.hasFreeFormats { try costs.check(space) }
      return Target(choice: choice, costs: costs.models, notes: costs.notes(space))
    } catch {
      throw Failure(error, file: path)
    }
  }

  /// An objective or budget that names what the target lacks.
  private func checkKnown(
    _ objectives: [String], target: Target?, among available: [any CostModel]
  ) throws(Failure) {
    let budgets = command.goal.bounds.compactMap {
      SearchSettings.boundName($0).map(SearchQuantity.key)
    }
    for (key, place) in objectives.map({ ($0, "--objective") })
      + budgets.map({ ($0, "--budget") })
    where DeviceFamilies.current.quantities.contains(where: { $0.key == key })
      && !available.contains(where: { $0.name == key })
    {
      let code = place == "--objective" ? "search.objective" : "search.budget"
      guard let target else {
        throw Failure(
          code, "'\(key)' needs a device", at: place,
          remedy: "add --target ID (hwsim targets lists them), or a --cost-table.")
      }
      throw Failure(
        code, "target '\(target.choice.description.id)' has no '\(key)'", at: place,
        notes: ["it has: \(target.costs.map(\.name).joined(separator: ", "))"],
        remedy: "take one of these, or another target.")
    }
  }

  private func costs(
    space: SearchSpace, objectives: [String], graph: Graph, target: Target?
  ) throws(Failure) -> ([any CostModel], [InputRecord]) {
    var available: [any CostModel] = BitCost.allCases
    if let target { available += target.costs }
    var records: [InputRecord] = []
    for path in command.goal.costTable {
      let bytes = try [UInt8](file: path)
      do throws(CostError) {
        var table = try CostTable(json: Data(bytes)).checked(in: space)
        table.neighbours = graph.neighbours(among: space.layers)
        guard !available.contains(where: { $0.name == table.name }) else {
          throw .malformed(path: "name", reason: "'\(table.name)' is known already")
        }
        available.append(table)
      } catch {
        throw Failure(error, file: path)
      }
      records.append(InputRecord(role: "cost-table", path: path, kind: "json"))
    }
    try checkKnown(objectives, target: target, among: available)
    return (try SearchSettings.ordered(available, objectives: objectives), records)
  }

  private func budgets(
    _ texts: [String], _ costs: [any CostModel], space: SearchSpace
  ) throws(Failure) -> [Double] {
    try SearchSettings.budgets(
      texts, costs: costs.map { ($0.name, $0.unit) }
    ) { (index) throws(Failure) in
      do throws(CostError) {
        return try costs[index].largest(in: space)
      } catch {
        throw Failure(error, file: path)
      }
    }
  }

  /// What a study depends on, under the flags' names.
  private func settings(
    _ records: [InputRecord], objective: SearchObjective, metric: String, target: Target?,
    datapath: String?, tiles: ModelFile.Tiles?
  ) throws(Failure) -> [String: String] {
    var settings: [String: String] = [
      "objective": objective.text,
      "method": command.how.method, "seed": String(command.seeding.seed),
      "sensitivity": metric,
      "space": command.spaceOptions.space, "shard": command.shard ?? "1/1",
      "hwsim": ResultVersion.tool,
    ]
    if let datapath { settings["datapath"] = datapath }
    for (key, rule) in [
      ("weight-scale", command.data.weightScale),
      ("activation-scale", command.data.activationScale),
    ] where rule != ScaleSearch.maxAbs.name {
      settings[key] = rule
    }
    if let tiles {
      settings["patch"] = String(tiles.tiling.grid)
      settings["split-after"] = String(tiles.splitAfter)
      settings.merge(try command.patches.options().settings) { $1 }
    }
    if !command.how.sensitivityOf.isEmpty {
      settings["sensitivity-share"] = String(command.how.sensitivityShare)
    }
    settings.merge(try TaskWork.sums(records)) { $1 }
    if !command.goal.option.isEmpty {
      settings["option"] = command.goal.option.sorted().joined(separator: " ")
    }
    if let target {
      settings["target"] =
        "\(target.choice.description.id) \(target.choice.record["sha256"]?.text ?? "")"
    }
    return settings
  }

  /// Where the study is; nil where none is kept.
  private func studyPath() throws(Failure) -> String? {
    if let path = command.study { return path }
    guard let folder = command.product else { return nil }
    try SearchFiles(folder: folder).create()
    return folder + "/study.jsonl"
  }

  /// Gives evaluations out as tasks; nil where they run here.
  private func coordinator(
    _ space: SearchSpace, _ model: any SearchSubject, _ session: Session
  ) throws(Failure) -> TaskCoordinator? {
    guard let settings = try command.execution.settings() else { return nil }
    guard let study = try studyPath() else {
      throw Failure(
        "usage.arguments", "--executor needs a place that all machines see", at: "--executor",
        remedy: "give -o DIR or --study FILE.")
    }
    let directory = FileManager.default.currentDirectoryPath
    let path = study.hasPrefix("/") ? study : directory + "/" + study
    let header = StudyHeader(
      space: space, operators: model.operators, costs: [],
      sensitivities: space.candidates.map { $0.map { _ in 0 } },
      settings: try TaskWork.sums(model.records))
    do throws(StudyError) {
      return try TaskCoordinator(
        folder: path + ".tasks",
        job: TaskJob(
          build: TaskJob.thisBuild, directory: directory, arguments: session.words,
          header: header), settings: settings)
    } catch {
      throw Failure(error)
    }
  }

  /// What the study begins with; nil where it is new.
  private func earlierHeader() throws(Failure) -> StudyHeader? {
    guard let path = try studyPath() else { return nil }
    do throws(StudyError) {
      return try Study.header(at: path)
    } catch {
      throw Failure(error)
    }
  }

  private func openStudy(_ header: StudyHeader) throws(Failure) -> Study? {
    guard let path = try studyPath() else { return nil }
    do throws(StudyError) {
      return try Study(path: path, header: header)
    } catch {
      throw Failure(error)
    }
  }

  private func failure(_ error: SearchError) -> Failure {
    switch error {
    case .evaluation(let error): Failure(error, model: path)
    case .study(let error): Failure(error)
    case .cost(let error): Failure(error, file: nil)
    case .allocation(let error): Failure(Diagnostic(error, problem: path))
    case .infeasible:
      Failure("search.unsupported", "no allocation meets the budgets", at: path)
    }
  }

  private func arguments(
    objective: SearchObjective, sensitivity: String, task: SearchTask
  ) -> JSON {
    let options = command.spaceOptions
    return [
      "objective": .string(objective.text),
      "bits": .optional(options.bits), "formats": .optional(options.formats),
      "candidates": .optional(options.candidates), "space": .string(options.space),
      "ties": .optional(options.ties), "fix": .strings(options.fix),
      "datapath": .optional(command.data.datapath),
      "path": .optional(command.data.cores.path),
      "operands": .optional(command.data.cores.operands),
      "accumulator": .optional(command.data.cores.accumulator),
      "weight-scale": .string(command.data.weightScale),
      "activation-scale": .string(command.data.activationScale),
      "restrict": .strings(options.restrict), "exclude": .strings(options.exclude),
      "budget": .strings(command.goal.budget), "limit": .strings(command.goal.limit),
      "patch": .optional(command.patches.patch),
      "split-after": .optional(command.patches.splitAfter),
      "target": .optional(command.goal.target),
      "method": .string(task.method.rawValue),
      "sensitivity": .string(sensitivity), "sensitivity-of": .strings(command.how.sensitivityOf),
      "sensitivity-share": .number(command.how.sensitivityShare),
      "evaluations": .integer(task.evaluations),
      "screening": .integer(task.screening), "shard": .optional(command.shard),
      "seed": .integer(Int(clamping: command.seeding.seed)),
    ]
  }
}

/// One progress line a phase of a search.
final class ProgressPhases: Sendable {
  private struct State {
    var phase = ""
    var line: ProgressLine?
    var note = ""
    var last = (done: 0, total: 0)
  }

  private let session: Session
  private let state = Mutex(State())

  init(_ session: Session) { self.session = session }

  func update(_ phase: String, done: Int, of total: Int) {
    state.withLock { state in
      if phase != state.phase {
        state.line?.finish()
        state.line = session.progress(phase)
        state.phase = phase
      }
      state.last = (done, total)
      state.line?.note(state.note)
      state.line?.update(done: done, of: total)
    }
  }

  /// What of an executor's tasks runs, and what waits.
  func status(_ status: TaskCoordinator.Status) {
    state.withLock { state in
      state.note =
        "\(Quantity.count(status.running)) running, \(Quantity.count(status.queued)) queued"
      state.line?.note(state.note)
      state.line?.update(done: state.last.done, of: state.last.total)
    }
  }

  func finish() { state.withLock { $0.line?.finish() } }
}
