/// Rows of floating-point numbers as a unit multiplies them.
///
/// The terms of a row stand in the order in which blocks take them. Where bytes are converted in pairs
/// (``TensorCoreRule/convertsPairs``) every 32 terms are an instruction of their own, those with k mod 4
/// in {0, 1} before those in {2, 3}.
public struct TensorCoreMatrix: Sendable {
  /// One, or one an instruction.
  private let slices: [BlockMatrix]

  init(
    _ rule: TensorCoreRule, _ sum: BlockSum, _ numbers: BlockNumbers, starts: [Int],
    offsets: [Int]
  ) {
    guard rule.convertsPairs else {
      slices = [BlockMatrix(numbers, starts: starts, offsets: offsets, block: sum.length)]
      return
    }
    let order = (0..<32).filter { $0 % 4 < 2 } + (0..<32).filter { $0 % 4 >= 2 }
    slices = stride(from: 0, to: max(offsets.count, 1), by: 32).map { first in
      // Terms beyond the depth are zeros.
      BlockMatrix(
        numbers, starts: starts,
        offsets: order.map { first + $0 < offsets.count ? offsets[first + $0] : -1 },
        block: sum.length)
    }
  }

  /// Codes of the products with another matrix's rows, added to the codes `start`.
  ///
  /// Converted pairs start from zero in each instruction; the accumulator is added by one ordinary
  /// addition, rounded to nearest.
  func codes(
    times other: TensorCoreMatrix, _ rule: TensorCoreRule, _ sum: BlockSum, start: [UInt32],
    isRowwise: Bool, path: KernelPath
  ) -> [UInt32] {
    guard rule.convertsPairs else {
      return sum.product(
        slices[0], other.slices[0], start: start, isRowwise: isRowwise, path: path)
    }
    var totals = start
    let zeros = [UInt32](repeating: 0, count: start.count)
    for (left, right) in zip(slices, other.slices) {
      let products = sum.product(left, right, start: zeros, isRowwise: isRowwise, path: path)
      for index in totals.indices { totals[index] = sum.added(products[index], totals[index]) }
    }
    return totals
  }
}

extension BlockSum {
  /// One addition of two codes of the result, rounded to nearest, ties to even; zeros are positive.
  fileprivate func added(_ x: UInt32, _ y: UInt32) -> UInt32 {
    if result == .float16 {
      // Float32 holds enough bits of a sum of halves for one more rounding to be harmless.
      let total =
        Float(Float16(bitPattern: UInt16(truncatingIfNeeded: x)))
        + Float(Float16(bitPattern: UInt16(truncatingIfNeeded: y)))
      return total.isNaN ? nanCode : total == 0 ? 0 : UInt32(Float16(total).bitPattern)
    }
    let total = Float(bitPattern: x) + Float(bitPattern: y)
    return total.isNaN ? nanCode : total == 0 ? 0 : total.bitPattern
  }
}

extension TensorCoreUnit {
  /// An operand of a product.
  public enum Side: Sendable { case a, b }

  private var blocks: (rule: TensorCoreRule, sum: BlockSum) {
    guard case .blocks(let rule, let sum) = arithmetic else {
      preconditionFailure("floating-point operands")
    }
    return (rule, sum)
  }

  /// Float32 numbers rounded to an operand's format; see ``BlockNumbers/init(_:format:)``.
  ///
  /// - Precondition: the unit is one of floating-point blocks.
  public func numbers(_ values: UnsafeBufferPointer<Float>, for side: Side) -> BlockNumbers {
    BlockNumbers(values, format: side == .a ? blocks.sum.a : blocks.sum.b)
  }

  /// Rows of an operand: row i has the numbers at `starts[i] + offsets[k]`, k the order of the sum.
  ///
  /// - Precondition: the places are those of numbers, and the unit is one of floating-point blocks.
  public func matrix(_ numbers: BlockNumbers, starts: [Int], offsets: [Int]) -> TensorCoreMatrix {
    TensorCoreMatrix(blocks.rule, blocks.sum, numbers, starts: starts, offsets: offsets)
  }

  /// The sums of every row of `a` with every row of `b`, from zero: [rows of a, rows of b].
  ///
  /// - Precondition: matrices of this unit with rows of one length.
  public func sums(
    _ a: TensorCoreMatrix, _ b: TensorCoreMatrix, path: KernelPath = .current
  ) -> [Float] {
    let (rule, sum) = blocks
    let codes = a.codes(
      times: b, rule, sum, start: [UInt32](repeating: 0, count: a.rows * b.rows),
      isRowwise: false, path: path)
    return sum.result == .float16
      ? codes.map { Float(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) }
      : codes.map { Float(bitPattern: $0) }
  }
}

extension TensorCoreMatrix {
  var rows: Int { slices[0].rows }
}
