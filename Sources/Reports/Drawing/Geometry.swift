/// A place on a drawing, in its units, y downward.
struct Place: Hashable, Sendable {
  var x: Double
  var y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// An upright rectangle.
struct Box: Hashable, Sendable {
  let x: Double
  let y: Double
  let width: Double
  let height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  var center: Place { Place(x + width / 2, y + height / 2) }

  init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The square around `center` that reaches `reach` in each direction.
  init(around center: Place, reach: Double) {
    self.init(x: center.x - reach, y: center.y - reach, width: 2 * reach, height: 2 * reach)
  }

  func grown(by margin: Double) -> Box {
    Box(x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin)
  }

  func overlaps(_ other: Box) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }

  func contains(_ other: Box) -> Bool {
    x <= other.x && other.right <= right && y <= other.y && other.bottom <= bottom
  }

  /// Whether the straight line between two places touches the box.
  ///
  /// The part of the line within each pair of parallel sides is cut out in turn (Liang and Barsky
  /// 1984); the line touches if something is left.
  func touches(_ segment: Segment) -> Bool {
    var enter = 0.0
    var leave = 1.0
    let (dx, dy) = (segment.to.x - segment.from.x, segment.to.y - segment.from.y)
    let sides = [
      (-dx, segment.from.x - x), (dx, right - segment.from.x), (-dy, segment.from.y - y),
      (dy, bottom - segment.from.y),
    ]
    for (slope, distance) in sides {
      if slope == 0 {
        if distance < 0 { return false }
        continue
      }
      let share = distance / slope
      if slope < 0 { enter = max(enter, share) } else { leave = min(leave, share) }
      if enter > leave { return false }
    }
    return true
  }
}

/// A straight line between two places.
struct Segment: Hashable, Sendable {
  let from: Place
  let to: Place
}
