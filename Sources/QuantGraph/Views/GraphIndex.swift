/// Where the tensors and nodes of a graph are found, built once with the graph.
///
/// Each look-up takes constant time.
public struct GraphIndex: Sendable {
  private let tensorNames: [String: Int]
  private let nodeNames: [String: Int]
  /// Position of the node that writes each tensor; -1 for none.
  private let producers: [Int32]
  /// Readers of tensor t are `readerList[readerStarts[t]..<readerStarts[t + 1]]`.
  private let readerStarts: [Int32]
  private let readerList: [Int32]

  /// - Precondition: the nodes refer to tensors that exist.
  init(tensors: [String: Int], nodes: [Node]) {
    tensorNames = tensors
    var names = [String: Int](minimumCapacity: nodes.count)
    let count = tensors.count
    var producers = [Int32](repeating: -1, count: count)
    var starts = [Int32](repeating: 0, count: count + 1)
    // A node that reads a tensor several times is one reader of it.
    var last = [Int32](repeating: -1, count: count)
    for (position, node) in nodes.enumerated() {
      names[node.name] = position
      for output in node.outputs { producers[output.index] = Int32(position) }
      for input in node.inputs where last[input.index] != Int32(position) {
        last[input.index] = Int32(position)
        starts[input.index + 1] += 1
      }
    }
    for tensor in 0..<count { starts[tensor + 1] += starts[tensor] }
    var next = starts
    var list = [Int32](repeating: 0, count: Int(starts[count]))
    for tensor in last.indices { last[tensor] = -1 }
    for (position, node) in nodes.enumerated() {
      for input in node.inputs where last[input.index] != Int32(position) {
        last[input.index] = Int32(position)
        list[Int(next[input.index])] = Int32(position)
        next[input.index] += 1
      }
    }
    nodeNames = names
    self.producers = producers
    readerStarts = starts
    readerList = list
  }

  /// The tensor with this name, or nil.
  public func tensor(named name: String) -> TensorID? { tensorNames[name].map(TensorID.init) }

  /// Position in ``Graph/nodes`` of the node with this name, or nil.
  public func node(named name: String) -> Int? { nodeNames[name] }

  /// Position in ``Graph/nodes`` of the node that writes a tensor; nil for inputs, states and
  /// parameters.
  public func producer(of id: TensorID) -> Int? {
    let position = producers[id.index]
    return position < 0 ? nil : Int(position)
  }

  /// Positions in ``Graph/nodes`` of the nodes that read a tensor, ascending, each once.
  public func readers(of id: TensorID) -> [Int] {
    readerList[Int(readerStarts[id.index])..<Int(readerStarts[id.index + 1])].map(Int.init)
  }

  /// How many nodes read a tensor.
  public func readerCount(of id: TensorID) -> Int {
    Int(readerStarts[id.index + 1] - readerStarts[id.index])
  }
}
