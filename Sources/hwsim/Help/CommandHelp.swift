import ArgumentParser
import Documents
import QuantGraph

/// What the parser knows of a command, in the order in which people need it: help and manual alike.
struct CommandHelp: Sendable {
  /// Options under a heading.
  struct Section: Sendable {
    let title: String
    var entries: [Entry]
  }

  /// An option or an argument: how it is written, and what it does.
  struct Entry: Sendable {
    let label: String
    let text: String
  }

  /// `hwsim`, or `hwsim search`.
  let title: String
  let usage: String
  let abstract: String
  /// Paragraphs and examples.
  let discussion: String
  let sections: [Section]

  /// The help that the words ask for; nil where they ask for something else.
  ///
  /// - Throws: a ``Failure`` if the parser does not describe itself.
  static func asked(_ words: [String]) throws(Failure) -> CommandHelp? {
    let options = words.prefix { $0 != "--" }
    let isHelp = words.first == "help"
    guard words.isEmpty || isHelp || options.contains("--help") || options.contains("-h") else {
      return nil
    }
    let name = isHelp ? words.dropFirst().first { !$0.hasPrefix("-") } : words.first
    guard let name, !name.hasPrefix("-") else { return try CommandHelp(nil) }
    return try HWSim.command(named: name).map { type throws(Failure) in try CommandHelp(type) }
  }

  /// - Parameter type: a command; nil for the root.
  /// - Throws: a ``Failure`` if the parser does not describe itself.
  init(_ type: (any ParsableCommand.Type)?) throws(Failure) {
    let root = try OptionCatalogue.description()
    let name = type?._commandName
    let own =
      type == nil
      ? root : root["subcommands"]?.elements?.first { $0["commandName"]?.text == name } ?? .null
    let configuration = type?.configuration ?? HWSim.configuration
    title = (["hwsim"] + [name].compactMap(\.self)).joined(separator: " ")
    usage = configuration.usage ?? title
    abstract = configuration.abstract
    discussion = configuration.discussion
    let essentials = (type as? any ReportingCommand.Type)?.essentials ?? []
    var sections: [Section] = []
    func add(_ entry: Entry, to title: String) {
      if let index = sections.firstIndex(where: { $0.title == title }) {
        sections[index].entries.append(entry)
      } else {
        sections.append(Section(title: title, entries: [entry]))
      }
    }
    let arguments = (own["arguments"]?.elements ?? []).filter { $0["shouldDisplay"]?.flag ?? true }
    for argument in arguments where argument["kind"]?.text == "positional" {
      add(Self.entry(argument), to: "Arguments")
    }
    func position(_ argument: JSON) -> Int? {
      essentials.firstIndex(of: argument["preferredName"]?["name"]?.text ?? "")
    }
    let options = arguments.filter { $0["kind"]?.text != "positional" }
    for option in options.filter({ position($0) != nil }).sorted(by: {
      position($0) ?? 0 < position($1) ?? 0
    }) {
      add(Self.entry(option), to: "Options that matter most")
    }
    let others = options.filter { position($0) == nil }
    let untitled = essentials.isEmpty ? "Options" : "Further options"
    for option in others where option["sectionTitle"]?.text == nil && !Self.isGeneral(option) {
      add(Self.entry(option), to: untitled)
    }
    for option in others {
      if let title = option["sectionTitle"]?.text { add(Self.entry(option), to: title) }
    }
    for option in others where Self.isGeneral(option) {
      add(Self.entry(option), to: type == nil ? "Options" : "Output")
    }
    if type == nil {
      for command in root["subcommands"]?.elements ?? []
      where command["commandName"]?.text != "help" {
        add(
          Entry(
            label: command["commandName"]?.text ?? "", text: command["abstract"]?.text ?? ""),
          to: "Subcommands")
      }
    }
    self.sections = sections
  }

  /// Options that the parser adds to every command.
  private static func isGeneral(_ option: JSON) -> Bool {
    ["help", "version"].contains(option["preferredName"]?["name"]?.text ?? "")
  }

  private static func entry(_ argument: JSON) -> Entry {
    let value = argument["valueName"]?.text ?? ""
    let kind = argument["kind"]?.text
    let spellings = (argument["names"]?.elements ?? []).map { name in
      (name["kind"]?.text == "long" ? "--" : "-") + (name["name"]?.text ?? "")
    }.sorted { $0.count < $1.count }
    let label =
      kind == "positional"
      ? value
      : spellings.joined(separator: ", ") + (kind == "option" && !value.isEmpty ? " \(value)" : "")
    var text = argument["abstract"]?.text ?? ""
    var facts: [String] = []
    let values = (argument["allValues"]?.elements ?? []).compactMap(\.text)
    if !values.isEmpty, !values.allSatisfy(text.contains) {
      facts.append("values: \(values.joined(separator: ", "))")
    }
    if kind == "option", let usual = argument["defaultValue"]?.text, !usual.isEmpty,
      !text.contains("default")
    {
      facts.append("default: \(usual)")
    }
    if !facts.isEmpty {
      // The fact belongs to the sentence.
      if text.last == "." { text.removeLast() }
      text += " (\(facts.joined(separator: "; ")))."
    }
    return Entry(label: label, text: text)
  }

  // MARK: Text

  private static let labelWidth = 26

  /// The help as a terminal shows it.
  func text(width: Int) -> String {
    var text = "OVERVIEW: \(abstract)\n\n"
    if !discussion.isEmpty { text += Prose.joined(discussion) + "\n\n" }
    text += "USAGE: \(usage)\n"
    for section in sections {
      text += "\n\(section.title.uppercased()):\n"
      for entry in section.entries { text += Self.line(entry, width: width) }
    }
    if title == "hwsim" {
      text += "\n  See 'hwsim COMMAND --help', and 'hwsim help --man | man -l -' for all at once.\n"
    }
    return Prose.fitted(text, width: width)
  }

  private static func line(_ entry: Entry, width: Int) -> String {
    let margin = String(repeating: " ", count: labelWidth)
    let label = "  \(entry.label)"
    let isLong = label.count > labelWidth - 2
    let start = isLong ? label + "\n" + margin : label + margin.dropFirst(label.count)
    var lines = [""]
    for word in entry.text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= max(width - labelWidth, 20) {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return start + lines.joined(separator: "\n" + margin) + "\n"
  }
}
