public import Arith

/// Which instructions of which generation multiply in a network, and what float32 becomes for them.
public struct TensorCoreRules: Hashable, Sendable {
  public let generation: TensorCoreGeneration
  public let instruction: TensorCoreInstruction
  /// What float32 numbers, and numbers that no instruction takes, are rounded to.
  public let operands: FloatFormat
  /// What floating-point sums are kept in.
  public let accumulator: FloatFormat

  /// `tensor-core@` and the generation.
  public var name: String { "\(TensorCoreDatapath.name)@\(generation.rawValue)" }

  /// What decides results, in words: instruction, operands and accumulator of floating-point products.
  public var summary: String {
    "\(name), \(instruction.rawValue), \(Encoding.float(operands).name) into "
      + Encoding.float(accumulator).name
  }

  /// - Parameters:
  ///   - generation: of the tensor cores.
  ///   - instruction: its kind.
  ///   - operands: a format that the generation multiplies; nil for TF32, or float16 on generations
  ///     without it.
  ///   - accumulator: float32 unless told otherwise.
  /// - Throws: `TensorCoreError.unsupported(generation:a:b:accumulator:available:)` for formats
  ///   that the generation does not have.
  public init(
    _ generation: TensorCoreGeneration, instruction: TensorCoreInstruction = .tensorCore,
    operands: Encoding? = nil, accumulator: Encoding? = nil
  ) throws(TensorCoreError) {
    let hasTF32 = TensorCoreRule.all.contains {
      $0.generation == generation && $0.inputs.contains("tf32")
    }
    let operand = operands ?? .float(hasTF32 && accumulator == nil ? .tf32 : .float16)
    let sum = accumulator ?? .float(.float32)
    guard case .float(let format) = operand, case .float(let register) = sum else {
      throw .unsupported(
        generation: generation, a: operand.name, b: operand.name, accumulator: sum.name,
        available: TensorCoreUnit.available(generation))
    }
    self.generation = generation
    self.instruction = instruction
    self.operands = format
    self.accumulator = register
    // Planes are of integers: floating-point layers are refused where they are met.
    if instruction != .bitplane { _ = try unit(format, format) }
  }

  /// The unit for floating-point operands.
  ///
  /// Formats that meet in an instruction are multiplied in it. Of two others the wider one is that of
  /// both, as kernels convert weights to the data's format; float32 (nil) is ``operands``.
  ///
  /// - Throws: ``TensorCoreError`` for formats that the generation does not multiply.
  func unit(_ a: FloatFormat?, _ b: FloatFormat?) throws(TensorCoreError) -> TensorCoreUnit {
    let (left, right) = (a ?? operands, b ?? operands)
    func make(_ x: FloatFormat, _ y: FloatFormat) throws(TensorCoreError) -> TensorCoreUnit {
      try TensorCoreUnit(
        generation, a: .float(x), b: .float(y),
        accumulator: accumulator == .float32 ? nil : .float(accumulator),
        instruction: instruction)
    }
    if left == right || (left.width <= 8 && right.width <= 8) { return try make(left, right) }
    let wider = left.width >= right.width ? left : right
    return try make(wider, wider)
  }

  /// Checks that integers of two types can be multiplied: by an instruction of at least their width, or as
  /// planes.
  ///
  /// Sums are exact modulo 2^32 in either case, so that nothing but the types decides.
  ///
  /// - Throws: ``TensorCoreError`` for integers of more than 8 bits, and generations without integers.
  func checkIntegers(_ a: Encoding, _ b: Encoding) throws(TensorCoreError) {
    let bits = [a, b].map { encoding -> Int in
      guard case .fixed(let format) = encoding, format.fractionBits == 0 else {
        return encoding.integerWidth ?? .max
      }
      return format.width
    }
    let refusal = TensorCoreError.unsupported(
      generation: generation, a: a.name, b: b.name, accumulator: "int<32>",
      available: TensorCoreUnit.available(generation))
    guard bits.allSatisfy({ $0 <= 8 }), generation != .volta else { throw refusal }
    if instruction != .bitplane, !generation.hasIntegers(.s8, join: .and) { throw refusal }
  }
}

extension Encoding {
  /// Bits of the integers that codes are, whatever one is worth; nil for other codes.
  fileprivate var integerWidth: Int? {
    switch self {
    case .affine(let format): format.width
    case .fixed(let format): format.fractionBits == 0 ? format.width : nil
    default: nil
    }
  }
}

extension TensorCoreError {
  /// What is wrong, in one line.
  var reason: String {
    switch self {
    case .unsupported(let generation, let a, let b, let accumulator, let available):
      "\(generation.rawValue) has no instruction for \(a) x \(b) into \(accumulator); it has "
        + available.joined(separator: "; ")
    case .operands(let a, let b): "no instruction multiplies \(a) by \(b)"
    case .noSaturation: "single-bit instructions have no saturating form"
    case .codeOutside(let code, let range, _):
      "code \(code) is outside \(range.lowerBound) to \(range.upperBound)"
    case .zeroOutside(let zero, _): "zero point \(zero) is too large for the sum"
    }
  }
}
