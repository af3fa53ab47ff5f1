/// Energy of one access to one bank of a buffer, from CACTI 7 at 28 nm.
///
/// A buffer's access costs as many of its banks' accesses as it has banks; points between the
/// tabulated port widths of a bank are interpolated and say so.
public struct SRAMBank: Hashable, Sendable {
  public let bytes: Int
  public let portBits: Int
  public let readPJ: Double
  public let writePJ: Double
  public let accessNS: Double
  public let areaMM2: Double
}

extension SRAMBank {
  private init(
    _ kibibytes: Int, _ portBits: Int, _ read: Double, _ write: Double, _ access: Double,
    _ area: Double
  ) {
    bytes = kibibytes * 1024
    self.portBits = portBits
    readPJ = read
    writePJ = write
    accessNS = access
    areaMM2 = area
  }

  /// Where the points come from.
  public static let source =
    "CACTI 7 as in github yc2367/BitSim@6845fad2882d, itrs-hp cells, 28 nm, one bank "
    + "(accel/energy_additions.json; accel/bitserial_shared.json)"

  /// Points by size and port.
  static let points: [SRAMBank] = [
    SRAMBank(8, 64, 3.32219, 3.84883, 0.216, 0.0237724),
    SRAMBank(9, 64, 3.53506, 4.13375, 0.227089, 0.0262885),
    SRAMBank(9, 128, 4.51817, 7.63194, 0.227089, 0.0285009),
    SRAMBank(16, 64, 6.40185, 5.2217, 0.269426, 0.0445903),
    SRAMBank(16, 128, 6.08131, 11.671, 0.312608, 0.0461889),
    SRAMBank(16, 256, 8.05027, 22.6132, 0.313, 0.0507759),
    SRAMBank(18, 64, 6.82432, 5.50662, 0.28, 0.0492975),
    SRAMBank(32, 32, 6.58006, 4.28319, 0.378895, 0.0903018),
    SRAMBank(32, 64, 8.17338, 6.99322, 0.381517, 0.0962695),
    SRAMBank(64, 16, 7.51624, 4.64599, 0.527186, 0.178493),
    SRAMBank(64, 32, 8.7616, 6.46473, 0.531613, 0.18557),
    SRAMBank(64, 64, 11.5993, 10.4192, 0.537069, 0.200237),
    SRAMBank(64, 96, 15.706, 13.3812, 0.4921, 0.187138),
    SRAMBank(64, 128, 17.3052, 19.5113, 0.518577, 0.196334),
    SRAMBank(64, 192, 22.8523, 25.0131, 0.497784, 0.218441),
    SRAMBank(64, 256, 26.6695, 37.8489, 0.52682, 0.238275),
    SRAMBank(64, 384, 31.7195, 54.192, 0.509625, 0.188924),
    SRAMBank(64, 512, 29.7073, 88.1774, 0.61136, 0.187734),
    SRAMBank(128, 64, 17.9689, 13.3752, 0.692492, 0.372163),
    SRAMBank(128, 128, 26.0059, 23.6456, 0.703654, 0.420595),
    SRAMBank(144, 256, 44.267, 49.2556, 0.723, 0.457516),
  ]
}

extension SRAMBank {
  /// A buffer of banks that are accessed together.
  public struct Buffer: Hashable, Sendable {
    public let bytes: Int
    public let banks: Int
    public let portBits: Int

    public init(bytes: Int, banks: Int, portBits: Int) {
      self.bytes = bytes
      self.banks = banks
      self.portBits = portBits
    }

    /// One access; nil if no such bank is tabulated.
    public var access: SRAMAccess? {
      SRAMAccess(bytes: bytes, banks: banks, portBits: Double(portBits))
    }

    /// The tabulated bank, if the port has exactly a tabulated width.
    public var bank: SRAMBank? {
      points.first { $0.bytes * banks == bytes && $0.portBits * banks == portBits }
    }
  }
}

/// Energy of one access to a whole buffer.
public struct SRAMAccess: Hashable, Sendable {
  public let readPJ: Double
  public let writePJ: Double
  /// Whether the port's width lies between two tabulated ones.
  public let isInterpolated: Bool

  public init(readPJ: Double, writePJ: Double, isInterpolated: Bool = false) {
    self.readPJ = readPJ
    self.writePJ = writePJ
    self.isInterpolated = isInterpolated
  }

  /// The cost of `banks` banks that together give `portBits` an access.
  ///
  /// - Returns: nil if no bank of that size is tabulated, or the port is wider or narrower than
  ///   every tabulated one.
  public init?(bytes: Int, banks: Int, portBits: Double) {
    guard banks > 0, bytes % banks == 0 else { return nil }
    let port = portBits / Double(banks)
    let points = SRAMBank.points.filter { $0.bytes == bytes / banks }
    guard let below = points.last(where: { Double($0.portBits) <= port }),
      let above = points.first(where: { Double($0.portBits) >= port })
    else { return nil }
    let span = Double(above.portBits - below.portBits)
    let part = span == 0 ? 0 : (port - Double(below.portBits)) / span
    readPJ = (below.readPJ + part * (above.readPJ - below.readPJ)) * Double(banks)
    writePJ = (below.writePJ + part * (above.writePJ - below.writePJ)) * Double(banks)
    isInterpolated = span != 0
  }
}
