internal import Arith
internal import QuantGraph

extension ONNXGraphBuilder {
  /// Operators that move elements without changing them.
  static let movementRules: [String: Rule] = [
    "Identity": { (b, c) throws(ONNXProblem.Kind) in try b.identity(c) },
    "Dropout": { (b, c) throws(ONNXProblem.Kind) in try b.identity(c) },
    "Reshape": { (b, c) throws(ONNXProblem.Kind) in try b.reshape(c) },
    "Flatten": { (b, c) throws(ONNXProblem.Kind) in try b.flatten(c) },
    "Squeeze": { (b, c) throws(ONNXProblem.Kind) in try b.squeeze(c) },
    "Unsqueeze": { (b, c) throws(ONNXProblem.Kind) in try b.unsqueeze(c) },
    "Transpose": { (b, c) throws(ONNXProblem.Kind) in try b.transpose(c) },
    "Concat": { (b, c) throws(ONNXProblem.Kind) in try b.concatenate(c) },
    "Split": { (b, c) throws(ONNXProblem.Kind) in try b.split(c) },
    "Slice": { (b, c) throws(ONNXProblem.Kind) in try b.slice(c) },
    "Gather": { (b, c) throws(ONNXProblem.Kind) in try b.gather(c) },
    "Expand": { (b, c) throws(ONNXProblem.Kind) in try b.expand(c) },
    "Tile": { (b, c) throws(ONNXProblem.Kind) in try b.tile(c) },
    "Pad": { (b, c) throws(ONNXProblem.Kind) in try b.pad(c) },
    "DepthToSpace": { (b, c) throws(ONNXProblem.Kind) in try b.depthToSpace(c) },
    "SpaceToDepth": { (b, c) throws(ONNXProblem.Kind) in try b.spaceToDepth(c) },
  ]

  /// A node that only gives the data another shape; quantization of a whole tensor stays.
  private mutating func moved(
    _ call: ONNXCall, _ operation: Operator, _ data: TensorID, _ extents: [Int]
  ) throws(ONNXProblem.Kind) {
    try emit(call, operation, [data], [movedResult(data, try newShape(extents))])
  }

  /// A result whose elements are those of `data`, with its scale if it has one for all.
  func movedResult(_ data: TensorID, _ shape: Shape) -> Result {
    var encoding: Encoding?
    if case .affine(let format) = tensor(data).encoding, format.axis == nil {
      encoding = tensor(data).encoding
    }
    return Result(shape: shape, type: type(data), encoding: encoding)
  }

  private mutating func identity(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    if call.optional(2).flatMap({ tensor($0).constant?.int64?.first }) == 1 {
      throw .unsupportedFeature("Dropout in training mode")
    }
    try moved(call, .reshape, data, shape(data).extents)
  }

  private mutating func reshape(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let target: [Int]
    if call.version < 5, let given = try call.integers("shape") {
      target = given
    } else {
      target = try constantIntegers(try call.input(1), purpose: "the shape")
    }
    let allowsZero = try call.flag("allowzero", default: false)
    var extents = target
    for axis in target.indices where target[axis] == 0 && !allowsZero {
      guard axis < shape(data).rank else {
        throw .operandType(
          operand: "shape", expected: "at most \(shape(data).rank) axes where 0 copies one",
          found: "\(target)")
      }
      extents[axis] = shape(data)[axis]
    }
    if let open = extents.firstIndex(of: -1) {
      var known = 1
      for (axis, extent) in extents.enumerated() where axis != open {
        let (product, overflow) = known.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !overflow else { throw .shape(target.map(Int64.init)) }
        known = product
      }
      guard known > 0, shape(data).count % known == 0 else {
        throw .graph(
          .elementCount(operand: "reshaped data", expected: known, found: shape(data).count))
      }
      extents[open] = shape(data).count / known
    }
    try moved(call, .reshape, data, extents)
  }

  private mutating func flatten(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let extents = shape(data).extents
    var axis = try call.integer("axis", default: 1)
    if axis != extents.count { axis = try call.axis(axis, rank: max(extents.count, 1)) }
    try moved(
      call, .reshape, data,
      [extents.prefix(axis).reduce(1, *), extents.dropFirst(axis).reduce(1, *)])
  }

