public import Arith
public import Documents
public import QuantGraph

/// What `hwsim formats` says of one encoding.
public struct FormatFacts: Sendable {
  /// What is described.
  public let encoding: Encoding
  /// The smallest finite value; NaN where there is none.
  public let minimum: Double
  /// The largest finite value; NaN where there is none.
  public let maximum: Double
  /// The smallest value above 0; NaN where that is not known.
  public let smallestPositive: Double
  /// All distinct finite values, ascending, of scalar formats of at most 16 bits.
  public let values: [Double]?
  private let specials: String
  private let source: String?

  /// Collects the facts; at most 65,536 codes are looked at.
  public init(_ encoding: Encoding) {
    self.encoding = encoding
    let range = encoding.finiteRange
    minimum = range?.lowerBound ?? .nan
    maximum = range?.upperBound ?? .nan
    if let codes = encoding.codeRange, codes.upperBound - codes.lowerBound < 65_536 {
      let found = codes.compactMap { code -> Double? in
        let value: ExactNumber<Int512>? = encoding.decode(code)
        return value.flatMap { $0.isFinite ? $0.doubleValue : nil }
      }
      values = found.sorted().reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    } else {
      values = nil
    }
    switch encoding {
    case .fixed(let format):
      smallestPositive = Double(
        sign: .plus, exponent: -format.fractionBits, significand: 1)
    case .float(let format):
      smallestPositive = format.doubleValue(of: format.minimumPositiveCode)
    default: smallestPositive = values?.first { $0 > 0 } ?? .nan
    }
    if case .float(let format) = encoding {
      var parts: [String] = []
      if let code = format.infinityCode { parts.append("infinity \(Self.hexadecimal(code))") }
      if let code = format.nanCode { parts.append("NaN \(Self.hexadecimal(code))") }
      if format.hasNegativeZero { parts.append("-0") }
      if !format.hasZero { parts.append("no zero") }
      if !format.hasSubnormals && format.hasZero { parts.append("no subnormals") }
      specials = parts.isEmpty ? "none" : parts.joined(separator: ", ")
      source = FloatFormat.named.first { $0.format == format }?.source
    } else {
      specials = "none"
      source = nil
    }
  }

  private var bits: String {
    switch encoding {
    case .block(let format): "\(format.bitsPerValue) a value with scales"
    case .planes(let format): "\(format.width) a code, scales apart"
    case .vectors(let book): "\(book.width) for \(book.dimensions) values"
    default: encoding.scalarWidth.map { "\($0)" } ?? "-"
    }
  }

  /// Title and text of each fact.
  public var lines: [(String, String)] {
    var lines = [("bits", bits)]
    if encoding.scalarWidth != nil {
      lines.append(("range", "\(Self.text(minimum)) to \(Self.text(maximum))"))
      lines.append(("smallest > 0", Self.text(smallestPositive)))
      lines.append(("codes", encoding.hasSignedCodes ? "two's complement" : "unsigned"))
      lines.append(("specials", specials))
    }
    switch encoding {
    case .float(let format):
      lines.append(
        (
          "fields",
          "\(format.isSigned ? 1 : 0) sign, \(format.exponentBits) exponent (bias "
            + "\(format.bias)), \(format.mantissaBits) mantissa bits"
        ))
    case .fixed(let format):
      lines.append(("fraction bits", "\(format.fractionBits)"))
      lines.append(("assignment", "\(format.quantization.rawValue), \(format.overflow.rawValue)"))
    case .block(let format):
      lines.append(("block", "\(format.blockSize)"))
      lines.append(("elements", format.elements.map(\.name).joined(separator: " or ")))
      lines.append(("scale", "\(format.scale.name), \(format.rule.rawValue)"))
    case .vectors(let book): lines.append(("vectors", "\(book.count)"))
    case .planes(let format): lines.append(("codes", "\(format.codeCount)"))
    case .affine, .powerOfTwo, .codebook: break
    }
    if let source { lines.append(("source", source)) }
    return lines
  }

