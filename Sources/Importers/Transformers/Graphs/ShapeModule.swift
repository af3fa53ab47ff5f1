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
    let stride: Int
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
    case follows(Bool)
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
}

extension ShapeModule.Kind {
  var parameter: [Int]? { if case .parameter(let found) = self { found } else { nil } }
  var embedding: ShapeModule.Embedding? {
    if case .embedding(let found) = self { found } else { nil }
  }
  var norm: ShapeModule.Norm? { if case .norm(let found) = self { found } else { nil } }
  var linear: ShapeModule.Linear? { if case .linear(let found) = self { found } else { nil } }
  var router: ShapeModule.Router? { if case .router(let found) = self { found } else { nil } }
  var convolution: ShapeModule.Convolution? {
    if case .convolution(let found) = self { found } else { nil }
  }
  var experts: ShapeModule.Experts? { if case .experts(let found) = self { found } else { nil } }
  var attention: ShapeModule.Attention? {
    if case .attention(let found) = self { found } else { nil }
  }
  var rotary: ShapeModule.Turn? { if case .rotary(let found) = self { found } else { nil } }
  var parallel: Bool? { if case .parallel(let found) = self { found } else { nil } }
  var follows: Bool? { if case .follows(let found) = self { found } else { nil } }
  var cache: TransformerWorkload.CacheGroup? {
    if case .cache(let found) = self { found } else { nil }
  }
  var isProduct: Bool? { if case .product = self { true } else { nil } }
}
