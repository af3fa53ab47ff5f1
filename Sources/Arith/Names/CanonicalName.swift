extension Encoding {
  /// The canonical name; `Encoding(name:)` reads it back, except for affine types with several
  /// scales.
  public var name: String {
    switch self {
    case .fixed(let format): format.name
    case .affine(let format): format.name
    case .float(let format): format.name
    case .powerOfTwo(let format): "po2<\(format.exponentBits)>"
    case .codebook(let book): book.definition.name
    case .vectors(.complexUnits): "complex4"
    case .vectors(.pyramid(let dimensions, let pulses)): "pyramid<\(dimensions),\(pulses)>"
    case .planes(let format): format.name
    case .block(let format): format.name
    }
  }
}

extension FloatFormat {
  /// The name of ``named``, of P3109, or `[u]e<E>m<M>[b<B>]-<kind>[-nosub]`.
  public var name: String {
    if let row = Self.named.first(where: { $0.format == self }) { return row.name }
    let usual = bias == Self.defaultBias(exponentBits: exponentBits, specials: specials)
    let isP3109 = specials == .p3109Extended || specials == .p3109Finite
    if isP3109 && usual && hasSubnormals && width <= 16 {
      return "p3109_k\(width)p\(mantissaBits + 1)\(isSigned ? "s" : "u")"
        + (specials == .p3109Extended ? "e" : "f")
    }
    let sign = isSigned || specials == .powerOfTwo ? "" : "u"
    let offset = usual ? "" : "b\(bias)"
    let small = hasSubnormals || specials == .powerOfTwo ? "" : "-nosub"
    if bias < 0 {
      // A word has no place for a sign.
      return "float<\(exponentBits),\(mantissaBits),bias=\(bias),kind=\(specials.rawValue)"
        + (hasSubnormals ? "" : ",subnormals=no") + (isSigned ? "" : ",signed=no") + ">"
    }
    return "\(sign)e\(exponentBits)m\(mantissaBits)\(offset)-\(specials.rawValue)\(small)"
  }
}

extension AffineFormat {
  /// `affine<8,scale=0.05,zero=3,signed=no>`; several scales are counted, not listed.
  public var name: String {
    var text = "affine<\(width)"
    if scales.count == 1 {
      text += ",scale=\(scales[0])"
      if let zero = zeroPoints.first, zero != 0 { text += ",zero=\(zero)" }
    } else {
      text += ",scales=\(scales.count)"
      if let axis { text += ",axis=\(axis)" }
    }
    return text + (isSigned ? ">" : ",signed=no>")
  }
}

extension Codebook.Definition {
  /// The name in the format grammar.
  public var name: String {
    switch self {
    case .list(let values):
      return "codebook<" + values.map(Self.short).joined(separator: ",") + ">"
    case .normalFloat4: return "nf4"
    case .binary: return "binary"
    case .ternary: return "ternary"
    case .flint(let bits): return "flint\(bits)"
    case .bitMoD(let bits, let special):
      return "bitmod-fp\(bits)" + (special.map { "<\(Self.short($0))>" } ?? "")
    case .logarithmic(let bits, 1, 1): return "log2<\(bits)>"
    case .logarithmic(let bits, 1, 2): return "logsqrt2<\(bits)>"
    case .logarithmic(let bits, let numerator, let denominator):
      return "adalog<\(bits),\(numerator)" + (denominator == 37 ? ">" : ",\(denominator)>")
    case .shiftUniformLog2(let bits, let shift, let low, let high):
      let isUsual = low == Double(1 - (1 << bits)) && high == 0
      return "sulq<\(bits),\(Self.short(shift))"
        + (isUsual ? ">" : ",\(Self.short(low)),\(Self.short(high))>")
    case .powerExponent(let bits, let exponent): return "nupes<\(bits),\(Self.short(exponent))>"
    case .denseShift(let bits): return "denseshift<\(bits)>"
    case .signedPowers(let width, let integerBits, let terms):
      return "khot<\(width),\(integerBits),\(terms)>"
    case .additivePowers(let bits, let base, let isSigned):
      return "apot<\(bits),\(base)" + (isSigned ? ">" : ",signed=no>")
    }
  }

  /// The shortest digits that read back as `value`, whole numbers without a fraction.
  private static func short(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension PlanesFormat {
  /// `planes<trits,2,128>`.
  public var name: String {
    "planes<\(digits.rawValue),\(count)" + (group == 0 ? ">" : ",\(group)>")
  }
}

extension BlockFormat {
  /// A name of the field where there is one, else `mx<...>`, `group<...>` or `scaled<...>`.
  public var name: String {
    for candidate in Self.namedCandidates where Self.parsed(candidate) == self { return candidate }
    let element = elements[0].name
    if case .fixed(let mantissa) = elements[0], rule == .sharedExponent {
      let exponent = scale.exponentBits == 8 ? "" : ",\(scale.exponentBits)"
      let name = "bfp<\(blockSize),\(mantissa.width)\(exponent)>"
      if Self.parsed(name) == self { return name }
    }
    switch rule {
    case .sharedExponent:
      if scale == .e8m0 { return "mx<\(element),\(blockSize)>" }
    case .absoluteMaximum:
      if elements[0].name == "nf4" && scale == .float32 { return "nf4<\(blockSize)>" }
      return "scaled<\(element),\(blockSize)" + (scale == .float32 ? ">" : ",\(scale.name)>")
    case .halfMaximum, .halfRange:
      for word in ["bitmod", "ant"] {
        for bits in [3, 4] {
          let name = "\(word)<\(bits)" + (blockSize == 128 ? ">" : ",\(blockSize)>")
          if Self.parsed(name) == self { return name }
        }
      }
      if scale == .float16 {
        return "group<" + elements.map(\.name).joined(separator: "|") + ",\(blockSize)"
          + (rule == .halfRange ? ",zero=yes>" : ">")
      }
    case .twoLevel, .oneLevel, .normalizedExponent: break
    }
    return "scaled<\(element),\(blockSize),\(scale.name),rule=\(rule.rawValue)>"
  }

  private static let namedCandidates =
    FormatFamily.microscaling.map(\.name) + ["nvfp4", "nvfp4-block"]

  private static func parsed(_ name: String) -> BlockFormat? {
    guard case .block(let format)? = try? Encoding.parse(name) else { return nil }
    return format
  }
}
