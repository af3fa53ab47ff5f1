import Documents
import FoundationEssentials
import HWModel
import Schedules
import TestSupport
import Testing

/// The rules against reports of Vivado HLS and Vitis HLS; each test prints the figures that it reached.
@Suite("FPGA fabric: rules against synthesis reports", .enabled(if: FabricReports.isThere))
struct FabricSweepTests {
  private func layers(_ rows: [JSON]) -> [JSON] { rows.filter { $0["kind"]?.text == "layer" } }

  @Test("Latency strategy: multipliers, DSP, interval, latency, look-up tables, flip-flops")
  func latencyStrategy() throws {
    var (multipliers, dsp, interval, latency) = (Tally(), Tally(), Tally(), Tally())
    var (lut, ff) = (Tally(), Tally())
    for row in layers(try FabricReports.rows()) {
      guard let products = FabricReports.products(row), let layer = row["layer"],
        let data = FabricReports.format(layer["in_t"]?.text),
        let weight = FabricReports.format(layer["weight_t"]?.text),
        let accumulator = FabricReports.format(layer["accum_t"]?.text),
        let inputs = layer["n_in"]?.int, let outputs = layer["n_out"]?.int,
        let reuse = layer["reuse_factor"]?.int, let report = row["csynth"],
        let clock = row["clock_ns"]?.doubleValue
      else { continue }
      let target = try FabricReports.target(row)
      let binding = FabricReports.binding(row)
      let made = LatencyMultipliers(
        products, reuse: reuse, inputBits: data.bits, rule: target.flow.dsp, binding: binding)
      let name = "\(inputs)x\(outputs) reuse \(reuse) \(row["tool"]?.text ?? "")"
      let listed = row["muls"]?.elements?.reduce(0) { $0 + ($1.elements?.last?.int ?? 0) }
      if let listed { multipliers.add(Double(made.count), Double(listed), name) }
      dsp.add(Double(made.dsp), report["dsp"]?.doubleValue ?? -1, name)
      guard row["io_type"]?.text == "io_parallel" else { continue }
      let cycles = target.flow.timing.latencyDense(
        products, outputs: outputs, multipliers: made, reuse: reuse, period: clock,
        forcesDSP: binding == .dsp)
      latency.add(Double(cycles.latency), report["latency_max"]?.doubleValue ?? -1, name)
      interval.add(Double(cycles.interval), report["ii"]?.doubleValue ?? -1, name)
      let counts = FabricLogic.LatencyCounts(
        FabricMatrix(
          inputs: inputs, outputs: outputs, data: data, weight: weight, accumulator: accumulator),
        products: products, multipliers: made, reuse: reuse, multiplier: target.logic.multiplier,
        timing: target.flow.timing, period: clock)
      lut.add(target.logic.lut(counts), report["lut"]?.doubleValue ?? 1, name)
      ff.add(target.logic.ff(counts), report["ff"]?.doubleValue ?? 1, name)
    }
    print(multipliers.report("multipliers"), multipliers.misses)
    print(dsp.report("Latency DSP"), dsp.misses)
    print(interval.report("Latency II"))
    print(latency.report("Latency cycles"), latency.misses)
    print(lut.report("Latency LUT"))
    print(ff.report("Latency FF"))
    #expect(multipliers.count == 76 && multipliers.exact >= 75)
    #expect(dsp.count == 79 && dsp.exactShare >= 0.97)
    #expect(latency.nearShare >= 0.93 && interval.exactShare >= 0.95)
    #expect(lut.count == 77 && lut.meanPercent <= 9)
    #expect(ff.meanPercent <= 20)
  }

  @Test("Resource strategy: DSP of folded multipliers, memories of weights, latency")
  func resourceStrategy() throws {
    var (dsp, cycles) = (Tally(), Tally())
    for row in layers(try FabricReports.rows()) {
      guard let layer = row["layer"], let strategy = layer["strategy"]?.text,
        strategy.hasSuffix("resource"), let report = row["csynth"],
        let data = FabricReports.format(layer["in_t"]?.text)
      else { continue }
      let matrix = layer["mult"] ?? layer
      guard let inputs = matrix["n_in"]?.int, let outputs = matrix["n_out"]?.int,
        let reuse = matrix["reuse_factor"]?.int,
        let weight = FabricReports.format(layer["weight_t"]?.text)
      else { continue }
      let target = try FabricReports.target(row)
      let count = (inputs * outputs + reuse - 1) / reuse
      let name = "\(inputs)x\(outputs) reuse \(reuse) \(row["tool"]?.text ?? "")"
      if data.bits <= 18, weight.bits <= 18 {
        dsp.add(
          Double(count * target.flow.dsp.foldedBlocks(data.bits, weight.bits)),
          report["dsp"]?.doubleValue ?? -1, name)
      }
      guard row["io_type"]?.text == "io_parallel", layer["fn"]?.text == "dense" else { continue }
      cycles.add(
        Double(FabricFlow.Timing.resourceDense(reuse: reuse).latency),
        report["latency_max"]?.doubleValue ?? -1, name)
    }
    print(dsp.report("Resource DSP"), dsp.misses)
    print(cycles.report("Resource dense cycles"))
    #expect(dsp.count > 15 && dsp.exactShare >= 0.95)
    #expect(cycles.count == 5 && cycles.nearShare == 1)
  }

