/// The few facts that are read from `hls4ml_config.yml`.
///
/// A line reader, not a YAML parser: keys at the start of a line with a plain scalar behind the
/// colon, and the lists of `InputShapes`. What it does not understand, it passes over; nothing in
/// this file can make an import fail, since the C++ text holds all that is computed.
struct HLSYAML {
  private(set) var scalars: [String: String] = [:]
  /// Shapes by input variable.
  private(set) var inputShapes: [String: [Int]] = [:]

  /// Longest text that is looked at, in bytes.
  static let byteLimit = 1 << 22

  init(_ bytes: [UInt8]) {
    guard bytes.count <= Self.byteLimit, let text = String(validating: bytes, as: UTF8.self) else {
      return
    }
    var section = ""
    var input = ""
    for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      let content = line.trimmingBlanks()
      let isIndented = line.first == " " || line.first == "\t"
      if !isIndented, !content.hasPrefix("-"), let colon = content.firstIndex(of: ":") {
        section = String(content[..<colon])
        input = ""
        let value = content[content.index(after: colon)...].trimmingBlanks()
        if !value.isEmpty, scalars[section] == nil { scalars[section] = Self.unquoted(value) }
      } else if section == "InputShapes" {
        if content.hasSuffix(":") {
          input = Self.unquoted(String(content.dropLast()))
        } else if content.hasPrefix("-"), !input.isEmpty,
          let extent = Int(content.dropFirst().trimmingBlanks()), extent > 0
        {
          inputShapes[input, default: []].append(extent)
        }
      } else if isIndented, section == "WriterConfig", let colon = content.firstIndex(of: ":") {
        let key = "WriterConfig." + content[..<colon]
        scalars[key] = Self.unquoted(
          content[content.index(after: colon)...].trimmingBlanks())
      }
    }
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, let first = text.first, first == text.last, first == "'" || first == "\""
    else { return text }
    return String(text.dropFirst().dropLast())
  }
}
