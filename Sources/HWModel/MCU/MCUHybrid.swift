import Arith
import QuantGraph

/// Binary32 data as int8 codes with a scale of their own, found in each run.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/portable_tensor_utils.cc`
/// (`PortableSymmetricQuantizeFloats`, `PortableAsymmetricQuantizeFloats`).
struct HybridCodes {
  private(set) var codes: [Int8]
  private(set) var scale: Float = 1
  private(set) var zeroPoint: Int32 = 0

  /// Symmetric around 0: codes to 127 for the largest magnitude.
  init(symmetric values: UnsafeBufferPointer<Float>) {
    codes = [Int8](repeating: 0, count: values.count)
    let (low, high) = Self.ends(values)
    let range = max(abs(low), abs(high))
    guard range != 0 else { return }
    scale = range / 127
    let inverse = 127 / range
    for index in values.indices {
      codes[index] = Self.code(values[index] * inverse, -127...127)
    }
  }

  /// Over the range of the values and 0, with a zero point.
  init(asymmetric values: UnsafeBufferPointer<Float>) {
    codes = [Int8](repeating: 0, count: values.count)
    let ends = Self.ends(values)
    let (low, high) = (Double(min(0, ends.low)), Double(max(0, ends.high)))
    guard low != high else { return }
    let step = (high - low) / 255
    let fromLow = -128 - low / step
    let fromHigh = 127 - high / step
    let zero = 128 + abs(low / step) < 127 + abs(high / step) ? fromLow : fromHigh
    if zero <= -128 {
      zeroPoint = -128
    } else if zero >= 127 {
      zeroPoint = 127
    } else {
      zeroPoint = Int32(zero.rounded(.toNearestOrAwayFromZero))
    }
    // The library forms it in binary32 (measured on LiteRT 2.3.0; the sources, in binary64).
    scale = (Float(high) - Float(low)) / 255
    let inverse = 1 / scale
    for index in values.indices {
      codes[index] = Self.code(Float(zeroPoint) + values[index] * inverse, -128...127)
    }
  }

  /// The smallest and the largest of the values; 0 of none.
  private static func ends(_ values: UnsafeBufferPointer<Float>) -> (low: Float, high: Float) {
    guard var low = values.first else { return (0, 0) }
    var high = low
    for value in values {
      if value < low { low = value }
      if high < value { high = value }
    }
    return (low, high)
  }

  private static func code(_ steps: Float, _ range: ClosedRange<Int32>) -> Int8 {
    let code = MCUFunctions.truncated(steps.rounded(.toNearestOrAwayFromZero))
    return Int8(truncatingIfNeeded: min(max(code, range.lowerBound), range.upperBound))
  }
}

/// A layer of dynamic-range quantization: int8 weights, data that get codes in each run, exact sums, and
/// binary32 results.
struct MCUHybridLayer: NodeKernel {
  /// How sums become results; where the sources multiply in another order, so does this.
  enum Rule: Sendable {
    /// `(sum * filter scale) * data scale + bias`: a convolution whose filters have scales of their own.
    /// Source: `kernels/internal/reference/conv.h`, `HybridConvPerChannel`.
    case filterFirst
    /// `sum * (filter scale * data scale) + bias`. Source: `integer_ops/depthwise_conv.h`,
    /// `DepthwiseConvHybridPerChannel`; `optimized_ops.h`, `HybridConv`.
    case scalesFirst
    /// `bias + sum * (data scale * filter scale)`, and the bias alone where all data are 0.
    /// Source: `kernels/fully_connected.cc`, `EvalHybridDense`.
    case dense
  }

  let geometry: ConvolutionGeometry
  let rule: Rule
  let isAsymmetric: Bool
  let data: MCUSource
  /// `[filter][tap][channel of the group]`.
  let weights: [Int8]
  let filterScales: [Float]
  let bias: [Float]
  let clamp: RealClamp

