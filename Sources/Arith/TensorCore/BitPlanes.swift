internal import CKernels

/// Codes of `rows * depth` integers of 1 to 8 bits, split into binary planes.
///
/// This is how ABQ-LLM feeds binary tensor cores (bytedance/ABQ-LLM, commit de2e849, `engine/`): the
/// top plane of a signed operand weighs `-2^(bits - 1)`, plane s else `2^s`; bits beyond a row are
/// zero and add nothing to an AND.
public struct BitPlanes: Sendable {
  public let rows: Int
  public let depth: Int
  /// Number of planes.
  public let bits: Int
  public let isSigned: Bool
  /// `[row][plane][word]`, element k at bit k % 64.
  let words: [UInt64]
  /// Sum of each row's values.
  let rowSums: [Int64]

  /// Packs codes, row-major; signed ones in two's complement.
  ///
  /// - Throws: ``TensorCoreError/codeOutside(_:range:index:)`` for a code that the planes do not hold.
  /// - Precondition: 1 to 8 bits, `rows * depth` codes.
  public init(
    _ codes: [Int64], rows: Int, depth: Int, bits: Int, isSigned: Bool
  ) throws(TensorCoreError) {
    precondition((1...8).contains(bits) && codes.count == rows * depth, "planes of codes")
    let range = Self.range(bits: bits, isSigned: isSigned)
    var sums = [Int64](repeating: 0, count: rows)
    for (index, code) in codes.enumerated() {
      guard range.contains(code) else { throw .codeOutside(code, range: range, index: index) }
      sums[index / depth] += code
    }
    var words = [UInt64](
      repeating: 0, count: max(rows * bits * hwsim_bits_words(depth), 1))
    hwsim_bits_pack(codes, rows, depth, Int32(bits), &words)
    self.words = words
    rowSums = sums
    self.rows = rows
    self.depth = depth
    self.bits = bits
    self.isSigned = isSigned
  }

  /// Codes of `bits` bits.
  public static func range(bits: Int, isSigned: Bool) -> ClosedRange<Int64> {
    isSigned ? -(1 << Int64(bits - 1))...(1 << Int64(bits - 1)) - 1 : 0...(1 << Int64(bits)) - 1
  }

  /// Bit `plane` of each element of a row as 32-bit words with the first element in the most significant
  /// bit, the depth padded to a multiple of 128: the layout of ABQ-LLM's kernels.
  public func packedWords(plane: Int, row: Int) -> [UInt32] {
    precondition((0..<bits).contains(plane) && (0..<rows).contains(row), "a plane of a row")
    let pitch = hwsim_bits_words(depth)
    return (0..<(depth + 127) / 128 * 4).map { index in
      let word = words[(row * bits + plane) * pitch + index / 2]
      return UInt32(truncatingIfNeeded: index % 2 == 0 ? word : word >> 32).bitReversed
    }
  }
}

extension UInt32 {
  fileprivate var bitReversed: UInt32 {
    var result: UInt32 = 0
    for bit in 0..<UInt32(32) { result |= (self >> bit & 1) << (31 - bit) }
    return result
  }
}

/// A matrix product put together from products of binary planes.
public enum BitPlaneProduct {
  /// What joins two planes before their ones are counted.
  public enum Join: String, CaseIterable, Sendable { case and, xor }

  /// `sum over k of (a[i][k] - aZero[i]) * (b[j][k] - bZero[j])`, exact: [a.rows, b.rows].
  ///
  /// The planes are multiplied as they are; zero points come after, from row sums over the depth
  /// (`D - z_b * rowsum(a) - z_a * rowsum(b) + depth * z_a * z_b`). Empty zero points are zeros.
  ///
  /// - Throws: ``TensorCoreError/zeroOutside(_:index:)`` for a zero point beyond 32 bits.
  /// - Precondition: one depth of at most 2^31, zero points one a row or none.
  public static func product(
    _ a: BitPlanes, _ b: BitPlanes, aZero: [Int64] = [], bZero: [Int64] = [],
    path: KernelPath = .current
  ) throws(TensorCoreError) -> [Int64] {
    precondition(a.depth == b.depth && a.depth < 1 << 31, "operands of one depth")
    precondition(aZero.isEmpty || aZero.count == a.rows, "a zero point a row of a")
    precondition(bZero.isEmpty || bZero.count == b.rows, "a zero point a row of b")
    for (index, zero) in (aZero + bZero).enumerated() where Int32(exactly: zero) == nil {
      throw .zeroOutside(zero, index: index)
    }
    var sums = counts(a, b, join: .and, path: path)
    if aZero.isEmpty && bZero.isEmpty { return sums }
    for row in 0..<a.rows {
      for column in 0..<b.rows {
        let (za, zb) = (aZero.isEmpty ? 0 : aZero[row], bZero.isEmpty ? 0 : bZero[column])
        let index = row * b.rows + column
        // |z| < 2^31 and |row sum| < 2^39; a product of zero points times the depth may wrap.
        let correction = zb.multipliedReportingOverflow(by: a.rowSums[row])
        let other = za.multipliedReportingOverflow(by: b.rowSums[column])
        let constant = (za * zb).multipliedReportingOverflow(by: Int64(a.depth))
        if correction.overflow || other.overflow || constant.overflow {
          throw .zeroOutside(max(abs(za), abs(zb)), index: index)
        }
        sums[index] =
          sums[index] - correction.partialValue - other.partialValue
          + constant.partialValue
      }
    }
    return sums
  }

  /// The weighted counts of ones of every pair of planes: [a.rows, b.rows].
  ///
  /// - Precondition: one depth; with ``Join/xor`` both have one plane.
  public static func counts(
    _ a: BitPlanes, _ b: BitPlanes, join: Join, path: KernelPath = .current
  ) -> [Int64] {
    precondition(a.depth == b.depth, "operands of one depth")
    precondition(join == .and || (a.bits == 1 && b.bits == 1), "one plane each")
    if path == .plain { return definition(a, b, join: join) }
    var sums = [Int64](repeating: 0, count: a.rows * b.rows)
    if sums.isEmpty { return sums }
    var product = hwsim_bit_product(
      rows: a.rows, columns: b.rows, words: hwsim_bits_words(a.depth), a_planes: Int32(a.bits),
      b_planes: Int32(b.bits), a_signed: a.isSigned, b_signed: b.isSigned, is_xor: join == .xor)
    hwsim_bits_product(path.bits, &product, a.words, b.words, &sums)
    return sums
  }

  /// The definition: plane by plane, bit by bit.
  static func definition(_ a: BitPlanes, _ b: BitPlanes, join: Join) -> [Int64] {
    var sums: [Int64] = []
    let pitch = hwsim_bits_words(a.depth)
    func weight(_ planes: BitPlanes, _ plane: Int) -> Int64 {
      planes.isSigned && plane == planes.bits - 1 ? -(1 << Int64(plane)) : 1 << Int64(plane)
    }
    for row in 0..<a.rows {
      for column in 0..<b.rows {
        var sum: Int64 = 0
        for s in 0..<a.bits {
          for t in 0..<b.bits {
            var ones: Int64 = 0
            for word in 0..<pitch {
              let x = a.words[(row * a.bits + s) * pitch + word]
              let y = b.words[(column * b.bits + t) * pitch + word]
              ones += Int64((join == .and ? x & y : x ^ y).nonzeroBitCount)
            }
            sum += weight(a, s) * weight(b, t) * ones
          }
        }
        sums.append(sum)
      }
    }
    return sums
  }
}
