import Arith
import QuantGraph

/// Softmax of rows that follow each other in binary32, each computed in binary64 and rounded once.
struct ArrayFloatSoftmax: NodeKernel {
  private let input: Int
  private let count: Int
  private let length: Int
  private let beta: Double
  private let isLogarithm: Bool

  /// Nil for constants, other types and rows that do not follow each other.
  init?(_ softmax: AxisSoftmax, _ node: ArrayNode) {
    let data = node.operands[0]
    guard node.path != .plain, case .input(let input) = data.source, data.kind == .float32,
      node.result.kind == .float32, data.shape.count > 0,
      data.shape.extents[softmax.axis...].dropFirst().allSatisfy({ $0 == 1 })
    else { return nil }
    self.input = input
    count = data.shape.count
    length = data.shape[softmax.axis]
    beta = Double(softmax.beta)
    isLogarithm = softmax.isLogarithm
  }

  func scratchBytes(lanes: Int) -> Int { length * MemoryLayout<Double>.stride }

  func run(_ o: KernelOperands) {
    let data = o.inputs[input].rows(as: Float.self)
    let result = o.outputs[0].rows(as: Float.self)
    let row = o.scratch.rows(as: Double.self)
    for start in stride(from: 0, to: count, by: length) {
      let (x, y) = (data + start, result + start)
      var greatest = x[0]
      for index in 1..<length where greatest < x[index] { greatest = x[index] }
      let top = Double(greatest)
      var sum = 0.0
      for index in 0..<length {
        let scaled = beta * (Double(x[index]) - top)
        let power = UnaryFunction.exponential.value(scaled)
        sum += power
        row[index] = isLogarithm ? scaled : power
      }
      if isLogarithm {
        let logarithm = UnaryFunction.logarithm.value(sum)
        for index in 0..<length { y[index] = Float(row[index] - logarithm) }
      } else {
        for index in 0..<length { y[index] = Float(row[index] / sum) }
      }
    }
  }
}

/// Normalization of rows that follow each other in binary32, each computed in binary64 and rounded once.
struct ArrayFloatLayerNormalization: NodeKernel {
  private let input: Int
  private let rows: Int
  private let length: Int
  private let epsilon: Double
  private let scale: [Double]
  /// Empty without a bias.
  private let bias: [Double]

  /// Nil for other types, and for a scale or bias that is computed or has not a number an element of a row.
  init?(_ axis: Int, _ epsilon: Float, _ node: ArrayNode) {
    let data = node.operands[0]
    let inner = Array(data.shape.extents[axis...])
    guard node.path != .plain, case .input(let input) = data.source, data.kind == .float32,
      node.result.kind == .float32, data.shape.count > 0
    else { return nil }
    var parameters: [[Double]] = []
    for operand in node.operands.dropFirst() {
      guard operand.kind == .float32, operand.shape.extents == inner,
        let numbers = operand.constantReals
      else { return nil }
      parameters.append(numbers.map { Double($0) })
    }
    guard let scale = parameters.first, parameters.count <= 2 else { return nil }
    self.input = input
    length = inner.reduce(1, *)
    rows = data.shape.count / length
    self.epsilon = Double(epsilon)
    self.scale = scale
    bias = parameters.count == 2 ? parameters[1] : []
  }

  var constantBytes: Int? { (scale.count + bias.count) * MemoryLayout<Double>.stride }

  func run(_ o: KernelOperands) {
    let data = o.inputs[input].rows(as: Float.self)
    let result = o.outputs[0].rows(as: Float.self)
    // Four rows at a time, since the sums of one are a chain of additions.
    for first in stride(from: 0, to: rows, by: 4) {
      let last = rows - 1
      let x0 = data + first * length
      let x1 = data + min(first + 1, last) * length
      let x2 = data + min(first + 2, last) * length
      let x3 = data + min(first + 3, last) * length
      var sums = SIMD4<Double>.zero
      for index in 0..<length {
        sums += SIMD4(Double(x0[index]), Double(x1[index]), Double(x2[index]), Double(x3[index]))
      }
      let means = sums / Double(length)
      var squares = SIMD4<Double>.zero
      for index in 0..<length {
        let values = SIMD4(
          Double(x0[index]), Double(x1[index]), Double(x2[index]), Double(x3[index]))
        squares += (values - means) * (values - means)
      }
      let deviations = (squares / Double(length) + epsilon).squareRoot()
      for lane in 0..<min(4, rows - first) {
        let start = (first + lane) * length
        write(data + start, result + start, mean: means[lane], deviation: deviations[lane])
      }
    }
  }

  private func write(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, mean: Double, deviation: Double
  ) {
    scale.withUnsafeBufferPointer { scale in
      bias.withUnsafeBufferPointer { bias in
        if bias.isEmpty {
          for index in 0..<length {
            y[index] = Float((Double(x[index]) - mean) / deviation * scale[index])
          }
        } else {
          for index in 0..<length {
            y[index] = Float((Double(x[index]) - mean) / deviation * scale[index] + bias[index])
          }
        }
      }
    }
  }
}
