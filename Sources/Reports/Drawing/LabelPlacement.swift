import Glibc

/// Labels beside points, none over another, over a mark, or outside the plot.
///
/// Each label in turn takes, among places around its point at growing distance, the one that costs
/// least: near, and off the lines. A label for which every place is taken is left out.
struct LabelPlacement: Sendable {
  struct Request: Sendable {
    let text: String
    /// The point that the label names.
    let anchor: Place
    var isBold = false
  }

  struct Label: Sendable {
    let text: String
    let isBold: Bool
    /// Start of the baseline.
    let place: Place
    let box: Box
    /// From the mark to the label, where they are apart.
    let leader: Segment?
  }

  let labels: [Label]
  /// How many labels found no place.
  let omitted: Int

  static let size = 12.0
  /// Space kept around each label.
  private static let margin = 1.5
  private static let distances: [Double] = [3, 8, 14, 22, 32, 44, 58, 74, 92]
  /// Unit vectors in steps of 15 degrees, upper right first; labels there hide least.
  private static let directions: [Place] = (0..<24).map { index in
    let angle = Double(index) * 15 - 45
    return Place(cos(angle * .pi / 180), sin(angle * .pi / 180))
  }

  /// - Parameters:
  ///   - requests: In order of importance.
  ///   - bounds: Where labels may stand.
  ///   - marks: Boxes that labels must keep off.
  ///   - lines: Lines that labels should keep off.
  init(_ requests: [Request], in bounds: Box, keepingOff marks: [Box], avoiding lines: [Segment]) {
    var placed: [Label] = []
    var omitted = 0
    for request in requests {
      // Only what a label could reach matters to it.
      let width = TextMetrics.width(request.text, size: Self.size, isBold: request.isBold)
      let reach = Box(around: request.anchor, reach: (Self.distances.last ?? 0) + width + 40)
      let marks = marks.filter { $0.overlaps(reach) }
      let lines = lines.filter { reach.touches($0) }
      let best = Self.candidates(for: request).lazy.compactMap { candidate -> (Double, Label)? in
        guard bounds.contains(candidate.box),
          !marks.contains(where: { $0.overlaps(candidate.box) }),
          !placed.contains(where: { Self.clash($0, candidate) })
        else { return nil }
        let crossed = lines.count { candidate.box.touches($0) }
        return (candidate.cost + 9 * Double(crossed), candidate.label)
      }.min { $0.0 < $1.0 }
      if let best { placed.append(best.1) } else { omitted += 1 }
    }
    labels = placed
    self.omitted = omitted
  }

  func draw(on canvas: inout SVGCanvas) {
    for label in labels {
      if let leader = label.leader { canvas.line(leader.from, leader.to, "leader") }
      canvas.text(
        label.text, at: label.place, size: Self.size, label.isBold ? "t b halo" : "t halo")
    }
  }

  private struct Candidate {
    let label: Label
    let box: Box
    let cost: Double
  }

  private static func candidates(for request: Request) -> [Candidate] {
    let width = TextMetrics.width(request.text, size: size, isBold: request.isBold)
    let height = size * TextMetrics.lineHeight
    var found: [Candidate] = []
    for distance in distances {
      for (index, direction) in directions.enumerated() {
        // The box touches the circle of this distance from outside.
        let reach = MarkerShape.reach + distance
        let center = Place(
          request.anchor.x + direction.x * (reach + width / 2),
          request.anchor.y + direction.y * (reach + height / 2))
        let box = Box(
          x: center.x - width / 2, y: center.y - height / 2, width: width, height: height)
        var leader: Segment?
        if distance > 8 {
          let from = Place(
            request.anchor.x + direction.x * MarkerShape.reach,
            request.anchor.y + direction.y * MarkerShape.reach)
          let to = Place(
            min(max(request.anchor.x, box.x), box.right),
            min(max(request.anchor.y, box.y), box.bottom))
          leader = Segment(from: from, to: to)
        }
        let label = Label(
          text: request.text, isBold: request.isBold,
          place: Place(box.x, box.y + size * 0.95), box: box, leader: leader)
        found.append(
          Candidate(
            label: label, box: box.grown(by: margin),
            cost: distance + Double(min(index, 24 - index)) * 0.3))
      }
    }
    return found
  }

  private static func clash(_ placed: Label, _ candidate: Candidate) -> Bool {
    if placed.box.overlaps(candidate.box) { return true }
    if let leader = placed.leader, candidate.box.touches(leader) { return true }
    if let leader = candidate.label.leader, placed.box.touches(leader) { return true }
    return false
  }
}
