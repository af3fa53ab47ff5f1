import Arith
import Testing
import TestSupport

@Suite("fast kernels equal the plain definitions")
struct KernelTests {
  private static let targets = [
    "e4m3", "e5m2", "e3m2", "e2m3", "e2m1", "e4m3fnuz", "e5m2fnuz", "e3m4", "e4m3b11fnuz",
    "e3m0-finite", "e1m2-finite", "e1m6-finite", "e5m2-finite", "p3109_k8p4se", "p3109_k6p3sf",
    "e3m2-finite-nosub", "ue4m4-finite", "e8m0", "nf4", "flint4", "log2<4>", "int<8>",
    "fixed<6,3>", "ufixed<7,2>", "denseshift<4>", "bitmod-fp4<10>",
  ]

  /// Bit patterns of every kind: specials, boundaries, neighbours, random.
  private static func inputs(_ generator: inout SeededGenerator, count: Int) -> [Float] {
    (0..<count).map { index in
      switch index % 6 {
      case 0: Float(bitPattern: UInt32.random(in: 0 ... .max, using: &generator))
      case 1: Float.random(in: -4...4, using: &generator)
      case 2:
        Float(bitPattern: UInt32.random(in: 0...0xffff, using: &generator) << 16)
          .nextUp
      case 3: Float(bitPattern: UInt32.random(in: 0...0xffff, using: &generator) << 16)
      case 4: Float(Int.random(in: -600...600, using: &generator)) / 32
      default:
        [
          0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 448, 464, 57344, 61440, 6,
          7,
        ]
        .randomElement(using: &generator) ?? 0
      }
    }
  }

