public import Arith

/// What a node computes; a datapath decides how, bit for bit.
///
/// Operands are listed as `inputs -> outputs`. Encodings belong to the tensors: an operator's
/// result is always assigned to the encoding of its output.
public enum Operator: Hashable, Sendable {
  /// `data, weights [, bias] -> result`: a matrix applied to a vector, or to each row of vectors.
  case dense(Dense)
  /// `a, b [, bias] -> result`: matrix products over leading batch axes.
  case matMul(MatMul)
  /// `data, weights [, bias] -> result`: convolution over spatial axes.
  case convolution(Convolution)
  /// `data, weights [, bias] -> result`: the transpose of a convolution (each value is spread).
  case transposedConvolution(Convolution)
  /// `data -> result`: maximum or average over windows.
  case pool(Pool)
  /// `data [, parameters] -> result`: an elementwise function.
  case activation(Activation)
  /// `data -> result`: a function of each value, defined without tables.
  case unary(UnaryFunction)
  /// `data -> result`: normalized exponentials, or the position of the maximum, by tables.
  case softmax(Softmax)
  /// `data -> result`: normalized exponentials along an axis, defined without tables.
  case axisSoftmax(AxisSoftmax)
  /// `a, b -> result`: elementwise with broadcasting of trailing blocks.
  case arithmetic(Arithmetic)
  /// `a, b -> result`: elementwise with axes of extent 1 repeated (numpy's rule).
  case binary(Binary)
  /// `condition, a, b -> result`: a where the condition is not 0, else b; numpy's rule for shapes.
  case select
  /// `data -> result`: values along axes combined.
  case reduce(Reduction)
  /// `data -> result`: positions of extreme values along an axis.
  case argument(ArgumentSearch)
  /// `data, [state,] parameters... -> result [, next states...]`: a recurrent cell over time.
  case lstm(LSTM)
  /// `data, feature weights, time weights [, bias], state -> result, next state`: a rank-limited
  /// convolution over time.
  case svdf(SVDF)
  /// `a, b -> result`: inner product of two vectors.
  case dot(Accumulation?)
  /// `data, scale, bias -> result`: `data * scale + bias` along the last axis or elementwise.
  case normalize(ProductRule)
  /// `data, threshold... -> result`: one threshold gives 0/1, two give -1/0/1.
  case threshold
  /// `inputs... -> result`: joined along an axis.
  case concatenate(axis: Int)
  /// `data -> copies...`: the same values several times.
  case copy
  /// `data -> result`: each value assigned to the result's encoding, by way of an encoding of its
  /// own an element where `elements` is not empty.
  case convert(elements: [FixedPointFormat])
  /// `data -> result`: each value cast as a programming language does, not requantized.
  case cast(Cast)
  /// `data -> result`: the same elements under another shape.
  case reshape
  /// `data -> result`: axes permuted; result axis i is data axis `permutation[i]`.
  case transpose(permutation: [Int])
  /// `data -> result`: zeros put around, `before` and `after` an axis.
  case pad(before: [Int], after: [Int])
  /// `data [, value] -> result`: elements put around by a rule.
  case surround(Surround)
  /// `data -> result`: elements cut away, `before` and `after` an axis.
  case crop(before: [Int], after: [Int])
  /// `data -> result`: elements at regular steps along each axis.
  case slice(Slice)
  /// `data -> results...`: parts along an axis, of the extents that the results have.
  case split(axis: Int)
  /// `data -> result`: axes of extent 1 repeated to the result's shape (numpy's rule).
  case broadcast
  /// `data -> result`: the whole tensor repeated along each axis.
  case tile(repeats: [Int])
  /// `data -> result`: nearest-neighbour upsampling of the leading axes of a channels-last image.
  case resizeNearest
  /// `data -> result`: an image's spatial axes resampled.
  case resize(Resize)
  /// `data -> result`: blocks of an image's plane exchanged with its channels.
  case rearrange(BlockRearrangement)
  /// `indices, table -> result`: rows of a table.
  case gather
  /// `data, indices -> result`: elements at positions along an axis; a negative one counts from the
  /// end.
  case gatherAxis(axis: Int)
  /// `data, indices -> result`: elements or blocks whose positions along the leading axes stand in
  /// the indices' last axis.
  case gatherND
  /// `data -> result`: running sums along an axis.
  case cumulativeSum(CumulativeSum)
  /// `data -> result`: each vector along the last axis divided by its Euclidean length.
  case normalizeLength
  /// `data -> values, positions`: the largest along the last axis.
  case topK(TopK)
  /// `boxes, scores, anchors -> boxes, classes, scores, count`: a detector's best boxes.
  case detections(DetectionPostProcess)
  /// `data, cosines, sines -> result`: pairs of values turned by their position's angle.
  case rotary(Rotary)
  /// `factors, terms, state -> states, next state`: a linear recurrence along an axis.
  case recurrence(Recurrence)
  /// `keys, values, decays, rates, state -> states, next state`: a memory of values by keys; see
  /// ``DeltaRule``.
  case deltaRule
  /// `data, scale, zero point -> codes`: quantization whose parameters are operands.
  case quantize(Quantize)
  /// `codes, scale, zero point -> values`: `(code - zero point) * scale`.
  case dequantize(Granularity)
  /// `data -> codes, scale, zero point`: quantization to uint8 over the data's own range.
  case dynamicQuantize
  /// An operation between codes; see ``Quantized`` for the operands.
  case quantized(Quantized)
  /// `codes, zero point, codes, zero point -> int32`: exact sums of integer products.
  case integerProduct(IntegerProduct)
  /// `data, scale, bias, mean, variance -> result`: normalization of each channel (axis 1).
  case normalizeBatch(epsilon: Float)
  /// `data [, scale [, bias]] -> result`: normalization over the axes from `axis` on.
  case normalizeLayer(axis: Int, epsilon: Float)
  /// `data, scale -> result`: `x / sqrt(mean(x^2) + epsilon) * scale` over the last axis (RMSNorm,
  /// arXiv:1910.07467, equation 4).
  case normalizeRootMeanSquare(epsilon: Float)
  /// A quantizer of QONNX.
  case qonnx(QONNXOperator)
  /// An integer-only function of a transformer.
  case integerTransformer(IntegerTransformerFunction)
}

