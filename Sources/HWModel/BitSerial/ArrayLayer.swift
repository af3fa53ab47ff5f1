/// Height and width of a kernel, a stride or a feature map.
public struct Plane: Hashable, Sendable {
  public let height: Int
  public let width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  public static let one = Plane(1, 1)
  public var area: Int { height * width }
}

/// One convolution or matrix product as an accelerator's schedule sees it: extents, no values.
public struct ArrayLayer: Hashable, Sendable {
  public let name: String
  /// Matrices or images that each have their own inputs.
  public let batch: Int
  public let inputChannels: Int
  /// Input channels that one output channel reads; all of them unless the convolution is grouped.
  public let channelsPerOutput: Int
  public let outputChannels: Int
  public let kernel: Plane
  public let stride: Plane
  public let input: Plane
  /// Positions of the output; rows of a matrix product are the width.
  public let output: Plane
  /// Whether it is a matrix product without a kernel.
  public let isProduct: Bool
  /// Whether each of the batch has weights of its own, as keys and values have.
  public let hasOwnWeights: Bool

  /// Products, sizes and counts of bits derived from a layer stay below this.
  static let limit = 0x1p60

  /// A matrix product of `rows` times `inputChannels` with `outputChannels` columns.
  ///
  /// - Throws: ``BitSerialError/extent(layer:name:value:)`` for extents below 1,
  ///   ``BitSerialError/tooLarge(layer:)`` where counts of bits would not fit.
  public init(
    product name: String, batch: Int = 1, rows: Int, inputChannels: Int, outputChannels: Int,
    hasOwnWeights: Bool = false
  ) throws(BitSerialError) {
    self.name = name
    self.batch = batch
    self.inputChannels = inputChannels
    channelsPerOutput = inputChannels
    self.outputChannels = outputChannels
    kernel = .one
    stride = .one
    input = Plane(1, rows)
    output = Plane(1, rows)
    isProduct = true
    self.hasOwnWeights = hasOwnWeights
    try check()
  }

  /// A convolution; `channelsPerOutput` is less than `inputChannels` in a grouped one.
  ///
  /// - Throws: as ``init(product:batch:rows:inputChannels:outputChannels:hasOwnWeights:)``.
  public init(
    convolution name: String, batch: Int = 1, inputChannels: Int, channelsPerOutput: Int,
    outputChannels: Int, kernel: Plane, stride: Plane, input: Plane, output: Plane
  ) throws(BitSerialError) {
    self.name = name
    self.batch = batch
    self.inputChannels = inputChannels
    self.channelsPerOutput = channelsPerOutput
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.input = input
    self.output = output
    isProduct = false
    hasOwnWeights = false
    try check()
  }

  private func check() throws(BitSerialError) {
    let extents: [(String, Int)] = [
      ("batch", batch), ("input channels", inputChannels),
      ("channels an output reads", channelsPerOutput), ("output channels", outputChannels),
      ("kernel height", kernel.height), ("kernel width", kernel.width),
      ("stride", stride.height), ("stride", stride.width), ("input height", input.height),
      ("input width", input.width), ("output height", output.height),
      ("output width", output.width),
    ]
    for (name, value) in extents where value < 1 {
      throw .extent(layer: self.name, name: name, value: value)
    }
    let positions = Double(batch) * Double(output.height) * Double(output.width)
    let work =
      positions * Double(kernel.height) * Double(kernel.width) * Double(channelsPerOutput)
      * Double(outputChannels)
    let inputs =
      Double(batch) * Double(input.height) * Double(input.width) * Double(inputChannels)
    guard work < Self.limit / 64, inputs < Self.limit / 64, Double(stride.height) < 1e6,
      Double(stride.width) < 1e6
    else { throw .tooLarge(layer: name) }
  }

  /// What runs on its own, and how often: a group of a convolution, a matrix of a batch with weights of
  /// its own; else the layer itself, once.
  ///
  /// - Throws: never for a layer that exists.
  public func independentPart() throws(BitSerialError) -> (part: ArrayLayer, count: Int) {
    if isProduct, hasOwnWeights {
      let part = try ArrayLayer(
        product: name, rows: output.width, inputChannels: inputChannels,
        outputChannels: outputChannels)
      return (part, batch)
    }
    let groups = inputChannels / channelsPerOutput
    guard isGrouped, groups > 1 else { return (self, 1) }
    let part = try ArrayLayer(
      convolution: name, batch: batch, inputChannels: channelsPerOutput,
      channelsPerOutput: channelsPerOutput, outputChannels: max(outputChannels / groups, 1),
      kernel: kernel, stride: stride, input: input, output: output)
    return (part, groups)
  }

  /// Whether output channels read part of the inputs only.
  public var isGrouped: Bool { channelsPerOutput != inputChannels }
  /// Weights of one matrix.
  public var weightCount: Int { channelsPerOutput * kernel.area * outputChannels }
  /// Multiplications and additions.
  public var macs: Int { batch * output.area * weightCount }
}

/// Why an array has no cost for a layer, or is no array.
public enum BitSerialError: Error, Hashable, Sendable {
  case extent(layer: String, name: String, value: Int)
  /// Cycles or bits of the layer are beyond 64-bit counts.
  case tooLarge(layer: String)
  /// The smallest tile takes more than half of a double buffer.
  case bufferTooSmall(layer: String, buffer: String, neededBytes: Int, availableBytes: Int)
  /// Operands wider than the array's widest.
  case precision(layer: String, operand: String, bits: Int, allowed: ClosedRange<Int>)
  /// Tiles cost what their weights' planes say, and there are no weights.
  case weightsMissing(layer: String)
  case weightCount(layer: String, expected: Int, found: Int)
  /// Weights that cannot be rewritten as an allocation says.
  case rewrite(layer: String, rewrite: String, reason: String)
}

extension BitSerialError {
  /// What is wrong, in one line.
  public var reason: String {
    switch self {
    case .extent(let layer, let name, let value): "'\(layer)': \(name) of \(value) is no extent"
    case .tooLarge(let layer): "'\(layer)': cycles or bits are beyond 64-bit counts"
    case .bufferTooSmall(let layer, let buffer, let needed, let available):
      "'\(layer)': the \(buffer) buffer of \(available) bytes holds no tile; the smallest takes "
        + "\(needed) bytes with its double"
    case .precision(let layer, let operand, let bits, let allowed):
      "'\(layer)': \(operand) of \(bits) bits; the array takes \(allowed.lowerBound) to "
        + "\(allowed.upperBound)"
    case .weightsMissing(let layer):
      "'\(layer)': cycles depend on the bits of weights, and there are none"
    case .weightCount(let layer, let expected, let found):
      "'\(layer)': \(found) weights where the shape has \(expected)"
    case .rewrite(let layer, let rewrite, let reason):
      "'\(layer)': weights cannot be rewritten by \(rewrite): \(reason)"
    }
  }
}

/// `ceil(value / divisor)` of positive numbers.
package func ceilingDivide(_ value: Int, _ divisor: Int) -> Int { (value - 1) / divisor + 1 }
