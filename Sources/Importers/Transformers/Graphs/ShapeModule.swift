import QuantGraph

/// A statement of a description with its values, for all layers that have the same.
struct ShapeModule {
  struct Linear {
    let inputs: Int
    let outputs: Int
    let hasBias: Bool
    let isTied: Bool
    let isLent: Bool
    let isTurned: Bool
    /// Rows a sequence.
    let rows: Int
  }

  struct Experts {
    let count: Int
    let chosen: Int
    let width: Int
    let inner: Int
    let isGated: Bool
    let isTurned: Bool
    let hasBias: Bool
  }

  struct Attention {
    let heads: Int
    let shared: Int
    let keyExtent: Int
    let valueExtent: Int
    let window: Int?
    let isCausal: Bool
  }

  struct Convolution {
    let inputs: Int
    let outputs: Int
    let kernel: [Int]
    let groups: Int
    let hasBias: Bool
  }

  struct Norm {
    let extent: Int
    let hasBias: Bool
    /// Whether the mean is taken off.
    let isCentred: Bool
  }

  struct Router {
    let inputs: Int
    let outputs: Int
    let hasBias: Bool
  }

  struct Embedding {
    let rows: Int
    let columns: Int
  }

  struct Turn {
    /// 0 for none.
    let extent: Int
    let pairsNeighbours: Bool
  }

  enum Kind {
    case parameter([Int])
    case embedding(Embedding)
    case norm(Norm)
    case linear(Linear)
    case router(Router)
    case convolution(Convolution)
    case experts(Experts)
    case attention(Attention)
    case rotary(Turn)
    case parallel(Bool)
    case product
    case cache(TransformerWorkload.CacheGroup)
  }

  /// What stands before the name, with `*` for numbers.
  let scope: String
  let name: String
  /// The numbers of each `*` of the scope.
  let layers: [[Int]]
  /// Those of the name.
  let numbers: [Int]
  let kind: Kind

  /// The name without that of the layer, with `*` for numbers within it.
  var nameInLayer: String {
    guard let star = scope.firstIndex(of: "*") else { return scope + name }
    return scope[star...].dropFirst(2) + name
  }

  /// The name in one layer; `inner` is the number of what is repeated within the layer.
  func name(in layer: Int?, _ inner: Int? = nil) -> String {
    TransformerTensor.names(
      of: scope + name, numbers: [layer, inner].compactMap(\.self) + numbers, count: 1)[0]
  }
}

extension ShapeModule {
  var parameter: [Int]? { if case .parameter(let found) = kind { found } else { nil } }
  var embedding: Embedding? { if case .embedding(let found) = kind { found } else { nil } }
  var norm: Norm? { if case .norm(let found) = kind { found } else { nil } }
  var linear: Linear? { if case .linear(let found) = kind { found } else { nil } }
  var router: Router? { if case .router(let found) = kind { found } else { nil } }
  var convolution: Convolution? { if case .convolution(let found) = kind { found } else { nil } }
  var experts: Experts? { if case .experts(let found) = kind { found } else { nil } }
  var attention: Attention? { if case .attention(let found) = kind { found } else { nil } }
  var rotary: Turn? { if case .rotary(let found) = kind { found } else { nil } }
  var parallel: Bool? { if case .parallel(let found) = kind { found } else { nil } }
  var cache: TransformerWorkload.CacheGroup? {
    if case .cache(let found) = kind { found } else { nil }
  }
  var isProduct: Bool? { if case .product = kind { true } else { nil } }
}
