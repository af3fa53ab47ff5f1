public import Arith
public import QuantGraph

/// Operands and results of a unit, boundary cases first, for an RTL test bench.
public struct GoldenVectors: Sendable {
  /// Operand codes, then the result's code; nil where the output has none.
  public let rows: [(operands: [Int64], result: Int64?)]
  /// How many rows combine boundary codes.
  public let boundaryCount: Int
  /// Whether every combination of operands is there.
  public let isExhaustive: Bool
  private let names: [String]
  private let widths: [Int]

  /// - Parameters:
  ///   - unit: what is computed.
  ///   - count: how many rows; every combination of operands where there are fewer.
  ///   - seed: of the operands that are drawn.
  /// - Throws: `usage.arguments` for dot products and stochastic rounding, and what the unit cannot compute.
  public init(unit: ArithmeticUnit, count: Int, seed: UInt64) throws(Failure) {
    guard unit.operation != .dot, unit.out.rounding.randomWidth == 0 else {
      throw Failure(
        "usage.arguments", "golden vectors are of one result each, without random bits",
        remedy: "use --inputs for dot products and stochastic rounding.")
    }
    let encodings = [unit.a, unit.b, unit.c].compactMap { $0 }
    names = unit.operation.operands + ["out"]
    widths = (encodings + [unit.out.encoding]).map { $0.scalarWidth ?? 64 }
    var generator = SplitMix64(seed: seed)
    let boundaries = encodings.map(Self.boundaryCodes)
    var tuples = Self.combinations(of: boundaries, limit: count)
    boundaryCount = tuples.count
    var seen = Set(tuples)
    let sizes = encodings.map {
      $0.codeRange.map { Int128($0.upperBound) - Int128($0.lowerBound) + 1 }
    }
    let total = sizes.reduce(Int128(1)) { product, size in
      min(product, 1 << 40) * min(size ?? 1 << 40, 1 << 40)
    }
    isExhaustive = total <= Int128(count)
    if isExhaustive {
      let all = encodings.map { encoding -> [Int64] in encoding.codeRange.map { Array($0) } ?? [] }
      for tuple in Self.combinations(of: all, limit: count) where seen.insert(tuple).inserted {
        tuples.append(tuple)
      }
    }
    while tuples.count < count {
      tuples.append(encodings.map { Self.randomCode($0, &generator) })
    }
    let columns = encodings.indices.map { column in tuples.map { $0[column] } }
    let results: [Int64?]
    do throws(UnitError) {
      results = try unit.results(
        a: columns[0], b: columns.count > 1 ? columns[1] : [],
        c: columns.count > 2 ? columns[2] : [])
    } catch {
      throw Failure(error)
    }
    rows = zip(tuples, results).map { (operands: $0, result: $1) }
  }

  /// Ends of the range, zero and its neighbours, one, and what floats have besides.
  private static func boundaryCodes(_ encoding: Encoding) -> [Int64] {
    var codes: [Int64] = []
    func add(_ code: Int64) {
      let value: ExactNumber<Int128>? = encoding.decode(code)
      if value != nil && !codes.contains(code) { codes.append(code) }
    }
    if case .float(let format) = encoding {
      let sign: UInt64 = format.isSigned ? 1 << UInt64(format.width - 1) : 0
      let hidden: UInt64 = 1 << UInt64(format.mantissaBits)
      var magnitudes: [UInt64] = [
        0, 1, hidden > 1 ? hidden - 1 : 1, hidden, format.maximumCode, format.maximumCode - 1,
      ]
      if let infinity = format.infinityCode { magnitudes.append(infinity) }
      if let one = format.encode(ExactNumber<Int128>(1.0)) { magnitudes.append(one) }
      for magnitude in magnitudes {
        add(Int64(bitPattern: magnitude))
        add(Int64(bitPattern: magnitude | sign))
      }
      if let nan = format.nanCode { add(Int64(bitPattern: nan)) }
      return codes
    }
    guard let range = encoding.codeRange else { return [0, 1, -1, .max, .min] }
    for code in [
      0, 1, -1, range.lowerBound, range.upperBound, range.lowerBound + 1, range.upperBound - 1,
    ] where range.contains(code) { add(code) }
    return codes
  }

  private static func randomCode(_ encoding: Encoding, _ generator: inout SplitMix64) -> Int64 {
    let range = encoding.codeRange ?? (Int64.min)...Int64.max
    // Lists may have codes without values; draw until one has.
    for _ in 0..<1000 {
      let code = Int64.random(in: range, using: &generator)
      let value: ExactNumber<Int128>? = encoding.decode(code)
      if value != nil { return code }
    }
    return range.lowerBound
  }

  private static func combinations(of lists: [[Int64]], limit: Int) -> [[Int64]] {
    var tuples: [[Int64]] = [[]]
    for list in lists {
      var next: [[Int64]] = []
      for tuple in tuples {
        for code in list where next.count < limit { next.append(tuple + [code]) }
      }
      tuples = next
    }
    return tuples
  }

  /// Codes in decimal; an empty last cell is a result without a code.
  public var csv: String {
    var text = names.joined(separator: ",") + "\n"
    for row in rows {
      text += row.operands.map { "\($0)" }.joined(separator: ",")
      text += ",\(row.result.map { "\($0)" } ?? "")\n"
    }
    return text
  }

  /// One word a line for `$readmemh`: the operands from the left, then the result, each in whole
  /// hexadecimal digits; `x` is a result without a code.
  public var hexadecimal: String {
    var text = "// " + zip(names, widths).map { "\($0)[\($1 - 1):0]" }.joined(separator: " ") + "\n"
    for row in rows {
      var parts = zip(row.operands, widths).map { Self.digits($0, width: $1) }
      let width = widths[widths.count - 1]
      parts.append(
        row.result.map { Self.digits($0, width: width) }
          ?? String(repeating: "x", count: (width + 3) / 4))
      text += parts.joined(separator: "_") + "\n"
    }
    return text
  }

  private static func digits(_ code: Int64, width: Int) -> String {
    let mask: UInt64 = width >= 64 ? .max : (1 << UInt64(width)) - 1
    let text = String(UInt64(bitPattern: code) & mask, radix: 16)
    return String(repeating: "0", count: (width + 3) / 4 - text.count) + text
  }
}
