/// Names close to what a user typed.
public enum Suggestion {
  /// Letters of the longest word that others are compared with.
  static let longestWord = 100

  /// The candidates nearest to `word`, best first, at most `limit`; empty if none is near.
  ///
  /// Near is an edit distance of at most a third of the word's length (at least 1, and 2 from four
  /// letters on), letter case ignored, or a candidate that begins with the word.
  public static func nearest(
    to word: String, among candidates: some Sequence<String>, limit: Int = 3
  ) -> [String] {
    let typed = Array(word.lowercased())
    guard !typed.isEmpty, typed.count <= longestWord else { return [] }
    let allowed = max(typed.count / 3, typed.count >= 4 ? 2 : 1)
    var ranked: [(distance: Int, name: String)] = []
    for candidate in candidates {
      // A name has at most as many letters as bytes.
      guard candidate.utf8.count + allowed >= typed.count else { continue }
      let letters = Array(candidate.lowercased())
      let isLonger = letters.count > typed.count + allowed
      guard !isLonger || letters.starts(with: typed) else { continue }
      let distance =
        letters.count > typed.count && typed.count >= 2 && letters.starts(with: typed)
        ? 1 : editDistance(typed, letters)
      if distance <= allowed { ranked.append((distance, candidate)) }
    }
    ranked.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return ranked.prefix(limit).map(\.name)
  }

  /// A sentence `did you mean 'a' or 'b'?`, or nil.
  public static func sentence(for word: String, among candidates: some Sequence<String>) -> String?
  {
    let names = nearest(to: word, among: candidates).map { "'\($0)'" }
    guard let last = names.last else { return nil }
    let others = names.dropLast().joined(separator: ", ")
    return "did you mean \(others.isEmpty ? last : "\(others) or \(last)")?"
  }

  /// Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string
  /// alignment distance).
  public static func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var row = [i + 1]
      row.reserveCapacity(second.count + 1)
      for (j, other) in second.enumerated() {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other {
          best = min(best, beforeLast[j - 1] + 1)
        }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[second.count]
  }
}
