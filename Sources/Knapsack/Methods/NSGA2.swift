/// Settings of ``AllocationProblem/nsga2(settings:effort:)``.
public struct NSGA2Settings: Sendable, Hashable {
  public var population: Int
  public var generations: Int
  /// Probability that two parents are mixed, option by option.
  public var crossover: Double
  public var seed: UInt64

  public init(
    population: Int = 24, generations: Int = 200, crossover: Double = 0.9, seed: UInt64 = 0
  ) {
    self.population = population
    self.generations = generations
    self.crossover = crossover
    self.seed = seed
  }
}

/// What an evolutionary search ends with.
public struct NSGA2Result: Sendable, Hashable {
  /// The smallest loss among members that meet the budgets; else the smallest excess.
  public let proposal: AllocationProposal
  /// Members of the first front, in lexicographic order of loss and costs, without duplicates.
  public let front: [Selection]
}

extension AllocationProblem {
  /// Evolutionary search over loss and costs, NSGA-II.
  ///
  /// After Deb et al., IEEE Transactions on Evolutionary Computation 6 (2002). Constrained domination: less excess over the budgets (the sum of fractions of each budget) wins
  /// first. Binary tournaments by rank and crowding distance, uniform crossover, mutation of each
  /// group with probability 1/groups to a random option. The result depends on the seed alone.
  ///
  /// - Throws: ``AllocationError/setting(name:value:minimum:)`` for a population below 4 or a
  ///   negative number of generations.
  public func nsga2(
    settings: NSGA2Settings = NSGA2Settings(), effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> NSGA2Result {
    guard settings.population >= 4 else {
      throw .setting(name: "population", value: settings.population, minimum: 4)
    }
    guard settings.generations >= 0 else {
      throw .setting(name: "generations", value: settings.generations, minimum: 0)
    }
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    var evolution = Evolution(table: table, limit: columns.limit, settings: settings)
    for _ in 0..<settings.generations {
      if effort.isCancelled() { break }
      evolution.advance()
    }
    func allocation(_ member: Evolution.Member) -> Selection {
      columns.allocation(of: choice(ofGroups: member.options.map { table.labels[$0] }), in: self)
    }
    let first = evolution.members.filter { $0.rank == 0 }
    let best = first.min { a, b in
      a.excess != b.excess ? a.excess < b.excess : a.values[0] < b.values[0]
    }
    let front = first.map(allocation).sorted { a, b in
      let (p, q) = ([a.loss] + a.costs, [b.loss] + b.costs)
      return p != q ? p.lexicographicallyPrecedes(q) : a.choice.lexicographicallyPrecedes(b.choice)
    }
    var distinct: [Selection] = []
    for member in front
    where distinct.last.map({ $0.loss != member.loss || $0.costs != member.costs }) ?? true {
      distinct.append(member)
    }
    return NSGA2Result(
      proposal: best.map { proposal(allocation($0).choice, columns: columns) }
        ?? AllocationProposal(allocation: nil, meetsBudgets: false),
      front: distinct)
  }
}

private struct Evolution {
  struct Member {
    var options: [Int]
    var values = SIMD4<Double>()
    var excess = 0.0
    var rank = 0
    var crowding = 0.0
  }

  private let table: OptionTable
  private let limit: SIMD4<Double>
  private let settings: NSGA2Settings
  private var generator: SeededGenerator
  private(set) var members: [Member] = []

  init(table: OptionTable, limit: SIMD4<Double>, settings: NSGA2Settings) {
    self.table = table
    self.limit = limit
    self.settings = settings
    generator = SeededGenerator(seed: settings.seed)
    for _ in 0..<settings.population {
      var options: [Int] = []
      for group in 0..<table.count { options.append(randomOption(of: group)) }
      members.append(evaluated(options))
    }
    members = selected(members)
  }

  private mutating func randomOption(of group: Int) -> Int {
    let options = table.options(of: group)
    return options.lowerBound + generator.draw(below: options.count)
  }

  private func evaluated(_ options: [Int]) -> Member {
    var member = Member(options: options)
    for option in options { member.values += table.values[option] }
    for lane in 1...3 where member.values[lane] > limit[lane] {
      member.excess += (member.values[lane] - limit[lane]) / max(abs(limit[lane]), 0x1p-40)
    }
    return member
  }

  /// One generation: as many children as members, the better half of both stays.
  mutating func advance() {
    var children: [Member] = []
    while children.count < settings.population {
      var first = parent().options
      var second = parent().options
      if generator.unit() < settings.crossover {
        for group in first.indices where generator.next() >> 63 == 1 {
          (first[group], second[group]) = (second[group], first[group])
        }
      }
      for options in [first, second] where children.count < settings.population {
        var mutated = options
        for group in mutated.indices where generator.draw(below: mutated.count) == 0 {
          mutated[group] = randomOption(of: group)
        }
        children.append(evaluated(mutated))
      }
    }
    members = selected(members + children)
  }

  private mutating func parent() -> Member {
    let a = members[generator.draw(below: members.count)]
    let b = members[generator.draw(below: members.count)]
    if a.rank != b.rank { return a.rank < b.rank ? a : b }
    return a.crowding >= b.crowding ? a : b
  }

  private static func dominates(_ a: Member, _ b: Member) -> Bool {
    if a.excess != b.excess { return a.excess < b.excess }
    return all(a.values .<= b.values) && any(a.values .< b.values)
  }

  private func selected(_ all: [Member]) -> [Member] {
    Fronts.survivors(
      of: all.count, keeping: settings.population, axes: 4,
      dominates: { Self.dominates(all[$0], all[$1]) }, value: { all[$0].values[$1] }
    ).map { survivor in
      var member = all[survivor.index]
      (member.rank, member.crowding) = (survivor.rank, survivor.crowding)
      return member
    }
  }
}

/// The splitmix64 generator (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// 2014).
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func draw(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
