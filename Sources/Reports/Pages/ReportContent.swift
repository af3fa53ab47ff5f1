import Documents
public import QuantGraph

/// Everything that a report of some results says, before it is a page.
public struct ReportContent: Sendable {
  public let title: String
  let sections: [ReportSection]

  /// Figures of all sections, in order; their names differ.
  public var figures: [Figure] { sections.flatMap(\.figures) }

  /// - Throws: `report.result` where a document is not what its schema says.
  public init(_ files: [ResultFile]) throws(Failure) {
    var sections: [ReportSection] = []
    var searches: [(index: Int, data: SearchData)] = []
    var estimates: [EstimateFigures.Named] = []
    let isAlone = files.count == 1
    for (index, file) in files.enumerated() {
      let prefix = isAlone ? "" : "\(index + 1)-"
      let heading = isAlone ? nil : "\(index + 1). \(Self.heading(of: file))"
      var section: ReportSection
      switch file.kind {
      case .search where try SolvedProblems.describes(file.result):
        section = Self.section(try SolvedProblems(file.result), heading: heading)
      case .search:
        let data = try SearchData(file.result)
        searches.append((index, data))
        section = Self.section(data, heading: heading, prefix: prefix)
      case .estimate:
        let data = try EstimateData.all(in: file.result)
        let named = data.enumerated().map { position, one in
          EstimateFigures.Named(
            name: Self.name(of: one, at: position, in: file, number: isAlone ? nil : index + 1),
            data: one)
        }
        estimates += named
        section = Self.section(named, heading: heading, prefix: prefix, isAlone: isAlone)
        if let rows = try EstimatedRows.table(file.result) {
          section.tables.insert(CaptionedTable(caption: "Rows", table: rows), at: 0)
        }
      case .check:
        section = Self.section(try CheckedResult(file.result), heading: heading, prefix: prefix)
      case .run:
        section = Self.section(try StoredRun(file.result), heading: heading, prefix: prefix)
      }
      section.provenance = try Provenance(file)
      sections.append(section)
    }
    sections = Self.withPlots(of: searches, files: files, in: sections)
    if !isAlone, estimates.count > 1, let together = EstimateFigures.latency(estimates) {
      sections.insert(ReportSection(heading: "Estimates together", figures: [together]), at: 0)
    }
    self.sections = sections
    let kinds = Set(files.map(\.kind.rawValue)).sorted().joined(separator: ", ")
    title = isAlone ? Self.heading(of: files[0]) : "\(files.count) results: \(kinds)"
  }

  private static func heading(of file: ResultFile) -> String {
    // The provenance has the whole path.
    let path = file.modelPath ?? file.path
    let what = path.split(separator: "/").last.map(String.init) ?? path
    let target = file.targetID.map { " on \($0)" } ?? ""
    return "\(file.kind.rawValue) of \(what)\(target)"
  }

  private static func name(
    of data: EstimateData, at position: Int, in file: ResultFile, number: Int?
  ) -> String {
    let base = data.label ?? file.targetID ?? file.modelPath ?? "estimate \(position + 1)"
    return number.map { "\($0). \(base)" } ?? base
  }

  // MARK: Searches

  private static func section(_ data: SolvedProblems, heading: String?) -> ReportSection {
    var section = ReportSection(heading: heading)
    let solved = data.problems.count(where: \.isSolved)
    let isProved = data.problems.allSatisfy { ["optimal", "infeasible"].contains($0.status) }
    let failed = ["infeasible", "unmet"].map { word in
      (word, data.problems.count { $0.status == word })
    }.filter { $0.1 > 0 }
    section.verdict = .init(
      word: "\(solved) OF \(data.problems.count) \(isProved ? "OPTIMAL" : "SOLVED")",
      detail: failed.map { "\(Quantity.count($0.1)) \($0.0)" }.joined(separator: ", "),
      tone: failed.isEmpty ? .good : .caution)
    section.tables = [CaptionedTable(caption: "Problems", table: data.table)]
    return section
  }

