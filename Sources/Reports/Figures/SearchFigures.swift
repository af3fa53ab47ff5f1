import Documents

/// The figures of one search beside its Pareto plots.
struct SearchFigures: Sendable {
  let data: SearchData
  /// Before the names of figures where several results are shown.
  let prefix: String

  /// Points that fit beside each other; more are thinned out evenly.
  private static let pointLimit = 56
  /// Rows of a grid.
  private static let rowLimit = 300

  var figures: [Figure] {
    [bits, patches, sensitivity].compactMap(\.self) + layerCosts
  }

  private var shownPoints: [SearchData.Point] {
    let points = data.frontier.isEmpty ? data.points : data.frontier
    return points.thinned(to: Self.pointLimit, keeping: \.isKnee)
  }

  private var thinningNote: [String] {
    let all = data.frontier.isEmpty ? data.points.count : data.frontier.count
    let shown = shownPoints.count
    return shown < all
      ? ["\(Quantity.count(shown)) of \(Quantity.count(all)) points, evenly chosen."] : []
  }

  // MARK: Bits

  /// Names of all layers that a point has a choice for, in graph order first.
  private var layerNames: [String] {
    var seen: Set<String> = []
    let listed = data.layers.map(\.name) + data.points.flatMap { $0.layers.map(\.name) }
    let chosen = Set(data.points.flatMap { $0.layers.map(\.name) })
    return listed.filter { chosen.contains($0) && seen.insert($0).inserted }
  }

