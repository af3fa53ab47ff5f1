/// A generation of tensor cores: parts that compute alike.
public enum TensorCoreGeneration: String, CaseIterable, Hashable, Sendable {
  case volta, turing, ampere, ada, hopper, blackwell
  /// Compute capability 12: RTX 50 and RTX PRO.
  case rtxBlackwell = "rtx-blackwell"

  /// The generation of a compute capability such as `8.9`; nil for one without tensor cores or an
  /// unknown one.
  public init?(computeCapability text: some StringProtocol) {
    switch text {
    case "7.0", "7.2": self = .volta
    case "7.5": self = .turing
    case "8.0", "8.6", "8.7": self = .ampere
    case "8.9": self = .ada
    case "9.0": self = .hopper
    case "10.0", "10.3": self = .blackwell
    case "12.0", "12.1": self = .rtxBlackwell
    default: return nil
    }
  }

  /// Parts that are known by name, beside the device descriptions: those of published vectors.
  public static let parts: [String: TensorCoreGeneration] = [
    "v100": .volta, "t4": .turing, "a2": .ampere, "a30": .ampere, "a100": .ampere, "ada": .ada,
    "l40s": .ada, "h100": .hopper, "h200": .hopper, "b200": .blackwell,
  ]

  /// Integer operands that its own (not emulated) instructions take.
  ///
  /// Single bits joined by AND need compute capability 8.0 (LLVM review D131265); Hopper's and
  /// Blackwell's instructions have no 4-bit integers (PTX ISA, `wgmma` and `tcgen05`).
  public func hasIntegers(_ operand: IntegerMMA.Operand, join: BitPlaneProduct.Join) -> Bool {
    switch (self, operand) {
    case (.volta, _): false
    case (.turing, .b1): join == .xor
    case (.turing, _), (.ampere, _), (.ada, _): true
    case (.hopper, .s4), (.hopper, .u4), (.blackwell, .s4), (.blackwell, .u4),
      (.rtxBlackwell, .s4), (.rtxBlackwell, .u4):
      false
    case (.hopper, _), (.blackwell, _), (.rtxBlackwell, _): true
    }
  }
}

/// The kind of instruction that computes a product.
public enum TensorCoreInstruction: String, CaseIterable, Hashable, Sendable {
  /// The generation's own: `mma.sync`, on Hopper `wgmma`, on Blackwell `tcgen05`.
  case tensorCore = "tensor-core"
  /// The warp-level instruction of older generations, where it computes otherwise.
  case mmaSync = "mma-sync"
  /// Binary planes on single-bit instructions.
  case bitplane
}

/// The numbers of one generation's floating-point blocks, with where they come from.
public struct TensorCoreRule: Hashable, Sendable {
  public let generation: TensorCoreGeneration
  public let instruction: TensorCoreInstruction
  /// Operand formats by canonical name.
  public let inputs: [String]
  /// Products of a block.
  public let length: Int
  public let fractionBits: Int
  /// Mantissa bits kept in a float32 result.
  public let keptBits: Int
  /// Whether the instruction converts pairs of bytes to float16 first: blocks start from zero in the
  /// order k mod 4 in {0, 1}, then {2, 3}, and the accumulator is added last, rounded to nearest.
  public let convertsPairs: Bool
  /// How sure the numbers are, for reports.
  public let confidence: String
  public let source: String

  /// A result format other than float32 rounds to nearest and keeps all its bits.
  public func blocks(a: FloatFormat, b: FloatFormat, result: FloatFormat) -> BlockSum {
    let isWide = result == .float32
    return BlockSum(
      length: length, fractionBits: fractionBits, a: a, b: b, result: result,
      keptBits: isWide ? keptBits : result.mantissaBits, roundsToEven: !isWide)
  }

  private static let models =
    "Khattak and Mikaitis (arXiv 2512.07004), Xie et al. (arXiv 2511.10909)"
  private static let vectors =
    models + "; outputs of the hardware (north-numerical-computing/MATLAB-tensor-core) reproduced"
  private static let sixteen = ["float16", "bfloat16"]
  private static let eight = ["e4m3", "e5m2"]
  private static let narrow = ["e4m3", "e5m2", "e3m2", "e2m3", "e2m1"]
  private static let normalRange = "high in the normal range, medium for special values"

  /// Every rule.
  public static let all: [TensorCoreRule] = [
    row(.volta, ["float16"], 4, 23, normalRange, vectors),
    row(.turing, ["float16"], 8, 24, "medium: not checked on hardware outputs", models),
    row(.ampere, sixteen, 8, 24, normalRange, vectors),
    row(.ampere, ["tf32"], 4, 24, normalRange, vectors),
    row(.ada, sixteen, 8, 24, normalRange, vectors),
    row(.ada, ["tf32"], 4, 24, normalRange, vectors),
    row(.ada, eight, 16, 13, kept: 13, normalRange, vectors),
    row(.hopper, sixteen, 16, 25, normalRange, vectors),
    row(.hopper, ["tf32"], 8, 25, normalRange, vectors),
    row(
      .hopper, eight, 32, 13, kept: 13, "medium: wgmma, no hardware outputs of its own",
      models + "; DeepSeek-V3's 14 bits of accumulation on H800"),
    row(.hopper, eight, 16, 25, converts: true, normalRange, fitted),
    row(.blackwell, sixteen, 16, 25, normalRange, vectors),
    row(.blackwell, ["tf32"], 8, 25, normalRange, vectors),
    row(.blackwell, narrow, 32, 25, "medium: tcgen05, no hardware outputs of its own", models),
    row(.blackwell, eight, 16, 25, converts: true, normalRange, fitted),
    row(.rtxBlackwell, sixteen, 16, 25, "medium: one or two sources", probed),
    row(.rtxBlackwell, ["tf32"], 8, 25, "medium: one or two sources", probed),
    row(.rtxBlackwell, narrow, 32, 25, "medium: one or two sources", probed),
  ]

  private static let fitted =
    "read off hardware outputs (north-numerical-computing/MATLAB-tensor-core): no paper states it"
  private static let probed = models + "; huweim/emulation_sys on an RTX 5090"

  private static func row(
    _ generation: TensorCoreGeneration, _ inputs: [String], _ length: Int, _ fractionBits: Int,
    kept: Int = 23, converts: Bool = false, _ confidence: String, _ source: String
  ) -> TensorCoreRule {
    TensorCoreRule(
      generation: generation, instruction: converts ? .mmaSync : .tensorCore, inputs: inputs,
      length: length, fractionBits: fractionBits, keptBits: kept, convertsPairs: converts,
      confidence: confidence, source: source)
  }
}
