internal import Arith
internal import QuantGraph

/// Builds a ``Graph`` from a model, node by node, collecting every problem on the way.
struct ONNXGraphBuilder {
  struct Problems: Error { let list: [ONNXProblem] }

  /// Largest number of elements of a computed tensor.
  static let elementLimit = 1 << 28
  /// Largest number of elements that all computed tensors have together.
  static let totalElementLimit = 1 << 31
  /// Largest constant that folding makes.
  static let foldLimit = 1 << 20
  /// Largest number of elements of all constants that folding makes: none of them is in the file.
  static let totalFoldLimit = 1 << 24

  let model: ONNXModel
  let options: ONNXGraphOptions
  var problems: [ONNXProblem] = []
  var reader: ONNXTensorReader
  var tensors: [Tensor] = []
  var types: [ONNXElementType] = []
  var names: [String: TensorID] = [:]
  /// Outputs of nodes that could not be read: what depends on them is passed over in silence.
  var poisoned: Set<String> = []
  var nodes: [Node] = []
  var nodeNames: Set<String> = []
  /// How often a name had to be made different, by the name.
  private var repetitions: [String: Int] = [:]
  /// Elements of the constants that folding made.
  private(set) var foldedElements = 0
  var written: [TensorID] = []
  var totalElements = 0
  var batchedInputs: [TensorID] = []
  /// Extents that named dimensions got, by their names.
  var dimensions: [String: Int] = [:]

  init(model: ONNXModel, options: ONNXGraphOptions) {
    self.model = model
    self.options = options
    reader = ONNXTensorReader(folder: model.folder)
  }

  static func isStandard(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }
  static func isQONNX(_ domain: String) -> Bool {
    domain == "qonnx.custom_op.general" || domain == "finn.custom_op.general"
      || domain == "onnx.brevitas"
  }

  mutating func build() throws(Problems) -> ONNXGraph {
    let graph = model.proto.graph
    readInitializers(graph)
    let inputs = readInputs(graph)
    let needed = neededNodes(graph)
    for index in ordered(graph.node, needed: needed) { readNode(graph.node[index], at: index) }
    let outputs = readOutputs(graph)
    guard problems.isEmpty else { throw Problems(list: problems.countingOperators()) }
    let name = graph.name.isEmpty ? "model" : graph.name
    do throws(GraphProblems) {
      let result = try Graph(
        name: name, tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs)
      return ONNXGraph(
        graph: result, written: written, batchedInputs: batchedInputs,
        firstFloatTensor: firstFloatTensor(inputs: inputs))
    } catch {
      throw Problems(
        list: error.problems.map { problem in
          ONNXProblem(
            place: problem.node.map { "node '\($0)'" }, kind: .graph(problem.error))
        })
    }
  }

  private func firstFloatTensor(inputs: [TensorID]) -> String? {
    let order = inputs + written + tensors.indices.map(TensorID.init)
    return order.first { types[$0.index].isRealNumber }.map { tensors[$0.index].name }
  }

  // MARK: Tensors

  /// Adds a tensor under a name that must be free.
  mutating func add(
    _ name: String, shape: Shape, type: ONNXElementType, encoding: Encoding? = nil,
    constant: Codes? = nil
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard names[name] == nil, !poisoned.contains(name) else { throw .duplicateTensor(name) }
    guard let encoding = encoding ?? type.encoding else { throw .elementType(type.rawValue) }
    if constant == nil {
      guard shape.count <= Self.elementLimit else {
        throw .limit("elements of '\(name)'", found: shape.count, limit: Self.elementLimit)
      }
      totalElements += shape.count
      guard totalElements <= Self.totalElementLimit else {
        throw .limit("elements in all", found: totalElements, limit: Self.totalElementLimit)
      }
    }
    let id = TensorID(tensors.count)
    tensors.append(Tensor(name: name, shape: shape, encoding: encoding, constant: constant))
    types.append(type)
    names[name] = id
    return id
  }

