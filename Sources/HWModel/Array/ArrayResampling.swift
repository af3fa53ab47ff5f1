import Arith
import QuantGraph

extension ArrayNode {
  /// A transposed convolution as its definition: each value is spread over the result.
  ///
  /// Source: ONNX, ConvTranspose-22. Sums run tap by tap, channel by channel.
  func transposedConvolution(_ convolution: Convolution) throws(DatapathError) -> PlannedNode {
    try requireReal()
    guard convolution.accumulation == nil, convolution.range.isUnbounded else {
      throw .parameter("convolution", reason: "array operators have no accumulator or clamp")
    }
    return isDouble
      ? transposedConvolution(convolution, Double.self)
      : transposedConvolution(convolution, Float.self)
  }

  private func transposedConvolution<Real: ArrayReal & ProductSum>(
    _ convolution: Convolution, _ type: Real.Type
  ) -> PlannedNode {
    let (operands, result) = (operands, result)
    let g = ConvolutionGeometry(convolution, data: operands[0].shape, result: result.shape)
    return planned { o in
      let data = operands[0].reals(as: type, o)
      let weights = g.tapMajorWeights(operands[1].reals(as: type, o))
      var sums = [Real](repeating: 0, count: result.shape.count)
      if operands.count > 2 {
        let bias = operands[2].reals(as: type, o)
        for index in sums.indices { sums[index] = bias[g.filter(ofResult: index)] }
      }
      g.forEachSpread { tap, from, to in
        for sample in 0..<g.batch {
          for filter in 0..<g.filters {
            let group = filter / g.groupFilters
            let weight = (filter * g.taps + tap) * g.groupChannels
            var sum: Real = 0
            for channel in 0..<g.groupChannels {
              let source =
                sample * g.dataStrides.batch
                + (group * g.groupChannels + channel) * g.dataStrides.channel + from
              sum = sum.adding(data[source], times: weights[weight + channel])
            }
            sums[sample * g.resultStrides.batch + filter * g.resultStrides.channel + to] += sum
          }
        }
      }
      o.outputs[0].store(reals: sums, kind: result.kind)
    }
  }

  /// The spatial axes of an image resampled, nearest or linear.
  ///
  /// Source: ONNX, Resize-19; coordinates in binary32 as onnxruntime 1.31 computes them, but for
  /// aligned corners with a scale, where it counts whole positions.
  func resize(_ resize: Resize) throws(DatapathError) -> PlannedNode {
    let (data, result) = (operands[0], result)
    let first = resize.layout == .channelsFirst ? 2 : 1
    let axes = (0..<data.shape.rank - 2).map { axis in
      ResampledAxis(
        resize, extent: data.shape[first + axis], resultExtent: result.shape[first + axis],
        scale: resize.scales.isEmpty ? nil : resize.scales[axis])
    }
    switch resize.interpolation {
    case .nearest(let rule):
      func body<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) -> PlannedNode {
        planned { o in
          var values = data.elements(as: type, o)
          var extents = data.shape.extents
          for (index, axis) in axes.enumerated() {
            values = axis.nearest(values, extents: &extents, axis: first + index, rule: rule)
          }
          o.outputs[0].store(bits: values)
        }
      }
      switch result.kind.storage.stride {
      case 1: return body(UInt8.self)
      case 2: return body(UInt16.self)
      case 4: return body(UInt32.self)
      default: return body(UInt64.self)
      }
    case .linear:
      try requireReal()
      func body<Real: ArrayReal>(_ type: Real.Type) -> PlannedNode {
        planned { o in
          var values = data.reals(as: type, o)
          var extents = data.shape.extents
          for (index, axis) in axes.enumerated() {
            values = axis.linear(values, extents: &extents, axis: first + index)
          }
          o.outputs[0].store(reals: values, kind: result.kind)
        }
      }
      return isDouble ? body(Double.self) : body(Float.self)
    case .cubic:
      throw .parameter("resize", reason: "cubic interpolation has no array kernel")
    }
  }
}

