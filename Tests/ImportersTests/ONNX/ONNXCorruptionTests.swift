import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Damaged models are read or refused; nothing traps, hangs or takes unbounded memory.
@Suite("Damaged ONNX files", .serialized)
struct ONNXCorruptionTests {
  @Test(
    "seeded corruptions", .enabled(if: SharedData.root != nil),
    arguments: [
      "models/mlp_qoperator_u8s8", "models/res_qdq_s8s8", "onnx/random/qlinearconv_4",
      "onnx/qonnx/trunc_v2_up", "onnx/random/dequantize_initializer_int4",
    ])
  func corruptions(name: String) throws {
    let path = try #require(SharedData.path("conformance/arith/\(name).onnx"))
    let original = try [UInt8](contentsOf: path)
    var corruption = Corruption(seed: 11)
    let count = Corruption.count / (sweep ? 1 : 5)
    var accepted = 0
    var planned = 0
    let limits = Limits()
    for number in 0..<count {
      let bytes = corruption.mutate(original)
      let isInTime = limits.isInTime {
        guard let graph = read(bytes, path: path) else { return }
        accepted += 1
        planned += plans(graph)
      }
      #expect(isInTime, "copy \(number)")
    }
    print("\(name): \(accepted) of \(count) damaged copies still are models, \(planned) plans")
    #expect(accepted < count && planned > 0)
    #expect(limits.grownBytes < Limits.memory)
  }

  private func read(_ bytes: [UInt8], path: String) -> Graph? {
    do throws(ONNXError) {
      let read = try ONNXModel(bytes: bytes, path: path).graph()
      #expect(!read.graph.outputs.isEmpty)
      return read.graph
    } catch {
      #expect(error.diagnostics.allSatisfy { !$0.message.isEmpty && !$0.code.isEmpty })
      #expect(!error.diagnostics.isEmpty)
      return nil
    }
  }

  /// How many datapaths have a plan for the graph; others name every problem.
  private func plans(_ graph: Graph) -> Int {
    var count = 0
    func plan(_ datapath: some Datapath) {
      do throws(PlanProblems) {
        _ = try Plan(graph, on: datapath)
        count += 1
      } catch {
        #expect(!error.diagnostics(file: nil).isEmpty)
      }
    }
    plan(ONNXIntegerDatapath())
    plan(ONNXReferenceDatapath())
    plan(QONNXDatapath())
    return count
  }
}
