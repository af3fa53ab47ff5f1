internal import Arith
public import QuantGraph

/// The integers that a layer's weights and input become, as other tools' files can say them.
public struct LayerIntegers: Sendable {
  /// Symmetric integers with a scale a filter.
  public struct Weights: Sendable {
    public let bits: Int
    /// In the order of the model's tensor, `-(2^(bits-1)-1)` to `2^(bits-1)-1`.
    public let codes: [Int32]
    /// One a filter, rounded to float32.
    public let scales: [Float]
  }

  /// Integers with one scale: 0 to `2^bits-1`, or symmetric ones if signed.
  public struct Input: Sendable {
    public let bits: Int
    public let isSigned: Bool
    public let scale: Float
  }

  /// Name of the layer's node.
  public let layer: String
  /// Nil where the layer takes its weights as they are.
  public let weights: Weights?
  /// Nil where the layer takes its input as it is.
  public let input: Input?
  /// Names of additions that take the layer's input tensor as the layer does.
  public let additions: [String]
}

extension QuantizedEvaluator {
  /// The integers of an allocation, a layer each.
  ///
  /// - Parameter allocation: one candidate a layer.
  /// - Returns: nil if a candidate is no plain integers with a scale a filter and exact sums.
  /// - Throws: ``EvaluationError`` for a candidate that the evaluator cannot apply.
  public func integers(
    of allocation: [Candidate]
  ) throws(EvaluationError) -> [LayerIntegers]? {
    guard allocation.count == layers.count else {
      throw .layerCount(expected: layers.count, found: allocation.count)
    }
    var result: [LayerIntegers] = []
    for (index, candidate) in allocation.enumerated() {
      let parameters = network.parameters[index]
      guard candidate.accumulator == nil, candidate.grouping == .filters else { return nil }
      var weights: LayerIntegers.Weights?
      if let encoding = candidate.weights {
        guard let bits = encoding.plainInteger?.bits else { return nil }
        let quantized = try QuantizedWeights(parameters, encoding, rule.weights)
        guard let codes = quantized.codes else { return nil }
        weights = .init(bits: bits, codes: codes, scales: quantized.scales.map { Float($0) })
      }
      var input: LayerIntegers.Input?
      if let encoding = candidate.activations {
        guard let bits = encoding.plainInteger?.bits else { return nil }
        let format = try InputFormat(
          encoding, range: inputRanges[index], search: rule.activations,
          channels: parameters.geometry.channels,
          layer: parameters.layer.name)
        guard case .steps(let scale, _, let isSigned) = format else { return nil }
        input = .init(bits: bits, isSigned: isSigned, scale: InputFormat.divisor(scale))
      }
      result.append(
        LayerIntegers(
          layer: parameters.layer.name, weights: weights, input: input,
          additions: network.additions(readingInputOf: index)))
    }
    return result
  }
}

extension FloatNetwork {
  /// Names of additions that read what a layer makes of its input.
  func additions(readingInputOf layer: Int) -> [String] {
    guard let value = parameters[layer].quantizedInput else { return [] }
    // Where the other operand has another storage, a step between the two reads the value.
    let forms = Set([value] + steps.filter { $0.first == value && $0.node.isEmpty }.map(\.output))
    return steps.filter { step in
      guard case .pair(.add) = step.operation else { return false }
      return forms.contains(step.first) || step.second.map { forms.contains($0) } ?? false
    }.map(\.node)
  }
}
