public import QuantGraph

extension Diagnostic {
  /// The messages for an allocation that `hf_quant_config.json` cannot say, one a problem.
  public static func messages(
    _ problems: QuantizedCheckpointProblems, place: String
  ) -> [Diagnostic] {
    problems.problems.map { problem in
      switch problem {
      case .format(let layers, let format, let known):
        Diagnostic(
          code: "deployment.format",
          message: "no algorithm has the format '\(format)' of "
            + layers.map { "'\($0)'" }.joined(separator: ", "),
          location: place, notes: ["known: \(known.joined(separator: ", "))"],
          remedy: "leave the format out, or do not ask for hf files (--write).")
      case .reader(let reader, let reason, let layers):
        Diagnostic(
          code: "deployment.reader",
          message: "\(reader.rawValue) \(reason)"
            + (layers.isEmpty
              ? ""
              : ": " + layers.prefix(4).joined(separator: ", ")
                + (layers.count > 4 ? ", ..." : "")),
          location: place,
          remedy: "tie the layers, leave formats out, or write for another reader (--for).")
      case .keyValues(let groups):
        Diagnostic(
          code: "deployment.kv",
          message: "keys and values of \(groups.map { "'\($0)'" }.joined(separator: " and "))"
            + " have different formats",
          location: place,
          remedy: "make all groups of role kv one group: a checkpoint has one format for them.")
      }
    }
  }
}
