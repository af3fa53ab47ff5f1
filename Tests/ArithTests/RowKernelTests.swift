import Arith
import TestSupport
import Testing

/// Rows of codes by the kernels of the path in force (`HWSIM_KERNEL`) and by the definitions.
@Suite("Kernels over rows of samples")
struct RowKernelTests {
  private static let quantizations: [Quantization] = [
    .truncate, .truncateToZero, .round, .roundTiesToZero, .roundTiesAway, .roundTiesToNegative,
    .roundTiesToEven,
  ]
  private static let overflows: [Overflow] = [
    .wrap, .saturate, .saturateToZero, .saturateSymmetric,
  ]

  private struct Case {
    let format: FixedPointFormat
    let fractionBits: Int
    let source: ClosedRange<Int64>
  }

  private static func random(_ generator: inout SeededGenerator) throws -> Case {
    let width = Int.random(in: 1...40, using: &generator)
    let format = try FixedPointFormat(
      width: width, integerBits: Int.random(in: -6...width + 4, using: &generator),
      isSigned: Bool.random(using: &generator),
      quantization: quantizations.randomElement(using: &generator) ?? .truncate,
      overflow: overflows.randomElement(using: &generator) ?? .wrap)
    let bits = Int64.random(in: 1...34, using: &generator)
    let low = Bool.random(using: &generator) ? -(Int64(1) << bits) : 0
    return Case(
      format: format,
      fractionBits: format.fractionBits + Int.random(in: -6...20, using: &generator),
      source: low...(Int64(1) << bits) - 1)
  }

  /// Ends and middle of a range, ties of the dropped bits, and random numbers; a multiple of 16.
  private static func codes(
    _ range: ClosedRange<Int64>, dropped: Int, _ generator: inout SeededGenerator
  ) -> [Int64] {
    var codes = [range.lowerBound, range.upperBound, 0, 1, -1, 2, -2]
    if dropped > 0 {
      let half = Int64(1) << Int64(min(dropped - 1, 40))
      for factor: Int64 in [-3, -1, 1, 3, 5] {
        codes += [factor * half, factor * half - 1, factor * half + 1]
      }
    }
    codes = codes.filter(range.contains)
    while codes.count % 16 != 0 || codes.count < 64 {
      codes.append(Int64.random(in: range, using: &generator))
    }
    return codes
  }

  @Test("assignments equal the cast, and stay within the bound they state")
  func assignments() throws {
    var generator = SeededGenerator(seed: 31)
    var prepared = 0
    var narrow = 0
    for _ in 0..<(sweep ? 60_000 : 2_000) {
      let item = try Self.random(&generator)
      guard
        let assignment = RowAssignment(
          to: item.format, fromFractionBits: item.fractionBits, source: item.source)
      else { continue }
      prepared += 1
      let dropped = item.fractionBits - item.format.fractionBits
      let codes = Self.codes(item.source, dropped: dropped, &generator)
      var results = [Int64](repeating: 0, count: codes.count)
      assignment.apply(codes, to: &results, count: codes.count)
      let expected = codes.map {
        item.format.cast(raw: $0, sourceFractionBits: item.fractionBits)
      }
      guard results == expected else {
        let index = results.indices.first { results[$0] != expected[$0] } ?? 0
        Issue.record(
          "\(item.format) from \(item.fractionBits) bits: \(codes[index]) gives \(results[index]), not \(expected[index])"
        )
        return
      }
      #expect(expected.allSatisfy(assignment.bound.contains), "\(item.format) \(item.source)")
      if assignment.isIdentity { #expect(expected == codes) }
      // In place.
      var same = codes
      same.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        assignment.apply(base, to: base, count: buffer.count)
      }
      #expect(same == expected)
      guard assignment.fitsInt32, item.source.lowerBound >= Int64(Int32.min),
        item.source.upperBound <= Int64(Int32.max)
      else { continue }
      narrow += 1
      var words = [Int32](repeating: 0, count: codes.count)
      assignment.apply(
        codes.map { Int32(truncatingIfNeeded: $0) }, to: &words, count: codes.count)
      #expect(words.map(Int64.init) == expected, "\(item.format) in 32 bits")
    }
    #expect(prepared > 1_000 && narrow > 160)
  }

