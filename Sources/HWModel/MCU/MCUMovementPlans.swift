import Arith
import QuantGraph

/// Plans of operators that move codes.
extension MCURules {
  func planMovement(_ operation: Operator, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    for tensor in node.inputs.prefix(1) + node.outputs where tensor.storage != data.storage {
      throw .encoding(operand: "the result", expected: "stored as \(data.storage)")
    }
    for result in node.outputs where result.codes != data.codes {
      throw .encoding(operand: "the result", expected: "of the data's width")
    }
    let bytes = data.storage.stride
    func copy(
      _ parts: [MCUCopy.Part], fill: (code: Int64, count: Int)? = nil
    ) -> PlannedNode {
      node.planned(MCUCopy(elementBytes: bytes, parts: parts, fill: fill))
    }
    func whole(_ position: Int = 0, result: Int = 0) -> MCUCopy.Part {
      MCUCopy.Part(
        source: node.source(position), result: result, extents: [node.inputs[position].shape.count],
        sourceStrides: [1], resultStrides: [1])
    }
    switch operation {
    case .reshape: return copy([whole()])
    case .copy: return copy(node.outputs.indices.map { whole(0, result: $0) })
    case .transpose(let permutation):
      let strides = data.shape.strides
      return copy([
        MCUCopy.Part(
          source: node.source(0), extents: result.shape.extents,
          sourceStrides: permutation.map { strides[$0] }, resultStrides: result.shape.strides)
      ])
    case .slice(let slice):
      let strides = data.shape.strides
      let dense = try extents(slice.extents)
      return copy([
        MCUCopy.Part(
          source: node.source(0), extents: slice.extents,
          sourceOffset: zip(slice.begin, strides).reduce(0) { $0 + $1.0 * $1.1 },
          sourceStrides: zip(slice.strides, strides).map { $0 * $1 },
          resultStrides: dense.strides)
      ])
    case .broadcast:
      return copy([
        MCUCopy.Part(
          source: node.source(0), extents: result.shape.extents,
          sourceStrides: data.shape.broadcastStrides(to: result.shape),
          resultStrides: result.shape.strides)
      ])
    case .tile(let repeats):
      // Each axis of the result is read as [repeats, extent].
      var extents: [Int] = []
      var sourceStrides: [Int] = []
      var resultStrides: [Int] = []
      for axis in repeats.indices {
        extents += [repeats[axis], data.shape[axis]]
        sourceStrides += [0, data.shape.strides[axis]]
        resultStrides += [
          result.shape.strides[axis] * data.shape[axis], result.shape.strides[axis],
        ]
      }
      return copy([
        MCUCopy.Part(
          source: node.source(0), extents: extents, sourceStrides: sourceStrides,
          resultStrides: resultStrides)
      ])
    case .concatenate(let axis):
      if let scaled = try scaledConcatenation(axis, node) { return node.planned(scaled) }
      return copy(try concatenation(axis, node))
    case .split(let axis): return copy(split(axis, node))
    case .surround(let surround): return try plan(surround, node, bytes: bytes, copy: copy)
    case .rearrange(let rearrangement):
      return copy([try part(rearrangement, node)])
    case .gatherAxis(let axis): return try planGather(axis, node)
    default:
      throw .parameter("operator", reason: "\(operation.name) moves no codes")
    }
  }

  private func extents(_ extents: [Int]) throws(DatapathError) -> Shape {
    do throws(GraphError) {
      return try Shape(extents)
    } catch {
      throw .parameter("extents \(extents)", reason: "\(error)")
    }
  }

  /// The joining of uint8 tensors whose scales differ; nil where nothing is scaled.
  private func scaledConcatenation(
    _ axis: Int, _ node: MCUNode
  ) throws(DatapathError) -> MCUScaledConcatenation? {
    let result = node.result
    guard !isMicro, result.storage == .uint8, result.isQuantized,
      node.inputs.allSatisfy({ $0.storage == .uint8 && $0.isQuantized }),
      node.inputs.contains(where: { $0.scale != result.scale || $0.zeroPoint != result.zeroPoint })
    else { return nil }
    try result.requireWholeStorage("the result")
    let inner = result.shape.extents[(axis + 1)...].reduce(1, *)
    return MCUScaledConcatenation(
      outer: result.shape.extents[..<axis].reduce(1, *),
      parts: node.inputs.enumerated().map { position, input in
        MCUScaledConcatenation.Part(
          source: node.source(position), count: input.shape[axis] * inner,
          codes: MCUScaledConcatenation.codes(of: input, in: result))
      })
  }

  private func concatenation(
    _ axis: Int, _ node: MCUNode
  ) throws(DatapathError) -> [MCUCopy.Part] {
    var parts: [MCUCopy.Part] = []
    var offset = 0
    let strides = node.result.shape.strides
    for (position, input) in node.inputs.enumerated() {
      guard input.storage == node.result.storage, input.scale == node.result.scale,
        input.zeroPoint == node.result.zeroPoint, input.codes == node.result.codes
      else {
        throw .encoding(
          operand: "operand \(position)", expected: "of the result's scale and zero point")
      }
      parts.append(
        MCUCopy.Part(
          source: node.source(position), extents: input.shape.extents,
          sourceStrides: input.shape.strides, resultOffset: offset, resultStrides: strides))
      offset += input.shape[axis] * strides[axis]
    }
    return parts
  }

