import Arith
import QuantGraph

/// LSTM and GRU layers, written out step by step.
///
/// hls4ml calls the same arithmetic for every step of a sequence (`nnet_recurrent.h`, `lstm_static`
/// and `gru_static`), so that a layer is a chain of dense layers, table activations and elementwise
/// operations with shared weights. Each assignment in that file is one node here; a sum of
/// products, which C++ computes exactly before it assigns, has exact tensors between.
extension HLSGraphBuilder {
  /// Longest sequence that is written out; a step takes up to 20 nodes.
  private static var stepLimit: Int { 1024 }

  /// What the steps of one layer share.
  private struct Cell {
    let call: HLSCall
    let inputs: Int
    let states: Int
    let steps: Int
    let returnsSequence: Bool
    let isPyTorch: Bool
    /// Type of sums and gates.
    let accumulator: FixedPointFormat
    /// Type of the state and the result.
    let state: FixedPointFormat
    let input: Dense
    let recurrent: Dense
    let gate: Activation
    let candidate: Activation
    let weights: TensorID
    let recurrentWeights: TensorID
    let bias: TensorID
    let recurrentBias: TensorID
  }

  mutating func addRecurrent(_ call: HLSCall, gates: Int) throws(HLS4MLProblem) {
    guard call.arguments.count == 6 else {
      throw unsupported(call, "initial states that are inputs of the layer")
    }
    let configuration = try configuration(call)
    let cell = try cell(configuration, gates: gates, call)
    let data = try input(0, of: call, shape: [cell.steps, cell.inputs])
    var hidden: TensorID?
    var carried: TensorID?
    var sequence: [TensorID] = []
    for step in 0..<cell.steps {
      let row = try slice(
        data, rows: step, of: cell.steps, width: cell.inputs, "\(step).x", cell)
      let isResult = !cell.returnsSequence && step == cell.steps - 1
      let result: TensorID
      if isResult {
        result = try output(1, of: call, shape: [cell.states])
      } else {
        result = try intermediate(
          "\(step).h", shape: [1, cell.states], format: cell.state, of: call)
      }
      if gates == 4 {
        carried = try addLSTMStep(step, cell, row, hidden, carried, into: result, isResult)
      } else {
        try addGRUStep(step, cell, row, hidden, into: result, isResult)
      }
      hidden = result
      sequence.append(result)
    }
    if cell.returnsSequence {
      let result = try output(1, of: call, shape: [cell.steps, cell.states])
      try append(.concatenate(axis: 0), of: call, inputs: sequence, outputs: [result])
    }
    try record(
      call, configuration: configuration,
      weights: [
        cell.inputs * cell.states * gates, cell.states * cell.states * gates,
        2 * cell.states * gates,
      ])
  }

  private mutating func cell(
    _ configuration: HLSConfiguration, gates: Int, _ call: HLSCall
  ) throws(HLS4MLProblem) -> Cell {
    let inputs = try configuration.stride("n_in")
    let states = try configuration.stride("n_state")
    let steps = try configuration.integer("n_sequence", in: 1...Self.stepLimit)
    let outputSteps = try configuration.integer("n_sequence_out", in: 1...Self.stepLimit)
    guard outputSteps == 1 || outputSteps == steps else {
      throw unsupported(call, "\(outputSteps) results of \(steps) steps")
    }
    guard let first = try configuration.nested("mult_config1"),
      let second = try configuration.nested("mult_config2")
    else {
      throw HLS4MLProblem(
        .unknown(kind: "member of \(configuration.name)", name: "mult_config1"),
        at: configuration.structure.place)
    }
    let width = states * gates
    let input = try denseOperation(first, call)
    let recurrent = try denseOperation(second, call)
    guard let declared = program.variables[variable(call.arguments[1]) ?? ""] else {
      throw HLS4MLProblem(.unknown(kind: "variable", name: "result"), at: call.place)
    }
    let isGRU = gates == 3
    return Cell(
      call: call, inputs: inputs, states: states, steps: steps,
      returnsSequence: outputSteps > 1,
      isPyTorch: try configuration.integer("pytorch_order", default: 0) != 0,
      accumulator: try configuration.requiredFormat("accum_t"),
      state: try dataFormat(declared), input: input, recurrent: recurrent,
      gate: try gateActivation(
        configuration, "activation_recr", isGRU ? "ACT_CONFIG_GRU" : "ACT_CONFIG_LSTM", call),
      candidate: try gateActivation(configuration, "activation", "ACT_CONFIG_T", call),
      weights: try constant(
        2, of: call, shape: input.weightsAreOutputMajor ? [width, inputs] : [inputs, width]),
      recurrentWeights: try constant(
        3, of: call, shape: recurrent.weightsAreOutputMajor ? [width, states] : [states, width]),
      bias: try constant(4, of: call, shape: [width]),
      recurrentBias: try constant(5, of: call, shape: [width]))
  }

