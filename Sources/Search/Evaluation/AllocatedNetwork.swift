internal import Arith
public import QuantGraph

/// A float network whose layers have formats, run with every tensor at hand.
///
/// The rule is that of ``QuantizedEvaluator``, and so are the results: an evaluation counts what is
/// computed here.
public struct AllocatedNetwork: Sendable {
  public let network: FloatNetwork
  private let layers: [PreparedLayer]

  /// - Parameters:
  ///   - network: made with `keepsTensors`, so that every tensor of the graph is computed.
  ///   - allocation: one candidate a layer; filters of unequal widths with the widths that
  ///     calibration chose (``QuantizedEvaluator/realised(layer:_:)``).
  ///   - inputRanges: what calibration saw of each layer's input; nil where a layer takes its input
  ///     as it is.
  ///   - weightScales: how scales follow from weights, one a layer; by the largest magnitude if empty.
  /// - Throws: ``EvaluationError`` for another number of candidates, or a format that a layer cannot
  ///   have; an input format without a range and ``WeightGrouping/unequalFilters``, whose widths
  ///   calibration decides, count as such.
  public init(
    _ network: FloatNetwork, allocation: [Candidate], inputRanges: [InputRange?],
    weightScales: [ScaleSearch] = []
  ) throws(EvaluationError) {
    guard allocation.count == network.layers.count, inputRanges.count == network.layers.count
    else {
      throw .layerCount(expected: network.layers.count, found: allocation.count)
    }
    var layers: [PreparedLayer] = []
    for (index, candidate) in allocation.enumerated() {
      let parameters = network.parameters[index]
      let name = parameters.layer.name
      if let activations = candidate.activations, inputRanges[index] == nil {
        throw .unsupported(layer: name, role: "activations", encoding: activations.name)
      }
      let rule = QuantizationRule(
        weights: weightScales.indices.contains(index) ? weightScales[index] : .maxAbs)
      let weights = try parameters.quantized(candidate, rule.weights)
      layers.append(
        try PreparedLayer(
          parameters, candidate, weights: weights,
          range: inputRanges[index] ?? InputRange(minimum: 0, maximum: 0), rule: rule))
    }
    self.network = network
    self.layers = layers
  }

  /// Whether ``values(of:for:threads:)`` has a tensor.
  public func computes(_ tensor: TensorID) -> Bool { network.tensorValues[tensor] != nil }

  /// Runs samples that follow each other in the model's order.
  ///
  /// - Parameters:
  ///   - tensors: what to hand out.
  ///   - samples: whole samples of the network's input, finite numbers.
  ///   - threads: how many to use; the result does not depend on it.
  /// - Returns: an array a tensor, sample after sample, each in the model's order.
  /// - Precondition: the network computes the tensors.
  public func values(
    of tensors: [TensorID], for samples: [Float], threads: Int
  ) -> [[Float]] {
    let wanted = tensors.map { tensor -> Int in
      guard let value = network.tensorValues[tensor] else {
        preconditionFailure("tensors that the network computes")
      }
      return value
    }
    let elements = network.inputCount
    let size = network.blockSamples(bytesPerElement: MemoryLayout<Float>.stride)
    let blocks = SampleBlocks.map(
      samples: samples.count / max(elements, 1), size: size, threads: threads
    ) {
      NetworkBuffers<Float>(network, samples: size)
    } _: { buffers, range in
      let target = buffers[network.input]
      for index in 0..<range.count * elements {
        target[index] = samples[range.lowerBound * elements + index]
      }
      run(samples: range.count, buffers)
      return wanted.map { read($0, samples: range.count, from: buffers) }
    }
    return tensors.indices.map { place in blocks.flatMap { $0[place] } }
  }

  private func run(samples: Int, _ buffers: NetworkBuffers<Float>) {
    network.run(0..<network.steps.count, samples: samples, address: { buffers[$0] }) {
      index, data, quantized, result in
      layers[index].run(
        data, samples: samples, quantized: quantized,
        scratch: buffers.scratch(bytes: layers[index].scratchBytes(samples: samples)),
        into: result)
    }
  }

  /// A value in the model's order.
  private func read(
    _ value: Int, samples: Int, from buffers: NetworkBuffers<Float>
  ) -> [Float] {
    let count = network.values[value].count
    let stored = buffers[value]
    guard network.values[value].isRearranged, let (channels, plane) = network.planes[value] else {
      return Array(UnsafeBufferPointer(start: stored, count: samples * count))
    }
    return (0..<samples * count).map { index in
      let (sample, place) = (index / count, index % count)
      return stored[sample * count + place % plane * channels + place / plane]
    }
  }
}