/// How products are summed; part of the graph because it changes bits once an accumulator
/// rounds or saturates.
public struct Accumulation: Hashable, Sendable {
  public let encoding: FixedPointFormat
  public let order: AccumulationOrder
  public let product: ProductRule
  /// Which definition of the product counts.
  public let revision: ProductRevision

  public init(
    encoding: FixedPointFormat, order: AccumulationOrder = .inputOrder,
    product: ProductRule = .multiply, revision: ProductRevision = .v1_2
  ) {
    self.encoding = encoding
    self.order = order
    self.product = product
    self.revision = revision
  }

  /// The same accumulation in another type, or another order.
  ///
  /// - Parameters:
  ///   - encoding: nil to keep it.
  ///   - order: nil to keep it.
  /// - Returns: the accumulation with those.
  public func with(
    encoding: FixedPointFormat? = nil, order: AccumulationOrder? = nil
  ) -> Accumulation {
    Accumulation(
      encoding: encoding ?? self.encoding, order: order ?? self.order, product: product,
      revision: revision)
  }
}

/// Releases of hls4ml from which on its products are defined in another way (`nnet_mult.h`).
public enum ProductRevision: Int, Hashable, Sendable, Comparable {
  /// A product has a type of its own: a negated operand is assigned to the operand's type, and data
  /// are shifted in theirs.
  case v0_6
  /// Types follow from the operands; data are shifted in the type of a product with the largest and
  /// the smallest power of two.
  case v0_7
  /// Data are shifted in `ap_fixed<2 (E + W), E + W>`; the sum of one-bit products is halved first:
  /// `(x - n / 2) * 2`.
  case v0_8
  /// The sum of one-bit products is `x * 2 - n`.
  case v1_2

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The order in which an output receives its products.
public enum AccumulationOrder: Hashable, Sendable {
  /// Inputs in index order; for a convolution kernel rows, kernel columns, channels.
  case inputOrder
  /// The loop of hls4ml's Resource strategy with this reuse factor.
  case reuse(factor: Int)
}

/// How one product is formed from a data code and a weight code.
public enum ProductRule: String, Hashable, Sendable, CaseIterable {
  /// Exact product.
  case multiply = "mult"
  /// One-bit weight: 0 negates the data.
  case weightBinary = "weight_binary"
  /// One-bit data: 0 negates the weight.
  case dataBinary = "data_binary"
  /// One bit each: 1 where they are equal.
  case bothBinary = "both_binary"
  /// Weight -1, 0 or 1.
  case weightTernary = "weight_ternary"
  /// Weight a signed power of two: the data is shifted.
  case weightExponential = "weight_exponential"
}

/// A dense (fully connected) layer.
public struct Dense: Hashable, Sendable {
  /// Whether weights are stored `[outputs][inputs]` instead of `[inputs][outputs]`.
  public let weightsAreOutputMajor: Bool
  /// nil where the datapath's own rule (an int32 sum) applies.
  public let accumulation: Accumulation?
  /// Vectors that the matrix is applied to, at least 1; data are `rows * inputs`, row-major.
  public let rows: Int
  public let range: ValueRange
  /// Whether float data that meet weights in codes get codes over their own range, with a zero point,
  /// instead of codes symmetric around 0.
  public let codesDataAsymmetrically: Bool

