import Arith
import FoundationEssentials
import TestSupport
import Testing

/// Output of the open `ap_types` headers, `hls/ap_fixed/*.jsonl`.
@Suite("ap_types vectors", .enabled(if: SharedData.root != nil, "no ../shared"))
struct APFixedVectors {
  /// Any line of the files; which fields are there depends on `op`.
  private struct Line: Decodable {
    struct Numbers: Decodable {
      let values: [Int64]
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let one = try? container.decode(Int64.self) {
          values = [one]
        } else {
          values = try container.decode([Int64].self)
        }
      }
    }
    /// Types are strings, some operands of the wide cases hexadecimal digits.
    let op: String
    let src: String?
    let dst: String?
    let a: String?
    let b: Text?
    let n: Int?
    let src_lsb: Int?
    let src_first: Int64?
    let src_step: Int64?
    let res_w: Int?
    let res_i: Int?
    let res_signed: Bool?
    let raw: Numbers?
    let acc: String?
    let term: String?
    let terms: [Int64]?
    let x_t: String?
    let w_t: String?
    let b_t: String?
    let a_t: String?
    let acc_t: String?
    let res_t: String?
    let x: [Int64]?
    let w: [Int64]?
    let acc_raw: Int64?
    let mul: String?
    let add: String?
    let res: String?
    let mul_w: Int?
    let add_w: Int?
  }

  /// A field that is text in one kind of line and a number in another.
  private struct Text: Decodable {
    let string: String
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int64.self) {
        string = "\(number)"
      } else {
        string = try container.decode(String.self)
      }
    }
  }

  private func lines(_ name: String) throws -> [Line] {
    let path = try Reference.path("hls/ap_fixed/\(name).jsonl")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  private func format(_ name: String?) throws -> FixedPointFormat {
    let name = try #require(name)
    return try FixedPointFormat(name: name)
  }

  @Test("assignment from doubles")
  func fromDouble() throws {
    var tally = Tally()
    for line in try lines("from_double") {
      let target = try format(line.dst)
      var number = try #require(line.src_first)
      for expected in try #require(line.raw).values {
        let value = Double(
          sign: .plus, exponent: try #require(line.src_lsb), significand: Double(number))
        tally.expect(
          target.cast(value, as: Int64.self) == expected, "\(target.name) of \(value)")
        number += try #require(line.src_step)
      }
    }
    tally.finish("from_double")
  }

  @Test("assignment from fixed point")
  func fromFixed() throws {
    var tally = Tally()
    for line in try lines("from_fixed") {
      let (source, target) = (try format(line.src), try format(line.dst))
      for (offset, expected) in try #require(line.raw).values.enumerated() {
        let raw = try #require(line.src_first) + Int64(offset)
        let found = target.cast(raw: raw, sourceFractionBits: source.fractionBits)
        tally.expect(found == expected, "\(source.name) -> \(target.name) of \(raw)")
      }
    }
    tally.finish("from_fixed")
  }

  @Test("operators and their result types")
  func operators() throws {
    var tally = Tally()
    for line in try lines("operators") {
      let a = try format(line.a)
      let expected = try #require(line.raw).values
      let codes = Array(a.codes)
      switch line.op {
      case "neg":
        let layout = ExactLayout.negation(ExactLayout(a))
        tally.expect(matches(layout, line), "neg \(a.name)")
        for (raw, wanted) in zip(codes, expected) { tally.expect(-raw == wanted, "-\(raw)") }
      case "shl":
        for (raw, wanted) in zip(codes, expected) {
          let found = FixedPointArithmetic.shifted(raw, by: try #require(line.n), in: a)
          tally.expect(found == wanted, "\(a.name) \(raw) << \(String(describing: line.n))")
        }
      case "to_int":
        for (raw, wanted) in zip(codes, expected) {
          let found = FixedPointArithmetic.integerPart(raw, fractionBits: a.fractionBits)
          tally.expect(found == wanted, "\(a.name) \(raw)")
        }
      case "div_assign_uint":
        let divisor = ExactLayout(width: 32, integerBits: 32, isSigned: false)
        let layout = ExactLayout.quotient(ExactLayout(a), divisor)
        for (raw, wanted) in zip(codes, expected) {
          let count = Int64(try #require(line.n))
          let quotient = try #require(
            FixedPointArithmetic.quotient(raw, ExactLayout(a), count, divisor))
          tally.expect(
            a.cast(raw: quotient, sourceFractionBits: layout.fractionBits) == wanted,
            "\(a.name) \(raw) / \(String(describing: line.n))")
        }
      default:
        let b = try format(line.b?.string)
        var index = 0
        for x in codes {
          for y in b.codes {
            defer { index += 1 }
            guard let found = binary(line.op, x, a, y, b) else { continue }
            tally.expect(
              found == expected[index], "\(line.op) \(a.name) \(x), \(b.name) \(y): \(found)")
          }
        }
        let (x, y) = (ExactLayout(a), ExactLayout(b))
        switch line.op {
        case "add": tally.expect(matches(.sum(x, y), line), "type of add")
        case "sub": tally.expect(matches(.difference(x, y), line), "type of sub")
        case "mul": tally.expect(matches(.product(x, y), line), "type of mul")
        case "div": tally.expect(matches(.quotient(x, y), line), "type of div")
        default: break
        }
      }
    }
    tally.finish("operators")
  }

  private func matches(_ layout: ExactLayout, _ line: Line) -> Bool {
    layout.width == line.res_w && layout.integerBits == line.res_i
      && layout.isSigned == line.res_signed
  }

  private func binary(
    _ operation: String, _ x: Int64, _ a: FixedPointFormat, _ y: Int64, _ b: FixedPointFormat
  ) -> Int64? {
    let (fa, fb) = (a.fractionBits, b.fractionBits)
    let less = FixedPointArithmetic.isLess(x, fractionBits: fa, than: y, fractionBits: fb)
    let greater = FixedPointArithmetic.isLess(y, fractionBits: fb, than: x, fractionBits: fa)
    switch operation {
    case "add": return FixedPointArithmetic.sum(x, fractionBits: fa, y, fractionBits: fb)
    case "sub": return FixedPointArithmetic.difference(x, fractionBits: fa, y, fractionBits: fb)
    case "mul": return x * y
    case "div": return FixedPointArithmetic.quotient(x, ExactLayout(a), y, ExactLayout(b))
    case "lt": return less ? 1 : 0
    case "le": return greater ? 0 : 1
    case "gt": return greater ? 1 : 0
    case "ge": return less ? 0 : 1
    case "eq": return less || greater ? 0 : 1
    default:
      Issue.record("unknown operation \(operation)")
      return nil
    }
  }

  @Test("accumulation and multiply-accumulate")
  func kernels() throws {
    var tally = Tally()
    for line in try lines("kernels") {
      switch line.op {
      case "accumulate":
        let (accumulator, term) = (try format(line.acc), try format(line.term))
        var sum: Int64 = 0
        for (raw, expected) in zip(try #require(line.terms), try #require(line.raw).values) {
          let exact = FixedPointArithmetic.sum(
            sum, fractionBits: accumulator.fractionBits, raw, fractionBits: term.fractionBits)
          sum = accumulator.cast(
            raw: exact,
            sourceFractionBits: max(accumulator.fractionBits, term.fractionBits))
          tally.expect(sum == expected, "\(accumulator.name) += \(raw)")
        }
      case "mac":
        let (x, w) = (try format(line.x_t), try format(line.w_t))
        let (bias, accumulator) = (try format(line.b_t), try format(line.acc_t))
        let result = try format(line.res_t)
        let start = try #require(line.b.flatMap { Int64($0.string) })
        var sum: Int64 = accumulator.cast(raw: start, sourceFractionBits: bias.fractionBits)
        for (data, weight) in zip(try #require(line.x), try #require(line.w)) {
          let product: Int64 = accumulator.cast(
            raw: data * weight, sourceFractionBits: x.fractionBits + w.fractionBits)
          sum = accumulator.cast(
            raw: sum + product, sourceFractionBits: accumulator.fractionBits)
        }
        tally.expect(sum == line.acc_raw, "\(accumulator.name): \(sum)")
        let found = result.cast(raw: sum, sourceFractionBits: accumulator.fractionBits)
        tally.expect(found == line.raw?.values.first, "\(result.name): \(found)")
      default: continue
      }
    }
    tally.finish("kernels")
  }

  @Test("operands and accumulators beyond 64 bits")
  func wide() throws {
    var tally = Tally()
    var last: FixedPointFormat?
    var sum = Int512.zero
    for line in try lines("wide") {
      let (aFormat, bFormat) = (try format(line.a_t), try format(line.b_t))
      let (accumulator, result) = (try format(line.acc_t), try format(line.res_t))
      func raw(_ digits: String?, _ width: Int?, _ isSigned: Bool) throws -> Int512 {
        let text = try #require(digits)
        let bits = try #require(width)
        return try #require(Int512(hexadecimal: text, width: bits, isSigned: isSigned))
      }
      let a = try raw(line.a, aFormat.width, aFormat.isSigned)
      let b = try raw(line.b?.string, bFormat.width, bFormat.isSigned)
      let isSigned = aFormat.isSigned || bFormat.isSigned
      tally.expect(a * b == (try raw(line.mul, line.mul_w, isSigned)), "product")
      let total = FixedPointArithmetic.sum(
        a, fractionBits: aFormat.fractionBits, b, fractionBits: bFormat.fractionBits)
      tally.expect(total == (try raw(line.add, line.add_w, isSigned)), "sum")
      // The accumulator runs through the lines of one type.
      if accumulator != last { sum = Int512.zero }
      last = accumulator
      let fraction = aFormat.fractionBits + bFormat.fractionBits
      sum = accumulator.cast(
        raw: FixedPointArithmetic.sum(
          sum, fractionBits: accumulator.fractionBits, a * b, fractionBits: fraction),
        sourceFractionBits: max(accumulator.fractionBits, fraction))
      tally.expect(
        sum == (try raw(line.acc, accumulator.width, accumulator.isSigned)), "accumulator")
      let rounded = result.cast(raw: sum, sourceFractionBits: accumulator.fractionBits)
      tally.expect(rounded == (try raw(line.res, result.width, result.isSigned)), "result")
    }
    tally.finish("wide")
  }
}
