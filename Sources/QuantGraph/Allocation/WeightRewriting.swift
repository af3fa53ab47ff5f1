public import Arith

extension NodeAllocation {
  /// The name of the choice that says how a node's weights are rewritten; its values are names of
  /// `WeightRewrite`.
  public static let weightRewriteKey = "weight_rewrite"

  /// How the node's integer weights are rewritten; nil leaves them.
  ///
  /// It is the choice ``weightRewriteKey``; a choice of that name that is no rewrite reads as nil, and
  /// files with one are refused.
  public var weightRewrite: WeightRewrite? {
    get {
      guard case .text(let name)? = choices[Self.weightRewriteKey] else { return nil }
      return WeightRewrite(name: name)
    }
    set { choices[Self.weightRewriteKey] = newValue.map { .text($0.name) } }
  }
}

/// Weights that cannot be rewritten.
public struct WeightRewriteRefusal: Error, Hashable, Sendable {
  /// Name of the node.
  public let node: String
  public let rewrite: WeightRewrite
  /// In words.
  public let reason: String

  public init(node: String, rewrite: WeightRewrite, reason: String) {
    self.node = node
    self.rewrite = rewrite
    self.reason = reason
  }
}

extension Graph {
  /// The codes of a node's weights as a rewrite has them.
  ///
  /// Codes are rewritten as integers of the width of their encoding; what a code is worth stays.
  ///
  /// - Parameters:
  ///   - node: a node with constant weights.
  ///   - rewrite: what becomes of them.
  /// - Returns: codes in the constant's order and storage.
  /// - Throws: ``WeightRewriteRefusal`` for a node without constant weights, weights that are no signed
  ///   integers around zero, and what the rewrite itself refuses.
  public func rewrittenWeights(
    of node: Node, by rewrite: WeightRewrite
  ) throws(WeightRewriteRefusal) -> Codes {
    func refusal(_ reason: String) -> WeightRewriteRefusal {
      WeightRewriteRefusal(node: node.name, rewrite: rewrite, reason: reason)
    }
    guard let linear = linear(node), let codes = self[linear.weights].constant else {
      throw refusal("the layer has no constant weights")
    }
    let weights = self[linear.weights]
    guard let places = weightPlaces(of: linear) else {
      throw refusal("no rule says which of its weights share an output and a channel")
    }
    let width: Int
    switch weights.encoding {
    case .fixed(let format) where format.isSigned: width = format.width
    case .affine(let format) where format.isSigned && format.zeroPoints.allSatisfy({ $0 == 0 }):
      width = format.width
    default:
      throw refusal("weights of \(weights.encoding.name) are no signed integers around zero")
    }
    guard let integers = codes.int64 else {
      throw refusal("weights of \(width) bits have no planes (2 to 16 have)")
    }
    let order = places.all
    let rewritten: [Int]
    do throws(WeightRewriteError) {
      rewritten = try rewrite(
        order.map { Int(integers[$0]) }, width: width, channels: places.channels)
    } catch {
      throw refusal(error.reason)
    }
    var result = [Int](repeating: 0, count: integers.count)
    for (place, value) in zip(order, rewritten) { result[place] = value }
    // A value of `width` bits fits where the codes of that width are kept.
    return switch codes {
    case .int8: .int8(result.map { Int8(truncatingIfNeeded: $0) })
    case .int16: .int16(result.map { Int16(truncatingIfNeeded: $0) })
    case .int32: .int32(result.map { Int32(truncatingIfNeeded: $0) })
    case .wide: .wide(result.map { Int512(Int64($0)) })
    case .int64, .uint8, .uint16, .float32, .float64: .int64(result.map { Int64($0) })
    }
  }
}
