import FoundationEssentials
import Importers
import TestSupport
import Testing

/// The repository's hls4ml project searched from what it is.
@Suite("Command line: search of an hls4ml project")
struct SearchHLSTests {
  private static let project = "examples/digits/project"
  private static let data = [
    "--inputs", "examples/digits/input.npy", "--labels", "examples/digits/labels.npy",
    "--calibration", "examples/digits/input.npy",
  ]
  private static let space = ["--bits", "3,5,8", "--evaluations", "18"]

  private func search(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(arguments: ["search", Self.project] + Self.data + Self.space + arguments)
  }

  @Test("the same answer for every number of threads, and after an interruption")
  func threadsAndResume() throws {
    let folder = try TemporaryFolder()
    let study = folder.file("study.jsonl")
    let first = try search(["--threads", "1", "--json", "--study", study])
    #expect(first.code == 0, "\(first.error)")
    let document = try JSONValue(first.output)
    let schema = try JSONValue(ToolRun("schema", "search").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    #expect(document["result"]?["evaluated"]?.number == 18)
    #expect(try search(["--threads", "3", "--json"]).output == first.output)
    // A study that lost its end, in the middle of a line.
    let lines = try String(decoding: [UInt8](contentsOf: study), as: UTF8.self)
    let kept = lines.split(separator: "\n").prefix(8).joined(separator: "\n") + "\n{\"choi"
    _ = try folder.write(Array(kept.utf8), to: "study.jsonl")
    #expect(try search(["--threads", "2", "--json", "--study", study]).output == first.output)
    // Another setting is refused by name.
    let other = try search(["--study", study, "--seed", "7"])
    #expect(other.code != 0 && other.error.contains("seed"))
  }

  @Test("a point's allocation gives the accuracy that the search told, and has its Precision keys")
  func points() throws {
    let folder = try TemporaryFolder()
    let product = folder.file("out")
    let run = try search(["--json", "-o", product])
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(JSONValue(run.output)["result"])
    let points = try #require(result["points"]).elements
    #expect(points.count >= 3)
    let labels = try #require(
      NPY.read("\(SharedData.packageRoot)/examples/digits/labels.npy").integers())
    for point in points.prefix(3) {
      let id = try #require(point["id"]?.text)
      let output = folder.file("\(id).npz")
      let applied = try ToolRun(
        "run", Self.project, "--inputs", "examples/digits/input.npy", "--allocation",
        "\(product)/\(id).json", "-o", output)
      #expect(applied.code == 0, "\(applied.error)")
      let archive = try ArrayInput(path: output)
      let array = try archive.read(archive.names?.first)
      let values = try #require(array.doubles())
      let classes = values.count / labels.count
      var correct = 0
      for (sample, label) in labels.enumerated() {
        let scores = values[sample * classes..<(sample + 1) * classes]
        let best = scores.firstIndex(of: scores.max() ?? 0) ?? 0
        if best - scores.startIndex == Int(label) { correct += 1 }
      }
      #expect(point["correct"]?.number == Double(correct), "\(id)")
      let keys = try JSONValue(
        String(decoding: [UInt8](contentsOf: "\(product)/\(id).hls4ml.json"), as: UTF8.self))
      let allocation = try JSONValue(
        String(decoding: [UInt8](contentsOf: "\(product)/\(id).json"), as: UTF8.self))
      for layer in ["hidden1", "hidden2", "scores"] {
        let weights = try #require(allocation["layers"]?[layer]?["weights"]?.text)
        let key = keys["LayerName"]?[layer]?["Precision"]?["weight"]?.text
        // A type that the model has needs no key.
        #expect(key == (weights == "ap_fixed<7,2,RND,SAT>" ? nil : weights))
      }
    }
    let report = folder.file("report.html")
    #expect(try ToolRun("report", "\(product)/search.json", "-o", report).code == 0)
  }

  @Test("a merged study has the same points and the same formats")
  func merge() throws {
    let folder = try TemporaryFolder()
    for part in 1...2 {
      let run = try search([
        "--shard", "\(part)/2", "-o", folder.file("part\(part)"), "--quiet",
      ])
      #expect(run.code == 0, "\(run.error)")
    }
    let run = try ToolRun(
      "search", "--merge", folder.file("part1/study.jsonl"), folder.file("part2/study.jsonl"),
      "-o", folder.file("all"), "--json")
    #expect(run.code == 0, "\(run.error)")
    let points = try #require(JSONValue(run.output)["result"]?["points"]).elements
    #expect(!points.isEmpty)
    let first = try JSONValue(
      String(decoding: [UInt8](contentsOf: folder.file("all/A.json")), as: UTF8.self))
    #expect(first["layers"]?["hidden1"]?["weights"]?.text?.hasPrefix("ap_fixed<") == true)
    #expect(first["layers"]?["hidden1"]?["activations"]?.text?.hasPrefix("ap_ufixed<") == true)
  }

