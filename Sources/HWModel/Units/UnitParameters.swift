public import Documents
public import QuantGraph

extension UnitFamily {
  /// The families' names, as in files of units, with the names of their parameters.
  public static let known: [(name: String, parameters: [String])] = [
    ("adder", ["width", "signed"]),
    ("mul", ["w", "a", "signed"]),
    ("mac", ["w", "a", "acc", "a_signed"]),
    ("fpmul", ["ew", "mw", "ea", "ma"]),
    ("fpmac", ["ew", "mw", "ea", "ma", "growth"]),
    ("fpadd", ["e", "m"]),
    ("xnorpop", ["n"]),
    ("bsmac", ["n", "acc", "shift_bits"]),
    ("po2mul", ["a", "exp_bits", "terms"]),
    ("constmul", ["c", "a"]),
    ("requant", ["acc", "mult_bits", "shift", "out"]),
    ("dot", ["n", "w", "a"]),
    ("thresh", ["a", "n"]),
    ("packed", ["w", "a", "a_signed", "kernel", "inputs", "convolution"]),
  ]

  /// A unit of a family by its parameters' names; parameters that follow from others may stand beside
  /// them.
  ///
  /// - Throws: a `Diagnostic` for an unknown family, a missing parameter, or one out of range.
  public init(family: String, parameters: JSON) throws(Diagnostic) {
    func integer(_ key: String, _ range: ClosedRange<Int>) throws(Diagnostic) -> Int {
      guard let value = parameters[key]?.doubleValue, let number = Int(exactly: value),
        range.contains(number)
      else {
        throw Self.problem(
          "parameter '\(key)' of \(family) is \(parameters[key]?.compact ?? "missing")",
          "give an integer from \(range.lowerBound) to \(range.upperBound).")
      }
      return number
    }
    func flag(_ key: String) throws(Diagnostic) -> Bool {
      guard let value = parameters[key]?.flag else {
        throw Self.problem(
          "parameter '\(key)' of \(family) is \(parameters[key]?.compact ?? "missing")",
          "give true or false.")
      }
      return value
    }
    func shape(_ exponent: String, _ mantissa: String) throws(Diagnostic) -> FloatShape {
      let shape = FloatShape(
        exponent: try integer(exponent, 0...5), mantissa: try integer(mantissa, 0...16))
      guard shape.significand > 0 else {
        throw Self.problem("a minifloat of no bits", "give an exponent or a mantissa.")
      }
      return shape
    }
    func within(_ count: Int, _ limit: Int) throws(Diagnostic) {
      guard count <= limit else {
        throw Self.problem(
          "\(family) with \(count) partial products or inputs", "at most \(limit) are counted.")
      }
    }
    let width = 1...64
    switch family {
    case "adder":
      self = .adder(width: try integer("width", width), signed: try flag("signed"))
    case "mul":
      self = .multiplier(
        w: try integer("w", width), a: try integer("a", width), signed: try flag("signed"))
    case "mac":
      let (w, a) = (try integer("w", width), try integer("a", width))
      let signed = try flag("a_signed")
      self = .multiplyAccumulate(
        w: w, a: a, accumulator: try integer("acc", (w + a + (signed ? 0 : 1))...256),
        activationSigned: signed)
    case "fpmul": self = .floatMultiplier(w: try shape("ew", "mw"), a: try shape("ea", "ma"))
    case "fpmac":
      self = .floatAccumulate(
        w: try shape("ew", "mw"), a: try shape("ea", "ma"), growth: try integer("growth", 0...64))
    case "fpadd":
      self = .floatAdder(
        FloatShape(exponent: try integer("e", 1...5), mantissa: try integer("m", 1...16)))
    case "xnorpop": self = .xnorPopcount(count: try integer("n", 2...4096))
    case "bsmac":
      let count = try integer("n", 2...4096)
      let shiftBits = try integer("shift_bits", 1...6)
      let sumBits = Int.bitWidth - count.leadingZeroBitCount
      self = .bitSerial(
        count: count, accumulator: try integer("acc", (sumBits + 1)...256), shiftBits: shiftBits)
    case "po2mul":
      self = .powerOfTwo(
        a: try integer("a", 2...64), exponentBits: try integer("exp_bits", 1...5),
        terms: try integer("terms", 1...16))
    case "constmul":
      let constant = try integer("c", -(1 << 31)...1 << 31)
      guard constant != 0 else { throw Self.problem("a product by 0", "give another constant.") }
      self = .constantMultiplier(constant: constant, a: try integer("a", 2...64))
    case "requant":
      let (accumulator, bits) = (try integer("acc", width), try integer("mult_bits", 1...32))
      let shift = try integer("shift", 1...min(accumulator + bits, 60))
      self = .requantizer(
        accumulator: accumulator, multiplierBits: bits, shift: shift,
        out: try integer("out", 2...max(accumulator + bits + 1 - shift, 2)))
    case "dot":
      let (count, w, a) = (
        try integer("n", 2...256), try integer("w", 2...32), try integer("a", 2...32)
      )
      try within(count * w * a, 16_384)
      self = .dot(count: count, w: w, a: a)
    case "thresh":
      let (a, count) = (try integer("a", 2...64), try integer("n", 1...255))
      try within(a * count, 16_384)
      self = .thresholds(a: a, count: count)
    case "packed":
      let packing = Packing(
        weightBits: try integer("w", 2...16), activationBits: try integer("a", 2...16),
        activationSigned: try flag("a_signed"), kernel: try integer("kernel", 1...8),
        inputs: try integer("inputs", 1...8), isConvolution: try flag("convolution"))
      guard packing.fits(wide: 64, narrow: 64) else {
        throw Self.problem(
          "packed factors of \(packing.weightFactorBits) and \(packing.activationFactorBits) bits",
          "pack fewer or narrower numbers: a factor has at most 64 bits.")
      }
      self = .packed(packing)
    default:
      throw Diagnostic(
        code: "unit.family", message: "no family of units is called '\(family)'",
        remedy: "name one of \(Self.known.map(\.name).joined(separator: ", ")).")
    }
  }

  private static func problem(_ message: String, _ remedy: String) -> Diagnostic {
    Diagnostic(code: "unit.parameters", message: message, remedy: remedy)
  }
}
