/// A grid of cells whose lightness and text say a number, with names of rows and columns.
struct CellMatrix: Sendable {
  struct Cell: Sendable {
    let text: String
    /// Lightness from 0 to 1; nil for a cell without a number.
    let level: Double?
    /// Said of the cell where a pointer rests on it.
    let title: String
  }

  let columns: [String]
  let rows: [(name: String, cells: [Cell])]
  /// Width of a cell at least; wider where its texts are.
  var cellWidth = 26.0
  /// Which columns are set off by a bold name.
  var boldColumns: Set<Int> = []

  private static let rowHeight = 20.0
  private static let size = 11.0
  private static let nameWidth = 220.0

  /// Draws the grid from `top` and returns the bottom; columns that do not fit stand in further grids
  /// below.
  func draw(on canvas: inout SVGCanvas, top: Double, width: Double) -> Double {
    let names = rows.map { TextMetrics.fitted($0.name, width: Self.nameWidth, size: 12) }
    let left = (names.map { TextMetrics.width($0, size: 12) }.max() ?? 0) + 12
    let texts = rows.flatMap { $0.cells.map(\.text) }
    let heads = columns.map { TextMetrics.fitted($0, width: 110, size: Self.size, isBold: true) }
    let needed =
      max(
        texts.map { TextMetrics.width($0, size: Self.size) }.max() ?? 0,
        heads.map { TextMetrics.width($0, size: Self.size, isBold: true) }.max() ?? 0) + 6
    let cell = min(max(cellWidth, needed), width - left)
    let perStrip = max(1, Int((width - left) / cell))
    var y = top
    var first = 0
    while first < columns.count {
      let strip = first..<min(first + perStrip, columns.count)
      for column in strip {
        canvas.text(
          heads[column], at: Place(left + cell * (Double(column - first) + 0.5), y + 13),
          anchor: .middle, size: Self.size, boldColumns.contains(column) ? "t b" : "s")
      }
      y += 20
      for (index, row) in rows.enumerated() {
        canvas.text(names[index], at: Place(left - 8, y + 14), anchor: .end, size: 12)
        for column in strip where row.cells.indices.contains(column) {
          draw(
            row.cells[column], at: Place(left + cell * Double(column - first), y), width: cell,
            on: &canvas)
        }
        y += Self.rowHeight
      }
      first = strip.upperBound
      if first < columns.count { y += 12 }
    }
    return y
  }

  private func draw(_ cell: Cell, at corner: Place, width: Double, on canvas: inout SVGCanvas) {
    let box = Box(x: corner.x, y: corner.y, width: width, height: Self.rowHeight)
    let step = cell.level.map {
      min(max(Int($0 * Double(StyleSheet.stepCount)), 0), StyleSheet.stepCount - 1)
    }
    canvas.rectangle(box, step.map { "h\($0)" } ?? "quiet", title: cell.title)
    guard !cell.text.isEmpty else { return }
    canvas.text(
      TextMetrics.fitted(cell.text, width: width - 2, size: Self.size),
      at: Place(box.center.x, corner.y + 14), anchor: .middle, size: Self.size,
      step.map { "k\($0)" } ?? "t")
  }
}
