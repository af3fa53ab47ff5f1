public import Documents
public import QuantGraph

/// What a comparison of two results found, as JSON and as text.
public struct ComparisonAnswer: Sendable {
  private let a: ResultFile
  private let b: ResultFile
  private let threshold: Double
  private let quantities: [ComparedQuantity]
  private let settings: [Setting]

  /// What decided the results and differs between them.
  private struct Setting: Sendable {
    let name: String
    let a: JSON
    let b: JSON
  }

  /// - Throws: `report.result`, `compare.kinds`.
  public init(_ a: ResultFile, _ b: ResultFile, threshold: Double) throws(Failure) {
    self.a = a
    self.b = b
    self.threshold = threshold
    quantities = try ResultQuantities.of(a, b)
    settings = Self.differences(a.document, b.document)
  }

  private func verdict(_ quantity: ComparedQuantity) -> ComparedQuantity.Verdict {
    quantity.verdict(threshold: threshold)
  }

  /// Whether any judged quantity of B is worse than the threshold allows, or gone.
  public var isWorse: Bool { quantities.contains { counts($0, as: .worse) } }

  /// What only A has counts as worse where it is judged: B no longer reaches it.
  private func counts(_ quantity: ComparedQuantity, as wanted: ComparedQuantity.Verdict) -> Bool {
    let verdict = verdict(quantity)
    if verdict == wanted { return true }
    return wanted == .worse && verdict == .onlyA && quantity.direction != .none
  }

  /// The whole in one word.
  var verdict: String {
    if isWorse { return "WORSE" }
    let judged = quantities.filter { $0.direction != .none }.map(verdict)
    if judged.contains(.within) { return "WITHIN \(thresholdText)" }
    if judged.contains(.better) { return "BETTER" }
    return quantities.allSatisfy { verdict($0) == .same } ? "SAME" : "NO WORSE"
  }

  private var thresholdText: String { "\(NumberText.significant(threshold, digits: 6))%" }

  /// The layer's number that is the most of its kind's sum in B away from A; nil where no layer's
  /// numbers are in both.
  private var mostOff: (quantity: ComparedQuantity, layer: String, what: String, share: Double)? {
    let both = quantities.compactMap { quantity in
      quantity.ofLayer.flatMap { of in
        quantity.difference.map { (quantity, of.layer, of.what, $0.magnitude) }
      }
    }
    var sums: [String: Double] = [:]
    for (quantity, _, what, _) in both { sums[what, default: 0] += quantity.b ?? 0 }
    let shares = both.compactMap { quantity, layer, what, difference in
      sums[what].flatMap { sum in
        sum > 0 && difference > 0 ? (quantity, layer, what, difference / sum) : nil
      }
    }
    return shares.max { $0.3 < $1.3 }
  }

  // MARK: JSON

  public var json: JSON {
    func number(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }
    return [
      "kind": .string(a.kind.rawValue),
      "verdict": .string(verdict),
      "threshold_percent": .number(threshold),
      "worse": .integer(quantities.count { counts($0, as: .worse) }),
      "better": .integer(quantities.count { verdict($0) == .better }),
      "quantities": .array(
        quantities.map { quantity in
          [
            "group": .string(quantity.group), "name": .string(quantity.name),
            "unit": .string(quantity.measure.unit),
            "better": .string(quantity.direction.rawValue),
            "a": quantity.words.map { .string($0.a) } ?? number(quantity.a),
            "b": quantity.words.map { .string($0.b) } ?? number(quantity.b),
            "difference": quantity.words == nil ? number(quantity.difference) : .null,
            "ratio": quantity.words == nil ? number(quantity.ratio) : .null,
            "change_percent": quantity.words == nil ? number(quantity.changePercent) : .null,
            "verdict": .string(verdict(quantity).rawValue),
          ]
        }),
      "most_off": mostOff.map { off in
        [
          "layer": .string(off.layer), "quantity": .string(off.what),
          "a": off.quantity.a.map(JSON.number) ?? .null,
          "b": off.quantity.b.map(JSON.number) ?? .null, "share": .number(off.share),
        ]
      } ?? .null,
      "settings": .array(
        settings.map { ["name": .string($0.name), "a": $0.a, "b": $0.b] }),
    ]
  }

  // MARK: Text

  /// Every quantity, one row each.
  public var table: Table { table(of: quantities) }

  private func table(of rows: [ComparedQuantity]) -> Table {
    var table = Table([
      .text("quantity", isFlexible: true), .number("A"), .number("B"),
      .number("difference", leaves: 2),
      .number("ratio", leaves: 1), .text("verdict"),
    ])
    for quantity in rows {
      let measure = quantity.measure
      let difference = quantity.words == nil ? quantity.difference : nil
      let sign = (difference ?? 0) > 0 ? "+" : ""
      table.append([
        .init(quantity.group.isEmpty ? quantity.name : "\(quantity.group): \(quantity.name)"),
        .init(
          quantity.words?.a ?? Self.short(measure, quantity.a),
          plain: quantity.words?.a ?? quantity.a?.description ?? ""),
        .init(
          quantity.words?.b ?? Self.short(measure, quantity.b),
          plain: quantity.words?.b ?? quantity.b?.description ?? ""),
        .init(
          difference.map { sign + Self.short(measure, $0) } ?? "",
          plain: difference?.description ?? ""),
        .init(
          quantity.words == nil
            ? quantity.ratio.map { NumberText.significant($0, digits: 4) } ?? "" : "",
          plain: quantity.words == nil ? quantity.ratio?.description ?? "" : ""),
        .init(Self.words(verdict(quantity))),
      ])
    }
    return table
  }

