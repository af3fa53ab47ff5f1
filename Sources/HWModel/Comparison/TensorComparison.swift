import Arith
public import QuantGraph

/// Whether a value shows as `token` when it is printed with so many significant digits.
public typealias PrintedMatch = @Sendable (_ value: Double, _ token: Double, _ digits: Int) -> Bool

/// One value that is not what was expected.
public struct Mismatch: Hashable, Sendable {
  public let sample: Int
  /// Position of the element in its sample, row-major.
  public let element: Int
  public let expected: Double
  public let actual: Double
  /// Difference in units of the format's last place.
  public let lsb: Double
}

/// How a tensor's codes compare with expected values over a number of samples.
public struct TensorComparison: Sendable {
  public var compared = 0
  public var equal = 0
  /// Largest difference in units of the last place; 0 if all are equal.
  public var maxLSB = 0.0
  /// Sum of the differences in units of the last place.
  public var sumLSB = 0.0
  /// Of a tensor of floats, the largest difference of two numbers.
  public var maxDifference = 0.0
  /// Of a tensor of floats, the largest magnitude expected.
  public var largestExpected = 0.0
  /// Expected values that are no value of the tensor's format: no hardware gives them.
  public var offGrid = 0
  /// The first of those.
  public var firstOffGrid: Mismatch?
  /// The first mismatches in row-major order.
  public var mismatches: [Mismatch] = []
  /// Numbers of the samples with a mismatch.
  public var differingSamples = RangeSet<Int>()

  public init() {}

  /// Adds the comparison of later samples; keeps at most `limit` mismatches.
  public mutating func merge(_ other: TensorComparison, limit: Int) {
    compared += other.compared
    equal += other.equal
    maxLSB = max(maxLSB, other.maxLSB)
    sumLSB += other.sumLSB
    maxDifference = max(maxDifference, other.maxDifference)
    largestExpected = max(largestExpected, other.largestExpected)
    offGrid += other.offGrid
    firstOffGrid = firstOffGrid ?? other.firstOffGrid
    mismatches += other.mismatches.prefix(max(0, limit - mismatches.count))
    for range in other.differingSamples.ranges { differingSamples.insert(contentsOf: range) }
  }

  /// Counts a value that differs, and keeps at most `limit` of them.
  fileprivate mutating func add(_ mismatch: Mismatch, isOnGrid: Bool, limit: Int) {
    maxLSB = max(maxLSB, mismatch.lsb)
    sumLSB += mismatch.lsb
    if !isOnGrid {
      offGrid += 1
      firstOffGrid = firstOffGrid ?? mismatch
    }
    if differingSamples.ranges.last?.last != mismatch.sample {
      differingSamples.insert(contentsOf: mismatch.sample..<mismatch.sample + 1)
    }
    if mismatches.count < limit { mismatches.append(mismatch) }
  }
}

extension TensorValues {
  /// Whether the text or the array would hold `value` as it holds its element at `position`.
  ///
  /// - Precondition: no codes.
  func holds(_ value: Double, at position: Int, _ matchesPrinted: PrintedMatch) -> Bool {
    switch self {
    case .codes: preconditionFailure("codes are compared as codes")
    case .values(let values): values[position] == value
    case .printed(let values, let digits):
      values[position] == value || matchesPrinted(value, values[position], digits)
    case .rounded(let values, let bits):
      values[position] == value || values[position] == Self.number(value, ofBits: bits)
    }
  }
}

