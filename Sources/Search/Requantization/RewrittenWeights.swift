internal import Arith
internal import HWModel
import QuantGraph

/// The rewrites of a model's weights, and what they made before.
struct RewrittenWeights: Sendable {
  private struct Key: Hashable {
    let node: Int
    /// Of a model, constants follow from their encodings.
    let encoding: Encoding
    let rewrite: WeightRewrite
  }

  private let known = LatestValues<Key, Codes>(bytes: 1 << 27)

  /// A graph with its weights rewritten.
  ///
  /// - Parameters:
  ///   - rewrites: by position of the node; nodes that share a constant have the same.
  ///   - graph: the model in the formats of an allocation.
  /// - Returns: a valid graph; the given one without rewrites.
  /// - Throws: ``EvaluationError`` for weights that cannot be rewritten, or are asked to be in two ways.
  func graph(
    _ rewrites: [Int: WeightRewrite], of graph: Graph
  ) throws(EvaluationError) -> Graph {
    guard !rewrites.isEmpty else { return graph }
    var tensors: [TensorID: Tensor] = [:]
    var first: [TensorID: WeightRewrite] = [:]
    for (index, rewrite) in rewrites.sorted(by: { $0.key < $1.key }) {
      let node = graph.nodes[index]
      guard let id = graph.linear(node)?.weights, graph[id].constant != nil else {
        throw .rewrite(
          layer: node.name, rewrite: rewrite.name, reason: "the layer has no constant weights")
      }
      if let other = first[id] {
        guard other == rewrite else {
          throw .rewrite(
            layer: node.name, rewrite: rewrite.name,
            reason: "another layer has the same weights as \(other.name)")
        }
        continue
      }
      first[id] = rewrite
      let old = graph[id]
      let codes = try known.value(Key(node: index, encoding: old.encoding, rewrite: rewrite)) {
        () throws(EvaluationError) in
        do throws(WeightRewriteRefusal) {
          return (try graph.rewrittenWeights(of: node, by: rewrite), 8 * old.shape.count)
        } catch {
          throw .rewrite(layer: error.node, rewrite: rewrite.name, reason: error.reason)
        }
      }
      tensors[id] = Tensor(
        name: old.name, shape: old.shape, encoding: old.encoding, constant: codes)
    }
    do throws(GraphProblems) {
      return try graph.replacing(tensors: tensors)
    } catch {
      throw .notRunnable(
        node: graph.name, reason: error.problems.first.map { Diagnostic($0).message } ?? "not valid"
      )
    }
  }
}
