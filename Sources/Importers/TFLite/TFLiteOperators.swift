import Arith
import QuantGraph

extension TFLiteOperatorContext {
  /// Converts the operator; option numbers are those of the public schema.
  mutating func convert() throws(TFLiteKind) {
    guard record.customCode == nil else {
      throw TFLiteKind(.unsupportedOperator(reads: computedOperands))
    }
    switch TFLiteOperatorCode.name(record.code) {
    case "CONV_2D": try convolution()
    case "CONV_3D": try volumeConvolution()
    case "DEPTHWISE_CONV_2D": try depthwiseConvolution()
    case "TRANSPOSE_CONV": try transposedConvolution()
    case "FULLY_CONNECTED": try fullyConnected()
    case "BATCH_MATMUL": try batchProduct()
    case "AVERAGE_POOL_2D": try pool(.average)
    case "MAX_POOL_2D": try pool(.maximum)
    case "ADD": try addition(.add)
    case "SUB": try addition(.subtract)
    case "MUL": try binary(.multiply, range: try fusedRange(0))
    case "DIV": try binary(.divide, range: try fusedRange(0))
    case "ADD_N": try sum()
    case "MAXIMUM": try binary(.maximum)
    case "MINIMUM": try binary(.minimum)
    case "SQUARED_DIFFERENCE": try binary(.squaredDifference)
    case "FLOOR_DIV": try binary(.floorDivide)
    case "FLOOR_MOD": try binary(.modulo)
    case "POW": try binary(.power)
    case "PRELU": try binary(.prelu)
    case "EQUAL": try binary(.equal)
    case "NOT_EQUAL": try binary(.notEqual)
    case "LESS": try binary(.less)
    case "LESS_EQUAL": try binary(.lessOrEqual)
    case "GREATER": try binary(.greater)
    case "GREATER_EQUAL": try binary(.greaterOrEqual)
    case "LOGICAL_AND": try binary(.and)
    case "LOGICAL_OR": try binary(.or)
    case "SELECT_V2": emit(.select, [try operand(0), try operand(1), try operand(2)])
    case "SELECT": try select()
    case "TOPK_V2": try topK()
    case "CUMSUM": try cumulativeSum()
    case "L2_NORMALIZATION":
      guard try fusedRange(0).isUnbounded else {
        throw TFLiteKind(.unsupportedOption("a fused activation after L2_NORMALIZATION"))
      }
      emit(.normalizeLength, [try operand(0)])
    case "LOGISTIC": try unary(.sigmoid)
    case "TANH": try unary(.tanh)
    case "RELU": try unary(.clamp(.relu))
    case "RELU6": try unary(.clamp(.relu6))
    case "RELU_N1_TO_1": try unary(.clamp(.reluOne))
    case "RELU_0_TO_1": try unary(.clamp(ValueRange(minimum: 0, maximum: 1)))
    case "HARD_SWISH": try unary(.hardSwish)
    case "LEAKY_RELU": try unary(.leakyReLU(slope: try real(0)))
    case "ELU": try unary(.elu(alpha: 1))
    case "GELU": try unary(.gelu(isApproximate: try flag(0)))
    case "ABS": try unary(.absolute)
    case "NEG": try unary(.negate)
    case "EXP": try unary(.exponential)
    case "LOG": try unary(.logarithm)
    case "SQRT": try unary(.squareRoot)
    case "RSQRT": try unary(.reciprocalSquareRoot)
    case "SQUARE": try unary(.square)
    case "FLOOR": try unary(.floor)
    case "CEIL": try unary(.ceiling)
    case "ROUND": try unary(.roundEven)
    case "SIN": try unary(.sine)
    case "COS": try unary(.cosine)
    case "SIGN": try unary(.sign)
    case "LOGICAL_NOT": try unary(.not)
    case "SOFTMAX": try softmax(isLogarithm: false, beta: try real(0))
    case "LOG_SOFTMAX": try softmax(isLogarithm: true, beta: 1)
    case "MEAN": try reduction(.mean)
    case "SUM": try reduction(.sum)
    case "REDUCE_MAX": try reduction(.maximum)
    case "REDUCE_MIN": try reduction(.minimum)
    case "REDUCE_PROD": try reduction(.product)
    case "REDUCE_ANY": try reduction(.any)
    case "REDUCE_ALL": try reduction(.all)
    case "ARG_MAX": try argument(isMaximum: true)
    case "ARG_MIN": try argument(isMaximum: false)
    case "QUANTIZE", "DEQUANTIZE": emit(.convert(elements: []), [try operand(0)])
    case "CAST": emit(.cast(.number), [try operand(0)])
    case "RESHAPE", "SQUEEZE", "EXPAND_DIMS": emit(.reshape, [try operand(0)])
    case "UNIDIRECTIONAL_SEQUENCE_LSTM": try lstm()
    case "SVDF": try svdf()
    default: try convertMovement()
    }
  }

