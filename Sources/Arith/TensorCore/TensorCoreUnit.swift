/// What a generation's tensor cores compute for operands and accumulator of given types.
public struct TensorCoreUnit: Hashable, Sendable {
  public let generation: TensorCoreGeneration
  public let arithmetic: Arithmetic

  /// The rules of a product.
  public enum Arithmetic: Hashable, Sendable {
    /// Floating-point blocks, a model of measured hardware.
    case blocks(TensorCoreRule, BlockSum)
    /// Integer or single-bit instructions.
    case integers(IntegerMMA)
    /// Binary planes of integers of 1 to 8 bits.
    case planes(a: FixedPointFormat, b: FixedPointFormat, accumulator: FixedPointFormat?)
    /// Counts of ones of joined single bits: exact.
    case counts(BitPlaneProduct.Join)
    /// -1 and +1 as bits: the depth less twice the ones of their XOR.
    case signs
  }

  /// The unit for operands in `a` and `b`.
  ///
  /// The accumulator is float32 for floats (or float16, where the operands are 16-bit halves or of 8
  /// bits and fewer), a 32-bit integer that wraps, or saturates by its overflow mode, for integers,
  /// and exact for planes unless a 32-bit integer is named. `join` is how single bits meet: XOR unless
  /// told otherwise in instructions; planes multiply, which is AND, unless XOR is asked for.
  ///
  /// - Throws: ``TensorCoreError/unsupported(generation:a:b:accumulator:available:)`` for what the
  ///   generation has no instruction for, or an error of ``IntegerMMA``.
  public init(
    _ generation: TensorCoreGeneration, a: Encoding, b: Encoding, accumulator: Encoding? = nil,
    instruction: TensorCoreInstruction = .tensorCore, join: BitPlaneProduct.Join? = nil
  ) throws(TensorCoreError) {
    self.generation = generation
    let refusal = TensorCoreError.unsupported(
      generation: generation, a: a.name, b: b.name, accumulator: accumulator?.name ?? "default",
      available: Self.available(generation))
    switch (a, b) {
    case (.float(let left), .float(let right)):
      guard
        let (rule, sum) = Self.rule(
          generation, left, right, accumulator: accumulator, instruction: instruction)
      else { throw refusal }
      arithmetic = .blocks(rule, sum)
    case (.fixed(let left), .fixed(let right)):
      var register: FixedPointFormat?
      if let accumulator {
        guard case .fixed(let format) = accumulator, format.width == 32, format.isSigned,
          format.fractionBits == 0, format.overflow == .wrap || format.overflow == .saturate
        else { throw refusal }
        register = format
      }
      guard left.fractionBits == 0, right.fractionBits == 0 else { throw refusal }
      if instruction == .bitplane {
        guard left.width <= 8, right.width <= 8, generation != .volta else { throw refusal }
        if join == .xor {
          guard Self.operand(left) == .b1, Self.operand(right) == .b1 else { throw refusal }
          arithmetic = .counts(.xor)
        } else {
          arithmetic = .planes(a: left, b: right, accumulator: register)
        }
      } else {
        let join = join ?? .xor
        guard let x = Self.operand(left), let y = Self.operand(right),
          generation.hasIntegers(x, join: join), generation.hasIntegers(y, join: join)
        else { throw refusal }
        arithmetic = .integers(
          try IntegerMMA(a: x, b: y, join: join, saturates: register?.overflow == .saturate))
      }
    case (.codebook(let left), .codebook(let right)):
      guard left.definition == .binary, right.definition == .binary, instruction == .bitplane,
        generation != .volta, accumulator == nil
      else {
        throw refusal
      }
      arithmetic = .signs
    default: throw refusal
    }
  }

  private static func operand(_ format: FixedPointFormat) -> IntegerMMA.Operand? {
    switch (format.width, format.isSigned) {
    case (1, false): .b1
    case (4, true): .s4
    case (4, false): .u4
    case (8, true): .s8
    case (8, false): .u8
    default: nil
    }
  }

  private static func rule(
    _ generation: TensorCoreGeneration, _ a: FloatFormat, _ b: FloatFormat,
    accumulator: Encoding?, instruction: TensorCoreInstruction
  ) -> (TensorCoreRule, BlockSum)? {
    var result = FloatFormat.float32
    if let accumulator {
      guard case .float(let format) = accumulator, format == .float32 || format == .float16 else {
        return nil
      }
      result = format
    }
    // Only halves and narrower operands accumulate in float16.
    if result == .float16 && (a.exponentBits > 5 || b.exponentBits > 5) { return nil }
    // Operands of 8 bits and fewer may differ; wider ones are of one format.
    guard a == b || (a.width <= 8 && b.width <= 8) else { return nil }
    let names = [Encoding.float(a).name, Encoding.float(b).name]
    let rules = TensorCoreRule.all.filter { rule in
      rule.generation == generation && names.allSatisfy(rule.inputs.contains)
    }
    let own = rules.first { $0.instruction == instruction }
    // Where the older instruction computes alike it has no rule of its own.
    guard let rule = own ?? (instruction == .mmaSync ? rules.first : nil) else { return nil }
    return (rule, rule.blocks(a: a, b: b, result: result))
  }

  /// What a generation has, a line each.
  public static func available(_ generation: TensorCoreGeneration) -> [String] {
    var lines = TensorCoreRule.all.filter { $0.generation == generation }.map { rule in
      "\(rule.instruction.rawValue): \(rule.inputs.joined(separator: ", "))"
    }
    var integers: [String] = []
    for operand in IntegerMMA.Operand.allCases {
      let joins = BitPlaneProduct.Join.allCases.filter {
        generation.hasIntegers(operand, join: $0)
      }
      guard !joins.isEmpty else { continue }
      let name =
        operand == .b1
        ? "uint<1> (\(joins.map(\.rawValue).joined(separator: ", ")))"
        : "\(operand.isSigned ? "int" : "uint")<\(operand.bits)>"
      integers.append(name)
    }
    if !integers.isEmpty {
      lines.append("tensor-core: \(integers.joined(separator: ", "))")
      lines.append("bitplane: int<1> to int<8>, uint<1> to uint<8>")
    }
    return lines
  }

