// Models and frontiers are internal to Search, and a release build opens nothing to tests.
#if DEBUG
  import Arith
  import Knapsack
  import QuantGraph
  import Testing

  @testable import Search

  /// Searches that are large; the definitions that fast forms are compared with are plain.
  @Suite struct GrowthTests {
    @Test("dominance by sorting keeps what comparing all pairs keeps", arguments: 1...6)
    func dominance(dimensions: Int) {
      var generator = SplitMix64(seed: UInt64(dimensions))
      for round in 0..<60 {
        let rows = (0..<generator.draw(below: 60)).map { _ in
          (0..<dimensions).map { _ in
            switch generator.draw(below: 40) {
            case 0: Double.nan
            case 1: Double.infinity
            default: Double(generator.draw(below: 6))
            }
          }
        }
        let expected = rows.indices.filter { a in
          !rows.indices.contains { b in
            guard a != b, zip(rows[b], rows[a]).allSatisfy({ $0 <= $1 }) else { return false }
            return rows[a] != rows[b] || b < a
          }
        }
        #expect(Dominance.frontier(rows) == expected, "round \(round)")
      }
    }

    @Test("a frontier of the plane that grows is the one made at once; gains are its differences")
    func plane() {
      func area(_ frontier: PlaneFrontier) -> Double? {
        Hypervolume.volume(of: frontier.steps.map { [$0.x, $0.y] }, reference: [1, 1])
      }
      var generator = SplitMix64(seed: 7)
      for round in 0..<50 {
        var grown = PlaneFrontier([])
        var points: [(x: Double, y: Double)] = []
        for _ in 0..<40 {
          let point = (
            x: Double(generator.draw(below: 12)) / 12, y: Double(generator.draw(below: 12)) / 12
          )
          let before = area(grown)
          let gain = grown.gain(x: point.x, y: point.y)
          grown.insert(x: point.x, y: point.y)
          points.append(point)
          let whole = PlaneFrontier(points)
          #expect(grown.steps.map(\.x) == whole.steps.map(\.x), "round \(round)")
          #expect(grown.steps.map(\.y) == whole.steps.map(\.y), "round \(round)")
          #expect(abs((area(grown) ?? .nan) - (before ?? .nan) - gain) < 1e-12, "round \(round)")
        }
        for point in points {
          let isStep = grown.steps.contains { $0.x == point.x && $0.y == point.y }
          #expect(grown.has(x: point.x, y: point.y) == isStep)
        }
      }
    }

    @Test("a queue of falling gains gives what looking at all of them gives")
    func queue() {
      var generator = SplitMix64(seed: 3)
      for _ in 0..<50 {
        var gains = (0..<30).map { _ in Double(generator.draw(below: 8)) }
        var queue = GainQueue(gains)
        var left = Set(gains.indices)
        while !left.isEmpty {
          let best = left.sorted().reduce(nil) { (best: Int?, index) in
            best.map { gains[index] > gains[$0] ? index : $0 } ?? index
          }
          let index = queue.popFirst { gains[$0] }
          #expect(index == best)
          guard let index else { break }
          left.remove(index)
          for other in left where generator.draw(below: 4) == 0 { gains[other] *= 0.5 }
        }
        #expect(queue.popFirst { gains[$0] } == nil)
      }
    }

    @Test("a model that grew predicts what one made at once does, and moves what whole points do")
    func model() {
      var generator = SplitMix64(seed: 11)
      let groups = 7
      func draw() -> [Int] { (0..<groups).map { _ in generator.draw(below: 4) } }
      let points = (0..<60).map { _ in draw() }
      let priors = points.map { Double($0.reduce(0, +)) / 10 }
      let targets = points.map { Double($0[0] * 3 + $0[1]) / 5 }
      var whole = KernelModel(groups: groups, scale: 0.3)
      whole.extend(to: points, anew: KernelModel(groups: groups, scale: 0.3))
      whole.fit(priors: priors, targets: targets)
      var grown = KernelModel(groups: groups, scale: 0.3)
      for count in [5, 20, 60] {
        grown.extend(
          to: Array(points.prefix(count)), anew: KernelModel(groups: groups, scale: 0.3))
        grown.fit(priors: Array(priors.prefix(count)), targets: Array(targets.prefix(count)))
      }
      var (directs, nears): ([KernelModel.Question], [KernelModel.Question]) = ([], [])
      for _ in 0..<50 {
        let centre = draw()
        var moved = centre
        let first = Move(group: 2, option: generator.draw(below: 4))
        let second = Move(group: 5, option: generator.draw(below: 4))
        (moved[2], moved[5]) = (first.option, second.option)
        let prior = generator.unit()
        let direct = KernelModel.Question(
          centre: whole.centre(moved), moves: Moves(), prior: prior)
        let near = KernelModel.Question(
          centre: grown.centre(centre), moves: Moves(first: first, second: second), prior: prior)
        directs.append(direct)
        nears.append(near)
        #expect(whole.predictions([direct])[0] == grown.predictions([near])[0])
      }
      // Many at once as each alone.
      #expect(
        whole.predictions(directs).elementsEqual(
          directs.map { whole.predictions([$0])[0] }, by: ==))
      #expect(whole.predictions(directs).elementsEqual(grown.predictions(nears), by: ==))
      // Far from noise, a known choice is predicted as it was measured.
      let known = whole.predictions([
        KernelModel.Question(centre: whole.centre(points[3]), moves: Moves(), prior: priors[3])
      ])[0]
      #expect(abs(known.mean - targets[3]) < 0.1 && known.deviation < 0.1)
    }

    @Test("neighbours are the points that differ in one or two groups, each once")
    func neighbourhood() throws {
      let grid = ChoiceGrid(try SyntheticEvaluator(layers: 4).space())
      var generator = SplitMix64(seed: 0)
      let centres = [[0, 1, 2, 3], [0, 1, 2, 2]]
      let excluded = [0, 0, 2, 3]
      let near = Neighbourhood(
        grid, points: [[3, 3, 3, 3]], around: centres, excluding: [grid.hash(excluded)],
        using: &generator)
      let found = near.members.map(near.point)
      #expect(Set(found).count == found.count)
      let expected = grid.allPoints().filter { point in
        guard point != excluded else { return false }
        if point == [3, 3, 3, 3] { return true }
        return centres.contains { centre in
          (1...2).contains(zip(centre, point).count { $0 != $1 })
        }
      }
      #expect(Set(found) == Set(expected))
      for (member, point) in zip(near.members, found) {
        #expect(near.hash(member) == grid.hash(point))
      }
    }

    @Test("120 layers of 12 candidates: a search of 60 evaluations", .timeLimit(.minutes(5)))
    func manyLayers() throws {
      let evaluator = SyntheticEvaluator(layers: 120, scale: 1e-2)
      let candidates = try (2...13).map { try SpaceCandidate(weightBits: $0, activationBits: 8) }
      let space = try SearchSpace(
        layers: evaluator.layers, candidates: evaluator.layers.map { _ in candidates })
      let outcome = try evaluator.task(space, evaluations: 60).run(
        evaluator: evaluator, screener: evaluator)
      #expect(outcome.evaluations.count == 60 && outcome.frontier.count > 10)
    }
  }
#endif
