import Arith
import QuantGraph

/// The bounds of each operator's results.
extension OrderBound {
  /// Bounds of the results in order; fewer where a rule is missing.
  func resultBounds(_ node: Node) -> [[Double]] {
    switch node.operation {
    case .convolution, .matMul, .transposedConvolution: return sums(node).map { [$0] } ?? []
    case .quantized(let quantized): return codes(node, quantized)
    case .integerProduct: return integerSums(node).map { [$0] } ?? []
    case .quantize, .qonnx, .cast: return [monotone(node)]
    case .dequantize: return values(ofCodes: node).map { [$0] } ?? []
    case .unary(let function): return [unary(node, function)]
    case .binary(let binary): return binaryBound(node, binary.function).map { [$0] } ?? []
    case .select: return selected(node).map { [$0] } ?? []
    case .reduce(let reduction): return reduced(node, reduction).map { [$0] } ?? []
    case .axisSoftmax(let softmax): return [normalizedExponentials(node, softmax)]
    case .pool(let pool): return pooled(node, pool).map { [$0] } ?? []
    case .normalizeBatch: return [batchNormalized(node)]
    case .normalizeLayer(let axis, let epsilon): return layerNormalized(node, axis, epsilon)
    case .resize: return moved(node, roundings: 8).map { [$0] } ?? []
    case .reshape, .copy, .transpose, .slice, .crop, .broadcast, .tile, .rearrange, .surround,
      .gatherAxis, .concatenate:
      return moved(node, roundings: 0).map { [$0] } ?? []
    case .split(let axis): return parts(node, axis)
    default: return []
    }
  }

  func zeros(_ node: Node) -> [Double] {
    [Double](repeating: 0, count: graph[node.outputs[0]].shape.count)
  }

  func bound(_ id: TensorID) -> [Double] {
    error(id) ?? [Double](repeating: 0, count: graph[id].shape.count)
  }

  /// A bound before the last rounding, widened by that rounding here and there.
  func rounded(_ bound: [Double], _ id: TensorID) -> [Double] {
    let unit = 2 * unit(id)
    // An infinity is not rounded.
    return zip(bound, values(id)).map {
      $0 == 0 || !$1.isFinite ? $0 : $0 + unit * (abs($1) + $0)
    }
  }

  // MARK: Sums of products

  /// Largest number of products in a sum.
  private func depth(_ node: Node) -> Int {
    graph.linear(node)?.depth ?? graph[node.inputs[0]].shape.extents.last ?? 1
  }

  private func sums(_ node: Node) -> [Double]? {
    let (data, weights) = (node.inputs[0], node.inputs[1])
    let ids = [data, weights]
    if case .affine = graph[data].encoding { return nil }
    let magnitudes = ids.map { values($0).map(abs) }
    func term(_ a: [Double], _ b: [Double]) -> [Double]? {
      evaluate(node, [(a, data), (b, weights)])
    }
    guard let whole = term(magnitudes[0], magnitudes[1]) else { return nil }
    var depth = self.depth(node) + 1
    var total = whole
    if node.inputs.count > 2 {
      depth += 2
      let bias = node.inputs[2]
      guard
        let padded = evaluate(
          node,
          [
            (magnitudes[0], data), (magnitudes[1], weights), (values(bias).map(abs), bias),
          ])
      else { return nil }
      total = padded
    }
    let factor = 2 * Self.accumulated(depth, min(unit(data), Self.unit))
    var bound = total.map { $0 * factor }
    let errors = ids.map { error($0) }
    for index in ids.indices {
      guard let own = errors[index] else { continue }
      let other = 1 - index
      var others = magnitudes[other]
      // Products of both errors are counted once, with the first.
      if index == 0, let second = errors[1] { others = zip(others, second).map(+) }
      guard let moved = index == 0 ? term(own, others) : term(others, own) else { return nil }
      for position in bound.indices { bound[position] += moved[position] }
    }
    if node.inputs.count > 2, let own = error(node.inputs[2]) {
      let spread = own.max() ?? 0
      for position in bound.indices { bound[position] += spread }
    }
    return rounded(bound, node.outputs[0])
  }

