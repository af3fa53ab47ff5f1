package import Arith
package import Documents
package import HWModel
import QuantGraph
import Schedules
package import Search

/// Why no allocation meets the budgets.
package struct SearchInfeasibility: Sendable {
  /// Index of a cost whose budget fails by itself; nil if only several together fail.
  package let budget: Int?
  package let reachableMinimum: [Double]
  package let isProved: Bool
  package let budgets: [Double]

  package init(budget: Int?, reachableMinimum: [Double], isProved: Bool, budgets: [Double]) {
    self.budget = budget
    self.reachableMinimum = reachableMinimum
    self.isProved = isProved
    self.budgets = budgets
  }
}

/// The answer of a search, as JSON, text and allocation files.
package struct SearchAnswer: Sendable {
  package let header: StudyHeader
  package let space: SearchSpace
  package let objective: SearchObjective
  package let objectiveCount: Int
  package let evaluations: [Evaluation]
  package let points: [SearchPoint]
  /// Whether no point of the frontier is missing.
  package let isProved: Bool
  package let runs: Int
  package let screeningRuns: Int
  package let infeasible: SearchInfeasibility?
  package let metric: String
  package let method: String
  package let seed: UInt64
  package let spaceName: String
  /// What the quality must be, in words; nil without such a bound.
  package let floor: String?
  /// The best evaluation where that was not reached.
  private let best: Evaluation?
  package let modelDigest: String?
  /// What a reader of the costs must know.
  private let costNotes: [String]
  /// The range that gives the input format of each layer its scale, a list a point; nil where scales
  /// are the model's, or no model is at hand that can say it.
  private let ranges: [[[Double]?]]
  /// The costs that can say what each layer has of them.
  private let costs: [any CostModel]
  /// What each candidate of each layer is in the list of evaluations.
  private let candidateNumbers: [[CandidateNumbers]]
  /// What candidates cost in the first cost that is a sum over layers, bits of weights if none is.
  private let prices: (name: String, unit: String, table: [[Double]])
  /// Names of the choices in which every layer takes the candidate of one name.
  package let uniformNames: [[Int]: String]
  /// Whether no layer has two candidates with as many bits a weight.
  package let areToldApartByBits: Bool
  /// The QONNX models of points.
  package var qonnx = QONNXFiles()
  /// The patch schedule that was searched over; nil for a network run layer by layer.
  package var patches: PatchAnswer?

  private struct CandidateNumbers {
    let weightBits: JSON
    let inputBits: JSON
    let name: JSON
  }

  package var notes: [String] { costNotes + qonnx.notes + (patches?.notes ?? []) }

  package init(
    header: StudyHeader, space: SearchSpace, objective: SearchObjective, objectiveCount: Int,
    outcome: SearchOutcome?, infeasible: SearchInfeasibility?, metric: String, method: String,
    seed: UInt64, spaceName: String, floor: String? = nil, modelDigest: String?,
    costs: [any CostModel],
    notes: [String] = [], ranges: ((Int, Encoding?) -> InputRange?)? = nil
  ) {
    self.header = header
    self.space = space
    self.objective = objective
    self.objectiveCount = objectiveCount
    evaluations = outcome?.evaluations ?? []
    isProved = outcome?.scoreFrontier?.isProved ?? outcome?.isComplete ?? false
    runs = outcome?.runs ?? 0
    screeningRuns = outcome?.screeningRuns ?? 0
    self.infeasible = infeasible
    self.metric = metric
    self.method = method
    self.seed = seed
    self.spaceName = spaceName
    self.floor = floor
    best = outcome.flatMap { outcome in outcome.best.map { outcome.evaluations[$0] } }
    self.modelDigest = modelDigest
    self.costs = costs
    costNotes = notes
    candidateNumbers = zip(space.layers, space.candidates).map { layer, candidates in
      candidates.map {
        CandidateNumbers(
          weightBits: .amount($0.weightBits(in: layer) / Double(max(layer.weightCount, 1))),
          inputBits: .amount($0.activationBits), name: .string($0.name))
      }
    }
    prices = Self.prices(costs, space)
    uniformNames = Dictionary(space.uniformChoices.map { ($0.choice, $0.name) }) { first, _ in first
    }
    areToldApartByBits = space.candidates.allSatisfy { Set($0.map(\.weightBits)).count == $0.count }
    points =
      outcome.map {
        SearchPoint.points(
          $0, header: header, objectiveCount: objectiveCount, quality: objective.quality)
      } ?? []
    self.ranges = points.map { point in
      space.layers.indices.map { layer in
        let format = space.candidates[layer][point.choice[layer]].formats.activations
        if let range = ranges?(layer, format) {
          return [Double(range.minimum), Double(range.maximum)]
        }
        return header.settings["activation-scale"] == nil ? header.inputRanges?[layer] : nil
      }
    }
  }

  package var quality: QualityObjective { objective.quality }

  /// Whether there is an allocation that meets all that was asked for.
  package var hasAnswer: Bool { infeasible == nil && (floor == nil || !points.isEmpty) }

  /// The point that answers: the cheapest of sufficient quality where a floor was given, else the
  /// knee or the last.
  package var answer: SearchPoint? {
    floor != nil ? points.first : points.first { $0.isKnee } ?? points.last
  }

  /// The quality of the best evaluation, where none reached the floor.
  package var bestQuality: String? {
    best.map { found in
      switch quality {
      case .accuracy:
        let share = Double(found.correct ?? 0) / Double(max(found.samples, 1))
        return "\(SearchQuantity.fixed(share * 100, digits: 2))%"
      case .loss: return SearchQuantity.threeDigits(found.loss)
      case .score: return SearchQuantity.threeDigits(header.score(of: found.choice))
      }
    }
  }

  /// Allocation files of the points by name.
  package var allocationFiles: [(name: String, document: JSON)] {
    points.enumerated().map { index, point in
      ("\(point.id).json", allocation(point.choice, ranges: ranges[index]).document)
    }
  }

  /// The formats of a choice with what gives them their scales.
  private func allocation(_ choice: [Int], ranges: [[Double]?]) -> Allocation {
    var result = Allocation(modelSum: modelDigest)
    let weightScale = header.settings["weight-scale"].flatMap(ScaleSearch.init(name:))
    for (layer, formats) in space.formats(of: choice).enumerated() {
      var formats = formats
      if let ends = ranges[layer] {
        formats.inputRange = ObservedRange(minimum: Float(ends[0]), maximum: Float(ends[1]))
      }
      formats.weightScale = weightScale
      result[node: space.layers[layer].name] = formats
    }
    return result
  }

  // MARK: JSON

  package var json: JSON {
    .object([
      .init(key: "objectives", value: .array(objectives)),
      .init(key: "layers", value: .array(layers)),
      .init(key: "candidates", value: .strings(candidateNames)),
      .init(key: "method", value: .string(method)),
      .init(key: "seed", value: .integer(Int(clamping: seed))),
      .init(key: "evaluated", value: .integer(evaluations.count)),
      .init(key: "screened", value: .integer(screeningRuns)),
      .init(
        key: "space",
        value: [
          "configurations": .amount(space.configurationCount), "name": .string(spaceName),
        ]),
      .init(key: "evaluations", value: .array(evaluations.map { .object(numbers($0)) })),
      .init(key: "points", value: .array(points.map(json))),
      .init(
        key: "optimality",
        value: ["proved": .bool(isProved), "gap": isProved ? .integer(0) : .null]),
      .init(
        key: "sensitivity",
        value: [
          "metric": .string(metric),
          "layers": .array(
            space.layers.indices.map { layer in
              [
                "name": .string(space.layers[layer].name),
                "candidates": .strings(space.candidates[layer].map(\.name)),
                "values": .array(header.sensitivities[layer].map(JSON.number)),
              ]
            }),
        ]),
      .init(key: "rank_correlation", value: rankCorrelation),
      .init(key: "baselines", value: .array([uniformBaseline])),
      .init(key: "infeasible", value: infeasibleJSON),
      .init(key: "patch", value: patches?.json ?? .null),
      .init(
        key: "floor",
        value: floor.map {
          [
            "bound": .string($0), "met": .bool(!points.isEmpty),
            "point": .optional(points.first?.id), "best": .optional(bestQuality),
          ]
        } ?? .null),
      .init(key: "notes", value: .strings(notes)),
    ])
  }

  private var objectives: [JSON] {
    let unit =
      switch quality {
      case .accuracy: "%"
      case .loss: "nat"
      case .score: ""
      }
    let first: JSON = [
      "name": .string(objective.name), "unit": .string(unit),
      "direction": .string(quality == .accuracy ? "max" : "min"), "kind": "exact", "model": .null,
      "error_percent": .null,
    ]
    return [first]
      + header.costs.prefix(objectiveCount).map { cost in
        [
          "name": .string(cost.name), "unit": .string(cost.unit), "direction": "min",
          "kind": cost.model == nil ? "exact" : "estimate", "model": .optional(cost.model),
          "error_percent": cost.errorPercent.map(JSON.number) ?? .null,
        ]
      }
  }

  private var layers: [JSON] {
    space.layers.indices.map { layer in
      let group = space.groupOfLayer[layer]
      return [
        "name": .string(space.layers[layer].name),
        "operator": .string(header.layers[layer].operator),
        "weights": .integer(space.layers[layer].weightCount),
        "macs": .integer(space.layers[layer].macs),
        "tie_group": space.groups[group].count > 1 ? .integer(group) : .null,
      ]
    }
  }

  /// Every candidate of any layer, in order of appearance.
  private var candidateNames: [String] {
    var seen: Set<String> = []
    return space.candidates.joined().map(\.name).filter { seen.insert($0).inserted }
  }

  /// What is known of an evaluation.
  private func numbers(_ evaluation: Evaluation) -> [JSON.Member] {
    let chosen = zip(candidateNumbers, evaluation.choice).map { $0[$1] }
    return [
      .init(key: "weight_bits_per_layer", value: .array(chosen.map(\.weightBits))),
      .init(key: "input_bits_per_layer", value: .array(chosen.map(\.inputBits))),
      .init(key: "candidates_per_layer", value: .array(chosen.map(\.name))),
    ] + scores(evaluation, choice: evaluation.choice, costs: evaluation.costs)
  }

  /// Measured numbers, null where nothing was run; the score, where it is the quality; costs.
  private func scores(
    _ evaluation: Evaluation?, choice: [Int], costs: [Double]
  ) -> [JSON.Member] {
    var members: [JSON.Member] = [
      .init(key: "correct", value: .optional(evaluation?.correct)),
      .init(key: "samples", value: .optional(evaluation?.samples)),
      .init(key: "loss", value: evaluation.map { .number($0.loss) } ?? .null),
      .init(
        key: "accuracy",
        value: evaluation?.correct.map {
          .number(Double($0) / Double(evaluation?.samples ?? 1))
        } ?? .null),
    ]
    if quality == .score {
      members.append(.init(key: objective.name, value: .number(header.score(of: choice))))
    }
    for (cost, value) in zip(header.costs, costs) {
      members.append(.init(key: cost.name, value: .amount(value)))
    }
    return members
  }

  private func json(_ point: SearchPoint) -> JSON {
    var members: [JSON.Member] = [
      .init(key: "id", value: .string(point.id)),
      .init(key: "allocation", value: .string("\(point.id).json")),
      .init(key: "qonnx", value: .optional(qonnx.names[point.id])),
      .init(key: "evaluation", value: .optional(point.evaluation)),
    ]
    members += scores(
      point.evaluation.map { evaluations[$0] }, choice: point.choice, costs: point.costs)
    var resources: [JSON.Member] = []
    for (cost, value) in zip(header.costs, point.costs)
    where DeviceFamilies.current.isResource(cost.name) {
      resources.append(.init(key: cost.name, value: .amount(value)))
    }
    let shares = shares(of: point.choice)
    members += [
      .init(key: "resources", value: .object(resources)),
      .init(key: "on_frontier", value: .bool(true)),
      .init(key: "knee", value: .bool(point.isKnee)),
      .init(key: "indistinguishable_from", value: .strings(point.indistinguishable)),
      .init(
        key: "layers",
        value: .array(
          space.layers.indices.map { layer in
            let candidate = space.candidates[layer][point.choice[layer]]
            return .object(
              [
                .init(key: "name", value: .string(space.layers[layer].name)),
                .init(key: "candidate", value: .string(candidate.name)),
              ]
                + (candidate.formats.document.members ?? [])
                + [
                  .init(
                    key: "reason",
                    value: .string(reason(layer, option: point.choice[layer]))),
                  .init(
                    key: "costs",
                    value: .object(
                      shares.map { .init(key: $0.name, value: .amount($0.values[layer])) })),
                ])
          })),
    ]
    return .object(members)
  }

  /// What each layer has of the costs that are sums over layers.
  private func shares(of choice: [Int]) -> [(name: String, values: [Double])] {
    costs.compactMap { cost in
      // A cost whose total was found has its parts, if there are any.
      ((try? cost.shares(of: choice, in: space)) ?? nil).map { (cost.name, $0) }
    }
  }

  private static func prices(
    _ costs: [any CostModel], _ space: SearchSpace
  ) -> (name: String, unit: String, table: [[Double]]) {
    for cost in costs {
      if let table = cost.additive(in: space) { return (cost.name, cost.unit, table) }
    }
    let cost = BitCost.weightBits
    return (cost.name, cost.unit, cost.additive(in: space) ?? [])
  }

  /// Why a layer has its candidate: what the next cheaper one would lose, by the metric, and save.
  private func reason(_ layer: Int, option: Int) -> String {
    let candidates = space.candidates[layer]
    if space.fixed[layer] != nil { return "fixed" }
    let group = space.groups[space.groupOfLayer[layer]]
    let others = group.lazy.filter { $0 != layer }.prefix(20).map { space.layers[$0].name }
    let tied =
      group.count > 1
      ? "tied with " + others.joined(separator: ", ")
        + (group.count > 21 ? " and \(group.count - 21) more" : "") + "; " : ""
    let scores = header.sensitivities[layer]
    let row = prices.table[layer]
    let cheaper = candidates.indices.filter { row[$0] < row[option] }
      .max { row[$0] != row[$1] ? row[$0] < row[$1] : scores[$0] > scores[$1] }
    let own = "\(candidates[option].name) alone costs \(SearchQuantity.threeDigits(scores[option]))"
    guard let cheaper else {
      return "\(tied)\(own) \(metric); nothing has less \(prices.name)"
    }
    let added = scores[cheaper] - scores[option]
    let change =
      added < 0
      ? "take \(SearchQuantity.threeDigits(-added)) off"
      : "add \(SearchQuantity.threeDigits(added))"
    return "\(tied)\(own) \(metric); \(candidates[cheaper].name) would \(change) and save "
      + "\(SearchQuantity.text(row[option] - row[cheaper], unit: prices.unit, kind: .exact))"
      + (prices.name == BitCost.weightBits.name ? " of weights" : "")
  }

  private var rankCorrelation: JSON {
    let predicted = evaluations.map { header.score(of: $0.choice) }
    guard evaluations.count >= 3,
      let value = RankCorrelation.spearman(predicted, evaluations.map(\.loss))
    else { return .null }
    return [
      "metric": .string(metric), "spearman": .number(value),
      "evaluations": .integer(evaluations.count),
    ]
  }

  private var uniformBaseline: JSON {
    var points: [JSON] = []
    let positions = Dictionary(
      zip(evaluations.map(\.choice), evaluations.indices)
    ) { first, _ in first }
    for uniform in space.uniformChoices {
      guard let evaluation = positions[uniform.choice].map({ evaluations[$0] }) else { continue }
      points.append(
        .object(
          [.init(key: "label", value: .string("all \(uniform.name)"))]
            + scores(evaluation, choice: evaluation.choice, costs: evaluation.costs)))
    }
    return ["name": "uniform", "points": .array(points)]
  }

  private var infeasibleJSON: JSON {
    guard let infeasible else { return .null }
    return [
      "budget": .optional(infeasible.budget.map { header.costs[$0].name }),
      "proved": .bool(infeasible.isProved),
      "reachable_minimum": .object(
        zip(header.costs, infeasible.reachableMinimum).filter { $0.1.isFinite }.map {
          .init(key: $0.name, value: .amount($1))
        }),
    ]
  }
}