  private static func section(
    _ data: SearchData, heading: String?, prefix: String
  ) -> ReportSection {
    var section = ReportSection(heading: heading)
    let frontier = data.frontier
    let count = Quantity.count(frontier.count, "point")
    let isProved = data.isProved == true
    var detail = "\(count) on the frontier"
    if let evaluated = data.evaluated {
      detail += ", \(Quantity.count(evaluated)) evaluated"
      if let all = data.configurations {
        detail += " of \(NumberText.significant(all, digits: 6)) configurations"
      }
    }
    if let failure = data.infeasibility { detail += "; \(failure)" }
    section.verdict = .init(
      word: data.infeasibility != nil
        ? "INFEASIBLE"
        : frontier.isEmpty
          ? "NO FRONTIER" : isProved ? "FRONTIER, PROVED COMPLETE" : "FRONTIER, NOT PROVED",
      detail: detail, tone: frontier.isEmpty ? .bad : isProved ? .good : .plain)
    var facts: [(name: String, value: String)] = []
    for objective in data.objectives {
      var words = objective.isMaximized ? "higher is better" : "lower is better"
      words += objective.isEstimate ? ", estimate" : ", exact"
      if objective.isEstimate {
        words += objective.model.map { " by \($0)" } ?? ""
        words +=
          objective.errorPercent.map {
            ", error \u{B1}\(NumberText.significant($0, digits: 3))%"
          } ?? ", error unknown"
      }
      facts.append((objective.measure.title, words))
    }
    if let method = data.method { facts.append(("method", method)) }
    if let seed = data.seed { facts.append(("seed", String(seed))) }
    if let space = data.space { facts.append(("space", space)) }
    if let gap = data.gap {
      facts.append(("gap", "\(NumberText.significant(gap * 100, digits: 3))%"))
    }
    if let knee = data.points.first(where: \.isKnee) { facts.append(("knee", knee.id)) }
    if let rank = data.rank {
      facts.append(
        (
          "rank correlation",
          "\(rank.metric): Spearman \(NumberText.significant(rank.spearman, digits: 3))"
        ))
    }
    section.facts = facts
    section.figures = SearchFigures(data: data, prefix: prefix).figures
    return section
  }

  /// Puts the Pareto plots where they belong: those of one search into its section, those of
  /// several with the same objectives, on the same axes, before all.
  private static func withPlots(
    of searches: [(index: Int, data: SearchData)], files: [ResultFile],
    in sections: [ReportSection]
  ) -> [ReportSection] {
    var sections = sections
    var groups: [[Int]] = []
    for position in searches.indices {
      let key = searches[position].data.axes
      if let group = groups.firstIndex(where: { searches[$0[0]].data.axes == key }) {
        groups[group].append(position)
      } else {
        groups.append([position])
      }
    }
    var together: [Figure] = []
    for group in groups {
      let members = group.map { searches[$0] }
      let isShared = members.count > 1
      let base =
        isShared
        ? (together.isEmpty ? "pareto" : "pareto-\(together.count + 1)")
        : (files.count == 1 ? "" : "\(members[0].index + 1)-") + "pareto"
      let quality = members[0].data.qualityIndex
      var plots: [Figure] = []
      for cost in members[0].data.objectives.indices where cost != quality {
        let figure = ParetoFigure(
          members.map { member in
            .init(
              name: isShared ? files[member.index].path : "",
              prefix: isShared ? "\(member.index + 1)" : "", data: member.data,
              quality: quality, cost: cost)
          })
        let name = plots.isEmpty ? base : "\(base)-\(plots.count + 1)"
        plots.append(figure.figure(name: name, isFolded: !plots.isEmpty))
      }
      if isShared {
        together += plots
      } else {
        sections[members[0].index].figures.insert(contentsOf: plots, at: 0)
      }
    }
    if !together.isEmpty {
      sections.insert(ReportSection(heading: "Searches together", figures: together), at: 0)
    }
    return sections
  }

  // MARK: Estimates

  /// Estimates of one document that get figures of their own; the others are in the list.
  private static let detailLimit = 24

