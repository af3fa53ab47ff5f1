internal import CKernels

/// A filter of its own for each channel of 8-bit data, prepared once.
///
/// Threads may share it, as they may share a ``ByteProduct``.
public final class ByteDepthwise: @unchecked Sendable {
  public let channels: Int
  private let product: hwsim_depthwise
  private let constants: [PackedConstant]
  /// The kernel for taps that are a grid, where the path has one.
  private let windows: ByteWindows?
  /// Neighbouring positions of a row taken as channels of one, and the product that does so; where
  /// few channels would leave most of a vector empty.
  private let joined: (count: Int, product: ByteDepthwise)?

  /// Packs `weights`, `offsets.count * channels` of them, tap by tap; `kernelColumns` taps are a row
  /// of the kernel.
  ///
  /// `bias` has one number a channel, or none; data are int8 if `isSigned`, else uint8.
  ///
  /// - Precondition: the counts are as stated; the walk's length is the number of channels.
  public init(
    weights: [Int8], channels: Int, kernelColumns: Int, walk: ProductWalk, bias: [Int32],
    dataZero: Int32, isSigned: Bool, path: KernelPath = .current
  ) {
    let taps = walk.offsets.count
    precondition(weights.count == taps * channels, "weights of every tap and channel")
    precondition(bias.isEmpty || bias.count == channels, "a bias of every channel")
    self.channels = channels
    let number = path.products
    let packed = PackedConstant(
      byteCount: hwsim_depthwise_weight_bytes(number, taps, channels)
    ) {
      hwsim_depthwise_pack_weights(number, weights, taps, channels, $0)
    }
    let starts = SumStarts(
      weights: weights, filters: channels, filterPitch: 1, tapPitch: channels, taps: taps,
      bias: bias, dataZero: dataZero, isSigned: isSigned, path: path)
    let initial = PackedConstant(starts.initial, adding: 64)
    let offsets = PackedConstant(walk.offsets)
    constants = [packed, initial, offsets]
    product = hwsim_depthwise(
      path: number, columns: walk.columns, row_pitch: walk.rowPitch,
      column_pitch: walk.columnPitch,
      tap_offsets: offsets.pointer.assumingMemoryBound(to: Int.self), taps: taps,
      channels: channels, weights: packed.pointer,
      initial: initial.pointer.assumingMemoryBound(to: Int32.self))
    windows = ByteWindows(
      weights: weights, starts: starts, channels: channels, kernelColumns: kernelColumns,
      walk: walk, path: number)
    joined =
      windows != nil
      ? nil
      : Self.joining(
        weights: weights, channels: channels, kernelColumns: kernelColumns, walk: walk, bias: bias,
        dataZero: dataZero, isSigned: isSigned, path: path)
  }

  private init(_ other: ByteDepthwise, windows: ByteWindows) {
    channels = other.channels
    product = other.product
    constants = other.constants
    joined = nil
    self.windows = windows
  }

  /// The same product with codes instead of sums, or nil where its path has no kernel for the rule.
  public func requantized(by requantization: ByteRequantization) -> ByteDepthwise? {
    windows?.requantized(by: requantization).map { ByteDepthwise(self, windows: $0) }
  }

  /// The same product with the codes of its sums times one factor a channel, or nil likewise.
  public func coded(by coding: ByteCoding, factors: [Float]) -> ByteDepthwise? {
    windows?.coded(by: coding, factors: factors).map { ByteDepthwise(self, windows: $0) }
  }

  private static func joining(
    weights: [Int8], channels: Int, kernelColumns: Int, walk: ProductWalk, bias: [Int32],
    dataZero: Int32, isSigned: Bool, path: KernelPath
  ) -> (count: Int, product: ByteDepthwise)? {
    guard channels > 0, channels <= 32, walk.columnPitch == channels else { return nil }
    let most = 64 / channels
    guard let count = (2...most).last(where: { walk.columns % $0 == 0 }) else { return nil }
    let repeated = walk.offsets.indices.flatMap { tap in
      repeatElement(weights[tap * channels..<(tap + 1) * channels], count: count).joined()
    }
    let product = ByteDepthwise(
      weights: repeated, channels: channels * count, kernelColumns: kernelColumns,
      walk: ProductWalk(
        columns: walk.columns / count, rowPitch: walk.rowPitch,
        columnPitch: walk.columnPitch * count, offsets: walk.offsets, length: channels * count),
      bias: Array(repeatElement(bias, count: count).joined()), dataZero: dataZero,
      isSigned: isSigned, path: path)
    return (count, product)
  }

