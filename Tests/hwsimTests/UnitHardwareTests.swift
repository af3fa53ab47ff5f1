import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite("Command line: units as hardware")
struct UnitHardwareTests {
  private static let simulator = system("command -v iverilog > /dev/null 2>&1") == 0

  private func files(_ folder: TemporaryFolder) throws -> [String: String] {
    var texts: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix("v") || name.hasSuffix("hex") {
      texts[name] = String(
        decoding: try Data(contentsOf: URL(filePath: folder.file(name))), as: UTF8.self)
    }
    return texts
  }

  @Test("what a unit takes, with the error that was measured")
  func cost() throws {
    let run = try ToolRun(
      "unit", "mac", "--parameters", "w=2,a=2,acc=8,a_signed=true", "--target", "xc7_dsp",
      "--json")
    #expect(run.code == 0, "\(run.error)")
    let result = try JSONValue(run.output)["result"]
    let unit = result?["units"]?[0]
    #expect(unit?["ff"] == .integer(8))
    #expect(unit?["dsp"] == .integer(0))
    let text = try ToolRun(
      "unit", "mac", "--parameters", "w=2,a=2,acc=8,a_signed=true", "--target", "ice40")
    #expect(text.output.contains("MAPE"))
    #expect(text.output.contains("mac_w2_a2_acc8_a_signed1"))
  }

  @Test(
    "bad units say what is wrong",
    arguments: [
      ("w=8,a=8", "'signed'"), ("w=8,a=8,signed=true,b=1", "'b'"), ("w=8,w=9", "no parameter"),
      ("w=80,a=8,signed=true", "from 1 to 64"), ("w", "no parameter"),
    ])
  func refusals(parameters: String, message: String) throws {
    let run = try ToolRun("unit", "mul", "--parameters", parameters, "--target", "xc7")
    #expect(run.code != 0 && run.code != 70)
    #expect(run.error.contains(message), "\(run.error)")
  }

  @Test("lists name units once and by a module's name")
  func lists() throws {
    let folder = try TemporaryFolder()
    let setting = ToolRun.Setting(folder: folder.path)
    let unit = #"{"name": "NAME", "family": "xnorpop", "params": {"n": 8}}"#
    for (names, message) in [(["a", "a"], "names two"), (["1a"], "no name"), ([], "no list")] {
      let list = names.map { unit.replacing("NAME", with: $0) }.joined(separator: ",")
      _ = try folder.write(Array("[\(list)]".utf8), to: "units.json")
      let run = try ToolRun(
        "unit", "--cost", "units.json", "--target", "ice40", setting: setting)
      #expect(run.code == 65, "\(run.error)")
      #expect(run.error.contains(message), "\(run.error)")
    }
    let part = try ToolRun("unit", "--cost", "units.json", "--target", "a100", setting: setting)
    #expect(part.code != 0)
  }

  @Test("the same bytes for the same seed")
  func determinism() throws {
    var all: [[String: String]] = []
    for _ in 0..<2 {
      let folder = try TemporaryFolder()
      let run = try ToolRun(
        "unit", "fpmac", "--parameters", "ew=2,mw=1,ea=3,ma=2,growth=4", "--verilog", folder.path,
        "--golden", "50", "--seed", "7")
      #expect(run.code == 0, "\(run.error)")
      all.append(try files(folder))
    }
    #expect(all[0].count == 3)
    #expect(all[0] == all[1])
  }

