// The commands are internal to the executable, and a release build opens nothing to tests.
#if DEBUG
  import ArgumentParser
  import Documents
  import FoundationEssentials
  import HWModel
  import Schedules
  import TestSupport
  import Testing

  @testable import hwsim

  /// A new family of hardware goes through every command with nothing but its own folder.
  @Suite("A family of its own: abacus")
  struct AbacusTests {
    private static let float = SharedData.packageRoot + "/examples/digits/network.onnx"
    private static let tflite = SharedData.packageRoot + "/examples/digits_cnn/model.tflite"
    private static let hls4ml = SharedData.packageRoot + "/examples/digits/project"

    private let families: DeviceFamilies

    init() throws { families = DeviceFamilies.shipped.adding(try Abacus()) }

    /// What a command answers where abaci are registered.
    private func run(_ words: String...) throws -> (result: JSON, document: JSON, text: String) {
      try DeviceFamilies.$current.withValue(families) {
        var command = try HWSim.parseAsRoot(words)
        let reporting = try #require(command as? any ReportingCommand)
        _ = command
        command = reporting
        let report = try reporting.report(
          Session(progress: reporting.watching, configuration: nil))
        return (report.result, try report.envelope(), report.text(.plain))
      }
    }

    @Test("targets: a table of its own, every constant, a skeleton, errors of its schema")
    func targets() throws {
      let list = try run("targets")
      #expect(list.text.contains("abaci\n") && list.text.contains("microcontrollers\n"))
      let own = list.result["targets"]?.elements?.first { $0["family"]?.text == "abacus" }
      #expect(own?["id"]?.text == "wooden-abacus" && own?["rods"] == .integer(10))
      let one = try run("targets", "suanpan")
      let table = try #require(one.result["constants"]?["cycles_per_multiplication"]?["value"])
      #expect(table.elements?.first?["cycles"] == .number(2.5))
      #expect(table.elements?.last?["source"] == .string("the operator's word"))
      #expect(one.text.contains("digits 8, cycles 2.5 cycles"))
      #expect(try run("targets", "--template", "abacus").result["template"]?["rods"] != nil)
      #expect(throws: (any Error).self) { try run("targets", "--template", "slide-rule") }
    }

    @Test("estimates of float, TFLite and hls4ml networks are multiplications by the table")
    func estimates() throws {
      for (path, cycles) in [(Self.float, 7.0), (Self.tflite, 2.5)] {
        let answer = try run("estimate", path, "--target", "wooden-abacus").result
        let macs = try #require(answer["macs"]).integerValue
        #expect(answer["latency"]?["cycles"] == .number(Double(macs) * cycles), "\(path)")
        let layers = try #require(answer["layers"]?.elements)
        let sum = layers.reduce(0) { $0 + ($1["cycles"]?.numberValue ?? .nan) }
        #expect(sum == Double(macs) * cycles)
      }
      // Float weights need 32 rods, those of the project its types' width.
      #expect(try run("estimate", Self.float, "--target", "suanpan").result["fits"] == .bool(false))
      let project = try run("estimate", Self.hls4ml, "--target", "suanpan").result
      #expect(try #require(project["latency"]?["cycles"]?.numberValue) > 0)
      let narrow = try run(
        "estimate", Self.float, "--target", "suanpan", "--bits", "w4", "--limit", "cycles=1M",
        "--limit", "digits=3")
      #expect(narrow.result["fits"] == .bool(true))
      #expect(
        narrow.result["limits"]?.elements?.map { $0["kept"] } == [.bool(true), .bool(false)])
      #expect(narrow.result["quantities"]?.elements?.map { $0["key"] } == ["cycles", "digits"])
    }

    @Test("devices of two families stand in one table")
    func twoFamilies() throws {
      let both = try run("estimate", Self.tflite, "--target", "nucleo-l4r5zi,suanpan")
      let rows = try #require(both.result["results"]?.elements)
      #expect(rows.map { $0["target"]?.text?.hasSuffix("abacus") } == [false, true])
      #expect(rows[1]["latency"]?["seconds"] == .null && rows[0]["latency"]?["seconds"] != .null)
      #expect(both.text.contains("cycles") && both.text.contains("SRAM"))
    }

    @Test("--explain prints the table's row with its own source")
    func explain() throws {
      let answer = try run("estimate", Self.tflite, "--target", "suanpan", "--explain", "1")
      #expect(answer.text.contains("a stopwatch, 20 multiplications"))
      let terms = try #require(answer.result["explanation"]?["terms"]?.elements)
      #expect(terms.map { $0["cycles_each"] } == [.number(2.5)])
      #expect(terms.first?["cycles"] == answer.result["explanation"]?["cycles"])
    }

    @Test("a search has its costs as objectives and budgets, for each kind of model")
    func search() throws {
      let data = SharedData.packageRoot + "/examples/digits/"
      let answer = try run(
        "search", Self.float, "--inputs", data + "images.npy", "--labels", data + "classes.npy",
        "--calibration", data + "calibration.npy", "--candidates", "w8a8,w12a8", "--target",
        "suanpan", "--objective", "accuracy,cycles", "--evaluations", "6", "--screening", "0")
      let points = try #require(answer.result["points"]?.elements)
      #expect(!points.isEmpty)
      let macs = 4608.0 + 4608 + 8192 + 36864 + 1536 + 240
      for point in points {
        let cycles = try #require(point["cycles"]?.numberValue)
        #expect(cycles >= macs * 2.5 && cycles <= macs * 7)
        #expect(point["resources"]?["digits"] != nil)
      }
      #expect(points.contains { $0["cycles"]?.numberValue == macs * 2.5 })
      let cnn = SharedData.packageRoot + "/examples/digits_cnn/"
      for (model, folder) in [(Self.tflite, cnn), (Self.hls4ml, data)] {
        let found = try run(
          "search", model, "--inputs", folder + "input.npy", "--labels", folder + "labels.npy",
          "--bits", "4,8", "--target", "suanpan", "--objective", "accuracy,cycles", "--budget",
          "digits=10", "--evaluations", "4", "--screening", "0")
        #expect(found.result["points"]?.elements?.isEmpty == false, "\(model)")
      }
    }

    @Test("results are compared and reported by their quantities")
    func results() throws {
      let folder = try TemporaryFolder()
      func write(_ bits: String, _ name: String) throws -> String {
        let estimate = try run("estimate", Self.tflite, "--target", "suanpan", "--bits", bits)
        return try folder.write(Array(estimate.document.document.utf8), to: name)
      }
      let (short, long) = (try write("w8", "a.json"), try write("w12", "b.json"))
      let comparison = try run("compare", short, long)
      #expect(comparison.result["verdict"]?.text == "WORSE")
      let compared = try #require(comparison.result["quantities"]?.elements)
      let cycles = compared.filter { $0["name"]?.text == "cycles" }
      #expect(cycles.count == 1 && cycles.first?["ratio"] == .number(2.8))
      #expect(compared.contains { $0["name"]?.text == "digits used" && $0["a"] == .number(8) })
      let page = folder.file("report.html")
      _ = try run("report", short, "-o", page)
      let html = try String(contentsOf: URL(filePath: page), encoding: .utf8)
      #expect(html.contains("wooden-abacus") && html.contains("digits"))
    }
  }

  extension JSON {
    fileprivate var numberValue: Double? {
      switch self {
      case .integer(let value): Double(value)
      case .number(let value): value
      default: nil
      }
    }

    fileprivate var integerValue: Int { if case .integer(let value) = self { value } else { 0 } }
  }
#endif
