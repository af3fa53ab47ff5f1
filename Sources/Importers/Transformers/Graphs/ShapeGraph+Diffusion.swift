import QuantGraph

/// One step of models that take noise off an image.
extension ShapeGraph {
  /// DiT (arXiv:2212.09748, section 3.2): blocks whose norms are scaled, moved and gated by what the
  /// time and the class say.
  mutating func diffusionTransformer() throws(TransformerError) -> [TensorID] {
    guard let layer = modules.first("pos_embed.proj", \.convolution) else { return [] }
    let side = size("latent")
    let sample = try parts.input("hidden_states", [batch, layer.inputs, side, side])
    guard let image = try convolution(["pos_embed.proj"], sample) else { return [] }
    let grid = Array(parts.extents(image)[2...])
    var x = try places("pos_embed", of: image)
    let width = parts.extents(x)[2]
    let positions = try parts.input("position_embeddings", [1, grid[0] * grid[1], width])
    x = try parts.binary("pos_embed.add", .add, x, positions)
    var last: TensorID?
    for (index, prefix) in modules.layers.enumerated() {
      scope = prefix
      // The last layer asks the first block's embedders again.
      if index == 0 { last = try condition(isKept: true) }
      x = try adaptiveBlock(x, try condition(isKept: false))
    }
    scope = ""
    guard let last else { throw parts.fault("it has no blocks") }
    let two = try chunks(
      "norm_out", try need(["proj_out_1"], try parts.unary("norm_out.silu", Self.silu, last)), 2)
    x = try modulated("norm_out", x, shift: two[0], scale: two[1])
    x = try need(["proj_out_2"], x)
    let patch = layer.stride
    let channels = parts.extents(x)[2] / (patch * patch)
    x = try parts.reshape("unpatchify", x, [batch, grid[0], grid[1], patch, patch, channels])
    x = try parts.transpose("unpatchify", x, [0, 5, 1, 3, 2, 4])
    return [
      try parts.reshape("sample", x, [batch, channels, grid[0] * patch, grid[1] * patch])
    ]
  }

  private static let silu = UnaryFunction.swish(alpha: 1)

  /// `[batch, width]` of the time's features and the class.
  private mutating func condition(isKept: Bool) throws(TransformerError) -> TensorID {
    let kept = modules
    guard let (name, size) = take(["norm1.emb.class_embedder.embedding_table"], \.embedding),
      let inner = modules.first(scope + "norm1.emb.timestep_embedder.linear_1", \.linear)
    else { throw parts.fault("'\(scope)' has no embedders") }
    let features = try parts.input("timestep_features", [batch, inner.inputs])
    var time = try need(["norm1.emb.timestep_embedder.linear_1"], features)
    time = try parts.unary(scope + "norm1.emb.silu", Self.silu, time)
    time = try need(["norm1.emb.timestep_embedder.linear_2"], time)
    let table = try parts.parameter(name + ".weight", [size.rows, size.columns])
    let labels = try parts.input("class_labels", [batch], encoding: integers)
    let label = try parts.node(name, .gather, [labels, table], [batch, size.columns])
    if isKept { modules = kept }
    return try parts.binary(scope + "norm1.emb.add", .add, time, label)
  }

  private mutating func adaptiveBlock(
    _ x: TensorID, _ condition: TensorID
  ) throws(TransformerError) -> TensorID {
    let open = try parts.unary(scope + "norm1.silu", Self.silu, condition)
    let six = try chunks(scope + "norm1", try need(["norm1.linear"], open), 6)
    let a = try modulated(scope + "norm1", x, shift: six[0], scale: six[1])
    let attended = try parts.binary(
      scope + "attention.gate", .multiply, try attention(a), six[2])
    let y = try parts.binary(scope + "attention.add", .add, x, attended)
    let b = try modulated(scope + "norm3", y, shift: six[3], scale: six[4])
    let z = try parts.binary(scope + "mlp.gate", .multiply, try feedForward(b), six[5])
    return try parts.binary(scope + "mlp.add", .add, y, z)
  }

