import Glibc
import TestSupport
import Testing

@Suite("Command line: search --table")
struct SearchTableTests {
  private static let problems = """
    [{"id": "a", "layers": [{"loss": [5, 1], "costs": [[1, 2]]}, {"loss": [7, 3], "costs": [[2, 4]]}],
      "budgets": [4]},
     {"id": "b", "layers": [{"loss": [5, 1], "costs": [[1, 2]]}, {"loss": [7, 3], "costs": [[2, 4]]}],
      "budgets": [2]},
     {"id": "c", "layers": [{"loss": [5, 1], "costs": [[1, 2]]}, {"loss": [7, 3], "costs": [[2, 4]]}],
      "cost_names": ["bytes"], "objectives": ["loss", "bytes"]}]
    """

  @Test("optima, infeasible problems and frontiers in one document; exit 1 as one is infeasible")
  func document() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(Self.problems.utf8), to: "p.json")
    let run = try ToolRun("search", "--table", path, "--json")
    #expect(run.code == 1)
    let document = try JSONValue(run.output)
    let schema = try JSONValue(ToolRun("schema", "search").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    let rows = document["result"]?["problems"]?.elements ?? []
    #expect(rows.map { $0["name"]?.text } == ["a", "b", "c"])
    // By hand: (5,7) costs 3, (1,7) 4, (5,3) 5, (1,3) 6.
    #expect(rows[0]["objective"] == .integer(8))
    #expect(rows[0]["choice"] == .array([.integer(1), .integer(0)]))
    #expect(rows[0]["infeasible_budget"] == .null)
    #expect(rows[1]["status"] == .string("infeasible"))
    #expect(rows[1]["infeasible_budget"] == .integer(0))
    #expect(rows[1]["reachable_minimum"] == .array([.integer(3)]))
    #expect(
      rows[2]["frontier"]
        == .array(
          [[4, 6], [8, 4], [12, 3]].map { .array($0.map(JSONValue.integer)) }))
  }

  @Test func feasibleTablesEndWithYes() throws {
    let folder = try TemporaryFolder()
    let text = #"[{"layers": [{"loss": [2.5, 1], "costs": [[1, 2]]}], "budgets": [1]}]"#
    let run = try ToolRun("search", "--table", folder.write(Array(text.utf8), to: "p.json"))
    #expect(run.code == 0)
    #expect(run.output.contains("#0") && run.output.contains("optimal"))
    #expect(run.output.contains("2.5"))
  }

  @Test(
    "tables without meaning are named with their key path",
    arguments: [
      ("[{\"layers\": [{\"loss\": [1]}]}]", "allocation.table", "[0].budgets"),
      ("{", "allocation.table", "p.json"),
      ("[{\"layers\": [], \"budgets\": []}]", "allocation.empty", "[0]"),
      ("[{\"layers\": [{\"loss\": [1e309]}], \"budgets\": []}]", "allocation.table", "p.json"),
      (
        "[{\"layers\": [{\"loss\": [1], \"costs\": [[1, 2]]}], \"budgets\": [1]}]",
        "allocation.option-count", "[0]"
      ),
    ])
  func errors(text: String, code: String, place: String) throws {
    let folder = try TemporaryFolder()
    let run = try ToolRun("search", "--table", folder.write(Array(text.utf8), to: "p.json"))
    #expect(run.code == 65)
    #expect(run.error.hasPrefix("error[\(code)]"), "\(run.error)")
    #expect(run.error.contains(place), "\(run.error)")
  }

  @Test func missingFile() throws {
    let run = try ToolRun("search", "--table", "/nonexistent.json")
    #expect(run.code == 66)
  }
}
