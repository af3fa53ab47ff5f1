import QuantGraph

extension ShapeGraph {
  /// Queries, keys and values; their product in two steps; the projection of what comes out.
  ///
  /// Keys and values are those of `source` where it is given, else of the data, or were kept.
  mutating func attention(
    _ data: TensorID, over source: TensorID? = nil
  ) throws(TransformerError) -> TensorID {
    guard let (place, attention) = takeFirst(\.attention) else {
      throw parts.fault("'\(scope)' has no attention")
    }
    let local = String(place.dropFirst(scope.count))
    let turn = take([local], \.rotary)?.value
    let rotary = turn.flatMap { turn in
      turn.extent > 0
        ? Rotary(extent: turn.extent, pairsNeighbours: turn.pairsNeighbours) : nil
    }
    let cache = take([local], \.cache)?.value
    var result: TensorID
    var gate: TensorID?
    if has(local + ".kv_b_proj") {
      guard let cache else { throw parts.fault("'\(place)' keeps nothing") }
      result = try latent(data, local, attention, cache, rotary)
    } else if let cache, cache.content == .cross {
      let q = try queries(data, local, attention).q
      let (k, v) = try kept(source, local, attention, cache)
      result = try attended(q, k, v, local, attention)
    } else {
      var (q, k, v) = try projections(data, source, local, attention, &gate)
      if let rotary {
        q = try turned(q, rotary, place + ".q_rotary")
        k = try turned(k, rotary, place + ".k_rotary")
      }
      if cache != nil {
        let limit = attention.window.map { max($0 - 1, 0) }
        k = try parts.cache(place + ".keys", adding: k, axis: 2, past: past, limit: limit)
        v = try parts.cache(place + ".values", adding: v, axis: 2, past: past, limit: limit)
      }
      result = try attended(q, k, v, local, attention)
    }
    result = try parts.transpose(place + ".merge", result, [0, 2, 1, 3])
    let extents = parts.extents(result)
    result = try parts.reshape(
      place + ".merge", result, [extents[0], extents[1], extents[2] * extents[3]])
    if let gate {
      let open = try parts.unary(place + ".gate", .sigmoid, gate)
      result = try parts.binary(place + ".gated", .multiply, result, open)
    }
    return try need(
      ["o_proj", "out_proj", "dense", "c_proj", "out_lin", "to_out.0"].map { local + "." + $0 }
        + ["attention.output.dense"], result)
  }

  /// `[batch, heads, tokens, extent]` of `[batch, tokens, heads * extent]`.
  private mutating func heads(
    _ name: String, _ data: TensorID, _ count: Int, _ extent: Int
  ) throws(TransformerError) -> TensorID {
    let extents = parts.extents(data)
    let split = try parts.reshape(name, data, [extents[0], extents[1], count, extent])
    return try parts.transpose(name, split, [0, 2, 1, 3])
  }

  /// Queries, and what gates the result where the layer makes both of one matrix (Qwen3-Next: the two
  /// alternate by head).
  private mutating func queries(
    _ data: TensorID, _ local: String, _ attention: ShapeModule.Attention
  ) throws(TransformerError) -> (q: TensorID, gate: TensorID?) {
    let place = scope + local
    let (count, extent) = (attention.heads, attention.keyExtent)
    var q = try need(["q_proj", "query", "q_lin", "to_q"].map { local + "." + $0 }, data)
    let extents = parts.extents(q)
    var gate: TensorID?
    if extents[2] == 2 * count * extent {
      let both = try parts.reshape(
        place + ".q_gate", q, [extents[0], extents[1], count, 2 * extent])
      let two = try parts.split(place + ".q_gate", both, axis: 3, [extent, extent])
      q = try parts.reshape(place + ".q", two[0], [extents[0], extents[1], count * extent])
      gate = try parts.reshape(
        place + ".gate", two[1], [extents[0], extents[1], count * extent])
    }
    return (try normedHeads(q, local, "q", count, extent), gate)
  }

