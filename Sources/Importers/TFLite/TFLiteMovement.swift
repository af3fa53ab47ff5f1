import Arith
import QuantGraph

/// Operators that move values without changing them.
extension TFLiteOperatorContext {
  mutating func convertMovement() throws(TFLiteKind) {
    switch TFLiteOperatorCode.name(record.code) {
    case "CONCATENATION":
      guard try fusedRange(1).isUnbounded else {
        throw TFLiteKind(.unsupportedOption("a fused activation after a concatenation"))
      }
      let axis = try axis(try option(0, absent: Int32(0)), rank: result.shape.rank)
      emit(.concatenate(axis: axis), try allOperands())
    case "TRANSPOSE":
      let rank = try shape(0).rank
      var permutation: [Int] = []
      for axis in try constants(1, "permutation") {
        permutation.append(try self.axis(axis, rank: rank))
      }
      emit(.transpose(permutation: permutation), [try operand(0)])
    case "PAD": try pad(value: nil, rule: .constant)
    case "PADV2": try pad(value: try operand(2), rule: .constant)
    case "MIRROR_PAD":
      try pad(value: nil, rule: try option(0, absent: Int8(0)) == 0 ? .reflect : .symmetric)
    case "SLICE": try slice()
    case "STRIDED_SLICE": try stridedSlice()
    case "SPLIT": try split(axisPosition: 0, data: 1)
    case "SPLIT_V": try split(axisPosition: 2, data: 0)
    case "PACK": try pack()
    case "UNPACK": try unpack()
    case "GATHER":
      guard try option(1, absent: Int32(0)) == 0 else {
        throw TFLiteKind(.unsupportedOption("gathering with batch dimensions"))
      }
      let axis = try axis(try option(0, absent: Int32(0)), rank: try shape(0).rank)
      emit(.gatherAxis(axis: axis), [try operand(0), try operand(1)])
    case "TILE": emit(.tile(repeats: try constants(1, "repeats")), [try operand(0)])
    case "BROADCAST_TO": emit(.broadcast, [try operand(0)])
    case "RESIZE_BILINEAR":
      try resize(.linear, alignCorners: try flag(2), halfPixel: try flag(3))
    case "RESIZE_NEAREST_NEIGHBOR":
      let alignCorners = try flag(0)
      try resize(
        .nearest(alignCorners ? .halfUp : .floor), alignCorners: alignCorners,
        halfPixel: try flag(1))
    case "SPACE_TO_DEPTH": try rearrange(.spaceToDepth)
    case "DEPTH_TO_SPACE": try rearrange(.depthToSpace)
    default: throw TFLiteKind(.unsupportedOperator)
    }
  }

  private func allOperands() throws(TFLiteKind) -> [Int] {
    var operands: [Int] = []
    for position in record.inputs.indices { operands.append(try operand(position)) }
    return operands
  }

  private mutating func pad(value: Int?, rule: Surround.Rule) throws(TFLiteKind) {
    let margins = try constants(1, "paddings")
    guard margins.count == 2 * (try shape(0).rank) else {
      throw TFLiteKind(.operand("\(margins.count) paddings for shape \(try shape(0).extents)"))
    }
    let surround = Surround(
      before: stride(from: 0, to: margins.count, by: 2).map { margins[$0] },
      after: stride(from: 1, to: margins.count, by: 2).map { margins[$0] }, rule: rule)
    emit(.surround(surround), [try operand(0)] + [value].compactMap { $0 })
  }

  private mutating func slice() throws(TFLiteKind) {
    let data = try shape(0)
    let begin = try constants(1, "begin")
    let size = try constants(2, "size")
    guard begin.count == data.rank, size.count == data.rank,
      zip(begin, data.extents).allSatisfy({ (0...$1).contains($0) })
    else { throw TFLiteKind(.operand("slice from \(begin) of \(size) in \(data.extents)")) }
    let extents = zip(size, zip(data.extents, begin)).map { $0 == -1 ? $1.0 - $1.1 : $0 }
    emit(
      .slice(Slice(begin: begin, extents: extents, strides: begin.map { _ in 1 })),
      [try operand(0)])
  }

