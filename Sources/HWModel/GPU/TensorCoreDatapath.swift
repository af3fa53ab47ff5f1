internal import Arith
public import QuantGraph

/// A graph whose convolutions and matrix products run on a GPU's tensor cores; other nodes run by the
/// graph's own rules.
///
/// Floating-point products are the block sums of `TensorCoreRule` (a model of measured hardware), float32
/// operands rounded to ``TensorCoreRules/operands`` first; a bias and factors are applied to the float32
/// sum, each rounded, before the result is stored. The order of a convolution's sum: `TensorCoreLayer`.
/// Sums of integer codes of at most 8 bits are exact modulo 2^32 (`IntegerMMA`, PTX ISA `mma`), as those of
/// the graph's own rules are; a generation without such instructions is refused. Depthwise convolutions,
/// which have one channel a sum, run on the ordinary cores.
public struct TensorCoreDatapath: Datapath {
  public static let name = "tensor-core"
  /// With the generation: `tensor-core@ampere`.
  public var name: String { rules.name }
  public let rules: TensorCoreRules
  /// The graph's own rules.
  public let base: any Datapath

  public init(_ rules: TensorCoreRules, base: any Datapath) {
    self.rules = rules
    self.base = base
  }

  public var preferredLanes: Int? { base.preferredLanes }
  public var isSampleMajor: Bool { base.isSampleMajor }
  public var inputRounding: FloatingPointRoundingRule { base.inputRounding }

  public func supports(_ operation: Operator) -> Bool {
    if case .transposedConvolution = operation { return false }
    return base.supports(operation)
  }

  public func prepare(_ graph: Graph) throws(DatapathError) -> Graph { try base.prepare(graph) }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try base.planInput(tensor)
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    if let (a, b) = operands(of: node, in: graph),
      let unit = try unit(graph[a].encoding, graph[b].encoding)
    {
      return try planned(node, in: graph, unit)
    }
    return try base.plan(node, in: graph, inputs: inputs)
  }

  /// What multiplies floating-point operands; nil for integers that an instruction takes.
  private func unit(_ a: Encoding, _ b: Encoding) throws(DatapathError) -> TensorCoreUnit? {
    do throws(TensorCoreError) {
      if let (x, y) = try Self.floats(a, b) { return try rules.unit(x, y) }
      try rules.checkIntegers(a, b)
      return nil
    } catch {
      throw .instruction(error)
    }
  }

  /// The tensors that a node multiplies on tensor cores; nil for other nodes and depthwise layers.
  private func operands(of node: Node, in graph: Graph) -> (TensorID, TensorID)? {
    func pair(_ second: Int) -> (TensorID, TensorID)? {
      node.inputs.count > second ? (node.inputs[0], node.inputs[second]) : nil
    }
    func multiplies(_ convolution: Convolution) -> Bool {
      guard let first = node.inputs.first, !convolution.isDepthwise else { return false }
      if case .groups(let count) = convolution.grouping, count > 1 {
        let shape = graph[first].shape
        let axis =
          convolution.layout == .channelsFirst
          ? shape.rank - convolution.kernel.count - 1 : shape.rank - 1
        return axis >= 0 && shape[axis] > count
      }
      return true
    }
    switch node.operation {
    case .convolution(let convolution): return multiplies(convolution) ? pair(1) : nil
    case .matMul, .dense: return pair(1)
    case .quantized(let quantized):
      switch quantized.function {
      case .convolution(let convolution): return multiplies(convolution) ? pair(3) : nil
      case .matMul: return pair(3)
      default: return nil
      }
    case .integerProduct(.convolution(let convolution)):
      return multiplies(convolution) ? pair(2) : nil
    case .integerProduct(.matMul): return pair(2)
    default: return nil
    }
  }

  /// Formats of two floating-point operands, nil for float32; nil for integers.
  private static func floats(
    _ a: Encoding, _ b: Encoding
  ) throws(TensorCoreError) -> (FloatFormat?, FloatFormat?)? {
    guard case .float(let x) = a, case .float(let y) = b else { return nil }
    if x == .float64 || y == .float64 { throw .operands(a.name, b.name) }
    return (x == .float32 ? nil : x, y == .float32 ? nil : y)
  }

  private func planned(
    _ node: Node, in graph: Graph, _ unit: TensorCoreUnit
  ) throws(DatapathError) -> PlannedNode {
    let arrays = try ArrayNode(node, graph.tensors)
    switch node.operation {
    case .convolution(let convolution): return try arrays.blockConvolution(convolution, unit)
    case .matMul(let product): return try arrays.blockProduct(product, unit)
    default: throw .form(node, "a floating-point layer of another kind than Conv, Gemm and MatMul")
    }
  }
}

