#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Cycles that a layer, or a network, takes from its first input to its last result, and between two
/// inputs.
public struct FabricCycles: Sendable, Hashable {
  public var latency: Int
  public var interval: Int

  public init(latency: Int, interval: Int) {
    self.latency = latency
    self.interval = interval
  }

  /// A network of io_parallel layers one behind the other; the slowest interval.
  ///
  /// Vitis HLS puts a register between two layers, and one more behind each product that takes an
  /// input every cycle. Vivado HLS puts none around layers without a cycle of their own, and one
  /// behind a network that takes an input every cycle. Measured, networks of streams
  /// among them: 32 of 36 within 8 %, intervals of 33 exact (`conformance/fpga/rows.json`).
  ///
  /// - Parameters:
  ///   - layers: in order.
  ///   - products: whether each multiplies by weights; as many as layers.
  ///   - tool: whose registers count.
  /// - Returns: cycles of the network.
  public static func pipeline(
    _ layers: [FabricCycles], products: [Bool], tool: FabricFlow.Tool
  ) -> FabricCycles {
    let interval = layers.reduce(1) { max($0, $1.interval) }
    let registers: Int
    switch tool {
    case .vitis:
      let eager = zip(layers, products).count { $0.interval == 1 && $1 }
      registers = max(layers.count - 1, 0) + (interval == 1 ? eager : 0)
    case .vivado:
      let stages = layers.count { $0.latency > 0 }
      registers = max(stages - 1, 0) + (interval == 1 && stages > 0 ? 1 : 0)
    }
    return FabricCycles(
      latency: layers.reduce(0) { $0 + $1.latency } + registers, interval: interval)
  }

  /// A network of layers that run at once and pass streams: the slowest layer, those behind it that
  /// wait for all of their input (dense layers, softmax), and about three cycles a layer to fill it.
  ///
  /// The interval is the slowest layer's latency and one cycle. Measured with networks of io_parallel: intervals of 33
  /// of 36 exact.
  ///
  /// - Parameters:
  ///   - layers: in order.
  ///   - waits: whether each waits for all of its input before it begins; as many as layers.
  /// - Returns: cycles of the network.
  public static func dataflow(_ layers: [FabricCycles], waits: [Bool]) -> FabricCycles {
    let slowest = layers.indices.max { layers[$0].latency < layers[$1].latency }
    guard let slowest else { return FabricCycles(latency: 0, interval: 1) }
    let tail = zip(layers, waits).dropFirst(slowest + 1).reduce(0) {
      $0 + ($1.1 ? $1.0.latency : 0)
    }
    return FabricCycles(
      latency: layers[slowest].latency + tail + 3 * (layers.count - 1),
      interval: layers[slowest].latency + 1)
  }
}

extension FabricFlow.Timing {
  /// Nanoseconds of a period that operations are put into.
  public func usable(_ periodNanoseconds: Double) -> Double {
    max(periodNanoseconds * usableShare, 0.01)
  }

  /// Whole periods that a delay crosses.
  func cycles(_ delay: Double, _ periodNanoseconds: Double) -> Int {
    Int(min(max(delay / usable(periodNanoseconds), 0), 1e12))
  }

  /// Levels of a balanced tree over a number of terms.
  static func levels(_ terms: Double) -> Int {
    terms <= 1 ? 0 : Int(log2(terms).rounded(.up))
  }

  /// Partial sums of an output that stages hand to the next, all stages together: before the products are
  /// there all terms, then half as many with each level of the tree.
  ///
  /// - Parameters:
  ///   - terms: products that an output adds; of more than 256, which are not balanced, as many are kept.
  ///   - multiplies: whether any term is more than a shift or a sum.
  ///   - period: of the clock, in nanoseconds.
  /// - Returns: words.
  public func stageWords(terms: Double, multiplies: Bool, period: Double) -> Double {
    guard terms <= 256 else { return terms }
    let product = multiplies ? productNanoseconds : 0
    let end = product + Double(Self.levels(terms + 1)) * adderNanoseconds
    var words = 0.0
    var time = usable(period)
    var stages = 0
    while time < end, stages < 64 {
      let levels = max((time - product) / adderNanoseconds, 0).rounded(.down)
      words += max(terms / exp2(levels), 1)
      time += usable(period)
      stages += 1
    }
    return words
  }

