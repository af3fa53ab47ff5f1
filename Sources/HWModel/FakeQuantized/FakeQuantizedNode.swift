internal import Arith
internal import QuantGraph

/// One node of a float network, about to be bound.
struct FakeQuantizedNode {
  let node: Node
  let graph: Graph
  /// Plans of the operands that are computed, in order.
  let inputs: [PlannedTensor]
  let precision: FakeQuantized.Precision
  var cores: TensorCoreRules?
  /// The layer without formats in float32, whose weights float64 may share.
  var floatLayer: RealLayer<Float>?

  private var data: Tensor { graph[node.inputs[0]] }
  private var result: Tensor { graph[node.outputs[0]] }

  /// An operand as it is stored; in the model's order if `isDeclared`.
  private func operand(_ index: Int = 0, isDeclared: Bool) -> SampleOperand {
    let id = node.inputs.filter { graph[$0].constant == nil }[index]
    var operand = SampleOperand(count: graph[id].shape.count)
    if isDeclared, let image = inputs[index].channelsLast {
      operand.before = ImageMove(
        channels: image.channels, plane: image.plane, toChannelsLast: false)
    }
    return operand
  }

  /// The first operand with channels innermost, given where the model has them.
  private func image(channels: Int, layout: ImageLayout) -> SampleOperand {
    guard layout == .channelsFirst else { return operand(isDeclared: true) }
    var operand = operand(isDeclared: false)
    let plane = channels > 0 ? operand.count / channels : 0
    if inputs[0].channelsLast == nil, channels > 1, plane > 1 {
      operand.before = ImageMove(channels: channels, plane: plane, toChannelsLast: true)
    }
    return operand
  }

  /// How the results of an image operator are stored.
  private func stored(channels: Int, plane: Int, layout: ImageLayout) -> ChannelsLast? {
    layout == .channelsFirst && channels > 1 && plane > 1
      ? ChannelsLast(channels: channels, plane: plane) : nil
  }

  private func planned<Kernel: SampleKernel>(
    _ kernel: Kernel, _ operands: [SampleOperand], range: ValueRange = .unbounded,
    channelsLast: ChannelsLast? = nil
  ) -> PlannedNode {
    PlannedNode(
      kernel: SampleNode(
        kernel: kernel, operands: operands, resultCount: result.shape.count,
        clamp: range.isUnbounded
          ? nil : .clamp(low: range.minimum, high: range.maximum)),
      outputs: node.outputs.map { _ in
        PlannedTensor(storage: precision.storage, bound: nil, channelsLast: channelsLast)
      })
  }

  private func planned(
    _ operation: SampleOperation, _ operands: [SampleOperand], range: ValueRange = .unbounded,
    channelsLast: ChannelsLast? = nil
  ) -> PlannedNode {
    let (data, count) = (operands[0].count, result.shape.count)
    return switch precision {
    case .float32:
      planned(
        OperationKernel<Float>(operation, dataCount: data, resultCount: count), operands,
        range: range, channelsLast: channelsLast)
    case .float64:
      planned(
        OperationKernel<Double>(operation, dataCount: data, resultCount: count), operands,
        range: range, channelsLast: channelsLast)
    }
  }

  // MARK: Layers

  /// A layer; `weights` are other weights in the model's order, for measurements in float64.
  func layer(
    _ quantization: LayerQuantization?, made: QuantizedWeights?, replaced: LayerWeights?
  ) throws(DatapathError) -> PlannedNode {
    let parameters = try LayerParameters(node, in: graph)
    let geometry = parameters.geometry
    var operand = operand(isDeclared: true)
    var range = ValueRange.unbounded
    var channelsLast: ChannelsLast?
    switch node.operation {
    case .convolution(let convolution):
      operand = image(channels: geometry.channels, layout: convolution.layout)
      channelsLast = stored(
        channels: geometry.filters, plane: geometry.positions, layout: convolution.layout)
      range = convolution.range
    case .dense(let dense): range = dense.range
    case .matMul(let product): range = product.range
    default: break
    }
    let quantization = quantization ?? LayerQuantization(LayerFormats())
    do throws(FormatRefusal) {
      switch precision {
      case .float32:
        let formats = quantization.formats
        let weights: QuantizedWeights?
        if let made {
          weights = made
        } else {
          weights = try parameters.quantized(formats, quantization.rule.weights)
        }
        let kernel = try PreparedLayer(
          parameters, formats, weights: weights, range: try quantization.range(of: node.name),
          rule: quantization.rule, cores: cores)
        return planned(kernel, [operand], range: range, channelsLast: channelsLast)
      case .float64:
        let weights: LayerWeights
        if let replaced {
          weights = replaced
        } else {
          weights = try LayerWeights(quantization, of: parameters)
        }
        if let register = weights.register {
          return planned(
            RegisterLayerKernel(
              input: weights.input,
              layer: RunLayer(
                geometry, weights: parameters.arranged(weights.numbers ?? []),
                length: weights.runLength ?? geometry.depth),
              scales: weights.scales, register: register,
              bias: parameters.bias.map { Double($0) }), [operand], range: range,
            channelsLast: channelsLast)
        }
        if !weights.input.isUnchanged { operand.format = weights.input }
        if replaced == nil, weights.numbers == nil, let floatLayer {
          return planned(
            RealLayerKernel<Double>(parameters, sharing: floatLayer), [operand], range: range,
            channelsLast: channelsLast)
        }
        return planned(
          RealLayerKernel<Double>(
            parameters, weights: weights.numbers ?? parameters.weights.map { Double($0) },
            hasBias: weights.hasBias), [operand], range: range, channelsLast: channelsLast)
      }
    } catch {
      throw .refused(error)
    }
  }

