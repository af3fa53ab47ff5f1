internal import Arith

/// The network with one layer changed, in float64.
struct Probe: Sendable {
  let layer: Int
  /// Other weights; nil for the layer's own.
  let weights: RealLayer<Double>?
  let input: InputFormat
  /// Sums of integers instead, where a register may change them.
  var sums: RegisterSums?
}

/// A layer's exact sums of integers in a register that they may leave, in float64.
struct RegisterSums: Sendable {
  let layer: RunLayer<Double>
  /// What a code of the weights is worth: `[run][filter]`.
  let scales: [[Double]]
  let register: Accumulator

  /// The layer's results from codes of its input that are worth `step`, bias included.
  func run(
    _ codes: UnsafePointer<Double>, step: Double, bias: [Double], samples: Int,
    scratch: UnsafeMutablePointer<Double>, into result: UnsafeMutablePointer<Double>
  ) {
    let geometry = layer.geometry
    layer.run(codes, samples: samples, scratch: scratch) { run, first, count, sums in
      let target = result + first * geometry.resultCount
      for index in 0..<count * geometry.resultCount {
        let filter = index % geometry.filters
        let value = register.wrapped(sums[index]) * (scales[run][filter] * step)
        target[index] = (run == 0 ? bias[filter] : target[index]) + value
      }
    }
  }
}

/// One thread's memory for the network as it is and with a layer changed, on a block of samples.
final class ProbeBuffers {
  /// Every value of the unchanged network.
  let base: NetworkBuffers<Double>
  /// What a changed layer changes.
  let changed: NetworkBuffers<Double>
  private let network: FloatNetwork
  private let layers: RealLayers<Double>
  private let input: UnsafeMutablePointer<Double>
  private let samples: Int

  init(_ network: FloatNetwork, _ layers: RealLayers<Double>, samples: Int) {
    self.network = network
    self.layers = layers
    self.samples = samples
    base = NetworkBuffers(network, samples: samples)
    changed = NetworkBuffers(network, samples: samples)
    let largest = network.parameters.map(\.geometry.dataCount).max() ?? 1
    input = .allocate(capacity: max(largest * samples, 1))
  }

  deinit { input.deallocate() }

  /// Runs the unchanged network on samples.
  func load(_ data: EvaluationData, _ range: Range<Int>) {
    network.load(data, range, into: base)
    layers.runAll(samples: range.count, buffers: base)
  }

  /// Runs a changed network on the loaded samples, from the layer that is changed.
  func run(_ probe: Probe, samples: Int) {
    let first = network.layerSteps[probe.layer]
    network.run(
      first..<network.steps.count, samples: samples,
      address: { value in
        network.producers[value] < first ? base[value] : changed[value]
      }
    ) { index, data, quantized, result in
      let count = samples * network.parameters[index].geometry.dataCount
      guard index == probe.layer else {
        quantized?.update(from: data, count: count)
        layers.run(index, data, samples: samples, buffers: changed, into: result)
        return
      }
      if let sums = probe.sums, let step = probe.input.codes(of: data, count: count, into: input) {
        let scratch = changed.scratch(
          bytes: sums.layer.scratchCount(samples: samples) * MemoryLayout<Double>.stride)
        sums.run(
          input, step: step, bias: layers.biases[index], samples: samples,
          scratch: scratch.assumingMemoryBound(to: Double.self), into: result)
        if let quantized {
          for index in 0..<count { quantized[index] = input[index] * step }
        }
        return
      }
      probe.input.values(of: data, count: count, into: input)
      quantized?.update(from: input, count: count)
      layers.run(
        index, with: probe.weights, input, samples: samples, buffers: changed, into: result)
    }
  }

  /// Scores of one sample, of the unchanged or the changed network.
  func scores(_ sample: Int, changed isChanged: Bool) -> UnsafeBufferPointer<Double> {
    let source = isChanged ? changed : base
    return UnsafeBufferPointer(
      start: source[network.scores] + sample * network.classCount, count: network.classCount)
  }
}

/// What one candidate does to results and scores, summed over samples.
struct ProbeMeasurement: Sendable {
  var outputSquares = 0.0
  var outputCount = 0
  var divergence = 0.0
  var logitSquares = 0.0
  var crossEntropy = 0.0
  var unchangedCrossEntropy = 0.0
  var flips = 0
  var samples = 0
  var classes = 0

  static func += (total: inout ProbeMeasurement, part: ProbeMeasurement) {
    total.outputSquares += part.outputSquares
    total.outputCount += part.outputCount
    total.divergence += part.divergence
    total.logitSquares += part.logitSquares
    total.crossEntropy += part.crossEntropy
    total.unchangedCrossEntropy += part.unchangedCrossEntropy
    total.flips += part.flips
    total.samples += part.samples
    total.classes = part.classes
  }

  /// Adds a sample's scores.
  mutating func add(
    _ unchanged: UnsafeBufferPointer<Double>, _ changed: UnsafeBufferPointer<Double>, label: Int?
  ) {
    let before = ClassScores.logSoftmax(Array(unchanged))
    let after = ClassScores.logSoftmax(Array(changed))
    for index in before.indices {
      let probability = StableExponential.exp(before[index])
      // A class without probability has no share of the divergence.
      if probability > 0 { divergence += probability * (before[index] - after[index]) }
      let difference = changed[index] - unchanged[index]
      logitSquares += difference * difference
    }
    if let label {
      crossEntropy -= after[label]
      unchangedCrossEntropy -= before[label]
    }
    if ClassScores.firstLargest(Array(unchanged)) != ClassScores.firstLargest(Array(changed)) {
      flips += 1
    }
    samples += 1
    classes = before.count
  }
}
