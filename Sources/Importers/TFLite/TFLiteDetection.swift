import QuantGraph

/// The custom operator that ends object detectors.
extension TFLiteOperatorContext {
  static let detectionName = "TFLite_Detection_PostProcess"

  /// What the operator's options say.
  ///
  /// Absent numbers are 0, as the runtimes read them, `detections_per_class` 100. Source: TensorFlow
  /// Lite, `kernels/detection_postprocess.cc`, `Init`.
  func detections() throws(TFLiteKind) -> DetectionPostProcess {
    guard record.outputs.count == 4 else {
      throw TFLiteKind(.operand("\(record.outputs.count) results instead of 4"))
    }
    let options: FlexBuffer
    do throws(FlatBufferDefect) {
      options = try FlexBuffer(flatBuffer, at: record.customOptions)
    } catch {
      throw TFLiteKind(.damaged(reason: error.reason))
    }
    let classes = try options.integer("num_classes")
    let perDetection = try options.integer("max_classes_per_detection")
    let perClass = try options.integer("detections_per_class", absent: 100)
    let isRegular = try options.integer("use_regular_nms") != 0
    var scales: [Float] = []
    for name in ["y_scale", "x_scale", "h_scale", "w_scale"] {
      scales.append(try options.real(name))
    }
    var operation = DetectionPostProcess(
      detections: try options.integer("max_detections"), classes: classes,
      classesPerDetection: perDetection,
      suppression: isRegular
        ? .regular(boxesPerClass: perClass) : .fast(classesPerBox: min(perDetection, classes)),
      scoreThreshold: try options.real("nms_score_threshold"),
      overlapThreshold: try options.real("nms_iou_threshold"), scales: scales)
    do throws(GraphError) {
      operation.declaresResults = zip(record.outputs, try operation.resultExtents()).allSatisfy {
        tensor($0).shape.count == $1.reduce(1, *)
      }
    } catch {
      throw TFLiteKind(.graph(error))
    }
    return operation
  }
}

extension FlexBuffer {
  fileprivate func integer(_ name: String, absent: Int = 0) throws(TFLiteKind) -> Int {
    let value: Int?
    switch map[name] ?? .null {
    case .null: return absent
    case .integer(let integer): value = Int32(exactly: integer).map(Int.init)
    case .unsigned(let integer): value = Int32(exactly: integer).map(Int.init)
    case .real(let real): value = Int32(exactly: real).map(Int.init)
    case .other: value = nil
    }
    guard let value else {
      throw TFLiteKind(.unsupportedOption("option '\(name)' is no integer of 32 bits"))
    }
    return value
  }

  fileprivate func real(_ name: String) throws(TFLiteKind) -> Float {
    switch map[name] ?? .null {
    case .null: return 0
    case .integer(let integer): return Float(integer)
    case .unsigned(let integer): return Float(integer)
    case .real(let real): return Float(real)
    case .other: throw TFLiteKind(.unsupportedOption("option '\(name)' is no number"))
    }
  }
}
