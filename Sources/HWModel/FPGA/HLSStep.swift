import Arith

/// A node of hls4ml's C-simulation as its definition: one sample, one step at a time.
///
/// `Raw` is wide enough for every exact intermediate; see ``HLSWidth``. Conformers are the
/// specification that fast kernels are tested against. Source of each rule: the C++ templates of
/// hls4ml 1.3 (`nnet_utils`), whose loops they state in index form.
protocol HLSStep<Raw>: Sendable {
  associatedtype Raw: RawInteger
  /// The outputs' raw codes for one sample.
  ///
  /// - Precondition: `inputs` are the data operands' codes, in range of their formats.
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]]
}

/// An assignment to a fixed-point type, with the source's fraction bits known.
struct Assignment: Hashable, Sendable {
  let format: FixedPointFormat
  let sourceFractionBits: Int

  init(to format: FixedPointFormat, fromFractionBits sourceFractionBits: Int) {
    self.format = format
    self.sourceFractionBits = sourceFractionBits
  }

  @inline(__always)
  func callAsFunction<Raw: RawInteger>(_ raw: Raw) -> Raw {
    format.cast(raw: raw, sourceFractionBits: sourceFractionBits)
  }

  /// The assignment of a node's result, counted.
  @inline(__always)
  func result<Raw: RawInteger>(_ raw: Raw, events: inout NodeEvents) -> Raw {
    let result = format.castReporting(raw: raw, sourceFractionBits: sourceFractionBits)
    events.results += 1
    if result.isInexact { events.roundedResults += 1 }
    if result.isOverflow {
      events.overflowedResults += 1
      let shift = sourceFractionBits - format.fractionBits
      let bits = max(raw.significantBits - shift, 1) - (format.isSigned ? 0 : 1)
      events.resultBitsNeeded = max(events.resultBitsNeeded, bits)
    }
    return result.raw
  }

  /// Bits that the exact value and its alignment take, from a source of `sourceBits` signed bits.
  func width(sourceBits: Int) -> Int {
    let shift = format.fractionBits - sourceFractionBits
    // A shift by the whole width or more is decided without shifting.
    let aligned = sourceBits + (shift > 0 && shift < format.width ? shift : 0)
    return max(aligned, format.signedWidth) + 1
  }
}

/// A constant of C++ type `int` assigned to a fixed-point type.
extension FixedPointFormat {
  func assigning(integer value: Int64) -> Int512 {
    cast(raw: Int512(value), sourceFractionBits: 0)
  }
}

extension RawInteger {
  /// The value of `source` in this type.
  ///
  /// - Precondition: it fits.
  init(narrowing source: Int512) {
    if Self.bitWidth == 64 {
      precondition(source.significantBits <= 64, "value does not fit in 64 bits")
      self = Self(source.low64)
      return
    }
    var value = Self.zero
    for limb in stride(from: 7, through: 0, by: -1) {
      let bits = source.limb(at: limb)
      value = (value << 32) | Self(Int64(bits >> 32))
      value = (value << 32) | Self(Int64(bits & 0xffff_ffff))
    }
    self = value
  }
}

/// The widest exact intermediate of a node, in signed bits.
struct HLSWidth {
  private(set) var bits = 1

  mutating func include(_ other: Int) { bits = max(bits, other) }

  /// An assignment to `format` of a value of `sourceBits` signed bits.
  mutating func include(_ format: FixedPointFormat, sourceFractionBits: Int, sourceBits: Int) {
    include(Assignment(to: format, fromFractionBits: sourceFractionBits), sourceBits: sourceBits)
  }

  /// An assignment of a value of `sourceBits` signed bits.
  mutating func include(_ assignment: Assignment, sourceBits: Int) {
    include(assignment.width(sourceBits: sourceBits))
  }
}
