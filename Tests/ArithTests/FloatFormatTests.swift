import Arith
import Testing
import TestSupport

/// Small formats of every kind, whose values and exact results are doubles.
private let smallFormats: [FloatFormat] = {
  var formats: [FloatFormat] = FloatFormat.named.map(\.format).filter {
    $0.width <= 8 && $0.specials != .powerOfTwo
  }
  for specials in FloatFormat.Specials.allCases where specials != .powerOfTwo {
    for (exponentBits, mantissaBits) in [(1, 3), (2, 2), (3, 0), (3, 2), (4, 1), (2, 4)] {
      for hasSubnormals in [true, false] {
        for isSigned in [true, false] {
          if let format = try? FloatFormat(
            exponentBits: exponentBits, mantissaBits: mantissaBits, specials: specials,
            hasSubnormals: hasSubnormals, isSigned: isSigned)
          {
            formats.append(format)
          }
        }
      }
    }
  }
  return formats
}()

/// The textual definition of rounding, over the sorted list of a format's values.
///
/// `next` is the value that would follow the largest one with an unbounded exponent.
private struct ValueList {
  let values: [Double]
  let next: Double
  let format: FloatFormat

  init(_ format: FloatFormat) {
    self.format = format
    values = (0...format.maximumCode).map { format.doubleValue(of: $0) }
    // The step of the largest number's binade; that of the subnormals where there is no other.
    let lowest = format.hasSubnormals ? 1 - format.bias : -format.bias
    let binade = max(Int(values[values.count - 1].exponent), lowest)
    next =
      values[values.count - 1]
      + Double(sign: .plus, exponent: binade - format.mantissaBits, significand: 1)
  }

  /// The code of `x`, or nil if there is none.
  func code(_ x: Double, _ mode: Quantization, saturating: Bool) -> UInt64? {
    if x.isNaN { return format.nanCode }
    let isNegative = x.sign == .minus
    if isNegative && !format.isSigned && x != 0 { return nil }
    let sign: UInt64 = isNegative && format.isSigned ? 1 << UInt64(format.width - 1) : 0
    let largest = UInt64(values.count - 1)
    func overflow(finite: Bool) -> UInt64? {
      let towardZero =
        mode == .truncateToZero || (mode == .truncate && !isNegative)
        || (mode == .towardPositive && isNegative)
      if saturating || (finite && towardZero) { return largest | sign }
      return format.infinityCode.map { $0 | sign } ?? format.nanCode
    }
    let magnitude = x.magnitude
    if magnitude == .infinity { return overflow(finite: false) }
    if magnitude == 0 { return format.hasNegativeZero ? sign : 0 }
    guard magnitude < next else { return overflow(finite: true) }
    let lower = values.lastIndex { $0 <= magnitude } ?? 0
    var result = UInt64(lower)
    if values[lower] != magnitude {
      let upperValue = lower + 1 < values.count ? values[lower + 1] : next
      let below = magnitude - values[lower]
      let above = upperValue - magnitude
      let up: Bool =
        switch mode {
        case .truncateToZero: false
        case .truncate: isNegative
        case .towardPositive: !isNegative
        case .roundTiesAway: below >= above
        case .roundTiesToEven: below > above || (below == above && lower % 2 == 1)
        case .roundTiesToOdd: below > above || (below == above && lower % 2 == 0)
        case .roundTiesToZero: below > above
        default: fatalError("not a mode of this test")
        }
      if up { result += 1 }
    }
    if result > largest { return overflow(finite: true) }
    return result == 0 && !format.hasNegativeZero ? 0 : result | sign
  }
}

private let modes: [Quantization] = [
  .truncateToZero, .truncate, .towardPositive, .roundTiesToEven, .roundTiesAway, .roundTiesToOdd,
  .roundTiesToZero,
]

@Suite("floating-point formats")
struct FloatFormatTests {
  @Test("every code of every named format of at most 16 bits survives decode and encode")
  func roundTrip() throws {
    let p3109 = try [(8, 4, true), (8, 1, false), (6, 3, true), (12, 5, false)].flatMap {
      [
        try FloatFormat.p3109(width: $0.0, precision: $0.1, isSigned: $0.2, extended: true),
        try FloatFormat.p3109(width: $0.0, precision: $0.1, isSigned: $0.2, extended: false),
      ]
    }
    let named = FloatFormat.named.map(\.format).filter { $0.width <= 16 }
    for format in named + smallFormats + p3109 {
      let step = sweep || format.width <= 12 ? 1 : 37
      for code in stride(from: 0, to: UInt64(1) << UInt64(format.width), by: step) {
        let value: ExactNumber<Int128> = format.decode(code)
        let back = format.encode(value)
        if value.kind == .notANumber {
          #expect(back == format.nanCode, "\(format.name) \(code)")
        } else {
          #expect(back == code, "\(format.name) \(code)")
        }
      }
    }
  }

