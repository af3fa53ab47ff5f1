import FoundationEssentials
import Importers
import QuantGraph
import Search

/// Where sensitivities come from: a metric, or a file.
struct SensitivitySource {
  let name: String

  /// One number a candidate of each layer, to be summed and minimised.
  func scores(
    of space: SearchSpace, model: any SearchSubject, threads: Int
  ) throws(Failure) -> ([[Double]], [InputRecord]) {
    let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
    let file = parts.count == 2 ? parts[1] : nil
    var traces: [Double]?
    let word = file == nil ? name : parts[0] == "hessian" ? "hawq" : parts[0]
    guard let metric = SensitivityMetric(rawValue: word) else {
      throw .unknown(
        "metric", word, code: "search.sensitivity",
        among: SensitivityMetric.allCases.map(\.rawValue), listedBy: "hwsim search --help",
        at: "--sensitivity")
    }
    if let file { traces = try self.traces(file, layers: model.layers.map(\.name)) }
    let scores: SensitivityScores
    do throws(SensitivityError) {
      scores = try model.sensitivities(metric, of: space, traces: traces, threads: threads)
    } catch {
      throw failure(error, model: model.file.path)
    }
    if let bad = scores.losses.enumerated().first(where: { $1.contains { !$0.isFinite } }) {
      let option = bad.element.firstIndex { !$0.isFinite } ?? 0
      throw Failure(
        "search.sensitivity",
        "\(name) of layer '\(space.layers[bad.offset].name)' at "
          + "\(space.candidates[bad.offset][option].name) is \(bad.element[option])",
        at: "--sensitivity", remedy: "take another metric, or leave that candidate out.")
    }
    let records = file.map { [InputRecord(role: "sensitivity", path: $0, kind: "json")] } ?? []
    return (scores.losses, records)
  }

  private func traces(_ path: String, layers: [String]) throws(Failure) -> [Double] {
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: path)
    } catch {
      throw Failure(Diagnostic(error))
    }
    do throws(HessianTraceFile.Problem) {
      return try HessianTraceFile(json: Data(bytes)).values(for: layers)
    } catch {
      throw Failure(
        "search.sensitivity", "the file holds no trace a layer: \(error)", at: path,
        remedy: "write a list of numbers in the order of the layers, or an object by name.")
    }
  }

  private func failure(_ error: SensitivityError, model: String) -> Failure {
    switch error {
    case .evaluation(let error): Failure(error, model: model)
    case .needsLabels(let metric):
      Failure(
        "search.sensitivity", "\(metric.rawValue) needs labels of the calibration samples",
        at: "--sensitivity", remedy: "take kl, which needs none.")
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
