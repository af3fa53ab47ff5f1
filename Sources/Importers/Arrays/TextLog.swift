/// The numbers of a text log, one sample a line, as HLS test benches print them.
///
/// Numbers are separated by white space, or by a comma or semicolon as spreadsheets, pandas and
/// numpy write them; one line of names and lines that begin with `#` may come first.
///
/// Values are samples x values of a sample, in C order. A log shows limited digits (C++ streams:
/// 6), so its values are compared *as printed*: ``matches(_:at:)``.
public struct TextLog: Sendable, Equatable {
  /// Values of each sample.
  public let rowElements: Int
  /// What each token says, rounded to the nearest `Double`.
  public let values: [Double]
  /// Significant digits of each token, from its first digit that is not zero to the last such;
  /// 0 for zeros, infinities and NaN.
  public let digits: [UInt8]
  /// Digits that the log was printed with: the most of any value up to this block, at least 6,
  /// which is the precision of a C++ stream (ISO C++ [basic.ios.cons]).
  public let printedDigits: Int

  public var rowCount: Int { rowElements == 0 ? 0 : values.count / rowElements }

  /// The values as an array of shape `[samples, values]`.
  public var array: NDArray { NDArray(shape: [rowCount, rowElements], values) }

  /// Whether `value`, printed as the log was, gives the token at `index`.
  ///
  /// Zeros match whatever their sign, and so do NaNs.
  public func matches(_ value: Double, at index: Int) -> Bool {
    Printed.matches(value, token: values[index], digits: printedDigits)
  }

  /// Reads the text log at `path`; `-` is standard input.
  ///
  /// - Parameters:
  ///   - path: a file of decimal numbers, perhaps compressed with gzip.
  ///   - linesPerSample: lines that make a sample: an HLS test bench prints each output of a model
  ///     on a line of its own.
  /// - Returns: all samples.
  /// - Throws: ``ImportError`` with line and column.
  public static func read(_ path: String, linesPerSample: Int = 1) throws(ImportError) -> TextLog {
    try read(ByteStream(try InputFile(path: path)), linesPerSample: linesPerSample)
  }

  /// Reads `bytes`, the content of a text log; `path` names them in errors.
  public static func read(
    _ bytes: [UInt8], path: String, linesPerSample: Int = 1
  ) throws(ImportError) -> TextLog {
    try read(ByteSource.memory(bytes, path: path).stream(), linesPerSample: linesPerSample)
  }

  private static func read(
    _ stream: ByteStream, linesPerSample: Int
  ) throws(ImportError) -> TextLog {
    let isCompressed = ContentKind(prefix: try stream.peek(2)) == .gzip
    let content = isCompressed ? try stream.gunzipped() : stream
    return try TextLogStream(content, linesPerSample: linesPerSample).readAll()
  }
}

/// A text log that is read in blocks of samples.
///
/// Not for use from several threads.
public final class TextLogStream {
  /// Values of each line of a sample, as the first sample has them.
  public let lineElements: [Int]
  /// Values of each sample.
  public let rowElements: Int
  /// The most digits of any value read so far, at least 6.
  public private(set) var printedDigits = 6

  private var lexer: TextLexer
  private var pending: (values: [Double], digits: [UInt8])

  /// Largest number of values in a line, so that a damaged file has bounded lines.
  static let maximumLineElements = 1 << 24

  /// Reads the first sample of `stream`, which sets the number of values.
  ///
  /// - Throws: ``ImportError/Defect/empty`` if there is no value; else with line and column.
  /// - Precondition: `linesPerSample` is positive.
  public init(_ stream: ByteStream, linesPerSample: Int = 1) throws(ImportError) {
    precondition(linesPerSample > 0, "a sample has lines")
    var lexer = TextLexer(stream)
    try lexer.skipHeader()
    var values: [Double] = []
    var digits: [UInt8] = []
    var widths: [Int] = []
    while widths.count < linesPerSample {
      let count = try lexer.line(&values, &digits)
      guard let count else { break }
      guard count > 0 else {
        throw .damaged(lexer.placeOfLine, .textRagged(expected: 1, found: 0))
      }
      widths.append(count)
    }
    guard !widths.isEmpty else { throw .damaged(stream.place, .empty) }
    guard widths.count == linesPerSample else {
      throw .damaged(
        lexer.placeOfLine,
        .textIncompleteSample(linesExpected: linesPerSample, linesFound: widths.count))
    }
    lineElements = widths
    rowElements = values.count
    pending = (values, digits)
    self.lexer = lexer
    noteDigits(digits)
  }

