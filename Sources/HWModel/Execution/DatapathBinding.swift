import Arith
public import QuantGraph

/// Which datapath runs each node of a graph.
public struct DatapathBinding: Sendable {
  /// The first runs every node that no other one is named for.
  let datapaths: [any Datapath]
  /// Position in ``datapaths`` by the node's name.
  private let positions: [String: Int]

  /// - Parameters:
  ///   - common: runs every node that is not named.
  ///   - others: datapaths with the names of their nodes; of two that name a node the later one
  ///     runs it.
  public init(_ common: any Datapath, _ others: [(datapath: any Datapath, nodes: Set<String>)] = [])
  {
    datapaths = [common] + others.map(\.datapath)
    var positions: [String: Int] = [:]
    for (index, other) in others.enumerated() {
      for name in other.nodes { positions[name] = index + 1 }
    }
    self.positions = positions
  }

  /// The datapath of a node.
  public func datapath(of node: Node) -> any Datapath { datapaths[position(of: node)] }

  /// Names of nodes that are given a datapath of their own, sorted.
  var namedNodes: [String] { positions.keys.sorted() }

  func position(of node: Node) -> Int { positions[node.name] ?? 0 }
}

extension Plan {
  /// Binds each node to its own datapath.
  ///
  /// Each datapath prepares its own nodes as a graph; what lies between the nodes of two keeps its
  /// encoding. Where their storages differ, codes are converted at the border: integers to the type
  /// that the reader wants, and between lane-minor blocks and row-major samples.
  ///
  /// Numbers given for inputs are rounded as the datapath that reads the first input says. A graph
  /// whose nodes have one datapath is planned as by ``init(_:on:)``.
  ///
  /// - Throws: ``PlanProblems`` with every node that its datapath cannot run, and for tensors that
  ///   one datapath changes or stores as another one cannot read.
  public init(_ graph: Graph, binding: DatapathBinding) throws(PlanProblems) {
    let used = Set(graph.nodes.map(binding.position))
    let known = Set(graph.nodes.map(\.name))
    if let stranger = binding.namedNodes.first(where: { !known.contains($0) }) {
      throw PlanProblems(
        graph: graph,
        problems: [
          .init(
            node: nil,
            error: .parameter("binding", reason: "the graph has no node '\(stranger)'"))
        ])
    }
    if used.count <= 1 {
      let datapath = binding.datapaths[used.first ?? 0]
      try self.init(graph, on: datapath)
      return
    }
    let bound: (graph: Graph, rules: BoundDatapaths)
    do throws(DatapathError) {
      bound = try BoundDatapaths.prepare(graph, binding)
    } catch {
      throw PlanProblems(graph: graph, problems: [.init(node: nil, error: error)])
    }
    try self.init(bound.graph, on: bound.rules)
  }
}

/// The rules of a prepared graph whose nodes run on several datapaths.
struct BoundDatapaths: Datapath {
  let name: String
  let preferredLanes: Int?
  let inputRounding: FloatingPointRoundingRule
  private let datapaths: [any Datapath]
  /// Position of the datapath by the node's name.
  private let owners: [String: Int]
  /// Position of the datapath that decides each tensor's storage: the writer's, of what is given
  /// that of the first reader.
  private let tensorOwners: [Int]
  private let tensorNames: [String: Int]

  /// The graph with the nodes of every datapath as it prepares them, and who runs them.
  ///
  /// - Throws: ``DatapathError`` of a datapath that has no use for its nodes or that changes a tensor
  ///   which another one reads or writes.
  static func prepare(
    _ graph: Graph, _ binding: DatapathBinding
  ) throws(DatapathError) -> (graph: Graph, rules: BoundDatapaths) {
    var tensors = graph.tensors
    var nodes: [Node] = []
    var owners: [String: Int] = [:]
    let ending = Set(graph.outputs + graph.states.map(\.next))
    for position in binding.datapaths.indices {
      let own = graph.nodes.filter { binding.position(of: $0) == position }
      guard !own.isEmpty else { continue }
      let others = graph.nodes.filter { binding.position(of: $0) != position }
      let written = Set(own.flatMap(\.outputs))
      let readElsewhere = Set(others.flatMap(\.inputs)).union(ending)
      var seen: Set<TensorID> = []
      let inputs = own.flatMap(\.inputs).filter { id in
        !written.contains(id) && tensors[id.index].constant == nil && seen.insert(id).inserted
      }
      let outputs = own.flatMap(\.outputs).filter(readElsewhere.contains)
      let part: Graph
      do throws(GraphProblems) {
        part = try Graph(
          name: graph.name, tensors: tensors, nodes: own, inputs: inputs, outputs: outputs)
      } catch {
        throw .graph(error)
      }
      let prepared = try Self.prepared(part, on: binding.datapaths[position])
      tensors = prepared.tensors
      for node in prepared.nodes { owners[node.name] = position }
      nodes += prepared.nodes
    }
    do throws(GraphProblems) {
      let whole = try Graph(
        name: graph.name, tensors: tensors, nodes: nodes, inputs: graph.inputs,
        outputs: graph.outputs, states: graph.states)
      return (whole, BoundDatapaths(whole, binding.datapaths, owners: owners))
    } catch {
      throw .graph(error)
    }
  }

