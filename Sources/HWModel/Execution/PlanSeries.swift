public import QuantGraph

/// Runs forms of one family one after the other on the same samples, on one thread; what an earlier
/// form computed is not computed again.
///
/// Nodes are run in stages. Tensors that a later stage reads are kept for all samples, the latest up
/// to a number of bytes; what a stage needs itself is kept for a block of samples that fits in a cache.
public final class PlanSeries {
  private struct Stage {
    /// Those that something depends on, with the outputs that are read.
    var steps: [(node: Int, outputsRead: UInt64)] = []
    /// Kept tensors that it reads and writes.
    var reads: [TensorID] = []
    var writes: [TensorID] = []
    /// What only its own steps read and write.
    var locals: [TensorID] = []
    /// Samples of a block.
    var block = 1
  }

  private struct Key: Hashable {
    let result: Int
    let output: Int
  }

  private struct Held {
    let buffer: TensorBuffer
    let bytes: Int
    var used: Int
  }

  public let family: PlanFamily
  /// Tensors that are read after a run.
  public let wanted: [TensorID]
  private let stages: [Stage]
  /// What a run of one form keeps.
  private let kept: [TensorID]
  /// Of each tensor: the place of its producer among a form's results, and which of its outputs.
  private let sources: [Int: (result: Int, output: Int)]
  private let lanes: Int
  private let isSampleMajor: Bool
  /// Bytes that may be kept.
  private let limit: Int

  private var held: [Key: Held] = [:]
  private var queue: [(key: Key, used: Int)] = []
  private var head = 0
  private var bytes = 0
  private var clock = 0
  /// Windows into what is held.
  private var windows: [Int: TensorBuffer] = [:]
  /// Tensors of a block that no other stage reads; all stages have them in the same memory.
  private var locals: [Int: (buffer: TensorBuffer, offset: Int)] = [:]
  private var localMemory = TensorBuffer(storage: .uint8, capacity: 64)
  private var scratch = TensorBuffer(storage: .uint8, capacity: 64)
  private var values: [TensorValues] = []
  private var current: PlanForm?
  /// Samples that are run.
  public private(set) var samples = 0..<0

  /// - Parameters:
  ///   - family: the plans.
  ///   - wanted: tensors that are read after a run.
  ///   - starts: first nodes of stages: nodes whose forms differ.
  ///   - bytes: what may be kept; a form's own tensors are in any case.
  public init(
    _ family: PlanFamily, wanted: [TensorID], stages starts: Set<Int>, bytes: Int = 1 << 27
  ) {
    let plan = family.base
    let graph = plan.graph
    self.family = family
    self.wanted = wanted
    limit = bytes
    isSampleMajor = plan.isSampleMajor
    lanes = plan.preferredLanes ?? PlanRunner.suitableLanes(plan)
    var sources: [Int: (result: Int, output: Int)] = [:]
    for (place, id) in graph.inputs.enumerated() { sources[id.index] = (place, 0) }
    for (index, node) in graph.nodes.enumerated() {
      for (output, id) in node.outputs.enumerated() {
        sources[id.index] = (graph.inputs.count + index, output)
      }
    }
    self.sources = sources
    let steps = PlanRunner.steps(plan, wanted: Set(wanted))
    var stages = [Stage()]
    var stageOf: [Int: Int] = [:]
    for id in graph.inputs { stageOf[id.index] = -1 }
    var started = false
    for step in steps {
      // What stands before the first layer belongs to its stage.
      if starts.contains(step.node) {
        if started { stages.append(Stage()) }
        started = true
      }
      stages[stages.count - 1].steps.append(step)
      for id in graph.nodes[step.node].outputs { stageOf[id.index] = stages.count - 1 }
    }
    var kept: Set<TensorID> = Set(wanted.filter { stageOf[$0.index] != nil })
    for (index, stage) in stages.enumerated() {
      for step in stage.steps {
        for id in graph.nodes[step.node].inputs {
          if let source = stageOf[id.index], source < index { kept.insert(id) }
        }
      }
    }
    self.kept = kept.sorted()
    for index in stages.indices {
      var reads: Set<TensorID> = []
      var locals: Set<TensorID> = []
      var largest = 1
      for step in stages[index].steps {
        let node = graph.nodes[step.node]
        for id in node.inputs where (stageOf[id.index] ?? index) < index { reads.insert(id) }
        locals.formUnion(node.outputs.filter { !kept.contains($0) })
        for id in node.inputs + node.outputs {
          if let planned = plan.tensors[id.index] {
            largest = max(largest, graph[id].shape.count * planned.storage.stride)
          }
        }
      }
      stages[index].reads = reads.sorted()
      stages[index].locals = locals.sorted()
      stages[index].writes = self.kept.filter { stageOf[$0.index] == index }
      stages[index].block =
        !isSampleMajor
        ? lanes : plan.preferredLanes ?? max(1, min(64, (1 << 16) / largest))
    }
    self.stages = stages
  }

