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
    case .float32(let numbers): note(numbers)
    case .float64(let numbers): note(numbers)
    case .wide(let codes): add(integers: codes.map(\.low64))
    case .int64(let codes): add(integers: codes)
    case .int8(let codes): add(narrow: codes)
    case .uint8(let codes): add(narrow: codes)
    case .int16(let codes): add(narrow: codes)
    case .uint16(let codes): add(narrow: codes)
    case .int32(let codes): add(narrow: codes)
    }
  }

  /// Codes of at most 32 bits.
  private mutating func add<Code: FixedWidthInteger>(narrow codes: [Code]) {
    guard scale.isUniform, var low = codes.first else {
      add(integers: codes.map { Int64($0) })
      return
    }
    let ends = scale.codeRange ?? 0...0
    // An end that the storage does not hold no code has.
    let (first, last) = (Code(exactly: ends.lowerBound), Code(exactly: ends.upperBound))
    var high = low
    var atEnd = 0
    for code in codes {
      low = min(low, code)
      high = max(high, code)
    }
    for end in Set([first, last]) {
      if let end, low <= end, end <= high { for code in codes where code == end { atEnd += 1 } }
    }
    extremes = (extremes ?? 0) + atEnd
    note([scale.value(Int64(low), element: 0), scale.value(Int64(high), element: 0)])
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

  private mutating func note(_ numbers: [Float]) {
    var low = Float.infinity
    var high = -Float.infinity
    for number in numbers {
      // A NaN changes neither.
      low = number < low ? number : low
      high = number > high ? number : high
    }
    if low <= high { note([Double(low), Double(high)]) }
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
