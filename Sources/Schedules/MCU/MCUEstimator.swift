import Arith
public import HWModel
public import QuantGraph

/// Estimates of one network on one microcontroller, for any allocation of bits.
///
/// What does not depend on the allocation (work, lifetimes, scratch, persistent structures) is found
/// once, so that a search can ask often.
public struct MCUEstimator: Sendable {
  public let graph: Graph
  public let target: MCUTarget
  public let work: [MCULayerWork]
  public let lifetimes: TensorLifetimes
  public let macs: Int

  private let scratch: ScratchModel
  /// Scratch buffers of the model's own encodings, one list a step.
  private let stepScratch: [[Int]]
  private let tail: Int
  private let headHost64: Int
  private let tailHost64: Int
  private let modelBytes: Int?
  private let weights: [WeightRecord]
  /// Elements and own bits of each tensor that is in memory.
  private let baseBits: [Int]
  private let baseBytes: [Int]

  private struct WeightRecord: Sendable {
    let node: Int
    let tensor: TensorID
    let count: Int
    let bits: Int
    /// Biases and requantization of the layer, in bytes.
    let tableBytes: Int
  }

  /// - Parameters:
  ///   - graph: the network, in the order of its file.
  ///   - target: board and stack.
  ///   - modelBytes: size of the model's file, for stacks that store it; nil if there is none.
  ///   - work: `MCULayerWork.list(_:)` of the graph, if it is already there.
  /// - Throws: ``ArenaError`` if a size is beyond `Int`.
  public init(
    _ graph: Graph, target: MCUTarget, modelBytes: Int? = nil, work: [MCULayerWork]? = nil
  ) throws(ArenaError) {
    self.graph = graph
    self.target = target
    self.modelBytes = modelBytes
    self.work = work ?? MCULayerWork.list(graph)
    lifetimes = TensorLifetimes(graph)
    macs = graph.nodes.reduce(0) { Saturating.add($0, graph.multiplyAccumulates(of: $1)) }
    scratch = Self.scratch(of: target)
    var stepScratch: [[Int]] = []
    for step in lifetimes.steps {
      stepScratch.append(try scratch.buffers(of: step, in: graph, pointerBytes: 4))
    }
    self.stepScratch = stepScratch
    var bits: [Int] = []
    var bytes: [Int] = []
    for (index, tensor) in graph.tensors.enumerated() {
      let isAlive = lifetimes.tensors[index] != nil
      bits.append(Self.bits(of: tensor))
      bytes.append(isAlive ? try ElementStorage.wholeBytes.bytes(of: tensor) : 0)
    }
    baseBits = bits
    baseBytes = bytes
    weights = Self.weightRecords(graph, storesFile: target.storesModelFile)
    if target.planner == .greedy {
      tail =
        try PersistentTail(
          graph, steps: lifetimes.steps, host: .arm32, scratch: scratch
        ).bytes
    } else {
      tail = 0
    }
    let host = try TFLMPlan(graph, host: .host64, scratch: scratch)
    headHost64 = host.headBytes
    tailHost64 = host.tail.bytes
  }

  private static func scratch(of target: MCUTarget) -> ScratchModel {
    switch target.kernels {
    case .reference: .tflmReference
    case .cmsisNN:
      switch target.simd {
      case .none, .other: .cmsisNN(.scalar)
      case .dsp: .cmsisNN(.dsp)
      case .mve: .cmsisNN(.mve)
      }
    case .own: .none
    }
  }

  private static func bits(of tensor: Tensor) -> Int {
    tensor.encoding.codeBits
  }

  /// Weights of each layer, a shared constant once; tables are what a compiler writes beside them: a
  /// multiplier and a shift of 32 bits for each scale.
  private static func weightRecords(_ graph: Graph, storesFile: Bool) -> [WeightRecord] {
    var seen: Set<TensorID> = []
    var records: [WeightRecord] = []
    for (index, node) in graph.nodes.enumerated() {
      guard let id = graph.weights(of: node), seen.insert(id).inserted else { continue }
      var tables = 0
      for input in node.inputs where input != id && graph[input].constant != nil {
        guard seen.insert(input).inserted else { continue }
        tables = Saturating.add(
          tables, Saturating.packedBytes(graph[input].shape.count, bits: bits(of: graph[input])))
      }
      if case .affine(let format) = graph[id].encoding {
        tables = Saturating.add(tables, Saturating.multiply(format.scales.count, 8))
      }
      records.append(
        WeightRecord(
          node: index, tensor: id, count: graph[id].shape.count, bits: bits(of: graph[id]),
          tableBytes: tables))
    }
    return records
  }
}

extension MCUEstimator {
  /// One node under an allocation.
  public struct Layer: Sendable, Hashable {
    public let widths: MCULatencyModel.Widths
    /// In cycles.
    public let cost: CostTerm
    /// What each tile takes of it, row by row; empty outside of a stage in tiles.
    public var tileCycles: [Double] = []
  }