  // MARK: Other nodes

  /// A node beside layers; `formats` are those of an addition's operands that a layer reads quantized.
  func other(
    _ formats: (Int) throws(DatapathError) -> (InputFormat, ImageMove?)?
  ) throws(DatapathError) -> PlannedNode {
    switch node.operation {
    case .pool(let pool):
      guard pool.accumulator == nil, pool.arrangement == .window,
        let geometry = SamplePool(pool, data: data.shape, result: result.shape)
      else { throw .form(node, "windows over more than two axes of one sample") }
      return planned(
        .pool(geometry), [image(channels: geometry.channels, layout: pool.layout)],
        range: pool.range,
        channelsLast: stored(
          channels: geometry.channels, plane: geometry.resultRows * geometry.resultColumns,
          layout: pool.layout))
    case .unary(let function):
      guard let function = ElementFunction(function) else { throw unsupported }
      return elementwise(.element(function))
    case .binary(let binary): return try pair(binary, formats)
    case .reduce(let reduction): return try mean(reduction)
    case .normalizeBatch(let epsilon): return try batchNormalization(epsilon: epsilon)
    case .axisSoftmax(let softmax):
      let extents = data.shape.extents
      return planned(
        .softmax(
          outer: extents[..<softmax.axis].reduce(1, *), count: extents[softmax.axis],
          inner: extents[(softmax.axis + 1)...].reduce(1, *), beta: softmax.beta,
          isLogarithm: softmax.isLogarithm), [operand(isDeclared: true)])
    case .copy: return elementwise(.same)
    case .reshape:
      return data.shape == result.shape
        ? elementwise(.same) : planned(.same, [operand(isDeclared: true)])
    default: throw unsupported
    }
  }

  private var unsupported: DatapathError {
    .unsupported(operation: node.operation.name, datapath: FakeQuantized.name)
  }

  private func elementwise(_ operation: SampleOperation) -> PlannedNode {
    planned(operation, [operand(isDeclared: false)], channelsLast: inputs[0].channelsLast)
  }

  private func pair(
    _ binary: Binary, _ formats: (Int) throws(DatapathError) -> (InputFormat, ImageMove?)?
  ) throws(DatapathError) -> PlannedNode {
    guard let function = PairFunction(binary.function) else { throw unsupported }
    let shapes = node.inputs.map { graph[$0].shape }
    if let fixed = node.inputs.firstIndex(where: { graph[$0].constant != nil }) {
      guard shapes[1 - fixed] == result.shape else {
        throw .form(node, "data repeated along an axis")
      }
      let numbers = try graph.floatConstant(node.inputs[fixed], of: node)
      guard inputs.count == 1 else { throw .form(node, "two constants") }
      return planned(
        .constantPair(
          function, arranged(expand(numbers, shapes[fixed])), constantIsFirst: fixed == 0),
        [operand(isDeclared: false)], range: binary.range, channelsLast: inputs[0].channelsLast)
    }
    guard shapes[0] == result.shape, shapes[1] == result.shape else {
      throw .form(node, "data repeated along an axis")
    }
    var stored = inputs.map(\.channelsLast)
    var operands = [operand(0, isDeclared: false), operand(1, isDeclared: false)]
    if function == .add {
      for index in 0..<2 {
        // What the layer makes of the tensor, in the order in which it takes it.
        guard let (format, move) = try formats(index) else { continue }
        operands[index].format = format
        if let move, stored[index] == nil {
          operands[index].before = move
          stored[index] = ChannelsLast(channels: move.channels, plane: move.plane)
        }
      }
    }
    if stored[0] != stored[1] {
      for index in 0..<2 {
        if let image = stored[index] {
          operands[index].after = ImageMove(
            channels: image.channels, plane: image.plane, toChannelsLast: false)
        }
      }
      stored[0] = nil
    }
    return planned(
      .pair(function), operands, range: binary.range, channelsLast: stored[0])
  }

  /// A constant repeated to the result's shape, in the model's order.
  private func expand(_ numbers: [Float], _ own: Shape) -> [Float] {
    let strides = own.broadcastStrides(to: result.shape)
    return (0..<result.shape.count).map { offset in
      let place = zip(result.shape.index(ofOffset: offset), strides).reduce(0) {
        $0 + $1.0 * $1.1
      }
      return numbers[place]
    }
  }

