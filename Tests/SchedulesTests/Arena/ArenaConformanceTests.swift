import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

/// One entry of `Fixtures/tflm_arena.json`: what the runtime printed after allocating.
struct MeasuredArena: Decodable {
  let total: Int
  let head: Int
  let tail: Int
  let parts: [String: Int]

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    total = try list.decode(Int.self)
    head = try list.decode(Int.self)
    tail = try list.decode(Int.self)
    parts = try list.decode([String: Int].self)
  }

  static let all: [String: MeasuredArena] = {
    let path = SharedData.packageRoot + "/Tests/SchedulesTests/Fixtures/tflm_arena.json"
    guard let data = FileManager.default.contents(atPath: path) else { return [:] }
    return (try? JSONDecoder().decode([String: MeasuredArena].self, from: data)) ?? [:]
  }()

  /// Names of measured models; of operator cases without their numbers.
  static let models = all.keys.filter { !$0.hasPrefix("ops/") }.sorted()
  static let operators = Set(
    all.keys.filter { $0.hasPrefix("ops/") }.map { String($0.dropLast(3)) }
  )
  .sorted()

  /// Our parts under the runtime's names.
  static func ours(_ tail: PersistentTail) -> [String: Int] {
    let names: [PersistentTail.Part.Purpose: String] = [
      .evalTensors: "tfliteevaltensor_data", .tensors: "persistent_tflitetensor_data",
      .quantization: "persistent_tflitetensor_quantization_data",
      .kernelData: "persistent_buffer_data", .nodes: "nodeandregistration_struct",
      .variables: "tflitetensor_variable_buffer_data",
    ]
    var result: [String: Int] = [:]
    for part in tail.parts where part.bytes > 0 {
      if let name = names[part.purpose] { result[name] = part.bytes }
    }
    return result
  }
}

@Suite("Arena of TensorFlow Lite Micro, measured", .enabled(if: SharedData.root != nil))
struct ArenaConformanceTests {
  /// Models whose file this tool does not read as a quantized graph.
  static func isUnread(_ name: String) -> Bool { name.hasSuffix("_fp32") }

  @Test("whole models", arguments: MeasuredArena.models.filter { !isUnread($0) })
  func wholeModel(name: String) throws {
    let measured = try #require(MeasuredArena.all[name])
    let path = try #require(SharedData.path("models/\(name).tflite"))
    let model = try TFLiteModel.read(path)
    let plan = try TFLMPlan(model.graph)
    print(
      "\(name): head \(plan.headBytes) (\(measured.head)), total \(plan.totalBytes)"
        + " (\(measured.total)), bound \(plan.request.livenessBound)")
    // A graph has no operand for the shape that a transposed convolution is given at run time: the
    // runtime keeps that input until the operator runs, a plan of the graph until it has arrived.
    let read = Set(model.graph.nodes.flatMap(\.inputs))
    let unread = try model.graph.inputs.filter { !read.contains($0) }
      .reduce(0) { try $0 + (ElementStorage.wholeBytes.bytes(of: model.graph[$1]) + 15) / 16 * 16 }
    #expect(plan.headBytes <= measured.head && measured.head <= plan.headBytes + unread)
    #expect(MeasuredArena.ours(plan.tail) == measured.parts)
    #expect(plan.tail.bytes == measured.tail)
    #expect(plan.totalBytes - plan.headBytes == measured.total - measured.head)
    #expect(plan.plan.conflict(in: plan.request) == nil)
  }

