/// Published energy of integer operations by width, in picojoules.
///
/// The tables are of chips that were made for the operation, and differ by four times: a number says which
/// it comes from, and is for comparing widths, not the power of a device. Values:
/// `conformance/accel/energy.json`.
public enum OperationEnergy: String, Sendable, Hashable, CaseIterable {
  case qkeras, aladdin

  public var name: String {
    switch self {
    case .qkeras: "QKeras QTools, of Horowitz ISSCC 2014, 45 nm"
    case .aladdin: "Aladdin components as used by Accelergy, 40 nm"
    }
  }

  public var source: String {
    switch self {
    case .qkeras: "github google/qkeras, qkeras/qtools/qenergy/qenergy.py: polynomials in bits"
    case .aladdin: "github Accelergy-Project/hwcomponents-library, library/aladdin.py: 32-bit units"
    }
  }

  /// A product of two integers.
  ///
  /// QTools takes the wider operand, `0.002994791667 b^2 + 0.001041666667 b`; Aladdin's multiplier of
  /// 32 x 32 bits (12.68 pJ) is linear in each width.
  public func product(_ a: Int, _ b: Int) -> Double {
    switch self {
    case .qkeras:
      let bits = Double(max(a, b))
      return 0.002994791667 * bits * bits + 0.001041666667 * bits
    case .aladdin: return 12.68 * Double(a) / 32 * Double(b) / 32
    }
  }

  /// A sum of so many bits: `0.003125 b`, or 0.21 pJ of 32 bits.
  public func sum(_ bits: Int) -> Double {
    switch self {
    case .qkeras: 0.003125 * Double(bits)
    case .aladdin: 0.21 * Double(bits) / 32
    }
  }

  /// Joules of multiplications with accumulation.
  ///
  /// - Parameters:
  ///   - macs: how many.
  ///   - weights: bits of a weight.
  ///   - data: bits of a datum.
  ///   - accumulator: bits of a sum.
  /// - Returns: products and sums.
  public func term(macs: Int, weights: Int, data: Int, accumulator: Int) -> CostTerm {
    .sum(
      "energy by \(name)",
      [
        .product(
          "products of \(weights) x \(data) bits", count: Double(macs),
          each: product(weights, data) * 1e-12, source: source),
        .product(
          "sums of \(accumulator) bits", count: Double(macs), each: sum(accumulator) * 1e-12,
          source: source),
      ])
  }
}
