internal import Arith
internal import QuantGraph

extension ONNXGraphBuilder {
  typealias Rule = @Sendable (inout ONNXGraphBuilder, ONNXCall) throws(ONNXProblem.Kind) -> Void

  /// A result's extents, type and, if it is not the type's own, encoding.
  struct Result {
    let shape: Shape
    let type: ONNXElementType
    var encoding: Encoding?
  }

  /// Names of the operators that are read, sorted; those of other domains with their domain.
  static var operatorNames: [String] { rules.keys.sorted() }

  static let rules: [String: Rule] = elementwiseRules.merging(movementRules) { first, _ in first }
    .merging(windowRules) { first, _ in first }
    .merging(constantRules) { first, _ in first }
    .merging(quantizedRules) { first, _ in first }
    .merging(qonnxRules) { first, _ in first }
    .merging(blockQuantizedRules) { first, _ in first }
    .merging(composedRules) { first, _ in first }
    .merging(attentionRules) { first, _ in first }
    .merging(positionRules) { first, _ in first }
    .merging(channelsLastRules) { first, _ in first }
    .merging(recurrentRules) { first, _ in first }

  private static func rule(domain: String, type: String) -> Rule? {
    if isStandard(domain) { return rules[type] }
    if isQONNX(domain) { return rules["qonnx." + type] }
    return rules[domain + "." + type]
  }

  mutating func readNode(_ node: Onnx_NodeProto, at index: Int) {
    var inputs: [TensorID?] = []
    for name in node.input {
      guard !name.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let id = names[name] else {
        // Its producer has been reported; whether this node has a rule can be told without it.
        poisoned.formUnion(node.output)
        if Self.rule(domain: node.domain, type: node.opType) == nil {
          report(
            place(node, index, inputs: []),
            .unsupportedOperator(name: node.opType, domain: node.domain))
        }
        return
      }
      inputs.append(id)
    }
    do throws(ONNXProblem.Kind) {
      guard let rule = Self.rule(domain: node.domain, type: node.opType) else {
        throw .unsupportedOperator(name: node.opType, domain: node.domain)
      }
      let call = ONNXCall(
        node: node, index: index, version: try version(of: node.domain), inputs: inputs)
      try rule(&self, call)
      for name in node.output where !name.isEmpty {
        guard let id = names[name] else {
          throw .unsupportedFeature("output '\(name)' of operator '\(node.opType)'")
        }
        written.append(id)
      }
    } catch {
      poisoned.formUnion(node.output)
      report(place(node, index, inputs: inputs), error)
    }
  }

  func version(of domain: String) throws(ONNXProblem.Kind) -> Int {
    let sets = model.operatorSets
    if Self.isStandard(domain) {
      guard let set = sets.first(where: { Self.isStandard($0.domain) }) else {
        throw .damaged(reason: "it names no version of the operator set ai.onnx", offset: nil)
      }
      return set.version
    }
    return sets.first { $0.domain == domain }?.version ?? 1
  }

  /// Adds a node whose results have the names of the call's outputs.
  @discardableResult
  mutating func emit(
    _ call: ONNXCall, _ operation: Operator, _ inputs: [TensorID], _ results: [Result]
  ) throws(ONNXProblem.Kind) -> [TensorID] {
    let outputs = call.node.output
    guard !outputs.isEmpty else { throw .operandCount(expected: "1 result", found: 0) }
    var named: [String] = []
    for index in results.indices {
      let given = index < outputs.count ? outputs[index] : ""
      named.append(given.isEmpty ? freeName("\(outputs[0])/result\(index)") : given)
    }
    return try append(call, operation, inputs, results, names: named)
  }

  /// Adds a node in the middle of a call that takes several; its result has a name of its own.
  mutating func step(
    _ call: ONNXCall, _ operation: Operator, _ inputs: [TensorID], _ result: Result
  ) throws(ONNXProblem.Kind) -> TensorID {
    let name = freeName("\(call.node.output.first ?? call.node.opType)/step")
    return try append(call, operation, inputs, [result], names: [name])[0]
  }

