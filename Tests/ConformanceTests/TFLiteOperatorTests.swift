import Arith
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// What two runtimes compute for single operators (Tests/Fixtures/tflite/operators.py).
enum TFLiteOperators {
  static let path = SharedData.packageRoot + "/Tests/Fixtures/tflite/operators.npz"

  static let archive = Result { () throws(ImportError) in try NPZ.open(path) }

  /// Names of cases without their numbers.
  static let names: [String] = {
    guard let archive = try? archive.get() else { return [] }
    let cases = archive.names.filter { $0.hasSuffix("/model") }.map { $0.dropLast(6) }
    return Set(cases.map { String($0[..<($0.lastIndex(of: "_") ?? $0.endIndex)]) }).sorted()
  }()

  static func cases(of name: String) throws -> [String] {
    try archive.get().names.compactMap { entry in
      guard entry.hasSuffix("/model") else { return nil }
      let base = String(entry.dropLast(6))
      guard base.hasPrefix(name + "_"), Int(base.dropFirst(name.count + 1)) != nil else {
        return nil
      }
      return base
    }
  }

  static func model(_ base: String) throws -> TFLiteModel {
    let bytes: [UInt8] = try #require(try archive.get().read(base + "/model").values())
    return try TFLiteModel(bytes, path: base)
  }
}

@Suite("Recorded operators of TFLite")
struct TFLiteOperatorTests {
  @Test("the fixture is read whole") func count() { #expect(TFLiteOperators.names.count > 60) }

  /// Files that the micro runtime runs and reads wrongly, past the end of a tensor: refused.
  static func isMisread(_ name: String) -> Bool { name == "transpose_conv_int16_bias_int32" }

  @Test(
    "detectors that a runtime refuses, or writes past its results for, are refused",
    arguments: [
      ("detection_integers_int8_0", "float32 or uint8", "float32"),
      ("detection_fast_uint8_0", nil, "float32"), ("detection_mixed_float32_0", nil, "float32"),
      ("detection_classes_float32_0", nil, "more than one class a box"),
      ("detection_open_float32_0", nil, "no shapes in the file"),
      ("detection_flat_float32_0", nil, "its height is not positive"),
    ] as [(String, String?, String)])
  func refusedDetector(base: String, full: String?, micro: String) throws {
    let graph = try TFLiteOperators.model(base).graph
    let refusal = #expect(throws: PlanProblems.self) { try Plan(graph, on: TFLiteMicro()) }
    #expect("\(String(describing: refusal))".contains(micro), "\(String(describing: refusal))")
    guard let full else {
      _ = try Plan(graph, on: TFLiteReference())
      return
    }
    let other = #expect(throws: PlanProblems.self) { try Plan(graph, on: TFLiteReference()) }
    #expect("\(String(describing: other))".contains(full), "\(String(describing: other))")
  }

  @Test(
    "codes are those of the runtime", arguments: TFLiteOperators.names,
    [TFLiteReference.name, TFLiteMicro.name])
  func codes(name: String, datapath: String) throws {
    let archive = try TFLiteOperators.archive.get()
    let isMicro = datapath == TFLiteMicro.name
    for path in [KernelPath.plain, .current] {
      for base in try TFLiteOperators.cases(of: name) {
        let record = base + (isMicro ? "/tflm" : "/litert")
        guard archive.contains(record + "0") else { continue }
        let model = try TFLiteOperators.model(base)
        if isMicro, Self.isMisread(name) {
          #expect(throws: PlanProblems.self) { try Plan(model.graph, on: TFLiteMicro()) }
          continue
        }
        let run =
          isMicro
          ? try MCUCase(model, on: TFLiteMicro(path: path))
          : try MCUCase(model, on: TFLiteReference(path: path))
        let isStream = base.hasPrefix("stream")
        var inputs: [NDArray] = []
        for index in model.graph.inputs.indices {
          inputs.append(try archive.read("\(base)/in\(index)"))
        }
        let runs = isStream ? inputs[0].shape[0] : 1
        for number in 0..<runs {
          var given: [TensorID: NDArray] = [:]
          for (id, array) in zip(model.graph.inputs, inputs) {
            given[id] = isStream ? try array.run(number, of: runs) : array
          }
          try run.run(given, continuing: number > 0)
          for (index, id) in model.graph.outputs.enumerated() {
            let whole = try archive.read("\(record)\(index)")
            let expected = isStream ? try whole.run(number, of: runs) : whole
            let count = try run.compare(id, with: expected, name: "\(base) output \(index)")
            #expect(
              count.wrong == 0 && count.compared > 0,
              "\(path) \(count.wrong) of \(count.compared): \(count.differences)")
          }
        }
      }
    }
  }
}

extension NDArray {
  /// One of `count` parts along the first axis.
  fileprivate func run(_ index: Int, of count: Int) throws -> NDArray {
    let size = self.count / count
    guard case .int8(let values) = storage else {
      throw TestProblem("streams are recorded as int8")
    }
    return NDArray(
      shape: Array(shape.dropFirst()),
      storage: .int8(Array(values[index * size..<(index + 1) * size])))
  }
}

struct TestProblem: Error {
  let text: String
  init(_ text: String) { self.text = text }
}
