import Documents
import QuantGraph

/// What all tasks of a search need: `job.json` in the folder of its tasks.
package struct TaskJob: Codable, Sendable {
  static let schemaName = "hwsim.job/1"

  let schema: String
  /// Version of the program; a task of another one refuses.
  package let tool: String
  /// Sum of the program that wrote it, where it could be read.
  package let build: String?
  /// Where relative paths begin.
  package let directory: String
  /// The search's own command line, its settings from files among it.
  package let arguments: [String]
  /// Layers, candidates, settings and sums of the inputs; a task on other files refuses.
  package let header: StudyHeader

  package init(
    build: String?, directory: String, arguments: [String], header: StudyHeader
  ) {
    schema = Self.schemaName
    tool = ResultVersion.tool
    self.build = build
    self.directory = directory
    self.arguments = arguments
    self.header = header
  }

  /// The job of the batch in `folder`.
  package init(ofBatch folder: String) throws(StudyError) {
    self = try StudyFiles.document(TaskJob.self, at: TaskPaths.parent(of: folder) + "/job.json")
  }
}

/// Tasks that are given to a scheduler at once: `batch.json` in a folder of their own.
package struct TaskBatch: Codable, Sendable {
  /// What is measured.
  package enum Work: Codable, Sendable, Hashable {
    /// Allocations on the samples that decide.
    case evaluation
    /// Allocations on the calibration samples.
    case screening
    /// Layers by a metric, each item one layer's index.
    case sensitivity(metric: SensitivityMetric)
  }

  static let schemaName = "hwsim.batch/1"

  let schema: String
  package let work: Work
  /// Seconds between signs of life.
  package let beat: Double
  /// Seconds that a task is meant to take; who has them left helps with other tasks.
  let seconds: Double
  /// The most tasks that were seen to run at once, for a search that goes on.
  let running: Int
  /// What each task does: choices, or layers.
  package let tasks: [[[Int]]]

  init(work: Work, beat: Double, seconds: Double, running: Int = 1, tasks: [[[Int]]]) {
    schema = Self.schemaName
    self.work = work
    self.beat = beat
    self.seconds = seconds
    self.running = running
    self.tasks = tasks
  }

  package init(folder: String) throws(StudyError) {
    self = try StudyFiles.document(TaskBatch.self, at: folder + "/batch.json")
  }
}

/// What a task found for one item.
package struct TaskItem: Codable, Sendable {
  package let item: [Int]
  /// Of an allocation.
  package var correct: Int?
  package var samples: Int?
  package var loss: Double?
  /// Of a layer: one number a candidate.
  package var values: [Double]?
  /// What it took.
  package let seconds: Double

  package init(_ choice: [Int], _ quality: Quality, seconds: Double) {
    item = choice
    (correct, samples, loss) = (quality.correct, quality.samples, quality.loss)
    self.seconds = seconds
  }

  package init(layer: Int, values: [Double], seconds: Double) {
    item = [layer]
    self.values = values
    self.seconds = seconds
  }

  /// Whether it says what was asked for.
  func fits(_ work: TaskBatch.Work) -> Bool {
    switch work {
    case .evaluation, .screening: quality != nil
    case .sensitivity: values != nil && item.count == 1
    }
  }

  var quality: Quality? {
    guard let samples, let loss, samples > 0, (0...samples).contains(correct ?? 0) else {
      return nil
    }
    return Quality(correct: correct, samples: samples, loss: loss)
  }
}

/// Why a task could not do its work: `K.failed` beside the batch.
struct TaskFailure: Codable {
  struct Problem: Codable {
    let code: String
    let message: String
    let location: String?
    let notes: [String]
    let remedy: String?
  }

  let problems: [Problem]

  init(_ failure: Failure) {
    problems = failure.problems.map {
      Problem(
        code: $0.code, message: $0.message, location: $0.location, notes: $0.notes,
        remedy: $0.remedy)
    }
  }

  var failure: Failure? {
    guard !problems.isEmpty else { return nil }
    return Failure(
      problems.map {
        Diagnostic(
          code: $0.code, message: $0.message, location: $0.location, notes: $0.notes,
          remedy: $0.remedy)
      })
  }
}

/// Names of files in the folder of a batch.
struct TaskPaths {
  let folder: String

  static func parent(of folder: String) -> String {
    let parts = folder.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let parent = parts.joined(separator: "/")
    return parent.isEmpty ? (folder.hasPrefix("/") ? "/" : ".") : parent
  }

  var batch: String { folder + "/batch.json" }
  /// Nothing that has not begun shall begin.
  var closed: String { folder + "/closed" }
  var script: String { folder + "/task.sh" }
  var log: String { folder + "/submit.log" }
  func claim(_ task: Int) -> String { "\(folder)/\(task).claim" }
  /// What is done so far, one line an item.
  func part(_ task: Int) -> String { "\(folder)/\(task).part" }
  func result(_ task: Int) -> String { "\(folder)/\(task).result" }
  func failed(_ task: Int) -> String { "\(folder)/\(task).failed" }
  /// The search gave the task up.
  func dead(_ task: Int) -> String { "\(folder)/\(task).dead" }
}
