import Arith
import QuantGraph

/// Turns the calls of a program into the nodes of a graph.
///
/// A call that cannot be turned is one problem; calls that read its results are passed over, so
/// that every problem of a project is reported once.
struct HLSGraphBuilder<Source: HLSConstantSource> {
  let program: HLSProgram
  let scope: HLSScope
  let source: Source
  /// Whether tensors travel on streams (io_stream).
  let isStream: Bool
  /// Shapes that a configuration file gives, by variable.
  let knownShapes: [String: [Int]]
  /// Code that the project generated for its own layers; nil if there is none.
  let generatedCode: HLSGeneratedCode?
  /// The version whose rules the nodes state.
  let version: HLS4MLVersion
  /// Another release that may have written the text; nil where the version is certain.
  let rival: HLS4MLVersion?

  /// A tensor whose shape may still be open: a stream does not tell before it is read.
  struct Draft {
    let name: String
    var shape: [Int]?
    let encoding: Encoding
    let constant: Codes?
  }

  var drafts: [Draft] = []
  var nodes: [Node] = []
  var layers: [HLS4MLProjectInfo.Layer] = []
  /// Results of TimeDistributed so far, by the variable that collects them.
  var timeSteps: [String: [TensorID]] = [:]
  private(set) var problems: [HLS4MLProblem] = []
  private var tensors: [String: TensorID] = [:]
  private var constants: [String: TensorID] = [:]
  private var reshaped: [String: TensorID] = [:]
  private var failed: Set<String> = []
  private var names: Set<String> = []
  private var nodeNames: Set<String> = []
  private var constantCount = 0

  init(
    program: HLSProgram, scope: HLSScope, source: Source, isStream: Bool,
    knownShapes: [String: [Int]], generatedCode: HLSGeneratedCode?, version: HLS4MLVersion,
    rival: HLS4MLVersion? = nil
  ) {
    self.program = program
    self.scope = scope
    self.source = source
    self.isStream = isStream
    self.knownShapes = knownShapes
    self.generatedCode = generatedCode
    self.version = version
    self.rival = rival
  }

  /// Runs over the whole program.
  ///
  /// - Throws: ``HLS4MLProblems`` with everything that is wrong.
  mutating func graph() throws(HLS4MLProblems) -> (graph: Graph, weightCount: Int) {
    let written = writtenVariables()
    var inputs: [TensorID] = []
    for argument in program.arguments
    where !written.contains(argument.name) && program.loads[argument.name] == nil {
      do throws(HLS4MLProblem) {
        inputs.append(try addInput(argument))
      } catch {
        problems.append(error)
        failed.insert(argument.name)
      }
    }
    for call in program.calls { lower(call) }
    var outputs: [TensorID] = []
    for argument in program.arguments where written.contains(argument.name) {
      if let tensor = tensors[argument.name] { outputs.append(tensor) }
    }
    if problems.isEmpty && outputs.isEmpty {
      problems.append(
        HLS4MLProblem(
          .unknown(kind: "output of", name: program.name),
          at: .init(file: program.arguments.first?.place.file ?? "firmware")))
    }
    guard problems.isEmpty else { throw HLS4MLProblems(problems) }
    do throws(GraphProblems) {
      return (try finish(inputs: inputs, outputs: outputs), constantCount)
    } catch {
      throw HLS4MLProblems(error.problems.map { problem($0) })
    }
  }

  /// The problem of a graph, placed at the call that it belongs to.
  private func problem(_ problem: GraphProblem) -> HLS4MLProblem {
    let call = program.calls.first { $0.layer == problem.node }
    return HLS4MLProblem(
      .graph(problem),
      at: call?.place ?? .init(file: program.arguments.first?.place.file ?? "firmware"))
  }

  private func finish(
    inputs: [TensorID], outputs: [TensorID]
  ) throws(GraphProblems) -> Graph {
    var final: [Tensor] = []
    final.reserveCapacity(drafts.count)
    for draft in drafts {
      do throws(GraphError) {
        final.append(
          Tensor(
            name: draft.name, shape: try Shape(draft.shape ?? []), encoding: draft.encoding,
            constant: draft.constant))
      } catch {
        throw GraphProblems(problems: [.init(node: nil, error: error)])
      }
    }
    return try Graph(
      name: program.name, tensors: final, nodes: nodes, inputs: inputs, outputs: outputs)
  }

