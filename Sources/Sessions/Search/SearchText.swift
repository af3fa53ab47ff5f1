package import Documents
import Search

extension SearchAnswer {
  private func kind(_ cost: StudyHeader.Cost) -> CostKind {
    cost.model.map { .estimate(model: $0, errorPercent: cost.errorPercent) } ?? .exact
  }

  /// The points, one a row.
  package var table: Table { table(of: points) }

  /// Points that a short table holds: both ends, the knee, uniform allocations, and others evenly.
  ///
  /// - Parameter limit: rows, unless these are more.
  /// - Returns: them in order.
  private func shown(limit: Int) -> [SearchPoint] {
    guard points.count > limit else { return points }
    var kept = Set(
      points.indices.filter {
        $0 == 0 || $0 == points.count - 1 || points[$0].isKnee
          || uniformNames[points[$0].choice] != nil
      })
    let rest = points.indices.filter { !kept.contains($0) }
    let room = min(max(limit - kept.count, 0), rest.count)
    for place in 0..<room { kept.insert(rest[place * rest.count / room]) }
    return kept.sorted().map { points[$0] }
  }

  private func table(of points: [SearchPoint]) -> Table {
    var columns: [Table.Column] = [.text("", named: "answer"), .text("id")]
    columns.append(.number(objective.name))
    let measured: [QualityObjective] =
      quality != .score
      ? [] : evaluations.contains { $0.correct != nil } ? [.accuracy, .loss] : [.loss]
    columns += measured.map { .number($0.rawValue, leaves: 1) }
    for cost in header.costs.prefix(max(objectiveCount, 1)) { columns.append(.number(cost.name)) }
    let chosen = areToldApartByBits ? "bits of weights" : "formats"
    columns += [.text(chosen, isFlexible: true, leaves: 2), .text("", named: "remark")]
    var table = Table(columns)
    for point in points {
      var row: [Table.Cell] = [.init(point.id == answer?.id ? ">" : " "), .init(point.id)]
      for quality in [quality] + measured { row.append(cell(quality, of: point)) }
      for (cost, value) in zip(header.costs, point.costs).prefix(max(objectiveCount, 1)) {
        row.append(
          .init(
            SearchQuantity.text(value, unit: cost.unit, kind: kind(cost)), plain: String(value)))
      }
      row += [.init(bits(point.choice)), .init(remark(point))]
      table.append(row)
    }
    return table
  }

  /// A quality of a point; empty where it was not run.
  private func cell(_ quality: QualityObjective, of point: SearchPoint) -> Table.Cell {
    if quality == .score {
      return .init(SearchQuantity.threeDigits(point.deficit), plain: String(point.deficit))
    }
    guard let evaluation = point.evaluation.map({ evaluations[$0] }) else { return "" }
    if quality == .loss {
      return .init(SearchQuantity.threeDigits(evaluation.loss), plain: String(evaluation.loss))
    }
    let share = Double(evaluation.correct ?? 0) / Double(evaluation.samples)
    return .init("\(SearchQuantity.fixed(share * 100, digits: 1))%", plain: String(share))
  }

