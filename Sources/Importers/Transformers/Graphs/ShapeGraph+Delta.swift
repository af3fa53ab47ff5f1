import QuantGraph

/// Linear attention by the delta rule (Qwen3-Next; Gated DeltaNet, arXiv:2412.06464, figure 1).
extension ShapeGraph {
  /// What a token adds to a memory of values by keys, and what its query reads there.
  mutating func deltaMixer(_ data: TensorID) throws(TransformerError) -> TensorID {
    let place = scope + "linear_attn"
    guard let (conv, convolution) = take(["linear_attn.conv1d"], \.convolution),
      let (decay, counts) = take(["linear_attn.A_log"], \.parameter),
      let (offset, _) = take(["linear_attn.dt_bias"], \.parameter),
      let inner = first(["linear_attn.out_proj"], \.linear)?.inputs,
      let cache = take(["linear_attn"], \.cache)?.value
    else { throw parts.fault("'\(place)' is no known mixer") }
    while takeFirst(\.isProduct) != nil {}
    let heads = counts[0]
    let value = inner / heads
    let mixed = convolution.outputs
    let keys = (mixed - inner) / 2
    let key = (cache.fixedElements - mixed * convolution.kernel[0]) / inner
    let groups = keys / max(key, 1)
    guard groups > 0, heads % groups == 0 else {
      throw parts.fault("\(heads) heads of '\(place)' are no multiple of \(groups)")
    }
    // Both are joined by key heads: a query, a key, and the values and gates of the heads that share them.
    let share = heads / groups
    let joined = try parts.reshape(
      place + ".qkvz", try need(["linear_attn.in_proj_qkvz"], data),
      [batch, tokens, groups, 2 * key + 2 * share * value])
    let four = try parts.split(
      place + ".qkvz", joined, axis: 3, [key, key, share * value, share * value])
    let both = try parts.reshape(
      place + ".ba", try need(["linear_attn.in_proj_ba"], data), [batch, tokens, groups, 2 * share])
    let two = try parts.split(place + ".ba", both, axis: 3, [share, share])
    var flat: [TensorID] = []
    for (name, piece, width) in [("q", four[0], keys), ("k", four[1], keys), ("v", four[2], inner)]
    {
      flat.append(try parts.reshape("\(place).\(name)", piece, [batch, tokens, width]))
    }
    let convolved = try convolved(
      try parts.concatenate(place + ".qkv", flat, axis: 2), conv, convolution, doublePadding: false)
    let three = try parts.split(place + ".qkv", convolved, axis: 2, [keys, keys, inner])
    let q = try spread(place + ".queries", three[0], groups, share, key)
    let k = try spread(place + ".keys", three[1], groups, share, key)
    let v = try parts.reshape(place + ".values", three[2], [batch, tokens, heads, value])
    let each = [batch, tokens, heads]
    let rates = try parts.unary(
      place + ".rates", .sigmoid, try parts.reshape(place + ".rates", two[0], each))
    let steps = try parts.unary(
      place + ".softplus", .softplus,
      try parts.binary(
        place + ".steps", .add, try parts.reshape(place + ".steps", two[1], each),
        try parts.parameter(offset, [heads])))
    let factors = try parts.unary(
      decay + ".negative", .negate,
      try parts.unary(decay + ".exponential", .exponential, try parts.parameter(decay, [heads])))
    let decays = try parts.unary(
      place + ".decay", .exponential, try parts.binary(place + ".decay", .multiply, steps, factors))
    let kept = [batch, heads, value, key]
    let state = try parts.state(place + ".state", kept)
    let states = try parts.nodes(
      place + ".update", .deltaRule, [k, v, decays, rates, state],
      [[batch, tokens, heads, value, key], kept])
    parts.keep(state, as: states[1])
    let column = try parts.reshape(place + ".query", q, [batch, tokens, heads, key, 1])
    let read = try parts.product(
      place + ".read", states[0], column, transposesRight: false, columns: 1)
    var y = try norm(
      ["linear_attn.norm"], try parts.reshape(place + ".result", read, each + [value]))
    let open = try activation(
      place + ".gate_activation", try parts.reshape(place + ".gate", four[3], each + [value]))
    y = try parts.binary(place + ".gate", .multiply, y, open)
    return try need(
      ["linear_attn.out_proj"], try parts.reshape(place + ".merge", y, [batch, tokens, inner]))
  }

  /// Vectors of length 1, `[batch, tokens, heads, extent]`, each for as many heads as share it.
  private mutating func spread(
    _ name: String, _ data: TensorID, _ groups: Int, _ share: Int, _ extent: Int
  ) throws(TransformerError) -> TensorID {
    let grouped = try parts.reshape(name, data, [batch, tokens, groups, 1, extent])
    let all = try parts.node(
      name + ".broadcast", .broadcast, [grouped], [batch, tokens, groups, share, extent])
    let heads = try parts.reshape(
      name + ".heads", all, [batch, tokens, groups * share, extent])
    return try parts.node(name + ".length", .normalizeLength, [heads], parts.extents(heads))
  }
}
