/// An array of dot-product elements with weights of few signed powers of two: BitMoD, and the FP16, ANT
/// and OliVe arrays that it was compared with.
///
/// `rows` outputs by `columns` input rows of elements, each over `lanes` inputs. A bit-serial
/// element takes one signed power of two of each weight a cycle: every value of BitMoD's 3- and 4-bit
/// lists has at most two, a 6-bit integer three, an 8-bit one four.
///
/// The rules are those of github abdelfattah-lab/BitMoD-HPCA-25 (bitmod_sim), checked in
/// accel/bitmod.json.
public struct TermArray: Hashable, Sendable {
  public let rows: Int
  public let columns: Int
  public let lanes: Int
  public let isBitSerial: Bool
  /// pJ of one element in one cycle, before place and route.
  public let elementPJ: Double
  /// Factor of place and route on ``elementPJ``.
  public let routingFactor: Double
  public let weightBufferBytes: Int
  public let inputBufferBytes: Int
  /// Banks of either buffer.
  public let bufferBanks: Int
  /// Bits of one transfer of DRAM; there are two a cycle.
  public let busBits: Int
  /// pJ of a bit from or to DRAM.
  public let dramPJPerBit: Double

  public init(
    rows: Int, columns: Int, lanes: Int, isBitSerial: Bool, elementPJ: Double,
    routingFactor: Double, weightBufferBytes: Int, inputBufferBytes: Int, bufferBanks: Int,
    busBits: Int, dramPJPerBit: Double
  ) {
    self.rows = rows
    self.columns = columns
    self.lanes = lanes
    self.isBitSerial = isBitSerial
    self.elementPJ = elementPJ
    self.routingFactor = routingFactor
    self.weightBufferBytes = weightBufferBytes
    self.inputBufferBytes = inputBufferBytes
    self.bufferBanks = bufferBanks
    self.busBits = busBits
    self.dramPJPerBit = dramPJPerBit
  }

  /// Cycles of a tile whose weights have `bits`, side information of the group included: one, or
  /// half as many as whole bits, rounded up (radix-4 digits).
  public func cyclesPerTile(weightBits bits: Double) -> Int {
    isBitSerial ? max(Int((bits.rounded(.down) / 2).rounded(.up)), 1) : 1
  }

  /// Bits of the weight buffer's port: nibbles of all lanes and rows, half of them if bit-serial.
  public func weightPortBits(weightBits bits: Double) -> Double {
    Double(lanes * rows) * (bits / 4).rounded(.up) * 4 / (isBitSerial ? 2 : 1)
  }

  /// Bits of the input buffer's port, half of them if bit-serial.
  public func inputPortBits(inputBits bits: Int) -> Double {
    Double(lanes * columns * bits) / (isBitSerial ? 2 : 1)
  }
}
