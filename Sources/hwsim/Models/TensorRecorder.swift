import Arith
import HWModel
import Importers
import QuantGraph

/// Stores a tensor's codes, or their values, sample by sample in an array of an archive.
struct TensorRecorder {
  let tensor: TensorID
  /// The array's name.
  let name: String
  private let format: FixedPointFormat
  private let storesValues: Bool
  private let member: NPZWriter.Member
  private let writer: NPZWriter
  /// Smallest and largest value so far; nil before the first.
  private(set) var range: ClosedRange<Double>?

  /// Declares the array.
  ///
  /// Codes have the smallest integer type that holds the format; values are float64.
  ///
  /// - Throws: a ``Failure`` if codes have more than 64 bits, or a value more than binary64 holds.
  init(
    _ id: TensorID, of graph: Graph, named name: String, storesValues: Bool, in writer: NPZWriter
  ) throws(Failure) {
    let tensor = graph[id]
    guard case .fixed(let format) = tensor.encoding else {
      throw Failure(
        "run.encoding", "tensor '\(tensor.name)' is \(tensor.encoding.name), not fixed point",
        remedy: "leave --trace out, or run the model on another datapath.")
    }
    guard storesValues ? format.width <= 53 : format.width <= 64 else {
      throw Failure(
        "run.too-wide",
        "tensor '\(tensor.name)' has \(format.width)-bit codes (\(format.name))",
        notes: ["arrays hold codes of up to 64 bits, and values of up to 53"],
        remedy: storesValues ? "store codes: leave --values out." : "narrow the type.")
    }
    self.tensor = id
    self.name = name
    self.format = format
    self.storesValues = storesValues
    self.writer = writer
    do throws(ImportError) {
      member = try writer.member(
        name, elementType: storesValues ? .float64 : Self.elementType(of: format),
        rowShape: tensor.shape.extents)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Appends samples of codes, row-major.
  mutating func append(_ codes: [Int64]) throws(Failure) {
    let unit = Double(sign: .plus, exponent: -format.fractionBits, significand: 1)
    if let low = codes.min(), let high = codes.max() {
      let found = number(low) * unit...number(high) * unit
      range =
        range.map {
          min($0.lowerBound, found.lowerBound)...max($0.upperBound, found.upperBound)
        } ?? found
    }
    do throws(ImportError) {
      if storesValues {
        let values = codes.map { number($0) * unit }
        try writer.append(values.span, to: member)
      } else if format.width == 64, !format.isSigned {
        let unsigned = codes.map { UInt64(bitPattern: $0) }
        try writer.append(codes: unsigned.span, to: member)
      } else {
        try writer.append(codes: codes.span, to: member)
      }
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  private func number(_ code: Int64) -> Double {
    format.width == 64 && !format.isSigned ? Double(UInt64(bitPattern: code)) : Double(code)
  }

  private static func elementType(of format: FixedPointFormat) -> NDArray.ElementType {
    switch (format.width, format.isSigned) {
    case (...8, true): .int8
    case (...8, false): .uint8
    case (...16, true): .int16
    case (...16, false): .uint16
    case (...32, true): .int32
    case (...32, false): .uint32
    case (_, true): .int64
    case (_, false): .uint64
    }
  }
}

extension PlanRunner {
  /// Codes of a kept tensor of `count` samples, row-major, one sample after the other.
  ///
  /// - Precondition: codes of at most 64 bits.
  func codes(of id: TensorID, count: Int) -> [Int64] {
    guard let buffer = buffer(of: id) else { return [] }
    let elements = plan.graph[id].shape.count
    var codes: [Int64] = []
    codes.reserveCapacity(count * elements)
    for lane in 0..<count {
      if buffer.storage == .wide {
        codes += wideCodes(of: id, lane: lane).map(\.low64)
      } else {
        for element in 0..<elements { codes.append(buffer.integer(at: element * lanes + lane)) }
      }
    }
    return codes
  }
}
