import Documents
import Testing

/// Numbers, tables and names in words.
@Suite("texts")
struct TextTests {
  @Test(
    "counts have separators",
    arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func counts(value: Int, text: String) {
    #expect(Quantity.count(value) == text)
  }

  @Test(
    "bytes are exact, and rounded half up in binary units",
    arguments: [
      (1023, "1,023 B"), (1024, "1,024 B (1.00 KiB)"), (1536, "1,536 B (1.50 KiB)"),
      (1_048_575, "1,048,575 B (1,024.00 KiB)"), (1 << 20, "1,048,576 B (1.00 MiB)"),
    ])
  func bytes(value: Int, text: String) {
    #expect(Quantity.bytes(value) == text)
  }

  @Test("the nearest names are suggested, best first")
  func suggestions() {
    let names = ["hls-fixed", "tflm", "dyadic"]
    #expect(Suggestion.nearest(to: "hls_fixed", among: names) == ["hls-fixed"])
    #expect(Suggestion.sentence(for: "dyadik", among: names) == "did you mean 'dyadic'?")
    #expect(Suggestion.sentence(for: "xyz", among: names) == nil)
    #expect(Suggestion.editDistance(Array("ab"), Array("ba")) == 1)
  }

  @Test("tables are aligned, cut where they may be, and quoted as CSV")
  func tables() {
    var table = Table([.text("name", isFlexible: true), .number("count")])
    table.append([.init("a,\"b\""), .count(12345)])
    table.append([.init(String(repeating: "x", count: 200)), .count(1)])
    let lines = table.render().split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= Table.width })
    #expect(lines[1].hasSuffix("12,345"))
    #expect(table.csv.hasPrefix("name,count\n\"a,\"\"b\"\"\",12345\n"))
    #expect(table.render(limit: 1).contains("1 more row"))
  }

  @Test("control characters of a name are written out")
  func printable() {
    #expect(Printable.text("a\u{1B}[2Jb\n") == "a\\u{1b}[2Jb\\u{a}")
    #expect(Printable.text("\u{202E}x") == "\\u{202e}x")
    #expect(Printable.text("größe 1") == "größe 1")
  }
}
