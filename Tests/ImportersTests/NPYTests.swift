import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("NPY reader")
struct NPYTests {
  /// The values that `Fixtures/arrays/make.py` repeats over 24 elements.
  static func integers<Integer: FixedWidthInteger & ArrayElement>(_ type: Integer.Type)
    -> NDArray
  {
    let base: [Integer] =
      Integer.isSigned
      ? [.min, .max, 0, 0 &- 1, 1, 100, 0 &- 77] : [0, .max, 1, 200, .max - 1]
    return NDArray(shape: [2, 3, 4], (0..<24).map { base[$0 % base.count] })
  }

  static func floats<Value: BinaryFloatingPoint & ArrayElement>(_ type: Value.Type) -> NDArray {
    let base: [Value] = [
      0, -0.0, 1.5, -2.25, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity,
      -.infinity, .leastNormalMagnitude, 0.0999755859375,
    ]
    return NDArray(shape: [2, 3, 4], (0..<24).map { base[$0 % base.count] })
  }

  static let expected: [(String, NDArray)] = {
    var arrays: [(String, NDArray)] = []
    arrays.append(("b1", NDArray(shape: [2, 3, 4], (0..<24).map { $0 % 3 != 0 })))
    arrays.append(("i1", integers(Int8.self)))
    arrays.append(("u1", integers(UInt8.self)))
    for order in ["le_", "be_"] {
      arrays.append((order + "i2", integers(Int16.self)))
      arrays.append((order + "i4", integers(Int32.self)))
      arrays.append((order + "i8", integers(Int64.self)))
      arrays.append((order + "u2", integers(UInt16.self)))
      arrays.append((order + "u4", integers(UInt32.self)))
      arrays.append((order + "u8", integers(UInt64.self)))
      arrays.append((order + "f2", floats(Float16.self)))
      arrays.append((order + "f4", floats(Float.self)))
      arrays.append((order + "f8", floats(Double.self)))
    }
    return arrays
  }()

  /// Equal types, shapes and bit patterns.
  static func same(_ a: NDArray, _ b: NDArray) -> Bool {
    NPY.bytes(of: a) == NPY.bytes(of: b)
  }

