import Arith
import HWModel
package import Importers
package import QuantGraph

/// Stores a tensor's codes, or their values, sample by sample.
package struct TensorRecorder {
  package let tensor: TensorID
  /// The array's name.
  package let name: String
  private let scale: ElementScale
  private let elements: Int
  /// What the tensor's elements were so far.
  package private(set) var statistics: TensorStatistics
  private let storesValues: Bool
  private let elementType: NDArray.ElementType
  private let sink: TensorSink
  /// The file that holds this tensor alone; nil for an archive.
  package let path: String?

  /// Declares the array, or opens its file.
  ///
  /// Codes have the smallest integer type that holds the format, floats of 16 to 64 bits their own
  /// type, smaller ones and bfloat16 are unsigned codes; values are float64. Samples follow each
  /// other along a new first axis where the model has none, else along its leading one.
  ///
  /// - Throws: a ``Failure`` if codes have more than 64 bits, or a value more than binary64 holds.
  package init(
    _ id: TensorID, of graph: Graph, named name: String, storesValues: Bool, addsSampleAxis: Bool,
    in store: TensorStore
  ) throws(Failure) {
    let tensor = graph[id]
    guard let scale = ElementScale(tensor) else {
      throw Failure(
        "run.encoding", "tensor '\(tensor.name)' is \(tensor.encoding.name), which arrays lack",
        remedy: "leave --trace out, or run the model on another datapath.")
    }
    if case .codes(let width, _) = scale.form, width > (storesValues ? 53 : 64) {
      // Codes with a scale are rounded once to binary64; fixed point is exact or an error.
      guard case .affine = tensor.encoding, width <= 64 else {
        throw Failure(
          "run.too-wide",
          "tensor '\(tensor.name)' has \(width)-bit codes (\(tensor.encoding.name))",
          notes: ["arrays hold codes of up to 64 bits, and values of up to 53"],
          remedy: storesValues ? "store codes: leave --values out." : "narrow the type.")
      }
    }
    self.tensor = id
    self.name = name
    self.scale = scale
    self.storesValues = storesValues
    elements = tensor.shape.count
    statistics = TensorStatistics(scale, elements: elements)
    elementType = storesValues ? .float64 : Self.elementType(of: scale.form)
    let extents = tensor.shape.extents
    let rowShape = addsSampleAxis ? extents : Array(extents.dropFirst())
    do throws(ImportError) {
      switch store {
      case .archive(let writer):
        let member = try writer.member(
          name, elementType: elementType, rowShape: rowShape,
          dropsSingleRow: !addsSampleAxis && extents.isEmpty)
        sink = .member(member, writer)
        path = nil
      case .array(let file):
        path = file
        sink = .array(try NPYWriter(path: file, elementType: elementType, rowShape: rowShape))
      case .text(let file, let form):
        path = file
        let width = Self.width(of: scale.form)
        sink = .text(
          try ElementText(
            path: file, form: form,
            heading: "\(name) \(tensor.shape) \(tensor.encoding.name), \(width) bits, row-major",
            width: width, elements: elements))
      }
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Appends samples, row-major.
  package mutating func append(_ codes: Codes) throws(Failure) {
    statistics.add(codes)
    do throws(ImportError) {
      try write(codes)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Completes a file of its own.
  package func finish() throws(ImportError) { try sink.finish() }

  private func write(_ codes: Codes) throws(ImportError) {
    switch codes {
    case .float32(let numbers):
      if storesValues {
        try sink.append(numbers.map { Double($0) })
      } else {
        try sink.append(numbers)
      }
    case .float64(let numbers): try sink.append(numbers)
    case .wide(let codes): try write(integers: codes.map(\.low64))
    case .int8(let codes): try write(codes)
    case .uint8(let codes): try write(codes)
    case .int16(let codes): try write(codes)
    case .uint16(let codes): try write(codes)
    case .int32(let codes): try write(codes)
    case .int64(let codes): try write(integers: codes)
    }
  }

  /// Codes as they are where the array has their type.
  private func write<Code: ArrayElement & FixedWidthInteger>(
    _ codes: [Code]
  ) throws(ImportError) {
    guard !storesValues, elementType == Code.elementType, !sink.isText else {
      return try write(integers: codes.map { Int64($0) })
    }
    try sink.store(codes)
  }

  private func write(integers codes: [Int64]) throws(ImportError) {
    if storesValues {
      let size = max(elements, 1)
      try sink.append(codes.indices.map { scale.value(codes[$0], element: $0 % size) })
    } else if case .numbers = scale.form {
      try sink.append(codes.map { Float16(bitPattern: UInt16(truncatingIfNeeded: $0)) })
    } else {
      try sink.append(codes: codes, isUnsigned: elementType == .uint64)
    }
  }

  /// Bits of one code.
  private static func width(of form: ElementScale.Form) -> Int {
    switch form {
    case .codes(let width, _): width
    case .numbers(.float16): 16
    case .numbers(.float64): 64
    case .numbers: 32
    case .patterns(let format): format.width
    }
  }

  private static func elementType(of form: ElementScale.Form) -> NDArray.ElementType {
    switch form {
    case .codes(...8, let isSigned): isSigned ? .int8 : .uint8
    case .codes(...16, let isSigned): isSigned ? .int16 : .uint16
    case .codes(...32, let isSigned): isSigned ? .int32 : .uint32
    case .codes(_, let isSigned): isSigned ? .int64 : .uint64
    case .numbers(.float16): .float16
    case .numbers(.float64): .float64
    case .numbers: .float32
    case .patterns(let format): format.width <= 8 ? .uint8 : .uint16
    }
  }
}
