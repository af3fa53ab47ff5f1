import Arith
import QuantGraph

extension ArrayNode {
  /// A copy that puts `axes` last, so that what is combined is contiguous.
  func rows(_ data: Shape, axes: [Int]) -> (copy: StridedCopy, length: Int) {
    let kept = data.extents.indices.filter { !axes.contains($0) }
    let order = kept + axes
    let strides = data.strides
    return (
      data.copy(to: order.map { data[$0] }, strides: order.map { strides[$0] }),
      axes.map { data[$0] }.reduce(1, *)
    )
  }

  static func arranged<Element: BitwiseCopyable>(
    _ values: [Element], _ copy: StridedCopy
  ) -> [Element] {
    values.withUnsafeBufferPointer { source in
      [Element](unsafeUninitializedCapacity: values.count) { target, count in
        if let from = source.baseAddress, let to = target.baseAddress { copy.run(from, to) }
        count = values.count
      }
    }
  }

  /// Values along axes combined; float sums are kept in float64 and rounded once.
  func reduce(_ reduction: Reduction) throws(DatapathError) -> PlannedNode {
    let (data, result) = (operands[0], result)
    let (copy, length) = rows(data.shape, axes: reduction.axes)
    let function = reduction.function
    if data.kind.isInteger {
      guard function.combined([1]) as Int64? != nil else {
        throw .encoding(operand: "operand '\(data.name)'", expected: "a float type")
      }
      return planned { o in
        let values = Self.arranged(data.integers(o), copy)
        o.outputs[0].store(
          wrapping: (0..<result.shape.count).map { row in
            function.combined(Array(values[row * length..<(row + 1) * length])) ?? 0
          }, kind: result.kind)
      }
    }
    return planned { o in
      let values = Self.arranged(data.reals(as: Double.self, o), copy)
      o.outputs[0].store(
        reals: (0..<result.shape.count).map { row in
          function.combined(values[row * length..<(row + 1) * length])
        }, kind: result.kind)
    }
  }

  func argument(_ search: ArgumentSearch) -> PlannedNode {
    let data = operands[0]
    let (copy, length) = rows(data.shape, axes: [search.axis])
    let kind = result.kind
    let count = result.shape.count
    return planned { o in
      let positions: [Int64]
      if data.kind.isInteger {
        let values = Self.arranged(data.integers(o), copy)
        positions = (0..<count).map {
          search.position(in: values[$0 * length..<($0 + 1) * length])
        }
      } else {
        let values = Self.arranged(data.reals(as: Double.self, o), copy)
        positions = (0..<count).map {
          search.position(in: values[$0 * length..<($0 + 1) * length])
        }
      }
      o.outputs[0].store(wrapping: positions, kind: kind)
    }
  }

  /// The largest of each row in descending order and their positions, the earlier of equal ones first.
  func topK(_ search: TopK) -> PlannedNode {
    let (data, results) = (operands[0], results)
    let length = data.shape.extents.last ?? 1
    let count = search.count
    return planned { o in
      let chosen: [Int]
      if data.kind.isInteger {
        let values = data.integers(o)
        chosen = Self.largest(values, length, count)
        o.outputs[0].store(wrapping: chosen.map { values[$0] }, kind: results[0].kind)
      } else {
        let values = data.reals(as: Double.self, o)
        chosen = Self.largest(values, length, count)
        o.outputs[0].store(reals: chosen.map { values[$0] }, kind: results[0].kind)
      }
      o.outputs[1].store(
        wrapping: chosen.map { Int64($0 % max(length, 1)) }, kind: results[1].kind)
    }
  }