  @Test("memories: buffers, weights")
  func memories() throws {
    var (buffers, weights) = (Tally(), Tally())
    for row in try FabricReports.rows() {
      guard let bits = row["bits"]?.int, let reported = row["bram18"]?.doubleValue else { continue }
      let target = try FabricReports.target(row)
      if let depth = row["depth"]?.int {
        let blocks = FabricMemory.fifoBlocks(
          depth: depth, bits: bits, lutramBits: target.flow.fifoLogicBits)
        buffers.add(Double(blocks), reported, "buffer \(depth)x\(bits)")
      } else if let words = row["words"]?.int, row["name"]?.text == "weights" {
        let isLogic = words * bits <= target.flow.romLogicBits
        let blocks = isLogic ? 0 : FabricMemory.blocks(words: words, bits: bits)
        weights.add(Double(blocks), reported, "weights \(words)x\(bits)")
      }
    }
    print(buffers.report("FIFO BRAM"), buffers.misses)
    print(weights.report("weight BRAM"), weights.misses)
    #expect(buffers.count == 62 && buffers.exactShare >= 0.98)
    #expect(weights.count == 28 && weights.exactShare >= 0.85 && weights.nearShare >= 0.93)
  }

  @Test("softmax: DSP, tables, latency")
  func softmax() throws {
    var (dsp, tables, cycles) = (Tally(), Tally(), Tally())
    for row in layers(try FabricReports.rows()) where row["layer"]?["fn"]?.text == "softmax" {
      guard let layer = row["layer"], let report = row["csynth"], let count = layer["n_in"]?.int,
        let clock = row["clock_ns"]?.doubleValue
      else { continue }
      let target = try FabricReports.target(row)
      let isParallel = row["io_type"]?.text == "io_parallel"
      // Where the reuse factor is not stated it follows from the interval of two turns each.
      let reuse = layer["reuse_factor"]?.int ?? ((report["ii"]?.int ?? 1) - 1) / 2
      let multipliers = isParallel ? count : (count + reuse - 1) / reuse
      let binding = FabricReports.binding(row)
      dsp.add(
        binding == .fabric ? 0 : Double(multipliers), report["dsp"]?.doubleValue ?? -1,
        "softmax \(count)")
      let words = layer["table_size"]?.int ?? 1024
      tables.add(
        words <= target.flow.tableLogicWords ? 0 : Double(target.softmaxTableCount(multipliers)),
        report["bram18"]?.doubleValue ?? -1, "softmax \(count) \(row["tool"]?.text ?? "")")
      let predicted =
        isParallel
        ? target.flow.timing.softmax(
          elements: count, isStable: layer["implementation"]?.text?.hasSuffix("stable") ?? true,
          period: clock, inLogic: binding == .fabric)
        : FabricFlow.streamSoftmax(elements: count, multipliers: multipliers)
      cycles.add(
        Double(predicted.latency), report["latency_max"]?.doubleValue ?? -1,
        isNear: { $0 <= 3 }, "softmax \(count) \(row["tool"]?.text ?? "") \(clock) ns")
    }
    print(dsp.report("softmax DSP"), dsp.misses)
    print(tables.report("softmax BRAM"), tables.misses)
    print(cycles.report("softmax cycles"), cycles.misses)
    #expect(dsp.count >= 28 && dsp.exactShare >= 0.98 && tables.exactShare >= 0.95)
    #expect(cycles.nearShare >= 0.95)
  }

  @Test("io_stream: latency of layers")
  func streams() throws {
    var (all, own) = (Tally(), Tally())
    for row in layers(try FabricReports.rows()) where row["io_type"]?.text != "io_parallel" {
      guard let reported = row["csynth"]?["latency_max"]?.doubleValue,
        let cycles = try Self.stream(row), let function = row["layer"]?["fn"]?.text
      else { continue }
      let name = "\(row["layer"]?["fn"]?.text ?? "") \(row["tool"]?.text ?? "")"
      func isNear(_ difference: Double) -> Bool { difference <= max(3, 0.03 * reported) }
      all.add(Double(cycles.latency), reported, isNear: isNear, name)
      // Layers of forks of hls4ml, `..._me`, are written otherwise.
      if !function.hasSuffix("_me") {
        own.add(Double(cycles.latency), reported, isNear: isNear, name)
      }
    }
    print(all.report("io_stream cycles, forks among them"))
    print(own.report("io_stream cycles"), Set(own.misses).sorted())
    #expect(own.count > 130 && own.nearShare >= 0.9)
  }

