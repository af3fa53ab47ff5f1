import Arith
import QuantGraph

/// An operation between codes, its operands sorted by role.
struct QuantizedOperands: Sendable {
  let codes: [ArrayOperand]
  let scales: [ArrayOperand]
  let zeroPoints: [ArrayOperand]
  /// Scale and zero point of the result, if codes result.
  let target: (scale: ArrayOperand, zeroPoint: ArrayOperand)?
  let bias: ArrayOperand?
  /// What codes stand for at least and at most.
  let range: ValueRange

  /// - Precondition: the operands satisfy the operator's shape rule.
  init(_ quantized: Quantized, _ operands: [ArrayOperand]) {
    let count = quantized.operandCount(inputs: operands.count) ?? 0
    codes = (0..<count).map { operands[3 * $0] }
    scales = (0..<count).map { operands[3 * $0 + 1] }
    zeroPoints = (0..<count).map { operands[3 * $0 + 2] }
    target = quantized.requantizes ? (operands[3 * count], operands[3 * count + 1]) : nil
    bias = quantized.hasBias ? operands[operands.count - 1] : nil
    range = quantized.range
  }

  func scale(_ index: Int, _ o: KernelOperands) -> [Float] {
    scales[index].reals(as: Float.self, o)
  }
  func zeroPoint(_ index: Int, _ o: KernelOperands) -> [Int64] { zeroPoints[index].integers(o) }
  func targetScale(_ o: KernelOperands) -> Float {
    target?.scale.reals(as: Float.self, o).first ?? 1
  }
  func targetZeroPoint(_ o: KernelOperands) -> Int64 {
    target?.zeroPoint.integers(o).first ?? 0
  }

  /// Those of the codes `all` that results may have.
  func codes(_ all: ClosedRange<Int64>, _ o: KernelOperands) -> ClosedRange<Int64> {
    range.isUnbounded
      ? all : range.codes(all, scale: targetScale(o), zeroPoint: targetZeroPoint(o))
  }
}

extension ValueRange {
  /// Codes of the values in the range: quantization is monotone, so that the codes of cut values are
  /// the values' codes, cut at the codes of the bounds.
  func codes(_ all: ClosedRange<Int64>, scale: Float, zeroPoint: Int64) -> ClosedRange<Int64> {
    func code(_ bound: Double?) -> Int64? {
      bound.map { ArrayNode.code(Float($0) / scale, zeroPoint: zeroPoint, range: all) }
    }
    let low = code(minimum) ?? all.lowerBound
    return low...max(low, code(maximum) ?? all.upperBound)
  }
}

/// The float32 rules by which onnxruntime 1.31 (x86-64, no fusion) requantizes.
///
/// Source: onnxruntime, mlas/lib/quantize.cpp, qladd.cpp, qlmul.cpp, qlgavgpool.cpp (SSE2 paths).
extension ArrayNode {
  func quantized(_ quantized: Quantized) throws(DatapathError) -> PlannedNode {
    let operands = QuantizedOperands(quantized, self.operands)
    guard operands.codes.allSatisfy({ $0.kind.isInteger }),
      !quantized.requantizes || result.kind.range != nil
    else {
      throw .encoding(operand: "operands of '\(node.name)'", expected: "integer codes")
    }
    switch quantized.function {
    case .convolution(let convolution): return products(convolution, operands)
    case .matMul(let product): return products(product, operands)
    case .binary(let function): return try quantizedBinary(function, operands)
    case .unary(let function): return quantizedUnary(function, operands)
    case .mean(let axes, _): return quantizedMean(axes, operands)
    case .pool(let pool): return quantizedPool(pool, operands)
    case .concatenate(let axis): return quantizedConcatenation(axis, operands)
    case .softmax(let axis): return try quantizedSoftmax(axis, operands)
    case .reshape: return quantizedUnary(.identity, operands)
    case .transpose(let permutation):
      let strides = operands.codes[0].shape.strides
      let copy = operands.codes[0].shape.copy(
        to: result.shape.extents, strides: permutation.map { strides[$0] })
      return quantizedUnary(.identity, operands, arrangement: copy)
    }
  }

