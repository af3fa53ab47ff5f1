public import QuantGraph

extension Diagnostic {
  /// The message for sizes that cannot be planned.
  public init(_ error: ArenaError) {
    switch error {
    case .sizeOverflow(let object):
      self.init(
        code: "estimate.size", message: "the size of \(object) is beyond 2^63 - 1",
        remedy: "check the shapes of the model.")
    case .invalidRequest(let reason):
      self.init(code: "estimate.size", message: "no plan: \(reason)", remedy: nil)
    }
  }

  /// The message for a patch schedule that does not exist.
  public init(_ error: PatchScheduleError) {
    switch error {
    case .noSuchBlock(let block, let blocks):
      self.init(
        code: "patch.split", message: "there is no block \(block); the network has \(blocks)",
        notes: [
          "a block ends at the first other convolution after a depthwise one; block 0 precedes them"
        ],
        remedy: blocks == 0
          ? "run it layer by layer: it has no convolutions." : "pass the number of a block.")
    case .stage(let error): self.init(error)
    case .size(let error): self.init(error)
    }
  }
}
