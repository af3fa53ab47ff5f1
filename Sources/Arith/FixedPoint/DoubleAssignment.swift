/// The assignment of doubles to one fixed-point type of at most 62 bits, prepared for many values.
///
/// Equal to ``FixedPointFormat/cast(_:as:)``: doubles whose scaled magnitude stays below 2^51 are
/// split exactly into floor and fraction; every other value takes the definition's path.
public struct DoubleAssignment: Sendable {
  public let format: FixedPointFormat
  private let scale: Double
  private let minimum: Int64
  private let maximum: Int64
  private let isFast: Bool

  /// - Precondition: `format.signedWidth` is at most 63.
  public init(to format: FixedPointFormat) {
    precondition(format.signedWidth <= 63, "codes fit in 63 bits")
    self.format = format
    minimum = format.minimum()
    maximum = format.maximum()
    // Scaling by a power of two is exact while the exponent stays in range.
    isFast = abs(format.fractionBits) <= 500
    scale = isFast ? Double(sign: .plus, exponent: format.fractionBits, significand: 1) : 1
  }

  /// The code that assigning `value` gives.
  @inline(__always)
  public func callAsFunction(_ value: Double) -> Int64 {
    let scaled = value * scale
    guard isFast, scaled.magnitude < 0x1p51, value.isNormal || value == 0 else {
      return exactly(value)
    }
    // |scaled| < 2^51: conversion truncates toward zero, one step down makes it a floor.
    var floor = Int64(scaled)
    var fraction = scaled - Double(floor)
    if fraction < 0 {
      floor -= 1
      fraction += 1
    }
    if fraction != 0 {
      if scaled < 0 && scaled > -0x1p-40 { return exactly(value) }
      let up: Bool
      switch format.quantization {
      case .truncate: up = false
      case .round: up = fraction >= 0.5
      case .roundTiesToEven: up = fraction > 0.5 || (fraction == 0.5 && floor & 1 != 0)
      default: return exactly(value)
      }
      if up { floor += 1 }
    }
    if floor >= minimum && floor <= maximum && format.overflow != .saturateSymmetric {
      return floor
    }
    return exactly(value)
  }

  @inline(never)
  private func exactly(_ value: Double) -> Int64 { format.cast(value, as: Int512.self).low64 }
}
