import Arith
import HWModel
import QuantGraph

/// A node of a graph that multiplies, as an array sees it.
struct GraphLayer {
  let node: Int
  let layer: ArrayLayer
  /// The constant that it multiplies with; nil for products of two computed tensors.
  let weights: TensorID?
  /// Where the weights stand; nil without them.
  let places: WeightPlaces?
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
    places = graph.weightPlaces(of: linear)
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
      layer = try faulty { () throws(BitSerialError) in
        try ArrayLayer(
          product: node.name, batch: isShared ? 1 : batch, rows: isShared ? rows * batch : rows,
          inputChannels: inner, outputChannels: columns, hasOwnWeights: !isShared)
      }
    case .convolution(let convolution):
      weights = constant
      layer = try Self.convolution(
        convolution, node, data: data, results: results,
        weights: graph[linear.weights].shape.count)
    case .transposedConvolution:
      throw LayerFault("a transposed convolution has no rule on an array")
    case .dot:
      weights = nil
      layer = try faulty { () throws(BitSerialError) in
        try ArrayLayer(
          product: node.name, rows: 1, inputChannels: data.count, outputChannels: 1)
      }
    }
  }

  private static func convolution(
    _ convolution: Convolution, _ node: Node, data: Shape, results: Shape, weights count: Int
  ) throws(LayerFault) -> ArrayLayer {
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
    func plane(_ list: [Int]) -> Plane { axes == 1 ? Plane(1, list[0]) : Plane(list[0], list[1]) }
    do throws(BitSerialError) {
      return try ArrayLayer(
        convolution: node.name, batch: max(input.batch, 1), inputChannels: input.channels,
        channelsPerOutput: perOutput, outputChannels: output.channels,
        kernel: plane(convolution.kernel), stride: plane(convolution.strides),
        input: input.plane, output: output.plane)
    } catch {
      throw LayerFault(error)
    }
  }

  /// Weights as integers of `bits` bits, `outputs * channels * positions`.
  ///
  /// Codes that fit are taken as they are. What is wider gets other scales, by the rules by which
  /// narrower weights are run: of floats one an output channel, the largest magnitude over the largest
  /// code; of affine codes as many as the model has, rounded to binary32; codes are rounded half to
  /// even.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - bits: of a weight.
  ///   - rewrite: what becomes of the integers then.
  /// - Returns: nil where the weights are no constant.
  /// - Throws: ``BitSerialError/rewrite(layer:rewrite:reason:)``.
  func integers(
    in graph: Graph, bits: Int, rewrite: WeightRewrite?
  ) throws(BitSerialError) -> [Int]? {
    guard let weights, let places, let codes = graph[weights].constant,
      places.count == layer.weightCount, let integers = narrowed(codes, graph[weights], bits: bits)
    else { return nil }
    let order = places.all
    var ordered = order.map { integers[$0] }
    if let rewrite {
      do throws(WeightRewriteError) {
        ordered = try rewrite(ordered, width: bits, channels: places.channels)
      } catch {
        throw .rewrite(layer: layer.name, rewrite: rewrite.name, reason: error.reason)
      }
    }
    guard places.positions > 1 else { return ordered }
    var result: [Int] = []
    result.reserveCapacity(ordered.count)
    for output in 0..<places.outputs {
      let start = output * places.positions * places.channels
      for channel in 0..<places.channels {
        for position in 0..<places.positions {
          result.append(ordered[start + position * places.channels + channel])
        }
      }
    }
    return result
  }

  /// Integers of `bits` bits in the constant's order; nil for codes that are no 64-bit integers.
  private func narrowed(_ codes: Codes, _ tensor: Tensor, bits: Int) -> [Int]? {
    guard let places else { return nil }
    let values: [Double]
    var (scales, isRounded) = ([1.0], false)
    if let integers = codes.int64 {
      let bound = Int64(1) << (bits - 1)
      if integers.allSatisfy({ -bound <= $0 && $0 < bound }) { return integers.map { Int($0) } }
      values = integers.map(Double.init)
      if case .affine(let format) = tensor.encoding, !format.scales.isEmpty {
        (scales, isRounded) = (format.scales, true)
      }
    } else {
      switch codes {
      case .float32(let floats): values = floats.map(Double.init)
      case .float64(let floats): values = floats
      default: return nil
      }
    }
    let limit = Double((1 << (bits - 1)) - 1)
    let depth = places.positions * places.channels
    let order = places.all
    // Affine tensors with one scale keep one.
    let share = isRounded && scales.count == 1 ? order.count : depth
    var result = [Int](repeating: 0, count: values.count)
    for start in stride(from: 0, to: order.count, by: max(share, 1)) {
      let part = order[start..<start + share]
      let own = scales.count == places.outputs ? scales[start / depth] : scales[0]
      let largest = part.reduce(0) { max($0, values[$1].magnitude) }
      let exact = largest * own / limit
      let scale = isRounded ? Double(Float(exact)) : exact
      guard scale > 0, scale.isFinite else { continue }
      for place in part {
        let code = (values[place] * own / scale).rounded(.toNearestOrEven)
        result[place] = code.isFinite ? Int(max(min(code, limit), -limit)) : 0
      }
    }
    return result
  }
}
