import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

@Suite("Estimates of microcontrollers")
struct MCUEstimateTests {
  /// One convolution of 3x3 windows, 4 channels to `filters`, on 8x8 pixels, then a 1x1 one to 2;
  /// the first `zeroFilters` filters have no weight.
  static func network(filters: Int = 4, zeroFilters: Int = 0) throws -> Graph {
    let activation = Encoding.affine(
      try AffineFormat(width: 8, isSigned: true, scales: [0.5], zeroPoints: [-128]))
    func weights(_ count: Int) throws -> Encoding {
      .affine(
        try AffineFormat(
          width: 8, isSigned: true, scales: Array(repeating: 0.25, count: count), axis: 0))
    }
    func biases(_ count: Int) throws -> Encoding {
      .affine(
        try AffineFormat(
          width: 32, isSigned: true, scales: Array(repeating: 0.125, count: count), axis: 0))
    }
    func codes(_ filters: Int, _ size: Int, zero: Int) -> Codes {
      .int8(
        (0..<filters * size).map { position in
          position / size < zero ? 0 : Int8(truncatingIfNeeded: position % 7 + 1)
        })
    }
    let tensors = [
      Tensor(name: "in", shape: [1, 8, 8, 4], encoding: activation),
      Tensor(
        name: "w1", shape: try Shape([filters, 3, 3, 4]), encoding: try weights(filters),
        constant: codes(filters, 36, zero: zeroFilters)),
      Tensor(
        name: "b1", shape: try Shape([filters]), encoding: try biases(filters),
        constant: .int32(Array(repeating: 40, count: filters))),
      Tensor(name: "mid", shape: try Shape([1, 8, 8, filters]), encoding: activation),
      Tensor(
        name: "w2", shape: try Shape([2, 1, 1, filters]), encoding: try weights(2),
        constant: codes(2, filters, zero: 0)),
      Tensor(
        name: "b2", shape: [2], encoding: try biases(2), constant: .int32([1, 2])),
      Tensor(name: "out", shape: [1, 8, 8, 2], encoding: activation),
    ]
    func window(_ kernel: Int, padding: Int) -> Operator {
      .convolution(
        Convolution(
          kernel: [kernel, kernel], strides: [1, 1], dilations: [1, 1],
          paddingBefore: [padding, padding], paddingAfter: [padding, padding],
          layout: .channelsLast, grouping: .groups(1), weightLayout: .filtersKernelChannels,
          range: .relu))
    }
    func ids(_ numbers: Int...) -> [TensorID] { numbers.map { TensorID($0) } }
    return try Graph(
      name: "two layers", tensors: tensors,
      nodes: [
        Node(name: "a", operation: window(3, padding: 1), inputs: ids(0, 1, 2), outputs: ids(3)),
        Node(name: "b", operation: window(1, padding: 0), inputs: ids(3, 4, 5), outputs: ids(6)),
      ], inputs: ids(0), outputs: ids(6))
  }

