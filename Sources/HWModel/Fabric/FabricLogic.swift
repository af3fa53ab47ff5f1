#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Look-up tables and flip-flops of layers: structure counted, a few constants fitted.
///
/// Constants and errors come of `Targets/fpga/fit.py` over the synthesis reports of
/// `conformance/fpga` and `conformance/hls`; what is counted is the estimate of high-level synthesis,
/// of which logic synthesis keeps 0.09 to 0.71 of the look-up tables (15 designs).
public struct FabricLogic: Sendable, Hashable {
  /// Look-up tables of one product in logic.
  ///
  /// By the wider operand: reports state one number for all narrower ones. Between and beyond the
  /// rows it grows with the square.
  public struct Multiplier: Sendable, Hashable {
    public let rows: [Row]

    public struct Row: Sendable, Hashable {
      public let bits: Int
      public let lut: Double

      public init(bits: Int, lut: Double) {
        self.bits = bits
        self.lut = lut
      }
    }

    /// - Precondition: at least one row, ascending bits.
    public init(rows: [Row]) {
      precondition(!rows.isEmpty, "a multiplier has a row")
      self.rows = rows
    }

    /// The number for a width of the wider operand.
    public func lut(bits: Int) -> Double {
      if let row = rows.first(where: { $0.bits >= bits }), row.bits == bits { return row.lut }
      let nearest = rows.min { abs($0.bits - bits) < abs($1.bits - bits) } ?? rows[0]
      let ratio = Double(bits) / Double(nearest.bits)
      return nearest.lut * ratio * ratio
    }
  }

  /// Coefficients of a dense layer in Latency strategy.
  public struct Latency: Sendable, Hashable {
    /// LUT a bit of an adder: of products, or one that makes a two-digit product.
    public var adder: Double
    /// LUT that the flow takes for an adder beyond those of its bits.
    public var adderExtra: Double
    /// LUT an output and bit of the accumulator.
    public var output: Double
    /// LUT of a product in logic over that of the flow's multiplier.
    public var multiplier: Double
    /// LUT a bit of the input of a product that shares its multiplier.
    public var sharing: Double
    /// LUT a weight and bit of the input of delays at a reuse factor of 1.
    public var delay: Double
    /// Flip-flops a bit that one stage of the pipeline hands to the next.
    public var stageRegister: Double
    /// The same more at a reuse factor of 1, where what waits is kept once a stage.
    public var delayRegister: Double
    /// Flip-flops a bit of a product.
    public var productRegister: Double

    public init(
      adder: Double, adderExtra: Double, output: Double, multiplier: Double, sharing: Double,
      delay: Double, stageRegister: Double, delayRegister: Double, productRegister: Double
    ) {
      self.adder = adder
      self.adderExtra = adderExtra
      self.output = output
      self.multiplier = multiplier
      self.sharing = sharing
      self.delay = delay
      self.stageRegister = stageRegister
      self.delayRegister = delayRegister
      self.productRegister = productRegister
    }
  }

  /// Coefficients of a dense layer in Resource strategy.
  public struct Folded: Sendable, Hashable {
    /// LUT an output and bit, an input, an output, a multiplier and bit.
    public var lut: [Double]
    /// Flip-flops an input, an output, a multiplier and bit.
    public var ff: [Double]

    /// - Precondition: four and three numbers.
    public init(lut: [Double], ff: [Double]) {
      precondition(lut.count == 4 && ff.count == 3, "four and three coefficients")
      self.lut = lut
      self.ff = ff
    }
  }

  public var multiplier: Multiplier
  public var latency: Latency
  public var folded: Folded

  public init(multiplier: Multiplier, latency: Latency, folded: Folded) {
    self.multiplier = multiplier
    self.latency = latency
    self.folded = folded
  }
}

/// A matrix product as synthesis sees it.
public struct FabricMatrix: Sendable, Hashable {
  /// Width and integer bits of one operand.
  public struct Format: Sendable, Hashable {
    public let bits: Int
    public let fraction: Int

    public init(bits: Int, fraction: Int) {
      self.bits = bits
      self.fraction = fraction
    }
  }

  public let inputs: Int
  public let outputs: Int
  public let data: Format
  public let weight: Format
  public let accumulator: Format

  public init(inputs: Int, outputs: Int, data: Format, weight: Format, accumulator: Format) {
    self.inputs = inputs
    self.outputs = outputs
    self.data = data
    self.weight = weight
    self.accumulator = accumulator
  }

