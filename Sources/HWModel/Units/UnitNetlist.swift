/// A unit as gates, carry chains, registers and multiplier blocks, by the rules of one technology.
///
/// The rules are those of Yosys 0.23: passes `alumacc` (sums, products and their sums become one
/// sum of many operands), `maccmap` (which compresses them in columns by full adders) and the
/// technology's `arith_map.v`. Every sum from a least width on takes a carry chain.
struct UnitNetlist {
  typealias Signal = GateNetwork.Signal

  /// How a technology makes sums.
  enum Carry: String, CaseIterable, Sendable {
    /// CARRY4: a table a bit gives `a ^ b`, and `a` is a signal of its own.
    case xilinx
    /// SB_CARRY beside a look-up table a bit.
    case ice40
    /// CCU2C: two bits, whose tables are part of it.
    case ecp5

    /// Sums up to this width are gates.
    var logicWidth: Int { self == .ecp5 ? 4 : 2 }
    /// Operands of one comparison in a table, if comparisons have a form of their own.
    var comparesInTables: Bool { self == .xilinx }
  }

  /// When a product takes a multiplier block, and what else such a block takes.
  struct Blocks: Hashable, Sendable {
    /// Least sum of the factors' widths.
    let productBits: Int
    /// Widest factors of one block, the wider first.
    let wideBits: Int
    let narrowBits: Int
    /// Widest register that adds one product and is part of the block; 0 for none.
    let accumulatorBits: Int
    /// Whether the block clears that register.
    let clears: Bool
    /// Whether a block adds another one's product.
    let addsPairs: Bool
  }

  /// A chain's bits, their inputs, and what its tables and its outputs are.
  struct Chain {
    /// Signals that must exist for each bit.
    let needed: [[Signal]]
    /// What comes out of the chain's cells: bit and whether it is the sum, by node.
    let outputs: [Int: (bit: Int, isSum: Bool)]
    /// Look-up tables that are part of the chain.
    let tables: Int
    let cells: Int
  }

  var gates = GateNetwork()
  private(set) var chains: [Chain] = []
  private(set) var registerBits = 0
  private(set) var blockCount = 0
  /// What outputs and registers take.
  private(set) var roots: [Signal] = []
  /// Bits of input ports, in order.
  private(set) var inputBits: [Signal] = []
  private(set) var registerOutputs: [Signal] = []

  private let circuit: UnitCircuit
  private let carry: Carry
  private let blocks: Blocks?
  private var bits: [[Signal]] = []
  private var uses: [Int]
  /// Sums that are made in a multiplier block, register included.
  private var absorbed: Set<Int> = []
  /// What gates clear for a block.
  private var cleared: [Signal] = []

  init(_ circuit: UnitCircuit, carry: Carry, blocks: Blocks? = nil) {
    self.circuit = circuit
    self.carry = carry
    self.blocks = blocks
    uses = Array(repeating: 0, count: circuit.wires.count)
    for declaration in circuit.wires {
      for operand in declaration.operation.operands { uses[operand.index] += 1 }
    }
    uses[circuit.output.index] += 1
    for next in circuit.nextValues.values { uses[next.index] += 1 }
    bits = Array(repeating: [], count: circuit.wires.count)
    for index in circuit.wires.indices where !isMerged(index) {
      gates.part = UnitPart(circuit.wires[index].operation)
      bits[index] = elaborate(index)
    }
    roots = bits[circuit.output.index]
    for (register, next) in circuit.nextValues.sorted(by: { $0.key.index < $1.key.index }) {
      registerOutputs += bits[register.index]
      if absorbed.contains(next.index) {
        if register == circuit.output { roots = [] }
        continue
      }
      registerBits += circuit.width(register)
      if register == circuit.output { roots = [] }
      roots += bits[next.index]
    }
    roots += cleared
    mergeEqualGates()
  }

