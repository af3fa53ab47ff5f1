package import Documents
import Importers
package import QuantGraph

extension [UInt8] {
  /// The bytes of a file; `-` is standard input.
  ///
  /// - Throws: what a file that cannot be read gives.
  package init(file path: String) throws(Failure) {
    do throws(ImportError) {
      self = try [UInt8](contentsOf: path)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }
}

extension JSON {
  /// The document of a file; `-` is standard input.
  ///
  /// - Throws: a ``Failure`` with `code`, line and column for what is no JSON text, and what a file that
  ///   cannot be read gives.
  package init(
    file path: String, code: String, remedy: String = "correct the JSON text."
  ) throws(Failure) {
    let bytes = try [UInt8](file: path)
    do throws(JSONSyntaxError) {
      self = try JSON(parsing: bytes)
    } catch {
      throw Failure(
        code, error.reason, at: "\(path): line \(error.line), column \(error.column)",
        remedy: remedy)
    }
  }
}
