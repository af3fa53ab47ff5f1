import Documents
import HWModel
import Schedules
import Sessions

/// Several estimates of one model, a row each.
enum EstimateComparison {
  static func table(_ answers: [EstimateAnswer]) -> Table {
    var table = Table([
      .text("target", isFlexible: true), .text("bits"), .text("fits"), .number("latency"),
      .text("error"), .number("SRAM"), .number("flash"), .number("energy"),
    ])
    for answer in answers {
      let estimate = answer.estimate
      let error = answer.latencyError.map { "+-\(Amounts.significant($0.median))%" }
      table.append([
        .init(answer.target.description.id), .init(answer.bits ?? "model's"),
        .init(answer.isYes ? "yes" : answer.fits ? "limit" : "no"),
        .init(
          estimate.seconds.map(Amounts.time) ?? "-",
          plain: estimate.seconds.map { "\($0)" } ?? ""),
        .init(error ?? "unknown"),
        .init(
          Amounts.kibibytes(estimate.memory.sramBytes) + " KiB",
          plain: "\(estimate.memory.sramBytes)"),
        .init(
          Amounts.kibibytes(estimate.flash.totalBytes) + " KiB",
          plain: "\(estimate.flash.totalBytes)"),
        .init(
          estimate.energyJ.map(Amounts.energy) ?? "-",
          plain: estimate.energyJ.map { "\($0)" } ?? ""),
      ])
    }
    return table
  }

  static func text(_ answers: [EstimateAnswer], style: Style, showsAll: Bool) -> String {
    guard let first = answers.first else { return "" }
    var text = Heading.line(
      first.model.path,
      "\(first.model.summary), \(Amounts.large(Double(first.estimate.macs))) MAC",
      right: "\(answers.count) estimates")
    text += table(answers).render(limit: showsAll ? nil : 40, style: style)
    var seen: Set<String> = []
    for note in answers.flatMap(\.notes) where seen.insert(note).inserted {
      text += Amounts.note(note, style)
    }
    return text
  }
}
