public import Arith
import Documents
package import Importers
public import QuantGraph

extension Encoding {
  /// The encoding that an option names.
  ///
  /// - Throws: `format.unknown` with the grammar and the nearest name.
  public static func named(_ name: String, option: String) throws(Failure) -> Encoding {
    do {
      return try Encoding(name: name)
    } catch {
      throw Failure(error, option: option)
    }
  }

  /// The encoding that an option names, or nil where it is left out.
  public static func named(_ name: String?, option: String) throws(Failure) -> Encoding? {
    guard let name else { return nil }
    let encoding: Encoding = try named(name, option: option)
    return encoding
  }

  /// The smallest array type that holds every code, and -1 if `signed`.
  ///
  /// - Throws: `format.cast` for blocks, and where no integer of 64 bits holds them.
  package func elementType(signed: Bool) throws(Failure) -> NDArray.ElementType {
    guard let width = scalarWidth, width <= 64 else {
      throw Failure("format.cast", "\(name) has no single codes", remedy: "name a scalar format.")
    }
    let range: ClosedRange<Int128> =
      hasSignedCodes
      ? -(Int128(1) << Int128(width - 1))...(Int128(1) << Int128(width - 1)) - 1
      : 0...(Int128(1) << Int128(width)) - 1
    guard let type = NDArray.ElementType.smallestInteger(holding: range, signed: signed) else {
      throw Failure(
        "format.cast", "codes of \(name) and -1 do not fit in 64 bits",
        remedy: "leave out --invalid minus-one.")
    }
    return type
  }
}

extension Failure {
  /// A text that names no format: what is wrong, the grammar, the nearest name.
  public init(_ error: FormatNameError, option: String) {
    let cause = Diagnostic(error.cause)
    var notes: [String] = []
    if let grammar = error.grammar { notes.append("expected: \(grammar)") }
    // A word of the field for several formats, such as fp8, has no nearest name.
    let meant = Suggestion.meant(by: error.text)
    if meant.isEmpty { notes.append("nearest valid name: \(error.nearest)") }
    let names = meant.isEmpty ? [error.nearest] : meant
    self = Failure(
      "format.unknown", cause.message, at: option, notes: notes,
      remedy: "did you mean '\(names.joined(separator: "' or '"))'? "
        + "hwsim formats lists every family.")
  }

  /// What an arithmetic unit or a cast cannot do, in words.
  public init(_ error: UnitError) {
    switch error {
    case .notScalar(let encoding):
      self = Failure(
        "format.cast", "\(encoding.name) does not hold single numbers",
        remedy: "name a scalar format; block formats are written by hwsim cast --axis.")
    case .overflowUnsupported(let mode, let encoding):
      self = Failure(
        "format.cast", "\(encoding.name) cannot overflow by \(mode.rawValue)",
        remedy: "use --overflow sat or nosat with formats that are not fixed point.")
    case .randomWidth(let width):
      self = Failure(
        "usage.random-bits", "--random-width \(width) is outside 0 to 32",
        remedy: "give the number of random bits that each rounding takes.")
    case .format(let error): self.init(Diagnostic(error))
    case .operand(let name, let operation):
      self = Failure(
        "usage.operands", "unit \(operation.rawValue): operand \(name) is missing or superfluous",
        notes: ["operands: " + operation.operands.joined(separator: ", ")],
        remedy: "give a format for each operand (--a, --b, --c), and no other.")
    case .lengths(let lengths):
      self = Failure(
        "array.lengths", "the operand arrays do not fit together: lengths \(lengths)",
        remedy: "arrays of one shape; for dot c has one value a row.")
    case .invalidCode(let code, let operand, let index):
      self = Failure(
        "array.code", "code \(code) of operand \(operand) is outside its format",
        at: "\(operand)[\(index)]", remedy: "write codes, not values; sign-extend signed ones.")
    case .invalidRandomBits(let bits, let index):
      self = Failure(
        "array.code", "random number \(bits) does not fit the width", at: "random bits [\(index)]",
        remedy: "random numbers are 0 to 2^N - 1 for --random-width N.")
    case .tooWide(let encoding):
      self = Failure(
        "format.cast", "codes of \(encoding.name) do not fit in 64 bits",
        remedy: "arrays hold codes of at most 64 bits.")
    }
  }

  /// A value that the target format has no code for.
  package static func noCode(
    _ value: String, in encoding: Encoding, index: Int, at location: String
  ) -> Failure {
    Failure(
      "format.no-code", "\(encoding.name) has no code for \(value)", at: "\(location)[\(index)]",
      remedy: "clamp or mask the input, choose --overflow sat, or write -1 there with "
        + "--invalid minus-one.")
  }
}
