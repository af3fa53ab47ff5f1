import Arith
import QuantGraph

/// Layers of the distributed-arithmetic strategy: their weights are written out as adder graphs.
///
/// An adder graph is exact up to the assignment of its result, and so is a matrix product with an
/// accumulator that loses nothing: such layers become dense layers and convolutions whose weights
/// are the graph's coefficients.
extension HLSGraphBuilder {
  /// Weights, bias and accumulator that an adder graph amounts to.
  private struct Product {
    let weights: TensorID
    let bias: TensorID
    let accumulation: Accumulation
  }

  /// `dense_da_N<in, out>(data, result)`, or the same behind `nnet::dense` on streams.
  mutating func addAdderDense(
    _ call: HLSCall, function: HLSGeneratedFunction, configuration: HLSConfiguration?
  ) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let data = try input(0, of: call)
    guard let format = format(of: data) else { throw unsupported(call, "float data") }
    let adders = try HLSAdderGraph(function, inputFormat: format, scope: scope)
    let count = try function.inputCount(scope: scope)
    let elements = try elements(0, of: call, count: count)
    try checkInputs(adders, count: count, call)
    var source = elements.tensor
    if adders.inputs.values.contains(where: { !$0.holds(format) }) {
      source = try assigned(
        elements, to: (0..<count).map { adders.inputs[$0] ?? format }, format: format, call)
    }
    let product = try product(adders, count: count, format: self.format(of: source) ?? format, call)
    let result = try output(1, of: call, shape: [adders.outputs.count])
    try append(
      .dense(Dense(weightsAreOutputMajor: false, accumulation: product.accumulation)), of: call,
      inputs: [source, product.weights, product.bias], outputs: [result])
    try record(
      call, configuration: configuration,
      weights: [count * adders.outputs.count, adders.outputs.count], adders: adders.adders)
  }

  /// A convolution whose window product is an adder graph; padding is read off the line buffer.
  mutating func addAdderConvolution(
    _ call: HLSCall, function: HLSGeneratedFunction, configuration: HLSConfiguration,
    window: Window
  ) throws(HLS4MLProblem) {
    let data = try input(0, of: call, shape: window.input + [window.channels])
    guard let format = format(of: data) else { throw unsupported(call, "float data") }
    let adders = try HLSAdderGraph(function, inputFormat: format, scope: scope)
    let count = try function.inputCount(scope: scope)
    let taps = try checkedCount(window.kernel + [window.channels], place: call.place)
    guard count == taps, adders.outputs.count == window.filters else {
      throw HLS4MLProblem(
        .count("inputs of \(function.name)", expected: taps, found: count), at: function.place)
    }
    try checkInputs(adders, count: count, call)
    var source = data
    if adders.inputs.values.contains(where: { !$0.holds(format) }) {
      source = try assignedChannels(data, adders, window, format: format, call)
    }
    let product = try product(adders, count: count, format: self.format(of: source) ?? format, call)
    let result = try output(1, of: call, shape: window.output + [window.filters])
    let convolution = Convolution(
      kernel: window.kernel, strides: window.strides, dilations: window.dilations,
      paddingBefore: window.before, paddingAfter: window.after,
      accumulation: product.accumulation)
    try append(
      .convolution(convolution), of: call, inputs: [source, product.weights, product.bias],
      outputs: [result])
    try record(
      call, configuration: configuration, weights: [count * window.filters, window.filters],
      adders: adders.adders)
  }

  private func checkInputs(
    _ adders: HLSAdderGraph, count: Int, _ call: HLSCall
  ) throws(HLS4MLProblem) {
    if let index = adders.inputs.keys.max(), index >= count {
      throw HLS4MLProblem(
        .range("input of \(call.description)", value: index, allowed: 0...max(count - 1, 0)),
        at: call.place)
    }
    guard !adders.outputs.isEmpty else { throw unsupported(call, "no output") }
  }

  /// The data after an assignment an element, as the function's first lines make it.
  private mutating func assigned(
    _ data: (tensor: TensorID, shape: [Int]), to formats: [FixedPointFormat],
    format: FixedPointFormat, _ call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    let known = elementFormats(of: data.tensor)
    if let known, known.count == formats.count,
      zip(known, formats).allSatisfy({ $1.holds($0) })
    {
      return data.tensor
    }
    let result = try intermediate(
      "inputs", shape: data.shape, format: try covering(formats, call), of: call)
    try append(
      .convert(elements: formats), of: call, inputs: [data.tensor], outputs: [result],
      suffix: "inputs")
    return result
  }

  /// The same for a convolution, where each element is read at several positions of the window.
  private mutating func assignedChannels(
    _ data: TensorID, _ adders: HLSAdderGraph, _ window: Window, format: FixedPointFormat,
    _ call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    let channels = window.channels
    if let known = elementFormats(of: data), isHeld(known, by: adders, window) { return data }
    var formats: [FixedPointFormat] = []
    for channel in 0..<channels {
      let present = Set(adders.inputs.filter { $0.key % channels == channel }.values)
      guard present.count <= 1 else {
        throw unsupported(call, "a channel has several types in the window of its adder graph")
      }
      formats.append(present.first ?? format)
    }
    let extents = window.input + [channels]
    let count = try checkedCount(extents, place: call.place)
    let result = try intermediate(
      "inputs", shape: extents, format: try covering(formats, call), of: call)
    try append(
      .convert(elements: (0..<count).map { formats[$0 % channels] }), of: call, inputs: [data],
      outputs: [result], suffix: "inputs")
    return result
  }

  /// Whether every element, at every window position that reads it, is in the range of the type
  /// there.
  private func isHeld(
    _ known: [FixedPointFormat], by adders: HLSAdderGraph, _ window: Window
  ) -> Bool {
    // One spatial axis is one with a second axis of extent 1 before it.
    func planar(_ extents: [Int], _ fill: Int) -> (Int, Int) {
      extents.count == 2 ? (extents[0], extents[1]) : (fill, extents[0])
    }
    let (height, width) = planar(window.input, 1)
    let (rows, columns) = planar(window.kernel, 1)
    let (down, across) = planar(window.strides, 1)
    let (top, left) = planar(window.before, 0)
    let (outRows, outColumns) = planar(window.output, 1)
    guard known.count == height * width * window.channels else { return false }
    for y in 0..<outRows {
      for x in 0..<outColumns {
        for ky in 0..<rows {
          for kx in 0..<columns {
            let (iy, ix) = (y * down - top + ky, x * across - left + kx)
            guard (0..<height).contains(iy), (0..<width).contains(ix) else { continue }
            for channel in 0..<window.channels {
              let tap = (ky * columns + kx) * window.channels + channel
              let element = (iy * width + ix) * window.channels + channel
              if let type = adders.inputs[tap], !type.holds(known[element]) { return false }
            }
          }
        }
      }
    }
    return true
  }

  /// Formats that the elements of a tensor were assigned to, if its producer has one an element.
  private func elementFormats(of tensor: TensorID) -> [FixedPointFormat]? {
    guard let node = nodes.last(where: { $0.outputs.contains(tensor) }),
      case .convert(let elements) = node.operation, !elements.isEmpty,
      let format = format(of: tensor), elements.allSatisfy({ format.holds($0) })
    else { return nil }
    return elements
  }

  /// The smallest format that holds all of `formats`.
  private func covering(
    _ formats: [FixedPointFormat], _ call: HLSCall
  ) throws(HLS4MLProblem) -> FixedPointFormat {
    let isSigned = formats.contains { $0.isSigned }
    let integerBits =
      formats.map { $0.integerBits + (isSigned && !$0.isSigned ? 1 : 0) }.max() ?? 1
    let fractionBits = formats.map(\.fractionBits).max() ?? 0
    return try exactFormat(
      width: integerBits + fractionBits, integerBits: integerBits, isSigned: isSigned, call)
  }

  private func exactFormat(
    width: Int, integerBits: Int, isSigned: Bool, _ call: HLSCall
  ) throws(HLS4MLProblem) -> FixedPointFormat {
    do throws(FormatError) {
      return try FixedPointFormat(width: width, integerBits: integerBits, isSigned: isSigned)
    } catch {
      throw HLS4MLProblem(.format(error), at: call.place)
    }
  }

  /// Weights `[count, outputs]` and bias of an adder graph over data of `format`, and an
  /// accumulator that holds every sum of their products.
  private mutating func product(
    _ adders: HLSAdderGraph, count: Int, format: FixedPointFormat, _ call: HLSCall
  ) throws(HLS4MLProblem) -> Product {
    let outputs = adders.outputs.count
    _ = try checkedCount([count, outputs], place: call.place)
    // A coefficient counts codes of its input; the weight of a value is 2^f times that.
    func weightBits(_ form: HLSLinearForm, _ input: Int) -> Int {
      form.fractionBits - (adders.inputs[input]?.fractionBits ?? 0)
    }
    var fraction = 0
    var biasFraction = 0
    for form in adders.outputs {
      biasFraction = max(biasFraction, form.fractionBits)
      for input in form.coefficients.keys { fraction = max(fraction, weightBits(form, input)) }
    }
    var weights = [Int512](repeating: Int512.zero, count: count * outputs)
    var bias = [Int512](repeating: Int512.zero, count: outputs)
    var weightWidth = 1
    var biasWidth = 1
    for (column, form) in adders.outputs.enumerated() {
      for (input, coefficient) in form.coefficients {
        let shift = fraction - weightBits(form, input)
        guard shift <= 256 else { throw unsupported(call, "weights of more than 256 bits") }
        let weight = Int512(exactly: coefficient) << shift
        weightWidth = max(weightWidth, weight.significantBits)
        weights[input * outputs + column] = weight
      }
      let shift = biasFraction - form.fractionBits
      guard shift <= 256 else { throw unsupported(call, "a bias of more than 256 bits") }
      bias[column] = Int512(exactly: form.constant) << shift
      biasWidth = max(biasWidth, bias[column].significantBits)
    }
    let weightFormat = try exactFormat(
      width: weightWidth, integerBits: weightWidth - fraction, isSigned: true, call)
    let biasFormat = try exactFormat(
      width: biasWidth, integerBits: biasWidth - biasFraction, isSigned: true, call)
    // One bit for each doubling of the number of terms, and one for the bias.
    let growth = Int.bitWidth - count.leadingZeroBitCount + 1
    let accumulatorFraction = max(fraction + format.fractionBits, biasFraction)
    let accumulatorInteger =
      max(
        weightFormat.integerBits + format.integerBits + (format.isSigned ? 0 : 1),
        biasFormat.integerBits) + growth
    let accumulator = try exactFormat(
      width: accumulatorInteger + accumulatorFraction, integerBits: accumulatorInteger,
      isSigned: true, call)
    return Product(
      weights: try exactConstant("weights", weights, [count, outputs], weightFormat, call),
      bias: try exactConstant("bias", bias, [outputs], biasFormat, call),
      accumulation: Accumulation(encoding: accumulator))
  }

  private mutating func exactConstant(
    _ name: String, _ codes: [Int512], _ shape: [Int], _ format: FixedPointFormat, _ call: HLSCall
  ) throws(HLS4MLProblem) -> TensorID {
    var builder = CodesBuilder(format, capacity: codes.count)
    for code in codes { builder.append(code: code) }
    return try sharedConstant(
      name, shape: shape, encoding: .fixed(format), codes: builder.codes, of: call)
  }
}

extension Int512 {
  /// The value of a 128-bit number.
  fileprivate init(exactly value: Int128) {
    self = Int512(Int64(truncatingIfNeeded: value >> 64)) << 64
    let low = UInt64(truncatingIfNeeded: value)
    self = self + (Int512(Int64(low >> 32)) << 32) + Int512(Int64(low & 0xFFFF_FFFF))
  }
}
