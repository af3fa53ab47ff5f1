/// A release of hls4ml, such as 0.8.1.
public struct HLS4MLVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let major: Int
  public let minor: Int
  public let patch: Int

  public init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Two or three numbers between points, an optional `v` before and a suffix such as `rc1` or
  /// `.dev4` behind; nil for other text.
  public init?(_ text: some StringProtocol) {
    var parts = text.trimmingBlanks()[...]
    if parts.first == "v" { parts = parts.dropFirst() }
    let numbers = parts.split(separator: ".", maxSplits: 3).prefix(3).map { part in
      Int(part.prefix { $0.isASCII && $0.isNumber })
    }
    guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1],
      (0...999).contains(major), (0...999).contains(minor)
    else { return nil }
    self.init(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
  }

  public var description: String { "\(major).\(minor).\(patch)" }

  public static func < (a: Self, b: Self) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }

  /// The last release whose rules are known.
  static let newest = HLS4MLVersion(1, 3)
}

/// Which version's rules a model is computed by, and why.
public struct HLS4MLVersionFinding: Hashable, Sendable {
  public let version: HLS4MLVersion
  /// What told the version: an option, or a shape that only some versions write.
  public let reason: String
}

extension HLS4MLVersionFinding {
  /// The version of a project, by the shapes in its text that only some versions write.
  ///
  /// `Version` in hls4ml_config.yml is that of the IP core, 1.0.0 unless the user sets it, and tells
  /// nothing. Where several releases write the same text, the last of them counts. Sources: the writers of
  /// hls4ml 0.5 to 1.3 (`vivado_writer.py`, `core_templates.py` and their like).
  static func find(
    defines: [UInt8], source: [UInt8], declarations: CppDeclarations,
    program: HLSProgram
  ) -> HLS4MLVersionFinding {
    if program.reportsSizes {
      return .init(version: .init(0, 6), reason: "the top function has const_size arguments")
    }
    if defines.contains("//hls-fpga") || source.contains("//hls-fpga") {
      return .init(version: .init(0, 6), reason: "markers without a blank behind the slashes")
    }
    let structs = declarations.structs.values
    if structs.contains(where: { $0.types["product"]?.arguments?.count == 3 }) {
      return .init(version: .init(0, 6), reason: "products have three template arguments")
    }
    if structs.contains(where: { $0.constants["n_elem1"] != nil }) {
      return .init(version: .init(1, 3), reason: "merges have n_elem1")
    }
    guard defines.contains("#define N_") || defines.contains("#define OUT_") else {
      let isMerge = structs.contains {
        $0.constants["n_elem"] != nil && $0.constants["n_elem1"] == nil
      }
      return isMerge
        ? .init(version: .init(1, 2), reason: "no size macros, and merges without n_elem1")
        : .init(version: .newest, reason: "no size macros")
    }
    let isPlain = structs.contains { $0.types["weight_t"] != nil && $0.types["product"] != nil }
    if structs.contains(where: { $0.types["kernel"] != nil }) {
      return .init(version: .init(1, 1), reason: "size macros, and kernel members")
    }
    let isEarlyMarker =
      source.position(of: "insert load weights").map { marker in
        marker < source.position(of: "loaded_weights") ?? source.count
      } ?? false
    if isEarlyMarker && !isPlain {
      return .init(
        version: .init(1, 1), reason: "size macros, and the load marker before its guard")
    }
    return .init(
      version: .init(0, 8, 1),
      reason: isPlain ? "size macros, and no kernel members" : "size macros")
  }
}

extension [UInt8] {
  /// Where `text` starts; nil if it is not there.
  fileprivate func position(of text: StaticString) -> Int? {
    text.withUTF8Buffer { wanted in
      guard let first = wanted.first, count >= wanted.count else { return nil }
      return (0...(count - wanted.count)).first { start in
        self[start] == first && self[start..<(start + wanted.count)].elementsEqual(wanted)
      }
    }
  }

  fileprivate func contains(_ text: StaticString) -> Bool { position(of: text) != nil }
}
