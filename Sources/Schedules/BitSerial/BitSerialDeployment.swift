import Arith
import HWModel
public import QuantGraph

/// A network on a bit-serial or precision-scalable array: its convolutions and matrix products, one
/// after the other.
public struct BitSerialDeployment: DeployedWorkload {
  public let graph: Graph
  private let device: BitSerialDevice
  private let layers: [GraphLayer]
  private let stepOfNode: [Int: Int]
  private let place: String
  /// Layers that were scheduled before.
  private let known = LatestValues<LayerKey, LayerCost>(bytes: 1 << 26)

  private struct LayerKey: Hashable {
    let layer: Int
    let widths: Widths
    let rewrite: WeightRewrite?
    let readsInput: Bool
  }

  private struct LayerCost {
    /// About what the terms of one take.
    static let bytes = 2048

    let cost: ArrayStepCost
    /// Whether the result goes to DRAM; false where layers know nothing of each other.
    var writesOutput = false
  }

  private var target: BitSerialTarget { device.target }

  /// - Throws: ``DeviceProblems`` with every node that multiplies and has no rule.
  public init(_ workload: Workload, on device: BitSerialDevice) throws(DeviceProblems) {
    graph = workload.graph
    place = workload.place
    self.device = device
    layers = try GraphLayer.list(workload)
    stepOfNode = Dictionary(
      uniqueKeysWithValues: layers.enumerated().map { ($0.element.node, $0.offset) })
  }

  public var notes: [String] {
    ["convolutions and matrix products alone are counted; layers do not overlap"]
      + (flipNote.map { [$0] } ?? [])
  }

  /// Of arrays that flip weights which no allocation flips.
  private var flipNote: String? {
    guard case .weightBits(let array) = target.machine, array.flipsWeights else { return nil }
    let rewrite = WeightRewrite.bitFlip(
      columns: 8 - array.serialBits, group: WeightRewrite.defaultGroup)
    return
      "weights without a weight_rewrite are flipped for their cost alone, as the simulator does; "
      + "\(rewrite.name) in an allocation runs them so too"
  }

  public func notes(forBits bits: [Int]) -> [String] { [] }

  public func step(ofNode node: Int) -> Int? { stepOfNode[node] }

  // MARK: Widths

  /// Widths of one layer: stored bits of a weight, planes or operand bits, bits of inputs.
  struct Widths: Hashable {
    let weights: Int
    let storedWeights: Double
    let inputs: Int
  }

  private func widths(_ layer: GraphLayer, _ choices: FormatChoices) throws(DeviceProblems)
    -> Widths
  {
    let node = graph.nodes[layer.node]
    let choice = choices.nodes[layer.node]
    let linear = graph.linear(node)
    let input = linear?.data
    let second = linear?.weights
    let ownWeights = second.map { graph[$0].encoding }
    var weights = choice?.weights ?? second.flatMap { choices.tensors[$0.index] }
    if weights == nil, choices.uniform?.weights == nil || layer.weights == nil {
      weights = ownWeights
    }
    if let rewrite = choice?.weightRewrite {
      switch weights {
      case .fixed?, .affine?: break
      default:
        throw refusal(
          "weights of \(weights?.name ?? "no format") are no integers that \(rewrite.name) rewrites",
          node.name)
      }
    }
    let uniformInputs = choices.uniform?.activations
    var inputs = choice?.data ?? input.flatMap { choices.tensors[$0.index] }
    if inputs == nil, uniformInputs == nil { inputs = input.map { graph[$0].encoding } }
    let weightWidth = Self.width(weights) ?? choices.uniform?.weights ?? target.weightBits
    let inputWidth = Self.width(inputs) ?? uniformInputs ?? target.inputBits
    guard (1...64).contains(weightWidth), (1...64).contains(inputWidth) else {
      throw refusal("operands of \(weightWidth) and \(inputWidth) bits", node.name)
    }
    var stored = target.storedWeightBits(weightWidth)
    if case .block(let format)? = weights {
      stored =
        target.grouping.map {
          Double(weightWidth) + Double($0.bits) / Double(format.blockSize)
        } ?? format.bitsPerValue
    }
    return Widths(weights: weightWidth, storedWeights: stored, inputs: inputWidth)
  }

  /// Bits of a code; nil for floats, which take the array's own width.
  private static func width(_ encoding: Encoding?) -> Int? {
    switch encoding {
    case .float(let format) where format.width >= 16: nil
    case .affine(let format): format.width
    case .block(let format): format.elements.compactMap(\.scalarWidth).max()
    case let encoding?: encoding.scalarWidth
    case nil: nil
    }
  }

  private func refusal(_ reason: String, _ layer: String) -> DeviceProblems {
    DeviceProblems(
      Diagnostic(
        code: "cost.unsupported", message: "'\(target.description.id)': \(reason)",
        location: "\(place): layer '\(layer)'",
        remedy: "choose other formats, or another target."))
  }

