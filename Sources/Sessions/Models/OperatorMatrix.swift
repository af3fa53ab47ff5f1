import Arith
public import Documents
import HWModel
public import QuantGraph

/// Which rule sets have which operators.
public struct OperatorMatrix: Sendable {
  public struct Row: Sendable {
    public let name: String
    /// Names of the rule sets that have it, in their order.
    public let datapaths: [String]
  }

  public let datapaths: [String]
  public let rows: [Row]

  /// - Parameter datapath: the one asked for; nil for all.
  /// - Throws: a `Failure` for a name that is none.
  public init(datapath: String?) throws(Failure) {
    // Rules of a device have the operators of any of them.
    var choices: [(name: String, rules: any Datapath)] = []
    for name in datapath.map({ [$0] }) ?? DatapathChoice.names {
      guard let entry = DatapathEntry.all.first(where: { $0.name == name }) else {
        choices.append((name, try DatapathChoice(name).datapath))
        continue
      }
      choices.append((name, entry.example))
    }
    datapaths = choices.map(\.name)
    var names: [String] = []
    var supporters: [String: Set<String>] = [:]
    for operation in Self.examples {
      let name = operation.name
      if supporters[name] == nil { names.append(name) }
      let having = choices.filter { $0.rules.supports(operation) }.map(\.name)
      supporters[name, default: []].formUnion(having)
    }
    let order = datapaths
    rows = names.sorted().map { name in
      Row(name: name, datapaths: order.filter { supporters[name]?.contains($0) ?? false })
    }
  }