  /// Sums of codes are exact: only codes that may be others move them.
  private func integerSums(_ node: Node) -> [Double]? {
    let ids = [node.inputs[0], node.inputs[2]]
    guard ids.contains(where: { error($0) != nil }) || error(node.inputs[1]) != nil else {
      return zeros(node)
    }
    guard error(node.inputs[1]) == nil, error(node.inputs[3]) == nil else { return nil }
    let operation: Operator
    switch node.operation {
    case .integerProduct(.convolution(let convolution)): operation = .convolution(convolution)
    case .integerProduct(.matMul(let product)): operation = .matMul(product)
    default: return nil
    }
    let magnitudes = zip(ids, [node.inputs[1], node.inputs[3]]).map { centered($0, $1) }
    return products(node, operation, ids, magnitudes)
  }

  /// `sum |a| e(b) + |b| e(a) + e(a) e(b)`.
  private func products(
    _ node: Node, _ operation: Operator, _ ids: [TensorID], _ magnitudes: [[Double]]
  ) -> [Double]? {
    let errors = ids.map { bound($0) }
    let widened = zip(magnitudes[1], errors[1]).map(+)
    guard let first = evaluate(node, operation, [(errors[0], ids[0]), (widened, ids[1])]),
      let second = evaluate(node, operation, [(magnitudes[0], ids[0]), (errors[1], ids[1])])
    else { return nil }
    return zip(first, second).map(+)
  }

  /// Magnitudes of codes less their zero point; the largest one where there are several.
  private func centered(_ codes: TensorID, _ zeroPoint: TensorID) -> [Double] {
    let zeros = values(zeroPoint)
    let numbers = values(codes)
    guard zeros.count > 1 else { return numbers.map { abs($0 - (zeros.first ?? 0)) } }
    let (low, high) = (zeros.min() ?? 0, zeros.max() ?? 0)
    return numbers.map { max(abs($0 - low), abs($0 - high)) }
  }

  // MARK: Operators between codes

  /// Operators that were fused from float ones, as another implementation may run them in float.
  private func codes(_ node: Node, _ quantized: Quantized) -> [[Double]] {
    guard let count = quantized.operandCount(inputs: node.inputs.count) else { return [] }
    let ids = (0..<count).map { node.inputs[3 * $0] }
    let isFused = node.outputs.count > 1
    if !isFused, ids.allSatisfy({ error($0) == nil }) {
      return node.outputs.map { [Double](repeating: 0, count: graph[$0].shape.count) }
    }
    let parameters = node.inputs.filter { !ids.contains($0) }
    guard parameters.allSatisfy({ error($0) == nil }), quantized.requantizes else { return [] }
    let scales = (0..<count).map { values(node.inputs[3 * $0 + 1]) }
    let target = values(node.inputs[3 * count]).first ?? 1
    let real = Self.reals(node, quantized, ids, scales, self)
    guard let (bound, sum) = real else { return [] }
    // Real bounds move the code across the ties that they reach.
    let result = graph[node.outputs[0]]
    guard let all = ElementKind(result.encoding)?.range else { return [] }
    let zero = values(node.inputs[3 * count + 1]).first ?? 0
    let range = quantized.range.codes(all, scale: Float(target), zeroPoint: Int64(zero))
    let own = values(node.outputs[0])
    var moved = [Double](repeating: 0, count: own.count)
    for index in own.indices where bound[index] != 0 {
      // The division by the result's scale is rounded too.
      let reach = bound[index] + 4 * Self.unit * abs(sum[index])
      func code(_ value: Double) -> Double {
        let code = (value / target).rounded(.toNearestOrEven) + zero
        return min(max(code, Double(range.lowerBound)), Double(range.upperBound))
      }
      let (low, high) = (code(sum[index] - reach), code(sum[index] + reach))
      moved[index] = max(own[index] - low, high - own[index], 0)
    }
    guard isFused else { return [moved] }
    return [moved, rounded(bound, node.outputs[1])]
  }