  /// Numbers in the model's order as the first computed operand is stored.
  private func arranged<Element>(_ numbers: [Element]) -> [Element] {
    guard let image = inputs[0].channelsLast else { return numbers }
    return numbers.indices.map { numbers[$0 % image.channels * image.plane + $0 / image.channels] }
  }

  private func mean(_ reduction: Reduction) throws(DatapathError) -> PlannedNode {
    let extents = data.shape.extents
    guard reduction.function == .mean else { throw unsupported }
    // An axis of extent 1 may be named or not.
    let axes = reduction.axes.filter { extents[$0] > 1 }
    guard let first = axes.first, let last = axes.last else {
      return planned(.same, [operand(isDeclared: true)])
    }
    guard (first...last).allSatisfy({ axes.contains($0) || extents[$0] == 1 }) else {
      throw .form(node, "axes that are not neighbours")
    }
    let count = extents[first...last].reduce(1, *)
    let outer = extents[..<first].reduce(1, *)
    if let image = inputs[0].channelsLast, image.plane == count, outer == image.channels {
      return planned(
        .mean(outer: 1, count: count, inner: image.channels), [operand(isDeclared: false)])
    }
    return planned(
      .mean(outer: outer, count: count, inner: extents[(last + 1)...].reduce(1, *)),
      [operand(isDeclared: true)])
  }

  private func batchNormalization(epsilon: Float) throws(DatapathError) -> PlannedNode {
    let shape = data.shape
    guard shape.rank >= 2, node.inputs.count == 5 else {
      throw .form(node, "data without channels")
    }
    let channels = shape[1]
    var numbers: [[Float]] = []
    for id in node.inputs.dropFirst() { numbers.append(try graph.floatConstant(id, of: node)) }
    guard numbers.allSatisfy({ $0.count == channels }) else { throw .form(node, "channels") }
    let factors = (0..<channels).map {
      Double(numbers[0][$0]) / (Double(numbers[3][$0]) + Double(epsilon)).squareRoot()
    }
    let shifts = (0..<channels).map {
      Double(numbers[1][$0]) - Double(numbers[2][$0]) * factors[$0]
    }
    let plane = shape.extents[2...].reduce(1, *)
    let channelOf = (0..<shape.count).map { $0 / max(plane, 1) % max(channels, 1) }
    return elementwise(
      .scaleShift(
        factors: arranged(channelOf.map { factors[$0] }),
        shifts: arranged(channelOf.map { shifts[$0] })))
  }
}

extension InputFormat {
  var isUnchanged: Bool { if case .unchanged = self { true } else { false } }
}

extension LayerQuantization {
  /// What calibration saw of the input; anything where the input stays as it is.
  ///
  /// - Throws: ``FormatRefusal`` for a format of the input without a range.
  func range(of layer: String) throws(FormatRefusal) -> InputRange {
    if let inputRange { return inputRange }
    if let activations = formats.activations {
      throw .unsupported(layer: layer, role: "activations", encoding: activations.name)
    }
    return InputRange(minimum: 0, maximum: 0)
  }
}

/// Weights of a layer in float64, with what else a measurement changes.
package struct LayerWeights: Sendable {
  /// In the model's order: numbers, or codes where there is a register; nil for the layer's own.
  package var numbers: [Double]?
  package var input: InputFormat
  /// What a code is worth: `[run][filter]`.
  var scales: [[Double]] = []
  var runLength: Int?
  /// What the sums of codes may leave; nil where they cannot.
  var register: Accumulator?
  var hasBias = true

  /// Other numbers, the input as it is.
  package init(numbers: [Double]) {
    self.numbers = numbers
    input = .unchanged
  }

  /// What formats make of a layer.
  ///
  /// - Throws: ``FormatRefusal``.
  package init(
    _ quantization: LayerQuantization, of parameters: LayerParameters
  ) throws(FormatRefusal) {
    let formats = quantization.formats
    input = try InputFormat(
      formats.activations, range: try quantization.range(of: parameters.name),
      search: quantization.rule.activations, channels: parameters.geometry.channels,
      layer: parameters.name)
    let weights = try parameters.quantized(formats, quantization.rule.weights)
    if let accumulator = formats.accumulator {
      guard let weights, let codes = weights.codes, let limits = input.codes else {
        throw .unsupported(
          layer: parameters.name, role: "accumulator",
          encoding: "\(accumulator.name) (weights and activations are not both integers)")
      }
      register = try formats.accumulator(
        layer: parameters.name, geometry: parameters.geometry,
        ordered: parameters.arranged(codes),
        length: weights.runs?.length ?? parameters.geometry.depth, codes: limits)
      if register != nil {
        scales = weights.runs?.scales ?? [weights.scales]
        runLength = weights.runs?.length
        numbers = codes.map { Double($0) }
        return
      }
    }
    numbers = weights?.values
  }

  /// The weights of which only some are kept, the others being zero; `own` are the layer's.
  package func keeping(_ keeps: [Bool], own: [Float]) -> LayerWeights {
    var result = self
    result.numbers = zip(numbers ?? own.map { Double($0) }, keeps).map { $1 ? $0 : 0 }
    return result
  }
}
