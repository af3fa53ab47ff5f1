import Arith
import QuantGraph

/// A convolution or dense layer of 8-bit codes on packed weights.
///
/// Equal to ``MCUConvolution`` and ``MCUDense``: sums wrap in 32 bits in both, so their order is
/// free.
struct MCUByteProduct: NodeKernel {
  private enum Sums: Sendable {
    case product(ByteProduct)
    case depthwise(ByteDepthwise)
  }

  private let sums: Sums
  private let packing: ImagePacking
  private let requantization: ByteRequantization
  private let batch: Int
  private let positions: Int
  private let filters: Int
  private let path: KernelPath
  /// Positions whose sums are kept at a time.
  private let block: Int

  private init(
    sums: Sums, packing: ImagePacking, requantization: ByteRequantization, batch: Int,
    positions: Int, filters: Int, path: KernelPath
  ) {
    self.sums = sums
    self.packing = packing
    self.requantization = requantization
    self.batch = batch
    self.positions = positions
    self.filters = filters
    self.path = path
    // Sums of a block stay in the first cache: 4,096 of them, in multiples of what kernels take.
    block = max(12, min(positions, 4096 / max(filters, 1) / 12 * 12))
  }

  /// The kernel of a convolution, or nil where only the definition computes it: groups, weights
  /// that do not fit in int8, or shifts out of the kernels' range.
  static func convolution(
    _ g: ConvolutionGeometry, groupChannels: Int?, weights: [Int16], bias: [Int64],
    dataZero: Int32, isSigned: Bool, requantizer: Requantizer, path: KernelPath
  ) -> MCUByteProduct? {
    guard requantizer.rule == .twice, groupChannels == nil || groupChannels == g.channels,
      let requantization = requantizer.bytes(channels: g.filters, path: path),
      let narrow = narrowed(weights)
    else { return nil }
    // One channel seen by every filter is no different from a plain convolution.
    let isDepthwise = groupChannels == nil && g.channels > 1
    let repeats = isDepthwise ? g.filters / g.channels : 1
    let packing = ImagePacking(
      rows: g.rows, columns: g.columns, channels: g.channels, repeats: repeats,
      rowsBefore: g.rowsBefore, columnsBefore: g.columnsBefore,
      packedRows: (g.resultRows - 1) * g.rowStride + (g.kernelRows - 1) * g.rowDilation + 1,
      packedColumns: (g.resultColumns - 1) * g.columnStride
        + (g.kernelColumns - 1) * g.columnDilation + 1,
      padding: UInt8(truncatingIfNeeded: dataZero), isSigned: isSigned)
    let width = g.channels * repeats
    let pitch = packing.packedColumns * width
    let joinsColumns = !isDepthwise && g.columnDilation == 1
    var offsets: [Int] = []
    for row in 0..<g.kernelRows {
      if joinsColumns {
        offsets.append(row * g.rowDilation * pitch)
      } else {
        for column in 0..<g.kernelColumns {
          offsets.append(row * g.rowDilation * pitch + column * g.columnDilation * width)
        }
      }
    }
    let walk = ProductWalk(
      columns: g.resultColumns, rowPitch: g.rowStride * pitch,
      columnPitch: g.columnStride * width, offsets: offsets,
      length: joinsColumns ? g.kernelColumns * width : width)
    let bias32 = bias.map { Int32(truncatingIfNeeded: $0) }
    let sums: Sums
    if isDepthwise {
      sums = .depthwise(
        ByteDepthwise(
          weights: narrow, channels: width, walk: walk, bias: bias32, dataZero: dataZero,
          isSigned: isSigned, path: path))
    } else {
      var ordered = narrow
      if groupChannels == nil {
        // `[taps][filters]` to `[filters][taps]`.
        for filter in 0..<g.filters {
          for tap in 0..<g.taps {
            ordered[filter * g.taps + tap] = narrow[tap * g.filters + filter]
          }
        }
      }
      sums = .product(
        ByteProduct(
          weights: ordered, filters: g.filters, walk: walk, bias: bias32, dataZero: dataZero,
          isSigned: isSigned, path: path))
    }
    return MCUByteProduct(
      sums: sums, packing: packing, requantization: requantization, batch: g.batch,
      positions: g.resultRows * g.resultColumns, filters: g.filters, path: path)
  }

  /// The kernel of a dense layer, or nil where only the definition computes it.
  static func dense(
    rows: Int, depth: Int, results: Int, weights: [Int16], bias: [Int64], dataZero: Int32,
    isSigned: Bool, requantizer: Requantizer, path: KernelPath
  ) -> MCUByteProduct? {
    guard requantizer.rule != .wide,
      let requantization = requantizer.bytes(channels: results, path: path),
      let narrow = narrowed(weights)
    else { return nil }
    let walk = ProductWalk(
      columns: max(rows, 1), rowPitch: 0, columnPitch: depth, offsets: [0], length: depth)
    return MCUByteProduct(
      sums: .product(
        ByteProduct(
          weights: narrow, filters: results, walk: walk,
          bias: bias.map { Int32(truncatingIfNeeded: $0) }, dataZero: dataZero,
          isSigned: isSigned, path: path)),
      packing: ImagePacking(
        rows: 1, columns: rows, channels: depth, packedRows: 1, packedColumns: rows,
        isSigned: isSigned), requantization: requantization, batch: 1, positions: rows,
      filters: results, path: path)
  }

  private static func narrowed(_ weights: [Int16]) -> [Int8]? {
    guard weights.allSatisfy({ Int8(exactly: $0) != nil }) else { return nil }
    return weights.map { Int8(truncatingIfNeeded: $0) }
  }

  private var packedBytes: Int { (packing.byteCount(path: path) + 63) / 64 * 64 }

  func scratchBytes(lanes: Int) -> Int { packedBytes + block * filters * 4 }

  func run(_ operands: KernelOperands) {
    let packed = operands.scratch.memory
    let memory = (packed + packedBytes).assumingMemoryBound(to: Int32.self)
    let image = packing.rows * packing.columns * packing.channels
    for sample in 0..<batch {
      packing.pack(operands.inputs[0].memory + sample * image, into: packed, path: path)
      let result = operands.outputs[0].memory + sample * positions * filters
      for first in stride(from: 0, to: positions, by: block) {
        let count = min(block, positions - first)
        switch sums {
        case .product(let product):
          product.sums(of: packed, first: first, count: count, into: memory)
        case .depthwise(let depthwise):
          depthwise.sums(of: packed, first: first, count: count, into: memory)
        }
        requantization.codes(of: memory, rows: count, into: result + first * filters)
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
