import QuantGraph
import Search

/// The numbers of two results of one kind, paired.
enum ResultQuantities {
  /// - Throws: `report.result` where a document is not what its schema says; `compare.kinds` where
  ///   the two have nothing to compare.
  static func of(_ a: ResultFile, _ b: ResultFile) throws(Failure) -> [ComparedQuantity] {
    guard a.kind == b.kind else {
      throw Failure(
        "compare.kinds", "a result of '\(a.kind.rawValue)' and one of '\(b.kind.rawValue)'",
        at: b.path, remedy: "give two results of one command.")
    }
    switch a.kind {
    case .search where try SolvedProblems.describes(a.result):
      guard try SolvedProblems.describes(b.result) else {
        throw Failure(
          "compare.kinds", "solved tables and the search of a model", at: b.path,
          remedy: "give two results of one form.")
      }
      let first = try SolvedProblems(a.result)
      return tables(first, try SolvedProblems(b.result))
    case .search:
      let first = try SearchData(a.result)
      return try search(first, SearchData(b.result), at: b.path)
    case .estimate:
      let first = try EstimateData.all(in: a.result)
      return estimates(first, try EstimateData.all(in: b.result))
    case .check:
      let first = try CheckedResult(a.result)
      return check(first, try CheckedResult(b.result))
    case .run:
      let first = try StoredRun(a.result)
      return run(first, try StoredRun(b.result))
    }
  }

  // MARK: Search

  private static func search(
    _ a: SearchData, _ b: SearchData, at place: String
  ) throws(Failure) -> [ComparedQuantity] {
    guard a.axes == b.axes else {
      let names = [a, b].map { $0.objectives.map(\.name).joined(separator: ",") }
      throw Failure(
        "compare.kinds", "the searches have other objectives", at: place,
        notes: ["A: \(names[0])", "B: \(names[1])"],
        remedy: "compare searches with the same --objective.")
    }
    var found: [ComparedQuantity] = []
    let volumes = FrontierVolume.shares(a, b)
    found.append(
      ComparedQuantity(
        group: "", name: "hypervolume", measure: Measure(name: "share"), direction: .higher,
        a: volumes?.a, b: volumes?.b))
    for (index, objective) in a.objectives.enumerated() {
      func best(_ data: SearchData) -> Double? {
        data.frontier.compactMap { $0.values[index] }.filter { !$0.isNaN }.reduce(nil) {
          best, value in
          guard let best else { return value }
          return objective.prefers(value, to: best) ? value : best
        }
      }
      found.append(
        ComparedQuantity(
          group: "", name: "best \(objective.measure.title)", measure: objective.measure,
          direction: objective.isMaximized ? .higher : .lower, a: best(a), b: best(b)))
    }
    func count(_ name: String, _ value: (SearchData) -> Int?) {
      found.append(
        ComparedQuantity(
          group: "", name: name, measure: Measure(name: "count"), direction: .none,
          a: value(a).map(Double.init), b: value(b).map(Double.init)))
    }
    count("frontier points") { $0.frontier.count }
    count("evaluated") { $0.evaluated ?? ($0.evaluations.isEmpty ? nil : $0.evaluations.count) }
    let quality = a.qualityIndex
    let objective = a.objectives[quality]
    for point in a.frontier {
      guard let reached = point.values[quality] else { continue }
      // The best of B that costs no more than this point in any cost.
      let affordable = b.frontier.filter { other in
        a.objectives.indices.allSatisfy { index in
          guard index != quality, let limit = point.values[index] else { return true }
          guard let cost = other.values[index] else { return false }
          return !a.objectives[index].prefers(limit, to: cost)
        }
      }
      let best = affordable.compactMap { $0.values[quality] }.filter { !$0.isNaN }
      found.append(
        ComparedQuantity(
          group: "points", name: "\(objective.measure.title) at the cost of A's \(point.id)",
          measure: objective.measure, direction: objective.isMaximized ? .higher : .lower,
          a: reached, b: objective.isMaximized ? best.max() : best.min()))
    }
    return found
  }

