import Arith
import Documents
package import QuantGraph

/// What `hwsim search` found, read back from its document.
package struct SearchData: Sendable {
  /// One axis of the search.
  package struct Objective: Sendable {
    package let name: String
    package let measure: Measure
    package let isMaximized: Bool
    package let isEstimate: Bool
    /// Name of the cost model of an estimate.
    package let model: String?
    /// Its measured error in percent, half the width of an error bar; nil where it is unknown.
    package let errorPercent: Double?

    /// Whether `first` is better than `second`.
    package func prefers(_ first: Double, to second: Double) -> Bool {
      isMaximized ? first > second : first < second
    }
  }

  package struct Layer: Sendable {
    package let name: String
    package let operatorName: String?
    /// Number of weights.
    package let weights: Int?
    /// Multiplications with accumulation a sample.
    package let macs: Int?
    package let tieGroup: Int?
  }

  /// What a point gives one layer.
  package struct Choice: Sendable {
    package let name: String
    /// Name of the weights' format, or nil.
    package let weights: String?
    package let activations: String?
    /// Name of the candidate where its formats do not say all of it.
    package let candidate: String?
    package let reason: String?
    /// What the layer has of each objective; nil where the document does not say.
    package let costs: [Double?]

    package var weightBits: Double? { weights.flatMap(FormatBits.of) }
    package var activationBits: Double? { activations.flatMap(FormatBits.of) }
  }

  package struct Point: Sendable {
    package let id: String
    /// One number an objective; nil where the document has none.
    package let values: [Double?]
    package let isOnFrontier: Bool
    package let isKnee: Bool
    package let allocation: String?
    package let indistinguishableFrom: [String]
    package let layers: [Choice]
  }

  package struct Baseline: Sendable {
    package let name: String
    package let points: [(label: String, values: [Double?])]
  }

  package struct Sensitivity: Sendable {
    package let metric: String
    package let layers: [(name: String, candidates: [String], values: [Double])]
  }

  package struct Rank: Sendable {
    package let metric: String
    package let spearman: Double
    package let evaluations: Int?
  }

  package let objectives: [Objective]
  package let layers: [Layer]
  package let method: String?
  package let seed: Int?
  package let evaluated: Int?
  package let configurations: Double?
  package let space: String?
  /// One number an objective, in the order made.
  package let evaluations: [[Double?]]
  package let points: [Point]
  package let isProved: Bool?
  /// Which budget cannot be met and what can be reached, in words; nil where all are met.
  package let infeasibility: String?
  package let gap: Double?
  package let sensitivity: Sensitivity?
  package let rank: Rank?
  package let baselines: [Baseline]
  /// The patch schedule that was searched over; nil for others.
  package let patches: Patches?

  /// Patches of a schedule and how they were told apart.
  package struct Patches: Sendable {
    package let grid: Int
    package let splitAfter: Int
    /// The tensor whose values classify; nil where none do.
    package let tensor: String?
    package let sigma: Double?
    /// By tile, row by row: whether it is an outlier, and its share of outliers.
    package let tiles: [(isOutlier: Bool?, outliers: Double?)]
    package let schedules: [Schedule]

    package struct Schedule: Sendable {
      package let name: String
      package let macs: Double
      package let bitOperations: Double
      package let reduction: Double
      package let peakBytes: Double
      package let sramBytes: Double?
      package let seconds: Double?
      /// Mean bits of each tile; empty for a network run layer by layer.
      package let tileBits: [Double]
    }
  }

  package var frontier: [Point] { points.filter(\.isOnFrontier) }

  /// - Throws: `report.result` where the document is not what `hwsim.search/1` says.
  package init(_ result: ResultField) throws(Failure) {
    var objectives: [Objective] = []
    for field in try result.required("objectives").elements() {
      objectives.append(try Objective(field, isFirst: objectives.isEmpty))
    }
    guard objectives.count >= 2 else {
      throw result.problem("a search has at least two objectives, found \(objectives.count)")
    }
    self.objectives = objectives
    var layers: [Layer] = []
    for field in try result.elements("layers") { layers.append(try Layer(field)) }
    self.layers = layers
    method = try result.text("method")
    seed = try result.integer("seed")
    evaluated = try result.integer("evaluated")
    let space = try result.optional("space")
    configurations = try space?.number("configurations")
    self.space = try space?.text("name")
    var evaluations: [[Double?]] = []
    for field in try result.elements("evaluations") {
      evaluations.append(try Self.values(of: objectives, in: field))
    }
    self.evaluations = evaluations
    var points: [Point] = []
    for field in try result.required("points").elements() {
      points.append(try Point(field, objectives: objectives))
    }
    self.points = points
    let optimality = try result.optional("optimality")
    isProved = try optimality?.flag("proved")
    gap = try optimality?.number("gap")
    if let failed = try result.optional("infeasible") {
      var words = try failed.text("budget").map { "budget \($0) cannot be met" } ?? "budgets fail"
      if let minimum = try failed.optional("reachable_minimum") {
        let parts = try minimum.members().map { ($0.key, $0.field.value) }.map { key, value in
          "\(key) \(Measure(name: key).text(value.doubleValue))"
        }
        words += ", smallest reachable: \(parts.joined(separator: ", "))"
      }
      infeasibility = words
    } else {
      infeasibility = nil
    }
    if let field = try result.optional("sensitivity") {
      sensitivity = try Sensitivity(field)
    } else {
      sensitivity = nil
    }
    if let field = try result.optional("rank_correlation") {
      rank = try Rank(field)
    } else {
      rank = nil
    }
    var baselines: [Baseline] = []
    for field in try result.elements("baselines") {
      var found: [(label: String, values: [Double?])] = []
      for point in try field.elements("points") {
        let label = try point.text("label") ?? ""
        let values = try Self.values(of: objectives, in: point)
        found.append((label, values))
      }
      baselines.append(Baseline(name: try field.required("name").text(), points: found))
    }
    self.baselines = baselines
    patches = try result.optional("patch").map { field throws(Failure) in try Patches(field) }
  }

  /// The numbers of `objectives` in a point, an evaluation or a baseline.
  ///
  /// A number stands under the objective's name, under the name with its unit (`latency` as
  /// `latency_seconds`), or in `resources`.
  fileprivate static func values(
    of objectives: [Objective], in field: ResultField
  ) throws(Failure) -> [Double?] {
    var values: [Double?] = []
    for objective in objectives {
      let keys =
        [objective.name]
        + ["seconds", "bytes", "bits", "joules", "cycles", "pj"].map { "\(objective.name)_\($0)" }
      if let found = try field.first(of: keys) {
        values.append(try found.number())
      } else if let resources = try field.optional("resources") {
        values.append(try resources.first(of: keys)?.number())
      } else {
        values.append(nil)
      }
    }
    return values
  }
}

