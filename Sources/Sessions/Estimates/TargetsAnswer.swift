package import Documents
import HWModel
package import QuantGraph
package import Schedules

/// All shipped devices, a table a family.
package struct TargetsAnswer: Sendable {
  private struct Shelf: Sendable {
    let family: any DeviceFamily
    let targets: [(description: TargetDescription, headline: TargetHeadline)]
  }

  private let shelves: [Shelf]

  /// - Throws: a ``Failure`` if a shipped description is broken, which a test rules out.
  package init(_ families: DeviceFamilies) throws(Failure) {
    do throws(TargetProblems) {
      let all = try families.library.all()
      var shelves: [Shelf] = []
      for family in families.families {
        var targets: [(TargetDescription, TargetHeadline)] = []
        for description in all where description.family == family.id {
          targets.append((description, try family.headline(description)))
        }
        if !targets.isEmpty { shelves.append(Shelf(family: family, targets: targets)) }
      }
      self.shelves = shelves
    } catch {
      throw Failure(error, file: "shipped targets")
    }
  }

  private static func table(_ shelf: Shelf) -> Table {
    let cells = shelf.targets.first?.headline.cells ?? []
    let hasAliases = shelf.targets.contains { !$0.description.aliases.isEmpty }
    var table = Table(
      [.text("id")]
        + cells.enumerated().map { index, cell in
          cell.isNumber
            ? .number(cell.title, leaves: 100 - index)
            : .text(cell.title, isFlexible: index == 0, leaves: index == 0 ? nil : 100 - index)
        } + (hasAliases ? [.text("also", isFlexible: true, leaves: 1)] : []))
    for target in shelf.targets {
      let aliases = target.description.aliases.joined(separator: " ")
      table.append(
        [.init(target.description.id)] + target.headline.cells.map { $0.cell }
          + (hasAliases ? [.init(aliases)] : []))
    }
    return table
  }

  /// Every device in one table, with the columns of all families.
  package var table: Table {
    if shelves.count == 1 { return Self.table(shelves[0]) }
    var titles: [String] = []
    for shelf in shelves {
      for cell in shelf.targets.first?.headline.cells ?? [] where !titles.contains(cell.title) {
        titles.append(cell.title)
      }
    }
    var table = Table(
      [.text("id"), .text("family")] + titles.map { .text($0, isFlexible: true) })
    for shelf in shelves {
      for target in shelf.targets {
        table.append(
          [.init(target.description.id), .init(shelf.family.id)]
            + titles.map { title in
              target.headline.cells.first { $0.title == title }?.cell ?? ""
            })
      }
    }
    return table
  }

  package var json: JSON {
    [
      "targets": .array(
        shelves.flatMap(\.targets).map { target in
          let description = target.description
          return .object(
            [
              .init(key: "id", value: .string(description.id)),
              .init(key: "family", value: .string(description.family)),
              .init(key: "name", value: .string(description.name)),
              .init(key: "aliases", value: .strings(description.aliases)),
            ] + target.headline.members)
        })
    ]
  }

  package func text(_ style: Style) -> String {
    var text = ""
    for (index, shelf) in shelves.enumerated() {
      if shelves.count > 1 {
        text += (index > 0 ? "\n" : "") + style.bold(shelf.family.schema.title) + "\n"
      }
      text += Self.table(shelf).render(style: style)
      if let note = shelf.family.headlineNote { text += "\n\(note)\n" }
    }
    return text
      + "\(style.hint("hint")): hwsim targets ID shows every constant with its source\n"
  }
}

extension TargetHeadline.Cell {
  fileprivate var cell: Table.Cell {
    let words = parts.map { part in
      switch part {
      case .words(let words): words
      case .number(let value): Amounts.significant(value)
      case .count(let value): Quantity.count(value)
      case .share(let share): Amounts.percent(share)
      }
    }.joined()
    switch parts.count == 1 ? parts.first : nil {
    case .number(let value)?: return .init(words, plain: "\(value)")
    case .count(let value)?: return .init(words, plain: "\(value)")
    default: return .init(words)
    }
  }
}

