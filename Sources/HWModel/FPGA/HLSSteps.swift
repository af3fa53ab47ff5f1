import Arith
import QuantGraph

/// Builds the step-by-step definition of a node.
extension HLSBinding {
  /// Signed bits of the widest exact intermediate of the node.
  ///
  /// - Throws: ``DatapathError`` if a type is missing or of another family.
  func width() throws(DatapathError) -> Int {
    var width = HLSWidth()
    for id in node.inputs + node.outputs {
      if case .fixed(let format) = graph[id].encoding { width.include(format.signedWidth) }
    }
    let result = try resultFormat()
    if let (_, types) = try accumulation() {
      width.include(types.width)
      return width.bits
    }
    let data = try format(0)
    switch node.operation {
    case .dense, .convolution:
      break
    case .pool(let pool):
      width.include(
        PoolStep<Int64>.width(
          pool, data: data, accumulator: try Self.accumulator(pool), result: result))
    case .activation(let activation):
      var parameters: [FixedPointFormat] = []
      for operand in node.inputs.indices.dropFirst() { parameters.append(try format(operand)) }
      width.include(
        ActivationStep<Int64>.width(
          activation, data: data, parameters: parameters,
          table: try lookupTable(activation), result: result))
    case .softmax(let softmax):
      width.include(SoftmaxStep<Int64>.width(softmax, data: data, result: result))
    case .arithmetic(let arithmetic):
      width.include(
        ArithmeticStep<Int64>.width(arithmetic, data, try format(1), result: result))
    case .dot(let accumulation):
      guard let accumulation else {
        throw .parameter("accumulator", reason: "this datapath needs its type")
      }
      let other = try format(1)
      let fraction = data.fractionBits + other.fractionBits
      let product = data.signedWidth + other.signedWidth
      width.include(
        Assignment(to: accumulation.encoding, fromFractionBits: fraction), sourceBits: product)
      width.include(
        Assignment(to: result, fromFractionBits: accumulation.encoding.fractionBits),
        sourceBits: accumulation.encoding.signedWidth + 1)
    case .normalize:
      width.include(NormalizeStep<Int64>.width(try normalization(), bias: try format(2)))
    case .threshold:
      for operand in 1..<node.inputs.count {
        let threshold = try format(operand)
        let gap = abs(threshold.fractionBits - data.fractionBits)
        width.include(max(threshold.signedWidth, data.signedWidth) + gap)
      }
      width.include(Assignment(to: result, fromFractionBits: 0), sourceBits: 2)
    case .convert(let elements):
      width.include(ConvertStep<Int64>.width(data: data, elements: elements, result: result))
    case .reshape, .transpose, .pad, .crop, .resizeNearest:
      width.include(ConvertStep<Int64>.width(data: data, elements: [], result: result))
    case .copy:
      for id in node.outputs {
        let format = try Self.format(graph[id], "copy")
        width.include(ConvertStep<Int64>.width(data: data, elements: [], result: format))
      }
    case .concatenate:
      for operand in node.inputs.indices {
        width.include(
          ConvertStep<Int64>.width(data: try format(operand), elements: [], result: result))
      }
    case .gather:
      width.include(data.signedWidth + max(0, -data.fractionBits))
      width.include(ConvertStep<Int64>.width(data: try format(1), elements: [], result: result))
    default:
      throw .unsupported(operation: node.operation.name, datapath: HLSFixed.name)
    }
    return width.bits
  }

