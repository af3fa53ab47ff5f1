import Arith
public import QuantGraph

/// Samples kept in memory to explain a mismatch.
public struct ObservedSamples: Sendable {
  public let count: Int
  /// Values of each graph input.
  public let inputs: [TensorValues]
  /// Expected values of tensors, outputs and traced layers alike.
  public let expected: [(tensor: TensorID, values: TensorValues)]

  /// Reads the samples that an explanation is tested on: the first ones and those from the first
  /// mismatch on, `limit` of each at most.
  ///
  /// - Throws: a ``Diagnostic`` from the sources.
  public static func read(
    _ sources: CheckSources, plan: Plan, firstMismatch: Int, limit: Int = 512
  ) throws(Diagnostic) -> ObservedSamples {
    var inputs = [TensorValues?](repeating: nil, count: plan.graph.inputs.count)
    var expected = [TensorValues?](repeating: nil, count: sources.expected.count)
    var position = 0
    var count = 0
    while position < firstMismatch + limit {
      let isWanted = position < limit || position >= firstMismatch
      let boundary = isWanted ? limit : min(firstMismatch - position, limit)
      let block = try CheckBlock(sources, of: plan.graph, upTo: boundary, from: position)
      if block.count == 0 { break }
      if isWanted {
        for (index, values) in block.inputs.enumerated() {
          inputs[index] = inputs[index]?.appending(values) ?? values
        }
        for (index, values) in block.expected.enumerated() {
          expected[index] = expected[index]?.appending(values) ?? values
        }
        count += block.count
      }
      position += block.count
    }
    return ObservedSamples(
      count: count, inputs: inputs.compactMap(\.self),
      expected: zip(sources.expected, expected).compactMap { source, values in
        values.map { (source.tensor, $0) }
      })
  }
}

extension TensorValues {
  fileprivate func appending(_ other: TensorValues) -> TensorValues {
    switch (self, other) {
    case (.codes(let a), .codes(let b)): .codes(a + b)
    case (.printed(let a, let digits), .printed(let b, let more)):
      .printed(a + b, digits: max(digits, more))
    case (.values(let a), .values(let b)), (.printed(let a, _), .values(let b)),
      (.values(let a), .printed(let b, _)):
      .values(a + b)
    case (.codes, _), (_, .codes): self
    }
  }

  /// Whether a fixed-point number could be every value: none is infinite or NaN.
  var isFinite: Bool {
    switch self {
    case .codes: true
    case .values(let values), .printed(let values, _): values.allSatisfy(\.isFinite)
    }
  }

  /// Samples at `positions`, each of `elements` values.
  func selecting(_ positions: [Int], elements: Int) -> TensorValues {
    func select<Value>(_ values: [Value]) -> [Value] {
      positions.flatMap { values[($0 * elements)..<(($0 + 1) * elements)] }
    }
    return switch self {
    case .codes(let codes): .codes(select(codes))
    case .values(let values): .values(select(values))
    case .printed(let values, let digits): .printed(select(values), digits: digits)
    }
  }
}

/// Searches for a single change to a model that reproduces what was observed.
public struct Diagnosis {
  public let graph: Graph
  let datapath: HLSFixed
  let originals: [TensorID: [Double]]
  let matchesPrinted: PrintedMatch
  /// Products that the search may compute, about ten thousand million a minute.
  let workLimit: Int
  let threads: Int

  /// - Parameters:
  ///   - graph: the model's graph.
  ///   - originals: values of constants before they were assigned to their types.
  ///   - workLimit: products that the search may compute.
  ///   - threads: changes tried at a time; the outcome does not depend on it.
  ///   - matchesPrinted: whether a value prints as a number of a text log.
  public init(
    graph: Graph, originals: [TensorID: [Double]] = [:], workLimit: Int = 4_000_000_000,
    threads: Int = 1, matchesPrinted: @escaping PrintedMatch
  ) {
    self.graph = graph
    datapath = HLSFixed()
    self.originals = originals
    self.workLimit = workLimit
    self.threads = threads
    self.matchesPrinted = matchesPrinted
  }

  /// What the search found.
  public struct Outcome: Sendable {
    /// Changes that reproduce every value looked at, most plausible first.
    public let causes: [Cause]
    /// Changes tried.
    public let tried: Int
    /// Whether the work limit ended the search before all changes were tried.
    public let isComplete: Bool
  }

  /// Explains why `observed` differs from the graph's results, first at `divergent`.
  ///
  /// Where the divergent node's own values were observed, changes at that node and at unobserved
  /// nodes before it are tried; else changes at every node that leads to an observed tensor.
  ///
  /// - Throws: a ``Diagnostic`` if the graph cannot run.
  public func explain(
    _ observed: ObservedSamples, divergent: Int
  ) throws(Diagnostic) -> Outcome {
    var search = try DiagnosisSearch(self, observed: observed, divergent: divergent)
    return try search.run()
  }
}