  /// Makes gates of one function once, as synthesis does.
  mutating func mergeEqualGates() {
    var signals = roots + inputBits + registerOutputs
    for chain in chains {
      signals += chain.needed.flatMap(\.self)
      signals += chain.outputs.keys.sorted().map { Signal(code: Int32(2 * $0)) }
    }
    let merged = gates.mergingEqualGates(signals)
    gates = merged.network
    var rest = merged.signals[...]
    func take(_ count: Int) -> [Signal] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    roots = take(roots.count)
    inputBits = take(inputBits.count)
    registerOutputs = take(registerOutputs.count)
    chains = chains.map { chain in
      let needed = chain.needed.map { take($0.count) }
      let nodes = chain.outputs.keys.sorted()
      let places = zip(take(nodes.count).map(\.node), nodes).compactMap { place, node in
        chain.outputs[node].map { (place, $0) }
      }
      return Chain(
        needed: needed, outputs: Dictionary(uniqueKeysWithValues: places), tables: chain.tables,
        cells: chain.cells)
    }
  }

  // MARK: Operands

  private func extended(_ wire: UnitCircuit.Wire, to width: Int) -> [Signal] {
    Self.extended(bits[wire.index], to: width, signed: circuit[wire].isSigned)
  }

  private static func extended(_ bits: [Signal], to width: Int, signed: Bool) -> [Signal] {
    if bits.count >= width { return Array(bits.prefix(width)) }
    let fill = signed ? bits.last ?? .zero : .zero
    return bits + Array(repeating: fill, count: width - bits.count)
  }

  private mutating func map(
    _ a: UnitCircuit.Wire, _ b: UnitCircuit.Wire, width: Int,
    _ gate: (inout GateNetwork, Signal, Signal) -> Signal
  ) -> [Signal] {
    zip(extended(a, to: width), extended(b, to: width)).map { gate(&gates, $0, $1) }
  }

  // MARK: Wires

  private mutating func elaborate(_ index: Int) -> [Signal] {
    let wire = circuit.wires[index]
    let width = wire.width
    switch wire.operation {
    case .input:
      let made = (0..<width).map { _ in gates.source() }
      inputBits += made
      return made
    case .register: return (0..<width).map { _ in gates.source() }
    case .constant(let value): return (0..<width).map { Signal(value >> min($0, 62) & 1 == 1) }
    case .bits(let a, let low): return Array(bits[a.index][low..<(low + width)])
    case .joined(let parts): return parts.flatMap { bits[$0.index] }
    case .resized(let a): return extended(a, to: width)
    case .not(let a): return extended(a, to: width).map { !$0 }
    case .and(let a, let b): return map(a, b, width: width) { $0.and($1, $2) }
    case .or(let a, let b): return map(a, b, width: width) { $0.or($1, $2) }
    case .xor(let a, let b): return map(a, b, width: width) { $0.xor($1, $2) }
    case .anyBit(let a): return [gates.any(bits[a.index])]
    case .allBits(let a): return [gates.all(bits[a.index])]
    case .sum, .difference, .negated, .product: return total(index)
    case .shiftedLeft(let a, let by): return shifted(a, by: by, width: width, left: true)
    case .shiftedRight(let a, let by): return shifted(a, by: by, width: width, left: false)
    case .selected(let condition, let a, let b):
      let first = extended(a, to: width)
      let second = extended(b, to: width)
      let chosen = bits[condition.index][0]
      return zip(first, second).map { gates.select(chosen, $0, $1) }
    case .atLeast(let a, let b): return [atLeast(a, b)]
    case .leadingOne(let a, let base):
      var place = Array(repeating: Signal.zero, count: width)
      for (offset, bit) in bits[a.index].enumerated() where offset >= base {
        let value = offset - base + 1
        for digit in place.indices {
          place[digit] = gates.select(bit, Signal(value >> digit & 1 == 1), place[digit])
        }
      }
      return place
    }
  }

  /// Stages of multiplexers, one for each bit of the distance that can matter.
  private mutating func shifted(
    _ a: UnitCircuit.Wire, by: UnitCircuit.Wire, width: Int, left: Bool
  ) -> [Signal] {
    let inner = max(width, circuit.width(a))
    var value = extended(a, to: inner)
    let distance = bits[by.index]
    let reach = left ? width : circuit.width(a)
    var stages = 1
    while 1 << (stages - 1) < reach { stages += 1 }
    stages = min(stages, distance.count)
    if distance.count > stages {
      let beyond = gates.any(Array(distance[stages...]))
      value = value.map { gates.and(!beyond, $0) }
    }
    for stage in 0..<stages {
      let step = 1 << stage
      value = value.indices.map { place in
        let from = left ? place - step : place + step
        let moved = value.indices.contains(from) ? value[from] : .zero
        return gates.select(distance[stage], moved, value[place])
      }
    }
    return Array(value.prefix(width))
  }

