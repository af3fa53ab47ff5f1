internal import Arith
import QuantGraph

/// A layer with the formats of its weights, input and sums chosen, ready to run.
///
/// Rule, after the evaluation of quantized networks that frameworks call fake quantization: weights
/// symmetric, a scale a filter; the input one scale; exact integer sums; `y = float32(sum) *
/// float32(weight scale * input scale) + bias` in float32, each operation rounded. Weights with a
/// scale a run: the exact sums of the runs are scaled like that and added in float32 in their order,
/// then the bias. An accumulator wraps every exact sum before it is scaled. Where weights or input
/// are no plain integers, both are read back to float32 and products are summed in float32 in the
/// order kernel row, kernel column, channel. Compilers that fuse the multiplication and addition in
/// some layers move values at ties.
final class PreparedLayer: SampleKernel {
  typealias Real = Float

  private enum Kernel: Sendable {
    case bytes(ByteLayer)
    /// Integers in float64, which holds every sum.
    case integers(RealLayer<Double>)
    /// Integers in a type that holds every sum of a run.
    case runs(RunLayer<Float>)
    case wideRuns(RunLayer<Double>)
    case reals(RealLayer<Float>)
    /// On tensor cores: the input over its own scale, sums times ``blockScales``.
    case blocks(TensorCoreLayer, divisor: Float)
  }

  private let geometry: LayerGeometry
  private let input: SampleInput
  private let kernel: Kernel
  /// Of integer sums; sums of reals take the bias alone.
  private let scaling: SumScaling
  private let bias: [Float]
  /// `[run][filter]`, where runs have scales of their own.
  private let runScales: [[Float]]
  /// Of sums on tensor cores, one a filter.
  private let blockScales: [Float]
  /// Nil where no sum can leave it, too.
  private let accumulator: Accumulator?