extension PlanRunner {
  /// Compares a kept tensor, or a constant, with samples `first..<first + count` of `expected`.
  ///
  /// Values are compared exactly: a fixed-point code of more than 53 bits is rounded to binary64 as
  /// C-simulation hands it out; the value of a code with a scale also equals its rounding to
  /// binary32, which is how runtimes hand it out. Floats of the tensor's own format are equal if
  /// they are the same number or both NaN. Printed and rounded values are equal where the value
  /// would print as the text shows it, or round to what the array holds. `steps` gives the units in which values of a float tensor differ that are
  /// codes elsewhere.
  public func compare(
    _ id: TensorID, with expected: TensorValues, first: Int, count: Int, firstSample: Int,
    limit: Int, steps: ElementScale? = nil, matchesPrinted: PrintedMatch
  ) -> TensorComparison {
    let tensor = plan.graph[id]
    let elements = tensor.shape.count
    if case .fixed(let format) = tensor.encoding, let buffer = buffer(of: id) {
      return compare(
        buffer, format, with: expected, elements: elements, first: first, count: count,
        firstSample: firstSample, limit: limit, matchesPrinted: matchesPrinted)
    }
    guard let found = self.elements(of: id, count: count) else {
      preconditionFailure("compared tensors are kept")
    }
    return TensorComparison(
      found, of: tensor, with: expected, first: first, count: count, firstSample: firstSample,
      limit: limit, steps: steps, matchesPrinted: matchesPrinted)
  }

  private func compare(
    _ buffer: TensorBuffer, _ format: FixedPointFormat, with expected: TensorValues, elements: Int,
    first: Int, count: Int, firstSample: Int, limit: Int, matchesPrinted: PrintedMatch
  ) -> TensorComparison {
    var comparison = TensorComparison()
    let scale = Double(sign: .plus, exponent: format.fractionBits, significand: 1)
    let unit = 1 / scale
    let lowest = format.minimum(as: Int512.self).doubleValue(scaledBy: 0)
    let highest = format.maximum(as: Int512.self).doubleValue(scaledBy: 0)
    comparison.compared = count * elements
    for sample in 0..<count {
      let start = (first + sample) * elements
      for element in 0..<elements {
        let position = element * lanes + sample
        let code: Double
        if buffer.storage == .wide {
          code = buffer.rows(as: Int512.self)[position].doubleValue(scaledBy: 0)
        } else {
          code = Double(buffer.integer(at: position))
        }
        let value: Double
        let isEqual: Bool
        switch expected {
        case .codes(let codes):
          value = Double(codes[start + element]) * unit
          isEqual = Double(codes[start + element]) == code
        case .values(let values):
          value = values[start + element]
          isEqual = value * scale == code
        case .printed(let values, _), .rounded(let values, _):
          value = values[start + element]
          isEqual = expected.holds(code * unit, at: start + element, matchesPrinted)
        }
        if isEqual {
          comparison.equal += 1
          continue
        }
        var isOnGrid = true
        if case .codes = expected {
        } else {
          // What a number of the grid rounds to in fewer bits is one of the grid again.
          let nearest = (value * scale).rounded()
          isOnGrid =
            nearest >= lowest && nearest <= highest
            && expected.holds(nearest * unit, at: start + element, matchesPrinted)
        }
        comparison.add(
          Mismatch(
            sample: firstSample + sample, element: element, expected: value, actual: code * unit,
            lsb: value.isNaN ? .infinity : (value * scale - code).magnitude),
          isOnGrid: isOnGrid, limit: limit)
      }
    }
    return comparison
  }
}

