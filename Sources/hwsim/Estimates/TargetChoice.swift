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
