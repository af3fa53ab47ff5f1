import Arith
import QuantGraph

/// The part of a graph that follows one node, ready to run with that node's outputs given.
///
/// Tensors that come from elsewhere are inputs too, so that nothing before the node runs again.
struct Suffix: Sendable {
  private let plan: Plan?
  /// Tensor of the suffix graph for each given tensor of the whole graph.
  private let inputs: [(whole: TensorID, own: TensorID)]
  private let targets: [(whole: TensorID, own: TensorID)]
  /// Targets that are outputs of the node itself.
  private let direct: [TensorID]

  /// - Throws: a ``Diagnostic`` if the part cannot run.
  init(_ graph: Graph, after index: Int, to targets: [TensorID]) throws(Diagnostic) {
    let outputs = Set(graph.nodes[index].outputs)
    direct = targets.filter { outputs.contains($0) }
    let wanted = targets.filter { !outputs.contains($0) }
    var needed = Set(wanted)
    var nodes: [Node] = []
    for node in graph.nodes.dropFirst(index + 1).reversed()
    where node.outputs.contains(where: { needed.contains($0) }) {
      nodes.append(node)
      needed.formUnion(node.inputs)
    }
    nodes.reverse()
    let written = Set(nodes.flatMap(\.outputs))
    let given = needed.filter { graph[$0].constant == nil && !written.contains($0) }.sorted()
    guard !nodes.isEmpty else {
      plan = nil
      inputs = []
      self.targets = []
      return
    }
    let part: Graph
    do throws(GraphProblems) {
      part = try Graph(
        name: graph.name, tensors: graph.tensors, nodes: nodes, inputs: given, outputs: wanted)
    } catch {
      throw Diagnostic(error.problems[0])
    }
    do throws(PlanProblems) {
      plan = try Plan(part, on: HLSFixed())
    } catch {
      throw error.diagnostics(file: nil).first
        ?? Diagnostic(code: "datapath.unsupported", message: "the graph cannot run")
    }
    inputs = given.map { ($0, $0) }
    self.targets = wanted.map { ($0, $0) }
  }

  /// A runner for one thread's calls of `codes`; nil if nothing follows the node.
  func runner() -> PlanRunner? { plan.map { PlanRunner($0, lanes: 16) } }

  /// Runs `samples` with the node's outputs `changed` and hands each target's codes to `accept`.
  ///
  /// `changed` and the codes given to `accept` are by position in `samples`. Stops at the first
  /// refusal.
  ///
  /// - Returns: whether every target of every sample was accepted.
  func codes(
    changed: some Sequence<(TensorID, [[Int512]])>, baseline: [TensorID: [[Int512]]],
    samples: [Int], runner: PlanRunner?, accept: (TensorID, Int, [Int512]) -> Bool
  ) -> Bool {
    let changed = Dictionary(uniqueKeysWithValues: Array(changed))
    for target in direct {
      guard let codes = changed[target] else { return false }
      for (position, sample) in codes.enumerated() where !accept(target, position, sample) {
        return false
      }
    }
    guard let runner else { return true }
    var first = 0
    while first < samples.count {
      let used = min(16, samples.count - first)
      for (whole, own) in inputs {
        guard let buffer = runner.buffer(of: own) else { return false }
        for lane in 0..<used {
          let codes = changed[whole]?[first + lane] ?? baseline[whole]?[samples[first + lane]] ?? []
          for (element, code) in codes.enumerated() {
            buffer.set(code, at: element * runner.lanes + lane)
          }
        }
      }
      runner.run(usedLanes: used)
      for (whole, own) in targets {
        for lane in 0..<used
        where !accept(whole, first + lane, runner.wideCodes(of: own, lane: lane)) {
          return false
        }
      }
      first += used
    }
    return true
  }
}