  /// Arguments that some call writes: those behind a call's first one, unless they are weights.
  private func writtenVariables() -> Set<String> {
    var written: Set<String> = []
    var read: Set<String> = []
    for call in program.calls {
      let variables = call.arguments.compactMap { variable($0) }
      let inputs = Self.inputCount(of: call)
      for (index, name) in variables.enumerated() where program.loads[name] == nil {
        if index < inputs {
          read.insert(name)
        } else if !read.contains(name) {
          written.insert(name)
        }
      }
    }
    return written
  }

  /// Number of data variables that a call reads before the first that it writes.
  private static func inputCount(of call: HLSCall) -> Int {
    switch call.function {
    case "add", "subtract", "multiply", "average", "maximum", "minimum", "dot1d", "concatenate1d",
      "concatenate2d", "concatenate3d":
      2
    default: 1
    }
  }

  /// The variable that an argument names, aliases followed; nil for literals.
  func variable(_ argument: ArraySlice<CppToken>) -> String? {
    guard argument.count == 1, let token = argument.first, token.kind == .identifier else {
      return nil
    }
    return program.resolvingAlias(token.text)
  }

  private mutating func addInput(_ argument: HLSVariable) throws(HLS4MLProblem) -> TensorID {
    let format = try dataFormat(argument)
    var shape = argument.extents
    if let extents = shape {
      _ = try checkedCount(extents, place: argument.place)
    } else {
      shape = nil
    }
    return try add(
      Draft(name: argument.name, shape: shape, encoding: .fixed(format), constant: nil),
      variable: argument.name, place: argument.place)
  }

  /// The fixed-point format of the elements of `variable`.
  func dataFormat(_ variable: HLSVariable) throws(HLS4MLProblem) -> FixedPointFormat {
    guard let format = try scope.resolve(variable.type, file: variable.place.file).element else {
      throw HLS4MLProblem(
        .unsupported("variable '\(variable.name)'", detail: "a fixed-point type is expected"),
        at: variable.place)
    }
    return format
  }

  /// The product of `extents`, within the accepted number of elements.
  func checkedCount(
    _ extents: [Int], place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> Int {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow, product <= HLSScope.elementLimit else {
        throw HLS4MLProblem(
          .limit("the number of elements of \(extents)", limit: HLSScope.elementLimit), at: place)
      }
      count = product
    }
    return count
  }

