import QuantGraph

/// What layers keep from token to token.
extension ShapeWalk {
  /// Neighbouring layers that keep the same, in one group.
  static func joined(
    _ layers: [TransformerWorkload.CacheGroup]
  ) -> [TransformerWorkload.CacheGroup] {
    var groups: [TransformerWorkload.CacheGroup] = []
    // Groups of one content follow each other layer by layer; a layer may have several contents.
    for layer in layers {
      let end = layer.layers.lowerBound - 1
      if let index = groups.lastIndex(where: { $0.content == layer.content }),
        groups[index].layers.upperBound == end,
        groups[index].same(as: layer)
      {
        groups[index] = groups[index].with(
          layers: groups[index].layers.lowerBound...layer.layers.upperBound)
      } else {
        groups.append(layer)
      }
    }
    return groups
  }

  /// Puts what the layers of a `repeat` keep in the order of the layers.
  mutating func orderCache(from start: Int) {
    let sorted = cache[start...].enumerated().sorted {
      ($0.element.layers.lowerBound, $0.offset) < ($1.element.layers.lowerBound, $1.offset)
    }
    cache.replaceSubrange(start..., with: sorted.map(\.element))
  }

  mutating func keep(_ statement: Statement) throws(TransformerError) {
    let group: TransformerWorkload.CacheGroup
    switch statement.keyword {
    case .keys:
      let heads = try extent(statement.values[0], statement)
      let keyExtent = try extent(statement.values[1], statement)
      let valueExtent = try extent(statement, .values) ?? keyExtent
      var window: Int?
      if let expression = statement[.window] { window = try self.window(expression, statement) }
      let one = keyExtent.addingReportingOverflow(valueExtent)
      guard !one.overflow else {
        throw evaluation.fault("is beyond 64 bits", statement.values, place: statement.name)
      }
      group = .init(
        content: .keysAndValues, layers: 0...0,
        elementsPerToken: try checkedProduct(heads, one.partialValue, in: statement),
        fixedElements: 0, window: window, heads: heads, keyExtent: keyExtent,
        valueExtent: valueExtent)
    case .latent:
      let rank = try extent(statement.values[0], statement)
      let rotary = try extent(statement.values[1], statement)
      let sum = rank.addingReportingOverflow(rotary)
      guard !sum.overflow else {
        throw evaluation.fault("is beyond 64 bits", statement.values, place: statement.name)
      }
      group = .init(
        content: .latent, layers: 0...0, elementsPerToken: sum.partialValue,
        fixedElements: 0, window: nil, heads: 1, keyExtent: rank, valueExtent: rotary)
    case .cross:
      let heads = try extent(statement.values[0], statement)
      let extent = try extent(statement.values[1], statement)
      let tokens = try self.extent(statement.values[2], statement)
      group = .init(
        content: .cross, layers: 0...0, elementsPerToken: 0,
        fixedElements: try checkedProduct(2, heads, extent, tokens, in: statement), window: nil,
        heads: heads, keyExtent: extent, valueExtent: extent)
    default:
      group = .init(
        content: .state, layers: 0...0, elementsPerToken: 0,
        fixedElements: try extent(statement.values[0], statement), window: nil, heads: 0,
        keyExtent: 0, valueExtent: 0)
    }
    // Sums over layers and tokens stay in range; the product with a batch is checked where it is.
    _ = try checkedProduct(
      max(group.elementsPerToken, group.fixedElements), Self.maximumRepetitions, in: statement)
    record(statement, .cache(group))
    // Runs of neighbouring layers.
    var layers = (ranges.last ?? [0])[...]
    while let first = layers.popFirst() {
      var last = first
      while layers.first == last + 1 {
        last += 1
        layers.removeFirst()
      }
      cache.append(group.with(layers: first...last))
    }
  }
}

extension TransformerWorkload.CacheGroup {
  fileprivate func same(as other: Self) -> Bool {
    content == other.content && elementsPerToken == other.elementsPerToken
      && fixedElements == other.fixedElements && window == other.window && heads == other.heads
      && keyExtent == other.keyExtent && valueExtent == other.valueExtent
  }

  fileprivate func with(layers: ClosedRange<Int>) -> Self {
    Self(
      content: content, layers: layers, elementsPerToken: elementsPerToken,
      fixedElements: fixedElements, window: window, heads: heads, keyExtent: keyExtent,
      valueExtent: valueExtent)
  }
}
