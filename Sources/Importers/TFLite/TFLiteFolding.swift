import Arith
import QuantGraph

/// Integers that follow from shapes and constants: what converters write for a reshape of an open batch.
extension TFLiteOperatorContext {
  /// The result of an operator on plain integers whose operands are known, or nil if it is none or
  /// they are not.
  ///
  /// Source of each rule: TensorFlow Lite, the operator's reference kernel.
  func folded() throws(TFLiteKind) -> Codes? {
    guard record.customCode == nil, record.outputs.count == 1 else { return nil }
    let name = TFLiteOperatorCode.name(record.code)
    if name == "DEQUANTIZE" { return halves() }
    if let truth = comparison(name) { return truth }
    guard let width = plainWidth(of: result) else { return nil }
    let values: [Int64]
    switch name {
    case "SHAPE": values = try shape(0).extents.map(Int64.init)
    case "RANK": values = [Int64(try shape(0).rank)]
    default:
      guard let operands = integers(), let found = try result(of: name, operands) else {
        return nil
      }
      values = found
    }
    guard values.count == result.shape.count else {
      throw TFLiteKind(
        .shape(result.shape.extents, reason: "\(name) has \(values.count) elements here"))
    }
    if width == 64 { return .int64(values) }
    var narrow: [Int32] = []
    for value in values {
      guard let number = Int32(exactly: value) else {
        throw TFLiteKind(.operand("\(value) is beyond 32 bits"))
      }
      narrow.append(number)
    }
    return .int32(narrow)
  }

  /// A comparison of known integers, or the logic of known truth values; nil for others.
  private func comparison(_ name: String) -> Codes? {
    guard case .fixed(let format) = result.encoding, format.width == 1, let operands = integers(),
      result.shape.count <= 1 << 16
    else { return nil }
    if name == "LOGICAL_NOT" { return .uint8(operands[0].map { $0 == 0 ? 1 : 0 }) }
    guard operands.count == 2, let (a, b) = paired(operands) else { return nil }
    let compare: (Int64, Int64) -> Bool
    switch name {
    case "LESS": compare = { $0 < $1 }
    case "LESS_EQUAL": compare = { $0 <= $1 }
    case "GREATER": compare = { $0 > $1 }
    case "GREATER_EQUAL": compare = { $0 >= $1 }
    case "EQUAL": compare = { $0 == $1 }
    case "NOT_EQUAL": compare = { $0 != $1 }
    case "LOGICAL_AND": compare = { $0 != 0 && $1 != 0 }
    case "LOGICAL_OR": compare = { $0 != 0 || $1 != 0 }
    default: return nil
    }
    let truth = zip(a, b).map { UInt8(compare($0, $1) ? 1 : 0) }
    return truth.count == result.shape.count ? .uint8(truth) : nil
  }

  /// Two lists of one length, one of a single element repeated; nil for others.
  private func paired(_ operands: [[Int64]]) -> ([Int64], [Int64])? {
    let count = operands.map(\.count).max() ?? 0
    guard count > 0, operands.allSatisfy({ $0.count == count || $0.count == 1 }) else { return nil }
    let full = operands.map { $0.count == 1 ? [Int64](repeating: $0[0], count: count) : $0 }
    return (full[0], full[1])
  }

  /// Float16 constants as float32, which is how a network with weights in 16 bits begins; nil for others.
  private func halves() -> Codes? {
    guard let index = record.inputs.first, index >= 0, case .float(.float32) = result.encoding,
      case .float(.float16) = tensor(index).encoding,
      case .uint16(let codes)? = tensor(index).constant
    else { return nil }
    return .float32(codes.map { Float(Float16(bitPattern: $0)) })
  }

  /// 32 or 64 for tensors of integers without scale, nil for all others.
  private func plainWidth(of tensor: Tensor) -> Int? {
    guard case .fixed(let format) = tensor.encoding, format.isSigned,
      format.width == 32 || format.width == 64, tensor.shape.count <= 1 << 16
    else { return nil }
    return format.width
  }

  /// The elements of all operands, or nil if one is computed or not of integers.
  private func integers() -> [[Int64]]? {
    guard !record.inputs.isEmpty else { return nil }
    var operands: [[Int64]] = []
    for index in record.inputs {
      guard index >= 0 else { return nil }
      let tensor = tensor(index)
      guard case .fixed = tensor.encoding, let codes = tensor.constant?.int64,
        codes.count <= 1 << 16
      else { return nil }
      operands.append(codes)
    }
    return operands
  }