  @Test("single operators", arguments: MeasuredArena.operators)
  func singleOperator(name: String) throws {
    let path = try #require(SharedData.path("conformance/mcu/ops/ops.npz"))
    let archive = try NPZ.open(path)
    var cases = 0
    for (key, measured) in MeasuredArena.all where key.dropLast(3) == name {
      let bytes: [UInt8] = try #require(
        try archive.read(key.dropFirst(4) + "/model").values())
      let plan = try TFLMPlan(try TFLiteModel(bytes, path: key).graph)
      #expect(plan.headBytes == measured.head, "\(key)")
      #expect(MeasuredArena.ours(plan.tail) == measured.parts, "\(key)")
      #expect(plan.totalBytes == measured.total, "\(key)")
      cases += 1
    }
    #expect(cases > 0)
  }

  struct MemoryFile: Decodable {
    struct Model: Decodable {
      struct Arena: Decodable {
        let total: Int
        let headNonPersistent: Int
      }
      let tflmArenaHost64: Arena
    }
    let models: [String: Model]
  }

  static let memory: [String: MemoryFile.Model] = {
    guard let path = SharedData.path("conformance/mcu/memory.json"),
      let data = FileManager.default.contents(atPath: path)
    else { return [:] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try? decoder.decode(MemoryFile.self, from: data))?.models ?? [:]
  }()

  @Test("figures of memory.json", arguments: memory.keys.sorted())
  func memoryFile(name: String) throws {
    let expected = try #require(Self.memory[name]).tflmArenaHost64
    let path = try #require(SharedData.path("models/\(name).tflite"))
    let plan = try TFLMPlan(try TFLiteModel.read(path).graph)
    #expect(plan.headBytes == expected.headNonPersistent)
    #expect(plan.totalBytes == expected.total)
  }

  @Test("memory.json is read whole") func memoryFileCount() { #expect(Self.memory.count >= 13) }
}

@Suite("Arena of TensorFlow Lite Micro for single operators and programs")
struct ArenaOperatorTests {
  static let archive = Result { () throws(ImportError) in
    try NPZ.open(SharedData.packageRoot + "/Tests/Fixtures/tflite/operators.npz")
  }

  static let cases: [String] = {
    guard let archive = try? archive.get() else { return [] }
    return archive.names.filter { $0.hasSuffix("/arena") }.map { String($0.dropLast(6)) }
  }()

  /// Head, tail and total that tflite-micro's recording allocator printed.
  @Test("head, tail and total", arguments: cases)
  func arena(name: String) throws {
    let archive = try Self.archive.get()
    let measured = try #require(try archive.read(name + "/arena").integers())
    let bytes: [UInt8] = try #require(try archive.read(name + "/model").values())
    let plan = try TFLMPlan(try TFLiteModel(bytes, path: name).graph)
    #expect([plan.headBytes, plan.tail.bytes, plan.totalBytes].map(Int64.init) == measured)
  }

  @Test("networks of floats have a memory and no time; what the runtime refuses is refused by name")
  func floats() throws {
    func deploy(_ name: String) throws -> any DeployedWorkload {
      let bytes: [UInt8] = try #require(try Self.archive.get().read(name + "/model").values())
      let graph = try TFLiteModel(bytes, path: name).graph
      let target = try MCUEstimateTests.target("nucleo-l4r5zi+tflm")
      return try MCUDevice(target).deploy(Workload(graph, modelBytes: bytes.count))
    }
    for name in ["conv_2d_float32_0", "detection_fast_float32_0"] {
      let cost = try deploy(name).schedule(FormatChoices(), for: nil).cost
      #expect(cost[CostQuantity.sram.key] != nil && cost[CostQuantity.latency.key] == nil)
    }
    for (name, words) in [
      ("conv_2d_hybrid_0", "float data and integer weights"),
      ("fully_connected_hybrid_0", "float data and integer weights"),
      ("fully_connected_float16_0", "DEQUANTIZE of float16"), ("if_int8_0", "IF"),
      ("detection_fast_uint8_0", "boxes must be float32"),
      ("detection_open_float32_0", "writes past their memory"),
    ] {
      let error = #expect(throws: DeviceProblems.self, "\(name)") { try deploy(name) }
      let said = "\(error?.problems ?? [])"
      #expect(said.contains(words), "\(name): \(said)")
    }
  }

  @Test("the fixture is read whole") func count() { #expect(Self.cases.count > 80) }
}
