import Arith
import QuantGraph

/// Plans of convolutions and matrix products.
extension MCURules {
  /// Weights less their zero point, 16 bits.
  private func weights(_ tensor: MCUTensor) throws(DatapathError) -> [Int16] {
    try tensor.require([.int8, .uint8], "weights")
    let zero = Int64(tensor.zeroPoint)
    return try tensor.constantCodes("weights").map { Int16(truncatingIfNeeded: $0 - zero) }
  }

  private func bias(_ node: MCUNode, at position: Int) throws(DatapathError) -> [Int64] {
    guard node.inputs.count > position else { return [] }
    guard [.int16, .int32, .int64].contains(node.inputs[position].storage) else {
      throw .encoding(operand: "bias", expected: "int32 or int64")
    }
    if case .convolution(let convolution) = node.node.operation, convolution.isDepthwise,
      node.inputs[0].storage == .int16, node.inputs[position].storage == .int32
    {
      throw .encoding(operand: "bias of a depthwise layer with 16-bit data", expected: "int64")
    }
    if isMicro, case .transposedConvolution = node.node.operation,
      node.inputs[0].storage == .int16, node.inputs[position].storage == .int32
    {
      // The kernel reads eight bytes for each of them.
      throw .encoding(
        operand: "bias of a transposed convolution with 16-bit data", expected: "int64 or int16")
    }
    return try node.inputs[position].constantCodes("bias")
  }

  /// How sums become codes: those of 16-bit data are kept in 64 bits and lose half of the multiplier,
  /// but with a bias of 32 bits they are kept in 32 and rounded as those of 8-bit data.
  ///
  /// Source: TensorFlow Lite, `kernels/conv.cc` and `transpose_conv.cc` (`quantized_bias_type`); micro
  /// runtime, `kernels/{conv,fully_connected}.cc`.
  private func sumRule(_ node: MCUNode, _ storage: Storage) -> Requantizer.Rule {
    let hasNarrowBias = node.inputs.count > 2 && node.inputs[2].storage == .int32
    return storage == .int16 && !hasNarrowBias ? .wide : .twice
  }

  /// Data and result in one of the formats that have kernels.
  private func requireActivations(_ node: MCUNode) throws(DatapathError) -> Storage {
    try node.inputs[0].require([.int8, .uint8, .int16], "data")
    let storage = node.inputs[0].storage
    try node.result.require([storage], "the result")
    if storage == .int16, node.inputs[0].zeroPoint != 0 || node.result.zeroPoint != 0 {
      throw .encoding(operand: "16-bit data", expected: "of zero point 0")
    }
    return storage
  }

