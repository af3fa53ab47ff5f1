import Documents
import Glibc
import Importers
import QuantGraph

/// Options set by files: `hwsim.json` in the current folder, and over it the file of `--config`.
///
/// The keys are the flags' long names. A key that no command has is an error; a key that this command
/// lacks is another command's and does nothing. Flags on the command line override both files.
struct Configuration: Sendable {
  struct Setting: Sendable {
    let value: JSON
    /// The file it comes from, as the user named it.
    let file: String
  }

  static let defaultFile = "hwsim.json"
  private static let sizeLimit = 1 << 20

  let catalogue: OptionCatalogue
  /// Keys with their values, after precedence.
  let settings: [String: Setting]
  /// Files read, in ascending precedence.
  let files: [String]

  /// Whether there is anything to read.
  static func hasFiles(explicit: String?) -> Bool {
    explicit != nil || access(defaultFile, F_OK) == 0
  }

  /// Reads `hwsim.json` if there is one, and `explicit` if given.
  ///
  /// - Throws: a ``Failure`` with every problem of the files: `config.syntax`, `config.unknown-key`,
  ///   `config.value`, `file.unreadable`.
  static func load(explicit: String?) throws(Failure) -> Configuration {
    var files: [String] = []
    if access(defaultFile, F_OK) == 0 { files.append(defaultFile) }
    if let explicit { files.append(explicit) }
    let catalogue = try OptionCatalogue()
    var settings: [String: Setting] = [:]
    for file in files {
      for (key, value) in try read(file, catalogue: catalogue) {
        settings[key] = Setting(value: value, file: file)
      }
    }
    return Configuration(catalogue: catalogue, settings: settings, files: files)
  }

  /// The settings of `command` that `typed` does not give itself, as words for the parser.
  func words(for command: String, typed: [String]) -> [String] {
    let typed = typed.prefix { $0 != "--" }
    let options = catalogue.options(of: command)
    func isTyped(_ name: String) -> Bool {
      guard let option = options.first(where: { $0.name == name }) else { return false }
      return option.spellings.contains { spelling in
        typed.contains { $0 == spelling || $0.hasPrefix("\(spelling)=") }
      }
    }
    return options.flatMap { option -> [String] in
      guard let setting = settings[option.name], !isTyped(option.name) else { return [] }
      // One of two forms of output typed overrides the other one in a file.
      if option.name == "json", isTyped("csv") { return [] }
      if option.name == "csv", isTyped("json") { return [] }
      if option.isFlag { return setting.value == .bool(true) ? ["--\(option.name)"] : [] }
      return (setting.value.elements ?? [setting.value]).map { "--\(option.name)=\(Self.word($0))" }
    }
  }

  private static func word(_ value: JSON) -> String { value.text ?? value.compact }

  private static func read(
    _ file: String, catalogue: OptionCatalogue
  ) throws(Failure) -> [(String, JSON)] {
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: file, limit: sizeLimit)
    } catch {
      throw Failure(Diagnostic(error))
    }
    let document: JSON
    do throws(JSONSyntaxError) {
      document = try JSON(parsing: bytes)
    } catch {
      throw Failure(
        "config.syntax", error.reason, at: "\(file):\(error.line):\(error.column)",
        remedy: "write one JSON object such as {\"seed\": 7, \"quiet\": true}.")
    }
    guard let members = document.members else {
      throw Failure(
        "config.syntax", "expected an object, found \(document.kind)", at: file,
        remedy: "write one JSON object such as {\"seed\": 7, \"quiet\": true}.")
    }
    let keys = catalogue.keys
    let problems = members.compactMap { member in
      problem(of: member, in: file, catalogue: catalogue, keys: keys)
    }
    guard problems.isEmpty else { throw Failure(problems) }
    return members.map { ($0.key, $0.value) }
  }

  private static func problem(
    of member: JSON.Member, in file: String, catalogue: OptionCatalogue, keys: [String]
  ) -> Diagnostic? {
    let options = catalogue.commands.flatMap { catalogue.options(of: $0.name) }
    guard let option = options.first(where: { $0.name == member.key }) else {
      return Diagnostic(
        code: "config.unknown-key", message: "no option is called '\(member.key)'", location: file,
        remedy: Suggestion.sentence(for: member.key, among: keys)
          ?? "hwsim config lists the keys; they are the flags' names without dashes.")
    }
    let expected: String
    switch (option.isFlag, member.value) {
    case (true, .bool): return nil
    case (true, _): expected = "true or false"
    case (false, .string), (false, .integer), (false, .number): return nil
    case (false, .array(let elements))
    where option.isRepeating && elements.allSatisfy(isScalar): return nil
    case (false, _):
      expected =
        option.isRepeating ? "a string, a number or an array of them" : "a string or a number"
    }
    return Diagnostic(
      code: "config.value",
      message: "'\(member.key)' is \(member.value.kind), expected \(expected)",
      location: file, remedy: "write it as --\(member.key) takes it.")
  }

  private static func isScalar(_ value: JSON) -> Bool {
    switch value {
    case .string, .integer, .number: true
    default: false
    }
  }
}
