/// Horizontal bars, each of parts that add up, with names at the left and a word at the right.
struct BarChart: Sendable {
  struct Part: Sendable {
    let value: Double
    /// Index of the series' colour and name.
    let series: Int
    /// Said of the part where a pointer rests on it.
    let title: String
  }

  struct Row: Sendable {
    let name: String
    let parts: [Part]
    /// Written behind the bar.
    let text: String
    var isBold = false
  }

  let measure: Measure
  let rows: [Row]
  /// Names of the series, in the order of the colours; none for a chart of one series.
  let series: [String]
  /// What the whole axis stands for; nil for the largest row.
  var full: Double?

  private static let rowHeight = 24.0
  private static let barHeight = 16.0
  private static let size = 12.0
  /// Widest name at the left.
  private static let nameWidth = 210.0

  /// Draws the chart from the top and returns its height.
  func draw(on canvas: inout SVGCanvas, width: Double) -> Double {
    let legend = Legend(
      series.enumerated().map { index, name in
        .init(key: .swatch(style: "f\(Self.color(index))"), name: name)
      }, width: width)
    legend.draw(on: &canvas, at: Place(0, 0))
    let top = legend.height + (series.isEmpty ? 4 : 8)
    let names = rows.map {
      TextMetrics.fitted($0.name, width: Self.nameWidth, size: Self.size, isBold: $0.isBold)
    }
    let left =
      (zip(names, rows).map {
        TextMetrics.width($0, size: Self.size, isBold: $1.isBold)
      }.max() ?? 0) + 12
    let words = rows.map { TextMetrics.fitted($0.text, width: 260, size: Self.size) }
    let right = (words.map { TextMetrics.width($0, size: Self.size) }.max() ?? 0) + 10
    let bottom = top + Double(rows.count) * Self.rowHeight
    let totals = rows.map { $0.parts.reduce(0) { $0 + Self.shown($1.value) } }
    let axis = PlotFrame.Axis(
      measure, values: totals + (full.map { [$0] } ?? []), includesZero: true)
    let area = Box(
      x: left, y: top, width: max(width - left - right - 24, 120), height: bottom - top)
    let scale = Self.scale(axis, area: area)
    canvas.open("axes")
    var lastRight = -Double.infinity
    for tick in scale.ticks {
      let position = scale.position(tick.value)
      canvas.line(Place(position, top), Place(position, bottom + 4), "grid")
      let place = Place(position, bottom + 18)
      let box = TextMetrics.box(tick.label, at: place, anchor: .middle, size: Self.size)
      guard box.x > lastRight + 4 else { continue }
      lastRight = box.right
      canvas.text(tick.label, at: place, anchor: .middle, size: Self.size, "s")
    }
    canvas.text(
      TextMetrics.fitted(axis.title, width: width - left, size: Self.size),
      at: Place(left, bottom + 38), size: Self.size)
    canvas.close()
    for (index, row) in rows.enumerated() {
      let y = top + Double(index) * Self.rowHeight
      canvas.text(
        names[index], at: Place(left - 8, y + 16), anchor: .end, size: Self.size,
        row.isBold ? "t b" : "t")
      draw(row, at: y + 4, scale: scale, on: &canvas)
      canvas.text(
        words[index], at: Place(scale.position(totals[index]) + 8, y + 16), size: Self.size, "s")
    }
    return bottom + 46
  }

  private func draw(_ row: Row, at y: Double, scale: Scale, on canvas: inout SVGCanvas) {
    var sum = 0.0
    for part in row.parts {
      let start = scale.position(sum)
      sum += Self.shown(part.value)
      let end = scale.position(sum)
      // Parts too thin to see are still there.
      guard end > start else { continue }
      canvas.rectangle(
        Box(x: start, y: y, width: end - start, height: Self.barHeight),
        "f\(Self.color(part.series))", title: part.title)
    }
    canvas.line(
      Place(scale.position(0), y - 2), Place(scale.position(0), y + Self.barHeight + 2), "axis")
  }

  private static func scale(_ axis: PlotFrame.Axis, area: Box) -> Scale {
    for count in [7, 5, 4, 3] {
      let scale = Scale(
        axis.values, factor: axis.factor, from: area.x, to: area.right, ticks: count,
        includesZero: true)
      let boxes = scale.ticks.map {
        TextMetrics.box(
          $0.label, at: Place(scale.position($0.value), 0), anchor: .middle, size: size)
      }
      if zip(boxes, boxes.dropFirst()).allSatisfy({ $0.right + 8 <= $1.x }) { return scale }
    }
    return Scale(
      axis.values, factor: axis.factor, from: area.x, to: area.right, ticks: 2, includesZero: true)
  }

  private static func color(_ series: Int) -> Int { min(series, StyleSheet.seriesCount - 1) }

  /// What a bar can show: numbers that are not negative.
  private static func shown(_ value: Double) -> Double {
    Scale.canShow(value) ? max(value, 0) : 0
  }
}
