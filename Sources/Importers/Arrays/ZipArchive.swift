/// The members of a ZIP archive, read in memory or in place; nothing is unpacked to a path.
///
/// Stored and deflated members, with ZIP64 sizes. Source: PKWARE, APPNOTE.TXT 6.3.10, sections
/// 4.3 (structure), 4.4 (fields) and 4.5.3 (ZIP64). The archive must begin at the file's start.
public struct ZipArchive: Sendable {
  /// One file of the archive.
  public struct Member: Sendable, Hashable {
    public let name: String
    public let isDeflated: Bool
    public let crc: UInt32
    public let byteCount: Int
    public let compressedByteCount: Int
    /// Offset of the local header.
    let headerOffset: Int
    /// Offset of the first compressed byte.
    let dataOffset: Int
  }

  /// In the order of the central directory.
  public let members: [Member]
  private let source: ByteSource

  /// Signatures of the archive's parts, as the first four bytes spell them.
  static let localSignature: UInt32 = 0x0403_4B50
  static let centralSignature: UInt32 = 0x0201_4B50
  static let endSignature: UInt32 = 0x0605_4B50
  static let zip64EndSignature: UInt32 = 0x0606_4B50
  static let zip64LocatorSignature: UInt32 = 0x0706_4B50

  /// Reads the directory of `source` and checks every member's place in the file.
  ///
  /// - Throws: ``ImportError`` if a size or offset is impossible, two members overlap or have one
  ///   name, or a member is encrypted or compressed by another method.
  public init(_ source: ByteSource) throws(ImportError) {
    self.source = source
    let directory = try ZipDirectory(source)
    var members: [Member] = []
    members.reserveCapacity(directory.entries.count)
    for entry in directory.entries {
      let member = try Self.locate(entry, in: source, end: directory.offset)
      members.append(member)
    }
    let inFileOrder = members.sorted { $0.headerOffset < $1.headerOffset }
    for (earlier, later) in zip(inFileOrder, inFileOrder.dropFirst())
    where earlier.dataOffset + earlier.compressedByteCount > later.headerOffset {
      throw .damaged(
        ImportError.Place(
          path: source.path, member: later.name, position: .byte(later.headerOffset)),
        .zipOverlap(other: earlier.name))
    }
    self.members = members
  }

  /// The content of `member`, whose length and CRC are checked as its last byte is read.
  public func stream(_ member: Member) throws(ImportError) -> ByteStream {
    let range = member.dataOffset..<member.dataOffset + member.compressedByteCount
    let declaration = ByteStream.Declaration(byteCount: member.byteCount, crc: member.crc)
    guard member.isDeflated else {
      return ByteStream(source, range: range, member: member.name, declaration: declaration)
    }
    let compressed = ByteStream(source, range: range, member: member.name)
    return ByteStream(try Inflater(compressed, wrapping: .raw), declaration: declaration)
  }

  /// The whole content of `member`.
  public func bytes(
    of member: Member, limit: Int = ByteSource.defaultLimit
  ) throws(ImportError) -> [UInt8] {
    let stream = try stream(member)
    guard member.byteCount <= limit else {
      throw .damaged(stream.place, .limit(.zip, limitBytes: limit))
    }
    let bytes = try stream.readExactly(member.byteCount, part: "the member", container: .zip)
    // An empty member is verified by asking for the byte after it.
    _ = try stream.peek(1)
    return bytes
  }

