import Arith
import QuantGraph

/// Layers that one operator does not compute: they are several nodes.
extension HLSGraphBuilder {
  /// `einsum_dense(data, result, weights, biases)` (`nnet_einsum_dense.h`).
  ///
  /// The data are transposed to [in place, free, contracted]; each index that stays in place has a
  /// matrix of its own, each row of results its own biases; the results are transposed back.
  mutating func addEinsumDense(_ call: HLSCall) throws(HLS4MLProblem) {
    guard call.arguments.count == 4 else {
      throw unsupported(call, "distributed arithmetic (EinsumDense as an adder graph)")
    }
    let configuration = try configuration(call)
    guard let inputMove = try configuration.nested("tpose_inp_conf"),
      let outputMove = try configuration.nested("tpose_out_conf"),
      let inner = try configuration.nested("dense_conf")
    else {
      throw HLS4MLProblem(
        .unknown(kind: "member of \(configuration.name)", name: "dense_conf"),
        at: configuration.structure.place)
    }
    let blocks = try configuration.extent("n_inplace")
    let rows = try configuration.extent("n_free_data")
    let contracted = try configuration.extent("n_contract")
    let columns = try configuration.extent("n_free_kernel")
    _ = try checkedCount([blocks, rows, contracted, columns], place: call.place)
    let dense = try denseOperation(inner, call)
    let from = try permutation(of: inputMove, call)
    let to = try permutation(of: outputMove, call)
    guard from.from.reduce(1, *) == blocks * rows * contracted,
      to.from.reduce(1, *) == blocks * rows * columns
    else { throw unsupported(call, "axes that do not have the sizes of its matrices") }

    let weights = try constant(
      2, of: call,
      shape: dense.weightsAreOutputMajor
        ? [blocks, columns, contracted] : [blocks, contracted, columns])
    let biases = try constant(3, of: call, shape: [blocks, rows, columns])
    var data = try input(0, of: call, shape: from.from)
    guard let format = format(of: data) else { throw unsupported(call, "float data") }
    if from.permutation != Array(from.permutation.indices) {
      let moved = try intermediate("moved", shape: from.to, format: format, of: call)
      try append(
        .transpose(permutation: from.permutation), of: call, inputs: [data], outputs: [moved],
        suffix: "moved")
      data = moved
    }
    let isMoved = to.permutation != Array(to.permutation.indices)
    let result = try output(1, of: call, shape: to.to)
    guard let resultFormat = self.format(of: result) else {
      throw unsupported(call, "a float result")
    }
    let parts = try products(
      of: data, weights: weights, biases: biases, dense,
      sizes: (blocks, rows, contracted, columns), format: (format, resultFormat), call)
    let flat = [blocks * rows * columns]
    var joined = parts[0]
    if parts.count > 1 {
      joined = try intermediate("joined", shape: flat, format: resultFormat, of: call)
      try append(
        .concatenate(axis: 0), of: call, inputs: parts, outputs: [joined], suffix: "joined")
    }
    if isMoved {
      let shaped = try intermediate("shaped", shape: to.from, format: resultFormat, of: call)
      try append(.reshape, of: call, inputs: [joined], outputs: [shaped], suffix: "shaped")
      joined = shaped
    }
    try append(
      isMoved ? .transpose(permutation: to.permutation) : .reshape, of: call, inputs: [joined],
      outputs: [result])
    try record(
      call, configuration: inner,
      weights: [blocks * contracted * columns, blocks * rows * columns])
  }

  /// `read_time_step(step, data, result)` (`nnet_time_distributed.h`): one step of a sequence.
  mutating func addReadStep(_ call: HLSCall) throws(HLS4MLProblem) {
    let step = try timeStep(call)
    guard let name = variable(call.arguments[2]), let shape = program.variables[name]?.extents
    else {
      throw unsupported(call, "streams")
    }
    let size = try checkedCount(shape, place: call.place)
    let count = try checkedCount([step.count, size], place: call.place)
    let data = try input(1, of: call, shape: [count])
    let result = try output(2, of: call, shape: [size])
    try append(
      .crop(before: [step.index * size], after: [count - (step.index + 1) * size]), of: call,
      inputs: [data], outputs: [result])
    if step.index == 0 { try record(call, configuration: nil) }
  }

