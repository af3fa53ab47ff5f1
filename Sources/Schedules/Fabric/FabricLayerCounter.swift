import Arith
import HWModel
import QuantGraph

/// Counts one layer under the rules of a flow.
struct FabricLayerCounter {
  let layer: FabricLayer
  let plan: FabricLayerPlan
  let deployment: FabricDeployment

  private var graph: Graph { deployment.graph }
  private var formats: FabricFormats { plan.formats }
  private var strategy: ProductStrategy { plan.strategy }
  private var reuse: Int { plan.reuse }
  private var flow: FabricFlow { deployment.target.flow }
  private var logic: FabricLogic { deployment.target.logic }
  private var isStream: Bool { deployment.settings.isStream }
  private var period: Double { deployment.period }
  private var binding: ProductBinding { deployment.binding }
  private var bits: Int { formats.data.width }
  /// Elements that are computed at once: all, or the channels of one transfer.
  private var lanes: Int { isStream ? layer.input.channels : layer.input.count }

  func cost() -> FabricLayerCost {
    if let name = deployment.settings.layers[layer.node]?.unreported {
      return .unknown("\(name), of which there is no report")
    }
    var cost =
      switch layer.kind {
      case .product(let linear, let places): product(linear, places)
      case .elements: elements()
      case .channelProducts(let constants): channelProducts(constants)
      case .table(let table): self.table(table)
      case .softmax(let softmax): self.softmax(softmax)
      case .pool(let isMaximum): pool(isMaximum: isMaximum)
      case .pad(let rows, let margin): pad(rows: rows, margin: margin)
      case .wiring: FabricLayerCost.nothing
      case .unknown(let reason): FabricLayerCost.unknown(reason)
      }
    if isStream, cost.unknown[.bram18] == nil { addBuffer(&cost) }
    return cost
  }

  // MARK: Products

  private func product(_ linear: LinearNode, _ places: WeightPlaces) -> FabricLayerCost {
    guard let weights = formats.weights, let accumulator = formats.accumulator,
      let codes = deployment.codes(linear, places, node: layer.node, as: weights)
    else { return .unknown("weights of more than 64 bits") }
    let (inputs, outputs) = (linear.depth, linear.filters)
    guard inputs > 0, outputs > 0 else { return .unknown("products without inputs") }
    let matrix = FabricMatrix(
      inputs: inputs, outputs: outputs,
      data: .init(bits: bits, fraction: formats.data.fractionBits),
      weight: .init(bits: weights.width, fraction: weights.fractionBits),
      accumulator: .init(bits: accumulator.width, fraction: accumulator.fractionBits))
    var cost: FabricLayerCost
    let single: FabricCycles
    switch strategy {
    case .latency:
      let products = deployment.products(
        codes, inputs: inputs, outputs: outputs, node: layer.node, as: weights)
      (cost, single) = latencyProduct(matrix, products)
    case .resource, .resourceUnrolled:
      (cost, single) = resourceProduct(matrix, codes, weightBits: weights.width)
      if strategy == .resourceUnrolled {
        for quantity: CostQuantity in [.lut, .ff] {
          cost.unknown[quantity] = "no report of strategy resource_unrolled"
        }
      }
    case .distributedArithmetic:
      guard let adders = deployment.settings.layers[layer.node]?.adders else {
        return .unknown("distributed arithmetic where the project has no graph of adders")
      }
      guard isAsWritten(linear) else {
        return .unknown("distributed arithmetic of other types than the project's adders have")
      }
      (cost, single) = adderProduct(adders)
    }
    if copies > 1 {
      for quantity: CostQuantity in [.lut, .ff, .dsp] {
        cost.terms[quantity] = cost.terms[quantity].map { .repeated($0, count: Double(copies)) }
      }
      cost.multipliers *= copies
    }
    cost.reuse = reuse
    cost.strategy = strategy
    cost.terms[.energy] = deployment.energy.term(
      macs: graph.multiplyAccumulates(of: graph.nodes[layer.node]), weights: weights.width,
      data: bits, accumulator: accumulator.width)
    cost.cycles = sequenced(linear, single)
    if isStream { cost.waits = isDense(linear) }
    return cost
  }

