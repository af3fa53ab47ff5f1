import QuantGraph
import Schedules
import Search

extension QuantizedKind {
  /// TensorFlow Lite graphs: widths of weights and activations, costs of devices.
  package static func affine(_ file: ModelFile) -> QuantizedKind {
    let requantization = AffineRequantization(file.graph)
    let kept = requantization.layers.indices.filter {
      !requantization.canChangeActivations(ofLayer: $0)
    }
    var notes: [String] = []
    if !kept.isEmpty {
      let names = kept.prefix(4).map { requantization.layers[$0].name }
      notes.append(
        "softmax, logistic, tanh and recurrent cells write encodings of their own: the activations "
          + "of \(names.joined(separator: ", "))"
          + (kept.count > 4 ? " and \(kept.count - 4) more layers" : "")
          + " stay as the model has them")
    }
    return QuantizedKind(
      requantization: requantization, defaults: .affine,
      sharedInputs: requantization.sharedInputs, notes: notes,
      choices: { candidates throws(CostError) in
        do throws(EvaluationError) {
          return FormatChoices(
            try requantization.effective(try requantization.requested(candidates)))
        } catch {
          throw .refused(
            DeviceProblems(
              Diagnostic(
                code: "cost.unsupported", message: error.words,
                remedy: "leave that candidate out, or choose another target or objective.")))
        }
      })
  }
}

extension SpaceDefaults {
  /// Of TensorFlow Lite graphs: the space `w_only` leaves activations as the model has them.
  package static let affine = SpaceDefaults(
    bits: [2, 3, 4, 6, 8], fixedActivationBits: nil,
    unchanged: .asModel)
}
