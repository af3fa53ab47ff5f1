internal import Arith
internal import QuantGraph

extension ONNXGraphBuilder {
  /// Products and tables whose constants are packed integers with a scale a block.
  static let blockQuantizedRules: [String: Rule] = [
    "com.microsoft.MatMulNBits": { (b, c) throws(ONNXProblem.Kind) in try b.matMulNBits(c) },
    "com.microsoft.GatherBlockQuantized": { (b, c) throws(ONNXProblem.Kind) in
      try b.gatherBlockQuantized(c)
    },
  ]

  /// Integers of `bits` bits from the low bits of each byte on, `perRow` of each row of bytes.
  private func unpacked(
    _ id: TensorID, bits: Int, rows: Int, perRow: Int
  ) throws(ONNXProblem.Kind) -> [UInt8] {
    guard let constant = tensor(id).constant, type(id) == .uint8, case .uint8(let bytes) = constant
    else { throw .notConstant(operand: "'\(tensor(id).name)'", purpose: "packed integers (uint8)") }
    let width = (perRow * bits + 7) / 8
    let (expected, overflow) = rows.multipliedReportingOverflow(by: width)
    guard !overflow, bytes.count == expected else {
      throw .graph(
        .elementCount(operand: tensor(id).name, expected: expected, found: bytes.count))
    }
    let perByte = 8 / bits
    let mask = UInt8(truncatingIfNeeded: (1 << bits) - 1)
    var values: [UInt8] = []
    values.reserveCapacity(rows * perRow)
    for row in 0..<rows {
      for column in 0..<perRow {
        values.append(
          (bytes[row * width + column / perByte] >> UInt8(column % perByte * bits)) & mask)
      }
    }
    return values
  }

  private static func codeType(bits: Int) -> ONNXElementType? {
    [2: .uint2, 4: .uint4, 8: .uint8][bits]
  }

  private func bits(_ call: ONNXCall) throws(ONNXProblem.Kind) -> (Int, ONNXElementType) {
    let bits = try call.integer("bits", default: 4)
    guard let type = Self.codeType(bits: bits) else {
      throw .attribute("bits", found: "\(bits)", expected: "2, 4 or 8")
    }
    return (bits, type)
  }

  private func positive(_ call: ONNXCall, _ name: String) throws(ONNXProblem.Kind) -> Int {
    guard let value = try call.integer(name) else { throw .missingAttribute(name) }
    guard (1...1 << 28).contains(value) else {
      throw .attribute(name, found: "\(value)", expected: "a positive number")
    }
    return value
  }

  /// `A * dequantized(B)^T + bias` in A's float type.
  ///
  /// B is `[N, blocks, bytes]`, element k of a row in the low bits first; a block of K elements has a
  /// scale, and a zero point of as many bits (packed by rows) or of A's type, `2^(bits - 1)` if there
  /// is none. Source: onnxruntime 1.32, docs/ContribOperators.md, MatMulNBits; the sums are those of
  /// `accuracy_level` 0 and 1 (float32), in another order.
  private mutating func matMulNBits(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let (bits, codeType) = try bits(call)
    let (inner, columns) = (try positive(call, "K"), try positive(call, "N"))
    let size = try positive(call, "block_size")
    let level = try call.integer("accuracy_level", default: 0)
    guard (0...4).contains(level) else {
      throw .attribute("accuracy_level", found: "\(level)", expected: "0 to 4")
    }
    try requireReal(data)
    let blocks = (inner + size - 1) / size
    let (padded, overflow) = blocks.multipliedReportingOverflow(by: size)
    guard !overflow, size * bits % 8 == 0 else {
      throw .attribute("block_size", found: "\(size)", expected: "whole bytes of \(bits) bits")
    }
    let hint = tensor(try call.input(1)).name
    let stored = try unpacked(try call.input(1), bits: bits, rows: columns, perRow: padded)
    try countFolded(stored.count)
    // Elements that only fill the last block are left out.
    var codes = stored
    if padded != inner {
      codes = (0..<columns).flatMap { stored[$0 * padded..<$0 * padded + inner] }
    }
    let weights = try addConstant(
      "\(hint)/codes", shape: try newShape([columns, inner]), type: codeType, .uint8(codes))
    let scales = try reshaped(call, try call.input(2), [columns, blocks])
    guard type(scales) == type(data) else {
      throw .operandType(operand: "scales", expected: type(data).name, found: type(scales).name)
    }
    let result = Result(shape: shape(weights), type: type(data))
    let points: TensorID
    if let given = call.optional(3), type(given) == type(data) {
      points = try reshaped(call, given, [columns, blocks])
    } else if let given = call.optional(3) {
      let zeros = try unpacked(given, bits: bits, rows: columns, perRow: blocks)
      points = try addConstant(
        "\(tensor(given).name)/codes", shape: shape(scales), type: codeType, .uint8(zeros))
    } else {
      points = try emitCodes(
        weights, zero: UInt8(1 << (bits - 1)), type: codeType, shape: shape(scales))
    }
    let values: TensorID
    if call.optional(4) != nil || type(points) == type(data) {
      // (code - zero) * scale, where a list or a type of their own says which and in what.
      let groups = try groups(call, inner: inner, size: size, blocks: blocks)
      let shifted = try apply(
        call, .subtract, try plain(call, weights, like: data),
        try picked(call, try plain(call, points, like: data), groups, axis: 1))
      values = try apply(call, .multiply, shifted, try picked(call, scales, groups, axis: 1))
    } else {
      values = try step(
        call, .dequantize(.blocks(axis: 1, size: size)), [weights, scales, points], result)
    }
    var left = data
    if shape(left).rank == 1 { left = try reshaped(call, left, [1, shape(left).count]) }
    let product = MatMul(transposesRight: true)
    let rows = try productShape(product, shape(left), shape(values))
    var sum = try step(
      call, .matMul(product), [left, values], Result(shape: rows, type: type(data)))
    if let bias = call.optional(5) { sum = try apply(call, .add, sum, bias) }
    try finish(call, [shape(data).rank == 1 ? try reshaped(call, sum, [columns]) : sum])
  }

