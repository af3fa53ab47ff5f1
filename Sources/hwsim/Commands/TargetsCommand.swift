import ArgumentParser
import Documents
import HWModel
import Importers
import QuantGraph
import Schedules
import Sessions

/// `hwsim targets [ID]`: the devices and where their numbers come from.
struct TargetsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "targets",
    abstract: "Lists devices, shows one with the source of every number, or checks a file.",
    usage:
      "hwsim targets [ID [--calibrate UNITS] | --validate FILE | --template FAMILY | --new NAME]",
    discussion: """
      EXAMPLES:
        hwsim targets                                devices, speed, memory, error of the model
        hwsim targets nucleo-l4r5zi+tflm             every constant with its source
        hwsim targets --template mcu > mine.json     a skeleton to fill in
        hwsim targets --new stm32f429 --like stm32f407 --clock 180MHz --sram 192KiB \\
          --flash 2MiB > stm32f429.json            a board like another one
        hwsim targets --validate stm32f429.json      every problem of the file
        hwsim targets xc7 --calibrate units.csv > mine.json   a flow fitted to your own synthesis
      """)

  static let essentials = ["new", "like", "clock", "sram", "flash", "validate", "template"]

  @Argument(
    help: .init("A device's id, alias or file.", valueName: "ID|FILE"), completion: .targets)
  var id: String?

  @Option(
    help: .init("Check a description; all problems at once.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var validate: String?

  @Option(help: .init("Print a skeleton of a description of this family.", valueName: "FAMILY"))
  var template: String?

  @Option(
    help: .init("Print a description of a board that resembles another.", valueName: "NAME"))
  var new: String?

  @Option(
    help: .init("The device that --new takes everything else from.", valueName: "ID"),
    completion: .targets)
  var like: String?

  @Option(help: .init("Its clock, such as 168MHz.", valueName: "HZ"))
  var clock: String?

  @Option(help: .init("Its memory, such as 192KiB.", valueName: "BYTES"))
  var sram: String?

  @Option(help: .init("Its flash, such as 1MiB.", valueName: "BYTES"))
  var flash: String?

  @Option(
    name: .customLong("set"),
    help: .init(
      "Another constant of it, such as core=Cortex-M4F; repeat for several.", valueName: "KEY=VALUE"
    ))
  var settings: [String] = []

  @Option(
    help: .init(
      "Fit the flow ID to synthesized units: family, params (w=8;a=8), logic_luts; or JSON.",
      valueName: "UNITS"), completion: .file(extensions: ["csv", "json"]))
  var calibrate: String?

  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  func report(_ session: Session) throws(Failure) -> Report {
    if [id != nil, validate != nil, template != nil, new != nil].count(where: \.self) > 1 {
      throw Failure(
        "usage.arguments", "ID, --validate, --template and --new exclude each other",
        remedy: "give one of them.")
    }
    if let calibrate { return try calibration(calibrate) }
    if let new { return try resembling(new) }
    guard like == nil, clock == nil, sram == nil, flash == nil, settings.isEmpty else {
      throw Failure(
        "usage.arguments", "--like, --clock, --sram, --flash and --set are about --new",
        remedy: "add --new NAME; a clock of one estimate is hwsim estimate --clock.")
    }
    if let template { return try Self.skeleton(template) }
    if let validate { return try validation(validate) }
    if let id { return try one(id) }
    return try list()
  }

  private func resembling(_ name: String) throws(Failure) -> Report {
    guard let like else {
      throw Failure(
        "usage.arguments", "--new needs a device that it resembles",
        remedy: "add --like ID; hwsim targets lists them. --template FAMILY is an empty skeleton.")
    }
    let given = [("clock_hz", clock), ("sram_bytes", sram), ("flash_bytes", flash)]
    let choice = try TargetChoice(like)
    let target = try NewTarget(
      name, like: choice,
      settings: given.compactMap { key, value in value.map { "\(key)=\($0)" } } + settings)
    let document = target.document
    return Report(
      schema: "targets",
      arguments: [
        "id": .null, "validate": .null, "template": .null, "new": .string(name),
        "like": .string(choice.description.id),
      ],
      result: ["template": document], isVerbatim: true, text: { _ in document.document })
  }

  private func calibration(_ path: String) throws(Failure) -> Report {
    guard let id else {
      throw Failure(
        "usage.arguments", "--calibrate needs the flow whose rules hold",
        remedy: "write hwsim targets xc7 --calibrate \(path).")
    }
    let choice = try TargetChoice(id)
    let answer = try FlowCalibration(path, target: choice)
    return Report(
      schema: "targets",
      arguments: [
        "id": .string(id), "validate": .null, "template": .null, "calibrate": .string(path),
      ],
      inputs: [InputRecord(role: "calibrate", path: path, kind: "units")], target: choice.record,
      result: answer.json, isVerbatim: true, text: { _ in answer.text })
  }

  private func list() throws(Failure) -> Report {
    let answer = try TargetsAnswer(DeviceFamilies.current)
    return Report(
      schema: "targets", arguments: ["id": .null, "validate": .null, "template": .null],
      result: answer.json, table: answer.table,
      text: { style in answer.text(style) })
  }

  private func one(_ name: String) throws(Failure) -> Report {
    let choice = try TargetChoice(name)
    let answer = TargetAnswer(choice)
    return Report(
      schema: "targets", arguments: ["id": .string(name), "validate": .null, "template": .null],
      target: choice.record, result: answer.json, table: answer.table,
      text: { style in answer.text(style) })
  }

  private func validation(_ path: String) throws(Failure) -> Report {
    let bytes = try [UInt8](file: path)
    let description: TargetDescription
    do throws(TargetProblems) {
      description = try DeviceFamilies.current.library.read(bytes)
    } catch {
      throw Failure(error, file: path)
    }
    let count = description.constants.count
    return Report(
      schema: "targets", arguments: ["id": .null, "validate": .string(path), "template": .null],
      inputs: [InputRecord(role: "target", path: path, kind: "target", content: .bytes(bytes))],
      result: ["valid": .bool(true), "id": .string(description.id), "constants": .integer(count)]
    ) { style in
      "\(style.good("VALID"))   \(path): \(description.id), \(Quantity.count(count, "constant"))\n"
    }
  }

  private static func skeleton(_ family: String) throws(Failure) -> Report {
    let families = DeviceFamilies.current
    guard let schema = families.family(family)?.schema else {
      throw .unknown(
        "family", family, code: "usage.unknown-target", among: families.families.map(\.id),
        listedBy: "hwsim targets --help")
    }
    var members: [JSON.Member] = [
      .init(key: "schema", value: .string(TargetDescription.format)),
      .init(key: "id", value: .string(schema.example.id)),
      .init(key: "family", value: .string(family)),
      .init(key: "name", value: .string(schema.example.name)), .init(key: "aliases", value: []),
      .init(key: "notes", value: []),
    ]
    for key in schema.keys {
      let unit = key.unit.isEmpty ? "" : " [\(key.unit)]"
      let need = key.isRequired ? "required" : "remove the key if unknown"
      let words: JSON = .string(
        "\(key.meaning)\(unit); \(key.kind.words); \(need); put its source here")
      let row = key.columns.map { JSON.Member(key: $0.name, value: .null) }
      members.append(
        .init(
          key: key.name,
          value: row.isEmpty
            ? ["value": .null, "source": words] : ["rows": [.object(row)], "source": words]))
    }
    let document = JSON.object(members)
    return Report(
      schema: "targets", arguments: ["id": .null, "validate": .null, "template": .string(family)],
      result: ["template": document], isVerbatim: true, text: { _ in document.document })
  }
}
