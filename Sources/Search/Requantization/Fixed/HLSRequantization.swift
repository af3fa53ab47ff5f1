internal import Arith
internal import HWModel
public import QuantGraph

/// An hls4ml model whose layers take other fixed-point types.
///
/// The model under an allocation is the project that hls4ml would write if `Precision` keys were
/// changed (``precision(of:)`` has these keys):
/// - Weights of N bits keep sign, rounding and overflow of the model's type; integer bits are the
///   fewest that hold the layer's weights as the model has them, which may be none or negative. Codes
///   are assigned anew from the numbers in the project's weight files, printed with as many decimals
///   as the type has fraction bits. These files have as many decimals as the model's type; a type
///   with more fraction bits takes them as they are, while hls4ml would print the trained weights in
///   full (an archive has them, and is taken at full length). Biases stay.
/// - Activations of N bits are the type of the layer's input: the `result` of the layer that writes
///   the tensor, or of the model's input. Sign and modes stay; integer bits are the fewest that hold
///   what calibration saw there in the model as it is, never more than the model has. Layers that
///   read one tensor have one type for it.
/// - Accumulators of N bits keep integer bits and modes of the model's and drop, or gain, fraction
///   bits.
/// - A fixed-point type as a candidate is taken as it is.
/// - Types that the configuration leaves to hls4ml (`auto`) and that its rules reproduce from the
///   types of the model are found anew by these rules (`HLSTypeInference`); all others stay.
/// - Rewrites (`NodeAllocation.weightRewrite`) change the codes that weights have then; no key of
///   hls4ml says them, so they are in allocation files alone.
///
/// What stays as the model has it whatever is asked for: weights that are binary, ternary or powers
/// of two; inputs of binary layers; the type of a tensor that feeds a table of its codes, that a
/// recurrent layer or a quantizer with a type an element writes, or that hls4ml gives no key for
/// because it joined layers.
public struct HLSRequantization: GraphRequantization {
  public let graph: Graph
  public let layers: [SearchLayer]
  public let hardwareChoices: Set = [
    NodeAllocation.weightRewriteKey, NodeAllocation.strategyKey, NodeAllocation.reuseFactorKey,
  ]
  public let settings: HLSPrecisionSettings

  /// Widest type of weights and activations that is searched.
  public static let widthLimit = 60

  struct Layer: Sendable {
    let node: Int
    let weights: TensorID
    /// The weights' type; nil where it stays.
    let weightFormat: FixedPointFormat?
    /// Smallest and largest code of the weights.
    let weightRange: (low: Int512, high: Int512)
    /// The tensor whose type is the input's; nil where it stays.
    let source: TensorID?
    let accumulator: FixedPointFormat?
  }

  let details: [Layer]
  private let rules: [HLSTypeRule]
  private let inference: HLSTypeInference
  /// Smallest and largest code of the tensors that layers read, seen in calibration.
  private let ranges: [TensorID: (low: Int512, high: Int512)]
  private let written: [TensorID: [Double]]
  private let rewritten = RewrittenWeights()
  /// Codes of weights that were assigned to types before.
  private let constants = LatestValues<ConstantKey, Codes?>(bytes: 1 << 27)

  private struct ConstantKey: Hashable {
    let tensor: TensorID
    let format: FixedPointFormat
  }

  private func codes(_ tensor: TensorID, _ format: FixedPointFormat) -> Codes? {
    constants.value(ConstantKey(tensor: tensor, format: format)) {
      let codes = written[tensor].flatMap { format.codes(ofWeights: $0) }
      return (codes.map { Codes($0, of: format) }, 8 * graph[tensor].shape.count)
    }
  }

