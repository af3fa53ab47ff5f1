import Arith
import QuantGraph

/// The range of a fused activation as the runtimes clamp binary32 results.
///
/// Source: TensorFlow Lite, `CalculateActivationRange<float>` (open ends are the largest numbers) and
/// `ActivationFunctionWithMinMax`: not a number passes.
struct RealClamp: Sendable {
  let low: Float
  let high: Float

  init(_ range: ValueRange) {
    low = range.minimum.map { Float($0) } ?? -Float.greatestFiniteMagnitude
    high = range.maximum.map { Float($0) } ?? .greatestFiniteMagnitude
  }

  @inline(__always)
  func callAsFunction(_ value: Float) -> Float {
    let raised = value < low ? low : value
    return high < raised ? high : raised
  }
}

/// A convolution of binary32 numbers over up to three spatial axes, as its definition.
///
/// Each sum starts from 0, takes the products in the order of the kernel's axes and the channels, rounded
/// after every operation, then the bias; positions outside the image are passed over. Source: TensorFlow
/// Lite, `kernels/internal/reference/{conv,depthwiseconv_float,conv3d}.h`.
struct MCURealConvolution: NodeKernel {
  let geometry: ConvolutionGeometry
  let data: MCUSource
  let weights: MCUSource
  let bias: MCUSource?
  let clamp: RealClamp

  /// A value an axis, the last three; axes that are missing have `absent`.
  private func axes(_ values: [Int], absent: Int) -> (Int, Int, Int) {
    let all = [Int](repeating: absent, count: 3 - values.count) + values
    return (all[0], all[1], all[2])
  }

  func run(_ operands: KernelOperands) {
    data.withCodes(operands, as: Float.self) { data in
      weights.withCodes(operands, as: Float.self) { weights in
        guard let bias else { return run(operands, data, weights, nil) }
        bias.withCodes(operands, as: Float.self) { run(operands, data, weights, $0) }
      }
    }
  }

  private func run(
    _ operands: KernelOperands, _ data: UnsafeBufferPointer<Float>,
    _ weights: UnsafeBufferPointer<Float>, _ bias: UnsafeBufferPointer<Float>?
  ) {
    let result = operands.outputs[0].elements(as: Float.self)
    let g = geometry
    let (kernel, weightSteps) = (axes(g.kernel, absent: 1), axes(g.weightStrides.kernel, absent: 0))
    let (extents, steps) = (axes(g.extents, absent: 1), axes(g.dataStrides.spatial, absent: 0))
    let (strides, dilations) = (axes(g.strides, absent: 1), axes(g.dilations, absent: 1))
    let (margins, positions) = (axes(g.margins, absent: 0), axes(g.positions, absent: 1))
    func taps(_ kernel: Int, _ start: Int, _ dilation: Int, _ extent: Int) -> Range<Int> {
      Window.taps(of: kernel, from: start, every: dilation, in: 0..<extent)
    }
    var position = 0
    for sample in 0..<g.batch {
      for plane in 0..<positions.0 {
        let first = plane * strides.0 - margins.0
        let planes = taps(kernel.0, first, dilations.0, extents.0)
        for row in 0..<positions.1 {
          let second = row * strides.1 - margins.1
          let rows = taps(kernel.1, second, dilations.1, extents.1)
          for column in 0..<positions.2 {
            let third = column * strides.2 - margins.2
            let columns = taps(kernel.2, third, dilations.2, extents.2)
            for filter in 0..<g.filters {
              let group = filter / g.groupFilters
              let base =
                filter * g.weightStrides.filter + group * g.weightStrides.group
              var sum: Float = 0
              for z in planes {
                for y in rows {
                  for x in columns {
                    let pixel =
                      sample * g.dataStrides.batch + (first + z * dilations.0) * steps.0
                      + (second + y * dilations.1) * steps.1
                      + (third + x * dilations.2) * steps.2 + group * g.groupChannels
                    let tap = base + z * weightSteps.0 + y * weightSteps.1 + x * weightSteps.2
                    for channel in 0..<g.groupChannels {
                      sum +=
                        data[pixel + channel] * weights[tap + channel * g.weightStrides.channel]
                    }
                  }
                }
              }
              result[position] = clamp(sum + (bias?[filter] ?? 0))
              position += 1
            }
          }
        }
      }
    }
  }
}

/// The same layers, and dense ones, with constant weights packed once.
///
/// Equal to ``MCURealConvolution``: zeros around the image add nothing to a sum that began with 0.
struct MCURealLayer: NodeKernel {
  let layer: RealLayer<Float>
  let batch: Int
  let data: MCUSource
  /// One a filter; zeros where there is none.
  let bias: [Float]
  let clamp: RealClamp

  var constantBytes: Int? { layer.constantBytes }

