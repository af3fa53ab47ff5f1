public import Documents
public import Importers
public import QuantGraph

/// A JSON document that hwsim wrote, read back: the envelope and what its result is.
public struct ResultFile: Sendable {
  /// What the commands that read results understand.
  public enum Kind: String, CaseIterable, Sendable {
    case search, estimate, check, run
  }

  /// Largest document that is read, in bytes.
  package static let sizeLimit = 64 << 20

  /// As the user typed it.
  public let path: String
  public let kind: Kind
  /// As in the document, such as `hwsim.check/1`.
  public let schema: String
  /// Version of the tool that wrote it, or nil.
  public let version: String?
  package let result: ResultField
  public let document: JSON
  private let bytes: [UInt8]

  /// Reads the file at `path`; `-` is standard input.
  ///
  /// - Throws: `file.unreadable`, `file.limit`, `report.syntax`, `report.not-a-result`,
  ///   `report.schema`, `report.result`.
  public init(path: String) throws(Failure) {
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: path, limit: Self.sizeLimit)
    } catch {
      throw Failure(Diagnostic(error))
    }
    self.path = path
    do throws(JSONSyntaxError) {
      document = try JSON(parsing: bytes)
    } catch {
      throw Failure(
        "report.syntax", error.reason, at: "\(path):\(error.line):\(error.column)",
        remedy: "give a file that --json or --json-file wrote, whole.")
    }
    guard case .object = document, let schema = document["schema"]?.text else {
      throw Failure(
        "report.not-a-result", "the document names no schema", at: path,
        notes: ["expected an object with a key 'schema', such as \"hwsim.search/1\""],
        remedy: "give a file that --json or --json-file wrote.")
    }
    self.schema = schema
    kind = try Self.kind(of: schema, at: path)
    let whole = ResultField(document, file: path)
    version = try whole.optional("hwsim")?.text("version")
    result = try whole.required("result")
  }

  /// Reads a report of C synthesis as an estimate of the same design; nil for a file that is none.
  ///
  /// - Parameters:
  ///   - path: of the report.
  ///   - estimate: the estimate that it is compared with, whose layers name their configurations.
  /// - Throws: `file.unreadable`, `file.limit`, and errors of the estimate.
  public init?(report path: String, of estimate: ResultFile) throws(Failure) {
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: path, limit: Self.sizeLimit)
    } catch {
      throw Failure(Diagnostic(error))
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard estimate.kind == .estimate, let report = SynthesisReport(text, path: path) else {
      return nil
    }
    self.path = path
    kind = .estimate
    schema = estimate.schema
    version = nil
    document = try report.estimate(naming: estimate.result)
    result = try ResultField(document, file: path).required("result")
  }

  private static func kind(of schema: String, at path: String) throws(Failure) -> Kind {
    let known = Kind.allCases.map { "hwsim.\($0.rawValue)/\(ResultVersion.schema)" }
    let parts = schema.split(separator: "/", omittingEmptySubsequences: false)
    let name = parts.first.map { $0.hasPrefix("hwsim.") ? String($0.dropFirst(6)) : "" } ?? ""
    if name == "error" {
      throw Failure(
        "report.schema", "the document is an error, not a result", at: path,
        remedy: "run the command that wrote it again, without its problem.")
    }
    guard let kind = Kind(rawValue: name), parts.count == 2 else {
      throw Failure(
        "report.schema", "documents of schema '\(schema.prefix(60))' cannot be shown", at: path,
        notes: ["known here: \(known.joined(separator: ", "))"],
        remedy: "give a result of one of these kinds.")
    }
    guard parts[1] == String(ResultVersion.schema) else {
      throw Failure(
        "report.schema", "schema number '\(parts[1].prefix(20))' of '\(name)' is not known",
        at: path, notes: ["known here: \(known.joined(separator: ", "))"],
        remedy: "read it with the version of hwsim that wrote it.")
    }
    return kind
  }

  /// The entry for this command's own envelope, of the bytes that were read.
  public var record: InputRecord {
    InputRecord(role: "result", path: path, kind: schema, content: .bytes(bytes))
  }

  package var size: String { Quantity.bytes(bytes.count) }

  /// Name of the first input with role `model`, or of the first input.
  package var modelPath: String? {
    let inputs = document["inputs"]?.elements ?? []
    let model = inputs.first { $0["role"]?.text == "model" } ?? inputs.first
    return model?["path"]?.text
  }

  /// Id of the target, or nil.
  package var targetID: String? { document["target"]?["id"]?.text }
}