  private func problem(_ error: BitSerialError) -> DeviceProblems {
    let remedy =
      switch error {
      case .bufferTooSmall(_, let buffer, _, _): "enlarge the \(buffer) buffer of the description."
      case .precision: "choose widths that the array has, or another target."
      case .rewrite: "leave that rewrite out, or give it fewer columns."
      case .weightsMissing: "give a model with weights, or a target that does not look at bits."
      default: "choose a smaller network, or another target."
      }
    return DeviceProblems(
      Diagnostic(
        code: "cost.unsupported", message: "'\(target.description.id)': \(error.reason)",
        location: place, remedy: remedy))
  }

  // MARK: Schedules

  public func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(DeviceProblems) -> Schedule {
    var widths: [Widths] = []
    for layer in layers { widths.append(try self.widths(layer, choices)) }
    do throws(BitSerialError) {
      var costs: [ArrayStepCost] = []
      var readsInput = true
      for index in layers.indices {
        let rewrite = choices.nodes[layers[index].node]?.weightRewrite
        let key = LayerKey(
          layer: index, widths: widths[index], rewrite: rewrite, readsInput: readsInput)
        let made = try known.value(key) { () throws(BitSerialError) in
          (try cost(key), LayerCost.bytes)
        }
        costs.append(made.cost)
        readsInput = made.writesOutput
      }
      var schedule = make(costs, widths)
      if let flipNote, layers.contains(where: { choices.nodes[$0.node]?.weightRewrite == nil }) {
        schedule.notes.append(flipNote)
      }
      return schedule
    } catch {
      throw problem(error)
    }
  }

  private func cost(_ key: LayerKey) throws(BitSerialError) -> LayerCost {
    let (layer, width) = (layers[key.layer], key.widths)
    switch target.machine {
    case .fused(let array):
      let (part, count) = try layer.layer.independentPart()
      let schedule = try FusionSchedule(
        part, on: array,
        operands: FusionOperands(inputBits: width.inputs, weightBits: width.weights))
      return LayerCost(cost: ArrayStepCost(schedule, count: count))
    case .terms(let array, _, _):
      let made = try TermLayer(
        try MatrixWork(layer.layer), on: array,
        operands: TermOperands(weightBits: width.storedWeights, inputBits: width.inputs))
      return LayerCost(cost: ArrayStepCost(made, on: array))
    case .planes(let array):
      let made = try PlaneLayer(
        try MatrixWork(layer.layer), on: array, weightBits: width.weights, inputBits: width.inputs)
      return LayerCost(cost: ArrayStepCost(made, on: array, clockHz: target.clockHz))
    case .weightBits(let array):
      if let rewrite = key.rewrite, width.weights > 8 {
        throw .rewrite(
          layer: layer.layer.name, rewrite: rewrite.name,
          reason: "the array has 8 planes, weights \(width.weights) bits")
      }
      let bits = min(max(width.weights, 2), 8)
      let own = array.taking(bits: bits, rewrite: key.rewrite)
      let kept = key.rewrite == nil ? target.keptShare : 0
      let made = try own.schedule(
        layer.layer,
        weights: WeightBitSchedule.Weights(
          values: own.tileCost.readsWeights
            ? layer.integers(in: graph, bits: bits, rewrite: key.rewrite) : nil,
          keptChannels: Int(kept * Double(layer.layer.outputChannels))),
        readsInput: key.readsInput, keepsOutput: key.layer == layers.count - 1)
      return LayerCost(
        cost: ArrayStepCost(
          made, of: WeightBitSchedule([made], on: array),
          count: layer.layer.hasOwnWeights ? layer.layer.batch : 1),
        writesOutput: made.writesOutput)
    }
  }

  private func make(_ costs: [ArrayStepCost], _ widths: [Widths]) -> Schedule {
    let steps = layers.indices.map { index in
      let node = graph.nodes[layers[index].node]
      let width = widths[index]
      return Schedule.Step(
        name: node.name, node: layers[index].node, operation: node.operation.name,
        path: costs[index].path, shape: node.outputs.first.map { graph[$0].shape.extents } ?? [],
        macs: layers[index].layer.macs,
        bits: [.init("weight", width.weights), .init("input", width.inputs)],
        traffic: [.init("dram", costs[index].dramBytes)], terms: costs[index].terms)
    }
    return ArrayStepCost.schedule(steps, on: device, energyIsKnown: costs.allSatisfy(\.hasEnergy))
  }
}

extension FormatChoices.Node {
  /// How the node's weights are rewritten; nil leaves them.
  var weightRewrite: WeightRewrite? {
    hardware[NodeAllocation.weightRewriteKey].flatMap { WeightRewrite(name: $0) }
  }
}

extension MatrixWork {
  /// A layer as matrix products: windows are columns, groups a batch.
  init(_ layer: ArrayLayer) throws(BitSerialError) {
    let groups =
      layer.isProduct ? layer.batch : max(layer.inputChannels / layer.channelsPerOutput, 1)
    let isBatched = layer.isProduct && layer.hasOwnWeights
    let images = layer.isProduct ? 1 : layer.batch
    try self.init(
      name: layer.name, batch: groups, weightBatch: isBatched || !layer.isProduct ? groups : 1,
      outputs: layer.isProduct ? layer.outputChannels : max(layer.outputChannels / groups, 1),
      inputs: layer.channelsPerOutput * layer.kernel.area, rows: layer.output.area * images,
      storedInputs: layer.channelsPerOutput, storedRows: layer.input.area * images)
  }
}
