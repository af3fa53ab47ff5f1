import Arith
import QuantGraph

/// One run of the search: the observed samples, the graph's own codes, and what was tried.
struct DiagnosisSearch {
  private let diagnosis: Diagnosis
  private let graph: Graph
  private let observed: ObservedSamples
  /// Tensors whose values must come out, and the node after which the last of them is there.
  private let targets: [(tensor: TensorID, values: TensorValues)]
  private let candidates: [Int]
  /// Samples that tell changes apart quickly: a few that differ, then a few that do not.
  private let probe: [Int]
  private let baseline: [TensorID: [[Int512]]]
  private var work = 0
  private var tried = 0
  private var causes: [Cause] = []

  init(
    _ diagnosis: Diagnosis, observed: ObservedSamples, divergent: Int
  ) throws(Diagnostic) {
    self.diagnosis = diagnosis
    graph = diagnosis.graph
    self.observed = observed
    let outputs = graph.nodes[divergent].outputs
    let graph = diagnosis.graph
    let targets = observed.expected.filter { outputs.contains($0.tensor) }
    self.targets = targets
    let all = Array(0..<observed.count)
    let baseline = try Self.codes(diagnosis, graph, observed, samples: all)
    self.baseline = baseline
    var differing: [Int] = []
    var same: [Int] = []
    for sample in all {
      let isEqual = targets.allSatisfy { target in
        guard let codes = baseline[target.tensor] else { return true }
        return Self.matches(
          codes[sample], graph[target.tensor], target.values, sample, diagnosis.matchesPrinted)
      }
      if isEqual { same.append(sample) } else { differing.append(sample) }
    }
    probe = Array(differing.prefix(6) + same.prefix(4))
    candidates = Self.candidates(
      graph, divergent: divergent,
      verified: Set(observed.expected.map(\.tensor)).subtracting(outputs))
  }

  /// Nodes whose change would show at `divergent` and not earlier: it and its ancestors up to
  /// tensors that were observed (and found equal, or another node would have been first).
  private static func candidates(
    _ graph: Graph, divergent: Int, verified: Set<TensorID>
  ) -> [Int] {
    var producers: [TensorID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for id in node.outputs { producers[id] = index }
    }
    var found: Set<Int> = [divergent]
    var open = [divergent]
    while let index = open.popLast() {
      for id in graph.nodes[index].inputs where !verified.contains(id) {
        if let producer = producers[id], found.insert(producer).inserted { open.append(producer) }
      }
    }
    return found.sorted()
  }

  mutating func run() throws(Diagnostic) -> MismatchExplanation {
    guard !targets.isEmpty, !probe.isEmpty, targets.allSatisfy({ $0.values.isFinite }) else {
      return MismatchExplanation(causes: [], tried: 0, isComplete: true)
    }
    var isComplete = true
    // The divergent node itself is the most likely place.
    for index in diagnosis.limits.onlyResultTypes ? candidates.suffix(1) : candidates.reversed() {
      let reach = candidates.count == 1 ? 8 : 4
      var list = HypothesisList(
        graph: graph, nodeIndex: index, originals: diagnosis.originals, reach: reach
      ).hypotheses()
      if diagnosis.limits.onlyResultTypes { list.removeAll { $0.object != .result } }
      let suffix = try Suffix(graph, after: index, to: targets.map(\.tensor))
      let count = affordable(list.count, each: graph.products(of: index) * 2 + 1000)
      let search = self
      causes += concurrently(count, suffix) { position, runner in
        search.cause(list[position], at: index, suffix: suffix, runner: runner)
      }
      let triesAll =
        diagnosis.limits.onlyResultTypes || testValues(at: index, suffix: suffix)
      if count < list.count || !triesAll || !diagnosis.limits.mayGoOn() {
        isComplete = false
      }
      guard diagnosis.limits.mayGoOn() else { break }
    }
    let ranked = causes.enumerated().sorted {
      ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
    }
    let divergent = differingValues()
    var explanation = MismatchExplanation(
      causes: ranked.map(\.element), tried: tried, isComplete: isComplete,
      differing: divergent.count)
    if causes.isEmpty, !diagnosis.limits.onlyResultTypes {
      explanation.otherWeights = otherWeights(divergent)
    }
    return explanation
  }

