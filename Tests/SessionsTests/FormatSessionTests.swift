import Arith
import Documents
import QuantGraph
import Sessions
import TestSupport
import Testing

/// What is said of number formats, in process.
@Suite("formats: facts, comparisons, stored forms")
struct FormatSessionTests {
  @Test("names stand between commas outside brackets")
  func names() {
    #expect(FormatFacts.names(in: "e2m1,fixed<4,2>,nf4") == ["e2m1", "fixed<4,2>", "nf4"])
    #expect(FormatFacts.names(in: "int8") == ["int8"])
  }

  /// OCP Microscaling Formats 1.0, 5.3.3: E2M1 holds 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives.
  @Test("facts of a float format")
  func facts() throws {
    let facts = FormatFacts(try Encoding(name: "e2m1"))
    #expect(facts.values == [-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6])
    #expect([facts.minimum, facts.maximum, facts.smallestPositive] == [-6, 6, 0.5])
    #expect(facts.codeTable?.json.count == 16)
    let lines = Dictionary(uniqueKeysWithValues: facts.lines)
    #expect(lines["fields"] == "1 sign, 2 exponent (bias 1), 1 mantissa bits")
    #expect(lines["range"] == "-6 to 6")
    #expect(JSON.object(facts.members)["bits"] == .integer(4))
  }

  @Test(
    "facts name what each family has",
    arguments: [
      ("fixed<8,3,RND,SAT>", "assignment", "RND, SAT"), ("mxfp4", "block", "32"),
      ("ue8m0", "specials", "NaN 0xff, no zero"), ("int<6>", "range", "-32 to 31"),
    ])
  func families(name: String, fact: String, text: String) throws {
    let facts = FormatFacts(try Encoding(name: name))
    #expect(Dictionary(uniqueKeysWithValues: facts.lines)[fact] == text)
    #expect(JSON.object(facts.members)["name"]?.text == facts.encoding.name)
  }

  @Test("a value with its code, error and neighbours")
  func encode() throws {
    let rule = try CastModes().rule(to: Encoding(name: "e2m1"))
    // Half way between 2 and 3: the even code 4.
    let (lines, json) = try FormatFacts.encode(2.5, "2.5", by: rule)
    #expect(json["code"] == .integer(4) && json["value"] == .number(2))
    #expect(json["error"] == .number(-0.5))
    #expect(json["below"] == .number(2) && json["above"] == .number(3))
    #expect(lines.map(\.0) == ["encode", "value", "code", "error", "neighbours"])
    let failure = #expect(throws: Failure.self) {
      try FormatFacts.encode(.nan, "nan", by: rule)
    }
    #expect(failure?.problems.first?.code == "format.no-code")
  }

  @Test("formats side by side, on the axis of the narrowest")
  func comparison() throws {
    let comparison = try FormatComparison(["e2m1", "fixed<4,2>"])
    #expect(comparison.names == ["e2m1", "fixed<4,2>"] || comparison.names.count == 2)
    #expect(comparison.json.elements?.first?["values"]?.elements?.count == 15)
    let lines = comparison.lines.text.split(separator: "\n")
    #expect(lines.count == 2)
    // fixed<4,2> ends at 1.75 and -2: within 2, E2M1 has 9 values, at most one a place.
    #expect(lines[0].count { $0 == "|" } == 9)
    let drawing = comparison.lines.svg
    #expect(drawing.contains("fixed&lt;4,2") && drawing.hasSuffix("</svg>\n"))
    #expect(throws: Failure.self) { try FormatComparison(["mxfp4"]) }
    #expect(throws: Failure.self) { try FormatComparison(["e99m1"]) }
  }

  @Test("blocks of GGUF by their own names only")
  func gguf() throws {
    let facts = try #require(GGUFFacts("q4_k"))
    // 256 weights: 128 bytes of codes, 12 of scales, two half-precision factors.
    #expect(facts.json["block_bytes"] == .integer(144))
    #expect(facts.json["bits_per_weight"] == .number(4.5))
    #expect(facts.lines.contains { $0 == ("block", "256 values in 144 bytes") })
    #expect(GGUFFacts("nvfp4") == nil && GGUFFacts("NVFP4") != nil && GGUFFacts("int8") == nil)
  }

  /// AutoGPTQ's layout of 4 bits in groups of 128: codes 8 a word, a half-precision scale and 4 bits of
  /// zero point a group and output, a group index of 32 bits an input.
  @Test("bytes of matrices in checkpoints' forms")
  func stored() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Array(
        #"[{"method": "gptq", "config": {"bits": 4, "group_size": 128}, "in": 4096, "out": 1024}]"#
          .utf8),
      to: "cases.json")
    let cases = try StoredCases(path: path)
    let (inputs, outputs, groups): (Int, Int, Int) = (4096, 1024, 32)
    let codes: Int = inputs * outputs / 2
    let scales: Int = groups * outputs * 2
    let zeros: Int = groups * outputs / 2
    let bytes: Int = codes + scales + zeros + inputs * 4
    #expect(cases.json["cases"]?.elements?.first?["stored_bytes"] == .integer(bytes))
    #expect(cases.table.csv.contains("4096"))
    let wrong = try folder.write(
      Array(#"[{"in": 1, "out": 1}, {"method": "gptq", "in": 0, "out": 1}]"#.utf8), to: "w.json")
    let failure = #expect(throws: Failure.self) { try StoredCases(path: wrong) }
    #expect(failure?.problems.count == 2)
  }
}
