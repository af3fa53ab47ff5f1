import Glibc

/// Numbers on an axis: where they stand and which of them are written.
///
/// The ends are whole steps, so that the first and last tick are at the ends of the axis.
package struct Scale: Sendable {
  struct Tick: Hashable, Sendable {
    /// In the unit of the data.
    let value: Double
    let label: String
  }

  let isLogarithmic: Bool
  let ticks: [Tick]
  private let low: Double
  private let high: Double
  private let start: Double
  private let end: Double

  /// Whether a number can stand on any axis: finite, and not so large that spans overflow.
  package static func canShow(_ value: Double) -> Bool {
    value.isFinite && value.magnitude <= 1e100
  }

  /// A scale over `values` from `start` to `end` on the drawing.
  ///
  /// - Parameters:
  ///   - values: What the scale spans; numbers that ``canShow(_:)`` refuses are left out.
  ///   - factor: Labels show a value times this.
  ///   - start: Where the lowest value stands.
  ///   - end: Where the highest value stands; less than `start` for an axis that points upward.
  ///   - ticks: Wished number of ticks, at least 2.
  ///   - allowsLogarithm: Whether a scale of powers of ten may be chosen; it is where all values are
  ///     positive and the largest is more than 100 times the smallest.
  ///   - includesZero: Whether a linear scale begins at zero.
  ///   - hasWholeSteps: Whether ticks of a linear scale stand at whole numbers only.
  init(
    _ values: [Double], factor: Double = 1, from start: Double, to end: Double, ticks: Int = 6,
    allowsLogarithm: Bool = false, includesZero: Bool = false, hasWholeSteps: Bool = false
  ) {
    let shown = values.filter(Self.canShow).map { $0.magnitude < 1e-100 ? 0 : $0 * factor }
    self.start = start
    self.end = end
    var low = shown.min() ?? 0
    var high = shown.max() ?? 1
    if allowsLogarithm, low > 0, high / low > 100 {
      isLogarithmic = true
      let marks = Self.logarithmicMarks(low: low, high: high, limit: max(ticks, 2))
      self.low = marks.first.map { log10($0.value) } ?? log10(low)
      self.high = marks.last.map { log10($0.value) } ?? log10(high)
      self.ticks = marks.map { Tick(value: $0.value / factor, label: $0.label) }
      scaleFactor = factor
      return
    }
    isLogarithmic = false
    if includesZero {
      low = min(low, 0)
      high = max(high, 0)
    }
    let smallest = max(max(low.magnitude, high.magnitude) * 1e-6, 1e-90)
    if high - low < smallest {
      let middle = (low + high) / 2
      let reach = middle == 0 ? 0.5 : middle.magnitude * 0.05
      low = middle - reach
      high = middle + reach
      if includesZero, middle == 0 { (low, high) = (0, 1) }
    }
    let wanted = (high - low) / Double(max(ticks - 1, 1))
    let step = DecimalStep(atLeast: hasWholeSteps ? max(wanted, 1) : wanted)
    let first = Int((low / step.value + 1e-9).rounded(.down))
    let last = Int((high / step.value - 1e-9).rounded(.up))
    self.low = Double(first) * step.value
    self.high = Double(max(last, first + 1)) * step.value
    self.ticks = (first...max(last, first + 1)).map { count in
      Tick(
        value: Double(count) * step.value / factor,
        label: NumberText.decimal(count * step.mantissa, exponent: step.exponent))
    }
    scaleFactor = factor
  }

  private let scaleFactor: Double

  /// Where `value` stands; values beyond the ends stand beyond them.
  func position(_ value: Double) -> Double {
    let scaled = value * scaleFactor
    let along = isLogarithmic ? log10(max(scaled, 1e-300)) : scaled
    let share = (along - low) / (high - low)
    return start + min(max(share, -10), 11) * (end - start)
  }

  /// Powers of ten that enclose the range.
  ///
  /// Where they are few, 2 and 5 stand between them; where they are many, some are left out.
  private static func logarithmicMarks(
    low: Double, high: Double, limit: Int
  ) -> [(value: Double, label: String)] {
    let first = Int(log10(low).rounded(.down))
    let last = max(Int(log10(high).rounded(.up)), first + 1)
    let stride = max(1, (last - first + limit - 1) / limit)
    let mantissas = last - first <= 2 && limit >= 6 ? [1, 2, 5] : [1]
    var marks: [(value: Double, label: String)] = []
    var exponent = first
    while true {
      for mantissa in mantissas where exponent < last || mantissa == 1 {
        let label =
          exponent < -4 || exponent > 5
          ? "\(mantissa)e\(exponent)" : NumberText.decimal(mantissa, exponent: exponent)
        marks.append((Double(mantissa) * powerOfTen(exponent), label))
      }
      if exponent >= last { return marks }
      exponent += stride
    }
  }

  fileprivate static func powerOfTen(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 1 }
}

/// 1, 2 or 5 times a power of ten.
private struct DecimalStep {
  let mantissa: Int
  let exponent: Int
  let value: Double

  init(atLeast wanted: Double) {
    let power = Int(log10(wanted).rounded(.down))
    let share = wanted / Scale.powerOfTen(power)
    switch share {
    case ...1.0001: (mantissa, exponent) = (1, power)
    case ...2.0001: (mantissa, exponent) = (2, power)
    case ...5.0001: (mantissa, exponent) = (5, power)
    default: (mantissa, exponent) = (1, power + 1)
    }
    // Division by a power of ten is exact to the last bit, multiplication by 0.1 is not.
    value =
      exponent < 0
      ? Double(mantissa) / Scale.powerOfTen(-exponent)
      : Double(mantissa) * Scale.powerOfTen(exponent)
  }
}
