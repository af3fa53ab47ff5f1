/// A systolic array of elements that fuse into wider ones: Bit Fusion, ANT's array, OLAccel, AdaFloat,
/// BiScaled.
///
/// `rows` (N) inputs of a product by `columns` (M) outputs; narrow operands multiply the rows, or,
/// in the second kind, each side apart. Buffers are double-buffered: a tile takes half of one.
///
/// The rules are those of two published simulators, checked in accel/bitserial_shared.json:
/// github hsharma35/bitfusion@04ec1c8 and github clevercool/ANT-Quantization@bc84067.
public struct FusionArray: Hashable, Sendable {
  /// Which of the two simulators' rules hold.
  public enum Kind: Hashable, Sendable {
    /// 32-bit partial sums that are read and written; convolutions as such or, if asked for, as
    /// columns (im2col); the order inside a tile is the one with the fewest bits accessed.
    case fused
    /// Always as columns, 16-bit outputs that DRAM receives only; inputs and weights fill rows and
    /// columns apart. Inside a tile weights stay in place, or outputs do.
    case columns(weightStationary: Bool)
  }

  /// nJ of each element of work.
  public struct Energy: Hashable, Sendable {
    /// The array in a cycle in which it computes.
    public let coreNJ: Double
    /// Leakage of the array in any cycle, and of buffers and DRAM.
    public let coreLeakageNJ: Double
    public let memoryLeakageNJ: Double
    public let weightRead: Double
    public let weightWrite: Double
    public let inputRead: Double
    public let inputWrite: Double
    public let outputRead: Double
    public let outputWrite: Double
    /// A bit from DRAM, and one to it.
    public let dramRead: Double
    public let dramWrite: Double

    /// nJ a cycle of the array and of leakage, nJ a bit of all others.
    public init(
      coreNJ: Double, coreLeakageNJ: Double, memoryLeakageNJ: Double, weightRead: Double,
      weightWrite: Double, inputRead: Double, inputWrite: Double, outputRead: Double,
      outputWrite: Double,
      dramRead: Double, dramWrite: Double
    ) {
      self.coreNJ = coreNJ
      self.coreLeakageNJ = coreLeakageNJ
      self.memoryLeakageNJ = memoryLeakageNJ
      self.weightRead = weightRead
      self.weightWrite = weightWrite
      self.inputRead = inputRead
      self.inputWrite = inputWrite
      self.outputRead = outputRead
      self.outputWrite = outputWrite
      self.dramRead = dramRead
      self.dramWrite = dramWrite
    }

    /// pJ of a bit in Bit Fusion's simulator (stats.py).
    public static let fusedDRAM = 15e-3
    /// ANT's, in its search: read, write, and leakage a cycle (stats.py; its report has other values).
    public static let columnsDRAM = (
      read: 1.18294 / 1024, write: 1.47797 / 1024, leakage: 3838.05 / 500_000
    )
  }

  public let kind: Kind
  public let rows: Int
  public let columns: Int
  public let maximumBits: Int
  public let minimumBits: Int
  public let weightBufferBytes: Int
  public let inputBufferBytes: Int
  public let outputBufferBytes: Int
  /// Bits of DRAM a cycle.
  public let portBits: Int
  public let energy: Energy

  public init(
    kind: Kind, rows: Int, columns: Int, maximumBits: Int, minimumBits: Int,
    weightBufferBytes: Int, inputBufferBytes: Int, outputBufferBytes: Int, portBits: Int,
    energy: Energy
  ) {
    self.kind = kind
    self.rows = rows
    self.columns = columns
    self.maximumBits = maximumBits
    self.minimumBits = minimumBits
    self.weightBufferBytes = weightBufferBytes
    self.inputBufferBytes = inputBufferBytes
    self.outputBufferBytes = outputBufferBytes
    self.portBits = portBits
    self.energy = energy
  }

  /// How many operands of `bits` an element takes in place of one of ``maximumBits``.
  public func fused(_ bits: Int) -> Int { maximumBits / max(bits, minimumBits) }
}

/// Operand widths of a layer on a ``FusionArray``, and how its convolution is laid out.
public struct FusionOperands: Hashable, Sendable {
  public let inputBits: Int
  public let weightBits: Int
  /// Whether windows are copied into columns; only ``FusionArray/Kind/fused`` has both ways.
  public let asColumns: Bool

  public init(inputBits: Int, weightBits: Int, asColumns: Bool = false) {
    self.inputBits = inputBits
    self.weightBits = weightBits
    self.asColumns = asColumns
  }
}
