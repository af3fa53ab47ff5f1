import HWModel
import Schedules
import TestSupport
import Testing

@Suite("schedules of fusing arrays")
struct FusionScheduleTests {
  private func array(
    _ kind: FusionArray.Kind, rows: Int = 4, columns: Int = 4, buffer: Int = 512, port: Int = 64
  ) -> FusionArray {
    FusionArray(
      kind: kind, rows: rows, columns: columns, maximumBits: 8, minimumBits: 2,
      weightBufferBytes: buffer, inputBufferBytes: 2 * buffer, outputBufferBytes: buffer,
      portBits: port,
      energy: .init(
        coreNJ: 0.2, coreLeakageNJ: 0.05, memoryLeakageNJ: 0.01, weightRead: 2e-5,
        weightWrite: 3e-5, inputRead: 6e-5, inputWrite: 1e-4, outputRead: 3e-5, outputWrite: 7e-5,
        dramRead: 15e-3, dramWrite: 15e-3))
  }

  @Test(
    "the pruned search finds what trying everything finds, ties included",
    arguments: [
      FusionArray.Kind.fused, .columns(weightStationary: true), .columns(weightStationary: false),
    ])
  func pruned(kind: FusionArray.Kind) throws {
    var generator = SeededGenerator(seed: 7)
    var found = 0
    for _ in 0..<(sweep ? 200 : 24) {
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      let kernel = pick(1...3)
      let stride = pick(1...2)
      let output = Plane(pick(1...5), pick(1...5))
      let layer = try ArrayLayer(
        convolution: "layer", batch: pick(1...3), inputChannels: pick(1...9),
        channelsPerOutput: pick(1...9), outputChannels: pick(1...9),
        kernel: Plane(kernel, kernel), stride: Plane(stride, stride),
        input: Plane(30, 30), output: output)
      let machine = array(
        kind, rows: pick(1...6), columns: pick(1...6), buffer: 1 << pick(6...11),
        port: 8 << pick(0...6))
      let operands = FusionOperands(
        inputBits: pick(1...8), weightBits: pick(1...8), asColumns: pick(0...1) == 1)
      do {
        let plain = try FusionSchedule.exhaustive(layer, on: machine, operands: operands)
        let fast = try FusionSchedule(layer, on: machine, operands: operands)
        #expect(fast.cost.cycles == plain.cost.cycles)
        #expect(fast.energyNJ == plain.energyNJ)
        #expect(Set(fast.ties) == Set(plain.ties))
        found += 1
      } catch BitSerialError.bufferTooSmall {
        #expect(throws: BitSerialError.self) {
          try FusionSchedule(layer, on: machine, operands: operands)
        }
      }
    }
    #expect(found > 8)
  }

  @Test("a tile that fits nowhere names its buffer")
  func tooSmall() throws {
    let layer = try ArrayLayer(product: "fc", rows: 1, inputChannels: 8, outputChannels: 8)
    #expect(
      throws: BitSerialError.bufferTooSmall(
        layer: "fc", buffer: "weight", neededBytes: 32, availableBytes: 16)
    ) {
      try FusionSchedule(
        layer, on: array(.fused, buffer: 16), operands: .init(inputBits: 8, weightBits: 8))
    }
  }

  @Test("operands wider than the array's elements are refused")
  func precision() throws {
    let layer = try ArrayLayer(product: "fc", rows: 1, inputChannels: 8, outputChannels: 8)
    for (inputs, weights, name) in [(8, 9, "weights"), (0, 8, "inputs")] {
      #expect(
        throws: BitSerialError.precision(
          layer: "fc", operand: name, bits: name == "weights" ? weights : inputs, allowed: 1...8)
      ) {
        try FusionSchedule(
          layer, on: array(.fused), operands: .init(inputBits: inputs, weightBits: weights))
      }
    }
  }

  @Test("layers beyond 64-bit counts are refused")
  func extents() throws {
    #expect(throws: BitSerialError.tooLarge(layer: "fc")) {
      try ArrayLayer(product: "fc", rows: 1 << 40, inputChannels: 1 << 20, outputChannels: 8)
    }
    #expect(throws: BitSerialError.extent(layer: "fc", name: "input width", value: 0)) {
      try ArrayLayer(product: "fc", rows: 0, inputChannels: 1, outputChannels: 1)
    }
  }
}

