import FoundationEssentials
import TestSupport
import Testing

/// Files of scores solved without a network.
@Suite("Command line: search --table with scores")
struct ScoreTableTests {
  /// 33 groups, three formats each: Fixtures/scores/make.py.
  private static let fixture = "Tests/hwsimTests/Fixtures/scores/autoquantize.json"

  private static func solve(_ arguments: String...) throws -> (JSONValue, Int32) {
    let run = try ToolRun(arguments: ["search", "--table"] + arguments + ["--json"])
    let document = try JSONValue(run.output)
    #expect(run.code < 64, "\(run.error)")
    let schema = try JSONValue(ToolRun("schema", "search").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    return (try #require(document["result"]?["problems"]?[0]), run.code)
  }

  private static func groups() throws -> [JSONValue] {
    let file = try JSONValue(ToolRun.contents(SharedData.packageRoot + "/" + fixture))
    return file["groups"]?.elements ?? []
  }

  private static func numbers(_ value: JSONValue?) -> [Double] {
    value?.elements.compactMap(\.number) ?? []
  }

  /// The smallest score for each size up to `limit`, by dynamic programming over every size.
  private static func optimum(_ groups: [JSONValue], limit: Int) -> Double {
    // All sizes are multiples of 128.
    var best = [Double](repeating: .infinity, count: limit / 128 + 1)
    best[0] = 0
    for group in groups {
      let (scores, sizes) = (numbers(group["scores"]), numbers(group["costs"]?["size"]))
      var next = [Double](repeating: .infinity, count: best.count)
      for (score, size) in zip(scores, sizes) {
        let step = Int(size) / 128
        for place in best.indices where place >= step {
          next[place] = min(next[place], best[place - step] + score)
        }
      }
      best = next
    }
    return best.min() ?? .infinity
  }

  @Test("one allocation under a budget: the optimum of an independent program, group by group")
  func optimum() throws {
    let groups = try Self.groups()
    let largest = groups.reduce(0) { $0 + (Self.numbers($1["costs"]?["size"]).max() ?? 0) }
    for percent in [30, 41, 50, 77] {
      let limit = largest * Double(percent) / 100
      let (row, code) = try Self.solve(Self.fixture, "--budget", "size=\(percent)%")
      #expect(code == 0 && row["status"]?.text == "optimal" && row["proved"] == .bool(true))
      let objective = try #require(row["objective"]?.number)
      #expect(abs(objective - Self.optimum(groups, limit: Int(limit))) < 1e-9, "\(percent)%")
      let choice = try #require(row["choice"]).elements.compactMap(\.integer)
      let chosen = try #require(row["groups"]).elements
      #expect(choice.count == groups.count && chosen.count == groups.count)
      var (size, score) = (0.0, 0.0)
      for (index, group) in groups.enumerated() {
        size += Self.numbers(group["costs"]?["size"])[choice[index]]
        score += Self.numbers(group["scores"])[choice[index]]
        #expect(chosen[index]["format"] == group["formats"]?[choice[index]])
        #expect(chosen[index]["group"] == group["group"])
      }
      #expect(size <= limit && abs(score - objective) < 1e-9)
      #expect(row["budgets"]?[0]?["total"]?.number == size)
      #expect(row["budgets"]?[0]?["met"] == .bool(true))
    }
  }

  @Test("without a budget the whole frontier, whose points are optima of their own sizes")
  func frontier() throws {
    let groups = try Self.groups()
    let (row, code) = try Self.solve(Self.fixture)
    #expect(code == 0 && row["objective"] == .null && row["proved"] == .bool(true))
    #expect(row["objectives"]?.elements.compactMap(\.text) == ["score", "size"])
    let points = try #require(row["points"]).elements
    #expect(points.count > 100 && points.count == row["frontier"]?.elements.count)
    for point in points.enumerated().filter({ $0.offset % 40 == 0 }).map(\.element) {
      let size = try #require(point["costs"]?["size"]?.integer)
      let score = try #require(point["score"]?.number)
      #expect(abs(score - Self.optimum(groups, limit: size)) < 1e-9)
    }
    // The ends: everything at its smallest, and nothing quantized.
    let last = try #require(points.last)
    #expect(last["score"]?.number == 0)
    #expect(points.first?["id"]?.text == "A")
  }

  @Test("a budget that cannot be met: exit 1, its name and what can be reached")
  func infeasible() throws {
    let (row, code) = try Self.solve(Self.fixture, "--budget", "size=100")
    #expect(code == 1 && row["status"]?.text == "infeasible")
    #expect(row["infeasible"]?["budget"]?.text == "size")
    let smallest = try Self.groups().reduce(0) {
      $0 + (Self.numbers($1["costs"]?["size"]).min() ?? 0)
    }
    #expect(row["infeasible"]?["reachable_minimum"]?["size"]?.number == smallest)
    #expect(row["infeasible_budget"] == .integer(0))
    let text = try ToolRun("search", "--table", Self.fixture, "--budget", "size=100")
    #expect(text.code == 1 && text.output.contains("INFEASIBLE") && text.output.contains("152,064"))
  }

  @Test("published methods say whether the budget is met, and what would be possible")
  func methods() throws {
    let (exact, _) = try Self.solve(Self.fixture, "--budget", "size=45%")
    let best = try #require(exact["objective"]?.number)
    for method in [
      "greedy", "bisect", "zeroq", "nsga2", "autoquantize-gradient", "autoquantize-threshold",
    ] {
      let (row, code) = try Self.solve(
        Self.fixture, "--budget", "size=45%", "--method", method)
      #expect(row["method"]?.text == method && row["optimum"]?.number == best)
      let status = row["status"]?.text
      #expect((status == "feasible") == (code == 0) && ["feasible", "unmet"].contains(status))
      let objective = try #require(row["objective"]?.number)
      if status == "feasible" { #expect(objective >= best - 1e-12, "\(method)") }
      if method == "zeroq" { #expect(abs(objective - best) < 1e-12) }
    }
  }

  @Test("AutoQuantize's threshold search reports a feasible budget as unmet; the answer says so")
  func unmet() throws {
    let folder = try TemporaryFolder()
    let text = """
      {"schema": "hwsim.scores/1", "groups": [{"group": "a", "formats": ["low", "high"],
       "scores": [\(Double(2).nextUp), 1], "costs": {"size": [1, 4]}}]}
      """
    let path = try folder.write(Array(text.utf8), to: "s.json")
    let (row, code) = try Self.solve(
      path, "--budget", "size=1", "--method", "autoquantize-threshold")
    #expect(code == 1 && row["status"]?.text == "unmet")
    #expect(row["optimum"]?.number == Double(2).nextUp)
    #expect(row["budgets"]?[0]?["met"] == .bool(false))
    #expect(row["notes"]?[0]?.text?.contains("exact method meets them") == true)
    let (met, ok) = try Self.solve(path, "--budget", "size=1")
    #expect(ok == 0 && met["groups"]?[0]?["format"]?.text == "low")
  }

  @Test("methods of problem tables, and options that their file decides")
  func problemTables() throws {
    let folder = try TemporaryFolder()
    let text =
      #"[{"id": "a", "layers": [{"loss": [2.0000000000000004, 1], "costs": [[1, 4]]}], "budgets": [1]}]"#
    let path = try folder.write(Array(text.utf8), to: "p.json")
    let (exact, ok) = try Self.solve(path)
    #expect(ok == 0 && exact["status"]?.text == "optimal" && exact["method"]?.text == "exact")
    let (unmet, code) = try Self.solve(path, "--method", "autoquantize-threshold")
    #expect(code == 1 && unmet["status"]?.text == "unmet")
    #expect(unmet["optimum"] == exact["objective"])
    let (greedy, _) = try Self.solve(path, "--method", "greedy")
    #expect(greedy["status"]?.text == "feasible")
    #expect(try ToolRun("search", "--table", path, "--budget", "size=1").code == 64)
  }

  @Test("scores that are no numbers are named and their formats not chosen")
  func notFinite() throws {
    let folder = try TemporaryFolder()
    let text = """
      {"schema": "hwsim.scores/1", "groups": [
        {"group": "a", "formats": ["x", "y", "z"], "scores": [null, "inf", 3]},
        {"group": "b", "formats": ["x", "y"], "scores": [-1, "nan"]}]}
      """
    let run = try ToolRun(
      "search", "--table", folder.write(Array(text.utf8), to: "s.json"), "--json")
    let document = try JSONValue(run.output)
    #expect(run.code == 0)
    #expect(
      document["result"]?["problems"]?[0]?["points"]?[0]?["formats"]
        == .array([.string("z"), .string("x")]))
    let warning = try #require(document["warnings"]?[0])
    #expect(warning["code"]?.text == "scores.not-finite")
    let notes = warning["notes"]?.elements.compactMap(\.text) ?? []
    #expect(notes.count == 3 && notes[0].contains("'a': x") && notes[1].contains("y is inf"))
    let empty = text.replacing("[-1,", with: #"["-inf","#)
    let none = try ToolRun("search", "--table", folder.write(Array(empty.utf8), to: "n.json"))
    #expect(none.code == 65 && none.error.contains("error[scores.group-empty]"))
    #expect(none.error.contains("'b'"))
  }

  // MARK: Files

  private static func read(_ path: String) throws -> JSONValue {
    try JSONValue(ToolRun.contents(path))
  }

  @Test("a checkpoint's files: an algorithm a layer, keys and values, and what is excluded")
  func checkpoint() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let run = try ToolRun(
      "search", "--table", Self.fixture, "--budget", "size=45%", "--write", "hf", "-o", out,
      "--json")
    #expect(run.code == 0, "\(run.error)")
    let row = try #require(JSONValue(run.output)["result"]?["problems"]?[0])
    let file = try Self.read(out + "/hf_quant_config.json")
    let quantization = try #require(file["quantization"])
    #expect(file["producer"]?["name"]?.text == "hwsim")
    #expect(file["quant_method"]?.text == "modelopt")
    #expect(quantization["quant_algo"]?.text == "MIXED_PRECISION")
    var excluded: [String] = []
    var layers = 0
    for group in try #require(row["groups"]).elements {
      let format = try #require(group["format"]?.text)
      if group["role"]?.text == "kv" {
        #expect(
          quantization["kv_cache_quant_algo"] == (format == "NONE" ? .null : .string(format)))
        continue
      }
      for layer in try #require(group["layers"]).elements.compactMap(\.text) {
        let entry = quantization["quantized_layers"]?[layer]
        layers += entry == nil ? 0 : 1
        switch format.prefix(4) {
        case "NVFP":
          #expect(entry == .object(["quant_algo": .string("NVFP4"), "group_size": .integer(16)]))
        case "FP8_": #expect(entry == .object(["quant_algo": .string("FP8")]))
        default:
          #expect(entry == nil)
          excluded.append(layer)
        }
      }
    }
    #expect(layers > 40)
    #expect(quantization["exclude_modules"]?.elements.compactMap(\.text) == excluded.sorted())
    // TensorRT-LLM reads the layers of a mixed checkpoint here.
    let second = try Self.read(out + "/quant_cfg.json")
    #expect(second["quantized_layers"] == quantization["quantized_layers"])
    #expect(second["kv_cache_quant_algo"] == quantization["kv_cache_quant_algo"])
    #expect(!FileManager.default.fileExists(atPath: out + "/allocation.json"))
  }

