import Documents

/// The figures of a check and of a run.
enum CheckFigures {
  private static let rowLimit = 120

  /// Values that differ, by layer; nil where nothing was compared by layer or output.
  static func equality(_ data: CheckedResult, prefix: String) -> Figure? {
    let rows = data.layers + data.outputs
    guard !rows.isEmpty else { return nil }
    let measure = Measure(name: "values", unit: "%")
    let labels = LayerLabels(
      data.layers.map(\.name) + data.outputs.map { "\($0.name) (output)" })
    let bars = zip(rows, labels.shown).prefix(rowLimit).map { row, label in
      let isEqual = row.equal == row.compared
      let different = row.compared - row.equal
      return BarChart.Row(
        name: label,
        parts: [
          .init(
            value: row.share * 100, series: 0,
            title: "\(label): \(Quantity.count(row.equal)) equal"),
          .init(
            value: (1 - row.share) * 100, series: 1,
            title: "\(label): \(Quantity.count(different)) differ"),
        ],
        text: isEqual
          ? "all \(Quantity.count(row.compared)) equal"
          : "\(Quantity.count(different)) differ"
            + (row.maxLSB.map { ", max \(NumberText.significant($0, digits: 3)) LSB" } ?? ""))
    }
    var canvas = SVGCanvas()
    let height = BarChart(
      measure: measure, rows: Array(bars), series: ["equal", "different"], full: 100
    ).draw(on: &canvas, width: Figure.width)
    var table = Table([
      .text("layer"), .text("format"), .number("compared"), .number("equal"), .number("different"),
      .number("max LSB"), .text("verdict"),
    ])
    for (row, label) in zip(rows, labels.shown) {
      table.append([
        .init(label), .init(row.format ?? ""),
        .count(row.compared), .count(row.equal), .count(row.compared - row.equal),
        .init(
          row.maxLSB.map { NumberText.significant($0, digits: 6) } ?? "",
          plain: row.maxLSB?.description),
        .init(row.equal == row.compared ? "equal" : "different"),
      ])
    }
    let hidden = rows.count - bars.count
    return Figure(
      name: prefix + "equality", title: "Equal values by layer (%)",
      notes: ["Layers in the order of the result, then outputs."]
        + (hidden > 0 ? ["\(Quantity.count(hidden, "more row")) in the table."] : []),
      height: height, canvas: canvas,
      tables: [CaptionedTable(caption: "Layer by layer", table: table)] + labels.tables)
  }

  /// Values out of range and rounded, by layer; nil for a run without statistics.
  static func events(_ data: StoredRun, prefix: String) -> Figure? {
    let kinds = ["saturated", "wrapped", "accumulator_overflows"]
    func count(_ row: StoredRun.Statistics, _ name: String) -> Double? {
      row.counts.first { $0.name == name }?.value
    }
    let shown = data.statistics.filter { row in kinds.contains { count(row, $0) != nil } }
    guard !shown.isEmpty else { return nil }
    let measure = Measure(name: "values", unit: "%")
    let bars = shown.prefix(rowLimit).map { row in
      let total = count(row, "values") ?? 0
      let parts = kinds.enumerated().map { index, kind in
        let value = count(row, kind) ?? 0
        return BarChart.Part(
          value: total > 0 ? value / total * 100 : 0, series: index,
          title:
            "\(row.node ?? row.name), \(title(kind)): \(NumberText.significant(value, digits: 6))"
        )
      }
      let sum = kinds.reduce(0) { $0 + (count(row, $1) ?? 0) }
      return BarChart.Row(
        name: row.node ?? row.name, parts: parts,
        text: sum == 0
          ? "none"
          : "\(NumberText.significant(sum, digits: 6)) of \(NumberText.significant(total, digits: 6))"
      )
    }
    var canvas = SVGCanvas()
    let height = BarChart(measure: measure, rows: Array(bars), series: kinds.map(title)).draw(
      on: &canvas, width: Figure.width)
    var names: [String] = []
    for name in data.statistics.flatMap({ $0.counts.map(\.name) }) where !names.contains(name) {
      names.append(name)
    }
    var table = Table(
      [.text("layer"), .text("tensor")] + names.map { .number(title($0)) })
    for row in data.statistics {
      table.append(
        [.init(row.node ?? ""), .init(row.name)]
          + names.map { name in
            .init(
              count(row, name).map { NumberText.significant($0, digits: 6) } ?? "",
              plain: count(row, name)?.description)
          })
    }
    let hidden = shown.count - bars.count
    return Figure(
      name: prefix + "events", title: "Values out of range by layer (%)",
      notes: hidden > 0 ? ["\(Quantity.count(hidden, "more layer")) in the table."] : [],
      height: height, canvas: canvas, tables: [CaptionedTable(caption: "Counts", table: table)])
  }

  private static func title(_ name: String) -> String {
    name.split(separator: "_").joined(separator: " ")
  }
}