  /// Checks the entry's claims and its local header.
  private static func locate(
    _ entry: ZipDirectory.Entry, in source: ByteSource, end: Int
  ) throws(ImportError) -> Member {
    let place = ImportError.Place(
      path: source.path, member: entry.name, position: .byte(entry.headerOffset))
    guard entry.flags & 0x2041 == 0 else {
      throw .damaged(place, .zipUnsupported(reason: "the member is encrypted"))
    }
    guard entry.method == 0 || entry.method == 8 else {
      throw .damaged(
        place, .zipUnsupported(reason: "compression method \(entry.method) is not supported"))
    }
    let isDeflated = entry.method == 8
    if isDeflated {
      // An empty deflate stream takes two bytes, and a ratio holds for whole blocks only.
      let bound = (entry.compressedByteCount &+ 64).multipliedReportingOverflow(
        by: Inflater.maximumRatio)
      guard bound.overflow || entry.byteCount <= bound.partialValue else {
        throw .damaged(
          place,
          .zipRatio(
            declaredBytes: entry.byteCount, compressedBytes: entry.compressedByteCount))
      }
    } else if entry.byteCount != entry.compressedByteCount {
      throw .damaged(place, .zipHeader(reason: "a stored member has two different sizes"))
    }
    guard entry.headerOffset <= end else {
      throw .damaged(place, .zipHeader(reason: "the member lies beyond the directory"))
    }
    var reader = ByteReader(
      try source.bytes(
        at: entry.headerOffset, count: 30, part: "a local header", container: .zip),
      place: place, container: .zip, baseOffset: entry.headerOffset)
    let signature = try reader.integer(UInt32.self, part: "a signature")
    guard signature == localSignature else {
      throw .damaged(place, .zipHeader(reason: "there is no local header"))
    }
    _ = try reader.integer(UInt16.self, part: "the version")
    let flags = try reader.integer(UInt16.self, part: "the flags")
    let method = try reader.integer(UInt16.self, part: "the method")
    _ = try reader.integer(UInt32.self, part: "the time")
    let crc = try reader.integer(UInt32.self, part: "the CRC")
    let compressed = try reader.integer(UInt32.self, part: "the compressed size")
    let size = try reader.integer(UInt32.self, part: "the size")
    let nameLength = Int(try reader.integer(UInt16.self, part: "the name's length"))
    let extraLength = Int(try reader.integer(UInt16.self, part: "the extra field's length"))
    let name = try source.bytes(
      at: entry.headerOffset + 30, count: nameLength, part: "a name", container: .zip)
    guard name == entry.nameBytes, method == entry.method, flags == entry.flags else {
      throw .damaged(
        place, .zipHeader(reason: "the local header differs from the directory"))
    }
    // Bit 3: sizes and CRC follow the data, and these fields are zero (4.4.4).
    // A size of all ones stands in the ZIP64 field.
    if flags & 8 == 0 {
      guard crc == entry.crc,
        compressed == UInt32.max || Int(compressed) == entry.compressedByteCount,
        size == UInt32.max || Int(size) == entry.byteCount
      else {
        throw .damaged(
          place, .zipHeader(reason: "the local header differs from the directory"))
      }
    }
    let dataOffset = entry.headerOffset + 30 + nameLength + extraLength
    guard dataOffset <= end, entry.compressedByteCount <= end - dataOffset else {
      throw .damaged(
        place,
        .truncated(
          .zip, part: "the member", neededBytes: entry.compressedByteCount,
          availableBytes: max(0, end - dataOffset)))
    }
    return Member(
      name: entry.name, isDeflated: isDeflated, crc: entry.crc, byteCount: entry.byteCount,
      compressedByteCount: entry.compressedByteCount, headerOffset: entry.headerOffset,
      dataOffset: dataOffset)
  }
}

/// The central directory of a ZIP archive, as it is written in the file.
struct ZipDirectory {
  struct Entry {
    let name: String
    let nameBytes: [UInt8]
    let flags: UInt16
    let method: UInt16
    let crc: UInt32
    let byteCount: Int
    let compressedByteCount: Int
    let headerOffset: Int
  }

  let entries: [Entry]
  /// Offset of the directory: the members' bytes end before it.
  let offset: Int

  init(_ source: ByteSource) throws(ImportError) {
    let end = try End(source)
    let bytes = try source.bytes(
      at: end.directoryOffset, count: end.directoryBytes, part: "the directory", container: .zip)
    let place = ImportError.Place(path: source.path, position: .byte(end.directoryOffset))
    // An entry takes at least 46 bytes.
    guard end.entryCount <= bytes.count / 46 else {
      throw .damaged(
        place,
        .truncated(
          .zip, part: "a directory of \(end.entryCount) members",
          neededBytes: end.entryCount.multipliedReportingOverflow(by: 46).partialValue,
          availableBytes: bytes.count))
    }
    var reader = ByteReader(
      bytes, place: place, container: .zip, baseOffset: end.directoryOffset)
    var entries: [Entry] = []
    entries.reserveCapacity(end.entryCount)
    var names: Set<String> = []
    for _ in 0..<end.entryCount {
      let entry = try Self.entry(&reader)
      guard names.insert(entry.name).inserted else {
        throw .damaged(reader.currentPlace, .npzDuplicate(name: entry.name))
      }
      entries.append(entry)
    }
    guard reader.remaining == 0 else {
      throw .damaged(reader.currentPlace, .trailing(.zip, bytes: reader.remaining))
    }
    self.entries = entries
    offset = end.directoryOffset
  }