  /// Positions of a convolution that are computed at once.
  private var copies: Int {
    isStream ? 1 : max(deployment.settings.layers[layer.node]?.pixelsAtOnce ?? 1, 1)
  }

  /// Whether weights and data have the types that the project has.
  private func isAsWritten(_ linear: LinearNode) -> Bool {
    let node = graph.nodes[layer.node]
    guard case .fixed(let weights) = graph[linear.weights].encoding,
      case .fixed(let data)? = node.inputs.first.map({ graph[$0].encoding })
    else { return false }
    return formats.weights == weights && formats.data == data
  }

  private func isDense(_ linear: LinearNode) -> Bool {
    if case .dense = linear.form { true } else { false }
  }

  /// The product at every position of a convolution, or of rows of a dense layer.
  private func sequenced(_ linear: LinearNode, _ single: FabricCycles) -> FabricCycles {
    if case .dense(let dense) = linear.form {
      if isStream {
        return FabricFlow.streamDense(transfers: layer.inputTransfers, product: single)
      }
      guard dense.rows > 1 else { return single }
      return FabricCycles(
        latency: single.latency + (dense.rows - 1) * single.interval,
        interval: dense.rows * single.interval)
    }
    let node = graph.nodes[layer.node]
    let window = graph.window(node)
    if isStream {
      let margins = window.map { zip($0.before, $0.after).map { $0 + $1 } } ?? []
      let pixels =
        window.map { window in
          zip(window.extents, margins).reduce(1) { $0 * ($1.0 + $1.1) }
        } ?? layer.inputTransfers
      if strategy == .latency {
        return FabricFlow.streamLatencyConvolution(pixels: pixels, product: single)
      }
      return flow.streamResourceConvolution(
        pixels: pixels, reuse: reuse, bits: max(bits, formats.weights?.width ?? 0))
    }
    let all = window?.positions.reduce(1, *) ?? layer.outputTransfers
    let positions = max((all + copies - 1) / copies, 1)
    return FabricCycles(
      latency: single.latency + (positions - 1) * single.interval,
      interval: positions * single.interval)
  }

  private func latencyProduct(
    _ matrix: FabricMatrix, _ products: ConstantProducts
  ) -> (FabricLayerCost, FabricCycles) {
    let multipliers = LatencyMultipliers(
      products, reuse: reuse, inputBits: bits, rule: flow.dsp, binding: binding)
    let single = flow.timing.latencyDense(
      products, outputs: matrix.outputs, multipliers: multipliers, reuse: reuse, period: period,
      forcesDSP: binding == .dsp)
    var cost = FabricLayerCost(single)
    cost.kind = isStream ? "stream" : "latency"
    cost.path = "constant products"
    cost.multipliers = multipliers.count
    let counts = FabricLogic.LatencyCounts(
      matrix, products: products, multipliers: multipliers, reuse: reuse,
      multiplier: logic.multiplier, timing: flow.timing, period: period)
    func term(_ what: String, _ count: Double, _ each: Double, _ key: String) -> CostTerm {
      .product(what, count: count, each: each, key: key)
    }
    let each = logic.latency
    cost.set(
      .lut,
      [
        term("bits of adders", counts.adderBits, each.adder, "latency_lut"),
        term("adders", counts.adders, each.adderExtra, "adder_extra_lut"),
        term("bits of outputs", counts.outputBits, each.output, "latency_lut"),
        term("LUT of multipliers", counts.multiplierLUT, each.multiplier, "latency_lut"),
        term("bits of shared products", counts.sharedBits, each.sharing, "latency_lut"),
        term("bits of delays", counts.delayBits, each.delay, "latency_lut"),
      ])
    let stage = each.stageRegister + (reuse == 1 ? each.delayRegister : 0)
    cost.set(
      .ff,
      [
        term("bits that stages hand on", counts.stageBits, stage, "latency_ff"),
        term("bits of products", counts.productAdderBits, each.productRegister, "latency_ff"),
      ])
    cost.set(
      .dsp,
      [
        .count(
          "blocks of \(multipliers.count) multipliers for \(multipliers.products) products",
          Double(multipliers.dsp))
      ])
    cost.set(.bram18, [])
    return (cost, single)
  }

