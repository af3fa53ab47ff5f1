import Documents

/// A scheme of compressed-tensors: how the weights of a group of layers are stored.
///
/// Rules of PyPI compressed-tensors 0.20.1 (`compressors/`, `quantization/quant_scheme.py`).
struct CompressedScheme: Hashable, Sendable {
  enum Strategy: String, Hashable, Sendable {
    case tensor, channel, group, block
    case tensorGroup = "tensor_group"
  }

  enum Format: String, Hashable, Sendable {
    case packed = "pack-quantized"
    case integers = "int-quantized"
    case floats = "float-quantized"
    case naive = "naive-quantized"
    case nvfp4 = "nvfp4-pack-quantized"
    case mxfp4 = "mxfp4-pack-quantized"
    case mxfp6 = "mxfp6-pack-quantized"
    case mxfp8 = "mxfp8-quantized"
  }

  let format: Format
  let bits: Int
  let isFloat: Bool
  let isSymmetric: Bool
  let strategy: Strategy
  let group: Int?
  let block: [Int]
  /// Whether an activation's scale is stored.
  let hasInputScale: Bool
  let hasOrder: Bool

  var summary: String {
    let unit =
      switch strategy {
      case .tensor: ", one scale"
      case .channel: ", a scale a channel"
      case .group, .tensorGroup: ", groups of \(group ?? 0)"
      case .block: ", blocks of \(block[0]) x \(block[1])"
      }
    return "\(format.rawValue) \(bits) bit\(unit)"
  }

  static func mx(bits: Int) -> CompressedScheme {
    CompressedScheme(
      format: bits == 4 ? .mxfp4 : bits == 6 ? .mxfp6 : .mxfp8, bits: bits, isFloat: true,
      isSymmetric: true, strategy: .group, group: 32, block: [], hasInputScale: false,
      hasOrder: false)
  }

  private init(
    format: Format, bits: Int, isFloat: Bool, isSymmetric: Bool, strategy: Strategy, group: Int?,
    block: [Int], hasInputScale: Bool, hasOrder: Bool
  ) {
    self.format = format
    self.bits = bits
    self.isFloat = isFloat
    self.isSymmetric = isSymmetric
    self.strategy = strategy
    self.group = group
    self.block = block
    self.hasInputScale = hasInputScale
    self.hasOrder = hasOrder
  }

  /// Presets that stand for a scheme in `config_groups` (`quant_scheme.py`).
  private static let presets: [String: JSON] = {
    func weights(
      _ bits: Int, _ type: String, _ strategy: String, group: Int? = nil, symmetric: Bool = true
    ) -> JSON {
      [
        "num_bits": .integer(bits), "type": .string(type), "strategy": .string(strategy),
        "group_size": .optional(group), "symmetric": .bool(symmetric), "dynamic": false,
      ]
    }
    func activations(_ bits: Int, _ type: String, dynamic: Bool) -> JSON {
      ["num_bits": .integer(bits), "type": .string(type), "dynamic": .bool(dynamic)]
    }
    func scheme(_ weights: JSON, _ inputs: JSON, _ format: String) -> JSON {
      ["weights": weights, "input_activations": inputs, "format": .string(format)]
    }
    let block = weights(8, "float", "block").adding(["block_structure": [128, 128]])
    return [
      "W8A16": scheme(weights(8, "int", "channel"), .null, "pack-quantized"),
      "W4A16": scheme(weights(4, "int", "group", group: 128), .null, "pack-quantized"),
      "W4A16_ASYM": scheme(
        weights(4, "int", "group", group: 128, symmetric: false), .null, "pack-quantized"),
      "W8A8": scheme(
        weights(8, "int", "channel"), activations(8, "int", dynamic: true), "int-quantized"),
      "INT8": scheme(
        weights(8, "int", "channel"), activations(8, "int", dynamic: true), "int-quantized"),
      "W4A8": scheme(
        weights(4, "int", "group", group: 128), activations(8, "int", dynamic: true),
        "int-quantized"),
      "W4AFP8": scheme(
        weights(4, "int", "group", group: 128), activations(8, "float", dynamic: true),
        "int-quantized"),
      "FP8": scheme(
        weights(8, "float", "tensor"), activations(8, "float", dynamic: false), "float-quantized"),
      "FP8_DYNAMIC": scheme(
        weights(8, "float", "channel"), activations(8, "float", dynamic: true), "float-quantized"),
      "FP8_BLOCK": scheme(block, activations(8, "float", dynamic: true), "float-quantized"),
      "NVFP4A16": scheme(
        weights(4, "float", "tensor_group", group: 16), .null, "nvfp4-pack-quantized"),
      "NVFP4": scheme(
        weights(4, "float", "tensor_group", group: 16),
        ["num_bits": 4, "type": "float", "dynamic": "local"], "nvfp4-pack-quantized"),
      "MXFP4A16": scheme(weights(4, "float", "group", group: 32), .null, "mxfp4-pack-quantized"),
      "MXFP4": scheme(
        weights(4, "float", "group", group: 32), activations(4, "float", dynamic: true),
        "mxfp4-pack-quantized"),
      "MXFP8": scheme(
        weights(8, "float", "group", group: 32), activations(8, "float", dynamic: true),
        "mxfp8-quantized"),
    ]
  }()

