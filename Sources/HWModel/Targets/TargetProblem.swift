/// One thing wrong with a device description.
public enum TargetProblem: Error, Hashable, Sendable {
  case notJSON(reason: String)
  /// `schema` is not the one that is read.
  case schema(found: String, expected: String)
  case unknownFamily(String, known: [String])
  /// A key that no description has; `known` are the keys possible there.
  case unknownKey(path: String, key: String, known: [String])
  case missingKey(path: String, meaning: String)
  /// A value of the wrong kind; null stands for a skeleton's place that was not filled in.
  case wrongKind(path: String, expected: String, found: String)
  case outOfRange(path: String, value: String, allowed: String)
  case emptySource(path: String)
  case unknownBase(String, known: [String])
  /// Bases that lead back to themselves.
  case baseCycle([String])
}

/// Every problem of one description; never empty.
public struct TargetProblems: Error, Hashable, Sendable {
  public let problems: [TargetProblem]
}
