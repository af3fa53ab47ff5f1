internal import QuantGraph

extension ONNXGraphBuilder {
  /// Operators of the QONNX domain.
  static let qonnxRules: [String: Rule] = [
    "qonnx.Quant": { (b, c) throws(ONNXProblem.Kind) in try b.quant(c) },
    "qonnx.IntQuant": { (b, c) throws(ONNXProblem.Kind) in try b.quant(c) },
    "qonnx.BipolarQuant": { (b, c) throws(ONNXProblem.Kind) in
      try b.emitQONNX(c, .bipolarQuant, operands: 2)
    },
    "qonnx.Trunc": { (b, c) throws(ONNXProblem.Kind) in try b.truncate(c) },
    "qonnx.FloatQuant": { (b, c) throws(ONNXProblem.Kind) in try b.floatQuant(c) },
    "qonnx.MultiThreshold": { (b, c) throws(ONNXProblem.Kind) in try b.multiThreshold(c) },
  ]

  private mutating func emitQONNX(
    _ call: ONNXCall, _ operation: QONNXOperator, operands count: Int
  ) throws(ONNXProblem.Kind) {
    let given = try call.allInputs(atLeast: count)
    guard given.count == count else {
      throw .operandCount(expected: "\(count)", found: given.count)
    }
    var operands: [TensorID] = []
    for (index, id) in given.enumerated() {
      operands.append(index == 0 ? try quantizedData(call, id) : try parameter(id))
    }
    try emit(
      call, .qonnx(operation), operands, [Result(shape: shape(operands[0]), type: .float32)])
  }

  /// What a quantizer takes, in float32, which holds every number of the narrower types.
  private mutating func quantizedData(
    _ call: ONNXCall, _ id: TensorID
  ) throws(ONNXProblem.Kind) -> TensorID {
    switch type(id) {
    case .float32: return id
    case .float16, .bfloat16:
      return try step(call, .cast(.number), [id], Result(shape: shape(id), type: .float32))
    default:
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "float32", found: type(id).name)
    }
  }

  /// A parameter in the float type in which its arithmetic with float32 data is.
  ///
  /// numpy promotes float32 with integers of at most 16 bits to float32, with wider ones and with
  /// float64 to float64 (`numpy.result_type`); integer parameters are such floats here, under a name
  /// of their own.
  private mutating func parameter(_ id: TensorID) throws(ONNXProblem.Kind) -> TensorID {
    let own = type(id)
    if own == .float32 || own == .float64 { return id }
    guard let numbers = constantNumbers(id), own.integer != nil || own.isRealNumber else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "float32, float64 or a constant integer",
        found: own.name)
    }
    let isWide = own.integer.map { $0.width > 16 } ?? false
    let type: ONNXElementType = isWide ? .float64 : .float32
    let name = "\(tensor(id).name)/\(type.name)"
    if let known = names[name], tensor(known).constant != nil { return known }
    try countFolded(numbers.count)
    return try add(
      name, shape: shape(id), type: type,
      constant: isWide ? .float64(numbers) : .float32(numbers.map { Float($0) }))
  }

  private func rounding(_ call: ONNXCall, default name: String) throws(ONNXProblem.Kind)
    -> QONNXRounding
  {
    let name = try call.string("rounding_mode") ?? name
    guard let rounding = QONNXRounding(name: name) else {
      throw .attribute(
        "rounding_mode", found: "'\(name)'",
        expected: QONNXRounding.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return rounding
  }

  private func requireBits(
    _ call: ONNXCall, _ index: Int, _ purpose: String
  ) throws(ONNXProblem.Kind) {
    let id = try call.input(index)
    guard let values = constantNumbers(id) else {
      throw .notConstant(operand: "'\(tensor(id).name)'", purpose: purpose)
    }
    guard values.allSatisfy({ (1...64).contains($0) }) else {
      throw .operandType(
        operand: "'\(tensor(id).name)'", expected: "1 to 64 bits", found: "\(values.first ?? 0)")
    }
  }

  private mutating func quant(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    try requireBits(call, 3, "the bit width")
    try emitQONNX(
      call,
      .quant(
        isSigned: try call.flag("signed", default: true),
        isNarrow: try call.flag("narrow", default: true),
        rounding: try rounding(call, default: "ROUND")), operands: 4)
  }

  private mutating func truncate(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let rounding = try rounding(call, default: "FLOOR")
    if call.version < 2 {
      try requireBits(call, 3, "the input's bit width")
      try requireBits(call, 4, "the output's bit width")
      try emitQONNX(call, .truncate(rounding: rounding), operands: 5)
    } else {
      try requireBits(call, 5, "the output's bit width")
      try emitQONNX(
        call,
        .truncateToScale(
          isSigned: try call.flag("signed", default: true),
          isNarrow: try call.flag("narrow", default: false), rounding: rounding), operands: 6)
    }
  }

  private mutating func floatQuant(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    try emitQONNX(
      call,
      .floatQuant(
        rounding: try rounding(call, default: "ROUND"),
        hasInfinity: try call.flag("has_inf", default: false),
        hasNaN: try call.flag("has_nan", default: false),
        saturates: try call.flag("saturation", default: true)), operands: 6)
  }

  private mutating func multiThreshold(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    var layout = try call.string("data_layout") ?? ""
    if layout.isEmpty {
      layout = ["", "", "NC", "NWC", "NCHW"].dropFirst(shape(data).rank).first ?? ""
    }
    let position = Array(layout.utf8).firstIndex(of: UInt8(ascii: "C")) ?? 1
    try emitQONNX(
      call,
      .multiThreshold(
        channelAxis: try call.axis(position, rank: shape(data).rank),
        scale: try call.float("out_scale", default: 1),
        bias: try call.float("out_bias", default: 0)), operands: 2)
  }
}
