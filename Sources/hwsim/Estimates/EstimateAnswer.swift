import Arith
import Documents
import HWModel
import QuantGraph
import Schedules
import Sessions

/// One estimate as JSON, as a table and as text.
struct EstimateAnswer: Sendable {
  let model: ModelFile
  let estimator: MCUEstimator
  let estimate: MCUEstimate
  let peak: MCUPeak?
  /// Bytes alive at each step.
  let liveBytes: [Int]
  /// The value of `--bits`, or nil.
  let bits: String?
  let limits: [Checked]
  let notes: [String]
  /// What `--patch` found; nil without it.
  let patch: PatchAnswer?

  /// A limit and what the network takes of its quantity; nil where that is unknown.
  struct Checked: Sendable {
    let limit: EstimateLimit
    let actual: Double?
    var isKept: Bool { actual.map { $0 <= limit.bound } ?? false }
  }

  var target: MCUTarget { estimator.target }
  private var graph: Graph { estimator.graph }

  /// - Throws: a ``Failure`` if a size is beyond what can be counted.
  init(
    model: ModelFile, estimator: MCUEstimator, allocation: MCUAllocation?, bits: String?,
    limits: [EstimateLimit], patch: (request: PatchRequest, planner: PatchPlanner)?,
    notes: [String] = []
  ) throws(Failure) {
    self.model = model
    self.estimator = estimator
    self.bits = bits
    do throws(ArenaError) {
      estimate = try estimator.estimate(allocation)
      (peak, liveBytes) = try estimator.peak(allocation)
    } catch {
      throw Failure(Diagnostic(error))
    }
    let estimate = estimate
    let bounds = limits.filter { $0.quantity == .sram }.map { Int(min($0.bound, 0x1p62)) }
    if let patch {
      let answer = try PatchAnswer(
        patch.request, patch.planner, estimator, estimate,
        available: min(estimator.target.sramBytes, bounds.min() ?? .max))
      self.patch = answer
    } else {
      self.patch = nil
    }
    let patched = self.patch?.patched
    self.limits = limits.map { limit in
      switch limit.quantity {
      case .sram:
        Checked(limit: limit, actual: Double(patched?.sramBytes ?? estimate.memory.sramBytes))
      case .flash: Checked(limit: limit, actual: Double(estimate.flash.totalBytes))
      case .latency: Checked(limit: limit, actual: patched?.seconds ?? estimate.seconds)
      }
    }
    self.notes = notes + Self.notes(estimator, estimate, allocation)
  }

  private static func notes(
    _ estimator: MCUEstimator, _ estimate: MCUEstimate, _ allocation: MCUAllocation?
  ) -> [String] {
    var notes: [String] = []
    let target = estimator.target
    if target.latency == nil {
      notes.append("no latency model: nothing on this core or accelerator was measured")
    }
    if !estimate.unmodelled.isEmpty, target.latency != nil {
      let names = estimate.unmodelled.prefix(3).map { estimator.graph.nodes[$0].name }
      notes.append(
        "latency leaves out the inner loops of \(names.joined(separator: ", "))"
          + (estimate.unmodelled.count > 3 ? " and \(estimate.unmodelled.count - 3) more" : "")
          + ": no such layer was measured")
    }
    let weightWidths = (allocation?.weightBits ?? []).compactMap(\.self)
    let activationWidths = (allocation?.tensorBits ?? []).compactMap(\.self)
    let isNarrow = weightWidths.contains { $0 < 8 } || activationWidths.contains { $0 < 8 }
    if isNarrow {
      notes.append(
        "codes of less than 8 bits save memory, not time: cores without such instructions unpack "
          + "them; unpacking is counted in instructions, error unknown")
      if !target.hasSubByteWeights || activationWidths.contains(where: { $0 < 8 }) {
        notes.append(
          "\(target.description.text("stack") ?? "this stack") has no such kernels: taken as "
            + "CMix-NN's would be, codes packed")
      }
    }
    if weightWidths.contains(where: { $0 > 8 }) || activationWidths.contains(where: { $0 > 8 }) {
      notes.append("codes of more than 8 bits: time is that of 8 bits, error unknown")
    }
    return notes
  }

  /// Whether the device holds the network and every limit is kept.
  var isYes: Bool { fits && limits.allSatisfy(\.isKept) }
  var fits: Bool {
    sramBytes <= target.sramBytes
      && estimate.flash.totalBytes <= target.flashBytes
  }

  /// The error measured for such an estimate: nil for schedules and widths that nobody measured.
  var latencyError: MCUTarget.LatencyError? {
    let isMeasured = estimate.layers.allSatisfy { layer in
      let work = estimator.work[layer.node]
      return work.kernel == .elementwise || work.kernel == .none || layer.widths == .init()
    }
    return isMeasured && patch?.patched == nil ? target.latencyError : nil
  }