  @Test("layers as the model has them count with their own widths; formats are taken as they are")
  func unchanged() throws {
    let run = try ToolRun(
      arguments: ["search", Self.project, "--objective", "loss,weight_bits,bops"]
        + Self.data.prefix(2)
        + [
          "--candidates", "model,ap_fixed<5,2,RND,SAT>/float", "--exclude", "hidden1", "--fix",
          "scores=w4", "--json",
        ])
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(JSONValue(run.output)["result"])
    let evaluations = try #require(result["evaluations"]).elements
    #expect(evaluations.count == 2)
    for evaluation in evaluations {
      let names = evaluation["candidates_per_layer"]?.elements.compactMap(\.text) ?? []
      let hidden2 = names[1] == "model" ? 7.0 : 5
      #expect(
        evaluation["weight_bits"]?.number == 2048 * 7 + 512 * hidden2 + 160 * 4, "\(names)")
      #expect(
        evaluation["bops"]?.number == 2048 * 7 * 6 + 512 * hidden2 * 8 + 160 * 4 * 8, "\(names)")
    }
  }

  @Test("metrics of float networks, devices and unknown formats are refused in words")
  func refusals() throws {
    let metric = try search(["--sensitivity", "hessian"])
    #expect(metric.code == 65 && metric.error.contains("kl"))
    let device = try search(["--target", "nucleo-l4r5zi+tflm"])
    #expect(device.code != 0 && device.error.contains("not integers with a scale"))
    let format = try ToolRun(
      arguments: ["search", Self.project] + Self.data + ["--formats", "e4m3"])
    #expect(format.code != 0 && format.error.contains("e4m3"))
  }

  @Test("options of the target's family count in a search, and are named")
  func options() throws {
    func search(_ words: String...) throws -> ToolRun {
      try ToolRun(
        arguments: [
          "search", "examples/digits/project", "--inputs", "examples/digits/input.npy", "--labels",
          "examples/digits/labels.npy", "--target", "xcvu9p+vitis-2023.2", "--objective",
          "accuracy,energy", "--bits", "4,6", "--evaluations", "4",
        ] + words)
    }
    let own = try search()
    #expect(own.code == 0 && own.output.contains("QKeras QTools"), "\(own.error)")
    let other = try search("--option", "energy=aladdin")
    #expect(other.code == 0 && other.output.contains("Aladdin"))
    let refused = try search("--option", "fps=3")
    #expect(refused.code == 64 && refused.error.contains("means nothing to 'xcvu9p+vitis-2023.2'"))
    let homeless = try ToolRun(
      "search", "examples/digits/project", "--bits", "4,6", "--option", "energy=aladdin")
    #expect(homeless.code == 64 && homeless.error.contains("add --target ID"))
  }

  @Test("a QONNX model is searched by the widths of its quantizers, and run and estimated so")
  func qonnx() throws {
    let folder = try TemporaryFolder()
    let data = [
      "--inputs", "examples/digits/images.npy", "--labels", "examples/digits/classes.npy",
      "--calibration", "examples/digits/calibration.npy",
    ]
    let float = try ToolRun(
      arguments: ["search", "examples/digits/network.onnx"] + data + [
        "--bits", "8", "--evaluations", "2", "-o", folder.path + "/float",
      ])
    #expect(float.code == 0, "\(float.error)")
    let model = folder.path + "/float/A.qonnx.onnx"
    let found = try ToolRun(
      arguments: ["search", model] + data + [
        "--bits", "2,8", "--target", "xc7z020+finn", "--objective", "accuracy,lut,dsp",
        "--option", "fps=10000", "--evaluations", "20", "-o", folder.path + "/out", "--json",
      ])
    #expect(found.code == 0, "\(found.error)")
    let points = try #require(try JSONValue(found.output)["result"]?["points"]?.elements)
    #expect(points.count > 1)
    let first = try #require(points.first)
    // What a point says is what its allocation takes, and computes.
    let estimate = try ToolRun(
      "estimate", model, "--target", "xc7z020+finn", "--option", "fps=10000", "--allocation",
      folder.path + "/out/A.json", "--json")
    #expect(estimate.code == 0, "\(estimate.error)")
    let result = try #require(try JSONValue(estimate.output)["result"])
    #expect(result["resources"]?["lut"]?["used"]?.number == first["lut"]?.number)
    let run = try ToolRun(
      "run", model, "--inputs", "examples/digits/images.npy", "--labels",
      "examples/digits/classes.npy", "--allocation", folder.path + "/out/A.json", "--json")
    #expect(run.code == 0, "\(run.error)")
    let accuracy = try JSONValue(run.output)["result"]?["labels"]?["top_1"]?["accuracy"]?.number
    #expect(accuracy == first["accuracy"]?.number)
  }
}
