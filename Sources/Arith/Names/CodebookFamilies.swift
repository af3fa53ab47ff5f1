extension FormatFamily {
  private static func codebook(
    _ definition: Codebook.Definition
  ) throws(FormatError) -> Encoding { .codebook(try Codebook(definition)) }

  static let codebookFamilies: [FormatFamily] = [
    FormatFamily(
      words: ["codebook"], grammar: "codebook<V0,V1,...>",
      summary: "a list of values: code i stands for Vi",
      examples: ["codebook<-1,0,1>", "codebook<-2,-0.5,0.5,2>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(1...Codebook.Definition.maximumCount)
      var values: [Double] = []
      for index in 0..<arguments.count { values.append(try arguments.number(index, "value")) }
      return try codebook(.list(values))
    },
    FormatFamily(
      words: ["nf4"], grammar: "nf4 or nf4<B>",
      summary: "4-bit NormalFloat; with B: blocks of B values with a float32 absmax scale",
      examples: ["nf4", "nf4<64>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(0...1)
      let element = try codebook(.normalFloat4)
      if arguments.count == 0 { return element }
      return .block(
        try BlockFormat(
          elements: [element], blockSize: try arguments.integer(0, "block size"),
          scale: .float32, rule: .absoluteMaximum))
    },
    FormatFamily(
      words: ["binary"], grammar: "binary", summary: "-1 and +1", examples: ["binary"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(0...0)
      return try codebook(.binary)
    },
    FormatFamily(
      words: ["ternary"], grammar: "ternary", summary: "-1, 0 and +1, codes 0 to 2",
      examples: ["ternary"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(0...0)
      return try codebook(.ternary)
    },
    FormatFamily(
      words: ["flint4", "flint5"], grammar: "flint4 or flint5", summary: "ANT's flint type",
      examples: ["flint4", "flint5"]
    ) { arguments, word throws(FormatError) in
      try arguments.expect(0...0)
      return try codebook(.flint(bits: word == "flint4" ? 4 : 5))
    },
    FormatFamily(
      words: ["bitmod-fp3", "bitmod-fp4"], grammar: "bitmod-fp3[<S>] or bitmod-fp4[<S>]",
      summary: "BitMoD's FP3 and FP4 lists; S replaces the redundant zero",
      examples: ["bitmod-fp3", "bitmod-fp3<3>", "bitmod-fp3<-6>", "bitmod-fp4<10>"]
    ) { arguments, word throws(FormatError) in
      try arguments.expect(0...1)
      return try codebook(
        .bitMoD(
          bits: word == "bitmod-fp3" ? 3 : 4,
          special: arguments.count == 1 ? try arguments.number(0, "special value") : nil))
    },
    FormatFamily(
      words: ["log2", "logsqrt2"], grammar: "log2<B> or logsqrt2<B>",
      summary: "2^-q or 2^(-q/2) for codes q of B bits", examples: ["log2<4>", "logsqrt2<4>"]
    ) { arguments, word throws(FormatError) in
      try arguments.expect(1...1)
      return try codebook(
        .logarithmic(
          bits: try arguments.integer(0, "bits"), numerator: 1,
          denominator: word == "log2" ? 1 : 2))
    },
    FormatFamily(
      words: ["adalog"], grammar: "adalog<B,Q[,R]>",
      summary: "AdaLog: 2^(-q * Q / R) for codes q of B bits, R = 37 unless given",
      examples: ["adalog<4,20>", "adalog<4,37,37>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...3)
      return try codebook(
        .logarithmic(
          bits: try arguments.integer(0, "bits"), numerator: try arguments.integer(1, "Q"),
          denominator: try arguments.integer(2, "R", default: 37)))
    },
    FormatFamily(
      words: ["sulq"], grammar: "sulq<B,SHIFT[,LOW,HIGH]>",
      summary: "shift-uniform-log2: 2^round(LOW + q (HIGH-LOW)/(2^B-1)) - SHIFT; LOW 1-2^B, HIGH 0",
      examples: ["sulq<4,0.17>", "sulq<3,0.1,-5.5,0.5>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...4)
      guard arguments.count != 3 else {
        throw .unreadable(arguments.text, reason: "LOW and HIGH are given together")
      }
      let bits = try arguments.integer(0, "bits")
      let isFull = arguments.count == 4
      guard (1...10).contains(bits) else {
        throw .parameterOutOfRange("bits", value: bits, allowed: 1...10)
      }
      return try codebook(
        .shiftUniformLog2(
          bits: bits, shift: try arguments.number(1, "shift"),
          low: isFull ? try arguments.number(2, "low") : Double(1 - (1 << bits)),
          high: isFull ? try arguments.number(3, "high") : 0))
    },
    FormatFamily(
      words: ["nupes"], grammar: "nupes<B,A>",
      summary: "power exponent: sign(q) |q|^A for signed codes of B bits",
      examples: ["nupes<4,0.5>", "nupes<8,1.5>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2)
      return try codebook(
        .powerExponent(
          bits: try arguments.integer(0, "bits"), exponent: try arguments.number(1, "exponent")))
    },
    FormatFamily(
      words: ["po2"], grammar: "po2<E>",
      summary: "signed powers of two, E-bit exponent, no zero; code = 2 exponent + sign",
      examples: ["po2<4>", "po2<3>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(1...1)
      return .powerOfTwo(
        try PowerOfTwoFormat(exponentBits: try arguments.integer(0, "exponent bits")))
    },
    FormatFamily(
      words: ["khot"], grammar: "khot<W,I,K>",
      summary: "QFX: fixed<W,I> values that are sums of at most K signed powers of two",
      examples: ["khot<8,3,2>", "khot<8,1,1>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(3...3)
      return try codebook(
        .signedPowers(
          width: try arguments.integer(0, "width"),
          integerBits: try arguments.integer(1, "integer bits"),
          terms: try arguments.integer(2, "terms")))
    },
    FormatFamily(
      words: ["denseshift"], grammar: "denseshift<B>",
      summary: "+-2^e without zero: sign and a B-1 bit exponent", examples: ["denseshift<3>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(1...1)
      return try codebook(.denseShift(bits: try arguments.integer(0, "bits")))
    },
    FormatFamily(
      words: ["apot"], grammar: "apot<B,K[,signed=yes|no]>",
      summary: "additive powers of two, B bits in fields of K",
      examples: ["apot<5,2>", "apot<4,2,signed=no>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2, keys: ["signed"])
      return try codebook(
        .additivePowers(
          bits: try arguments.integer(0, "bits"), base: try arguments.integer(1, "base bits"),
          isSigned: try arguments.flag(key: "signed") ?? true))
    },
    FormatFamily(
      words: ["complex4"], grammar: "complex4",
      summary: "+1, -1, +i, -i as (real, imaginary) on a trailing axis of 2", examples: ["complex4"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(0...0)
      return .vectors(.complexUnits)
    },
    FormatFamily(
      words: ["pyramid"], grammar: "pyramid<N,K>",
      summary: "integer vectors of N elements whose magnitudes sum to K", examples: ["pyramid<8,4>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...2)
      return .vectors(
        try .pyramid(
          checked: try arguments.integer(0, "dimensions"),
          pulses: try arguments.integer(1, "pulses")))
    },
    FormatFamily(
      words: ["planes"], grammar: "planes<bits|signs|trits,COUNT[,GROUP]>",
      summary: "sums of COUNT scaled planes, scales shared by GROUP values",
      examples: ["planes<bits,2,128>", "planes<trits,2,128>", "planes<signs,3>"]
    ) { arguments, _ throws(FormatError) in
      try arguments.expect(2...3)
      guard let digits = PlanesFormat.Digits(rawValue: arguments.string(0).lowercased()) else {
        throw .unreadable(
          arguments.text, reason: "digits '\(arguments.string(0))' are not bits, signs or trits")
      }
      return .planes(
        try PlanesFormat(
          digits: digits, count: try arguments.integer(1, "planes"),
          group: try arguments.integer(2, "group", default: 0)))
    },
    FormatFamily(
      words: ["dualbinary", "tritplanes"], grammar: "dualbinary[<GROUP>] or tritplanes[<GROUP>]",
      summary: "two planes of {0, 1} (DB-LLM) or of {-1, 0, 1} (PTQTP)",
      examples: ["dualbinary<128>", "tritplanes<128>", "dualbinary"]
    ) { arguments, word throws(FormatError) in
      try arguments.expect(0...1)
      return .planes(
        try PlanesFormat(
          digits: word == "dualbinary" ? .bits : .trits, count: 2,
          group: try arguments.integer(0, "group", default: 0)))
    },
  ]
}
