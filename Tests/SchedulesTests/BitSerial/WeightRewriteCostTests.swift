import Arith
import Documents
import HWModel
import QuantGraph
import Schedules
import TestSupport
import Testing

@Suite("costs of rewritten weights")
struct WeightRewriteCostTests {
  private let families = DeviceFamilies([BitSerialFamily()])

  /// A shipped target, some of its constants changed.
  private func device(_ id: String, _ changes: [String: JSON] = [:]) throws -> any Device {
    let found = try #require(try families.library.description(named: id))
    let document = try JSON(parsing: try #require(families.library.file(id: found.id)))
    let members = try #require(document.members).map { member in
      changes[member.key].map {
        JSON.Member(key: member.key, value: ["value": $0, "source": "test"])
      } ?? member
    }
    return try families.device(families.library.read(Array(JSON.object(members).compact.utf8)))
  }

  /// Two convolutions and a dense layer of int8 weights that are spread as trained ones are.
  private func network(_ seed: UInt64) throws -> Graph {
    var generator = SeededGenerator(seed: seed)
    func weights(_ count: Int) -> Codes {
      .int8(
        (0..<count).map { _ in
          let sum = (0..<4).reduce(0) { sum, _ in sum + Int.random(in: -31...31, using: &generator)
          }
          return Int8(sum)
        })
    }
    let affine = Encoding.affine(try AffineFormat(width: 8, isSigned: true, scales: [0.5]))
    func convolution(_ side: Int) -> Operator {
      .convolution(
        Convolution(
          kernel: [side, side], strides: [1, 1], dilations: [1, 1],
          paddingBefore: [side / 2, side / 2], paddingAfter: [side / 2, side / 2],
          layout: .channelsLast, grouping: .groups(1), weightLayout: .filtersKernelChannels))
    }
    return try Graph(
      name: "net",
      tensors: [
        Tensor(name: "x", shape: try Shape([1, 8, 8, 16]), encoding: affine),
        Tensor(
          name: "w1", shape: try Shape([32, 3, 3, 16]), encoding: affine,
          constant: weights(32 * 9 * 16)),
        Tensor(name: "h", shape: try Shape([1, 8, 8, 32]), encoding: affine),
        Tensor(
          name: "w2", shape: try Shape([40, 1, 1, 32]), encoding: affine, constant: weights(40 * 32)
        ),
        Tensor(name: "y", shape: try Shape([1, 8, 8, 40]), encoding: affine),
      ],
      nodes: [
        Node(
          name: "conv", operation: convolution(3), inputs: [TensorID(0), TensorID(1)],
          outputs: [TensorID(2)]),
        Node(
          name: "point", operation: convolution(1), inputs: [TensorID(2), TensorID(3)],
          outputs: [TensorID(4)]),
      ], inputs: [TensorID(0)], outputs: [TensorID(4)])
  }

  private func choices(
    _ graph: Graph, _ rewrite: WeightRewrite?, weights: Encoding? = nil
  ) -> FormatChoices {
    var choices = FormatChoices()
    for node in graph.nodes.indices {
      var choice = FormatChoices.Node(weights: weights)
      choice.hardware[NodeAllocation.weightRewriteKey] = rewrite?.name
      choices.nodes[node] = choice
    }
    return choices
  }

  private func costs(_ schedule: Schedule) -> [Double?] {
    ["cycles", "dram_bytes", "energy_joules"].map { schedule.cost[$0]?.value }
  }

  @Test("a flip by name costs what BitWave's own flip to as many columns costs", arguments: 1...6)
  func bitWave(columns: Int) throws {
    let graph = try network(UInt64(columns))
    let published = try device("bitwave@bbs", ["weight_bits": .integer(8 - columns)])
      .deploy(Workload(graph)).schedule(FormatChoices(), for: nil)
    // The array's own number of columns has no say where layers name theirs.
    let named = try device("bitwave@bbs").deploy(Workload(graph)).schedule(
      choices(graph, .bitFlip(columns: columns, group: 32)), for: nil)
    #expect(costs(named) == costs(published))
    #expect(costs(named).allSatisfy { $0 != nil })
  }

