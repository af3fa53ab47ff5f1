/// The structure of an arithmetic unit: wires of some width, each with the operation that drives it.
///
/// It is what costs count (`UnitNetlist`), what Verilog says (``UnitVerilog``), and what a
/// test evaluates against the arithmetic that defines the unit.
public struct UnitCircuit: Sendable {
  /// A wire by its place in ``wires``.
  public struct Wire: Hashable, Sendable {
    let index: Int
  }

  /// What drives a wire.
  ///
  /// Operands are extended to the result's width, by their own signs.
  public enum Operation: Hashable, Sendable {
    case input
    /// Two's complement.
    case constant(Int)
    /// Bits from `low` up, as many as the result has.
    case bits(Wire, low: Int)
    /// The first operand lowest.
    case joined([Wire])
    /// The operand, longer or shorter.
    case resized(Wire)
    case not(Wire)
    case and(Wire, Wire)
    case or(Wire, Wire)
    case xor(Wire, Wire)
    case anyBit(Wire)
    case allBits(Wire)
    case sum(Wire, Wire)
    case difference(Wire, Wire)
    case negated(Wire)
    case product(Wire, Wire)
    case shiftedLeft(Wire, by: Wire)
    case shiftedRight(Wire, by: Wire)
    /// The second operand where the first, one bit, is 1, else the third.
    case selected(Wire, Wire, Wire)
    /// 1 where the first operand is at least the second.
    case atLeast(Wire, Wire)
    /// Index of the highest bit that is 1, less `base`, plus 1; 0 where no bit from `base` up is 1.
    case leadingOne(Wire, base: Int)
    /// A register, whose input is set by `UnitCircuit.close(_:with:)`.
    case register
  }

  /// A wire's name, width in bits and sign.
  public struct Declaration: Sendable {
    public let name: String
    public let width: Int
    public let isSigned: Bool
    public let operation: Operation
  }

  public let name: String
  public private(set) var wires: [Declaration] = []
  /// Ports in their order.
  public private(set) var inputs: [Wire] = []
  public private(set) var output: Wire
  /// What registers take at the clock's edge.
  public private(set) var nextValues: [Wire: Wire] = [:]

  init(name: String) {
    self.name = name
    output = Wire(index: 0)
  }

  public subscript(wire: Wire) -> Declaration { wires[wire.index] }
  func width(_ wire: Wire) -> Int { wires[wire.index].width }

  mutating func input(_ name: String, _ width: Int, signed: Bool = false) -> Wire {
    let wire = add(name, width, signed: signed, .input)
    inputs.append(wire)
    return wire
  }

  mutating func add(
    _ name: String, _ width: Int, signed: Bool = false, _ operation: Operation
  ) -> Wire {
    wires.append(
      Declaration(name: name, width: width, isSigned: signed, operation: operation))
    return Wire(index: wires.count - 1)
  }

  mutating func close(_ register: Wire, with next: Wire) { nextValues[register] = next }
  mutating func setOutput(_ wire: Wire) { output = wire }

  /// Whether there is a register, so a clock and a `clr`.
  public var isClocked: Bool { !nextValues.isEmpty }

  /// Sums of two at a time, level by level; each a bit wider than the wider operand.
  mutating func tree(_ terms: [Wire], signed: Bool, prefix: String) -> Wire {
    var level = terms
    var depth = 0
    while level.count > 1 {
      var next: [Wire] = []
      for index in stride(from: 0, to: level.count - 1, by: 2) {
        let (a, b) = (level[index], level[index + 1])
        next.append(
          add(
            "\(prefix)\(depth)_\(index / 2)", max(width(a), width(b)) + 1, signed: signed,
            .sum(a, b)))
      }
      if level.count % 2 == 1 { next.append(level[level.count - 1]) }
      level = next
      depth += 1
    }
    return level[0]
  }
}

extension UnitCircuit.Operation {
  /// Operands in order.
  var operands: [UnitCircuit.Wire] {
    switch self {
    case .input, .constant, .register: []
    case .bits(let a, _), .resized(let a), .not(let a), .anyBit(let a), .allBits(let a),
      .negated(let a), .leadingOne(let a, _):
      [a]
    case .joined(let all): all
    case .and(let a, let b), .or(let a, let b), .xor(let a, let b), .sum(let a, let b),
      .difference(let a, let b), .product(let a, let b), .shiftedLeft(let a, let b),
      .shiftedRight(let a, let b), .atLeast(let a, let b):
      [a, b]
    case .selected(let a, let b, let c): [a, b, c]
    }
  }
}
