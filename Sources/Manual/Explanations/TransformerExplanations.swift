extension Explanation {
  /// Codes of transformers' configurations and checkpoints.
  static let transformers: [Explanation] = [
    Explanation(
      "transformer.syntax", "a configuration that is no JSON document",
      """
      The file begins as a JSON object but is cut off, damaged or nested more than 128 levels deep.
      The message gives line and column of the first fault.
      """),
    Explanation(
      "transformer.unknown-family", "a kind of transformer without a description",
      """
      Shapes follow from model_type (from _class_name for diffusers) and are never guessed from
      similar families: an unknown kind is refused, with the known ones and the nearest.
      """),
    Explanation(
      "transformer.missing-key", "a key that the family has no default for",
      """
      A missing key takes the default of the family's configuration class; this one has none, so the
      shapes cannot be known without it. An explicit null is a value, not a missing key.
      """),
    Explanation(
      "transformer.bad-value", "a key with a value of the wrong kind or range",
      """
      Sizes and counts are whole numbers of at least 0, switches are true or false, lists hold what
      the family expects. The message names the key, what it is and what was expected.
      """),
    Explanation(
      "transformer.bad-shape", "keys from which no shapes can be made",
      """
      A formula over keys has no valid result: heads that do not divide the width, a list shorter
      than the layers, an extent of 0, a size beyond 64 bits. The note lists the keys it reads.
      """),
    Explanation(
      "transformer.bad-run", "sizes of a run that the model does not have",
      """
      Batch, sequence and the other sizes are at least 1, and each family has its own: a text decoder
      has no latent image. The command's help lists the names.
      """),
    Explanation(
      "transformer.quantization", "a declared quantization that is not understood",
      """
      A quantization_config, a hf_quant_config.json or a case of --stored names a method, format,
      strategy or pattern whose bytes on disk are not known, or a form that cannot hold the shape.
      """),
    Explanation(
      "transformer.damaged", "a header that contradicts itself",
      """
      Every count, length and offset of a GGUF or safetensors header is checked before it is used.
      One of them does not fit the file: it was truncated or changed.
      """),
    Explanation(
      "transformer.no-graph", "a model whose layers are known, but not how they hang together",
      """
      Graphs are made of decoders whose blocks have an attention, or a state, and a feed-forward half
      under the names that classes of transformers use. Encoders, diffusion models and layers of other
      kinds have shapes and work, but no graph.
      """),
    Explanation(
      "transformer.description", "a fault in a family's description",
      """
      Descriptions of families are part of the program and are read by its tests; this one cannot be
      read. Please report it with the configuration.
      """),
    Explanation(
      "transformer.files-differ", "weights that are not those of the configuration",
      """
      Names and shapes in the headers of a folder's safetensors files differ from what config.json
      says. The configuration was used; the first differences are listed.
      """),
  ]
}
