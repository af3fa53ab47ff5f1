extension Shape {
  /// The shape to which numpy's rule broadcasts all of `shapes`: axes are aligned at the last, and
  /// each has one extent or 1.
  ///
  /// - Throws: ``GraphError/shapeMismatch(operand:expected:found:)`` if there is none.
  public static func broadcast(_ shapes: [Shape]) throws(GraphError) -> Shape {
    let rank = shapes.map(\.rank).max() ?? 0
    var extents = [Int](repeating: 1, count: rank)
    for shape in shapes {
      for (axis, extent) in zip((rank - shape.rank)..., shape.extents) where extent != 1 {
        guard extents[axis] == 1 || extents[axis] == extent else {
          throw .shapeMismatch(operand: "operand", expected: extents, found: shape.extents)
        }
        extents[axis] = extent
      }
    }
    return try Shape(extents)
  }

  /// Element strides with which this shape is read as `shape`: 0 along repeated axes.
  ///
  /// - Precondition: this shape broadcasts to `shape`.
  public func broadcastStrides(to shape: Shape) -> [Int] {
    let own = strides
    return shape.extents.indices.map { axis in
      let position = axis - (shape.rank - rank)
      return position < 0 || extents[position] == 1 ? 0 : own[position]
    }
  }

  /// Extents after `axes` are combined: dropped, or kept as 1.
  func combining(_ axes: [Int], keepsAxes: Bool) -> [Int] {
    extents.enumerated().compactMap { axis, extent in
      axes.contains(axis) ? (keepsAxes ? 1 : nil) : extent
    }
  }
}

extension Dense {
  func check(inputs: [Tensor], result: Shape) throws(GraphError) {
    let data = inputs[0].shape.count
    guard rows > 0, data % rows == 0, result.count % rows == 0 else {
      throw .parameter("rows \(rows)", reason: "must divide \(data) and \(result.count) elements")
    }
    if let accumulation { try accumulation.check() }
    try Operator.require(
      "weights", inputs[1].shape.count, data / rows, times: result.count / rows)
    if inputs.count > 2 {
      try Operator.require("bias", inputs[2].shape.count, result.count / rows)
    }
  }
}

extension Activation {
  /// Checks tables and parameters, which apply to `count` elements of data.
  func check(_ inputs: [Tensor], count: Int) throws(GraphError) {
    switch self {
    case .linear, .relu, .clippedReLU, .binaryTanh, .ternaryTanh: break
    case .leakyReLU, .thresholdedReLU, .hardSigmoid, .hardTanh:
      for tensor in inputs.dropFirst() where tensor.shape.count != 1 {
        try Operator.require(tensor.name, tensor.shape.count, count)
      }
    case .prelu: try Operator.require("alpha", inputs[1].shape.count, count)
    case .elu(let table):
      if inputs[1].shape.count != 1 {
        try Operator.require("alpha", inputs[1].shape.count, count)
      }
      try table.check()
    case .selu(let table), .sigmoid(let table), .tanh(let table), .softplus(let table),
      .softsign(let table):
      try table.check()
    case .lookup:
      guard inputs[1].shape.count > 0 else {
        throw .elementCount(operand: "table", expected: 1, found: 0)
      }
    }
  }
}

extension LookupTable {
  /// Most entries of a table.
  static let sizeLimit = 1 << 24

  func check() throws(GraphError) {
    guard (1...Self.sizeLimit).contains(size) else {
      throw .parameter("table of \(size) entries", reason: "expected 1 to \(Self.sizeLimit)")
    }
  }
}

extension MatMul {
  func check(inputs: [Tensor], result: Shape) throws(GraphError) {
    let (left, right) = (inputs[0].shape, inputs[1].shape)
    guard left.rank >= 1, right.rank >= 1 else {
      throw .parameter("operand", reason: "a scalar is no matrix")
    }
    let a = left.rank == 1 ? [1, left[0]] : left.extents
    let b = right.rank == 1 ? [right[0], 1] : right.extents
    let transposesA = transposesLeft && left.rank > 1
    let transposesB = transposesRight && right.rank > 1
    let (rows, inner) =
      transposesA ? (a[a.count - 1], a[a.count - 2]) : (a[a.count - 2], a[a.count - 1])
    let (other, columns) =
      transposesB ? (b[b.count - 1], b[b.count - 2]) : (b[b.count - 2], b[b.count - 1])
    guard inner == other else {
      throw .shapeMismatch(operand: "second operand", expected: [inner], found: right.extents)
    }
    let batch = try Shape.broadcast([
      try Shape(Array(a.dropLast(2))), try Shape(Array(b.dropLast(2))),
    ])
    var expected = batch.extents
    if left.rank > 1 { expected.append(rows) }
    if right.rank > 1 { expected.append(columns) }
    try Operator.requireShape("result", result, expected)
    if inputs.count > 2 {
      let all = try Shape.broadcast([inputs[2].shape, result])
      try Operator.requireShape("bias", result, all.extents)
    }
  }
}