  public init(
    weightsAreOutputMajor: Bool, accumulation: Accumulation?, rows: Int = 1,
    range: ValueRange = .unbounded, codesDataAsymmetrically: Bool = false
  ) {
    self.codesDataAsymmetrically = codesDataAsymmetrically
    self.weightsAreOutputMajor = weightsAreOutputMajor
    self.accumulation = accumulation
    self.rows = rows
    self.range = range
  }
}

/// A lookup table that hardware holds: number of entries and the type of one.
public struct LookupTable: Hashable, Sendable {
  public let size: Int
  public let entry: FixedPointFormat

  public init(size: Int, entry: FixedPointFormat) {
    self.size = size
    self.entry = entry
  }
}

/// An elementwise function; parameters are constant tensors after the data.
public enum Activation: Hashable, Sendable {
  case linear
  case relu
  /// `min(max(x, 0), maximum)`.
  case clippedReLU(maximum: Int)
  /// `data, alpha`: `x > 0 ? x : alpha * x`.
  case leakyReLU
  /// `data, alpha[count]`.
  case prelu
  /// `data, theta`: `x > theta ? x : 0`.
  case thresholdedReLU
  /// `data, alpha`: `x >= 0 ? x : alpha * table(x)`.
  case elu(LookupTable)
  case selu(LookupTable)
  case sigmoid(LookupTable)
  case tanh(LookupTable)
  case softplus(LookupTable)
  case softsign(LookupTable)
  /// `data, slope, shift`: `clamp(slope * x + shift, 0, 1)`.
  case hardSigmoid
  /// `data, slope, shift`: `2 * hardSigmoid(x) - 1`.
  case hardTanh
  /// +1 or -1 (0 in a one-bit result).
  case binaryTanh
  /// -1, 0 or 1 by the doubled value.
  case ternaryTanh
  /// `data, table`: the data's code is the index.
  case lookup

  /// Number of parameter tensors after the data.
  public var parameterCount: Int {
    switch self {
    case .linear, .relu, .clippedReLU, .selu, .sigmoid, .tanh, .softplus, .softsign, .binaryTanh,
      .ternaryTanh:
      0
    case .leakyReLU, .prelu, .thresholdedReLU, .elu, .lookup: 1
    case .hardSigmoid, .hardTanh: 2
    }
  }
}

/// Softmax over one axis by lookup tables, as hls4ml builds it.
public struct Softmax: Hashable, Sendable {
  public enum Implementation: String, Hashable, Sendable { case latency, stable, legacy, argmax }

  /// The distance to the maximum that addresses the exponential table (stable implementation).
  public enum Distance: Hashable, Sendable {
    /// `maximum - x`, in a table of exp(-d) (hls4ml 1.2 and later).
    case maximumMinusValue
    /// `x - maximum`, assigned to the data's type after its own, in a table of exp(d).
    case valueMinusMaximum
  }

  public let implementation: Implementation
  /// Extents before, along and after the normalized axis; their product is the element count.
  public let outer: Int
  public let slice: Int
  public let inner: Int
  public let exponential: LookupTable
  public let inverse: LookupTable
  public let accumulator: FixedPointFormat
  /// Type of the sum that addresses the inverse table.
  public let inverseInput: FixedPointFormat
  /// Type of the distance to the maximum, which the stable implementation reads.
  public let difference: FixedPointFormat?
  /// How that distance is formed.
  public let distance: Distance
  /// The exponential table holds `exp(scale * x)`; a float32 constant.
  public let scale: Float