  @Test("what is flipped for the cost is what an allocation writes into the graph")
  func planes() throws {
    let graph = try network(7)
    let rewrite = WeightRewrite.bitFlip(columns: 4, group: 32)
    var tensors: [TensorID: Tensor] = [:]
    for node in graph.nodes {
      let old = graph[node.inputs[1]]
      tensors[node.inputs[1]] = Tensor(
        name: old.name, shape: old.shape, encoding: old.encoding,
        constant: try graph.rewrittenWeights(of: node, by: rewrite))
    }
    let rewritten = try graph.replacing(tensors: tensors)
    // Arrays that look at bits and do nothing by themselves.
    for id in ["pragmatic@bbs", "bitlet@bbs", "bitvert-plain@bbs"] {
      let device = try device(id)
      let written = try device.deploy(Workload(rewritten)).schedule(FormatChoices(), for: nil)
      let chosen = try device.deploy(Workload(graph)).schedule(choices(graph, rewrite), for: nil)
      #expect(costs(chosen) == costs(written), "\(id)")
      let plain = try device.deploy(Workload(graph)).schedule(FormatChoices(), for: nil)
      let (fewer, cycles) = (chosen.cost["cycles"]?.value, plain.cost["cycles"]?.value)
      #expect(try #require(fewer) < (try #require(cycles)), "\(id)")
    }
  }

  @Test("binary pruning by name costs what BitVert's costs where no channel keeps all columns")
  func bitVert() throws {
    let graph = try network(8)
    for rewrite in [
      WeightRewrite.roundedAverage(columns: 4, group: 32),
      .zeroPointShift(columns: 4, group: 32, bits: 5),
    ] {
      let published = try device("bitvert@bbs", ["kept_share": 0]).deploy(Workload(graph))
        .schedule(FormatChoices(), for: nil)
      let named = try device("bitvert@bbs").deploy(Workload(graph))
        .schedule(choices(graph, rewrite), for: nil)
      #expect(costs(named) == costs(published))
    }
    // A flip is none of its own rewrites: all columns stay.
    let kept = try device("bitvert@bbs", ["kept_share": 1]).deploy(Workload(graph))
      .schedule(FormatChoices(), for: nil)
    let flipped = try device("bitvert@bbs").deploy(Workload(graph))
      .schedule(choices(graph, .bitFlip(columns: 4, group: 32)), for: nil)
    #expect(costs(flipped) == costs(kept))
  }

  @Test("Stripes takes a cycle a plane of narrower weights")
  func stripes() throws {
    let graph = try network(9)
    let deployment = try device("stripes@bbs").deploy(Workload(graph))
    func cycles(_ bits: Int) throws -> [Double] {
      let schedule = try deployment.schedule(
        choices(graph, nil, weights: try Encoding(name: "int<\(bits)>")), for: nil)
      return schedule.steps.indices.map { schedule.cost.part(of: "cycles", step: $0) ?? 0 }
    }
    // Fewer bits than six leave the first layer to its DRAM.
    let (full, seven, six) = (try cycles(8), try cycles(7), try cycles(6))
    #expect(seven[0] == full[0] * 7 / 8 && six[0] == full[0] * 6 / 8)
    #expect(six[1] <= full[1])
  }

  @Test("rewrites of what is no integers, or has no eight planes, are refused by name")
  func refusals() throws {
    let graph = try network(10)
    let deployment = try device("bitwave@bbs").deploy(Workload(graph))
    for (rewrite, format, word) in [
      (WeightRewrite.bitFlip(columns: 3, group: 32), "e4m3", "no integers"),
      (.bitFlip(columns: 3, group: 32), "int<12>", "8 planes"),
      (.bitFlip(columns: 9, group: 32), "int<8>", "9 columns"),
    ] {
      let problems = #expect(throws: DeviceProblems.self) {
        try deployment.schedule(
          choices(graph, rewrite, weights: try Encoding(name: format)), for: nil)
      }
      #expect(problems?.problems.first?.message.contains(word) == true, "\(word)")
    }
  }
}