  private func axesOperand(_ call: ONNXCall) throws(ONNXProblem.Kind) -> [Int]? {
    if call.version < 13 { return try call.integers("axes") }
    return try call.optional(1).map { (id) throws(ONNXProblem.Kind) in
      try constantIntegers(id, purpose: "the axes")
    }
  }

  private mutating func squeeze(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let extents = shape(data).extents
    let axes: [Int]
    if let given = try axesOperand(call) {
      axes = try call.axes(given, rank: extents.count)
    } else {
      axes = extents.indices.filter { extents[$0] == 1 }
    }
    for axis in axes where extents[axis] != 1 {
      throw .attribute("axes", found: "\(axes)", expected: "axes of extent 1 of \(extents)")
    }
    try moved(
      call, .reshape, data, extents.indices.filter { !axes.contains($0) }.map { extents[$0] })
  }

  private mutating func unsqueeze(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    guard let given = try axesOperand(call) else { throw .missingAttribute("axes") }
    var extents = shape(data).extents
    for axis in try call.axes(given, rank: extents.count + given.count) {
      extents.insert(1, at: axis)
    }
    try moved(call, .reshape, data, extents)
  }

  private mutating func transpose(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let extents = shape(data).extents
    let permutation = try call.integers("perm") ?? Array(extents.indices.reversed())
    guard permutation.sorted() == Array(extents.indices) else {
      throw .attribute("perm", found: "\(permutation)", expected: "each of \(extents.count) axes")
    }
    try moved(call, .transpose(permutation: permutation), data, permutation.map { extents[$0] })
  }

  private mutating func concatenate(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try call.allInputs(atLeast: 1)
    try requireSameType(operands)
    guard let given = try call.integer("axis") else { throw .missingAttribute("axis") }
    let axis = try call.axis(given, rank: shape(operands[0]).rank)
    let joined = try joinedShape(operands, axis: axis)
    try emit(
      call, .concatenate(axis: axis), operands, [Result(shape: joined, type: type(operands[0]))])
  }

  func joinedShape(_ operands: [TensorID], axis: Int) throws(ONNXProblem.Kind) -> Shape {
    var extents = shape(operands[0]).extents
    var total = 0
    for id in operands {
      guard shape(id).rank == extents.count else {
        throw .graph(
          .shapeMismatch(
            operand: tensor(id).name, expected: extents, found: shape(id).extents))
      }
      total += shape(id)[axis]
    }
    extents[axis] = total
    return try newShape(extents)
  }

  private mutating func split(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let axis = try call.axis(try call.integer("axis", default: 0), rank: shape(data).rank)
    let parts = call.node.output.count
    let given: [Int]?
    if call.version < 13 {
      given = try call.integers("split")
    } else {
      given = try call.optional(1).map { (id) throws(ONNXProblem.Kind) in
        try constantIntegers(id, purpose: "the parts")
      }
    }
    let extent = shape(data)[axis]
    let count = try call.integer("num_outputs", default: parts)
    guard count == parts, parts > 0 else {
      throw .attribute("num_outputs", found: "\(count)", expected: "\(parts)")
    }
    let chunk = (extent + parts - 1) / parts
    let sizes = given ?? (0..<parts).map { max(0, min(chunk, extent - $0 * chunk)) }
    guard sizes.count == parts, sizes.allSatisfy({ (0...extent).contains($0) }),
      sizes.reduce(0, +) == extent
    else {
      throw .attribute("split", found: "\(sizes)", expected: "\(parts) parts of \(extent)")
    }
    var results: [Result] = []
    for size in sizes {
      var extents = shape(data).extents
      extents[axis] = size
      results.append(movedResult(data, try newShape(extents)))
    }
    try emit(call, .split(axis: axis), [data], results)
  }

