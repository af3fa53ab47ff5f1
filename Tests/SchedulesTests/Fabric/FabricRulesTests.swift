import HWModel
import Testing

/// Facts of the manuals and of single reports, made by hand.
@Suite("FPGA fabric: counting rules")
struct FabricRulesTests {
  /// One input, one output for each weight.
  private func products(_ weights: [Int64]) -> ConstantProducts {
    ConstantProducts(inputs: 1, outputs: weights.count) { _, output in weights[output] }
  }

  @Test("a weight is a wire, an adder or a product by its signed digits")
  func digits() {
    // 7 = 8 - 1, 28 = 4 * 7, 11 = 8 + 4 - 1, 0b10101 = 16 + 4 + 1, 0x55 = four ones.
    #expect(products([0, 0]).zeros == 2)
    #expect(products([1, -1, 8, -64, .min]).wires == 5)
    #expect(products([3, 5, 7, -6, 28, 31, 127, .max]).sums == 8)
    #expect(products([11, 13, 21, -11, 0x55, 0x5555_5555_5555_5555]).products == 6)
    let counted = products([11, 11, -11, 22, 3, 3, 0, 1])
    #expect(counted.distinctProducts == 3 && counted.distinctSums == 1 && counted.products == 4)
    // 11 and 22 have an odd part of four bits, -11 needs its sign.
    #expect(counted.distinctProductsByBits == [0, 0, 0, 0, 2, 1])
    #expect(counted.deepestSum == 1)
    #expect(counted.nonzeros == 7 && counted.oddBits == 4 * 4 + 2 * 2 + 1)
  }

  @Test("signed digits are the fewest that add up to the weight")
  func fewestDigits() {
    // By search: the least k with +-2^a +-2^b ... = value.
    var reachable: [Int64: Int] = [0: 0]
    var frontier: [Int64] = [0]
    for count in 1...6 {
      var next: [Int64] = []
      for value in frontier {
        for power in 0...11 {
          for digit in [Int64(1) << power, -(1 << power)] where reachable[value + digit] == nil {
            reachable[value + digit] = count
            next.append(value + digit)
          }
        }
      }
      frontier = next
    }
    for value in Int64(-1023)...1023 where value != 0 {
      let counted = products([value])
      let class_ = counted.wires == 1 ? 1 : counted.sums == 1 ? 2 : 3
      #expect(class_ == min(reachable[value] ?? 9, 3), "\(value)")
    }
  }

  @Test("different inputs share no product")
  func inputs() {
    let counted = ConstantProducts(inputs: 3, outputs: 4) { _, _ in 11 }
    #expect(counted.products == 12 && counted.distinctProducts == 3)
  }

  @Test("DSP blocks by widths; narrow constants and inputs stay in logic")
  func dsp() {
    let rule = FabricFlow.DSPRule(
      ports: (25, 18), constantInputBits: 10, constantWeightBits: 5, foldedBits: 9,
      foldedOtherBits: 5)
    #expect([(16, 16), (18, 18), (25, 18), (18, 25)].allSatisfy { rule.blocks($0.0, $0.1) == 1 })
    #expect(rule.blocks(20, 20) == 2 && rule.blocks(32, 17) == 2 && rule.blocks(14, 32) == 2)
    #expect(rule.blocks(32, 32) == 4)
    #expect(rule.constantBlocks(input: 16, weight: 4) == 0)
    #expect(rule.constantBlocks(input: 16, weight: 5) == 1)
    #expect(rule.constantBlocks(input: 10, weight: 10) == 0)
    #expect(rule.constantBlocks(input: 8, weight: 3, binding: .dsp) == 1)
    #expect(rule.foldedBlocks(8, 8) == 0 && rule.foldedBlocks(6, 16) == 1)
    #expect(rule.foldedBlocks(16, 4) == 0 && rule.foldedBlocks(16, 16, binding: .fabric) == 0)
  }

  @Test("a reuse factor caps multipliers only where there are more products")
  func sharing() {
    let rule = FabricFlow.DSPRule(
      ports: (27, 18), constantInputBits: 10, constantWeightBits: 5, foldedBits: 9,
      foldedOtherBits: 5)
    // 8 weights, 2 zeros, 4 different products of five bits and more (a width of 7).
    let weights = products([0, 0, 1, 3, 91, 93, 107, 109])
    func made(_ reuse: Int) -> LatencyMultipliers {
      LatencyMultipliers(weights, reuse: reuse, inputBits: 16, rule: rule)
    }
    #expect(made(1).count == 4 && made(1).dsp == 4 && !made(1).isShared)
    // ceil(8/2) - floor(2/2) = 3, ceil(8/4) - 0 = 2.
    #expect(made(2).count == 3 && made(4).count == 2 && made(4).dsp == 2 && made(4).passes == 2)
    #expect(made(1000).count == 1 && made(1000).passes == 4)
  }

  @Test("block RAM: aspect ratios of UG473 and memories of reports")
  func memory() {
    for (words, bits) in [(16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)] {
      #expect(FabricMemory.blocks(words: words, bits: bits) == 1, "\(words) x \(bits)")
      #expect(FabricMemory.blocks(words: words + 1, bits: bits) > 1)
      #expect(FabricMemory.blocks(words: words, bits: bits + 1) == 2)
    }
    #expect(FabricMemory.blocks(words: 0, bits: 8) == 0)
    // Reports: six columns of 9 bits, one of 4 and one of 1; columns of 36 bits; 18 bits and more.
    #expect(FabricMemory.blocks(words: 7840, bits: 59) == 27)
    #expect(FabricMemory.blocks(words: 1152, bits: 8179) == 684)
    #expect(FabricMemory.blocks(words: 576, bits: 383) == 22)
    #expect(FabricMemory.blocks(words: 2048, bits: 512) == 57)
    #expect(FabricMemory.blocks(words: .max / 2, bits: .max / 2) == .max)
  }

