import Arith
import QuantGraph

/// Which operations between codes have a kernel of bytes: operands of one byte, constant weights,
/// scales and zero points. Nil leaves a node to its definition.
extension ArrayNode {
  /// The rule by which the operation's codes are stored.
  private func coding(_ operands: QuantizedOperands) -> ByteCoding? {
    guard let target = operands.target, let zero = target.zeroPoint.constantIntegers?.first
    else { return nil }
    if operands.range.isUnbounded { return coding(zeroPoint: zero) }
    return target.scale.constantReals?.first.flatMap {
      coding(zeroPoint: zero, range: operands.range, scale: $0)
    }
  }

  private func coding(
    zeroPoint: Int64, range values: ValueRange = .unbounded, scale: Float = 1
  ) -> ByteCoding? {
    guard result.kind.storage.stride == 1, let all = result.kind.range, abs(zeroPoint) <= 1 << 16
    else { return nil }
    let range = values.codes(all, scale: scale, zeroPoint: zeroPoint)
    return ByteCoding(
      zeroPoint: Int32(zeroPoint), range: Int32(range.lowerBound)...Int32(range.upperBound))
  }

  /// How the sums of a product are stored, one number a filter.
  private func productResult(
    _ operands: QuantizedOperands, filters: Int, factor: Float
  ) -> ArrayByteProduct.Result? {
    guard let data = operands.scales[0].constantReals?.first,
      let weights = operands.scales[1].constantReals,
      weights.count == 1 || weights.count == filters
    else { return nil }
    let scale = factor * data
    let scales = (0..<filters).map { scale * weights[weights.count == 1 ? 0 : $0] }
    guard operands.target != nil else {
      return result.kind == .float32 ? .values(scales: scales) : nil
    }
    guard let target = operands.target?.scale.constantReals?.first,
      let coding = coding(operands), results.count < 2 || results[1].kind == .float32
    else { return nil }
    return .codes(coding, factors: scales.map { $0 / target }, scales: scales)
  }

  private static func centered(
    _ weights: ArrayOperand, zeroPoints: ArrayOperand, axis: Int
  ) -> CenteredWeights? {
    zeroPoints.constantIntegers.flatMap { CenteredWeights(weights, zeros: $0, axis: axis) }
  }

  func byteConvolution(
    _ geometry: ConvolutionGeometry, _ operands: QuantizedOperands
  ) -> ArrayByteProduct? {
    guard let zero = operands.zeroPoints[0].constantIntegers?.first,
      let weights = Self.centered(
        operands.codes[1], zeroPoints: operands.zeroPoints[1], axis: 0),
      let stored = productResult(operands, filters: geometry.filters, factor: 1)
    else { return nil }
    var bias: [Int64] = []
    if let operand = operands.bias {
      guard let constant = operand.constantIntegers else { return nil }
      bias = constant
    }
    return ArrayByteProduct.convolution(
      geometry, data: operands.codes[0], dataZero: zero, weights: weights, bias: bias,
      result: stored, path: path)
  }

  func byteProduct(
    _ product: MatMul, _ geometry: ProductGeometry, _ operands: QuantizedOperands
  ) -> ArrayByteProduct? {
    let right = operands.codes[1]
    let axis = max(right.shape.rank - (product.transposesRight ? 2 : 1), 0)
    guard let zero = operands.zeroPoints[0].constantIntegers?.first,
      let weights = Self.centered(right, zeroPoints: operands.zeroPoints[1], axis: axis),
      let stored = productResult(
        operands, filters: geometry.columns, factor: product.productFactor)
    else { return nil }
    var bias: [Int64] = []
    if let operand = operands.bias {
      guard let constant = operand.constantIntegers else { return nil }
      if constant.count == 1 {
        bias = [Int64](repeating: constant[0], count: geometry.columns)
      } else {
        guard operand.shape.extents.last == geometry.columns,
          operand.shape.count == geometry.columns
        else { return nil }
        bias = constant
      }
    }
    return matrices(
      geometry, data: operands.codes[0], dataZero: zero, weights: weights, bias: bias,
      result: stored)
  }

