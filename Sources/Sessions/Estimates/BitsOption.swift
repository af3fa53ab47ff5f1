package import QuantGraph
package import Schedules

/// One value of `--bits`: `w4a8`, `w4` or `a8`.
package struct BitsOption: Sendable {
  package let text: String
  package let weights: Int?
  package let activations: Int?

  /// The values of a comma list.
  ///
  /// - Throws: a ``Failure`` with code `usage.bits`.
  package static func list(_ text: String) throws(Failure) -> [BitsOption] {
    var options: [BitsOption] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      options.append(try BitsOption(String(part)))
    }
    return options
  }

  private init(_ text: String) throws(Failure) {
    self.text = text
    var rest = text[...]
    func number(after letter: Character) -> Int? {
      guard rest.first == letter else { return nil }
      rest.removeFirst()
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest.removeFirst(digits.count)
      return Int(digits) ?? 0
    }
    let weights = number(after: "w")
    let activations = number(after: "a")
    let allowed = 1...16
    guard rest.isEmpty, weights != nil || activations != nil,
      weights.map(allowed.contains) ?? true, activations.map(allowed.contains) ?? true
    else {
      throw Failure(
        "usage.bits", "--bits \(text) is none of w4a8, w4, a8",
        notes: ["bits: 1 to 16 of weights (w) and of activations (a)"],
        remedy: "separate several values by commas: --bits w8a8,w4a8.")
    }
    self.weights = weights
    self.activations = activations
  }

  /// The widths for everything that has codes.
  package var choices: FormatChoices {
    var choices = FormatChoices()
    choices.uniform = .init(weights: weights, activations: activations)
    return choices
  }
}
