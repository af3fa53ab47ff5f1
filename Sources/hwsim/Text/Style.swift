/// How words are set off on a terminal; without colour every style is the plain text.
///
/// Colour never carries meaning alone: what is coloured is a word that says the same.
struct Style: Sendable {
  static let plain = Style(usesColor: false)
  let usesColor: Bool

  func bold(_ text: String) -> String { wrap(text, "1") }
  func dim(_ text: String) -> String { wrap(text, "2") }
  /// A good verdict.
  func good(_ text: String) -> String { wrap(text, "1;32") }
  /// A bad verdict, an error.
  func bad(_ text: String) -> String { wrap(text, "1;31") }
  /// A warning.
  func caution(_ text: String) -> String { wrap(text, "1;33") }
  /// A hint, a remedy.
  func hint(_ text: String) -> String { wrap(text, "36") }

  private func wrap(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
