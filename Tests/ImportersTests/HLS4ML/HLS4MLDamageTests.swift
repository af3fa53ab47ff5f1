import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// Damaged projects and archives: an error or a graph, never a trap, and in bounded time.
@Suite("damaged hls4ml models", .enabled(if: !HLSCase.all.isEmpty, "../shared is absent"))
struct HLS4MLDamageTests {
  /// Cases that between them have every kind of file and most layers.
  private static let names = [
    "s04_mlp_resource_reuse", "s06_conv2d_parallel", "s09_softmax_heads", "s10_activation_zoo",
    "s13_po2_dense", "s17_hgq2_mlp", "s18_resnet2d_stream",
  ]

  private static var cases: [HLSCase] { HLSCase.all.filter { names.contains($0.name) } }

  @Test("a project with one damaged file")
  func projects() throws {
    var corruption = Corruption(seed: 0x4154_1001)
    var generator = SeededGenerator(seed: 0x4154_1002)
    let each = Corruption.count / 2 / Self.cases.count + 1
    var refused = 0
    for shared in Self.cases {
      let whole = try HLSFolder(path: shared.project)
      // Headers of weights are read in synthesis only.
      let names = whole.files.keys.filter { !$0.hasSuffix(".h") || !$0.contains("weights/") }
        .sorted()
      let folder = try TemporaryFolder()
      try whole.write(to: folder.path)
      for _ in 0..<each {
        // The three text files are damaged as often as all others together.
        let texts = names.filter { $0.hasSuffix(".h") || $0.hasSuffix(".cpp") }
        let pool = Bool.random(using: &generator) ? texts : names
        let name = try #require(pool.randomElement(using: &generator))
        let original = try #require(whole.files[name])
        _ = try folder.write(corruption.mutate(original), to: name)
        if try outcome(folder.path) { refused += 1 }
        _ = try folder.write(original, to: name)
      }
      _ = try importing(folder.path)
    }
    // Much damage hits comments, pragmas and digits of weights, which are fine.
    #expect(refused > each)
  }

  @Test("a damaged archive")
  func archives() throws {
    var corruption = Corruption(seed: 0x4154_2001)
    let archives = Self.cases.compactMap(\.archive)
    let each = Corruption.count / 4 / archives.count + 1
    let folder = try TemporaryFolder()
    var refused = 0
    for archive in archives {
      let bytes = Array(try #require(FileManager.default.contents(atPath: archive)))
      for _ in 0..<each {
        let path = try folder.write(corruption.mutate(bytes), to: "model.fml")
        if try outcome(path) { refused += 1 }
      }
    }
    #expect(refused > each * archives.count / 2)
  }

  /// Members of the archive are damaged before they are packed, so that the damage gets past gzip.
  @Test("an archive with one damaged member")
  func members() throws {
    var corruption = Corruption(seed: 0x4154_3001)
    var generator = SeededGenerator(seed: 0x4154_3002)
    let archives = Self.cases.compactMap(\.archive)
    let each = Corruption.count / 4 / archives.count + 1
    let folder = try TemporaryFolder()
    var refused = 0
    for archive in archives {
      let tar = try TarArchive.read(archive)
      for _ in 0..<each {
        // The architecture is damaged as often as all others together.
        let damaged =
          Bool.random(using: &generator)
          ? "model_arch.json" : try #require(tar.names.randomElement(using: &generator))
        var packed: [UInt8] = []
        for name in tar.names {
          let content = try #require(tar[name])
          packed += tarEntry(name, name == damaged ? corruption.mutate(content) : content)
        }
        packed += [UInt8](repeating: 0, count: 1024)
        let path = try folder.write(packed, to: "model.fml")
        if try outcome(path) { refused += 1 }
      }
    }
    #expect(refused > each * archives.count / 4)
  }

  /// Whether the model at `path` is refused; an error must say where.
  private func outcome(_ path: String) throws -> Bool {
    do throws(HLS4MLError) {
      _ = try HLS4ML.importModel(path)
      return false
    } catch {
      #expect(error.count >= error.problems.count)
      #expect(!error.problems.isEmpty)
      for diagnostic in error.diagnostics {
        #expect(diagnostic.location?.isEmpty == false)
        #expect(!diagnostic.message.isEmpty)
      }
      return true
    }
  }

  /// A ustar header and the padded content (POSIX pax, "ustar Interchange Format").
  private func tarEntry(_ name: String, _ content: [UInt8]) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(name, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(content.count, digits: 11), at: 124)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
    header[154] = 0
    let padding = (512 - content.count % 512) % 512
    return header + content + [UInt8](repeating: 0, count: padding)
  }
}
