/// A matrix product written out as additions and subtractions of shifted values (distributed
/// arithmetic).
public struct AdderGraph: Sendable, Hashable {
  /// An input, or the sum or difference of values before it.
  public struct Value: Sendable, Hashable {
    /// Bits of its type.
    public var bits: Int
    /// Bits of the adder that makes it; 0 for an input.
    public let adderBits: Int
    /// Positions of what is added; none of an input.
    public let operands: [Int]

    public init(bits: Int, adderBits: Int = 0, operands: [Int] = []) {
      self.bits = bits
      self.adderBits = adderBits
      self.operands = operands
    }
  }

  /// In an order in which operands come first.
  public let values: [Value]
  /// Positions of the results that are not constants.
  public let outputs: [Int]
  /// Adders before each value is there, on the longest way, and its own.
  public let depths: [Int]

  /// - Precondition: operands come before what is made of them, and outputs are values.
  public init(values: [Value], outputs: [Int]) {
    precondition(outputs.allSatisfy(values.indices.contains), "outputs are values")
    self.values = values
    self.outputs = outputs
    var depths: [Int] = []
    depths.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      precondition(value.operands.allSatisfy { $0 < index }, "operands come first")
      depths.append(value.operands.isEmpty ? 0 : 1 + (value.operands.map { depths[$0] }.max() ?? 0))
    }
    self.depths = depths
  }

  public var adders: Int { values.count { !$0.operands.isEmpty } }
  public var adderBits: Int { values.reduce(0) { $0 + $1.adderBits } }
  /// Adders on the longest way.
  public var depth: Int { outputs.map { depths[$0] }.max() ?? 0 }

  /// Bits that are kept from one stage of a pipeline to the next, where so many adders in a row fit
  /// one stage.
  ///
  /// A value is made in the stage that its depth falls into and kept up to the last that reads it,
  /// results up to the last of all.
  ///
  /// - Parameter levels: adders of a stage, not necessarily whole.
  /// - Returns: the register bits.
  public func registerBits(levelsPerStage levels: Double) -> Int {
    func stage(_ depth: Int) -> Int { Int(Double(depth) / max(levels, 1e-6)) }
    var last = depths.map(stage)
    for (index, value) in values.enumerated() {
      for operand in value.operands { last[operand] = max(last[operand], stage(depths[index])) }
    }
    let end = stage(depth)
    for output in outputs { last[output] = end }
    return zip(values, zip(depths, last)).reduce(0) { sum, entry in
      sum + entry.0.bits * (entry.1.1 - stage(entry.1.0))
    }
  }
}
