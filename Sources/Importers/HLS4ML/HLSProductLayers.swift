import Arith
import QuantGraph

/// Layers that multiply by weights.
extension HLSGraphBuilder {
  /// The product rule that a configuration's `product` alias names; an exact product if it has none.
  private func productRule(
    _ configuration: HLSConfiguration, _ call: HLSCall
  ) throws(HLS4MLProblem) -> ProductRule {
    guard try configuration.integer("merged_relu", default: 0) == 0 else {
      throw unsupported(call, "merged_relu is of a fork of hls4ml, no release has it")
    }
    guard let alias = configuration.alias("product") else { return .multiply }
    guard let rule = ProductRule(rawValue: alias.name) else {
      throw unsupported(call, "product \(alias.qualifiedName)")
    }
    if rule == .weightExponential { try requireCertainVersion(call) }
    return rule
  }

  /// Order of accumulation of the kernel class that a configuration names, and whether it stores
  /// weights transposed.
  ///
  /// `DenseResource_*` walk weights by the reuse factor, and `resource_unrolled` writes that walk
  /// out (hls4ml `unrolled_codegen.py`).
  private func kernel(
    _ configuration: HLSConfiguration, rule: ProductRule, _ call: HLSCall
  ) throws(HLS4MLProblem) -> (order: AccumulationOrder, isTransposed: Bool) {
    let reuse = try configuration.reuseFactor()
    guard let alias = configuration.alias("kernel") else {
      // Before version 1.0 nnet::dense chooses by the strategy (`nnet_dense.h`).
      switch configuration.word("strategy") {
      case "latency", nil: return (.inputOrder, false)
      case "resource": return (.reuse(factor: reuse), true)
      case let word?: throw unsupported(call, "strategy '\(word)'")
      }
    }
    switch alias.name {
    case "DenseLatency", "DepthwiseDenseLatency": return (.inputOrder, false)
    case "DenseResource_rf_leq_nin", "DenseResource_rf_gt_nin_rem0":
      return (.reuse(factor: reuse), true)
    // Each output of a depthwise layer receives its products by kernel position in all of these:
    // products of one channel are n_chan apart, and the loops keep ascending input indices only
    // within one pass, so that the passes are ordered by reuse factor.
    case "DepthwiseDenseResource_rf_leq_nout", "DepthwiseDenseResource_rf_gt_nout_rem0",
      "DepthwiseDenseResource_rf_gt_nout":
      return (.reuse(factor: reuse), false)
    case let name where name.hasPrefix("dense_resource_unrolled_"):
      guard rule == .multiply || rule == .weightTernary else {
        throw unsupported(call, "resource_unrolled leaves out zero weights of a \(rule) product")
      }
      return (.reuse(factor: reuse), true)
    default:
      throw unsupported(call, "kernel \(alias.qualifiedName)")
    }
  }

  /// The matrix product that a `dense_config` describes.
  func denseOperation(
    _ configuration: HLSConfiguration, _ call: HLSCall
  ) throws(HLS4MLProblem) -> Dense {
    let rule = try productRule(configuration, call)
    let kernel = try kernel(configuration, rule: rule, call)
    return Dense(
      weightsAreOutputMajor: kernel.isTransposed,
      accumulation: Accumulation(
        encoding: try configuration.requiredFormat("accum_t"), order: kernel.order, product: rule,
        revision: version.productRevision))
  }

  mutating func addDense(_ call: HLSCall) throws(HLS4MLProblem) {
    let configuration = try configuration(call)
    if call.arguments.count == 2, configuration.word("strategy") == "distributed_arithmetic" {
      let function = try adderFunction(configuration, call)
      try addAdderDense(call, function: function, configuration: configuration)
      return
    }
    try requireArguments(4, call)
    let inputs = try configuration.extent("n_in")
    let outputs = try configuration.extent("n_out")
    let dense = try denseOperation(configuration, call)
    let data = try elements(0, of: call, count: inputs)
    let weights = try constant(
      2, of: call, shape: dense.weightsAreOutputMajor ? [outputs, inputs] : [inputs, outputs])
    let bias = try constant(3, of: call, shape: [outputs])
    let result = try output(1, of: call, shape: [outputs])
    try append(
      .dense(dense), of: call, inputs: [data.tensor, weights, bias], outputs: [result])
    try record(call, configuration: configuration, weights: [inputs * outputs, outputs])
  }

