import Documents

/// The figures of one or several estimates.
enum EstimateFigures {
  /// An estimate with the name it has among others.
  struct Named: Sendable {
    let name: String
    let data: EstimateData
  }

  /// Layers whose bars are drawn one by one.
  private static let rowLimit = 80
  /// Estimates that stand beside each other.
  private static let barLimit = 60

  /// One stacked bar of latency an estimate; nil where none says the latency of its layers.
  static func latency(_ estimates: [Named]) -> Figure? {
    let shown = Array(estimates.filter { $0.data.layerLatency != nil }.prefix(barLimit))
    guard let first = shown.first?.data.layerLatency else { return nil }
    // Cycles of different clocks do not compare; seconds do.
    let inSeconds = shown.allSatisfy { $0.data.layerLatency?.isSeconds == true }
    let comparable = inSeconds ? shown : shown.filter { $0.data.layerLatency?.isSeconds == false }
    let measure = inSeconds ? Measure(name: "latency", unit: "s") : first.measure
    let names = uniqueNames(comparable)
    let values: [[Double]] = comparable.map { one in
      let found = Dictionary(
        zip(one.data.uniqueLayerNames, one.data.layerLatency?.values ?? []),
        uniquingKeysWith: { first, _ in first })
      return names.map { found[$0] ?? 0 }
    }
    let labels = LayerLabels(names)
    let stack = LayerStack(names: labels.shown, values: values)
    let rows = zip(comparable, stack.values).map { one, values in
      BarChart.Row(
        name: one.name, parts: stack.parts(of: values, in: one.name, measure: measure),
        text: measure.text(values.reduce(0, +), isEstimate: one.data.latencyKind != "exact"))
    }
    var canvas = SVGCanvas()
    let height = BarChart(measure: measure, rows: rows, series: stack.series).draw(
      on: &canvas, width: Figure.width)
    var table = Table([.text("layer")] + comparable.map { .number($0.name) })
    for (index, name) in labels.shown.enumerated() {
      table.append(
        [.init(name)]
          + values.map {
            .init(measure.text($0[index], isEstimate: true), plain: $0[index].description)
          })
    }
    var notes = stack.notes
    if shown.count < estimates.count {
      notes.append(
        "\(Quantity.count(estimates.count - shown.count, "estimate")) not drawn: without numbers by "
          + "layer, or beyond the first \(barLimit).")
    }
    return Figure(
      name: "latency", title: "Latency by layer, stacked (\(measure.unit))", notes: notes,
      height: height, canvas: canvas,
      tables: [
        CaptionedTable(caption: "Latency by layer (\(measure.unit))", table: table)
      ] + labels.tables)
  }

  private static func uniqueNames(_ estimates: [Named]) -> [String] {
    var seen: Set<String> = []
    return estimates.flatMap(\.data.uniqueLayerNames).filter { seen.insert($0).inserted }
  }

  /// One bar a layer of one estimate, in execution order.
  static func layers(_ one: Named, prefix: String) -> Figure? {
    guard let latency = one.data.layerLatency else { return nil }
    let layers = one.data.layers
    let total = latency.values.reduce(0) { $0 + (Scale.canShow($1) ? $1 : 0) }
    var series: [String] = []
    for part in layers.flatMap(\.parts) where !series.contains(part.name) {
      series.append(part.name)
    }
    // Parts must be in the unit of the whole, or the bars would lie.
    let hasParts =
      !series.isEmpty && series.count <= StyleSheet.seriesCount
      && zip(layers, latency.values).allSatisfy { layer, value in
        let sum = layer.parts.reduce(0) { $0 + $1.value }
        return layer.parts.isEmpty || abs(sum - value) <= 0.01 * max(abs(value), abs(sum))
      }
    let measure = latency.measure
    let labels = LayerLabels(one.data.uniqueLayerNames)
    let rows = zip(zip(layers, labels.shown), latency.values).prefix(rowLimit).map { named, value in
      let (layer, name) = named
      let share = total > 0 ? value / total : 0
      let parts =
        hasParts && !layer.parts.isEmpty
        ? layer.parts.map { part in
          BarChart.Part(
            value: part.value, series: series.firstIndex(of: part.name) ?? 0,
            title: "\(name), \(part.name): \(measure.text(part.value))")
        }
        : [BarChart.Part(value: value, series: 0, title: "\(name): \(measure.text(value))")]
      return BarChart.Row(
        name: name, parts: parts,
        text: "\(measure.text(value, isEstimate: true)), "
          + "\(NumberText.significant(share * 100, digits: 3))%")
    }
    var canvas = SVGCanvas()
    let height = BarChart(measure: measure, rows: Array(rows), series: hasParts ? series : [])
      .draw(on: &canvas, width: Figure.width)
    let hidden = layers.count - rows.count
    return Figure(
      name: prefix + "layers", title: "Latency of each layer (\(measure.unit))",
      notes: ["In execution order; behind each bar its share of the total."]
        + (hidden > 0 ? ["\(Quantity.count(hidden, "more layer")) in the table."] : []),
      height: height, canvas: canvas,
      tables: [CaptionedTable(caption: "Layers", table: layerTable(one.data, labels))]
        + labels.tables)
  }