  /// Whether results are known exactly; floating-point blocks are a model of measured hardware.
  public var isExact: Bool {
    if case .blocks = arithmetic { false } else { true }
  }

  /// `a * b^T + c`: codes of the accumulator's format, integers for planes.
  ///
  /// Zero points, one a row of a or of b or none, are those of planes.
  ///
  /// - Throws: ``TensorCoreError`` for codes out of range.
  /// - Precondition: the counts are those of `shape`; no zero points for other arithmetic than planes.
  public func product(
    _ a: [Int64], _ b: [Int64], c: [Int64] = [], aZero: [Int64] = [], bZero: [Int64] = [],
    shape: ProductShape, path: KernelPath = .current
  ) throws(TensorCoreError) -> [Int64] {
    switch arithmetic {
    case .integers(let instruction):
      return try instruction.product(a, b, c: c, shape: shape)
    case .blocks(let rule, let sum):
      try check(a, sum.a)
      try check(b, sum.b)
      try check(c, sum.result)
      let offsets = Array(0..<shape.depth)
      let (left, right) = (
        TensorCoreMatrix(
          rule, sum, BlockNumbers(codes: a, format: sum.a),
          starts: (0..<shape.rows).map { $0 * shape.depth }, offsets: offsets),
        TensorCoreMatrix(
          rule, sum, BlockNumbers(codes: b, format: sum.b),
          starts: (0..<shape.rowsOfB).map { $0 * shape.depth }, offsets: offsets)
      )
      let start = c.isEmpty ? [UInt32](repeating: 0, count: shape.count) : c.map { UInt32($0) }
      return left.codes(
        times: right, rule, sum, start: start, isRowwise: shape.isRowwise, path: path
      ).map(Int64.init)
    case .planes(let left, let right, let accumulator):
      let sums = try planeProduct(
        (left.width, left.isSigned), (right.width, right.isSigned), a, b, shape
      ) { (x, y, row) throws(TensorCoreError) -> [Int64] in
        let one = row.map { $0...$0 }
        let (za, zb) = (
          one.map { aZero.isEmpty ? [] : Array(aZero[$0]) } ?? aZero,
          one.map { bZero.isEmpty ? [] : Array(bZero[$0]) } ?? bZero
        )
        return try BitPlaneProduct.product(x, y, aZero: za, bZero: zb, path: path)
      }
      return try added(sums, c, accumulator)
    case .counts(let join):
      let sums = try planeProduct((1, false), (1, false), a, b, shape) { x, y, _ in
        BitPlaneProduct.counts(x, y, join: join, path: path)
      }
      return try added(sums, c, nil)
    case .signs:
      let sums = try planeProduct((1, false), (1, false), a, b, shape) { x, y, _ in
        BitPlaneProduct.counts(x, y, join: .xor, path: path).map { Int64(shape.depth) - 2 * $0 }
      }
      return try added(sums, c, nil)
    }
  }

  private func check(_ codes: [Int64], _ format: FloatFormat) throws(TensorCoreError) {
    let range: ClosedRange<Int64> = 0...(1 << Int64(format.width)) - 1
    if let index = codes.firstIndex(where: { !range.contains($0) }) {
      throw .codeOutside(codes[index], range: range, index: index)
    }
  }

  /// Sums of planes: each row of a with every row of b, or with its own.
  private func planeProduct(
    _ left: (bits: Int, isSigned: Bool), _ right: (bits: Int, isSigned: Bool), _ a: [Int64],
    _ b: [Int64], _ shape: ProductShape,
    _ multiply: (BitPlanes, BitPlanes, Int?) throws(TensorCoreError) -> [Int64]
  ) throws(TensorCoreError) -> [Int64] {
    guard shape.isRowwise else {
      return try multiply(
        try BitPlanes(
          a, rows: shape.rows, depth: shape.depth, bits: left.bits, isSigned: left.isSigned),
        try BitPlanes(
          b, rows: shape.columns, depth: shape.depth, bits: right.bits, isSigned: right.isSigned),
        nil)
    }
    var sums: [Int64] = []
    for row in 0..<shape.rows {
      let one = shape.depth * row..<shape.depth * (row + 1)
      sums += try multiply(
        try BitPlanes(
          Array(a[one]), rows: 1, depth: shape.depth, bits: left.bits, isSigned: left.isSigned),
        try BitPlanes(
          Array(b[one]), rows: 1, depth: shape.depth, bits: right.bits, isSigned: right.isSigned),
        row)
    }
    return sums
  }

  /// Exact sums and accumulators, in 32 bits where an accumulator is named.
  private func added(
    _ sums: [Int64], _ c: [Int64], _ accumulator: FixedPointFormat?
  ) throws(TensorCoreError) -> [Int64] {
    var sums = sums
    for (index, start) in c.enumerated() {
      let (sum, overflow) = sums[index].addingReportingOverflow(start)
      if overflow { throw .codeOutside(start, range: -(1 << 62)...(1 << 62), index: index) }
      sums[index] = sum
    }
    guard let accumulator else { return sums }
    return sums.map { sum in
      accumulator.overflow == .saturate
        ? Int64(Int32(clamping: sum)) : Int64(Int32(truncatingIfNeeded: sum))
    }
  }
}