  // MARK: Sums

  private struct Term {
    let wire: UnitCircuit.Wire
    /// The second factor of a product.
    var factor: UnitCircuit.Wire?
    var isSubtracted = false
  }

  private func isSum(_ index: Int) -> Bool {
    switch circuit.wires[index].operation {
    case .sum, .difference, .negated, .product: true
    default: false
    }
  }

  /// Whether a wire is an operand of one sum only and holds all of its own value, so that the sum
  /// takes its operands.
  private func isMerged(_ index: Int) -> Bool {
    guard isSum(index), uses[index] == 1, index != circuit.output.index,
      let user = circuit.wires.firstIndex(where: { wire in
        wire.operation.operands.contains { $0.index == index }
      })
    else { return false }
    switch circuit.wires[user].operation {
    case .sum, .difference, .negated: break
    default: return false
    }
    let wire = circuit.wires[index]
    return wire.width == circuit.wires[user].width || wire.width >= naturalWidth(index)
  }

  private func isSelected(_ index: Int) -> Bool {
    circuit.wires.contains { wire in
      if case .selected(_, let a, let b) = wire.operation {
        return a.index == index || b.index == index
      }
      return false
    }
  }

  private func naturalWidth(_ index: Int) -> Int {
    switch circuit.wires[index].operation {
    case .sum(let a, let b), .difference(let a, let b):
      max(circuit.width(a), circuit.width(b)) + 1
    case .product(let a, let b): circuit.width(a) + circuit.width(b)
    case .negated(let a): circuit.width(a) + 1
    default: 0
    }
  }

  private func terms(_ index: Int, subtracted: Bool) -> [Term] {
    func operand(_ wire: UnitCircuit.Wire, _ subtracted: Bool) -> [Term] {
      isMerged(wire.index)
        ? terms(wire.index, subtracted: subtracted)
        : [Term(wire: wire, isSubtracted: subtracted)]
    }
    switch circuit.wires[index].operation {
    case .sum(let a, let b): return operand(a, subtracted) + operand(b, subtracted)
    case .difference(let a, let b): return operand(a, subtracted) + operand(b, !subtracted)
    case .negated(let a): return operand(a, !subtracted)
    case .product(let a, let b): return [Term(wire: a, factor: b, isSubtracted: subtracted)]
    default: return []
    }
  }

  private mutating func total(_ index: Int) -> [Signal] {
    let width = circuit.wires[index].width
    var terms = terms(index, subtracted: false)
    if accumulatesInBlock(terms, index: index) { return (0..<width).map { _ in gates.source() } }
    let numbers = blockProducts(&terms, width: width)
    if numbers.count == 1, terms.isEmpty { return numbers[0] }
    if numbers.count == 1, terms.count == 1, terms[0].factor == nil, !terms[0].isSubtracted {
      return chain(numbers[0], extended(terms[0].wire, to: width), carryIn: .zero).sums
    }
    if numbers.count == 2, terms.isEmpty { return joined(numbers[0], numbers[1]) }
    if numbers.isEmpty, let simple = simpleSum(terms, index: index) { return simple }
    var columns = SummandColumns(width: width)
    for term in terms {
      let signed = circuit[term.wire].isSigned
      if let factor = term.factor {
        addProduct(term.wire, factor, subtracted: term.isSubtracted, to: &columns)
      } else {
        columns.add(
          operand: Self.extended(bits[term.wire.index], to: width, signed: signed),
          wire: term.wire.index, subtracted: term.isSubtracted)
      }
    }
    for (place, number) in numbers.enumerated() {
      columns.add(operand: number, wire: circuit.wires.count + place, subtracted: false)
    }
    let (first, second) = columns.compressed(&gates)
    return chain(first, second, carryIn: .zero).sums
  }

