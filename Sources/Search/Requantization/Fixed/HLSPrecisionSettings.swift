public import Arith

/// What a project says about the types of its layers, beside the types themselves.
public struct HLSPrecisionSettings: Sendable, Hashable {
  /// Texts of `Precision` by layer and key (`weight`, `accum`, `result`, ...); empty if the project
  /// lists no layers.
  public var layers: [String: [String: String]]
  /// Entries of lookup tables by layer.
  public var tableSizes: [String: Int]
  /// The widest type that hls4ml may find itself.
  public var maximum: FixedPointFormat?
  /// The C++ function of each layer, such as `nnet::dense`.
  public var functions: [String: String]

  public init(
    layers: [String: [String: String]] = [:], tableSizes: [String: Int] = [:],
    maximum: FixedPointFormat? = nil, functions: [String: String] = [:]
  ) {
    self.layers = layers
    self.tableSizes = tableSizes
    self.maximum = maximum
    self.functions = functions
  }

  /// A type of a layer that `Precision` may set.
  enum Key: String, Sendable, Hashable, CaseIterable {
    case weight, bias, accum, result, param
  }

  /// Where a type of `node` is set.
  ///
  /// hls4ml writes a separable convolution as two layers, whose types stand under keys of their own
  /// in the configuration of the one (hls4ml 1.3, `seperable_to_dw_conv.py`).
  func place(_ node: String, _ key: Key) -> (layer: String, key: String) {
    guard layers[node] == nil else { return (node, key.rawValue) }
    for part in ["depthwise", "pointwise"] where node.hasSuffix("_\(part)") {
      let base = String(node.dropLast(part.count + 1))
      guard layers[base] != nil else { continue }
      return (base, key == .weight ? part : "\(part)_\(key.rawValue)")
    }
    return (node, key.rawValue)
  }

  /// What the configuration says of a type; nil if nothing.
  func text(_ node: String, _ key: Key) -> String? {
    let place = place(node, key)
    let keys = layers[place.layer]
    return keys?[place.key] ?? keys?[key.rawValue] ?? keys?["default"]
  }

  /// Whether hls4ml finds the type itself.
  func isAutomatic(_ node: String, _ key: Key) -> Bool { text(node, key)?.lowercased() == "auto" }

  /// Whether the configuration has a layer of this name, or lists none at all.
  func mayName(_ node: String) -> Bool {
    layers.isEmpty || layers[place(node, .result).layer] != nil
  }
}

extension FixedPointFormat {
  /// The type as a `Precision` key of hls4ml has it: always `ap_fixed` or `ap_ufixed`, since an
  /// `ap_int` is another kind of type to hls4ml.
  public var precisionText: String {
    var text = "ap_\(isSigned ? "" : "u")fixed<\(width),\(integerBits)"
    if quantization != .truncate || overflow != .wrap || saturationBits > 0 {
      text += ",\(quantization.rawValue),\(overflow.rawValue)"
      if saturationBits > 0 { text += ",\(saturationBits)" }
    }
    return text + ">"
  }
}
