import QuantGraph

/// What a run may ask of this machine; a graph itself may be larger, as one about shapes only is.
enum RunLimits {
  /// Most elements of a tensor that a run computes, extents of 0 taken as 1.
  static let elements = 1 << 28
  /// Most elements of all tensors that a run computes.
  static let totalElements = 1 << 31
  /// Most multiplications of one run: a quarter of an hour at a thousand million a second.
  static let products = 1 << 40
  /// Most bytes that one node's tensors take for the samples that kernels need side by side.
  static let blockBytes = 1 << 31
  /// Most entries of a table of positions that a kernel makes before it runs.
  static let tableEntries = 1 << 26
}

extension Graph {
  /// - Throws: ``DatapathError`` if no datapath can run the graph: it lacks codes, a state grows, or
  ///   it is beyond ``RunLimits``.
  func checkRunnable() throws(DatapathError) {
    if let tensor = parameterWithoutCodes { throw .withoutCodes(tensor: tensor.name) }
    for state in states {
      let tensor = self[state.tensor]
      guard state.initial != nil else { throw .withoutCodes(tensor: tensor.name) }
      guard tensor.shape == self[state.next].shape else {
        throw .parameter("state '\(tensor.name)'", reason: "grows; runs need states of one shape")
      }
    }
    var total = 0
    for tensor in tensors where !tensor.isParameter {
      guard tensor.shape.boundedCount <= RunLimits.elements else {
        throw .limit("elements of '\(tensor.name)'", RunLimits.elements)
      }
      total += tensor.shape.count
    }
    guard total <= RunLimits.totalElements else {
      throw .limit("elements of all computed tensors", RunLimits.totalElements)
    }
    for tensor in tensors where tensor.isParameter {
      guard tensor.shape.count > 0 || tensor.shape.boundedCount <= RunLimits.elements else {
        throw .limit("elements of '\(tensor.name)'", RunLimits.elements)
      }
    }
    var products = 0
    for node in nodes {
      let (sum, overflow) = products.addingReportingOverflow(linear(node)?.products ?? 0)
      guard !overflow, sum <= RunLimits.products else {
        throw .limit("multiplications up to '\(node.name)'", RunLimits.products)
      }
      products = sum
    }
  }
}