  /// Bounds of the real results and the results themselves, in float64.
  private static func reals(
    _ node: Node, _ quantized: Quantized, _ ids: [TensorID], _ scales: [[Double]],
    _ run: OrderBound
  ) -> (bound: [Double], sum: [Double])? {
    // Values of operands: codes less zero points, times scales of one an operand or a filter.
    func real(_ operand: Int) -> [Double] {
      let zeros = run.values(node.inputs[3 * operand + 1 + 1])
      let numbers = run.values(ids[operand])
      let map = run.scaleMap(node, quantized, operand)
      let scale = scales[operand]
      return numbers.indices.map { index in
        let position = map?(index) ?? 0
        return (numbers[index] - zeros[zeros.count == 1 ? 0 : position])
          * scale[scale.count == 1 ? 0 : position]
      }
    }
    func errors(_ operand: Int) -> [Double] {
      let own = run.bound(ids[operand])
      let map = run.scaleMap(node, quantized, operand)
      let scale = scales[operand]
      return own.indices.map { own[$0] * scale[scale.count == 1 ? 0 : map?($0) ?? 0] }
    }
    switch quantized.function {
    case .convolution, .matMul:
      let operation: Operator
      if case .convolution(let convolution) = quantized.function {
        operation = .convolution(convolution)
      } else if case .matMul(let product) = quantized.function {
        operation = .matMul(product)
      } else {
        return nil
      }
      let (a, b) = (real(0), real(1))
      let pairs = [ids[0], ids[1]]
      guard var sum = run.evaluate(node, operation, [(a, pairs[0]), (b, pairs[1])]),
        var whole = run.evaluate(
          node, operation, [(a.map(abs), pairs[0]), (b.map(abs), pairs[1])])
      else { return nil }
      if quantized.hasBias, let id = node.inputs.last {
        guard let bias = run.biases(node, quantized, id, scales) else { return nil }
        for index in sum.indices {
          sum[index] += bias[index]
          whole[index] += abs(bias[index])
        }
      }
      let factor = 2 * accumulated(run.depth(node) + 6)
      var bound = whole.map { $0 * factor }
      let (ea, eb) = (errors(0), errors(1))
      if ea.contains(where: { $0 != 0 }) {
        guard
          let moved = run.evaluate(
            node, operation, [(ea, pairs[0]), (zip(b, eb).map { abs($0) + $1 }, pairs[1])])
        else { return nil }
        for index in bound.indices { bound[index] += moved[index] }
      }
      if eb.contains(where: { $0 != 0 }) {
        guard let moved = run.evaluate(node, operation, [(a.map(abs), pairs[0]), (eb, pairs[1])])
        else { return nil }
        for index in bound.indices { bound[index] += moved[index] }
      }
      return (bound, sum)
    case .mean(let axes, let keepsAxes):
      let operation = Operator.reduce(Reduction(.mean, axes: axes, keepsAxes: keepsAxes))
      return run.averages(node, operation, real(0), errors(0), ids[0])
    case .pool(let pool) where pool.reduction == .average:
      return run.averages(node, .pool(pool), real(0), errors(0), ids[0])
    case .pool(let pool):
      guard let sum = run.evaluate(node, .pool(pool), [(real(0), ids[0])]),
        let bound = run.evaluate(node, .pool(pool), [(errors(0), ids[0])])
      else { return nil }
      return (bound, sum)
    case .binary(let function) where function != .multiply:
      guard
        let sum = run.evaluate(
          node, .binary(Binary(function)), [(real(0), ids[0]), (real(1), ids[1])]),
        let bound = run.evaluate(
          node, .binary(Binary(.add)), [(errors(0), ids[0]), (errors(1), ids[1])])
      else { return nil }
      return (bound, sum)
    case .unary(.identity):
      return (errors(0), real(0))
    case .reshape, .transpose:
      guard let sum = run.evaluate(node, quantized.function.operation, [(real(0), ids[0])]),
        let bound = run.evaluate(node, quantized.function.operation, [(errors(0), ids[0])])
      else { return nil }
      return (bound, sum)
    case .concatenate:
      guard
        let sum = run.evaluate(
          node, quantized.function.operation, ids.indices.map { (real($0), ids[$0]) }),
        let bound = run.evaluate(
          node, quantized.function.operation, ids.indices.map { (errors($0), ids[$0]) })
      else { return nil }
      return (bound, sum)
    case .binary, .unary, .softmax: return nil
    }
  }

