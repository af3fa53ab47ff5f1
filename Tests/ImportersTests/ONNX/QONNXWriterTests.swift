import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("QONNX models written")
struct QONNXWriterTests {
  /// `y = x . w`, then `z = y + x`; weights in a file beside the model if `isExternal`.
  private static func model(isExternal: Bool = false) -> [UInt8] {
    let values: [Float] = [1, -0.25, 0.45, 0.75]
    return ONNXBytes.model { graph in
      graph.node("MatMul", ["x", "w"], ["y"])
      graph.node("Add", ["y", "x"], ["z"])
      graph.message(5) { tensor in
        tensor.number(1, 2)
        tensor.number(1, 2)
        tensor.number(2, 1)
        tensor.text(8, "w")
        if isExternal {
          tensor.message(13) {
            $0.text(1, "location")
            $0.text(2, "weights.bin")
          }
          tensor.number(14, 1)
        } else {
          tensor.data(9, Self.bytes(values))
        }
      }
      graph.value(11, "x", [nil, 2])
      graph.value(12, "z", [nil, 2])
    }
  }

  private static func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
    }
  }

  private static func layer(
    result: String = "y", tensor: String = "w", codes: [Int32] = [7, -2, 3, 7],
    scales: [Float] = [1 / 7, 0.75 / 7]
  ) -> QONNXLayer {
    QONNXLayer(
      name: "product", result: result,
      weights: .init(
        bits: 4, tensor: tensor, extents: [2, 2], values: [1, -0.25, 0.45, 0.75], codes: codes,
        scales: scales), input: .init(bits: 3, isSigned: true, scale: 0.25), additions: ["z"])
  }

  private func graph(_ bytes: [UInt8]) throws -> Graph {
    let model = try ONNXModel(bytes: bytes, path: "written.onnx")
    #expect(model.kind == .qonnx)
    return try model.graph().graph
  }

  @Test("quantizers stand before what reads them; filters are the last axis of a product")
  func placement() throws {
    let bytes = try ONNXModel(bytes: Self.model(), path: "m.onnx").qonnx([Self.layer()])
    #expect(try ONNXModel(bytes: Self.model(), path: "m.onnx").qonnx([Self.layer()]) == bytes)
    let graph = try graph(bytes)
    #expect(graph.nodes.map(\.operation.name) == ["Quant", "Quant", "MatMul", "Add"])
    func name(_ node: Int, _ operand: Int) -> String {
      graph[graph.nodes[node].inputs[operand]].name
    }
    #expect(name(2, 0) == "product/input_quantized" && name(2, 1) == "product/weights_quantized")
    // The addition takes the input as the layer does.
    #expect(name(3, 0) == "y" && name(3, 1) == "product/input_quantized")
    let weights = try #require(graph.nodes.first { $0.name == "product/weights_quant" })
    #expect(
      weights.operation == .qonnx(.quant(isSigned: true, isNarrow: true, rounding: .roundToEven)))
    let scale = graph[weights.inputs[1]]
    #expect(scale.shape.extents == [1, 2] && scale.constant == .float32([1 / 7, 0.75 / 7]))
    #expect(graph[weights.inputs[2]].constant == .float32([0]))
    #expect(graph[weights.inputs[3]].constant == .float32([4]))
    #expect(graph[weights.inputs[0]].name == "w")
    let input = try #require(graph.nodes.first { $0.name == "product/input_quant" })
    #expect(graph[input.inputs[1]].constant == .float32([0.25]))
    #expect(graph[input.inputs[1]].shape.rank == 0)
  }

  @Test("weights whose integers float32 would round elsewhere are written as what they become")
  func ties() throws {
    // -0.25 / (0.75 / 7) is -2.33: the integer -3 is another side than any rounding gives.
    let layer = Self.layer(codes: [7, -3, 3, 7])
    let graph = try graph(ONNXModel(bytes: Self.model(), path: "m.onnx").qonnx([layer]))
    #expect(graph.tensor(named: "w") == nil)
    let weights = try #require(graph.tensor(named: "product/weights"))
    #expect(graph[weights].constant == .float32([1, -3 * (0.75 / 7), 0.45, 0.75]))
  }

  @Test("constants in files beside the model are taken in")
  func external() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.bytes([1, -0.25, 0.45, 0.75]), to: "weights.bin")
    let path = try folder.write(Self.model(isExternal: true), to: "m.onnx")
    let bytes = try ONNXModel(path: path).qonnx([Self.layer()])
    // Read where the other file is not.
    let graph = try graph(bytes)
    let weights = try #require(graph.tensor(named: "w"))
    #expect(graph[weights].constant == .float32([1, -0.25, 0.45, 0.75]))
    let missing = try ONNXModel(bytes: Self.model(isExternal: true), path: "absent/m.onnx")
    #expect(throws: QONNXWriteError.self) { try missing.qonnx([Self.layer()]) }
  }

  @Test("layers that are not in the file, or have other weights there, are refused")
  func refusals() throws {
    let model = try ONNXModel(bytes: Self.model(), path: "m.onnx")
    for layer in [
      Self.layer(result: "q"), Self.layer(result: "z"), Self.layer(tensor: "x"),
      Self.layer(scales: [1, 1, 1]), Self.layer(codes: [1]),
    ] {
      #expect(throws: QONNXWriteError.layer("product")) { try model.qonnx([layer]) }
    }
  }
}
