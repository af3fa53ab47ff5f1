import Documents

/// Quality against one cost: every evaluation, the frontier, the knee and the baselines.
struct ParetoFigure: Sendable {
  /// One search on the plot.
  struct Series: Sendable {
    /// Name in the key; empty if there is one search only.
    let name: String
    /// Before the ids of its points; empty if there is one search only.
    let prefix: String
    let data: SearchData
    /// Index of quality and cost in its objectives.
    let quality: Int
    let cost: Int
  }

  /// Points that get a label at most.
  private static let labelLimit = 80
  private static let plotHeight = 400.0
  private let series: [Series]
  private let quality: SearchData.Objective
  private let cost: SearchData.Objective

  /// - Precondition: at least one series; all have the objectives of the first.
  init(_ series: [Series]) {
    precondition(!series.isEmpty, "a plot shows something")
    self.series = series
    quality = series[0].data.objectives[series[0].quality]
    cost = series[0].data.objectives[series[0].cost]
  }

  private struct Spot {
    let place: Place
    let point: SearchData.Point
    let series: Int
  }

  /// The plot with its tables.
  ///
  /// - Parameters:
  ///   - name: What `--figure` calls it.
  ///   - isFolded: Whether its table is folded up, since a plot before has the same.
  /// - Returns: The figure.
  func figure(name: String, isFolded: Bool = false) -> Figure {
    var canvas = SVGCanvas()
    let legend = Legend(legendEntries, width: Figure.width)
    legend.draw(on: &canvas, at: Place(0, 0))
    let (xs, ys) = extents()
    let frame = PlotFrame(
      x: .init(
        cost.measure, values: xs, suffix: Self.suffix(cost), allowsLogarithm: true),
      y: .init(
        quality.measure, values: ys, suffix: Self.suffix(quality),
        allowsLogarithm: !quality.isMaximized),
      top: legend.height + 8, width: Figure.width, height: Self.plotHeight, on: &canvas)
    var marks: [Box] = []
    var lines: [Segment] = []
    drawEvaluations(frame, on: &canvas)
    canvas.open("frontier")
    for index in series.indices {
      let stair = staircase(of: index, frame: frame)
      canvas.path(stair, "l\(Self.color(index))")
      lines += zip(stair, stair.dropFirst()).map(Segment.init)
    }
    canvas.close()
    let spots = series.indices.flatMap { self.spots(of: $0, frame: frame) }
    canvas.open("errors")
    for spot in spots { lines += drawErrors(of: spot, frame: frame, on: &canvas) }
    canvas.close()
    canvas.open("baselines")
    marks += drawBaselines(frame, on: &canvas)
    canvas.close()
    canvas.open("points")
    for spot in spots {
      let color = Self.color(spot.series)
      canvas.marker(
        shape(of: spot.series), at: spot.place, (spot.point.isOnFrontier ? "m" : "o") + "\(color)",
        title: title(of: spot))
      if spot.point.isKnee { canvas.ring(at: spot.place, radius: 8.5, "ring") }
      marks.append(
        Box(
          around: spot.place, reach: spot.point.isKnee ? 9.5 : MarkerShape.reach - 0.5))
    }
    canvas.close()
    let requests = labelRequests(spots)
    let placement = LabelPlacement(
      requests,
      in: Box(
        x: frame.area.x + 2, y: frame.area.y - 8, width: frame.area.width + 38,
        height: frame.area.height + 6),
      keepingOff: marks, avoiding: lines)
    canvas.open("labels")
    placement.draw(on: &canvas)
    canvas.close()
    let unlabelled = spots.count - placement.labels.count
    return Figure(
      name: name,
      title: "\(quality.measure.titleWithUnit) against \(cost.measure.titleWithUnit)",
      notes: notes(unlabelled: unlabelled, drawn: spots.count),
      height: legend.height + 8 + PlotFrame.stripHeight(Self.plotHeight), canvas: canvas,
      tables: tables(areFolded: isFolded))
  }

  // MARK: What is drawn