  /// The next samples, at most `limit`; nil after the last.
  ///
  /// - Precondition: `limit` is positive.
  public func next(atMost limit: Int) throws(ImportError) -> TextLog? {
    precondition(limit > 0, "a block has rows")
    var values: [Double] = []
    var digits: [UInt8] = []
    var rows = 0
    while rows < limit, try sample(&values, &digits) { rows += 1 }
    guard rows > 0 else { return nil }
    return TextLog(
      rowElements: rowElements, values: values, digits: digits, printedDigits: printedDigits)
  }

  /// The next samples, as many as fit in `values`; 0 after the last.
  ///
  /// - Precondition: `values` has room for one sample.
  public func read(into values: inout MutableSpan<Double>) throws(ImportError) -> Int {
    precondition(values.count >= rowElements, "a buffer with room for one row")
    guard let block = try next(atMost: values.count / rowElements) else { return 0 }
    for index in block.values.indices { values[index] = block.values[index] }
    return block.rowCount
  }

  /// All samples that are left.
  ///
  /// - Throws: ``ImportError/Defect/limit(_:limitBytes:)`` if they would take more than `limit`
  ///   bytes; else with line and column.
  public func readAll(limit: Int = ByteSource.defaultLimit) throws(ImportError) -> TextLog {
    var values: [Double] = []
    var digits: [UInt8] = []
    while try sample(&values, &digits) {
      guard values.count <= limit / 9 else {
        throw .damaged(lexer.placeOfLine, .limit(.text, limitBytes: limit))
      }
    }
    return TextLog(
      rowElements: rowElements, values: values, digits: digits, printedDigits: printedDigits)
  }

  /// Appends one sample; false at the end.
  private func sample(_ values: inout [Double], _ digits: inout [UInt8]) throws(ImportError)
    -> Bool
  {
    if !pending.values.isEmpty {
      if values.isEmpty {
        (values, digits) = pending
      } else {
        values += pending.values
        digits += pending.digits
      }
      pending = ([], [])
      return true
    }
    let begin = digits.count
    for (index, expected) in lineElements.enumerated() {
      let count = try lexer.line(&values, &digits, expected: expected)
      guard let count else {
        guard index == 0 else {
          throw .damaged(
            lexer.placeOfLine,
            .textIncompleteSample(linesExpected: lineElements.count, linesFound: index))
        }
        return false
      }
      guard count == expected else {
        // Empty lines may end a file.
        if count == 0, index == 0, try lexer.onlySpaceIsLeft() { return false }
        throw .damaged(lexer.placeOfLine, .textRagged(expected: expected, found: count))
      }
    }
    noteDigits(digits[begin...])
    return true
  }

  private func noteDigits(_ digits: some Sequence<UInt8>) {
    for count in digits where Int(count) > printedDigits { printedDigits = Int(count) }
  }
}

/// Splits a stream into lines of decimal numbers.
struct TextLexer {
  private let stream: ByteStream
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var position = 0
  private var filled = 0
  private var line = 0
  private var column = 0
  private var token: [UInt8] = []
  /// The comma or semicolon that separates numbers, once one was seen.
  private var separator: UInt8?

  /// Longest token: what prints any double exactly is shorter (767 digits, sign, point, exponent).
  static let maximumTokenBytes = 800

  init(_ stream: ByteStream) { self.stream = stream }

  /// Passes over a byte order mark, lines that begin with `#`, and one line of names.
  ///
  /// A line of names has no number; it is recognised in the first 64 KiB.
  mutating func skipHeader() throws(ImportError) {
    let head = try stream.peek(buffer.count)
    var start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var hasNames = false
    while start < head.count {
      let end = head[start...].firstIndex(of: 0x0A) ?? head.count
      let content = head[start..<end]
      let isComment = content.first == UInt8(ascii: "#")
      let fields = content.split { Self.isSpace($0) || Self.isSeparator($0) }
      let isNames =
        !hasNames && !fields.isEmpty
        && fields.allSatisfy { field in
          field.first.map(Self.startsName) == true && DecimalNumber(field) == nil
        }
      guard isComment || isNames, end < head.count else { break }
      hasNames = hasNames || !isComment
      line += 1
      start = end + 1
    }
    while start > 0, try refill() {
      let step = min(start, filled - position)
      position += step
      start -= step
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";")
  }

