internal import FoundationEssentials
internal import QuantGraph

/// One node of the file with its operands looked up.
struct ONNXCall {
  let node: Onnx_NodeProto
  /// Position in the file, from 0.
  let index: Int
  /// Version of the operator set that defines the node.
  let version: Int
  /// Operands in order; nil for those left out.
  let inputs: [TensorID?]

  /// The operand at `index`.
  ///
  /// - Throws: ``ONNXProblem/Kind/operandCount(expected:found:)`` if it is missing.
  func input(_ index: Int) throws(ONNXProblem.Kind) -> TensorID {
    guard index < inputs.count, let id = inputs[index] else {
      throw .operandCount(expected: "at least \(index + 1)", found: inputs.count)
    }
    return id
  }

  /// The operand at `index`, or nil if it is left out.
  func optional(_ index: Int) -> TensorID? { index < inputs.count ? inputs[index] : nil }

  /// Operands that are all there, at least `minimum` of them.
  func allInputs(atLeast minimum: Int) throws(ONNXProblem.Kind) -> [TensorID] {
    guard inputs.count >= minimum else {
      throw .operandCount(expected: "at least \(minimum)", found: inputs.count)
    }
    var result: [TensorID] = []
    for index in inputs.indices { result.append(try input(index)) }
    return result
  }
}

// MARK: Attributes

extension ONNXCall {
  private func attribute(
    _ name: String, _ type: Onnx_AttributeProto.AttributeType
  ) throws(ONNXProblem.Kind) -> Onnx_AttributeProto? {
    guard let found = node.attribute.first(where: { $0.name == name }) else { return nil }
    guard found.refAttrName.isEmpty else {
      throw .unsupportedFeature("attribute '\(name)' that refers to a function's")
    }
    // Files of the first schema versions leave the type out.
    guard found.type == type || found.type == .undefined else {
      throw .attribute(name, found: "of type \(found.type)", expected: "type \(type)")
    }
    return found
  }

  func has(_ name: String) -> Bool { node.attribute.contains { $0.name == name } }

  func integer(_ name: String) throws(ONNXProblem.Kind) -> Int? {
    guard let found = try attribute(name, .int) else { return nil }
    guard let value = Int(exactly: found.i) else {
      throw .attribute(name, found: "\(found.i)", expected: "a smaller number")
    }
    return value
  }

  func integer(_ name: String, default value: Int) throws(ONNXProblem.Kind) -> Int {
    try integer(name) ?? value
  }

  func flag(_ name: String, default value: Bool) throws(ONNXProblem.Kind) -> Bool {
    try integer(name).map { $0 != 0 } ?? value
  }

  func float(_ name: String, default value: Float) throws(ONNXProblem.Kind) -> Float {
    try attribute(name, .float)?.f ?? value
  }

  func string(_ name: String) throws(ONNXProblem.Kind) -> String? {
    guard let found = try attribute(name, .string) else { return nil }
    guard let text = String(data: found.s, encoding: .utf8) else {
      throw .attribute(name, found: "no text", expected: "UTF-8")
    }
    return text
  }

  func integers(_ name: String) throws(ONNXProblem.Kind) -> [Int]? {
    guard let found = try attribute(name, .ints) else { return nil }
    guard found.ints.count <= 64 else {
      throw .attribute(name, found: "\(found.ints.count) numbers", expected: "at most 64")
    }
    return found.ints.map { Int(clamping: $0) }
  }

  func tensor(_ name: String) throws(ONNXProblem.Kind) -> Onnx_TensorProto? {
    try attribute(name, .tensor)?.t
  }

  /// The attribute's raw lists, for Constant's `value_ints` and `value_floats`.
  func list(_ name: String) -> Onnx_AttributeProto? {
    node.attribute.first { $0.name == name }
  }

  /// An attribute that must have one value, because nothing else is supported.
  func require(_ name: String, _ allowed: Int) throws(ONNXProblem.Kind) {
    if let value = try integer(name), value != allowed {
      throw .attribute(name, found: "\(value)", expected: "\(allowed)")
    }
  }

  /// `axis`, counted from the end if negative, below `rank`.
  func axis(_ value: Int, rank: Int) throws(ONNXProblem.Kind) -> Int {
    guard (-rank..<rank).contains(value) else {
      throw .attribute("axis", found: "\(value)", expected: "\(-rank) to \(rank - 1)")
    }
    return value < 0 ? value + rank : value
  }

  /// Distinct axes below `rank`, ascending.
  func axes(_ values: [Int], rank: Int) throws(ONNXProblem.Kind) -> [Int] {
    var result: [Int] = []
    for value in values { result.append(try axis(value, rank: rank)) }
    guard Set(result).count == result.count else {
      throw .attribute("axes", found: "\(values)", expected: "each axis once")
    }
    return result.sorted()
  }
}
