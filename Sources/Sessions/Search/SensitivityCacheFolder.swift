import Documents
import FoundationEssentials
import Glibc
import HWModel
import Importers
package import QuantGraph
package import Search

/// Sensitivities of earlier runs on disk, one file a measurement, named by what it depends on.
///
/// A result never depends on the folder: a file is used only if its key and its own sum are right,
/// values are kept bit by bit, and what cannot be written is measured again next time. Files are
/// written whole or not at all.
package struct SensitivityCacheFolder {
  package static let schema = "hwsim.sensitivity-cache/1"

  package let path: String
  /// Whether the user named the folder on the command line: then it must be writable.
  package let isRequired: Bool

  /// The folder of a run: `--cache`, else `HWSIM_CACHE`, else `hwsim` in `XDG_CACHE_HOME` or
  /// `~/.cache`; nil with `--no-cache`, or where none of these is set.
  ///
  /// - Parameters:
  ///   - given: the text of `--cache`.
  ///   - isOff: whether `--no-cache` was given.
  package init?(_ given: String?, isOff: Bool) {
    guard !isOff else { return nil }
    func variable(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    if let path = given {
      self.path = path
      isRequired = true
      return
    }
    isRequired = false
    if let path = variable("HWSIM_CACHE") {
      self.path = path
    } else if let base = variable("XDG_CACHE_HOME"), base.hasPrefix("/") {
      // The XDG base directory specification ignores relative paths.
      path = base + "/hwsim"
    } else if let home = variable("HOME") {
      path = home + "/.cache/hwsim"
    } else {
      return nil
    }
  }

  /// The scores of `key`, or those that `measure` gives, which are then kept.
  ///
  /// - Parameters:
  ///   - key: everything that the scores depend on.
  ///   - counts: how many candidates each layer has.
  ///   - warnings: told of a file that is damaged.
  ///   - measure: runs the network.
  /// - Returns: the same scores whether they were kept or not.
  /// - Throws: what `measure` throws, and a ``Failure`` if the folder of `--cache` is not writable.
  package func scores(
    _ key: String, counts: [Int], warnings: inout [Diagnostic],
    measure: () throws(Failure) -> SensitivityScores
  ) throws(Failure) -> SensitivityScores {
    let file = "\(path)/\(Self.sum(Array(key.utf8))).json"
    switch read(file, key: key) {
    case .scores(let scores) where scores.values.map(\.count) == counts:
      return scores
    case .scores, .damaged:
      warnings.append(
        Diagnostic(
          code: "cache.damaged", message: "a file of kept sensitivities is damaged; measured anew",
          location: file, remedy: "nothing is to be done: the file is written again."))
    case .absent: break
    }
    let scores = try measure()
    try write(scores, key: key, to: file)
    return scores
  }

  // MARK: Files

  private enum Content {
    case absent
    case damaged
    case scores(SensitivityScores)
  }

  /// What a file holds; values are the bit patterns of binary64 numbers.
  private struct Document: Codable {
    let schema: String
    let key: String
    let metric: SensitivityMetric
    let layers: [String]
    let candidates: [[String]]
    let values: [[String]]
    /// Of all the others.
    let sum: String

    var expectedSum: String {
      let parts =
        [schema, key, metric.rawValue] + layers + candidates.flatMap { $0 } + values.flatMap { $0 }
      return SensitivityCacheFolder.sum(Array(parts.joined(separator: "\u{0}").utf8))
    }
  }

  private func read(_ file: String, key: String) -> Content {
    guard access(file, F_OK) == 0 else { return .absent }
    guard let bytes = try? [UInt8](contentsOf: file),
      let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
      document.schema == Self.schema, document.key == key, document.sum == document.expectedSum,
      document.candidates.count == document.layers.count,
      document.candidates.map(\.count) == document.values.map(\.count)
    else { return .damaged }
    var values: [[Double]] = []
    for row in document.values {
      let patterns = row.compactMap { UInt64($0, radix: 16) }
      guard patterns.count == row.count else { return .damaged }
      values.append(patterns.map { Double(bitPattern: $0) })
    }
    return .scores(
      SensitivityScores(
        metric: document.metric, layers: document.layers, candidates: document.candidates,
        values: values))
  }

  private func write(_ scores: SensitivityScores, key: String, to file: String) throws(Failure) {
    func document(sum: String) -> Document {
      Document(
        schema: Self.schema, key: key, metric: scores.metric, layers: scores.layers,
        candidates: scores.candidates,
        values: scores.values.map { $0.map { String($0.bitPattern, radix: 16) } }, sum: sum)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      let bytes = try encoder.encode(document(sum: document(sum: "").expectedSum))
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let output = try OutputFile(path: file)
      try output.write([UInt8](bytes))
      try output.commit()
    } catch {
      // A folder that nobody asked for, in a home that is read-only, is no problem of the search.
      guard isRequired else { return }
      throw Failure(
        "file.not-written", "sensitivities cannot be kept", at: file,
        remedy: "check that the folder of --cache is writable, or leave --cache out.")
    }
  }

  private static func sum(_ bytes: [UInt8]) -> String {
    SHA256.hexadecimal(of: bytes)
  }

  /// What tells one build of the program from another; nil where the system does not say.
  package static var build: String? {
    var status = stat()
    guard stat("/proc/self/exe", &status) == 0 else { return nil }
    return
      "\(ResultVersion.tool) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }
}
