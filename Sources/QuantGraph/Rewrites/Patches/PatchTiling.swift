/// Rows and columns of a plane.
public struct PlaneRegion: Sendable, Hashable {
  public let rows: Range<Int>
  public let columns: Range<Int>

  public init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  /// Number of positions.
  public var area: Int { rows.count * columns.count }
}

/// A stage whose output is cut in `grid * grid` tiles, and what each tile needs of every tensor.
///
/// Tile i of an extent S covers positions floor(i * S / grid) up to floor((i + 1) * S / grid). A tensor's
/// part is the smallest rectangle that holds what its readers in the stage need, without padding.
public struct PatchTiling: Sendable, Hashable {
  public let stage: PatchStage
  /// Tiles along rows, and along columns.
  public let grid: Int
  /// Beyond this, tiles are no schedule: 65,536 of them.
  public static let largestGrid = 256
  /// Positions by tile, then by tensor number; nil for tensors outside the stage.
  private let rows: [[Range<Int>?]]
  private let columns: [[Range<Int>?]]

  /// - Throws: ``PatchError/grid(_:extent:)`` if the grid is not in 1...``largestGrid`` or the output
  ///   has fewer rows or columns, and ``PatchError/emptyTile(tensor:row:column:)``.
  public init(_ graph: Graph, stage: PatchStage, grid: Int) throws(PatchError) {
    let shape = graph[stage.output].shape
    for axis in stage.axes where !(1...Self.largestGrid).contains(grid) || shape[axis] < grid {
      throw .grid(grid, extent: shape[axis])
    }
    let windows = stage.nodes.map { PlaneWindow(graph.nodes[$0], in: graph, axes: stage.axes) }
    var parts: [[[Range<Int>?]]] = []
    for (axis, dimension) in stage.axes.enumerated() {
      let extent = shape[dimension]
      var tiles: [[Range<Int>?]] = []
      for tile in 0..<grid {
        // Extents are at most 2^24.
        let range = tile * extent / grid..<(tile + 1) * extent / grid
        tiles.append(
          Self.parts(graph, stage: stage, windows: windows, axis: axis, output: range))
      }
      parts.append(tiles)
    }
    self.stage = stage
    self.grid = grid
    (rows, columns) = (parts[0], parts[1])
    let inside = stage.nodes.flatMap { graph.nodes[$0].outputs } + stage.sources
    for tile in 0..<grid {
      for id in inside where rows[tile][id.index]?.isEmpty ?? false {
        throw .emptyTile(tensor: graph[id].name, row: tile, column: 0)
      }
      for id in inside where columns[tile][id.index]?.isEmpty ?? false {
        throw .emptyTile(tensor: graph[id].name, row: 0, column: tile)
      }
    }
  }

  /// What one row or column of tiles needs of every tensor along that axis.
  private static func parts(
    _ graph: Graph, stage: PatchStage, windows: [PlaneWindow?], axis: Int, output: Range<Int>
  ) -> [Range<Int>?] {
    var parts = [Range<Int>?](repeating: nil, count: graph.tensors.count)
    parts[stage.output.index] = output
    for (index, window) in zip(stage.nodes, windows).reversed() {
      let node = graph.nodes[index]
      guard let window, let range = parts[node.outputs[0].index] else { continue }
      for id in node.inputs where graph[id].constant == nil {
        let extent = graph[id].shape[stage.axes[axis]]
        let need = window.need(range, axis: axis, extent: extent).positions
        if let known = parts[id.index] {
          parts[id.index] =
            min(known.lowerBound, need.lowerBound)..<max(known.upperBound, need.upperBound)
        } else {
          parts[id.index] = need
        }
      }
    }
    return parts
  }

  /// The part of `tensor` that a tile needs, or nil if the stage has no such tensor.
  ///
  /// - Precondition: `row` and `column` are below ``grid``.
  public func region(of tensor: TensorID, row: Int, column: Int) -> PlaneRegion? {
    guard let rows = rows[row][tensor.index], let columns = columns[column][tensor.index] else {
      return nil
    }
    return PlaneRegion(rows: rows, columns: columns)
  }

  /// The rows of `tensor` that a row of tiles needs; nil if the stage has no such tensor.
  ///
  /// - Precondition: `tile` is below ``grid``.
  public func rows(of tensor: TensorID, tile: Int) -> Range<Int>? { rows[tile][tensor.index] }

  /// The columns of `tensor` that a column of tiles needs; nil if the stage has no such tensor.
  ///
  /// - Precondition: `tile` is below ``grid``.
  public func columns(of tensor: TensorID, tile: Int) -> Range<Int>? {
    columns[tile][tensor.index]
  }
}
