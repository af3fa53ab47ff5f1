/// Why values cannot be put into a block format.
public enum BlockError: Error, Hashable, Sendable {
  /// An infinity or a NaN, for which the format's rule has no scale.
  case notFinite(index: Int)
  /// Code, scale, choice or zero-point arrays that do not belong together.
  case malformed(String)
}

extension BlockFormat {
  /// The codes of `values`, by the format's ``ScaleRule``.
  ///
  /// Blocks are consecutive runs of ``blockSize`` values, the last may be shorter. Rules in float32
  /// or half precision first round each value to that type.
  ///
  /// - Throws: ``BlockError/notFinite(index:)``.
  public func quantize(_ values: [Double]) throws(BlockError) -> BlockCodes {
    try quantize(values, tensorScale: rule == .twoLevel ? tensorScale(of: values) : 1)
  }

  /// The codes of a row of a tensor whose scale is given, as ``tensorScale(of:)`` computes it.
  ///
  /// - Throws: ``BlockError/notFinite(index:)``.
  public func quantize(
    _ values: [Double], tensorScale: Float
  ) throws(BlockError) -> BlockCodes {
    if let index = values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    var result = BlockCodes(codes: [], scales: [], tensorScale: tensorScale)
    result.codes.reserveCapacity(values.count)
    for start in stride(from: 0, to: values.count, by: blockSize) {
      let block = Array(values[start..<min(start + blockSize, values.count)])
      switch rule {
      case .sharedExponent: appendShared(block, to: &result)
      case .twoLevel, .oneLevel: appendScaled(block, to: &result)
      case .absoluteMaximum: appendAbsolute(block, to: &result)
      case .halfMaximum: appendHalf(block, to: &result)
      case .halfRange: appendHalfRange(block, to: &result)
      case .normalizedExponent: appendNormalized(block, to: &result)
      }
    }
    return result
  }

  private func encode(
    _ value: Double, in element: Encoding, ties: Quantization = .roundTiesToEven
  ) -> Int64 {
    // Elements were checked to be scalar; ends of the range stand for what lies beyond.
    guard
      let rule = try? CastRule(
        to: element, rounding: .deterministic(ties),
        overflow: element.saturatesSymmetrically
          ? .fixed(.saturateSymmetric, saturationBits: 0) : .saturating)
    else { return 0 }
    return rule.encode(ExactNumber<Int512>(value)) ?? 0
  }

  /// OCP MX 1.0, 6.3: `X = 2^(floor(log2 max|V|) - emax)`, `P = quantize(V / X)`.
  private func appendShared(_ block: [Double], to result: inout BlockCodes) {
    let exponent = sharedExponent(largest: block.lazy.map(\.magnitude).max() ?? 0)
    result.scales.append(UInt64(exponent + scale.bias))
    result.choices.append(0)
    for value in block {
      var exact = ExactNumber<Int512>(value)
      exact.exponent -= exponent
      result.codes.append(encodeExact(exact))
    }
  }

  private func encodeExact(_ value: ExactNumber<Int512>) -> Int64 {
    let element = elements[0]
    guard
      let rule = try? CastRule(
        to: element, rounding: .tiesToEven,
        overflow: element.saturatesSymmetrically
          ? .fixed(.saturateSymmetric, saturationBits: 0) : .saturating)
    else { return 0 }
    return rule.encode(value) ?? 0
  }

  /// The exponent of the shared scale of a block whose largest magnitude is `largest`.
  func sharedExponent(largest: Double) -> Int {
    let lowest = -scale.bias
    let highest = Int(scale.maximumCode) - scale.bias
    if largest == 0 { return lowest }
    return min(max(Int(largest.exponent) - elementExponent, lowest), highest)
  }

  private var largestElement: Float { Float(elements[0].finiteRange?.upperBound ?? 1) }

  /// The scale of a tensor under ``ScaleRule/twoLevel``; 1 for other rules.
  public func tensorScale(of values: some Sequence<Double>) -> Float {
    guard rule == .twoLevel else { return 1 }
    let largest = values.lazy.map { Float($0).magnitude }.max() ?? 0
    let scale = largest / (Float(scale.doubleValue(of: scale.maximumCode)) * largestElement)
    return scale > 0 ? scale : 1
  }

  private func appendScaled(_ block: [Double], to result: inout BlockCodes) {
    let global = result.tensorScale
    let largest = block.lazy.map { Float($0).magnitude }.max() ?? 0
    let wanted = largest / largestElement / global
    let limit = Float(scale.doubleValue(of: scale.maximumCode))
    let code = scale.encode(ExactNumber<Int128>(min(wanted, limit)), saturating: true) ?? 0
    let step = Float(scale.doubleValue(of: code)) * global
    result.scales.append(code)
    result.choices.append(0)
    for value in block {
      result.codes.append(step > 0 ? encode(Double(Float(value) / step), in: elements[0]) : 0)
    }
  }

  private func appendAbsolute(_ block: [Double], to result: inout BlockCodes) {
    let largest = block.lazy.map { Float($0).magnitude }.max() ?? 0
    let step: Float = largest > 0 ? largest / largestElement : 1
    let code = scale.encode(ExactNumber<Int128>(step), saturating: true) ?? 0
    let stored = Float(scale.doubleValue(of: code))
    result.scales.append(code)
    result.choices.append(0)
    for value in block {
      let quotient = stored > 0 ? Double(Float(value) / stored) : 0
      result.codes.append(encode(quotient, in: elements[0]))
    }
  }

