/// How a value between two neighbours of a format is rounded.
@frozen
public enum Rounding: Hashable, Sendable {
  /// By the value alone.
  case deterministic(Quantization)
  /// By the value and `width` supplied random bits (an integer from 0 to `2^width - 1`).
  case stochastic(StochasticRounding, width: Int)

  /// Most random bits that one rounding takes.
  public static let maximumRandomWidth = 32

  /// Ties to even, the default of IEEE 754.
  public static let tiesToEven = Rounding.deterministic(.roundTiesToEven)

  /// Whether an exact zero sum of nonzero terms is -0 (IEEE 754-2019, 6.3).
  @inlinable
  public var givesNegativeZeroSums: Bool { self == .deterministic(.truncate) }

  /// Number of random bits a rounding takes; 0 for a deterministic one.
  @inlinable
  public var randomWidth: Int {
    if case .stochastic(_, let width) = self { return width }
    return 0
  }
}

/// The stochastic rules of the IEEE P3109 working group's draft, as gfloat names them.
///
/// With delta in [0, 1) the fraction between the two neighbours, n the number of random bits and R
/// their value.
public enum StochasticRounding: String, CaseIterable, Hashable, Sendable, Codable {
  /// Away from zero if `round(delta * 2^n) + R >= 2^n`, the inner rounding with ties to even.
  case tiesToEven = "Stochastic"
  /// The same with ties to odd.
  case tiesToOdd = "StochasticOdd"
  /// Away from zero if `delta + (R + 1/2) / 2^n >= 1`.
  case fast = "StochasticFast"
  /// Away from zero if `delta + R / 2^n >= 1`.
  case fastest = "StochasticFastest"

  /// Decides for the fraction `(digits + tail) / 2^width`.
  ///
  /// The tail in [0, 1) is given by its first bit `half` and whether anything follows.
  @inlinable
  func goesUp(digits: UInt64, half: Bool, rest: Bool, randomBits: UInt64, width: Int) -> Bool {
    let one: UInt64 = 1 << UInt64(width)
    switch self {
    case .tiesToEven:
      let up = half && (rest || digits & 1 == 1)
      return digits + (up ? 1 : 0) + randomBits >= one
    case .tiesToOdd:
      let up = half && (rest || digits & 1 == 0)
      return digits + (up ? 1 : 0) + randomBits >= one
    case .fast: return 2 * digits + (half ? 1 : 0) + 1 + 2 * randomBits >= 2 * one
    case .fastest: return digits + randomBits >= one
    }
  }
}

extension Quantization {
  /// Whether a magnitude between two neighbours goes to the larger one.
  ///
  /// The lower neighbour's code is odd or not; `half` and `rest` are the first discarded bit and
  /// whether any follows. ``jam`` and ``jamUnbiased`` set the last bit of the code, so they go up
  /// from even codes only; ``truncateMagnitude`` cuts the magnitude.
  @inlinable
  func goesUp(isNegative: Bool, isOdd: Bool, half: Bool, rest: Bool) -> Bool {
    let inexact = half || rest
    return switch self {
    case .truncate: isNegative && inexact
    case .towardPositive: !isNegative && inexact
    case .truncateToZero, .truncateMagnitude: false
    case .awayFromZero: inexact
    case .round: half && (rest || !isNegative)
    case .roundTiesToNegative: half && (rest || isNegative)
    case .roundTiesToZero: half && rest
    case .roundTiesAway: half
    case .roundTiesToEven: half && (rest || isOdd)
    case .roundTiesToOdd: half && (rest || !isOdd)
    case .jam: !isOdd
    case .jamUnbiased: inexact && !isOdd
    }
  }

  /// Whether a finite value beyond the largest number stays finite although the format has
  /// infinities: the mode moves values of this sign toward zero (IEEE 754-2019, 7.4).
  @inlinable
  func staysFinite(isNegative: Bool) -> Bool {
    switch self {
    case .truncate: !isNegative
    case .towardPositive: isNegative
    case .truncateToZero, .truncateMagnitude, .jam, .jamUnbiased: true
    default: false
    }
  }
}

extension Rounding {
  /// The rounding with this name: a name of ``Quantization``, of the P3109 draft, or `TowardZero`,
  /// `TowardNegative`, `TowardPositive`, `TiesToEven`, `TiesToAway` (IEEE 754-2019, 4.3).
  ///
  /// Stochastic names take `randomWidth` bits.
  public init?(name: some StringProtocol, randomWidth: Int = 0) {
    if let rule = StochasticRounding(rawValue: String(name)) {
      self = .stochastic(rule, width: randomWidth)
      return
    }
    let mode: Quantization? =
      switch name {
      case "TowardZero": .truncateToZero
      case "TowardNegative": .truncate
      case "TowardPositive": .towardPositive
      case "TiesToEven": .roundTiesToEven
      case "TiesToAway": .roundTiesAway
      default: Quantization(name: name)
      }
    guard let mode else { return nil }
    self = .deterministic(mode)
  }
}