  func plan(_ convolution: Convolution, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    if node.inputs[0].isFloat { return try planReal(convolution, node) }
    let storage = try requireActivations(node)
    let (data, filter, result) = (node.inputs[0], node.inputs[1], node.result)
    let geometry = try node.geometry(convolution)
    guard convolution.weightLayout == .filtersKernelChannels else {
      throw .parameter("weights", reason: "must be [filters, kernel, channels]")
    }
    let weights = geometry.tapMajorWeights(try weights(filter))
    let multipliers =
      storage == .uint8
      ? [QuantizedMultiplier.perTensor(data.scale32, filter.scale32, result.scale32)]
      : QuantizedMultiplier.perChannel(data.scale, filter.scales, result.scale)
    let requantizer = Requantizer(
      multipliers: multipliers, rule: sumRule(node, storage),
      zeroPoint: result.zeroPoint, codes: result.clampedCodes(convolution.range))
    let bias = try bias(node, at: 2)
    if path != .plain, storage != .int16,
      let fast = MCUByteProduct.convolution(
        geometry, weights: weights, bias: bias, dataZero: data.zeroPoint,
        isSigned: storage == .int8, requantizer: requantizer, path: path)
    {
      return node.planned(fast)
    }
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      MCUConvolution<Data>(
        geometry: geometry, weights: weights, bias: bias, dataZero: data.zeroPoint,
        requantizer: requantizer)
    }
    return node.planned(
      byStorage(storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  func planTransposed(
    _ convolution: Convolution, _ node: MCUNode
  ) throws(DatapathError) -> PlannedNode {
    if node.inputs[0].isFloat { return try planRealTransposed(convolution, node) }
    let storage = try requireActivations(node)
    let (data, filter, result) = (node.inputs[0], node.inputs[1], node.result)
    let geometry = try node.geometry(convolution)
    guard convolution.weightLayout == .filtersKernelChannels,
      convolution.grouping == .groups(1)
    else { throw .parameter("weights", reason: "must be [filters, kernel, channels]") }
    let weights = try weights(filter)
    let multipliers =
      storage == .uint8
      ? [QuantizedMultiplier.perTensor(data.scale32, filter.scale32, result.scale32)]
      : QuantizedMultiplier.perChannel(data.scale, filter.scales, result.scale)
    let requantizer = Requantizer(
      multipliers: multipliers, rule: sumRule(node, storage),
      zeroPoint: result.zeroPoint, codes: result.clampedCodes(convolution.range))
    let bias = try bias(node, at: 2)
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      MCUTransposedConvolution<Data>(
        geometry: geometry, weights: weights, bias: bias, dataZero: data.zeroPoint,
        requantizer: requantizer)
    }
    return node.planned(
      byStorage(storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  func plan(_ dense: Dense, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    if node.inputs[0].isFloat { return try planReal(dense, node) }
    let storage = try requireActivations(node)
    let (data, filter, result) = (node.inputs[0], node.inputs[1], node.result)
    guard dense.weightsAreOutputMajor else {
      throw .parameter("weights", reason: "must be [results, depth]")
    }
    let multipliers =
      filter.scales.count > 1
      ? QuantizedMultiplier.perChannel(data.scale, filter.scales, result.scale)
      : [QuantizedMultiplier.perTensor(data.scale32, filter.scale32, result.scale32)]
    let rule: Requantizer.Rule =
      switch (isMicro, storage) {
      case (false, _): .away
      case (true, _): sumRule(node, storage)
      }
    let requantizer = Requantizer(
      multipliers: multipliers, rule: rule, zeroPoint: result.zeroPoint,
      codes: result.clampedCodes(dense.range))
    let weights = try weights(filter)
    let bias = try bias(node, at: 2)
    let depth = data.shape.count / dense.rows
    let results = result.shape.count / dense.rows
    if path != .plain, storage != .int16,
      let fast = MCUByteProduct.dense(
        rows: dense.rows, depth: depth, results: results, weights: weights, bias: bias,
        dataZero: data.zeroPoint, isSigned: storage == .int8, requantizer: requantizer, path: path)
    {
      return node.planned(fast)
    }
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      MCUDense<Data>(
        rows: dense.rows, depth: depth, results: results, weights: weights,
        bias: bias, dataZero: data.zeroPoint, requantizer: requantizer)
    }
    return node.planned(
      byStorage(storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  func plan(_ product: MatMul, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    if node.inputs[0].isFloat { return try planReal(product, node) }
    let storage = try requireActivations(node)
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    // The full runtime multiplies 16-bit data with 8-bit weights, too.
    let isMixed = !isMicro && storage == .int16 && right.storage == .int8
    try right.require([isMixed ? .int8 : storage], "the second operand")
    if isMixed, right.zeroPoint != 0 {
      throw .encoding(operand: "the second operand", expected: "of zero point 0")
    }
    let (a, b) = (left.shape, right.shape)
    guard node.inputs.count == 2, a.rank >= 2, b.rank >= 2 else {
      throw .parameter("matrix product", reason: "two operands of at least two axes")
    }
    let requantizer = Requantizer(
      multipliers: [
        QuantizedMultiplier.perTensor(left.scale32, right.scale32, result.scale32)
      ], rule: storage == .int16 ? .wide : .twice, zeroPoint: result.zeroPoint,
      codes: result.clampedCodes(product.range))
    let rows = product.transposesLeft ? a[a.rank - 1] : a[a.rank - 2]
    let inner = product.transposesLeft ? a[a.rank - 2] : a[a.rank - 1]
    let columns = product.transposesRight ? b[b.rank - 2] : b[b.rank - 1]
    let batch = Array(result.shape.extents.dropLast(2))
    func strides(_ shape: Shape) -> [Int] {
      let own = shape.strides
      return batch.indices.map { axis in
        let position = axis - (result.shape.rank - shape.rank)
        return position < 0 || shape[position] == 1 ? 0 : own[position]
      }
    }
    func kernel<
      Left: FixedWidthInteger & BitwiseCopyable & Sendable,
      Right: FixedWidthInteger & BitwiseCopyable & Sendable,
      Sum: FixedWidthInteger & Sendable
    >(_ type: Left.Type, _ rightType: Right.Type, _ sum: Sum.Type) -> any NodeKernel {
      let definition = MCUMatMul<Left, Right>(
        product: product, left: node.source(0), right: node.source(1), batch: batch,
        leftBatchStrides: strides(a), rightBatchStrides: strides(b), rows: rows, inner: inner,
        columns: columns, leftZero: left.zeroPoint, rightZero: right.zeroPoint,
        requantizer: requantizer)
      return path == .plain ? definition : MCUMatMulRows<Left, Right, Sum>(definition)
    }
    if isMixed { return node.planned(kernel(Int16.self, Int8.self, Int64.self)) }
    return node.planned(
      byStorage(
        storage, kernel(Int8.self, Int8.self, Int32.self),
        kernel(UInt8.self, UInt8.self, Int32.self), kernel(Int16.self, Int16.self, Int64.self)))
  }

  /// One of three kernels by storage; the caller has excluded other storages.
  func byStorage(
    _ storage: Storage, _ int8: @autoclosure () -> any NodeKernel,
    _ uint8: @autoclosure () -> any NodeKernel, _ int16: @autoclosure () -> any NodeKernel
  ) -> any NodeKernel {
    switch storage {
    case .int8: int8()
    case .uint8: uint8()
    default: int16()
    }
  }

  func plan(_ cell: LSTM, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    for operand in cell.operands {
      switch operand {
      case .data, .hiddenState, .cellState, .inputWeights, .recurrentWeights, .bias: continue
      case .peephole, .normalization, .projectionWeights, .projectionBias:
        throw .parameter(
          "LSTM", reason: "peepholes, layer normalization and projections have no rule here")
      }
    }
    func operand(_ role: LSTM.Operand) throws(DatapathError) -> MCUTensor {
      guard let position = cell.position(of: role) else {
        throw .parameter("LSTM", reason: "an operand of a gate is missing")
      }
      return node.inputs[position]
    }
    let data = try operand(.data)
    let hidden = try operand(.hiddenState)
    let state = try operand(.cellState)
    try data.require([.int8], "data")
    try hidden.require([.int8], "the hidden state")
    try state.require([.int16], "the cell state")
    try hidden.requireWholeStorage("the hidden state")
    try state.requireWholeStorage("the cell state")
    try node.result.requireWholeStorage("the result")
    guard state.scale.significand == 1, (-15...0).contains(state.scale.exponent) else {
      throw .encoding(operand: "the cell state", expected: "scaled by a power of two up to 1")
    }
    let exponent = Int(state.scale.exponent)
    var gates: [LSTM.Gate: MCULSTM.Gate] = [:]
    for gate in LSTM.Gate.allCases {
      gates[gate] = try lstmGate(
        data: data, hidden: hidden, input: try operand(.inputWeights(gate)),
        recurrent: try operand(.recurrentWeights(gate)),
        bias: cell.position(of: .bias(gate)).map { node.inputs[$0] })
    }
    // Between the gate product and the projection stands a tensor of its own, described apart.
    var product = hidden
    if let encoding = cell.hiddenEncoding, !isMicro {
      product = try MCUTensor(
        Tensor(name: "gated cell", shape: [], encoding: encoding), name: "the gated cell")
      try product.require([.int8], "the gated cell")
    }
    let factor =
      isMicro ? 0x1p-30 / hidden.scale : Double(Float(0x1p-15) / product.scale32 * Float(0x1p-15))
    func buffer(_ role: LSTM.Operand) -> Int {
      let position = cell.position(of: role) ?? 0
      return node.inputs[..<position].count { $0.tensor.constant == nil }
    }
    let clip = cell.cellClip > 0 ? min(max(cell.cellClip / state.scale32, 0), 32767) : 0
    let extents = data.shape.extents
    let kernel = MCULSTM(
      isMicro: isMicro, batch: cell.isTimeMajor ? extents[1] : extents[0],
      time: cell.isTimeMajor ? extents[0] : extents[1], isTimeMajor: cell.isTimeMajor,
      inputs: extents[2], cells: state.shape[1], gates: gates, cellExponent: exponent,
      cellClip: Int16(clip), hiddenScale: QuantizedMultiplier(factor),
      hiddenZero: product.zeroPoint, dataBuffer: buffer(.data),
      hiddenBuffer: buffer(.hiddenState), cellBuffer: buffer(.cellState))
    return node.planned(kernel)
  }

  private func lstmGate(
    data: MCUTensor, hidden: MCUTensor, input: MCUTensor, recurrent: MCUTensor, bias: MCUTensor?
  ) throws(DatapathError) -> MCULSTM.Gate {
    func codes(_ tensor: MCUTensor) throws(DatapathError) -> [Int8] {
      try tensor.require([.int8], "weights")
      return try tensor.constantCodes("weights").map { Int8(truncatingIfNeeded: $0) }
    }
    func effectiveBias(
      _ weights: [Int8], zero: Int32, rows: Int, bias: [Int64]
    ) -> [Int32] {
      let columns = rows == 0 ? 0 : weights.count / rows
      return (0..<rows).map { row in
        var sum: Int32 = bias.isEmpty ? 0 : Int32(truncatingIfNeeded: bias[row])
        for column in 0..<columns { sum &-= zero &* Int32(weights[row * columns + column]) }
        return sum
      }
    }
    let inputWeights = try codes(input)
    let recurrentWeights = try codes(recurrent)
    let rows = input.shape[0]
    let constant = try bias?.constantCodes("bias") ?? []
    func scale(_ weights: MCUTensor, _ source: MCUTensor) -> QuantizedMultiplier {
      isMicro
        ? QuantizedMultiplier(weights.scale * source.scale / 0x1p-12)
        : QuantizedMultiplier(Double(weights.scale32 * source.scale32 / Float(0x1p-12)))
    }
    return MCULSTM.Gate(
      inputWeights: inputWeights, recurrentWeights: recurrentWeights,
      inputBias: effectiveBias(inputWeights, zero: data.zeroPoint, rows: rows, bias: constant),
      recurrentBias: effectiveBias(recurrentWeights, zero: hidden.zeroPoint, rows: rows, bias: []),
      inputScale: scale(input, data), recurrentScale: scale(recurrent, hidden))
  }

  func plan(_ filter: SVDF, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, feature, time, result) = (
      node.inputs[0], node.inputs[1], node.inputs[2], node.result
    )
    let state = node.inputs[node.inputs.count - 1]
    try data.require([.int8], "data")
    try feature.require([.int8], "feature weights")
    guard isMicro || time.storage != .int8 else {
      throw .parameter(
        "time weights",
        reason: "of 8 bits have no kernel in LiteRT; TensorFlow Lite Micro has one: --datapath tflm"
      )
    }
    try time.require(isMicro ? [.int8, .int16] : [.int16], "time weights")
    try state.require([time.storage], "the state")
    try state.requireWholeStorage("the state")
    try result.require([.int8], "the result")
    let bias = node.inputs.count > 4 ? try node.inputs[3].constantCodes("bias") : []
    let requantizer = Requantizer(
      multipliers: [
        QuantizedMultiplier(Double(state.scale32 * time.scale32 / result.scale32))
      ], rule: .twice, zeroPoint: result.zeroPoint, codes: result.clampedCodes(.unbounded))
    let kernel = MCUSVDF(
      batch: data.shape[0], inputs: data.shape[1], filters: feature.shape[0],
      memory: time.shape[1], rank: filter.rank,
      featureWeights: try feature.constantCodes("weights").map { Int8(truncatingIfNeeded: $0) },
      timeWeights: try time.constantCodes("weights").map { Int16(truncatingIfNeeded: $0) },
      bias: bias.map { Int32(truncatingIfNeeded: $0) }, dataZero: data.zeroPoint,
      featureScale: QuantizedMultiplier(
        Double(data.scale32 * feature.scale32 / state.scale32)), requantizer: requantizer,
      stateBuffer: node.inputs.dropLast().count { $0.tensor.constant == nil },
      hasNarrowState: state.storage == .int8)
    return node.planned(kernel)
  }
}
