import FoundationEssentials
import QuantGraph

/// The folder that a search writes.
struct SearchFiles {
  let folder: String

  /// Makes the folder if there is none.
  func create() throws(Failure) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        "file.not-written", "the folder cannot be made", at: folder,
        remedy: "check that its parent is writable and that no file has this name.")
    }
  }

  /// Writes an allocation file a point, then search.json.
  func write(_ answer: SearchAnswer, _ report: Report) throws(Failure) {
    try create()
    for (name, document) in answer.allocationFiles {
      try TextFile.replace("\(folder)/\(name)", with: document.document)
    }
    try TextFile.replace("\(folder)/search.json", with: try report.envelope().document)
  }
}
