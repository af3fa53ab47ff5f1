package import QuantGraph
package import Search

/// What a search leaves in its folder beside search.json.
package struct SearchProducts: Sendable {
  package let allocations: Bool
  /// `hf_quant_config.json` of a transformer's checkpoint.
  package let checkpoints: Bool
  /// The `quantization_config` of one of compressed-tensors.
  package let compressed: Bool

  /// The program that the checkpoint is for; nil for any.
  package let reader: CheckpointReader?

  package var hasCheckpoints: Bool { checkpoints || compressed }

  private static let words = ["allocation", "hf", "compressed-tensors", "none"]

  /// - Parameters:
  ///   - given: the text of `--write`.
  ///   - name: the text of `--for`.
  ///   - hasFolder: whether there is a folder to write into.
  /// - Throws: a ``Failure`` for words that name no product.
  package init(_ given: String?, for name: String? = nil, hasFolder: Bool) throws(Failure) {
    reader = try Self.reader(name, given: given)
    guard let text = given else {
      (allocations, checkpoints, compressed) = (true, false, false)
      return
    }
    guard hasFolder else {
      throw Failure(
        "usage.arguments", "--write needs a folder", remedy: "give it with -o DIR.")
    }
    var words: Set<String> = []
    for word in SearchSettings.list(text) {
      guard Self.words.contains(word) else {
        throw .unknown(
          "product", word, code: "search.write", among: Self.words,
          listedBy: "hwsim search --help", at: "--write")
      }
      words.insert(word)
    }
    guard !words.isEmpty, words == ["none"] || !words.contains("none") else {
      throw Failure(
        "search.write", "'\(text)' says nothing to write", at: "--write",
        remedy: "write allocation, hf, compressed-tensors, several of them, or none alone.")
    }
    allocations = words.contains("allocation")
    checkpoints = words.contains("hf")
    compressed = words.contains("compressed-tensors")
  }

  private static func reader(
    _ name: String?, given: String?
  ) throws(Failure) -> CheckpointReader? {
    guard let name else { return nil }
    guard let reader = CheckpointReader(rawValue: name) else {
      throw .unknown(
        "reader", name, code: "usage.arguments", among: CheckpointReader.allCases.map(\.rawValue),
        listedBy: "hwsim search --help", at: "--for", showsAll: true)
    }
    guard SearchSettings.list(given ?? "").contains("hf") else {
      throw Failure(
        "usage.arguments", "--for is about hf_quant_config.json", remedy: "add --write hf.")
    }
    return reader
  }
}
