/// The largest values along the last axis.
public struct TopK: Hashable, Sendable {
  /// How many, in descending order; the earlier of equal values first.
  public let count: Int

  public init(count: Int) { self.count = count }
}

/// Pairs of values turned by an angle that grows with the position (RoFormer, arXiv:2104.09864).
///
/// Data are `[..., positions, values]`; cosines and sines `[positions, extent / 2]`. Values from
/// `extent` on stay as they are.
public struct Rotary: Hashable, Sendable {
  public let extent: Int
  /// Whether a pair are neighbours (2 i, 2 i + 1) instead of (i, i + extent / 2).
  public let pairsNeighbours: Bool

  public init(extent: Int, pairsNeighbours: Bool) {
    self.extent = extent
    self.pairsNeighbours = pairsNeighbours
  }
}

extension TopK {
  func check(data: Shape, outputs: [Tensor]) throws(GraphError) {
    guard let last = data.extents.last, (1...max(last, 1)).contains(count), last > 0 else {
      throw .parameter("count \(count)", reason: "outside 1 to the extent of the last axis")
    }
    let expected = Array(data.extents.dropLast()) + [count]
    for output in outputs { try Operator.requireShape(output.name, output.shape, expected) }
  }
}

extension Rotary {
  func check(inputs: [Tensor], result: Shape) throws(GraphError) {
    let data = inputs[0].shape
    guard data.rank >= 2, extent > 0, extent % 2 == 0, extent <= data[data.rank - 1] else {
      throw .parameter("extent \(extent)", reason: "even, and at most that of the last axis")
    }
    try Operator.requireShape("result", result, data.extents)
    for table in inputs.dropFirst() {
      try Operator.requireShape(table.name, table.shape, [data[data.rank - 2], extent / 2])
    }
  }
}

/// `h_t = factor_t * h_(t-1) + term_t` along an axis, elementwise otherwise.
///
/// Factors and terms have the shape of the result; the state has not the axis. Source: Mamba,
/// arXiv:2312.00752, equation 2a.
public struct Recurrence: Hashable, Sendable {
  public let axis: Int

  public init(axis: Int) { self.axis = axis }
}

extension Recurrence {
  func check(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let factors = inputs[0].shape
    try Operator.requireAxis(axis, of: factors)
    try Operator.requireShape("terms", inputs[1].shape, factors.extents)
    try Operator.requireShape("result", outputs[0].shape, factors.extents)
    var state = factors.extents
    state.remove(at: axis)
    try Operator.requireShape("state", inputs[2].shape, state)
    try Operator.requireShape("next state", outputs[1].shape, state)
  }
}

/// A matrix of values by keys that is corrected token by token:
/// `S_t = d_t S_(t-1) + b_t (v_t - d_t S_(t-1) k_t) k_t^T`.
///
/// Keys are `[batch, tokens, heads, keys]`, values `[batch, tokens, heads, values]`, decays d and
/// rates b `[batch, tokens, heads]`, the state `[batch, heads, values, keys]`; results are the states
/// after each token, `[batch, tokens, heads, values, keys]`, and the last. Source: Gated DeltaNet,
/// arXiv:2412.06464, section 3.1.
public enum DeltaRule {
  static func check(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let (keys, values) = (inputs[0].shape, inputs[1].shape)
    guard keys.rank == 4, values.rank == 4 else {
      throw .parameter("keys and values", reason: "must be [batch, tokens, heads, extent]")
    }
    let places = Array(keys.extents.prefix(3))
    try Operator.requireShape("values", values, places + [values[3]])
    try Operator.requireShape("decays", inputs[2].shape, places)
    try Operator.requireShape("rates", inputs[3].shape, places)
    let state = [keys[0], keys[2], values[3], keys[3]]
    try Operator.requireShape("state", inputs[4].shape, state)
    try Operator.requireShape("states", outputs[0].shape, places + [values[3], keys[3]])
    try Operator.requireShape("next state", outputs[1].shape, state)
  }
}