  private mutating func emitCodes(
    _ like: TensorID, zero: UInt8, type: ONNXElementType, shape: Shape
  ) throws(ONNXProblem.Kind) -> TensorID {
    try addConstant(
      "\(tensor(like).name)/zero", shape: shape, type: type,
      .uint8([UInt8](repeating: zero, count: shape.count)))
  }

  /// Codes as numbers in the type of `like`, which they may have already.
  private mutating func plain(
    _ call: ONNXCall, _ id: TensorID, like: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard type(id) != type(like) else { return id }
    let one = try number(call, 1, like: like)
    let zero = try zero(of: type(id), named: "\(tensor(id).name)/zero")
    return try step(
      call, .dequantize(.tensor), [id, one, zero], Result(shape: shape(id), type: type(like)))
  }

  /// The block of each of the inner elements: the next ones, or those that operand 4 lists.
  private mutating func groups(
    _ call: ONNXCall, inner: Int, size: Int, blocks: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard let given = call.optional(4) else {
      return try integers(call, (0..<inner).map { Int64($0 / size) }, [inner])
    }
    guard let list = tensor(given).constant?.int64, list.count >= inner,
      list.allSatisfy({ (0..<Int64(blocks)).contains($0) })
    else {
      throw .operandType(
        operand: "'\(tensor(given).name)'", expected: "\(inner) constant blocks below \(blocks)",
        found: description(given))
    }
    return try integers(call, Array(list.prefix(inner)), [inner])
  }

  /// Rows of a table of integers with a scale a block, dequantized after they are picked.
  ///
  /// Source: onnxruntime 1.32, docs/ContribOperators.md, GatherBlockQuantized; without zero points
  /// codes of uint8 are about `2^(bits - 1)`, others about 0.
  private mutating func gatherBlockQuantized(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    var table = try call.input(0)
    let indices = try call.input(1)
    let scales = try call.input(2)
    try requireReal(scales)
    let rank = shape(table).rank
    let gatherAxis = try call.axis(try call.integer("gather_axis", default: 0), rank: rank)
    let axis = try call.axis(try call.integer("quantize_axis", default: 1), rank: rank)
    let size = try call.integer("block_size", default: 128)
    guard gatherAxis != axis, (1...1 << 28).contains(size),
      [.int32, .int64].contains(type(indices))
    else {
      throw .attribute(
        "gather_axis", found: "\(gatherAxis)", expected: "another axis than quantize_axis")
    }
    var zeros = call.optional(3)
    if type(table) == .uint8 {
      let (bits, codeType) = try bits(call)
      var extents = shape(table).extents
      guard axis == rank - 1 else {
        throw .attribute("quantize_axis", found: "\(axis)", expected: "\(rank - 1)")
      }
      let rows = extents.dropLast().reduce(1, *)
      extents[axis] *= 8 / bits
      let codes = try unpacked(table, bits: bits, rows: rows, perRow: extents[axis])
      try countFolded(codes.count)
      if let given = zeros {
        let blocks = shape(scales).extents.last ?? 1
        zeros = try addConstant(
          "\(tensor(given).name)/codes", shape: shape(scales), type: codeType,
          .uint8(try unpacked(given, bits: bits, rows: rows, perRow: blocks)))
      } else {
        zeros = try emitCodes(
          table, zero: UInt8(1 << (bits - 1)), type: codeType, shape: shape(scales))
      }
      table = try addConstant(
        "\(tensor(table).name)/codes", shape: try newShape(extents), type: codeType, .uint8(codes))
    }
    var expected = shape(table).extents
    expected[axis] = (expected[axis] + size - 1) / size
    guard shape(scales).extents == expected else {
      throw .graph(
        .shapeMismatch(
          operand: tensor(scales).name, expected: expected, found: shape(scales).extents))
    }
    let points =
      if let zeros { zeros } else {
        try zero(
          of: type(table), named: "\(tensor(table).name)/zero", shape: shape(scales))
      }
    var picked: [TensorID] = []
    for id in [table, scales, points] {
      var extents = shape(id).extents
      extents.replaceSubrange(gatherAxis...gatherAxis, with: shape(indices).extents)
      picked.append(
        try step(
          call, .gatherAxis(axis: gatherAxis), [id, indices],
          Result(shape: try newShape(extents), type: type(id))))
    }
    let moved = axis > gatherAxis ? axis - 1 + shape(indices).rank : axis
    try emit(
      call, .dequantize(.blocks(axis: moved, size: size)), picked,
      [Result(shape: shape(picked[0]), type: type(scales))])
  }

  private mutating func zero(
    of type: ONNXElementType, named name: String, shape: Shape
  ) throws(ONNXProblem.Kind) -> TensorID {
    let bytes = [UInt8](repeating: 0, count: (shape.count * type.bits + 7) / 8)
    return try addConstant(
      name, shape: shape, type: type,
      try ONNXTensorReader.unpack(bytes, type: type, count: shape.count))
  }
}