  private static func entry(_ reader: inout ByteReader) throws(ImportError) -> Entry {
    let place = reader.currentPlace
    let signature = try reader.integer(UInt32.self, part: "a signature")
    guard signature == ZipArchive.centralSignature else {
      throw .damaged(place, .zipHeader(reason: "there is no directory entry"))
    }
    _ = try reader.integer(UInt32.self, part: "the versions")
    let flags = try reader.integer(UInt16.self, part: "the flags")
    let method = try reader.integer(UInt16.self, part: "the method")
    _ = try reader.integer(UInt32.self, part: "the time")
    let crc = try reader.integer(UInt32.self, part: "the CRC")
    let compressed32 = try reader.integer(UInt32.self, part: "the compressed size")
    let size32 = try reader.integer(UInt32.self, part: "the size")
    let nameLength = Int(try reader.integer(UInt16.self, part: "the name's length"))
    let extraLength = Int(try reader.integer(UInt16.self, part: "the extra field's length"))
    let commentLength = Int(try reader.integer(UInt16.self, part: "the comment's length"))
    let disk = try reader.integer(UInt16.self, part: "the disk")
    _ = try reader.run(6, part: "the attributes")
    let offset32 = try reader.integer(UInt32.self, part: "the offset")
    let nameBytes = Array(try reader.run(nameLength, part: "a name"))
    let extraPlace = reader.currentPlace
    let extra = Array(try reader.run(extraLength, part: "an extra field"))
    _ = try reader.run(commentLength, part: "a comment")
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw .damaged(place, .zipHeader(reason: "a name is not UTF-8"))
    }
    guard disk == 0 else {
      throw .damaged(place, .zipUnsupported(reason: "the archive has several parts"))
    }
    var wide = try Zip64Field(extra, place: extraPlace)
    return Entry(
      name: name, nameBytes: nameBytes, flags: flags, method: method, crc: crc,
      byteCount: try wide.widen(size32),
      compressedByteCount: try wide.widen(compressed32),
      headerOffset: try wide.widen(offset32))
  }

  /// The end records: where the directory is, and how many entries it has.
  private struct End {
    let directoryOffset: Int
    let directoryBytes: Int
    let entryCount: Int

    init(_ source: ByteSource) throws(ImportError) {
      // The record takes 22 bytes and a comment of at most 65,535.
      let tailCount = min(source.byteCount, 22 + 0xFFFF)
      let tailOffset = source.byteCount - tailCount
      let tail = try source.bytes(
        at: tailOffset, count: tailCount, part: "the end record", container: .zip)
      let place = ImportError.Place(path: source.path, position: .byte(source.byteCount))
      guard let record = Self.endRecord(in: tail) else {
        throw .damaged(place, .zipHeader(reason: "there is no end record: the file is cut"))
      }
      let recordOffset = tailOffset + record
      var reader = ByteReader(
        Array(tail[record...]), place: place, container: .zip, baseOffset: recordOffset)
      _ = try reader.run(4, part: "the signature")
      let disks = try reader.integer(UInt32.self, part: "the disks")
      let entriesHere = try reader.integer(UInt16.self, part: "the entries")
      let entries = try reader.integer(UInt16.self, part: "the entries")
      let bytes = try reader.integer(UInt32.self, part: "the directory's size")
      let offset = try reader.integer(UInt32.self, part: "the directory's offset")
      var directoryEnd = recordOffset
      if let wide = try Self.zip64(source, before: recordOffset) {
        (entryCount, directoryBytes, directoryOffset) = (wide.entries, wide.bytes, wide.offset)
        directoryEnd = wide.recordOffset
      } else {
        guard disks == 0, entries == entriesHere else {
          throw .damaged(place, .zipUnsupported(reason: "the archive has several parts"))
        }
        (entryCount, directoryBytes, directoryOffset) = (Int(entries), Int(bytes), Int(offset))
      }
      guard directoryOffset <= directoryEnd, directoryBytes == directoryEnd - directoryOffset
      else {
        throw .damaged(
          place.at(.byte(recordOffset)),
          .zipHeader(reason: "the directory does not end at the end record"))
      }
    }

    /// Index of the last end record whose comment reaches the end of `tail`.
    private static func endRecord(in tail: [UInt8]) -> Int? {
      guard tail.count >= 22 else { return nil }
      for index in stride(from: tail.count - 22, through: 0, by: -1)
      where tail[index] == 0x50 && tail[index + 1] == 0x4B && tail[index + 2] == 0x05
        && tail[index + 3] == 0x06
      {
        let comment = Int(tail[index + 20]) | Int(tail[index + 21]) << 8
        if index + 22 + comment == tail.count { return index }
      }
      return nil
    }

    /// The ZIP64 end record, if its locator stands before the end record (4.3.14, 4.3.15).
    private static func zip64(
      _ source: ByteSource, before recordOffset: Int
    ) throws(ImportError) -> (entries: Int, bytes: Int, offset: Int, recordOffset: Int)? {
      guard recordOffset >= 20 + 56 else { return nil }
      let place = ImportError.Place(path: source.path)
      var locator = ByteReader(
        try source.bytes(
          at: recordOffset - 20, count: 20, part: "the ZIP64 locator", container: .zip),
        place: place, container: .zip, baseOffset: recordOffset - 20)
      let signature = try locator.integer(UInt32.self, part: "the signature")
      guard signature == ZipArchive.zip64LocatorSignature else { return nil }
      _ = try locator.integer(UInt32.self, part: "the disk")
      let offset = try locator.integer(UInt64.self, part: "the ZIP64 record's offset")
      let end = UInt64(recordOffset - 20)
      guard offset <= end, end - offset == 56 else {
        throw .damaged(
          locator.currentPlace, .zipHeader(reason: "the ZIP64 end record is out of place"))
      }
      let start = Int(offset)
      var record = ByteReader(
        try source.bytes(at: start, count: 56, part: "the ZIP64 end record", container: .zip),
        place: place, container: .zip, baseOffset: start)
      let recordSignature = try record.integer(UInt32.self, part: "the signature")
      guard recordSignature == ZipArchive.zip64EndSignature else {
        throw .damaged(
          place.at(.byte(start)), .zipHeader(reason: "there is no ZIP64 end record"))
      }
      _ = try record.run(8 + 2 + 2 + 4 + 4 + 8, part: "the ZIP64 end record")
      let counts = (
        try record.integer(UInt64.self, part: "the entries"),
        try record.integer(UInt64.self, part: "the directory's size"),
        try record.integer(UInt64.self, part: "the directory's offset")
      )
      guard let entries = Int(exactly: counts.0), let bytes = Int(exactly: counts.1),
        let directory = Int(exactly: counts.2)
      else {
        throw .damaged(
          place.at(.byte(start)), .zipHeader(reason: "a ZIP64 number is beyond 63 bits"))
      }
      return (entries, bytes, directory, start)
    }
  }
}

