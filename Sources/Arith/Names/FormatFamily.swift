/// One family of the format grammar: how its names look and what they mean.
public struct FormatFamily: Sendable {
  /// The words that start its names.
  public let words: [String]
  /// The names' form, for help and error messages.
  public let grammar: String
  /// What the family is, in one line.
  public let summary: String
  /// Valid names, near which a misspelt one is looked for.
  public let examples: [String]
  let parse: @Sendable (FormatArguments, _ word: String) throws(FormatError) -> Encoding

  /// Every family, in the order of the help.
  public static let all: [FormatFamily] =
    fixedFamilies + floatFamilies + codebookFamilies + blockFamilies
}

extension FormatFamily {
  static let fixedFamilies: [FormatFamily] = [
    FormatFamily(
      words: ["fixed", "ufixed", "ap_fixed", "ap_ufixed"],
      grammar: "[ap_][u]fixed<W,I[,Q[,O[,N]]]>",
      summary: "fixed point of W bits, I left of the binary point; ap_: as the ap_types headers",
      examples: [
        "fixed<8,3>", "fixed<16,6,RND,SAT>", "ufixed<8,2>", "ap_fixed<16,6>",
        "ap_fixed<8,3,RND,SAT>", "ap_ufixed<8,0,RND_CONV,SAT>",
      ]
    ) { arguments, word throws(FormatError) in
      .fixed(
        try FixedPointFormat(
          name: arguments.text, dialect: word.hasPrefix("ap_") ? .apTypes : .plain))
    },
    FormatFamily(
      words: ["int", "uint", "ap_int", "ap_uint"], grammar: "[ap_][u]int<N> or [u]intN",
      summary: "integers of N bits",
      examples: [
        "int<2>", "int<4>", "int<8>", "int<16>", "int<32>", "uint<1>", "uint<4>", "uint<8>",
        "uint<16>", "ap_int<8>", "ap_uint<4>", "int4", "int8", "uint4", "uint8", "int16", "int32",
      ]
    ) { arguments, word throws(FormatError) in
      .fixed(
        try FixedPointFormat(
          name: arguments.text, dialect: word.hasPrefix("ap_") ? .apTypes : .plain))
    },
    FormatFamily(
      words: ["ac_fixed", "ac_int"], grammar: "ac_fixed<W,I,S[,Q[,O]]> or ac_int<W,S>",
      summary: "Algorithmic C types; S is true or false, modes AC_TRN ... AC_SAT_SYM",
      examples: ["ac_fixed<8,3,true>", "ac_fixed<16,6,true,AC_RND,AC_SAT>", "ac_int<8,true>"]
    ) { arguments, word throws(FormatError) in
      try algorithmicC(arguments, isInteger: word == "ac_int")
    },
    FormatFamily(
      words: ["q", "uq"], grammar: "[U]Qm.n or [U]Qn",
      summary: "fixed point of m integer and n fraction bits, the sign bit of Q not counted",
      examples: ["Q3.4", "Q0.7", "Q15", "UQ4.4", "Q7.8"]
    ) { arguments, _ throws(FormatError) in
      throw .unreadable(arguments.text, reason: "expected Qm.n")
    },
    FormatFamily(
      words: ["dfx"], grammar: "dfx<WL,FL>",
      summary: "dynamic fixed point of one step: WL bits, FL of them fraction (AdaPT); saturating",
      examples: ["dfx<8,4>", "dfx<12,8>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2)
      let width = try arguments.integer(0, "word length")
      let fraction = try arguments.integer(1, "fraction length")
      let (integerBits, overflow) = width.subtractingReportingOverflow(fraction)
      guard !overflow else { throw .integerBitsOutOfRange(fraction) }
      return .fixed(
        try FixedPointFormat(
          width: width, integerBits: integerBits, quantization: .roundTiesToEven,
          overflow: .saturate, dialect: .plain))
    },
    FormatFamily(
      words: ["affine"], grammar: "affine<N,scale=S[,zero=Z][,signed=yes|no]>",
      summary: "integers of N bits worth S * (code - Z)",
      examples: ["affine<8,scale=0.05>", "affine<8,scale=0.1,zero=128,signed=no>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(1...1, keys: ["scale", "zero", "signed"])
      let scale = try arguments.number(key: "scale") ?? 1
      guard scale > 0 else {
        throw .unreadable(arguments.text, reason: "the scale must be above 0")
      }
      let zero = try arguments.integer(key: "zero") ?? 0
      return .affine(
        try AffineFormat(
          width: try arguments.integer(0, "width"),
          isSigned: try arguments.flag(key: "signed") ?? true, scales: [scale],
          zeroPoints: zero == 0 ? [] : [Int64(zero)]))
    },
  ]

  private static func algorithmicC(
    _ arguments: FormatArguments, isInteger: Bool
  ) throws(FormatError) -> Encoding {
    try arguments.expect(isInteger ? 2...2 : 3...5)
    let width = try arguments.integer(0, "width")
    if isInteger {
      return .fixed(
        try FixedPointFormat(
          width: width, integerBits: width, isSigned: try arguments.flag(1, "sign"),
          dialect: .plain))
    }
    var quantization = Quantization.truncate
    var overflow = Overflow.wrap
    if arguments.count > 3 {
      let word = arguments.string(3)
      let bare = word.hasPrefix("AC_") ? String(word.dropFirst(3)) : word
      // ac_fixed has one mode that ap_fixed lacks.
      guard let mode = bare == "RND_CONV_ODD" ? .roundTiesToOdd : Quantization(name: bare) else {
        throw .unreadable(arguments.text, reason: "unknown quantization mode '\(word)'")
      }
      quantization = mode
    }
    if arguments.count > 4 {
      let word = arguments.string(4)
      let bare = word.hasPrefix("AC_") ? String(word.dropFirst(3)) : word
      guard let mode = Overflow(name: bare) else {
        throw .unreadable(arguments.text, reason: "unknown overflow mode '\(word)'")
      }
      overflow = mode
    }
    return .fixed(
      try FixedPointFormat(
        width: width, integerBits: try arguments.integer(1, "integer bits"),
        isSigned: try arguments.flag(2, "sign"), quantization: quantization, overflow: overflow,
        dialect: .plain))
  }

  static let floatFamilies: [FormatFamily] = [
    FormatFamily(
      words: ["float"],
      grammar: "float<E,M[,bias=B][,kind=KIND][,subnormals=yes|no][,signed=yes|no]>",
      summary: "floating point of E exponent and M mantissa bits; KIND ieee unless given, fn, "
        + "fnuz, finite, p3109e, p3109f or e8m0",
      examples: [
        "float<4,3>", "float<5,2>", "float<3,2,kind=finite>", "float<2,1,bias=1,kind=finite>",
        "float<8,7>",
      ]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2, keys: ["bias", "kind", "subnormals", "signed"])
      let kind = arguments.word("kind") ?? "ieee"
      guard let specials = FloatFormat.Specials(rawValue: kind) else {
        throw .unreadable(
          arguments.text,
          reason: "kind '\(kind)' is none of "
            + FloatFormat.Specials.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return .float(
        try FloatFormat(
          exponentBits: try arguments.integer(0, "exponent bits"),
          mantissaBits: try arguments.integer(1, "mantissa bits"),
          bias: try arguments.integer(key: "bias"), specials: specials,
          hasSubnormals: try arguments.flag(key: "subnormals") ?? true,
          isSigned: try arguments.flag(key: "signed") ?? true))
    },
    FormatFamily(
      words: [], grammar: "[u]e<E>m<M>[b<B>][-ieee|-fn|-fnuz|-finite|-p3109e|-p3109f][-nosub]",
      summary:
        "the same as a word: e3m2b3-fn; u is unsigned; kind ieee unless the name is a standard's",
      examples: FloatFormat.named.flatMap { [$0.name] + $0.aliases } + ["e3m2b3-fn", "e4m2-finite"]
    ) { arguments, _ throws(FormatError) in
      throw .unreadable(arguments.text, reason: "not a float word")
    },
    FormatFamily(
      words: [], grammar: "p3109_k<K>p<P><s|u><e|f>",
      summary: "IEEE P3109 draft: K bits, precision P, signed or unsigned, extended or finite",
      examples: ["p3109_k8p4se", "p3109_k8p3se", "p3109_k6p3sf", "p3109_k8p4ue"]
    ) { arguments, _ throws(FormatError) in
      throw .unreadable(arguments.text, reason: "expected p3109_k<K>p<P><s|u><e|f>")
    },
  ]
}
