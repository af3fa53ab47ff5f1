import ArgumentParser
import Documents
import Glibc
import Manual
import QuantGraph
import Search
import Sessions

/// Who runs the evaluations of a search.
struct ExecutorOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init(
      "Who runs evaluations: local, slurm, or a command that runs tasks and waits for them, such as "
        + "'parallel -q -j 8 {task} ::: $(seq 0 {last})'. Needs -o or --study on files that all machines "
        + "see; never changes a result.", valueName: "local|slurm|COMMAND"))
  var executor = "local"

  @Option(
    parsing: .unconditional,
    help: .init("What --executor slurm gives sbatch besides.", valueName: "OPTIONS"))
  var executorOptions: String?

  @Option(help: .init("How often a task that was lost is given out again.", valueName: "N"))
  var retries = 2

  @Option(help: .init("What a task is meant to take.", valueName: "SECONDS"))
  var taskSeconds = 60.0

  @Option(
    help: .init(
      "How often tasks give a sign of life; who is silent for 12 times that is lost.",
      valueName: "SECONDS"))
  var heartbeat = 5.0

  @Option(
    help: .init("Do a task of another search; its executor says this.", valueName: "FOLDER"),
    completion: .directory)
  var task: String?

  @Option(help: .init("The number of the --task, from 0.", valueName: "N"))
  var index: Int?

  func validate() throws {
    guard (0...1000).contains(retries) else {
      throw ValidationError("--retries \(retries) is outside 0 to 1000.")
    }
    guard taskSeconds > 0, taskSeconds <= 1e6 else {
      throw ValidationError("--task-seconds \(taskSeconds) is outside 0 to 1,000,000.")
    }
    guard (0.05...600).contains(heartbeat) else {
      throw ValidationError("--heartbeat \(heartbeat) is outside 0.05 to 600.")
    }
    guard (task == nil) == (index == nil) else {
      throw ValidationError("--task FOLDER and --index N go together.")
    }
  }

  /// The settings of a command; nil for this machine.
  func settings() throws(Failure) -> ExecutorSettings? {
    guard executor != "local" else {
      if executorOptions != nil {
        throw Failure(
          "usage.arguments", "--executor-options goes with --executor slurm",
          remedy: "add --executor slurm.")
      }
      return nil
    }
    guard let tool = programPath() else {
      throw Failure(
        "search.executor", "the path of this program is unknown", at: "/proc/self/exe",
        remedy: "run it where /proc is mounted.")
    }
    return ExecutorSettings(
      template: try ExecutorTemplate(executor, options: executorOptions), retries: retries,
      taskSeconds: taskSeconds, beat: heartbeat, tool: tool)
  }

  private func programPath() -> String? {
    guard let pointer = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}

/// `hwsim search --task FOLDER --index N`: a part of another search.
struct TaskRun {
  let folder: String
  let index: Int

  func report() throws(Failure) -> Report {
    let worker = try TaskWorker(folder: folder, index: index)
    let measured = try TaskWork.run(worker, threads: Self.threads(worker.job)) {
      () throws(Failure) in
      try Self.model(of: worker.job)
    }
    let text =
      measured.map { "task \(index): \(Quantity.count($0, "item")) measured\n" }
      ?? "task \(index): nothing to do\n"
    return Report(
      schema: "task", arguments: ["task": .string(folder), "index": .integer(index)], inputs: [],
      result: ["measured": .optional(measured)], status: .yes, table: nil
    ) { _ in text }
  }

  private static func command(of job: TaskJob) throws(Failure) -> SearchCommand {
    do {
      return try SearchCommand.parse(job.arguments)
    } catch {
      throw Failure(
        "search.task-mismatch", "the search's command line is not understood here", at: "job.json",
        notes: [SearchCommand.message(for: error)],
        remedy: "give all machines the same program.")
    }
  }

  /// What the search says, else what the scheduler gives the task, else all cores.
  private static func threads(_ job: TaskJob) throws(Failure) -> Int {
    if let threads = try command(of: job).threading.threads { return threads }
    for name in ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NCPUS"] {
      if let count = environment(name).flatMap(Int.init), (1...1024).contains(count) {
        return count
      }
    }
    return Processors.count
  }

  private static func model(of job: TaskJob) throws(Failure) -> any SearchSubject {
    let command = try command(of: job)
    guard chdir(job.directory) == 0 else {
      throw Failure(
        "file.unreadable", "the folder of the search is not here", at: job.directory,
        remedy: "run tasks where the search's folder is mounted under the same path.")
    }
    guard let path = command.model else {
      throw Failure("search.task-mismatch", "the search has no model", at: "job.json")
    }
    return try SearchModel.read(
      path: path, data: try command.data.files(target: command.goal.target),
      patches: try command.patchQuestion(), threads: try threads(job))
  }
}
