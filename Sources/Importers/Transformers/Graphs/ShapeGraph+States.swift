import QuantGraph

/// Blocks whose layers keep a state: a short convolution, then a linear recurrence.
extension ShapeGraph {
  mutating func mixer(_ x: TensorID) throws(TransformerError) -> TensorID {
    let data = try norm(["norm"], x)
    let hasHeads = has("mixer.dt_bias")
    guard let (conv, convolution) = take(["mixer.conv1d"], \.convolution),
      let (place, decay) = take(["mixer.A_log"], \.parameter),
      let (direct, _) = take(["mixer.D"], \.parameter),
      let cache = take(["mixer"], \.cache)?.value
    else { throw parts.fault("'\(scope)' is no known mixer") }
    while takeFirst(\.isProduct) != nil {}
    let mixed = convolution.outputs
    let joined = try need(["mixer.in_proj"], data)
    let width = parts.extents(joined)[2]
    // Mamba: values and gate; Mamba-2: gate, values with their matrices, steps.
    let pieces = try parts.split(
      scope + "mixer.in", joined, axis: 2,
      hasHeads ? heads(width, mixed, decay[0]) : [mixed, width - mixed])
    let convolved = try self.convolved(
      hasHeads ? pieces[1] : pieces[0], conv, convolution, doublePadding: !hasHeads)
    let bias: TensorID? =
      if let (name, shape) = take(["mixer.dt_bias"], \.parameter) {
        try parts.parameter(name, shape)
      } else {
        nil
      }
    let factors = try parts.parameter(place, decay)
    let rates = try parts.unary(
      place + ".negative", .negate, try parts.unary(place + ".exponential", .exponential, factors))
    let result: TensorID
    if let bias {
      let inner = parts.extents(pieces[0])[2]
      let steps = try parts.unary(
        scope + "mixer.softplus", .softplus,
        try parts.binary(scope + "mixer.steps", .add, pieces[2], bias))
      let y = try headScan(
        convolved, steps, rates, try parts.parameter(direct, [decay[0]]), scope + "mixer",
        heads: decay[0], inner: inner,
        state: (cache.fixedElements - mixed * convolution.kernel[0]) / inner)
      let gated = try parts.binary(
        scope + "mixer.gate", .multiply, y,
        try activation(scope + "mixer.gate_activation", pieces[0]))
      result = try norm(["mixer.norm"], gated)
    } else {
      let y = try channelScan(
        convolved, rates, try parts.parameter(direct, [mixed]), scope + "mixer", mixed, decay[1])
      result = try parts.binary(
        scope + "mixer.gate", .multiply, y,
        try activation(scope + "mixer.gate_activation", pieces[1]))
    }
    return try parts.binary(
      scope + "add", .add, x, try need(["mixer.out_proj"], result))
  }

  private func heads(_ width: Int, _ mixed: Int, _ heads: Int) -> [Int] {
    [width - mixed - heads, mixed, heads]
  }

  /// A causal convolution over the tokens and what the state keeps of earlier ones;
  /// `[batch, tokens, channels]`.
  ///
  /// With `doublePadding` positions beyond the last token are computed and cut off, as the class of
  /// Mamba does.
  mutating func convolved(
    _ data: TensorID, _ name: String, _ layer: ShapeModule.Convolution, doublePadding: Bool
  ) throws(TransformerError) -> TensorID {
    let (channels, kernel) = (layer.outputs, layer.kernel[0])
    let turned = try parts.transpose(name + ".in", data, [0, 2, 1])
    let state = try parts.state(name + ".state", [batch, channels, kernel])
    // Everything that was seen, of which the last `kernel` columns are kept.
    let all = try parts.concatenate(name + ".seen", [state, turned], axis: 2)
    func columns(_ count: Int, _ end: Int, _ name: String) throws(TransformerError) -> TensorID {
      let extents = [batch, channels, count]
      return try parts.node(
        name, .slice(Slice(begin: [0, 0, end - count], extents: extents, strides: [1, 1, 1])),
        [all], extents)
    }
    let next = try columns(kernel, kernel + tokens, name + ".recent")
    parts.keep(state, as: next)
    let isStep = past > 0
    var window = turned
    var (before, after) = (kernel - 1, doublePadding ? kernel - 1 : 0)
    if isStep {
      window = next
      if !doublePadding { before = 0 }
    }
    let length = parts.extents(window)[2]
    if isStep, !doublePadding { after = 0 }
    let positions = length + before + after - kernel + 1
    var operands = [
      window,
      try parts.parameter(
        name + ".weight", [channels, layer.inputs / layer.groups] + layer.kernel),
    ]
    if layer.hasBias { operands.append(try parts.parameter(name + ".bias", [channels])) }
    var result = try parts.node(
      name,
      .convolution(
        Convolution(
          kernel: [kernel], strides: [1], dilations: [1], paddingBefore: [before],
          paddingAfter: [after], layout: .channelsFirst, grouping: .groups(layer.groups),
          weightLayout: .filtersChannelsKernel)), operands, [batch, channels, positions])
    if positions > tokens {
      let extents = [batch, channels, tokens]
      let begin = [0, 0, isStep ? length - tokens : 0]
      result = try parts.node(
        name + ".cut",
        .slice(Slice(begin: begin, extents: extents, strides: [1, 1, 1])), [result], extents)
    }
    return try activation(
      name + ".activation", try parts.transpose(name + ".out", result, [0, 2, 1]))
  }

