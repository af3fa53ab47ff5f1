internal import Arith
internal import QuantGraph

/// Attention as one operator, put together from products, a softmax and movements.
extension ONNXGraphBuilder {
  static let attentionRules: [String: Rule] = [
    "Attention": { (b, c) throws(ONNXProblem.Kind) in try b.attention(c) },
    "com.microsoft.Attention": { (b, c) throws(ONNXProblem.Kind) in try b.packedAttention(c) },
    "com.microsoft.QAttention": { (b, c) throws(ONNXProblem.Kind) in try b.quantizedAttention(c) },
    "com.microsoft.MultiHeadAttention": { (b, c) throws(ONNXProblem.Kind) in
      try b.multiHeadAttention(c)
    },
  ]

  /// `[batch, length, heads * size]` as `[batch, heads, length, size]`.
  private mutating func heads(
    _ call: ONNXCall, _ id: TensorID, _ count: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    let extents = shape(id).extents
    guard extents.count != 4 else { return id }
    guard extents.count == 3, count > 0, extents[2] % count == 0 else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "three axes, the last of \(count) heads",
        found: description(id))
    }
    let split = try reshaped(call, id, [extents[0], extents[1], count, extents[2] / count])
    return try transposed(call, split, [0, 2, 1, 3])
  }

  /// The inverse of ``heads(_:_:_:)``.
  private mutating func joinedHeads(
    _ call: ONNXCall, _ id: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    let extents = shape(id).extents
    return try reshaped(
      call, try transposed(call, id, [0, 2, 1, 3]),
      [extents[0], extents[2], extents[1] * extents[3]])
  }

  /// `softmax(scale * Q K^T + mask) V` for `[batch, heads, length, size]`.
  private mutating func scaledProducts(
    _ call: ONNXCall, _ query: TensorID, _ key: TensorID, _ value: TensorID, scale: Float,
    masks: [TensorID], cap: Float = 0
  ) throws(ONNXProblem.Kind) -> TensorID {
    let transposing = MatMul(transposesRight: true, productFactor: scale)
    try requireSameType([query, key, value])
    var scores = try step(
      call, .matMul(transposing), [query, key],
      Result(
        shape: try productShape(transposing, shape(query), shape(key)), type: type(query)))
    if cap != 0 {
      let limit = try number(call, cap, like: query)
      scores = try apply(
        call, .multiply, limit,
        try apply(call, .tanh, try apply(call, .divide, scores, limit)))
    }
    for mask in masks { scores = try apply(call, .add, scores, mask) }
    return try product(call, try softmax(call, scores), value)
  }

  /// 0 where a query may look at a key, a large negative number elsewhere.
  private mutating func causalMask(
    _ call: ONNXCall, queries: Int, keys: Int, past: Int, like: TensorID, hidden: Float
  ) throws(ONNXProblem.Kind) -> TensorID {
    let (count, overflow) = queries.multipliedReportingOverflow(by: keys)
    guard !overflow, count <= Self.foldLimit else {
      throw .limit("elements of a causal mask", found: count, limit: Self.foldLimit)
    }
    try countFolded(count)
    let values = (0..<queries).flatMap { row in
      (0..<keys).map { $0 <= row + past ? Float(0) : hidden }
    }
    let mask = try addConstant(
      "\(call.node.output.first ?? "attention")/mask", shape: try newShape([queries, keys]),
      type: .float32, .float32(values))
    return try cast(call, mask, to: type(like))
  }

  /// A mask of booleans as numbers to add.
  private mutating func additive(
    _ call: ONNXCall, _ mask: TensorID, like: TensorID, hidden: Float
  ) throws(ONNXProblem.Kind) -> TensorID {
    switch type(mask) {
    case .bool:
      return try step(
        call, .select,
        [mask, try number(call, 0, like: like), try number(call, hidden, like: like)],
        Result(shape: shape(mask), type: type(like)))
    case .int32, .int64:
      let one = try number(call, 1, like: mask)
      let isShown = try apply(call, .equal, mask, one)
      return try additive(call, isShown, like: like, hidden: hidden)
    default: return try cast(call, mask, to: type(like))
    }
  }

  /// Keys and values repeated where several query heads share one.
  private mutating func repeatedHeads(
    _ call: ONNXCall, _ id: TensorID, to count: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    let extents = shape(id).extents
    guard extents[1] != count else { return id }
    guard extents[1] > 0, count % extents[1] == 0 else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "heads that divide \(count)",
        found: description(id))
    }
    let share = count / extents[1]
    return try picked(
      call, id, try integers(call, (0..<count).map { Int64($0 / share) }, [count]), axis: 1)
  }

  /// Source: ONNX, Attention-23, function body.
  private mutating func attention(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let isFlat = shape(try call.input(0)).rank == 3
    let queryHeads = try call.integer("q_num_heads", default: 0)
    let query = try heads(call, try realInput(call), queryHeads)
    let keyHeads = try call.integer("kv_num_heads", default: queryHeads)
    var key = try heads(call, try call.input(1), keyHeads)
    var value = try heads(call, try call.input(2), keyHeads)
    var past = 0
    if let earlier = call.optional(4), let values = call.optional(5) {
      past = shape(earlier)[2]
      key = try joined(call, [earlier, key], axis: 2)
      value = try joined(call, [values, value], axis: 2)
    }
    let present = (key, value)
    let count = shape(query)[1]
    key = try repeatedHeads(call, key, to: count)
    value = try repeatedHeads(call, value, to: count)
    var masks: [TensorID] = []
    if let mask = call.optional(3) {
      masks.append(try additive(call, mask, like: query, hidden: -.infinity))
    }
    if try call.flag("is_causal", default: false) {
      masks.append(
        try causalMask(
          call, queries: shape(query)[2], keys: shape(key)[2], past: past, like: query,
          hidden: -.infinity))
    }
    let size = Float(shape(query)[3])
    let result = try scaledProducts(
      call, query, key, value,
      scale: try call.float("scale", default: 1 / size.squareRoot()), masks: masks,
      cap: try call.float("softcap", default: 0))
    try finish(
      call, [isFlat ? try joinedHeads(call, result) : result, present.0, present.1, nil])
  }

  /// Query, key and value are given, each with its bias in one vector.
  ///
  /// Source: onnxruntime 1.32, docs/ContribOperators.md, MultiHeadAttention.
  private mutating func multiHeadAttention(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    guard let count = try call.integer("num_heads") else { throw .missingAttribute("num_heads") }
    guard call.optional(4) == nil else { throw .unsupportedFeature("a key padding mask") }
    var parts = [try realInput(call), try call.input(1), try call.input(2)]
    if let bias = call.optional(3) {
      var start = 0
      for (index, id) in parts.enumerated() where shape(id).rank == 3 {
        let width = shape(id)[2]
        let own = try part(call, bias, axis: 0, start..<start + width)
        parts[index] = try apply(call, .add, id, own)
        start += width
      }
    }
    let hidden = try call.float("mask_filter_value", default: -10_000)
    let query = try heads(call, parts[0], count)
    var key = try heads(call, parts[1], count)
    var value = try heads(call, parts[2], count)
    var past = 0
    if let earlier = call.optional(6), let values = call.optional(7) {
      past = shape(earlier)[2]
      key = try joined(call, [earlier, key], axis: 2)
      value = try joined(call, [values, value], axis: 2)
    }
    var masks = call.optional(5).map { [$0] } ?? []
    if try call.flag("unidirectional", default: false) {
      masks.append(
        try causalMask(
          call, queries: shape(query)[2], keys: shape(key)[2], past: past, like: query,
          hidden: hidden))
    }
    let size = Float(shape(query)[3])
    let scale = try call.float("scale", default: 0)
    let result = try scaledProducts(
      call, query, key, value, scale: scale == 0 ? 1 / size.squareRoot() : scale, masks: masks)
    try finish(call, [try joinedHeads(call, result), key, value])
  }

  /// One product makes query, key and value: `input * weights + bias`.
  ///
  /// Source: onnxruntime 1.32, docs/ContribOperators.md, Attention.
  private mutating func packedAttention(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    var packed = try product(call, data, try call.input(1))
    if let bias = call.optional(2) { packed = try apply(call, .add, packed, bias) }
    try attend(
      call, packed, like: data, mask: call.optional(3), past: call.optional(4),
      bias: call.optional(5), sizes: try call.integers("qkv_hidden_sizes"))
  }

  /// As the packed form, with codes of data and weights.
  ///
  /// Source: onnxruntime 1.32, docs/ContribOperators.md, QAttention.
  private mutating func quantizedAttention(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let packed = try scaledProduct(
      call, try call.input(0), try call.input(1),
      zeroPoints: (call.optional(6), call.optional(7)),
      scales: (try call.input(3), try call.input(4)), bias: try call.input(2))
    try attend(
      call, packed, like: packed, mask: call.optional(5), past: call.optional(8), bias: nil,
      sizes: nil)
  }

  private mutating func attend(
    _ call: ONNXCall, _ packed: TensorID, like: TensorID, mask: TensorID?, past: TensorID?,
    bias: TensorID?, sizes: [Int]?
  ) throws(ONNXProblem.Kind) {
    guard let count = try call.integer("num_heads") else { throw .missingAttribute("num_heads") }
    try call.require("do_rotary", 0)
    guard shape(packed).rank == 3 else {
      throw .operandType(operand: "data", expected: "three axes", found: description(packed))
    }
    let width = shape(packed)[2]
    let widths = sizes ?? [width / 3, width / 3, width / 3]
    guard widths.count == 3, widths.allSatisfy({ $0 > 0 }), widths.reduce(0, +) == width else {
      throw .attribute("qkv_hidden_sizes", found: "\(widths)", expected: "three that make \(width)")
    }
    var parts: [TensorID] = []
    var start = 0
    for own in widths {
      parts.append(try heads(call, try part(call, packed, axis: 2, start..<start + own), count))
      start += own
    }
    var length = 0
    if let past {
      // [2, batch, heads, length, size]
      let extents = shape(past).extents
      guard extents.count == 5, extents[0] == 2 else {
        throw .operandType(operand: "past", expected: "five axes", found: description(past))
      }
      length = extents[3]
      for index in 0..<2 {
        let earlier = try reshaped(
          call, try part(call, past, axis: 0, index..<index + 1), Array(extents.dropFirst()))
        parts[1 + index] = try joined(call, [earlier, parts[1 + index]], axis: 2)
      }
    }
    let (queries, keys) = (shape(parts[0])[2], shape(parts[1])[2])
    let hidden = try call.float("mask_filter_value", default: -10_000)
    var masks: [TensorID] = []
    if let mask {
      let extents = shape(mask).extents
      let batch = shape(packed)[0]
      let shown: [Int]
      switch extents.count {
      case 2 where extents == [batch, keys]: shown = [batch, 1, 1, keys]
      case 3: shown = [batch, 1, extents[1], extents[2]]
      default:
        throw .operandType(
          operand: "mask", expected: "[batch, keys] or [batch, queries, keys]",
          found: description(mask))
      }
      masks.append(
        try additive(call, try reshaped(call, mask, shown), like: like, hidden: hidden))
    }
    if let bias { masks.append(bias) }
    if try call.flag("unidirectional", default: false) {
      masks.append(
        try causalMask(
          call, queries: queries, keys: keys, past: length, like: like, hidden: hidden))
    }
    let size = Float(shape(parts[0])[3])
    let scale = try call.float("scale", default: 0)
    let result = try scaledProducts(
      call, parts[0], parts[1], parts[2], scale: scale == 0 ? 1 / size.squareRoot() : scale,
      masks: masks)
    var present: TensorID?
    if call.node.output.count > 1, !call.node.output[1].isEmpty {
      let one = [1] + shape(parts[1]).extents
      present = try joined(
        call, [try reshaped(call, parts[1], one), try reshaped(call, parts[2], one)], axis: 0)
    }
    try finish(call, [try joinedHeads(call, result), present])
  }
}
