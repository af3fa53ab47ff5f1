import FoundationEssentials
import QuantGraph
import Search

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

  /// Writes an allocation file a point with its `documents`, then search.json.
  func write(
    _ answer: SearchAnswer, _ report: Report,
    documents: ([Candidate]) -> [(suffix: String, document: JSON)] = { _ in [] }
  ) throws(Failure) {
    try create()
    for point in answer.points {
      let allocation = answer.space.formats(of: answer.evaluations[point.evaluation].choice)
      for (suffix, document) in documents(allocation) {
        try TextFile.replace("\(folder)/\(point.id)\(suffix)", with: document.document)
      }
    }
    for (name, document) in answer.allocationFiles {
      try TextFile.replace("\(folder)/\(name)", with: document.document)
    }
    try TextFile.replace("\(folder)/search.json", with: try report.envelope().document)
  }
}
