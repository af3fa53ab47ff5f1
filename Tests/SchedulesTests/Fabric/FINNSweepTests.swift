import Arith
import Documents
import HWModel
import QuantGraph
import Schedules
import TestSupport
import Testing

/// Nodes of a FINN build, and the build as a network, against what synthesis reported of them; each test
/// prints the figures that it reached.
@Suite("FINN: units against synthesis reports", .enabled(if: FabricReports.isThere))
struct FINNSweepTests {
  /// A node of the build whose attributes are known.
  private struct Row {
    let kind: String
    let facts: JSON
    let row: JSON

    init?(_ row: JSON) {
      guard row["kind"]?.text == "finn_layer", let facts = row["attr"], let kind = row["op"]?.text,
        row["ooc_synth"] != nil
      else { return nil }
      self.kind = kind
      self.facts = facts
      self.row = row
    }

    func number(_ key: String) -> Int { facts[key]?.int ?? 0 }
    func list(_ key: String) -> [Int] { facts[key]?.elements?.compactMap(\.int) ?? [] }
    func bits(_ key: String) -> Int { Int((facts[key]?.text ?? "").filter(\.isNumber)) ?? 0 }
    func report(_ key: String) -> Double { row["ooc_synth"]?[key]?.doubleValue ?? -1 }
    func weightReport(_ key: String) -> Double { row["ooc_synth_wstrm"]?[key]?.doubleValue ?? 0 }
    var cycles: Double { row["finn_cycles"]?.doubleValue ?? -1 }

    func plane(_ key: String) -> FINNWindowBuffer.Plane {
      let numbers = list(key)
      return FINNWindowBuffer.Plane(numbers.first ?? 1, numbers.last ?? 1)
    }
  }

  private static func build() throws -> [Row] { try FabricReports.rows().compactMap(Row.init) }

  private static func target() throws -> FINNTarget {
    let name = "xc7z020+finn-2022.2"
    let description = try DeviceFamilies.shipped.library.description(named: name)
    return try FINNTarget(try #require(description, "no target '\(name)'"))
  }

  private func unit(_ row: Row) -> FINNMatrixUnit {
    FINNMatrixUnit(
      rows: row.number("MH"), columns: row.number("MW"), rowFold: row.number("PE"),
      columnFold: row.number("SIMD"), weightBits: row.bits("weightDataType"),
      inputBits: row.bits("inputDataType"), accumulatorBits: row.bits("accDataType"),
      thresholds: (1 << row.bits("outputDataType")) - 1)
  }

  @Test("matrix units: cycles, DSP, memories; look-up tables and flip-flops")
  func matrixUnits() throws {
    var (cycles, dsp, weights, thresholds) = (Tally(), Tally(), Tally(), Tally())
    var (lut, ff, streamLUT, streamFF) = (Tally(), Tally(), Tally(), Tally())
    let logic = try Self.target().logic
    for row in try Self.build() where row.kind == "MVAU_hls" {
      let unit = unit(row)
      let vectors = row.list("numInputVectors").reduce(1, *)
      cycles.add(Double(unit.cycles(vectors: vectors)), row.cycles, "cycles")
      dsp.add(Double(unit.dsp), row.report("dsp"), "DSP")
      weights.add(Double(unit.weightHalves), 2 * row.weightReport("bram36"), "\(unit)")
      thresholds.add(Double(unit.thresholdHalves), 2 * row.report("bram36"), "\(unit)")
      lut.add(logic.lut(unit), row.report("lut"), "\(unit)")
      ff.add(logic.ff(unit), row.report("ff"), "\(unit)")
      let bits = Double(unit.rowFold * unit.columnFold * unit.weightBits)
      streamLUT.add(
        logic.streamLUT[0] * bits + logic.streamLUT[1], row.weightReport("lut"), "\(unit)")
      streamFF.add(
        logic.streamFF[0] * bits + logic.streamFF[1], row.weightReport("ff"), "\(unit)")
    }
    for (name, tally) in [
      ("cycles", cycles), ("DSP", dsp), ("weights", weights), ("thresholds", thresholds),
      ("LUT", lut), ("FF", ff), ("stream LUT", streamLUT), ("stream FF", streamFF),
    ] { print(tally.report("FINN MVAU \(name)")) }
    #expect(cycles.count == 10 && cycles.exact == 10 && dsp.exact == 10)
    #expect(weights.exact == 10 && thresholds.exact == 10)
    #expect(lut.meanPercent <= 8 && ff.meanPercent <= 3)
    #expect(streamLUT.meanPercent <= 19 && streamFF.meanPercent <= 13)
  }

  /// Constants fitted to the other nine each time.
  @Test("matrix units that were left out of the fit: LUT within 25 % in the mean")
  func leftOut() throws {
    let rows = try Self.build().filter { $0.kind == "MVAU_hls" }
    let units = rows.map(unit)
    let counts = units.map { unit -> [Double] in
      let logic = unit.logic
      return [logic.accumulatorBits, logic.thresholdTables, logic.vectorBits]
    }
    let reports = rows.map { $0.report("lut") }
    var tally = Tally()
    for left in rows.indices {
      let kept = rows.indices.filter { $0 != left }
      // Relative least squares: what is counted, over what was reported, comes to 1.
      let constants = try #require(
        leastSquares(
          kept.map { index in counts[index].map { $0 / reports[index] } }, kept.map { _ in 1 }))
      let predicted = zip(counts[left], constants).reduce(0) { $0 + $1.0 * $1.1 }
      tally.add(predicted, reports[left], "\(units[left])")
    }
    print(tally.report("FINN MVAU LUT, left out"))
    #expect(tally.count == 10 && tally.meanPercent <= 25)
  }