  /// The sums of `count` positions from `first`: `count * channels`.
  ///
  /// - Precondition: as for ``ByteProduct/sums(of:first:count:into:)``.
  public func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    if let windows {
      windows.sums(of: packed, first: first, count: count, into: sums)
    } else if let (group, wide) = joined {
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

  /// The codes of `count` positions from `first`: `count * channels` bytes.
  ///
  /// - Precondition: as for ``sums(of:first:count:into:)``; made by ``requantized(by:)`` or
  ///   ``coded(by:factors:)``.
  public func codes(
    of packed: UnsafeRawPointer, first: Int, count: Int, into codes: UnsafeMutableRawPointer
  ) {
    guard let windows else { preconditionFailure("a product of sums") }
    windows.codes(of: packed, first: first, count: count, into: codes)
  }

  private func own(
    _ packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    guard count > 0 else { return }
    withUnsafePointer(to: product) { hwsim_depthwise_product($0, packed, first, count, sums) }
  }
}

/// Depthwise windows whose taps are a grid, for kernels of whole vectors of them.
struct ByteWindows: @unchecked Sendable {
  private let windows: hwsim_windows
  private let constants: [PackedConstant]
  private let channelOfLane: [Int]
  private let largestSums: [Int64]
  private var rule: FusedRequantization?

  /// Nil where taps are no grid of whole columns, or the path has no kernel for it.
  init?(
    weights: [Int8], starts: SumStarts, channels: Int, kernelColumns: Int, walk: ProductWalk,
    path: Int32
  ) {
    let offsets = walk.offsets
    guard kernelColumns > 0, !offsets.isEmpty, offsets.count % kernelColumns == 0, channels > 0,
      walk.columnPitch % channels == 0
    else { return nil }
    let rows = offsets.count / kernelColumns
    let rowStep = rows > 1 ? offsets[kernelColumns] : 0
    let step = kernelColumns > 1 ? offsets[1] : channels
    guard step > 0, step % channels == 0,
      offsets.indices.allSatisfy({
        offsets[$0] == $0 / kernelColumns * rowStep + $0 % kernelColumns * step
      })
    else { return nil }
    var windows = hwsim_windows()
    windows.path = path
    windows.columns = walk.columns
    windows.stride = walk.columnPitch / channels
    windows.row_pitch = walk.rowPitch
    windows.kernel_rows = rows
    windows.kernel_columns = kernelColumns
    windows.row_step = rowStep
    windows.dilation = step / channels
    windows.channels = channels
    let lanes = hwsim_windows_lanes(&windows)
    guard lanes > 0 else { return nil }
    var map = [Int](repeating: 0, count: lanes)
    hwsim_windows_channels(&windows, &map)
    let packed = PackedConstant(byteCount: lanes * windows.row_groups * kernelColumns * 4) {
      hwsim_windows_pack_weights(&windows, weights, map, lanes, $0)
    }
    let initial = PackedConstant(map.map { $0 < 0 ? 0 : starts.initial[$0] })
    windows.weights = packed.pointer
    windows.initial = initial.pointer.assumingMemoryBound(to: Int32.self)
    self.windows = windows
    constants = [packed, initial]
    channelOfLane = map
    largestSums = starts.largest
  }

  func requantized(by requantization: ByteRequantization) -> ByteWindows? {
    var result = self
    result.rule = requantization.fused(
      lanes: channelOfLane, largestSums: largestSums, path: windows.path)
    return result.rule == nil ? nil : result
  }

  func coded(by coding: ByteCoding, factors: [Float]) -> ByteWindows? {
    var result = self
    result.rule = coding.fused(lanes: channelOfLane, factors: factors, path: windows.path)
    return result.rule == nil ? nil : result
  }

  func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    withUnsafePointer(to: windows) { hwsim_windows_product($0, packed, first, count, sums) }
  }

  func codes(
    of packed: UnsafeRawPointer, first: Int, count: Int, into codes: UnsafeMutableRawPointer
  ) {
    guard let rule else { preconditionFailure("windows of sums") }
    withUnsafePointer(to: windows) { windows in
      withUnsafePointer(to: rule.fused) {
        hwsim_windows_codes(
          windows, $0, packed, first, count, codes.assumingMemoryBound(to: UInt8.self))
      }
    }
  }
}
