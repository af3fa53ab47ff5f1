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
    let modes = ["TiesToEven", "TowardZero", "RND_CONV", "SAT", "sat", "WRAP"]
    #expect(Suggestion.nearest(to: "RNE", among: modes) == ["TiesToEven", "RND_CONV"])
    #expect(Suggestion.nearest(to: "clamp", among: modes) == ["sat", "SAT"])
    #expect(Suggestion.nearest(to: "fp8", among: ["e4m3", "int8", "e5m2"]) == ["e4m3", "e5m2"])
    #expect(Suggestion.nearest(to: "F407", among: ["stm32f407", "esp32"]) == ["stm32f407"])
    #expect(Suggestion.nearest(to: "tfl", among: names).first == "tflm")
    #expect(Suggestion.editDistance(Array("ab"), Array("ba")) == 1)
  }

  @Test("text in markup: references, and nothing that XML cannot hold")
  func markup() {
    #expect(
      Markup.attribute("a<b> & \"c'\n\t\u{1}") == "a&lt;b&gt; &amp; &quot;c&#39;&#10;&#9;\u{FFFD}")
    #expect(Markup.escaped("a<\u{202E}\n") == "a&lt;\\u{202e}\\u{a}")
  }

  @Test("tables are aligned, cut where they may be, and quoted as CSV")
  func tables() {
    var table = Table([.text("name", isFlexible: true), .number("count")])
    table.append([.init("a,\"b\""), .count(12345)])
    table.append([.init(String(repeating: "x", count: 200)), .count(1)])
    let lines = table.render().split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= Style.usualWidth })
    #expect(lines[1].hasSuffix("12,345"))
    #expect(table.csv.hasPrefix("name,count\n\"a,\"\"b\"\"\",12345\n"))
    #expect(table.render(limit: 1).contains("1 more row"))
  }

  @Test(
    "columns leave in their order where there is no room, and the others take it",
    arguments: 20...120)
  func narrow(width: Int) {
    var table = Table([
      .text("layer", isFlexible: true), .text("shape", leaves: 1), .number("share"),
      .number("bytes", leaves: 2),
    ])
    table.append([.init("a_layer_of_a_long_name_indeed"), "1x28x28x96", "12.5%", "1,048,576 B"])
    let lines = table.render(style: Style(usesColor: false, width: width)).split(separator: "\n")
    #expect(lines[..<2].allSatisfy { $0.count <= width })
    let titles = lines[0].split(separator: " ").map(String.init)
    #expect(titles.first == "layer" && titles.contains("share"))
    // What leaves first comes back last.
    #expect(titles.contains("bytes") || !titles.contains("shape"))
    #expect((lines.count == 3) == (titles.count < 4))
    if width >= 61 { #expect(lines[1].contains("a_layer_of_a_long_name_indeed")) }
    let summary = Heading.line(
      "model.tflite", "TFLite, 13 operators", right: "target x",
      style: Style(usesColor: false, width: width))
    #expect(width < 30 || summary.split(separator: "\n").allSatisfy { $0.count <= width })
  }

  @Test("sentences are broken between words, tables are not", arguments: 24...90)
  func prose(width: Int) {
    let style = Style(usesColor: true)
    let text = """
      FITS   latency 7.37 ms (estimate, error +-17.5% median, worst 18.6% on left-out networks)
             = arena head 1.5 (exact plan) + persistent 3.7 (model)
      \(style.caution("note")): the latency model was measured with 8 bits; others are counted
      model.layers.0.a_name_that_is_longer_than_some_terminals_are  1x28x28x96  12.5%

      """
    let lines = Prose.fitted(text, width: width).split(separator: "\n").map(String.init)
    let bare = lines.map {
      $0.replacing("\u{1B}[1;33m", with: "").replacing("\u{1B}[0m", with: "")
    }
    #expect(bare.dropLast().allSatisfy { $0.count <= width })
    #expect(bare.last == text.split(separator: "\n").last.map(String.init))
    // No word is lost, and what follows stands under what it continues.
    func words(_ text: String) -> [Substring] {
      text.split { $0 == " " || $0 == "\n" }
    }
    #expect(words(lines.joined(separator: "\n")) == words(text))
    if width < 89 { #expect(bare[1].hasPrefix(width < 14 ? "  " : "       ")) }
    #expect(Prose.fitted(text, width: 200) == text)
  }

  @Test("paragraphs become one line each, lists and headings stay")
  func paragraphs() {
    let text = "One\nparagraph.\n\nIts list:\n  a  first\n  b  second\nand more\nof it."
    #expect(
      Prose.joined(text) == "One paragraph.\n\nIts list:\n  a  first\n  b  second\nand more of it.")
  }

  @Test("control characters of a name are written out")
  func printable() {
    #expect(Printable.text("a\u{1B}[2Jb\n") == "a\\u{1b}[2Jb\\u{a}")
    #expect(Printable.text("\u{202E}x") == "\\u{202e}x")
    #expect(Printable.text("größe 1") == "größe 1")
  }
}
