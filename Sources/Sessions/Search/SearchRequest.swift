import Arith
package import HWModel
package import Importers
package import QuantGraph
import Search

/// The files that a search reads beside the model, and how their numbers are used.
package struct SearchDataFiles: Sendable {
  /// Samples that decide, in the model's input shape.
  package var inputs: String?
  /// Classes of the samples, integers from 0.
  package var labels: String?
  /// Samples for ranges and sensitivities; nil takes those that decide.
  package var calibration: String?
  /// Classes of the calibration samples.
  package var calibrationLabels: String?
  /// How scales of a float network's weights are chosen: `max`, `mse` or `percentile:P`.
  package var weightScale = "max"
  /// The same of the inputs of its layers.
  package var activationScale = "max"
  /// Rules that a quantized model runs by; nil for those of its kind.
  package var datapath: String?
  /// `NAME=1x3x32x32`, for dynamic dimensions of an ONNX file that the inputs leave open.
  package var shapes: [String] = []
  /// The release whose rules an hls4ml project is computed by; nil to find it.
  package var hls4mlVersion: HLS4MLVersion?
  /// What a GPU's rules multiply on; nil where none is named.
  package var cores: TensorCoreRules?

  package init() {}

  /// The arrays that are given, as documents list them.
  var records: [InputRecord] {
    [
      ("inputs", inputs), ("labels", labels), ("calibration", calibration),
      ("calibration-labels", calibrationLabels),
    ].compactMap { role, path in path.map { InputRecord(role: role, path: $0, kind: "npy") } }
  }
}

/// What may be chosen for the layers of a model, as texts.
package struct SpaceChoice: Sendable {
  package var bits: String?
  package var formats: String?
  package var candidates: String?
  /// `w_only`, `wa_same`, `wa_free`, or the path of a space file.
  package var space = "wa_same"
  package var ties: String?
  /// `LAYERS=CANDIDATE`.
  package var fix: [String] = []
  /// `LAYERS=CANDIDATE,CANDIDATE`.
  package var restrict: [String] = []
  package var exclude: [String] = []

  package init() {}
}

extension SearchDataFiles {
  /// How scales are chosen.
  /// - Throws: a ``Failure`` for a rule that is none.
  package func rule() throws(Failure) -> QuantizationRule {
    func search(_ name: String, _ option: String) throws(Failure) -> ScaleSearch {
      guard let found = ScaleSearch(name: name) else {
        throw Failure(
          "usage.arguments", "\(option) '\(name)' is no rule",
          remedy: "write max, mse, or percentile:99.9 with a number over 0 and at most 100.")
      }
      return found
    }
    let weights = try search(weightScale, "--weight-scale")
    return QuantizationRule(
      weights: weights, activations: try search(activationScale, "--activation-scale"))
  }
}
