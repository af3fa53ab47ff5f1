import Arith
import HWModel
package import QuantGraph

/// Samples of an input whose encoding an allocation changed: integer arrays stay codes of the model's
/// own encoding, and become values that the new one quantizes.
package final class OwnCodes: SampleSource {
  private let source: any SampleSource
  private let tensor: Tensor
  private let scale: ElementScale
  private let wraps: Bool
  private var samples = 0

  /// Nil for encodings without codes.
  ///
  /// - Parameters:
  ///   - source: what the array holds.
  ///   - tensor: the input as the model's file has it.
  ///   - wrapsCodes: whether codes out of range are brought into range as the input's bits would hold
  ///     them.
  package init?(_ source: any SampleSource, of tensor: Tensor, wrapsCodes: Bool) {
    guard let scale = ElementScale(tensor), scale.codeRange != nil else { return nil }
    self.source = source
    self.tensor = tensor
    self.scale = scale
    wraps = wrapsCodes
  }

  package func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    let given = try source.next(count)
    guard case .codes(let codes) = given, let range = scale.codeRange else { return given }
    let elements = max(tensor.shape.count, 1)
    var values: [Double] = []
    values.reserveCapacity(codes.count)
    for (place, code) in codes.enumerated() {
      guard range.contains(code) || wraps else {
        throw Diagnostic(
          .codeOutOfRange(
            tensor: tensor.name, sample: samples + place / elements,
            index: tensor.shape.index(ofOffset: place % elements), code: code, range: range))
      }
      values.append(scale.value(wrapped(code, range), element: place % elements))
    }
    samples += codes.count / elements
    return .values(values)
  }

  private func wrapped(_ code: Int64, _ range: ClosedRange<Int64>) -> Int64 {
    guard !range.contains(code) else { return code }
    // A range of codes is that of so many bits; the sign tells where it begins.
    let bits = Int64(64 - (range.upperBound - range.lowerBound).leadingZeroBitCount)
    let low = code & ((1 << bits) &- 1)
    return low > range.upperBound ? low &- (1 << bits) : low
  }
}

/// Samples of a float32 input: finite numbers, integers among them.
final class FiniteNumbers: SampleSource {
  private let source: any SampleSource
  private let tensor: Tensor
  private var samples = 0

  init(_ source: any SampleSource, of tensor: Tensor) {
    self.source = source
    self.tensor = tensor
  }

  func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    let values: [Double]
    switch try source.next(count) {
    case .codes(let codes): values = codes.map { Double($0) }
    case .values(let numbers), .printed(let numbers, _), .rounded(let numbers, _): values = numbers
    }
    let elements = max(tensor.shape.count, 1)
    if let place = values.firstIndex(where: { !Float($0).isFinite }) {
      throw Diagnostic(
        .notFinite(
          tensor: tensor.name, sample: samples + place / elements,
          index: tensor.shape.index(ofOffset: place % elements),
          value: "\(Float(values[place]))"))
    }
    samples += values.count / elements
    return .values(values)
  }
}

extension ModelFile {
  /// The sources of the model's inputs.
  ///
  /// - Parameters:
  ///   - files: arrays of the inputs.
  ///   - wrapsCodes: whether integer codes out of range are brought into range.
  /// - Returns: one an input, in the graph's order.
  /// - Throws: a ``Failure`` if a file's shape is not that of its input.
  package func inputSources(
    _ files: TensorFiles, wrapsCodes: Bool
  ) throws(Failure) -> [any SampleSource] {
    try files.open(self).map { id, source in
      if takesNumbers { return FiniteNumbers(source, of: graph[id]) }
      guard let tensor = ownInputs[id] else { return source }
      return OwnCodes(source, of: tensor, wrapsCodes: wrapsCodes) ?? source
    }
  }
}