  /// Values of the targets that differ: how many, and in which channels of the last axis.
  private func differingValues() -> (count: Int, channels: Set<Int>) {
    var count = 0
    var channels: Set<Int> = []
    for target in targets {
      let tensor = graph[target.tensor]
      guard case .fixed(let format) = tensor.encoding, let codes = baseline[target.tensor] else {
        continue
      }
      let last = max(tensor.shape.extents.last ?? 1, 1)
      for (sample, row) in codes.enumerated() {
        let start = sample * tensor.shape.count
        for (element, code) in row.enumerated()
        where !Self.matches(code, format, target.values, start + element, diagnosis.matchesPrinted)
        {
          count += 1
          channels.insert(element % last)
        }
      }
    }
    return (count, channels)
  }

  /// That the divergent layer's weights are others: its inputs were observed and agree (or are the
  /// model's), and no single change explains its results.
  private func otherWeights(_ differing: (count: Int, channels: Set<Int>)) -> OtherWeights? {
    guard candidates.count == 1, let index = candidates.first, let target = targets.first,
      targets.count == 1, graph.nodes[index].outputs == [target.tensor]
    else { return nil }
    switch graph.nodes[index].operation {
    case .dense, .convolution, .normalize: break
    default: return nil
    }
    let shape = graph[target.tensor].shape
    return OtherWeights(
      node: index, channels: differing.channels.count,
      channelCount: max(shape.extents.last ?? 1, 1), values: differing.count,
      valueCount: shape.count * observed.count)
  }

  /// Changes of `count` that the work limit allows, counted as tried.
  private mutating func affordable(_ count: Int, each cost: Int) -> Int {
    let allowed = min(count, max(0, (diagnosis.limits.work - work) / max(cost, 1)))
    work += allowed * cost
    tried += allowed
    return allowed
  }

  /// The causes that `test` finds among `count` changes, in their order whatever the threads.
  private func concurrently(
    _ count: Int, _ suffix: Suffix, _ test: (Int, PlanRunner?) -> Cause?
  ) -> [Cause] {
    withoutActuallyEscaping(test) { test in
      nonisolated(unsafe) let test = test
      let mayGoOn = diagnosis.limits.mayGoOn
      return ParallelFor.map(count, threads: diagnosis.threads, state: { suffix.runner() }) {
        runner, position in mayGoOn() ? test(position, runner) : nil
      }
    }.compactMap(\.self)
  }

  /// Samples by which a change is refused, a few first: most fail at the first that differs.
  private var stages: [[Int]] { [Array(probe.prefix(1)), probe, Array(0..<observed.count)] }

  // MARK: Types, tables and order

  /// The cause that `hypothesis` is, if it reproduces every sample.
  private func cause(
    _ hypothesis: Hypothesis, at index: Int, suffix: Suffix, runner: PlanRunner?
  ) -> Cause? {
    guard let changedGraph = hypothesis.graph() else { return nil }
    var suffix = suffix
    var runner = runner
    if hypothesis.changesInterface,
      targets.contains(where: { !graph.nodes[index].outputs.contains($0.tensor) })
    {
      guard let rebuilt = try? Suffix(changedGraph, after: index, to: targets.map(\.tensor))
      else { return nil }
      suffix = rebuilt
      runner = rebuilt.runner()
    }
    for samples in stages {
      guard let changed = evaluate(changedGraph, at: index, samples: samples),
        reproduces(
          changed, changedGraph, at: index, suffix: suffix, runner: runner, samples: samples)
      else { return nil }
    }
    return Cause(
      kind: hypothesis.kind, object: hypothesis.object, node: graph.nodes[index].name,
      detail: hypothesis.detail, reproduces: reproducedValues,
      cost: hypothesis.cost + distanceCost(index))
  }

  private var reproducedValues: Int {
    targets.reduce(0) { $0 + graph[$1.tensor].shape.count } * observed.count
  }

  /// Among equal explanations the one nearest to where the difference was seen comes first.
  private func distanceCost(_ index: Int) -> Double {
    0.3 * Double((candidates.last ?? index) - index) / Double(max(candidates.count, 1))
  }

