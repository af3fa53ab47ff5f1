import Arith
import QuantGraph

/// The lanes of an input that samples are put into.
struct InputTarget {
  let tensor: Tensor
  let buffer: TensorBuffer
  /// Distance between neighbouring elements of a sample.
  let elementStride: Int
  /// Distance between neighbouring samples.
  let sampleStride: Int
  /// The sample that goes into lane 0.
  let first: Int
  let count: Int
  /// Number of the first sample in its file, for messages.
  let firstSample: Int

  private var elements: Int { tensor.shape.count }

  /// Calls `body` with the source position and the buffer position of every element.
  private func each(
    _ body: (_ source: Int, _ target: Int) throws(InputError) -> Void
  ) throws(InputError) {
    for sample in 0..<count {
      let start = (first + sample) * elements
      for element in 0..<elements {
        try body(start + element, element * elementStride + sample * sampleStride)
      }
    }
  }

  private func place(_ source: Int) -> (sample: Int, index: [Int]) {
    let position = source - first * elements
    return (
      firstSample + position / max(elements, 1),
      tensor.shape.index(ofOffset: position % max(elements, 1))
    )
  }

  private func finite(_ number: Double, _ source: Int) throws(InputError) -> Double {
    guard number.isFinite else {
      let place = place(source)
      throw .notFinite(
        tensor: tensor.name, sample: place.sample, index: place.index, value: "\(number)")
    }
    return number
  }

  /// Stores integer codes; one out of range is wrapped, or an error.
  func store(
    _ codes: [Int64], within range: ClosedRange<Int64>, wraps: Bool, _ wrap: (Int64) -> Int64
  ) throws(InputError) {
    func put<Element: FixedWidthInteger & BitwiseCopyable>(
      _ type: Element.Type
    ) throws(InputError) {
      let rows = buffer.rows(as: type)
      try each { (source, target) throws(InputError) in
        var code = codes[source]
        if !range.contains(code) {
          guard wraps else {
            let place = place(source)
            throw .codeOutOfRange(
              tensor: tensor.name, sample: place.sample, index: place.index, code: code,
              range: range)
          }
          code = wrap(code)
        }
        rows[target] = Element(truncatingIfNeeded: code)
      }
    }
    switch buffer.storage {
    case .int8: try put(Int8.self)
    case .uint8: try put(UInt8.self)
    case .int16: try put(Int16.self)
    case .uint16: try put(UInt16.self)
    case .int32: try put(Int32.self)
    case .int64: try put(Int64.self)
    case .wide:
      let rows = buffer.rows(as: Int512.self)
      try each { (source, target) throws(InputError) in
        let code = codes[source]
        guard range.contains(code) || wraps else {
          let place = place(source)
          throw .codeOutOfRange(
            tensor: tensor.name, sample: place.sample, index: place.index, code: code,
            range: range)
        }
        rows[target] = Int512(range.contains(code) ? code : wrap(code))
      }
    case .float32, .float64: preconditionFailure("\(buffer.storage) holds no codes")
    }
  }

  /// Puts 32-bit codes of all samples, row-major, into the buffer.
  ///
  /// - Precondition: they fit in the storage.
  private func put(_ codes: UnsafePointer<Int32>) {
    func put<Element: FixedWidthInteger & BitwiseCopyable>(_ type: Element.Type) {
      let rows = buffer.rows(as: type)
      if elementStride == 1, sampleStride == elements {
        for index in 0..<count * elements {
          rows[index] = Element(truncatingIfNeeded: codes[index])
        }
        return
      }
      // Eight samples at a time: what is written is a part of a row.
      for block in stride(from: 0, to: count, by: 8) {
        for element in 0..<elements {
          let row = rows + element * elementStride
          for sample in block..<min(block + 8, count) {
            row[sample * sampleStride] = Element(
              truncatingIfNeeded: codes[sample * elements + element])
          }
        }
      }
    }
    switch buffer.storage {
    case .int8: put(Int8.self)
    case .uint8: put(UInt8.self)
    case .int16: put(Int16.self)
    case .uint16: put(UInt16.self)
    case .int32: put(Int32.self)
    case .int64: put(Int64.self)
    case .wide, .float32, .float64: preconditionFailure("\(buffer.storage) has no 32-bit codes")
    }
  }

