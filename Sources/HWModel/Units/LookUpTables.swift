/// How logic is packed into look-up tables: by sizes, their areas and how many cells each takes.
struct TableSizes: Sendable {
  /// Area by number of inputs, from 1 on, in the units of the flow's own option.
  let areas: [Double]
  /// Inputs of one physical table; wider functions take two tables and a multiplexer an input more.
  let physicalInputs: Int

  var largest: Int { areas.count }

  func tables(inputs: Int) -> Int {
    inputs <= physicalInputs ? 1 : 1 << (inputs - physicalInputs)
  }

  func multiplexers(inputs: Int) -> Int {
    inputs <= physicalInputs ? 0 : (1 << (inputs - physicalInputs)) - 1
  }
}

/// A cover of a network by look-up tables of least depth and, at that depth, little area.
///
/// Priority cuts (Mishchenko, Cho, Chatterjee, Brayton, "Combinational and Sequential Mapping with
/// Priority Cuts", ICCAD 2007), as ABC's `if` does it: one pass for depth, one by area flow, two by
/// exact area, each under the required times of the pass before.
struct TableCover {
  typealias Signal = GateNetwork.Signal

  private static let inputLimit = 9
  private static let cutLimit = 8

  private struct Cut {
    var leaves = InlineArray<9, Int32>(repeating: 0)
    var count = 0
    var signature: UInt64 = 0
    var delay: Int32 = 0
    var area: Float = 0
  }

  /// Inputs of the table at each node that has one.
  private(set) var tables: [Int: [Int]] = [:]

  private let network: GateNetwork
  private let sizes: TableSizes
  private var cuts: [[Cut]]
  private var best: [Cut]
  private var arrival: [Int32]
  private var required: [Int32]
  private var references: [Int32]
  private var flow: [Float]
  private var estimated: [Float]
  private let roots: [Int]

  init(_ network: GateNetwork, roots signals: [Signal], sizes: TableSizes) {
    self.network = network
    self.sizes = sizes
    let count = network.count
    cuts = Array(repeating: [], count: count)
    best = Array(repeating: Cut(), count: count)
    arrival = Array(repeating: 0, count: count)
    required = Array(repeating: .max, count: count)
    references = Array(repeating: 0, count: count)
    flow = Array(repeating: 0, count: count)
    estimated = Array(repeating: 1, count: count)
    var reached = Array(repeating: false, count: count)
    var roots: [Int] = []
    for signal in signals where network.isGate[signal.node] && !reached[signal.node] {
      reached[signal.node] = true
      roots.append(signal.node)
    }
    self.roots = roots
    var used = reached
    for node in stride(from: count - 1, to: 0, by: -1) where used[node] && network.isGate[node] {
      used[network.inputs[node].0.node] = true
      used[network.inputs[node].1.node] = true
      references[network.inputs[node].0.node] += 1
      references[network.inputs[node].1.node] += 1
    }
    for root in roots { references[root] += 1 }
    for node in 0..<count { estimated[node] = Float(max(references[node], 1)) }
    let live = (1..<count).filter { used[$0] && network.isGate[$0] }
    for node in 0..<count where !network.isGate[node] { cuts[node] = [Self.trivial(node)] }
    pass(live, .depth)
    settle(live)
    pass(live, .flow)
    settle(live)
    for _ in 0..<2 {
      pass(live, .exact)
      settle(live)
    }
    for node in live where references[node] > 0 {
      tables[node] = (0..<best[node].count).map { Int(best[node].leaves[$0]) }
    }
  }

  private static func trivial(_ node: Int) -> Cut {
    var cut = Cut()
    cut.leaves[0] = Int32(node)
    cut.count = 1
    cut.signature = 1 << UInt64(node % 64)
    return cut
  }

  private enum Pass { case depth, flow, exact }

  private mutating func pass(_ live: [Int], _ pass: Pass) {
    for node in live {
      let (a, b) = (network.inputs[node].0.node, network.inputs[node].1.node)
      var kept: [Cut] = []
      kept.reserveCapacity(Self.cutLimit + 1)
      if pass == .exact, references[node] > 0 { dereference(best[node]) }
      if pass != .depth {
        var old = best[node]
        old.delay = delay(old)
        old.area = area(old, pass)
        kept.append(old)
      }
      for first in cuts[a] {
        for second in cuts[b] {
          guard var cut = merged(first, second) else { continue }
          if kept.contains(where: { Self.isSubset($0, of: cut) }) { continue }
          cut.delay = delay(cut)
          if pass != .depth, cut.delay > required[node] { continue }
          cut.area = area(cut, pass)
          kept.removeAll { $0.count > cut.count && Self.isSubset(cut, of: $0) }
          let place = kept.firstIndex { comes(cut, before: $0, pass) } ?? kept.count
          if place < Self.cutLimit {
            kept.insert(cut, at: place)
            if kept.count > Self.cutLimit { kept.removeLast() }
          }
        }
      }
      best[node] = kept[0]
      arrival[node] = best[node].delay
      flow[node] = best[node].area
      if pass == .exact {
        if references[node] > 0 { reference(best[node]) }
        flow[node] = areaFlow(best[node])
      }
      kept.append(Self.trivial(node))
      cuts[node] = kept
    }
  }

