import QuantGraph

extension DecoderGraph {
  /// Queries, keys and values; their product in two steps; the projection of what comes out.
  mutating func attention(_ data: TensorID) throws(TransformerError) -> TensorID {
    guard let (module, attention) = takeFirst(\.attention), attention.isCausal else {
      throw parts.fault("layer \(layer ?? 0) has no causal attention")
    }
    let place = module.name(in: layer)
    let scope = module.nameInLayer
    let turn = take([scope], \.rotary)?.value
    let rotary = turn.flatMap { turn in
      turn.extent > 0
        ? Rotary(extent: turn.extent, pairsNeighbours: turn.pairsNeighbours) : nil
    }
    let cache = take([scope], \.cache)?.value
    let result: TensorID
    if has(scope + ".kv_b_proj") {
      guard let cache else { throw parts.fault("'\(scope)' keeps nothing") }
      result = try latent(data, scope, place, attention, cache, rotary)
    } else {
      var (q, k, v) = try projections(data, scope, place, attention)
      if let rotary {
        q = try turned(q, rotary, place + ".q_rotary")
        k = try turned(k, rotary, place + ".k_rotary")
      }
      if cache != nil {
        let limit = attention.window.map { max($0 - 1, 0) }
        k = try parts.cache(place + ".keys", adding: k, axis: 2, past: past, limit: limit)
        v = try parts.cache(place + ".values", adding: v, axis: 2, past: past, limit: limit)
      }
      result = try attended(q, k, v, scope, place, attention)
    }
    let transposed = try parts.transpose(place + ".merge", result, [0, 2, 1, 3])
    let extents = parts.extents(transposed)
    let merged = try parts.reshape(
      place + ".merge", transposed, [batch, tokens, extents[2] * extents[3]])
    return try need(["o_proj", "out_proj", "dense", "c_proj"].map { scope + "." + $0 }, merged)
  }

  /// `[batch, heads, tokens, extent]` of queries, keys and values.
  private mutating func projections(
    _ data: TensorID, _ scope: String, _ place: String, _ attention: ShapeModule.Attention
  ) throws(TransformerError) -> (TensorID, TensorID, TensorID) {
    let (heads, shared) = (attention.heads, attention.shared)
    let (key, value) = (attention.keyExtent, attention.valueExtent)
    var q: TensorID
    var k: TensorID
    var v: TensorID
    // Joined by head groups: the queries of a group, then its key and value.
    if let joined = try linear(
      ["query_key_value"].map { scope + "." + $0 }, data)
    {
      let group = heads / shared
      let split = try parts.reshape(
        place + ".groups", joined, [batch, tokens, shared, group + 2, key])
      let three = try parts.split(place + ".groups", split, axis: 3, [group, 1, 1])
      q = try parts.reshape(place + ".q", three[0], [batch, tokens, heads, key])
      k = try parts.reshape(place + ".k", three[1], [batch, tokens, shared, key])
      v = try parts.reshape(place + ".v", three[2], [batch, tokens, shared, value])
    } else {
      if let joined = try linear(
        ["qkv_proj", "c_attn", "Wqkv"].map { scope + "." + $0 }, data)
      {
        let three = try parts.split(
          place, joined, axis: 2, [heads * key, shared * key, shared * value])
        (q, k, v) = (three[0], three[1], three[2])
      } else {
        q = try need([scope + ".q_proj"], data)
        k = try need([scope + ".k_proj"], data)
        v = try need([scope + ".v_proj"], data)
      }
      q = try parts.reshape(
        place + ".q", try normed(q, scope + ".q_norm", heads, key, isSplit: false),
        [batch, tokens, heads, key])
      k = try parts.reshape(
        place + ".k", try normed(k, scope + ".k_norm", shared, key, isSplit: false),
        [batch, tokens, shared, key])
      v = try parts.reshape(place + ".v", v, [batch, tokens, shared, value])
    }
    q = try normed(q, scope + ".q_norm", heads, key, isSplit: true)
    k = try normed(k, scope + ".k_norm", shared, key, isSplit: true)
    return (
      try parts.transpose(place + ".q", q, [0, 2, 1, 3]),
      try parts.transpose(place + ".k", k, [0, 2, 1, 3]),
      try parts.transpose(place + ".v", v, [0, 2, 1, 3])
    )
  }