  /// A constant that the file does not have, such as a default zero point.
  mutating func addConstant(
    _ hint: String, shape: Shape = [], type: ONNXElementType, _ codes: Codes
  ) throws(ONNXProblem.Kind) -> TensorID {
    try add(freeName(hint), shape: shape, type: type, constant: codes)
  }

  /// A name that no tensor has: `hint`, or `hint` with the next free number.
  mutating func freeName(_ hint: String) -> String {
    if names[hint] == nil && !poisoned.contains(hint) { return hint }
    var number = repetitions[hint, default: 0] + 1
    while names["\(hint):\(number)"] != nil { number += 1 }
    repetitions[hint] = number
    return "\(hint):\(number)"
  }

  /// A name that no node has: `wanted`, or `wanted` with the next free number.
  mutating func freeNodeName(_ wanted: String) -> String {
    if nodeNames.insert(wanted).inserted { return wanted }
    let key = "#" + wanted
    var number = repetitions[key, default: 1] + 1
    while !nodeNames.insert("\(wanted)#\(number)").inserted { number += 1 }
    repetitions[key] = number
    return "\(wanted)#\(number)"
  }

  /// Counts elements of a constant that is not in the file.
  mutating func countFolded(_ count: Int) throws(ONNXProblem.Kind) {
    foldedElements += count
    guard foldedElements <= Self.totalFoldLimit else {
      throw .limit(
        "elements of constants that are made while reading", found: foldedElements,
        limit: Self.totalFoldLimit)
    }
  }

  func tensor(_ id: TensorID) -> Tensor { tensors[id.index] }
  func type(_ id: TensorID) -> ONNXElementType { types[id.index] }
  func shape(_ id: TensorID) -> Shape { tensors[id.index].shape }

  /// `float32[1,16]`, as messages show an operand.
  func description(_ id: TensorID) -> String {
    let extents = shape(id).extents.map(String.init).joined(separator: ",")
    return "\(type(id).name)[\(extents)]"
  }

  mutating func report(_ place: String?, _ kind: ONNXProblem.Kind) {
    problems.append(ONNXProblem(place: place, kind: kind))
  }

  // MARK: Initializers, inputs, outputs

  private mutating func readInitializers(_ graph: Onnx_GraphProto) {
    for tensor in graph.initializer {
      let place = "initializer '\(tensor.name)'"
      do throws(ONNXProblem.Kind) {
        let (type, shape, codes) = try reader.read(tensor)
        _ = try add(tensor.name, shape: shape, type: type, constant: codes)
      } catch {
        poisoned.insert(tensor.name)
        report(place, error)
      }
    }
    for sparse in graph.sparseInitializer {
      poisoned.insert(sparse.values.name)
      report("initializer '\(sparse.values.name)'", .sparse)
    }
  }

  private mutating func readInputs(_ graph: Onnx_GraphProto) -> [TensorID] {
    var inputs: [TensorID] = []
    let available = graph.input.map(\.name)
    for name in options.shapes.keys.sorted() where !available.contains(name) {
      report(nil, .unknownName(name, kind: "input", available: available))
    }
    var position = 0
    var sampled: [String: [Int]] = [:]
    for input in graph.input where names[input.name] == nil && !poisoned.contains(input.name) {
      let declared = input.type.tensorType.shape.dim
      if position < options.samples.count, options.samples[position].count == declared.count,
        options.shapes[input.name] == nil
      {
        sampled[input.name] = options.samples[position]
      }
      position += 1
      bindDimensions(input)
    }
    for input in graph.input {
      guard let shape = sampled[input.name] else { continue }
      for (dimension, extent) in zip(input.type.tensorType.shape.dim, shape).dropFirst()
      where !dimension.dimParam.isEmpty {
        dimensions[dimension.dimParam] = dimensions[dimension.dimParam] ?? extent
      }
    }
    var seen: Set<String> = []
    for input in graph.input where !seen.insert(input.name).inserted {
      report("input '\(input.name)'", .duplicateTensor(input.name))
    }
    for input in graph.input where names[input.name] == nil && !poisoned.contains(input.name) {
      do throws(ONNXProblem.Kind) {
        inputs.append(try readInput(input, sampled: sampled[input.name]))
      } catch {
        poisoned.insert(input.name)
        report("input '\(input.name)'", error)
      }
    }
    return inputs
  }

