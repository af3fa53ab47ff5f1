internal import QuantGraph

extension ONNXGraphBuilder {
  /// Operators of QONNX that have the channels on the last axis.
  ///
  /// Source: qonnx 1.0.0, `custom_op/channels_last`: each is the standard operator between two
  /// transpositions, and a convolution's weights are transposed too.
  static let channelsLastRules: [String: Rule] = [
    channelsLastDomain + ".Conv": { (b, c) throws(ONNXProblem.Kind) in
      try b.channelsLast(c, transposing: 2)
    },
    channelsLastDomain + ".MaxPool": { (b, c) throws(ONNXProblem.Kind) in
      try b.channelsLast(c, transposing: 1)
    },
    channelsLastDomain + ".BatchNormalization": { (b, c) throws(ONNXProblem.Kind) in
      try b.channelsLast(c, transposing: 1)
    },
  ]

  private static let channelsLastDomain = "qonnx.custom_op.channels_last"

  private mutating func channelsLast(
    _ call: ONNXCall, transposing count: Int
  ) throws(ONNXProblem.Kind) {
    guard let rule = Self.rules[call.node.opType], let name = call.node.output.first else {
      throw .operandCount(expected: "1 result", found: 0)
    }
    var inputs = call.inputs
    for index in 0..<min(count, inputs.count) {
      let id = try call.input(index)
      let rank = shape(id).rank
      guard rank >= 3 else {
        throw .operandType(
          operand: "operand \(index)", expected: "batch, spatial axes and channels",
          found: description(id))
      }
      inputs[index] = try transposed(call, id, [0, rank - 1] + Array(1..<rank - 1))
    }
    var node = call.node
    node.output = [freeName("\(name)/channels_first")]
    try rule(
      &self,
      ONNXCall(node: node, index: call.index, version: try version(of: ""), inputs: inputs))
    guard let result = names[node.output[0]] else {
      throw .unsupportedFeature("operator '\(call.node.opType)' without a result")
    }
    let rank = shape(result).rank
    let permutation = [0] + Array(2..<rank) + [1]
    try emit(
      call, .transpose(permutation: permutation), [result],
      [movedResult(result, try newShape(permutation.map { shape(result)[$0] }))])
  }
}