  /// A norm over all heads together, or over each.
  private mutating func normed(
    _ data: TensorID, _ name: String, _ heads: Int, _ extent: Int, isSplit: Bool
  ) throws(TransformerError) -> TensorID {
    let own = [name, name.replacingSuffix("_norm", by: "_layernorm")]
    if isSplit {
      if let (name, shape) = take([name + ".weight"], \.parameter) {
        return try parts.node(
          name + ".norm", .normalizeLayer(axis: 3, epsilon: settings.epsilon),
          [data, try parts.parameter(name, shape)], parts.extents(data))
      }
      if let (names, shape) = takeRepeated(own[1] + ".norms.*.weight") {
        var scales: [TensorID] = []
        for name in names { scales.append(try parts.parameter(name, shape)) }
        let all = try parts.concatenate(own[1], scales, axis: 0)
        return try parts.node(
          own[1] + ".norm.\(layer ?? 0)", .normalizeLayer(axis: 3, epsilon: settings.epsilon),
          [data, try parts.reshape(own[1] + ".scales", all, [heads, extent])], parts.extents(data))
      }
      return try norm(own, data)
    }
    let isWhole = heads > 1 && hasNorm(own, extent: heads * extent)
    return isWhole ? try norm(own, data) : data
  }

  /// Scores, their softmax and the values; `[batch, heads, tokens, value extent]`.
  mutating func attended(
    _ q: TensorID, _ k: TensorID, _ v: TensorID, _ scope: String, _ place: String,
    _ attention: ShapeModule.Attention
  ) throws(TransformerError) -> TensorID {
    let (heads, shared) = (attention.heads, attention.shared)
    let context = parts.extents(k)[2]
    let group = heads / shared
    let q = try parts.reshape(
      place + ".q_groups", q, [batch, shared, group, tokens, attention.keyExtent])
    let k = try parts.reshape(
      place + ".k_groups", k, [batch, shared, 1, context, attention.keyExtent])
    let v = try parts.reshape(
      place + ".v_groups", v, [batch, shared, 1, context, attention.valueExtent])
    var scores = try parts.product(
      place + ".scores", q, k, transposesRight: true, columns: context)
    if tokens > 1 {
      let mask = try parts.input(
        attention.window.map { "mask.window\($0)" } ?? "mask", [tokens, context])
      scores = try parts.binary(place + ".mask", .add, scores, mask)
    }
    // A score of its own a head, which takes no value.
    let sinks = take([scope + ".sinks"], \.parameter)
    if let (name, shape) = sinks {
      let parameter = try parts.reshape(
        name, try parts.parameter(name, shape), [1, shared, group, 1, 1])
      let all = try parts.node(
        name + ".broadcast", .broadcast, [parameter], [batch, shared, group, tokens, 1])
      scores = try parts.concatenate(name, [scores, all], axis: 4)
    }
    var weights = try parts.node(
      place + ".softmax", .axisSoftmax(AxisSoftmax(axis: 4)), [scores], parts.extents(scores))
    if let (name, _) = sinks {
      weights = try parts.split(name, weights, axis: 4, [context, 1])[0]
    }
    let result = try parts.product(
      place + ".weighted", weights, v, transposesRight: false, columns: attention.valueExtent)
    return try parts.reshape(
      place + ".heads", result, [batch, heads, tokens, attention.valueExtent])
  }

  /// The last but one axis are this run's positions.
  private mutating func turned(
    _ data: TensorID, _ rotary: Rotary, _ name: String
  ) throws(TransformerError) -> TensorID {
    let half = [tokens, rotary.extent / 2]
    let cosines = try parts.input("cosines.\(rotary.extent)", half)
    let sines = try parts.input("sines.\(rotary.extent)", half)
    return try parts.node(name, .rotary(rotary), [data, cosines, sines], parts.extents(data))
  }