  /// `weights` are what the formats make of the layer's; nil if they leave them.
  ///
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)``.
  init(
    _ parameters: LayerParameters, _ formats: LayerFormats, weights: QuantizedWeights?,
    range: InputRange, rule: QuantizationRule, cores: TensorCoreRules? = nil
  ) throws(FormatRefusal) {
    geometry = parameters.geometry
    bias = parameters.bias
    let name = parameters.name
    let format = try InputFormat(
      formats.activations, range: range, search: rule.activations,
      channels: geometry.channels, layer: name)
    input = SampleInput(format)
    var (inputScale, largestCode, isSigned) = (1.0, Double?.none, false)
    if case .steps(let scale, let q, let signed) = format {
      (inputScale, largestCode, isSigned) = (scale, q, signed)
    }
    guard let codes = weights?.codes, let weights, let largestCode else {
      try Self.refuseAccumulator(formats, layer: name)
      runScales = []
      accumulator = nil
      if let cores, !parameters.geometry.isDepthwise {
        let operands = try TensorCoreOperands(parameters, formats, weights, format, cores)
        kernel = .blocks(operands.layer, divisor: operands.divisor)
        blockScales = operands.scales
        scaling = SumScaling(scales: operands.scales, offsets: parameters.bias)
        return
      }
      blockScales = []
      let values = weights?.values.map { Float($0) } ?? parameters.weights
      kernel = .reals(RealLayer(geometry, weights: parameters.arranged(values)))
      scaling = SumScaling(
        scales: [Float](repeating: 1, count: geometry.filters), offsets: parameters.bias)
      return
    }
    blockScales = []
    var formats = formats
    if let cores, !parameters.geometry.isDepthwise {
      formats.accumulator = try cores.register(formats, layer: name)
    }
    let ordered = parameters.arranged(codes)
    let length = weights.runs?.length ?? geometry.depth
    let largestWeight = Double(codes.reduce(Int32(0)) { max($0, abs($1)) })
    let largestSum = largestWeight * largestCode * Double(min(length, geometry.depth))
    guard largestSum < 0x1p53 else {
      throw .unsupported(layer: name, role: "accumulator", encoding: "int<64>")
    }
    let limits = (isSigned ? -Int64(largestCode) : 0)...Int64(largestCode)
    accumulator = try formats.accumulator(
      layer: name, geometry: geometry, ordered: ordered, length: length, codes: limits)
    if let runs = weights.runs {
      if largestSum <= 0x1p24 {
        kernel = .runs(RunLayer(geometry, weights: ordered.map { Float($0) }, length: length))
      } else {
        kernel = .wideRuns(RunLayer(geometry, weights: ordered.map { Double($0) }, length: length))
      }
      runScales = runs.scales.map { $0.map { Float($0 * inputScale) } }
      scaling = SumScaling(
        scales: [Float](repeating: 1, count: geometry.filters), offsets: parameters.bias)
      return
    }
    if largestWeight <= 127, largestCode <= 255, largestSum < 0x1p31 {
      kernel = .bytes(
        ByteLayer(
          geometry, weights: ordered.map { Int8(truncatingIfNeeded: $0) }, isSigned: isSigned))
    } else {
      kernel = .integers(RealLayer(geometry, weights: ordered.map { Double($0) }))
    }
    runScales = []
    scaling = SumScaling(
      scales: weights.scales.map { Float($0 * inputScale) }, offsets: parameters.bias)
  }

  /// Refuses an accumulator of sums that are not integers.
  private static func refuseAccumulator(
    _ formats: LayerFormats, layer: String
  ) throws(FormatRefusal) {
    guard let accumulator = formats.accumulator else { return }
    throw .unsupported(
      layer: layer, role: "accumulator",
      encoding: "\(accumulator.name) (weights and activations are not both integers)")
  }

  /// The layer's own weights as they multiply in float32; nil where formats change them.
  var floatLayer: RealLayer<Float>? {
    if case .reals(let layer) = kernel { layer } else { nil }
  }

  var constantBytes: Int? {
    let weights = geometry.filters * geometry.depth
    let scales = 16 * geometry.filters
    return switch kernel {
    case .bytes: weights + scales
    case .integers(let layer): layer.constantBytes + scales
    case .reals(let layer): layer.constantBytes + scales
    // Runs end within taps, whose other weights are zero.
    case .runs, .wideRuns, .blocks: nil
    }
  }

  /// Bytes that a run needs beside its operands: the input as codes, what kernels pack, and sums.
  func scratchBytes(samples: Int) -> Int {
    let parts = scratchParts(samples: samples)
    return parts.input + parts.packed + parts.sums
  }

  private func scratchParts(samples: Int) -> (input: Int, packed: Int, sums: Int) {
    let data = samples * geometry.dataCount
    let sums = samples * geometry.resultCount
    func aligned(_ bytes: Int) -> Int { (bytes + 127) / 64 * 64 }
    switch kernel {
    case .bytes(let layer):
      return (aligned(data), aligned(layer.scratchBytes(samples: samples)), aligned(sums * 4))
    case .integers(let layer):
      return (aligned(data * 8), aligned(layer.scratchCount * 8), aligned(sums * 8))
    case .runs(let layer):
      // Codes are float64 numbers first.
      return (
        aligned(data * 8), aligned(layer.scratchCount(samples: samples) * 4), aligned(data * 4)
      )
    case .wideRuns(let layer):
      return (aligned(data * 8), aligned(layer.scratchCount(samples: samples) * 8), 0)
    case .reals(let layer):
      return (input.isUnchanged ? 0 : aligned(data * 4), aligned(layer.scratchCount * 4), 0)
    case .blocks: return (aligned(data * 4), 0, aligned(sums * 4))
    }
  }

  /// - Precondition: the pointers have room, `scratch` for ``scratchBytes(samples:)`` aligned to 64.
  func run(
    _ data: UnsafePointer<Float>, _: UnsafePointer<Float>?, samples: Int,
    scratch: UnsafeMutableRawPointer, into result: UnsafeMutablePointer<Float>
  ) {
    let count = samples * geometry.dataCount
    let rows = samples * geometry.positions
    let parts = scratchParts(samples: samples)
    let packed = scratch + parts.input
    let sums = packed + parts.packed
    switch kernel {
    case .bytes(let layer):
      let codes = scratch.assumingMemoryBound(to: UInt8.self)
      if case .steps(let steps) = input { steps.bytes(of: data, count: count, into: codes) }
      let totals = sums.assumingMemoryBound(to: Int32.self)
      layer.run(codes, samples: samples, scratch: packed, into: totals)
      if let accumulator {
        for index in 0..<rows * geometry.filters {
          totals[index] = accumulator.wrapped(totals[index])
        }
      }
      scaling.values(of: totals, rows: rows, into: result)
    case .integers(let layer):
      let codes = scratch.assumingMemoryBound(to: Double.self)
      if case .steps(let steps) = input { steps.numbers(of: data, count: count, into: codes) }
      let totals = sums.assumingMemoryBound(to: Double.self)
      layer.run(
        codes, samples: samples, scratch: packed.assumingMemoryBound(to: Double.self),
        into: totals)
      if let accumulator {
        for index in 0..<rows * geometry.filters {
          totals[index] = accumulator.wrapped(totals[index])
        }
      }
      scaling.values(of: totals, rows: rows, into: result)
    case .runs(let layer):
      let wide = scratch.assumingMemoryBound(to: Double.self)
      if case .steps(let steps) = input { steps.numbers(of: data, count: count, into: wide) }
      let codes = sums.assumingMemoryBound(to: Float.self)
      for index in 0..<count { codes[index] = Float(wide[index]) }
      run(
        layer, codes, samples: samples, scratch: packed.assumingMemoryBound(to: Float.self),
        into: result)
    case .wideRuns(let layer):
      let codes = scratch.assumingMemoryBound(to: Double.self)
      if case .steps(let steps) = input { steps.numbers(of: data, count: count, into: codes) }
      run(
        layer, codes, samples: samples, scratch: packed.assumingMemoryBound(to: Double.self),
        into: result)
    case .reals(let layer):
      let values = scratch.assumingMemoryBound(to: Float.self)
      if !input.isUnchanged { input.read(data, count: count, into: values) }
      layer.run(
        input.isUnchanged ? data : UnsafePointer(values), samples: samples,
        scratch: packed.assumingMemoryBound(to: Float.self),
        into: result)
      addBias(rows: rows, to: result)
    case .blocks(let layer, let divisor):
      let values = scratch.assumingMemoryBound(to: Float.self)
      input.read(data, count: count, into: values)
      if divisor != 1 { for index in 0..<count { values[index] /= divisor } }
      let totals = sums.assumingMemoryBound(to: Float.self)
      layer.run(values, samples: samples, into: totals)
      for index in 0..<rows * geometry.filters {
        let filter = index % geometry.filters
        result[index] = totals[index] * blockScales[filter] + bias[filter]
      }
    }
  }

  /// Sums of runs, scaled and added in their order, and the bias.
  @specialized(where Real == Float)
  @specialized(where Real == Double)
  private func run<Real: RealScalar>(
    _ layer: RunLayer<Real>, _ codes: UnsafePointer<Real>, samples: Int,
    scratch: UnsafeMutablePointer<Real>, into result: UnsafeMutablePointer<Float>
  ) {
    let filters = geometry.filters
    layer.run(codes, samples: samples, scratch: scratch) { run, first, count, sums in
      let target = result + first * geometry.resultCount
      runScales[run].withUnsafeBufferPointer { scales in
        for row in 0..<count * geometry.positions {
          for filter in 0..<filters {
            let index = row * filters + filter
            let sum = accumulator?.wrapped(sums[index]) ?? sums[index]
            let scaled = Float(sum) * scales[filter]
            target[index] = run == 0 ? scaled : target[index] + scaled
          }
        }
      }
    }
    addBias(rows: samples * geometry.positions, to: result)
  }

  private func addBias(rows: Int, to result: UnsafeMutablePointer<Float>) {
    bias.withUnsafeBufferPointer { bias in
      for row in 0..<rows {
        let start = result + row * bias.count
        for filter in bias.indices { start[filter] += bias[filter] }
      }
    }
  }
}

extension LayerFormats {
  /// The register of the exact sums of integers; nil without one, or if no sum can leave it.
  ///
  /// - Parameters:
  ///   - layer: the name of the layer.
  ///   - geometry: its shape.
  ///   - ordered: the codes of the weights, filter by filter.
  ///   - length: products of one sum.
  ///   - codes: the range of the inputs.
  /// - Returns: the register that wraps.
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for one that no exact sum has.
  func accumulator(
    layer: String, geometry: LayerGeometry, ordered: [Int32], length: Int,
    codes: ClosedRange<Int64>
  ) throws(FormatRefusal) -> Accumulator? {
    guard let accumulator else { return nil }
    let register = try Accumulator(accumulator, layer: layer)
    var sums: [(positive: Int64, negative: Int64)] = []
    for filter in 0..<geometry.filters {
      for run in geometry.runs(of: length) {
        var (positive, negative): (Int64, Int64) = (0, 0)
        for index in run {
          let weight = Int64(ordered[filter * geometry.depth + index])
          if weight > 0 { positive += weight } else { negative -= weight }
        }
        sums.append((positive, negative))
      }
    }
    return register.holds(sums, codes: codes) ? nil : register
  }
}
