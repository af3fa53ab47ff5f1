public import QuantGraph

/// Facts of an hls4ml model that its graph does not hold.
public struct HLS4MLProjectInfo: Hashable, Sendable {
  /// What the model was read from.
  public enum Form: String, Hashable, Sendable { case project, archive }

  /// How tensors travel between layers.
  public enum IOType: String, Hashable, Sendable {
    case parallel = "io_parallel"
    case stream = "io_stream"
  }

  /// One layer call.
  public struct Layer: Hashable, Sendable {
    public let name: String
    /// The C++ function, such as `nnet::dense`.
    public let function: String
    /// Its configuration struct; nil for calls that have none.
    public let configuration: String?
    /// `latency`, `resource`, `resource_unrolled` or `distributed_arithmetic`; nil if not stated.
    public let strategy: String?
    public let reuseFactor: Int?
    /// `linebuffer` or `encoded` for convolutions and pools, the kind of a softmax.
    public let implementation: String?
    /// Weights, biases and other constants of the layer.
    public let weightCount: Int
    /// Positions of a convolution that are computed at once (`n_pixels`); nil for other layers.
    public let pixelsAtOnce: Int?
    /// What distributed arithmetic wrote for the layer's products.
    public let adders: AdderGraph?
    public let place: HLS4MLProblem.Place
  }

  public let form: Form
  public let name: String
  public let ioType: IOType
  /// hls4ml's version, whose rules are computed.
  public let version: String?
  /// What told the version.
  public let versionReason: String?
  /// `Vivado`, `Vitis` and so on, as hls4ml_config.yml or config.json says.
  public let backend: String?
  public let part: String?
  /// Clock period in nanoseconds.
  public let clockPeriod: Double?
  public let layers: [Layer]
  /// Constants in all arrays that the layers read.
  public let weightCount: Int
  /// Synthesis reports in the folder, relative to it, sorted.
  public let reports: [String]
  /// `.fml` archives in the folder, relative to it, sorted.
  public let archives: [String]
  /// Definitions in the project's own `nnet_utils` that no release of hls4ml has, `FILE: NAME`.
  public var changedDefinitions: [String] = []
}

/// A model read from an hls4ml project or archive.
public struct HLS4MLModel: Hashable, Sendable {
  public let graph: Graph
  public let info: HLS4MLProjectInfo
}
