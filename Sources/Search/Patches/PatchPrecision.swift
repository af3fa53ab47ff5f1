/// What the search for widths by patches is told.
///
/// Source: QuantMCU (Tao et al., arXiv 2401.13714, 2024), abstract and the summaries that
/// conformance/mcu/PATCHES.md names; the full text was not available, so that what the summaries leave
/// open is a parameter, and results say so.
public struct PatchPrecision: Sendable, Hashable {
  /// The order in which maps get their widths.
  public enum Order: String, Sendable, Hashable, CaseIterable {
    /// By falling score of the best width.
    case score
    /// As they are computed, tile by tile.
    case execution
    /// By falling number of values.
    case size
  }

  /// Weights of entropy against bit operations, 0 to 1; one allocation each.
  public var lambdas = [0.5]
  /// Values further from the mean than so many standard deviations are outliers.
  public var deviations = 3.0
  /// A patch of which more than this share are outliers keeps its widths.
  public var outlierShare = 0.0
  /// Bins of the histograms whose entropy is compared, over the real range of a map.
  public var bins = 256
  public var order = Order.score
  /// The tensor whose values classify patches; nil for the network's image.
  public var map: String?

  public init() {}
}

/// Why widths cannot be chosen by patches.
public enum PatchPrecisionError: Error, Sendable, Hashable {
  /// A parameter outside of what it may be.
  case parameter(name: String, value: String, allowed: String)
  /// A tensor that is none of the stage, or has no codes of at most 16 bits with one scale.
  case map(name: String, known: [String])
  case plan(reason: String)
}

extension PatchPrecision {
  /// The parameters by the names of their options.
  public var settings: [String: String] {
    var settings = [
      "lambda": lambdas.map { "\($0)" }.joined(separator: ","), "outlier-sigma": "\(deviations)",
      "outlier-share": "\(outlierShare)", "entropy-bins": "\(bins)", "map-order": order.rawValue,
    ]
    settings["outlier-map"] = map
    return settings
  }

  /// - Throws: ``PatchPrecisionError/parameter(name:value:allowed:)`` for the first that is out of range.
  public func check() throws(PatchPrecisionError) {
    func refuse(_ name: String, _ value: some CustomStringConvertible, _ allowed: String)
      -> PatchPrecisionError
    {
      .parameter(name: name, value: value.description, allowed: allowed)
    }
    for lambda in lambdas where !(0...1).contains(lambda) {
      throw refuse("lambda", lambda, "0 to 1")
    }
    guard (1...1000).contains(lambdas.count) else {
      throw refuse("lambda", "\(lambdas.count) values", "1 to 1,000 values")
    }
    guard deviations > 0, deviations.isFinite else {
      throw refuse("outlier-sigma", deviations, "more than 0")
    }
    guard (0...1).contains(outlierShare) else {
      throw refuse("outlier-share", outlierShare, "0 to 1")
    }
    guard (2...65536).contains(bins) else { throw refuse("entropy-bins", bins, "2 to 65,536") }
  }
}
