public import HWModel
import QuantGraph

/// A configuration of formats on a GPU, such as `w4a8kv4`, `fp8` or `nvfp4kv8`: what weights, data and
/// cache are stored in, and the kernel path that multiplies them.
public struct GPUFormat: Sendable, Hashable {
  /// In its printed form.
  public let name: String
  /// Bits of a weight without its share of scales.
  public let weightBits: Double
  public let dataBits: Int
  /// Bits of a number of the cache.
  public let cacheBits: Int
  /// How weights and data multiply.
  public let path: GEMMPath
  /// Kernels and bytes beside the path's own, in the order in which they were named.
  public let terms: [KernelTerm]
  /// Planes of data and weights where single-bit products are put together; nil otherwise.
  public let planes: Planes?

  public struct Planes: Sendable, Hashable {
    public let data: Int
    public let weights: Int
  }

  /// Elements that share a 16-bit scale where weights have fewer than 8 bits.
  public static let groupSize = 128

  /// Bytes of a stored weight, scales included.
  public var weightBytes: Double {
    for case .entropy(let bits) in terms { return bits / 8 }
    let scales =
      weightBits < 8 && path.name != "nvfp4" ? 16 / Double(groupSize) : 0
    return (weightBits + scales) / 8
  }

  /// Elements that share a scale.
  private var groupSize: Int {
    for case .groups(let size, _) in terms { return size }
    return Self.groupSize
  }

  /// Reads a configuration and finds its path on a device.
  ///
  /// - Throws: ``DeviceProblems`` for a name that is none, and for a format without a path there, with
  ///   the formats that the device has.
  public init(_ text: String, on target: GPUTarget) throws(DeviceProblems) {
    let words = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    var terms: [KernelTerm] = []
    let parsed = try Self.parse(try Self.groups(of: words.first ?? "", into: &terms))
    for word in words.dropFirst() {
      guard let term = KernelTerm(word.lowercased()) else { throw KernelTerm.unknown(word) }
      terms.append(term)
    }
    let name = parsed.form.name
    guard let (path, planes) = Self.path(parsed.form, on: target) else {
      throw DeviceProblems(.noPath(name, on: target))
    }
    try KernelTerm.check(&terms, with: path, planes: planes, on: target)
    self.terms = terms
    self.name =
      KernelTerm.grouped(name, terms) + (parsed.cacheBits == 16 ? "" : "kv\(parsed.cacheBits)")
      + terms.map { $0.isGroup ? "" : "+\($0.name)" }.joined()
    self.path = KernelTerm.stored(path, terms, bits: parsed.form.weightBits)
    self.planes = planes
    cacheBits = parsed.cacheBits
    switch parsed.form {
    case .integers(let weights, let data): (weightBits, dataBits) = (Double(weights), data)
    case .named(let base):
      (weightBits, dataBits) = (base.weightBytes * 8, Int(base.dataBytes * 8))
    }
  }

  /// Takes a group size out of a name: `w4g64a8` is `w4a8` with scales a group of 64.
  private static func groups(
    of word: String, into terms: inout [KernelTerm]
  ) throws(DeviceProblems) -> String {
    let lower = word.lowercased()
    guard lower.first == "w", let mark = lower.firstIndex(of: "g"),
      let end = lower[mark...].firstIndex(of: "a")
    else { return word }
    guard let size = Int(lower[lower.index(after: mark)..<end]), (8...1 << 16).contains(size)
    else { throw unknown(word) }
    terms.append(.groups(size, twoStep: false))
    return String(lower[..<mark] + lower[end...])
  }

  /// What multiplies, as it is named.
  private enum Form {
    case integers(weights: Int, data: Int)
    case named(GEMMPath)

    /// Nil for paths whose weights are no integers of so many bits.
    var weightBits: Int? { if case .integers(let weights, _) = self { weights } else { nil } }

    var name: String {
      switch self {
      case .integers(let weights, let data): "w\(weights)a\(data)"
      case .named(let path): path.name
      }
    }
  }

