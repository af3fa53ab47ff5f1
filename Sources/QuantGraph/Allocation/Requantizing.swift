/// The rules by which graphs of one kind take other encodings: what a width means there, which tensors
/// change together, how constants are computed anew.
public protocol Requantizing: Sendable {
  /// Names of the nodes whose formats can be chosen, in the graph's order.
  var layerNames: [String] { get }

  /// The graph in which each layer has its formats.
  ///
  /// - Parameter formats: one a layer; what one leaves open stays as the model has it.
  /// - Returns: a valid graph with the names of the model's nodes.
  /// - Throws: an ``AllocationRefusal`` with the reasons.
  func requantized(_ formats: [NodeAllocation]) throws(AllocationRefusal) -> Graph
}

extension Graph {
  /// This graph in other formats.
  ///
  /// - Parameters:
  ///   - allocation: what differs.
  ///   - rules: those of this graph's kind, made for this graph.
  /// - Returns: a valid graph.
  /// - Throws: an ``AllocationRefusal`` with every name that the graph lacks, or every format that it
  ///   cannot have.
  public func applying(
    _ allocation: Allocation, by rules: some Requantizing
  ) throws(AllocationRefusal) -> Graph {
    try rules.requantized(allocation.formats(ofLayers: rules.layerNames, in: self))
  }
}
