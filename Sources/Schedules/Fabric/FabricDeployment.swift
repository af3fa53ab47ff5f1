import Arith
import Documents
public import HWModel
public import QuantGraph

/// An hls4ml network on an FPGA: layers as hardware of their own, counted under a flow's rules.
public struct FabricDeployment: DeployedWorkload {
  public let graph: Graph
  let device: FPGADevice
  let settings: SynthesisSettings
  let binding: ProductBinding
  let energy: OperationEnergy
  let period: Double
  private let place: String
  private let layers: [FabricLayer]
  /// Integers of weights in a type, and what they are as constants.
  private let weightCodes = LatestValues<FabricWeightKey, [Int64]>(bytes: 1 << 26)
  private let constants = LatestValues<FabricWeightKey, ConstantProducts>(bytes: 1 << 22)
  /// Layers that were counted before.
  private let known = LatestValues<FabricLayerPlan, FabricLayerCost>(bytes: 1 << 26)

  var target: FabricTarget { device.target }

  /// - Throws: ``DeviceProblems`` for networks that no project asks to be synthesized, for formats
  ///   that are not fixed point, and for options that cannot be.
  public init(_ workload: Workload, on device: FPGADevice) throws(DeviceProblems) {
    graph = workload.graph
    place = workload.place
    self.device = device
    guard let settings = workload.synthesis else {
      throw DeviceProblems(
        Diagnostic(
          code: "cost.unsupported",
          message: "'\(device.description.id)' takes hls4ml projects and archives",
          location: workload.place,
          notes: ["strategies and reuse factors are read from them"],
          remedy: "give the project folder that hls4ml wrote, or its .fml archive; a QONNX network "
            + "takes --target \(device.description.id.prefix { $0 != "+" })+finn."))
    }
    self.settings = settings
    let words = workload.options["products"] ?? "tool"
    guard let binding = ProductBinding(rawValue: words) else {
      throw DeviceProblems(
        Diagnostic(
          code: "usage.arguments", message: "option products=\(words) is unknown", location: nil,
          notes: ["it knows: tool, dsp, fabric"],
          remedy: "write --option products=dsp, or leave it out."))
    }
    self.binding = binding
    energy = try OperationEnergy(workload.options)
    let own = device.hasOwnClock ? nil : settings.periodNanoseconds
    period = own ?? 1e9 / device.target.clockHz
    layers = graph.nodes.indices.map { [graph] in FabricLayer($0, in: graph) }
  }

  public var notes: [String] { [] }

  /// The larger error of the strategies that an allocation may choose from.
  public func basis(of quantity: CostQuantity) -> CostBasis? {
    if quantity == .energy { return energy.basis }
    guard case .estimate(let model, _) = device.basis(of: quantity) else { return nil }
    let errors = (settings.isStream ? ["stream"] : ["latency", "resource"]).map {
      target.error(of: quantity.name, $0)
    }
    guard !errors.contains(nil) else { return .estimate(model: model, error: nil) }
    return .estimate(
      model: model, error: errors.compactMap(\.self).max { $0.median < $1.median })
  }

  public func step(ofNode node: Int) -> Int? { node }

  // MARK: Choices

  private func problem(_ message: String, node: Int, _ remedy: String) -> DeviceProblems {
    DeviceProblems(
      Diagnostic(
        code: "cost.unsupported", message: "'\(device.description.id)': \(message)",
        location: "\(place): layer '\(graph.nodes[node].name)'", remedy: remedy))
  }

  private func fixed(
    _ encoding: Encoding, bits: Int?, node: Int
  ) throws(DeviceProblems) -> FixedPointFormat {
    guard case .fixed(let format) = encoding else {
      throw problem(
        "\(encoding.name) is no fixed-point type", node: node, "give ap_fixed or ap_ufixed types.")
    }
    guard let bits, bits != format.width else { return format }
    let narrowed = try? FixedPointFormat(
      width: bits, integerBits: min(format.integerBits, bits), isSigned: format.isSigned,
      quantization: format.quantization, overflow: format.overflow, dialect: format.dialect)
    guard let narrowed else {
      throw problem("\(bits) bits are no fixed-point type", node: node, "choose other widths.")
    }
    return narrowed
  }

  private func formats(
    _ layer: FabricLayer, _ choices: FormatChoices
  ) throws(DeviceProblems) -> FabricFormats {
    let node = graph.nodes[layer.node]
    let choice = choices.nodes[layer.node]
    func format(_ tensor: TensorID, _ own: Encoding?, _ bits: Int?) throws(DeviceProblems)
      -> FixedPointFormat
    {
      if let chosen = choices.tensors[tensor.index] ?? own {
        return try fixed(chosen, bits: nil, node: layer.node)
      }
      return try fixed(graph[tensor].encoding, bits: bits, node: layer.node)
    }
    guard let input = node.inputs.first, let output = node.outputs.first else {
      throw problem("it has no input or no result", node: layer.node, "check the project.")
    }
    var formats = FabricFormats(
      data: try format(input, choice?.data, choices.uniform?.activations),
      result: try format(output, nil, choices.uniform?.activations))
    guard case .product(let linear, _) = layer.kind else { return formats }
    let weights = choice?.weights ?? choices.tensors[linear.weights.index]
    formats.weights = try fixed(
      weights ?? graph[linear.weights].encoding,
      bits: weights == nil ? choices.uniform?.weights : nil, node: layer.node)
    if case .fixed(let format)? = choice?.accumulator {
      formats.accumulator = format
    } else {
      formats.accumulator = node.operation.accumulation?.encoding ?? formats.result
    }
    return formats
  }

