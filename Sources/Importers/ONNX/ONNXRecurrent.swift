internal import Arith
internal import QuantGraph

/// RNN, GRU and LSTM of float tensors, written out step by step.
///
/// Source: ONNX, operators RNN, GRU and LSTM (versions 7, 14 and 22), their equations; onnxruntime,
/// docs/ContribOperators.md, DynamicQuantizeLSTM: inputs as a whole and the state of each step get codes
/// over their own range.
extension ONNXGraphBuilder {
  static let recurrentRules: [String: Rule] = [
    "RNN": { (b, c) throws(ONNXProblem.Kind) in try b.recurrent(c, .plain) },
    "GRU": { (b, c) throws(ONNXProblem.Kind) in try b.recurrent(c, .gru) },
    "LSTM": { (b, c) throws(ONNXProblem.Kind) in try b.recurrent(c, .lstm) },
    "com.microsoft.DynamicQuantizeLSTM": { (b, c) throws(ONNXProblem.Kind) in
      try b.recurrent(c, .lstm, isDynamic: true)
    },
  ]

  enum Cell {
    case plain, gru, lstm

    var gates: Int {
      switch self {
      case .plain: 1
      case .gru: 3
      case .lstm: 4
      }
    }

    var activations: [String] {
      switch self {
      case .plain: ["Tanh"]
      case .gru: ["Sigmoid", "Tanh"]
      case .lstm: ["Sigmoid", "Tanh", "Tanh"]
      }
    }
  }

  /// Most steps, of all directions together, that are written out.
  private static let stepLimit = 4096

  /// Weights of a product: floats `[results, depth]`, or codes `[depth, results]` with scale and zero
  /// point.
  private struct Factors {
    let weights: TensorID
    var scale: TensorID?
    var zeroPoint: TensorID?
  }

  /// One direction of a recurrent operator.
  private struct Direction {
    /// Those of the inputs, and those of the state: results are `gates * hidden`.
    let weights: Factors
    let recurrence: Factors
    /// `[gates * hidden]` each; nil for none.
    let bias: TensorID?
    let recurrentBias: TensorID?
    /// `[hidden]` each: input, output and forget gate.
    let peepholes: [TensorID]
    let functions: [UnaryFunction]
    let isReversed: Bool
  }

  private mutating func recurrent(
    _ call: ONNXCall, _ cell: Cell, isDynamic: Bool = false
  ) throws(ONNXProblem.Kind) {
    var data = try realInput(call)
    let isBatchFirst = try call.integer("layout", default: 0) == 1
    guard shape(data).rank == 3 else {
      throw .graph(.elementCount(operand: tensor(data).name, expected: 3, found: shape(data).rank))
    }
    if isBatchFirst { data = try transposed(call, data, [1, 0, 2]) }
    let (time, batch) = (shape(data)[0], shape(data)[1])
    let directions = try directions(call, cell, isDynamic: isDynamic)
    guard
      let hidden = directions.first.map({ shape($0.recurrence.weights)[isDynamic ? 0 : 1] }),
      hidden > 0, batch > 0
    else {
      throw .attribute("hidden_size", found: "0", expected: "a positive number")
    }
    guard time * directions.count <= Self.stepLimit else {
      throw .limit(
        "steps of '\(call.node.opType)'", found: time * directions.count, limit: Self.stepLimit)
    }
    try requireWholeSequences(call, time)
    var (sequences, states, cells): ([TensorID], [TensorID], [TensorID]) = ([], [], [])
    for (number, direction) in directions.enumerated() {
      var state = try initial(
        call, operand: 5, number, batch: batch, hidden: hidden, isBatchFirst, like: data)
      var memory =
        cell == .lstm
        ? try initial(
          call, operand: 6, number, batch: batch, hidden: hidden, isBatchFirst, like: data) : state
      // The inputs' share of all steps at once.
      var inputs = try weighted(call, data, direction.weights)
      if let bias = direction.bias { inputs = try apply(call, .add, inputs, bias) }
      // A bias that is not reset with the state is added once for all.
      let addsLater = cell == .gru
      if !addsLater, let bias = direction.recurrentBias {
        inputs = try apply(call, .add, inputs, bias)
      }
      var steps: [TensorID?] = [TensorID?](repeating: nil, count: time)
      for index in 0..<time {
        let place = direction.isReversed ? time - 1 - index : index
        let share = try reshaped(
          call, try part(call, inputs, axis: 0, place..<place + 1),
          [batch, cell.gates * hidden])
        switch cell {
        case .plain:
          let sum = try apply(call, .add, share, try recurred(call, direction, state))
          state = try activated(call, sum, direction.functions[0])
        case .gru:
          state = try gruStep(call, direction, share, state, hidden: hidden)
        case .lstm:
          (state, memory) = try lstmStep(call, direction, share, state, memory, hidden: hidden)
        }
        steps[place] = try reshaped(call, state, [1, 1, batch, hidden])
      }
      if !steps.isEmpty { sequences.append(try joined(call, steps.compactMap(\.self), axis: 0)) }
      states.append(try reshaped(call, state, [1, batch, hidden]))
      cells.append(try reshaped(call, memory, [1, batch, hidden]))
    }
    guard time > 0 else {
      throw .graph(.elementCount(operand: tensor(data).name, expected: 1, found: 0))
    }
    var all = try joined(call, sequences, axis: 1)
    var (last, memory) = (try joined(call, states, axis: 0), try joined(call, cells, axis: 0))
    if isBatchFirst {
      all = try transposed(call, all, [2, 0, 1, 3])
      last = try transposed(call, last, [1, 0, 2])
      memory = try transposed(call, memory, [1, 0, 2])
    }
    try finish(call, cell == .lstm ? [all, last, memory] : [all, last])
  }

