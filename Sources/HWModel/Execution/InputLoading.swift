public import Arith
public import QuantGraph

/// Why an input value cannot be taken.
public enum InputError: Error, Hashable, Sendable {
  /// NaN or infinity where the format has neither.
  case notFinite(tensor: String, sample: Int, index: [Int], value: String)
  /// An integer code outside the format's range.
  case codeOutOfRange(
    tensor: String, sample: Int, index: [Int], code: Int64, range: ClosedRange<Int64>)
  /// The array's element count is no multiple of a sample's.
  case shape(tensor: String, expected: [Int], found: Int)
  /// The tensor's encoding cannot be given in this form.
  case unsupported(tensor: String, encoding: String)
  /// Integers for a tensor of floating-point numbers.
  case codesForNumbers(tensor: String, format: String)
}

extension Diagnostic {
  /// The message for an input error in `file`.
  public init(_ error: InputError, file: String? = nil) {
    switch error {
    case .notFinite(let tensor, let sample, let index, let value):
      self.init(
        code: "input.not-finite",
        message: "input '\(tensor)' is \(value) in sample \(sample) at \(index)",
        location: file, remedy: "remove the value; the tensor's format holds finite numbers only.")
    case .codeOutOfRange(let tensor, let sample, let index, let code, let range):
      self.init(
        code: "input.out-of-range",
        message: "input '\(tensor)' has code \(code) in sample \(sample) at \(index), outside "
          + "\(range.lowerBound) to \(range.upperBound)",
        location: file,
        remedy: "integer arrays are codes; give values as floats, or pass --allow-overflow.")
    case .shape(let tensor, let expected, let found):
      self.init(
        code: "input.shape",
        message: "input '\(tensor)' takes (N,\(expected.map(String.init).joined(separator: ","))), "
          + "found \(found) values",
        location: file, remedy: "reshape the array, or name the input that it belongs to.")
    case .unsupported(let tensor, let encoding):
      self.init(
        code: "input.encoding", message: "input '\(tensor)' is \(encoding)", location: file,
        remedy: "give integer codes for this input.")
    case .codesForNumbers(let tensor, let format):
      self.init(
        code: "input.encoding",
        message: "input '\(tensor)' takes \(format) numbers, the array holds integers",
        location: file, remedy: "convert the array, for example with x.astype(numpy.\(format)).")
    }
  }
}

extension PlanRunner {
  /// Puts samples `first..<first + count` of `values` into an input's lanes.
  ///
  /// Values are assigned by the input's own rule; codes are taken as they are.
  ///
  /// - Parameters:
  ///   - values: whole samples of the input, row-major.
  ///   - first: the sample that goes into lane 0.
  ///   - count: samples to put, at most the runner's lanes.
  ///   - id: the graph input.
  ///   - firstSample: number of the first sample in its file, for messages.
  ///   - wrapsCodes: whether codes out of range are brought into range by the input's rule.
  /// - Throws: ``InputError`` for what the format cannot take.
  public func load(
    _ values: TensorValues, first: Int, count: Int, into id: TensorID, firstSample: Int = 0,
    wrapsCodes: Bool = false
  ) throws(InputError) {
    guard let buffer = buffer(of: id) else { preconditionFailure("inputs have buffers") }
    let target = InputTarget(
      plan.graph[id], buffer, lanes: plan.isSampleMajor ? nil : lanes, first: first, count: count,
      firstSample: firstSample)
    try target.load(values, rounding: plan.inputRounding, wrapsCodes: wrapsCodes)
  }

  /// Every code of a kept tensor of one lane, in 512 bits.
  public func wideCodes(of id: TensorID, lane: Int) -> [Int512] {
    guard let buffer = buffer(of: id) else { preconditionFailure("the tensor was not kept") }
    return StepKernel<Int512>.load(buffer, lane: lane, lanes: lanes)
  }
}

