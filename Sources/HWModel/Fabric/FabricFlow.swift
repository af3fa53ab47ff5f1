/// What one flow (part, tool, version) makes of the layers of an hls4ml project: the thresholds and
/// constants by which flows differ.
///
/// The rules themselves are the methods of the files beside this one; constants come from a target's
/// description, where each has its source.
public struct FabricFlow: Sendable, Hashable {
  public enum Tool: String, Sendable, Hashable {
    case vivado = "vivado-hls"
    case vitis = "vitis-hls"
  }

  /// When products take a DSP block instead of logic.
  public struct DSPRule: Sendable, Hashable {
    /// Ports of the multiplier, signed, wider first: 25 x 18 (DSP48E1), 27 x 18 (DSP48E2).
    public var ports: (wide: Int, narrow: Int)
    /// A product by a constant takes none up to this many bits of the input.
    public var constantInputBits: Int
    /// Nor does one with fewer bits of the constant's odd part.
    public var constantWeightBits: Int
    /// A product of two variables takes one from this many bits of the wider operand on.
    public var foldedBits: Int
    /// The other operand then has at least so many.
    public var foldedOtherBits: Int

    public init(
      ports: (wide: Int, narrow: Int), constantInputBits: Int, constantWeightBits: Int,
      foldedBits: Int, foldedOtherBits: Int
    ) {
      self.ports = ports
      self.constantInputBits = constantInputBits
      self.constantWeightBits = constantWeightBits
      self.foldedBits = foldedBits
      self.foldedOtherBits = foldedOtherBits
    }

    public static func == (lhs: DSPRule, rhs: DSPRule) -> Bool {
      lhs.ports == rhs.ports && lhs.constantInputBits == rhs.constantInputBits
        && lhs.constantWeightBits == rhs.constantWeightBits && lhs.foldedBits == rhs.foldedBits
        && lhs.foldedOtherBits == rhs.foldedOtherBits
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(ports.wide)
      hasher.combine(ports.narrow)
      hasher.combine(constantInputBits)
      hasher.combine(constantWeightBits)
      hasher.combine(foldedBits)
      hasher.combine(foldedOtherBits)
    }
  }

  /// Delays, as scheduling sees them.
  public struct Timing: Sendable, Hashable {
    /// Share of the clock's period that is scheduled into: 1 less the uncertainty.
    public var usableShare: Double
    /// One level of an adder tree, in nanoseconds.
    public var adderNanoseconds: Double
    /// A product before it, in nanoseconds.
    public var productNanoseconds: Double
    /// Cycles that a product adds where it is forced into a DSP block.
    public var forcedDSPCycles: Int

    public init(
      usableShare: Double, adderNanoseconds: Double, productNanoseconds: Double,
      forcedDSPCycles: Int
    ) {
      self.usableShare = usableShare
      self.adderNanoseconds = adderNanoseconds
      self.productNanoseconds = productNanoseconds
      self.forcedDSPCycles = forcedDSPCycles
    }
  }

  /// Cycles of layers on streams.
  public struct Streams: Sendable, Hashable {
    /// Cycles a pixel beside the reuse factor of a Resource convolution, by the widest operand: the
    /// first row whose bits are at least as many counts, the last for all above.
    public var convolutionCycles: [(bits: Int, cycles: Double)]
    /// A pooling window's cycles a pixel of its input.
    public var poolCyclesPerPixel: Int

    public init(convolutionCycles: [(bits: Int, cycles: Double)], poolCyclesPerPixel: Int) {
      self.convolutionCycles = convolutionCycles
      self.poolCyclesPerPixel = poolCyclesPerPixel
    }

    public static func == (lhs: Streams, rhs: Streams) -> Bool {
      lhs.poolCyclesPerPixel == rhs.poolCyclesPerPixel
        && lhs.convolutionCycles.elementsEqual(rhs.convolutionCycles) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(poolCyclesPerPixel)
      for row in convolutionCycles {
        hasher.combine(row.bits)
        hasher.combine(row.cycles)
      }
    }
  }

  public var tool: Tool
  public var dsp: DSPRule
  public var timing: Timing
  public var streams: Streams
  /// Largest first-in first-out buffer that is made of logic, in bits.
  public var fifoLogicBits: Int
  /// Largest read-only memory of weights that is made of logic, in bits.
  public var romLogicBits: Int
  /// Deepest table that is made of logic.
  public var tableLogicWords: Int

  public init(
    tool: Tool, dsp: DSPRule, timing: Timing, streams: Streams, fifoLogicBits: Int,
    romLogicBits: Int, tableLogicWords: Int
  ) {
    self.tool = tool
    self.dsp = dsp
    self.timing = timing
    self.streams = streams
    self.fifoLogicBits = fifoLogicBits
    self.romLogicBits = romLogicBits
    self.tableLogicWords = tableLogicWords
  }
}

/// How a user binds products, whatever the flow would choose (`config_op mul -impl`).
public enum ProductBinding: String, Sendable, Hashable {
  case tool, dsp, fabric
}