  /// Stores sums: as codes `clamp(round(sum * scale)) + zero point`, and as values.
  ///
  /// `scale` gives an element's real value of one; the requantization factor is that over the
  /// result's scale, each step in float32.
  private static func requantize(
    _ sums: [Int64], _ operands: QuantizedOperands, _ results: [(kind: ElementKind, shape: Shape)],
    _ o: KernelOperands, scale: (Int) -> Float
  ) {
    guard operands.target != nil, let all = results[0].kind.range else {
      o.outputs[0].store(
        reals: sums.indices.map { Float(sums[$0]) * scale($0) }, kind: results[0].kind)
      return
    }
    let target = operands.targetScale(o)
    let zeroPoint = operands.targetZeroPoint(o)
    let range = operands.codes(all, o)
    o.outputs[0].store(
      wrapping: sums.indices.map { index in
        code(Float(sums[index]) * (scale(index) / target), zeroPoint: zeroPoint, range: range)
      }, kind: results[0].kind)
    if results.count > 1 {
      o.outputs[1].store(
        reals: sums.indices.map { Float(Double(sums[$0]) * Double(scale($0))) },
        kind: results[1].kind)
    }
  }

  /// Products of codes of at most 8 bits are summed in int32, which wraps; wider ones in int64.
  private static func isNarrow(_ operands: QuantizedOperands) -> Bool {
    operands.codes.allSatisfy { $0.kind.storage.stride == 1 }
  }

  private func products(
    _ convolution: Convolution, _ operands: QuantizedOperands
  ) -> PlannedNode {
    let results = results
    let (data, weights) = (operands.codes[0], operands.codes[1])
    let geometry = ConvolutionGeometry(convolution, data: data.shape, result: result.shape)
    if let fast = byteConvolution(geometry, operands) { return planned(kernel: fast) }
    @Sendable func sums<Integer: ProductSum & FixedWidthInteger>(
      _ type: Integer.Type, _ o: KernelOperands
    ) -> [Int64] {
      let values = data.centered(as: type, operands.zeroPoint(0, o)[0], o)
      var filters = weights.centered(as: type, 0, o)
      Self.subtract(operands.zeroPoint(1, o), from: &filters, shape: weights.shape, axis: 0)
      var result = [Integer](repeating: 0, count: results[0].shape.count)
      result.withUnsafeMutableBufferPointer { target in
        if let base = target.baseAddress {
          geometry.sums(values, matrix: geometry.weightMatrix(filters), into: base)
        }
      }
      if let bias = operands.bias?.integers(o) {
        for index in result.indices {
          result[index] &+= Integer(truncatingIfNeeded: bias[geometry.filter(ofResult: index)])
        }
      }
      return result.map(Int64.init)
    }
    let isNarrow = Self.isNarrow(operands)
    return planned { o in
      let all = isNarrow ? sums(Int32.self, o) : sums(Int64.self, o)
      let scale = operands.scale(0, o)[0]
      let scales = operands.scale(1, o).map { scale * $0 }
      Self.requantize(all, operands, results, o) { index in
        scales[scales.count == 1 ? 0 : geometry.filter(ofResult: index)]
      }
    }
  }

  private func products(_ product: MatMul, _ operands: QuantizedOperands) -> PlannedNode {
    let results = results
    let (left, right) = (operands.codes[0], operands.codes[1])
    let geometry = ProductGeometry(product, left: left.shape, right: right.shape)
    if let fast = byteProduct(product, geometry, operands) { return planned(kernel: fast) }
    if let fast = bytePairs(product, geometry, operands) { return planned(kernel: fast) }
    let axis = max(right.shape.rank - (product.transposesRight ? 2 : 1), 0)
    let columns = geometry.columns
    @Sendable func sums<Integer: ProductSum & FixedWidthInteger>(
      _ type: Integer.Type, _ o: KernelOperands
    ) -> [Int64] {
      let a = left.centered(as: type, operands.zeroPoint(0, o)[0], o)
      var b = right.centered(as: type, 0, o)
      Self.subtract(operands.zeroPoint(1, o), from: &b, shape: right.shape, axis: axis)
      var result = geometry.sums(a, b)
      if let operand = operands.bias {
        let bias = Self.broadcast(operand.integers(o), operand.shape, to: results[0].shape)
        for index in result.indices { result[index] &+= Integer(truncatingIfNeeded: bias[index]) }
      }
      return result.map(Int64.init)
    }
    let isNarrow = Self.isNarrow(operands)
    return planned { o in
      let all = isNarrow ? sums(Int32.self, o) : sums(Int64.self, o)
      let scale = product.productFactor * operands.scale(0, o)[0]
      let scales = operands.scale(1, o).map { scale * $0 }
      Self.requantize(all, operands, results, o) { index in
        scales[scales.count == 1 ? 0 : index % columns]
      }
    }
  }

