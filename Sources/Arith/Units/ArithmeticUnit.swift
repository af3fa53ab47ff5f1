/// A combinational arithmetic unit on codes: exact inside, rounded once at its output.
///
/// Operands and the result have scalar encodings of at most 64 bits. Codes are `Int64`; those of
/// unsigned 64-bit encodings are bit patterns. Results are correctly rounded: the exact result
/// of the operation on the operands' values, moved onto the output's grid by one ``CastRule``.
public struct ArithmeticUnit: Sendable {
  public let operation: UnitOperation
  public let a: Encoding
  public let b: Encoding?
  public let c: Encoding?
  public let out: CastRule
  public let accumulator: Accumulator
  public let factor: DyadicFactor?
  /// Which integer holds every exact intermediate.
  let precision: Precision

  enum Precision {
    case int64, int128, int512
    /// Sums reach beyond 512 bits and the output wraps, or a dot product is exact.
    case register
  }

  /// A unit for `operation`.
  ///
  /// - Throws: ``UnitError`` if an operand is missing or superfluous, an encoding is not scalar or
  ///   wider than 64 bits.
  public init(
    _ operation: UnitOperation, a: Encoding, b: Encoding? = nil, c: Encoding? = nil,
    out: CastRule, accumulator: Accumulator = .exact, factor: DyadicFactor? = nil
  ) throws(UnitError) {
    let given = [("a", Optional(a)), ("b", b), ("c", c)]
    for (name, encoding) in given {
      let isNeeded = operation.operands.contains(name)
      let isAllowed = isNeeded || operation.optionalOperands.contains(name)
      guard encoding == nil ? !isNeeded : isAllowed else {
        throw .operand(name, operation: operation)
      }
      guard let encoding else { continue }
      guard let width = encoding.scalarWidth else { throw .notScalar(encoding) }
      guard width <= 64 else { throw .tooWide(encoding) }
    }
    guard (factor != nil) == (operation == .requantize) else {
      throw .operand("factor", operation: operation)
    }
    self.operation = operation
    self.a = a
    self.b = b
    self.c = c
    self.out = out
    self.accumulator = accumulator
    self.factor = factor
    precision = Self.precision(operation, a: a, b: b, c: c, out: out, accumulator: accumulator)
  }

  /// Bits of the exact result, and the narrowest integer with room to round it.
  private static func precision(
    _ operation: UnitOperation, a: Encoding, b: Encoding?, c: Encoding?, out: CastRule,
    accumulator: Accumulator
  ) -> Precision {
    let x = a.valueExtent ?? (64, 0, 0)
    let y = b?.valueExtent ?? (1, 0, 0)
    let bits: Int
    switch operation {
    case .cast, .neg, .abs: bits = x.bits
    case .mul: bits = x.bits + y.bits
    case .requantize: bits = x.bits + 64
    case .div: return .int512
    case .add, .sub, .min, .max, .lt, .le, .gt, .ge, .eq, .ne:
      bits =
        Swift.max(x.highest + x.bits, y.highest + y.bits) - Swift.min(x.lowest, y.lowest) + 1
    case .fma, .dot:
      var low = x.lowest + y.lowest
      var high = x.highest + x.bits + y.highest + y.bits
      if operation == .dot, case .rounded(let rule) = accumulator,
        let sum = rule.encoding.valueExtent
      {
        low = Swift.min(low, sum.lowest)
        high = Swift.max(high, sum.highest + sum.bits)
      }
      if let z = c?.valueExtent {
        low = Swift.min(low, z.lowest)
        high = Swift.max(high, z.highest + z.bits)
      }
      if operation == .dot, accumulator == .exact { return .register }
      bits = high - low + 1
    }
    // Rounding may align the value to the output's grid first.
    let room = bits + 4
    let target = out.fixed.map { $0.width + room } ?? room
    if target <= 62 { return .int64 }
    if target <= 126 { return .int128 }
    if bits <= 500 || (out.fixed == nil && operation != .fma) { return .int512 }
    return out.fixed == nil ? .int512 : .register
  }

