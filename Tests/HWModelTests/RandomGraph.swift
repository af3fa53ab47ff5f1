import Arith
import QuantGraph
import TestSupport

/// Small valid graphs of hls4ml's operators with formats, modes and sizes drawn from a seed.
struct RandomGraph {
  private var generator: SeededGenerator
  private var tensors: [Tensor] = []
  private var nodes: [Node] = []
  private var inputs: [TensorID] = []
  /// Tensors that later nodes may read.
  private var live: [TensorID] = []

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// A graph of up to `count` nodes; every tensor that a node writes is an output.
  mutating func graph(nodes count: Int) throws -> Graph {
    let shape = try Shape(
      [
        [number(2...9)], [number(3...9), number(1...3)],
        [number(3...6), number(2...5), number(1...3)],
      ]
      .randomElement(using: &generator) ?? [4])
    for name in ["x", "y"] {
      let id = add(
        Tensor(name: name, shape: shape, encoding: .fixed(format(widths: 1...18))))
      inputs.append(id)
      live.append(id)
    }
    for index in 0..<count { try addNode("n\(index)") }
    return try Graph(
      name: "random", tensors: tensors, nodes: nodes, inputs: inputs,
      outputs: nodes.flatMap(\.outputs))
  }

  /// Codes of `samples` samples of each input, every third value at an end of its range.
  mutating func codes(of graph: Graph, samples: Int) -> [TensorValues] {
    graph.inputs.map { id in
      guard case .fixed(let format) = graph[id].encoding else { return .codes([]) }
      let range = format.codes
      return .codes(
        (0..<samples * graph[id].shape.count).map { _ in
          switch number(0...5) {
          case 0: range.lowerBound
          case 1: range.upperBound
          default: Int64.random(in: range, using: &generator)
          }
        })
    }
  }