  /// Checks that what others see of a part is as it was.
  private static func prepared(
    _ part: Graph, on datapath: any Datapath
  ) throws(DatapathError) -> Graph {
    let prepared = try datapath.prepare(part)
    let border = Set(part.inputs + part.outputs)
    for (index, tensor) in part.tensors.enumerated()
    where prepared.tensors[index] != tensor
      && (border.contains(TensorID(index)) || prepared.tensors[index].name != tensor.name)
    {
      throw .encoding(
        operand: "'\(tensor.name)', which another datapath than \(datapath.name) has too,",
        expected: "what that datapath makes of it: \(prepared.tensors[index].encoding.name)")
    }
    guard prepared.inputs == part.inputs, prepared.outputs == part.outputs else {
      throw .parameter(
        "binding", reason: "\(datapath.name) gives its part of the graph other inputs or outputs")
    }
    return prepared
  }

  private init(_ graph: Graph, _ datapaths: [any Datapath], owners: [String: Int]) {
    self.datapaths = datapaths
    self.owners = owners
    var tensorOwners = [Int](repeating: 0, count: graph.tensors.count)
    for node in graph.nodes.reversed() {
      for id in node.inputs { tensorOwners[id.index] = owners[node.name] ?? 0 }
    }
    for node in graph.nodes {
      for id in node.outputs { tensorOwners[id.index] = owners[node.name] ?? 0 }
    }
    self.tensorOwners = tensorOwners
    tensorNames = Dictionary(
      uniqueKeysWithValues: graph.tensors.enumerated().map { ($1.name, $0) })
    let used = Set(owners.values).sorted().map { datapaths[$0] }
    name = used.map(\.name).joined(separator: " + ")
    preferredLanes = used.allSatisfy { $0.preferredLanes == 1 } ? 1 : nil
    let first = graph.inputs.first.map { tensorOwners[$0.index] } ?? 0
    inputRounding = datapaths[first].inputRounding
  }

  /// Asked with the node itself, in ``plan(_:in:inputs:)``.
  func supports(_ operation: Operator) -> Bool { true }

  func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try datapaths[tensorNames[tensor.name].map { tensorOwners[$0] } ?? 0].planInput(tensor)
  }

  func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    let owner = owners[node.name] ?? 0
    let datapath = datapaths[owner]
    guard datapath.supports(node.operation) else {
      throw .unsupported(operation: node.operation.name, datapath: datapath.name)
    }
    let operands = node.inputs.filter { graph[$0].constant == nil }
    var wanted: [PlannedTensor] = []
    for (id, given) in zip(operands, inputs) {
      guard tensorOwners[id.index] != owner else {
        wanted.append(given)
        continue
      }
      let needed = try datapath.planInput(graph[id])
      guard given.storage == needed.storage || given.bound != nil && needed.bound != nil else {
        throw .encoding(
          operand: "'\(graph[id].name)' between two datapaths",
          expected: "codes of at most 64 bits")
      }
      wanted.append(needed)
    }
    let planned = try datapath.plan(node, in: graph, inputs: wanted)
    guard planned.outputs.allSatisfy({ $0.channelsLast == nil }) else {
      throw .parameter(
        "binding", reason: "\(datapath.name) stores images with channels innermost")
    }
    let isRowMajor = datapath.isSampleMajor && preferredLanes != 1
    guard isRowMajor || zip(inputs, wanted).contains(where: { $0.storage != $1.storage }) else {
      return planned
    }
    let kernel = BorderKernel(
      kernel: planned.kernel, isRowMajor: isRowMajor,
      inputs: zip(operands, wanted).map { .init(graph[$0].shape.count, $1.storage) },
      outputs: zip(node.outputs, planned.outputs).map { .init(graph[$0].shape.count, $1.storage) })
    return PlannedNode(kernel: kernel, outputs: planned.outputs)
  }
}

