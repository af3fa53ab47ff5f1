public import QuantGraph

/// A piece of memory and the steps that need it.
public struct ArenaBuffer: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    case tensor(TensorID)
    /// Working memory of a step, in the order that the kernel asks for it.
    case scratch(step: Int, number: Int)
    /// A tensor of a routine that an operator calls.
    case called(routine: Int, tensor: Int)
  }

  /// What it holds; several tensors where operators work in place.
  public let contents: [Content]
  /// Bytes asked for, before alignment.
  public let bytes: Int
  public let lifetime: Lifetime
  /// Where the file wants it, from the arena's beginning; nil where a planner chooses.
  public let offset: Int?

  public init(contents: [Content], bytes: Int, lifetime: Lifetime, offset: Int? = nil) {
    self.contents = contents
    self.bytes = bytes
    self.lifetime = lifetime
    self.offset = offset
  }
}

extension ArenaBuffer {
  /// The buffer of a called routine's tensor.
  init(_ tensor: TensorLifetimes.CalledTensor, in graph: Graph) {
    self.init(
      contents: [.called(routine: tensor.routine, tensor: tensor.tensor)], bytes: tensor.bytes,
      lifetime: tensor.lifetime,
      offset: graph.program?.offset(ofTensor: tensor.tensor, routine: tensor.routine))
  }
}

extension RuntimeProgram {
  /// The offset that the file asks for; nil where a planner chooses.
  ///
  /// Offsets are those of the main tensors, then of each routine in the file's order. Source:
  /// tflite-micro, `micro_allocation_info.cc`, `AddTensors`.
  func offset(ofTensor tensor: Int, routine: Int? = nil) -> Int? {
    var position = tensor
    if let routine {
      position += tensorCount + calls[..<routine].reduce(0) { $0 + $1.tensorBytes.count }
    } else if tensor >= tensorCount {
      return nil
    }
    return offsets.indices.contains(position) ? offsets[position] : nil
  }
}

/// The buffers that one arena has to hold.
public struct ArenaRequest: Sendable, Hashable {
  /// Tensors in the order of their number in the graph, then scratch buffers in the order of steps.
  public let buffers: [ArenaBuffer]
  /// Each buffer begins at a multiple of this many bytes and its size is rounded up to one.
  public let alignment: Int
  /// Sizes rounded up, one a buffer; their sum fits in `Int`.
  public let alignedBytes: [Int]

  /// - Throws: ``ArenaError`` for a negative size, an alignment below 1, or sizes whose sum is beyond
  ///   `Int`.
  public init(buffers: [ArenaBuffer], alignment: Int = 16) throws(ArenaError) {
    guard alignment > 0 else { throw .invalidRequest(reason: "alignment \(alignment)") }
    var sizes: [Int] = []
    var total = 0
    for buffer in buffers {
      guard buffer.bytes >= 0 else {
        throw .invalidRequest(reason: "a buffer of \(buffer.bytes) bytes")
      }
      if let offset = buffer.offset {
        guard offset >= 0 else { throw .invalidRequest(reason: "a buffer at \(offset)") }
        // The end of the arena is at most the sum of all.
        total = try sum(total, offset, of: "all buffers together")
      }
      let size = try aligned(buffer.bytes, to: alignment, of: "a buffer")
      total = try sum(total, size, of: "all buffers together")
      sizes.append(size)
    }
    self.buffers = buffers
    self.alignment = alignment
    alignedBytes = sizes
  }

  /// What a run of `graph` needs: every tensor that is computed or given, and scratch.
  ///
  /// Constants and state tensors are elsewhere (flash, persistent memory) and not asked for, nor are
  /// tensors that no node reads or writes.
  ///
  /// - Throws: ``ArenaError/sizeOverflow(object:)`` if a size is beyond `Int`.
  public init(
    _ graph: Graph, storage: ElementStorage = .wholeBytes, scratch: ScratchModel = .none,
    alignment: Int = 16
  ) throws(ArenaError) {
    try self.init(
      graph, lifetimes: TensorLifetimes(graph), storage: storage, scratch: scratch,
      alignment: alignment)
  }

  /// As above, with lifetimes that are already known.
  public init(
    _ graph: Graph, lifetimes: TensorLifetimes, storage: ElementStorage, scratch: ScratchModel,
    alignment: Int = 16, pointerBytes: Int = 4
  ) throws(ArenaError) {
    var buffers: [ArenaBuffer] = []
    for (index, lifetime) in lifetimes.tensors.enumerated() {
      guard let lifetime else { continue }
      let bytes = try storage.bytes(of: graph.tensors[index])
      guard bytes > 0 else { continue }
      buffers.append(
        ArenaBuffer(
          contents: [.tensor(TensorID(index))], bytes: bytes, lifetime: lifetime,
          offset: graph.program?.offset(ofTensor: index)))
    }
    buffers += lifetimes.called.map { ArenaBuffer($0, in: graph) }
    for (step, entry) in lifetimes.steps.enumerated() {
      let requests = try scratch.buffers(of: entry, in: graph, pointerBytes: pointerBytes)
      for (number, bytes) in requests.enumerated() where bytes > 0 {
        buffers.append(
          ArenaBuffer(
            contents: [.scratch(step: step, number: number)], bytes: bytes,
            lifetime: Lifetime(first: step, last: step)))
      }
    }
    try self.init(buffers: buffers, alignment: alignment)
  }

  /// The bytes that no plan can do without: the largest sum of aligned sizes alive at one step.
  ///
  /// - Complexity: O(n log n) for n buffers.
  public var livenessBound: Int {
    let starts = buffers.indices.sorted { buffers[$0].lifetime.first < buffers[$1].lifetime.first }
    let ends = buffers.indices.sorted { buffers[$0].lifetime.last < buffers[$1].lifetime.last }
    var (live, largest, ended) = (0, 0, 0)
    for start in starts {
      while buffers[ends[ended]].lifetime.last < buffers[start].lifetime.first {
        live -= alignedBytes[ends[ended]]
        ended += 1
      }
      live += alignedBytes[start]
      largest = max(largest, live)
    }
    return largest
  }
}
