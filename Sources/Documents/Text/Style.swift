/// How words are set off on a terminal, and how wide it is; without colour every style is the plain
/// text.
///
/// Colour never carries meaning alone: what is coloured is a word that says the same.
public struct Style: Sendable {
  public static let plain = Style(usesColor: false)
  /// Columns of a text that goes to no terminal.
  public static let usualWidth = 100
  public let usesColor: Bool
  /// Columns that lines may take.
  public let width: Int

  public init(usesColor: Bool, width: Int = Self.usualWidth) {
    self.usesColor = usesColor
    self.width = width
  }

  public func bold(_ text: String) -> String { wrap(text, "1") }
  public func dim(_ text: String) -> String { wrap(text, "2") }
  /// A good verdict.
  public func good(_ text: String) -> String { wrap(text, "1;32") }
  /// A bad verdict, an error.
  public func bad(_ text: String) -> String { wrap(text, "1;31") }
  /// A warning.
  public func caution(_ text: String) -> String { wrap(text, "1;33") }
  /// A hint, a remedy.
  public func hint(_ text: String) -> String { wrap(text, "36") }

  private func wrap(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