  /// With the patch schedule, if there is one.
  private var sramBytes: Int { patch?.patched?.sramBytes ?? estimate.memory.sramBytes }
  private var seconds: Double? { patch?.patched?.seconds ?? estimate.seconds }
  private var cycles: Double? { patch?.patched?.cycles ?? estimate.cycles }

  // MARK: JSON

  /// The result; `node` is the layer whose formula is asked for.
  func json(explaining node: Int?) -> JSON {
    [
      "target": .string(target.description.id),
      "bits": .optional(bits),
      "fits": .bool(fits),
      "latency": latency,
      "memory": memory,
      "resources": [
        "sram": resource(sramBytes, target.sramBytes),
        "flash": resource(estimate.flash.totalBytes, target.flashBytes),
      ],
      "energy_joules": estimate.energyJ.map(JSON.number) ?? .null,
      "macs": .integer(estimate.macs),
      "layers": .array(graph.nodes.indices.map(layer)),
      "peak": peak.map(json) ?? .null,
      "limits": .array(
        limits.map {
          [
            "limit": .string($0.limit.text), "bound": .number($0.limit.bound),
            "actual": $0.actual.map(JSON.number) ?? .null, "kept": .bool($0.isKept),
          ]
        }),
      "patch": patch?.json ?? .null,
      "notes": .strings(notes),
      "explanation": node.flatMap { LayerExplanation(self, node: $0)?.json } ?? .null,
    ]
  }

  private var latency: JSON {
    [
      "cycles": cycles.map(JSON.number) ?? .null,
      "seconds": seconds.map(JSON.number) ?? .null,
      "clock_hz": .number(target.clockHz),
      "kind": "estimate",
      "model": .string("kernel classes, seven constants a stack"),
      "error": latencyError.map {
        [
          "median_percent": .number($0.median),
          "worst_percent": $0.worst.map(JSON.number) ?? .null,
          "source": .string($0.source),
        ]
      } ?? .null,
    ]
  }

