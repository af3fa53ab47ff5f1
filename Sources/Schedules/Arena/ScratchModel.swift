import Arith
public import QuantGraph

/// Which kernels ask for working memory beside their tensors, and for how much.
public enum ScratchModel: Hashable, Sendable {
  case none
  /// The reference kernels of tflite-micro, commit 90b983c2.
  case tflmReference
  /// CMSIS-NN kernels (commit 99f736a6) under tflite-micro, on a core with these instructions.
  case cmsisNN(Instructions)

  /// Instructions that CMSIS-NN distinguishes at compile time.
  public enum Instructions: String, Hashable, Sendable, CaseIterable {
    /// Neither extension: Cortex-M0+, M3, M23.
    case scalar
    /// Two 16-bit products an instruction: Cortex-M4, M7, M33.
    case dsp
    /// Helium: Cortex-M55, M85.
    case mve
  }

  /// Bytes of each buffer that an operator asks for, in order; `pointerBytes` are those of an address.
  ///
  /// ADD_N keeps the addresses of its operands. Source: tflite-micro, `kernels/add_n.cc`.
  ///
  /// - Throws: as ``buffers(of:in:)``.
  func buffers(
    of step: ScheduleStep, in graph: Graph, pointerBytes: Int
  ) throws(ArenaError) -> [Int] {
    if step.operatorName == "ADD_N", self != .none {
      let own = Set(step.nodes.flatMap { graph.nodes[$0].outputs })
      let operands = step.nodes.flatMap { graph.nodes[$0].inputs }.count { !own.contains($0) }
      return [try product(pointerBytes, operands, of: "operands of ADD_N")]
    }
    var found: [Int] = []
    for node in step.nodes { found += try buffers(of: graph.nodes[node], in: graph) }
    return found
  }

  /// Bytes of each buffer that `node` asks for, in order; a size may be 0.
  ///
  /// Sizes are those that the kernel requests, before alignment. Operators outside 8- and 16-bit
  /// integers ask for nothing.
  ///
  /// - Throws: ``ArenaError/sizeOverflow(object:)`` if a size is beyond `Int`.
  public func buffers(of node: Node, in graph: Graph) throws(ArenaError) -> [Int] {
    switch self {
    case .none: return []
    case .tflmReference: return try ReferenceScratch(graph, node).buffers()
    case .cmsisNN(let instructions):
      return try CMSISScratch(graph, node, instructions: instructions).buffers()
    }
  }
}

/// What scratch rules ask of a node's tensors.
struct ScratchOperands {
  let graph: Graph
  let node: Node

  init(_ graph: Graph, _ node: Node) {
    self.graph = graph
    self.node = node
  }

  var name: String { "scratch of '\(node.name)'" }

  /// Width of a quantized operand; nil for others, floats among them.
  func width(_ position: Int) -> Int? {
    guard node.inputs.indices.contains(position) else { return nil }
    if case .affine(let format) = graph[node.inputs[position]].encoding { return format.width }
    return nil
  }

  /// Whether an operand is of 16-bit integers, quantized or not.
  func isSixteenBits(_ position: Int) -> Bool {
    guard node.inputs.indices.contains(position) else { return false }
    switch graph[node.inputs[position]].encoding {
    case .affine(let format): return format.width == 16
    case .fixed(let format): return format.width == 16
    default: return false
    }
  }

  func shape(_ position: Int) -> Shape? {
    node.inputs.indices.contains(position) ? graph[node.inputs[position]].shape : nil
  }

  var result: Shape? { node.outputs.first.map { graph[$0].shape } }

  func bytes(_ factors: Int...) throws(ArenaError) -> Int {
    var total = 1
    for factor in factors { total = try product(total, factor, of: name) }
    return total
  }
}

/// Requests of tflite-micro's reference kernels.
struct ReferenceScratch {
  let operands: ScratchOperands

  init(_ graph: Graph, _ node: Node) { operands = ScratchOperands(graph, node) }

  /// Source: `RequestScratchBufferInArena` in `conv_common.cc`, `depthwise_conv_common.cc`,
  /// `fully_connected.cc`, `reduce_common.cc`, `transpose_conv.cc`, `mirror_pad.cc`, `svdf_common.cc`,
  /// `unidirectional_sequence_lstm.cc` and `detection_postprocess.cc`.
  func buffers() throws(ArenaError) -> [Int] {
    guard let data = operands.shape(0), let result = operands.result else { return [] }
    switch operands.node.operation {
    case .convolution, .dense:
      // 4-bit weights are unpacked, one a byte.
      guard operands.width(1) == 4, let weights = operands.shape(1) else { return [] }
      return [weights.count]
    case .transposedConvolution:
      switch operands.width(0) {
      case 8: return [try operands.bytes(result.count, 4)]
      case 16:
        // A 16-bit bias is widened to 64 bits.
        let widened = operands.isSixteenBits(2) ? operands.shape(2)?.count : nil
        let sums = try operands.bytes(result.count, 8)
        guard let widened else { return [sums] }
        return [sums, try operands.bytes(widened, 8)]
      default: return []
      }
    case .reduce(let reduction):
      let positions = [4 * data.rank, 4 * reduction.axes.count]
      switch reduction.function {
      case .mean, .sum:
        guard operands.width(0) == 8 || operands.width(0) == 16 else { return positions }
        return [try operands.bytes(result.count, 4)] + positions
      default: return positions
      }
    case .surround(let surround) where surround.rule != .constant:
      return [4 * data.rank, 4 * data.rank]
    case .svdf: return try svdf(data)
    case .lstm: return try lstm(data, result)
    case .detections(let detections): return try detector(detections, data)
    default: return []
    }
  }

  /// One number a filter, then one a unit, for each sample.
  private func svdf(_ data: Shape) throws(ArenaError) -> [Int] {
    guard let filters = operands.shape(1)?.extents.first, let batch = data.extents.first,
      let units = operands.result?.extents.last
    else { return [] }
    let perFilter = try operands.bytes(batch, filters, 4)
    guard operands.width(0) == 8 else { return [perFilter] }
    return [perFilter, try operands.bytes(batch, units, 4)]
  }

  /// A flag a box, its corners, all scores, and lists of scores and positions of 4 bytes each.
  private func detector(
    _ operation: DetectionPostProcess, _ data: Shape
  ) throws(ArenaError) -> [Int] {
    let (boxes, most) = (data.rank == 3 ? data[1] : 0, operation.detections)
    let list = try operands.bytes(4, boxes)
    let lists = try operands.bytes(4, boxes, most)
    return [
      boxes, try operands.bytes(16, boxes), try operands.bytes(4, operands.shape(1)?.count ?? 0),
      list, list, lists, lists, list, lists,
      try operands.bytes(4, boxes, max(operation.classes, most)),
      try operands.bytes(4, boxes, min(boxes, most)),
    ]
  }

  /// Four buffers of the cell state's shape and type.
  private func lstm(_ data: Shape, _ result: Shape) throws(ArenaError) -> [Int] {
    guard case .lstm = operands.node.operation,
      let cell = operands.node.outputs.last.map({ operands.graph[$0] })
    else { return [] }
    let bytes = try ElementStorage.wholeBytes.bytes(of: cell)
    return [bytes, bytes, bytes, bytes]
  }
}
