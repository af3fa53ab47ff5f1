/// An array of dot product units that multiplies matrices plane by plane: weights and inputs are both
/// taken bit by bit.
///
/// BISMO (Umuroglu et al., FPL 2018, arXiv 1806.08862; github EECS-NTNU/bismo): `rows * columns` units,
/// each with the AND and the number of ones of `lanes` bits a cycle, shifted and added; DRAM, units and
/// results are stages that overlap.
public struct PlaneArray: Hashable, Sendable {
  /// Units along the outputs, and along the rows of inputs.
  public let rows: Int
  public let columns: Int
  /// Bits of one unit's dot product.
  public let lanes: Int
  public let weightBufferBytes: Int
  public let inputBufferBytes: Int
  /// Bits that DRAM moves in a cycle.
  public let portBits: Int
  /// Of the whole board at most; nil where nobody measured it.
  public let powerW: Double?

  /// Bits of a result, as the units write them.
  public static let resultBits = 32

  public init(
    rows: Int, columns: Int, lanes: Int, weightBufferBytes: Int, inputBufferBytes: Int,
    portBits: Int, powerW: Double?
  ) {
    self.rows = rows
    self.columns = columns
    self.lanes = lanes
    self.weightBufferBytes = weightBufferBytes
    self.inputBufferBytes = inputBufferBytes
    self.portBits = portBits
    self.powerW = powerW
  }
}
