/// What a file is by its first bytes, whatever its name says.
public enum ContentKind: Sendable, Hashable {
  case empty, npy, zip, gzip, tar, text, unknown

  /// Bytes of a file's start that decide; a tar's magic ends at byte 262.
  static let prefixBytes = 512

  /// The kind of a file that starts with `prefix`, which is the whole file if it is shorter.
  ///
  /// Text is what starts with a character of a number or with white space, and whose first line, if
  /// it is one of names or a comment, is followed by such text (in the prefix); a byte order mark
  /// may precede it. Sources of the magic numbers: numpy's format.py, APPNOTE.TXT 4.3, RFC 1952
  /// 2.3.1, POSIX pax "ustar".
  public init(prefix: [UInt8]) {
    self =
      switch prefix {
      case _ where prefix.isEmpty: .empty
      case _ where prefix.starts(with: NPYHeader.magic): .npy
      case _ where prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]): .zip
      case _ where prefix.starts(with: [0x50, 0x4B, 0x05, 0x06]): .zip
      case _ where prefix.starts(with: [0x1F, 0x8B]): .gzip
      case _ where prefix.count >= 262 && prefix[257..<262].elementsEqual("ustar".utf8): .tar
      case _ where Self.isText(prefix): .text
      default: .unknown
      }
  }

  private static func isText(_ prefix: [UInt8]) -> Bool {
    let numbers = Set("+-.0123456789naifNAIF \t\r\n".utf8)
    var rest = prefix[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    guard let first = rest.first else { return false }
    if numbers.contains(first) { return true }
    // A table: a line of names or comments, then numbers separated by commas or space.
    guard !rest.contains(0) else { return false }
    let table = Set("+-.0123456789eEnaifNAIF \t\r,;".utf8)
    let lines = rest.split(separator: 0x0A, omittingEmptySubsequences: true)
    let body = lines.drop { $0.first == UInt8(ascii: "#") }
    for line in body.prefix(2) where line.allSatisfy({ table.contains($0) }) { return true }
    // A long line of names fills the prefix.
    return lines.count == 1 && rest.contains(UInt8(ascii: ",")) && prefix.count >= prefixBytes
      && rest.allSatisfy { (0x20...0x7E).contains($0) || $0 >= 0x80 || $0 == 0x0D || $0 == 0x09 }
  }
}
