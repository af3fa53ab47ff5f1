import Arith
import QuantGraph

/// Constant weights of one byte less their zero points, in int8.
///
/// Where the differences do not fit in int8 but span a byte, `offset` is taken from all:
/// `weight = code + offset`.
struct CenteredWeights {
  private(set) var codes: [Int8]
  let offset: Int32

  /// Nil for weights that are computed, wider than a byte, or whose differences span more than one.
  ///
  /// - Parameters:
  ///   - weights: the operand, in its own order.
  ///   - zeros: one for all, or one an index of `axis`.
  ///   - axis: of the weights' shape.
  init?(_ weights: ArrayOperand, zeros: [Int64], axis: Int) {
    guard weights.kind.storage.stride == 1, let constant = weights.constant else { return nil }
    let uniform = Set(zeros).count <= 1
    let inner = uniform ? weights.shape.count : weights.shape.strides[axis]
    let shifts = uniform ? [zeros.first ?? 0] : zeros
    switch constant {
    case .int8(let codes): self.init(codes, shifts: shifts, inner: inner)
    case .uint8(let codes): self.init(codes, shifts: shifts, inner: inner)
    default: return nil
    }
  }

  /// Takes each of `shifts`, in turn, from a run of `inner` codes.
  private init?<Code: FixedWidthInteger & BitwiseCopyable>(
    _ source: [Code], shifts: [Int64], inner: Int
  ) {
    guard !source.isEmpty, inner > 0 else { return nil }
    if shifts == [0], let codes = source as? [Int8] {
      (self.codes, offset) = (codes, 0)
      return
    }
    guard let shifts = shifts.exactInt32 else { return nil }
    let runs = source.count / inner
    var (low, high) = (Int64.max, Int64.min)
    source.withUnsafeBufferPointer { source in
      for run in 0..<runs {
        var (least, most) = (Code.max, Code.min)
        for index in run * inner..<(run + 1) * inner {
          least = min(least, source[index])
          most = max(most, source[index])
        }
        let shift = Int64(shifts[run % shifts.count])
        low = min(low, Int64(least) - shift)
        high = max(high, Int64(most) - shift)
      }
    }
    guard high - low <= 255 else { return nil }
    let offset = low >= -128 && high <= 127 ? 0 : Int32(clamping: low + 128)
    codes = [Int8](unsafeUninitializedCapacity: source.count) { target, count in
      source.withUnsafeBufferPointer { source in
        for run in 0..<runs {
          let shift = shifts[run % shifts.count] &+ offset
          for index in run * inner..<(run + 1) * inner {
            target[index] = Int8(
              truncatingIfNeeded: Int32(truncatingIfNeeded: source[index]) &- shift)
          }
        }
      }
      count = source.count
    }
    self.offset = offset
  }

  /// With the order of `[rows][columns]` turned.
  func transposed(rows: Int, columns: Int) -> CenteredWeights {
    reordered { codes in
      [Int8](unsafeUninitializedCapacity: codes.count) { target, count in
        codes.withUnsafeBytes { source in
          if let from = source.baseAddress, let to = target.baseAddress {
            ByteCodes(from, isSigned: true).transpose(rows: rows, columns: columns, into: to)
          }
        }
        count = codes.count
      }
    }
  }

  func reordered(_ order: ([Int8]) -> [Int8]) -> CenteredWeights {
    var copy = self
    copy.codes = order(codes)
    return copy
  }
}

extension [Int64] {
  /// The numbers as int32, nil if one does not fit with room for another's difference.
  fileprivate var exactInt32: [Int32]? {
    var narrow: [Int32] = []
    for number in self {
      guard abs(number) < 1 << 30 else { return nil }
      narrow.append(Int32(truncatingIfNeeded: number))
    }
    return narrow
  }
}