  /// The sum of two numbers, of which the second may begin above the first's lowest bits.
  private mutating func joined(_ a: [Signal], _ b: [Signal]) -> [Signal] {
    let low = b.firstIndex { $0 != .zero } ?? b.count
    let high = chain(Array(a[low...]), Array(b[low...]), carryIn: .zero).sums
    return Array(a[..<low]) + high
  }

  // MARK: Multiplier blocks

  private func takesBlock(_ term: Term) -> Bool {
    guard let blocks, let factor = term.factor, !term.isSubtracted else { return false }
    return circuit.width(term.wire) + circuit.width(factor) >= blocks.productBits
  }

  /// Whether a register adds one product and is part of its block.
  private mutating func accumulatesInBlock(_ terms: [Term], index: Int) -> Bool {
    guard let blocks, terms.count == 2, let product = terms.first(where: { takesBlock($0) }),
      let base = terms.first(where: { $0.factor == nil }),
      circuit.nextValues.values.contains(where: { $0.index == index }),
      circuit.wires[index].width <= blocks.accumulatorBits
    else { return false }
    blockCount += pieces(product).count
    absorbed.insert(index)
    // Where the block does not clear its register, gates do.
    if !blocks.clears { cleared += bits[base.wire.index] }
    return true
  }

  /// The parts of a product by blocks: their widths and the weight of their lowest bit.
  private func pieces(_ term: Term) -> [(width: Int, low: Int)] {
    guard let blocks, let factor = term.factor else { return [] }
    func used(_ wire: UnitCircuit.Wire) -> Int {
      (bits[wire.index].lastIndex { $0 != .zero } ?? -1) + 1
    }
    let widths = [used(term.wire), used(factor)].sorted(by: >)
    let across = (widths[0] + blocks.wideBits - 1) / blocks.wideBits
    let down = (widths[1] + blocks.narrowBits - 1) / blocks.narrowBits
    return (0..<across).flatMap { column in
      (0..<down).map { row in
        (
          min(widths[0] - column * blocks.wideBits, blocks.wideBits)
            + min(widths[1] - row * blocks.narrowBits, blocks.narrowBits),
          column * blocks.wideBits + row * blocks.narrowBits
        )
      }
    }
  }

  /// Takes products that blocks make out of `terms`, and what blocks add to them; the numbers that are
  /// left to add, of `width` bits.
  private mutating func blockProducts(_ terms: inout [Term], width: Int) -> [[Signal]] {
    var numbers: [[Signal]] = []
    guard let blocks else { return [] }
    for term in terms where takesBlock(term) {
      for piece in pieces(term) {
        blockCount += 1
        let made = (0..<min(piece.width, max(width - piece.low, 0))).map { _ in gates.source() }
        let zeros = Array(repeating: Signal.zero, count: min(piece.low, width))
        numbers.append(Self.extended(zeros + made, to: width, signed: true))
      }
    }
    let products = terms.count { takesBlock($0) }
    terms.removeAll { takesBlock($0) }
    guard blocks.addsPairs, !numbers.isEmpty else { return numbers }
    // A block adds a constant, or the product of its neighbour.
    terms.removeAll { term in
      if case .constant = circuit[term.wire].operation { return term.factor == nil }
      return false
    }
    if products == numbers.count, products > 1 {
      numbers = stride(from: 0, to: numbers.count, by: 2).map { numbers[$0] }
    }
    return numbers
  }

  /// Partial products: the wider factor where a bit of the other is 1.
  ///
  /// The narrower factor's sign bit counts the complement, and itself once more.
  private mutating func addProduct(
    _ a: UnitCircuit.Wire, _ b: UnitCircuit.Wire, subtracted: Bool, to columns: inout SummandColumns
  ) {
    let swaps = circuit.width(a) < circuit.width(b)
    let (wide, narrow) = swaps ? (b, a) : (a, b)
    let signed = circuit[a].isSigned && circuit[b].isSigned
    let row = Self.extended(bits[wide.index], to: columns.width, signed: signed)
    let digits = bits[narrow.index]
    for (place, digit) in digits.enumerated() where place < columns.width {
      let isSign = signed && place == digits.count - 1
      let zeros = Array(repeating: Signal.zero, count: place)
      let kept = row.prefix(columns.width - place)
      let gated = kept.map { gates.and(isSign ? !$0 : $0, digit) }
      columns.add(row: zeros + gated, subtracted: subtracted)
      if isSign {
        let bit = zeros + [digit]
        let filled = bit + Array(repeating: Signal.zero, count: columns.width - place - 1)
        columns.add(operand: filled, wire: narrow.index, subtracted: subtracted)
      }
    }
  }

