internal import CKernels

/// A type in which real products are summed: float32 or float64.
public protocol RealScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  /// Sums of products; called by ``RealProduct`` and ``RealDepthwise`` alone.
  static func realSums(_ call: RealProductCall<Self>)
}

/// One call of a real kernel: what is read and where sums go.
public struct RealProductCall<Real: RealScalar> {
  var walk: hwsim_real_walk
  let data: UnsafePointer<Real>
  let weights: UnsafeRawPointer
  /// Whether float64 sums take weights that are stored in float32.
  var isNarrow = false
  /// Nil for a filter of its own for each channel.
  let filters: Int?
  let first: Int
  let count: Int
  let sums: UnsafeMutablePointer<Real>
  let path: KernelPath
}

extension Float: RealScalar {
  public static func realSums(_ call: RealProductCall<Float>) {
    var walk = call.walk
    if let filters = call.filters {
      hwsim_real_product_f32(
        call.path.lanes, &walk, call.data, call.weights.assumingMemoryBound(to: Float.self),
        filters, call.first, call.count, call.sums)
    } else {
      hwsim_real_depthwise_f32(
        call.path.lanes, &walk, call.data, call.weights.assumingMemoryBound(to: Float.self),
        call.first, call.count, call.sums)
    }
  }
}

extension Double: RealScalar {
  public static func realSums(_ call: RealProductCall<Double>) {
    var walk = call.walk
    if let filters = call.filters, call.isNarrow {
      hwsim_real_product_f64_f32(
        call.path.lanes, &walk, call.data, call.weights.assumingMemoryBound(to: Float.self),
        filters, call.first, call.count, call.sums)
    } else if let filters = call.filters {
      hwsim_real_product_f64(
        call.path.lanes, &walk, call.data, call.weights.assumingMemoryBound(to: Double.self),
        filters, call.first, call.count, call.sums)
    } else {
      hwsim_real_depthwise_f64(
        call.path.lanes, &walk, call.data, call.weights.assumingMemoryBound(to: Double.self),
        call.first, call.count, call.sums)
    }
  }
}

/// A product of float32 or float64 data with constant weights, prepared once.
///
/// Every sum starts from 0 and takes its products in the order of the walk, rounded after each
/// multiplication and each addition, so that it has the same bits on every machine.
/// ``definition(data:weights:)`` states it for one position.
///
/// Weights of float64 sums that are all float32 numbers are stored as such: half the memory, the same
/// products.
public struct RealProduct<Real: RealScalar>: Sendable {
  private enum Weights: Sendable {
    case own([Real])
    case narrow([Float])
  }

  public let filters: Int
  public let path: KernelPath
  private let walk: ProductWalk
  private let weights: Weights

  /// Packs `weights`, `filters * offsets.count * length` of them, filter by filter.
  ///
  /// - Precondition: the count is as stated.
  @specialized(where Real == Float)
  @specialized(where Real == Double)
  public init(
    weights: [Real], filters: Int, walk: ProductWalk, path: KernelPath = .current
  ) {
    let depth = walk.offsets.count * walk.length
    precondition(weights.count == filters * depth, "weights of every filter")
    self.filters = filters
    self.walk = walk
    self.path = path
    let bytes = Int(HWSIM_REAL_GROUP_BYTES)
    let isNarrow =
      MemoryLayout<Real>.stride > MemoryLayout<Float>.stride
      && weights.allSatisfy { Real(Float($0)) == $0 }
    self.weights =
      isNarrow
      ? .narrow(
        Self.packed(weights, filters, depth, bytes / MemoryLayout<Float>.stride) { Float($0) })
      : .own(Self.packed(weights, filters, depth, bytes / MemoryLayout<Real>.stride) { $0 })
  }

  /// The same product in float64, in the same memory.
  public init(sharing other: RealProduct<Float>) where Real == Double {
    (filters, walk, path) = (other.filters, other.walk, other.path)
    switch other.weights {
    case .own(let weights), .narrow(let weights): self.weights = .narrow(weights)
    }
  }

