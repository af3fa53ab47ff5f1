import Arith
import QuantGraph

/// Builds a graph from a file's records and collects every problem on the way.
struct TFLiteGraphBuilder {
  let file: TFLiteFile
  private(set) var tensors: [Tensor]
  private(set) var problems: [TFLiteProblem]
  private var nodes: [Node] = []
  private var states: [StateTensor] = []
  private var names: Set<String>
  private var nodeNames: Set<String> = []
  /// State tensors that an operator already advances.
  private var advanced: Set<Int> = []
  private var variables = TFLiteVariables()
  /// The file's operators, with the nodes that each became.
  private var steps: [RuntimeProgram.Step] = []

  init(_ file: TFLiteFile) {
    self.file = file
    let converted = TFLiteTensors(file, file.main)
    tensors = converted.tensors
    problems = converted.problems
    names = Set(tensors.map(\.name))
  }

  /// The graph, or nil if there are problems.
  mutating func build(name: String) -> Graph? {
    let stateful = Set(file.tensors.indices.filter { file.tensors[$0].isVariable })
    do throws(TFLiteKind) {
      try variables.scan(
        file.operators.map { record in
          TFLiteOperatorContext(
            record: record, index: record.index, tensors: tensors, variables: [],
            flatBuffer: file.flatBuffer)
        })
    } catch {
      problems.append(TFLiteProblem(.file, error.kind))
    }
    for record in file.operators {
      let index = record.index
      let place = TFLiteProblem.Place.operator(index: index, name: record.name)
      let first = nodes.count
      var callee: Int?
      do throws(TFLiteKind) {
        for input in record.inputs where input != -1 && !tensors.indices.contains(input) {
          throw TFLiteKind(.operand("operand \(input) is no tensor of \(tensors.count)"))
        }
        for output in record.outputs where !tensors.indices.contains(output) {
          throw TFLiteKind(.operand("result \(output) is no tensor of \(tensors.count)"))
        }
        var context = TFLiteOperatorContext(
          record: record, index: index, tensors: tensors, variables: stateful,
          flatBuffer: file.flatBuffer)
        if record.customCode == nil, record.name == "CALL_ONCE" {
          callee = try callOnce(context)
        } else if try !variables.convert(&context) {
          guard !record.outputs.isEmpty else { throw TFLiteKind(.operand("there is no result")) }
          if let values = try context.folded() {
            tensors[record.outputs[0]] = tensors[record.outputs[0]].holding(values)
          } else {
            try context.convert()
          }
        }
        append(context, index: index)
      } catch {
        problems.append(TFLiteProblem(place, error.kind))
      }
      steps.append(
        RuntimeProgram.Step(
          name: record.name, inputs: record.inputs, outputs: record.outputs,
          nodes: first..<nodes.count, callee: callee))
    }
    for index in file.inputs + file.outputs where !tensors.indices.contains(index) {
      problems.append(
        TFLiteProblem(.file, .operand("graph input or output \(index) is no tensor")))
    }
    guard problems.isEmpty else { return nil }
    do throws(GraphProblems) {
      let graph = try Graph(
        name: name, tensors: tensors, nodes: nodes, inputs: file.inputs.map(TensorID.init),
        outputs: file.outputs.map(TensorID.init), states: states + variables.states)
      // A file whose operators are not in an order in which they can run has no program.
      guard zip(graph.nodes, nodes).allSatisfy({ $0.name == $1.name }) else { return graph }
      return graph.described(by: program)
    } catch {
      for problem in error.problems {
        problems.append(TFLiteProblem(place(of: problem.node), .graph(problem.error)))
      }
      return nil
    }
  }

  /// What the runtimes execute.
  private var program: RuntimeProgram {
    RuntimeProgram(
      main: steps, tensorCount: file.tensors.count, variableBytes: variables.bytes,
      calls: file.subgraphs.dropFirst().map(routine),
      offsets: file.arenaOffsets.map { $0 < 0 ? nil : $0 })
  }

  private func routine(_ graph: TFLiteFile.Subgraph) -> RuntimeProgram.Routine {
    let tensors = TFLiteTensors(file, graph).tensors
    return RuntimeProgram.Routine(
      steps: graph.operators.map {
        RuntimeProgram.Step(name: $0.name, inputs: $0.inputs, outputs: $0.outputs, nodes: 0..<0)
      },
      tensorBytes: zip(graph.tensors, tensors).map { record, tensor in
        guard tensor.constant == nil, let type = TFLiteTensorType(rawValue: record.type) else {
          return nil
        }
        // At most 2^31 elements of 8 bytes.
        return tensor.shape.count * ((type == .resource ? 32 : type.bits ?? 8) + 7) / 8
      })
  }

