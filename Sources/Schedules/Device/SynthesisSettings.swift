public import QuantGraph

/// How a project asks for its layers to be built, where the model's files say it (hls4ml).
public struct SynthesisSettings: Sendable, Hashable {
  public struct Layer: Sendable, Hashable {
    public var strategy: ProductStrategy?
    public var reuseFactor: Int?
    /// The layer, where it is built by code of which there is no report: what it takes is unknown.
    public var unreported: String?
    /// Name of its configuration, by which a report's modules are told apart.
    public var configuration: String?
    /// Positions of a convolution that are computed at once where all elements travel at once.
    public var pixelsAtOnce: Int
    /// The adders that distributed arithmetic made of the layer's products.
    public var adders: AdderGraph?

    public init(
      strategy: ProductStrategy? = nil, reuseFactor: Int? = nil, unreported: String? = nil,
      configuration: String? = nil, pixelsAtOnce: Int = 1, adders: AdderGraph? = nil
    ) {
      self.strategy = strategy
      self.reuseFactor = reuseFactor
      self.unreported = unreported
      self.configuration = configuration
      self.pixelsAtOnce = pixelsAtOnce
      self.adders = adders
    }
  }

  /// By position of the node.
  public var layers: [Int: Layer]
  /// Whether tensors travel on streams (`io_stream`), not all elements at once.
  public var isStream: Bool
  /// Of the clock, in nanoseconds; nil where no file says it.
  public var periodNanoseconds: Double?

  public init(layers: [Int: Layer] = [:], isStream: Bool, periodNanoseconds: Double? = nil) {
    self.layers = layers
    self.isStream = isStream
    self.periodNanoseconds = periodNanoseconds
  }
}
