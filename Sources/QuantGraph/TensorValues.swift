/// What a file says of one tensor for consecutive samples, row-major.
public enum TensorValues: Sendable {
  /// Integer codes of the tensor's format.
  case codes([Int64])
  /// Values.
  case values([Double])
  /// Values as a text shows them, with this many significant digits.
  case printed([Double], digits: Int)

  public var count: Int {
    switch self {
    case .codes(let codes): codes.count
    case .values(let values), .printed(let values, _): values.count
    }
  }
}

/// Samples of one tensor in order, however they are stored.
public protocol SampleSource: AnyObject {
  /// The next samples, at most `count`; empty at the end.
  ///
  /// - Throws: a ``Diagnostic`` with the place in the file.
  func next(_ count: Int) throws(Diagnostic) -> TensorValues
}
