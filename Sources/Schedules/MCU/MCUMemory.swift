extension MCUEstimator {
  /// Bytes of SRAM.
  public struct Memory: Sendable, Hashable {
    /// Activations and working buffers.
    public let arenaHeadBytes: Int
    /// With what lives as long as the model; the head alone where a compiler plans.
    public let arenaTotalBytes: Int
    /// What lives as long as the model.
    public var persistentBytes: Int { arenaTotalBytes - arenaHeadBytes }
    /// The same stack on a 64-bit host.
    public let arenaTotalBytesHost64: Int
    /// Stack and runtime beside the arena.
    public let runtimeBytes: Int
    public var sramBytes: Int { Saturating.add(arenaTotalBytes, runtimeBytes) }
    /// Largest sum of what is alive at one step: no plan needs less.
    public let livenessBytes: Int
  }

  /// Bytes of flash.
  public struct Flash: Sendable, Hashable {
    /// Weights, packed.
    public let weightBytes: Int
    /// Biases, multipliers and shifts, or the rest of the model file.
    public let tableBytes: Int
    /// Program of the runtime and its kernels; an estimate.
    public let codeBytes: Int
    public var totalBytes: Int {
      Saturating.add(Saturating.add(weightBytes, tableBytes), codeBytes)
    }
  }
}

/// Sums of sizes read from files: they stop at `Int.max`.
enum Saturating {
  static func add(_ first: Int, _ second: Int) -> Int {
    let (sum, overflow) = first.addingReportingOverflow(second)
    return overflow ? Int.max : sum
  }

  static func multiply(_ first: Int, _ second: Int) -> Int {
    let (product, overflow) = first.multipliedReportingOverflow(by: second)
    return overflow ? Int.max : product
  }

  /// Bytes of `count` codes of `bits`, packed.
  static func packedBytes(_ count: Int, bits: Int) -> Int {
    let total = multiply(count, bits)
    return total == Int.max ? total : total / 8 + (total % 8 == 0 ? 0 : 1)
  }

  /// A number that an `Int` holds.
  static func integer(_ value: Double) -> Int {
    value < 0x1p62 ? Int(max(value, 0).rounded(.up)) : Int.max
  }
}
