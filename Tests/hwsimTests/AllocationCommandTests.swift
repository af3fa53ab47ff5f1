import FoundationEssentials
import Glibc
import Importers
import TestSupport
import Testing

/// What a search of the repository's float network writes, given back to the other commands.
@Suite("Command line: --allocation of a float network")
struct AllocationCommandTests {
  private static let data = "examples/digits/"
  private static let model = data + "network.onnx"
  private static let target = "nucleo-l4r5zi+tflm"

  /// One search that every test here reads.
  private struct Searched {
    let folder: TemporaryFolder
    let document: JSONValue

    static let shared = Result { try Searched() }

    private init() throws {
      folder = try TemporaryFolder()
      let run = try ToolRun(
        arguments: [
          "search", model, "--inputs", data + "images.npy", "--labels", data + "classes.npy",
          "--calibration", data + "calibration.npy", "--objective", "accuracy,latency,sram",
          "--target", target, "--candidates", "w2a3,w4a4,w8a8", "--evaluations", "12",
          "--screening", "20", "-o", folder.path, "--json",
        ])
      try #require(run.code == 0, "\(run.error)")
      document = try JSONValue(run.output)
    }

    var points: [JSONValue] { document["result"]?["points"]?.elements ?? [] }

    func allocation(_ point: JSONValue) throws -> String {
      folder.file(try #require(point["allocation"]?.text))
    }
  }

  private func labels() throws -> [Int64] {
    let path = SharedData.packageRoot + "/" + Self.data + "classes.npy"
    return try #require(try ArrayInput(path: path).read().integers())
  }

  private func classes(_ array: NDArray) throws -> [Int64] {
    let values = try #require(array.doubles())
    let count = try #require(array.shape.last)
    return (0..<values.count / count).map { row in
      let scores = values[row * count..<(row + 1) * count]
      let best = scores.max() ?? 0
      return Int64(scores.firstIndex { $0 == best }.map { $0 - row * count } ?? 0)
    }
  }

