import Arith
import Documents
public import HWModel
public import QuantGraph

/// A graph on one GPU: convolutions as implicit matrix products, other layers as streams of bytes.
///
/// Weights are cold. Nodes in float32 run in 16 bits.
public struct GPUDeployment: DeployedWorkload {
  public let graph: Graph
  private let target: GPUTarget
  private let limits: [String: Double]

  /// - Throws: ``DeviceProblems`` if the device has no path for 16 bits, which other layers take.
  public init(_ workload: Workload, on target: GPUTarget) throws(DeviceProblems) {
    graph = workload.graph
    self.target = target
    limits = workload.limits
    _ = try GPUFormat("w16a16", on: target)
  }

  public var notes: [String] {
    target.convolutions.isEmpty
      ? ["convolutions are taken as the matrix products that they are: none was measured here"] : []
  }

  public func notes(forBits bits: [Int]) -> [String] { [] }

  public func step(ofNode node: Int) -> Int? { graph.nodes.indices.contains(node) ? node : nil }

  public func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(DeviceProblems) -> Schedule {
    guard let plain = GEMMPath.named("w16a16") else {
      throw DeviceProblems(.noPath("w16a16", on: target))
    }
    let launch = try GEMMModel(target, path: plain)
    var models: [String: (GPUFormat, GEMMModel)] = [:]
    var steps: [Schedule.Step] = []
    var weights = 0.0
    var largest = 0.0
    var held: Set<TensorID> = []
    for (index, node) in graph.nodes.enumerated() {
      let bits = bits(of: index, choices)
      let macs = graph.multiplyAccumulates(of: node)
      let outputs = node.outputs.first.map { graph[$0].shape.count } ?? 0
      // What several nodes read is there once.
      let stored = node.inputs.reduce(0) {
        graph[$1].isParameter && held.insert($1).inserted ? $0 + graph[$1].shape.count : $0
      }
      weights += Double(stored) * Double(macs > 0 ? bits.weights : 16) / 8
      let moved = moved(node)
      let buffers = (moved * Double(bits.data) + Double(outputs) * 16) / 8
      largest = max(largest, buffers)
      let term: CostTerm
      let path: String
      if macs > 0, outputs > 0, let product = product(node, macs: macs, outputs: outputs) {
        let name = "w\(bits.weights)a\(bits.data)"
        if let measured = convolution(node, bits, macs: macs, outputs: outputs, k: product.k) {
          term = measured
          path = "\(name) convolution"
        } else {
          if models[name] == nil {
            let format = try GPUFormat(name, on: target)
            models[name] = (format, try GEMMModel(target, path: format.path))
          }
          guard let (format, model) = models[name] else { continue }
          let extents = format.extents(m: product.m, n: product.n, k: product.k)
          let estimate = model.estimate(
            m: extents.m, n: extents.n, k: extents.k, residency: .cold)
          term = model.term(estimate)
          path = "\(format.path.name) (\(format.path.kind.rawValue))"
        }
      } else if case .reshape = node.operation {
        term = .count("a view: nothing runs", 0)
        path = "none"
      } else {
        let rate = (target.dramBytesPerSecond ?? 0) * launch.constants.dramEfficiency
        term = .sum(
          "stream",
          [
            .product(
              "launch", count: 1, each: launch.constants.launchUs * 1e-6, key: "kernel_paths",
              source: launch.constants.source),
            .product(
              "bytes", count: buffers, each: rate > 0 ? 1 / rate : 0,
              key: "dram_bytes_per_second"),
          ])
        path = "elementwise"
      }
      var terms: Cost.StepTerms = [.latency: term]
      if let power = target.powerW {
        terms[.energy] = .product("seconds", count: term.value, each: power, key: "power_w")
      }
      steps.append(
        Schedule.Step(
          name: node.name, node: index, operation: node.operation.name, path: path,
          shape: node.outputs.first.map { graph[$0].shape.extents } ?? [], macs: macs,
          bits: macs > 0
            ? [.init("weight", bits.weights), .init("input", bits.data)]
            : [.init("input", bits.data)], terms: terms))
    }
    let device = GPUDevice(target)
    let total = steps.reduce(0) { $0 + $1.macs }
    var rules = [
      Cost.Rule(.latency, .sum, basis: device.basis(of: .latency)),
      Cost.Rule(
        .deviceMemory,
        .whole(
          .sum("memory", [.count("weights", weights), .count("largest buffers", largest)])),
        basis: device.basis(of: .deviceMemory), available: target.memoryBytes),
    ]
    if target.powerW != nil {
      rules.append(Cost.Rule(.energy, .sum, basis: device.basis(of: .energy)))
    }
    return Schedule(
      steps: steps, rules: rules, macs: total, clockHz: target.clockHz, columns: [.latency])
  }

