/// Boxes, classes and scores of an object detector's best boxes, of which none overlaps a better one
/// by much.
///
/// `boxes [1, n, 4 or more], scores [1, n, c], anchors [n, 4] -> boxes [1, m, 4], classes [1, m],
/// scores [1, m], count [1]`. A box is coded as the offsets of its centre (y, x) and the logarithms of
/// its height and width, relative to an anchor (centre y, centre x, height, width); results are the
/// corners (top, left, bottom, right). Class 0 is left out of the scores where there is one more of them
/// than ``classes``. Source: TensorFlow Lite, `kernels/detection_postprocess.cc`
/// (`TFLite_Detection_PostProcess`).
public struct DetectionPostProcess: Hashable, Sendable {
  /// How overlapping boxes are suppressed.
  public enum Suppression: Hashable, Sendable {
    /// Once, by each box's best score; a box kept is a detection of its best classes.
    case fast(classesPerBox: Int)
    /// For each class, of which at most `boxesPerClass` boxes are kept.
    case regular(boxesPerClass: Int)
  }

  /// Most boxes that are kept.
  public let detections: Int
  /// Classes, without the background.
  public let classes: Int
  /// Results for one box kept.
  public let classesPerDetection: Int
  public let suppression: Suppression
  /// Boxes of a lower score are left out.
  public let scoreThreshold: Float
  /// Boxes whose intersection with a better one is a larger part of their union are left out.
  public let overlapThreshold: Float
  /// What coded centres (y, x) and sizes (height, width) are divided by.
  public let scales: [Float]
  /// Whether the model's file says how large the results are; the micro runtime follows it.
  public var declaresResults: Bool

  public init(
    detections: Int, classes: Int, classesPerDetection: Int, suppression: Suppression,
    scoreThreshold: Float, overlapThreshold: Float, scales: [Float], declaresResults: Bool = true
  ) {
    self.detections = detections
    self.classes = classes
    self.classesPerDetection = classesPerDetection
    self.suppression = suppression
    self.scoreThreshold = scoreThreshold
    self.overlapThreshold = overlapThreshold
    self.scales = scales
    self.declaresResults = declaresResults
  }

  /// Extents of boxes, classes, scores and the count.
  ///
  /// - Throws: ``GraphError`` for counts below 1, or results beyond 2^31 elements.
  public func resultExtents() throws(GraphError) -> [[Int]] {
    guard (1...1 << 29).contains(detections), (1...1 << 29).contains(classesPerDetection),
      detections * classesPerDetection <= 1 << 29
    else {
      throw .parameter(
        "max_detections \(detections) x max_classes_per_detection \(classesPerDetection)",
        reason: "each 1 or more, together 2^29 or less")
    }
    let count = detections * classesPerDetection
    return [[1, count, 4], [1, count], [1, count], [1]]
  }

  func check(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let (boxes, scores, anchors) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
    guard boxes.rank == 3, boxes[0] == 1, boxes[2] >= 4 else {
      throw .shapeMismatch(operand: "boxes", expected: [1, boxes.count, 4], found: boxes.extents)
    }
    guard classes >= 1, scores.rank == 3, scores.extents[..<2] == [1, boxes[1]],
      (0...1).contains(scores[2] - classes)
    else {
      throw .shapeMismatch(
        operand: "scores", expected: [1, boxes[1], classes + 1], found: scores.extents)
    }
    try Operator.requireShape("anchors", anchors, [boxes[1], 4])
    for (output, extents) in zip(outputs, try resultExtents()) {
      try Operator.requireShape(output.name, output.shape, extents)
    }
    guard overlapThreshold > 0, overlapThreshold <= 1 else {
      throw .parameter("nms_iou_threshold \(overlapThreshold)", reason: "above 0 and at most 1")
    }
    guard scoreThreshold.isFinite else {
      throw .parameter("nms_score_threshold \(scoreThreshold)", reason: "must be finite")
    }
    for (name, scale) in zip(["y_scale", "x_scale", "h_scale", "w_scale"], scales)
    where !scale.isFinite || scale == 0 {
      throw .parameter("\(name) \(scale)", reason: "must be finite and not 0")
    }
    if case .regular(let count) = suppression, count < 1 {
      throw .parameter("detections_per_class \(count)", reason: "must be 1 or more")
    }
  }
}
