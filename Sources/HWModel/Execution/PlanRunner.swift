public import QuantGraph

/// A plan with its buffers: runs blocks of up to ``lanes`` samples on one thread.
public final class PlanRunner {
  public let plan: Plan
  /// Most samples of one block; a multiple of 16, or 1 for plans whose kernels take one sample.
  public let lanes: Int
  private let buffers: [TensorBuffer?]
  private let scratch: TensorBuffer
  /// Nodes that something depends on.
  private let steps: [Step]

  /// A node with its buffers; an object, so that running it copies nothing.
  private final class Step {
    let node: Int
    let kernel: any NodeKernel
    /// Operands where every lane holds a sample.
    let operands: KernelOperands

    init(node: Int, kernel: any NodeKernel, operands: KernelOperands) {
      self.node = node
      self.kernel = kernel
      self.operands = operands
    }

    func run(usedLanes: Int) {
      if usedLanes == operands.usedLanes {
        kernel.run(operands)
      } else {
        kernel.run(
          KernelOperands(
            inputs: operands.inputs, outputs: operands.outputs, scratch: operands.scratch,
            lanes: operands.lanes, usedLanes: usedLanes, outputsRead: operands.outputsRead))
      }
    }
  }

  /// - Parameters:
  ///   - plan: what runs.
  ///   - kept: tensors whose codes can be read after a run, besides the graph's outputs; the others
  ///     share memory with tensors that live at another time.
  ///   - runsOutputs: whether the graph's outputs are computed, or only what was asked for.
  ///   - lanes: samples of a block; nil chooses a number whose buffers stay in a processor's cache.
  public init(
    _ plan: Plan, keeping kept: Set<TensorID> = [], runsOutputs: Bool = true, lanes: Int? = nil
  ) {
    self.plan = plan
    let lifetimes = Self.lifetimes(plan, kept: kept)
    self.lanes = lanes ?? plan.preferredLanes ?? Self.suitableLanes(plan)
    buffers = Self.allocate(plan, lifetimes: lifetimes, lanes: self.lanes)
    let laneCount = self.lanes
    scratch = TensorBuffer(
      storage: .uint8,
      capacity: plan.nodes.map { $0.kernel.scratchBytes(lanes: laneCount) }.max() ?? 0)
    let (allocated, scratch) = (buffers, scratch)
    let wanted = runsOutputs ? kept.union(plan.graph.outputs) : kept
    steps = Self.steps(plan, wanted: wanted).map { step in
      let node = plan.graph.nodes[step.node]
      return Step(
        node: step.node, kernel: plan.nodes[step.node].kernel,
        operands: KernelOperands(
          inputs: node.inputs.compactMap { allocated[$0.index] },
          outputs: node.outputs.compactMap { allocated[$0.index] }, scratch: scratch,
          lanes: laneCount, usedLanes: laneCount, outputsRead: step.outputsRead))
    }
    resetStates()
  }

  /// Bytes of all buffers.
  var byteCount: Int {
    var seen: Set<ObjectIdentifier> = []
    return buffers.reduce(scratch.byteCount) { sum, buffer in
      guard let memory = buffer?.memoryOwner, seen.insert(ObjectIdentifier(memory)).inserted else {
        return sum
      }
      return sum + memory.byteCount
    }
  }

  /// Gives every state tensor its initial codes, as before the first run.
  public func resetStates() {
    for state in plan.graph.states {
      if let initial = state.initial { buffers[state.tensor.index]?.fill(with: initial) }
    }
  }

  /// The buffer of a graph input, of an output, or of a tensor that was asked to be kept.
  public func buffer(of id: TensorID) -> TensorBuffer? { buffers[id.index] }

  /// Runs the nodes from `first` on over the lanes that hold samples, then advances the states.
  ///
  /// - Precondition: the inputs' buffers are filled for `usedLanes` lanes, at most ``lanes``.
  public func run(usedLanes: Int, from first: Int = 0) {
    precondition((0...lanes).contains(usedLanes), "a block holds at most \(lanes) samples")
    for step in steps where step.node >= first { step.run(usedLanes: usedLanes) }
    for state in plan.graph.states {
      if let next = buffers[state.next.index] { buffers[state.tensor.index]?.copy(from: next) }
    }
  }