  private func extents() -> ([Double], [Double]) {
    var xs: [Double] = []
    var ys: [Double] = []
    func take(_ values: [Double?], _ series: Series, withErrors: Bool) {
      guard let x = values[series.cost], let y = values[series.quality], Scale.canShow(x),
        Scale.canShow(y)
      else { return }
      let error = withErrors ? (series.data.objectives[series.cost].errorPercent ?? 0) / 100 : 0
      // An error of more than 100% reaches zero, where no logarithm is.
      xs += error > 0 && error < 1 ? [x * (1 - error), x * (1 + error)] : [x]
      ys.append(y)
    }
    for one in series {
      for point in one.data.points { take(point.values, one, withErrors: true) }
      for values in one.data.evaluations { take(values, one, withErrors: false) }
      for baseline in one.data.baselines {
        for point in baseline.points { take(point.values, one, withErrors: false) }
      }
    }
    return (xs, ys)
  }

  private func place(_ values: [Double?], of one: Series, frame: PlotFrame) -> Place? {
    guard let x = values[one.cost], let y = values[one.quality], Scale.canShow(x),
      Scale.canShow(y)
    else { return nil }
    return Place(frame.x.position(x), frame.y.position(y))
  }

  private func spots(of index: Int, frame: PlotFrame) -> [Spot] {
    series[index].data.points.compactMap { point in
      place(point.values, of: series[index], frame: frame).map {
        Spot(place: $0, point: point, series: index)
      }
    }
  }

  /// Evaluations as faint dots; those on one spot of two units are drawn once.
  private func drawEvaluations(_ frame: PlotFrame, on canvas: inout SVGCanvas) {
    canvas.open("evaluations")
    for (index, one) in series.enumerated() {
      var taken: Set<Place> = []
      var dots: [Place] = []
      for values in one.data.evaluations {
        guard let found = place(values, of: one, frame: frame) else { continue }
        let cell = Place((found.x / 2).rounded() * 2, (found.y / 2).rounded() * 2)
        if taken.insert(cell).inserted { dots.append(cell) }
      }
      canvas.dots(dots, series.count == 1 ? "seen" : "d\(Self.color(index))")
    }
    canvas.close()
  }

  /// The border of what the frontier dominates: from each point along the worse cost to the next.
  private func staircase(of index: Int, frame: PlotFrame) -> [Place] {
    let one = series[index]
    let (quality, cost) = (one.data.objectives[one.quality], one.data.objectives[one.cost])
    var pairs: [(x: Double, y: Double)] = []
    for point in one.data.frontier {
      guard let x = point.values[one.cost], let y = point.values[one.quality], Scale.canShow(x),
        Scale.canShow(y)
      else { continue }
      pairs.append((x, y))
    }
    pairs.sort { $0.x == $1.x ? quality.prefers($0.y, to: $1.y) : cost.prefers($0.x, to: $1.x) }
    var places: [Place] = []
    var best: Double?
    for pair in pairs {
      if let best, !quality.prefers(pair.y, to: best) { continue }
      let x = frame.x.position(pair.x)
      if let best { places.append(Place(x, frame.y.position(best))) }
      places.append(Place(x, frame.y.position(pair.y)))
      best = pair.y
    }
    // The best quality holds for every worse cost.
    if let last = places.last {
      places.append(Place(cost.isMaximized ? frame.area.x : frame.area.right, last.y))
    }
    return places
  }

  private func drawErrors(
    of spot: Spot, frame: PlotFrame, on canvas: inout SVGCanvas
  ) -> [Segment] {
    let one = series[spot.series]
    var drawn: [Segment] = []
    let style = "e\(Self.color(spot.series))"
    if let error = one.data.objectives[one.cost].errorPercent, error > 0,
      let x = spot.point.values[one.cost]
    {
      let low = max(frame.x.position(x * max(1 - error / 100, 0)), frame.area.x)
      let high = min(frame.x.position(x * (1 + error / 100)), frame.area.right)
      drawn.append(Segment(from: Place(low, spot.place.y), to: Place(high, spot.place.y)))
      for end in [low, high] {
        canvas.line(Place(end, spot.place.y - 3), Place(end, spot.place.y + 3), style)
      }
    }
    if let error = one.data.objectives[one.quality].errorPercent, error > 0,
      let y = spot.point.values[one.quality]
    {
      let low = min(frame.y.position(y * max(1 - error / 100, 0)), frame.area.bottom)
      let high = max(frame.y.position(y * (1 + error / 100)), frame.area.y)
      drawn.append(Segment(from: Place(spot.place.x, low), to: Place(spot.place.x, high)))
      for end in [low, high] {
        canvas.line(Place(spot.place.x - 3, end), Place(spot.place.x + 3, end), style)
      }
    }
    for bar in drawn { canvas.line(bar.from, bar.to, style) }
    return drawn
  }

