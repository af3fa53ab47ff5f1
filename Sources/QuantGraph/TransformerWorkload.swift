/// What a transformer computes and keeps, without a graph: matrix products a phase, and memory.
///
/// A 405-billion-parameter model has a few dozen entries, so cost models fold over it in
/// microseconds. Shapes are exact; whoever builds the value checks every product for overflow.
public struct TransformerWorkload: Hashable, Sendable {
  /// Name of the model's family, such as `llama`.
  public let family: String
  /// Sequences that run at once.
  public let batch: Int
  /// Tokens a sequence has after the prefill; the decode step computes one more.
  ///
  /// 0 for a model without sequences.
  public let sequence: Int
  /// Stored numbers of the whole model, tied matrices once.
  public let parameters: Int
  /// In the order in which they run: `prefill` and `decode` of a decoder, `prefill` of an encoder,
  /// `encoder`, `decoder_prefill` and `decode` of a model with both, `step` of a diffusion model.
  public let phases: [Phase]
  /// What stays in memory from token to token, by layer.
  public let cache: [CacheGroup]

  public init(
    family: String, batch: Int, sequence: Int, parameters: Int, phases: [Phase],
    cache: [CacheGroup]
  ) {
    self.family = family
    self.batch = batch
    self.sequence = sequence
    self.parameters = parameters
    self.phases = phases
    self.cache = cache
  }

  /// The phase with this name; nil if the model has none.
  public func phase(_ name: String) -> Phase? { phases.first { $0.name == name } }

  /// One pass over the model.
  public struct Phase: Hashable, Sendable {
    public let name: String
    /// Tokens a sequence has in this pass: the sequence in a prefill, 1 in a decode step.
    public let tokens: Int
    /// Positions that a token without a window attends to.
    public let context: Int
    public let products: [Product]

    public init(name: String, tokens: Int, context: Int, products: [Product]) {
      self.name = name
      self.tokens = tokens
      self.context = context
      self.products = products
    }

    /// Multiply-accumulates of the pass.
    public var macs: Int { products.reduce(0) { $0 + $1.macs } }
  }

  /// What a product's second operand is; it decides which format and which memory it has.
  public enum Role: String, Hashable, Sendable, CaseIterable {
    /// A parameter that every row of the product meets.
    case weights
    /// Parameters of experts, of which a token meets a few.
    case expertWeights = "expert-weights"
    /// Keys, values, latents or states kept from earlier tokens.
    case cache
    /// A tensor of this pass: keys and values of an encoder.
    case computed
  }

