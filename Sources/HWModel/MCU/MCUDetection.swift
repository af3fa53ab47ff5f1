import Arith
import QuantGraph

extension MCURules {
  /// - Throws: ``DatapathError`` for types that the runtimes refuse, anchors that they stop at, and
  ///   what the micro runtime writes outside of its results.
  func plan(
    _ detections: DetectionPostProcess, _ node: MCUNode
  ) throws(DatapathError) -> PlannedNode {
    let (boxes, scores, anchors) = (node.inputs[0], node.inputs[1], node.inputs[2])
    for (name, tensor) in [("boxes", boxes), ("scores", scores), ("anchors", anchors)]
    where !tensor.isFloat && (isMicro || tensor.storage != .uint8 || tensor.scales.count != 1) {
      throw .encoding(
        operand: name, expected: isMicro ? "float32" : "float32 or uint8 with one scale")
    }
    guard anchors.storage == boxes.storage else {
      throw .encoding(operand: "anchors", expected: "stored as the boxes, \(boxes.storage)")
    }
    for result in node.outputs where !result.isFloat {
      throw .encoding(operand: "results", expected: "float32")
    }
    if isMicro {
      guard detections.declaresResults else {
        throw .parameter(
          "results",
          reason: "have no shapes in the file, and TensorFlow Lite Micro writes past their memory")
      }
      if case .fast(let classes) = detections.suppression, classes > 1 {
        throw .parameter(
          "max_classes_per_detection \(detections.classesPerDetection)",
          reason: "TensorFlow Lite Micro writes past its results for more than one class a box")
      }
    }
    let decoder = BoxDecoder(
      boxes: BoxDecoder.Reader(boxes), anchors: BoxDecoder.Reader(anchors),
      length: boxes.shape[2], scales: detections.scales.map(Double.init))
    if let constant = anchors.tensor.constant {
      try requireSizes(of: constant, decoder.anchors)
    }
    return node.planned(
      MCUDetection(
        operation: detections, boxes: node.source(0), scores: node.source(1),
        anchors: node.source(2), decoder: decoder, count: boxes.shape[1],
        columns: scores.shape[2], scoreScale: scores.isFloat ? nil : scores.scale32,
        scoreZero: scores.zeroPoint))
  }

  /// Boxes of a negative size end the run with an error, whatever the data; in the micro runtime those
  /// of size 0, too.
  ///
  /// Source: `kernels/detection_postprocess.cc` of either, `ValidateBoxes`.
  private func requireSizes(
    of anchors: Codes, _ reader: BoxDecoder.Reader
  ) throws(DatapathError) {
    func sizes<Element>(_ codes: [Element], _ value: (Element) -> Float) -> Int? {
      codes.indices.first { index in
        index % 4 >= 2 && (value(codes[index]) < 0 || isMicro && value(codes[index]) == 0)
      }
    }
    let found: Int?
    switch anchors {
    case .float32(let values): found = sizes(values) { $0 }
    case .uint8(let codes): found = sizes(codes) { reader.value($0) }
    default: found = nil
    }
    guard let found else { return }
    let size = found % 4 == 2 ? "height" : "width"
    throw .parameter(
      "anchor \(found / 4)",
      reason: "its \(size) is \(isMicro ? "not positive" : "negative"), where the runtime stops")
  }
}

/// Boxes as corners, from what a detector says of them and its anchors.
///
/// Quotients, exponentials and products are of binary64, each sum of a centre and half a size is of
/// binary32. Source: `kernels/detection_postprocess.cc`, `DecodeCenterSizeBoxes`.
struct BoxDecoder: Sendable {
  /// Values of floats, or of codes with one scale.
  struct Reader: Sendable {
    let scale: Float?
    let zero: Float

    init(_ tensor: MCUTensor) {
      scale = tensor.isFloat ? nil : tensor.scale32
      zero = Float(tensor.zeroPoint)
    }

    func value(_ code: UInt8) -> Float { (Float(code) - zero) * (scale ?? 1) }

    func read<Result>(
      _ source: MCUSource, _ operands: KernelOperands, _ body: ((Int) -> Float) -> Result
    ) -> Result {
      if scale == nil {
        return source.withCodes(operands, as: Float.self) { values in body { values[$0] } }
      }
      return source.withCodes(operands, as: UInt8.self) { codes in body { value(codes[$0]) } }
    }
  }

  let boxes: Reader
  let anchors: Reader
  /// Numbers a box.
  let length: Int
  let scales: [Double]

