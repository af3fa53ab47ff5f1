import Importers
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Text logs")
struct TextLogTests {
  private func read(_ text: String, linesPerSample: Int = 1) throws(ImportError) -> TextLog {
    try TextLog.read(Array(text.utf8), path: "x.log", linesPerSample: linesPerSample)
  }

  @Test("numbers as HLS test benches print them")
  func numbers() throws {
    let log = try read("1234 0.998047 1e-05 \n-0.5\tinf -nan\r\n+3 .5 1E+3\n\n \n")
    #expect(log.rowElements == 3 && log.rowCount == 3)
    #expect(log.values[..<5] == [1234, 0.998047, 1e-05, -0.5, .infinity])
    #expect(log.values[5].isNaN)
    #expect(log.values[6...] == [3, 0.5, 1000])
    #expect(log.digits == [4, 6, 1, 1, 0, 0, 1, 1, 1])
    #expect(log.printedDigits == 6)
    #expect(log.array.shape == [3, 3])
  }

  @Test("a bench with several outputs prints a line for each")
  func lines() throws {
    let log = try read("1 2\n3\n4 5\n6\n", linesPerSample: 2)
    #expect(log.rowElements == 3 && log.values == [1, 2, 3, 4, 5, 6])
    #expect(
      ArrayFixtures.code { () throws(ImportError) in
        try read("1 2\n3\n4 5\n", linesPerSample: 2)
      } == "text.incomplete-sample")
    #expect(
      ArrayFixtures.code { () throws(ImportError) in
        try read("1 2\n", linesPerSample: 2)
      } == "text.incomplete-sample")
  }

  static let damaged: [(String, String, Int, Int)] = [
    ("1 2\n3\n", "text.ragged", 2, 1),
    ("1 2\n3 4 5\n", "text.ragged", 2, 5),
    ("1 2\n\n3 4\n", "text.ragged", 2, 1),
    ("1 x\n", "text.number", 1, 3),
    ("1,,2\n", "text.number", 1, 3),
    (",1\n", "text.number", 1, 1),
    ("1,2;3\n", "text.byte", 1, 4),
    ("1,a\n", "text.number", 1, 3),
    ("a,b\nc,d\n1,2\n", "text.number", 2, 1),
    ("a,1\n1,2\n", "text.number", 1, 1),
    ("1 0x10\n", "text.number", 1, 3),
    ("1 1e\n", "text.number", 1, 3),
    ("1 1e+\n", "text.number", 1, 3),
    ("1 .\n", "text.number", 1, 3),
    ("1 1.2.3\n", "text.number", 1, 3),
    ("1 -\n", "text.number", 1, 3),
    ("1 infinite\n", "text.number", 1, 3),
    ("1 .nan\n", "text.number", 1, 3),
    ("1 1e400\n", "text.number", 1, 3),
    ("1 2\n3 \u{e9}\n", "text.byte", 2, 3),
    ("1 2\n3 4\0\n", "text.byte", 2, 4),
    ("1 " + String(repeating: "0", count: 1000) + "\n", "text.too-long", 1, 3),
  ]

  @Test("what is no number is an error with line and column", arguments: damaged)
  func damage(text: String, code: String, line: Int, column: Int) throws {
    let failure = try #require(
      ArrayFixtures.failure { () throws(ImportError) in try read(text) })
    guard case .damaged(let place, let defect) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(defect.code == code)
    #expect(place.position == .line(line, column: column), "\(text): \(place)")
  }

  @Test(
    "tables of spreadsheets, pandas and numpy are read as logs are",
    arguments: [
      "1,2.5,-3\n4,5,6\n", "1, 2.5, -3\r\n4, 5, 6\r\n", "1;2.5;-3\n4;5;6", "1\t2.5\t-3\n4\t5\t6\n",
      "1 ,2.5 ,-3,\n4,5,6,\n", "x0,x1,x2\n1,2.5,-3\n4,5,6\n",
      "\"a\",\"b\",\"c\"\r\n1,2.5,-3\r\n4,5,6\r\n",
      "# a comment, 7\n# x0 x1 x2\n1 2.5 -3\n4 5 6\n", "\u{FEFF}n,i,e\n1,2.5,-3\n4,5,6\n",
      "# numpy\nx,y,z\n1.000000000000000000e+00,2.500000000000000000e+00,-3e0\n4,5,6\n",
    ])
  func tables(text: String) throws {
    let log = try read(text)
    #expect(log.rowElements == 3 && log.values == [1, 2.5, -3, 4, 5, 6])
    let folder = try TemporaryFolder()
    let file = try folder.write(Array(text.utf8), to: "x.csv")
    let input = try ArrayInput(path: file)
    #expect(input.kind == .text)
    #expect(try input.read().doubles() == [1, 2.5, -3, 4, 5, 6])
  }

  @Test("a word that is a number is none of a header")
  func numbersAsNames() throws {
    #expect(try read("nan,inf\n1,2\n").rowCount == 2)
    let folder = try TemporaryFolder()
    for text in ["hello\n", "hello world\nhow are you\n", "x,y\n\0\0\n"] {
      let file = try folder.write(Array(text.utf8), to: "x.csv")
      #expect(
        ArrayFixtures.code { () throws(ImportError) in try ArrayInput(path: file) }
          == "array.unrecognized", "\(text)")
    }
  }

  @Test("empty files have no samples")
  func empty() {
    #expect(ArrayFixtures.code { () throws(ImportError) in try read("") } == "array.empty")
    #expect(ArrayFixtures.code { () throws(ImportError) in try read("\n") } == "text.ragged")
  }

  @Test("blocks of any size give the same samples, across buffer ends")
  func blocks() throws {
    var generator = SeededGenerator(seed: 1)
    var expected: [Double] = []
    var text = ""
    for row in 0..<20_000 {
      for column in 0..<3 {
        let value = Double(Int.random(in: -99_999...99_999, using: &generator)) / 1024
        let printed = Printed.likeCpp(value)
        expected.append(try #require(Double(printed)))
        text += printed + (column == 2 ? "" : " ")
      }
      if row < 19_999 { text += "\n" }
    }
    let whole = try read(text)
    #expect(whole.values == expected)
    for rows in [1, 7, 1000, 30_000] {
      let source = ByteSource.memory(Array(text.utf8), path: "x.log")
      let stream = try TextLogStream(source.stream())
      var values: [Double] = []
      while let block = try stream.next(atMost: rows) { values += block.values }
      #expect(values == expected, "\(rows)")
    }
    let stream = try TextLogStream(ByteSource.memory(Array(text.utf8), path: "x.log").stream())
    var buffer = [Double](repeating: 0, count: 100)
    var values: [Double] = []
    while true {
      var span = buffer.mutableSpan
      let rows = try stream.read(into: &span)
      if rows == 0 { break }
      values += buffer[..<(rows * 3)]
    }
    #expect(values == expected)
  }

  @Test("values match what was printed of them")
  func matching() throws {
    // UX: 1234.000244140625 is printed 1234 with 6 digits.
    let log = try read("1234 0.998047 1e-05 -0 nan inf 0\n")
    #expect(log.matches(1234.000244140625, at: 0))
    #expect(log.matches(1234.0049, at: 0) && !log.matches(1234.0051, at: 0))
    #expect(log.matches(0.998046875, at: 1) && !log.matches(0.9980476, at: 1))
    #expect(!log.matches(-0.998046875, at: 1))
    #expect(log.matches(1.000001e-05, at: 2) && !log.matches(1.00001e-05, at: 2))
    #expect(log.matches(0, at: 3) && log.matches(-0.0, at: 6))
    #expect(!log.matches(1e-300, at: 3))
    #expect(log.matches(.nan, at: 4) && !log.matches(1, at: 4))
    #expect(log.matches(.infinity, at: 5) && !log.matches(-.infinity, at: 5))
    #expect(!log.matches(.nan, at: 0) && !log.matches(.infinity, at: 0))
    // A log that shows more digits is held to them.
    let precise = try read("1234 0.99804688\n")
    #expect(precise.printedDigits == 8)
    #expect(!precise.matches(1234.000244140625, at: 0))
    #expect(precise.matches(0.998046875, at: 1) && !precise.matches(0.99804687, at: 1))
    let exact = try read("1234.000244140625000 0.1000000000000000055511151231257827\n")
    #expect(exact.matches(1234.000244140625, at: 0) && exact.matches(0.1, at: 1))
    #expect(!exact.matches(0.1.nextUp, at: 1))
  }

  @Test("printing is that of a C++ stream, recorded")
  func recorded() throws {
    let text = String(decoding: try ArrayFixtures.bytes("printed.txt"), as: UTF8.self)
    var rows = 0
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      let value = Double(bitPattern: try #require(UInt64(fields[0], radix: 16)))
      #expect(Printed.likeCpp(value) == fields[1], "\(fields[0])")
      #expect(Printed.likeCpp(value, digits: 12) == fields[2], "\(fields[0])")
      rows += 1
    }
    #expect(rows > 1000)
  }

  #if canImport(Glibc)
    /// glibc's `%.*g`.
    private func printf(_ value: Double, digits: Int) -> String {
      withVaList([CInt(digits), value]) { arguments in
        var buffer = [CChar](repeating: 0, count: 64)
        let count = vsnprintf(&buffer, buffer.count, "%.*g", arguments)
        return String(
          decoding: buffer[..<Int(count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }

    @Test("printing is that of glibc for any bits and any precision")
    func printing() {
      var generator = SeededGenerator(seed: 2)
      for round in 0..<(sweep ? 1_000_000 : 20_000) {
        let bits = UInt64.random(in: 0 ... .max, using: &generator)
        let digits = Int.random(in: 1...17, using: &generator)
        let value =
          switch round % 4 {
          case 0: Double(bitPattern: bits)
          // Fixed-point values.
          case 1: Double(Int64(bitPattern: bits) >> 40) / Double(1 << (bits % 30))
          // Near the limits of the fast path.
          case 2: Double(sign: .plus, exponent: Int(bits % 256) - 128, significand: 1.5)
          // Halfway cases of few digits.
          default: Double(bits % 2_000_000) / 2
          }
        guard !value.isNaN else { continue }
        #expect(Printed.likeCpp(value, digits: digits) == printf(value, digits: digits))
      }
    }

    @Test("parsing rounds as the C library does")
    func parsing() {
      var generator = SeededGenerator(seed: 3)
      for _ in 0..<(sweep ? 1_000_000 : 20_000) {
        let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &generator))
        guard value.isFinite else { continue }
        let digits = Int.random(in: 1...17, using: &generator)
        let text = printf(value, digits: digits)
        let expected = strtod(text, nil)
        guard expected.isFinite else { continue }
        let number = DecimalNumber(text.utf8)
        #expect(number?.value == expected && number.map { Int($0.digits) <= digits } == true)
        let decimal =
          "\(bitsText(&generator)).\(bitsText(&generator))e\(Int.random(in: -30...30, using: &generator))"
        #expect(DecimalNumber(decimal.utf8)?.value == strtod(decimal, nil), "\(decimal)")
      }
    }

    private func bitsText(_ generator: inout SeededGenerator) -> String {
      String(
        UInt64.random(in: 0 ... .max, using: &generator)
          >> UInt64.random(in: 0..<64, using: &generator))
    }
  #endif
}
