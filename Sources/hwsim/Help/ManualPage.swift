import ArgumentParser
import Documents
import QuantGraph

/// Every command's help as a page for `man`: `hwsim help --man`.
struct ManualPage: Sendable {
  private let root: CommandHelp
  private let commands: [CommandHelp]

  /// - Throws: a ``Failure`` if the parser does not describe itself.
  init() throws(Failure) {
    root = try CommandHelp(nil)
    var commands: [CommandHelp] = []
    for type in HWSim.configuration.subcommands { commands.append(try CommandHelp(type)) }
    self.commands = commands
  }

  /// In the macros of man(7).
  var text: String {
    var text = ".TH HWSIM 1 \"\" \"hwsim \(ResultVersion.tool)\" \"User Commands\"\n"
    text += ".SH NAME\nhwsim \\- \(Self.escaped(root.abstract))\n"
    text += ".SH SYNOPSIS\n.B \(Self.escaped(root.usage))\n"
    text += ".SH DESCRIPTION\n" + Self.prose(root.discussion)
    text += ".SH COMMANDS\n"
    for command in commands {
      text += ".SS \(Self.escaped(command.title))\n\(Self.escaped(command.abstract))\n"
      text += ".PP\n.B \(Self.escaped(command.usage))\n"
      if !command.discussion.isEmpty { text += ".PP\n" + Self.prose(command.discussion) }
      for section in command.sections {
        text += ".PP\n.I \(Self.escaped(section.title))\n"
        for entry in section.entries {
          text += ".TP\n.B \(Self.escaped(entry.label))\n\(Self.escaped(entry.text))\n"
        }
      }
    }
    return text
  }

  /// Paragraphs flow, examples keep their lines.
  private static func prose(_ text: String) -> String {
    var lines: [String] = []
    var isExample = false
    for line in Prose.joined(text).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { continue }
      let isIndented = line.hasPrefix("  ")
      if isIndented != isExample { lines.append(isIndented ? ".EX" : ".EE") }
      if !isIndented { lines.append(".PP") }
      isExample = isIndented
      lines.append(escaped(String(line)))
    }
    if isExample { lines.append(".EE") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Text that roff prints as it is: hyphens stay hyphens, no line is a request.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
