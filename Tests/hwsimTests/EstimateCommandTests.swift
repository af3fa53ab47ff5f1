import FoundationEssentials
import TestSupport
import Testing

/// The example network of the repository through estimate and targets.
@Suite("Command line: estimate, targets")
struct EstimateCommandTests {
  static let model = "examples/digits_cnn/model.tflite"

  private func schemaProblems(_ run: ToolRun, _ name: String) throws -> [String] {
    try SchemaValidator.problems(
      JSONValue(run.output), JSONValue(ToolRun("schema", name).output))
  }

  private func firstLayer() throws -> String {
    let run = try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5zi+tflm", "--json")
    let result = try JSONValue(run.output)["result"]
    return try #require(result?["layers"]?[0]?["name"]?.text)
  }

  @Test("one estimate: documented JSON, text of at most 100 columns")
  func single() throws {
    let run = try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5zi+tflm", "--json")
    #expect(run.code == 0)
    #expect(run.error.isEmpty)
    #expect(try schemaProblems(run, "estimate") == [])
    let document = try JSONValue(run.output)
    #expect(document["target"]?["id"]?.text == "nucleo-l4r5zi+tflm")
    let result = try #require(document["result"])
    #expect(result["fits"] == .bool(true))
    let memory = try #require(result["memory"])
    for key in [
      "sram_bytes", "arena_head_bytes", "arena_total_bytes", "arena_total_bytes_host64",
      "flash_bytes",
    ] {
      #expect(try #require(memory[key]?.integer) > 0, "\(key)")
    }
    // TensorFlow Lite Micro keeps the whole file.
    let file = try Data(contentsOf: URL(filePath: Self.model)).count
    #expect(
      try #require(memory["weight_bytes"]?.integer) + (try #require(memory["table_bytes"]?.integer))
        == file)
    let text = try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5zi+tflm")
    #expect(text.output.contains("FITS   latency "))
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("several bits and targets are rows of one table")
  func several() throws {
    let run = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi,stm32f746", "--bits", "w8a8,w4a8",
      "--json")
    #expect(try schemaProblems(run, "estimate") == [])
    let results = try JSONValue(run.output)["result"]?["results"]?.elements ?? []
    #expect(results.count == 4)
    #expect(results[0]["bits"]?.text == "w8a8")
    #expect(results[2]["target"]?.text == "stm32f746g-disco+tflm+cmsis-nn")
    // No measurement on that board.
    #expect(results[2]["latency"]?["error"] == .null)
    let csv = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi,stm32f746", "--csv")
    #expect(csv.output.split(separator: "\n").count == 3)
  }

  @Test("a broken limit is exit code 1")
  func limits() throws {
    let kept = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--limit", "sram=600KiB", "--limit",
      "latency=100s")
    #expect(kept.code == 0)
    let broken = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--limit", "flash=10B")
    #expect(broken.code == 1)
    #expect(broken.output.contains("BROKEN"))
    #expect(broken.output.contains("LIMIT BROKEN") && !broken.output.contains("FITS"))
    let wrong = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--limit", "srm=1KiB")
    #expect(wrong.code == 64)
    #expect(wrong.error.contains("did you mean 'sram'?"))
    let unit = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--limit", "sram=big")
    #expect(unit.error.contains("error[usage.limit]"))
  }

  @Test("a layer's formula adds up")
  func explain() throws {
    let layer = try firstLayer()
    let target = ["--target", "nucleo-l4r5zi"]
    let run = try ToolRun(
      arguments: ["estimate", Self.model] + target + ["--explain", layer, "--json"])
    #expect(try schemaProblems(run, "estimate") == [])
    let result = try #require(JSONValue(run.output)["result"])
    let explanation = try #require(result["explanation"])
    func number(_ value: JSONValue, _ key: String) throws -> Double {
      try #require(value[key]?.number, "\(key)")
    }
    let factor = try number(explanation, "core_factor")
    let terms = try #require(explanation["terms"]?.elements)
    #expect(terms.count >= 4)
    var sum = 0.0
    for term in terms {
      let product = try number(term, "count") * number(term, "cycles_each") * factor
      #expect(try number(term, "cycles") == product)
      #expect(try #require(term["source"]?.text).isEmpty == false)
      sum += product
    }
    let cycles = try number(explanation, "cycles")
    #expect(sum == cycles)
    // Layers add up to the network, and its time is that by the clock.
    let layers = try #require(result["layers"]?.elements)
    #expect(try number(layers[0], "cycles") == cycles)
    let latency = try #require(result["latency"])
    let total = try layers.reduce(0) { try $0 + number($1, "cycles") }
    #expect(try total == number(latency, "cycles"))
    #expect(try number(latency, "seconds") == total / number(latency, "clock_hz"))
    #expect(try abs(layers.reduce(0) { try $0 + number($1, "share") } - 1) < 1e-12)
    let text = try ToolRun(
      arguments: ["estimate", Self.model] + target + ["--explain", layer])
    // Multiplications by the constant of their kind, as the target's file has it.
    let constants = try #require(
      JSONValue(ToolRun("targets", "nucleo-l4r5zi", "--json").output)["result"]?["constants"])
    for term in terms {
      let key = try #require(term["key"]?.text)
      #expect(try number(term, "cycles_each") == number(#require(constants[key]), "value"))
      #expect(text.output.contains("  \(key): "))
    }
    let unknown = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--explain", layer + "x")
    #expect(unknown.code == 64)
    #expect(unknown.error.contains("usage.unknown-layer"))
  }

  @Test("an allocation is read, and what it names must exist")
  func allocation() throws {
    let layer = try firstLayer()
    let folder = try TemporaryFolder()
    func file(_ text: String) throws -> String { try folder.write(Array(text.utf8), to: "a.json") }
    func run(_ path: String) throws -> ToolRun {
      try ToolRun(
        "estimate", Self.model, "--target", "nucleo-l4r5zi", "--allocation", path, "--json")
    }
    let good = try run(
      file(
        #"{"schema": "hwsim.allocation/1", "layers": {"\#(layer)": {"weights": "int<4>"}}}"#))
    #expect(good.code == 0)
    let whole = try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5zi", "--json")
    func bytes(_ run: ToolRun) throws -> Int {
      try #require(JSONValue(run.output)["result"]?["memory"]?["weight_bytes"]?.integer)
    }
    #expect(try bytes(good) < bytes(whole))
    let unknown = try run(
      file(
        #"{"schema": "hwsim.allocation/1", "layers": {"\#(layer)x": {"weights": "int<4>"}}}"#))
    #expect(unknown.code == 65)
    #expect(unknown.error.contains("error[allocation.unknown-name]"))
    let wrong = try run(
      file(#"{"schema": "hwsim.allocation/1", "layrs": {}, "tensors": {"t": "int<"}}"#))
    #expect(wrong.error.contains("did you mean 'layers'?"))
    #expect(wrong.error.contains("'int<' is no format"))
    #expect(try run(file("{")).error.contains("error[allocation.syntax]"))
  }

  @Test("names of targets and bits that are wrong")
  func names() throws {
    let target = try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5z")
    #expect(target.code == 64)
    #expect(target.error.contains("error[usage.unknown-target]"))
    #expect(target.error.contains("did you mean 'nucleo-l4r5zi'"))
    let bits = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--bits", "w40a8")
    #expect(bits.code == 64)
    #expect(bits.error.contains("error[usage.bits]"))
    #expect(try ToolRun("estimate", Self.model).code == 64)
    #expect(
      try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5zi", "--clock", "fast").code
        == 64)
  }

  @Test("targets: list, one, validation")
  func targets() throws {
    let list = try ToolRun("targets", "--json")
    #expect(list.code == 0)
    #expect(try schemaProblems(list, "targets") == [])
    let text = try ToolRun("targets")
    #expect(text.output.contains("nucleo-l4r5zi+tflm"))
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let one = try ToolRun("targets", "stm32f746", "--json")
    #expect(try schemaProblems(one, "targets") == [])
    #expect(
      try JSONValue(one.output)["result"]?["constants"]?["clock_hz"]?["value"]
        == .integer(216_000_000))
  }

  @Test("the skeleton is refused as it is, and valid once filled in")
  func template() throws {
    let folder = try TemporaryFolder()
    let skeleton = try ToolRun("targets", "--template", "mcu")
    #expect(skeleton.code == 0)
    let empty = try folder.write(Array(skeleton.output.utf8), to: "empty.json")
    let refused = try ToolRun("targets", "--validate", empty)
    #expect(refused.code == 65)
    #expect(refused.error.contains("fill the value in, or remove the key."))
    // Each null becomes a value of the kind that its source names.
    var lines: [String] = []
    let source = skeleton.output.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in source.enumerated() {
      guard line.contains("\"value\": null"), source.indices.contains(index + 1) else {
        lines.append(String(line))
        continue
      }
      let hint = source[index + 1]
      let choice = hint.firstRange(of: "one of ").map { range in
        hint[range.upperBound...].prefix { $0 != "," && $0 != ";" }
      }
      let value =
        choice.map { "\"\($0)\"" } ?? (hint.contains("a string") ? "\"x\"" : nil)
        ?? (hint.contains("true or false") ? "true" : "1")
      lines.append(String(line).replacing("null", with: value))
    }
    let filled = try folder.write(Array(lines.joined(separator: "\n").utf8), to: "filled.json")
    let valid = try ToolRun("targets", "--validate", filled, "--json")
    #expect(valid.code == 0, "\(valid.error)")
    #expect(try schemaProblems(valid, "targets") == [])
    let used = try ToolRun("estimate", Self.model, "--target", filled, "--json")
    #expect(used.code == 1)
    #expect(try JSONValue(used.output)["result"]?["fits"] == .bool(false))
  }

  @Test("patches: a grid that is given, and the options' own rules")
  func patches() throws {
    let alone = try ToolRun("estimate", Self.model, "--target", "nucleo-l4r5zi", "--patch", "2")
    #expect(alone.code == 64)
    let split = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--split-after", "1")
    #expect(split.code == 64)
    let automatic = try ToolRun(
      "estimate", Self.model, "--target", "nucleo-l4r5zi", "--patch", "auto", "--json")
    #expect(automatic.code == 0)
    #expect(try JSONValue(automatic.output)["result"]?["patch"] == .null)
    #expect(try schemaProblems(automatic, "estimate") == [])
    let grid = try ToolRun(
      "estimate", Self.model, "--target", "stm32f746", "--patch", "2", "--split-after", "2",
      "--json")
    #expect(try schemaProblems(grid, "estimate") == [])
    let result = try #require(JSONValue(grid.output)["result"])
    // Layers say what they take in tiles, so that they add up there too.
    let cycles = try #require(result["layers"]?.elements).compactMap { $0["cycles"]?.number }
    #expect(cycles.reduce(0, +) == result["latency"]?["cycles"]?.number)
    #expect(result["patch"]?["latency_cycles"] == result["latency"]?["cycles"])
    #expect(result["patch"]?["sram_bytes"] == result["resources"]?["sram"]?["used"])
  }
}
