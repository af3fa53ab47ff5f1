/// Blocks of GGUF as values.
///
/// Layouts are those of github ggml-org/ggml, src/ggml-common.h (`block_q4_K` and so on) and
/// docs/gguf.md; each value is formed in float32 in the order of its dequantization there, so that
/// results are equal bit for bit.
extension GGUFType {
  /// Whether ``decode(_:into:)`` knows the type.
  public var isDecodable: Bool {
    switch name {
    case "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K",
      "Q5_K", "Q6_K", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ1_S", "IQ1_M", "IQ4_NL",
      "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4":
      true
    default: false
    }
  }

  /// Values of one block.
  ///
  /// - Parameters:
  ///   - bytes: the block, ``bytes`` of them.
  ///   - values: receives ``block`` values.
  /// - Returns: false if the type is not decodable.
  /// - Precondition: `bytes` has the block's size.
  public func decode(_ bytes: ArraySlice<UInt8>, into values: inout [Float]) -> Bool {
    precondition(bytes.count == self.bytes, "a block has \(self.bytes) bytes")
    let block = GGUFBlock(bytes)
    switch name {
    case "F32": values.append(Float(bitPattern: block.word(0)))
    case "F16": values.append(block.half(0))
    case "BF16": values.append(Float(bitPattern: UInt32(block.pair(0)) << 16))
    case "Q4_0": block.nibbles(at: 2, count: 16) { values.append(block.half(0) * Float($0 - 8)) }
    case "Q4_1":
      let (d, m) = (block.half(0), block.half(2))
      block.nibbles(at: 4, count: 16) { values.append(d * Float($0) + m) }
    case "Q5_0":
      let (d, high) = (block.half(0), block.word(2))
      var place: UInt32 = 0
      block.nibbles(at: 6, count: 16) {
        values.append(d * Float(($0 | Int(high >> place & 1) << 4) - 16))
        place += 1
      }
    case "Q5_1":
      let (d, m, high) = (block.half(0), block.half(2), block.word(4))
      var place: UInt32 = 0
      block.nibbles(at: 8, count: 16) {
        values.append(d * Float($0 | Int(high >> place & 1) << 4) + m)
        place += 1
      }
    case "Q8_0":
      let d = block.half(0)
      for index in 0..<32 { values.append(Float(block.signed(2 + index)) * d) }
    case "Q2_K": block.q2K(into: &values)
    case "Q3_K": block.q3K(into: &values)
    case "Q4_K": block.q4K(into: &values)
    case "Q5_K": block.q5K(into: &values)
    case "Q6_K": block.q6K(into: &values)
    case "IQ2_XXS": block.iq2xxs(into: &values)
    case "IQ2_XS": block.iq2xs(into: &values)
    case "IQ2_S": block.iq2s(into: &values)
    case "IQ3_XXS": block.iq3xxs(into: &values)
    case "IQ3_S": block.iq3s(into: &values)
    case "IQ1_S": block.iq1s(into: &values)
    case "IQ1_M": block.iq1m(into: &values)
    case "IQ4_NL":
      let d = block.half(0)
      block.nibbles(at: 2, count: 16) { values.append(d * GGUFBlock.nonlinear[$0]) }
    case "IQ4_XS": block.iq4xs(into: &values)
    case "TQ1_0": block.tq1(into: &values)
    case "TQ2_0":
      let d = block.half(64)
      for row in 0..<8 {
        for column in 0..<32 {
          let code = block[row / 4 * 32 + column] >> (2 * (row % 4)) & 3
          values.append(d * Float(code - 1))
        }
      }
    case "MXFP4":
      let d = GGUFBlock.halfPower(block[0])
      block.nibbles(at: 1, count: 16) { values.append(d * GGUFBlock.doubledE2M1[$0]) }
    case "NVFP4":
      for part in 0..<4 {
        let d = GGUFBlock.halfE4M3(block[part])
        block.nibbles(at: 4 + 8 * part, count: 8) {
          values.append(d * GGUFBlock.doubledE2M1[$0])
        }
      }
    default: return false
    }
    return true
  }
}

