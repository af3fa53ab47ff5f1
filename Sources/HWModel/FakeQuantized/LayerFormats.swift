public import Arith
public import QuantGraph

/// What a layer of a float network takes: the encodings of its weights, of its input and of its exact
/// sums; nil leaves them in float32.
public struct LayerFormats: Hashable, Sendable {
  public var weights: Encoding?
  public var activations: Encoding?
  /// What holds the sums of products of integers.
  public var accumulator: Encoding?
  public var grouping: WeightGrouping
  /// What becomes of the weights' integers; nil leaves them.
  public var rewrite: WeightRewrite?

  public init(
    weights: Encoding? = nil, activations: Encoding? = nil, accumulator: Encoding? = nil,
    grouping: WeightGrouping = .filters, rewrite: WeightRewrite? = nil
  ) {
    self.weights = weights
    self.activations = activations
    self.accumulator = accumulator
    self.grouping = grouping
    self.rewrite = rewrite
  }
}

/// A layer's formats with what gives them their scales.
public struct LayerQuantization: Hashable, Sendable {
  public var formats: LayerFormats
  /// What calibration saw of the layer's input; formats of the input need it.
  public var inputRange: InputRange?
  public var rule: QuantizationRule

  public init(
    _ formats: LayerFormats, inputRange: InputRange? = nil,
    rule: QuantizationRule = QuantizationRule()
  ) {
    self.formats = formats
    self.inputRange = inputRange
    self.rule = rule
  }
}

/// A format that a layer of a float network cannot have in that place.
public struct FormatRefusal: Error, Hashable, Sendable {
  public let layer: String
  public let role: String
  public let encoding: String

  public init(layer: String, role: String, encoding: String) {
    self.layer = layer
    self.role = role
    self.encoding = encoding
  }

  static func unsupported(layer: String, role: String, encoding: String) -> FormatRefusal {
    FormatRefusal(layer: layer, role: role, encoding: encoding)
  }
}
