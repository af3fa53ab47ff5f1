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
}

extension Diagnostic {
  /// The message for an input error in `file`.
  public init(_ error: InputError, file: String? = nil) {
    switch error {
    case .notFinite(let tensor, let sample, let index, let value):
      self.init(
        code: "input.not-finite",
        message: "input '\(tensor)' is \(value) in sample \(sample) at \(index)",
        location: file, remedy: "remove the value; fixed-point formats hold finite numbers only.")
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
    let tensor = plan.graph[id]
    guard let buffer = buffer(of: id) else { preconditionFailure("inputs have buffers") }
    guard case .fixed(let format) = tensor.encoding else {
      throw .unsupported(tensor: tensor.name, encoding: "not fixed point")
    }
    let elements = tensor.shape.count
    switch values {
    case .values(let numbers), .printed(let numbers, _):
      try load(numbers, first, count, elements, format, buffer, tensor, firstSample)
    case .codes(let codes):
      let range = Int512(Int64.min)...Int512(Int64.max)
      let low = max(format.minimum(), range.lowerBound).low64
      let high = min(format.maximum(), range.upperBound).low64
      for sample in 0..<count {
        for element in 0..<elements {
          var code = codes[(first + sample) * elements + element]
          if code < low || code > high {
            guard wrapsCodes else {
              throw .codeOutOfRange(
                tensor: tensor.name, sample: firstSample + sample,
                index: tensor.shape.index(ofOffset: element), code: code, range: low...high)
            }
            code = format.cast(raw: Int512(code), sourceFractionBits: format.fractionBits).low64
          }
          buffer.set(Int512(code), at: element * lanes + sample)
        }
      }
    }
  }

  private func load(
    _ numbers: [Double], _ first: Int, _ count: Int, _ elements: Int, _ format: FixedPointFormat,
    _ buffer: TensorBuffer, _ tensor: Tensor, _ firstSample: Int
  ) throws(InputError) {
    let start = first * elements
    let isNarrow = buffer.storage == .int32 && format.signedWidth <= 32
    let assignment = isNarrow ? DoubleAssignment(to: format) : nil
    let narrow = isNarrow ? buffer.rows(as: Int32.self) : nil
    for sample in 0..<count {
      for element in 0..<elements {
        let number = numbers[start + sample * elements + element]
        guard number.isFinite else {
          throw .notFinite(
            tensor: tensor.name, sample: firstSample + sample,
            index: tensor.shape.index(ofOffset: element), value: "\(number)")
        }
        if let assignment, let narrow {
          narrow[element * lanes + sample] = Int32(truncatingIfNeeded: assignment(number))
        } else {
          buffer.set(format.cast(number, as: Int512.self), at: element * lanes + sample)
        }
      }
    }
  }

  /// Every code of a kept tensor of one lane, in 512 bits.
  public func wideCodes(of id: TensorID, lane: Int) -> [Int512] {
    guard let buffer = buffer(of: id) else { preconditionFailure("the tensor was not kept") }
    return StepKernel<Int512>.load(buffer, lane: lane, lanes: lanes)
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
