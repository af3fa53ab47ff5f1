import Documents
import HWModel
import Importers
import QuantGraph
import Search
import Sessions

/// The folder that a search writes.
struct SearchFiles {
  let folder: String

  /// Makes the folder if there is none.
  func create() throws(Failure) { try OutputFolder.create(folder) }

  /// Writes an allocation file a point with its `documents`, files of checkpoints where `products`
  /// has them, then search.json.
  func write(
    _ answer: SearchAnswer, _ report: Report, products: SearchProducts,
    documents: ([Candidate]) -> [(suffix: String, document: JSON)] = { _ in [] }
  ) throws(Failure) {
    let checkpoints = products.hasCheckpoints ? try answer.checkpointFiles(products) : []
    try create()
    for (name, document) in checkpoints { try write(document, to: name) }
    for point in answer.points where products.allocations {
      let allocation = answer.space.formats(of: point.choice)
      for (suffix, document) in documents(allocation) {
        try TextFile.replace("\(folder)/\(point.id)\(suffix)", with: document.document)
      }
    }
    for (name, document) in answer.allocationFiles where products.allocations {
      try TextFile.replace("\(folder)/\(name)", with: document.document)
    }
    try TextFile.replace("\(folder)/search.json", with: try report.envelope().document)
  }

  /// Writes one document under a name in the folder, which may have folders of its own.
  func write(_ document: JSON, to name: String) throws(Failure) {
    if let slash = name.lastIndex(of: "/") {
      try SearchFiles(folder: "\(folder)/\(name[..<slash])").create()
    }
    try TextFile.replace("\(folder)/\(name)", with: document.document)
  }

  /// Writes search.json.
  func write(_ report: Report) throws(Failure) {
    try write(try report.envelope(), to: "search.json")
  }
}
