import Arith

extension Granularity {
  /// Checks that there is a scale for each element of `data`.
  func check(data: Shape, scale: Shape, operand: String) throws(GraphError) {
    switch self {
    case .tensor: try Operator.require(operand, scale.count, 1)
    case .axis(let axis):
      try Operator.requireAxis(axis, of: data)
      try Operator.require(operand, scale.count, data[axis])
    case .blocks(let axis, let size):
      try Operator.requireAxis(axis, of: data)
      guard (1...(1 << 40)).contains(size) else {
        throw .parameter("block size \(size)", reason: "must be positive")
      }
      var expected = data.extents
      expected[axis] = data[axis] / size + (data[axis] % size == 0 ? 0 : 1)
      try Operator.requireShape(operand, scale, expected)
    }
  }
}

extension Tensor {
  /// Values of a parameter of a float type whose codes are known; nil for all else.
  var numbers: [Double]? {
    guard let codes = constant else { return nil }
    switch codes {
    case .float32(let values): return values.map(Double.init)
    case .float64(let values): return values
    default:
      guard case .float(let format) = encoding else { return nil }
      return codes.int64?.map { format.doubleValue(of: UInt64(bitPattern: $0)) }
    }
  }

  /// Checks that the scales of a constant are finite, positive numbers.
  func checkScale() throws(GraphError) {
    for scale in numbers ?? [] where !(scale.isFinite && scale > 0) {
      throw .parameter("'\(name)'", reason: "scale \(scale) is no finite, positive number")
    }
  }

  /// Checks that the numbers of a constant are finite.
  func checkFinite() throws(GraphError) {
    for number in numbers ?? [] where !number.isFinite {
      throw .parameter("'\(name)'", reason: "\(number) is no finite number")
    }
  }
}

extension Quantized {
  func check(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    guard let count = operandCount(inputs: inputs.count) else {
      throw .operandCount(
        expected: "codes, scale, zero point each, then the result's", found: inputs.count)
    }
    guard outputs.count == 1 || (outputs.count == 2 && requantizes) else {
      throw .operandCount(expected: "codes, or codes and values, as results", found: outputs.count)
    }
    for output in outputs.dropFirst() {
      try Operator.requireShape(output.name, output.shape, outputs[0].shape.extents)
    }
    let result = outputs[0].shape
    var data = (0..<count).map { inputs[3 * $0] }
    if hasBias { data.append(inputs[inputs.count - 1]) }
    switch function {
    case .convolution(let convolution):
      try convolution.check(inputs: data, result: result)
      try checkScales(inputs, channels: inputs[3].shape.extents, axis: 0)
    case .matMul(let product):
      try product.check(inputs: data, result: result)
      let axis = inputs[3].shape.rank - (product.transposesRight ? 2 : 1)
      try checkScales(inputs, channels: inputs[3].shape.extents, axis: axis)
    case .binary(let function):
      guard [.add, .subtract, .multiply].contains(function) else {
        throw .parameter(function.rawValue, reason: "has no form between codes")
      }
      try Operator.requireShape(
        "result", result, try Shape.broadcast(data.map(\.shape)).extents)
      try checkScales(inputs)
    case .unary:
      try Operator.requireShape("result", result, data[0].shape.extents)
      try checkScales(inputs)
    case .softmax(let axis):
      try Operator.requireAxis(axis, of: data[0].shape)
      try Operator.requireShape("result", result, data[0].shape.extents)
      try checkScales(inputs)
    case .pool(let pool):
      try pool.check(data: data[0].shape, result: result)
      try checkScales(inputs)
    case .mean(let axes, let keepsAxes):
      try Reduction(.mean, axes: axes, keepsAxes: keepsAxes).check(
        data: data[0].shape, result: result)
      try checkScales(inputs)
    case .concatenate(let axis):
      try Operator.concatenate(axis: axis).checkShapes(inputs: data, outputs: [outputs[0]])
      try checkScales(inputs)
    case .reshape:
      try Operator.require("result", result.count, data[0].shape.count)
      try checkScales(inputs)
    case .transpose(let permutation):
      try Operator.transpose(permutation: permutation).checkShapes(
        inputs: data, outputs: [outputs[0]])
      try checkScales(inputs)
    }
  }