  // MARK: Steps

  private mutating func recurred(
    _ call: ONNXCall, _ direction: Direction, _ state: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    try weighted(call, state, direction.recurrence)
  }

  private mutating func weighted(
    _ call: ONNXCall, _ data: TensorID, _ factors: Factors
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard let scale = factors.scale else {
      return try product(call, data, factors.weights, MatMul(transposesRight: true))
    }
    let (codes, own, zero) = try dynamicCodes(call, data)
    return try scaledProduct(
      call, codes, factors.weights, zeroPoints: (zero, factors.zeroPoint), scales: (own, scale),
      bias: nil)
  }

  private mutating func activated(
    _ call: ONNXCall, _ id: TensorID, _ function: UnaryFunction
  ) throws(ONNXProblem.Kind) -> TensorID {
    var id = id
    let clip = try call.float("clip", default: 0)
    if clip > 0 {
      id = try apply(
        call, .clamp(ValueRange(minimum: Double(-clip), maximum: Double(clip))), id)
    }
    return try apply(call, function, id)
  }

  private mutating func lstmStep(
    _ call: ONNXCall, _ direction: Direction, _ share: TensorID, _ state: TensorID,
    _ memory: TensorID, hidden: Int
  ) throws(ONNXProblem.Kind) -> (state: TensorID, memory: TensorID) {
    let sums = try apply(call, .add, share, try recurred(call, direction, state))
    let functions = direction.functions
    var parts: [TensorID] = []
    for gate in 0..<4 {
      parts.append(try part(call, sums, axis: 1, gate * hidden..<(gate + 1) * hidden))
    }
    func isPeeping(_ gate: Int) -> TensorID? {
      direction.peepholes.isEmpty ? nil : direction.peepholes[gate]
    }
    if let weights = isPeeping(0) {
      parts[0] = try apply(call, .add, parts[0], try apply(call, .multiply, weights, memory))
    }
    let input = try activated(call, parts[0], functions[0])
    let forget: TensorID
    if try call.flag("input_forget", default: false) {
      forget = try apply(call, .subtract, try number(call, 1, like: input), input)
    } else {
      if let weights = isPeeping(2) {
        parts[2] = try apply(call, .add, parts[2], try apply(call, .multiply, weights, memory))
      }
      forget = try activated(call, parts[2], functions[0])
    }
    let candidate = try activated(call, parts[3], functions[1])
    let next = try apply(
      call, .add, try apply(call, .multiply, forget, memory),
      try apply(call, .multiply, input, candidate))
    if let weights = isPeeping(1) {
      parts[1] = try apply(call, .add, parts[1], try apply(call, .multiply, weights, next))
    }
    let output = try activated(call, parts[1], functions[0])
    // The last function sees the cell as it is, without clipping.
    return (try apply(call, .multiply, output, try apply(call, functions[2], next)), next)
  }

