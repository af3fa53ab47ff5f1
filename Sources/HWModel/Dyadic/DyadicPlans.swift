import Arith
import QuantGraph

/// How each operator is bound: factors become dyadic numbers here, once.
extension DyadicNode {
  /// `float32(sx * sw) / sy` for each channel of the weights.
  private func productFactors(factor: Float = 1) throws(DatapathError) -> [Double] {
    let data = Float(try operands[0].tensor.scale())
    // A result of 32 bits and one scale a channel is an accumulator: each channel has its own.
    let targets = result.scales
    let weights = operands[1].tensor.scales
    let count = max(weights.count, targets.count)
    guard weights.count == 1 || weights.count == count,
      targets.count == 1 || targets.count == count
    else {
      throw .encoding(
        operand: "tensor '\(result.name)'", expected: "of one scale, or one a channel")
    }
    return (0..<count).map { channel in
      DyadicScale.factor(
        data: data, weights: Float(weights[weights.count == 1 ? 0 : channel]),
        result: Float(targets[targets.count == 1 ? 0 : channel])) * Double(factor)
    }
  }

  private func bias(at position: Int) throws(DatapathError) -> ArrayOperand? {
    guard operands.count > position else { return nil }
    return operands[position].operand
  }

  private func weightZeroPoints() -> [Int64] {
    let zeroPoints = operands[1].tensor.format.zeroPoints
    return zeroPoints.isEmpty ? [0] : zeroPoints
  }

  /// Whether int32 sums cannot overflow, `depth` products each.
  private func fitsInt32(depth: Int) -> Bool {
    func magnitude(_ tensor: DyadicTensor) -> Int128 {
      let zeroPoints = tensor.format.zeroPoints.isEmpty ? [0] : tensor.format.zeroPoints
      return zeroPoints.map { zero in
        max(
          abs(Int128(tensor.range.lowerBound) - Int128(zero)),
          abs(Int128(tensor.range.upperBound) - Int128(zero)))
      }.max() ?? 0
    }
    let product = magnitude(operands[0].tensor) * magnitude(operands[1].tensor)
    // A bias of 32 bits may take the other half of the range.
    let (sum, overflows) = product.multipliedReportingOverflow(by: Int128(depth))
    return !overflows && sum < 1 << 30
  }

  func convolution_(_ convolution: Convolution) throws(DatapathError) -> PlannedNode {
    let geometry = ConvolutionGeometry(
      convolution, data: operands[0].tensor.shape, result: result.shape)
    let requantizer = try requantizer(
      try productFactors(), codes: try codes(convolution.range))
    let zero = try operands[0].tensor.zeroPoint()
    let axis = operands[1].tensor.format.axis ?? 0
    func kernel<Sum: ProductSum & FixedWidthInteger>(_ type: Sum.Type) throws(DatapathError)
      -> DyadicConvolution<Sum>
    {
      DyadicConvolution<Sum>(
        data: operands[0].operand, weights: operands[1].operand, bias: try bias(at: 2),
        geometry: geometry, dataZero: zero, weightZeros: weightZeroPoints(), weightAxis: axis,
        kind: result.kind, count: result.shape.count, requantizer: requantizer)
    }
    if fitsInt32(depth: geometry.depth),
      let weights = CenteredWeights(
        operands[1].operand, zeros: weightZeroPoints(), axis: axis),
      let stored = byteResult(requantizer, bias: try bias(at: 2), filters: geometry.filters),
      let fast = ArrayByteProduct.convolution(
        geometry, data: operands[0].operand, dataZero: zero, weights: weights, bias: [],
        result: stored, path: arrays.path)
    {
      return planned(fast)
    }
    return fitsInt32(depth: geometry.depth)
      ? planned(try kernel(Int32.self)) : planned(try kernel(Int64.self))
  }

