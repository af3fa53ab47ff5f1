package import QuantGraph

/// What a search leaves in its folder beside search.json.
package struct SearchProducts: Sendable {
  package let allocations: Bool
  /// `hf_quant_config.json` of a transformer's checkpoint.
  package let checkpoints: Bool

  /// - Parameters:
  ///   - given: the text of `--write`.
  ///   - hasFolder: whether there is a folder to write into.
  /// - Throws: a ``Failure`` for words that name no product.
  package init(_ given: String?, hasFolder: Bool) throws(Failure) {
    guard let text = given else {
      (allocations, checkpoints) = (true, false)
      return
    }
    guard hasFolder else {
      throw Failure(
        "usage.arguments", "--write needs a folder", remedy: "give it with -o DIR.")
    }
    var words: Set<String> = []
    for word in SearchSettings.list(text) {
      guard ["allocation", "hf", "none"].contains(word) else {
        throw .unknown(
          "product", word, code: "search.write", among: ["allocation", "hf", "none"],
          listedBy: "hwsim search --help", at: "--write")
      }
      words.insert(word)
    }
    guard !words.isEmpty, words == ["none"] || !words.contains("none") else {
      throw Failure(
        "search.write", "'\(text)' says nothing to write", at: "--write",
        remedy: "write allocation, hf, both, or none alone.")
    }
    allocations = words.contains("allocation")
    checkpoints = words.contains("hf")
  }
}