  private mutating func gruStep(
    _ call: ONNXCall, _ direction: Direction, _ share: TensorID, _ state: TensorID, hidden: Int
  ) throws(ONNXProblem.Kind) -> TensorID {
    let functions = direction.functions
    func rows(_ gates: Range<Int>) -> Range<Int> {
      gates.lowerBound * hidden..<gates.upperBound * hidden
    }
    let first = try part(call, direction.recurrence.weights, axis: 0, rows(0..<2))
    let last = try part(call, direction.recurrence.weights, axis: 0, rows(2..<3))
    var firstBias: TensorID?
    var lastBias: TensorID?
    if let bias = direction.recurrentBias {
      firstBias = try part(call, bias, axis: 0, rows(0..<2))
      lastBias = try part(call, bias, axis: 0, rows(2..<3))
    }
    var sums = try apply(
      call, .add, try part(call, share, axis: 1, rows(0..<2)),
      try product(call, state, first, MatMul(transposesRight: true)))
    if let firstBias { sums = try apply(call, .add, sums, firstBias) }
    let update = try activated(call, try part(call, sums, axis: 1, rows(0..<1)), functions[0])
    let reset = try activated(call, try part(call, sums, axis: 1, rows(1..<2)), functions[0])
    var inner: TensorID
    if try call.flag("linear_before_reset", default: false) {
      inner = try product(call, state, last, MatMul(transposesRight: true))
      if let lastBias { inner = try apply(call, .add, inner, lastBias) }
      inner = try apply(call, .multiply, reset, inner)
    } else {
      inner = try product(
        call, try apply(call, .multiply, reset, state), last, MatMul(transposesRight: true))
      if let lastBias { inner = try apply(call, .add, inner, lastBias) }
    }
    inner = try apply(call, .add, try part(call, share, axis: 1, rows(2..<3)), inner)
    let candidate = try activated(call, inner, functions[1])
    let rest = try apply(call, .subtract, try number(call, 1, like: update), update)
    return try apply(
      call, .add, try apply(call, .multiply, rest, candidate),
      try apply(call, .multiply, update, state))
  }

  // MARK: Operands

  private mutating func directions(
    _ call: ONNXCall, _ cell: Cell, isDynamic: Bool
  ) throws(ONNXProblem.Kind) -> [Direction] {
    let (weights, recurrence) = (try call.input(1), try call.input(2))
    let word = try call.string("direction") ?? "forward"
    let reversed: [Bool]
    switch word {
    case "forward": reversed = [false]
    case "reverse": reversed = [true]
    case "bidirectional": reversed = [false, true]
    default:
      throw .attribute(
        "direction", found: "'\(word)'", expected: "forward, reverse or bidirectional")
    }
    var (w, r) = (shape(weights).extents, shape(recurrence).extents)
    // Codes stand the other way round.
    if isDynamic, w.count == 3, r.count == 3 { (w, r) = ([w[0], w[2], w[1]], [r[0], r[2], r[1]]) }
    guard w.count == 3, r.count == 3, w[0] == reversed.count, r[0] == reversed.count,
      r[1] == cell.gates * r[2], w[1] == r[1]
    else {
      throw .graph(
        .elementCount(
          operand: tensor(recurrence).name, expected: reversed.count * w[min(1, w.count - 1)],
          found: shape(recurrence).count))
    }
    let functions = try functions(call, cell, directions: reversed.count)
    var found: [Direction] = []
    for number in reversed.indices {
      func row(
        _ id: TensorID, _ builder: inout ONNXGraphBuilder
      ) throws(ONNXProblem.Kind) -> TensorID {
        let extents = Array(builder.shape(id).extents.dropFirst())
        return try builder.reshaped(
          call, try builder.part(call, id, axis: 0, number..<number + 1), extents)
      }
      func factors(
        _ id: TensorID, parameters position: Int, _ builder: inout ONNXGraphBuilder
      ) throws(ONNXProblem.Kind) -> Factors {
        var factors = Factors(weights: try row(id, &builder))
        guard isDynamic else { return factors }
        // One number a direction, or one a column.
        func own(
          _ id: TensorID, _ builder: inout ONNXGraphBuilder
        ) throws(ONNXProblem.Kind) -> TensorID {
          let extents = Array(builder.shape(id).extents.dropFirst())
          return try builder.reshaped(
            call, try builder.part(call, id, axis: 0, number..<number + 1), extents)
        }
        factors.scale = try own(try call.input(position), &builder)
        if let zero = call.optional(position + 1) { factors.zeroPoint = try own(zero, &builder) }
        return factors
      }
      var (bias, recurrentBias): (TensorID?, TensorID?) = (nil, nil)
      if let both = call.optional(3) {
        let all = try row(both, &self)
        bias = try part(call, all, axis: 0, 0..<w[1])
        recurrentBias = try part(call, all, axis: 0, w[1]..<2 * w[1])
      }
      var peepholes: [TensorID] = []
      if cell == .lstm, let all = call.optional(7) {
        let own = try row(all, &self)
        for gate in 0..<3 {
          peepholes.append(try part(call, own, axis: 0, gate * r[2]..<(gate + 1) * r[2]))
        }
      }
      let count = cell.activations.count
      found.append(
        Direction(
          weights: try factors(weights, parameters: 8, &self),
          recurrence: try factors(recurrence, parameters: 10, &self), bias: bias,
          recurrentBias: recurrentBias, peepholes: peepholes,
          functions: Array(functions[number * count..<(number + 1) * count]),
          isReversed: reversed[number]))
    }
    return found
  }