  /// Equal parts of `[batch, count * width]`, each `[batch, 1, width]`.
  private mutating func chunks(
    _ name: String, _ data: TensorID, _ count: Int
  ) throws(TransformerError) -> [TensorID] {
    let width = parts.extents(data)[1] / count
    let tall = try parts.reshape(name, data, [batch, 1, count * width])
    return try parts.split(name, tall, axis: 2, [Int](repeating: width, count: count))
  }

  /// `norm(x) * (1 + scale) + shift` of a norm without parameters.
  private mutating func modulated(
    _ name: String, _ x: TensorID, shift: TensorID, scale: TensorID
  ) throws(TransformerError) -> TensorID {
    let extents = parts.extents(x)
    let normed = try parts.node(
      name, .normalizeLayer(axis: extents.count - 1, epsilon: settings.epsilon), [x], extents)
    let scaled = try parts.binary(name + ".scale", .multiply, normed, scale)
    let sum = try parts.binary(name + ".scale.add", .add, normed, scaled)
    return try parts.binary(name + ".shift", .add, sum, shift)
  }

  // MARK: U-Net

  /// The network of latent diffusion (arXiv:2112.10752, section 3.3): blocks down, the middle, blocks
  /// up that also read what went down.
  mutating func denoiser() throws(TransformerError) -> [TensorID] {
    let side = size("latent")
    guard let first = modules.first("conv_in", \.convolution),
      let inner = modules.first("time_embedding.linear_1", \.linear)
    else { throw parts.fault("it has no time") }
    let sample = try parts.input("sample", [batch, first.inputs, side, side])
    let features = try parts.input("timestep_features", [batch, inner.inputs])
    var time = try embedded("time_embedding", features)
    if let added = modules.first("add_embedding.linear_1", \.linear) {
      let other = try parts.input("added_features", [batch, added.inputs])
      time = try parts.binary(
        "add_embedding.add", .add, time, try embedded("add_embedding", other))
    }
    time = try parts.unary("time_embedding.silu", Self.silu, time)
    var x = try need(convolution: "conv_in", sample)
    var skipped = [x]
    for block in modules.repetitions("down_blocks") {
      for (index, prefix) in modules.repetitions(block + "resnets").enumerated() {
        x = try stage(x, time, resnet: prefix, block + "attentions.\(index).")
        skipped.append(x)
      }
      scope = block
      if let smaller = try convolution(["downsamplers.0.conv"], x) {
        x = smaller
        skipped.append(x)
      }
    }
    x = try stage(x, time, resnet: "mid_block.resnets.0.", "mid_block.attentions.0.")
    x = try residual(x, time, "mid_block.resnets.1.")
    for block in modules.repetitions("up_blocks") {
      for (index, prefix) in modules.repetitions(block + "resnets").enumerated() {
        guard let skip = skipped.popLast() else {
          throw parts.fault("'\(prefix)' finds nothing that went down")
        }
        x = try parts.concatenate(prefix + "skip", [x, skip], axis: 1)
        x = try stage(x, time, resnet: prefix, block + "attentions.\(index).")
      }
      scope = block
      guard has("upsamplers.0.conv"), let next = skipped.last else { continue }
      // To the size of what went down there, which is odd for some images.
      let extents = Array(parts.extents(x)[..<2]) + parts.extents(next)[2...]
      let resize = Resize(
        interpolation: .nearest(.floor), coordinates: .asymmetric, layout: .channelsFirst)
      x = try parts.node(block + "upsamplers.0.resize", .resize(resize), [x], extents)
      x = try need(convolution: "upsamplers.0.conv", x)
    }
    scope = ""
    x = try groupNorm("conv_norm_out", x)
    x = try parts.unary("conv_norm_out.silu", Self.silu, x)
    return [try need(convolution: "conv_out", x)]
  }

