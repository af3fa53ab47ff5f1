/// How a project asks for its layers to be built, where the model's files say it (hls4ml).
public struct SynthesisSettings: Sendable, Hashable {
  /// How the products of a layer are made (hls4ml's `Strategy`).
  public enum Strategy: String, Sendable, Hashable, CaseIterable {
    case latency, resource
    case resourceUnrolled = "resource_unrolled"
    case distributedArithmetic = "distributed_arithmetic"

    /// Keys of ``FormatChoices/Node/hardware`` and of allocation files.
    public static let choiceKey = "strategy"
  }

  public struct Layer: Sendable, Hashable {
    public var strategy: Strategy?
    public var reuseFactor: Int?

    /// Key of ``FormatChoices/Node/hardware`` and of allocation files.
    public static let reuseKey = "reuse_factor"

    public init(strategy: Strategy? = nil, reuseFactor: Int? = nil) {
      self.strategy = strategy
      self.reuseFactor = reuseFactor
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
