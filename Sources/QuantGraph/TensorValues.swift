/// What a file says of one tensor for consecutive samples, row-major.
public enum TensorValues: Sendable {
  /// Integer codes of the tensor's format.
  case codes([Int64])
  /// Values.
  case values([Double])
  /// Values as a text shows them, with this many significant digits.
  case printed([Double], digits: Int)
  /// Values as an array holds them whose numbers have this many significant bits, fewer than the
  /// tensor's codes: 11 of float16, 24 of float32.
  case rounded([Double], bits: Int)

  public var count: Int {
    switch self {
    case .codes(let codes): codes.count
    case .values(let values), .printed(let values, _), .rounded(let values, _): values.count
    }
  }

  /// The values; nil of codes.
  public var numbers: [Double]? {
    switch self {
    case .codes: nil
    case .values(let values), .printed(let values, _), .rounded(let values, _): values
    }
  }

  /// `value` as a float format of so many significant bits holds it: 11 of float16, 24 of float32,
  /// else as it is.
  public static func number(_ value: Double, ofBits bits: Int) -> Double {
    switch bits {
    case 11: Double(Float16(value))
    case 24: Double(Float(value))
    default: value
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
