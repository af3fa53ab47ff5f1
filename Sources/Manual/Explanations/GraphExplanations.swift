extension Explanation {
  /// Codes of graphs and number formats.
  static let graph: [Explanation] = [
    Explanation(
      "graph.limit", "a graph holds more than a run can take",
      """
      Elements of a tensor, elements of all tensors together, taps of a window and products of a layer
      have bounds far beyond networks that run, so that a damaged or hostile file ends in this message
      and not in a machine without memory. hwsim inspect MODEL shows the shapes.
      """),
    Explanation(
      "format.invalid", "a number format that cannot exist",
      """
      The text is no type, or its parameters are outside what the type allows: widths of stored fixed
      point are 1 to 256 bits, integer bits -4096 to 4096, saturation bits at most the width; WRAP_SM
      needs a signed type. Written as in C++: ap_fixed<16,6,AP_RND,AP_SAT>, ap_uint<4>; AP_ and ap_
      may be left out.
      """),
    Explanation(
      "graph.shape", "a tensor's shape cannot exist",
      """
      An extent is negative, or the number of elements overflows 64 bits. The model was damaged or
      edited, or it has a dynamic dimension that was exported as -1.
      """),
    Explanation(
      "graph.duplicate", "two things in the graph have one name, or a tensor has two writers",
      """
      Names of tensors and of nodes are unique, and each tensor is written once: by one node, or by
      the model as a constant or input. Otherwise a value would depend on the order of evaluation.
      """),
    Explanation(
      "graph.dangling", "a node refers to a tensor that does not exist",
      """
      The position of a tensor in the model's list is outside the list. The file was truncated or
      edited by hand.
      """),
    Explanation(
      "graph.undefined", "a tensor is read but nothing writes it",
      """
      Every tensor that a node reads, and every output of the model, must be an input, a constant or
      the result of a node.
      """),
    Explanation(
      "graph.constant", "a constant is missing or has the wrong number of values",
      """
      Weights, biases, thresholds and tables must be in the model, one value for each element of their
      shape.
      """),
    Explanation(
      "graph.cycle", "nodes wait for each other's results",
      """
      The graph has no order in which every node finds its inputs. hwsim evaluates networks without
      feedback; recurrence is part of a layer or of a state tensor.
      """),
    Explanation(
      "graph.operands", "a node has too many or too few operands",
      """
      Each operator has a fixed number of data inputs, followed by its constants. The expected count
      is in the message.
      """),
    Explanation(
      "graph.shape-mismatch", "shapes of a node's tensors do not fit together",
      """
      The shape that the operator makes from its inputs is not the one that the model states. The
      operand is named with both shapes. Models written by hand, or cut at the wrong layer, have this.
      """),
    Explanation(
      "graph.parameter", "a parameter of an operator is out of range",
      """
      A window, a stride, an axis or a permutation does not fit the tensor that the operator reads. The
      parameter is named with the reason.
      """),
    Explanation(
      "graph.encoding", "a tensor's number format is none that the operator takes",
      """
      The operator is defined for certain kinds of format only (fixed point, integers with a scale,
      floating point); the message says which it expects.
      """),
  ]
}