  /// Names of the computed tensors that the operator reads.
  var computedOperands: [String] {
    record.inputs.filter { $0 >= 0 && tensor($0).constant == nil }.map { tensor($0).name }
  }

  /// BATCH_MATMUL, whose kernels know one scale of a quantized operand; several are read as 0.
  ///
  /// Source: TensorFlow Lite, `kernels/kernel_util.cc`, `GetQuantizedConvolutionMultipler`, and
  /// `core/model_builder.cc`, `GetLegacyQuantization`.
  private mutating func batchProduct() throws(TFLiteKind) {
    let operands = [try operand(0), try operand(1)]
    for index in operands {
      guard case .affine(let format) = tensor(index).encoding, format.scales.count > 1 else {
        continue
      }
      throw TFLiteKind(
        .unsupportedOption(
          "'\(tensor(index).name)' has \(format.scales.count) scales, and the runtimes' kernels of "
            + "this operator know one: they compute zeros with it"))
    }
    emit(
      .matMul(MatMul(transposesLeft: try flag(0), transposesRight: try flag(1))), operands)
  }

  private mutating func unary(_ function: UnaryFunction) throws(TFLiteKind) {
    emit(.unary(function), [try operand(0)])
  }

  private mutating func binary(
    _ function: Binary.Function, range: ValueRange = .unbounded
  ) throws(TFLiteKind) {
    emit(.binary(Binary(function, range: range)), [try operand(0), try operand(1)])
  }

  /// ADD and SUB.
  ///
  /// Where `pot_scale_int16` stands, which is the schema's default, and all scales are powers of two
  /// and zero points 0, the runtimes add 16-bit tensors by shifts; any other scale takes the general
  /// path. Source: TensorFlow Lite, `kernels/{add,sub}.cc`, `Prepare`; the micro runtime has the
  /// general path alone.
  private mutating func addition(_ function: Binary.Function) throws(TFLiteKind) {
    let inputs = [try operand(0), try operand(1)]
    var addsByShifts = false
    if case .affine(let format) = result.encoding, format.width == 16, try flag(1, absent: true) {
      addsByShifts = (inputs.map { tensor($0) } + [result]).allSatisfy { tensor in
        guard case .affine(let format) = tensor.encoding, let scale = format.scales.first
        else { return false }
        // The logarithm to base 2 is an integer within 10^-3 (`CheckedLog2`).
        let ratio = scale.significand < 1.5 ? scale.significand : scale.significand / 2
        return format.zeroPoints.allSatisfy { $0 == 0 } && abs(ratio - 1) < 6.93e-4
      }
    }
    emit(
      .binary(Binary(function, range: try fusedRange(0), addsByShifts: addsByShifts)), inputs)
  }

