extension Int128: RawInteger {
  public static let one: Int128 = 1
  @inlinable public var low64: Int64 { Int64(truncatingIfNeeded: self) }
  @inlinable public func quotient(dividingBy divisor: Int128) -> Int128 {
    self.dividedReportingOverflow(by: divisor).partialValue
  }
  @inlinable public var significantBits: Int {
    128 - (self < 0 ? ~self : self).leadingZeroBitCount + 1
  }
}

extension RawInteger {
  /// The value of `source`, not sign-extended.
  ///
  /// - Precondition: the type is wider than 64 bits, or `source` is below 2^63.
  @inlinable
  public init(unsigned source: UInt64) {
    if source <= UInt64(Int64.max) {
      self.init(Int64(source))
    } else {
      self = (Self(Int64(source >> 32)) << 32) | Self(Int64(source & 0xffff_ffff))
    }
  }
}
