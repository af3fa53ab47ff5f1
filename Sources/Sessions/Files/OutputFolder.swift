import FoundationEssentials
package import QuantGraph

/// Folders that a command writes files into.
package enum OutputFolder {
  /// Makes the folder if there is none, its parents too.
  ///
  /// - Throws: a ``Failure`` where it cannot be made.
  package static func create(_ path: String) throws(Failure) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        "file.not-written", "the folder cannot be made", at: path,
        remedy: "check that its parent is writable and that no file has this name.")
    }
  }
}
