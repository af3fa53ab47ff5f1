internal import QuantGraph

extension ONNXGraphBuilder {
  /// Operators whose result is known when the file is read.
  static let constantRules: [String: Rule] = [
    "Constant": { (b, c) throws(ONNXProblem.Kind) in try b.constant(c) },
    "ConstantOfShape": { (b, c) throws(ONNXProblem.Kind) in try b.constantOfShape(c) },
    "Shape": { (b, c) throws(ONNXProblem.Kind) in try b.shapeOf(c) },
    "Size": { (b, c) throws(ONNXProblem.Kind) in
      let count = b.shape(try c.input(0)).count
      try b.known(c, [], .int64, .int64([Int64(count)]))
    },
    "Range": { (b, c) throws(ONNXProblem.Kind) in try b.range(c) },
  ]

  private mutating func known(
    _ call: ONNXCall, _ shape: Shape, _ type: ONNXElementType, _ codes: Codes
  ) throws(ONNXProblem.Kind) {
    guard let name = call.node.output.first, !name.isEmpty else {
      throw .operandCount(expected: "1 result", found: 0)
    }
    _ = try add(name, shape: shape, type: type, constant: codes)
  }

  private mutating func constant(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    if call.has("sparse_value") { throw .sparse }
    if let tensor = try call.tensor("value") {
      let (type, shape, codes) = try reader.read(tensor)
      try known(call, shape, type, codes)
    } else if let value = call.list("value_int") {
      try known(call, [], .int64, .int64([value.i]))
    } else if let value = call.list("value_float") {
      try known(call, [], .float32, .float32([value.f]))
    } else if let value = call.list("value_ints") {
      try known(call, try newShape([value.ints.count]), .int64, .int64(value.ints))
    } else if let value = call.list("value_floats") {
      try known(call, try newShape([value.floats.count]), .float32, .float32(value.floats))
    } else {
      throw .missingAttribute("value")
    }
  }

  private mutating func constantOfShape(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let shape = try newShape(try constantIntegers(try call.input(0), purpose: "the shape"))
    guard shape.count <= Self.foldLimit else {
      throw .limit("elements of a constant", found: shape.count, limit: Self.foldLimit)
    }
    try countFolded(shape.count)
    guard let tensor = try call.tensor("value") else {
      let zeros = [Float](repeating: 0, count: shape.count)
      try known(call, shape, .float32, .float32(zeros))
      return
    }
    let (type, single, codes) = try reader.read(tensor)
    guard single.count == 1 else {
      throw .attribute("value", found: "\(single.count) elements", expected: "1")
    }
    try known(call, shape, type, codes.picking([Int](repeating: 0, count: shape.count)))
  }

  private mutating func shapeOf(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let extents = shape(try call.input(0)).extents
    func bound(_ value: Int) -> Int {
      min(max(value < 0 ? value + extents.count : value, 0), extents.count)
    }
    let start = bound(try call.integer("start", default: 0))
    let end = max(start, bound(try call.integer("end", default: extents.count)))
    let part = extents[start..<end].map(Int64.init)
    try known(call, try newShape([part.count]), .int64, .int64(part))
  }

  private mutating func range(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let ids = [try call.input(0), try call.input(1), try call.input(2)]
    try requireSameType(ids)
    switch type(ids[0]) {
    case .float32:
      var values: [Float] = []
      for id in ids { values.append(Float(try constantNumber(id, purpose: "the range"))) }
      try realRange(call, values) { .float32($0) }
    case .float64:
      var values: [Double] = []
      for id in ids { values.append(try constantNumber(id, purpose: "the range")) }
      try realRange(call, values) { .float64($0) }
    default: try integerRange(call, ids)
    }
  }

  /// Numbers from the first on, each the sum of the one before and the step.
  ///
  /// Source: onnxruntime 1.32, `core/providers/cpu/generator/range.cc`: the count is
  /// `ceil((limit - start) / delta)`, the difference in the type, the quotient in binary64.
  private mutating func realRange<Number: BinaryFloatingPoint>(
    _ call: ONNXCall, _ bounds: [Number], _ codes: ([Number]) -> Codes
  ) throws(ONNXProblem.Kind) {
    let quotient = Double(bounds[1] - bounds[0]) / Double(bounds[2])
    guard quotient.isFinite else {
      throw .attribute("delta", found: "\(bounds[2])", expected: "a finite range")
    }
    let count = Int(min(max(quotient.rounded(.up), 0), Double(Self.foldLimit) + 1))
    guard count <= Self.foldLimit else {
      throw .limit("elements of a range", found: count, limit: Self.foldLimit)
    }
    try countFolded(count)
    var values: [Number] = []
    var value = bounds[0]
    for _ in 0..<count {
      values.append(value)
      value += bounds[2]
    }
    try known(call, try newShape([count]), type(try call.input(0)), codes(values))
  }

  private mutating func integerRange(
    _ call: ONNXCall, _ ids: [TensorID]
  ) throws(ONNXProblem.Kind) {
    var bounds: [Int] = []
    for id in ids {
      let values = try constantIntegers(id, purpose: "the range")
      guard values.count == 1, abs(values[0].clampedMagnitude) <= 1 << 40 else {
        throw .operandType(operand: "range", expected: "three numbers", found: "\(values)")
      }
      bounds.append(values[0])
    }
    guard bounds[2] != 0 else { throw .attribute("delta", found: "0", expected: "another number") }
    let values = Array(
      stride(from: bounds[0], to: bounds[1], by: bounds[2]).prefix(Self.foldLimit + 1))
    guard values.count <= Self.foldLimit else {
      throw .limit("elements of a range", found: values.count, limit: Self.foldLimit)
    }
    try countFolded(values.count)
    let type = type(try call.input(0))
    let shape = try newShape([values.count])
    switch type {
    case .int64: try known(call, shape, type, .int64(values.map(Int64.init)))
    case .int32: try known(call, shape, type, .int32(values.map { Int32(truncatingIfNeeded: $0) }))
    default:
      throw .operandType(
        operand: "range", expected: "int32, int64 or a float type", found: type.name)
    }
  }
}

extension Int {
  /// The magnitude, `Int.max` for the most negative number.
  fileprivate var clampedMagnitude: Int { Int(clamping: magnitude) }
}