  /// How a kernel of bytes stores its sums; nil for a bias that is computed or has another extent.
  private func byteResult(
    _ requantizer: DyadicRequantizer, bias: ArrayOperand?, filters: Int
  ) -> ArrayByteProduct.Result? {
    var numbers: [Int64] = []
    if let bias {
      guard let constant = bias.constantIntegers,
        constant.count == 1 || constant.count == filters && bias.shape.extents.last == filters
      else { return nil }
      numbers =
        constant.count == 1 ? [Int64](repeating: constant[0], count: filters) : constant
    }
    guard requantizer.scales.count == 1 || requantizer.scales.count == filters else { return nil }
    return .dyadic(requantizer, bias: numbers, storage: result.kind.storage)
  }

  private func product(
    _ geometry: ProductGeometry, axis: Int, factor: Float, range: ValueRange
  ) throws(DatapathError) -> PlannedNode {
    let requantizer = try requantizer(
      try productFactors(factor: factor), codes: try codes(range))
    let zero = try operands[0].tensor.zeroPoint()
    func kernel<Sum: ProductSum & FixedWidthInteger>(_ type: Sum.Type) throws(DatapathError)
      -> DyadicProduct<Sum>
    {
      DyadicProduct<Sum>(
        left: operands[0].operand, right: operands[1].operand, bias: try bias(at: 2),
        geometry: geometry, leftZero: zero, rightZeros: weightZeroPoints(), rightAxis: axis,
        kind: result.kind, requantizer: requantizer)
    }
    if fitsInt32(depth: geometry.inner),
      let weights = CenteredWeights(
        operands[1].operand, zeros: weightZeroPoints(), axis: axis),
      let stored = byteResult(requantizer, bias: try bias(at: 2), filters: geometry.columns),
      let fast = arrays.matrices(
        geometry, data: operands[0].operand, dataZero: zero, weights: weights, bias: [],
        result: stored)
    {
      return planned(fast)
    }
    return fitsInt32(depth: geometry.inner)
      ? planned(try kernel(Int32.self)) : planned(try kernel(Int64.self))
  }

  func product_(_ product: MatMul) throws(DatapathError) -> PlannedNode {
    guard product.biasFactor == 1 || operands.count < 3 else {
      throw .parameter("bias factor", reason: "must be 1 in integers")
    }
    let right = operands[1].tensor.shape
    return try self.product(
      ProductGeometry(product, left: operands[0].tensor.shape, right: right),
      axis: max(right.rank - (product.transposesRight ? 2 : 1), 0),
      factor: product.productFactor, range: product.range)
  }

  func dense_(_ dense: Dense) throws(DatapathError) -> PlannedNode {
    let depth = operands[0].tensor.shape.count / dense.rows
    let columns = result.shape.count / dense.rows
    let left: Shape
    let right: Shape
    do throws(GraphError) {
      left = try Shape([dense.rows, depth])
      right = try Shape(dense.weightsAreOutputMajor ? [columns, depth] : [depth, columns])
    } catch {
      throw .parameter("dense", reason: "shape")
    }
    return try product(
      ProductGeometry(
        MatMul(transposesRight: dense.weightsAreOutputMajor), left: left, right: right),
      axis: dense.weightsAreOutputMajor ? 0 : 1, factor: 1, range: dense.range)
  }

  /// Sums and differences round each branch; a product rounds once.
  func binary_(_ binary: Binary) throws(DatapathError) -> PlannedNode {
    let target = try result.scale()
    let (a, b) = (operands[0], operands[1])
    let codes = try codes(binary.range)
    var branches: [DyadicBranch] = []
    for (tensor, operand) in [a, b] {
      branches.append(
        DyadicBranch(
          operand: operand, zeroPoint: try tensor.zeroPoint(), channels: tensor.scalePositions,
          scales: try tensor.scales.map { (scale) throws(DatapathError) in
            try dyadic(scale / target)
          }))
    }
    let rule: DyadicCombine.Rule
    switch binary.function {
    case .add: rule = .sum
    case .subtract: rule = .difference
    case .maximum: rule = .maximum
    case .minimum: rule = .minimum
    default:
      rule = .product
      guard a.tensor.scalePositions == nil, b.tensor.scalePositions == nil else {
        throw .encoding(operand: "operands of a product", expected: "of one scale each")
      }
    }
    let factor = DyadicScale.factor(
      data: Float(a.tensor.scales.first ?? 1), weights: Float(b.tensor.scales.first ?? 1),
      result: Float(target))
    return planned(
      DyadicCombine(
        rule: rule, branches: branches, shape: result.shape, kind: result.kind,
        requantizer: try requantizer([factor], codes: codes)))
  }

