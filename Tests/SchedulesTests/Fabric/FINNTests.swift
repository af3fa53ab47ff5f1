import Arith
import Documents
import HWModel
import QuantGraph
import Schedules
import TestSupport
import Testing

/// A quantized network under FINN, counted by hand.
@Suite("FINN: types, folds, units of a network")
struct FINNTests {
  /// Builds QONNX graphs node by node; scales are 1, so that weights are their integers.
  private struct Sketch {
    var tensors: [Tensor] = []
    var nodes: [Node] = []

    mutating func tensor(_ extents: [Int], _ constant: [Float]? = nil) throws -> TensorID {
      tensors.append(
        Tensor(
          name: "t\(tensors.count)", shape: try Shape(extents), encoding: .float(.float32),
          constant: constant.map { .float32($0) }))
      return TensorID(tensors.count - 1)
    }

    mutating func node(
      _ name: String, _ operation: Operator, _ inputs: [TensorID], _ extents: [Int]
    ) throws -> TensorID {
      let result = try tensor(extents)
      nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: [result]))
      return result
    }

    mutating func quant(
      _ name: String, _ data: TensorID, bits: Int, isSigned: Bool = false, isNarrow: Bool = false
    ) throws -> TensorID {
      let extents = tensors[data.index].shape.extents
      return try node(
        name,
        .qonnx(.quant(isSigned: isSigned, isNarrow: isNarrow, rounding: .roundToEven)),
        [data, tensor([], [1]), tensor([], [0]), tensor([], [Float(bits)])], extents)
    }

    mutating func convolution(
      _ name: String, _ data: TensorID, _ weights: TensorID, margin: Int, groups: Int = 1
    ) throws -> TensorID {
      let image = tensors[data.index].shape.extents
      let kernel = tensors[weights.index].shape.extents
      return try node(
        name,
        .convolution(
          Convolution(
            kernel: [kernel[2], kernel[3]], strides: [1, 1], dilations: [1, 1],
            paddingBefore: [margin, margin], paddingAfter: [margin, margin],
            layout: .channelsFirst, grouping: .groups(groups),
            weightLayout: .filtersChannelsKernel)),
        [data, weights],
        [
          1, kernel[0], image[2] + 2 * margin - kernel[2] + 1,
          image[3] + 2 * margin - kernel[3] + 1,
        ])
    }

    func workload(_ input: TensorID, _ output: TensorID, fps: String? = nil) throws -> Workload {
      var workload = Workload(
        try Graph(name: "n", tensors: tensors, nodes: nodes, inputs: [input], outputs: [output]))
      workload.options["fps"] = fps
      return workload
    }
  }

  /// 6 x 6 pixels of two channels of 4 bits; a 3 x 3 convolution whose first filter is 1, the second -2;
  /// 2 bits, a maximum of 2 x 2, and a product with bipolar weights.
  private func network(fps: String? = nil) throws -> Workload {
    var sketch = Sketch()
    let input = try sketch.tensor([1, 2, 6, 6])
    var data = try sketch.quant("image", input, bits: 4)
    let filters = [Float](repeating: 1, count: 18) + [Float](repeating: -2, count: 18)
    let weights = try sketch.quant(
      "filters", sketch.tensor([2, 2, 3, 3], filters), bits: 3, isSigned: true)
    data = try sketch.convolution("conv", data, weights, margin: 1)
    data = try sketch.node("relu", .unary(.clamp(.relu)), [data], [1, 2, 6, 6])
    data = try sketch.quant("codes", data, bits: 2)
    data = try sketch.node(
      "maximum",
      .pool(
        Pool(
          reduction: .maximum, kernel: [2, 2], strides: [2, 2], paddingBefore: [0, 0],
          paddingAfter: [0, 0], layout: .channelsFirst)), [data], [1, 2, 3, 3])
    data = try sketch.node("flat", .reshape, [data], [1, 18])
    let signs = try sketch.tensor([3, 18], (0..<54).map { $0 % 2 == 0 ? 1 : -1 })
    let bipolar = try sketch.node(
      "signs", .qonnx(.bipolarQuant), [signs, sketch.tensor([], [1])], [3, 18])
    data = try sketch.node(
      "scores", .matMul(MatMul(transposesRight: true)), [data, bipolar], [1, 3])
    return try sketch.workload(input, data, fps: fps)
  }

  private func deploy(_ workload: Workload, on name: String = "xc7z020+finn") throws
    -> any DeployedWorkload
  {
    let families = DeviceFamilies.shipped
    let description = try #require(try families.library.description(named: name))
    return try families.device(description).deploy(workload)
  }

  private func section(_ step: Schedule.Step, _ key: String) -> Double? {
    step.sections.first { $0.key == key }?.value.doubleValue
  }

  @Test("folds for a frame rate, types of sums, blocks of each unit")
  func folded() throws {
    // 500 cycles a frame at 100 MHz.
    let schedule = try deploy(network(fps: "200000")).schedule(FormatChoices(), for: nil)
    #expect(schedule.steps.map(\.name) == ["conv", "maximum", "scores"])
    let conv = schedule.steps[0]
    // 2 x 18 products a pixel, 36 pixels: three columns at once take 432 cycles, two 648.
    #expect(section(conv, "pe") == 1 && section(conv, "simd") == 3)
    // Windows of one channel at once: 38 words and 6 rows of 6 x 9 x 2; of both 19 + 6 x 54.
    #expect(section(conv, "window_simd") == 2)
    #expect(schedule.cost["ii"]?.value == 432)
    // -2 x 18 x 15 to 18 x 15: 11 bits; weights of -2 to 1 are 2 bits of the 3.
    #expect(section(conv, "accumulator_bits") == 11)
    #expect(conv.bits.first { $0.name == "weight" }?.value == 2)
    #expect(section(conv, "dsp") == 3 && section(conv, "bram18") == 1)
    // One bit is no multiplier; 18 products of 0 to 3 by 1 or -1 are 7 bits.
    let scores = schedule.steps[2]
    #expect(section(scores, "dsp") == 0 && section(scores, "accumulator_bits") == 7)
    #expect(section(scores, "ii") == 54 && section(schedule.steps[1], "ii") == 45)
    // 3 thresholds of 11 bits for 2 rows: half a bit of comparators, half of tables.
    let target = try FINNTarget(
      try #require(try DeviceFamilies.shipped.library.description(named: "xc7z020+finn")))
    let unit = FINNMatrixUnit(
      rows: 2, columns: 18, rowFold: 1, columnFold: 3, weightBits: 2, inputBits: 4,
      accumulatorBits: 11, thresholds: 3)
    #expect(unit.logic.thresholdTables == 33 && unit.logic.vectorBits == 72)
    let lut = try #require(conv.terms[.lut])
    #expect(lut.value > target.logic.lut(unit) + 221)
    #expect(schedule.verdict == true)
  }

  @Test("without a rate as fast as the part has room: the windows' buffer is the slowest")
  func fastest() throws {
    let schedule = try deploy(network()).schedule(FormatChoices(), for: nil)
    // A whole window at once: 8 x 8 pixels and 2 cycles; more rows and columns do not help.
    #expect(schedule.cost["ii"]?.value == 66)
    #expect(section(schedule.steps[0], "pe") == 2 && section(schedule.steps[0], "simd") == 18)
  }

  @Test("allocations change weights, data and the thresholds that make them")
  func choices() throws {
    func integer(_ bits: Int, _ isSigned: Bool) throws -> Encoding {
      .fixed(
        try FixedPointFormat(
          width: bits, integerBits: bits, isSigned: isSigned, dialect: .plain))
    }
    let workload = try network(fps: "200000")
    let deployment = try deploy(workload)
    let own = try deployment.schedule(FormatChoices(), for: nil)
    var choices = FormatChoices()
    let scores = try #require(workload.graph.index.node(named: "scores"))
    choices.nodes[scores] = .init(weights: try integer(4, true), data: try integer(4, false))
    let wide = try deployment.schedule(choices, for: nil)
    // 4 x 4 bits take a multiplier; thresholds of the convolution are 15, not 3.
    #expect(wide.cost["dsp"]?.value == 4 && own.cost["dsp"]?.value == 3)
    #expect(wide.cost["lut"]?.value ?? 0 > own.cost["lut"]?.value ?? 0)
    #expect(wide.steps[1].bits.first?.value == 4)
    choices.nodes[scores] = .init(weights: .float(.float16))
    #expect(throws: DeviceProblems.self) { try deployment.schedule(choices, for: nil) }
  }

  @Test("FINN 0.10 takes cores of DSP blocks where widths allow; their logic is unknown")
  func cores() throws {
    var sketch = Sketch()
    let input = try sketch.tensor([1, 4, 6, 6])
    var data = try sketch.quant("image", input, bits: 4)
    let filters = (0..<288).map { Float($0 % 15 - 7) }
    let weights = try sketch.quant(
      "filters", sketch.tensor([8, 4, 3, 3], filters), bits: 4, isSigned: true)
    data = try sketch.convolution("conv", data, weights, margin: 1)
    data = try sketch.quant("codes", data, bits: 4)
    let workload = try sketch.workload(input, data, fps: "100000")
    for (name, lanes) in [("xczu9eg+finn-0.10", 4.0), ("xc7z020+finn-0.10", 4)] {
      let schedule = try deploy(workload, on: name).schedule(FormatChoices(), for: nil)
      let step = schedule.steps[0]
      let (rows, columns) = (section(step, "pe") ?? 0, section(step, "simd") ?? 0)
      #expect(rows > 0 && columns > 0)
      #expect(schedule.cost["dsp"]?.value == (rows / lanes).rounded(.up) * columns)
      #expect(step.path.hasSuffix("rtl, 4 lanes"))
      #expect(section(step, "lut") == nil && section(step, "dsp") != nil)
      #expect(schedule.cost["lut"] == nil && schedule.cost["ii"] != nil)
      #expect(
        schedule.unknowns.contains { $0.reason == "no report of matrix units in RTL ('conv')" })
    }
    let before = try deploy(workload).schedule(FormatChoices(), for: nil)
    #expect(before.cost["lut"] != nil)
  }

  @Test("which core, and its blocks")
  func coreRules() {
    typealias Core = FINNMatrixUnit.Core
    func core(
      _ weights: Int, _ input: Int, signed: Bool = false, isNarrow: Bool = true,
      isDepthwise: Bool = false, on technology: String = "ultrascale+"
    ) -> Core {
      Core(
        weights: (weights, true, isNarrow), input: (input, signed), isDepthwise: isDepthwise,
        technology: technology)
    }
    #expect(core(4, 4) == .fourLanes && core(5, 4) == .twoLanes && core(8, 8) == .twoLanes)
    #expect(core(3, 4) == .hls && core(9, 8) == .hls && core(8, 9) == .hls)
    #expect(core(4, 4, isNarrow: false, on: "7-series") == .hls)
    #expect(core(4, 4, isNarrow: false) == .fourLanes && core(8, 4, on: "7-series") == .twoLanes)
    #expect(core(8, 9, signed: true, on: "versal") == .dotProduct)
    #expect(core(4, 4, on: "versal") == .fourLanes)
    #expect(core(8, 8, isDepthwise: true) == .hls)
    #expect(core(4, 4, isDepthwise: true, on: "versal") == .dotProduct)
    let blocks = [Core.hls: 20, .fourLanes: 8, .twoLanes: 12, .dotProduct: 10]
    for (core, count) in blocks {
      let unit = FINNMatrixUnit(
        rows: 5, columns: 4, rowFold: 5, columnFold: 4, weightBits: 4, inputBits: 4,
        accumulatorBits: 16, thresholds: 0, core: core)
      #expect(unit.dsp == count)
    }
  }

  @Test("units wait for a maximum that writes, and for rows that they need")
  func waiting() {
    func unit(
      _ rows: Int, _ columns: Int, _ cycles: Int, reach: Int = 0, gathered: Int = 1
    ) -> FINNPipeline.Unit {
      .init(
        positions: .init(rows, columns), cycles: cycles, stride: 1, reach: reach,
        gathered: gathered)
    }
    #expect(FINNPipeline([]).frameCycles == nil)
    #expect(FINNPipeline([unit(10, 5, 100)]).frameCycles == 100)
    // The second begins with the second row of the first, ten cycles later.
    #expect(
      FINNPipeline([unit(10, 100, 100), unit(10, 100, 100, reach: 1)]).frameCycles == 110)
    // Two rows of 10, one of 100 while the first unit waits, but for 3 of 1,000 and 7 of 1,000
    // positions, twice; only the first two rows are not hidden.
    #expect(
      FINNPipeline([unit(4, 1000, 40, gathered: 2), unit(2, 1000, 200)]).frameCycles == 239)
    // One row of all waits for the last.
    #expect(
      FINNPipeline([unit(10, 5, 100), unit(1, 1, 30, reach: 1 << 24)]).frameCycles == 130)
    #expect(FINNPipeline([unit(1 << 20, 1, 1 << 30)]).frameCycles == nil)
  }

  @Test("a rate that does not fit says what is too much, and the rate that fits")
  func tooFast() throws {
    var sketch = Sketch()
    let input = try sketch.tensor([1, 64])
    let data = try sketch.quant("codes", input, bits: 8)
    let matrix = try sketch.quant(
      "matrix", sketch.tensor([64, 64], (0..<4096).map { Float($0 % 255 - 127) }), bits: 8,
      isSigned: true)
    let result = try sketch.node("scores", .matMul(MatMul()), [data, matrix], [1, 64])
    let workload = try sketch.workload(input, result, fps: "50000000")
    // Two cycles a frame are 2,048 products at once, or more; the part has 220 multipliers.
    let schedule = try deploy(workload).schedule(FormatChoices(), for: nil)
    #expect(schedule.verdict == false)
    let fit = try #require(schedule.sections.first { $0.key == "fit" }?.value)
    let excess = try #require(fit["excess"]?.elements)
    let dsp = try #require(excess.first { $0["resource"]?.text == "dsp" })
    #expect(dsp["available"]?.doubleValue == 220)
    let rate = try #require(fit["change"]?["frames_per_second"]?.doubleValue)
    #expect(rate > 0 && rate < 50_000_000)
    // What it names fits, and the next faster folding does not.
    let slower = try deploy(sketch.workload(input, result, fps: "\(rate)"))
      .schedule(FormatChoices(), for: nil)
    #expect(slower.verdict == true)
    let faster = try deploy(sketch.workload(input, result, fps: "\(rate * 1.1)"))
      .schedule(FormatChoices(), for: nil)
    #expect(faster.verdict == false)
  }

  @Test("grouped convolutions are unknown, networks without layers and bad rates refused")
  func refusals() throws {
    var sketch = Sketch()
    let input = try sketch.tensor([1, 4, 5, 5])
    let data = try sketch.quant("image", input, bits: 4)
    let weights = try sketch.quant(
      "filters", sketch.tensor([4, 2, 3, 3], [Float](repeating: 1, count: 72)), bits: 2,
      isSigned: true)
    let result = try sketch.convolution("conv", data, weights, margin: 0, groups: 2)
    let schedule = try deploy(sketch.workload(input, result)).schedule(FormatChoices(), for: nil)
    #expect(schedule.verdict == nil && schedule.cost["lut"] == nil)
    #expect(schedule.unknowns.contains { $0.reason == "no rule for grouped convolutions ('conv')" })

    var empty = Sketch()
    let only = try empty.tensor([1, 4])
    let codes = try empty.quant("codes", only, bits: 4)
    #expect(throws: DeviceProblems.self) { try deploy(empty.workload(only, codes)) }
    for rate in ["0", "-1", "fast", "inf", "nan"] {
      #expect(throws: DeviceProblems.self) { try deploy(network(fps: rate)) }
    }
  }

  @Test("a depthwise convolution takes channels before positions; joins and their quantizers")
  func depthwise() throws {
    var sketch = Sketch()
    let input = try sketch.tensor([1, 4, 6, 6])
    let image = try sketch.quant("image", input, bits: 4)
    let weights = try sketch.quant(
      "filters", sketch.tensor([4, 1, 3, 3], [Float](repeating: 1, count: 36)), bits: 2,
      isSigned: true)
    var data = try sketch.convolution("depth", image, weights, margin: 1, groups: 4)
    data = try sketch.quant("codes", data, bits: 4)
    data = try sketch.node("join", .binary(Binary(.add)), [data, image], [1, 4, 6, 6])
    data = try sketch.quant("sum", data, bits: 3)
    // 4 x 9 x 36 products: all channels at once take 324 cycles, and then all positions at once 36.
    let cases = [(cycles: 400, pe: 4.0, simd: 1.0), (cycles: 100, pe: 4, simd: 9)]
    for (cycles, pe, simd) in cases {
      let schedule = try deploy(
        sketch.workload(input, data, fps: "\(100_000_000 / cycles)")
      ).schedule(FormatChoices(), for: nil)
      #expect(schedule.steps.map(\.name) == ["depth", "join", "sum"])
      #expect(section(schedule.steps[0], "pe") == pe)
      #expect(section(schedule.steps[0], "simd") == simd)
      #expect(section(schedule.steps[0], "window_simd") == pe)
      // 9 x 15 of the sums is 8 bits, their codes 4, both streams together 5.
      #expect(section(schedule.steps[0], "accumulator_bits") == 8)
      #expect(schedule.steps[2].bits.first?.value == 5)
    }
  }
}