  @Test("every type, byte order and element order that numpy writes", arguments: expected)
  func types(name: String, array: NDArray) throws {
    for order in ["c", "f"] {
      let found = try NPY.read(ArrayFixtures.path("\(name)_\(order).npy"))
      #expect(NPYTests.same(found, array), "\(name) \(order)")
      // Unequal blocks of rows, read as they are and from memory.
      let bytes = try ArrayFixtures.bytes("\(name)_\(order).npy")
      let stream = try NPYStream(ByteSource.memory(bytes, path: name).stream())
      #expect(stream.rowCount == 2 && stream.rowElements == 12)
      let first = try #require(try stream.next(atMost: 1))
      let second = try #require(try stream.next(atMost: 5))
      #expect(try stream.next(atMost: 1) == nil)
      #expect(first.shape == [1, 3, 4] && second.shape == [1, 3, 4])
      #expect(
        NPY.bytes(of: first).suffix(12 * array.elementType.byteCount)
          + NPY.bytes(of: second).suffix(12 * array.elementType.byteCount)
          == NPY.bytes(of: array).suffix(24 * array.elementType.byteCount))
    }
  }

  @Test("rows as Double, Float and Int64 are the same values", arguments: expected)
  func conversions(name: String, array: NDArray) throws {
    for order in ["c", "f"] {
      let path = ArrayFixtures.path("\(name)_\(order).npy")
      var values = [Double](repeating: 7, count: 13)
      var found: [Double] = []
      let isWide = ["i8", "u8"].contains(name.suffix(2))
      if isWide {
        // Their extremes are no doubles.
        #expect(array.doubles() == nil)
        let stream = try NPYStream(path: path)
        #expect(
          ArrayFixtures.code { () throws(ImportError) in
            var span = values.mutableSpan
            return try stream.read(into: &span)
          } == "npy.value")
      } else {
        let stream = try NPYStream(path: path)
        while true {
          var span = values.mutableSpan
          let rows = try stream.read(into: &span)
          if rows == 0 { break }
          found += values[..<(rows * 12)]
        }
        #expect(found.map(\.bitPattern) == array.doubles()?.map(\.bitPattern))
      }

      var codes = [Int64](repeating: 7, count: 24)
      let stream = try NPYStream(path: path)
      let failure = ArrayFixtures.code { () throws(ImportError) in
        var span = codes.mutableSpan
        return try stream.read(into: &span)
      }
      if array.elementType.isFloatingPoint {
        #expect(failure == "npy.type")
      } else if let integers = array.integers() {
        #expect(failure == nil && codes == integers)
      } else {
        #expect(failure == "npy.value" && name.hasSuffix("u8"))
      }

      var singles = [Float](repeating: 7, count: 24)
      let again = try NPYStream(path: path)
      let inexact = ArrayFixtures.code { () throws(ImportError) in
        var span = singles.mutableSpan
        return try again.read(into: &span)
      }
      if ["i4", "i8", "u4", "u8", "f8"].contains(name.suffix(2)) {
        #expect(inexact == "npy.value")
      } else {
        #expect(inexact == nil)
        #expect(singles.map { Double($0).bitPattern } == array.doubles()?.map(\.bitPattern))
      }
    }
  }

  @Test("scalars, empty arrays, vectors in Fortran order, header versions")
  func shapes() throws {
    #expect(try NPY.read(ArrayFixtures.path("scalar.npy")) == NDArray(shape: [], [Float(3.25)]))
    let empty = try NPY.read(ArrayFixtures.path("empty.npy"))
    #expect(empty == NDArray(shape: [3, 0, 2], [Int16]()))
    #expect(
      try NPY.read(ArrayFixtures.path("vector_f.npy"))
        == NDArray(shape: [5], [Int32](0..<5)))
    for version in 1...3 {
      #expect(
        try NPY.read(ArrayFixtures.path("version\(version).npy"))
          == NDArray(shape: [2, 3], [Int16](0..<6)))
    }
  }

  @Test("header texts that numpy also takes")
  func headers() throws {
    for text in [
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}",
      "{ \"shape\" : ( 2 , ) ,\"descr\":\"<i2\", 'fortran_order' :False , }   \n",
      "{'fortran_order': True, 'shape': (2L, 1L), 'descr': '=i2'}",
      "{'descr': 'i2', 'fortran_order': False, 'shape': (1, 2)}",
    ] {
      let array = try NPY.read(ArrayFixtures.npy(text, [1, 0, 0xFE, 0xFF]), path: "x.npy")
      #expect(array.values(as: Int16.self) == [1, -2], "\(text)")
    }
  }

  static let damaged: [(String, String)] = [
    ("", "npy.header"),
    ("{}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (2)}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': 2}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (-2,)}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'x': 1}", "npy.header"),
    ("{'descr': '<i2', 'descr': '<i2', 'shape': (2,)}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': 0, 'shape': (2,)}", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (2,)} x", "npy.header"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (2,)", "npy.header"),
    ("{'descr': '<i2, 'fortran_order': False, 'shape': (2,)}", "npy.header"),
    ("{'descr': '\\x3ci2', 'fortran_order': False, 'shape': (2,)}", "npy.header"),
    (
      "{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,)}", "npy.header"
    ),
    (
      "{'descr': '<i2', 'fortran_order': False, 'shape': ("
        + String(repeating: "1, ", count: 65) + ")}", "npy.header"
    ),
    (
      "{'descr': '<i2', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "npy.shape-overflow"
    ),
    (
      "{'descr': '<i8', 'fortran_order': False, 'shape': (2305843009213693952,)}",
      "npy.shape-overflow"
    ),
    (
      "{'descr': '<i2', 'fortran_order': False, 'shape': (0, 9223372036854775807, 2)}",
      "npy.shape-overflow"
    ),
    (
      "{'descr': '<i2', 'fortran_order': False, 'shape': (1000000000000,)}", "npy.truncated"
    ),
    ("{'descr': '<i2', 'fortran_order': True, 'shape': (1000000, 1000000)}", "npy.truncated"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (3,)}", "npy.truncated"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}", "npy.trailing"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (0,)}", "npy.trailing"),
    ("{'descr': '|i2', 'fortran_order': False, 'shape': (2,)}", "npy.type"),
    ("{'descr': '<i3', 'fortran_order': False, 'shape': (2,)}", "npy.type"),
    ("{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}", "npy.type"),
    ("{'descr': '', 'fortran_order': False, 'shape': (2,)}", "npy.type"),
    ("{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}", "npy.bool"),
  ]

  @Test("damaged headers are errors with a place", arguments: damaged)
  func damagedHeaders(text: String, code: String) throws {
    let bytes = ArrayFixtures.npy(text, [1, 0, 0xFE, 0xFF])
    let failure = try #require(
      ArrayFixtures.failure { () throws(ImportError) in
        try NPY.read(bytes, path: "x.npy")
      })
    guard case .damaged(let place, let defect) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(defect.code == code, "\(text): \(defect.message)")
    #expect(failure.exitCode == 65)
    guard case .byte(let offset) = place.position else {
      Issue.record("no offset for \(text)")
      return
    }
    #expect((0...bytes.count).contains(offset))
    let diagnostic = Diagnostic(failure)
    #expect(diagnostic.location?.hasPrefix("x.npy: byte ") == true)
    #expect(diagnostic.code == code && diagnostic.remedy != nil)
  }

  @Test(
    "types that are no numbers are named",
    arguments: [
      "structured", "complex", "text", "void", "date", "object",
    ])
  func unsupported(name: String) {
    #expect(
      ArrayFixtures.code { () throws(ImportError) in
        try NPY.read(ArrayFixtures.path("bad_\(name).npy"))
      } == "npy.type")
  }

  @Test("a cut file is an error at every length")
  func truncated() throws {
    let bytes = try ArrayFixtures.bytes("le_f4_c.npy")
    for count in 0..<bytes.count {
      let code = ArrayFixtures.code { () throws(ImportError) in
        try NPY.read(Array(bytes[..<count]), path: "x")
      }
      #expect(code != nil, "\(count)")
    }
  }

  @Test("a missing file is no input, and a folder too")
  func missing() {
    for path in ["/nonexistent/x.npy", "/", "", "a\0b"] {
      let failure = ArrayFixtures.failure { () throws(ImportError) in try NPY.read(path) }
      #expect(failure?.exitCode == 66, "\(path)")
    }
  }

  @Test("the smallest integer type that holds a range")
  func smallest() {
    typealias Element = NDArray.ElementType
    #expect(Element.smallestInteger(holding: 0...255) == .uint8)
    #expect(Element.smallestInteger(holding: 0...256) == .uint16)
    #expect(Element.smallestInteger(holding: -1...127) == .int8)
    #expect(Element.smallestInteger(holding: -1...128) == .int16)
    #expect(Element.smallestInteger(holding: 0...127, signed: true) == .int8)
    #expect(Element.smallestInteger(holding: 0...0xFFFF_FFFF) == .uint32)
    #expect(Element.smallestInteger(holding: -1...0xFFFF_FFFF) == .int64)
    #expect(Element.smallestInteger(holding: 0...Int128(UInt64.max)) == .uint64)
    #expect(Element.smallestInteger(holding: -1...Int128(UInt64.max)) == nil)
  }
}