  /// Bytes that a form keeps a sample; other encodings may take more.
  public var bytesPerSample: Int {
    kept.reduce(0) { sum, id in
      sum + family.base.graph[id].shape.count * (family.base.tensors[id.index]?.storage.stride ?? 8)
    }
  }

  /// Samples of a block whose largest tensor takes about 256 KiB.
  package static func blockSamples(_ plan: Plan) -> Int { PlanRunner.suitableLanes(plan) }

  /// The multiple of samples that memory is used for.
  public var granularity: Int { isSampleMajor ? 1 : lanes }

  /// Chooses the samples of the next runs; nothing is kept of others.
  ///
  /// - Parameters:
  ///   - samples: their numbers; a call with the same numbers changes nothing.
  ///   - values: gives the values of each graph input for these samples.
  public func select(_ samples: Range<Int>, values: (Range<Int>) -> [TensorValues]) {
    guard samples != self.samples else { return }
    self.samples = samples
    self.values = values(samples)
    (held, queue, head, bytes) = ([:], [], 0, 0)
    current = nil
  }

  private func key(_ id: TensorID, _ form: PlanForm) -> Key? {
    sources[id.index].map { Key(result: form.results[$0.result], output: $0.output) }
  }

  /// Runs a form on the selected samples; what is there already stays.
  ///
  /// - Parameters:
  ///   - form: what runs.
  ///   - other: another form whose results are kept longer than those of earlier ones.
  ///   - last: what alone is read of this form afterwards; nil for all that is wanted and for later
  ///     forms that have results in common with it.
  /// - Throws: ``InputError`` for values that an input's encoding does not take.
  public func run(
    _ form: PlanForm, besides other: PlanForm? = nil, keepingOnly last: Set<TensorID>? = nil
  ) throws(InputError) {
    clock += 1
    current = form
    for id in kept {
      if let other { touch(id, other) }
      touch(id, form)
    }
    // From the results back to what is there.
    var needed = last ?? Set(wanted)
    var running: [Int] = []
    for (index, stage) in stages.enumerated().reversed()
    where stage.writes.contains(where: { needed.contains($0) && !isHeld($0, form) }) {
      running.append(index)
      needed.formUnion(stage.reads)
    }
    for id in form.graph.inputs where needed.contains(id) && kept.contains(id) {
      try load(id, form)
    }
    guard let last else {
      for index in running.reversed() { run(stages[index], form) }
      return
    }
    // The stage after which nothing reads a tensor.
    var lastReader: [TensorID: Int] = [:]
    for index in running.reversed() {
      for id in stages[index].reads { lastReader[id] = index }
    }
    for index in running.reversed() {
      run(stages[index], form)
      for id in stages[index].reads + stages[index].writes
      where !last.contains(id) && lastReader[id] ?? index <= index {
        release(id, form, besides: other)
      }
    }
  }

  /// What a run of one form for `tensors` finds if another ran: results that both have in common.
  package func common(
    _ form: PlanForm, _ other: PlanForm, for tensors: Set<TensorID>
  ) -> Set<TensorID> {
    func differs(_ id: TensorID) -> Bool { key(id, form) != key(id, other) }
    var needed = tensors
    for stage in stages.reversed()
    where stage.writes.contains(where: { needed.contains($0) && differs($0) }) {
      needed.formUnion(stage.reads)
    }
    return needed.filter { kept.contains($0) && !differs($0) }
  }