extension ArrayNode {
  /// A convolution over one or two axes as an implicit product; the bias is added in float32.
  fileprivate func blockConvolution(
    _ convolution: Convolution, _ unit: TensorCoreUnit
  ) throws(DatapathError) -> PlannedNode {
    guard convolution.accumulation == nil, convolution.range.isUnbounded else {
      throw .parameter("convolution", reason: "array operators have no accumulator or clamp")
    }
    let (operands, result) = (operands, result)
    let axes = convolution.kernel.count
    func sample(_ shape: Shape) -> Shape? { try? Shape(Array(shape.extents.suffix(axes + 1))) }
    guard let data = sample(operands[0].shape), let output = sample(result.shape),
      let geometry = LayerGeometry(convolution, data: data, result: output)
    else {
      throw .form(node, "one or two spatial axes and moderate margins are supported")
    }
    let order = geometry.weightOrder(convolution)
    @Sendable func layer(_ weights: [Float]) -> TensorCoreLayer {
      TensorCoreLayer(geometry, weights: order.map { weights[$0] }, unit: unit)
    }
    let samples = data.count > 0 ? operands[0].shape.count / data.count : 0
    let isFirst = convolution.layout == .channelsFirst
    let known = operands[1].fixedNumbers.map(layer)
    return planned { o in
      let layer = known ?? layer(operands[1].reals(as: Float.self, o))
      let given = operands[0].reals(as: Float.self, o)
      var (image, sums) = (given, [Float](repeating: 0, count: result.shape.count))
      func moved(_ values: inout [Float], _ move: ImageMove) {
        let source = values
        values.withUnsafeMutableBufferPointer { to in
          source.withUnsafeBufferPointer { from in
            if let from = from.baseAddress, let to = to.baseAddress {
              move.run(from, samples: samples, into: to)
            }
          }
        }
      }
      if isFirst {
        moved(
          &image,
          ImageMove(
            channels: geometry.channels, plane: geometry.rows * geometry.columns,
            toChannelsLast: true))
      }
      image.withUnsafeBufferPointer { from in
        sums.withUnsafeMutableBufferPointer { to in
          if let from = from.baseAddress, let to = to.baseAddress {
            layer.run(from, samples: samples, into: to)
          }
        }
      }
      if operands.count > 2 {
        let bias = operands[2].reals(as: Float.self, o)
        for index in sums.indices { sums[index] += bias[index % geometry.filters] }
      }
      if isFirst {
        moved(
          &sums,
          ImageMove(
            channels: geometry.filters, plane: geometry.positions, toChannelsLast: false))
      }
      o.outputs[0].store(reals: sums, kind: result.kind)
    }
  }

  /// A product of matrices; factors and the bias act on the float32 sums.
  fileprivate func blockProduct(
    _ product: MatMul, _ unit: TensorCoreUnit
  ) throws(DatapathError) -> PlannedNode {
    guard product.range.isUnbounded else {
      throw .parameter("range", reason: "array operators clamp in a node of their own")
    }
    let (operands, result) = (operands, result)
    let geometry = ProductGeometry(product, left: operands[0].shape, right: operands[1].shape)
    let known = operands[1].fixedNumbers.map { geometry.right($0, unit) }
    return planned { o in
      let right = known ?? geometry.right(operands[1].reals(as: Float.self, o), unit)
      var sums = geometry.blockSums(operands[0].reals(as: Float.self, o), right, unit)
      if product.productFactor != 1 {
        for index in sums.indices { sums[index] *= product.productFactor }
      }
      if operands.count > 2 {
        let bias = Self.broadcast(
          operands[2].reals(as: Float.self, o), operands[2].shape, to: result.shape)
        for index in sums.indices { sums[index] += product.biasFactor * bias[index] }
      }
      o.outputs[0].store(reals: sums, kind: result.kind)
    }
  }
}

extension ArrayOperand {
  /// A constant's numbers; nil for what is computed.
  fileprivate var fixedNumbers: [Float]? {
    guard constant != nil else { return nil }
    return reals(
      as: Float.self,
      KernelOperands(
        inputs: [], outputs: [], scratch: TensorBuffer(storage: .uint8, capacity: 0), lanes: 1,
        usedLanes: 1))
  }
}

extension ProductGeometry {
  /// The right matrix of each product, taken apart once where several products share it.
  fileprivate func right(_ values: [Float], _ unit: TensorCoreUnit) -> [Int: TensorCoreMatrix] {
    let numbers = values.withUnsafeBufferPointer { unit.numbers($0, for: .b) }
    var result: [Int: TensorCoreMatrix] = [:]
    for (_, offset) in offsets where result[offset] == nil {
      result[offset] = unit.matrix(
        numbers,
        starts: (0..<columns).map { offset + (transposesRight ? $0 * inner : $0) },
        offsets: (0..<inner).map { transposesRight ? $0 : $0 * columns })
    }
    return result
  }

  /// All sums, `[product][row][column]`.
  fileprivate func blockSums(
    _ left: [Float], _ right: [Int: TensorCoreMatrix], _ unit: TensorCoreUnit
  ) -> [Float] {
    let numbers = left.withUnsafeBufferPointer { unit.numbers($0, for: .a) }
    var sums: [Float] = []
    sums.reserveCapacity(offsets.count * rows * columns)
    let places = (0..<inner).map { transposesLeft ? $0 * rows : $0 }
    for offset in offsets {
      guard let matrix = right[offset.right] else { continue }
      let starts = (0..<rows).map { offset.left + (transposesLeft ? $0 : $0 * inner) }
      sums += unit.sums(unit.matrix(numbers, starts: starts, offsets: places), matrix)
    }
    return sums
  }
}