  /// The corners (top, left, bottom, right) of a box.
  func corners(
    _ index: Int, _ boxes: (Int) -> Float, _ anchors: (Int) -> Float
  ) -> SIMD4<Float> {
    func code(_ axis: Int) -> Double { Double(boxes(index * length + axis)) / scales[axis] }
    let anchor = (0..<4).map { Double(anchors(4 * index + $0)) }
    let y = Float(code(0) * anchor[2] + anchor[0])
    let x = Float(code(1) * anchor[3] + anchor[1])
    let height = Float(0.5 * ElementaryDouble.exp(code(2)) * anchor[2])
    let width = Float(0.5 * ElementaryDouble.exp(code(3)) * anchor[3])
    return SIMD4(y - height, x - width, y + height, x + width)
  }
}

/// A detector's boxes, decoded, sorted by score and suppressed where they overlap.
///
/// Results that neither runtime writes, after the last detection of the fast suppression, are 0 here; the
/// runtimes leave what was in their memory. The same arithmetic in both runtimes: the micro runtime's
/// sorts are LiteRT's with another algorithm. Source: LiteRT and tflite-micro,
/// `kernels/detection_postprocess.cc`; LiteRT on one thread.
struct MCUDetection: NodeKernel {
  let operation: DetectionPostProcess
  let boxes: MCUSource
  let scores: MCUSource
  let anchors: MCUSource
  let decoder: BoxDecoder
  /// Boxes, and scores of each.
  let count: Int
  let columns: Int
  /// nil for scores that are floats.
  let scoreScale: Float?
  let scoreZero: Int32

  private struct Detection {
    let box: Int
    let column: Int
    let score: Float
  }

  func run(_ operands: KernelOperands) {
    let corners = decoder.boxes.read(boxes, operands) { boxes in
      decoder.anchors.read(anchors, operands) { anchors in
        (0..<count).map { decoder.corners($0, boxes, anchors) }
      }
    }
    let scores = scoreValues(operands)
    for output in operands.outputs { output.elements(as: Float.self).update(repeating: 0) }
    let (found, boxCount, stride) = detections(corners, scores)
    let (places, classes) = (
      operands.outputs[0].elements(as: Float.self), operands.outputs[1].elements(as: Float.self)
    )
    let values = operands.outputs[2].elements(as: Float.self)
    let perBox = boxCount == 0 ? 1 : found.count / boxCount
    for (index, detection) in found.enumerated() {
      let place = index / perBox * stride + index % perBox
      for axis in 0..<4 { places[4 * place + axis] = corners[detection.box][axis] }
      classes[place] = Float(detection.column)
      values[place] = detection.score
    }
    operands.outputs[3].elements(as: Float.self)[0] = Float(boxCount)
  }

  /// Scores as values.
  ///
  /// Eight codes at a time are scaled before the zero point's product is taken off, each in binary32;
  /// of the rest the difference is scaled. Source: `internal/optimized/optimized_ops.h`, `Dequantize`,
  /// as x86-64 runs it.
  private func scoreValues(_ operands: KernelOperands) -> [Float] {
    guard let scale = scoreScale else {
      return scores.withCodes(operands, as: Float.self) { Array($0[..<(count * columns)]) }
    }
    let offset = Float(Double(-scoreZero) * Double(scale))
    return scores.withCodes(operands, as: UInt8.self) { codes in
      let (total, inEights) = (count * columns, count * columns / 8 * 8)
      return (0..<total).map { index in
        index < inEights
          ? Float(codes[index]) * scale + offset
          : Float(Double(scale) * Double(Int32(codes[index]) - scoreZero))
      }
    }
  }

