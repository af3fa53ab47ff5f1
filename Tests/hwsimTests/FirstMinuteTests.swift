import Glibc
import TestSupport
import Testing

/// What a newcomer types first.
@Suite("Command line: the first minute")
struct FirstMinuteTests {
  static let cnn = "examples/digits_cnn/"

  static func text(_ path: String) throws -> String {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test(
    "completion of shells, and of values that only hwsim knows", arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let run = try ToolRun("completion", shell)
    #expect(run.code == 0 && run.error.isEmpty)
    #expect(run.output.contains("hwsim") && run.output.contains("estimate"))
    #expect(try ToolRun("completion", "tcsh").code == 64)
    let targets = try ToolRun("---completion", "estimate", "--", "--target", "0", "0")
    #expect(targets.output.split(separator: "\n").contains("nucleo-l4r5zi"))
  }

  @Test("the manual has every command and option that the help has")
  func manual() throws {
    let page = try ToolRun("help", "--man")
    #expect(page.code == 0 && page.output.hasPrefix(".TH HWSIM 1 "))
    for command in try FrameTests.commands(ToolRun("--help").output) {
      #expect(page.output.contains("\n.SS hwsim \(command)\n"))
      for line in try ToolRun(command, "--help").output.split(separator: "\n")
      where line.hasPrefix("  --") {
        let label = line.split(separator: " ").first ?? ""
        #expect(page.output.contains("\n.B " + label.replacing("-", with: "\\-")), "\(label)")
      }
    }
  }

  @Test("what matters comes first, and what a command ignores is not shown")
  func helpOrder() throws {
    let search = try ToolRun("search", "--help").output
    let titles = search.split(separator: "\n").filter { $0.last == ":" && $0 == $0.uppercased() }
    #expect(
      titles.prefix(3) == ["EXAMPLES:", "ARGUMENTS:", "OPTIONS THAT MATTER MOST:"], "\(titles)")
    for title in ["INPUTS:", "WHAT MAY VARY:", "WHAT IS WANTED:", "HOW TO SEARCH:", "OUTPUT:"] {
      #expect(titles.contains(title[...]))
    }
    let estimate = try ToolRun("estimate", "--help").output
    for option in ["--seed", "--threads", "--quiet", "--progress"] {
      #expect(!estimate.contains(option) && search.contains(option))
    }
    #expect(
      try ToolRun("estimate", "--quiet", "--seed", "1").error.contains("no model is given"),
      "what is not shown is taken all the same")
  }

  @Test("doctor says what is in force, and what is wrong")
  func doctor() throws {
    let run = try ToolRun("doctor")
    #expect(run.code == 0)
    for word in ["version", "kernels", "threads", "cache", "devices"] {
      #expect(run.output.contains("\n" + word) || run.output.hasPrefix(word))
    }
    var setting = ToolRun.Setting()
    setting.environment["HWSIM_KERNEL"] = "sse9"
    let wrong = try ToolRun("doctor", "--json", setting: setting)
    #expect(wrong.code == 1)
    #expect(try JSONValue(wrong.output)["result"]?["healthy"] == .bool(false))
  }

  @Test("words, codes and families of codes are explained")
  func explain() throws {
    let knee = try ToolRun("explain", "knee")
    #expect(knee.code == 0 && knee.output.hasPrefix("knee: "))
    let family = try ToolRun("explain", "target", "--csv")
    let codes = family.output.split(separator: "\n").dropFirst()
    #expect(codes.count > 5 && codes.allSatisfy { $0.hasPrefix("target.") })
    #expect(try ToolRun("explain", "kne").error.contains("'knee'"))
  }

  @Test("layers by number, short name, beginning and pattern; ambiguous ones are refused")
  func layers() throws {
    for name in ["2", "depthwise1_1/Relu", "depthwise1", "*depthwise1*"] {
      let run = try ToolRun("inspect", Self.cnn + "model.tflite", "--node", name, "--json")
      #expect(run.code == 0, "\(name)")
      #expect(run.output.contains("depthwise1") && !run.output.contains("depthwise2"), "\(name)")
      let explained = try ToolRun(
        "estimate", Self.cnn + "model.tflite", "--target", "nucleo-l4r5zi", "--explain", name)
      #expect(explained.code == 0 && explained.output.contains("depthwise1"), "\(name)")
    }
    let several = try ToolRun("inspect", Self.cnn + "model.tflite", "--node", "depthwise")
    #expect(several.code == 64 && several.error.contains("begins the names of 4 layers"))
  }

  @Test("every line fits 80, 100 and 120 columns", arguments: [80, 100, 120])
  func widths(columns: Int) throws {
    var setting = ToolRun.Setting()
    setting.environment["COLUMNS"] = "\(columns)"
    for arguments in [
      ["estimate", Self.cnn + "model.tflite", "--target", "nucleo-l4r5zi"],
      ["inspect", Self.cnn + "model.tflite"], ["inspect", "examples/digits/project"],
      ["inspect", "examples/transformers/qwen3-30b-a3b.json"], ["targets"], ["formats"],
      ["check", "examples/digits/project"], ["doctor"], ["explain"], ["explain", "array.shape"],
    ] {
      let run = try ToolRun(arguments: arguments, setting: setting)
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(lines.count > 3 && lines.allSatisfy { $0.count <= columns }, "\(arguments)")
    }
  }

  @Test("comma-separated values have a name above every column")
  func namedColumns() throws {
    for arguments in [
      ["estimate", Self.cnn + "model.tflite", "--target", "nucleo-l4r5zi"],
      ["estimate", Self.cnn + "model.tflite", "--target", "nucleo-l4r5zi,stm32f746"],
      ["inspect", Self.cnn + "model.tflite"], ["check", "examples/digits/project"],
      [
        "run", Self.cnn + "model.tflite", "--inputs", Self.cnn + "input.npy", "--stats",
        "--output", "/dev/null",
      ],
      ["targets"], ["targets", "nucleo-l4r5zi"], ["doctor"], ["config"], ["schema"], ["explain"],
      ["formats"], ["formats", "e4m3"], ["formats", "--compare", "e4m3,int8"],
      ["inspect", "examples/transformers/qwen3-0.6b.json"],
      ["estimate", "examples/transformers/qwen3-0.6b.json", "--target", "a100"],
      ["search", "--table", "Tests/hwsimTests/Fixtures/scores/autoquantize.json"],
      ["cast", "examples/digits/images.npy", "--compare", "e4m3"],
    ] {
      let run = try ToolRun(arguments: arguments + ["--csv"])
      #expect([0, 1].contains(run.code), "\(arguments)")
      let names = (run.output.split(separator: "\n").first ?? "")
        .split(separator: ",", omittingEmptySubsequences: false)
      #expect(
        names.count > 1 && Set(names).count == names.count
          && names.allSatisfy { $0.contains(where: \.isLetter) }, "\(arguments): \(names)")
    }
  }

  @Test("one estimate has the shape of several, and is the result itself")
  func oneShape() throws {
    let words = ["estimate", Self.cnn + "model.tflite", "--json", "--target"]
    let one = try #require(
      JSONValue(ToolRun(arguments: words + ["nucleo-l4r5zi"]).output)["result"])
    let several = try #require(
      JSONValue(ToolRun(arguments: words + ["nucleo-l4r5zi,stm32f746"]).output)["result"])
    #expect(one["results"]?.elements.count == 1 && several["results"]?.elements.count == 2)
    #expect(one["results"]?[0] == several["results"]?[0])
    #expect(one["results"]?[0]?["latency"] == one["latency"])
  }

  @Test("accuracy of a model, with its interval")
  func labels() throws {
    let run = try ToolRun(
      "run", Self.cnn + "model.tflite", "--inputs", Self.cnn + "input.npy", "--labels",
      Self.cnn + "labels.npy", "--json")
    #expect(run.code == 0, "\(run.error)")
    let score = try JSONValue(run.output)["result"]?["labels"]
    let samples = try #require(score?["samples"]?.number)
    let correct = try #require(score?["top_1"]?["correct"]?.number)
    let share = try #require(score?["top_1"]?["accuracy"]?.number)
    #expect(share == correct / samples && share > 0.9)
    #expect((score?["top_1"]?["low"]?.number ?? 1) < share)
    #expect((score?["top_5"]?["accuracy"]?.number ?? 0) >= share)
    // The project's classes are the arguments of its own largest outputs.
    let other = try ToolRun(
      "run", "examples/digits/project", "--inputs", "examples/digits/input.npy", "--labels",
      Self.cnn + "input.npy")
    #expect(other.code == 65)
  }

  @Test("formats compared on an array")
  func compared() throws {
    let run = try ToolRun(
      "cast", "examples/digits/images.npy", "--compare", "e4m3,int8,mxfp4,float32", "--json")
    #expect(run.code == 0, "\(run.error)")
    let rows = try JSONValue(run.output)["result"]?["compared"]
    #expect(rows?[0]?["format"] == .string("e4m3"))
    #expect(rows?[2]?["scale"] == .null)
    let quality = [0, 1, 2].map { rows?[$0]?["sqnr_db"]?.number ?? 0 }
    #expect(quality[1] > quality[0] && quality[0] > quality[2])
    let given = try ToolRun(
      "cast", "examples/digits/images.npy", "--compare", "e4m3", "--scale", "none", "--json")
    #expect(try JSONValue(given.output)["result"]?["compared"]?[0]?["scale"]?.number == 1)
    #expect(
      try ToolRun("cast", "examples/digits/images.npy", "--compare", "e4m3", "--scale", "-1").code
        == 64)
  }

  @Test("a board like another one")
  func newTarget() throws {
    let scratch = try TemporaryFolder()
    let run = try ToolRun(
      "targets", "--new", "stm32f429", "--like", "nucleo-l4r5zi", "--clock", "180MHz", "--sram",
      "192KiB", "--flash", "1MiB")
    #expect(run.code == 0, "\(run.error)")
    let path = try scratch.write(Array(run.output.utf8), to: "board.json")
    #expect(try ToolRun("targets", "--validate", path).code == 0)
    let estimate = try ToolRun("estimate", Self.cnn + "model.tflite", "--target", path, "--json")
    let result = try JSONValue(estimate.output)["result"]
    #expect(result?["resources"]?["sram"]?["available"]?.number == 196_608)
    #expect(result?["latency"]?["error_percent"] ?? .null == .null)
    // Of boards that folds left out, from the one that it is like.
    let interval = try #require(result?["latency_interval"])
    let seconds = try #require(result?["latency"]?["seconds"]?.number)
    let factor = try #require(interval["factor"]?.number)
    #expect(factor > 1.2 && interval["probability"]?.number == 0.9)
    #expect(interval["high_seconds"]?.number == seconds * factor)
    let words = try ToolRun("estimate", Self.cnn + "model.tflite", "--target", path)
    #expect(words.output.contains("nothing was measured on this board"))
    for arguments in [
      ["--new", "nucleo-l4r5zi", "--like", "nucleo-l4r5zi"], ["--new", "x", "--clock", "1MHz"],
      ["--new", "x", "--like", "nucleo-l4r5zi", "--clock", "168"],
      ["--new", "x", "--like", "nucleo-l4r5zi", "--set", "clok_hz=1MHz"],
    ] {
      let refused = try ToolRun(arguments: ["targets"] + arguments)
      #expect([64, 65].contains(refused.code) && refused.error.contains("help: "), "\(arguments)")
    }
  }

  @Test("verdicts for programs: JUnit and annotations")
  func cases() throws {
    let scratch = try TemporaryFolder()
    let file = scratch.file("verdicts.xml")
    let good = try ToolRun(
      "estimate", Self.cnn + "model.tflite", "--target", "nucleo-l4r5zi", "--junit", file,
      "--annotations", "github")
    #expect(good.code == 0 && !good.output.contains("::error"))
    #expect(try Self.text(file).contains("tests=\"1\" failures=\"0\""))
    let bad = try ToolRun(
      "estimate", Self.cnn + "model.tflite", "--target", "nucleo-l4r5zi", "--limit", "sram=1KiB",
      "--junit", file, "--annotations", "github")
    #expect(bad.code == 1)
    #expect(bad.output.contains("::error title=hwsim estimate%3A "))
    let text = try Self.text(file)
    #expect(text.contains("failures=\"1\"") && text.contains("<failure message=\"sram=1KiB"))
  }

  @Test("numbers that begin with a minus are values")
  func negative() throws {
    let run = try ToolRun("formats", "e4m3", "--encode", "-0.3")
    #expect(run.code == 0 && run.output.contains("-0.3"))
  }

  @Test("words of the field lead to names")
  func synonyms() throws {
    let run = try ToolRun(
      "cast", "examples/digits/images.npy", "--to", "e4m3", "--rounding", "RNE", "-o", "/dev/null")
    #expect(run.code == 64 && run.error.contains("'TiesToEven'"))
    let format = try ToolRun("formats", "fp8")
    #expect(format.error.contains("did you mean 'e4m3' or 'e5m2'?"))
    let cost = try ToolRun(
      "search", "examples/digits/project", "--objective", "lut", "--target", "pynq-z2")
    #expect(cost.error.contains("'lut' is a cost") && cost.error.contains("loss,lut"))
    let unit = try ToolRun("unit", "multiplier")
    #expect(unit.error.contains("unknown operation 'multiplier'"))
    let taken = try ToolRun("unit", "mul", "--a", "int8", "--b", "int8", "--target", "xc7")
    #expect(taken.error.contains("--parameters w=8,a=8,signed=true"))
  }
}
