import Documents
import QuantGraph

/// Walks a family's blocks for one configuration and one run, and collects shapes and work.
struct ShapeWalk {
  let description: FamilyDescription
  var evaluation: Evaluation
  let run: TransformerRun
  let batch: Int

  struct Phase {
    let name: String
    let tokens: Int
    let context: Int
    /// Positions that logits are computed for.
    let logits: Int
    var macs = 0
    var products: [TransformerWorkload.Product] = []
    var places = Places()
  }

  var shapes: TransformerShapes
  var phases: [Phase] = []
  /// Indexes of ``phases`` in which what follows is computed.
  var active: [Int] = []
  var prefix = ""
  /// What the `*` of ``prefix`` stand for: the numbers of all layers that are alike.
  var ranges: [[Int]] = []
  /// How often what is walked occurs.
  var times = 1
  var tensorPlaces = Places()
  var linearPlaces = Places()
  var convolutionPlaces = Places()
  var expertPlaces = Places()
  var cache: [TransformerWorkload.CacheGroup] = []
  var parameters = 0
  /// What a graph is made of, if one is made of this phase.
  var modules: [ShapeModule] = []
  private let graphPhase: String?
  private var steps = 0
  /// Whether the last `when` of a block was taken.
  private var taken = false

  /// Which entries of a list a statement made, the latest first.
  ///
  /// Statements are numbered without gaps and an entry has the place in the list at which it was added.
  struct Places {
    /// Parts of one statement that make entries of their own.
    private static let parts = 4
    private var latest: [Int32] = []
    private var earlier: [Int32] = []

    /// The statement's latest entry for which the condition holds.
    func first(
      _ statement: Statement, _ part: Int = 0, where holds: (Int) -> Bool
    ) -> Int? {
      let place = statement.number * Self.parts + part
      guard place < latest.count else { return nil }
      var index = latest[place]
      while index >= 0 {
        if holds(Int(index)) { return Int(index) }
        index = earlier[Int(index)]
      }
      return nil
    }

    /// The next entry of the list is the statement's.
    mutating func add(_ statement: Statement, _ part: Int = 0) {
      let place = statement.number * Self.parts + part
      if place >= latest.count {
        latest += repeatElement(-1, count: place + 64 - latest.count)
      }
      earlier.append(latest[place])
      latest[place] = Int32(earlier.count - 1)
    }
  }

  /// More repetitions than any model has; a configuration cannot make the walk endless.
  private static let maximumSteps = 300_000
  static let maximumRepetitions = 10_000

  init(
    _ description: FamilyDescription, keys: [String: JSON], run: TransformerRun,
    graphPhase: String? = nil
  ) throws(TransformerError) {
    self.description = description
    evaluation = Evaluation(family: description, keys: keys)
    self.run = run
    self.graphPhase = graphPhase
    for (name, value) in run.sizes where value < 1 {
      throw .badRun("\(name) is \(value)")
    }
    batch = run.sizes["batch"] ?? 1
    shapes = TransformerShapes(
      family: description.name,
      workload: TransformerWorkload(
        family: description.name, batch: 0, sequence: 0, parameters: 0, phases: [], cache: []))
    for (name, slot) in zip(TransformerRun.sizeNames, description.run.sizes) {
      if let value = run.sizes[name] { evaluation.set(slot, .integer(value)) }
    }
    evaluation.set(description.run.batch, .integer(batch))
    evaluation.set(description.run.absorbed, .flag(run.latentAttention == .absorbed))
    shapes.sizes["batch"] = batch
  }

