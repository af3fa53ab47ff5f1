import Arith
import Documents
import HWModel
import QuantGraph
import Schedules
import TestSupport
import Testing

@Suite("bit-serial targets")
struct BitSerialFamilyTests {
  private let families = DeviceFamilies([BitSerialFamily()])

  private func device(_ name: String) throws -> BitSerialDevice {
    let description = try #require(try families.library.description(named: name))
    return try #require(try families.device(description) as? BitSerialDevice)
  }

  /// A shipped description with one constant changed.
  private func changed(_ id: String, _ key: String, _ value: JSON) throws -> TargetDescription {
    let bytes = try #require(families.library.file(id: id))
    let document = try JSON(parsing: bytes)
    let members = try #require(document.members).map { member in
      member.key == key
        ? JSON.Member(key: key, value: ["value": value, "source": "test"]) : member
    }
    return try families.library.read(Array(JSON.object(members).compact.utf8))
  }

  @Test("every shipped description is a device")
  func shipped() throws {
    let ids = families.library.ids
    #expect(ids.count == 18)
    for id in ids { #expect(try device(id).description.id == id) }
    #expect(try device("bitmod").description.id == "bitmod@hpca25")
    #expect(try device("stripes").description.id == "stripes@bbs")
  }

  @Test(
    "a buffer below the smallest tile is refused by its name",
    arguments: [
      ("bitmod@hpca25", "weight_buffer_bytes"), ("stripes@bbs", "input_buffer_bytes"),
      ("bitfusion", "weight_buffer_bytes"),
    ])
  func smallBuffer(id: String, key: String) throws {
    let description = try changed(id, key, 1)
    let problems = #expect(throws: DeviceProblems.self) { try families.device(description) }
    let problem = try #require(problems?.problems.first)
    #expect("\(problem.location ?? "") \(problem.message)".contains(key))
  }

  @Test("a precision of 0 is refused")
  func precision() throws {
    #expect(throws: TargetProblems.self) { try changed("bitfusion", "minimum_bits", 0) }
    #expect(throws: TargetProblems.self) { try changed("stripes@bbs", "weight_bits", 0) }
  }

  /// A dense layer of 8 rows, 64 inputs and 32 outputs with int8 weights.
  private func network() throws -> Graph {
    let weights = (0..<2048).map { Int8(truncatingIfNeeded: $0 * 37 % 101 - 50) }
    let affine = Encoding.affine(
      try AffineFormat(width: 8, isSigned: true, scales: [0.5]))
    return try Graph(
      name: "net",
      tensors: [
        Tensor(name: "x", shape: try Shape([8, 64]), encoding: affine),
        Tensor(
          name: "w", shape: try Shape([32, 64]), encoding: affine, constant: .int8(weights)),
        Tensor(name: "y", shape: try Shape([8, 32]), encoding: affine),
      ],
      nodes: [
        Node(
          name: "fc",
          operation: .dense(Dense(weightsAreOutputMajor: true, accumulation: nil, rows: 8)),
          inputs: [TensorID(0), TensorID(1)], outputs: [TensorID(2)])
      ], inputs: [TensorID(0)], outputs: [TensorID(2)])
  }

  /// Energy is said where the simulator states it for such widths; elsewhere a note says that it is not.
  private func expectEnergyOrReason(_ schedule: Schedule, _ id: String) {
    if let energy = schedule.cost["energy_joules"] {
      #expect(energy.value > 0 && energy.value.isFinite, "\(id)")
    } else {
      #expect(schedule.notes.contains { $0.contains("energy") }, "\(id)")
    }
  }

  @Test("a quantized graph on every target, and under other widths")
  func graphs() throws {
    let workload = Workload(try network())
    for id in families.library.ids {
      let deployment = try device(id).deploy(workload)
      var choices = FormatChoices()
      do {
        _ = try deployment.schedule(choices, for: nil)
      } catch {
        // Arrays of narrow lanes refuse the model's 8 bits.
        #expect(error.problems.contains { $0.message.contains("8 bits") })
        choices.uniform = .init(weights: 4, activations: 4)
      }
      let schedule = try deployment.schedule(choices, for: nil)
      #expect(schedule.steps.map(\.name) == ["fc"])
      #expect(schedule.macs == 8 * 64 * 32)
      for key in ["cycles", "dram_bytes"] {
        let total = try #require(schedule.cost[key], "\(id) lacks \(key)")
        #expect(total.value > 0 && total.value.isFinite)
      }
      expectEnergyOrReason(schedule, id)
    }
    let deployment = try device("bitfusion").deploy(workload)
    func cycles(_ weights: Int, _ inputs: Int) throws -> Double {
      var choices = FormatChoices()
      choices.uniform = .init(weights: weights, activations: inputs)
      return try #require(try deployment.schedule(choices, for: nil).cost["cycles"]).value
    }
    // Four-bit operands fuse into four times the rows, or stall on the same bytes.
    #expect(try cycles(4, 4) < cycles(8, 8))
    #expect(throws: DeviceProblems.self) { try cycles(9, 8) }
  }

  @Test("the planes of a graph's own weights decide, in any layout")
  func weights() throws {
    // One output channel has weights of one bit, and the other all seven: the tile takes the most.
    func cycles(_ weights: [Int8], outputMajor: Bool) throws -> Double {
      let affine = Encoding.affine(try AffineFormat(width: 8, isSigned: true, scales: [1]))
      let graph = try Graph(
        name: "net",
        tensors: [
          Tensor(name: "x", shape: try Shape([1, 4]), encoding: affine),
          Tensor(
            name: "w", shape: try Shape(outputMajor ? [2, 4] : [4, 2]), encoding: affine,
            constant: .int8(weights)),
          Tensor(name: "y", shape: try Shape([1, 2]), encoding: affine),
        ],
        nodes: [
          Node(
            name: "fc",
            operation: .dense(Dense(weightsAreOutputMajor: outputMajor, accumulation: nil)),
            inputs: [TensorID(0), TensorID(1)], outputs: [TensorID(2)])
        ], inputs: [TensorID(0)], outputs: [TensorID(2)])
      let schedule = try device("bitlet@bbs").deploy(Workload(graph))
        .schedule(FormatChoices(), for: nil)
      return try #require(schedule.cost["cycles"]).value
    }
    // Ones of bit 0: four in the first output, two in the second.
    let rows: [Int8] = [1, 1, 1, 1, 3, 0, 1, 0]
    let columns: [Int8] = [1, 3, 1, 0, 1, 1, 1, 0]
    #expect(try cycles(rows, outputMajor: true) == cycles(columns, outputMajor: false))
  }

  /// Llama-2-7B's products of one phase, as importers make them.
  private func llama(tokens: Int, context: Int) -> (TransformerWorkload, TransformerWorkload.Phase)
  {
    func linear(_ name: String, _ n: Int, _ k: Int, _ count: Int) -> TransformerWorkload.Product {
      TransformerWorkload.Product(
        name: name, kind: .linear, role: .weights, m: tokens, n: n, k: k, count: count,
        macs: tokens * n * k * count)
    }
    let extents: [(String, Int, Int)] = [
      ("q", 4096, 4096), ("k", 4096, 4096), ("v", 4096, 4096), ("o", 4096, 4096),
      ("gate", 11008, 4096), ("up", 11008, 4096), ("down", 4096, 11008),
    ]
    var products: [TransformerWorkload.Product] = []
    for (name, n, k) in extents { products.append(linear(name, n, k, 32)) }
    products.append(linear("lm_head", 32000, 4096, 1))
    for (name, n, k) in [("attn.scores", context, 128), ("attn.values", 128, context)] {
      products.append(
        TransformerWorkload.Product(
          name: name, kind: .attention, role: .cache, m: tokens, n: n, k: k, count: 1024,
          macs: tokens * context * 128 * 1024))
    }
    let phase = TransformerWorkload.Phase(
      name: tokens == 1 ? "decode" : "prefill", tokens: tokens, context: context,
      products: products)
    return (
      TransformerWorkload(
        family: "llama", batch: 1, sequence: context, parameters: 0, phases: [phase], cache: []),
      phase
    )
  }

  /// Cycles of Llama-2-7B in the published plots (BitMoD-HPCA-25, plot/speedup_plot.ipynb).
  @Test(
    "published cycles of Llama-2-7B",
    arguments: [
      ("fp16@bitmod", 256, 16, 3_156_574_208.0), ("bitmod", 256, 6, 1_649_680_384),
      ("bitmod", 256, 4, 1_202_921_472), ("fp16@bitmod", 1, 16, 413_518_608),
      ("bitmod", 1, 6, 156_919_888), ("bitmod", 1, 3, 79_493_200),
    ])
  func published(target: String, tokens: Int, bits: Int, cycles: Double) throws {
    let (workload, phase) = llama(tokens: tokens, context: 256)
    let schedule = try device(target).schedule(
      phase, of: workload, bits: TransformerBits(weights: bits))
    #expect(schedule.cost["cycles"]?.value == cycles)
  }

  @Test("a run of a transformer is its passes: formats by name, one array, no memory stated")
  func estimate() throws {
    let (workload, phase) = llama(tokens: 1, context: 256)
    let device = try device("bitmod")
    let estimate = try device.estimate(workload, formats: "w4a16kv8", devices: 1)
    #expect(estimate.formats == "w4a16kv8" && estimate.memory == nil)
    let bits = TransformerBits(weights: 4, activations: 16, cache: 8)
    let pass = try device.schedule(phase, of: workload, bits: bits)
    #expect(estimate.phase("decode")?.schedule.cost == pass.cost)
    #expect(["compute", "dram"].contains(estimate.phase("decode")?.bound))
    // The array's own formats are named.
    let own = try device.estimate(workload, formats: nil, devices: 1)
    #expect(own.formats == "w\(device.target.weightBits)a\(device.target.inputBits)")
    #expect(throws: DeviceProblems.self) {
      try device.estimate(workload, formats: nil, devices: 2)
    }
    for text in ["", "w", "w0", "w65", "a8w4", "w4a8kv", "w4a8x", "-"] {
      #expect(throws: DeviceProblems.self, "\(text)") { try TransformerBits(text) }
    }
  }

  @Test("a language model in milliseconds on every target that does not look at bits")
  func every() throws {
    for id in families.library.ids {
      let device = try device(id)
      for tokens in [256, 1] {
        let (workload, phase) = llama(tokens: tokens, context: 256)
        let needsWeights =
          if case .weightBits(let array) = device.target.machine {
            array.tileCost.readsWeights
          } else {
            false
          }
        if needsWeights {
          #expect(throws: DeviceProblems.self) {
            try device.schedule(phase, of: workload, bits: .init())
          }
        } else {
          let schedule = try device.schedule(
            phase, of: workload, bits: .init(weights: 4, activations: 4))
          #expect((schedule.cost["cycles"]?.value ?? 0) > 1e6)
          expectEnergyOrReason(schedule, id)
          #expect((schedule.cost["dram_bytes"]?.value ?? 0) > 1e6)
        }
      }
    }
  }
}
