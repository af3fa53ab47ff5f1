import Arith
import Importers
import TestSupport
import Testing

@Suite("Command line: unit mma")
struct MatrixUnitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ToolRun {
    try ToolRun(
      arguments: ["unit", "mma"] + arguments + ["--inputs", "x.npz", "-o", "y.npz"],
      setting: .init(folder: folder.path))
  }

  private func write(_ arrays: KeyValuePairs<String, NDArray>) throws {
    let writer = try NPZWriter(path: folder.file("x.npz"))
    for (name, array) in arrays { try writer.add(name, array) }
    try writer.finish()
  }

  private func result() throws -> [Int64] {
    try #require(NPZ.read(folder.file("y.npz"))["out"]?.integers())
  }

  @Test("integers of any width through binary planes, with zero points")
  func planes() throws {
    try write([
      "a": NDArray(shape: [2, 3], [1, 2, 3, -4, 0, 5] as [Int8]),
      "b": NDArray(shape: [2, 3], [1, -2, 1, 0, 1, -1] as [Int8]),
      "a_zero": NDArray(shape: [2], [1, 0] as [Int8]), "b_zero": NDArray(shape: [], [-1] as [Int8]),
    ])
    let run = try run("--target", "a100", "--path", "bitplane", "--a", "int<4>", "--b", "int<2>")
    #expect(run.code == 0, "\(run.error)")
    // (0 1 2) and (-4 0 5) times (2 -1 2) and (1 2 0).
    #expect(try result() == [3, 2, 2, -4])
    #expect(run.output.contains("exact"))
  }

  @Test("eight-bit integers saturate where asked")
  func saturation() throws {
    try write([
      "a": NDArray(shape: [1, 2], [127, 127] as [Int8]),
      "b": NDArray(shape: [1, 2], [127, 127] as [Int8]),
      "c": NDArray(shape: [1, 1], [Int32.max - 5]),
    ])
    #expect(try run("--target", "t4", "--a", "s8", "--b", "s8", "--overflow", "SAT").code == 0)
    #expect(try result() == [Int64(Int32.max)])
    #expect(try run("--target", "t4", "--a", "int8", "--b", "int8").code == 0)
    #expect(try result() == [Int64(Int32.max) - 5 + 32258 - (1 << 32)])
  }

  @Test("float16 of an A100 truncates where an H100 keeps one bit more")
  func floats() throws {
    // 2^0 and 24 terms below: 1 + 2^-24 in one block of eight.
    let one = Float16(1).bitPattern
    let small = Float16(0x1p-12).bitPattern
    try write([
      "a": NDArray(shape: [1, 4], [one, small, small, 0]),
      "b": NDArray(shape: [1, 4], [one, small, small, 0]),
    ])
    let run = try run("--target", "a100", "--a", "fp16", "--b", "fp16", "--rows")
    #expect(run.code == 0, "\(run.error)")
    #expect(run.output.contains("model of ampere"))
    // Both products of 2^-24 are kept, and their sum is one step of float32.
    #expect(try result() == [Int64(Float(1 + 0x1p-23).bitPattern)])
    #expect(try self.run("--target", "v100", "--a", "fp16", "--b", "fp16", "--rows").code == 0)
    #expect(try result() == [Int64(Float(1).bitPattern)])
  }

  @Test("what a GPU lacks is refused with what it has")
  func refusals() throws {
    try write([
      "a": NDArray(shape: [1, 2], [1, 2] as [UInt8]),
      "b": NDArray(shape: [1, 2], [1, 2] as [UInt8]),
    ])
    let refused = try run("--target", "h100", "--a", "int4", "--b", "int4")
    #expect(refused.code == 65)
    #expect(refused.error.contains("int<8>") && refused.error.contains("bitplane"))
    #expect(try run("--target", "a100", "--a", "e4m3", "--b", "e4m3").code == 65)
    #expect(try run("--target", "nothing", "--a", "int8", "--b", "int8").code == 64)
    #expect(try run("--a", "int8", "--b", "int8").code == 64)
    // A code beyond its format, and arrays that do not fit together.
    #expect(
      try run("--target", "a100", "--path", "bitplane", "--a", "uint1", "--b", "uint8").code == 65)
    try write(["a": NDArray(shape: [1, 2], [1, 2] as [UInt8])])
    #expect(try run("--target", "a100", "--a", "int8", "--b", "int8").code != 0)
  }

  @Test("every described GPU and generation is a target; others are refused")
  func targets() throws {
    try write([
      "a": NDArray(shape: [1, 2], [1, 2] as [UInt8]),
      "b": NDArray(shape: [1, 2], [3, 4] as [UInt8]),
    ])
    for target in ["h100-sxm", "rtx4090", "a100", "t4", "turing", "jetson-agx-orin-64"] {
      let run = try run("--target", target, "--a", "uint8", "--b", "uint8")
      #expect(run.code == 0, "\(target): \(run.error)")
      #expect(try result() == [11])
    }
    let other = try run("--target", "mi300x", "--a", "uint8", "--b", "uint8")
    #expect(other.code == 64 && other.error.contains("hwsim targets"))
  }

  @Test("rules of a GPU need one, and a GPU needs such rules")
  func datapath() throws {
    let model = SharedData.packageRoot + "/Tests/Fixtures/widths/chain.tflite"
    func check(_ arguments: String...) throws -> ToolRun {
      try ToolRun(arguments: ["check", model] + arguments, setting: .init(folder: folder.path))
    }
    let exact = try check(
      "--datapath", "tensor-core", "--target", "a100", "--against", "tflite-reference")
    #expect(exact.code == 0 && exact.output.contains("BIT-EXACT"), "\(exact.error)")
    let both = try check("--datapath", "tensor-core@t4", "--against", "tensor-core@h100")
    #expect(both.code == 0, "\(both.error)")
    let missing = try check("--datapath", "tensor-core", "--against", "tflite-reference")
    #expect(missing.code == 64 && missing.error.contains("--target a100"))
    let idle = try check("--target", "a100", "--against", "tflite-reference")
    #expect(idle.code == 64 && idle.error.contains("--datapath tensor-core"))
    let volta = try check(
      "--datapath", "tensor-core", "--target", "v100", "--against", "tflite-reference")
    #expect(volta.code == 65 && volta.error.contains("volta has no instruction"))
  }
}
