/// Values as blocks of GGUF's simple types.
///
/// The rules of the gguf package 0.19 (`quantize_blocks`), step by step in float32.
extension GGUFType {
  /// Whether ``encode(_:into:)`` knows the type.
  public var isEncodable: Bool {
    switch name {
    case "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4":
      true
    default: false
    }
  }

  /// The block of `values`.
  ///
  /// - Parameters:
  ///   - values: ``block`` finite values.
  ///   - bytes: receives ``bytes`` bytes.
  /// - Returns: false if the type is not encodable.
  /// - Precondition: `values` has the block's size.
  public func encode(_ values: ArraySlice<Float>, into bytes: inout [UInt8]) -> Bool {
    precondition(values.count == block, "a block has \(block) values")
    let writer = GGUFWriter(values: Array(values))
    switch name {
    case "F32": for value in values { GGUFWriter.append(value.bitPattern, to: &bytes) }
    case "F16": for value in values { GGUFWriter.append(half: value, to: &bytes) }
    case "BF16":
      for value in values {
        // Ties to even on the upper half; a NaN stays one.
        let bits = value.bitPattern
        let rounded =
          value.isNaN ? bits | 0x0040_0000 : bits &+ 0x7FFF &+ (bits >> 16 & 1)
        GGUFWriter.append(UInt16(truncatingIfNeeded: rounded >> 16), to: &bytes)
      }
    case "Q4_0": writer.symmetric(half: 8, into: &bytes)
    case "Q5_0": writer.symmetric(half: 16, into: &bytes)
    case "Q4_1": writer.ranged(levels: 15, into: &bytes)
    case "Q5_1": writer.ranged(levels: 31, into: &bytes)
    case "Q8_0": writer.q8(into: &bytes)
    case "TQ1_0": writer.tq1(into: &bytes)
    case "TQ2_0": writer.tq2(into: &bytes)
    case "MXFP4": writer.mxfp4(into: &bytes)
    default: return false
    }
    return true
  }
}

struct GGUFWriter {
  let values: [Float]

  static func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
    for index in 0..<value.bitWidth / 8 {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
    }
  }

  static func append(half value: Float, to bytes: inout [UInt8]) {
    append(Float16(value).bitPattern, to: &bytes)
  }

  private var largestMagnitude: Float {
    values.reduce(0) { Swift.max($0, $1.magnitude) }
  }

  private static func inverse(_ scale: Float) -> Float { scale == 0 ? 0 : 1 / scale }

  private static func code(_ value: Float, _ limit: Int) -> Int {
    // What is no number has no code of its own; it takes the lowest.
    value.isFinite ? min(max(Int(value.rounded(.towardZero)), 0), limit) : 0
  }

  /// Codes of 4 bits, low halves first, and a fifth bit of each before them.
  private static func append(_ codes: [Int], hasHighBits: Bool, to bytes: inout [UInt8]) {
    if hasHighBits {
      var high: UInt32 = 0
      for (index, code) in codes.enumerated() { high |= UInt32(code >> 4) << UInt32(index) }
      append(high, to: &bytes)
    }
    for index in 0..<16 { bytes.append(UInt8(codes[index] & 15 | (codes[index + 16] & 15) << 4)) }
  }

  /// The value of the largest magnitude, the first of several, becomes the lowest code.
  func symmetric(half: Int, into bytes: inout [UInt8]) {
    var extreme = values[0]
    for value in values where value.magnitude > extreme.magnitude { extreme = value }
    let scale = extreme / Float(-half)
    let inverse = Self.inverse(scale)
    let codes = values.map { Self.code($0 * inverse + (Float(half) + 0.5), 2 * half - 1) }
    Self.append(half: scale, to: &bytes)
    Self.append(codes, hasHighBits: half == 16, to: &bytes)
  }

  func ranged(levels: Int, into bytes: inout [UInt8]) {
    let highest = values.reduce(values[0]) { Swift.max($0, $1) }
    let lowest = values.reduce(values[0]) { Swift.min($0, $1) }
    let scale = (highest - lowest) / Float(levels)
    let inverse = Self.inverse(scale)
    let codes = values.map { Self.code(($0 - lowest) * inverse + 0.5, levels) }
    Self.append(half: scale, to: &bytes)
    Self.append(half: lowest, to: &bytes)
    Self.append(codes, hasHighBits: levels == 31, to: &bytes)
  }

  /// Half away from zero.
  private static func rounded(_ value: Float) -> Int {
    let magnitude = value.magnitude
    let floor = magnitude.rounded(.down)
    let result = floor + (2 * (magnitude - floor)).rounded(.down)
    guard result.isFinite else { return 0 }
    return Int(value < 0 ? -result : result)
  }

  func q8(into bytes: inout [UInt8]) {
    let scale = largestMagnitude / 127
    let inverse = Self.inverse(scale)
    Self.append(half: scale, to: &bytes)
    for value in values {
      bytes.append(UInt8(truncatingIfNeeded: Self.rounded(value * inverse)))
    }
  }

  private var trits: [Int] {
    let inverse = Self.inverse(largestMagnitude)
    return values.map { min(max(Self.rounded($0 * inverse), -1), 1) + 1 }
  }

  func tq1(into bytes: inout [UInt8]) {
    let trits = trits
    var first = 0
    for (width, digits) in [(32, 5), (16, 5), (4, 4)] {
      for column in 0..<width {
        var number = 0
        for digit in 0..<5 {
          number = number * 3 + (digit < digits ? trits[first + digit * width + column] : 0)
        }
        bytes.append(UInt8((number * 256 + 242) / 243))
      }
      first += width * digits
    }
    Self.append(half: largestMagnitude, to: &bytes)
  }

  func tq2(into bytes: inout [UInt8]) {
    let trits = trits
    for index in 0..<64 {
      let base = index / 32 * 128 + index % 32
      bytes.append(
        UInt8(
          trits[base] | trits[base + 32] << 2 | trits[base + 64] << 4 | trits[base + 96] << 6))
    }
    Self.append(half: largestMagnitude, to: &bytes)
  }

  func mxfp4(into bytes: inout [UInt8]) {
    let largest = largestMagnitude
    var exponent = 0
    if largest > 0, largest.isFinite {
      var power = Int(largest.exponent)
      // The exponent is that of the logarithm in float32: just below a power of two it rounds up.
      let above = Float(power + 1)
      let distance = Double(2 - largest.significand) / (2 * 0.693_147_180_559_945_3)
      if distance <= Double(above - above.nextDown) / 2 { power += 1 }
      exponent = min(max(power - 2 + 127, 0), 255)
    }
    let scale = GGUFBlock.halfPower(exponent)
    let codes = values.map { value in
      var (best, least) = (0, Float.infinity)
      for (code, level) in GGUFBlock.doubledE2M1.enumerated() {
        let error = (scale * level - value).magnitude
        if error < least { (best, least) = (code, error) }
      }
      return best
    }
    bytes.append(UInt8(exponent))
    Self.append(codes, hasHighBits: false, to: &bytes)
  }
}