  /// The scheme of a preset's name; nil if it is none.
  static func preset(_ name: String) throws(TransformerError) -> CompressedScheme? {
    guard let scheme = presets[name.uppercased()] else { return nil }
    return try CompressedScheme(scheme)
  }

  /// Reads a scheme (`{weights, input_activations, format}`), an object that has one under
  /// `scheme`, or a whole block with one group.
  init(_ document: JSON, format given: String? = nil) throws(TransformerError) {
    var scheme = document["scheme"] ?? document
    if scheme["weights"] == nil, let groups = scheme["config_groups"]?.members,
      let first = groups.first
    {
      guard groups.count == 1 else {
        throw .quantization("several groups store differently", key: "config_groups")
      }
      scheme = first.value
    }
    guard let weights = scheme["weights"], weights != .null else {
      throw .quantization("the scheme has no weights", key: "weights")
    }
    let keys = QuantizationKeys(weights)
    bits = try keys.integer("num_bits", in: 1...8)
    isFloat = try keys.text("type") == "float"
    isSymmetric = try keys.flag("symmetric") ?? true
    let size = try keys.group("group_size")
    block = try keys.extents("block_structure") ?? []
    let name = try keys.text("strategy") ?? (size != nil ? "group" : "tensor")
    guard let strategy = Strategy(rawValue: name) else {
      throw .quantization("strategy '\(name.prefix(40))' is not described", key: "strategy")
    }
    self.strategy = strategy
    if strategy == .group || strategy == .tensorGroup {
      guard let size else { throw .quantization("a group has no size", key: "group_size") }
      group = size
    } else {
      group = nil
    }
    guard strategy != .block || block.count == 2 else {
      throw .quantization("blocks have no extents", key: "block_structure")
    }
    let inputs = scheme["input_activations"] ?? .null
    let isNVFP4 = isFloat && bits == 4 && strategy == .tensorGroup
    // A dynamic activation has no stored scale; NVFP4 keeps a global one for a local scale.
    hasInputScale =
      inputs != .null
      && (inputs["dynamic"]?.flag == false || (isNVFP4 && inputs["dynamic"]?.text == "local"))
    hasOrder = weights["actorder"]?.text == "group"
    let own = try QuantizationKeys(scheme).text("format")
    let common = try QuantizationKeys(document).text("format")
    let text = own ?? common ?? given ?? ""
    let plain = text.split(separator: ".").last.map(String.init) ?? ""
    let canonical = plain.replacingUnderscores()
    guard let format = Format(rawValue: canonical) else {
      throw .quantization("format '\(text.prefix(60))' is not described", key: "format")
    }
    self.format = format
  }

  func write(
    inputs: Int, outputs: Int, to writer: inout StoredWriter
  ) throws(TransformerError) {
    let isMX = [.mxfp4, .mxfp6, .mxfp8].contains(format)
    let scaleType = format == .nvfp4 ? "float8_e4m3fn" : isMX ? "uint8" : "bfloat16"
    let scales: [Int]
    switch strategy {
    case .tensor: scales = [1]
    case .channel: scales = [outputs, 1]
    case .group, .tensorGroup: scales = [outputs, writer.groups(inputs, group)]
    case .block:
      scales = [writer.ceiling(outputs, block[0]), writer.ceiling(inputs, block[1])]
    }
    switch format {
    case .packed:
      _ = try writer.elements(inputs, outputs)
      let words = writer.ceiling(inputs * bits, 32)
      try writer.add("weight_packed", [outputs, words], "int32", 4)
      if !isSymmetric {
        let columns = scales.count > 1 ? scales[1] : 1
        try writer.add(
          "weight_zero_point", [writer.ceiling(outputs * bits, 32), columns], "int32", 4)
      }
      try writer.add("weight_shape", [2], "int64", 8)
    case .integers:
      try writer.add("weight", [outputs, inputs], "int8", 1)
      if !isSymmetric { try writer.add("weight_zero_point", scales, "int8", 1) }
    case .floats: try writer.add("weight", [outputs, inputs], "float8_e4m3fn", 1)
    case .naive:
      try writer.add("weight", [outputs, inputs], isFloat ? "float8_e4m3fn" : "int8", 1)
      if !isSymmetric { try writer.add("weight_zero_point", scales, "int8", 1) }
    case .nvfp4:
      try writer.add("weight_packed", [outputs, writer.ceiling(inputs, 2)], "uint8", 1)
      try writer.add("weight_global_scale", [1], "float32", 4)
      if hasInputScale { try writer.add("input_global_scale", [1], "float32", 4) }
    case .mxfp4: try writer.add("weight_packed", [outputs, writer.ceiling(inputs, 2)], "uint8", 1)
    case .mxfp6:
      _ = try writer.elements(inputs, outputs)
      try writer.add("weight_packed", [outputs, writer.ceiling(inputs * 6, 8)], "uint8", 1)
    case .mxfp8: try writer.add("weight", [outputs, inputs], "float8_e4m3fn", 1)
    }
    try writer.add("weight_scale", scales, scaleType, scaleType == "bfloat16" ? 2 : 1)
    if hasInputScale, format != .nvfp4 { try writer.add("input_scale", [1], "bfloat16", 2) }
    if hasOrder { try writer.add("weight_g_idx", [inputs], "int32", 4) }
  }
}

extension String {
  /// Underscores as hyphens: enumerations print their cases so.
  fileprivate func replacingUnderscores() -> String {
    String(map { $0 == "_" ? "-" : $0 })
  }
}