  /// SRAM under an allocation.
  ///
  /// - Throws: ``ArenaError`` if a size is beyond `Int`.
  public func memory(_ allocation: CodeWidths? = nil) throws(ArenaError) -> Memory {
    let request = try request(allocation)
    let head = plan(request).bytes
    return Memory(
      arenaHeadBytes: head, arenaTotalBytes: Saturating.add(head, tail),
      arenaTotalBytesHost64: target.planner == .greedy
        ? Saturating.add(allocation == nil ? headHost64 : head, tailHost64) : head,
      runtimeBytes: target.runtimeRAMBytes, livenessBytes: request.livenessBound)
  }

  /// The time of each node under an allocation; empty where the target has no latency model.
  ///
  /// Layers of a stage that runs in tiles take their share of recomputed results, and one call a
  /// tile; layers after it what they take without patches.
  public func layers(
    _ allocation: CodeWidths? = nil, patches: PatchSchedule? = nil
  ) -> [Layer] {
    guard let model = target.latency else { return [] }
    let staged = patches.map { Set($0.tiling.stage.nodes) } ?? []
    return work.enumerated().map { index, work in
      let widths = widths(of: index, allocation)
      guard let patches, staged.contains(index), let result = graph.nodes[index].outputs.first
      else { return Layer(widths: widths, cost: model.cost(work, widths: widths)) }
      guard let tiles = patches.widths else {
        return Layer(
          widths: widths,
          cost: model.cost(
            work, widths: widths, share: share(of: result, patches),
            calls: patches.grid * patches.grid),
          tileCycles: patches.tiles.map {
            let part = share(of: result, patches.tiling, row: $0.row, column: $0.column)
            return model.cost(work, widths: widths, share: part).value
          })
      }
      let parts = self.tiles(of: index, widths, tiles, patches, model)
      return Layer(
        widths: widths, cost: .sum("tiles", parts.terms), tileCycles: parts.cycles)
    }
  }

  /// What the tiles of a node take: those of equal widths together, and conversions at borders; and
  /// each tile by itself.
  private func tiles(
    of index: Int, _ own: MCULatencyModel.Widths, _ widths: PatchWidths,
    _ patches: PatchSchedule, _ model: MCULatencyModel
  ) -> (terms: [CostTerm], cycles: [Double]) {
    let node = graph.nodes[index]
    guard let data = node.inputs.first, let result = node.outputs.first else { return ([], []) }
    var cycles: [Double] = []
    var shares: [(widths: MCULatencyModel.Widths, share: Double, calls: Int)] = []
    var terms: [CostTerm] = []
    let stage = patches.tiling.stage
    let isFirst = stage.sources.contains(data) && firstReader(of: data, in: stage) == index
    for (number, tile) in patches.tiles.enumerated() {
      var tileWidths = own
      tileWidths.input = widths.tiles[number][data.index] ?? own.input
      tileWidths.output = widths.tiles[number][result.index] ?? own.output
      let part = share(of: result, patches.tiling, row: tile.row, column: tile.column)
      if let place = shares.firstIndex(where: { $0.widths == tileWidths }) {
        shares[place].share += part
        shares[place].calls += 1
      } else {
        shares.append((tileWidths, part, 1))
      }
      var cost = model.cost(work[index], widths: tileWidths, share: part).value
      for id in (isFirst ? [data] : []) + (result == stage.output ? [result] : []) {
        let outside = widths.whole.tensorBits[id.index] ?? baseBits[id.index]
        let inside = widths.tiles[number][id.index] ?? baseBits[id.index]
        guard outside != inside else { continue }
        let elements =
          share(of: id, patches.tiling, row: tile.row, column: tile.column)
          * Double(graph[id].shape.count)
        let term = model.conversion(
          elements: elements, bits: id == result ? (inside, outside) : (outside, inside))
        cost += term.value
        terms.append(term)
      }
      cycles.append(cost)
    }
    let groups = shares.map { group in
      CostTerm.sum(
        "\(group.calls) of \(patches.tiles.count) tiles, w\(group.widths.weights) "
          + "a\(group.widths.input) to a\(group.widths.output)",
        [model.cost(work[index], widths: group.widths, share: group.share, calls: group.calls)])
    }
    return (
      groups + (terms.isEmpty ? [] : [.sum("conversions at borders of tiles", terms)]), cycles
    )
  }

  private func firstReader(of id: TensorID, in stage: PatchStage) -> Int? {
    stage.nodes.first { graph.nodes[$0].inputs.contains(id) }
  }

  /// Bytes alive at each step, and the first step with the most; nil for a graph without steps.
  ///
  /// - Throws: ``ArenaError`` if a size is beyond `Int`.
  public func peak(
    _ allocation: CodeWidths? = nil
  ) throws(ArenaError) -> (peak: Schedule.Peak?, liveBytes: [Int]) {
    let request = try request(allocation)
    let timeline = MemoryTimeline(request, steps: lifetimes.steps)
    let live = timeline.steps.map(\.bytes)
    guard let index = timeline.peakStep else { return (nil, live) }
    let step = timeline.steps[index]
    var sizes: [TensorID: Int] = [:]
    for (buffer, size) in zip(request.buffers, request.alignedBytes) {
      for case .tensor(let id) in buffer.contents { sizes[id] = size }
    }
    return (
      Schedule.Peak(
        step: step.name, bytes: step.bytes,
        tensors: step.tensors.map { .init(graph[$0].name, sizes[$0] ?? 0) },
        scratchBytes: step.scratchBytes), live
    )
  }

