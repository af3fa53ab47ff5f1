import Documents
import Importers
import QuantGraph

/// One part of a report: what it is about, its verdict, its facts, figures and tables.
struct ReportSection: Sendable {
  enum Tone: String, Sendable {
    case good, bad, caution
    case plain = ""
  }

  struct Verdict: Sendable {
    /// In words that stand without colour.
    let word: String
    let detail: String
    let tone: Tone
  }

  /// Nil for the only section, which the page's title names.
  let heading: String?
  var verdict: Verdict?
  var facts: [(name: String, value: String)] = []
  var figures: [Figure] = []
  var tables: [CaptionedTable] = []
  var provenance: Provenance?
}

/// Where a result comes from, as its envelope says.
struct Provenance: Sendable {
  let facts: [(name: String, value: String)]
  let tables: [CaptionedTable]
  let warnings: [String]

  /// - Throws: `report.result` where the envelope is not one.
  init(_ file: ResultFile) throws(Failure) {
    let record = try file.record.record()
    let envelope = ResultField(file.document, file: file.path)
    var facts: [(name: String, value: String)] = [
      ("result", file.path),
      ("size", file.size),
      ("SHA-256", record["sha256"]?.text ?? ""),
      ("schema", file.schema),
      ("hwsim version", file.version ?? "not said"),
    ]
    if let target = try envelope.optional("target") {
      facts.append(("target", try target.text("id") ?? target.value.compact))
      if let sum = try target.text("sha256") { facts.append(("target SHA-256", sum)) }
    }
    self.facts = facts
    var inputs = Table([
      .text("role"), .text("path"), .text("kind"), .number("bytes"), .text("SHA-256"),
    ])
    for input in try envelope.elements("inputs") {
      let role = try input.text("role") ?? ""
      let path = try input.text("path") ?? ""
      let kind = try input.text("kind") ?? ""
      let bytes = try input.integer("bytes")
      inputs.append([
        .init(role), .init(path), .init(kind), bytes.map(Table.Cell.count) ?? "",
        .init(try input.text("sha256") ?? ""),
      ])
    }
    var arguments = Table([.text("argument"), .text("value")])
    if let found = try envelope.optional("arguments") {
      for (key, field) in try found.members() {
        arguments.append([.init(key), .init(field.value.text ?? field.value.compact)])
      }
    }
    tables = [
      CaptionedTable(caption: "Inputs", table: inputs),
      CaptionedTable(caption: "Arguments", table: arguments),
    ].filter { !$0.table.rows.isEmpty }
    var warnings: [String] = []
    for warning in try envelope.elements("warnings") {
      let code = try warning.text("code").map { "[\($0)] " } ?? ""
      let place = try warning.text("location").map { " (\($0))" } ?? ""
      warnings.append(code + (try warning.text("message") ?? "") + place)
    }
    self.warnings = warnings
  }
}
