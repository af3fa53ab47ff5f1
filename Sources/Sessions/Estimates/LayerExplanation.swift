package import Documents
package import HWModel
package import QuantGraph
package import Schedules

/// The formula of one layer's estimate, with its numbers and their sources: the terms of its step.
package struct LayerExplanation: Sendable {
  package let name: String
  package let operation: String
  /// As tables print the name.
  private let shortName: String
  /// What the step costs, by quantity, in the order of the schedule's columns.
  package let costs: [(quantity: CostQuantity, term: CostTerm)]
  private let factor: Schedule.Factor?
  private let description: TargetDescription

  /// Nil where the schedule has no such step, or nothing is known of what it costs.
  package init?(_ answer: EstimateAnswer, layer: String) {
    guard let index = answer.schedule.position(of: layer) else { return nil }
    self.init(
      answer.schedule.steps[index], of: answer.schedule, on: answer.device.description)
  }

  /// Nil where nothing is known of what a step costs.
  package init?(_ step: Schedule.Step, of schedule: Schedule, on description: TargetDescription) {
    costs = schedule.columns.compactMap { quantity in
      step.terms[quantity].map { (quantity, $0) }
    }
    guard !costs.isEmpty else { return nil }
    name = step.name
    let names = schedule.names
    shortName = names.names.firstIndex(of: name).map { names.short[$0] } ?? name
    operation = step.operation
    factor = schedule.factor
    self.description = description
  }

  /// The parts of a sum, else the term itself.
  private static func lines(_ term: CostTerm) -> [CostTerm] {
    if case .sum(let parts) = term.form { parts } else { [term] }
  }

  private func source(_ term: CostTerm) -> String? {
    term.source ?? term.key.flatMap { description.source($0) }
  }

  // MARK: JSON

  package var json: JSON {
    guard let first = costs.first else { return .null }
    let unit = first.quantity.unitKey
    var members: [JSON.Member] = [
      .init(key: "layer", value: .string(name)), .init(key: "operator", value: .string(operation)),
      .init(key: unit, value: .number(first.term.value)),
    ]
    if let factor { members.append(.init(key: factor.key, value: .number(factor.value))) }
    members.append(
      .init(key: "terms", value: .array(Self.lines(first.term).map { json($0, unit: unit) })))
    if costs.count > 1 {
      members.append(
        .init(
          key: "quantities",
          value: .array(
            costs.map { quantity, term in
              [
                "key": .string(quantity.key), "unit": .string(quantity.unit),
                "value": .number(term.value),
                "terms": .array(Self.lines(term).map { json($0, unit: quantity.unitKey) }),
              ]
            })))
    }
    return .object(members)
  }

  private func json(_ term: CostTerm, unit: String) -> JSON {
    guard case .product(let count, let constant, _) = term.form else {
      return [
        "what": .string(term.what), "form": .string(term.formWord),
        unit: .number(term.value),
        "parts": .array(term.parts.map { json($0, unit: unit) }),
      ]
    }
    return [
      "what": .string(term.what), "count": .number(count),
      "\(unit)_each": .number(constant), unit: .number(term.value),
      "key": .optional(term.key), "source": .optional(source(term)),
    ]
  }

  // MARK: Text

  package func text(_ style: Style) -> String {
    let room = max(style.width - operation.count - 20, 20)
    let shown =
      shortName.count > room ? shortName.prefix(room - 2) + ".." : shortName[...]
    var text = ""
    for (index, (quantity, term)) in costs.enumerated() {
      let amount =
        Amounts.text(term.value, unit: quantity.unit)
        + (quantity.unit == "cycles" ? " cycles" : "")
      text +=
        index == 0
        ? "\(style.bold(String(shown)))  \(operation)  \(amount)\n"
        : "\n\(style.bold(quantity.title))  \(amount)\n"
      text += table(term, quantity).render(style: style)
    }
    var sources: [String] = []
    var seen: Set<String> = []
    for term in costs.flatMap(\.term.products) {
      guard let source = source(term), seen.insert("\(term.key ?? "") \(source)").inserted else {
        continue
      }
      sources.append("\(term.key ?? term.what): \(source)")
    }
    for key in factor?.constants ?? [] {
      if let source = description.source(key) { sources.append("\(key): \(source)") }
    }
    return text + sources.map { "  \($0)\n" }.joined()
  }

  private func table(_ term: CostTerm, _ quantity: CostQuantity) -> Table {
    let unit = quantity.unit == "s" ? "seconds" : quantity.unit
    var columns: [Table.Column] = [
      .text("work", isFlexible: true), .number("count"), .number("\(unit) each"),
    ]
    if let factor { columns.append(.number(factor.title)) }
    var table = Table(columns + [.number("= \(unit)")])
    func amount(_ value: Double) -> String {
      quantity.unit == "J" ? Amounts.energy(value) : Amounts.significant(value)
    }
    func append(_ term: CostTerm, depth: Int) {
      let what = String(repeating: "  ", count: depth) + term.what
      var row: [Table.Cell]
      switch term.form {
      case .product(let count, let constant, let own):
        row = [
          .init(what), .init(Amounts.large(count)), .init(amount(constant)),
        ]
        if factor != nil { row.append(.init(Amounts.significant(own))) }
      case .sum, .repeated, .maximum, .norm:
        row = [.init("\(what): \(term.formWord) of"), "", ""]
        if factor != nil { row.append("") }
      }
      table.append(
        row + [
          .init(
            ["s", "J"].contains(quantity.unit) ? amount(term.value) : Amounts.large(term.value))
        ])
      for part in term.parts { append(part, depth: depth + 1) }
    }
    for part in Self.lines(term) { append(part, depth: 0) }
    return table
  }
}

extension CostTerm {
  /// How a term is made of its parts, in a word.
  fileprivate var formWord: String {
    switch form {
    case .product: "product"
    case .sum: "sum"
    case .repeated(_, let count): "\(Amounts.large(count)) times"
    case .maximum: "largest"
    case .norm: "smooth maximum"
    }
  }
}

extension Schedule {
  /// The steps as users name them.
  package var names: LayerNames { LayerNames(steps.map(\.name)) }

  /// The step that a user means; nil if there is none, or several.
  package func position(of layer: String) -> Int? {
    guard case .layers(let found) = names.meaning(of: layer), found.count == 1 else { return nil }
    return found[0]
  }
}