  private func averages(
    _ node: Node, _ operation: Operator, _ values: [Double], _ errors: [Double], _ id: TensorID
  ) -> (bound: [Double], sum: [Double])? {
    guard let sum = evaluate(node, operation, [(values, id)]),
      let whole = evaluate(node, operation, [(values.map(abs), id)]),
      let moved = evaluate(node, operation, [(errors, id)])
    else { return nil }
    let count = graph[id].shape.count / max(graph[node.outputs[0]].shape.count, 1)
    let factor = 2 * Self.accumulated(min(count, 1 << 22) + 4)
    return (zip(whole, moved).map { $0 * factor + $1 }, sum)
  }

  /// Which filter or column an element of an operand belongs to; nil where there is one scale.
  private func scaleMap(
    _ node: Node, _ quantized: Quantized, _ operand: Int
  ) -> ((Int) -> Int)? {
    guard operand == 1 else { return nil }
    let shape = graph[node.inputs[3]].shape
    switch quantized.function {
    case .convolution:
      let stride = shape.strides[0]
      return { $0 / max(stride, 1) }
    case .matMul(let product):
      let axis = max(shape.rank - (product.transposesRight ? 2 : 1), 0)
      let (stride, extent) = (shape.strides[axis], shape[axis])
      return { $0 / max(stride, 1) % max(extent, 1) }
    default: return nil
    }
  }

  /// Biases as values, one an element of the result.
  private func biases(
    _ node: Node, _ quantized: Quantized, _ id: TensorID, _ scales: [[Double]]
  ) -> [Double]? {
    let (codes, result) = (values(id), graph[node.outputs[0]].shape)
    let first = scales[0].first ?? 1
    func scale(_ index: Int) -> Double {
      first * scales[1][scales[1].count == 1 ? 0 : index % scales[1].count]
    }
    switch quantized.function {
    case .convolution:
      let inner = result.extents.dropFirst(2).reduce(1, *)
      let filters = result[1]
      guard codes.count == filters else { return nil }
      return (0..<result.count).map { index in
        let filter = index / max(inner, 1) % filters
        return codes[filter] * scale(filter)
      }
    case .matMul(let product):
      let columns = result.extents.last ?? 1
      let spread = ArrayNode.broadcast(codes, graph[id].shape, to: result)
      return spread.indices.map {
        spread[$0] * scale($0 % max(columns, 1)) * Double(product.productFactor)
      }
    default: return nil
    }
  }

  // MARK: Quantizers and casts

  /// The larger of the distances to the results for `x - e` and `x + e`.
  private func monotone(_ node: Node) -> [Double] {
    let data = node.inputs[0]
    guard node.inputs.dropFirst().allSatisfy({ error($0) == nil }) else {
      return [Double](repeating: .infinity, count: zeros(node).count)
    }
    guard let own = error(data) else { return zeros(node) }
    let numbers = values(data)
    let results = values(node.outputs[0])
    let isFloat: Bool
    if case .float = graph[data].encoding { isFloat = true } else { isFloat = false }
    // One rounding of the moved operand to its type, outward.
    let widened = zip(own, numbers).map { bound, number in
      bound == 0 || !isFloat ? bound : bound + 2 * unit(data) * (abs(number) + bound)
    }
    guard let low = rerun(node, zip(numbers, widened).map(-)),
      let high = rerun(node, zip(numbers, widened).map(+))
    else { return [Double](repeating: .infinity, count: results.count) }
    return results.indices.map { index in
      own[index] == 0
        ? 0 : max(abs(results[index] - low[index]), abs(high[index] - results[index]))
    }
  }

  private func values(ofCodes node: Node) -> [Double]? {
    guard case .dequantize(let granularity) = node.operation,
      error(node.inputs[1]) == nil, error(node.inputs[2]) == nil
    else { return nil }
    guard let own = error(node.inputs[0]) else { return zeros(node) }
    let scales = values(node.inputs[1])
    let map = ScaleMap(
      granularity, data: graph[node.inputs[0]].shape, scale: graph[node.inputs[1]].shape)
    return rounded(
      own.indices.map { own[$0] == 0 ? 0 : own[$0] * abs(scales[map.position($0)]) },
      node.outputs[0])
  }

  // MARK: Movements