  /// Shape, colour and name of each baseline of each series, in their order.
  private var baselineKeys: [(series: Int, baseline: Int, shape: MarkerShape, color: Int)] {
    // Shapes that no series of points has first.
    let shapes: [MarkerShape] = [.cross, .plus, .invertedTriangle, .star, .diamond, .square]
    var keys: [(series: Int, baseline: Int, shape: MarkerShape, color: Int)] = []
    for (index, one) in series.enumerated() {
      for baseline in one.data.baselines.indices {
        let color =
          series.count == 1 ? 1 + baseline % (StyleSheet.seriesCount - 2) : Self.color(index)
        keys.append((index, baseline, shapes[baseline % shapes.count], color))
      }
    }
    return keys
  }

  private func drawBaselines(_ frame: PlotFrame, on canvas: inout SVGCanvas) -> [Box] {
    var boxes: [Box] = []
    for key in baselineKeys {
      let baseline = series[key.series].data.baselines[key.baseline]
      for point in baseline.points {
        guard let place = place(point.values, of: series[key.series], frame: frame) else {
          continue
        }
        canvas.marker(
          key.shape, at: place, Self.hollow(key.shape, key.color),
          title: "\(baseline.name): \(point.label)")
        boxes.append(Box(around: place, reach: MarkerShape.reach - 0.5))
      }
    }
    return boxes
  }

  private func labelRequests(_ spots: [Spot]) -> [LabelPlacement.Request] {
    func label(_ spot: Spot) -> LabelPlacement.Request {
      let id = TextMetrics.fitted(spot.point.id, width: 90, size: LabelPlacement.size)
      return LabelPlacement.Request(
        text: series[spot.series].prefix + id + (spot.point.isKnee ? " knee" : ""),
        anchor: spot.place, isBold: spot.point.isKnee)
    }
    let knees = spots.filter(\.point.isKnee)
    let frontier = spots.filter { !$0.point.isKnee && $0.point.isOnFrontier }
    let others = spots.filter { !$0.point.isKnee && !$0.point.isOnFrontier }
    let room = Self.labelLimit - knees.count
    let chosen = frontier.thinned(to: max(room, 2))
    let ends = [chosen.first, chosen.dropFirst().last].compactMap(\.self)
    let middle = chosen.dropFirst().dropLast()
    return (knees + ends + middle + others.prefix(max(room - chosen.count, 0))).map(label)
  }

  // MARK: Words

  private static func color(_ index: Int) -> Int { index % (StyleSheet.seriesCount - 2) }

  private static func hollow(_ shape: MarkerShape, _ color: Int) -> String {
    shape.isOpen ? "x\(color)" : "o\(color)"
  }

  private func shape(of index: Int) -> MarkerShape {
    [.circle, .square, .triangle, .diamond][index % 4]
  }

  private var legendEntries: [Legend.Entry] {
    var entries: [Legend.Entry] = []
    for (index, one) in series.enumerated() {
      let color = Self.color(index)
      entries.append(
        .init(
          key: .marker(shape(of: index), style: "m\(color)"),
          name: one.name.isEmpty ? "frontier" : "\(one.prefix) \(one.name): frontier"))
      if one.data.points.contains(where: { !$0.isOnFrontier }) {
        entries.append(
          .init(
            key: .marker(shape(of: index), style: "o\(color)"),
            name: one.name.isEmpty ? "other points" : "\(one.prefix) other points"))
      }
    }
    if series.contains(where: { !$0.data.evaluations.isEmpty }) {
      entries.append(
        .init(key: .dot(style: series.count == 1 ? "seen" : "d0"), name: "evaluations"))
    }
    for key in baselineKeys {
      let one = series[key.series]
      let name = one.data.baselines[key.baseline].name
      entries.append(
        .init(
          key: .marker(key.shape, style: Self.hollow(key.shape, key.color)),
          name: "\(one.prefix.isEmpty ? "" : "\(one.prefix) ")baseline \(name)"))
    }
    return entries
  }

  private static func suffix(_ objective: SearchData.Objective) -> String {
    guard objective.isEstimate else { return ", exact" }
    let model = objective.model.map { " by \($0)" } ?? ""
    guard let error = objective.errorPercent else { return ", estimate\(model), error unknown" }
    return ", estimate\(model), \u{B1}\(NumberText.significant(error, digits: 3))%"
  }

