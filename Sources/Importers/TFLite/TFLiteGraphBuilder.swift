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
  /// How many subgraphs are being written out, one inside of the other.
  private var depth = 0
  /// Tensors of subgraphs that were written out.
  private var written: [Int: TFLiteTensors] = [:]
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
      let first = nodes.count
      var callee: Int?
      do throws(TFLiteKind) {
        callee = try convert(record, stateful: stateful)
      } catch {
        problems.append(
          TFLiteProblem(
            .operator(index: record.index, name: record.name),
            atRunTime(record, error.kind) ?? error.kind))
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
        let place = place(of: problem.node)
        var kind = TFLiteProblem.Kind.graph(problem.error)
        if case .operator(let index, _) = place,
          let record = file.operators.first(where: { $0.index == index })
        {
          kind = atRunTime(record, kind) ?? kind
        }
        problems.append(TFLiteProblem(place, kind))
      }
      return nil
    }
  }

  /// The nodes of one operator; nil, or the position of what it calls once.
  private mutating func convert(
    _ record: TFLiteFile.OperatorRecord, stateful: Set<Int>
  ) throws(TFLiteKind) -> Int? {
    for input in record.inputs where input != -1 && !tensors.indices.contains(input) {
      throw TFLiteKind(.operand("operand \(input) is no tensor of \(tensors.count)"))
    }
    for output in record.outputs where !tensors.indices.contains(output) {
      throw TFLiteKind(.operand("result \(output) is no tensor of \(tensors.count)"))
    }
    if record.customCode == TFLiteOperatorContext.detectionName {
      try detections(record)
      return nil
    }
    if record.customCode == nil {
      switch record.name {
      case "CALL_ONCE": return try callOnce(context(record, stateful: stateful))
      case "IF":
        try branch(record)
        return nil
      case "WHILE":
        try loop(record)
        return nil
      default: break
      }
    }
    restore(record)
    var context = context(record, stateful: stateful)
    if try !variables.convert(&context) {
      guard !record.outputs.isEmpty else { throw TFLiteKind(.operand("there is no result")) }
      if let values = try context.folded() {
        tensors[record.outputs[0]] = tensors[record.outputs[0]].holding(values)
      } else {
        try context.convert()
      }
    }
    append(context, index: record.index)
    return nil
  }

  private func context(
    _ record: TFLiteFile.OperatorRecord, stateful: Set<Int> = []
  ) -> TFLiteOperatorContext {
    TFLiteOperatorContext(
      record: record, index: record.index, tensors: tensors, variables: stateful,
      flatBuffer: file.flatBuffer)
  }

  /// Gives the result of a RESHAPE the shape that its operand asks for.
  ///
  /// Where a shape is computed, files hold 1 for extents that only a run tells; runtimes follow the
  /// operand. It is a constant here as soon as the input's shape is one.
  private mutating func restore(_ record: TFLiteFile.OperatorRecord) {
    guard record.customCode == nil, record.name == "RESHAPE", record.inputs.count == 2,
      let data = record.inputs.first, data >= 0, record.inputs[1] >= 0,
      let output = record.outputs.first,
      tensors[data].shape.count != tensors[output].shape.count,
      var extents = tensors[record.inputs[1]].constant?.int64?.map({ Int($0) })
    else { return }
    let known = extents.filter { $0 != -1 }
    guard extents.count - known.count <= 1, known.allSatisfy({ (0...1 << 31).contains($0) }) else {
      return
    }
    if let open = extents.firstIndex(of: -1) {
      let (product, overflow) = known.reduce((1, false)) { product, extent in
        let (next, isBeyond) = product.0.multipliedReportingOverflow(by: extent)
        return (next, product.1 || isBeyond)
      }
      guard !overflow, product > 0, tensors[data].shape.count % product == 0 else { return }
      extents[open] = tensors[data].shape.count / product
    }
    guard let shape = try? Shape(extents), shape.count == tensors[data].shape.count else { return }
    let result = tensors[output]
    tensors[output] = Tensor(
      name: result.name, shape: shape, encoding: result.encoding, constant: result.constant)
  }

  /// The results of a detector have the shapes that its options give, whatever the file says: LiteRT sets
  /// them, and files leave them out.
  private mutating func detections(
    _ record: TFLiteFile.OperatorRecord
  ) throws(TFLiteKind) {
    let operation = try context(record).detections()
    do throws(GraphError) {
      for (output, extents) in zip(record.outputs, try operation.resultExtents()) {
        tensors[output] = Tensor(
          name: tensors[output].name, shape: try Shape(extents), encoding: .float(.float32))
      }
    } catch {
      throw TFLiteKind(.graph(error))
    }
    var own = context(record)
    own.emit(
      .detections(operation), [try own.operand(0), try own.operand(1), try own.operand(2)])
    append(own, index: record.index)
  }

  /// What stands for a defect that a shape has which only a run tells; nil for all other defects.
  private func atRunTime(
    _ record: TFLiteFile.OperatorRecord, _ kind: TFLiteProblem.Kind
  ) -> TFLiteProblem.Kind? {
    switch kind {
    case .operand, .shape, .graph: break
    default: return nil
    }
    let computed = Set(file.operators.flatMap(\.outputs) + file.inputs)
    // The results of a custom operator have the shapes that its options give.
    let results = record.customCode == nil ? record.outputs : []
    for index in record.inputs + results where file.tensors.indices.contains(index) {
      let tensor = file.tensors[index]
      let isOpen = tensor.signature.contains { $0 < 0 }
      // A runtime gives a shape to a tensor that the file describes as a single number.
      let isMissing = tensor.shape.isEmpty && !record.inputs.allSatisfy { $0 == index }
      if computed.contains(index), isOpen || isMissing, tensors[index].constant == nil {
        return .runTimeShape(
          tensor: tensor.name.isEmpty ? "#\(index)" : tensor.name,
          extents: tensor.signature.isEmpty ? tensor.shape : tensor.signature)
      }
    }
    return nil
  }

  // MARK: Control flow

  /// Most nodes that loops may be written out as.
  private static let mostNodes = 1 << 16

  /// The results of subgraph `number` on `operands`, its operators written out here.
  private mutating func inline(_ number: Int, _ operands: [Int]) throws(TFLiteKind) -> [Int] {
    guard file.subgraphs.indices.dropFirst().contains(number), depth < 8 else {
      throw TFLiteKind(.operand("subgraph \(number) of \(file.subgraphs.count)"))
    }
    depth += 1
    defer { depth -= 1 }
    let graph = file.subgraphs[number]
    let converted = written[number] ?? TFLiteTensors(file, graph)
    written[number] = converted
    if let problem = converted.problems.first { throw TFLiteKind(problem.kind) }
    guard graph.inputs.count == operands.count else {
      throw TFLiteKind(.operand("\(operands.count) operands for \(graph.inputs.count) inputs"))
    }
    let base = tensors.count
    for tensor in converted.tensors {
      var name = tensor.name
      names.insertDistinct(&name, suffix: "#\(number)")
      tensors.append(
        Tensor(
          name: name, shape: tensor.shape, encoding: tensor.encoding, constant: tensor.constant))
    }
    guard tensors.count <= 1 << 20 else {
      throw TFLiteKind(.unsupportedOption("a loop of more than 2^20 tensors"))
    }
    var places = converted.tensors.indices.map { base + $0 }
    for (input, operand) in zip(graph.inputs, operands) {
      guard places.indices.contains(input),
        tensors[operand].shape == converted.tensors[input].shape,
        tensors[operand].encoding == converted.tensors[input].encoding
      else { throw TFLiteKind(.operand("operand '\(tensors[operand].name)' of a subgraph")) }
      places[input] = operand
    }
    func place(_ local: Int) throws(TFLiteKind) -> Int {
      if local == -1 { return -1 }
      guard places.indices.contains(local) else {
        throw TFLiteKind(.operand("tensor \(local) of \(places.count) in subgraph \(number)"))
      }
      return places[local]
    }
    for record in graph.operators {
      switch record.name {
      case "CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE":
        throw TFLiteKind(.unsupportedOption("\(record.name) inside of IF or WHILE"))
      default: break
      }
      var moved = record
      for index in moved.inputs.indices { moved.inputs[index] = try place(moved.inputs[index]) }
      for index in moved.outputs.indices { moved.outputs[index] = try place(moved.outputs[index]) }
      _ = try convert(moved, stateful: [])
      guard nodes.count <= Self.mostNodes else {
        throw TFLiteKind(.unsupportedOption("a loop of more than \(Self.mostNodes) operators"))
      }
    }
    var results: [Int] = []
    for output in graph.outputs { results.append(try place(output)) }
    return results
  }

  /// IF: both branches are computed, and the condition chooses; a constant one leaves the other out.
  private mutating func branch(_ record: TFLiteFile.OperatorRecord) throws(TFLiteKind) {
    var own = context(record)
    let condition = try own.operand(0)
    let operands = Array(record.inputs.dropFirst())
    let choices = [try own.option(0, absent: Int32(0)), try own.option(1, absent: Int32(0))]
    guard tensors[condition].shape.count == 1, operands.allSatisfy({ $0 >= 0 }) else {
      throw TFLiteKind(.operand("one truth value"))
    }
    var results: [[Int]] = []
    if let known = tensors[condition].constant?.int64?.first {
      results = [try inline(choices[known != 0 ? 0 : 1], operands)]
    } else {
      for number in choices { results.append(try inline(number, operands)) }
    }
    guard results.allSatisfy({ $0.count == record.outputs.count }) else {
      throw TFLiteKind(.operand("\(record.outputs.count) results of a subgraph"))
    }
    own = context(record)
    for (position, output) in record.outputs.enumerated() {
      if results.count == 1 {
        try pass(results[0][position], to: output, &own)
      } else {
        own.emit(.select, [condition, results[0][position], results[1][position]], [output])
      }
    }
    append(own, index: record.index)
  }

  /// WHILE: written out round by round where its condition follows from constants.
  private mutating func loop(_ record: TFLiteFile.OperatorRecord) throws(TFLiteKind) {
    var own = context(record)
    let (test, body) = (try own.option(0, absent: Int32(0)), try own.option(1, absent: Int32(0)))
    var values = record.inputs
    guard values.allSatisfy({ $0 >= 0 }) else {
      throw TFLiteKind(.operand("an operand is missing"))
    }
    while true {
      let first = nodes.count
      let truth = try inline(test, values)
      guard truth.count == 1, let known = tensors[truth[0]].constant?.int64?.first else {
        throw TFLiteKind(
          .unsupportedOption("a WHILE whose number of rounds depends on the data"))
      }
      nodes.removeSubrange(first...)
      if known == 0 { break }
      values = try inline(body, values)
    }
    guard values.count == record.outputs.count else {
      throw TFLiteKind(.operand("\(record.outputs.count) results of a loop"))
    }
    own = context(record)
    for (value, output) in zip(values, record.outputs) { try pass(value, to: output, &own) }
    append(own, index: record.index)
  }

  /// Makes `value` the tensor `output` of the file.
  private mutating func pass(
    _ value: Int, to output: Int, _ own: inout TFLiteOperatorContext
  ) throws(TFLiteKind) {
    guard tensors[value].shape == tensors[output].shape,
      tensors[value].encoding == tensors[output].encoding
    else { throw TFLiteKind(.operand("result '\(tensors[output].name)' of a subgraph")) }
    if let constant = tensors[value].constant, case .fixed = tensors[value].encoding {
      tensors[output] = tensors[output].holding(constant)
    } else {
      own.emit(.reshape, [value], [output])
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
      throw TFLiteKind(.unsupportedOption("state '\(state.name)' of \(state.encoding.name)"))
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