  /// What kind of layer a product belongs to.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case linear, attention, experts, router, scan
    case convolution = "conv"
  }

  /// `count` independent products `[m, k] * [n, k]^T -> [m, n]`.
  public struct Product: Hashable, Sendable {
    /// The module, with `*` for layer and expert numbers, such as `model.layers.*.mlp.up_proj`.
    public let name: String
    public let kind: Kind
    /// What the `[n, k]` operand is.
    public let role: Role
    /// Rows: tokens of all sequences for a linear layer; for experts the rows of all experts of a
    /// layer together (tokens times experts a token); for attention query tokens of all query heads
    /// that share a key head.
    public let m: Int
    public let n: Int
    public let k: Int
    /// How often the product occurs: layers, for attention times key heads times sequences.
    public let count: Int
    /// Multiply-accumulates of all of them; less than `m * n * k * count` where a causal mask or a
    /// window hides pairs that are not computed.
    public let macs: Int
    /// Experts of one layer; 0 if this is no expert product.
    public let experts: Int
    /// Experts that one token meets; 0 if this is no expert product.
    public let expertsPerToken: Int

    public init(
      name: String, kind: Kind, role: Role, m: Int, n: Int, k: Int, count: Int, macs: Int,
      experts: Int = 0, expertsPerToken: Int = 0
    ) {
      self.name = name
      self.kind = kind
      self.role = role
      self.m = m
      self.n = n
      self.k = k
      self.count = count
      self.macs = macs
      self.experts = experts
      self.expertsPerToken = expertsPerToken
    }

    /// Stored numbers of the second operand over all `count` products, all experts included.
    public var operandElements: Int { n * k * count * max(experts, 1) }

    /// Numbers of the second operand that this pass reads once: of experts, those that
    /// `tokens` tokens are expected to meet.
    public func expectedElementsRead(tokens: Int) -> Double {
      let all = Double(n) * Double(k) * Double(count)
      guard experts > 0 else { return all }
      return all
        * TransformerWorkload.expectedDistinctExperts(
          experts: experts, perToken: expertsPerToken, tokens: tokens)
    }
  }

  /// Layers that keep the same amount.
  public struct CacheGroup: Hashable, Sendable {
    public enum Content: String, Hashable, Sendable, CaseIterable {
      /// A key and a value a token and key head.
      case keysAndValues = "keys-values"
      /// One compressed vector and a rotary key a token (multi-head latent attention).
      case latent
      /// Keys and values of an encoder's tokens, computed once.
      case cross
      /// A state of fixed size.
      case state
    }

    public let content: Content
    /// First and last layer.
    public let layers: ClosedRange<Int>
    /// Numbers a token, a sequence and a layer; 0 for `cross` and `state`.
    public let elementsPerToken: Int
    /// Numbers a sequence and a layer that do not grow.
    public let fixedElements: Int
    /// Tokens that a layer attends to at most; nil if all.
    ///
    /// `window - 1` of them are kept.
    public let window: Int?
    /// Heads whose keys and values are kept; 0 for a state.
    ///
    /// With ``keyExtent`` and ``valueExtent`` this is what scales a channel, a token or a group need.
    public let heads: Int
    public let keyExtent: Int
    public let valueExtent: Int

    public init(
      content: Content, layers: ClosedRange<Int>, elementsPerToken: Int, fixedElements: Int,
      window: Int?, heads: Int, keyExtent: Int, valueExtent: Int
    ) {
      self.content = content
      self.layers = layers
      self.elementsPerToken = elementsPerToken
      self.fixedElements = fixedElements
      self.window = window
      self.heads = heads
      self.keyExtent = keyExtent
      self.valueExtent = valueExtent
    }

    /// Tokens kept of a sequence of `tokens`.
    public func keptTokens(of tokens: Int) -> Int {
      window.map { min(tokens, max($0 - 1, 0)) } ?? tokens
    }
  }

  /// Numbers that the cache holds for `batch` sequences of `tokens` tokens; nil beyond `Int`.
  public func cacheElements(batch: Int, tokens: Int) -> Int? {
    var total = 0
    for group in cache {
      let (grown, a) = group.elementsPerToken.multipliedReportingOverflow(
        by: group.keptTokens(of: tokens))
      let (one, b) = grown.addingReportingOverflow(group.fixedElements)
      let (layers, c) = one.multipliedReportingOverflow(by: group.layers.count)
      let (all, d) = layers.multipliedReportingOverflow(by: batch)
      let (sum, e) = total.addingReportingOverflow(all)
      guard !(a || b || c || d || e) else { return nil }
      total = sum
    }
    return total
  }

  /// Experts of one layer that `tokens` tokens are expected to meet: `E (1 - (1 - k/E)^tokens)`, for
  /// a router that chooses evenly and for each token alone.
  public static func expectedDistinctExperts(experts: Int, perToken: Int, tokens: Int) -> Double {
    guard experts > 0 else { return 0 }
    let total = Double(experts)
    let missed = 1 - Double(min(perToken, experts)) / total
    // Repeated squaring: exact enough, and the same on every platform.
    var power = 1.0
    var base = missed
    var exponent = max(tokens, 0)
    while exponent > 0 {
      if exponent & 1 == 1 { power *= base }
      base *= base
      exponent >>= 1
    }
    return total * (1 - power)
  }
}
