import Arith
import Importers
import TestSupport
import Testing

@Suite("Command line: formats, cast, unit")
struct FormatCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ToolRun {
    try ToolRun(arguments: arguments, setting: .init(folder: folder.path))
  }

  private func file(_ name: String, _ array: NDArray) throws {
    try NPY.write(array, to: folder.file(name))
  }

  @Test(
    "a name of a number format is that, unless written as the blocks of GGUF are",
    arguments: ["bf16", "BF16", "nvfp4", "mxfp4"])
  func sharedNames(name: String) throws {
    let shown = try JSONValue(ToolRun("formats", name, "--json").output)
    #expect(shown["result"]?["source"] != nil && shown["result"]?["bits_per_weight"] == nil)
    for blocks in ["q4_k", "NVFP4"] {
      let stored = try JSONValue(ToolRun("formats", blocks, "--json").output)
      #expect(stored["result"]?["bits_per_weight"] != nil)
    }
  }

  @Test("a format is described, with its codes and a rounded value")
  func formats() throws {
    let run = try run("formats", "E2M1", "--encode", "2.5", "--json")
    #expect(run.code == 0)
    let result = try #require(JSONValue(run.output)["result"])
    #expect(result["name"] == .string("e2m1"))
    #expect(result["codes"]?.elements.count == 16)
    // Half way between 2 and 3: the even code 4.
    #expect(result["encoded"]?["code"] == .integer(4))
    let list = try self.run("formats")
    #expect(list.code == 0)
    for family in FormatFamily.all { #expect(list.output.contains(family.grammar)) }
  }

  @Test(
    "unknown and impossible names get the grammar and a near name",
    arguments: [
      ("int<0>", "[ap_][u]int<N>"), ("float<12,3>", "float<E,M"), ("bfp<0,8>", "bfp<BLOCK"),
      ("e4m3fnu", "[u]e<E>m<M>"),
    ])
  func unknown(name: String, grammar: String) throws {
    for arguments in [["formats", name], ["cast", "x.npy", "--to", name, "-o", "y.npy"]] {
      let run = try ToolRun(arguments: arguments, setting: .init(folder: folder.path))
      #expect(run.code == 64)
      #expect(run.output.isEmpty)
      #expect(run.error.contains("error[format.unknown]"))
      #expect(run.error.contains(grammar))
      #expect(run.error.contains("did you mean"))
    }
  }

  @Test("formats are set side by side and drawn")
  func compare() throws {
    let run = try run("formats", "--compare", "e2m1,fixed<4,2>", "--plot", "lines.svg")
    #expect(run.code == 0)
    #expect(run.output.contains("fixed<4,2>"))
    let bytes = try ByteSource(path: folder.file("lines.svg")).stream().readAll()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("<svg"))
    #expect(text.contains("fixed&lt;4,2&gt;"))
  }

  @Test("values become codes, codes become values")
  func cast() throws {
    let values: [Float] = [0, 1.0625, -500, 448, 0.001, -0.0]
    try file("x.npy", NDArray(shape: [2, 3], values))
    let to = try run(
      "cast", "x.npy", "--to", "e4m3", "--rounding", "TiesToEven", "--overflow", "sat", "-o",
      "c.npy")
    #expect(to.code == 0, "\(to.error)")
    let codes = try NPY.read(folder.file("c.npy"))
    #expect(codes == NDArray(shape: [2, 3], [0, 0x38, 0xfe, 0x7e, 0x01, 0x80] as [UInt8]))
    let back = try run(
      "cast", "c.npy", "--from", "e4m3", "--to", "float32", "--values", "-o", "v.npy")
    #expect(back.code == 0, "\(back.error)")
    let decoded: [Double] = [0, 1, -448, 448, 0.001953125, -0.0]
    #expect(try NPY.read(folder.file("v.npy")) == NDArray(shape: [2, 3], decoded))
  }

  /// Counts by hand: int<4> holds -8 to 7.
  @Test("a cast counts what it loses, and warns of more than rounding")
  func losses() throws {
    let values: [Double] = [1, 2.25, 0.25, 9, -100, 7]
    try file("x.npy", NDArray(shape: [6], values))
    let run = try run(
      "cast", "x.npy", "--to", "int<4>", "--rounding", "TiesToEven", "--overflow", "sat", "-o",
      "c.npy", "--json")
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(JSONValue(run.output)["result"])
    for (key, count) in [
      ("exact", 2), ("rounded", 1), ("flushed_to_zero", 1), ("saturated", 2), ("wrapped", 0),
      ("became_nan", 0), ("largest_error_index", 4),
    ] {
      #expect(result[key]?.integer == count, "\(key)")
    }
    #expect(result["largest_error"]?.number == 92)
    #expect(run.output.contains("cast.losses"))
    let wrapped = try self.run(
      "cast", "x.npy", "--to", "ap_fixed<4,4>", "--rounding", "TiesToEven", "-o", "w.npy", "--json")
    #expect(try JSONValue(wrapped.output)["result"]?["wrapped"]?.integer == 2)
    try file("y.npy", NDArray(shape: [2], [1, -7] as [Double]))
    let exact = try self.run("cast", "y.npy", "--to", "int<4>", "-o", "c.npy")
    #expect(exact.output.contains("all exact") && exact.error.isEmpty)
  }

  @Test("a value without a code is an error, or -1 on request")
  func noCode() throws {
    try file("x.npy", NDArray(shape: [3], [1, -2, 4] as [Double]))
    let bad = try run("cast", "x.npy", "--to", "ue4m3", "-o", "y.npy")
    #expect(bad.code == 65)
    #expect(bad.error.contains("x.npy[1]"))
    #expect(throws: ImportError.self) { try NPY.read(folder.file("y.npy")) }
    let marked = try run(
      "cast", "x.npy", "--to", "ue4m3", "--invalid", "minus-one", "-o", "y.npy")
    #expect(marked.code == 0)
    #expect(
      try NPY.read(folder.file("y.npy")) == NDArray(shape: [3], [0x38, -1, 0x48] as [Int8]))
  }

  @Test("random bits come from a file, one a value")
  func stochastic() throws {
    try file("x.npy", NDArray(shape: [4], [0.25, 0.25, 0.25, 0.25] as [Float]))
    try file("r.npy", NDArray(shape: [4], [0, 1, 2, 3] as [UInt8]))
    let run = try run(
      "cast", "x.npy", "--to", "int<4>", "--rounding", "StochasticFastest", "--random-bits",
      "r.npy", "--random-width", "2", "-o", "y.npy")
    #expect(run.code == 0, "\(run.error)")
    #expect(try NPY.read(folder.file("y.npy")) == NDArray(shape: [4], [0, 0, 0, 1] as [Int8]))
    let lacking = try self.run(
      "cast", "x.npy", "--to", "int<4>", "--rounding", "Stochastic", "-o", "y.npy")
    #expect(lacking.code == 64)
  }

  @Test("block formats write codes and scales along an axis")
  func blocks() throws {
    let values = (0..<64).map { Float($0) }
    try file("x.npy", NDArray(shape: [32, 2], values))
    let run = try run("cast", "x.npy", "--to", "mxint8", "--axis", "0", "-o", "y.npz")
    #expect(run.code == 0, "\(run.error)")
    let arrays = try NPZ.read(folder.file("y.npz"))
    #expect(arrays["codes"]?.shape == [32, 2])
    // The largest of each column lies in [32, 64): exponent 5, code 132.
    #expect(arrays["scales"] == NDArray(shape: [1, 2], [132, 132] as [UInt8]))
    #expect(arrays["codes"]?.integers()?.prefix(6) == [0, 2, 4, 6, 8, 10])
  }

  @Test("units compute arrays of codes")
  func unit() throws {
    let writer = try NPZWriter(path: folder.file("in.npz"))
    try writer.add("a", NDArray(shape: [2, 2], [1, 2, 3, -4] as [Int8]))
    try writer.add("b", NDArray(shape: [2, 2], [5, -6, 7, 8] as [Int8]))
    try writer.finish()
    let dot = try run(
      "unit", "dot", "--a", "int8", "--b", "int8", "--out", "int32", "--inputs", "in.npz", "-o",
      "out.npz")
    #expect(dot.code == 0, "\(dot.error)")
    #expect(
      try NPZ.read(folder.file("out.npz"))["out"] == NDArray(shape: [2], [-7, -11] as [Int32]))
    let missing = try run(
      "unit", "fma", "--a", "int8", "--b", "int8", "--c", "int8", "--out", "int8", "--inputs",
      "in.npz", "-o", "out.npz")
    #expect(missing.code == 65)
    #expect(missing.error.contains("missing: c"))
    let unknown = try run(
      "unit", "mull", "--a", "int8", "--out", "int8", "--golden", "4", "-o", "g")
    #expect(unknown.code == 64)
    #expect(unknown.error.contains("did you mean 'mul'"))
  }

  @Test("golden vectors begin with boundaries and depend on the seed only")
  func golden() throws {
    func vectors(_ seed: String, _ name: String) throws -> String {
      let run = try run(
        "unit", "add", "--a", "int<6>", "--b", "uint<5>", "--out", "int<5>", "--overflow", "SAT",
        "--golden", "200", "--seed", seed, "-o", name)
      #expect(run.code == 0, "\(run.error)")
      let bytes = try ByteSource(path: folder.file(name + ".csv")).stream().readAll()
      return String(decoding: bytes, as: UTF8.self)
    }
    let first = try vectors("7", "a")
    #expect(first == (try vectors("7", "b")))
    #expect(first != (try vectors("8", "c")))
    let lines = first.split(separator: "\n").map(String.init)
    #expect(lines.count == 201)
    #expect(lines[0] == "a,b,out")
    #expect(lines.contains("-32,31,-1"))
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",").compactMap { Int($0) }
      #expect(cells.count == 3)
      #expect(cells[2] == min(max(cells[0] + cells[1], -16), 15), "\(line)")
    }
  }
}