  /// Runs the model as it is on calibration samples.
  ///
  /// - Parameters:
  ///   - graph: a model of hls4ml.
  ///   - settings: what its configuration says.
  ///   - written: numbers of weights before they were assigned to their types; for weights that are
  ///     not there, or that do not give the model's codes, the codes' values are taken.
  ///   - calibration: values of each graph input, samples one after the other; without them
  ///     activations keep the model's integer bits.
  ///   - threads: of that run; the result does not depend on them.
  /// - Throws: ``PlanEvaluatorError`` if the model cannot run, or the samples are not its own.
  public init(
    _ graph: Graph, settings: HLSPrecisionSettings, written: [TensorID: [Double]],
    calibration: [[Double]]?, threads: Int = 1
  ) throws(PlanEvaluatorError) {
    self.graph = graph
    self.settings = settings
    inference = HLSTypeInference(maximum: settings.maximum)
    rules = Self.rules(graph, settings: settings, inference: inference)
    let structure = HLSStructure(graph, settings: settings, rules: rules)
    var details: [Layer] = []
    var layers: [SearchLayer] = []
    for (index, node) in graph.nodes.enumerated() {
      guard let layer = structure.layer(index) else { continue }
      let weights = graph[layer.weights]
      details.append(layer)
      layers.append(
        SearchLayer(
          name: node.name, weightCount: weights.shape.count,
          macs: graph.multiplyAccumulates(of: node)))
    }
    self.details = details
    self.layers = layers
    if let calibration {
      ranges = try Self.ranges(
        graph, of: Set(details.compactMap(\.source)), inputs: calibration, threads: threads)
    } else {
      ranges = [:]
    }
    var kept: [TensorID: [Double]] = [:]
    let parameters = zip(graph.nodes, rules).filter(\.1.derivesParameters).map { $0.0.inputs[1] }
    for id in details.filter({ $0.weightFormat != nil }).map(\.weights) + parameters {
      guard case .fixed(let format) = graph[id].encoding, let codes = graph[id].constant?.int64
      else { continue }
      if let values = written[id], format.codes(ofWeights: values) == codes {
        kept[id] = values
      } else {
        kept[id] = codes.map { format.value(of: Int512($0)) }
      }
    }
    self.written = kept
  }

  /// Whether anything of a layer can change: its weights, or its input.
  public func canChange(_ layer: Int) -> (weights: Bool, activations: Bool) {
    (details[layer].weightFormat != nil, details[layer].source != nil)
  }

  /// Groups of at least two layers whose inputs have one type, ascending.
  public var sharedInputs: [[Int]] {
    var groups: [[Int]] = []
    var places: [TensorID: Int] = [:]
    for (layer, detail) in details.enumerated() {
      guard let source = detail.source else { continue }
      if let place = places[source] {
        groups[place].append(layer)
      } else {
        places[source] = groups.count
        groups.append([layer])
      }
    }
    return groups.filter { $0.count > 1 }
  }

  /// The largest number of bits that a weight has in a layer whose weights can change; nil if there
  /// is none.
  public var widestWeights: Int? { details.compactMap(\.weightFormat?.width).max() }

  // MARK: Candidates

  public func candidate(
    layer: Int, weightBits: Int?, activationBits: Int?, accumulatorBits: Int?
  ) throws(EvaluationError) -> Candidate {
    let detail = details[layer]
    func unsupported(_ role: String, _ bits: Int) -> EvaluationError {
      .unsupported(layer: layers[layer].name, role: role, encoding: "of \(bits) bits")
    }
    let node = graph.nodes[detail.node]
    var candidate = Candidate(
      weights: graph[detail.weights].encoding, activations: graph[node.inputs[0]].encoding)
    if let bits = weightBits, let format = detail.weightFormat {
      guard (1...Self.widthLimit).contains(bits),
        let found = format.narrowed(
          to: bits, holding: detail.weightRange.low, detail.weightRange.high,
          limit: format.integerBits)
      else { throw unsupported("weights", bits) }
      candidate.weights = .fixed(found)
    }
    if let bits = activationBits, let source = detail.source,
      case .fixed(let format) = graph[source].encoding
    {
      let range = ranges[source] ?? (format.minimum(), format.maximum())
      guard (1...Self.widthLimit).contains(bits),
        let found = format.narrowed(
          to: bits, holding: range.low, range.high, limit: format.integerBits)
      else { throw unsupported("activations", bits) }
      candidate.activations = .fixed(found)
    }
    candidate.accumulator = nil
    if let bits = accumulatorBits, let format = detail.accumulator {
      guard
        let found = try? FixedPointFormat(
          width: bits, integerBits: format.integerBits, isSigned: format.isSigned,
          quantization: format.quantization, overflow: format.overflow,
          saturationBits: min(format.saturationBits, bits), dialect: format.dialect)
      else { throw unsupported("accumulator", bits) }
      candidate.accumulator = .fixed(found)
    }
    return candidate
  }

