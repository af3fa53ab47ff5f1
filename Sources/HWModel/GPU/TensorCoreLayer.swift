internal import Arith

/// A layer's sums as the blocks of tensor cores make them, without its bias.
///
/// A convolution is an implicit matrix product: a row of its left operand is what the kernel covers at a
/// position, zeros where that is margin, and a sum runs over kernel rows, then kernel columns, then the
/// channels of the group, without a gap between them. That is the order of kernels on images with
/// channels innermost whose channels fill whole blocks (CUTLASS, implicit GEMM); kernels that split the
/// channels into tiles first, or pad few channels, put the same products into other blocks.
struct TensorCoreLayer: Sendable {
  let geometry: LayerGeometry
  private let unit: TensorCoreUnit
  /// Filters of each group.
  private let weights: [TensorCoreMatrix]
  private let offsets: [[Int]]
  private let starts: [Int]

  /// - Precondition: `weights` are `[filter][kernel row][kernel column][channel of the group]`, the
  ///   layer is not depthwise and `unit` is one of floating-point blocks.
  init(_ geometry: LayerGeometry, weights: [Float], unit: TensorCoreUnit) {
    self.geometry = geometry
    self.unit = unit
    let depth = geometry.depth
    let numbers = weights.withUnsafeBufferPointer { unit.numbers($0, for: .b) }
    self.weights = (0..<geometry.groups).map { group in
      let filters = group * geometry.groupFilters..<(group + 1) * geometry.groupFilters
      return unit.matrix(numbers, starts: filters.map { $0 * depth }, offsets: Array(0..<depth))
    }
    offsets = (0..<geometry.groups).map { group in
      let walk = geometry.walk(group: group)
      return walk.offsets.flatMap { first in first..<first + walk.length }
    }
    let walk = geometry.walk()
    starts = (0..<geometry.positions).map {
      $0 / walk.columns * walk.rowPitch + $0 % walk.columns * walk.columnPitch
    }
  }

  /// Terms of the rows that are taken apart at once.
  private static let largestBlock = 1 << 22

  /// The sums of `samples` images: `samples * positions * filters`.
  ///
  /// - Precondition: the pointers have room.
  func run(
    _ images: UnsafePointer<Float>, samples: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let step = max(Self.largestBlock / max(g.depth, 1), 1)
    var packed = [Float](repeating: 0, count: g.isPointwise ? 0 : g.packedCount)
    for sample in 0..<samples {
      let image = images + sample * g.dataCount
      let numbers: BlockNumbers
      if g.isPointwise {
        numbers = unit.numbers(UnsafeBufferPointer(start: image, count: g.dataCount), for: .a)
      } else {
        packed.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { g.pack(image, into: base) }
        }
        numbers = packed.withUnsafeBufferPointer { unit.numbers($0, for: .a) }
      }
      for first in stride(from: 0, to: starts.count, by: step) {
        let rows = Array(starts[first..<min(first + step, starts.count)])
        for group in 0..<g.groups {
          let part = unit.sums(
            unit.matrix(numbers, starts: rows, offsets: offsets[group]), weights[group])
          for row in rows.indices {
            let target =
              sums + sample * g.resultCount + (first + row) * g.filters + group * g.groupFilters
            for filter in 0..<g.groupFilters {
              target[filter] = part[row * g.groupFilters + filter]
            }
          }
        }
      }
    }
  }
}
