extension FabricFlow.DSPRule {
  private static func count(_ amount: Int, over size: Int) -> Int {
    (amount + size - 1) / size
  }

  /// DSP blocks of one product of two widths that is put into them.
  ///
  /// A port takes a signed part at the top and unsigned ones, a bit narrower, below it. Measured:
  /// 20 x 20 and 32 x 14 to 17 take two, 32 x 32 four (`conformance/fpga/rows.json`).
  public func blocks(_ a: Int, _ b: Int) -> Int {
    func parts(_ bits: Int, _ port: Int) -> Int {
      bits <= port ? 1 : 1 + Self.count(bits - port, over: port - 1)
    }
    return min(
      parts(a, ports.wide) * parts(b, ports.narrow), parts(b, ports.wide) * parts(a, ports.narrow))
  }

  /// DSP blocks of one product of two variables.
  public func foldedBlocks(_ a: Int, _ b: Int, binding: ProductBinding = .tool) -> Int {
    switch binding {
    case .fabric: 0
    case .dsp: blocks(a, b)
    case .tool:
      max(a, b) >= foldedBits && min(a, b) >= foldedOtherBits ? blocks(a, b) : 0
    }
  }

  /// DSP blocks of one product of an input by a constant.
  ///
  /// - Parameters:
  ///   - input: bits of the input.
  ///   - weight: bits of the constant's odd part, with the sign of a negative one.
  ///   - binding: where the user puts products.
  /// - Returns: 0 where logic takes it.
  public func constantBlocks(
    input: Int, weight: Int, binding: ProductBinding = .tool
  ) -> Int {
    switch binding {
    case .fabric: 0
    case .dsp: blocks(input, weight)
    case .tool:
      input > constantInputBits && weight >= constantWeightBits ? blocks(input, weight) : 0
    }
  }
}

/// The multipliers of a dense layer, or of one window of a convolution, in Latency strategy.
public struct LatencyMultipliers: Sendable, Hashable {
  /// Multipliers that are made.
  public let count: Int
  /// Different products, each of which one of them computes.
  public let products: Int
  /// DSP blocks of all of them.
  public let dsp: Int

  /// Whether products take turns.
  public var isShared: Bool { count < products }
  /// Turns of the busiest multiplier.
  public var passes: Int { count == 0 ? 0 : (products + count - 1) / count }

  /// - Parameters:
  ///   - weights: what they are; hls4ml's own count of zeros is theirs.
  ///   - reuse: the layer's reuse factor, which caps multipliers only (`multiplier_limit` of
  ///     hls4ml's `nnet_dense.h`: `ceil(weights / reuse) - floor(zeros / reuse)`).
  ///   - inputBits: width of the input.
  ///   - rule: when a product takes DSP blocks.
  ///   - binding: where the user puts products.
  /// - Precondition: `reuse` is positive.
  public init(
    _ weights: ConstantProducts, reuse: Int, inputBits: Int, rule: FabricFlow.DSPRule,
    binding: ProductBinding = .tool
  ) {
    products = weights.distinctProducts
    let limit = max((weights.weights + reuse - 1) / reuse - weights.zeros / reuse, 1)
    count = min(products, limit)
    // Shared multipliers take the widest products that they serve.
    let byBits = weights.distinctProductsByBits.enumerated().map { bits, number in
      let blocks = rule.constantBlocks(input: inputBits, weight: bits, binding: binding)
      return (blocks: blocks, number: number)
    }
    if products <= limit {
      dsp = byBits.reduce(0) { $0 + $1.blocks * $1.number }
    } else {
      dsp = count * (byBits.filter { $0.number > 0 }.map(\.blocks).max() ?? 0)
    }
  }
}