  /// The buffers of a run under an allocation.
  ///
  /// - Throws: ``ArenaError`` if a size is beyond `Int`.
  public func request(_ allocation: CodeWidths? = nil) throws(ArenaError) -> ArenaRequest {
    var buffers: [ArenaBuffer] = []
    buffers.reserveCapacity(graph.tensors.count)
    for (index, lifetime) in lifetimes.tensors.enumerated() {
      guard let lifetime else { continue }
      var bytes = baseBytes[index]
      if let bits = allocation?.tensorBits[index], bits != baseBits[index] {
        bytes = Saturating.packedBytes(graph.tensors[index].shape.count, bits: bits)
      }
      guard bytes > 0 else { continue }
      buffers.append(
        ArenaBuffer(
          contents: [.tensor(TensorID(index))], bytes: bytes, lifetime: lifetime,
          offset: target.planner == .greedy ? graph.program?.offset(ofTensor: index) : nil))
    }
    if target.planner == .greedy {
      buffers += lifetimes.called.map { ArenaBuffer($0, in: graph) }
    }
    for (step, sizes) in stepScratch.enumerated() {
      for (number, bytes) in scratchSizes(step, sizes, allocation).enumerated() where bytes > 0 {
        buffers.append(
          ArenaBuffer(
            contents: [.scratch(step: step, number: number)], bytes: bytes,
            lifetime: Lifetime(first: step, last: step)))
      }
    }
    return try ArenaRequest(buffers: buffers, alignment: 16)
  }

  /// Where the target's planner puts the buffers.
  public func plan(_ request: ArenaRequest) -> ArenaPlan {
    target.planner == .greedy
      ? ArenaPlan.greedy(request) : OfflinePlan(request, work: 200).plan
  }

  /// Reference kernels unpack narrow weights into a buffer, one a byte (`conv_common.cc`,
  /// `fully_connected_common.cc`).
  private func scratchSizes(
    _ step: Int, _ own: [Int], _ allocation: CodeWidths?
  ) -> [Int] {
    guard target.kernels == .reference, let allocation,
      let node = lifetimes.steps[step].nodes.last, let bits = allocation.weightBits[node],
      bits < 8, let id = graph.weights(of: graph.nodes[node]), baseBits[id.index] >= 8
    else { return own }
    return own + [graph[id].shape.count]
  }

  private func widths(of index: Int, _ allocation: CodeWidths?) -> MCULatencyModel.Widths {
    let node = graph.nodes[index]
    func bits(_ id: TensorID?) -> Int {
      guard let id else { return 8 }
      return allocation?.tensorBits[id.index] ?? baseBits[id.index]
    }
    let own = node.inputs.dropFirst().first { graph[$0].constant != nil }
    return .init(
      weights: allocation?.weightBits[index] ?? own.map { baseBits[$0.index] } ?? 8,
      input: bits(node.inputs.first), output: bits(node.outputs.first))
  }

  /// Flash under an allocation.
  ///
  /// Biases and multipliers follow the encodings of data and results: tiles of a patch schedule with
  /// unequal ones have tables of their own.
  public func flash(
    _ allocation: CodeWidths? = nil, patches: PatchSchedule? = nil
  ) -> Flash {
    var packed = 0
    var own = 0
    var tables = 0
    var copies = 0
    let staged = patches.map { Set($0.tiling.stage.nodes) } ?? []
    for record in weights {
      let bits = allocation?.weightBits[record.node] ?? record.bits
      packed = Saturating.add(packed, Saturating.packedBytes(record.count, bits: bits))
      own = Saturating.add(own, Saturating.packedBytes(record.count, bits: record.bits))
      tables = Saturating.add(tables, record.tableBytes)
      if let widths = patches?.widths, staged.contains(record.node) {
        let further = Saturating.multiply(
          record.tableBytes, self.tables(of: record.node, widths) - 1)
        copies = Saturating.add(copies, further)
      }
    }
    if target.storesModelFile, let modelBytes { tables = max(modelBytes - own, 0) }
    let layers = Double(max(lifetimes.steps.count - 1, 0))
    return .init(
      weightBytes: packed, tableBytes: Saturating.add(tables, copies),
      codeBytes: Saturating.add(
        target.codeBytes, Saturating.integer(target.codeBytesPerLayer * layers)))
  }

  /// How many pairs of widths the tiles of a layer read and write.
  private func tables(of node: Int, _ widths: PatchWidths) -> Int {
    let (data, result) = (graph.nodes[node].inputs.first, graph.nodes[node].outputs.first)
    let pairs = widths.tiles.map { tile in
      [data, result].map { id in id.flatMap { tile[$0.index] } }
    }
    return max(Set(pairs).count, 1)
  }
}