  /// The results of the unit, one for each element of `a` (each row for `dot`).
  ///
  /// Arrays have one length; for ``UnitOperation/dot`` `a` and `b` hold rows of `rowLength`
  /// elements and `c` one element a row. `randomBits` holds one number a result for a stochastic
  /// output. A nil result is one that the output encoding has no code for. An operand's code
  /// without a value (beyond the width is an error) makes the result nil.
  ///
  /// - Throws: ``UnitError/lengths(_:)``, ``UnitError/operand(_:operation:)`` or
  ///   ``UnitError/invalidCode(_:operand:index:)``, ``UnitError/invalidRandomBits(_:index:)``.
  public func results(
    a: [Int64], b: [Int64] = [], c: [Int64] = [], randomBits: [UInt64] = [], rowLength: Int = 1
  ) throws(UnitError) -> [Int64?] {
    switch precision {
    case .int64: try run(Int64.self, a, b, c, randomBits, rowLength)
    case .int128: try run(Int128.self, a, b, c, randomBits, rowLength)
    case .int512, .register: try run(Int512.self, a, b, c, randomBits, rowLength)
    }
  }

  private func run<Raw: RawInteger>(
    _: Raw.Type, _ a: [Int64], _ b: [Int64], _ c: [Int64], _ randomBits: [UInt64],
    _ rowLength: Int
  ) throws(UnitError) -> [Int64?] {
    let isDot = operation == .dot
    let step = isDot ? rowLength : 1
    guard step >= 1, a.count % step == 0 else { throw .lengths([a.count, rowLength]) }
    let count = a.count / step
    guard self.b == nil ? b.isEmpty : b.count == a.count,
      self.c == nil ? c.isEmpty : c.count == count,
      out.rounding.randomWidth == 0 || randomBits.count == count
    else { throw .lengths([a.count, b.count, c.count, randomBits.count]) }
    let x = try Operand<Raw>(self.a, codes: a, name: "a")
    let y = try Operand<Raw>(self.b, codes: b, name: "b")
    let z = try Operand<Raw>(self.c, codes: c, name: "c")
    let limit: UInt64 = 1 << UInt64(out.rounding.randomWidth)
    if let index = randomBits.firstIndex(where: { $0 >= limit }), limit > 1 {
      throw .invalidRandomBits(randomBits[index], index: index)
    }
    var register = isDot || precision == .register ? makeRegister() : nil
    return (0..<count).map { index -> Int64? in
      let bits = out.rounding.randomWidth > 0 ? randomBits[index] : 0
      if isDot {
        return dot(x, y, z, row: index, length: step, register: &register, randomBits: bits)
      }
      guard let p = x[index], let q = self.b == nil ? p : y[index],
        let r = self.c == nil ? p : z[index]
      else { return nil }
      return result(p, q, r, register: &register, randomBits: bits)
    }
  }

  /// A register for exact sums of products and of `c`.
  private func makeRegister() -> ExactAccumulator? {
    guard let x = a.valueExtent else { return nil }
    let y = b?.valueExtent ?? (1, 0, 0)
    let isProduct = operation == .fma || operation == .dot
    var low = isProduct ? x.lowest + y.lowest : Swift.min(x.lowest, y.lowest)
    var high = isProduct ? x.highest + y.highest : Swift.max(x.highest, y.highest)
    if let z = c?.valueExtent {
      low = Swift.min(low, z.lowest)
      high = Swift.max(high, z.highest)
    }
    return ExactAccumulator(bits: x.bits + y.bits + 64, exponents: low...high)
  }

  /// One element.
  private func result<Raw: RawInteger>(
    _ p: ExactNumber<Raw>, _ q: ExactNumber<Raw>, _ r: ExactNumber<Raw>,
    register: inout ExactAccumulator?, randomBits: UInt64
  ) -> Int64? {
    let negativeZero = out.rounding.givesNegativeZeroSums
    func flag(_ value: Bool?) -> Int64? {
      out.encode(ExactNumber(value == true ? Raw.one : Raw.zero), randomBits: randomBits)
    }
    let exact: ExactNumber<Raw>
    switch operation {
    case .cast, .dot: exact = p
    case .neg: exact = p.negated
    case .abs: exact = p.isNegative ? p.negated : p
    case .add, .sub:
      let second = operation == .add ? q : q.negated
      if precision == .register {
        return registered([p, second], &register, negativeZero, randomBits)
      }
      exact = .sum(p, second, exactZeroIsNegative: negativeZero)
    case .mul: exact = .product(p, q)
    case .div:
      return out.encode(
        ExactNumber<Int512>.quotient(p.widened, q.widened), randomBits: randomBits)
    case .fma:
      let product = ExactNumber.product(p, q)
      if precision == .register {
        return registered([product, r], &register, negativeZero, randomBits)
      }
      exact = .sum(product, r, exactZeroIsNegative: negativeZero)
    case .requantize:
      guard let factor else { return nil }
      exact = .product(
        p, ExactNumber(Raw(factor.multiplier), scaledBy: -factor.shift))
    case .min, .max:
      if p.kind == .notANumber || q.kind == .notANumber {
        exact = p.kind == .notANumber ? q : p
      } else {
        let less = ExactNumber.isLess(p, than: q) == true
        let greater = ExactNumber.isLess(q, than: p) == true
        // Of equal zeros -0 is the smaller one.
        let firstIsSmaller = less || (!greater && p.isNegative)
        exact = firstIsSmaller == (operation == .min) ? p : q
      }
    case .lt: return flag(ExactNumber.isLess(p, than: q))
    case .gt: return flag(ExactNumber.isLess(q, than: p))
    case .le: return flag(ExactNumber.isLess(q, than: p).map { !$0 })
    case .ge: return flag(ExactNumber.isLess(p, than: q).map { !$0 })
    case .eq, .ne:
      let unordered = p.kind == .notANumber || q.kind == .notANumber
      let differ =
        ExactNumber.isLess(p, than: q) == true || ExactNumber.isLess(q, than: p) == true
      return flag(operation == .eq ? !unordered && !differ : unordered || differ)
    }
    return out.encode(exact, randomBits: randomBits)
  }

