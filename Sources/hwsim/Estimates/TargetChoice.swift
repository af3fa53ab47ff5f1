import Documents
import HWModel
import Importers
import QuantGraph

/// A device as `--target` names it: a shipped id, an alias, or a user's file.
struct TargetChoice: Sendable {
  let description: TargetDescription
  /// The description's text, for its sum.
  let bytes: [UInt8]
  /// The user's file; nil for a shipped target.
  let path: String?

  /// - Parameter name: an id, an alias, or the path of a `.json` file.
  /// - Throws: a ``Failure`` with every problem of the file, or the nearest names.
  init(_ name: String) throws(Failure) {
    if Self.isPath(name) {
      bytes = try Self.contents(name)
      path = name
      do throws(TargetProblems) {
        description = try TargetLibrary.read(bytes)
      } catch {
        throw Failure(error.problems.map { Diagnostic($0, file: name) })
      }
      return
    }
    path = nil
    var found: TargetDescription?
    do throws(TargetProblems) {
      found = try TargetLibrary.description(named: name.lowercased())
    } catch {
      throw Failure(error.problems.map { Diagnostic($0, file: name) })
    }
    guard let found, let bytes = TargetLibrary.file(id: found.id) else {
      throw .unknown(
        "target", name, code: "usage.unknown-target", among: TargetLibrary.names,
        listedBy: "hwsim targets")
    }
    description = found
    self.bytes = bytes
  }

  static func isPath(_ name: String) -> Bool {
    name.hasSuffix(".json") || name.contains("/") || name == "-"
  }

  static func contents(_ path: String) throws(Failure) -> [UInt8] {
    do throws(ImportError) {
      return try [UInt8](contentsOf: path)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// The envelope's `target`.
  var record: JSON {
    return ["id": .string(description.id), "sha256": .string(SHA256.hexadecimal(of: bytes))]
  }
}

extension Diagnostic {
  /// The message for a problem of a device description.
  init(_ problem: TargetProblem, file: String) {
    func place(_ path: String) -> String { path.isEmpty ? file : "\(file): \(path)" }
    switch problem {
    case .notJSON(let reason):
      self.init(
        code: "target.syntax", message: "not JSON: \(reason)", location: file,
        remedy: "correct the text; hwsim targets --template mcu prints a valid skeleton.")
    case .schema(let found, let expected):
      self.init(
        code: "target.schema", message: "schema '\(found)' is not '\(expected)'",
        location: place("schema"), remedy: "write \"schema\": \"\(expected)\".")
    case .unknownFamily(let family, let known):
      self.init(
        code: "target.family", message: "there is no family '\(family)'",
        location: place("family"), notes: ["known: \(known.joined(separator: ", "))"],
        remedy: "take one of these.")
    case .unknownKey(let path, let key, let known):
      self.init(
        code: "target.unknown-key", message: "no key is called '\(key)'", location: place(path),
        remedy: Suggestion.sentence(for: key, among: known)
          ?? "hwsim targets --template mcu lists every key.")
    case .missingKey(let path, let meaning):
      self.init(
        code: "target.missing-key", message: "'\(path)' is missing: \(meaning)",
        location: place(path), remedy: "add it, or name a \"base\" that has it.")
    case .wrongKind(let path, let expected, let found):
      self.init(
        code: "target.value", message: "expected \(expected), found \(found)",
        location: place(path),
        remedy: found == "null" ? "fill the value in, or remove the key." : "correct the value.")
    case .outOfRange(let path, let value, let allowed):
      self.init(
        code: "target.value", message: "\(value) is not possible here", location: place(path),
        notes: ["allowed: \(allowed)"], remedy: "correct the value.")
    case .emptySource(let path):
      self.init(
        code: "target.value", message: "the source is empty", location: place(path),
        remedy: "say where the number comes from: document and table, or a measurement.")
    case .unknownBase(let id, let known):
      self.init(
        code: "target.base", message: "\"base\" names no shipped target: '\(id)'",
        location: place("base"),
        remedy: Suggestion.sentence(for: id, among: known) ?? "hwsim targets lists them.")
    case .baseCycle(let ids):
      self.init(
        code: "target.base", message: "bases lead back: \(ids.joined(separator: " -> "))",
        location: place("base"), remedy: "remove one of them.")
    }
  }
}
