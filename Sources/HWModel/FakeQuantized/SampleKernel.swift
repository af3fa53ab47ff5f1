internal import Arith

/// Work on samples that follow each other in memory, channels of images innermost.
protocol SampleKernel<Real>: Sendable {
  associatedtype Real: RealScalar

  /// Bytes that ``run(_:_:samples:scratch:into:)`` needs beside its operands.
  func scratchBytes(samples: Int) -> Int

  /// Bytes of what it keeps of constants; nil where nobody counted them.
  var constantBytes: Int? { get }

  /// - Precondition: the pointers have room for `samples` samples, `scratch` is aligned to 64.
  func run(
    _ data: UnsafePointer<Real>, _ second: UnsafePointer<Real>?, samples: Int,
    scratch: UnsafeMutableRawPointer, into result: UnsafeMutablePointer<Real>)
}

extension SampleKernel {
  var constantBytes: Int? { nil }
}

/// An image's channels moved behind its plane, or back.
struct ImageMove: Hashable, Sendable {
  let channels: Int
  let plane: Int
  /// To `[plane][channels]`; else to `[channels][plane]`.
  let toChannelsLast: Bool

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run<Element: BitwiseCopyable>(
    _ data: UnsafePointer<Element>, samples: Int, into result: UnsafeMutablePointer<Element>
  ) {
    let (rows, columns) = toChannelsLast ? (channels, plane) : (plane, channels)
    for sample in 0..<samples {
      let (from, to) = (data + sample * rows * columns, result + sample * rows * columns)
      for row in 0..<rows {
        for column in 0..<columns { to[column * rows + row] = from[row * columns + column] }
      }
    }
  }
}

/// What becomes of an operand before a kernel reads it.
struct SampleOperand: Sendable {
  /// Elements of one sample.
  let count: Int
  var before: ImageMove?
  var format: InputFormat?
  var after: ImageMove?

  /// Buffers that it takes: each step writes another one.
  var steps: Int { (before == nil ? 0 : 1) + (format == nil ? 0 : 1) + (after == nil ? 0 : 1) }

  /// The prepared operand; `memory` has room for ``steps`` times `samples * count` elements.
  func prepared<Real: RealScalar>(
    _ data: UnsafePointer<Real>, samples: Int, memory: UnsafeMutablePointer<Real>
  ) -> UnsafePointer<Real> {
    var (source, free) = (data, memory)
    func step(_ body: (UnsafePointer<Real>, UnsafeMutablePointer<Real>) -> Void) {
      body(source, free)
      source = UnsafePointer(free)
      free += samples * count
    }
    if let before { step { before.run($0, samples: samples, into: $1) } }
    if let format { step { format.values($0, count: samples * count, into: $1) } }
    if let after { step { after.run($0, samples: samples, into: $1) } }
    return source
  }
}

/// A kernel between the tensors of a plan: what it does not take as stored is prepared, and results
/// are clamped if the operator says so.
struct SampleNode<Kernel: SampleKernel>: NodeKernel {
  let kernel: Kernel
  let operands: [SampleOperand]
  let resultCount: Int
  let clamp: ElementFunction?

  var constantBytes: Int? { kernel.constantBytes }

  private func bytes(_ operand: SampleOperand, _ samples: Int) -> Int {
    (operand.steps * operand.count * samples * MemoryLayout<Kernel.Real>.stride + 63) / 64 * 64
  }

  func scratchBytes(lanes: Int) -> Int {
    operands.reduce(kernel.scratchBytes(samples: lanes)) { $0 + bytes($1, lanes) }
  }

  func run(_ given: KernelOperands) {
    let samples = given.usedLanes
    var scratch = UnsafeMutableRawPointer(given.scratch.rows(as: UInt8.self))
    var (first, second): (UnsafePointer<Kernel.Real>?, UnsafePointer<Kernel.Real>?)
    for (index, operand) in operands.enumerated() {
      let data = operand.prepared(
        UnsafePointer(given.inputs[index].rows(as: Kernel.Real.self)), samples: samples,
        memory: scratch.assumingMemoryBound(to: Kernel.Real.self))
      if index == 0 { first = data } else { second = data }
      scratch += bytes(operand, given.lanes)
    }
    guard let first else { preconditionFailure("a kernel reads something") }
    let result = given.outputs[0].rows(as: Kernel.Real.self)
    kernel.run(first, second, samples: samples, scratch: scratch, into: result)
    clamp?.run(UnsafePointer(result), count: samples * resultCount, into: result)
    for other in given.outputs.dropFirst() {
      other.rows(as: Kernel.Real.self).update(from: result, count: samples * resultCount)
    }
  }
}

/// What a layer makes of its input, in float32.
enum SampleInput: Sendable {
  case unchanged
  case steps(StepQuantization)
  case values(ValueCast, scale: Float)
  case blocks(BlockCast, channels: Int, tensorScale: Float)

