import Arith
import Documents
import HWModel
public import QuantGraph

/// A network on one microcontroller: a quantized graph as it is, a float network as a converter to 8
/// bits would write it (``IntegerDeployment``).
public struct MCUDeployment: DeployedWorkload {
  public let estimator: MCUEstimator
  private let device: MCUDevice
  /// The 8-bit form of a float network; nil for a quantized graph.
  private let form: IntegerDeployment?
  /// Names of the workload's nodes, for layers of ``form``.
  private let names: [String]
  private let limits: [String: Double]
  private let patching: (request: PatchRequest, planner: PatchPlanner)?
  /// The graph whose positions choices have, where its tiles have formats of their own.
  private let tiled: PatchedGraph?
  /// By node of ``graph``, the step of memory in which it runs.
  private let memorySteps: [Int?]
  /// Whether the file is a TensorFlow Lite model of floats, which runs as it is.
  private let isFloatFile: Bool

  public var graph: Graph { estimator.graph }
  private var target: MCUTarget { estimator.target }

  /// - Parameters:
  ///   - workload: the network; see ``MCUFamily`` for its options.
  ///   - device: board and stack.
  /// - Throws: ``DeviceProblems`` with every node that has no cost.
  public init(_ workload: Workload, on device: MCUDevice) throws(DeviceProblems) {
    let isFloatFile = workload.graph.isFloatFile
    self.isFloatFile = isFloatFile
    self.device = isFloatFile ? MCUDevice(device.target.withoutLatency()) : device
    names = workload.graph.nodes.map(\.name)
    limits = workload.limits
    tiled = workload.tiled
    let request = try PatchRequest(
      patch: workload.options["patch"],
      splitAfter: workload.options["split-after"].map(Self.block))
    try Self.checkKernels(workload)
    try Self.checkDetectors(workload, on: device.target)
    var graph = workload.graph
    if let control = workload.graph.program?.main.first(where: {
      ["IF", "WHILE"].contains($0.name)
    }) {
      throw DeviceProblems(
        Diagnostic(
          code: "estimate.unsupported-op",
          message: "the memory of the subgraphs that \(control.name) runs has no rule",
          location: workload.place, remedy: "convert the model without control flow."))
    }
    if isFloatFile {
      try Self.checkFloatKernels(workload, on: device.target)
      form = nil
    } else if graph.isFloat {
      do throws(IntegerDeploymentError) {
        let form = try IntegerDeployment(graph)
        graph = form.graph
        self.form = form
      } catch {
        switch error {
        case .unsupported(let node, let reason):
          throw DeviceProblems(
            Diagnostic(
              code: "estimate.unsupported-op",
              message: "node '\(node)' has no 8-bit form: \(reason)", location: workload.place,
              remedy: "convert the model to TFLite with full integer quantization."))
        }
      }
    } else {
      try Self.checkQuantized(workload)
      form = nil
    }
    do throws(ArenaError) {
      estimator = try MCUEstimator(
        graph, target: self.device.target, modelBytes: form == nil ? workload.modelBytes : nil)
    } catch {
      throw DeviceProblems(Diagnostic(error))
    }
    if let request {
      do throws(PatchScheduleError) {
        patching = (request, try PatchPlanner(graph))
      } catch {
        throw DeviceProblems(Diagnostic(error))
      }
    } else {
      patching = nil
    }
    var steps = [Int?](repeating: nil, count: graph.nodes.count)
    for (index, step) in estimator.lifetimes.steps.enumerated() {
      for node in step.nodes { steps[node] = index }
    }
    memorySteps = steps
  }

  public var notes: [String] {
    guard form != nil else { return [] }
    let form =
      "costs on \(target.description.id) are those of the float network as a converter to 8 bits "
      + "would write it (channels last, ReLU and normalizations inside layers), with the widths of "
      + "each allocation"
    guard target.storesModelFile else { return [form] }
    return [form, "flash counts weights, biases and scales, not the headers of a model file"]
  }