  /// Strategy and reuse factor of a layer, as hls4ml would take them.
  private func folding(
    _ layer: FabricLayer, _ choices: FormatChoices
  ) throws(DeviceProblems) -> (strategy: ProductStrategy, reuse: Int) {
    let own = settings.layers[layer.node] ?? .init()
    let hardware = choices.nodes[layer.node]?.hardware ?? [:]
    var strategy = own.strategy
    var reuse = own.reuseFactor ?? 1
    if case .product = layer.kind,
      case .reuse(let factor)? = graph.nodes[layer.node].operation.accumulation?.order
    {
      strategy = strategy ?? .resource
      reuse = own.reuseFactor ?? factor
    }
    if let word = hardware[NodeAllocation.strategyKey] {
      guard let chosen = ProductStrategy(rawValue: word.lowercased()) else {
        throw problem(
          "strategy '\(word)' is unknown", node: layer.node,
          "choose one of "
            + ProductStrategy.allCases.map(\.rawValue).joined(separator: ", ") + ".")
      }
      strategy = chosen
    }
    if let word = hardware[NodeAllocation.reuseFactorKey] {
      guard let chosen = Int(word), (1...1 << 40).contains(chosen) else {
        throw problem(
          "reuse factor '\(word)' is no positive number", node: layer.node, "choose 1 or more.")
      }
      reuse = chosen
    }
    let taken = strategy ?? .latency
    if case .product(let linear, _) = layer.kind, taken != .latency {
      reuse = ReuseFactor(inputs: linear.depth, outputs: linear.filters).snapped(reuse)
    }
    return (taken, min(max(reuse, 1), 1 << 40))
  }

  // MARK: Schedules

  public func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(DeviceProblems) -> Schedule {
    var plans: [FabricLayerPlan] = []
    for layer in layers {
      let (strategy, reuse) = try folding(layer, choices)
      plans.append(
        FabricLayerPlan(
          node: layer.node, formats: try formats(layer, choices), strategy: strategy, reuse: reuse))
    }
    let costs = zip(layers, plans).map { cost($0, $1) }
    var schedule = FabricSchedule(deployment: self, layers: layers, costs: costs).schedule
    if keys == nil {
      FabricFit(self, layers: layers, plans: plans, costs: costs)?.add(to: &schedule)
    }
    return schedule
  }

  /// What a layer takes under a plan; counted once.
  func cost(_ layer: FabricLayer, _ plan: FabricLayerPlan) -> FabricLayerCost {
    let counter = FabricLayerCounter(layer: layer, plan: plan, deployment: self)
    return known.value(plan) { (counter.cost(), FabricLayerCost.bytes) }
  }
}

/// Weights of a layer in a type.
struct FabricWeightKey: Hashable, Sendable {
  let node: Int
  let format: FixedPointFormat
}

extension FabricDeployment {
  /// Integers of the weights of a product, filter-major, cast to a type; nil beyond 64 bits.
  func codes(
    _ linear: LinearNode, _ places: WeightPlaces, node: Int, as format: FixedPointFormat
  ) -> [Int64]? {
    let weights = graph[linear.weights]
    guard case .fixed(let own) = weights.encoding else { return nil }
    let codes = weightCodes.value(FabricWeightKey(node: node, format: format)) {
      guard let raw = weights.constant?.int64 else { return ([], 0) }
      let codes = places.all.map { place in
        format == own
          ? raw[place] : format.cast(raw: raw[place], sourceFractionBits: own.fractionBits)
      }
      return (codes, 8 * codes.count)
    }
    return codes.isEmpty ? nil : codes
  }

  /// What the weights of a product are as constants.
  func products(
    _ codes: [Int64], inputs: Int, outputs: Int, node: Int, as format: FixedPointFormat
  ) -> ConstantProducts {
    constants.value(FabricWeightKey(node: node, format: format)) {
      let products = ConstantProducts(inputs: inputs, outputs: outputs) { codes[$1 * inputs + $0] }
      return (products, 1024)
    }
  }
}

/// How one layer is built.
struct FabricLayerPlan: Hashable, Sendable {
  /// Position in the graph.
  let node: Int
  let formats: FabricFormats
  var strategy: ProductStrategy
  var reuse: Int
}

/// Fixed-point types of one layer.
struct FabricFormats: Hashable, Sendable {
  var data: FixedPointFormat
  var result: FixedPointFormat
  var weights: FixedPointFormat?
  var accumulator: FixedPointFormat?

  init(data: FixedPointFormat, result: FixedPointFormat) {
    self.data = data
    self.result = result
  }
}
