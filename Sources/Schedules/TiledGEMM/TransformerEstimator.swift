public import HWModel
public import QuantGraph

/// What a transformer takes on a GPU, in one configuration of formats.
///
/// Products with weights are ``GEMMModel``s with cold weights and the floors of their path; products of
/// one layer that share their data are one kernel; attention is one kernel a layer that streams keys and values; four other
/// kernels a layer stream the results of the products; a product whose sum is spread over devices ends
/// in an all-reduce. The head stays in 16 bits, as quantizers leave it.
public struct TransformerEstimator: Sendable {
  public let target: GPUTarget
  public let format: GPUFormat
  /// GPUs that the model is spread over.
  public let devices: Int
  private let model: GEMMModel
  private let plain: GEMMModel

  /// Floor of a small kernel (a norm, an activation) under a CUDA graph, in microseconds.
  ///
  /// As the floor of an all-reduce, and the number of such kernels a layer: chosen on the decode rows
  /// of conformance/gpu/latency.json, whose errors are therefore not those of rows left out.
  public static let smallKernelUs = 2.0
  /// Small kernels a layer beside products and attention.
  public static let smallKernels = 4.0
  /// Floor of an all-reduce, in microseconds.
  public static let allReduceUs = 12.0
  /// Share of the products' rate that attention over many queries reaches, taken as FlashAttention's.
  public static let attentionShare = 0.6

  /// - Throws: ``DeviceProblems`` for missing facts.
  /// - Precondition: at least one device.
  public init(
    _ target: GPUTarget, format: GPUFormat, devices: Int = 1
  ) throws(DeviceProblems) {
    precondition(devices >= 1, "a device")
    self.target = target
    self.format = format
    self.devices = devices
    model = try GEMMModel(target, path: format.path)
    guard let path = GEMMPath.named("w16a16") else {
      throw DeviceProblems(.noPath("w16a16", on: target))
    }
    plain = try GEMMModel(target, path: path)
  }

  /// Products that share their data and run as one: rows, columns of all, terms, how often.
  private struct Fused {
    var name: String
    let m: Int
    var n: Int
    let k: Int
    let count: Int
    let experts: Int
    let perToken: Int
    let isHead: Bool
  }

  private static func fused(_ phase: TransformerWorkload.Phase) -> [Fused] {
    var list: [Fused] = []
    let linear = phase.products.lastIndex { $0.role == .weights && $0.kind == .linear }
    let hasLayers = phase.products.contains { $0.role == .weights && $0.count > 1 }
    var previous: Int?
    for (index, product) in phase.products.enumerated() {
      guard product.role == .weights || product.role == .expertWeights else { continue }
      let isHead = index == linear && product.count == 1 && hasLayers
      if let last = list.last, let before = previous, before + 1 == index,
        last.m == product.m, last.k == product.k, last.count == product.count,
        last.experts == product.experts, !isHead
      {
        list[list.count - 1].n += product.n
        list[list.count - 1].name += ", " + product.name
      } else {
        list.append(
          Fused(
            name: product.name, m: product.m, n: product.n, k: product.k, count: product.count,
            experts: product.experts, perToken: product.expertsPerToken, isHead: isHead))
      }
      previous = index
    }
    return list
  }

