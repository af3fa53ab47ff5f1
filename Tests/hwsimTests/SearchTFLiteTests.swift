import FoundationEssentials
import Importers
import TestSupport
import Testing

/// TensorFlow Lite models searched from what they are, and the allocations applied to them.
@Suite("Command line: TFLite models in other widths")
struct SearchTFLiteTests {
  private static let folder = "examples/digits_cnn/"
  private static let model = folder + "model.tflite"
  private static let inputs = folder + "input.npy"
  private static let widths = "Tests/Fixtures/widths/"

  private func document(_ run: ToolRun, schema: String) throws -> JSONValue {
    let document = try JSONValue(run.output)
    #expect(
      SchemaValidator.problems(document, try JSONValue(ToolRun("schema", schema).output)) == [])
    return document
  }

  private func classes(_ path: String, count: Int) throws -> [Int] {
    let archive = try NPZ.open(path)
    let name = try #require(archive.names.first)
    let codes: [Int64] = try #require(try archive.read(name).integers())
    var classes: [Int] = []
    for start in stride(from: 0, to: codes.count, by: count) {
      var best = start
      for place in start..<start + count where codes[place] > codes[best] { best = place }
      classes.append(best - start)
    }
    return classes
  }

  @Test("a point's accuracy is that of run --allocation, its costs are those of estimate")
  func points() throws {
    let folder = try TemporaryFolder()
    let run = try ToolRun(
      "search", Self.model, "--inputs", Self.inputs, "--labels", Self.folder + "labels.npy",
      "--target", "nucleo-l4r5zi", "--objective", "accuracy,sram,flash", "--space", "wa_free",
      "--bits", "3,4,8", "--evaluations", "12", "--screening", "0", "-o", folder.file("out"),
      "--json")
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(try document(run, schema: "search")["result"])
    let points = result["points"]?.elements ?? []
    #expect(points.count > 2)
    let labels = try #require(
      try NPY.read(SharedData.packageRoot + "/" + Self.folder + "labels.npy").integers())
    var seen: Set<Double> = []
    for point in points {
      let id = try #require(point["id"]?.text)
      let allocation = folder.file("out/\(id).json")
      let output = folder.file("\(id).npz")
      let applied = try ToolRun(
        "run", Self.model, "--inputs", Self.inputs, "--allocation", allocation, "-o", output)
      #expect(applied.code == 0, "\(applied.error)")
      let correct = zip(try classes(output, count: 10), labels).count { $0 == Int($1) }
      #expect(point["correct"]?.integer == correct)
      seen.insert(Double(correct))
      let estimate = try ToolRun(
        "estimate", Self.model, "--target", "nucleo-l4r5zi", "--allocation", allocation, "--json")
      let costs = try #require(try JSONValue(estimate.output)["result"])
      #expect(point["latency_seconds"]?.number == costs["latency"]?["seconds"]?.number)
      #expect(point["sram_bytes"]?.number == costs["resources"]?["sram"]?["used"]?.number)
      #expect(point["flash_bytes"]?.number == costs["resources"]?["flash"]?["used"]?.number)
      #expect(point["energy_joules"]?.number == costs["energy_joules"]?.number)
      #expect(costs["latency"]?["seconds"]?.number != nil)
    }
    #expect(seen.count > 1, "widths change what is computed")
  }

  @Test(
    "check --allocation equals LiteRT running the rewritten file", arguments: ["chain2", "wide1"])
  func check(_ name: String) throws {
    let root = SharedData.packageRoot + "/" + Self.widths
    let text = try String(contentsOfFile: root + "cases.json", encoding: .utf8)
    let cases = try JSONValue(text)
    let item = try #require(cases.elements.first { $0["name"]?.text == name })
    let model = try #require(item["model"]?.text)
    let folder = try TemporaryFolder()
    let archive = try NPZ.open(root + "arrays.npz")
    // The model's output is the last tensor that an operator writes.
    let places = archive.names.compactMap { member -> Int? in
      let parts = member.split(separator: "#")
      return parts.first == "\(name)/" && parts.count == 2 ? Int(parts[1]) : nil
    }
    let place = try #require(places.max())
    let output = "\(name)/#\(place)"
    try NPY.write(try archive.read(name + "/input"), to: folder.file("x.npy"))
    try NPY.write(try archive.read(output), to: folder.file("y.npy"))
    var layers: [String] = []
    guard case .object(let named)? = item["layers"] else {
      Issue.record("a case has layers")
      return
    }
    for layer in named.sorted(by: { $0.key < $1.key }) {
      let weights = try #require(layer.value["weights"]?.integer)
      let activations = try #require(layer.value["activations"]?.integer)
      layers.append(
        #""\#(layer.key)": {"weights": "int<\#(weights)>", "activations": "int<\#(activations)>"}"#
      )
    }
    let allocation = try folder.write(
      Array(
        #"{"schema": "hwsim.allocation/1", "layers": {\#(layers.joined(separator: ","))}}"#.utf8),
      to: "a.json")
    let run = try ToolRun(
      "check", model, "--allocation", allocation, "--inputs", folder.file("x.npy"), "--expected",
      folder.file("y.npy"), "--json")
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(try document(run, schema: "check")["result"])
    #expect(result["verdict"]?.text == "BIT-EXACT")
    let plain = try ToolRun(
      "check", model, "--inputs", folder.file("x.npy"), "--expected", folder.file("y.npy"))
    #expect(plain.code == 1, "the model's own widths give other codes")
  }

  @Test("quantmcu: points are what run, check and estimate compute; equal bits are the model")
  func quantMCU() throws {
    let folder = try TemporaryFolder()
    let patches = ["--patch", "2", "--split-after", "2"]
    let run = try ToolRun(
      arguments: [
        "search", Self.model, "--inputs", Self.inputs, "--labels", Self.folder + "labels.npy",
        "--target", "stm32h743", "--method", "quantmcu", "--lambda", "0,0.5,1",
        "--outlier-sigma", "3", "--limit", "sram=128KiB", "-o", folder.file("out"), "--json",
      ] + patches)
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(try document(run, schema: "search")["result"])
    let patch = try #require(result["patch"])
    #expect(patch["grid"]?.integer == 2 && patch["split_after"]?.integer == 2)
    let tiles = patch["tiles"]?.elements ?? []
    let outliers = tiles.count { $0["class"]?.text == "outlier" }
    #expect(tiles.count == 4)
    let classes = try #require(patch["classification"])
    #expect(classes["outlier_patches"]?.integer == outliers)
    #expect(classes["outlier_patch_share"]?.number == Double(outliers) / 4)
    #expect(classes["outlier_sigma"]?.number == 3 && classes["entropy_bins"]?.integer == 256)
    let schedules = patch["schedules"]?.elements ?? []
    #expect(schedules.count > 2, "no point beside the plain schedule")
    let plain = try #require(schedules.dropFirst().first)
    #expect(plain["bops_reduction"]?.number == 1)
    let points = result["points"]?.elements ?? []
    for row in schedules.dropFirst(2) {
      let id = try #require(row["point"]?.text)
      let bits = row["tile_bits"]?.elements.compactMap(\.number) ?? []
      #expect(bits.count == 4)
      for (tile, bits) in zip(tiles, bits) where tile["class"]?.text == "outlier" {
        #expect(bits == 8)
      }
      let estimate = try ToolRun(
        arguments: [
          "estimate", Self.model, "--target", "stm32h743", "--allocation",
          folder.file("out/\(id).json"), "--json",
        ] + patches)
      #expect(estimate.code == 0, "\(estimate.error)")
      let costs = try #require(try document(estimate, schema: "estimate")["result"])
      #expect(row["bops"]?.integer == costs["patch"]?["bops"]?.integer)
      #expect(row["macs"]?.integer == costs["patch"]?["macs"]?.integer)
      #expect(row["latency_seconds"]?.number == costs["latency"]?["seconds"]?.number)
      #expect(row["sram_bytes"]?.number == costs["resources"]?["sram"]?["used"]?.number)
      #expect((row["bops"]?.number ?? 0) < (plain["bops"]?.number ?? 0))
      // Tiles of a layer share its time, and layers after the stage have theirs.
      let point = try #require(points.first { $0["id"]?.text == id })
      var seconds: [String: Double] = [:]
      for layer in point["layers"]?.elements ?? [] {
        let name = try #require(layer["name"]?.text)
        let own = try #require(layer["costs"]?["latency_seconds"]?.number)
        #expect(own > 0, "\(name)")
        seconds[String(name.prefix { $0 != "@" }), default: 0] += own
      }
      for layer in costs["layers"]?.elements ?? [] {
        guard let own = seconds[layer["name"]?.text ?? ""] else { continue }
        let whole = try #require(layer["seconds"]?.number)
        #expect(abs(own / whole - 1) < 1e-9, "\(layer["name"]?.text ?? "")")
      }
      #expect(seconds.count > 4)
      let output = folder.file("\(id).npz")
      let applied = try ToolRun(
        arguments: [
          "run", Self.model, "--inputs", Self.inputs, "--allocation",
          folder.file("out/\(id).json"), "-o", output,
        ] + patches)
      #expect(applied.code == 0, "\(applied.error)")
      let labels = try #require(
        try NPY.read(SharedData.packageRoot + "/" + Self.folder + "labels.npy").integers())
      let correct = zip(try self.classes(output, count: 10), labels).count { $0 == Int($1) }
      #expect(row["correct"]?.integer == correct)
      let against = try ToolRun(
        arguments: [
          "check", Self.model, "--inputs", Self.inputs, "--allocation",
          folder.file("out/\(id).json"), "--against", "model", "--json",
        ] + patches)
      #expect(try document(against, schema: "check")["result"]?["verdict"]?.text == "MISMATCH")
    }
    let same = try ToolRun(
      arguments: ["check", Self.model, "--inputs", Self.inputs, "--against", "model", "--json"]
        + patches)
    #expect(try document(same, schema: "check")["result"]?["verdict"]?.text == "BIT-EXACT")
    let page = folder.file("report.html")
    #expect(try ToolRun("report", folder.file("out/search.json"), "-o", page).code == 0)
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("mean bits, point") && html.contains("classes by the values of"))
  }

  @Test("patches: what cannot be searched is told")
  func patchRefusals() throws {
    func error(_ arguments: [String]) throws -> String {
      let run = try ToolRun(
        arguments: ["search", Self.model, "--inputs", Self.inputs] + arguments)
      #expect(run.code == 65 || run.code == 64, "\(run.output)")
      return run.error
    }
    #expect(try error(["--method", "quantmcu"]).contains("add --target ID"))
    let patches = ["--patch", "2", "--split-after", "2"]
    #expect(
      try error(["--method", "quantmcu", "--lambda", "2"] + patches).contains("0 to 1"))
    #expect(
      try error(["--method", "quantmcu", "--outlier-map", "x"] + patches).contains("no map"))
    #expect(try error(["--candidates", "w4a4"] + patches).contains("a4"))
    #expect(try error(["--patch", "1", "--split-after", "2"]).contains("at least 2 tiles"))
    #expect(
      try error(["--lambda", "0.5,x"] + patches + ["--method", "quantmcu"]).contains("list"))
  }

  @Test("allocations of other models, unknown layers and encodings that cannot change are told")
  func refusals() throws {
    let folder = try TemporaryFolder()
    func run(_ command: String, _ model: String, _ text: String) throws -> ToolRun {
      let path = try folder.write(
        Array(#"{"schema": "hwsim.allocation/1", \#(text)}"#.utf8), to: "a.json")
      let product =
        command == "estimate"
        ? ["--target", "nucleo-l4r5zi"]
        : ["--inputs", Self.inputs] + (command == "run" ? ["-o", folder.file("y.npz")] : [])
      return try ToolRun(arguments: [command, model, "--allocation", path] + product)
    }
    let sum = String(repeating: "0", count: 64)
    for command in ["run", "check", "estimate"] {
      let other = try run(command, Self.model, #""model": {"sha256": "\#(sum)"}, "layers": {}"#)
      #expect(other.code == 65 && other.error.contains("error[allocation.model]"), "\(command)")
      let unknown = try run(command, Self.model, #""layers": {"stm": {"weights": "int<4>"}}"#)
      #expect(
        unknown.code == 65 && unknown.error.contains("error[allocation.unknown-name]"),
        "\(command)")
      let branches = Self.widths + "branches.tflite"
      let fixed = try run(command, branches, #""layers": {"gated": {"activations": "int<4>"}}"#)
      #expect(fixed.code == 65 && fixed.error.contains("'gate'"), "\(command): \(fixed.error)")
      let format = try run(command, branches, #""layers": {"gated": {"weights": "e4m3"}}"#)
      #expect(format.code == 65 && format.error.contains("e4m3"), "\(command)")
    }
  }

  @Test("integers are codes of the model's own encoding, and floats their values")
  func ownCodes() throws {
    let folder = try TemporaryFolder()
    let model = Self.widths + "chain.tflite"
    let allocation = try folder.write(
      Array(
        #"{"schema": "hwsim.allocation/1", "layers": {"stem": {"activations": "int<4>"}}}"#.utf8),
      to: "a.json")
    let codes = (0..<288).map { Int8(truncatingIfNeeded: $0 * 37) }
    // Scale and zero point of 'x' in make.py.
    let values = codes.map { Float(Double(Float(0.05)) * Double(Int($0) + 11)) }
    try NPY.write(
      NDArray(shape: [1, 9, 8, 4], storage: .int8(codes)), to: folder.file("codes.npy"))
    try NPY.write(
      NDArray(shape: [1, 9, 8, 4], storage: .float32(values)), to: folder.file("values.npy"))
    var outputs: [[Int64]] = []
    for name in ["codes", "values"] {
      let output = folder.file("\(name).npz")
      let run = try ToolRun(
        "run", model, "--inputs", folder.file("\(name).npy"), "--allocation", allocation, "-o",
        output)
      #expect(run.code == 0, "\(run.error)")
      outputs.append(
        try #require(try NPZ.open(output).read("probabilities").integers()).map { Int64($0) })
    }
    #expect(outputs[0] == outputs[1])
    let far = [Int16](repeating: 0, count: 287) + [200]
    try NPY.write(
      NDArray(shape: [1, 9, 8, 4], storage: .int16(far)), to: folder.file("far.npy"))
    let arguments = [
      "run", model, "--inputs", folder.file("far.npy"), "--allocation", allocation, "-o",
      folder.file("far.npz"),
    ]
    let refused = try ToolRun(arguments: arguments)
    #expect(refused.code == 65 && refused.error.contains("-128 to 127"))
    #expect(try ToolRun(arguments: arguments + ["--allow-overflow"]).code == 0)
  }

  @Test("tflm runs a search too; samples, labels and widths that do not fit are told")
  func data() throws {
    let folder = try TemporaryFolder()
    func search(_ arguments: String...) throws -> ToolRun {
      try ToolRun(
        arguments: ["search", Self.model, "--evaluations", "3", "--screening", "0"] + arguments)
    }
    let micro = try search(
      "--inputs", Self.inputs, "--objective", "loss,flash", "--target", "nucleo-l4r5zi",
      "--candidates", "w4,w8", "--datapath", "tflm", "--json")
    #expect(micro.code == 0, "\(micro.error)")
    #expect(try JSONValue(micro.output)["arguments"]?["datapath"]?.text == "tflm")
    #expect(try search("--inputs", Self.inputs, "--datapath", "tflmm").code == 64)
    #expect(try search("--inputs", Self.inputs, "--datapath", "hls-fixed").code == 65)
    try NPY.write(
      NDArray(shape: [2, 5], storage: .int8([Int8](repeating: 0, count: 10))),
      to: folder.file("x.npy"))
    let shape = try search("--inputs", folder.file("x.npy"))
    #expect(shape.code == 65 && shape.error.contains("(N,8,8,1)"), "\(shape.error)")
    try NPY.write(
      NDArray(shape: [3], storage: .int8([0, 1, 2])), to: folder.file("y.npy"))
    let labels = try search("--inputs", Self.inputs, "--labels", folder.file("y.npy"))
    #expect(labels.code == 65 && labels.error.contains("3 labels for 100 samples"))
    let wide = try search("--inputs", Self.inputs, "--candidates", "w8a16")
    #expect(wide.code == 65 && wide.error.contains("int<16>"), "\(wide.error)")
  }
}
