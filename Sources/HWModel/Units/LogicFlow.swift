/// A synthesis flow for arithmetic units: how it makes sums, packs tables and uses multiplier blocks,
/// and how far its tables are from those that are counted.
public struct LogicFlow: Sendable {
  public let description: TargetDescription
  let carry: UnitNetlist.Carry
  let sizes: TableSizes
  let blocks: UnitNetlist.Blocks?
  /// Synthesized tables over counted ones, by part.
  public let factors: [UnitPart: Double]

  /// - Throws: ``TargetProblems`` for a description that states too little.
  public init(_ description: TargetDescription) throws(TargetProblems) {
    self.description = description
    carry = try description.required(UnitNetlist.Carry.self, "carry")
    let areas = try description.required(description.numbers, "table_areas")
    guard areas.count <= 9 else {
      throw TargetProblems(problems: [
        .outOfRange(
          path: "table_areas.value", value: "\(areas.count) numbers",
          allowed: "at most 9 numbers")
      ])
    }
    sizes = TableSizes(
      areas: areas,
      physicalInputs: try description.required(description.integer, "table_inputs"))
    var factors: [UnitPart: Double] = [:]
    for part in UnitPart.allCases {
      factors[part] = try description.required(description.number, "\(part.rawValue)_factor")
    }
    self.factors = factors
    blocks =
      if let bits = description.integer("block_product_bits") {
        UnitNetlist.Blocks(
          productBits: bits,
          wideBits: try description.required(description.integer, "block_wide_bits"),
          narrowBits: try description.required(description.integer, "block_narrow_bits"),
          accumulatorBits: description.integer("block_accumulator_bits") ?? 0,
          clears: description.flag("block_clears") ?? false,
          addsPairs: description.flag("block_adds_pairs") ?? false)
      } else {
        nil
      }
  }

  /// What a unit takes under this flow.
  public func cost(of family: UnitFamily) -> UnitCost {
    let netlist = UnitNetlist(family.circuit(name: "unit"), carry: carry, blocks: blocks)
    let count = UnitCount(netlist, sizes: sizes, carry: carry)
    let fixed = Double(
      count.inverters + count.chainTables + (carry == .ecp5 ? 2 * count.carryCells : 0))
    let counted = UnitPart.allCases.map { Double(count.tablesOfPart[$0] ?? 0) }
    let scaled = zip(UnitPart.allCases, counted).reduce(fixed) { sum, part in
      sum + (factors[part.0] ?? 1) * part.1
    }
    return UnitCost(
      luts: scaled, ff: count.registers, carry: count.carryCells, dsp: count.blocks,
      levels: count.tableLevels, counted: counted, fixed: fixed)
  }

  /// How many such units the flow's part has room for; nil of flows for no part.
  public func copies(of cost: UnitCost) -> Int? {
    let used = [("lut", cost.luts), ("ff", Double(cost.ff)), ("dsp", Double(cost.dsp))]
    let counts = used.compactMap { key, used in
      description.number(key).flatMap { used > 0 ? $0 / used : nil }
    }
    return counts.min().map { Int(min($0, 1e15)) }
  }

  /// Whether a packing is one that was simulated for this flow's blocks.
  public func claims(_ packing: Packing) -> Bool {
    description.table("packing")?.contains { row in
      row.integer("weight_bits") == packing.weightBits
        && row.integer("activation_bits") == packing.activationBits
        && row.flag("activation_signed") == packing.activationSigned
        && row.integer("kernel") == packing.kernel && row.integer("inputs") == packing.inputs
        && row.flag("convolution") == packing.isConvolution
    } ?? false
  }

  /// What the error of a quantity was with thirds of the units left out, in percent; nil for none.
  public func error(of quantity: String, family: String = "all") -> Double? {
    description.table("errors")?.first {
      $0.text("quantity") == quantity && $0.text("family") == family
    }?.number("mape")
  }
}

/// What a unit takes.
public struct UnitCost: Sendable, Hashable {
  /// Look-up tables, inverters included; an estimate.
  public let luts: Double
  public let ff: Int
  /// Cells of carry chains.
  public let carry: Int
  /// Multiplier blocks.
  public let dsp: Int
  /// Look-up tables on the longest path between ports or registers.
  public let levels: Int
  /// Tables as counted, in the order of ``UnitPart``'s cases.
  public let counted: [Double]
  /// Tables that no factor scales: those of carry chains and inverters.
  public let fixed: Double
}

extension LogicFlow {
  /// What descriptions of family `logic` may state.
  public static let schema = TargetSchema(
    family: "logic", title: "Synthesis flows for arithmetic units",
    example: (id: "my-flow", name: "My tool and version for my parts"),
    keys: [
      TargetKey(
        "carry", .text(UnitNetlist.Carry.allCases.map(\.rawValue)), required: true,
        "how sums are made: the technology of carry chains"),
      TargetKey(
        "table_areas", .list(.number(0...1e3)), required: true,
        "what a look-up table counts while logic is packed, by its inputs from 1 on"),
      TargetKey(
        "table_inputs", .integer(2...9), required: true,
        "inputs of one physical look-up table; more take two and a multiplexer each"),
    ]
      + UnitPart.allCases.map {
        TargetKey(
          "\($0.rawValue)_factor", .number(0...10), required: true,
          "synthesized over counted look-up tables: \($0.meaning)")
      }
      + [
        TargetKey("lut", .integer(0...1 << 32), unit: "LUT", "look-up tables of the part"),
        TargetKey("ff", .integer(0...1 << 32), unit: "FF", "flip-flops of the part"),
        TargetKey("dsp", .integer(0...1 << 32), unit: "DSP", "multiplier blocks of the part"),
        TargetKey(
          "block_product_bits", .integer(2...128), unit: "bits",
          "least sum of the widths of factors whose product takes a multiplier block"),
        TargetKey("block_wide_bits", .integer(1...64), unit: "bits", "widest factor of a block"),
        TargetKey("block_narrow_bits", .integer(1...64), unit: "bits", "its other factor"),
        TargetKey(
          "block_accumulator_bits", .integer(0...64), unit: "bits",
          "widest register that adds a product inside a block"),
        TargetKey("block_clears", .flag, "whether a block clears that register"),
        TargetKey(
          "block_adds_pairs", .flag, "whether a block adds a constant or its neighbour's product"),
        TargetKey(
          "packing",
          .table([
            .init("weight_bits", .integer(2...16), "bits of a signed weight"),
            .init("activation_bits", .integer(2...16), "bits of an activation"),
            .init("activation_signed", .flag, "whether it is signed"),
            .init("kernel", .integer(1...8), "weights in one multiplication"),
            .init("inputs", .integer(1...8), "activations in it"),
            .init("convolution", .flag, "sums of products by distance, not each product"),
            .init("products", .integer(2...64), "products a multiplication"),
          ]), inherited: false,
          "several products by one block, each simulated without a mismatch"),
        TargetKey(
          "errors",
          .table([
            .init("quantity", .text(["lut", "depth"]), "what was predicted"),
            .init("family", .text([]), "of which units"),
            .init("units", .integer(1...1 << 20), "how many"),
            .init("mape", .number(0...1e3), unit: "%", "mean error with thirds left out"),
            .init("spearman", .number(-1...1), required: false, "correlation of ranks"),
          ]), inherited: false, "errors on synthesized units"),
      ])
}
