/// How keys and values are stored: bits, what scales serve, and values kept apart.
///
/// The schemes of KIVI (arXiv:2402.02750: keys a channel, values a token, groups with a scale and a
/// zero point) and KVQuant (arXiv:2401.18079: a share of outliers kept apart in a sparse form).
public struct CacheForm: Hashable, Sendable {
  /// What one scale of a key serves.
  public enum KeyScale: String, Hashable, Sendable, CaseIterable {
    /// Channels: a scale for `group` tokens of one channel.
    case channel
    /// Tokens: a scale for `group` numbers of one token and head.
    case token
  }

  /// Bits of a stored code.
  public let bits: Int
  /// Values that share a scale; nil for formats without scales.
  public let group: Int?
  /// Bits of a scale, and of a zero point; 0 if there is none.
  public let scaleBits: Int
  public let zeroBits: Int
  public let keyScale: KeyScale
  /// Share of the values that are kept apart, in millionths.
  public let outlierMillionths: Int
  /// Bits of one of them: a float16 value and a 16-bit position.
  public let outlierBits: Int

  public init(
    bits: Int, group: Int? = nil, scaleBits: Int = 16, zeroBits: Int = 16,
    keyScale: KeyScale = .token, outlierMillionths: Int = 0, outlierBits: Int = 32
  ) {
    self.bits = bits
    self.group = group
    self.scaleBits = group == nil ? 0 : scaleBits
    self.zeroBits = group == nil ? 0 : zeroBits
    self.keyScale = keyScale
    self.outlierMillionths = outlierMillionths
    self.outlierBits = outlierBits
  }

  public static let bfloat16 = CacheForm(bits: 16)

  /// Reads `bfloat16`, `float16`, `float32`, `fp8`, or `kvN` with options after commas: `group=G`,
  /// `key=channel|token`, `zero=0|16`, `outliers=FRACTION`.
  ///
  /// - Returns: nil if the text is none of them.
  public init?(_ text: String) {
    let parts = text.split(separator: ",").map(String.init)
    guard let name = parts.first else { return nil }
    let plain = ["bfloat16": 16, "float16": 16, "bf16": 16, "fp16": 16, "float32": 32, "fp8": 8]
    if let bits = plain[name] {
      guard parts.count == 1 else { return nil }
      self.init(bits: bits)
      return
    }
    guard name.hasPrefix("kv"), let bits = Int(name.dropFirst(2)), (1...16).contains(bits) else {
      return nil
    }
    var (group, zero, key, outliers) = (128, 16, KeyScale.token, 0)
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2 else { return nil }
      switch pair[0] {
      case "group":
        guard let value = Int(pair[1]), (1...65536).contains(value) else { return nil }
        group = value
      case "zero":
        guard let value = Int(pair[1]), (0...32).contains(value) else { return nil }
        zero = value
      case "key":
        guard let value = KeyScale(rawValue: pair[1]) else { return nil }
        key = value
      case "outliers":
        guard let value = Double(pair[1]), (0...0.5).contains(value) else { return nil }
        outliers = Int((value * 1_000_000).rounded())
      default: return nil
      }
    }
    self.init(
      bits: bits, group: group, zeroBits: zero, keyScale: key, outlierMillionths: outliers)
  }

  /// Bytes of `heads` heads' vectors of `extent` numbers for `tokens` tokens; nil beyond `Int`.
  func bytes(heads: Int, extent: Int, tokens: Int, scale: KeyScale) -> Int? {
    guard heads > 0, extent > 0, tokens > 0 else { return 0 }
    let (row, a) = heads.multipliedReportingOverflow(by: extent)
    let (count, b) = row.multipliedReportingOverflow(by: tokens)
    guard !a, !b, count < Int.max / 2_000_000 / 64 else { return nil }
    var total = count * bits
    if let group {
      let groups =
        switch scale {
        case .channel: row * ((tokens - 1) / group + 1)
        case .token: heads * tokens * ((extent - 1) / group + 1)
        }
      total += groups * (scaleBits + zeroBits)
    }
    total += (count * outlierMillionths + 999_999) / 1_000_000 * outlierBits
    return (total + 7) / 8
  }
}

extension TransformerWorkload {
  /// Bytes that the cache holds for `batch` sequences of `tokens` tokens; nil beyond `Int`.
  ///
  /// States of fixed size and latents' rotary parts are stored as `form` without its scales a
  /// channel: a state has no tokens to share a scale over, so it takes 32 bits a number, as
  /// recurrences are kept in float32.
  public func cacheBytes(batch: Int, tokens: Int, form: CacheForm) -> Int? {
    var total = 0
    for group in cache {
      let kept = group.keptTokens(of: tokens)
      let one: Int?
      switch group.content {
      case .keysAndValues:
        one = sum(
          form.bytes(
            heads: group.heads, extent: group.keyExtent, tokens: kept, scale: form.keyScale),
          form.bytes(heads: group.heads, extent: group.valueExtent, tokens: kept, scale: .token))
      case .latent:
        one = sum(
          form.bytes(heads: 1, extent: group.keyExtent, tokens: kept, scale: .token),
          form.bytes(heads: 1, extent: group.valueExtent, tokens: kept, scale: .token))
      case .cross:
        let width = group.heads * (group.keyExtent + group.valueExtent)
        let source = width > 0 ? group.fixedElements / width : 0
        one = sum(
          form.bytes(
            heads: group.heads, extent: group.keyExtent, tokens: source, scale: form.keyScale),
          form.bytes(heads: group.heads, extent: group.valueExtent, tokens: source, scale: .token))
      case .state:
        let (bytes, overflow) = group.fixedElements.multipliedReportingOverflow(by: 4)
        one = overflow ? nil : bytes
      }
      guard let one else { return nil }
      let (layers, a) = one.multipliedReportingOverflow(by: group.layers.count)
      let (all, b) = layers.multipliedReportingOverflow(by: batch)
      let (next, c) = total.addingReportingOverflow(all)
      guard !a, !b, !c else { return nil }
      total = next
    }
    return total
  }

  private func sum(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : sum
  }
}
