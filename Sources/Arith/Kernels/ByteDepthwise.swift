internal import CKernels

/// A filter of its own for each channel of 8-bit data, prepared once.
public struct ByteDepthwise: Sendable {
  public let channels: Int
  public let path: KernelPath
  private let walk: ProductWalk
  private let weights: PackedConstant
  private let initial: PackedConstant
  private let offsets: PackedConstant
  /// The kernel for taps that are a grid, where the path has one.
  private var windows: ByteWindows?
  /// Neighbouring positions of a row taken as channels of one, and the product that does so; where
  /// few channels would leave most of a vector empty.
  private let joined: (count: Int, product: [ByteDepthwise])

  /// Packs `weights`, `offsets.count * channels` of them, tap by tap; `kernelColumns` taps are a row of the
  /// kernel.
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
    self.walk = walk
    self.path = path
    let number = path.products
    self.weights = PackedConstant(
      byteCount: hwsim_depthwise_weight_bytes(number, taps, channels)
    ) {
      hwsim_depthwise_pack_weights(number, weights, taps, channels, $0)
    }
    let starts = SumStarts(
      weights: weights, filters: channels, filterPitch: 1, tapPitch: channels, taps: taps,
      bias: bias, dataZero: dataZero, isSigned: isSigned, path: path)
    initial = PackedConstant(starts.initial, adding: 64)
    offsets = PackedConstant(walk.offsets)
    windows = ByteWindows(
      weights: weights, starts: starts, channels: channels, kernelColumns: kernelColumns,
      walk: walk, path: path)
    joined =
      windows != nil
      ? (1, [])
      : Self.joining(
        weights: weights, channels: channels, kernelColumns: kernelColumns, walk: walk, bias: bias,
        dataZero: dataZero, isSigned: isSigned, path: path)
  }

  /// The same product with codes instead of sums, or nil where its path has no kernel for the rule.
  public func requantized(by requantization: ByteRequantization) -> ByteDepthwise? {
    guard let windows = windows?.requantized(by: requantization, path: path) else { return nil }
    var result = self
    result.windows = windows
    return result
  }

  private static func joining(
    weights: [Int8], channels: Int, kernelColumns: Int, walk: ProductWalk, bias: [Int32],
    dataZero: Int32, isSigned: Bool, path: KernelPath
  ) -> (count: Int, product: [ByteDepthwise]) {
    guard channels > 0, channels <= 32, walk.columnPitch == channels else { return (1, []) }
    let most = 64 / channels
    guard let count = (2...most).last(where: { walk.columns % $0 == 0 }) else { return (1, []) }
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
    return (count, [product])
  }

  /// The sums of `count` positions from `first`: `count * channels`.
  ///
  /// - Precondition: as for ``ByteProduct/sums(of:first:count:into:)``.
  public func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    if let windows {
      windows.sums(of: packed, first: first, count: count, into: sums)
    } else if let wide = joined.product.first {
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

  /// The codes of `count` positions from `first`: `count * channels` bytes.
  ///
  /// - Precondition: as for ``sums(of:first:count:into:)``; made by ``requantized(by:)``.
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
    var depthwise = hwsim_depthwise(
      path: path.products, columns: walk.columns, row_pitch: walk.rowPitch,
      column_pitch: walk.columnPitch,
      tap_offsets: offsets.pointer.assumingMemoryBound(to: Int.self), taps: walk.offsets.count,
      channels: channels, weights: weights.pointer,
      initial: initial.pointer.assumingMemoryBound(to: Int32.self))
    hwsim_depthwise_product(&depthwise, packed, first, count, sums)
  }
}

/// Depthwise windows whose taps are a grid, for kernels of whole vectors of them.
struct ByteWindows: Sendable {
  private let shape: Shape
  private let weights: PackedConstant
  /// Start of the sum of each lane.
  private let initial: PackedConstant
  private let channelOfLane: [Int]
  private let largestSums: [Int64]
  private var rule: FusedRequantization?

  /// The kernels' description without its pointers.
  private struct Shape: Sendable {
    var path: Int32
    var columns, stride, rowPitch: Int
    var kernelRows, kernelColumns, rowStep, dilation: Int
    var channels: Int

    func windows(weights: UnsafeRawPointer?, initial: UnsafeRawPointer?) -> hwsim_windows {
      hwsim_windows(
        path: path, columns: columns, stride: stride, row_pitch: rowPitch, kernel_rows: kernelRows,
        kernel_columns: kernelColumns, row_step: rowStep, dilation: dilation, channels: channels,
        row_groups: 0, weights: weights, initial: initial?.assumingMemoryBound(to: Int32.self))
    }
  }

  /// Nil where taps are no grid of whole columns, or the path has no kernel for it.
  init?(
    weights: [Int8], starts: SumStarts, channels: Int, kernelColumns: Int, walk: ProductWalk,
    path: KernelPath
  ) {
    let offsets = walk.offsets
    guard kernelColumns > 0, !offsets.isEmpty, offsets.count % kernelColumns == 0, channels > 0,
      offsets[0] == 0, walk.columnPitch % channels == 0
    else { return nil }
    let rows = offsets.count / kernelColumns
    let rowStep = rows > 1 ? offsets[kernelColumns] : 0
    let step = kernelColumns > 1 ? offsets[1] : channels
    guard step > 0, step % channels == 0,
      offsets.indices.allSatisfy({
        offsets[$0] == $0 / kernelColumns * rowStep + $0 % kernelColumns * step
      })
    else { return nil }
    shape = Shape(
      path: path.products, columns: walk.columns, stride: walk.columnPitch / channels,
      rowPitch: walk.rowPitch, kernelRows: rows, kernelColumns: kernelColumns, rowStep: rowStep,
      dilation: step / channels, channels: channels)
    var windows = shape.windows(weights: nil, initial: nil)
    let lanes = hwsim_windows_lanes(&windows)
    guard lanes > 0 else { return nil }
    var map = [Int](repeating: 0, count: lanes)
    hwsim_windows_channels(&windows, &map)
    self.weights = PackedConstant(byteCount: lanes * windows.row_groups * kernelColumns * 4) {
      hwsim_windows_pack_weights(&windows, weights, map, lanes, $0)
    }
    initial = PackedConstant(map.map { $0 < 0 ? 0 : starts.initial[$0] })
    channelOfLane = map
    largestSums = starts.largest
  }

  func requantized(by requantization: ByteRequantization, path: KernelPath) -> ByteWindows? {
    guard
      let rule = requantization.fused(
        lanes: channelOfLane, largestSums: largestSums, path: path)
    else { return nil }
    var result = self
    result.rule = rule
    return result
  }

  private var windows: hwsim_windows {
    var windows = shape.windows(weights: weights.pointer, initial: initial.pointer)
    _ = hwsim_windows_lanes(&windows)
    return windows
  }

  func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    var windows = windows
    hwsim_windows_product(&windows, packed, first, count, sums)
  }

  func codes(
    of packed: UnsafeRawPointer, first: Int, count: Int, into codes: UnsafeMutableRawPointer
  ) {
    guard let rule else { preconditionFailure("windows of sums") }
    var windows = windows
    var fused = rule.fused
    hwsim_windows_codes(
      &windows, &fused, packed, first, count, codes.assumingMemoryBound(to: UInt8.self))
  }
}
