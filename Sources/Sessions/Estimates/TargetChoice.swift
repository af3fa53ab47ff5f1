package import Documents
package import HWModel
import Importers
package import QuantGraph
package import Schedules
package import Search

/// A device as `--target` names it: a shipped id, an alias, or a user's file.
package struct TargetChoice: Sendable {
  package let description: TargetDescription
  /// The description's text, for its sum.
  package let bytes: [UInt8]
  /// The user's file; nil for a shipped target.
  package let path: String?

  /// - Parameter name: an id, an alias, or the path of a `.json` file.
  /// - Throws: a ``Failure`` with every problem of the file, or the nearest names.
  package init(_ name: String) throws(Failure) {
    let library = DeviceFamilies.current.library
    if Self.isPath(name) {
      bytes = try [UInt8](file: name)
      path = name
      do throws(TargetProblems) {
        description = try library.read(bytes)
      } catch {
        throw Failure(error, file: name)
      }
      return
    }
    path = nil
    var found: TargetDescription?
    do throws(TargetProblems) {
      found = try library.description(named: name.lowercased())
    } catch {
      throw Failure(error, file: name)
    }
    guard let found, let bytes = library.file(id: found.id) else {
      throw .unknown(
        "target", name, code: "usage.unknown-target", among: library.names,
        listedBy: "hwsim targets")
    }
    description = found
    self.bytes = bytes
  }

  /// The targets of a list of names separated by commas.
  package static func list(_ names: [String]) throws(Failure) -> [TargetChoice] {
    var choices: [TargetChoice] = []
    for name in names.flatMap({ $0.split(separator: ",").map(String.init) }) {
      choices.append(try TargetChoice(name))
    }
    return choices
  }

  /// The family that reads the description.
  package var family: (any DeviceFamily)? { DeviceFamilies.current.family(description.family) }

  /// - Throws: a ``Failure`` if the description states too little for the device.
  package func device(_ options: DeviceOptions = DeviceOptions()) throws(Failure) -> any Device {
    do throws(DeviceProblems) {
      return try DeviceFamilies.current.device(description, options: options)
    } catch {
      throw Failure(error, file: path ?? description.id)
    }
  }

  package static func isPath(_ name: String) -> Bool {
    name.hasSuffix(".json") || name.contains("/") || name == "-"
  }

  /// The envelope's `target`.
  package var record: JSON {
    ["id": .string(description.id), "sha256": .string(SHA256.hexadecimal(of: bytes))]
  }
}

extension Failure {
  /// What is wrong with a description.
  package init(_ error: TargetProblems, file: String) {
    self.init(
      error.problems.map {
        Diagnostic($0, file: file) { name, known in Suggestion.sentence(for: name, among: known) }
      })
  }

  /// Why a device refuses; `file` is named where the problem names no place.
  package init(_ error: DeviceProblems, file: String?) {
    self.init(CostError.refused(error), file: file)
  }

  package init(_ error: CostError, file: String?) { self.init(error.diagnostics(file: file)) }
}