  @Test("four sums at a time, in 32 and in 64 bits")
  func dot4() {
    var generator = SeededGenerator(seed: 32)
    for _ in 0..<60 {
      let lanes = 16 * Int.random(in: 1...5, using: &generator)
      let rows = Int.random(in: 1...20, using: &generator)
      let terms = Int.random(in: 0...40, using: &generator)
      let data = (0..<rows * lanes).map { _ in
        Int32.random(in: .min ... .max, using: &generator)
      }
      let wide = data.map { Int64($0) &* 0x1_0000_0007 }
      // A position below 0 is a margin.
      let gather = (0..<terms).map { _ in
        Int32.random(in: -1..<Int32(rows), using: &generator)
      }
      let weights = (0..<4 * terms).map { _ in
        Int32.random(in: .min ... .max, using: &generator)
      }
      let initial = (0..<4).map { _ in Int64.random(in: .min ... .max, using: &generator) }
      let initial32 = initial.map { Int32(truncatingIfNeeded: $0) }
      var sums = [Int32](repeating: 0, count: 4 * lanes)
      RowKernels.dot4(
        data: data, gather: gather, weights: weights, terms: terms, initial: initial32,
        sums: &sums, lanes: lanes)
      var exact = [Int64](repeating: 0, count: 4 * lanes)
      RowKernels.dot4(
        data: data, gather: gather, weights: weights, terms: terms, initial: initial,
        sums: &exact, lanes: lanes)
      var wrapped = exact
      RowKernels.dot4(
        data: wide, gather: gather, weights: weights, terms: terms, initial: initial,
        sums: &wrapped, lanes: lanes)
      for output in 0..<4 {
        for lane in 0..<lanes {
          var expected32 = initial32[output]
          var expected = initial[output]
          var expectedWide = initial[output]
          for term in 0..<terms where gather[term] >= 0 {
            let place = Int(gather[term]) * lanes + lane
            let weight = weights[4 * term + output]
            expected32 &+= weight &* data[place]
            expected &+= Int64(weight) * Int64(data[place])
            expectedWide &+= Int64(weight) &* wide[place]
          }
          #expect(sums[output * lanes + lane] == expected32)
          #expect(exact[output * lanes + lane] == expected)
          #expect(wrapped[output * lanes + lane] == expectedWide)
        }
      }
    }
  }

