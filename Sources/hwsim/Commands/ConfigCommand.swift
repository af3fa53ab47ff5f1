import ArgumentParser
import Documents
import Importers
import QuantGraph

/// `hwsim config`: the options in effect and where each comes from.
struct ConfigCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Prints the options in effect and where each comes from.",
    usage: "hwsim config [COMMAND] [options]",
    discussion: """
      Flags override --config FILE, which overrides hwsim.json in the current folder. The keys of both
      files are the flags' names without dashes; unknown keys are errors.

      EXAMPLES:
        hwsim config                        what hwsim.json here sets, and every other option
        hwsim config --config run.json      the same with run.json over it
      """)

  @Argument(
    help: .init("Only the options of this command.", valueName: "COMMAND"),
    completion: .list(HWSim.configurableNames))
  var command: String?

  @OptionGroup(title: "How it is computed") var threading: ThreadOption
  @OptionGroup(title: "How it is computed") var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  func report(_ session: Session) throws(Failure) -> Report {
    let configuration: Configuration
    if let loaded = session.configuration {
      configuration = loaded
    } else {
      configuration = try Configuration.load(explicit: computing.config)
    }
    let catalogue = configuration.catalogue
    let names = catalogue.commands.map(\.name).filter(catalogue.isConfigurable)
    if let command, !names.contains(command) {
      throw .unknown(
        "command", command, code: "usage.unknown-command", among: names,
        listedBy: "hwsim --help")
    }
    var rows = Table([.text("option"), .text("value", isFlexible: true), .text("from")])
    var settings: [JSON] = []
    var seen: Set<String> = []
    for name in command.map({ [$0] }) ?? names {
      for option in catalogue.options(of: name) where seen.insert(option.name).inserted {
        let setting = configuration.settings[option.name]
        let fallback: JSON =
          option.isFlag ? .bool(false) : .optional(option.defaultValue)
        let value = setting?.value ?? fallback
        rows.append([
          .init(option.name), .init(value == .null ? "" : value.text ?? value.compact),
          .init(setting?.file ?? "default"),
        ])
        settings.append([
          "name": .string(option.name), "value": value, "file": .optional(setting?.file),
          "commands": .strings(
            names.filter { catalogue.options(of: $0).contains { $0.name == option.name } }),
        ])
      }
    }
    let files = configuration.files
    return Report(
      schema: "config",
      arguments: ["command": .optional(command), "config": .optional(computing.config)],
      inputs: files.filter { $0 != "-" }.map {
        InputRecord(role: "config", path: $0, kind: "json")
      },
      result: ["settings": .array(settings)], table: rows
    ) { [rows] style in
      let read = files.isEmpty ? "no configuration file here" : files.joined(separator: ", then ")
      return "options in effect: \(read)\n\n" + rows.render(style: style)
    }
  }
}

extension HWSim {
  /// Commands that read configuration files.
  static var configurableNames: [String] {
    configuration.subcommands.filter { $0 is any ConfigurableCommand.Type }.map { $0._commandName }
  }
}
