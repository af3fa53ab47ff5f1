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
  /// The first mismatches in row-major order.
  public var mismatches: [Mismatch] = []

  public init() {}

  /// Adds the comparison of later samples; keeps at most `limit` mismatches.
  mutating func merge(_ other: TensorComparison, limit: Int) {
    compared += other.compared
    equal += other.equal
    maxLSB = max(maxLSB, other.maxLSB)
    sumLSB += other.sumLSB
    mismatches += other.mismatches.prefix(max(0, limit - mismatches.count))
  }
}

extension PlanRunner {
  /// Compares a kept tensor with samples `first..<first + count` of `expected`.
  ///
  /// Values are compared exactly: a code of more than 53 bits is rounded to binary64 as C-simulation
  /// hands it out. Printed values are equal where the value would print as the text shows it.
  public func compare(
    _ id: TensorID, with expected: TensorValues, first: Int, count: Int, firstSample: Int,
    limit: Int, matchesPrinted: PrintedMatch
  ) -> TensorComparison {
    guard let buffer = buffer(of: id), case .fixed(let format) = plan.graph[id].encoding else {
      preconditionFailure("compared tensors are kept and fixed point")
    }
    var comparison = TensorComparison()
    let elements = plan.graph[id].shape.count
    let scale = Double(sign: .plus, exponent: format.fractionBits, significand: 1)
    let unit = 1 / scale
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
        case .printed(let values, let digits):
          value = values[start + element]
          isEqual = value * scale == code || matchesPrinted(code * unit, value, digits)
        }
        if isEqual {
          comparison.equal += 1
          continue
        }
        let lsb = value.isNaN ? Double.infinity : (value * scale - code).magnitude
        comparison.maxLSB = max(comparison.maxLSB, lsb)
        comparison.sumLSB += lsb
        if comparison.mismatches.count < limit {
          comparison.mismatches.append(
            Mismatch(
              sample: firstSample + sample, element: element, expected: value,
              actual: code * unit, lsb: lsb))
        }
      }
    }
    return comparison
  }
}