  private static func section(
    _ estimates: [EstimateFigures.Named], heading: String?, prefix: String, isAlone: Bool
  ) -> ReportSection {
    var section = ReportSection(heading: heading)
    if let only = estimates.first, estimates.count == 1 {
      section.verdict = verdict(of: only.data)
      section.facts = facts(of: only.data)
    } else {
      let fitting = estimates.count { $0.data.fits != false }
      section.verdict = .init(
        word: "\(fitting) OF \(estimates.count) FIT", detail: "",
        tone: fitting == estimates.count ? .good : .caution)
      for one in estimates {
        let seconds = Measure(name: "latency", unit: "s").text(one.data.seconds, isEstimate: true)
        let fits = one.data.fits.map { $0 ? "FITS" : "DOES NOT FIT" } ?? ""
        section.facts.append(
          (one.name, [fits, seconds].filter { !$0.isEmpty }.joined(separator: ", ")))
      }
    }
    if isAlone, let latency = EstimateFigures.latency(estimates) {
      section.figures.append(latency)
    }
    for (index, one) in estimates.prefix(detailLimit).enumerated() {
      let own = estimates.count == 1 ? prefix : "\(prefix)\(index + 1)-"
      let figures = [
        EstimateFigures.resources(one, prefix: own), EstimateFigures.memory(one, prefix: own),
        EstimateFigures.layers(one, prefix: own),
      ]
      section.figures += figures.compactMap(\.self)
      let owner = estimates.count == 1 ? "" : "\(one.name): "
      if let explanation = one.data.explanation, !explanation.terms.isEmpty {
        var terms = Table([
          .text("work"), .number("count"), .number("cycles each"), .number("cycles"),
          .text("source"),
        ])
        func number(_ value: Double?) -> Table.Cell {
          .init(
            value.map { NumberText.significant($0, digits: 4) } ?? "",
            plain: value?.description ?? "")
        }
        for term in explanation.terms {
          terms.append([
            .init(term.what), number(term.count), number(term.each), number(term.cycles),
            .init(term.source),
          ])
        }
        section.tables.append(
          CaptionedTable(caption: "\(owner)Cost of \(explanation.layer)", table: terms))
      }
      if !one.data.patch.isEmpty {
        var patch = Table([.text("schedule by patches"), .number("value")])
        for (name, value) in one.data.patch { patch.append([.init(name), .init(value)]) }
        section.tables.append(CaptionedTable(caption: "\(owner)Patches", table: patch))
      }
      if !one.data.notes.isEmpty {
        var notes = Table([.text("note")])
        for note in one.data.notes { notes.append([.init(note)]) }
        section.tables.append(
          CaptionedTable(caption: "\(owner)What the numbers leave out", table: notes))
      }
      if !one.data.limits.isEmpty {
        var limits = Table([.text("limit"), .text("used of limit"), .text("verdict")])
        for limit in one.data.limits {
          limits.append([
            .init(limit.name), .init(limit.words),
            .init(limit.isMet.map { $0 ? "kept" : "BROKEN" } ?? ""),
          ])
        }
        section.tables.append(CaptionedTable(caption: "\(owner)Limits", table: limits))
      }
    }
    return section
  }

  private static func verdict(of data: EstimateData) -> ReportSection.Verdict {
    let latency = Measure(name: "latency", unit: "s").text(
      data.seconds, isEstimate: data.latencyKind != "exact")
    var detail = latency.isEmpty ? "" : "latency \(latency)"
    if !latency.isEmpty {
      detail +=
        data.latencyKind == "exact"
        ? ", exact" : ", estimate, \(data.error ?? "error unknown")"
    }
    switch data.fits {
    case true? where data.limits.contains { $0.isMet == false }:
      return .init(word: "LIMIT BROKEN", detail: detail, tone: .bad)
    case true?: return .init(word: "FITS", detail: detail, tone: .good)
    case false?: return .init(word: "DOES NOT FIT", detail: detail, tone: .bad)
    case nil: return .init(word: "ESTIMATE", detail: detail, tone: .plain)
    }
  }