  @Test("buffers: logic up to a size, then a power-of-two depth")
  func buffers() {
    #expect(FabricMemory.fifoBlocks(depth: 1, bits: 4096, lutramBits: 512) == 0)
    #expect(FabricMemory.fifoBlocks(depth: 32, bits: 16, lutramBits: 512) == 0)
    #expect(FabricMemory.fifoBlocks(depth: 33, bits: 16, lutramBits: 512) == 1)
    #expect(FabricMemory.fifoBlocks(depth: 900, bits: 40, lutramBits: 1024) == 3)
    #expect(FabricMemory.fifoBlocks(depth: 2, bits: 4704, lutramBits: 512) == 262)
  }

  @Test("the memory of folded weights leaves constant top bits out")
  func folded() {
    // Four words of three weights of eight bits; the highest weights need 3 bits with a sign.
    let codes: [Int64] = [100, -100, 5, 6, 100, -100, 5, 6, 3, -4, 0, 1]
    let shape = FabricMemory.foldedShape(codes: codes, width: 8, reuse: 4)
    #expect(shape.words == 4 && shape.bits == 2 * 8 + 3)
    let positive = FabricMemory.foldedShape(codes: [7, 7, 3, 0], width: 8, reuse: 2)
    #expect(positive.words == 2 && positive.bits == 8 + 2)
  }

  @Test("memories of FINN: halves of 36 Kib")
  func finn() {
    #expect(FabricMemory.halfBlocks36(words: 24, bits: 72) == 2)
    #expect(FabricMemory.halfBlocks36(words: 144, bits: 32) == 1)
    #expect(FabricMemory.halfBlocks36(words: 2304, bits: 16) == 4)
    // A power-of-two depth: 32K x 1.
    #expect(FabricMemory.halfBlocks36(words: 26208, bits: 16) == 32)
  }

  @Test("reuse factors snap as hls4ml snaps them")
  func snapping() {
    // 16 x 64: valid factors divide 1,024; below 16 all, above only multiples of 16.
    let layer = ReuseFactor(inputs: 16, outputs: 64)
    #expect(layer.valid == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    #expect(layer.snapped(3) == 2 && layer.snapped(100) == 128 && layer.snapped(1 << 40) == 1024)
    // 10 x 3 of a report: 25 was asked for of 50 x 10, 30 stays.
    #expect(ReuseFactor(inputs: 10, outputs: 3).snapped(30) == 30)
    #expect(ReuseFactor(inputs: 50, outputs: 10).snapped(30) == 25)
    #expect(ReuseFactor(inputs: 7, outputs: 1).valid == [1, 7])
  }

  @Test("multipliers that take turns: reports of 32 x 5 and 20 x 64 at reuse 100")
  func turns() throws {
    func layer(
      _ zeros: Int, inputs: Int, outputs: Int, sums: Int, products: Int, clock: Double,
      forcesDSP: Bool
    ) throws -> FabricCycles {
      let target = try FabricReports.target("xc7z007s+vitis-2021.1")
      let weights = inputs * outputs
      var byBits = Array(repeating: 0, count: 9)
      byBits[8] = products
      let constants = ConstantProducts(
        weights: weights, zeros: zeros, wires: weights - zeros - sums - products, sums: sums,
        distinctSums: sums, distinctProductsByBits: byBits, oddBits: 0, deepestSum: 20)
      let made = LatencyMultipliers(
        constants, reuse: 100, inputBits: 8, rule: target.flow.dsp,
        binding: forcesDSP ? .dsp : .fabric)
      return target.flow.timing.latencyDense(
        constants, outputs: outputs, multipliers: made, reuse: 100, period: clock,
        forcesDSP: forcesDSP)
    }
    func wide(_ forcesDSP: Bool) throws -> FabricCycles {
      try layer(
        27, inputs: 32, outputs: 5, sums: 35, products: 85, clock: 3.33, forcesDSP: forcesDSP)
    }
    #expect(try wide(true) == FabricCycles(latency: 47, interval: 48))
    #expect(try wide(false) == FabricCycles(latency: 45, interval: 46))
    // At 5 ns a DSP block multiplies in a cycle.
    for forcesDSP in [true, false] {
      let slow = try layer(
        472, inputs: 20, outputs: 64, sums: 275, products: 156, clock: 5, forcesDSP: forcesDSP)
      #expect(slow == FabricCycles(latency: 19, interval: 20))
    }
  }

  @Test("pipelines add layers, dataflow takes the slowest")
  func networks() {
    let layers = [(9, 1), (5, 1), (1, 1), (20, 1)].map {
      FabricCycles(latency: $0.0, interval: $0.1)
    }
    // 35 cycles of four layers, two of them products, as in a report of 40.
    let products = [true, true, false, false]
    #expect(
      FabricCycles.pipeline(layers, products: products, tool: .vitis)
        == FabricCycles(latency: 40, interval: 1))
    let slow = layers + [FabricCycles(latency: 0, interval: 2)]
    #expect(
      FabricCycles.pipeline(slow, products: products + [true], tool: .vitis).latency == 39)
    #expect(
      FabricCycles.pipeline(slow, products: products + [true], tool: .vivado).latency == 38)
    #expect(
      FabricCycles.pipeline([], products: [], tool: .vivado)
        == FabricCycles(latency: 0, interval: 1))
    let stream = FabricCycles.dataflow(
      [FabricCycles(latency: 900, interval: 900), FabricCycles(latency: 30, interval: 30)],
      waits: [false, true])
    #expect(stream == FabricCycles(latency: 933, interval: 901))
  }
}
