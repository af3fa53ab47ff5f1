internal import Arith

/// A layer's sums of products in float32 or float64, without its bias.
///
/// Zeros stand around the image; each sum has its products in the order kernel row, kernel column,
/// channel, rounded after every operation, so that it does not depend on the machine.
struct RealLayer<Real: RealScalar>: Sendable {
  private enum Kernel: Sendable {
    case products([RealProduct<Real>])
    case depthwise(RealDepthwise<Real>)
  }

  let geometry: LayerGeometry
  private let kernel: Kernel

  /// - Precondition: `weights` are `[filter][kernel row][kernel column][channel of the group]`.
  init(_ geometry: LayerGeometry, weights: [Real], path: KernelPath = .current) {
    self.geometry = geometry
    if geometry.isDepthwise {
      kernel = .depthwise(
        RealDepthwise(
          weights: geometry.tapMajor(weights), channels: geometry.filters, walk: geometry.walk(),
          path: path))
    } else {
      let share = geometry.groupFilters * geometry.depth
      kernel = .products(
        (0..<geometry.groups).map { group in
          RealProduct(
            weights: Array(weights[group * share..<(group + 1) * share]),
            filters: geometry.groupFilters, walk: geometry.walk(group: group), path: path)
        })
    }
  }

  /// The same layer in float64, with the same memory for its weights.
  init(sharing other: RealLayer<Float>) where Real == Double {
    geometry = other.geometry
    switch other.kernel {
    case .products(let products):
      kernel = .products(products.map { RealProduct<Double>(sharing: $0) })
    case .depthwise(let depthwise): kernel = .depthwise(RealDepthwise<Double>(depthwise))
    }
  }

  /// Bytes of the weights.
  var constantBytes: Int {
    switch kernel {
    case .products(let products): products.reduce(0) { $0 + $1.constantBytes }
    case .depthwise: geometry.filters * geometry.depth * MemoryLayout<Real>.stride
    }
  }

  /// Elements that ``run(_:samples:scratch:into:)`` needs beside its operands.
  var scratchCount: Int {
    (geometry.isPointwise ? 0 : geometry.packedCount)
      + (geometry.groups > 1 ? geometry.positions * geometry.groupFilters : 0)
  }

  /// The sums of `samples` images: `samples * positions * filters`.
  ///
  /// - Precondition: the pointers have room; `scratch` for ``scratchCount`` elements.
  func run(
    _ images: UnsafePointer<Real>, samples: Int, scratch: UnsafeMutablePointer<Real>,
    into sums: UnsafeMutablePointer<Real>
  ) {
    let g = geometry
    if g.isPointwise, case .products(let products) = kernel {
      products[0].sums(of: images, first: 0, count: samples * g.positions, into: sums)
      return
    }
    for sample in 0..<samples {
      g.pack(images + sample * g.dataCount, into: scratch)
      let result = sums + sample * g.resultCount
      switch kernel {
      case .depthwise(let depthwise):
        depthwise.sums(of: scratch, first: 0, count: g.positions, into: result)
      case .products(let products):
        if products.count == 1 {
          products[0].sums(of: scratch, first: 0, count: g.positions, into: result)
        } else {
          let part = scratch + g.packedCount
          for (group, product) in products.enumerated() {
            product.sums(of: scratch, first: 0, count: g.positions, into: part)
            g.interleave(part, group: group, into: result)
          }
        }
      }
    }
  }
}

extension LayerGeometry {
  /// Puts one image with zeros around it where ``walk(group:)`` reads it.
  @specialized(where Real == Float)
  @specialized(where Real == Double)
  func pack<Real: RealScalar>(
    _ image: UnsafePointer<Real>, into packed: UnsafeMutablePointer<Real>
  ) {
    let width = channels * repeats
    let first = min(max(columnsBefore, 0), packedColumns)
    let last = max(first, min(columnsBefore + columns, packedColumns))
    for packedRow in 0..<packedRows {
      let row = packedRow - rowsBefore
      let target = packed + packedRow * packedColumns * width
      guard row >= 0, row < rows else {
        target.update(repeating: 0, count: packedColumns * width)
        continue
      }
      target.update(repeating: 0, count: first * width)
      let source = image + (row * columns + first - columnsBefore) * channels
      if repeats == 1 {
        (target + first * width).update(from: source, count: (last - first) * channels)
      } else {
        for index in 0..<(last - first) * channels {
          (target + first * width + index * repeats).update(
            repeating: source[index], count: repeats)
        }
      }
      (target + last * width).update(repeating: 0, count: (packedColumns - last) * width)
    }
  }

  /// Puts the sums of one group among those of all.
  func interleave<Sum>(
    _ part: UnsafePointer<Sum>, group: Int, into result: UnsafeMutablePointer<Sum>
  ) {
    for position in 0..<positions {
      (result + position * filters + group * groupFilters).update(
        from: part + position * groupFilters, count: groupFilters)
    }
  }
}
