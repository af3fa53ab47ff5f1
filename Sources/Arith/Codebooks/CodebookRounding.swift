extension Codebook {
  /// What `code` stands for, or nil if no value has it.
  public func decode<Raw: RawInteger>(
    _ code: Int64, as: Raw.Type = Raw.self
  ) -> ExactNumber<Raw>? {
    value(of: code).map { ExactNumber($0) }
  }

  /// The code of the neighbour that `rounding` picks: the one place where codebooks round.
  ///
  /// Ties to even and odd look at the lower neighbour's code. The jam modes have no meaning in a
  /// list and cut toward negative. A stochastic rounding takes the fraction from the neighbour
  /// nearer to zero. Values outside the list become its ends if `saturating`, else nil; NaN is nil.
  public func encode<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, rounding: Rounding = .tiesToEven, saturating: Bool = true,
    randomBits: UInt64 = 0
  ) -> Int64? {
    if value.kind == .notANumber { return nil }
    let last = values.count - 1
    if value.kind == .infinity {
      return saturating ? codes[value.isNegative ? 0 : last] : nil
    }
    let exact = value.widened
    let isBelow = Self.isLess(exact, ExactNumber(values[0]))
    let isAbove = Self.isLess(ExactNumber(values[last]), exact)
    if !saturating && (isBelow || isAbove) { return nil }
    if case .deterministic(let mode) = rounding, mode.isNearest {
      // Boundaries ascend even where values repeat or, in logarithmic formats, lie off-centre.
      let position = boundaries.partitioningIndex { !Self.isLess($0, exact) }
      guard position < last, !Self.isLess(exact, boundaries[position]) else {
        return codes[position]
      }
      let up = mode.increment(
        isNegative: exact.isNegative, isOdd: codes[position] & 1 == 1, half: true, rest: false)
      return codes[up ? position + 1 : position]
    }
    if isBelow { return codes[0] }
    if isAbove { return codes[last] }
    let next = values.partitioningIndex { Self.isLess(exact, ExactNumber($0)) }
    let low = next - 1
    let lower = ExactNumber<Int512>(values[low])
    if !Self.isLess(lower, exact) { return codes[low] }
    switch rounding {
    case .deterministic(let mode):
      let up = mode.increment(
        isNegative: exact.isNegative, isOdd: codes[low] & 1 == 1, half: true, rest: true)
      return codes[up ? next : low]
    case .stochastic(let rule, let width):
      let upper = ExactNumber<Int512>(values[next])
      let origin = exact.isNegative ? upper : lower
      let (digits, half, rest) = Self.fraction(
        of: .sum(exact, origin.negated), in: .sum(upper, lower.negated), width: width)
      let away = rule.goesUp(
        digits: digits, half: half, rest: rest, randomBits: randomBits, width: width)
      return codes[away != exact.isNegative ? next : low]
    }
  }

  private static func isLess(_ a: ExactNumber<Int512>, _ b: ExactNumber<Int512>) -> Bool {
    ExactNumber.isLess(a, than: b) ?? false
  }

  /// `|part| / |whole|` as `width` binary digits, the next one, and whether any follows.
  private static func fraction(
    of part: ExactNumber<Int512>, in whole: ExactNumber<Int512>, width: Int
  ) -> (digits: UInt64, half: Bool, rest: Bool) {
    if part.isZero { return (0, false, false) }
    if part.leadingExponent < whole.leadingExponent - width - 2 { return (0, false, true) }
    let narrow = part.keeping(bits: 200)
    let span = whole.keeping(bits: 200)
    let gap = narrow.exponent - span.exponent
    let numerator = (gap >= 0 ? narrow.magnitude << gap : narrow.magnitude) << width
    let denominator = gap >= 0 ? span.magnitude : span.magnitude << -gap
    let quotient = numerator.quotient(dividingBy: denominator)
    let twice = (numerator - quotient * denominator) << 1
    return (
      UInt64(bitPattern: quotient.low64), twice >= denominator,
      twice != denominator && twice != Int512.zero
    )
  }
}

extension Quantization {
  /// Whether the mode takes the nearer neighbour and differs from the others in ties only.
  @inlinable
  public var isNearest: Bool {
    switch self {
    case .round, .roundTiesToZero, .roundTiesAway, .roundTiesToNegative, .roundTiesToEven,
      .roundTiesToOdd:
      true
    case .truncate, .truncateToZero, .towardPositive, .awayFromZero, .truncateMagnitude, .jam,
      .jamUnbiased:
      false
    }
  }
}

extension Array {
  /// The first index whose element satisfies `belongs`, which all later elements satisfy too.
  func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