extension TensorComparison {
  /// Compares `count` samples with those of `expected` from `first` on, by the rules of
  /// ``PlanRunner/compare(_:with:first:count:firstSample:limit:steps:matchesPrinted:)``.
  ///
  /// - Precondition: the tensor holds scalars, and `expected` has the samples.
  public init(
    _ found: Codes, of tensor: Tensor, with expected: TensorValues, first: Int = 0, count: Int,
    firstSample: Int, limit: Int, steps: ElementScale? = nil, matchesPrinted: PrintedMatch
  ) {
    self.init()
    guard let scale = ElementScale(tensor) else {
      preconditionFailure("compared tensors hold scalars")
    }
    let elements = tensor.shape.count
    compared = count * elements
    let isFloat: Bool
    if case .codes = scale.form { isFloat = false } else { isFloat = true }
    for position in 0..<compared {
      let source = first * elements + position
      let element = position % elements
      let (actual, code) = found.number(at: position, element: element, scale)
      var wanted: Double
      var lsb: Double
      switch expected {
      case .codes(let codes):
        wanted =
          isFloat && code == nil
          ? Double(codes[source]) : scale.value(codes[source], element: element)
        if let code, !isFloat {
          lsb = code == codes[source] ? 0 : (Double(codes[source]) - Double(code)).magnitude
        } else {
          lsb = scale.steps(wanted, actual)
        }
      case .values(let values), .printed(let values, _), .rounded(let values, _):
        wanted = values[source]
        if isFloat, let steps {
          lsb =
            Float(wanted) == Float(actual)
            ? 0 : (wanted - actual).magnitude / steps.unit(element: element)
        } else if isFloat {
          lsb = scale.steps(wanted, actual)
        } else if wanted == actual || wanted == Double(Float(actual)) {
          lsb = 0
        } else {
          lsb =
            wanted.isNaN
            ? .infinity : (wanted - actual).magnitude / scale.unit(element: element)
        }
        if lsb != 0, case .printed(_, let digits) = expected,
          matchesPrinted(actual, wanted, digits)
        {
          lsb = 0
        }
      }
      if isFloat, wanted.isFinite { largestExpected = max(largestExpected, abs(wanted)) }
      if lsb == 0 {
        equal += 1
        continue
      }
      if isFloat {
        let difference = abs(wanted - actual)
        maxDifference = max(maxDifference, difference.isNaN ? .infinity : difference)
      }
      var isOnGrid = true
      if !isFloat, case .codes = expected {
      } else if !isFloat {
        isOnGrid = scale.isValue(wanted, element: element) { value in
          value == wanted || Double(Float(value)) == wanted
            || expected.holds(value, at: source, matchesPrinted)
        }
      }
      add(
        Mismatch(
          sample: firstSample + position / elements, element: element, expected: wanted,
          actual: actual, lsb: lsb), isOnGrid: isOnGrid, limit: limit)
    }
  }
}

extension ElementScale {
  /// Whether the value of the code next to `number` is one that `accepts` takes.
  ///
  /// - Precondition: elements are codes.
  func isValue(_ number: Double, element: Int, accepts: (Double) -> Bool) -> Bool {
    guard number.isFinite, let range = codeRange else { return false }
    let code = ((number - value(0, element: element)) / unit(element: element)).rounded()
    guard code >= Double(range.lowerBound), code <= Double(range.upperBound),
      let nearest = Int64(exactly: code)
    else { return false }
    return accepts(value(nearest, element: element))
  }

  /// How many numbers of the float format two values are apart.
  func steps(_ a: Double, _ b: Double) -> Double {
    switch form {
    case .numbers(let format), .patterns(let format): Self.floatSteps(a, b, in: format)
    case .codes: (a - b).magnitude
    }
  }
}

extension Codes {
  /// The number at `position`, and its code where it is stored as one.
  func number(
    at position: Int, element: Int, _ scale: ElementScale
  ) -> (value: Double, code: Int64?) {
    func coded(_ code: Int64) -> (Double, Int64?) { (scale.value(code, element: element), code) }
    return switch self {
    case .int8(let codes): coded(Int64(codes[position]))
    case .uint8(let codes): coded(Int64(codes[position]))
    case .int16(let codes): coded(Int64(codes[position]))
    case .uint16(let codes): coded(Int64(codes[position]))
    case .int32(let codes): coded(Int64(codes[position]))
    case .int64(let codes): coded(codes[position])
    case .wide(let codes): (codes[position].doubleValue(scaledBy: 0), nil)
    case .float32(let numbers): (Double(numbers[position]), nil)
    case .float64(let numbers): (numbers[position], nil)
    }
  }
}
