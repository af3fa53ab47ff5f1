import Glibc
import TestSupport
import Testing

/// Valid files with extreme numbers, each read by a process of its own under limits of memory and
/// time: an answer or a named error, never a trap, a hang or memory without bound.
@Suite("extreme files")
struct ExtremeFileTests {
  /// Cases: a few, or thousands when `HWSIM_SWEEP=1`.
  private static let count: UInt64 = sweep ? 8000 : 48
  /// Address space: 1 GiB for the largest tensor that a run may have, 1 GiB above it, and what an
  /// idle process maps.
  private static let memoryKiB = 3 << 20
  /// Without optimization, on a machine that runs other tests, more.
  private static let seconds = sweep ? 20 : 60

  private static func run(_ item: ExtremeCase) throws -> ToolRun {
    let folder = try TemporaryFolder()
    for (name, bytes) in item.files {
      let parts = name.split(separator: "/")
      for depth in parts.indices.dropLast() {
        mkdir(folder.file(parts[...depth].joined(separator: "/")), 0o700)
      }
      _ = try folder.write(bytes, to: name)
    }
    return try ToolRun(
      arguments: item.arguments,
      setting: .init(folder: folder.path, memoryKiB: memoryKiB, seconds: seconds))
  }

  /// What is wrong with the end of a run; nil if nothing is.
  private static func objection(_ run: ToolRun) -> String? {
    switch run.code {
    case 0: return nil
    case 1, 64...66:
      if run.code == 1 || run.error.contains("error[") && run.error.contains("help:") { return nil }
      return "an error without its code or remedy: \(run.error.prefix(400))"
    case 124, 137: return "out of time"
    default: return "exit \(run.code): \(run.error.prefix(400))"
    }
  }

  private static func check(_ seeds: some Sequence<UInt64>) throws {
    for seed in seeds {
      let item = ExtremeFiles.make(seed: seed)
      guard let objection = objection(try run(item)) else { continue }
      Issue.record("\(item.name)\n  \(item.arguments.joined(separator: " "))\n  \(objection)")
    }
  }

  @Test("each is answered or refused within its limits", arguments: UInt64(0)..<8)
  func cases(part: UInt64) throws { try Self.check(stride(from: part, to: Self.count, by: 8)) }

  /// Empty results of every kind of operator, products of 64-bit codes.
  @Test("what once ended a run", arguments: [192, 720, 2274, 4488, 4842, 5401, 7000, 7553])
  func once(seed: UInt64) throws { try Self.check([seed]) }

  @Test("a good part of the generated files is answered, not refused at the first number")
  func balance() throws {
    var answered = 0
    let count: UInt64 = 24
    for seed in 10_000..<10_000 + count {
      let result = try Self.run(ExtremeFiles.make(seed: seed))
      if result.code == 0 { answered += 1 }
    }
    #expect(answered * 6 >= Int(count))
  }
}
