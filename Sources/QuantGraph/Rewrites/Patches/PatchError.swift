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

extension Diagnostic {
  /// The message for a stage that cannot run tile by tile.
  public init(_ error: PatchError) {
    let remedy = "split after an earlier block, or run the network layer by layer."
    switch error {
    case .operation(let node, let operation):
      self.init(
        code: "patch.operator", message: "\(operation) cannot be computed tile by tile",
        location: "node '\(node)'", remedy: remedy)
    case .severalExits(let tensor):
      self.init(
        code: "patch.split", message: "'\(tensor)' is read outside the patch stage too",
        remedy: remedy)
    case .output(let tensor):
      self.init(
        code: "patch.split", message: "'\(tensor)' is no image that the network computes",
        remedy: remedy)
    case .layout(let node):
      self.init(
        code: "patch.operator", message: "rows and columns of the images are not where others are",
        location: "node '\(node)'", remedy: remedy)
    case .grid(let grid, let extent):
      self.init(
        code: "patch.grid", message: "\(extent) rows or columns cannot be cut in \(grid) parts",
        remedy: "pass a grid from 1 to \(min(extent, PatchTiling.largestGrid)).")
    case .emptyTile(let tensor, let row, let column):
      self.init(
        code: "patch.grid",
        message: "tile \(row), \(column) needs nothing of '\(tensor)' but padding",
        remedy: "pass a smaller grid, or split after another block.")
    case .graph(let problems):
      if let first = problems.problems.first {
        self.init(first)
      } else {
        self.init(code: "patch.operator", message: "the tiles make no valid graph", remedy: remedy)
      }
    }
  }
}
