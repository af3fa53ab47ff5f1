import Glibc
import TestSupport
import Testing

@Suite("Command line: frame")
struct FrameTests {
  @Test("--version prints the version and nothing else")
  func version() throws {
    let run = try ToolRun("--version")
    #expect(run.output == "hwsim 0.1.0\n")
    #expect(run.error.isEmpty)
    #expect(run.code == 0)
  }

  @Test("help on each level has two examples, fits 100 columns, and asks for nothing else")
  func help() throws {
    let root = try ToolRun("--help")
    #expect(root.code == 0)
    let commands = try Self.commands(root.output)
    #expect(commands.contains("explain"))
    for command in [nil] + commands.map(Optional.init) {
      let run = try ToolRun(arguments: [command, "--help"].compactMap { $0 })
      let lines = run.output.split(separator: "\n")
      let examples = lines.filter { $0.hasPrefix("  hwsim ") }
      #expect(examples.count >= 2, "hwsim \(command ?? "") --help")
      if let command {
        #expect(examples.allSatisfy { $0.hasPrefix("  hwsim \(command)") })
        #expect(run.output.contains("USAGE: hwsim \(command)"))
        #expect(try ToolRun("help", command).output == run.output)
      }
      #expect(lines.allSatisfy { $0.count <= 100 }, "hwsim \(command ?? "") --help")
      #expect(run.error.isEmpty)
      #expect(run.code == 0)
    }
  }

