/// A cursor over bytes in memory: little-endian numbers and runs of bytes, all checked.
public struct ByteReader: Sendable {
  public let bytes: [UInt8]
  /// File, member and offset of the first byte; errors add the cursor's offset to it.
  public let place: ImportError.Place
  private let container: ImportError.Container
  private let baseOffset: Int
  /// Index of the next byte.
  public private(set) var offset = 0

  /// A cursor at the first of `bytes`, which begin at `baseOffset` of the file.
  public init(
    _ bytes: [UInt8], place: ImportError.Place, container: ImportError.Container,
    baseOffset: Int = 0
  ) {
    self.bytes = bytes
    self.place = place
    self.container = container
    self.baseOffset = baseOffset
  }

  public var remaining: Int { bytes.count - offset }

  /// The place of the next byte.
  public var currentPlace: ImportError.Place { place.at(.byte(baseOffset + offset)) }

  /// The next little-endian integer.
  public mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type, part: String
  ) throws(ImportError) -> Integer {
    let size = MemoryLayout<Integer>.size
    try require(size, part: part)
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    offset += size
    return Integer(littleEndian: value)
  }

  /// The next `count` bytes.
  public mutating func run(_ count: Int, part: String) throws(ImportError) -> ArraySlice<UInt8> {
    try require(count, part: part)
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  private func require(_ count: Int, part: String) throws(ImportError) {
    guard count >= 0, count <= remaining else {
      throw .damaged(
        currentPlace,
        .truncated(container, part: part, neededBytes: count, availableBytes: remaining))
    }
  }
}