  /// Sums and products of two tensors, the zero point added before the rounding.
  ///
  /// Sum: `round((zC - (rA * zA + rB * zB)) + rA * a + rB * b)` with ratios of scales in float32;
  /// product: `round(a * b * ratio + zC)`.
  private func quantizedBinary(
    _ function: Binary.Function, _ operands: QuantizedOperands
  ) throws(DatapathError) -> PlannedNode {
    let results = results
    guard let all = result.kind.range, [.add, .subtract, .multiply].contains(function) else {
      throw .parameter(function.rawValue, reason: "has no form between codes")
    }
    let sign: Float = function == .subtract ? -1 : 1
    if let fast = byteBinary(function, operands) { return planned(kernel: fast) }
    return planned { o in
      let (a, b) = Self.broadcast(
        operands.codes[0].integers(o), operands.codes[0].shape, operands.codes[1].integers(o),
        operands.codes[1].shape, to: results[0].shape)
      let (scaleA, scaleB) = (operands.scale(0, o)[0], sign * operands.scale(1, o)[0])
      let (zeroA, zeroB) = (operands.zeroPoint(0, o)[0], operands.zeroPoint(1, o)[0])
      let target = operands.targetScale(o)
      let zeroPoint = Float(operands.targetZeroPoint(o))
      let range = operands.codes(all, o)
      let quotients: [Float]
      if function == .multiply {
        let ratio = scaleA * scaleB / target
        quotients = a.indices.map { Float((a[$0] - zeroA) * (b[$0] - zeroB)) * ratio + zeroPoint }
      } else {
        let (ratioA, ratioB) = (scaleA / target, scaleB / target)
        let fixed = zeroPoint - (ratioA * Float(zeroA) + ratioB * Float(zeroB))
        quotients = a.indices.map { fixed + Float(a[$0]) * ratioA + Float(b[$0]) * ratioB }
      }
      o.outputs[0].store(
        wrapping: quotients.map { Self.code($0, zeroPoint: 0, range: range) },
        kind: results[0].kind)
      if results.count > 1 {
        o.outputs[1].store(
          reals: a.indices.map { index in
            let (x, y) = (Float(a[index] - zeroA) * scaleA, Float(b[index] - zeroB) * scaleB)
            return function == .multiply ? x * y : x + y
          }, kind: results[1].kind)
      }
    }
  }

  /// Codes through values: dequantized, the function, quantized, each in float32.
  ///
  /// A function of one code is a table in hardware and in onnxruntime alike.
  private func quantizedUnary(
    _ function: UnaryFunction, _ operands: QuantizedOperands, arrangement: StridedCopy? = nil
  ) -> PlannedNode {
    let results = results
    let all = results[0].kind.range ?? 0...0
    if let fast = byteTable(function, operands, arrangement: arrangement) {
      return planned(kernel: fast)
    }
    return planned { o in
      let scale = operands.scale(0, o)[0]
      let zero = operands.zeroPoint(0, o)[0]
      var codes = operands.codes[0].integers(o)
      if let arrangement {
        codes = codes.withUnsafeBufferPointer { source in
          [Int64](unsafeUninitializedCapacity: codes.count) { target, count in
            if let from = source.baseAddress, let to = target.baseAddress {
              arrangement.run(from, to)
            }
            count = codes.count
          }
        }
      }
      let values = codes.map { function.value(Float($0 - zero) * scale) }
      let target = operands.targetScale(o)
      let zeroPoint = operands.targetZeroPoint(o)
      let range = operands.codes(all, o)
      o.outputs[0].store(
        wrapping: values.map { Self.code($0 / target, zeroPoint: zeroPoint, range: range) },
        kind: results[0].kind)
      if results.count > 1 { o.outputs[1].store(reals: values, kind: results[1].kind) }
    }
  }

