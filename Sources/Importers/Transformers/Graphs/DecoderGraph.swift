import Arith
import QuantGraph

/// Connects the modules of a decoder: embeddings, blocks of two halves, a head.
///
/// Classes of transformers give the parts of a block a few names; what stands under a name that is
/// not known here makes no graph. Scores have no factor, as it is no shape.
struct DecoderGraph {
  var parts: GraphParts
  let batch: Int
  let tokens: Int
  /// Tokens in the caches before the run.
  let past: Int
  let settings: DecoderSettings
  /// Encoding of positions in tables.
  let integers: Encoding
  /// Modules that no node stands for yet, by layer (-1: outside of layers).
  private var left: [Int: [ShapeModule]] = [:]
  var layer: Int?

  /// - Throws: if layers are nested, as no decoder's are.
  init(
    family: String, modules: [ShapeModule], settings: DecoderSettings, encoding: Encoding,
    batch: Int, tokens: Int, past: Int
  ) throws(TransformerError) {
    parts = GraphParts(family: family, encoding: encoding)
    (self.batch, self.tokens, self.past) = (batch, tokens, past)
    self.settings = settings
    do throws(FormatError) {
      integers = .affine(try AffineFormat(width: 64, isSigned: true))
    } catch {
      throw parts.fault("\(error)")
    }
    for module in modules {
      guard module.layers.count < 3 else {
        throw parts.fault("'\(module.scope)\(module.name)' is nested")
      }
      for layer in module.layers.first ?? [-1] { left[layer, default: []].append(module) }
    }
  }

  // MARK: Modules

  /// Takes the first module that has one of the names and is of the wanted kind.
  mutating func take<Found>(
    _ names: [String], _ kind: KeyPath<ShapeModule, Found?>
  ) -> (name: String, value: Found)? {
    let place = layer ?? -1
    for name in names {
      for (index, module) in (left[place] ?? []).enumerated() where module.nameInLayer == name {
        guard let found = module[keyPath: kind] else { continue }
        left[place]?.remove(at: index)
        return (module.name(in: layer), found)
      }
    }
    return nil
  }

  /// Takes parameters that a layer has several times, such as once a head.
  mutating func takeRepeated(_ name: String) -> (names: [String], shape: [Int])? {
    let place = layer ?? -1
    guard let index = (left[place] ?? []).firstIndex(where: { $0.nameInLayer == name }),
      let module = left[place]?.remove(at: index), let shape = module.parameter,
      module.layers.count == 2
    else { return nil }
    return (module.layers[1].map { module.name(in: layer, $0) }, shape)
  }

  /// Takes the first module of a kind, whatever its name.
  mutating func takeFirst<Found>(
    _ kind: KeyPath<ShapeModule, Found?>
  ) -> (module: ShapeModule, value: Found)? {
    let place = layer ?? -1
    for (index, module) in (left[place] ?? []).enumerated() {
      guard let found = module[keyPath: kind] else { continue }
      left[place]?.remove(at: index)
      return (module, found)
    }
    return nil
  }

  func has(_ name: String) -> Bool { (left[layer ?? -1] ?? []).contains { $0.nameInLayer == name } }

  func hasNorm(_ names: [String], extent: Int) -> Bool {
    (left[layer ?? -1] ?? []).contains { module in
      module.norm?.extent == extent && names.contains(module.nameInLayer)
    }
  }

  // MARK: Layers

  mutating func linear(
    _ names: [String], _ data: TensorID, tied: TensorID? = nil
  ) throws(TransformerError) -> TensorID? {
    guard let (name, linear) = take(names, \.linear) else { return nil }
    let weights =
      if linear.isTied, let tied {
        tied
      } else {
        try parts.parameter(
          name + ".weight",
          linear.isTurned ? [linear.inputs, linear.outputs] : [linear.outputs, linear.inputs])
      }
    let bias = linear.hasBias ? try parts.parameter(name + ".bias", [linear.outputs]) : nil
    return try parts.product(
      name, data, weights, transposesRight: !linear.isTurned, bias: bias, columns: linear.outputs)
  }

  mutating func need(
    _ names: [String], _ data: TensorID
  ) throws(TransformerError) -> TensorID {
    guard let found = try linear(names, data) else {
      throw parts.fault("layer \(layer ?? 0) has no \(names.joined(separator: ", "))")
    }
    return found
  }

