import Arith
import Documents
public import HWModel
public import QuantGraph

/// A quantized network as FINN builds it: a pipeline of units that streams connect.
public struct FINNDeployment: DeployedWorkload {
  public let graph: Graph
  let device: FINNDevice
  /// Frames a second that the user asks for; nil for as many as fit.
  private let frameRate: Double?
  let energy: OperationEnergy
  private let place: String
  let stages: FINNStages
  private let stepOfNode: [Int: Int]

  var target: FINNTarget { device.target }

  /// - Throws: ``DeviceProblems`` for networks without a layer, and a frame rate that is no number.
  public init(_ workload: Workload, on device: FINNDevice) throws(DeviceProblems) {
    graph = workload.graph
    place = workload.place
    self.device = device
    var rate: Double?
    if let text = workload.options["fps"] {
      rate = Double(text)
      guard let rate, rate > 0, rate.isFinite else {
        throw DeviceProblems(
          Diagnostic(
            code: "usage.arguments", message: "option fps=\(text) is no positive number",
            location: nil, remedy: "write the frames a second as in --option fps=1000."))
      }
    }
    frameRate = rate
    energy = try OperationEnergy(workload.options)
    stages = FINNStages(workload.graph)
    stepOfNode = Dictionary(
      uniqueKeysWithValues: stages.stages.filter(\.isStep).enumerated().map {
        ($0.element.node, $0.offset)
      })
    let hasLayers = stages.stages.contains { stage in
      switch stage.kind {
      case .matrix, .unknown: true
      default: false
      }
    }
    guard hasLayers else {
      throw DeviceProblems(
        Diagnostic(
          code: "cost.unsupported",
          message: "'\(device.description.id)' found no layer with constant weights",
          location: workload.place,
          remedy: "give a quantized network (QONNX), or a float one with --bits."))
    }
  }

  public var notes: [String] {
    var notes = ["quantizers of the network's inputs and what follows its last unit are the host's"]
    if stages.isFloat {
      notes.append(
        "the network is float: 8-bit weights and activations where nothing else is chosen")
    }
    return notes
  }

  public func basis(of quantity: CostQuantity) -> CostBasis? {
    quantity == .energy ? energy.basis : nil
  }

  public func step(ofNode node: Int) -> Int? { stepOfNode[node] }

  // MARK: Types

  private func type(_ encoding: Encoding, node: Int) throws(DeviceProblems) -> FINNType {
    if let type = FINNType(encoding) { return type }
    throw DeviceProblems(
      Diagnostic(
        code: "cost.unsupported",
        message: "'\(device.description.id)': \(encoding.name) is no integer type",
        location: "\(place): layer '\(graph.nodes[node].name)'",
        remedy: "choose integers, such as int<4> and uint<4>."))
  }

  /// What choices say of a layer's data; nil where they say nothing.
  private func chosen(
    _ node: Int, _ choices: FormatChoices, own: FINNType?
  ) throws(DeviceProblems) -> FINNType? {
    guard let data = graph.linear(graph.nodes[node])?.data else { return nil }
    if let encoding = choices.tensors[data.index] ?? choices.nodes[node]?.data {
      return try type(encoding, node: node)
    }
    return choices.uniform?.activations.map {
      FINNType(bits: $0, isSigned: own?.isSigned ?? true)
    }
  }

  private func isJoin(_ stage: FINNStage) -> Bool {
    if case .join = stage.kind { true } else { false }
  }

  /// A plan a stage.
  private func plans(_ choices: FormatChoices) throws(DeviceProblems) -> [FINNPlan] {
    var types = graph.tensors.map { FINNType($0.encoding) }
    var plans: [FINNPlan] = []
    for stage in stages.stages {
      let node = graph.nodes[stage.node]
      // A join takes the wider of its streams.
      var data = node.inputs.lazy.filter { !graph[$0].isParameter }
        .prefix(isJoin(stage) ? 2 : 1).compactMap { types[$0.index] }.max { $0.bits < $1.bits }
      if graph.linear(node) != nil {
        data = try chosen(stage.node, choices, own: data) ?? data
      }
      let own = data ?? .assumed
      let plan = try self.plan(stage, own, choices)
      plans.append(plan)
      for output in node.outputs { types[output.index] = plan.result }
    }
    return plans
  }

