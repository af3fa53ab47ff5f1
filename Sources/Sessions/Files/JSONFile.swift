package import Documents
import Importers
package import QuantGraph

extension JSON {
  /// The document of a file; `-` is standard input.
  ///
  /// - Throws: a ``Failure`` with `code`, line and column for what is no JSON text, and what a file that
  ///   cannot be read gives.
  package init(
    file path: String, code: String, remedy: String = "correct the JSON text."
  ) throws(Failure) {
    let bytes = try TargetChoice.contents(path)
    do throws(JSONSyntaxError) {
      self = try JSON(parsing: bytes)
    } catch {
      throw Failure(
        code, error.reason, at: "\(path): line \(error.line), column \(error.column)",
        remedy: remedy)
    }
  }
}
