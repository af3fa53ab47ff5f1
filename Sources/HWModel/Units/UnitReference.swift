import Arith

/// What a unit computes, by the definitions of Arith: exact integers, values of minifloats, casts.
///
/// It shares nothing with the unit's structure. A sum of minifloats that is zero is +0, as the unit
/// has one zero.
struct UnitReference {
  /// A port and the numbers that its bits are, lowest first.
  struct Port {
    let name: String
    let elementBits: Int
    let count: Int
    var width: Int { elementBits * count }
  }

  let family: UnitFamily
  let ports: [Port]
  let outputWidth: Int
  let isClocked: Bool

  init(_ family: UnitFamily) {
    self.family = family
    let circuit = family.circuit(name: "unit")
    outputWidth = circuit[circuit.output].width
    isClocked = circuit.isClocked
    ports = circuit.inputs.map { circuit[$0] }.filter { $0.name != "clr" }.map { port in
      let bits = family.elementBits(port.name) ?? port.width
      return Port(name: port.name, elementBits: bits, count: port.width / bits)
    }
  }

  /// What a combinational unit puts out, or a clocked one adds to its register.
  ///
  /// - Parameter x: codes of each port, as unsigned numbers of the elements' bits.
  /// - Returns: an integer whose lowest ``outputWidth`` bits count.
  /// - Throws: what Arith says of a format that it does not have.
  func result(_ x: [[UInt64]]) throws -> Int512 {
    switch family {
    case .adder(let width, let signed):
      return number(x[0][0], width, signed) + number(x[1][0], width, signed)
    case .multiplier(let w, let a, let signed):
      return number(x[0][0], w, signed) * number(x[1][0], a, signed)
    case .multiplyAccumulate(let w, let a, _, let signed):
      return number(x[0][0], w, true) * number(x[1][0], a, signed)
    case .floatMultiplier(let w, let a):
      let (left, right) = (Fields(x[0][0], w), Fields(x[1][0], a))
      let bits = w.significand + a.significand
      let reach = w.largestShift + a.largestShift
      let shiftBits = max(1, Int.bitWidth - reach.leadingZeroBitCount)
      // The fields stand for the exact product of the two values.
      let product = Int512(left.significand) * Int512(right.significand)
      let value = try value(x[0][0], w) * value(x[1][0], a)
      let negative = left.isNegative != right.isNegative
      let shown = product << (left.shift + right.shift)
      precondition(value == (negative ? -shown : shown), "fields of a minifloat")
      return (Int512(negative ? 1 : 0) << (bits + shiftBits))
        | (Int512(Int64(left.shift + right.shift)) << bits) | product
    case .floatAccumulate(let w, let a, _): return try value(x[0][0], w) * value(x[1][0], a)
    case .floatAdder(let shape):
      let format = try Self.encoding(shape)
      let unit = try ArithmeticUnit(
        .add, a: format, b: format,
        out: CastRule(to: format, rounding: .tiesToEven, overflow: .saturating))
      let code =
        try unit.results(
          a: [Int64(bitPattern: x[0][0])], b: [Int64(bitPattern: x[1][0])])[0] ?? 0
      let magnitude = code & ((1 << (shape.width - 1)) - 1)
      return Int512(magnitude == 0 ? 0 : code)
    case .xnorPopcount:
      return Int512(Int64(zip(x[0], x[1]).count { $0 == $1 }))
    case .bitSerial:
      let both = Int512(Int64(zip(x[0], x[1]).count { $0 == 1 && $1 == 1 })) << Int(x[2][0])
      return x[3][0] == 1 ? -both : both
    case .powerOfTwo(let bits, _, let terms):
      let a = number(x[0][0], bits, true)
      let fields = terms > 1 ? 3 : 2
      return (0..<terms).reduce(Int512.zero) { sum, term in
        let at = 1 + fields * term
        if terms > 1, x[at + 2][0] == 1 { return sum }
        let shifted = a << Int(x[at][0])
        return x[at + 1][0] == 1 ? sum - shifted : sum + shifted
      }
    case .constantMultiplier(let constant, let bits):
      return number(x[0][0], bits, true) * Int512(Int64(constant))
    case .requantizer(let accumulator, _, let shift, let out):
      let factor = try DyadicFactor(multiplier: Int64(x[1][0]), shift: shift)
      let unit = try ArithmeticUnit(
        .requantize, a: Encoding(name: "int<\(accumulator)>"),
        out: CastRule(
          to: Encoding(name: "int<\(out)>"), rounding: .deterministic(.round),
          overflow: .saturating), factor: factor)
      let value = number(x[0][0], accumulator, true).low64
      return Int512(try unit.results(a: [value])[0] ?? 0)
    case .dot(_, let w, let a):
      return zip(x[0], x[1]).reduce(Int512.zero) {
        $0 + number($1.0, w, true) * number($1.1, a, true)
      }
    case .packed(let packing):
      var sums = [Int512](repeating: .zero, count: packing.results)
      for (i, w) in x[0].enumerated() {
        for (j, a) in x[1].enumerated() {
          let place = packing.isConvolution ? i + j : i + packing.kernel * j
          sums[place] =
            sums[place] + number(w, packing.weightBits, true)
            * number(a, packing.activationBits, packing.activationSigned)
        }
      }
      return sums.enumerated().reduce(Int512.zero) { all, sum in
        let code = sum.element.truncated(toWidth: packing.spacing, isSigned: false)
        return all | (code << (sum.offset * packing.spacing))
      }
    case .thresholds(let bits, _):
      let value = number(x[0][0], bits, true)
      return Int512(Int64(x[1].count { !(value < number($0, bits, true)) }))
    }
  }

