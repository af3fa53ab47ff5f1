import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Codes that differ between a run and a record.
struct CodeCount {
  var compared = 0
  var wrong = 0
  /// The first difference of each tensor.
  var differences: [String] = []

  mutating func add(_ other: CodeCount) {
    compared += other.compared
    wrong += other.wrong
    differences += other.differences
  }
}

/// Runs a TFLite model on recorded inputs and compares tensors.
final class MCUCase {
  let model: TFLiteModel
  let runner: PlanRunner

  init(_ model: TFLiteModel, on datapath: some Datapath) throws {
    self.model = model
    let kept = Set((0..<model.tensorCount).map(TensorID.init))
    runner = PlanRunner(try Plan(model.graph, on: datapath), keeping: kept)
  }

  /// Runs on one array an input; `continuing` with the states that the last run left.
  func run(_ inputs: [TensorID: NDArray], continuing isContinuing: Bool = false) throws {
    if !isContinuing { runner.resetStates() }
    for id in model.graph.inputs {
      let array = try #require(inputs[id])
      let buffer = try #require(runner.buffer(of: id))
      buffer.fill(with: try #require(codes(array)))
    }
    runner.run(usedLanes: 1)
  }

  private func codes(_ array: NDArray) -> Codes? {
    switch array.storage {
    case .int8(let values): .int8(values)
    case .uint8(let values): .uint8(values)
    case .int16(let values): .int16(values)
    case .int32(let values): .int32(values)
    case .int64(let values): .int64(values)
    case .float32(let values): .float32(values)
    default: nil
    }
  }

  func compare(_ id: TensorID, with expected: NDArray, name: String) throws -> CodeCount {
    let buffer = try #require(runner.buffer(of: id), "\(name) is not computed")
    #expect(expected.count == model.graph[id].shape.count)
    var count = CodeCount()
    count.compared = expected.count
    func note(_ index: Int, _ expected: some Any, _ found: some Any) {
      if count.wrong == 0 {
        count.differences.append("\(name)[\(index)]: \(found), expected \(expected)")
      }
      count.wrong += 1
    }
    if let values: [Float] = expected.values() {
      let found = buffer.elements(as: Float.self)
      for index in values.indices where values[index] != found[index] {
        note(index, values[index], found[index])
      }
      return count
    }
    let codes = try #require(expected.integers())
    for index in codes.indices where codes[index] != buffer.integer(at: index) {
      note(index, codes[index], buffer.integer(at: index))
    }
    return count
  }
}

@Suite("Recorded values of the microcontroller runtimes", .enabled(if: SharedData.root != nil))
struct MCUCaseTests {
  static let operators: [String] = {
    guard let path = SharedData.path("conformance/mcu/ops/ops.npz"),
      let archive = try? NPZ.open(path)
    else { return [] }
    let cases = archive.names.filter { $0.hasSuffix("/model") }.map { $0.dropLast(6) }
    // The operator's name is the case without its number.
    return Set(cases.map { String($0.dropLast(3)) }).sorted()
  }()

  @Test("single operators", arguments: operators, [TFLiteReference.name, TFLiteMicro.name])
  func singleOperator(name: String, datapath: String) throws {
    let path = try #require(SharedData.path("conformance/mcu/ops/ops.npz"))
    let archive = try NPZ.open(path)
    var total = CodeCount()
    var cases = 0
    for entry in archive.names where entry.hasPrefix(name) && entry.hasSuffix("/model") {
      let base = String(entry.dropLast(6))
      guard base.dropLast(3) == name else { continue }
      let record = base + (datapath == TFLiteMicro.name ? "/tflm" : "/litert")
      guard archive.contains(record) else { continue }
      let bytes: [UInt8] = try #require(try archive.read(entry).values())
      let model = try TFLiteModel(bytes, path: base)
      let run =
        datapath == TFLiteMicro.name
        ? try MCUCase(model, on: TFLiteMicro()) : try MCUCase(model, on: TFLiteReference())
      var inputs: [TensorID: NDArray] = [:]
      for (index, id) in model.graph.inputs.enumerated() {
        inputs[id] = try archive.read("\(base)/in\(index)")
      }
      try run.run(inputs)
      let expected = try archive.read(record)
      total.add(try run.compare(model.graph.outputs[0], with: expected, name: base))
      cases += 1
    }
    print("\(datapath) \(name): \(total.wrong) of \(total.compared) codes wrong in \(cases) cases")
    #expect(total.wrong == 0, "\(total.differences.prefix(8))")
    #expect(cases > 0 && total.compared > 0)
  }

  struct IndexEntry: Decodable {
    let file: String
    let litert: String
    let tflm: String
  }

  static let index: [String: IndexEntry] = {
    guard let path = SharedData.path("conformance/mcu/models/models_index.json"),
      let bytes = try? [UInt8](contentsOf: path)
    else { return [:] }
    return (try? JSONDecoder().decode([String: IndexEntry].self, from: Data(bytes))) ?? [:]
  }()

  @Test("whole models", arguments: index.keys.sorted(), [TFLiteReference.name, TFLiteMicro.name])
  func wholeModel(name: String, datapath: String) throws {
    let entry = try #require(Self.index[name])
    let isMicro = datapath == TFLiteMicro.name
    guard (isMicro ? entry.tflm : entry.litert) == "ok" else { return }
    let path = try #require(SharedData.path("models/\(name).tflite"))
    let archive = try NPZ.open(
      try #require(SharedData.path("conformance/mcu/models/\(entry.file)")))
    let model = try TFLiteModel.read(path)
    let run =
      isMicro
      ? try MCUCase(model, on: TFLiteMicro()) : try MCUCase(model, on: TFLiteReference())
    var total = CodeCount()
    var number = 0
    while archive.names.contains(where: { $0.hasPrefix("c\(number)/") }) {
      var inputs: [TensorID: NDArray] = [:]
      var expected: [(TensorID, String)] = []
      for array in archive.names where array.hasPrefix("c\(number)/") {
        let parts = array.split(separator: "/")
        let id = try #require(Int(parts[2]).flatMap(model.tensor(numbered:)))
        switch parts[1] {
        case "in": inputs[id] = try archive.read(array)
        case "t":
          let own = "c\(number)/m/\(parts[2])"
          expected.append((id, isMicro && archive.contains(own) ? own : array))
        default: break
        }
      }
      try run.run(inputs)
      for (id, array) in expected {
        total.add(try run.compare(id, with: try archive.read(array), name: array))
      }
      number += 1
    }
    print("\(datapath) \(name): \(total.wrong) of \(total.compared) codes wrong, \(number) runs")
    #expect(total.wrong == 0, "\(total.differences.prefix(8))")
    #expect(total.compared > 0)
  }
}
