internal import Arith
internal import QuantGraph

/// Operators that pick or place elements by positions.
extension ONNXGraphBuilder {
  static let positionRules: [String: Rule] = [
    "GatherElements": { (b, c) throws(ONNXProblem.Kind) in try b.gatherElements(c) },
    "GatherND": { (b, c) throws(ONNXProblem.Kind) in try b.gatherTuples(c) },
    "ScatterND": { (b, c) throws(ONNXProblem.Kind) in try b.scatterTuples(c) },
    "ScatterElements": { (b, c) throws(ONNXProblem.Kind) in try b.scatterElements(c) },
    "Trilu": { (b, c) throws(ONNXProblem.Kind) in try b.triangle(c) },
    "OneHot": { (b, c) throws(ONNXProblem.Kind) in try b.oneHot(c) },
    "CumSum": { (b, c) throws(ONNXProblem.Kind) in try b.cumulativeSum(c) },
    "TopK": { (b, c) throws(ONNXProblem.Kind) in try b.largest(c) },
  ]

  /// int64 positions along an axis of `extent`, those below 0 counted from the end.
  private mutating func wrapped(
    _ call: ONNXCall, _ indices: TensorID, extent: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard [.int32, .int64].contains(type(indices)) else {
      throw .operandType(operand: "indices", expected: "int64", found: type(indices).name)
    }
    let positions = try cast(call, indices, to: .int64)
    if let known = tensor(positions).constant?.int64 {
      let bound = Int64(extent)
      if let wrong = known.first(where: { !(-bound..<bound).contains($0) }) {
        throw .operandType(
          operand: "indices", expected: "within \(-bound) to \(bound - 1)", found: "\(wrong)")
      }
    }
    let isNegative = try apply(call, .less, positions, try integers(call, [0], []))
    let moved = try apply(call, .add, positions, try integers(call, [Int64(extent)], []))
    return try step(
      call, .select, [isNegative, moved, positions],
      Result(shape: shape(positions), type: .int64))
  }

  /// Positions in the flat data of elements whose index along `axis` is given.
  private mutating func flatPositions(
    _ call: ONNXCall, _ indices: TensorID, data: Shape, axis: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    let (own, strides) = (shape(indices), data.strides)
    guard own.rank == data.rank else {
      throw .graph(
        .shapeMismatch(
          operand: tensor(indices).name, expected: data.extents, found: own.extents))
    }
    for other in data.extents.indices where other != axis && own[other] > data[other] {
      throw .graph(
        .shapeMismatch(
          operand: tensor(indices).name, expected: data.extents, found: own.extents))
    }
    guard own.count <= Self.foldLimit else {
      throw .limit("positions", found: own.count, limit: Self.foldLimit)
    }
    var offsets: [Int64] = []
    for element in 0..<own.count {
      let index = own.index(ofOffset: element)
      offsets.append(
        data.extents.indices.reduce(Int64(0)) { sum, other in
          other == axis ? sum : sum + Int64(index[other] * strides[other])
        })
    }
    let along = try apply(
      call, .multiply, try wrapped(call, indices, extent: data[axis]),
      try integers(call, [Int64(strides[axis])], []))
    return try apply(call, .add, along, try integers(call, offsets, own.extents))
  }

  private mutating func gatherElements(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let (data, indices) = (try call.input(0), try call.input(1))
    let axis = try call.axis(try call.integer("axis", default: 0), rank: shape(data).rank)
    let positions = try flatPositions(call, indices, data: shape(data), axis: axis)
    let flat = try reshaped(call, data, [shape(data).count])
    try finish(call, [try picked(call, flat, positions, axis: 0)])
  }

