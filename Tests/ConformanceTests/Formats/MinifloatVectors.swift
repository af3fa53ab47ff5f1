import Arith
import Importers
import TestSupport
import Testing

/// One row of `arith/minifloat/index.json`.
struct MinifloatRow: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let E: Int
  let M: Int
  let bias: Int
  let kind: String
  let subnormals: Bool
  let signed: Bool
  let bits: Int
  let max_code: UInt64
  let file: String

  var testDescription: String { name }

  static let all: [MinifloatRow] =
    (try? Reference.json("arith/minifloat/index.json", as: [MinifloatRow].self)) ?? []
}

@Suite("minifloat vectors", .enabled(if: SharedData.root != nil, "no ../shared"))
struct MinifloatVectors {
  @Test("the index is read")
  func index() { #expect(MinifloatRow.all.count == 19) }

  @Test("decode, all roundings, add, mul and fma", arguments: MinifloatRow.all)
  func file(row: MinifloatRow) throws {
    let name =
      "float<\(row.E),\(row.M),bias=\(row.bias),kind=\(row.kind),"
      + "subnormals=\(row.subnormals ? "yes" : "no"),signed=\(row.signed ? "yes" : "no")>"
    let encoding = try Encoding(name: name)
    guard case .float(let format) = encoding else {
      Issue.record("\(name) is no float")
      return
    }
    #expect(format.width == row.bits)
    #expect(format.maximumCode == row.max_code)
    let arrays = try Reference.arrays("arith/minifloat/" + row.file)
    var tally = Tally()
    let decoded = try arrays.doubles("decode_f64")
    for (code, value) in decoded.enumerated() {
      let found = format.doubleValue(of: UInt64(code))
      tally.expect(
        found.bitPattern == value.bitPattern || (found.isNaN && value.isNaN),
        "code \(code): \(found), expected \(value)")
    }
    func same(_ found: Int64?, _ expected: Int64) -> Bool {
      guard let found else { return expected == -1 }
      return found == expected
        || (expected >= 0 && decoded[Int(found)].isNaN && decoded[Int(expected)].isNaN)
    }
    let inputs = try arrays.integers("x_f32bits")
    for name in arrays.names.sorted() {
      let words = name.split(separator: "_").map(String.init)
      if ["decode", "x", "arith"].contains(words[0]) { continue }
      let expected = try arrays.integers(name)
      switch words[0] {
      case "add", "mul", "fma":
        guard words.count == 3, let rounding = Rounding(name: words[1]),
          let overflow = OverflowRule(name: words[2]),
          let operation = UnitOperation(rawValue: words[0])
        else { continue }
        let unit = try ArithmeticUnit(
          operation, a: encoding, b: encoding, c: operation == .fma ? encoding : nil,
          out: CastRule(to: encoding, rounding: rounding, overflow: overflow))
        let count = Int64(1) << Int64(row.bits)
        let prefix = operation == .fma ? "fma" : "arith"
        let isListed = arrays[prefix + "_a"] != nil
        let picked = Array(Swift.stride(from: 0, to: expected.count, by: stride))
        let a = try isListed ? arrays.integers(prefix + "_a") : []
        let b = try isListed ? arrays.integers(prefix + "_b") : []
        let c = try operation == .fma ? arrays.integers("fma_c") : []
        let results = try unit.results(
          a: picked.map { isListed ? a[$0] : Int64($0) / count },
          b: picked.map { isListed ? b[$0] : Int64($0) % count },
          c: operation == .fma ? picked.map { c[$0] } : [])
        for (index, result) in zip(picked, results) {
          tally.expect(
            same(result, expected[index]),
            "\(name)[\(index)]: \(String(describing: result)), expected \(expected[index])")
        }
      default:
        let isStochastic = words.count == 3
        let width = isStochastic ? Int(words[1].dropFirst(2)) ?? 0 : 0
        guard let rounding = Rounding(name: words[0], randomWidth: width),
          let overflow = OverflowRule(name: words[words.count - 1])
        else { continue }
        let bits = try isStochastic ? arrays.integers(words[1] + "_bits") : []
        let rule = try CastRule(to: encoding, rounding: rounding, overflow: overflow)
        for index in Swift.stride(from: 0, to: inputs.count, by: stride) {
          let value = Float(bitPattern: UInt32(inputs[index]))
          let code = rule.encode(
            ExactNumber<Int128>(value), randomBits: isStochastic ? UInt64(bits[index]) : 0)
          tally.expect(
            same(code, expected[index]),
            "\(name) of \(value): \(String(describing: code)), expected \(expected[index])")
        }
      }
    }
    tally.finish(row.name)
  }
}
