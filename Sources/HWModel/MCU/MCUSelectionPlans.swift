import Arith
import QuantGraph

/// Plans of comparisons and of operators that choose among elements.
extension MCURules {
  func planComparison(
    _ function: Binary.Function, _ node: MCUNode
  ) throws(DatapathError) -> PlannedNode {
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    try result.requireTruth("the result")
    let walk = BroadcastWalk(result: result.shape, left: left.shape, right: right.shape)
    let (first, second) = (node.source(0), node.source(1))
    if function == .and || function == .or {
      try left.requireTruth("the first operand")
      try right.requireTruth("the second operand")
      return node.planned(
        MCULogical(isAnd: function == .and, left: first, right: second, walk: walk))
    }
    guard left.storage == right.storage, left.isQuantized == right.isQuantized else {
      throw .encoding(operand: "the second operand", expected: "of the first operand's type")
    }
    func plain<Data: BitwiseCopyable & Comparable & Sendable>(
      _ type: Data.Type
    ) -> PlannedNode {
      node.planned(
        MCUComparison<Data>(
          function: function, left: first, right: second, walk: walk, scaled: nil))
    }
    func scaled<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> PlannedNode {
      let (a, b) = (QuantizedMultiplier(left.scale), QuantizedMultiplier(right.scale))
      let (zeroA, zeroB) = (left.zeroPoint, right.zeroPoint)
      return node.planned(
        MCUComparison<Data>(
          function: function, left: first, right: second, walk: walk,
          scaled: { code, isLeft in
            let value = Int32(truncatingIfNeeded: code) &- (isLeft ? zeroA : zeroB)
            return (isLeft ? a : b).appliedRoundingTwice(to: value &<< 8)
          }))
    }
    switch left.storage {
    case .int8: return left.isQuantized ? scaled(Int8.self) : plain(Int8.self)
    case .uint8: return left.isQuantized ? scaled(UInt8.self) : plain(UInt8.self)
    case .int16: return plain(Int16.self)
    case .int32: return plain(Int32.self)
    case .int64: return plain(Int64.self)
    case .float32: return plain(Float.self)
    default:
      throw .encoding(operand: "operands", expected: "integers of 8 to 64 bits or float32")
    }
  }

  func planSelection(_ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (condition, first, second) = (node.inputs[0], node.inputs[1], node.inputs[2])
    let result = node.result
    try condition.requireTruth("the condition")
    for operand in [first, second] where operand.storage != result.storage {
      throw .encoding(operand: "an operand", expected: "stored as \(result.storage)")
    }
    for operand in [first, second] where operand.codes != result.codes {
      throw .encoding(operand: "an operand", expected: "of the result's width")
    }
    return node.planned(
      MCUSelect(
        elementBytes: result.storage.stride, condition: node.source(0), first: node.source(1),
        second: node.source(2),
        walk: BroadcastWalk(result: result.shape, left: first.shape, right: second.shape),
        conditionWalk: BroadcastWalk(
          result: result.shape, left: condition.shape, right: condition.shape),
        count: result.shape.count))
  }

  func plan(_ search: TopK, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, values, positions) = (node.inputs[0], node.outputs[0], node.outputs[1])
    guard !isMicro else {
      throw .parameter("operator", reason: "TensorFlow Lite Micro has no TOPK_V2")
    }
    guard values.storage == data.storage, values.codes == data.codes,
      [.int8, .uint8, .int16, .float32].contains(data.storage), positions.storage == .int32
    else {
      throw .encoding(
        operand: "data and positions", expected: "int8 to int16 or float32, and int32")
    }
    let extent = data.shape[data.shape.rank - 1]
    let rows = data.shape.count / extent
    func kernel<Data: Comparable & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      MCUTopK<Data, Int32>(rows: rows, extent: extent, count: search.count)
    }
    if data.isFloat { return node.planned(kernel(Float.self)) }
    return node.planned(
      byStorage(data.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
  }

  func planGatherND(_ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, indices, result) = (node.inputs[0], node.inputs[1], node.result)
    guard result.storage == data.storage, result.codes == data.codes else {
      throw .encoding(operand: "the result", expected: "of the data's type")
    }
    let depth = indices.shape[indices.shape.rank - 1]
    let extents = Array(data.shape.extents.prefix(depth))
    let block = data.shape.extents.dropFirst(depth).reduce(1, *)
    var strides = [Int](repeating: 1, count: depth)
    for axis in extents.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * extents[axis + 1]
    }
    func kernel<Index: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Index.Type
    ) -> any NodeKernel {
      MCUGatherND<Index>(
        blockBytes: block * data.storage.stride, data: node.source(0), indices: node.source(1),
        rows: block == 0 ? 0 : result.shape.count / block, extents: extents, strides: strides)
    }
    switch indices.storage {
    case .int16: return node.planned(kernel(Int16.self))
    case .int32: return node.planned(kernel(Int32.self))
    case .int64: return node.planned(kernel(Int64.self))
    default: throw .encoding(operand: "indices", expected: "int16, int32 or int64")
    }
  }

  func plan(_ sum: CumulativeSum, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    let extents = data.shape.extents
    if data.isFloat, result.isFloat {
      return node.planned(
        MCURealCumulativeSum(
          sum: sum, outer: extents[..<sum.axis].reduce(1, *), extent: extents[sum.axis],
          inner: extents[(sum.axis + 1)...].reduce(1, *)))
    }
    guard isMicro else {
      throw .parameter(
        "operator", reason: "LiteRT has CUMSUM and ADD_N of float32 and plain integers only")
    }
    try data.require([.int8], "data")
    try result.require([.int8], "the result")
    return node.planned(
      MCUCumulativeSum(
        sum: sum, outer: extents[..<sum.axis].reduce(1, *), extent: extents[sum.axis],
        inner: extents[(sum.axis + 1)...].reduce(1, *), dataZero: data.zeroPoint,
        term: QuantizedMultiplier(0.5),
        requantizer: Requantizer(
          multipliers: [QuantizedMultiplier(2 * data.scale / (0x1p20 * result.scale))],
          rule: .twice, zeroPoint: result.zeroPoint, codes: result.clampedCodes(.unbounded))))
  }

  func planLength(_ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    if data.isFloat { return try planRealLength(node) }
    try data.require([.int8], "data")
    try result.require([.int8], "the result")
    try result.requireWholeStorage("the result")
    guard result.scale == 0x1p-7, result.zeroPoint == 0 else {
      throw .encoding(operand: "the result", expected: "scaled by 2^-7, zero point 0")
    }
    let count = data.shape[data.shape.rank - 1]
    return node.planned(
      MCULength(
        rows: count == 0 ? 0 : data.shape.count / count, count: count, dataZero: data.zeroPoint))
  }

  func planCast(_ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    let known: Set<Storage> = [.int8, .uint8, .int16, .uint16, .int32, .int64, .float32]
    guard known.contains(data.storage), known.contains(result.storage) else {
      throw .encoding(operand: "data", expected: "integers of 8 to 64 bits or float32")
    }
    return node.planned(
      MCUCast(
        count: data.shape.count, from: data.storage, to: result.storage,
        isTruth: result.isTruth))
  }
}

extension MCUTensor {
  /// Whether the tensor holds truth values.
  var isTruth: Bool { !isQuantized && storage == .uint8 && codes == 0...1 }

  func requireTruth(_ name: String) throws(DatapathError) {
    guard isTruth else { throw .encoding(operand: name, expected: "truth values (bool)") }
  }
}