  /// Positions in the flat data of the blocks that tuples along the last axis of `indices` name.
  ///
  /// `batch` leading axes are common to both. Also the extents of a block.
  private mutating func tuplePositions(
    _ call: ONNXCall, _ indices: TensorID, data: Shape, batch: Int
  ) throws(ONNXProblem.Kind) -> (positions: TensorID, block: [Int]) {
    let own = shape(indices)
    guard let width = own.extents.last, own.rank > batch, batch + width <= data.rank,
      own.extents.prefix(batch) == data.extents.prefix(batch)
    else {
      throw .graph(
        .shapeMismatch(
          operand: tensor(indices).name, expected: data.extents, found: own.extents))
    }
    let block = Array(data.extents.dropFirst(batch + width))
    let size = block.reduce(1, *)
    let tuples = Array(own.extents.dropLast())
    let leading = tuples.prefix(batch).reduce(1, *)
    let perBatch = tuples.dropFirst(batch).reduce(1, *)
    var sum: TensorID?
    for axis in 0..<width {
      let column = try reshaped(
        call, try part(call, indices, axis: own.rank - 1, axis..<axis + 1), tuples)
      let along = try apply(
        call, .multiply, try wrapped(call, column, extent: data[batch + axis]),
        try integers(call, [Int64(data.strides[batch + axis])], []))
      sum = if let sum { try apply(call, .add, sum, along) } else { along }
    }
    let count = leading * perBatch
    let (all, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
    guard !overflow, all <= Self.foldLimit else {
      throw .limit("positions", found: overflow ? Int.max : all, limit: Self.foldLimit)
    }
    let perLeading = data.extents.dropFirst(batch).reduce(1, *)
    var offsets: [Int64] = []
    for tuple in 0..<count {
      for element in 0..<size {
        offsets.append(Int64(tuple / max(perBatch, 1) * perLeading + element))
      }
    }
    let offset = try integers(call, offsets, tuples + block)
    guard let sum else { return (offset, block) }
    let spread = try reshaped(call, sum, tuples + block.map { _ in 1 })
    return (try apply(call, .add, spread, offset), block)
  }

  private mutating func gatherTuples(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let (data, indices) = (try call.input(0), try call.input(1))
    let batch = try call.integer("batch_dims", default: 0)
    guard (0..<max(shape(data).rank, 1)).contains(batch) else {
      throw .attribute("batch_dims", found: "\(batch)", expected: "below \(shape(data).rank)")
    }
    let (positions, _) = try tuplePositions(call, indices, data: shape(data), batch: batch)
    let flat = try reshaped(call, data, [shape(data).count])
    try finish(call, [try picked(call, flat, positions, axis: 0)])
  }

  /// Data with some elements replaced: a choice among data and updates one after the other.
  private mutating func scattered(
    _ call: ONNXCall, _ positions: TensorID
  ) throws(ONNXProblem.Kind) {
    let (data, updates) = (try call.input(0), try call.input(2))
    let reduction = try call.string("reduction") ?? "none"
    guard reduction == "none" else {
      throw .attribute("reduction", found: "'\(reduction)'", expected: "none")
    }
    try requireSameType([data, updates])
    guard let places = tensor(positions).constant?.int64 else {
      throw .notConstant(
        operand: "'\(tensor(try call.input(1)).name)'", purpose: "the places of the updates")
    }
    guard places.count == shape(updates).count else {
      throw .graph(
        .elementCount(
          operand: tensor(updates).name, expected: places.count, found: shape(updates).count))
    }
    let count = shape(data).count
    guard count <= Self.foldLimit else {
      throw .limit("positions", found: count, limit: Self.foldLimit)
    }
    var choice = (0..<Int64(count)).map { $0 }
    for (update, place) in places.enumerated() { choice[Int(place)] = Int64(count + update) }
    let both = try joined(
      call,
      [
        try reshaped(call, data, [count]), try reshaped(call, updates, [places.count]),
      ], axis: 0)
    try finish(
      call,
      [
        try picked(
          call, both, try integers(call, choice, shape(data).extents), axis: 0)
      ])
  }

  private mutating func scatterTuples(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = shape(try call.input(0))
    try scattered(
      call, try tuplePositions(call, try call.input(1), data: data, batch: 0).positions)
  }

  private mutating func scatterElements(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = shape(try call.input(0))
    let axis = try call.axis(try call.integer("axis", default: 0), rank: data.rank)
    try scattered(
      call, try flatPositions(call, try call.input(1), data: data, axis: axis))
  }

  /// The elements on one side of a diagonal of the last two axes, zeros elsewhere.
  private mutating func triangle(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let isUpper = try call.flag("upper", default: true)
    let diagonal =
      try call.optional(1).map { (id) throws(ONNXProblem.Kind) in
        try constantIntegers(id, purpose: "the diagonal")
      }?.first ?? 0
    let extents = shape(data).extents
    guard extents.count >= 2 else {
      throw .operandType(operand: "data", expected: "a matrix", found: description(data))
    }
    let (rows, columns) = (extents[extents.count - 2], extents[extents.count - 1])
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard !overflow, count <= Self.foldLimit, abs(Double(diagonal)) < 0x1p40 else {
      throw .limit("elements of a triangle", found: count, limit: Self.foldLimit)
    }
    try countFolded(count)
    let shown = (0..<rows).flatMap { row in
      (0..<columns).map { column -> UInt8 in
        (isUpper ? column >= row + diagonal : column <= row + diagonal) ? 1 : 0
      }
    }
    let mask = try addConstant(
      "\(call.node.output.first ?? "triangle")/mask", shape: try newShape([rows, columns]),
      type: .bool, .uint8(shown))
    let zero = try zero(of: type(data), named: "\(tensor(data).name)/zero")
    try finish(
      call,
      [try step(call, .select, [mask, data, zero], movedResult(data, shape(data)))])
  }

  private mutating func oneHot(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let depth = try constantIntegers(
      try cast(call, try call.input(1), to: .int64), purpose: "the depth")
    guard depth.count == 1, (1...Self.foldLimit).contains(depth[0]) else {
      throw .operandType(operand: "depth", expected: "a positive number", found: "\(depth)")
    }
    let indices = try wrapped(
      call, try cast(call, try call.input(0), to: .int64), extent: depth[0])
    let values = try call.input(2)
    guard shape(values).extents == [2] else {
      throw .operandType(operand: "values", expected: "two", found: description(values))
    }
    let rank = shape(indices).rank + 1
    let axis = try call.axis(try call.integer("axis", default: -1), rank: rank)
    var own = shape(indices).extents
    own.insert(1, at: axis)
    var range = [Int](repeating: 1, count: rank)
    range[axis] = depth[0]
    let levels = try integers(call, (0..<Int64(depth[0])).map { $0 }, range)
    let isHot = try apply(call, .equal, try reshaped(call, indices, own), levels)
    let off = try reshaped(call, try part(call, values, axis: 0, 0..<1), [])
    let on = try reshaped(call, try part(call, values, axis: 0, 1..<2), [])
    try finish(
      call,
      [
        try step(
          call, .select, [isHot, on, off], Result(shape: shape(isHot), type: type(values)))
      ])
  }

  /// Sums of the elements up to each, as a product with a triangle of ones.
  private mutating func cumulativeSum(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireNumber(data)
    let given = try constantIntegers(try call.input(1), purpose: "the axis")
    guard given.count == 1, shape(data).rank > 0 else {
      throw .operandType(operand: "axis", expected: "one number", found: "\(given)")
    }
    let axis = try call.axis(given[0], rank: shape(data).rank)
    let length = shape(data)[axis]
    let (count, overflow) = length.multipliedReportingOverflow(by: length)
    guard !overflow, count <= Self.foldLimit else {
      throw .limit("elements of a cumulative sum's axis", found: length, limit: 1024)
    }
    let isReversed = try call.flag("reverse", default: false)
    let isExclusive = try call.flag("exclusive", default: false)
    let ones = (0..<length).flatMap { source in
      (0..<length).map { target -> Int64 in
        let isBefore = isReversed ? source > target : source < target
        return isBefore || (source == target && !isExclusive) ? 1 : 0
      }
    }
    var order = Array(shape(data).extents.indices)
    order.remove(at: axis)
    order.append(axis)
    var back = [Int](repeating: 0, count: order.count)
    for (position, own) in order.enumerated() { back[own] = position }
    let triangle = try cast(call, try integers(call, ones, [length, length]), to: type(data))
    let rows = try transposed(call, data, order)
    try finish(call, [try transposed(call, try product(call, rows, triangle), back)])
  }

  private mutating func largest(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireNumber(data)
    let given: [Int]
    if call.version < 10 {
      guard let count = try call.integer("k") else { throw .missingAttribute("k") }
      given = [count]
    } else {
      given = try constantIntegers(try call.input(1), purpose: "how many")
    }
    let axis = try call.axis(try call.integer("axis", default: -1), rank: shape(data).rank)
    let isLargest = try call.flag("largest", default: true)
    guard given.count == 1, given[0] > 0, given[0] <= shape(data)[axis] else {
      throw .operandType(
        operand: "k", expected: "1 to \(shape(data)[axis])", found: "\(given)")
    }
    guard isLargest || type(data).integer?.isSigned ?? true else {
      throw .attribute("largest", found: "0", expected: "1 for \(type(data).name)")
    }
    var order = Array(shape(data).extents.indices)
    order.remove(at: axis)
    order.append(axis)
    var back = [Int](repeating: 0, count: order.count)
    for (position, own) in order.enumerated() { back[own] = position }
    var rows = try transposed(call, data, order)
    if !isLargest { rows = try apply(call, .negate, rows) }
    var extents = shape(rows).extents
    extents[extents.count - 1] = given[0]
    let found = try newShape(extents)
    let hint = call.node.output.first { !$0.isEmpty } ?? "largest"
    let ids = try append(
      call, .topK(TopK(count: given[0])), [rows],
      [Result(shape: found, type: type(data)), Result(shape: found, type: .int64)],
      names: [freeName("\(hint)/values"), freeName("\(hint)/positions")])
    let values = isLargest ? ids[0] : try apply(call, .negate, ids[0])
    try finish(
      call,
      [try transposed(call, values, back), try transposed(call, ids[1], back)])
  }
}
