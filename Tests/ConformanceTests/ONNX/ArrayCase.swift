import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// One recorded model with its arrays: `in<i>__<TYPE>` and `out<i>__<TYPE>`.
struct ArrayCase {
  let name: String
  let model: ONNXModel
  let arrays: NamedArrays

  init(_ path: String) throws {
    name = String(path.split(separator: "/").last ?? "")
    model = try ONNXModel(path: path + ".onnx")
    arrays = try NPZ.read(path + ".npz")
  }

  static func names(_ folder: String) -> [String] {
    guard let path = SharedData.path("conformance/arith/" + folder),
      let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { return [] }
    return names.filter { $0.hasSuffix(".onnx") }.sorted().map {
      path + "/" + $0.dropLast(5)
    }
  }

  func array(_ prefix: String) -> NDArray? {
    arrays.names.first { $0.hasPrefix(prefix + "__") }.flatMap { arrays[$0] }
  }

  /// Runs the model on the recorded inputs, keeping every tensor with `trace`.
  func run(on datapath: some Datapath, trace: Bool = false) throws -> ArrayRun {
    var shapes: [String: [Int]] = [:]
    for (index, input) in try model.graph().graph.inputs.enumerated() {
      let graph = try model.graph().graph
      if let array = array("in\(index)") { shapes[graph[input].name] = array.shape }
    }
    let read = try model.graph(ONNXGraphOptions(shapes: shapes))
    let run = try ArrayRun(read, on: datapath, trace: trace)
    for (index, input) in read.graph.inputs.enumerated() {
      // Operands that a model declares and does not use have no recorded array.
      if let array = array("in\(index)") { run.set(input, array) }
    }
    run.runner.run(usedLanes: 1)
    return run
  }
}

/// A plan of one lane with arrays in and out.
struct ArrayRun {
  let read: ONNXGraph
  let plan: Plan
  let runner: PlanRunner

  init(_ read: ONNXGraph, on datapath: some Datapath, trace: Bool) throws {
    self.read = read
    plan = try Plan(read.graph, on: datapath)
    let all = plan.graph.tensors.indices.map(TensorID.init)
    runner = PlanRunner(plan, keeping: trace ? Set(all) : [])
  }

  func set(_ id: TensorID, _ array: NDArray) {
    guard let buffer = runner.buffer(of: id) else { return }
    func fill<Element: BitwiseCopyable>(_ values: [Element]) {
      _ = buffer.elements(as: Element.self).update(fromContentsOf: values)
    }
    switch array.storage {
    case .bool(let values): fill(values.map { $0 ? UInt8(1) : 0 })
    case .int8(let values): fill(values)
    case .uint8(let values): fill(values)
    case .int16(let values): fill(values)
    case .uint16(let values): fill(values)
    case .int32(let values): fill(values)
    case .uint32(let values): fill(values.map(Int64.init))
    case .int64(let values): fill(values)
    case .uint64(let values): fill(values)
    case .float16(let values): fill(values.map(\.bitPattern))
    case .float32(let values): fill(values)
    case .float64(let values): fill(values)
    }
  }

  /// Codes of a tensor of the plan, constants included.
  func codes(_ id: TensorID) -> Codes? {
    let tensor = plan.graph[id]
    if let constant = tensor.constant { return constant }
    guard let buffer = runner.buffer(of: id) else { return nil }
    func read<Element: BitwiseCopyable>() -> [Element] {
      Array(buffer.elements(as: Element.self)[..<tensor.shape.count])
    }
    return switch buffer.storage {
    case .int8: .int8(read())
    case .uint8: .uint8(read())
    case .int16: .int16(read())
    case .uint16: .uint16(read())
    case .int32: .int32(read())
    case .int64: .int64(read())
    case .float32: .float32(read())
    case .float64: .float64(read())
    case .wide: nil
    }
  }
}

/// How a tensor compares with a recorded array.
struct ArrayComparison {
  var compared = 0
  var wrong = 0
  /// Largest difference of a float tensor over the largest recorded magnitude.
  var relative = 0.0
  var first: String?

  /// Integers and codes must be equal; a NaN code equals every NaN code of its type.
  init(_ codes: Codes, _ expected: NDArray, isNaN: (Int64) -> Bool = { _ in false }) {
    compared = expected.count
    guard codes.count == expected.count else {
      wrong = max(expected.count, 1)
      first = "\(codes.count) elements"
      return
    }
    switch (codes, expected.storage) {
    case (.float32(let found), .float32(let wanted)):
      floats(found.map(Double.init), wanted.map(Double.init))
    case (.float64(let found), .float64(let wanted)): floats(found, wanted)
    case (.uint16(let found), .float16(let wanted)):
      for (index, pair) in zip(found, wanted).enumerated()
      where pair.0 != pair.1.bitPattern
        && !(Float16(bitPattern: pair.0).isNaN && pair.1.isNaN)
      {
        note(index, "\(Float16(bitPattern: pair.0))", "\(pair.1)")
      }
    default:
      let wanted: [Int64]
      if case .uint64(let values) = expected.storage {
        wanted = values.map { Int64(bitPattern: $0) }
      } else {
        wanted = expected.integers() ?? []
      }
      let found = codes.int64 ?? []
      guard found.count == wanted.count else {
        wrong = expected.count
        first = "another type"
        return
      }
      for (index, pair) in zip(found, wanted).enumerated()
      where pair.0 != pair.1 && !(isNaN(pair.0) && isNaN(pair.1)) {
        note(index, "\(pair.0)", "\(pair.1)")
      }
    }
  }

  private mutating func note(_ index: Int, _ found: String, _ wanted: String) {
    wrong += 1
    if first == nil { first = "[\(index)]: found \(found), expected \(wanted)" }
  }

  private mutating func floats(_ found: [Double], _ wanted: [Double]) {
    let scale = max(wanted.filter(\.isFinite).map { abs($0) }.max() ?? 0, 1e-30)
    for (index, pair) in zip(found, wanted).enumerated() {
      if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { continue }
      let difference = abs(pair.0 - pair.1) / scale
      relative = max(relative, difference)
      if !(difference <= 1e-4) { note(index, "\(pair.0)", "\(pair.1)") }
    }
  }
}
