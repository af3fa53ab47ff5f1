import ArgumentParser
import Documents
import QuantGraph

/// Every option of every command, as the parser itself describes them.
struct OptionCatalogue: Sendable {
  struct Option: Sendable {
    /// Long name without dashes; the key in a configuration.
    let name: String
    /// All spellings with dashes.
    let spellings: [String]
    let isFlag: Bool
    let isRepeating: Bool
    /// The default as the help shows it; nil if there is none.
    let defaultValue: String?
  }

  /// Options a command, in the order of its help.
  let commands: [(name: String, options: [Option])]

  /// What decides where an answer goes or what is asked, and so is no setting.
  private static let excluded: Set<String> = ["config", "help", "version"]

  /// Reads the parser's own description (`--experimental-dump-help`), so that the flags and the keys of
  /// a configuration cannot differ.
  init() throws(Failure) {
    commands = (try Self.description()["subcommands"]?.elements ?? []).compactMap { command in
      guard let name = command["commandName"]?.text else { return nil }
      return (name, (command["arguments"]?.elements ?? []).compactMap(Self.option))
    }
  }

  /// The root command in the parser's own words.
  ///
  /// - Throws: a ``Failure`` if they cannot be read.
  static func description() throws(Failure) -> JSON {
    do {
      let document = try JSON(parsing: Array(HWSim._dumpHelp().utf8))
      guard let root = document["command"], root["subcommands"]?.elements != nil else {
        throw JSONSyntaxError(line: 1, column: 1, reason: "no commands")
      }
      return root
    } catch {
      throw Failure(
        "internal.catalogue", "the parser's description of the options is unreadable: \(error)",
        remedy: "report this with the command line.")
    }
  }

  /// Whether `command` reads configuration files.
  func isConfigurable(_ command: String) -> Bool {
    !options(of: command).isEmpty
  }

  /// The options of a command that a configuration can set; none if it takes no `--config`.
  func options(of command: String) -> [Option] {
    guard let options = commands.first(where: { $0.name == command })?.options,
      options.contains(where: { $0.name == "config" })
    else { return [] }
    return options.filter { !Self.excluded.contains($0.name) }
  }

  /// Every key that a configuration may have, sorted.
  var keys: [String] {
    Set(commands.flatMap { options(of: $0.name) }.map(\.name)).sorted()
  }

  private static func option(_ argument: JSON) -> Option? {
    guard let kind = argument["kind"]?.text, kind != "positional",
      let names = argument["names"]?.elements
    else { return nil }
    let spellings = names.compactMap { name -> String? in
      guard let text = name["name"]?.text else { return nil }
      return name["kind"]?.text == "long" ? "--\(text)" : "-\(text)"
    }
    guard let long = spellings.first(where: { $0.hasPrefix("--") }) else { return nil }
    return Option(
      name: String(long.dropFirst(2)), spellings: spellings, isFlag: kind == "flag",
      isRepeating: argument["isRepeating"]?.flag ?? false,
      defaultValue: argument["defaultValue"]?.text)
  }
}
