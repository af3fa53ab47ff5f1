/// The regular files of a tar archive, held in memory; nothing is unpacked to a path.
///
/// POSIX ustar and pax with paths and sizes of any length, and GNU long names. Folders are left
/// out; links, devices and sparse files are errors.
/// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar
/// manual, "Basic Tar Format".
public struct TarArchive: Sendable {
  /// Names of the files, without a leading `./`, in the order of the archive.
  public let names: [String]
  private let contents: [String: [UInt8]]

  /// Largest total of headers and contents unless the caller says otherwise: 1 GiB.
  public static let defaultLimit = 1 << 30

  private static let blockBytes = 512

  /// The content of the file `name`, or nil if there is none.
  public subscript(name: String) -> [UInt8]? { contents[name] }

  /// Reads the `.tar` or `.tar.gz` file at `path`; `-` is standard input.
  public static func read(
    _ path: String, limit: Int = defaultLimit
  ) throws(ImportError) -> TarArchive {
    try TarArchive(ByteStream(try InputFile(path: path)), limit: limit)
  }

  /// Reads `bytes`, the content of a `.tar` or `.tar.gz` file; `path` names them in errors.
  public static func read(
    _ bytes: [UInt8], path: String, limit: Int = defaultLimit
  ) throws(ImportError) -> TarArchive {
    try TarArchive(ByteSource.memory(bytes, path: path).stream(), limit: limit)
  }

  /// Reads the archive from `stream`, through gzip if its first bytes say so.
  ///
  /// - Throws: ``ImportError`` for a damaged header, a kind of entry that is no regular file, two
  ///   files of one name, or a total beyond `limit` bytes.
  public init(_ stream: ByteStream, limit: Int = defaultLimit) throws(ImportError) {
    let isCompressed = ContentKind(prefix: try stream.peek(2)) == .gzip
    let input = isCompressed ? try stream.gunzipped() : stream
    var names: [String] = []
    var contents: [String: [UInt8]] = [:]
    var budget = limit
    var overrides = Overrides()
    while true {
      let offset = input.offset
      let block = try Self.take(Self.blockBytes, from: input, part: "a header", &budget, limit)
      if block.allSatisfy({ $0 == 0 }) {
        try Self.expectEnd(input, &budget, limit)
        break
      }
      let header = try TarHeader(block, place: input.place.at(.byte(offset)))
      let place = input.place.at(.byte(offset))
      switch header.kind {
      case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
        let body = try Self.body(header.byteCount, from: input, &budget, limit)
        try overrides.update(kind: header.kind, body: body, place: place)
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
        let size = overrides.byteCount ?? header.byteCount
        let name = Self.normalized(overrides.name ?? header.name)
        let content = try Self.body(size, from: input, &budget, limit)
        guard contents.updateValue(content, forKey: name) == nil else {
          throw .damaged(place, .tarDuplicate(name: name))
        }
        names.append(name)
        overrides = Overrides()
      case UInt8(ascii: "5"):
        guard header.byteCount == 0 else {
          throw .damaged(place, .tarHeader(reason: "a folder has content"))
        }
        overrides = Overrides()
      default:
        throw .damaged(
          place,
          .tarUnsupported(
            name: overrides.name ?? header.name, kind: TarHeader.words(for: header.kind)))
      }
    }
    self.names = names
    self.contents = contents
  }

  private static func normalized(_ name: String) -> String {
    var rest = Substring(name)
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    return String(rest)
  }

  private static func take(
    _ count: Int, from input: ByteStream, part: String, _ budget: inout Int, _ limit: Int
  ) throws(ImportError) -> [UInt8] {
    guard count <= budget else {
      throw .damaged(input.place.at(.byte(input.offset)), .limit(.tar, limitBytes: limit))
    }
    budget -= count
    return try input.readExactly(count, part: part, container: .tar)
  }

  /// The content of an entry, and the zero bytes that fill its last block.
  private static func body(
    _ count: Int, from input: ByteStream, _ budget: inout Int, _ limit: Int
  ) throws(ImportError) -> [UInt8] {
    let content = try take(count, from: input, part: "an entry's content", &budget, limit)
    let padding = (blockBytes - count % blockBytes) % blockBytes
    _ = try take(padding, from: input, part: "the end of an entry's block", &budget, limit)
    return content
  }

  /// Reads the rest of the archive, which is zero, so that checksums around it are checked.
  private static func expectEnd(
    _ input: ByteStream, _ budget: inout Int, _ limit: Int
  ) throws(ImportError) {
    while true {
      let offset = input.offset
      let block = try input.readElements(UInt8.self, atMost: blockBytes)
      guard !block.isEmpty else { return }
      guard block.allSatisfy({ $0 == 0 }) else {
        throw .damaged(input.place.at(.byte(offset)), .trailing(.tar, bytes: nil))
      }
      budget -= block.count
      guard budget >= 0 else {
        throw .damaged(input.place.at(.byte(offset)), .limit(.tar, limitBytes: limit))
      }
    }
  }

