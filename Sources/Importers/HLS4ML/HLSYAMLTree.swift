/// The nested mappings of a YAML text as hls4ml writes it (PyYAML's block style).
///
/// Read are mappings by indentation, plain and quoted scalars, anchors (`&id`) and aliases (`*id`).
/// Lists, flow collections other than `{}` and `[]`, and block scalars are passed over: the reader
/// answers with what it understands and never fails.
indirect enum HLSYAMLTree: Sendable {
  case scalar(String)
  case mapping([String: HLSYAMLTree])

  /// Deepest nesting that is followed.
  private static let depthLimit = 16

  subscript(key: String) -> HLSYAMLTree? {
    if case .mapping(let members) = self { members[key] } else { nil }
  }

  var text: String? { if case .scalar(let text) = self { text } else { nil } }
  var members: [String: HLSYAMLTree] {
    if case .mapping(let members) = self { members } else { [:] }
  }

  private struct Line {
    let indent: Int
    let key: String
    let value: String
  }

  /// The tree of a text; an empty mapping for bytes that are none.
  init(_ bytes: [UInt8]) {
    guard bytes.count <= HLSYAML.byteLimit, let text = String(validating: bytes, as: UTF8.self)
    else {
      self = .mapping([:])
      return
    }
    var lines: [Line] = []
    for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      let content = line.trimmingBlanks()
      guard !content.isEmpty, !content.hasPrefix("-"), !content.hasPrefix("#"),
        let colon = Self.colon(in: content)
      else { continue }
      lines.append(
        Line(
          indent: line.prefix { $0 == " " }.count,
          key: Self.unquoted(String(content[..<colon])),
          value: content[content.index(after: colon)...].trimmingBlanks()))
    }
    var anchors: [String: HLSYAMLTree] = [:]
    var position = 0
    self = Self.mapping(lines, &position, indent: 0, depth: 0, &anchors)
  }

  /// The colon that ends a key: followed by a blank or the end, outside quotes.
  private static func colon(in text: String) -> String.Index? {
    var quote: Character?
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if index == text.startIndex, character == "'" || character == "\"" {
        quote = character
      } else if character == ":" {
        let next = text.index(after: index)
        if next == text.endIndex || text[next] == " " { return index }
      }
      index = text.index(after: index)
    }
    return nil
  }

  private static func mapping(
    _ lines: [Line], _ position: inout Int, indent: Int, depth: Int,
    _ anchors: inout [String: HLSYAMLTree]
  ) -> HLSYAMLTree {
    var members: [String: HLSYAMLTree] = [:]
    while position < lines.count, lines[position].indent >= indent {
      let line = lines[position]
      position += 1
      // Deeper than its mapping: the content of something that is not understood.
      guard line.indent == indent else { continue }
      var value = line.value
      var anchor: String?
      if value.hasPrefix("&") {
        let name = value.dropFirst().prefix { $0 != " " }
        anchor = String(name)
        value = value.dropFirst(name.count + 1).trimmingBlanks()
      }
      let tree: HLSYAMLTree
      if value.isEmpty {
        let inner = position < lines.count ? lines[position].indent : 0
        tree =
          inner > indent && depth < depthLimit
          ? mapping(lines, &position, indent: inner, depth: depth + 1, &anchors) : .mapping([:])
      } else if value.hasPrefix("*") {
        tree = anchors[String(value.dropFirst())] ?? .mapping([:])
      } else {
        tree = .scalar(unquoted(value))
      }
      if let anchor { anchors[anchor] = tree }
      if members[line.key] == nil { members[line.key] = tree }
    }
    return .mapping(members)
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, let first = text.first, first == text.last, first == "'" || first == "\""
    else { return text }
    return String(text.dropFirst().dropLast())
  }
}