  public func notes(forBits bits: [Int]) -> [String] {
    var notes: [String] = []
    if target.latency != nil, bits.contains(where: { $0 < 8 }) {
      notes.append(
        "the latency model was measured with 8 bits; unpacking narrower codes is counted in "
          + "instructions, which nobody measured: they save memory, not time")
    }
    if target.latency != nil, bits.contains(where: { $0 > 8 }) {
      notes.append("codes of more than 8 bits: time is that of 8 bits, error unknown")
    }
    if !target.hasSubByteWeights, bits.contains(where: { $0 < 8 }) {
      notes.append(
        "this stack has no kernels for codes of less than 8 bits: taken as CMix-NN's would be")
    }
    return notes
  }

  public func step(ofNode node: Int) -> Int? {
    guard let form else { return graph.nodes.indices.contains(node) ? node : nil }
    return names.indices.contains(node) ? form.node(ofLayer: names[node]) : nil
  }

  // MARK: What runs

  private static func block(_ text: String) throws(DeviceProblems) -> Int {
    if let block = Int(text) { return block }
    throw DeviceProblems(
      Diagnostic(
        code: "usage.arguments", message: "--split-after \(text) is no number of a block",
        remedy: "write --patch 3 --split-after 2."))
  }

  private static func checkKernels(_ workload: Workload) throws(DeviceProblems) {
    let graph = workload.graph
    let problems = graph.nodes.enumerated().filter { !MCULayerWork.knows($1.operation) }.map {
      Diagnostic(
        code: "estimate.unsupported-op",
        message: "operator '\($1.operation.name)' has no cost on a microcontroller",
        location: workload.place(ofNode: $0),
        remedy: "convert the model to TFLite with full integer quantization, or give the float "
          + "ONNX network: its 8-bit form is estimated.")
    }
    if !problems.isEmpty { throw DeviceProblems(problems) }
  }

  /// Detectors that TensorFlow Lite Micro stops at, or writes past the results of, have no memory there.
  private static func checkDetectors(
    _ workload: Workload, on target: MCUTarget
  ) throws(DeviceProblems) {
    guard target.planner == .greedy else { return }
    var problems: [Diagnostic] = []
    for node in workload.graph.nodes {
      guard case .detections = node.operation else { continue }
      do throws(DatapathError) {
        _ = try TFLiteMicro().plan(node, in: workload.graph, inputs: [])
      } catch {
        problems.append(Diagnostic(error, node: node, file: workload.place))
      }
    }
    if !problems.isEmpty { throw DeviceProblems(problems) }
  }

  /// TensorFlow Lite Micro's kernels on floats need float32 weights that stand in the file as such.
  ///
  /// Source: tflite-micro, `kernels/{conv_common,fully_connected_common,dequantize_common}.cc`.
  private static func checkFloatKernels(
    _ workload: Workload, on target: MCUTarget
  ) throws(DeviceProblems) {
    guard target.planner == .greedy else { return }
    let graph = workload.graph
    var problems: [Diagnostic] = []
    func refuse(_ message: String, _ place: String?) {
      problems.append(
        Diagnostic(
          code: "estimate.not-quantized", message: message, location: place,
          remedy:
            "convert with a representative_dataset (full integer quantization), or without any "
            + "quantization."))
    }
    for (index, node) in graph.nodes.enumerated() {
      guard let weights = graph.weights(of: node), case .affine = graph[weights].encoding else {
        continue
      }
      refuse(
        "TensorFlow Lite Micro refuses layers with float data and integer weights",
        workload.place(ofNode: index))
    }
    if let half = graph.tensors.first(where: { $0.encoding == .float(.float16) }) {
      refuse(
        "TensorFlow Lite Micro has no DEQUANTIZE of float16 ('\(half.name)')", workload.place)
    }
    if !problems.isEmpty { throw DeviceProblems(problems) }
  }