/// Bytes of one block and the numbers in them, little-endian.
struct GGUFBlock {
  private let bytes: ArraySlice<UInt8>
  private let start: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    start = bytes.startIndex
  }

  subscript(index: Int) -> Int { Int(bytes[start + index]) }

  func signed(_ index: Int) -> Int8 { Int8(bitPattern: bytes[start + index]) }

  func pair(_ index: Int) -> UInt16 { UInt16(self[index]) | UInt16(self[index + 1]) << 8 }

  func word(_ index: Int) -> UInt32 { UInt32(pair(index)) | UInt32(pair(index + 2)) << 16 }

  func half(_ index: Int) -> Float { Float(Float16(bitPattern: pair(index))) }

  /// Low halves of `count` bytes, then their high halves.
  func nibbles(at offset: Int, count: Int, _ body: (Int) -> Void) {
    for index in 0..<count { body(self[offset + index] & 15) }
    for index in 0..<count { body(self[offset + index] >> 4) }
  }

  /// Levels of IQ4_NL and IQ4_XS.
  static let nonlinear: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  /// Values of E2M1, doubled.
  static let doubledE2M1: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

  /// Half of a power of two with the exponent code of E8M0.
  static func halfPower(_ code: Int) -> Float {
    Float(bitPattern: code < 2 ? 0x0020_0000 << UInt32(code) : UInt32(code - 1) << 23)
  }

  /// Half of an unsigned E4M3 value; its NaN and its zero are 0.
  static func halfE4M3(_ code: Int) -> Float {
    guard code != 0, code != 0x7F else { return 0 }
    let (exponent, mantissa) = (code >> 3 & 15, Float(code & 7))
    let value =
      exponent == 0
      ? mantissa * 0x1p-9
      : (1 + mantissa / 8) * Float(sign: .plus, exponent: exponent - 7, significand: 1)
    return value * 0.5
  }
}

extension GGUFBlock {
  /// 16 scales and minima of 4 bits, codes of 2 bits, two halves.
  func q2K(into values: inout [Float]) {
    let (d, least) = (half(80), half(82))
    for row in 0..<8 {
      for column in 0..<32 {
        let scale = self[(row * 32 + column) / 16]
        let code = self[16 + row / 4 * 32 + column] >> (2 * (row % 4)) & 3
        values.append(d * Float(scale & 15) * Float(code) - least * Float(scale >> 4))
      }
    }
  }

  /// High bits (inverted), codes of 2 bits, 16 scales of 6 bits, a half.
  func q3K(into values: inout [Float]) {
    let d = half(108)
    let scales = (0..<16).map { index in
      let low = self[96 + index % 8] >> (index < 8 ? 0 : 4) & 15
      let high = self[104 + index % 4] >> (2 * (index / 4)) & 3
      return d * Float((low | high << 4) - 32)
    }
    for row in 0..<8 {
      for column in 0..<32 {
        let low = self[32 + row / 4 * 32 + column] >> (2 * (row % 4)) & 3
        let isHigh = self[column] >> row & 1
        values.append(scales[(row * 32 + column) / 16] * Float(low - (isHigh ^ 1) << 2))
      }
    }
  }

  /// Eight scales and eight minima of 6 bits in twelve bytes.
  private func scalesAndMinima(at offset: Int) -> (scales: [Int], minima: [Int]) {
    var (scales, minima): ([Int], [Int]) = ([], [])
    for index in 0..<4 {
      scales.append(self[offset + index] & 63)
      minima.append(self[offset + 4 + index] & 63)
    }
    for index in 0..<4 {
      let low = self[offset + 8 + index]
      scales.append(low & 15 | self[offset + index] >> 2 & 48)
      minima.append(low >> 4 | self[offset + 4 + index] >> 2 & 48)
    }
    return (scales, minima)
  }

  func q4K(into values: inout [Float]) {
    let (d, least) = (half(0), half(2))
    let (scales, minima) = scalesAndMinima(at: 4)
    for row in 0..<8 {
      let (scale, minimum) = (d * Float(scales[row]), least * Float(minima[row]))
      for column in 0..<32 {
        let code = self[16 + row / 2 * 32 + column] >> (4 * (row % 2)) & 15
        values.append(scale * Float(code) - minimum)
      }
    }
  }

  func q5K(into values: inout [Float]) {
    let (d, least) = (half(0), half(2))
    let (scales, minima) = scalesAndMinima(at: 4)
    for row in 0..<8 {
      let (scale, minimum) = (d * Float(scales[row]), least * Float(minima[row]))
      for column in 0..<32 {
        let low = self[48 + row / 2 * 32 + column] >> (4 * (row % 2)) & 15
        let code = low | (self[16 + column] >> row & 1) << 4
        values.append(scale * Float(code) - minimum)
      }
    }
  }

  /// Low and high bits of codes of 6 bits, 16 signed scales, a half.
  func q6K(into values: inout [Float]) {
    let d = half(208)
    for row in 0..<8 {
      let low = row / 4 * 64 + row % 2 * 32
      for column in 0..<32 {
        let code =
          self[low + column] >> (row % 4 < 2 ? 0 : 4) & 15
          | (self[128 + row / 4 * 32 + column] >> (2 * (row % 4)) & 3) << 4
        let scale = d * Float(signed(192 + (row * 32 + column) / 16))
        values.append(scale * Float(code - 32))
      }
    }
  }

  func iq4xs(into values: inout [Float]) {
    let (d, high) = (half(0), Int(pair(2)))
    for row in 0..<8 {
      let low = self[4 + row / 2] >> (4 * (row % 2)) & 15
      let scale = d * Float((low | (high >> (2 * row) & 3) << 4) - 32)
      nibbles(at: 8 + 16 * row, count: 16) { values.append(scale * Self.nonlinear[$0]) }
    }
  }