extension InputTarget {
  /// The lanes of a lane-minor block; nil where samples follow each other.
  init(
    _ tensor: Tensor, _ buffer: TensorBuffer, lanes: Int?, first: Int, count: Int,
    firstSample: Int = 0
  ) {
    self.init(
      tensor: tensor, buffer: buffer, elementStride: lanes ?? 1,
      sampleStride: lanes == nil ? tensor.shape.count : 1, first: first, count: count,
      firstSample: firstSample)
  }

  /// Assigns values by the input's own rule; codes are taken as they are.
  ///
  /// - Throws: ``InputError`` for what the format cannot take.
  func load(
    _ values: TensorValues, rounding: FloatingPointRoundingRule, wrapsCodes: Bool
  ) throws(InputError) {
    switch (tensor.encoding, values) {
    case (.fixed(let format), .values(let numbers)),
      (.fixed(let format), .printed(let numbers, _)),
      (.fixed(let format), .rounded(let numbers, _)):
      try assign(numbers, format)
    case (.fixed(let format), .codes(let codes)):
      let range = Int512(Int64.min)...Int512(Int64.max)
      let low = max(format.minimum(), range.lowerBound).low64
      let high = min(format.maximum(), range.upperBound).low64
      try store(codes, within: low...high, wraps: wrapsCodes) { code in
        format.cast(raw: Int512(code), sourceFractionBits: format.fractionBits).low64
      }
    default:
      guard let scale = ElementScale(tensor) else {
        throw .unsupported(tensor: tensor.name, encoding: tensor.encoding.name)
      }
      try load(values, scale, rounding: rounding, wrapsCodes: wrapsCodes)
    }
  }

  /// Encodings other than fixed point.
  private func load(
    _ values: TensorValues, _ scale: ElementScale, rounding: FloatingPointRoundingRule,
    wrapsCodes: Bool
  ) throws(InputError) {
    switch (scale.form, values) {
    case (.codes(let width, let isSigned), .codes(let codes)):
      try store(codes, within: scale.codeRange ?? 0...0, wraps: wrapsCodes) { code in
        let shift = Int64(max(64 - width, 0))
        return isSigned
          ? (code << shift) >> shift
          : Int64(bitPattern: (UInt64(bitPattern: code) << UInt64(shift)) >> UInt64(shift))
      }
    case (.codes, .values(let numbers)), (.codes, .printed(let numbers, _)),
      (.codes, .rounded(let numbers, _)):
      try quantize(numbers, scale, rounding: rounding)
    case (.numbers(let format), .values(let numbers)),
      (.numbers(let format), .printed(let numbers, _)),
      (.numbers(let format), .rounded(let numbers, _)):
      convert(numbers, format)
    case (.patterns(let format), .codes(let codes)):
      try store(codes, within: 0...(1 << Int64(format.width)) - 1, wraps: wrapsCodes) {
        $0 & ((1 << Int64(format.width)) - 1)
      }
    case (.patterns(let format), .values(let numbers)),
      (.patterns(let format), .printed(let numbers, _)),
      (.patterns(let format), .rounded(let numbers, _)):
      try encode(numbers, format)
    case (.numbers(let format), .codes):
      throw .codesForNumbers(tensor: tensor.name, format: format.name)
    }
  }
}

extension TensorBuffer {
  /// Stores a code.
  ///
  /// - Precondition: an integer storage that holds it.
  func set(_ code: Int512, at position: Int) {
    switch storage {
    case .int8: rows(as: Int8.self)[position] = Int8(code.low64)
    case .uint8: rows(as: UInt8.self)[position] = UInt8(code.low64)
    case .int16: rows(as: Int16.self)[position] = Int16(code.low64)
    case .uint16: rows(as: UInt16.self)[position] = UInt16(code.low64)
    case .int32: rows(as: Int32.self)[position] = Int32(code.low64)
    case .int64: rows(as: Int64.self)[position] = code.low64
    case .wide: rows(as: Int512.self)[position] = code
    case .float32, .float64: preconditionFailure("\(storage) holds no codes")
    }
  }
}
