/// What the constant weights of a matrix product are in logic: each weight is known when the hardware
/// is made, so that a product is a wire, one adder or a multiplier.
///
/// Counted by canonical-signed-digit digits (Avizienis 1961; no two neighbours are non-zero, the
/// fewest digits of any signed form): 0 digits drop out, 1 is a shifted wire, 2 are one adder or
/// subtractor, and what has more is multiplied. High-level synthesis makes a product of the same
/// input with the same weight once. Measured: `conformance/fpga/rows.json`, 75 of 76 layers.
public struct ConstantProducts: Sendable, Hashable {
  /// All weights.
  public private(set) var weights = 0
  public private(set) var zeros = 0
  /// Weights of one digit.
  public private(set) var wires = 0
  /// Weights of two digits.
  public private(set) var sums = 0
  /// Different (input, weight) pairs among ``sums``.
  public private(set) var distinctSums = 0
  /// Weights of three or more digits.
  public private(set) var products = 0
  /// Different (input, weight) pairs among ``products``, by the bits of the weight's odd part: entry
  /// b counts weights of b bits once trailing zeros are gone, a negative one with its sign.
  public private(set) var distinctProductsByBits: [Int] = []
  /// Bits of the odd parts of all weights that are not 0, without signs, together.
  public private(set) var oddBits = 0

  /// Weights that are not 0 of the output that has most of them.
  public private(set) var deepestSum = 0.0

  /// Different (input, weight) pairs among ``products``.
  public var distinctProducts: Int { distinctProductsByBits.reduce(0, +) }
  public var nonzeros: Int { weights - zeros }
  /// Mean bits of the odd part of a weight that is not 0; 0 without any.
  public var meanOddBits: Double { nonzeros == 0 ? 0 : Double(oddBits) / Double(nonzeros) }

  /// Counts the weights of a matrix.
  ///
  /// - Parameters:
  ///   - inputs: rows; products of different inputs are different.
  ///   - outputs: columns.
  ///   - code: the integer of a weight at (input, output); a common power of two does not count.
  /// - Complexity: O(inputs * outputs log outputs).
  public init(inputs: Int, outputs: Int, code: (Int, Int) -> Int64) {
    var row: [Int64] = []
    row.reserveCapacity(outputs)
    var depths = Array(repeating: 0, count: outputs)
    for input in 0..<inputs {
      row.removeAll(keepingCapacity: true)
      for output in 0..<outputs {
        let weight = code(input, output)
        row.append(weight)
        if weight != 0 { depths[output] += 1 }
      }
      row.sort()
      var previous: Int64?
      for value in row {
        add(value, isNew: value != previous)
        previous = value
      }
    }
    deepestSum = Double(depths.max() ?? 0)
  }

  /// Counts that are known from elsewhere.
  ///
  /// - Precondition: they add up to `weights`.
  public init(
    weights: Int, zeros: Int, wires: Int, sums: Int, distinctSums: Int,
    distinctProductsByBits: [Int], oddBits: Int, deepestSum: Double
  ) {
    self.deepestSum = deepestSum
    self.weights = weights
    self.zeros = zeros
    self.wires = wires
    self.sums = sums
    self.distinctSums = distinctSums
    products = weights - zeros - wires - sums
    precondition(products >= 0, "more weights by digits than weights")
    self.distinctProductsByBits = distinctProductsByBits
    self.oddBits = oddBits
  }

  private mutating func add(_ value: Int64, isNew: Bool) {
    weights += 1
    guard value != 0 else {
      zeros += 1
      return
    }
    let odd = value.magnitude >> UInt64(value.trailingZeroBitCount)
    let bits = UInt64.bitWidth - odd.leadingZeroBitCount
    oddBits += bits
    switch odd.signedDigitCount {
    case 1: wires += 1
    case 2:
      sums += 1
      if isNew { distinctSums += 1 }
    default:
      products += 1
      guard isNew else { return }
      let width = value < 0 ? bits + 1 : bits
      while distinctProductsByBits.count <= width { distinctProductsByBits.append(0) }
      distinctProductsByBits[width] += 1
    }
  }
}

extension UInt64 {
  /// Non-zero digits of the canonical-signed-digit form.
  ///
  /// They are where x and 3x differ (Reitwieser's recoding): `popcount(x ^ 3x)`, with the carry.
  var signedDigitCount: Int {
    let (sum, carry) = addingReportingOverflow(self << 1)
    let high = (self >> 63) + (carry ? 1 : 0)
    return (self ^ sum).nonzeroBitCount + high.nonzeroBitCount
  }
}
