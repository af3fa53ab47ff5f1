package import Documents
package import HWModel
import QuantGraph
package import Schedules

/// One estimate as JSON, as a table and as text: a network on a device under one choice of formats.
///
/// Everything is read from the device's schedule and its cost; no family is known here.
package struct EstimateAnswer: Sendable {
  package let model: EstimatedNetwork
  package let device: any Device
  package let family: any DeviceFamily
  package let schedule: Schedule
  /// The value of `--bits`, or nil.
  package let bits: String?
  /// Sizes that the user chose, such as `batch`.
  package let sizes: [String: Int]
  package let limits: [Checked]

  /// A limit and what the network takes of its quantity; nil where that is unknown.
  package struct Checked: Sendable {
    package let limit: EstimateLimit
    package let actual: Double?
    package var isKept: Bool {
      guard let actual else { return false }
      return limit.quantity.isGain ? actual >= limit.bound : actual <= limit.bound
    }
  }

  package init(
    model: EstimatedNetwork, device: any Device, family: any DeviceFamily, schedule: Schedule,
    bits: String?, sizes: [String: Int], limits: [EstimateLimit]
  ) {
    self.model = model
    self.device = device
    self.family = family
    self.schedule = schedule
    self.bits = bits
    self.sizes = sizes
    self.limits = limits.map {
      Checked(limit: $0, actual: schedule.cost[$0.quantity.key]?.value)
    }
  }

  /// Bits and sizes in words; nil for the model's own.
  package var label: String? {
    let words = [bits].compactMap(\.self) + sizes.sorted { $0.key < $1.key }.map { "\($0) \($1)" }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  package var cost: Cost { schedule.cost }
  package var id: String { device.description.id }
  /// Whether nothing says that the device does not hold the network, and every limit is kept.
  package var isYes: Bool { schedule.verdict != false && limits.allSatisfy(\.isKept) }

  /// The totals that the device offers, in the order of a summary.
  private var offered: [Cost.Total] {
    let keys = Set(device.quantities.map(\.key))
    return cost.totals.filter { keys.contains($0.quantity.key) }
  }

  // MARK: JSON

  /// The result; `layer` is the step whose formula is asked for.
  package func json(explaining layer: String?) -> JSON {
    var members: [JSON.Member] = []
    func add(_ key: String, _ value: JSON) { members.append(.init(key: key, value: value)) }
    add("target", .string(id))
    add("bits", .optional(bits))
    for (name, size) in sizes.sorted(by: { $0.key < $1.key }) { add(name, .integer(size)) }
    add("fits", schedule.verdict.map { .bool($0) } ?? .null)
    add("latency", latency)
    members += schedule.sections
    add("resources", resources)
    add("energy_joules", cost[CostQuantity.energy.key].map { .number($0.value) } ?? .null)
    add("quantities", .array(offeredInOrder.map(json)))
    add("macs", .integer(schedule.macs))
    add("layers", .array(schedule.steps.indices.map(self.layer)))
    add("peak", schedule.peak.map(json) ?? .null)
    add("limits", .array(limits.map(json)))
    if let reports = model.reports { add("reports", reports.json) }
    add("notes", .strings(schedule.notes))
    add("explanation", layer.flatMap { LayerExplanation(self, layer: $0)?.json } ?? .null)
    return .object(members)
  }

  private var resources: JSON {
    var members: [JSON.Member] = []
    for total in offeredInOrder {
      guard let available = total.available else { continue }
      members.append(
        .init(
          key: total.quantity.name,
          value: [
            "used": .amount(total.value), "available": .amount(available),
            "kind": .string(total.basis.word), "error": total.basis.error?.json ?? .null,
          ]))
    }
    for unknown in schedule.unknowns {
      guard let available = unknown.available else { continue }
      members.append(
        .init(
          key: unknown.quantity.name,
          value: [
            "used": .null, "available": .amount(available), "kind": "unknown",
            "reason": .string(unknown.reason),
          ]))
    }
    return .object(members)
  }

  private func json(_ entry: Checked) -> JSON {
    [
      "limit": .string(entry.limit.text), "bound": .number(entry.limit.bound),
      "actual": entry.actual.map(JSON.number) ?? .null, "kept": .bool(entry.isKept),
    ]
  }

  /// The totals that the device offers, in the order of tables and searches.
  private var offeredInOrder: [Cost.Total] { device.quantities.compactMap { cost[$0.key] } }

  private func json(_ total: Cost.Total) -> JSON {
    [
      "key": .string(total.quantity.key), "name": .string(total.quantity.name),
      "unit": .string(total.quantity.unit), "value": .amount(total.value),
      "kind": .string(total.basis.word), "model": .optional(total.basis.model),
      "error": total.basis.error?.json ?? .null,
      "available": total.available.map(JSON.amount) ?? .null,
      "better": .string(total.quantity.isGain ? "higher" : "lower"),
    ]
  }

  /// Time, or its cycles; null of families that say neither.
  private var latency: JSON {
    let time: [CostQuantity] = [.latency, .cycles]
    guard let quantity = time.first(where: family.quantities.contains) else { return .null }
    let basis = cost[quantity.key]?.basis ?? device.basis(of: quantity)
    return [
      "cycles": cost[CostQuantity.cycles.key].map { .number($0.value) } ?? .null,
      "seconds": cost[CostQuantity.latency.key].map { .number($0.value) } ?? .null,
      "clock_hz": schedule.clockHz.map(JSON.number) ?? .null,
      "kind": .string(basis.word), "model": .optional(basis.model),
      "error": basis.error?.json ?? .null,
    ]
  }

  private func json(_ peak: Schedule.Peak) -> JSON {
    [
      "layer": .string(peak.step), "bytes": .integer(peak.bytes),
      "scratch_bytes": .integer(peak.scratchBytes),
      "tensors": .array(
        peak.tensors.map { ["name": .string($0.name), "bytes": .integer($0.value)] }),
    ]
  }

  private func layer(_ index: Int) -> JSON {
    let step = schedule.steps[index]
    func optional(_ key: CostQuantity) -> JSON {
      cost.part(of: key.key, step: index).map(JSON.number) ?? .null
    }
    func amounts(_ list: [Schedule.Amount<Double>]) -> JSON {
      .object(list.map { .init(key: $0.name, value: .number($0.value)) })
    }
    let plainBits = ["weight", "input", "output"]
    let bits = Dictionary(step.bits.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    var members: [JSON.Member] = [
      .init(key: "name", value: .string(step.name)),
      .init(key: "operator", value: .string(step.operation)),
      .init(key: "kernel", value: .string(step.path)),
      .init(key: "shape", value: .integers(step.shape)),
    ]
    members += plainBits.map { .init(key: "\($0)_bits", value: .optional(bits[$0])) }
    members += step.bits.filter { !plainBits.contains($0.name) }.map {
      .init(key: "\($0.name)_bits", value: .integer($0.value))
    }
    members += [
      .init(key: "macs", value: .integer(step.macs)),
      .init(key: "cycles", value: optional(.cycles)),
      .init(key: "seconds", value: optional(.latency)),
      .init(key: "share", value: share(index).map(JSON.number) ?? .null),
      .init(key: "live_bytes", value: .optional(step.liveBytes)),
      .init(key: "work", value: amounts(step.work)),
    ]
    members += step.sections
    if !step.traffic.isEmpty { members.append(.init(key: "traffic", value: amounts(step.traffic))) }
    let others = offeredInOrder.filter {
      $0.quantity != .latency && $0.quantity != .cycles && cost.isSum($0.quantity.key)
    }
    if !others.isEmpty {
      members.append(
        .init(
          key: "costs",
          value: .object(
            others.compactMap { total in
              cost.part(of: total.quantity.key, step: index).map {
                .init(key: total.quantity.key, value: .amount($0))
              }
            })))
    }
    return .object(members)
  }

  /// A step's part of the first quantity that steps add up to.
  private func share(_ index: Int) -> Double? {
    guard let first = schedule.columns.first(where: { cost.isSum($0.key) }),
      let total = cost[first.key]?.value, total > 0
    else { return nil }
    return cost.part(of: first.key, step: index).map { $0 / total }
  }

  // MARK: Table

  /// The layers; what `--csv` prints.
  package var table: Table {
    let hasMemory = schedule.steps.contains { $0.liveBytes != nil }
    var columns: [Table.Column] = [
      .number("#", named: "number"), .text("layer", isFlexible: true), .text("op", leaves: 4),
      .text("shape out", leaves: 1), .text("w/a", leaves: 3), .number("MAC", leaves: 2),
    ]
    for (index, quantity) in schedule.columns.enumerated() {
      columns.append(.number(quantity.title, leaves: index == 0 ? nil : 100 - index))
      if index == 0 { columns.append(.number("share")) }
    }
    if hasMemory { columns.append(.number("live SRAM", leaves: 101)) }
    var table = Table(columns)
    let names = schedule.names
    for (index, step) in schedule.steps.enumerated() {
      let bits = Dictionary(step.bits.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      let widths =
        step.bits.isEmpty
        ? "-" : ["weight", "input"].map { bits[$0].map(String.init) ?? "-" }.joined(separator: "/")
      var row: [Table.Cell] = [
        .count(index + 1), .init(names.short[index], plain: step.name), .init(step.operation),
        .init(step.shape.map(String.init).joined(separator: "x")), .init(widths),
        .init(Amounts.large(Double(step.macs)), plain: "\(step.macs)"),
      ]
      for (number, quantity) in schedule.columns.enumerated() {
        let value = step.terms[quantity]?.value
        row.append(
          .init(
            value.map { Amounts.text($0, unit: quantity.unit) } ?? "-",
            plain: value.map { "\($0)" } ?? ""))
        guard number == 0 else { continue }
        let share = share(index)
        row.append(.init(share.map(Amounts.percent) ?? "-", plain: share.map { "\($0)" } ?? ""))
      }
      if hasMemory {
        row.append(
          .init(
            step.liveBytes.map { Quantity.count($0) + " B" } ?? "-",
            plain: step.liveBytes.map { "\($0)" } ?? ""))
      }
      table.append(row)
    }
    return table
  }

  // MARK: Text

  package func text(_ style: Style, showsAll: Bool) -> String {
    let clock = schedule.clockHz.map { ", \(Amounts.significant($0 / 1e6)) MHz" } ?? ""
    var text = Heading.line(
      model.path,
      "\(model.summary), \(Amounts.large(Double(schedule.macs))) MAC"
        + (label.map { ", \($0)" } ?? ""), right: "target \(id)\(clock)", style: style)
    text += verdict(style)
    text += table.render(limit: showsAll ? nil : 16, style: style)
    if let peak = schedule.peak {
      let names = schedule.names
      let layer = names.names.firstIndex(of: peak.step).map { names.short[$0] } ?? peak.step
      let parts = peak.tensors.map { Quantity.count($0.value) }
      let scratch = peak.scratchBytes > 0 ? " + scratch \(Quantity.count(peak.scratchBytes))" : ""
      text +=
        "peak SRAM at \(layer): \(parts.joined(separator: " + "))\(scratch) = "
        + "\(Quantity.count(peak.bytes)) B alive\n"
    }
    if let reports = model.reports?.table(self) {
      text += "\n" + reports.render(limit: nil, style: style)
    }
    for note in schedule.notes { text += Amounts.note(note, style) }
    return text
  }

  private func verdict(_ style: Style) -> String {
    var text =
      switch schedule.verdict {
      // The device has room for it, who asked has not.
      case true? where !limits.allSatisfy(\.isKept): style.bad("LIMIT BROKEN")
      case true?: style.good("FITS")
      case false?: style.bad("DOES NOT FIT")
      case nil: "NO VERDICT"
      }
    var totals = offered
    // The first quantity of the family heads the summary, known or not.
    if let first = family.quantities.first {
      if let index = totals.firstIndex(where: { $0.quantity == first }) {
        text += "   \(first.title) \(Self.words(totals.remove(at: index)))\n"
      } else {
        text += "   \(first.title) unknown (no model of this device)\n"
      }
    }
    for total in totals {
      let title = total.quantity.title
      text += "       \(title)\(String(repeating: " ", count: max(5 - title.count, 0)))  "
      text += Self.words(total) + "\n"
      if let parts = total.term?.parts, !parts.isEmpty {
        let words = parts.map { part in
          let amount = Self.bare(part.value, unit: total.quantity.unit)
          return "\(part.what) \(amount)" + (part.note.map { " (\($0))" } ?? "")
        }
        text += "               = \(words.joined(separator: " + "))\n"
      }
    }
    for unknown in schedule.unknowns where unknown.quantity != family.quantities.first {
      let title = unknown.quantity.title
      let unit = unknown.quantity.unit
      let available = unknown.available.map { " of \(Amounts.text($0, unit: unit))" }
      text += "       \(title)\(String(repeating: " ", count: max(5 - title.count, 0)))  "
      text += "unknown\(available ?? ""): \(unknown.reason)\n"
    }
    for remark in schedule.remarks {
      text += "       \(remark.title) " + remark.parts.map(Self.words).joined() + "\n"
    }
    for entry in limits {
      let found =
        entry.actual.map { Self.exactly($0, unit: entry.limit.quantity.unit) } ?? "unknown"
      text +=
        "       limit   \(entry.limit.text): \(found) "
        + (entry.isKept ? style.good("kept") : style.bad("BROKEN")) + "\n"
    }
    return text + "\n"
  }

  /// A total with what is known of its error; of a resource, beside what the device has.
  private static func words(_ total: Cost.Total) -> String {
    let unit = total.quantity.unit
    guard let available = total.available else {
      return "\(Amounts.text(total.value, unit: unit)) (\(total.remark ?? total.basis.words))"
    }
    let share = available > 0 ? total.value / available : 0
    let words =
      "\(Amounts.text(total.value, unit: unit)) of \(Amounts.text(available, unit: unit)) "
      + "(\(Amounts.percent(share)))"
    // The parts of a sum say themselves how they are known.
    return total.term?.parts.isEmpty == false ? words : "\(words), \(total.basis.words)"
  }

  /// A number without its unit, where the line above says it.
  private static func bare(_ value: Double, unit: String) -> String {
    unit == "B" ? Amounts.kibibytes(Int(min(max(value, 0), 0x1p62))) : Amounts.large(value)
  }

  private static func exactly(_ value: Double, unit: String) -> String {
    unit == "B"
      ? Quantity.bytes(Int(min(max(value, 0), 0x1p62))) : Amounts.text(value, unit: unit)
  }

  private static func words(_ part: Schedule.Remark.Part) -> String {
    switch part {
    case .words(let words): words
    case .amount(let value, let unit): Amounts.text(value, unit: unit)
    case .share(let share): Amounts.percent(share)
    }
  }
}

extension CostBasis {
  /// `exact` or `estimate`.
  package var word: String {
    switch self {
    case .exact: "exact"
    case .estimate: "estimate"
    }
  }

  package var model: String? {
    switch self {
    case .exact: nil
    case .estimate(let model, _): model
    }
  }

  package var error: MeasuredError? {
    switch self {
    case .exact: nil
    case .estimate(_, let error): error
    }
  }

  /// What a summary says beside a number.
  package var words: String {
    guard case .estimate = self else { return "exact" }
    guard let error else { return "estimate, error unknown" }
    let worst = error.worst.map { ", worst \(Amounts.significant($0))%" } ?? ""
    return "estimate, error +-\(Amounts.significant(error.median))% median\(worst)"
      + (error.scope.isEmpty ? "" : " \(error.scope)")
  }
}

extension MeasuredError {
  package var json: JSON {
    [
      "median_percent": .number(median),
      "worst_percent": worst.map(JSON.number) ?? .null,
      "source": .string(source),
    ]
  }
}