  /// Source: TensorFlow Lite, `internal/strided_slice_logic.h`.
  private mutating func stridedSlice() throws(TFLiteKind) {
    let data = try shape(0)
    let begin = try constants(1, "begin")
    let end = try constants(2, "end")
    let strides = try constants(3, "strides")
    let masks = try (0..<5).map { id throws(TFLiteKind) in try option(id, absent: Int32(0)) }
    guard masks[2] == 0, masks[3] == 0, try !flag(5) else {
      throw TFLiteKind(.unsupportedOption("strided slice with ellipsis, new axes or offsets"))
    }
    guard [begin.count, end.count, strides.count].allSatisfy({ $0 == begin.count }),
      begin.count <= data.rank
    else { throw TFLiteKind(.operand("strided slice of \(begin.count) axes")) }
    var first: [Int] = []
    var extents: [Int] = []
    var steps: [Int] = []
    for axis in 0..<data.rank {
      let extent = data[axis]
      guard axis < begin.count else {
        first.append(0)
        extents.append(extent)
        steps.append(1)
        continue
      }
      let step = strides[axis]
      let bound = -(1 << 30)...(1 << 30)
      guard step != 0, bound.contains(step), bound.contains(begin[axis]),
        bound.contains(end[axis]), extent <= 1 << 30
      else { throw TFLiteKind(.operand("strided slice with step \(step)")) }
      let low = step > 0 ? 0 : -1
      let high = step > 0 ? extent : extent - 1
      func clamped(_ position: Int) -> Int {
        min(max(position < 0 ? position + extent : position, low), high)
      }
      let isMasked = { (mask: Int) in mask >> axis & 1 != 0 }
      let from = isMasked(masks[0]) ? (step > 0 ? 0 : extent - 1) : clamped(begin[axis])
      if isMasked(masks[4]) {
        // One position, and the axis is dropped.
        first.append(from)
        extents.append(1)
        steps.append(1)
        continue
      }
      let to = isMasked(masks[1]) ? (step > 0 ? extent : -1) : clamped(end[axis])
      let span = step > 0 ? to - from : from - to
      first.append(from)
      extents.append(span > 0 ? (span + abs(step) - 1) / abs(step) : 0)
      steps.append(step)
    }
    emit(.slice(Slice(begin: first, extents: extents, strides: steps)), [try operand(0)])
  }

  private mutating func split(axisPosition: Int, data: Int) throws(TFLiteKind) {
    let axes = try constants(axisPosition, "axis")
    guard axes.count == 1 else { throw TFLiteKind(.operand("one axis is split")) }
    let axis = try axis(axes[0], rank: try shape(data).rank)
    emit(.split(axis: axis), [try operand(data)])
  }

  private mutating func pack() throws(TFLiteKind) {
    let axis = try axis(try option(1, absent: Int32(0)), rank: result.shape.rank)
    var parts: [Int] = []
    for operand in try allOperands() {
      let part = tensor(operand)
      guard axis <= part.shape.rank else {
        throw TFLiteKind(.operand("axis \(axis) of shape \(part.shape.extents)"))
      }
      var extents = part.shape.extents
      extents.insert(1, at: axis)
      let reshaped = add(
        Tensor(
          name: part.name + " (packed)", shape: try shape(of: extents), encoding: part.encoding))
      emit(.reshape, [operand], [reshaped])
      parts.append(reshaped)
    }
    emit(.concatenate(axis: axis), parts)
  }

  private mutating func unpack() throws(TFLiteKind) {
    let data = try shape(0)
    let axis = try axis(try option(1, absent: Int32(0)), rank: data.rank)
    guard record.outputs.count == data[axis] else {
      throw TFLiteKind(.operand("\(record.outputs.count) results of \(data.extents)"))
    }
    for (position, output) in record.outputs.enumerated() {
      var begin = [Int](repeating: 0, count: data.rank)
      var extents = data.extents
      begin[axis] = position
      extents[axis] = 1
      emit(
        .slice(Slice(begin: begin, extents: extents, strides: begin.map { _ in 1 })),
        [try operand(0)], [output])
    }
  }

  private func shape(of extents: [Int]) throws(TFLiteKind) -> Shape {
    do throws(GraphError) {
      return try Shape(extents)
    } catch {
      throw TFLiteKind(.graph(error))
    }
  }

  private mutating func resize(
    _ interpolation: Resize.Interpolation, alignCorners: Bool, halfPixel: Bool
  ) throws(TFLiteKind) {
    guard !(alignCorners && halfPixel) else {
      throw TFLiteKind(.unsupportedOption("aligned corners with half-pixel centres"))
    }
    // The nearest neighbour of a half-pixel centre is the pixel that holds it.
    let centred: Resize.Coordinates =
      if case .nearest = interpolation { .halfPixelUncentered } else { .halfPixel }
    emit(
      .resize(
        Resize(
          interpolation: interpolation,
          coordinates: alignCorners ? .alignCorners : halfPixel ? centred : .asymmetric,
          layout: .channelsLast)), [try operand(0)])
  }

  private mutating func rearrange(
    _ direction: BlockRearrangement.Direction
  ) throws(TFLiteKind) {
    let block = try option(0, absent: Int32(0))
    emit(
      .rearrange(
        BlockRearrangement(direction: direction, block: block, layout: .channelsLast)),
      [try operand(0)])
  }
}
