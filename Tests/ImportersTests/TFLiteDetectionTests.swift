import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("Detectors in TFLite files")
struct TFLiteDetectionTests {
  static let options: [String: FlexBufferWriter.Value] = [
    "max_detections": .integer(5), "max_classes_per_detection": .integer(2),
    "detections_per_class": .integer(3), "use_regular_nms": .truth(true),
    "nms_score_threshold": .real(0.25), "nms_iou_threshold": .real(0.5),
    "num_classes": .integer(4), "y_scale": .real(10), "x_scale": .real(20), "h_scale": .integer(5),
    "w_scale": .real(2),
  ]

  /// A file with 6 boxes; results have no shapes.
  static func file(
    _ options: [UInt8], boxes: [Int32] = [1, 6, 4], scores: [Int32] = [1, 6, 5],
    anchors: [Float] = [Float](repeating: 1, count: 24), results: Int = 4,
    name: String = "TFLite_Detection_PostProcess"
  ) -> [UInt8] {
    var operation = TFLiteTests.operation(32, [0, 1, 2], Array(3..<3 + Int32(results)))
    operation[5] = .bytes(options)
    func tensor(
      _ name: String, _ shape: [Int32], buffer: Int32 = 0
    ) -> [Int: FlatBufferWriter.Value] {
      TFLiteTests.tensor(name, shape, type: 0, scales: [], buffer: buffer)
    }
    return TFLiteTests.file(
      tensors: [tensor("b", boxes), tensor("s", scores), tensor("a", [6, 4], buffer: 1)]
        + (0..<4).map { tensor("r\($0)", []) },
      operators: [operation], inputs: [0, 1], outputs: Array(3..<3 + Int32(results)),
      buffers: [
        anchors.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> (8 * $0) & 255) } }
      ], custom: name)
  }

  static func changed(
    _ values: [String: FlexBufferWriter.Value], without absent: [String] = []
  ) -> [UInt8] {
    FlexBufferWriter.map(
      options.merging(values) { $1 }.filter { !absent.contains($0.key) })
  }

  @Test("options become the operator, and give its results their shapes")
  func read() throws {
    func operation(_ options: [UInt8]) throws -> (DetectionPostProcess, Graph)? {
      let graph = try TFLiteModel(Self.file(options), path: "m").graph
      guard case .detections(let detections) = graph.nodes[0].operation else { return nil }
      return (detections, graph)
    }
    let (regular, graph) = try #require(try operation(FlexBufferWriter.map(Self.options)))
    #expect(
      regular
        == DetectionPostProcess(
          detections: 5, classes: 4, classesPerDetection: 2,
          suppression: .regular(boxesPerClass: 3), scoreThreshold: 0.25, overlapThreshold: 0.5,
          scales: [10, 20, 5, 2], declaresResults: false))
    #expect(graph.outputs.map { graph[$0].shape } == [[1, 10, 4], [1, 10], [1, 10], [1]])
    let (fast, _) = try #require(
      try operation(
        Self.changed(
          ["nms_score_threshold": .null], without: ["use_regular_nms", "detections_per_class"])))
    #expect(fast.suppression == .fast(classesPerBox: 2) && fast.scoreThreshold == 0)
    let (hundred, _) = try #require(
      try operation(Self.changed(["detections_per_class": .null])))
    #expect(hundred.suppression == .regular(boxesPerClass: 100))
    let (few, _) = try #require(
      try operation(
        Self.changed(["max_classes_per_detection": .integer(9), "use_regular_nms": .integer(0)])))
    #expect(few.suppression == .fast(classesPerBox: 4) && few.classesPerDetection == 9)
  }

  @Test(
    "options that no runtime computes with are refused by name",
    arguments: [
      ("max_detections", .null, "max_detections 0"),
      ("max_detections", .integer(1 << 30), "max_detections 1073741824"),
      ("max_detections", .text, "option 'max_detections' is no integer"),
      ("max_detections", .real(2.5), "option 'max_detections' is no integer"),
      ("max_classes_per_detection", .integer(0), "max_classes_per_detection 0"),
      ("detections_per_class", .integer(0), "detections_per_class 0"),
      ("nms_iou_threshold", .null, "nms_iou_threshold 0.0"),
      ("nms_iou_threshold", .real(1.5), "nms_iou_threshold 1.5"),
      ("nms_score_threshold", .real(.nan), "nms_score_threshold nan"),
      ("num_classes", .integer(3), "scores"), ("num_classes", .integer(6), "scores"),
      ("y_scale", .null, "y_scale 0.0"), ("w_scale", .real(.infinity), "w_scale inf"),
      ("h_scale", .text, "option 'h_scale' is no number"),
    ] as [(String, FlexBufferWriter.Value, String)])
  func refused(key: String, value: FlexBufferWriter.Value, words: String) {
    let options = Self.changed([key: value])
    let found = diagnostics(Self.file(options))
    #expect(found.count == 1 && found.allSatisfy { $0.message.contains(words) }, "\(found)")
  }

  @Test("shapes that the runtimes refuse, and other custom operators, are refused")
  func shapes() {
    let options = FlexBufferWriter.map(Self.options)
    #expect(diagnostics(Self.file(options)).isEmpty)
    for (bytes, code) in [
      (Self.file(options, boxes: [2, 6, 4], scores: [2, 6, 5]), "graph.shape-mismatch"),
      (Self.file(options, boxes: [1, 6, 3]), "graph.shape-mismatch"),
      (Self.file(options, scores: [1, 5, 5]), "graph.shape-mismatch"),
      (Self.file(options, boxes: [1, 7, 4], scores: [1, 7, 5]), "graph.shape-mismatch"),
      (Self.file(options, results: 3), "tflite.operand"),
      (Self.file(options, name: "TFLite_Detection"), "tflite.unsupported-op"),
      (Self.file([]), "tflite.damaged"), (Self.file([1, 2, 3]), "tflite.damaged"),
    ] {
      #expect(diagnostics(bytes).map(\.code) == [code])
    }
  }

  @Test("anchors without a size are refused where the runtime stops at them")
  func anchors() throws {
    let options = FlexBufferWriter.map(
      Self.options.merging(["max_classes_per_detection": .integer(1)]) { $1 })
    for (size, full, micro) in [(Float(1), true, true), (0, true, false), (-1, false, false)] {
      var anchors = [Float](repeating: 1, count: 24)
      anchors[7] = size
      let graph = try TFLiteModel(Self.file(options, anchors: anchors), path: "m").graph
      // Files without shapes of results make the micro runtime write past its memory.
      let node = graph.nodes[0]
      guard case .detections(let detections) = node.operation else { return }
      let declared = DetectionPostProcess(
        detections: detections.detections, classes: detections.classes,
        classesPerDetection: 1, suppression: detections.suppression,
        scoreThreshold: detections.scoreThreshold, overlapThreshold: detections.overlapThreshold,
        scales: detections.scales)
      let own = try Graph(
        name: "own", tensors: graph.tensors,
        nodes: [
          Node(
            name: node.name, operation: .detections(declared), inputs: node.inputs,
            outputs: node.outputs)
        ], inputs: graph.inputs, outputs: graph.outputs)
      #expect(((try? Plan(own, on: TFLiteReference())) != nil) == full)
      #expect(((try? Plan(own, on: TFLiteMicro())) != nil) == micro)
      #expect(throws: PlanProblems.self) { try Plan(graph, on: TFLiteMicro()) }
    }
  }

  @Test("damaged options throw or are read, and never trap")
  func damaged() {
    let original = FlexBufferWriter.map(Self.options)
    var corruption = Corruption(seed: 32)
    var (read, thrown) = (0, 0)
    for number in 0..<Corruption.count {
      let bytes = number < original.count ? Array(original[number...]) : corruption.mutate(original)
      if diagnostics(Self.file(bytes)).isEmpty { read += 1 } else { thrown += 1 }
    }
    #expect(read > 0 && thrown > read)
  }

  private func diagnostics(_ bytes: [UInt8]) -> [Diagnostic] {
    do throws(TFLiteError) {
      _ = try TFLiteModel(bytes, path: "m.tflite")
      return []
    } catch {
      return error.diagnostics
    }
  }
}
