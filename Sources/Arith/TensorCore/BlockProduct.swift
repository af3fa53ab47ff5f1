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
    if path == .plain { return definedProduct(a, b, start, shape) }
    let left = BlockOperand(a, format: self.a, rows: shape.rows, depth: shape.depth, block: length)
    let right = BlockOperand(
      b, format: self.b, rows: shape.rowsOfB, depth: shape.depth, block: length)
    var rule = hwsim_block_rule(
      length: Int32(length), fraction_bits: Int32(fractionBits),
      product_bits: Int32(self.a.mantissaBits + self.b.mantissaBits),
      exponent_bits: Int32(result.exponentBits), mantissa_bits: Int32(result.mantissaBits),
      kept_bits: Int32(keptBits), rounds_to_even: roundsToEven)
    var codes = [UInt32](repeating: 0, count: shape.count)
    hwsim_block_product(
      path.lanes >= 1, &rule, shape.rows, shape.columns, left.depth, left.significands,
      left.exponents, right.significands, right.exponents, shape.isRowwise ? 1 : 0, start, &codes)
    redefineSpecials(&codes, left, right, a, b, start, shape)
    return codes.map(Int64.init)
  }

  private static func pattern(_ code: Int64) -> UInt32 { UInt32(truncatingIfNeeded: code) }

  /// Entries that meet an infinity or a NaN, by definition.
  private func redefineSpecials(
    _ codes: inout [UInt32], _ left: BlockOperand, _ right: BlockOperand, _ a: [Int64],
    _ b: [Int64], _ start: [UInt32], _ shape: ProductShape
  ) {
    let top = UInt32(truncatingIfNeeded: result.infinityCode ?? 0)
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        let index = row * shape.columns + column
        // A result that overflows is an accumulator that the next block must see as an infinity.
        let overflows = codes[index] & top == top
        if overflows || left.isSpecial[row] || right.isSpecial[shape.rowOfB(row, column)]
          || start[index] & top == top
        {
          codes[index] = defined(a, b, start[index], row, shape.rowOfB(row, column), shape.depth)
        }
      }
    }
  }

  private func definedProduct(
    _ a: [Int64], _ b: [Int64], _ start: [UInt32], _ shape: ProductShape
  ) -> [Int64] {
    var codes: [Int64] = []
    codes.reserveCapacity(shape.count)
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        let index = row * shape.columns + column
        codes.append(
          Int64(defined(a, b, start[index], row, shape.rowOfB(row, column), shape.depth)))
      }
    }
    return codes
  }

  /// Entry of row `row` of a and row `other` of b, step by step.
  private func defined(
    _ a: [Int64], _ b: [Int64], _ start: UInt32, _ row: Int, _ other: Int, _ depth: Int
  ) -> UInt32 {
    var sum = start
    var k = 0
    repeat {
      let terms = (k..<min(k + length, depth)).map {
        (a: UInt64(bitPattern: a[row * depth + $0]), b: UInt64(bitPattern: b[other * depth + $0]))
      }
      sum = definition(terms, accumulator: sum)
      k += length
    } while k < depth
    return sum
  }
}

/// Codes taken apart into signed significands and exponents, rows padded with zeros to whole blocks.
private struct BlockOperand {
  let significands: [Int32]
  let exponents: [Int32]
  /// Whether a row holds an infinity or a NaN.
  let isSpecial: [Bool]
  /// Terms of a padded row; one block at least, which an accumulator goes through in any case.
  let depth: Int

  init(_ codes: [Int64], format: FloatFormat, rows: Int, depth: Int, block: Int) {
    let padded = max((depth + block - 1) / block, 1) * block
    var significands = [Int32](repeating: 0, count: rows * padded)
    var exponents = [Int32](repeating: HWSIM_NO_EXPONENT, count: rows * padded)
    var isSpecial = [Bool](repeating: false, count: rows)
    for row in 0..<rows {
      for k in 0..<depth {
        let number: ExactNumber<Int128> = format.decode(UInt64(bitPattern: codes[row * depth + k]))
        guard number.isFinite else {
          isSpecial[row] = true
          continue
        }
        if number.isZero { continue }
        significands[row * padded + k] = Int32(truncatingIfNeeded: number.significand.low64)
        exponents[row * padded + k] = Int32(number.exponent + format.mantissaBits)
      }
    }
    self.significands = significands
    self.exponents = exponents
    self.isSpecial = isSpecial
    self.depth = padded
  }
}
