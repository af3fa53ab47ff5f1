import Arith
import TestSupport
import Testing

@Suite("weight rewrites")
struct WeightRewriteTests {
  @Test("planes of sign and magnitude, and of two's complement")
  func words() {
    #expect(PlaneCode.signMagnitude.word(of: -3, width: 4) == 0b1011)
    #expect(PlaneCode.twosComplement.word(of: -3, width: 4) == 0b1101)
    // The least integer has no magnitude.
    #expect(PlaneCode.signMagnitude.word(of: -8, width: 4) == 0b1111)
    #expect(PlaneCode.twosComplement.word(of: -8, width: 4) == 0b1000)
    #expect(PlaneCode.twosComplement.word(of: 100, width: 4) == 0b0111)
  }

  private func weights(_ width: Int, _ count: Int, _ generator: inout SeededGenerator) -> [Int] {
    let bound = 1 << (width - 1)
    let spread = Int.random(in: 1...bound, using: &generator)
    return (0..<count).map { _ in
      min(max(Int.random(in: -spread...spread, using: &generator), -bound), bound - 1)
    }
  }

  /// The flip as published: columns are counted one by one, every step is tried.
  private func plainFlip(_ group: [Int], width: Int, columns: Int) -> [Int] {
    let bound = (1 << (width - 1)) - 1
    let clamped = group.map { min(max($0, -bound), bound) }
    func isZero(_ column: Int) -> Bool {
      clamped.allSatisfy { abs($0) >> (width - 1 - column) & 1 == 0 }
    }
    var pruned = width - columns
    for column in 1..<width where pruned > column && isZero(column) { pruned += 1 }
    var tested = 1
    for column in 1..<width where pruned > column && isZero(column) { tested = column + 1 }
    guard pruned < width, tested < pruned else { return clamped }
    return clamped.map { value in
      let low = abs(value) % (1 << (width - tested))
      var best = 0
      for step in 0..<(1 << (pruned - tested)) {
        let candidate = step << (width - pruned)
        if abs(candidate - low) < abs(best - low) { best = candidate }
      }
      let magnitude = abs(value) - low + best
      return value < 0 ? -magnitude : magnitude
    }
  }

