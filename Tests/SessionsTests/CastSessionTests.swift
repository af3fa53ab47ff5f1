import Arith
import Documents
import Importers
import QuantGraph
import Sessions
import TestSupport
import Testing

/// Casts and arithmetic units on arrays, in process.
@Suite("casts: arrays, blocks, comparisons")
struct CastSessionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ name: String, _ array: NDArray) throws -> String {
    try NPY.write(array, to: folder.file(name))
    return folder.file(name)
  }

  /// Codes by hand: int<4> holds -8 to 7, and halves go to the even neighbour.
  @Test("values of float32 and of float64 become the same codes, signed ones too")
  func signedCodes() throws {
    let rule = try CastModes(rounding: "TiesToEven", overflow: "sat").rule(
      to: Encoding(name: "int<4>"))
    let single = try file(
      "s.npy", NDArray(shape: [2, 3], [1, -2.5, 0.25, 9, -100, -7] as [Float]))
    let double = try file(
      "d.npy", NDArray(shape: [2, 3], [1, -2.5, 0.25, 9, -100, -7] as [Double]))
    for input in [single, double] {
      let summary = try ArrayCast(rule: rule).run(input, to: folder.file("codes.npy"))
      #expect(
        try NPY.read(folder.file("codes.npy"))
          == NDArray(shape: [2, 3], [1, -2, 0, 7, -8, -7] as [Int8]))
      let losses = try #require(summary.losses)
      #expect([losses.exact, losses.rounded, losses.flushed, losses.saturated] == [2, 1, 1, 2])
      #expect(losses.largest?.error == 92 && losses.largest?.index == 4)
      #expect(summary.shape == [2, 3] && summary.count == 6 && summary.type == "int8")
    }
  }

  @Test("every code of a narrow format comes back from its value")
  func roundTrip() throws {
    for name in ["int<4>", "uint<3>", "e4m3", "e2m1", "fixed<6,2>"] {
      let encoding = try Encoding(name: name)
      let codes = try #require(encoding.codeRange).filter {
        // A second code of zero has no value of its own.
        let value: ExactNumber<Int128>? = encoding.decode($0)
        return value.map { $0.isFinite && $0.doubleValue != 0 } ?? false
      }
      let input = try file("c.npy", NDArray(shape: [codes.count], codes))
      _ = try ArrayCast(rule: CastModes().rule(to: encoding), source: encoding, writesValues: true)
        .run(input, to: folder.file("v.npy"))
      let values = try #require(try NPY.read(folder.file("v.npy")).doubles())
      let single = try file("f.npy", NDArray(shape: [codes.count], values.map { Float($0) }))
      var seen: [Int] = []
      let summary = try ArrayCast(rule: CastModes().rule(to: encoding)) { done, _ in
        seen.append(done)
      }
      .run(single, to: folder.file("back.npy"))
      let back = try #require(try NPY.read(folder.file("back.npy")).integers())
      #expect(back == codes, "\(name)")
      #expect(summary.losses?.exact == codes.count, "\(name)")
      #expect(seen.last == codes.count)
    }
  }

  @Test("what has no code is named, or -1")
  func noCode() throws {
    let input = try file("x.npy", NDArray(shape: [3], [1, .nan, 4] as [Float]))
    let rule = try CastModes(overflow: "SAT").rule(to: Encoding(name: "fixed<4,4>"))
    let failure = #expect(throws: Failure.self) {
      try ArrayCast(rule: rule).run(input, to: folder.file("y.npy"))
    }
    #expect(failure?.problems.first?.code == "format.no-code")
    #expect(failure?.problems.first?.location?.hasSuffix("x.npy[1]") == true)
    let summary = try ArrayCast(rule: rule, invalid: .minusOne).run(input, to: folder.file("y.npy"))
    #expect(summary.invalid == 1)
    #expect(try NPY.read(folder.file("y.npy")).integers() == [1, -1, 4])
  }

  @Test(
    "modes by name",
    arguments: [("RNE", nil), (nil, "clip"), ("Stochastic", nil)] as [(String?, String?)])
  func modes(rounding: String?, overflow: String?) throws {
    let encoding = try Encoding(name: "e4m3")
    let failure = #expect(throws: Failure.self) {
      try CastModes(rounding: rounding, overflow: overflow).rule(to: encoding)
    }
    let code = rounding == "Stochastic" ? "usage.random-bits" : "usage.unknown-mode"
    #expect(failure?.problems.first?.code == code)
    for name in CastModes.roundingNames {
      #expect(throws: Never.self) {
        try CastModes(rounding: name).rule(to: Encoding(name: "fixed<8,3>"), randomWidth: 4)
      }
    }
  }

  @Test("blocks along an axis, as codes with scales and as values")
  func blocks() throws {
    let input = try file("x.npy", NDArray(shape: [32, 2], (0..<64).map { Float($0) }))
    guard case .block(let format) = try Encoding(name: "mxint8") else { throw Failure("t", "t") }
    _ = try BlockCast(format: format, axis: 0).run(input, to: folder.file("y.npz"))
    let arrays = try NPZ.read(folder.file("y.npz"))
    // The largest of each column lies in [32, 64): exponent 5, code 132.
    #expect(arrays["scales"] == NDArray(shape: [1, 2], [132, 132] as [UInt8]))
    let summary = try BlockCast(format: format, axis: 0, writesValues: true)
      .run(input, to: folder.file("v.npy"))
    #expect(summary.losses?.exact == 64)
    #expect(try NPY.read(folder.file("v.npy")).doubles() == (0..<64).map { Double($0) })
    let failure = #expect(throws: Failure.self) {
      try BlockCast(format: format, axis: 2).run(input, to: folder.file("z.npz"))
    }
    #expect(failure?.problems.first?.code == "array.axis")
  }

  /// Largest value 12: e2m1 ends at 6, so its scale is 2; int<4> at 7.
  @Test("one array in several formats")
  func comparison() throws {
    let input = try file("x.npy", NDArray(shape: [4], [12, -6, 2, 1] as [Float]))
    let rows = try CastComparison().rows("e2m1,int<4>,mxint8", of: input)
    #expect(rows.map(\.format) == ["e2m1", "int<4>", "mxint8"])
    let scales: [Double?] = [2, 12.0 / 7, nil]
    #expect(rows.map(\.scale) == scales)
    #expect(rows[0].losses.exact == 4 && rows[0].bits == 4)
    #expect(rows[2].losses.exact == 4)
    // -3.5, 1.17 and 0.58 of 12/7 round to -4 (ties to even), 1 and 1.
    let unit: Double = 12.0 / 7.0
    let differences: [Double] = [0, 4 * unit - 6, 2 - unit, 1 - unit]
    var error: Double = 0
    for difference in differences { error += difference * difference }
    let best = try CastComparison(scale: .smallestError)
      .rows("int<4>", of: input, modes: CastModes(rounding: "TiesToEven", overflow: "sat"))
    let plain = try CastComparison()
      .rows("int<4>", of: input, modes: CastModes(rounding: "TiesToEven", overflow: "sat"))
    let sqnr = try #require(plain[0].losses.sqnr)
    let signal: Double = 185
    let ratio: Double = signal / error
    let decibels: Double = 10 * ratio.log10
    #expect(abs(sqnr - decibels) < 1e-9)
    #expect(try #require(best[0].losses.sqnr) > sqnr)
    #expect(throws: Failure.self) { try CastComparison.Scale("-2") }
    #expect(rows.table.csv.split(separator: "\n").count == 4)
    #expect(rows.json.elements?.count == 3)
    #expect(rows.json.elements?[2]["scale"] == .null)
  }

  /// Q8_0 by its definition: 32 values share a half-precision scale of max / 127.
  @Test("blocks of GGUF, both ways")
  func gguf() throws {
    let values = (0..<64).map { (index: Int) -> Float in Float(index % 32) * 127 / 31 }
    let input = try file("x.npy", NDArray(shape: [2, 32], values))
    let cast = try #require(try GGUFCast(from: nil, to: "Q8_0"))
    #expect((cast.source, cast.target, cast.blocks) == ("float32", "Q8_0", "Q8_0"))
    let summary = try cast.run(input, to: folder.file("b.npy"))
    #expect(summary.shape == [2, 34] && summary.type == "uint8")
    let back = try #require(try GGUFCast(from: "Q8_0", to: "float32"))
    #expect((back.source, back.target, back.blocks) == ("Q8_0", "float32", "Q8_0"))
    let decoded = try back.run(folder.file("b.npy"), to: folder.file("v.npy"))
    #expect(decoded.shape == [2, 32] && decoded.losses?.exact == 64)
    // The scale is 1, so values are whole numbers.
    let result = try #require(try NPY.read(folder.file("v.npy")).doubles())
    #expect(result == values.map { Double($0.rounded()) })
    #expect(try GGUFCast(from: nil, to: "mxfp4") == nil, "a name that other formats have")
    for (from, to) in [("Q8_0", "e4m3"), ("int8", "Q8_0")] {
      #expect(throws: Failure.self) { try GGUFCast(from: from, to: to) }
    }
    #expect(throws: Failure.self) { try GGUFCast(from: nil, to: "Q4_K") }
    #expect(throws: Failure.self) { try back.run(input, to: folder.file("z.npy")) }
  }

  @Test("units compute arrays of codes in one shape")
  func unit() throws {
    let writer = try NPZWriter(path: folder.file("in.npz"))
    try writer.add("a", NDArray(shape: [2, 2], [1, 2, 3, -4] as [Int8]))
    try writer.add("b", NDArray(shape: [2, 2], [5, -6, 7, 8] as [Int8]))
    try writer.finish()
    var request = UnitRequest(operation: "dot")
    (request.a, request.b, request.out) = ("int8", "int8", "int32")
    let summary = try UnitRun(request.unit()).run(folder.file("in.npz"), to: folder.file("o.npz"))
    #expect(summary.shape == [2] && summary.count == 2 && summary.type == "int32")
    #expect(try NPZ.read(folder.file("o.npz"))["out"] == NDArray(shape: [2], [-7, -11] as [Int32]))
    request.operation = "mul"
    request.out = "int<4>"
    request.modes = CastModes(overflow: "SAT")
    _ = try UnitRun(request.unit()).run(folder.file("in.npz"), to: folder.file("o.npz"))
    #expect(try NPZ.read(folder.file("o.npz"))["out"]?.integers() == [5, -8, 7, -8])
    request.operation = "neg"
    let failure = #expect(throws: Failure.self) { try request.unit() }
    #expect(failure?.problems.first?.code == "usage.operands")
    request.operation = "multiply"
    let unknown = #expect(throws: Failure.self) { try request.unit() }
    #expect(unknown?.problems.first?.code == "usage.unknown-operation")
    request = UnitRequest(operation: "abs")
    (request.a, request.out) = ("int8", "int8")
    let extra = #expect(throws: Failure.self) {
      try UnitRun(request.unit()).run(folder.file("in.npz"), to: folder.file("o.npz"))
    }
    #expect(extra?.problems.first?.notes == ["missing: none", "extra: b"])
  }

  @Test("golden vectors: every combination where there are fewer than asked for")
  func golden() throws {
    var request = UnitRequest(operation: "add")
    (request.a, request.b, request.out) = ("int<2>", "uint<2>", "int<2>")
    request.modes = CastModes(overflow: "SAT")
    let vectors = try GoldenVectors(unit: request.unit(), count: 100, seed: 1)
    #expect(vectors.isExhaustive)
    #expect(Set(vectors.rows.map(\.operands)).count == 16)
    for row in vectors.rows {
      #expect(row.result == min(row.operands[0] + row.operands[1], 1), "\(row)")
    }
    #expect(vectors.csv.hasPrefix("a,b,out\n"))
    let words = vectors.hexadecimal.split(separator: "\n")
    #expect(words[0] == "// a[1:0] b[1:0] out[1:0]")
    #expect(words.count == vectors.rows.count + 1 && words.dropFirst().allSatisfy { $0.count == 5 })
    // Two's complement: -2 + 3 is 1.
    #expect(words.contains("2_3_1"))
    request.operation = "dot"
    #expect(throws: Failure.self) { try GoldenVectors(unit: request.unit(), count: 4, seed: 1) }
  }
}

extension Double {
  /// By the series of natural logarithms: `ln x = 2 atanh((x - 1) / (x + 1))`.
  fileprivate var log10: Double {
    func natural(_ x: Double) -> Double {
      let ratio = (x - 1) / (x + 1)
      var (sum, power) = (0.0, ratio)
      for k in 0..<4000 {
        sum += power / Double(2 * k + 1)
        power *= ratio * ratio
      }
      return 2 * sum
    }
    return natural(self) / natural(10)
  }
}
