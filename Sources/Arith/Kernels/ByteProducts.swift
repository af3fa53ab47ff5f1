internal import CKernels

/// Memory of a packed constant; written once while it is made.
///
/// The pointer is private to this type, nothing writes after `init`, and the memory lives as long as
/// its owner, so threads may share it.
final class PackedConstant: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer

  init(byteCount: Int, _ fill: (UnsafeMutableRawPointer) -> Void) {
    base = .allocate(byteCount: max(byteCount, 64), alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
    fill(base)
  }

  deinit { base.deallocate() }

  var pointer: UnsafeRawPointer { UnsafeRawPointer(base) }
}

/// An image of 8-bit codes copied into the elements that byte products read, with its margins.
public struct ImagePacking: Hashable, Sendable {
  public let rows: Int
  public let columns: Int
  public let channels: Int
  /// How often each channel is written, one after the other.
  public let repeats: Int
  /// Rows above and columns before the image; negative ones are left out.
  public let rowsBefore: Int
  public let columnsBefore: Int
  public let packedRows: Int
  public let packedColumns: Int
  /// Code outside the image.
  public let padding: UInt8
  public let isSigned: Bool

  public init(
    rows: Int, columns: Int, channels: Int, repeats: Int = 1, rowsBefore: Int = 0,
    columnsBefore: Int = 0, packedRows: Int, packedColumns: Int, padding: UInt8 = 0,
    isSigned: Bool
  ) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
    self.repeats = repeats
    self.rowsBefore = rowsBefore
    self.columnsBefore = columnsBefore
    self.packedRows = packedRows
    self.packedColumns = packedColumns
    self.padding = padding
    self.isSigned = isSigned
  }

  /// Elements of the packed image.
  public var elements: Int { packedRows * packedColumns * channels * repeats }

  /// Bytes that ``pack(_:into:path:)`` may write and a product may read.
  public func byteCount(path: KernelPath) -> Int {
    elements * hwsim_gemm_element_bytes(path.products) + 64
  }

  /// Packs the image of `rows * columns * channels` codes at `codes`.
  ///
  /// - Precondition: `memory` has ``byteCount(path:)`` bytes.
  public func pack(
    _ codes: UnsafeRawPointer, into memory: UnsafeMutableRawPointer, path: KernelPath
  ) {
    hwsim_gemm_pack_image(
      path.products, codes.assumingMemoryBound(to: UInt8.self), isSigned, rows, columns, channels,
      repeats, rowsBefore, columnsBefore, packedRows, packedColumns, padding, memory)
  }
}

/// Where the positions of a product read a packed image, in elements.
public struct ProductWalk: Hashable, Sendable {
  /// Positions of one row of the result.
  public let columns: Int
  /// From a position to the one below it, and to the one beside it.
  public let rowPitch: Int
  public let columnPitch: Int
  /// Start of each run of elements that a position reads, relative to the position.
  public let offsets: [Int]
  /// Elements of a run.
  public let length: Int

  public init(columns: Int, rowPitch: Int, columnPitch: Int, offsets: [Int], length: Int) {
    self.columns = columns
    self.rowPitch = rowPitch
    self.columnPitch = columnPitch
    self.offsets = offsets
    self.length = length
  }
}

/// A product of 8-bit data with constant 8-bit weights, prepared once.
///
/// Sum of position p and filter f: `bias[f] + sum of (x - dataZero) * w`, in 32 bits that wrap.
/// ``definition(data:weights:bias:dataZero:)`` states it for one position.
public struct ByteProduct: Sendable {
  public let filters: Int
  public let path: KernelPath
  private let walk: ProductWalk
  private let units: Int
  private let weights: PackedConstant
  /// 32-bit starts of the sums and 64-bit offsets of the runs.
  private let initial: PackedConstant
  private let offsets: PackedConstant

  /// Packs `weights`, `filters * offsets.count * length` of them, filter by filter.
  ///
  /// `bias` has one number a filter, or none; data are int8 if `isSigned`, else uint8.
  ///
  /// - Precondition: the counts are as stated.
  public init(
    weights: [Int8], filters: Int, walk: ProductWalk, bias: [Int32], dataZero: Int32,
    isSigned: Bool, path: KernelPath = .current
  ) {
    let depth = walk.offsets.count * walk.length
    precondition(weights.count == filters * depth, "weights of every filter")
    precondition(bias.isEmpty || bias.count == filters, "a bias of every filter")
    self.filters = filters
    self.walk = walk
    self.path = path
    let number = path.products
    let segments = walk.offsets.count
    units = hwsim_gemm_units(number, walk.length)
    self.weights = PackedConstant(
      byteCount: hwsim_gemm_weight_bytes(number, segments, walk.length, filters)
    ) {
      hwsim_gemm_pack_weights(number, weights, segments, walk.length, filters, $0)
    }
    let shift = dataZero &+ hwsim_gemm_data_offset(number, isSigned)
    initial = PackedConstant(byteCount: (filters + 64) * 4) {
      let sums = $0.assumingMemoryBound(to: Int32.self)
      for filter in 0..<filters {
        var total: Int32 = 0
        for weight in weights[filter * depth..<(filter + 1) * depth] { total &+= Int32(weight) }
        sums[filter] = (bias.isEmpty ? 0 : bias[filter]) &- shift &* total
      }
    }
    offsets = PackedConstant(byteCount: segments * MemoryLayout<Int>.stride) {
      let target = $0.assumingMemoryBound(to: Int.self)
      for (index, offset) in walk.offsets.enumerated() { target[index] = offset }
    }
  }