  // MARK: Graphs

  public func graph(_ allocation: [Candidate]) throws(EvaluationError) -> Graph {
    let typed = try graph(inTypesOf: allocation)
    var rewrites: [Int: WeightRewrite] = [:]
    for (detail, candidate) in zip(details, allocation) {
      rewrites[detail.node] = candidate.weightRewrite
    }
    return try rewritten.graph(rewrites, of: typed)
  }

  private func graph(inTypesOf allocation: [Candidate]) throws(EvaluationError) -> Graph {
    let chosen = try chosenTypes(allocation)
    guard !chosen.isEmpty else { return graph }
    var tensors: [TensorID: Tensor] = [:]
    var nodes: [Int: Node] = [:]
    func type(_ id: TensorID) -> FixedPointFormat? {
      if case .fixed(let format) = (tensors[id] ?? graph[id]).encoding { return format }
      return nil
    }
    func set(_ id: TensorID, _ format: FixedPointFormat) {
      let old = graph[id]
      guard old.encoding != .fixed(format) else {
        tensors[id] = nil
        return
      }
      tensors[id] = Tensor(name: old.name, shape: old.shape, encoding: .fixed(format))
    }
    for (layer, detail) in details.enumerated() {
      guard let format = chosen.weights[layer] else { continue }
      guard let codes = codes(detail.weights, format)
      else {
        throw .unsupported(layer: layers[layer].name, role: "weights", encoding: format.name)
      }
      let old = graph[detail.weights]
      tensors[detail.weights] = Tensor(
        name: old.name, shape: old.shape, encoding: .fixed(format), constant: codes)
    }
    for id in graph.inputs { if let format = chosen.results[id] { set(id, format) } }
    for (index, node) in graph.nodes.enumerated() {
      let rule = rules[index]
      var operation = node.operation
      if let order = chosen.orders[index] { operation = operation.accumulating(order: order) }
      if let accumulator = chosen.accumulators[index] {
        operation = operation.accumulating(in: accumulator)
      } else if rule.derivesAccumulator,
        let accumulator = inference.accumulator(node, in: graph, type),
        accumulator != operation.fixedAccumulator
      {
        operation = operation.accumulating(in: accumulator)
      }
      if rule.derivesSoftmax, case .softmax(let softmax) = operation,
        let data = type(node.inputs[0]), tensors[node.inputs[0]] != nil
      {
        guard
          let found = inference.softmax(
            softmax, data: data, entries: settings.tableSizes[node.name] ?? 1024)
        else {
          throw .notRunnable(
            node: node.name, reason: "a softmax of \(data.name) has no type for differences")
        }
        operation = .softmax(found)
      }
      if rule.derivesParameters, tensors[node.inputs[0]] != nil, let format = type(node.inputs[0]) {
        let id = node.inputs[1]
        guard let codes = codes(id, format) else {
          throw .notRunnable(
            node: node.name, reason: "its parameters cannot be of type \(format.name)")
        }
        tensors[id] = Tensor(
          name: graph[id].name, shape: graph[id].shape, encoding: .fixed(format), constant: codes)
      }
      if operation != node.operation {
        nodes[index] = Node(
          name: node.name, operation: operation, inputs: node.inputs, outputs: node.outputs,
          origin: node.origin)
      }
      for id in node.outputs {
        if let format = chosen.results[id] {
          set(id, format)
        } else if rule.isView {
          if let format = type(node.inputs[0]) { set(id, format) }
        } else if rule.derivesResult {
          guard let format = inference.result(node, in: graph, type) else {
            throw .notRunnable(
              node: node.name, reason: "the type that hls4ml would find does not exist")
          }
          set(id, format)
        }
      }
    }
    do throws(GraphProblems) {
      return try graph.replacing(tensors: tensors, nodes: nodes)
    } catch {
      throw .notRunnable(
        node: error.problems.first?.node ?? "",
        reason: error.problems.first.map { Diagnostic($0).message } ?? "no graph")
    }
  }

