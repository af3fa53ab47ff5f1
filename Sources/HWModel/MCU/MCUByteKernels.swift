import Arith
import QuantGraph

/// A convolution or dense layer of 8-bit codes on packed weights.
///
/// Equal to ``MCUConvolution`` and ``MCUDense``: sums wrap in 32 bits in both, so their order is
/// free.
final class MCUByteProduct: NodeKernel {
  private let sums: ByteConvolution
  /// The same with codes, where their path has a kernel for the rule.
  private let codes: ByteConvolution?
  private let requantization: ByteRequantization
  private let batch: Int
  /// What was taken off every weight so that it fits in int8; 0 if nothing was.
  ///
  /// `sum of x (w - s) + s * sum of x` is `sum of x w`: the second sum is that of a filter of ones.
  private let weightOffset: Int32
  /// The sums of the data under each window, channel by channel, of a depthwise convolution; others
  /// have them as one more filter.
  private let windows: ByteConvolution?

  private init(
    sums: ByteConvolution, requantization: ByteRequantization, batch: Int, weightOffset: Int32,
    windows: ByteConvolution?
  ) {
    self.sums = sums
    codes = weightOffset == 0 ? sums.requantized(by: requantization) : nil
    self.requantization = requantization
    self.batch = batch
    self.weightOffset = weightOffset
    self.windows = windows
  }

  /// The kernel of a convolution, or nil where only the definition computes it: groups, weights
  /// that span more than int8, or shifts out of the kernels' range.
  static func convolution(
    _ g: ConvolutionGeometry, weights: [Int16], bias: [Int64], dataZero: Int32, isSigned: Bool,
    requantizer: Requantizer, path: KernelPath
  ) -> MCUByteProduct? {
    guard requantizer.rule == .twice, g.groups == 1 || g.isDepthwise,
      let requantization = requantizer.bytes(channels: g.filters, path: path)
    else { return nil }
    let offset = offset(of: weights)
    guard var narrow = ByteConvolution.narrowed(weights.lazy.map { Int($0) - Int(offset) })
    else { return nil }
    var bias = bias.map { Int32(truncatingIfNeeded: $0) }
    func kernel(
      _ weights: [Int8], _ bias: [Int32], addingFilters: Int = 0
    ) -> ByteConvolution? {
      ByteConvolution(
        g, addingFilters: addingFilters, weights: weights, bias: bias, dataZero: dataZero,
        isSigned: isSigned, path: path)
    }
    if offset != 0, !g.isDepthwise {
      narrow += [Int8](repeating: 1, count: g.taps * g.groupChannels)
      if !bias.isEmpty { bias.append(0) }
    }
    let isWide = offset != 0 && !g.isDepthwise
    guard let sums = kernel(narrow, bias, addingFilters: isWide ? 1 : 0) else { return nil }
    var windows: ByteConvolution?
    if offset != 0, g.isDepthwise {
      windows = kernel([Int8](repeating: 1, count: narrow.count), [])
      guard windows != nil else { return nil }
    }
    return MCUByteProduct(
      sums: sums, requantization: requantization, batch: g.batch, weightOffset: Int32(offset),
      windows: windows)
  }

  /// What brings weights that do not fit in int8 into its middle; 0 if they fit.
  private static func offset(of weights: [Int16]) -> Int16 {
    guard let low = weights.min(), let high = weights.max(), low < -128 || high > 127 else {
      return 0
    }
    return Int16((Int(low) + Int(high) + 1) / 2)
  }

