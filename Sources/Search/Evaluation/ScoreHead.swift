internal import Arith
internal import HWModel
package import QuantGraph

/// Where a graph's class scores are.
///
/// A final softmax or sigmoid is looked for behind the output: through reshapes, copies and
/// conversions of the number format. Its input holds the scores (logits); without one the output
/// itself does.
package struct ScoreHead: Sendable {
  package let output: TensorID
  /// What the loss is computed from.
  let scores: TensorID
  /// Whether the output is a probability.
  let isProbability: Bool

  /// - Precondition: the graph has one output.
  package init(_ graph: Graph) {
    output = graph.outputs[0]
    var tensor = output
    while let node = graph.index.producer(of: tensor).map({ graph.nodes[$0] }),
      let input = node.inputs.first
    {
      switch node.operation {
      case .reshape, .copy, .convert, .dequantize, .cast:
        tensor = input
        continue
      case .softmax, .axisSoftmax, .activation(.sigmoid), .activation(.hardSigmoid),
        .unary(.sigmoid), .unary(.hardSigmoid):
        scores = input
        isProbability = true
        return
      default: break
      }
      break
    }
    scores = output
    isProbability = false
  }

  /// Of a float network: scores alone decide.
  init(_ network: FloatNetwork) {
    output = network.scoresTensor
    scores = network.scoresTensor
    isProbability = false
  }

  /// The class of one sample's outputs.
  ///
  /// The first of the largest; of one output alone 1 if it is over 0.5 (a probability) or over 0,
  /// else 0.
  package func label(_ outputs: ArraySlice<Double>) -> Int {
    guard outputs.count > 1 else {
      return (outputs.first ?? 0) > (isProbability ? 0.5 : 0) ? 1 : 0
    }
    var best = outputs.startIndex
    for index in outputs.indices where outputs[index] > outputs[best] { best = index }
    return best - outputs.startIndex
  }
}

extension ClassScores {
  /// The scores of a sample's classes: one score alone stands against 0.
  static func ofClasses(_ scores: ArraySlice<Double>) -> [Double] {
    scores.count == 1 ? [0] + scores : Array(scores)
  }
}

/// The numbers that codes of one tensor stand for.
package struct TensorDecoder: Sendable {
  private let tensor: Tensor
  private let scale: ElementScale?

  package init(_ tensor: Tensor) {
    self.tensor = tensor
    scale = ElementScale(tensor)
  }

  /// Values of whole samples, in the codes' order; nil for encodings without a value an element.
  package func values(_ codes: Codes) -> [Double]? {
    switch codes {
    case .float32(let values): return values.map { Double($0) }
    case .float64(let values): return values
    case .wide(let codes):
      guard case .fixed(let format) = tensor.encoding else { return nil }
      return codes.map { format.value(of: $0) }
    case .int8, .uint8, .int16, .uint16, .int32, .int64:
      guard let codes = codes.int64 else { return nil }
      if case .powerOfTwo = tensor.encoding {
        return codes.map { code in
          let magnitude = Double(sign: .plus, exponent: Int(code >> 1), significand: 1)
          return code & 1 == 1 ? -magnitude : magnitude
        }
      }
      guard let scale else { return nil }
      let size = max(tensor.shape.count, 1)
      if scale.isUniform { return codes.map { scale.value($0, element: 0) } }
      return codes.indices.map { scale.value(codes[$0], element: $0 % size) }
    }
  }
}