  private static func parse(
    _ text: String
  ) throws(DeviceProblems) -> (form: Form, cacheBits: Int) {
    var word = text.lowercased()
    var cacheBits = 16
    if let mark = word.lastIndex(of: "k"), word[mark...].hasPrefix("kv") {
      guard let bits = Int(word[mark...].dropFirst(2)), [2, 3, 4, 6, 8, 16].contains(bits) else {
        throw unknown(text)
      }
      cacheBits = bits
      word = String(word[..<mark])
    }
    let aliases = [
      "fp16": "w16a16", "bf16": "w16a16", "fp8b": "fp8-block", "int8": "w8a8", "int4": "w4a4",
    ]
    word = aliases[word] ?? word
    if let path = GEMMPath.named(word), !word.hasPrefix("w") || word.contains("-") {
      return (.named(path), cacheBits)
    }
    guard word.first == "w", let split = word.firstIndex(of: "a"),
      let weights = Int(word[word.index(after: word.startIndex)..<split]),
      let data = Int(word[word.index(after: split)...]),
      (1...8).contains(weights) || weights == 16, (1...8).contains(data) || data == 16,
      weights < 16 || data == 16
    else { throw unknown(text) }
    return (.integers(weights: weights, data: data), cacheBits)
  }

  private static func unknown(_ text: String) -> DeviceProblems {
    DeviceProblems(
      Diagnostic(
        code: "gpu.format", message: "'\(text)' is no configuration of formats", location: nil,
        remedy: "write w<1-8|16>a<1-8|16>, fp8, fp8-block or nvfp4, and kv4 or kv8 behind it for "
          + "the cache: w4a8kv4; w4g64a8: a scale a group; behind +: "
          + KernelTerm.forms.joined(separator: ", ") + "."))
  }

  /// The path of a form; nil if the device has none.
  private static func path(
    _ form: Form, on target: GPUTarget
  ) -> (GEMMPath, Planes?)? {
    func has(_ name: String) -> GEMMPath? {
      GEMMPath.named(name).flatMap { target.constants(of: $0) == nil ? nil : $0 }
    }
    switch form {
    case .named(let path): return has(path.name).map { ($0, nil) }
    case .integers(16, _): return has("w16a16").map { ($0, nil) }
    case .integers(8, 8): return has("w8a8").map { ($0, nil) }
    case .integers(let weights, 16):
      let bytes = storedBytes(weights)
      return has(weights > 4 ? "w8a16" : "w4a16").map { base in
        (
          weights == 8 || weights == 4
            ? base : base.storing("w\(weights)a16", weightBytes: bytes, kind: .converted), nil
        )
      }
    case .integers(4, 4) where has("w4a4") != nil: return has("w4a4").map { ($0, nil) }
    case .integers(let weights, let data):
      // Few bits pay as planes where the device has single-bit units with a known rate.
      let planes = planes(weights, data, on: target)
      if weights <= 3 || data < 8, let planes { return planes }
      guard data == 8 else { return nil }
      return has("w8a8").map {
        (
          $0.storing(
            "w\(weights)a8 as int8", weightBytes: storedBytes(weights), kind: .converted), nil
        )
      }
    }
  }

  private static func storedBytes(_ bits: Int) -> Double {
    (Double(bits) + (bits < 8 ? 16 / Double(groupSize) : 0)) / 8
  }

  /// Binary planes on single-bit units (ABQ-LLM): one bit an element, kernels as those of 8 bits.
  private static func planes(
    _ weights: Int, _ data: Int, on target: GPUTarget
  ) -> (GEMMPath, Planes)? {
    guard let base = GEMMPath.named("w8a8"), target.constants(of: base) != nil,
      target.peak(.b1) != nil, weights <= 8, data <= 8
    else { return nil }
    let path = base.planes(weights: weights, data: data)
    return (path, Planes(data: data, weights: weights))
  }

  /// The extents that the path multiplies for a product of `m` rows: planes are stacked, rows of data
  /// padded to the 8 of an instruction.
  public func extents(m: Int, n: Int, k: Int) -> (m: Int, n: Int, k: Int) {
    guard let planes else { return (m, n, k) }
    return ((m * planes.data + 7) / 8 * 8, n * planes.weights, k)
  }

  /// The formats that a device has paths for.
  public static func available(on target: GPUTarget) -> [String] {
    var names = target.paths.map { "\($0.name) (\($0.kind.rawValue))" }
    if target.paths.contains(where: { $0.name == "w8a8" }) {
      names.append("w4a8 to w7a8 (converted to int8)")
      if target.peak(.b1) != nil { names.append("w1a1 to w7a8 (emulated by bit planes)") }
    }
    if target.paths.contains(where: { $0.name == "w4a16" }) {
      names.append("w2a16 to w7a16 (converted to float16)")
    }
    return names
  }
}