  /// Positions of the `count` largest of each `length` values, the earlier of equal ones first.
  private static func largest<Value: Comparable & Sendable>(
    _ values: [Value], _ length: Int, _ count: Int
  ) -> [Int] {
    stride(from: 0, to: values.count, by: max(length, 1)).flatMap { start in
      (start..<start + length).sorted {
        values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1]
      }.prefix(count)
    }
  }

  func softmax(_ softmax: AxisSoftmax) throws(DatapathError) -> PlannedNode {
    try requireReal()
    if let fast = ArrayFloatSoftmax(softmax, self) { return planned(kernel: fast) }
    let (data, result) = (operands[0], result)
    let (copy, length) = rows(data.shape, axes: [softmax.axis])
    let back = StridedCopy(extents: copy.extents, source: copy.target, target: copy.source)
    return planned { o in
      var values = Self.arranged(data.reals(as: Double.self, o), copy)
      for start in stride(from: 0, to: values.count, by: max(length, 1)) {
        let row = start..<start + length
        let top = values[row].max() ?? 0
        var sum = 0.0
        for index in row {
          let scaled = Double(softmax.beta) * (values[index] - top)
          let power = UnaryFunction.exponential.value(scaled)
          sum += power
          values[index] = softmax.isLogarithm ? scaled : power
        }
        if softmax.isLogarithm {
          let logarithm = UnaryFunction.logarithm.value(sum)
          for index in row { values[index] -= logarithm }
        } else {
          for index in row { values[index] /= sum }
        }
      }
      o.outputs[0].store(reals: Self.arranged(values, back), kind: result.kind)
    }
  }

  /// `(x - mean) / sqrt(variance + epsilon) * scale + bias` for each channel.
  func normalizeBatch(_ epsilon: Float) throws(DatapathError) -> PlannedNode {
    try requireReal()
    let (operands, result) = (operands, result)
    let inner = operands[0].shape.extents.dropFirst(2).reduce(1, *)
    let channels = operands[0].shape[1]
    return planned { o in
      var values = operands[0].reals(as: Double.self, o)
      let parameters = operands.dropFirst().map { $0.reals(as: Double.self, o) }
      for index in values.indices {
        let channel = index / max(inner, 1) % channels
        let deviation = (parameters[3][channel] + Double(epsilon)).squareRoot()
        values[index] =
          (values[index] - parameters[2][channel]) / deviation * parameters[0][channel]
          + parameters[1][channel]
      }
      o.outputs[0].store(reals: values, kind: result.kind)
    }
  }

  func normalizeLayer(_ axis: Int, _ epsilon: Float) throws(DatapathError) -> PlannedNode {
    try requireReal()
    if let fast = ArrayFloatLayerNormalization(axis, epsilon, self) {
      return planned(kernel: fast)
    }
    let (operands, result) = (operands, result)
    let inner = Array(operands[0].shape.extents[axis...])
    let length = inner.reduce(1, *)
    return planned { o in
      var values = operands[0].reals(as: Double.self, o)
      let parameters = operands.dropFirst().map {
        Self.broadcast($0.reals(as: Double.self, o), $0.shape, to: result.shape)
      }
      for start in stride(from: 0, to: values.count, by: max(length, 1)) {
        let row = start..<start + length
        let mean = values[row].reduce(0, +) / Double(length)
        let squares = values[row].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(length) + Double(epsilon)).squareRoot()
        for index in row {
          values[index] = (values[index] - mean) / deviation
          if let scale = parameters.first { values[index] *= scale[index] }
          if parameters.count > 1 { values[index] += parameters[1][index] }
        }
      }
      o.outputs[0].store(reals: values, kind: result.kind)
    }
  }
}

extension ArgumentSearch {
  /// The position of the extreme value in a row that is not empty.
  func position<Value: Comparable>(in row: ArraySlice<Value>) -> Int64 {
    var position = row.startIndex
    for index in row.indices.dropFirst() {
      let (value, leader) = (row[index], row[position])
      let isBetter = isMaximum ? value > leader : value < leader
      if isBetter || (selectsLast && value == leader) { position = index }
    }
    return Int64(position - row.startIndex)
  }
}

extension Reduction.Function {
  func combined(_ row: ArraySlice<Double>) -> Double {
    switch self {
    case .sum: return row.reduce(0, +)
    case .mean: return row.reduce(0, +) / Double(row.count)
    case .product: return row.reduce(1, *)
    case .maximum: return row.reduce(-.infinity) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
    case .minimum: return row.reduce(.infinity) { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
    case .any: return row.contains { $0 != 0 } ? 1 : 0
    case .all: return row.allSatisfy { $0 != 0 } ? 1 : 0
    case .absoluteSum: return row.reduce(0) { $0 + abs($1) }
    case .squareSum: return row.reduce(0) { $0 + $1 * $1 }
    case .norm: return row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .logSum: return UnaryFunction.logarithm.value(row.reduce(0, +))
    case .logSumExp:
      let top = row.max() ?? 0
      let sum = row.reduce(0) { $0 + UnaryFunction.exponential.value($1 - top) }
      return top + UnaryFunction.logarithm.value(sum)
    }
  }

  /// nil for functions that integers do not have.
  func combined(_ row: [Int64]) -> Int64? {
    switch self {
    case .sum: row.reduce(0, &+)
    case .mean: row.isEmpty ? 0 : row.reduce(0, &+) / Int64(row.count)
    case .product: row.reduce(1, &*)
    case .maximum: row.max() ?? .min
    case .minimum: row.min() ?? .max
    case .any: row.contains { $0 != 0 } ? 1 : 0
    case .all: row.allSatisfy { $0 != 0 } ? 1 : 0
    case .absoluteSum: row.reduce(0) { $0 &+ abs($1) }
    case .squareSum: row.reduce(0) { $0 &+ $1 &* $1 }
    case .norm, .logSum, .logSumExp: nil
    }
  }
}