  /// The data themselves where there is no such norm.
  mutating func norm(_ names: [String], _ data: TensorID) throws(TransformerError) -> TensorID {
    guard let (name, norm) = take(names, \.norm) else { return data }
    var operands = [data, try parts.parameter(name + ".weight", [norm.extent])]
    let extents = parts.extents(data)
    guard norm.isCentred else {
      return try parts.node(
        name, .normalizeRootMeanSquare(epsilon: settings.epsilon), operands, extents)
    }
    if norm.hasBias { operands.append(try parts.parameter(name + ".bias", [norm.extent])) }
    return try parts.node(
      name, .normalizeLayer(axis: extents.count - 1, epsilon: settings.epsilon), operands, extents)
  }

  mutating func activation(_ name: String, _ data: TensorID) throws(TransformerError) -> TensorID {
    var data = data
    for function in settings.activation { data = try parts.unary(name, function, data) }
    return data
  }

  // MARK: The model

  mutating func graph(_ name: String) throws(TransformerError) -> Graph {
    guard let (words, size) = takeFirst(\.embedding) else {
      throw parts.fault("it has no embedding")
    }
    let table = try parts.parameter(words.name(in: nil) + ".weight", [size.rows, size.columns])
    let ids = try parts.input("input_ids", [batch, tokens], encoding: integers)
    var x = try parts.node(
      words.name(in: nil), .gather, [ids, table], [batch, tokens, size.columns])
    x = try linear(["model.decoder.project_in"], x) ?? x
    if let (positions, size) = takeFirst(\.embedding) {
      let name = positions.name(in: nil)
      let table = try parts.parameter(name + ".weight", [size.rows, size.columns])
      let ids = try parts.input("position_ids", [tokens], encoding: integers)
      let found = try parts.node(name, .gather, [ids, table], [tokens, size.columns])
      x = try parts.binary(name + ".add", .add, x, found)
    }
    x = try norm(["transformer.word_embeddings_layernorm"], x)
    for index in left.keys.sorted() where index >= 0 {
      layer = index
      x = try block(x)
    }
    layer = nil
    if let module = left[-1]?.first(where: { $0.norm != nil }) {
      x = try norm([module.nameInLayer], x)
    }
    x = try linear(["model.decoder.project_out"], x) ?? x
    if let head = left[-1]?.first(where: { $0.linear != nil }), let linear = head.linear {
      if linear.rows < tokens {
        let extents = [batch, linear.rows, parts.extents(x)[2]]
        x = try parts.node(
          "last_positions",
          .slice(
            Slice(begin: [0, tokens - linear.rows, 0], extents: extents, strides: [1, 1, 1])),
          [x], extents)
      }
      x = try self.linear([head.nameInLayer], x, tied: table) ?? x
    }
    for (_, modules) in left.sorted(by: { $0.key < $1.key }) {
      if let module = modules.first {
        throw parts.fault("it is not known where '\(module.scope)\(module.name)' belongs")
      }
    }
    return try parts.graph(name, outputs: [x])
  }

  private mutating func block(_ x: TensorID) throws(TransformerError) -> TensorID {
    let prefix = "layers.\(layer ?? 0)"
    let isParallel = takeFirst(\.parallel)?.value ?? false
    if has("mixer.in_proj") { return try mixer(x, prefix) }
    let first = ["input_layernorm", "ln_1", "norm_1", "self_attn_layer_norm", "ln_attn"]
    let second = ["post_attention_layernorm", "ln_2", "norm_2", "final_layer_norm", "ln_mlp"]
    // Gemma 2 and OLMo 2 have norms after each half, GLM-4 under names of its own.
    let isSandwich = has("pre_feedforward_layernorm") || has("post_feedforward_layernorm")
    if settings.normsFollow {
      var y = try parts.binary(prefix + ".attention.add", .add, x, try attention(x))
      y = try norm(first, y)
      let z = try parts.binary(prefix + ".mlp.add", .add, y, try feedForward(y))
      return try norm(second, z)
    }
    let a = try norm(first, x)
    var attended = try attention(a)
    attended = try norm(
      isSandwich ? ["post_attention_layernorm"] : ["post_self_attn_layernorm"], attended)
    if isParallel {
      let b = second.contains(where: has) ? try norm(second, x) : a
      let sum = try parts.binary(prefix + ".halves.add", .add, attended, try feedForward(b))
      return try parts.binary(prefix + ".add", .add, x, sum)
    }
    let y = try parts.binary(prefix + ".attention.add", .add, x, attended)
    let b = try norm(isSandwich ? ["pre_feedforward_layernorm"] : second, y)
    let z = try norm(["post_feedforward_layernorm", "post_mlp_layernorm"], try feedForward(b))
    return try parts.binary(prefix + ".mlp.add", .add, y, z)
  }
}