  /// Layers with weights need codes: a microcontroller's kernels are integer ones.
  private static func checkQuantized(_ workload: Workload) throws(DeviceProblems) {
    let graph = workload.graph
    var problems: [Diagnostic] = []
    for (index, node) in graph.nodes.enumerated() {
      guard graph.weights(of: node) != nil, let input = node.inputs.first else { continue }
      if case .affine = graph[input].encoding { continue }
      problems.append(
        Diagnostic(
          code: "estimate.not-quantized",
          message: "'\(graph[input].name)' is \(graph[input].encoding.name), not integers with a "
            + "scale", location: workload.place(ofNode: index),
          remedy: "quantize the model (full integer quantization, .tflite) before estimating, or "
            + "give the float ONNX network."))
    }
    if !problems.isEmpty { throw DeviceProblems(problems) }
  }

  // MARK: The schedule

  public func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(DeviceProblems) -> Schedule {
    let allocation: CodeWidths?
    var tiles: PatchWidths?
    if let tiled {
      tiles = try quantizedAllocation(choices, in: tiled.graph).map {
        PatchWidths($0, of: tiled, in: graph)
      }
      allocation = tiles?.whole
    } else {
      allocation = try self.allocation(choices)
    }
    do throws(PatchScheduleError) {
      return try schedule(allocation, tiles: tiles, for: keys)
    } catch {
      throw DeviceProblems(Diagnostic(error))
    }
  }

  private func schedule(
    _ allocation: CodeWidths?, tiles: PatchWidths?, for keys: Set<String>?
  ) throws(PatchScheduleError) -> Schedule {
    func needs(_ quantity: CostQuantity) -> Bool { keys?.contains(quantity.key) ?? true }
    var memory: MCUEstimator.Memory?
    var patches: MCUPatches?
    do throws(ArenaError) {
      if needs(.sram) || patching != nil { memory = try estimator.memory(allocation) }
    } catch {
      throw .size(error)
    }
    if let patching, let memory {
      let bound = limits[CostQuantity.sram.key].map { Int(min(max($0, 0), 0x1p62)) }
      patches = try estimator.patches(
        patching.request, patching.planner, memory,
        available: min(target.sramBytes, bound ?? .max), widths: tiles)
    }
    let layers = estimator.layers(allocation, patches: patches?.schedule)
    var rules: [Cost.Rule] = []
    if target.latency != nil {
      let basis = latencyBasis(layers, isPatched: patches?.schedule != nil)
      rules.append(.init(.cycles, .sum, basis: basis))
      rules.append(.init(.latency, .scaled(.cycles, by: 1, over: target.clockHz), basis: basis))
    }
    var flash: MCUEstimator.Flash?
    if needs(.flash) {
      let found = estimator.flash(allocation, patches: patches?.schedule)
      rules.append(rule(found))
      flash = found
    }
    if let memory { rules.append(rule(memory, patches?.schedule)) }
    if target.latency != nil, let power = target.activePowerW {
      rules.append(
        .init(
          .energy, .scaled(.latency, by: power, over: 1), basis: device.basis(of: .energy),
          remark: "mean power of the measured runs"))
    }
    var peak: Schedule.Peak?
    var live: [Int] = []
    if keys == nil {
      do throws(ArenaError) {
        (peak, live) = try estimator.peak(allocation)
      } catch {
        throw .size(error)
      }
    }
    var schedule = Schedule(
      steps: graph.nodes.indices.map { step($0, layers: layers, live: live) }, rules: rules,
      macs: estimator.macs, clockHz: target.clockHz, columns: [.cycles])
    guard keys == nil, let memory, let flash else { return schedule }
    schedule.peak = peak
    schedule.factor = target.latency.map {
      .init(
        key: "core_factor", title: "x core", value: $0.coreFactor,
        constants: ["dmips_per_mhz", "core_factor"])
    }
    let cycles = schedule.cost[CostQuantity.cycles.key]?.value
    let seconds = schedule.cost[CostQuantity.latency.key]?.value
    schedule.remarks = patches?.remarks(seconds: seconds) ?? []
    var interval = JSON.null
    if let found = target.latencyInterval, let seconds {
      schedule.remarks.append(
        .init(
          "interval",
          [
            .amount(seconds / found.factor, unit: "s"), .words(" to "),
            .amount(seconds * found.factor, unit: "s"),
            .words(
              found.isOfOtherBoards
                ? " with 90 %: nothing was measured on this board"
                : " with 90 %: few measured rows of this stack are of its core class"),
          ]))
      interval = [
        "low_seconds": .number(seconds / found.factor),
        "high_seconds": .number(seconds * found.factor), "factor": .number(found.factor),
        "probability": .number(0.9), "source": .string(found.source),
      ]
    }
    let sram = Saturating.integer(schedule.cost[CostQuantity.sram.key]?.value ?? 0)
    schedule.sections = [
      .init(key: "memory", value: section(memory, flash, sramBytes: sram)),
      .init(key: "latency_interval", value: interval),
      .init(
        key: "patch",
        value: patches?.section(sramBytes: sram, cycles: cycles, seconds: seconds) ?? .null),
    ]
    schedule.notes = notes + self.notes(allocation, tiles)
    return schedule
  }

