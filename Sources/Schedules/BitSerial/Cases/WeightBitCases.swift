import Documents
import HWModel

/// Cases of the BBS authors' simulator.
struct WeightBitCases {
  private let networks: [String: [(name: String, layer: ArrayLayer)]]
  /// Output channels that stay whole, by network and layer.
  private let kept: [String: [String: Int]]
  private let weights: (String) -> [Int]?

  init(
    _ family: CaseValue, weights: @escaping (String) -> [Int]?
  ) throws(CaseProblem) {
    self.weights = weights
    var networks: [String: [(name: String, layer: ArrayLayer)]] = [:]
    for (network, layers) in try family.member("networks").members() {
      var list: [(name: String, layer: ArrayLayer)] = []
      for (name, shapes) in try layers.members() {
        // Layers of exported files end in `.ops`, which results leave out.
        let plain = name.hasSuffix(".ops") ? String(name.dropLast(4)) : name
        list.append((plain, try Self.layer(plain, shapes)))
      }
      networks[network] = list
    }
    self.networks = networks
    var kept: [String: [String: Int]] = [:]
    for (network, layers) in try family.optional("nonzero_channels")?.members() ?? [] {
      for (name, channels) in try layers.members() {
        kept[network, default: [:]][name] = try channels.elements().count
      }
    }
    self.kept = kept
  }

  private static func layer(
    _ name: String, _ shapes: CaseValue
  ) throws(CaseProblem) -> ArrayLayer {
    func shape(_ key: String, _ ranks: ClosedRange<Int>) throws(CaseProblem) -> [Int] {
      let value = try shapes.member(key)
      var shape: [Int] = []
      for element in try value.elements() { shape.append(try element.integer(1...1 << 31)) }
      guard ranks.contains(shape.count) else {
        throw CaseProblem(value.path, "a shape of \(shape.count) dimensions")
      }
      return shape
    }
    let weights = try shape("y_shape", 2...4)
    guard weights.count != 3 else { throw CaseProblem(shapes.path, "weights of 3 dimensions") }
    let inputs = try shape("x_shape", weights.count == 4 ? 4...4 : 2...3)
    let outputs = try shape("z_shape", weights.count == 4 ? 4...4 : 2...3)
    do throws(BitSerialError) {
      guard weights.count == 4 else {
        return try ArrayLayer(
          product: name, rows: outputs.count == 3 ? outputs[1] : 1, inputChannels: weights[0],
          outputChannels: weights[1])
      }
      return try ArrayLayer(
        convolution: name, inputChannels: inputs[1], channelsPerOutput: weights[1],
        outputChannels: weights[0], kernel: Plane(weights[2], weights[3]), stride: .one,
        input: Plane(inputs[2], inputs[3]), output: Plane(outputs[2], outputs[3]))
    } catch {
      throw CaseProblem(error, at: shapes.path)
    }
  }

  func answer(_ item: CaseValue) throws(CaseProblem) -> JSON {
    let network = try item.member("network").text()
    guard let layers = networks[network] else {
      throw CaseProblem(item.path, "there is no network '\(network)'")
    }
    let machine = try Machine(item)
    do throws(BitSerialError) {
      let schedule = try WeightBitSchedule(layers.map(\.layer), on: machine.array) {
        let name = layers[$0].name
        return .init(
          values: weights("\(network)/\(name)"), keptChannels: kept[network]?[name] ?? 0)
      }
      let computed = machine.answer(schedule, names: layers.map(\.name))
      return item.json.setting("result", (item.json["result"] ?? .null).ordering(computed))
    } catch {
      throw CaseProblem(error, at: item.path)
    }
  }
}

/// An accelerator as a case describes it, with the constants of its class.
private struct Machine {
  let array: WeightBitArray
  let weightBuffer: SRAMBank.Buffer
  let inputBuffer: SRAMBank.Buffer
  let constants: [(String, Double)]

  private static let networksThatRefetchWeights = ["vgg16", "resnet34", "resnet50"]

