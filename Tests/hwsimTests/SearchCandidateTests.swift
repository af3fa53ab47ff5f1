import FoundationEssentials
import TestSupport
import Testing

/// Candidates beyond pairs of widths, from the command line to the files and back.
@Suite("Command line: candidates of a search")
struct SearchCandidateTests {
  private static let folder = "examples/digits/"

  private func search(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(
      arguments: [
        "search", Self.folder + "network.onnx", "--inputs", Self.folder + "images.npy", "--labels",
        Self.folder + "classes.npy", "--calibration", Self.folder + "calibration.npy",
      ] + arguments)
  }

  @Test("blocks, groups, unequal filters and accumulators reach the allocation files")
  func files() throws {
    let output = try TemporaryFolder()
    let run = try search([
      "--candidates", "mxfp4/mxfp8,w8a8", "--fix", "conv1=w4g8a8", "--fix", "conv4=w4ua8",
      "--fix", "dense5=w8a8p16", "--fix", "scores6=mx<e2m1,16>/float", "--restrict",
      "point3=nvfp4,w4a8p20", "--evaluations", "4", "--screening", "0", "--sensitivity",
      "weight-error", "--json", "-o", output.path,
    ])
    #expect(run.code == 0, "\(run.error)")
    let document = try JSONValue(run.output)
    let schema = try JSONValue(ToolRun("schema", "search").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    let point = try #require(document["result"]?["points"]?.elements.first)
    let id = try #require(point["id"]?.text)
    let text = try String(
      decoding: Data(contentsOf: URL(filePath: output.file(id + ".json"))), as: UTF8.self)
    let layers = try #require(JSONValue(text)["layers"])
    func value(_ layer: String, _ key: String) -> String? { layers[layer]?[key]?.text }
    #expect(value("conv1", "grouping") == "runs<8>")
    #expect(value("dense5", "accumulator") == "int<16>")
    #expect(value("scores6", "weights") == "mx<e2m1,16>" && value("scores6", "activations") == nil)
    // 16 filters: a tenth is one filter, and the mean stays.
    let widths = try #require(value("conv4", "grouping"))
    let bits = widths.dropFirst("widths<".count).dropLast().split(separator: ",").compactMap {
      Int($0)
    }
    #expect(bits.count == 16 && bits.reduce(0, +) == 64, "\(widths)")
    // 9 weights a filter in groups of 8: two scales of 16 bits a filter of 8.
    let evaluation = try #require(document["result"]?["evaluations"]?.elements.first)
    let mean: Double = Double(72 * 4 + 16 * 16) / 72
    #expect(evaluation["weight_bits_per_layer"]?.elements.first?.number == mean)
    // What was written gives the same again, without the network's other data.
    let merged = try TemporaryFolder()
    let again = try ToolRun(
      arguments: ["search", "--merge", output.file("study.jsonl"), "-o", merged.path])
    #expect(again.code == 0, "\(again.error)")
    #expect(
      try Data(contentsOf: URL(filePath: merged.file(id + ".json"))) == Data(text.utf8))
  }

  @Test("candidates that a network or target cannot have are refused by name")
  func refusals() throws {
    func error(_ arguments: String...) throws -> String {
      let run = try search(arguments + ["--evaluations", "2"])
      #expect(run.code != 0)
      return run.error
    }
    #expect(try error("--candidates", "w8p16").contains("accumulator of layer 'conv1'"))
    #expect(try error("--candidates", "w2ua8").contains("need 3 to 15 bits"))
    #expect(
      try error("--formats", "complex4").contains("layer 'conv1' cannot take the format complex4"))
    #expect(
      try error("--candidates", "w4g8a8", "--target", "nucleo-l4r5zi", "--objective", "loss,flash")
        .contains("one scale a filter"))
  }
}