  /// Elements that only change their places, or are mixed with weights of at most 1.
  private func moved(_ node: Node, roundings: Int) -> [Double]? {
    var data = node.inputs
    if case .gatherAxis = node.operation {
      guard error(node.inputs[1]) == nil else { return nil }
      data = [node.inputs[0]]
    }
    if case .surround = node.operation { data = [node.inputs[0]] }
    guard data.contains(where: { error($0) != nil }) || roundings > 0 else { return zeros(node) }
    var operands = data.map { (numbers: bound($0), like: $0) }
    if case .gatherAxis = node.operation { operands.append(([], node.inputs[1])) }
    if case .surround = node.operation, node.inputs.count > 1 {
      operands.append(([0], node.inputs[1]))
    }
    guard var bound = evaluate(node, operands) else { return nil }
    if roundings > 0 {
      guard let whole = evaluate(node, [(values(data[0]).map(abs), data[0])]) else { return nil }
      for index in bound.indices {
        bound[index] += Self.accumulated(roundings) * whole[index]
      }
    }
    return bound
  }

  private func parts(_ node: Node, _ axis: Int) -> [[Double]] {
    guard let own = error(node.inputs[0]) else {
      return node.outputs.map { [Double](repeating: 0, count: graph[$0].shape.count) }
    }
    let shape = graph[node.inputs[0]].shape
    let inner = shape.strides[axis]
    var start = 0
    return node.outputs.map { id in
      let extent = graph[id].shape[axis]
      defer { start += extent }
      return (0..<shape.extents[..<axis].reduce(1, *)).flatMap { block in
        let first = (block * shape[axis] + start) * inner
        return own[first..<first + extent * inner]
      }
    }
  }

  private func selected(_ node: Node) -> [Double]? {
    guard error(node.inputs[0]) == nil else { return nil }
    let result = graph[node.outputs[0]].shape
    let spread = node.inputs.map { id in
      ArrayNode.broadcast(
        id == node.inputs[0] ? values(id) : bound(id), graph[id].shape, to: result)
    }
    return spread[0].indices.map { spread[0][$0] != 0 ? spread[1][$0] : spread[2][$0] }
  }

  // MARK: Reductions

  private func pooled(_ node: Node, _ pool: Pool) -> [Double]? {
    let data = node.inputs[0]
    if pool.reduction == .maximum { return moved(node, roundings: 0) }
    return averages(node, node.operation, values(data), bound(data), data).map {
      rounded($0.bound, node.outputs[0])
    }
  }

  private func reduced(_ node: Node, _ reduction: Reduction) -> [Double]? {
    let data = node.inputs[0]
    if case .affine = graph[data].encoding {
      return error(data) == nil ? zeros(node) : nil
    }
    let count = graph[data].shape.count / max(graph[node.outputs[0]].shape.count, 1)
    let factor = 2 * Self.accumulated(min(count, 1 << 22) + 4)
    func operation(_ function: Reduction.Function) -> Operator {
      .reduce(Reduction(function, axes: reduction.axes, keepsAxes: reduction.keepsAxes))
    }
    switch reduction.function {
    case .mean, .sum:
      guard let whole = evaluate(node, [(values(data).map(abs), data)]),
        let own = evaluate(node, [(bound(data), data)])
      else { return nil }
      return rounded(zip(whole, own).map { $0 * factor + $1 }, node.outputs[0])
    case .maximum, .minimum: return evaluate(node, operation(.maximum), [(bound(data), data)])
    case .absoluteSum:
      guard let own = evaluate(node, operation(.sum), [(bound(data), data)]) else { return nil }
      return rounded(
        zip(values(node.outputs[0]), own).map { $0 * factor + $1 }, node.outputs[0])
    case .norm:
      guard let own = evaluate(node, operation(.norm), [(bound(data), data)]) else { return nil }
      return rounded(
        zip(values(node.outputs[0]), own).map { $0 * factor + $1 }, node.outputs[0])
    default: return nil
    }
  }

