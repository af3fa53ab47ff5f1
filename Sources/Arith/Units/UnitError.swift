/// Why an arithmetic unit cannot exist or cannot take its operands.
public enum UnitError: Error, Hashable, Sendable {
  /// Units and casts of single values take scalar encodings.
  case notScalar(Encoding)
  /// A fixed-point overflow mode that the target does not have.
  case overflowUnsupported(Overflow, encoding: Encoding)
  /// Random bits beyond 0...32.
  case randomWidth(Int)
  /// Modes that exclude each other.
  case format(FormatError)
  /// The unit has no such operand, or lacks one.
  case operand(String, operation: UnitOperation)
  /// Operand arrays of different lengths, or not a whole number of dot products.
  case lengths([Int])
  /// A code outside its encoding.
  case invalidCode(Int64, operand: String, index: Int)
  /// A random number outside 0...2^width - 1.
  case invalidRandomBits(UInt64, index: Int)
  /// Encodings of more than 64 bits, whose codes do not fit the arrays.
  case tooWide(Encoding)
}