  /// Every family, combinational and clocked, against the definitions of Arith.
  @Test(
    "simulated modules agree with golden vectors",
    .enabled(if: simulator, "iverilog is not installed"),
    arguments: [
      ("adder", "width=9,signed=true"), ("mul", "w=5,a=4,signed=false"),
      ("mac", "w=4,a=3,acc=14,a_signed=false"), ("fpmul", "ew=2,mw=1,ea=3,ma=2"),
      ("fpmac", "ew=4,mw=3,ea=2,ma=1,growth=6"), ("fpadd", "e=2,m=2"), ("xnorpop", "n=21"),
      ("bsmac", "n=9,acc=16,shift_bits=3"), ("po2mul", "a=6,exp_bits=2,terms=2"),
      ("constmul", "c=-23,a=7"), ("requant", "acc=14,mult_bits=6,shift=9,out=6"),
      ("dot", "n=3,w=4,a=5"), ("thresh", "a=6,n=5"),
    ])
  func simulation(family: String, parameters: String) throws {
    let folder = try TemporaryFolder()
    let run = try ToolRun(
      "unit", family, "--parameters", parameters, "--verilog", folder.path, "--golden", "300")
    #expect(run.code == 0, "\(run.error)")
    #expect(simulate(folder) == 0)
    // A wrong module is found.
    #expect(
      system("cd '\(folder.path)' && sed -i 's/assign y = /assign y = ~/; s/y <= /y <= ~/' *.v")
        == 0
    )
    #expect(simulate(folder) != 0)
  }

  /// 0 where the bench counts no mismatch.
  private func simulate(_ folder: TemporaryFolder) -> Int32 {
    system(
      "cd '\(folder.path)' && iverilog -g2005 -o t *.v && vvp -n t | grep -q ', 0 mismatches'")
  }

  @Test("a packing is claimed where the flow's table holds it")
  func packing() throws {
    let parameters = "w=8,a=8,a_signed=true,kernel=1,inputs=2,convolution=false"
    let run = try ToolRun(
      "unit", "packed", "--parameters", parameters, "--target", "xc7_dsp", "--json")
    #expect(run.code == 0, "\(run.error)")
    let unit = try JSONValue(run.output)["result"]?["units"]?[0]
    #expect(unit?["claimed"] == .bool(true))
    #expect(unit?["dsp"] == .integer(1))
    let narrow = "w=4,a=4,a_signed=true,kernel=2,inputs=2,convolution=true"
    let four = try ToolRun(
      "unit", "packed", "--parameters", narrow, "--target", "xc7_dsp", "--json")
    let unclaimed = try JSONValue(four.output)["result"]?["units"]?[0]
    #expect(unclaimed?["dsp"] == .integer(1))
    #expect(unclaimed?["claimed"] == .bool(false))
  }

  @Test("a flow of the user's own: fitted, written, read again")
  func calibration() throws {
    let folder = try TemporaryFolder()
    let setting = ToolRun.Setting(folder: folder.path)
    let rows = (2...8).map { "mul,w=\($0);a=\(2);signed=true,\(3 * $0)" }
    _ = try folder.write(
      Array((["family,params,logic_luts"] + rows).joined(separator: "\n").utf8), to: "units.csv")
    let fit = try ToolRun("targets", "xc7", "--calibrate", "units.csv", setting: setting)
    #expect(fit.code == 0, "\(fit.error)")
    _ = try folder.write(Array(fit.output.utf8), to: "mine.json")
    let used = try ToolRun(
      "unit", "mul", "--parameters", "w=7,a=2,signed=true", "--target", "./mine.json", "--json",
      setting: setting)
    #expect(used.code == 0, "\(used.error)")
    let result = try JSONValue(used.output)["result"]
    guard case .number(let luts)? = result?["units"]?[0]?["logic_luts"] else {
      Issue.record("no number of look-up tables")
      return
    }
    #expect(abs(luts / 21 - 1) < 0.3)
    let few = try ToolRun(
      "targets", "xc7", "--calibrate", "-", setting: .init(input: "family,params,logic_luts\n"))
    #expect(few.code != 0 && few.code != 70)
  }

  /// The layer's own RTL: `relu1` of examples/digits, 20 bits with 10 of fraction to 8 with 4,
  /// rounded half up and saturated.
  @Test(
    "a project's bench finds a wrong layer",
    .enabled(if: simulator, "iverilog is not installed"))
  func projectBench() throws {
    let folder = try TemporaryFolder()
    let run = try ToolRun(
      "run", "examples/digits/project", "--inputs", "examples/digits/input.npy", "--first", "20",
      "--verilog-bench", folder.path)
    #expect(run.code == 0, "\(run.error)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.filter { $0.hasSuffix("_tb.v") }.count == 7)
    for (half, matches) in [("20'sd32", true), ("20'sd0", false)] {
      let model = """
        module relu1 (input clk, input [32*20-1:0] x, output [32*8-1:0] y);
          genvar i;
          generate for (i = 0; i < 32; i = i + 1) begin : lane
            wire signed [19:0] v = x[i*20 +: 20];
            wire signed [19:0] r = (v + \(half)) >>> 6;
            assign y[i*8 +: 8] = v <= 0 ? 8'd0 : r > 255 ? 8'd255 : r[7:0];
          end endgenerate
        endmodule
        """
      _ = try folder.write(Array(model.utf8), to: "relu1.v")
      let status = system(
        "cd '\(folder.path)' && iverilog -g2005 -o t relu1.v relu1_tb.v && vvp -n t > out && grep -q "
          + "'relu1: 20 samples, 0 mismatches' out")
      #expect((status == 0) == matches)
    }
  }
}