  private func appendNormalized(_ block: [Double], to result: inout BlockCodes) {
    let largest = block.lazy.map { Float($0).magnitude }.max() ?? 0
    let lowest = -scale.bias
    let exponent =
      largest == 0
      ? lowest : min(max(Int(largest.exponent), lowest), Int(scale.maximumCode) - scale.bias)
    result.scales.append(UInt64(exponent + scale.bias))
    result.choices.append(0)
    let power = Float(sign: .plus, exponent: exponent, significand: 1)
    let unit = Float(1) / (Float(largestMagnitude(elements[0])) / 2)
    for value in block {
      let x = Float(value) / power / unit
      result.codes.append(
        encode(Double(x), in: elements[0], ties: elements[0].groupTies))
    }
  }

  func largestMagnitude(_ element: Encoding) -> Double {
    element.finiteRange.map { max($0.upperBound, -$0.lowerBound) } ?? 1
  }

  // MARK: Half precision

  /// `a / b` in half precision; float32 holds enough bits for the quotient to be rounded once.
  private func halfQuotient(_ a: Float16, _ b: Float16) -> Float16 { Float16(Float(a) / Float(b)) }

  private func halfScale(_ scale: Float16) -> Float16 { min(max(scale, 1e-5), 1e4) }

  private func appendHalf(_ block: [Double], to result: inout BlockCodes) {
    let weights = block.map { Float16($0) }
    let largest = weights.lazy.map(\.magnitude).max() ?? 0
    var best: (error: Float16, choice: Int, codes: [Int64], scale: Float16) =
      (1e3, 0, [], 1)
    for (choice, element) in elements.enumerated() {
      let isInteger = element.isInteger
      let maximum =
        isInteger ? (element.finiteRange?.upperBound ?? 1) : largestMagnitude(element)
      let step = halfScale(halfQuotient(largest, Float16(maximum)))
      let codes = weights.map {
        encode(
          Double(halfQuotient($0, step)), in: element, ties: element.groupTies)
      }
      if elements.count == 1 {
        best = (0, 0, codes, step)
        break
      }
      let error = meanSquaredError(codes, element: element, step: step, weights: weights)
      if error < best.error || best.codes.isEmpty { best = (error, choice, codes, step) }
    }
    result.scales.append(UInt64(best.scale.bitPattern))
    result.choices.append(best.choice)
    result.codes += best.codes
  }

  /// Each difference and square rounded to half, their mean in float32 with NumPy's pairwise order.
  private func meanSquaredError(
    _ codes: [Int64], element: Encoding, step: Float16, weights: [Float16]
  ) -> Float16 {
    let squares = zip(codes, weights).map { code, weight -> Float in
      let value = Float16(element.decode(code, as: Int128.self)?.doubleValue ?? 0)
      let difference = Float16(Float(Float16(Float(value) * Float(step))) - Float(weight))
      return Float(Float16(Float(difference) * Float(difference)))
    }
    return Float16(Self.pairwiseSum(squares[...]) / Float(squares.count))
  }

  /// The sum in NumPy's order: up to 8 terms one by one, up to 128 in eight lanes, above in halves.
  static func pairwiseSum(_ terms: ArraySlice<Float>) -> Float {
    let first = terms.startIndex
    let count = terms.count
    if count < 8 { return terms.reduce(0, +) }
    if count > 128 {
      let half = count / 2 - count / 2 % 8
      return pairwiseSum(terms[first..<(first + half)]) + pairwiseSum(terms[(first + half)...])
    }
    var lanes = Array(terms[first..<(first + 8)])
    var index = first + 8
    while index + 8 <= first + count {
      for lane in 0..<8 { lanes[lane] += terms[index + lane] }
      index += 8
    }
    var sum =
      ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
      + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    while index < first + count {
      sum += terms[index]
      index += 1
    }
    return sum
  }

  private func appendHalfRange(_ block: [Double], to result: inout BlockCodes) {
    let weights = block.map { Float16($0) }
    let low = weights.min() ?? 0
    let high = weights.max() ?? 0
    let maximum = Float16(elements[0].finiteRange?.upperBound ?? 1)
    let range = Float16(Float(high) - Float(low))
    let step = halfScale(halfQuotient(range, maximum))
    let zero = min(max(halfQuotient(-low, step).rounded(.toNearestOrEven), 0), maximum)
    result.scales.append(UInt64(step.bitPattern))
    result.choices.append(0)
    result.zeroPoints.append(Int64(zero))
    for weight in weights {
      let rounded = halfQuotient(weight, step).rounded(.toNearestOrEven)
      let shifted = Float16(Float(rounded) + Float(zero))
      result.codes.append(Int64(min(max(shifted, 0), maximum)))
    }
  }
}

extension Encoding {
  /// Whether a block's integer elements leave out their minimum (MXINT8 and BFP by our choice of
  /// the symmetric range that OCP MX 1.0, 5.3.4 allows).
  var saturatesSymmetrically: Bool {
    if case .fixed(let format) = self { return format.isSigned && format.width > 1 }
    return false
  }

  var isInteger: Bool {
    if case .fixed = self { return true }
    return false
  }

  /// Tie rule of a half-precision group: integers to even, lists to the smaller value.
  var groupTies: Quantization { isInteger ? .roundTiesToEven : .roundTiesToNegative }
}
