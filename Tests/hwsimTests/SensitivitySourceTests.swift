import FoundationEssentials
import TestSupport
import Testing

/// Where the sensitivities of a search come from, on the repository's float network.
@Suite("Command line: search --sensitivity")
struct SensitivitySourceTests {
  private static let folder = "examples/digits/"
  private static let model = [
    "search", folder + "network.onnx", "--inputs", folder + "images.npy", "--labels",
    folder + "classes.npy", "--calibration", folder + "calibration.npy", "--bits", "2,4,8",
    "--screening", "0",
  ]

  private static func search(
    _ arguments: String..., setting: ToolRun.Setting = .init()
  ) throws -> ToolRun {
    try ToolRun(arguments: model + arguments, setting: setting)
  }

  private static func result(_ run: ToolRun) throws -> JSONValue {
    #expect(run.code == 0, "\(run.error)")
    let document = try JSONValue(run.output)
    let schema = try JSONValue(ToolRun("schema", "search").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    return try #require(document["result"])
  }

  @Test("a search's sensitivities solve again for another budget, and drive another search")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let first = try Self.result(try Self.search("--evaluations", "6", "-o", out, "--json"))
    let path = out + "/sensitivity.json"
    let scores = try JSONValue(ToolRun.contents(path))
    let schema = try JSONValue(ToolRun("schema", "scores").output)
    #expect(SchemaValidator.problems(scores, schema) == [])
    #expect(scores["metric"]?.text == "kl")
    // Every allocation there is, by hand from the search's own document.
    let layers = try #require(first["layers"]).elements
    let values = try #require(first["sensitivity"]?["layers"]).elements.map {
      $0["values"]?.elements.compactMap(\.number) ?? []
    }
    let weights = layers.compactMap { $0["weights"]?.number }
    var all: [(bits: Double, score: Double)] = [(0, 0)]
    for layer in layers.indices {
      all = all.flatMap { partial in
        zip([2.0, 4, 8], values[layer]).map {
          (partial.bits + weights[layer] * $0, partial.score + $1)
        }
      }
    }
    let largest = weights.reduce(0, +) * 8
    for percent in [30, 50, 80] {
      let run = try ToolRun(
        "search", "--table", path, "--budget", "weight_bits=\(percent)%", "--json")
      #expect(run.code == 0, "\(run.error)")
      let row = try #require(JSONValue(run.output)["result"]?["problems"]?[0])
      let best = all.filter { $0.bits <= largest * Double(percent) / 100 }.map(\.score).min()
      #expect(try abs(#require(row["objective"]?.number) - #require(best)) < 1e-12)
    }
    // The same scores, from the file: the same allocations are run.
    let again = try Self.search("--evaluations", "6", "--sensitivity", path, "--json")
    #expect(try Self.result(again)["evaluations"] == first["evaluations"])
    let inputs = try #require(JSONValue(again.output)["inputs"]).elements
    #expect(inputs.last?["role"]?.text == "sensitivity")
    #expect(inputs.last?["sha256"]?.text?.count == 64)
    // A study knows the file by its sum.
    let study = folder.file("s.jsonl")
    #expect(
      try Self.search("--evaluations", "2", "--sensitivity", path, "--study", study).code == 0)
    let other = try ToolRun.contents(path).replacing(#""notes""#, with: "")
      .replacing(#""metric": "kl""#, with: #""metric": "kl", "notes": 1"#)
    let changed = try folder.write(Array(other.utf8), to: "changed.json")
    let refused = try Self.search(
      "--evaluations", "2", "--sensitivity", changed, "--study", study)
    #expect(refused.code != 0 && refused.error.contains("sensitivity"))
    let header = try #require(ToolRun.contents(study).split(separator: "\n").first)
    let headerSchema = try JSONValue(ToolRun("schema", "study").output)
    #expect(SchemaValidator.problems(try JSONValue(String(header)), headerSchema) == [])
  }

  @Test("scores that do not fit are all named at once")
  func mismatch() throws {
    let folder = try TemporaryFolder()
    let text = """
      {"schema": "hwsim.scores/1", "groups": [
        {"group": "conv1", "formats": ["w2a2", "w4a4"], "scores": [1, null]},
        {"group": "conv9", "formats": ["w2a2"], "scores": [1]}]}
      """
    let run = try Self.search(
      "--sensitivity", folder.write(Array(text.utf8), to: "s.json"), "--json")
    #expect(run.code == 65)
    let problems = try #require(JSONValue(run.output)["error"]?["problems"]).elements
    let messages = problems.compactMap { $0["message"]?.text }.joined(separator: "\n")
    for word in ["'conv9'", "'depth2'", "'w4a4' is missing", "candidate 'w8a8'"] {
      #expect(messages.contains(word), "\(word) in \(messages)")
    }
  }

  @Test("kept sensitivities change no byte; a damaged file is measured anew and told")
  func cache() throws {
    let folder = try TemporaryFolder()
    let cache = folder.file("cache")
    let arguments = ["--evaluations", "3", "--json"]
    func run(_ more: [String], environment: [String: String?] = [:]) throws -> ToolRun {
      let run = try ToolRun(
        arguments: Self.model + arguments + more, setting: .init(environment: environment))
      #expect(run.code == 0, "\(run.error)")
      return run
    }
    func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: cache).sorted()
    }
    let without = try run(["--no-cache"])
    let first = try run(["--cache", cache])
    #expect(first.output == without.output)
    let names = try files()
    #expect(names.count == 1 && names[0].count == 64 + 5)
    let kept = cache + "/" + names[0]
    let text = try ToolRun.contents(kept)
    // Found again by each way of naming the folder, and not written again.
    #expect(try run(["--cache", cache]).output == without.output)
    #expect(try run([], environment: ["HWSIM_CACHE": cache]).output == without.output)
    #expect(try files() == names)
    let base = try run(
      [], environment: ["HWSIM_CACHE": "", "XDG_CACHE_HOME": folder.file("base")])
    #expect(base.output == without.output)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("base") + "/hwsim") == names)
    // Another metric and other candidates are other measurements.
    _ = try run(["--cache", cache, "--sensitivity", "mse"])
    _ = try run(["--cache", cache, "--exclude", "dense5"])
    #expect(try files().count == 3)
    // Cut off, and changed in one digit of a value.
    let place = try #require(text.firstRange(of: #""values":[[""#)).upperBound
    var changed = text
    changed.replaceSubrange(
      place..<changed.index(after: place), with: text[place] == "1" ? "2" : "1")
    for damaged in [String(text.prefix(200)), changed, "", "{}"] {
      _ = try folder.write(Array(damaged.utf8), to: "cache/" + names[0])
      let again = try run(["--cache", cache])
      let document = try JSONValue(again.output)
      #expect(document["warnings"]?[0]?["code"]?.text == "cache.damaged", "\(damaged)")
      #expect(try document["result"] == JSONValue(without.output)["result"])
      #expect(try ToolRun.contents(kept) == text)
    }
    let nowhere = try ToolRun(arguments: Self.model + arguments + ["--cache", "/dev/null"])
    #expect(nowhere.code == 73, "\(nowhere.error)")
  }

  @Test("a metric as the quality: a proved frontier, as many points run as may be")
  func objective() throws {
    let result = try Self.result(
      try Self.search("--objective", "kl,weight_bits", "--evaluations", "4", "--json"))
    #expect(result["optimality"]?["proved"] == .bool(true))
    #expect(result["optimality"]?["gap"] == .integer(0))
    #expect(result["objectives"]?[0]?["name"]?.text == "kl")
    #expect(result["evaluated"] == .integer(4))
    let layers = try #require(result["layers"]).elements.compactMap { $0["weights"]?.number }
    let values = try #require(result["sensitivity"]?["layers"]).elements.map {
      $0["values"]?.elements.compactMap(\.number) ?? []
    }
    var all: [[Double]] = [[0, 0]]
    for (weights, row) in zip(layers, values) {
      all = all.flatMap { partial in
        zip([2.0, 4, 8], row).map { [partial[0] + weights * $0, partial[1] + $1] }
      }
    }
    var truth: [[Double]] = []
    for row in all.sorted(by: { $0.lexicographicallyPrecedes($1) })
    where row[1] < truth.last?[1] ?? .infinity { truth.append(row) }
    let points = try #require(result["points"]).elements
    #expect(points.count == truth.count && truth.count > 10)
    for (point, row) in zip(points, truth) {
      #expect(point["weight_bits"]?.number == row[0])
      #expect(try abs(#require(point["kl"]?.number) - row[1]) < 1e-12)
    }
    let run = points.filter { $0["evaluation"] != .null }
    #expect(run.count == 4 && run.allSatisfy { $0["accuracy"]?.number != nil })
    #expect(points.contains { $0["evaluation"] == .null && $0["loss"] == .null })
    // A report can be drawn from it.
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    _ = try Self.search("--objective", "score,bops", "--evaluations", "2", "-o", out)
    let report = try ToolRun("report", out + "/search.json", "-o", folder.file("r.html"))
    #expect(report.code == 0, "\(report.error)")
    let merged = try ToolRun("search", "--merge", out + "/study.jsonl", "--json")
    #expect(merged.code == 0, "\(merged.error)")
  }

  @Test("two metrics at once, each on its own layers")
  func pair() throws {
    func values(_ arguments: [String]) throws -> [[Double]] {
      let run = try ToolRun(arguments: Self.model + ["--evaluations", "1", "--json"] + arguments)
      return try #require(Self.result(run)["sensitivity"]?["layers"]).elements.map {
        $0["values"]?.elements.compactMap(\.number) ?? []
      }
    }
    let kl = try values([])
    let mse = try values(["--sensitivity", "mse"])
    let both = try values(
      ["--sensitivity-of", "conv*=mse", "--sensitivity-share", "0.25"])
    // Layers in the graph's order; conv1 and conv4 fit the pattern.
    let second: Set = [0, 3]
    func total(_ rows: [[Double]], _ isSecond: Bool) -> Double {
      rows.enumerated().filter { second.contains($0.offset) == isSecond }
        .reduce(0) { $0 + ($1.element.max() ?? 0) }
    }
    for (layer, row) in both.enumerated() {
      let expected =
        second.contains(layer)
        ? mse[layer].map { $0 * 0.75 / total(mse, true) }
        : kl[layer].map { $0 * 0.25 / total(kl, false) }
      for (found, value) in zip(row, expected) {
        #expect(abs(found - value) <= 1e-12 * abs(value), "layer \(layer)")
      }
    }
  }

  @Test("every method and every metric is reached by its name")
  func names() throws {
    for method in ["autoquantize-gradient", "autoquantize-threshold", "zeroq"] {
      let result = try Self.result(
        try Self.search("--method", method, "--evaluations", "4", "--json"))
      #expect(result["method"]?.text == method)
      #expect(try #require(result["evaluations"]).elements.count >= 2, "\(method)")
    }
    let classes = Self.folder + "labels.npy"
    for metric in ["loss", "omse", "adapt", "entropy"] {
      let result = try Self.result(
        try Self.search(
          "--objective", "score,weight_bits", "--sensitivity", metric, "--evaluations", "1",
          "--calibration-labels", classes, "--json"))
      #expect(result["sensitivity"]?["metric"]?.text == metric)
    }
  }

  @Test("contradictions and unknown names are told with what there is")
  func refusals() throws {
    let unknown = try Self.search("--sensitivity", "klx")
    #expect(unknown.code != 0 && unknown.error.contains("adapt") && unknown.error.contains("kl"))
    #expect(unknown.error.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let both = try Self.search("--objective", "kl,weight_bits", "--sensitivity", "sqnr")
    #expect(both.code != 0 && both.error.contains("score,"))
    let labels = try Self.search("--sensitivity", "loss")
    #expect(labels.code != 0 && labels.error.contains("--calibration-labels"))
    let three = try Self.search(
      "--sensitivity-of", "conv*=mse", "--sensitivity-of", "dense*=sqnr")
    #expect(three.code != 0 && three.error.contains("three metrics"))
    let pattern = try Self.search("--sensitivity-of", "nothing*=mse")
    #expect(pattern.code != 0 && pattern.error.contains("error[space.unmatched]"))
    #expect(try Self.search("--sensitivity", "/nonexistent.json").code == 66)
    #expect(try Self.search("--cache", "x", "--no-cache").code == 64)
  }

  @Test("a search of a network writes a checkpoint's file a point, where every format has one")
  func checkpoints() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let arguments = Self.model.filter { $0 != "--bits" && $0 != "2,4,8" }
    let run = try ToolRun(
      arguments: arguments + [
        "--candidates", "w8a8,e4m3", "--exclude", "conv1", "--evaluations", "4", "--write",
        "hf,allocation", "-o", out, "--json",
      ])
    let points = try #require(Self.result(run)["points"]).elements
    #expect(!points.isEmpty)
    for point in points {
      let id = try #require(point["id"]?.text)
      #expect(FileManager.default.fileExists(atPath: "\(out)/\(id).json"))
      let file = try JSONValue(ToolRun.contents("\(out)/\(id)/hf_quant_config.json"))[
        "quantization"]
      #expect(file?["exclude_modules"] == .array([.string("conv1")]))
      let chosen = try #require(try run.evaluation(point)?["candidates_per_layer"]).elements
      let used = Set(chosen.compactMap(\.text)).subtracting(["float"])
      let expected =
        used.count > 1 ? "MIXED_PRECISION" : used == ["e4m3"] ? "FP8" : "W8A8_SQ_PER_CHANNEL"
      #expect(file?["quant_algo"]?.text == expected)
    }
    let other = try Self.search("--evaluations", "2", "--write", "hf", "-o", folder.file("n"))
    #expect(other.code == 65 && other.error.contains("error[deployment.format]"))
    #expect(other.error.contains("conv1"))
  }
}

extension ToolRun {
  /// The evaluation of a point of the search that was printed.
  fileprivate func evaluation(_ point: JSONValue) throws -> JSONValue? {
    try point["evaluation"]?.integer.flatMap {
      try JSONValue(output)["result"]?["evaluations"]?[$0]
    }
  }
}
