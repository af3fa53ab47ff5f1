import Arith
public import QuantGraph

/// The persistent part of TensorFlow Lite Micro's arena: structures that live as long as the model.
///
/// It grows down from the arena's end; each allocation is aligned downwards. The order of allocations
/// is that of tflite-micro's `micro_allocator.cc` and `micro_interpreter.cc` (commit 90b983c2).
public struct PersistentTail: Sendable, Hashable {
  /// The processor and build that the sizes of the structures depend on.
  public enum Host: String, Hashable, Sendable, CaseIterable {
    /// 64-bit x86 with the recording allocator, as the Python package 0.dev20261023182759 is built:
    /// exact (measured: conformance/mcu/memory.json).
    case host64
    /// A 32-bit Arm core with the plain allocator: structure sizes from the sources' layout under the
    /// Arm ABI, not measured.
    case arm32

    /// Whether figures for this host are a model rather than measured sizes.
    public var isEstimate: Bool { self == .arm32 }
  }

  /// Bytes by purpose, alignment included, in the order of their first allocation.
  public struct Part: Sendable, Hashable {
    public enum Purpose: String, Hashable, Sendable, CaseIterable {
      /// The allocator's own structures and the operators' options.
      case runtime
      /// One small structure a tensor of the file.
      case evalTensors = "eval-tensors"
      /// One structure an operator.
      case nodes
      /// What kernels keep: parameters, multipliers and shifts a channel, tables.
      case kernelData = "kernel-data"
      /// One pointer a scratch buffer.
      case scratchHandles = "scratch-handles"
      /// State tensors.
      case variables
      /// Full structures of the graph's inputs and outputs.
      case tensors
      /// Scales and zero points of the graph's inputs and outputs.
      case quantization
    }

    public let purpose: Purpose
    public let bytes: Int
  }

  public let host: Host
  public let parts: [Part]
  /// Sum of the parts.
  public let bytes: Int

  /// - Throws: ``ArenaError/sizeOverflow(object:)`` if a size is beyond `Int`.
  public init(
    _ graph: Graph, steps: [ScheduleStep], host: Host, scratch: ScratchModel = .tflmReference
  ) throws(ArenaError) {
    let sizes = TFLMStructures(host, scratch)
    var tail = TailAllocator()
    for structure in sizes.allocators { try tail.allocate(structure, for: .runtime) }
    let calls = graph.program?.calls ?? []
    if let variables = graph.program?.variableBytes, !variables.isEmpty {
      // Before all others: the table of variables.
      try tail.allocate(.init(sizes.variables.bytes, alignment: 16), for: .runtime)
      let table = try product(sizes.variable.bytes, variables.count, of: "variables")
      try tail.allocate(.init(table, alignment: 16), for: .runtime)
    }
    try tail.allocate(sizes.subgraph, count: 1 + calls.count, for: .runtime)
    let tensorCount = graph.program?.tensorCount ?? Self.fileTensorCount(graph, steps: steps)
    for count in [tensorCount] + calls.map(\.tensorBytes.count) {
      try tail.allocate(sizes.evalTensor, count: count, for: .evalTensors)
    }
    let main = graph.program?.main.count ?? steps.count - 1
    for count in [main] + calls.map(\.steps.count) {
      try tail.allocate(sizes.node, count: count, for: .nodes)
    }

    let operators: [TFLMOperator]
    if let program = graph.program {
      operators = (program.main + calls.flatMap(\.steps)).map {
        TFLMOperator(
          graph, step: ScheduleStep(name: $0.name, nodes: $0.nodes, operatorName: $0.name))
      }
    } else {
      operators = steps.dropFirst().map { TFLMOperator(graph, step: $0) }
    }
    for entry in operators {
      if let options = entry.options(sizes) { try tail.allocate(options, for: .runtime) }
    }
    for entry in operators {
      if let data = entry.data(sizes) {
        try tail.allocate(.init(data, alignment: 16), for: .kernelData)
      }
    }
    var handles = 0
    for entry in operators {
      for bytes in try entry.prepared(sizes) {
        try tail.allocate(.init(bytes, alignment: 16), for: .kernelData)
      }
      handles += try scratch.buffers(of: entry.step, in: graph, pointerBytes: 4).count
    }
    if handles > 0 { try tail.allocate(sizes.pointer, count: handles, for: .scratchHandles) }
    // Variables that operators read and assign are no tensors of the file.
    for state in graph.states where state.tensor.index < tensorCount {
      let bytes = try ElementStorage.wholeBytes.bytes(of: graph[state.tensor])
      try tail.allocate(.init(bytes, alignment: 16), for: .variables)
    }
    for bytes in graph.program?.variableBytes ?? [] {
      try tail.allocate(.init(bytes, alignment: 16), for: .variables)
    }
    for ids in [graph.inputs, graph.outputs] {
      let pointers = try product(sizes.pointer.bytes, ids.count, of: "inputs and outputs")
      try tail.allocate(.init(pointers, alignment: 16), for: .kernelData)
      for id in ids {
        try tail.allocate(sizes.tensor, for: .tensors)
        if case .affine(let format) = graph[id].encoding, !format.zeroPoints.isEmpty {
          try tail.allocate(sizes.quantization, for: .quantization)
          let zeroPoints = try sum(4, product(4, format.scales.count, of: "scales"), of: "scales")
          try tail.allocate(.init(zeroPoints, alignment: 4), for: .quantization)
        }
      }
    }
    self.host = host
    parts = tail.parts
    bytes = tail.used
  }

  /// Tensors that the model's file has: all but those that an importer adds for the next value of a
  /// state and inside an operator.
  private static func fileTensorCount(_ graph: Graph, steps: [ScheduleStep]) -> Int {
    var added = Set(graph.states.map(\.next))
    for entry in steps where entry.nodes.count > 1 {
      let nodes = graph.nodes[entry.nodes]
      let read = Set(nodes.flatMap(\.inputs))
      added.formUnion(nodes.flatMap(\.outputs).filter { read.contains($0) })
    }
    return graph.tensors.count - added.count
  }
}

/// A structure of the runtime.
struct StructureSize: Sendable, Hashable {
  let bytes: Int
  let alignment: Int

  init(_ bytes: Int, alignment: Int) {
    self.bytes = bytes
    self.alignment = alignment
  }
}

/// Allocates downwards from an end that is a multiple of 16.
private struct TailAllocator {
  private(set) var used = 0
  private(set) var parts: [PersistentTail.Part] = []

  mutating func allocate(
    _ structure: StructureSize, count: Int = 1, for purpose: PersistentTail.Part.Purpose
  ) throws(ArenaError) {
    let bytes = try product(structure.bytes, count, of: purpose.rawValue)
    let end = try aligned(
      sum(used, bytes, of: purpose.rawValue), to: structure.alignment, of: purpose.rawValue)
    let grown = end - used
    used = end
    if let index = parts.firstIndex(where: { $0.purpose == purpose }) {
      parts[index] = .init(purpose: purpose, bytes: parts[index].bytes + grown)
    } else {
      parts.append(.init(purpose: purpose, bytes: grown))
    }
  }
}