  /// Adders as distributed arithmetic wrote them, and registers where their ways cross a period.
  private func adderProduct(_ adders: AdderGraph) -> (FabricLayerCost, FabricCycles) {
    let timing = flow.timing
    let levels = timing.usable(period) / timing.adderNanoseconds
    let single = FabricCycles(latency: Int(Double(adders.depth) / levels), interval: reuse)
    var cost = FabricLayerCost(single)
    cost.kind = "adders"
    cost.path = "adder graph"
    cost.set(
      .lut,
      [
        .product(
          "bits of adders", count: Double(adders.adderBits), each: logic.latency.adder,
          key: "latency_lut"),
        .product(
          "adders", count: Double(adders.adders), each: logic.latency.adderExtra,
          key: "adder_extra_lut"),
      ])
    cost.set(
      .ff,
      [
        .count(
          "bits kept between \(single.latency + 1) stages",
          Double(adders.registerBits(levelsPerStage: levels)))
      ])
    cost.set(.dsp, [])
    cost.set(.bram18, [])
    return (cost, single)
  }

  private func resourceProduct(
    _ matrix: FabricMatrix, _ codes: [Int64], weightBits: Int
  ) -> (FabricLayerCost, FabricCycles) {
    let count = matrix.inputs * matrix.outputs
    let multipliers = count / reuse + (count % reuse > 0 ? 1 : 0)
    let single = FabricFlow.Timing.resourceDense(reuse: reuse)
    var cost = FabricLayerCost(single)
    cost.kind = isStream ? "stream" : "resource"
    cost.path = "folded products"
    cost.multipliers = multipliers
    let widest = Double(max(bits, weightBits))
    let folded = logic.folded
    func term(_ what: String, _ count: Double, _ each: Double, _ key: String) -> CostTerm {
      .product(what, count: count, each: each, key: key)
    }
    let (inputs, outputs) = (Double(matrix.inputs), Double(matrix.outputs))
    cost.set(
      .lut,
      [
        term("outputs by bits", outputs * widest, folded.lut[0], "folded_lut"),
        term("inputs", inputs, folded.lut[1], "folded_lut"),
        term("outputs", outputs, folded.lut[2], "folded_lut"),
        term("multipliers by bits", Double(multipliers) * widest, folded.lut[3], "folded_lut"),
      ])
    cost.set(
      .ff,
      [
        term("inputs", inputs, folded.ff[0], "folded_ff"),
        term("outputs", outputs, folded.ff[1], "folded_ff"),
        term("multipliers by bits", Double(multipliers) * widest, folded.ff[2], "folded_ff"),
      ])
    cost.set(
      .dsp,
      [
        .product(
          "multipliers", count: Double(multipliers),
          each: Double(flow.dsp.foldedBlocks(bits, weightBits, binding: binding)),
          key: "folded_dsp_bits")
      ])
    let memory = FabricMemory.foldedShape(codes: codes, width: weightBits, reuse: reuse)
    let isLogic = reuse == 1 || memory.words * memory.bits <= flow.romLogicBits
    cost.set(
      .bram18,
      [
        .count(
          "weights, \(memory.words) words of \(memory.bits) bits",
          isLogic ? 0 : Double(FabricMemory.blocks(words: memory.words, bits: memory.bits)))
      ])
    return (cost, single)
  }

  // MARK: Other layers

