internal import CKernels

/// Operands of a product, as codes in row-major order.
public struct ProductShape: Hashable, Sendable {
  /// Rows of a, and rows of b.
  public let rows: Int
  public let columns: Int
  /// Terms of a sum.
  public let depth: Int
  /// Whether row i of a meets row i of b alone, instead of every row; ``columns`` is 1 then.
  public let isRowwise: Bool

  /// The product of `a` [rows, depth] with `b` [columns, depth]: [rows, columns].
  public init(rows: Int, columns: Int, depth: Int) {
    precondition(rows >= 0 && columns >= 0 && depth >= 0, "extents")
    self.rows = rows
    self.columns = columns
    self.depth = depth
    isRowwise = false
  }

  /// Sums of `rows` pairs of rows: [rows].
  public init(pairs rows: Int, depth: Int) {
    precondition(rows >= 0 && depth >= 0, "extents")
    self.rows = rows
    columns = 1
    self.depth = depth
    isRowwise = true
  }

  public var count: Int { rows * columns }
  /// Rows of b that are given.
  public var rowsOfB: Int { isRowwise ? rows : columns }

  /// The row of b that entry (`row`, `column`) takes.
  func rowOfB(_ row: Int, _ column: Int) -> Int { isRowwise ? row : column }
}

extension BlockSum {
  /// Codes of `a * b^T + c` in blocks of ``length`` along the depth, each from the rounded result of
  /// the one before.
  ///
  /// `a` and `b` hold codes of their formats as laid out by `shape`, `c` one code an entry or none for
  /// zeros. The result equals ``definition(_:accumulator:)`` block by block.
  ///
  /// - Precondition: the counts are those of `shape`.
  public func product(
    _ a: [Int64], _ b: [Int64], c: [Int64], shape: ProductShape, path: KernelPath = .current
  ) -> [Int64] {
    precondition(a.count == shape.rows * shape.depth, "codes of a")
    precondition(b.count == shape.rowsOfB * shape.depth, "codes of b")
    precondition(c.isEmpty || c.count == shape.count, "codes of c")
    let start = c.isEmpty ? [UInt32](repeating: 0, count: shape.count) : c.map(Self.pattern)
    return product(
      BlockMatrix(a, format: self.a, rows: shape.rows, depth: shape.depth, block: length),
      BlockMatrix(b, format: self.b, rows: shape.rowsOfB, depth: shape.depth, block: length),
      start: start, isRowwise: shape.isRowwise, path: path
    ).map(Int64.init)
  }

  /// The same of matrices, from the codes `start`: every row of `left` with every row of `right`, or with
  /// its own.
  ///
  /// - Precondition: matrices of one depth in blocks of ``length``, a code of `start` a result.
  func product(
    _ left: BlockMatrix, _ right: BlockMatrix, start: [UInt32], isRowwise: Bool, path: KernelPath
  ) -> [UInt32] {
    precondition(left.depth == right.depth && left.depth % length == 0, "matrices of one depth")
    let columns = isRowwise ? 1 : right.rows
    precondition(start.count == left.rows * columns, "a code a result")
    if path == .plain {
      return start.indices.map { index in
        let (row, column) = (index / columns, index % columns)
        return defined(left, right, start[index], row, isRowwise ? row : column)
      }
    }
    var rule = hwsim_block_rule(
      length: Int32(length), fraction_bits: Int32(fractionBits),
      product_bits: Int32(self.a.mantissaBits + self.b.mantissaBits),
      exponent_bits: Int32(result.exponentBits), mantissa_bits: Int32(result.mantissaBits),
      kept_bits: Int32(keptBits), rounds_to_even: roundsToEven)
    var codes = [UInt32](repeating: 0, count: start.count)
    hwsim_block_product(
      path.lanes >= 1, &rule, left.rows, columns, left.depth, left.significands, left.exponents,
      right.significands, right.exponents, isRowwise ? 1 : 0, start, &codes)
    let top = UInt32(truncatingIfNeeded: result.infinityCode ?? 0)
    for row in 0..<left.rows {
      for column in 0..<columns {
        let index = row * columns + column
        let other = isRowwise ? row : column
        // A result that overflows is an accumulator that the next block must see as an infinity.
        if codes[index] & top == top || left.isSpecial[row] || right.isSpecial[other]
          || start[index] & top == top
        {
          codes[index] = defined(left, right, start[index], row, other)
        }
      }
    }
    return codes
  }

  private static func pattern(_ code: Int64) -> UInt32 { UInt32(truncatingIfNeeded: code) }

  /// The result of row `row` of the left and row `other` of the right, step by step.
  private func defined(
    _ left: BlockMatrix, _ right: BlockMatrix, _ start: UInt32, _ row: Int, _ other: Int
  ) -> UInt32 {
    var sum = start
    var k = 0
    repeat {
      let terms = (k..<min(k + length, left.terms)).map {
        (a: left.code(row, $0), b: right.code(other, $0))
      }
      sum = definition(terms, accumulator: sum)
      k += length
    } while k < left.terms
    return sum
  }
}
