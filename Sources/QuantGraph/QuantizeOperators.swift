public import Arith

/// How many elements share a scale and a zero point.
public enum Granularity: Hashable, Sendable {
  case tensor
  /// One an index of this axis.
  case axis(Int)
  /// One for each `size` neighbours along `axis`; scales have the data's shape with that axis
  /// divided by `size`, rounded up.
  case blocks(axis: Int, size: Int)
}

/// Values to codes: one rounding of `value / scale`, ties to even, plus the zero point.
public struct Quantize: Hashable, Sendable {
  public let granularity: Granularity
  /// Whether a float8 result saturates; integers always do.
  public let saturates: Bool
  /// The float format in which the value is divided by the scale.
  public let precision: FloatFormat

  public init(
    granularity: Granularity, saturates: Bool = true, precision: FloatFormat = .float32
  ) {
    self.granularity = granularity
    self.saturates = saturates
    self.precision = precision
  }
}

/// An operation between quantized tensors whose scales and zero points are operands.
///
/// Operands: for each quantized one `codes, scale, zero point`; then the result's scale and zero
/// point if codes result; then a bias, int32 at the scale of the sums, if there is one.
public struct Quantized: Hashable, Sendable {
  public enum Function: Hashable, Sendable {
    /// Data and weights.
    case convolution(Convolution)
    /// Two matrices; the product factor is part of the scale.
    case matMul(MatMul)
    /// Two tensors: add, subtract or multiply.
    case binary(Binary.Function)
    case unary(UnaryFunction)
    case pool(Pool)
    /// A mean over axes.
    case mean(axes: [Int], keepsAxes: Bool)
    /// Any number of tensors.
    case concatenate(axis: Int)
    /// The same elements under the result's shape.
    case reshape
    case transpose(permutation: [Int])
    /// Normalized exponentials along an axis, by a table of the codes' exponentials.
    case softmax(axis: Int)
  }

  public let function: Function
  /// Whether results are codes; if not they are values.
  public let requantizes: Bool
  public let hasBias: Bool
  /// What codes stand for at least and at most; values beside codes are not cut.
  public let range: ValueRange

  public init(
    _ function: Function, requantizes: Bool = true, hasBias: Bool = false,
    range: ValueRange = .unbounded
  ) {
    self.function = function
    self.requantizes = requantizes
    self.hasBias = hasBias
    self.range = range
  }

  /// Number of quantized operands among `count` inputs, or nil if that is no number of them.
  public func operandCount(inputs count: Int) -> Int? {
    let triples = count - (requantizes ? 2 : 0) - (hasBias ? 1 : 0)
    guard triples > 0, triples % 3 == 0 else { return nil }
    let operands = triples / 3
    switch function {
    case .convolution, .matMul, .binary: return operands == 2 ? 2 : nil
    case .concatenate: return operands
    default: return operands == 1 ? 1 : nil
    }
  }

  var name: String {
    switch function {
    case .convolution(let convolution): "Q" + Operator.convolution(convolution).name
    case .matMul: "QMatMul"
    case .binary(let function): "Q" + Operator.binary(Binary(function)).name
    case .unary(let function): "Q" + Operator.unary(function).name
    case .pool(let pool): "Q" + Operator.pool(pool).name
    case .mean: "QMean"
    case .concatenate: "QConcatenate"
    case .reshape: "Requantize"
    case .transpose: "QTranspose"
    case .softmax: "QSoftmax"
    }
  }
}

/// A sum of integer products whose zero points are operands:
/// `codes, zero point, codes, zero point -> int32`.
public enum IntegerProduct: Hashable, Sendable {
  case convolution(Convolution)
  case matMul(MatMul)
}

/// Rounding to integers in QONNX; `up`, `down` and the halves are symmetric about zero.
///
/// Source: `resolve_rounding_mode` of qonnx 1.0.0, `qonnx/custom_op/general/intquant.py`.
public enum QONNXRounding: String, Hashable, Sendable, CaseIterable {
  case roundToEven = "ROUND"
  case ceiling = "CEIL"
  case floor = "FLOOR"
  case up = "UP"
  case down = "DOWN"
  case halfUp = "HALF_UP"
  case halfDown = "HALF_DOWN"

  /// The mode with this name in any case; `HALF_EVEN` is `ROUND`.
  public init?(name: String) {
    let upper = name.uppercased()
    if upper == "HALF_EVEN" {
      self = .roundToEven
    } else {
      self.init(rawValue: upper)
    }
  }
}

/// An operator of QONNX's own domain: values in, the values that a quantizer leaves out.
///
/// Source: qonnx 1.0.0, `qonnx/custom_op/general`.
public enum QONNXOperator: Hashable, Sendable {
  /// `x, scale, zero point, bits -> values`.
  case quant(isSigned: Bool, isNarrow: Bool, rounding: QONNXRounding)
  /// `x, scale -> values`.
  case bipolarQuant
  /// `x, scale, zero point, input bits, output bits -> values` (`Trunc`, version 1).
  case truncate(rounding: QONNXRounding)
  /// `x, scale, zero point, input bits, output scale, output bits -> values` (`Trunc`, version 2).
  case truncateToScale(isSigned: Bool, isNarrow: Bool, rounding: QONNXRounding)
  /// `x, scale, exponent bits, mantissa bits, exponent bias, maximum -> values`.
  case floatQuant(
    rounding: QONNXRounding, hasInfinity: Bool, hasNaN: Bool, saturates: Bool)
  /// `x, thresholds -> values`: how many thresholds each value reaches, scaled and shifted.
  case multiThreshold(channelAxis: Int, scale: Float, bias: Float)

  public var name: String {
    switch self {
    case .quant: "Quant"
    case .bipolarQuant: "BipolarQuant"
    case .truncate, .truncateToScale: "Trunc"
    case .floatQuant: "FloatQuant"
    case .multiThreshold: "MultiThreshold"
    }
  }

  var operandCount: Int {
    switch self {
    case .bipolarQuant, .multiThreshold: 2
    case .quant: 4
    case .truncate: 5
    case .truncateToScale, .floatQuant: 6
    }
  }
}

/// Integer-only forms of a transformer's functions: polynomials and Newton steps on codes.
///
/// Source: Kim et al., "I-BERT: Integer-only BERT Quantization", ICML 2021, algorithms 1 to 4; the
/// fixed shifts are those of its published code.
public enum IntegerTransformerFunction: Hashable, Sendable {
  /// `codes -> int64`: GELU of `code * scale` by a second-order polynomial of erf.
  case gelu(scale: Double)
  /// `codes -> int64`: exponential of `code * scale`, codes not above 0, by shift and polynomial.
  case exponential(scale: Double)
  /// `codes -> codes`: softmax along the last axis with results of scale `2^-resultBits`.
  case softmax(scale: Double, resultBits: Int)
  /// `integers -> integers`: the largest integer whose square is not above.
  case squareRoot
  /// `codes -> int64`: mean and deviation of the last axis removed; before scale and shift.
  case layerNormalization

  var name: String {
    switch self {
    case .gelu: "IntGELU"
    case .exponential: "IntExp"
    case .softmax: "IntSoftmax"
    case .squareRoot: "IntSqrt"
    case .layerNormalization: "IntLayerNorm"
    }
  }
}