  /// The same for programs.
  public var members: [JSON.Member] {
    var members: [JSON.Member] = [
      .init(key: "name", value: .string(encoding.name)),
      .init(key: "bits", value: .optional(encoding.scalarWidth)),
      .init(key: "signed_codes", value: .bool(encoding.hasSignedCodes)),
      .init(key: "minimum", value: minimum.isNaN ? .null : .number(minimum)),
      .init(key: "maximum", value: maximum.isNaN ? .null : .number(maximum)),
      .init(
        key: "smallest_positive",
        value: smallestPositive.isNaN ? .null : .number(smallestPositive)),
      .init(key: "specials", value: .string(specials)),
      .init(key: "source", value: .optional(source)),
    ]
    if case .block(let format) = encoding {
      members += [
        .init(key: "block_size", value: .integer(format.blockSize)),
        .init(key: "elements", value: .strings(format.elements.map(\.name))),
        .init(key: "scale", value: .string(format.scale.name)),
        .init(key: "scale_rule", value: .string(format.rule.rawValue)),
        .init(key: "bits_per_value", value: .number(format.bitsPerValue)),
      ]
    }
    return members
  }

  /// Every code with its value, of scalar formats of at most 16 bits.
  public var codeTable: (table: Table, json: [JSON])? {
    guard let range = encoding.codeRange, range.upperBound - range.lowerBound < 65_536 else {
      return nil
    }
    var table = Table([.number("code"), .text("hex"), .number("value")])
    var json: [JSON] = []
    let mask: UInt64 = (1 << UInt64(encoding.scalarWidth ?? 1)) - 1
    for code in range {
      guard let exact: ExactNumber<Int512> = encoding.decode(code) else { continue }
      let value = exact.doubleValue
      table.append([
        .init("\(code)"), .init(Self.hexadecimal(UInt64(bitPattern: code) & mask)),
        .init(Self.text(value)),
      ])
      json.append(["code": .integer(Int(code)), "value": .number(value)])
    }
    return (table, json)
  }

  /// How `rule` rounds `value`: code, value, error and neighbours.
  ///
  /// `text` is the value as it was typed.
  ///
  /// - Throws: `format.no-code` if the format has none for the value.
  public static func encode(
    _ value: Double, _ text: String, by rule: CastRule
  ) throws(Failure) -> (lines: [(String, String)], json: JSON) {
    let exact = ExactNumber<Int512>(value)
    guard let code = rule.encode(exact),
      let decoded: ExactNumber<Int512> = rule.encoding.decode(code)
    else { throw .noCode(text, in: rule.encoding, index: 0, at: "--encode") }
    let result = decoded.doubleValue
    let error = ExactNumber.sum(decoded, exact.negated).doubleValue
    var below = Double.nan
    var above = Double.nan
    for (mode, isBelow) in [(Quantization.truncate, true), (.towardPositive, false)] {
      guard
        let directed = try? CastRule(
          to: rule.encoding, rounding: .deterministic(mode), overflow: .saturating),
        let neighbour = directed.encode(exact),
        let number: ExactNumber<Int512> = rule.encoding.decode(neighbour)
      else { continue }
      if isBelow { below = number.doubleValue } else { above = number.doubleValue }
    }
    let mask: UInt64 =
      rule.encoding.scalarWidth == 64 ? .max : (1 << UInt64(rule.encoding.scalarWidth ?? 1)) - 1
    return (
      [
        ("encode", text), ("value", Self.text(result)),
        ("code", "\(code) (\(hexadecimal(UInt64(bitPattern: code) & mask)))"),
        ("error", Self.text(error)),
        ("neighbours", "\(Self.text(below)) and \(Self.text(above))"),
      ],
      [
        "input": .number(value), "code": .integer(Int(code)), "value": .number(result),
        "error": .number(error), "below": .number(below), "above": .number(above),
      ]
    )
  }

  private static func hexadecimal(_ code: UInt64) -> String { "0x" + String(code, radix: 16) }

  /// A value as it is printed: whole numbers without a fraction.
  public static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Names of formats at the commas outside brackets.
  public static func names(in text: String) -> [String] {
    var names = [""]
    var depth = 0
    for character in text {
      if character == "<" { depth += 1 }
      if character == ">" { depth -= 1 }
      if character == "," && depth == 0 {
        names.append("")
      } else {
        names[names.count - 1].append(character)
      }
    }
    return names
  }

  /// Titles and texts in two columns.
  public static func aligned(_ lines: [(String, String)]) -> String {
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map {
      "  \($0.0)\(String(repeating: " ", count: width - $0.0.count))  \($0.1)\n"
    }.joined()
  }
}
