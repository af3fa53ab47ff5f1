public import HWModel
public import QuantGraph

/// What a transformer takes on a GPU, in one configuration of formats.
///
/// Products with weights are ``GEMMModel``s with cold weights, products of one layer that share their
/// data are one kernel; attention is one kernel a layer that streams keys and values; four other
/// kernels a layer stream the results of the products; a product whose sum is spread over devices ends
/// in an all-reduce. The head stays in 16 bits, as quantizers leave it.
public struct TransformerEstimator: Sendable {
  public let target: GPUTarget
  public let format: GPUFormat
  /// GPUs that the model is spread over.
  public let devices: Int
  private let model: GEMMModel
  private let plain: GEMMModel

  /// Floor of a small kernel (a norm, an activation) under a CUDA graph, in microseconds, and how many
  /// of them a layer has beside products and attention; floor of an all-reduce. PHYSICS.md, "LLM decode".
  public static let smallKernelUs = 2.0
  public static let smallKernels = 4.0
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

  /// One kind of kernel of a phase.
  public struct Step: Sendable, Hashable {
    public let name: String
    /// `linear`, `attention`, `head`, `other`, `all-reduce`.
    public let kind: String
    /// How often it runs in the phase.
    public let count: Double
    /// One run.
    public let microseconds: Double
    public let bound: String
    /// Of a product.
    public let product: GEMMModel.Estimate?
    public let extents: [Int]

    public var seconds: Double { count * microseconds * 1e-6 }
  }

  /// A phase laid out in kernels.
  public struct Phase: Sendable, Hashable {
    public let name: String
    public let steps: [Step]
    public var seconds: Double { steps.reduce(0) { $0 + $1.seconds } }

    /// Seconds by kind of step, in order of appearance.
    public var shares: [(kind: String, seconds: Double)] {
      var shares: [(kind: String, seconds: Double)] = []
      for step in steps {
        if let index = shares.firstIndex(where: { $0.kind == step.kind }) {
          shares[index].seconds += step.seconds
        } else {
          shares.append((step.kind, step.seconds))
        }
      }
      return shares
    }

    /// What bounds most of the time.
    public var bound: String {
      var times: [String: Double] = [:]
      for step in steps { times[step.bound, default: 0] += step.seconds }
      return ["memory", "compute", "launch"].max { (times[$0] ?? 0) < (times[$1] ?? 0) } ?? "memory"
    }
  }

  /// Bytes on one device.
  public struct Memory: Sendable, Hashable {
    public let weights: Double
    public let cache: Double
    public let activations: Double
    /// Nil where the description does not state it.
    public let available: Double?
    public var total: Double { weights + cache + activations }
    public var fits: Bool { available.map { total <= $0 } ?? true }
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
  /// - Parameter tokens: tokens of all sequences, for experts: those that one router sees.
  public func phase(_ phase: TransformerWorkload.Phase, batch: Int) -> Phase {
    let launch = plain.constants.launchUs
    var steps: [Step] = []
    var streamed = 0.0
    var layers = 0
    for (position, product) in Self.fused(phase).enumerated() {
      // Columns and rows of a weight are spread in turn.
      let isSummed = position % 2 == 1 && !product.isHead && devices > 1
      var (m, n, k) = (product.m, product.n, product.k)
      if isSummed { k = max((k + devices - 1) / devices, 1) } else {
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
        m: extents.m, n: extents.n, k: extents.k, residency: .cold, launchUs: launch)
      steps.append(
        Step(
          name: product.name, kind: product.isHead ? "head" : "linear",
          count: Double(product.count), microseconds: estimate.microseconds,
          bound: estimate.bound, product: estimate, extents: [m, n, k]))
      // Other kernels read and write what products give.
      streamed += 2 * 2 * Double(product.m) * Double(n) * Double(product.count)
      if !product.isHead { layers = max(layers, product.count) }
      if isSummed {
        steps.append(
          Step(
            name: product.name, kind: "all-reduce", count: Double(product.count),
            microseconds: Self.allReduceUs, bound: "launch", product: nil,
            extents: [product.m, product.n]))
      }
    }
    if let attention = attention(phase, layers: layers) { steps.append(attention) }
    if layers > 0 {
      let floor = Double(layers) * Self.smallKernels * Self.smallKernelUs
      let stream = streamed / memoryRate * 1e6
      steps.append(
        Step(
          name: "norms, activations, residuals", kind: "other", count: 1,
          microseconds: floor + stream, bound: floor > stream ? "launch" : "memory", product: nil,
          extents: []))
    }
    return Phase(name: phase.name, steps: steps)
  }

  private var memoryRate: Double {
    (target.dramBytesPerSecond ?? 0) * plain.constants.dramEfficiency
  }

  /// Scores and weighted values of all layers, one kernel each; nil if the phase has none.
  private func attention(_ phase: TransformerWorkload.Phase, layers: Int) -> Step? {
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
    let time = floor + max(memory, compute)
    return Step(
      name: "attention", kind: "attention", count: 1, microseconds: time,
      bound: floor > max(memory, compute) ? "launch" : memory >= compute ? "memory" : "compute",
      product: nil, extents: [])
  }

  /// Bytes of a workload on one device: weights, the cache of the whole sequence, and buffers of at most
  /// 8,192 tokens at once.
  ///
  /// - Throws: ``DeviceProblems`` for a cache beyond what can be counted.
  public func memory(_ workload: TransformerWorkload) throws(DeviceProblems) -> Memory {
    guard
      let cache = workload.cacheElements(batch: workload.batch, tokens: workload.sequence)
    else {
      throw DeviceProblems(
        Diagnostic(
          code: "gpu.size", message: "the cache is beyond 2^63 numbers", location: nil,
          remedy: "ask for fewer sequences or tokens."))
    }
    var quantized = 0.0
    var widest = 0
    if let phase = workload.phases.first {
      for product in Self.fused(phase) where !product.isHead {
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
    return Memory(
      weights: (quantized * format.weightBytes + others * 2) / spread,
      cache: Double(cache) * (Double(format.cacheBits) + scales) / 8 / spread,
      activations: tokens * Double(widest) * 2 / spread, available: target.memoryBytes)
  }
}