  private func quantizedMean(_ axes: [Int], _ operands: QuantizedOperands) -> PlannedNode {
    let results = results
    let data = operands.codes[0]
    let kept = data.shape.extents.indices.filter { !axes.contains($0) }
    let order = kept + axes
    let strides = data.shape.strides
    let copy = data.shape.copy(
      to: order.map { data.shape[$0] }, strides: order.map { strides[$0] })
    let length = axes.map { data.shape[$0] }.reduce(1, *)
    if order == Array(order.indices), let fast = byteMean(length, operands) {
      return planned(kernel: fast)
    }
    return planned { o in
      let zero = operands.zeroPoint(0, o)[0]
      let codes = data.integers(o)
      let rows = codes.withUnsafeBufferPointer { source in
        [Int64](unsafeUninitializedCapacity: codes.count) { target, count in
          if let from = source.baseAddress, let to = target.baseAddress { copy.run(from, to) }
          count = codes.count
        }
      }
      let sums = (0..<results[0].shape.count).map { row in
        rows[row * length..<(row + 1) * length].reduce(0) { $0 + $1 - zero }
      }
      Self.storeAverages(sums, operands, results, o) { _ in length }
    }
  }

  private func quantizedPool(_ pool: Pool, _ operands: QuantizedOperands) -> PlannedNode {
    let results = results
    let data = operands.codes[0]
    let geometry = PoolGeometry(pool, data: data.shape, result: result.shape)
    if let fast = bytePool(geometry, operands) { return planned(kernel: fast) }
    return planned { o in
      let zero = operands.zeroPoint(0, o)[0]
      var sums = [Int64](repeating: 0, count: results[0].shape.count)
      var members = [Int](repeating: 1, count: sums.count)
      geometry.forEachWindow(data.integers(o)) { offset, window, count in
        sums[offset] =
          pool.reduction == .maximum
          ? (window.max() ?? zero) - zero : window.reduce(0) { $0 + $1 - zero }
        members[offset] = pool.reduction == .maximum ? 1 : count
      }
      Self.storeAverages(sums, operands, results, o) { members[$0] }
    }
  }

  /// `round(sum * (sx / (sy * members)))`, the factor in float32.
  private static func storeAverages(
    _ sums: [Int64], _ operands: QuantizedOperands, _ results: [(kind: ElementKind, shape: Shape)],
    _ o: KernelOperands, members: (Int) -> Int
  ) {
    let scale = operands.scale(0, o)[0]
    let target = operands.targetScale(o)
    let zeroPoint = operands.targetZeroPoint(o)
    let range = operands.codes(results[0].kind.range ?? 0...0, o)
    o.outputs[0].store(
      wrapping: sums.indices.map { index in
        code(
          Float(sums[index]) * (scale / (target * Float(members(index)))), zeroPoint: zeroPoint,
          range: range)
      }, kind: results[0].kind)
    if results.count > 1 {
      o.outputs[1].store(
        reals: sums.indices.map {
          Float(Double(sums[$0]) * Double(scale) / Double(members($0)))
        }, kind: results[1].kind)
    }
  }

  private func quantizedConcatenation(
    _ axis: Int, _ operands: QuantizedOperands
  ) -> PlannedNode {
    let results = results
    let all = results[0].kind.range ?? 0...0
    let strides = result.shape.strides
    var copies: [StridedCopy] = []
    var start = 0
    for operand in operands.codes {
      copies.append(
        StridedCopy(
          extents: operand.shape.extents, source: (0, operand.shape.strides),
          target: (start * strides[axis], strides)))
      start += operand.shape[axis]
    }
    let placements = copies
    if let fast = byteConcatenation(operands, placements) { return planned(kernel: fast) }
    return planned { o in
      let target = operands.targetScale(o)
      let zeroPoint = operands.targetZeroPoint(o)
      let range = operands.codes(all, o)
      var values = [Float](repeating: 0, count: results[0].shape.count)
      for (index, copy) in placements.enumerated() {
        let scale = operands.scale(index, o)[0]
        let zero = operands.zeroPoint(index, o)[0]
        let part = operands.codes[index].integers(o).map { Float($0 - zero) * scale }
        part.withUnsafeBufferPointer { source in
          values.withUnsafeMutableBufferPointer { result in
            if let from = source.baseAddress, let to = result.baseAddress { copy.run(from, to) }
          }
        }
      }
      o.outputs[0].store(
        wrapping: values.map { Self.code($0 / target, zeroPoint: zeroPoint, range: range) },
        kind: results[0].kind)
      if results.count > 1 { o.outputs[1].store(reals: values, kind: results[1].kind) }
    }
  }
}
