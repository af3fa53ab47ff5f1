public import QuantGraph

/// A quantized graph whose layers can take other formats.
///
/// Conformers know one kind of graph: what a width means there, which tensors change together, and
/// how constants are computed anew.
public protocol GraphRequantization: Sendable {
  /// Nodes with weights, in the graph's order.
  var layers: [SearchLayer] { get }

  /// The formats that so many bits stand for in a layer; nil leaves a role as the model has it.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for widths that this kind of
  ///   graph does not have.
  func candidate(
    layer: Int, weightBits: Int?, activationBits: Int?, accumulatorBits: Int?
  ) throws(EvaluationError) -> Candidate

  /// The graph in which each layer has its candidate; a role that a candidate leaves open stays as
  /// it is.
  ///
  /// - Parameter allocation: one candidate a layer.
  /// - Returns: a valid graph with the same nodes and names.
  /// - Throws: ``EvaluationError`` for a number of candidates or a format that does not fit.
  func graph(_ allocation: [Candidate]) throws(EvaluationError) -> Graph
}
