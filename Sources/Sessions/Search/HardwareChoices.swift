package import QuantGraph
package import Search

extension SearchSpace {
  /// Refuses candidates with choices of hardware that a model of a kind does not have.
  ///
  /// - Throws: a ``Failure`` that names the first of them.
  package func checkChoices(_ known: Set<String>, of model: String) throws(Failure) {
    for candidate in candidates.joined() {
      let unknown = candidate.formats.choices.keys.filter { !known.contains($0) }.sorted()
      guard let first = unknown.first else { continue }
      throw Failure(
        "usage.arguments", "'\(candidate.name)': '\(first)' means nothing in this model",
        notes: [model, "strategies and reuse factors are those of hls4ml projects"],
        remedy: "leave it out of the candidate.")
    }
  }
}
