public import Documents
import Importers
public import QuantGraph

/// Bytes of matrices in declared forms of checkpoints (`hwsim formats --stored`).
public struct StoredCases: Sendable {
  private struct Case: Sendable {
    let method: String
    let inputs: Int
    let outputs: Int
    let tensors: [StoredTensor]

    var bytes: Int { tensors.reduce(0) { $0 + $1.bytes } }
    var bits: Double { Double(bytes) * 8 / (Double(inputs) * Double(outputs)) }
  }

  private let cases: [Case]

  /// - Parameter path: a JSON list of cases: `method`, `config`, `in` and `out`.
  /// - Throws: a `Failure` with every case that cannot be stored as it says.
  public init(path: String) throws(Failure) {
    let document = try TransformerFile.document(path)
    guard let entries = document.elements ?? document["cases"]?.elements else {
      throw Failure(
        "transformer.quantization", "the file is no list of cases", at: path,
        remedy: "write [{\"method\": \"gptq\", \"config\": {...}, \"in\": 4096, \"out\": 4096}].")
    }
    var cases: [Case] = []
    var problems: [Diagnostic] = []
    for (index, entry) in entries.enumerated() {
      do throws(TransformerError) {
        cases.append(try Self.read(entry))
      } catch {
        let problem = error.diagnostic
        problems.append(
          Diagnostic(
            code: problem.code, message: problem.message,
            location: "\(path): case \(index)" + (problem.location.map { ", \($0)" } ?? ""),
            notes: problem.notes, remedy: problem.remedy))
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    self.cases = cases
  }

  private static func read(_ entry: JSON) throws(TransformerError) -> Case {
    guard let method = entry["method"]?.text else {
      throw .badValue(key: "method", found: entry["method"]?.kind ?? "missing", expected: "a text")
    }
    func size(_ key: String) throws(TransformerError) -> Int {
      guard case .integer(let value)? = entry[key], value > 0 else {
        throw .badValue(
          key: key, found: entry[key]?.kind ?? "missing", expected: "a whole number of at least 1")
      }
      return value
    }
    let (inputs, outputs) = (try size("in"), try size("out"))
    let form = try StoredForm(entry["config"] ?? [:], method: method)
    return Case(
      method: method, inputs: inputs, outputs: outputs,
      tensors: try form.tensors(inputs: inputs, outputs: outputs))
  }

  /// One row a case.
  public var table: Table {
    var rows = Table([
      .text("method"), .number("in"), .number("out"), .text("tensors", isFlexible: true),
      .number("bytes"), .number("bits a weight"),
    ])
    for one in cases {
      rows.append([
        .init(one.method), .count(one.inputs), .count(one.outputs),
        .init(one.tensors.map(\.name).joined(separator: " ")), .count(one.bytes),
        .init("\(one.bits)"),
      ])
    }
    return rows
  }

  /// The result in the document.
  public var json: JSON {
    let entries: [JSON] = cases.map { one in
      [
        "stored_bytes": .integer(one.bytes), "bits_per_weight": .number(one.bits),
        "tensors": .array(
          one.tensors.map {
            [
              "name": .string($0.name), "shape": .integers($0.shape), "type": .string($0.type),
              "bytes": .integer($0.bytes),
            ]
          }),
      ]
    }
    return ["cases": .array(entries)]
  }
}