  private mutating func add(
    _ draft: Draft, variable: String, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> TensorID {
    guard names.insert(draft.name).inserted else {
      throw HLS4MLProblem(.duplicate(kind: "tensor", name: draft.name), at: place)
    }
    let id = TensorID(drafts.count)
    drafts.append(draft)
    if draft.constant == nil { tensors[variable] = id } else { constants[variable] = id }
    return id
  }

  // MARK: Calls

  private mutating func lower(_ call: HLSCall) {
    let variables = call.arguments.compactMap { variable($0) }
    if variables.contains(where: { failed.contains($0) }) {
      markFailed(variables)
      return
    }
    do throws(HLS4MLProblem) {
      try addNodes(for: call)
    } catch {
      problems.append(error)
      markFailed(variables)
    }
  }

  /// Variables that the failed call would have written.
  private mutating func markFailed(_ variables: [String]) {
    for name in variables where tensors[name] == nil && program.loads[name] == nil {
      failed.insert(name)
    }
  }

  /// The tensor that argument `index` reads, under `shape` if that is given.
  mutating func input(
    _ index: Int, of call: HLSCall, shape: [Int]? = nil
  ) throws(HLS4MLProblem) -> TensorID {
    guard index < call.arguments.count, let name = variable(call.arguments[index]) else {
      throw HLS4MLProblem(
        .count(
          "arguments of \(call.description)", expected: index + 1, found: call.arguments.count),
        at: call.place)
    }
    guard let tensor = tensors[name] else {
      throw HLS4MLProblem(
        .unknown(kind: "value of variable", name: name), at: call.place)
    }
    guard let shape else { return tensor }
    let wanted = try checkedCount(shape, place: call.place)
    guard let present = drafts[tensor.index].shape else {
      drafts[tensor.index].shape = shape
      return tensor
    }
    if present == shape { return tensor }
    let count = try checkedCount(present, place: call.place)
    guard count == wanted else {
      throw HLS4MLProblem(
        .count("elements that \(call.description) reads", expected: wanted, found: count),
        at: call.place)
    }
    return try reshape(tensor, to: shape, for: call)
  }

  /// The same tensor under another shape; hls4ml drops such layers, since arrays are flat.
  private mutating func reshape(
    _ tensor: TensorID, to shape: [Int], for call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    let name = drafts[tensor.index].name + " as " + shape.map(String.init).joined(separator: "x")
    if let known = reshaped[name] { return known }
    let result = try add(
      Draft(name: name, shape: shape, encoding: drafts[tensor.index].encoding, constant: nil),
      variable: name, place: call.place)
    reshaped[name] = result
    try append(
      Node(
        name: name, operation: .reshape, inputs: [tensor], outputs: [result],
        origin: call.place.description),
      place: call.place)
    return result
  }

  /// The tensor that argument `index` reads, with as many elements as `count` says.
  mutating func elements(
    _ index: Int, of call: HLSCall, count: Int
  ) throws(HLS4MLProblem) -> (tensor: TensorID, shape: [Int]) {
    let tensor = try input(index, of: call)
    guard let shape = drafts[tensor.index].shape else {
      let open = openShape(of: variable(call.arguments[index]) ?? "", count: count)
      drafts[tensor.index].shape = open
      return (tensor, open)
    }
    let found = try checkedCount(shape, place: call.place)
    guard found == count else {
      throw HLS4MLProblem(
        .count("elements that \(call.description) reads", expected: count, found: found),
        at: call.place)
    }
    return (tensor, shape)
  }

  /// A shape of `count` elements for a stream that no window has given one.
  private func openShape(of variable: String, count: Int) -> [Int] {
    if let known = knownShapes[variable] ?? program.tracedExtents[variable],
      known.allSatisfy({ $0 > 0 && $0 <= count }),
      known.reduce(1, { $0 &* $1 }) == count
    {
      return known
    }
    return [count]
  }

  /// The shape of a tensor if it is known by now.
  func shape(of tensor: TensorID) -> [Int]? { drafts[tensor.index].shape }

  /// Format of a tensor's elements; data tensors are fixed point.
  func format(of tensor: TensorID) -> FixedPointFormat? {
    if case .fixed(let format) = drafts[tensor.index].encoding { return format }
    return nil
  }

  /// A new tensor for the variable that argument `index` writes.
  ///
  /// It has the layer's name, or the variable's if the call has several results or no name.
  mutating func output(
    _ index: Int, of call: HLSCall, shape: [Int]?, isSole: Bool = true
  ) throws(HLS4MLProblem) -> TensorID {
    guard index < call.arguments.count, let name = variable(call.arguments[index]) else {
      throw HLS4MLProblem(
        .count(
          "arguments of \(call.description)", expected: index + 1, found: call.arguments.count),
        at: call.place)
    }
    guard let declared = program.variables[name] else {
      throw HLS4MLProblem(.unknown(kind: "variable", name: name), at: call.place)
    }
    guard tensors[name] == nil else {
      throw HLS4MLProblem(.duplicate(kind: "result", name: name), at: call.place)
    }
    if let shape {
      let count = try checkedCount(shape, place: call.place)
      if let extents = declared.extents {
        let room = try checkedCount(extents, place: declared.place)
        guard room == count else {
          throw HLS4MLProblem(
            .count("elements of '\(name)'", expected: count, found: room), at: declared.place)
        }
      }
    }
    let tensorName = isSole ? call.layer ?? name : name
    return try add(
      Draft(
        name: tensorName, shape: shape, encoding: .fixed(try dataFormat(declared)), constant: nil),
      variable: name, place: call.place)
  }

  /// The weight array that argument `index` names, as a tensor of `shape`.
  mutating func constant(
    _ index: Int, of call: HLSCall, shape: [Int]
  ) throws(HLS4MLProblem) -> TensorID {
    guard index < call.arguments.count, let name = variable(call.arguments[index]) else {
      throw HLS4MLProblem(
        .count(
          "arguments of \(call.description)", expected: index + 1, found: call.arguments.count),
        at: call.place)
    }
    let count = try checkedCount(shape, place: call.place)
    guard let load = program.loads[name] else {
      throw HLS4MLProblem(.unknown(kind: "weights", name: name), at: call.place)
    }
    guard load.count == count else {
      throw HLS4MLProblem(
        .count("values of '\(name)' in \(call.description)", expected: count, found: load.count),
        at: load.place)
    }
    if let known = constants[name] { return known }
    let constant = try HLSConstant(load, from: source, scope: scope)
    constantCount += count
    return try add(
      Draft(name: name, shape: shape, encoding: constant.encoding, constant: constant.codes),
      variable: name, place: call.place)
  }

  /// A constant of one value, named after the layer.
  mutating func scalar(
    _ value: Double, _ suffix: String, format: FixedPointFormat, of call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    var builder = CodesBuilder(format, capacity: 1)
    builder.append(value)
    let name = (call.layer ?? call.function) + "." + suffix
    return try add(
      Draft(name: name, shape: [], encoding: .fixed(format), constant: builder.codes),
      variable: name, place: call.place)
  }

  /// A constant that several nodes of one call share, named after the layer.
  mutating func sharedConstant(
    _ suffix: String, shape: [Int], encoding: Encoding, codes: Codes, of call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    let name = (call.layer ?? call.function) + "." + suffix
    if let known = constants[name] { return known }
    return try add(
      Draft(name: name, shape: shape, encoding: encoding, constant: codes), variable: name,
      place: call.place)
  }

  /// A tensor between two nodes of one call.
  mutating func intermediate(
    _ suffix: String, shape: [Int], format: FixedPointFormat, of call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    _ = try checkedCount(shape, place: call.place)
    let name = (call.layer ?? call.function) + "." + suffix
    return try add(
      Draft(name: name, shape: shape, encoding: .fixed(format), constant: nil),
      variable: name, place: call.place)
  }

  /// Adds the node of a call.
  mutating func append(
    _ operation: QuantGraph.Operator, of call: HLSCall, inputs: [TensorID], outputs: [TensorID],
    suffix: String? = nil
  ) throws(HLS4MLProblem) {
    var name = call.layer ?? (outputs.first.map { drafts[$0.index].name } ?? call.function)
    if let suffix { name += "." + suffix }
    try append(
      Node(
        name: name, operation: operation, inputs: inputs, outputs: outputs,
        origin: call.place.description),
      place: call.place)
  }

  private mutating func append(
    _ node: Node, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    guard nodeNames.insert(node.name).inserted else {
      throw HLS4MLProblem(.duplicate(kind: "layer", name: node.name), at: place)
    }
    nodes.append(node)
  }

  // MARK: Template arguments

  /// The configuration struct that template argument `index` names; -1 is the last.
  func configuration(
    _ call: HLSCall, at index: Int = -1
  ) throws(HLS4MLProblem) -> HLSConfiguration {
    let type = try templateType(call, at: index)
    guard let structure = scope.declarations.structs[type.name] else {
      throw HLS4MLProblem(
        .unknown(kind: "configuration", name: type.qualifiedName), at: call.place)
    }
    return HLSConfiguration(structure: structure, scope: scope)
  }

  /// The type that template argument `index` names; -1 is the last.
  func templateType(_ call: HLSCall, at index: Int) throws(HLS4MLProblem) -> CppType {
    let position = index < 0 ? call.templateArguments.count + index : index
    guard call.templateArguments.indices.contains(position) else {
      throw HLS4MLProblem(
        .count(
          "template arguments of \(call.description)", expected: position + 1,
          found: call.templateArguments.count), at: call.place)
    }
    return try CppType.parse(all: call.templateArguments[position], file: call.place.file)
  }

  /// The fixed-point format that template argument `index` names.
  func templateFormat(_ call: HLSCall, at index: Int) throws(HLS4MLProblem) -> FixedPointFormat {
    let type = try templateType(call, at: index)
    guard let format = try scope.resolve(type, file: call.place.file).element else {
      throw unsupported(call, "type \(type.qualifiedName) is not fixed point")
    }
    return format
  }

  func unsupported(_ call: HLSCall, _ detail: String) -> HLS4MLProblem {
    HLS4MLProblem(.unsupported(call.description, detail: detail), at: call.place)
  }

  /// Refuses a layer that releases compute differently where the project does not tell which wrote it.
  func requireCertainVersion(_ call: HLSCall) throws(HLS4MLProblem) {
    guard let rival else { return }
    throw HLS4MLProblem(
      .unknownRules(
        call.description,
        reason: "hls4ml \(rival) and \(version) write this text alike and compute it differently"),
      at: call.place)
  }

  func requireArguments(_ count: Int, _ call: HLSCall) throws(HLS4MLProblem) {
    guard call.arguments.count == count else {
      throw HLS4MLProblem(
        .count("arguments of \(call.description)", expected: count, found: call.arguments.count),
        at: call.place)
    }
  }
}

/// Problems on their way to an ``HLS4MLError``, which also knows the path.
struct HLS4MLProblems: Error {
  let problems: [HLS4MLProblem]

  init(_ problems: [HLS4MLProblem]) { self.problems = problems }
}
