import Arith
import QuantGraph

/// Plans of pools, elementwise functions, reductions and conversions.
extension MCURules {
  func plan(_ pool: Pool, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    if data.isFloat { return try planReal(pool, node) }
    try data.require([.int8, .uint8, .int16], "data")
    try result.require([data.storage], "the result")
    guard data.scale == result.scale, data.zeroPoint == result.zeroPoint,
      data.codes == result.codes
    else {
      throw .parameter("pool", reason: "data and result must have one scale and zero point")
    }
    let geometry = try node.geometry(pool)
    let codes = result.clampedCodes(pool.range)
    if path != .plain, data.storage != .int16 {
      return node.planned(
        MCUBytePool(
          geometry: geometry, isMaximum: pool.reduction == .maximum, codes: codes,
          isSigned: data.storage == .int8, path: path))
    }
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      MCUPool<Data>(geometry: geometry, isMaximum: pool.reduction == .maximum, codes: codes)
    }
    return node.planned(
      byStorage(data.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  func plan(_ binary: Binary, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    switch binary.function {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or:
      return try planComparison(binary.function, node)
    default: break
    }
    if node.inputs[0].isFloat { return try planReal(binary, node) }
    let isQuotient = binary.function == .floorDivide || binary.function == .modulo
    if isQuotient || !node.inputs[0].isQuantized { return try planIntegers(binary, node) }
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    try left.require([.int8, .uint8, .int16], "the first operand")
    try right.require([left.storage], "the second operand")
    try result.require([left.storage], "the result")
    var multiplier = QuantizedMultiplier(multiplier: 0, shift: 0)
    let rule: MCUBinaryRule
    switch binary.function {
    case .add where binary.addsByShifts && !isMicro,
      .subtract where binary.addsByShifts && !isMicro:
      func exponent(_ scale: Double) -> Int {
        Int(scale.exponent) + (scale.significand < 1.5 ? 0 : 1)
      }
      let (first, second) = (
        exponent(result.scale) - exponent(left.scale),
        exponent(result.scale) - exponent(right.scale)
      )
      guard left.storage == .int16, min(first, second) == 0, max(first, second) <= 15,
        left.shape == right.shape
      else {
        throw .parameter(
          "sum by shifts",
          reason: "tensors of 16 bits and one shape, an operand of the result's scale")
      }
      rule = .shiftedSum(
        left: first, right: second, subtracts: binary.function == .subtract)
    case .add, .subtract:
      // Twice the larger scale, exact in binary64.
      let twice = 2 * max(left.scale, right.scale)
      let shift: Int32 = left.storage == .int16 ? 15 : 20
      rule = .sum(
        shift: shift, left: QuantizedMultiplier(left.scale / twice),
        right: QuantizedMultiplier(right.scale / twice),
        subtracts: binary.function == .subtract)
      multiplier = QuantizedMultiplier(twice / (Double(Int64(1) << Int64(shift)) * result.scale))
    case .multiply:
      rule = .product
      multiplier = productMultiplier(left, right, result)
    case .prelu:
      rule = .prelu(
        identity: isMicro
          ? QuantizedMultiplier(left.scale / result.scale)
          : QuantizedMultiplier(Double(left.scale32 / result.scale32)))
      multiplier = productMultiplier(left, right, result)
    case .divide:
      guard !(isMicro && left.storage != .int8) else {
        throw .encoding(operand: "operands", expected: "quantized int8")
      }
      rule = .quotient
      // In binary32 in the full runtime, in binary64 in the micro runtime (measured).
      multiplier =
        isMicro
        ? QuantizedMultiplier(left.scale / (right.scale * result.scale))
        : QuantizedMultiplier(Double(left.scale32 / (right.scale32 * result.scale32)))
    case .squaredDifference:
      guard left.storage == .int8 || (isMicro && left.storage == .int16) else {
        throw .encoding(
          operand: "operands", expected: isMicro ? "quantized int8 or int16" : "quantized int8")
      }
      let twice = 2 * max(left.scale, right.scale)
      let shift: Int32 = left.storage == .int16 ? 0 : 7
      rule = .squaredDifference(
        shift: shift, left: QuantizedMultiplier(left.scale / twice),
        right: QuantizedMultiplier(right.scale / twice))
      multiplier = QuantizedMultiplier(
        twice * twice / (Double(Int64(1) << Int64(2 * shift)) * result.scale))
    case .maximum, .minimum:
      // Codes are compared, not values.
      guard left.codes == result.codes, right.codes == result.codes else {
        throw .encoding(operand: "an operand", expected: "of the result's width")
      }
      rule = binary.function == .maximum ? .maximum : .minimum
    default:
      throw .parameter("function", reason: "\(binary.function.rawValue) has no integer kernel")
    }
    let requantizer = Requantizer(
      multipliers: [multiplier], rule: .twice, zeroPoint: result.zeroPoint,
      codes: result.clampedCodes(binary.range))
    if let fast = byteAddition(rule, node, requantizer) { return node.planned(fast) }
    let walk = BroadcastWalk(result: result.shape, left: left.shape, right: right.shape)
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      MCUBinary<Data>(
        rule: rule, left: node.source(0), right: node.source(1), walk: walk,
        leftZero: left.zeroPoint, rightZero: right.zeroPoint, requantizer: requantizer)
    }
    return node.planned(
      byStorage(left.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  /// The fast kernel of a sum of two 8-bit tensors of one shape, or nil.
  private func byteAddition(
    _ rule: MCUBinaryRule, _ node: MCUNode, _ requantizer: Requantizer
  ) -> MCUByteAddition? {
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    guard path != .plain, case .sum(let shift, let a, let b, let subtracts) = rule,
      left.storage != .int16, left.shape == right.shape, left.shape == result.shape,
      let addition = ByteAddition(
        left: a, leftZero: left.zeroPoint, right: b, rightZero: right.zeroPoint, shift: shift,
        subtracts: subtracts, result: requantizer.multipliers[0], resultZero: result.zeroPoint,
        codes: requantizer.codes, isSigned: left.storage == .int8)
    else { return nil }
    return MCUByteAddition(
      addition: addition, left: node.source(0), right: node.source(1),
      count: result.shape.count, path: path)
  }

  /// `a * b / c`: in binary32 in the full runtime, in binary64 in the micro runtime.
  private func productMultiplier(
    _ left: MCUTensor, _ right: MCUTensor, _ result: MCUTensor
  ) -> QuantizedMultiplier {
    isMicro
      ? QuantizedMultiplier(left.scale * right.scale / result.scale)
      : QuantizedMultiplier(Double(left.scale32 * right.scale32 / result.scale32))
  }

  func plan(_ function: UnaryFunction, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    if case .not = function {
      try data.requireTruth("data")
      try result.requireTruth("the result")
      return node.planned(MCUTable<UInt8, UInt8> { $0 == 0 ? 1 : 0 })
    }
    if data.isFloat { return try planReal(function, node) }
    try data.require([.int8, .uint8, .int16], "data")
    try result.require([data.storage], "the result")
    let map = try MCUFunctions(input: data, output: result, isMicro: isMicro).function(function)
    return node.planned(
      byStorage(
        data.storage, MCUTable<Int8, Int8>(map), MCUTable<UInt8, UInt8>(map),
        MCUMap<Int16, Int16>(count: data.shape.count, function: map)))
  }

  func planConversion(_ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    let count = data.shape.count
    if data.isFloat {
      try result.require([.int8, .uint8, .int16], "the result")
      func kernel<Output: FixedWidthInteger & BitwiseCopyable & Sendable>(
        _ type: Output.Type
      ) -> any NodeKernel {
        MCUQuantize<Output>(
          count: count, scale: result.scale32, zeroPoint: result.zeroPoint,
          codes: result.clampedCodes(.unbounded))
      }
      return node.planned(
        byStorage(result.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
    }
    try data.require([.int8, .uint8, .int16, .int32], "data")
    if result.isFloat {
      func kernel<Input: FixedWidthInteger & BitwiseCopyable & Sendable>(
        _ type: Input.Type
      ) -> any NodeKernel {
        MCUDequantize<Input>(count: count, scale: data.scale, zeroPoint: data.zeroPoint)
      }
      if data.storage == .int32 { return node.planned(kernel(Int32.self)) }
      return node.planned(
        byStorage(data.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
    }
    try result.require([.int8, .uint8, .int16, .int32], "the result")
    let map = MCUFunctions(input: data, output: result, isMicro: isMicro).requantize()
    func from<Input: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Input.Type
    ) -> any NodeKernel {
      switch result.storage {
      case .int8: MCUMap<Input, Int8>(count: count, function: map)
      case .uint8: MCUMap<Input, UInt8>(count: count, function: map)
      case .int16: MCUMap<Input, Int16>(count: count, function: map)
      default: MCUMap<Input, Int32>(count: count, function: map)
      }
    }
    if data.storage == .int32 { return node.planned(from(Int32.self)) }
    return node.planned(
      byStorage(data.storage, from(Int8.self), from(UInt8.self), from(Int16.self)))
  }

  func plan(_ reduction: Reduction, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    if data.isFloat { return try planReal(reduction, node) }
    let isLogical = reduction.function == .any || reduction.function == .all
    if isLogical {
      try data.requireTruth("data")
      try result.requireTruth("the result")
    } else {
      try data.require([.int8, .uint8, .int16], "data")
      try result.require([data.storage], "the result")
    }
    let combined = reduction.axes.reduce(1) { $0 * data.shape[$1] }
    if reduction.function == .product {
      return try planProduct(reduction, node, combined: combined)
    }
    var strides = [Int](repeating: 0, count: data.shape.rank)
    var step = 1
    for axis in data.shape.extents.indices.reversed() where !reduction.axes.contains(axis) {
      strides[axis] = step
      step *= data.shape[axis]
    }
    let requantizer = Requantizer(
      multipliers: [
        meanMultiplier(data, result, count: reduction.function == .mean ? combined : nil)
      ], rule: .twice, zeroPoint: result.zeroPoint, codes: result.clampedCodes(.unbounded))
    if path != .plain, data.storage != .int16, [.mean, .sum].contains(reduction.function),
      let fast = MCUByteReduction(
        shape: data.shape, axes: reduction.axes, dataZero: data.zeroPoint,
        isSigned: data.storage == .int8, requantizer: requantizer, path: path)
    {
      return node.planned(fast)
    }
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) throws(DatapathError) -> any NodeKernel {
      let combination: MCUReduction<Data>.Rule
      switch reduction.function {
      case .mean, .sum: combination = .requantize(requantizer)
      case .maximum, .minimum:
        guard data.codes == result.codes else {
          throw .encoding(operand: "the result", expected: "of the data's width")
        }
        combination = reduction.function == .maximum ? .maximum : .minimum
      // Of 0 and 1.
      case .any: combination = .maximum
      case .all: combination = .minimum
      default:
        throw .parameter(
          "function", reason: "\(reduction.function.rawValue) has no integer kernel")
      }
      return MCUReduction<Data>(
        rule: combination, shape: data.shape, resultStrides: strides,
        resultCount: result.shape.count, dataZero: data.zeroPoint)
    }
    switch data.storage {
    case .int8: return node.planned(try kernel(Int8.self))
    case .uint8: return node.planned(try kernel(UInt8.self))
    default: return node.planned(try kernel(Int16.self))
    }
  }

  /// The scale quotient with the division by `count` folded in.
  ///
  /// Source: TensorFlow Lite, `kernels/internal/reference/reduce.h`, `QuantizedMeanOrSum`.
  private func meanMultiplier(
    _ data: MCUTensor, _ result: MCUTensor, count: Int?
  ) -> QuantizedMultiplier {
    let quotient = QuantizedMultiplier(data.scale / result.scale)
    guard let count, count > 0 else { return quotient }
    let bits = Int.bitWidth - 1 - count.leadingZeroBitCount
    let shift = max(min(bits, 32, 31 + quotient.shift), 0)
    return QuantizedMultiplier(
      multiplier: Int32(clamping: (Int64(quotient.multiplier) << Int64(shift)) / Int64(count)),
      shift: quotient.shift - shift)
  }

  func plan(_ search: ArgumentSearch, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    guard !search.selectsLast, [.int8, .uint8, .int16, .float32].contains(data.storage),
      [.int32, .int64].contains(result.storage)
    else {
      throw .encoding(
        operand: "data and positions", expected: "int8 to int16 or float32, and int32")
    }
    let extents = data.shape.extents
    let outer = extents[..<search.axis].reduce(1, *)
    let inner = extents[(search.axis + 1)...].reduce(1, *)
    func kernel<Data: Comparable & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      result.storage == .int32
        ? MCUArgument<Data, Int32>(
          isMaximum: search.isMaximum, outer: outer, extent: extents[search.axis], inner: inner)
        : MCUArgument<Data, Int64>(
          isMaximum: search.isMaximum, outer: outer, extent: extents[search.axis], inner: inner)
    }
    if data.isFloat { return node.planned(kernel(Float.self)) }
    return node.planned(
      byStorage(data.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  func plan(_ softmax: AxisSoftmax, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    if data.isFloat { return try planReal(softmax, node) }
    try data.require([.int8, .uint8, .int16], "data")
    let rank = data.shape.rank
    guard softmax.axis == rank - 1, data.shape.count > 0, softmax.beta.isFinite,
      softmax.beta > 0
    else { throw .parameter("softmax", reason: "along the last axis, with a positive beta") }
    let count = data.shape[rank - 1]
    let rows = data.shape.count / count
    try result.requireWholeStorage("the result")
    let product = Double(softmax.beta) * data.scale * 0x1p26
    guard data.storage == .int16 || product > 1 else {
      throw .parameter("softmax", reason: "beta times the scale is below 2^-26")
    }
    if softmax.isLogarithm { return try planLogarithm(node, rows: rows, count: count) }
    func eight<Input: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Input.Type
    ) throws(DatapathError) -> any NodeKernel {
      func kernel<Output: FixedWidthInteger & BitwiseCopyable & Sendable>(
        _ type: Output.Type
      ) -> any NodeKernel {
        MCUSoftmax<Input, Output>(
          rows: rows, count: count, inputScale: data.scale32, beta: softmax.beta)
      }
      if result.storage == .int16 {
        try result.requireFixed(scale: 0x1p-16, zero: -32768)
        return kernel(Int16.self)
      }
      try result.require([data.storage], "the result")
      try result.requireFixed(scale: 0x1p-8, zero: data.storage == .int8 ? -128 : 0)
      return kernel(Input.self)
    }
    switch data.storage {
    case .int8: return node.planned(try eight(Int8.self))
    case .uint8: return node.planned(try eight(UInt8.self))
    default:
      try result.require([.int16], "the result")
      try result.requireFixed(scale: 0x1p-15, zero: 0)
      return node.planned(
        MCUSoftmax16(rows: rows, count: count, inputScale: data.scale32, beta: softmax.beta))
    }
  }

  private func planLogarithm(
    _ node: MCUNode, rows: Int, count: Int
  ) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    try data.require(isMicro ? [.int8] : [.int8, .uint8], "data")
    try result.require([data.storage], "the result")
    guard result.scale == 0x1p-4, result.zeroPoint == (data.storage == .int8 ? 127 : 255) else {
      throw .encoding(
        operand: "the result", expected: "scaled by 2^-4, zero point its largest code")
    }
    return node.planned(
      data.storage == .int8
        ? MCULogSoftmax<Int8>(rows: rows, count: count, inputScale: data.scale32)
        : MCULogSoftmax<UInt8>(rows: rows, count: count, inputScale: data.scale32))
  }
}
