import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// Every shared ONNX file becomes a graph, and says what it is.
@Suite struct ONNXReadTests {
  static func files(_ folder: String) -> [String] {
    guard let path = SharedData.path("conformance/arith/" + folder),
      let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { return [] }
    return names.filter { $0.hasSuffix(".onnx") }.sorted().map { path + "/" + $0 }
  }

  @Test(
    "every shared file is read", .enabled(if: SharedData.root != nil),
    arguments: [
      ("onnx/backend", 84), ("onnx/random", 48), ("onnx/qonnx", 55), ("models", 10),
    ])
  func shared(folder: String, count: Int) throws {
    let files = Self.files(folder)
    #expect(files.count == count)
    for file in files {
      do {
        let graph = try ONNXModel(path: file).graph()
        #expect(!graph.graph.outputs.isEmpty)
      } catch {
        Issue.record("\(file): \(error.diagnostics.map { $0.message + " " + ($0.location ?? "") })")
      }
    }
  }
}
