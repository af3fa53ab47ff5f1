public import QuantGraph

/// How good one allocation is, measured by running the network.
public struct Quality: Sendable, Hashable {
  /// Samples whose class is the label's; nil without labels.
  public var correct: Int?
  /// Samples evaluated.
  public var samples: Int
  /// Mean cross-entropy with labels; without, the mean divergence from the unquantized network.
  public var loss: Double

  public init(correct: Int?, samples: Int, loss: Double) {
    self.correct = correct
    self.samples = samples
    self.loss = loss
  }
}

/// Runs a network under allocations.
///
/// A result depends on the allocation alone: not on what was evaluated before, nor on threads.
///
/// ``QuantizedEvaluator`` is the one of float graphs. Its
/// ``QuantizedEvaluator/candidate(layer:weightBits:inputBits:)`` gives the candidate of a pair of
/// widths, with the sign that the calibrated input of that layer asks for.
public protocol Evaluator: Sendable {
  /// The layers whose formats may be chosen, in the graph's order.
  var layers: [SearchLayer] { get }

  /// The quality of each of `allocations` (one candidate a layer), in their order.
  ///
  /// Allocations that share a prefix of layers are cheap when they are neighbours. `report` is
  /// called from one thread at a time as results arrive, with the index of the allocation; each
  /// index is reported once, in any order, and not always from the calling thread.
  /// `isCancelled` is asked between allocations; what was done by then has been reported.
  ///
  /// - Throws: ``EvaluationError`` for a candidate that the evaluator cannot apply, before anything
  ///   runs.
  func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError)

  /// Gives back the memory of what is made again when it is asked for.
  func releaseMemory()
}

extension Evaluator {
  public func releaseMemory() {}
}

/// An allocation that an evaluator cannot apply.
public enum EvaluationError: Error, Hashable, Sendable {
  /// An allocation with another number of candidates than the network has layers.
  case layerCount(expected: Int, found: Int)
  /// A format that the evaluator has no rule for in that place.
  case unsupported(layer: String, role: String, encoding: String)
  /// A tensor whose encoding the operator that writes it gives.
  case fixedEncoding(tensor: String, operation: String)
  /// Weights that cannot be rewritten as the allocation says.
  case rewrite(layer: String, rewrite: String, reason: String)
  /// A node that cannot run under an allocation.
  case notRunnable(node: String, reason: String)
  /// What a task elsewhere says, or what became of it.
  case task(Failure)
}

extension EvaluationError {
  /// The error in one line.
  public var words: String {
    switch self {
    case .layerCount(let expected, let found): "\(found) candidates for \(expected) layers"
    case .unsupported(let layer, let role, let encoding):
      "\(role) of layer '\(layer)' cannot take the format \(encoding)"
    case .fixedEncoding(let tensor, let operation):
      "tensor '\(tensor)' has the one encoding that \(operation) gives it"
    case .rewrite(let layer, let rewrite, let reason):
      "weights of layer '\(layer)' cannot be rewritten by \(rewrite): \(reason)"
    case .notRunnable(let node, let reason): "'\(node)': \(reason)"
    case .task(let failure): failure.problems.map(\.message).joined(separator: "; ")
    }
  }
}