  /// Notes what a shape given for an input says about named dimensions.
  private mutating func bindDimensions(_ input: Onnx_ValueInfoProto) {
    let declared = input.type.tensorType.shape.dim
    if let given = options.shapes[input.name], given.count == declared.count {
      for (dimension, extent) in zip(declared, given) where !dimension.dimParam.isEmpty {
        dimensions[dimension.dimParam] = dimensions[dimension.dimParam] ?? extent
      }
    } else if options.shapes[input.name] == nil, let first = declared.first,
      !first.dimParam.isEmpty
    {
      dimensions[first.dimParam] = dimensions[first.dimParam] ?? options.batch
    }
  }

  private mutating func readInput(
    _ input: Onnx_ValueInfoProto, sampled: [Int]?
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard case .tensorType(let declared)? = input.type.value else {
      if case .sparseTensorType? = input.type.value { throw .sparse }
      throw .unsupportedFeature("an input that is no tensor")
    }
    guard let type = ONNXElementType(rawValue: declared.elemType) else {
      throw .elementType(declared.elemType)
    }
    let given = options.shapes[input.name]
    let texts = declared.shape.dim.map { dimension -> String in
      if !dimension.value.isOpen { return String(dimension.dimValue) }
      return dimension.dimParam.isEmpty ? "?" : dimension.dimParam
    }
    guard declared.hasShape || given != nil else {
      throw .dynamicShape(
        input: input.name, dimensions: ["unknown rank"], example: "\(input.name)=1x3x32x32")
    }
    var extents: [Int] = []
    if let given {
      guard !declared.hasShape || given.count == declared.shape.dim.count,
        given.allSatisfy({ $0 >= 0 })
      else { throw .givenShape(input: input.name, given: given, declared: texts) }
      extents = given
    }
    var isComplete = true
    for (axis, dimension) in declared.shape.dim.enumerated() {
      let extent: Int?
      if case .dimValue(let value)? = dimension.value, !dimension.value.isOpen {
        guard let exact = Int(exactly: value), exact >= 0 else {
          throw .shape(declared.shape.dim.map(\.dimValue))
        }
        extent = exact
      } else if let given {
        extent = given[axis]
      } else {
        extent = dimensions[dimension.dimParam] ?? (axis == 0 ? options.batch : sampled?[axis])
      }
      if let given, let extent, given[axis] != extent {
        throw .givenShape(input: input.name, given: given, declared: texts)
      }
      if given == nil {
        isComplete = isComplete && extent != nil
        extents.append(extent ?? 32)
      }
    }
    guard isComplete else {
      let example = extents.map(String.init).joined(separator: "x")
      throw .dynamicShape(
        input: input.name, dimensions: texts, example: "\(input.name)=\(example)")
    }
    let shape = try ONNXTensorReader.shape(extents.map(Int64.init))
    let id = try add(input.name, shape: shape, type: type)
    if let first = declared.shape.dim.first, first.value.isOpen { batchedInputs.append(id) }
    return id
  }

  private mutating func readOutputs(_ graph: Onnx_GraphProto) -> [TensorID] {
    var outputs: [TensorID] = []
    let wanted = options.outputs ?? graph.output.map(\.name)
    if wanted.isEmpty { report(nil, .damaged(reason: "the graph has no output", offset: nil)) }
    for name in wanted {
      if let id = names[name] {
        outputs.append(outputs.contains(id) ? repeated(id) : id)
      } else if !poisoned.contains(name) {
        if options.outputs == nil {
          report(nil, .undefinedTensor(name))
        } else {
          let available = graph.node.flatMap(\.output).filter { !$0.isEmpty }
          report(nil, .unknownName(name, kind: "tensor", available: available))
        }
      }
    }
    return outputs
  }