  @Test("run computes for every point as many right classes as the search recorded")
  func accuracy() throws {
    let searched = try Searched.shared.get()
    let labels = try labels()
    let folder = try TemporaryFolder()
    let output = folder.file("y.npz")
    #expect(searched.points.count > 2)
    for point in searched.points {
      let run = try ToolRun(
        "run", Self.model, "--allocation", try searched.allocation(point), "--inputs",
        Self.data + "images.npy", "--output", output, "--json")
      #expect(run.code == 0, "\(run.error)")
      let document = try JSONValue(run.output)
      #expect(
        SchemaValidator.problems(document, try JSONValue(ToolRun("schema", "run").output)) == [])
      #expect(
        document["inputs"]?.elements.map { $0["role"]?.text } == ["model", "allocation", "inputs"])
      let array = try #require(try NPZ.read(output)["scores6.sum"])
      #expect(array.elementType == .float32 && array.shape == [labels.count, 10])
      let right = zip(try classes(array), labels).count { $0 == $1 }
      #expect(right == point["correct"]?.integer)
    }
  }

  @Test(
    "scales by a rule are applied as they were searched",
    arguments: [("mse", "max"), ("percentile:99", "mse"), ("max", "percentile:99.5")])
  func scales(weights: String, activations: String) throws {
    let folder = try TemporaryFolder()
    let labels = try labels()
    func search(_ rules: [String], _ more: String...) throws -> ToolRun {
      try ToolRun(
        arguments: [
          "search", Self.model, "--inputs", Self.data + "images.npy", "--labels",
          Self.data + "classes.npy", "--calibration", Self.data + "calibration.npy",
          "--candidates", "w2a3,e2m1", "--evaluations", "3", "--screening", "0", "--json",
        ] + rules + more)
    }
    let rules = ["--weight-scale", weights, "--activation-scale", activations]
    let found = try search(rules, "-o", folder.path)
    #expect(found.code == 0, "\(found.error)")
    let plain = try JSONValue(try search([]).output)["result"]?["evaluations"]?.elements
    let evaluations = try JSONValue(found.output)["result"]?["evaluations"]?.elements
    #expect(evaluations?.map { $0["loss"]?.double } != plain?.map { $0["loss"]?.double })
    let schema = try JSONValue(ToolRun("schema", "allocation").output)
    for point in try JSONValue(found.output)["result"]?["points"]?.elements ?? [] {
      let name = folder.file(try #require(point["allocation"]?.text))
      #expect(SchemaValidator.problems(try JSONValue(ToolRun.contents(name)), schema) == [])
      let run = try ToolRun(
        "run", Self.model, "--allocation", name, "--inputs", Self.data + "images.npy", "--output",
        folder.file("y.npz"))
      #expect(run.code == 0, "\(run.error)")
      let array = try #require(try NPZ.read(folder.file("y.npz"))["scores6.sum"])
      let scores = try #require(array.doubles())
      #expect(zip(try classes(array), labels).count { $0 == $1 } == point["correct"]?.integer)
      // The loss follows the scales more closely than classes do.
      var loss = 0.0
      for (sample, label) in labels.enumerated() {
        let row = scores[sample * 10..<sample * 10 + 10]
        let largest = row.max() ?? 0
        let sum = row.reduce(0) { $0 + exp($1 - largest) }
        loss += log(sum) + largest - scores[sample * 10 + Int(label)]
      }
      let recorded = try #require(point["loss"]?.double)
      #expect(abs(loss / Double(labels.count) - recorded) <= 1e-9 * recorded)
    }
    #expect(try search(["--weight-scale", "percentile:0"]).code == 64)
    let quantized = try ToolRun(
      "search", "examples/digits/project", "--weight-scale", "mse")
    #expect(quantized.code == 64)
  }

  @Test("blocks, groups, unequal filters and accumulators are applied, and survive a merge")
  func kinds() throws {
    let folder = try TemporaryFolder()
    let labels = try labels()
    let search = try ToolRun(
      "search", Self.model, "--inputs", Self.data + "images.npy", "--labels",
      Self.data + "classes.npy", "--calibration", Self.data + "calibration.npy", "--candidates",
      "w4g8a4,w4ua4,w8a8p14,mxfp4/mxfp8,e4m3/int<8>", "--ties", "none", "--evaluations", "10",
      "--screening", "0", "-o", folder.path, "--json")
    #expect(search.code == 0, "\(search.error)")
    let points = try JSONValue(search.output)["result"]?["points"]?.elements ?? []
    let schema = try JSONValue(ToolRun("schema", "allocation").output)
    let merge = try ToolRun(
      "search", "--merge", folder.file("study.jsonl"), "-o", folder.file("merged"))
    #expect(merge.code == 0, "\(merge.error)")
    var groupings: Set<String> = []
    for point in points {
      let name = try #require(point["allocation"]?.text)
      let text = try ToolRun.contents(folder.file(name))
      #expect(try ToolRun.contents(folder.file("merged/" + name)) == text)
      let document = try JSONValue(text)
      #expect(SchemaValidator.problems(document, schema) == [])
      for layer in ["conv1", "depth2", "point3", "conv4", "dense5", "scores6"] {
        let grouping = document["layers"]?[layer]?["grouping"]?.text ?? ""
        groupings.insert(String(grouping.prefix { $0 != "<" }))
      }
      let run = try ToolRun(
        "run", Self.model, "--allocation", folder.file(name), "--inputs",
        Self.data + "images.npy", "--output", folder.file("y.npz"))
      #expect(run.code == 0, "\(run.error)")
      let scores = try #require(try NPZ.read(folder.file("y.npz"))["scores6.sum"])
      #expect(zip(try classes(scores), labels).count { $0 == $1 } == point["correct"]?.integer)
    }
    #expect(groupings.contains("widths"), "\(groupings)")
  }

  @Test("check compares with what run stored, layer by layer, and finds another allocation's")
  func check() throws {
    let searched = try Searched.shared.get()
    let folder = try TemporaryFolder()
    let (first, last) = (try #require(searched.points.first), try #require(searched.points.last))
    let inputs = ["--inputs", Self.data + "images.npy"]
    let run = try ToolRun(
      arguments: [
        "run", Self.model, "--allocation", try searched.allocation(first), "--output",
        folder.file("y.npz"), "--trace", folder.file("t.npz"), "--stats", "--threads", "1",
      ] + inputs)
    #expect(run.code == 0, "\(run.error)")
    func check(_ point: JSONValue) throws -> ToolRun {
      try ToolRun(
        arguments: [
          "check", Self.model, "--allocation", try searched.allocation(point), "--expected",
          folder.file("y.npz"), "--layers", folder.file("t.npz"), "--json",
        ] + inputs)
    }
    let same = try check(first)
    #expect(same.code == 0, "\(same.error)")
    let result = try JSONValue(same.output)["result"]
    #expect(result?["verdict"]?.text == "BIT-EXACT")
    #expect(result?["layers"]?.elements.count == 14)
    let other = try check(last)
    #expect(other.code == 1)
    let different = try JSONValue(other.output)["result"]
    #expect(different?["verdict"]?.text == "MISMATCH")
    // The first layer whose formats differ is where values part.
    let pairs = zip(first["layers"]?.elements ?? [], last["layers"]?.elements ?? [])
    let parting = pairs.first { a, b in
      ["weights", "activations"].contains { a[$0] != b[$0] }
    }
    #expect(parting != nil)
    #expect(different?["first_divergence"]?["node"]?.text == parting?.0["name"]?.text)
  }

  @Test("without formats every tensor is the float network's")
  func unchanged() throws {
    let folder = try TemporaryFolder()
    let empty = try folder.write(
      Array(#"{"schema": "hwsim.allocation/1", "layers": {"conv1": {}, "conv4": null}}"#.utf8),
      to: "empty.json")
    var traces: [NamedArrays] = []
    for options in [["--allocation", empty], ["--datapath", "onnx-reference"]] {
      let run = try ToolRun(
        arguments: [
          "run", Self.model, "--inputs", Self.data + "images.npy", "--first", "20", "--output",
          folder.file("y.npz"), "--trace", folder.file("t.npz"),
        ] + options)
      #expect(run.code == 0, "\(run.error)")
      traces.append(try NPZ.read(folder.file("t.npz")))
    }
    #expect(traces[0].names == traces[1].names && traces[0].names.count == 14)
    for name in traces[0].names {
      let (own, reference) = (try #require(traces[0][name]), try #require(traces[1][name]))
      #expect(own.shape == reference.shape)
      // Sums have another order than the reference's.
      let (a, b) = (try #require(own.doubles()), try #require(reference.doubles()))
      #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) }, "\(name)")
    }
  }

  @Test("estimate gives the costs of every point; bits for all layers those of uniform ones")
  func estimate() throws {
    let searched = try Searched.shared.get()
    func costs(_ options: [String]) throws -> JSONValue {
      let run = try ToolRun(
        arguments: ["estimate", Self.model, "--target", Self.target, "--json"] + options)
      #expect(run.code == 0, "\(run.error)")
      let document = try JSONValue(run.output)
      let schema = try JSONValue(ToolRun("schema", "estimate").output)
      #expect(SchemaValidator.problems(document, schema) == [])
      return try #require(document["result"])
    }
    func agree(_ estimate: JSONValue, _ scored: JSONValue) {
      #expect(estimate["latency"]?["seconds"]?.number == scored["latency_seconds"]?.number)
      #expect(estimate["memory"]?["sram_bytes"]?.number == scored["sram_bytes"]?.number)
      #expect(estimate["memory"]?["flash_bytes"]?.number == scored["flash_bytes"]?.number)
      #expect(estimate["energy_joules"]?.number == scored["energy_joules"]?.number)
    }
    for point in searched.points {
      let result = try costs(["--allocation", try searched.allocation(point)])
      agree(result, point)
      let notes = result["notes"]?.elements.compactMap(\.text) ?? []
      #expect(notes.contains { $0.contains("as a converter to 8 bits would write it") })
    }
    let baselines = searched.document["result"]?["baselines"]?[0]?["points"]?.elements ?? []
    #expect(!baselines.isEmpty)
    for uniform in baselines {
      let label = try #require(uniform["label"]?.text)
      agree(try costs(["--bits", String(label.dropFirst(4))]), uniform)
    }
    // What nothing is said of has the 8 bits of a converter.
    #expect(try costs([])["latency"] == costs(["--bits", "w8a8"])["latency"])
  }

  @Test("an allocation file is as its schema says, keeps ranges exactly, and survives a merge")
  func files() throws {
    let searched = try Searched.shared.get()
    let schema = try JSONValue(ToolRun("schema", "allocation").output)
    let merged = try TemporaryFolder()
    let merge = try ToolRun(
      "search", "--merge", searched.folder.file("study.jsonl"), "--objective",
      "accuracy,latency,sram", "-o", merged.path)
    #expect(merge.code == 0, "\(merge.error)")
    for point in searched.points {
      let path = try searched.allocation(point)
      let text = try ToolRun.contents(path)
      let document = try JSONValue(text)
      #expect(SchemaValidator.problems(document, schema) == [])
      #expect(try ToolRun.contents(merged.file(try #require(point["allocation"]?.text))) == text)
      for name in ["conv1", "depth2", "point3", "conv4", "dense5", "scores6"] {
        let ends = document["layers"]?[name]?["input_range"]?.elements.compactMap(\.number) ?? []
        #expect(ends.count == 2 && ends.allSatisfy { Double(Float($0)) == $0 })
      }
    }
  }

  @Test("what is wrong with an allocation is said, all of it, with its place")
  func refusals() throws {
    let folder = try TemporaryFolder()
    func run(_ text: String, _ options: String...) throws -> ToolRun {
      let path = try folder.write(Array(text.utf8), to: "a.json")
      return try ToolRun(
        arguments: [
          "run", Self.model, "--allocation", path, "--inputs", Self.data + "images.npy",
          "--output", folder.file("y.npz"),
        ] + options)
    }
    func layers(_ text: String) -> String {
      #"{"schema": "hwsim.allocation/1", "layers": {\#(text)}}"#
    }
    let several = try run(
      #"""
      {"schema": "hwsim.allocation/2", "modl": {}, "model": {"sha256": "12"}, "layers": {
        "conv1": {"weights": 4, "activation": "int<4>", "input_range": [3, 1]},
        "conv4": {"weights": "int<", "grouping": "pairs", "accumulator": []}, "dense5": 3}}
      """#)
    #expect(several.code == 65)
    for place in [
      "schema", "modl", "model.sha256", "layers.conv1.weights", "layers.conv1.activation",
      "layers.conv1.input_range", "layers.conv4.weights", "layers.conv4.grouping",
      "layers.conv4.accumulator", "layers.dense5",
    ] {
      #expect(several.error.contains("a.json: \(place)\n"), "\(place): \(several.error)")
    }
    let names = try run(
      layers(#""convl": {"weights": "int<4>"}, "flatten": {"weights": "int<4>"}"#))
    #expect(names.code == 65 && names.error.contains("did you mean 'conv1'"))
    #expect(names.error.contains("'flatten' has no weights"))
    let twice = try run(layers(#""conv1": {}, "conv1": {}"#))
    #expect(twice.code == 65 && twice.error.contains("key 'conv1' occurs twice"))
    let range = try run(layers(#""conv1": {"activations": "uint<4>"}"#))
    #expect(range.code == 65 && range.error.contains("error[allocation.input-range]"))
    let sign = try run(layers(#""conv1": {"activations": "uint<4>", "input_range": [-1, 1]}"#))
    #expect(sign.code == 65 && sign.error.contains("uint<4>"))
    let zeros = String(repeating: "0", count: 64)
    let other = try run(
      #"{"schema": "hwsim.allocation/1", "model": {"sha256": "\#(zeros)"}, "layers": {}}"#)
    #expect(other.code == 65 && other.error.contains("error[allocation.model]"))
    let estimate = try ToolRun(
      "estimate", Self.model, "--target", Self.target, "--allocation", folder.file("a.json"))
    #expect(estimate.code == 65 && estimate.error.contains("error[allocation.model]"))
    let datapath = try run(layers(""), "--datapath", "onnx-reference", "--requantize", "half-up")
    #expect(datapath.code == 64)
    #expect(datapath.error.contains("--datapath and --requantize and --allocation exclude"))
    let tensors = try run(
      #"""
      {"schema": "hwsim.allocation/1", "tensors": {"conv1.weight": "int<4>", "conv1.bias": "int<8>"},
       "layers": {"conv1": {"weights": "int<8>"}}}
      """#)
    #expect(tensors.error.contains("layer 'conv1' takes it as int<8>"))
    #expect(tensors.error.contains("no layer with weights reads or writes tensor 'conv1.bias'"))
    let weights = try run(
      #"{"schema": "hwsim.allocation/1", "tensors": {"conv1.weight": "int<4>"}}"#)
    #expect(weights.code == 0, "\(weights.error)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("no.npz")))
  }

  @Test("points are written as QONNX models, which run to the same classes, where it is wanted")
  func models() throws {
    let searched = try Searched.shared.get()
    let folder = try TemporaryFolder()
    for point in searched.points.prefix(3) {
      let model = searched.folder.file(try #require(point["qonnx"]?.text))
      var classes: [[Int64]] = []
      for (path, options) in [
        (model, []), (Self.model, ["--allocation", try searched.allocation(point)]),
      ] {
        let run = try ToolRun(
          arguments: [
            "run", path, "--inputs", Self.data + "images.npy", "--output", folder.file("y.npz"),
          ] + options)
        #expect(run.code == 0, "\(run.error)")
        classes.append(
          try self.classes(try #require(try NPZ.read(folder.file("y.npz"))["scores6.sum"])))
      }
      // Float32 sums may move a value that lies between two integers.
      #expect(zip(classes[0], classes[1]).count { $0 != $1 } <= 1)
    }
    func search(_ options: String...) throws -> [JSONValue] {
      let run = try ToolRun(
        arguments: [
          "search", Self.model, "--inputs", Self.data + "images.npy", "--evaluations", "2",
          "--screening", "0", "-o", folder.file("out"), "--study", folder.file("\(options)"),
          "--json",
        ] + options)
      #expect(run.code == 0, "\(run.error)")
      return try #require(try JSONValue(run.output)["result"]?["points"]).elements
    }
    let none = try search("--qonnx", "none", "--bits", "4")
    #expect(!none.isEmpty && none.allSatisfy { $0["qonnx"] == .null })
    let floats = try search("--formats", "e4m3")
    #expect(!floats.isEmpty && floats.allSatisfy { $0["qonnx"] == .null })
  }
}

/// Files of a small network with residuals, factors and a softmax, and what qonnx computes of them.
@Suite("QONNX models of searches against qonnx")
struct QONNXFixtureTests {
  private static let folder = "Tests/Fixtures/qonnx/"
  static let cases: [(name: String, options: [String])] = [
    ("w4a6", ["--candidates", "w4a6"]),
    ("w2a3", ["--candidates", "w2a3"]),
    (
      "mixed",
      [
        "--candidates", "w5a4", "--ties", "none", "--fix", "side=w3a7", "--fix", "depth=w8a2",
        "--exclude", "right",
      ]
    ),
  ]

  @Test("the file is written byte for byte again; qonnx and the allocation agree", arguments: cases)
  func agree(name: String, options: [String]) throws {
    let folder = try TemporaryFolder()
    let network = Self.folder + "network.onnx"
    let search = try ToolRun(
      arguments: [
        "search", network, "--inputs", Self.folder + "inputs.npy", "--calibration",
        Self.folder + "calibration.npy", "--evaluations", "1", "-o", folder.path,
      ] + options)
    #expect(search.code == 0, "\(search.error)")
    let root = SharedData.packageRoot + "/" + Self.folder
    let stored = try Data(contentsOf: URL(filePath: root + name + ".onnx"))
    #expect(try Data(contentsOf: URL(filePath: folder.file("A.qonnx.onnx"))) == stored)
    // The signs of inputs are in the study.
    let merge = try ToolRun(
      "search", "--merge", folder.file("study.jsonl"), "--objective", "loss,weight_bits", "-o",
      folder.file("merged"))
    #expect(merge.code == 0, "\(merge.error)")
    #expect(
      try ToolRun.contents(folder.file("merged/A.json"))
        == ToolRun.contents(folder.file("A.json")))
    let expected = try NPZ.read(root + name + ".npz")
    let runs = [
      [network, "--allocation", folder.file("A.json")],
      [folder.file("A.qonnx.onnx"), "--datapath", "qonnx", "--trace", folder.file("t.npz")],
    ]
    for (index, arguments) in runs.enumerated() {
      let run = try ToolRun(
        arguments: ["run"] + arguments + [
          "--inputs", Self.folder + "inputs.npy", "--output", folder.file("y.npz"),
        ])
      #expect(run.code == 0, "\(run.error)")
      let found = try NPZ.read(folder.file(index == 0 ? "y.npz" : "t.npz"))
      for array in ["logits", "probabilities"] {
        let (own, wanted) = (try #require(found[array]), try #require(expected[array]))
        #expect(own.shape == wanted.shape)
        let (a, b) = (try #require(own.doubles()), try #require(wanted.doubles()))
        // Sums of products in float32 have another order there than exact integers here.
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 2e-6 * max(1, abs($1)) }, "\(array)")
      }
    }
  }

  @Test("check takes the output alone, and the output with the scores")
  func check() throws {
    let folder = try TemporaryFolder()
    let allocation = try folder.write(
      Array(
        #"""
        {"schema": "hwsim.allocation/1",
         "layers": {"depth": {"weights": "int<3>", "activations": "uint<3>", "input_range": [0, 4]}}}
        """#.utf8), to: "a.json")
    let common = [
      Self.folder + "network.onnx", "--allocation", allocation, "--inputs",
      Self.folder + "inputs.npy",
    ]
    let run = try ToolRun(arguments: ["run"] + common + ["--output", folder.file("y.npz")])
    #expect(run.code == 0, "\(run.error)")
    let stored = try NPZ.read(folder.file("y.npz"))
    #expect(stored.names == ["probabilities", "logits"])
    try NPZ.write(
      [("probabilities", try #require(stored["probabilities"]))], to: folder.file("p.npz"))
    for (file, values) in [("y.npz", 240), ("p.npz", 120)] {
      let check = try ToolRun(
        arguments: ["check"] + common + ["--expected", folder.file(file), "--json"])
      #expect(check.code == 0, "\(check.error)")
      #expect(try JSONValue(check.output)["result"]?["compared_values"]?.integer == values)
    }
  }
}