  /// A phase of a workload.
  ///
  /// - Parameters:
  ///   - phase: its products.
  ///   - batch: sequences, whose tokens choose experts.
  /// - Returns: its kernels.
  public func phase(_ phase: TransformerWorkload.Phase, batch: Int) -> TransformerPhase {
    var steps: [Schedule.Step] = []
    var streamed = 0.0
    var layers = 0
    for (position, product) in Self.fused(phase).enumerated() {
      // Columns and rows of a weight are spread in turn.
      let isSummed = position % 2 == 1 && !product.isHead && devices > 1
      var (m, n, k) = (product.m, product.n, product.k)
      if isSummed {
        k = max((k + devices - 1) / devices, 1)
      } else {
        n = max((n + devices - 1) / devices, 1)
      }
      if product.experts > 0 {
        let met = TransformerWorkload.expectedDistinctExperts(
          experts: product.experts, perToken: product.perToken, tokens: phase.tokens * batch)
        let distinct = max(Int(met.rounded()), 1)
        m = max(m / distinct, 1)
        n *= distinct
      }
      let used = product.isHead ? plain : model
      let extents = product.isHead ? (m: m, n: n, k: k) : format.extents(m: m, n: n, k: k)
      let estimate = used.estimate(
        m: extents.m, n: extents.n, k: extents.k, residency: .cold)
      var term = used.term(estimate)
      if !product.isHead, !format.terms.isEmpty {
        term = format.term(m: m, n: n, k: k, product: (used, estimate), plain: plain)
      }
      steps.append(
        step(
          product.name, product.isHead ? "head" : "linear", count: product.count,
          path: used.path.name, term, bound: estimate.bound, shape: [m, n, k]))
      // Other kernels read and write what products give.
      streamed += 2 * 2 * Double(product.m) * Double(n) * Double(product.count)
      if !product.isHead { layers = max(layers, product.count) }
      if isSummed {
        steps.append(
          step(
            product.name, "all-reduce", count: product.count, path: "links",
            .count("floor of an all-reduce", Self.allReduceUs * 1e-6), bound: "launch"))
      }
    }
    if let attention = attention(phase, layers: layers) { steps.append(attention) }
    if layers > 0 {
      let floor = Double(layers) * Self.smallKernels * Self.smallKernelUs
      let stream = streamed / memoryRate * 1e6
      steps.append(
        step(
          "norms, activations, residuals", "other", path: "elementwise",
          .sum(
            "small kernels",
            [.count("floors", floor * 1e-6), .count("results read and written", stream * 1e-6)]),
          bound: floor > stream ? "launch" : "memory"))
    }
    let device = GPUDevice(target)
    var rules = [Cost.Rule(.latency, .sum, basis: device.basis(of: .latency))]
    if let power = target.powerW {
      rules.append(
        Cost.Rule(
          .energy, .scaled(.latency, by: power * Double(devices), over: 1),
          basis: device.basis(of: .energy)))
    }
    return TransformerPhase(
      phase.name,
      Schedule(
        steps: steps, rules: rules, macs: phase.macs, clockHz: target.clockHz, columns: [.latency])
    )
  }

  private func step(
    _ name: String, _ kind: String, count: Int = 1, path: String, _ term: CostTerm, bound: String,
    shape: [Int] = []
  ) -> Schedule.Step {
    Schedule.Step(
      name: name, node: nil, operation: kind, path: path, shape: shape, bound: bound,
      terms: [.latency: .repeated(term, count: Double(count))])
  }

  private var memoryRate: Double {
    (target.dramBytesPerSecond ?? 0) * plain.constants.dramEfficiency
  }

  /// Scores and weighted values of all layers, one kernel each; nil if the phase has none.
  private func attention(_ phase: TransformerWorkload.Phase, layers: Int) -> Schedule.Step? {
    var (bytes, operations) = (0.0, 0.0)
    for product in phase.products where product.role == .cache || product.role == .computed {
      let bits = product.role == .cache ? Double(format.cacheBits) : 16
      bytes += Double(product.operandElements) * bits / 8
      // Instructions take 16 rows of queries, however few there are.
      let padded = Double(max(product.m, 16)) / Double(max(product.m, 1))
      operations += 2 * Double(product.macs) * padded
    }
    guard bytes > 0 || operations > 0 else { return nil }
    let spread = Double(devices)
    let rate =
      (target.peak(.fp16) ?? 0) * plain.constants.mmaEfficiency * Self.attentionShare
    let memory = bytes / spread / memoryRate * 1e6
    let compute = operations / spread / rate * 1e6
    let floor = Double(max(layers, 1)) * Self.smallKernelUs
    return step(
      "attention", "attention", path: "streamed keys and values",
      .sum(
        "attention",
        [
          .count("floors", floor * 1e-6),
          .maximum(
            "compute and memory",
            [
              .count("scores and weighted values", compute * 1e-6),
              .count("keys and values, \(format.cacheBits) bits", memory * 1e-6),
            ]),
        ]),
      bound: floor > max(memory, compute) ? "launch" : memory >= compute ? "memory" : "compute")
  }

