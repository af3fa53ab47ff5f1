extension FormatFamily {
  /// The OCP MX formats by name.
  static let microscaling: [(name: String, aliases: [String], element: Encoding)] = {
    var rows: [(name: String, aliases: [String], element: Encoding)] = [
      ("mxfp8_e4m3", ["mxfp8", "mxfp8e4m3"], .float(.e4m3)),
      ("mxfp8_e5m2", ["mxfp8e5m2"], .float(.e5m2)),
      ("mxfp6_e3m2", ["mxfp6", "mxfp6e3m2"], .float(.e3m2)),
      ("mxfp6_e2m3", ["mxfp6e2m3"], .float(.e2m3)),
      ("mxfp4_e2m1", ["mxfp4", "mxfp4e2m1"], .float(.e2m1)),
    ]
    if let integer = try? mantissa(bits: 8) { rows.append(("mxint8", [], integer)) }
    return rows
  }()

  /// Two's-complement elements with two integer bits: emax is 0 (OCP MX 1.0, 5.3.4 for 8 bits).
  static func mantissa(bits: Int) throws(FormatError) -> Encoding {
    guard (2...16).contains(bits) else {
      throw .parameterOutOfRange("mantissa bits", value: bits, allowed: 2...16)
    }
    return .fixed(
      try FixedPointFormat(
        width: bits, integerBits: 2, quantization: .roundTiesToEven, overflow: .saturateSymmetric,
        dialect: .plain))
  }

  private static func bitMoD(_ bits: Int) throws(FormatError) -> [Encoding] {
    guard (3...4).contains(bits) else {
      throw .parameterOutOfRange("bits", value: bits, allowed: 3...4)
    }
    var elements: [Encoding] = []
    for special in bits == 3 ? [3.0, -3, 6, -6] : [10.0, -10, 16, -16] {
      elements.append(.codebook(try Codebook(.bitMoD(bits: bits, special: special))))
    }
    return elements
  }

  private static func ant(_ bits: Int) throws(FormatError) -> [Encoding] {
    guard (3...4).contains(bits) else {
      throw .parameterOutOfRange("bits", value: bits, allowed: 3...4)
    }
    let limit = Double((1 << (bits - 1)) - 1)
    let integers = Array(stride(from: -limit, through: limit, by: 1))
    let other: Codebook.Definition = bits == 3 ? .bitMoD(bits: 3, special: nil) : .flint(bits: 4)
    return [.codebook(try Codebook(.list(integers))), .codebook(try Codebook(other))]
  }

  static let blockFamilies: [FormatFamily] = [
    FormatFamily(
      words: microscaling.flatMap { [$0.name] + $0.aliases },
      grammar: "mxfp8_e4m3, mxfp8_e5m2, mxfp6_e3m2, mxfp6_e2m3, mxfp4_e2m1, mxint8",
      summary: "OCP MX 1.0: blocks of 32 with an E8M0 scale",
      examples: microscaling.flatMap { [$0.name] + $0.aliases }
    ) { arguments, word throws(FormatError) in
      try arguments.expect(0...0)
      guard
        let row = microscaling.first(where: { $0.name == word || $0.aliases.contains(word) })
      else { throw .unreadable(arguments.text, reason: "unknown MX format") }
      return .block(
        try BlockFormat(
          elements: [row.element], blockSize: 32, scale: .e8m0, rule: .sharedExponent))
    },
    FormatFamily(
      words: ["mx"], grammar: "mx<ELEMENT,BLOCK>",
      summary: "MX rules with any scalar element and block",
      examples: ["mx<e2m1,16>", "mx<e4m3,64>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2)
      return .block(
        try BlockFormat(
          elements: [try Encoding.parse(arguments.string(0))],
          blockSize: try arguments.integer(1, "block size"), scale: .e8m0, rule: .sharedExponent))
    },
    FormatFamily(
      words: ["nvfp4", "nvfp4-block"], grammar: "nvfp4 or nvfp4-block",
      summary: "blocks of 16 E2M1 with E4M3 scales and (nvfp4) a float32 tensor scale",
      examples: ["nvfp4", "nvfp4-block"]
    ) { arguments, word throws(FormatError) in
      try arguments.expect(0...0)
      return .block(
        try BlockFormat(
          elements: [.float(.e2m1)], blockSize: 16, scale: .e4m3,
          rule: word == "nvfp4" ? .twoLevel : .oneLevel))
    },
    FormatFamily(
      words: ["bfp"], grammar: "bfp<BLOCK,MANTISSA[,EXPONENT]>",
      summary: "block floating point: signed mantissas, one exponent a block (8 bits)",
      examples: ["bfp<16,8>", "bfp<32,5>", "bfp<16,8,5>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...3)
      let block = try arguments.integer(0, "block size")
      let element = try mantissa(bits: try arguments.integer(1, "mantissa bits"))
      let exponentBits = try arguments.integer(2, "exponent bits", default: 8)
      return .block(
        try BlockFormat(
          elements: [element], blockSize: block,
          scale: try FloatFormat(
            exponentBits: exponentBits, mantissaBits: 0, specials: .powerOfTwo),
          rule: .sharedExponent))
    },
    FormatFamily(
      words: ["bitmod", "ant"], grammar: "bitmod<3|4[,GROUP]> or ant<3|4[,GROUP]>",
      summary:
        "half-precision groups that choose their value list (BitMoD; ANT: integers or flint)",
      examples: ["bitmod<3>", "bitmod<4>", "bitmod<4,64>", "ant<4,128>"]
    ) { arguments, word throws(FormatError) in
      try arguments.expect(1...2)
      let bits = try arguments.integer(0, "bits")
      return .block(
        try BlockFormat(
          elements: word == "ant" ? try ant(bits) : try bitMoD(bits),
          blockSize: try arguments.integer(1, "group", default: 128), scale: .float16,
          rule: .halfMaximum))
    },
    FormatFamily(
      words: ["group"], grammar: "group<ELEMENT[|ELEMENT...],GROUP[,zero=yes]>",
      summary: "half-precision groups of one element encoding or the best of several",
      examples: ["group<int<4>,128>", "group<uint<4>,128,zero=yes>", "group<int<3>|bitmod-fp3,64>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2, keys: ["zero"])
      var elements: [Encoding] = []
      for name in arguments.string(0).split(separator: "|", omittingEmptySubsequences: false) {
        elements.append(try Encoding.parse(String(name)))
      }
      return .block(
        try BlockFormat(
          elements: elements, blockSize: try arguments.integer(1, "group"), scale: .float16,
          rule: try arguments.flag(key: "zero") == true ? .halfRange : .halfMaximum))
    },
    FormatFamily(
      words: ["scaled"], grammar: "scaled<ELEMENT,BLOCK[,SCALE][,rule=RULE]>",
      summary: "any element, block and scale format; RULE absoluteMaximum unless given",
      examples: [
        "scaled<int<8>,64>", "scaled<e4m3,128,float32>", "scaled<e2m1,16,e4m3,rule=twoLevel>",
      ]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...3, keys: ["rule"])
      let word = arguments.word("rule") ?? BlockFormat.ScaleRule.absoluteMaximum.rawValue
      guard let rule = BlockFormat.ScaleRule(rawValue: word) else {
        throw .unreadable(
          arguments.text,
          reason: "rule '\(word)' is none of "
            + BlockFormat.ScaleRule.allCases.map(\.rawValue).joined(separator: ", "))
      }
      var scale = FloatFormat.float32
      if arguments.count > 2 {
        guard case .float(let format) = try Encoding.parse(arguments.string(2)) else {
          throw .unreadable(arguments.text, reason: "the scale is no floating-point format")
        }
        scale = format
      }
      return .block(
        try BlockFormat(
          elements: [try Encoding.parse(arguments.string(0))],
          blockSize: try arguments.integer(1, "block size"), scale: scale, rule: rule))
    },
  ]
}
