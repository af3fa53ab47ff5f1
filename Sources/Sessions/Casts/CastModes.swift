public import Arith
public import QuantGraph

/// How results are moved onto a format's grid, by names as they are typed.
public struct CastModes: Sendable {
  /// Such as `TiesToEven` or `RND_CONV`; nil for the format's own.
  public var rounding: String?
  /// Such as `sat` or `WRAP`, with `:N` bits; nil for the format's own.
  public var overflow: String?

  /// - Parameters:
  ///   - rounding: one of ``roundingNames``; nil for the format's own.
  ///   - overflow: a mode; nil for the format's own.
  public init(rounding: String? = nil, overflow: String? = nil) {
    self.rounding = rounding
    self.overflow = overflow
  }

  /// The cast into `encoding` with these modes; `randomWidth` bits decide a stochastic rounding.
  ///
  /// - Throws: `usage.unknown-mode`, `usage.random-bits` or `format.cast`.
  public func rule(to encoding: Encoding, randomWidth: Int = 0) throws(Failure) -> CastRule {
    let (mode, limit) = (try parsedRounding(randomWidth), try parsedOverflow())
    do throws(UnitError) {
      return try CastRule(to: encoding, rounding: mode, overflow: limit)
    } catch {
      throw Failure(error)
    }
  }

  private func parsedRounding(_ randomWidth: Int) throws(Failure) -> Rounding? {
    guard let rounding else { return nil }
    guard let mode = Rounding(name: rounding, randomWidth: randomWidth) else {
      throw .unknown(
        "rounding", rounding, code: "usage.unknown-mode", among: Self.roundingNames,
        listedBy: "hwsim explain usage.unknown-mode")
    }
    if case .stochastic = mode, randomWidth == 0 {
      throw Failure(
        "usage.random-bits", "--rounding \(rounding) needs random bits",
        remedy: "give --random-bits FILE.npy and --random-width N.")
    }
    return mode
  }

  private func parsedOverflow() throws(Failure) -> OverflowRule {
    guard let overflow else { return .natural }
    guard let rule = OverflowRule(name: overflow) else {
      throw .unknown(
        "overflow mode", overflow, code: "usage.unknown-mode",
        among: Overflow.allCases.map(\.rawValue) + ["sat", "nosat"],
        listedBy: "hwsim explain usage.unknown-mode")
    }
    return rule
  }

  /// Names of roundings, without their synonyms.
  public static let roundingNames: [String] =
    ["TiesToEven", "TiesToAway", "TowardZero", "TowardNegative", "TowardPositive"]
    + StochasticRounding.allCases.map(\.rawValue) + Quantization.allCases.map(\.rawValue)
    + ["TO_NEG", "TO_ZERO", "TIES_ZERO", "TIES_AWAY", "TIES_EVEN", "TIES_NEG", "TIES_POS"]
}

/// What to do with a value that the format has no code for.
public enum InvalidChoice: String, CaseIterable, Sendable {
  case error
  case minusOne = "minus-one"
}
