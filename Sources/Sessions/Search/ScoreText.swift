package import Documents
import Knapsack
import QuantGraph
package import Search

// MARK: JSON

extension ScoreAnswer {
  package var json: JSON { ["problems": .array([row])] }

  private var row: JSON {
    let chosen = self.chosen
    let infeasibility = solution?.infeasibility
    var frontierValues = JSON.null
    if let frontier {
      frontierValues = .array(frontier.points.map { .array($0.values.map(JSON.amount)) })
    }
    let members: [(String, JSON)] = [
      ("name", .string(path)),
      ("status", .string(state.rawValue)),
      ("objective", chosen.map { .amount($0.score) } ?? .null),
      ("choice", chosen.map { .integers($0.formats) } ?? .null),
      ("infeasible_budget", .optional(infeasibility?.budget)),
      (
        "score_limit",
        scoreLimit.map {
          [
            "limit": .amount($0.limit), "cost": .string($0.cost),
            "reachable_minimum": $0.reachable.map(JSON.amount) ?? .null,
          ]
        } ?? .null
      ),
      (
        "reachable_minimum",
        infeasibility.map { found in
          .array(found.reachableMinimum.prefix(budgets.count).map(JSON.amount))
        } ?? .null
      ),
      ("frontier", frontierValues),
      ("seconds", .number(seconds)),
      ("method", .string(method.rawValue)),
      ("proved", .bool(isProved)),
      ("optimum", solution?.optimum.map { .amount($0.loss) } ?? .null),
      ("notes", .strings(notes)),
      ("metric", .optional(file.metric)),
      ("objectives", .strings(["score"] + objectives)),
      ("budgets", .array(budgetRows(chosen))),
      (
        "infeasible",
        infeasibility.map { found in
          [
            "budget": .optional(found.budget.map { problem.costs[$0] }),
            "proved": true,
            "reachable_minimum": .object(
              zip(budgets, found.reachableMinimum).map {
                .init(key: $0.cost, value: .amount($1))
              }),
          ]
        } ?? .null
      ),
      (
        "tolerance",
        tolerance.map { .object($0.map { .init(key: $0.objective, value: .amount($0.value)) }) }
          ?? .null
      ),
      ("groups", chosen.map { .array(groups($0)) } ?? .null),
      ("points", frontier == nil ? .null : .array(points.map(json))),
    ]
    return .object(members.map { .init(key: $0.0, value: $0.1) })
  }

  package var isProved: Bool { state == .optimal || state == .infeasible }

  private func budgetRows(_ chosen: Point?) -> [JSON] {
    budgets.enumerated().map { index, budget in
      let total = chosen?.costs[index]
      return [
        "cost": .string(budget.cost), "limit": .amount(budget.limit),
        "total": total.map(JSON.amount) ?? .null,
        "met": total.map { .bool(meets($0, index)) } ?? .null,
      ]
    }
  }

  /// A method that meets all budgets meets each; a total near a limit follows the problem's rule.
  private func meets(_ total: Double, _ index: Int) -> Bool {
    solution?.meetsBudgets ?? false || total <= budgets[index].limit
  }

  private func groups(_ point: Point) -> [JSON] {
    zip(file.groups, point.formats).map { group, format in
      [
        "group": .string(group.name), "layers": .strings(group.layers),
        "role": .string(group.role.rawValue), "format": .string(group.formats[format]),
        "score": .amount(group.scores[format]),
        "costs": .object(
          zip(file.costNames, group.costs).map { .init(key: $0, value: .amount($1[format])) }),
      ]
    }
  }

  private func json(_ point: Point) -> JSON {
    [
      "id": .string(point.id), "choice": .integers(point.formats),
      "formats": .strings(labels(point)), "score": .amount(point.score),
      "costs": .object(
        zip(problem.costs, point.costs).map { .init(key: $0, value: .amount($1)) }),
    ]
  }

  private func labels(_ point: Point) -> [String] {
    zip(file.groups, point.formats).map { $0.formats[$1] }
  }
}

// MARK: Text

extension ScoreAnswer {
  package var table: Table { frontier == nil ? choiceTable : frontierTable }

  /// One row a group, then the totals.
  private var choiceTable: Table {
    let hasRoles = file.groups.contains { $0.role != .linear }
    var columns: [Table.Column] = [.text("group", isFlexible: true)]
    if hasRoles { columns.append(.text("role")) }
    columns += [.text("format", isFlexible: true), .number("score")]
    columns += problem.costs.map { .number($0) }
    var table = Table(columns)
    guard let chosen else { return table }
    let places = problem.costs.compactMap { file.costNames.firstIndex(of: $0) }
    for (group, format) in zip(file.groups, chosen.formats) {
      var row: [Table.Cell] = [.init(group.name)]
      if hasRoles { row.append(.init(group.role.rawValue)) }
      row += [.init(group.formats[format]), number(group.scores[format])]
      row += places.map { number(group.costs[$0][format]) }
      table.append(row)
    }
    var total: [Table.Cell] = ["total"]
    if hasRoles { total.append("") }
    table.append(total + ["", number(chosen.score)] + chosen.costs.map(number))
    return table
  }

