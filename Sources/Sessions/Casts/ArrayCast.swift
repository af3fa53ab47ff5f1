public import Arith
import Importers
public import QuantGraph

/// What a cast or a unit made of an array.
public struct CastSummary: Sendable {
  /// Shape of the result.
  public let shape: [Int]
  /// Values that were computed.
  public let count: Int
  /// Those without a code in the format.
  public let invalid: Int
  /// Element type of the result.
  public let type: String
  /// What became of the values that have a code; nil for results that are no cast values.
  public let losses: CastLosses?
}

/// Casts an array in blocks of rows, so that memory does not grow with the file.
public struct ArrayCast {
  private let rule: CastRule
  private let source: Encoding?
  private let invalid: InvalidChoice
  private let writesValues: Bool
  private let randomBits: String?
  private let progress: (_ done: Int, _ total: Int) -> Void

  /// - Parameters:
  ///   - rule: the format of the result, and how values get into it.
  ///   - source: format of the input's codes; nil for values.
  ///   - invalid: what stands where the format has no code.
  ///   - writesValues: whether the result holds values (float64) instead of codes.
  ///   - randomBits: path of an array of random numbers, one a value, for a stochastic rounding.
  ///   - progress: is told of values that are done, and of all.
  public init(
    rule: CastRule, source: Encoding? = nil, invalid: InvalidChoice = .error,
    writesValues: Bool = false, randomBits: String? = nil,
    progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    self.rule = rule
    self.source = source
    self.invalid = invalid
    self.writesValues = writesValues
    self.randomBits = randomBits
    self.progress = progress
  }

  /// Elements that are read at a time.
  private static let chunk = 1 << 20

  /// Casts the .npy at `input` into that at `output`.
  ///
  /// - Throws: `array.type`, `array.lengths`, `array.code` or `format.no-code`, and what a file that
  ///   cannot be read or written gives.
  public func run(_ input: String, to output: String) throws(Failure) -> CastSummary {
    let result: Result<CastSummary, Failure>
    do throws(ImportError) {
      result = try cast(NPYStream(path: input), input: input, to: output)
    } catch {
      throw Failure(error)
    }
    return try result.get()
  }

  private func cast(
    _ stream: NPYStream, input: String, to output: String
  ) throws(ImportError) -> Result<CastSummary, Failure> {
    let header = stream.header
    if source == nil && !header.elementType.isFloatingPoint {
      return .failure(
        Failure(
          "array.type", "an array of \(header.elementType.rawValue) holds codes, not values",
          at: input, remedy: "name the format of the codes with --from."))
    }
    if source != nil && header.elementType.isFloatingPoint {
      return .failure(
        Failure(
          "array.type", "an array of \(header.elementType.rawValue) holds values, not codes",
          at: input, remedy: "leave out --from, or give integer codes."))
    }
    var type = NDArray.ElementType.float64
    if !writesValues {
      do throws(Failure) {
        type = try rule.encoding.elementType(signed: invalid == .minusOne)
      } catch {
        return .failure(error)
      }
    }
    var random: NPYStream?
    if let randomBits {
      let numbers = try NPYStream(path: randomBits)
      guard numbers.header.elementCount == header.elementCount else {
        return .failure(
          Failure(UnitError.lengths([header.elementCount, numbers.header.elementCount])))
      }
      random = numbers
    }
    let rowShape = Array(header.shape.dropFirst())
    let writer = try NPYWriter(path: output, elementType: type, rowShape: rowShape)
    let rows = max(Self.chunk / max(stream.rowElements, 1), 1)
    let kernel =
      source == nil && !writesValues && header.elementType == .float32
      ? FloatCastKernel(rule) : nil
    var done = 0
    var invalidCount = 0
    var losses = CastLosses(range: rule.encoding.finiteRange)
    let total = header.elementCount
    while done < total {
      let count = min(rows, max(stream.remainingRows, 1)) * stream.rowElements
      let first = done
      let failed: Failure?
      if let kernel {
        failed = try castFloats(
          stream, kernel, count: count, first: first, input: input, writer: writer,
          invalid: &invalidCount, losses: &losses)
      } else {
        failed = try castPlainly(
          stream, random, count: count, first: first, input: input, writer: writer,
          invalid: &invalidCount, losses: &losses)
      }
      if let failed { return .failure(failed) }
      done += count
      progress(done, total)
    }
    try writer.finish()
    return .success(
      CastSummary(
        shape: header.shape, count: total, invalid: invalidCount, type: type.rawValue,
        losses: losses))
  }

