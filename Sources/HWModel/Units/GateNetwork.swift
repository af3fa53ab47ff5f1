/// Gates of two inputs, equal ones once: what logic is before it is packed into look-up tables.
struct GateNetwork: Sendable {
  /// A node's value or its complement.
  struct Signal: Hashable, Sendable {
    let code: Int32

    static let zero = Signal(code: 0)
    static let one = Signal(code: 1)

    var node: Int { Int(code >> 1) }
    var isInverted: Bool { code & 1 == 1 }
    var isConstant: Bool { code < 2 }

    static prefix func ! (signal: Signal) -> Signal { Signal(code: signal.code ^ 1) }

    init(code: Int32) { self.code = code }
    init(_ bit: Bool) { code = bit ? 1 : 0 }
  }

  private struct Pair: Hashable {
    let low: Int32
    let high: Int32
  }

  /// Inputs of each gate; of a source and of node 0, the constant, zeros.
  private(set) var inputs: [(Signal, Signal)] = [(.zero, .zero)]
  private(set) var isGate = [false]
  /// The part of the unit that each node was made for.
  private(set) var parts: [UnitPart] = [.logic]
  /// The part that gates are made for.
  var part = UnitPart.logic
  private var known: [Pair: Int32] = [:]

  init() {}

  var count: Int { inputs.count }

  /// A signal from outside: a pin, a register, a cell that is no look-up table.
  mutating func source() -> Signal {
    inputs.append((.zero, .zero))
    isGate.append(false)
    parts.append(part)
    return Signal(code: Int32(2 * (inputs.count - 1)))
  }

  mutating func and(_ a: Signal, _ b: Signal) -> Signal {
    if a == .zero || b == .zero || a == !b { return .zero }
    if a == .one || a == b { return b }
    if b == .one { return a }
    let pair = Pair(low: min(a.code, b.code), high: max(a.code, b.code))
    if let node = known[pair] { return Signal(code: 2 * node) }
    let node = Int32(inputs.count)
    inputs.append((Signal(code: pair.low), Signal(code: pair.high)))
    isGate.append(true)
    parts.append(part)
    known[pair] = node
    return Signal(code: 2 * node)
  }

  mutating func or(_ a: Signal, _ b: Signal) -> Signal { !and(!a, !b) }

  mutating func xor(_ a: Signal, _ b: Signal) -> Signal {
    let both = and(a, b)
    let neither = and(!a, !b)
    return and(!both, !neither)
  }

  /// `then` where `condition` is 1.
  mutating func select(_ condition: Signal, _ then: Signal, _ other: Signal) -> Signal {
    if then == other { return then }
    let chosen = and(condition, then)
    let kept = and(!condition, other)
    return or(chosen, kept)
  }

  /// All of them, as a tree.
  mutating func all(_ signals: [Signal]) -> Signal {
    var level = signals
    while level.count > 1 {
      var next: [Signal] = []
      for index in stride(from: 0, to: level.count - 1, by: 2) {
        next.append(and(level[index], level[index + 1]))
      }
      if level.count % 2 == 1 { next.append(level[level.count - 1]) }
      level = next
    }
    return level.first ?? .one
  }

  mutating func any(_ signals: [Signal]) -> Signal { !all(signals.map { !$0 }) }
}
