internal import Arith
internal import QuantGraph

extension ONNXGraphBuilder {
  /// Quantization as nodes, and operators on codes: ai.onnx and com.microsoft.
  static let quantizedRules: [String: Rule] = {
    var rules: [String: Rule] = [
      "QuantizeLinear": { (b, c) throws(ONNXProblem.Kind) in try b.quantize(c) },
      "DequantizeLinear": { (b, c) throws(ONNXProblem.Kind) in try b.dequantize(c) },
      "DynamicQuantizeLinear": { (b, c) throws(ONNXProblem.Kind) in try b.dynamicQuantize(c) },
      "ConvInteger": { (b, c) throws(ONNXProblem.Kind) in try b.integerConvolution(c) },
      "MatMulInteger": { (b, c) throws(ONNXProblem.Kind) in try b.integerMatMul(c) },
      "QLinearConv": { (b, c) throws(ONNXProblem.Kind) in try b.quantizedConvolution(c) },
      "QLinearMatMul": { (b, c) throws(ONNXProblem.Kind) in try b.quantizedMatMul(c) },
      "com.microsoft.QGemm": { (b, c) throws(ONNXProblem.Kind) in try b.quantizedGemm(c) },
      "com.microsoft.QLinearAdd": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedBinary(c, .add)
      },
      "com.microsoft.QLinearMul": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedBinary(c, .multiply)
      },
      "com.microsoft.QLinearSigmoid": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedUnary(c, .sigmoid)
      },
      "com.microsoft.QLinearLeakyRelu": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedUnary(c, .leakyReLU(slope: try c.float("alpha", default: 0.01)))
      },
      "com.microsoft.QLinearGlobalAveragePool": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedGlobalPool(c)
      },
      "com.microsoft.QLinearAveragePool": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedPool(c)
      },
      "com.microsoft.QLinearReduceMean": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedMean(c)
      },
      "com.microsoft.QLinearSoftmax": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedSoftmax(c)
      },
      "com.microsoft.QLinearWhere": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedSelect(c)
      },
      "com.microsoft.MatMulIntegerToFloat": { (b, c) throws(ONNXProblem.Kind) in
        try b.integerMatMulToFloat(c)
      },
      "com.microsoft.DynamicQuantizeMatMul": { (b, c) throws(ONNXProblem.Kind) in
        try b.dynamicMatMul(c)
      },
      "com.microsoft.QLinearConcat": { (b, c) throws(ONNXProblem.Kind) in
        try b.quantizedConcatenation(c)
      },
    ]
    for name in ["QuantizeLinear", "DequantizeLinear"] {
      rules["com.microsoft." + name] = rules[name]
    }
    return rules
  }()

  private func granularity(
    _ call: ONNXCall, data: TensorID, scale: TensorID
  ) throws(ONNXProblem.Kind) -> Granularity {
    let block = try call.integer("block_size", default: 0)
    let rank = shape(data).rank
    let axis = try call.integer("axis", default: 1)
    if block > 0 { return .blocks(axis: try call.axis(axis, rank: rank), size: block) }
    if shape(scale).count == 1 { return .tensor }
    return .axis(try call.axis(axis, rank: rank))
  }

  /// The encoding of codes whose scale and zero point are constants.
  private func encoding(
    _ type: ONNXElementType, granularity: Granularity, scale: TensorID, zeroPoint: TensorID
  ) throws(ONNXProblem.Kind) -> Encoding? {
    guard let integer = type.integer, let scales = constantNumbers(scale),
      let zeroPoints = tensor(zeroPoint).constant?.int64
    else { return nil }
    let axis: Int?
    switch granularity {
    case .tensor: axis = nil
    case .axis(let value): axis = value
    case .blocks: return nil
    }
    guard scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .operandType(
        operand: "'\(tensor(scale).name)'", expected: "positive numbers",
        found: "\(scales.first { !($0.isFinite && $0 > 0) } ?? 0)")
    }
    let format = try? AffineFormat(
      width: integer.width, isSigned: integer.isSigned, scales: scales, zeroPoints: zeroPoints,
      axis: axis)
    return format.map(Encoding.affine)
  }

  /// The zero point operand, or a zero of the same number of elements as the scale.
  private mutating func zeroPoint(
    _ given: TensorID?, type: ONNXElementType, like scale: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    if let given {
      guard self.type(given) == type else {
        throw .operandType(
          operand: "'\(tensor(given).name)'", expected: type.name, found: self.type(given).name)
      }
      return given
    }
    let id = try zero(
      of: type, named: "\(tensor(scale).name)/zero", count: max(shape(scale).count, 1))
    guard shape(scale).rank > 1 else { return id }
    // Blocked scales have several axes; the zeros have the same.
    let old = tensors[id.index]
    tensors[id.index] = Tensor(
      name: old.name, shape: shape(scale), encoding: old.encoding, constant: old.constant)
    return id
  }

  private static let codeTypes: Set<ONNXElementType> = [
    .uint2, .int2, .uint4, .int4, .uint8, .int8, .uint16, .int16, .float8e4m3fn, .float8e4m3fnuz,
    .float8e5m2, .float8e5m2fnuz, .float4e2m1, .float6e2m3, .float6e3m2,
  ]

  private mutating func quantize(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let scale = try call.input(1)
    guard type(data).isRealNumber || type(data) == .int32 else {
      throw .operandType(operand: "data", expected: "a float type", found: type(data).name)
    }
    try requireReal(scale)
    var target = call.optional(2).map { type($0) }
    if let code = try call.integer("output_dtype"), code != 0 {
      let given = try elementType(call, "output_dtype")
      guard target == nil || target == given else {
        throw .attribute("output_dtype", found: given.name, expected: target?.name ?? "")
      }
      target = given
    }
    let result = target ?? .uint8
    guard Self.codeTypes.contains(result) else {
      throw .operandType(operand: "zero point", expected: "a code type", found: result.name)
    }
    let granularity = try granularity(call, data: data, scale: scale)
    let zero = try zeroPoint(call.optional(2), type: result, like: scale)
    // The wider of the two types, as in numpy; an integer divided by a scale has the scale's.
    var precision = type(scale).floatFormat
    if type(data).isRealNumber, type(data).bits > type(scale).bits {
      precision = type(data).floatFormat
    }
    if let code = try call.integer("precision"), code != 0 {
      precision = try elementType(call, "precision").floatFormat
    }
    let quantize = Quantize(
      granularity: granularity, saturates: try call.flag("saturate", default: true),
      precision: precision ?? .float32)
    try emit(
      call, .quantize(quantize), [data, scale, zero],
      [
        Result(
          shape: shape(data), type: result,
          encoding: try encoding(
            result, granularity: granularity, scale: scale, zeroPoint: zero))
      ])
  }

  private mutating func dequantize(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let scale = try call.input(1)
    guard Self.codeTypes.contains(type(data)) || type(data) == .int32 else {
      throw .operandType(operand: "data", expected: "a code type", found: type(data).name)
    }
    guard type(scale).isRealNumber || type(scale) == .float8e8m0 else {
      throw .operandType(operand: "scale", expected: "a float type", found: type(scale).name)
    }
    let granularity = try granularity(call, data: data, scale: scale)
    let zero = try zeroPoint(call.optional(2), type: type(data), like: scale)
    var result = type(scale) == .float8e8m0 ? ONNXElementType.float32 : type(scale)
    if let code = try call.integer("output_dtype"), code != 0 {
      result = try elementType(call, "output_dtype")
    }
    guard result.isRealNumber else {
      throw .attribute("output_dtype", found: result.name, expected: "a float type")
    }
    try emit(
      call, .dequantize(granularity), [data, scale, zero],
      [Result(shape: shape(data), type: result)])
  }

  private mutating func dynamicQuantize(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    guard type(data) == .float32 else {
      throw .operandType(operand: "data", expected: "float32", found: type(data).name)
    }
    guard shape(data).count > 0 else {
      throw .operandType(operand: "data", expected: "at least one element", found: "none")
    }
    try emit(
      call, .dynamicQuantize, [data],
      [
        Result(shape: shape(data), type: .uint8), Result(shape: [], type: .float32),
        Result(shape: [], type: .uint8),
      ])
  }

  /// Codes of 8 bits (or fewer, or 16) that integer products are made of.
  func requireCode(_ id: TensorID) throws(ONNXProblem.Kind) {
    guard let integer = type(id).integer, (2...16).contains(integer.width) else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "int8 or uint8", found: type(id).name)
    }
  }

  private mutating func integerConvolution(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let weights = try call.input(1)
    try requireCode(data)
    try requireCode(weights)
    let zeroes = try integerZeroPoints(call, data, weights)
    try checkZeroPoints(zeroes.1, channels: shape(weights).extents.first ?? 0)
    guard shape(zeroes.0).count == 1 else {
      throw .operandType(
        operand: "data zero point", expected: "one number", found: description(zeroes.0))
    }
    let (convolution, result) = try convolutionParameters(call, data: data, weights: weights)
    try emit(
      call, .integerProduct(.convolution(convolution)), [data, zeroes.0, weights, zeroes.1],
      [Result(shape: result, type: .int32)])
  }

  private mutating func integerMatMul(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let left = try call.input(0)
    let right = try call.input(1)
    try requireCode(left)
    try requireCode(right)
    let zeroes = try integerZeroPoints(call, left, right)
    let rows = shape(left).rank > 1 ? shape(left)[shape(left).rank - 2] : 1
    try checkZeroPoints(zeroes.0, channels: rows)
    try checkZeroPoints(zeroes.1, channels: shape(right).extents.last ?? 0)
    let product = MatMul()
    let result = try productShape(product, shape(left), shape(right))
    try emit(
      call, .integerProduct(.matMul(product)), [left, zeroes.0, right, zeroes.1],
      [Result(shape: result, type: .int32)])
  }

  func checkZeroPoints(_ id: TensorID, channels: Int) throws(ONNXProblem.Kind) {
    guard shape(id).count == 1 || shape(id).count == channels else {
      throw .graph(
        .elementCount(operand: tensor(id).name, expected: channels, found: shape(id).count))
    }
  }

  private mutating func integerZeroPoints(
    _ call: ONNXCall, _ left: TensorID, _ right: TensorID
  ) throws(ONNXProblem.Kind) -> (TensorID, TensorID) {
    let hint = call.node.output.first ?? "zero"
    func named(_ suffix: String) -> String { "\(hint)/\(suffix)" }
    let first: TensorID
    if let given = call.optional(2) {
      try requireSameType([left, given])
      first = given
    } else {
      first = try zero(of: type(left), named: named("zero"))
    }
    if let given = call.optional(3) {
      try requireSameType([right, given])
      return (first, given)
    }
    return (first, try zero(of: type(right), named: named("zero")))
  }

  // MARK: Codes to codes

  /// `codes, scale, zero point` from operand `index` on.
  private mutating func triple(
    _ call: ONNXCall, _ index: Int
  ) throws(ONNXProblem.Kind) -> [TensorID] {
    let codes = try call.input(index)
    let scale = try call.input(index + 1)
    try requireCode(codes)
    try requireReal(scale)
    return [codes, scale, try zeroPoint(call.optional(index + 2), type: type(codes), like: scale)]
  }

  /// `scale, zero point` of the result from operand `index` on, and its encoding.
  private mutating func target(
    _ call: ONNXCall, _ index: Int, default type: ONNXElementType
  ) throws(ONNXProblem.Kind) -> (ids: [TensorID], type: ONNXElementType, encoding: Encoding?) {
    let scale = try call.input(index)
    try requireReal(scale)
    let result = call.optional(index + 1).map { self.type($0) } ?? type
    let zero = try zeroPoint(call.optional(index + 1), type: result, like: scale)
    try requireCode(zero)
    let encoding = try encoding(result, granularity: .tensor, scale: scale, zeroPoint: zero)
    return ([scale, zero], result, encoding)
  }

  private mutating func emitQuantized(
    _ call: ONNXCall, _ function: Quantized.Function, _ operands: [TensorID],
    target: (ids: [TensorID], type: ONNXElementType, encoding: Encoding?), bias: TensorID? = nil,
    shape: Shape
  ) throws(ONNXProblem.Kind) {
    let quantized = Quantized(function, hasBias: bias != nil)
    try emit(
      call, .quantized(quantized), operands + target.ids + (bias.map { [$0] } ?? []),
      [Result(shape: shape, type: target.type, encoding: target.encoding)])
  }

  private mutating func quantizedConvolution(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0) + triple(call, 3)
    let target = try target(call, 6, default: type(operands[0]))
    if let bias = call.optional(8), type(bias) != .int32 {
      throw .operandType(operand: "bias", expected: "int32", found: type(bias).name)
    }
    let (convolution, result) = try convolutionParameters(
      call, data: operands[0], weights: operands[3])
    try emitQuantized(
      call, .convolution(convolution), operands, target: target, bias: call.optional(8),
      shape: result)
  }

  private mutating func quantizedMatMul(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0) + triple(call, 3)
    let target = try target(call, 6, default: type(operands[0]))
    let product = MatMul()
    let result = try productShape(product, shape(operands[0]), shape(operands[3]))
    try emitQuantized(call, .matMul(product), operands, target: target, shape: result)
  }

  private mutating func quantizedGemm(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0) + triple(call, 3)
    let product = MatMul(
      transposesLeft: try call.flag("transA", default: false),
      transposesRight: try call.flag("transB", default: false),
      productFactor: try call.float("alpha", default: 1))
    guard shape(operands[0]).rank == 2, shape(operands[3]).rank == 2 else {
      throw .operandType(
        operand: "operands", expected: "matrices", found: description(operands[0]))
    }
    let result = try productShape(product, shape(operands[0]), shape(operands[3]))
    if let bias = call.optional(6), type(bias) != .int32 {
      throw .operandType(operand: "bias", expected: "int32", found: type(bias).name)
    }
    if call.optional(7) != nil {
      let target = try target(call, 7, default: type(operands[0]))
      try emitQuantized(
        call, .matMul(product), operands, target: target, bias: call.optional(6), shape: result)
      return
    }
    let quantized = Quantized(
      .matMul(product), requantizes: false, hasBias: call.optional(6) != nil)
    try emit(
      call, .quantized(quantized), operands + (call.optional(6).map { [$0] } ?? []),
      [Result(shape: result, type: .float32)])
  }

  private mutating func quantizedBinary(
    _ call: ONNXCall, _ function: Binary.Function
  ) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0) + triple(call, 3)
    let target = try target(call, 6, default: type(operands[0]))
    let result = try broadcast([operands[0], operands[3]])
    try emitQuantized(call, .binary(function), operands, target: target, shape: result)
  }

  private mutating func quantizedUnary(
    _ call: ONNXCall, _ function: UnaryFunction
  ) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0)
    let target = try target(call, 3, default: type(operands[0]))
    try emitQuantized(
      call, .unary(function), operands, target: target, shape: shape(operands[0]))
  }

  private mutating func quantizedGlobalPool(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0)
    let target = try target(call, 3, default: type(operands[0]))
    var extents = shape(operands[0]).extents
    guard extents.count >= 3, shape(operands[0]).count > 0 else {
      throw .operandType(
        operand: "data", expected: "batch, channels and spatial axes",
        found: description(operands[0]))
    }
    let isLast = try call.flag("channels_last", default: false)
    let axes = Array(isLast ? 1..<extents.count - 1 : 2..<extents.count)
    for axis in axes { extents[axis] = 1 }
    try emitQuantized(
      call, .mean(axes: axes, keepsAxes: true), operands, target: target,
      shape: try newShape(extents))
  }

  private mutating func quantizedMean(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0)
    let target = try target(call, 3, default: type(operands[0]))
    let rank = shape(operands[0]).rank
    let axes =
      try call.integers("axes").map { (given) throws(ONNXProblem.Kind) in
        try call.axes(given, rank: rank)
      } ?? Array(0..<rank)
    let keeps = try call.flag("keepdims", default: true)
    let extents = shape(operands[0]).extents.enumerated().compactMap { axis, extent in
      axes.contains(axis) ? (keeps ? 1 : nil) : extent
    }
    try emitQuantized(
      call, .mean(axes: axes, keepsAxes: keeps), operands, target: target,
      shape: try newShape(extents))
  }

  private mutating func quantizedPool(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try triple(call, 0)
    let target = try target(call, 3, default: type(operands[0]))
    let isLast = try call.flag("channels_last", default: false)
    let (pool, result) = try poolParameters(
      call, .average, data: operands[0], layout: isLast ? .channelsLast : .channelsFirst)
    try emitQuantized(call, .pool(pool), operands, target: target, shape: result)
  }

  private mutating func quantizedConcatenation(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    guard call.inputs.count >= 5, (call.inputs.count - 2) % 3 == 0 else {
      throw .operandCount(expected: "2 and a multiple of 3", found: call.inputs.count)
    }
    var operands: [TensorID] = []
    for index in stride(from: 2, to: call.inputs.count, by: 3) {
      operands += try triple(call, index)
    }
    let target = try target(call, 0, default: type(operands[0]))
    guard let given = try call.integer("axis") else { throw .missingAttribute("axis") }
    let axis = try call.axis(given, rank: shape(operands[0]).rank)
    let data = stride(from: 0, to: operands.count, by: 3).map { operands[$0] }
    try emitQuantized(
      call, .concatenate(axis: axis), operands, target: target,
      shape: try joinedShape(data, axis: axis))
  }

  /// Source: onnxruntime 1.32, QLinearSoftmax: before `opset` 13 the axes from `axis` on are one.
  private mutating func quantizedSoftmax(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    var operands = try triple(call, 0)
    let target = try target(call, 3, default: type(operands[0]))
    let extents = shape(operands[0]).extents
    let old = try call.integer("opset", default: 13) < 13
    let axis = try call.axis(
      try call.integer("axis", default: old ? 1 : -1), rank: max(extents.count, 1))
    guard old, axis != extents.count - 1 else {
      try emitQuantized(
        call, .softmax(axis: axis), operands, target: target, shape: shape(operands[0]))
      return
    }
    let flat = [extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)]
    operands[0] = try reshaped(call, operands[0], flat)
    let codes = try step(
      call, .quantized(Quantized(.softmax(axis: 1))), operands + target.ids,
      Result(shape: shape(operands[0]), type: target.type, encoding: target.encoding))
    try finish(call, [try reshaped(call, codes, extents)])
  }

  /// Both tensors' codes brought to the result's scale, then one of them.
  ///
  /// Source: onnxruntime 1.32, contrib_ops/cpu/quantization/qlinear_where.cc.
  private mutating func quantizedSelect(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let condition = try call.input(0)
    guard type(condition) == .bool else {
      throw .operandType(operand: "condition", expected: "bool", found: type(condition).name)
    }
    let target = try target(call, 7, default: type(try call.input(1)))
    var codes: [TensorID] = []
    for index in [1, 4] {
      let operands = try triple(call, index)
      codes.append(
        try step(
          call, .quantized(Quantized(.unary(.identity))), operands + target.ids,
          Result(shape: shape(operands[0]), type: target.type, encoding: target.encoding)))
    }
    try emit(
      call, .select, [condition] + codes,
      [
        Result(
          shape: try broadcast([condition] + codes), type: target.type, encoding: target.encoding)
      ])
  }

  /// `A, B, a scale, b scale [, a zero point, b zero point, bias] -> float`.
  private mutating func integerMatMulToFloat(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let (left, right) = (try call.input(0), try call.input(1))
    let scales = (try call.input(2), try call.input(3))
    try finish(
      call,
      [
        try scaledProduct(
          call, left, right, zeroPoints: (call.optional(4), call.optional(5)), scales: scales,
          bias: call.optional(6))
      ])
  }

  /// `A, B, b scale [, b zero point, bias] -> float`: A is quantized to uint8 over its own range.
  private mutating func dynamicMatMul(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let (data, right) = (try call.input(0), try call.input(1))
    guard type(data) == .float32, shape(data).count > 0 else {
      throw .operandType(operand: "data", expected: "float32", found: description(data))
    }
    let (codes, scale, zero) = try dynamicCodes(call, data)
    try finish(
      call,
      [
        try scaledProduct(
          call, codes, right, zeroPoints: (zero, call.optional(3)),
          scales: (scale, try call.input(2)), bias: call.optional(4))
      ])
  }

  /// Codes over the data's own range, their scale and zero point.
  mutating func dynamicCodes(
    _ call: ONNXCall, _ data: TensorID
  ) throws(ONNXProblem.Kind) -> (TensorID, TensorID, TensorID) {
    let hint = call.node.output.first ?? call.node.opType
    let names = ["codes", "scale", "zero"].map { freeName("\(hint)/\($0)") }
    let ids = try append(
      call, .dynamicQuantize, [data],
      [
        Result(shape: shape(data), type: .uint8), Result(shape: [], type: .float32),
        Result(shape: [], type: .uint8),
      ], names: names)
    return (ids[0], ids[1], ids[2])
  }

  /// Exact integer sums as float32, times the product of the scales, plus a bias.
  mutating func scaledProduct(
    _ call: ONNXCall, _ left: TensorID, _ right: TensorID,
    zeroPoints: (TensorID?, TensorID?), scales: (TensorID, TensorID), bias: TensorID?
  ) throws(ONNXProblem.Kind) -> TensorID {
    try requireCode(left)
    try requireCode(right)
    let hint = call.node.output.first ?? "zero"
    func point(
      _ given: TensorID?, _ codes: TensorID, _ builder: inout ONNXGraphBuilder
    ) throws(ONNXProblem.Kind) -> TensorID {
      if let given { return given }
      return try builder.zero(of: builder.type(codes), named: "\(hint)/zero")
    }
    let zeros = (try point(zeroPoints.0, left, &self), try point(zeroPoints.1, right, &self))
    try checkZeroPoints(zeros.1, channels: shape(right).extents.last ?? 0)
    let sums = try step(
      call, .integerProduct(.matMul(MatMul())), [left, zeros.0, right, zeros.1],
      Result(shape: try productShape(MatMul(), shape(left), shape(right)), type: .int32))
    let real = try cast(call, sums, to: .float32)
    var values = try apply(call, .multiply, real, try apply(call, .multiply, scales.0, scales.1))
    if let bias { values = try apply(call, .add, values, bias) }
    return values
  }
}
