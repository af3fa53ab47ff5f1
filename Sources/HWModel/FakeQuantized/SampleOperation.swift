internal import Arith
internal import QuantGraph

/// A function of each element; those that need no table and no C library.
enum ElementFunction: Hashable, Sendable {
  case clamp(low: Double?, high: Double?)
  case leakyReLU(slope: Float)
  case hardSigmoid(alpha: Float, beta: Float)
  case hardSwish
  case sigmoid

  init?(_ function: UnaryFunction) {
    switch function {
    case .identity: self = .clamp(low: nil, high: nil)
    case .clamp(let range): self = .clamp(low: range.minimum, high: range.maximum)
    case .leakyReLU(let slope): self = .leakyReLU(slope: slope)
    case .hardSigmoid(let alpha, let beta): self = .hardSigmoid(alpha: alpha, beta: beta)
    case .hardSwish: self = .hardSwish
    case .sigmoid: self = .sigmoid
    default: return nil
    }
  }

  @specialized(where Real == Float)
  @specialized(where Real == Double)
  func run<Real: RealScalar>(
    _ data: UnsafePointer<Real>, count: Int, into result: UnsafeMutablePointer<Real>
  ) {
    switch self {
    case .clamp(let low, let high):
      let floor = low.map { Real($0) } ?? -.infinity
      let ceiling = high.map { Real($0) } ?? .infinity
      // Comparisons with a NaN are false, so that it stays.
      for index in 0..<count {
        let value = data[index]
        let raised = value < floor ? floor : value
        result[index] = raised > ceiling ? ceiling : raised
      }
    case .leakyReLU(let slope):
      let slope = Real(slope)
      for index in 0..<count {
        result[index] = data[index] >= 0 ? data[index] : slope * data[index]
      }
    case .hardSigmoid(let alpha, let beta):
      let (alpha, beta) = (Real(alpha), Real(beta))
      for index in 0..<count {
        let line = alpha * data[index]
        result[index] = Swift.max(0, Swift.min(1, line + beta))
      }
    case .hardSwish:
      for index in 0..<count {
        result[index] = data[index] * Swift.max(0, Swift.min(1, data[index] / 6 + 0.5))
      }
    case .sigmoid:
      for index in 0..<count {
        result[index] = Real(1 / (1 + StableExponential.exp(-Double(data[index]))))
      }
    }
  }
}

/// A function of two values.
enum PairFunction: String, Hashable, Sendable {
  case add, subtract, multiply, divide, maximum, minimum

  init?(_ function: Binary.Function) {
    self.init(rawValue: function.rawValue)
  }

  @specialized(where Real == Float)
  @specialized(where Real == Double)
  func run<Real: RealScalar>(
    _ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, count: Int,
    into result: UnsafeMutablePointer<Real>
  ) {
    switch self {
    case .add: for index in 0..<count { result[index] = a[index] + b[index] }
    case .subtract: for index in 0..<count { result[index] = a[index] - b[index] }
    case .multiply: for index in 0..<count { result[index] = a[index] * b[index] }
    case .divide: for index in 0..<count { result[index] = a[index] / b[index] }
    case .maximum:
      for index in 0..<count { result[index] = a[index] < b[index] ? b[index] : a[index] }
    case .minimum:
      for index in 0..<count { result[index] = b[index] < a[index] ? b[index] : a[index] }
    }
  }
}

/// Windows over one image of one sample, channels innermost.
struct SamplePool: Hashable, Sendable {
  let isMaximum: Bool
  let countsPadding: Bool
  let rows: Int
  let columns: Int
  let channels: Int
  let resultRows: Int
  let resultColumns: Int
  /// Rows, then columns.
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  let before: [Int]
  let after: [Int]