/// One device with the source of each constant.
package struct TargetAnswer: Sendable {
  private let choice: TargetChoice
  private var description: TargetDescription { choice.description }

  package init(_ choice: TargetChoice) { self.choice = choice }

  private static func text(_ scalar: TargetScalar) -> String {
    switch scalar {
    case .text(let text): text
    case .integer(let value): Quantity.count(value)
    case .number(let value): "\(value)"
    case .flag(let flag): flag ? "yes" : "no"
    }
  }

  private static func text(_ value: TargetValue) -> String {
    switch value {
    case .scalar(let scalar): text(scalar)
    case .list(let elements): elements.map(text).joined(separator: ", ")
    case .table(let rows): Quantity.count(rows.count, "row")
    }
  }

  private static func json(_ scalar: TargetScalar) -> JSON {
    switch scalar {
    case .text(let text): .string(text)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .flag(let flag): .bool(flag)
    }
  }

  private static func json(_ value: TargetValue, _ key: TargetKey) -> JSON {
    switch value {
    case .scalar(let scalar): json(scalar)
    case .list(let elements): .array(elements.map(json))
    case .table(let rows):
      .array(
        rows.map { row in
          .object(
            key.columns.compactMap { column in
              row.cells[column.name].map { .init(key: column.name, value: json($0)) }
            } + [.init(key: "source", value: .string(row.source))])
        })
    }
  }

  package var table: Table {
    var table = Table([
      .text("constant"), .text("value"), .text("unit"), .text("source", isFlexible: true),
    ])
    for (key, constant) in constants {
      guard case .table(let rows) = constant.value else {
        table.append([
          .init(key.name), .init(Self.text(constant.value)), .init(key.unit),
          .init(constant.source),
        ])
        continue
      }
      for row in rows {
        table.append([
          .init(key.name), .init(Self.words(row, key)), .init(key.unit), .init(row.source),
        ])
      }
    }
    return table
  }

  private var constants: [(key: TargetKey, constant: SourcedValue)] {
    description.keys.compactMap { key in
      description.constants[key.name].map { (key, $0) }
    }
  }

  private static func words(_ row: TargetRow, _ key: TargetKey) -> String {
    key.columns.compactMap { column in
      row.cells[column.name].map {
        "\(column.name) \(text($0))" + (column.unit.isEmpty ? "" : " \(column.unit)")
      }
    }.joined(separator: ", ")
  }

  package var json: JSON {
    let original = (try? JSON(parsing: choice.bytes)) ?? .null
    return [
      "id": .string(description.id), "name": .string(description.name),
      "aliases": .strings(description.aliases), "base": .optional(description.base),
      "notes": .strings(description.notes),
      "measurements": .strings(description.measurements),
      "constants": .object(
        constants.map { key, constant in
          .init(
            key: key.name,
            value: [
              "value": Self.json(constant.value, key), "unit": .string(key.unit),
              "source": .string(constant.source), "defined_in": .string(constant.definedIn),
            ])
        }), "file": original,
    ]
  }

  package func text(_ style: Style) -> String {
    var text = "\(style.bold(description.id))  \(description.name)\n"
    if !description.aliases.isEmpty {
      text += "also called \(description.aliases.joined(separator: ", "))\n"
    }
    for (key, constant) in constants {
      let unit = key.unit.isEmpty ? "" : " \(key.unit)"
      if case .table(let rows) = constant.value {
        text += "\n\(key.name)\n"
        // Rows of one source name it once, behind the last of them.
        for (index, row) in rows.enumerated() {
          text += "  \(style.bold(Self.words(row, key)))\n"
          if index + 1 == rows.count || rows[index + 1].source != row.source {
            text += style.dim("    \(row.source)") + "\n"
          }
        }
        continue
      }
      text += "\n\(key.name) = \(style.bold(Self.text(constant.value)))\(unit)\n"
      text += style.dim("    \(constant.source)") + "\n"
    }
    for note in description.notes { text += "\n\(style.caution("note")): \(note)\n" }
    if !description.measurements.isEmpty {
      text += "\nfitted with \(Quantity.count(description.measurements.count, "measured row"))\n"
    }
    return text
  }
}
