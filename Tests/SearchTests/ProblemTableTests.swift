import Arith
import FoundationEssentials
import Knapsack
import Search
import Testing

@Suite("Problem tables")
struct ProblemTableTests {
  private let list = """
    [{"id": "a", "layers": [{"bits": [2, 4], "loss": [5, 1], "costs": [[1, 2]]},
      {"loss": [7, 3], "costs": [[2, 4]]}], "ties": [[0, 1]], "budgets": [6], "objective": 99},
     {"layers": [{"loss": [1], "costs": [[0.5], [2]]}], "cost_names": ["bytes", "bops"],
      "objectives": ["bops", "loss"], "fixed": {"0": 0}}]
    """
  private let shared = """
    {"options_bits": [4, 8], "layers": ["x", "y"], "ties": [],
     "loss": {"int4": [3, 2], "int8": [1, 0.5]},
     "costs": {"size": {"int4": [1, 2], "int8": [2, 4]}},
     "problems": [{"id": "s", "constraint": "size", "budget": 5}]}
    """

  private func error(_ text: String) -> ProblemTableError? {
    do {
      _ = try ProblemTable(json: Data(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func listOfProblems() throws {
    let entries = try ProblemTable(json: Data(list.utf8)).entries
    #expect(entries.map(\.name) == ["a", "#1"])
    #expect(
      entries[0].problem
        == (try AllocationProblem(
          layers: [
            AllocationLayer(losses: [5, 1], costs: [[1, 2]]),
            AllocationLayer(losses: [7, 3], costs: [[2, 4]]),
          ], ties: [[0, 1]], budgets: [6])))
    #expect(entries[0].objectives == nil)
    #expect(entries[1].objectives == [.cost(1), .loss])
    #expect(entries[1].problem.fixed == [0: 0])
  }

  @Test func sharedLayers() throws {
    let entry = try #require(try ProblemTable(json: Data(shared.utf8)).entries.first)
    #expect(entry.name == "s")
    #expect(entry.problem.layers.map(\.name) == ["x", "y"])
    #expect(entry.problem.layers.map(\.losses) == [[3, 1], [2, 0.5]])
    #expect(entry.problem.layers.map(\.costs) == [[[1, 2]], [[2, 4]]])
    #expect(entry.problem.budgets == [5])
  }

  @Test func errorsCarryKeyPaths() {
    func path(_ text: String) -> String? {
      switch error(text) {
      case .malformed(let path, _): path
      case .invalid(let path, _): path
      case nil: nil
      }
    }
    #expect(path(list.replacing("[5, 1]", with: "[5, null]")) == "[0].layers[0].loss[1]")
    #expect(path(list.replacing("[5, 1]", with: "[5, \"x\"]")) == "[0].layers[0].loss[1]")
    #expect(
      path(list.replacing("[5, 1]", with: "[5, 9007199254740993]")) == "[0].layers[0].loss[1]")
    #expect(path(list.replacing("\"loss\": [7, 3], ", with: "")) == "[0].layers[1].loss")
    #expect(path(list.replacing("\"bops\", \"loss\"", with: "\"joule\"")) == "[1].objectives[0]")
    #expect(path(list.replacing("\"budgets\": [6], ", with: "")) == "[0].budgets")
    #expect(path(list.replacing("{\"0\": 0}", with: "{\"x\": 0}")) == "[1].fixed.x")
    #expect(
      path(shared.replacing("\"size\", \"budget\"", with: "\"no\", \"budget\""))
        == "problems[0].constraint")
    #expect(path(shared.replacing("\"int8\": [1, 0.5]", with: "\"int6\": [1, 0.5]")) == "loss.int8")
    #expect(path(shared.replacing("[2, 4]}}", with: "[2]}}")) == "costs.size.int8")
    #expect(
      error(list.replacing("[[0, 1]]", with: "[[0, 9]]"))
        == .invalid(path: "[0]", .tiedLayerOutOfRange(tie: 0, layer: 9)))
    #expect(error("{}") != nil && error("") != nil && error("3") != nil)
  }

  @Test("damaged text is refused or read, never a trap")
  func damagedText() {
    for text in [list, shared] {
      let bytes = Array(text.utf8)
      for length in stride(from: 0, to: bytes.count, by: 3) {
        #expect(throws: ProblemTableError.self) {
          try ProblemTable(json: Data(bytes[..<length]))
        }
      }
      var generator = SplitMix64(seed: 11)
      for _ in 0..<600 {
        var damaged = bytes
        let draw = generator.next()
        damaged[Int(draw >> 8) % bytes.count] ^= UInt8(truncatingIfNeeded: 1 << (draw & 7))
        if let table = try? ProblemTable(json: Data(damaged)) {
          for entry in table.entries { _ = try? entry.problem.optimum() }
        }
      }
    }
  }
}