  /// The kernel of a dense layer, or nil where only the definition computes it.
  static func dense(
    rows: Int, depth: Int, results: Int, weights: [Int16], bias: [Int64], dataZero: Int32,
    isSigned: Bool, requantizer: Requantizer, path: KernelPath
  ) -> MCUByteProduct? {
    let offset = offset(of: weights)
    guard requantizer.rule != .wide,
      let requantization = requantizer.bytes(channels: results, path: path),
      var narrow = ByteConvolution.narrowed(weights.lazy.map { Int($0) - Int(offset) })
    else { return nil }
    var bias = bias.map { Int32(truncatingIfNeeded: $0) }
    if offset != 0 {
      narrow += [Int8](repeating: 1, count: depth)
      if !bias.isEmpty { bias.append(0) }
    }
    return MCUByteProduct(
      sums: ByteConvolution(
        rows: rows, depth: depth, results: results + (offset != 0 ? 1 : 0), weights: narrow,
        bias: bias, dataZero: dataZero, isSigned: isSigned,
        path: path), requantization: requantization, batch: 1, weightOffset: Int32(offset),
      windows: nil)
  }

  func scratchBytes(lanes: Int) -> Int {
    let own = sums.packedBytes + sums.blockBytes
    guard let windows else { return own }
    return own + windows.packedBytes + windows.blockBytes + windows.positions * windows.filters * 4
  }

  func run(_ operands: KernelOperands) {
    if let codes {
      let (data, result) = (operands.inputs[0].memory, operands.outputs[0].memory)
      for sample in 0..<batch {
        codes.codes(
          of: data + sample * codes.imageBytes, scratch: operands.scratch.memory,
          into: result + sample * codes.positions * codes.filters)
      }
      return
    }
    let hasExtraFilter = weightOffset != 0 && windows == nil
    let filters = sums.filters - (hasExtraFilter ? 1 : 0)
    for sample in 0..<batch {
      let image = UnsafeRawPointer(operands.inputs[0].memory) + sample * sums.imageBytes
      let result = operands.outputs[0].memory + sample * sums.positions * filters
      let under = windowSums(of: image, operands)
      sums.forEachBlock(of: image, scratch: operands.scratch.memory) { block, first, count in
        if hasExtraFilter {
          dropExtraFilter(block, count: count, filters: filters)
        } else if let under {
          for index in 0..<count * filters {
            block[index] &+= weightOffset &* under[first * filters + index]
          }
        }
        requantization.codes(of: block, rows: count, into: result + first * filters)
      }
    }
  }

  /// Adds what the last filter of ones says to the others and closes the rows up.
  private func dropExtraFilter(
    _ block: UnsafeMutablePointer<Int32>, count: Int, filters: Int
  ) {
    for row in 0..<count {
      let source = block + row * (filters + 1)
      let target = block + row * filters
      let extra = weightOffset &* source[filters]
      for filter in 0..<filters { target[filter] = source[filter] &+ extra }
    }
  }

  /// The data's sums under all windows of an image, in scratch memory; nil where none are needed.
  private func windowSums(
    of image: UnsafeRawPointer, _ operands: KernelOperands
  ) -> UnsafeMutablePointer<Int32>? {
    guard let windows else { return nil }
    let scratch = operands.scratch.memory + sums.packedBytes + sums.blockBytes
    let all = (scratch + windows.packedBytes + windows.blockBytes)
      .assumingMemoryBound(to: Int32.self)
    windows.forEachBlock(of: image, scratch: scratch) { block, first, count in
      (all + first * windows.filters).update(from: block, count: count * windows.filters)
    }
    return all
  }
}

extension Requantizer {
  /// The same rule for the byte kernels, or nil if they do not have it.
  func bytes(channels: Int, path: KernelPath) -> ByteRequantization? {
    guard rule != .wide else { return nil }
    return ByteRequantization(
      multipliers: multipliers, channels: channels, roundsOnce: rule == .away,
      zeroPoint: zeroPoint, codes: codes, path: path)
  }
}

/// The requantized sum of two tensors of one shape.
///
/// Equal to ``MCUBinary`` with a sum's rule.
struct MCUByteAddition: NodeKernel {
  let addition: ByteAddition
  let left: MCUSource
  let right: MCUSource
  let count: Int
  let path: KernelPath

  func run(_ operands: KernelOperands) {
    left.withCodes(operands, as: UInt8.self) { left in
      right.withCodes(operands, as: UInt8.self) { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return }
        addition.codes(
          of: first, second, count: count, into: operands.outputs[0].memory, path: path)
      }
    }
  }
}
