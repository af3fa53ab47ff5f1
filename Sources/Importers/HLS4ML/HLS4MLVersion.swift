import QuantGraph

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

  /// The first release whose rules are known.
  public static let oldest = HLS4MLVersion(0, 6)

  /// The last release whose rules are known.
  public static let newest = HLS4MLVersion(1, 3)
}

/// Which version's rules a model is computed by, and why.
public struct HLS4MLVersionFinding: Hashable, Sendable {
  public let version: HLS4MLVersion
  /// What told the version: an option, or a shape that only some versions write.
  public let reason: String
  /// An earlier release that writes the same text and may be meant, where nothing tells them apart.
  public let rival: HLS4MLVersion?

  init(version: HLS4MLVersion, reason: String, rival: HLS4MLVersion? = nil) {
    self.version = version
    self.reason = reason
    self.rival = rival
  }
}

extension HLS4MLVersion {
  /// How this release defines products.
  var productRevision: ProductRevision {
    self < HLS4MLVersion(0, 7)
      ? .v0_6 : self < HLS4MLVersion(0, 8) ? .v0_7 : self < HLS4MLVersion(1, 2) ? .v0_8 : .v1_2
  }
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
      reason: isPlain ? "size macros, and no kernel members" : "size macros",
      rival: .init(0, 7, 1))
  }

  /// The version of a project that carries hls4ml's own headers, by lines that only some of them have
  /// (`nnet_utils` of the Vivado and Vitis back ends, 0.6 to 1.3).
  ///
  /// - Parameter text: the bytes of a file of `nnet_utils`, empty where it is missing.
  /// - Returns: nil where the files are missing or changed.
  static func find(utilities text: (String) -> [UInt8]) -> HLS4MLVersionFinding? {
    let products = text("nnet_mult.h")
    let version: HLS4MLVersion
    if products.contains("class x_T, class w_T, class y_T") {
      version = .init(0, 6)
    } else if products.contains("pow2(decltype(w_T::weight)") {
      version = .init(0, 7, 1)
    } else if products.contains("x * 2 - CONFIG_T::n_in") {
      version =
        text("nnet_merge.h").contains("% CONFIG_T::n_elem1")
        ? HLS4MLVersion.newest : HLS4MLVersion(1, 2)
    } else if products.contains("x - CONFIG_T::n_in / 2") {
      version =
        text("nnet_dense.h").contains("template kernel")
        ? HLS4MLVersion(1, 1) : HLS4MLVersion(0, 8, 1)
    } else {
      return nil
    }
    return .init(version: version, reason: "its nnet_utils are of that release")
  }

  /// Tells 0.7 from 0.8, which write the same headers.
  ///
  /// From 0.8 on the configuration has a version of the IP core, and signs of exponential weights are
  /// written as floating-point numbers (`types.py`, `ExponentWeightVariable`).
  ///
  /// - Parameters:
  ///   - hasCoreVersion: whether hls4ml_config.yml has the key `Version`.
  ///   - weights: the first bytes of each weight file.
  /// - Returns: the finding, with a rival where neither tells.
  func toldApart(hasCoreVersion: Bool, weights: [[UInt8]]) -> HLS4MLVersionFinding {
    guard let rival else { return self }
    if hasCoreVersion {
      return .init(version: version, reason: reason + ", and a version of the core")
    }
    for first in weights where first.first == UInt8(ascii: "{") && first.count > 2 {
      switch first[2] {
      case UInt8(ascii: "."):
        return .init(version: version, reason: reason + ", and signs with a decimal point")
      case UInt8(ascii: ","):
        return .init(version: rival, reason: reason + ", and signs without a decimal point")
      default: continue
      }
    }
    return self
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
