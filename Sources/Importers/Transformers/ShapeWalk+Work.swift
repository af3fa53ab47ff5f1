import QuantGraph

/// Matrix products of a run.
extension ShapeWalk {
  mutating func attention(_ statement: Statement) throws(TransformerError) {
    let heads = try extent(statement.values[0], statement)
    let shared = try extent(statement.values[1], statement)
    let keyExtent = try extent(statement.values[2], statement)
    let valueExtent = try extent(statement, .values) ?? keyExtent
    guard heads % shared == 0 else {
      throw evaluation.fault(
        "\(heads) query heads are no multiple of \(shared) key heads",
        Array(statement.values.prefix(2)), place: prefix + statement.name)
    }
    var window: Int?
    if let expression = statement[.window] { window = try self.window(expression, statement) }
    let isCausal = try flag(statement, .causal, otherwise: true)
    let isStored = try flag(statement, .stored, otherwise: isCausal)
    let role: TransformerWorkload.Role = isStored ? .cache : .computed
    if recordedPhase != nil {
      record(
        statement,
        .attention(
          .init(
            heads: heads, shared: shared, keyExtent: keyExtent, valueExtent: valueExtent,
            window: window, isCausal: isCausal)))
    }
    for index in active {
      setPhase(index)
      let tokens = try extent(statement, .queries) ?? phases[index].tokens
      var keys = try extent(statement, .keys) ?? phases[index].context
      // A step meets what the cache holds; a longer pass counts the whole matrix.
      if let window, tokens == 1, keys > 1 { keys = min(keys, window) }
      var pairs = try checkedProduct(tokens, keys, in: statement)
      if run.attention == .causal, isCausal {
        pairs = Self.causalPairs(tokens: tokens, context: keys, window: window) ?? pairs
      }
      let rows = try checkedProduct(tokens, heads / shared, in: statement)
      let places = try checkedProduct(shared, batch, in: statement)
      for (part, suffix, n, k) in [
        (0, ".scores", keys, keyExtent), (1, ".values", valueExtent, keys),
      ] {
        let macs = try checkedProduct(
          pairs, heads, part == 0 ? keyExtent : valueExtent, batch, in: statement)
        try work(
          statement, part, index, kind: .attention, role: role, m: rows, n: n, k: k,
          count: places, suffix: suffix, macs: macs)
      }
    }
  }

  mutating func window(
    _ expression: Expression, _ statement: Statement
  ) throws(TransformerError) -> Int? {
    switch try evaluation(expression) {
    case .null, .flag(false): return nil
    case .integer(let value) where value >= 1: return value
    case let other:
      throw evaluation.fault(
        "a window is \(other.words)", [expression], place: prefix + statement.name)
    }
  }

  /// Pairs of query and key: query i of `tokens` meets the keys up to itself, at most `window`.
  ///
  /// nil beyond `Int`.
  static func causalPairs(tokens: Int, context: Int, window: Int?) -> Int? {
    let limit = min(window ?? context, context)
    let first = max(context - tokens, 0) + 1
    // Queries that meet fewer keys than the limit.
    let growing = max(0, min(tokens, limit - first + 1))
    let (twice, a) = (2 * first + growing - 1).multipliedReportingOverflow(by: growing)
    let (full, b) = (tokens - growing).multipliedReportingOverflow(by: limit)
    let (sum, c) = (twice / 2).addingReportingOverflow(full)
    return a || b || c ? nil : sum
  }

  mutating func product(_ statement: Statement) throws(TransformerError) {
    let kind = try text(statement, .kind).flatMap(TransformerWorkload.Kind.init) ?? .linear
    if recordedPhase != nil { record(statement, .product) }
    let role: TransformerWorkload.Role = try flag(statement, .stored) ? .cache : .computed
    for index in active {
      setPhase(index)
      let m = try evaluation.number(statement.values[0])
      let n = try extent(statement.values[1], statement)
      let k = try extent(statement.values[2], statement)
      let count = try extent(statement, .count) ?? 1
      guard m > 0 else { continue }
      try work(
        statement, 0, index, kind: kind, role: role, m: m, n: n, k: k,
        count: try checkedProduct(count, batch, in: statement))
    }
  }

  /// Adds a product to a phase; equal ones of other layers are counted together.
  mutating func work(
    _ statement: Statement, _ part: Int, _ phase: Int, kind: TransformerWorkload.Kind,
    role: TransformerWorkload.Role, m: Int, n: Int, k: Int, count: Int, suffix: String = "",
    macs given: Int? = nil, experts: Int = 0, chosen: Int = 0
  ) throws(TransformerError) {
    let count = try checkedProduct(count, times, in: statement)
    let macs: Int
    if let given {
      macs = try checkedProduct(given, times, in: statement)
    } else {
      macs = try checkedProduct(m, n, k, count, in: statement)
    }
    // Those who read a phase add its products without checks.
    let (total, overflow) = phases[phase].macs.addingReportingOverflow(macs)
    guard !overflow else {
      throw evaluation.fault(
        "the work of '\(phases[phase].name)' is beyond 64 bits", statement.values,
        place: prefix + statement.name)
    }
    phases[phase].macs = total
    let same = phases[phase].places.first(statement, part) { index in
      let known = phases[phase].products[index]
      return known.m == m && known.n == n && known.k == k
    }
    if let index = same {
      let known = phases[phase].products[index]
      phases[phase].products[index] = .init(
        name: known.name, kind: kind, role: role, m: m, n: n, k: k, count: known.count + count,
        macs: known.macs + macs, experts: experts, expertsPerToken: chosen)
      return
    }
    phases[phase].places.add(statement, part)
    phases[phase].products.append(
      .init(
        name: prefix + statement.name + suffix, kind: kind, role: role, m: m, n: n, k: k,
        count: count, macs: macs, experts: experts, expertsPerToken: chosen))
  }
}
