import Documents
import QuantGraph

/// Walks a family's blocks for one configuration and one run, and collects shapes and work.
struct ShapeWalk {
  private let description: FamilyDescription
  private var evaluation: Evaluation
  private let run: TransformerRun
  private let batch: Int

  private struct Phase {
    let name: String
    let tokens: Int
    let context: Int
    /// Positions that logits are computed for.
    let logits: Int
    var macs = 0
    var products: [TransformerWorkload.Product] = []
    /// Where a statement's product with the same numbers is: statement, then indexes.
    var places: [Int: [Int]] = [:]
  }

  private var shapes: TransformerShapes
  private var phases: [Phase] = []
  /// Indexes of ``phases`` in which what follows is computed.
  private var active: [Int] = []
  private var prefix = ""
  /// What the `*` of ``prefix`` stand for: one number, or all where layers are alike.
  private var ranges: [Range<Int>] = []
  /// How often what is walked occurs.
  private var times = 1
  private var places: [Place: [Int]] = [:]
  private var cache: [TransformerWorkload.CacheGroup] = []
  private var cacheLayer = 0
  private var parameters = 0
  private var steps = 0
  /// Whether the last `when` of a block was taken.
  private var taken = false

  private struct Place: Hashable {
    let statement: Int
    let part: Int
  }

  private let tokensSlot: Int
  private let contextSlot: Int
  private let logitsSlot: Int
  private let phaseSlot: Int

  /// More repetitions than any model has; a configuration cannot make the walk endless.
  private static let maximumSteps = 300_000
  private static let maximumRepetitions = 10_000

  init(
    _ family: FamilyDescription, keys: [String: JSON], run: TransformerRun
  ) throws(TransformerError) {
    var description = family
    tokensSlot = description.slot("tokens")
    contextSlot = description.slot("context")
    logitsSlot = description.slot("logits")
    phaseSlot = description.slot("phase")
    let batchSlot = description.slot("batch")
    let absorbedSlot = description.slot("absorbed")
    let given = TransformerRun.sizeNames.map { ($0, description.slot($0)) }
    self.description = description
    evaluation = Evaluation(family: description, keys: keys)
    self.run = run
    for (name, value) in run.sizes where value < 1 {
      throw .badRun("\(name) is \(value)")
    }
    batch = run.sizes["batch"] ?? 1
    shapes = TransformerShapes(
      family: description.name,
      workload: TransformerWorkload(
        family: description.name, batch: 0, sequence: 0, parameters: 0, phases: [], cache: []))
    for (name, slot) in given {
      if let value = run.sizes[name] { evaluation.set(slot, .integer(value)) }
    }
    evaluation.set(batchSlot, .integer(batch))
    evaluation.set(absorbedSlot, .flag(run.latentAttention == .absorbed))
    shapes.sizes["batch"] = batch
  }

  mutating func result() throws(TransformerError) -> TransformerShapes {
    try walk(description.statements)
    for name in run.sizes.keys.sorted() where shapes.sizes[name] == nil {
      throw .badRun("'\(description.name)' has no size '\(name)'")
    }
    shapes.workload = TransformerWorkload(
      family: description.name, batch: batch,
      sequence: shapes.sizes["sequence"] ?? shapes.sizes["decoder_sequence"] ?? 0,
      parameters: parameters,
      phases: phases.map {
        .init(name: $0.name, tokens: $0.tokens, context: $0.context, products: $0.products)
      }, cache: Self.joined(cache))
    return shapes
  }

