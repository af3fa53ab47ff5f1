/// Cycles of a network's layers on one microcontroller and software stack.
///
/// A layer costs, in cycles of a reference core (Cortex-M4, ``referenceDMIPSPerMHz``): its
/// multiplications by kernel class, plus input values gathered into columns (im2col), plus results
/// requantized, plus a call; other layers cost by element. A stack has these seven constants. Cores
/// differ by one factor, the ratio of their published Dhrystone figures; on four boards with the DSP
/// extension (Cortex-M4, M33 twice, M7) what remains of it after fitting is within 2 %. Fetching
/// weights from flash is inside the constants: every measured board has a cache or a prefetch unit
/// before it. Fit, rows and errors: Targets/mcu/fit.py on conformance/mcu/latency.json.
public struct MCULatencyModel: Sendable, Hashable {
  /// DMIPS/MHz of the core that constants are counted in: Cortex-M4, Arm's product page.
  public static let referenceDMIPSPerMHz = 1.25

  /// Cycles of the reference core for one unit of each kind of work.
  public struct Constants: Sendable, Hashable {
    public var convolutionMAC: Double
    public var depthwiseMAC: Double
    public var fullyConnectedMAC: Double
    public var gatheredInput: Double
    public var output: Double
    public var element: Double
    public var call: Double

    public init(
      convolutionMAC: Double, depthwiseMAC: Double, fullyConnectedMAC: Double,
      gatheredInput: Double, output: Double, element: Double, call: Double
    ) {
      self.convolutionMAC = convolutionMAC
      self.depthwiseMAC = depthwiseMAC
      self.fullyConnectedMAC = fullyConnectedMAC
      self.gatheredInput = gatheredInput
      self.output = output
      self.element = element
      self.call = call
    }
  }

  public let constants: Constants
  /// Cycles of this core for one of the reference core.
  public let coreFactor: Double
  /// Whether the stack leaves out channels that are constant.
  public let removesConstantChannels: Bool

  public init(constants: Constants, coreFactor: Double, removesConstantChannels: Bool) {
    self.constants = constants
    self.coreFactor = coreFactor
    self.removesConstantChannels = removesConstantChannels
  }

  /// Bits of the codes that a layer reads and writes.
  public struct Widths: Sendable, Hashable {
    public var weights: Int
    public var input: Int
    public var output: Int

    public init(weights: Int = 8, input: Int = 8, output: Int = 8) {
      self.weights = weights
      self.input = input
      self.output = output
    }
  }

  /// Where a layer's cycles go.
  public struct Cost: Sendable, Hashable {
    public var multiply = 0.0
    public var gather = 0.0
    public var requantize = 0.0
    public var elements = 0.0
    public var call = 0.0
    /// Bringing codes of less than a byte into the form that instructions multiply, and back.
    public var unpack = 0.0

    public var cycles: Double { multiply + gather + requantize + elements + call + unpack }
  }

  /// Cycles of one layer.
  ///
  /// Codes of less than 8 bits are never faster: cores without sub-byte instructions unpack them to
  /// 16 bits before they multiply, so memory is saved and time is added.
  public func cost(_ work: MCULayerWork, widths: Widths = Widths()) -> Cost {
    var cost = Cost()
    guard work.kernel != .none else { return cost }
    let counts = removesConstantChannels ? work.liveCounts : work.counts
    let perMAC: Double
    switch work.kernel {
    case .convolution, .pointwise: perMAC = constants.convolutionMAC
    case .depthwise: perMAC = constants.depthwiseMAC
    case .fullyConnected: perMAC = constants.fullyConnectedMAC
    case .elementwise, .none: perMAC = 0
    }
    cost.multiply = counts.macs * perMAC * coreFactor
    cost.gather = counts.gatheredInputs * constants.gatheredInput * coreFactor
    cost.requantize = counts.outputs * constants.output * coreFactor
    cost.elements = counts.elements * constants.element * coreFactor
    cost.call = constants.call * coreFactor
    cost.unpack = Unpacking.cycles(work.kernel, counts, widths) * coreFactor
    return cost
  }

  /// Cycles that codes of less than a byte add, by counting instructions; no measurement was found.
  ///
  /// A weight is unpacked by shifting and sign-extending (CMSIS-NN, commit 99f736a6,
  /// `arm_nn_support_functions.h`, the s4 kernels; CMix-NN, Capotondi et al., IEEE TCAS-II 67(5),
  /// 2020, kernels for 4 and 2 bits): about 1 instruction a 4-bit code and 1.5 for narrower or odd
  /// ones beyond what a byte takes. Matrix kernels use an unpacked weight for two output columns.
  public enum Unpacking {
    /// Instructions a code of `bits`; 0 for whole bytes.
    public static func instructions(_ bits: Int) -> Double {
      bits >= 8 ? 0 : bits == 4 ? 1 : 1.5
    }

    static func cycles(
      _ kernel: MCULayerWork.Kernel, _ counts: MCULayerWork.Counts, _ widths: Widths
    ) -> Double {
      let input = instructions(widths.input)
      let output = instructions(widths.output)
      switch kernel {
      case .convolution, .pointwise:
        return counts.macs / 2 * instructions(widths.weights) + counts.gatheredInputs * input
          + counts.outputs * output
      case .depthwise, .fullyConnected:
        return counts.macs * (instructions(widths.weights) + input) + counts.outputs * output
      case .elementwise: return counts.elements * (input + output)
      case .none: return 0
      }
    }
  }
}