  /// The error that was measured for such an estimate: none for schedules and widths that nobody
  /// measured.
  private func latencyBasis(_ layers: [MCUEstimator.Layer], isPatched: Bool) -> CostBasis {
    let isMeasured = zip(layers, estimator.work).allSatisfy { layer, work in
      work.kernel == .elementwise || work.kernel == .none || layer.widths == .init()
    }
    guard case .estimate(let model, let error) = device.basis(of: .latency) else { return .exact }
    return .estimate(model: model, error: isMeasured && !isPatched ? error : nil)
  }

  private func rule(_ flash: MCUEstimator.Flash) -> Cost.Rule {
    Cost.Rule(
      .flash,
      .whole(
        .sum(
          "flash",
          [
            .count("weights", Double(flash.weightBytes)),
            .count(
              target.storesModelFile ? "rest of the file" : "tables", Double(flash.tableBytes)),
            .count("code", Double(flash.codeBytes), note: "estimate"),
          ])), basis: device.basis(of: .flash), available: Double(target.flashBytes))
  }

  private static func words(_ error: MeasuredError) -> String {
    "; SRAM of published networks was off by \(Int(error.median))% in the median"
      + (error.worst.map { ", \(Int($0))% at worst" } ?? "")
  }

  private func rule(_ memory: MCUEstimator.Memory, _ patches: PatchSchedule?) -> Cost.Rule {
    var parts: [CostTerm]
    if let patches {
      parts = [
        .count("activations of patches", Double(patches.peakBytes[.plain])),
        .count("image", Double(patches.imageBytes)),
      ]
    } else {
      parts = [
        .count(
          "arena head", Double(memory.arenaHeadBytes),
          note: target.planner == .greedy
            ? "exact plan" : "best plan found" + (target.memoryError.map(Self.words) ?? ""))
      ]
    }
    if memory.persistentBytes > 0 {
      parts.append(.count("persistent", Double(memory.persistentBytes), note: "model"))
    }
    parts.append(.count("runtime", Double(memory.runtimeBytes), note: "estimate"))
    return Cost.Rule(
      .sram, .whole(.sum("SRAM", parts)), basis: device.basis(of: .sram),
      available: Double(target.sramBytes))
  }

  private func step(
    _ index: Int, layers: [MCUEstimator.Layer], live: [Int]
  ) -> Schedule.Step {
    let node = graph.nodes[index]
    let work = estimator.work[index]
    let layer = layers.indices.contains(index) ? layers[index] : nil
    var bits: [Schedule.Amount<Int>] = []
    if let widths = layer?.widths {
      if work.weights > 0 { bits.append(.init("weight", widths.weights)) }
      bits += [.init("input", widths.input), .init("output", widths.output)]
    }
    let (all, some) = (work.counts, work.liveCounts)
    var step = Schedule.Step(
      name: node.name, node: index, operation: node.operation.name, path: work.kernel.rawValue,
      shape: node.outputs.first.map { graph[$0].shape.extents } ?? [],
      macs: graph.multiplyAccumulates(of: node), bits: bits,
      work: [
        .init("macs", all.macs), .init("outputs", all.outputs),
        .init("gathered_inputs", all.gatheredInputs), .init("elements", all.elements),
        .init("live_macs", some.macs), .init("live_outputs", some.outputs),
        .init("live_gathered_inputs", some.gatheredInputs), .init("live_elements", some.elements),
      ],
      liveBytes: memorySteps[index].flatMap { live.indices.contains($0) ? live[$0] : nil },
      terms: layer.map { [.cycles: $0.cost] } ?? [:])
    step.tiles = layer?.tileCycles ?? []
    return step
  }

