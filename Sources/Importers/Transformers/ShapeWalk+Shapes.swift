import QuantGraph

/// Parameters, and the layers that have them.
extension ShapeWalk {
  mutating func count(
    _ elements: Int, _ statement: Statement
  ) throws(TransformerError) {
    let (sum, overflow) = parameters.addingReportingOverflow(elements)
    if overflow {
      throw evaluation.fault(
        "all parameters together are beyond 64 bits", statement.values,
        place: prefix + statement.name)
    }
    parameters = sum
  }

  mutating func add(
    _ statement: Statement, part: Int, suffix: String, _ shape: [Int],
    role: TransformerTensor.Role, isWide: Bool = false
  ) throws(TransformerError) {
    try count(try checkedProduct(shape, times: times, statement), statement)
    if let index = tensorPlaces.first(statement, part, where: { shapes.tensors[$0].shape == shape })
    {
      shapes.tensors[index].count += times
      Self.append(ranges, statement.numbers, to: &shapes.tensors[index].numbers)
      return
    }
    tensorPlaces.add(statement, part)
    shapes.tensors.append(
      TransformerTensor(
        name: prefix + statement.name + suffix, shape: shape, role: role, isWide: isWide,
        numbers: numbers(statement),
        count: times))
  }

  mutating func parameter(
    _ statement: Statement, role: TransformerTensor.Role
  ) throws(TransformerError) {
    let shape = try extents(statement.values, statement)
    try add(statement, part: 0, suffix: "", shape, role: role)
    record(statement, .parameter(shape))
  }

  mutating func linear(_ statement: Statement) throws(TransformerError) {
    let inputs = try extent(statement.values[0], statement)
    let outputs = try extent(statement.values[1], statement)
    let hasBias = try flag(statement, .bias)
    let isTied = try flag(statement, .tied)
    let isTurned = try flag(statement, .turned)
    let isLent = try flag(statement, .lent)
    if let index = recordedPhase {
      record(
        statement,
        .linear(
          .init(
            inputs: inputs, outputs: outputs, hasBias: hasBias, isTied: isTied, isLent: isLent,
            isTurned: isTurned, rows: try rows(statement, index) / batch)))
    }
    if !isTied {
      try add(
        statement, part: 0, suffix: ".weight", isTurned ? [inputs, outputs] : [outputs, inputs],
        role: .linear)
    }
    if hasBias, !isLent {
      try add(statement, part: 1, suffix: ".bias", [outputs], role: .bias)
    }
    if let index = linearPlaces.first(
      statement,
      where: {
        shapes.linears[$0].inputs == inputs && shapes.linears[$0].outputs == outputs
          && shapes.linears[$0].hasBias == hasBias && shapes.linears[$0].isTied == isTied
      })
    {
      shapes.linears[index].count += times
      Self.append(ranges, statement.numbers, to: &shapes.linears[index].numbers)
    } else {
      linearPlaces.add(statement)
      shapes.linears.append(
        TransformerLinear(
          name: prefix + statement.name, inputs: inputs, outputs: outputs, hasBias: hasBias,
          isTied: isTied, numbers: numbers(statement),
          count: times))
    }
    let kind = try text(statement, .kind).flatMap(TransformerWorkload.Kind.init) ?? .linear
    for index in active {
      let rows = try rows(statement, index)
      guard rows > 0 else { continue }
      try work(
        statement, 0, index, kind: kind, role: .weights, m: rows, n: outputs, k: inputs, count: 1)
    }
  }

  /// Rows of a layer in a phase, of all sequences.
  mutating func rows(_ statement: Statement, _ phase: Int) throws(TransformerError) -> Int {
    var rows = phases[phase].tokens
    if let expression = statement[.rows] {
      setPhase(phase)
      rows = try evaluation.number(expression)
    }
    return try checkedProduct(rows, batch, in: statement)
  }

  mutating func router(_ statement: Statement) throws(TransformerError) {
    let inputs = try extent(statement.values[0], statement)
    let outputs = try extent(statement.values[1], statement)
    try add(
      statement, part: 0, suffix: ".weight", [outputs, inputs], role: .router,
      isWide: try flag(statement, .wide))
    let hasBias = try flag(statement, .bias)
    if hasBias { try add(statement, part: 1, suffix: ".bias", [outputs], role: .bias) }
    record(statement, .router(.init(inputs: inputs, outputs: outputs, hasBias: hasBias)))
    for index in active {
      try work(
        statement, 0, index, kind: .router, role: .weights, m: try rows(statement, index),
        n: outputs, k: inputs, count: 1)
    }
  }