  /// A copy of a tensor that is an output more than once, under a name of its own.
  private mutating func repeated(_ id: TensorID) -> TensorID {
    let original = tensor(id)
    let copy = TensorID(tensors.count)
    let name = freeName(original.name)
    tensors.append(Tensor(name: name, shape: original.shape, encoding: original.encoding))
    types.append(type(id))
    names[name] = copy
    nodes.append(
      Node(
        name: freeNodeName(name), operation: .reshape, inputs: [id], outputs: [copy],
        origin: "output '\(original.name)' again"))
    return copy
  }

  // MARK: Order

  /// Nodes that the wanted outputs depend on; all of them if the model's own outputs are wanted.
  private func neededNodes(_ graph: Onnx_GraphProto) -> Set<Int>? {
    guard let outputs = options.outputs else { return nil }
    var producers: [String: Int] = [:]
    for (index, node) in graph.node.enumerated() {
      for output in node.output where !output.isEmpty { producers[output] = index }
    }
    var needed: Set<Int> = []
    var pending = outputs
    while let name = pending.popLast() {
      guard let index = producers[name], needed.insert(index).inserted else { continue }
      pending += graph.node[index].input
    }
    return needed
  }

  /// The file's order where it is valid, else the same nodes in a stable topological order; nodes
  /// that wait for each other or for a tensor that nothing writes are reported.
  private mutating func ordered(_ nodes: [Onnx_NodeProto], needed: Set<Int>?) -> [Int] {
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.output where !output.isEmpty { producers[output] = index }
    }
    var waiting = [Int](repeating: 0, count: nodes.count)
    var readers: [Int: [Int]] = [:]
    var missing: Set<Int> = []
    let candidates = nodes.indices.filter { needed?.contains($0) ?? true }
    for index in candidates {
      for name in Set(nodes[index].input) where !name.isEmpty && names[name] == nil {
        if let producer = producers[name] {
          waiting[index] += 1
          readers[producer, default: []].append(index)
        } else if !poisoned.contains(name) {
          missing.insert(index)
          report(place(nodes[index], index, inputs: []), .undefinedTensor(name))
        }
      }
    }
    var order: [Int] = []
    var ready = IndexHeap(candidates.filter { waiting[$0] == 0 })
    while let index = ready.popSmallest() {
      if missing.contains(index) {
        poisoned.formUnion(nodes[index].output)
      } else {
        order.append(index)
      }
      for reader in readers[index] ?? [] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.insert(reader) }
      }
    }
    let stuck = candidates.filter { waiting[$0] > 0 }
    if !stuck.isEmpty {
      poisoned.formUnion(stuck.flatMap { nodes[$0].output })
      report(nil, .graph(.cycle(stuck.map { nodes[$0].name })))
    }
    return order
  }

  func place(_ node: Onnx_NodeProto, _ index: Int, inputs: [TensorID?]) -> String {
    let name = node.name.isEmpty ? node.opType : node.name
    let first = inputs.first.flatMap { $0 }.map { ", input \(description($0))" } ?? ""
    return "node '\(name)' (\(index + 1) of \(model.nodeCount))\(first)"
  }
}

extension Optional<Onnx_TensorShapeProto.Dimension.OneOf_Value> {
  /// Whether the dimension has no number; some converters write -1 for that.
  var isOpen: Bool {
    if case .dimValue(let value)? = self { value == -1 } else { true }
  }
}

/// Indices handed out smallest first.
struct IndexHeap {
  private var items: [Int]

  init(_ sorted: [Int]) { items = sorted }

  mutating func insert(_ item: Int) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[(child - 1) / 2] > items[child] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popSmallest() -> Int? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    guard !items.isEmpty else { return first }
    items[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < items.count && items[child] < items[smallest] {
        smallest = child
      }
      if smallest == parent { return first }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
