import Arith
import QuantGraph

/// Bounds of codes: operators between them, and what makes them of numbers.
extension OrderBound {
  // MARK: Operators between codes

  /// Operators that were fused from float ones, as another implementation may run them in float.
  func codes(_ node: Node, _ quantized: Quantized) -> [[Double]] {
    guard let count = quantized.operandCount(inputs: node.inputs.count) else { return [] }
    let ids = (0..<count).map { node.inputs[3 * $0] }
    let isFused = node.outputs.count > 1
    if !isFused, node.inputs.allSatisfy({ error($0) == nil }) {
      return node.outputs.map { [Double](repeating: 0, count: graph[$0].shape.count) }
    }
    guard quantized.requantizes else { return [] }
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
    let (step, shift) = (largest(node.inputs[3 * count]), largest(node.inputs[3 * count + 1]))
    guard target > step else { return [] }
    var moved = [Double](repeating: 0, count: own.count)
    for index in own.indices where bound[index] != 0 || step != 0 || shift != 0 {
      // The division by the result's scale is rounded too.
      let reach = bound[index] + 4 * Self.unit * abs(sum[index])
      func code(_ value: Double, _ scale: Double) -> Double {
        let code = (value / scale).rounded(.toNearestOrEven) + zero
        return min(max(code, Double(range.lowerBound)), Double(range.upperBound))
      }
      for scale in step == 0 ? [target] : [target - step, target + step] {
        let (low, high) = (code(sum[index] - reach, scale), code(sum[index] + reach, scale))
        moved[index] = max(moved[index], own[index] - low, high - own[index])
      }
      moved[index] += shift
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
      let step = run.largest(node.inputs[3 * operand + 1])
      let shift = run.largest(node.inputs[3 * operand + 2])
      if step == 0, shift == 0 {
        return own.indices.map { own[$0] * scale[scale.count == 1 ? 0 : map?($0) ?? 0] }
      }
      // `(c - z) s` with errors of all three.
      let magnitudes = run.centered(ids[operand], node.inputs[3 * operand + 2])
      return own.indices.map { index in
        let factor = scale[scale.count == 1 ? 0 : map?(index) ?? 0] + step
        return (own[index] + shift) * factor + magnitudes[index] * step
      }
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
        // The bias has the product of both scales, which are constants beside one.
        guard let bias = run.biases(node, quantized, id, scales), run.error(id) == nil,
          [1, 4].allSatisfy({ run.error(node.inputs[$0]) == nil })
        else { return nil }
        for index in sum.indices {
          sum[index] += bias[index]
          whole[index] += abs(bias[index])
        }
      }
      let factor = 2 * run.accumulated(run.depth(node) + 6)
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

  func averages(
    _ node: Node, _ operation: Operator, _ values: [Double], _ errors: [Double], _ id: TensorID
  ) -> (bound: [Double], sum: [Double])? {
    guard let sum = evaluate(node, operation, [(values, id)]),
      let whole = evaluate(node, operation, [(values.map(abs), id)]),
      let moved = evaluate(node, operation, [(errors, id)])
    else { return nil }
    let count = graph[id].shape.count / max(graph[node.outputs[0]].shape.count, 1)
    let factor = 2 * accumulated(min(count, 1 << 22) + 4)
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
  func monotone(_ node: Node) -> [Double] {
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
    guard let low = rerun(node, [0: zip(numbers, widened).map(-)]),
      let high = rerun(node, [0: zip(numbers, widened).map(+)])
    else { return [Double](repeating: .infinity, count: results.count) }
    return results.indices.map { index in
      own[index] == 0
        ? 0 : max(abs(results[index] - low[index]), abs(high[index] - results[index]))
    }
  }

  /// Codes of values over scales that a run computes: between those at the corners of both intervals.
  func quantized(_ node: Node, _ granularity: Granularity) -> [Double] {
    let (data, scale, zeroPoint) = (node.inputs[0], node.inputs[1], node.inputs[2])
    guard error(scale) != nil || error(zeroPoint) != nil else { return monotone(node) }
    let own = values(node.outputs[0])
    let unknown = [Double](repeating: .infinity, count: own.count)
    /// Ends of the interval of each number, one rounding further.
    func ends(_ id: TensorID) -> [[Double]] {
      let reach = zip(values(id), bound(id)).map {
        $1 == 0 ? 0 : $1 + 2 * unit(id) * (abs($0) + $1)
      }
      return [zip(values(id), reach).map(-), zip(values(id), reach).map(+)]
    }
    let scales = ends(scale)
    guard scales[0].allSatisfy({ $0 > 0 }) else { return unknown }
    var moved = [Double](repeating: 0, count: own.count)
    for numbers in ends(data) {
      for steps in scales {
        guard let codes = rerun(node, [0: numbers, 1: steps]) else { return unknown }
        for index in own.indices {
          moved[index] = max(moved[index], abs(codes[index] - own[index]))
        }
      }
    }
    guard let shift = error(zeroPoint) else { return moved }
    let map = ScaleMap(granularity, data: graph[data].shape, scale: graph[scale].shape)
    return moved.indices.map { moved[$0] + shift[map.position($0)] }
  }

  /// Codes, scale and zero point over the data's own range.
  ///
  /// The range's ends lie between those of `x - e` and `x + e`, the scale and the zero point between
  /// those of the narrowest and the widest range, each code between those at the corners.
  func dynamicallyQuantized(_ node: Node) -> [[Double]] {
    let data = node.inputs[0]
    let numbers = values(data)
    guard let own = error(data) else { return [zeros(node), [0], [0]] }
    let codes = values(node.outputs[0])
    let unknown = [codes.map { max($0, 255 - $0) }, [.infinity], [255]]
    guard own.allSatisfy(\.isFinite), numbers.allSatisfy(\.isFinite) else { return unknown }
    var (bottom, top) = ((low: 0.0, high: 0.0), (low: 0.0, high: 0.0))
    for (number, reach) in zip(numbers, own) {
      bottom = (min(bottom.low, number - reach), min(bottom.high, number + reach))
      top = (max(top.low, number - reach), max(top.high, number + reach))
    }
    // Difference and quotient are rounded, here and there.
    let rounding = 4 * Self.unit
    let steps = (
      low: (top.low - bottom.high) / 255 * (1 - rounding),
      high: (top.high - bottom.low) / 255 * (1 + rounding)
    )
    // A range without extent has scale 1.
    guard steps.low > 0 else { return unknown }
    func zeroPoint(_ value: Double) -> Double {
      min(max(value.rounded(.toNearestOrEven), 0), 255)
    }
    let zeros = (
      low: zeroPoint(-bottom.high / steps.high * (1 - rounding)),
      high: zeroPoint(-bottom.low / steps.low * (1 + rounding))
    )
    let moved = numbers.indices.map { index in
      let ends = [numbers[index] - own[index], numbers[index] + own[index]].flatMap {
        [$0 / steps.low, $0 / steps.high]
      }
      let (low, high) = (ends.min() ?? 0, ends.max() ?? 0)
      func code(_ value: Double, _ zero: Double) -> Double {
        min(max(value.rounded(.toNearestOrEven) + zero, 0), 255)
      }
      return max(
        codes[index] - code(low - rounding * abs(low), zeros.low),
        code(high + rounding * abs(high), zeros.high) - codes[index], 0)
    }
    func reach(_ id: TensorID, _ low: Double, _ high: Double) -> [Double] {
      values(id).map { max($0 - low, high - $0, 0) }
    }
    return [
      moved, reach(node.outputs[1], steps.low, steps.high),
      reach(node.outputs[2], zeros.low, zeros.high),
    ]
  }

  /// `(c - z) s` with errors of all three.
  func values(ofCodes node: Node) -> [Double]? {
    guard case .dequantize(let granularity) = node.operation else { return nil }
    guard node.inputs.contains(where: { error($0) != nil }) else { return zeros(node) }
    let own = bound(node.inputs[0])
    let codes = values(node.inputs[0])
    let (scales, steps) = (values(node.inputs[1]), bound(node.inputs[1]))
    let (zeroPoints, shifts) = (values(node.inputs[2]), bound(node.inputs[2]))
    let map = ScaleMap(
      granularity, data: graph[node.inputs[0]].shape, scale: graph[node.inputs[1]].shape)
    return rounded(
      own.indices.map { index in
        let place = map.position(index)
        let moved = own[index] + shifts[place]
        let centered = abs(codes[index] - zeroPoints[place])
        return (moved == 0 ? 0 : moved * (abs(scales[place]) + steps[place]))
          + (centered == 0 ? 0 : centered * steps[place])
      },
      node.outputs[0])
  }

  /// The largest bound of a tensor's elements.
  private func largest(_ id: TensorID) -> Double { error(id)?.max() ?? 0 }
}
