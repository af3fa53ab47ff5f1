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
    case "GATHER_ND": emit(.gatherND, [try operand(0), try operand(1)])
    case "REVERSE_V2": try reverse()
    case "SPACE_TO_BATCH_ND": try spaceToBatch()
    case "BATCH_TO_SPACE_ND": try batchToSpace()
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
    default: throw TFLiteKind(.unsupportedOperator(reads: computedOperands))
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

  mutating func slice() throws(TFLiteKind) {
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
  mutating func stridedSlice() throws(TFLiteKind) {
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

  func shape(of extents: [Int]) throws(TFLiteKind) -> Shape {
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

  /// REVERSE_V2: steps of -1 along the axes.
  private mutating func reverse() throws(TFLiteKind) {
    let data = try shape(0)
    var axes: Set<Int> = []
    for axis in try constants(1, "axes") { axes.insert(try self.axis(axis, rank: data.rank)) }
    emit(
      .slice(
        Slice(
          begin: data.extents.enumerated().map { axes.contains($0) ? max($1 - 1, 0) : 0 },
          extents: data.extents, strides: data.extents.indices.map { axes.contains($0) ? -1 : 1 })),
      [try operand(0)])
  }

  /// SPACE_TO_BATCH_ND: padded, then read as [batch, positions, block, ..., rest] with the blocks'
  /// axes first.
  private mutating func spaceToBatch() throws(TFLiteKind) {
    let (data, block) = (try shape(0), try blocks())
    let margins = try constants(2, "paddings")
    guard margins.count == 2 * block.count, margins.allSatisfy({ (0...1 << 30).contains($0) })
    else {
      throw TFLiteKind(.operand("\(margins.count) paddings for \(block.count) axes"))
    }
    var (before, after) = ([0], [0])
    for axis in block.indices {
      before.append(margins[2 * axis])
      after.append(margins[2 * axis + 1])
    }
    let rest = [Int](repeating: 0, count: data.rank - before.count)
    (before, after) = (before + rest, after + rest)
    var source = try operand(0)
    var extents = data.extents
    if margins.contains(where: { $0 > 0 }) {
      for axis in extents.indices { extents[axis] += before[axis] + after[axis] }
      let padded = try add(tensor(source), extents, "padded")
      emit(
        .surround(Surround(before: before, after: after, precedesBlocks: true)), [source], [padded])
      source = padded
    }
    var split = [extents[0]]
    for (axis, size) in block.enumerated() {
      guard extents[axis + 1] % size == 0 else {
        throw TFLiteKind(.operand("\(extents[axis + 1]) positions in blocks of \(size)"))
      }
      split += [extents[axis + 1] / size, size]
    }
    split += extents.dropFirst(1 + block.count)
    let count = block.count
    let order =
      (0..<count).map { 2 * $0 + 2 } + [0] + (0..<count).map { 2 * $0 + 1 }
      + Array((2 * count + 1)..<split.count)
    try rearrange(source, split: split, order: order)
  }

  /// BATCH_TO_SPACE_ND: the blocks' axes go behind the positions, then crops are cut away.
  private mutating func batchToSpace() throws(TFLiteKind) {
    let (data, block) = (try shape(0), try blocks())
    let crops = try constants(2, "crops")
    let size = block.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard crops.count == 2 * block.count, crops.allSatisfy({ (0...1 << 30).contains($0) }),
      size > 0, data[0] % size == 0
    else {
      throw TFLiteKind(
        .operand("\(crops.count) crops and blocks \(block) for shape \(data.extents)"))
    }
    let count = block.count
    let split = block + [data[0] / size] + data.extents.dropFirst()
    var order = [count]
    for axis in 0..<count { order += [count + 1 + axis, axis] }
    order += Array((2 * count + 1)..<split.count)
    guard crops.contains(where: { $0 > 0 }) else {
      return try rearrange(try operand(0), split: split, order: order)
    }
    var whole = [data[0] / size] + data.extents.dropFirst()
    for axis in 0..<count { whole[axis + 1] *= block[axis] }
    let joined = try add(tensor(try operand(0)), whole, "joined")
    try rearrange(try operand(0), split: split, order: order, into: joined)
    var begin = whole.map { _ in 0 }
    var extents = whole
    for axis in 0..<count {
      begin[axis + 1] = crops[2 * axis]
      extents[axis + 1] -= crops[2 * axis] + crops[2 * axis + 1]
    }
    guard extents.allSatisfy({ $0 >= 0 }) else {
      throw TFLiteKind(.operand("crops \(crops) of \(whole)"))
    }
    emit(
      .slice(Slice(begin: begin, extents: extents, strides: begin.map { _ in 1 })), [joined])
  }

  /// Block sizes of SPACE_TO_BATCH_ND and its inverse, one an axis after the first.
  private func blocks() throws(TFLiteKind) -> [Int] {
    let (data, block) = (try shape(0), try constants(1, "block sizes"))
    guard data.rank > block.count, block.allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw TFLiteKind(.operand("blocks \(block) for shape \(data.extents)"))
    }
    return block
  }

  /// Reads `source` as `split`, permutes its axes, and writes the elements to the result.
  private mutating func rearrange(
    _ source: Int, split: [Int], order: [Int], into target: Int? = nil
  ) throws(TFLiteKind) {
    let encoding = tensor(source)
    let apart = try add(encoding, split, "blocks")
    let turned = try add(encoding, order.map { split[$0] }, "turned")
    emit(.reshape, [source], [apart])
    emit(.transpose(permutation: order), [apart], [turned])
    emit(.reshape, [turned], target.map { [$0] })
  }

  /// A tensor inside an operator, of the encoding of `tensor`.
  private mutating func add(
    _ tensor: Tensor, _ extents: [Int], _ what: String
  ) throws(TFLiteKind) -> Int {
    add(
      Tensor(
        name: "\(result.name) (\(what))", shape: try shape(of: extents),
        encoding: tensor.encoding))
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