/// Runs another datapath's kernel on what stands in this plan's storage.
///
/// Operands in another storage are converted into scratch memory; a kernel that takes rows gets one
/// sample after the other.
private struct BorderKernel: NodeKernel {
  /// A tensor as the kernel takes it.
  struct Operand: Sendable {
    let elements: Int
    let storage: Storage

    init(_ elements: Int, _ storage: Storage) {
      self.elements = elements
      self.storage = storage
    }

    /// Bytes in scratch memory, a multiple of the alignment.
    func bytes(lanes: Int) -> Int { BorderKernel.aligned(elements * lanes * storage.stride) }
  }

  let kernel: any NodeKernel
  let isRowMajor: Bool
  let inputs: [Operand]
  let outputs: [Operand]

  static func aligned(_ bytes: Int) -> Int { (max(bytes, 64) + 63) / 64 * 64 }

  private func kernelLanes(_ lanes: Int) -> Int { isRowMajor ? 1 : lanes }

  func scratchBytes(lanes: Int) -> Int {
    let lanes = kernelLanes(lanes)
    let operands = inputs + (isRowMajor ? outputs : [])
    return operands.reduce(Self.aligned(kernel.scratchBytes(lanes: lanes))) {
      $0 + $1.bytes(lanes: lanes)
    }
  }

  func run(_ operands: KernelOperands) {
    let lanes = kernelLanes(operands.lanes)
    // The kernel's own scratch memory comes first.
    var place = Self.aligned(kernel.scratchBytes(lanes: lanes))
    func area(_ operand: Operand) -> TensorBuffer {
      defer { place += operand.bytes(lanes: lanes) }
      return TensorBuffer(
        sharing: operands.scratch, from: place, storage: operand.storage,
        capacity: operand.elements * lanes)
    }
    guard isRowMajor else {
      let given = zip(inputs, operands.inputs).map { wanted, buffer in
        guard wanted.storage != buffer.storage else { return buffer }
        let converted = area(wanted)
        converted.convert(buffer, from: 0, step: 1, to: 0, step: 1, count: wanted.elements * lanes)
        return converted
      }
      kernel.run(
        KernelOperands(
          inputs: given, outputs: operands.outputs, scratch: operands.scratch, lanes: lanes,
          usedLanes: operands.usedLanes, outputsRead: operands.outputsRead))
      return
    }
    let rows = inputs.map(area)
    let results = outputs.map(area)
    for lane in 0..<operands.usedLanes {
      for (index, input) in inputs.enumerated() {
        rows[index].convert(
          operands.inputs[index], from: lane, step: operands.lanes, to: 0, step: 1,
          count: input.elements)
      }
      kernel.run(
        KernelOperands(
          inputs: rows, outputs: results, scratch: operands.scratch, lanes: 1, usedLanes: 1,
          outputsRead: operands.outputsRead))
      for (index, output) in outputs.enumerated() where operands.isRead(index) {
        operands.outputs[index].convert(
          results[index], from: 0, step: 1, to: lane, step: operands.lanes,
          count: output.elements)
      }
    }
  }
}

extension TensorBuffer {
  /// Stores elements of another buffer, converted if they are integers of another type.
  ///
  /// - Precondition: both have one storage, or integers that both can hold.
  fileprivate func convert(
    _ source: TensorBuffer, from first: Int, step: Int, to target: Int, step targetStep: Int,
    count: Int
  ) {
    func copy<Element: BitwiseCopyable>(_ type: Element.Type) {
      let (given, result) = (source.rows(as: type), rows(as: type))
      for index in 0..<count {
        result[target + index * targetStep] = given[first + index * step]
      }
    }
    switch (source.storage, storage) {
    case (.int8, .int8), (.uint8, .uint8): copy(UInt8.self)
    case (.int16, .int16), (.uint16, .uint16): copy(UInt16.self)
    case (.int32, .int32), (.float32, .float32): copy(UInt32.self)
    case (.int64, .int64), (.float64, .float64): copy(UInt64.self)
    case (.wide, .wide): copy(Int512.self)
    case (.wide, _):
      let given = source.rows(as: Int512.self)
      for index in 0..<count { set(given[first + index * step], at: target + index * targetStep) }
    default:
      for index in 0..<count {
        set(Int512(source.integer(at: first + index * step)), at: target + index * targetStep)
      }
    }
  }
}