  private func number(_ code: UInt64, _ width: Int, _ signed: Bool) -> Int512 {
    let bits = Int512(Int64(bitPattern: code)).truncated(toWidth: width, isSigned: signed)
    return bits
  }

  /// A minifloat whose smallest subnormal is 1, so that values are integers.
  private static func encoding(_ shape: UnitFamily.FloatShape) throws -> Encoding {
    try Encoding(
      name: "float<\(shape.exponent),\(shape.mantissa),bias=\(1 - shape.mantissa),kind=finite>")
  }

  private func value(_ code: UInt64, _ shape: UnitFamily.FloatShape) throws -> Int512 {
    if shape.exponent == 0 {
      let fields = Fields(code, shape)
      let magnitude = Int512(fields.significand)
      return fields.isNegative ? -magnitude : magnitude
    }
    guard
      let number: ExactNumber<Int512> = try Self.encoding(shape).decode(Int64(bitPattern: code))
    else { preconditionFailure("every code of a finite format has a value") }
    let magnitude =
      number.exponent >= 0
      ? number.magnitude << number.exponent : number.magnitude >> -number.exponent
    return number.isNegative ? -magnitude : magnitude
  }

  /// A code's fields as the unit shows them.
  private struct Fields {
    let isNegative: Bool
    let significand: Int64
    let shift: Int

    init(_ code: UInt64, _ shape: UnitFamily.FloatShape) {
      let mantissa = Int64(code & ((1 << UInt64(shape.mantissa)) - 1))
      let exponent = Int(code >> UInt64(shape.mantissa)) & ((1 << shape.exponent) - 1)
      isNegative = code >> UInt64(shape.width - 1) & 1 == 1
      significand = exponent > 0 ? mantissa + (1 << Int64(shape.mantissa)) : mantissa
      shift = max(exponent - 1, 0)
    }
  }
}

extension UnitFamily {
  /// Bits of one number of a port that has several; nil for one that is a number.
  fileprivate func elementBits(_ port: String) -> Int? {
    switch (self, port) {
    case (.dot(_, let w, _), "w"): w
    case (.dot(_, _, let a), "a"): a
    case (.thresholds(let a, _), "t"): a
    case (.packed(let packing), "w"): packing.weightBits
    case (.packed(let packing), "a"): packing.activationBits
    case (.xnorPopcount, "w"), (.xnorPopcount, "a"), (.bitSerial, "w"), (.bitSerial, "a"): 1
    default: nil
    }
  }
}
