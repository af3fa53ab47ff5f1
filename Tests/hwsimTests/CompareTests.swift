import TestSupport
import Testing

@Suite("Command line: compare")
struct CompareTests {
  private func compare(
    _ a: String, _ b: String, _ options: String..., folder: TemporaryFolder
  ) throws -> (code: Int32, document: JSONValue) {
    let first = try folder.write(Array(a.utf8), to: "a.json")
    let second = try folder.write(Array(b.utf8), to: "b.json")
    let run = try ToolRun(arguments: ["compare", first, second, "--json"] + options)
    return (run.code, try JSONValue(run.output))
  }

  private func quantity(_ document: JSONValue, _ name: String) -> JSONValue? {
    document["result"]?["quantities"]?.elements.first { $0["name"]?.text == name }
  }

  private func latency(_ seconds: String, fits: Bool = true) -> String {
    ResultFixtures.document(
      "estimate", #"{"fits": \#(fits), "latency": {"seconds": \#(seconds)}}"#)
  }

  @Test(
    "lower is better for a latency: at the threshold it is within, above it is worse",
    arguments: [
      ("100", "100", "same", 0), ("100", "90", "better", 0), ("100", "105", "within", 0),
      ("100", "105.001", "worse", 1), ("100", "200", "worse", 1), ("0", "0", "same", 0),
      ("0", "1e-9", "worse", 1), ("1", "0", "better", 0), ("1", "\"NaN\"", "worse", 1),
      ("\"NaN\"", "1", "better", 0), ("\"NaN\"", "\"NaN\"", "same", 0),
      ("1", "\"Infinity\"", "worse", 1), ("1", "null", "only-a", 1), ("null", "1", "only-b", 0),
    ])
  func lowerIsBetter(a: String, b: String, verdict: String, code: Int32) throws {
    let folder = try TemporaryFolder()
    let result = try compare(latency(a), latency(b), folder: folder)
    #expect(result.code == code)
    #expect(quantity(result.document, "latency")?["verdict"]?.text == verdict)
  }

  @Test("differences, ratios and changes are those of the numbers")
  func numbers() throws {
    let folder = try TemporaryFolder()
    let (_, document) = try compare(latency("0.08"), latency("0.1"), folder: folder)
    let row = try #require(quantity(document, "latency"))
    #expect(row["difference"]?.double == 0.1 - 0.08)
    #expect(row["ratio"]?.double == 0.1 / 0.08)
    #expect(row["change_percent"]?.double == (0.1 - 0.08) / 0.08 * 100)
    #expect(row["unit"]?.text == "s")
  }

  @Test("the threshold is the user's, and needs its sign")
  func threshold() throws {
    let folder = try TemporaryFolder()
    for (threshold, code) in [("0%", 1), ("1.9%", 1), ("2%", 0), ("50%", 0)] {
      let result = try compare(
        latency("100"), latency("102"), "--threshold", threshold, folder: folder)
      #expect(result.code == Int32(code), "\(threshold)")
    }
    for threshold in ["0.05", "5", "-1%", "nan%", "inf%", "%", "five%"] {
      let result = try compare(
        latency("1"), latency("1"), "--threshold=\(threshold)", folder: folder)
      #expect(result.code == 64, "\(threshold)")
    }
  }

  @Test("a worse verdict counts whatever the threshold, a better one does not")
  func verdicts() throws {
    let folder = try TemporaryFolder()
    let fits = latency("1")
    let tooLarge = latency("1", fits: false)
    #expect(try compare(fits, tooLarge, "--threshold", "1000%", folder: folder).code == 1)
    #expect(try compare(tooLarge, fits, folder: folder).code == 0)
    func check(_ verdict: String, _ equal: Int) -> String {
      ResultFixtures.document(
        "check",
        #"{"verdict": "\#(verdict)", "compared_values": 1000, "equal_values": \#(equal)}"#)
    }
    let order = ["BIT-EXACT", "EXACT AS PRINTED", "WITHIN", "MISMATCH"]
    for (index, first) in order.enumerated() {
      for (other, second) in order.enumerated() {
        let result = try compare(check(first, 1000), check(second, 1000), folder: folder)
        #expect(result.code == (other > index ? 1 : 0), "\(first) to \(second)")
      }
    }
    // Higher is better for equal values.
    #expect(try compare(check("MISMATCH", 1000), check("MISMATCH", 949), folder: folder).code == 1)
    #expect(try compare(check("MISMATCH", 1000), check("MISMATCH", 950), folder: folder).code == 0)
    #expect(try compare(check("MISMATCH", 10), check("MISMATCH", 900), folder: folder).code == 0)
  }

  @Test("searches: hypervolume, the best of each objective, and the quality at A's costs")
  func searches() throws {
    let folder = try TemporaryFolder()
    let a = ResultFixtures.search(points: [("A", "0.5", "10"), ("B", "0.9", "30")])
    let b = ResultFixtures.search(points: [("A", "0.7", "20"), ("B", "0.9", "30")])
    let (code, document) = try compare(a, b, folder: folder)
    // The box is accuracy 0.5 to 0.9 by bits 10 to 30. A's points stand in two corners and dominate
    // nothing inside; B's first point dominates half of one side by half of the other.
    #expect(quantity(document, "hypervolume")?["a"]?.double == 0)
    let volume = try #require(quantity(document, "hypervolume")?["b"]?.double)
    #expect(abs(volume - 0.25) < 1e-12)
    #expect(quantity(document, "best weight bits")?["verdict"]?.text == "worse")
    #expect(quantity(document, "best accuracy")?["verdict"]?.text == "same")
    // Nothing of B is as cheap as A's first point.
    #expect(quantity(document, "accuracy at the cost of A's A")?["verdict"]?.text == "only-a")
    #expect(quantity(document, "accuracy at the cost of A's B")?["b"]?.double == 0.9)
    #expect(code == 1)
    let back = try compare(b, a, "--threshold", "100%", folder: folder)
    #expect(quantity(back.document, "accuracy at the cost of A's A")?["b"]?.double == 0.5)
    #expect(back.code == 0)
  }

  @Test("counts of a run: fewer out of range is better, rounding is not judged")
  func runs() throws {
    let folder = try TemporaryFolder()
    func run(_ saturated: Int, _ rounded: Int) -> String {
      ResultFixtures.document(
        "run",
        """
        {"samples": 4, "outputs": [], "tensors": [{"name": "t", "node": "n", "values": 100,
         "rounded": \(rounded), "saturated": \(saturated)}]}
        """)
    }
    #expect(try compare(run(10, 5), run(10, 90), folder: folder).code == 0)
    #expect(try compare(run(10, 5), run(11, 5), folder: folder).code == 1)
    #expect(try compare(run(10, 5), run(9, 5), folder: folder).code == 0)
  }

  @Test("an estimate and a report of C synthesis: the layer that is off most is named")
  func synthesisReport() throws {
    let folder = try TemporaryFolder()
    let estimate = try folder.write(
      Array(
        ResultFixtures.document(
          "estimate",
          """
          {"resources": {"lut": {"used": 3100, "available": 9000, "kind": "estimate"}},
           "latency": {"cycles": 9}, "layers": [
           {"name": "fc1", "configuration": "config2", "lut": 2900, "dsp": 10, "latency": 5},
           {"name": "act", "configuration": "relu_config3", "lut": 200, "dsp": 0, "latency": 1}]}
          """
        ).utf8), to: "a.json")
    let report = try folder.write(
      Array(
        """
        == Utilization Estimates
        * Summary:
        |Name |LUT|DSP|
        |Total|3400|10|

            * Instance:
            | Instance | Module | DSP | LUT |
            |U0 |dense_config2_s | 10| 3000|
            |U1 |relu_relu_config3_s | 0| 400|
        """.utf8), to: "top_csynth.rpt")
    let run = try ToolRun("compare", estimate, report, "--json")
    let result = try #require(try JSONValue(run.output)["result"], "\(run.error)")
    // 200 of 3,400 LUT against 100.
    #expect(result["most_off"]?["layer"]?.text == "act")
    #expect(result["most_off"]?["quantity"]?.text == "lut")
    #expect(result["most_off"]?["b"]?.number == 400)
    let problems = try SchemaValidator.problems(
      JSONValue(run.output), JSONValue(ToolRun("schema", "compare").output))
    #expect(problems == [])
    let words = try ToolRun("compare", estimate, report).output
    #expect(words.contains("off most: layer 'act', lut 200 in A, 400 in B (5.88% of all layers"))
    // No report, but named as one.
    let other = try folder.write(Array("nothing".utf8), to: "b.rpt")
    let refused = try ToolRun("compare", estimate, other)
    #expect(refused.code > 1 && refused.error.contains("error[report.syntax]"))
  }

  @Test("results that do not compare are errors")
  func mismatched() throws {
    let folder = try TemporaryFolder()
    let search = ResultFixtures.search(points: [("A", "0.5", "10")])
    let other = search.replacing("weight_bits", with: "bops")
    let cases: [(String, String, String)] = [
      (search, latency("1"), "compare.kinds"), (search, other, "compare.kinds"),
      (search, search.replacing("search/1", with: "search/2"), "report.schema"),
      (search, "{", "report.syntax"),
    ]
    for (a, b, code) in cases {
      let result = try compare(a, b, folder: folder)
      #expect(result.code == 65)
      #expect(result.document["error"]?["code"]?.text == code)
    }
    #expect(try ToolRun("compare", ResultFixtures.search).code == 64)
    #expect(try ToolRun("compare", ResultFixtures.search, "no/such.json").code == 66)
    #expect(try ToolRun("compare", "-", "-").code == 64)
  }

  @Test("documents fit the schema, text fits 100 columns, what differs is listed, --csv has all")
  func forms() throws {
    let schema = try JSONValue(ToolRun("schema", "compare").output)
    for (a, b) in [
      (ResultFixtures.search, ResultFixtures.otherSearch),
      (ResultFixtures.estimate, ResultFixtures.slowerEstimate),
    ] {
      let json = try ToolRun("compare", a, b, "--json")
      #expect(json.code == 1)
      #expect(SchemaValidator.problems(try JSONValue(json.output), schema) == [])
      let text = try ToolRun("compare", a, b)
      #expect(text.code == 1)
      #expect(text.output.contains("\nWORSE   "))
      #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
      let csv = try ToolRun("compare", a, b, "--csv")
      let rows = try JSONValue(json.output)["result"]?["quantities"]?.elements.count
      #expect(csv.output.split(separator: "\n").count == 1 + (rows ?? 0))
    }
    let text = try ToolRun("compare", ResultFixtures.search, ResultFixtures.otherSearch)
    #expect(text.output.contains("differs: --seed: 0 / 1\n"))
    let same = try ToolRun("compare", ResultFixtures.search, ResultFixtures.search)
    #expect(same.code == 0)
    #expect(same.output.contains("\nSAME   0 worse"))
  }
}