  /// CALL_ONCE: the variables that its subgraph assigns begin with these values.
  ///
  /// - Returns: the position of the subgraph among those after the first.
  private mutating func callOnce(_ context: TFLiteOperatorContext) throws(TFLiteKind) -> Int {
    let number = try context.option(0, absent: Int32(0))
    guard file.subgraphs.indices.dropFirst().contains(number) else {
      throw TFLiteKind(.operand("subgraph \(number) of \(file.subgraphs.count)"))
    }
    let graph = file.subgraphs[number]
    let converted = TFLiteTensors(file, graph)
    var tensors = converted.tensors
    if let problem = converted.problems.first { throw TFLiteKind(problem.kind) }
    for (index, record) in graph.operators.enumerated() {
      for tensor in record.inputs + record.outputs
      where tensor != -1 && !tensors.indices.contains(tensor) {
        throw TFLiteKind(.operand("tensor \(tensor) of \(tensors.count) in subgraph \(number)"))
      }
      let context = TFLiteOperatorContext(
        record: record, index: index, tensors: tensors, variables: [],
        flatBuffer: file.flatBuffer)
      if try variables.initialize(context, subgraph: number) { continue }
      guard let values = try context.folded() else {
        throw TFLiteKind(
          .unsupportedOption("a subgraph that is called once and computes \(record.name)"))
      }
      tensors[record.outputs[0]] = tensors[record.outputs[0]].holding(values)
    }
    return number - 1
  }

  /// Takes over the nodes, tensors and states of one converted operator.
  private mutating func append(_ context: TFLiteOperatorContext, index: Int) {
    for tensor in context.added {
      var name = tensor.name
      names.insertDistinct(&name, suffix: "#\(index)")
      tensors.append(
        Tensor(
          name: name, shape: tensor.shape, encoding: tensor.encoding, constant: tensor.constant))
    }
    for state in context.states {
      guard advanced.insert(state.tensor.index).inserted else {
        problems.append(
          TFLiteProblem(
            .operator(index: index, name: context.record.name),
            .operand("state '\(tensors[state.tensor.index].name)' is changed twice in a run")))
        continue
      }
      states.append(state)
    }
    for node in context.nodes {
      var name = node.outputs.first.map { tensors[$0].name } ?? context.record.name
      nodeNames.insertDistinct(&name, suffix: "#\(index)")
      nodes.append(
        Node(
          name: name, operation: node.operation, inputs: node.inputs.map(TensorID.init),
          outputs: node.outputs.map(TensorID.init),
          origin: "operator \(index) (\(context.record.name))"))
    }
  }

  private func place(of node: String?) -> TFLiteProblem.Place {
    guard let node, let found = nodes.first(where: { $0.name == node }),
      let origin = found.origin,
      let index = origin.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
      let record = file.operators.first(where: { $0.index == index })
    else { return .file }
    return .operator(index: index, name: record.name)
  }
}

/// One operator being converted: its operands and what it becomes.
struct TFLiteOperatorContext {
  struct PendingNode {
    let operation: Operator
    let inputs: [Int]
    let outputs: [Int]
  }

  let record: TFLiteFile.OperatorRecord
  let index: Int
  private let tensors: [Tensor]
  let flatBuffer: FlatBuffer
  private(set) var nodes: [PendingNode] = []
  /// Tensors that follow those of the file, in order.
  private(set) var added: [Tensor] = []
  private(set) var states: [StateTensor] = []
  /// Positions of the file's variable tensors.
  private let variables: Set<Int>

  var tensorCount: Int { tensors.count + added.count }

  init(
    record: TFLiteFile.OperatorRecord, index: Int, tensors: [Tensor], variables: Set<Int>,
    flatBuffer: FlatBuffer
  ) {
    self.variables = variables
    self.record = record
    self.index = index
    self.tensors = tensors
    self.flatBuffer = flatBuffer
  }

  func tensor(_ index: Int) -> Tensor {
    index < tensors.count ? tensors[index] : added[index - tensors.count]
  }

  /// The tensor of operand `position`, or nil if it is left out.
  func optional(_ position: Int) -> Int? {
    guard record.inputs.indices.contains(position), record.inputs[position] >= 0 else {
      return nil
    }
    return record.inputs[position]
  }

  func operand(_ position: Int) throws(TFLiteKind) -> Int {
    guard let index = optional(position) else {
      throw TFLiteKind(.operand("operand \(position) is missing"))
    }
    return index
  }

