import FoundationEssentials
import Importers
import TestSupport
import Testing

@Suite("Command line: report")
struct ReportTests {
  /// The page of the given results, which must be written.
  private func page(_ paths: [String], in folder: TemporaryFolder) throws -> String {
    let output = folder.file("page.html")
    let run = try ToolRun(arguments: ["report"] + paths + ["-o", output])
    try #require(run.code == 0, "\(run.error)")
    return try ToolRun.contents(output)
  }

  private func write(_ text: String, to folder: TemporaryFolder, _ name: String = "r.json") throws
    -> String
  {
    try folder.write(Array(text.utf8), to: name)
  }

  /// Results of every kind: two searches, two estimates, a check and a run of the example.
  private func everyKind(in folder: TemporaryFolder) throws -> [String] {
    let check = folder.file("check.json")
    let run = folder.file("run.json")
    let example = ModelCommandTests.example
    let checked = try ToolRun(
      "check", example, "--inputs", ModelCommandTests.input, "--expected",
      ModelCommandTests.output, "--layers", ModelCommandTests.trace, "--json-file", check)
    try #require(checked.code == 0)
    let stored = try ToolRun(
      "run", example, "--inputs", ModelCommandTests.input, "--output", folder.file("o.npz"),
      "--stats", "--json-file", run)
    try #require(stored.code == 0)
    return [
      ResultFixtures.search, ResultFixtures.otherSearch, ResultFixtures.estimate,
      ResultFixtures.slowerEstimate, check, run,
    ]
  }

