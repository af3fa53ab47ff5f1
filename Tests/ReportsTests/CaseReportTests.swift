import Documents
import Reports
import Testing

@Suite("verdicts for programs that collect them")
struct CaseReportTests {
  private static let check: JSON = [
    "verdict": "MISMATCH",
    "outputs": [["name": "y", "equal": 3, "compared": 4, "max_lsb": 2]],
    "layers": [["name": "a<b> & 'c'", "equal": 4, "compared": 4, "max_lsb": 0]],
  ]

  @Test("a check: one case an output and layer")
  func checks() {
    let report = CaseReport("check", Self.check, of: "m.onnx", isYes: false)
    #expect(
      report.cases == [
        CaseVerdict(name: "y", problem: "1 of 4 values differ, by up to 2 LSB"),
        CaseVerdict(name: "a<b> & 'c'", problem: nil),
      ])
    // Within a tolerance what differs is no failure.
    #expect(
      CaseReport("check", Self.check, of: "m", isYes: true).cases.allSatisfy { $0.problem == nil })
    let whole = CaseReport("check", ["verdict": "MISMATCH"], of: "m.onnx", isYes: false)
    #expect(whole.cases == [CaseVerdict(name: "m.onnx", problem: "MISMATCH")])
  }

  @Test("an estimate: one case a target, with every limit that is not kept")
  func estimates() {
    let result: JSON = [
      "results": [
        ["target": "a", "bits": "w8a8", "fits": true],
        [
          "target": "b", "fits": false,
          "limits": [["limit": "sram=1KiB", "kept": false], ["limit": "time=1s", "kept": true]],
        ],
      ]
    ]
    let report = CaseReport("estimate", result, of: "m.tflite", isYes: false)
    #expect(
      report.cases == [
        CaseVerdict(name: "m.tflite on a, w8a8", problem: nil),
        CaseVerdict(name: "m.tflite on b", problem: "does not fit; sram=1KiB is not kept"),
      ])
    #expect(
      CaseReport("estimate", ["target": "a"], of: "m", isYes: false).cases
        == [CaseVerdict(name: "m on a", problem: "does not fit")])
  }

  @Test("a comparison: one case a judged quantity")
  func comparisons() {
    let result: JSON = [
      "quantities": [
        [
          "group": "layers", "name": "size", "better": "lower", "verdict": "worse", "a": 1, "b": 2,
          "change_percent": 100,
        ],
        [
          "group": "", "name": "gone", "better": "higher", "verdict": "only-a", "a": 1,
          "b": .null, "change_percent": .null,
        ],
        ["group": "", "name": "note", "better": "none", "verdict": "other"],
        ["group": "", "name": "same", "better": "lower", "verdict": "same"],
      ]
    ]
    let report = CaseReport("compare", result, of: "a.json", isYes: false)
    #expect(report.cases.map(\.name) == ["layers: size", "gone", "same"])
    #expect(
      report.cases.map(\.problem) == ["worse: 1 became 2 (100 %)", "only-a: 1 became null", nil])
  }

  @Test("JUnit documents count failures, and names are escaped")
  func junit() {
    let text = CaseReport("check", Self.check, of: "m.onnx", isYes: false).junit
    #expect(text.contains("tests=\"2\" failures=\"1\""))
    #expect(text.contains("<failure message=\"1 of 4 values differ, by up to 2 LSB\"/>"))
    #expect(text.contains("name=\"a&lt;b&gt; &amp; &#39;c&#39;\"/>"))
  }

  /// GitHub's workflow commands take %, line ends and, in a property, : and , percent-encoded.
  @Test("annotations of a CI service")
  func annotations() {
    let result: JSON = ["outputs": [["name": "a:b,c%", "equal": 0, "compared": 1, "max_lsb": 1]]]
    let report = CaseReport("check", result, of: "m", isYes: false)
    #expect(
      report.annotations(.github)
        == "::error title=hwsim check%3A a%3Ab%2Cc%25::1 of 1 values differ, by up to 1 LSB\n")
    #expect(CaseReport("check", result, of: "m", isYes: true).annotations(.github).isEmpty)
  }
}