  func scratchBytes(lanes: Int) -> Int { layer.scratchCount * 4 }

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    data.withCodes(operands, as: Float.self) { data in
      guard let from = data.baseAddress, let into = result.baseAddress else { return }
      layer.run(
        from, samples: batch,
        scratch: operands.scratch.memory.assumingMemoryBound(to: Float.self), into: into)
    }
    let filters = bias.count
    bias.withUnsafeBufferPointer { bias in
      for row in 0..<result.count / max(filters, 1) {
        let sums = UnsafeMutableBufferPointer(rebasing: result[row * filters..<(row + 1) * filters])
        for filter in 0..<filters { sums[filter] = clamp(sums[filter] + bias[filter]) }
      }
    }
  }
}

/// Rows of binary32 data times rows of weights, as their definition: each sum from 0 in the order of the
/// depth, then the bias.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/fully_connected.h`.
struct MCURealDense: NodeKernel {
  let rows: Int
  let depth: Int
  let results: Int
  let data: MCUSource
  let weights: MCUSource
  let bias: MCUSource?
  let clamp: RealClamp

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    data.withCodes(operands, as: Float.self) { data in
      weights.withCodes(operands, as: Float.self) { weights in
        for row in 0..<rows {
          for index in 0..<results {
            var sum: Float = 0
            for position in 0..<depth {
              sum += data[row * depth + position] * weights[index * depth + position]
            }
            result[row * results + index] = sum
          }
        }
      }
    }
    guard let bias else {
      for index in 0..<rows * results { result[index] = clamp(result[index] + 0) }
      return
    }
    bias.withCodes(operands, as: Float.self) { bias in
      for row in 0..<rows {
        for index in 0..<results {
          result[row * results + index] = clamp(result[row * results + index] + bias[index])
        }
      }
    }
  }
}

/// A transposed convolution of binary32 numbers: every value is spread over the result, channel by
/// channel, then the bias is added.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/transpose_conv.h`.
struct MCURealTransposed: NodeKernel {
  /// Rows, columns and channels are the data's; the result's are larger.
  let geometry: ConvolutionGeometry
  let data: MCUSource
  /// `[kernel row][kernel column][channel][filter]`.
  let weights: [Float]
  let bias: [Float]
  let clamp: RealClamp

  var constantBytes: Int? { weights.count * 4 }

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    result.update(repeating: 0)
    let g = geometry
    data.withCodes(operands, as: Float.self) { data in
      weights.withUnsafeBufferPointer { weights in
        for sample in 0..<g.batch {
          for row in 0..<g.rows {
            for column in 0..<g.columns {
              spread(data, weights, sample: sample, row: row, column: column, into: result)
            }
          }
        }
      }
    }
    let filters = bias.count
    for index in 0..<result.count { result[index] = clamp(result[index] + bias[index % filters]) }
  }

  private func spread(
    _ data: UnsafeBufferPointer<Float>, _ weights: UnsafeBufferPointer<Float>, sample: Int,
    row: Int, column: Int, into result: UnsafeMutableBufferPointer<Float>
  ) {
    let g = geometry
    let pixel = ((sample * g.rows + row) * g.columns + column) * g.channels
    let rows = Window.taps(
      of: g.kernelRows, from: row * g.rowStride - g.rowsBefore, every: g.rowDilation,
      in: 0..<g.resultRows)
    let columns = Window.taps(
      of: g.kernelColumns, from: column * g.columnStride - g.columnsBefore,
      every: g.columnDilation, in: 0..<g.resultColumns)
    for channel in 0..<g.channels {
      let value = data[pixel + channel]
      for kernelRow in rows {
        let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
        for kernelColumn in columns {
          let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
          let target = ((sample * g.resultRows + y) * g.resultColumns + x) * g.filters
          let tap =
            ((kernelRow * g.kernelColumns + kernelColumn) * g.channels + channel) * g.filters
          for filter in 0..<g.filters { result[target + filter] += value * weights[tap + filter] }
        }
      }
    }
  }
}

/// Matrix products of binary32 numbers, each sum from 0 in the order of the inner axis.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/batch_matmul.h`.
struct MCURealMatMul: NodeKernel {
  let geometry: ProductGeometry
  let left: MCUSource
  let right: MCUSource

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    let g = geometry
    left.withCodes(operands, as: Float.self) { left in
      right.withCodes(operands, as: Float.self) { right in
        var position = 0
        for offset in g.offsets {
          for row in 0..<g.rows {
            for column in 0..<g.columns {
              var sum: Float = 0
              for index in 0..<g.inner {
                let a =
                  g.transposesLeft
                  ? left[offset.left + index * g.rows + row]
                  : left[offset.left + row * g.inner + index]
                let b =
                  g.transposesRight
                  ? right[offset.right + column * g.inner + index]
                  : right[offset.right + index * g.columns + column]
                sum += a * b
              }
              result[position] = sum
              position += 1
            }
          }
        }
      }
    }
  }
}

