/// Published energy of integer operations by width, in picojoules.
///
/// The tables are of chips that were made for the operation, and differ by four times and more: a number
/// says which it comes from, and is for comparing widths, not the power of a device. Values:
/// `conformance/accel/energy.json` and `energy_additions.json`, whose tables of memories and of whole
/// arrays are parameters of the accelerators that they were made for.
public enum OperationEnergy: String, Sendable, Hashable, CaseIterable {
  case qkeras, horowitz, aladdin, bitfusion, bitmod, stripes, zigzag
  case zigzagEyeriss = "zigzag-eyeriss"

  public var name: String {
    switch self {
    case .qkeras: "QKeras QTools, of Horowitz ISSCC 2014, 45 nm"
    case .horowitz: "Horowitz ISSCC 2014, 45 nm"
    case .aladdin: "Aladdin components as used by Accelergy, 40 nm"
    case .bitfusion: "multiply-accumulate units of Bit Fusion's synthesis, 45 nm"
    case .bitmod: "BitMoD's bit-serial elements, 28 nm, placed and routed"
    case .stripes: "Stripes' bit-serial elements of the BBS simulator, 28 nm, placed and routed"
    case .zigzag: "a multiply-accumulate of ZigZag's digital examples, whatever its widths"
    case .zigzagEyeriss: "a multiply-accumulate of ZigZag's Eyeriss example, whatever its widths"
    }
  }

  public var source: String {
    switch self {
    case .qkeras: "github google/qkeras, qkeras/qtools/qenergy/qenergy.py: polynomials in bits"
    case .horowitz: "M. Horowitz, ISSCC 2014: 8 and 32 bits; the sum of 16 bits restated elsewhere"
    case .aladdin: "github Accelergy-Project/hwcomponents-library, library/aladdin.py: 32-bit units"
    case .bitfusion: "github hsharma35/bitfusion@04ec1c8, results/systolic_array_synth.csv: 1 x 1"
    case .bitmod: "github abdelfattah-lab/BitMoD-HPCA-25, bitmod_sim/accelerator.py"
    case .stripes: "github yc2367/BitSim@6845fad, sim/sim: 8-way elements"
    case .zigzag, .zigzagEyeriss: "github KULeuven-MICAS/zigzag@3d12a96, zigzag/inputs/hardware"
    }
  }

  /// The value of the narrowest unit that has the bits; scaled with the square of the bits (a product)
  /// or the bits (a sum) beyond the widest.
  private static func unit(
    _ bits: Int, _ units: KeyValuePairs<Int, Double>, power: Int
  ) -> Double {
    if let found = units.first(where: { bits <= $0.key }) { return found.value }
    guard let widest = units.last else { return 0 }
    let ratio = Double(bits) / Double(widest.key)
    return widest.value * (power == 2 ? ratio * ratio : ratio)
  }

  /// A product of two integers; of units that add as well, with its sum.
  ///
  /// QTools takes the wider operand, `0.002994791667 b^2 + 0.001041666667 b`; Aladdin's multiplier of
  /// 32 x 32 bits (12.68 pJ) is linear in each width. Horowitz's and Bit Fusion's units have the
  /// widths that were built, and the narrowest that takes both operands counts. Bit-serial elements
  /// take a cycle for one (Stripes, 8 lanes) or two (BitMoD, 4 lanes) bits of a weight, with 1.5
  /// times the energy after place and route.
  ///
  /// - Parameters:
  ///   - a: bits of the weight.
  ///   - b: bits of the datum.
  /// - Returns: picojoules.
  public func product(_ a: Int, _ b: Int) -> Double {
    let wider = max(a, b)
    switch self {
    case .qkeras:
      let bits = Double(wider)
      return 0.002994791667 * bits * bits + 0.001041666667 * bits
    case .horowitz: return Self.unit(wider, [8: 0.2, 32: 3.1], power: 2)
    case .aladdin: return 12.68 * Double(a) / 32 * Double(b) / 32
    case .bitfusion:
      return Self.unit(
        wider, [2: 0.057484, 4: 0.1202034, 8: 0.29769, 16: 0.947376], power: 2)
    case .bitmod: return 1.5 * 0.56 * Double((a + 1) / 2) / 4
    case .stripes: return 1.5 * 0.28125 * Double(a) / 8
    case .zigzag: return 0.04
    case .zigzagEyeriss: return 0.5
    }
  }

  /// A sum of so many bits: QTools `0.003125 b`, Aladdin 0.21 pJ of 32 bits; 0 where the product has
  /// it.
  public func sum(_ bits: Int) -> Double {
    switch self {
    case .qkeras: 0.003125 * Double(bits)
    case .horowitz: Self.unit(bits, [8: 0.03, 16: 0.05, 32: 0.1], power: 1)
    case .aladdin: 0.21 * Double(bits) / 32
    case .bitfusion, .bitmod, .stripes, .zigzag, .zigzagEyeriss: 0
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