  @inline(__always)
  private static func packed<Stored: BinaryFloatingPoint>(
    _ weights: [Real], _ filters: Int, _ depth: Int, _ group: Int, _ stored: (Real) -> Stored
  ) -> [Stored] {
    let groups = (filters + group - 1) / group
    return [Stored](unsafeUninitializedCapacity: groups * group * depth) { packed, count in
      weights.withUnsafeBufferPointer { weights in
        for first in stride(from: 0, to: groups * group, by: group) {
          for index in 0..<depth {
            for filter in first..<first + group {
              packed[count] = filter < filters ? stored(weights[filter * depth + index]) : 0
              count += 1
            }
          }
        }
      }
    }
  }

  /// The sums of `count` positions from `first`: `count * filters`.
  ///
  /// - Precondition: `data` holds what the walk reads, and `sums` has room.
  public func sums(
    of data: UnsafePointer<Real>, first: Int, count: Int, into sums: UnsafeMutablePointer<Real>
  ) {
    func run(_ weights: UnsafeRawBufferPointer, isNarrow: Bool) {
      guard let base = weights.baseAddress else { return }
      walk.withRealWalk { walk in
        Real.realSums(
          RealProductCall(
            walk: walk, data: data, weights: base, isNarrow: isNarrow, filters: filters,
            first: first, count: count, sums: sums, path: path))
      }
    }
    switch weights {
    case .own(let weights): weights.withUnsafeBytes { run($0, isNarrow: false) }
    case .narrow(let weights): weights.withUnsafeBytes { run($0, isNarrow: true) }
    }
  }

  /// Bytes of the packed weights.
  public var constantBytes: Int {
    switch weights {
    case .own(let weights): weights.count * MemoryLayout<Real>.stride
    case .narrow(let weights): weights.count * MemoryLayout<Float>.stride
    }
  }

  /// One sum as it is defined.
  public static func definition(
    data: some Collection<Real>, weights: some Collection<Real>
  ) -> Real {
    var sum: Real = 0
    for (value, weight) in zip(data, weights) {
      let product = value * weight
      sum += product
    }
    return sum
  }
}

/// A filter of its own for each channel of float32 or float64 data, prepared once.
///
/// Sums are made as those of ``RealProduct``, tap by tap.
public struct RealDepthwise<Real: RealScalar>: Sendable {
  public let channels: Int
  public let path: KernelPath
  private let walk: ProductWalk
  private let weights: [Real]

  /// Keeps `weights`, `offsets.count * channels` of them, tap by tap.
  ///
  /// - Precondition: the count is as stated; the walk's length is the number of channels.
  public init(
    weights: [Real], channels: Int, walk: ProductWalk, path: KernelPath = .current
  ) {
    precondition(weights.count == walk.offsets.count * channels, "weights of every tap")
    precondition(walk.length == channels, "runs of all channels")
    self.channels = channels
    self.walk = walk
    self.path = path
    self.weights = weights
  }

  /// The same in float64.
  public init(_ other: RealDepthwise<Float>) where Real == Double {
    (channels, walk, path) = (other.channels, other.walk, other.path)
    weights = other.weights.map { Double($0) }
  }

  /// The sums of `count` positions from `first`: `count * channels`.
  ///
  /// - Precondition: as for ``RealProduct/sums(of:first:count:into:)``.
  public func sums(
    of data: UnsafePointer<Real>, first: Int, count: Int, into sums: UnsafeMutablePointer<Real>
  ) {
    weights.withUnsafeBufferPointer { weights in
      walk.withRealWalk { walk in
        guard let base = weights.baseAddress else { return }
        Real.realSums(
          RealProductCall(
            walk: walk, data: data, weights: UnsafeRawPointer(base), filters: nil, first: first,
            count: count, sums: sums, path: path))
      }
    }
  }
}

extension ProductWalk {
  fileprivate func withRealWalk(_ body: (hwsim_real_walk) -> Void) {
    offsets.withUnsafeBufferPointer { offsets in
      body(
        hwsim_real_walk(
          columns: columns, row_pitch: rowPitch, column_pitch: columnPitch,
          segment_offsets: offsets.baseAddress, segments: offsets.count, length: length))
    }
  }
}