  /// Letters, an underscore, quotes, and bytes of letters beyond ASCII.
  private static func startsName(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x22
      || byte == 0x27 || byte >= 0x80
  }

  /// The line read last.
  var placeOfLine: ImportError.Place { stream.place.at(.line(max(line, 1), column: 1)) }

  /// Appends the numbers of the next line; nil at the end of the stream.
  ///
  /// - Parameters:
  ///   - values: gets the numbers.
  ///   - digits: gets the significant digits of each.
  ///   - expected: the line's number of values, if it is known: reading stops beyond it.
  /// - Returns: how many numbers the line has.
  /// - Throws: ``ImportError`` with line and column.
  mutating func line(
    _ values: inout [Double], _ digits: inout [UInt8],
    expected: Int = TextLogStream.maximumLineElements
  ) throws(ImportError) -> Int? {
    guard try refill() else { return nil }
    line += 1
    column = 0
    var count = 0
    // Whether a number must come before the next separator.
    var isOpen = true
    while true {
      guard try refill() else { break }
      let byte = buffer[position]
      if byte == 0x0A {
        position += 1
        break
      }
      if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        position += 1
        column += 1
        continue
      }
      let begin = column + 1
      if Self.isSeparator(byte) {
        guard !isOpen else {
          throw .damaged(stream.place.at(.line(line, column: begin)), .textNumber(token: ""))
        }
        // Both together are decimal commas, which are not read as separators.
        guard separator == nil || separator == byte else {
          throw .damaged(stream.place.at(.line(line, column: begin)), .textByte(byte))
        }
        separator = byte
        isOpen = true
        position += 1
        column += 1
        continue
      }
      isOpen = false
      let number = try number(at: begin)
      guard count < expected else {
        throw .damaged(
          stream.place.at(.line(line, column: begin)),
          expected == TextLogStream.maximumLineElements
            ? .textLong(part: "the line", limit: expected)
            : .textRagged(expected: expected, found: count + 1))
      }
      values.append(number.value)
      digits.append(number.digits)
      count += 1
    }
    return count
  }

  /// Whether nothing but white space follows; what is read is gone.
  mutating func onlySpaceIsLeft() throws(ImportError) -> Bool {
    while try refill() {
      guard Self.isSpace(buffer[position]) else { return false }
      position += 1
    }
    return true
  }

  /// Makes a byte available, or tells that there is none.
  private mutating func refill() throws(ImportError) -> Bool {
    guard position == filled else { return true }
    let stream = stream
    filled = try withBytes(of: &buffer) { (bytes) throws(ImportError) in
      try stream.read(into: bytes)
    }
    position = 0
    return filled > 0
  }

  /// The number that starts at the next byte, which is no white space.
  private mutating func number(at begin: Int) throws(ImportError) -> (
    value: Double, digits: UInt8
  ) {
    // Most tokens lie in the buffer as a whole; what is odd about one is found below.
    var end = position
    while end < filled, (0x21...0x7E).contains(buffer[end]), !Self.isSeparator(buffer[end]) {
      end += 1
    }
    if end < filled, buffer[end] <= 0x20 || Self.isSeparator(buffer[end]),
      end - position <= Self.maximumTokenBytes,
      let number = DecimalNumber(buffer[position..<end])
    {
      column += end - position
      position = end
      return (number.value, number.digits)
    }
    token.removeAll(keepingCapacity: true)
    while try refill() {
      let byte = buffer[position]
      guard !Self.isSpace(byte), !Self.isSeparator(byte) else { break }
      guard (0x21...0x7E).contains(byte) else {
        throw .damaged(stream.place.at(.line(line, column: column + 1)), .textByte(byte))
      }
      guard token.count < Self.maximumTokenBytes else {
        throw .damaged(
          stream.place.at(.line(line, column: begin)),
          .textLong(part: "a number", limit: Self.maximumTokenBytes))
      }
      token.append(byte)
      position += 1
      column += 1
    }
    guard let number = DecimalNumber(token) else {
      throw .damaged(
        stream.place.at(.line(line, column: begin)),
        .textNumber(token: String(decoding: token.prefix(40), as: UTF8.self)))
    }
    return (number.value, number.digits)
  }
}
