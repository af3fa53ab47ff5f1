/// What a unit takes in one technology, counted from its structure.
struct UnitCount: Equatable {
  /// Tables of logic, by the part whose function they have.
  var tablesOfPart: [UnitPart: Int] = [:]
  var tables: Int { tablesOfPart.values.reduce(0, +) }
  var multiplexers = 0
  var inverters = 0
  /// Tables that belong to carry chains.
  var chainTables = 0
  var carryCells = 0
  var registers = 0
  var blocks = 0
  /// Longest path between ports or registers, in look-up tables.
  var tableLevels = 0

  init(_ netlist: UnitNetlist, sizes: TableSizes, carry: UnitNetlist.Carry) {
    let roots = netlist.roots + netlist.chains.flatMap { $0.needed.flatMap(\.self) }
    let cover = TableCover(netlist.gates, roots: roots, sizes: sizes)
    for (node, inputs) in cover.tables {
      tablesOfPart[netlist.gates.parts[node], default: 0] += sizes.tables(inputs: inputs.count)
      multiplexers += sizes.multiplexers(inputs: inputs.count)
    }
    inverters =
      Set(
        roots.filter { !$0.isConstant && $0.isInverted && !netlist.gates.isGate[$0.node] }
      ).count
    for chain in netlist.chains {
      carryCells += chain.cells
      chainTables += chain.tables
    }
    registers = netlist.registerBits
    blocks = netlist.blockCount
    var levels = Levels(netlist, cover, carry)
    tableLevels = levels.longest(roots)
  }
}

/// Levels of look-up tables from ports and registers to signals.
private struct Levels {
  private let netlist: UnitNetlist
  private let cover: TableCover
  private let cellBits: Int
  private let countsSums: Bool
  private var known: [Int]
  /// The chain and bit of a source, and whether it is a sum.
  private var origin: [Int: (chain: Int, bit: Int, isSum: Bool)] = [:]

  init(_ netlist: UnitNetlist, _ cover: TableCover, _ carry: UnitNetlist.Carry) {
    self.netlist = netlist
    self.cover = cover
    cellBits = carry == .xilinx ? 4 : carry == .ecp5 ? 2 : 1
    countsSums = carry == .ice40
    known = Array(repeating: -1, count: netlist.gates.count)
    for (index, chain) in netlist.chains.enumerated() {
      for (node, output) in chain.outputs {
        origin[node] = (index, output.bit, output.isSum)
      }
    }
  }

  mutating func longest(_ roots: [GateNetwork.Signal]) -> Int {
    roots.map { level($0.node) }.max() ?? 0
  }

  private mutating func level(_ node: Int) -> Int {
    if known[node] >= 0 { return known[node] }
    var found = 0
    if let leaves = cover.tables[node] {
      found = 1 + (leaves.map { level($0) }.max() ?? 0)
    } else if let place = origin[node] {
      let needed = netlist.chains[place.chain].needed
      let last = min(needed.count, (place.bit / cellBits + 1) * cellBits)
      for signals in needed[..<last] { found = max(found, longest(signals)) }
      if place.isSum, countsSums { found += 1 }
    }
    known[node] = found
    return found
  }
}