  private func plan(
    _ stage: FINNStage, _ data: FINNType, _ choices: FormatChoices
  ) throws(DeviceProblems) -> FINNPlan {
    let node = graph.nodes[stage.node]
    func make(
      _ kind: FINNPlan.Kind, _ result: FINNType, _ image: FINNPlan.Image? = nil
    ) -> FINNPlan {
      FINNPlan(
        kind: kind, channels: stage.input.channels, data: data, result: result, window: image)
    }
    switch stage.kind {
    case .matrix(let matrix):
      let made = try self.matrix(matrix, stage, data, choices)
      return make(
        .matrix(made.matrix), made.result,
        matrix.window.map { FINNPlan.Image($0, isDepthwise: matrix.isDepthwise) })
    case .maximumPool(let window):
      let pool = FINNMaximumPool(
        bits: stage.input.channels * data.bits, columns: window.extents.last ?? 1,
        window: window.kernel.last ?? 1)
      return make(.maximumPool(pool), data)
    case .pool(let window):
      return make(.pool, data, FINNPlan.Image(window, isDepthwise: true))
    case .imageSum:
      let range = data.range
      let pixels = Double(stage.input.pixels)
      return make(
        .elements(pixels: stage.input.pixels.addedClamped(1), thresholds: 0),
        FINNType(low: range.low * pixels, high: range.high * pixels))
    case .join:
      var result = FINNType(bits: data.bits + 1, isSigned: data.isSigned)
      var thresholds = 0
      if stages.isFloat, let reader = stages.reader(ofNode: stage.node) {
        result = try chosen(reader, choices, own: nil) ?? .assumed
        thresholds = Graph.thresholds(result)
      }
      return make(
        .elements(pixels: stage.input.pixels, thresholds: thresholds), result)
    case .elements:
      guard let own = graph.quantizedType(node) else {
        return make(.elements(pixels: stage.input.pixels, thresholds: 0), data)
      }
      var type = own
      if let reader = stages.reader(ofNode: stage.node) {
        type = try chosen(reader, choices, own: own) ?? own
      }
      let thresholds = type == own ? graph.thresholds(node, own) : Graph.thresholds(type)
      return make(.elements(pixels: stage.input.pixels, thresholds: thresholds), type)
    case .host: return make(.none, graph.quantizedType(node) ?? data)
    case .wires:
      var type = data
      if stages.isFloat, clampsBelow(node) { type = FINNType(bits: data.bits, isSigned: false) }
      return make(.none, type)
    case .unknown: return make(.none, data)
    }
  }

  /// Whether results are not negative.
  private func clampsBelow(_ node: Node) -> Bool {
    switch node.operation {
    case .unary(.clamp(let range)): range.minimum.map { $0 >= 0 } ?? false
    case .activation(.relu), .activation(.clippedReLU): true
    default: false
    }
  }

  private func matrix(
    _ matrix: FINNStage.Matrix, _ stage: FINNStage, _ data: FINNType, _ choices: FormatChoices
  ) throws(DeviceProblems) -> (matrix: FINNPlan.Matrix, result: FINNType) {
    let own = choices.nodes[stage.node]
    var weights: FINNType?
    if let encoding = choices.tensors[matrix.linear.weights.index] ?? own?.weights {
      weights = try type(encoding, node: stage.node)
    } else if let bits = choices.uniform?.weights {
      weights = FINNType(bits: bits, isSigned: matrix.weights.type.isSigned)
    }
    var accumulator = matrix.weights.accumulator(
      data: data, weights: weights, depth: matrix.linear.depth)
    if let encoding = own?.accumulator { accumulator = try type(encoding, node: stage.node) }
    let quantizer = matrix.quantizer.map { graph.nodes[$0] }
    let quantized = quantizer.flatMap(graph.quantizedType)
    var asked: FINNType?
    if let reader = matrix.reader { asked = try chosen(reader, choices, own: quantized) }
    // Codes that a tensor stores are what a quantizer would make.
    let stored = quantizer == nil ? FINNType(graph[matrix.linear.result].encoding) : nil
    if quantizer == nil, stored == nil, matrix.reader != nil { asked = asked ?? .assumed }
    let result = asked ?? quantized ?? stored
    let thresholds: Int
    if let asked, asked != quantized {
      thresholds = Graph.thresholds(asked)
    } else if let quantizer, let quantized {
      thresholds = graph.thresholds(quantizer, quantized)
    } else {
      thresholds = stored.map(Graph.thresholds) ?? 0
    }
    return (
      FINNPlan.Matrix(
        rows: matrix.linear.filters, columns: matrix.linear.depth, vectors: matrix.vectors,
        isDepthwise: matrix.isDepthwise, weights: weights ?? matrix.weights.type,
        accumulator: accumulator, thresholds: thresholds,
        core: core(matrix, weights: weights ?? matrix.weights.type, data: data)),
      result ?? accumulator
    )
  }

