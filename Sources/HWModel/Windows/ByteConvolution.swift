import Arith
import QuantGraph

/// Sums of a convolution of 8-bit images with constant weights, packed once.
///
/// Sum of a position and a filter: `bias + sum of (x - dataZero) * w` over the taps, where positions
/// outside the image hold `dataZero`; 32 bits that wrap, so that their order is free. The
/// definition is ``ByteProduct/definition(data:weights:bias:dataZero:)``.
final class ByteConvolution: Sendable {
  private enum Sums: Sendable {
    case product(ByteProduct)
    case depthwise(ByteDepthwise)
  }

  /// Channels-last bytes of one image.
  let imageBytes: Int
  let positions: Int
  let filters: Int
  /// Positions whose sums stay in the first cache.
  let block: Int
  private let sums: Sums
  private let packing: ImagePacking
  private let path: KernelPath
  /// Whether an image is one position's run of codes.
  private let isOneRun: Bool

  /// Nil for more than two spatial axes, and for images whose margins are most of them.
  ///
  /// - Parameters:
  ///   - g: the windows; of a convolution in groups that is not depthwise, those of one group.
  ///   - addingFilters: filters beyond those of the geometry, after its own.
  ///   - weights: `[filter][tap][channel]` of the group, or of all filters if depthwise.
  ///   - bias: one a filter, or none.
  ///   - dataZero: the code that stands for zero.
  ///   - isSigned: whether data are int8, else uint8.
  ///   - path: the kernels.
  init?(
    _ g: ConvolutionGeometry, addingFilters: Int = 0, weights: [Int8], bias: [Int32],
    dataZero: Int32, isSigned: Bool, path: KernelPath
  ) {
    guard g.kernel.count <= 2, Self.fits(g) else { return nil }
    let isDepthwise = g.isDepthwise
    let channels = isDepthwise ? g.channels : g.groupChannels
    let filters = (isDepthwise ? g.filters : g.groupFilters) + addingFilters
    let repeats = isDepthwise ? g.groupFilters : 1
    packing = ImagePacking(
      rows: g.rows, columns: g.columns, channels: channels, repeats: repeats,
      rowsBefore: g.rowsBefore, columnsBefore: g.columnsBefore,
      packedRows: (g.resultRows - 1) * g.rowStride + (g.kernelRows - 1) * g.rowDilation + 1,
      packedColumns: (g.resultColumns - 1) * g.columnStride
        + (g.kernelColumns - 1) * g.columnDilation + 1,
      padding: UInt8(truncatingIfNeeded: dataZero), isSigned: isSigned)
    let width = channels * repeats
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
    if isDepthwise {
      let taps = g.taps
      var ordered = weights
      for filter in 0..<filters {
        for tap in 0..<taps { ordered[tap * filters + filter] = weights[filter * taps + tap] }
      }
      sums = .depthwise(
        ByteDepthwise(
          weights: ordered, channels: width, kernelColumns: g.kernelColumns, walk: walk, bias: bias,
          dataZero: dataZero, isSigned: isSigned, path: path))
    } else {
      sums = .product(
        ByteProduct(
          weights: weights, filters: filters, walk: walk, bias: bias, dataZero: dataZero,
          isSigned: isSigned, path: path))
    }
    self.filters = filters
    self.path = path
    isOneRun = false
    positions = g.resultRows * g.resultColumns
    imageBytes = g.rows * g.columns * channels
    // 4,096 sums, in multiples of what kernels take.
    block = max(12, min(positions, 4096 / max(filters, 1) / 12 * 12))
  }

  /// A matrix product of `rows` rows of data with the rows of a weight matrix.
  init(
    rows: Int, depth: Int, results: Int, weights: [Int8], bias: [Int32], dataZero: Int32,
    isSigned: Bool, path: KernelPath
  ) {
    let walk = ProductWalk(
      columns: max(rows, 1), rowPitch: 0, columnPitch: depth, offsets: [0], length: depth)
    sums = .product(
      ByteProduct(
        weights: weights, filters: results, walk: walk, bias: bias, dataZero: dataZero,
        isSigned: isSigned, path: path))
    packing = ImagePacking(
      rows: 1, columns: rows, channels: depth, packedRows: 1, packedColumns: rows,
      isSigned: isSigned)
    filters = results
    positions = rows
    imageBytes = rows * depth
    self.path = path
    isOneRun = rows == 1
    block = max(12, min(rows, 4096 / max(results, 1) / 12 * 12))
  }

