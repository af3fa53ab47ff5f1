/// How the bits below a format's least significant bit are discarded.
///
/// One enum holds every deterministic rule of the field; `rawValue` is the name that
/// files and reports use. The seven modes that HLS calls `AP_*` are the ones whose raw value is
/// the HLS word (UG1399, "Quantization modes"); the others are those of APyTypes.
public enum Quantization: String, CaseIterable, Hashable, Sendable, Codable {
  /// Toward minus infinity (`AP_TRN`, `TO_NEG`).
  case truncate = "TRN"
  /// Toward zero (`AP_TRN_ZERO`, `TO_ZERO`).
  case truncateToZero = "TRN_ZERO"
  /// To nearest, ties toward plus infinity (`AP_RND`, `TIES_POS`).
  case round = "RND"
  /// To nearest, ties toward zero (`AP_RND_ZERO`, `TIES_ZERO`).
  case roundTiesToZero = "RND_ZERO"
  /// To nearest, ties away from zero (`AP_RND_INF`, `TIES_AWAY`).
  case roundTiesAway = "RND_INF"
  /// To nearest, ties toward minus infinity (`AP_RND_MIN_INF`, `TIES_NEG`).
  case roundTiesToNegative = "RND_MIN_INF"
  /// To nearest, ties to the even code (`AP_RND_CONV`, `TIES_EVEN`).
  case roundTiesToEven = "RND_CONV"
  /// Toward plus infinity.
  case towardPositive = "TO_POS"
  /// Away from zero.
  case awayFromZero = "TO_AWAY"
  /// To nearest, ties to the odd code.
  case roundTiesToOdd = "TIES_ODD"
  /// Floor, plus one if the value is negative, dropped bits or not (magnitude truncation).
  case truncateMagnitude = "TRN_MAG"
  /// Floor with the least significant bit forced to one (von Neumann rounding).
  case jam = "JAM"
  /// Floor with the least significant bit forced to one if any dropped bit is one.
  case jamUnbiased = "JAM_UNBIASED"

  /// The mode with this name: a raw value, an HLS name with its `AP_` prefix, or APyTypes' name.
  public init?(name: some StringProtocol) {
    let bare = name.hasPrefix("AP_") ? String(name.dropFirst(3)) : String(name)
    if let mode = Quantization(rawValue: bare) {
      self = mode
      return
    }
    switch bare {
    case "TO_NEG": self = .truncate
    case "TO_ZERO": self = .truncateToZero
    case "TIES_POS": self = .round
    case "TIES_ZERO": self = .roundTiesToZero
    case "TIES_AWAY": self = .roundTiesAway
    case "TIES_NEG": self = .roundTiesToNegative
    case "TIES_EVEN": self = .roundTiesToEven
    default: return nil
    }
  }

  /// The seven modes that `ap_fixed` has, in the order of UG1399.
  public static let hls: [Quantization] = [
    .round, .roundTiesToZero, .roundTiesToNegative, .roundTiesAway, .roundTiesToEven, .truncate,
    .truncateToZero,
  ]

  /// Rounds `value * 2^-dropped` to an integer.
  ///
  /// `floor` is the arithmetic shift of the value, `half` whether the first dropped bit is set,
  /// `rest` whether any later dropped bit is. Returns what has to be added to `floor`, except for
  /// the two jam modes, which set the last bit instead; see ``rounding(_:dropping:)``.
  @inlinable
  func increment(isNegative: Bool, isOdd: Bool, half: Bool, rest: Bool) -> Bool {
    switch self {
    case .truncate, .jam, .jamUnbiased: false
    case .truncateToZero: isNegative && (half || rest)
    case .round: half
    case .roundTiesToZero: half && (rest || isNegative)
    case .roundTiesAway: half && (rest || !isNegative)
    case .roundTiesToNegative: half && rest
    case .roundTiesToEven: half && (rest || isOdd)
    case .roundTiesToOdd: half && (rest || !isOdd)
    case .towardPositive: half || rest
    case .awayFromZero: !isNegative && (half || rest)
    case .truncateMagnitude: isNegative
    }
  }

  /// `value * 2^-count` rounded to an integer by this mode, and whether that changed the value.
  ///
  /// With `count <= 0` the value is returned as it is, except that `jam` forces the last bit
  /// only where a bit is dropped and `truncateMagnitude` adds nothing. `count` may exceed the width
  /// of `Raw`: all bits are dropped then.
  ///
  /// - Complexity: O(1), no allocation.
  @inlinable
  public func rounding<Raw: RawInteger>(_ value: Raw, dropping count: Int) -> (
    value: Raw, isInexact: Bool
  ) {
    if count <= 0 { return (value, false) }
    let isNegative = value < Raw.zero
    let width = Raw.bitWidth
    let floor: Raw
    let half: Bool
    let rest: Bool
    if count < width {
      floor = value >> count
      half = value.bit(at: count - 1)
      rest = value.hasBitsSet(below: count - 1)
    } else {
      // Every bit is dropped; beyond the width the first dropped bit is a copy of the sign.
      floor = isNegative ? -Raw.one : Raw.zero
      half = isNegative
      rest = count == width ? value.hasBitsSet(below: width - 1) : value != Raw.zero
    }
    let isInexact = half || rest
    switch self {
    case .jam: return (floor.settingLowestBit, isInexact || !floor.bit(at: 0))
    case .jamUnbiased: return (isInexact ? floor.settingLowestBit : floor, isInexact)
    default:
      let up = increment(
        isNegative: isNegative, isOdd: floor.bit(at: 0), half: half, rest: rest)
      return (up ? floor + Raw.one : floor, isInexact)
    }
  }
}