  /// What the layers take: bits of weights where these tell candidates apart, else names; how many
  /// layers have each where one a layer is too long.
  private func bits(_ choice: [Int]) -> String {
    let words = space.layers.indices.map { layer in
      let candidate = space.candidates[layer][choice[layer]]
      return areToldApartByBits ? JSON.amount(candidate.weightBits).compact : candidate.name
    }
    let text = words.joined(separator: " ")
    guard words.count > 16 || text.count > 48 else { return text }
    var counts: [String: Int] = [:]
    for word in words { counts[word, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      .joined(separator: ", ")
  }

  private func remark(_ point: SearchPoint) -> String {
    var words = point.isKnee ? ["knee"] : []
    if floor != nil, point.id == points.first?.id { words.insert("smallest", at: 0) }
    if let name = uniformNames[point.choice] { words.append("all \(name)") }
    if !point.indistinguishable.isEmpty {
      words.append("~ " + point.indistinguishable.joined(separator: " "))
    }
    return words.joined(separator: ", ")
  }

  /// - Parameters:
  ///   - style: of the terminal.
  ///   - all: whether every row is shown.
  ///   - folder: what was written into; nil for nothing.
  ///   - hasAllocations: whether that holds a file a point.
  ///   - model: heads the text.
  /// - Returns: a heading, the table and what a reader must know.
  package func text(
    _ style: Style, all: Bool, folder: String?, hasAllocations: Bool = true, model: String
  ) -> String {
    let right = "seed \(seed), method \(method)"
    if let infeasible { return infeasibleText(infeasible, style) }
    if let floor, points.isEmpty {
      return style.bad("INFEASIBLE") + "   \(floor) was not reached; the best of "
        + "\(Quantity.count(evaluations.count)) evaluated has \(bestQuality ?? "none")\n"
        + (isProved
          ? "  every allocation was evaluated\n" : "  as far as it was tried; not proved\n")
    }
    let configurations = SearchQuantity.text(space.configurationCount, unit: "", kind: .exact)
    let summary =
      "evaluated \(Quantity.count(evaluations.count)) of \(configurations)allocations, "
      + "\(points.count) on the frontier"
    var text = Heading.line(model, summary, right: right, style: style)
    let rows = all ? points : shown(limit: 20)
    text += table(of: rows).render(style: style)
    if rows.count < points.count {
      text += "... \(Quantity.count(points.count - rows.count)) more rows between: --all\n"
    }
    text += plot(style)
    let proof = quality == .score ? "by proof (gap 0)" : "every allocation was evaluated"
    var facts = [isProved ? "optimal: yes, \(proof)" : "optimal: not proved"]
    if let floor, let first = points.first { facts.append("smallest with \(floor): \(first.id)") }
    for cost in header.costs.prefix(objectiveCount) {
      switch kind(cost) {
      case .exact: facts.append("\(cost.name): exact")
      case .estimate(let model, let error):
        facts.append(
          "\(cost.name): estimate of \(model), "
            + (error.map { "+-\(SearchQuantity.threeDigits($0))%" } ?? "error unknown"))
      }
    }
    if screeningRuns > 0 {
      facts.append("\(Quantity.count(screeningRuns)) tried on the calibration samples")
    }
    let line = facts.joined(separator: "; ")
    text += (line.count > style.width ? facts.joined(separator: "\n") : line) + "\n"
    if let patches { text += patches.text(style) }
    for note in notes { text += Amounts.note(note, style) }
    let example = answer
    if let folder, let example {
      text += style.hint(
        "hint: hwsim report \(folder)/search.json -o \(folder)/report.html"
          + (hasAllocations ? "; apply: --allocation \(folder)/\(example.id).json" : "")
          + (hasAllocations
            ? patches.map { " --patch \($0.grid) --split-after \($0.splitAfter)" } ?? "" : "")
          + (qonnx.names[example.id] == nil ? "" : " (.qonnx.onnx: as a model)") + "\n")
    } else {
      text += style.hint("hint: -o DIR keeps the study, search.json and an allocation a point\n")
    }
    return text
  }

  /// The frontier over its first cost, as text.
  private func plot(_ style: Style) -> String {
    guard let cost = header.costs.first, objectiveCount > 0 else { return "" }
    let marks = points.compactMap { point -> FrontierPlot.Mark? in
      guard let y = Double(cell(quality, of: point).plain), let x = point.costs.first else {
        return nil
      }
      return .init(x: x, y: y, id: point.id, isKnee: point.isKnee)
    }
    let plot = FrontierPlot.text(
      marks, xTitle: cost.name, yTitle: objective.name, width: style.width,
      xWords: { SearchQuantity.text($0, unit: cost.unit, kind: kind(cost)) },
      yWords: { value in
        quality == .accuracy
          ? "\(SearchQuantity.fixed(value * 100, digits: 1))%" : SearchQuantity.threeDigits(value)
      })
    return plot.isEmpty ? "" : "\n" + plot + "\n"
  }

  private func infeasibleText(_ infeasible: SearchInfeasibility, _ style: Style) -> String {
    var text = style.bad("INFEASIBLE") + "   "
    if let index = infeasible.budget {
      let cost = header.costs[index]
      let minimum = SearchQuantity.text(
        infeasible.reachableMinimum[index], unit: cost.unit, kind: .exact)
      let bound = infeasible.budgets[index]
      let limit =
        SearchQuantity.digits(of: bound, besides: infeasible.reachableMinimum[index])
        .map { "\($0) \(cost.unit)" }
        ?? SearchQuantity.text(bound, unit: cost.unit, kind: .exact)
      text += "\(cost.name) of at most \(limit) cannot be met; the smallest is \(minimum)\n"
    } else {
      text += "no allocation meets all budgets together\n"
      for (index, cost) in header.costs.enumerated() where infeasible.budgets[index].isFinite {
        let minimum = SearchQuantity.text(
          infeasible.reachableMinimum[index], unit: cost.unit, kind: .exact)
        text += "  \(cost.name) alone reaches \(minimum)\n"
      }
    }
    if !infeasible.isProved { text += "  as far as it was tried; not proved\n" }
    return text
  }
}