  mutating func result() throws(TransformerError) -> TransformerShapes {
    try walk(description.statements)
    shapes.sortNumbers()
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

  // MARK: Statements

  mutating func walk(_ statements: [Statement]) throws(TransformerError) {
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

  mutating func walk(_ statement: Statement) throws(TransformerError) {
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
      try walk(statement, count: count)
    case .parameter:
      try parameter(statement, role: .other)
    case .embedding:
      let shape = try extents(statement.values, statement)
      try add(statement, part: 0, suffix: ".weight", shape, role: .embedding)
      record(statement, .embedding(.init(rows: shape[0], columns: shape[1])))
    case .norm:
      let extent = try extent(statement.values[0], statement)
      try add(statement, part: 0, suffix: ".weight", [extent], role: .norm)
      let hasBias = try flag(statement, .bias)
      if hasBias { try add(statement, part: 1, suffix: ".bias", [extent], role: .norm) }
      let isCentred = try flag(statement, .centred, otherwise: hasBias)
      record(statement, .norm(.init(extent: extent, hasBias: hasBias, isCentred: isCentred)))
    case .linear: try linear(statement)
    case .router: try router(statement)
    case .conv: try convolution(statement)
    case .experts: try experts(statement)
    case .attention: try attention(statement)
    case .product: try product(statement)
    case .keys, .latent, .cross, .state: try keep(statement)
    case .rotary:
      guard graphPhase != nil else { break }
      let extent = try evaluation.number(statement.values[0])
      let isPaired = try flag(statement, .paired)
      record(statement, .rotary(.init(extent: extent, pairsNeighbours: isPaired)))
    case .parallel:
      guard graphPhase != nil else { break }
      record(statement, .parallel(try evaluation.truth(statement.values[0])))
    case .follows:
      guard graphPhase != nil else { break }
      record(statement, .follows(try evaluation.truth(statement.values[0])))
    }
  }

  /// Walks a `repeat`: repetitions that are alike once, for all of them.
  private mutating func walk(_ statement: Statement, count: Int) throws(TransformerError) {
    let before = (prefix, times)
    let kept = cache.count
    prefix += statement.name + "."
    for group in alike(statement, count: count) {
      times = try checkedProduct(before.1, group.count, in: statement)
      ranges.append(group)
      evaluation.set(statement.slot, .integer(group[0]))
      try walk(statement.children)
      ranges.removeLast()
    }
    (prefix, times) = before
    orderCache(from: kept)
  }

  /// The repetitions of a `repeat` in groups of those that are alike, in the order of their first.
  private mutating func alike(_ statement: Statement, count: Int) -> [[Int]] {
    guard count > 0 else { return [] }
    guard let deciding = statement.deciding else { return (0..<count).map { [$0] } }
    if deciding.isEmpty { return [Array(0..<count)] }
    var groups: [[Int]] = []
    var known: [[ConfigurationValue]: Int] = [:]
    for index in 0..<count {
      evaluation.set(statement.slot, .integer(index))
      var values: [ConfigurationValue] = []
      for formula in deciding {
        do throws(TransformerError) {
          values.append(try evaluation(formula))
        } catch {
          // Where the formula stands it may not be read; if it is, the walk reports it.
          return (0..<count).map { [$0] }
        }
      }
      if let group = known[values] {
        groups[group].append(index)
      } else {
        known[values] = groups.count
        groups.append([index])
      }
    }
    return groups
  }

  /// Adds the numbers of every occurrence, one occurrence after the other.
  static func append(_ ranges: [[Int]], _ own: [Int], to numbers: inout [Int]) {
    if ranges.count == 1, own.isEmpty {
      numbers.append(contentsOf: ranges[0])
      return
    }
    var places = [Int](repeating: 0, count: ranges.count)
    while true {
      for (range, place) in zip(ranges, places) { numbers.append(range[place]) }
      numbers += own
      // The last number changes fastest.
      var level = places.count - 1
      while level >= 0, places[level] + 1 == ranges[level].count {
        places[level] = 0
        level -= 1
      }
      guard level >= 0 else { return }
      places[level] += 1
    }
  }

  /// Index of the phase that a graph is made of, where what is walked belongs to it.
  var recordedPhase: Int? { active.first { phases[$0].name == graphPhase } }

  mutating func record(_ statement: Statement, _ kind: ShapeModule.Kind) {
    guard recordedPhase != nil else { return }
    modules.append(
      ShapeModule(
        scope: prefix, name: statement.name, layers: ranges, numbers: statement.numbers,
        kind: kind))
  }

  func numbers(_ statement: Statement) -> [Int] {
    var numbers: [Int] = []
    Self.append(ranges, statement.numbers, to: &numbers)
    return numbers
  }

  // MARK: Values

  mutating func extent(
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

  mutating func extent(
    _ statement: Statement, _ label: Statement.Label
  ) throws(TransformerError) -> Int? {
    guard let expression = statement[label] else { return nil }
    return try extent(expression, statement)
  }

  mutating func extents(
    _ expressions: [Expression], _ statement: Statement
  ) throws(TransformerError) -> [Int] {
    var extents: [Int] = []
    for expression in expressions { extents.append(try extent(expression, statement)) }
    return extents
  }

  mutating func flag(
    _ statement: Statement, _ label: Statement.Label, otherwise: Bool = false
  ) throws(TransformerError) -> Bool {
    guard let expression = statement[label] else { return otherwise }
    return try evaluation.truth(expression)
  }

  mutating func text(
    _ statement: Statement, _ label: Statement.Label
  ) throws(TransformerError) -> String? {
    guard let expression = statement[label] else { return nil }
    guard case .text(let text) = try evaluation(expression) else { return nil }
    return text
  }

  func checkedProduct(
    _ factors: [Int], times: Int = 1, _ statement: Statement
  ) throws(TransformerError) -> Int {
    var product = times
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow {
        throw tooLarge(factors + (times == 1 ? [] : [times]), statement)
      }
      product = next
    }
    return product
  }

  /// The product of a few factors, without a list of them.
  func checkedProduct(
    _ a: Int, _ b: Int, _ c: Int = 1, _ d: Int = 1, in statement: Statement
  ) throws(TransformerError) -> Int {
    let (ab, first) = a.multipliedReportingOverflow(by: b)
    let (abc, second) = ab.multipliedReportingOverflow(by: c)
    let (product, third) = abc.multipliedReportingOverflow(by: d)
    guard !first, !second, !third else {
      throw tooLarge([a, b, c, d].filter { $0 != 1 }, statement)
    }
    return product
  }

  private func tooLarge(_ factors: [Int], _ statement: Statement) -> TransformerError {
    evaluation.fault(
      "\(factors.map(String.init).joined(separator: " x ")) is beyond 64 bits",
      statement.values + statement.labels.map(\.1), place: prefix + statement.name)
  }

  mutating func setPhase(_ index: Int) {
    let names = description.run
    evaluation.set(names.tokens, .integer(phases[index].tokens))
    evaluation.set(names.context, .integer(phases[index].context))
    evaluation.set(names.logits, .integer(phases[index].logits))
    evaluation.set(names.phase, .text(phases[index].name))
  }
}
