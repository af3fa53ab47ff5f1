import Testing

@Suite("Command line: explanations and schemas")
struct DocumentationTests {
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

  @Test("an explanation has a title, its text and the exit code, in lines that fit")
  func texts() throws {
    for code in ["graph.cycle", "usage.arguments", "file.not-written", "npy.truncated"] {
      let run = try ToolRun("explain", code)
      #expect(run.code == 0 && run.output.hasPrefix("\(code): "))
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= 100 }, "\(code)")
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
