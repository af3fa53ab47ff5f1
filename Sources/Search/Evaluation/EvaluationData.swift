public import HWModel

/// Samples and labels of an evaluation, in the model's input order.
public struct EvaluationData: Sendable {
  /// `count * input elements`, sample after sample.
  public let samples: [Float]
  public let count: Int
  /// One a sample, the index of a class; nil without labels.
  public let labels: [Int]?

  /// - Throws: ``EvaluationDataError`` if the numbers do not fit the network, or there are none.
  public init(
    _ samples: [Float], labels: [Int]? = nil, for network: FloatNetwork
  ) throws(EvaluationDataError) {
    let elements = network.inputCount
    guard elements > 0, !samples.isEmpty, samples.count % elements == 0 else {
      throw .sampleElements(expected: elements, found: samples.count)
    }
    let count = samples.count / elements
    if let labels {
      guard labels.count == count else { throw .labelCount(expected: count, found: labels.count) }
      // One score stands against 0.
      let classes = max(network.classCount, 2)
      if let index = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
        throw .label(sample: index, value: labels[index], classes: classes)
      }
    }
    if let index = samples.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(sample: index / elements, element: index % elements)
    }
    self.samples = samples
    self.count = count
    self.labels = labels
  }

  /// The first samples, at most `count`.
  public func prefix(_ count: Int) -> EvaluationData {
    let kept = max(min(count, self.count), min(self.count, 1))
    return EvaluationData(
      kept: Array(samples.prefix(samples.count / self.count * kept)), count: kept,
      labels: labels.map { Array($0.prefix(kept)) })
  }

  private init(kept samples: [Float], count: Int, labels: [Int]?) {
    self.samples = samples
    self.count = count
    self.labels = labels
  }
}

/// What is wrong with samples or labels.
public enum EvaluationDataError: Error, Hashable, Sendable {
  /// Not a multiple of the input's elements, or nothing.
  case sampleElements(expected: Int, found: Int)
  case labelCount(expected: Int, found: Int)
  case label(sample: Int, value: Int, classes: Int)
  case notFinite(sample: Int, element: Int)
}
