import Documents
import QuantGraph
import Reports
import TestSupport
import Testing

/// Pages of result documents, in process.
@Suite("pages of results")
struct ReportPageTests {
  private static let folder = SharedData.packageRoot + "/Tests/hwsimTests/Fixtures/results/"

  private static func results(_ names: [String]) throws -> [ResultFile] {
    try names.map { try ResultFile(path: folder + $0) }
  }

  private static func refused(_ text: String) throws -> Diagnostic? {
    let place = try TemporaryFolder()
    let path = try place.write(Array(text.utf8), to: "r.json")
    let failure = #expect(throws: Failure.self) { try ReportContent([ResultFile(path: path)]) }
    return failure?.problems.first
  }

  @Test("searches and estimates give figures with names of their own, the same page each time")
  func page() throws {
    let names = ["search.json", "search-seed1.json", "estimate.json", "estimate-slower.json"]
    let content = try ReportContent(Self.results(names))
    let figures = content.figures.map(\.name)
    #expect(figures.count >= 4)
    #expect(Set(figures).count == figures.count)
    for figure in content.figures {
      #expect(figure.document.hasPrefix("<?xml"))
      #expect(!figure.title.isEmpty)
    }
    let page = HTMLPage(content: content).text
    #expect(page.contains("default-src 'none'"))
    #expect(page == HTMLPage(content: try ReportContent(Self.results(names))).text)
    let markdown = MarkdownPage(content: content).text
    for file in try Self.results(names) { #expect(markdown.contains(file.path)) }
  }

  @Test("rows that no column changes stand together, and one row that says everything is none")
  func folded() {
    let rows: [[String?]] = [
      ["8", "8"], ["4", "8"], ["8", "8"], [nil, nil], ["2", "2"], [nil, nil],
    ]
    let folded = FoldedRows(rows)
    #expect(folded.groups == [[0, 2], [1], [3, 5], [4]])
    #expect(folded.everywhere == nil)
    #expect(FoldedRows([["8", "8"], ["8", "8"]]).everywhere == .some("8"))
    #expect(FoldedRows([["8"], ["8"]]).groups == [[0], [1]])
    let columns = FoldedRows([["8", "4", "8", nil], ["2", "2", "2", nil]]).columns
    #expect(columns == [[0, 2], [1], [3]])
  }

  @Test("what is rounded up to a thousand of a unit is one of the next")
  func units() {
    let latency = Measure(name: "latency", unit: "s")
    #expect(latency.text(999.4e-6, isEstimate: true) == "999 us")
    #expect(latency.text(999.6e-6, isEstimate: true) == "1 ms")
    #expect(latency.text(999.6e-6) == "999.6 us")
    #expect(latency.text(1.2, isEstimate: true) == "1.2 s")
  }

  @Test("every point of a frontier says why; paper and Markdown have the knee's reasons")
  func reasons() throws {
    let content = try ReportContent(Self.results(["search.json"]))
    func count(_ word: String, _ text: String) -> Int { text.split(separator: word).count - 1 }
    let page = HTMLPage(content: content).text
    let folded = count("<details class=\"screen\"><summary>Why: point", page)
    // A folded table has its caption in the summary and above it.
    #expect(folded > 2 && count("Why: point", page) == 2 * folded + 1)
    #expect(count("Why: point", MarkdownPage(content: content).text) == 1)
  }

  @Test(
    "documents that are no results say so",
    arguments: [
      ("{", "report.syntax"), ("{}", "report.not-a-result"), ("[1]", "report.not-a-result"),
      (#"{"schema": "hwsim.error/1"}"#, "report.schema"),
      (#"{"schema": "hwsim.search/99"}"#, "report.schema"),
      (#"{"schema": "hwsim.search/1"}"#, "report.result"),
      (#"{"schema": "hwsim.check/1", "result": 3}"#, "report.result"),
    ])
  func refusals(text: String, code: String) throws {
    #expect(try Self.refused(text)?.code == code)
  }

  @Test("names in a document cannot become markup")
  func markup() throws {
    let place = try TemporaryFolder()
    let text = """
      {"schema": "hwsim.run/1", "hwsim": {"version": "0.1.0"}, "arguments": {}, "inputs": [],
       "target": null, "warnings": [], "result": {"samples": 1, "output": "y.npz", "outputs":
       [{"name": "<script>alert(1)</script>\\u0007", "shape": [1], "format": "f", "min": 0,
         "max": 1}], "traced": [], "tensors": null}}
      """
    let file = try ResultFile(path: place.write(Array(text.utf8), to: "run.json"))
    #expect(file.kind == .run)
    let page = HTMLPage(content: try ReportContent([file])).text
    #expect(!page.contains("<script>alert"))
    #expect(page.contains("&lt;script&gt;alert(1)"))
    #expect(!page.unicodeScalars.contains("\u{7}"))
  }
}