  private static let small = """
    {"schema": "hwsim.scores/1", "model": {"sha256": "\(String(repeating: "ab", count: 32))"},
     "groups": [
      {"group": "qkv", "layers": ["q", "k"], "formats": ["w4a8", "INT4_AWQ_CFG"],
       "scores": [2, 1], "costs": {"size": [4, 8]}},
      {"group": "down", "formats": ["w8a8", "float"], "scores": [1, 0],
       "costs": {"size": [8, 32]}}]}
    """

  @Test("allocation files hold formats of this program; others are an error if they are asked for")
  func allocations() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(Self.small.utf8), to: "s.json")
    let out = folder.file("out")
    let run = try ToolRun("search", "--table", path, "--budget", "size=12", "-o", out)
    #expect(run.code == 0, "\(run.error)")
    let allocation = try Self.read(out + "/allocation.json")
    let schema = try JSONValue(ToolRun("schema", "allocation").output)
    #expect(SchemaValidator.problems(allocation, schema) == [])
    #expect(allocation["layers"]?["k"]?["weights"]?.text == "int<4>")
    #expect(allocation["layers"]?["down"]?["activations"]?.text == "uint<8>")
    #expect(allocation["model"]?["sha256"]?.text?.hasPrefix("abab") == true)
    #expect(try Self.read(out + "/search.json")["schema"]?.text == "hwsim.search/1")
    let label = try ToolRun(
      "search", "--table", path, "--budget", "size=16", "-o", folder.file("other"))
    #expect(label.code == 65 && label.error.hasPrefix("error[scores.label]: 'INT4_AWQ_CFG'"))
    #expect(label.error.contains("qkv"))
    let none = try ToolRun(
      "search", "--table", path, "--budget", "size=16", "-o", folder.file("n"), "--write", "none")
    #expect(none.code == 0)
    let hf = try ToolRun(
      "search", "--table", path, "--budget", "size=40", "-o", folder.file("h"), "--write", "hf")
    #expect(hf.code == 0, "\(hf.error)")
    let file = try Self.read(folder.file("h") + "/hf_quant_config.json")["quantization"]
    #expect(file?["quant_algo"]?.text == "W4A16_AWQ" && file?["group_size"] == .integer(128))
    #expect(file?["pre_quant_scale"] == .bool(true) && file?["has_zero_point"] == .bool(false))
    #expect(file?["exclude_modules"] == .array([.string("down")]))
    #expect(file?["quantized_layers"] == nil && file?["kv_cache_quant_algo"] == .null)
    let unknown = try ToolRun(
      "search", "--table", path, "--budget", "size=12", "-o", folder.file("u"), "--write", "hf")
    #expect(unknown.code == 65 && unknown.error.hasPrefix("error[deployment.format]"))
    #expect(unknown.error.contains("'w4a8'") && unknown.error.contains("'q', 'k'"))
    // The frontier has an allocation a point.
    let frontier = try ToolRun(
      "search", "--table", path, "-o", folder.file("f"), "--write", "none")
    #expect(frontier.code == 0)
  }

  @Test("wrong words are told with all that there are")
  func words() throws {
    let method = try ToolRun("search", "--table", Self.fixture, "--method", "nsga3")
    #expect(method.code == 64)
    for name in ["auto", "greedy", "bisect", "autoquantize-gradient", "autoquantize-threshold"] {
      #expect(method.error.contains(name))
    }
    #expect(method.error.split(separator: "\n").allSatisfy { $0.count <= 100 })
    for arguments in [
      ["--budget", "bytes=1"], ["--objective", "accuracy,size"], ["--objective", "score,bytes"],
      ["--method", "bisect"], ["--write", "hf"], ["--write", "tensorrt", "-o", "/tmp/unused"],
    ] {
      let run = try ToolRun(arguments: ["search", "--table", Self.fixture] + arguments)
      #expect(run.code == 64, "\(arguments): \(run.error)")
    }
  }

  @Test("the published schema accepts the fixture and refuses a misspelt key")
  func schema() throws {
    let schema = try JSONValue(ToolRun("schema", "scores").output)
    let text = try ToolRun.contents(SharedData.packageRoot + "/" + Self.fixture)
    #expect(SchemaValidator.problems(try JSONValue(text), schema) == [])
    #expect(
      SchemaValidator.problems(try JSONValue(text.replacing(#""role""#, with: #""rôle""#)), schema)
        != [])
    let wrong = try TemporaryFolder()
    let run = try ToolRun(
      "search", "--table",
      wrong.write(Array(text.replacing(#""role""#, with: #""rôle""#).utf8), to: "s.json"))
    #expect(run.code == 65 && run.error.contains("rôle"))
  }
}
