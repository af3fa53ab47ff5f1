import Documents
import HWModel

/// All shipped devices in one table.
struct TargetsAnswer: Sendable {
  private let targets: [MCUTarget]

  init(_ descriptions: [TargetDescription]) { targets = descriptions.map { MCUTarget($0) } }

  private static func error(_ target: MCUTarget) -> String {
    guard target.latency != nil else { return "no model" }
    guard let error = target.latencyError else { return "unknown" }
    return Amounts.percent(error.median / 100)
      + (error.worst.map { ", " + Amounts.percent($0 / 100) } ?? "")
  }

  var table: Table {
    var table = Table([
      .text("id"), .text("core", isFlexible: true), .number("MHz"), .number("SRAM KiB"),
      .number("flash KiB"), .text("error, worst"),
    ])
    for target in targets {
      table.append([
        .init(target.description.id), .init(target.description.text("core") ?? ""),
        .init(Amounts.significant(target.clockHz / 1e6), plain: "\(target.clockHz / 1e6)"),
        .count(target.sramBytes >> 10), .count(target.flashBytes >> 10),
        .init(Self.error(target)),
      ])
    }
    return table
  }

  var json: JSON {
    [
      "targets": .array(
        targets.map { target in
          let error = target.latencyError
          return [
            "id": .string(target.description.id), "family": .string(target.description.family),
            "name": .string(target.description.name),
            "aliases": .strings(target.description.aliases),
            "clock_hz": .number(target.clockHz), "sram_bytes": .integer(target.sramBytes),
            "flash_bytes": .integer(target.flashBytes),
            "has_latency_model": .bool(target.latency != nil),
            "latency_error_percent": error.map { .number($0.median) } ?? .null,
            "latency_worst_error_percent": error?.worst.map { .number($0) } ?? .null,
            "latency_board_error_percent": target.description.number("latency_board_error_percent")
              .map { .number($0) } ?? .null,
          ]
        })
    ]
  }

  func text(_ style: Style) -> String {
    table.render(style: style)
      + "\nerror of latency: median, and worst, over networks that the fit did not see on that board "
      + "and stack\n"
      + "\(style.hint("hint")): hwsim targets ID shows every constant with its source\n"
  }
}

/// One device with the source of each constant.
struct TargetAnswer: Sendable {
  private let choice: TargetChoice
  private var description: TargetDescription { choice.description }

  init(_ choice: TargetChoice) { self.choice = choice }

  private static func text(_ scalar: TargetScalar) -> String {
    switch scalar {
    case .text(let text): text
    case .integer(let value): Quantity.count(value)
    case .number(let value): "\(value)"
    case .flag(let flag): flag ? "yes" : "no"
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

  var table: Table {
    var table = Table([
      .text("constant"), .text("value"), .text("unit"), .text("source", isFlexible: true),
    ])
    for key in description.keys {
      guard let constant = description.constants[key.name] else { continue }
      table.append([
        .init(key.name), .init(Self.text(constant.value)), .init(key.unit),
        .init(constant.source),
      ])
    }
    return table
  }

  var json: JSON {
    var constants: [JSON.Member] = []
    for key in description.keys {
      guard let constant = description.constants[key.name] else { continue }
      constants.append(
        .init(
          key: key.name,
          value: [
            "value": Self.json(constant.value), "unit": .string(key.unit),
            "source": .string(constant.source), "defined_in": .string(constant.definedIn),
          ]))
    }
    let original = (try? JSON(parsing: choice.bytes)) ?? .null
    return [
      "id": .string(description.id), "name": .string(description.name),
      "aliases": .strings(description.aliases), "base": .optional(description.base),
      "notes": .strings(description.notes),
      "measurements": .strings(description.measurements),
      "constants": .object(constants), "file": original,
    ]
  }

  func text(_ style: Style) -> String {
    var text = "\(style.bold(description.id))  \(description.name)\n"
    if !description.aliases.isEmpty {
      text += "also called \(description.aliases.joined(separator: ", "))\n"
    }
    for key in description.keys {
      guard let constant = description.constants[key.name] else { continue }
      let unit = key.unit.isEmpty ? "" : " \(key.unit)"
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