  /// `write_time_step(step, data, result)`: the steps one after the other, joined at the last.
  mutating func addWriteStep(_ call: HLSCall) throws(HLS4MLProblem) {
    let step = try timeStep(call)
    guard let name = variable(call.arguments[2]), let declared = program.variables[name],
      let shape = declared.extents
    else { throw unsupported(call, "streams") }
    let count = try checkedCount(shape, place: call.place)
    guard count % step.count == 0 else {
      throw unsupported(call, "\(step.count) steps of \(count) values")
    }
    timeSteps[name, default: []].append(
      try input(1, of: call, shape: [count / step.count]))
    guard step.index == step.count - 1, let parts = timeSteps[name], parts.count == step.count
    else { return }
    let format = try dataFormat(declared)
    let joined = try intermediate("joined", shape: [count], format: format, of: call)
    try append(
      .concatenate(axis: 0), of: call, inputs: parts, outputs: [joined], suffix: "joined")
    let result = try output(2, of: call, shape: shape)
    try append(.reshape, of: call, inputs: [joined], outputs: [result])
    try record(call, configuration: nil)
  }

  /// The step that a call in a loop over time is of, and how many there are.
  private func timeStep(_ call: HLSCall) throws(HLS4MLProblem) -> (index: Int, count: Int) {
    try requireArguments(3, call)
    guard !isStream else { throw unsupported(call, "streams") }
    let count = try configuration(call).extent("n_time_steps")
    let index = try scope.integer(call.arguments[0], file: call.place.file)
    guard (0..<count).contains(index) else {
      throw HLS4MLProblem(
        .range("the time step", value: index, allowed: 0...(count - 1)), at: call.place)
    }
    return (index, count)
  }

  /// The results of each matrix, a vector each: of all rows at once where they have the same biases.
  private mutating func products(
    of data: TensorID, weights: TensorID, biases: TensorID, _ dense: Dense,
    sizes: (blocks: Int, rows: Int, contracted: Int, columns: Int),
    format: (data: FixedPointFormat, result: FixedPointFormat), _ call: HLSCall
  ) throws(HLS4MLProblem) -> [TensorID] {
    guard let weightCodes = drafts[weights.index].constant?.wide,
      let biasCodes = drafts[biases.index].constant?.wide, let accumulation = dense.accumulation
    else { throw unsupported(call, "weights that are not fixed point") }
    let (blocks, rows, contracted, columns) = sizes
    let flat = try intermediate(
      "data", shape: [blocks * rows * contracted], format: format.data, of: call)
    try append(.reshape, of: call, inputs: [data], outputs: [flat], suffix: "data")
    var results: [TensorID] = []
    for block in 0..<blocks {
      let matrix = Array(
        weightCodes[(block * contracted * columns)...].prefix(contracted * columns))
      let block = (
        index: block, codes: Array(biasCodes[(block * rows * columns)...].prefix(rows * columns))
      )
      let first = block.codes.prefix(columns)
      let isUniform = (0..<rows).allSatisfy { row in
        block.codes[(row * columns)..<((row + 1) * columns)].elementsEqual(first)
      }
      let steps = isUniform ? 1 : rows
      let height = rows / steps
      for step in 0..<steps {
        let suffix = steps == 1 ? "\(block.index)" : "\(block.index).\(step)"
        let count = height * contracted
        let start = (block.index * rows + step * height) * contracted
        let part = try intermediate("part" + suffix, shape: [count], format: format.data, of: call)
        try append(
          .crop(before: [start], after: [blocks * rows * contracted - start - count]), of: call,
          inputs: [flat], outputs: [part], suffix: "part" + suffix)
        let shaped = try intermediate(
          "rows" + suffix, shape: [height, contracted], format: format.data, of: call)
        try append(.reshape, of: call, inputs: [part], outputs: [shaped], suffix: "rows" + suffix)
        let kernel = try sharedConstant(
          "weights\(block.index)",
          shape: dense.weightsAreOutputMajor
            ? [columns, 1, contracted] : [1, contracted, columns],
          encoding: drafts[weights.index].encoding, codes: .wide(matrix), of: call)
        let bias = try sharedConstant(
          "biases" + suffix, shape: [columns], encoding: drafts[biases.index].encoding,
          codes: .wide(Array(block.codes[(step * height * columns)...].prefix(columns))), of: call)
        let product = try intermediate(
          "product" + suffix, shape: [height, columns], format: format.result, of: call)
        try append(
          .convolution(
            Convolution(
              kernel: [1], strides: [1], dilations: [1], paddingBefore: [0], paddingAfter: [0],
              isDepthwise: false, weightsAreFilterMajor: dense.weightsAreOutputMajor,
              accumulation: accumulation)), of: call, inputs: [shaped, kernel, bias],
          outputs: [product], suffix: "product" + suffix)
        let vector = try intermediate(
          "vector" + suffix, shape: [height * columns], format: format.result, of: call)
        try append(
          .reshape, of: call, inputs: [product], outputs: [vector], suffix: "vector" + suffix)
        results.append(vector)
      }
    }
    return results
  }

