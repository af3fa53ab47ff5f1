public import QuantGraph

/// A parameter of a transformer: one entry for all layers in which it has the same shape.
public struct TransformerTensor: Hashable, Sendable {
  /// What the parameter is to the layer that has it.
  public enum Role: String, Hashable, Sendable {
    case linear, bias, convolution, embedding, norm, router, experts, other
  }

  /// With `*` for layer and other numbers.
  public let name: String
  public let shape: [Int]
  public let role: Role
  /// Whether it stays in float32 whatever the type of the checkpoint.
  public internal(set) var isWide = false
  /// The numbers that the `*` of ``name`` stand for, one after the other, layer by layer.
  public internal(set) var numbers: [Int]
  /// How often the shape occurs.
  public internal(set) var count: Int

  /// Elements of one of them.
  public var elements: Int { shape.reduce(1, *) }

  /// The names that ``name`` stands for, in the order of the layers.
  public var names: [String] { Self.names(of: name, numbers: numbers, count: count) }

  static func names(of name: String, numbers: [Int], count: Int) -> [String] {
    let parts = name.split(separator: "*", omittingEmptySubsequences: false)
    let stars = parts.count - 1
    guard stars > 0, numbers.count == stars * count else { return [name] }
    return (0..<count).map { index in
      var text = String(parts[0])
      for star in 0..<stars { text += "\(numbers[index * stars + star])" + parts[star + 1] }
      return text
    }
  }
}

/// A linear layer, for all places in which it has the same shape.
public struct TransformerLinear: Hashable, Sendable {
  public let name: String
  public let inputs: Int
  public let outputs: Int
  public let hasBias: Bool
  /// Whether its matrix is another layer's, such as the embedding's.
  public let isTied: Bool
  /// As in ``TransformerTensor/numbers``.
  public internal(set) var numbers: [Int]
  public internal(set) var count: Int

  public var names: [String] {
    TransformerTensor.names(of: name, numbers: numbers, count: count)
  }
}

/// A convolution, for all places in which it has the same shape.
public struct TransformerConvolution: Hashable, Sendable {
  public let name: String
  public let inputs: Int
  public let outputs: Int
  public let kernel: [Int]
  public let stride: Int
  public let groups: Int
  public let hasBias: Bool
  public internal(set) var count: Int

  /// Whether all but the number of places is the same.
  func hasShape(of other: Self) -> Bool {
    inputs == other.inputs && outputs == other.outputs && stride == other.stride
      && groups == other.groups && hasBias == other.hasBias && kernel == other.kernel
      && name == other.name
  }
}

/// The matrices of a layer's experts, one after the other in one tensor.
public struct TransformerExperts: Hashable, Sendable {
  public let name: String
  /// `[experts, ...]`.
  public let shape: [Int]
  /// Of one expert's matrix.
  public let inputs: Int
  public let outputs: Int
  public let expertsPerToken: Int
  public internal(set) var numbers: [Int]
  public internal(set) var count: Int

  public var names: [String] {
    TransformerTensor.names(of: name, numbers: numbers, count: count)
  }
}

/// Everything that a configuration says of a transformer's shapes, and what a run of it computes.
public struct TransformerShapes: Hashable, Sendable {
  /// The configuration's `model_type` or `_class_name`.
  public let family: String
  public internal(set) var tensors: [TransformerTensor] = []
  public internal(set) var linears: [TransformerLinear] = []
  public internal(set) var convolutions: [TransformerConvolution] = []
  public internal(set) var experts: [TransformerExperts] = []
  /// The run's sizes as they were used, such as `batch` and `sequence`.
  public internal(set) var sizes: [String: Int] = [:]
  public internal(set) var workload: TransformerWorkload

  /// Puts the numbers of every entry in the order of the layers.
  mutating func sortNumbers() {
    for index in tensors.indices {
      Self.sort(&tensors[index].numbers, count: tensors[index].count)
    }
    for index in linears.indices {
      Self.sort(&linears[index].numbers, count: linears[index].count)
    }
    for index in experts.indices {
      Self.sort(&experts[index].numbers, count: experts[index].count)
    }
  }

  private static func sort(_ numbers: inout [Int], count: Int) {
    guard count > 1, numbers.count >= count else { return }
    let width = numbers.count / count
    if width == 1 {
      numbers.sort()
      return
    }
    let places = (0..<count).map { numbers[$0 * width..<($0 + 1) * width] }
    numbers = places.sorted { $0.lexicographicallyPrecedes($1) }.flatMap(\.self)
  }

  /// Stored numbers, tied matrices once.
  public var parameters: Int { workload.parameters }

  /// Numbers of parameters that one token meets: everything but embeddings' other rows and experts
  /// that the router did not choose.
  public var activeParameters: Int {
    var total = 0
    for tensor in tensors {
      switch tensor.role {
      case .embedding: total += tensor.shape.dropFirst().reduce(1, *) * tensor.count
      case .experts:
        let chosen = experts.first { $0.name == tensor.name }?.expertsPerToken ?? 0
        total += tensor.shape.dropFirst().reduce(1, *) * chosen * tensor.count
      case .linear, .bias, .convolution, .norm, .router, .other:
        total += tensor.elements * tensor.count
      }
    }
    // A tied head reads the whole embedding.
    for linear in linears where linear.isTied { total += linear.inputs * linear.outputs }
    return total
  }

  /// Elements a token that the caches of all layers grow by while no window is full.
  public var cacheElementsPerToken: Int {
    workload.cache.reduce(0) { $0 + $1.elementsPerToken * $1.layers.count }
  }
}

/// Sizes of a run, and what is counted.
public struct TransformerRun: Hashable, Sendable {
  /// Which pairs of positions attention is counted for.
  public enum Attention: String, Hashable, Sendable, CaseIterable {
    /// The whole score matrix, also what a mask hides; windows only where a cache ends at them.
    case square
    /// Pairs that the causal mask and the window leave.
    case causal
  }

  /// How multi-head latent attention meets its cache.
  public enum LatentAttention: String, Hashable, Sendable, CaseIterable {
    /// Keys and values of the whole context are computed from the latents at each step.
    case naive
    /// Queries are moved into the latent space (DeepSeek-V2, arXiv:2405.04434, section 2.1.2).
    case absorbed
  }

  /// Positions of a prefill that logits are computed for.
  public enum Logits: String, Hashable, Sendable, CaseIterable { case all, last }

  /// Sizes by name; what is missing takes the family's own.
  public var sizes: [String: Int]
  public var attention: Attention
  public var latentAttention: LatentAttention
  public var logits: Logits

  public init(
    sizes: [String: Int] = [:], attention: Attention = .square,
    latentAttention: LatentAttention = .naive, logits: Logits = .all
  ) {
    self.sizes = sizes
    self.attention = attention
    self.latentAttention = latentAttention
    self.logits = logits
  }

  /// Names of sizes that a run may give.
  public static let sizeNames = [
    "batch", "sequence", "latent", "text_tokens", "image_tokens", "frames", "decoder_sequence",
    "image",
  ]
}