  @Test("four sums of products that are rounded first, in 16 and in 32 bits")
  func roundedDot4() throws {
    var generator = SeededGenerator(seed: 34)
    for round in 0..<(sweep ? 4_000 : 70) {
      let lanes = 16 * Int.random(in: 1...9, using: &generator)
      let rows = Int.random(in: 1...6, using: &generator)
      let terms = Int.random(in: 0...12, using: &generator)
      let dropped = Int.random(in: 1...16, using: &generator)
      let quantization = Self.quantizations[round % Self.quantizations.count]
      // Products of 29 bits at most in the 32-bit form.
      let weightBits = Int64.random(in: 1...(round % 2 == 0 ? 14 : 20), using: &generator)
      let data = (0..<rows * lanes).map { _ in
        Int16.random(in: .min ... .max, using: &generator) >> (round % 2 == 0 ? 0 : 8)
      }
      let gather = (0..<terms).map { _ in
        Int32.random(in: -1..<Int32(rows), using: &generator)
      }
      let weights = (0..<4 * terms).map { _ in
        Int64.random(in: -(1 << weightBits)...(1 << weightBits), using: &generator)
      }
      let initial = (0..<4).map { _ in Int32.random(in: .min ... .max, using: &generator) }
      func expected(_ output: Int, _ lane: Int) -> Int32 {
        var sum = initial[output]
        for term in 0..<terms where gather[term] >= 0 {
          let product =
            weights[4 * term + output] * Int64(data[Int(gather[term]) * lanes + lane])
          sum &+= Int32(
            truncatingIfNeeded: quantization.rounding(product, dropping: dropped).value)
        }
        return sum
      }
      var sums = [Int32](repeating: 0, count: 4 * lanes)
      RowKernels.roundedDot4(
        data: data.map(Int32.init), gather: gather, weights: weights.map { Int32($0) },
        terms: terms, dropped: dropped, quantization: quantization, initial: initial, sums: &sums,
        lanes: lanes)
      for output in 0..<4 {
        for lane in 0..<lanes {
          try #require(
            sums[output * lanes + lane] == expected(output, lane),
            "\(quantization), \(dropped) bits dropped")
        }
      }
      guard
        let factors = NarrowFactors(
          weights: weights, dropped: dropped, quantization: quantization)
      else {
        #expect(
          quantization != .truncate && quantization != .round
            || quantization == .round && dropped == 16)
        continue
      }
      var narrow = [Int16](repeating: 0, count: 8 * terms)
      for term in 0..<terms {
        for output in 0..<4 {
          narrow[8 * term + output] = factors.low[4 * term + output]
          narrow[8 * term + 4 + output] = factors.high[4 * term + output]
        }
      }
      var halves = [Int16](repeating: 0, count: 4 * lanes)
      RowKernels.roundedDot4(
        data: data, gather: gather, weights: narrow, terms: terms,
        roundsHalfUp: factors.roundsHalfUp, hasHigh: factors.high.contains { $0 != 0 },
        initial: initial.map { Int16(truncatingIfNeeded: $0) }, sums: &halves, lanes: lanes)
      for output in 0..<4 {
        for lane in 0..<lanes {
          try #require(
            halves[output * lanes + lane] == Int16(truncatingIfNeeded: expected(output, lane)),
            "\(quantization), \(dropped) bits dropped")
        }
      }
    }
  }

  @Test("numbers as fixed-point codes and as steps of a scale")
  func numberCasts() throws {
    var generator = SeededGenerator(seed: 35)
    var casts = 0
    for _ in 0..<(sweep ? 4_000 : 60) {
      let item = try Self.random(&generator)
      let unit = Double(sign: .plus, exponent: -item.format.fractionBits, significand: 1)
      var numbers = (0..<300).map { _ in
        Double.random(in: -70_000...70_000, using: &generator) * unit
      }
      // Ties, their neighbours, zeros, and numbers beyond what the fast form takes.
      for index in 0..<40 {
        let tie = (Double(index) - 20.5) * unit
        numbers[index * 3] = [tie, tie.nextUp, tie.nextDown, Double(index - 20) * unit][index % 4]
      }
      numbers[7] = -0.0
      numbers[130] = 0x1p40 * unit
      numbers[131] = -0x1p30 * unit
      numbers[290] = -Double.leastNonzeroMagnitude
      if let cast = FixedPointCast(to: item.format) {
        casts += 1
        var codes = [Int32](repeating: 0, count: numbers.count)
        #expect(cast.codes(of: numbers, count: numbers.count, into: &codes) == nil)
        #expect(codes.map(Int64.init) == numbers.map { item.format.cast($0, as: Int64.self) })
        var bad = numbers
        bad[200] = .nan
        bad[250] = .infinity
        #expect(cast.codes(of: bad, count: bad.count, into: &codes) == 200)
      }
      let scale = Float.random(in: 0.001...3, using: &generator)
      for rounding in [FloatingPointRoundingRule.toNearestOrEven, .toNearestOrAwayFromZero] {
        let affine = try #require(
          AffineCast(
            scale: scale, zeroPoint: Int64.random(in: -128...127, using: &generator),
            codes: -128...127, rounding: rounding))
        let values =
          numbers.map { $0 / unit / 300 } + (-300...300).map { Double(Float($0) * scale / 2) }
          + [1e300, -1e300, Double.leastNonzeroMagnitude]
        var codes = [Int32](repeating: 0, count: values.count)
        #expect(affine.codes(of: values, count: values.count, into: &codes))
        #expect(codes == values.map(affine.definition))
        codes.append(0)
        #expect(!affine.codes(of: values + [.nan], count: values.count + 1, into: &codes))
      }
    }
    #expect(casts > 4)
  }

  @Test("sums in order, each product and each sum assigned")
  func orderedDot() throws {
    var generator = SeededGenerator(seed: 33)
    var compared = 0
    for _ in 0..<400 {
      let lanes = 16
      let terms = Int.random(in: 1...12, using: &generator)
      let (dataBits, weightBits) = (4, 5)
      let format = try FixedPointFormat(
        width: Int.random(in: 4...16, using: &generator),
        integerBits: Int.random(in: 2...8, using: &generator),
        quantization: Self.quantizations.randomElement(using: &generator) ?? .truncate,
        overflow: Self.overflows.randomElement(using: &generator) ?? .wrap)
      let codes: ClosedRange<Int64> = -128...127
      // A product of two codes of a byte, then two codes of the format added.
      guard
        let product = RowAssignment(
          to: format, fromFractionBits: dataBits + weightBits, source: -16384...16384),
        let total = RowAssignment(
          to: format, fromFractionBits: format.fractionBits, source: -65536...65535)
      else { continue }
      compared += 1
      let data = (0..<terms * lanes).map { _ in
        Int32(Int64.random(in: codes, using: &generator))
      }
      let gather = (0..<terms).map { _ in
        Int32.random(in: -1..<Int32(terms), using: &generator)
      }
      let weights = (0..<terms).map { _ in Int64.random(in: codes, using: &generator) }
      let start = (0..<lanes).map { _ in
        // A code that the type's own assignment gives: SAT_SYM leaves the smallest one out.
        format.cast(
          raw: Int64.random(in: format.codes, using: &generator),
          sourceFractionBits: format.fractionBits)
      }
      var sums = start
      RowKernels.orderedDot(
        data: data, gather: gather, weights: weights, terms: terms, sum: &sums, lanes: lanes,
        product: product, total: total)
      for lane in 0..<lanes {
        var sum = start[lane]
        for term in 0..<terms {
          let value = gather[term] < 0 ? 0 : Int64(data[Int(gather[term]) * lanes + lane])
          let one = format.cast(
            raw: value * weights[term], sourceFractionBits: dataBits + weightBits)
          sum = format.cast(raw: sum + one, sourceFractionBits: format.fractionBits)
        }
        #expect(sums[lane] == sum, "\(format), lane \(lane)")
      }
    }
    #expect(compared > 200)
  }

  @Test("copies between widths keep every number")
  func widths() {
    var generator = SeededGenerator(seed: 34)
    for count in [0, 1, 7, 16, 100] {
      let words =
        [Int32.min, .max, 0, -1].prefix(count)
        + (0..<max(count - 4, 0)).map { _ in
          Int32.random(in: .min ... .max, using: &generator)
        }
      var wide = [Int64](repeating: 99, count: count)
      RowKernels.widen(Array(words), to: &wide, count: count)
      #expect(wide == words.map(Int64.init))
      var narrow = [Int32](repeating: 99, count: count)
      RowKernels.narrow(wide, to: &narrow, count: count)
      #expect(narrow == Array(words))
    }
  }
}
