/// The axes of a plot with their ticks and titles, and the scales between them.
struct PlotFrame: Sendable {
  struct Axis: Sendable {
    let title: String
    /// Everything that is to be drawn, in the unit of the data.
    let values: [Double]
    /// Labels show a value times this.
    let factor: Double
    var allowsLogarithm = false
    var includesZero = false
    /// Whether the numbers are whole, and so the ticks.
    var isWhole = false

    /// An axis of numbers that `measure` describes; its title ends in the unit.
    init(
      _ measure: Measure, values: [Double], suffix: String = "", allowsLogarithm: Bool = false,
      includesZero: Bool = false, isWhole: Bool = false
    ) {
      let shown = values.filter(Scale.canShow)
      let (factor, unit) = measure.axis(largest: shown.map(\.magnitude).max() ?? 1)
      title = measure.title + (unit.isEmpty ? "" : " (\(unit))") + suffix
      self.factor = factor
      self.values = values
      self.allowsLogarithm = allowsLogarithm
      self.includesZero = includesZero
      self.isWhole = isWhole
    }
  }

  let area: Box
  let x: Scale
  let y: Scale

  static let textSize = 12.0
  /// What the titles and labels need below the area.
  private static let footer = 46.0

  /// Draws the axes into the strip from `top` with a plot area of `height`.
  init(
    x horizontal: Axis, y vertical: Axis, top: Double, width: Double, height: Double,
    on canvas: inout SVGCanvas
  ) {
    let areaTop = top + 26
    let y = Scale(
      vertical.values, factor: vertical.factor, from: areaTop + height, to: areaTop, ticks: 7,
      allowsLogarithm: vertical.allowsLogarithm, includesZero: vertical.includesZero)
    let labelWidth =
      y.ticks.map { TextMetrics.width($0.label, size: Self.textSize) }.max() ?? 0
    let left = labelWidth + 18
    let area = Box(x: left, y: areaTop, width: width - left - 44, height: height)
    self.area = area
    self.y = y
    x = Self.horizontal(horizontal, area: area)
    draw(titles: (horizontal.title, vertical.title), on: &canvas)
  }

  /// Height of the strip that a plot area of `height` takes with its axes.
  static func stripHeight(_ height: Double) -> Double { 26 + height + footer }

  /// As many ticks as have room for their labels.
  private static func horizontal(_ axis: Axis, area: Box) -> Scale {
    for count in [9, 7, 6, 5, 4, 3] {
      let scale = Scale(
        axis.values, factor: axis.factor, from: area.x, to: area.right, ticks: count,
        allowsLogarithm: axis.allowsLogarithm, includesZero: axis.includesZero,
        hasWholeSteps: axis.isWhole)
      let boxes = scale.ticks.map {
        TextMetrics.box(
          $0.label, at: Place(scale.position($0.value), area.bottom), anchor: .middle,
          size: textSize)
      }
      if zip(boxes, boxes.dropFirst()).allSatisfy({ $0.right + 8 <= $1.x }) { return scale }
    }
    return Scale(
      axis.values, factor: axis.factor, from: area.x, to: area.right, ticks: 2,
      allowsLogarithm: axis.allowsLogarithm, includesZero: axis.includesZero,
      hasWholeSteps: axis.isWhole)
  }

  private func draw(titles: (x: String, y: String), on canvas: inout SVGCanvas) {
    let size = Self.textSize
    canvas.open("axes")
    for tick in y.ticks {
      let position = y.position(tick.value)
      canvas.line(Place(area.x, position), Place(area.right, position), "grid")
      canvas.text(
        tick.label, at: Place(area.x - 8, position + 4), anchor: .end, size: size, "s")
    }
    var lastRight = -Double.infinity
    for tick in x.ticks {
      let position = x.position(tick.value)
      canvas.line(Place(position, area.bottom), Place(position, area.bottom + 5), "axis")
      let place = Place(position, area.bottom + 19)
      let box = TextMetrics.box(tick.label, at: place, anchor: .middle, size: size)
      // Two ticks whose labels need more than the axis: the first stays.
      guard box.x > lastRight + 4 else { continue }
      lastRight = box.right
      canvas.text(tick.label, at: place, anchor: .middle, size: size, "s")
    }
    canvas.line(Place(area.x, area.bottom), Place(area.right, area.bottom), "axis")
    canvas.text(
      TextMetrics.fitted(titles.y, width: area.right, size: size), at: Place(0, area.y - 13),
      size: size)
    canvas.text(
      TextMetrics.fitted(titles.x, width: area.width, size: size),
      at: Place(area.right, area.bottom + 39), anchor: .end, size: size)
    canvas.close()
  }
}
