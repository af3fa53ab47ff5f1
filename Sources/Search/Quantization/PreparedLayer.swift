internal import Arith

/// A layer with the formats of its weights and input chosen, ready to run.
///
/// Rule, after the evaluation of quantized networks that frameworks call fake quantization: weights
/// symmetric, a scale a filter; the input one scale; exact integer sums; `y = float32(sum) *
/// float32(weight scale * input scale) + bias` in float32, each operation rounded. Where one of both
/// is no plain integer, both are read back to float32 and products are summed in float32 in a fixed
/// order. Compilers that fuse the multiplication and addition in some layers move values at ties.
final class PreparedLayer: Sendable {
  private enum Input: Sendable {
    case unchanged
    case steps(StepQuantization)
    case values(ValueCast, scale: Float)
  }

  private enum Kernel: Sendable {
    case bytes(ByteLayer)
    /// Integers in float64, which holds every sum.
    case integers(RealLayer<Double>)
    case reals(RealLayer<Float>)
  }

  private let geometry: LayerGeometry
  private let input: Input
  private let kernel: Kernel
  /// Of integer sums; sums of reals take the bias alone.
  private let scaling: SumScaling
  private let bias: [Float]

  init(
    _ parameters: LayerParameters, _ candidate: Candidate, weights: QuantizedWeights?,
    range: InputRange, rule: QuantizationRule
  ) throws(EvaluationError) {
    geometry = parameters.geometry
    bias = parameters.bias
    let name = parameters.layer.name
    let format = try InputFormat(
      candidate.activations, range: range, search: rule.activations, layer: name)
    var inputScale = 1.0
    var largestCode: Double?
    var isSigned = false
    switch format {
    case .unchanged: input = .unchanged
    case .steps(let scale, let q, let signed):
      (inputScale, largestCode, isSigned) = (scale, q, signed)
      input = .steps(
        StepQuantization(
          scale: InputFormat.divisor(scale), codes: (signed ? -Int32(q) : 0)...Int32(q)))
    case .values(let cast, let scale): input = .values(cast, scale: scale)
    }
    if let codes = weights?.codes, let weights, let largestCode {
      let ordered = parameters.arranged(codes)
      let largestWeight = Double(codes.reduce(Int32(0)) { max($0, abs($1)) })
      let largestSum = largestWeight * largestCode * Double(geometry.depth)
      guard largestSum < 0x1p53 else {
        throw .unsupported(layer: name, role: "accumulator", encoding: "int<64>")
      }
      if largestWeight <= 127, largestCode <= 255, largestSum < 0x1p31 {
        kernel = .bytes(
          ByteLayer(
            geometry, weights: ordered.map { Int8(truncatingIfNeeded: $0) }, isSigned: isSigned))
      } else {
        kernel = .integers(RealLayer(geometry, weights: ordered.map { Double($0) }))
      }
      scaling = SumScaling(
        scales: weights.scales.map { Float($0 * inputScale) }, offsets: parameters.bias)
    } else {
      let values = weights?.values.map { Float($0) } ?? parameters.weights
      kernel = .reals(RealLayer(geometry, weights: parameters.arranged(values)))
      scaling = SumScaling(
        scales: [Float](repeating: 1, count: geometry.filters), offsets: parameters.bias)
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
    case .reals(let layer): return (aligned(data * 4), aligned(layer.scratchCount * 4), 0)
    }
  }

  /// Runs `samples` samples; the input as the layer sees it goes to `quantized` if given.
  ///
  /// - Precondition: the pointers have room, `scratch` for ``scratchBytes(samples:)`` aligned to 64.
  func run(
    _ data: UnsafePointer<Float>, samples: Int, quantized: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutableRawPointer, into result: UnsafeMutablePointer<Float>
  ) {
    let count = samples * geometry.dataCount
    let rows = samples * geometry.positions
    let parts = scratchParts(samples: samples)
    let packed = scratch + parts.input
    let sums = packed + parts.packed
    if let quantized { read(data, count: count, into: quantized) }
    switch kernel {
    case .bytes(let layer):
      let codes = scratch.assumingMemoryBound(to: UInt8.self)
      if case .steps(let steps) = input { steps.bytes(of: data, count: count, into: codes) }
      let totals = sums.assumingMemoryBound(to: Int32.self)
      layer.run(codes, samples: samples, scratch: packed, into: totals)
      scaling.values(of: totals, rows: rows, into: result)
    case .integers(let layer):
      let codes = scratch.assumingMemoryBound(to: Double.self)
      if case .steps(let steps) = input { steps.numbers(of: data, count: count, into: codes) }
      let totals = sums.assumingMemoryBound(to: Double.self)
      layer.run(
        codes, samples: samples, scratch: packed.assumingMemoryBound(to: Double.self),
        into: totals)
      scaling.values(of: totals, rows: rows, into: result)
    case .reals(let layer):
      let values = scratch.assumingMemoryBound(to: Float.self)
      read(data, count: count, into: values)
      layer.run(
        values, samples: samples, scratch: packed.assumingMemoryBound(to: Float.self),
        into: result)
      bias.withUnsafeBufferPointer { bias in
        for row in 0..<rows {
          let start = result + row * bias.count
          for filter in bias.indices { start[filter] += bias[filter] }
        }
      }
    }
  }

  /// The input as the layer sees it.
  private func read(
    _ data: UnsafePointer<Float>, count: Int, into values: UnsafeMutablePointer<Float>
  ) {
    switch input {
    case .unchanged: values.update(from: data, count: count)
    case .steps(let steps): steps.values(of: data, count: count, into: values)
    case .values(let cast, let scale):
      cast.values(of: data, count: count, scale: scale, into: values)
    }
  }
}
