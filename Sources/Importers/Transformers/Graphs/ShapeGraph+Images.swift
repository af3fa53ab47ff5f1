import QuantGraph

/// Models of images: patches become tokens (ViT, arXiv:2010.11929; DeiT, arXiv:2012.12877).
extension ShapeGraph {
  static let patches = "embeddings.patch_embeddings.projection"

  mutating func viewer() throws(TransformerError) -> [TensorID] {
    let model = ["vit.", "deit."].first { modules.has($0 + Self.patches) } ?? ""
    guard let layer = modules.first(model + Self.patches, \.convolution), layer.kernel.count == 2
    else { throw parts.fault("it has no patches") }
    let classes = ["cls_token", "distillation_token"].filter {
      modules.has(model + "embeddings." + $0)
    }
    let rows = size("image")
    let side = layer.kernel[0]
    // Columns are as many as the tokens leave.
    let columns = (tokens - classes.count) / max(rows / side, 1)
    let pixels = try parts.input(
      "pixel_values",
      [batch, layer.inputs, rows, columns == rows / side ? rows : columns * side])
    guard let image = try convolution([model + Self.patches], pixels) else { return [] }
    let grid = Array(parts.extents(image)[2...])
    let embedded = try places(model + "embeddings", of: image)
    var pieces: [TensorID] = []
    for name in classes {
      guard let (name, shape) = take([model + "embeddings." + name], \.parameter) else { continue }
      let parameter = try parts.parameter(name, shape)
      pieces.append(
        try parts.node(name + ".broadcast", .broadcast, [parameter], [batch, 1, shape[2]]))
    }
    var x = try parts.concatenate(model + "embeddings", pieces + [embedded], axis: 1)
    guard let (name, shape) = take([model + "embeddings.position_embeddings"], \.parameter) else {
      throw parts.fault("it has no positions")
    }
    let positions = try interpolated(
      try parts.parameter(name, shape), name, extra: classes.count, to: grid)
    x = try parts.binary(name + ".add", .add, x, positions)
    x = try norm([model + "layernorm"], try layers(x))
    var outputs: [TensorID] = []
    for (name, place) in [("classifier", 0), ("cls_classifier", 0), ("distillation_classifier", 1)]
    where has(name) {
      outputs.append(try need([name], try token(place, of: x, name + ".token")))
    }
    if !outputs.isEmpty { return outputs }
    return [x] + (try pool(x).map { [$0] } ?? [])
  }

  /// Positions of another image than the configuration's are resampled as one of a square is.
  private mutating func interpolated(
    _ positions: TensorID, _ name: String, extra: Int, to grid: [Int]
  ) throws(TransformerError) -> TensorID {
    let extents = parts.extents(positions)
    let known = extents[1] - extra
    guard known != grid[0] * grid[1] else { return positions }
    let side = Int(Double(known).squareRoot())
    guard side * side == known else {
      throw parts.fault("\(known) positions of an image are no square")
    }
    let two = try parts.split(name, positions, axis: 1, [extra, known])
    let image = try parts.reshape(name + ".image", two[1], [1, side, side, extents[2]])
    let resize = Resize(
      interpolation: .cubic(coefficient: -0.75), coordinates: .halfPixel, layout: .channelsLast)
    let resampled = try parts.node(
      name + ".resize", .resize(resize), [image], [1] + grid + [extents[2]])
    let flat = try parts.reshape(
      name + ".tokens", resampled, [1, grid[0] * grid[1], extents[2]])
    return try parts.concatenate(name, [two[0], flat], axis: 1)
  }
}
