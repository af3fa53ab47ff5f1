import FoundationEssentials
import Importers
import TestSupport
import Testing

@Suite("Command line: explanations and schemas")
struct DocumentationTests {
  /// Codes that stand in the sources: after `code:`, as the first of a tuple, or after `case ...:`.
  private static func codesInSources() throws -> [String: String] {
    let root = SharedData.packageRoot + "/Sources"
    let files = try FileManager.default.subpathsOfDirectory(atPath: root)
      .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("hwsim/Explanations") }
    var found: [String: String] = [:]
    let plain = /(?:code: |Failure\(\s*)"([a-z][a-z0-9]*\.[a-z0-9]+(?:-[a-z0-9]+)*)"/
    // Codes in tuples and cases, where a file is about diagnostics.
    let listed = /[(:]\s*"([a-z][a-z0-9]*\.[a-z0-9]+(?:-[a-z0-9]+)*)"/
    // "\(container.rawValue).truncated": one code for each kind of container.
    let family = /"\\\(container\.rawValue\)\.([a-z-]+)"/
    for file in files {
      let text = try ToolRun.contents(root + "/" + file)
      for match in text.matches(of: plain) { found[String(match.1)] = file }
      if text.contains("extension Diagnostic") || text.contains("var code: String") {
        for match in text.matches(of: listed) { found[String(match.1)] = file }
      }
      for match in text.matches(of: family) {
        for container in ImportError.Container.allCases {
          found["\(container.rawValue).\(match.1)"] = file
        }
      }
    }
    return found
  }

  private static func explained() throws -> Set<String> {
    let document = try JSONValue(ToolRun("explain", "--json").output)
    let entries = document["result"]?["explanations"]?.elements ?? []
    // Words have no exit code.
    return Set(entries.filter { $0["exit_code"] != .null }.compactMap { $0["code"]?.text })
  }

  @Test("each word is explained in lines that fit")
  func words() throws {
    let document = try JSONValue(ToolRun("explain", "--json").output)
    let entries = document["result"]?["explanations"]?.elements ?? []
    let words = entries.filter { $0["exit_code"] == .null }.compactMap { $0["code"]?.text }
    #expect(words.count > 8)
    for word in words {
      let run = try ToolRun("explain", word)
      #expect(run.code == 0 && run.output.count > 200, "\(word)")
      #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(word)")
    }
  }

  @Test("every code in the sources is explained")
  func codes() throws {
    let found = try Self.codesInSources()
    #expect(found.count > 20)
    let explained = try Self.explained()
    for (code, file) in found.sorted(by: { $0.key < $1.key }) {
      #expect(explained.contains(code), "\(code), emitted in \(file), has no explanation")
    }
  }

  @Test("every explained code occurs in the sources")
  func noStaleExplanations() throws {
    let found = try Self.codesInSources()
    // Written by a signal handler as part of a longer line.
    let special: Set = ["internal.crash"]
    for code in try Self.explained().subtracting(special).sorted() {
      #expect(found[code] != nil, "\(code) is explained but nothing emits it")
    }
  }

  @Test("each explanation says more than its title, in lines that fit")
  func texts() throws {
    for code in try Self.explained() {
      let run = try ToolRun("explain", code)
      #expect(run.code == 0)
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= 100 }, "\(code)")
      #expect(run.output.count > 110, "\(code)")
      #expect(run.output.contains("\nexit code 6") || run.output.contains("\nexit code 7"))
    }
  }

  @Test("documents of the frame's commands fit their schemas")
  func documents() throws {
    for arguments in [
      ["explain"], ["explain", "graph.cycle"], ["schema"], ["schema", "error"], ["config"],
      ["config", "config", "--seed", "9"],
    ] {
      let run = try ToolRun(arguments: arguments + ["--json"])
      #expect(run.code == 0)
      let schema = try JSONValue(ToolRun("schema", arguments[0]).output)
      #expect(SchemaValidator.problems(try JSONValue(run.output), schema) == [], "\(arguments)")
    }
  }

  @Test("every command has a schema; so have files that commands pass on")
  func schemas() throws {
    let names = try JSONValue(ToolRun("schema", "--json").output)["result"]?["schemas"]?.elements
    let listed = try FrameTests.commands(ToolRun("--help").output)
    let files = ["scores", "allocation", "space", "study", "cost-table"]
    let others = ["error", "task", "why"] + files
    #expect(Set(names?.compactMap { $0["name"]?.text } ?? []) == Set(listed + others))
  }

  @Test("the validator finds what it should")
  func validator() throws {
    let schema = try JSONValue(
      """
      {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"},
       "b": {"anyOf": [{"type": "null"}, {"enum": ["x"]}]}}}
      """)
    for text in [#"{"a": 1.5}"#, "{}", "[]", #"{"a": 1, "c": 2}"#, #"{"a": 1, "b": "y"}"#] {
      #expect(SchemaValidator.problems(try JSONValue(text), schema) != [], "\(text)")
    }
    for text in [#"{"a": 1}"#, #"{"a": 1, "b": null}"#, #"{"a": 1, "b": "x"}"#] {
      #expect(SchemaValidator.problems(try JSONValue(text), schema) == [], "\(text)")
    }
  }
}