  /// Keys and values of another sequence, computed once and kept.
  private mutating func kept(
    _ source: TensorID?, _ local: String, _ attention: ShapeModule.Attention,
    _ cache: TransformerWorkload.CacheGroup
  ) throws(TransformerError) -> (TensorID, TensorID) {
    let place = scope + local
    let names = ["k_proj", "v_proj"].map { local + "." + $0 }
    var found: [TensorID] = []
    for (name, kept) in zip(names, [place + ".keys", place + ".values"]) {
      let (count, extent) = (attention.shared, attention.keyExtent)
      if let source {
        let new = try heads(kept, try need([name], source), count, extent)
        found.append(try parts.cache(kept, adding: new, axis: 2, past: 0, limit: nil))
      } else {
        _ = take([name], \.linear)
        let tokens = cache.fixedElements / (2 * count * extent)
        let state = try parts.state(kept, [batch, count, tokens, extent])
        parts.keep(state, as: state)
        found.append(state)
      }
    }
    return (found[0], found[1])
  }

  /// `[batch, heads, tokens, extent]` of queries, keys and values.
  private mutating func projections(
    _ data: TensorID, _ source: TensorID?, _ local: String, _ attention: ShapeModule.Attention,
    _ gate: inout TensorID?
  ) throws(TransformerError) -> (TensorID, TensorID, TensorID) {
    let place = scope + local
    let (count, shared) = (attention.heads, attention.shared)
    let (key, value) = (attention.keyExtent, attention.valueExtent)
    let q: TensorID
    var k: TensorID
    var v: TensorID
    // Joined by head groups: the queries of a group, then its key and value.
    if let joined = try linear([local + ".query_key_value"], data) {
      let extents = parts.extents(joined)
      let group = count / shared
      let split = try parts.reshape(
        place + ".groups", joined, [extents[0], extents[1], shared, group + 2, key])
      let three = try parts.split(place + ".groups", split, axis: 3, [group, 1, 1])
      let joint = try parts.reshape(
        place + ".q", three[0], [extents[0], extents[1], count * key])
      q = try normedHeads(joint, local, "q", count, key)
      k = try parts.reshape(place + ".k", three[1], [extents[0], extents[1], shared * key])
      v = try parts.reshape(place + ".v", three[2], [extents[0], extents[1], shared * value])
    } else if let joined = try linear(
      ["qkv_proj", "c_attn", "Wqkv"].map { local + "." + $0 }, data)
    {
      let three = try parts.split(
        place, joined, axis: 2, [count * key, shared * key, shared * value])
      q = try normedHeads(three[0], local, "q", count, key)
      (k, v) = (three[1], three[2])
    } else {
      (q, gate) = try queries(data, local, attention)
      let other = source ?? data
      k = try need(["k_proj", "key", "k_lin", "to_k"].map { local + "." + $0 }, other)
      v = try need(["v_proj", "value", "v_lin", "to_v"].map { local + "." + $0 }, other)
    }
    k = try normedHeads(k, local, "k", shared, key)
    v = try heads(place + ".v", v, shared, value)
    return (q, k, v)
  }

