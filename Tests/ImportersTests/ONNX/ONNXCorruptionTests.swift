import FoundationEssentials
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
    for _ in 0..<count {
      let bytes = corruption.mutate(original)
      do throws(ONNXError) {
        let read = try ONNXModel(bytes: bytes, path: path).graph()
        #expect(!read.graph.outputs.isEmpty)
        accepted += 1
      } catch {
        #expect(error.diagnostics.allSatisfy { !$0.message.isEmpty && !$0.code.isEmpty })
        #expect(!error.diagnostics.isEmpty)
      }
    }
    print("\(name): \(accepted) of \(count) damaged copies still are models")
    #expect(accepted < count)
  }
}