  /// Nil for windows over more than two axes, or an image with samples of its own.
  init?(_ pool: Pool, data: Shape, result: Shape) {
    let axes = pool.kernel.count
    guard (1...2).contains(axes), data.rank > axes, result.rank == data.rank,
      data.extents.dropLast(axes + 1).allSatisfy({ $0 == 1 })
    else { return nil }
    let image = Array(data.extents.suffix(axes + 1))
    let output = Array(result.extents.suffix(axes + 1))
    let isFirst = pool.layout == .channelsFirst
    func pair(_ values: [Int], missing: Int) -> [Int] { axes == 2 ? values : [missing] + values }
    let extents = pair(Array(isFirst ? image[1...] : image[..<axes]), missing: 1)
    let positions = pair(Array(isFirst ? output[1...] : output[..<axes]), missing: 1)
    isMaximum = pool.reduction == .maximum
    countsPadding = pool.countsPadding
    channels = isFirst ? image[0] : image[axes]
    (rows, columns) = (extents[0], extents[1])
    (resultRows, resultColumns) = (positions[0], positions[1])
    kernel = pair(pool.kernel, missing: 1)
    strides = pair(pool.strides, missing: 1)
    dilations = pair(pool.dilations, missing: 1)
    before = pair(pool.paddingBefore, missing: 0)
    after = pair(pool.paddingAfter, missing: 0)
  }

  /// Whether every window lies in the image and has no gaps.
  var isInside: Bool {
    before == [0, 0] && dilations == [1, 1]
      && (resultRows - 1) * strides[0] + kernel[0] <= rows
      && (resultColumns - 1) * strides[1] + kernel[1] <= columns
  }

  /// Maxima of windows inside the image: of columns first, since those are long runs.
  @specialized(where Real == Float)
  @specialized(where Real == Double)
  private func runMaximum<Real: RealScalar>(
    _ image: UnsafePointer<Real>, into result: UnsafeMutablePointer<Real>
  ) {
    let width = columns * channels
    withUnsafeTemporaryAllocation(of: Real.self, capacity: max(width, 1)) { buffer in
      guard let highest = buffer.baseAddress else { return }
      var target = result
      for resultRow in 0..<resultRows {
        let top = image + resultRow * strides[0] * width
        highest.initialize(from: top, count: width)
        for kernelRow in 1..<max(kernel[0], 1) {
          let row = top + kernelRow * width
          for index in 0..<width {
            let (value, best) = (row[index], highest[index])
            highest[index] = best < value ? value : best
          }
        }
        for resultColumn in 0..<resultColumns {
          let first = highest + resultColumn * strides[1] * channels
          for channel in 0..<channels {
            var best = first[channel]
            for kernelColumn in 1..<max(kernel[1], 1) {
              let value = first[kernelColumn * channels + channel]
              best = best < value ? value : best
            }
            target[channel] = best
          }
          target += channels
        }
      }
    }
  }

  /// Maxima, or sums in the order of the window divided by the number of its elements.
  ///
  /// Source: ONNX, MaxPool and AveragePool: an average counts elements of the image, or with
  /// `count_include_pad` those of its margins too.
  @specialized(where Real == Float)
  @specialized(where Real == Double)
  func run<Real: RealScalar>(
    _ image: UnsafePointer<Real>, into result: UnsafeMutablePointer<Real>
  ) {
    guard !(isMaximum && isInside) else {
      runMaximum(image, into: result)
      return
    }
    var target = result
    for resultRow in 0..<resultRows {
      for resultColumn in 0..<resultColumns {
        var taken = 0
        var counted = 0
        for kernelRow in 0..<kernel[0] {
          let row = resultRow * strides[0] + kernelRow * dilations[0] - before[0]
          guard row < rows + after[0] else { continue }
          for kernelColumn in 0..<kernel[1] {
            let column = resultColumn * strides[1] + kernelColumn * dilations[1] - before[1]
            guard column < columns + after[1] else { continue }
            counted += 1
            guard row >= 0, row < rows, column >= 0, column < columns else { continue }
            let source = image + (row * columns + column) * channels
            if taken == 0 {
              target.update(from: source, count: channels)
            } else if isMaximum {
              for channel in 0..<channels {
                let (value, best) = (source[channel], target[channel])
                target[channel] = best < value ? value : best
              }
            } else {
              for channel in 0..<channels { target[channel] += source[channel] }
            }
            taken += 1
          }
        }
        if taken == 0 {
          target.update(repeating: isMaximum ? -.infinity : 0, count: channels)
        } else if !isMaximum {
          let divisor = Real(countsPadding ? counted : taken)
          for channel in 0..<channels { target[channel] /= divisor }
        }
        target += channels
      }
    }
  }
}

