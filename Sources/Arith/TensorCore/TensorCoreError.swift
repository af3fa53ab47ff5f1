/// Why a tensor core does not compute a product.
public enum TensorCoreError: Error, Hashable, Sendable {
  /// The hardware has no such instruction; `available` lists what it has, a line each.
  case unsupported(
    generation: TensorCoreGeneration, a: String, b: String, accumulator: String,
    available: [String])
  /// Operands that no instruction takes together.
  case operands(String, String)
  /// Single-bit instructions have no saturating form.
  case noSaturation
  /// A code outside its type.
  case codeOutside(Int64, range: ClosedRange<Int64>, index: Int)
  /// A zero point that a sum cannot take.
  case zeroOutside(Int64, index: Int)
}