  /// The activation class that `member` aliases, with the table that `settings` describes.
  private func gateActivation(
    _ configuration: HLSConfiguration, _ member: String, _ settings: String, _ call: HLSCall
  ) throws(HLS4MLProblem) -> Activation {
    guard let table = try configuration.nested(settings) else {
      throw HLS4MLProblem(
        .unknown(kind: "member of \(configuration.name)", name: settings),
        at: configuration.structure.place)
    }
    switch configuration.alias(member)?.name {
    case "relu": return .relu
    case "sigmoid": return .sigmoid(try lookupTable(table))
    case "tanh": return .tanh(try lookupTable(table))
    default:
      throw unsupported(
        call, "\(member) '\(configuration.alias(member)?.qualifiedName ?? "none")'")
    }
  }

  // MARK: Steps

  /// `s = c * i + s * f; h = o * act(s)` with gates in Keras' order i, f, c, o.
  private mutating func addLSTMStep(
    _ step: Int, _ cell: Cell, _ row: TensorID, _ hidden: TensorID?, _ carried: TensorID?,
    into result: TensorID, _ isResult: Bool
  ) throws(HLS4MLProblem) -> TensorID {
    let n = cell.states
    let sums = try gateSums(step, cell, row, hidden, width: 4 * n)
    let parts = try (0..<4).mapTyped { (index) throws(HLS4MLProblem) in
      let part = try slice(
        sums, columns: index * n, n, of: 4 * n, "\(step).gate\(index)", cell)
      let operation = index == 2 ? cell.candidate : cell.gate
      return try apply(
        .activation(operation), [part], "\(step).act\(index)", cell.accumulator, n, cell)
    }
    let state: TensorID
    if let carried {
      let exact = try product(cell.accumulator, cell.accumulator, cell)
      let fresh = try apply(
        .arithmetic(.multiply), [parts[2], parts[0]], "\(step).ci", exact, n, cell)
      let kept = try apply(
        .arithmetic(.multiply), [carried, parts[1]], "\(step).sf",
        try product(cell.state, cell.accumulator, cell), n, cell)
      state = try apply(
        .arithmetic(.add), [fresh, kept], "\(step).s", cell.state, n, cell)
    } else {
      // The first state is zero.
      state = try apply(
        .arithmetic(.multiply), [parts[2], parts[0]], "\(step).s", cell.state, n, cell)
    }
    let activated = try apply(
      .activation(cell.candidate), [state], "\(step).acts", cell.accumulator, n, cell)
    try append(
      .arithmetic(.multiply), of: cell.call, inputs: [parts[3], activated], outputs: [result],
      suffix: isResult ? nil : "\(step).h")
    return state
  }

