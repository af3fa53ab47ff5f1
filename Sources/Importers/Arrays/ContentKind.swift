/// What a file is by its first bytes, whatever its name says.
public enum ContentKind: Sendable, Hashable {
  case empty, npy, zip, gzip, tar, text, unknown

  /// Bytes of a file's start that decide; a tar's magic ends at byte 262.
  static let prefixBytes = 512

  /// The kind of a file that starts with `prefix`, which is the whole file if it is shorter.
  ///
  /// Text is what starts with a character of a number or with white space. Sources of the magic
  /// numbers: numpy's format.py, APPNOTE.TXT 4.3, RFC 1952 2.3.1, POSIX pax "ustar".
  public init(prefix: [UInt8]) {
    let number = Set("+-.0123456789naifNAIF \t\r\n".utf8)
    self =
      switch prefix {
      case _ where prefix.isEmpty: .empty
      case _ where prefix.starts(with: NPYHeader.magic): .npy
      case _ where prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]): .zip
      case _ where prefix.starts(with: [0x50, 0x4B, 0x05, 0x06]): .zip
      case _ where prefix.starts(with: [0x1F, 0x8B]): .gzip
      case _ where prefix.count >= 262 && prefix[257..<262].elementsEqual("ustar".utf8): .tar
      case _ where number.contains(prefix[0]): .text
      default: .unknown
      }
  }
}
