public import QuantGraph

/// A text that a command leaves in a file, whole or not at all.
public enum TextFile {
  /// - Throws: a `Failure` of exit code 73 if the file cannot be written.
  public static func replace(_ path: String, with text: String) throws(Failure) {
    do throws(ImportError) {
      let file = try OutputFile(path: path)
      try file.write(Array(text.utf8))
      try file.commit()
    } catch {
      throw Failure(Diagnostic(error))
    }
  }
}