  /// The changed node's output codes, an array a sample for each output; nil if it cannot run.
  private func evaluate(
    _ changedGraph: Graph, at index: Int, samples: [Int]
  ) -> [[[Int512]]]? {
    let node = changedGraph.nodes[index]
    var inputs: [[[Int512]]] = []
    for sample in samples {
      var operands: [[Int512]] = []
      for id in node.inputs where graph[id].constant == nil {
        if let position = graph.inputs.firstIndex(of: id) {
          // The input may have another type: assign the file's values again.
          guard
            let codes = Self.assign(
              observed.inputs[position], sample: sample, to: changedGraph[id])
          else { return nil }
          operands.append(codes)
        } else if let codes = baseline[id] {
          operands.append(codes[sample])
        }
      }
      inputs.append(operands)
    }
    guard
      let (outputs, _) = try? diagnosis.datapath.trace(node, in: changedGraph, samples: inputs)
    else { return nil }
    return node.outputs.indices.map { output in outputs.map { $0[output] } }
  }

  /// The codes that assigning one sample of `values` to a fixed-point tensor gives.
  private static func assign(
    _ values: TensorValues, sample: Int, to tensor: Tensor
  ) -> [Int512]? {
    guard case .fixed(let format) = tensor.encoding else { return nil }
    let range = (sample * tensor.shape.count)..<((sample + 1) * tensor.shape.count)
    switch values {
    case .codes(let codes): return codes[range].map { Int512($0) }
    case .values(let numbers), .printed(let numbers, _), .rounded(let numbers, _):
      return numbers[range].map { format.cast($0, as: Int512.self) }
    }
  }

  /// Whether the targets come out when the node's outputs are `changed` for `samples`.
  private func reproduces(
    _ changed: [[[Int512]]], _ changedGraph: Graph, at index: Int, suffix: Suffix,
    runner: PlanRunner?, samples: [Int]
  ) -> Bool {
    suffix.codes(
      changed: zip(graph.nodes[index].outputs, changed), baseline: baseline, samples: samples,
      runner: runner
    ) { tensor, position, codes in
      guard let target = targets.first(where: { $0.tensor == tensor }) else { return true }
      return Self.matches(
        codes, changedGraph[tensor], target.values, samples[position], diagnosis.matchesPrinted)
    }
  }

  static func matches(
    _ codes: [Int512], _ tensor: Tensor, _ values: TensorValues, _ sample: Int,
    _ matchesPrinted: PrintedMatch
  ) -> Bool {
    guard case .fixed(let format) = tensor.encoding else { return false }
    let start = sample * tensor.shape.count
    return codes.indices.allSatisfy {
      matches(codes[$0], format, values, start + $0, matchesPrinted)
    }
  }

  private static func matches(
    _ code: Int512, _ format: FixedPointFormat, _ values: TensorValues, _ position: Int,
    _ matchesPrinted: PrintedMatch
  ) -> Bool {
    if case .codes(let expected) = values { return Int512(expected[position]) == code }
    return values.holds(format.value(of: code), at: position, matchesPrinted)
  }

  /// Codes of every tensor for `samples`, an array a sample.
  private static func codes(
    _ diagnosis: Diagnosis, _ graph: Graph, _ observed: ObservedSamples, samples: [Int]
  ) throws(Diagnostic) -> [TensorID: [[Int512]]] {
    let plan: Plan
    do throws(PlanProblems) {
      plan = try Plan(graph, on: diagnosis.datapath)
    } catch {
      throw error.diagnostics(file: nil).first
        ?? Diagnostic(code: "datapath.unsupported", message: "the graph cannot run")
    }
    let kept = Set(
      graph.tensors.indices.filter { graph.tensors[$0].constant == nil }.map(TensorID.init))
    let runner = PlanRunner(plan, keeping: kept)
    var codes: [TensorID: [[Int512]]] = [:]
    var first = 0
    while first < samples.count {
      let used = min(runner.lanes, samples.count - first)
      do throws(InputError) {
        for (id, values) in zip(graph.inputs, observed.inputs) {
          try runner.load(values, first: first, count: used, into: id, wrapsCodes: true)
        }
      } catch {
        throw Diagnostic(error)
      }
      runner.run(usedLanes: used)
      for id in kept where runner.buffer(of: id) != nil {
        for lane in 0..<used { codes[id, default: []].append(runner.wideCodes(of: id, lane: lane)) }
      }
      first += used
    }
    return codes
  }

  // MARK: Single values

