/// Cycles of a network's layers on one microcontroller and software stack.
///
/// A layer costs, in cycles of a reference core (Cortex-M4, ``referenceDMIPSPerMHz``): its
/// multiplications by kernel class, plus input values gathered into columns (im2col), plus results
/// requantized, plus a call; other layers cost by element. A stack has these seven constants. Cores
/// differ by one factor, the ratio of their published Dhrystone figures; on four boards with the DSP
/// extension (Cortex-M4, M33 twice, M7) what remains of it after fitting is within 4 %. Products of
/// convolutions take a share of that by the beats of vectors that a core executes in a cycle;
/// fully connected layers use each weight once and depthwise ones few values a weight, so theirs do
/// not. Fetching weights from flash is inside the constants: every measured board has a cache or a
/// prefetch unit before it, and a term of its own did not help on boards that were left out. Fit, rows
/// and errors: Targets/mcu/fit.py on conformance/mcu/latency.json.
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
  /// Beats of vectors, of 32 bits each, that this core executes in a cycle; 1 without vectors.
  public let vectorBeats: Int
  /// Whether the stack leaves out channels that are constant.
  public let removesConstantChannels: Bool

  /// - Precondition: `vectorBeats` is at least 1.
  public init(
    constants: Constants, coreFactor: Double, vectorBeats: Int = 1, removesConstantChannels: Bool
  ) {
    precondition(vectorBeats >= 1, "a core reads at least a word in a cycle")
    self.constants = constants
    self.coreFactor = coreFactor
    self.vectorBeats = vectorBeats
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

  /// Keys of ``Constants`` in a description, in its order.
  static let constantKeys = [
    "cycles_per_convolution_mac", "cycles_per_depthwise_mac", "cycles_per_fully_connected_mac",
    "cycles_per_gathered_input", "cycles_per_output", "cycles_per_element", "cycles_per_call",
  ]

  /// Cycles of one layer: the sum of its terms, of which none has a count of 0.
  ///
  /// Codes of less than 8 bits are never faster: cores without sub-byte instructions unpack them to
  /// 16 bits before they multiply, so memory is saved and time is added.
  ///
  /// - Parameters:
  ///   - work: what the layer asks of kernels.
  ///   - widths: bits of its codes.
  ///   - share: how much of the work is done, for each piece of it: more than 1 where tiles of a patch
  ///     schedule compute some results again.
  ///   - calls: how often the kernel is called.
  /// - Returns: a sum, in cycles.
  public func cost(
    _ work: MCULayerWork, widths: Widths = Widths(), share: Double = 1, calls: Int = 1
  ) -> CostTerm {
    guard work.kernel != .none else { return .sum("cycles", []) }
    let counts = removesConstantChannels ? work.liveCounts : work.counts
    let multiplication: (each: Double, key: String) =
      switch work.kernel {
      case .depthwise: (constants.depthwiseMAC, "cycles_per_depthwise_mac")
      case .fullyConnected: (constants.fullyConnectedMAC, "cycles_per_fully_connected_mac")
      case .convolution, .pointwise, .elementwise, .none:
        (constants.convolutionMAC, "cycles_per_convolution_mac")
      }
    var terms: [CostTerm] = []
    func add(_ what: String, _ count: Double, _ each: Double, _ key: String?) {
      guard count > 0 else { return }
      terms.append(.product(what, count: count, each: each, factor: coreFactor, key: key))
    }
    let isVector = vectorBeats > 1 && [.convolution, .pointwise].contains(work.kernel)
    add(
      isVector ? "multiplications / \(vectorBeats) beats of vectors" : "multiplications",
      counts.macs * share / (isVector ? Double(vectorBeats) : 1), multiplication.each,
      multiplication.key)
    add(
      "inputs gathered", counts.gatheredInputs * share, constants.gatheredInput,
      "cycles_per_gathered_input")
    add("results requantized", counts.outputs * share, constants.output, "cycles_per_output")
    add("elements", counts.elements * share, constants.element, "cycles_per_element")
    add("call", Double(calls), constants.call, "cycles_per_call")
    add(
      "unpacking (instructions counted)", Unpacking.cycles(work.kernel, counts, widths) * share, 1,
      nil)
    return .sum("cycles", terms)
  }

  /// Cycles of one call that converts codes from one encoding to another.
  ///
  /// It is an elementwise kernel, counted as those that were measured, with the unpacking of both
  /// sides.
  public func conversion(elements: Double, bits: (from: Int, to: Int)) -> CostTerm {
    let unpacked = elements * (Unpacking.instructions(bits.from) + Unpacking.instructions(bits.to))
    return .sum(
      "a\(bits.from) to a\(bits.to)",
      [
        .product(
          "elements", count: elements, each: constants.element, factor: coreFactor,
          key: "cycles_per_element"),
        .product(
          "unpacking (instructions counted)", count: unpacked, each: 1, factor: coreFactor),
        .product(
          "call", count: 1, each: constants.call, factor: coreFactor, key: "cycles_per_call"),
      ])
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
