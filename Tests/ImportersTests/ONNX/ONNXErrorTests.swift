import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// What a model may get wrong, each with an error of its own, all of a file at once.
@Suite struct ONNXErrorTests {
  private func diagnostics(
    _ bytes: [UInt8], path: String = "m.onnx", _ options: ONNXGraphOptions = ONNXGraphOptions()
  ) -> [Diagnostic] {
    do throws(ONNXError) {
      _ = try ONNXModel(bytes: bytes, path: path).graph(options)
      return []
    } catch {
      return error.diagnostics
    }
  }

  @Test("a plain model is read, with inputs, outputs and what nodes write")
  func plain() throws {
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [nil, 3])
      graph.value(12, "y", [nil, 3])
      graph.node("Relu", ["x"], ["y"])
    }
    let model = try ONNXModel(bytes: bytes, path: "m.onnx")
    #expect(model.kind == .float)
    let read = try model.graph(ONNXGraphOptions(batch: 5))
    #expect(read.graph[read.graph.inputs[0]].shape.extents == [5, 3])
    #expect(read.written.map { read.graph[$0].name } == ["y"])
    #expect(read.batchedInputs == read.graph.inputs)
    #expect(read.firstFloatTensor == "x")
    #expect(ONNXModel.isProbable(firstBytes: Array(bytes.prefix(16))))
  }

  @Test("all problems of a file at once, in its order")
  func severalProblems() {
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [1, 3])
      graph.value(12, "y", [1, 3])
      graph.node("GridSample", ["x"], ["a"])
      graph.node("Relu", ["a"], ["b"])
      graph.node("Relu", ["missing"], ["c"])
      graph.node("Concat", ["x", "x"], ["y"])
    }
    let found = diagnostics(bytes)
    // What depends on a problem is not one of its own.
    #expect(Set(found.map(\.code)) == ["onnx.unsupported-op", "onnx.undefined", "onnx.attribute"])
    let unsupported = found.first { $0.code == "onnx.unsupported-op" }
    #expect(
      unsupported?.location == "m.onnx: node 'GridSample_node' (1 of 4), input float32[1,3]")
    #expect(unsupported?.message.contains("'GridSample'") == true)
  }

  @Test("an operator without a rule is named once, with the number of its nodes")
  func countedOperators() {
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [1, 3])
      graph.value(12, "y", [1, 3])
      graph.node("GridSample", ["x"], ["a"])
      graph.node("GridSample", ["a"], ["b"])
      graph.node("StringSplit", ["b"], ["c"])
      graph.node("GridSample", ["x"], ["y"])
    }
    let found = diagnostics(bytes)
    #expect(found.map(\.code) == ["onnx.unsupported-op", "onnx.unsupported-op"])
    #expect(found.first?.message.contains("3 nodes are of it") == true)
    #expect(found.last?.message.contains("nodes are of it") == false)
  }

  @Test("-1 is an open dimension; a tensor may be an output twice")
  func openDimensionAndRepeatedOutput() throws {
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [-1, 3])
      graph.value(12, "y", [-1, 3])
      graph.value(12, "y", [-1, 3])
      graph.node("Relu", ["x"], ["y"])
    }
    let model = try ONNXModel(bytes: bytes, path: "m.onnx")
    let read = try model.graph(ONNXGraphOptions(shapes: ["x": [4, 3]]))
    #expect(read.graph[read.graph.inputs[0]].shape.extents == [4, 3])
    #expect(read.batchedInputs == read.graph.inputs)
    #expect(read.graph.outputs.map { read.graph[$0].name } == ["y", "y:1"])
  }

  @Test("nodes out of order are sorted; nodes that wait for each other are named")
  func order() throws {
    let sorted = ONNXBytes.model { graph in
      graph.value(11, "x", [2])
      graph.value(12, "y", [2])
      graph.node("Neg", ["a"], ["y"])
      graph.node("Relu", ["x"], ["a"])
    }
    #expect(diagnostics(sorted).isEmpty)
    let cyclic = ONNXBytes.model { graph in
      graph.value(11, "x", [2])
      graph.value(12, "y", [2])
      graph.node("Add", ["x", "b"], ["a"])
      graph.node("Relu", ["a"], ["b"])
      graph.node("Neg", ["b"], ["y"])
    }
    #expect(diagnostics(cyclic).map(\.code) == ["graph.cycle"])
  }

  @Test("dynamic shapes show what to type")
  func dynamicShape() throws {
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "inp", [nil, 3, nil, 16])
      graph.value(12, "y", [nil, 3, nil, 16])
      graph.node("Relu", ["inp"], ["y"])
    }
    // A dimension with the batch's name is the batch.
    #expect(diagnostics(bytes).isEmpty)
    let given = ONNXGraphOptions(shapes: ["inp": [2, 3, 2, 16]])
    #expect(diagnostics(bytes, given).isEmpty)
    let wrong = ONNXGraphOptions(shapes: ["inp": [2, 4, 2, 16]])
    #expect(diagnostics(bytes, wrong).map(\.code) == ["onnx.shape"])
    let unknown = ONNXGraphOptions(shapes: ["other": [2]])
    #expect(diagnostics(bytes, unknown).map(\.code) == ["onnx.unknown-name"])
    var open = ONNXBytes()
    open.text(1, "inp")
    open.message(2) {
      $0.message(1) { tensor in
        tensor.number(1, 1)
        tensor.message(2) { shape in
          shape.message(1) { $0.number(1, 1) }
          shape.message(1) { $0.text(2, "height") }
        }
      }
    }
    let dynamic = ONNXBytes.model { graph in
      graph.data(11, open.bytes)
      graph.value(12, "y", [1, 1])
      graph.node("Relu", ["inp"], ["y"])
    }
    let found = diagnostics(dynamic)
    #expect(found.map(\.code) == ["onnx.dynamic-shape"])
    #expect(found.first?.remedy?.contains("--shape inp=1x32") == true)
  }

  @Test("broken, sparse and huge tensors")
  func tensors() {
    func model(_ fill: @escaping (inout ONNXBytes) -> Void) -> [Diagnostic] {
      diagnostics(
        ONNXBytes.model { graph in
          graph.value(11, "x", [2])
          graph.value(12, "y", [2])
          graph.message(5, fill)
          graph.node("Add", ["x", "w"], ["y"])
        })
    }
    let short = model { tensor in
      tensor.number(1, 2)
      tensor.number(2, 1)
      tensor.text(8, "w")
      tensor.data(9, [0, 0, 0, 0])
    }
    #expect(short.map(\.code) == ["onnx.tensor"])
    let negative = model { tensor in
      tensor.number(1, -2)
      tensor.number(2, 1)
      tensor.text(8, "w")
      tensor.data(9, [0, 0, 0, 0])
    }
    #expect(negative.map(\.code) == ["onnx.shape"])
    let huge = model { tensor in
      tensor.number(1, 1 << 40)
      tensor.number(1, 1 << 40)
      tensor.number(2, 1)
      tensor.text(8, "w")
    }
    #expect(huge.map(\.code) == ["onnx.shape"])
    let text = model { tensor in
      tensor.number(1, 1)
      tensor.number(2, 8)
      tensor.text(8, "w")
    }
    #expect(text.map(\.code) == ["onnx.type"])
    let sparse = ONNXBytes.model { graph in
      graph.value(11, "x", [2])
      graph.value(12, "y", [2])
      graph.message(15) { sparse in
        sparse.message(1) { $0.text(8, "w") }
        sparse.number(3, 2)
      }
      graph.node("Add", ["x", "w"], ["y"])
    }
    #expect(diagnostics(sparse).map(\.code) == ["onnx.sparse"])
  }

  @Test("external data: read beside the model, refused elsewhere")
  func externalData() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([9, 9, 9, 9, 0, 0, 128, 63, 0, 0, 0, 64], to: "w.bin")
    func model(location: String, offset: String = "4", length: String = "8") -> [UInt8] {
      ONNXBytes.model { graph in
        graph.value(11, "x", [2])
        graph.value(12, "y", [2])
        graph.message(5) { tensor in
          tensor.number(1, 2)
          tensor.number(2, 1)
          tensor.text(8, "w")
          tensor.number(14, 1)
          for (key, value) in [("location", location), ("offset", offset), ("length", length)] {
            tensor.message(13) {
              $0.text(1, key)
              $0.text(2, value)
            }
          }
        }
        graph.node("Add", ["x", "w"], ["y"])
      }
    }
    let path = folder.file("m.onnx")
    let read = try ONNXModel(bytes: model(location: "w.bin"), path: path).graph()
    let weights = try #require(read.graph.tensor(named: "w"))
    #expect(read.graph[weights].constant == .float32([1, 2]))
    for location in [
      "/etc/passwd", "../w.bin", "a/../../w.bin", "", "missing.bin", ".", "w.bin\0", "a\\w.bin",
    ] {
      #expect(
        diagnostics(model(location: location), path: path).map(\.code) == ["onnx.external-data"],
        "'\(location)'")
    }
    for (offset, length) in [
      ("8", "8"), ("-1", "8"), ("4", "9"), ("4", "4"), ("99999999999999999999", "8"),
      ("9223372036854775807", "8"),
    ] {
      #expect(
        diagnostics(model(location: "w.bin", offset: offset, length: length), path: path)
          .map(\.code) == ["onnx.external-data"], "\(offset), \(length)")
    }
    // A link whose name is fine and whose target is elsewhere.
    let outside = try TemporaryFolder()
    let secret = try outside.write([0, 0, 128, 63, 0, 0, 0, 64], to: "secret.bin")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.bin"), withDestinationPath: secret)
    #expect(
      diagnostics(model(location: "link.bin", offset: "0"), path: path).map(\.code)
        == ["onnx.external-data"])
  }

  @Test("files that are no model, with the offset of what is wrong")
  func damaged() {
    #expect(diagnostics([]).map(\.code) == ["onnx.damaged"])
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [2])
      graph.value(12, "y", [2])
      graph.node("Relu", ["x"], ["y"])
    }
    let cut = diagnostics(Array(bytes.dropLast(3)))
    #expect(cut.map(\.code) == ["onnx.damaged"])
    #expect(cut.first?.location?.contains("byte ") == true)
    // Messages in messages: no recursion that a file controls.
    var nested = ONNXBytes()
    for _ in 0..<200 {
      let inner = nested.bytes
      nested = ONNXBytes()
      nested.message(1) { node in node.message(5) { $0.data(6, inner) } }
    }
    var model = ONNXBytes()
    model.number(1, 10)
    model.data(7, nested.bytes)
    #expect(diagnostics(model.bytes).map(\.code) == ["onnx.limit"])
    // A megabyte of empty nodes would become hundreds of megabytes of objects.
    var many = ONNXBytes()
    many.number(1, 10)
    many.data(7, [UInt8](repeating: 0, count: 0) + (0..<1_100_000).flatMap { _ in [0x0A, 0x00] })
    #expect(diagnostics(many.bytes).map(\.code) == ["onnx.limit"])
  }

  @Test("versions beyond what is read")
  func versions() {
    var model = ONNXBytes()
    model.number(1, 99)
    model.message(8) {
      $0.text(1, "")
      $0.number(2, 999)
    }
    model.message(7) { $0.text(2, "g") }
    #expect(diagnostics(model.bytes).map(\.code) == ["onnx.ir-version", "onnx.opset"])
  }

  @Test("huge results are refused before they are made")
  func hugeResults() {
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [1])
      graph.value(12, "y", [1])
      graph.message(5) { tensor in
        tensor.number(1, 3)
        tensor.number(2, 7)
        tensor.text(8, "shape")
        tensor.data(7, (0..<3).flatMap { _ in ONNXBytes.varint(1 << 12) })
      }
      graph.node("Expand", ["x", "shape"], ["y"])
    }
    #expect(diagnostics(bytes).map(\.code) == ["onnx.limit"])
  }
}
