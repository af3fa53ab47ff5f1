import CKernels

/// A fast path for dropping bits of fixed-point codes with ties to even and saturation.
///
/// Equal to ``FixedPointFormat/cast(raw:sourceFractionBits:)`` into formats with `RND_CONV` and `SAT`.
public struct RequantizeKernel: Sendable {
  public let target: FixedPointFormat
  public let sourceFractionBits: Int
  private let shift: Int32
  private let low: Int32
  private let high: Int32

  /// The kernel for 32-bit source codes with `sourceFractionBits` fraction bits, or nil if the target
  /// has other modes, is wider than 31 bits (32 signed), or does not drop 1 to 31 bits.
  public init?(to target: FixedPointFormat, sourceFractionBits: Int) {
    let (shift, overflow) = sourceFractionBits.subtractingReportingOverflow(target.fractionBits)
    guard target.quantization == .roundTiesToEven, target.overflow == .saturate,
      target.signedWidth <= 32, !overflow, (1...31).contains(shift)
    else { return nil }
    self.target = target
    self.sourceFractionBits = sourceFractionBits
    self.shift = Int32(shift)
    low = Int32(truncatingIfNeeded: target.minimum(as: Int64.self))
    high = Int32(truncatingIfNeeded: target.maximum(as: Int64.self))
  }

  /// Writes the target code of each source code.
  ///
  /// - Precondition: `results` is as long as `codes`.
  public func requantize(_ codes: Span<Int32>, into results: inout MutableSpan<Int32>) {
    precondition(codes.count == results.count, "one result a code")
    let level = hwsim_formats_level()
    if level == 0 {
      for index in codes.indices { results[index] = plain(codes[index]) }
      return
    }
    codes.withUnsafeBufferPointer { source in
      results.withUnsafeMutableBufferPointer { target in
        guard let x = source.baseAddress, let y = target.baseAddress else { return }
        hwsim_requantize_i32_i32(x, source.count, shift, low, high, y, level)
      }
    }
  }

  /// Writes the target code of each source code in 8 bits.
  ///
  /// - Precondition: `results` is as long as `codes`; the target's codes fit in `Int8`.
  public func requantize(_ codes: Span<Int32>, into results: inout MutableSpan<Int8>) {
    precondition(codes.count == results.count, "one result a code")
    precondition(target.signedWidth <= 8, "the target's codes need more than 8 bits")
    let level = hwsim_formats_level()
    if level == 0 {
      for index in codes.indices { results[index] = Int8(truncatingIfNeeded: plain(codes[index])) }
      return
    }
    codes.withUnsafeBufferPointer { source in
      results.withUnsafeMutableBufferPointer { target in
        guard let x = source.baseAddress, let y = target.baseAddress else { return }
        hwsim_requantize_i32_i8(x, source.count, shift, low, high, y, level)
      }
    }
  }

  private func plain(_ code: Int32) -> Int32 {
    let result: Int64 = target.cast(raw: Int64(code), sourceFractionBits: sourceFractionBits)
    return Int32(truncatingIfNeeded: result)
  }
}

/// Matrix products of 16-bit codes in an accumulator whose last place is that of the products.
///
/// Products are added in the order of the inner dimension, starting from zero, and the accumulator
/// wraps or saturates after each. A wrapping sum is the same in any order, modulo `2^width`, so its
/// fast path sums modulo 2^32 first; a saturating one keeps the order and shares instructions
/// between columns only.
public struct FixedPointMatrixKernel: Sendable {
  /// Width of the accumulator in bits.
  public let width: Int
  /// `WRAP` or `SAT`.
  public let overflow: Overflow

  /// The kernel of a signed accumulator, or nil if it is wider than 32 bits (wrapping) or 30 bits
  /// (saturating), or has another overflow mode.
  public init?(width: Int, overflow: Overflow) {
    switch overflow {
    case .wrap: guard (1...32).contains(width) else { return nil }
    case .saturate: guard (1...30).contains(width) else { return nil }
    case .saturateToZero, .saturateSymmetric, .wrapSignMagnitude, .numericStandard: return nil
    }
    self.width = width
    self.overflow = overflow
  }

  /// Writes `a * b^T`: `a` is rows * inner, `b` is columns * inner, `results` rows * columns, all
  /// row-major.
  ///
  /// - Precondition: the lengths are these products.
  /// - Complexity: O(rows * columns * inner); the saturating kernel copies `b` once.
  public func multiply(
    _ a: Span<Int16>, _ b: Span<Int16>, rows: Int, columns: Int, inner: Int,
    into results: inout MutableSpan<Int32>
  ) {
    precondition(
      rows >= 0 && columns >= 0 && inner >= 0 && a.count == rows * inner
        && b.count == columns * inner && results.count == rows * columns,
      "matrix sizes do not match")
    let level = hwsim_formats_level()
    if level == 0 {
      multiplyPlainly(a, b, rows: rows, columns: columns, inner: inner, into: &results)
      return
    }
    if overflow == .wrap {
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          results.withUnsafeMutableBufferPointer { out in
            hwsim_matmul_wrap_i16(
              a.baseAddress, b.baseAddress, rows, columns, inner, Int32(width), out.baseAddress,
              level)
          }
        }
      }
      return
    }
    var transposed = [Int16](repeating: 0, count: b.count)
    for column in 0..<columns {
      for index in 0..<inner { transposed[index * columns + column] = b[column * inner + index] }
    }
    a.withUnsafeBufferPointer { a in
      transposed.withUnsafeBufferPointer { b in
        results.withUnsafeMutableBufferPointer { out in
          hwsim_matmul_saturate_i16(
            a.baseAddress, b.baseAddress, rows, columns, inner, -(1 << Int32(width - 1)),
            (1 << Int32(width - 1)) - 1, out.baseAddress, level)
        }
      }
    }
  }

  /// The definition: one cast a term.
  private func multiplyPlainly(
    _ a: Span<Int16>, _ b: Span<Int16>, rows: Int, columns: Int, inner: Int,
    into results: inout MutableSpan<Int32>
  ) {
    guard
      let accumulator = try? FixedPointFormat(
        width: width, integerBits: width, overflow: overflow, dialect: .plain)
    else { return }
    for row in 0..<rows {
      for column in 0..<columns {
        var sum: Int64 = 0
        for index in 0..<inner {
          let product = Int64(a[row * inner + index]) * Int64(b[column * inner + index])
          sum = accumulator.cast(raw: sum + product, sourceFractionBits: 0)
        }
        results[row * columns + column] = Int32(truncatingIfNeeded: sum)
      }
    }
  }
}
