import Documents
import HWModel
import QuantGraph

/// Puts stages under their folds together to a network's schedule.
struct FINNSchedule {
  let deployment: FINNDeployment
  let plans: [FINNPlan]
  let folds: [FINNFold]

  private static let resources: [CostQuantity] = [.lut, .ff, .dsp, .bram18]
  /// What no report says of cores of DSP blocks.
  private static let logic: [CostQuantity] = [.lut, .ff, .bram18]

  private var target: FINNTarget { deployment.target }
  private var graph: Graph { deployment.graph }
  private var stages: [FINNStage] { deployment.stages.stages }

  /// Cycles between two frames.
  var interval: Int { max(zip(plans, folds).map { $0.cycles($1) }.max() ?? 1, 1) }

  /// What the part has too little of, among what is counted.
  var excess: [FabricFit.Excess] {
    let terms = self.terms
    return Self.resources.compactMap { quantity in
      guard let available = target.resources.available(quantity) else { return nil }
      let used = terms.reduce(0) { $0 + ($1[quantity]?.value ?? 0) }
      return used > available
        ? FabricFit.Excess(quantity: quantity, used: used, available: available) : nil
    }
  }

  /// Whether the part has as much of everything that is counted.
  var fits: Bool { excess.isEmpty }

  /// Says what is too much, and what rate fits: that of so many cycles a frame, nil where none do.
  func addFit(_ cycles: Int?, to schedule: inout Schedule) {
    // A little less, so that as many cycles are asked for again.
    let rate = cycles.map { target.clockHz / Double($0) * (1 - 1e-9) }
    FabricFit.add(
      excess,
      words: rate.map { [.amount($0, unit: "frames/s")] }
        ?? [.words("no folding does; take narrower types or a larger part")],
      change: rate.map { ["frames_per_second": .amount($0)] } ?? .null, to: &schedule)
  }

  // MARK: Streams

  /// Elements and bits of one that travel at once.
  private struct Stream {
    let lanes: Int
    let bits: Int
    var width: Int { lanes.multipliedClamped(by: bits) }
  }

  /// The streams into and out of each part of a stage, in order.
  private func ports(_ index: Int) -> [(into: Stream, outOf: Stream)] {
    let (plan, fold) = (plans[index], folds[index])
    let bits = plan.data.bits
    var ports: [(Stream, Stream)] = []
    func add(_ into: Int, _ outOf: Int, _ result: Int? = nil) {
      ports.append((Stream(lanes: into, bits: bits), Stream(lanes: outOf, bits: result ?? bits)))
    }
    if plan.padding != nil { add(plan.channels, plan.channels) }
    if let window = plan.window {
      add(
        fold.window,
        fold.isParallelWindow
          ? fold.window.multipliedClamped(by: window.kernel.area) : fold.window)
    }
    switch plan.kind {
    case .matrix(let matrix):
      add(
        matrix.isDepthwise ? fold.rows * fold.columns : fold.columns, fold.rows, plan.result.bits)
    case .maximumPool: add(plan.channels, plan.channels)
    case .pool, .elements: add(fold.rows, fold.rows, plan.result.bits)
    case .none: break
    }
    return ports
  }

  /// Adds what connects two streams: buffers, and a converter between different widths, by way of the
  /// least width that both divide.
  private func connect(
    _ from: Stream?, _ to: Stream, _ terms: inout (lut: [CostTerm], ff: [CostTerm])
  ) {
    func buffer(_ width: Int) {
      let made = FINNBuffer(bits: min(width, 1 << 40))
      terms.lut.append(.count("buffer of \(width) bits", Double(made.lut)))
      terms.ff.append(.count("buffer of \(width) bits", Double(made.ff)))
    }
    func convert(_ input: Int, _ output: Int) {
      let made = FINNConverter(inputBits: input, outputBits: output)
      terms.lut.append(.count("converter of \(input) to \(output) bits", made.lut))
      terms.ff.append(.count("converter of \(input) to \(output) bits", made.ff))
    }
    guard let from, from.width != to.width, from.width > 0, to.width > 0,
      max(from.width, to.width) < 1 << 24
    else { return buffer(to.width) }
    buffer(from.width)
    if from.width % to.width == 0 || to.width % from.width == 0 {
      convert(from.width, to.width)
    } else {
      let common = from.width / Self.divisor(from.width, to.width) * to.width
      convert(from.width, common)
      convert(common, to.width)
    }
    buffer(to.width)
  }