  /// The node's definition in `Raw`, which must hold ``width()`` bits.
  func step<Raw: RawInteger>(_: Raw.Type) throws(DatapathError) -> any HLSStep<Raw> {
    let result = try resultFormat()
    if let (geometry, types) = try accumulation() {
      var initial: [Raw] = []
      if let bias = types.bias {
        let assignment = Assignment(to: types.accumulator, fromFractionBits: bias.fractionBits)
        initial = try constant(2).map { Raw(narrowing: assignment($0)) }
      }
      return AccumulateStep(
        geometry: geometry, types: types, weights: try constant(1).map(Raw.init(narrowing:)),
        initial: initial)
    }
    let data = try format(0)
    switch node.operation {
    case .pool(let pool):
      let isGlobal = output.shape.rank == 1
      let window = isGlobal ? Array(tensor(0).shape.extents.dropLast()) : pool.kernel
      let entries = window.reduce(output.shape.count) {
        $0 > RunLimits.tableEntries ? $0 : $0 * min($1, 1 << 28)
      }
      guard entries <= RunLimits.tableEntries else {
        throw .limit("elements that the pool's windows cover", RunLimits.tableEntries)
      }
      return PoolStep<Raw>(
        pool: pool, data: data, accumulator: try Self.accumulator(pool), result: result,
        windows: PoolStep<Raw>.windows(pool, data: tensor(0).shape, result: output.shape))
    case .activation(let activation):
      return try activationStep(activation, data: data, result: result)
    case .softmax(let softmax):
      return try softmaxStep(softmax, data: data, result: result)
    case .arithmetic(let arithmetic):
      return ArithmeticStep<Raw>(
        operation: arithmetic, left: data, right: try format(1), result: result,
        count: output.shape.count)
    case .dot(let accumulation):
      guard let accumulation else {
        throw .parameter("accumulator", reason: "this datapath needs its type")
      }
      return DotStep<Raw>(
        productFractionBits: data.fractionBits + (try format(1)).fractionBits,
        accumulator: accumulation.encoding, result: result)
    case .normalize:
      return NormalizeStep<Raw>(
        types: try normalization(), biasFormat: try format(2),
        scale: try constant(1).map(Raw.init(narrowing:)),
        bias: try constant(2).map(Raw.init(narrowing:)))
    case .threshold:
      var thresholds: [(format: FixedPointFormat, codes: [Raw])] = []
      for operand in 1..<node.inputs.count {
        thresholds.append(
          (try format(operand), try constant(operand).map(Raw.init(narrowing:))))
      }
      return ThresholdStep<Raw>(data: data, thresholds: thresholds, result: result)
    case .copy:
      var formats: [FixedPointFormat] = []
      for id in node.outputs { formats.append(try Self.format(graph[id], "copy")) }
      return CopyStep<Raw>(data: data, results: formats)
    case .concatenate(let axis):
      var formats: [FixedPointFormat] = []
      for operand in node.inputs.indices { formats.append(try format(operand)) }
      return ConcatenateStep<Raw>(
        formats: formats, result: result, source: concatenation(axis: axis))
    case .gather:
      let table = tensor(1).shape
      return GatherStep<Raw>(
        indexFractionBits: data.fractionBits, rows: table[0], rowWidth: table[1],
        table: try constant(1).map(Raw.init(narrowing:)), tableFormat: try format(1),
        result: result)
    case .convert, .reshape, .transpose, .pad, .crop, .resizeNearest:
      var elements: [FixedPointFormat] = []
      if case .convert(let formats) = node.operation { elements = formats }
      return ConvertStep<Raw>(
        data: data, elements: elements, result: result, source: movement() ?? [])
    default:
      throw .unsupported(operation: node.operation.name, datapath: HLSFixed.name)
    }
  }

  private static func accumulator(_ pool: Pool) throws(DatapathError) -> FixedPointFormat {
    guard let accumulator = pool.accumulator else {
      throw .parameter("accumulator", reason: "this datapath needs its type")
    }
    return accumulator
  }

  private func normalization() throws(DatapathError) -> AccumulationTypes {
    guard case .normalize(let rule) = node.operation else {
      preconditionFailure("asked of normalizations only")
    }
    // There is no accumulator; the result's own type stands in for the unused one.
    let accumulation = Accumulation(encoding: try resultFormat(), product: rule)
    return try accumulationTypes(accumulation, inputs: 1)
  }

  /// Which operand and element each element of a concatenation takes.
  func concatenation(axis: Int) -> [(operand: Int32, element: Int32)] {
    let result = output.shape
    let operands = node.inputs.indices.map { tensor($0).shape }
    return (0..<result.count).map { offset in
      var index = result.index(ofOffset: offset)
      var operand = 0
      while index[axis] >= operands[operand][axis] {
        index[axis] -= operands[operand][axis]
        operand += 1
      }
      let element = zip(index, operands[operand].strides).reduce(0) { $0 + $1.0 * $1.1 }
      return (Int32(operand), Int32(element))
    }
  }

