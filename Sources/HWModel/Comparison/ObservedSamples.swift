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
  /// - Throws: a `Diagnostic` from the sources.
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
    case (.rounded(let a, let bits), .rounded(let b, _)): .rounded(a + b, bits: bits)
    case (.codes, _), (_, .codes): self
    default: .values((numbers ?? []) + (other.numbers ?? []))
    }
  }

  /// Whether a fixed-point number could be every value: none is infinite or NaN.
  var isFinite: Bool {
    numbers?.allSatisfy(\.isFinite) ?? true
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
    case .rounded(let values, let bits): .rounded(select(values), bits: bits)
    }
  }
}
