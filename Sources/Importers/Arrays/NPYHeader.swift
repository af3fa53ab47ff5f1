/// The header of an NPY file: type, byte order, element order and shape of what follows.
///
/// Source: numpy, `numpy/lib/format.py`, "Format Version 1.0", "2.0" and "3.0".
public struct NPYHeader: Sendable, Hashable {
  public let elementType: NDArray.ElementType
  public let isBigEndian: Bool
  /// Whether the first axis varies fastest in the file.
  public let isFortranOrder: Bool
  public let shape: [Int]
  /// Bytes from the start of the file to the first element.
  public let dataOffset: Int

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// numpy has at most 64 axes (`NPY_MAXDIMS` of numpy 2).
  static let maximumAxes = 64

  /// Headers of supported types are below 2 KiB; the bound keeps a damaged length harmless.
  static let maximumLength = 1 << 16

  /// The product of the shape.
  public let elementCount: Int

  /// Bytes that the elements take.
  public var byteCount: Int { elementCount * elementType.byteCount }

  /// Whether elements lie in the file in C order.
  ///
  /// With at most one axis longer than 1 both orders are the same.
  public var isCOrder: Bool {
    !isFortranOrder || elementCount == 0 || shape.count { $0 > 1 } <= 1
  }

  /// Reads the header at the start of `stream`, which is left at the first element.
  init(from stream: ByteStream) throws(ImportError) {
    let place = stream.place
    let begin = stream.offset
    let prefix = try stream.readExactly(8, part: "the magic and version", container: .npy)
    guard Array(prefix[..<6]) == Self.magic else {
      throw .damaged(
        place.at(.byte(begin)),
        .unrecognized(firstBytes: Array(prefix[..<6]), expected: "the magic of an NPY file"))
    }
    let length: Int
    switch (prefix[6], prefix[7]) {
    case (1, 0):
      let bytes = try stream.readExactly(2, part: "the header's length", container: .npy)
      length = Int(bytes[0]) | Int(bytes[1]) << 8
    case (2, 0), (3, 0):
      let bytes = try stream.readExactly(4, part: "the header's length", container: .npy)
      length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16 | Int(bytes[3]) << 24
    default:
      throw .damaged(
        place.at(.byte(begin + 6)), .npyVersion(major: prefix[6], minor: prefix[7]))
    }
    let textOffset = stream.offset
    guard length <= Self.maximumLength else {
      throw .damaged(
        place.at(.byte(textOffset)),
        .npyHeader(reason: "length \(length) is beyond \(Self.maximumLength)"))
    }
    let text = try stream.readExactly(length, part: "the header", container: .npy)
    var parser = NPYHeaderParser(text, place: place, baseOffset: textOffset)
    let fields = try parser.parse()

    let typeCode = fields.descr
    let order = typeCode.first.flatMap { "<>|=".contains($0) ? $0 : nil }
    let code = order == nil ? typeCode : String(typeCode.dropFirst())
    let type = NDArray.ElementType.allCases.first { $0.code == code } ?? (code == "?" ? .bool : nil)
    guard let type, order != "|" || type.byteCount == 1 else {
      throw .damaged(place.at(.byte(textOffset)), .npyType(description: "'\(typeCode)'"))
    }
    guard fields.shape.count <= Self.maximumAxes,
      let count = NDArray.elementCount(of: fields.shape),
      !count.multipliedReportingOverflow(by: type.byteCount).overflow
    else {
      throw .damaged(place.at(.byte(textOffset)), .npyShape(fields.shape))
    }
    elementType = type
    isBigEndian = order == ">"
    isFortranOrder = fields.isFortranOrder
    shape = fields.shape
    elementCount = count
    dataOffset = stream.offset - begin
  }
}

/// Parses the Python dictionary literal of an NPY header: exactly the keys `descr`,
/// `fortran_order` and `shape`.
private struct NPYHeaderParser {
  struct Fields {
    let descr: String
    let isFortranOrder: Bool
    let shape: [Int]
  }

  private let text: [UInt8]
  private let place: ImportError.Place
  private let baseOffset: Int
  private var index = 0

  init(_ text: [UInt8], place: ImportError.Place, baseOffset: Int) {
    self.text = text
    self.place = place
    self.baseOffset = baseOffset
  }

  mutating func parse() throws(ImportError) -> Fields {
    var descr: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descr == nil: descr = try typeDescription()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default: throw failure("key '\(key)' is unknown or there twice")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard index == text.count else { throw failure("text follows the dictionary") }
    guard let descr, let isFortranOrder, let shape else {
      throw failure("one of the keys 'descr', 'fortran_order', 'shape' is missing")
    }
    return Fields(descr: descr, isFortranOrder: isFortranOrder, shape: shape)
  }

  private func failure(_ reason: String) -> ImportError {
    .damaged(place.at(.byte(baseOffset + index)), .npyHeader(reason: reason))
  }

  private mutating func skipSpace() {
    while index < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(ImportError) {
    guard accept(character) else { throw failure("expected '\(character)'") }
  }

  private mutating func string() throws(ImportError) -> String {
    skipSpace()
    guard index < text.count, text[index] == 0x22 || text[index] == 0x27 else {
      throw failure("expected a string")
    }
    let quote = text[index]
    let begin = index + 1
    guard let end = text[begin...].firstIndex(of: quote) else {
      throw failure("a string has no end")
    }
    let content = text[begin..<end]
    guard content.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x5C }) else {
      throw failure("a string has characters beyond plain ASCII")
    }
    index = end + 1
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func typeDescription() throws(ImportError) -> String {
    skipSpace()
    if index < text.count, text[index] == UInt8(ascii: "[") || text[index] == UInt8(ascii: "(") {
      throw .damaged(
        place.at(.byte(baseOffset + index)), .npyType(description: "with fields (a structure)"))
    }
    return try string()
  }

  private mutating func boolean() throws(ImportError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)]
    where text[index...].starts(with: word.utf8) {
      index += word.utf8.count
      return value
    }
    throw failure("expected True or False")
  }

  private mutating func tuple() throws(ImportError) -> [Int] {
    try expect("(")
    var values: [Int] = []
    while !accept(")") {
      values.append(try integer())
      guard values.count <= NPYHeader.maximumAxes else { throw failure("too many axes") }
      if !accept(",") {
        // `(3)` is a number in Python, not a tuple.
        guard values.count > 1 else { throw failure("expected ','") }
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func integer() throws(ImportError) -> Int {
    skipSpace()
    let begin = index
    while index < text.count, (0x30...0x39).contains(text[index]) { index += 1 }
    let digits = String(decoding: text[begin..<index], as: UTF8.self)
    guard !digits.isEmpty else { throw failure("expected a number") }
    guard let value = Int(digits) else { throw failure("extent \(digits) is beyond 64 bits") }
    // Python 2 wrote long integers with a suffix.
    if index < text.count, text[index] == UInt8(ascii: "L") { index += 1 }
    return value
  }
}