  /// Types that an allocation asks for and that the model does not have.
  struct ChosenTypes {
    /// By layer.
    var weights: [Int: FixedPointFormat] = [:]
    var results: [TensorID: FixedPointFormat] = [:]
    /// By node.
    var accumulators: [Int: FixedPointFormat] = [:]
    /// By node: the order in which another strategy or reuse factor sums.
    var orders: [Int: AccumulationOrder] = [:]

    var isEmpty: Bool {
      weights.isEmpty && results.isEmpty && accumulators.isEmpty && orders.isEmpty
    }
  }

  func chosenTypes(_ allocation: [Candidate]) throws(EvaluationError) -> ChosenTypes {
    guard allocation.count == layers.count else {
      throw .layerCount(expected: layers.count, found: allocation.count)
    }
    var chosen = ChosenTypes()
    // The type of a tensor that several layers read; the model's own gives way.
    var asked: [TensorID: FixedPointFormat] = [:]
    for (layer, candidate) in allocation.enumerated() {
      let detail = details[layer]
      let name = layers[layer].name
      func fixed(_ encoding: Encoding, _ role: String) throws(EvaluationError) -> FixedPointFormat {
        guard case .fixed(let format) = encoding, format.width <= Self.widthLimit else {
          throw .unsupported(layer: name, role: role, encoding: encoding.name)
        }
        return format
      }
      if let order = try order(candidate, of: detail, name) { chosen.orders[detail.node] = order }
      guard candidate.grouping == .filters else {
        throw .unsupported(layer: name, role: "weights", encoding: "with scales of their own")
      }
      if let encoding = candidate.weights, encoding != graph[detail.weights].encoding {
        let format = try fixed(encoding, "weights")
        guard detail.weightFormat != nil else {
          throw .unsupported(layer: name, role: "weights", encoding: encoding.name)
        }
        chosen.weights[layer] = format
      }
      if let encoding = candidate.activations,
        encoding != graph[graph.nodes[detail.node].inputs[0]].encoding
      {
        let format = try fixed(encoding, "activations")
        guard let source = detail.source else {
          throw .unsupported(layer: name, role: "activations", encoding: encoding.name)
        }
        guard asked[source] == nil || asked[source] == format else {
          throw .unsupported(
            layer: name, role: "the input, which another layer reads as another type,",
            encoding: encoding.name)
        }
        asked[source] = format
        chosen.results[source] = format
      }
      if let encoding = candidate.accumulator {
        guard case .fixed(let format) = encoding, let own = detail.accumulator else {
          throw .unsupported(layer: name, role: "the accumulator", encoding: encoding.name)
        }
        // A type that hls4ml would find anew is asked for even if it is the model's.
        if format != own || rules[detail.node].derivesAccumulator {
          chosen.accumulators[detail.node] = format
        }
      }
    }
    return chosen
  }

  /// The order in which a layer sums under a candidate's strategy and reuse factor; nil where it
  /// stays.
  ///
  /// hls4ml snaps the factor of strategies that take turns (``ReuseFactor``); in Latency strategy it
  /// changes no order.
  private func order(
    _ candidate: Candidate, of detail: Layer, _ name: String
  ) throws(EvaluationError) -> AccumulationOrder? {
    guard candidate.strategy != nil || candidate.reuseFactor != nil,
      let own = graph.nodes[detail.node].operation.accumulation?.order
    else { return nil }
    let ownFactor: Int? = if case .reuse(let factor) = own { factor } else { nil }
    let strategy = candidate.strategy ?? (ownFactor == nil ? .latency : .resource)
    let order: AccumulationOrder
    switch strategy {
    case .latency: order = .inputOrder
    case .resource, .resourceUnrolled:
      guard let linear = graph.linear(graph.nodes[detail.node]), linear.depth > 0,
        linear.filters > 0
      else { return nil }
      let request = candidate.reuseFactor ?? ownFactor ?? 1
      order = .reuse(
        factor: ReuseFactor(inputs: linear.depth, outputs: linear.filters).snapped(request))
    case .distributedArithmetic:
      throw .unsupported(
        layer: name, role: "products",
        encoding: "by Distributed Arithmetic, whose graph of adders hls4ml writes")
    }
    return order == own ? nil : order
  }