  private mutating func slice(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let extents = shape(data).extents
    func operand(_ index: Int, _ name: String) throws(ONNXProblem.Kind) -> [Int]? {
      if call.version < 10 { return try call.integers(name) }
      return try call.optional(index).map { (id) throws(ONNXProblem.Kind) in
        try constantIntegers(id, purpose: "the \(name)")
      }
    }
    guard let starts = try operand(1, "starts"), let ends = try operand(2, "ends") else {
      throw .missingAttribute("starts and ends")
    }
    let axes = try operand(3, "axes") ?? Array(starts.indices)
    let steps = (call.version < 10 ? nil : try operand(4, "steps")) ?? starts.map { _ in 1 }
    guard [ends.count, axes.count, steps.count].allSatisfy({ $0 == starts.count }) else {
      throw .attribute("slice", found: "lists of different lengths", expected: "one number an axis")
    }
    _ = try call.axes(axes, rank: extents.count)
    var begin = [Int](repeating: 0, count: extents.count)
    var strides = [Int](repeating: 1, count: extents.count)
    var counts = extents
    for (index, givenAxis) in axes.enumerated() {
      let axis = try call.axis(givenAxis, rank: extents.count)
      let extent = extents[axis]
      guard steps[index] != 0 else {
        throw .attribute("steps", found: "0", expected: "another number")
      }
      let step = min(max(steps[index], -(1 << 30)), 1 << 30)
      func absolute(_ value: Int, _ range: ClosedRange<Int>) -> Int {
        let shifted = value < 0 ? value + extent : value
        return min(max(shifted, range.lowerBound), range.upperBound)
      }
      let first =
        step > 0
        ? absolute(starts[index], 0...extent)
        : absolute(starts[index], 0...max(extent - 1, 0))
      let last =
        step > 0
        ? absolute(ends[index], 0...extent)
        : absolute(ends[index], -1...max(extent - 1, -1))
      let span = step > 0 ? last - first : first - last
      counts[axis] = extent == 0 || span <= 0 ? 0 : (span + abs(step) - 1) / abs(step)
      begin[axis] = counts[axis] == 0 ? 0 : first
      strides[axis] = step
    }
    let slice = Slice(begin: begin, extents: counts, strides: strides)
    try moved(call, .slice(slice), data, counts)
  }

  private mutating func gather(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let indices = try call.input(1)
    guard [.int32, .int64].contains(type(indices)) else {
      throw .operandType(operand: "indices", expected: "int64", found: type(indices).name)
    }
    let extents = shape(data).extents
    let axis = try call.axis(try call.integer("axis", default: 0), rank: extents.count)
    if let known = tensor(indices).constant?.int64 {
      let bound = Int64(extents[axis])
      if let wrong = known.first(where: { !(-bound..<bound).contains($0) }) {
        throw .operandType(
          operand: "indices", expected: "within \(-bound) to \(bound - 1)", found: "\(wrong)")
      }
    }
    let result = Array(extents[..<axis]) + shape(indices).extents + Array(extents[(axis + 1)...])
    try emit(
      call, .gatherAxis(axis: axis), [data, indices], [movedResult(data, try newShape(result))])
  }

  private mutating func expand(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let target = try newShape(
      try constantIntegers(try call.input(1), purpose: "the shape"))
    let own = shape(data)
    let shape = try checked { () throws(GraphError) in try Shape.broadcast([own, target]) }
    try moved(call, .broadcast, data, shape.extents)
  }

  private mutating func tile(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let repeats = try constantIntegers(try call.input(1), purpose: "the repeats")
    let extents = shape(data).extents
    guard repeats.count == extents.count, repeats.allSatisfy({ (1...1 << 30).contains($0) }) else {
      throw .operandType(
        operand: "repeats", expected: "\(extents.count) positive numbers", found: "\(repeats)")
    }
    var result: [Int] = []
    for (extent, count) in zip(extents, repeats) {
      let (product, overflow) = extent.multipliedReportingOverflow(by: count)
      guard !overflow else { throw .shape(repeats.map(Int64.init)) }
      result.append(product)
    }
    try moved(call, .tile(repeats: repeats), data, result)
  }

