extension UnitFamily {
  typealias Wire = UnitCircuit.Wire

  /// The unit's structure under a module's name.
  public func circuit(name: String) -> UnitCircuit {
    var circuit = UnitCircuit(name: name)
    switch self {
    case .adder(let width, let signed):
      let a = circuit.input("a", width, signed: signed)
      let b = circuit.input("b", width, signed: signed)
      circuit.setOutput(circuit.add("y", width + 1, signed: signed, .sum(a, b)))
    case .multiplier(let wide, let narrow, let signed):
      let w = circuit.input("w", wide, signed: signed)
      let a = circuit.input("a", narrow, signed: signed)
      circuit.setOutput(circuit.add("y", wide + narrow, signed: signed, .product(w, a)))
    case .multiplyAccumulate(let wide, let narrow, let accumulator, let signed):
      let clear = circuit.input("clr", 1)
      let w = circuit.input("w", wide, signed: true)
      var a = circuit.input("a", narrow, signed: signed)
      if !signed {
        let zero = circuit.add("zero", 1, .constant(0))
        a = circuit.add("a_s", narrow + 1, signed: true, .joined([a, zero]))
      }
      let product = circuit.add(
        "p", circuit.width(w) + circuit.width(a), signed: true, .product(w, a))
      circuit.accumulate(product, clear: clear, width: accumulator)
    case .floatMultiplier(let left, let right):
      let w = FloatParts("w", left, &circuit)
      let a = FloatParts("a", right, &circuit)
      let (product, shift) = w.product(with: a, &circuit)
      let sign = circuit.add("n", 1, .xor(w.sign, a.sign))
      let width = circuit.width(product) + circuit.width(shift) + 1
      circuit.setOutput(circuit.add("y", width, .joined([product, shift, sign])))
    case .floatAccumulate(let left, let right, let growth):
      let clear = circuit.input("clr", 1)
      let w = FloatParts("w", left, &circuit)
      let a = FloatParts("a", right, &circuit)
      let (product, shift) = w.product(with: a, &circuit)
      let reach = left.largestShift + right.largestShift
      let width = circuit.width(product) + reach
      let aligned =
        reach > 0 ? circuit.add("m", width, .shiftedLeft(product, by: shift)) : product
      let sign = circuit.add("n", 1, .xor(w.sign, a.sign))
      circuit.accumulate(
        aligned, clear: clear, width: width + 1 + growth, subtractedWhere: sign)
    case .floatAdder(let shape): circuit.floatAdder(shape)
    case .packed(let packing): circuit.packed(packing)
    case .xnorPopcount(let count):
      let w = circuit.input("w", count)
      let a = circuit.input("a", count)
      let differ = circuit.add("d", count, .xor(w, a))
      let equal = circuit.add("x", count, .not(differ))
      circuit.setOutput(
        circuit.popcount(equal, "y", width: Int.bitWidth - count.leadingZeroBitCount))
    case .bitSerial(let count, let accumulator, let shiftBits):
      let clear = circuit.input("clr", 1)
      let w = circuit.input("w", count)
      let a = circuit.input("a", count)
      let shift = circuit.input("sh", shiftBits)
      let negative = circuit.input("neg", 1)
      let both = circuit.add("x", count, .and(w, a))
      let sum = circuit.popcount(both, "c", width: nil)
      let product = circuit.add("p", accumulator, .shiftedLeft(sum, by: shift))
      circuit.accumulate(product, clear: clear, width: accumulator, subtractedWhere: negative)
    case .powerOfTwo(let bits, let exponentBits, let terms):
      circuit.powersOfTwo(bits, exponentBits, terms)
    case .constantMultiplier(let constant, let bits):
      let a = circuit.input("a", bits, signed: true)
      let width = bits + (Int.bitWidth - constant.magnitude.leadingZeroBitCount) + 1
      let factor = circuit.add("k", width, signed: true, .constant(constant))
      circuit.setOutput(circuit.add("y", width, signed: true, .product(a, factor)))
    case .requantizer(let accumulator, let multiplierBits, let shift, let out):
      circuit.requantizer(accumulator, multiplierBits, shift, out)
    case .dot(let count, let wide, let narrow):
      let w = circuit.input("w", count * wide)
      let a = circuit.input("a", count * narrow)
      let products = (0..<count).map { index in
        let left = circuit.add("w\(index)", wide, signed: true, .bits(w, low: index * wide))
        let right = circuit.add("a\(index)", narrow, signed: true, .bits(a, low: index * narrow))
        return circuit.add("p\(index)", wide + narrow, signed: true, .product(left, right))
      }
      circuit.setOutput(circuit.tree(products, signed: true, prefix: "t"))
    case .thresholds(let bits, let count):
      let x = circuit.input("x", bits, signed: true)
      let t = circuit.input("t", count * bits)
      let reached = (0..<count).map { index in
        let level = circuit.add("t\(index)", bits, signed: true, .bits(t, low: index * bits))
        return circuit.add("c\(index)", 1, .atLeast(x, level))
      }
      let sum = circuit.tree(reached, signed: false, prefix: "u")
      circuit.setOutput(
        circuit.add("y", Int.bitWidth - count.leadingZeroBitCount, .resized(sum)))
    }
    return circuit
  }
}

