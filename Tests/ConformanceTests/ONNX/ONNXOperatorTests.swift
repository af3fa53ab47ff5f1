import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

#if DEBUG
  @testable import HWModel
#else
  import HWModel
#endif

/// Models of one operator: Tests/Fixtures/onnx_operators, written by `make.py` there.
@Suite struct ONNXOperatorTests {
  static let folder = SharedData.packageRoot + "/Tests/Fixtures/onnx_operators"

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test("the cases are there") func count() { #expect(Self.names.count == 110) }

  @Test(
    "equal to onnxruntime and qonnx: codes bit for bit, floats to rounding",
    arguments: names.filter { $0 != "qdq_ties" })
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

  #if DEBUG
    /// Bounds of the outputs, what was expected, and what was computed, in stored numbers.
    private func bounds(
      _ name: String, on datapath: any ArrayDatapath
    ) throws -> (bound: OrderBound, outputs: [(own: [Double], expected: [Double], bound: [Double])])
    {
      let recorded = try ArrayCase(Self.folder + "/" + name)
      let run = try recorded.run(on: datapath, trace: true)
      let order = OrderBound(run.plan.graph, on: datapath, observed: [:]) { run.codes($0) }
      var outputs: [(own: [Double], expected: [Double], bound: [Double])] = []
      for (index, id) in run.read.graph.outputs.enumerated() {
        let array = try #require(recorded.array("out\(index)"))
        let expected: [Double]
        if case .float32(let values) = array.storage {
          expected = values.map(Double.init)
        } else if case .float64(let values) = array.storage {
          expected = values
        } else {
          expected = (array.integers() ?? []).map(Double.init)
        }
        outputs.append(
          (
            try #require(run.codes(id)).stored(run.plan.graph[id]), expected,
            try #require(order.bound(of: id))
          ))
      }
      return (order, outputs)
    }

    // The functions of onnxruntime's quantized cell are further off than the bound has them, and codes of
    // states follow from them.
    @Test(
      "differences are within the bound of float sums, and the bound tells them from errors",
      arguments: names.filter { $0 != "qdq_ties" && !$0.hasPrefix("dynamic_lstm") })
    func bounded(name: String) throws {
      let datapath: any ArrayDatapath =
        name.hasPrefix("qonnx") ? QONNXDatapath() : ONNXReferenceDatapath()
      for output in try bounds(name, on: datapath).outputs {
        let counts = [output.own.count, output.expected.count, output.bound.count]
        try #require(Set(counts).count == 1, "\(name): \(counts)")
        let span = max(output.own.filter(\.isFinite).map(abs).max() ?? 0, 1e-30)
        for index in output.own.indices where output.own[index] != output.expected[index] {
          let difference = abs(output.own[index] - output.expected[index])
          #expect(difference <= output.bound[index], "\(name) [\(index)]")
        }
        // A thousandth of the largest value is an error, not rounding; what six steps multiply may be
        // more, but less than what tells nothing.
        let isRecurrent = ["rnn", "gru", "lstm"].contains(where: name.hasPrefix)
        let largest = isRecurrent ? RoundingReport.tellingBound : 1.0 / 1000
        #expect(output.bound.allSatisfy { $0 <= span * largest }, "\(name)")
      }
    }

    @Test("codes that the order of sums moved lie on ties that are named")
    func ties() throws {
      for datapath: any ArrayDatapath in [ONNXIntegerDatapath(), ONNXReferenceDatapath()] {
        let (order, outputs) = try bounds("qdq_ties", on: datapath)
        let output = try #require(outputs.first)
        let moved = output.own.indices.filter { output.own[$0] != output.expected[$0] }
        if datapath is ONNXIntegerDatapath { #expect(!moved.isEmpty) }
        let tipped = Set(order.tips.map(\.element))
        for element in moved {
          #expect(abs(output.own[element] - output.expected[element]) <= output.bound[element])
          #expect(order.tips.count >= 64 || tipped.contains(element))
        }
        // Sums of whole steps are far from ties: most elements cannot move.
        let fixed = output.bound.count { $0 == 0 }
        #expect(fixed > 40 && fixed < output.bound.count)
        #expect(Set(order.tips.map(\.node)).count == 1)
        #expect(order.tips.allSatisfy { $0.codes == 1 })
      }
    }
  #endif
}
