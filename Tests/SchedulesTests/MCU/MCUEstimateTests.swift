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
    let library = DeviceFamilies.shipped.library
    return try MCUTarget(#require(try library.description(named: name)), clockHz: clockHz)
  }

  /// The schedule of a graph whose weights and activations all have so many bits.
  static func schedule(
    _ graph: Graph, on target: MCUTarget, weights: Int? = nil, activations: Int? = nil
  ) throws -> Schedule {
    var choices = FormatChoices()
    if weights != nil || activations != nil {
      choices.uniform = .init(weights: weights, activations: activations)
    }
    return try MCUDevice(target).deploy(Workload(graph)).schedule(choices, for: nil)
  }

  private static func cycles(_ schedule: Schedule) throws -> Double {
    try #require(schedule.cost["cycles"]).value
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
    let keeps = try Self.target("nucleo-l4r5zi+x-cube-ai-7.3")
    let removes = try Self.target("nucleo-l4r5zi+x-cube-ai-9")
    func cycles(_ graph: Graph, _ target: MCUTarget) throws -> Double {
      try Self.cycles(Self.schedule(graph, on: target))
    }
    let dense = try Self.network()
    #expect(try cycles(graph, keeps) == cycles(dense, keeps))
    #expect(try cycles(graph, removes) < cycles(dense, removes))
  }

  @Test("a layer's cost is the sum of its terms, by hand")
  func cost() throws {
    let model = MCULatencyModel(
      constants: .init(
        convolutionMAC: 2, depthwiseMAC: 3, fullyConnectedMAC: 5, gatheredInput: 7, output: 11,
        element: 13, call: 1000), coreFactor: 0.5, removesConstantChannels: false)
    let work = MCULayerWork.list(try Self.network())
    let cost = model.cost(work[0])
    #expect(cost.products.map(\.value) == [9216, 8064, 1408, 500])
    #expect(cost.value == 9216 + 8064 + 1408 + 500)
    // 4-bit weights: one instruction each, for two columns.
    let narrow = model.cost(work[0], widths: .init(weights: 4))
    #expect(narrow.part("unpacking (instructions counted)")?.value == 9216 / 2 * 0.5)
    // Tiles that compute a quarter of the results again, in four calls.
    let tiled = model.cost(work[0], share: 1.25, calls: 4)
    #expect(tiled.value == (9216 + 8064 + 1408) * 1.25 + 2000)
    // Two beats of vectors a cycle halve the products of convolutions alone.
    let vectors = MCULatencyModel(
      constants: model.constants, coreFactor: 0.5, vectorBeats: 2, removesConstantChannels: false)
    #expect(vectors.cost(work[0]).products.map(\.value) == [4608, 8064, 1408, 500])
  }

  @Test("a board without rows has the interval of boards that folds left out, and hands it on")
  func intervals() throws {
    // Measured, with enough rows of its class; measured, with two; not measured.
    #expect(try Self.target("nucleo-l4r5zi+x-cube-ai-9").latencyInterval == nil)
    let few = try #require(try Self.target("ek-ra8d1").latencyInterval)
    #expect(!few.isOfOtherBoards)
    for id in ["arduino-nano-33-ble-sense", "stm32f746g-disco+tinyengine", "stm32h743+cmix-nn"] {
      let interval = try #require(try Self.target(id).latencyInterval, "\(id)")
      #expect(interval.isOfOtherBoards && interval.factor > 1.2, "\(id)")
    }
  }

  @Test("fewer bits never take less time nor more flash; activations never more SRAM")
  func monotone() throws {
    let graph = try Self.network(filters: 8)
    for name in ["nucleo-l4r5zi+tflm", "nucleo-u575zi-q+x-cube-ai-9", "stm32h743+tinyengine"] {
      let target = try Self.target(name)
      let estimator = try MCUEstimator(graph, target: target)
      let base = try Self.cycles(Self.schedule(graph, on: target))
      var flash = estimator.flash().totalBytes
      for weights in stride(from: 8, through: 1, by: -1) {
        let widths = CodeWidths(graph, weights: weights, activations: nil)
        #expect(estimator.flash(widths).totalBytes <= flash, "\(name) w\(weights)")
        flash = estimator.flash(widths).totalBytes
        #expect(try Self.cycles(Self.schedule(graph, on: target, weights: weights)) >= base)
      }
      var live = try estimator.memory().livenessBytes
      for activations in stride(from: 8, through: 1, by: -1) {
        let memory = try estimator.memory(
          CodeWidths(graph, weights: nil, activations: activations))
        #expect(memory.livenessBytes <= live, "\(name) a\(activations)")
        live = memory.livenessBytes
        #expect(
          try Self.cycles(Self.schedule(graph, on: target, activations: activations)) >= base)
      }
    }
  }

  @Test("time is cycles by the clock")
  func clock() throws {
    let graph = try Self.network()
    let fast = try Self.schedule(graph, on: Self.target("nucleo-l4r5zi+tflm")).cost
    let slow = try Self.schedule(
      graph, on: Self.target("nucleo-l4r5zi+tflm", clockHz: 60e6)
    ).cost
    #expect(try #require(fast["cycles"]).value == slow["cycles"]?.value)
    let ratio =
      try #require(slow["latency_seconds"]).value / #require(fast["latency_seconds"]).value
    #expect(abs(ratio - 2) < 1e-12)
  }

  @Test("an allocation equal to the model's own encodings changes nothing")
  func identity() throws {
    let graph = try Self.network()
    let target = try Self.target("nucleo-l4r5zi+tflm")
    let own = try Self.schedule(graph, on: target)
    let same = try Self.schedule(graph, on: target, weights: 8, activations: 8)
    #expect(own.cost == same.cost)
    #expect(!own.cost.totals.isEmpty)
    #expect(own.description == same.description)
  }

  @Test("what a search asks of one quantity is what the whole schedule says")
  func oneQuantity() throws {
    let graph = try Self.network()
    let deployed = try MCUDevice(Self.target("nucleo-l4r5zi+tflm")).deploy(Workload(graph))
    let whole = try deployed.schedule(FormatChoices(), for: nil).cost
    #expect(
      whole.totals.map(\.quantity) == [.cycles, .latency, .flash, .sram, .energy])
    for quantity in [CostQuantity.latency, .flash, .sram, .energy] {
      let asked = try deployed.schedule(FormatChoices(), for: [quantity.key]).cost
      #expect(asked[quantity.key] == whole[quantity.key], "\(quantity.key)")
    }
    // Energy is shared out as time is; memory and flash belong to no layer.
    let parts = whole.steps.indices.compactMap { whole.part(of: "energy_joules", step: $0) }
    let energy = try #require(whole["energy_joules"]).value
    #expect(parts.count == 2 && abs(parts.reduce(0, +) / energy - 1) < 1e-12)
    #expect(whole.part(of: "sram_bytes", step: 0) == nil && !whole.isSum("flash_bytes"))
  }

  @Test("targets without a latency model estimate memory alone")
  func noModel() throws {
    for name in ["esp32-s3", "gap9", "xg24"] {
      let target = try Self.target(name)
      let schedule = try Self.schedule(Self.network(), on: target)
      #expect(schedule.cost["latency_seconds"] == nil && schedule.cost["energy_joules"] == nil)
      #expect(schedule.steps.allSatisfy { $0.terms.isEmpty })
      #expect(try #require(schedule.cost["sram_bytes"]).value > 256)
      #expect(MCUDevice(target).quantities == [.sram, .flash])
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
    for description in try DeviceFamilies.shipped.library.all() where description.family == "mcu" {
      let target = try MCUTarget(description)
      guard target.latency != nil else { continue }
      for key in description.measurements {
        guard let (model, measured) = latency[key], let measured else { continue }
        if graphs[model] == nil { graphs[model] = try Self.graph("mlperf_tiny/\(model)_int8").0 }
        guard let graph = graphs[model] else { continue }
        let cost = try MCUEstimateTests.schedule(graph, on: target).cost
        let seconds = try #require(cost["latency_seconds"]).value
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
      let memory = try MCUEstimator(graph, target: target, modelBytes: bytes).memory()
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
      let deployed = try MCUDevice(target).deploy(Workload(graph, modelBytes: bytes))
      var cycles = 0.0
      let time = try ContinuousClock().measure {
        for bits in 0..<1000 {
          var choices = FormatChoices()
          choices.uniform = .init(weights: bits % 7 + 2, activations: bits % 5 + 4)
          cycles += try deployed.schedule(choices, for: nil).cost["cycles"]?.value ?? 0
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