  /// A number as a column of a terminal has room for it.
  private static func short(_ measure: Measure, _ value: Double?) -> String {
    if case .bytes = measure.dimension, let value, let whole = Int(exactly: value) {
      return "\(Quantity.count(whole)) B"
    }
    if case .share = measure.dimension, let value {
      return "\(NumberText.significant(value * 100, digits: 5))%"
    }
    return measure.text(value)
  }

  private static func words(_ verdict: ComparedQuantity.Verdict) -> String {
    switch verdict {
    case .same, .better, .within, .changed: verdict.rawValue
    case .worse: "WORSE"
    case .onlyA: "only in A"
    case .onlyB: "only in B"
    }
  }

  public func text(_ style: Style, showsAll: Bool) -> String {
    var text = "A   \(Printable.text(a.path))\nB   \(Printable.text(b.path))\n"
    for setting in settings.prefix(showsAll ? .max : 4) {
      let values = [setting.a, setting.b].map { value in
        let words = value.text ?? value.compact
        return Printable.text(words.count > 30 ? words.prefix(28) + ".." : words)
      }
      text += "differs: \(Printable.text(setting.name)): \(values[0]) / \(values[1])\n"
    }
    if settings.count > 4, !showsAll {
      text += "... \(Quantity.count(settings.count - 4, "more difference")): --all\n"
    }
    let worse = quantities.count { counts($0, as: .worse) }
    let better = quantities.count { verdict($0) == .better }
    let same = quantities.count { verdict($0) == .same }
    let word = isWorse ? style.bad(verdict) : style.good(verdict)
    text +=
      "\n\(word)   \(Quantity.count(worse)) worse by more than \(thresholdText), "
      + "\(Quantity.count(better)) better, \(Quantity.count(same)) the same\n"
    if let off = mostOff {
      let measure = off.quantity.measure
      text +=
        "off most: layer '\(Printable.text(off.layer))', \(off.what) "
        + "\(Self.short(measure, off.quantity.a)) in A, \(Self.short(measure, off.quantity.b)) in B "
        + "(\(NumberText.significant(off.share * 100, digits: 3))% of all layers of B)\n"
    }
    text += "\n"
    let shown =
      showsAll ? quantities : quantities.filter { verdict($0) != .same || $0.group.isEmpty }
    // What decides the exit code comes first.
    let ordered = shown.filter { counts($0, as: .worse) } + shown.filter { !counts($0, as: .worse) }
    text += printable(table(of: ordered)).render(limit: showsAll ? nil : 16, style: style)
    let hidden = quantities.count - shown.count
    if hidden > 0, shown.count <= 16 {
      text += "... \(Quantity.count(hidden)) more, all the same: --all\n"
    }
    return text
  }

  private func printable(_ table: Table) -> Table {
    var result = Table(table.columns)
    for row in table.rows {
      result.append(row.map { .init(Printable.text($0.text), plain: $0.plain) })
    }
    return result
  }

  // MARK: Settings

  /// Arguments, target and inputs that differ, by name.
  private static func differences(_ a: JSON, _ b: JSON) -> [Setting] {
    func settings(_ document: JSON) -> [(String, JSON)] {
      var found: [(String, JSON)] = []
      if let version = document["hwsim"]?["version"] { found.append(("hwsim version", version)) }
      for member in document["arguments"]?.members ?? [] {
        found.append(("--" + member.key, member.value))
      }
      if let id = document["target"]?["id"] { found.append(("target", id)) }
      if let sum = document["target"]?["sha256"] { found.append(("target SHA-256", sum)) }
      var seen: [String: Int] = [:]
      for input in document["inputs"]?.elements ?? [] {
        let role = input["role"]?.text ?? "input"
        let count = (seen[role] ?? 0) + 1
        seen[role] = count
        let name = count == 1 ? role : "\(role) \(count)"
        found.append(("\(name) SHA-256", input["sha256"] ?? .null))
      }
      return found
    }
    let (first, second) = (settings(a), settings(b))
    let left = Dictionary(first, uniquingKeysWith: { kept, _ in kept })
    let right = Dictionary(second, uniquingKeysWith: { kept, _ in kept })
    var names: Set<String> = []
    return (first + second).map(\.0).filter { names.insert($0).inserted }.compactMap { name in
      let values = (left[name] ?? .null, right[name] ?? .null)
      return values.0 == values.1 ? nil : Setting(name: name, a: values.0, b: values.1)
    }
  }
}