  public init(
    implementation: Implementation, outer: Int, slice: Int, inner: Int, exponential: LookupTable,
    inverse: LookupTable, accumulator: FixedPointFormat, inverseInput: FixedPointFormat,
    difference: FixedPointFormat?, distance: Distance = .maximumMinusValue, scale: Float = 1
  ) {
    self.implementation = implementation
    self.outer = outer
    self.slice = slice
    self.inner = inner
    self.exponential = exponential
    self.inverse = inverse
    self.accumulator = accumulator
    self.inverseInput = inverseInput
    self.difference = difference
    self.distance = distance
    self.scale = scale
  }
}

/// An elementwise operation on two tensors.
///
/// The shorter operand repeats: element i of the result takes element `i % count` of each.
public enum Arithmetic: String, Hashable, Sendable, CaseIterable {
  case add, subtract, multiply, average, maximum, minimum
}

extension Operator {
  /// The operator's name in tables and messages, such as `Dense`.
  public var name: String {
    switch self {
    case .dense: "Dense"
    case .matMul: "MatMul"
    case .convolution(let convolution):
      (convolution.isDepthwise ? "DwConv" : "Conv") + "\(convolution.kernel.count)D"
    case .transposedConvolution(let convolution): "TransposeConv\(convolution.kernel.count)D"
    case .pool(let pool):
      (pool.reduction == .maximum ? "MaxPool" : "AvgPool") + "\(pool.kernel.count)D"
    case .activation(let activation): activation.name
    case .unary(let function): function.name
    case .softmax: "Softmax"
    case .axisSoftmax(let softmax): softmax.isLogarithm ? "LogSoftmax" : "Softmax"
    case .arithmetic(let arithmetic): arithmetic.rawValue.capitalized
    case .binary(let binary): binary.function.rawValue.capitalized
    case .select: "Select"
    case .reduce(let reduction): "Reduce" + reduction.function.rawValue.capitalized
    case .argument(let search): search.isMaximum ? "ArgMax" : "ArgMin"
    case .lstm: "LSTM"
    case .svdf: "SVDF"
    case .cast: "Cast"
    case .dot: "Dot"
    case .normalize: "BatchNorm"
    case .threshold: "Threshold"
    case .concatenate: "Concatenate"
    case .copy: "Copy"
    case .convert: "Quantize"
    case .reshape: "Reshape"
    case .transpose: "Transpose"
    case .pad: "Pad"
    case .surround: "Pad"
    case .crop: "Crop"
    case .slice: "Slice"
    case .split: "Split"
    case .broadcast: "Broadcast"
    case .tile: "Tile"
    case .resizeNearest, .resize: "Resize"
    case .rearrange(let rearrangement): rearrangement.name
    case .gather: "Embedding"
    case .gatherAxis: "Gather"
    case .gatherND: "GatherND"
    case .cumulativeSum: "CumSum"
    case .normalizeLength: "L2Normalization"
    case .topK: "TopK"
    case .detections: "DetectionPostProcess"
    case .rotary: "Rotary"
    case .recurrence: "Recurrence"
    case .deltaRule: "DeltaRule"
    case .quantize: "QuantizeLinear"
    case .dequantize: "DequantizeLinear"
    case .dynamicQuantize: "DynamicQuantizeLinear"
    case .quantized(let quantized): quantized.name
    case .integerProduct(.convolution): "ConvInteger"
    case .integerProduct(.matMul): "MatMulInteger"
    case .normalizeBatch: "BatchNormalization"
    case .normalizeLayer: "LayerNormalization"
    case .normalizeRootMeanSquare: "RMSNormalization"
    case .qonnx(let operation): operation.name
    case .integerTransformer(let function): function.name
    }
  }
}

extension Activation {
  var name: String {
    switch self {
    case .linear: "Linear"
    case .relu: "ReLU"
    case .clippedReLU(let maximum): "ReLU\(maximum)"
    case .leakyReLU: "LeakyReLU"
    case .prelu: "PReLU"
    case .thresholdedReLU: "ThresholdedReLU"
    case .elu: "ELU"
    case .selu: "SELU"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    case .softplus: "Softplus"
    case .softsign: "Softsign"
    case .hardSigmoid: "HardSigmoid"
    case .hardTanh: "HardTanh"
    case .binaryTanh: "BinaryTanh"
    case .ternaryTanh: "TernaryTanh"
    case .lookup: "Lookup"
    }
  }
}

extension String {
  /// The first letter in upper case (ASCII).
  var capitalized: String {
    guard let first else { return self }
    return first.uppercased() + dropFirst()
  }
}