  /// Tries changes of one weight or bias of an accumulating node.
  ///
  /// - Returns: false if the work limit ended the search.
  private mutating func testValues(at index: Int, suffix: Suffix) -> Bool {
    let binding = HLSBinding(node: graph.nodes[index], graph: graph)
    guard let width = try? binding.width(), width <= 63,
      let (geometry, types) = try? binding.accumulation(),
      let step = try? binding.step(Int64.self) as? AccumulateStep<Int64>
    else { return true }
    let node = graph.nodes[index]
    let isLocal = targets.contains { node.outputs.contains($0.tensor) }
    guard let data = node.inputs.first, let inputs = baseline[data],
      let before = baseline[node.outputs[0]]
    else { return true }
    let search = ValueSearch(
      graph: graph, node: node, geometry: geometry, types: types, step: step,
      data: inputs.map { $0.map(\.low64) }, before: before.map { $0.map(\.low64) },
      originals: diagnosis.originals)
    let outputs = isLocal ? differingOutputs(node, before, geometry) : Array(geometry.terms.indices)
    // One weight or bias reaches one output channel.
    if isLocal && outputs.count != 1 { return true }
    var changes = outputs.flatMap { search.changes(of: $0) }
    if isLocal {
      let known = Set(changes.map { [Int64($0.position), $0.isBias ? 1 : 0, $0.after] })
      changes += outputs.flatMap { output in
        search.solved(of: output) { observedDifference(node.outputs[0], before, $0, $1) }
      }.filter { !known.contains([Int64($0.position), $0.isBias ? 1 : 0, $0.after]) }
    }
    let terms = geometry.terms.map(\.count).max() ?? 0
    let count = affordable(changes.count, each: terms * geometry.positions * 2 + 200)
    let own = self
    causes += concurrently(count, suffix) { position, runner in
      own.cause(changes[position], search, at: index, suffix: suffix, runner: runner)
    }
    return count == changes.count
  }

  private func cause(
    _ change: ValueSearch.Change, _ search: ValueSearch, at index: Int, suffix: Suffix,
    runner: PlanRunner?
  ) -> Cause? {
    for samples in stages {
      // The first sample is one that differs: codes that stay as they were explain nothing.
      guard let changed = search.evaluate(change, samples: samples),
        reproduces(
          [changed.map { $0.map { Int512($0) } }], graph, at: index, suffix: suffix,
          runner: runner, samples: samples)
      else { return nil }
    }
    return Cause(
      kind: .value, object: change.isBias ? .bias : .weight, node: graph.nodes[index].name,
      detail: search.words(for: change), reproduces: reproducedValues,
      cost: change.cost + distanceCost(index))
  }

  /// What was observed of an element less what the graph gives; 0 where nothing was observed.
  private func observedDifference(
    _ tensor: TensorID, _ codes: [[Int512]], _ sample: Int, _ element: Int
  ) -> Double {
    guard let target = targets.first(where: { $0.tensor == tensor }),
      case .fixed(let format) = graph[tensor].encoding
    else { return 0 }
    let position = sample * graph[tensor].shape.count + element
    let observed: Double
    switch target.values {
    case .codes(let values): observed = format.value(of: Int512(values[position]))
    default: observed = target.values.numbers?[position] ?? 0
    }
    return observed - format.value(of: codes[sample][element])
  }

  /// Output channels of `node` in which the probe samples differ.
  private func differingOutputs(
    _ node: Node, _ before: [[Int512]], _ geometry: AccumulationGeometry
  ) -> [Int] {
    guard let target = targets.first(where: { node.outputs.contains($0.tensor) }),
      case .fixed(let format) = graph[target.tensor].encoding
    else { return [] }
    var channels: Set<Int> = []
    for sample in 0..<observed.count {
      let start = sample * graph[target.tensor].shape.count
      for (element, code) in before[sample].enumerated() {
        if !Self.matches(code, format, target.values, start + element, diagnosis.matchesPrinted) {
          channels.insert(element % geometry.outputsPerPosition)
        }
      }
    }
    return channels.sorted()
  }
}

extension Graph {
  /// Products that node `index` computes for one sample, at least its result elements.
  func products(of index: Int) -> Int {
    let node = nodes[index]
    let result = self[node.outputs[0]].shape.count
    switch node.operation {
    case .dense: return self[node.inputs[1]].shape.count
    case .convolution(let convolution):
      let taps = convolution.kernel.reduce(1, *)
      let channels = convolution.isDepthwise ? 1 : self[node.inputs[0]].shape.extents.last ?? 1
      return result * taps * channels
    default: return result
    }
  }
}