/// The ZIP64 extra field: the numbers that are all ones in the entry itself, in order (4.5.3).
private struct Zip64Field {
  private var reader: ByteReader?
  private let place: ImportError.Place

  init(_ extra: [UInt8], place: ImportError.Place) throws(ImportError) {
    self.place = place
    var fields = ByteReader(extra, place: place, container: .zip)
    // Padding shorter than a field's head is tolerated, as by Python's zipfile.
    while fields.remaining >= 4 {
      let tag = try fields.integer(UInt16.self, part: "an extra field's tag")
      let size = Int(try fields.integer(UInt16.self, part: "an extra field's size"))
      let content = try fields.run(size, part: "an extra field")
      if tag == 1, reader == nil {
        reader = ByteReader(Array(content), place: place, container: .zip)
      }
    }
  }

  /// `value`, or the next 64-bit number if it is all ones.
  mutating func widen(_ value: UInt32) throws(ImportError) -> Int {
    guard value == UInt32.max, reader != nil else { return Int(value) }
    guard let wide = try reader?.integer(UInt64.self, part: "a ZIP64 size"),
      let number = Int(exactly: wide), number <= Int.max / 2
    else {
      throw .damaged(place, .zipHeader(reason: "a ZIP64 number is beyond 62 bits"))
    }
    return number
  }
}