  private func comes(_ a: Cut, before b: Cut, _ pass: Pass) -> Bool {
    let epsilon: Float = 0.001
    if pass == .depth {
      if a.delay != b.delay { return a.delay < b.delay }
      if abs(a.area - b.area) > epsilon { return a.area < b.area }
      return a.count < b.count
    }
    if a.area < b.area - epsilon { return true }
    if a.area > b.area + epsilon { return false }
    if a.delay != b.delay { return a.delay < b.delay }
    return a.count < b.count
  }

  private func delay(_ cut: Cut) -> Int32 {
    var latest: Int32 = 0
    for index in 0..<cut.count { latest = max(latest, arrival[Int(cut.leaves[index])]) }
    return latest + 1
  }

  private mutating func area(_ cut: Cut, _ pass: Pass) -> Float {
    if pass != .exact { return areaFlow(cut) }
    let added = reference(cut)
    dereference(cut)
    return added
  }

  private func areaFlow(_ cut: Cut) -> Float {
    var sum = Float(sizes.areas[cut.count - 1])
    for index in 0..<cut.count {
      let leaf = Int(cut.leaves[index])
      if network.isGate[leaf] { sum += flow[leaf] / estimated[leaf] }
    }
    return sum
  }

  @discardableResult
  private mutating func reference(_ cut: Cut) -> Float {
    var sum = Float(sizes.areas[cut.count - 1])
    for index in 0..<cut.count {
      let leaf = Int(cut.leaves[index])
      guard network.isGate[leaf] else { continue }
      references[leaf] += 1
      if references[leaf] == 1 { sum += reference(best[leaf]) }
    }
    return sum
  }

  private mutating func dereference(_ cut: Cut) {
    for index in 0..<cut.count {
      let leaf = Int(cut.leaves[index])
      guard network.isGate[leaf] else { continue }
      references[leaf] -= 1
      if references[leaf] == 0 { dereference(best[leaf]) }
    }
  }

  /// Counts references of the cover that the best cuts make, and the times it may take.
  private mutating func settle(_ live: [Int]) {
    for node in references.indices {
      references[node] = 0
      required[node] = .max
    }
    var depth: Int32 = 0
    for root in roots { depth = max(depth, arrival[root]) }
    for root in roots {
      references[root] += 1
      required[root] = depth
    }
    for node in live.reversed() where references[node] > 0 {
      let cut = best[node]
      for index in 0..<cut.count {
        let leaf = Int(cut.leaves[index])
        references[leaf] += 1
        required[leaf] = min(required[leaf], required[node] - 1)
      }
    }
    for node in live {
      // Between what the last cover used and what is used now.
      estimated[node] = max((estimated[node] + 2 * Float(references[node])) / 3, 1)
    }
  }

  private func merged(_ a: Cut, _ b: Cut) -> Cut? {
    let limit = sizes.largest
    if (a.signature | b.signature).nonzeroBitCount > limit { return nil }
    var cut = Cut()
    cut.signature = a.signature | b.signature
    var (i, j, n) = (0, 0, 0)
    while i < a.count || j < b.count {
      if n == limit { return nil }
      let next: Int32
      if j == b.count || (i < a.count && a.leaves[i] < b.leaves[j]) {
        next = a.leaves[i]
        i += 1
      } else if i == a.count || b.leaves[j] < a.leaves[i] {
        next = b.leaves[j]
        j += 1
      } else {
        next = a.leaves[i]
        i += 1
        j += 1
      }
      cut.leaves[n] = next
      n += 1
    }
    cut.count = n
    return cut
  }

  private static func isSubset(_ a: Cut, of b: Cut) -> Bool {
    if a.count > b.count || a.signature & ~b.signature != 0 { return false }
    var j = 0
    for i in 0..<a.count {
      while j < b.count, b.leaves[j] < a.leaves[i] { j += 1 }
      if j == b.count || b.leaves[j] != a.leaves[i] { return false }
    }
    return true
  }
}
