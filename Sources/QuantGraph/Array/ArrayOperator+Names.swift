extension ArrayOperator {
  /// The operator's name in tables and messages, as ONNX spells it.
  public var name: String {
    switch self {
    case .function(let function): function.name
    case .combine(let combination): combination.name
    case .fold(let fold):
      switch fold {
      case .sum: "Sum"
      case .maximum: "Max"
      case .minimum: "Min"
      case .mean: "Mean"
      }
    case .select: "Where"
    case .clip: "Clip"
    case .cast: "Cast"
    case .bitCast: "BitCast"
    case .convolution: "Conv"
    case .pool(_, .maximum): "MaxPool"
    case .pool(_, .average): "AveragePool"
    case .reduce(let reduction, _): reduction.name
    case .argument(_, let isMinimum, _): isMinimum ? "ArgMin" : "ArgMax"
    case .matrixProduct: "MatMul"
    case .generalProduct: "Gemm"
    case .softmax(_, let isLogarithm): isLogarithm ? "LogSoftmax" : "Softmax"
    case .batchNormalization: "BatchNormalization"
    case .layerNormalization: "LayerNormalization"
    case .reshape: "Reshape"
    case .transpose: "Transpose"
    case .concatenate: "Concat"
    case .split: "Split"
    case .slice: "Slice"
    case .gather: "Gather"
    case .expand: "Expand"
    case .tile: "Tile"
    case .pad: "Pad"
    case .quantize: "QuantizeLinear"
    case .dequantize: "DequantizeLinear"
    case .dynamicQuantize: "DynamicQuantizeLinear"
    case .integerConvolution: "ConvInteger"
    case .integerProduct: "MatMulInteger"
    case .quantizedConvolution: "QLinearConv"
    case .quantizedMatrixProduct: "QLinearMatMul"
    case .quantizedGeneralProduct, .dequantizedGeneralProduct: "QGemm"
    case .quantizedCombine(.add): "QLinearAdd"
    case .quantizedCombine(let combination): "QLinear" + combination.name
    case .quantizedFunction(let function): "QLinear" + function.name
    case .quantizedAverage(nil, _, _): "QLinearGlobalAveragePool"
    case .quantizedAverage: "QLinearAveragePool"
    case .quantizedConcatenate: "QLinearConcat"
    case .requantize: "Requantize"
    case .quant: "Quant"
    case .bipolarQuant: "BipolarQuant"
    case .truncate, .truncateToScale: "Trunc"
    case .floatQuant: "FloatQuant"
    case .multiThreshold: "MultiThreshold"
    }
  }

  /// Whether the operator reads or writes quantized tensors.
  public var isQuantized: Bool {
    switch self {
    case .quantize, .dequantize, .dynamicQuantize, .integerConvolution, .integerProduct,
      .quantizedConvolution, .quantizedMatrixProduct, .quantizedGeneralProduct,
      .dequantizedGeneralProduct, .quantizedCombine, .quantizedFunction, .quantizedAverage,
      .quantizedConcatenate, .requantize:
      true
    default: isQONNX
    }
  }

  /// Whether the operator is of QONNX's own domain.
  public var isQONNX: Bool {
    switch self {
    case .quant, .bipolarQuant, .truncate, .truncateToScale, .floatQuant, .multiThreshold: true
    default: false
    }
  }
}

extension ArrayFunction {
  public var name: String {
    switch self {
    case .absolute: "Abs"
    case .negate: "Neg"
    case .reciprocal: "Reciprocal"
    case .squareRoot: "Sqrt"
    case .exponential: "Exp"
    case .logarithm: "Log"
    case .floor: "Floor"
    case .ceiling: "Ceil"
    case .round: "Round"
    case .sign: "Sign"
    case .sine: "Sin"
    case .cosine: "Cos"
    case .erf: "Erf"
    case .relu: "Relu"
    case .leakyReLU: "LeakyRelu"
    case .elu: "Elu"
    case .selu: "Selu"
    case .thresholdedReLU: "ThresholdedRelu"
    case .sigmoid: "Sigmoid"
    case .hardSigmoid: "HardSigmoid"
    case .hardSwish: "HardSwish"
    case .tanh: "Tanh"
    case .softplus: "Softplus"
    case .softsign: "Softsign"
    case .gelu: "Gelu"
    case .logicalNot: "Not"
    }
  }
}

extension ArrayCombination {
  public var name: String {
    switch self {
    case .add: "Add"
    case .subtract: "Sub"
    case .multiply: "Mul"
    case .divide: "Div"
    case .power: "Pow"
    case .maximum: "Max"
    case .minimum: "Min"
    case .parametricReLU: "PRelu"
    case .equal: "Equal"
    case .less: "Less"
    case .lessOrEqual: "LessOrEqual"
    case .greater: "Greater"
    case .greaterOrEqual: "GreaterOrEqual"
    case .and: "And"
    case .or: "Or"
    case .xor: "Xor"
    }
  }
}

extension ArrayReduction {
  public var name: String {
    switch self {
    case .sum: "ReduceSum"
    case .mean: "ReduceMean"
    case .maximum: "ReduceMax"
    case .minimum: "ReduceMin"
    case .product: "ReduceProd"
    case .sumOfSquares: "ReduceSumSquare"
    case .l1: "ReduceL1"
    case .l2: "ReduceL2"
    case .logarithmOfSum: "ReduceLogSum"
    }
  }
}