  /// Cycles of a layer on streams whose geometry and reuse factor the row has; nil for others.
  private static func stream(_ row: JSON) throws -> FabricCycles? {
    guard let layer = row["layer"], let function = layer["fn"]?.text else { return nil }
    let target = try FabricReports.target(row)
    let flow = target.flow
    func pixels(_ names: String...) -> Int? {
      names.reduce(Optional(1)) { product, name in
        product.flatMap { product in layer[name]?.int.map { product * $0 } }
      }
    }
    let bits = FabricReports.format(layer["in_t"]?.text)?.bits ?? 16
    let transfers = layer["n_in"]?.int.map { $0 / max(layer["in_pack"]?.int ?? 1, 1) }
    let dsp = row["csynth"]?["dsp"]?.int ?? 0
    switch function.replacing("_me", with: "") {
    case "conv_2d_cl":
      guard layer["strategy"]?.text != "latency", let image = pixels("in_height", "in_width")
      else { return nil }
      let products = pixels("filt_height", "filt_width", "n_chan", "n_filt")
      var reuse = layer["mult"]?["reuse_factor"]?.int ?? layer["reuse_factor"]?.int
      // Designs without their configuration: the factor follows from the multipliers.
      if reuse == nil, let products, dsp > 0 { reuse = (products + dsp - 1) / dsp }
      return reuse.map { flow.streamResourceConvolution(pixels: image, reuse: $0, bits: bits) }
    case "dense":
      guard let inputs = layer["n_in"]?.int, let outputs = layer["n_out"]?.int, bits <= 18,
        let pack = layer["in_pack"]?.int, layer["strategy"]?.text?.hasSuffix("resource") == true
      else { return nil }
      let reuse = layer["reuse_factor"]?.int ?? (dsp > 0 ? inputs * outputs / dsp : 1)
      return FabricFlow.streamDense(
        transfers: inputs / pack, product: FabricFlow.Timing.resourceDense(reuse: reuse))
    case "relu", "linear": return transfers.map { FabricFlow.streamElements(transfers: $0) }
    case "leaky_relu": return pixels("pixels").map { FabricFlow.streamProducts(transfers: $0) }
    case "resize_nearest":
      return pixels("new_height", "new_width").map { FabricFlow.streamElements(transfers: $0) }
    case "zeropad2d_cl":
      guard let image = pixels("out_height", "out_width"), let rows = layer["out_height"]?.int
      else { return nil }
      let margin = layer["pad_top"]?.int ?? (rows == 20 ? 2 : 1)
      return FabricFlow.streamPad(pixels: image, rows: rows - 2 * margin, margin: margin)
    case "pooling2d_cl":
      return pixels("in_height", "in_width").map { flow.streamPool(pixels: $0) }
    default: return nil
    }
  }

  @Test("networks: latency and interval")
  func networks() throws {
    let rows = try FabricReports.rows()
    var (latency, interval) = (Tally(), Tally())
    var skipped = 0
    let byNetwork = Dictionary(grouping: layers(rows)) { $0["net"]?.text ?? "" }
    for network in rows where network["kind"]?.text == "network" {
      guard let reported = network["csynth"]?["latency_max"]?.doubleValue,
        let name = network["id"]?.text, let list = byNetwork[name]
      else { continue }
      let isDataflow = network["pipeline"]?.text == "dataflow"
      var cycles: [FabricCycles] = []
      var waits: [Bool] = []
      var products: [Bool] = []
      for row in list {
        let predicted = isDataflow ? try Self.stream(row) : try Self.parallel(row)
        guard let predicted else { continue }
        cycles.append(predicted)
        let function = row["layer"]?["fn"]?.text ?? ""
        waits.append(function == "dense" || function == "softmax")
        products.append(function == "dense")
      }
      // A network counts where its layers have geometry and weights in the rows; one of streams where
      // most have, for the slowest counts. Forks of hls4ml are written otherwise.
      let needed = list.filter { Self.isLayer($0["module"]?.text ?? "") }.count
      guard cycles.count * 10 >= needed * (isDataflow ? 7 : 10), !cycles.isEmpty,
        !list.contains(where: { $0["layer"]?["fn"]?.text?.hasSuffix("_me") ?? false })
      else {
        skipped += 1
        continue
      }
      let tool = try FabricReports.target(network).flow.tool
      let whole =
        isDataflow
        ? FabricCycles.dataflow(cycles, waits: waits)
        : FabricCycles.pipeline(cycles, products: products, tool: tool)
      latency.add(
        Double(whole.latency), reported, isNear: { $0 <= 0.08 * reported }, String(name.suffix(40)))
      if let ii = network["csynth"]?["ii"]?.doubleValue {
        interval.add(
          Double(whole.interval), ii, isNear: { $0 <= max(1, 0.03 * ii) }, String(name.suffix(40)))
      }
    }
    print(latency.report("network latency"), "\(skipped) without facts", latency.misses)
    print(interval.report("network II"), interval.misses)
    #expect(latency.count >= 30 && latency.nearShare >= 0.75)
    #expect(interval.nearShare >= 0.95)
  }

