public import QuantGraph

/// One step of a run: an operator of the model, or the arrival of its inputs.
public struct ScheduleStep: Sendable, Hashable {
  /// Name of the operator's first node; `inputs` for step 0.
  public let name: String
  /// Positions in ``Graph/nodes``; empty for step 0.
  ///
  /// An importer may write one operator of a file as several nodes.
  public let nodes: Range<Int>
}

/// The steps of a graph and when its tensors are in memory.
///
/// Source: tflite-micro, `micro_allocation_info.cc`: inputs exist from step 0 on, the operator at
/// position i runs at step i + 1, a result lives from its producer's step to its last reader's (its
/// producer's own if nothing reads it), and outputs live to the end.
public struct TensorLifetimes: Sendable, Hashable {
  public let steps: [ScheduleStep]
  /// One a tensor of the graph; nil for constants, states and what replaces them, tensors that
  /// exist only inside a step, and tensors that nothing touches.
  public let tensors: [Lifetime?]

  public init(_ graph: Graph) {
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
      steps.append(ScheduleStep(name: graph.nodes[start].name, nodes: start..<next))
      start = next
    }
    return steps
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
