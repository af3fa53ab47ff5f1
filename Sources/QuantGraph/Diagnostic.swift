/// A problem as a person is told of it; only the command line prints it.
public struct Diagnostic: Error, Sendable, Hashable {
  /// Stable, documented identifier such as `hls.unsupported-call`.
  public let code: String
  /// What is wrong, with the offending value, in one line.
  public let message: String
  /// Where: file, then node, tensor, line or byte offset.
  public let location: String?
  /// Lines between the location and the remedy: what is supported, what was found.
  public let notes: [String]
  /// What the user can do, in the imperative.
  public let remedy: String?

  public init(
    code: String, message: String, location: String? = nil, notes: [String] = [],
    remedy: String? = nil
  ) {
    self.code = code
    self.message = message
    self.location = location
    self.notes = notes
    self.remedy = remedy
  }
}
