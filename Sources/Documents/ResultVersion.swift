/// What every result document names beside its result.
public enum ResultVersion {
  /// Version of the program that writes documents.
  public static let tool = "0.1.0"
  /// The number after the slash of `"schema"`; keys are only added within one.
  public static let schema = 1
}
