internal import Arith
internal import QuantGraph

/// Steps from which operators are put together that have no form of their own.
extension ONNXGraphBuilder {
  mutating func apply(
    _ call: ONNXCall, _ function: Binary.Function, _ a: TensorID, _ b: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    let isComparison: Bool
    switch function {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: isComparison = true
    default: isComparison = false
    }
    try requireSameType([a, b])
    return try step(
      call, .binary(Binary(function)), [a, b],
      Result(shape: try broadcast([a, b]), type: isComparison ? .bool : type(a)))
  }

  mutating func apply(
    _ call: ONNXCall, _ function: UnaryFunction, _ id: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    try step(call, .unary(function), [id], Result(shape: shape(id), type: type(id)))
  }

  /// One number in the type of `like`.
  mutating func number(
    _ call: ONNXCall, _ value: Float, like: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    let hint = "\(call.node.output.first { !$0.isEmpty } ?? call.node.opType)/number"
    switch type(like) {
    case .float32: return try addConstant(hint, type: .float32, .float32([value]))
    case .float64: return try addConstant(hint, type: .float64, .float64([Double(value)]))
    case .int64: return try addConstant(hint, type: .int64, .int64([Int64(value)]))
    case .int32: return try addConstant(hint, type: .int32, .int32([Int32(value)]))
    default:
      let single = try addConstant(hint, type: .float32, .float32([value]))
      return try step(call, .cast(.number), [single], Result(shape: [], type: type(like)))
    }
  }

  mutating func cast(
    _ call: ONNXCall, _ id: TensorID, to type: ONNXElementType
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard self.type(id) != type else { return id }
    return try step(call, .cast(.number), [id], Result(shape: shape(id), type: type))
  }

  mutating func reshaped(
    _ call: ONNXCall, _ id: TensorID, _ extents: [Int]
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard shape(id).extents != extents else { return id }
    let target = try newShape(extents)
    guard target.count == shape(id).count else {
      throw .graph(
        .elementCount(operand: tensor(id).name, expected: target.count, found: shape(id).count))
    }
    return try step(call, .reshape, [id], movedResult(id, target))
  }

  mutating func transposed(
    _ call: ONNXCall, _ id: TensorID, _ permutation: [Int]
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard permutation != Array(permutation.indices) else { return id }
    let target = try newShape(permutation.map { shape(id)[$0] })
    return try step(
      call, .transpose(permutation: permutation), [id], movedResult(id, target))
  }

  mutating func reduced(
    _ call: ONNXCall, _ function: Reduction.Function, _ id: TensorID, axes: [Int]
  ) throws(ONNXProblem.Kind) -> TensorID {
    var extents = shape(id).extents
    for axis in axes { extents[axis] = 1 }
    return try step(
      call, .reduce(Reduction(function, axes: axes, keepsAxes: true)), [id],
      Result(shape: try newShape(extents), type: type(id)))
  }

  mutating func product(
    _ call: ONNXCall, _ a: TensorID, _ b: TensorID, _ product: MatMul = MatMul()
  ) throws(ONNXProblem.Kind) -> TensorID {
    try requireSameType([a, b])
    let result = Result(shape: try productShape(product, shape(a), shape(b)), type: type(a))
    return try step(call, .matMul(product), [a, b], result)
  }

  /// Elements `range` of an axis.
  mutating func part(
    _ call: ONNXCall, _ id: TensorID, axis: Int, _ range: Range<Int>
  ) throws(ONNXProblem.Kind) -> TensorID {
    var extents = shape(id).extents
    guard range.upperBound <= extents[axis], range.lowerBound >= 0 else {
      throw .graph(
        .elementCount(
          operand: tensor(id).name, expected: range.upperBound, found: extents[axis]))
    }
    guard range != 0..<extents[axis] else { return id }
    var begin = [Int](repeating: 0, count: extents.count)
    begin[axis] = range.lowerBound
    extents[axis] = range.count
    let slice = Slice(
      begin: begin, extents: extents, strides: [Int](repeating: 1, count: extents.count))
    return try step(call, .slice(slice), [id], movedResult(id, try newShape(extents)))
  }

  mutating func joined(
    _ call: ONNXCall, _ ids: [TensorID], axis: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard ids.count > 1 else { return ids[0] }
    try requireSameType(ids)
    return try step(
      call, .concatenate(axis: axis), ids,
      Result(shape: try joinedShape(ids, axis: axis), type: type(ids[0])))
  }

  mutating func picked(
    _ call: ONNXCall, _ id: TensorID, _ indices: TensorID, axis: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    var extents = shape(id).extents
    extents.replaceSubrange(axis...axis, with: shape(indices).extents)
    return try step(
      call, .gatherAxis(axis: axis), [id, indices], movedResult(id, try newShape(extents)))
  }

  /// A constant of integers made while reading.
  mutating func integers(
    _ call: ONNXCall, _ values: [Int64], _ extents: [Int]
  ) throws(ONNXProblem.Kind) -> TensorID {
    try countFolded(values.count)
    let hint = "\(call.node.output.first { !$0.isEmpty } ?? call.node.opType)/integers"
    return try addConstant(hint, shape: try newShape(extents), type: .int64, .int64(values))
  }

  /// Gives the call's outputs, as far as they have names, the values of tensors.
  mutating func finish(
    _ call: ONNXCall, _ ids: [TensorID?]
  ) throws(ONNXProblem.Kind) {
    for (name, id) in zip(call.node.output, ids) where !name.isEmpty {
      guard let id else { throw .unsupportedFeature("output '\(name)' of '\(call.node.opType)'") }
      _ = try append(call, .reshape, [id], [movedResult(id, shape(id))], names: [name])
    }
  }

  /// Softmax along the last axis.
  mutating func softmax(
    _ call: ONNXCall, _ id: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    try step(
      call, .axisSoftmax(AxisSoftmax(axis: shape(id).rank - 1)), [id],
      Result(shape: shape(id), type: type(id)))
  }
}