  private static func layerTable(_ data: EstimateData, _ labels: LayerLabels) -> Table {
    let layers = data.layers
    let seconds = Measure(name: "latency", unit: "s")
    func has<T>(_ key: KeyPath<EstimateData.Layer, T?>) -> Bool {
      layers.contains { $0[keyPath: key] != nil }
    }
    let columns: [(Table.Column, (EstimateData.Layer) -> Table.Cell)?] = [
      has(\.operatorName) ? (.text("op"), { .init($0.operatorName ?? "") }) : nil,
      has(\.weights) ? (.text("weights"), { .init($0.weights ?? "") }) : nil,
      has(\.activations) ? (.text("activations"), { .init($0.activations ?? "") }) : nil,
      has(\.macs) ? (.number("MAC"), { $0.macs.map(Table.Cell.count) ?? "" }) : nil,
      has(\.cycles)
        ? (
          .number("cycles"),
          {
            .init(
              $0.cycles.map { NumberText.significant($0, digits: 4) } ?? "",
              plain: $0.cycles.map(\.description) ?? "")
          }
        ) : nil,
      has(\.seconds)
        ? (
          .number("latency"),
          {
            .init(
              seconds.text($0.seconds, isEstimate: true), plain: $0.seconds.map(\.description) ?? ""
            )
          }
        ) : nil,
      has(\.liveBytes)
        ? (
          .number("live SRAM (B)"), { $0.liveBytes.map(Table.Cell.count) ?? "" }
        ) : nil,
    ]
    let used = columns.compactMap(\.self)
    var table = Table([.text("layer")] + used.map(\.0))
    for (layer, name) in zip(layers, labels.shown) {
      table.append([.init(name)] + used.map { $0.1(layer) })
    }
    return table
  }

  /// Memory in use while each layer runs, with what the target has.
  static func memory(_ one: Named, prefix: String) -> Figure? {
    let layers = one.data.layers
    let live = layers.map(\.liveBytes)
    guard live.count(where: { $0 != nil }) >= 2, layers.count <= 20_000 else { return nil }
    let values = live.map { Double($0 ?? 0) }
    let names = LayerLabels(one.data.uniqueLayerNames)
    let peak = values.indices.max { values[$0] < values[$1] } ?? 0
    let available = one.data.resources.first { $0.name.contains("sram") }?.available
    // A limit far above the peak would flatten the curve; then it is said in words.
    let isNear = available.map { $0 > 0 && $0 <= 3 * values[peak] } ?? false
    var canvas = SVGCanvas()
    let frame = PlotFrame(
      x: .init(
        Measure(name: "number_of_the_layer", unit: ""), values: [0.5, Double(layers.count) + 0.5],
        isWhole: true),
      y: .init(
        Measure(name: "memory_in_use", unit: "B"),
        // Above the peak is room for its label.
        values: values + [1.15 * values[peak]] + (isNear ? [available ?? 0] : []),
        includesZero: true),
      top: 0, width: Figure.width, height: 260, on: &canvas)
    var outline: [Place] = []
    for (index, value) in values.enumerated() {
      let y = frame.y.position(value)
      outline.append(Place(frame.x.position(Double(index) + 0.5), y))
      outline.append(Place(frame.x.position(Double(index) + 1.5), y))
    }
    let base = frame.y.position(0)
    canvas.path(
      [Place(frame.x.position(0.5), base)] + outline
        + [Place(frame.x.position(Double(values.count) + 0.5), base)], "f0", isClosed: true)
    canvas.line(Place(frame.area.x, base), Place(frame.area.right, base), "axis")
    var marks: [Box] = []
    if let available, isNear {
      let y = frame.y.position(available)
      canvas.line(Place(frame.area.x, y), Place(frame.area.right, y), "limit")
      marks.append(Box(x: frame.area.x, y: y - 2, width: frame.area.width, height: 4))
    }
    let top = Place(frame.x.position(Double(peak + 1)), frame.y.position(values[peak]))
    canvas.marker(.circle, at: top, "m1", title: names.shown[peak])
    marks.append(Box(around: top, reach: MarkerShape.reach))
    for (from, to) in zip(outline, outline.dropFirst()) where to.x > from.x {
      marks.append(Box(x: from.x, y: from.y, width: to.x - from.x, height: base - from.y))
    }
    let bytes = Measure(name: "memory", unit: "B")
    var requests = [
      LabelPlacement.Request(
        text: "peak \(bytes.text(values[peak])) at "
          + TextMetrics.fitted(names.shown[peak], width: 200, size: LabelPlacement.size),
        anchor: top, isBold: true)
    ]
    if let available, isNear {
      requests.append(
        .init(
          text: "available \(bytes.text(available))",
          anchor: Place(frame.area.x + 70, frame.y.position(available))))
    }
    let placement = LabelPlacement(
      requests,
      in: Box(
        x: frame.area.x + 2, y: frame.area.y - 8, width: frame.area.width + 38,
        height: frame.area.height + 4),
      keepingOff: marks, avoiding: zip(outline, outline.dropFirst()).map(Segment.init))
    canvas.open("labels")
    placement.draw(on: &canvas)
    canvas.close()
    var notes = [
      "Each step is one layer in execution order; the peak is \(bytes.text(values[peak])) at "
        + "\(names.shown[peak])."
    ]
    if let available {
      let share = available > 0 ? values[peak] / available * 100 : 0
      notes.append(
        "The target has \(bytes.text(available)): "
          + "\(NumberText.significant(share, digits: 3))% of it is used at the peak.")
    }
    let missing = live.count { $0 == nil }
    if missing > 0 { notes.append("\(Quantity.count(missing, "layer")) without a number.") }
    var table = Table([.number("#", named: "number"), .text("layer"), .number("in use (B)")])
    for (index, layer) in layers.enumerated() {
      table.append([
        .count(index + 1), .init(names.shown[index]), layer.liveBytes.map(Table.Cell.count) ?? "",
      ])
    }
    var tables = [CaptionedTable(caption: "Memory in use by layer", table: table)]
    if !one.data.peakTensors.isEmpty {
      var held = Table([.text("tensor"), .number("bytes")])
      for tensor in one.data.peakTensors {
        held.append([.init(tensor.name), tensor.bytes.map(Table.Cell.count) ?? ""])
      }
      tables.append(CaptionedTable(caption: "Tensors alive at the peak", table: held))
    }
    return Figure(
      name: prefix + "memory", title: "Memory in use over the layers (B)", notes: notes,
      height: PlotFrame.stripHeight(260), canvas: canvas, tables: tables + names.tables)
  }