  /// The generated function behind a configuration's `dense_da` member or its kernel's wrapper.
  private func adderFunction(
    _ configuration: HLSConfiguration, _ call: HLSCall
  ) throws(HLS4MLProblem) -> HLSGeneratedFunction {
    var name = configuration.structure.constants["dense_da"]?.value?.first {
      $0.text.hasPrefix("dense_da_")
    }?.text
    if let alias = configuration.alias("kernel")?.name, alias.hasPrefix("dense_da_wrapper_") {
      name = "dense_da_" + alias.dropFirst("dense_da_wrapper_".count)
    }
    guard let name, let function = try generatedCode?.function(name) else {
      throw HLS4MLProblem(
        .unknown(kind: "generated function", name: name ?? "dense_da"), at: call.place)
    }
    return function
  }

  /// `conv2d_cl<config, in, out>(data, result)`: a convolution that is an adder graph a window.
  mutating func addGeneratedConvolution(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call, at: 0)
    var window = try window(configuration)
    for axis in window.kernel.indices {
      let span = (window.output[axis] - 1) * window.strides[axis] + window.kernel[axis]
      let padding = max(0, span - window.input[axis])
      window.after[axis] = padding
    }
    if window.after.contains(where: { $0 > 0 }) {
      try readPadding(&window, configuration, call)
    }
    try addAdderConvolution(
      call, function: try adderFunction(configuration, call), configuration: configuration,
      window: window)
  }

  /// Divides the padding of a window as the generated line buffer does, by one of its entries.
  private func readPadding(
    _ window: inout Window, _ configuration: HLSConfiguration, _ call: HLSCall
  ) throws(HLS4MLProblem) {
    let pixels = try configuration.stride("n_pixels")
    guard let buffer = configuration.alias("fill_buffer"),
      let entry = generatedCode?.bufferEntry(ofClass: buffer.name)
    else { throw unsupported(call, "padding without a generated line buffer") }
    let (first, overflow) = entry.partition.multipliedReportingOverflow(by: pixels)
    guard !overflow, entry.pixel < pixels, first <= HLSScope.elementLimit else {
      throw unsupported(call, "an entry of its line buffer is out of range")
    }
    var position = first + entry.pixel
    var tap = entry.position / window.channels
    var source = entry.dataIndex / window.channels
    for axis in window.kernel.indices.reversed() {
      let shift =
        (position % window.output[axis]) * window.strides[axis] + tap % window.kernel[axis]
        - source % window.input[axis]
      guard (0...window.after[axis]).contains(shift) else {
        throw unsupported(call, "its line buffer does not fit its shape")
      }
      window.before[axis] = shift
      window.after[axis] -= shift
      position /= window.output[axis]
      tap /= window.kernel[axis]
      source /= window.input[axis]
    }
  }

  /// Extents and steps of a convolution or pooling window.
  struct Window {
    var input: [Int]
    var output: [Int]
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var before: [Int]
    var after: [Int]
    var channels: Int
    var filters: Int
  }

  /// The window that a `conv1d_config` or `conv2d_config` describes.
  private func window(_ configuration: HLSConfiguration) throws(HLS4MLProblem) -> Window {
    // One-dimensional adder convolutions have heights of -1.
    let isPlanar = try configuration.integer("in_height", default: -1) != -1
    var window = Window(
      input: [try configuration.extent("in_width")],
      output: [try configuration.extent("out_width")],
      kernel: [try configuration.stride("filt_width")],
      strides: [try configuration.stride("stride_width")],
      dilations: [try configuration.stride(isPlanar ? "dilation_width" : "dilation", default: 1)],
      before: [try configuration.margin("pad_left", default: 0)],
      after: [try configuration.margin("pad_right", default: 0)],
      channels: try configuration.extent("n_chan"), filters: try configuration.extent("n_filt"))
    if isPlanar {
      window.input.insert(try configuration.extent("in_height"), at: 0)
      window.output.insert(try configuration.extent("out_height"), at: 0)
      window.kernel.insert(try configuration.stride("filt_height"), at: 0)
      window.strides.insert(try configuration.stride("stride_height"), at: 0)
      window.dilations.insert(try configuration.stride("dilation_height", default: 1), at: 0)
      window.before.insert(try configuration.margin("pad_top", default: 0), at: 0)
      window.after.insert(try configuration.margin("pad_bottom", default: 0), at: 0)
    }
    return window
  }

  mutating func addConvolution(
    _ call: HLSCall, isDepthwise: Bool
  ) throws(HLS4MLProblem) {
    try requireArguments(4, call)
    let configuration = try configuration(call)
    let kernelName = try configuration.nested("mult_config")?.alias("kernel")?.name ?? ""
    if !isDepthwise, kernelName.hasPrefix("dense_da_wrapper_"),
      let inner = try configuration.nested("mult_config")
    {
      // The weights are passed and not read.
      try addAdderConvolution(
        call, function: try adderFunction(inner, call), configuration: configuration,
        window: try window(configuration))
      return
    }
    let parts = try convolution(configuration, isDepthwise: isDepthwise, call)
    let window = parts.window
    let data = try input(0, of: call, shape: window.input + [window.channels])
    let weights = try constant(2, of: call, shape: parts.weightShape)
    let bias = try constant(3, of: call, shape: [window.filters])
    let result = try output(1, of: call, shape: window.output + [window.filters])
    try append(
      .convolution(parts.operation), of: call, inputs: [data, weights, bias], outputs: [result])
    try record(
      call, configuration: configuration,
      weights: [parts.weightShape.reduce(1, *), window.filters])
  }

  /// The convolution that `configuration` describes, and the shape of its weights as stored.
  private func convolution(
    _ configuration: HLSConfiguration, isDepthwise: Bool, _ call: HLSCall
  ) throws(HLS4MLProblem) -> (operation: Convolution, window: Window, weightShape: [Int]) {
    let window = try window(configuration)
    if isStream && window.dilations.contains(where: { $0 != 1 }) {
      throw unsupported(call, "hls4ml's line buffers ignore dilation in io_stream")
    }
    guard !isDepthwise || window.filters == window.channels else {
      throw unsupported(call, "a depth multiplier above 1")
    }
    let inner = try configuration.nested("mult_config") ?? configuration
    let rule = try productRule(inner, call)
    var order = AccumulationOrder.inputOrder
    var isTransposed = false
    if isStream || configuration.alias("conv_kernel")?.name != "BatchedDenseForConv1D" {
      (order, isTransposed) = try kernel(inner, rule: rule, call)
    }
    var weightShape = window.kernel
    if isDepthwise {
      weightShape.append(window.channels)
      // io_parallel has one depthwise loop, which takes kernel positions in order.
      if !isStream { order = .inputOrder }
    } else if isTransposed {
      weightShape = [window.filters] + window.kernel + [window.channels]
    } else {
      weightShape += [window.channels, window.filters]
    }
    let accumulator =
      if let inner = try inner.format("accum_t") { inner } else {
        try configuration.requiredFormat("accum_t")
      }
    let operation = Convolution(
      kernel: window.kernel, strides: window.strides, dilations: window.dilations,
      paddingBefore: window.before, paddingAfter: window.after, isDepthwise: isDepthwise,
      weightsAreFilterMajor: isTransposed,
      accumulation: Accumulation(
        encoding: accumulator, order: order, product: rule, revision: version.productRevision))
    return (operation, window, weightShape)
  }

  /// `separable_conv(data, result, depthwise, pointwise, zero bias, bias)`: two convolutions with a
  /// result type between them.
  mutating func addSeparableConvolution(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(6, call)
    let configuration = try configuration(call)
    // Up to version 0.7 the call has no type for what lies between: the data's
    // (`nnet_sepconv2d_stream.h`).
    let hasMiddleType = call.templateArguments.count > 3
    guard hasMiddleType || version >= HLS4MLVersion(0, 7) else {
      throw HLS4MLProblem(
        .unknownRules(
          call.description,
          reason: "rules of hls4ml \(version) for separable convolutions are not known"),
        at: call.place)
    }
    guard let outer = try configuration.nested("depthwise_config"),
      let inner = try configuration.nested("pointwise_config")
    else {
      throw HLS4MLProblem(
        .unknown(kind: "member of \(configuration.name)", name: "depthwise_config"),
        at: configuration.structure.place)
    }
    let depthwise = try convolution(outer, isDepthwise: true, call)
    let pointwise = try convolution(inner, isDepthwise: false, call)
    let data = try input(
      0, of: call, shape: depthwise.window.input + [depthwise.window.channels])
    let depthwiseWeights = try constant(2, of: call, shape: depthwise.weightShape)
    let pointwiseWeights = try constant(3, of: call, shape: pointwise.weightShape)
    let zero = try constant(4, of: call, shape: [depthwise.window.filters])
    let bias = try constant(5, of: call, shape: [pointwise.window.filters])
    let middle = try intermediate(
      "depthwise", shape: depthwise.window.output + [depthwise.window.filters],
      format: try templateFormat(call, at: hasMiddleType ? 1 : 0), of: call)
    let result = try output(
      1, of: call, shape: pointwise.window.output + [pointwise.window.filters])
    try append(
      .convolution(depthwise.operation), of: call, inputs: [data, depthwiseWeights, zero],
      outputs: [middle], suffix: "depthwise")
    try append(
      .convolution(pointwise.operation), of: call, inputs: [middle, pointwiseWeights, bias],
      outputs: [result])
    try record(
      call, configuration: outer,
      weights: [depthwise.weightShape.reduce(1, *), pointwise.weightShape.reduce(1, *)])
  }

  mutating func addNormalize(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(4, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let parameters = try parameterCount(configuration, count: count)
    let rule = try productRule(configuration, call)
    guard rule == .multiply || version >= HLS4MLVersion(0, 8) else {
      throw HLS4MLProblem(
        .unknownRules(
          call.description,
          reason: "rules of hls4ml \(version) for scales by \(rule.rawValue) are not known"),
        at: call.place)
    }
    let data = try elements(0, of: call, count: count)
    let scale = try constant(2, of: call, shape: [parameters])
    let bias = try constant(3, of: call, shape: [parameters])
    let result = try output(1, of: call, shape: data.shape)
    if version < HLS4MLVersion(0, 7), let format = format(of: result) {
      // Products are assigned to the result's type before the bias is added.
      let product = try intermediate("product", shape: data.shape, format: format, of: call)
      let bit = try unit(call)
      let zero = try scalar(0, "zero", format: bit, of: call)
      let one = try scalar(1, "one", format: bit, of: call)
      try append(
        .normalize(rule), of: call, inputs: [data.tensor, scale, zero], outputs: [product],
        suffix: "product")
      try append(
        .normalize(.multiply), of: call, inputs: [product, one, bias], outputs: [result])
      try record(call, configuration: configuration, weights: [parameters, parameters])
      return
    }
    try append(
      .normalize(rule), of: call, inputs: [data.tensor, scale, bias], outputs: [result])
    try record(call, configuration: configuration, weights: [parameters, parameters])
  }

  mutating func addThreshold(
    _ call: HLSCall, thresholds: Int
  ) throws(HLS4MLProblem) {
    try requireArguments(2 + thresholds, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let parameters = try parameterCount(configuration, count: count)
    let data = try elements(0, of: call, count: count)
    var inputs = [data.tensor]
    for index in 0..<thresholds {
      inputs.append(try constant(2 + index, of: call, shape: [parameters]))
    }
    if thresholds == 1 { try requireCertainVersion(call) }
    if version < HLS4MLVersion(0, 8), isStream, parameters != count {
      throw HLS4MLProblem(
        .cannotRun(call.description, reason: "it reads past its \(parameters) thresholds"),
        at: call.place)
    }
    if thresholds == 1 && version < HLS4MLVersion(0, 8) {
      // `x > t` is `x >= t` for the next value of the threshold's type.
      inputs[1] = try next(inputs[1], shape: [parameters], call)
    }
    let result = try output(1, of: call, shape: data.shape)
    try append(.threshold, of: call, inputs: inputs, outputs: [result])
    try record(
      call, configuration: configuration, weights: [Int](repeating: parameters, count: thresholds))
  }

  private func unit(_ call: HLSCall) throws(HLS4MLProblem) -> FixedPointFormat {
    do throws(FormatError) {
      return try FixedPointFormat(width: 1, integerBits: 1, isSigned: false)
    } catch {
      throw HLS4MLProblem(.format(error), at: call.place)
    }
  }

  /// A constant whose codes are one more, in a type of one integer bit more.
  private mutating func next(
    _ constant: TensorID, shape: [Int], _ call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    guard let format = format(of: constant), let codes = drafts[constant.index].constant?.wide
    else { throw unsupported(call, "thresholds that are not fixed point") }
    let wider: FixedPointFormat
    do throws(FormatError) {
      wider = try FixedPointFormat(
        width: format.width + 1, integerBits: format.integerBits + 1, isSigned: format.isSigned)
    } catch {
      throw HLS4MLProblem(.format(error), at: call.place)
    }
    var builder = CodesBuilder(wider, capacity: codes.count)
    for code in codes { builder.append(code: code + Int512(1)) }
    return try sharedConstant(
      "above", shape: shape, encoding: .fixed(wider), codes: builder.codes, of: call)
  }

  /// One parameter an element, or one a filter where `n_filt` is given.
  private func parameterCount(
    _ configuration: HLSConfiguration, count: Int
  ) throws(HLS4MLProblem) -> Int {
    let filters = try configuration.integer("n_filt", default: -1)
    return filters == -1 ? count : try configuration.extent("n_filt")
  }

  mutating func addDot(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let first = try elements(0, of: call, count: count)
    let second = try elements(1, of: call, count: count)
    let accumulation = Accumulation(
      encoding: try configuration.requiredFormat("accum_t"),
      product: try productRule(configuration, call), revision: version.productRevision)
    let result = try output(2, of: call, shape: [1])
    try append(
      .dot(accumulation), of: call, inputs: [first.tensor, second.tensor], outputs: [result])
    try record(call, configuration: configuration)
  }
}
