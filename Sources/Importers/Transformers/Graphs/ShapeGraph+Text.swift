import QuantGraph

/// Models of text: embeddings, layers, and one or more heads.
extension ShapeGraph {
  mutating func reader() throws(TransformerError) -> [TensorID] {
    guard let (words, size) = takeFirst(\.embedding) else {
      throw parts.fault("it has no embedding")
    }
    let table = try parts.parameter(words + ".weight", [size.rows, size.columns])
    let ids = try parts.input("input_ids", [batch, tokens], encoding: integers)
    var x = try parts.node(words, .gather, [ids, table], [batch, tokens, size.columns])
    x = try linear(["model.decoder.project_in"], x) ?? x
    while let (name, size) = takeFirst(\.embedding) {
      let ids =
        name.contains("token_type")
        ? try parts.input("token_type_ids", [batch, tokens], encoding: integers)
        : try parts.input("position_ids", [tokens], encoding: integers)
      let table = try parts.parameter(name + ".weight", [size.rows, size.columns])
      let found = try parts.node(name, .gather, [ids, table], parts.extents(ids) + [size.columns])
      x = try parts.binary(name + ".add", .add, x, found)
    }
    x = try norm(modules.left(in: "").filter { $0.contains("embeddings") }, x)
    x = try layers(x, over: try encoded(width: parts.extents(x)[2]))
    if modules.has("cls.predictions.decoder") || has("lm_head.decoder") || has("vocab_projector") {
      return try maskedHead(x, table)
    }
    let pooled = try pool(x)
    if let result = try linear(["classifier"], pooled ?? x) { return [result] }
    if let pooled { return [x, pooled] }
    x = try norm(modules.left(in: ""), x)
    x = try linear(["model.decoder.project_out"], x) ?? x
    guard let name = modules.left(in: "").first, let head = modules.first(name, \.linear) else {
      return [x]
    }
    if head.rows < tokens {
      x = try parts.slice(
        "last_positions", x, [0, tokens - head.rows, 0], [batch, head.rows, parts.extents(x)[2]])
    }
    return [try linear([name], x, tied: table) ?? x]
  }

  /// All layers, one after the other.
  mutating func layers(
    _ data: TensorID, over source: TensorID? = nil
  ) throws(TransformerError) -> TensorID {
    var x = data
    for layer in modules.layers {
      scope = layer
      x = try block(x, over: source)
    }
    scope = ""
    return x
  }

  /// The first token through a layer and a hyperbolic tangent; nil where nothing is pooled.
  mutating func pool(_ data: TensorID) throws(TransformerError) -> TensorID? {
    let names = modules.left(in: "").filter { $0.hasSuffix("pooler.dense") }
    guard let name = names.first else { return nil }
    let first = try token(0, of: data, name + ".first")
    return try parts.unary(name + ".activation", .tanh, try need(names, first))
  }

  /// Words for every position (BERT, arXiv:1810.04805, section 3.1), and whether two texts follow each
  /// other.
  private mutating func maskedHead(
    _ data: TensorID, _ table: TensorID
  ) throws(TransformerError) -> [TensorID] {
    var x = try need(["cls.predictions.transform.dense", "lm_head.dense", "vocab_transform"], data)
    x = try activation("predictions.activation", x)
    x = try norm(
      ["cls.predictions.transform.LayerNorm", "lm_head.layer_norm", "vocab_layer_norm"], x)
    var outputs: [TensorID] = []
    for name in ["cls.predictions.decoder", "lm_head.decoder", "vocab_projector"] {
      if let words = try linear([name], x, tied: table) { outputs.append(words) }
    }
    if let pooled = try pool(data) {
      outputs.append(try need(["cls.seq_relationship"], pooled))
    }
    return outputs
  }
}
