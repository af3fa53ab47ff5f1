internal import Arith

/// A metric's value of every candidate of every layer.
///
/// Values are as they were measured: infinities and NaN stay.
public struct SensitivityScores: Sendable, Hashable {
  public let metric: SensitivityMetric
  /// Names of the layers.
  public let layers: [String]
  /// Names of each layer's candidates.
  public let candidates: [[String]]
  /// One a candidate of each layer.
  public let values: [[Double]]

  public init(
    metric: SensitivityMetric, layers: [String], candidates: [[String]], values: [[Double]]
  ) {
    self.metric = metric
    self.layers = layers
    self.candidates = candidates
    self.values = values
  }

  /// A value that is no finite number, and whose it is.
  public struct NotFinite: Sendable, Hashable {
    public let layer: String
    public let candidate: String
    public let value: Double
  }

  /// Every value that is no finite number, layer by layer.
  public var notFinite: [NotFinite] {
    var found: [NotFinite] = []
    for (layer, row) in values.enumerated() {
      for (candidate, value) in row.enumerated() where !value.isFinite {
        found.append(
          NotFinite(
            layer: layers[layer], candidate: candidates[layer][candidate], value: value))
      }
    }
    return found
  }

  /// Values that may be summed over layers and minimized; what is no number stays so.
  ///
  /// Signal-to-noise ratios become noise over signal; an entropy what it lacks of the layer's
  /// largest; the kurtosis, which is one number a layer, stays, and says nothing of candidates.
  public var losses: [[Double]] {
    switch metric {
    case .sqnr, .inputSQNR:
      // 10^(-x/10)
      values.map { $0.map { StableExponential.exp(-$0 * 0.23025850929940457) } }
    case .entropy:
      values.map { row in
        let largest = row.filter { !$0.isNaN }.max() ?? .nan
        return row.map { largest - $0 }
      }
    case .weightError, .mse, .kl, .logitMSE, .loss, .flips, .hessian, .hawq, .kurtosis,
      .clippedError, .masked, .adapt:
      values
    }
  }
}

extension SensitivityScores: Codable {
  private enum CodingKeys: String, CodingKey { case metric, layers, candidates, values }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    metric = try container.decode(SensitivityMetric.self, forKey: .metric)
    layers = try container.decode([String].self, forKey: .layers)
    candidates = try container.decode([[String]].self, forKey: .candidates)
    values = try container.decode([[AnyNumber]].self, forKey: .values).map { $0.map(\.value) }
    guard candidates.count == layers.count, candidates.map(\.count) == values.map(\.count) else {
      throw DecodingError.dataCorruptedError(
        forKey: .values, in: container, debugDescription: "a value of each candidate of each layer")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(metric, forKey: .metric)
    try container.encode(layers, forKey: .layers)
    try container.encode(candidates, forKey: .candidates)
    try container.encode(values.map { $0.map(AnyNumber.init) }, forKey: .values)
  }
}

/// A number in JSON; what JSON has no number for is `"nan"`, `"inf"` or `"-inf"`.
///
/// `"NaN"`, `"Infinity"` and `"-Infinity"` are read too: other programs, and this one's results, write
/// them so.
struct AnyNumber: Codable {
  let value: Double

  init(_ value: Double) { self.value = value }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
      return
    }
    let word = try container.decode(String.self)
    switch word {
    case "nan", "NaN": value = .nan
    case "inf", "Infinity": value = .infinity
    case "-inf", "-Infinity": value = -.infinity
    default:
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(word)' is no number, nan, inf or -inf")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value.isFinite {
      try container.encode(value)
    } else {
      try container.encode(value.isNaN ? "nan" : value > 0 ? "inf" : "-inf")
    }
  }
}
