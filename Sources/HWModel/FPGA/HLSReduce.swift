import Arith
import QuantGraph

/// `nnet::reduce`: a balanced tree whose left part is the largest power of two below the count.
func treeReduce<Raw>(_ values: ArraySlice<Raw>, _ combine: (Raw, Raw) -> Raw) -> Raw {
  let count = values.count
  let first = values[values.startIndex]
  if count == 1 { return first }
  if count == 2 { return combine(first, values[values.startIndex + 1]) }
  let left = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  let middle = values.startIndex + left
  return combine(
    treeReduce(values[..<middle], combine), treeReduce(values[middle...], combine))
}

/// Pooling (`nnet_pooling.h`, `nnet_pooling_stream.h`).
struct PoolStep<Raw: RawInteger>: HLSStep {
  let pool: Pool
  let data: FixedPointFormat
  let accumulator: FixedPointFormat
  let result: FixedPointFormat
  /// Data elements of each result element's window; -1 is padding.
  let windows: [[Int32]]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output: [Raw] = []
    output.reserveCapacity(windows.count)
    for window in windows {
      let (value, fraction) = reduce(window, inputs[0], events: &events)
      let pooled = Assignment(to: result, fromFractionBits: fraction)
        .result(value, events: &events)
      output.append(rescaled(pooled, window))
    }
    return [output]
  }

  /// `res *= rescale` of ``Pool/Arrangement/dataWindow(_:)``; the value itself for others.
  private func rescaled(_ value: Raw, _ window: [Int32]) -> Raw {
    guard case .dataWindow(let rule) = pool.arrangement, pool.reduction == .average else {
      return value
    }
    let covered = pool.countsPadding ? window.count : window.count { $0 >= 0 }
    guard covered > 0 else { return value }
    let factor: Raw
    switch rule {
    case .none: return value
    case .integer:
      factor = data.cast(
        raw: Raw(Int64(window.count / covered)), sourceFractionBits: 0)
    case .typed:
      var exact = Raw.one
      var fraction = 0
      for extent in pool.kernel {
        exact = exact * data.cast(raw: Raw(Int64(extent)), sourceFractionBits: 0)
        fraction += data.fractionBits
      }
      factor = data.cast(
        raw: exact.quotient(dividingBy: Raw(Int64(covered))), sourceFractionBits: fraction)
    }
    return result.cast(
      raw: value * factor, sourceFractionBits: result.fractionBits + data.fractionBits)
  }

  /// An average in the data's type (``Pool/Arrangement/dataWindow(_:)``).
  private func dataAverage(_ taken: [Raw]) -> Raw {
    let count = Raw(Int64(taken.count))
    if data.isSigned && data.quantization == .truncate && data.overflow == .wrap {
      // The sum's type has room for all of it.
      let total = taken.reduce(Raw.zero) { $0 + $1 }
      return data.cast(
        raw: total.quotient(dividingBy: count), sourceFractionBits: data.fractionBits)
    }
    let total = taken.reduce(Raw.zero) {
      data.cast(raw: $0 + $1, sourceFractionBits: data.fractionBits)
    }
    return data.cast(
      raw: total.quotient(dividingBy: count), sourceFractionBits: data.fractionBits)
  }

  /// Padding counts as the raw word 10...0 for a maximum (half the range if unsigned), 0 for a sum.
  private var paddingCode: Raw {
    if pool.reduction == .average { return Raw.zero }
    return (Raw.one << (data.width - 1)).truncated(toWidth: data.width, isSigned: data.isSigned)
  }

  private func reduce(
    _ window: [Int32], _ values: [Raw], events: inout NodeEvents
  ) -> (Raw, Int) {
    let taken = window.map { $0 < 0 ? paddingCode : values[Int($0)] }
    let toAccumulator = Assignment(to: accumulator, fromFractionBits: data.fractionBits)
    let fraction = accumulator.fractionBits
    func sum(_ a: Raw, _ b: Raw) -> Raw {
      accumulator.cast(raw: a + b, sourceFractionBits: fraction)
    }
    func larger(_ a: Raw, _ b: Raw) -> Raw { a >= b ? a : b }
    switch (pool.arrangement, pool.reduction) {
    case (.dataWindow, .maximum):
      let maximum = taken.dropFirst().reduce(taken[0]) { $1 > $0 ? $1 : $0 }
      return (maximum, data.fractionBits)
    case (.dataWindow, .average):
      return (dataAverage(taken), data.fractionBits)
    case (.window, .maximum):
      let maximum = taken.dropFirst().reduce(taken[0]) { $1 > $0 ? $1 : $0 }
      return (toAccumulator(maximum), fraction)
    case (.window, .average):
      let total = taken.reduce(Raw.zero) { accumulated, value in
        let exact = FixedPointArithmetic.sum(
          accumulated, fractionBits: fraction, value, fractionBits: data.fractionBits)
        let next = accumulator.castReporting(
          raw: exact, sourceFractionBits: max(fraction, data.fractionBits))
        if next.isInexact { events.roundedSums += 1 }
        if next.isOverflow { events.overflowedAccumulations += 1 }
        return next.raw
      }
      let count = pool.countsPadding ? window.count : window.count { $0 >= 0 }
      // A window wholly in the padding would divide by zero; the sum there is zero.
      return (count == 0 ? total : total.quotient(dividingBy: Raw(Int64(count))), fraction)
    case (.streamedWindow, .maximum):
      return (treeReduce(taken.map { toAccumulator($0) }[...], larger), fraction)
    case (.streamedWindow, .average):
      let total = treeReduce(taken.map { toAccumulator($0) }[...], sum)
      return (total.quotient(dividingBy: Raw(Int64(window.count))), fraction)
    case (.streamedGlobal, .maximum):
      let lowest: Raw = accumulator.minimum()
      return (taken.reduce(lowest) { larger($0, toAccumulator($1)) }, fraction)
    case (.streamedGlobal, .average):
      let total = taken.reduce(Raw.zero) { sum($0, toAccumulator($1)) }
      return (total.quotient(dividingBy: Raw(Int64(window.count))), fraction)
    }
  }

  /// The windows of `pool` over a tensor of shape `data`, one list a result element.
  static func windows(_ pool: Pool, data: Shape, result: Shape) -> [[Int32]] {
    let axes = pool.kernel.count
    let channels = data[axes]
    let strides = data.strides
    let isGlobal = result.rank == 1
    let spatial = isGlobal ? pool.kernel.map { _ in 1 } : Array(result.extents.prefix(axes))
    let kernel = isGlobal ? Array(data.extents.prefix(axes)) : pool.kernel
    let positions = spatial.reduce(1, *)
    let taps = kernel.reduce(1, *)
    var windows: [[Int32]] = []
    windows.reserveCapacity(positions * channels)
    for position in 0..<positions {
      let origin = unravel(position, spatial)
      for channel in 0..<channels {
        windows.append(
          (0..<taps).map { tap in
            let offset = unravel(tap, kernel)
            var element = channel
            for axis in 0..<axes {
              let coordinate =
                isGlobal
                ? offset[axis]
                : origin[axis] * pool.strides[axis] + offset[axis] - pool.paddingBefore[axis]
              if coordinate < 0 || coordinate >= data[axis] { return -1 }
              element += coordinate * strides[axis]
            }
            return Int32(element)
          })
      }
    }
    return windows
  }

  private static func unravel(_ offset: Int, _ extents: [Int]) -> [Int] {
    var rest = offset
    var index = extents
    for axis in extents.indices.reversed() {
      index[axis] = rest % extents[axis]
      rest /= extents[axis]
    }
    return index
  }

  static func width(
    _ pool: Pool, data: FixedPointFormat, accumulator: FixedPointFormat, result: FixedPointFormat
  ) -> Int {
    var width = HLSWidth()
    width.include(
      Assignment(to: accumulator, fromFractionBits: data.fractionBits), sourceBits: data.signedWidth
    )
    let gap = abs(accumulator.fractionBits - data.fractionBits)
    let sum = max(accumulator.signedWidth, data.signedWidth) + gap + 1
    width.include(
      Assignment(
        to: accumulator, fromFractionBits: max(accumulator.fractionBits, data.fractionBits)),
      sourceBits: sum)
    width.include(
      Assignment(to: result, fromFractionBits: accumulator.fractionBits),
      sourceBits: accumulator.signedWidth + 1)
    if case .dataWindow = pool.arrangement {
      let count = pool.kernel.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
      width.include(data.signedWidth + Int.bitWidth - count.leadingZeroBitCount + 1)
      width.include(data, sourceFractionBits: 0, sourceBits: 33)
      width.include(
        data, sourceFractionBits: data.fractionBits * pool.kernel.count,
        sourceBits: data.signedWidth * pool.kernel.count)
      width.include(
        result, sourceFractionBits: result.fractionBits + data.fractionBits,
        sourceBits: result.signedWidth + data.signedWidth)
    }
    return width.bits
  }
}

