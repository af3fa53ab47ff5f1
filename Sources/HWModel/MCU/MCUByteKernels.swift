import Arith
import QuantGraph

/// A convolution or dense layer of 8-bit codes on packed weights.
///
/// Equal to ``MCUConvolution`` and ``MCUDense``: sums wrap in 32 bits in both, so their order is
/// free.
struct MCUByteProduct: NodeKernel {
  private let sums: ByteConvolution
  private let requantization: ByteRequantization
  private let batch: Int

  /// The kernel of a convolution, or nil where only the definition computes it: groups, weights
  /// that do not fit in int8, or shifts out of the kernels' range.
  static func convolution(
    _ g: ConvolutionGeometry, weights: [Int16], bias: [Int64], dataZero: Int32, isSigned: Bool,
    requantizer: Requantizer, path: KernelPath
  ) -> MCUByteProduct? {
    guard requantizer.rule == .twice, g.groups == 1 || g.isDepthwise,
      let requantization = requantizer.bytes(channels: g.filters, path: path),
      let narrow = ByteConvolution.narrowed(weights),
      let sums = ByteConvolution(
        g, weights: narrow, bias: bias.map { Int32(truncatingIfNeeded: $0) }, dataZero: dataZero,
        isSigned: isSigned, path: path)
    else { return nil }
    return MCUByteProduct(sums: sums, requantization: requantization, batch: g.batch)
  }

  /// The kernel of a dense layer, or nil where only the definition computes it.
  static func dense(
    rows: Int, depth: Int, results: Int, weights: [Int16], bias: [Int64], dataZero: Int32,
    isSigned: Bool, requantizer: Requantizer, path: KernelPath
  ) -> MCUByteProduct? {
    guard requantizer.rule != .wide,
      let requantization = requantizer.bytes(channels: results, path: path),
      let narrow = ByteConvolution.narrowed(weights)
    else { return nil }
    return MCUByteProduct(
      sums: ByteConvolution(
        rows: rows, depth: depth, results: results, weights: narrow,
        bias: bias.map { Int32(truncatingIfNeeded: $0) }, dataZero: dataZero, isSigned: isSigned,
        path: path), requantization: requantization, batch: 1)
  }

  func scratchBytes(lanes: Int) -> Int { sums.packedBytes + sums.blockBytes }

  func run(_ operands: KernelOperands) {
    let filters = sums.filters
    for sample in 0..<batch {
      let result = operands.outputs[0].memory + sample * sums.positions * filters
      sums.forEachBlock(
        of: operands.inputs[0].memory + sample * sums.imageBytes, scratch: operands.scratch.memory
      ) { block, first, count in
        requantization.codes(of: block, rows: count, into: result + first * filters)
      }
    }
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
