import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Node cases of the onnx package for resampling operators: Tests/Fixtures/onnx, written by
/// `make.py` there.
@Suite struct ONNXFixtureTests {
  static let folder = SharedData.packageRoot + "/Tests/Fixtures/onnx"

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test("the cases are there") func count() { #expect(Self.names.count == 22) }

  @Test("node cases of the onnx package", arguments: names)
  func node(name: String) throws {
    let recorded = try ArrayCase(Self.folder + "/" + name)
    let run = try recorded.run(on: ONNXReferenceDatapath())
    let output = run.read.graph.outputs[0]
    let expected = try #require(recorded.array("out0"))
    #expect(run.read.graph[output].shape.extents == expected.shape)
    let comparison = ArrayComparison(try #require(run.codes(output)), expected)
    #expect(comparison.compared > 0)
    #expect(comparison.wrong == 0, "\(comparison.wrong) wrong, \(comparison.first ?? "")")
  }
}