  @Test("bit flip is its definition")
  func flip() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2000 {
      let width = Int.random(in: 2...9, using: &generator)
      let columns = Int.random(in: 0..<width, using: &generator)
      let group = Int.random(in: 1...12, using: &generator)
      let original = weights(width, group, &generator)
      let flipped = try BitFlip(width: width, columns: columns, group: group)(original)
      #expect(flipped == plainFlip(original, width: width, columns: columns), "\(original)")
    }
  }

  @Test("a flip clears the columns that are asked for, or leaves a group by its rule")
  func clearedColumns() throws {
    var generator = SeededGenerator(seed: 4)
    var (cleared, left) = (0, 0)
    for _ in 0..<4000 {
      let width = Int.random(in: 2...9, using: &generator)
      let columns = Int.random(in: 0..<width, using: &generator)
      let group = Int.random(in: 1...12, using: &generator)
      let original = weights(width, group, &generator)
      let bound = (1 << (width - 1)) - 1
      let clamped = original.map { min(max($0, -bound), bound) }
      func zeros(_ values: [Int]) -> Set<Int> {
        let used = values.reduce(0) { $0 | abs($1) }
        return Set((1..<width).filter { used >> (width - 1 - $0) & 1 == 0 })
      }
      let flipped = try BitFlip(width: width, columns: columns, group: group)(original)
      let (before, after) = (zeros(clamped), zeros(flipped))
      #expect(before.isSubset(of: after), "\(original)")
      if after.count >= columns {
        cleared += 1
        continue
      }
      // Nothing was done: the first columns, as many as are to be kept with the zero ones among
      // them, end with a zero one or hold the sign alone.
      left += 1
      #expect(flipped == clamped, "\(original)")
      var kept = 0
      var last = 0
      while kept < width - columns - 1, last + 1 < width {
        last += 1
        if !before.contains(last) { kept += 1 }
      }
      while last + 1 < width, before.contains(last + 1) { last += 1 }
      #expect(last == 0 || before.contains(last), "\(original), \(columns) columns")
    }
    #expect(cleared > 2000 && left > 200)
  }

  @Test("names of rewrites read back; others are none")
  func names() throws {
    let names = ["bit-flip<3,32>", "rounded-average<4,16>", "zero-point-shift<4,32,6>"]
    for name in names { #expect(WeightRewrite(name: name)?.name == name) }
    #expect(WeightRewrite(name: "bit-flip<3>") == .bitFlip(columns: 3, group: 32))
    for name in [
      "", "bit-flip", "bit-flip<>", "bit-flip<3", "bit-flip<-1>", "bit-flip<16>", "bit-flip<3,0>",
      "bit-flip<3,65537>", "bit-flip<3,32,1>", "bit-flip<3,>", "flip<3>", "zero-point-shift<3,32>",
      "zero-point-shift<3,32,9>", "bit-flip<99999999999999999999>",
    ] { #expect(WeightRewrite(name: name) == nil, "\(name)") }
  }

  @Test("a rewrite by name is the one by its parameters, and stays within the width")
  func named() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<100 {
      let columns = Int.random(in: 0...7, using: &generator)
      let group = Int.random(in: 1...40, using: &generator)
      let channels = Int.random(in: 1...40, using: &generator)
      let original = weights(8, 120, &generator)
      let own = min(group, channels)
      #expect(
        try WeightRewrite.bitFlip(columns: columns, group: group)(
          original, width: 8, channels: channels)
          == BitFlip(columns: columns, group: own)(original))
      let shift = WeightRewrite.zeroPointShift(columns: columns, group: group, bits: 4)
      let plain = try BinaryPruning(.zeroPointShift(bits: 4), columns: columns, group: own)(
        original)
      if plain.allSatisfy({ (-128...127).contains($0) }) {
        #expect(try shift(original, width: 8, channels: channels) == plain)
      } else {
        #expect(throws: WeightRewriteError.self) {
          try shift(original, width: 8, channels: channels)
        }
      }
    }
    #expect(throws: WeightRewriteError.range(128, width: 8)) {
      try WeightRewrite.bitFlip(columns: 1, group: 4)([1, 128], width: 8, channels: 2)
    }
    #expect(throws: WeightRewriteError.columns(4, width: 4)) {
      try WeightRewrite.bitFlip(columns: 4, group: 4)([1], width: 4, channels: 1)
    }
  }

  @Test("a group keeps one bit pattern in the columns that are pruned")
  func average() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<1000 {
      let columns = Int.random(in: 0...7, using: &generator)
      let group = Int.random(in: 1...20, using: &generator)
      let original = weights(8, group, &generator)
      let pruned = try BinaryPruning(.roundedAverage, columns: columns, group: group)(original)
      let words = pruned.map { Int(PlaneCode.twosComplement.word(of: $0, width: 8)) }
      let differing = words.reduce(0) { $0 | ($1 ^ words[0]) }
      // Columns that repeat the sign count with those whose bits are all alike.
      let signs = (1...3).prefix { column in
        words.allSatisfy { ($0 >> 7) & 1 == ($0 >> (7 - column)) & 1 }
      }.count
      let low = max(columns - signs, 0)
      #expect(differing & ((1 << low) - 1) == 0)
      #expect(zip(pruned, original).allSatisfy { abs($0.0 - $0.1) < 1 << low })
    }
  }

  @Test("a shifted group is no worse than any single shift")
  func shift() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let columns = Int.random(in: 1...6, using: &generator)
      let original = weights(8, 8, &generator)
      let pruning = try BinaryPruning(.zeroPointShift(bits: 4), columns: columns, group: 8)
      let narrow = try BinaryPruning(.zeroPointShift(bits: 1), columns: columns, group: 8)
      func error(_ values: [Int]) -> Int {
        zip(values, original).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      #expect(error(pruning(original)) <= error(narrow(original)))
    }
  }

  @Test("parameters out of range")
  func parameters() {
    #expect(throws: WeightRewriteError.columns(8, width: 8)) { try BitFlip(columns: 8) }
    #expect(throws: WeightRewriteError.group(0)) { try BitFlip(columns: 1, group: 0) }
    #expect(throws: WeightRewriteError.width(1)) { try BitFlip(width: 1, columns: 0) }
    #expect(throws: WeightRewriteError.width(9)) {
      try BinaryPruning(.zeroPointShift(bits: 9), columns: 2, group: 8)
    }
  }
}