  /// The shapes and the permutation of a transposition.
  private func permutation(
    of configuration: HLSConfiguration, _ call: HLSCall
  ) throws(HLS4MLProblem) -> (from: [Int], to: [Int], permutation: [Int]) {
    let rank = try configuration.integer("dims", in: 1...8)
    let from = try transposeArray("from_shape", configuration, rank: rank)
    let to = try transposeArray("to_shape", configuration, rank: rank)
    let permutation = try transposeArray("perm", configuration, rank: rank)
    guard permutation.sorted() == Array(0..<rank), permutation.map({ from[$0] }) == to else {
      throw unsupported(call, "permutation \(permutation) of \(from) to \(to)")
    }
    _ = try checkedCount(from, place: call.place)
    return (from, to, permutation)
  }

  /// `layernormalize(data, result, scale, bias)` (`nnet_layernorm.h`), row by row: sums, mean,
  /// differences, squares and variance in accum_t, each assigned as the code assigns it, 1/sqrt from
  /// a table of the variance, and one exact product and sum a result.
  mutating func addLayerNormalization(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(4, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let rows = try configuration.extent("seq_len")
    let width = count / rows
    guard width > 0, width * rows == count else {
      throw unsupported(call, "rows of \(count)/\(rows) values")
    }
    let accumulator = try configuration.requiredFormat("accum_t")
    // The table of the variance has an entry a code here.
    guard accumulator.width <= 20 else {
      throw unsupported(call, "an accum_t of \(accumulator.width) bits, above 20")
    }
    let scale = try constant(2, of: call, shape: [width])
    let bias = try constant(3, of: call, shape: [width])
    let data = try elements(0, of: call, count: count)
    let result = try output(1, of: call, shape: data.shape)
    guard let resultFormat = format(of: result) else { throw unsupported(call, "a float result") }
    let bit: FixedPointFormat
    let product: FixedPointFormat
    let table = try inverseRoots(configuration, of: accumulator, call)
    do throws(FormatError) {
      bit = try FixedPointFormat(width: 1, integerBits: 1, isSigned: false)
      product = try FixedPointFormat(
        width: accumulator.width + table.format.width,
        integerBits: accumulator.integerBits + table.format.integerBits,
        isSigned: accumulator.isSigned || table.format.isSigned)
    } catch {
      throw HLS4MLProblem(.format(error), at: call.place)
    }
    let roots = try sharedConstant(
      "table", shape: [1 << accumulator.width], encoding: .fixed(table.format),
      codes: table.codes, of: call)
    let zero = try scalar(0, "zero", format: bit, of: call)
    // Sums are those of a dense layer of one output whose weights are 1.
    let ones = try sharedConstant(
      "ones", shape: [width, 1], encoding: .fixed(bit),
      codes: .int64([Int64](repeating: 1, count: width)), of: call)
    let nothing = try sharedConstant(
      "nothing", shape: [1], encoding: .fixed(bit), codes: .int64([0]), of: call)
    let inverse = try scalar(1.0 / Double(width), "inverse", format: accumulator, of: call)
    let sum = QuantGraph.Operator.dense(
      Dense(
        weightsAreOutputMajor: false,
        accumulation: Accumulation(
          encoding: accumulator, product: .multiply, revision: version.productRevision)))

    let flat = try intermediate("cast", shape: [count], format: accumulator, of: call)
    try append(
      .convert(elements: []), of: call, inputs: [data.tensor], outputs: [flat], suffix: "cast")
    var parts: [TensorID] = []
    for row in 0..<rows {
      func named(_ name: String) -> String { "\(name)\(row)" }
      func step(
        _ builder: inout Self, _ name: String, _ operation: QuantGraph.Operator,
        _ inputs: [TensorID], _ shape: [Int], _ format: FixedPointFormat
      ) throws(HLS4MLProblem) -> TensorID {
        let id = try builder.intermediate(named(name), shape: shape, format: format, of: call)
        try builder.append(
          operation, of: call, inputs: inputs, outputs: [id], suffix: named(name))
        return id
      }
      let values = try step(
        &self, "row", .crop(before: [row * width], after: [count - (row + 1) * width]), [flat],
        [width], accumulator)
      let total = try step(&self, "sum", sum, [values, ones, nothing], [1], accumulator)
      let mean = try step(
        &self, "mean", .normalize(.multiply), [total, inverse, zero], [1], accumulator)
      let difference = try step(
        &self, "difference", .arithmetic(.subtract), [values, mean], [width], accumulator)
      let square = try step(
        &self, "square", .arithmetic(.multiply), [difference, difference], [width], accumulator)
      let squares = try step(&self, "squares", sum, [square, ones, nothing], [1], accumulator)
      let variance = try step(
        &self, "variance", .normalize(.multiply), [squares, inverse, zero], [1], accumulator)
      let root = try step(
        &self, "root", .activation(.lookup), [variance, roots], [1], table.format)
      let scaled = try step(
        &self, "scaled", .arithmetic(.multiply), [difference, root], [width], product)
      parts.append(
        try step(
          &self, "result", .normalize(.multiply), [scaled, scale, bias], [width], resultFormat))
    }
    var joined = parts[0]
    if parts.count > 1 {
      joined = try intermediate("joined", shape: [count], format: resultFormat, of: call)
      try append(
        .concatenate(axis: 0), of: call, inputs: parts, outputs: [joined], suffix: "joined")
    }
    try append(.reshape, of: call, inputs: [joined], outputs: [result])
    try record(call, configuration: configuration, weights: [width, width])
  }

  /// 1/sqrt for every code of the variance: `int index = var * table_size * 2^range`, clamped, in the
  /// table of `init_invert_sqr_table`, computed in binary32.
  private func inverseRoots(
    _ configuration: HLSConfiguration, of variance: FixedPointFormat, _ call: HLSCall
  ) throws(HLS4MLProblem) -> (format: FixedPointFormat, codes: Codes) {
    let format = try configuration.requiredFormat("table_t")
    let size = try configuration.integer("table_size", in: 1...(1 << 20))
    let range = try configuration.integer("table_range_power2", in: 0...30)
    let power = try configuration.integer("epsilon_power_of_10", in: 0...30)
    guard let least = Double("1e-\(power)") else { throw unsupported(call, "its epsilon") }
    let step = Float(sign: .plus, exponent: -range, significand: 1) / Float(size)
    var entries = CodesBuilder(format, capacity: size)
    for index in 0..<size {
      entries.append(1 / Double((Float(least) + step * Float(index)).squareRoot()))
    }
    let table = entries.codes.wide ?? []
    var codes: [Int512] = []
    codes.reserveCapacity(1 << variance.width)
    for pattern in 0..<(1 << variance.width) {
      let code = Int512(Int64(pattern)).truncated(
        toWidth: variance.width, isSigned: variance.isSigned)
      // Exact, then the integer part in 32 bits.
      let scaled = code * Int512(Int64(size)) << range
      let whole =
        variance.fractionBits >= 0
        ? scaled.quotientTowardZero(dividingBy: variance.fractionBits)
        : scaled << -variance.fractionBits
      let index = Int(Int32(truncatingIfNeeded: whole.low64))
      codes.append(table[min(max(index, 0), size - 1)])
    }
    return (format, .wide(codes))
  }
}

extension Int512 {
  /// This number over 2^`bits`, without its fraction.
  fileprivate func quotientTowardZero(dividingBy bits: Int) -> Int512 {
    self < Int512(0) ? -((-self) >> bits) : self >> bits
  }
}
