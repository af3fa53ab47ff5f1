import Arith
import QuantGraph

/// Elementwise functions and softmax.
extension HLSGraphBuilder {
  /// `function(data, result)` with `n_in` elements.
  mutating func addActivation(
    _ activation: Activation, _ call: HLSCall
  ) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    try addActivation(activation, call, configuration, result: 1, parameters: [])
  }

  private mutating func addActivation(
    _ activation: Activation, _ call: HLSCall, _ configuration: HLSConfiguration, result: Int,
    parameters: [TensorID]
  ) throws(HLS4MLProblem) {
    let data = try elements(0, of: call, count: try configuration.extent("n_in"))
    let result = try output(result, of: call, shape: data.shape)
    try append(
      .activation(activation), of: call, inputs: [data.tensor] + parameters, outputs: [result])
    try record(call, configuration: configuration)
  }

  /// `relu_max<..., MAX, config>`.
  mutating func addClippedReLU(_ call: HLSCall) throws(HLS4MLProblem) {
    guard call.templateArguments.count == 4 else {
      throw unsupported(call, "expected four template arguments")
    }
    let maximum = try scope.integer(call.templateArguments[2], file: call.place.file)
    try addActivation(.clippedReLU(maximum: maximum), call)
  }

  /// `function<T, param_T, R, config>(data, 0.3, result)`: the number is quantized to `param_T`.
  mutating func addScalarActivation(
    _ activation: Activation, _ parameter: String, _ call: HLSCall
  ) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    let text = call.arguments[1].map(\.text).joined()
    guard let value = HLSConfiguration.decimal(text) else {
      throw HLS4MLProblem(.number(token: text), at: call.place)
    }
    // Before version 1.0 the parameter has no type of its own: it is the data's, or for an elu in
    // io_parallel the result's.
    let constant = try scalar(
      value, parameter,
      format: try templateFormat(
        call, at: call.templateArguments.count > 3 ? 1 : activation.isELU && !isStream ? 1 : 0),
      of: call)
    try addActivation(
      activation, call, configuration, result: 2, parameters: [constant])
  }

  /// `elu(data, alpha, result)`, or with alpha 1 of type `ap_uint<1>` where it is left out.
  mutating func addELU(_ call: HLSCall) throws(HLS4MLProblem) {
    let configuration = try configuration(call)
    let activation = Activation.elu(try lookupTable(configuration))
    if call.arguments.count == 3 {
      try addScalarActivation(activation, "alpha", call)
      return
    }
    try requireArguments(2, call)
    let bit =
      version < HLS4MLVersion(1, 0)
      ? try templateFormat(call, at: isStream ? 0 : 1)
      : try Self.format(width: 1, integerBits: 1, isSigned: false, call.place)
    let one = try scalar(1, "alpha", format: bit, of: call)
    try addActivation(activation, call, configuration, result: 1, parameters: [one])
  }

  mutating func addPReLU(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let alpha = try constant(1, of: call, shape: [count])
    try addActivation(.prelu, call, configuration, result: 2, parameters: [alpha])
  }

  /// Number of entries and their type; the base struct's where the configuration has none
  /// (`nnet_activation.h`, `activ_config`).
  func lookupTable(
    _ configuration: HLSConfiguration, size: String = "table_size", entry: String = "table_t"
  ) throws(HLS4MLProblem) -> LookupTable {
    let entries = try configuration.integer(size, in: 1...(1 << 24), default: 1024)
    if let format = try configuration.format(entry) {
      return LookupTable(size: entries, entry: format)
    }
    let standard = try Self.format(
      width: 18, integerBits: 8, isSigned: true, configuration.structure.place)
    return LookupTable(size: entries, entry: standard)
  }

  private static func format(
    width: Int, integerBits: Int, isSigned: Bool, _ place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> FixedPointFormat {
    do throws(FormatError) {
      return try FixedPointFormat(width: width, integerBits: integerBits, isSigned: isSigned)
    } catch {
      throw HLS4MLProblem(.format(error), at: place)
    }
  }

  mutating func addTableActivation(_ call: HLSCall) throws(HLS4MLProblem) {
    let table = try lookupTable(try configuration(call))
    switch call.function {
    case "selu" where version < HLS4MLVersion(1, 2): try addOldSELU(table, call)
    case "selu": try addActivation(.selu(table), call)
    case "sigmoid": try addActivation(.sigmoid(table), call)
    case "tanh": try addActivation(.tanh(table), call)
    case "softplus": try addActivation(.softplus(table), call)
    default: try addActivation(.softsign(table), call)
    }
  }

  /// SELU up to version 1.1: the factor of positive values is assigned to the result's type.
  ///
  /// It is written as `selu(x - relu(x)) + factor * relu(x)`, of which one part is always 0.
  private mutating func addOldSELU(_ table: LookupTable, _ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let data = try elements(0, of: call, count: try configuration.extent("n_in"))
    guard let format = format(of: data.tensor) else { throw unsupported(call, "float data") }
    let result = try output(1, of: call, shape: data.shape)
    guard let wanted = self.format(of: result) else { throw unsupported(call, "float data") }
    func exact(_ layout: ExactLayout) throws(HLS4MLProblem) -> FixedPointFormat {
      try Self.format(
        width: layout.width, integerBits: layout.integerBits, isSigned: layout.isSigned,
        call.place)
    }
    let positive = try intermediate("positive", shape: data.shape, format: format, of: call)
    let negative = try intermediate(
      "negative", shape: data.shape,
      format: try exact(.difference(ExactLayout(format), ExactLayout(format))), of: call)
    let entry = try intermediate("entry", shape: data.shape, format: table.entry, of: call)
    let scaled = try intermediate(
      "scaled", shape: data.shape,
      format: try exact(.product(ExactLayout(format), ExactLayout(wanted))), of: call)
    let factor = try scalar(1.0507009873554804934193349852946, "factor", format: wanted, of: call)
    let bit = try Self.format(width: 1, integerBits: 1, isSigned: false, call.place)
    let zero = try scalar(0, "zero", format: bit, of: call)
    try append(
      .activation(.relu), of: call, inputs: [data.tensor], outputs: [positive],
      suffix: "positive")
    try append(
      .arithmetic(.subtract), of: call, inputs: [data.tensor, positive], outputs: [negative],
      suffix: "negative")
    try append(
      .activation(.selu(table)), of: call, inputs: [negative], outputs: [entry], suffix: "entry")
    try append(
      .normalize(.multiply), of: call, inputs: [positive, factor, zero], outputs: [scaled],
      suffix: "scaled")
    try append(.arithmetic(.add), of: call, inputs: [entry, scaled], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// `x > 0 ? 1 : -1` up to version 1.1; 0 gives 1 later.
  mutating func addOldBinaryTanh(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let data = try elements(0, of: call, count: try configuration.extent("n_in"))
    let bit = try Self.format(width: 1, integerBits: 1, isSigned: false, call.place)
    let zero = try scalar(0, "zero", format: bit, of: call)
    let result = try output(1, of: call, shape: data.shape)
    try append(.threshold, of: call, inputs: [data.tensor, zero, zero], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// Hard sigmoid up to version 0.6: slope 0.2, shift 0.5 and their sum are in the data's type.
  private mutating func addOldHardSigmoid(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let data = try elements(0, of: call, count: try configuration.extent("n_in"))
    guard let format = format(of: data.tensor) else { throw unsupported(call, "float data") }
    let line = try intermediate("line", shape: data.shape, format: format, of: call)
    let slope = try scalar(0.2, "slope", format: format, of: call)
    let shift = try scalar(0.5, "shift", format: format, of: call)
    let result = try output(1, of: call, shape: data.shape)
    try append(
      .normalize(.multiply), of: call, inputs: [data.tensor, slope, shift], outputs: [line],
      suffix: "line")
    let clamped = try intermediate("clamped", shape: data.shape, format: format, of: call)
    try append(
      .activation(.clippedReLU(maximum: 1)), of: call, inputs: [line], outputs: [clamped],
      suffix: "clamped")
    try append(.convert(elements: []), of: call, inputs: [clamped], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// `slope` and `shift` are static members with types and values of their own.
  mutating func addHardActivation(
    _ activation: Activation, _ call: HLSCall
  ) throws(HLS4MLProblem) {
    if version < HLS4MLVersion(0, 7) {
      try addOldHardSigmoid(call)
      return
    }
    try requireArguments(2, call)
    let configuration = try configuration(call)
    var parameters: [TensorID] = []
    for member in ["slope", "shift"] {
      guard let declared = configuration.structure.constants[member] else {
        throw HLS4MLProblem(
          .unknown(kind: "member of \(configuration.name)", name: member),
          at: configuration.structure.place)
      }
      guard
        let format = try scope.resolve(
          declared.type, file: configuration.structure.place.file
        ).element
      else { throw unsupported(call, "\(member) is not fixed point") }
      parameters.append(
        try scalar(try configuration.number(member), member, format: format, of: call))
    }
    try addActivation(activation, call, configuration, result: 1, parameters: parameters)
  }

  mutating func addLookup(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    let entries = try configuration.extent("table_size")
    let data = try elements(0, of: call, count: try configuration.extent("n_in"))
    guard let format = format(of: data.tensor), format.width <= 24, entries == 1 << format.width
    else { throw unsupported(call, "a table that does not have one entry a code") }
    let table = try constant(2, of: call, shape: [entries])
    let result = try output(1, of: call, shape: data.shape)
    try append(
      .activation(.lookup), of: call, inputs: [data.tensor, table], outputs: [result])
    try record(call, configuration: configuration, weights: [entries])
  }

  /// Softmax up to version 1.1 (`nnet_activation.h`): both tables have table_size entries, sums and
  /// the inverse table's address are in exp_table_t, and the stable implementation addresses the
  /// exponential table by `x - maximum` in the data's type, saturated.
  private mutating func addOldSoftmax(
    _ call: HLSCall, _ configuration: HLSConfiguration, _ implementation: Softmax.Implementation,
    count: Int
  ) throws(HLS4MLProblem) {
    let data = try elements(0, of: call, count: count)
    guard let format = format(of: data.tensor) else { throw unsupported(call, "float data") }
    var slice = count
    // A streamed softmax normalizes each packet.
    if isStream,
      case .array(_, let size) = try scope.resolve(
        try templateType(call, at: 0), file: call.place.file)
    {
      slice = size
    }
    guard slice > 0, count % slice == 0 else {
      throw unsupported(call, "packets of \(slice) do not divide \(count) elements")
    }
    let isLegacy = implementation == .legacy
    let exponential = try lookupTable(configuration, entry: isLegacy ? "table_t" : "exp_table_t")
    let inverse = try lookupTable(configuration, entry: isLegacy ? "table_t" : "inv_table_t")
    let difference: FixedPointFormat
    do throws(FormatError) {
      difference = try FixedPointFormat(
        width: format.width, integerBits: format.integerBits, isSigned: true,
        quantization: .round, overflow: .saturate)
    } catch {
      throw HLS4MLProblem(.format(error), at: call.place)
    }
    let operation = Softmax(
      implementation: implementation, outer: count / slice, slice: slice, inner: 1,
      exponential: exponential, inverse: inverse, accumulator: exponential.entry,
      inverseInput: exponential.entry, difference: difference, distance: .valueMinusMaximum)
    let result = try output(1, of: call, shape: data.shape)
    try append(.softmax(operation), of: call, inputs: [data.tensor], outputs: [result])
    try record(call, configuration: configuration)
  }

  mutating func addSoftmax(
    _ call: HLSCall, isMultidimensional: Bool
  ) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let slice = try configuration.stride("n_slice", default: count)
    guard let word = configuration.word("implementation"),
      let implementation = Softmax.Implementation(rawValue: word)
    else {
      throw unsupported(
        call, "implementation '\(configuration.word("implementation") ?? "none")'")
    }
    var outer = 1
    var inner = 1
    if isMultidimensional {
      outer = try configuration.stride("n_outer")
      inner = try configuration.stride("n_inner")
    } else if isStream {
      // Streams normalize each packet: the last axis.
      outer = count / slice
    }
    guard try checkedCount([outer, slice, inner], place: call.place) == count else {
      throw HLS4MLProblem(
        .count(
          "elements of \(call.description)", expected: count, found: outer * slice * inner),
        at: configuration.structure.place)
    }
    let isLegacy = implementation == .legacy
    if version < HLS4MLVersion(1, 2) {
      try addOldSoftmax(call, configuration, implementation, count: count)
      return
    }
    // The streamed legacy loop sizes both tables by `table_size`, which its configuration inherits
    // from `activ_config` (`nnet_activation_stream.h`).
    let inherits = isLegacy && isStream
    let exponential = try lookupTable(
      configuration, size: inherits ? "table_size" : "exp_table_size",
      entry: isLegacy ? "table_t" : "exp_table_t")
    let inverse = try lookupTable(
      configuration, size: inherits ? "table_size" : "inv_table_size",
      entry: isLegacy ? "table_t" : "inv_table_t")
    let accumulator = try configuration.format("accum_t") ?? exponential.entry
    let operation = Softmax(
      implementation: implementation, outer: outer, slice: slice, inner: inner,
      exponential: exponential, inverse: inverse, accumulator: accumulator,
      inverseInput: try configuration.format("inv_inp_t") ?? accumulator,
      difference: implementation == .stable
        ? try configuration.requiredFormat("inp_norm_t") : try configuration.format("inp_norm_t"),
      scale: Float(try configuration.number("exp_scale", default: 1)))
    let data = try elements(0, of: call, count: count)
    let result = try output(1, of: call, shape: data.shape)
    try append(.softmax(operation), of: call, inputs: [data.tensor], outputs: [result])
    try record(call, configuration: configuration)
  }
}

extension Activation {
  fileprivate var isELU: Bool {
    if case .elu = self { return true }
    return false
  }
}