  /// A sum of at most two operands and a bit, which is one chain; nil for more.
  private mutating func simpleSum(_ terms: [Term], index: Int) -> [Signal]? {
    let width = circuit.wires[index].width
    var plain: [Term] = []
    var carries: [Term] = []
    for term in terms {
      if term.factor != nil { return nil }
      let isBit = circuit.width(term.wire) == 1 && !circuit[term.wire].isSigned
      if isBit && !term.isSubtracted { carries.append(term) } else { plain.append(term) }
    }
    guard plain.count <= 2, plain.count(where: \.isSubtracted) <= 1 else { return nil }
    var first = plain.first { !$0.isSubtracted }
    var second = plain.first { $0.isSubtracted } ?? (plain.count == 2 ? plain[1] : nil)
    let subtracts = second?.isSubtracted ?? false
    if first == nil, !carries.isEmpty { first = carries.removeFirst() }
    if second == nil, !carries.isEmpty { second = carries.removeFirst() }
    guard carries.count <= (subtracts ? 0 : 1) else { return nil }
    // Of a sum the narrower operand comes first, of equal ones the later.
    if !subtracts, let x = first, let y = second,
      circuit.width(y.wire) <= circuit.width(x.wire)
    {
      swap(&first, &second)
    }
    let zeros = Array(repeating: Signal.zero, count: width)
    let a = first.map { extended($0.wire, to: width) } ?? zeros
    let b = second.map { extended($0.wire, to: width) } ?? zeros
    let carryIn = carries.first.map { bits[$0.wire.index][0] } ?? (subtracts ? .one : .zero)
    // Where one operand is 0 the table of a sum has room for a selection that follows.
    let hasRoom = first == nil && uses[index] == 1 && isSelected(index)
    return chain(
      a, subtracts ? b.map { !$0 } : b, carryIn: carryIn, inverted: subtracts,
      usesSums: !hasRoom
    ).sums
  }

  /// Adds two numbers; `inverted` where `b` came in as its complement.
  private mutating func chain(
    _ a: [Signal], _ b: [Signal], carryIn: Signal, inverted: Bool = false,
    usesSums: Bool = true, needsTop: Bool = false
  ) -> (sums: [Signal], carries: [Signal]) {
    let width = a.count
    if width <= carry.logicWidth { return ripple(a, b, carryIn) }
    var sums: [Signal] = []
    var carries: [Signal] = []
    var needed: [[Signal]] = []
    var outputs: [Int: (bit: Int, isSum: Bool)] = [:]
    var cells = 0
    var last = carryIn
    for (bit, (x, y)) in zip(a, b).enumerated() {
      let constants = [x, y, last].filter(\.isConstant)
      let zeros = constants.count { $0 == .zero }
      if carry == .ice40, zeros >= 2 || constants.count - zeros >= 2 {
        // The cell folds: its sum is a gate, its carry a constant.
        let half = gates.xor(x, y)
        sums.append(gates.xor(half, last))
        last = zeros >= 2 ? .zero : .one
        carries.append(last)
        needed.append([])
        continue
      }
      switch carry {
      case .xilinx: needed.append([gates.xor(x, y), x])
      case .ice40: needed.append([x, y])
      case .ecp5: needed.append([x, inverted ? !y : y])
      }
      if bit == 0, !carryIn.isConstant { needed[0].append(carryIn) }
      let sum = gates.source()
      outputs[sum.node] = (bit, true)
      sums.append(sum)
      if carry == .ecp5, bit % 2 == 0 {
        // The first carry of a cell has no pin: where it is wanted, gates make it again.
        let both = gates.and(x, y)
        let either = gates.or(x, y)
        last = gates.or(both, gates.and(last, either))
      } else {
        last = gates.source()
        outputs[last.node] = (bit, false)
      }
      carries.append(last)
      cells += 1
    }
    var tables = 0
    if carry == .ice40 {
      tables = usesSums ? cells : needsTop ? 1 : 0
      // Nothing takes the last carry of a sum.
      if !needsTop, cells > 0 { cells -= 1 }
    } else {
      cells = carry == .ecp5 ? (width + 1) / 2 : (width + 3) / 4
    }
    chains.append(Chain(needed: needed, outputs: outputs, tables: tables, cells: cells))
    return (sums, carries)
  }

