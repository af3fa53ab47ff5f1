import Arith
import Documents

/// The values of several formats on one axis.
public struct ValueLines: Sendable {
  private let rows: [FormatFacts]
  private let limit: Double

  /// - Parameters:
  ///   - rows: one a format.
  ///   - limit: where the axis ends on both sides; what is no positive number is 1.
  public init(_ rows: [FormatFacts], limit: Double) {
    self.rows = rows
    self.limit = limit > 0 && limit.isFinite ? limit : 1
  }

  private func position(_ value: Double) -> Double? {
    let part = (value / limit + 1) / 2
    return (0...1).contains(part) ? part : nil
  }

  /// One line of 64 places a format; a stroke where a value is.
  public var text: String {
    let width = rows.map(\.encoding.name.count).max() ?? 0
    return rows.map { row in
      var line = [Character](repeating: ".", count: 64)
      for value in row.values ?? [] {
        if let place = position(value) { line[Int((place * 63).rounded())] = "|" }
      }
      let name = row.encoding.name
      return "  \(name)\(String(repeating: " ", count: width - name.count))  \(String(line))\n"
    }.joined()
  }

  /// The same as a drawing of 800 by 40 a format.
  public var svg: String {
    let height = 40 * rows.count + 30
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 \(height)" font-family="sans-serif" \
      font-size="12">
      <title>Values of number formats</title>

      """
    for (index, row) in rows.enumerated() {
      let y = 40 * index + 30
      text += "<text x=\"10\" y=\"\(y - 12)\">\(Markup.escaped(row.encoding.name))</text>\n"
      text += "<line x1=\"20\" y1=\"\(y)\" x2=\"780\" y2=\"\(y)\" stroke=\"#999\"/>\n"
      for value in row.values ?? [] {
        guard let place = position(value) else { continue }
        let x = (200 + (place * 7600).rounded()) / 10
        text +=
          "<line x1=\"\(x)\" y1=\"\(y - 6)\" x2=\"\(x)\" y2=\"\(y + 6)\" stroke=\"#06c\"/>\n"
      }
    }
    let y = height - 6
    text += "<text x=\"20\" y=\"\(y)\">\(FormatFacts.text(-limit))</text>\n"
    text += "<text x=\"780\" y=\"\(y)\" text-anchor=\"end\">\(FormatFacts.text(limit))</text>\n"
    return text + "</svg>\n"
  }
}
