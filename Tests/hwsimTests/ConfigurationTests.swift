import TestSupport
import Testing

@Suite("Command line: configuration")
struct ConfigurationTests {
  private func run(
    _ arguments: String..., file: String? = nil, explicit: String? = nil, input: String = ""
  ) throws -> ToolRun {
    let folder = try TemporaryFolder()
    if let file { _ = try folder.write(Array(file.utf8), to: "hwsim.json") }
    if let explicit { _ = try folder.write(Array(explicit.utf8), to: "run.json") }
    return try ToolRun(
      arguments: arguments, setting: .init(folder: folder.path, input: input))
  }

  private func setting(_ name: String, in run: ToolRun) throws -> JSONValue {
    let document = try JSONValue(run.output)
    let settings = document["result"]?["settings"]?.elements ?? []
    return try #require(settings.first { $0["name"]?.text == name })
  }

  @Test("a file in the folder changes how the answer is printed")
  func takesEffect() throws {
    let run = try run("config", file: #"{"json": true}"#)
    #expect(run.code == 0)
    #expect(try setting("json", in: run)["value"] == .bool(true))
  }

  @Test("flags override --config, which overrides hwsim.json")
  func precedence() throws {
    let both = try run(
      "config", "--json", "--config", "run.json", file: #"{"seed": 7, "threads": 3}"#,
      explicit: #"{"seed": 8}"#)
    #expect(try setting("seed", in: both)["value"] == .integer(8))
    #expect(try setting("seed", in: both)["file"] == .string("run.json"))
    #expect(try setting("threads", in: both)["file"] == .string("hwsim.json"))
    // --color=never typed wins over the file; the file wins over the default.
    let colored = try run("config", file: #"{"color": "always"}"#)
    #expect(colored.output.contains("\u{1B}"))
    let typed = try run("config", "--color=never", file: #"{"color": "always"}"#)
    #expect(!typed.output.contains("\u{1B}"))
    // One form of output typed replaces the other one in a file.
    let csv = try run("config", "--csv", file: #"{"json": true}"#)
    #expect(csv.code == 0)
    #expect(csv.output.hasPrefix("option,value,from\n"))
  }

  @Test("- is standard input")
  func standardInput() throws {
    let run = try run("config", "--json", "--config", "-", input: #"{"seed": 11}"#)
    #expect(try setting("seed", in: run)["value"] == .integer(11))
  }

  @Test("unknown keys and wrong values are errors, all of them at once")
  func unknownKeys() throws {
    let run = try run("config", file: #"{"sed": 7, "quiet": 3, "threads": [1]}"#)
    #expect(run.code == 65)
    #expect(run.output.isEmpty)
    #expect(run.error.contains("error[config.unknown-key]: no option is called 'sed'\n"))
    #expect(run.error.contains("did you mean 'seed'?"))
    #expect(run.error.contains("'quiet' is an integer, expected true or false"))
    #expect(run.error.contains("'threads' is an array, expected a string or a number"))
  }

  @Test("at most ten problems are written out, the rest is counted")
  func manyProblems() throws {
    let keys = (0..<14).map { "\"unknown\($0)\": 1" }.joined(separator: ", ")
    let text = try run("config", file: "{\(keys)}")
    #expect(text.error.split(separator: "\n").count { $0.hasPrefix("error[") } == 10)
    #expect(text.error.hasSuffix("... 4 more problems: --json has all\n"))
    let document = try JSONValue(run("config", "--json", file: "{\(keys)}").output)
    #expect(document["error"]?["problems"]?.elements.count == 14)
  }

  @Test("a value that the option refuses is blamed on the file")
  func refusedValue() throws {
    let bad = try run("config", file: #"{"threads": 5000}"#)
    #expect(bad.code == 65)
    #expect(bad.error.contains("error[config.value]"))
    #expect(bad.error.contains("--> hwsim.json\n"))
    let typed = try run("config", "--threads", "5000", file: #"{"seed": 7}"#)
    #expect(typed.code == 64)
  }

  @Test(
    "broken JSON is an error with line and column",
    arguments: [
      ("{\n  \"seed\": 7,\n}", "hwsim.json:3:1"), ("", "hwsim.json:1:1"),
      ("{\"seed\": 07}", "hwsim.json:1:10"), ("{\"seed\": 7} x", "hwsim.json:1:13"),
      ("{\"seed\": 7, \"seed\": 8}", "hwsim.json:1:19"), ("{\"color\": \"al", "hwsim.json:1:14"),
      ("{\"color\": \"\\ud800\"}", "hwsim.json:1:18"), ("{\"seed\": tru}", "hwsim.json:1:10"),
    ])
  func syntax(text: String, place: String) throws {
    let run = try run("config", file: text)
    #expect(run.code == 65)
    #expect(run.error.hasPrefix("error[config.syntax]: "))
    #expect(run.error.contains("--> \(place)\n"))
  }

  @Test("a document that is no object, or nests without end, is an error and no crash")
  func otherDocuments() throws {
    #expect(try run("config", file: "[1]").error.contains("expected an object, found an array"))
    let deep = String(repeating: "[", count: 100_000)
    let nested = try run("config", file: "{\"seed\": \(deep)")
    #expect(nested.code == 65)
    #expect(nested.error.contains("more than 128 levels"))
  }

  @Test("help, explain and schema work beside a broken file")
  func independence() throws {
    #expect(try run("config", "--help", file: "{").code == 0)
    #expect(try run("explain", "config.syntax", file: "{").code == 0)
    #expect(try run("schema", file: "{").code == 0)
  }

  @Test("no damaged file crashes the reader")
  func corruption() throws {
    let original = Array(
      #"{"seed": 7, "color": "alw\u00e4ys", "threads": 12, "quiet": true, "json": false}"#.utf8)
    var corruption = Corruption(seed: 3)
    let folder = try TemporaryFolder()
    for index in 0..<(sweep ? 1000 : 60) {
      let damaged = corruption.mutate(original)
      _ = try folder.write(damaged, to: "hwsim.json")
      let run = try ToolRun("config", setting: .init(folder: folder.path))
      #expect([0, 65].contains(run.code), "mutation \(index): \(damaged)")
    }
  }
}