  private func castFloats(
    _ stream: NPYStream, _ kernel: FloatCastKernel, count: Int, first: Int, input: String,
    writer: NPYWriter, invalid invalidCount: inout Int, losses: inout CastLosses
  ) throws(ImportError) -> Failure? {
    var values = [Float](repeating: 0, count: count)
    var valueSpan = values.mutableSpan
    _ = try stream.read(into: &valueSpan)
    var codes = [UInt8](repeating: 0, count: count)
    var codeSpan = codes.mutableSpan
    let missing = kernel.encode(values.span, into: &codeSpan)
    invalidCount += missing.count
    if let index = missing.first, invalid == .error {
      return .noCode("\(values[index])", in: rule.encoding, index: first + index, at: input)
    }
    let width = rule.encoding.scalarWidth ?? 8
    let numbers = decoded(width: width)
    var nextMissing = 0
    for index in codes.indices {
      if nextMissing < missing.count, missing[nextMissing] == index {
        nextMissing += 1
        continue
      }
      // Signed codes are extended to bytes.
      losses.add(Double(values[index]), numbers[Int(codes[index]) & (numbers.count - 1)])
    }
    if writer.elementType == .uint8 {
      try writer.append(codes.span)
    } else {
      var wide = [Int16](repeating: 0, count: count)
      let spare = Int16(16 - width)
      for index in codes.indices {
        let raw = Int16(codes[index])
        wide[index] = rule.encoding.hasSignedCodes ? (raw << spare) >> spare : raw
      }
      for index in missing { wide[index] = -1 }
      try writer.append(codes: wide.span)
    }
    return nil
  }

  /// What each pattern of at most 8 bits stands for, NaN where it is no number.
  private func decoded(width: Int) -> [Double] {
    (0..<1 << width).map { pattern in
      let spare = Int64(64 - width)
      let code =
        rule.encoding.hasSignedCodes ? (Int64(pattern) << spare) >> spare : Int64(pattern)
      let number: ExactNumber<Int128>? = rule.encoding.decode(code)
      return number?.doubleValue ?? .nan
    }
  }

  private func castPlainly(
    _ stream: NPYStream, _ random: NPYStream?, count: Int, first: Int, input: String,
    writer: NPYWriter, invalid invalidCount: inout Int, losses: inout CastLosses
  ) throws(ImportError) -> Failure? {
    var bits = [Int64](repeating: 0, count: random == nil ? 0 : count)
    if let random {
      guard try fill(&bits, from: random) else {
        return Failure(UnitError.lengths([count, bits.count]))
      }
      let limit: Int64 = 1 << Int64(rule.rounding.randomWidth)
      if let index = bits.firstIndex(where: { $0 < 0 || $0 >= limit }) {
        return Failure(
          UnitError.invalidRandomBits(UInt64(bitPattern: bits[index]), index: first + index))
      }
    }
    var codes = [Int64](repeating: 0, count: source == nil ? 0 : count)
    var values = [Double](repeating: 0, count: source == nil ? count : 0)
    if source == nil {
      var span = values.mutableSpan
      _ = try stream.read(into: &span)
    } else {
      var span = codes.mutableSpan
      _ = try stream.read(into: &span)
    }
    var results = [Int64](repeating: 0, count: writesValues ? 0 : count)
    var decoded = [Double](repeating: 0, count: writesValues ? count : 0)
    for index in 0..<count {
      let value: ExactNumber<Int128>
      if let source {
        guard let number: ExactNumber<Int128> = source.decode(codes[index]) else {
          return Failure(UnitError.invalidCode(codes[index], operand: input, index: first + index))
        }
        value = number
      } else {
        value = ExactNumber(values[index])
      }
      let code = rule.encode(value, randomBits: bits.isEmpty ? 0 : UInt64(bits[index]))
      if code == nil {
        invalidCount += 1
        if invalid == .error {
          let text = source == nil ? "\(values[index])" : "code \(codes[index])"
          return .noCode(text, in: rule.encoding, index: first + index, at: input)
        }
      }
      let number: ExactNumber<Int128>? = code.flatMap { rule.encoding.decode($0) }
      let result = number?.doubleValue ?? .nan
      if code != nil { losses.add(source == nil ? values[index] : value.doubleValue, result) }
      if writesValues {
        decoded[index] = result
      } else {
        results[index] = code ?? -1
      }
    }
    if writesValues {
      try writer.append(decoded.span)
    } else if writer.elementType == .uint64 {
      let patterns = results.map { UInt64(bitPattern: $0) }
      try writer.append(patterns.span)
    } else {
      try writer.append(codes: results.span)
    }
    return nil
  }

  /// Fills `numbers` from a stream whose rows may be of another length.
  private func fill(_ numbers: inout [Int64], from stream: NPYStream) throws(ImportError) -> Bool {
    let rows = numbers.count / max(stream.rowElements, 1)
    guard rows * stream.rowElements == numbers.count else { return false }
    var span = numbers.mutableSpan
    return try stream.read(into: &span) == rows
  }
}
