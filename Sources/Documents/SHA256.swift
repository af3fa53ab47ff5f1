/// The Secure Hash Algorithm SHA-256 (FIPS 180-4, sections 4.1.2, 5.3.3 and 6.2).
///
/// Names inputs in result documents; nothing here protects a secret.
public struct SHA256: Sendable {
  private var state: [8 of UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  /// Bytes since the last whole block, fewer than 64.
  private var rest: [UInt8] = []
  private var byteCount: UInt64 = 0

  public init() {}

  /// The digest of `bytes`: 32 bytes.
  public static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array(bytes))
    return hash.finalized()
  }

  /// The digest of `bytes` as 64 lower-case digits.
  public static func hexadecimal(of bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal
  }

  /// Appends to the message.
  public mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

  /// Appends to the message.
  public mutating func update(_ bytes: Span<UInt8>) {
    byteCount &+= UInt64(bytes.count)
    var position = 0
    if !rest.isEmpty {
      position = min(64 - rest.count, bytes.count)
      for index in 0..<position { rest.append(bytes[index]) }
      guard rest.count == 64 else { return }
      let block = rest
      compress(block.span, blocks: 1)
      rest.removeAll(keepingCapacity: true)
    }
    let blocks = (bytes.count - position) / 64
    compress(bytes.extracting(position..<position + 64 * blocks), blocks: blocks)
    for index in (position + 64 * blocks)..<bytes.count { rest.append(bytes[index]) }
  }

  /// The digest of the message so far: 32 bytes.
  public func finalized() -> [UInt8] {
    var hash = self
    let bits = byteCount &* 8
    let zeros = (119 - rest.count) % 64
    hash.update(
      [0x80] + [UInt8](repeating: 0, count: zeros)
        + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) })
    return hash.state.indices.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: hash.state[word] >> (24 - 8 * UInt32($0))) }
    }
  }

  /// The digest in hexadecimal, 64 lower-case digits.
  public var hexadecimal: String {
    finalized().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private mutating func compress(_ message: Span<UInt8>, blocks: Int) {
    var schedule = [64 of UInt32](repeating: 0)
    for block in 0..<blocks {
      let bytes = message.extracting(block * 64..<block * 64 + 64)
      for t in 0..<16 {
        schedule[t] =
          UInt32(bytes[4 * t]) << 24 | UInt32(bytes[4 * t + 1]) << 16
          | UInt32(bytes[4 * t + 2]) << 8 | UInt32(bytes[4 * t + 3])
      }
      for t in 16..<64 {
        let (near, far) = (schedule[t - 2], schedule[t - 15])
        let sigma1 = near.rotated(17) ^ near.rotated(19) ^ near >> 10
        let sigma0 = far.rotated(7) ^ far.rotated(18) ^ far >> 3
        schedule[t] = sigma1 &+ schedule[t - 7] &+ sigma0 &+ schedule[t - 16]
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for t in 0..<64 {
        let sum1 = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
        let first = h &+ sum1 &+ (e & f ^ ~e & g) &+ Self.constants[t] &+ schedule[t]
        let sum0 = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
        let second = sum0 &+ (a & b ^ a & c ^ b & c)
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
      }
      state[0] &+= a
      state[1] &+= b
      state[2] &+= c
      state[3] &+= d
      state[4] &+= e
      state[5] &+= f
      state[6] &+= g
      state[7] &+= h
    }
  }

  /// Section 4.2.2: fractions of the cube roots of the first 64 primes.
  private static let constants: [64 of UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

extension UInt32 {
  fileprivate func rotated(_ count: UInt32) -> UInt32 { self &>> count | self &<< (32 &- count) }
}