  /// `h = act(x + r * h') * (1 - z) + h * z` with gates in the order z, r (PyTorch: r, z).
  private mutating func addGRUStep(
    _ step: Int, _ cell: Cell, _ row: TensorID, _ hidden: TensorID?, into result: TensorID,
    _ isResult: Bool
  ) throws(HLS4MLProblem) {
    let n = cell.states
    let fromInput = try apply(
      .dense(cell.input), [row, cell.weights, cell.bias], "\(step).wx", cell.accumulator, 3 * n,
      cell)
    let inputGates = try slice(fromInput, columns: 0, 2 * n, of: 3 * n, "\(step).wxzr", cell)
    let inputCandidate = try slice(fromInput, columns: 2 * n, n, of: 3 * n, "\(step).wxh", cell)
    let sums: TensorID
    var stateCandidate: TensorID?
    if let hidden {
      let fromState = try apply(
        .dense(cell.recurrent), [hidden, cell.recurrentWeights, cell.recurrentBias],
        "\(step).uh", cell.accumulator, 3 * n, cell)
      let stateGates = try slice(fromState, columns: 0, 2 * n, of: 3 * n, "\(step).uhzr", cell)
      stateCandidate = try slice(fromState, columns: 2 * n, n, of: 3 * n, "\(step).uhh", cell)
      sums = try apply(
        .arithmetic(.add), [inputGates, stateGates], "\(step).zr", cell.accumulator, 2 * n, cell)
    } else {
      sums = try apply(
        .normalize(.multiply),
        [inputGates, try one(cell), try initialBias(0..<2 * n, cell)],
        "\(step).zr", cell.accumulator, 2 * n, cell)
    }
    let gates = try apply(
      .activation(cell.gate), [sums], "\(step).actzr", cell.accumulator, 2 * n, cell)
    let first = try slice(gates, columns: 0, n, of: 2 * n, "\(step).gate0", cell)
    let second = try slice(gates, columns: n, n, of: 2 * n, "\(step).gate1", cell)
    let (reset, update) = cell.isPyTorch ? (first, second) : (second, first)
    let resetState: TensorID
    if let stateCandidate {
      resetState = try apply(
        .arithmetic(.multiply), [reset, stateCandidate], "\(step).rh", cell.accumulator, n, cell)
    } else {
      resetState = try apply(
        .normalize(.multiply),
        [reset, try initialBias(2 * n..<3 * n, cell), try zero(cell)],
        "\(step).rh", cell.accumulator, n, cell)
    }
    let candidateSum = try apply(
      .arithmetic(.add), [inputCandidate, resetState], "\(step).hsum", cell.accumulator, n, cell)
    let candidate = try apply(
      .activation(cell.candidate), [candidateSum], "\(step).hact", cell.accumulator, n, cell)
    let bit = try fixed(ExactLayout(width: 1, integerBits: 1, isSigned: false), cell)
    let restFormat = try fixed(
      .difference(ExactLayout(bit), ExactLayout(cell.accumulator)), cell)
    let rest = try apply(
      .normalize(.multiply), [update, try minusOne(cell), try one(cell)], "\(step).rest",
      restFormat, n, cell)
    guard let hidden else {
      try append(
        .arithmetic(.multiply), of: cell.call, inputs: [candidate, rest], outputs: [result],
        suffix: isResult ? nil : "\(step).h")
      return
    }
    let fresh = try apply(
      .arithmetic(.multiply), [candidate, rest], "\(step).fresh",
      try product(cell.accumulator, restFormat, cell), n, cell)
    let kept = try apply(
      .arithmetic(.multiply), [hidden, update], "\(step).kept",
      try product(cell.state, cell.accumulator, cell), n, cell)
    try append(
      .arithmetic(.add), of: cell.call, inputs: [fresh, kept], outputs: [result],
      suffix: isResult ? nil : "\(step).h")
  }

  /// `accum_t(W x + U h)`; in the first step h is zero and U h is its bias alone.
  private mutating func gateSums(
    _ step: Int, _ cell: Cell, _ row: TensorID, _ hidden: TensorID?, width: Int
  ) throws(HLS4MLProblem) -> TensorID {
    let fromInput = try apply(
      .dense(cell.input), [row, cell.weights, cell.bias], "\(step).wx", cell.accumulator, width,
      cell)
    guard let hidden else {
      return try apply(
        .normalize(.multiply), [fromInput, try one(cell), try initialBias(0..<width, cell)],
        "\(step).sum", cell.accumulator, width, cell)
    }
    let fromState = try apply(
      .dense(cell.recurrent), [hidden, cell.recurrentWeights, cell.recurrentBias], "\(step).uh",
      cell.accumulator, width, cell)
    return try apply(
      .arithmetic(.add), [fromInput, fromState], "\(step).sum", cell.accumulator, width, cell)
  }

  // MARK: Parts