  /// Detections in order, how many boxes they are of, and places of results from one box to the next.
  private func detections(
    _ corners: [SIMD4<Float>], _ scores: [Float]
  ) -> ([Detection], boxes: Int, stride: Int) {
    let background = columns - operation.classes
    func score(_ box: Int, _ column: Int) -> Float { scores[box * columns + background + column] }
    switch operation.suppression {
    case .regular(let perClass):
      var kept: [Detection] = []
      for column in 0..<operation.classes {
        let own = (0..<count).map { score($0, column) }
        let selected = suppressed(corners, own, most: min(perClass, operation.detections))
        kept += selected.map { Detection(box: $0, column: column, score: own[$0]) }
        // Of equal scores the one found earlier comes first.
        let order = kept.indices.sorted {
          kept[$0].score != kept[$1].score ? kept[$0].score > kept[$1].score : $0 < $1
        }
        kept = order.prefix(operation.detections).map { kept[$0] }
      }
      return (kept, kept.count, 1)
    case .fast(let perBox):
      var best = [Int](repeating: 0, count: count * perBox)
      var own = [Float](repeating: 0, count: count)
      for box in 0..<count {
        let order = largest(perBox, of: operation.classes) { score(box, $0) }
        for rank in 0..<perBox { best[box * perBox + rank] = order[rank] }
        own[box] = score(box, order[0])
      }
      let selected = suppressed(corners, own, most: operation.detections)
      let found = selected.flatMap { box in
        best[box * perBox..<(box + 1) * perBox].map { column in
          Detection(box: box, column: column, score: score(box, column))
        }
      }
      return (found, selected.count, operation.classesPerDetection)
    }
  }

  /// Boxes in descending order of score, without those that overlap a better one; `most` of them.
  private func suppressed(_ corners: [SIMD4<Float>], _ scores: [Float], most: Int) -> [Int] {
    var candidates = scores.indices.filter { scores[$0] >= operation.scoreThreshold }
    candidates.sort { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    var isActive = [Bool](repeating: true, count: candidates.count)
    var selected: [Int] = []
    for (rank, box) in candidates.enumerated() where isActive[rank] {
      guard selected.count < most else { break }
      selected.append(box)
      for other in candidates.indices.dropFirst(rank + 1) where isActive[other] {
        let overlap = Self.overlap(corners[box], corners[candidates[other]])
        if overlap > operation.overlapThreshold { isActive[other] = false }
      }
    }
    return selected
  }

  /// The part of two boxes' union that is their intersection; 0 where one has no area.
  private static func overlap(_ a: SIMD4<Float>, _ b: SIMD4<Float>) -> Float {
    func area(_ box: SIMD4<Float>) -> Float { (box[2] - box[0]) * (box[3] - box[1]) }
    // As C++ compares: the first operand unless the other is beyond it.
    func larger(_ a: Float, _ b: Float) -> Float { a < b ? b : a }
    func smaller(_ a: Float, _ b: Float) -> Float { b < a ? b : a }
    let (first, second) = (area(a), area(b))
    if first <= 0 || second <= 0 { return 0 }
    let height = smaller(a[2], b[2]) - larger(a[0], b[0])
    let width = smaller(a[3], b[3]) - larger(a[1], b[1])
    let common = larger(height, 0) * larger(width, 0)
    return common / (first + second - common)
  }

  /// Positions of the `most` largest of `total` values in descending order.
  ///
  /// Of equal ones the first, if it is about one; else those that `std::partial_sort` of GNU's library
  /// leaves, which LiteRT is built with: a heap of the first ones takes in each larger one, and gives
  /// them back. Source: `DecreasingPartialArgSort`; libstdc++, `bits/stl_heap.h` and `stl_algo.h`. The
  /// micro runtime, which orders equal ones by position, sorts for one class a box only.
  private func largest(_ most: Int, of total: Int, _ value: (Int) -> Float) -> [Int] {
    if most == 1 {
      return [(1..<total).reduce(0) { value($1) > value($0) ? $1 : $0 }]
    }
    var heap = Array(0..<most)
    func isBefore(_ a: Int, _ b: Int) -> Bool { value(a) > value(b) }
    /// Puts `entry` into the heap of `count` whose top is free, by way of its bottom.
    func settle(_ entry: Int, from top: Int, _ count: Int) {
      var hole = top
      while 2 * hole + 2 < count {
        var child = 2 * hole + 2
        if isBefore(heap[child], heap[child - 1]) { child -= 1 }
        heap[hole] = heap[child]
        hole = child
      }
      if 2 * hole + 2 == count {
        heap[hole] = heap[2 * hole + 1]
        hole = 2 * hole + 1
      }
      while hole > top, isBefore(heap[(hole - 1) / 2], entry) {
        heap[hole] = heap[(hole - 1) / 2]
        hole = (hole - 1) / 2
      }
      heap[hole] = entry
    }
    for top in (0..<most / 2).reversed() { settle(heap[top], from: top, most) }
    for position in most..<total where isBefore(position, heap[0]) {
      settle(position, from: 0, most)
    }
    for last in (1..<most).reversed() {
      let entry = heap[last]
      heap[last] = heap[0]
      settle(entry, from: 0, last)
    }
    return heap
  }
}