  /// Other weights than the model's are made to use all of their range but the least integer.
  private func core(
    _ matrix: FINNStage.Matrix, weights: FINNType, data: FINNType
  ) -> FINNMatrixUnit.Core {
    guard target.usesBlockCores else { return .hls }
    let isNarrow =
      weights == matrix.weights.type && !stages.isFloat
      ? matrix.weights.least.map { $0 > weights.range.low } ?? false : true
    return .init(
      weights: (weights.bits, weights.isSigned, isNarrow), input: (data.bits, data.isSigned),
      isDepthwise: matrix.isDepthwise, technology: target.technology)
  }

  // MARK: Schedules

  public func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(DeviceProblems) -> Schedule {
    let plans = try self.plans(choices)
    let folding = FINNFolding(plans: plans, weightWordBits: target.weightWordBits)
    func schedule(_ folds: [FINNFold]) -> FINNSchedule {
      FINNSchedule(deployment: self, plans: plans, folds: folds)
    }
    if let frameRate {
      let cycles = min(max(target.clockHz / frameRate, 1), 1e18)
      let wanted = schedule(folding.folds(cycles: Int(cycles)))
      var result = wanted.schedule(asked: frameRate)
      if keys == nil, !wanted.fits {
        wanted.addFit(nearest(beyond: Int(cycles), folding, schedule), to: &result)
      }
      return result
    }
    // As fast as fits: half as many cycles a frame until a resource is exceeded.
    let slowest = Array(repeating: FINNFold(), count: plans.count)
    var cycles = zip(plans, slowest).map { $0.cycles($1) }.max() ?? 1
    var best = schedule(folding.folds(cycles: cycles.addedClamped(1)))
    while cycles > 1 {
      cycles /= 2
      let next = schedule(folding.folds(cycles: cycles))
      guard next.fits, next.interval < best.interval else { break }
      best = next
    }
    var result = best.schedule(asked: nil)
    if keys == nil, !best.fits { best.addFit(nil, to: &result) }
    return result
  }

  /// The fewest cycles a frame whose folds fit, of more than are asked for; nil if none do.
  private func nearest(
    beyond asked: Int, _ folding: FINNFolding, _ schedule: ([FINNFold]) -> FINNSchedule
  ) -> Int? {
    let slowest = folding.plans.map { $0.cycles(FINNFold()) }.max() ?? 1
    var (low, high) = (asked, max(slowest.addedClamped(1), asked))
    // Fewer cycles take more of the part, so that a bisection finds the boundary.
    while low < high {
      let middle = low + (high - low) / 2
      if schedule(folding.folds(cycles: middle)).fits { high = middle } else { low = middle + 1 }
    }
    return schedule(folding.folds(cycles: high)).fits ? high : nil
  }
}

extension FINNPlan.Image {
  init(_ window: Window, isDepthwise: Bool) {
    func plane(_ list: [Int]) -> FINNWindowBuffer.Plane {
      list.count == 1
        ? FINNWindowBuffer.Plane(1, list[0]) : FINNWindowBuffer.Plane(list[0], list[1])
    }
    let padded = zip(window.extents, zip(window.before, window.after)).map { $0 + $1.0 + $1.1 }
    self.init(
      kernel: plane(window.kernel), stride: plane(window.strides),
      dilation: plane(window.dilations), image: plane(padded),
      positions: plane(window.positions), isDepthwise: isDepthwise,
      isPadded: padded != window.extents)
  }
}