  private var bits: Figure? {
    let points = shownPoints.filter { !$0.layers.isEmpty }
    let names = Array(layerNames.prefix(Self.rowLimit))
    guard !points.isEmpty, !names.isEmpty else { return nil }
    let labels = LayerLabels(layerNames)
    let choices = points.map { point in
      Dictionary(point.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
    var widths: [String: Double] = [:]
    var formats: Set<String> = []
    for choice in points.flatMap(\.layers) {
      for format in [choice.weights, choice.activations].compactMap(\.self)
      where formats.insert(format).inserted { widths[format] = FormatBits.of(format) }
    }
    let known = Array(Set(widths.values)).sorted()
    // Equal steps from the narrowest width in use to the widest.
    func level(_ width: Double?) -> Double? {
      guard let width, let rank = known.firstIndex(of: width) else { return nil }
      return known.count == 1 ? 0.5 : Double(rank) / Double(known.count - 1) * 0.999
    }
    var canvas = SVGCanvas()
    var y = 0.0
    var notes = [
      "Darker is wider on a light page, lighter on a dark one; numbers are bits a value."
    ]
    func width(_ format: String?) -> Double? { format.flatMap { widths[$0] } }
    let isAlike = choices.allSatisfy {
      $0.values.allSatisfy { choice in
        choice.weights == choice.activations
          || choice.weights.map { widths[$0] != nil } == true
            && width(choice.weights) == width(choice.activations)
      }
    }
    typealias Role = (title: String, format: (SearchData.Choice) -> String?)
    let roles: [Role] =
      isAlike
      ? [
        (
          "weights and activations",
          {
            $0.weights == $0.activations
              ? $0.weights : "\($0.weights ?? "") / \($0.activations ?? "")"
          }
        )
      ] : [("weights", \.weights), ("activations", \.activations)]
    for (title, role) in roles
    where points.contains(where: { $0.layers.contains { role($0) != nil } }) {
      let rows = FoldedRows(names.map { name in choices.map { $0[name].flatMap(role) } })
      if let format = rows.everywhere, names.count > 1 {
        notes.append("The \(title) have \(format ?? "the model's format") everywhere.")
        continue
      }
      canvas.text("\(title), bits", at: Place(0, y + 15), size: 13, "t b")
      let heads = rows.columns.map { column in column.map { points[$0].id }.joined(separator: ", ")
      }
      let matrix = CellMatrix(
        columns: heads,
        rows: rows.groups.map { group in
          let name = group.count == 1 ? names[group[0]] : "\(group.count) layers"
          return (
            group.count == 1 ? labels.shown[group[0]] : name,
            zip(rows.columns, heads).map { column, head in
              guard let choice = choices[column[0]][names[group[0]]],
                let format = role(choice)
              else { return .init(text: "", level: nil, title: "\(head), \(name): as the model") }
              let width = isAlike ? width(choice.weights) : widths[format]
              let text = width.map { NumberText.significant($0, digits: 3) } ?? format
              let reason =
                group.count == 1 && column.count == 1
                ? choice.reason.map { "; \($0)" } ?? "" : ""
              return .init(
                text: text, level: level(width), title: "\(head), \(name): \(format)\(reason)")
            }
          )
        },
        boldColumns: Set(
          rows.columns.indices.filter { rows.columns[$0].contains { points[$0].isKnee } }))
      y = matrix.draw(on: &canvas, top: y + 22, width: Figure.width) + 18
      for group in rows.groups where group.count > 1 {
        notes.append(
          "\(group.count) layers whose \(title) no point changes: "
            + group.map { labels.shown[$0] }.joined(separator: ", ") + ".")
      }
    }
    if let knee = points.first(where: \.isKnee) { notes.append("Bold: the knee, \(knee.id).") }
    notes += thinningNote
    let hidden = layerNames.count - names.count
    if hidden > 0 { notes.append("\(Quantity.count(hidden, "more layer")) in the tables.") }
    return Figure(
      name: prefix + "bits", title: "Bits by layer of each point (bit)", notes: notes,
      height: max(y, 1),
      canvas: canvas, tables: bitsTables(points, choices, labels) + labels.tables)
  }

  private func bitsTables(
    _ points: [SearchData.Point], _ choices: [[String: SearchData.Choice]], _ labels: LayerLabels
  ) -> [CaptionedTable] {
    let names = layerNames
    let formats = Table.grid(
      ("layer", labels.shown), ("point", points.map(\.id)), alignment: .left
    ) { layer, point in
      let choice = choices[point][names[layer]]
      let parts = [choice?.weights, choice?.activations].compactMap(\.self)
      return .init(choice?.candidate ?? parts.joined(separator: " / "))
    }
    var tables = [CaptionedTable(caption: "Formats: weights / activations", table: formats)]
    let explained = points.first { $0.isKnee } ?? points[points.count / 2]
    let others = points.filter { $0.id != explained.id }
    for point in [explained] + others where point.layers.contains(where: { $0.reason != nil }) {
      var reasons = Table([
        .text("layer"), .text("weights"), .text("activations"), .text("reason", isFlexible: true),
      ])
      let shown = Dictionary(zip(names, labels.shown), uniquingKeysWith: { first, _ in first })
      for choice in point.layers {
        reasons.append([
          .init(shown[choice.name] ?? choice.name), .init(choice.weights ?? ""),
          .init(choice.activations ?? ""), .init(choice.reason ?? ""),
        ])
      }
      let isMain = point.id == explained.id
      tables.append(
        CaptionedTable(
          caption: "Why: point \(point.id)\(point.isKnee ? ", the knee" : "")", table: reasons,
          isFolded: !isMain, isForScreen: !isMain))
    }
    return tables
  }

  // MARK: Patches

  /// Patches where they lie in the image: their classes, then their bits under each allocation.
  private var patches: Figure? {
    guard let found = data.patches else { return nil }
    let grid = found.grid
    let names = (0..<grid).map { "column \($0)" }
    var canvas = SVGCanvas()
    var y = 0.0
    func draw(_ title: String, _ cell: (Int) -> CellMatrix.Cell) {
      canvas.text(title, at: Place(0, y + 15), size: 13, "t b")
      let matrix = CellMatrix(
        columns: names,
        rows: (0..<grid).map { row in
          ("row \(row)", (0..<grid).map { cell(row * grid + $0) })
        }, cellWidth: 64)
      y = matrix.draw(on: &canvas, top: y + 22, width: Figure.width) + 18
    }
    if let tensor = found.tensor {
      draw("classes by the values of \(tensor)") { tile in
        let isOutlier = found.tiles[tile].isOutlier ?? false
        let share = found.tiles[tile].outliers ?? 0
        return .init(
          text: isOutlier ? "outlier" : "free", level: isOutlier ? 0.999 : 0.2,
          title:
            "tile \(tile / grid), \(tile % grid): \(NumberText.significant(share * 100, digits: 3))% "
            + "outliers")
      }
    }
    let shown = found.schedules.filter { !$0.tileBits.isEmpty }
    let narrow = shown.filter { row in row.tileBits.contains { $0 != 8 } }
    for schedule in narrow.prefix(Self.patchLimit) {
      draw("mean bits, \(schedule.name)") { tile in
        let bits = schedule.tileBits[tile]
        return .init(
          text: NumberText.significant(bits, digits: 2),
          level: min(max((bits - 2) / 6, 0), 1) * 0.999,
          title: "tile \(tile / grid), \(tile % grid): \(bits) bits a value that its layers read")
      }
    }
    var notes = [
      "\(grid) x \(grid) patches to block \(found.splitAfter). Darker is wider on a light page."
    ]
    if let sigma = found.sigma {
      notes.append(
        "A patch with values beyond \(NumberText.significant(sigma, digits: 3)) standard deviations keeps "
          + "the model's bits.")
    }
    if narrow.count > Self.patchLimit {
      notes.append("\(Quantity.count(narrow.count - Self.patchLimit, "more point")) in the table.")
    }
    return Figure(
      name: prefix + "patches", title: "Patches (bit)", notes: notes, height: y, canvas: canvas,
      tables: [CaptionedTable(caption: "Schedules", table: schedules(found))])
  }

  private static let patchLimit = 6

  private func schedules(_ patches: SearchData.Patches) -> Table {
    var table = Table([
      .text("schedule"), .number("MAC"), .number("BitOPs"), .number("fewer"), .number("peak"),
      .number("SRAM"), .number("latency"), .text("bits of tiles", isFlexible: true),
    ])
    let (bytes, seconds) = (Measure(name: "peak", unit: "B"), Measure(name: "latency", unit: "s"))
    for row in patches.schedules {
      table.append([
        .init(row.name), .init(NumberText.significant(row.macs, digits: 4), plain: "\(row.macs)"),
        .init(NumberText.significant(row.bitOperations, digits: 4), plain: "\(row.bitOperations)"),
        .init(NumberText.significant(row.reduction, digits: 3) + "x", plain: "\(row.reduction)"),
        .init(bytes.text(row.peakBytes), plain: "\(row.peakBytes)"),
        .init(row.sramBytes.map { bytes.text($0) } ?? "", plain: row.sramBytes?.description ?? ""),
        .init(
          row.seconds.map { seconds.text($0, isEstimate: true) } ?? "",
          plain: row.seconds?.description ?? ""),
        .init(row.tileBits.map { NumberText.significant($0, digits: 2) }.joined(separator: " ")),
      ])
    }
    return table
  }

  // MARK: Sensitivity

  private var sensitivity: Figure? {
    guard let found = data.sensitivity, !found.layers.isEmpty else { return nil }
    var seen: Set<String> = []
    let columns = found.layers.flatMap(\.candidates).filter { seen.insert($0).inserted }
    guard !columns.isEmpty, columns.count <= 200 else { return nil }
    let finite = found.layers.flatMap(\.values).filter(Scale.canShow)
    let scale = Scale(
      finite, from: 0, to: 1, allowsLogarithm: true)
    let (low, high) = (
      finite.min().map(scale.position) ?? 0, finite.max().map(scale.position) ?? 1
    )
    func cell(_ layer: String, _ candidate: String, _ value: Double?) -> CellMatrix.Cell {
      guard let value else {
        return .init(text: "", level: nil, title: "\(layer), \(candidate): not measured")
      }
      let text = NumberText.significant(value, digits: 3)
      guard Scale.canShow(value) else {
        return .init(text: text, level: nil, title: "\(layer), \(candidate): \(text)")
      }
      let level = high > low ? (scale.position(value) - low) / (high - low) * 0.999 : 0.5
      return .init(
        text: text, level: level, title: "\(layer), \(candidate): \(found.metric) \(value)")
    }
    let labels = LayerLabels(found.layers.map(\.name))
    let values: [[Double?]] = found.layers.prefix(Self.rowLimit).map { layer in
      let values = Dictionary(
        zip(layer.candidates, layer.values), uniquingKeysWith: { first, _ in first })
      return columns.map { values[$0] }
    }
    let folded = FoldedRows(values.map { $0.map { $0?.description } })
    let heads = folded.columns.map { column in
      column.map { columns[$0] }.joined(separator: ", ")
    }
    let rows = folded.groups.map { group in
      let name =
        group.count == 1 ? labels.shown[group[0]] : Quantity.count(group.count, "layer")
      return (
        name: name,
        cells: zip(folded.columns, heads).map { cell(name, $1, values[group[0]][$0[0]]) }
      )
    }
    var canvas = SVGCanvas()
    let matrix = CellMatrix(columns: heads, rows: rows, cellWidth: 64)
    let height = matrix.draw(on: &canvas, top: 0, width: Figure.width)
    var table = Table([.text("layer")] + columns.map { .number($0) })
    for (layer, label) in zip(found.layers, labels.shown) {
      let values = Dictionary(
        zip(layer.candidates, layer.values), uniquingKeysWith: { first, _ in first })
      table.append(
        [.init(label)]
          + columns.map { column in
            guard let value = values[column] else { return "" }
            return .init(
              NumberText.significant(value, digits: 6), plain: value.description)
          })
    }
    var notes = [
      "Each number says how much the network suffers when this layer alone has this format "
        + "(\(found.metric)); "
        + (scale.isLogarithmic ? "lightness follows its logarithm." : "lightness follows it.")
    ]
    for group in folded.groups where group.count > 1 {
      notes.append(
        "\(group.count) layers for which the format makes no difference: "
          + group.map { labels.shown[$0] }.joined(separator: ", ") + ".")
    }
    if let rank = data.rank {
      let evaluations = rank.evaluations.map { " of \(Quantity.count($0, "evaluation"))" } ?? ""
      notes.append(
        "Rank correlation of \(rank.metric) with the truth\(evaluations): Spearman "
          + "\(NumberText.significant(rank.spearman, digits: 3)).")
    }
    return Figure(
      name: prefix + "sensitivity",
      title: "Sensitivity by layer and format (\(found.metric))", notes: notes, height: height + 4,
      canvas: canvas,
      tables: [CaptionedTable(caption: "Sensitivity, \(found.metric)", table: table)]
        + labels.tables)
  }

  // MARK: Costs by layer

  /// One figure a cost that layers have parts of, the objectives first; at most three.
  private var layerCosts: [Figure] {
    let points = shownPoints.thinned(to: 40, keeping: \.isKnee).filter { !$0.layers.isEmpty }
    let costs = data.objectives.indices.dropFirst().filter { cost in
      points.contains { $0.layers.contains { $0.costs[cost] != nil } }
    }
    return costs.prefix(3).enumerated().map { place, cost in
      layerCost(cost, of: points, name: "layer-cost" + (place == 0 ? "" : "-\(place + 1)"))
    }
  }

  /// What the layers have of the objective at `position`, one bar a point.
  private func layerCost(
    _ position: Int, of points: [SearchData.Point], name: String
  ) -> Figure {
    let cost = data.objectives[position]
    let names = data.layers.map(\.name)
    let values: [[Double?]] = points.map { point in
      let parts = Dictionary(
        point.layers.map { ($0.name, $0.costs[position]) }, uniquingKeysWith: { first, _ in first })
      return names.map { parts[$0] ?? nil }
    }
    // What belongs to no layer of the space, such as pools, has a part of its own.
    let rests: [Double] = zip(points, values).map { point, parts in
      let sum = parts.reduce(0) { $0 + ($1 ?? 0) }
      guard let total = point.values[position], total - sum > 1e-9 * abs(total) else { return 0 }
      return total - sum
    }
    let hasRest = rests.contains { $0 > 0 }
    let labels = LayerLabels(names)
    let shown = labels.shown + (hasRest ? ["outside the layers"] : [])
    let columns = zip(values, rests).map { parts, rest in parts + (hasRest ? [rest] : []) }
    let measure = cost.measure
    let stack = LayerStack(names: shown, values: columns.map { $0.map { $0 ?? 0 } })
    let rows = zip(points, stack.values).map { point, values in
      BarChart.Row(
        name: point.id + (point.isKnee ? " knee" : ""),
        parts: stack.parts(of: values, in: point.id, measure: measure),
        text: measure.text(values.reduce(0, +), isEstimate: cost.isEstimate),
        isBold: point.isKnee)
    }
    var canvas = SVGCanvas()
    let height = BarChart(measure: measure, rows: rows, series: stack.series).draw(
      on: &canvas, width: Figure.width)
    let table = Table.grid(
      ("layer", shown), ("point", points.map(\.id)), alignment: .right
    ) { layer, point in
      let value = columns[point][layer]
      return .init(
        value.map { measure.text($0, isEstimate: cost.isEstimate) } ?? "",
        plain: value?.description ?? "")
    }
    var notes = stack.notes
    notes += points.count < shownPoints.count ? ["Points are chosen evenly."] : thinningNote
    return Figure(
      name: prefix + name, title: "\(measure.titleWithUnit) by layer",
      notes: notes, height: height, canvas: canvas,
      tables: [
        CaptionedTable(caption: "\(measure.titleWithUnit), by layer and point", table: table)
      ] + labels.tables)
  }
}

/// Rows of a grid, those that are the same in every column and alike as one, and its columns, those
/// that are alike in every row as one.
package struct FoldedRows: Sendable {
  /// Positions of the rows that stand together; the first says what all have.
  package let groups: [[Int]]
  /// Positions of the columns that stand together.
  package let columns: [[Int]]
  /// What every cell is; nil where cells differ.
  package let everywhere: String??

  /// - Parameter rows: one cell a column.
  package init(_ rows: [[String?]]) {
    let cells = Set(rows.flatMap(\.self))
    everywhere = cells.count == 1 ? .some(cells.first ?? nil) : nil
    var groups: [[Int]] = []
    var constant: [String?: Int] = [:]
    for (index, row) in rows.enumerated() {
      guard row.count > 1, Set(row).count == 1, let cell = row.first else {
        groups.append([index])
        continue
      }
      if let place = constant[cell] {
        groups[place].append(index)
      } else {
        constant[cell] = groups.count
        groups.append([index])
      }
    }
    self.groups = groups
    var columns: [[Int]] = []
    var places: [[String?]: Int] = [:]
    for column in 0..<(rows.map(\.count).min() ?? 0) {
      let cells = rows.map { $0[column] }
      if let place = places[cells] {
        columns[place].append(column)
      } else {
        places[cells] = columns.count
        columns.append([column])
      }
    }
    self.columns = columns
  }
}

/// Numbers by layer as the parts of bars: the largest layers by themselves, the others together.
struct LayerStack: Sendable {
  /// One list a bar, one number a layer.
  let values: [[Double]]
  private let names: [String]
  /// Series of each layer; nil for those that stand together.
  private let seriesOf: [Int?]
  private let others: Int
  /// Names of the series, in the order of the layers.
  let series: [String]

  init(names: [String], values: [[Double]]) {
    self.names = names
    self.values = values
    let totals = names.indices.map { layer in
      values.reduce(0) { $0 + (Scale.canShow($1[layer]) ? $1[layer] : 0) }
    }
    let ranked = names.indices.sorted {
      totals[$0] == totals[$1] ? $0 < $1 : totals[$0] > totals[$1]
    }
    // One layer too many has the colour that would stand for it alone.
    let chosen = ranked.prefix(
      names.count <= StyleSheet.seriesCount ? names.count : StyleSheet.seriesCount - 1
    ).sorted()
    var seriesOf = [Int?](repeating: nil, count: names.count)
    for (index, layer) in chosen.enumerated() { seriesOf[layer] = index }
    self.seriesOf = seriesOf
    others = names.count - chosen.count
    series =
      chosen.map { names[$0] }
      + (others > 0 ? [Quantity.count(others, "other layer")] : [])
  }

  /// What the colours leave out.
  var notes: [String] {
    guard others > 0 else { return [] }
    return [
      "The \(StyleSheet.seriesCount - 1) largest layers have colours; the other \(others) stand "
        + "together."
    ]
  }

  /// The parts of one bar: the layers with a colour in their order, then the others as one.
  func parts(of values: [Double], in owner: String, measure: Measure) -> [BarChart.Part] {
    var parts: [BarChart.Part] = []
    var rest = 0.0
    for (layer, value) in values.enumerated() {
      guard let series = seriesOf[layer] else {
        rest += Scale.canShow(value) ? value : 0
        continue
      }
      parts.append(
        .init(
          value: value, series: series,
          title: "\(owner), \(names[layer]): \(measure.text(value))"))
    }
    if rest > 0 {
      parts.append(
        .init(
          value: rest, series: StyleSheet.seriesCount - 1,
          title: "\(owner), other layers: \(measure.text(rest))"))
    }
    return parts
  }
}

extension Table {
  /// A cell for each pair of two lists; the longer list goes down, so that the table stays narrow.
  static func grid(
    _ first: (title: String, names: [String]), _ second: (title: String, names: [String]),
    alignment: Alignment, cell: (_ first: Int, _ second: Int) -> Cell
  ) -> Table {
    let isSwapped = second.names.count > first.names.count
    let (down, across) = isSwapped ? (second, first) : (first, second)
    var table = Table(
      [.text(down.title)]
        + across.names.map { alignment == .left ? Column.text($0) : Column.number($0) })
    for (row, name) in down.names.enumerated() {
      table.append(
        [.init(name)]
          + across.names.indices.map { isSwapped ? cell($0, row) : cell(row, $0) })
    }
    return table
  }
}
