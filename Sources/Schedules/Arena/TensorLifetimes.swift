public import QuantGraph

/// One step of a run: an operator of the model, or the arrival of its inputs.
public struct ScheduleStep: Sendable, Hashable {
  /// Name of the operator's first node; `inputs` for step 0.
  public let name: String
  /// Positions in `Graph.nodes`; empty for step 0.
  ///
  /// An importer may write one operator of a file as several nodes.
  public let nodes: Range<Int>
  /// The operator's name in its file; nil where the graph does not know it.
  public let operatorName: String?

  init(name: String, nodes: Range<Int>, operatorName: String? = nil) {
    self.name = name
    self.nodes = nodes
    self.operatorName = operatorName
  }
}

/// The steps of a graph and when its tensors are in memory.
///
/// Source: tflite-micro, `micro_allocation_info.cc`: inputs exist from step 0 on, each operator is a
/// step, a result lives from its producer's step to its last reader's (its producer's own if nothing
/// reads it), and outputs live to the end. What an operator calls follows it: a step that begins it,
/// then its operators.
public struct TensorLifetimes: Sendable, Hashable {
  public let steps: [ScheduleStep]
  /// One a tensor of the graph; nil for constants, states and what replaces them, tensors that
  /// exist only inside a step, and tensors that nothing touches.
  public let tensors: [Lifetime?]
  /// Tensors of what operators call, in the order of the file.
  public let called: [CalledTensor]

  /// A tensor of a routine that an operator calls.
  public struct CalledTensor: Sendable, Hashable {
    /// Position in `RuntimeProgram.calls`, and the tensor's number there.
    public let routine: Int
    public let tensor: Int
    public let bytes: Int
    public let lifetime: Lifetime
  }

  public init(_ graph: Graph) {
    self = graph.program.map { TensorLifetimes(graph, $0) } ?? TensorLifetimes(nodesOf: graph)
  }

  private init(nodesOf graph: Graph) {
    called = []
    steps = Self.steps(of: graph)
    var first = [Int?](repeating: nil, count: graph.tensors.count)
    var last = first
    for id in graph.inputs {
      first[id.index] = 0
      last[id.index] = 0
    }
    for (step, entry) in steps.enumerated() {
      for node in graph.nodes[entry.nodes] {
        for id in node.outputs {
          first[id.index] = step
          last[id.index] = step
        }
        for id in node.inputs { last[id.index] = step }
      }
    }
    let inside = Self.temporaries(of: graph, steps: steps, first: first, last: last)
    let end = steps.count - 1
    for id in graph.outputs where first[id.index] != nil { last[id.index] = end }
    let elsewhere = Set(graph.states.flatMap { [$0.tensor, $0.next] })
    tensors = graph.tensors.indices.map { index in
      guard let from = first[index], let to = last[index],
        graph.tensors[index].constant == nil, !elsewhere.contains(TensorID(index)),
        !inside.contains(index)
      else { return nil }
      return Lifetime(first: from, last: to)
    }
  }

  private init(_ graph: Graph, _ program: RuntimeProgram) {
    var steps = [ScheduleStep(name: "inputs", nodes: 0..<0)]
    var spans = Spans(count: graph.tensors.count)
    var called: [CalledTensor] = []
    for id in graph.inputs { spans.touch(id.index, at: 0) }
    for (number, operation) in program.main.enumerated() {
      let step = steps.count
      for output in operation.outputs { spans.touch(output, at: step) }
      let name = operation.nodes.first.map { graph.nodes[$0].name } ?? operation.name
      steps.append(
        ScheduleStep(
          name: operation.nodes.isEmpty ? "\(name) #\(number)" : name, nodes: operation.nodes,
          operatorName: operation.name))
      if let callee = operation.callee {
        called += Self.call(callee, program.calls[callee], after: &steps)
      }
      for tensor in operation.inputs + operation.outputs where tensor >= 0 {
        spans.touch(tensor, at: steps.count - 1)
      }
    }
    for id in graph.outputs { spans.touch(id.index, at: steps.count - 1) }
    let states = Set(graph.states.flatMap { [$0.tensor.index, $0.next.index] })
    // Handles of variables are kept with the kernels' data.
    let made = Set(
      graph.inputs.map(\.index)
        + program.main.flatMap { $0.name == "VAR_HANDLE" ? [] : $0.outputs })
    self.steps = steps
    self.called = called
    tensors = graph.tensors.indices.map { index in
      made.contains(index) && !states.contains(index) ? spans[index] : nil
    }
  }

