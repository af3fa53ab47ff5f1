/// Integer matrix instructions of tensor cores: products of 8-bit, 4-bit or single-bit operands,
/// added to 32-bit accumulators.
///
/// Source: PTX ISA, `mma` (integer and single-bit types). Products and their sum inside one instruction
/// are exact. Without ``saturates`` the accumulator wraps; with it (`.satfinite`) each instruction
/// clamps its result once: whether hardware clamps between slices inside an instruction is not
/// documented.
public struct IntegerMMA: Hashable, Sendable {
  /// An operand's type.
  public enum Operand: String, CaseIterable, Hashable, Sendable {
    case b1, s4, u4, s8, u8

    public var bits: Int {
      switch self {
      case .b1: 1
      case .s4, .u4: 4
      case .s8, .u8: 8
      }
    }

    public var isSigned: Bool { self == .s4 || self == .s8 }

    /// Codes of the type.
    public var range: ClosedRange<Int64> { BitPlanes.range(bits: bits, isSigned: isSigned) }

    /// Depth of the largest instruction: m16n8k256, m16n8k64 or m16n8k32.
    public var instructionDepth: Int {
      switch self {
      case .b1: 256
      case .s4, .u4: 64
      case .s8, .u8: 32
      }
    }
  }

  public let a: Operand
  public let b: Operand
  /// How single bits are joined; unused otherwise.
  public let join: BitPlaneProduct.Join
  public let saturates: Bool

  /// - Throws: ``TensorCoreError/operands(_:_:)`` for operands of different widths,
  ///   ``TensorCoreError/noSaturation`` for single bits that saturate, which no instruction does.
  public init(
    a: Operand, b: Operand, join: BitPlaneProduct.Join = .xor, saturates: Bool = false
  ) throws(TensorCoreError) {
    guard a.bits == b.bits else { throw .operands(a.rawValue, b.rawValue) }
    guard a != .b1 || !saturates else { throw .noSaturation }
    self.a = a
    self.b = b
    self.join = join
    self.saturates = saturates
  }

  /// `a * b^T + c`, instruction by instruction along the depth.
  ///
  /// - Throws: ``TensorCoreError/codeOutside(_:range:index:)`` for a code or an accumulator out of range.
  /// - Precondition: the counts are those of `shape`; `c` may be empty.
  public func product(
    _ a: [Int64], _ b: [Int64], c: [Int64], shape: ProductShape
  ) throws(TensorCoreError) -> [Int64] {
    precondition(a.count == shape.rows * shape.depth, "codes of a")
    precondition(b.count == shape.rowsOfB * shape.depth, "codes of b")
    precondition(c.isEmpty || c.count == shape.count, "accumulators")
    try Self.check(a, self.a.range)
    try Self.check(b, self.b.range)
    try Self.check(c, Int64(Int32.min)...Int64(Int32.max))
    let (left, right) = (a.map { Int32($0) }, b.map { Int32($0) })
    var sums: [Int64] = []
    sums.reserveCapacity(shape.count)
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        let start = c.isEmpty ? 0 : Int32(c[row * shape.columns + column])
        sums.append(Int64(entry(left, right, row, shape.rowOfB(row, column), shape.depth, start)))
      }
    }
    return sums
  }

  private func entry(
    _ a: [Int32], _ b: [Int32], _ row: Int, _ other: Int, _ depth: Int, _ start: Int32
  ) -> Int32 {
    var sum = start
    var first = 0
    while first < depth {
      let last = min(first + self.a.instructionDepth, depth)
      let x = a[row * depth + first..<row * depth + last]
      let y = b[other * depth + first..<other * depth + last]
      var slice: Int32 = 0
      switch (self.a, join) {
      case (.b1, .xor): for (p, q) in zip(x, y) { slice += p ^ q }
      case (.b1, .and): for (p, q) in zip(x, y) { slice += p & q }
      // At most 64 products below 2^16.
      default: for (p, q) in zip(x, y) { slice += p * q }
      }
      if saturates {
        let (next, overflow) = sum.addingReportingOverflow(slice)
        sum = overflow ? (slice < 0 ? .min : .max) : next
      } else {
        sum &+= slice
      }
      first = last
    }
    return sum
  }

  private static func check(
    _ codes: [Int64], _ range: ClosedRange<Int64>
  ) throws(TensorCoreError) {
    if let index = codes.firstIndex(where: { !range.contains($0) }) {
      throw .codeOutside(codes[index], range: range, index: index)
    }
  }
}