  /// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1).
  private mutating func latent(
    _ data: TensorID, _ scope: String, _ place: String, _ attention: ShapeModule.Attention,
    _ cache: TransformerWorkload.CacheGroup, _ given: Rotary?
  ) throws(TransformerError) -> TensorID {
    let (rank, rotary, heads) = (cache.keyExtent, cache.valueExtent, attention.heads)
    let turn = given ?? Rotary(extent: rotary, pairsNeighbours: true)
    var q: TensorID
    if let compressed = try linear([scope + ".q_a_proj"], data) {
      q = try need([scope + ".q_b_proj"], try norm([scope + ".q_a_layernorm"], compressed))
    } else {
      q = try need([scope + ".q_proj"], data)
    }
    let plain = parts.extents(q)[2] / heads - rotary
    q = try parts.reshape(place + ".q", q, [batch, tokens, heads, plain + rotary])
    q = try parts.transpose(place + ".q", q, [0, 2, 1, 3])
    let queries = try parts.split(place + ".q", q, axis: 3, [plain, rotary])
    let turnedQueries = try turned(queries[1], turn, place + ".q_rotary")
    let joined = try need([scope + ".kv_a_proj_with_mqa"], data)
    let both = try parts.split(place + ".kv_a", joined, axis: 2, [rank, rotary])
    let normed = try norm([scope + ".kv_a_layernorm"], both[0])
    let latents = try parts.cache(
      place + ".latents", adding: normed, axis: 1, past: past, limit: nil)
    let keys = try parts.cache(
      place + ".rotary_keys", adding: try turned(both[1], turn, place + ".k_rotary"), axis: 1,
      past: past, limit: nil)
    let context = parts.extents(latents)[1]
    if attention.keyExtent == rank + rotary, attention.shared == 1, tokens == 1, past > 0 {
      return try absorbed(
        queries: queries[0], turnedQueries, latents, keys, scope, place, attention, plain)
    }
    let value = attention.valueExtent
    var kv = try need([scope + ".kv_b_proj"], latents)
    kv = try parts.reshape(place + ".kv", kv, [batch, context, heads, plain + value])
    kv = try parts.transpose(place + ".kv", kv, [0, 2, 1, 3])
    let split = try parts.split(place + ".kv", kv, axis: 3, [plain, value])
    let one = try parts.reshape(place + ".rotary_keys", keys, [batch, 1, context, rotary])
    let all = try parts.node(
      place + ".rotary_keys.broadcast", .broadcast, [one], [batch, heads, context, rotary])
    return try attended(
      try parts.concatenate(place + ".q", [queries[0], turnedQueries], axis: 3),
      try parts.concatenate(place + ".k", [split[0], all], axis: 3), split[1], scope, place,
      attention)
  }

  /// Queries are moved into the latent space, which is what keys and values are in.
  private mutating func absorbed(
    queries: TensorID, _ turnedQueries: TensorID, _ latents: TensorID, _ keys: TensorID,
    _ scope: String, _ place: String, _ attention: ShapeModule.Attention, _ plain: Int
  ) throws(TransformerError) -> TensorID {
    guard let (name, linear) = take([scope + ".kv_b_proj"], \.linear), !linear.hasBias else {
      throw parts.fault("'\(scope).kv_b_proj' cannot be absorbed")
    }
    let heads = attention.heads
    let (rank, value) = (linear.inputs, linear.outputs / heads - plain)
    let weights = try parts.reshape(
      name, try parts.parameter(name + ".weight", [linear.outputs, rank]),
      [heads, plain + value, rank])
    let two = try parts.split(name, weights, axis: 1, [plain, value])
    let moved = try parts.product(
      name + ".queries", queries, two[0], transposesRight: false, columns: rank)
    let context = parts.extents(latents)[1]
    let latents = try parts.reshape(place + ".latents", latents, [batch, 1, context, rank])
    let turned = try parts.reshape(
      place + ".rotary_keys", keys, [batch, 1, context, parts.extents(keys)[2]])
    let result = try attended(
      try parts.concatenate(place + ".q", [moved, turnedQueries], axis: 3),
      try parts.concatenate(place + ".k", [latents, turned], axis: 3), latents, scope, place,
      attention)
    return try parts.product(
      name + ".values", result, two[1], transposesRight: true, columns: value)
  }
}

extension String {
  fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + other : self
  }
}