  /// A dense layer in Latency strategy, io_parallel.
  ///
  /// Products and a balanced tree of adders over the terms of an output, cut at the usable period;
  /// multipliers that take turns take these and what is left after the last one (`lastSums`). Sums of
  /// more than 256 terms are not balanced: one adder behind the other (192 cycles of 561 inputs). The
  /// interval is the reuse factor up to 2, then no more than the latency and one. Measured on designs of
  /// five flows (`conformance/fpga/rows.json`): latency of 77 layers exact in 47 and within one cycle in 73,
  /// intervals exact in 74.
  ///
  /// - Parameters:
  ///   - products: what the weights are.
  ///   - outputs: sums.
  ///   - multipliers: how products are computed.
  ///   - reuse: the layer's reuse factor.
  ///   - period: of the clock, in nanoseconds.
  ///   - forcesDSP: whether the user puts products into DSP blocks that the flow would not.
  /// - Returns: cycles of the layer.
  public func latencyDense(
    _ products: ConstantProducts, outputs: Int, multipliers: LatencyMultipliers, reuse: Int,
    period: Double, forcesDSP: Bool = false
  ) -> FabricCycles {
    let terms = Double(products.nonzeros + products.distinctSums) / Double(max(outputs, 1)) + 1
    let isBalanced = Double(products.nonzeros) / Double(max(outputs, 1)) <= 256
    let levels = isBalanced ? Double(Self.levels(terms)) : products.deepestSum + 1
    let delay =
      (multipliers.products > 0 ? productNanoseconds : 0) + levels * adderNanoseconds
    var latency = cycles(delay, period)
    if forcesDSP, multipliers.count > 0 { latency += forcedDSPCycles }
    if multipliers.isShared, reuse > 2 {
      let last = lastSums(terms: terms, period: period, forcesDSP: forcesDSP)
      latency = max(latency, multipliers.passes + last)
    }
    return FabricCycles(latency: latency, interval: reuse <= 2 ? reuse : min(reuse, latency + 1))
  }

  /// Cycles from the last turn of multipliers that take turns to the result.
  ///
  /// Most sums are there by then. What waits for the last product is a tree of adders of three
  /// operands, one level a cycle whether the period is 3.33 or 5 ns, of which the first level overlaps
  /// the product; a product that is forced into a DSP block and does not fit the period takes two cycles
  /// more (a block is taken to multiply in 0.9 of a product's time; any part from 0.65 to 0.97 fits the
  /// rows). The overlap of 0.95 levels is fitted on 20 layers of 4 designs: 18 are exact, and 14 where each design is left out.
  ///
  /// - Parameters:
  ///   - terms: what an output adds, on average.
  ///   - period: of the clock, in nanoseconds.
  ///   - forcesDSP: whether the user puts products into DSP blocks.
  /// - Returns: cycles.
  func lastSums(terms: Double, period: Double, forcesDSP: Bool) -> Int {
    let levels = Int(max(log(max(terms, 1)) / log(3) - 0.95, 0))
    let fits = 0.9 * productNanoseconds <= usable(period)
    return levels + (forcesDSP && !fits ? 2 * forcedDSPCycles : 0)
  }

  /// A dense layer in Resource strategy, io_parallel: the reuse factor and one cycle.
  ///
  /// Measured: 5 of 5, and 46 of 47 networks of two and three layers of the wa-hls4ml data set.
  public static func resourceDense(reuse: Int) -> FabricCycles {
    FabricCycles(latency: reuse + 1, interval: reuse)
  }

  /// A rectified linear function of all elements at once: nothing, or a register where rounding and
  /// saturation do not fit the period.
  public func relu(period: Double) -> FabricCycles {
    FabricCycles(latency: cycles(1.8 * adderNanoseconds, period), interval: 1)
  }