extension SearchData.Objective {
  fileprivate init(_ field: ResultField, isFirst: Bool) throws(Failure) {
    name = try field.required("name").text()
    switch try field.text("direction") {
    case "max": isMaximized = true
    case "min": isMaximized = false
    case nil: isMaximized = name == "accuracy"
    case let other?: throw field.problem("direction '\(other.prefix(40))' is neither max nor min")
    }
    measure = Measure(name: name, unit: try field.text("unit") ?? "")
    isEstimate = try field.text("kind") == "estimate"
    model = try field.text("model")
    let error = try field.number("error_percent")
    if let error, !(error.isFinite && error >= 0) {
      throw field.problem("error_percent is negative or no finite number")
    }
    errorPercent = error
  }
}

extension SearchData.Layer {
  fileprivate init(_ field: ResultField) throws(Failure) {
    name = try field.required("name").text()
    operatorName = try field.text("operator")
    weights = try field.integer("weights")
    macs = try field.integer("macs")
    tieGroup = try field.integer("tie_group")
  }
}

extension SearchData.Point {
  fileprivate init(
    _ field: ResultField, objectives: [SearchData.Objective]
  ) throws(Failure) {
    id = try field.required("id").text()
    values = try SearchData.values(of: objectives, in: field)
    isOnFrontier = try field.flag("on_frontier") ?? true
    isKnee = try field.flag("knee") ?? false
    allocation = try field.text("allocation")
    var others: [String] = []
    for other in try field.elements("indistinguishable_from") { others.append(try other.text()) }
    indistinguishableFrom = others
    func isMore(_ layer: ResultField) throws(Failure) -> Bool {
      if try layer.text("grouping") != nil { return true }
      return try layer.text("accumulator") != nil
    }
    var layers: [SearchData.Choice] = []
    for layer in try field.elements("layers") {
      let name = try layer.required("name").text()
      let weights = try layer.text("weights")
      let activations = try layer.text("activations")
      var costs = [Double?](repeating: nil, count: objectives.count)
      if let field = try layer.optional("costs") {
        costs = try SearchData.values(of: objectives, in: field)
      }
      layers.append(
        SearchData.Choice(
          name: name, weights: weights, activations: activations,
          candidate: try isMore(layer) ? layer.text("candidate") : nil,
          reason: try layer.text("reason"), costs: costs))
    }
    self.layers = layers
  }
}