  /// Scales and zero points are single numbers; those of weights may be one a filter or column.
  private func checkScales(
    _ inputs: [Tensor], channels: [Int] = [], axis: Int = 0
  ) throws(GraphError) {
    guard let count = operandCount(inputs: inputs.count) else { return }
    for operand in 0..<count + (requantizes ? 1 : 0) {
      let first = operand < count ? 3 * operand + 1 : 3 * count
      try inputs[first].checkScale()
      for tensor in inputs[first..<first + 2] where tensor.shape.count != 1 {
        guard operand == 1, channels.indices.contains(axis) else {
          throw .elementCount(operand: tensor.name, expected: 1, found: tensor.shape.count)
        }
        try Operator.require(tensor.name, tensor.shape.count, channels[axis])
      }
    }
  }
}

extension Operator {
  /// The rules of ``quantize(_:)`` and the operators that belong to it.
  ///
  /// - Throws: ``GraphError`` for the first rule that is broken.
  func checkQuantizing(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let data = inputs[0].shape
    let result = outputs[0].shape
    switch self {
    case .quantize(let quantize):
      try Self.requireShape("result", result, data.extents)
      try inputs[1].checkScale()
      for tensor in inputs[1...2] {
        try quantize.granularity.check(data: data, scale: tensor.shape, operand: tensor.name)
      }
    case .dequantize(let granularity):
      try Self.requireShape("result", result, data.extents)
      // Scales of blocks come with their sign from onnxruntime's quantizer of four bits.
      if case .blocks = granularity {
        try inputs[1].checkFinite()
      } else {
        try inputs[1].checkScale()
      }
      for tensor in inputs[1...2] {
        try granularity.check(data: data, scale: tensor.shape, operand: tensor.name)
      }
    case .dynamicQuantize:
      try Self.requireShape("result", result, data.extents)
      for tensor in outputs.dropFirst() { try Self.require(tensor.name, tensor.shape.count, 1) }
    case .integerProduct(let product):
      let operands = [inputs[0], inputs[2]]
      switch product {
      case .convolution(let convolution): try convolution.check(inputs: operands, result: result)
      case .matMul(let product): try product.check(inputs: operands, result: result)
      }
    case .normalizeBatch:
      guard data.rank >= 2 else { throw .parameter("data", reason: "has no channel axis") }
      try Self.requireShape("result", result, data.extents)
      for tensor in inputs.dropFirst() {
        try Self.require(tensor.name, tensor.shape.count, data[1])
      }
    case .normalizeLayer(let axis, _):
      try Self.requireAxis(axis, of: data)
      try Self.requireShape("result", result, data.extents)
      for tensor in inputs.dropFirst() {
        try Self.requireShape(
          tensor.name, try Shape.broadcast([tensor.shape, data]), data.extents)
      }
    case .qonnx(let operation):
      try Self.requireShape("result", result, data.extents)
      if case .multiThreshold(let axis, _, _) = operation {
        try Self.requireAxis(axis, of: data)
        let thresholds = inputs[1].shape
        guard thresholds.rank == 2, thresholds[0] == 1 || thresholds[0] == data[axis] else {
          throw .shapeMismatch(
            operand: "thresholds", expected: [data[axis]], found: thresholds.extents)
        }
      } else {
        try inputs[1].checkScale()
        for tensor in inputs.dropFirst(2) { try tensor.checkFinite() }
        for tensor in inputs.dropFirst() {
          try Self.requireShape(
            tensor.name, try Shape.broadcast([tensor.shape, data]), data.extents)
        }
      }
    case .integerTransformer(let function):
      try Self.requireShape("result", result, data.extents)
      try function.check()
    default: break
    }
  }
}

extension IntegerTransformerFunction {
  func check() throws(GraphError) {
    switch self {
    case .gelu(let scale), .exponential(let scale), .softmax(let scale, _):
      guard scale.isFinite, scale > 0 else {
        throw .parameter("scale \(scale)", reason: "no finite, positive number")
      }
    case .squareRoot, .layerNormalization: break
    }
    if case .softmax(_, let bits) = self, !(1...62).contains(bits) {
      throw .parameter("result bits \(bits)", reason: "outside 1 to 62")
    }
  }
}
