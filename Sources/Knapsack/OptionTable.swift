/// Scaled options of groups, side by side: lane 0 of a value is the loss, lanes 1 to 3 the costs.
struct OptionTable: Sendable {
  /// The options of group `g` are `offsets[g]..<offsets[g + 1]`.
  private(set) var offsets: [Int] = [0]
  private(set) var values: [SIMD4<Double>] = []
  /// Option index in the problem.
  private(set) var labels: [Int] = []
  /// Group index in the problem.
  private(set) var groups: [Int] = []

  var count: Int { groups.count }

  func options(of group: Int) -> Range<Int> { offsets[group]..<offsets[group + 1] }

  mutating func append(group: Int, options: [(value: SIMD4<Double>, label: Int)]) {
    groups.append(group)
    for option in options {
      values.append(option.value)
      labels.append(option.label)
    }
    offsets.append(values.count)
  }

  /// Every allowed option of every group.
  init(_ problem: AllocationProblem, columns: AllocationColumns) {
    for (index, group) in problem.groups.enumerated() {
      append(
        group: index,
        options: problem.allowedOptions(ofGroup: group).map { option in
          var value = SIMD4<Double>()
          for layer in group { value += columns.scaled(problem.layers[layer], option: option) }
          return (value, option)
        })
    }
  }

  init() {}

  /// The groups in another order, with the options that `keep` accepts.
  func selecting(order: [Int]? = nil, keep: (_ group: Int, _ option: Int) -> Bool) -> OptionTable {
    var table = OptionTable()
    for group in order ?? Array(0..<count) {
      table.append(
        group: groups[group],
        options: options(of: group).filter { keep(group, $0) }.map { (values[$0], labels[$0]) })
    }
    return table
  }

  /// Leaves out options that another of the same group matches or beats in every given lane.
  ///
  /// Of options that are equal there, the one that comes first stays.
  func withoutDominatedOptions(lanes: [Int]) -> OptionTable {
    selecting { group, option in
      let value = values[option]
      return !options(of: group).contains { other in
        guard other != option else { return false }
        let rival = values[other]
        var equal = true
        for lane in lanes {
          if rival[lane] > value[lane] { return false }
          if rival[lane] < value[lane] { equal = false }
        }
        return !equal || other < option
      }
    }
  }

  /// The options with the given lanes set to zero, for costs that cannot bind.
  func clearing(lanes: [Int]) -> OptionTable {
    guard !lanes.isEmpty else { return self }
    var table = self
    for index in values.indices {
      for lane in lanes { table.values[index][lane] = 0 }
    }
    return table
  }

  /// The options with every lane multiplied by its factor.
  func scaled(by factors: SIMD4<Double>) -> OptionTable {
    var table = self
    for index in values.indices { table.values[index] *= factors }
    return table
  }

  /// The sum over groups of the largest magnitude in each lane; no partial sum is beyond it.
  func magnitude() -> SIMD4<Double> {
    var total = SIMD4<Double>()
    for group in 0..<count {
      var largest = SIMD4<Double>()
      for option in options(of: group) {
        let value = values[option]
        largest = pointwiseMax(largest, pointwiseMax(value, -value))
      }
      total += largest
    }
    return total
  }

  /// The sum over groups of the smallest value in each lane.
  func minimum() -> SIMD4<Double> { suffixMinima()[0] }

  /// The sum over groups of the largest value in each lane.
  func maximum() -> SIMD4<Double> {
    var total = SIMD4<Double>()
    for group in 0..<count {
      var largest = SIMD4<Double>(repeating: -.infinity)
      for option in options(of: group) { largest = pointwiseMax(largest, values[option]) }
      total += largest
    }
    return total
  }

  /// For each group the sum of the smallest values of it and all that follow; a zero at the end.
  func suffixMinima() -> [SIMD4<Double>] {
    var sums = [SIMD4<Double>](repeating: SIMD4(), count: count + 1)
    for group in stride(from: count - 1, through: 0, by: -1) {
      var smallest = SIMD4<Double>(repeating: .infinity)
      for option in options(of: group) { smallest = pointwiseMin(smallest, values[option]) }
      sums[group] = sums[group + 1] + smallest
    }
    return sums
  }
}
