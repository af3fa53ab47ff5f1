public import Documents
public import QuantGraph

/// Why a search gave the layers of a point what they have, from its result.
public struct PointReasons: Sendable {
  private let data: SearchData
  private let point: SearchData.Point
  /// Positions in the point's layers.
  private let layers: [Int]
  private let names: LayerNames

  /// - Parameters:
  ///   - file: a result of `search`.
  ///   - id: of a point, or `knee`.
  ///   - layer: as ``QuantGraph/LayerNames`` reads it; nil for all.
  /// - Throws: a `Failure` for a file of another kind, and names that it does not have.
  public init(_ file: ResultFile, point id: String, layer: String?) throws(Failure) {
    guard file.kind == .search else {
      throw Failure(
        "report.result", "this is a result of \(file.kind.rawValue)", at: file.path,
        remedy: "give a search's search.json.")
    }
    let data = try SearchData(file.result)
    self.data = data
    let found = data.points.first { id == "knee" ? $0.isKnee : $0.id == id }
    guard let found else {
      throw .unknown(
        "point", id, code: "search.point", among: data.points.map(\.id) + ["knee"],
        listedBy: "hwsim report \(file.path)", at: file.path)
    }
    point = found
    let names = LayerNames(found.layers.map(\.name))
    self.names = names
    layers =
      try layer.map { layer throws(Failure) in
        try names.layers(layer, listedBy: "hwsim report \(file.path)", at: file.path)
      } ?? Array(found.layers.indices)
  }

  /// The layers, one a row.
  public var table: Table {
    var table = Table([
      .number("#", named: "number"), .text("layer", isFlexible: true), .text("weights"),
      .text("activations", leaves: 1), .text("reason", isFlexible: true),
    ])
    for index in layers {
      let choice = point.layers[index]
      table.append([
        .count(index + 1), .init(names.short[index], plain: choice.name),
        .init(choice.weights ?? choice.candidate ?? "as the model"),
        .init(choice.activations ?? ""), .init(choice.reason ?? ""),
      ])
    }
    return table
  }

  public var json: JSON {
    [
      "point": .string(point.id),
      "knee": .bool(point.isKnee),
      "values": .array(point.values.map { $0.map(JSON.number) ?? .null }),
      "layers": .array(
        layers.map { index in
          let choice = point.layers[index]
          return [
            "name": .string(choice.name), "weights": .optional(choice.weights),
            "activations": .optional(choice.activations), "reason": .optional(choice.reason),
            "sensitivity": sensitivity(of: choice.name),
          ]
        }),
    ]
  }

  /// What the layer's candidates were measured to change.
  private func sensitivity(of layer: String) -> JSON {
    guard let found = data.sensitivity?.layers.first(where: { $0.name == layer }) else {
      return .null
    }
    return .array(
      zip(found.candidates, found.values).map {
        ["candidate": .string($0), "value": .number($1)]
      })
  }

  public func text(_ style: Style) -> String {
    let values = zip(data.objectives, point.values).compactMap { objective, value in
      value.map { "\(objective.name) \(objective.measure.text($0))" }
    }
    var text =
      style.bold("point \(point.id)") + (point.isKnee ? ", the knee" : "") + ": "
      + values.joined(separator: ", ") + "\n"
    if !point.indistinguishableFrom.isEmpty {
      text += "not told apart from \(point.indistinguishableFrom.joined(separator: ", "))\n"
    }
    guard layers.count == 1 else { return text + "\n" + table.render(style: style) }
    let choice = point.layers[layers[0]]
    text += "\n\(choice.name)\n"
    text +=
      "  takes     \([choice.weights, choice.activations].compactMap(\.self).joined(separator: " / "))\n"
    if let reason = choice.reason { text += "  since     \(reason)\n" }
    if let found = data.sensitivity?.layers.first(where: { $0.name == choice.name }) {
      text += "  \(data.sensitivity?.metric ?? "") of its candidates\n"
      for (candidate, value) in zip(found.candidates, found.values) {
        let space = String(repeating: " ", count: max(14 - candidate.count, 1))
        text += "    \(candidate)\(space)\(NumberText.significant(value, digits: 4))\n"
      }
    }
    // Its neighbours on the frontier that give the layer something else.
    for other in data.frontier where other.id != point.id {
      guard let theirs = other.layers.first(where: { $0.name == choice.name }),
        theirs.weights != choice.weights || theirs.activations != choice.activations
      else { continue }
      let formats = [theirs.weights, theirs.activations].compactMap(\.self)
      text += "  \(other.id) has    \(formats.joined(separator: " / "))\n"
    }
    return text
  }
}
