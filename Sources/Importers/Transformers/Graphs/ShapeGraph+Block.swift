import QuantGraph

/// A block of a transformer: attention, attention to another sequence where there is one, and a feed
/// forward network, each with its norm and added to what it reads.
extension ShapeGraph {
  private static let first = [
    "input_layernorm", "ln_1", "norm_1", "self_attn_layer_norm", "ln_attn", "layernorm_before",
    "attention.output.LayerNorm", "sa_layer_norm", "norm1",
  ]
  private static let second = [
    "post_attention_layernorm", "ln_2", "norm_2", "final_layer_norm", "ln_mlp", "layernorm_after",
    "output.LayerNorm", "output_layer_norm", "norm3",
  ]

  /// - Parameters:
  ///   - x: `[batch, tokens, width]`.
  ///   - source: what the second attention is over, `[batch, tokens, width]`; nil where its keys and
  ///     values are kept.
  /// - Returns: `[batch, tokens, width]`.
  /// - Throws: if a part of the block is missing.
  mutating func block(_ x: TensorID, over source: TensorID?) throws(TransformerError) -> TensorID {
    let isParallel = takeFirst(\.parallel)?.value ?? false
    let normsFollow = takeFirst(\.follows)?.value ?? false
    if has("mixer.in_proj") { return try mixer(x) }
    // Gemma 2 and OLMo 2 have norms after each half, GLM-4 under names of its own.
    let isSandwich = has("pre_feedforward_layernorm") || has("post_feedforward_layernorm")
    if normsFollow {
      var y = try parts.binary(scope + "attention.add", .add, x, try attention(x))
      y = try norm(Self.first, y)
      let z = try parts.binary(scope + "mlp.add", .add, y, try feedForward(y))
      return try norm(Self.second, z)
    }
    let a = try norm(Self.first, x)
    var attended = has("linear_attn.in_proj_qkvz") ? try deltaMixer(a) : try attention(a)
    attended = try norm(
      isSandwich ? ["post_attention_layernorm"] : ["post_self_attn_layernorm"], attended)
    if isParallel {
      let b = Self.second.contains(where: has) ? try norm(Self.second, x) : a
      let sum = try parts.binary(scope + "halves.add", .add, attended, try feedForward(b))
      return try parts.binary(scope + "add", .add, x, sum)
    }
    var y = try parts.binary(scope + "attention.add", .add, x, attended)
    if has("encoder_attn") || has("attn2") {
      let b = try norm(["encoder_attn_layer_norm", "norm2"], y)
      y = try parts.binary(scope + "cross.add", .add, y, try attention(b, over: source))
    }
    let b = try norm(isSandwich ? ["pre_feedforward_layernorm"] : Self.second, y)
    let z = try norm(["post_feedforward_layernorm", "post_mlp_layernorm"], try feedForward(b))
    return try parts.binary(scope + "mlp.add", .add, y, z)
  }
}
