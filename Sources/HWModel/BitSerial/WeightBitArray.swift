public import Arith

/// An array that takes weights bit by bit: Stripes, Pragmatic, Bitlet, BitWave, BitVert.
///
/// `rows` output channels by `columns` output positions of processing elements, each a dot product
/// over `lanes` inputs. How long a tile takes is a function of its weights' bit planes.
///
/// The rules are those of the BBS authors' simulator (github yc2367/BitSim@6845fad2882d; checked in
/// accel/bitserial_shared.json), quirks included: the batch is ignored; BitWave and BitVert count
/// DRAM cycles of weights as bytes times bits, right only at 8 bits; every element is charged in
/// every compute cycle.
public struct WeightBitArray: Hashable, Sendable {
  /// What a tile of weights takes, in cycles.
  public enum TileCost: Hashable, Sendable {
    /// As many as a weight has bits (Stripes).
    case bits
    /// The most ones of any weight, sign-magnitude, the sign counting (Pragmatic).
    case onesOfWeight
    /// The most ones of any bit plane of any row, two's complement (Bitlet).
    case onesOfPlane
    /// Columns that are not all zero, in the row that has most, less the sign's; weights are
    /// bit-flipped to `8 - bits` zero columns in groups of 32 first (BitWave).
    case nonzeroColumns
    /// Ones of each plane over half the lanes, rounded up, summed; at least 1 (BitVert without BBS).
    case halvedPlanes
    /// As many as weights keep columns: `bits` in a share of the output channels, `low` in the
    /// others (BitVert with BBS).
    case prunedColumns(low: Double)
    /// `bits` less so many columns that are pruned everywhere (BitVert's LSB pruning).
    case clearedColumns(Int)

    /// Whether the cost depends on weights.
    public var readsWeights: Bool {
      switch self {
      case .onesOfWeight, .onesOfPlane, .nonzeroColumns, .halvedPlanes: true
      case .bits, .prunedColumns, .clearedColumns: false
      }
    }
  }

  /// One way to arrange the processing elements.
  public struct Arrangement: Hashable, Sendable {
    public let lanes: Int
    public let rows: Int
    public let columns: Int

    public init(lanes: Int, rows: Int, columns: Int) {
      self.lanes = lanes
      self.rows = rows
      self.columns = columns
    }
  }

  /// How many bytes weights take in DRAM and buffer.
  public enum Storage: Hashable, Sendable {
    /// Eight bits a weight whatever its planes.
    case bytes
    /// `bits` planes of each eight channels (BitWave).
    case planes
    /// Bits of the kept columns on average (BitVert).
    case keptColumns
  }

  /// pJ of each element of work.
  public struct Energy: Hashable, Sendable {
    /// One processing element, one cycle.
    public let elementPJ: Double
    /// Weight registers or schedulers of one row, one cycle.
    public let weightRegisterPJ: Double
    /// Input registers of one column, one tile.
    public let inputRegisterPJ: Double
    /// Weight schedulers of the whole array, one cycle.
    public let schedulersPJ: Double
    /// Whether weights are read from the buffer in each cycle and registers are left out (BitWave).
    public let readsWeightsEachCycle: Bool
    /// One transfer of the bus.
    public let dramPJ: Double
    /// Nil where no cost of the buffers is known.
    public let weightBuffer: SRAMAccess?
    public let inputBuffer: SRAMAccess?

    public init(
      elementPJ: Double, weightRegisterPJ: Double, inputRegisterPJ: Double, schedulersPJ: Double,
      readsWeightsEachCycle: Bool, dramPJ: Double, weightBuffer: SRAMAccess?,
      inputBuffer: SRAMAccess?
    ) {
      self.elementPJ = elementPJ
      self.weightRegisterPJ = weightRegisterPJ
      self.inputRegisterPJ = inputRegisterPJ
      self.schedulersPJ = schedulersPJ
      self.readsWeightsEachCycle = readsWeightsEachCycle
      self.dramPJ = dramPJ
      self.weightBuffer = weightBuffer
      self.inputBuffer = inputBuffer
    }
  }

