internal import Arith

/// Memory for the values of a few samples of a network, and for what kernels need beside them.
///
/// Not for use from several threads at once.
final class NetworkBuffers<Real: RealScalar> {
  let network: FloatNetwork
  /// Samples that each value has room for.
  let capacities: [Int]
  private var pointers: [UnsafeMutablePointer<Real>]
  private var memory: UnsafeMutableRawPointer
  private var memoryBytes: Int

  init(_ network: FloatNetwork, capacities: [Int]) {
    self.network = network
    self.capacities = capacities
    pointers = zip(network.values, capacities).map { value, capacity in
      let count = max(value.count * capacity, 1)
      let pointer = UnsafeMutablePointer<Real>.allocate(capacity: count)
      pointer.initialize(repeating: 0, count: count)
      return pointer
    }
    memoryBytes = 64
    memory = .allocate(byteCount: 64, alignment: 64)
  }

  convenience init(_ network: FloatNetwork, samples: Int) {
    self.init(network, capacities: [Int](repeating: samples, count: network.values.count))
  }

  deinit {
    for pointer in pointers { pointer.deallocate() }
    memory.deallocate()
  }

  /// The first element of a value.
  subscript(value: Int) -> UnsafeMutablePointer<Real> { pointers[value] }

  /// Memory of at least so many bytes, aligned to 64; its content is lost when it grows.
  func scratch(bytes: Int) -> UnsafeMutableRawPointer {
    if bytes > memoryBytes {
      memory.deallocate()
      memoryBytes = bytes
      memory = .allocate(byteCount: bytes, alignment: 64)
    }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 0)
    return memory
  }
}

/// What runs a layer: its index, its input, where the input goes as the layer sees it (if something
/// reads that), and where its results go.
typealias LayerRun<Real> = (
  Int, UnsafePointer<Real>, UnsafeMutablePointer<Real>?, UnsafeMutablePointer<Real>
) -> Void

extension FloatNetwork {
  /// Runs steps on samples that follow each other.
  ///
  /// - Parameters:
  ///   - range: the steps.
  ///   - samples: how many.
  ///   - address: where a value's first sample is.
  ///   - layer: runs a layer.
  func run<Real: RealScalar>(
    _ range: Range<Int>, samples: Int, address: (Int) -> UnsafeMutablePointer<Real>,
    layer: LayerRun<Real>
  ) {
    for step in steps[range] {
      let data = UnsafePointer(address(step.first))
      if case .layer(let index) = step.operation {
        layer(
          index, data, parameters[index].quantizedInput.map { address($0) }, address(step.output))
      } else {
        step.operation.run(
          data, step.second.map { UnsafePointer(address($0)) },
          dataCount: values[step.first].count, resultCount: values[step.output].count,
          samples: samples, into: address(step.output))
      }
    }
  }
}

/// The layers of a network in float32 or float64, with weights as they are or others.
struct RealLayers<Real: RealScalar>: Sendable {
  let layers: [RealLayer<Real>]
  let biases: [[Real]]

  init(_ network: FloatNetwork) {
    layers = network.parameters.map { parameters in
      RealLayer(
        parameters.geometry, weights: parameters.arranged(parameters.weights).map { Real($0) })
    }
    biases = network.parameters.map { $0.bias.map { Real($0) } }
  }

  /// `layer` on `samples` samples: its sums, then its bias.
  func run(
    _ index: Int, with replacement: RealLayer<Real>? = nil, _ data: UnsafePointer<Real>,
    samples: Int, buffers: NetworkBuffers<Real>, into result: UnsafeMutablePointer<Real>
  ) {
    let layer = replacement ?? layers[index]
    let scratch = buffers.scratch(bytes: layer.scratchCount * MemoryLayout<Real>.stride)
    layer.run(
      data, samples: samples, scratch: scratch.assumingMemoryBound(to: Real.self), into: result)
    let filters = layer.geometry.filters
    biases[index].withUnsafeBufferPointer { bias in
      guard let bias = bias.baseAddress else { return }
      for row in 0..<samples * layer.geometry.positions {
        let target = result + row * filters
        for filter in 0..<filters { target[filter] += bias[filter] }
      }
    }
  }

  /// The whole network on what `buffers` hold as its input.
  func runAll(samples: Int, buffers: NetworkBuffers<Real>) {
    let network = buffers.network
    network.run(0..<network.steps.count, samples: samples, address: { buffers[$0] }) {
      index, data, quantized, result in
      quantized?.update(from: data, count: samples * network.parameters[index].geometry.dataCount)
      self.run(index, data, samples: samples, buffers: buffers, into: result)
    }
  }
}

extension FloatNetwork {
  /// Samples of a block whose largest value takes about 256 KiB.
  func blockSamples(bytesPerElement: Int) -> Int {
    max(1, min(64, (1 << 18) / (largestCount(0..<steps.count) * bytesPerElement)))
  }
}
