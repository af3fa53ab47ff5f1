import Arith
import QuantGraph

extension ArrayNode {
  /// Softmax between 8-bit codes by a table of exponentials in float32.
  ///
  /// The table holds `exp((i - 255 + s) * sx)` for i in 0...255, rounded to float32 once, where
  /// `s = max(0, log(FLT_MAX / n) - 5) / sx` keeps a sum of n of them finite. A row's codes are moved
  /// so that its largest is entry 255; the sum runs in float32 in the order of the row; a code is
  /// `round(e * floor(1 / sy) / sum) + zero point`, cut at the largest code.
  ///
  /// Source: onnxruntime 1.32, contrib_ops/cpu/quantization/qlinear_softmax.cc. A row whose sum is 0
  /// is left as it was there; here it is filled with zero points.
  func quantizedSoftmax(
    _ axis: Int, _ operands: QuantizedOperands
  ) throws(DatapathError) -> PlannedNode {
    let (data, result) = (operands.codes[0], result)
    guard let range = data.kind.range, range.count == 256, result.kind.range == range else {
      throw .encoding(
        operand: "operands of '\(node.name)'", expected: "codes of 8 bits, one type for both")
    }
    let length = data.shape[axis]
    let (copy, back) = Self.lastAxis(data.shape, axis)
    let kind = result.kind
    return planned { o in
      let scale = operands.scale(0, o)[0]
      let table = Self.exponentials(scale: scale, length: length)
      let factor = (1 / operands.targetScale(o)).rounded(.down)
      let zeroPoint = operands.targetZeroPoint(o)
      var codes = Self.arranged(data.integers(o), copy)
      for start in stride(from: 0, to: codes.count, by: max(length, 1)) {
        let row = start..<start + length
        let top = codes[row].max() ?? 0
        let entries = row.map { table[Int(255 - (top - codes[$0]))] }
        var sum: Float = 0
        for entry in entries { sum += entry }
        for (index, entry) in zip(row, entries) {
          let quotient = sum == 0 ? 0 : (entry * factor / sum).rounded(.toNearestOrEven)
          codes[index] = min(Int64(clamping: Double(quotient)) &+ zeroPoint, range.upperBound)
        }
      }
      o.outputs[0].store(wrapping: Self.arranged(codes, back), kind: kind)
    }
  }

  /// Exponentials of 256 codes below the largest, for rows of `length`.
  private static func exponentials(scale: Float, length: Int) -> [Float] {
    let limit = Double(Float.greatestFiniteMagnitude / Float(max(length, 1)))
    let room = max(0, UnaryFunction.logarithm.value(limit) - 5)
    let shift = room / Double(scale)
    return (0..<256).map { code in
      Float(
        UnaryFunction.exponential.value((Double(code) - 255 + shift) * Double(scale)) as Double)
    }
  }

  /// Copies that put `axis` last, and back.
  private static func lastAxis(_ shape: Shape, _ axis: Int) -> (StridedCopy, StridedCopy) {
    let order = shape.extents.indices.filter { $0 != axis } + [axis]
    let strides = shape.strides
    let copy = shape.copy(to: order.map { shape[$0] }, strides: order.map { strides[$0] })
    return (copy, StridedCopy(extents: copy.extents, source: copy.target, target: copy.source))
  }
}
