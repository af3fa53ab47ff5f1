import Importers
import QuantGraph
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Archives of arrays")
struct ArchiveTests {
  @Test("NPZ: stored, deflated and piped", arguments: ["stored", "deflated", "piped"])
  func npz(name: String) throws {
    let arrays = try NPZ.read(ArrayFixtures.path("\(name).npz"))
    #expect(arrays.names == ["x", "t|relu1", "a/b", "none"])
    #expect(arrays["x"] == ArrayFixtures.x)
    #expect(arrays["x.npy"] == ArrayFixtures.x)
    #expect(arrays["t|relu1"] == NDArray(shape: [8], [Int8](-4..<4)))
    #expect(arrays["t/relu1"] == arrays["t|relu1"])
    #expect(arrays["a|b"] == NDArray(shape: [], [UInt64(7)]))
    #expect(arrays["none"] == NDArray(shape: [0, 2], [Double]()))
    #expect(arrays["y"] == nil)

    let archive = try NPZ.open(ArrayFixtures.path("\(name).npz"))
    #expect(archive.contains("a/b.npy") && !archive.contains("b"))
    let failure = try #require(
      ArrayFixtures.failure { () throws(ImportError) in try archive.read("y") })
    #expect(failure.exitCode == 65)
    #expect(Diagnostic(failure).notes == ["arrays in the file: x, t|relu1, a/b, none"])
    let stream = try archive.stream("x")
    var rows = 0
    while let block = try stream.next(atMost: 2) {
      #expect(block.values(as: Float.self)?.first == Float(rows * 4))
      rows += block.shape[0]
    }
    #expect(rows == 3)
  }

  /// The offset of the first `pattern` in `bytes`.
  private func find(_ pattern: [UInt8], in bytes: [UInt8], after start: Int = 0) throws -> Int {
    try #require(
      (start..<bytes.count - pattern.count).first {
        bytes[$0..<$0 + pattern.count].elementsEqual(pattern)
      })
  }

  private func code(_ bytes: [UInt8]) -> String? {
    ArrayFixtures.code { () throws(ImportError) in
      let archive = try NPZ(.memory(bytes, path: "x.npz"))
      for name in archive.names { _ = try archive.read(name) }
    }
  }

  @Test("a changed element is a wrong checksum, stored and deflated")
  func checksum() throws {
    var stored = try ArrayFixtures.bytes("stored.npz")
    // 11.0 as float32, the last element of x.
    let element = try find([0x00, 0x00, 0x30, 0x41], in: stored)
    stored[element + 2] ^= 1
    #expect(code(stored) == "zip.crc")
    var declared = try ArrayFixtures.bytes("deflated.npz")
    // The CRC in the local header and in the directory.
    let directory = try find([0x50, 0x4B, 0x01, 0x02], in: declared)
    declared[14] ^= 1
    #expect(code(declared) == "zip.header")
    declared[directory + 16] ^= 1
    #expect(code(declared) == "zip.crc")
  }

  @Test("impossible sizes are refused before anything is allocated")
  func sizes() throws {
    var bytes = try ArrayFixtures.bytes("deflated.npz")
    let directory = try find([0x50, 0x4B, 0x01, 0x02], in: bytes)
    for index in 0..<4 { bytes[directory + 24 + index] = [0, 0, 0, 0x7F][index] }
    #expect(code(bytes) == "zip.ratio")
    bytes = try ArrayFixtures.bytes("stored.npz")
    let stored = try find([0x50, 0x4B, 0x01, 0x02], in: bytes)
    bytes[stored + 20] &+= 1
    #expect(code(bytes) == "zip.header")
  }

  @Test("members that share bytes, and methods and flags that are not supported")
  func structure() throws {
    let bytes = try ArrayFixtures.bytes("stored.npz")
    let first = try find([0x50, 0x4B, 0x01, 0x02], in: bytes)
    let second = try find([0x50, 0x4B, 0x01, 0x02], in: bytes, after: first + 4)
    // The first member claims bytes up to the directory, in both headers and the ZIP64 field.
    var overlapping = bytes
    let data = 30 + Int(bytes[26]) + Int(bytes[28])
    let size = UInt32(first - data)
    for index in 0..<4 {
      let byte = UInt8(truncatingIfNeeded: size >> (8 * UInt32(index)))
      overlapping[first + 20 + index] = byte
      overlapping[first + 24 + index] = byte
    }
    #expect(code(overlapping) == "zip.overlap")

    var encrypted = bytes
    encrypted[first + 8] |= 1
    #expect(code(encrypted) == "zip.unsupported")
    var method = bytes
    method[second + 10] = 12
    #expect(code(method) == "zip.unsupported")
    var offset = bytes
    offset[second + 42] ^= 1
    #expect(code(offset) == "zip.header")
    #expect(code([]) == "zip.header")
    #expect(code(Array(bytes.dropLast())) == "zip.header")
    #expect(code([0] + bytes) == "zip.header")
  }

  @Test("two arrays of one name are an error, `/` and `|` being the same")
  func duplicates() throws {
    var bytes = try ArrayFixtures.bytes("stored.npz")
    for index in bytes.indices.dropLast(4)
    where bytes[index..<index + 3].elementsEqual("a/b".utf8) {
      // A name of the same length as the scalar's, in both headers.
      bytes[index + 1] = UInt8(ascii: "|")
    }
    #expect(code(bytes) == nil)
    let folder = try TemporaryFolder()
    let failure = ArrayFixtures.failure { () throws(ImportError) in
      try NPZ.write(
        [("a/b", ArrayFixtures.x), ("a|b", ArrayFixtures.x)], to: folder.file("x.npz"))
    }
    #expect(failure?.exitCode == 73)
    let path = try folder.write(
      ArchiveTests.twoMembers(["a.npy", "a|b", "a/b.npy"]), to: "y.npz")
    #expect(
      ArrayFixtures.code { () throws(ImportError) in try NPZ.open(path) } == "npz.duplicate")
  }

  /// A ZIP of empty stored members with these names.
  static func twoMembers(_ names: [String]) -> [UInt8] {
    var body: [UInt8] = []
    var directory: [UInt8] = []
    func word(_ value: Int, _ bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    for name in names {
      let offset = body.count
      let common =
        word(0, 2) + word(0, 2) + word(0x21_0000, 4) + word(0, 4) + word(0, 4) + word(0, 4)
        + word(name.utf8.count, 2) + word(0, 2)
      body += [0x50, 0x4B, 3, 4] + word(20, 2) + common + Array(name.utf8)
      directory +=
        [0x50, 0x4B, 1, 2] + word(20, 2) + word(20, 2) + common + word(0, 2 + 2 + 2 + 4)
        + word(offset, 4) + Array(name.utf8)
    }
    return body + directory + [0x50, 0x4B, 5, 6] + word(0, 4) + word(names.count, 2)
      + word(names.count, 2) + word(directory.count, 4) + word(body.count, 4) + word(0, 2)
  }

  @Test("gzip: one member, several, padded; and a limit")
  func gzip() throws {
    for name in ["x.npy.gz", "members.npy.gz"] {
      let input = try ArrayInput(path: ArrayFixtures.path(name))
      #expect(input.kind == .npy && input.isCompressed && input.names == nil)
      #expect(try input.read() == ArrayFixtures.x)
      // A file can be read again.
      #expect(try input.read() == ArrayFixtures.x)
    }
    let bytes = try ArrayFixtures.bytes("x.npy.gz")
    func code(_ bytes: [UInt8], limit: Int = 1 << 20) -> String? {
      ArrayFixtures.code { () throws(ImportError) in
        try ByteSource.memory(bytes, path: "x.gz").stream().gunzipped().readAll(limit: limit)
      }
    }
    #expect(code(bytes) == nil)
    #expect(code(bytes, limit: 128 + 48) == nil)
    #expect(code(bytes, limit: 128 + 47) == "file.limit")
    #expect(code(bytes + [1]) == "gzip.trailing")
    #expect(code(bytes + [0, 0]) == nil)
    #expect(code(bytes + [0, 1]) == "gzip.trailing")
    #expect(code(bytes + bytes.prefix(5)) == "gzip.truncated")
    for count in 0..<bytes.count {
      #expect(code(Array(bytes[..<count])) == "gzip.truncated", "\(count)")
    }
    // CRC and length, the last eight bytes.
    for index in bytes.count - 8..<bytes.count {
      var damaged = bytes
      damaged[index] ^= 0x10
      #expect(code(damaged) == "gzip.damaged", "\(index)")
    }
  }

  @Test("tar: ustar, GNU and pax, with long names", arguments: ["ustar", "gnu", "pax"])
  func tar(format: String) throws {
    let archive = try TarArchive.read(ArrayFixtures.path("\(format).tar.gz"))
    let long =
      format == "ustar"
      ? String(repeating: "p", count: 90) + "/" + String(repeating: "q", count: 60)
      : String(repeating: "p", count: 130) + "/" + String(repeating: "q", count: 160)
    #expect(
      archive.names == ["config.json", "weights/x.npy", "empty", long]
        + (format == "pax" ? ["gewichte/ü.txt"] : []))
    #expect(archive["config.json"] == Array(#"{"a": 1}"#.utf8))
    #expect(archive["empty"] == [])
    #expect(archive[long] == Array("long".utf8))
    #expect(archive["folder"] == nil)
    let weights = try #require(archive["weights/x.npy"])
    #expect(try NPY.read(weights, path: "x.npy") == ArrayFixtures.x)
    if format == "pax" { #expect(archive["gewichte/ü.txt"] == Array("utf8".utf8)) }
    #expect(
      ArrayFixtures.code { () throws(ImportError) in
        try TarArchive.read(ArrayFixtures.path("\(format).tar.gz"), limit: 2048)
      } == "tar.limit")
  }

  @Test("tar: links, wrong checksums, cuts and twins are errors")
  func tarDamage() throws {
    func code(_ bytes: [UInt8]) -> String? {
      ArrayFixtures.code { () throws(ImportError) in try TarArchive.read(bytes, path: "x.tar") }
    }
    let link = try ArrayFixtures.bytes("link.tar")
    #expect(code(link) == "tar.unsupported")
    #expect(code([]) == "tar.truncated")
    let tar = try ByteSource.memory(
      try ArrayFixtures.bytes("pax.tar.gz"), path: "x"
    ).stream().gunzipped().readAll()
    #expect(code(tar) == nil)
    var checksum = tar
    checksum[100] ^= 1
    #expect(code(checksum) == "tar.header")
    for count in stride(from: 0, to: 3 * 512, by: 100) {
      #expect(code(Array(tar[..<count])) == "tar.truncated", "\(count)")
    }
    // The second file again before the end.
    let file = Array(tar[512..<1536])
    #expect(code(file + file + [UInt8](repeating: 0, count: 1024)) == "tar.duplicate")
    #expect(code(file + [UInt8](repeating: 0, count: 1024)) == nil)
    #expect(code(file) == "tar.truncated")
    #expect(code(file + [UInt8](repeating: 0, count: 1023) + [1]) == "tar.trailing")
  }

  #if canImport(Glibc)
    @Test(
      "a pipe is read once, whatever it carries",
      arguments: [
        "le_f4_c.npy", "be_i8_f.npy", "deflated.npz", "x.npy.gz",
      ])
    func pipes(name: String) throws {
      let bytes = try ArrayFixtures.bytes(name)
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      defer { close(ends[0]) }
      // Below the 64 KiB that a pipe holds on Linux (pipe(7)).
      #expect(write(ends[1], bytes, bytes.count) == bytes.count)
      close(ends[1])
      let input = try ArrayInput(path: "/proc/self/fd/\(ends[0])")
      let array = input.names?.first
      let expected = try ArrayInput(path: ArrayFixtures.path(name))
      #expect(try NPYTests.same(input.read(array), expected.read(array)))
      guard input.names == nil else { return }
      #expect(
        ArrayFixtures.failure { () throws(ImportError) in try input.read() }?.exitCode == 66)
    }
  #endif

  @Test("the kind of a file is known by its content")
  func kinds() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write(Array("1 2\n3 4\n".utf8), to: "x.npy")
    let input = try ArrayInput(path: text)
    #expect(input.kind == .text)
    #expect(try input.read() == NDArray(shape: [2, 2], [1.0, 2, 3, 4]))
    let npz = try folder.write(try ArrayFixtures.bytes("deflated.npz"), to: "x.dat")
    let archive = try ArrayInput(path: npz)
    #expect(archive.kind == .npz && archive.names?.count == 4)
    #expect(try archive.read("t/relu1").count == 8)
    #expect(
      ArrayFixtures.code { () throws(ImportError) in try archive.read() } == "npz.member")
    for (bytes, code) in [
      ([], "array.empty"), (Array("<html>".utf8), "array.unrecognized"),
      (try ArrayFixtures.bytes("ustar.tar.gz"), "array.unrecognized"),
    ] as [([UInt8], String)] {
      let path = try folder.write(bytes, to: "y")
      #expect(
        ArrayFixtures.code { () throws(ImportError) in try ArrayInput(path: path) } == code)
    }
    #expect(
      ArrayFixtures.failure { () throws(ImportError) in
        try ArrayInput(path: folder.file("none"))
      }?.exitCode == 66)
  }

  @Test(
    "every array of the shared conformance data is read",
    .enabled(if: SharedData.root != nil, "there is no ../shared beside the package"))
  func shared() throws {
    let root = try #require(SharedData.root)
    var arrays = 0
    // Field cases hold damaged and misnamed files too.
    for path in SharedFiles.all(under: root + "/conformance") where !path.contains("/field/") {
      if path.hasSuffix(".npy") {
        _ = try NPY.read(path)
        arrays += 1
      } else if path.hasSuffix(".npz") {
        arrays += try NPZ.read(path).names.count
      } else if path.hasSuffix(".fml") {
        let archive = try TarArchive.read(path)
        for name in archive.names where name.hasSuffix(".npy") {
          _ = try NPY.read(try #require(archive[name]), path: name)
          arrays += 1
        }
      }
    }
    #expect(arrays > 0)
  }
}