  /// Base-3 digits: five a byte, or four in the last four bytes.
  func tq1(into values: inout [Float]) {
    let d = half(52)
    for (offset, width, digits) in [(0, 32, 5), (32, 16, 5), (48, 4, 4)] {
      var factor = 1
      for _ in 0..<digits {
        for column in 0..<width {
          let shifted = self[offset + column] * factor & 255
          values.append(d * Float((shifted * 3) >> 8 - 1))
        }
        factor *= 3
      }
    }
  }

  // MARK: Codebooks

  /// Seven signs, and one that makes their number even.
  private static func signs(_ code: UInt32) -> Int {
    let seven = Int(code & 127)
    return seven | (seven.nonzeroBitCount & 1) << 7
  }

  private func append(
    _ code: Int, of grid: GGUFGrid, scale: Float, signs: Int, to values: inout [Float]
  ) {
    for index in 0..<grid.width {
      let value = scale * grid.values[code * grid.width + index]
      values.append(signs >> index & 1 == 1 ? -value : value)
    }
  }

  func iq2xxs(into values: inout [Float]) {
    let d = half(0)
    for row in 0..<8 {
      let tail = word(2 + 8 * row + 4)
      let scale = d * (0.5 + Float(tail >> 28)) * 0.25
      for part in 0..<4 {
        append(
          self[2 + 8 * row + part], of: .iq2xxs, scale: scale,
          signs: Self.signs(tail >> UInt32(7 * part)), to: &values)
      }
    }
  }

  func iq2xs(into values: inout [Float]) {
    let d = half(0)
    for index in 0..<32 {
      let code = pair(2 + 2 * index)
      let nibble = self[66 + index / 4] >> (4 * (index / 2 % 2)) & 15
      append(
        Int(code & 511), of: .iq2xs, scale: d * (0.5 + Float(nibble)) * 0.25,
        signs: Self.signs(UInt32(code >> 9)), to: &values)
    }
  }

  func iq2s(into values: inout [Float]) {
    let d = half(0)
    for index in 0..<32 {
      let code = self[2 + index] | (self[66 + index / 4] >> (2 * (index % 4)) & 3) << 8
      let nibble = self[74 + index / 4] >> (4 * (index / 2 % 2)) & 15
      append(
        code, of: .iq2s, scale: d * (0.5 + Float(nibble)) * 0.25, signs: self[34 + index],
        to: &values)
    }
  }

  func iq3xxs(into values: inout [Float]) {
    let d = half(0)
    for index in 0..<64 {
      let tail = word(66 + index / 8 * 4)
      let signs = Self.signs(tail >> UInt32(7 * (index / 2 % 4)))
      append(
        self[2 + index], of: .iq3xxs, scale: d * (0.5 + Float(tail >> 28)) * 0.5,
        signs: signs >> (4 * (index % 2)), to: &values)
    }
  }

  func iq3s(into values: inout [Float]) {
    let d = half(0)
    for index in 0..<64 {
      let code = self[2 + index] | (self[66 + index / 8] >> (index % 8) & 1) << 8
      let nibble = self[106 + index / 16] >> (4 * (index / 8 % 2)) & 15
      append(
        code, of: .iq3s, scale: d * Float(1 + 2 * nibble),
        signs: self[74 + index / 2] >> (4 * (index % 2)), to: &values)
    }
  }

  func iq1s(into values: inout [Float]) {
    let d = half(0)
    for index in 0..<32 {
      let head = Int(pair(34 + index / 4 * 2))
      let scale = d * Float(2 * (head >> 12 & 7) + 1)
      let shift: Float = head & 0x8000 == 0 ? 0.125 : -0.125
      let code = self[2 + index] | (head >> (3 * (index % 4)) & 7) << 8
      for place in 0..<8 {
        values.append(scale * (GGUFGrid.iq1s.values[code * 8 + place] + shift))
      }
    }
  }

  func iq1m(into values: inout [Float]) {
    let scales = (0..<4).map { pair(48 + 2 * $0) }
    var bits: UInt16 = 0
    for (index, scale) in scales.enumerated() { bits |= (scale >> 12) << UInt16(4 * index) }
    let d = Float(Float16(bitPattern: bits))
    for index in 0..<32 {
      // A scale is for sixteen values: two codes.
      let group = index / 2
      let scale = d * Float(2 * (Int(scales[group / 4]) >> (3 * (group % 4)) & 7) + 1)
      let nibble = self[32 + index / 2] >> (4 * (index % 2)) & 15
      let shift: Float = nibble & 8 == 0 ? 0.125 : -0.125
      let code = self[index] | (nibble & 7) << 8
      for place in 0..<8 {
        values.append(scale * (GGUFGrid.iq1s.values[code * 8 + place] + shift))
      }
    }
  }
}
