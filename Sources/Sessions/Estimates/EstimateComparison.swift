package import Documents
import HWModel
import Schedules

/// Several estimates of one model, a row each, whatever the families of their devices.
package enum EstimateComparison {
  package static func table(_ answers: [EstimateAnswer]) -> Table {
    var keys: Set<String> = []
    let quantities = answers.flatMap(\.family.quantities).filter { keys.insert($0.key).inserted }
    var columns: [Table.Column] = [
      .text("target", isFlexible: true), .text("bits"), .text("fits"),
    ]
    for (index, quantity) in quantities.enumerated() {
      columns.append(.number(quantity.title))
      if index == 0 { columns.append(.text("error")) }
    }
    var table = Table(columns)
    for answer in answers {
      var row: [Table.Cell] = [
        .init(answer.id), .init(answer.label ?? "model's"),
        .init(answer.isYes ? "yes" : answer.cost.verdict != false ? "limit" : "no"),
      ]
      for (index, quantity) in quantities.enumerated() {
        let total = answer.cost[quantity.key]
        row.append(
          .init(
            total.map { Amounts.text($0.value, unit: quantity.unit) } ?? "-",
            plain: total.map { plain($0) } ?? ""))
        if index == 0 { row.append(.init(error(of: answer))) }
      }
      table.append(row)
    }
    return table
  }

  /// Bytes and counts as integers.
  private static func plain(_ total: Cost.Total) -> String {
    guard total.quantity.isResource, let whole = Int(exactly: total.value) else {
      return "\(total.value)"
    }
    return "\(whole)"
  }

  /// How the first quantity of the device's family is known.
  private static func error(of answer: EstimateAnswer) -> String {
    guard let first = answer.family.quantities.first, let total = answer.cost[first.key] else {
      return "unknown"
    }
    guard case .estimate(_, let error) = total.basis else { return "exact" }
    return error.map { "+-\(Amounts.significant($0.median))%" } ?? "unknown"
  }

  package static func text(_ answers: [EstimateAnswer], style: Style, showsAll: Bool) -> String {
    guard let first = answers.first else { return "" }
    var text = Heading.line(
      first.model.path,
      "\(first.model.summary), \(Amounts.large(Double(first.schedule.macs))) MAC",
      right: "\(answers.count) estimates", style: style)
    text += table(answers).render(limit: showsAll ? nil : 40, style: style)
    var seen: Set<String> = []
    for note in answers.flatMap(\.schedule.notes) where seen.insert(note).inserted {
      text += Amounts.note(note, style)
    }
    return text
  }
}
