public import Arith
import Importers
public import QuantGraph

/// An arithmetic unit in words, as they are typed (`hwsim unit OP`).
public struct UnitRequest: Sendable {
  /// The operation, such as `mul`.
  public var operation: String?
  /// Formats of the operands.
  public var a, b, c: String?
  /// Format of the result.
  public var out: String?
  /// Running sum of dot: `exact`, or a format that each step rounds to; nil for exact.
  public var accumulator: String?
  /// Integer factor of requantize.
  public var multiplier: Int64?
  /// Power of two that requantize divides by.
  public var shift: Int?
  /// How results are rounded and overflow.
  public var modes = CastModes()
  /// Bits of each random number of a stochastic rounding.
  public var randomWidth = 0

  public init(operation: String? = nil) { self.operation = operation }

  /// The operation.
  ///
  /// - Throws: `usage.arguments` where it is missing, `usage.unknown-operation`.
  public func knownOperation() throws(Failure) -> UnitOperation {
    guard let operation else {
      throw Failure(
        "usage.arguments", "OP is missing", remedy: "name an operation, such as mul.")
    }
    guard let known = UnitOperation(rawValue: operation) else {
      throw .unknown(
        "operation", operation, code: "usage.unknown-operation",
        among: UnitOperation.allCases.map(\.rawValue) + ["mma"], listedBy: "hwsim unit --help")
    }
    return known
  }

  /// The unit.
  ///
  /// - Throws: `usage.arguments`, `usage.operands`, `format.unknown`, `format.cast` and what names of
  ///   modes give.
  public func unit() throws(Failure) -> ArithmeticUnit {
    let operation = try knownOperation()
    guard let a, let out else {
      throw Failure(
        "usage.arguments", "--\(a == nil ? "a" : "out") is missing",
        remedy: "name a format for each operand and for the result.")
    }
    let first = try Encoding.named(a, option: "--a")
    let second = try Encoding.named(b, option: "--b")
    let third = try Encoding.named(c, option: "--c")
    let result = try modes.rule(
      to: try Encoding.named(out, option: "--out"), randomWidth: randomWidth)
    var sum = Accumulator.exact
    if let accumulator, accumulator != "exact" {
      // Each step of a float register rounds as the result does; fixed point has modes of its own.
      let encoding = try Encoding.named(accumulator, option: "--accumulator")
      var stepModes = CastModes()
      if case .float = encoding, case .float = result.encoding { stepModes = modes }
      sum = .rounded(try stepModes.rule(to: encoding, randomWidth: randomWidth))
    }
    var factor: DyadicFactor?
    if multiplier != nil || shift != nil {
      do throws(FormatError) {
        factor = try DyadicFactor(multiplier: multiplier ?? 1, shift: shift ?? 0)
      } catch {
        throw Failure(Diagnostic(error))
      }
    }
    do throws(UnitError) {
      return try ArithmeticUnit(
        operation, a: first, b: second, c: third, out: result, accumulator: sum, factor: factor)
    } catch {
      throw Failure(error)
    }
  }
}

/// An arithmetic unit on arrays of codes.
public struct UnitRun: Sendable {
  private let unit: ArithmeticUnit
  private let invalid: InvalidChoice

  /// - Parameters:
  ///   - unit: what is computed.
  ///   - invalid: what stands where the result has no code.
  public init(_ unit: ArithmeticUnit, invalid: InvalidChoice = .error) {
    self.unit = unit
    self.invalid = invalid
  }

  /// Computes the arrays a, b, c (and random) of codes of the .npz at `input`, all of one shape, into
  /// `out` of that at `output`; dot sums over the last axis.
  ///
  /// - Throws: `array.operands`, `array.lengths`, `array.type`, `array.code`, `format.no-code`, and what
  ///   a file that cannot be read or written gives.
  public func run(_ input: String, to output: String) throws(Failure) -> CastSummary {
    let wanted =
      unit.operation.operands + (unit.c != nil && unit.operation == .dot ? ["c"] : [])
      + (unit.out.rounding.randomWidth > 0 ? ["random"] : [])
    let arrays = try UnitArrays(
      input, required: wanted, remedy: "the file holds one array of codes for each operand.")
    func codes(_ name: String) throws(Failure) -> [Int64] {
      guard wanted.contains(name) else { return [] }
      if let values: [UInt64] = arrays[name]?.values() {
        return values.map { Int64(bitPattern: $0) }
      }
      return try arrays.integers(name, remedy: "write integer codes.")
    }
    let shape = arrays["a"]?.shape ?? []
    if let other = arrays["b"]?.shape, unit.b != nil, other != shape {
      throw Failure(
        "array.lengths", "a has shape \(shape), b \(other)", at: input,
        remedy: "operands have one shape.")
    }
    let isDot = unit.operation == .dot
    let rowLength = isDot ? shape.last ?? 1 : 1
    let resultShape = isDot ? Array(shape.dropLast()) : shape
    guard rowLength > 0 else {
      throw Failure(
        "array.lengths", "the last axis of a is empty", at: input,
        remedy: "give at least one term a sum.")
    }
    let (first, second, third) = (try codes("a"), try codes("b"), try codes("c"))
    let random = try codes("random").map { UInt64(bitPattern: $0) }
    let results: [Int64?]
    do throws(UnitError) {
      results = try unit.results(
        a: first, b: second, c: third, randomBits: random, rowLength: rowLength)
    } catch {
      throw Failure(error)
    }
    if invalid == .error, let index = results.firstIndex(of: nil) {
      throw .noCode("the result", in: unit.out.encoding, index: index, at: "out")
    }
    let type = try unit.out.encoding.elementType(signed: invalid == .minusOne)
    try UnitArrays.write(results.map { $0 ?? -1 }, shape: resultShape, type: type, to: output)
    return CastSummary(
      shape: resultShape, count: results.count, invalid: results.count { $0 == nil },
      type: type.rawValue, losses: nil)
  }
}
