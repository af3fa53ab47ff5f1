import Glibc

/// A frontier as lines of text: the first cost from left to right, the quality upwards.
struct FrontierPlot {
  struct Mark {
    let x: Double
    let y: Double
    /// Ids of one letter are drawn, others as `o`.
    let id: String
    let isKnee: Bool
  }

  private static let height = 10

  /// The plot; nothing where there are fewer than three places.
  ///
  /// Of marks at one place the knee is drawn, else the first. `width` is the columns that lines may take.
  static func text(
    _ marks: [Mark], xTitle: String, yTitle: String, width: Int, xWords: (Double) -> String,
    yWords: (Double) -> String
  ) -> String {
    let shown = marks.filter { $0.x.isFinite && $0.y.isFinite }
    guard let left = shown.map(\.x).min(), let right = shown.map(\.x).max(),
      let low = shown.map(\.y).min(), let high = shown.map(\.y).max(), left < right, low < high,
      Set(shown.map(\.x)).count > 2
    else { return "" }
    let labels = [yWords(high), yWords(low)]
    let margin = (labels.map(\.count).max() ?? 0) + 1
    let columns = min(width - margin - 1, 72)
    guard columns >= 24 else { return "" }
    let isLogarithmic = left > 0 && right / left > 30
    func share(_ x: Double) -> Double {
      isLogarithmic ? log(x / left) / log(right / left) : (x - left) / (right - left)
    }
    var grid = [[Character]](
      repeating: [Character](repeating: " ", count: columns), count: Self.height)
    for mark in shown.filter({ !$0.isKnee }).reversed() + shown.filter(\.isKnee) {
      let column = Int((share(mark.x) * Double(columns - 1)).rounded())
      let row = Int(((high - mark.y) / (high - low) * Double(Self.height - 1)).rounded())
      grid[row][column] = mark.id.count == 1 ? mark.id.first ?? "o" : mark.isKnee ? ">" : "o"
    }
    var text = yTitle + "\n"
    for (row, line) in grid.enumerated() {
      let label = row == 0 ? labels[0] : row == Self.height - 1 ? labels[1] : ""
      var drawn = String(repeating: " ", count: margin - 1 - label.count) + label + " |"
      drawn += String(line)
      while drawn.last == " " { drawn.removeLast() }
      text += drawn + "\n"
    }
    let indent = String(repeating: " ", count: margin)
    text += indent + "+" + String(repeating: "-", count: columns) + "\n"
    let ends = (xWords(left), xWords(right))
    let title = xTitle + (isLogarithmic ? ", logarithmic" : "")
    let room = columns - ends.0.count - ends.1.count - title.count
    guard room >= 2 else { return text + "\(indent) \(ends.0) ... \(ends.1) \(title)\n" }
    let before = room / 2
    return text + indent + " " + ends.0 + String(repeating: " ", count: before) + title
      + String(repeating: " ", count: room - before) + ends.1 + "\n"
  }
}
