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
    case .quantize(let quantize): return [quantized(node, quantize.granularity)]
    case .dynamicQuantize: return dynamicallyQuantized(node)
    case .qonnx, .cast: return [monotone(node)]
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
  func depth(_ node: Node) -> Int {
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
    let factor = 2 * accumulated(depth, min(unit(data), Self.unit))
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

  /// Sums of codes are exact: only codes and zero points that may be others move them.
  private func integerSums(_ node: Node) -> [Double]? {
    guard node.inputs.contains(where: { error($0) != nil }) else { return zeros(node) }
    let ids = [node.inputs[0], node.inputs[2]]
    let zeroPoints = [node.inputs[1], node.inputs[3]]
    let operation: Operator
    switch node.operation {
    case .integerProduct(.convolution(let convolution)): operation = .convolution(convolution)
    case .integerProduct(.matMul(let product)): operation = .matMul(product)
    default: return nil
    }
    let magnitudes = zip(ids, zeroPoints).map { centered($0, $1) }
    // Padding has the zero point's code: it stands for 0, whatever the code.
    let errors = zip(ids, zeroPoints).map { id, zeroPoint in
      let shift = bound(zeroPoint).max() ?? 0
      return bound(id).map { $0 + shift }
    }
    let widened = zip(magnitudes[1], errors[1]).map(+)
    guard let first = evaluate(node, operation, [(errors[0], ids[0]), (widened, ids[1])]),
      let second = evaluate(node, operation, [(magnitudes[0], ids[0]), (errors[1], ids[1])])
    else { return nil }
    return zip(first, second).map(+)
  }

  /// Magnitudes of codes less their zero point; the largest one where there are several.
  func centered(_ codes: TensorID, _ zeroPoint: TensorID) -> [Double] {
    let zeros = values(zeroPoint)
    let numbers = values(codes)
    guard zeros.count > 1 else { return numbers.map { abs($0 - (zeros.first ?? 0)) } }
    let (low, high) = (zeros.min() ?? 0, zeros.max() ?? 0)
    return numbers.map { max(abs($0 - low), abs($0 - high)) }
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
        bound[index] += accumulated(roundings) * whole[index]
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

  /// Where the condition may be another one, either of both.
  private func selected(_ node: Node) -> [Double]? {
    let result = graph[node.outputs[0]].shape
    func spread(_ numbers: [Double], _ id: TensorID) -> [Double] {
      ArrayNode.broadcast(numbers, graph[id].shape, to: result)
    }
    let ids = node.inputs
    let (condition, doubt) = (spread(values(ids[0]), ids[0]), spread(bound(ids[0]), ids[0]))
    let choices = ids[1...].map { (spread(values($0), $0), spread(bound($0), $0)) }
    return condition.indices.map { index in
      let (first, second) = (choices[0].1[index], choices[1].1[index])
      guard doubt[index] != 0 else { return condition[index] != 0 ? first : second }
      return abs(choices[0].0[index] - choices[1].0[index]) + max(first, second)
    }
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
    let factor = 2 * accumulated(min(count, 1 << 22) + 4)
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
    let roundings = accumulated(length + 8) + 4 * Self.functionULPs * Self.unit
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
    let roundings = 2 * accumulated(length + 8)
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
