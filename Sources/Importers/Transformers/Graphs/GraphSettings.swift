import QuantGraph

/// What the keys say of a model beyond its shapes.
struct GraphSettings {
  /// One after the other.
  let activation: [UnaryFunction]
  let epsilon: Float
  /// Of norms over channels of images.
  let groups: Int
  /// Whether experts are chosen by logistic scores instead of a softmax.
  let scoresAreLogistic: Bool

  /// - Throws: for an activation that is not known.
  init(_ evaluation: Evaluation, modules: [ShapeModule]) throws(TransformerError) {
    if case .text(let name)? = evaluation.setting(
      "hidden_activation", "hidden_act", "activation_function", "activation", "activation_fn")
    {
      guard let known = Self.activations[name] else {
        throw .noGraph("'\(name.prefix(40))' is no known activation", family: evaluation.family)
      }
      activation = known
    } else {
      let isGated = modules.contains {
        $0.name.contains("gate") || $0.name.hasPrefix("mixer") || $0.name.hasPrefix("linear_attn")
          || $0.kind.experts?.isGated == true
      }
      activation = isGated ? [.swish(alpha: 1)] : [.gelu(isApproximate: false)]
    }
    switch evaluation.setting(
      "rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps", "norm_epsilon", "norm_eps")
    {
    case .real(let value) where value > 0 && value < 1: epsilon = Float(value)
    default: epsilon = 1e-6
    }
    if case .integer(let value) = evaluation.setting("norm_num_groups"), value > 0 {
      groups = value
    } else {
      groups = 32
    }
    scoresAreLogistic = evaluation.setting("scoring_func") == .text("sigmoid")
  }

  /// `ACT2FN` of transformers 5.24, and the name that diffusers 0.42 has for one.
  private static let activations: [String: [UnaryFunction]] = [
    "silu": [.swish(alpha: 1)], "swish": [.swish(alpha: 1)], "gelu": [.gelu(isApproximate: false)],
    "gelu_new": [.gelu(isApproximate: true)], "gelu_fast": [.gelu(isApproximate: true)],
    "gelu_python": [.gelu(isApproximate: false)], "gelu-approximate": [.gelu(isApproximate: true)],
    "tanh": [.tanh], "sigmoid": [.sigmoid], "relu6": [.clamp(.relu6)], "linear": [],
    "gelu_pytorch_tanh": [.gelu(isApproximate: true)], "quick_gelu": [.swish(alpha: 1.702)],
    "relu": [.clamp(.relu)], "relu2": [.clamp(.relu), .square],
  ]
}