  private func section(
    _ memory: MCUEstimator.Memory, _ flash: MCUEstimator.Flash, sramBytes: Int
  ) -> JSON {
    [
      "sram_bytes": .integer(sramBytes),
      "arena_head_bytes": .integer(memory.arenaHeadBytes),
      "arena_total_bytes": .integer(memory.arenaTotalBytes),
      "arena_total_bytes_host64": .integer(memory.arenaTotalBytesHost64),
      "runtime_ram_bytes": .integer(memory.runtimeBytes),
      "liveness_bytes": .integer(memory.livenessBytes),
      "flash_bytes": .integer(flash.totalBytes),
      "weight_bytes": .integer(flash.weightBytes),
      "table_bytes": .integer(flash.tableBytes),
      "code_bytes": .integer(flash.codeBytes),
    ]
  }

  private func notes(_ allocation: CodeWidths?, _ tiles: PatchWidths?) -> [String] {
    var notes: [String] = []
    if isFloatFile {
      notes.append("no latency model: kernels on floats were not measured")
    } else if target.latency == nil {
      notes.append("no latency model: nothing on this core or accelerator was measured")
    }
    let unmodelled = estimator.work.indices.filter { !estimator.work[$0].isModelled }
    if !unmodelled.isEmpty, target.latency != nil {
      let names = unmodelled.prefix(3).map { graph.nodes[$0].name }
      notes.append(
        "latency leaves out the inner loops of \(names.joined(separator: ", "))"
          + (unmodelled.count > 3 ? " and \(unmodelled.count - 3) more" : "")
          + ": no such layer was measured")
    }
    let weightWidths = (allocation?.weightBits ?? []).compactMap(\.self)
    let activationWidths =
      (allocation?.tensorBits ?? []).compactMap(\.self) + (tiles?.all ?? [])
    let isNarrow = (weightWidths + activationWidths).contains { $0 < 8 }
    if isNarrow {
      notes.append(
        "codes of less than 8 bits save memory, not time: cores without such instructions unpack "
          + "them; unpacking is counted in instructions, error unknown")
      let lacksWeights = !target.hasSubByteWeights && weightWidths.contains { $0 < 8 }
      let lacksActivations =
        !target.hasSubByteActivations && activationWidths.contains { $0 < 8 }
      if lacksWeights || lacksActivations {
        notes.append(
          "\(target.description.text("stack") ?? "this stack") has no such kernels: taken as "
            + "CMix-NN's would be, codes packed")
      }
    }
    if (weightWidths + activationWidths).contains(where: { $0 > 8 }) {
      notes.append("codes of more than 8 bits: time is that of 8 bits, error unknown")
    }
    return notes
  }

  // MARK: Widths