  private func registered<Raw: RawInteger>(
    _ terms: [ExactNumber<Raw>], _ register: inout ExactAccumulator?, _ negativeZero: Bool,
    _ randomBits: UInt64
  ) -> Int64? {
    guard var sum = register else { return nil }
    sum.reset()
    for term in terms { sum.add(term) }
    return out.encode(
      sum.sum(exactZeroIsNegative: negativeZero, keepingAbove: out.lowestKeptExponent),
      randomBits: randomBits)
  }

  private func dot<Raw: RawInteger>(
    _ x: Operand<Raw>, _ y: Operand<Raw>, _ z: Operand<Raw>, row: Int, length: Int,
    register: inout ExactAccumulator?, randomBits: UInt64
  ) -> Int64? {
    let base = row * length
    switch accumulator {
    case .exact:
      register?.reset()
      for index in base..<(base + length) {
        guard let p = x[index], let q = y[index] else { return nil }
        register?.add(.product(p, q))
      }
      if c != nil {
        guard let r = z[row] else { return nil }
        register?.add(r)
      }
      return register.flatMap {
        out.encode(
          $0.sum(
            exactZeroIsNegative: out.rounding.givesNegativeZeroSums,
            keepingAbove: out.lowestKeptExponent),
          randomBits: randomBits)
      }
    case .rounded(let rule):
      var sum = ExactNumber<Raw>(Raw.zero)
      if c != nil {
        guard let r = z[row], let code = rule.encode(r),
          let start: ExactNumber<Raw> = rule.encoding.decode(code)
        else { return nil }
        sum = start
      }
      for index in base..<(base + length) {
        guard let p = x[index], let q = y[index] else { return nil }
        let next = ExactNumber.sum(
          sum, .product(p, q), exactZeroIsNegative: rule.rounding.givesNegativeZeroSums)
        guard let code = rule.encode(next),
          let value: ExactNumber<Raw> = rule.encoding.decode(code)
        else { return nil }
        sum = value
      }
      return out.encode(sum, randomBits: randomBits)
    }
  }
}

extension CastRule {
  /// The lowest exponent whose bits a wrapping fixed-point result needs exactly, guard bits
  /// included; nil if the leading bits decide.
  var lowestKeptExponent: Int? {
    fixed.map { -$0.fractionBits - Rounding.maximumRandomWidth - 4 }
  }
}

/// An operand's codes with their values, from a table for narrow encodings.
private struct Operand<Raw: RawInteger> {
  private let codes: [Int64]
  private let encoding: Encoding?
  private let table: [ExactNumber<Raw>?]
  private let first: Int64

  init(_ encoding: Encoding?, codes: [Int64], name: String) throws(UnitError) {
    self.encoding = encoding
    self.codes = codes
    guard let encoding else {
      (table, first) = ([], 0)
      return
    }
    if let range = encoding.codeRange {
      if let index = codes.firstIndex(where: { !range.contains($0) }) {
        throw .invalidCode(codes[index], operand: name, index: index)
      }
      if range.upperBound - range.lowerBound < 65_536, codes.count > 256 {
        first = range.lowerBound
        table = range.map { encoding.decode($0) }
        return
      }
    }
    (table, first) = ([], 0)
  }

  subscript(index: Int) -> ExactNumber<Raw>? {
    if !table.isEmpty { return table[Int(codes[index] - first)] }
    return encoding?.decode(codes[index])
  }
}
