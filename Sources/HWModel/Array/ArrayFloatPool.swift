import Arith
import QuantGraph

/// Maxima and averages of windows in binary32, tap by tap along the rows of the result.
///
/// A window's elements come in the order kernel row, kernel column; averages are summed in binary64.
struct ArrayFloatPool: NodeKernel {
  private let pooling: PoolGeometry
  private let input: Int

  /// Nil for constants, other types and windows of more than two axes.
  init?(_ pooling: PoolGeometry, _ node: ArrayNode) {
    guard node.path != .plain, pooling.geometry.kernel.count <= 2,
      case .input(let input) = node.operands[0].source, node.operands[0].kind == .float32,
      node.result.kind == .float32
    else { return nil }
    self.pooling = pooling
    self.input = input
  }

  func scratchBytes(lanes: Int) -> Int {
    max(pooling.geometry.resultColumns, 1) * MemoryLayout<Double>.stride
  }

  func run(_ o: KernelOperands) {
    switch pooling.pool.reduction {
    case .maximum:
      run(o, from: -Float.infinity) { largest, value in
        value.isNaN ? .nan : value >= largest ? value : largest
      } result: { largest, _ in
        largest
      }
    case .average:
      run(o, from: 0.0) { sum, value in
        sum + Double(value)
      } result: { sum, members in
        Float(sum / Double(members))
      }
    }
  }

  @inline(__always)
  private func run<Partial>(
    _ o: KernelOperands, from initial: Partial, adding: (Partial, Float) -> Partial,
    result: (Partial, _ members: Int) -> Float
  ) {
    let g = pooling.geometry
    let (rowStep, columnStep) = g.planeStrides(g.dataStrides)
    let (resultRowStep, resultColumnStep) = g.planeStrides(g.resultStrides)
    let data = o.inputs[input].rows(as: Float.self)
    let values = o.outputs[0].rows(as: Float.self)
    let partials = o.scratch.memory.assumingMemoryBound(to: Partial.self)
    let columnMembers = (0..<g.resultColumns).map {
      pooling.members(axis: g.kernel.count - 1, at: $0)
    }
    // Where a tap reads for the first column, and the columns whose windows have it in the image.
    var taps: [(first: Int, columns: Range<Int>)] = []
    let inside = (0..<g.resultColumns).map { g.kernelColumns(at: $0) }.filter { !$0.isEmpty }
    if let lower = inside.map(\.lowerBound).min(), let upper = inside.map(\.upperBound).max() {
      for tap in lower..<upper {
        let first = tap * g.columnDilation - g.columnsBefore
        let last = g.columns - 1 - first
        let start = first < 0 ? (-first - 1) / g.columnStride + 1 : 0
        let end = last < 0 ? 0 : min(last / g.columnStride + 1, g.resultColumns)
        if start < end { taps.append((first &* columnStep, start..<end)) }
      }
    }
    let step = g.columnStride &* columnStep
    for sample in 0..<g.batch {
      for channel in 0..<pooling.channels {
        let image = data + sample * g.dataStrides.batch + channel * g.dataStrides.channel
        let target = values + sample * g.resultStrides.batch + channel * g.resultStrides.channel
        for row in 0..<g.resultRows {
          partials.update(repeating: initial, count: g.resultColumns)
          for kernelRow in g.kernelRows(at: row) {
            let line =
              image + (row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation) * rowStep
            for (first, columns) in taps {
              for column in columns {
                partials[column] = adding(partials[column], line[first &+ column &* step])
              }
            }
          }
          let rowMembers = g.kernel.count > 1 ? pooling.members(axis: 0, at: row) : 1
          for column in 0..<g.resultColumns {
            target[row * resultRowStep + column * resultColumnStep] = result(
              partials[column], max(rowMembers * columnMembers[column], 1))
          }
        }
      }
    }
  }
}