@Suite("schedules of weight-bit arrays")
struct WeightBitScheduleTests {
  private func schedule(
    _ design: WeightBitDesign, _ weights: [Int], channels: Int, lanes: Int,
    variant: WeightBitDesign.Variant = .init()
  ) throws -> WeightBitSchedule {
    let array = design.array(
      .init(lanes: lanes, rows: 2, columns: 4), variant: variant, serialBits: 8, parallelBits: 8,
      refetchesWeights: true, weightBuffer: nil, inputBuffer: nil)
    let layer = try ArrayLayer(
      product: "fc", rows: 9, inputChannels: channels, outputChannels: weights.count / channels)
    return try WeightBitSchedule([layer], on: array) { _ in .init(values: weights) }
  }

  @Test("cycles of a tile, counted by hand")
  func tiles() throws {
    // Two tiles of two lanes; three steps of four output positions.
    let weights = [3, -1, 7, 0, 1, 0, 0, 127]
    // Sign-magnitude ones: 3 has two, -1 sign and one; 7 three and 127 seven.
    #expect(try schedule(.pragmatic, weights, channels: 4, lanes: 2).computeCycles == 3 * (2 + 7))
    // Planes in two's complement: bit 0 of (3, -1) is set twice; all others at most once.
    #expect(try schedule(.bitlet, weights, channels: 4, lanes: 2).computeCycles == 3 * (2 + 1))
    // Eight lanes: one tile. Seven columns of (1, 127), four of (3, -1, 7); less the sign's.
    #expect(
      try schedule(.bitwave, weights, channels: 4, lanes: 2, variant: .init(flips: true))
        .computeCycles == 3 * 6)
    #expect(try schedule(.stripes, weights, channels: 4, lanes: 2).computeCycles == 3 * 2 * 8)
    #expect(try schedule(.stripes, weights, channels: 4, lanes: 2).tiles == 6)
  }

  @Test("designs that look at bits need weights")
  func missing() throws {
    let layer = try ArrayLayer(product: "fc", rows: 1, inputChannels: 2, outputChannels: 2)
    for design in WeightBitDesign.allCases {
      let array = design.array(
        .init(lanes: 8, rows: 2, columns: 2), variant: .init(flips: true), serialBits: 8,
        parallelBits: 8, refetchesWeights: false, weightBuffer: nil, inputBuffer: nil)
      if array.tileCost.readsWeights {
        #expect(throws: BitSerialError.weightsMissing(layer: "fc")) {
          try WeightBitSchedule([layer], on: array) { _ in .init(values: nil) }
        }
      } else {
        #expect(try WeightBitSchedule([layer], on: array) { _ in .init(values: nil) }.tiles == 1)
      }
    }
  }
}

@Suite("schedules of term arrays")
struct TermScheduleTests {
  @Test("radix-4 digits of whole bits")
  func digits() {
    let array = TermArray(
      rows: 32, columns: 32, lanes: 4, isBitSerial: true, elementPJ: 0.56, routingFactor: 1.5,
      weightBufferBytes: 512 << 10, inputBufferBytes: 512 << 10, bufferBanks: 8, busBits: 128,
      dramPJPerBit: 18.75)
    #expect([3.0625, 4.0625, 5.0625, 6.0625, 8].map(array.cyclesPerTile) == [2, 2, 3, 3, 4])
  }

  /// On-chip energy of Llama-2-7B in the published plots, in uJ rounded to one: array and buffers.
  @Test(
    "published on-chip energy where the buffers are tabulated",
    arguments: [
      (LanguageModelShape.Phase.prefill, 6.0625, 1_410_390.0),
      (.prefill, 4.0625, 981_870), (.decode, 6.0625, 78_882), (.decode, 3.0625, 52_631),
    ])
  func energy(phase: LanguageModelShape.Phase, bits: Double, expected: Double) throws {
    let model = try LanguageModelShape(
      hidden: 4096, layers: 32, intermediate: 11008, heads: 32, keyValueHeads: 32,
      vocabulary: 32000, isGated: true)
    let isPrefill = phase == .prefill
    let array = TermArray(
      rows: isPrefill ? 32 : 64, columns: isPrefill ? 32 : 16, lanes: 4, isBitSerial: true,
      elementPJ: 0.56, routingFactor: 1.5, weightBufferBytes: 512 << 10,
      inputBufferBytes: 512 << 10, bufferBanks: 8, busBits: 128, dramPJPerBit: 18.75)
    let schedule = try TermSchedule(
      model.work(phase, attention: .published, context: 256, batch: 1), on: array,
      weightBits: bits, cacheBits: 16, inputBits: 16, attention: .published)
    let buffers = try #require(schedule.sramPJ(portWeightBits: bits, inputBits: 16))
    let total = (schedule.arrayPJ + buffers.pJ) / 1e6
    #expect((total - expected).magnitude < 0.01 * expected, "\(total)")
  }
}
