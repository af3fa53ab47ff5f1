import Importers
import TestSupport
import Testing

@Suite("Searches whose evaluations an executor runs")
struct ExecutorCommandTests {
  private static let examples = SharedData.packageRoot + "/examples/digits"

  private static func arguments(_ folder: String) -> [String] {
    [
      "search", examples + "/project", "--inputs", examples + "/input.npy", "--labels",
      examples + "/labels.npy", "--bits", "4,8", "--evaluations", "4", "--screening", "2", "-o",
      folder, "--no-cache",
    ]
  }

  @Test("files are those of the same search without one, byte for byte")
  func sameFiles() throws {
    let scratch = try TemporaryFolder()
    let here = scratch.file("here")
    let there = scratch.file("there")
    #expect(try ToolRun(arguments: Self.arguments(here)).code == 0)
    let loop = "for i in $(seq 0 {last}); do {task} $i || exit; done"
    let run = try ToolRun(
      arguments: Self.arguments(there) + ["--executor", loop, "--task-seconds", "600"])
    #expect(run.code == 0, "\(run.error)")
    for name in ["search.json", "study.jsonl", "sensitivity.json", "A.json"] {
      let expected = try [UInt8](contentsOf: here + "/" + name)
      #expect(try [UInt8](contentsOf: there + "/" + name) == expected, "\(name)")
    }
    // A task that is done has nothing left to do.
    let task = try ToolRun(
      "search", "--task", there + "/study.jsonl.tasks/000001", "--index", "0", "--json")
    #expect(task.code == 0 && task.output.contains("\"measured\": null"))
  }

  @Test("what an executor cannot do is said before anything runs")
  func refusals() throws {
    let scratch = try TemporaryFolder()
    func code(_ extra: [String]) throws -> String {
      let run = try ToolRun(arguments: Self.arguments(scratch.file("out")) + extra)
      #expect(run.code == 64)
      return run.error
    }
    #expect(try code(["--executor", "sbatch"]).contains("search.executor"))
    #expect(try code(["--executor-options", "-p x"]).contains("--executor slurm"))
    #expect(try code(["--task", "x"]).contains("--index"))
    #expect(try code(["--heartbeat", "0"]).contains("--heartbeat"))
    let none = try ToolRun("search", "--task", scratch.file("none"), "--index", "0")
    #expect(none.code != 0 && none.error.contains("batch.json"))
  }
}
