import Documents
package import Importers
package import QuantGraph

/// A transformer of which `estimate` takes the shapes.
package struct TransformerSource {
  package let file: TransformerFile

  /// - Returns: nil if the path is something else, by content.
  /// - Throws: a ``Failure`` if it is a transformer's file that cannot be used.
  package init?(_ path: String) throws(Failure) {
    guard let file = try TransformerFile(path: path) else { return nil }
    self.file = file
  }

  /// The work of a run with sizes by name.
  ///
  /// - Throws: a ``Failure`` for sizes that the model has not: a context beyond its positions.
  package func workload(_ sizes: [String: Int]) throws(Failure) -> TransformerWorkload {
    try file.checkContext(sizes)
    guard let shapes = try file.shapes(TransformerRun(sizes: sizes)) else {
      throw Failure(
        "model.unrecognized", "the shapes of this architecture are not described", at: file.path,
        remedy: "give a config.json of a known family.")
    }
    return shapes.workload
  }

  package var record: InputRecord { file.record }
}

extension TransformerFile {
  /// Refuses a sequence beyond the model's positions.
  ///
  /// - Throws: a ``Failure`` that names the most.
  package func checkContext(_ sizes: [String: Int]) throws(Failure) {
    let document = configuration?.document
    let limit =
      document?["max_position_embeddings"]
      ?? document?["text_config"]?["max_position_embeddings"] ?? document?["n_positions"]
    guard let sequence = sizes["sequence"], case .integer(let most)? = limit, sequence > most
    else { return }
    throw Failure(
      "usage.arguments", "a sequence of \(sequence) tokens is beyond the model's \(most)",
      at: path, remedy: "write --sequence \(most) or less.")
  }
}
