import Arith
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Recorded results of onnx's own test cases, of onnxruntime and of qonnx.
///
/// Producers and versions: conformance/arith/README.md of the shared data.
@Suite struct ONNXConformanceTests {
  private func check(_ folder: String, count: Int, on datapath: some Datapath) {
    let cases = ArrayCase.names(folder)
    #expect(cases.count == count)
    var passed = 0
    for path in cases {
      do {
        let recorded = try ArrayCase(path)
        let run = try recorded.run(on: datapath)
        var isEqual = true
        for (index, output) in run.read.graph.outputs.enumerated() {
          guard let expected = recorded.array("out\(index)"), let codes = run.codes(output) else {
            Issue.record("\(recorded.name): no array for output \(index)")
            isEqual = false
            continue
          }
          let encoding = run.read.graph[output].encoding
          let comparison = ArrayComparison(codes, expected) { code in
            guard case .float(let format) = encoding else { return false }
            return format.decode(
              UInt64(truncatingIfNeeded: code), as: Int128.self
            ).kind == .notANumber
          }
          if comparison.wrong > 0 {
            isEqual = false
            Issue.record(
              "\(recorded.name): \(comparison.wrong) of \(comparison.compared) wrong, \(comparison.first ?? "")"
            )
          }
        }
        if isEqual { passed += 1 }
      } catch {
        Issue.record("\(path): \(error)")
      }
    }
    print("\(folder): \(passed) of \(cases.count) cases equal")
  }

  @Test("node cases of the onnx package", .enabled(if: SharedData.root != nil))
  func backend() { check("onnx/backend", count: 84, on: ONNXReferenceDatapath()) }

  @Test("single operators as onnxruntime computes them", .enabled(if: SharedData.root != nil))
  func random() { check("onnx/random", count: 48, on: ONNXReferenceDatapath()) }

  @Test("quantizers as qonnx computes them", .enabled(if: SharedData.root != nil))
  func qonnx() { check("onnx/qonnx", count: 55, on: QONNXDatapath()) }

  @Test(
    "trained models, every intermediate tensor", .enabled(if: SharedData.root != nil),
    arguments: [
      "cnn_qdq_u8s4_perchannel", "cnn_qdq_u8s8_perchannel", "cnn_qoperator_u8s8_perchannel",
      "mlp_qdq_u8s8", "mlp_qoperator_u8s8", "res_qdq_s8s8", "res_qoperator_u8u8",
    ])
  func models(name: String) throws {
    let folder = try #require(SharedData.path("conformance/arith/models"))
    let model = try ONNXModel(path: "\(folder)/\(name).onnx")
    let arrays = try NPZ.read("\(folder)/\(name).npz")
    let x = try #require(arrays["x"])
    let read = try model.graph(ONNXGraphOptions(batch: x.shape[0]))
    let run = try ArrayRun(read, on: ONNXIntegerDatapath(), trace: true)
    run.set(read.graph.inputs[0], x)
    run.runner.run(usedLanes: 1)
    let names = Set(read.written.map { "t/" + read.graph[$0].name })
    let recorded = Set(arrays.names.filter { $0.hasPrefix("t/") }.map(ArrayName.key))
    #expect(recorded.isSubset(of: names))
    var wrong: [String] = []
    var compared = 0
    for id in read.written {
      guard let expected = arrays["t/" + read.graph[id].name], let codes = run.codes(id) else {
        Issue.record("\(read.graph[id].name) is not recorded, or not traced")
        continue
      }
      let comparison = ArrayComparison(codes, expected)
      compared += comparison.compared
      if comparison.wrong > 0 {
        wrong.append(
          "\(read.graph[id].name): \(comparison.wrong) of \(comparison.compared), \(comparison.first ?? "")"
        )
      }
    }
    print("\(name): \(compared) values of \(read.written.count) tensors, differing: \(wrong)")
    #expect(wrong.isEmpty)
  }
}
