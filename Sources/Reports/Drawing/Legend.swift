import Documents

/// The key of a plot: marks or colours with their names, in as many rows as they need.
struct Legend: Sendable {
  enum Key: Sendable {
    case marker(MarkerShape, style: String)
    case swatch(style: String)
    case line(style: String)
    case dot(style: String)
    case none
  }

  struct Entry: Sendable {
    let key: Key
    let name: String
  }

  /// Entries that are shown.
  private static let limit = 40
  private static let size = 12.0
  private static let rowHeight = 20.0
  private static let gap = 18.0
  private static let keyWidth = 22.0
  private let places: [(entry: Entry, text: String, place: Place)]
  /// Height of all rows.
  let height: Double

  init(_ entries: [Entry], width: Double) {
    var places: [(entry: Entry, text: String, place: Place)] = []
    var x = 0.0
    var row = 0
    let hidden = entries.count - Self.limit
    let rest =
      hidden > 0 ? [Entry(key: .none, name: "and \(Quantity.count(hidden)) more")] : []
    for entry in entries.prefix(Self.limit) + rest {
      let text = TextMetrics.fitted(entry.name, width: min(280, width - 40), size: Self.size)
      let needed = Self.keyWidth + TextMetrics.width(text, size: Self.size)
      if x > 0, x + needed > width {
        x = 0
        row += 1
      }
      places.append((entry, text, Place(x, Double(row) * Self.rowHeight)))
      x += needed + Self.gap
    }
    self.places = places
    height = entries.isEmpty ? 0 : Double(row + 1) * Self.rowHeight
  }

  func draw(on canvas: inout SVGCanvas, at corner: Place) {
    guard !places.isEmpty else { return }
    canvas.open("legend")
    for (entry, text, offset) in places {
      let (x, y) = (corner.x + offset.x, corner.y + offset.y)
      let center = Place(x + 8, y + Self.rowHeight / 2)
      switch entry.key {
      case .marker(let shape, let style): canvas.marker(shape, at: center, style)
      case .swatch(let style):
        canvas.rectangle(Box(x: x + 1, y: center.y - 6, width: 14, height: 12), style)
      case .line(let style):
        canvas.line(Place(x, center.y), Place(x + 17, center.y), style)
      case .dot(let style): canvas.dots([center], style)
      case .none: break
      }
      canvas.text(text, at: Place(x + Self.keyWidth, center.y + 4), size: Self.size)
    }
    canvas.close()
  }
}
