import Arith
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

@Suite("Memory over time") struct MemoryTests {
  /// `input -> a -> b (reshape) -> c (elementwise, of the input too) -> output`.
  private func graph(bits: Int = 8) throws -> Graph {
    let encoding = Encoding.affine(
      try AffineFormat(width: bits, isSigned: true, scales: [1], zeroPoints: [0]))
    func tensor(_ name: String, _ extents: [Int]) throws -> Tensor {
      Tensor(name: name, shape: try Shape(extents), encoding: encoding)
    }
    let tensors = [
      try tensor("input", [1, 5, 7]), try tensor("a", [1, 5, 7]), try tensor("b", [1, 35]),
      try tensor("c", [1, 35]), try tensor("unused", [9]), try tensor("flat", [1, 35]),
    ]
    func node(_ name: String, _ operation: Operator, _ inputs: [Int], _ output: Int) -> Node {
      Node(
        name: name, operation: operation, inputs: inputs.map(TensorID.init),
        outputs: [TensorID(output)])
    }
    return try Graph(
      name: "memory", tensors: tensors,
      nodes: [
        node("relu", .unary(.clamp(.relu)), [0], 1), node("reshape", .reshape, [1], 2),
        node("flat", .reshape, [0], 5), node("add", .binary(Binary(.add)), [2, 5], 3),
      ],
      inputs: [TensorID(0)], outputs: [TensorID(3)])
  }