  private var memory: JSON {
    let memory = estimate.memory
    let flash = estimate.flash
    return [
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

  private func resource(_ used: Int, _ available: Int) -> JSON {
    ["used": .integer(used), "available": .integer(available), "kind": "estimate"]
  }

  private func json(_ peak: MCUPeak) -> JSON {
    [
      "layer": .string(peak.layer), "bytes": .integer(peak.bytes),
      "scratch_bytes": .integer(peak.scratchBytes),
      "tensors": .array(
        peak.tensors.map {
          ["name": .string(graph[$0.tensor].name), "bytes": .integer($0.bytes)]
        }),
    ]
  }

  private func layer(_ index: Int) -> JSON {
    let node = graph.nodes[index]
    let work = estimator.work[index]
    let cost = estimate.layers.indices.contains(index) ? estimate.layers[index] : nil
    let result = node.outputs.first.map { graph[$0].shape.extents } ?? []
    let share = share(index)
    return [
      "name": .string(node.name),
      "operator": .string(node.operation.name),
      "kernel": .string(work.kernel.rawValue),
      "shape": .integers(result),
      "weight_bits": work.weights > 0 ? .optional(cost?.widths.weights) : .null,
      "input_bits": .optional(cost?.widths.input),
      "output_bits": .optional(cost?.widths.output),
      "macs": .integer(graph.multiplyAccumulates(of: node)),
      "cycles": cost.map { .number($0.cost.cycles) } ?? .null,
      "seconds": cost.map { .number($0.cost.cycles / target.clockHz) } ?? .null,
      "share": share.map(JSON.number) ?? .null,
      "live_bytes": .optional(liveBytes(of: index)),
      "work": [
        "macs": .number(work.counts.macs), "outputs": .number(work.counts.outputs),
        "gathered_inputs": .number(work.counts.gatheredInputs),
        "elements": .number(work.counts.elements),
        "live_macs": .number(work.liveCounts.macs),
        "live_outputs": .number(work.liveCounts.outputs),
        "live_gathered_inputs": .number(work.liveCounts.gatheredInputs),
        "live_elements": .number(work.liveCounts.elements),
      ],
    ]
  }

  private func share(_ index: Int) -> Double? {
    guard let total = estimate.cycles, total > 0, estimate.layers.indices.contains(index) else {
      return nil
    }
    return estimate.layers[index].cost.cycles / total
  }

  private func liveBytes(of node: Int) -> Int? {
    let step = estimator.lifetimes.steps.firstIndex { $0.nodes.contains(node) }
    return step.flatMap { liveBytes.indices.contains($0) ? liveBytes[$0] : nil }
  }

  // MARK: Text

  /// The layers; what `--csv` prints.
  var table: Table {
    var table = Table([
      .number("#"), .text("layer", isFlexible: true), .text("op"), .text("shape out"),
      .text("w/a"), .number("MAC"), .number("cycles"), .number("share"), .number("live SRAM"),
    ])
    for (index, node) in graph.nodes.enumerated() {
      let cost = estimate.layers.indices.contains(index) ? estimate.layers[index] : nil
      let macs = graph.multiplyAccumulates(of: node)
      let hasWeights = estimator.work[index].weights > 0
      let widths = cost.map { "\(hasWeights ? "\($0.widths.weights)" : "-")/\($0.widths.input)" }
      table.append([
        .count(index + 1), .init(node.name), .init(node.operation.name),
        .init(node.outputs.first.map { graph[$0].shape.description } ?? ""),
        .init(widths ?? "-"), .init(Amounts.large(Double(macs)), plain: "\(macs)"),
        .init(
          cost.map { Amounts.large($0.cost.cycles) } ?? "-",
          plain: cost.map { "\($0.cost.cycles)" } ?? ""),
        .init(share(index).map(Amounts.percent) ?? "-", plain: share(index).map { "\($0)" } ?? ""),
        .init(
          liveBytes(of: index).map { Quantity.count($0) + " B" } ?? "-",
          plain: liveBytes(of: index).map { "\($0)" } ?? ""),
      ])
    }
    return table
  }

  func text(_ style: Style, showsAll: Bool) -> String {
    var text = Heading.line(
      model.path,
      "\(model.summary), \(Amounts.large(Double(estimate.macs))) MAC"
        + (bits.map { ", \($0)" } ?? ""),
      right: "target \(target.description.id), \(Amounts.significant(target.clockHz / 1e6)) MHz")
    text += verdict(style)
    text += table.render(limit: showsAll ? nil : 16, style: style)
    if let peak {
      let layer = peak.layer.count > 40 ? peak.layer.prefix(38) + ".." : peak.layer[...]
      let parts = peak.tensors.map { Quantity.count($0.bytes) }
      let scratch = peak.scratchBytes > 0 ? " + scratch \(Quantity.count(peak.scratchBytes))" : ""
      text +=
        "peak SRAM at \(layer): \(parts.joined(separator: " + "))\(scratch) = "
        + "\(Quantity.count(peak.bytes)) B alive\n"
    }
    for note in notes { text += Amounts.note(note, style) }
    return text
  }

  private func verdict(_ style: Style) -> String {
    var text = fits ? style.good("FITS") : style.bad("DOES NOT FIT")
    text += "   latency \(latencyText)\n"
    let flash = estimate.flash
    text += line("flash", flash.totalBytes, target.flashBytes)
    text +=
      "\n               = weights \(Amounts.kibibytes(flash.weightBytes)) + "
      + (target.storesModelFile ? "rest of the file " : "tables ")
      + "\(Amounts.kibibytes(flash.tableBytes)) + code \(Amounts.kibibytes(flash.codeBytes)) "
      + "(estimate)\n"
    let memory = estimate.memory
    let persistent = memory.persistentBytes
    text +=
      line("SRAM", memory.sramBytes, target.sramBytes)
      + (patch?.patched != nil ? " without patches" : "")
    text += "\n               = arena head \(Amounts.kibibytes(memory.arenaHeadBytes))"
    text += target.planner == .greedy ? " (exact plan)" : " (best plan found)"
    if persistent > 0 { text += " + persistent \(Amounts.kibibytes(persistent)) (model)" }
    text += " + runtime \(Amounts.kibibytes(memory.runtimeBytes)) (estimate)\n"
    if let energy = estimate.energyJ {
      text += "       energy  \(Amounts.energy(energy)) (mean power of the measured runs)\n"
    }
    if let patch { text += patch.text(estimate) }
    for entry in limits {
      let found = entry.actual.map { Self.amount($0, entry.limit.quantity) } ?? "unknown"
      text +=
        "       limit   \(entry.limit.text): \(found) "
        + (entry.isKept ? style.good("kept") : style.bad("BROKEN")) + "\n"
    }
    return text + "\n"
  }

  private static func amount(_ value: Double, _ quantity: EstimateLimit.Quantity) -> String {
    quantity == .latency ? Amounts.time(value) : Quantity.bytes(Int(min(value, 0x1p62)))
  }

  var latencyText: String {
    guard let seconds else { return "unknown (no model of this core)" }
    guard let error = latencyError else {
      return "\(Amounts.time(seconds)) (estimate, error unknown)"
    }
    let worst = error.worst.map { ", worst \(Amounts.significant($0))%" } ?? ""
    return "\(Amounts.time(seconds)) (estimate, error +-\(Amounts.significant(error.median))% "
      + "median\(worst) on left-out networks)"
  }

  private func line(_ name: String, _ used: Int, _ available: Int) -> String {
    let part = available > 0 ? Double(used) / Double(available) : 0
    let padded = name + String(repeating: " ", count: max(5 - name.count, 0))
    return
      "       \(padded)  \(Amounts.kibibytes(used)) KiB of \(Amounts.kibibytes(available)) KiB "
      + "(\(Amounts.percent(part)))"
  }
}