  /// Bits of weights and tensors of ``graph`` under a choice; nil if nothing differs from the model.
  ///
  /// Layers of a float network that a choice does not name have 8 bits.
  ///
  /// - Throws: ``DeviceProblems`` for formats, groupings and registers that kernels do not have.
  public func allocation(
    _ choices: FormatChoices
  ) throws(DeviceProblems) -> CodeWidths? {
    guard let form else { return try quantizedAllocation(choices, in: graph) }
    var layers: [(name: String, weights: Int, activations: Int)] = []
    for (index, name) in names.enumerated() {
      let choice = choices.nodes[index]
      guard form.hasLayer(name) else {
        guard choice == nil else {
          throw refusal("layer '\(name)' is none on '\(target.description.id)'")
        }
        continue
      }
      if let choice { try checkKernels(of: choice, layer: name) }
      let uniform = choices.uniform
      let weights = try choice?.weights.map { encoding throws(DeviceProblems) in
        try width(encoding, "weights", name)
      }
      let data = try choice?.data.map { encoding throws(DeviceProblems) in
        try width(encoding, "activations", name)
      }
      layers.append((name, weights ?? uniform?.weights ?? 8, data ?? uniform?.activations ?? 8))
    }
    return form.allocation(layers)
  }

  private func quantizedAllocation(
    _ choices: FormatChoices, in graph: Graph
  ) throws(DeviceProblems) -> CodeWidths? {
    guard !choices.isEmpty else { return nil }
    var result = CodeWidths(
      graph, weights: choices.uniform?.weights, activations: choices.uniform?.activations)
    func bits(_ encoding: Encoding, _ place: String) throws(DeviceProblems) -> Int {
      if let width = encoding.scalarWidth, (1...64).contains(width) { return width }
      throw DeviceProblems(
        Diagnostic(
          code: "allocation.value", message: "\(encoding.name) has no width of one code",
          location: place, remedy: "take an integer format such as int<4>."))
    }
    for (index, choice) in choices.nodes.sorted(by: { $0.key < $1.key }) {
      let name = graph.nodes[index].name
      try checkKernels(of: choice, layer: name)
      if let weights = choice.weights {
        result.weightBits[index] = try bits(weights, "weights of layer '\(name)'")
      }
      if let data = choice.data, let input = graph.nodes[index].inputs.first {
        result.tensorBits[input.index] = try bits(data, "activations of layer '\(name)'")
      }
    }
    for (index, encoding) in choices.tensors.sorted(by: { $0.key < $1.key }) {
      result.tensorBits[index] = try bits(encoding, "tensor '\(graph.tensors[index].name)'")
    }
    return result
  }

  private func refusal(_ reason: String) -> DeviceProblems {
    DeviceProblems(
      Diagnostic(
        code: "cost.unsupported", message: reason,
        remedy: "leave that candidate out, or choose another target or objective."))
  }

  private func checkKernels(
    of choice: FormatChoices.Node, layer: String
  ) throws(DeviceProblems) {
    let target = target.description.id
    if let grouping = choice.grouping {
      throw refusal(
        "'\(target)' has one width a layer and one scale a filter; weights of layer '\(layer)' have "
          + grouping)
    }
    if let accumulator = choice.accumulator, form != nil {
      throw refusal(
        "'\(target)' sums in the registers of its kernels (32 bits, 64 for 16-bit inputs); the "
          + "accumulator of layer '\(layer)' is \(accumulator.name)")
    }
  }

  private func width(
    _ encoding: Encoding, _ role: String, _ layer: String
  ) throws(DeviceProblems) -> Int {
    if case .fixed(let format) = encoding, format.fractionBits == 0, (1...16).contains(format.width)
    {
      return format.width
    }
    throw refusal(
      "'\(target.description.id)' computes with integers of 1 to 16 bits; \(role) of layer "
        + "'\(layer)' are \(encoding.name)")
  }
}

extension Graph {
  /// Whether it is a TensorFlow Lite model whose activations are all floats, whatever its weights are.
  fileprivate var isFloatFile: Bool {
    program != nil && !inputs.isEmpty
      && inputs.allSatisfy { self[$0].encoding == .float(.float32) }
      && tensors.allSatisfy { tensor in
        if tensor.constant == nil, case .affine = tensor.encoding { false } else { true }
      }
  }

  /// Whether it is a network of floats that nothing quantizes.
  fileprivate var isFloat: Bool {
    !inputs.isEmpty && inputs.allSatisfy { self[$0].encoding == .float(.float32) }
      && tensors.allSatisfy { tensor in
        if case .affine = tensor.encoding { false } else { true }
      }
  }
}