  /// Used and available resources as shares.
  static func resources(_ one: Named, prefix: String) -> Figure? {
    let shown = one.data.resources.filter { ($0.available ?? 0) > 0 && Scale.canShow($0.used) }
    guard !shown.isEmpty else { return nil }
    let share = Measure(name: "used", unit: "%")
    let rows = shown.map { resource in
      let used = resource.used / (resource.available ?? 1) * 100
      let words = "\(resource.measure.text(resource.used, isEstimate: resource.kind == "estimate"))"
      return BarChart.Row(
        name: resource.measure.title,
        parts: [BarChart.Part(value: used, series: used > 100 ? 1 : 0, title: words)],
        text: "\(NumberText.significant(used, digits: 3))%"
          + (used > 100 ? ", does not fit" : ""))
    }
    var canvas = SVGCanvas()
    let height = BarChart(measure: share, rows: rows, series: [], full: 100).draw(
      on: &canvas, width: Figure.width)
    var table = Table([
      .text("resource"), .number("used"), .number("available"), .number("share"), .text("kind"),
    ])
    for resource in one.data.resources {
      let used = resource.available.flatMap { $0 > 0 ? resource.used / $0 * 100 : nil }
      table.append([
        .init(resource.measure.title),
        .init(
          resource.measure.text(resource.used, isEstimate: resource.kind == "estimate"),
          plain: resource.used.description),
        .init(resource.measure.text(resource.available), plain: resource.available?.description),
        .init(used.map { "\(NumberText.significant($0, digits: 3))%" } ?? ""),
        .init(resource.kind ?? ""),
      ])
    }
    return Figure(
      name: prefix + "resources", title: "Resources used of those available (%)", height: height,
      canvas: canvas, tables: [CaptionedTable(caption: "Resources", table: table)])
  }
}

extension EstimateData {
  /// Latency of each layer, in seconds where each has them, else in cycles; nil if neither.
  package var layerLatency: (values: [Double], measure: Measure, isSeconds: Bool)? {
    guard !layers.isEmpty else { return nil }
    let seconds = layers.compactMap(\.seconds)
    if seconds.count == layers.count {
      return (seconds, Measure(name: "latency", unit: "s"), true)
    }
    let cycles = layers.compactMap(\.cycles)
    guard cycles.count == layers.count else { return nil }
    // The whole says how long a cycle is.
    if let whole = self.seconds, let count = self.cycles, count > 0, whole > 0 {
      return (cycles.map { $0 * whole / count }, Measure(name: "latency", unit: "s"), true)
    }
    return (cycles, Measure(name: "latency", unit: "cycles"), false)
  }

  /// Names of the layers, numbered where one occurs twice.
  package var uniqueLayerNames: [String] {
    var seen: [String: Int] = [:]
    return layers.map { layer in
      let count = (seen[layer.name] ?? 0) + 1
      seen[layer.name] = count
      return count == 1 ? layer.name : "\(layer.name) (\(count))"
    }
  }
}
