internal import Arith

/// A layer's sums of 8-bit codes and weights, exact in 32 bits.
struct ByteLayer: Sendable {
  private enum Kernel: Sendable {
    case products([ByteProduct])
    case depthwise(ByteDepthwise)
  }

  let geometry: LayerGeometry
  private let kernel: Kernel
  private let isSigned: Bool
  private let path: KernelPath

  /// - Precondition: `weights` are `[filter][kernel row][kernel column][channel of the group]`, and
  ///   no sum can leave 32 bits.
  init(
    _ geometry: LayerGeometry, weights: [Int8], isSigned: Bool, path: KernelPath = .current
  ) {
    self.geometry = geometry
    self.isSigned = isSigned
    self.path = path
    if geometry.isDepthwise {
      kernel = .depthwise(
        ByteDepthwise(
          weights: geometry.tapMajor(weights), channels: geometry.filters,
          kernelColumns: geometry.kernelColumns, walk: geometry.walk(), bias: [], dataZero: 0,
          isSigned: isSigned, path: path))
    } else {
      let share = geometry.groupFilters * geometry.depth
      kernel = .products(
        (0..<geometry.groups).map { group in
          ByteProduct(
            weights: Array(weights[group * share..<(group + 1) * share]),
            filters: geometry.groupFilters, walk: geometry.walk(group: group), bias: [],
            dataZero: 0, isSigned: isSigned, path: path)
        })
    }
  }

  private func packing(samples: Int) -> ImagePacking {
    let g = geometry
    guard !g.isPointwise else {
      return ImagePacking(
        rows: 1, columns: samples * g.positions, channels: g.channels, packedRows: 1,
        packedColumns: samples * g.positions, isSigned: isSigned)
    }
    return ImagePacking(
      rows: g.rows, columns: g.columns, channels: g.channels, repeats: g.repeats,
      rowsBefore: g.rowsBefore, columnsBefore: g.columnsBefore, packedRows: g.packedRows,
      packedColumns: g.packedColumns, isSigned: isSigned)
  }

  private func packedBytes(samples: Int) -> Int {
    (packing(samples: samples).byteCount(path: path) + 63) / 64 * 64
  }

  /// Bytes that ``run(_:samples:scratch:into:)`` needs beside its operands.
  func scratchBytes(samples: Int) -> Int {
    packedBytes(samples: samples)
      + (geometry.groups > 1 ? geometry.positions * geometry.groupFilters * 4 : 0)
  }

  /// The sums of `samples` images: `samples * positions * filters`.
  ///
  /// - Precondition: the pointers have room; `scratch` for ``scratchBytes(samples:)``, aligned to 64.
  func run(
    _ codes: UnsafePointer<UInt8>, samples: Int, scratch: UnsafeMutableRawPointer,
    into sums: UnsafeMutablePointer<Int32>
  ) {
    let g = geometry
    let packing = packing(samples: samples)
    if g.isPointwise, case .products(let products) = kernel {
      packing.pack(codes, into: scratch, path: path)
      products[0].sums(of: scratch, first: 0, count: samples * g.positions, into: sums)
      return
    }
    let part = (scratch + packedBytes(samples: samples)).assumingMemoryBound(to: Int32.self)
    for sample in 0..<samples {
      packing.pack(codes + sample * g.dataCount, into: scratch, path: path)
      let result = sums + sample * g.resultCount
      switch kernel {
      case .depthwise(let depthwise):
        depthwise.sums(of: scratch, first: 0, count: g.positions, into: result)
      case .products(let products):
        if products.count == 1 {
          products[0].sums(of: scratch, first: 0, count: g.positions, into: result)
        } else {
          for (group, product) in products.enumerated() {
            product.sums(of: scratch, first: 0, count: g.positions, into: part)
            g.interleave(part, group: group, into: result)
          }
        }
      }
    }
  }
}