  @Test("a fragment has the page's sections, and styles that touch nothing outside of it")
  func fragment() throws {
    let folder = try TemporaryFolder()
    let paths = try everyKind(in: folder)
    let output = folder.file("fragment.html")
    let run = try ToolRun(arguments: ["report"] + paths + ["--fragment", "-o", output])
    try #require(run.code == 0, "\(run.error)")
    let text = try ToolRun.contents(output)
    #expect(MarkupReader(text).problems == [])
    for word in ["<html", "<head", "<body", "<main", "<script", ":root", "body{"] {
      #expect(!text.contains(word), "\(word)")
    }
    func sections(_ text: String) throws -> Substring {
      let start = try #require(text.ranges(of: "<section>").first)
      let end = try #require(text.ranges(of: "</section>").last)
      return text[start.lowerBound..<end.upperBound]
    }
    #expect(try sections(text) == sections(page(paths, in: folder)))
    // Every rule stands inside the element's own.
    let style = try #require(
      text.split(separator: "<style>\n").last?.split(separator: "</style>").first.map(String.init))
    #expect(style.hasPrefix(".hwsim-report{\n") && style.hasSuffix("}\n"))
    var (depth, lowest) = (0, 0)
    for character in style.dropFirst(".hwsim-report{".count).dropLast("}\n".count) {
      depth += character == "{" ? 1 : character == "}" ? -1 : 0
      lowest = min(lowest, depth)
    }
    #expect(lowest == 0, "a rule stands outside")
    #expect(depth == 0)
  }

  // MARK: The page

  @Test("a page of every kind of result is sound markup, needs nothing else, and is the same twice")
  func everyResult() throws {
    let folder = try TemporaryFolder()
    let paths = try everyKind(in: folder)
    let text = try page(paths, in: folder)
    let markup = MarkupReader(text)
    #expect(markup.problems == [])
    #expect(markup.layoutProblems() == [])
    #expect(markup.drawingCount >= 12)
    for word in ["http:", "https:", "src=", "href=", "url(", "@import", "data:"] {
      #expect(!text.contains(word), "\(word)")
    }
    #expect(text.contains("default-src 'none'"))
    #expect(try page(paths, in: folder) == text)
    // Verdicts are words, and every result's sum is there.
    for word in ["BIT-EXACT", "DOES NOT FIT", ">FITS", "FRONTIER"] { #expect(text.contains(word)) }
    let sums = try ToolRun(
      arguments: ["report"] + paths + ["--markdown", "-o", "/dev/null", "--json"])
    for input in try #require(JSONValue(sums.output)["inputs"]?.elements) {
      #expect(text.contains(try #require(input["sha256"]?.text)))
    }
    // Each drawing stands above a table.
    let order = markup.elements.filter { ["figure", "table"].contains($0.name) }.map(\.name)
    for (index, name) in order.enumerated() where name == "figure" {
      #expect(index + 1 < order.count && order[index + 1] == "table")
    }
  }

  @Test("labels do not overlap with many close points and long names", arguments: [40, 90, 400])
  func crowded(points: Int) throws {
    let folder = try TemporaryFolder()
    let path = try write(ResultFixtures.crowded(points: points, seed: 5), to: folder)
    let markup = MarkupReader(try page([path], in: folder))
    #expect(markup.problems == [])
    #expect(markup.layoutProblems() == [])
    // Labels were placed, not merely left out.
    let labels = markup.elements.count { $0.drawing == 0 && $0.text.hasPrefix("point-") }
    #expect(labels >= 15, "\(labels) labels")
    #expect(markup.elements.contains { $0.text == "point-\(points / 3) knee" })
    // No label over a mark of the frontier.
    let marks = circles(markup, drawing: 0)
    #expect(marks.count == points)
    for box in markup.textBoxes(inDrawing: 0) where box.text.hasPrefix("point-") {
      for mark in marks {
        let isApart =
          mark.x + 4.5 < box.left || mark.x - 4.5 > box.right || mark.y + 4.5 < box.top
          || mark.y - 4.5 > box.bottom
        #expect(isApart, "\(box.text)")
      }
    }
  }

  /// Centres of the filled circles of a drawing, in order, without those of the key.
  private func circles(_ markup: MarkupReader, drawing: Int) -> [(x: Double, y: Double)] {
    markup.elements.filter {
      $0.name == "path" && $0.drawing == drawing && $0.attributes["class"] == "m0"
    }.compactMap { element -> (x: Double, y: Double)? in
      guard let data = element.attributes["d"],
        let match = data.prefixMatch(of: #/M(-?[0-9.]+) (-?[0-9.]+)a4\.5/#),
        let x = Double(match.1), let y = Double(match.2)
      else { return nil }
      return (x + 4.5, y)
    }.dropFirst().map { $0 }
  }

  @Test("marks stand where their numbers say, error bars reach as far as the error")
  func positions() throws {
    let folder = try TemporaryFolder()
    let markup = MarkupReader(try page([ResultFixtures.search], in: folder))
    let document = try JSONValue(ResultFixtures.text(ResultFixtures.search))
    let points = try #require(document["result"]?["points"]?.elements)
    // The second plot is against the latency, which has an error.
    for (drawing, cost) in [(0, "weight_bits"), (1, "latency_seconds")] {
      let marks = circles(markup, drawing: drawing)
      #expect(marks.count == points.count)
      for (values, places) in [
        (points.map { $0[cost]?.double ?? .nan }, marks.map(\.x)),
        (points.map { $0["accuracy"]?.double ?? .nan }, marks.map(\.y)),
      ] {
        let low = try #require(values.indices.min { values[$0] < values[$1] })
        let high = try #require(values.indices.max { values[$0] < values[$1] })
        let slope = (places[high] - places[low]) / (values[high] - values[low])
        for index in values.indices {
          let expected = places[low] + (values[index] - values[low]) * slope
          #expect(abs(places[index] - expected) < 0.03, "\(cost) \(index)")
        }
        guard drawing == 1, cost == "latency_seconds", places == marks.map(\.x) else { continue }
        let bars = markup.elements.filter {
          $0.drawing == 1 && $0.attributes["class"] == "e0"
            && $0.attributes["y1"] == $0.attributes["y2"]
        }
        #expect(bars.count == points.count)
        for (index, bar) in bars.enumerated() {
          let left = try #require(bar.number("x1"))
          let right = try #require(bar.number("x2"))
          #expect(abs((places[index] - left) - values[index] * 0.091 * slope) < 0.05)
          #expect(abs((right - places[index]) - values[index] * 0.091 * slope) < 0.05)
        }
      }
    }
  }

  @Test("parts of a stacked bar are as wide as their numbers")
  func stackedBars() throws {
    let folder = try TemporaryFolder()
    let plot = folder.file("bits.svg")
    let run = try ToolRun(
      "report", ResultFixtures.search, "--plot", plot, "--figure", "layer-cost")
    #expect(run.code == 0)
    let markup = MarkupReader(try ToolRun.contents(plot))
    #expect(markup.problems == [])
    #expect(markup.layoutProblems() == [])
    // "A, conv1: 400 bit" stands in each part; weights times bits a weight.
    var perBit: [Double] = []
    let bars = markup.elements.indices.filter {
      markup.elements[$0].name == "rect" && markup.elements[$0].number("height") == 16
    }
    for index in bars {
      let words = MarkupReader.plain(markup.elements[index + 1].text)
      let digits = String(words.split(separator: ":")[1].filter { $0.isNumber })
      let number = try #require(Double(digits))
      let width = try #require(markup.elements[index].number("width"))
      if width > 20 { perBit.append(width / number) }
    }
    #expect(perBit.count >= 14)
    let (low, high) = (perBit.min() ?? 0, perBit.max() ?? 1)
    #expect(high / low < 1.002)
  }

  @Test("the table under a plot has every point and its numbers")
  func pointTable() throws {
    let folder = try TemporaryFolder()
    let markup = MarkupReader(try page([ResultFixtures.search], in: folder))
    let document = try JSONValue(ResultFixtures.text(ResultFixtures.search))
    let points = try #require(document["result"]?["points"]?.elements)
    let cells = markup.elements.filter { $0.name == "td" }
    for (row, point) in points.enumerated() {
      let line = cells[(row * 7)..<(row * 7 + 7)]
      #expect(line.first?.text == point["id"]?.text)
      let bits = line[row * 7 + 2].attributes["data-v"].flatMap(Double.init)
      #expect(bits == point["weight_bits"]?.double)
      let marks = line[row * 7 + 4].text
      #expect(marks.contains("knee") == (point["knee"] == .bool(true)))
    }
  }

  @Test("solved tables are a table; an infeasible search says what can be reached")
  func otherSearches() throws {
    let folder = try TemporaryFolder()
    let solved = ResultFixtures.document(
      "search",
      """
      {"problems": [{"name": "p1", "status": "optimal", "objective": 1.5, "choice": [0, 2],
       "infeasible_budget": null, "reachable_minimum": [3], "frontier": null, "seconds": 0.001},
       {"name": "p2", "status": "infeasible", "objective": null, "choice": null,
       "infeasible_budget": 1, "reachable_minimum": [3, 4], "frontier": null, "seconds": 0.002}]}
      """)
    let page = try page([write(solved, to: folder)], in: folder)
    let markup = MarkupReader(page)
    #expect(markup.problems == [])
    #expect(page.contains("1 OF 2 OPTIMAL"))
    #expect(page.contains("INFEASIBLE"))
    let better = try write(solved.replacing("1.5", with: "1.4"), to: folder, "b.json")
    let first = try write(solved, to: folder, "a.json")
    #expect(try ToolRun("compare", first, better).code == 0)
    #expect(try ToolRun("compare", better, first).code == 1)
    let infeasible = ResultFixtures.search(
      points: [],
      extra: #", "infeasible": {"budget": "weight_bits", "proved": true, "#
        + #""reachable_minimum": {"weight_bits": 1234}}"#)
    let other = try self.page([write(infeasible, to: folder, "i.json")], in: folder)
    #expect(
      other.contains("budget weight_bits cannot be met, smallest reachable: weight_bits 1,234 bit"))
  }

  // MARK: Hostile and broken input

  private static let hostile =
    #"</title></style></script><script>alert(1)</script><img src=x onerror=\"a\"> ]]> &lt; ' "#
    + #"\u0000\u001b[31m\u202e\ufffe {{x}} | `# @all`"#

  @Test("names that would break out of the page are text in it")
  func hostileNames() throws {
    let folder = try TemporaryFolder()
    // Every string but those that a reader must know is replaced.
    let kept = try Regex(
      #""(schema|direction|kind|unit|verdict|metric|sha256)": "[^"]*"|"version": "[^"]*""#)
    for (number, source) in try everyKind(in: folder).enumerated() {
      let text =
        source.hasPrefix("/") ? try ToolRun.contents(source) : try ResultFixtures.text(source)
      var result = ""
      var rest = Substring(text)
      let value = #/(": |\[|, |\s)"([^"]*)"(?=[,\]\}\s])/#
      while let match = rest.firstMatch(of: value) {
        let line = text[..<match.range.upperBound].split(separator: "\n").last ?? ""
        let isKept = line.firstMatch(of: kept) != nil || line.contains("objectives")
        let isName = line.contains("\"name\": ") && number < 2 && rest.count > text.count - 900
        result += rest[..<match.range.lowerBound]
        result += isKept || isName ? rest[match.range] : "\(match.1)\"\(Self.hostile)\""[...]
        rest = rest[match.range.upperBound...]
      }
      result += rest
      let path = try write(result, to: folder, "hostile-\(number).json")
      let output = folder.file("hostile-\(number).html")
      let run = try ToolRun("report", path, "-o", output)
      #expect(run.code == 0, "\(source): \(run.error)")
      guard run.code == 0 else { continue }
      let page = try ToolRun.contents(output)
      let markup = MarkupReader(page)
      #expect(markup.problems == [], "\(source)")
      #expect(markup.layoutProblems() == [], "\(source)")
      #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "\(source)")
      #expect(markup.elements.count { $0.name == "script" } == 1)
      let markdown = try ToolRun("report", path, "--markdown")
      #expect(markdown.code == 0)
      #expect(!markdown.output.contains("<script") && !markdown.output.contains("<img"))
      #expect(!markdown.output.contains("\u{1B}"))
      let rows = markdown.output.split(separator: "\n").filter { $0.hasPrefix("| ") }
      #expect(rows.allSatisfy { $0.hasSuffix(" |") })
    }
  }

  @Test(
    "what is no result is said with its code and place",
    arguments: [
      ("", "report.syntax"), ("{", "report.syntax"), ("[1]", "report.not-a-result"),
      ("{}", "report.not-a-result"), (#"{"schema": 1}"#, "report.not-a-result"),
      (#"{"schema": "hwsim.search/2", "result": {}}"#, "report.schema"),
      (#"{"schema": "hwsim.inspect/1", "result": {}}"#, "report.schema"),
      (#"{"schema": "hwsim.error/1", "error": {}}"#, "report.schema"),
      (#"{"schema": "other/1", "result": {}}"#, "report.schema"),
      (#"{"schema": "hwsim.search/1"}"#, "report.result"),
      (#"{"schema": "hwsim.search/1", "result": []}"#, "report.result"),
      (#"{"schema": "hwsim.search/1", "result": {"objectives": []}}"#, "report.result"),
      (#"{"schema": "hwsim.check/1", "result": {"verdict": "GOOD"}}"#, "report.result"),
      (#"{"schema": "hwsim.run/1", "result": {"outputs": 3}}"#, "report.result"),
      (#"{"schema": "hwsim.estimate/1", "result": {"layers": [[]]}}"#, "report.result"),
      (#"{"schema": "hwsim.estimate/1", "result": {"fits": 1}}"#, "report.result"),
      (
        #"{"schema": "hwsim.check/1", "result": {"verdict": "MISMATCH", "compared_values": 1, "#
          + #""equal_values": 1, "layers": [{"name": "a", "compared": 1, "equal": 2}]}}"#,
        "report.result"
      ),
    ])
  func broken(text: String, code: String) throws {
    let folder = try TemporaryFolder()
    let path = try write(text, to: folder)
    let output = try folder.write(Array("earlier".utf8), to: "page.html")
    let run = try ToolRun("report", path, "-o", output, "--json")
    #expect(run.code == 65)
    let error = try #require(JSONValue(run.output)["error"])
    #expect(error["code"]?.text == code)
    #expect(error["location"]?.text?.hasPrefix(path) == true)
    #expect(error["help"]?.text != nil)
    #expect(try ToolRun.contents(output) == "earlier")
  }

  @Test("a document that nests without end is an error and no crash")
  func nesting() throws {
    let folder = try TemporaryFolder()
    let deep = String(repeating: "[", count: 200_000)
    let run = try ToolRun(
      "report", write(#"{"schema": "hwsim.search/1", "result": \#(deep)"#, to: folder), "-o",
      folder.file("p.html"))
    #expect(run.code == 65)
    #expect(run.error.contains("more than 128 levels"))
  }

  @Test("a wrong member is named by its path")
  func memberPath() throws {
    let folder = try TemporaryFolder()
    let text = ResultFixtures.search(points: [("A", "0.9", "1"), ("B", "\"high\"", "2")])
    let run = try ToolRun("report", write(text, to: folder), "-o", folder.file("p.html"))
    #expect(run.error.contains("result.points[1].accuracy"))
    #expect(run.error.contains("expected a number, found a string"))
  }

  @Test("no damaged file crashes the reader or leaves a page behind")
  func corruption() throws {
    let folder = try TemporaryFolder()
    var corruption = Corruption(seed: 11)
    for source in [ResultFixtures.estimate, ResultFixtures.otherSearch] {
      let original = Array(try ResultFixtures.text(source).utf8)
      for index in 0..<(sweep ? 600 : 30) {
        let path = try folder.write(corruption.mutate(original), to: "damaged.json")
        let output = folder.file("\(index)-page.html")
        let run = try ToolRun("report", path, "-o", output)
        #expect([0, 65].contains(run.code), "mutation \(index) of \(source): \(run.error)")
        #expect(FileManager.default.fileExists(atPath: output) == (run.code == 0))
        if run.code == 0 {
          let markup = MarkupReader(try ToolRun.contents(output))
          #expect(markup.problems == [], "mutation \(index) of \(source)")
          try FileManager.default.removeItem(atPath: output)
        }
      }
    }
  }

  @Test(
    "numbers at the ends of their range are drawn or left out, never written as coordinates",
    arguments: [
      ["0.9", "0.9"], ["0", "0"], ["1e308", "-1e308"], ["\"NaN\"", "0.5"],
      ["\"Infinity\"", "\"-Infinity\""], ["1e-300", "5e-324"], ["-3", "7"], ["1e99", "1e-99"],
      ["null", "0.2"], ["123456789012345678", "123456789012345679"],
    ])
  func extremes(values: [String]) throws {
    let folder = try TemporaryFolder()
    let text = ResultFixtures.search(points: [
      ("A", values[0], values[1]), ("B", values[1], values[0]), ("C", values[0], values[0]),
    ])
    let page = try page([write(text, to: folder)], in: folder)
    let markup = MarkupReader(page)
    #expect(markup.problems == [])
    #expect(markup.layoutProblems() == [])
    let coordinate = #/^-?[0-9]{1,5}(\.[0-9]{1,2})?$/#
    for element in markup.elements where element.drawing != nil {
      for name in ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"] {
        guard let value = element.attributes[name] else { continue }
        #expect(value.wholeMatch(of: coordinate) != nil, "\(element.name) \(name)=\(value)")
      }
    }
  }

  @Test("results with nothing to draw are pages with tables")
  func empty() throws {
    let folder = try TemporaryFolder()
    let documents = [
      ResultFixtures.search(points: []),
      ResultFixtures.document("estimate", "{}"),
      ResultFixtures.document("estimate", #"{"layers": [], "resources": {}, "peak": null}"#),
      ResultFixtures.document("run", #"{"outputs": [], "tensors": null}"#),
      ResultFixtures.document(
        "check", #"{"verdict": "BIT-EXACT", "compared_values": 0, "equal_values": 0}"#),
    ]
    for text in documents {
      let markup = MarkupReader(try page([write(text, to: folder)], in: folder))
      #expect(markup.problems == [])
      #expect(markup.layoutProblems() == [])
    }
    let plot = folder.file("p.svg")
    let run = try ToolRun("report", write(documents[3], to: folder), "--plot", plot, "--json")
    #expect(run.code == 65)
    #expect(try JSONValue(run.output)["error"]?["code"]?.text == "report.no-figure")
    #expect(!FileManager.default.fileExists(atPath: plot))
  }

  // MARK: Options

  @Test("a drawing alone is a whole SVG file, and its text does not overlap")
  func drawings() throws {
    let folder = try TemporaryFolder()
    let paths = try everyKind(in: folder)
    let listed = try ToolRun(
      arguments: ["report"] + paths + ["-o", folder.file("p.html"), "--json"])
    #expect(listed.code == 0)
    let schema = try JSONValue(ToolRun("schema", "report").output)
    let document = try JSONValue(listed.output)
    #expect(SchemaValidator.problems(document, schema) == [])
    let names = try #require(document["result"]?["figures"]?.elements).compactMap {
      $0["name"]?.text
    }
    #expect(Set(names).count == names.count)
    #expect(Set(names).isSuperset(of: ["pareto", "latency", "1-bits", "3-memory", "5-equality"]))
    for name in names {
      let plot = folder.file("figure.svg")
      let run = try ToolRun(arguments: ["report"] + paths + ["--plot", plot, "--figure", name])
      #expect(run.code == 0)
      let text = try ToolRun.contents(plot)
      #expect(text.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns="))
      #expect(MarkupReader(text).problems == [], "\(name)")
    }
  }

  @Test(
    "mistakes on the command line",
    arguments: [
      ([], "usage.arguments"), ([ResultFixtures.search], "usage.arguments"),
      ([ResultFixtures.search, "--figure", "bits", "-o", "x.html"], "usage.arguments"),
      (
        [ResultFixtures.search, "--plot", "/dev/null", "--figure", "parto"], "usage.unknown-figure"
      ),
      ([ResultFixtures.search, "-o", ResultFixtures.search], "usage.arguments"),
      (["-", "-", "-o", "x.html"], "usage.arguments"),
      ([ResultFixtures.search, "--markdown"], "usage.arguments"),
      ([ResultFixtures.search, "--markdown", "-o", "x.md", "--fragment"], "usage.arguments"),
    ])
  func mistakes(arguments: [String], code: String) throws {
    let run = try ToolRun(arguments: ["report"] + arguments + ["--json"])
    #expect(run.code == 64)
    #expect(try JSONValue(run.output)["error"]?["code"]?.text == code)
  }

  @Test("missing input, output that cannot be written, standard input, standard output")
  func files() throws {
    let folder = try TemporaryFolder()
    #expect(try ToolRun("report", "no/such.json", "-o", folder.file("p.html")).code == 66)
    #expect(try ToolRun("report", ResultFixtures.search, "-o", "no/such/p.html").code == 73)
    let text = try ResultFixtures.text(ResultFixtures.search)
    let output = folder.file("piped.html")
    let piped = try ToolRun("report", "-", "-o", output, setting: .init(input: text))
    #expect(piped.code == 0)
    let named = try page([ResultFixtures.search], in: folder)
    #expect(
      try ToolRun.contents(output)
        == named.replacing("<dd>\(ResultFixtures.search)</dd>", with: "<dd>-</dd>"))
    let markdown = try ToolRun("report", ResultFixtures.search, "--markdown")
    #expect(markdown.code == 0)
    #expect(markdown.output.hasPrefix("# search of model.onnx on stm32f746\n"))
    #expect(markdown.output.contains("| A | 73.5% | 108,432 bit | 347 us |"))
  }
}

extension JSONValue {
  /// A number, whole or not.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
