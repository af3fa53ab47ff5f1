import Arith

/// A graph whose first part runs tile by tile.
public struct PatchedGraph: Sendable, Hashable {
  /// Tensors of the original keep their numbers; those that only tiles hold parts of are not computed.
  public let graph: Graph
  /// For each tile, row by row, the tensor that holds its part of each tensor of the stage.
  ///
  /// A tile is a tensor of its own and may be given an encoding of its own.
  public let tiles: [[TensorID: TensorID]]
}

/// How the encodings of a tile's tensors depend on those around the stage.
public enum PatchBorders: Sendable, Hashable {
  /// A tile's image is cut from the whole and its result joined to others: one encoding each.
  case shared
  /// Nodes convert a tile's image after it is cut, and its result before it is joined, so that every
  /// tensor between them may have an encoding of its own. Between equal encodings they change nothing.
  ///
  /// Only codes with one scale are converted; where a stage begins with numbers, its own quantization
  /// is the border.
  case conversions
}

extension Graph {
  /// The graph with a stage computed tile by tile, to the same codes.
  ///
  /// Each tile cuts what it needs from the stage's sources, runs the stage's nodes on it and the tiles
  /// are joined to the stage's output, which keeps its number and name. A window that reaches over
  /// the image's border is padded there as in the whole, a window that reaches into a neighbour reads
  /// the halo. Every value is thus computed from the same operands as in the whole, which is why codes
  /// are equal under any datapath whose windows do not depend on their place. With a grid of 1 the
  /// graph is unchanged.
  ///
  /// A tile's part of tensor `t` is `t@r0c1`, its row and column counted from 0; `t@r0c1/cut` is cut
  /// from the image before a conversion, `t@r0c1/join` is what a conversion hands to its neighbours.
  ///
  /// - Throws: ``PatchError/graph(_:)`` if the result is no valid graph, which does not happen for a
  ///   tiling of this graph.
  public func patched(
    by tiling: PatchTiling, borders: PatchBorders = .shared
  ) throws(PatchError) -> PatchedGraph {
    guard tiling.grid > 1 else {
      let stage = tiling.stage
      let own = stage.nodes.flatMap { nodes[$0].outputs } + stage.sources
      return PatchedGraph(
        graph: self,
        tiles: [Dictionary(own.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })])
    }
    var rewrite = PatchRewrite(self, tiling, borders)
    return try rewrite.result()
  }
}

private struct PatchRewrite {
  private let graph: Graph
  private let tiling: PatchTiling
  private let borders: PatchBorders
  private var tensors: [Tensor]
  private var nodes: [Node] = []
  private var tensorNames: Set<String>
  private var nodeNames: Set<String>

  init(_ graph: Graph, _ tiling: PatchTiling, _ borders: PatchBorders) {
    self.graph = graph
    self.tiling = tiling
    self.borders = borders
    tensors = graph.tensors
    tensorNames = Set(graph.tensors.map(\.name))
    nodeNames = Set(graph.nodes.map(\.name))
  }

  private var axes: [Int] { tiling.stage.axes }

  mutating func result() throws(PatchError) -> PatchedGraph {
    let output = tiling.stage.output
    var maps: [[TensorID: TensorID]] = []
    var bands: [TensorID] = []
    for row in 0..<tiling.grid {
      var parts: [TensorID] = []
      for column in 0..<tiling.grid {
        let map = try tile(row: row, column: column)
        maps.append(map)
        if let part = map[output] { parts.append(converted(part, of: output, as: "/join")) }
      }
      let extent = parts.first.map { tensors[$0.index].shape[axes[0]] } ?? 0
      let shape = try shape(
        of: output, rows: extent, columns: graph[output].shape[axes[1]])
      let band = add(output, shape: shape, suffix: "@r\(row)")
      append(
        .concatenate(axis: axes[1]), name: graph[output].name + "@r\(row)", inputs: parts,
        output: band)
      bands.append(band)
    }
    append(
      .concatenate(axis: axes[0]), name: graph[output].name + "@tiles", inputs: bands,
      output: output)
    let inside = Set(tiling.stage.nodes)
    nodes += graph.nodes.indices.filter { !inside.contains($0) }.map { graph.nodes[$0] }
    do throws(GraphProblems) {
      let patched = try Graph(
        name: graph.name, tensors: tensors, nodes: nodes, inputs: graph.inputs,
        outputs: graph.outputs, states: graph.states)
      return PatchedGraph(graph: patched, tiles: maps)
    } catch {
      throw .graph(error)
    }
  }