  /// Normal equations by elimination with the largest pivot.
  private func leastSquares(_ rows: [[Double]], _ values: [Double]) -> [Double]? {
    let count = rows[0].count
    var matrix = (0..<count).map { i in
      (0..<count).map { j in rows.reduce(0) { $0 + $1[i] * $1[j] } }
        + [zip(rows, values).reduce(0) { $0 + $1.0[i] * $1.1 }]
    }
    for column in 0..<count {
      let pivot = (column..<count).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) }
      guard let pivot, abs(matrix[pivot][column]) > 1e-12 else { return nil }
      matrix.swapAt(column, pivot)
      for row in 0..<count where row != column {
        let factor = matrix[row][column] / matrix[column][column]
        for place in column...count { matrix[row][place] -= factor * matrix[column][place] }
      }
    }
    return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
  }

  @Test("windows, paddings, converters, buffers, maxima: cycles, look-up tables, flip-flops")
  func streams() throws {
    var lut: [String: Tally] = [:]
    var ff: [String: Tally] = [:]
    var (memory, cycles) = (Tally(), Tally())
    func add(_ row: Row, lut tables: Double, ff registers: Double) {
      lut[row.kind, default: Tally()].add(tables, row.report("lut"), "\(row.facts)")
      ff[row.kind, default: Tally()].add(registers, row.report("ff"), "\(row.facts)")
    }
    for row in try Self.build() {
      switch row.kind {
      case "ConvolutionInputGenerator_rtl":
        let buffer = FINNWindowBuffer(
          kernel: row.plane("ConvKernelDim"), stride: row.plane("Stride"),
          dilation: row.plane("Dilation"), image: row.plane("IFMDim"),
          positions: row.plane("OFMDim"), channels: row.number("IFMChannels"),
          fold: row.number("SIMD"), bits: row.bits("inputDataType"))
        memory.add(Double(buffer.memoryLUT), row.report("lutmem"), "windows")
        cycles.add(Double(buffer.cycles), row.cycles, "windows")
        add(row, lut: buffer.lut, ff: buffer.ff)
      case "FMPadding_rtl":
        let image = row.list("ImgDim").map { $0 + 2 }
        let padding = FINNPadding(
          bits: row.number("SIMD") * row.bits("inputDataType"), columns: image[1],
          pixels: image[0] * image[1])
        cycles.add(Double(padding.cycles), row.cycles, "padding")
        add(row, lut: padding.lut, ff: padding.ff)
      case "StreamingDataWidthConverter_rtl":
        let converter = FINNConverter(
          inputBits: row.number("inWidth"), outputBits: row.number("outWidth"))
        add(row, lut: converter.lut, ff: converter.ff)
      case "StreamingMaxPool_hls":
        let pool = FINNMaximumPool(
          bits: row.number("NumChannels") * row.bits("dataType"), columns: row.list("ImgDim")[1],
          window: row.list("PoolDim")[1])
        cycles.add(Double(pool.cycles), row.cycles, "maximum")
        add(row, lut: pool.lut, ff: pool.ff)
      case "StreamingFIFO_rtl" where row.number("depth") == 2:
        let lanes = row.list("folded_shape").last ?? 1
        let buffer = FINNBuffer(bits: lanes * row.bits("dataType"))
        add(row, lut: Double(buffer.lut), ff: Double(buffer.ff))
      default: continue
      }
    }
    print(memory.report("FINN window memory"), cycles.report("FINN cycles of streams"))
    for kind in lut.keys.sorted() {
      print(lut[kind]?.report("\(kind) LUT") ?? "", ff[kind]?.report("\(kind) FF") ?? "")
    }
    func mean(_ kind: String) -> (Double, Double) {
      (lut[kind]?.meanPercent ?? 100, ff[kind]?.meanPercent ?? 100)
    }
    #expect(memory.count == 9 && memory.exact == 9 && cycles.count == 23 && cycles.exact == 23)
    #expect(mean("ConvolutionInputGenerator_rtl") < (3, 2))
    #expect(mean("FMPadding_rtl").0 < 4 && ff["FMPadding_rtl"]?.exact == 9)
    #expect(mean("StreamingDataWidthConverter_rtl").0 < 10)
    #expect(ff["StreamingDataWidthConverter_rtl"]?.exact ?? 0 >= 23)
    #expect(mean("StreamingMaxPool_hls").0 < 20 && mean("StreamingMaxPool_hls").1 < 3)
    #expect(lut["StreamingFIFO_rtl"]?.exactShare ?? 0 >= 0.93)
    #expect(ff["StreamingFIFO_rtl"]?.nearShare ?? 0 >= 0.93)
  }

  /// The build's network from its rows: padding, windows and matrix units are convolutions.
  private func network(_ rows: [Row]) throws -> (graph: Graph, choices: FormatChoices) {
    var tensors: [Tensor] = []
    var nodes: [Node] = []
    var choices = FormatChoices()
    func integer(_ bits: Int, isSigned: Bool) throws -> Encoding {
      .fixed(
        try FixedPointFormat(
          width: bits, integerBits: bits, isSigned: isSigned, dialect: .plain))
    }
    func tensor(_ extents: [Int], _ encoding: Encoding, _ contents: Tensor.Contents) throws
      -> TensorID
    {
      tensors.append(
        Tensor(
          name: "t\(tensors.count)", shape: try Shape(extents), encoding: encoding,
          contents: contents))
      return TensorID(tensors.count - 1)
    }
    var (margin, kernel) = (0, 1)
    let first = try #require(rows.first { $0.kind == "FMPadding_rtl" })
    var image = [1, first.number("NumChannels")] + first.list("ImgDim")
    var data = try tensor(
      image, try integer(first.bits("inputDataType"), isSigned: false), .computed)
    for row in rows {
      switch row.kind {
      case "FMPadding_rtl": margin = row.list("Padding")[0]
      case "ConvolutionInputGenerator_rtl": kernel = row.list("ConvKernelDim")[0]
      case "MVAU_hls":
        let weights = try tensor(
          [row.number("MH"), image[1], kernel, kernel], try integer(8, isSigned: true),
          .parameter(nil))
        image[1] = row.number("MH")
        let result = try tensor(
          image, try integer(row.bits("outputDataType"), isSigned: false), .computed)
        choices.nodes[nodes.count] = .init(
          accumulator: try integer(row.bits("accDataType"), isSigned: true))
        nodes.append(
          Node(
            name: "unit\(nodes.count)",
            operation: .convolution(
              Convolution(
                kernel: [kernel, kernel], strides: [1, 1], dilations: [1, 1],
                paddingBefore: [margin, margin], paddingAfter: [margin, margin],
                layout: .channelsFirst, grouping: .groups(1), weightLayout: .filtersChannelsKernel)),
            inputs: [data, weights], outputs: [result]))
        data = result
        (margin, kernel) = (0, 1)
      case "StreamingMaxPool_hls":
        image = [1, image[1], image[2] / 2, image[3] / 2]
        let result = try tensor(image, tensors[data.index].encoding, .computed)
        nodes.append(
          Node(
            name: "pool\(nodes.count)",
            operation: .pool(
              Pool(
                reduction: .maximum, kernel: [2, 2], strides: [2, 2], paddingBefore: [0, 0],
                paddingAfter: [0, 0], layout: .channelsFirst)),
            inputs: [data], outputs: [result]))
        data = result
      default: continue
      }
    }
    let graph = try Graph(
      name: "build", tensors: tensors, nodes: nodes, inputs: [TensorID(0)], outputs: [data])
    return (graph, choices)
  }

  /// 16 frames a second at 100 MHz are what the build was folded for.
  @Test("a network folds as FINN folded it, and takes what all of its nodes together do")
  func wholeBuild() throws {
    let rows = try Self.build()
    let made = try network(rows)
    var workload = Workload(made.graph)
    workload.options["fps"] = "16"
    let deployment = try FINNDevice(try Self.target()).deploy(workload)
    let schedule = try deployment.schedule(made.choices, for: nil)
    let steps = schedule.steps.filter { $0.operation != "MaxPool2D" }
    func section(_ step: Schedule.Step, _ key: String) -> Int? {
      step.sections.first { $0.key == key }?.value.int
    }
    let units = rows.filter { $0.kind == "MVAU_hls" }
    #expect(steps.count == 10 && units.count == 10)
    for (step, row) in zip(steps, units) {
      #expect(section(step, "pe") == row.number("PE"), "\(step.name)")
      #expect(section(step, "simd") == row.number("SIMD"), "\(step.name)")
    }
    let windows = rows.filter { $0.kind == "ConvolutionInputGenerator_rtl" }
    let folds = steps.compactMap { section($0, "window_simd") }
    #expect(folds == windows.map { $0.number("SIMD") })
    // The slowest of FINN's own counts, and sums of all 117 nodes with the memories of weights.
    #expect(schedule.cost["ii"]?.value == rows.map(\.cycles).max())
    func reported(_ key: String) -> Double {
      rows.reduce(0) { $0 + $1.report(key) + $1.weightReport(key) }
    }
    #expect(schedule.cost["dsp"]?.value == reported("dsp"))
    #expect(schedule.cost["bram18"]?.value == 2 * reported("bram36"))
    for key in ["lut", "ff"] {
      let value = try #require(schedule.cost[key]?.value)
      print("FINN build \(key): \(value) of \(reported(key))")
      #expect(abs(value / reported(key) - 1) < 0.05)
    }
    // A frame in simulation: with buffers of two entries, stages around pools take turns.
    let simulated = try FabricReports.rows().lazy.compactMap {
      $0["rtlsim"]?["cycles"]?.doubleValue
    }
    .first
    let cycles = try #require(schedule.cost["cycles"]?.value)
    let frame = try #require(simulated)
    print("FINN build cycles: \(cycles), simulated \(frame)")
    #expect(abs(cycles / frame - 1) < 0.04)
  }
}