  /// The steps of a routine, and when its tensors are in memory.
  private static func call(
    _ number: Int, _ routine: RuntimeProgram.Routine, after steps: inout [ScheduleStep]
  ) -> [CalledTensor] {
    steps.append(ScheduleStep(name: "routine \(number + 1)", nodes: 0..<0))
    var spans = Spans(count: routine.tensorBytes.count)
    for (position, operation) in routine.steps.enumerated() {
      for tensor in operation.inputs + operation.outputs where tensor >= 0 {
        spans.touch(tensor, at: steps.count)
      }
      steps.append(
        ScheduleStep(
          name: "\(operation.name) #\(position) of routine \(number + 1)", nodes: 0..<0,
          operatorName: operation.name))
    }
    let handles = Set(routine.steps.flatMap { $0.name == "VAR_HANDLE" ? $0.outputs : [] })
    return routine.tensorBytes.enumerated().compactMap { tensor, bytes in
      guard let bytes, !handles.contains(tensor), let lifetime = spans[tensor] else { return nil }
      return CalledTensor(routine: number, tensor: tensor, bytes: bytes, lifetime: lifetime)
    }
  }

  /// The first and the last step that touches each tensor.
  private struct Spans {
    private var spans: [Lifetime?]

    init(count: Int) { spans = [Lifetime?](repeating: nil, count: count) }

    mutating func touch(_ index: Int, at step: Int) {
      guard spans.indices.contains(index) else { return }
      let known = spans[index]
      spans[index] = Lifetime(first: known?.first ?? step, last: max(known?.last ?? step, step))
    }

    subscript(index: Int) -> Lifetime? { spans[index] }
  }

  /// Nodes that follow each other and come from one place of the source are one operator.
  private static func steps(of graph: Graph) -> [ScheduleStep] {
    var steps = [ScheduleStep(name: "inputs", nodes: 0..<0)]
    var start = 0
    for index in graph.nodes.indices {
      let next = index + 1
      if next < graph.nodes.count, let origin = graph.nodes[index].origin,
        graph.nodes[next].origin == origin
      {
        continue
      }
      steps.append(
        ScheduleStep(
          name: graph.nodes[start].name, nodes: start..<next,
          operatorName: operatorName(graph.nodes[start].origin)))
      start = next
    }
    return steps
  }

  /// `NAME` of an origin such as `operator 3 (NAME)`.
  private static func operatorName(_ origin: String?) -> String? {
    guard let origin, origin.hasPrefix("operator "), origin.last == ")",
      let start = origin.lastIndex(of: "(")
    else { return nil }
    return String(origin[origin.index(after: start)...].dropLast())
  }

  /// Tensors that one node of a step hands to another node of that step and no one else sees.
  private static func temporaries(
    of graph: Graph, steps: [ScheduleStep], first: [Int?], last: [Int?]
  ) -> Set<Int> {
    let seen = Set(graph.outputs)
    var inside: Set<Int> = []
    for entry in steps where entry.nodes.count > 1 {
      let nodes = graph.nodes[entry.nodes]
      let read = Set(nodes.flatMap(\.inputs))
      for id in nodes.flatMap(\.outputs)
      where read.contains(id) && !seen.contains(id) && first[id.index] == last[id.index] {
        inside.insert(id.index)
      }
    }
    return inside
  }
}