  private func simple(_ path: String, _ cycles: FabricCycles) -> FabricLayerCost {
    var cost = FabricLayerCost(cycles)
    cost.path = path
    cost.set(.dsp, [])
    cost.set(.bram18, [])
    return cost
  }

  /// Comparison, selection, rounding and saturation of each element.
  ///
  /// Measured: 28 LUT for 16 bits without rounding, 34 to 70 with it (`conformance/fpga/rows.json`).
  private func elements() -> FabricLayerCost {
    var cost = simple(
      "elements",
      isStream
        ? FabricFlow.streamElements(transfers: max(layer.inputTransfers, layer.outputTransfers))
        : flow.timing.relu(period: period))
    let rounds =
      formats.result.quantization != .truncate || formats.result.overflow != .wrap
    let each =
      1.75 * Double(bits) + (rounds ? 2.5 * Double(formats.result.width) : 0)
    cost.set(
      .lut,
      [
        CostTerm(
          "elements at once", .product(count: Double(lanes), constant: each, factor: 1),
          source: "conformance/fpga/rows.json, relu")
      ])
    cost.set(.ff, [])
    return cost
  }

  private func channelProducts(_ constants: TensorID) -> FabricLayerCost {
    var cost = simple(
      "constant products",
      isStream
        ? FabricFlow.streamProducts(transfers: layer.inputTransfers)
        : FabricCycles(
          latency: flow.timing.relu(period: period).latency + 1, interval: 1))
    cost.kind = isStream ? "stream" : "latency"
    guard let codes = graph[constants].constant?.int64, !codes.isEmpty else {
      return .unknown("products by computed scales")
    }
    var dsp = 0
    var lut = 0.0
    for (index, code) in codes.prefix(lanes).enumerated() {
      // Lanes that have this constant, which repeat by channels.
      let count = lanes / codes.count + (index < lanes % codes.count ? 1 : 0)
      let weights = ConstantProducts(inputs: 1, outputs: 1) { _, _ in code }
      let multipliers = LatencyMultipliers(
        weights, reuse: 1, inputBits: bits, rule: flow.dsp, binding: binding)
      dsp += count * multipliers.dsp
      if multipliers.count > 0, multipliers.dsp == 0 {
        lut += Double(count) * logic.multiplier.lut(bits: bits)
      }
      lut += Double(count * bits)
    }
    cost.set(.dsp, [.count("blocks of products by channel", Double(dsp))])
    cost.set(.lut, [.count("products and sums by channel", lut)])
    cost.unknown[.ff] = "no rule for flip-flops of products by channel"
    return cost
  }

  private func table(_ table: LookupTable) -> FabricLayerCost {
    var cost = simple(
      "table",
      isStream
        ? FabricFlow.streamElements(transfers: layer.inputTransfers) : FabricFlow.Timing.table)
    let copies = (lanes + 1) / 2
    cost.set(.bram18, [tables(copies, table, "tables, each for two elements")])
    cost.set(
      .lut,
      [
        CostTerm(
          "elements at once",
          .product(count: Double(lanes), constant: 9 * Double(bits), factor: 1),
          source: "conformance/fpga/rows.json, sigmoid: one row")
      ])
    cost.set(.ff, [])
    return cost
  }

  private func tables(_ count: Int, _ table: LookupTable, _ what: String) -> CostTerm {
    let each =
      table.size <= flow.tableLogicWords
      ? 0 : FabricMemory.blocks(words: table.size, bits: table.entry.width)
    return .product(what, count: Double(count), each: Double(each), key: "table_logic_words")
  }