  mutating func append(
    _ call: ONNXCall, _ operation: Operator, _ inputs: [TensorID], _ results: [Result],
    names: [String]
  ) throws(ONNXProblem.Kind) -> [TensorID] {
    if let folded = folded(operation, inputs, results) {
      if !operation.sharesItsOperand { try countFolded(results.reduce(0) { $0 + $1.shape.count }) }
      var ids: [TensorID] = []
      for (index, codes) in folded.enumerated() {
        ids.append(
          try add(
            names[index], shape: results[index].shape, type: results[index].type,
            encoding: results[index].encoding, constant: codes))
      }
      return ids
    }
    var outputs: [TensorID] = []
    for (name, result) in zip(names, results) {
      outputs.append(
        try add(name, shape: result.shape, type: result.type, encoding: result.encoding))
    }
    let name = freeNodeName(
      call.node.name.isEmpty ? "\(call.node.opType)_\(call.index)" : call.node.name)
    nodes.append(
      Node(
        name: name, operation: operation, inputs: inputs, outputs: outputs,
        origin: "\(call.node.opType), node \(call.index + 1) of \(model.nodeCount)"))
    return outputs
  }

  // MARK: Shared by the rules

  /// The result of a QuantGraph rule, its error in this module's terms.
  func checked<Value>(
    _ body: () throws(GraphError) -> Value
  ) throws(ONNXProblem.Kind) -> Value {
    do throws(GraphError) { return try body() } catch { throw .graph(error) }
  }

  func newShape(_ extents: [Int]) throws(ONNXProblem.Kind) -> Shape {
    try checked { () throws(GraphError) in try Shape(extents) }
  }

  func broadcast(_ ids: [TensorID]) throws(ONNXProblem.Kind) -> Shape {
    let shapes = ids.map { shape($0) }
    return try checked { () throws(GraphError) in try Shape.broadcast(shapes) }
  }

  /// Integers of a constant operand.
  func constantIntegers(
    _ id: TensorID, purpose: String
  ) throws(ONNXProblem.Kind) -> [Int] {
    guard let codes = tensor(id).constant else {
      throw .notConstant(operand: "'\(tensor(id).name)'", purpose: purpose)
    }
    guard let values = codes.int64 else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "int64", found: description(id))
    }
    guard values.count <= 4096 else {
      throw .limit("numbers of '\(tensor(id).name)'", found: values.count, limit: 4096)
    }
    return values.map(Int.init)
  }

  /// The only number of a constant operand of any type.
  func constantNumber(_ id: TensorID, purpose: String) throws(ONNXProblem.Kind) -> Double {
    guard let values = constantNumbers(id), values.count == 1 else {
      throw .notConstant(operand: "'\(tensor(id).name)' (one number)", purpose: purpose)
    }
    return values[0]
  }

  /// Values of a constant of scales or numbers; nil if it is none.
  func constantNumbers(_ id: TensorID) -> [Double]? {
    guard let codes = tensor(id).constant else { return nil }
    switch codes {
    case .float32(let values): return values.map(Double.init)
    case .float64(let values): return values
    default:
      guard let integers = codes.int64 else { return nil }
      if let format = type(id).floatFormat {
        return integers.map { format.doubleValue(of: UInt64(truncatingIfNeeded: $0)) }
      }
      return integers.map(Double.init)
    }
  }

  func requireSameType(_ ids: [TensorID]) throws(ONNXProblem.Kind) {
    for id in ids.dropFirst() where type(id) != type(ids[0]) {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: type(ids[0]).name, found: type(id).name)
    }
  }

  /// Operands whose arithmetic is that of floats or of integers of 8 bits and more.
  func requireNumber(_ id: TensorID) throws(ONNXProblem.Kind) {
    let type = type(id)
    let isWide = type.integer.map { $0.width >= 8 } ?? type.isRealNumber
    guard isWide else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "a number type", found: type.name)
    }
  }

  func requireReal(_ id: TensorID) throws(ONNXProblem.Kind) {
    guard type(id).isRealNumber else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "a float type", found: type(id).name)
    }
  }
}

extension Operator {
  /// Whether a constant result is the operand's own codes.
  fileprivate var sharesItsOperand: Bool { self == .reshape }
}