  static func target(_ name: String, clockHz: Double? = nil) throws -> MCUTarget {
    MCUTarget(try #require(try TargetLibrary.description(named: name)), clockHz: clockHz)
  }

  @Test("work is counted by hand")
  func work() throws {
    let work = MCULayerWork.list(try Self.network())
    #expect(work.map(\.kernel) == [.convolution, .pointwise])
    // 64 positions x 9 taps x 4 channels x 4 filters; columns of 36 values a position.
    #expect(work[0].counts.macs == 9216)
    #expect(work[0].counts.gatheredInputs == 2304)
    #expect(work[0].counts.outputs == 256)
    #expect(work[1].counts.macs == 512)
    #expect(work[1].counts.gatheredInputs == 256)
    #expect(work[1].counts.outputs == 128)
    #expect(work.allSatisfy { $0.counts == $0.liveCounts })
  }

  @Test("filters without weights are constant, and what reads them folds them")
  func constantChannels() throws {
    let work = MCULayerWork.list(try Self.network(zeroFilters: 3))
    #expect(work[0].liveCounts.macs == 9216 / 4)
    #expect(work[0].liveCounts.outputs == 64)
    #expect(work[0].liveCounts.gatheredInputs == 2304)
    // Three of four channels read are constants.
    #expect(work[1].liveCounts.macs == 128)
    #expect(work[1].liveCounts.gatheredInputs == 64)
    #expect(work[1].liveCounts.outputs == 128)
    let graph = try Self.network(zeroFilters: 3)
    let keeps = try MCUEstimator(graph, target: Self.target("nucleo-l4r5zi+x-cube-ai-7.3"))
    let removes = try MCUEstimator(graph, target: Self.target("nucleo-l4r5zi+x-cube-ai-9"))
    let dense = try Self.network()
    let keepsDense = try MCUEstimator(dense, target: keeps.target).estimate().cycles
    let removesDense = try MCUEstimator(dense, target: removes.target).estimate().cycles
    #expect(try keeps.estimate().cycles == keepsDense)
    #expect(try #require(removes.estimate().cycles) < #require(removesDense))
  }

  @Test("a layer's cost is the sum of its terms, by hand")
  func cost() throws {
    let model = MCULatencyModel(
      constants: .init(
        convolutionMAC: 2, depthwiseMAC: 3, fullyConnectedMAC: 5, gatheredInput: 7, output: 11,
        element: 13, call: 1000), coreFactor: 0.5, removesConstantChannels: false)
    let work = MCULayerWork.list(try Self.network())
    let cost = model.cost(work[0])
    #expect(cost.multiply == 9216)
    #expect(cost.gather == 8064)
    #expect(cost.requantize == 1408)
    #expect(cost.call == 500)
    #expect(cost.cycles == 9216 + 8064 + 1408 + 500)
    // 4-bit weights: one instruction each, for two columns.
    #expect(model.cost(work[0], widths: .init(weights: 4)).unpack == 9216 / 2 * 0.5)
  }

  @Test("fewer bits never take less time nor more flash; activations never more SRAM")
  func monotone() throws {
    let graph = try Self.network(filters: 8)
    for name in ["nucleo-l4r5zi+tflm", "nucleo-u575zi-q+x-cube-ai-9", "stm32h743+tinyengine"] {
      let estimator = try MCUEstimator(graph, target: Self.target(name))
      let base = try estimator.estimate()
      var flash = base.flash.totalBytes
      for weights in stride(from: 8, through: 1, by: -1) {
        let estimate = try estimator.estimate(
          CodeWidths(graph, weights: weights, activations: nil))
        #expect(estimate.flash.totalBytes <= flash, "\(name) w\(weights)")
        flash = estimate.flash.totalBytes
        #expect(try #require(estimate.cycles) >= #require(base.cycles))
      }
      var live = base.memory.livenessBytes
      for activations in stride(from: 8, through: 1, by: -1) {
        let estimate = try estimator.estimate(
          CodeWidths(graph, weights: nil, activations: activations))
        #expect(estimate.memory.livenessBytes <= live, "\(name) a\(activations)")
        live = estimate.memory.livenessBytes
        #expect(try #require(estimate.cycles) >= #require(base.cycles))
      }
    }
  }

  @Test("time is cycles by the clock")
  func clock() throws {
    let graph = try Self.network()
    let fast = try MCUEstimator(graph, target: Self.target("nucleo-l4r5zi+tflm")).estimate()
    let slow = try MCUEstimator(
      graph, target: Self.target("nucleo-l4r5zi+tflm", clockHz: 60e6)
    ).estimate()
    #expect(fast.cycles == slow.cycles)
    let ratio = try #require(slow.seconds) / #require(fast.seconds)
    #expect(abs(ratio - 2) < 1e-12)
  }

  @Test("an allocation equal to the model's own encodings changes nothing")
  func identity() throws {
    let graph = try Self.network()
    let estimator = try MCUEstimator(graph, target: Self.target("nucleo-l4r5zi+tflm"))
    #expect(
      try estimator.estimate()
        == estimator.estimate(CodeWidths(graph, weights: 8, activations: 8)))
  }

  @Test("targets without a latency model estimate memory alone")
  func noModel() throws {
    for name in ["esp32-s3", "gap9", "xg24"] {
      let estimate = try MCUEstimator(Self.network(), target: Self.target(name)).estimate()
      #expect(estimate.seconds == nil)
      #expect(estimate.layers.isEmpty)
      #expect(estimate.memory.arenaHeadBytes > 0)
    }
  }
}