  private mutating func embedded(
    _ name: String, _ features: TensorID
  ) throws(TransformerError) -> TensorID {
    let hidden = try need([name + ".linear_1"], features)
    return try need(
      [name + ".linear_2"], try parts.unary(name + ".activation", Self.silu, hidden))
  }

  private mutating func need(
    convolution name: String, _ data: TensorID
  ) throws(TransformerError) -> TensorID {
    guard let found = try convolution([name], data) else {
      throw parts.fault("'\(scope)' has no \(name)")
    }
    return found
  }

  /// Two convolutions, then a transformer over the places if there is one.
  private mutating func stage(
    _ data: TensorID, _ time: TensorID, resnet: String, _ attention: String
  ) throws(TransformerError) -> TensorID {
    let x = try residual(data, time, resnet)
    scope = attention
    guard has("norm") else { return x }
    let extents = parts.extents(x)
    var tokens = try groupNorm("norm", x)
    if let mixed = try convolution(["proj_in"], tokens) {
      tokens = try places(scope + "places", of: mixed)
    } else {
      tokens = try need(["proj_in"], try places(scope + "places", of: tokens))
    }
    for block in modules.repetitions(attention + "transformer_blocks") {
      scope = block
      guard let keys = modules.first(block + "attn2.to_k", \.linear) else {
        throw parts.fault("'\(block)' has no second attention")
      }
      let text = try parts.input(
        "encoder_hidden_states", [batch, size("text_tokens"), keys.inputs])
      tokens = try self.block(tokens, over: text)
    }
    scope = attention
    let mixed = try linear(["proj_out"], tokens)
    var image = try parts.transpose(scope + "image", mixed ?? tokens, [0, 2, 1])
    image = try parts.reshape(scope + "image", image, extents)
    if mixed == nil { image = try need(convolution: "proj_out", image) }
    return try parts.binary(scope + "add", .add, image, x)
  }

  private mutating func residual(
    _ data: TensorID, _ time: TensorID, _ prefix: String
  ) throws(TransformerError) -> TensorID {
    scope = prefix
    var x = try parts.unary(prefix + "silu1", Self.silu, try groupNorm("norm1", data))
    x = try need(convolution: "conv1", x)
    let moved = try need(["time_emb_proj"], time)
    x = try parts.binary(
      prefix + "time.add", .add, x,
      try parts.reshape(prefix + "time", moved, [batch, parts.extents(x)[1], 1, 1]))
    x = try parts.unary(prefix + "silu2", Self.silu, try groupNorm("norm2", x))
    x = try need(convolution: "conv2", x)
    let kept = try convolution(["conv_shortcut"], data) ?? data
    return try parts.binary(prefix + "add", .add, x, kept)
  }

  /// A norm over the places and neighbouring channels of a group (arXiv:1803.08494).
  private mutating func groupNorm(
    _ name: String, _ data: TensorID
  ) throws(TransformerError) -> TensorID {
    guard let (name, norm) = take([name], \.norm) else {
      throw parts.fault("'\(scope)' has no \(name)")
    }
    let extents = parts.extents(data)
    let groups = settings.groups
    guard extents[1] == norm.extent, norm.extent % groups == 0 else {
      throw parts.fault("\(norm.extent) channels of '\(name)' are no \(groups) groups")
    }
    let grouped = [extents[0], groups, norm.extent / groups] + extents[2...]
    let factors = [groups, norm.extent / groups] + extents[2...].map { _ in 1 }
    var operands = [
      try parts.reshape(name + ".groups", data, grouped),
      try parts.reshape(
        name + ".scales", try parts.parameter(name + ".weight", [norm.extent]), factors),
    ]
    if norm.hasBias {
      operands.append(
        try parts.reshape(
          name + ".shifts", try parts.parameter(name + ".bias", [norm.extent]), factors))
    }
    let normed = try parts.node(
      name, .normalizeLayer(axis: 2, epsilon: settings.epsilon), operands, grouped)
    return try parts.reshape(name + ".channels", normed, extents)
  }
}