  /// Mean width of the adders that sum products: a product of the mean weight without the fraction
  /// bits that the accumulator drops, and half a bit a level of the tree; at most the accumulator.
  public func adderBits(_ products: ConstantProducts) -> Double {
    let dropped = max(0, data.fraction + weight.fraction - accumulator.fraction)
    let terms = Double(products.nonzeros) / Double(max(outputs, 1)) + 2
    let bits = Double(data.bits) + products.meanOddBits - Double(dropped) + 0.5 * log2(terms)
    return min(Double(accumulator.bits), max(bits, 1))
  }
}

extension FabricLogic {
  /// Look-up tables of a dense layer in Latency strategy, by what they are.
  public struct LatencyCounts: Sendable, Hashable {
    /// Adders of products, and those that make two-digit products.
    public let adders: Double
    /// Bits of all of them, and of those of products alone.
    public let adderBits: Double
    public let productAdderBits: Double
    public let outputBits: Double
    /// LUT of the flow's multipliers in logic.
    public let multiplierLUT: Double
    public let sharedBits: Double
    public let delayBits: Double
    /// Bits that stages of the pipeline hand on.
    public let stageBits: Double
    let hasDelays: Bool

    /// - Parameters:
    ///   - matrix: shape and widths.
    ///   - products: what the weights are.
    ///   - multipliers: how they are computed.
    ///   - reuse: the layer's reuse factor.
    ///   - multiplier: look-up tables of one in logic.
    ///   - timing: where a period cuts the trees of adders.
    ///   - period: of the clock, in nanoseconds.
    public init(
      _ matrix: FabricMatrix, products: ConstantProducts, multipliers: LatencyMultipliers,
      reuse: Int, multiplier: Multiplier, timing: FabricFlow.Timing, period: Double
    ) {
      let input = Double(matrix.data.bits)
      adders = Double(products.nonzeros + products.distinctSums)
      adderBits = matrix.adderBits(products) * adders
      productAdderBits = matrix.adderBits(products) * Double(products.nonzeros)
      outputBits = Double(matrix.outputs * matrix.accumulator.bits)
      let inLogic = multipliers.dsp > 0 ? 0 : multipliers.count
      multiplierLUT =
        Double(inLogic) * multiplier.lut(bits: max(matrix.data.bits, matrix.weight.bits))
      sharedBits = multipliers.isShared ? input * Double(multipliers.products) : 0
      delayBits = reuse == 1 ? input * Double(products.nonzeros) : 0
      let words = timing.stageWords(
        terms: Double(products.nonzeros) / Double(max(matrix.outputs, 1)),
        multiplies: products.distinctProducts > 0, period: period)
      stageBits = matrix.adderBits(products) * Double(matrix.outputs) * words
      hasDelays = reuse == 1
    }
  }

  /// Look-up tables of a dense layer in Latency strategy.
  public func lut(_ counts: LatencyCounts) -> Double {
    latency.adder * counts.adderBits + latency.adderExtra * counts.adders
      + latency.output * counts.outputBits + latency.multiplier * counts.multiplierLUT
      + latency.sharing * counts.sharedBits + latency.delay * counts.delayBits
  }

  /// Flip-flops of a dense layer in Latency strategy.
  public func ff(_ counts: LatencyCounts) -> Double {
    (latency.stageRegister + (counts.hasDelays ? latency.delayRegister : 0)) * counts.stageBits
      + latency.productRegister * counts.productAdderBits
  }

  /// Look-up tables of a dense layer in Resource strategy.
  ///
  /// - Parameters:
  ///   - matrix: shape and widths; its `b` is the width of the data.
  ///   - multipliers: `ceil(inputs * outputs / reuse)`.
  /// - Returns: look-up tables.
  public func foldedLUT(_ matrix: FabricMatrix, multipliers: Int) -> Double {
    let bits = Double(max(matrix.data.bits, matrix.weight.bits))
    return folded.lut[0] * Double(matrix.outputs) * bits + folded.lut[1] * Double(matrix.inputs)
      + folded.lut[2] * Double(matrix.outputs) + folded.lut[3] * Double(multipliers) * bits
  }

  /// Flip-flops of a dense layer in Resource strategy.
  public func foldedFF(_ matrix: FabricMatrix, multipliers: Int) -> Double {
    let bits = Double(max(matrix.data.bits, matrix.weight.bits))
    return folded.ff[0] * Double(matrix.inputs) + folded.ff[1] * Double(matrix.outputs)
      + folded.ff[2] * Double(multipliers) * bits
  }
}
