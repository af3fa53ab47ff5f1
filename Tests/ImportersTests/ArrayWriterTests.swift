import FoundationEssentials
import Importers
import TestSupport
import Testing

@Suite("Array writers")
struct ArrayWriterTests {
  @Test(
    "NPY bytes are those of numpy",
    arguments: [
      "b1_c", "i1_c", "u1_c", "le_i2_c", "le_i4_c", "le_i8_c", "le_u2_c", "le_u4_c", "le_u8_c",
      "le_f2_c", "le_f4_c", "le_f8_c", "scalar", "empty", "vector_f", "version1",
    ])
  func numpyBytes(name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.npy")
    let array = try NPY.read(ArrayFixtures.path("\(name).npy"))
    try NPY.write(array, to: path)
    #expect(try [UInt8](contentsOf: path) == ArrayFixtures.bytes("\(name).npy"))
    #expect(try folder.contents() == ["x.npy"])
  }

  @Test("rows appended in blocks give the file of the whole array")
  func rows() throws {
    let folder = try TemporaryFolder()
    let values = (0..<30_000).map { Float($0) }
    let writer = try NPYWriter(
      path: folder.file("x.npy"), elementType: .float32, rowShape: [3, 2])
    for start in stride(from: 0, to: values.count, by: 7 * 6) {
      let block = Array(values[start..<min(start + 7 * 6, values.count)])
      try writer.append(block.span)
    }
    // Nothing is there before the end.
    #expect(!FileManager.default.fileExists(atPath: folder.file("x.npy")))
    try writer.finish()
    #expect(
      try NPY.read(folder.file("x.npy")) == NDArray(shape: [5000, 3, 2], values))
    try NPY.write(NDArray(shape: [5000, 3, 2], values), to: folder.file("y.npy"))
    #expect(
      try [UInt8](contentsOf: folder.file("x.npy"))
        == [UInt8](contentsOf: folder.file("y.npy")))
  }

  @Test("codes are stored in the array's type or refused")
  func codes() throws {
    let folder = try TemporaryFolder()
    for type in NDArray.ElementType.allCases {
      guard let range = type.integerRange else { continue }
      let low = Int64(clamping: range.lowerBound)
      let high = Int64(clamping: range.upperBound)
      let writer = try NPYWriter(path: folder.file("x.npy"), elementType: type, rowShape: [])
      let codes = [low, 0, 1, high] + [Int64](repeating: 1, count: 40_000)
      try writer.append(codes: codes.span)
      try writer.finish()
      let array = try NPY.read(folder.file("x.npy"))
      #expect(array.elementType == type && array.integers() == codes)
      guard high < .max else { continue }
      let refused = try NPYWriter(path: folder.file("y.npy"), elementType: type, rowShape: [])
      let failure = ArrayFixtures.failure { () throws(ImportError) in
        let codes = [high + 1]
        try refused.append(codes: codes.span)
      }
      #expect(failure?.exitCode == 73)
    }
    #expect(try folder.contents() == ["x.npy"])
  }

  @Test("NPZ round trip of grown and whole arrays", arguments: [true, false])
  func npz(compressed: Bool) throws {
    let folder = try TemporaryFolder()
    func write(_ name: String) throws {
      let writer = try NPZWriter(path: folder.file(name), compressed: compressed)
      let a = try writer.member("layer/a", elementType: .int16, rowShape: [100])
      let b = try writer.member("b", elementType: .float64, rowShape: [])
      try writer.add("scalar", NDArray(shape: [], [UInt8(3)]))
      // Enough for rows to wait in the file beside the target.
      for block in 0..<300 {
        let rows = (0..<10_000).map { Int64(($0 &* 31 &+ block) % 1000 - 500) }
        try writer.append(codes: rows.span, to: a)
        try writer.append([Double(block)].span, to: b)
      }
      try writer.add("x", ArrayFixtures.x)
      try writer.finish()
    }
    try write("1.npz")
    try write("2.npz")
    let bytes = try [UInt8](contentsOf: folder.file("1.npz"))
    #expect(bytes == (try [UInt8](contentsOf: folder.file("2.npz"))))
    #expect(compressed ? bytes.count < 1_000_000 : bytes.count > 6_000_000)
    #expect(try folder.contents() == ["1.npz", "2.npz"])
    let arrays = try NPZ.read(folder.file("1.npz"))
    #expect(arrays.names == ["layer/a", "b", "scalar", "x"])
    let grown = try #require(arrays["layer|a"])
    #expect(grown.shape == [30_000, 100])
    let values = try #require(grown.values(as: Int16.self))
    #expect(
      values.indices.allSatisfy {
        Int(values[$0]) == ($0 % 10_000 &* 31 &+ $0 / 10_000) % 1000 - 500
      })
    #expect(arrays["b"] == NDArray(shape: [300], (0..<300).map { Double($0) }))
    #expect(arrays["scalar"] == NDArray(shape: [], [UInt8(3)]))
    #expect(arrays["x"] == ArrayFixtures.x)
  }

  @Test(
    "an archive of large arrays that grow beside each other has the bytes of arrays added whole",
    arguments: [true, false])
  func large(compressed: Bool) throws {
    let folder = try TemporaryFolder()
    let first = (0..<3_000_000).map { Float($0 % 977) }
    let second = (0..<6_000_000).map { Int8(truncatingIfNeeded: $0 % 251) }
    let writer = try NPZWriter(path: folder.file("x.npz"), compressed: compressed)
    let members = (
      try writer.member("first", elementType: .float32, rowShape: [3]),
      try writer.member("second", elementType: .int8, rowShape: [6])
    )
    for block in 0..<100 {
      try writer.append(
        Array(second[block * 60_000..<(block + 1) * 60_000]).span, to: members.1)
      try writer.append(
        Array(first[block * 30_000..<(block + 1) * 30_000]).span, to: members.0)
    }
    try writer.finish()
    let whole = [
      ("first", NDArray(shape: [1_000_000, 3], first)),
      ("second", NDArray(shape: [1_000_000, 6], second)),
    ]
    try NPZ.write(whole, to: folder.file("y.npz"), compressed: compressed)
    #expect(
      try [UInt8](contentsOf: folder.file("x.npz")) == [UInt8](contentsOf: folder.file("y.npz")))
    // The reader checks the sums of the archive.
    let read = try NPZ.read(folder.file("x.npz"))
    for (name, array) in whole { #expect(read[name] == array) }
    #expect(try folder.contents() == ["x.npz", "y.npz"])
  }

  @Test("more members than 16 bits count, with ZIP64 records")
  func many() throws {
    let folder = try TemporaryFolder()
    let one = NDArray(shape: [1], [UInt8(1)])
    try NPZ.write(
      (0..<66_000).map { ("a\($0)", one) }, to: folder.file("x.npz"), compressed: false)
    let archive = try NPZ.open(folder.file("x.npz"))
    #expect(archive.names.count == 66_000)
    #expect(try archive.read("a65999") == one)
  }

  @Test("a previous file stays as it was until the new one is complete")
  func replacement() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "x.npy")
    do {
      let output = try OutputFile(path: path)
      try output.write([4, 5])
      #expect(try [UInt8](contentsOf: path) == [1, 2, 3])
    }
    #expect(try [UInt8](contentsOf: path) == [1, 2, 3])
    #expect(try folder.contents() == ["x.npy"])
    // Through a link, the file it leads to is replaced.
    let link = folder.file("link.npy")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let output = try OutputFile(path: link)
    try output.write([6])
    try output.overwrite([7], at: 0)
    try output.commit()
    #expect(try [UInt8](contentsOf: path) == [7])
    #expect(try folder.contents() == ["link.npy", "x.npy"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
  }

  @Test("a device is written to, not replaced")
  func device() throws {
    try NPY.write(ArrayFixtures.x, to: "/dev/null")
    let failure = ArrayFixtures.failure { () throws(ImportError) in
      try NPY.write(ArrayFixtures.x, to: "/dev/full")
    }
    #expect(failure?.exitCode == 73)
  }

  @Test("a folder, or a file in no folder, cannot be created", arguments: ["/", "/none/x.npy", ""])
  func impossible(path: String) {
    let failure = ArrayFixtures.failure { () throws(ImportError) in
      try NPZ.write([("x", ArrayFixtures.x)], to: path)
    }
    #expect(failure?.exitCode == 73)
  }
}

extension TemporaryFolder {
  /// Names of the files in the folder, sorted.
  func contents() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}
