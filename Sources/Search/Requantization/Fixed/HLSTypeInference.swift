internal import Arith
internal import QuantGraph

/// Types that hls4ml finds itself from those of a layer's operands.
///
/// The rules of hls4ml 1.3, `model/optimizer/passes/infer_precision.py`, one function each, and of a
/// softmax `fix_softmax_table_size.py` and `core_templates.py`. A format that cannot exist is nil.
struct HLSTypeInference: Sendable {
  let maximum: FixedPointFormat?

  private func format(_ width: Int, _ integers: Int, _ isSigned: Bool) -> FixedPointFormat? {
    try? FixedPointFormat(width: width, integerBits: integers, isSigned: isSigned)
  }

  private func limited(_ width: Int, _ integers: Int, _ isSigned: Bool) -> FixedPointFormat? {
    guard let maximum else { return format(width, integers, isSigned) }
    return format(
      min(width, maximum.width), min(integers, maximum.integerBits), isSigned)
  }

  private static func bits(_ count: Int) -> Int {
    count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
  }

  /// `_infer_common_precision`: the accumulator and the result of sums of `count` products.
  func sum(
    _ data: FixedPointFormat, _ weight: FixedPointFormat, _ bias: FixedPointFormat, count: Int
  ) -> FixedPointFormat? {
    let growth = Self.bits(count)
    let width = weight.width + data.width + growth
    var integers = weight.integerBits + data.integerBits + growth
    let isSigned = weight.isSigned || data.isSigned
    let fraction = width - integers
    integers =
      max(
        integers + (bias.isSigned && !isSigned ? 1 : 0),
        bias.integerBits + (isSigned && !bias.isSigned ? 1 : 0)) + 1
    return limited(
      integers + max(fraction, bias.fractionBits), integers, isSigned || bias.isSigned)
  }

  /// `_infer_bn_precision`: the result of `data * scale + bias`.
  func normalization(
    _ data: FixedPointFormat, _ scale: FixedPointFormat, _ bias: FixedPointFormat
  ) -> FixedPointFormat? {
    let isSigned = scale.isSigned || data.isSigned
    let width = data.width + scale.width
    let scaled = data.integerBits + scale.integerBits
    let integers =
      max(
        scaled + (bias.isSigned && !isSigned ? 1 : 0),
        bias.integerBits + (isSigned && !bias.isSigned ? 1 : 0)) + 1
    return limited(
      integers + max(width - scaled, bias.fractionBits), integers, isSigned || bias.isSigned)
  }

  /// `_infer_pooling_precision`: the accumulator of a window.
  func pooling(_ data: FixedPointFormat, isMaximum: Bool, size: Int) -> FixedPointFormat? {
    if isMaximum { return data }
    let growth = Self.bits(size)
    return format(data.width + 2 * growth, data.integerBits + growth, data.isSigned)
  }

  /// `_infer_merge_precision`.
  func merge(
    _ operation: Arithmetic, _ a: FixedPointFormat, _ b: FixedPointFormat
  ) -> FixedPointFormat? {
    switch operation {
    case .add, .subtract, .average:
      let integers =
        max(
          a.integerBits + (b.isSigned && !a.isSigned ? 1 : 0),
          b.integerBits + (a.isSigned && !b.isSigned ? 1 : 0)) + 1
      return limited(
        integers + max(a.fractionBits, b.fractionBits), integers,
        a.isSigned || b.isSigned || operation == .subtract)
    case .multiply:
      return limited(
        a.width + b.width, a.integerBits + b.integerBits, a.isSigned || b.isSigned)
    case .maximum, .minimum:
      if a == b { return a }
      let (integers, fraction, isSigned) = Self.union(a, b)
      return format(integers + fraction, integers, isSigned)
    }
  }

  /// `_infer_cat_precision`: modes are those of the first operand that has other than the defaults.
  func concatenation(_ a: FixedPointFormat, _ b: FixedPointFormat) -> FixedPointFormat? {
    if a == b { return a }
    let (integers, fraction, isSigned) = Self.union(a, b)
    guard let layout = limited(integers + fraction, integers, isSigned) else { return nil }
    return try? FixedPointFormat(
      width: layout.width, integerBits: layout.integerBits, isSigned: isSigned,
      quantization: a.quantization != .truncate ? a.quantization : b.quantization,
      overflow: a.overflow != .wrap ? a.overflow : b.overflow,
      saturationBits: a.saturationBits != 0 ? a.saturationBits : b.saturationBits)
  }

  private static func union(
    _ a: FixedPointFormat, _ b: FixedPointFormat
  ) -> (integers: Int, fraction: Int, isSigned: Bool) {
    let isSigned = a.isSigned || b.isSigned
    let integers = max(
      a.integerBits + (isSigned && !a.isSigned ? 1 : 0),
      b.integerBits + (isSigned && !b.isSigned ? 1 : 0))
    return (integers, max(a.fractionBits, b.fractionBits), isSigned)
  }

  /// `_infer_dot_precision`.
  func dot(_ a: FixedPointFormat, _ b: FixedPointFormat, count: Int) -> FixedPointFormat? {
    let growth = Self.bits(count)
    return limited(
      a.width + b.width + growth, a.integerBits + b.integerBits + growth,
      a.isSigned || b.isSigned)
  }