  /// ADD_N: sums of floats and plain integers one operand after the other; codes are summed at once.
  ///
  /// The micro runtime's rule for int8 is that of its CUMSUM, of which the last element counts. Source:
  /// tflite-micro, `kernels/{add_n,cumsum}.cc`; TensorFlow Lite, `optimized_ops.h`, `AddN` on one thread.
  private mutating func sum() throws(TFLiteKind) {
    let operands = record.inputs.filter { $0 >= 0 }
    guard operands.count >= 2, operands.allSatisfy({ tensor($0).shape == result.shape }) else {
      throw TFLiteKind(.operand("two operands and more, of the result's shape"))
    }
    let first = tensor(operands[0])
    guard case .affine = first.encoding else {
      var total = operands[0]
      for (position, operand) in operands.enumerated().dropFirst() {
        let isLast = position == operands.count - 1
        let next =
          isLast
          ? record.outputs[0]
          : add(
            Tensor(
              name: result.name + " (\(position + 1) of \(operands.count))", shape: result.shape,
              encoding: result.encoding))
        emit(.binary(Binary(.add)), [total, operand], [next])
        total = next
      }
      return
    }
    guard operands.allSatisfy({ tensor($0).encoding == first.encoding }) else {
      throw TFLiteKind(.operand("operands of one scale and zero point"))
    }
    let count = operands.count
    var parts: [Int] = []
    for operand in operands {
      let row = add(
        Tensor(
          name: tensor(operand).name + " (row)", shape: try shape(of: [1] + result.shape.extents),
          encoding: first.encoding))
      emit(.reshape, [operand], [row])
      parts.append(row)
    }
    func stacked(_ name: String, _ encoding: Encoding) throws(TFLiteKind) -> Tensor {
      Tensor(
        name: result.name + name, shape: try shape(of: [count] + result.shape.extents),
        encoding: encoding)
    }
    let rows = add(try stacked(" (rows)", first.encoding))
    emit(.concatenate(axis: 0), parts, [rows])
    let sums = add(try stacked(" (sums)", result.encoding))
    emit(
      .cumulativeSum(CumulativeSum(axis: 0, isExclusive: false, isReversed: false)), [rows], [sums])
    let extents = [1] + result.shape.extents
    let last = add(
      Tensor(
        name: result.name + " (last)", shape: try shape(of: extents), encoding: result.encoding))
    emit(
      .slice(
        Slice(
          begin: [count - 1] + result.shape.extents.map { _ in 0 }, extents: extents,
          strides: extents.map { _ in 1 })), [sums], [last])
    emit(.reshape, [last], [record.outputs[0]])
  }

  /// SELECT: a condition of one axis chooses whole blocks along the first axis.
  private mutating func select() throws(TFLiteKind) {
    var condition = try operand(0)
    let (shape, data) = (tensor(condition).shape, try shape(1))
    if shape.rank == 1, data.rank > 1 {
      let extents = [shape[0]] + [Int](repeating: 1, count: data.rank - 1)
      let spread = add(
        Tensor(
          name: tensor(condition).name + " (blocks)", shape: try self.shape(of: extents),
          encoding: tensor(condition).encoding))
      emit(.reshape, [condition], [spread])
      condition = spread
    }
    emit(.select, [condition, try operand(1), try operand(2)])
  }

  private mutating func topK() throws(TFLiteKind) {
    let counts = try constants(1, "the count")
    guard counts.count == 1, record.outputs.count == 2 else {
      throw TFLiteKind(.operand("one count and two results"))
    }
    emit(.topK(TopK(count: counts[0])), [try operand(0)])
  }

  private mutating func cumulativeSum() throws(TFLiteKind) {
    let axes = try constants(1, "the axis")
    guard axes.count == 1 else { throw TFLiteKind(.operand("one axis is summed")) }
    emit(
      .cumulativeSum(
        CumulativeSum(
          axis: try axis(axes[0], rank: try shape(0).rank), isExclusive: try flag(0),
          isReversed: try flag(1))), [try operand(0)])
  }

  private mutating func softmax(isLogarithm: Bool, beta: Float) throws(TFLiteKind) {
    let rank = try shape(0).rank
    guard rank > 0 else { throw TFLiteKind(.operand("softmax of a scalar")) }
    emit(
      .axisSoftmax(AxisSoftmax(axis: rank - 1, beta: beta, isLogarithm: isLogarithm)),
      [try operand(0)])
  }

  private mutating func reduction(_ function: Reduction.Function) throws(TFLiteKind) {
    let rank = try shape(0).rank
    var axes: Set<Int> = []
    for axis in try constants(1, "axes") { axes.insert(try self.axis(axis, rank: rank)) }
    emit(
      .reduce(Reduction(function, axes: axes.sorted(), keepsAxes: try flag(0))), [try operand(0)])
  }

  private mutating func argument(isMaximum: Bool) throws(TFLiteKind) {
    let axes = try constants(1, "axis")
    guard axes.count == 1 else { throw TFLiteKind(.operand("one axis is searched")) }
    let axis = try axis(axes[0], rank: try shape(0).rank)
    emit(
      .argument(ArgumentSearch(isMaximum: isMaximum, axis: axis, keepsAxis: false)),
      [try operand(0)])
  }

