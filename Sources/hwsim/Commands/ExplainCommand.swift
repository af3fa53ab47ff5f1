import ArgumentParser
import Documents
import Manual
import QuantGraph

/// `hwsim explain CODE`: an error or warning at length.
struct ExplainCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains the code of an error or warning, a family of codes, or a word.",
    usage: "hwsim explain [CODE|FAMILY|TOPIC] [options]",
    discussion: """
      EXAMPLES:
        hwsim explain graph.cycle           what the code means and what to do
        hwsim explain target                every code about device descriptions
        hwsim explain knee                  a word: knee, loss, verdicts, arena, liveness, ...
        hwsim explain                       every word and code in one line
      """)

  @Argument(
    help: .init(
      "The code in brackets, such as usage.arguments, its part before the dot, or a word; all if "
        + "left out.", valueName: "CODE"),
    completion: .list(Topic.all.map(\.name) + Explanation.all.map(\.code)))
  var code: String?

  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  func report(_ session: Session) throws(Failure) -> Report {
    guard let code else { return Self.list(topics: Topic.all, Explanation.all, of: nil) }
    if let topic = Topic.named(code) {
      return Report(
        schema: "explain", arguments: ["code": .string(code)],
        result: ["explanations": [topic.json(withText: true)]]
      ) { style in
        "\(style.bold(topic.name)): \(topic.title)\n\n\(Prose.joined(topic.text))\n"
      }
    }
    let family = Explanation.family(code)
    if !family.isEmpty { return Self.list(topics: [], family, of: code) }
    guard let explanation = Explanation.of(code) else {
      throw .unknown(
        "code", code, code: "usage.unknown-code",
        among: Topic.all.map(\.name) + Explanation.all.map(\.code), listedBy: "hwsim explain")
    }
    return Report(
      schema: "explain", arguments: ["code": .string(code)],
      result: ["explanations": [explanation.json(withText: true)]]
    ) { style in
      "\(style.bold(explanation.code)): \(explanation.title)\n\n"
        + "\(Prose.joined(explanation.text))\n\n"
        + "exit code \(explanation.status.rawValue)\n"
    }
  }

  private static func list(
    topics: [Topic], _ explanations: [Explanation], of family: String?
  ) -> Report {
    var rows = Table([.text("code"), .number("exit"), .text("meaning", isFlexible: true)])
    for topic in topics { rows.append([.init(topic.name), "", .init(topic.title)]) }
    for explanation in explanations {
      rows.append([
        .init(explanation.code), .init(String(explanation.status.rawValue)),
        .init(explanation.title),
      ])
    }
    return Report(
      schema: "explain", arguments: ["code": .optional(family)],
      result: [
        "explanations": .array(
          topics.map { $0.json(withText: false) } + explanations.map { $0.json(withText: false) })
      ],
      table: rows
    ) { [rows] style in rows.render(style: style) }
  }
}