/// The inner product of two vectors in the accumulator's type (`nnet::dot1d`).
struct DotStep<Raw: RawInteger>: HLSStep {
  let productFractionBits: Int
  let accumulator: FixedPointFormat
  let result: FixedPointFormat

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    let fraction = accumulator.fractionBits
    var sum = Raw.zero
    for (a, b) in zip(inputs[0], inputs[1]) {
      let product = accumulator.cast(raw: a * b, sourceFractionBits: productFractionBits)
      let next = accumulator.castReporting(raw: sum + product, sourceFractionBits: fraction)
      if next.isOverflow { events.overflowedAccumulations += 1 }
      sum = next.raw
    }
    return [[Assignment(to: result, fromFractionBits: fraction).result(sum, events: &events)]]
  }
}

/// Softmax by tables (`nnet::softmax_latency`, `_stable`, `_legacy`, `_argmax`).
struct SoftmaxStep<Raw: RawInteger>: HLSStep {
  let softmax: Softmax
  let data: FixedPointFormat
  let result: FixedPointFormat
  let exponential: [Raw]
  let inverse: [Raw]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output = [Raw](repeating: Raw.zero, count: inputs[0].count)
    for outer in 0..<softmax.outer {
      for inner in 0..<softmax.inner {
        let elements = (0..<softmax.slice).map {
          (outer * softmax.slice + $0) * softmax.inner + inner
        }
        let slice = evaluate(elements.map { inputs[0][$0] }, &events)
        for (element, value) in zip(elements, slice) { output[element] = value }
      }
    }
    return [output]
  }

  private func evaluate(_ x: [Raw], _ events: inout NodeEvents) -> [Raw] {
    switch softmax.implementation {
    case .latency: return normalized(x.map { topBits($0, of: data, table: exponential) }, &events)
    case .stable:
      guard let difference = softmax.difference else {
        preconditionFailure("a stable softmax has its difference type")
      }
      let maximum = treeReduce(x[...]) { $0 >= $1 ? $0 : $1 }
      return normalized(x.map { index(of: $0, below: maximum, difference) }, &events)
    case .legacy: return legacy(x, &events)
    case .argmax:
      var best = 0
      for index in x.indices where x[index] > x[best] { best = index }
      let one = Assignment(to: result, fromFractionBits: 0)
      return x.indices.map { one.result($0 == best ? Raw.one : Raw.zero, events: &events) }
    }
  }

  /// The index of the exponential of a value's distance to the maximum.
  private func index(of value: Raw, below maximum: Raw, _ difference: FixedPointFormat) -> Int {
    switch softmax.distance {
    case .maximumMinusValue:
      return topBits(
        difference.cast(raw: maximum - value, sourceFractionBits: data.fractionBits),
        of: difference, table: exponential)
    case .valueMinusMaximum:
      let distance = difference.cast(raw: value - maximum, sourceFractionBits: data.fractionBits)
      return topBits(
        data.cast(raw: distance, sourceFractionBits: difference.fractionBits), of: data,
        table: exponential)
    }
  }

  private func normalized(_ indices: [Int], _ events: inout NodeEvents) -> [Raw] {
    let accumulator = softmax.accumulator
    let toAccumulator = Assignment(
      to: accumulator, fromFractionBits: softmax.exponential.entry.fractionBits)
    let exponentials = indices.map { toAccumulator(exponential[$0]) }
    let sum = treeReduce(exponentials[...]) {
      accumulator.cast(raw: $0 + $1, sourceFractionBits: accumulator.fractionBits)
    }
    let address = softmax.inverseInput.cast(
      raw: sum, sourceFractionBits: accumulator.fractionBits)
    let factor = inverse[topBits(address, of: softmax.inverseInput, table: inverse)]
    let assignment = Assignment(
      to: result,
      fromFractionBits: accumulator.fractionBits + softmax.inverse.entry.fractionBits)
    return exponentials.map { assignment.result($0 * factor, events: &events) }
  }

  /// ``evaluate(_:events:)`` of one slice in place, for the two normalizing implementations.
  @specialized(where Raw == Int64)
  func normalize(_ slice: UnsafeMutablePointer<Raw>) {
    let count = softmax.slice
    if softmax.implementation == .stable, let difference = softmax.difference {
      var maximum = slice[0]
      for index in 1..<count where slice[index] > maximum { maximum = slice[index] }
      for index in 0..<count {
        slice[index] = exponential[self.index(of: slice[index], below: maximum, difference)]
      }
    } else {
      for index in 0..<count {
        slice[index] = exponential[topBits(slice[index], of: data, table: exponential)]
      }
    }
    let accumulator = softmax.accumulator
    for index in 0..<count {
      slice[index] = accumulator.cast(
        raw: slice[index], sourceFractionBits: softmax.exponential.entry.fractionBits)
    }
    let sum = treeSum(slice, count)
    let address = softmax.inverseInput.cast(
      raw: sum, sourceFractionBits: accumulator.fractionBits)
    let factor = inverse[topBits(address, of: softmax.inverseInput, table: inverse)]
    let fraction = accumulator.fractionBits + softmax.inverse.entry.fractionBits
    for index in 0..<count {
      slice[index] = result.cast(raw: slice[index] * factor, sourceFractionBits: fraction)
    }
  }

  /// The tree sum in the accumulator's type, as ``treeReduce(_:_:)``.
  private func treeSum(_ values: UnsafeMutablePointer<Raw>, _ count: Int) -> Raw {
    if count == 1 { return values[0] }
    let left = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    let sum = treeSum(values, left) + treeSum(values + left, count - left)
    return softmax.accumulator.cast(raw: sum, sourceFractionBits: softmax.accumulator.fractionBits)
  }

  /// The top `log2(size)` bits of a code, as an unsigned index.
  private func topBits(_ code: Raw, of format: FixedPointFormat, table: [Raw]) -> Int {
    let bits = HLSTables.addressBits(size: table.count)
    let unsigned = (code >> (format.width - bits)).truncated(toWidth: bits + 1, isSigned: false)
    return Int(unsigned.low64) & ((1 << bits) - 1)
  }

  private func legacy(_ x: [Raw], _ events: inout NodeEvents) -> [Raw] {
    let entry = softmax.exponential.entry
    let size = Int64(exponential.count)
    let fraction = data.fractionBits
    return x.indices.map { i in
      var sum = Raw.zero
      for j in x.indices {
        let term: Raw
        if i == j {
          term = entry.cast(raw: Raw.one, sourceFractionBits: 0)
        } else {
          let scaled = ((x[j] - x[i]) * Raw(size)).quotient(dividingBy: Raw(16))
          let offset = Int32(
            truncatingIfNeeded: FixedPointArithmetic.integerPart(scaled, fractionBits: fraction)
              .low64)
          let index = Int64(Int32(truncatingIfNeeded: Int64(offset) + 8 * size / 16))
          term = exponential[Int(min(max(index, 0), size - 1))]
        }
        sum = entry.cast(raw: sum + term, sourceFractionBits: entry.fractionBits)
      }
      let count = Int64(inverse.count)
      let scaled = (sum * Raw(count)).quotient(dividingBy: Raw(64))
      let index = Int64(
        Int32(
          truncatingIfNeeded: FixedPointArithmetic.integerPart(
            scaled, fractionBits: entry.fractionBits
          ).low64))
      return Assignment(to: result, fromFractionBits: softmax.inverse.entry.fractionBits)
        .result(inverse[Int(min(max(index, 0), count - 1))], events: &events)
    }
  }

  static func width(_ softmax: Softmax, data: FixedPointFormat, result: FixedPointFormat) -> Int {
    var width = HLSWidth()
    let exponential = softmax.exponential.entry
    let inverse = softmax.inverse.entry
    let accumulator = softmax.accumulator
    let sizeBits =
      Int.bitWidth - max(softmax.exponential.size, softmax.inverse.size).leadingZeroBitCount
    if softmax.implementation == .legacy {
      width.include(data.signedWidth + 1 + sizeBits + 1 + max(0, -data.fractionBits))
      width.include(
        exponential.signedWidth + 1 + sizeBits + 1 + max(0, -exponential.fractionBits))
      width.include(exponential, sourceFractionBits: 0, sourceBits: 2)
    }
    if softmax.implementation == .stable, let difference = softmax.difference {
      width.include(
        Assignment(to: difference, fromFractionBits: data.fractionBits),
        sourceBits: data.signedWidth + 1)
    }
    width.include(
      Assignment(to: accumulator, fromFractionBits: exponential.fractionBits),
      sourceBits: exponential.signedWidth)
    width.include(accumulator.signedWidth + 2)
    width.include(
      Assignment(to: softmax.inverseInput, fromFractionBits: accumulator.fractionBits),
      sourceBits: accumulator.signedWidth)
    width.include(
      Assignment(to: result, fromFractionBits: accumulator.fractionBits + inverse.fractionBits),
      sourceBits: accumulator.signedWidth + inverse.signedWidth)
    width.include(Assignment(to: result, fromFractionBits: 0), sourceBits: 2)
    width.include(
      Assignment(to: result, fromFractionBits: inverse.fractionBits),
      sourceBits: inverse.signedWidth)
    return width.bits
  }
}

