internal import CKernels

/// Sums to 8-bit codes with one multiplier a channel.
public struct ByteRequantization: Sendable {
  private let multipliers: [Int32]
  private let shifts: [Int32]
  private let roundsOnce: Bool
  private let zeroPoint: Int32
  private let codes: ClosedRange<Int32>
  private let path: KernelPath

  /// Nil if a shift is outside -31 to 30, which the kernels do not take.
  ///
  /// `multipliers` are one for all of `channels`, or one each. With `roundsOnce` the rule is
  /// ``QuantizedMultiplier/appliedRoundingAway(to:)``, else
  /// ``QuantizedMultiplier/appliedRoundingTwice(to:)``.
  public init?(
    multipliers: [QuantizedMultiplier], channels: Int, roundsOnce: Bool, zeroPoint: Int32,
    codes: ClosedRange<Int32>, path: KernelPath = .current
  ) {
    guard multipliers.count == 1 || multipliers.count == channels,
      multipliers.allSatisfy({ (-31...30).contains($0.shift) })
    else { return nil }
    let all =
      multipliers.count == channels
      ? multipliers : [QuantizedMultiplier](repeating: multipliers[0], count: channels)
    self.multipliers = all.map(\.multiplier)
    shifts = all.map { Int32($0.shift) }
    self.roundsOnce = roundsOnce
    self.zeroPoint = zeroPoint
    self.codes = codes
    self.path = path
  }

  /// Codes of `rows` rows of sums, as bytes.
  ///
  /// - Precondition: `sums` and `result` hold `rows * channels`.
  public func codes(
    of sums: UnsafePointer<Int32>, rows: Int, into result: UnsafeMutableRawPointer
  ) {
    multipliers.withUnsafeBufferPointer { multipliers in
      shifts.withUnsafeBufferPointer { shifts in
        var rule = hwsim_requantization(
          multipliers: multipliers.baseAddress, shifts: shifts.baseAddress,
          rounds_once: roundsOnce, zero_point: zeroPoint, smallest: codes.lowerBound,
          largest: codes.upperBound)
        hwsim_requantize(
          path.products, &rule, sums, rows, multipliers.count,
          result.assumingMemoryBound(to: UInt8.self))
      }
    }
  }
}

extension ByteRequantization {
  /// The rule prepared for sums in registers, or nil where only ``codes(of:rows:into:)`` applies it.
  ///
  /// `lanes` tells the channel of each lane, or -1; `largestSums` bound the magnitude of each channel's sums.
  func fused(lanes: [Int], largestSums: [Int64], path: Int32) -> FusedRequantization? {
    let bytes = hwsim_fused_bytes(path, lanes.count)
    guard bytes > 0, lanes.allSatisfy({ $0 < self.multipliers.count }) else { return nil }
    let multipliers = lanes.map { $0 < 0 ? 0 : self.multipliers[$0] }
    let shifts = lanes.map { $0 < 0 ? -1 : self.shifts[$0] }
    let largest = lanes.map { $0 < 0 ? 0 : largestSums[$0] }
    var fused = hwsim_fused()
    var fits = false
    let parameters = PackedConstant(byteCount: bytes) { memory in
      multipliers.withUnsafeBufferPointer { multipliers in
        shifts.withUnsafeBufferPointer { shifts in
          var rule = hwsim_requantization(
            multipliers: multipliers.baseAddress, shifts: shifts.baseAddress,
            rounds_once: roundsOnce, zero_point: zeroPoint, smallest: codes.lowerBound,
            largest: codes.upperBound)
          fits = hwsim_fused_pack(
            path, &rule, lanes.count, largest, memory, &fused)
        }
      }
    }
    return fits ? FusedRequantization(parameters: parameters, values: fused) : nil
  }
}

/// A rule prepared for sums in registers, with the constant that it points into.
struct FusedRequantization: @unchecked Sendable {
  private let parameters: PackedConstant
  let fused: hwsim_fused

  init(parameters: PackedConstant, values: hwsim_fused) {
    self.parameters = parameters
    fused = values
  }
}

/// The requantized sum or difference of two tensors of 8-bit codes.
public struct ByteAddition: Sendable {
  private let left: QuantizedMultiplier
  private let right: QuantizedMultiplier
  private let result: QuantizedMultiplier
  private let leftZero: Int32
  private let rightZero: Int32
  private let resultZero: Int32
  private let shift: Int32
  private let subtracts: Bool
  private let codes: ClosedRange<Int32>
  private let isSigned: Bool

  /// Nil if a shift is outside -31 to 30, which the kernels do not take.
  public init?(
    left: QuantizedMultiplier, leftZero: Int32, right: QuantizedMultiplier, rightZero: Int32,
    shift: Int32, subtracts: Bool, result: QuantizedMultiplier, resultZero: Int32,
    codes: ClosedRange<Int32>, isSigned: Bool
  ) {
    guard [left, right, result].allSatisfy({ (-31...30).contains($0.shift) }) else { return nil }
    self.left = left
    self.leftZero = leftZero
    self.right = right
    self.rightZero = rightZero
    self.shift = shift
    self.subtracts = subtracts
    self.result = result
    self.resultZero = resultZero
    self.codes = codes
    self.isSigned = isSigned
  }

  /// - Precondition: each pointer holds `count` bytes.
  public func codes(
    of first: UnsafeRawPointer, _ second: UnsafeRawPointer, count: Int,
    into target: UnsafeMutableRawPointer, path: KernelPath = .current
  ) {
    func addend(
      _ codes: UnsafeRawPointer, _ multiplier: QuantizedMultiplier, _ zero: Int32
    ) -> hwsim_addend {
      hwsim_addend(
        codes: codes.assumingMemoryBound(to: UInt8.self), zero_point: zero,
        multiplier: multiplier.multiplier, shift: Int32(multiplier.shift))
    }
    hwsim_add_codes(
      path.products, addend(first, left, leftZero), addend(second, right, rightZero), isSigned,
      shift, subtracts ? -1 : 1, result.multiplier, Int32(result.shift), resultZero,
      codes.lowerBound, codes.upperBound, count, target.assumingMemoryBound(to: UInt8.self))
  }
}