  /// The sums of `count` positions from `first`: `count * filters`.
  ///
  /// - Precondition: `packed` holds what the walk reads, packed for the same path, and `sums` has
  ///   room.
  public func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    var product = hwsim_product(
      path: path.products, columns: walk.columns, row_pitch: walk.rowPitch,
      column_pitch: walk.columnPitch,
      segment_offsets: offsets.pointer.assumingMemoryBound(to: Int.self),
      segments: walk.offsets.count, units: units, filters: filters, weights: weights.pointer,
      initial: initial.pointer.assumingMemoryBound(to: Int32.self))
    hwsim_gemm_product(&product, packed, first, count, sums)
  }

  /// One sum as it is defined: `bias + sum of (data - dataZero) * weights`, wrapping.
  public static func definition(
    data: some Collection<Int32>, weights: some Collection<Int8>, bias: Int32, dataZero: Int32
  ) -> Int32 {
    var sum = bias
    for (value, weight) in zip(data, weights) { sum &+= (value &- dataZero) &* Int32(weight) }
    return sum
  }
}

/// A filter of its own for each channel of 8-bit data, prepared once.
public struct ByteDepthwise: Sendable {
  public let channels: Int
  public let path: KernelPath
  private let walk: ProductWalk
  private let weights: PackedConstant
  private let initial: PackedConstant
  private let offsets: PackedConstant
  /// Neighbouring positions of a row taken as channels of one, and the product that does so; where
  /// few channels would leave most of a vector empty.
  private let joined: (count: Int, product: [ByteDepthwise])

  /// Packs `weights`, `offsets.count * channels` of them, tap by tap.
  ///
  /// `bias` has one number a channel, or none; data are int8 if `isSigned`, else uint8.
  ///
  /// - Precondition: the counts are as stated; the walk's length is the number of channels.
  public init(
    weights: [Int8], channels: Int, walk: ProductWalk, bias: [Int32], dataZero: Int32,
    isSigned: Bool, path: KernelPath = .current
  ) {
    let taps = walk.offsets.count
    precondition(weights.count == taps * channels, "weights of every tap and channel")
    precondition(bias.isEmpty || bias.count == channels, "a bias of every channel")
    self.channels = channels
    self.walk = walk
    self.path = path
    let number = path.products
    self.weights = PackedConstant(
      byteCount: hwsim_depthwise_weight_bytes(number, taps, channels)
    ) {
      hwsim_depthwise_pack_weights(number, weights, taps, channels, $0)
    }
    let shift = dataZero &+ hwsim_gemm_data_offset(number, isSigned)
    initial = PackedConstant(byteCount: (channels + 64) * 4) {
      let sums = $0.assumingMemoryBound(to: Int32.self)
      for channel in 0..<channels {
        var total: Int32 = 0
        for tap in 0..<taps { total &+= Int32(weights[tap * channels + channel]) }
        sums[channel] = (bias.isEmpty ? 0 : bias[channel]) &- shift &* total
      }
    }
    offsets = PackedConstant(byteCount: taps * MemoryLayout<Int>.stride) {
      let target = $0.assumingMemoryBound(to: Int.self)
      for (index, offset) in walk.offsets.enumerated() { target[index] = offset }
    }
    joined = Self.joining(
      weights: weights, channels: channels, walk: walk, bias: bias, dataZero: dataZero,
      isSigned: isSigned, path: path)
  }

  private static func joining(
    weights: [Int8], channels: Int, walk: ProductWalk, bias: [Int32], dataZero: Int32,
    isSigned: Bool, path: KernelPath
  ) -> (count: Int, product: [ByteDepthwise]) {
    guard channels > 0, channels <= 32, walk.columnPitch == channels else { return (1, []) }
    let most = 64 / channels
    guard let count = (2...most).last(where: { walk.columns % $0 == 0 }) else { return (1, []) }
    let repeated = walk.offsets.indices.flatMap { tap in
      repeatElement(weights[tap * channels..<(tap + 1) * channels], count: count).joined()
    }
    let product = ByteDepthwise(
      weights: repeated, channels: channels * count,
      walk: ProductWalk(
        columns: walk.columns / count, rowPitch: walk.rowPitch,
        columnPitch: walk.columnPitch * count, offsets: walk.offsets, length: channels * count),
      bias: Array(repeatElement(bias, count: count).joined()), dataZero: dataZero,
      isSigned: isSigned, path: path)
    return (count, [product])
  }

  /// The sums of `count` positions from `first`: `count * channels`.
  ///
  /// - Precondition: as for ``ByteProduct/sums(of:first:count:into:)``.
  public func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    if let wide = joined.product.first {
      let group = joined.count
      let start = min((first + group - 1) / group * group, first + count)
      let end = max((first + count) / group * group, start)
      own(packed, first: first, count: start - first, into: sums)
      wide.sums(
        of: packed, first: start / group, count: (end - start) / group,
        into: sums + (start - first) * channels)
      own(
        packed, first: end, count: first + count - end, into: sums + (end - first) * channels)
    } else {
      own(packed, first: first, count: count, into: sums)
    }
  }

  private func own(
    _ packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    guard count > 0 else { return }
    var depthwise = hwsim_depthwise(
      path: path.products, columns: walk.columns, row_pitch: walk.rowPitch,
      column_pitch: walk.columnPitch,
      tap_offsets: offsets.pointer.assumingMemoryBound(to: Int.self), taps: walk.offsets.count,
      channels: channels, weights: weights.pointer,
      initial: initial.pointer.assumingMemoryBound(to: Int32.self))
    hwsim_depthwise_product(&depthwise, packed, first, count, sums)
  }
}

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