  /// The table of an activation, checked.
  private func lookupTable(_ activation: Activation) throws(DatapathError) -> LookupTable? {
    let table: LookupTable
    switch activation {
    case .sigmoid(let lookup), .tanh(let lookup), .softplus(let lookup), .softsign(let lookup),
      .elu(let lookup), .selu(let lookup):
      table = lookup
    case .lookup:
      table = LookupTable(size: tensor(1).shape.count, entry: try format(1))
      let data = try format(0)
      guard data.width <= 24, 1 << data.width <= table.size else {
        throw .parameter(
          "table of \(table.size) entries",
          reason: "an index of \(data.width) bits reaches beyond its end")
      }
    default:
      return nil
    }
    try Self.check(table)
    return table
  }

  private static func check(_ table: LookupTable) throws(DatapathError) {
    guard (1...1 << 24).contains(table.size) else {
      throw .parameter("table of \(table.size) entries", reason: "expected 1 to 2^24")
    }
  }

  private func activationStep<Raw: RawInteger>(
    _ activation: Activation, data: FixedPointFormat, result: FixedPointFormat
  ) throws(DatapathError) -> ActivationStep<Raw> {
    var formats: [FixedPointFormat] = []
    var parameters: [[Raw]] = []
    for operand in node.inputs.indices.dropFirst() {
      formats.append(try format(operand))
      parameters.append(try constant(operand).map(Raw.init(narrowing:)))
    }
    let table = try lookupTable(activation)
    var entries: [Int512] = []
    if let table {
      switch activation {
      case .sigmoid: entries = HLSTables.symmetric(table, span: 16, function: HLSTables.sigmoid)
      case .tanh: entries = HLSTables.symmetric(table, span: 8, function: HLSTables.tanh)
      case .softplus: entries = HLSTables.symmetric(table, span: 16, function: HLSTables.softplus)
      case .softsign: entries = HLSTables.symmetric(table, span: 16, function: HLSTables.softsign)
      case .elu: entries = HLSTables.negative(table, function: HLSTables.elu)
      case .selu: entries = HLSTables.negative(table, function: HLSTables.selu)
      default: entries = try constant(1)
      }
    }
    return ActivationStep(
      activation: activation, data: data, result: result, parameterFormats: formats,
      parameters: parameters, table: entries.map(Raw.init(narrowing:)),
      tableFormat: table?.entry ?? data)
  }

  private func softmaxStep<Raw: RawInteger>(
    _ softmax: Softmax, data: FixedPointFormat, result: FixedPointFormat
  ) throws(DatapathError) -> SoftmaxStep<Raw> {
    try Self.check(softmax.exponential)
    try Self.check(softmax.inverse)
    let exponential: [Int512]
    let inverse: [Int512]
    func checkAddress(_ table: LookupTable, _ format: FixedPointFormat) throws(DatapathError) {
      let bits = HLSTables.addressBits(size: table.size)
      guard bits <= format.width else {
        throw .parameter(
          "table of \(table.size) entries",
          reason: "addressed by the top \(bits) of \(format.width) bits")
      }
    }
    switch softmax.implementation {
    case .latency, .stable:
      let isStable = softmax.implementation == .stable
      let isNegated = isStable && softmax.distance == .maximumMinusValue
      let address = isNegated ? softmax.difference : data
      guard let address else {
        throw .parameter("inp_norm_t", reason: "the stable implementation needs its type")
      }
      try checkAddress(softmax.exponential, address)
      try checkAddress(softmax.inverse, softmax.inverseInput)
      exponential = HLSTables.exponential(
        softmax.exponential, address: address, scale: softmax.scale, isNegated: isNegated)
      inverse = HLSTables.inverse(softmax.inverse, address: softmax.inverseInput)
    case .legacy:
      exponential = HLSTables.symmetric(softmax.exponential, span: 16) {
        Double(ElementaryFloat.exp($0))
      }
      inverse = HLSTables.legacyInverse(softmax.inverse)
    case .argmax:
      exponential = []
      inverse = []
    }
    return SoftmaxStep(
      softmax: softmax, data: data, result: result,
      exponential: exponential.map(Raw.init(narrowing:)),
      inverse: inverse.map(Raw.init(narrowing:)))
  }
}
