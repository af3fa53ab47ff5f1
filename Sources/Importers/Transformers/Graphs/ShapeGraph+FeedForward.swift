import QuantGraph

extension ShapeGraph {
  mutating func feedForward(_ data: TensorID) throws(TransformerError) -> TensorID {
    if let (name, found) = takeFirst(\.experts) { return try mixture(data, name, found) }
    if let result = try gated(data, "mlp") { return result }
    let names = [
      "mlp.c_fc", "mlp.fc1", "mlp.fc_in", "mlp.dense_h_to_4h", "mlp.up_proj", "ffn.up_proj", "fc1",
      "intermediate.dense", "ffn.lin1", "ff.net.0.proj",
    ]
    let second = [
      "mlp.c_proj", "mlp.fc2", "mlp.fc_out", "mlp.dense_4h_to_h", "mlp.down_proj", "ffn.down_proj",
      "fc2", "output.dense", "ffn.lin2", "ff.net.2",
    ]
    var hidden = try need(names, data)
    let width = parts.extents(hidden)[2]
    if let inner = first(second, \.linear)?.inputs, width == 2 * inner {
      // Values, then gates (GEGLU, arXiv:2002.05202, equation 6).
      let two = try parts.split(scope + "mlp", hidden, axis: 2, [inner, inner])
      let gate = try parts.unary(scope + "mlp.activation", .gelu(isApproximate: false), two[1])
      hidden = try parts.binary(scope + "mlp.multiply", .multiply, two[0], gate)
    } else {
      hidden = try activation(scope + "mlp.activation", hidden)
    }
    return try need(second, hidden)
  }

  /// `down(activation(gate(x)) * up(x))`; nil if there is none under the name.
  private mutating func gated(
    _ data: TensorID, _ local: String
  ) throws(TransformerError) -> TensorID? {
    let place = scope + local
    var gate: TensorID
    let up: TensorID
    if let joined = try linear([local + ".gate_up_proj"], data) {
      let half = parts.extents(joined)[2] / 2
      let two = try parts.split(place, joined, axis: 2, [half, half])
      (gate, up) = (two[0], two[1])
    } else if let found = try linear([local + ".gate_proj"], data) {
      gate = found
      up = try need([local + ".up_proj"], data)
    } else {
      return nil
    }
    gate = try activation(place + ".activation", gate)
    return try need(
      [local + ".down_proj"], try parts.binary(place + ".multiply", .multiply, gate, up))
  }

  /// Each token meets the matrices of the experts that the router chose for it.
  private mutating func mixture(
    _ data: TensorID, _ place: String, _ experts: ShapeModule.Experts
  ) throws(TransformerError) -> TensorID {
    guard let (name, router) = takeFirst(\.router), router.outputs == experts.count else {
      throw parts.fault("'\(place)' has no router")
    }
    let (inputs, outputs) = (router.inputs, router.outputs)
    let width = parts.extents(data)[2]
    let rows = batch * tokens
    let flat = try parts.reshape(place, data, [rows, width])
    let logits = try parts.product(
      name, flat, try parts.parameter(name + ".weight", [outputs, inputs]), transposesRight: true,
      bias: router.hasBias ? try parts.parameter(name + ".bias", [outputs]) : nil, columns: outputs)
    let scores =
      settings.scoresAreLogistic
      ? try parts.unary(name + ".scores", .sigmoid, logits)
      : try parts.node(
        name + ".scores", .axisSoftmax(AxisSoftmax(axis: 1)), [logits], [rows, outputs])
    let chosen = try parts.nodes(
      name + ".choice", .topK(TopK(count: experts.chosen)), [scores],
      [[rows, experts.chosen], [rows, experts.chosen]], encodings: [nil, integers])
    let pairs = rows * experts.chosen
    let positions = try parts.reshape(name + ".positions", chosen[1], [pairs])
    var x = try parts.reshape(place + ".rows", flat, [rows, 1, width])
    x = try parts.node(place + ".broadcast", .broadcast, [x], [rows, experts.chosen, width])
    x = try parts.reshape(place + ".pairs", x, [pairs, 1, width])
    x = try stack(
      place + (experts.isGated ? ".gate_up_proj" : ".up_proj"), x, positions, experts,
      inputs: experts.width, outputs: experts.inner * (experts.isGated ? 2 : 1))
    if experts.isGated {
      let two = try parts.split(place, x, axis: 2, [experts.inner, experts.inner])
      x = try parts.binary(
        place + ".multiply", .multiply, try activation(place + ".activation", two[0]), two[1])
    } else {
      x = try activation(place + ".activation", x)
    }
    x = try stack(
      place + ".down_proj", x, positions, experts, inputs: experts.inner, outputs: experts.width)
    x = try parts.reshape(place + ".results", x, [rows, experts.chosen, width])
    let weights = try parts.reshape(
      place + ".weights", chosen[0], [rows, experts.chosen, 1])
    x = try parts.binary(place + ".weigh", .multiply, x, weights)
    x = try parts.node(
      place + ".sum", .reduce(Reduction(.sum, axes: [1], keepsAxes: false)), [x], [rows, width])
    x = try parts.reshape(place + ".tokens", x, [batch, tokens, width])
    for local in ["mlp.shared_experts", "mlp.shared_expert"] {
      guard var shared = try gated(data, local) else { continue }
      if let gate = try linear(["mlp.shared_expert_gate"], data) {
        let open = try parts.unary(place + ".shared_gate", .sigmoid, gate)
        shared = try parts.binary(place + ".shared_gate.multiply", .multiply, shared, open)
      }
      x = try parts.binary(place + ".shared.add", .add, x, shared)
    }
    return x
  }

  /// Rows times the matrices of their experts.
  private mutating func stack(
    _ name: String, _ data: TensorID, _ positions: TensorID, _ experts: ShapeModule.Experts,
    inputs: Int, outputs: Int
  ) throws(TransformerError) -> TensorID {
    let pairs = parts.extents(data)[0]
    let shape = experts.isTurned ? [inputs, outputs] : [outputs, inputs]
    let all = try parts.parameter(name, [experts.count] + shape)
    let weights = try parts.node(
      name + ".gather", .gatherAxis(axis: 0), [all, positions], [pairs] + shape)
    var bias: TensorID?
    if experts.hasBias {
      let all = try parts.parameter(name + "_bias", [experts.count, outputs])
      let own = try parts.node(
        name + "_bias.gather", .gatherAxis(axis: 0), [all, positions], [pairs, outputs])
      bias = try parts.reshape(name + "_bias", own, [pairs, 1, outputs])
    }
    return try parts.product(
      name, data, weights, transposesRight: !experts.isTurned, bias: bias, columns: outputs)
  }
}