  private mutating func pad(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let extents = shape(data).extents
    let name = try call.string("mode") ?? "constant"
    guard let rule = Surround.Rule(rawValue: name), rule != .symmetric else {
      throw .attribute("mode", found: "'\(name)'", expected: "constant, reflect or edge")
    }
    let pads: [Int]
    if call.version < 11 {
      guard let given = try call.integers("pads") else { throw .missingAttribute("pads") }
      pads = given
    } else {
      pads = try constantIntegers(try call.input(1), purpose: "the margins")
    }
    var axes = Array(extents.indices)
    if let given = call.optional(3) {
      axes = []
      for axis in try constantIntegers(given, purpose: "the axes") {
        axes.append(try call.axis(axis, rank: extents.count))
      }
    }
    guard pads.count == 2 * axes.count, Set(axes).count == axes.count,
      pads.allSatisfy({ (0...1 << 28).contains($0) })
    else {
      throw .attribute("pads", found: "\(pads)", expected: "\(2 * axes.count) counts, 0 or more")
    }
    var before = [Int](repeating: 0, count: extents.count)
    var after = before
    for (index, axis) in axes.enumerated() {
      before[axis] = pads[index]
      after[axis] = pads[axes.count + index]
    }
    var operands = [data]
    if rule == .constant {
      if call.version < 11 {
        let value = try call.float("value", default: 0)
        guard type(data) == .float32 else {
          throw .operandType(operand: "data", expected: "float32", found: type(data).name)
        }
        operands.append(
          try addConstant("\(tensor(data).name)/margin", type: .float32, .float32([value])))
      } else if let value = call.optional(2) {
        try requireSameType([data, value])
        operands.append(value)
      } else {
        operands.append(try zero(of: type(data), named: "\(tensor(data).name)/margin"))
      }
    }
    let surround = Surround(before: before, after: after, rule: rule)
    let result = extents.indices.map { extents[$0] + before[$0] + after[$0] }
    try emit(call, .surround(surround), operands, [movedResult(data, try newShape(result))])
  }

  /// A constant zero (for floats the code of +0) of a type.
  mutating func zero(
    of type: ONNXElementType, named name: String, count: Int = 1
  ) throws(ONNXProblem.Kind) -> TensorID {
    let bytes = [UInt8](repeating: 0, count: (count * type.bits + 7) / 8)
    let codes = try ONNXTensorReader.unpack(bytes, type: type, count: count)
    return try addConstant(name, shape: count == 1 ? [] : try newShape([count]), type: type, codes)
  }

  private mutating func depthToSpace(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let (extents, block) = try blocks(call, data)
    let mode = try call.string("mode") ?? "DCR"
    guard mode == "DCR" || mode == "CRD", extents[1] % (block * block) == 0 else {
      throw .attribute(
        "blocksize", found: "\(block), mode \(mode)", expected: "to divide \(extents[1]) channels")
    }
    let rearrangement = BlockRearrangement(
      direction: mode == "DCR" ? .depthToSpace : .channelsToSpace, block: block,
      layout: .channelsFirst)
    try moved(
      call, .rearrange(rearrangement), data,
      [extents[0], extents[1] / (block * block), extents[2] * block, extents[3] * block])
  }

  private mutating func spaceToDepth(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let (extents, block) = try blocks(call, data)
    guard extents[2] % block == 0, extents[3] % block == 0 else {
      throw .attribute("blocksize", found: "\(block)", expected: "to divide the image")
    }
    let rearrangement = BlockRearrangement(
      direction: .spaceToDepth, block: block, layout: .channelsFirst)
    try moved(
      call, .rearrange(rearrangement), data,
      [extents[0], extents[1] * block * block, extents[2] / block, extents[3] / block])
  }

  private func blocks(
    _ call: ONNXCall, _ data: TensorID
  ) throws(ONNXProblem.Kind) -> (extents: [Int], block: Int) {
    guard let block = try call.integer("blocksize") else { throw .missingAttribute("blocksize") }
    guard shape(data).rank == 4, (1...4096).contains(block) else {
      throw .attribute("blocksize", found: "\(block)", expected: "1 to 4096, data of 4 axes")
    }
    return (shape(data).extents, block)
  }
}