  /// Heads of queries or keys with the norm that they have, over all of them or over each.
  private mutating func normedHeads(
    _ data: TensorID, _ local: String, _ letter: String, _ count: Int, _ extent: Int
  ) throws(TransformerError) -> TensorID {
    let name = local + "." + letter
    let whole = try normed(data, name + "_norm", count, extent, isSplit: false)
    let extents = parts.extents(whole)
    let split = try parts.reshape(
      scope + name, whole, [extents[0], extents[1], count, extent])
    return try parts.transpose(
      scope + name, try normed(split, name + "_norm", count, extent, isSplit: true), [0, 2, 1, 3])
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
      let each = modules.repetitions(scope + own[1] + ".norms").map { $0 + "weight" }
      guard !each.isEmpty else { return try norm(own, data) }
      var scales: [TensorID] = []
      for name in each {
        guard let shape = modules.take(name, \.parameter) else { continue }
        scales.append(try parts.parameter(name, shape))
      }
      let place = scope + own[1]
      let all = try parts.concatenate(place, scales, axis: 0)
      return try parts.node(
        place + ".norm", .normalizeLayer(axis: 3, epsilon: settings.epsilon),
        [data, try parts.reshape(place + ".scales", all, [heads, extent])], parts.extents(data))
    }
    let isWhole = heads > 1 && first(own, \.norm)?.extent == heads * extent
    return isWhole ? try norm(own, data) : data
  }

  /// Scores, their softmax and the values; `[batch, heads, tokens, value extent]`.
  mutating func attended(
    _ q: TensorID, _ k: TensorID, _ v: TensorID, _ local: String,
    _ attention: ShapeModule.Attention
  ) throws(TransformerError) -> TensorID {
    let place = scope + local
    let (heads, shared) = (attention.heads, attention.shared)
    let (tokens, context) = (parts.extents(q)[2], parts.extents(k)[2])
    let group = heads / shared
    let q = try parts.reshape(
      place + ".q_groups", q, [batch, shared, group, tokens, attention.keyExtent])
    let k = try parts.reshape(
      place + ".k_groups", k, [batch, shared, 1, context, attention.keyExtent])
    let v = try parts.reshape(
      place + ".v_groups", v, [batch, shared, 1, context, attention.valueExtent])
    var scores = try parts.product(
      place + ".scores", q, k, transposesRight: true, columns: context)
    if attention.isCausal, tokens > 1 {
      let mask = try parts.input(
        attention.window.map { "mask.window\($0)" } ?? "mask", [tokens, context])
      scores = try parts.binary(place + ".mask", .add, scores, mask)
    }
    // A score of its own a head, which takes no value.
    let sinks = take([local + ".sinks"], \.parameter)
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
      place + ".values", weights, v, transposesRight: false, columns: attention.valueExtent)
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
    _ data: TensorID, _ local: String, _ attention: ShapeModule.Attention,
    _ cache: TransformerWorkload.CacheGroup, _ given: Rotary?
  ) throws(TransformerError) -> TensorID {
    let place = scope + local
    let (rank, rotary, heads) = (cache.keyExtent, cache.valueExtent, attention.heads)
    let turn = given ?? Rotary(extent: rotary, pairsNeighbours: true)
    var q: TensorID
    if let compressed = try linear([local + ".q_a_proj"], data) {
      q = try need([local + ".q_b_proj"], try norm([local + ".q_a_layernorm"], compressed))
    } else {
      q = try need([local + ".q_proj"], data)
    }
    let plain = parts.extents(q)[2] / heads - rotary
    q = try parts.reshape(place + ".q", q, [batch, tokens, heads, plain + rotary])
    q = try parts.transpose(place + ".q", q, [0, 2, 1, 3])
    let queries = try parts.split(place + ".q", q, axis: 3, [plain, rotary])
    let turnedQueries = try turned(queries[1], turn, place + ".q_rotary")
    let joined = try need([local + ".kv_a_proj_with_mqa"], data)
    let both = try parts.split(place + ".kv_a", joined, axis: 2, [rank, rotary])
    let normed = try norm([local + ".kv_a_layernorm"], both[0])
    let latents = try parts.cache(
      place + ".latents", adding: normed, axis: 1, past: past, limit: nil)
    let keys = try parts.cache(
      place + ".rotary_keys", adding: try turned(both[1], turn, place + ".k_rotary"), axis: 1,
      past: past, limit: nil)
    let context = parts.extents(latents)[1]
    if attention.keyExtent == rank + rotary, attention.shared == 1, tokens == 1, past > 0 {
      return try absorbed(
        queries: queries[0], turnedQueries, latents, keys, local, attention, plain)
    }
    let value = attention.valueExtent
    var kv = try need([local + ".kv_b_proj"], latents)
    kv = try parts.reshape(place + ".kv", kv, [batch, context, heads, plain + value])
    kv = try parts.transpose(place + ".kv", kv, [0, 2, 1, 3])
    let split = try parts.split(place + ".kv", kv, axis: 3, [plain, value])
    let one = try parts.reshape(place + ".rotary_keys", keys, [batch, 1, context, rotary])
    let all = try parts.node(
      place + ".rotary_keys.broadcast", .broadcast, [one], [batch, heads, context, rotary])
    return try attended(
      try parts.concatenate(place + ".q", [queries[0], turnedQueries], axis: 3),
      try parts.concatenate(place + ".k", [split[0], all], axis: 3), split[1], local, attention)
  }

  /// Queries are moved into the latent space, which is what keys and values are in.
  private mutating func absorbed(
    queries: TensorID, _ turnedQueries: TensorID, _ latents: TensorID, _ keys: TensorID,
    _ local: String, _ attention: ShapeModule.Attention, _ plain: Int
  ) throws(TransformerError) -> TensorID {
    let place = scope + local
    guard let (name, linear) = take([local + ".kv_b_proj"], \.linear), !linear.hasBias else {
      throw parts.fault("'\(place).kv_b_proj' cannot be absorbed")
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
      try parts.concatenate(place + ".k", [latents, turned], axis: 3), latents, local, attention)
    return try parts.product(
      name + ".values", result, two[1], transposesRight: true, columns: value)
  }
}

extension String {
  fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + other : self
  }
}
