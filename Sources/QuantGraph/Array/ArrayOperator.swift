/// An operator on row-major arrays: numbers of one type broadcast against each other, images stand
/// channels first, and quantization is a node of its own.
///
/// These are the operators of float and quantize/dequantize graphs. Operands are listed as
/// `inputs -> outputs`; each case says which operands may be left out at the end. Scales, zero
/// points and bounds are operands, since a model may compute them.
///
/// Source: the operator specifications of ONNX (ai.onnx, version 28), of its com.microsoft
/// contributed operators, and of QONNX 1.0 where a case says so.
public enum ArrayOperator: Hashable, Sendable {
  /// `data -> result`: a function of each element.
  case function(ArrayFunction)
  /// `a, b -> result`: elements combined after broadcasting.
  case combine(ArrayCombination)
  /// `data... -> result`: sum, maximum, minimum or mean of broadcast arrays.
  case fold(ArrayFold)
  /// `condition, a, b -> result`.
  case select
  /// `data, minimum, maximum -> result`.
  case clip
  /// `data -> result`: values converted to the result's type; `saturates` is about float8 only.
  case cast(saturates: Bool)
  /// `data -> result`: bits kept, type changed.
  case bitCast
  /// `data, weights [, bias] -> result`.
  case convolution(ArrayWindow, groups: Int)
  /// `data -> result`: maximum or average over windows.
  case pool(ArrayWindow, ArrayPooling)
  /// `data -> result`: over `axes`, which stay with extent 1 or go as the result's rank says.
  case reduce(ArrayReduction, axes: [Int])
  /// `data -> positions`: the first or last maximum or minimum along an axis.
  case argument(axis: Int, isMinimum: Bool, selectsLast: Bool)
  /// `a, b -> result`: matrix product of the last two axes, the others broadcast.
  case matrixProduct
  /// `a, b [, c] -> result`: `alpha * a * b + beta * c`.
  case generalProduct(ArrayProduct)
  /// `data -> result`: normalized exponentials, or their logarithms.
  case softmax(axis: Int, isLogarithm: Bool)
  /// `data, scale, bias, mean, variance -> result`.
  case batchNormalization(epsilon: Float)
  /// `data, scale [, bias] -> result`: over the axes from `axis` on.
  case layerNormalization(axis: Int, epsilon: Float)
  /// `data -> result`: the same elements under another shape.
  case reshape
  /// `data -> result`: result axis i is data axis `permutation[i]`.
  case transpose(permutation: [Int])
  /// `data... -> result`.
  case concatenate(axis: Int)
  /// `data -> parts...`.
  case split(axis: Int)
  /// `data -> result`: along each axis from `starts` by `steps`.
  case slice(starts: [Int], steps: [Int])
  /// `data, indices -> result`; negative indices count from the end.
  case gather(axis: Int)
  /// `data -> result`: broadcast to the result's shape.
  case expand
  /// `data -> result`: repeated along each axis to the result's shape.
  case tile
  /// `data, value -> result`: margins before each axis; the result's shape gives those after.
  case pad(before: [Int], ArrayPadding)
  /// `data, scale, zero point -> codes`: one half-even rounding of `data / scale`, saturated.
  case quantize(ArrayGranularity, saturates: Bool)
  /// `codes, scale, zero point -> values`: `(code - zero point) * scale`.
  case dequantize(ArrayGranularity)
  /// `data -> codes, scale, zero point` by the data's own range (uint8).
  case dynamicQuantize
  /// `data, weights, data zero point, weight zero point -> int32`.
  case integerConvolution(ArrayWindow, groups: Int)
  /// `a, b, a zero point, b zero point -> int32`.
  case integerProduct
  /// `x, sx, zx, w, sw, zw, sy, zy [, bias] -> codes [, values]`: int32 sums, requantized; the
  /// second output is the sum times its scale as float32, for graphs that name that tensor.
  case quantizedConvolution(ArrayWindow, groups: Int)
  /// `a, sa, za, b, sb, zb, sy, zy -> codes [, values]`: matrix product, requantized.
  case quantizedMatrixProduct
  /// `a, sa, za, b, sb, zb, c, sy, zy -> codes [, values]`; `c` is int32 at scale `alpha * sa * sb`.
  case quantizedGeneralProduct(ArrayProduct)
  /// `a, sa, za, b, sb, zb, c -> values`: the same without requantization.
  case dequantizedGeneralProduct(ArrayProduct)
  /// `a, sa, za, b, sb, zb, sy, zy -> codes [, values]`: sum or product.
  case quantizedCombine(ArrayCombination)
  /// `x, sx, zx, sy, zy -> codes [, values]`: an elementwise function between codes.
  case quantizedFunction(ArrayFunction)
  /// `x, sx, zx, sy, zy -> codes [, values]`: average over windows, or over whole images.
  case quantizedAverage(ArrayWindow?, countsPadding: Bool, channelsLast: Bool)
  /// `sy, zy, (x, s, z)... -> codes`: joined along an axis, each requantized.
  case quantizedConcatenate(axis: Int)
  /// `x, sx, zx, sy, zy -> codes [, values]`: the same elements, requantized, under another shape.
  case requantize
  /// `x, scale, zero point, bits -> values` (QONNX `Quant`).
  case quant(isSigned: Bool, isNarrow: Bool, rounding: QONNXRounding)
  /// `x, scale -> values` (QONNX `BipolarQuant`).
  case bipolarQuant
  /// `x, scale, zero point, input bits, output bits -> values` (QONNX `Trunc`, version 1).
  case truncate(rounding: QONNXRounding)
  /// `x, scale, zero point, input bits, output scale, output bits -> values` (`Trunc`, version 2).
  case truncateToScale(isSigned: Bool, isNarrow: Bool, rounding: QONNXRounding)
  /// `x, scale, exponent bits, mantissa bits, exponent bias, maximum -> values` (`FloatQuant`).
  case floatQuant(QONNXFloat)
  /// `x, thresholds -> values`: how many thresholds each value reaches (`MultiThreshold`).
  case multiThreshold(channelAxis: Int, scale: Float, bias: Float)
}