/// A minifloat's fields: sign, significand with its hidden bit, and how far it is shifted.
private struct FloatParts {
  let sign: UnitCircuit.Wire
  let significand: UnitCircuit.Wire
  let shift: UnitCircuit.Wire
  let shape: UnitFamily.FloatShape

  init(_ name: String, _ shape: UnitFamily.FloatShape, _ circuit: inout UnitCircuit) {
    self.shape = shape
    let port = circuit.input(name, shape.width)
    sign = circuit.add("\(name)_s", 1, .bits(port, low: shape.exponent + shape.mantissa))
    guard shape.exponent > 0 else {
      significand = circuit.add("\(name)_sig", shape.mantissa, .bits(port, low: 0))
      shift = circuit.add("\(name)_sh", 1, .constant(0))
      return
    }
    let exponent = circuit.add("\(name)_e", shape.exponent, .bits(port, low: shape.mantissa))
    let normal = circuit.add("\(name)_nz", 1, .anyBit(exponent))
    if shape.mantissa > 0 {
      let mantissa = circuit.add("\(name)_m", shape.mantissa, .bits(port, low: 0))
      significand = circuit.add(
        "\(name)_sig", shape.significand, .joined([mantissa, normal]))
    } else {
      significand = normal
    }
    shift = circuit.add("\(name)_sh", shape.exponent, .difference(exponent, normal))
  }

  func product(
    with other: FloatParts, _ circuit: inout UnitCircuit
  ) -> (product: UnitCircuit.Wire, shift: UnitCircuit.Wire) {
    let reach = shape.largestShift + other.shape.largestShift
    let width = max(1, Int.bitWidth - reach.leadingZeroBitCount)
    let product = circuit.add(
      "p", shape.significand + other.shape.significand,
      .product(significand, other.significand))
    return (product, circuit.add("sh", width, .sum(shift, other.shift)))
  }
}

extension UnitCircuit {
  /// The register `y`, cleared by `clear`, plus (or minus) `term`.
  fileprivate mutating func accumulate(
    _ term: Wire, clear: Wire, width: Int, subtractedWhere sign: Wire? = nil
  ) {
    let y = add("y", width, signed: true, .register)
    let zero = add("nothing", width, signed: true, .constant(0))
    let base = add("b", width, signed: true, .selected(clear, zero, y))
    let sum: Wire
    if let sign {
      // A term without a sign of its own needs a place for one.
      let more = add("more", width, signed: true, .sum(base, term))
      let less = add("less", width, signed: true, .difference(base, term))
      sum = add("next", width, signed: true, .selected(sign, less, more))
    } else {
      sum = add("next", width, signed: true, .sum(base, term))
    }
    close(y, with: sum)
    setOutput(y)
  }

