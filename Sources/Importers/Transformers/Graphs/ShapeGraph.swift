import Arith
import QuantGraph

/// Connects the modules of one pass: what goes in, blocks of layers, what comes out.
///
/// Classes of transformers and diffusers give the parts of a block a few names; what stands under a
/// name that is not known here makes no graph. Scores have no factor, as it is no shape.
struct ShapeGraph {
  var parts: GraphParts
  var modules: ModuleTree
  let batch: Int
  /// Tokens in the caches before the run.
  let past: Int
  /// Tokens that a run of text computes.
  let tokens: Int
  /// Sizes of the run by name.
  let sizes: [String: Int]
  let settings: GraphSettings
  /// Encoding of positions in tables.
  let integers: Encoding
  /// What the names of modules begin with.
  var scope = ""

  /// - Throws: if there are more modules than a graph can have.
  init(
    family: String, modules: [ShapeModule], settings: GraphSettings, encoding: Encoding,
    sizes: [String: Int], tokens: Int, past: Int
  ) throws(TransformerError) {
    parts = GraphParts(family: family, encoding: encoding)
    (batch, self.tokens, self.past) = (sizes["batch"] ?? 1, tokens, past)
    self.sizes = sizes
    self.settings = settings
    do throws(FormatError) {
      integers = .affine(try AffineFormat(width: 64, isSigned: true))
    } catch {
      throw parts.fault("\(error)")
    }
    guard let tree = ModuleTree(modules) else {
      throw parts.fault("it has more than \(ModuleTree.limit) modules")
    }
    self.modules = tree
  }

  /// The graph of all modules.
  ///
  /// - Throws: if one of them has no known place, or if the result is no valid graph.
  mutating func graph(_ name: String) throws(TransformerError) -> Graph {
    let outputs: [TensorID]
    if modules.has("conv_in") {
      outputs = try denoiser()
    } else if modules.has("pos_embed.proj") {
      outputs = try diffusionTransformer()
    } else if modules.has("model.encoder.conv1") {
      outputs = try listener()
    } else if ["vit.", "deit."].contains(where: { modules.has($0 + Self.patches) }) {
      outputs = try viewer()
    } else {
      outputs = try reader()
    }
    if let name = modules.rest {
      throw parts.fault("it is not known where '\(name)' belongs")
    }
    return try parts.graph(name, outputs: outputs)
  }

  func size(_ name: String) -> Int { sizes[name] ?? 1 }

  // MARK: Modules

  /// Takes the first module that has one of the names in the scope and is of the wanted kind.
  mutating func take<Found>(
    _ names: [String], _ kind: KeyPath<ShapeModule.Kind, Found?>
  ) -> (name: String, value: Found)? {
    for name in names {
      if let found = modules.take(scope + name, kind) { return (scope + name, found) }
    }
    return nil
  }

  /// Takes the first module of a kind in the scope, whatever its name.
  mutating func takeFirst<Found>(
    _ kind: KeyPath<ShapeModule.Kind, Found?>
  ) -> (name: String, value: Found)? {
    modules.takeFirst(in: scope, kind)
  }

  /// The first module that has one of the names in the scope, which stays.
  func first<Found>(
    _ names: [String], _ kind: KeyPath<ShapeModule.Kind, Found?>
  ) -> Found? {
    for name in names {
      if let found = modules.first(scope + name, kind) { return found }
    }
    return nil
  }

  func has(_ name: String) -> Bool { modules.has(scope + name) }

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
    var bias: TensorID?
    if linear.isLent {
      guard let (lender, shape) = takeFirst(\.parameter), shape == [linear.outputs] else {
        throw parts.fault("the bias of '\(name)' is no parameter")
      }
      bias = try parts.parameter(lender, shape)
    } else if linear.hasBias {
      bias = try parts.parameter(name + ".bias", [linear.outputs])
    }
    return try parts.product(
      name, data, weights, transposesRight: !linear.isTurned, bias: bias, columns: linear.outputs)
  }

  mutating func need(
    _ names: [String], _ data: TensorID
  ) throws(TransformerError) -> TensorID {
    guard let found = try linear(names, data) else {
      throw parts.fault("'\(scope)' has no \(names.joined(separator: ", "))")
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

  /// A convolution of `[batch, channels, places...]`.
  ///
  /// Patches follow each other; other windows are centred on their places (zeros outside).
  mutating func convolution(
    _ names: [String], _ data: TensorID
  ) throws(TransformerError) -> TensorID? {
    guard let (name, layer) = take(names, \.convolution) else { return nil }
    let given = parts.extents(data)
    guard given.count == layer.kernel.count + 2, given[1] == layer.inputs else {
      throw parts.fault("'\(name)' reads \(given)")
    }
    let margins = layer.kernel.map { $0 == layer.stride ? 0 : ($0 - 1) / 2 }
    var extents = [given[0], layer.outputs]
    for (axis, extent) in layer.kernel.enumerated() {
      let room = given[axis + 2] + 2 * margins[axis] - extent
      guard room >= 0 else { throw parts.fault("'\(name)' reads \(given)") }
      extents.append(room / layer.stride + 1)
    }
    var operands = [
      data,
      try parts.parameter(
        name + ".weight", [layer.outputs, layer.inputs / layer.groups] + layer.kernel),
    ]
    if layer.hasBias { operands.append(try parts.parameter(name + ".bias", [layer.outputs])) }
    return try parts.node(
      name,
      .convolution(
        Convolution(
          kernel: layer.kernel, strides: layer.kernel.map { _ in layer.stride },
          dilations: layer.kernel.map { _ in 1 }, paddingBefore: margins, paddingAfter: margins,
          layout: .channelsFirst, grouping: .groups(layer.groups),
          weightLayout: .filtersChannelsKernel)), operands, extents)
  }

  /// `[batch, channels, places...]` as `[batch, places, channels]`.
  mutating func places(_ name: String, of data: TensorID) throws(TransformerError) -> TensorID {
    let extents = parts.extents(data)
    let flat = try parts.reshape(
      name, data, [extents[0], extents[1], extents[2...].reduce(1, *)])
    return try parts.transpose(name, flat, [0, 2, 1])
  }

  /// One token of each sequence, `[batch, 1, width]`.
  mutating func token(
    _ index: Int, of data: TensorID, _ name: String
  ) throws(TransformerError) -> TensorID {
    let extents = parts.extents(data)
    return try parts.slice(name, data, [0, index, 0], [extents[0], 1, extents[2]])
  }
}
