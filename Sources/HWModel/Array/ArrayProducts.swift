import Arith
import QuantGraph

extension ArrayNode {
  /// A float convolution; sums run channel by channel, tap by tap.
  func convolution(_ convolution: Convolution) throws(DatapathError) -> PlannedNode {
    try requireReal()
    guard convolution.accumulation == nil, convolution.range.isUnbounded else {
      throw .parameter("convolution", reason: "array operators have no accumulator or clamp")
    }
    return isDouble
      ? realConvolution(convolution, Double.self) : realConvolution(convolution, Float.self)
  }

  private func realConvolution<Real: ArrayReal & ProductSum>(
    _ convolution: Convolution, _ type: Real.Type
  ) -> PlannedNode {
    let (operands, result) = (operands, result)
    let geometry = ConvolutionGeometry(
      convolution, data: operands[0].shape, result: result.shape)
    return planned { o in
      let data = operands[0].reals(as: type, o)
      let matrix = geometry.weightMatrix(operands[1].reals(as: type, o))
      var sums = [Real](repeating: 0, count: result.shape.count)
      sums.withUnsafeMutableBufferPointer { target in
        if let base = target.baseAddress { geometry.sums(data, matrix: matrix, into: base) }
      }
      if operands.count > 2 {
        let bias = operands[2].reals(as: type, o)
        for index in sums.indices { sums[index] += bias[geometry.filter(ofResult: index)] }
      }
      o.outputs[0].store(reals: sums, kind: result.kind)
    }
  }

  func matMul(_ product: MatMul) throws(DatapathError) -> PlannedNode {
    guard product.range.isUnbounded else {
      throw .parameter("range", reason: "array operators clamp in a node of their own")
    }
    if operands[0].kind.isInteger {
      let (left, right, result) = (operands[0], operands[1], result)
      guard operands.count == 2, product.productFactor == 1 else {
        throw .parameter("product", reason: "integer products have no factors or bias")
      }
      let geometry = ProductGeometry(product, left: left.shape, right: right.shape)
      return planned { o in
        o.outputs[0].store(
          wrapping: geometry.sums(left.integers(o), right.integers(o)), kind: result.kind)
      }
    }
    return isDouble ? matMul(product, Double.self) : matMul(product, Float.self)
  }

  private func matMul<Real: ArrayReal & ProductSum>(
    _ product: MatMul, _ type: Real.Type
  ) -> PlannedNode {
    let (operands, result) = (operands, result)
    let geometry = ProductGeometry(product, left: operands[0].shape, right: operands[1].shape)
    return planned { o in
      var sums = geometry.sums(operands[0].reals(as: type, o), operands[1].reals(as: type, o))
      if product.productFactor != 1 {
        let factor = Real(product.productFactor)
        for index in sums.indices { sums[index] *= factor }
      }
      if operands.count > 2 {
        let bias = Self.broadcast(
          operands[2].reals(as: type, o), operands[2].shape, to: result.shape)
        let factor = Real(product.biasFactor)
        for index in sums.indices { sums[index] += factor * bias[index] }
      }
      o.outputs[0].store(reals: sums, kind: result.kind)
    }
  }

  func pool(_ pool: Pool) throws(DatapathError) -> PlannedNode {
    guard pool.accumulator == nil, pool.range.isUnbounded else {
      throw .parameter("pool", reason: "array operators have no accumulator or clamp")
    }
    let (data, result) = (operands[0], result)
    let geometry = PoolGeometry(pool, data: data.shape, result: result.shape)
    if data.kind.isInteger {
      guard pool.reduction == .maximum else {
        throw .encoding(operand: "operand '\(data.name)'", expected: "a float type")
      }
      return planned { o in
        var values = [Int64](repeating: 0, count: result.shape.count)
        geometry.forEachWindow(data.integers(o)) { offset, window, _ in
          values[offset] = window.max() ?? result.kind.range?.lowerBound ?? .min
        }
        o.outputs[0].store(wrapping: values, kind: result.kind)
      }
    }
    if let fast = ArrayFloatPool(geometry, self) { return planned(kernel: fast) }
    return planned { o in
      var values = [Double](repeating: 0, count: result.shape.count)
      geometry.forEachWindow(data.reals(as: Double.self, o)) { offset, window, members in
        values[offset] =
          pool.reduction == .maximum
          ? window.reduce(-.infinity) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
          : window.reduce(0, +) / Double(members)
      }
      o.outputs[0].store(reals: values, kind: result.kind)
    }
  }

  /// Exact int32 sums of products of codes less their zero points, wrapping as int32 does.
  ///
  /// Source: ONNX, ConvInteger-10 and MatMulInteger-10.
  func integerProduct(_ product: IntegerProduct) -> PlannedNode {
    let (operands, result) = (operands, result)
    switch product {
    case .convolution(let convolution):
      let geometry = ConvolutionGeometry(
        convolution, data: operands[0].shape, result: result.shape)
      if let fast = byteSums(geometry) { return planned(kernel: fast) }
      return planned { o in
        let data = operands[0].centered(as: Int32.self, operands[1].integers(o)[0], o)
        var weights = operands[2].centered(as: Int32.self, 0, o)
        Self.subtract(
          operands[3].integers(o), from: &weights, shape: operands[2].shape, axis: 0)
        let matrix = geometry.weightMatrix(weights)
        geometry.sums(data, matrix: matrix, into: o.outputs[0].rows(as: Int32.self))
      }
    case .matMul(let product):
      let geometry = ProductGeometry(product, left: operands[0].shape, right: operands[2].shape)
      if let fast = byteSums(geometry) { return planned(kernel: fast) }
      return planned { o in
        var left = operands[0].centered(as: Int32.self, 0, o)
        Self.subtract(
          operands[1].integers(o), from: &left, shape: operands[0].shape,
          axis: max(operands[0].shape.rank - 2, 0))
        var right = operands[2].centered(as: Int32.self, 0, o)
        Self.subtract(
          operands[3].integers(o), from: &right, shape: operands[2].shape,
          axis: operands[2].shape.rank - 1)
        o.outputs[0].store(bits: geometry.sums(left, right))
      }
    }
  }

  /// Takes a zero point, or one an index of `axis`, from codes.
  static func subtract<Integer: FixedWidthInteger>(
    _ zeroPoints: [Int64], from codes: inout [Integer], shape: Shape, axis: Int
  ) {
    guard zeroPoints.contains(where: { $0 != 0 }) else { return }
    let stride = shape.rank > 0 ? shape.strides[axis] : 1
    for index in codes.indices {
      let zero =
        zeroPoints.count == 1
        ? zeroPoints[0] : zeroPoints[index / stride % zeroPoints.count]
      codes[index] = codes[index] &- Integer(truncatingIfNeeded: zero)
    }
  }
}
