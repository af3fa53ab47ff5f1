import HWModel
import Testing

/// Lists, tables and what a schema refuses.
@Suite("Schemas of device descriptions")
struct TargetSchemaTests {
  private static let rates = TargetKey(
    "rates",
    .table([
      .init("format", .text(["int8", "fp16"]), "operands"),
      .init("rate", .number(1...1e6), unit: "MAC/cycle", "products a cycle"),
      .init("sparse", .flag, required: false, "whether half may be zero"),
    ]), required: true, "products by format")

  private let library = TargetLibrary([
    .init(
      schema: TargetSchema(
        family: "gpu", title: "GPUs", example: (id: "g", name: "G"),
        keys: [
          TargetKey("clock_hz", .number(1...1e12), unit: "Hz", required: true, "clock"),
          TargetKey("tiles", .list(.integer(1...1024)), "extents of tiles"),
          Self.rates,
        ]),
      files: [
        "base": Array(
          #"""
          {"schema": "hwsim.target/1", "id": "base", "family": "gpu", "name": "B",
           "clock_hz": {"value": 5, "source": "a"},
           "rates": {"rows": [{"format": "int8", "rate": 2}], "source": "table 3"}}
          """#.utf8)
      ]),
    .init(
      schema: TargetSchema(
        family: "other", title: "others", example: (id: "o", name: "O"),
        keys: [TargetKey("rods", .integer(1...9), required: true, "rods")]), files: [:]),
  ])

  private func description(_ members: String, family: String = "gpu") throws -> TargetDescription {
    try library.read(
      Array(
        #"{"schema": "hwsim.target/1", "id": "x", "family": "\#(family)", "name": "X", \#(members)}"#
          .utf8))
  }

  private func problems(_ members: String, family: String = "gpu") -> [TargetProblem] {
    do {
      _ = try description(members, family: family)
      return []
    } catch let error as TargetProblems {
      return error.problems
    } catch {
      Issue.record("\(error)")
      return []
    }
  }

  private static let clock = #""clock_hz": {"value": 1e9, "source": "a"}"#

  @Test("a row has its own source or the table's; columns that are optional may be missing")
  func table() throws {
    let found = try description(
      #"""
      \#(Self.clock), "tiles": {"value": [64, 128], "source": "b"},
      "rates": {"source": "data sheet", "rows": [
        {"format": "int8", "rate": 2048, "sparse": true, "source": "measured"},
        {"format": "fp16", "rate": 1024.5}]}
      """#)
    let rows = try #require(found.table("rates"))
    #expect(rows.map(\.source) == ["measured", "data sheet"])
    #expect(rows.map { $0.number("rate") } == [2048, 1024.5])
    #expect(rows.map { $0.text("format") } == ["int8", "fp16"])
    #expect(rows.map { $0.flag("sparse") } == [true, nil])
    #expect(found.numbers("tiles") == [64, 128] && found.number("clock_hz") == 1e9)
    #expect(found.source("tiles") == "b")
    #expect(found.keys.map(\.name) == ["clock_hz", "tiles", "rates"])
    // A table is taken from the base as a whole.
    let derived = try description(#""base": "base""#)
    #expect(derived.table("rates")?.map(\.source) == ["table 3"])
    #expect(derived.constants["rates"]?.definedIn == "base")
  }

  @Test("every fault of tables and lists is named by its path")
  func faults() {
    func paths(_ members: String) -> [String] {
      problems("\(Self.clock), \(members)").map { problem in
        switch problem {
        case .unknownKey(let path, _, _), .wrongKind(let path, _, _), .emptySource(let path),
          .outOfRange(let path, _, _), .missingKey(let path, _):
          path
        default: "\(problem)"
        }
      }
    }
    let row = #"{"format": "int8", "rate": 2}"#
    #expect(paths(#""rates": {"rows": [\#(row)]}"#) == ["rates.rows[0].source"])
    #expect(paths(#""rates": {"rows": [], "source": "s"}"#) == ["rates.rows"])
    #expect(paths(#""rates": {"value": 1, "source": "s"}"#) == ["rates.value", "rates.rows"])
    #expect(
      paths(
        #""rates": {"source": "s", "rows": [{"format": "int4", "rate": 0}, {"rat": 2}, 7]}"#)
        == [
          "rates.rows[0].format", "rates.rows[0].rate", "rates.rows[1].rat",
          "rates.rows[1].format", "rates.rows[1].rate", "rates.rows[2]",
        ])
    #expect(
      paths(
        #""rates": {"source": "s", "rows": [{"format": "int8", "rate": 2, "source": " "}]}"#)
        == ["rates.rows[0].source"])
    #expect(
      paths(#""tiles": {"value": [64, 0, "x"], "source": "b"}, "rates": 5"#)
        == ["tiles.value[1]", "tiles.value[2]", "rates"])
    #expect(
      paths(#""tiles": {"value": [], "source": "b"}, "rates": {"rows": [\#(row)], "source": "s"}"#)
        == ["tiles.value"])
  }

  @Test("a description is read by the family that it names, and by no other")
  func families() {
    #expect(
      problems(Self.clock, family: "gpus") == [.unknownFamily("gpus", known: ["gpu", "other"])])
    #expect(
      problems(Self.clock, family: "other").map { problem in
        switch problem {
        case .unknownKey(let path, _, _), .missingKey(let path, _): path
        default: "\(problem)"
        }
      } == ["clock_hz", "rods"])
    // A base of another family lends nothing.
    #expect(
      problems(#""base": "base", "rods": {"value": 3, "source": "s"}"#, family: "other")
        == [.unknownBase("base", known: ["base"])])
    #expect(problems(#""base": "base", "base": "base""#).count == 1)
  }

  @Test("what a device needs and its description lacks is an error, never a number")
  func required() throws {
    let found = try description(#""base": "base""#)
    #expect(try found.required(found.number, "clock_hz") == 5)
    #expect(throws: TargetProblems.self) { try found.required(found.numbers, "tiles") }
    #expect(throws: TargetProblems.self) { try found.required(found.integer, "rates") }
  }
}