  init(_ format: InputFormat) {
    switch format {
    case .unchanged: self = .unchanged
    case .steps(let scale, let q, let isSigned):
      self = .steps(
        StepQuantization(
          scale: InputFormat.divisor(scale), codes: (isSigned ? -Int32(q) : 0)...Int32(q)))
    case .values(let cast, let scale): self = .values(cast, scale: scale)
    case .blocks(let cast, let channels, let tensorScale):
      self = .blocks(cast, channels: channels, tensorScale: tensorScale)
    }
  }

  var isUnchanged: Bool { if case .unchanged = self { true } else { false } }

  func read(
    _ data: UnsafePointer<Float>, count: Int, into values: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .unchanged: values.update(from: data, count: count)
    case .steps(let steps): steps.values(of: data, count: count, into: values)
    case .values(let cast, let scale):
      cast.values(of: data, count: count, scale: scale, into: values)
    case .blocks(let cast, let channels, let tensorScale):
      cast.values(
        of: data, rows: count / channels, length: channels, tensorScale: tensorScale, into: values)
    }
  }
}

extension InputFormat {
  /// The input as a layer sees it, in float32 or float64.
  fileprivate func values<Real: RealScalar>(
    _ data: UnsafePointer<Real>, count: Int, into result: UnsafeMutablePointer<Real>
  ) {
    if let data = data as? UnsafePointer<Float>, let result = result as? UnsafeMutablePointer<Float>
    {
      SampleInput(self).read(data, count: count, into: result)
    } else if let data = data as? UnsafePointer<Double>,
      let result = result as? UnsafeMutablePointer<Double>
    {
      values(of: data, count: count, into: result)
    }
  }
}

/// A layer's sums of products and its bias, in float32 or float64.
struct RealLayerKernel<Real: RealScalar>: SampleKernel {
  let layer: RealLayer<Real>
  let bias: [Real]

  /// The layer with weights in the model's order.
  init(_ parameters: LayerParameters, weights: [Real], hasBias: Bool) {
    layer = RealLayer(parameters.geometry, weights: parameters.arranged(weights))
    bias = hasBias ? parameters.bias.map { Real($0) } : []
  }

  /// The layer as it is, in the memory of its float32 weights.
  init(_ parameters: LayerParameters, sharing other: RealLayer<Float>) where Real == Double {
    layer = RealLayer<Double>(sharing: other)
    bias = parameters.bias.map { Double($0) }
  }

  var constantBytes: Int? { layer.constantBytes + bias.count * MemoryLayout<Real>.stride }

  func scratchBytes(samples: Int) -> Int { layer.scratchCount * MemoryLayout<Real>.stride }

  @specialized(where Real == Float)
  @specialized(where Real == Double)
  func run(
    _ data: UnsafePointer<Real>, _: UnsafePointer<Real>?, samples: Int,
    scratch: UnsafeMutableRawPointer, into result: UnsafeMutablePointer<Real>
  ) {
    layer.run(
      data, samples: samples, scratch: scratch.assumingMemoryBound(to: Real.self), into: result)
    guard !bias.isEmpty else { return }
    let filters = layer.geometry.filters
    bias.withUnsafeBufferPointer { bias in
      for row in 0..<samples * layer.geometry.positions {
        let target = result + row * filters
        for filter in 0..<filters { target[filter] += bias[filter] }
      }
    }
  }
}

/// A layer's exact sums of integers in a register that they may leave, in float64.
struct RegisterLayerKernel: SampleKernel {
  let input: InputFormat
  let layer: RunLayer<Double>
  /// What a code of the weights is worth: `[run][filter]`.
  let scales: [[Double]]
  let register: Accumulator
  let bias: [Double]

  private func codeBytes(_ samples: Int) -> Int {
    (samples * layer.geometry.dataCount * 8 + 63) / 64 * 64
  }

  func scratchBytes(samples: Int) -> Int {
    codeBytes(samples) + layer.scratchCount(samples: samples) * 8
  }

  func run(
    _ data: UnsafePointer<Double>, _: UnsafePointer<Double>?, samples: Int,
    scratch: UnsafeMutableRawPointer, into result: UnsafeMutablePointer<Double>
  ) {
    let geometry = layer.geometry
    let codes = scratch.assumingMemoryBound(to: Double.self)
    guard let step = input.codes(of: data, count: samples * geometry.dataCount, into: codes)
    else { preconditionFailure("integers") }
    let rest = (scratch + codeBytes(samples)).assumingMemoryBound(to: Double.self)
    layer.run(codes, samples: samples, scratch: rest) { run, first, count, sums in
      let target = result + first * geometry.resultCount
      for index in 0..<count * geometry.resultCount {
        let filter = index % geometry.filters
        let value = register.wrapped(sums[index]) * (scales[run][filter] * step)
        target[index] = (run == 0 ? bias[filter] : target[index]) + value
      }
    }
  }
}