/// A function of one element.
public enum ArrayFunction: Hashable, Sendable {
  case absolute, negate, reciprocal, squareRoot, exponential, logarithm, floor, ceiling
  /// To the nearest integer, ties to even.
  case round
  case sign, sine, cosine, erf
  case relu
  case leakyReLU(alpha: Float)
  case elu(alpha: Float)
  case selu(alpha: Float, gamma: Float)
  case thresholdedReLU(alpha: Float)
  case sigmoid
  case hardSigmoid(alpha: Float, beta: Float)
  /// `x * hardSigmoid(x)` with alpha 1/6 and beta 1/2.
  case hardSwish
  case tanh, softplus, softsign
  case gelu(approximatesWithTanh: Bool)
  case logicalNot
}

/// A function of two elements; comparisons give booleans.
public enum ArrayCombination: String, Hashable, Sendable, CaseIterable {
  case add, subtract, multiply, divide, power, maximum, minimum
  /// `a > 0 ? a : a * b`.
  case parametricReLU
  case equal, less, lessOrEqual, greater, greaterOrEqual, and, or, xor

  public var isComparison: Bool {
    switch self {
    case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or, .xor: true
    default: false
    }
  }
}

/// How several arrays become one.
public enum ArrayFold: String, Hashable, Sendable, CaseIterable {
  case sum, maximum, minimum, mean
}

/// What is taken over the axes of a reduction.
public enum ArrayReduction: String, Hashable, Sendable, CaseIterable {
  case sum, mean, maximum, minimum, product, sumOfSquares, l1, l2, logarithmOfSum
}

/// Windows over the spatial axes of a channels-first array, `[batch, channels, spatial...]`.
public struct ArrayWindow: Hashable, Sendable {
  public let kernel: [Int]
  public let strides: [Int]
  public let dilations: [Int]
  public let before: [Int]
  public let after: [Int]
  /// Whether a last window may reach beyond the padded data.
  public let roundsUp: Bool

  public init(
    kernel: [Int], strides: [Int], dilations: [Int], before: [Int], after: [Int],
    roundsUp: Bool = false
  ) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.after = after
    self.roundsUp = roundsUp
  }
}

/// What a pooling window gives.
public enum ArrayPooling: Hashable, Sendable {
  case maximum
  case average(countsPadding: Bool)
}

/// Parameters of a general matrix product.
public struct ArrayProduct: Hashable, Sendable {
  public let alpha: Float
  public let beta: Float
  public let transposesA: Bool
  public let transposesB: Bool

  public init(alpha: Float, beta: Float, transposesA: Bool, transposesB: Bool) {
    self.alpha = alpha
    self.beta = beta
    self.transposesA = transposesA
    self.transposesB = transposesB
  }
}

/// What fills the margins of a padded array.
public enum ArrayPadding: String, Hashable, Sendable, CaseIterable {
  case constant, reflect, edge, wrap
}

/// How many elements share a scale.
public enum ArrayGranularity: Hashable, Sendable {
  case tensor
  /// One scale an index of `axis`.
  case axis(Int)
  /// One scale for each `size` neighbours along `axis`.
  case blocks(axis: Int, size: Int)
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

/// Attributes of a QONNX `FloatQuant`.
public struct QONNXFloat: Hashable, Sendable {
  public let rounding: QONNXRounding
  public let hasInfinity: Bool
  public let hasNaN: Bool
  public let saturates: Bool

  public init(rounding: QONNXRounding, hasInfinity: Bool, hasNaN: Bool, saturates: Bool) {
    self.rounding = rounding
    self.hasInfinity = hasInfinity
    self.hasNaN = hasNaN
    self.saturates = saturates
  }
}
