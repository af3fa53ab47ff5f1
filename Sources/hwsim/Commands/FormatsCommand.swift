import ArgumentParser
import Arith
import Documents
import Importers
import QuantGraph
import Sessions

/// `hwsim formats [NAME]`: what a number format holds.
struct FormatsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats",
    abstract: "Lists number formats, or describes one: range, step, specials, codes.",
    usage:
      "hwsim formats [NAME | --operators | --stored CASES.json] [--encode X] [options]",
    discussion: """
      EXAMPLES:
        hwsim formats                                     families and their grammar
        hwsim formats e2m1 --table                        every code and value
        hwsim formats 'ap_fixed<8,3,RND,SAT>' --encode 1.37
        hwsim formats --compare e2m1,nf4,int4 --plot lines.svg
        hwsim formats --stored cases.json                 bytes of layers in checkpoints' forms
        hwsim formats --operators --datapath dyadic       what a rule set computes
      """)

  @Argument(
    help: .init("A format name; all families if left out.", valueName: "NAME"), completion: .formats
  )
  var name: String?

  @Flag(help: "List every code with its value, for formats of at most 16 bits.")
  var table = false

  @Option(
    help: .init("Show how this value is rounded: code, error, neighbours.", valueName: "X"))
  var encode: String?

  @Option(help: .init("Formats to set side by side, separated by commas.", valueName: "A,B,..."))
  var compare: String?

  @Option(
    help: .init("Write the value lines of --compare as an SVG file.", valueName: "FILE"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(
    help: .init(
      "Bytes of matrices as checkpoints store them: a list of {method, config, in, out}.",
      valueName: "CASES.json"), completion: .file(extensions: ["json"]))
  var stored: String?

  @Flag(help: "List which rule sets have which operators.")
  var operators = false

  @Option(
    help: .init("The rule set of --operators (default: all).", valueName: "NAME"),
    completion: .list(DatapathChoice.names))
  var datapath: String?

  @OptionGroup var casting: CastOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var tables: WholeTableOptions

  var asksCSV: Bool { tables.csv }

  func report(_ session: Session) throws(Failure) -> Report {
    if let stored {
      guard name == nil, compare == nil, !operators else {
        throw Failure(
          "usage.arguments", "--stored takes no name, --compare or --operators",
          remedy: "hwsim formats --stored CASES.json")
      }
      let cases = try StoredCases(path: stored)
      return Report(
        schema: "formats", arguments: ["stored": .string(stored)],
        inputs: [InputRecord(role: "cases", path: stored, kind: "json")],
        result: cases.json, table: cases.table,
        text: { style in cases.table.render(limit: 60, style: style) })
    }
    if operators {
      let matrix = try OperatorMatrix(datapath: datapath)
      return Report(
        schema: "formats",
        arguments: ["operators": true, "datapath": .optional(datapath)], result: matrix.json,
        table: matrix.table, text: { style in matrix.text(style) })
    }
    guard datapath == nil else {
      throw Failure(
        "usage.arguments", "--datapath is about --operators",
        remedy: "hwsim formats --operators --datapath NAME")
    }
    if let compare { return try comparison(FormatFacts.names(in: compare)) }
    guard plot == nil else {
      throw Failure(
        "usage.arguments", "--plot draws the formats of --compare",
        remedy: "hwsim formats --compare A,B --plot FILE.svg")
    }
    guard let name else { return Self.families }
    if encode == nil, let blocks = GGUFFacts(name) {
      return Report(
        schema: "formats", arguments: ["name": .string(blocks.name)], result: blocks.json
      ) { style in style.bold(blocks.name) + "\n" + FormatFacts.aligned(blocks.lines) }
    }
    let encoding = try Encoding.named(name, option: "NAME")
    return try description(of: encoding)
  }

  private static var families: Report {
    var rows = Table([.text("grammar", isFlexible: true), .text("meaning", isFlexible: true)])
    for family in FormatFamily.all { rows.append([.init(family.grammar), .init(family.summary)]) }
    let json: [JSON] = FormatFamily.all.map {
      [
        "grammar": .string($0.grammar), "summary": .string($0.summary),
        "examples": .strings($0.examples),
      ]
    }
    let named: [JSON] = FloatFormat.named.map {
      [
        "name": .string($0.name), "aliases": .strings($0.aliases), "source": .string($0.source),
      ]
    }
    return Report(
      schema: "formats", arguments: ["name": .null],
      result: ["families": .array(json), "floats": .array(named)], table: rows
    ) { style in
      var text = "\(FormatFamily.all.count) families of number formats\n\n"
      for family in FormatFamily.all {
        text += "\(style.bold(family.grammar))\n    \(family.summary)\n"
        text += style.dim("    e.g. " + family.examples.prefix(4).joined(separator: " or ")) + "\n"
      }
      return text + "\n\(style.hint("hint")): hwsim formats NAME describes one.\n"
    }
  }

  private func description(of encoding: Encoding) throws(Failure) -> Report {
    let facts = FormatFacts(encoding)
    var members = facts.members
    var arguments: [JSON.Member] = [.init(key: "name", value: .string(encoding.name))]
    var codes: Table?
    let isListed = (encoding.scalarWidth ?? 64) <= 8
    if table || isListed, let rows = facts.codeTable {
      codes = rows.table
      members.append(.init(key: "codes", value: .array(rows.json)))
    } else if table {
      throw Failure(
        "format.no-table", "\(encoding.name) has no table of at most 65,536 codes",
        remedy: "leave out --table; --encode shows single values.")
    }
    var encoded: [(String, String)] = []
    if let encode {
      let rule = try casting.modes.rule(to: encoding)
      guard let value = Double(encode) else {
        throw Failure(
          "usage.arguments", "--encode \(encode) is no number", remedy: "write 1.37 or 0x1.8p3.")
      }
      let neighbours = try FormatFacts.encode(value, encode, by: rule)
      encoded = neighbours.lines
      members.append(.init(key: "encoded", value: neighbours.json))
      arguments.append(.init(key: "encode", value: .string(encode)))
      arguments.append(.init(key: "rounding", value: .optional(casting.rounding)))
      arguments.append(.init(key: "overflow", value: .optional(casting.overflow)))
    }
    let showsTable = table
    return Report(
      schema: "formats", arguments: .object(arguments), result: .object(members), table: codes
    ) { [codes, encoded] style in
      var text = style.bold(encoding.name) + "\n"
      text += FormatFacts.aligned(facts.lines)
      if !encoded.isEmpty { text += "\n" + FormatFacts.aligned(encoded) }
      if let codes, showsTable || codes.rows.count <= 16 {
        text += "\n" + codes.render(style: style)
      } else if codes != nil {
        text += "\n\(style.hint("hint")): --table lists all codes.\n"
      }
      return text
    }
  }

  private func comparison(_ names: [String]) throws(Failure) -> Report {
    let comparison = try FormatComparison(names)
    if let plot { try TextFile.replace(plot, with: comparison.lines.svg) }
    return Report(
      schema: "formats", arguments: ["compare": .strings(comparison.names)],
      result: ["formats": comparison.json], table: comparison.table, text: comparison.text)
  }
}