  /// One row a point.
  private var frontierTable: Table {
    var columns: [Table.Column] = [.text("id"), .number("score")]
    columns += objectives.map { .number($0) }
    columns.append(.text("groups by format", isFlexible: true))
    var table = Table(columns)
    let places = objectives.compactMap { problem.costs.firstIndex(of: $0) }
    for point in points {
      let labels = labels(point)
      var order: [String] = []
      for label in labels where !order.contains(label) { order.append(label) }
      let counts = order.sorted().map { name in "\(name): \(labels.count { $0 == name })" }
      table.append(
        [.init(point.id), number(point.score)] + places.map { number(point.costs[$0]) }
          + [.init(counts.joined(separator: ", "))])
    }
    return table
  }

  private func number(_ value: Double) -> Table.Cell {
    Table.Cell(amount(value), plain: JSON.amount(value).compact)
  }

  private func amount(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return Quantity.count(whole) }
    // Limits that are shares of a total have fractions that say nothing.
    if value.magnitude >= 1000, let whole = Int(exactly: value.rounded(.down)) {
      return Quantity.count(whole)
    }
    return SearchQuantity.threeDigits(value)
  }

  package func text(_ style: Style, all: Bool, folder: String?) -> String {
    let count = Quantity.count(file.groups.count, "group")
    let right = "method \(method.rawValue), \((seconds * 1000).rounded() / 1000) s"
    var text: String
    switch state {
    case .infeasible:
      return Heading.line(path, count, right: right, style: style) + infeasible(style)
    case .unmet:
      text = Heading.line(path, "\(count), \(style.bad("UNMET"))", right: right, style: style)
    case .optimal, .feasible:
      var words: [String] = [count]
      if let chosen { words.append("score \(amount(chosen.score))") }
      if let frontier { words.append(Quantity.count(frontier.points.count, "point")) }
      words.append(isProved ? "optimal, proven" : "not proven optimal")
      text = Heading.line(path, words.joined(separator: ", "), right: right, style: style)
    }
    if state != .unmet { text += table.render(limit: all ? nil : 20, style: style) }
    if let chosen {
      for (index, budget) in budgets.enumerated() {
        let word = meets(chosen.costs[index], index) ? "met" : style.bad("not met")
        text +=
          "\(budget.cost): \(amount(chosen.costs[index])) of at most \(amount(budget.limit)), "
          + "\(word)\n"
      }
    }
    for note in notes { text += Amounts.note(note, style) }
    if folder == nil, isSolved {
      text += style.hint("hint: -o DIR keeps the allocations; --write hf for a transformer\n")
    }
    return text
  }

  private func infeasible(_ style: Style) -> String {
    if let scoreLimit, let smallest = scoreLimit.reachable {
      let limit =
        SearchQuantity.digits(of: scoreLimit.limit, besides: smallest) ?? amount(scoreLimit.limit)
      return style.bad("INFEASIBLE")
        + "   score of at most \(limit) cannot be met; the smallest is "
        + (SearchQuantity.digits(of: smallest, besides: scoreLimit.limit) ?? amount(smallest))
        + "\n"
    }
    guard let found = solution?.infeasibility else {
      return style.bad("INFEASIBLE") + "   no allocation meets all budgets together\n"
    }
    var text = style.bad("INFEASIBLE") + "   "
    if let index = found.budget {
      let minimum = found.reachableMinimum[index]
      let limit =
        SearchQuantity.digits(of: budgets[index].limit, besides: minimum)
        ?? amount(budgets[index].limit)
      return text + "\(budgets[index].cost) of at most \(limit) cannot be met; the smallest is "
        + (SearchQuantity.digits(of: minimum, besides: budgets[index].limit) ?? amount(minimum))
        + "\n"
    }
    text += "no allocation meets all budgets together\n"
    for (budget, minimum) in zip(budgets, found.reachableMinimum) {
      text += "  \(budget.cost) alone reaches \(amount(minimum))\n"
    }
    return text
  }
}

// MARK: Files of scores

extension ScoreFile {
  /// The file as it is written.
  package var document: JSON {
    .object(
      [
        .init(key: "schema", value: .string(Self.schema)),
        .init(key: "metric", value: .optional(metric)),
        .init(key: "model", value: modelDigest.map { ["sha256": .string($0)] } ?? .null),
        .init(
          key: "groups",
          value: .array(
            groups.map { group in
              [
                "group": .string(group.name), "layers": .strings(group.layers),
                "role": .string(group.role.rawValue), "formats": .strings(group.formats),
                "scores": .array(group.scores.map(JSON.number)),
                "costs": .object(
                  zip(costNames, group.costs).map {
                    .init(key: $0, value: .array($1.map(JSON.amount)))
                  }),
              ]
            })),
      ])
  }
}