  /// One operator of each kind that rule sets tell apart, in the forms that file kinds give them.
  private static var examples: [Operator] {
    guard let format = try? FixedPointFormat(width: 16, integerBits: 6) else { return [] }
    let sum = Accumulation(encoding: format)
    let table = LookupTable(size: 1024, entry: format)
    let one = [1, 1]
    let none = [0, 0]
    func convolutions(_ accumulation: Accumulation?, _ layout: ImageLayout) -> [Convolution] {
      [.groups(1), .depthwise].map { grouping in
        Convolution(
          kernel: [3, 3], strides: one, dilations: one, paddingBefore: none, paddingAfter: none,
          layout: layout, grouping: grouping, weightLayout: .kernelChannelsFilters,
          accumulation: accumulation)
      }
    }
    func pools(_ accumulator: FixedPointFormat?) -> [Operator] {
      [Pool.Reduction.maximum, .average].map { reduction in
        .pool(
          Pool(
            reduction: reduction, kernel: [2, 2], strides: [2, 2], paddingBefore: none,
            paddingAfter: none, accumulator: accumulator))
      }
    }
    let plain = convolutions(nil, .channelsFirst)
    let product = MatMul()
    let image = Resize(
      interpolation: .linear, coordinates: .halfPixel, layout: .channelsLast)
    let rearrangement = BlockRearrangement(
      direction: .depthToSpace, block: 2, layout: .channelsFirst)
    var list: [Operator] = []
    list += [sum, nil].map { .dense(Dense(weightsAreOutputMajor: true, accumulation: $0)) }
    list += convolutions(sum, .channelsLast).map { .convolution($0) }
    list += (convolutions(nil, .channelsLast) + plain).map { .convolution($0) }
    list += [convolutions(sum, .channelsLast)[0], plain[0]].map { .transposedConvolution($0) }
    list += pools(format) + pools(nil)
    list += [.matMul(product), .dot(sum), .dot(nil)]
    list += [
      .linear, .relu, .clippedReLU(maximum: 6), .leakyReLU, .prelu, .thresholdedReLU, .elu(table),
      .selu(table), .sigmoid(table), .tanh(table), .softplus(table), .softsign(table),
      .hardSigmoid, .hardTanh, .binaryTanh, .ternaryTanh, .lookup,
    ].map { .activation($0) }
    list += [
      .identity, .clamp(.relu), .clamp(.relu6), .clamp(.unbounded), .leakyReLU(slope: 0.1),
      .elu(alpha: 1), .selu(alpha: 1, gamma: 1), .thresholdedReLU(alpha: 1), .sigmoid, .tanh,
      .hardSigmoid(alpha: 0.2, beta: 0.5), .hardSwish, .swish(alpha: 1), .softplus, .softsign,
      .gelu(isApproximate: false), .erf, .absolute, .negate, .sign, .reciprocal, .square,
      .squareRoot, .reciprocalSquareRoot, .exponential, .logarithm, .sine, .cosine, .floor,
      .ceiling, .roundEven, .not,
    ].map { .unary($0) }
    list.append(
      .softmax(
        Softmax(
          implementation: .stable, outer: 1, slice: 4, inner: 1, exponential: table,
          inverse: table, accumulator: format, inverseInput: format, difference: format)))
    list += [true, false].map { .axisSoftmax(AxisSoftmax(axis: 1, isLogarithm: $0)) }
    list += Arithmetic.allCases.map { .arithmetic($0) }
    list += Binary.Function.allCases.map { .binary(Binary($0)) }
    list += Reduction.Function.allCases.map {
      .reduce(Reduction($0, axes: [1], keepsAxes: true))
    }
    list += [true, false].map {
      .argument(ArgumentSearch(isMaximum: $0, axis: 1, keepsAxis: true))
    }
    list += [
      .select, .lstm(LSTM(operands: [], isTimeMajor: false)),
      .svdf(SVDF(rank: 1, range: .unbounded)), .normalize(.multiply), .threshold,
      .concatenate(axis: 0), .copy, .convert(elements: []), .cast(.number), .reshape,
      .transpose(permutation: [1, 0]), .pad(before: none, after: none),
      .surround(Surround(before: none, after: none)), .crop(before: none, after: none),
      .slice(Slice(begin: none, extents: one, strides: one)), .split(axis: 0), .broadcast,
      .tile(repeats: one), .resizeNearest, .resize(image), .rearrange(rearrangement), .gather,
      .gatherAxis(axis: 0), .quantize(Quantize(granularity: .tensor)), .dequantize(.tensor),
      .dynamicQuantize, .integerProduct(.convolution(plain[0])),
      .integerProduct(.matMul(product)), .normalizeBatch(epsilon: 0),
      .normalizeLayer(axis: 1, epsilon: 0), .topK(TopK(count: 1)), .gatherND,
      .cumulativeSum(CumulativeSum(axis: 0)), .normalizeLength,
      .detections(
        DetectionPostProcess(
          detections: 1, classes: 1, classesPerDetection: 1, suppression: .fast(classesPerBox: 1),
          scoreThreshold: 0, overlapThreshold: 1, scales: [1, 1, 1, 1])),
    ]
    let functions: [Quantized.Function] = [
      .convolution(plain[0]), .convolution(plain[1]), .matMul(product), .binary(.add),
      .binary(.subtract), .binary(.multiply), .unary(.sigmoid), .unary(.leakyReLU(slope: 0.1)),
      .mean(axes: [1], keepsAxes: true), .concatenate(axis: 0), .reshape,
      .transpose(permutation: [1, 0]), .softmax(axis: 1),
    ]
    list += functions.map { .quantized(Quantized($0)) }
    for case .pool(let pool) in pools(nil) { list.append(.quantized(Quantized(.pool(pool)))) }
    list += [
      .quant(isSigned: true, isNarrow: false, rounding: .roundToEven), .bipolarQuant,
      .truncate(rounding: .floor),
      .floatQuant(rounding: .roundToEven, hasInfinity: false, hasNaN: false, saturates: true),
      .multiThreshold(channelAxis: 1, scale: 1, bias: 0),
    ].map { .qonnx($0) }
    list += [
      .gelu(scale: 1), .exponential(scale: 1), .softmax(scale: 1, resultBits: 8), .squareRoot,
      .layerNormalization,
    ].map { .integerTransformer($0) }
    return list
  }

  // MARK: Rendering

  public var json: JSON {
    [
      "datapaths": .strings(datapaths),
      "operators": .array(
        rows.map { ["name": .string($0.name), "datapaths": .strings($0.datapaths)] }),
    ]
  }

  /// Operators that no rule set asked for has are left out.
  private var supported: [Row] { rows.filter { !$0.datapaths.isEmpty } }

  public var table: Table {
    // Where there is no room for all, the last ones go first.
    var table = Table(
      [.text("operator", isFlexible: true)]
        + datapaths.enumerated().map { .text($1, leaves: datapaths.count - $0) })
    for row in supported {
      table.append(
        [.init(row.name)] + datapaths.map { .init(row.datapaths.contains($0) ? "yes" : "-") })
    }
    return table
  }

  public func text(_ style: Style) -> String {
    guard let name = datapaths.first, datapaths.count == 1 else {
      return table.render(style: style)
    }
    var text = "\(supported.count) operators have a rule in \(name)\n\n"
    var line = ""
    for row in supported {
      if line.count + 2 + row.name.count > style.width {
        text += line + "\n"
        line = ""
      }
      line += (line.isEmpty ? "" : "  ") + row.name
    }
    return text + line + "\n"
  }
}
