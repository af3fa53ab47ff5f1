/// The values that a block format makes of float32 values, row by row.
///
/// Equal to ``BlockFormat/quantize(_:tensorScale:)`` and then ``BlockFormat/values(_:)`` of every row,
/// rounded to float32; fast for one element encoding of at most 8 bits under a rule in float32 or a
/// shared exponent. A NaN counts as 0 and an infinity as the largest finite float32 number, which
/// have no codes in a block.
public struct BlockCast: Sendable {
  public let format: BlockFormat
  private let fast: Fast?

  /// The parts of the fast path.
  private struct Fast: Sendable {
    let elements: FloatCastKernel
    /// Casts scales of at most 8 bits.
    let scales: FloatCastKernel?
    /// What each pattern of 8 bits stands for.
    let elementValues: [Float]
    let scaleValues: [Float]
    let largestElement: Float
    let largestScale: Float

    init?(_ format: BlockFormat) {
      switch format.rule {
      case .sharedExponent:
        // Scales and quotients are float32 numbers, or round to a zero element.
        guard format.scale.exponentBits <= 8, let extent = format.elements[0].valueExtent,
          extent.lowest > -100
        else { return nil }
      case .twoLevel, .oneLevel, .absoluteMaximum: break
      case .halfMaximum, .halfRange, .normalizedExponent: return nil
      }
      let element = format.elements[0]
      guard format.elements.count == 1, let width = element.scalarWidth, width <= 8,
        let range = element.codeRange, let largest = element.finiteRange?.upperBound,
        let rule = try? CastRule(
          to: element, rounding: .tiesToEven,
          overflow: element.saturatesSymmetrically
            ? .fixed(.saturateSymmetric, saturationBits: 0) : .saturating),
        let elements = FloatCastKernel(rule)
      else { return nil }
      self.elements = elements
      var values = [Float](repeating: 0, count: 256)
      for code in range {
        values[Int(UInt8(truncatingIfNeeded: code))] =
          element.decode(code, as: Int512.self).map { Float($0.doubleValue) } ?? .nan
      }
      elementValues = values
      largestElement = Float(largest)
      largestScale = Float(format.scale.doubleValue(of: format.scale.maximumCode))
      guard format.rule != .sharedExponent, format.scale.width <= 8,
        let rule = try? CastRule(
          to: .float(format.scale), rounding: .tiesToEven, overflow: .saturating),
        let scales = FloatCastKernel(rule)
      else {
        scales = nil
        scaleValues = []
        return
      }
      self.scales = scales
      scaleValues = (0..<256).map { code in
        code >> format.scale.width == 0 ? Float(format.scale.doubleValue(of: UInt64(code))) : 0
      }
    }
  }

  public init(_ format: BlockFormat) {
    self.format = format
    fast = Fast(format)
  }

  /// Elements that are cast at once.
  private static let chunk = 8192

  /// Writes the values of `rows` rows of `length` values; blocks begin with a row.
  ///
  /// `tensorScale` is that of ``BlockFormat/tensorScale(of:)``, 1 where the rule has none.
  ///
  /// - Precondition: the pointers have `rows * length` elements; `result` may be `values`.
  public func values(
    of values: UnsafePointer<Float>, rows: Int, length: Int, tensorScale: Float = 1,
    into result: UnsafeMutablePointer<Float>
  ) {
    guard rows > 0, length > 0 else { return }
    for index in 0..<rows * length {
      let value = values[index]
      // False for a NaN too.
      result[index] =
        value.magnitude <= .greatestFiniteMagnitude
        ? value : value.isNaN ? 0 : value < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude
    }
    guard let fast else {
      for row in 0..<rows { castPlainly(result + row * length, length, tensorScale) }
      return
    }
    let step = max(1, Self.chunk / length)
    var codes = [UInt8](repeating: 0, count: min(step, rows) * length)
    var steps = [Float](repeating: 0, count: min(step, rows) * format.blockCount(of: length))
    for first in stride(from: 0, to: rows, by: step) {
      let count = min(step, rows - first)
      cast(
        fast, result + first * length, rows: count, length: length, tensorScale: tensorScale,
        codes: &codes, steps: &steps)
    }
  }

  private func castPlainly(
    _ row: UnsafeMutablePointer<Float>, _ length: Int, _ tensorScale: Float
  ) {
    let values = (0..<length).map { Double(row[$0]) }
    // Finite values have codes, and codes have values.
    guard let codes = try? format.quantize(values, tensorScale: tensorScale),
      let found = try? format.values(codes)
    else { return }
    for (index, value) in found.enumerated() { row[index] = Float(value) }
  }

  private func cast(
    _ fast: Fast, _ values: UnsafeMutablePointer<Float>, rows: Int, length: Int,
    tensorScale: Float, codes: inout [UInt8], steps: inout [Float]
  ) {
    let size = format.blockSize
    let blocks = format.blockCount(of: length)
    for row in 0..<rows {
      for block in 0..<blocks {
        let from = values + row * length + block * size
        var largest: Float = 0
        for index in 0..<min(size, length - block * size) {
          let magnitude = from[index].magnitude
          largest = largest < magnitude ? magnitude : largest
        }
        steps[row * blocks + block] = largest
      }
    }
    scale(fast, &steps, count: rows * blocks, tensorScale: tensorScale)
    for row in 0..<rows {
      for block in 0..<blocks {
        let from = values + row * length + block * size
        let step = steps[row * blocks + block]
        // A block whose scale is 0 has codes 0.
        let divisor = step > 0 ? step : .infinity
        for index in 0..<min(size, length - block * size) { from[index] /= divisor }
      }
    }
    let count = rows * length
    codes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var target = MutableSpan(_unsafeStart: base, count: count)
      _ = fast.elements.encode(
        Span(_unsafeStart: UnsafePointer(values), count: count), into: &target)
    }
    for row in 0..<rows {
      for block in 0..<blocks {
        let first = row * length + block * size
        let step = steps[row * blocks + block]
        for index in first..<first + min(size, length - block * size) {
          values[index] = fast.elementValues[Int(codes[index])] * step
        }
      }
    }
  }

  /// Replaces the largest magnitudes of blocks by what their elements are multiplied with.
  private func scale(
    _ fast: Fast, _ steps: inout [Float], count: Int, tensorScale: Float
  ) {
    guard format.rule != .sharedExponent else {
      for index in 0..<count {
        steps[index] = Float(
          sign: .plus, exponent: format.sharedExponent(largest: Double(steps[index])),
          significand: 1)
      }
      return
    }
    let global = format.rule == .twoLevel ? tensorScale : 1
    let isAbsolute = format.rule == .absoluteMaximum
    for index in 0..<count {
      let largest = steps[index]
      if isAbsolute {
        steps[index] = largest > 0 ? largest / fast.largestElement : 1
      } else {
        steps[index] = min(largest / fast.largestElement / global, fast.largestScale)
      }
    }
    guard let scales = fast.scales else {
      for index in 0..<count {
        let code = format.scale.encode(ExactNumber<Int128>(steps[index]), saturating: true) ?? 0
        steps[index] = Float(format.scale.doubleValue(of: code)) * global
      }
      return
    }
    var codes = [UInt8](repeating: 0, count: count)
    var span = codes.mutableSpan
    _ = scales.encode(steps.span.extracting(0..<count), into: &span)
    for index in 0..<count { steps[index] = fast.scaleValues[Int(codes[index])] * global }
  }
}