/// What nodes beside layers do to one sample; images are stored with channels innermost.
enum SampleOperation: Sendable {
  /// The same elements.
  case same
  case element(ElementFunction)
  case pair(PairFunction)
  /// A constant of the result's shape as one operand.
  case constantPair(PairFunction, [Float], constantIsFirst: Bool)
  /// `x * factor + shift`, one of each an element.
  case scaleShift(factors: [Double], shifts: [Double])
  case pool(SamplePool)
  /// `[outer][count][inner]` averaged over the middle.
  case mean(outer: Int, count: Int, inner: Int)
  /// `exp(beta * x)` over its sum along the middle of `[outer][count][inner]`, or its logarithm.
  case softmax(outer: Int, count: Int, inner: Int, beta: Float, isLogarithm: Bool)
}

/// An operation bound to a type of numbers.
struct OperationKernel<Real: RealScalar>: SampleKernel {
  let operation: SampleOperation
  /// Elements of the first operand and of the result, a sample each.
  let dataCount: Int
  let resultCount: Int
  private let constant: [Real]
  private let factors: [Real]

  init(_ operation: SampleOperation, dataCount: Int, resultCount: Int) {
    self.operation = operation
    self.dataCount = dataCount
    self.resultCount = resultCount
    switch operation {
    case .constantPair(_, let numbers, _):
      constant = numbers.map { Real($0) }
      factors = []
    case .scaleShift(let scales, let shifts):
      constant = shifts.map { Real($0) }
      factors = scales.map { Real($0) }
    default: (constant, factors) = ([], [])
    }
  }

  func scratchBytes(samples: Int) -> Int { 0 }

  @specialized(where Real == Float)
  @specialized(where Real == Double)
  func run(
    _ data: UnsafePointer<Real>, _ second: UnsafePointer<Real>?, samples: Int,
    scratch: UnsafeMutableRawPointer, into result: UnsafeMutablePointer<Real>
  ) {
    switch operation {
    case .same: result.update(from: data, count: samples * resultCount)
    case .element(let function): function.run(data, count: samples * dataCount, into: result)
    case .pair(let function):
      if let second { function.run(data, second, count: samples * dataCount, into: result) }
    case .constantPair(let function, _, let constantIsFirst):
      constant.withUnsafeBufferPointer { numbers in
        guard let fixed = numbers.baseAddress else { return }
        for sample in 0..<samples {
          let from = data + sample * dataCount
          function.run(
            constantIsFirst ? fixed : from, constantIsFirst ? from : fixed, count: dataCount,
            into: result + sample * dataCount)
        }
      }
    case .scaleShift:
      for sample in 0..<samples {
        let (from, to) = (data + sample * dataCount, result + sample * dataCount)
        for index in 0..<dataCount {
          let product = from[index] * factors[index]
          to[index] = product + constant[index]
        }
      }
    case .pool(let pool):
      for sample in 0..<samples {
        pool.run(data + sample * dataCount, into: result + sample * resultCount)
      }
    case .mean(let outer, let count, let inner):
      for block in 0..<samples * outer {
        let (from, to) = (data + block * count * inner, result + block * inner)
        to.update(repeating: 0, count: inner)
        for row in 0..<count {
          for index in 0..<inner { to[index] += from[row * inner + index] }
        }
        for index in 0..<inner { to[index] /= Real(count) }
      }
    case .softmax(let outer, let count, let inner, let beta, let isLogarithm):
      for block in 0..<samples * outer {
        for index in 0..<inner {
          let place = block * count * inner + index
          let row = (0..<count).map { Double(data[place + $0 * inner]) * Double(beta) }
          let logarithms = ClassScores.logSoftmax(row)
          for (step, value) in logarithms.enumerated() {
            result[place + step * inner] = Real(
              isLogarithm ? value : StableExponential.exp(value))
          }
        }
      }
    }
  }
}