  /// Gives back the memory of a result that no other form has.
  private func release(_ id: TensorID, _ form: PlanForm, besides other: PlanForm?) {
    guard let key = key(id, form), other.map({ self.key(id, $0) != key }) ?? true,
      let entry = held.removeValue(forKey: key)
    else { return }
    bytes -= entry.bytes
    // A window of the next block would hold the memory.
    windows[id.index] = nil
  }

  private func isHeld(_ id: TensorID, _ form: PlanForm) -> Bool {
    key(id, form).map { held[$0] != nil } ?? false
  }

  private func touch(_ id: TensorID, _ form: PlanForm) {
    if let key = key(id, form) { held[key]?.used = clock }
  }

  /// How an input or node result is stored in a form.
  private func planned(_ id: TensorID, _ form: PlanForm) -> PlannedTensor? {
    guard let (result, output) = sources[id.index] else { return nil }
    let inputs = form.graph.inputs.count
    return result < inputs
      ? form.inputs[result] : form.nodes[result - inputs].planned.outputs[output]
  }

  // MARK: Memory

  /// Elements that a kept tensor has room for.
  private func capacity(_ id: TensorID) -> Int {
    let count = family.base.graph[id].shape.count
    let blocks = isSampleMajor ? samples.count : (samples.count + lanes - 1) / lanes * lanes
    return count * blocks
  }

  /// Memory of a tensor of a form, which others give up if there is too much.
  private func hold(_ id: TensorID, _ form: PlanForm) -> TensorBuffer? {
    guard let key = key(id, form), let planned = planned(id, form) else { return nil }
    if let known = held[key] { return known.buffer }
    let size = max(capacity(id) * planned.storage.stride, 64)
    var free: TensorBuffer?
    while bytes + size > limit, head < queue.count {
      let (oldest, used) = queue[head]
      // Everything from here on may belong to this run.
      guard used < clock else { break }
      head += 1
      guard let entry = held[oldest] else { continue }
      guard entry.used == used else {
        queue.append((oldest, entry.used))
        continue
      }
      held[oldest] = nil
      bytes -= entry.bytes
      if entry.buffer.storage == planned.storage, entry.buffer.capacity == capacity(id) {
        free = entry.buffer
      }
    }
    if head > 1024, head * 2 > queue.count {
      queue.removeFirst(head)
      head = 0
    }
    let buffer = free ?? TensorBuffer(storage: planned.storage, capacity: capacity(id))
    held[key] = Held(buffer: buffer, bytes: size + 256, used: clock)
    bytes += size + 256
    queue.append((key, clock))
    return buffer
  }

  /// Puts the values of an input where stages read them.
  private func load(_ id: TensorID, _ form: PlanForm) throws(InputError) {
    guard !isHeld(id, form), let place = form.graph.inputs.firstIndex(of: id),
      let buffer = hold(id, form)
    else { return }
    let size = form.graph[id].shape.count
    let window = TensorBuffer(
      window: buffer, capacity: isSampleMajor ? buffer.capacity : size * lanes)
    let block = isSampleMajor ? samples.count : lanes
    do throws(InputError) {
      for first in stride(from: 0, to: samples.count, by: max(block, 1)) {
        window.move(to: buffer, byte: first * size * buffer.storage.stride)
        try InputTarget(
          form.graph[id], window, lanes: isSampleMajor ? nil : lanes, first: first,
          count: min(block, samples.count - first), firstSample: samples.lowerBound
        ).load(values[place], rounding: family.base.inputRounding, wrapsCodes: false)
      }
    } catch {
      if let key = key(id, form), let entry = held.removeValue(forKey: key) { bytes -= entry.bytes }
      throw error
    }
  }

  // MARK: Running

  /// The buffer that a block's kernels see of a tensor.
  private func window(_ id: TensorID, _ form: PlanForm, in stage: Stage) -> TensorBuffer? {
    guard let planned = planned(id, form) else { return nil }
    guard kept.contains(id) else { return locals[id.index]?.buffer }
    guard let whole = hold(id, form) else { return nil }
    let capacity = family.base.graph[id].shape.count * stage.block
    if let known = windows[id.index], known.storage == planned.storage, known.capacity == capacity {
      return known
    }
    let made = TensorBuffer(window: whole, capacity: capacity)
    windows[id.index] = made
    return made
  }

