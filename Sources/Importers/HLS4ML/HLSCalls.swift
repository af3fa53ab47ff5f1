import Arith
import QuantGraph

extension HLSGraphBuilder {
  /// Adds the nodes of one call, chosen by the function's name (hls4ml 1.3, `nnet_utils`).
  mutating func addNodes(for call: HLSCall) throws(HLS4MLProblem) {
    switch call.function {
    case "dense": try addDense(call)
    case "einsum_dense": try addEinsumDense(call)
    case "read_time_step_2d", "read_time_step_3d", "read_time_step_4d": try addReadStep(call)
    case "write_time_step_2d", "write_time_step_3d", "write_time_step_4d": try addWriteStep(call)
    case "layernormalize": try addLayerNormalization(call)
    case "conv_1d_cl", "conv_2d_cl", "pointwise_conv_1d_cl", "pointwise_conv_2d_cl":
      try addConvolution(call, isDepthwise: false)
    case "depthwise_conv_1d_cl", "depthwise_conv_2d_cl":
      try addConvolution(call, isDepthwise: true)
    case "separable_conv_1d_cl", "separable_conv_2d_cl": try addSeparableConvolution(call)
    case "conv1d_cl", "conv2d_cl": try addGeneratedConvolution(call)
    case "pooling1d_cl", "pooling2d_cl": try addPool(call)
    case "global_pooling1d_cl", "global_pooling2d_cl": try addGlobalPool(call)
    case "normalize": try addNormalize(call)
    case "normalize_binary_tanh": try addThreshold(call, thresholds: 1)
    case "normalize_ternary_tanh": try addThreshold(call, thresholds: 2)
    case "linear": try addActivation(.linear, call)
    case "relu": try addActivation(.relu, call)
    case "relu1": try addActivation(.clippedReLU(maximum: 1), call)
    case "relu6": try addActivation(.clippedReLU(maximum: 6), call)
    case "relu_max": try addClippedReLU(call)
    case "binary_tanh" where version < HLS4MLVersion(1, 2): try addOldBinaryTanh(call)
    case "binary_tanh": try addActivation(.binaryTanh, call)
    case "ternary_tanh": try addActivation(.ternaryTanh, call)
    case "leaky_relu": try addScalarActivation(.leakyReLU, "alpha", call)
    case "thresholded_relu": try addScalarActivation(.thresholdedReLU, "theta", call)
    case "elu": try addELU(call)
    case "prelu": try addPReLU(call)
    case "selu", "sigmoid", "tanh", "softplus", "softsign": try addTableActivation(call)
    case "hard_sigmoid": try addHardActivation(.hardSigmoid, call)
    case "hard_tanh": try addHardActivation(.hardTanh, call)
    case "unary_lut": try addLookup(call)
    case "softmax": try addSoftmax(call, isMultidimensional: false)
    case "softmax_multidim": try addSoftmax(call, isMultidimensional: true)
    case "add", "subtract", "multiply", "average", "maximum", "minimum": try addArithmetic(call)
    case "dot1d": try addDot(call)
    case "concatenate1d": try addConcatenate(call, rank: 1)
    case "concatenate2d": try addConcatenate(call, rank: 2)
    case "concatenate3d": try addConcatenate(call, rank: 3)
    case "clone_stream": try addClone(call)
    case "repack_stream": try addRepack(call)
    case "broadcast_stream": try addBroadcast(call)
    case "resize_nearest": try addResize(call)
    case "zeropad1d_cl": try addMargins(call, rank: 1, isCrop: false)
    case "zeropad2d_cl": try addMargins(call, rank: 2, isCrop: false)
    case "cropping1d_cl": try addMargins(call, rank: 1, isCrop: true)
    case "cropping2d_cl": try addMargins(call, rank: 2, isCrop: true)
    case "transpose": try addTranspose(call)
    case "embedding": try addEmbedding(call)
    case "lstm_stack": try addRecurrent(call, gates: 4)
    case "gru_stack": try addRecurrent(call, gates: 3)
    default: try addGenerated(call)
    }
  }

  /// A call whose function the project itself defines, in `nnet_utils/nnet_code_gen.h`.
  private mutating func addGenerated(_ call: HLSCall) throws(HLS4MLProblem) {
    guard let function = try generatedCode?.function(call.function) else {
      guard !HLSCall.earlierFunctions.contains(call.function) else {
        throw HLS4MLProblem(.earlierRelease(call.description), at: call.place)
      }
      throw unsupported(
        call,
        "it is no function of hls4ml \(HLSKnownFunctions.releases), and code of a project's own "
          + "is not read")
    }
    if call.function.hasPrefix("dense_da_") {
      try addAdderDense(call, function: function, configuration: nil)
      return
    }
    guard let formats = try function.elementFormats(scope: scope) else {
      throw unsupported(call, "the generated function is not one of per-element quantizers")
    }
    try requireArguments(2, call)
    let data = try elements(0, of: call, count: formats.count)
    guard let format = format(of: data.tensor) else { throw unsupported(call, "float data") }
    var elements: [FixedPointFormat] = []
    elements.reserveCapacity(formats.count)
    for element in formats {
      if let element {
        elements.append(element)
      } else {
        elements.append(try Self.zeroFormat(for: format, place: call.place))
      }
    }
    let result = try output(1, of: call, shape: data.shape)
    try append(.convert(elements: elements), of: call, inputs: [data.tensor], outputs: [result])
  }

  /// A format in which every value of `data` becomes 0: its one step is above the largest of them.
  private static func zeroFormat(
    for data: FixedPointFormat, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> FixedPointFormat {
    do throws(FormatError) {
      return try FixedPointFormat(
        width: 1, integerBits: min(data.integerBits + 2, 4096), isSigned: false,
        quantization: .truncateToZero)
    } catch {
      throw HLS4MLProblem(.format(error), at: place)
    }
  }

  /// Facts of the layer that a report shows beside the graph.
  mutating func record(
    _ call: HLSCall, configuration: HLSConfiguration?, weights: [Int] = [],
    adders: AdderGraph? = nil
  ) throws(HLS4MLProblem) {
    var reuseFactor: Int?
    if let configuration { reuseFactor = try configuration.reuseFactor() }
    layers.append(
      HLS4MLProjectInfo.Layer(
        name: call.layer ?? call.function, function: call.path.joined(separator: "::"),
        configuration: configuration?.name, strategy: configuration?.word("strategy"),
        reuseFactor: reuseFactor,
        implementation: configuration?.word("implementation"), weightCount: weights.reduce(0, +),
        pixelsAtOnce: try configuration?.optionalExtent("n_pixels"), adders: adders,
        place: call.place))
  }
}

extension HLSCall {
  /// Functions that the top function called in the releases up to 0.3 only.
  ///
  /// Source: hls4ml 0.2, `hls_model.py` and `nnet_utils`.
  fileprivate static let earlierFunctions: Set<String> = [
    "compute_layer", "dense_latency", "dense_large", "dense_compressed", "conv_1d_latency_cl",
    "conv_1d_large_cl", "conv_2d_latency_cl", "conv_2d_large_cl", "conv_1d", "conv_2d",
  ]
}