  /// Puts what `cast` makes of the samples' numbers; false where it leaves that to the definition.
  private func puts(
    _ numbers: [Double],
    _ cast: (UnsafePointer<Double>, Int, UnsafeMutablePointer<Int32>) -> Bool
  ) -> Bool {
    let total = count * elements
    guard total > 0 else { return true }
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: total) { codes in
      numbers.withUnsafeBufferPointer { numbers in
        guard let codes = codes.baseAddress, let numbers = numbers.baseAddress,
          cast(numbers + first * elements, total, codes)
        else { return false }
        put(codes)
        return true
      }
    }
  }

  /// Assigns numbers to a fixed-point type by the type's own rule.
  func assign(_ numbers: [Double], _ format: FixedPointFormat) throws(InputError) {
    let holdsCodes = buffer.storage == .int32 || buffer.storage == .int64
    if holdsCodes, let cast = FixedPointCast(to: format),
      puts(numbers, { cast.codes(of: $0, count: $1, into: $2) == nil })
    {
      return
    }
    if buffer.storage == .int32, format.signedWidth <= 32 {
      let assignment = DoubleAssignment(to: format)
      let rows = buffer.rows(as: Int32.self)
      try each { (source, target) throws(InputError) in
        let number = try finite(numbers[source], source)
        rows[target] = Int32(truncatingIfNeeded: assignment(number))
      }
    } else {
      try each { (source, target) throws(InputError) in
        let number = try finite(numbers[source], source)
        buffer.set(format.cast(number, as: Int512.self), at: target)
      }
    }
  }

  /// Quantizes numbers: `round(number / scale) + zero point` in float32, clamped to the codes.
  ///
  /// Sources: TensorFlow Lite `reference/quantize.h` (ties away from zero), ONNX QuantizeLinear
  /// (ties to even).
  func quantize(
    _ numbers: [Double], _ scale: ElementScale, rounding: FloatingPointRoundingRule
  ) throws(InputError) {
    let range = scale.codeRange ?? 0...0
    if scale.isUniform, buffer.storage != .wide,
      let (step, zeroPoint) = scale.affineParameters(element: 0),
      let cast = AffineCast(
        scale: Float(step), zeroPoint: zeroPoint, codes: range, rounding: rounding),
      puts(numbers, { cast.codes(of: $0, count: $1, into: $2) })
    {
      return
    }
    try each { (source, target) throws(InputError) in
      let number = try finite(numbers[source], source)
      let element = (source - first * elements) % max(elements, 1)
      let (step, zeroPoint) = scale.affineParameters(element: element) ?? (1, 0)
      let quotient = (Float(number) / Float(step)).rounded(rounding)
      let steps = Int64(exactly: quotient) ?? (quotient < 0 ? .min : .max)
      let (sum, overflow) = steps.addingReportingOverflow(zeroPoint)
      let code = overflow ? steps : sum
      buffer.set(
        Int512(min(max(code, range.lowerBound), range.upperBound)), at: target)
    }
  }

  /// Stores numbers in a float type that arrays have.
  func convert(_ numbers: [Double], _ format: FloatFormat) {
    func put<Element: BitwiseCopyable>(_ type: Element.Type, _ convert: (Double) -> Element) {
      let rows = buffer.rows(as: type)
      for sample in 0..<count {
        let start = (first + sample) * elements
        for element in 0..<elements {
          rows[element * elementStride + sample * sampleStride] = convert(numbers[start + element])
        }
      }
    }
    switch buffer.storage {
    case .float32: put(Float.self) { Float($0) }
    case .float64: put(Double.self) { $0 }
    default: put(UInt16.self) { Float16($0).bitPattern }
    }
  }

  /// Stores numbers as bit patterns of a small float format, ties to even.
  func encode(_ numbers: [Double], _ format: FloatFormat) throws(InputError) {
    try each { (source, target) throws(InputError) in
      let code = Int64(truncatingIfNeeded: format.code(of: numbers[source], saturating: false))
      buffer.set(Int512(code), at: target)
    }
  }
}
