/// A measure of what a layer's format does, taken with every other layer unquantized.
///
/// W are a layer's weights, Q(W) what a candidate makes of them, x its input; f the network's scores
/// with nothing quantized and p their softmax.
public enum SensitivityMetric: String, Sendable, Hashable, CaseIterable, Codable {
  /// `sum (W - Q(W))^2`, the perturbation of HAWQ-V2 and HAWQ-V3.
  case weightError = "weight-error"
  /// `10 log10(sum W^2 / sum (W - Q(W))^2)` in dB.
  case sqnr
  /// The same of the layer's input.
  case inputSQNR = "input-sqnr"
  /// Mean squared difference of the layer's results before what follows (AdaQuant).
  case mse
  /// Mean divergence of the scores' distributions from p (ZeroQ).
  case kl
  /// Mean squared difference of the scores.
  case logitMSE = "logit-mse"
  /// Increase of the mean cross-entropy; needs labels.
  case loss
  /// Samples whose class changes.
  case flips
  /// Mean second derivative of the loss (Gauss-Newton, Hutchinson's estimate) times the squared
  /// weight error (HAWQ-V2, HAWQ-V3).
  case hessian
  /// The same with second derivatives from a file.
  case hawq
  /// Entropy of the codes of the quantized input in bits (QuantMCU).
  case entropy
  /// Mean kurtosis of the filters' weights (MPQ-DM).
  case kurtosis
  /// ``weightError`` with the scale of the smallest error.
  case clippedError = "omse"
  /// Divergence of scores with part of the layer masked (OHQ).
  case masked = "ohq"
  /// Divergence of the distributions of weights and quantized weights (AdaPT).
  case adapt

  /// Whether a value needs labels.
  public var needsLabels: Bool { self == .loss }
  /// Whether the network runs for it; the others need weights, or inputs of layers, alone.
  public var runsCandidates: Bool {
    switch self {
    case .mse, .kl, .logitMSE, .loss, .flips, .hessian, .masked: true
    case .weightError, .sqnr, .inputSQNR, .hawq, .entropy, .kurtosis, .clippedError, .adapt: false
    }
  }
}

/// Why sensitivities could not be measured.
public enum SensitivityError: Error, Hashable, Sendable {
  case evaluation(EvaluationError)
  /// Candidates of another number of layers.
  case layerCount(expected: Int, found: Int)
  case needsLabels(SensitivityMetric)
  /// The metric needs second derivatives from a file.
  case needsTraces
  /// A metric that this kind of model does not have; `known` are those that it has.
  case unavailable(SensitivityMetric, known: [SensitivityMetric])
  case cancelled
}
