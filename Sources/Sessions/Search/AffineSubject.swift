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
    var defaults = SpaceDefaults.affine
    if let tiles = file.tiles, tiles.tiling.grid > 1 {
      // What stands after the stage has the names of the model as its file has it.
      let own = Set(tiles.whole.nodes.map(\.name))
      let outside = Set(requantization.layers.map(\.name).filter(own.contains))
      defaults = .tiles
      defaults.keptWeights = outside
      defaults.keptInputs = outside
      notes.append(
        "tiles of a layer share its weights, which stay as the model has them; layers after the "
          + "stage stay whole")
      notes.append(
        "the receptive field is not redistributed as MCUNetV2 does: that changes the network")
    }
    return QuantizedKind(
      requantization: requantization, defaults: defaults,
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

  /// Of TensorFlow Lite graphs with a stage in tiles: widths that kernels for microcontrollers have.
  package static let tiles: SpaceDefaults = {
    var defaults = SpaceDefaults(
      bits: [2, 4, 8], fixedActivationBits: nil, unchanged: .asModel)
    defaults.keepsSharedWeights = true
    return defaults
  }()
}
