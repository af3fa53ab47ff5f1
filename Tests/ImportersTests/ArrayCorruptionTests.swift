import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// Every reader returns or throws on damaged files, and takes memory in proportion to them.
@Suite("Damaged array files", .serialized)
struct ArrayCorruptionTests {
  /// Reads in turn `Corruption.count` damaged copies of each file; counts what was accepted.
  private func survive(
    _ files: [[UInt8]], seed: UInt64, _ read: ([UInt8]) throws(ImportError) -> Int
  ) throws {
    let before = try peakBytes()
    for (index, original) in files.enumerated() {
      var corruption = Corruption(seed: seed &+ UInt64(index))
      var accepted = 0
      var refused = 0
      for _ in 0..<Corruption.count {
        let bytes = corruption.mutate(original)
        do throws(ImportError) {
          let count = try read(bytes)
          // What deflate can make of the bytes bounds what is returned.
          #expect(count <= 1032 * (bytes.count + 64))
          accepted += 1
        } catch {
          #expect(error.exitCode == 65, "\(error)")
          #expect(!Diagnostic(error).message.isEmpty)
          refused += 1
        }
      }
      #expect(accepted + refused == Corruption.count && refused > Corruption.count / 10)
    }
    // Other tests run in this process too; a reader that trusts a count would take far more.
    #expect(try peakBytes() - before < 1 << 29)
  }

  /// The largest resident size so far; 0 where the system does not tell.
  private func peakBytes() throws -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kibibytes * 1024
  }

  @Test("NPY")
  func npy() throws {
    let files = try ["le_f4_c", "be_i8_f", "b1_f", "scalar", "empty", "version2"].map {
      try ArrayFixtures.bytes("\($0).npy")
    }
    try survive(files, seed: 1) { (bytes) throws(ImportError) in
      try NPY.read(bytes, path: "x.npy").count
    }
    try survive(files, seed: 2) { (bytes) throws(ImportError) in
      let stream = try NPYStream(ByteSource.memory(bytes, path: "x.npy").stream())
      var values = [Double](repeating: 0, count: max(1, min(stream.rowElements, 4096)))
      guard stream.rowElements <= values.count else { return 0 }
      var rows = 0
      while true {
        var span = values.mutableSpan
        let count = try stream.read(into: &span)
        if count == 0 { return rows * stream.rowElements }
        rows += count
      }
    }
  }

  @Test("NPZ", arguments: ["stored", "deflated", "piped"])
  func npz(name: String) throws {
    try survive([try ArrayFixtures.bytes("\(name).npz")], seed: 3) {
      (bytes) throws(ImportError) in
      let archive = try NPZ(.memory(bytes, path: "x.npz"))
      var count = 0
      for name in archive.names { count += try archive.read(name).count }
      return count
    }
  }

  @Test("gzip")
  func gzip() throws {
    let files = [
      try ArrayFixtures.bytes("x.npy.gz"), try ArrayFixtures.bytes("members.npy.gz"),
    ]
    try survive(files, seed: 4) { (bytes) throws(ImportError) in
      try NPY.read(ByteSource.memory(bytes, path: "x.gz").stream().gunzipped()).count
    }
  }

  @Test("tar, and tar in gzip", arguments: ["ustar", "gnu", "pax"])
  func tar(format: String) throws {
    let compressed = try ArrayFixtures.bytes("\(format).tar.gz")
    let plain = try ByteSource.memory(compressed, path: "x").stream().gunzipped().readAll()
    try survive([compressed, plain], seed: 5) { (bytes) throws(ImportError) in
      let archive = try TarArchive.read(bytes, path: "x.tar", limit: 1 << 22)
      return archive.names.reduce(0) { $0 + (archive[$1]?.count ?? 0) }
    }
  }

  @Test("text")
  func text() throws {
    var generator = SeededGenerator(seed: 6)
    var text = ""
    for _ in 0..<50 {
      for _ in 0..<4 {
        let value = Double(Int.random(in: -99_999...99_999, using: &generator)) / 1024
        text += Printed.likeCpp(value) + " "
      }
      text += "\n"
    }
    let files = [Array(text.utf8), Array("1 2 nan\n-inf 1e-05 6\n".utf8)]
    try survive(files, seed: 7) { (bytes) throws(ImportError) in
      try TextLog.read(bytes, path: "x.log").values.count
    }
  }

  @Test("files on disk, whatever they turn out to be")
  func files() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x")
    for name in ["le_f4_c.npy", "deflated.npz", "x.npy.gz"] {
      let original = try ArrayFixtures.bytes(name)
      var corruption = Corruption(seed: 8)
      for _ in 0..<Corruption.count / 10 {
        let bytes = corruption.mutate(original)
        try Data(bytes).write(to: URL(filePath: path))
        do throws(ImportError) {
          let input = try ArrayInput(path: path)
          for name in input.names ?? [] { _ = try input.read(name) }
          if input.names == nil { _ = try input.read() }
        } catch {
          #expect(error.exitCode == 65, "\(error)")
        }
      }
    }
  }
}