  /// The integer code of element `element` of lane `lane`.
  ///
  /// - Precondition: the tensor was kept and is stored in integers of at most 64 bits.
  public func code(of id: TensorID, element: Int, lane: Int) -> Int64 {
    guard let buffer = buffers[id.index] else { preconditionFailure("the tensor was not kept") }
    return buffer.integer(at: element * lanes + lane)
  }

  /// The nodes that wanted tensors and states depend on, with the outputs that are read.
  ///
  /// Values that a rewrite keeps for traces alone cost nothing where nobody traces.
  static func steps(
    _ plan: Plan, wanted: Set<TensorID>
  ) -> [(node: Int, outputsRead: UInt64)] {
    let graph = plan.graph
    var read = wanted.union(graph.states.map(\.next))
    var steps: [(node: Int, outputsRead: UInt64)] = []
    for (index, node) in graph.nodes.enumerated().reversed() {
      var bits: UInt64 = 0
      var isRead = false
      for (position, id) in node.outputs.enumerated() where read.contains(id) {
        isRead = true
        if position < 64 { bits |= 1 << UInt64(position) }
      }
      guard isRead else { continue }
      read.formUnion(node.inputs)
      steps.append((index, bits))
    }
    return steps.reversed()
  }

  /// First and last step at which each tensor must hold its codes.
  private static func lifetimes(_ plan: Plan, kept: Set<TensorID>) -> [ClosedRange<Int>?] {
    let graph = plan.graph
    let end = graph.nodes.count
    var lifetimes = [ClosedRange<Int>?](repeating: nil, count: graph.tensors.count)
    let states = graph.states.map(\.tensor)
    for id in graph.inputs + states { lifetimes[id.index] = 0...end }
    for (step, node) in graph.nodes.enumerated() {
      for id in node.inputs {
        if let life = lifetimes[id.index] {
          lifetimes[id.index] = life.lowerBound...max(life.upperBound, step)
        }
      }
      for id in node.outputs { lifetimes[id.index] = step...step }
    }
    for id in graph.outputs + graph.states.map(\.next) + kept {
      if let life = lifetimes[id.index] { lifetimes[id.index] = life.lowerBound...end }
    }
    return lifetimes
  }

  /// Gives each tensor a buffer; those of one storage and disjoint lifetimes may share one.
  private static func allocate(
    _ plan: Plan, lifetimes: [ClosedRange<Int>?], lanes: Int
  ) -> [TensorBuffer?] {
    var buffers = [TensorBuffer?](repeating: nil, count: lifetimes.count)
    var pool: [(buffer: TensorBuffer, freeAfter: Int)] = []
    let order = lifetimes.indices.sorted {
      (lifetimes[$0]?.lowerBound ?? 0, $0) < (lifetimes[$1]?.lowerBound ?? 0, $1)
    }
    for index in order {
      guard let life = lifetimes[index], let planned = plan.tensors[index] else { continue }
      let capacity = plan.graph.tensors[index].shape.count * lanes
      let free = pool.indices.filter {
        pool[$0].freeAfter < life.lowerBound && pool[$0].buffer.storage == planned.storage
          && pool[$0].buffer.capacity >= capacity
      }
      if let best = free.min(by: { pool[$0].buffer.capacity < pool[$1].buffer.capacity }) {
        buffers[index] = TensorBuffer(
          sharing: pool[best].buffer, storage: planned.storage, capacity: capacity)
        pool[best].freeAfter = life.upperBound
      } else {
        let buffer = TensorBuffer(storage: planned.storage, capacity: capacity)
        pool.append((buffer, life.upperBound))
        buffers[index] = buffer
      }
    }
    return buffers
  }

  /// 16 to 256 lanes, as many as keep the largest node's tensors within 256 KiB; where samples follow
  /// each other 1 to 64, as many as keep the largest tensor there.
  static func suitableLanes(_ plan: Plan) -> Int {
    var largest = 1
    if plan.isSampleMajor {
      for (tensor, planned) in zip(plan.graph.tensors, plan.tensors) {
        largest = max(largest, tensor.shape.count * (planned?.storage.stride ?? 0))
      }
      return max(1, min(64, (256 << 10) / largest))
    }
    for node in plan.graph.nodes {
      var bytes = 0
      for id in node.inputs + node.outputs {
        guard let planned = plan.tensors[id.index] else { continue }
        bytes += plan.graph[id].shape.count * planned.storage.stride
      }
      largest = max(largest, bytes)
    }
    return max(16, min(256, (256 << 10) / largest / 16 * 16))
  }
}
