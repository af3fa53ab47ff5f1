import Arith
public import QuantGraph

/// A change of types, tables or order at one node.
struct Hypothesis: Sendable {
  let kind: Cause.Kind
  let object: Cause.Object
  let detail: String
  let cost: Double
  /// Whether the node's result or a graph input has another encoding, so that readers change too.
  let changesInterface: Bool
  /// The graph with the change, made on demand; nil if the change is not possible.
  let graph: @Sendable () -> Graph?
}

/// Lists the single changes of types, tables and order at a node, most plausible first.
struct HypothesisList: Sendable {
  let graph: Graph
  let nodeIndex: Int
  /// Values of constants before they were assigned to their types, where the source tells.
  let originals: [TensorID: [Double]]
  /// Largest change of width and integer bits that is tried.
  let reach: Int

  private var node: Node { graph.nodes[nodeIndex] }

  func hypotheses() -> [Hypothesis] {
    var list: [Hypothesis] = []
    addResult(to: &list)
    addInputs(to: &list)
    addConstants(to: &list)
    addAccumulator(to: &list)
    addTables(to: &list)
    addImplementations(to: &list)
    addOrder(to: &list)
    return list.enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }
      .map(\.element)
  }

  /// Other types near `format`: rounding, then overflow, then width.
  private func variants(
    of format: FixedPointFormat
  ) -> [(kind: Cause.Kind, format: FixedPointFormat, detail: String, cost: Double)] {
    var list: [(Cause.Kind, FixedPointFormat, String, Double)] = []
    for mode in Quantization.hls where mode != format.quantization {
      guard let other = try? format.with(quantization: mode) else { continue }
      list.append(
        (.rounding, other, "\(format.quantization.rawValue) -> \(mode.rawValue)", 1))
    }
    for mode in Overflow.hls where mode != format.overflow {
      guard let other = try? format.with(overflow: mode) else { continue }
      // Wrapping in a narrower accumulator often looks the same; widths are edited more often.
      list.append((.overflow, other, "\(format.overflow.rawValue) -> \(mode.rawValue)", 2.3))
    }
    for width in (format.width - reach)...(format.width + reach) {
      for integer in (format.integerBits - reach)...(format.integerBits + reach) {
        if width == format.width && integer == format.integerBits { continue }
        guard
          let other = try? FixedPointFormat(
            width: width, integerBits: integer, isSigned: format.isSigned,
            quantization: format.quantization, overflow: format.overflow,
            saturationBits: min(format.saturationBits, max(width, 0)), dialect: format.dialect)
        else { continue }
        // Keeping the binary point, or keeping the integer bits, is the usual edit.
        let steps = abs(width - format.width) + abs(integer - format.integerBits)
        let isUsual =
          other.fractionBits == format.fractionBits || integer == format.integerBits
          || width == format.width
        list.append(
          (
            .width, other,
            "<\(format.width),\(format.integerBits)> -> <\(width),\(integer)>",
            2 + 0.05 * Double(steps) + (isUsual ? 0 : 0.5)
          ))
      }
    }
    return list
  }

  private func append(
    _ list: inout [Hypothesis], _ kind: Cause.Kind, _ object: Cause.Object, _ detail: String,
    _ cost: Double, changesInterface: Bool = false,
    _ edit: @escaping @Sendable () -> Edit
  ) {
    list.append(
      Hypothesis(
        kind: kind, object: object, detail: detail, cost: cost, changesInterface: changesInterface
      ) { [graph, node, nodeIndex] in
        let edit = edit()
        var nodes: [Int: Node] = [:]
        if let operation = edit.operation {
          nodes[nodeIndex] = Node(
            name: node.name, operation: operation, inputs: node.inputs, outputs: node.outputs,
            origin: node.origin)
        }
        return try? graph.replacing(tensors: edit.tensors, nodes: nodes)
      })
  }

  /// Tensors, and the node's operation, that a change exchanges.
  private struct Edit {
    var tensors: [TensorID: Tensor] = [:]
    var operation: Operator?
  }

  private func retyped(_ id: TensorID, _ format: FixedPointFormat, _ codes: Codes? = nil) -> Tensor
  {
    let tensor = graph[id]
    return Tensor(
      name: tensor.name, shape: tensor.shape, encoding: .fixed(format),
      constant: codes ?? tensor.constant)
  }

  private func addResult(to list: inout [Hypothesis]) {
    guard let id = node.outputs.first, case .fixed(let format) = graph[id].encoding else { return }
    for (kind, other, detail, cost) in variants(of: format) {
      append(
        &list, kind, .result, "result of \(node.name): \(detail)", cost, changesInterface: true
      ) { Edit(tensors: [id: retyped(id, other)]) }
    }
  }

  private func addInputs(to list: inout [Hypothesis]) {
    for id in Set(node.inputs).intersection(graph.inputs).sorted() {
      guard case .fixed(let format) = graph[id].encoding else { continue }
      for (kind, other, detail, cost) in variants(of: format) {
        append(
          &list, kind, .input, "input \(graph[id].name): \(detail)", cost + 0.02,
          changesInterface: true
        ) { Edit(tensors: [id: retyped(id, other)]) }
      }
    }
  }

  private func addConstants(to list: inout [Hypothesis]) {
    for (operand, id) in node.inputs.enumerated() {
      guard let codes = graph[id].constant?.wide, case .fixed(let format) = graph[id].encoding
      else { continue }
      let object: Cause.Object = operand == 2 && isBiased ? .bias : .weight
      let values = originals[id]
      for (kind, other, detail, cost) in variants(of: format) {
        append(&list, kind, object, "\(graph[id].name): \(detail)", cost + 0.03) {
          let changed = codes.indices.map { index in
            values.map { other.cast($0[index], as: Int512.self) }
              ?? other.cast(raw: codes[index], sourceFractionBits: format.fractionBits)
          }
          return Edit(tensors: [id: retyped(id, other, .wide(changed))])
        }
      }
    }
  }

  private var isBiased: Bool {
    switch node.operation {
    case .dense, .convolution, .normalize: true
    default: false
    }
  }

  private func addAccumulator(to list: inout [Hypothesis]) {
    func add(
      _ format: FixedPointFormat, _ rebuilt: @escaping @Sendable (FixedPointFormat) -> Operator
    ) {
      for (kind, other, detail, cost) in variants(of: format) {
        append(
          &list, kind, .accumulator, "accumulator of \(node.name): \(detail)", cost + 0.01
        ) { Edit(operation: rebuilt(other)) }
      }
    }
    switch node.operation {
    case .dense(let dense):
      guard let accumulation = dense.accumulation else { return }
      add(accumulation.encoding) { .dense(dense.with(accumulation.with(encoding: $0))) }
    case .convolution(let convolution):
      guard let accumulation = convolution.accumulation else { return }
      add(accumulation.encoding) {
        .convolution(convolution.with(accumulation.with(encoding: $0)))
      }
    case .dot(let accumulation?):
      add(accumulation.encoding) { .dot(accumulation.with(encoding: $0)) }
    case .pool(let pool):
      guard let accumulator = pool.accumulator else { return }
      add(accumulator) { .pool(pool.with(accumulator: $0)) }
    case .softmax(let softmax):
      add(softmax.accumulator) { .softmax(softmax.with(accumulator: $0)) }
    default:
      return
    }
  }

  private func addTables(to list: inout [Hypothesis]) {
    func add(
      _ table: LookupTable, _ name: String,
      _ rebuilt: @escaping @Sendable (LookupTable) -> Operator
    ) {
      for exponent in 4...16 where 1 << exponent != table.size {
        append(
          &list, .tableSize, .table, "\(name) of \(node.name): \(table.size) -> \(1 << exponent)",
          1.2
        ) { Edit(operation: rebuilt(LookupTable(size: 1 << exponent, entry: table.entry))) }
      }
      for (kind, other, detail, cost) in variants(of: table.entry) {
        append(
          &list, kind, .table, "\(name) of \(node.name): \(detail)", cost + 0.04
        ) { Edit(operation: rebuilt(LookupTable(size: table.size, entry: other))) }
      }
    }
    switch node.operation {
    case .activation(let activation):
      guard let table = activation.table else { return }
      add(table, "table") { .activation(activation.with(table: $0)) }
    case .softmax(let softmax):
      add(softmax.exponential, "exponential table") { .softmax(softmax.with(exponential: $0)) }
      add(softmax.inverse, "inverse table") { .softmax(softmax.with(inverse: $0)) }
      let both = LookupTable(size: softmax.exponential.size, entry: softmax.exponential.entry)
      for exponent in 4...16 where 1 << exponent != both.size {
        let size = 1 << exponent
        append(
          &list, .tableSize, .table, "tables of \(node.name): \(both.size) -> \(size)", 1.2
        ) {
          Edit(
            operation: .softmax(
              softmax.with(exponential: LookupTable(size: size, entry: both.entry))
                .with(inverse: LookupTable(size: size, entry: softmax.inverse.entry))))
        }
      }
      for (kind, other, detail, cost) in variants(of: softmax.inverseInput) {
        append(
          &list, kind, .table, "inverse table address of \(node.name): \(detail)", cost + 0.05
        ) { Edit(operation: .softmax(softmax.with(inverseInput: other))) }
      }
    default:
      return
    }
  }

  /// The other implementations of a softmax, with the tables and types of its configuration; the
  /// legacy one has `table_t` of `nnet::activ_config` (`nnet_activation.h`), ap_fixed<18,8>.
  private func addImplementations(to list: inout [Hypothesis]) {
    guard case .softmax(let softmax) = node.operation else { return }
    for other in [Softmax.Implementation.latency, .stable, .legacy, .argmax]
    where other != softmax.implementation && (other != .stable || softmax.difference != nil) {
      append(
        &list, .implementation, .softmax,
        "\(softmax.implementation.rawValue) -> \(other.rawValue)",
        1.1
      ) {
        var changed = softmax.with(implementation: other)
        if other == .legacy, let entry = try? FixedPointFormat(width: 18, integerBits: 8) {
          changed = changed.with(
            exponential: LookupTable(size: softmax.exponential.size, entry: entry),
            inverse: LookupTable(size: softmax.inverse.size, entry: entry))
        }
        return Edit(operation: .softmax(changed))
      }
    }
  }

  private func addOrder(to list: inout [Hypothesis]) {
    let accumulation: Accumulation?
    let inputs: Int
    let outputs: Int
    let result = graph[node.outputs[0]].shape
    switch node.operation {
    case .dense(let dense):
      (accumulation, inputs, outputs) = (
        dense.accumulation, graph[node.inputs[0]].shape.count, result.count
      )
    case .convolution(let convolution) where !convolution.isDepthwise:
      let channels = graph[node.inputs[0]].shape.extents.last ?? 1
      (accumulation, inputs, outputs) = (
        convolution.accumulation, convolution.kernel.reduce(channels, *),
        result.extents.last ?? 1
      )
    default:
      return
    }
    guard let accumulation, inputs * outputs <= 1 << 20 else { return }
    var orders: [AccumulationOrder] = [.inputOrder]
    for factor in 2...max(2, inputs * outputs) where Self.isValid(factor, inputs, outputs) {
      orders.append(.reuse(factor: factor))
    }
    for order in orders where order != accumulation.order {
      append(
        &list, .order, .accumulator,
        "order of \(node.name): \(accumulation.order.words) -> \(order.words)", 1.5
      ) {
        let (operation, tensors) = reordered(
          accumulation, order, inputs: inputs, outputs: outputs)
        return Edit(tensors: tensors, operation: operation)
      }
    }
  }

  /// Reuse factors that hls4ml accepts for `inputs` x `outputs` products.
  private static func isValid(_ factor: Int, _ inputs: Int, _ outputs: Int) -> Bool {
    let total = inputs * outputs
    guard total % factor == 0, factor < inputs || factor % inputs == 0 else { return false }
    let multipliers = (total + min(inputs, factor) - 1) / min(inputs, factor)
    return multipliers % outputs == 0 || factor >= inputs
  }

  /// The node with another order; the reuse loops read weights stored by output.
  private func reordered(
    _ accumulation: Accumulation, _ order: AccumulationOrder, inputs: Int, outputs: Int
  ) -> (Operator, [TensorID: Tensor]) {
    let other = accumulation.with(order: order)
    var tensors: [TensorID: Tensor] = [:]
    func transposed(_ isOutputMajor: Bool) {
      guard !isOutputMajor, order != .inputOrder else { return }
      let weights = graph[node.inputs[1]]
      guard let codes = weights.constant?.wide else { return }
      let moved = (0..<codes.count).map { codes[$0 % inputs * outputs + $0 / inputs] }
      tensors[node.inputs[1]] = Tensor(
        name: weights.name, shape: weights.shape, encoding: weights.encoding,
        constant: .wide(moved))
    }
    switch node.operation {
    case .dense(let dense):
      transposed(dense.weightsAreOutputMajor)
      let isOutputMajor = dense.weightsAreOutputMajor || order != .inputOrder
      return (.dense(Dense(weightsAreOutputMajor: isOutputMajor, accumulation: other)), tensors)
    case .convolution(let convolution):
      transposed(convolution.weightsAreFilterMajor)
      let isFilterMajor = convolution.weightsAreFilterMajor || order != .inputOrder
      return (
        .convolution(
          Convolution(
            kernel: convolution.kernel, strides: convolution.strides,
            dilations: convolution.dilations, paddingBefore: convolution.paddingBefore,
            paddingAfter: convolution.paddingAfter, weightsAreFilterMajor: isFilterMajor,
            accumulation: other)), tensors
      )
    default:
      return (node.operation, tensors)
    }
  }
}

