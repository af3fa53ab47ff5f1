import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Search
import TestSupport
import Testing

/// Models that hls4ml wrote again with other `Precision` keys (`Tests/Fixtures/hls_precision`).
enum HLSPrecisionFixtures {
  struct Case: Decodable {
    struct Formats: Decodable {
      let weights: String?
      let activations: String?
      let accumulator: String?
    }
    struct Layer: Decodable {
      let keys: [String: String]
      enum CodingKeys: String, CodingKey { case keys = "Precision" }
    }
    let allocation: [String: Formats]
    let precision: [String: Layer]
  }
  struct Document: Decodable { let cases: [Case] }

  static let root = SharedData.packageRoot + "/Tests/Fixtures/hls_precision"

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter {
      FileManager.default.fileExists(atPath: "\(root)/\($0)/cases.json")
    }.sorted()

  static func cases(_ name: String) throws -> [Case] {
    let bytes = try [UInt8](contentsOf: "\(root)/\(name)/cases.json")
    return try JSONDecoder().decode(Document.self, from: Data(bytes)).cases
  }

  /// The requantization of a project or archive, as the command line makes it.
  static func requantization(
    _ path: String, calibration: [[Double]]? = nil
  ) throws -> HLSRequantization {
    let model = try HLS4ML.importModel(path)
    let configuration = HLS4MLConfiguration(at: path)
    var functions: [String: String] = [:]
    for layer in model.info.layers { functions[layer.name] = layer.function }
    return try HLSRequantization(
      model.graph,
      settings: HLSPrecisionSettings(
        layers: configuration?.precision ?? [:], tableSizes: configuration?.tableSizes ?? [:],
        maximum: configuration?.maximumPrecision.flatMap { try? FixedPointFormat(name: $0) },
        functions: functions),
      written: HLS4ML.writtenValues(of: model.graph, at: path), calibration: calibration)
  }

  static func numbers(_ path: String, _ member: String? = nil) throws -> [Double] {
    let input = try ArrayInput(path: path)
    let array = try member.map { try input.read($0) } ?? input.read()
    return try #require(array.doubles())
  }

  /// The first output of every sample.
  static func outputs(of graph: Graph, on inputs: [Double]) throws -> [Double] {
    let plan = try Plan(graph, on: HLSFixed())
    let id = graph.outputs[0]
    let scale = try #require(ElementScale(graph[id]))
    let count = inputs.count / graph[graph.inputs[0]].shape.count
    let blocks = try BatchRunner(plan).run([.values(inputs)], count: count) { runner, _, count in
      runner.elements(of: id, count: count)?.int64 ?? []
    }
    return blocks.flatMap { $0 }.map { scale.value($0, element: 0) }
  }
}

@Suite("hls4ml models under other types: what hls4ml builds")
struct HLSPrecisionConformanceTests {
  @Test(
    "a model built again with Precision keys computes what its allocation computes here",
    arguments: HLSPrecisionFixtures.names, ["project", "model.fml"])
  func rebuilt(name: String, form: String) throws {
    let folder = "\(HLSPrecisionFixtures.root)/\(name)"
    let requantization = try HLSPrecisionFixtures.requantization("\(folder)/\(form)")
    let inputs = try HLSPrecisionFixtures.numbers("\(folder)/input.npy")
    func expected(_ member: String) throws -> [Double] {
      try HLSPrecisionFixtures.numbers("\(folder)/outputs.npz", member)
    }
    #expect(
      try HLSPrecisionFixtures.outputs(of: requantization.graph, on: inputs) == expected("model"))
    for (index, item) in try HLSPrecisionFixtures.cases(name).enumerated() {
      let allocation = try requantization.layers.map { layer in
        func encoding(_ text: String?) throws -> Encoding? {
          try text.map { .fixed(try FixedPointFormat(name: $0)) }
        }
        let formats = item.allocation[layer.name]
        return Candidate(
          weights: try encoding(formats?.weights), activations: try encoding(formats?.activations),
          accumulator: try encoding(formats?.accumulator))
      }
      let graph = try requantization.graph(allocation)
      let computed = try HLSPrecisionFixtures.outputs(of: graph, on: inputs)
      let wanted = try expected("\(index)")
      let different = zip(computed, wanted).count { $0 != $1 }
      #expect(
        computed == wanted,
        "case \(index): \(different) of \(wanted.count) differ, \(item.allocation)")
      var keys: [String: [String: String]] = [:]
      for key in try requantization.precision(of: allocation) {
        keys[key.layer, default: [:]][key.key] = key.type.precisionText
      }
      let given = item.precision.mapValues { $0.keys.mapValues(Self.canonical) }
      #expect(keys == given, "case \(index)")
    }
  }

  private static func canonical(_ text: String) -> String {
    (try? FixedPointFormat(name: text))?.precisionText ?? text
  }
}