/// Plans of layers on binary32 data with binary32 weights.
extension MCURules {
  /// The bias's numbers, or zeros.
  private func realBias(_ node: MCUNode, count: Int) throws(DatapathError) -> [Float]? {
    guard node.inputs.count > 2 else { return [Float](repeating: 0, count: count) }
    guard node.inputs[2].isFloat else {
      throw .encoding(operand: "bias", expected: "float32")
    }
    guard case .float32(let bias)? = node.inputs[2].tensor.constant, bias.count == count else {
      return nil
    }
    return bias
  }

  private func requireReal(_ node: MCUNode) throws(DatapathError) {
    guard node.result.isFloat else { throw .encoding(operand: "the result", expected: "float32") }
  }

  private func weights(_ tensor: MCUTensor) -> [Float]? {
    guard case .float32(let weights)? = tensor.tensor.constant else { return nil }
    return weights
  }

  func planReal(_ convolution: Convolution, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    try requireReal(node)
    let (data, filter, result) = (node.inputs[0], node.inputs[1], node.result)
    let clamp = RealClamp(convolution.range)
    if filter.isQuantized { return try planHybrid(convolution, node) }
    guard filter.isFloat else { throw .encoding(operand: "weights", expected: "float32 or int8") }
    guard convolution.layout == .channelsLast, (1...3).contains(convolution.kernel.count) else {
      throw .parameter("image", reason: "must have its channels last")
    }
    let bias = try realBias(node, count: result.shape[result.shape.rank - 1])
    if path != .plain, let weights = weights(filter), let bias, data.shape.rank == 4,
      let layer = realLayer(convolution, data: data.shape, result: result.shape, weights)
    {
      return node.planned(
        MCURealLayer(
          layer: layer, batch: data.shape[0], data: node.source(0), bias: bias, clamp: clamp))
    }
    return node.planned(
      MCURealConvolution(
        geometry: ConvolutionGeometry(convolution, data: data.shape, result: result.shape),
        data: node.source(0), weights: node.source(1),
        bias: node.inputs.count > 2 ? node.source(2) : nil, clamp: clamp))
  }

  /// The packed layer of one image; nil for margins that are too large.
  private func realLayer(
    _ convolution: Convolution, data: Shape, result: Shape, _ weights: [Float]
  ) -> RealLayer<Float>? {
    guard let image = try? Shape([1] + data.extents.dropFirst()),
      let output = try? Shape([1] + result.extents.dropFirst()), image.count > 0, output.count > 0,
      let geometry = LayerGeometry(convolution, data: image, result: output)
    else { return nil }
    return RealLayer(geometry, weights: geometry.arranged(weights, convolution), path: path)
  }

  func planReal(_ dense: Dense, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    try requireReal(node)
    let (data, filter, result) = (node.inputs[0], node.inputs[1], node.result)
    if filter.isQuantized { return try planHybrid(dense, node) }
    guard filter.isFloat, dense.weightsAreOutputMajor else {
      throw .encoding(operand: "weights", expected: "float32 or int8, [results, depth]")
    }
    let depth = data.shape.count / dense.rows
    let results = result.shape.count / dense.rows
    let clamp = RealClamp(dense.range)
    if path != .plain, depth > 0, let weights = weights(filter),
      let bias = try realBias(node, count: results)
    {
      return node.planned(
        MCURealLayer(
          layer: RealLayer(
            LayerGeometry(vectors: dense.rows, depth: depth, filters: results), weights: weights,
            path: path), batch: 1, data: node.source(0), bias: bias, clamp: clamp))
    }
    return node.planned(
      MCURealDense(
        rows: dense.rows, depth: depth, results: results, data: node.source(0),
        weights: node.source(1), bias: node.inputs.count > 2 ? node.source(2) : nil, clamp: clamp))
  }

  func planRealTransposed(
    _ convolution: Convolution, _ node: MCUNode
  ) throws(DatapathError) -> PlannedNode {
    try requireReal(node)
    let geometry = try node.geometry(convolution)
    guard let weights = weights(node.inputs[1]),
      let bias = try realBias(node, count: geometry.filters)
    else { throw .encoding(operand: "weights and bias", expected: "constants of float32") }
    let taps = geometry.kernelRows * geometry.kernelColumns
    var ordered = [Float](repeating: 0, count: weights.count)
    for filter in 0..<geometry.filters {
      for place in 0..<taps * geometry.channels {
        ordered[place * geometry.filters + filter] =
          weights[filter * taps * geometry.channels + place]
      }
    }
    return node.planned(
      MCURealTransposed(
        geometry: geometry, data: node.source(0), weights: ordered, bias: bias,
        clamp: RealClamp(convolution.range)))
  }

  func planReal(_ product: MatMul, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    try requireReal(node)
    let (left, right) = (node.inputs[0], node.inputs[1])
    guard node.inputs.count == 2, left.shape.rank >= 2, right.shape.rank >= 2, right.isFloat else {
      throw .parameter("matrix product", reason: "two operands of float32 with two axes and more")
    }
    return node.planned(
      MCURealMatMul(
        geometry: ProductGeometry(product, left: left.shape, right: right.shape),
        left: node.source(0), right: node.source(1)))
  }
}
