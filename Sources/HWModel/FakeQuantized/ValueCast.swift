internal import Arith
import Synchronization

/// Float32 values to the values of a scalar encoding: cast by ``CastRule``, read back, in float32.
///
/// `value / scale` is cast with ties to even and saturation (fixed point by its own modes), and what
/// the code stands for is multiplied by the scale, each step rounded to float32. A power of two has
/// no zero: its smallest positive one stands for it. An encoding without negative numbers takes
/// them as its smallest number, and so does any for NaN.
package struct ValueCast: Sendable {
  let range: ClosedRange<Double>
  private let rule: CastRule
  private let kernel: FloatCastKernel?
  /// What each 8-bit pattern stands for, where codes have at most 8 bits.
  private let table: [Float]
  private let clampsFirst: Bool
  private let zero: Float?

  /// - Throws: ``UnitError`` for an encoding that is not scalar or wider than 64 bits.
  init(_ encoding: Encoding) throws(UnitError) {
    guard let range = encoding.finiteRange, range.lowerBound.isFinite, range.upperBound.isFinite
    else { throw .notScalar(encoding) }
    self.range = range
    var overflow = OverflowRule.saturating
    clampsFirst =
      if case .fixed = encoding { false } else { true }
    if case .fixed = encoding { overflow = .natural }
    rule = try CastRule(to: encoding, overflow: overflow)
    kernel = FloatCastKernel(rule)
    if case .powerOfTwo(let format) = encoding {
      zero = Float(sign: .plus, exponent: format.exponents.lowerBound, significand: 1)
    } else {
      zero = nil
    }
    guard let width = encoding.scalarWidth, width <= 8, let codes = encoding.codeRange else {
      table = []
      return
    }
    var table = [Float](repeating: 0, count: 256)
    for code in codes {
      let value = encoding.decode(code, as: Int512.self).map { Float($0.doubleValue) } ?? 0
      table[Int(UInt8(truncatingIfNeeded: code))] = value
    }
    self.table = table
  }

  /// The largest magnitude; of the positive numbers if there are some.
  var largest: Double { range.upperBound > 0 ? range.upperBound : range.lowerBound.magnitude }

  private func prepared(_ value: Float, scale: Float) -> Float {
    var steps = value / scale
    if clampsFirst {
      if !(steps > Float(range.lowerBound)) { steps = Float(range.lowerBound) }
      if steps > Float(range.upperBound) { steps = Float(range.upperBound) }
    } else if steps.isNaN {
      steps = Float(range.lowerBound)
    }
    if let zero, steps == 0 { steps = zero }
    return steps
  }

  /// One value, by the plain cast.
  func value(_ value: Float, scale: Float) -> Float {
    let steps = prepared(value, scale: scale)
    guard let code = rule.encode(ExactNumber<Int128>(steps)),
      let number = rule.encoding.decode(code, as: Int512.self)
    else { return 0 }
    return Float(number.doubleValue) * scale
  }

  /// `count` values; `result` may not be `values`.
  func values(
    of values: UnsafePointer<Float>, count: Int, scale: Float,
    into result: UnsafeMutablePointer<Float>
  ) {
    guard let kernel, !table.isEmpty else {
      for index in 0..<count { result[index] = value(values[index], scale: scale) }
      return
    }
    for index in 0..<count { result[index] = prepared(values[index], scale: scale) }
    var codes = [UInt8](repeating: 0, count: count)
    var span = codes.mutableSpan
    _ = kernel.encode(
      Span(_unsafeStart: UnsafePointer(result), count: count), into: &span)
    for index in 0..<count { result[index] = table[Int(codes[index])] * scale }
  }

  /// The sum of squared differences, each counted so many times.
  func squaredError(of values: [Float], counts: [Int]? = nil, scale: Float) -> Double {
    guard scale > 0 else { return .infinity }
    var cast = [Float](repeating: 0, count: values.count)
    cast.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      self.values(of: values, count: values.count, scale: scale, into: base)
    }
    var sum = 0.0
    for (index, value) in values.enumerated() {
      let error = Double(value) - Double(cast[index])
      sum += Double(counts?[index] ?? 1) * error * error
    }
    return sum
  }
}

extension ValueCast {
  private static let known = Mutex<[Encoding: ValueCast]>([:])

  /// The cast of an encoding, made once: its tables take longer than most layers.
  ///
  /// - Throws: what ``init(_:)`` throws.
  static func shared(_ encoding: Encoding) throws(UnitError) -> ValueCast {
    if let cast = known.withLock({ $0[encoding] }) { return cast }
    let made = try ValueCast(encoding)
    known.withLock {
      if $0.count >= 64 { $0.removeAll() }
      $0[encoding] = made
    }
    return made
  }
}