/// Measured networks of ../shared.
@Suite("Estimates of measured networks", .enabled(if: SharedData.root != nil, "no ../shared"))
struct MCUMeasuredTests {
  private static func graph(_ name: String) throws -> (Graph, Int) {
    let path = try #require(SharedData.path("models/\(name).tflite"))
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    return (try TFLiteModel(bytes, path: path).graph, bytes.count)
  }

  private struct Latencies: Decodable {
    struct Row: Decodable {
      let key: String
      let model: String
      let latency_ms: Double?
    }
    let mlperf_tiny: [Row]
  }

  /// Rows are in the fit, so this says that tool and fit agree, not how well it predicts.
  @Test("rows that were fitted are met within 35 %, half of them within 5 %")
  func fitted() throws {
    let path = try #require(SharedData.path("conformance/mcu/latency.json"))
    let rows = try JSONDecoder().decode(
      Latencies.self, from: Data(contentsOf: URL(filePath: path)))
    let latency = Dictionary(
      rows.mlperf_tiny.map { ($0.key, ($0.model, $0.latency_ms)) }, uniquingKeysWith: { $1 })
    var graphs: [String: Graph] = [:]
    var errors: [Double] = []
    for description in try TargetLibrary.all() {
      let target = MCUTarget(description)
      guard target.latency != nil else { continue }
      for key in description.measurements {
        guard let (model, measured) = latency[key], let measured else { continue }
        if graphs[model] == nil { graphs[model] = try Self.graph("mlperf_tiny/\(model)_int8").0 }
        guard let graph = graphs[model] else { continue }
        let seconds = try #require(MCUEstimator(graph, target: target).estimate().seconds)
        errors.append(abs(seconds * 1e3 / measured - 1))
        #expect(abs(seconds * 1e3 / measured - 1) < 0.35, "\(key): \(seconds * 1e3) ms")
      }
    }
    errors.sort()
    #expect(errors.count > 100)
    #expect(errors[errors.count / 2] < 0.05)
  }

  @Test("the arena of TensorFlow Lite Micro, to the byte")
  func arena() throws {
    let path = try #require(SharedData.path("conformance/mcu/memory.json"))
    let document = try JSONDecoder().decode(
      Memory.self, from: Data(contentsOf: URL(filePath: path)))
    let target = try MCUEstimateTests.target("nucleo-l4r5zi+tflm")
    var compared = 0
    for (name, entry) in document.models.sorted(by: { $0.key < $1.key }) {
      guard let head = entry.tflm_arena_host64.head_non_persistent,
        let total = entry.tflm_arena_host64.total
      else { continue }
      let (graph, bytes) = try Self.graph(name)
      let memory = try MCUEstimator(graph, target: target, modelBytes: bytes).estimate().memory
      #expect(memory.arenaHeadBytes == head, "\(name)")
      #expect(memory.arenaTotalBytesHost64 == total, "\(name)")
      #expect(memory.arenaTotalBytes < memory.arenaTotalBytesHost64)
      compared += 1
    }
    #expect(compared > 3)
  }

  @Test("a thousand allocations of one network, timed", .enabled(if: sweep, "HWSIM_SWEEP=1"))
  func manyAllocations() throws {
    let (graph, bytes) = try Self.graph("mlperf_tiny/vww_96_int8")
    for name in ["nucleo-l4r5zi+tflm", "nucleo-l4r5zi+x-cube-ai-9"] {
      let target = try MCUEstimateTests.target(name)
      let estimator = try MCUEstimator(graph, target: target, modelBytes: bytes)
      var cycles = 0.0
      let time = try ContinuousClock().measure {
        for bits in 0..<1000 {
          let allocation = CodeWidths(graph, weights: bits % 7 + 2, activations: bits % 5 + 4)
          cycles += try estimator.estimate(allocation).cycles ?? 0
        }
      }
      #expect(cycles > 0)
      print("\(name): \(time / 1000) an estimate of vww_96")
    }
  }

  private struct Memory: Decodable {
    struct Model: Decodable {
      struct Arena: Decodable {
        let total: Int?
        let head_non_persistent: Int?
      }
      let tflm_arena_host64: Arena
    }
    let models: [String: Model]
  }
}
