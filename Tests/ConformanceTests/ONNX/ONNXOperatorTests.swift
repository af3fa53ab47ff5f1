import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Models of one operator: Tests/Fixtures/onnx_operators, written by `make.py` there.
@Suite struct ONNXOperatorTests {
  static let folder = SharedData.packageRoot + "/Tests/Fixtures/onnx_operators"

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test("the cases are there") func count() { #expect(Self.names.count == 82) }

  @Test("equal to onnxruntime and qonnx: codes bit for bit, floats to rounding", arguments: names)
  func node(name: String) throws {
    let recorded = try ArrayCase(Self.folder + "/" + name)
    let run =
      name.hasPrefix("qonnx")
      ? try recorded.run(on: QONNXDatapath()) : try recorded.run(on: ONNXReferenceDatapath())
    for (index, output) in run.read.graph.outputs.enumerated() {
      let expected = try #require(recorded.array("out\(index)"))
      #expect(run.read.graph[output].shape.extents == expected.shape)
      let comparison = ArrayComparison(try #require(run.codes(output)), expected)
      #expect(comparison.compared > 0)
      #expect(comparison.wrong == 0, "\(comparison.wrong) wrong, \(comparison.first ?? "")")
      // Quantizers have no sum whose order could matter, and what gathers has no arithmetic.
      if ["qonnx", "gather", "scatter", "topk", "one_hot"].contains(where: name.hasPrefix) {
        #expect(comparison.relative == 0, "\(name): \(comparison.relative)")
      } else {
        #expect(comparison.relative < 4e-6, "\(name): \(comparison.relative)")
      }
    }
  }
}