  /// A function of one code as a table; GELU as I-BERT's polynomial.
  func unary_(_ function: UnaryFunction) throws(DatapathError) -> PlannedNode {
    let (tensor, operand) = operands[0]
    let (scale, zero) = (try tensor.scale(), try tensor.zeroPoint())
    let target = try result.scale()
    if case .clamp(let range) = function {
      return planned(
        DyadicMap(
          operand: operand, zeroPoint: zero, channels: nil, kind: result.kind,
          requantizer: try requantizer([scale / target], codes: try codes(range))))
    }
    if case .gelu = function, let gelu = IntegerTransformer.GELU(scale: scale),
      tensor.range.upperBound < 1 << 16
    {
      return planned(
        DyadicGELU(
          operand: operand, zeroPoint: zero, gelu: gelu, kind: result.kind,
          requantizer: try requantizer([
            IntegerTransformer.GELU.resultScale(for: scale) / target
          ])))
    }
    let steps = UInt64(bitPattern: tensor.range.upperBound &- tensor.range.lowerBound)
    guard steps < 1 << 16 else {
      throw .encoding(operand: "tensor '\(tensor.name)'", expected: "at most 16 bits for a table")
    }
    let requantizer = try requantizer([1])
    let table = tensor.range.map { code in
      let value = function.value(Double(code - zero) * scale) / target
      return requantizer.clamped(ties.rounded(value))
    }
    return planned(
      DyadicTable(
        operand: operand, first: tensor.range.lowerBound, table: table, kind: result.kind))
  }

  func pool_(_ pool: Pool) throws(DatapathError) -> PlannedNode {
    let (tensor, operand) = operands[0]
    let ratio = try tensor.scale() / result.scale()
    let geometry = PoolGeometry(pool, data: tensor.shape, result: result.shape)
    let codes = try codes(pool.range)
    let most = pool.reduction == .maximum ? 1 : geometry.mostMembers
    guard most <= 1 << 20 else { throw .parameter("kernel", reason: "has \(most) positions") }
    return planned(
      DyadicPool(
        operand: operand, zeroPoint: try tensor.zeroPoint(), geometry: geometry,
        isMaximum: pool.reduction == .maximum, kind: result.kind, count: result.shape.count,
        requantizer: try requantizer((1...most).map { ratio / Double($0) }, codes: codes)))
  }

  func reduce_(_ reduction: Reduction) throws(DatapathError) -> PlannedNode {
    let (tensor, operand) = operands[0]
    let shape = tensor.shape
    let kept = shape.extents.indices.filter { !reduction.axes.contains($0) }
    let order = kept + reduction.axes
    let strides = shape.strides
    let length = reduction.axes.map { shape[$0] }.reduce(1, *)
    var factor = try tensor.scale() / result.scale()
    if reduction.function == .mean { factor /= Double(length) }
    return planned(
      DyadicReduce(
        operand: operand, zeroPoint: try tensor.zeroPoint(),
        copy: shape.copy(to: order.map { shape[$0] }, strides: order.map { strides[$0] }),
        length: length, function: reduction.function, kind: result.kind,
        count: result.shape.count, requantizer: try requantizer([factor])))
  }