  init(_ item: CaseValue) throws(CaseProblem) {
    let designValue = try item.member("accelerator")
    guard let design = WeightBitDesign(rawValue: try designValue.text().lowercased()) else {
      throw CaseProblem(
        designValue.path,
        "no accelerator of that name; there are "
          + WeightBitDesign.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let serial = try item.member("input_precision_serial").integer(1...8)
    let parallel = try item.member("input_precision_parallel").integer(1...8)
    let lanes = try item.member("dot_size").integer(1...1 << 20)
    let dimensions = try item.member("array").elements()
    guard dimensions.count == 2 else {
      throw CaseProblem(item.path, "'array' has two dimensions, rows and columns")
    }
    let rows = try dimensions[0].integer(1...1 << 20)
    let columns = try dimensions[1].integer(1...1 << 20)
    let options = item.optional("options")
    func option(_ key: String) throws(CaseProblem) -> Bool {
      try options?.optional(key)?.flag() ?? false
    }
    let variant = WeightBitDesign.Variant(
      prunes: try option("en_bbs"), clearsLow: try option("en_lsb_pruning"),
      keepsOutliers: try option("en_ol_channel"), isEager: try option("en_eager_compression"),
      flips: try option("en_bitflip"), reconfigures: try option("en_config_dataflow"))
    let policy = try item.optional("refetch_policy")?.text() ?? ""
    let shape = WeightBitArray.Arrangement(lanes: lanes, rows: rows, columns: columns)
    let ports = design.ports(shape, parallelBits: parallel)
    weightBuffer = .init(bytes: 288 * 1024, banks: ports.weightBanks, portBits: ports.weightBits)
    inputBuffer = .init(bytes: 256 * 1024, banks: ports.inputBanks, portBits: ports.inputBits)
    let given = item.optional("result")
    array = design.array(
      shape, variant: variant, serialBits: serial, parallelBits: parallel,
      refetchesWeights: Self.networksThatRefetchWeights.contains(policy),
      weightBuffer: weightBuffer.access ?? Self.access(given?.optional("w_sram")),
      inputBuffer: inputBuffer.access ?? Self.access(given?.optional("i_sram")))
    constants = design.constants
  }

  /// What a case says of a buffer that no tabulated bank makes: a fact of the machine, no answer.
  private static func access(_ value: CaseValue?) -> SRAMAccess? {
    guard let value, let read = try? value.member("r_cost").number(),
      let write = try? value.member("w_cost").number()
    else { return nil }
    return SRAMAccess(readPJ: read, writePJ: write)
  }

  func answer(_ schedule: WeightBitSchedule, names: [String]) -> JSON {
    func byLayer(_ value: (WeightBitLayer) -> JSON) -> JSON {
      .object(zip(names, schedule.layers).map { .init(key: $0, value: value($1)) })
    }
    func total(_ value: (WeightBitLayer) -> Int) -> JSON {
      .number(Double(schedule.layers.reduce(0) { $0 + value($1) }))
    }
    var members: [JSON.Member] = []
    func add(_ key: String, _ value: JSON) { members.append(.init(key: key, value: value)) }
    add("compute_cycles", .number(schedule.computeCycles))
    add("total_cycles", .number(schedule.totalCycles))
    add("layer_compute", byLayer { .number($0.computeCycles) })
    add("layer_dram", byLayer { .integer($0.dramCycles) })
    add("refetch", byLayer { [.integer($0.weightFetches), .integer($0.inputFetches)] })
    if let access = array.energy.weightBuffer { add("w_sram", weightBuffer.json(access)) }
    if let access = array.energy.inputBuffer { add("i_sram", inputBuffer.json(access)) }
    let smallest = Double(WeightBitArray.writeBits)
    if let access = array.energy.weightBuffer {
      add(
        "w_sram_min_write_pJ",
        .number(access.writePJ / (Double(array.weightPortBits) / smallest)))
    }
    if let access = array.energy.inputBuffer {
      add(
        "i_sram_min_write_pJ", .number(access.writePJ / (Double(array.inputPortBits) / smallest)))
    }
    switch array.tileCost {
    case .onesOfWeight, .onesOfPlane, .nonzeroColumns:
      add("num_eff_op", total(\.effectiveOperations))
      add("num_total_op", total(\.totalOperations))
      add("min_intra_pe_op", total(\.fewestOperations))
      add("max_intra_pe_op", total(\.mostOperations))
    default: break
    }
    add("tiles", .number(Double(schedule.tiles)))
    add("compute_energy_pJ", .number(schedule.computePJ))
    if let energy = schedule.sramReadPJ { add("sram_rd_energy_pJ", .number(energy)) }
    if let energy = schedule.sramWritePJ { add("sram_wr_energy_pJ", .number(energy)) }
    add("dram_energy_pJ", .number(schedule.dramPJ))
    add("constants", .object(constants.map { .init(key: $0, value: .number($1)) }))
    return .object(members)
  }
}

extension SRAMBank.Buffer {
  fileprivate func json(_ access: SRAMAccess) -> JSON {
    var json: JSON = ["r_cost": .number(access.readPJ), "w_cost": .number(access.writePJ)]
    if let bank = self.bank {
      json = json.setting("area", .number(bank.areaMM2 * Double(banks)))
      json = json.setting("latency", .number((bank.accessNS * 1000).rounded() / 1000))
    }
    return json
  }
}
