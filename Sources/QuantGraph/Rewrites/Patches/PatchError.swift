/// Why a part of a graph cannot be computed tile by tile.
public enum PatchError: Error, Hashable, Sendable {
  /// A node whose results do not each depend on a window of its operand's plane.
  case operation(node: String, operation: String)
  /// A tensor inside the stage that a node outside reads, or that is an output of the graph.
  case severalExits(tensor: String)
  /// The tensor to be cut is a constant or an input, or no plane of rows and columns.
  case output(tensor: String)
  /// Nodes of the stage disagree on where rows and columns are, or a shape has none.
  case layout(node: String)
  /// A plane of so many rows or columns cannot be cut in `grid` parts.
  case grid(Int, extent: Int)
  /// A tile that would be computed from padding alone.
  case emptyTile(tensor: String, row: Int, column: Int)
  /// The tiles make no valid graph.
  case graph(GraphProblems)
}