  /// A node of one step and its result, `[1, count]`.
  private mutating func apply(
    _ operation: QuantGraph.Operator, _ inputs: [TensorID], _ name: String,
    _ format: FixedPointFormat, _ count: Int, _ cell: Cell
  ) throws(HLS4MLProblem) -> TensorID {
    let result = try intermediate(name, shape: [1, count], format: format, of: cell.call)
    try append(operation, of: cell.call, inputs: inputs, outputs: [result], suffix: name)
    return result
  }

  /// Row `rows` of a `[total, width]` tensor.
  private mutating func slice(
    _ tensor: TensorID, rows: Int, of total: Int, width: Int, _ name: String, _ cell: Cell
  ) throws(HLS4MLProblem) -> TensorID {
    try slice(
      tensor, .crop(before: [rows, 0], after: [total - 1 - rows, 0]), width, name, cell)
  }

  /// Columns `columns ..< columns + count` of a `[1, total]` tensor.
  private mutating func slice(
    _ tensor: TensorID, columns: Int, _ count: Int, of total: Int, _ name: String, _ cell: Cell
  ) throws(HLS4MLProblem) -> TensorID {
    try slice(
      tensor, .crop(before: [0, columns], after: [0, total - columns - count]), count, name, cell)
  }

  private mutating func slice(
    _ tensor: TensorID, _ crop: QuantGraph.Operator, _ count: Int, _ name: String, _ cell: Cell
  ) throws(HLS4MLProblem) -> TensorID {
    guard let format = format(of: tensor) else { throw unsupported(cell.call, "float data") }
    return try apply(crop, [tensor], name, format, count, cell)
  }

  private func fixed(_ layout: ExactLayout, _ cell: Cell) throws(HLS4MLProblem) -> FixedPointFormat
  {
    do throws(FormatError) {
      return try FixedPointFormat(
        width: layout.width, integerBits: layout.integerBits, isSigned: layout.isSigned)
    } catch {
      throw HLS4MLProblem(.format(error), at: cell.call.place)
    }
  }

  private func product(
    _ a: FixedPointFormat, _ b: FixedPointFormat, _ cell: Cell
  ) throws(HLS4MLProblem) -> FixedPointFormat {
    try fixed(.product(ExactLayout(a), ExactLayout(b)), cell)
  }

  private mutating func one(_ cell: Cell) throws(HLS4MLProblem) -> TensorID {
    try shared("one", [1], width: 1, isSigned: false, cell)
  }

  private mutating func zero(_ cell: Cell) throws(HLS4MLProblem) -> TensorID {
    try shared("zero", [0], width: 1, isSigned: false, cell)
  }

  private mutating func minusOne(_ cell: Cell) throws(HLS4MLProblem) -> TensorID {
    try shared("minus-one", [-1], width: 1, isSigned: true, cell)
  }

  private mutating func shared(
    _ name: String, _ codes: [Int], width: Int, isSigned: Bool, _ cell: Cell
  ) throws(HLS4MLProblem) -> TensorID {
    let format = try fixed(ExactLayout(width: width, integerBits: width, isSigned: isSigned), cell)
    var builder = CodesBuilder(format, capacity: codes.count)
    for code in codes { builder.append(integer: code) }
    return try sharedConstant(
      name, shape: [codes.count], encoding: .fixed(format), codes: builder.codes, of: cell.call)
  }

  /// What the recurrent dense layer gives for a zero state: its bias, assigned to the accumulator.
  private mutating func initialBias(
    _ range: Range<Int>, _ cell: Cell
  ) throws(HLS4MLProblem) -> TensorID {
    guard let format = format(of: cell.recurrentBias),
      let codes = drafts[cell.recurrentBias.index].constant?.wide
    else { throw unsupported(cell.call, "a recurrent bias that is not fixed point") }
    var builder = CodesBuilder(cell.accumulator, capacity: range.count)
    for code in codes[range] {
      builder.append(
        code: cell.accumulator.cast(raw: code, sourceFractionBits: format.fractionBits))
    }
    return try sharedConstant(
      "bias\(range.lowerBound)", shape: [range.count], encoding: .fixed(cell.accumulator),
      codes: builder.codes, of: cell.call)
  }
}

extension Sequence {
  /// `map` with a typed error.
  fileprivate func mapTyped<Result, Failure: Error>(
    _ transform: (Element) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try transform(element)) }
    return results
  }
}