  /// `[batch, hidden]`: an operand's part for a direction, or zeros.
  private mutating func initial(
    _ call: ONNXCall, operand: Int, _ direction: Int, batch: Int, hidden: Int, _ isBatchFirst: Bool,
    like data: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    guard let given = call.optional(operand) else {
      let zero = try number(call, 0, like: data)
      let target = try newShape([batch, hidden])
      return try step(call, .broadcast, [zero], movedResult(zero, target))
    }
    let own = isBatchFirst ? try transposed(call, given, [1, 0, 2]) : given
    return try reshaped(
      call, try part(call, own, axis: 0, direction..<direction + 1), [batch, hidden])
  }

  /// Lengths of sequences must be those of the tensor.
  private func requireWholeSequences(_ call: ONNXCall, _ time: Int) throws(ONNXProblem.Kind) {
    guard let lengths = call.optional(4) else { return }
    guard let given = tensor(lengths).constant?.int64, given.allSatisfy({ $0 == Int64(time) })
    else {
      throw .unsupportedFeature(
        "sequence_lens of '\(call.node.opType)' that differ or are computed")
    }
  }

  private func functions(
    _ call: ONNXCall, _ cell: Cell, directions: Int
  ) throws(ONNXProblem.Kind) -> [UnaryFunction] {
    let defaults = [[String]](repeating: cell.activations, count: directions).flatMap(\.self)
    let given = call.list("activations")?.strings.map { String(decoding: $0, as: UTF8.self) }
    let names = given.map { $0.isEmpty ? defaults : $0 } ?? defaults
    guard names.count == defaults.count else {
      throw .attribute(
        "activations", found: "\(names.count) names", expected: "\(defaults.count)")
    }
    var functions: [UnaryFunction] = []
    // Parameters stand in the order of the functions that have one.
    var alphas = (call.list("activation_alpha")?.floats ?? [])[...]
    var betas = (call.list("activation_beta")?.floats ?? [])[...]
    for name in names {
      switch name.lowercased() {
      case "sigmoid": functions.append(.sigmoid)
      case "tanh": functions.append(.tanh)
      case "relu": functions.append(.clamp(.relu))
      case "softsign": functions.append(.softsign)
      case "softplus": functions.append(.softplus)
      case "leakyrelu": functions.append(.leakyReLU(slope: alphas.popFirst() ?? 0.01))
      case "thresholdedrelu":
        functions.append(.thresholdedReLU(alpha: alphas.popFirst() ?? 1))
      case "elu": functions.append(.elu(alpha: alphas.popFirst() ?? 1))
      case "hardsigmoid":
        functions.append(
          .hardSigmoid(alpha: alphas.popFirst() ?? 0.2, beta: betas.popFirst() ?? 0.5))
      default:
        throw .attribute(
          "activations", found: "'\(name)'",
          expected: "Sigmoid, Tanh, Relu, HardSigmoid, LeakyRelu, Elu, Softsign or Softplus")
      }
    }
    return functions
  }
}
