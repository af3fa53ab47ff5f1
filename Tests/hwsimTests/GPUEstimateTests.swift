import Documents
import TestSupport
import Testing

@Suite("Command line: GPUs")
struct GPUEstimateTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ToolRun {
    try ToolRun(arguments: ["estimate"] + arguments, setting: .init(folder: folder.path))
  }

  private var configuration: String { SharedData.packageRoot + "/examples/transformer" }

  @Test("a row for each configuration, batch and sequence")
  func rows() throws {
    let run = try run(
      configuration, "--target", "a100", "--bits", "w16a16,w4a8kv4", "--batch", "1,32",
      "--sequence", "1024", "--json")
    #expect(run.code == 0, "\(run.error)")
    let rows = try #require(JSONValue(run.output)["result"]?["rows"]?.elements)
    #expect(rows.count == 4)
    for (index, name) in ["w16a16", "w4a8kv4", "w16a16", "w4a8kv4"].enumerated() {
      #expect(rows[index]["bits"] == .string(name))
    }
    for row in rows {
      #expect(row["fits"] == .bool(true) && row["target"] == .string("a100-80"))
      #expect(row["path"] != nil && row["bound"] != nil && row["memory"]?["total"] != nil)
    }
    let text = try self.run(
      configuration, "--target", "a100", "--bits", "w4a16", "--sequence", "256", "--explain",
      "attention")
    #expect(text.code == 0 && text.output.contains("keys and values, 16 bits"))
  }

  @Test("one table for a GPU and arrays: each says what it can of the same formats")
  func sideBySide() throws {
    let arguments = [
      "estimate", configuration, "--target", "a100,bitmod,bitfusion", "--bits", "w4a8",
      "--sequence", "256",
    ]
    let run = try ToolRun(
      arguments: arguments + ["--json"], setting: .init(folder: folder.path))
    #expect(run.code == 0, "\(run.error)")
    let rows = try #require(JSONValue(run.output)["result"]?["rows"]?.elements)
    #expect(
      rows.compactMap { $0["target"] } == ["a100-80", "bitmod", "bitfusion"].map { .string($0) })
    for row in rows {
      #expect(row["bits"] == .string("w4a8") && row["bound"] != nil)
      #expect(row["phases"]?.elements.count == 2)
    }
    #expect(rows[0]["memory"]?["total"] != nil && rows[1]["memory"] == .null)
    for row in rows[1...] {
      for phase in row["phases"]?.elements ?? [] {
        #expect(phase["cycles"] != nil && phase["dram_bytes"] != nil)
      }
    }
    let text = try ToolRun(arguments: arguments, setting: .init(folder: folder.path))
    #expect(text.output.contains("cycles") && text.output.contains("DRAM"))
  }

  @Test("what does not fit says what it needs, with exit code 1")
  func misfit() throws {
    let run = try run(
      configuration, "--target", "rtx3070", "--bits", "w16a16", "--sequence", "128")
    #expect(run.code == 1)
    #expect(run.output.contains("does not fit: needs 2 GPUs"))
  }

  @Test("a table of products, by device and format")
  func gemms() throws {
    let path = try folder.write(
      Array(
        "id,device,quant,m,n,k\nr1,a100-80,W16A16,1,4096,4096\nr2,h100,FP8,2048,8192,8192\n".utf8),
      to: "rows.csv")
    let run = try run("--gemms", path, "--json")
    #expect(run.code == 0, "\(run.error)")
    let rows = try #require(JSONValue(run.output)["result"]?["rows"]?.elements)
    #expect(rows.count == 2)
    #expect(rows.first?["id"] == .string("r1") && rows.first?["bound"] == .string("memory"))
    #expect(rows.last?["id"] == .string("r2") && rows.last?["bound"] == .string("compute"))
    let wrong = try folder.write(
      Array("id,device,quant,m,n,k\nr1,h100,W4A4,1,4096,0\n".utf8), to: "wrong.csv")
    #expect(try self.run("--gemms", wrong).code == 65)
  }

  @Test("formats that a GPU lacks and impossible sizes are refused with a remedy")
  func refusals() throws {
    let refused = try run(configuration, "--target", "h100", "--bits", "w4a4")
    #expect(refused.code == 65)
    #expect(refused.error.contains("w4a16 (converted)") && refused.error.contains("w8a8 (native)"))
    #expect(try run(configuration, "--target", "a100", "--batch", "0").code == 64)
    let long = try run(configuration, "--target", "a100", "--sequence", "8192")
    #expect(long.code == 64 && long.error.contains("4096"))
    let other = try run(configuration, "--target", "stm32f746")
    #expect(other.code == 64 && other.error.contains("no transformers"))
    let negative = try folder.write(
      Array("quant,m,n,k,latency_ms\nW16A16,1,4096,4096,-1\n".utf8), to: "c.csv")
    let calibrated = try run("--calibrate", negative, "--target", "a100")
    #expect(calibrated.code == 65 && calibrated.error.contains("positive time"))
  }

  @Test("calibration finds the constants that rows were made with")
  func calibration() throws {
    // Rows of the model itself with another launch and bandwidth than the description's.
    var text = "quant,m,n,k,latency_ms\n"
    for m in [1, 16, 128, 1024] {
      for (n, k) in [(1024, 1024), (4096, 4096), (11008, 4096), (4096, 11008)] {
        let work = try run(
          "--gemms",
          try folder.write(
            Array("id,device,quant,m,n,k\nr,a100-80,W16A16,\(m),\(n),\(k)\n".utf8), to: "one.csv"),
          "--json")
        let row = try #require(JSONValue(work.output)["result"]?["rows"]?.elements.first)
        guard case .number(let seconds)? = row["latency_seconds"] else { continue }
        text += "W16A16,\(m),\(n),\(k),\(seconds * 1.3e3)\n"
      }
    }
    let run = try run(
      "--calibrate", try folder.write(Array(text.utf8), to: "rows.csv"), "--target", "a100",
      "--json")
    #expect(run.code == 0, "\(run.error)")
    let fit = try #require(JSONValue(run.output)["result"]?["calibrations"]?.elements.first)
    guard case .number(let before)? = fit["before"]?["mean_percent"],
      case .number(let after)? = fit["after"]?["mean_percent"]
    else {
      Issue.record("no residuals")
      return
    }
    #expect(before > 20 && after < 5, "before \(before), after \(after)")
  }
}
