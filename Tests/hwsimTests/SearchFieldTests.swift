import Documents
import TestSupport
import Testing

/// What users' cases asked of searches: units, refusals, files that were changed by hand.
@Suite("Command line: searches as users have them")
struct SearchFieldTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ToolRun {
    try ToolRun(arguments: ["search"] + arguments, setting: .init(folder: folder.path))
  }

  private func scores(_ text: String) throws -> String {
    try folder.write(Array(text.utf8), to: "scores.json")
  }

  private static let groups = """
    {"schema": "hwsim.scores/1", "groups": [
      {"group": "fc", "formats": ["NONE", "FP8"], "scores": [0, 0.1], "costs": {"size": [16, 8]}},
      {"group": "lm_head", "formats": ["NONE", "FP8"], "scores": [0, 0.2], "costs": {"size": [160, 80]}}
    ]}
    """

  @Test("sizes in bytes are bits where a cost counts bits; a bare clock is refused")
  func units() {
    #expect(UnitAmount.value("3KiB", unit: "bit") == 24_576)
    #expect(UnitAmount.value("1.5MB", unit: "bit") == 12_000_000)
    #expect(UnitAmount.value("3k", unit: "bit") == 3_000)
    #expect(UnitAmount.value("3B", unit: "bit") == 24)
    #expect(UnitAmount.value("3kbit", unit: "bit") == 3_000)
    #expect(UnitAmount.value("84", unit: "Hz") == nil)
    #expect(UnitAmount.value("84MHz", unit: "Hz") == 84e6)
    #expect(UnitAmount.value("3KiB", unit: "B") == 3_072)
  }

  @Test(
    "options that would change nothing of a table are refused by name",
    arguments: [
      ["--exclude", "lm_head"], ["--fix", "fc=FP8"], ["--restrict", "fc=FP8"], ["--ties", "qkv"],
      ["--space", "w_only"], ["--time-limit", "5s"], ["--shard", "1/2"], ["--inputs", "x.npy"],
      ["--bits", "2,4"], ["--study", "s.jsonl"],
    ])
  func refused(option: [String]) throws {
    let path = try scores(Self.groups)
    let run = try ToolRun(
      arguments: ["search", "--table", path, "--budget", "size=60%"] + option,
      setting: .init(folder: folder.path))
    #expect(run.code == 64)
    #expect(run.error.contains(option[0]), "\(run.error)")
  }

  @Test("a bare NaN is said of its place in the file, not of an option")
  func nan() throws {
    let path = try scores(Self.groups.replacing("0.1", with: "NaN"))
    let run = try run("--table", path, "--budget", "size=50%")
    #expect(run.code == 65)
    #expect(run.error.contains("scores.json:2:") && run.error.contains("\"nan\""), "\(run.error)")
  }

  @Test("a limit missed by a hair is told apart from the minimum")
  func hair() throws {
    let path = try scores(Self.groups)
    let missed = try run("--table", path, "--budget", "size=87.999999")
    #expect(missed.code == 1)
    #expect(missed.output.contains("87.999999") && missed.output.contains("88"), "\(missed.output)")
    let problem = try folder.write(
      Array(
        """
        [{"id": "h", "layers": [{"loss": [0, 1], "costs": [[20, 10]]}], "budgets": [9.999999999999]}]
        """.utf8), to: "problem.json")
    let table = try run("--table", problem)
    #expect(table.code == 1)
    #expect(table.output.contains("9.999999999999") && table.output.contains("smallest 10"))
  }
}