  /// I-BERT's softmax, its results requantized from scale `2^-16`.
  func softmax_(_ softmax: AxisSoftmax) throws(DatapathError) -> PlannedNode {
    let (tensor, operand) = operands[0]
    let scale = try tensor.scale() * Double(softmax.beta)
    guard let exponential = IntegerTransformer.Exponential(scale: scale) else {
      throw .parameter("scale \(scale)", reason: "is beyond the integer exponential's range")
    }
    let bits = 16
    let shape = tensor.shape
    let order = shape.extents.indices.filter { $0 != softmax.axis } + [softmax.axis]
    let strides = shape.strides
    let copy = shape.copy(to: order.map { shape[$0] }, strides: order.map { strides[$0] })
    return planned(
      DyadicSoftmax(
        operand: operand, copy: copy, length: shape[softmax.axis], exponential: exponential,
        bits: Int64(bits), kind: result.kind,
        requantizer: try requantizer([0x1p-16 / result.scale()])))
  }

  func concatenate_(_ axis: Int) throws(DatapathError) -> PlannedNode {
    let target = try result.scale()
    if operands.allSatisfy({ result.hasCodes(of: $0.tensor) }) { return arrays.concatenate(axis) }
    let strides = result.shape.strides
    var start = 0
    var parts: [DyadicConcatenate.Part] = []
    for (tensor, operand) in operands {
      parts.append(
        DyadicConcatenate.Part(
          operand: operand, zeroPoint: try tensor.zeroPoint(),
          copy: StridedCopy(
            extents: tensor.shape.extents, source: (0, tensor.shape.strides),
            target: (start * strides[axis], strides)),
          requantizer: try requantizer([try tensor.scale() / target])))
      start += tensor.shape[axis]
    }
    return planned(
      DyadicConcatenate(parts: parts, kind: result.kind, count: result.shape.count))
  }

  /// The same elements, requantized where codes mean something else.
  func requantized() throws(DatapathError) -> PlannedNode {
    let (tensor, operand) = operands[0]
    if results.allSatisfy({ $0.hasCodes(of: tensor) && $0.kind == tensor.kind }) {
      return arrays.moved()
    }
    guard results.count == 1 else {
      throw .encoding(operand: "copies", expected: "quantized as '\(tensor.name)'")
    }
    let target = try result.scale()
    return planned(
      DyadicMap(
        operand: operand, zeroPoint: try tensor.zeroPoint(), channels: tensor.scalePositions,
        kind: result.kind, requantizer: try requantizer(tensor.scales.map { $0 / target })))
  }

  func transformer_(_ function: IntegerTransformerFunction) throws(DatapathError) -> PlannedNode {
    let (tensor, operand) = operands[0]
    let length = tensor.shape.extents.last ?? 1
    let rule: DyadicTransformer.Rule
    switch function {
    case .gelu(let scale):
      guard let gelu = IntegerTransformer.GELU(scale: scale) else {
        throw .parameter("scale \(scale)", reason: "is beyond the integer GELU's range")
      }
      rule = .gelu(gelu)
    case .exponential(let scale):
      guard let exponential = IntegerTransformer.Exponential(scale: scale) else {
        throw .parameter("scale \(scale)", reason: "is beyond the integer exponential's range")
      }
      rule = .exponential(exponential)
    case .softmax(let scale, let bits):
      guard let exponential = IntegerTransformer.Exponential(scale: scale),
        (1...16).contains(bits)
      else {
        throw .parameter("scale \(scale)", reason: "or \(bits) result bits are out of range")
      }
      rule = .softmax(exponential, bits: Int64(bits))
    case .squareRoot: rule = .squareRoot
    case .layerNormalization: rule = .layerNormalization
    }
    return planned(
      DyadicTransformer(
        operand: operand, zeroPoint: try tensor.zeroPoint(), length: length, rule: rule,
        kind: result.kind))
  }
}

extension TieRule {
  /// A real number as the nearest integer; only for tables that are made before anything runs.
  func rounded(_ value: Double) -> Int64 {
    let result: Double
    switch self {
    case .halfEven: result = value.rounded(.toNearestOrEven)
    case .halfUp:
      let floor = value.rounded(.down)
      result = value - floor >= 0.5 ? floor + 1 : floor
    case .halfAway: result = value.rounded(.toNearestOrAwayFromZero)
    }
    return Int64(clamping: min(max(result, -0x1p62), 0x1p62))
  }
}
