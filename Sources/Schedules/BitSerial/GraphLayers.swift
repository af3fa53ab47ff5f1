import Arith
import HWModel
import QuantGraph

/// A node of a graph that multiplies, as an array sees it.
struct GraphLayer {
  let node: Int
  let layer: ArrayLayer
  /// The constant that it multiplies with; nil for products of two computed tensors.
  let weights: TensorID?
  let weightOrder: WeightOrder

  /// Where the weight of output `o`, channel `c` and kernel position `k` stands.
  enum WeightOrder {
    /// `outputs, channels, positions`
    case outputChannelPosition
    /// `outputs, positions, channels`
    case outputPositionChannel
    /// `positions, channels, outputs`
    case positionChannelOutput
  }
}

extension GraphLayer {
  /// The layers of `graph`, in its order.
  ///
  /// - Throws: ``DeviceProblems`` with every node that multiplies and has no rule.
  static func list(_ workload: Workload) throws(DeviceProblems) -> [GraphLayer] {
    let graph = workload.graph
    var layers: [GraphLayer] = []
    var problems: [Diagnostic] = []
    for (index, node) in graph.nodes.enumerated() {
      do throws(LayerFault) {
        if let layer = try GraphLayer(node, index, in: graph) { layers.append(layer) }
      } catch {
        problems.append(
          Diagnostic(
            code: "estimate.unsupported-op", message: error.reason,
            location: workload.place(ofNode: index),
            remedy: "estimate the part before it, or choose another target."))
      }
    }
    if layers.isEmpty, problems.isEmpty {
      problems.append(
        Diagnostic(
          code: "estimate.unsupported-op", message: "nothing in the network multiplies",
          location: workload.place, remedy: "give a network with convolutions or matrix products."))
    }
    guard problems.isEmpty else { throw DeviceProblems(problems) }
    return layers
  }

