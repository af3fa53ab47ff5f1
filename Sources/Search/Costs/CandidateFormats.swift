public import Arith
public import QuantGraph
public import Schedules

extension FormatChoices {
  /// What candidates give the nodes that are their layers.
  ///
  /// - Parameters:
  ///   - candidates: one a layer.
  ///   - nodes: the position of each layer in the workload's graph; nil for layers that it lacks.
  ///   - unchanged: the format of what a candidate leaves as the model has it; nil names nothing.
  public init(_ candidates: [Candidate], nodes: [Int?], unchanged: Encoding? = nil) {
    self.init()
    for (candidate, node) in zip(candidates, nodes) {
      guard let node else { continue }
      var choice = Node(
        weights: candidate.weights ?? unchanged, data: candidate.activations ?? unchanged,
        accumulator: candidate.accumulator)
      switch candidate.grouping {
      case .filters: break
      case .runs(let count): choice.grouping = "a scale for every \(count)"
      case .unequalFilters, .widths: choice.grouping = "filters of unequal widths"
      }
      choice.hardware = candidate.choices.mapValues { value in
        switch value {
        case .integer(let number): String(number)
        case .text(let text): text
        }
      }
      if choice != Node() { self.nodes[node] = choice }
    }
  }
}
