import Importers
import TestSupport

/// Files of `Fixtures/arrays`, written by `make.py` beside them.
enum ArrayFixtures {
  static func path(_ name: String) -> String {
    SharedData.packageRoot + "/Tests/ImportersTests/Fixtures/arrays/" + name
  }

  static func bytes(_ name: String) throws -> [UInt8] { try [UInt8](contentsOf: path(name)) }

  /// The array `x` of the archives: 0 to 11 as float32.
  static let x = NDArray(shape: [3, 4], (0..<12).map { Float($0) })

  /// An NPY file, version 1, with this header text and these bytes after it.
  static func npy(_ header: String, _ content: [UInt8] = []) -> [UInt8] {
    let text = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8)
      + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + content
  }

  /// What `body` throws, with the path and the offset taken apart.
  static func failure<Value>(_ body: () throws(ImportError) -> Value) -> ImportError? {
    do throws(ImportError) {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  /// The code of the defect that `body` throws.
  static func code<Value>(_ body: () throws(ImportError) -> Value) -> String? {
    if case .damaged(_, let defect) = failure(body) { defect.code } else { nil }
  }
}