extension Reduction {
  func check(data: Shape, result: Shape) throws(GraphError) {
    for axis in axes { try Operator.requireAxis(axis, of: data) }
    guard zip(axes, axes.dropFirst()).allSatisfy(<) else {
      throw .parameter("axes \(axes)", reason: "must ascend")
    }
    try Operator.requireShape("result", result, data.combining(axes, keepsAxes: keepsAxes))
    guard data.count > 0 || result.count == 0 else {
      throw .parameter("axes \(axes)", reason: "have no elements to combine")
    }
  }
}

extension Slice {
  func check(data: Shape, result: Shape) throws(GraphError) {
    guard [begin.count, extents.count, strides.count].allSatisfy({ $0 == data.rank }) else {
      throw .parameter("slice", reason: "each parameter has one number an axis (\(data.rank))")
    }
    for axis in 0..<data.rank {
      let bound = -(1 << 30)...(1 << 30)
      guard strides[axis] != 0, bound.contains(strides[axis]), bound.contains(begin[axis]),
        (0...1 << 30).contains(extents[axis])
      else {
        throw .parameter("slice", reason: "step \(strides[axis]) along axis \(axis)")
      }
      if extents[axis] == 0 { continue }
      let last = begin[axis] + (extents[axis] - 1) * strides[axis]
      guard data.extents[axis] > max(begin[axis], last), min(begin[axis], last) >= 0 else {
        throw .parameter(
          "slice", reason: "positions \(begin[axis]) to \(last) of \(data[axis]) along axis \(axis)"
        )
      }
    }
    guard result.extents.filter({ $0 != 1 }) == extents.filter({ $0 != 1 }) else {
      throw .shapeMismatch(operand: "result", expected: extents, found: result.extents)
    }
  }
}

extension Surround {
  func check(data: Shape) throws(GraphError) {
    for axis in 0..<data.rank {
      let margin = max(before[axis], after[axis])
      let most: Int
      switch rule {
      case .constant: continue
      case .reflect: most = data[axis] - 1
      case .symmetric: most = data[axis]
      case .edge: most = data[axis] > 0 ? .max : 0
      }
      guard margin <= max(most, 0) else {
        throw .parameter("margin \(margin)", reason: "axis \(axis) has \(data[axis]) elements")
      }
    }
  }
}

extension LSTM {
  func check(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    guard operands.count == inputs.count, Set(operands).count == operands.count else {
      throw .operandCount(expected: "\(operands.count)", found: inputs.count)
    }
    func tensor(_ operand: Operand) -> Shape? { position(of: operand).map { inputs[$0].shape } }
    guard let data = tensor(.data), let hidden = tensor(.hiddenState),
      let cell = tensor(.cellState), data.rank == 3, hidden.rank == 2, cell.rank == 2
    else {
      throw .parameter(
        "operands", reason: "data have 3 axes; hidden and cell state are given, 2 each")
    }
    let batch = isTimeMajor ? data[1] : data[0]
    guard hidden[0] == batch, cell[0] == batch, batch > 0, hidden[1] > 0, cell[1] > 0 else {
      throw .shapeMismatch(operand: "state", expected: [batch], found: hidden.extents)
    }
    for gate in Gate.allCases {
      let isOptional = gate == .input
      for (role, columns) in [
        (Operand.inputWeights(gate), data[2]), (.recurrentWeights(gate), hidden[1]),
      ] {
        guard let weights = tensor(role) else {
          if isOptional && tensor(.inputWeights(.input)) == nil
            && tensor(.recurrentWeights(.input)) == nil
          {
            continue
          }
          throw .parameter("operands", reason: "\(gate.rawValue) gate has no weights")
        }
        try Operator.requireShape("\(gate.rawValue) weights", weights, [cell[1], columns])
      }
      for role in [Operand.peephole(gate), .normalization(gate), .bias(gate)] {
        if let vector = tensor(role) {
          try Operator.requireShape("\(gate.rawValue) vector", vector, [cell[1]])
        }
      }
    }
    if let projection = tensor(.projectionWeights) {
      try Operator.requireShape("projection", projection, [hidden[1], cell[1]])
    } else {
      try Operator.require("hidden state", hidden[1], cell[1])
    }
    if let bias = tensor(.projectionBias) {
      try Operator.requireShape("projection bias", bias, [hidden[1]])
    }
    try Operator.requireShape("result", outputs[0].shape, [data[0], data[1], hidden[1]])
    try Operator.requireShape("next hidden state", outputs[1].shape, hidden.extents)
    try Operator.requireShape("next cell state", outputs[2].shape, cell.extents)
  }
}

extension SVDF {
  func check(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let data = inputs[0].shape
    let feature = inputs[1].shape
    let time = inputs[2].shape
    guard data.rank == 2, feature.rank == 2, time.rank == 2, rank > 0, feature[0] > 0,
      feature[0] % rank == 0, time[0] == feature[0], feature[1] == data[1]
    else {
      throw .parameter("filter", reason: "data \(data), features \(feature), time \(time)")
    }
    if inputs.count > 4 { try Operator.require("bias", inputs[3].shape.count, feature[0] / rank) }
    let state = inputs[inputs.count - 1].shape
    try Operator.require("state", state.count, data[0], times: feature[0], time[1])
    try Operator.requireShape("result", outputs[0].shape, [data[0], feature[0] / rank])
    try Operator.requireShape("next state", outputs[1].shape, state.extents)
  }
}
