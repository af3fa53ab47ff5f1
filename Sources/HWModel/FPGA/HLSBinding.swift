import Arith
import QuantGraph

/// A node of a graph with its fixed-point types read off, ready to become a step or a kernel.
struct HLSBinding {
  let node: Node
  let graph: Graph

  func tensor(_ operand: Int) -> Tensor { graph[node.inputs[operand]] }

  var output: Tensor { graph[node.outputs[0]] }

  /// The fixed-point format of an operand or the result.
  static func format(
    _ tensor: Tensor, _ operand: String
  ) throws(DatapathError) -> FixedPointFormat {
    guard case .fixed(let format) = tensor.encoding else {
      throw .encoding(operand: "\(operand) '\(tensor.name)'", expected: "fixed point")
    }
    return format
  }

  func format(_ operand: Int) throws(DatapathError) -> FixedPointFormat {
    try Self.format(tensor(operand), "operand \(operand)")
  }

  func resultFormat() throws(DatapathError) -> FixedPointFormat {
    try Self.format(output, "result")
  }

  /// The codes of a constant operand.
  func constant(_ operand: Int) throws(DatapathError) -> [Int512] {
    guard let codes = tensor(operand).constant?.wide else {
      throw .encoding(operand: "operand \(operand)", expected: "integer codes")
    }
    return codes
  }

  /// Types of a dense layer, a convolution or a normalization; the bias is operand 2 if there is one.
  func accumulationTypes(
    _ accumulation: Accumulation?, inputs: Int
  ) throws(DatapathError) -> AccumulationTypes {
    guard let accumulation else {
      throw .parameter("accumulator", reason: "this datapath needs its type")
    }
    var bias: FixedPointFormat?
    if node.inputs.count > 2 { bias = try format(2) }
    return try AccumulationTypes(
      data: try format(0), weight: tensor(1).encoding, bias: bias, accumulation: accumulation,
      result: try resultFormat(), inputs: inputs)
  }

  /// The geometry and types of a dense layer or convolution; nil for other operators.
  func accumulation() throws(DatapathError) -> (AccumulationGeometry, AccumulationTypes)? {
    let data = tensor(0).shape
    let accumulation: Accumulation?
    let inputs: Int
    switch node.operation {
    case .dense(let dense):
      (accumulation, inputs) = (dense.accumulation, data.count)
    case .convolution(let convolution):
      accumulation = convolution.accumulation
      inputs = convolution.kernel.reduce(data[data.rank - 1], *)
    default:
      return nil
    }
    if case .reuse(let factor)? = accumulation?.order, factor < 1 {
      throw .parameter("reuse factor \(factor)", reason: "must be 1 or more")
    }
    let types = try accumulationTypes(accumulation, inputs: inputs)
    switch node.operation {
    case .dense(let dense):
      let geometry = AccumulationGeometry.dense(
        inputs: inputs, outputs: output.shape.count,
        order: accumulation?.order ?? .inputOrder,
        weightsAreOutputMajor: dense.weightsAreOutputMajor)
      return (geometry, types)
    case .convolution(let convolution):
      let geometry = AccumulationGeometry.convolution(
        convolution, data: data, result: output.shape)
      return (geometry, types)
    default:
      return nil
    }
  }

  /// Elements of the data that each result element copies, -1 for a constant zero.
  ///
  /// nil for operators that compute.
  func movement() -> [Int32]? {
    let data = tensor(0).shape
    let result = output.shape
    func mapped(_ source: ([Int]) -> Int32) -> [Int32] {
      (0..<result.count).map { source(result.index(ofOffset: $0)) }
    }
    let strides = data.strides
    func offset(_ index: [Int]) -> Int32 {
      var offset = 0
      for (axis, coordinate) in index.enumerated() {
        if coordinate < 0 || coordinate >= data[axis] { return -1 }
        offset += coordinate * strides[axis]
      }
      return Int32(offset)
    }
    switch node.operation {
    case .convert, .reshape, .activation(.linear):
      return (0..<result.count).map(Int32.init)
    case .transpose(let permutation):
      return mapped { index in
        var source = index
        for (axis, from) in permutation.enumerated() { source[from] = index[axis] }
        return offset(source)
      }
    case .pad(let before, _):
      return mapped { index in offset(zip(index, before).map { $0 - $1 }) }
    case .crop(let before, _):
      return mapped { index in offset(zip(index, before).map { $0 + $1 }) }
    case .resizeNearest:
      // nnet::resize_nearest: a ratio of 16 fraction bits, rounded up by one unit.
      let ratios = data.extents.indices.map { (data[$0] << 16) / result[$0] + 1 }
      return mapped { index in
        var source = index
        for axis in 0..<(index.count - 1) { source[axis] = (index[axis] * ratios[axis]) >> 16 }
        return offset(source)
      }
    default:
      return nil
    }
  }
}