  fileprivate mutating func popcount(_ vector: Wire, _ name: String, width: Int?) -> Wire {
    let bits = (0..<self.width(vector)).map { add("x\($0)", 1, .bits(vector, low: $0)) }
    let sum = tree(bits, signed: false, prefix: "t")
    guard let width else { return sum }
    return add(name, width, .resized(sum))
  }

  fileprivate mutating func floatAdder(_ shape: UnitFamily.FloatShape) {
    let (e, m) = (shape.exponent, shape.mantissa)
    let magnitude = m + 1 + shape.largestShift
    let total = magnitude + 1
    let zero = add("zero", 1, .constant(0))
    let values = ["a", "b"].map { name in
      let parts = FloatParts(name, shape, &self)
      let fixed = add("\(name)_f", magnitude, .shiftedLeft(parts.significand, by: parts.shift))
      let plain = add("\(name)_u", total + 1, signed: true, .joined([fixed, zero, zero]))
      let negated = add("\(name)_g", total + 1, signed: true, .negated(plain))
      return add("\(name)_v", total + 1, signed: true, .selected(parts.sign, negated, plain))
    }
    let sum = add("s", total + 1, signed: true, .sum(values[0], values[1]))
    let negative = add("ns", 1, .bits(sum, low: total))
    let low = add("s_l", total, .bits(sum, low: 0))
    let opposite = add("s_n", total, .negated(low))
    let g = add("g", total, .selected(negative, opposite, low))
    let exponent = add("e", e + 1, .leadingOne(g, base: m))
    let isNormal = add("en", 1, .anyBit(exponent))
    let shift = add("sh", e + 1, .difference(exponent, isNormal))
    let zeros = add("fill", total, .constant(0))
    let wide = add("gx", 2 * total, .joined([zeros, g]))
    let x = add("x", 2 * total, .shiftedRight(wide, by: shift))
    let lowest = add("k0", 1, .bits(x, low: total))
    let round = add("rb", 1, .bits(x, low: total - 1))
    let rest = add("rest", total - 1, .bits(x, low: 0))
    let sticky = add("st", 1, .anyBit(rest))
    let odd = add("so", 1, .or(sticky, lowest))
    let up = add("up", 1, .and(round, odd))
    let kept =
      m > 0
      ? add("ek", e + 1 + m, .joined([add("k", m, .bits(x, low: total)), exponent])) : exponent
    let r = add("r", e + m + 2, .sum(kept, up))
    let top = add("r_t", 2, .bits(r, low: e + m))
    let over = add("ov", 1, .anyBit(top))
    let ones = add("ones", e + m, .constant((1 << (e + m)) - 1))
    let code = add("r_l", e + m, .bits(r, low: 0))
    let o = add("o", e + m, .selected(over, ones, code))
    let some = add("os", 1, .anyBit(o))
    let sign = add("ys", 1, .and(negative, some))
    setOutput(add("y", shape.width, .joined([o, sign])))
  }

  fileprivate mutating func powersOfTwo(_ bits: Int, _ exponentBits: Int, _ terms: Int) {
    let width = bits + (1 << exponentBits)
    let a = input("a", bits, signed: true)
    let parts = (0..<terms).map { index -> Wire in
      let exponent = input("e\(index)", exponentBits)
      let sign = input("s\(index)", 1)
      let off = terms > 1 ? input("z\(index)", 1) : nil
      let shifted = add("h\(index)", width, signed: true, .shiftedLeft(a, by: exponent))
      let negated = add("g\(index)", width, signed: true, .negated(shifted))
      let signed = add("q\(index)", width, signed: true, .selected(sign, negated, shifted))
      guard let off else { return signed }
      let zero = add("o\(index)", width, signed: true, .constant(0))
      return add("r\(index)", width, signed: true, .selected(off, zero, signed))
    }
    setOutput(tree(parts, signed: true, prefix: "t"))
  }