  /// A table that all elements are looked up in at once.
  public static let table = FabricCycles(latency: 1, interval: 1)

  /// A softmax of all elements at once: maximum, table, sum, table, product.
  ///
  /// The tree of maxima and that of sums have a level of about 4.5 adders together, and a product in a
  /// DSP block takes four adders longer than one in logic; the implementation without a maximum two a
  /// level. Measured: within 3 cycles in 38 of 39.
  ///
  /// - Parameters:
  ///   - elements: along the normalized axis.
  ///   - isStable: whether the maximum is subtracted first.
  ///   - period: of the clock, in nanoseconds.
  ///   - inLogic: whether the user keeps products out of DSP blocks.
  /// - Returns: cycles of the layer.
  public func softmax(
    elements: Int, isStable: Bool, period: Double, inLogic: Bool = false
  ) -> FabricCycles {
    let levels = Double(Self.levels(Double(elements)))
    let adders = isStable ? levels * 4.5 + (inLogic ? 1.6 : 5.4) : levels * 2 + 3
    return FabricCycles(
      latency: (isStable ? 2 : 1) + cycles(adders * adderNanoseconds, period), interval: 1)
  }
}

extension FabricFlow {
  // Layers on streams (io_stream). A pixel is what one transfer holds: all channels of a position.

  /// A convolution in Resource strategy: each pixel of the padded input takes the reuse factor and a
  /// few cycles more.
  ///
  /// Measured: 11 of 11 where the few are known by flow and width.
  public func streamResourceConvolution(pixels: Int, reuse: Int, bits: Int) -> FabricCycles {
    let row = streams.convolutionCycles.first { bits <= $0.bits } ?? streams.convolutionCycles.last
    let each = Double(reuse) + (row?.cycles ?? 0)
    let cycles = Int(min(Double(pixels) * each, 1e15)) + (tool == .vitis ? 1 : 0)
    return FabricCycles(latency: cycles, interval: cycles)
  }

  /// A convolution in Latency strategy: each pixel takes the interval of the product, or its latency
  /// where the loop is not pipelined.
  public static func streamLatencyConvolution(
    pixels: Int, product: FabricCycles
  ) -> FabricCycles {
    let cycles = pixels * max(product.latency + 2, product.interval) + 3
    return FabricCycles(latency: cycles, interval: cycles)
  }

  /// A dense layer: the transfers of its input, the product, and five cycles.
  public static func streamDense(transfers: Int, product: FabricCycles) -> FabricCycles {
    let cycles = transfers + product.latency + 5
    return FabricCycles(latency: cycles, interval: cycles)
  }

  /// An elementwise layer.
  public static func streamElements(transfers: Int) -> FabricCycles {
    FabricCycles(latency: transfers + 2, interval: transfers + 2)
  }

  /// A product by channel and a table's interpolation: leaky functions.
  public static func streamProducts(transfers: Int) -> FabricCycles {
    FabricCycles(latency: transfers + 3, interval: transfers + 3)
  }

  /// A maximum or average over windows: input pixels.
  public func streamPool(pixels: Int) -> FabricCycles {
    let cycles = pixels * streams.poolCyclesPerPixel + 4
    return FabricCycles(latency: cycles, interval: cycles)
  }

  /// Zeros put around: output pixels; a margin of two or more is a loop of its own beside each of the
  /// input's rows.
  public static func streamPad(pixels: Int, rows: Int, margin: Int) -> FabricCycles {
    let cycles = pixels + 3 + (margin > 1 ? 4 * rows + 8 : 0)
    return FabricCycles(latency: cycles, interval: cycles)
  }

  /// A softmax with fewer multipliers than elements: each works twice.
  public static func streamSoftmax(elements: Int, multipliers: Int) -> FabricCycles {
    let turns = (elements + max(multipliers, 1) - 1) / max(multipliers, 1)
    return FabricCycles(latency: 2 * turns + 1, interval: 2 * turns + 1)
  }
}