  var constantBytes: Int? { weights.count + 4 * (filterScales.count + bias.count) }

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    let g = geometry
    data.withCodes(operands, as: Float.self) { data in
      let image = g.rows * g.columns * g.channels
      let isZero = rule == .dense && data.allSatisfy { $0 == 0 }
      var position = 0
      for sample in 0..<g.batch {
        let values = UnsafeBufferPointer(rebasing: data[sample * image..<(sample + 1) * image])
        let codes =
          isAsymmetric ? HybridCodes(asymmetric: values) : HybridCodes(symmetric: values)
        for row in 0..<g.resultRows {
          for column in 0..<g.resultColumns {
            for filter in 0..<g.filters {
              let value =
                isZero
                ? bias[filter]
                : scaled(
                  sum(codes, filter: filter, row: row, column: column), codes.scale, filter)
              result[position] = clamp(value)
              position += 1
            }
          }
        }
      }
    }
  }

  private func scaled(_ sum: Int32, _ scale: Float, _ filter: Int) -> Float {
    let factor = filterScales[filterScales.count == 1 ? 0 : filter]
    switch rule {
    case .filterFirst: return Float(sum) * factor * scale + bias[filter]
    case .scalesFirst: return Float(sum) * (factor * scale) + bias[filter]
    case .dense: return bias[filter] + Float(sum) * (scale * factor)
    }
  }

  private func sum(_ codes: HybridCodes, filter: Int, row: Int, column: Int) -> Int32 {
    let g = geometry
    let group = filter / g.groupFilters
    let channels = g.groupChannels
    let zero = codes.zeroPoint
    return codes.codes.withUnsafeBufferPointer { codes in
      weights.withUnsafeBufferPointer { weights in
        var sum: Int32 = 0
        for kernelRow in g.kernelRows(at: row) {
          let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
          for kernelColumn in g.kernelColumns(at: column) {
            let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
            let pixel = (y * g.columns + x) * g.channels + group * channels
            let tap =
              ((filter * g.kernelRows + kernelRow) * g.kernelColumns + kernelColumn) * channels
            let values = UnsafeBufferPointer(rebasing: codes[pixel..<pixel + channels])
            let factors = UnsafeBufferPointer(rebasing: weights[tap..<tap + channels])
            for channel in 0..<channels {
              sum &+= Int32(factors[channel]) &* (Int32(values[channel]) &- zero)
            }
          }
        }
        return sum
      }
    }
  }
}

/// Plans of layers on binary32 data with quantized weights.
extension MCURules {
  private func hybrid(
    _ node: MCUNode, _ geometry: ConvolutionGeometry, _ rule: MCUHybridLayer.Rule,
    isAsymmetric: Bool, range: ValueRange
  ) throws(DatapathError) -> PlannedNode {
    guard !isMicro else {
      throw .parameter(
        "weights",
        reason:
          "TensorFlow Lite Micro refuses layers with float data and integer weights; LiteRT runs "
          + "them (--datapath tflite-reference)")
    }
    let filter = node.inputs[1]
    try filter.require([.int8], "weights")
    guard filter.zeroPoint == 0 else {
      throw .encoding(operand: "weights", expected: "of zero point 0")
    }
    let codes = try filter.constantCodes("weights").map { Int8(truncatingIfNeeded: $0) }
    var bias = [Float](repeating: 0, count: geometry.filters)
    if node.inputs.count > 2 {
      guard case .float32(let numbers)? = node.inputs[2].tensor.constant,
        numbers.count == bias.count
      else { throw .encoding(operand: "bias", expected: "a constant of float32") }
      bias = numbers
    }
    return node.planned(
      MCUHybridLayer(
        geometry: geometry, rule: rule, isAsymmetric: isAsymmetric, data: node.source(0),
        weights: geometry.tapMajorWeights(codes), filterScales: filter.scales.map { Float($0) },
        bias: bias, clamp: RealClamp(range)))
  }

  /// Filters with one scale get symmetric data, others asymmetric ones; depthwise and grouped layers
  /// always have the second form.
  func planHybrid(
    _ convolution: Convolution, _ node: MCUNode
  ) throws(DatapathError) -> PlannedNode {
    let geometry = try node.geometry(convolution)
    if case .depthwise = convolution.grouping {
      return try hybrid(node, geometry, .scalesFirst, isAsymmetric: true, range: convolution.range)
    }
    let isPerFilter = Set(node.inputs[1].scales).count > 1 || geometry.groups > 1
    return try hybrid(
      node, geometry, isPerFilter ? .filterFirst : .scalesFirst, isAsymmetric: isPerFilter,
      range: convolution.range)
  }

  func planHybrid(_ dense: Dense, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let depth = node.inputs[0].shape.count / dense.rows
    let results = node.result.shape.count / dense.rows
    let data: Shape
    let result: Shape
    do throws(GraphError) {
      data = try Shape([dense.rows, 1, 1, depth])
      result = try Shape([dense.rows, 1, 1, results])
    } catch {
      throw .parameter("rows", reason: "\(error)")
    }
    let geometry = ConvolutionGeometry(
      data: data, result: result, kernel: [1, 1], strides: [1, 1], dilations: [1, 1],
      margins: [0, 0], layout: .channelsLast, grouping: .groups(1),
      weightLayout: .filtersKernelChannels)
    return try hybrid(
      node, geometry, .dense, isAsymmetric: dense.codesDataAsymmetrically, range: dense.range)
  }
}
