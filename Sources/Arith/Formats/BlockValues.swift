extension BlockFormat {
  /// Number of blocks of `count` values.
  public func blockCount(of count: Int) -> Int { (count + blockSize - 1) / blockSize }

  /// Checks that the arrays of `codes` belong together.
  ///
  /// - Throws: ``BlockError/malformed(_:)`` that says which does not.
  public func validate(_ codes: BlockCodes) throws(BlockError) {
    let blocks = blockCount(of: codes.codes.count)
    guard codes.scales.count == blocks else {
      throw .malformed("\(codes.scales.count) scales for \(blocks) blocks")
    }
    guard codes.choices.count == blocks, codes.choices.allSatisfy(elements.indices.contains) else {
      throw .malformed("choices must be \(blocks) numbers below \(elements.count)")
    }
    guard codes.zeroPoints.count == (rule == .halfRange ? blocks : 0) else {
      throw .malformed("\(codes.zeroPoints.count) zero points for \(blocks) blocks")
    }
    if let index = codes.scales.firstIndex(where: { scale.width < 64 && $0 >> scale.width != 0 }) {
      throw .malformed("scale \(index) has no \(scale.width)-bit code")
    }
  }

  /// The element at `index`, without its scale; nil where its encoding has no such code.
  func element(_ index: Int, of codes: BlockCodes) -> ExactNumber<Int512>? {
    let block = index / blockSize
    guard let element = elements[codes.choices[block]].decode(codes.codes[index], as: Int512.self)
    else { return nil }
    guard rule == .halfRange else { return element }
    return .sum(element, ExactNumber(Int512(-codes.zeroPoints[block])))
  }

  /// The exact scale of block `index`, the tensor scale included.
  func exactScale(_ index: Int, of codes: BlockCodes) -> ExactNumber<Int512> {
    let stored: ExactNumber<Int512> = scale.decode(codes.scales[index])
    return rule == .twoLevel ? .product(stored, ExactNumber(codes.tensorScale)) : stored
  }

  /// The exact values: element times scale (times tensor scale).
  ///
  /// A NaN scale makes its block NaN, an element code without value is NaN.
  ///
  /// - Throws: ``BlockError/malformed(_:)``.
  public func exactValues(_ codes: BlockCodes) throws(BlockError) -> [ExactNumber<Int512>] {
    try validate(codes)
    return codes.codes.indices.map { index in
      guard let element = element(index, of: codes) else { return .notANumber }
      return normalized(.product(element, exactScale(index / blockSize, of: codes)))
    }
  }

  /// ``ScaleRule/normalizedExponent`` measures elements in halves of the largest one; the exact
  /// quotient need not be binary, so these values are rounded as ``values(_:)`` does.
  private func normalized(_ value: ExactNumber<Int512>) -> ExactNumber<Int512> {
    guard rule == .normalizedExponent else { return value }
    return .quotient(value, ExactNumber(largestMagnitude(elements[0]) / 2))
  }

  /// The values as the format's software computes them: exact where a double holds the product,
  /// rounded to float32 for the float32 rules, to half precision for the half-precision ones.
  ///
  /// - Throws: ``BlockError/malformed(_:)``.
  public func values(_ codes: BlockCodes) throws(BlockError) -> [Double] {
    try validate(codes)
    return codes.codes.indices.map { index in
      guard let element = element(index, of: codes)?.doubleValue else { return .nan }
      let block = index / blockSize
      let stored = scale.doubleValue(of: codes.scales[block])
      switch rule {
      case .sharedExponent:
        // A double's range holds every product of a 16-bit element and an E8M0 scale.
        return element * stored
      case .twoLevel, .oneLevel:
        return Double(Float(element) * (Float(stored) * codes.tensorScale))
      case .absoluteMaximum: return Double(Float(element) * Float(stored))
      case .halfMaximum, .halfRange:
        return Double(Float16(Float(Float16(element)) * Float(Float16(stored))))
      case .normalizedExponent:
        let unit = Float(1) / (Float(largestMagnitude(elements[0])) / 2)
        return Double(Float16(Float(element) * unit * Float(stored)))
      }
    }
  }

  /// The exact dot product of two rows in block formats, rounded nowhere.
  ///
  /// Both rows have the same number of values; their blocks need not coincide. Terms are element
  /// products times scale products, summed in one register.
  ///
  /// - Throws: ``BlockError/malformed(_:)``.
  public func dot(
    _ codes: BlockCodes, _ other: BlockCodes, in otherFormat: BlockFormat? = nil
  ) throws(BlockError) -> ExactNumber<Int512> {
    let otherFormat = otherFormat ?? self
    try validate(codes)
    try otherFormat.validate(other)
    guard codes.codes.count == other.codes.count else {
      throw .malformed("rows of \(codes.codes.count) and \(other.codes.count) values")
    }
    let terms = codes.codes.indices.map { index -> ExactNumber<Int512> in
      guard let x = element(index, of: codes), let y = otherFormat.element(index, of: other) else {
        return .notANumber
      }
      let scales = ExactNumber.product(
        exactScale(index / blockSize, of: codes),
        otherFormat.exactScale(index / otherFormat.blockSize, of: other))
      return .product(.product(x, y), scales)
    }
    let finite = terms.filter { $0.isFinite && !$0.isZero }
    let exponents = finite.map(\.exponent)
    let bits = finite.map(\.magnitude.significantBits).max() ?? 1
    var register = ExactAccumulator(
      bits: bits, exponents: (exponents.min() ?? 0)...(exponents.max() ?? 0))
    for term in terms { register.add(term) }
    return register.sum()
  }
}