  /// A product of two computed matrices with one scale each.
  func bytePairs(
    _ product: MatMul, _ geometry: ProductGeometry, _ operands: QuantizedOperands
  ) -> ArrayBytePairs? {
    guard path != .plain, operands.bias == nil, let left = operands.codes[0].byteInput,
      let right = operands.codes[1].byteInput, let coding = coding(operands),
      let leftScale = operands.scales[0].constantReals?.first,
      let scales = operands.scales[1].constantReals, scales.count == 1,
      let leftZero = operands.zeroPoints[0].constantIntegers?.first,
      let zeros = operands.zeroPoints[1].constantIntegers, zeros.count == 1,
      let target = operands.target?.scale.constantReals?.first,
      results.count < 2 || results[1].kind == .float32
    else { return nil }
    let scale = product.productFactor * leftScale * scales[0]
    return ArrayBytePairs(
      geometry, left: left, right: right, leftZero: Int32(truncatingIfNeeded: leftZero),
      rightZero: Int32(truncatingIfNeeded: zeros[0]), coding: coding, scale: scale,
      factor: scale / target, path: path)
  }

  /// A product with one constant matrix; the rows of all left matrices are one matrix.
  func matrices(
    _ geometry: ProductGeometry, data: ArrayOperand, dataZero: Int64,
    weights: CenteredWeights, bias: [Int64], result: ArrayByteProduct.Result
  ) -> ArrayByteProduct? {
    let (inner, columns) = (geometry.inner, geometry.columns)
    let step = geometry.rows * inner
    guard !geometry.transposesLeft, weights.codes.count == inner * columns,
      geometry.offsets.enumerated().allSatisfy({
        $1.right == 0 && $1.left == $0 * step
      })
    else { return nil }
    let ordered =
      geometry.transposesRight ? weights : weights.transposed(rows: inner, columns: columns)
    return ArrayByteProduct.matrices(
      rows: geometry.rows * geometry.offsets.count, inner: inner, columns: columns, data: data,
      dataZero: dataZero, weights: ordered, bias: bias, result: result, path: path)
  }

  /// Sums of ConvInteger: operands are codes, zero point, weights, zero points.
  func byteSums(_ geometry: ConvolutionGeometry) -> ArrayByteProduct? {
    guard let zero = operands[1].constantIntegers?.first,
      let weights = Self.centered(operands[2], zeroPoints: operands[3], axis: 0),
      result.kind.storage == .int32
    else { return nil }
    return ArrayByteProduct.convolution(
      geometry, data: operands[0], dataZero: zero, weights: weights, bias: [], result: .sums,
      path: path)
  }

  /// Sums of MatMulInteger with one zero point of the data.
  func byteSums(_ geometry: ProductGeometry) -> ArrayByteProduct? {
    guard let zeros = operands[1].constantIntegers, Set(zeros).count == 1,
      let weights = Self.centered(
        operands[2], zeroPoints: operands[3], axis: operands[2].shape.rank - 1),
      result.kind.storage == .int32
    else { return nil }
    return matrices(
      geometry, data: operands[0], dataZero: zeros[0], weights: weights, bias: [], result: .sums)
  }

  func byteBinary(
    _ function: Binary.Function, _ operands: QuantizedOperands
  ) -> ArrayByteBinary? {
    let (a, b) = (operands.codes[0], operands.codes[1])
    guard path != .plain, let first = a.byteInput, let second = b.byteInput, a.shape == b.shape,
      a.shape == result.shape, let coding = coding(operands),
      let scaleA = operands.scales[0].constantReals?.first,
      let scaleB = operands.scales[1].constantReals?.first,
      let target = operands.target?.scale.constantReals?.first,
      let zeroA = operands.zeroPoints[0].constantIntegers?.first,
      let zeroB = operands.zeroPoints[1].constantIntegers?.first,
      results.count < 2 || results[1].kind == .float32
    else { return nil }
    return ArrayByteBinary(
      function: function, first: first, second: second, count: a.shape.count, scaleA: scaleA,
      scaleB: function == .subtract ? -scaleB : scaleB, zeroA: Int32(truncatingIfNeeded: zeroA),
      zeroB: Int32(truncatingIfNeeded: zeroB), target: target, coding: coding, path: path)
  }