  @Test("rounding agrees with a search in the list of values, in all modes")
  func search() {
    var generator = SeededGenerator(seed: 4)
    for format in smallFormats {
      let list = ValueList(format)
      let largest = list.values[list.values.count - 1]
      var inputs: [Double] = [
        0, -0.0, .infinity, -.infinity, .nan, largest, list.next, 1e300, 1e-300,
      ]
      for (a, b) in zip(list.values, list.values.dropFirst() + [list.next]) {
        let middle = (a + b) / 2
        inputs += [
          a, middle, middle.nextUp, middle.nextDown, a.nextUp, b.nextDown, a + (b - a) / 4,
        ]
      }
      for _ in 0..<20 {
        inputs.append(.random(in: -1...1, using: &generator) * largest * 1.5)
      }
      if !sweep && inputs.count > 250 {
        inputs = Array(inputs.prefix(60)) + inputs.shuffled(using: &generator).prefix(190)
      }
      for input in inputs + inputs.map({ -$0 }) {
        let exact = ExactNumber<Int128>(input)
        for mode in modes {
          for saturating in [true, false] {
            let expected = list.code(input, mode, saturating: saturating)
            let found = format.encode(
              exact, rounding: .deterministic(mode), saturating: saturating)
            #expect(
              found == expected, "\(format.name) \(mode) \(input) saturating \(saturating)")
          }
        }
      }
    }
  }

  @Test("add and mul of code pairs agree with a search in the list of values")
  func pairs() throws {
    var generator = SeededGenerator(seed: 5)
    for format in smallFormats {
      let list = ValueList(format)
      let encoding = Encoding.float(format)
      let rule = try CastRule(to: encoding, overflow: .nonSaturating)
      let count = Int64(1) << Int64(format.width)
      var a: [Int64] = []
      var b: [Int64] = []
      if sweep || count <= 16 {
        for x in 0..<count {
          for y in 0..<count {
            a.append(x)
            b.append(y)
          }
        }
      } else {
        for _ in 0..<300 {
          a.append(.random(in: 0..<count, using: &generator))
          b.append(.random(in: 0..<count, using: &generator))
        }
      }
      for operation in [UnitOperation.add, .mul] {
        let unit = try ArithmeticUnit(operation, a: encoding, b: encoding, out: rule)
        let results = try unit.results(a: a, b: b)
        for index in a.indices {
          let x = format.doubleValue(of: UInt64(a[index]))
          let y = format.doubleValue(of: UInt64(b[index]))
          // Exact in binary64: at most 8-bit formats span less than 53 bits.
          let exact = operation == .add ? x + y : x * y
          let expected = list.code(exact, .roundTiesToEven, saturating: false)
          let found = results[index].map { UInt64($0) }
          let bothNaN =
            found.map { format.doubleValue(of: $0).isNaN } == true && exact.isNaN
          #expect(
            found == expected || bothNaN, "\(format.name) \(operation) \(a[index]) \(b[index])")
        }
      }
    }
  }

  @Test("float64 arithmetic is the processor's, float32 and float16 conversions the library's")
  func hardware() throws {
    var generator = SeededGenerator(seed: 6)
    let count = sweep ? 200_000 : 1500
    let doubles = (0..<3).map { _ in
      (0..<count).map { _ -> Double in
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: Double(bitPattern: generator.next())
        case 1: Double.random(in: -4...4, using: &generator)
        default:
          Double(
            sign: .plus, exponent: .random(in: -40...40, using: &generator),
            significand: Double(Int.random(in: -7...7, using: &generator)))
        }
      }
    }
    let codes = doubles.map { $0.map { Int64(bitPattern: $0.bitPattern) } }
    let encoding = Encoding.float(.float64)
    let rule = try CastRule(to: encoding)
    func check(
      _ operation: UnitOperation, _ expected: (Double, Double, Double) -> Double
    ) throws {
      let hasB = operation.operands.contains("b")
      let hasC = operation.operands.contains("c")
      let unit = try ArithmeticUnit(
        operation, a: encoding, b: hasB ? encoding : nil, c: hasC ? encoding : nil, out: rule)
      let results = try unit.results(
        a: codes[0], b: hasB ? codes[1] : [], c: hasC ? codes[2] : [])
      for index in 0..<count {
        let wanted = expected(doubles[0][index], doubles[1][index], doubles[2][index])
        let found = results[index].map { Double(bitPattern: UInt64(bitPattern: $0)) } ?? 0
        #expect(
          found.bitPattern == wanted.bitPattern || (found.isNaN && wanted.isNaN),
          "\(operation) \(doubles[0][index]) \(doubles[1][index]) \(doubles[2][index])")
      }
    }
    try check(.add) { a, b, _ in a + b }
    try check(.sub) { a, b, _ in a - b }
    try check(.mul) { a, b, _ in a * b }
    try check(.div) { a, b, _ in a / b }
    try check(.fma) { a, b, c in c.addingProduct(a, b) }
    for value in doubles[0] {
      let exact = ExactNumber<Int128>(value)
      let single = FloatFormat.float32.encode(exact).map { Float(bitPattern: UInt32($0)) }
      #expect(value.isNaN ? single?.isNaN == true : single == Float(value), "\(value)")
      let half = FloatFormat.float16.encode(exact).map { Float16(bitPattern: UInt16($0)) }
      #expect(value.isNaN ? half?.isNaN == true : half == Float16(value), "\(value)")
    }
  }

  @Test("rounding is monotone and idempotent in every mode", arguments: Quantization.allCases)
  func monotone(mode: Quantization) {
    var generator = SeededGenerator(seed: 7)
    for format in [FloatFormat.e4m3, .e5m2, .e2m1, .float16, .bfloat16] {
      let span = Double(sign: .plus, exponent: format.maximumExponent + 1, significand: 1)
      let inputs = (0..<300).map { _ in
        Double.random(in: -span...span, using: &generator)
          * (Bool.random(using: &generator) ? 1 : 1e-3)
      }.sorted()
      var last = -Double.infinity
      for input in inputs {
        let code = format.encode(
          ExactNumber<Int128>(input), rounding: .deterministic(mode), saturating: true)
        let value = code.map { format.doubleValue(of: $0) } ?? .nan
        // Jamming moves exact even codes too, so only it is not idempotent.
        if mode != .jam {
          #expect(value >= last, "\(format.name) \(input)")
          let again = format.encode(
            ExactNumber<Int128>(value), rounding: .deterministic(mode), saturating: true)
          #expect(again == code, "\(format.name) \(input)")
        }
        last = value
      }
    }
  }

  @Test("stochastic rounding takes the upper neighbour for the right share of random numbers")
  func stochastic() {
    // 1 + 5/32 between 1 and 1.125 of e4m3: a fraction of 5/4 steps, so of 1/4 above 1.125.
    let value = ExactNumber<Int128>(1 + 5.0 / 32)
    for (rule, ups) in [
      (StochasticRounding.tiesToEven, 4), (.tiesToOdd, 4), (.fast, 4), (.fastest, 4),
    ] {
      let found = (0..<16).filter {
        FloatFormat.e4m3.encode(
          value, rounding: .stochastic(rule, width: 4), randomBits: UInt64($0)) == 0x3a
      }
      #expect(found.count == ups, "\(rule)")
    }
    // 1/32 of a step with 4 bits is half a random step: the four rules differ.
    let small = ExactNumber<Int128>(1 + 1.0 / 256)
    func ups(_ rule: StochasticRounding) -> Int {
      (0..<16).filter {
        FloatFormat.e4m3.encode(
          small, rounding: .stochastic(rule, width: 4), randomBits: UInt64($0)) == 0x39
      }.count
    }
    #expect(ups(.tiesToEven) == 0)
    #expect(ups(.tiesToOdd) == 1)
    #expect(ups(.fast) == 1)
    #expect(ups(.fastest) == 0)
  }

  @Test("impossible formats are refused")
  func impossible() {
    #expect(throws: FormatError.self) {
      try FloatFormat(exponentBits: 0, mantissaBits: 3, specials: .ieee)
    }
    #expect(throws: FormatError.self) {
      try FloatFormat(exponentBits: 12, mantissaBits: 3, specials: .ieee)
    }
    #expect(throws: FormatError.self) {
      try FloatFormat(exponentBits: 1, mantissaBits: 0, specials: .ieee)
    }
    #expect(throws: FormatError.self) {
      try FloatFormat(
        exponentBits: 4, mantissaBits: 3, specials: .nanAtNegativeZero, isSigned: false)
    }
  }
}