  private func split(_ axis: Int, _ node: MCUNode) -> [MCUCopy.Part] {
    var parts: [MCUCopy.Part] = []
    var offset = 0
    let strides = node.inputs[0].shape.strides
    for (position, output) in node.outputs.enumerated() {
      parts.append(
        MCUCopy.Part(
          source: node.source(0), result: position, extents: output.shape.extents,
          sourceOffset: offset, sourceStrides: strides, resultStrides: output.shape.strides))
      offset += output.shape[axis] * strides[axis]
    }
    return parts
  }

  private func plan(
    _ surround: Surround, _ node: MCUNode, bytes: Int,
    copy: ([MCUCopy.Part], (code: Int64, count: Int)?) -> PlannedNode
  ) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    guard surround.rule == .constant else {
      return node.planned(
        MCUMirror(
          elementBytes: bytes, data: data.shape, result: result.shape, before: surround.before,
          rule: surround.rule))
    }
    // The micro runtime's SPACE_TO_BATCH_ND never sets the code it pads with, which is 0 in an arena
    // of zeros (measured; `kernels/space_to_batch_nd.cc`).
    var code = isMicro && surround.precedesBlocks ? 0 : Int64(result.zeroPoint)
    if node.inputs.count > 1 {
      guard let value = try node.inputs[1].constantCodes("value").first else {
        throw .parameter("value", reason: "has no element")
      }
      code = value
    }
    let strides = result.shape.strides
    let part = MCUCopy.Part(
      source: node.source(0), extents: data.shape.extents, sourceStrides: data.shape.strides,
      resultOffset: zip(surround.before, strides).reduce(0) { $0 + $1.0 * $1.1 },
      resultStrides: strides)
    return copy([part], (code, result.shape.count))
  }

  private func part(
    _ rearrangement: BlockRearrangement, _ node: MCUNode
  ) throws(DatapathError) -> MCUCopy.Part {
    guard rearrangement.layout == .channelsLast, rearrangement.direction != .channelsToSpace else {
      throw .parameter("blocks", reason: "must be of channels-last images")
    }
    let isToDepth = rearrangement.direction == .spaceToDepth
    let block = rearrangement.block
    // Both read as [batch, rows, block, columns, block, channels] in plane order.
    let deep = isToDepth ? node.result.shape : node.inputs[0].shape
    let plane = isToDepth ? node.inputs[0].shape : node.result.shape
    let channels = plane[3]
    let extents = [deep[0], deep[1], block, deep[2], block, channels]
    let p = plane.strides
    let planeStrides = [p[0], p[1] * block, p[1], p[2] * block, p[2], 1]
    let d = deep.strides
    let deepStrides = [d[0], d[1], block * channels, d[2], channels, 1]
    return MCUCopy.Part(
      source: node.source(0), extents: extents,
      sourceStrides: isToDepth ? planeStrides : deepStrides,
      resultStrides: isToDepth ? deepStrides : planeStrides)
  }

  private func planGather(_ axis: Int, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, indices) = (node.inputs[0], node.inputs[1])
    let extents = data.shape.extents
    func kernel<Index: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Index.Type
    ) -> any NodeKernel {
      MCUGather<Index>(
        elementBytes: data.storage.stride, data: node.source(0), indices: node.source(1),
        outer: extents[..<axis].reduce(1, *), extent: extents[axis],
        inner: extents[(axis + 1)...].reduce(1, *), count: indices.shape.count)
    }
    switch indices.storage {
    case .int32: return node.planned(kernel(Int32.self))
    case .int64: return node.planned(kernel(Int64.self))
    default: throw .encoding(operand: "indices", expected: "int32 or int64")
    }
  }

  func plan(_ resize: Resize, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    guard resize.scales.isEmpty, data.storage == result.storage, data.codes == result.codes else {
      throw .parameter("resize", reason: "the result's extents give the scale, in one format")
    }
    try node.requireImage(resize.layout, axes: 2)
    let geometry = ConvolutionGeometry(
      data: data.shape, result: result.shape, kernel: [1, 1], strides: [1, 1], dilations: [1, 1],
      margins: [0, 0], layout: resize.layout, grouping: .depthwise,
      weightLayout: .kernelChannelsFilters)
    let alignsCorners = resize.coordinates == .alignCorners
    switch (resize.interpolation, resize.coordinates) {
    case (.nearest(.halfUp), .alignCorners), (.nearest(.floor), .asymmetric),
      (.nearest(.floor), .halfPixelUncentered):
      return node.planned(
        MCUResizeNearest(
          pixelBytes: geometry.channels * data.storage.stride, batch: geometry.batch,
          rows: geometry.rows, columns: geometry.columns, resultRows: geometry.resultRows,
          resultColumns: geometry.resultColumns, alignsCorners: alignsCorners,
          usesHalfPixel: resize.coordinates == .halfPixelUncentered))
    case (.linear, .alignCorners), (.linear, .asymmetric), (.linear, .halfPixel):
      if data.isFloat {
        return node.planned(
          MCURealResize(
            geometry: geometry, alignsCorners: alignsCorners,
            usesHalfPixel: resize.coordinates == .halfPixel))
      }
      try data.require([.int8, .uint8, .int16], "data")
      func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
        _ type: Data.Type
      ) -> any NodeKernel {
        MCUResizeBilinear<Data>(
          geometry: geometry, alignsCorners: alignsCorners,
          usesHalfPixel: resize.coordinates == .halfPixel)
      }
      return node.planned(
        byStorage(data.storage, kernel(Int8.self), kernel(UInt8.self), kernel(Int16.self)))
    default:
      throw .parameter("resize", reason: "the runtimes have no rule for these coordinates")
    }
  }
}