  /// Probabilities: a logit that is off by d moves its exponential by the factor `e^d` at most, so
  /// that a probability moves by `e^d / sum p e^-d` over its row.
  private func normalizedExponentials(_ node: Node, _ softmax: AxisSoftmax) -> [Double] {
    let (data, result) = (node.inputs[0], node.outputs[0])
    let shape = graph[data].shape
    let (logits, own, results) = (values(data), bound(data), values(result))
    let (length, inner) = (shape[softmax.axis], shape.strides[softmax.axis])
    let beta = Double(abs(softmax.beta))
    // Exponentials, their sum and the division.
    let roundings = Self.accumulated(length + 8) + 4 * Self.functionULPs * Self.unit
    var bound = [Double](repeating: 0, count: results.count)
    for row in 0..<results.count / max(length, 1) {
      let start = row / inner * inner * length + row % inner
      let places = (0..<length).map { start + $0 * inner }
      let top = places.map { logits[$0] }.max() ?? 0
      // The difference to the largest logit is rounded too.
      let moved = places.map { place -> Double in
        let difference = logits[place] - top
        return difference.isFinite
          ? beta * (own[place] + 2 * Self.unit * abs(difference)) : 0
      }
      let low = zip(places, moved).reduce(0.0) { sum, entry in
        let value = results[entry.0]
        let share = softmax.isLogarithm ? UnaryFunction.exponential.value(value) : value
        return sum + share * UnaryFunction.exponential.value(-entry.1)
      }
      for (place, own) in zip(places, moved) {
        let factor =
          low > 0 ? UnaryFunction.exponential.value(own) / low * (1 + roundings) - 1 : .infinity
        bound[place] =
          softmax.isLogarithm
          ? factor + 4 * Self.functionULPs * Self.unit * abs(results[place])
          : results[place] == 0 ? 0x1p-126 : factor * abs(results[place]) + 0x1p-149
      }
    }
    return bound
  }

  private func batchNormalized(_ node: Node) -> [Double] {
    let data = node.inputs[0]
    let own = bound(data)
    let parameters = node.inputs.dropFirst().map { values($0) }
    guard case .normalizeBatch(let epsilon) = node.operation,
      node.inputs.dropFirst().allSatisfy({ error($0) == nil })
    else { return [Double](repeating: .infinity, count: own.count) }
    let shape = graph[data].shape
    let inner = shape.extents.dropFirst(2).reduce(1, *)
    let numbers = values(data)
    return numbers.indices.map { index in
      let channel = index / max(inner, 1) % shape[1]
      let factor =
        abs(parameters[0][channel])
        / (parameters[3][channel] + Double(epsilon)).squareRoot()
      return factor
        * (own[index] + 16 * Self.unit * (abs(numbers[index]) + abs(parameters[2][channel])))
        + 4 * Self.unit * abs(parameters[1][channel])
    }
  }

  private func layerNormalized(_ node: Node, _ axis: Int, _ epsilon: Float) -> [[Double]] {
    let data = node.inputs[0]
    guard node.inputs.dropFirst().allSatisfy({ error($0) == nil }) else { return [] }
    let shape = graph[data].shape
    let length = shape.extents[axis...].reduce(1, *)
    let (numbers, own) = (values(data), bound(data))
    let parameters = node.inputs.dropFirst().map {
      ArrayNode.broadcast(values($0), graph[$0].shape, to: shape)
    }
    var result = [Double](repeating: 0, count: numbers.count)
    let roundings = 2 * Self.accumulated(length + 8)
    for start in stride(from: 0, to: numbers.count, by: max(length, 1)) {
      let row = start..<start + length
      let count = Double(length)
      let mean = numbers[row].reduce(0, +) / count
      let square = numbers[row].reduce(0) { $0 + $1 * $1 } / count
      let variance = numbers[row].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let meanError =
        own[row].reduce(0, +) / count
        + roundings * numbers[row].reduce(0) { $0 + abs($1) } / count
      // Some implementations take the mean of squares less the square of the mean.
      let varianceError =
        roundings * 2 * square
        + row.reduce(0) { $0 + 2 * (abs(numbers[$1] - mean) + own[$1]) * (own[$1] + meanError) }
        / count
      let deviation = (variance + Double(epsilon)).squareRoot()
      let relative = varianceError / (variance + Double(epsilon))
      for index in row {
        let centered = abs(numbers[index] - mean)
        let value =
          (own[index] + meanError + 2 * Self.unit * abs(numbers[index]))
          / deviation + centered / deviation * (relative < 0.5 ? relative : .infinity)
        result[index] =
          (parameters.isEmpty ? 1 : abs(parameters[0][index]))
          * (value + 4 * Self.unit * centered / deviation)
          + 2 * Self.unit * (parameters.count > 1 ? abs(parameters[1][index]) : 0)
      }
    }
    return [rounded(result, node.outputs[0])]
  }
}