  private func title(of spot: Spot) -> String {
    let values = zip(series[spot.series].data.objectives, spot.point.values).map {
      "\($0.measure.title) \($0.measure.text($1, isEstimate: $0.isEstimate))"
    }
    return "\(series[spot.series].prefix)\(spot.point.id): \(values.joined(separator: ", "))"
  }

  private func notes(unlabelled: Int, drawn: Int) -> [String] {
    let better = { (objective: SearchData.Objective) in
      objective.isMaximized ? "higher" : "lower"
    }
    var notes = [
      "Better is \(better(quality)) \(quality.measure.title) and \(better(cost)) "
        + "\(cost.measure.title). Behind the stepped line lies what a point of the frontier dominates; "
        + "the ring marks the knee."
    ]
    if [quality, cost].contains(where: { ($0.errorPercent ?? 0) > 0 }) {
      notes.append("Bars show the error measured for the estimate.")
    }
    let total = series.reduce(0) { $0 + $1.data.points.count }
    if drawn < total {
      notes.append(
        "\(Quantity.count(total - drawn, "point")) without finite numbers for both axes "
          + "\(total - drawn == 1 ? "is" : "are") not drawn.")
    }
    if unlabelled > 0 {
      notes.append(
        "\(Quantity.count(unlabelled, "point")) \(unlabelled == 1 ? "has" : "have") no label for "
          + "lack of room; the table names all.")
    }
    let evaluations = series.reduce(0) { $0 + $1.data.evaluations.count }
    if evaluations > 0 {
      notes.append(
        "Faint dots: \(Quantity.count(evaluations, "evaluation")), those at one place drawn once.")
    }
    return notes
  }

  private func tables(areFolded: Bool) -> [CaptionedTable] {
    series.map { one in
      CaptionedTable(
        caption: one.name.isEmpty ? "Points" : "Points of \(one.prefix) \(one.name)",
        table: one.data.pointTable, isFolded: areFolded)
    }
      + series.filter { !$0.data.baselines.isEmpty }.map { one in
        CaptionedTable(
          caption: one.name.isEmpty ? "Baselines" : "Baselines of \(one.prefix) \(one.name)",
          table: one.data.baselineTable, isFolded: true)
      }
  }
}

extension SearchData {
  /// All points with their numbers, one row each.
  var pointTable: Table {
    let hasAllocations = points.contains { $0.allocation != nil }
    let hasTies = points.contains { !$0.indistinguishableFrom.isEmpty }
    var table = Table(
      [.text("point")] + objectives.map { .number($0.heading) } + [.text("mark")]
        + (hasTies ? [.text("not told apart from", isFlexible: true)] : [])
        + (hasAllocations ? [.text("allocation", isFlexible: true)] : []))
    for point in points {
      var marks: [String] = []
      if point.isOnFrontier { marks.append("frontier") }
      if point.isKnee { marks.append("knee") }
      var row: [Table.Cell] = [.init(point.id)]
      row += cells(point.values)
      row.append(.init(marks.joined(separator: ", ")))
      if hasTies { row.append(.init(point.indistinguishableFrom.joined(separator: ", "))) }
      if hasAllocations { row.append(.init(point.allocation ?? "")) }
      table.append(row)
    }
    return table
  }

  var baselineTable: Table {
    var table = Table(
      [.text("baseline"), .text("point", isFlexible: true)]
        + objectives.map { .number($0.heading) })
    for baseline in baselines {
      for point in baseline.points {
        table.append([.init(baseline.name), .init(point.label)] + cells(point.values))
      }
    }
    return table
  }

  private func cells(_ values: [Double?]) -> [Table.Cell] {
    zip(objectives, values).map { objective, value in
      .init(
        objective.measure.text(value, isEstimate: objective.isEstimate),
        plain: value.map { $0.description } ?? "")
    }
  }
}

extension SearchData.Objective {
  /// Title of a column: name, and whether the number is exact.
  var heading: String {
    guard isEstimate else { return measure.title }
    guard let errorPercent else { return "\(measure.title) (estimate)" }
    return
      "\(measure.title) (estimate \u{B1}\(NumberText.significant(errorPercent, digits: 3))%)"
  }
}