  // MARK: Draws

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[number(0...(elements.count - 1))]
  }

  /// Mostly types that fast kernels take, some with saturation bits, and some very wide ones.
  mutating func format(
    widths: ClosedRange<Int> = 1...20, rareWidths: ClosedRange<Int>? = nil
  ) -> FixedPointFormat {
    while true {
      let width = number(chance(3) ? rareWidths ?? widths : widths)
      let isSigned = chance(75)
      let integer = chance(80) ? number(0...max(1, min(width, 8))) : number(-3...(width + 3))
      let overflow = pick(
        chance(85) ? [.wrap, .saturate, .saturateSymmetric, .saturateToZero] : Overflow.hls)
      let format = try? FixedPointFormat(
        width: width, integerBits: integer, isSigned: isSigned,
        quantization: pick(Quantization.hls), overflow: overflow,
        saturationBits: chance(6) ? number(0...width) : 0)
      if let format { return format }
    }
  }

  private mutating func add(_ tensor: Tensor) -> TensorID {
    tensors.append(tensor)
    return TensorID(tensors.count - 1)
  }

  private mutating func constant(
    _ name: String, _ shape: [Int], _ format: FixedPointFormat
  ) throws -> TensorID {
    let shape = try Shape(shape)
    let codes = (0..<shape.count).map { _ in Int64.random(in: format.codes, using: &generator) }
    return add(
      Tensor(name: name, shape: shape, encoding: .fixed(format), constant: .int64(codes)))
  }

  private mutating func result(
    _ name: String, _ shape: [Int], _ own: FixedPointFormat? = nil
  ) throws -> TensorID {
    let id = add(
      Tensor(
        name: name, shape: try Shape(shape),
        encoding: .fixed(own ?? format(widths: 2...20, rareWidths: 30...90))))
    live.append(id)
    return id
  }

  private func fixed(_ id: TensorID) -> FixedPointFormat? {
    if case .fixed(let format) = tensors[id.index].encoding { format } else { nil }
  }

  // MARK: Nodes

  private mutating func addNode(_ name: String) throws {
    let data = pick(live)
    let extents = tensors[data.index].shape.extents
    guard extents.reduce(1, *) <= 400 else { return }
    let rank = extents.count
    switch number(0...11) {
    case 0, 1:
      if rank == 1 {
        try addDense(name, data, extents[0])
      } else {
        try addConvolution(name, data, extents)
      }
    case 2: if rank > 1 { try addPool(name, data, extents) } else { try addNormalize(name, data) }
    case 3, 4: try addActivation(name, data)
    case 5: try addSoftmax(name, data)
    case 6:
      let other = pick(live.filter { tensors[$0.index].shape.extents == extents })
      append(
        name, .arithmetic(pick(Arithmetic.allCases)), [data, other], try result(name, extents))
    case 7: try addNormalize(name, data)
    case 8: try addThreshold(name, data)
    case 9:
      let axis = number(0...(rank - 1))
      let other = pick(live.filter { tensors[$0.index].shape.extents == extents })
      var joined = extents
      joined[axis] *= 2
      append(name, .concatenate(axis: axis), [data, other], try result(name, joined))
    default: try addMove(name, data, extents)
    }
  }

  private mutating func append(
    _ name: String, _ operation: Operator, _ inputs: [TensorID], _ outputs: TensorID...
  ) {
    nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: outputs))
  }

  /// Weights, product rule and accumulator that fit the data's type.
  private mutating func weights(
    _ name: String, _ shape: [Int], data: TensorID, order: AccumulationOrder
  ) throws -> (TensorID, Accumulation) {
    let isBit = fixed(data).map { $0.width == 1 && !$0.isSigned } ?? false
    let rules: [ProductRule] =
      isBit
      ? [.multiply, .dataBinary, .bothBinary]
      : [
        .multiply, .multiply, .multiply, .multiply, .weightBinary, .weightTernary,
        .weightExponential,
      ]
    let rule = pick(rules)
    let accumulator = format(widths: 4...26, rareWidths: 40...80)
    let accumulation = Accumulation(encoding: accumulator, order: order, product: rule)
    switch rule {
    case .weightExponential:
      let power = try PowerOfTwoFormat(exponentBits: number(2...5))
      let shape = try Shape(shape)
      let codes = (0..<shape.count).map { _ in
        Int64(Int.random(in: power.exponents, using: &generator) * 2 + number(0...1))
      }
      let id = add(
        Tensor(
          name: name + ".w", shape: shape, encoding: .powerOfTwo(power), constant: .int64(codes)))
      return (id, accumulation)
    case .weightBinary, .bothBinary:
      let bit = try FixedPointFormat(width: 1, integerBits: 1, isSigned: false)
      return (try constant(name + ".w", shape, bit), accumulation)
    case .weightTernary:
      let pair = try FixedPointFormat(width: 2, integerBits: 2)
      return (try constant(name + ".w", shape, pair), accumulation)
    default:
      return (
        try constant(name + ".w", shape, format(widths: 1...10, rareWidths: 20...40)), accumulation
      )
    }
  }

  private mutating func order(inputs: Int, outputs: Int) -> AccumulationOrder {
    let total = inputs * outputs
    // The reuse factors that hls4ml accepts.
    let factors = (1...total).filter { factor in
      guard total % factor == 0, factor < inputs || factor % inputs == 0 else { return false }
      let multipliers = (total + min(inputs, factor) - 1) / min(inputs, factor)
      return multipliers % outputs == 0 || factor >= inputs
    }
    return chance(50) || factors.isEmpty ? .inputOrder : .reuse(factor: pick(factors))
  }

  private mutating func addDense(_ name: String, _ data: TensorID, _ inputs: Int) throws {
    let outputs = number(1...6)
    let order = order(inputs: inputs, outputs: outputs)
    let (weights, accumulation) = try weights(name, [inputs, outputs], data: data, order: order)
    var operands = [data, weights]
    if chance(70) { operands.append(try constant(name + ".b", [outputs], format(widths: 1...12))) }
    append(
      name,
      .dense(Dense(weightsAreOutputMajor: order != .inputOrder, accumulation: accumulation)),
      operands, try result(name, [outputs]))
  }

  private mutating func addConvolution(
    _ name: String, _ data: TensorID, _ extents: [Int]
  ) throws {
    let axes = extents.count - 1
    let channels = extents[axes]
    let isDepthwise = chance(30)
    let filters = isDepthwise ? channels : number(1...4)
    let kernel = (0..<axes).map { number(1...min(3, extents[$0])) }
    let strides = kernel.map { _ in number(1...2) }
    let dilations = kernel.map { _ in chance(20) ? 2 : 1 }
    let before = kernel.map { number(0...($0 - 1)) }
    let after = kernel.map { number(0...($0 - 1)) }
    var spatial: [Int] = []
    for axis in 0..<axes {
      let padded: Int = extents[axis] + before[axis] + after[axis]
      let span: Int = (kernel[axis] - 1) * dilations[axis] + 1
      guard padded >= span else { return }
      spatial.append((padded - span) / strides[axis] + 1)
    }
    let taps = kernel.reduce(1, *)
    let order = isDepthwise ? .inputOrder : order(inputs: taps * channels, outputs: filters)
    let (weights, accumulation) = try weights(
      name, isDepthwise ? [taps, channels] : [taps * channels, filters], data: data, order: order)
    if isDepthwise && accumulation.product == .bothBinary { return }
    var operands = [data, weights]
    if chance(70) { operands.append(try constant(name + ".b", [filters], format(widths: 1...12))) }
    append(
      name,
      .convolution(
        Convolution(
          kernel: kernel, strides: strides, dilations: dilations, paddingBefore: before,
          paddingAfter: after, isDepthwise: isDepthwise,
          weightsAreFilterMajor: order != .inputOrder, accumulation: accumulation)), operands,
      try result(name, spatial + [filters]))
  }

  private mutating func addPool(_ name: String, _ data: TensorID, _ extents: [Int]) throws {
    let axes = extents.count - 1
    let isGlobal = chance(30)
    let kernel = (0..<axes).map { isGlobal ? extents[$0] : number(1...min(3, extents[$0])) }
    let isPadded = !isGlobal && chance(40)
    let before = kernel.map { isPadded ? number(0...($0 - 1)) : 0 }
    let after = kernel.map { isPadded ? number(0...($0 - 1)) : 0 }
    let strides = kernel.map { isGlobal ? $0 : number(1...2) }
    var spatial: [Int] = []
    for axis in 0..<axes {
      let padded: Int = extents[axis] + before[axis] + after[axis]
      spatial.append((padded - kernel[axis]) / strides[axis] + 1)
    }
    let arrangement: Pool.Arrangement =
      isGlobal
      ? pick([.window, .streamedGlobal]) : isPadded ? .window : pick([.window, .streamedWindow])
    let pool = Pool(
      reduction: pick([.maximum, .average]), kernel: kernel, strides: strides,
      paddingBefore: before, paddingAfter: after, countsPadding: chance(50),
      accumulator: format(widths: 3...24, rareWidths: 40...80), arrangement: arrangement)
    append(
      name, .pool(pool), [data],
      try result(name, isGlobal ? [extents[axes]] : spatial + [extents[axes]]))
  }

  private mutating func table() -> LookupTable {
    LookupTable(
      size: pick([16, 64, 100, 256, 1000, 1024]),
      entry: format(widths: 2...18, rareWidths: 30...70))
  }

  private mutating func addActivation(_ name: String, _ data: TensorID) throws {
    let extents = tensors[data.index].shape.extents
    let count = extents.reduce(1, *)
    let table = table()
    let activation = pick([
      Activation.linear, .relu, .relu, .clippedReLU(maximum: number(1...6)), .leakyReLU, .prelu,
      .thresholdedReLU, .elu(table), .selu(table), .sigmoid(table), .tanh(table),
      .softplus(table), .softsign(table), .hardSigmoid, .hardTanh, .binaryTanh, .ternaryTanh,
    ])
    var operands = [data]
    for position in 0..<activation.parameterCount {
      operands.append(
        try constant(
          "\(name).p\(position)", [activation == .prelu ? count : 1],
          format(widths: 1...14, rareWidths: 30...50)))
    }
    append(name, .activation(activation), operands, try result(name, extents))
  }

  private mutating func addSoftmax(_ name: String, _ data: TensorID) throws {
    let extents = tensors[data.index].shape.extents
    let axis = number(0...(extents.count - 1))
    let implementation = pick([Softmax.Implementation.latency, .stable, .legacy, .argmax])
    let difference = format(widths: 4...12)
    let address = format(widths: 4...16)
    guard let own = fixed(data) else { return }
    let addressed = implementation == .stable ? difference.width : own.width
    let softmax = Softmax(
      implementation: implementation, outer: extents[..<axis].reduce(1, *), slice: extents[axis],
      inner: extents[(axis + 1)...].reduce(1, *),
      exponential: LookupTable(size: 1 << min(number(3...8), addressed), entry: table().entry),
      inverse: LookupTable(size: 1 << min(number(3...8), address.width), entry: table().entry),
      accumulator: format(widths: 4...20, rareWidths: 30...70), inverseInput: address,
      difference: implementation == .stable ? difference : nil)
    append(name, .softmax(softmax), [data], try result(name, extents))
  }

  private mutating func addNormalize(_ name: String, _ data: TensorID) throws {
    let extents = tensors[data.index].shape.extents
    let count = chance(50) ? extents.reduce(1, *) : extents.last ?? 1
    let scale = try constant(name + ".s", [count], format(widths: 1...14, rareWidths: 30...50))
    let bias = try constant(name + ".b", [count], format(widths: 1...14))
    append(name, .normalize(.multiply), [data, scale, bias], try result(name, extents))
  }

  private mutating func addThreshold(_ name: String, _ data: TensorID) throws {
    let extents = tensors[data.index].shape.extents
    let own = format(widths: 2...14)
    var operands = [data]
    for position in 0..<number(1...2) {
      operands.append(try constant("\(name).t\(position)", [extents.last ?? 1], own))
    }
    let bit = try FixedPointFormat(width: 1, integerBits: 1, isSigned: false)
    let pair = try FixedPointFormat(width: 2, integerBits: 2)
    append(name, .threshold, operands, try result(name, extents, operands.count == 2 ? bit : pair))
  }

  private mutating func addMove(_ name: String, _ data: TensorID, _ extents: [Int]) throws {
    let rank = extents.count
    switch number(0...6) {
    case 0:
      append(name, .reshape, [data], try result(name, [extents.reduce(1, *)]))
    case 1:
      let permutation = Array(0..<rank).shuffled(using: &generator)
      append(
        name, .transpose(permutation: permutation), [data],
        try result(name, permutation.map { extents[$0] }))
    case 2, 3:
      let before = extents.map { _ in number(0...1) }
      let after = extents.map { _ in number(0...2) }
      append(
        name, .pad(before: before, after: after), [data],
        try result(name, extents.indices.map { extents[$0] + before[$0] + after[$0] }))
    case 4:
      guard rank > 1 else { return }
      var resized = extents.map { $0 * number(1...3) }
      resized[rank - 1] = extents[rank - 1]
      append(name, .resizeNearest, [data], try result(name, resized))
    case 5:
      let formats = (0..<extents.reduce(1, *)).map { _ in format() }
      append(name, .convert(elements: formats), [data], try result(name, extents))
    default:
      let first = try result(name + ".0", extents)
      append(name, .copy, [data], first, try result(name + ".1", extents))
    }
  }
}