extension SearchData.Sensitivity {
  fileprivate init(_ field: ResultField) throws(Failure) {
    metric = try field.text("metric") ?? "sensitivity"
    var layers: [(name: String, candidates: [String], values: [Double])] = []
    for layer in try field.elements("layers") {
      var candidates: [String] = []
      for candidate in try layer.required("candidates").elements() {
        candidates.append(try candidate.text())
      }
      var values: [Double] = []
      // A score that could not be computed is null.
      for value in try layer.required("values").elements() {
        values.append(value.value == .null ? .nan : try value.number())
      }
      guard values.count == candidates.count else {
        throw layer.problem("has \(values.count) values for \(candidates.count) candidates")
      }
      let name = try layer.required("name").text()
      layers.append((name, candidates, values))
    }
    self.layers = layers
  }
}

extension SearchData.Patches {
  fileprivate init(_ field: ResultField) throws(Failure) {
    grid = try field.required("grid").integer()
    splitAfter = try field.required("split_after").integer()
    let classification = try field.optional("classification")
    tensor = try classification?.text("tensor")
    sigma = try classification?.number("outlier_sigma")
    var tiles: [(isOutlier: Bool?, outliers: Double?)] = []
    for tile in try field.required("tiles").elements() {
      tiles.append((try tile.text("class").map { $0 == "outlier" }, try tile.number("outliers")))
    }
    guard (1...256).contains(grid), tiles.count == grid * grid else {
      throw field.problem("has \(tiles.count) tiles in a grid of \(grid)")
    }
    self.tiles = tiles
    var schedules: [Schedule] = []
    for row in try field.required("schedules").elements() {
      var bits: [Double] = []
      for number in try row.elements("tile_bits") { bits.append(try number.number()) }
      guard bits.isEmpty || bits.count == tiles.count else {
        throw row.problem("has bits of \(bits.count) tiles, there are \(tiles.count)")
      }
      schedules.append(
        Schedule(
          name: try row.required("name").text(), macs: try row.required("macs").number(),
          bitOperations: try row.required("bops").number(),
          reduction: try row.required("bops_reduction").number(),
          peakBytes: try row.required("peak_bytes").number(),
          sramBytes: try row.number("sram_bytes"), seconds: try row.number("latency_seconds"),
          tileBits: bits))
    }
    self.schedules = schedules
  }
}

extension SearchData.Rank {
  fileprivate init(_ field: ResultField) throws(Failure) {
    metric = try field.text("metric") ?? "sensitivity"
    spearman = try field.required("spearman").number()
    evaluations = try field.integer("evaluations")
  }
}

/// How wide a format is, by its name.
package enum FormatBits {
  /// Bits a value, scales of blocks included; nil where the name is unknown or says no width.
  package static func of(_ name: String) -> Double? {
    // Names of formats are short; a longer text is none.
    guard name.utf8.count <= 200, let encoding = try? Encoding(name: name) else { return nil }
    switch encoding {
    case .block(let format): return format.bitsPerValue
    default: return encoding.scalarWidth.map(Double.init)
    }
  }
}
