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

  /// The given numbers, and `count` more that are 0.
  convenience init<Element: BitwiseCopyable>(_ elements: [Element], adding count: Int = 0) {
    self.init(byteCount: (elements.count + count) * MemoryLayout<Element>.stride) {
      $0.assumingMemoryBound(to: Element.self).update(from: elements, count: elements.count)
    }
  }

  var pointer: UnsafeRawPointer { UnsafeRawPointer(base) }
}

/// Where the sums of filters start so that products take data as they are packed, and how far they go.
struct SumStarts {
  private(set) var initial: [Int32] = []
  /// Bounds of the magnitudes of sums of each filter.
  private(set) var largest: [Int64] = []

  /// Weight `tap` of filter `filter` stands at `filter * filterPitch + tap * tapPitch`.
  init(
    weights: [Int8], filters: Int, filterPitch: Int, tapPitch: Int, taps: Int, bias: [Int32],
    dataZero: Int32, isSigned: Bool, path: KernelPath
  ) {
    let shift = dataZero &+ hwsim_gemm_data_offset(path.products, isSigned)
    let zero = Int64(dataZero)
    let farthest = isSigned ? max(zero + 128, 127 - zero) : max(zero, 255 - zero)
    for filter in 0..<filters {
      var (total, magnitude): (Int32, Int64) = (0, 0)
      for tap in 0..<taps {
        let weight = Int32(weights[filter * filterPitch + tap * tapPitch])
        total &+= weight
        magnitude += Int64(abs(weight))
      }
      let start = bias.isEmpty ? 0 : bias[filter]
      initial.append(start &- shift &* total)
      largest.append(abs(Int64(start)) + magnitude * farthest)
    }
  }
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
///
/// The kernels' descriptions point into constants that live as long as this does and that nothing
/// writes, so threads may share it.
public final class ByteProduct: @unchecked Sendable {
  public let filters: Int
  private let product: hwsim_product
  private let rule: FusedRequantization?
  private let constants: [PackedConstant]
  private let isSigned: Bool
  /// Whether one position's run of codes needs no packing; see ``codes(ofCodes:into:)``.
  public let readsCodes: Bool
  /// Bounds of the magnitudes of each filter's sums.
  private let largestSums: [Int64]

  /// Packs `weights`, `filters * offsets.count * length` of them, filter by filter.
  ///
  /// `bias` has one number a filter, or none; data are int8 if `isSigned`, else uint8.
  ///
  /// - Precondition: the counts are as stated.
  public init(
    weights: [Int8], filters: Int, walk: ProductWalk, bias: [Int32], dataZero: Int32,
    isSigned: Bool, path: KernelPath = .current
  ) {
    let segments = walk.offsets.count
    let depth = segments * walk.length
    precondition(weights.count == filters * depth, "weights of every filter")
    precondition(bias.isEmpty || bias.count == filters, "a bias of every filter")
    self.filters = filters
    let number = path.products
    let packed = PackedConstant(
      byteCount: hwsim_gemm_weight_bytes(number, segments, walk.length, filters)
    ) {
      hwsim_gemm_pack_weights(number, weights, segments, walk.length, filters, $0)
    }
    let starts = SumStarts(
      weights: weights, filters: filters, filterPitch: depth, tapPitch: 1, taps: depth, bias: bias,
      dataZero: dataZero, isSigned: isSigned, path: path)
    let initial = PackedConstant(starts.initial, adding: 64)
    let offsets = PackedConstant(walk.offsets)
    largestSums = starts.largest
    constants = [packed, initial, offsets]
    var product = hwsim_product(
      path: number, columns: walk.columns, row_pitch: walk.rowPitch,
      column_pitch: walk.columnPitch,
      segment_offsets: offsets.pointer.assumingMemoryBound(to: Int.self), segments: segments,
      units: hwsim_gemm_units(number, walk.length), filters: filters, weights: packed.pointer,
      initial: initial.pointer.assumingMemoryBound(to: Int32.self))
    self.isSigned = isSigned
    self.product = product
    readsCodes = segments == 1 && hwsim_gemm_reads_codes(&product, walk.length)
    rule = nil
  }

  private init(_ other: ByteProduct, rule: FusedRequantization) {
    filters = other.filters
    product = other.product
    constants = other.constants
    isSigned = other.isSigned
    readsCodes = other.readsCodes
    largestSums = other.largestSums
    self.rule = rule
  }

  /// The same product with codes instead of sums, or nil where its path has no kernel for the rule.
  public func requantized(by requantization: ByteRequantization) -> ByteProduct? {
    requantization.fused(
      lanes: Array(0..<filters), largestSums: largestSums, path: product.path
    ).map { ByteProduct(self, rule: $0) }
  }

  /// The same product with the codes of its sums times one factor a filter, or nil likewise.
  public func coded(by coding: ByteCoding, factors: [Float]) -> ByteProduct? {
    coding.fused(lanes: Array(0..<filters), factors: factors, path: product.path)
      .map { ByteProduct(self, rule: $0) }
  }

  /// The sums of `count` positions from `first`: `count * filters`.
  ///
  /// - Precondition: `packed` holds what the walk reads, packed for the same path, and `sums` has
  ///   room.
  public func sums(
    of packed: UnsafeRawPointer, first: Int, count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    withUnsafePointer(to: product) { hwsim_gemm_product($0, packed, first, count, sums) }
  }

  /// The codes of `count` positions from `first`: `count * filters` bytes.
  ///
  /// - Precondition: as for ``sums(of:first:count:into:)``; made by ``requantized(by:)`` or
  ///   ``coded(by:factors:)``.
  public func codes(
    of packed: UnsafeRawPointer, first: Int, count: Int, into codes: UnsafeMutableRawPointer
  ) {
    guard let rule else { preconditionFailure("a product of sums") }
    withUnsafePointer(to: product) { product in
      withUnsafePointer(to: rule.fused) {
        hwsim_gemm_codes(
          product, $0, packed, first, count, codes.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  /// The codes of one position, whose run of codes stands at `data` as it is.
  ///
  /// - Precondition: as for ``codes(of:first:count:into:)``, and ``readsCodes``.
  public func codes(ofCodes data: UnsafeRawPointer, into codes: UnsafeMutableRawPointer) {
    guard let rule, readsCodes else { preconditionFailure("a product of packed data") }
    withUnsafePointer(to: product) { product in
      withUnsafePointer(to: rule.fused) {
        hwsim_gemm_codes_of_codes(
          product, $0, data.assumingMemoryBound(to: UInt8.self), isSigned,
          codes.assumingMemoryBound(to: UInt8.self))
      }
    }
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