  /// Neighbouring layers that keep the same, in one group.
  private static func joined(
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
        groups[index] = groups[index].extended(to: layer.layers.upperBound)
      } else {
        groups.append(layer)
      }
    }
    return groups
  }

  // MARK: Statements

  private mutating func walk(_ statements: [Statement]) throws(TransformerError) {
    for statement in statements {
      steps += 1
      guard steps <= Self.maximumSteps else {
        throw .badExpression(
          place: description.name, problem: "more than \(Self.maximumSteps) parts",
          keys: ["num_hidden_layers"])
      }
      try walk(statement)
    }
  }

  private mutating func walk(_ statement: Statement) throws(TransformerError) {
    switch statement.keyword {
    case .default, .alias, .use: break
    case .let:
      try evaluation.define(statement.slot, as: statement.values[0])
    case .when:
      taken = try evaluation.truth(statement.values[0])
      if taken {
        try walk(statement.children)
        taken = true
      }
    case .otherwise:
      if !taken { try walk(statement.children) }
    case .refuse:
      if try evaluation.truth(statement.values[0]),
        case .text(let words) = try evaluation(
          statement.values[1])
      {
        throw evaluation.fault(
          "\(words) is not described", [statement.values[0]], place: description.name)
      }
    case .size:
      let value: Int
      if let given = run.sizes[statement.name] {
        value = given
      } else {
        value = try extent(statement.values[0], statement)
        evaluation.set(statement.slot, .integer(value))
      }
      shapes.sizes[statement.name] = value
    case .phase:
      let tokens = try extent(statement[.tokens], statement)
      let context = try extent(statement[.context], statement)
      phases.append(
        Phase(
          name: statement.name, tokens: tokens, context: context,
          logits: run.logits == .last ? 1 : tokens))
      active = Array(phases.indices)
    case .during:
      let before = active
      active = []
      for index in before {
        setPhase(index)
        if try evaluation.truth(statement.values[0]) { active.append(index) }
      }
      try walk(statement.children)
      active = before
    case .scope:
      let before = prefix
      prefix += statement.name + "."
      try walk(statement.children)
      prefix = before
    case .repeat:
      let count = try evaluation.number(statement.values[0])
      guard (0...Self.maximumRepetitions).contains(count) else {
        throw evaluation.fault(
          "is \(count), expected 0 to \(Self.maximumRepetitions)", [statement.values[0]],
          place: statement.name)
      }
      let before = (prefix, times)
      prefix += statement.name + "."
      if statement.isUniform { times = try checkedProduct([times, count], statement) }
      // Layers that are alike are walked once.
      for index in 0..<(statement.isUniform ? min(count, 1) : count) {
        ranges.append(statement.isUniform ? 0..<count : index..<index + 1)
        evaluation.set(statement.slot, .integer(index))
        try walk(statement.children)
        ranges.removeLast()
      }
      (prefix, times) = before
    case .parameter:
      try parameter(statement, role: .other)
    case .embedding:
      try add(
        statement, part: 0, suffix: ".weight", try extents(statement.values, statement),
        role: .embedding)
    case .norm:
      let extent = try extent(statement.values[0], statement)
      try add(statement, part: 0, suffix: ".weight", [extent], role: .norm)
      if try flag(statement, .bias) {
        try add(statement, part: 1, suffix: ".bias", [extent], role: .norm)
      }
    case .linear: try linear(statement)
    case .router: try router(statement)
    case .conv: try convolution(statement)
    case .experts: try experts(statement)
    case .attention: try attention(statement)
    case .product: try product(statement)
    case .keys, .latent, .cross, .state: try keep(statement)
    }
  }

  /// Adds the numbers of every occurrence, one occurrence after the other.
  private static func append(
    _ ranges: [Range<Int>], _ own: [Int], to numbers: inout [Int]
  ) {
    if ranges.count == 1, own.isEmpty {
      numbers.append(contentsOf: ranges[0])
      return
    }
    var all: [[Int]] = [[]]
    for range in ranges { all = all.flatMap { start in range.map { start + [$0] } } }
    for one in all { numbers += one + own }
  }

  private func numbers(_ statement: Statement) -> [Int] {
    var numbers: [Int] = []
    Self.append(ranges, statement.numbers, to: &numbers)
    return numbers
  }

  // MARK: Values

  private mutating func extent(
    _ expression: Expression?, _ statement: Statement
  ) throws(TransformerError) -> Int {
    guard let expression else {
      throw .description("a value is missing", line: statement.line)
    }
    let value = try evaluation.number(expression)
    guard value >= 1 else {
      throw evaluation.fault("an extent is \(value)", [expression], place: prefix + statement.name)
    }
    return value
  }

  private mutating func extent(
    _ statement: Statement, _ label: Statement.Label
  ) throws(TransformerError) -> Int? {
    guard let expression = statement[label] else { return nil }
    return try extent(expression, statement)
  }

  private mutating func extents(
    _ expressions: [Expression], _ statement: Statement
  ) throws(TransformerError) -> [Int] {
    var extents: [Int] = []
    for expression in expressions { extents.append(try extent(expression, statement)) }
    return extents
  }

  private mutating func flag(
    _ statement: Statement, _ label: Statement.Label, otherwise: Bool = false
  ) throws(TransformerError) -> Bool {
    guard let expression = statement[label] else { return otherwise }
    return try evaluation.truth(expression)
  }

  private mutating func text(
    _ statement: Statement, _ label: Statement.Label
  ) throws(TransformerError) -> String? {
    guard let expression = statement[label] else { return nil }
    guard case .text(let text) = try evaluation(expression) else { return nil }
    return text
  }

  private func checkedProduct(
    _ factors: [Int], _ statement: Statement
  ) throws(TransformerError) -> Int {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow {
        throw evaluation.fault(
          "\(factors.map(String.init).joined(separator: " x ")) is beyond 64 bits",
          statement.values + statement.labels.map(\.1), place: prefix + statement.name)
      }
      product = next
    }
    return product
  }

  private mutating func setPhase(_ index: Int) {
    evaluation.set(tokensSlot, .integer(phases[index].tokens))
    evaluation.set(contextSlot, .integer(phases[index].context))
    evaluation.set(logitsSlot, .integer(phases[index].logits))
    evaluation.set(phaseSlot, .text(phases[index].name))
  }

  // MARK: Shapes

  private mutating func count(
    _ elements: Int, _ statement: Statement
  ) throws(TransformerError) {
    let (sum, overflow) = parameters.addingReportingOverflow(elements)
    if overflow {
      throw evaluation.fault(
        "all parameters together are beyond 64 bits", statement.values,
        place: prefix + statement.name)
    }
    parameters = sum
  }

  private mutating func add(
    _ statement: Statement, part: Int, suffix: String, _ shape: [Int],
    role: TransformerTensor.Role, isWide: Bool = false
  ) throws(TransformerError) {
    try count(try checkedProduct(shape + [times], statement), statement)
    let place = Place(statement: statement.number, part: part)
    for index in places[place] ?? [] where shapes.tensors[index].shape == shape {
      shapes.tensors[index].count += times
      Self.append(ranges, statement.numbers, to: &shapes.tensors[index].numbers)
      return
    }
    places[place, default: []].append(shapes.tensors.count)
    shapes.tensors.append(
      TransformerTensor(
        name: prefix + statement.name + suffix, shape: shape, role: role, isWide: isWide,
        numbers: numbers(statement),
        count: times))
  }

  private mutating func parameter(
    _ statement: Statement, role: TransformerTensor.Role
  ) throws(TransformerError) {
    try add(
      statement, part: 0, suffix: "", try extents(statement.values, statement), role: role)
  }

  private mutating func linear(_ statement: Statement) throws(TransformerError) {
    let inputs = try extent(statement.values[0], statement)
    let outputs = try extent(statement.values[1], statement)
    let hasBias = try flag(statement, .bias)
    let isTied = try flag(statement, .tied)
    let isTurned = try flag(statement, .turned)
    if !isTied {
      try add(
        statement, part: 0, suffix: ".weight", isTurned ? [inputs, outputs] : [outputs, inputs],
        role: .linear)
    }
    if hasBias, try !flag(statement, .lent) {
      try add(statement, part: 1, suffix: ".bias", [outputs], role: .bias)
    }
    let place = Place(statement: statement.number, part: 2)
    if let index = places[place]?.first(where: {
      shapes.linears[$0].inputs == inputs && shapes.linears[$0].outputs == outputs
        && shapes.linears[$0].hasBias == hasBias && shapes.linears[$0].isTied == isTied
    }) {
      shapes.linears[index].count += times
      Self.append(ranges, statement.numbers, to: &shapes.linears[index].numbers)
    } else {
      places[place, default: []].append(shapes.linears.count)
      shapes.linears.append(
        TransformerLinear(
          name: prefix + statement.name, inputs: inputs, outputs: outputs, hasBias: hasBias,
          isTied: isTied, numbers: numbers(statement),
          count: times))
    }
    let kind = try text(statement, .kind).flatMap(TransformerWorkload.Kind.init) ?? .linear
    for index in active {
      let rows = try rows(statement, index)
      guard rows > 0 else { continue }
      try work(
        statement, 0, index, kind: kind, role: .weights, m: rows, n: outputs, k: inputs, count: 1)
    }
  }

  /// Rows of a layer in a phase, of all sequences.
  private mutating func rows(_ statement: Statement, _ phase: Int) throws(TransformerError) -> Int {
    var rows = phases[phase].tokens
    if let expression = statement[.rows] {
      setPhase(phase)
      rows = try evaluation.number(expression)
    }
    return try checkedProduct([rows, batch], statement)
  }

  private mutating func router(_ statement: Statement) throws(TransformerError) {
    let inputs = try extent(statement.values[0], statement)
    let outputs = try extent(statement.values[1], statement)
    try add(
      statement, part: 0, suffix: ".weight", [outputs, inputs], role: .router,
      isWide: try flag(statement, .wide))
    if try flag(statement, .bias) {
      try add(statement, part: 1, suffix: ".bias", [outputs], role: .bias)
    }
    for index in active {
      try work(
        statement, 0, index, kind: .router, role: .weights, m: try rows(statement, index),
        n: outputs, k: inputs, count: 1)
    }
  }

  private mutating func convolution(_ statement: Statement) throws(TransformerError) {
    let inputs = try extent(statement.values[0], statement)
    let outputs = try extent(statement.values[1], statement)
    let groups = try extent(statement, .groups) ?? 1
    let stride = try extent(statement, .stride) ?? 1
    let rank = try extent(statement, .rank) ?? 2
    let side = try extent(statement[.kernel], statement)
    var kernel = Array(repeating: side, count: min(rank, 4))
    if let depth = statement[.depth] { kernel.insert(try extent(depth, statement), at: 0) }
    guard inputs % groups == 0 else {
      throw evaluation.fault(
        "\(inputs) channels are no multiple of \(groups) groups", statement.values,
        place: prefix + statement.name)
    }
    let hasBias = try flag(statement, .bias)
    let weights = [outputs, inputs / groups] + kernel
    try add(statement, part: 0, suffix: ".weight", weights, role: .convolution)
    if hasBias { try add(statement, part: 1, suffix: ".bias", [outputs], role: .bias) }
    let place = Place(statement: statement.number, part: 2)
    let made = TransformerConvolution(
      name: prefix + statement.name, inputs: inputs, outputs: outputs, kernel: kernel,
      stride: stride, groups: groups, hasBias: hasBias, count: times)
    if let index = places[place]?.first(where: {
      var other = shapes.convolutions[$0]
      other.count = times
      return other == made
    }) {
      shapes.convolutions[index].count += times
    } else {
      places[place, default: []].append(shapes.convolutions.count)
      shapes.convolutions.append(made)
    }
    guard let positions = statement[.positions] else { return }
    let kind = try text(statement, .kind).flatMap(TransformerWorkload.Kind.init) ?? .convolution
    let window = try checkedProduct([inputs / groups] + kernel, statement)
    for index in active {
      setPhase(index)
      let rows = try checkedProduct([try evaluation.number(positions), batch], statement)
      guard rows > 0 else { continue }
      try work(
        statement, 0, index, kind: kind, role: .weights, m: rows, n: outputs / groups, k: window,
        count: groups)
    }
  }

  private mutating func experts(_ statement: Statement) throws(TransformerError) {
    let count = try extent(statement.values[0], statement)
    let chosen = try extent(statement.values[1], statement)
    let width = try extent(statement.values[2], statement)
    let inner = try extent(statement.values[3], statement)
    guard chosen <= count else {
      throw evaluation.fault(
        "\(chosen) experts a token of \(count)", Array(statement.values.prefix(2)),
        place: prefix + statement.name)
    }
    let isGated = try flag(statement, .gated, otherwise: true)
    let isTurned = try flag(statement, .turned)
    let hasBias = try flag(statement, .bias)
    let first = try checkedProduct([inner, isGated ? 2 : 1], statement)
    let stacks = [
      (isGated ? ".gate_up_proj" : ".up_proj", first, width), (".down_proj", width, inner),
    ]
    for (part, (suffix, outputs, inputs)) in stacks.enumerated() {
      let shape = [count] + (isTurned ? [inputs, outputs] : [outputs, inputs])
      try add(statement, part: part * 2, suffix: suffix, shape, role: .experts)
      if hasBias {
        try add(
          statement, part: part * 2 + 1, suffix: suffix + "_bias", [count, outputs], role: .bias)
      }
      let place = Place(statement: statement.number, part: 4 + part)
      if let index = places[place]?.first(where: { shapes.experts[$0].shape == shape }) {
        shapes.experts[index].count += times
        Self.append(ranges, statement.numbers, to: &shapes.experts[index].numbers)
      } else {
        places[place, default: []].append(shapes.experts.count)
        shapes.experts.append(
          TransformerExperts(
            name: prefix + statement.name + suffix, shape: shape, inputs: inputs, outputs: outputs,
            expertsPerToken: chosen,
            numbers: numbers(statement),
            count: times))
      }
      for index in active {
        let rows = try checkedProduct([try rows(statement, index), chosen], statement)
        try work(
          statement, part, index, kind: .experts, role: .expertWeights, m: rows, n: outputs,
          k: inputs, count: 1, suffix: suffix, experts: count, chosen: chosen)
      }
    }
  }

  // MARK: Work

  private mutating func attention(_ statement: Statement) throws(TransformerError) {
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
    for index in active {
      setPhase(index)
      let tokens = try extent(statement, .queries) ?? phases[index].tokens
      var keys = try extent(statement, .keys) ?? phases[index].context
      // A step meets what the cache holds; a longer pass counts the whole matrix.
      if let window, tokens == 1, keys > 1 { keys = min(keys, window) }
      var pairs = try checkedProduct([tokens, keys], statement)
      if run.attention == .causal, isCausal {
        pairs = Self.causalPairs(tokens: tokens, context: keys, window: window) ?? pairs
      }
      let rows = try checkedProduct([tokens, heads / shared], statement)
      let places = try checkedProduct([shared, batch], statement)
      for (part, suffix, n, k) in [
        (0, ".scores", keys, keyExtent), (1, ".values", valueExtent, keys),
      ] {
        let macs = try checkedProduct(
          [pairs, heads, part == 0 ? keyExtent : valueExtent, batch], statement)
        try work(
          statement, part, index, kind: .attention, role: role, m: rows, n: n, k: k,
          count: places, suffix: suffix, macs: macs)
      }
    }
  }

  private mutating func window(
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

  private mutating func product(_ statement: Statement) throws(TransformerError) {
    let kind = try text(statement, .kind).flatMap(TransformerWorkload.Kind.init) ?? .linear
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
        count: try checkedProduct([count, batch], statement))
    }
  }

  /// Adds a product to a phase; equal ones of other layers are counted together.
  private mutating func work(
    _ statement: Statement, _ part: Int, _ phase: Int, kind: TransformerWorkload.Kind,
    role: TransformerWorkload.Role, m: Int, n: Int, k: Int, count: Int, suffix: String = "",
    macs given: Int? = nil, experts: Int = 0, chosen: Int = 0
  ) throws(TransformerError) {
    let place = statement.number &* 4 &+ part
    let count = try checkedProduct([count, times], statement)
    let macs: Int
    if let given {
      macs = try checkedProduct([given, times], statement)
    } else {
      macs = try checkedProduct([m, n, k, count], statement)
    }
    // Those who read a phase add its products without checks.
    let (total, overflow) = phases[phase].macs.addingReportingOverflow(macs)
    guard !overflow else {
      throw evaluation.fault(
        "the work of '\(phases[phase].name)' is beyond 64 bits", statement.values,
        place: prefix + statement.name)
    }
    phases[phase].macs = total
    for index in phases[phase].places[place] ?? [] {
      let known = phases[phase].products[index]
      guard known.m == m, known.n == n, known.k == k else { continue }
      phases[phase].products[index] = .init(
        name: known.name, kind: kind, role: role, m: m, n: n, k: k, count: known.count + count,
        macs: known.macs + macs, experts: experts, expertsPerToken: chosen)
      return
    }
    phases[phase].places[place, default: []].append(phases[phase].products.count)
    phases[phase].products.append(
      .init(
        name: prefix + statement.name + suffix, kind: kind, role: role, m: m, n: n, k: k,
        count: count, macs: macs, experts: experts, expertsPerToken: chosen))
  }

  // MARK: Caches

  private mutating func keep(_ statement: Statement) throws(TransformerError) {
    let layers = ranges.last.map { $0.lowerBound...$0.upperBound - 1 } ?? 0...0
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
        content: .keysAndValues, layers: layers,
        elementsPerToken: try checkedProduct([heads, one.partialValue], statement),
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
        content: .latent, layers: layers, elementsPerToken: sum.partialValue,
        fixedElements: 0, window: nil, heads: 1, keyExtent: rank, valueExtent: rotary)
    case .cross:
      let heads = try extent(statement.values[0], statement)
      let extent = try extent(statement.values[1], statement)
      let tokens = try self.extent(statement.values[2], statement)
      group = .init(
        content: .cross, layers: layers, elementsPerToken: 0,
        fixedElements: try checkedProduct([2, heads, extent, tokens], statement), window: nil,
        heads: heads, keyExtent: extent, valueExtent: extent)
    default:
      group = .init(
        content: .state, layers: layers, elementsPerToken: 0,
        fixedElements: try extent(statement.values[0], statement), window: nil, heads: 0,
        keyExtent: 0, valueExtent: 0)
    }
    // Sums over layers and tokens stay in range; the product with a batch is checked where it is.
    _ = try checkedProduct(
      [max(group.elementsPerToken, group.fixedElements), Self.maximumRepetitions], statement)
    cache.append(group)
  }
}

extension TransformerWorkload.CacheGroup {
  fileprivate func same(as other: Self) -> Bool {
    content == other.content && elementsPerToken == other.elementsPerToken
      && fixedElements == other.fixedElements && window == other.window && heads == other.heads
      && keyExtent == other.keyExtent && valueExtent == other.valueExtent
  }

  fileprivate func extended(to layer: Int) -> Self {
    Self(
      content: content, layers: layers.lowerBound...layer, elementsPerToken: elementsPerToken,
      fixedElements: fixedElements, window: window, heads: heads, keyExtent: keyExtent,
      valueExtent: valueExtent)
  }
}
