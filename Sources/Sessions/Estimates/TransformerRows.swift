package import Documents
package import HWModel
import Importers
package import QuantGraph
package import Schedules

/// `hwsim estimate CONFIG`: a row for each device, configuration of formats, batch and sequence.
package struct TransformerRows: Sendable {
  /// What is asked.
  package struct Request: Sendable {
    package var targets: [TargetChoice] = []
    package var options = DeviceOptions()
    /// Values of `--bits`.
    package var formats: [String] = []
    package var sizes: [[String: Int]] = [[:]]
    package var devices = 1
    /// Two configurations between which the faster changes with the batch.
    package var crossover: [String] = []

    package init() {}
  }

  package struct Row: Sendable {
    package let target: TargetDescription
    package let workload: TransformerWorkload
    package let devices: Int
    package let estimate: TransformerEstimate

    package var prefill: TransformerPhase? { estimate.phase("prefill") ?? estimate.phases.first }
    package var decode: TransformerPhase? { estimate.phase("decode") }
    /// Of a decode step, or of the only phase.
    package var last: TransformerPhase? { decode ?? estimate.phases.last }
    /// Tokens of all sequences a second; nil for a model that makes none.
    package var tokensPerSecond: Double? {
      guard let seconds = decode?.seconds, seconds > 0 else { return nil }
      return Double(workload.batch) / seconds
    }
    /// Whether the device is known to hold it; true where it states no memory.
    package var fits: Bool { estimate.memory?.fits ?? true }
  }

  package let path: String
  package let family: String
  package let rows: [Row]
  package let crossovers: [JSON]

  /// - Parameters:
  ///   - path: the model's file, for messages.
  ///   - request: devices, formats and sizes.
  ///   - workload: the work of a run with sizes.
  /// - Throws: a ``Failure`` for what a device lacks, or a model that cannot be.
  package init(
    _ path: String, _ request: Request,
    workload: @escaping ([String: Int]) throws(Failure) -> TransformerWorkload
  ) throws(Failure) {
    self.path = path
    let formats = request.formats.isEmpty ? [nil] : request.formats.map(Optional.some)
    var rows: [Row] = []
    var crossovers: [JSON] = []
    var family = ""
    for choice in request.targets {
      guard let device = try choice.device(request.options) as? any RunsTransformers else {
        throw Failure(
          "usage.arguments", "'\(choice.description.id)' runs no transformers by their shapes",
          remedy: "name a device of a family that does, such as a GPU or a bit-serial array.")
      }
      func row(_ format: String?, _ work: TransformerWorkload) throws(Failure) -> Row {
        do throws(DeviceProblems) {
          return Row(
            target: choice.description, workload: work, devices: request.devices,
            estimate: try device.estimate(work, formats: format, devices: request.devices))
        } catch {
          throw Failure(error, file: choice.description.id)
        }
      }
      for sizes in request.sizes {
        let work = try workload(sizes)
        family = work.family
        for format in formats { rows.append(try row(format, work)) }
      }
      if request.crossover.count == 2 {
        var sizes = request.sizes.first ?? [:]
        let seconds = { (format: String, batch: Int) throws(Failure) -> Double in
          sizes["batch"] = batch
          let row = try row(format, try workload(sizes))
          return row.last?.seconds ?? row.last?.schedule.cost["cycles"]?.value ?? 0
        }
        let found = try Self.crossover(request.crossover[0], request.crossover[1], seconds)
        crossovers.append([
          "target": .string(choice.description.id), "formats": .strings(request.crossover),
          "batch": .optional(found?.batch), "faster_below": .optional(found?.below),
        ])
      }
    }
    self.rows = rows
    self.crossovers = crossovers
    self.family = family
  }

  /// The smallest batch up to 4,096 at which the other configuration is the faster; nil if none is.
  private static func crossover(
    _ first: String, _ second: String,
    _ seconds: (String, Int) throws(Failure) -> Double
  ) throws(Failure) -> (batch: Int, below: String)? {
    func firstIsFaster(_ batch: Int) throws(Failure) -> Bool {
      try seconds(first, batch) <= seconds(second, batch)
    }
    let start = try firstIsFaster(1)
    var low = 1
    var high = 2
    while high <= 4096, try firstIsFaster(high) == start {
      low = high
      high *= 2
    }
    guard high <= 4096 else { return nil }
    while high - low > 1 {
      let middle = (low + high) / 2
      if try firstIsFaster(middle) == start { low = middle } else { high = middle }
    }
    return (high, start ? first : second)
  }

  /// Whether every row fits.
  package var fits: Bool { rows.allSatisfy(\.fits) }

  package var json: JSON {
    ["rows": .array(rows.map(Self.json)), "crossovers": .array(crossovers)]
  }

  private static func json(_ row: Row) -> JSON {
    let memory = row.estimate.memory
    func optional(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }
    return [
      "target": .string(row.target.id), "bits": .string(row.estimate.formats),
      "batch": .integer(row.workload.batch), "sequence": .integer(row.workload.sequence),
      "tensor_parallel": .integer(row.devices), "fits": .bool(row.fits),
      "prefill_seconds": optional(row.prefill?.seconds),
      "decode_seconds": optional(row.decode?.seconds),
      "tokens_per_second": optional(row.tokensPerSecond),
      "memory": memory.map { memory in
        [
          "weights": .number(memory.weights), "cache": .number(memory.cache),
          "activations": .number(memory.activations), "total": .number(memory.total),
          "available": optional(memory.available),
        ]
      } ?? .null,
      "bound": .optional(row.last?.bound), "path": .string(row.estimate.path),
      "shares": .object(
        (row.last?.shares ?? []).map { JSON.Member(key: $0.kind, value: .number($0.share)) }),
      "energy_joules": optional(row.last?.schedule.cost["energy_joules"]?.value),
      "error": row.estimate.error.map {
        ["median_percent": .number($0.median), "source": .string($0.source)]
      } ?? .null,
      "phases": .array(row.estimate.phases.map(Self.json)),
    ]
  }

  /// A pass with every quantity that the device says of it.
  private static func json(_ phase: TransformerPhase) -> JSON {
    .object(
      [
        JSON.Member(key: "phase", value: .string(phase.name)),
        JSON.Member(key: "bound", value: .optional(phase.bound)),
      ]
        + phase.schedule.cost.totals.map {
          JSON.Member(key: $0.quantity.key, value: .number($0.value))
        })
  }

  /// Totals of a phase that a column shows where some device says them, beside its time.
  private var columns: [CostQuantity] {
    var found: [CostQuantity] = []
    for total in rows.compactMap(\.last).flatMap(\.schedule.cost.totals)
    where total.quantity != .latency && !found.contains(total.quantity) {
      found.append(total.quantity)
    }
    return found
  }

  package var table: Table {
    let columns = columns
    var table = Table(
      [
        .text("target", isFlexible: true), .text("bits"), .number("batch"), .number("seq"),
        .number("prefill"), .number("decode"), .number("token/s", leaves: 5),
      ] + columns.map { .number($0.title, leaves: 2) } + [
        .number("memory", leaves: 4), .text("fits"), .text("bound", leaves: 3),
        .text("path", isFlexible: true, leaves: 1),
      ])
    for row in rows {
      func time(_ phase: TransformerPhase?) -> Table.Cell {
        if let seconds = phase?.seconds { return .init(Amounts.time(seconds)) }
        let cycles = phase?.schedule.cost["cycles"]?.value
        return .init(cycles.map { "\(Amounts.large($0)) cycles" } ?? "-")
      }
      var cells: [Table.Cell] = [
        .init(row.target.id + (row.devices > 1 ? " x\(row.devices)" : "")),
        .init(row.estimate.formats), .count(row.workload.batch), .count(row.workload.sequence),
        time(row.prefill), time(row.decode),
        .init(row.tokensPerSecond.map(Amounts.significant) ?? "-"),
      ]
      for quantity in columns {
        guard let total = row.last?.schedule.cost[quantity.key] else {
          cells.append(.init("-", plain: ""))
          continue
        }
        cells.append(
          .init(
            quantity.unit == "B"
              ? "\(Amounts.significant(total.value / 1e9)) GB"
              : Amounts.text(total.value, unit: quantity.unit), plain: "\(total.value)"))
      }
      cells += [
        .init(row.estimate.memory.map { "\(Amounts.significant($0.total / 1e9)) GB" } ?? "-"),
        .init(row.estimate.memory == nil ? "-" : row.fits ? "yes" : "no"),
        .init(row.last?.bound ?? "-"), .init(row.estimate.path),
      ]
      table.append(cells)
    }
    return table
  }

  package func text(_ style: Style, showsAll: Bool) -> String {
    var text = Heading.line(
      path, "\(family), \(Amounts.large(Double(rows.first?.workload.parameters ?? 0))) parameters",
      right: "estimates", style: style)
    text += table.render(limit: showsAll ? nil : 40, style: style)
    for row in rows where !row.fits { text += Self.misfit(row) }
    for crossover in crossovers {
      let names = crossover["formats"]?.elements?.compactMap(\.text) ?? []
      let target = crossover["target"]?.text ?? ""
      if case .integer(let batch)? = crossover["batch"] {
        let below = crossover["faster_below"]?.text ?? ""
        let above = names.first { $0 != below } ?? ""
        text += "\(target): \(below) is the faster below batch \(batch), \(above) from there on\n"
      } else {
        text += "\(target): the faster of \(names.joined(separator: " and ")) does not change\n"
      }
    }
    var seen: Set<String> = []
    for note in rows.flatMap(\.estimate.notes) where seen.insert(note).inserted {
      text += Amounts.note(note, style)
    }
    return text
  }

  /// What a row that does not fit needs.
  private static func misfit(_ row: Row) -> String {
    guard let memory = row.estimate.memory, let available = memory.available else { return "" }
    let needed = Int((memory.total * Double(row.devices) / available).rounded(.up))
    var remedy = "needs \(needed) GPUs"
    let narrow = memory.total - memory.cache * 0.75
    if !row.estimate.formats.contains("kv"), narrow <= available { remedy += ", or KV4" }
    return "\(row.target.id) \(row.estimate.formats), batch \(row.workload.batch): does not fit: "
      + remedy + "\n"
  }

  /// The formula of the kernels whose name or kind is `layer`, with numbers and sources.
  ///
  /// - Throws: a ``Failure`` with code `usage.unknown-layer` if there is none.
  package func explanation(of layer: String, _ style: Style) throws(Failure) -> String {
    var text = ""
    for row in rows {
      for phase in row.estimate.phases {
        for step in phase.schedule.steps where step.name.contains(layer) || step.operation == layer
        {
          guard
            let explanation = LayerExplanation(step, of: phase.schedule, on: row.target)
          else { continue }
          text +=
            "\(row.target.id) \(row.estimate.formats), batch \(row.workload.batch), \(phase.name)"
            + (step.shape.isEmpty
              ? "" : ", \(step.shape.map(String.init).joined(separator: " x "))")
            + "\n" + explanation.text(style) + "\n"
        }
      }
    }
    guard text.isEmpty else { return text }
    throw .unknown(
      "layer", layer, code: "usage.unknown-layer",
      among: rows.first?.estimate.phases.flatMap { $0.schedule.steps.map(\.name) } ?? [],
      listedBy: "hwsim inspect \(path)")
  }
}