extension AccumulationOrder {
  /// The order as reports name it.
  public var words: String {
    switch self {
    case .inputOrder: "input order"
    case .reuse(let factor): "reuse factor \(factor)"
    }
  }
}

extension Dense {
  func with(_ accumulation: Accumulation) -> Dense {
    Dense(
      weightsAreOutputMajor: weightsAreOutputMajor, accumulation: accumulation, rows: rows,
      range: range)
  }
}

extension Convolution {
  func with(_ accumulation: Accumulation) -> Convolution {
    Convolution(
      kernel: kernel, strides: strides, dilations: dilations, paddingBefore: paddingBefore,
      paddingAfter: paddingAfter, outputPadding: outputPadding, layout: layout,
      grouping: grouping, weightLayout: weightLayout, accumulation: accumulation, range: range)
  }
}

extension Pool {
  func with(accumulator: FixedPointFormat) -> Pool {
    Pool(
      reduction: reduction, kernel: kernel, strides: strides, dilations: dilations,
      paddingBefore: paddingBefore, paddingAfter: paddingAfter, countsPadding: countsPadding,
      isCeiling: isCeiling, layout: layout, accumulator: accumulator, arrangement: arrangement,
      range: range)
  }
}

extension Activation {
  /// The function's table, if it is computed by one.
  var table: LookupTable? {
    switch self {
    case .elu(let table), .selu(let table), .sigmoid(let table), .tanh(let table),
      .softplus(let table), .softsign(let table):
      table
    default: nil
    }
  }

  func with(table: LookupTable) -> Activation {
    switch self {
    case .elu: .elu(table)
    case .selu: .selu(table)
    case .sigmoid: .sigmoid(table)
    case .tanh: .tanh(table)
    case .softplus: .softplus(table)
    case .softsign: .softsign(table)
    default: self
    }
  }
}

extension Softmax {
  func with(
    implementation: Implementation? = nil, exponential: LookupTable? = nil,
    inverse: LookupTable? = nil, accumulator: FixedPointFormat? = nil,
    inverseInput: FixedPointFormat? = nil
  ) -> Softmax {
    Softmax(
      implementation: implementation ?? self.implementation, outer: outer, slice: slice,
      inner: inner,
      exponential: exponential ?? self.exponential, inverse: inverse ?? self.inverse,
      accumulator: accumulator ?? self.accumulator,
      inverseInput: inverseInput ?? self.inverseInput, difference: difference, distance: distance,
      scale: scale)
  }
}