  public private(set) var tileCost: TileCost
  /// Planes of a weight that are processed; the width of weights in time and, for some, memory.
  public private(set) var serialBits: Int
  /// Whether weights get their zero columns from the array, as in the simulator.
  public private(set) var flipsWeights: Bool
  /// Bits of inputs and of weights as stored.
  public let parallelBits: Int
  public let arrangement: Arrangement
  /// Arrangements of which each layer takes the fastest; those of a fixed array are one.
  public let arrangements: [Arrangement]
  public let storage: Storage
  public let weightBufferBytes: Int
  public let inputBufferBytes: Int
  /// Bits of one transfer; there are two a cycle.
  public let busBits: Int
  /// Whether weights may be fetched once for each part of the inputs, if that moves fewer bytes.
  public let refetchesWeights: Bool
  /// Port widths of the buffers, for the smallest write.
  public let weightPortBits: Int
  public let inputPortBits: Int
  public let energy: Energy

  /// Bits of the smallest write to a buffer.
  public static let writeBits = 64

  public init(
    tileCost: TileCost, serialBits: Int, parallelBits: Int, arrangement: Arrangement,
    arrangements: [Arrangement], storage: Storage, weightBufferBytes: Int, inputBufferBytes: Int,
    busBits: Int, refetchesWeights: Bool, weightPortBits: Int, inputPortBits: Int, energy: Energy
  ) {
    self.tileCost = tileCost
    self.serialBits = serialBits
    flipsWeights = tileCost == .nonzeroColumns && serialBits < 8
    self.parallelBits = parallelBits
    self.arrangement = arrangement
    self.arrangements = arrangements
    self.storage = storage
    self.weightBufferBytes = weightBufferBytes
    self.inputBufferBytes = inputBufferBytes
    self.busBits = busBits
    self.refetchesWeights = refetchesWeights
    self.weightPortBits = weightPortBits
    self.inputPortBits = inputPortBits
    self.energy = energy
  }
}

extension WeightBitArray {
  /// The array as it takes the weights of one layer.
  ///
  /// Narrower weights have fewer planes. A rewrite takes the place of what the array does with
  /// weights by itself: a bit flip that of BitWave, binary pruning that of BitVert, then of every
  /// output channel. Rewrites that an array has no use for leave it all planes.
  ///
  /// - Parameters:
  ///   - bits: of a weight, 1 to 8.
  ///   - rewrite: how the weights were rewritten; nil for the array's own rule.
  /// - Returns: an array with the same elements, buffers and energies.
  public func taking(bits: Int, rewrite: WeightRewrite?) -> WeightBitArray {
    var own = self
    own.serialBits = min(serialBits, bits)
    switch tileCost {
    case .bits, .onesOfWeight, .onesOfPlane, .halvedPlanes: break
    case .nonzeroColumns:
      guard let rewrite else { break }
      own.flipsWeights = false
      own.serialBits = bits
      if case .bitFlip(let columns, _) = rewrite { own.serialBits = max(bits - columns, 1) }
    case .prunedColumns(let low):
      switch rewrite {
      case nil: own.tileCost = .prunedColumns(low: min(low, Double(own.serialBits)))
      case .bitFlip?: own.tileCost = .prunedColumns(low: Double(own.serialBits))
      case .roundedAverage(let columns, _)?, .zeroPointShift(let columns, _, _)?:
        own.tileCost = .prunedColumns(low: Double(max(own.serialBits - columns, 1)))
      }
    case .clearedColumns(let cleared):
      switch rewrite {
      case nil: own.tileCost = .clearedColumns(min(cleared, own.serialBits - 1))
      case .bitFlip?: own.tileCost = .clearedColumns(0)
      case .roundedAverage(let columns, _)?, .zeroPointShift(let columns, _, _)?:
        own.tileCost = .clearedColumns(min(columns, own.serialBits - 1))
      }
    }
    return own
  }
}