  private func softmax(_ softmax: Softmax) -> FabricLayerCost {
    guard softmax.implementation != .argmax else { return .unknown("argmax") }
    let elements = softmax.slice
    let multipliers = isStream ? (elements + reuse - 1) / reuse : elements
    var cost = simple(
      "softmax",
      isStream
        ? FabricFlow.streamSoftmax(elements: elements, multipliers: multipliers)
        : flow.timing.softmax(
          elements: elements, isStable: softmax.implementation == .stable, period: period,
          inLogic: binding == .fabric))
    cost.waits = isStream
    cost.multipliers = multipliers
    // A product of table entries of 18 bits goes to a block whatever the threshold for weights.
    let each =
      binding == .fabric
      ? 0 : flow.dsp.blocks(softmax.exponential.entry.width, softmax.inverse.entry.width)
    cost.set(
      .dsp, [.product("multipliers", count: Double(multipliers), each: Double(each))])
    let count = deployment.target.softmaxTableCount(multipliers)
    cost.set(
      .bram18,
      [
        tables(max(count - 1, 0), softmax.exponential, "tables of exponentials"),
        tables(1, softmax.inverse, "table of inverses"),
      ])
    cost.set(
      .lut,
      [
        CostTerm(
          "elements",
          .product(count: Double(elements), constant: binding == .fabric ? 510 : 140, factor: 1),
          source: "conformance/fpga/rows.json, softmax: 68 to 155 a value, 510 without DSP blocks")
      ])
    cost.set(
      .ff,
      [
        CostTerm(
          "elements", .product(count: Double(elements), constant: 200, factor: 1),
          source: "conformance/fpga/rows.json, softmax: 33 to 237 a value")
      ])
    return cost
  }

  private func pool(isMaximum: Bool) -> FabricLayerCost {
    guard isStream else {
      // All windows at once: a tree of comparisons or additions.
      var cost = simple("windows", flow.timing.relu(period: period))
      cost.unknown[.lut] = "no report of io_parallel pools"
      cost.unknown[.ff] = "no report of io_parallel pools"
      return cost
    }
    var cost = simple("windows", flow.streamPool(pixels: layer.inputTransfers))
    cost.kind = "stream"
    if isMaximum {
      cost.set(
        .lut,
        [
          CostTerm(
            "channels by bits",
            .product(count: Double(layer.input.channels * bits), constant: 14, factor: 1),
            source: "conformance/fpga/rows.json, pooling2d_cl: 222 a channel of 16 bits")
        ])
      cost.set(
        .ff,
        [
          CostTerm(
            "channels by bits",
            .product(count: Double(layer.input.channels * bits), constant: 2.6, factor: 1),
            source: "conformance/fpga/rows.json, pooling2d_cl: 41 a channel of 16 bits")
        ])
    } else {
      cost.unknown[.lut] = "no report of average pools"
      cost.unknown[.ff] = "no report of average pools"
      cost.unknown[.dsp] = "no report of average pools"
    }
    return cost
  }

  private func pad(rows: Int, margin: Int) -> FabricLayerCost {
    var cost = simple(
      "zeros",
      isStream
        ? FabricFlow.streamPad(pixels: layer.outputTransfers, rows: rows, margin: margin)
        : FabricCycles(latency: 0, interval: 1))
    if isStream {
      cost.set(
        .lut,
        [
          CostTerm(
            "channels by bits",
            .product(count: Double(layer.input.channels * bits), constant: 2.1, factor: 1),
            source: "conformance/fpga/rows.json, zeropad2d_cl: 33 a channel of 16 bits")
        ])
      cost.set(.ff, [.count("counters", 30)])
    }
    return cost
  }

  /// The buffer behind a layer on streams: hls4ml gives it a place for every pixel of the result.
  private func addBuffer(_ cost: inout FabricLayerCost) {
    let depth = layer.outputTransfers
    let (channels, width) = (layer.output.channels, formats.result.width)
    // Vivado HLS has a buffer a channel, Vitis HLS one for all.
    let isSplit = flow.tool == .vivado
    let blocks = FabricMemory.fifoBlocks(
      depth: depth, bits: isSplit ? width : channels * width, lutramBits: flow.fifoLogicBits)
    let all = Double(blocks) * Double(isSplit ? channels : 1)
    let own = cost.terms[.bram18].map { [$0] } ?? []
    cost.set(.bram18, own + [.count("buffer of \(depth) transfers", all)])
  }
}