  private struct LayerFault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
    init(_ error: BitSerialError) { reason = error.reason }
  }

  /// Nil for nodes that multiply nothing.
  private init?(_ node: Node, _ index: Int, in graph: Graph) throws(LayerFault) {
    self.node = index
    guard let linear = graph.linear(node) else { return nil }
    let data = graph[linear.data].shape
    let results = graph[linear.result].shape
    let constant = graph[linear.weights].isParameter ? linear.weights : nil
    func faulty(
      _ make: () throws(BitSerialError) -> ArrayLayer
    ) throws(LayerFault) -> ArrayLayer {
      do throws(BitSerialError) { return try make() } catch { throw LayerFault(error) }
    }
    switch linear.form {
    case .dense(let dense):
      weights = constant
      weightOrder = dense.weightsAreOutputMajor ? .outputChannelPosition : .positionChannelOutput
      guard dense.rows > 0 else { throw LayerFault("a matrix product without rows") }
      layer = try faulty { () throws(BitSerialError) in
        try ArrayLayer(
          product: node.name, rows: dense.rows, inputChannels: data.count / dense.rows,
          outputChannels: results.count / dense.rows)
      }
    case .matMul(let product):
      guard data.rank >= 2, results.rank >= 2 else {
        throw LayerFault("a product with a vector has no rule on an array")
      }
      let inner = data[data.rank - (product.transposesLeft ? 2 : 1)]
      let columns = results[results.rank - 1]
      let rows = results[results.rank - 2]
      let batch = results.count / max(rows * columns, 1)
      let right = graph[linear.weights].shape
      // One matrix for all: the batch is more rows.
      let isShared = right.count == inner * columns
      weights = isShared ? constant : nil
      weightOrder = product.transposesRight ? .outputChannelPosition : .positionChannelOutput
      layer = try faulty { () throws(BitSerialError) in
        try ArrayLayer(
          product: node.name, batch: isShared ? 1 : batch, rows: isShared ? rows * batch : rows,
          inputChannels: inner, outputChannels: columns, hasOwnWeights: !isShared)
      }
    case .convolution(let convolution):
      weights = constant
      (layer, weightOrder) = try Self.convolution(
        convolution, node, data: data, results: results,
        weights: graph[linear.weights].shape.count)
    case .transposedConvolution:
      throw LayerFault("a transposed convolution has no rule on an array")
    case .dot:
      weights = nil
      weightOrder = .outputChannelPosition
      layer = try faulty { () throws(BitSerialError) in
        try ArrayLayer(
          product: node.name, rows: 1, inputChannels: data.count, outputChannels: 1)
      }
    }
  }

  private static func convolution(
    _ convolution: Convolution, _ node: Node, data: Shape, results: Shape, weights count: Int
  ) throws(LayerFault) -> (ArrayLayer, WeightOrder) {
    let axes = convolution.kernel.count
    guard (1...2).contains(axes), data.rank > axes, results.rank > axes, node.inputs.count > 1
    else {
      throw LayerFault("a convolution over \(axes) axes has no rule on an array")
    }
    func split(_ shape: Shape) -> (batch: Int, plane: Plane, channels: Int) {
      let isLast = convolution.layout == .channelsLast
      let channelAxis = isLast ? shape.rank - 1 : shape.rank - 1 - axes
      let start = isLast ? shape.rank - 1 - axes : shape.rank - axes
      let plane =
        axes == 1 ? Plane(1, shape[start]) : Plane(shape[start], shape[start + 1])
      let channels = shape[channelAxis]
      return (shape.count / max(plane.area * channels, 1), plane, channels)
    }
    let input = split(data)
    let output = split(results)
    let area = convolution.kernel.reduce(1, *)
    let perOutput = count / max(output.channels * area, 1)
    let order: WeightOrder
    switch (convolution.isDepthwise, convolution.weightLayout) {
    case (true, _): order = .positionChannelOutput
    case (_, .kernelChannelsFilters): order = .positionChannelOutput
    case (_, .filtersKernelChannels): order = .outputPositionChannel
    default: order = .outputChannelPosition
    }
    func plane(_ list: [Int]) -> Plane { axes == 1 ? Plane(1, list[0]) : Plane(list[0], list[1]) }
    do throws(BitSerialError) {
      return (
        try ArrayLayer(
          convolution: node.name, batch: max(input.batch, 1), inputChannels: input.channels,
          channelsPerOutput: perOutput, outputChannels: output.channels,
          kernel: plane(convolution.kernel), stride: plane(convolution.strides),
          input: input.plane, output: output.plane), order
      )
    } catch {
      throw LayerFault(error)
    }
  }

  /// Weights as integers of `bits` bits, `outputs, channels, positions`.
  ///
  /// Codes that fit are taken as they are; floats, and wider codes, are scaled by output channel so
  /// that the largest magnitude becomes the largest code, and rounded half to even.
  ///
  /// - Returns: nil where the weights are no constant.
  func integers(in graph: Graph, bits: Int) -> [Int]? {
    guard let weights, let codes = graph[weights].constant else { return nil }
    let values: [Double]
    var isExact = false
    if let integers = codes.int64 {
      values = integers.map(Double.init)
      let bound = Double(1 << (bits - 1))
      isExact = values.allSatisfy { $0 >= -bound && $0 < bound }
    } else {
      switch codes {
      case .float32(let floats): values = floats.map(Double.init)
      case .float64(let floats): values = floats
      default: return nil
      }
    }
    let area = layer.kernel.area
    let channels = layer.channelsPerOutput
    let outputs = layer.outputChannels
    guard values.count == layer.weightCount else { return nil }
    var ordered: [Double] = []
    ordered.reserveCapacity(values.count)
    for output in 0..<outputs {
      for channel in 0..<channels {
        for position in 0..<area {
          let index =
            switch weightOrder {
            case .outputChannelPosition: (output * channels + channel) * area + position
            case .outputPositionChannel: (output * area + position) * channels + channel
            case .positionChannelOutput: (position * channels + channel) * outputs + output
            }
          ordered.append(values[index])
        }
      }
    }
    if isExact { return ordered.map { Int($0) } }
    let largestCode = Double((1 << (bits - 1)) - 1)
    let block = channels * area
    var result: [Int] = []
    result.reserveCapacity(values.count)
    for start in stride(from: 0, to: ordered.count, by: block) {
      let filter = ordered[start..<start + block]
      let largest = filter.reduce(0) { max($0, $1.magnitude) }
      let scale = largest > 0 && largest.isFinite ? largestCode / largest : 0
      result += filter.map { value in
        let code = (value * scale).rounded(.toNearestOrEven)
        return code.isFinite ? Int(max(min(code, largestCode), -largestCode)) : 0
      }
    }
    return result
  }
}