  /// The commands that the text of `hwsim --help` lists.
  static func commands(_ help: String) throws -> [String] {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "SUBCOMMANDS:"))
    return lines[(start + 1)...].prefix { $0.hasPrefix("  ") }.filter { !$0.hasPrefix("   ") }
      .map { String($0.dropFirst(2).prefix { $0 != " " }) }
  }

  @Test("completion scripts", arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let run = try ToolRun("--generate-completion-script", shell)
    #expect(run.code == 0)
    #expect(run.output.contains("explain"))
  }

  @Test("an unknown command is wrong usage and gets a suggestion")
  func unknownCommand() throws {
    let run = try ToolRun("exlpain", "graph.cycle")
    #expect(run.code == 64)
    #expect(run.output.isEmpty)
    #expect(
      run.error.hasPrefix("error[usage.unknown-command]: unknown command 'exlpain'\n"))
    #expect(run.error.contains("help: did you mean 'explain'?\n"))
  }

  @Test("a word like no command gets no suggestion but the way to the list")
  func farCommand() throws {
    let run = try ToolRun("transmogrify")
    #expect(run.code == 64)
    #expect(!run.error.contains("did you mean"))
    #expect(run.error.contains("help: hwsim --help lists them."))
  }

  @Test("unknown names of codes, schemas and options get suggestions")
  func unknownNames() throws {
    let code = try ToolRun("explain", "graph.cycel")
    #expect(code.code == 64)
    #expect(code.error.contains("did you mean 'graph.cycle'?"))
    let schema = try ToolRun("schema", "explian")
    #expect(schema.code == 64)
    #expect(schema.error.contains("did you mean 'explain'?"))
    let option = try ToolRun("explain", "--jsn")
    #expect(option.code == 64)
    #expect(option.error.contains("'--json'"))
    #expect(option.error.contains("  usage: hwsim explain [CODE|FAMILY|TOPIC] [options]\n"))
  }

  @Test("with --json an error is one document on standard output, the exit code unchanged")
  func errorDocument() throws {
    let runs = try [
      ToolRun("exlpain", "--json"), ToolRun("explain", "nothing.here", "--json"),
      ToolRun("explain", "--json", "--frobnicate"), ToolRun("explain", "--json", "--csv"),
      ToolRun("config", "--json", "--config", "does-not-exist.json"),
    ]
    let schema = try JSONValue(ToolRun("schema", "error").output)
    for run in runs {
      let document = try JSONValue(run.output)
      #expect(SchemaValidator.problems(document, schema) == [])
      #expect(document["error"]?["exit_code"]?.integer == Int(run.code))
      let code = try #require(document["error"]?["code"]?.text)
      #expect(run.error.hasPrefix("error[\(code)]: "))
    }
    #expect(runs.map(\.code) == [64, 64, 64, 64, 66])
  }

  @Test("a missing file is named as typed")
  func missingFile() throws {
    let run = try ToolRun("config", "--config", "no/such.json")
    #expect(run.code == 66)
    #expect(run.output.isEmpty)
    #expect(run.error.contains("--> no/such.json\n"))
    #expect(run.error.contains("no such file or directory"))
  }

  @Test("colour: never into a file, always on demand, never with NO_COLOR or a dumb terminal")
  func color() throws {
    let plain = try ToolRun("explain", "graph.cycle")
    #expect(!plain.output.contains("\u{1B}"))
    let always = try ToolRun("explain", "graph.cycle", "--color", "always")
    #expect(always.output.contains("\u{1B}[1mgraph.cycle\u{1B}[0m"))
    // Colour carries no meaning: without it the text is the same.
    let stripped = always.output.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    #expect(stripped == plain.output)
    let errors = try ToolRun("explain", "nothing", "--color=always")
    #expect(errors.error.hasPrefix("\u{1B}[1;31merror\u{1B}[0m[usage.unknown-code]"))
    let wrong = try ToolRun("explain", "--color", "sometimes")
    #expect(wrong.code == 64)
  }

  @Test("on a terminal words are coloured unless NO_COLOR is set and not empty, or TERM is dumb")
  func terminalColor() throws {
    // script(1) runs a command on a terminal of its own.
    guard access("/usr/bin/script", X_OK) == 0 else { return }
    func output(_ variables: String) throws -> String {
      let folder = try TemporaryFolder()
      let log = folder.file("log")
      let line =
        "env -u NO_COLOR \(variables) script -qec '\(ToolRun.tool) explain graph.cycle' \(log) "
        + ">/dev/null 2>&1 </dev/null"
      #expect(system(line) == 0)
      return try ToolRun.contents(log)
    }
    #expect(try output("TERM=xterm").contains("\u{1B}[1mgraph.cycle"))
    #expect(try output("TERM=xterm NO_COLOR=").contains("\u{1B}[1mgraph.cycle"))
    #expect(try !output("TERM=xterm NO_COLOR=1").contains("\u{1B}[1mgraph.cycle"))
    #expect(try !output("TERM=dumb").contains("\u{1B}[1mgraph.cycle"))
  }

  @Test("a reader that went away is no crash and no message")
  func closedPipe() throws {
    var setting = ToolRun.Setting()
    setting.hasClosedOutput = true
    let run = try ToolRun("explain", setting: setting)
    #expect(run.error.isEmpty)
    #expect(run.code == 0)
  }

  @Test("a full disk under standard output is said and ends with 73")
  func fullDisk() throws {
    var setting = ToolRun.Setting()
    setting.outputPath = "/dev/full"
    let run = try ToolRun("explain", setting: setting)
    #expect(run.error.hasPrefix("error[file.not-written]: standard output"))
    #expect(run.code == 73)
  }

  @Test("Ctrl-C ends in under a second with 130; SIGTERM with 143")
  func interrupt() throws {
    for (signal, code) in [(SIGINT, Int32(130)), (SIGTERM, 143)] {
      var setting = ToolRun.Setting()
      setting.interrupt = signal
      var run: ToolRun?
      let elapsed = try ContinuousClock().measure {
        run = try ToolRun("config", "--config", "-", setting: setting)
      }
      #expect(run?.code == code)
      #expect(run?.output == "")
      #expect(run?.error == (signal == SIGINT ? "interrupted\n" : ""))
      #expect(elapsed < .seconds(5), "start-up included")
    }
  }

  @Test("Ctrl-C during a search says what was kept and how to go on", arguments: [true, false])
  func interruptedSearch(keeps: Bool) throws {
    let folder = try TemporaryFolder()
    var setting = ToolRun.Setting()
    (setting.seconds, setting.timerSignal) = (3, "INT")
    let run = try ToolRun(
      arguments: [
        "search", "examples/digits/network.onnx", "--inputs", "examples/digits/images.npy",
        "--labels", "examples/digits/classes.npy", "--bits", "2,3,4,8", "--evaluations", "100000",
        "--method", "nsga2", "--threads", "1",
      ] + (keeps ? ["-o", folder.file("out")] : []), setting: setting)
    #expect(run.code == 130 && run.output.isEmpty)
    #expect(
      run.error.hasSuffix(
        keeps
          ? "what was run is kept in \(folder.file("out/study.jsonl")): the same command goes on from "
            + "there\n" : "nothing was kept: -o DIR or --study FILE keeps every evaluation\n"))
  }

  @Test("--progress json writes objects a line on standard error, and changes no result")
  func progress() throws {
    let arguments = [
      "run", "examples/digits/project", "--inputs", "examples/digits/input.npy", "--output",
      "/dev/null", "--json",
    ]
    let silent = try ToolRun(arguments: arguments)
    #expect(silent.error.isEmpty, "no progress where nobody looks")
    let run = try ToolRun(arguments: arguments + ["--progress", "json"])
    #expect(run.output == silent.output)
    let lines = run.error.split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      let progress = try #require(JSONValue(String(line))["progress"])
      #expect(progress["label"]?.text == "samples")
      #expect(progress["total"]?.integer == 200)
      #expect(try (0...200).contains(#require(progress["done"]?.integer)))
    }
    #expect(
      try ToolRun(arguments: arguments + ["--progress", "json", "--quiet"]).error.isEmpty)
    #expect(try ToolRun(arguments: arguments + ["--progress", "bars"]).code == 64)
  }

  @Test("a trap in hwsim ends with 70 and asks for a report")
  func bug() throws {
    var setting = ToolRun.Setting()
    setting.interrupt = SIGILL
    let run = try ToolRun("config", "--config", "-", setting: setting)
    #expect(run.code == 70)
    #expect(run.error.hasPrefix("error[internal.crash]: "))
    #expect(run.error.contains("sha256sum"))
  }

  @Test("--json-file writes the same document as --json and keeps the text")
  func jsonFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("out.json")
    let both = try ToolRun("explain", "graph.cycle", "--json-file", path)
    #expect(both.output == (try ToolRun("explain", "graph.cycle").output))
    #expect(try ToolRun.contents(path) == ToolRun("explain", "graph.cycle", "--json").output)
  }

  @Test("--json-file is written whole or not at all")
  func jsonFileFailures() throws {
    let folder = try TemporaryFolder()
    let missing = try ToolRun("explain", "--json-file", folder.file("no/such/folder.json"))
    #expect(missing.code == 73)
    #expect(missing.output.isEmpty)
    #expect(missing.error.contains("--> \(folder.file("no/such/folder.json"))\n"))
    let kept = try folder.write(Array("earlier".utf8), to: "kept.json")
    let failed = try ToolRun("explain", "nothing.here", "--json-file", kept)
    #expect(failed.code == 64)
    #expect(try ToolRun.contents(kept) == "earlier")
  }

  @Test("the same command gives the same bytes")
  func determinism() throws {
    let first = try ToolRun("config", "--json")
    let second = try ToolRun("config", "--json", "--threads", "7", "--quiet")
    #expect(first.output == second.output)
  }
}
