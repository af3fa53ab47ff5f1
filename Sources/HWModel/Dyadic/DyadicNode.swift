import Arith
import QuantGraph

/// Integer sums to codes: a dyadic multiplier, one or one a channel, zero point, clamp.
struct DyadicRequantizer: Sendable {
  let scales: [DyadicScale]
  let ties: TieRule
  let zeroPoint: Int64
  let codes: ClosedRange<Int64>

  /// `sum` of channel `channel` before the zero point and the clamp.
  @inline(__always)
  func rounded(_ sum: Int64, _ channel: Int) -> Int64 {
    scales[scales.count == 1 ? 0 : channel].applied(to: sum, ties: ties)
  }

  /// A rounded value as a code.
  @inline(__always)
  func clamped(_ value: Int64) -> Int64 {
    let (code, overflow) = value.addingReportingOverflow(zeroPoint)
    return overflow ? value : min(max(code, codes.lowerBound), codes.upperBound)
  }

  @inline(__always)
  func code(_ sum: Int64, _ channel: Int) -> Int64 { clamped(rounded(sum, channel)) }
}

/// What the planning of one node knows.
struct DyadicNode {
  let node: Node
  let ties: TieRule
  let operands: [(tensor: DyadicTensor, operand: ArrayOperand)]
  let results: [DyadicTensor]
  let arrays: ArrayNode

  init(
    _ node: Node, in graph: Graph, ties: TieRule, path: KernelPath = .current
  ) throws(DatapathError) {
    self.node = node
    self.ties = ties
    arrays = try ArrayNode(node, graph.tensors, path: path)
    var operands: [(tensor: DyadicTensor, operand: ArrayOperand)] = []
    for (id, operand) in zip(node.inputs, arrays.operands) {
      operands.append((try DyadicTensor(graph[id]), operand))
    }
    self.operands = operands
    var results: [DyadicTensor] = []
    for id in node.outputs { results.append(try DyadicTensor(graph[id])) }
    self.results = results
  }

  var result: DyadicTensor { results[0] }

  func planned(_ kernel: any NodeKernel) -> PlannedNode {
    PlannedNode(kernel: kernel, outputs: results.map(\.kind.planned))
  }

  /// The dyadic number next to a factor.
  func dyadic(_ factor: Double) throws(DatapathError) -> DyadicScale {
    guard let scale = DyadicScale(approximating: factor) else {
      throw .parameter("scale", reason: "\(factor) is no finite factor")
    }
    return scale
  }

  /// Codes that results are clamped to: a range of values as codes, cut to the type's own.
  ///
  /// The ends are rounded as QuantizeLinear rounds values, ties to even; for the usual clamps (0, 6)
  /// of calibrated scales no rule differs.
  func codes(_ range: ValueRange) throws(DatapathError) -> ClosedRange<Int64> {
    let own = result.range
    if range.isUnbounded { return own }
    let (scale, zero) = (try result.scale(), try result.zeroPoint())
    func code(_ value: Double) -> Int64 {
      let steps = (value / scale).rounded(.toNearestOrEven)
      let bounded = min(max(steps, -0x1p60), 0x1p60)
      return min(max(Int64(bounded) + zero, own.lowerBound), own.upperBound)
    }
    let low = range.minimum.map(code) ?? own.lowerBound
    let high = range.maximum.map(code) ?? own.upperBound
    return low...max(low, high)
  }

  func requantizer(
    _ factors: [Double], codes: ClosedRange<Int64>? = nil
  ) throws(DatapathError) -> DyadicRequantizer {
    var scales: [DyadicScale] = []
    for factor in factors { scales.append(try dyadic(factor)) }
    return DyadicRequantizer(
      scales: scales, ties: ties, zeroPoint: try result.zeroPoint(), codes: codes ?? result.range)
  }

  func plan() throws(DatapathError) -> PlannedNode {
    switch node.operation {
    case .dense(let dense): return try dense_(dense)
    case .matMul(let product): return try product_(product)
    case .convolution(let convolution): return try convolution_(convolution)
    case .binary(let binary): return try binary_(binary)
    case .unary(let function): return try unary_(function)
    case .pool(let pool): return try pool_(pool)
    case .reduce(let reduction): return try reduce_(reduction)
    case .axisSoftmax(let softmax): return try softmax_(softmax)
    case .concatenate(let axis): return try concatenate_(axis)
    case .integerTransformer(let function): return try transformer_(function)
    case .argument(let search): return arrays.argument(search)
    case .copy, .reshape, .convert: return try requantized()
    case .transpose(let permutation): return try moved(arrays.transpose(permutation))
    case .slice(let slice): return try moved(arrays.slice(slice))
    case .crop(let before, _): return try moved(arrays.crop(before))
    case .split(let axis): return try moved(arrays.split(axis))
    case .broadcast: return try moved(arrays.expand())
    case .tile(let repeats): return try moved(arrays.tile(repeats))
    case .gatherAxis(let axis): return try moved(arrays.gather(axis))
    case .rearrange(let rearrangement): return try moved(arrays.rearrange(rearrangement))
    case .surround(let surround): return try moved(try margins().surround(surround))
    default:
      throw .unsupported(operation: node.operation.name, datapath: DyadicDatapath.name)
    }
  }

  /// A movement of codes, which needs one meaning of codes on both sides.
  private func moved(_ planned: PlannedNode) throws(DatapathError) -> PlannedNode {
    for result in results where !result.hasCodes(of: operands[0].tensor) {
      throw .encoding(
        operand: "tensor '\(result.name)'",
        expected: "quantized as '\(operands[0].tensor.name)', from which elements are moved")
    }
    return planned
  }

  /// The node with a margin value: the code of zero where the model gives none.
  private func margins() throws(DatapathError) -> ArrayNode {
    guard operands.count == 1 else { return arrays }
    let zero = try operands[0].tensor.zeroPoint()
    let codes: Codes
    switch operands[0].tensor.kind.storage {
    case .int8: codes = .int8([Int8(clamping: zero)])
    case .uint8: codes = .uint8([UInt8(clamping: zero)])
    case .int16: codes = .int16([Int16(clamping: zero)])
    case .uint16: codes = .uint16([UInt16(clamping: zero)])
    case .int32: codes = .int32([Int32(clamping: zero)])
    default: codes = .int64([zero])
    }
    let value = ArrayOperand(
      source: .constant(codes), kind: operands[0].tensor.kind, shape: [], name: "margin")
    return arrays.adding(value)
  }
}
