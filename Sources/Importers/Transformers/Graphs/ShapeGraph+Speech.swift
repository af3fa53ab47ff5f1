import QuantGraph

/// Models of speech with an encoder and a decoder (Whisper, arXiv:2212.04356, section 2.2).
extension ShapeGraph {
  /// The encoder: frames of a spectrogram through two convolutions, then layers.
  mutating func listener() throws(TransformerError) -> [TensorID] {
    let model = "model.encoder."
    guard let first = modules.first(model + "conv1", \.convolution) else { return [] }
    var x = try parts.input("input_features", [batch, first.inputs, size("frames")])
    for name in ["conv1", "conv2"] {
      guard let convolved = try convolution([model + name], x) else {
        throw parts.fault("'\(model)\(name)' is missing")
      }
      x = try parts.unary(model + name + ".activation", .gelu(isApproximate: false), convolved)
    }
    x = try places(model + "places", of: x)
    guard let (name, size) = take([model + "embed_positions"], \.embedding),
      size.rows >= parts.extents(x)[1]
    else { throw parts.fault("it has no positions for \(parts.extents(x)[1]) places") }
    let table = try parts.parameter(name + ".weight", [size.rows, size.columns])
    let rows = try parts.slice(name, table, [0, 0], [parts.extents(x)[1], size.columns])
    x = try parts.binary(name + ".add", .add, x, rows)
    return [try norm([model + "layer_norm"], try layers(x))]
  }

  /// What the encoder makes, for the layers that read it; nil where they have kept it.
  mutating func encoded(width: Int) throws(TransformerError) -> TensorID? {
    guard past == 0, let layer = modules.layers.first,
      let cache = modules.first(layer + "encoder_attn", \.cache)
    else { return nil }
    let tokens = cache.fixedElements / (2 * cache.heads * cache.keyExtent)
    return try parts.input("encoder_hidden_states", [batch, tokens, width])
  }
}