  /// Bytes of a workload on one device: weights, the cache of the whole sequence, and buffers of at most
  /// 8,192 tokens at once.
  ///
  /// - Throws: ``DeviceProblems`` for a cache beyond what can be counted.
  public func memory(_ workload: TransformerWorkload) throws(DeviceProblems) -> TransformerMemory {
    guard
      let cache = workload.cacheElements(batch: workload.batch, tokens: workload.sequence)
    else {
      throw DeviceProblems(
        Diagnostic(
          code: "gpu.size", message: "the cache is beyond 2^63 numbers", location: nil,
          remedy: "ask for fewer sequences or tokens."))
    }
    var quantized = 0.0
    // Of what terms keep beside the weights.
    var branches = 0.0
    var widest = 0
    if let phase = workload.phases.first {
      for product in Self.fused(phase) where !product.isHead {
        branches +=
          format.branchBytes(n: product.n, k: product.k)
          * Double(product.count) * Double(max(product.experts, 1))
        quantized +=
          Double(product.n) * Double(product.k) * Double(product.count)
          * Double(max(product.experts, 1))
        widest = max(widest, product.n + product.k)
      }
    }
    let others = max(Double(workload.parameters) - quantized, 0)
    let scales = format.cacheBits < 16 ? 32 / 128.0 : 0
    let tokens = Double(min(workload.batch * max(workload.sequence, 1), 8192))
    let spread = Double(devices)
    return TransformerMemory(
      weights: (quantized * format.weightBytes + others * 2 + branches) / spread,
      cache: Double(cache) * (Double(format.cacheBits) + scales) / 8 / spread,
      activations: tokens * Double(widest) * 2 / spread, available: target.memoryBytes)
  }
}

extension GPUDevice: RunsTransformers {
  /// FP8 and NVFP4 are paths of their own; integers are called by their widths.
  public func formats(of algorithm: String, weights: Int, data: Int) -> String {
    switch algorithm {
    case "FP8", "FP8_PER_CHANNEL_PER_TOKEN", "MXFP8": "fp8"
    case "NVFP4", "NVFP4_AWQ": "nvfp4"
    default: "w\(weights)a\(data)"
    }
  }

  public func estimate(
    _ workload: TransformerWorkload, formats: String?, devices: Int
  ) throws(DeviceProblems) -> TransformerEstimate {
    guard devices >= 1, devices <= 1 << 16 else {
      throw DeviceProblems(
        Diagnostic(
          code: "usage.arguments", message: "\(devices) is no number of GPUs", location: nil,
          remedy: "write --tensor-parallel 2."))
    }
    let format = try GPUFormat(formats ?? "w16a16", on: target)
    let estimator = try TransformerEstimator(target, format: format, devices: devices)
    let phases = workload.phases.map { estimator.phase($0, batch: workload.batch) }
    let model = try GEMMModel(target, path: format.path)
    var notes: [String] = []
    if model.constants.error == nil {
      notes.append(
        "\(description.id), \(format.path.name): \(model.constants.source); error unknown")
    }
    for term in format.terms where !(term.isGroup && format.path.units == .fp16) {
      notes.append("\(term.name): \(term.meaning); error unknown")
    }
    if devices > 1 {
      notes.append("an all-reduce is its floor of 12 us: links between GPUs are not described")
    }
    return TransformerEstimate(
      formats: format.name, path: "\(format.path.name) (\(format.path.kind.rawValue))",
      phases: phases, memory: try estimator.memory(workload), error: model.constants.error,
      notes: notes)
  }
}