  private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }

  // MARK: Terms

  /// What each stage takes, with the streams that lead into it.
  private var terms: [Cost.StepTerms] {
    var streams = [Stream?](repeating: nil, count: graph.tensors.count)
    return stages.indices.map { index in
      let node = graph.nodes[stages[index].node]
      let ports = ports(index)
      let inputs = node.inputs.filter { !graph[$0].isParameter }
      guard let first = ports.first, let last = ports.last else {
        let source = inputs.lazy.compactMap { streams[$0.index] }.first
        for output in node.outputs { streams[output.index] = source }
        return [:]
      }
      var links: (lut: [CostTerm], ff: [CostTerm]) = ([], [])
      // A join has two streams; other operands are constants.
      if case .join = stages[index].kind {
        for input in inputs { connect(streams[input.index], first.into, &links) }
      } else {
        connect(inputs.first.flatMap { streams[$0.index] }, first.into, &links)
      }
      for (before, after) in zip(ports, ports.dropFirst()) {
        connect(before.outOf, after.into, &links)
      }
      let isLast = node.outputs.allSatisfy { !deployment.stages.feedsHardware[$0.index] }
      if isLast { connect(nil, last.outOf, &links) }
      for output in node.outputs { streams[output.index] = last.outOf }
      return terms(index, links)
    }
  }

  private func terms(
    _ index: Int, _ links: (lut: [CostTerm], ff: [CostTerm])
  ) -> Cost.StepTerms {
    let (plan, fold) = (plans[index], folds[index])
    var (lut, ff) = (links.lut, links.ff)
    var terms: Cost.StepTerms = [:]
    if let padding = plan.padding {
      lut.append(.count("padding", padding.lut))
      ff.append(.count("padding", padding.ff))
    }
    if let buffer = plan.buffer(fold) {
      lut.append(.count("windows of \(buffer.words) words", buffer.lut))
      ff.append(.count("windows of \(buffer.words) words", buffer.ff))
    }
    let logic = target.logic
    switch plan.kind {
    case .matrix(let matrix):
      let unit = matrix.unit(fold, inputBits: plan.data.bits)
      let counts = unit.logic
      // Thresholds stand behind a core of DSP blocks as a unit of their own.
      let tables =
        matrix.core != .hls
        ? []
        : [
          ("bits of accumulators", counts.accumulatorBits),
          ("bits of thresholds and comparators", counts.thresholdTables),
          ("bits of the vector that is kept", counts.vectorBits),
        ]
      for (place, (what, count)) in tables.enumerated() {
        lut.append(
          .product(what, count: count, each: logic.matrixLUT[place], key: "matrix_lut"))
      }
      let registers =
        matrix.core != .hls
        ? []
        : [
          ("bits of accumulators", counts.accumulatorBits),
          ("bits of thresholds", counts.thresholdBits),
          ("bits of the vector that is kept", counts.vectorBits),
          ("bits of operands", counts.operandBits),
        ]
      for (place, (what, count)) in registers.enumerated() {
        ff.append(.product(what, count: count, each: logic.matrixFF[place], key: "matrix_ff"))
      }
      terms[.energy] = deployment.energy.term(
        macs: graph.multiplyAccumulates(of: graph.nodes[stages[index].node]),
        weights: matrix.weights.bits, data: plan.data.bits, accumulator: matrix.accumulator.bits)
      terms[.dsp] = .count(
        "multipliers of \(fold.rows) rows by \(fold.columns), \(unit.core.rawValue)",
        Double(unit.dsp))
      let blocks = [
        CostTerm.count("weights of \(unit.turns) words", Double(unit.weightHalves)),
        .count("\(unit.thresholds) thresholds", Double(unit.thresholdHalves)),
      ].filter { $0.value > 0 }
      if !blocks.isEmpty { terms[.bram18] = .sum("BRAM of the layer", blocks) }
      if unit.weightHalves > 0 {
        let bits = Double(fold.rows * fold.columns * unit.weightBits)
        for (place, count) in [bits, 1].enumerated() {
          let what = place == 0 ? "bits of weights at once" : "memory of weights"
          lut.append(
            .product(what, count: count, each: logic.streamLUT[place], key: "stream_lut"))
          ff.append(.product(what, count: count, each: logic.streamFF[place], key: "stream_ff"))
        }
      }
    case .maximumPool(let pool):
      lut.append(.count("maximum", pool.lut))
      ff.append(.count("maximum", pool.ff))
    case .pool, .elements:
      // One adder or comparator an element at once and its register, or thresholds as matrix units have
      // them: structures that nobody measured by themselves.
      let bits = Double(fold.rows * max(plan.data.bits, plan.result.bits))
      lut.append(.count("elements at once", bits))
      ff.append(.count("elements at once", bits))
      if let unit = plan.thresholds(fold) {
        let counts = unit.logic
        lut.append(
          .product(
            "bits of thresholds and comparators", count: counts.thresholdTables,
            each: logic.matrixLUT[1], key: "matrix_lut"))
        ff.append(
          .product(
            "bits of thresholds", count: counts.thresholdBits, each: logic.matrixFF[1],
            key: "matrix_ff"))
        if unit.thresholdHalves > 0 {
          terms[.bram18] = .count("\(unit.thresholds) thresholds", Double(unit.thresholdHalves))
        }
      }
    case .none: break
    }
    lut.removeAll { $0.value == 0 }
    ff.removeAll { $0.value == 0 }
    terms[.lut] = .sum("LUT of the layer", lut)
    terms[.ff] = .sum("FF of the layer", ff)
    if isUnreported(plan) { for quantity in Self.logic { terms[quantity] = nil } }
    return terms
  }

  // MARK: The whole

  /// Whether all that runs is of kinds that were measured.
  private var isMeasured: Bool {
    zip(stages, plans).allSatisfy { stage, plan in
      switch plan.kind {
      case .pool, .elements: false
      case .matrix(let matrix): !matrix.isDepthwise && matrix.core == .hls
      default: true
      }
    }
  }

  private func basis(_ quantity: String, _ model: String) -> CostBasis {
    .estimate(model: model, error: isMeasured ? target.error(of: quantity) : nil)
  }

  private func isUnreported(_ plan: FINNPlan) -> Bool {
    if case .matrix(let matrix) = plan.kind { matrix.core != .hls } else { false }
  }

  /// Why logic is unknown: cores of DSP blocks, of which there is no report.
  private var unknownLogic: String? {
    for (stage, plan) in zip(stages, plans) {
      if isUnreported(plan) {
        return "no report of matrix units in RTL ('\(graph.nodes[stage.node].name)')"
      }
    }
    return nil
  }

  private var unknown: String? {
    for stage in stages {
      if case .unknown(let reason) = stage.kind {
        return "no rule for \(reason) ('\(graph.nodes[stage.node].name)')"
      }
    }
    return nil
  }

  /// Rows and columns of what a stage makes.
  private func positions(_ index: Int) -> FINNWindowBuffer.Plane {
    let node = graph.nodes[stages[index].node]
    let image =
      (graph.window(node)?.positions).map { Array($0) }
      ?? node.outputs.first.map { Array(graph[$0].shape.extents.dropFirst(2)) } ?? []
    switch image.count {
    case 0: return .init(1, 1)
    case 1: return .init(1, max(image[0], 1))
    default: return .init(max(image[0], 1), max(image[1], 1))
    }
  }

  /// The stages as units one behind the other; nil where streams fork or join.
  private var pipeline: FINNPipeline? {
    var units: [FINNPipeline.Unit] = []
    for index in stages.indices {
      let stage = stages[index]
      if case .host = stage.kind { continue }
      guard graph.nodes[stage.node].outputs.allSatisfy({ graph.index.readerCount(of: $0) <= 1 })
      else { return nil }
      let window: Window?
      switch stage.kind {
      case .wires: continue
      case .host, .join, .unknown: return nil
      case .maximumPool(let window):
        guard let last = units.popLast(), last.gathered == 1 else { return nil }
        units.append(
          .init(
            positions: last.positions, cycles: max(last.cycles, plans[index].cycles(folds[index])),
            stride: last.stride, reach: last.reach,
            gathered: window.kernel.count > 1 ? window.kernel[0] : 1))
        continue
      case .matrix(let matrix): window = matrix.window
      case .pool(let own): window = own
      case .imageSum, .elements: window = nil
      }
      let positions = positions(index)
      var (stride, reach) = (1, 0)
      if let window, window.kernel.count > 1 {
        stride = window.strides[0]
        reach = (window.kernel[0] - 1) * window.dilations[0] - window.before[0]
      }
      // One row of many is made of all of them.
      if positions.rows == 1 { reach = 1 << 24 }
      units.append(
        .init(
          positions: positions, cycles: plans[index].cycles(folds[index]), stride: stride,
          reach: reach, gathered: 1))
    }
    return FINNPipeline(units)
  }

  /// Cycles from the first element of a frame to its last result where no buffer is too short: the
  /// slowest stage, and what each window and product waits for on the longest way.
  private var unhindered: Int {
    var reached = [Int](repeating: 0, count: graph.tensors.count)
    var longest = 0
    for index in stages.indices {
      let node = graph.nodes[stages[index].node]
      let (plan, fold) = (plans[index], folds[index])
      var wait = 0
      if let buffer = plan.buffer(fold) {
        let words = buffer.image.area.multipliedClamped(by: plan.channels / fold.window)
        wait = Int(Double(interval) * min(Double(buffer.words) / Double(max(words, 1)), 1))
      }
      if case .matrix(let matrix) = plan.kind {
        wait = wait.addedClamped(
          matrix.cycles(rows: fold.rows, columns: fold.columns) / max(matrix.vectors, 1))
      }
      let start = node.inputs.reduce(0) { max($0, reached[$1.index]) }
      let end = start.addedClamped(wait)
      for output in node.outputs { reached[output.index] = end }
      longest = max(longest, end)
    }
    return longest.addedClamped(interval)
  }

  func schedule(asked: Double?) -> Schedule {
    let all = terms
    let steps = stages.indices.filter { stages[$0].isStep }.map { step($0, all[$0]) }
    var rules: [Cost.Rule] = []
    var unknowns: [Schedule.Unknown] = []
    let reason = unknown
    func add(_ quantity: CostQuantity, _ fold: Cost.Fold, _ basis: CostBasis) {
      let available = target.resources.available(quantity)
      let isLogic = Self.logic.contains(quantity)
      if let reason = reason ?? (isLogic ? unknownLogic : nil) {
        unknowns.append(.init(quantity, available: available, reason: reason))
      } else {
        rules.append(.init(quantity, fold, basis: basis, available: available))
      }
    }
    let free = unhindered
    let latency = pipeline?.frameCycles.map { max($0, interval) } ?? free
    let time = basis("cycles", "rows of units that wait for each other")
    add(.cycles, .whole(.count("cycles from the first element to the last", Double(latency))), time)
    if reason == nil {
      rules.append(.init(.latency, .scaled(.cycles, by: 1, over: target.clockHz), basis: time))
    } else {
      add(.latency, .sum, time)
    }
    add(
      .interval, .whole(.count("cycles of the slowest stage", Double(interval))),
      basis("ii", "slowest stage"))
    add(.lut, .sum, basis("lut", "units and streams by their folds, fitted LUT a bit"))
    add(.ff, .sum, basis("ff", "units and streams by their folds, fitted flip-flops a bit"))
    add(.dsp, .sum, basis("dsp", "multipliers at once"))
    add(.bram18, .sum, basis("bram18", "memories by aspect ratio"))
    add(.energy, .sum, deployment.energy.basis)
    if target.resources.uram > 0 {
      rules.append(
        .init(
          .uram, .whole(.count("weights are bound to block RAM", 0)),
          available: target.resources.available(.uram)))
    }
    var schedule = Schedule(
      steps: steps, rules: rules, macs: steps.reduce(0) { $0 + $1.macs },
      clockHz: target.clockHz, columns: [.cycles, .lut, .ff, .dsp, .bram18])
    schedule.unknowns = unknowns
    let rate = target.clockHz / Double(interval)
    schedule.sections = [
      .init(key: "ii", value: reason == nil ? .integer(interval) : .null),
      .init(key: "frames_per_second", value: reason == nil ? .amount(rate) : .null),
    ]
    if reason == nil {
      var words: [Schedule.Remark.Part] = [.amount(rate, unit: "frames/s")]
      if let asked, rate < asked {
        words += [
          .words(" of the "), .amount(asked, unit: "frames/s"), .words(" that are asked for"),
        ]
      } else if asked == nil {
        words.append(.words(", halving cycles as long as the part has room"))
      }
      schedule.remarks.append(.init("rate", words))
    }
    schedule.notes = notes(unhindered: reason == nil ? free : nil)
    return schedule
  }

  /// What a reader must know; `cycles` are those of a frame where no buffer is too short, nil where
  /// nobody knows.
  private func notes(unhindered cycles: Int?) -> [String] {
    var notes = [
      "buffers between units have two entries; those of branches that meet again, and around pools, must be "
        + "longer for the full rate"
        + (cycles.map { ", a frame then takes about \($0) cycles" } ?? "")
        + "; a simulation of the build decides how long"
    ]
    let isNarrow = zip(plans, folds).contains { plan, _ in
      guard case .matrix(let matrix) = plan.kind, matrix.core == .hls else { return false }
      return min(matrix.weights.bits, plan.data.bits) > 1
        && matrix.weights.bits + plan.data.bits < 11
    }
    if isNarrow {
      notes.append(
        "products narrower than 3 x 8 bits may take look-up tables: their DSP are the most that there are"
      )
    }
    notes.append(deployment.energy.note)
    return notes
  }

  private func step(_ index: Int, _ terms: Cost.StepTerms) -> Schedule.Step {
    let (stage, plan, fold) = (stages[index], plans[index], folds[index])
    let node = graph.nodes[stage.node]
    var terms = terms
    let parts = plan.parts(fold)
    if !parts.isEmpty {
      terms[.cycles] = CostTerm(
        "parts that work at the same time",
        .maximum(parts.map { .count($0.name, Double($0.cycles)) }))
    }
    var bits: [Schedule.Amount<Int>] = []
    if case .matrix(let matrix) = plan.kind { bits.append(.init("weight", matrix.weights.bits)) }
    if !parts.isEmpty { bits.append(.init("input", plan.data.bits)) }
    var step = Schedule.Step(
      name: node.name, node: stage.node, operation: node.operation.name, path: path(index),
      shape: node.outputs.first.map { graph[$0].shape.extents } ?? [],
      macs: graph.multiplyAccumulates(of: node), bits: bits, terms: terms)
    guard !parts.isEmpty else { return step }
    step.sections =
      [
        .init(key: "pe", value: .integer(fold.rows)),
        .init(key: "simd", value: .integer(fold.columns)),
        .init(key: "window_simd", value: plan.window == nil ? .null : .integer(fold.window)),
        .init(key: "accumulator_bits", value: accumulatorBits(plan)),
        .init(key: "ii", value: .integer(plan.cycles(fold))),
      ]
      + Self.resources.map { quantity in
        let isKnown = !isUnreported(plan) || !Self.logic.contains(quantity)
        return .init(
          key: quantity.name, value: isKnown ? .amount(terms[quantity]?.value ?? 0) : .null)
      }
    return step
  }

  private func accumulatorBits(_ plan: FINNPlan) -> JSON {
    if case .matrix(let matrix) = plan.kind { .integer(matrix.accumulator.bits) } else { .null }
  }

  private func path(_ index: Int) -> String {
    let fold = folds[index]
    switch stages[index].kind {
    case .matrix:
      var words = "\(fold.rows) PE x \(fold.columns) SIMD"
      if case .matrix(let matrix) = plans[index].kind, matrix.core != .hls {
        words += ", \(matrix.core.rawValue)"
      }
      return words
    case .maximumPool: return "all channels"
    case .pool, .imageSum, .join, .elements: return "\(fold.rows) PE"
    case .wires: return "wires"
    case .host: return "host"
    case .unknown: return "no rule"
    }
  }
}