  /// Elements that a node reads and that are not constants; of a table, the rows that it takes.
  private func moved(_ node: Node) -> Double {
    switch node.operation {
    case .gather, .gatherAxis, .gatherND:
      return Double(node.outputs.first.map { graph[$0].shape.count } ?? 0)
    default:
      return node.inputs.reduce(0.0) {
        graph[$1].isParameter ? $0 : $0 + Double(graph[$1].shape.count)
      }
    }
  }

  /// Rows, columns and terms of the product that a node is; nil for depthwise layers, which stream.
  private func product(
    _ node: Node, macs: Int, outputs: Int
  ) -> (m: Int, n: Int, k: Int)? {
    let k = max(macs / outputs, 1)
    if case .convolution(let convolution) = node.operation, convolution.isDepthwise { return nil }
    var n = node.outputs.first.flatMap { graph[$0].shape.extents.last } ?? 1
    if let id = graph.weights(of: node) { n = max(graph[id].shape.count / k, 1) }
    return (max(outputs / max(n, 1), 1), max(n, 1), k)
  }

  /// A convolution of a kind that was measured here.
  private func convolution(
    _ node: Node, _ bits: (weights: Int, data: Int), macs: Int, outputs: Int, k: Int
  ) -> CostTerm? {
    guard case .convolution = node.operation, bits.weights == bits.data,
      bits.weights == 4 || bits.weights == 8,
      let constants = target.convolutions.first(where: { $0.software == "layer" })
    else { return nil }
    return constants.term(bits: bits.weights, macs: macs, outputs: outputs, k: k)
  }

  /// Bits of a node's weights and of its first input.
  private func bits(of index: Int, _ choices: FormatChoices) -> (weights: Int, data: Int) {
    let node = graph.nodes[index]
    func width(_ encoding: Encoding) -> Int {
      if case .float(let format) = encoding { return min(format.width, 16) }
      let width = encoding.scalarWidth ?? 16
      return width > 8 ? 16 : width
    }
    var weights = graph.weights(of: node).map { width(graph[$0].encoding) } ?? 16
    var data = node.inputs.first.map { width(graph[$0].encoding) } ?? 16
    if let uniform = choices.uniform, graph.weights(of: node) != nil {
      weights = uniform.weights ?? weights
      data = uniform.activations ?? data
    }
    if let own = choices.nodes[index] {
      if let encoding = own.weights { weights = width(encoding) }
      if let encoding = own.data { data = width(encoding) }
    }
    if let input = node.inputs.first, let encoding = choices.tensors[input.index] {
      data = width(encoding)
    }
    return (min(weights, 16), data > 8 ? 16 : data)
  }
}

extension GPUTarget.ConvolutionConstants {
  /// Seconds of a convolution of so many bits on both sides; see `term(bits:macs:outputs:k:)`.
  ///
  /// - Precondition: 4 or 8 bits.
  public func seconds(bits: Int, macs: Int, outputs: Int, k: Int) -> Double {
    precondition(bits == 4 || bits == 8, "bits of measured convolutions")
    return term(bits: bits, macs: macs, outputs: outputs, k: k).value
  }

  /// `launch + macs / rate + outputs + k`, fitted to a network's layers (`Targets/gpu/fit.py`).
  func term(bits: Int, macs: Int, outputs: Int, k: Int) -> CostTerm {
    let rate = bits == 4 ? int4MACsPerUs : int8MACsPerUs
    return .sum(
      "convolution",
      [
        .product("launch", count: 1, each: launchUs * 1e-6, key: "convolutions", source: source),
        .product(
          "multiplications", count: Double(macs), each: 1e-6 / rate, key: "convolutions",
          source: source),
        .product(
          "outputs", count: Double(outputs), each: nsPerOutput * 1e-9, key: "convolutions",
          source: source),
        .product(
          "terms of a sum in series", count: Double(k), each: nsPerK * 1e-9, key: "convolutions",
          source: source),
      ])
  }
}

extension GEMMModel {
  /// The time of an estimate as terms, in seconds.
  func term(_ estimate: Estimate) -> CostTerm {
    func part(_ what: String, _ microseconds: Double) -> CostTerm {
      .product(
        what, count: 1, each: microseconds * 1e-6, key: "kernel_paths", source: constants.source)
    }
    var parts = [part("launch", estimate.launch)]
    if estimate.quantize > 0 { parts.append(part("quantize", estimate.quantize)) }
    let tile = estimate.isVector ? "ordinary cores" : "\(estimate.tileRows)x\(estimate.tileColumns)"
    let overlapping = [
      part("compute: tiles \(tile), waves \(estimate.waves)", estimate.compute),
      part("memory: \(Int(estimate.dramBytes)) B", estimate.memory),
    ]
    parts.append(
      estimate.isVector
        ? .maximum("compute and memory", overlapping)
        : CostTerm("compute and memory", .norm(overlapping, exponent: constants.overlap)))
    if estimate.split > 0 { parts.append(part("split of k in \(estimate.splits)", estimate.split)) }
    return .sum("\(path.name) product", parts)
  }
}