  private static func facts(of data: EstimateData) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    if let cycles = data.cycles {
      facts.append(("cycles", NumberText.significant(cycles, digits: 4)))
    }
    if let model = data.model { facts.append(("latency model", model)) }
    if let macs = data.macs { facts.append(("MAC", Quantity.count(macs))) }
    for (name, bytes) in data.memory {
      facts.append((Measure(name: name).title, Quantity.bytes(bytes)))
    }
    if let energy = data.energy {
      facts.append(("energy", Measure(name: "energy", unit: "J").text(energy, isEstimate: true)))
    }
    for other in data.others {
      facts.append(
        (other.measure.title, other.measure.text(other.value, isEstimate: !other.isExact)))
    }
    if let bytes = data.peakBytes {
      facts.append(
        ("peak", Quantity.bytes(bytes) + (data.peakLayer.map { " at \(shortened($0))" } ?? "")))
    }
    return facts
  }

  /// A layer's name without what was fused into it.
  private static func shortened(_ name: String) -> String {
    name.split(separator: ";").last.map(String.init) ?? name
  }

  // MARK: Checks and runs

  private static func section(
    _ data: CheckedResult, heading: String?, prefix: String
  ) -> ReportSection {
    var section = ReportSection(heading: heading)
    let isWithin = data.verdict == "WITHIN"
    var detail =
      "\(Quantity.count(data.equal)) of \(Quantity.count(data.compared)) values equal"
    if let digits = data.printedDigits { detail += " (as printed: \(digits) digits)" }
    if let largest = data.maxLSB, data.equal < data.compared {
      detail += ", at most \(NumberText.significant(largest, digits: 3)) LSB apart"
    }
    section.verdict = .init(
      word: data.verdict, detail: detail,
      tone: data.verdict == "MISMATCH" ? .bad : isWithin ? .caution : .good)
    if let samples = data.samples { section.facts.append(("samples", Quantity.count(samples))) }
    if let mean = data.meanLSB {
      section.facts.append(("mean difference", "\(NumberText.significant(mean, digits: 3)) LSB"))
    }
    if let first = data.divergence {
      let values = [first.expected, first.actual].map { $0?.description ?? "?" }
      section.facts.append(
        (
          "first divergence",
          "\(first.node) \(first.index): expected \(values[0]), hwsim \(values[1])"
        ))
      section.facts.append(("cause", first.cause?.words ?? "none found"))
    }
    section.figures = [CheckFigures.equality(data, prefix: prefix)].compactMap(\.self)
    section.tables = checkTables(data)
    return section
  }

  private static func checkTables(_ data: CheckedResult) -> [CaptionedTable] {
    var tables: [CaptionedTable] = []
    func number(_ value: Double?) -> Table.Cell { .init(value?.description ?? "") }
    if !data.mismatches.isEmpty {
      var table = Table([
        .text("tensor"), .text("place"), .number("expected"), .number("hwsim"), .number("LSB"),
        .text("first differs at"),
      ])
      for row in data.mismatches {
        table.append([
          .init(row.name), .init(row.place), number(row.expected), number(row.actual),
          number(row.lsb), .init(row.firstNode ?? ""),
        ])
      }
      tables.append(CaptionedTable(caption: "Mismatches", table: table))
    }
    if let candidates = data.divergence?.candidates, candidates.count > 1 {
      var table = Table([.text("single change"), .number("reproduces")])
      for cause in candidates {
        table.append([.init(cause.words), cause.reproduces.map(Table.Cell.count) ?? ""])
      }
      tables.append(
        CaptionedTable(caption: "Single changes that explain it", table: table))
    }
    if !data.overflows.isEmpty {
      var table = Table([
        .text("layer"), .text("object"), .number("values"), .number("bits needed"),
        .number("bits"),
      ])
      for row in data.overflows {
        table.append([
          .init(row.node), .init(row.object), .count(row.values),
          row.bitsNeeded.map(Table.Cell.count) ?? "", row.bits.map(Table.Cell.count) ?? "",
        ])
      }
      tables.append(CaptionedTable(caption: "Overflows", table: table))
    }
    return tables
  }

  private static func section(
    _ data: StoredRun, heading: String?, prefix: String
  ) -> ReportSection {
    var section = ReportSection(heading: heading)
    section.verdict = .init(
      word: "RUN",
      detail: [
        data.samples.map { Quantity.count($0, "sample") }, data.output.map { "stored in \($0)" },
      ].compactMap(\.self).joined(separator: ", "), tone: .plain)
    section.figures = [CheckFigures.events(data, prefix: prefix)].compactMap(\.self)
    for (caption, arrays) in [("Outputs", data.outputs), ("Traced tensors", data.traced)]
    where !arrays.isEmpty {
      var table = Table([
        .text("tensor"), .text("shape"), .text("format"), .number("min"), .number("max"),
      ])
      for array in arrays {
        table.append([
          .init(array.name), .init(array.shape), .init(array.format ?? ""),
          .init(array.minimum?.description ?? ""), .init(array.maximum?.description ?? ""),
        ])
      }
      section.tables.append(CaptionedTable(caption: caption, table: table))
    }
    return section
  }
}

extension SearchData {
  /// What two searches must share to stand on one plot.
  package var axes: [String] {
    objectives.map { "\($0.name) \($0.measure.unit) \($0.isMaximized)" }
  }

  /// Index of the objective that is the quality: the first one named as one, else the first.
  package var qualityIndex: Int {
    objectives.firstIndex { ["accuracy", "loss"].contains($0.name) } ?? 0
  }
}