  /// Gives the tensors of a stage's blocks their memory.
  private func place(_ stage: Stage, _ form: PlanForm) {
    let graph = family.base.graph
    var offset = 0
    var places: [(id: TensorID, storage: Storage, capacity: Int, offset: Int)] = []
    for id in stage.locals {
      guard let planned = planned(id, form) else { continue }
      let capacity = graph[id].shape.count * stage.block
      places.append((id, planned.storage, capacity, offset))
      offset += (capacity * planned.storage.stride + 63) / 64 * 64
    }
    if offset > localMemory.capacity {
      locals = [:]
      localMemory = TensorBuffer(storage: .uint8, capacity: offset)
    }
    for place in places {
      if let known = locals[place.id.index], known.offset == place.offset,
        known.buffer.storage == place.storage, known.buffer.capacity == place.capacity
      {
        continue
      }
      locals[place.id.index] = (
        TensorBuffer(
          sharing: localMemory, from: place.offset, storage: place.storage,
          capacity: place.capacity), place.offset
      )
    }
  }

  private func run(_ stage: Stage, _ form: PlanForm) {
    let graph = family.base.graph
    let block = stage.block
    var moving: [(window: TensorBuffer, whole: TensorBuffer, pitch: Int)] = []
    for id in stage.reads + stage.writes {
      guard let whole = hold(id, form), let window = window(id, form, in: stage) else { continue }
      moving.append((window, whole, graph[id].shape.count * whole.storage.stride))
    }
    place(stage, form)
    var bytes = 64
    let steps = stage.steps.map { step in
      let node = graph.nodes[step.node]
      let kernel = form.nodes[step.node].planned.kernel
      bytes = max(bytes, kernel.scratchBytes(lanes: block))
      return (
        kernel: kernel, inputs: node.inputs.compactMap { window($0, form, in: stage) },
        outputs: node.outputs.compactMap { window($0, form, in: stage) }, read: step.outputsRead
      )
    }
    if bytes > scratch.capacity { scratch = TensorBuffer(storage: .uint8, capacity: bytes) }
    for first in stride(from: 0, to: samples.count, by: block) {
      for entry in moving { entry.window.move(to: entry.whole, byte: first * entry.pitch) }
      let used = min(block, samples.count - first)
      for step in steps {
        step.kernel.run(
          KernelOperands(
            inputs: step.inputs, outputs: step.outputs, scratch: scratch, lanes: block,
            usedLanes: used, outputsRead: step.read))
      }
    }
  }

  // MARK: Results

  /// A wanted tensor after a run, for all samples in their order, row-major.
  ///
  /// - Returns: codes of the form's encoding; nil before a run, or for a tensor that is not wanted.
  public func elements(of id: TensorID) -> Codes? {
    guard let form = current else { return nil }
    if let constant = form.graph[id].constant { return constant.repeating(samples.count) }
    guard let key = key(id, form), let whole = held[key]?.buffer,
      let planned = planned(id, form)
    else { return nil }
    return whole.codes(
      samples: samples.count, size: form.graph[id].shape.count,
      lanes: isSampleMajor ? nil : lanes, image: planned.channelsLast)
  }

  /// Calls `body` with the numbers of a wanted tensor in float64 as they are stored, images with
  /// channels innermost.
  ///
  /// - Precondition: the form, nil for the last one that ran, has the tensor in float64.
  package func withNumbers<Result>(
    of id: TensorID, under form: PlanForm? = nil, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    guard let form = form ?? current, let key = key(id, form), let whole = held[key]?.buffer,
      whole.storage == .float64
    else { preconditionFailure("a wanted tensor in float64") }
    return body(
      UnsafeBufferPointer(
        start: whole.rows(as: Double.self), count: samples.count * form.graph[id].shape.count))
  }

  /// Forgets the results of the last form, which nothing else reads.
  public func drop(_ id: TensorID) {
    guard let form = current, let key = key(id, form), let entry = held.removeValue(forKey: key)
    else { return }
    bytes -= entry.bytes
  }
}
