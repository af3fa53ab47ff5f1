internal import Arith
import QuantGraph

/// A layer with formats as tensor cores take it: operands, and what their sums are multiplied by.
///
/// Where weights and input have floating-point formats that an instruction multiplies, their codes are
/// the operands and the two scales multiply the sum. Weights of other formats are read back and rounded
/// to the input's format, as kernels for weights alone convert them; so are inputs whose format no
/// instruction takes together with the weights'.
struct TensorCoreOperands {
  let layer: TensorCoreLayer
  /// What the input is divided by, a scale that ``scales`` have again.
  let divisor: Float
  /// One a filter, of sums.
  let scales: [Float]

  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for formats that the generation does not
  ///   multiply.
  init(
    _ parameters: LayerParameters, _ formats: LayerFormats, _ made: QuantizedWeights?,
    _ input: InputFormat, _ cores: TensorCoreRules
  ) throws(FormatRefusal) {
    let filters = parameters.geometry.filters
    func refusal(_ reason: String) -> FormatRefusal {
      .unsupported(
        layer: parameters.name, role: "weights and input",
        encoding: "\(formats.weights?.name ?? "float32") x "
          + "\(formats.activations?.name ?? "float32") (\(reason))")
    }
    if case .blocks = input {
      throw refusal("the rules of block-scaled instructions are not confirmed by hardware")
    }
    let (weights, data) = (Self.float(formats.weights), Self.float(formats.activations))
    let unit: TensorCoreUnit
    do throws(TensorCoreError) {
      unit = try cores.unit(data, weights)
    } catch {
      throw refusal(error.reason)
    }
    guard case .blocks(_, let sum) = unit.arithmetic else { throw refusal("no sum of blocks") }
    // A format that is an operand leaves its scale to the sum.
    var scales = [Float](repeating: 1, count: filters)
    if let weights, weights == sum.b, let made, !made.scales.isEmpty {
      scales = made.scales.map { Float($0) }
    }
    var divisor: Float = 1
    if let data, data == sum.a, case .values(_, let scale) = input { divisor = scale }
    self.divisor = divisor
    let values = made?.values.map { Float($0) } ?? parameters.weights
    var ordered = parameters.arranged(values)
    let depth = parameters.geometry.depth
    for index in ordered.indices { ordered[index] /= scales[index / max(depth, 1)] }
    layer = TensorCoreLayer(parameters.geometry, weights: ordered, unit: unit)
    self.scales = scales.map { $0 * divisor }
  }

  /// The floating-point format of an encoding that has one; nil for others, which are read back.
  private static func float(_ encoding: Encoding?) -> FloatFormat? {
    guard case .float(let format)? = encoding, format != .float32, format != .float64 else {
      return nil
    }
    return format
  }
}

extension TensorCoreRules {
  /// The register of a layer's exact sums: 32 bits that wrap.
  ///
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for integers that the generation does not
  ///   multiply, and another register.
  func register(_ formats: LayerFormats, layer: String) throws(FormatRefusal) -> Encoding {
    let (weights, data) = (
      formats.weights?.name ?? "float32", formats.activations?.name ?? "float32"
    )
    do throws(TensorCoreError) {
      if let a = formats.activations, let b = formats.weights { try checkIntegers(a, b) }
    } catch {
      throw .unsupported(
        layer: layer, role: "weights and input", encoding: "\(weights) x \(data) (\(error.reason))")
    }
    guard let register = try? Encoding(name: "int<32>") else { preconditionFailure("a name") }
    guard formats.accumulator == nil || formats.accumulator == register else {
      throw .unsupported(
        layer: layer, role: "accumulator",
        encoding: "\(formats.accumulator?.name ?? "") (tensor cores keep sums in int<32>)")
    }
    return register
  }
}