  /// What extended headers say of the entry that follows.
  private struct Overrides {
    var name: String?
    var byteCount: Int?

    mutating func update(
      kind: UInt8, body: [UInt8], place: ImportError.Place
    ) throws(ImportError) {
      switch kind {
      case UInt8(ascii: "L"):
        name = try TarHeader.text(body[...], place: place)
      case UInt8(ascii: "x"):
        for (key, value) in try TarHeader.paxRecords(body, place: place) {
          switch key {
          case "path": name = value
          case "size":
            guard let size = Int(value), size >= 0 else {
              throw .damaged(place, .tarHeader(reason: "size '\(value)' is no size"))
            }
            byteCount = size
          case _ where key.hasPrefix("GNU.sparse."):
            throw .damaged(place, .tarUnsupported(name: name ?? "", kind: "a sparse file"))
          default: break
          }
        }
      default:
        // Link targets and settings for all entries do not concern contents, but are parsed.
        if kind == UInt8(ascii: "g") { _ = try TarHeader.paxRecords(body, place: place) }
      }
    }
  }
}

/// One 512-byte header block.
struct TarHeader {
  let name: String
  let byteCount: Int
  let kind: UInt8

  init(_ block: [UInt8], place: ImportError.Place) throws(ImportError) {
    let declared = try Self.number(block[148..<156], place: place)
    // The sum of all bytes, with the checksum's own taken as spaces.
    var sum = 8 * 0x20
    for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
      sum += Int(byte)
    }
    guard sum == declared else {
      throw .damaged(
        place, .tarHeader(reason: "checksum is \(sum), the header declares \(declared)"))
    }
    byteCount = try Self.number(block[124..<136], place: place)
    kind = block[156]
    let short = try Self.text(block[0..<100], place: place)
    // GNU's own header has other fields where ustar has the prefix.
    let isUstar = Array(block[257..<263]) == Array("ustar\0".utf8)
    let prefix = isUstar ? try Self.text(block[345..<500], place: place) : ""
    name = prefix.isEmpty ? short : prefix + "/" + short
  }

  /// Text up to the first zero byte.
  static func text(
    _ field: ArraySlice<UInt8>, place: ImportError.Place
  ) throws(ImportError) -> String {
    let content = field.prefix { $0 != 0 }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .damaged(place, .tarHeader(reason: "a name is not UTF-8"))
    }
    return text
  }

  /// An octal number, or a big-endian one if the first bit is set (GNU).
  private static func number(
    _ field: ArraySlice<UInt8>, place: ImportError.Place
  ) throws(ImportError) -> Int {
    let failure = ImportError.damaged(place, .tarHeader(reason: "a number is damaged"))
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80 else { throw failure }
      var value = 0
      for byte in field.dropFirst() {
        guard value >> 54 == 0 else { throw failure }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    var value = 0
    for byte in digits {
      guard (0x30...0x37).contains(byte), value >> 59 == 0 else { throw failure }
      value = value << 3 | Int(byte - 0x30)
    }
    return value
  }

  /// The records `LENGTH KEY=VALUE\n` of an extended header.
  static func paxRecords(
    _ body: [UInt8], place: ImportError.Place
  ) throws(ImportError) -> [(key: String, value: String)] {
    let failure = ImportError.damaged(place, .tarHeader(reason: "an extended header is damaged"))
    var records: [(key: String, value: String)] = []
    var rest = body[...]
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 2,
        length <= rest.count
      else { throw failure }
      let record = rest.prefix(length)
      let content = record.dropFirst(digits.count + 1).dropLast()
      guard record[record.startIndex + digits.count] == 0x20, record.last == 0x0A,
        let equals = content.firstIndex(of: UInt8(ascii: "=")),
        let key = String(validating: content[..<equals], as: UTF8.self),
        let value = String(validating: content[(equals + 1)...], as: UTF8.self)
      else { throw failure }
      records.append((key, value))
      rest = rest.dropFirst(length)
    }
    return records
  }

  /// The kinds of entry that are not read (POSIX `typeflag`, and GNU's).
  static func words(for kind: UInt8) -> String {
    switch kind {
    case UInt8(ascii: "1"): "a hard link"
    case UInt8(ascii: "2"): "a symbolic link"
    case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
    case UInt8(ascii: "6"): "a pipe"
    case UInt8(ascii: "S"): "a sparse file"
    default: "of the unknown kind \(kind)"
    }
  }
}