  /// Total padding of SAME, or none of VALID, and the number of window positions.
  ///
  /// Source: TensorFlow Lite, `kernels/padding.h`.
  private func padding(
    extent: Int, kernel: Int, stride: Int, dilation: Int, isSame: Bool
  ) throws(TFLiteKind) -> (before: Int, after: Int, positions: Int) {
    let bound = 1...(1 << 24)
    guard bound.contains(extent), bound.contains(kernel), bound.contains(stride),
      bound.contains(dilation)
    else {
      throw TFLiteKind(
        .operand(
          "a window of \(kernel) (dilation \(dilation), stride \(stride)) on \(extent) elements"))
    }
    let span = (kernel - 1) * dilation + 1
    if !isSame {
      guard extent >= span else {
        throw TFLiteKind(.operand("a window of \(span) on \(extent) elements without padding"))
      }
      return (0, 0, (extent - span) / stride + 1)
    }
    let positions = (extent + stride - 1) / stride
    let total = max((positions - 1) * stride + span - extent, 0)
    return (total / 2, total - total / 2, positions)
  }

  private func isSame(_ id: Int) throws(TFLiteKind) -> Bool {
    switch try option(id, absent: Int8(0)) {
    case 0: return true
    case 1: return false
    case let other: throw TFLiteKind(.unsupportedOption("padding number \(other)"))
    }
  }

  private func requirePositions(_ positions: [Int]) throws(TFLiteKind) {
    let extents = result.shape.extents
    guard extents.count == 4, [extents[1], extents[2]] == positions else {
      throw TFLiteKind(
        .shape(extents, reason: "the windows have \(positions) positions along rows and columns"))
    }
  }

  /// The shape of operand `position`, which has four axes.
  private func image(_ position: Int, _ name: String) throws(TFLiteKind) -> Shape {
    let shape = try shape(position)
    guard shape.rank == 4 else {
      throw TFLiteKind(.operand("\(name) has shape \(shape.extents), not four axes"))
    }
    return shape
  }

  private mutating func convolution() throws(TFLiteKind) {
    let data = try image(0, "the input")
    let filter = try image(1, "the filter")
    guard filter[3] > 0, data[3] % filter[3] == 0 else {
      throw TFLiteKind(
        .operand("\(data[3]) channels are no multiple of the filter's \(filter[3])"))
    }
    try window(
      data: data, kernel: [filter[1], filter[2]], dilationOptions: (4, 5), activation: 3,
      grouping: .groups(data[3] / filter[3]))
  }

  /// CONV_3D: images `[batch, depth, rows, columns, channels]`.
  private mutating func volumeConvolution() throws(TFLiteKind) {
    let (data, filter) = (try shape(0), try shape(1))
    guard data.rank == 5, filter.rank == 5, filter[3] > 0, data[4] % filter[3] == 0 else {
      throw TFLiteKind(.operand("filters \(filter.extents) on an input of \(data.extents)"))
    }
    let isSame = try isSame(0)
    // Depth, columns, rows in the file.
    let strides = [
      try option(1, absent: Int32(0)), try option(3, absent: Int32(0)),
      try option(2, absent: Int32(0)),
    ]
    let dilations = [
      try option(5, absent: Int32(1)), try option(7, absent: Int32(1)),
      try option(6, absent: Int32(1)),
    ]
    var (before, after, positions): ([Int], [Int], [Int]) = ([], [], [])
    for axis in 0..<3 {
      let window = try padding(
        extent: data[axis + 1], kernel: filter[axis], stride: strides[axis],
        dilation: dilations[axis], isSame: isSame)
      before.append(window.before)
      after.append(window.after)
      positions.append(window.positions)
    }
    let extents = result.shape.extents
    guard extents.count == 5, Array(extents[1...3]) == positions else {
      throw TFLiteKind(.shape(extents, reason: "the windows have \(positions) positions"))
    }
    emit(
      .convolution(
        Convolution(
          kernel: Array(filter.extents[..<3]), strides: strides, dilations: dilations,
          paddingBefore: before, paddingAfter: after, layout: .channelsLast,
          grouping: .groups(data[4] / filter[3]), weightLayout: .kernelChannelsFilters,
          range: try fusedRange(4))),
      [try operand(0), try operand(1)] + [optional(2)].compactMap { $0 })
  }

  private mutating func depthwiseConvolution() throws(TFLiteKind) {
    let data = try image(0, "the input")
    let filter = try image(1, "the filter")
    guard filter[0] == 1 else {
      throw TFLiteKind(.operand("the depthwise filter has shape \(filter.extents)"))
    }
    try window(
      data: data, kernel: [filter[1], filter[2]], dilationOptions: (5, 6), activation: 4,
      grouping: .depthwise)
  }

