/// The `nnet_utils` that a project carries, compared with those of the releases.
///
/// A definition (a function or type of a namespace) is known by the sum of its text without comments,
/// directives and white space: the rules that are computed are those of the known ones.
enum HLSUtilities {
  /// Largest header, in bytes.
  static let byteLimit = 1 << 22

  /// Names of the definitions of `header` that no release has, in their order.
  static func unknownDefinitions(in header: [UInt8]) -> [String] {
    let text = plain(header)
    return definitions(of: text).filter { !isKnown(text[$0]) }.map { name(of: text[$0]) }
  }

  private static func isKnown(_ definition: ArraySlice<UInt8>) -> Bool {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in definition { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let known = HLSKnownFunctions.sums
    var (low, high) = (0, known.count)
    while low < high {
      let middle = (low + high) / 2
      if known[middle] < sum { low = middle + 1 } else { high = middle }
    }
    return low < known.count && known[low] == sum
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x5F
  }

  /// The text without comments, directives and white space, but for one blank between words.
  private static func plain(_ text: [UInt8]) -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(text.count)
    var position = 0
    var isStart = true
    var hasGap = false
    func at(_ index: Int) -> UInt8 { index < text.count ? text[index] : 0 }
    while position < text.count {
      let byte = text[position]
      if byte == UInt8(ascii: "/"), at(position + 1) == UInt8(ascii: "/") {
        while position < text.count, text[position] != 0x0A { position += 1 }
        continue
      }
      if byte == UInt8(ascii: "/"), at(position + 1) == UInt8(ascii: "*") {
        position += 2
        while position < text.count,
          at(position) != UInt8(ascii: "*") || at(position + 1) != UInt8(ascii: "/")
        {
          position += 1
        }
        position += 2
        hasGap = true
        continue
      }
      if byte == UInt8(ascii: "#"), isStart {
        while position < text.count, text[position] != 0x0A {
          let isContinued = text[position] == UInt8(ascii: "\\")
          position += isContinued ? (at(position + 1) == 0x0D ? 3 : 2) : 1
        }
        continue
      }
      if byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A {
        isStart = isStart || byte == 0x0A
        hasGap = true
        position += 1
        continue
      }
      if hasGap, let last = plain.last, isWord(last), isWord(byte) { plain.append(0x20) }
      isStart = false
      hasGap = false
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        var end = position + 1
        while end < text.count, text[end] != byte { end += text[end] == UInt8(ascii: "\\") ? 2 : 1 }
        end = min(end + 1, text.count)
        plain += text[position..<end]
        position = end
        continue
      }
      plain.append(byte)
      position += 1
    }
    return plain
  }

  /// What stands at namespace level, each with its braces.
  private static func definitions(of text: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var depth = 0
    var start = 0
    for (position, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "{"):
        if depth == 0, text[start..<position].starts(with: "namespace".utf8) {
          start = position + 1
        } else {
          depth += 1
        }
      case UInt8(ascii: "}"):
        if depth > 0 { depth -= 1 } else { start = position + 1 }
        if depth == 0, start <= position {
          found.append(start..<position + 1)
          start = position + 1
        }
      case UInt8(ascii: ";") where depth == 0: start = position + 1
      default: break
      }
    }
    return found
  }

  /// The function's or type's own name, as far as its text tells.
  private static func name(of definition: ArraySlice<UInt8>) -> String {
    let head = definition.prefix { $0 != UInt8(ascii: "{") }
    var angles = 0
    var end = head.endIndex
    for position in head.indices {
      switch head[position] {
      case UInt8(ascii: "<"): angles += 1
      case UInt8(ascii: ">"): angles -= 1
      case UInt8(ascii: "(") where angles <= 0:
        end = position
      case UInt8(ascii: ":")
      where angles <= 0 && head[position...].dropFirst().first != byteColon
        && (position == head.startIndex || head[position - 1] != byteColon):
        end = position
      default: continue
      }
      if end != head.endIndex { break }
    }
    let word = head[..<end].reversed().prefix { isWord($0) }.reversed()
    return word.isEmpty ? "a definition" : String(decoding: word, as: UTF8.self)
  }

  private static let byteColon = UInt8(ascii: ":")
}