  /// The stage on one tile; the tensor of each part.
  private mutating func tile(row: Int, column: Int) throws(PatchError) -> [TensorID: TensorID] {
    let suffix = "@r\(row)c\(column)"
    var map: [TensorID: TensorID] = [:]
    for source in tiling.stage.sources {
      guard let region = tiling.region(of: source, row: row, column: column) else { continue }
      let isConverted = converts(source)
      let part = try cut(
        source, whole(source), to: region, of: source,
        suffix: suffix + (isConverted ? "/cut" : ""), isSource: true)
      map[source] = isConverted ? convert(part, of: source, as: suffix) : part
    }
    for index in tiling.stage.nodes {
      let node = graph.nodes[index]
      let target = node.outputs[0]
      guard let window = PlaneWindow(node, in: graph, axes: axes),
        let region = tiling.region(of: target, row: row, column: column)
      else { continue }
      var inputs: [TensorID] = []
      var needs: [PlaneWindow.Need] = []
      for id in node.inputs {
        guard graph[id].constant == nil, let part = map[id],
          let held = tiling.region(of: id, row: row, column: column)
        else {
          inputs.append(id)
          continue
        }
        let shape = graph[id].shape
        let rows = window.need(region.rows, axis: 0, extent: shape[axes[0]])
        let columns = window.need(region.columns, axis: 1, extent: shape[axes[1]])
        // Another reader may need more of this tensor than this node does.
        let wanted = PlaneRegion(rows: rows.positions, columns: columns.positions)
        inputs.append(try cut(part, held, to: wanted, of: id, suffix: suffix, isSource: false))
        if needs.isEmpty { needs = [rows, columns] }
      }
      let result = add(
        target,
        shape: try shape(of: target, rows: region.rows.count, columns: region.columns.count),
        suffix: suffix)
      let operation = needs.isEmpty ? node.operation : padded(node.operation, needs)
      append(operation, name: node.name + suffix, inputs: inputs, output: result)
      map[target] = result
    }
    return map
  }

  /// Whether a border of the stage at this tensor is a node.
  private func converts(_ id: TensorID) -> Bool {
    guard case .affine(let format) = graph[id].encoding else { return false }
    return borders == .conversions && format.scales.count == 1
  }

  /// A part of the stage's output as its neighbours take it.
  private mutating func converted(
    _ part: TensorID, of id: TensorID, as suffix: String
  ) -> TensorID {
    guard converts(id) else { return part }
    let own = tensors[part.index].name.dropFirst(graph[id].name.count)
    return convert(part, of: id, as: own + suffix)
  }

  private mutating func convert(
    _ part: TensorID, of id: TensorID, as suffix: String
  ) -> TensorID {
    let result = add(id, shape: tensors[part.index].shape, suffix: suffix)
    append(
      .convert(elements: []), name: tensors[result.index].name + "/convert", inputs: [part],
      output: result)
    return result
  }

  private func whole(_ id: TensorID) -> PlaneRegion {
    let shape = graph[id].shape
    return PlaneRegion(rows: 0..<shape[axes[0]], columns: 0..<shape[axes[1]])
  }

  /// The operator with the padding that is left of it on this tile.
  private func padded(_ operation: Operator, _ needs: [PlaneWindow.Need]) -> Operator {
    switch operation {
    case .convolution(let whole):
      return .convolution(
        Convolution(
          kernel: whole.kernel, strides: whole.strides, dilations: whole.dilations,
          paddingBefore: needs.map(\.before), paddingAfter: needs.map(\.after),
          outputPadding: whole.outputPadding, layout: whole.layout, grouping: whole.grouping,
          weightLayout: whole.weightLayout, accumulation: whole.accumulation, range: whole.range))
    case .pool(let whole):
      return .pool(
        Pool(
          reduction: whole.reduction, kernel: whole.kernel, strides: whole.strides,
          dilations: whole.dilations, paddingBefore: needs.map(\.before),
          paddingAfter: needs.map(\.after), countsPadding: whole.countsPadding,
          isCeiling: whole.isCeiling, layout: whole.layout, accumulator: whole.accumulator,
          arrangement: whole.arrangement, range: whole.range))
    case .surround(let whole):
      var (before, after) = (whole.before, whole.after)
      for (axis, need) in zip(axes, needs) {
        before[axis] = need.before
        after[axis] = need.after
      }
      return .surround(Surround(before: before, after: after, rule: whole.rule))
    default: return operation
    }
  }

  /// `wanted` of a tensor that holds `held` of tensor `id`.
  private mutating func cut(
    _ tensor: TensorID, _ held: PlaneRegion, to wanted: PlaneRegion, of id: TensorID,
    suffix: String, isSource: Bool
  ) throws(PatchError) -> TensorID {
    if held == wanted && !isSource { return tensor }
    let extents = tensors[tensor.index].shape.extents
    var begin = extents.map { _ in 0 }
    begin[axes[0]] = wanted.rows.lowerBound - held.rows.lowerBound
    begin[axes[1]] = wanted.columns.lowerBound - held.columns.lowerBound
    let shape = try shape(of: id, rows: wanted.rows.count, columns: wanted.columns.count)
    let result = add(id, shape: shape, suffix: suffix + (isSource ? "" : "/inner"))
    let slice = Slice(begin: begin, extents: shape.extents, strides: extents.map { _ in 1 })
    append(
      .slice(slice), name: tensors[result.index].name + "/cut", inputs: [tensor], output: result)
    return result
  }

  private func shape(
    of id: TensorID, rows: Int, columns: Int
  ) throws(PatchError) -> Shape {
    var extents = graph[id].shape.extents
    extents[axes[0]] = rows
    extents[axes[1]] = columns
    do throws(GraphError) {
      return try Shape(extents)
    } catch {
      throw .graph(GraphProblems(problems: [GraphProblem(node: nil, error: error)]))
    }
  }

  private mutating func add(_ id: TensorID, shape: Shape, suffix: String) -> TensorID {
    var name = graph[id].name + suffix
    while !tensorNames.insert(name).inserted { name += "'" }
    tensors.append(Tensor(name: name, shape: shape, encoding: graph[id].encoding))
    return TensorID(tensors.count - 1)
  }

  private mutating func append(
    _ operation: Operator, name: String, inputs: [TensorID], output: TensorID
  ) {
    var name = name
    while !nodeNames.insert(name).inserted { name += "'" }
    nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: [output]))
  }
}
