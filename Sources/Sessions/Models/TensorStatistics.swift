import Arith
package import HWModel
package import QuantGraph

/// Range and ends of a tensor's elements over samples.
package struct TensorStatistics: Sendable {
  private let scale: ElementScale
  private let elements: Int
  /// Elements seen.
  package private(set) var count = 0
  /// Smallest and largest value, NaN aside; nil before the first.
  package private(set) var range: ClosedRange<Double>?
  /// Codes at an end of the format's range; nil for floats.
  package private(set) var extremes: Int?

  /// Nothing seen yet of a tensor with `elements` elements a sample.
  package init(_ scale: ElementScale, elements: Int) {
    self.scale = scale
    self.elements = max(elements, 1)
    if case .codes = scale.form { extremes = 0 }
  }

  /// Adds whole samples, row-major.
  package mutating func add(_ codes: Codes) {
    count += codes.count
    switch codes {
    case .float32(let numbers): note(numbers.lazy.map(Double.init))
    case .float64(let numbers): note(numbers)
    case .wide(let codes): add(integers: codes.map(\.low64))
    case .int64(let codes): add(integers: codes)
    default: add(integers: codes.int64 ?? [])
    }
  }

  private mutating func add(integers codes: [Int64]) {
    guard scale.isUniform, var low = codes.first else {
      let (scale, elements) = (self.scale, self.elements)
      note(codes.indices.lazy.map { scale.value(codes[$0], element: $0 % elements) })
      return
    }
    // Codes of 64 bits without sign are compared as such.
    let flip: Int64 = scale.form == .codes(width: 64, isSigned: false) ? .min : 0
    var high = low
    let ends = scale.codeRange ?? 0...0
    var atEnd = 0
    for code in codes {
      if code ^ flip < low ^ flip { low = code }
      if code ^ flip > high ^ flip { high = code }
      if code == ends.lowerBound || code == ends.upperBound { atEnd += 1 }
    }
    extremes = (extremes ?? 0) + atEnd
    note([scale.value(low, element: 0), scale.value(high, element: 0)])
  }

  private mutating func note(_ values: some Sequence<Double>) {
    var low = range?.lowerBound ?? .infinity
    var high = range?.upperBound ?? -.infinity
    for value in values where !value.isNaN {
      low = min(low, value)
      high = max(high, value)
    }
    if low <= high { range = low...high }
  }
}
