internal import Arith

/// A layer's sums of products run by run: parts of each filter along its depth that are summed apart.
///
/// Used for integers alone, of which the type holds every sum of a run exactly.
struct RunLayer<Real: RealScalar>: Sendable {
  private enum Kernel: Sendable {
    /// One a group.
    case products([RealProduct<Real>])
    case depthwise(RealDepthwise<Real>)
  }

  let geometry: LayerGeometry
  /// One a run.
  private let kernels: [Kernel]

  var runs: Int { kernels.count }

  /// Runs of `length` products; the last one of a filter may be shorter.
  ///
  /// - Precondition: `weights` are `[filter][kernel row][kernel column][channel of the group]`.
  init(
    _ geometry: LayerGeometry, weights: [Real], length: Int, path: KernelPath = .current
  ) {
    self.geometry = geometry
    let g = geometry
    kernels = g.runs(of: length).map { run in
      if g.isDepthwise {
        var taps: [Real] = []
        for tap in run {
          for filter in 0..<g.filters { taps.append(weights[filter * g.depth + tap]) }
        }
        return .depthwise(
          RealDepthwise(
            weights: taps, channels: g.filters, walk: g.walk(group: 0, run: run), path: path))
      }
      // Whole taps are read; their other weights are zero.
      let read = g.products(of: run)
      return .products(
        (0..<g.groups).map { group in
          var own: [Real] = []
          for filter in group * g.groupFilters..<(group + 1) * g.groupFilters {
            for index in read {
              own.append(run.contains(index) ? weights[filter * g.depth + index] : 0)
            }
          }
          return RealProduct(
            weights: own, filters: g.groupFilters, walk: g.walk(group: group, run: run), path: path)
        })
    }
  }

  /// Samples whose sums are made at once: all of a pointwise layer, else one.
  private func batch(samples: Int) -> Int { geometry.isPointwise ? samples : 1 }

  /// Elements that ``run(_:samples:scratch:_:)`` needs beside its operands.
  func scratchCount(samples: Int) -> Int {
    (geometry.isPointwise ? 0 : geometry.packedCount)
      + (geometry.groups > 1 ? geometry.positions * geometry.groupFilters : 0)
      + batch(samples: samples) * geometry.resultCount
  }

  /// Gives `take` the sums of each run, in order: the run, the first sample, how many samples, and
  /// `positions * filters` sums of each.
  ///
  /// - Precondition: the pointers have room; `scratch` for ``scratchCount(samples:)`` elements.
  func run(
    _ images: UnsafePointer<Real>, samples: Int, scratch: UnsafeMutablePointer<Real>,
    _ take: (_ run: Int, _ first: Int, _ count: Int, _ sums: UnsafePointer<Real>) -> Void
  ) {
    let g = geometry
    let batch = batch(samples: samples)
    let sums = scratch
    let part = sums + batch * g.resultCount
    let packed = part + (g.groups > 1 ? g.positions * g.groupFilters : 0)
    for first in stride(from: 0, to: samples, by: max(batch, 1)) {
      var image = images + first * g.dataCount
      if !g.isPointwise {
        g.pack(image, into: packed)
        image = UnsafePointer(packed)
      }
      let positions = batch * g.positions
      for (run, kernel) in kernels.enumerated() {
        switch kernel {
        case .depthwise(let depthwise):
          depthwise.sums(of: image, first: 0, count: positions, into: sums)
        case .products(let products):
          if products.count == 1 {
            products[0].sums(of: image, first: 0, count: positions, into: sums)
          } else {
            for (group, product) in products.enumerated() {
              product.sums(of: image, first: 0, count: positions, into: part)
              g.interleave(part, group: group, into: sums)
            }
          }
        }
        take(run, first, batch, sums)
      }
    }
  }
}

extension LayerGeometry {
  /// Ranges of a filter's products, `length` each but the last.
  func runs(of length: Int) -> [Range<Int>] {
    stride(from: 0, to: depth, by: max(length, 1)).map { first in
      first..<first + min(max(length, 1), depth - first)
    }
  }

  /// The products that are read for a run: itself within one kernel position, else whole positions.
  func products(of run: Range<Int>) -> Range<Int> {
    let first = run.lowerBound / groupChannels
    let last = (run.upperBound - 1) / groupChannels
    return first == last ? run : first * groupChannels..<(last + 1) * groupChannels
  }

  /// What a position reads of a packed image for one run of products.
  ///
  /// - Precondition: the run is not empty and lies in the filter's depth.
  func walk(group: Int, run: Range<Int>) -> ProductWalk {
    if isDepthwise {
      let whole = walk()
      return ProductWalk(
        columns: whole.columns, rowPitch: whole.rowPitch, columnPitch: whole.columnPitch,
        offsets: Array(whole.offsets[run]), length: whole.length)
    }
    let read = products(of: run)
    let isWithin = read.count < groupChannels
    let width = isPointwise ? channels : channels * repeats
    let pitch = packedColumns * width
    var offsets: [Int] = []
    for tap in read.lowerBound / groupChannels...(read.upperBound - 1) / groupChannels {
      let (row, column) = (tap / kernelColumns, tap % kernelColumns)
      offsets.append(
        row * rowDilation * pitch + column * columnDilation * width + group * groupChannels
          + (isWithin ? read.lowerBound % groupChannels : 0))
    }
    return ProductWalk(
      columns: isPointwise ? 1 << 40 : resultColumns,
      rowPitch: isPointwise ? 0 : rowStride * pitch,
      columnPitch: isPointwise ? channels : columnStride * width, offsets: offsets,
      length: isWithin ? read.count : groupChannels)
  }
}
