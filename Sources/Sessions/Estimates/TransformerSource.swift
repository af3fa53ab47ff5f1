package import Documents
import FoundationEssentials
package import Importers
package import QuantGraph

/// A transformer's configuration as `estimate` reads it: a file, or a folder that holds `config.json`.
package struct TransformerSource {
  package let path: String
  private let configuration: TransformerConfiguration

  /// - Returns: nil if the path is something else, by content.
  /// - Throws: a ``Failure`` if it is a configuration that cannot be used.
  package init?(_ path: String) throws(Failure) {
    var isFolder = false
    var file = path
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
      file = path + "/config.json"
    }
    guard path != "-", FileManager.default.fileExists(atPath: file) else { return nil }
    let first = try InputRecord.prefix(of: file, count: 64).first {
      ![0x20, 0x0A, 0x0D, 0x09].contains($0)
    }
    guard first == UInt8(ascii: "{") else { return nil }
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: file)
    } catch {
      throw Failure(Diagnostic(error))
    }
    self.path = file
    configuration = try Self.reading(file) { () throws(TransformerError) in
      try TransformerConfiguration(parsing: bytes)
    }
  }

  private static func reading<Value>(
    _ path: String, _ work: () throws(TransformerError) -> Value
  ) throws(Failure) -> Value {
    do throws(TransformerError) {
      return try work()
    } catch {
      let problem = error.diagnostic
      throw Failure(
        Diagnostic(
          code: problem.code, message: problem.message,
          location: problem.location.map { "\(path): \($0)" } ?? path, notes: problem.notes,
          remedy: problem.remedy))
    }
  }

  /// The work of a run with sizes by name.
  ///
  /// - Throws: a ``Failure`` for sizes that the model has not: a context beyond its positions.
  package func workload(_ sizes: [String: Int]) throws(Failure) -> TransformerWorkload {
    let document = configuration.document
    let limit =
      document["max_position_embeddings"] ?? document["text_config"]?["max_position_embeddings"]
      ?? document["n_positions"]
    if let sequence = sizes["sequence"], case .integer(let most)? = limit, sequence > most {
      throw Failure(
        "usage.arguments", "a sequence of \(sequence) tokens is beyond the model's \(most)",
        at: path, remedy: "write --sequence \(most) or less.")
    }
    return try Self.reading(path) { () throws(TransformerError) in
      try configuration.shapes(TransformerRun(sizes: sizes)).workload
    }
  }

  package var record: InputRecord {
    InputRecord(role: "model", path: path, kind: "transformers-config")
  }
}
