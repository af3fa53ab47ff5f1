import QuantGraph

/// What `patch` and `split-after` ask for.
public enum PatchRequest: Sendable, Hashable {
  /// The cheapest schedule that fits.
  case automatic
  case grid(Int, splitAfter: Int)

  /// Nil if no patches are asked for.
  ///
  /// - Parameters:
  ///   - patch: `auto`, or the tiles along an axis.
  ///   - split: the last block that runs in tiles.
  /// - Throws: ``DeviceProblems`` if the options do not belong together.
  public init?(patch: String?, splitAfter split: Int?) throws(DeviceProblems) {
    func refusal(_ message: String, _ remedy: String) -> DeviceProblems {
      DeviceProblems(Diagnostic(code: "usage.arguments", message: message, remedy: remedy))
    }
    guard let patch else {
      if split == nil { return nil }
      throw refusal("--split-after is about a patch schedule", "add --patch N.")
    }
    if patch == "auto" {
      guard split == nil else {
        throw refusal(
          "--patch auto chooses the split itself", "leave out --split-after, or give --patch N.")
      }
      self = .automatic
      return
    }
    guard let grid = Int(patch), grid >= 1, grid <= 1024 else {
      throw refusal(
        "--patch \(patch) is neither auto nor a number of tiles",
        "write --patch 3 --split-after 2, or --patch auto.")
    }
    guard let split else {
      throw refusal(
        "--patch \(grid) needs the last block of the stage",
        "add --split-after B, or write --patch auto.")
    }
    self = .grid(grid, splitAfter: split)
  }
}