  private func result(
    of name: String, _ operands: [[Int64]]
  ) throws(TFLiteKind) -> [Int64]? {
    switch name {
    case "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "CAST": return operands[0]
    case "CONCATENATION", "PACK":
      // Of vectors and scalars, which is what shapes are made of.
      guard result.shape.rank == 1 else { return nil }
      return operands.flatMap { $0 }
    case "STRIDED_SLICE", "SLICE":
      guard try shape(0).rank == 1 else { return nil }
      return try sliced(name, operands)
    case "GATHER":
      guard try shape(0).rank == 1, operands.count == 2 else { return nil }
      var found: [Int64] = []
      for index in operands[1] {
        guard operands[0].indices.contains(Int(index)) else {
          throw TFLiteKind(.operand("position \(index) of \(operands[0].count)"))
        }
        found.append(operands[0][Int(index)])
      }
      return found
    case "FILL":
      guard operands.count == 2, let value = operands[1].first else { return nil }
      return [Int64](repeating: value, count: result.shape.count)
    case "ZEROS_LIKE": return [Int64](repeating: 0, count: result.shape.count)
    case "BROADCAST_ARGS": return result.shape.rank == 1 ? broadcast(operands) : nil
    case "RANGE":
      guard operands.allSatisfy({ $0.count == 1 }), operands.count == 3, operands[2][0] != 0
      else { return nil }
      return Array(stride(from: operands[0][0], to: operands[1][0], by: Int(operands[2][0])))
    case "REDUCE_PROD", "SUM", "REDUCE_MAX", "REDUCE_MIN":
      guard result.shape.count == 1 else { return nil }
      return try [reduced(name, operands[0])]
    case "ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "MAXIMUM", "MINIMUM":
      guard operands.count == 2 else { return nil }
      return try combined(name, operands[0], operands[1])
    case "NEG": return operands[0].map { 0 &- $0 }
    default: return nil
    }
  }

  private func sliced(
    _ name: String, _ operands: [[Int64]]
  ) throws(TFLiteKind) -> [Int64]? {
    // The slice that a graph would have, of a vector.
    var context = self
    if name == "SLICE" { try context.slice() } else { try context.stridedSlice() }
    guard case .slice(let slice)? = context.nodes.first?.operation else { return nil }
    var found: [Int64] = []
    for step in 0..<min(slice.extents[0], operands[0].count) {
      let position = slice.begin[0] + step * slice.strides[0]
      guard operands[0].indices.contains(position) else {
        throw TFLiteKind(.operand("position \(position) of \(operands[0].count)"))
      }
      found.append(operands[0][position])
    }
    return found
  }

  /// The shape to which two shapes broadcast.
  private func broadcast(_ shapes: [[Int64]]) -> [Int64]? {
    guard shapes.count == 2 else { return nil }
    let rank = max(shapes[0].count, shapes[1].count)
    let padded = shapes.map { [Int64](repeating: 1, count: rank - $0.count) + $0 }
    return (0..<rank).map { padded[0][$0] == 1 ? padded[1][$0] : padded[0][$0] }
  }

  private func reduced(_ name: String, _ values: [Int64]) throws(TFLiteKind) -> Int64 {
    guard let first = values.first else { throw TFLiteKind(.operand("no elements are combined")) }
    var total = first
    for value in values.dropFirst() {
      let (next, overflow) =
        switch name {
        case "SUM": total.addingReportingOverflow(value)
        case "REDUCE_PROD": total.multipliedReportingOverflow(by: value)
        case "REDUCE_MAX": (max(total, value), false)
        default: (min(total, value), false)
        }
      guard !overflow else { throw TFLiteKind(.operand("\(name) is beyond 64 bits")) }
      total = next
    }
    return total
  }

  private func combined(
    _ name: String, _ a: [Int64], _ b: [Int64]
  ) throws(TFLiteKind) -> [Int64]? {
    guard a.count == b.count || a.count == 1 || b.count == 1, !a.isEmpty, !b.isEmpty else {
      return nil
    }
    var found: [Int64] = []
    for index in 0..<max(a.count, b.count) {
      let (x, y) = (a[a.count == 1 ? 0 : index], b[b.count == 1 ? 0 : index])
      let (value, overflow): (Int64, Bool)
      switch name {
      case "ADD": (value, overflow) = x.addingReportingOverflow(y)
      case "SUB": (value, overflow) = x.subtractingReportingOverflow(y)
      case "MUL": (value, overflow) = x.multipliedReportingOverflow(by: y)
      case "MAXIMUM": (value, overflow) = (max(x, y), false)
      case "MINIMUM": (value, overflow) = (min(x, y), false)
      default:
        // Toward zero, or toward the smaller number.
        let (quotient, failed) = x.dividedReportingOverflow(by: y)
        guard !failed else { throw TFLiteKind(.operand("\(x) by \(y)")) }
        let floored = quotient - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0)
        overflow = false
        value = name == "DIV" ? quotient : name == "FLOOR_DIV" ? floored : x - floored * y
      }
      guard !overflow else { throw TFLiteKind(.operand("\(name) is beyond 64 bits")) }
      found.append(value)
    }
    return found
  }
}
