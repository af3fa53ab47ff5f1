/// A signed two's-complement integer that fixed-point code can compute with.
///
/// `Int64` serves the common case, ``Int512`` formats that ask for more. `+`, `-` and `*` trap on
/// overflow: callers choose a type in which nothing overflows. Shifts drop bits silently.
public protocol RawInteger: Comparable, Hashable, Sendable, BitwiseCopyable,
  CustomStringConvertible
{
  static var bitWidth: Int { get }
  static var zero: Self { get }
  static var one: Self { get }
  /// The value of `source`, sign-extended.
  init(_ source: Int64)
  /// The low 64 bits, as a signed number.
  var low64: Int64 { get }
  static func + (lhs: Self, rhs: Self) -> Self
  static func - (lhs: Self, rhs: Self) -> Self
  static func * (lhs: Self, rhs: Self) -> Self
  static prefix func - (value: Self) -> Self
  static prefix func ~ (value: Self) -> Self
  static func & (lhs: Self, rhs: Self) -> Self
  static func | (lhs: Self, rhs: Self) -> Self
  /// Shift by a count of 0 or more; counts at or above the width give zero.
  static func << (lhs: Self, rhs: Int) -> Self
  /// Arithmetic shift by a count of 0 or more; counts at or above the width give the sign.
  static func >> (lhs: Self, rhs: Int) -> Self
  /// Quotient truncated toward zero.
  ///
  /// - Precondition: `divisor` is not zero.
  func quotient(dividingBy divisor: Self) -> Self
  /// Bits of the shortest two's-complement form, sign included: 1 for 0 and -1, 8 for 127.
  var significantBits: Int { get }
}

extension RawInteger {
  /// Whether bit `position` (0 is the least significant) is set; beyond the width, the sign.
  @inlinable
  public func bit(at position: Int) -> Bool { ((self >> position) & Self.one) != Self.zero }

  /// Whether any of the lowest `count` bits is set.
  @inlinable
  func hasBitsSet(below count: Int) -> Bool {
    count > 0 && (self & ~(~Self.zero << count)) != Self.zero
  }

  @inlinable
  var settingLowestBit: Self { self | Self.one }

  /// The lowest `width` bits read as a signed or an unsigned number.
  ///
  /// - Precondition: `width` is 1 or more, and below the type's width if unsigned.
  @inlinable
  public func truncated(toWidth width: Int, isSigned: Bool) -> Self {
    if isSigned {
      let spare = Self.bitWidth - width
      return spare <= 0 ? self : (self << spare) >> spare
    }
    return self & ~(~Self.zero << width)
  }

  /// The magnitude; the most negative value wraps to itself.
  @inlinable
  public var magnitudeWrapping: Self { self < Self.zero ? -self : self }
}

extension Int64: RawInteger {
  public static let one: Int64 = 1
  @inlinable public var low64: Int64 { self }
  @inlinable public func quotient(dividingBy divisor: Int64) -> Int64 {
    self.dividedReportingOverflow(by: divisor).partialValue
  }
  @inlinable public var significantBits: Int {
    64 - (self < 0 ? (~self).leadingZeroBitCount : leadingZeroBitCount) + 1
  }
}
