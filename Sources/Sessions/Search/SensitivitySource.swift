import Arith
import Documents
import FoundationEssentials
import HWModel
package import Importers
package import QuantGraph
package import Search

/// Where the sensitivities of a search come from: a metric, two metrics, or a file.
///
/// `--sensitivity METRIC` measures; `hessian:FILE` takes second derivatives from a file;
/// `--sensitivity-of LAYERS=METRIC` measures some layers by a second metric; any other text is the path
/// of a file of scores.
package struct SensitivitySource {
  /// What one text of the command line stands for.
  private enum Origin {
    case measured(Measurement)
    case scores(path: String)
  }

  private struct Measurement {
    let metric: SensitivityMetric
    /// The file of second derivatives that the metric takes.
    var traces: String?
  }

  /// Sensitivities, and what was read for them.
  package struct Answer {
    /// As results call it.
    package let name: String
    /// The space, tied further where a file scores layers together.
    package let space: SearchSpace
    /// One number a candidate of each layer, to be summed and minimised.
    package let scores: [[Double]]
    package var records: [InputRecord] = []
    package var warnings: [Diagnostic] = []
    package var notes: [String] = []
  }

  /// The text of `--sensitivity`.
  package let text: String
  /// What `--sensitivity-of` gives.
  package let others: [String]
  package let share: Double
  package let cache: SensitivityCacheFolder?

  /// - Parameters:
  ///   - given: the text of `--sensitivity`; nil for the objective's metric, else the divergence.
  ///   - others: what `--sensitivity-of` gives.
  ///   - share: the first metric's part of the weight, 0 to 1.
  ///   - cache: where sensitivities are kept; nil for nowhere.
  ///   - objective: what the search is about.
  /// - Throws: a ``Failure`` for two metrics, or a share out of range.
  package init(
    _ given: String?, others: [String], share: Double, cache: SensitivityCacheFolder?,
    objective: SearchObjective
  ) throws(Failure) {
    if let metric = objective.metric, let text = given, text != metric.rawValue {
      throw Failure(
        "search.sensitivity",
        "the objective minimises '\(metric.rawValue)', --sensitivity is '\(text)'",
        at: "--sensitivity",
        remedy: "leave one out, or write --objective score,... for the sum of --sensitivity.")
    }
    guard (0...1).contains(share) else {
      throw Failure(
        "usage.arguments", "--sensitivity-share \(share) is outside 0 to 1",
        remedy: "give the first metric's part of the weight, such as 0.5.")
    }
    text = given ?? objective.metric?.rawValue ?? SensitivityMetric.kl.rawValue
    self.others = others
    self.share = share
    self.cache = cache
  }

  /// The sensitivities of every candidate of `space`.
  ///
  /// - Throws: a ``Failure`` with every layer and candidate that has none, or no finite one.
  ///
  /// - Parameters:
  ///   - space: layers and candidates.
  ///   - model: runs them.
  ///   - threads: how many at once.
  ///   - tasks: measures layers elsewhere; nil for here.
  ///   - kept: what a study of this search begins with; nil where it is new. Whoever opens the study
  ///     refuses it where anything that sensitivities depend on is another.
  /// - Returns: one number a candidate of each layer.
  package func answer(
    of space: SearchSpace, model: any SearchSubject, threads: Int, tasks: TaskSensitivities? = nil,
    kept: StudyHeader? = nil
  ) throws(Failure) -> Answer {
    let measurement: Measurement
    switch try Self.origin(text, at: "--sensitivity") {
    case .measured(let found): measurement = found
    case .scores(let path):
      guard others.isEmpty else {
        throw Failure(
          "usage.arguments", "--sensitivity-of goes with a metric, not with a file of scores",
          remedy: "put the scores of all layers into the file.")
      }
      return try scores(path, space: space)
    }
    let pair = try pair(LayerNames(space.layers.map(\.name), of: model.file.graph))
    let name = pair.map { "\(text)+\($0.text)" } ?? text
    // A file of second derivatives is read again: it is an input like others.
    if let kept, kept.settings["sensitivity"] == name, measurement.traces == nil,
      pair?.measurement.traces == nil,
      kept.sensitivities.map(\.count) == space.candidates.map(\.count)
    {
      return Answer(name: name, space: space, scores: kept.sensitivities)
    }
    var warnings: [Diagnostic] = []
    var records: [InputRecord] = []
    let first = try measured(
      measurement, space: space, model: model, threads: threads, tasks: tasks, records: &records,
      warnings: &warnings)
    var losses = first.losses
    if let pair {
      let second = try measured(
        pair.measurement, space: space, model: model, threads: threads, tasks: tasks,
        records: &records, warnings: &warnings)
      losses = MetricPair(layersOfSecond: pair.layers, share: share).losses(first, second)
    }
    try check(losses, name: name, space: space)
    return Answer(
      name: name, space: space, scores: losses, records: records, warnings: warnings)
  }

  // MARK: Texts

  private static func origin(_ text: String, at place: String) throws(Failure) -> Origin {
    if let metric = SensitivityMetric(rawValue: text) {
      return .measured(Measurement(metric: metric))
    }
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    if parts.count == 2, ["hessian", "hawq"].contains(parts[0]) {
      return .measured(Measurement(metric: .hawq, traces: parts[1]))
    }
    guard text.contains("/") || text.contains(".") else {
      throw .unknown(
        "metric", text, code: "search.sensitivity",
        among: SensitivityMetric.allCases.map(\.rawValue), listedBy: "hwsim search --help",
        at: place, showsAll: true)
    }
    return .scores(path: text)
  }

  /// The second metric and its layers.
  private func pair(
    _ names: LayerNames
  ) throws(Failure) -> (text: String, measurement: Measurement, layers: Set<String>)? {
    var layers: Set<String> = []
    var patterns: [String] = []
    var metric: String?
    for text in others {
      guard let place = text.lastIndex(of: "=") else {
        throw Failure(
          "usage.arguments", "--sensitivity-of '\(text)' is not LAYERS=METRIC",
          remedy: "write it as --sensitivity-of 'fc*=sqnr'.")
      }
      let (pattern, name) = (String(text[..<place]), String(text[text.index(after: place)...]))
      guard metric ?? name == name else {
        throw Failure(
          "search.sensitivity", "three metrics: \(self.text), \(metric ?? ""), \(name)",
          at: "--sensitivity-of", remedy: "two metrics at once are the most.")
      }
      metric = name
      do throws(SpaceError) {
        layers.formUnion(try SpaceRules.matched(pattern, names).map { names.names[$0] })
      } catch {
        throw Failure(error)
      }
      patterns.append(pattern)
    }
    guard let metric else { return nil }
    guard case .measured(let measurement) = try Self.origin(metric, at: "--sensitivity-of") else {
      throw Failure(
        "search.sensitivity", "'\(metric)' is no metric", at: "--sensitivity-of",
        remedy: "take one of the metrics, such as sqnr.")
    }
    return ("\(metric)@\(patterns.joined(separator: ","))", measurement, layers)
  }

  // MARK: Measuring

  private func measured(
    _ measurement: Measurement, space: SearchSpace, model: any SearchSubject, threads: Int,
    tasks: TaskSensitivities?, records: inout [InputRecord], warnings: inout [Diagnostic]
  ) throws(Failure) -> SensitivityScores {
    var traces: [Double]?
    let metric = measurement.metric
    if let path = measurement.traces {
      traces = try self.traces(path, layers: model.layers.map(\.name))
      records.append(InputRecord(role: "sensitivity", path: path, kind: "json"))
    }
    func measure() throws(Failure) -> SensitivityScores {
      if let tasks, metric.isByLayer { return try tasks.scores(metric, of: space) }
      do throws(SensitivityError) {
        return try model.sensitivities(
          metric, of: space.candidates.map { $0.map(\.formats) }, traces: traces, threads: threads)
      } catch {
        throw Self.failure(error, model: model.file.path)
      }
    }
    guard let cache, let build = SensitivityCacheFolder.build else { return try measure() }
    let key = try self.key(metric, build: build, traces: traces, space: space, model: model)
    return try cache.scores(
      key, counts: space.candidates.map(\.count), warnings: &warnings, measure: measure)
  }

  /// Everything that a measurement depends on.
  private func key(
    _ metric: SensitivityMetric, build: String, traces: [Double]?, space: SearchSpace,
    model: any SearchSubject
  ) throws(Failure) -> String {
    var parts = [
      "hwsim \(build)", "metric \(metric.rawValue)",
    ]
    let calibrates = model.records.contains { $0.role == "calibration" }
    for record in model.records {
      let isRead =
        switch record.role {
        case "inputs": !calibrates
        case "labels": metric.needsLabels && !calibrates
        case "calibration-labels": metric.needsLabels
        default: true
        }
      guard isRead else { continue }
      parts.append("\(record.role) \(try record.record()["sha256"]?.text ?? "")")
    }
    if let datapath = model.datapath { parts.append("datapath \(datapath)") }
    if let rule = model.rule {
      parts.append("scales \(rule.weights.name) \(rule.activations.name)")
    }
    if let traces { parts.append("traces \(traces.map { String($0.bitPattern, radix: 16) })") }
    for (layer, candidates) in zip(space.layers, space.candidates) {
      let formats = candidates.map { candidate in
        "\(candidate.formats.name)/\(candidate.formats.accumulator?.name ?? "-")/"
          + "\(candidate.formats.grouping)"
      }
      parts.append("layer \(layer.name) \(formats.joined(separator: " "))")
    }
    return parts.joined(separator: "\n")
  }

  /// Every number that is none, named.
  private func check(
    _ losses: [[Double]], name: String, space: SearchSpace
  ) throws(Failure) {
    var problems: [Diagnostic] = []
    for (layer, row) in losses.enumerated() {
      for (option, value) in row.enumerated() where !value.isFinite {
        problems.append(
          Diagnostic(
            code: "search.sensitivity",
            message: "\(name) of layer '\(space.layers[layer].name)' at "
              + "\(space.candidates[layer][option].name) is \(value)",
            location: "--sensitivity",
            remedy: "take another metric, or leave that candidate out."))
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
  }

  // MARK: Files

  private func scores(_ path: String, space: SearchSpace) throws(Failure) -> Answer {
    let file = try ScoreFile(path: path)
    let match: ScoreMatch
    do throws(ScoreMatchProblems) {
      match = try ScoreMatch(file, space: space)
    } catch {
      throw Failure(Diagnostic.messages(error, file: path))
    }
    var answer = Answer(name: file.metric ?? "scores", space: match.space, scores: match.scores)
    answer.records = [InputRecord(role: "sensitivity", path: path, kind: "json")]
    if file.groups.contains(where: { $0.layers.count > 1 }) {
      answer.notes = ["layers that \(path) scores together are tied; the first has their score"]
    }
    return answer
  }

  private func traces(_ path: String, layers: [String]) throws(Failure) -> [Double] {
    let bytes = try [UInt8](file: path)
    do throws(HessianTraceFile.Problem) {
      return try HessianTraceFile(json: Data(bytes)).values(for: layers)
    } catch {
      throw Failure(Diagnostic(error, file: path))
    }
  }

  static func failure(_ error: SensitivityError, model: String) -> Failure {
    switch error {
    case .evaluation(let error): Failure(error, model: model)
    case .needsLabels(let metric):
      Failure(
        "search.sensitivity", "\(metric.rawValue) needs labels of the calibration samples",
        at: "--sensitivity",
        remedy: "give --calibration-labels L.npy, or take kl, which needs none.")
    case .needsTraces:
      Failure(
        "search.sensitivity", "hawq needs second derivatives", at: "--sensitivity",
        remedy: "take hessian, which measures them, or hessian:FILE.")
    case .unavailable(let metric, let known):
      Failure(
        "search.sensitivity", "\(metric.rawValue) is no metric of quantized graphs",
        at: "--sensitivity",
        notes: ["known here: \(known.map(\.rawValue).joined(separator: ", "))"],
        remedy: "take kl, which needs no labels.")
    case .layerCount, .cancelled:
      Failure("search.sensitivity", "\(error)", at: "--sensitivity")
    }
  }
}

extension ScoreFile {
  /// Reads the file at a path.
  ///
  /// - Throws: a ``Failure`` with everything that is wrong.
  package init(path: String) throws(Failure) {
    try self.init(bytes: try [UInt8](file: path), path: path)
  }

  /// Reads a file's bytes; `path` is for messages.
  package init(bytes: [UInt8], path: String) throws(Failure) {
    do throws(ScoreFileProblems) {
      try self.init(json: Data(bytes))
    } catch {
      throw Failure(error.problems.map { Diagnostic($0, file: path) })
    }
  }
}