  fileprivate mutating func packed(_ packing: Packing) {
    let w = input("w", packing.kernel * packing.weightBits)
    let a = input("a", packing.inputs * packing.activationBits)
    let left = factor(
      w, "w", bits: packing.weightBits, count: packing.kernel, signed: true,
      spacing: packing.spacing, width: packing.weightFactorBits)
    let right = factor(
      a, "a", bits: packing.activationBits, count: packing.inputs,
      signed: packing.activationSigned, spacing: packing.activationSpacing,
      width: packing.activationFactorBits)
    let width = packing.weightFactorBits + packing.activationFactorBits
    let product = add("p", width, signed: true, .product(left, right))
    let results = (0..<packing.results).map { index -> Wire in
      let low = index * packing.spacing
      let held = add(
        "h\(index)", min(packing.spacing, width - low), signed: true, .bits(product, low: low))
      let slice = add("s\(index)", packing.spacing, signed: true, .resized(held))
      if index == 0 { return slice }
      let borrow = add("b\(index)", 1, .bits(product, low: low - 1))
      return add("r\(index)", packing.spacing, .sum(slice, borrow))
    }
    setOutput(add("y", packing.results * packing.spacing, .joined(results)))
  }

  /// Numbers `spacing` bits apart in one.
  private mutating func factor(
    _ port: Wire, _ name: String, bits: Int, count: Int, signed: Bool, spacing: Int, width: Int
  ) -> Wire {
    let parts = (0..<count).map { index -> Wire in
      let part = add("\(name)\(index)", bits, signed: signed, .bits(port, low: index * bits))
      let wide = add(
        "\(name)\(index)_x", max(width - index * spacing, bits), signed: signed, .resized(part))
      if index == 0 { return add("\(name)0_f", width, signed: true, .resized(wide)) }
      let zeros = add("\(name)\(index)_z", index * spacing, .constant(0))
      return add("\(name)\(index)_f", width, signed: true, .joined([zeros, wide]))
    }
    return parts.dropFirst().enumerated().reduce(parts[0]) { sum, part in
      add("\(name)_sum\(part.offset)", width, signed: true, .sum(sum, part.element))
    }
  }

  fileprivate mutating func requantizer(
    _ accumulator: Int, _ multiplierBits: Int, _ shift: Int, _ out: Int
  ) {
    let width = accumulator + multiplierBits + 1
    let x = input("x", accumulator, signed: true)
    let m = input("m", multiplierBits)
    let zero = add("zero", 1, .constant(0))
    let factor = add("m_s", multiplierBits + 1, signed: true, .joined([m, zero]))
    let product = add("p", width, signed: true, .product(x, factor))
    let half = add("half", shift + 1, signed: true, .constant(1 << (shift - 1)))
    let rounded = add("r", width + 1, signed: true, .sum(product, half))
    let q = add("q", width + 1 - shift, signed: true, .bits(rounded, low: shift))
    let top = add("q_t", width + 2 - shift - out, .bits(q, low: out - 1))
    let allOnes = add("q_a", 1, .allBits(top))
    let anyOne = add("q_o", 1, .anyBit(top))
    let noOne = add("q_n", 1, .not(anyOne))
    let inside = add("within", 1, .or(allOnes, noOne))
    let sign = add("q_s", 1, .bits(q, low: width - shift))
    let notSign = add("q_c", 1, .not(sign))
    let limit = add(
      "limit", out, signed: true, .joined(Array(repeating: notSign, count: out - 1) + [sign]))
    let code = add("q_l", out, signed: true, .bits(q, low: 0))
    setOutput(add("y", out, signed: true, .selected(inside, code, limit)))
  }
}
