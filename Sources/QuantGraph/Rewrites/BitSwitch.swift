public import Arith

extension Graph {
  /// The graph with some of its integer weights cut to fewer bits, from the stored higher-bit ones.
  ///
  /// A code of h bits becomes `clip(round(code / 2^(h - l)))` of l bits and the scale grows by
  /// `2^(h - l)`, so that one stored set of integers serves every width (double rounding of the
  /// trained value: once to h bits, once to l). An int32 bias that is added to these weights' sums is
  /// brought to the sums' new scale by the same rounding. The results are checked to be integers of
  /// the new width, and the scales to have grown exactly.
  ///
  /// - Parameters:
  ///   - widths: new width in bits, by tensor; constants of signed or unsigned integers with zero
  ///     points 0, read by convolutions, dense layers and matrix products only.
  ///   - ties: where a value between two integers goes.
  /// - Returns: the same graph with those tensors, and the biases of their sums, exchanged.
  /// - Throws: ``GraphProblems`` naming every tensor that cannot be cut.
  ///
  /// Source: Huang et al., "Double Rounding Quantization for Flexible Deep Neural Network
  /// Compression", 2024 (bit switching from the highest stored integer width); the clip is that of
  /// the width's own range.
  public func switchingBits(
    of widths: [TensorID: Int], ties: TieRule = .halfEven
  ) throws(GraphProblems) -> Graph {
    var problems: [GraphProblem] = []
    var replaced: [TensorID: Tensor] = [:]
    var added: [Tensor] = []
    var nodes: [Int: Node] = [:]
    for (id, width) in widths.sorted(by: { $0.key < $1.key }) {
      do throws(GraphError) {
        guard tensors.indices.contains(id.index) else { throw .danglingTensor(id.index) }
        let cut = try WeightCut(self[id], width: width, ties: ties)
        replaced[id] = cut.tensor
        for (index, node) in self.nodes.enumerated() where node.inputs.contains(id) {
          guard node.inputs.count > 1, node.inputs[1] == id, node.operation.sumsProducts else {
            throw .parameter(
              "tensor '\(self[id].name)'", reason: "is read by node '\(node.name)' as no weight")
          }
          guard node.inputs.count > 2 else { continue }
          let bias = try cut.bias(self[node.inputs[2]])
          var inputs = node.inputs
          inputs[2] = TensorID(tensors.count + added.count)
          added.append(bias)
          nodes[index] = Node(
            name: node.name, operation: node.operation, inputs: inputs, outputs: node.outputs,
            origin: node.origin)
        }
      } catch {
        problems.append(.init(node: nil, error: error))
      }
    }
    guard problems.isEmpty else { throw GraphProblems(problems: problems) }
    var all = tensors
    for (id, tensor) in replaced { all[id.index] = tensor }
    var rewritten = self.nodes
    for (index, node) in nodes { rewritten[index] = node }
    return try Graph(
      name: name, tensors: all + added, nodes: rewritten, inputs: inputs, outputs: outputs,
      states: states)
  }
}

extension Operator {
  /// Whether operand 1 is a matrix or kernel of weights and operand 2 a bias.
  fileprivate var sumsProducts: Bool {
    switch self {
    case .convolution, .transposedConvolution, .dense, .matMul: true
    default: false
    }
  }
}

/// One weight tensor cut to fewer bits.
private struct WeightCut {
  let tensor: Tensor
  private let dropped: Int
  private let ties: TieRule

  init(_ original: Tensor, width: Int, ties: TieRule) throws(GraphError) {
    guard case .affine(let format) = original.encoding, let codes = original.constant?.int64 else {
      throw .notConstant("tensor '\(original.name)', whose bits are cut, of integers")
    }
    guard format.zeroPoints.allSatisfy({ $0 == 0 }) else {
      throw .parameter("tensor '\(original.name)'", reason: "has a zero point; weights have none")
    }
    let smallest = format.isSigned ? 2 : 1
    guard (smallest...format.width).contains(width) else {
      throw .parameter(
        "width \(width)", reason: "outside \(smallest) to \(format.width) of '\(original.name)'")
    }
    let dropped = format.width - width
    let top = Int64(1) << Int64(width - (format.isSigned ? 1 : 0))
    let range = format.isSigned ? -top...top - 1 : 0...top - 1
    let cut = codes.map { code in
      let rounded = RoundingShift.divide(Int128(code), byPowerOfTwo: dropped, ties: ties)
      return min(max(Int64(rounded), range.lowerBound), range.upperBound)
    }
    let factor = Double(sign: .plus, exponent: dropped, significand: 1)
    let scales = format.scales.map { $0 * factor }
    guard zip(scales, format.scales).allSatisfy({ $0.isFinite && $0 / factor == $1 }),
      cut.allSatisfy(range.contains)
    else {
      throw .parameter("tensor '\(original.name)'", reason: "has a scale that cannot grow exactly")
    }
    let encoding: AffineFormat
    do throws(FormatError) {
      encoding = try AffineFormat(
        width: width, isSigned: format.isSigned, scales: scales, zeroPoints: format.zeroPoints,
        axis: format.axis)
    } catch {
      throw .parameter("tensor '\(original.name)'", reason: "width \(width)")
    }
    self.dropped = dropped
    self.ties = ties
    tensor = Tensor(
      name: original.name, shape: original.shape, encoding: .affine(encoding),
      constant: original.constant?.replacing(cut))
  }

  /// A bias at the scale of the cut weights' sums, under a name of its own.
  func bias(_ original: Tensor) throws(GraphError) -> Tensor {
    guard case .affine(let format) = original.encoding, let codes = original.constant?.int64 else {
      throw .notConstant("bias '\(original.name)' of integers")
    }
    let factor = Double(sign: .plus, exponent: dropped, significand: 1)
    let encoding = try? AffineFormat(
      width: format.width, isSigned: format.isSigned,
      scales: format.scales == [1] ? [1] : format.scales.map { $0 * factor },
      zeroPoints: format.zeroPoints, axis: format.axis)
    guard let encoding else {
      throw .parameter("bias '\(original.name)'", reason: "width \(format.width)")
    }
    let cut = codes.map {
      Int64(RoundingShift.divide(Int128($0), byPowerOfTwo: dropped, ties: ties))
    }
    return Tensor(
      name: "\(original.name)/\(tensor.name)/\(dropped) bits less", shape: original.shape,
      encoding: .affine(encoding), constant: original.constant?.replacing(cut))
  }
}

extension Codes {
  /// Other integers of no larger magnitude in the same storage.
  fileprivate func replacing(_ values: [Int64]) -> Codes {
    switch self {
    case .int8: .int8(values.map { Int8(clamping: $0) })
    case .uint8: .uint8(values.map { UInt8(clamping: $0) })
    case .int16: .int16(values.map { Int16(clamping: $0) })
    case .uint16: .uint16(values.map { UInt16(clamping: $0) })
    case .int32: .int32(values.map { Int32(clamping: $0) })
    case .int64, .wide, .float32, .float64: .int64(values)
    }
  }
}