  private init(_ other: ByteConvolution, sums: Sums) {
    imageBytes = other.imageBytes
    positions = other.positions
    filters = other.filters
    block = other.block
    packing = other.packing
    path = other.path
    isOneRun = other.isOneRun
    self.sums = sums
  }

  /// The same with codes instead of sums, or nil where its path has no kernel for the rule.
  func requantized(by requantization: ByteRequantization) -> ByteConvolution? {
    let codes: Sums?
    switch sums {
    case .product(let product):
      codes = product.requantized(by: requantization).map(Sums.product)
    case .depthwise(let depthwise):
      codes = depthwise.requantized(by: requantization).map(Sums.depthwise)
    }
    return codes.map { ByteConvolution(self, sums: $0) }
  }

  /// The same with the codes of sums times one factor a filter, or nil likewise.
  func coded(by coding: ByteCoding, factors: [Float]) -> ByteConvolution? {
    let codes: Sums?
    switch sums {
    case .product(let product):
      codes = product.coded(by: coding, factors: factors).map(Sums.product)
    case .depthwise(let depthwise):
      codes = depthwise.coded(by: coding, factors: factors).map(Sums.depthwise)
    }
    return codes.map { ByteConvolution(self, sums: $0) }
  }

  /// The codes of one channels-last image: `[positions][filters]`.
  ///
  /// - Precondition: made by ``requantized(by:)`` or ``coded(by:factors:)``; `scratch` has ``packedBytes``.
  func codes(
    of image: UnsafeRawPointer, scratch: UnsafeMutableRawPointer,
    into codes: UnsafeMutableRawPointer
  ) {
    if isOneRun, case .product(let product) = sums, product.readsCodes {
      product.codes(ofCodes: image, into: codes)
      return
    }
    packing.pack(image, into: scratch, path: path)
    switch sums {
    case .product(let product):
      product.codes(of: scratch, first: 0, count: positions, into: codes)
    case .depthwise(let depthwise):
      depthwise.codes(of: scratch, first: 0, count: positions, into: codes)
    }
  }

  /// Bytes for one packed image, a multiple of 64.
  var packedBytes: Int { (packing.byteCount(path: path) + 63) / 64 * 64 }
  /// Bytes for the sums of a block, a multiple of 64.
  var blockBytes: Int { (block * filters * 4 + 63) / 64 * 64 }

  /// Calls `body` with the sums of each block of positions of one channels-last image:
  /// `[count][filters]` from position `first`.
  ///
  /// - Precondition: `scratch` has ``packedBytes`` + ``blockBytes``.
  @inline(__always)
  func forEachBlock(
    of image: UnsafeRawPointer, scratch: UnsafeMutableRawPointer,
    _ body: (_ sums: UnsafeMutablePointer<Int32>, _ first: Int, _ count: Int) -> Void
  ) {
    packing.pack(image, into: scratch, path: path)
    let memory = (scratch + packedBytes).assumingMemoryBound(to: Int32.self)
    var first = 0
    while first < positions {
      let count = min(block, positions - first)
      switch sums {
      case .product(let product):
        product.sums(of: scratch, first: first, count: count, into: memory)
      case .depthwise(let depthwise):
        depthwise.sums(of: scratch, first: first, count: count, into: memory)
      }
      body(memory, first, count)
      first += count
    }
  }

  /// Whether an image with its margins has few more elements than the image itself, counted without
  /// overflow: margins and dilations come from a file and cost it nothing.
  private static func fits(_ g: ConvolutionGeometry) -> Bool {
    let rows = (g.resultRows - 1) * g.rowStride + (g.kernelRows - 1) * g.rowDilation + 1
    let columns =
      (g.resultColumns - 1) * g.columnStride + (g.kernelColumns - 1) * g.columnDilation + 1
    var count = 1
    for factor in [rows, columns, max(g.channels, g.filters)] {
      let (product, overflow) = count.multipliedReportingOverflow(by: factor)
      guard !overflow, product < 1 << 40 else { return false }
      count = product
    }
    return count <= max(8 * g.rows * g.columns * g.channels, 1 << 24)
  }

  /// Weights that fit in int8, or nil.
  static func narrowed(_ weights: some Sequence<some BinaryInteger>) -> [Int8]? {
    var narrow: [Int8] = []
    for weight in weights {
      guard let code = Int8(exactly: weight) else { return nil }
      narrow.append(code)
    }
    return narrow
  }
}