/// Operands joined along an axis, each assigned to the result's type.
struct ConcatenateStep<Raw: RawInteger>: HLSStep {
  let formats: [FixedPointFormat]
  let result: FixedPointFormat
  /// Which operand, and which of its elements, each element of the result takes.
  let source: [(operand: Int32, element: Int32)]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output: [Raw] = []
    output.reserveCapacity(source.count)
    for (operand, element) in source {
      let assignment = Assignment(
        to: result, fromFractionBits: formats[Int(operand)].fractionBits)
      output.append(
        assignment.result(inputs[Int(operand)][Int(element)], events: &events))
    }
    return [output]
  }
}

/// The same codes several times, each copy assigned to its own type.
struct CopyStep<Raw: RawInteger>: HLSStep {
  let data: FixedPointFormat
  let results: [FixedPointFormat]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    results.map { format in
      let assignment = Assignment(to: format, fromFractionBits: data.fractionBits)
      return inputs[0].map { assignment.result($0, events: &events) }
    }
  }
}

/// Rows of a table selected by integer codes (`nnet::embedding`).
struct GatherStep<Raw: RawInteger>: HLSStep {
  let indexFractionBits: Int
  let rows: Int
  let rowWidth: Int
  let table: [Raw]
  let tableFormat: FixedPointFormat
  let result: FixedPointFormat

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    let assignment = Assignment(to: result, fromFractionBits: tableFormat.fractionBits)
    var output: [Raw] = []
    output.reserveCapacity(inputs[0].count * rowWidth)
    for index in inputs[0] {
      // C-simulation reads outside the table for an index out of range; the row is clamped here.
      let row = FixedPointArithmetic.integerPart(index, fractionBits: indexFractionBits).low64
      let clamped = Int(min(max(row, 0), Int64(rows - 1)))
      for column in 0..<rowWidth {
        output.append(assignment.result(table[clamped * rowWidth + column], events: &events))
      }
    }
    return [output]
  }
}
