import ArgumentParser
import Documents
import QuantGraph

/// `hwsim explain CODE`: an error or warning at length.
struct ExplainCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains the code of an error or warning.",
    usage: "hwsim explain [CODE] [options]",
    discussion: """
      EXAMPLES:
        hwsim explain graph.cycle           what the code means and what to do
        hwsim explain                       every code in one line
      """)

  @Argument(
    help: .init(
      "The code in brackets, such as usage.arguments; all if left out.", valueName: "CODE"),
    completion: .list(Explanation.all.map(\.code)))
  var code: String?

  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var table: TableOptions

  var tableOptions: TableOptions? { table }

  func report(_ session: Session) throws(Failure) -> Report {
    guard let code else { return Self.list }
    guard let explanation = Explanation.of(code) else {
      throw .unknown(
        "code", code, code: "usage.unknown-code", among: Explanation.all.map(\.code),
        listedBy: "hwsim explain")
    }
    return Report(
      schema: "explain", arguments: ["code": .string(code)],
      result: ["explanations": [explanation.json(withText: true)]]
    ) { style in
      "\(style.bold(explanation.code)): \(explanation.title)\n\n\(explanation.text)\n\n"
        + "exit code \(explanation.status.rawValue)\n"
    }
  }

  private static var list: Report {
    var rows = Table([.text("code"), .number("exit"), .text("meaning", isFlexible: true)])
    for explanation in Explanation.all {
      rows.append([
        .init(explanation.code), .init(String(explanation.status.rawValue)),
        .init(explanation.title),
      ])
    }
    return Report(
      schema: "explain", arguments: ["code": .null],
      result: ["explanations": .array(Explanation.all.map { $0.json(withText: false) })],
      table: rows
    ) { [rows] style in rows.render(style: style) }
  }
}

extension Explanation {
  fileprivate func json(withText: Bool) -> JSON {
    let head: [JSON.Member] = [
      .init(key: "code", value: .string(code)), .init(key: "title", value: .string(title)),
      .init(key: "exit_code", value: .integer(Int(status.rawValue))),
    ]
    return .object(withText ? head + [.init(key: "text", value: .string(text))] : head)
  }
}