  mutating func convolution(_ statement: Statement) throws(TransformerError) {
    let inputs = try extent(statement.values[0], statement)
    let outputs = try extent(statement.values[1], statement)
    let groups = try extent(statement, .groups) ?? 1
    let stride = try extent(statement, .stride) ?? 1
    let rank = try extent(statement, .rank) ?? 2
    let side = try extent(statement[.kernel], statement)
    var kernel = Array(repeating: side, count: min(rank, 4))
    if let depth = statement[.depth] { kernel.insert(try extent(depth, statement), at: 0) }
    guard inputs % groups == 0 else {
      throw evaluation.fault(
        "\(inputs) channels are no multiple of \(groups) groups", statement.values,
        place: prefix + statement.name)
    }
    let hasBias = try flag(statement, .bias)
    record(
      statement,
      .convolution(
        .init(
          inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, groups: groups,
          hasBias: hasBias)))
    let weights = [outputs, inputs / groups] + kernel
    try add(statement, part: 0, suffix: ".weight", weights, role: .convolution)
    if hasBias { try add(statement, part: 1, suffix: ".bias", [outputs], role: .bias) }
    let made = TransformerConvolution(
      name: prefix + statement.name, inputs: inputs, outputs: outputs, kernel: kernel,
      stride: stride, groups: groups, hasBias: hasBias, count: times)
    if let index = convolutionPlaces.first(
      statement, where: { shapes.convolutions[$0].hasShape(of: made) })
    {
      shapes.convolutions[index].count += times
    } else {
      convolutionPlaces.add(statement)
      shapes.convolutions.append(made)
    }
    guard let positions = statement[.positions] else { return }
    let kind = try text(statement, .kind).flatMap(TransformerWorkload.Kind.init) ?? .convolution
    let window = try checkedProduct(kernel, times: inputs / groups, statement)
    for index in active {
      setPhase(index)
      let rows = try checkedProduct(try evaluation.number(positions), batch, in: statement)
      guard rows > 0 else { continue }
      try work(
        statement, 0, index, kind: kind, role: .weights, m: rows, n: outputs / groups, k: window,
        count: groups)
    }
  }

  mutating func experts(_ statement: Statement) throws(TransformerError) {
    let count = try extent(statement.values[0], statement)
    let chosen = try extent(statement.values[1], statement)
    let width = try extent(statement.values[2], statement)
    let inner = try extent(statement.values[3], statement)
    guard chosen <= count else {
      throw evaluation.fault(
        "\(chosen) experts a token of \(count)", Array(statement.values.prefix(2)),
        place: prefix + statement.name)
    }
    let isGated = try flag(statement, .gated, otherwise: true)
    let isTurned = try flag(statement, .turned)
    let hasBias = try flag(statement, .bias)
    record(
      statement,
      .experts(
        .init(
          count: count, chosen: chosen, width: width, inner: inner, isGated: isGated,
          isTurned: isTurned, hasBias: hasBias)))
    let first = try checkedProduct(inner, isGated ? 2 : 1, in: statement)
    let stacks = [
      (isGated ? ".gate_up_proj" : ".up_proj", first, width), (".down_proj", width, inner),
    ]
    for (part, (suffix, outputs, inputs)) in stacks.enumerated() {
      let shape = [count] + (isTurned ? [inputs, outputs] : [outputs, inputs])
      try add(statement, part: part * 2, suffix: suffix, shape, role: .experts)
      if hasBias {
        try add(
          statement, part: part * 2 + 1, suffix: suffix + "_bias", [count, outputs], role: .bias)
      }
      if let index = expertPlaces.first(
        statement, part, where: { shapes.experts[$0].shape == shape })
      {
        shapes.experts[index].count += times
        Self.append(ranges, statement.numbers, to: &shapes.experts[index].numbers)
      } else {
        expertPlaces.add(statement, part)
        shapes.experts.append(
          TransformerExperts(
            name: prefix + statement.name + suffix, shape: shape, inputs: inputs, outputs: outputs,
            expertsPerToken: chosen,
            numbers: numbers(statement),
            count: times))
      }
      for index in active {
        let rows = try checkedProduct(try rows(statement, index), chosen, in: statement)
        try work(
          statement, part, index, kind: .experts, role: .expertWeights, m: rows, n: outputs,
          k: inputs, count: 1, suffix: suffix, experts: count, chosen: chosen)
      }
    }
  }
}