  /// Mamba (arXiv:2312.00752, algorithm 2): a state of `[channels, size]`.
  private mutating func channelScan(
    _ data: TensorID, _ rates: TensorID, _ direct: TensorID, _ place: String, _ channels: Int,
    _ size: Int
  ) throws(TransformerError) -> TensorID {
    let parameters = try need(["mixer.x_proj"], data)
    let rank = parts.extents(parameters)[2] - 2 * size
    let three = try parts.split(place + ".x", parameters, axis: 2, [rank, size, size])
    let steps = try parts.unary(
      place + ".softplus", .softplus, try need(["mixer.dt_proj"], three[0]))
    let full = [batch, tokens, channels, size]
    func spread(_ data: TensorID, _ extents: [Int], _ name: String) throws(TransformerError)
      -> TensorID
    {
      try parts.node(
        name + ".broadcast", .broadcast, [try parts.reshape(name, data, extents)], full)
    }
    let wide = try spread(steps, [batch, tokens, channels, 1], place + ".steps")
    let factors = try parts.unary(
      place + ".decay", .exponential, try parts.binary(place + ".rates", .multiply, wide, rates))
    let inputs = try parts.binary(place + ".inputs", .multiply, steps, data)
    let terms = try parts.binary(
      place + ".terms", .multiply,
      try spread(inputs, [batch, tokens, channels, 1], place + ".inputs"),
      try parts.reshape(place + ".b", three[1], [batch, tokens, 1, size]))
    let states = try scanned(factors, terms, place)
    let c = try parts.reshape(place + ".c", three[2], [batch, tokens, size, 1])
    let read = try parts.product(place + ".scan", states, c, transposesRight: false, columns: 1)
    let y = try parts.reshape(place + ".read", read, [batch, tokens, channels])
    let skip = try parts.binary(place + ".skip", .multiply, data, direct)
    return try parts.binary(place + ".skip.add", .add, y, skip)
  }

  /// Mamba-2 (arXiv:2405.21060, section 7): heads of `[extent, size]`, one decay a head.
  private mutating func headScan(
    _ data: TensorID, _ steps: TensorID, _ rates: TensorID, _ direct: TensorID, _ place: String,
    heads: Int, inner: Int, state size: Int
  ) throws(TransformerError) -> TensorID {
    let extent = inner / heads
    let groups = (parts.extents(data)[2] - inner) / (2 * size)
    let three = try parts.split(
      place + ".x", data, axis: 2, [inner, groups * size, groups * size])
    func matrices(_ data: TensorID, _ last: [Int], _ name: String) throws(TransformerError)
      -> TensorID
    {
      let grouped = try parts.reshape(name, data, [batch, tokens, groups, 1, size])
      let all = try parts.node(
        name + ".broadcast", .broadcast, [grouped], [batch, tokens, groups, heads / groups, size])
      return try parts.reshape(name + ".heads", all, [batch, tokens, heads] + last)
    }
    let values = try parts.reshape(place + ".values", three[0], [batch, tokens, heads, extent])
    let wide = try parts.reshape(place + ".steps", steps, [batch, tokens, heads, 1])
    let inputs = try parts.binary(place + ".inputs", .multiply, values, wide)
    let terms = try parts.product(
      place + ".update",
      try parts.reshape(place + ".inputs", inputs, [batch, tokens, heads, extent, 1]),
      try matrices(three[1], [1, size], place + ".b"), transposesRight: false, columns: size)
    let decay = try parts.unary(
      place + ".decay", .exponential, try parts.binary(place + ".rates", .multiply, steps, rates))
    let factors = try parts.node(
      place + ".decay.broadcast", .broadcast,
      [try parts.reshape(place + ".decay", decay, [batch, tokens, heads, 1, 1])],
      [batch, tokens, heads, extent, size])
    let states = try scanned(factors, terms, place)
    let read = try parts.product(
      place + ".read", states, try matrices(three[2], [size, 1], place + ".c"),
      transposesRight: false, columns: 1)
    let y = try parts.reshape(place + ".read", read, [batch, tokens, heads, extent])
    let skip = try parts.binary(
      place + ".skip", .multiply, values, try parts.reshape(place + ".d", direct, [heads, 1]))
    return try parts.reshape(
      place + ".result", try parts.binary(place + ".skip.add", .add, y, skip),
      [batch, tokens, inner])
  }

  /// The states after each token.
  private mutating func scanned(
    _ factors: TensorID, _ terms: TensorID, _ place: String
  ) throws(TransformerError) -> TensorID {
    let full = parts.extents(factors)
    let kept = [batch] + full[2...]
    let state = try parts.state(place + ".state", kept)
    let results = try parts.nodes(
      place + ".recurrence", .recurrence(Recurrence(axis: 1)), [factors, terms, state],
      [full, kept])
    parts.keep(state, as: results[1])
    return results[0]
  }
}