  /// Whether a module is a layer, not a block that the tool puts around copies and constants.
  private static func isLayer(_ module: String) -> Bool {
    !["Block", "myproject_entry", "clone"].contains { module.hasPrefix($0) }
  }

  /// Cycles of an io_parallel layer; nil where the row lacks what the rules need.
  private static func parallel(_ row: JSON) throws -> FabricCycles? {
    guard let layer = row["layer"], let clock = row["clock_ns"]?.doubleValue else { return nil }
    let target = try FabricReports.target(row)
    switch layer["fn"]?.text {
    case "dense":
      guard let outputs = layer["n_out"]?.int, let reuse = layer["reuse_factor"]?.int,
        let data = FabricReports.format(layer["in_t"]?.text)
      else { return nil }
      guard let products = FabricReports.products(row) else {
        return layer["strategy"]?.text?.hasSuffix("resource") == true
          ? FabricFlow.Timing.resourceDense(reuse: reuse) : nil
      }
      let binding = FabricReports.binding(row)
      let made = LatencyMultipliers(
        products, reuse: reuse, inputBits: data.bits, rule: target.flow.dsp, binding: binding)
      return target.flow.timing.latencyDense(
        products, outputs: outputs, multipliers: made, reuse: reuse, period: clock,
        forcesDSP: binding == .dsp)
    case "relu": return target.flow.timing.relu(period: clock)
    case "sigmoid": return FabricFlow.Timing.table
    case "softmax":
      return target.flow.timing.softmax(
        elements: layer["n_in"]?.int ?? 1,
        isStable: layer["implementation"]?.text?.hasSuffix("stable") ?? true, period: clock,
        inLogic: FabricReports.binding(row) == .fabric)
    default: return nil
    }
  }

  @Test("wa-hls4ml: DSP, latency, look-up tables and flip-flops of folded networks")
  func folded() throws {
    let path = try #require(SharedData.path("conformance/hls/published_fpga.json"))
    let document = try JSON(parsing: [UInt8](try Data(contentsOf: URL(filePath: path))))
    let target = try FabricReports.target("xcu250+vitis-2023.2")
    var (dsp, latency, lut, ff) = (Tally(), Tally(), Tally(), Tally())
    let data = try #require(document["datasets"]?.elements?.prefix(2))
    for row in data.flatMap({ $0["rows"]?.elements ?? [] }) {
      let sizes = row["layers"]?.elements?.compactMap(\.int) ?? []
      let bits = try #require(row["precision_bits"]?.int)
      let request = try #require(row["requested_reuse_factor"]?.int)
      var (blocks, tables, registers) = (0, 0.0, 0.0)
      var cycles: [FabricCycles] = []
      for (inputs, outputs) in zip(sizes, sizes.dropFirst()) {
        let reuse = ReuseFactor(inputs: inputs, outputs: outputs).snapped(request)
        let count = inputs * outputs / reuse
        let format = FabricMatrix.Format(bits: bits, fraction: 0)
        let matrix = FabricMatrix(
          inputs: inputs, outputs: outputs, data: format, weight: format, accumulator: format)
        blocks += count * target.flow.dsp.foldedBlocks(bits, bits)
        tables += target.logic.foldedLUT(matrix, multipliers: count)
        registers += target.logic.foldedFF(matrix, multipliers: count)
        cycles.append(FabricFlow.Timing.resourceDense(reuse: reuse))
      }
      let name = "\(sizes) \(bits) bits"
      dsp.add(Double(blocks), row["dsp"]?.doubleValue ?? -1, name)
      latency.add(
        Double(
          FabricCycles.pipeline(
            cycles, products: cycles.map { _ in true }, tool: target.flow.tool
          ).latency),
        row["latency_best_cycles"]?.doubleValue ?? -1, name)
      lut.add(tables, row["lut"]?.doubleValue ?? 1, name)
      ff.add(registers, row["ff"]?.doubleValue ?? 1, name)
    }
    print(dsp.report("wa-hls4ml DSP"))
    print(latency.report("wa-hls4ml latency"))
    print(lut.report("wa-hls4ml LUT"))
    print(ff.report("wa-hls4ml FF"))
    #expect(dsp.count == 47 && dsp.exact == 47 && latency.exact >= 46)
    #expect(lut.meanPercent <= 10 && ff.meanPercent <= 8)
  }
}