  private static func tables(_ a: SolvedProblems, _ b: SolvedProblems) -> [ComparedQuantity] {
    paired(a.problems.map { ($0.name, $0) }, b.problems.map { ($0.name, $0) }).flatMap {
      name, first, second -> [ComparedQuantity] in
      let words = [first, second].map { problem in
        problem?.status ?? "not there"
      }
      var found = [
        ComparedQuantity(
          group: "problems", name: "\(name): status", measure: Measure(name: "status"),
          direction: .higher, a: first.map { $0.isSolved ? 1 : 0 },
          b: second.map { $0.isSolved ? 1 : 0 }, words: (words[0], words[1]), isStrict: true)
      ]
      if first?.objective != nil || second?.objective != nil {
        found.append(
          ComparedQuantity(
            group: "problems", name: "\(name): objective", measure: Measure(name: "objective"),
            direction: .lower, a: first?.objective, b: second?.objective))
      }
      return found
    }
  }

  // MARK: Estimate

  private static func estimates(
    _ a: [EstimateData], _ b: [EstimateData]
  ) -> [ComparedQuantity] {
    if a.count == 1, b.count == 1 { return estimate(a[0], b[0], label: "") }
    // Estimates of several allocations are paired by label, else by position.
    func keyed(_ list: [EstimateData]) -> [(String, EstimateData)] {
      list.enumerated().map { ($1.label ?? "\($0 + 1)", $1) }
    }
    return paired(keyed(a), keyed(b)).flatMap { key, first, second in
      guard let first, let second else {
        return [
          ComparedQuantity(
            group: "", name: key, measure: Measure(name: "latency", unit: "s"), direction: .none,
            a: first?.seconds, b: second?.seconds)
        ]
      }
      return estimate(first, second, label: "\(key): ")
    }
  }

  private static func estimate(
    _ a: EstimateData, _ b: EstimateData, label: String
  ) -> [ComparedQuantity] {
    var found: [ComparedQuantity] = []
    func add(
      _ name: String, _ measure: Measure, _ first: Double?, _ second: Double?,
      _ direction: ComparedQuantity.Direction = .lower, group: String = ""
    ) {
      guard first != nil || second != nil else { return }
      found.append(
        ComparedQuantity(
          group: group, name: label + name, measure: measure, direction: direction, a: first,
          b: second))
    }
    if a.fits != nil || b.fits != nil {
      let words = [a.fits, b.fits].map { $0.map { $0 ? "FITS" : "DOES NOT FIT" } ?? "not said" }
      found.append(
        ComparedQuantity(
          group: "", name: label + "fits", measure: Measure(name: "fits"), direction: .higher,
          a: a.fits.map { $0 ? 1 : 0 }, b: b.fits.map { $0 ? 1 : 0 }, words: (words[0], words[1]),
          isStrict: true))
    }
    add("latency", Measure(name: "latency", unit: "s"), a.seconds, b.seconds)
    add("cycles", Measure(name: "cycles", unit: "cycles"), a.cycles, b.cycles)
    add("energy", Measure(name: "energy", unit: "J"), a.energy, b.energy)
    for (name, first, second) in paired(
      a.others.map { ($0.measure.title, $0) }, b.others.map { ($0.measure.title, $0) })
    {
      guard let other = first ?? second else { continue }
      add(
        name, other.measure, first?.value, second?.value, other.isGain ? .higher : .lower)
    }
    for (name, first, second) in paired(
      a.resources.map { ($0.name, $0) }, b.resources.map { ($0.name, $0) })
    {
      let measure = Measure(name: name)
      add("\(measure.title) used", measure, first?.used, second?.used)
      add(
        "\(measure.title) available", measure, first?.available, second?.available, .none)
    }
    for (name, first, second) in paired(
      a.memory.map { ($0.name, $0.bytes) }, b.memory.map { ($0.name, $0.bytes) })
    {
      let measure = Measure(name: name)
      add(measure.title, measure, first.map(Double.init), second.map(Double.init))
    }
    add(
      "peak", Measure(name: "peak_bytes"), a.peakBytes.map(Double.init),
      b.peakBytes.map(Double.init))
    add(
      "MAC", Measure(name: "macs"), a.macs.map(Double.init), b.macs.map(Double.init), .none)
    let measure = Measure(name: "latency", unit: "s")
    let layers = [a, b].map { data in
      let latency = data.layerLatency
      return latency?.isSeconds == true
        ? Array(zip(data.uniqueLayerNames, latency?.values ?? [])) : []
    }
    for (name, first, second) in paired(layers[0], layers[1]) {
      add(name, measure, first, second, .none, group: "layers")
    }
    for (name, first, second) in paired(
      zip(a.uniqueLayerNames, a.layers).map { ($0, $1.hardware) },
      zip(b.uniqueLayerNames, b.layers).map { ($0, $1.hardware) })
    {
      for (key, one, other) in paired(first ?? [], second ?? []) {
        let unit = ["latency", "ii"].contains(key) ? "cycles" : ""
        add(
          "\(name): \(key)", Measure(name: key, unit: unit), one, other, .none, group: "layers")
      }
    }
    return found
  }