  func shape(_ position: Int) throws(TFLiteKind) -> Shape { tensor(try operand(position)).shape }

  var result: Tensor { tensor(record.outputs[0]) }

  /// The integers of the constant operand `position`.
  func constants(_ position: Int, _ name: String) throws(TFLiteKind) -> [Int] {
    let tensor = tensor(try operand(position))
    guard let codes = tensor.constant?.int64 else {
      throw TFLiteKind(.operand("\(name) ('\(tensor.name)') must be a constant"))
    }
    return codes.map { Int($0) }
  }

  /// An axis counted from the end if it is negative, checked against `rank`.
  func axis(_ axis: Int, rank: Int) throws(TFLiteKind) -> Int {
    let positive = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(positive) else {
      throw TFLiteKind(.operand("axis \(axis) of a tensor with \(rank)"))
    }
    return positive
  }

  mutating func emit(_ operation: Operator, _ inputs: [Int], _ outputs: [Int]? = nil) {
    nodes.append(
      PendingNode(operation: operation, inputs: inputs, outputs: outputs ?? record.outputs))
  }

  /// A tensor that the file has not; its position.
  mutating func add(_ tensor: Tensor) -> Int {
    added.append(tensor)
    return tensors.count + added.count - 1
  }

  /// A tensor for the next value of the variable tensor `index`.
  mutating func advance(_ index: Int) throws(TFLiteKind) -> Int {
    let state = tensor(index)
    guard variables.contains(index), state.constant == nil else {
      throw TFLiteKind(.operand("state '\(state.name)' must be a variable tensor"))
    }
    let next = add(
      Tensor(name: state.name + " (next)", shape: state.shape, encoding: state.encoding))
    states.append(
      StateTensor(
        tensor: TensorID(index), next: TensorID(next), initial: try initialCodes(state)))
    return next
  }

  /// What the runtimes reset a variable to: its zero point if it is int8, else zero.
  ///
  /// Source: TensorFlow Lite, `ResetVariableTensor`.
  func initialCodes(_ state: Tensor) throws(TFLiteKind) -> Codes {
    let count = state.shape.count
    guard count <= 1 << 26 else {
      throw TFLiteKind(.shape(state.shape.extents, reason: "too large for a state"))
    }
    switch state.encoding {
    case .affine(let format) where format.width == 8 && format.isSigned:
      return .int8(
        [Int8](repeating: Int8(clamping: format.zeroPoints.first ?? 0), count: count))
    case .affine(let format) where format.width == 16 && format.isSigned:
      return .int16([Int16](repeating: 0, count: count))
    case .affine(let format) where format.width == 32 && format.isSigned:
      return .int32([Int32](repeating: 0, count: count))
    default:
      throw TFLiteKind(.operand("state '\(state.name)' is neither int8, int16 nor int32"))
    }
  }

  /// An option that is a text.
  func text(_ id: Int) throws(TFLiteKind) -> String {
    guard let options = record.options else { return "" }
    var flatBuffer = flatBuffer
    do throws(FlatBufferDefect) {
      return try flatBuffer.string(id, of: options) ?? ""
    } catch {
      throw TFLiteKind(.damaged(reason: error.reason))
    }
  }

  /// An option that is an integer.
  func option<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ id: Int, absent: Integer
  ) throws(TFLiteKind) -> Int {
    do throws(FlatBufferDefect) {
      return Int(clamping: try flatBuffer.scalar(id, of: record.options, absent: absent))
    } catch {
      throw TFLiteKind(.damaged(reason: error.reason))
    }
  }

  func flag(_ id: Int, absent: Bool = false) throws(TFLiteKind) -> Bool {
    try option(id, absent: UInt8(absent ? 1 : 0)) != 0
  }

  func real(_ id: Int, absent: Float = 0) throws(TFLiteKind) -> Float {
    do throws(FlatBufferDefect) {
      let value = try flatBuffer.float(id, of: record.options, absent: absent)
      guard value.isFinite else { throw FlatBufferDefect(offset: 0, reason: "option \(value)") }
      return value
    } catch {
      throw TFLiteKind(.damaged(reason: error.reason))
    }
  }

  /// The range of the fused activation in option `id`.
  func fusedRange(_ id: Int) throws(TFLiteKind) -> ValueRange {
    switch try option(id, absent: Int8(0)) {
    case 0: return .unbounded
    case 1: return .relu
    case 2: return .reluOne
    case 3: return .relu6
    case let other: throw TFLiteKind(.unsupportedOption("fused activation number \(other)"))
    }
  }
}