  @Test("lifetimes follow producers and readers")
  func lifetimes() throws {
    let lifetimes = TensorLifetimes(try graph())
    #expect(lifetimes.steps.map(\.name) == ["inputs", "relu", "reshape", "flat", "add"])
    #expect(
      lifetimes.tensors == [
        Lifetime(first: 0, last: 3), Lifetime(first: 1, last: 2), Lifetime(first: 2, last: 4),
        Lifetime(first: 4, last: 4), nil, Lifetime(first: 3, last: 4),
      ])
  }

  @Test("a timeline's largest step is the liveness bound")
  func timeline() throws {
    let graph = try graph()
    let lifetimes = TensorLifetimes(graph)
    let request = try ArenaRequest(
      graph, lifetimes: lifetimes, storage: .packed, scratch: .none)
    let timeline = MemoryTimeline(request, steps: lifetimes.steps)
    // 35 bytes each, rounded up to 48.
    #expect(timeline.steps.map(\.bytes) == [48, 96, 144, 144, 144])
    #expect(timeline.peakStep == 2)
    #expect(timeline.peakBytes == request.livenessBound)
    #expect(timeline.steps[2].tensors == [TensorID(0), TensorID(1), TensorID(2)])
    let plan = ArenaPlan.greedy(request)
    let planned = MemoryTimeline(request, steps: lifetimes.steps, plan: plan)
    #expect(planned.steps.map(\.highestByte).max() == plan.bytes)
    #expect(zip(planned.steps, timeline.steps).allSatisfy { $0.highestByte >= $1.bytes })
  }

  @Test("in place: a reshape always, an elementwise result where its operand dies")
  func inPlace() throws {
    let graph = try graph()
    let lifetimes = TensorLifetimes(graph)
    let request = try ArenaRequest(
      graph, lifetimes: lifetimes, storage: .packed, scratch: .none)
    let shared = try request.sharingInPlace(graph, lifetimes: lifetimes)
    // The input lives on in `flat`; `a`, `b` and the sum are one.
    #expect(
      shared.buffers.map(\.contents) == [
        [.tensor(TensorID(0)), .tensor(TensorID(5))],
        [.tensor(TensorID(1)), .tensor(TensorID(2)), .tensor(TensorID(3))],
      ])
    #expect(shared.buffers.map(\.lifetime) == [.init(first: 0, last: 4), .init(first: 1, last: 4)])
    #expect(shared.livenessBound == 96)
  }

  @Test("elements of less than a byte lie side by side or in bytes", arguments: 1...17)
  func storage(bits: Int) throws {
    let tensor = try graph(bits: bits).tensors[0]
    #expect(try ElementStorage.packed.bytes(of: tensor) == (35 * bits + 7) / 8)
    let whole = bits <= 8 ? 1 : bits <= 16 ? 2 : 4
    #expect(try ElementStorage.wholeBytes.bytes(of: tensor) == 35 * whole)
  }

  @Test("the bytes of the largest shape are counted")
  func largest() throws {
    let encoding = Encoding.fixed(
      try FixedPointFormat(width: 32, integerBits: 32, isSigned: true))
    let shape = try Shape([Shape.elementLimit >> 28, 1 << 28])
    let tensor = Tensor(name: "huge", shape: shape, encoding: encoding)
    for storage in ElementStorage.allCases {
      #expect(try storage.bytes(of: tensor) == 4 * Shape.elementLimit)
    }
  }

  /// CMSIS-NN's rules on layers whose sizes can be worked out by hand.
  @Test("CMSIS-NN scratch")
  func cmsis() throws {
    var builder = ImageGraphBuilder()
    let input = try builder.activation(rows: 8, columns: 8, channels: 3)
    let first = try builder.convolution(input, filters: 20, window: .init(kernel: [3, 3]))
    let second = try builder.convolution(first, filters: 4, window: .init())
    let third = try builder.convolution(
      second, filters: 0, window: .init(kernel: [3, 3]), isDepthwise: true)
    let fourth = try builder.convolution(
      third, filters: 0, window: .init(kernel: [5, 5]), isDepthwise: true)
    let fifth = try builder.pool(fourth, .average, window: .init(kernel: [8, 8], strides: [8, 8]))
    let graph = try builder.graph(inputs: [input], outputs: [fifth])
    func sizes(_ model: ScratchModel) throws -> [[Int]] {
      try graph.nodes.map { try model.buffers(of: $0, in: graph) }
    }
    // Two columns of 27 rounded to 28 numbers of 16 bits; 1x1 and 3x3 depthwise need none.
    #expect(try sizes(.cmsisNN(.dsp)) == [[112], [], [], [4 * 25 * 2], [4 * 4]])
    #expect(try sizes(.cmsisNN(.scalar)) == [[112], [], [], [], []])
    // Four columns of 27 rounded to 32 bytes; depthwise in blocks of 124 channels.
    #expect(try sizes(.cmsisNN(.mve)) == [[128], [], [4 * 124 * 9], [4 * 124 * 25], []])
    #expect(try sizes(.tflmReference) == [[], [], [], [], []])
    let plan = try TFLMPlan(graph, host: .arm32, scratch: .cmsisNN(.dsp))
    #expect(plan.plan.conflict(in: plan.request) == nil)
    #expect(plan.tail.bytes < (try TFLMPlan(graph).tail.bytes))
    let scratch = plan.timeline.steps.map(\.scratchBytes)
    #expect(scratch == [0, 112, 0, 0, 208, 16])
  }

  @Test("better plans on model files", .enabled(if: SharedData.root != nil))
  func offlinePlans() throws {
    for name in ["mlperf_tiny/vww_96_int8", "mobilenet/mobilenet_v1_0.25_224_int8"] {
      let path = try #require(SharedData.path("models/\(name).tflite"))
      let graph = try TFLiteModel.read(path).graph
      let plan = try TFLMPlan(graph)
      let offline = OfflinePlan(plan.request)
      let inPlace = OfflinePlan(
        try plan.request.sharingInPlace(graph, lifetimes: plan.lifetimes))
      print(
        "\(name): greedy \(plan.headBytes), best \(offline.plan.bytes), bound"
          + " \(offline.lowerBound), in place \(inPlace.plan.bytes)")
      #expect(offline.plan.conflict(in: plan.request) == nil)
      #expect(offline.plan.bytes < plan.headBytes)
      #expect(offline.isOptimal && offline.plan.bytes == offline.lowerBound)
      #expect(inPlace.plan.bytes <= offline.plan.bytes)
    }
  }
}