  // MARK: Check and run

  private static func check(_ a: CheckedResult, _ b: CheckedResult) -> [ComparedQuantity] {
    func rank(_ data: CheckedResult) -> Double {
      Double(CheckedResult.verdicts.firstIndex(of: data.verdict) ?? 0)
    }
    func share(_ equal: Int, _ compared: Int) -> Double? {
      compared > 0 ? Double(equal) / Double(compared) * 100 : nil
    }
    let percent = Measure(name: "equal", unit: "%")
    let lsb = Measure(name: "max_lsb")
    var found = [
      ComparedQuantity(
        group: "", name: "verdict", measure: Measure(name: "rank"), direction: .lower, a: rank(a),
        b: rank(b), words: (a.verdict, b.verdict), isStrict: true),
      ComparedQuantity(
        group: "", name: "equal values", measure: percent, direction: .higher,
        a: share(a.equal, a.compared), b: share(b.equal, b.compared)),
      ComparedQuantity(
        group: "", name: "largest difference", measure: lsb, direction: .lower, a: a.maxLSB,
        b: b.maxLSB),
      ComparedQuantity(
        group: "", name: "mean difference", measure: lsb, direction: .lower, a: a.meanLSB,
        b: b.meanLSB),
      ComparedQuantity(
        group: "", name: "compared values", measure: Measure(name: "values"), direction: .none,
        a: Double(a.compared), b: Double(b.compared)),
    ]
    for (group, first, second) in [
      ("outputs", a.outputs, b.outputs), ("layers", a.layers, b.layers),
    ] {
      for (name, one, other) in paired(
        first.map { ($0.name, $0) }, second.map { ($0.name, $0) })
      {
        found.append(
          ComparedQuantity(
            group: group, name: "\(name): equal values", measure: percent, direction: .higher,
            a: one.map { $0.share * 100 }, b: other.map { $0.share * 100 }))
      }
    }
    return found
  }

  private static func run(_ a: StoredRun, _ b: StoredRun) -> [ComparedQuantity] {
    // Counts of which fewer are better, and ratios of which more are.
    let fewer: Set = ["saturated", "wrapped", "accumulator_overflows"]
    let more: Set = ["sqnr_db"]
    var found = [
      ComparedQuantity(
        group: "", name: "samples", measure: Measure(name: "samples"), direction: .none,
        a: a.samples.map(Double.init), b: b.samples.map(Double.init))
    ]
    for (name, first, second) in paired(
      a.statistics.map { ($0.name, $0.counts) }, b.statistics.map { ($0.name, $0.counts) })
    {
      for (count, one, other) in paired(first ?? [], second ?? []) {
        let measure = Measure(name: count)
        found.append(
          ComparedQuantity(
            group: "tensors", name: "\(name): \(measure.title)", measure: measure,
            direction: fewer.contains(count) ? .lower : more.contains(count) ? .higher : .none,
            a: one, b: other))
      }
    }
    for (name, one, other) in paired(
      a.outputs.map { ($0.name, $0) }, b.outputs.map { ($0.name, $0) })
    {
      for (end, first, second) in [
        ("min", one?.minimum, other?.minimum), ("max", one?.maximum, other?.maximum),
      ] where first != nil || second != nil {
        found.append(
          ComparedQuantity(
            group: "outputs", name: "\(name): \(end)", measure: Measure(name: "value"),
            direction: .none, a: first, b: second))
      }
    }
    return found
  }

  /// The values of two lists under each key, in the order of the first list, then of what only the
  /// second has; of a key that occurs twice in one list, the first.
  private static func paired<Value>(
    _ a: [(String, Value)], _ b: [(String, Value)]
  ) -> [(String, Value?, Value?)] {
    let first = Dictionary(a, uniquingKeysWith: { kept, _ in kept })
    let second = Dictionary(b, uniquingKeysWith: { kept, _ in kept })
    var seen: Set<String> = []
    return (a.map(\.0) + b.map(\.0)).filter { seen.insert($0).inserted }.map {
      ($0, first[$0], second[$0])
    }
  }
}
