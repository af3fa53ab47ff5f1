/// What an arithmetic unit computes; `rawValue` is the word of the command line.
public enum UnitOperation: String, CaseIterable, Hashable, Sendable {
  /// `a` in another encoding.
  case cast
  /// `-a` and `|a|`.
  case neg, abs
  case add, sub, mul, div
  /// `a * b + c` with one rounding.
  case fma
  /// The sum over the last axis of `a * b`, plus `c` if given.
  case dot
  /// `a * multiplier * 2^-shift`, a dyadic requantization.
  case requantize
  /// The smaller or larger operand; a number wins over a NaN (IEEE 754-2019, 9.6, minimumNumber).
  case min, max
  /// 1 or 0; every comparison with a NaN is 0, except `ne`.
  case lt, le, gt, ge, eq, ne

  /// Names of the operands.
  public var operands: [String] {
    switch self {
    case .cast, .neg, .abs, .requantize: ["a"]
    case .add, .sub, .mul, .div, .min, .max, .lt, .le, .gt, .ge, .eq, .ne: ["a", "b"]
    case .fma: ["a", "b", "c"]
    case .dot: ["a", "b"]
    }
  }

  /// Operands that may be left out.
  public var optionalOperands: [String] { self == .dot ? ["c"] : [] }
}

/// Where a dot product's running sum lives.
public enum Accumulator: Hashable, Sendable {
  /// An exact register; the result is rounded once.
  case exact
  /// A register of this encoding: each step rounds `sum + product` into it, in order, starting from
  /// `c` or zero. A fixed-point register wraps or saturates as its modes say; a float register
  /// makes a chain of fused multiply-adds.
  case rounded(CastRule)
}

/// A dyadic factor `multiplier * 2^-shift`.
public struct DyadicFactor: Hashable, Sendable {
  public let multiplier: Int64
  public let shift: Int

  /// - Throws: ``FormatError/parameterOutOfRange(_:value:allowed:)`` if the shift is outside
  ///   -256...256.
  public init(multiplier: Int64, shift: Int) throws(FormatError) {
    guard (-256...256).contains(shift) else {
      throw .parameterOutOfRange("shift", value: shift, allowed: -256...256)
    }
    self.multiplier = multiplier
    self.shift = shift
  }
}
