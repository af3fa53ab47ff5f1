/// The designs of the BBS authors' simulator with their constants (`design@bbs`).
///
/// Energies are those of its classes at 28 nm, place and route included
/// (github yc2367/BitSim@6845fad2882d sim/sim/*.py; accel/energy_additions.json).
public enum WeightBitDesign: String, CaseIterable, Hashable, Sendable {
  case stripes, pragmatic, bitlet, bitwave, bitvert

  /// What a design does beside its plain form.
  public struct Variant: Hashable, Sendable {
    /// BitVert: binary pruning.
    public var prunes = false
    /// BitVert: the two lowest columns are pruned everywhere.
    public var clearsLow = false
    /// BitVert: outlier channels keep all columns, others lose two, or four if eager.
    public var keepsOutliers = false
    public var isEager = false
    /// BitWave: bit flip.
    public var flips = false
    /// BitWave: the arrangement is chosen for each layer.
    public var reconfigures = false

    public init(
      prunes: Bool = false, clearsLow: Bool = false, keepsOutliers: Bool = false,
      isEager: Bool = false, flips: Bool = false, reconfigures: Bool = false
    ) {
      self.prunes = prunes
      self.clearsLow = clearsLow
      self.keepsOutliers = keepsOutliers
      self.isEager = isEager
      self.flips = flips
      self.reconfigures = reconfigures
    }
  }

  private static let routing = 1.5
  private static let dispatcherPJ = 0.072625

  private var elementPJ: Double {
    switch self {
    case .stripes: 0.28125 * Self.routing
    case .pragmatic: 0.41375 * Self.routing
    case .bitlet: 0.2925 * Self.routing
    case .bitwave: 0.2475 * Self.routing * 1.1
    case .bitvert: 0.25 * Self.routing
    }
  }

  private var weightRegisterPJ: Double {
    switch self {
    case .stripes, .bitwave: 0.46 * Self.routing
    case .pragmatic: 0.763 * Self.routing
    case .bitlet: 1.1325 * Self.routing
    case .bitvert: 1.205 * Self.routing
    }
  }

  private var inputRegisterPJ: Double {
    switch self {
    case .stripes, .pragmatic, .bitwave: (0.53 + Self.dispatcherPJ) * Self.routing
    case .bitlet: (1.054 + Self.dispatcherPJ) * Self.routing
    case .bitvert: (1.06 + Self.dispatcherPJ) * Self.routing
    }
  }

  private static let schedulerPJ = 0.06575 * routing

  /// The simulator's names of its constants, for files of cases.
  public var constants: [(String, Double)] {
    var list = [("PE_ENERGY", elementPJ), ("W_REG_ENERGY_PER_ROW", weightRegisterPJ)]
    if self == .bitwave { list.append(("W_SCHEDULER_ENERGY_PER_ROW", Self.schedulerPJ)) }
    list += [("I_REG_ENERGY_PER_COL", inputRegisterPJ), ("PR_SCALING", Self.routing)]
    if self == .bitwave { list.append(("RECONFIG_SCALING", 1.1)) }
    return list
  }

  /// Banks and port widths of the two buffers.
  public struct Ports: Hashable, Sendable {
    public let weightBanks: Int
    public let weightBits: Int
    public let inputBanks: Int
    public let inputBits: Int
  }

  /// A bank a row and a bank a column, each as wide as the lanes; BitWave's are 16 of 64 bits.
  public func ports(_ shape: WeightBitArray.Arrangement, parallelBits: Int) -> Ports {
    if self == .bitwave {
      return Ports(weightBanks: 16, weightBits: 1024, inputBanks: 16, inputBits: 1024)
    }
    return Ports(
      weightBanks: shape.rows, weightBits: shape.lanes * parallelBits * shape.rows,
      inputBanks: shape.columns, inputBits: shape.lanes * parallelBits * shape.columns)
  }

  /// BitWave's arrangements.
  private static let arrangements = [
    (8, 32, 16), (16, 32, 8), (32, 32, 4), (128, 8, 1), (16, 64, 1), (32, 32, 1), (16, 1, 16),
  ].map { WeightBitArray.Arrangement(lanes: $0, rows: $1, columns: $2) }

  private func tileCost(_ variant: Variant) -> WeightBitArray.TileCost {
    switch self {
    case .stripes: .bits
    case .pragmatic: .onesOfWeight
    case .bitlet: .onesOfPlane
    case .bitwave: variant.flips ? .nonzeroColumns : .clearedColumns(1)
    case .bitvert:
      if variant.keepsOutliers {
        .prunedColumns(low: variant.isEager ? 4 : 6)
      } else if variant.clearsLow {
        .clearedColumns(2)
      } else {
        variant.prunes ? .bits : .halvedPlanes
      }
    }
  }

  /// The design with buffers of 288 KiB for weights and 256 KiB for inputs, and DRAM of 64 bits twice a
  /// cycle.
  public func array(
    _ shape: WeightBitArray.Arrangement, variant: Variant, serialBits: Int, parallelBits: Int,
    refetchesWeights: Bool, weightBuffer: SRAMAccess?, inputBuffer: SRAMAccess?
  ) -> WeightBitArray {
    let ports = ports(shape, parallelBits: parallelBits)
    let arrangements: [WeightBitArray.Arrangement]
    if self == .bitwave {
      arrangements =
        variant.reconfigures
        ? Self.arrangements : [.init(lanes: 8, rows: shape.rows, columns: shape.columns)]
    } else {
      arrangements = [shape]
    }
    return WeightBitArray(
      tileCost: tileCost(variant), serialBits: serialBits, parallelBits: parallelBits,
      arrangement: shape, arrangements: arrangements,
      storage: self == .bitwave ? .planes : self == .bitvert ? .keptColumns : .bytes,
      weightBufferBytes: 288 << 10, inputBufferBytes: 256 << 10, busBits: 64,
      refetchesWeights: refetchesWeights, weightPortBits: ports.weightBits,
      inputPortBits: ports.inputBits,
      energy: .init(
        elementPJ: elementPJ, weightRegisterPJ: weightRegisterPJ,
        inputRegisterPJ: inputRegisterPJ,
        schedulersPJ: self == .bitwave ? Self.schedulerPJ * 128 : 0,
        readsWeightsEachCycle: self == .bitwave, dramPJ: 1000, weightBuffer: weightBuffer,
        inputBuffer: inputBuffer))
  }
}
