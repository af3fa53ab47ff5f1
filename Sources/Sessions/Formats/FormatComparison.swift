import Arith
public import Documents
public import QuantGraph

/// Scalar formats side by side.
public struct FormatComparison: Sendable {
  private let rows: [FormatFacts]
  private let limit: Double

  /// - Throws: `format.unknown` for a name of no format, `format.cast` for blocks.
  public init(_ names: [String]) throws(Failure) {
    var rows: [FormatFacts] = []
    for name in names {
      let encoding = try Encoding.named(name, option: "--compare")
      guard encoding.scalarWidth != nil else { throw Failure(UnitError.notScalar(encoding)) }
      rows.append(FormatFacts(encoding))
    }
    self.rows = rows
    limit = rows.map { max($0.maximum.magnitude, $0.minimum.magnitude) }.min() ?? 1
  }

  /// Names of the formats, in full.
  public var names: [String] { rows.map(\.encoding.name) }

  /// Their values on one axis, which ends where the narrowest format does.
  public var lines: ValueLines { ValueLines(rows, limit: limit) }

  /// One row a format.
  public var table: Table {
    var table = Table([
      .text("format"), .number("bits"), .number("values"), .number("smallest"),
      .number("largest"), .number("smallest > 0"),
    ])
    for facts in rows {
      table.append([
        .init(facts.encoding.name), .count(facts.encoding.scalarWidth ?? 0),
        .init(facts.values.map { "\($0.count)" } ?? "-"), .init(FormatFacts.text(facts.minimum)),
        .init(FormatFacts.text(facts.maximum)), .init(FormatFacts.text(facts.smallestPositive)),
      ])
    }
    return table
  }

  /// The entries of `formats` in the document.
  public var json: JSON {
    .array(
      rows.map { facts in
        [
          "name": .string(facts.encoding.name),
          "bits": .optional(facts.encoding.scalarWidth),
          "minimum": .number(facts.minimum), "maximum": .number(facts.maximum),
          "smallest_positive": .number(facts.smallestPositive),
          "values": facts.values.map { values in .array(values.map { .number($0) }) } ?? .null,
        ]
      })
  }

  /// The table and the lines.
  public func text(_ style: Style) -> String {
    table.render(style: style)
      + "\nvalues from \(FormatFacts.text(-limit)) to \(FormatFacts.text(limit)):\n" + lines.text
  }
}