  // MARK: What the model has

  private static func ranges(
    _ graph: Graph, of tensors: Set<TensorID>, inputs: [[Double]], threads: Int
  ) throws(PlanEvaluatorError) -> [TensorID: (low: Int512, high: Int512)] {
    guard inputs.count == graph.inputs.count, let first = graph.inputs.first else {
      throw .inputs(expected: graph.inputs.count, found: inputs.count)
    }
    let plan: Plan
    do throws(PlanProblems) {
      plan = try Plan(graph, on: HLSFixed())
    } catch {
      throw .plan(error)
    }
    let size = max(graph[first].shape.count, 1)
    let order = tensors.sorted()
    let blocks: [[(low: Int512, high: Int512)?]]
    do throws(InputError) {
      blocks = try BatchRunner(plan, keeping: tensors, threads: threads).run(
        inputs.map { .values($0) }, count: inputs[0].count / size
      ) { runner, _, count in
        order.map { id in
          guard let codes = runner.elements(of: id, count: count) else { return nil }
          if let narrow = codes.int64, let low = narrow.min(), let high = narrow.max() {
            return (Int512(low), Int512(high))
          }
          guard let wide = codes.wide, let low = wide.min(), let high = wide.max() else {
            return nil
          }
          return (low, high)
        }
      }
    } catch {
      throw .samples(error)
    }
    var ranges: [TensorID: (low: Int512, high: Int512)] = [:]
    for block in blocks {
      for (id, range) in zip(order, block) {
        guard let range else { continue }
        let known = ranges[id] ?? range
        ranges[id] = (min(known.low, range.low), max(known.high, range.high))
      }
    }
    return ranges
  }

  /// How each node's types follow from its operands: by the configuration, and only where hls4ml's
  /// rule gives the type that the model has.
  private static func rules(
    _ graph: Graph, settings: HLSPrecisionSettings, inference: HLSTypeInference
  ) -> [HLSTypeRule] {
    func type(_ id: TensorID) -> FixedPointFormat? {
      if case .fixed(let format) = graph[id].encoding { return format }
      return nil
    }
    return graph.nodes.map { node in
      var rule = HLSTypeRule()
      guard let input = node.inputs.first, let output = node.outputs.first else { return rule }
      let isSame = node.outputs.allSatisfy { graph[$0].encoding == graph[input].encoding }
      switch node.operation {
      case .reshape, .copy: rule.isView = isSame
      // Layers that hls4ml puts in after types are known have the type of what they read.
      case .pad, .transpose: rule.isView = isSame && !settings.mayName(node.name)
      default: break
      }
      if rule.isView { return rule }
      if case .softmax(let softmax) = node.operation, let data = type(input) {
        rule.derivesSoftmax =
          inference.softmax(
            softmax, data: data, entries: settings.tableSizes[node.name] ?? 1024) == softmax
        return rule
      }
      if case .activation(.prelu) = node.operation, settings.isAutomatic(node.name, .param),
        node.inputs.count == 2
      {
        rule.derivesParameters =
          graph[node.inputs[1]].constant != nil
          && graph[node.inputs[1]].encoding == graph[input].encoding
      }
      // Global pools have no rule in hls4ml: their types are the defaults.
      if settings.functions[node.name]?.contains("global_pooling") ?? false { return rule }
      if settings.isAutomatic(node.name, .result),
        let found = inference.result(node, in: graph, type)
      {
        rule.derivesResult = found == type(output)
      }
      if settings.isAutomatic(node.name, .accum),
        let found = inference.accumulator(node, in: graph, type)
      {
        rule.derivesAccumulator = found == node.operation.fixedAccumulator
      }
      return rule
    }
  }
}