extension ConvolutionGeometry {
  /// Calls `body` with each tap and position of the data whose product lies in a transposed
  /// convolution's result: the tap, and the offsets in the data's and the result's planes.
  fileprivate func forEachSpread(_ body: (_ tap: Int, _ from: Int, _ to: Int) -> Void) {
    let count = extents.reduce(1, *)
    for tap in 0..<taps {
      let index = tapIndex(tap)
      for position in 0..<count {
        var rest = position
        var (from, to) = (0, 0)
        var isInside = true
        for axis in extents.indices.reversed() {
          let place = rest % extents[axis]
          rest /= extents[axis]
          let target = place * strides[axis] + index[axis] * dilations[axis] - margins[axis]
          guard target >= 0, target < positions[axis] else {
            isInside = false
            break
          }
          from += place * dataStrides.spatial[axis]
          to += target * resultStrides.spatial[axis]
        }
        if isInside { body(tap, from, to) }
      }
    }
  }
}

/// One axis of an image that is resampled.
private struct ResampledAxis: Sendable {
  private let coordinates: Resize.Coordinates
  private let extent: Int
  private let resultExtent: Int
  /// Result extent over data extent.
  private let scale: Float
  /// Positions of the result, unrounded where a scale is given.
  private let length: Float

  init(_ resize: Resize, extent: Int, resultExtent: Int, scale: Float?) {
    coordinates = resize.coordinates
    self.extent = extent
    self.resultExtent = resultExtent
    self.scale = scale ?? Float(resultExtent) / Float(extent)
    length = scale.map { Float(extent) * $0 } ?? Float(resultExtent)
  }

  /// The coordinate in the data that a position of the result stands for.
  private func coordinate(_ position: Int) -> Float {
    let x = Float(position)
    switch coordinates {
    case .asymmetric: return x / scale
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .halfPixelUnlessOne: return resultExtent > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .halfPixelUncentered: return (x + 0.5) / scale
    case .alignCorners:
      return resultExtent == 1 ? 0 : x * Float(extent - 1) / (length - 1)
    }
  }

  /// Rows before the axis, and elements after it.
  private func split(_ extents: [Int], _ axis: Int) -> (outer: Int, inner: Int) {
    (extents[..<axis].reduce(1, *), extents[(axis + 1)...].reduce(1, *))
  }

  func nearest<Element>(
    _ values: [Element], extents: inout [Int], axis: Int, rule: Resize.NearestRule
  ) -> [Element] {
    let (outer, inner) = split(extents, axis)
    var result: [Element] = []
    result.reserveCapacity(outer * resultExtent * inner)
    let sources = (0..<resultExtent).map { position in
      let x = coordinate(position)
      let rounded: Float =
        switch rule {
        case .floor: x.rounded(.down)
        case .ceiling: x.rounded(.up)
        case .halfDown: (x - 0.5).rounded(.up)
        case .halfUp: (x + 0.5).rounded(.down)
        }
      return Int(min(max(rounded, 0), Float(extent - 1)))
    }
    for row in 0..<outer {
      for source in sources {
        let start = (row * extent + source) * inner
        result += values[start..<start + inner]
      }
    }
    extents[axis] = resultExtent
    return result
  }

  func linear<Real: ArrayReal>(_ values: [Real], extents: inout [Int], axis: Int) -> [Real] {
    let (outer, inner) = split(extents, axis)
    var result: [Real] = []
    result.reserveCapacity(outer * resultExtent * inner)
    for row in 0..<outer {
      for position in 0..<resultExtent {
        let x = min(max(coordinate(position), 0), Float(extent - 1))
        let low = Int(x)
        let high = min(low + 1, extent - 1)
        let share = Real(x - Float(low))
        let first = (row * extent + low) * inner
        let second = (row * extent + high) * inner
        for index in 0..<inner {
          result.append(values[first + index] * (1 - share) + values[second + index] * share)
        }
      }
    }
    extents[axis] = resultExtent
    return result
  }
}
