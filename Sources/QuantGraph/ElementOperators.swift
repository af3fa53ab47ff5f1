/// A range that an operator's results are clamped to, in values; nil where it is open.
///
/// A datapath that clamps codes rounds the ends to codes by its own rule.
public struct ValueRange: Hashable, Sendable {
  public let minimum: Double?
  public let maximum: Double?

  public init(minimum: Double? = nil, maximum: Double? = nil) {
    self.minimum = minimum
    self.maximum = maximum
  }

  public static let unbounded = ValueRange()
  public static let relu = ValueRange(minimum: 0)
  public static let relu6 = ValueRange(minimum: 0, maximum: 6)
  public static let reluOne = ValueRange(minimum: -1, maximum: 1)

  public var isUnbounded: Bool { self == .unbounded }

  /// What `other` makes of the values of this range: `min(max(x, minimum), maximum)`.
  public func clamped(by other: ValueRange) -> ValueRange {
    func cut(_ bound: Double) -> Double? {
      let cut = min(max(bound, other.minimum ?? -.infinity), other.maximum ?? .infinity)
      return cut.isInfinite ? nil : cut
    }
    return ValueRange(minimum: cut(minimum ?? -.infinity), maximum: cut(maximum ?? .infinity))
  }
}

/// Matrix products `[..., rows, inner] * [..., inner, columns]`; leading axes follow numpy's rule.
///
/// A vector (one axis) is a row on the left, a column on the right, and its axis is dropped.
public struct MatMul: Hashable, Sendable {
  /// Whether the left matrices are stored `[inner, rows]`.
  public let transposesLeft: Bool
  /// Whether the right matrices are stored `[columns, inner]`.
  public let transposesRight: Bool
  /// Factor of the product; a float32 constant.
  public let productFactor: Float
  /// Factor of the bias; a float32 constant.
  public let biasFactor: Float
  public internal(set) var range: ValueRange

  public init(
    transposesLeft: Bool = false, transposesRight: Bool = false, productFactor: Float = 1,
    biasFactor: Float = 1, range: ValueRange = .unbounded
  ) {
    self.transposesLeft = transposesLeft
    self.transposesRight = transposesRight
    self.productFactor = productFactor
    self.biasFactor = biasFactor
    self.range = range
  }
}

/// A function of one value; constants are float32 as the models hold them.
public enum UnaryFunction: Hashable, Sendable {
  case identity
  /// Values clamped to a range: ReLU and its kin, Clip.
  case clamp(ValueRange)
  /// `x >= 0 ? x : slope * x`.
  case leakyReLU(slope: Float)
  /// `x >= 0 ? x : alpha * (exp(x) - 1)`.
  case elu(alpha: Float)
  /// `gamma * (x >= 0 ? x : alpha * (exp(x) - 1))`.
  case selu(alpha: Float, gamma: Float)
  /// `x > alpha ? x : 0`.
  case thresholdedReLU(alpha: Float)
  /// `1 / (1 + exp(-x))`.
  case sigmoid
  case tanh
  /// `clamp(alpha * x + beta, 0, 1)`.
  case hardSigmoid(alpha: Float, beta: Float)
  /// `x * clamp(x / 6 + 1 / 2, 0, 1)`.
  case hardSwish
  /// `x * sigmoid(alpha * x)`.
  case swish(alpha: Float)
  /// `log(1 + exp(x))`.
  case softplus
  /// `x / (1 + |x|)`.
  case softsign
  /// `x * P(X <= x)` of a standard normal X, or its approximation by tanh.
  case gelu(isApproximate: Bool)
  case erf
  case absolute, negate, sign, reciprocal, square, squareRoot, reciprocalSquareRoot
  case exponential, logarithm, sine, cosine
  case floor, ceiling
  /// To the nearest integer, ties to even.
  case roundEven
  case not

  var name: String {
    switch self {
    case .identity: "Identity"
    case .clamp(let range):
      switch range {
      case .relu: "ReLU"
      case .relu6: "ReLU6"
      default: "Clip"
      }
    case .leakyReLU: "LeakyReLU"
    case .elu: "ELU"
    case .selu: "SELU"
    case .thresholdedReLU: "ThresholdedReLU"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    case .hardSigmoid: "HardSigmoid"
    case .hardSwish: "HardSwish"
    case .swish: "Swish"
    case .softplus: "Softplus"
    case .softsign: "Softsign"
    case .gelu: "GELU"
    case .erf: "Erf"
    case .absolute: "Abs"
    case .negate: "Neg"
    case .sign: "Sign"
    case .reciprocal: "Reciprocal"
    case .square: "Square"
    case .squareRoot: "Sqrt"
    case .reciprocalSquareRoot: "Rsqrt"
    case .exponential: "Exp"
    case .logarithm: "Log"
    case .sine: "Sin"
    case .cosine: "Cos"
    case .floor: "Floor"
    case .ceiling: "Ceil"
    case .roundEven: "Round"
    case .not: "Not"
    }
  }
}