  private mutating func window(
    data: Shape, kernel: [Int], dilationOptions: (column: Int, row: Int), activation: Int,
    grouping: Convolution.Grouping
  ) throws(TFLiteKind) {
    let isSame = try isSame(0)
    let strides = [try option(2, absent: Int32(0)), try option(1, absent: Int32(0))]
    let dilations = [
      try option(dilationOptions.row, absent: Int32(1)),
      try option(dilationOptions.column, absent: Int32(1)),
    ]
    let rows = try padding(
      extent: data[1], kernel: kernel[0], stride: strides[0], dilation: dilations[0],
      isSame: isSame)
    let columns = try padding(
      extent: data[2], kernel: kernel[1], stride: strides[1], dilation: dilations[1],
      isSame: isSame)
    try requirePositions([rows.positions, columns.positions])
    let operation = Convolution(
      kernel: kernel, strides: strides, dilations: dilations,
      paddingBefore: [rows.before, columns.before], paddingAfter: [rows.after, columns.after],
      layout: .channelsLast, grouping: grouping, weightLayout: .filtersKernelChannels,
      range: try fusedRange(activation))
    emit(
      .convolution(operation),
      [try operand(0), try operand(1)] + [optional(2)].compactMap { $0 })
  }

  private mutating func transposedConvolution() throws(TFLiteKind) {
    let filter = try image(1, "the filter")
    let data = try image(2, "the input")
    let extents = result.shape
    guard extents.rank == 4 else {
      throw TFLiteKind(.shape(extents.extents, reason: "an image has four axes"))
    }
    let isSame = try isSame(0)
    let strides = [try option(2, absent: Int32(0)), try option(1, absent: Int32(0))]
    var before: [Int] = []
    var after: [Int] = []
    var extra: [Int] = []
    for axis in 0..<2 {
      // The padding is that of the convolution from the result to the data.
      let window = try padding(
        extent: extents[axis + 1], kernel: filter[axis + 1], stride: strides[axis], dilation: 1,
        isSame: isSame)
      guard data[axis + 1] > 0, data[axis + 1] < 1 << 24 else {
        throw TFLiteKind(.operand("the input has no elements"))
      }
      let full = (data[axis + 1] - 1) * strides[axis] + filter[axis + 1]
      let rest = full - window.before - extents[axis + 1]
      before.append(window.before)
      after.append(max(rest, 0))
      extra.append(max(-rest, 0))
    }
    let operation = Convolution(
      kernel: [filter[1], filter[2]], strides: strides, dilations: [1, 1], paddingBefore: before,
      paddingAfter: after, outputPadding: extra, layout: .channelsLast, grouping: .groups(1),
      weightLayout: .filtersKernelChannels, range: try fusedRange(3))
    emit(
      .transposedConvolution(operation),
      [try operand(2), try operand(1)] + [optional(3)].compactMap { $0 })
  }

  private mutating func pool(_ reduction: Pool.Reduction) throws(TFLiteKind) {
    let data = try image(0, "the input")
    let isSame = try isSame(0)
    let strides = [try option(2, absent: Int32(0)), try option(1, absent: Int32(0))]
    let kernel = [try option(4, absent: Int32(0)), try option(3, absent: Int32(0))]
    let rows = try padding(
      extent: data[1], kernel: kernel[0], stride: strides[0], dilation: 1, isSame: isSame)
    let columns = try padding(
      extent: data[2], kernel: kernel[1], stride: strides[1], dilation: 1, isSame: isSame)
    try requirePositions([rows.positions, columns.positions])
    let operation = Pool(
      reduction: reduction, kernel: kernel, strides: strides,
      paddingBefore: [rows.before, columns.before], paddingAfter: [rows.after, columns.after],
      range: try fusedRange(5))
    emit(.pool(operation), [try operand(0)])
  }

  private mutating func fullyConnected() throws(TFLiteKind) {
    let filter = try shape(1)
    let data = try shape(0)
    guard filter.rank == 2, filter[1] > 0, data.count % filter[1] == 0, data.count > 0 else {
      throw TFLiteKind(
        .operand("weights of shape \(filter.extents) for an input of \(data.extents)"))
    }
    guard try option(1, absent: Int8(0)) == 0 else {
      throw TFLiteKind(.unsupportedOption("shuffled weights are not supported"))
    }
    let operation = Dense(
      weightsAreOutputMajor: true, accumulation: nil, rows: data.count / filter[1],
      range: try fusedRange(0), codesDataAsymmetrically: try flag(3))
    emit(
      .dense(operation), [try operand(0), try operand(1)] + [optional(2)].compactMap { $0 })
  }
}