  private mutating func ripple(
    _ a: [Signal], _ b: [Signal], _ carryIn: Signal
  ) -> (sums: [Signal], carries: [Signal]) {
    var carry = carryIn
    var sums: [Signal] = []
    var carries: [Signal] = []
    for (x, y) in zip(a, b) {
      let half = gates.xor(x, y)
      sums.append(gates.xor(half, carry))
      let generated = gates.and(x, y)
      let propagated = gates.and(half, carry)
      carry = gates.or(generated, propagated)
      carries.append(carry)
    }
    return (sums, carries)
  }

  // MARK: Comparisons

  private mutating func atLeast(_ a: UnitCircuit.Wire, _ b: UnitCircuit.Wire) -> Signal {
    let width = max(circuit.width(a), circuit.width(b))
    let signed = circuit[a].isSigned && circuit[b].isSigned
    let first = extended(a, to: width)
    let second = extended(b, to: width)
    if carry.comparesInTables { return comparedInTables(first, second, signed: signed) }
    // As "b is at most a": less, or equal in every bit.
    let (sums, carries) = chain(
      second, first.map { !$0 }, carryIn: .one, inverted: true, usesSums: false,
      needsTop: true)
    let top = carries[width - 1]
    var isLess = !top
    if signed {
      // Less is sign xor overflow, which is the xor of the last two carries.
      let overflow = gates.xor(top, width > 1 ? carries[width - 2] : .one)
      isLess = gates.xor(overflow, sums[width - 1])
    }
    let equalBits = zip(first, second).map { !gates.xor($0, $1) }
    let isEqual = gates.all(equalBits)
    return gates.or(isLess, isEqual)
  }

  /// Groups of bits that a table compares, and a carry chain over the groups (`cmp2lcu.v`: three bits
  /// of each operand in a table of six inputs).
  private mutating func comparedInTables(
    _ a: [Signal], _ b: [Signal], signed: Bool
  ) -> Signal {
    var propagates: [Signal] = []
    var generates: [Signal] = []
    var top = a.count
    while top > 0 {
      let low = max(top - 3, 0)
      var equal = Signal.one
      var greater = Signal.zero
      for place in stride(from: top - 1, through: low, by: -1) {
        let isSign = signed && place == a.count - 1
        let more =
          isSign ? gates.and(!a[place], b[place]) : gates.and(a[place], !b[place])
        let decided = gates.and(equal, more)
        greater = gates.or(greater, decided)
        equal = gates.and(equal, !gates.xor(a[place], b[place]))
      }
      propagates.append(equal)
      generates.append(greater)
      top = low
    }
    propagates.reverse()
    generates.reverse()
    if propagates.count <= carry.logicWidth {
      var carryBit = Signal.one
      for (propagate, generate) in zip(propagates, generates) {
        let passed = gates.and(propagate, carryBit)
        carryBit = gates.or(generate, passed)
      }
      return carryBit
    }
    var needed: [[Signal]] = []
    var outputs: [Int: (bit: Int, isSum: Bool)] = [:]
    var last = Signal.zero
    for (bit, (propagate, generate)) in zip(propagates, generates).enumerated() {
      needed.append([gates.and(propagate, !generate), generate])
      last = gates.source()
      outputs[last.node] = (bit, false)
    }
    chains.append(
      Chain(
        needed: needed, outputs: outputs, tables: 0, cells: (propagates.count + 3) / 4))
    return last
  }
}
