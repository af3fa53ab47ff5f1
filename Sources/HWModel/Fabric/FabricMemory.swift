/// Block RAM of memories on AMD devices, counted in halves of 18 Kib (RAMB18).
///
/// A RAMB18 is 16K x 1, 8K x 2, 4K x 4, 2K x 9, 1K x 18, or, with one port, 512 x 36 (AMD UG473 table
/// 1-7, UG573 table 1-7).
public enum FabricMemory {
  private struct Aspect {
    let words: Int
    let bits: Int
  }

  private static let narrow: [Aspect] = [
    .init(words: 1024, bits: 18), .init(words: 2048, bits: 9), .init(words: 4096, bits: 4),
    .init(words: 8192, bits: 2), .init(words: 16384, bits: 1),
  ]
  /// Deepest memory that is put together of 512 x 36; measured: 1,152 words are, 2,304 are not
  /// (`conformance/fpga/rows.json`).
  private static let wideWords = 2048

  private static func count(_ amount: Int, over size: Int) -> Int {
    amount / size + (amount % size > 0 ? 1 : 0)
  }

  /// RAMB18 of a read-only memory or table: the fewest over mixes of the narrow aspect ratios (7,840
  /// words of 59 bits are six columns of 9 and one each of 4 and 1), or columns of 512 x 36 alone.
  ///
  /// Measured: 27 of 28 memories of weights exact.
  ///
  /// - Parameters:
  ///   - words: depth, 0 or more.
  ///   - bits: width, 0 or more.
  /// - Returns: halves of a block; `Int.max` where there are more.
  public static func blocks(words: Int, bits: Int) -> Int {
    guard words > 0, bits > 0 else { return 0 }
    var best = mixed(words: words, bits: bits)
    if words <= wideWords {
      best = min(best, product(count(words, over: 512), count(bits, over: 36)))
    }
    return best
  }

  /// The least power of two from a number of at least 1 and at most 2^40 on.
  private static func powerOfTwo(_ number: Int) -> Int {
    1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? Int.max : result
  }

  /// Columns of 18 bits never cost more a bit than narrower ones, so that only the last few bits are
  /// searched.
  private static func mixed(words: Int, bits: Int) -> Int {
    let wide = bits > 90 ? (bits - 72) / 18 : 0
    let rest = bits - wide * 18
    var best = Array(repeating: 0, count: rest + 1)
    for width in 1...rest {
      var least = Int.max
      for aspect in narrow {
        let before = best[max(0, width - aspect.bits)]
        least = min(least, before + count(words, over: aspect.words))
      }
      best[width] = least
    }
    let (sum, overflow) = product(wide, count(words, over: 1024)).addingReportingOverflow(
      best[rest])
    return overflow ? Int.max : sum
  }

  /// RAMB18 of a first-in first-out buffer: none up to `lutramBits` in all or one entry, else the
  /// fewest of one aspect ratio at a power-of-two depth.
  ///
  /// Measured: 62 of 62, with 512 bits in Vivado HLS and 1,024 in Vitis HLS.
  public static func fifoBlocks(depth: Int, bits: Int, lutramBits: Int) -> Int {
    guard depth > 1, bits > 0, product(depth, bits) > lutramBits else { return 0 }
    let power = depth > 1 << 40 ? depth : powerOfTwo(depth)
    return narrow.reduce(Int.max) { least, aspect in
      min(least, product(count(power, over: aspect.words), count(bits, over: aspect.bits)))
    }
  }

  /// RAMB36 of a memory of FINN's out-of-context synthesis, in halves: the fewest blocks of one aspect
  /// ratio from 512 x 72 to 32K x 1 at a power-of-two depth, one half where a single RAMB18 holds it.
  ///
  /// Measured: 10 of 10 memories of weights of one build (`conformance/fpga/rows.json`).
  public static func halfBlocks36(words: Int, bits: Int) -> Int {
    guard words > 0, bits > 0 else { return 0 }
    let half = narrow + [Aspect(words: 512, bits: 36)]
    if half.contains(where: { words <= $0.words && bits <= $0.bits }) { return 1 }
    let words = words > 1 << 40 ? words : powerOfTwo(words)
    var whole = half.map { Aspect(words: $0.words * 2, bits: $0.bits) }
    whole.append(Aspect(words: 512, bits: 72))
    let blocks = whole.reduce(Int.max) { least, aspect in
      min(least, product(count(words, over: aspect.words), count(bits, over: aspect.bits)))
    }
    return product(2, blocks)
  }

  /// Words and bits of the read-only memory that Resource strategy folds weights into: `reuse` words of
  /// all weights that are used in one cycle, the last of them highest.
  ///
  /// Synthesis drops top bits that are the same in every word, so that the highest weight takes as many
  /// bits as its values need.
  ///
  /// - Parameters:
  ///   - codes: integers of the weights in their stored order; position i is read in cycle
  ///     `i % reuse` as weight `i / reuse` of the word.
  ///   - width: bits of one weight.
  ///   - reuse: cycles.
  /// - Returns: depth, and width without those bits; zeros where there is nothing to store.
  public static func foldedShape(
    codes: some Collection<Int64>, width: Int, reuse: Int
  ) -> (words: Int, bits: Int) {
    guard reuse > 0, !codes.isEmpty else { return (0, 0) }
    let block = count(codes.count, over: reuse)
    let top = codes.dropFirst((block - 1) * reuse)
    var bits = 1
    let isNegative = top.contains { $0 < 0 }
    for code in top {
      let magnitude = code < 0 ? ~code : code
      bits = max(bits, Int64.bitWidth - magnitude.leadingZeroBitCount + (isNegative ? 1 : 0))
    }
    let (rest, overflow) = (block - 1).multipliedReportingOverflow(by: width)
    return (min(reuse, codes.count), overflow ? Int.max : rest + min(bits, width))
  }
}
