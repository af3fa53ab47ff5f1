import Documents
import HWModel
import QuantGraph
import Schedules
import Sessions

/// What `--option NAME=VALUE` says of a workload.
enum WorkloadOptions {
  /// Options by name, each one that every target's family knows.
  ///
  /// - Parameters:
  ///   - texts: as they were typed.
  ///   - targets: the devices that are asked.
  ///   - others: what flags of their own say.
  /// - Returns: all of them.
  /// - Throws: ``Failure`` for a text of another form, a name twice, and one that a family lacks.
  static func read(
    _ texts: [String], for targets: [TargetChoice], with others: [String: String] = [:]
  ) throws(Failure) -> [String: String] {
    var options: [String: String] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, options[parts[0]] == nil else {
        throw Failure(
          "usage.arguments", "--option \(text) is not NAME=VALUE, each name once",
          remedy: "write it as --option tile=128x64.")
      }
      options[parts[0]] = parts[1]
    }
    options.merge(others) { $1 }
    for name in options.keys.sorted() {
      for target in targets where target.family?.workloadOptions.contains(name) != true {
        let known = target.family?.workloadOptions ?? []
        throw Failure(
          "usage.arguments", "option '\(name)' means nothing to '\(target.description.id)'",
          notes: known.isEmpty ? [] : ["it knows: \(known.joined(separator: ", "))"],
          remedy: Suggestion.sentence(for: name, among: known)
            ?? "leave it out, or estimate that target alone.")
      }
    }
    return options
  }
}
