package import Documents
import HWModel
package import Importers
import Schedules

/// A project's synthesis reports beside the estimate: estimate, C synthesis, logic synthesis.
///
/// C synthesis and logic synthesis count the same design, so that no factor turns one into the other.
package struct ReportComparison: Sendable {
  /// At most one a stage.
  package let reports: [SynthesisReport]

  package init?(_ file: ModelFile) {
    guard case .hls4ml(let info) = file.source, info.form == .project else { return nil }
    reports = SynthesisReport.designs(in: file.path, paths: info.reports, name: info.name)
  }

  private func report(_ stage: SynthesisReport.Stage) -> SynthesisReport? {
    reports.first { $0.stage == stage }
  }

  /// `{"csynth": ..., "post_synth": ...}`; null for what the project does not have.
  package var json: JSON {
    func number(_ value: Double?) -> JSON { value.map(JSON.amount) ?? .null }
    func members(_ stage: SynthesisReport.Stage) -> JSON {
      guard let report = report(stage) else { return .null }
      return [
        "path": .string(report.path), "tool": .optional(report.tool),
        "part": .optional(report.part),
        "resources": [
          "lut": number(report.lut), "ff": number(report.ff), "dsp": number(report.dsp),
          "bram18": number(report.bram18), "uram": number(report.uram),
        ],
        "latency": [
          "cycles": number(report.latency?.upperBound),
          "cycles_least": number(report.latency?.lowerBound),
        ],
        "ii": number(report.interval?.upperBound), "clock_period_ns": number(report.clockPeriod),
        "estimated_period_ns": number(report.estimatedPeriod),
      ]
    }
    return ["csynth": members(.csynth), "post_synth": members(.postSynthesis)]
  }

  /// Three columns; nil without a report.
  package func table(_ estimate: EstimateAnswer) -> Table? {
    guard !reports.isEmpty else { return nil }
    let (csynth, post) = (report(.csynth), report(.postSynthesis))
    var table = Table([
      .text("", named: "quantity"), .number("estimate"), .number("csynth"), .number("off"),
      .number("after synthesis"),
    ])
    let rows: [(CostQuantity, Double?, Double?)] = [
      (.lut, csynth?.lut, post?.lut), (.ff, csynth?.ff, post?.ff), (.dsp, csynth?.dsp, post?.dsp),
      (.bram18, csynth?.bram18, post?.bram18),
      (.cycles, csynth?.latency?.upperBound, nil), (.interval, csynth?.interval?.upperBound, nil),
    ]
    func cell(_ value: Double?) -> Table.Cell {
      .init(value.map(Amounts.large) ?? "-", plain: value.map { "\($0)" } ?? "")
    }
    for (quantity, synthesized, counted) in rows {
      let own = estimate.cost[quantity.key]?.value
      let off: Double? =
        if let own, let synthesized, synthesized > 0 { own / synthesized - 1 } else { nil }
      table.append([
        .init(quantity.title), own == nil ? .init("unknown", plain: "") : cell(own),
        cell(synthesized),
        .init(
          off.map { ($0 < 0 ? "-" : "+") + Amounts.percent(abs($0)) } ?? "-",
          plain: off.map { "\($0)" } ?? ""), cell(counted),
      ])
    }
    return table
  }
}
