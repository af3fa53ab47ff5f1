import Arith
import Importers
import TestSupport
import Testing

@Suite("fixed-point vectors", .enabled(if: SharedData.root != nil, "no ../shared"))
struct FixedVectors {
  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    struct Format: Decodable, Sendable {
      let signed: Int
      let int_bits: Int
      let frac_bits: Int
    }
    let file: String
    let src: Format
    let dst: Format
    var testDescription: String { file }
    static let all: [Row] = (try? Reference.json("arith/fixed/index.json", as: [Row].self)) ?? []
  }

  @Test("the index is read")
  func index() { #expect(Row.all.count == 14) }

  @Test("every code of a source format in all modes", arguments: Row.all)
  func file(row: Row) throws {
    let arrays = try Reference.arrays("arith/fixed/" + row.file)
    let codes = try arrays.integers("x")
    var tally = Tally()
    for name in arrays.names where name != "x" {
      // APyTypes' own JAM, which differs from the definition where no bit is dropped.
      if name.hasPrefix("apytypes_") { continue }
      let isHeaders = name.hasPrefix("AP_") || name.hasPrefix("ap_")
      let bare = name.hasPrefix("ap_") ? String(name.dropFirst(3)) : name
      let separator = try #require(bare.firstRange(of: "__"))
      let quantization = try #require(Quantization(name: bare[..<separator.lowerBound]))
      let overflow = try #require(Overflow(name: bare[separator.upperBound...]))
      let target = try FixedPointFormat(
        width: row.dst.int_bits + row.dst.frac_bits, integerBits: row.dst.int_bits,
        isSigned: row.dst.signed == 1, quantization: quantization, overflow: overflow,
        dialect: isHeaders ? .apTypes : .plain)
      let expected = try arrays.integers(name)
      for index in codes.indices {
        let found: Int64 = target.cast(
          raw: codes[index], sourceFractionBits: row.src.frac_bits)
        tally.expect(
          found == expected[index],
          "\(name) of \(codes[index]): \(found), expected \(expected[index])")
      }
    }
    tally.finish(row.file)
  }

  @Test("numbers of up to 130 bits")
  func wide() throws {
    let file = try InputFile(path: Reference.path("arith/extra/wide_fixed.csv.gz"))
    let bytes = try ByteStream(file).gunzipped().readAll()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    var tally = Tally()
    for line in lines.dropFirst() {
      let field = line.split(separator: ",").map(String.init)
      func number(_ index: Int) throws -> Int { try #require(Int(field[index])) }
      func raw(_ index: Int, width: Int) throws -> Int512 {
        try #require(Int512(hexadecimal: field[index], width: width, isSigned: true))
      }
      let (aFraction, bFraction) = (try number(2), try number(5))
      let a = try raw(3, width: try number(1) + aFraction)
      let b = try raw(6, width: try number(4) + bFraction)
      let exact: Int512 =
        switch field[0] {
        case "add":
          FixedPointArithmetic.sum(a, fractionBits: aFraction, b, fractionBits: bFraction)
        case "sub":
          FixedPointArithmetic.difference(a, fractionBits: aFraction, b, fractionBits: bFraction)
        default: a * b
        }
      let resultFraction = try number(8)
      tally.expect(exact == (try raw(9, width: try number(7) + resultFraction)), String(line))
      let (integerBits, fraction) = (try number(12), try number(13))
      let target = try FixedPointFormat(
        width: integerBits + fraction, integerBits: integerBits,
        quantization: try #require(Quantization(name: field[10])),
        overflow: try #require(Overflow(name: field[11])), dialect: .plain)
      let cast = target.cast(raw: exact, sourceFractionBits: resultFraction)
      tally.expect(cast == (try raw(14, width: integerBits + fraction)), String(line))
    }
    tally.finish("wide_fixed")
  }

  @Test("stochastic rounding with supplied bits")
  func stochastic() throws {
    let arrays = try Reference.arrays("arith/extra/stochastic_fixed.npz")
    let dropped = Int(try arrays.integers("k")[0])
    let source = Encoding.fixed(
      try FixedPointFormat(width: 16, integerBits: 16 - dropped, dialect: .plain))
    let target = Encoding.fixed(try FixedPointFormat(width: 12, integerBits: 12, dialect: .plain))
    for rule in StochasticRounding.allCases {
      let unit = try ArithmeticUnit(
        .cast, a: source, out: CastRule(to: target, rounding: .stochastic(rule, width: dropped)))
      let results = try unit.results(
        a: try arrays.integers("x"), randomBits: try arrays.integers("r").map { UInt64($0) })
      #expect(results == (try arrays.integers("y")), "\(rule)")
    }
  }
}
