public import Arith
public import Documents
package import Importers
public import QuantGraph

/// A GPU's matrix instruction on arrays of codes (`hwsim unit mma`).
public struct MatrixUnit: Sendable {
  /// The GPU, as it was named.
  public let target: String
  /// Whose tensor cores it has.
  public let generation: TensorCoreGeneration
  /// Format of operand a.
  public let a: Encoding
  /// Format of operand b.
  public let b: Encoding
  /// The definition of what is computed.
  public let unit: TensorCoreUnit
  /// The instruction.
  public let instruction: TensorCoreInstruction
  private let isRowwise: Bool

  /// What is asked for, in words as they are typed.
  public struct Request: Sendable {
    /// A GPU or a part.
    public var target: String?
    /// `tensor-core`, `mma-sync` or `bitplane`; nil for the first.
    public var path: String?
    /// Format of operand a, or a type of the instruction set such as `s4`.
    public var a: String?
    /// Format of operand b.
    public var b: String?
    /// Format of the running sum; nil for the instruction's.
    public var accumulator: String?
    /// `SAT` or `WRAP` of an integer register.
    public var overflow: String?
    /// How single bits meet: `xor` or `and`.
    public var join: String?
    /// Whether row i of `a` meets row i of `b` alone.
    public var isRowwise = false

    public init(
      target: String? = nil, path: String? = nil, a: String? = nil, b: String? = nil,
      accumulator: String? = nil, overflow: String? = nil, join: String? = nil,
      isRowwise: Bool = false
    ) {
      self.target = target
      self.path = path
      self.a = a
      self.b = b
      self.accumulator = accumulator
      self.overflow = overflow
      self.join = join
      self.isRowwise = isRowwise
    }
  }

  /// - Throws: `usage.arguments`, `format.unknown` and what the tensor cores lack.
  public init(_ request: Request) throws(Failure) {
    guard let target = request.target else {
      throw Failure(
        "usage.arguments", "--target is missing",
        remedy: "name a GPU (hwsim targets), or a part: "
          + TensorCoreChoice.parts.joined(separator: ", ") + ".")
    }
    let generation = try TensorCoreGeneration(target: target)
    let instruction = try TensorCoreInstruction(path: request.path)
    var join: BitPlaneProduct.Join?
    if let text = request.join {
      guard let known = BitPlaneProduct.Join(rawValue: text) else {
        throw .unknown(
          "operation on bits", text, code: "usage.arguments",
          among: BitPlaneProduct.Join.allCases.map(\.rawValue), listedBy: "hwsim unit --help")
      }
      join = known
    }
    guard let left = request.a, let right = request.b else {
      throw Failure(
        "usage.arguments", "--\(request.a == nil ? "a" : "b") is missing",
        remedy: "name a format for each operand.")
    }
    self.target = target
    self.generation = generation
    self.instruction = instruction
    isRowwise = request.isRowwise
    a = try Self.operand(left, option: "--a")
    b = try Self.operand(right, option: "--b")
    var accumulator = try request.accumulator.map { (name) throws(Failure) in
      try Self.operand(name, option: "--accumulator")
    }
    if let overflow = request.overflow {
      accumulator = try Self.register(accumulator, overflow: overflow)
    }
    do throws(TensorCoreError) {
      unit = try TensorCoreUnit(
        generation, a: a, b: b, accumulator: accumulator, instruction: instruction, join: join)
    } catch {
      throw Failure(error, target: target)
    }
  }

  /// A format by its name, or a type of the instruction set: b1, s4, u8, s32.
  private static func operand(_ name: String, option: String) throws(Failure) -> Encoding {
    switch name {
    case "b1": try .named("uint<1>", option: option)
    case "s4", "s8", "s32": try .named("int<\(name.dropFirst())>", option: option)
    case "u4", "u8": try .named("uint<\(name.dropFirst())>", option: option)
    default: try .named(name, option: option)
    }
  }

  /// The 32-bit register with a way to overflow.
  private static func register(
    _ accumulator: Encoding?, overflow: String
  ) throws(Failure) -> Encoding {
    let mode: String
    switch overflow {
    case "sat", "SAT": mode = "SAT"
    case "nosat", "WRAP": mode = "WRAP"
    default:
      throw .unknown(
        "overflow", overflow, code: "usage.arguments", among: ["SAT", "WRAP"],
        listedBy: "hwsim unit --help")
    }
    if let accumulator {
      guard case .fixed(let format) = accumulator, format.width == 32, format.isSigned else {
        throw Failure(
          "usage.arguments", "--overflow says nothing of an accumulator in \(accumulator.name)",
          remedy: "leave it out, or accumulate in int<32>.")
      }
    }
    return try .named("fixed<32,32,TRN,\(mode)>", option: "--overflow")
  }

  /// What a run made.
  public struct Summary: Sendable {
    /// `[M, N]`, or `[R]` of rows.
    public let shape: [Int]
    /// Element type of the result.
    package let type: NDArray.ElementType
    /// The results, row-major.
    public let codes: [Int64]

    /// Writes the array `out` to the .npz at `path`.
    ///
    /// - Throws: a `Failure` if the file cannot be written.
    public func write(to path: String) throws(Failure) {
      try UnitArrays.write(codes, shape: shape, type: type, to: path)
    }
  }

