import Arith

extension Tensor {
  /// Checks the axis of the encoding, the axis that may grow and the codes of a parameter.
  ///
  /// - Throws: ``GraphError`` for the first rule that is broken.
  func check() throws(GraphError) {
    if case .affine(let format) = encoding, let axis = format.axis {
      let count = max(format.scales.count, format.zeroPoints.count)
      guard shape.extents.indices.contains(axis) else {
        throw .parameter("axis \(axis) of '\(name)'", reason: "outside 0 to \(shape.rank - 1)")
      }
      guard count == 1 || count == shape[axis] else {
        throw .elementCount(
          operand: "scales or zero points of '\(name)'", expected: shape[axis], found: count)
      }
    }
    switch contents {
    case .computed, .parameter(nil): return
    case .parameter(let codes?): try check(codes)
    case .state(let growing):
      if let growing, !shape.extents.indices.contains(growing) {
        throw .parameter(
          "growing axis \(growing) of '\(name)'", reason: "outside 0 to \(shape.rank - 1)")
      }
    }
  }

  /// Checks that `codes` are as many as the shape has elements, in a storage that the encoding may
  /// have, and codes of the encoding.
  ///
  /// - Throws: ``GraphError`` for the first rule that is broken.
  func check(_ codes: Codes) throws(GraphError) {
    guard codes.count == shape.count else {
      throw .constantCount(tensor: name, expected: shape.count, found: codes.count)
    }
    let range: ClosedRange<Int64>
    switch encoding {
    case .float(let format):
      switch (codes, format) {
      case (.float32, .float32), (.float64, .float64): return
      case (.float32, _), (.float64, _), (_, .float32), (_, .float64): throw storage
      default: range = Self.range(bits: format.width, isSigned: false)
      }
    case .fixed(let format):
      if format.width >= 64, case .wide(let list) = codes {
        return try check(wide: list, bits: format.width, isSigned: format.isSigned)
      }
      range = Self.range(bits: format.width, isSigned: format.isSigned)
    case .affine(let format): range = Self.range(bits: format.width, isSigned: format.isSigned)
    case .powerOfTwo(let format):
      range = Self.range(bits: format.exponentBits + 1, isSigned: true)
    case .codebook(let book): range = Self.range(bits: book.width, isSigned: book.isSigned)
    case .vectors, .planes, .block: return
    }
    try check(codes, in: range)
  }

  private static func range(bits: Int, isSigned: Bool) -> ClosedRange<Int64> {
    // Codes of 64 bits without sign are bit patterns.
    if bits >= 64 { return .min ... .max }
    if bits == 63 && !isSigned { return 0 ... .max }
    let top = Int64(1) << Int64(isSigned ? bits - 1 : bits)
    return (isSigned ? -top : 0)...top - 1
  }

  private var storage: GraphError {
    .encodingMismatch(operand: "storage of '\(name)'", expected: "one that its encoding has")
  }

  private func check(_ codes: Codes, in range: ClosedRange<Int64>) throws(GraphError) {
    switch codes {
    case .int8(let list): try scan(list, range)
    case .uint8(let list): try scan(list, range)
    case .int16(let list): try scan(list, range)
    case .uint16(let list): try scan(list, range)
    case .int32(let list): try scan(list, range)
    case .int64(let list): try scan(list, range)
    case .wide(let list):
      for code in list where code.significantBits > 64 || !range.contains(code.low64) {
        throw .codeRange(tensor: name, found: code < .zero ? .min : .max, allowed: range)
      }
    case .float32, .float64: throw storage
    }
  }

  private func scan<Integer: FixedWidthInteger>(
    _ codes: [Integer], _ range: ClosedRange<Int64>
  ) throws(GraphError) {
    if Integer.min >= range.lowerBound, Integer.max <= range.upperBound { return }
    var (low, high) = (Integer.max, Integer.min)
    for code in codes {
      low = min(low, code)
      high = max(high, code)
    }
    guard codes.isEmpty || (low >= range.lowerBound && high <= range.upperBound) else {
      throw .codeRange(
        tensor: name, found: Int64(clamping: low < range.lowerBound ? low : high), allowed: range)
    }
  }

  /// Codes of 64 bits and more, which 64-bit integers need not hold.
  private func check(wide codes: [Int512], bits: Int, isSigned: Bool) throws(GraphError) {
    for code in codes {
      guard code.significantBits <= bits + (isSigned ? 0 : 1), isSigned || code >= .zero else {
        throw .codeRange(
          tensor: name, found: code < .zero ? .min : .max,
          allowed: Self.range(bits: bits, isSigned: isSigned))
      }
    }
  }
}