  /// What a function makes of each code of operand `index`.
  private func codeTable(
    _ function: UnaryFunction, _ operands: QuantizedOperands, _ index: Int
  ) -> ByteCodeTable? {
    guard path != .plain, let input = operands.codes[index].byteInput,
      let coding = coding(operands),
      let scale = operands.scales[index].constantReals?.first,
      let zero = operands.zeroPoints[index].constantIntegers?.first,
      let target = operands.target?.scale.constantReals?.first,
      results.count < 2 || results[1].kind == .float32
    else { return nil }
    let values = (0..<256).map { pattern in
      let byte = UInt8(pattern)
      let code = input.isSigned ? Int64(Int8(bitPattern: byte)) : Int64(byte)
      return function.value(Float(code - zero) * scale)
    }
    return ByteCodeTable(
      input: input.position,
      codes: values.map { UInt8(truncatingIfNeeded: coding.code(of: $0 / target)) },
      values: values)
  }

  func byteTable(
    _ function: UnaryFunction, _ operands: QuantizedOperands, arrangement: StridedCopy?
  ) -> ArrayByteTable? {
    guard let table = codeTable(function, operands, 0) else { return nil }
    let count = result.shape.count
    let whole = StridedCopy(extents: [count], source: (0, [1]), target: (0, [1]))
    return ArrayByteTable(
      parts: [(table, operands.codes[0].shape.count, arrangement ?? whole)])
  }

  func byteConcatenation(
    _ operands: QuantizedOperands, _ placements: [StridedCopy]
  ) -> ArrayByteTable? {
    var parts: [(table: ByteCodeTable, count: Int, copy: StridedCopy)] = []
    for (index, copy) in placements.enumerated() {
      guard let table = codeTable(.identity, operands, index) else { return nil }
      parts.append((table, operands.codes[index].shape.count, copy))
    }
    return ArrayByteTable(parts: parts)
  }

  /// A mean over trailing axes that hold `length` codes.
  func byteMean(_ length: Int, _ operands: QuantizedOperands) -> ArrayByteAverage? {
    average(operands, windows: .rows(length: length))
  }

  func bytePool(_ geometry: PoolGeometry, _ operands: QuantizedOperands) -> ArrayByteAverage? {
    guard geometry.geometry.kernel.count <= 2 else { return nil }
    return average(operands, windows: .pool(geometry))
  }

  private func average(
    _ operands: QuantizedOperands, windows: ArrayByteAverage.Windows
  ) -> ArrayByteAverage? {
    guard path != .plain, let input = operands.codes[0].byteInput, let coding = coding(operands),
      let scale = operands.scales[0].constantReals?.first,
      let zero = operands.zeroPoints[0].constantIntegers?.first,
      let target = operands.target?.scale.constantReals?.first,
      results.count < 2 || results[1].kind == .float32
    else { return nil }
    return ArrayByteAverage(
      windows: windows, input: input, count: result.shape.count, zero: zero, scale: scale,
      target: target, coding: coding, path: path)
  }

  func byteQuantize(_ quantize: Quantize) -> ArrayByteQuantize? {
    guard path != .plain, quantize.precision == .float32, quantize.granularity == .tensor,
      operands[0].kind == .float32, case .input(let input) = operands[0].source,
      let scale = operands[1].constantReals?.first,
      let zero = operands[2].constantIntegers?.first, let coding = coding(zeroPoint: zero)
    else { return nil }
    return ArrayByteQuantize(
      input: input, count: result.shape.count, scale: scale, coding: coding, path: path)
  }

  func byteDequantize(_ granularity: Granularity) -> ArrayByteDequantize? {
    guard path != .plain, result.kind == .float32, operands[1].kind == .float32,
      let input = operands[0].byteInput, let scales = operands[1].constantReals,
      let zeros = operands[2].constantIntegers
    else { return nil }
    let shape = operands[0].shape
    let inner: Int
    switch granularity {
    case .tensor: inner = shape.count
    case .axis(let axis): inner = shape.strides[axis]
    case .blocks: return nil
    }
    guard shape.count > 0, inner > 0, zeros.count == 1 || zeros.count == scales.count else {
      return nil
    }
    return ArrayByteDequantize(
      input: input.position, isSigned: input.isSigned, outer: shape.count / inner, inner: inner,
      scales: scales,
      zeros: scales.indices.map {
        Int32(truncatingIfNeeded: zeros[zeros.count == 1 ? 0 : $0])
      }, path: path)
  }
}