  /// Computes the arrays a `[M, K]`, b `[N, K]` and perhaps c `[M, N]` of the .npz at `path`.
  ///
  /// - Throws: `array.operands`, `array.lengths`, `array.type` and what the unit cannot compute.
  public func compute(_ path: String) throws(Failure) -> Summary {
    let arrays = try UnitArrays(
      path, required: ["a", "b"], optional: hasZeros ? ["c", "a_zero", "b_zero"] : ["c"],
      remedy: "give a and b, c if sums start from it, and zero points with --path bitplane.")
    let (left, right) = (arrays["a"]?.shape ?? [], arrays["b"]?.shape ?? [])
    guard left.count == 2, right.count == 2, left[1] == right[1],
      !isRowwise || left[0] == right[0]
    else {
      throw Failure(
        "array.lengths", "a has shape \(left), b \(right)", at: path,
        remedy: isRowwise ? "both are [R, K]." : "a is [M, K] and b is [N, K].")
    }
    guard left[1] >= 1 else {
      throw Failure(
        "array.lengths", "the last axis of a is empty", at: path,
        remedy: "give at least one term a sum.")
    }
    let count = left[0].multipliedReportingOverflow(by: isRowwise ? 1 : right[0])
    guard !count.overflow, count.partialValue <= 1 << 28, left[1] < 1 << 31 else {
      throw Failure(
        "array.lengths", "\(left[0]) x \(right[0]) results are too many", at: path,
        remedy: "give fewer rows: at most 2^28 results.")
    }
    let shape =
      isRowwise
      ? ProductShape(pairs: left[0], depth: left[1])
      : ProductShape(rows: left[0], columns: right[0], depth: left[1])
    let resultShape = isRowwise ? [left[0]] : [left[0], right[0]]
    let start = try codes("c", arrays)
    guard start.isEmpty || arrays["c"]?.shape == resultShape else {
      throw Failure(
        "array.lengths", "c has shape \(arrays["c"]?.shape ?? [])", at: path,
        remedy: "one value a result: shape \(resultShape).")
    }
    let (first, second) = (try codes("a", arrays), try codes("b", arrays))
    let firstZeros = try zeros("a_zero", arrays, count: shape.rows)
    let secondZeros = try zeros("b_zero", arrays, count: shape.rowsOfB)
    let results: [Int64]
    do throws(TensorCoreError) {
      results = try unit.product(
        first, second, c: start, aZero: firstZeros, bZero: secondZeros, shape: shape)
    } catch {
      throw Failure(error, target: target)
    }
    return Summary(shape: resultShape, type: type(of: results), codes: results)
  }

  private var hasZeros: Bool {
    if case .planes = unit.arithmetic { true } else { false }
  }

  /// The result's element type: the accumulator's, or the smallest of 32 and 64 bits for exact sums.
  private func type(of results: [Int64]) -> NDArray.ElementType {
    switch unit.arithmetic {
    case .blocks(_, let sum): sum.result.width == 32 ? .uint32 : .uint16
    case .integers: .int32
    case .planes, .counts, .signs:
      results.allSatisfy { Int32(exactly: $0) != nil } ? .int32 : .int64
    }
  }

  private func codes(_ name: String, _ arrays: UnitArrays) throws(Failure) -> [Int64] {
    try arrays.integers(
      name, remedy: "write integer codes; of floating-point operands their bit patterns.")
  }

  private func zeros(
    _ name: String, _ arrays: UnitArrays, count: Int
  ) throws(Failure) -> [Int64] {
    guard let array = arrays[name] else { return [] }
    let values = try codes(name, arrays)
    if array.shape.isEmpty || array.shape == [1], let zero = values.first {
      return [Int64](repeating: zero, count: count)
    }
    guard array.shape == [count] else {
      throw Failure(
        "array.lengths", "\(name) has shape \(array.shape)", at: arrays.path,
        remedy: "one zero point, or one a row: shape [\(count)].")
    }
    return values
  }

  /// Where the numbers of a floating-point model come from; nil for integers.
  public var rule: TensorCoreRule? {
    if case .blocks(let rule, _) = unit.arithmetic { rule } else { nil }
  }

  /// The result in the document.
  public func json(_ summary: Summary) -> JSON {
    [
      "generation": .string(generation.rawValue), "path": .string(instruction.rawValue),
      "shape": .integers(summary.shape), "values": .integer(summary.codes.count),
      "type": .string(summary.type.rawValue), "kind": .string(unit.isExact ? "exact" : "model"),
      "rule": rule.map {
        [
          "block": .integer($0.length), "fraction_bits": .integer($0.fractionBits),
          "kept_mantissa_bits": .integer($0.keptBits), "confidence": .string($0.confidence),
          "source": .string($0.source),
        ]
      } ?? .null,
    ]
  }

  /// A line, and for models of floating point where their numbers come from.
  public func text(_ summary: Summary) -> String {
    let head = Quantity.count(summary.codes.count, "result") + ", \(summary.type.rawValue)"
    guard let rule else { return head + "  exact\n" }
    return head + "  model of \(generation.rawValue): blocks of \(rule.length), "
      + "\(rule.fractionBits) fraction bits\n  \(rule.confidence)\n  \(rule.source)\n"
  }
}