  @Test("casts of floats", arguments: targets)
  func casts(target: String) throws {
    var generator = SeededGenerator(seed: 20)
    let encoding = try Encoding(name: target)
    var overflows: [OverflowRule] = [.saturating]
    if case .float = encoding { overflows.append(.nonSaturating) }
    let modes: [Quantization] =
      sweep ? Quantization.allCases : [.roundTiesToEven, .truncateToZero]
    let values = Self.inputs(&generator, count: sweep ? 20_011 : 1_003)
    for overflow in overflows {
      for mode in modes {
        let rule = try CastRule(
          to: encoding, rounding: .deterministic(mode), overflow: overflow)
        // Filling a table takes a second without optimization.
        if !sweep && mode != .roundTiesToEven && target != "e4m3" { continue }
        guard let kernel = FloatCastKernel(rule) else { continue }
        var codes = [UInt8](repeating: 0xaa, count: values.count)
        var target = codes.mutableSpan
        let invalid = kernel.encode(values.span, into: &target)
        var expectedInvalid: [Int] = []
        for (index, value) in values.enumerated() {
          let code = rule.encode(ExactNumber<Int128>(value))
          if code == nil { expectedInvalid.append(index) }
          #expect(
            codes[index] == UInt8(truncatingIfNeeded: code ?? 0),
            "\(encoding.name) \(mode) \(value) \(value.bitPattern)")
        }
        #expect(invalid == expectedInvalid)
      }
    }
  }

  @Test(
    "MX blocks",
    arguments: [
      "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp4_e2m1", "mxint8",
    ])
  func blocks(name: String) throws {
    guard case .block(let format) = try Encoding(name: name) else { return }
    let kernel = try #require(BlockKernel(format))
    var generator = SeededGenerator(seed: 21)
    let blocks = sweep ? 3000 : 60
    var values: [Float] = []
    for block in 0..<blocks {
      let power = Float(
        sign: .plus, exponent: .random(in: -149...120, using: &generator), significand: 1)
      for index in 0..<32 {
        values.append(
          block % 9 == 0
            ? 0
            : block % 9 == 1
              ? Float(Int.random(in: -64...64, using: &generator)) / 16
              : Float.random(in: -1...1, using: &generator) * power * (index == 3 ? 50 : 1))
      }
    }
    values[40] = -0.0
    values[32 * 5 + 1] = .greatestFiniteMagnitude
    let expected = try format.quantize(values.map { Double($0) })
    var codes = [UInt8](repeating: 0, count: values.count)
    var scales = [UInt8](repeating: 0, count: blocks)
    var codeSpan = codes.mutableSpan
    var scaleSpan = scales.mutableSpan
    try kernel.quantize(values.span, scales: &scaleSpan, codes: &codeSpan)
    #expect(scales.map { UInt64($0) } == expected.scales)
    for index in values.indices {
      #expect(
        codes[index] == UInt8(truncatingIfNeeded: expected.codes[index]),
        "\(name) \(index) \(values[index])")
    }
    values[77] = .nan
    var again = codes.mutableSpan
    var scalesAgain = scales.mutableSpan
    #expect(throws: BlockError.notFinite(index: 77)) {
      try kernel.quantize(values.span, scales: &scalesAgain, codes: &again)
    }
  }

  @Test("requantization", arguments: [1, 2, 7, 16, 30, 31])
  func requantize(shift: Int) throws {
    var generator = SeededGenerator(seed: 22)
    let target = try FixedPointFormat(
      width: 8, integerBits: 8, quantization: .roundTiesToEven, overflow: .saturate)
    let kernel = try #require(RequantizeKernel(to: target, sourceFractionBits: shift))
    var codes: [Int32] = [.min, .max, 0, -1, 1, .min + 1, .max - 1]
    for _ in 0..<500 {
      codes.append(.random(in: .min ... .max, using: &generator))
      codes.append(.random(in: -300...300, using: &generator) << Int32(max(shift - 1, 0)))
    }
    var narrow = [Int8](repeating: 0, count: codes.count)
    var wide = [Int32](repeating: 0, count: codes.count)
    var narrowSpan = narrow.mutableSpan
    var wideSpan = wide.mutableSpan
    kernel.requantize(codes.span, into: &narrowSpan)
    kernel.requantize(codes.span, into: &wideSpan)
    for (index, code) in codes.enumerated() {
      let expected: Int64 = target.cast(raw: Int64(code), sourceFractionBits: shift)
      #expect(Int64(narrow[index]) == expected, "\(code) >> \(shift)")
      #expect(Int64(wide[index]) == expected, "\(code) >> \(shift)")
    }
  }

  @Test(
    "matrix products",
    arguments: [
      (Overflow.wrap, 20), (.wrap, 32), (.wrap, 1), (.saturate, 20), (.saturate, 30),
      (.saturate, 7),
    ])
  func matrices(overflow: Overflow, width: Int) throws {
    var generator = SeededGenerator(seed: 23)
    let kernel = try #require(FixedPointMatrixKernel(width: width, overflow: overflow))
    let accumulator = try FixedPointFormat(width: width, integerBits: width, overflow: overflow)
    for (rows, columns, inner) in [(3, 37, 50), (1, 4, 16), (2, 33, 7), (5, 1, 0)] {
      let limit: ClosedRange<Int16> = width > 20 ? -32768...32767 : -300...300
      let a = (0..<rows * inner).map { _ in Int16.random(in: limit, using: &generator) }
      let b = (0..<columns * inner).map { _ in Int16.random(in: limit, using: &generator) }
      var results = [Int32](repeating: 7, count: rows * columns)
      var span = results.mutableSpan
      kernel.multiply(a.span, b.span, rows: rows, columns: columns, inner: inner, into: &span)
      for row in 0..<rows {
        for column in 0..<columns {
          var sum: Int64 = 0
          for index in 0..<inner {
            sum = accumulator.cast(
              raw: sum + Int64(a[row * inner + index]) * Int64(b[column * inner + index]),
              sourceFractionBits: 0)
          }
          #expect(Int64(results[row * columns + column]) == sum)
        }
      }
    }
  }
}