  /// Table sizes and the type of `maximum - x` of a softmax whose tables have `entries` entries.
  func softmax(_ softmax: Softmax, data: FixedPointFormat, entries: Int) -> Softmax? {
    let bits = min(data.width, softmax.inverse.entry.width)
    let size = bits < 62 ? min(entries, 1 << bits) : entries
    var exponential = size
    var difference: FixedPointFormat?
    if softmax.implementation == .stable {
      if softmax.distance == .valueMinusMaximum {
        guard
          let type = try? FixedPointFormat(
            width: data.width, integerBits: data.integerBits, isSigned: true,
            quantization: .round, overflow: .saturate)
        else { return nil }
        return Softmax(
          implementation: softmax.implementation, outer: softmax.outer, slice: softmax.slice,
          inner: softmax.inner, exponential: softmax.exponential, inverse: softmax.inverse,
          accumulator: softmax.accumulator, inverseInput: softmax.inverseInput,
          difference: type, distance: softmax.distance, scale: softmax.scale)
      }
      let width = data.width - (data.isSigned ? 1 : 0)
      if data.isSigned, width < 62 { exponential = min(size, 1 << width) }
      guard let type = format(width, data.integerBits - (data.isSigned ? 1 : 0), false) else {
        return nil
      }
      difference = type
    }
    return Softmax(
      implementation: softmax.implementation, outer: softmax.outer, slice: softmax.slice,
      inner: softmax.inner,
      exponential: LookupTable(size: exponential, entry: softmax.exponential.entry),
      inverse: LookupTable(size: size, entry: softmax.inverse.entry),
      accumulator: softmax.accumulator, inverseInput: softmax.inverseInput,
      difference: difference, distance: softmax.distance, scale: softmax.scale)
  }
}

/// How the types of one node follow from those of its operands.
struct HLSTypeRule: Sendable, Hashable {
  /// The result has the type of the first operand.
  var isView = false
  var derivesResult = false
  var derivesAccumulator = false
  var derivesSoftmax = false
  /// The parameters, which are weights, have the type of the data.
  var derivesParameters = false

  var isConstant: Bool { self == HLSTypeRule() }
}

extension HLSTypeInference {
  /// The accumulator that a node's operands ask for; nil for nodes that have none.
  func accumulator(
    _ node: Node, in graph: Graph, _ types: (TensorID) -> FixedPointFormat?
  ) -> FixedPointFormat? {
    switch node.operation {
    case .dense, .convolution: return products(node, in: graph, types)
    case .pool(let pool):
      guard let data = types(node.inputs[0]) else { return nil }
      return pooling(
        data, isMaximum: pool.reduction == .maximum, size: pool.kernel.reduce(1, *))
    default: return nil
    }
  }

  /// The result type that a node's operands ask for; nil for nodes whose type is given.
  func result(
    _ node: Node, in graph: Graph, _ types: (TensorID) -> FixedPointFormat?
  ) -> FixedPointFormat? {
    let operands = node.inputs.map(types)
    guard let first = operands.first, let data = first else { return nil }
    switch node.operation {
    case .dense, .convolution: return products(node, in: graph, types)
    case .pool, .copy, .reshape, .transpose, .pad, .resizeNearest: return data
    case .normalize:
      guard operands.count == 3, let scale = operands[1], let bias = operands[2] else { return nil }
      return normalization(data, scale, bias)
    case .arithmetic(let operation):
      guard operands.count == 2, let other = operands[1] else { return nil }
      return merge(operation, data, other)
    case .concatenate:
      guard operands.count == 2, let other = operands[1] else { return nil }
      return concatenation(data, other)
    case .dot:
      guard operands.count == 2, let other = operands[1] else { return nil }
      return dot(data, other, count: graph[node.inputs[0]].shape.count)
    default: return nil
    }
  }

  private func products(
    _ node: Node, in graph: Graph, _ types: (TensorID) -> FixedPointFormat?
  ) -> FixedPointFormat? {
    guard node.inputs.count == 3, let data = types(node.inputs[0]),
      let weight = types(node.inputs[1]), let bias = types(node.inputs[2])
    else { return nil }
    let filters = max(graph[node.inputs[2]].shape.count, 1)
    let weights = graph[node.inputs[1]].shape.count
    return sum(data, weight, bias, count: max(weights / filters, 1))
  }
}

extension QuantGraph.Operator {
  /// The type that sums are kept in.
  var fixedAccumulator: FixedPointFormat? {
    switch self {
    case .dense(let dense): dense.accumulation?.encoding
    case .convolution(let convolution): convolution.accumulation?.encoding
    case .pool(let pool): pool.accumulator
    default: nil
    }
  }

  /// The same operation with sums in `format`.
  func accumulating(in format: FixedPointFormat) -> QuantGraph.Operator {
    func exchanged(_ old: Accumulation) -> Accumulation { old.with(encoding: format) }
    switch self {
    case .dense(let dense):
      guard let old = dense.accumulation else { return self }
      return .dense(
        Dense(
          weightsAreOutputMajor: dense.weightsAreOutputMajor, accumulation: exchanged(old),
          rows: dense.rows, range: dense.range))
    case .convolution(let convolution):
      guard let old = convolution.accumulation else { return self }
      return .convolution(
        Convolution(
          kernel: convolution.kernel, strides: convolution.strides,
          dilations: convolution.dilations, paddingBefore: convolution.paddingBefore,
          paddingAfter: convolution.paddingAfter, outputPadding: convolution.outputPadding,
          layout: convolution.layout, grouping: convolution.grouping,
          weightLayout: convolution.weightLayout, accumulation: exchanged(old),
          range: convolution.range))
    case .pool(let pool):
      return .pool(
        Pool(
          reduction: pool.reduction, kernel: pool.kernel, strides: pool.strides,
          dilations: pool.dilations, paddingBefore: pool.paddingBefore,
          paddingAfter: pool.paddingAfter, countsPadding: pool.countsPadding,
          isCeiling: pool.isCeiling, layout: pool.layout, accumulator: format,
          arrangement: pool.arrangement, range: pool.range))
    default: return self
    }
  }
}