/// A function of two values, elementwise with numpy's broadcasting.
public struct Binary: Hashable, Sendable {
  public enum Function: String, Hashable, Sendable, CaseIterable {
    case add, subtract, multiply, divide, floorDivide, modulo, power, squaredDifference
    case maximum, minimum
    /// `a >= 0 ? a : a * b`.
    case prelu
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case and, or, xor
  }

  public let function: Function
  public let range: ValueRange
  /// Whether a sum of codes whose scales are powers of two is formed by shifts, where a runtime
  /// has such a rule.
  public let addsByShifts: Bool

  public init(
    _ function: Function, range: ValueRange = .unbounded, addsByShifts: Bool = false
  ) {
    self.function = function
    self.range = range
    self.addsByShifts = addsByShifts
  }
}

/// Values along axes combined to one.
public struct Reduction: Hashable, Sendable {
  public enum Function: String, Hashable, Sendable, CaseIterable {
    case mean, sum, product, maximum, minimum, any, all
    case absoluteSum, squareSum, norm, logSum, logSumExp
  }

  public let function: Function
  /// The axes combined, ascending, none twice, each in range.
  public let axes: [Int]
  /// Whether combined axes stay with extent 1.
  public let keepsAxes: Bool

  public init(_ function: Function, axes: [Int], keepsAxes: Bool) {
    self.function = function
    self.axes = axes
    self.keepsAxes = keepsAxes
  }
}

/// The position of the largest or smallest value along an axis.
public struct ArgumentSearch: Hashable, Sendable {
  public let isMaximum: Bool
  public let axis: Int
  public let keepsAxis: Bool
  /// Whether the last of equal values is meant instead of the first.
  public let selectsLast: Bool

  public init(isMaximum: Bool, axis: Int, keepsAxis: Bool, selectsLast: Bool = false) {
    self.isMaximum = isMaximum
    self.axis = axis
    self.keepsAxis = keepsAxis
    self.selectsLast = selectsLast
  }
}

/// `exp(beta * x)` over its sum along an axis, or the logarithm of that.
public struct AxisSoftmax: Hashable, Sendable {
  public let axis: Int
  public let beta: Float
  public let isLogarithm: Bool

  public init(axis: Int, beta: Float = 1, isLogarithm: Bool = false) {
    self.axis = axis
    self.beta = beta
    self.isLogarithm = isLogarithm
  }
}

/// A conversion that keeps numbers rather than quantizing them.
public enum Cast: Hashable, Sendable {
  /// Number to number as in C: floats are cut toward zero, integers wrap.
  case number
  /// As number, but a value out of the result's range becomes its largest or smallest.
  case saturating
  /// The same bits read as another type of the same width.
  case bits
  /// To a power of two without sign (E8M0), by a rule of its own; infinities and numbers out of
  /// range become its ends if it saturates, else NaN.
  case scale(ScaleRounding, saturates: Bool)

  /// How a number between two powers of two is rounded.
  public enum ScaleRounding: String, Hashable, Sendable, CaseIterable {
    case up, down, nearest
  }
}

/// Elements at regular steps: position i along an axis is data position `begin + i * stride`.
///
/// The result holds `extents` elements; axes of extent 1 may be missing from its shape.
public struct Slice: Hashable, Sendable {
  /// First position, one an axis of the data.
  public let begin: [Int]
  /// Number of positions, one an axis of the data.
  public let extents: [Int]
  /// Step, one an axis of the data, not 0; negative steps run backward.
  public let strides: [Int]

  public init(begin: [Int], extents: [Int], strides: [Int]) {
    self.begin = begin
    self.extents = extents
    self.strides = strides
  }
}

/// Elements put around a tensor, `before` and `after` an axis.
public struct Surround: Hashable, Sendable {
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    /// The operand `value` (one element), or the code of zero if there is none.
    case constant
    /// Mirrored without the edge element.
    case reflect
    /// Mirrored with the edge element.
    case symmetric
    /// The edge element.
    case edge
  }

  public let before: [Int]
  public let after: [Int]
  public let rule: Rule
  /// Whether the result is then cut into blocks that become samples, for which a runtime may have a
  /// fill of its own.
  public let precedesBlocks: Bool

  public init(
    before: [Int], after: [Int], rule: Rule = .constant, precedesBlocks: Bool = false
  ) {
    self.before = before
    self.after = after
    self.rule = rule
    self.precedesBlocks = precedesBlocks
  }
}
