internal import Arith
import QuantGraph

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

extension FloatNetwork {
  /// The integers of layers.
  ///
  /// - Parameter quantizations: one a layer.
  /// - Returns: nil if one is no plain integers with a scale a filter and exact sums.
  /// - Throws: ``FormatRefusal`` for formats that a layer cannot have.
  public func integers(
    of quantizations: [LayerQuantization]
  ) throws(FormatRefusal) -> [LayerIntegers]? {
    var result: [LayerIntegers] = []
    for (index, quantization) in quantizations.enumerated() {
      let parameters = parameters(index)
      let formats = quantization.formats
      guard formats.accumulator == nil, formats.grouping == .filters else { return nil }
      var weights: LayerIntegers.Weights?
      if let encoding = formats.weights {
        guard let bits = encoding.plainInteger?.bits else { return nil }
        guard let quantized = try parameters.quantized(formats, quantization.rule.weights),
          let codes = quantized.codes,
          // A rewrite may make the least integer, which symmetric ones lack.
          codes.allSatisfy({ $0 > -(1 << (bits - 1)) })
        else { return nil }
        weights = .init(bits: bits, codes: codes, scales: quantized.scales.map { Float($0) })
      }
      var input: LayerIntegers.Input?
      if let encoding = formats.activations {
        guard let bits = encoding.plainInteger?.bits else { return nil }
        let format = try InputFormat(
          encoding, range: try quantization.range(of: parameters.name),
          search: quantization.rule.activations, channels: parameters.geometry.channels,
          layer: parameters.name)
        guard case .steps(let scale, _, let isSigned) = format else { return nil }
        input = .init(bits: bits, isSigned: isSigned, scale: InputFormat.divisor(scale))
      }
      result.append(
        LayerIntegers(
          layer: parameters.name, weights: weights, input: input,
          additions: layers[index].additions.map { graph.nodes[$0].name }))
    }
    return result
  }
}
