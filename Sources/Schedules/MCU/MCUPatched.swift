import HWModel
import QuantGraph

/// A network on a microcontroller with its first layers run tile by tile.
public struct MCUPatched: Sendable, Hashable {
  public let schedule: PatchSchedule
  /// Nil where the target has no latency model.
  public let cycles: Double?
  public let seconds: Double?
  /// Activations under the schedule, the image, what lives as long as the model, stack and runtime.
  public let sramBytes: Int
}

extension MCUEstimator {
  /// SRAM that activations of a patch schedule may take when `available` bytes are there for all.
  ///
  /// The image stays in memory while tiles read it, so it is taken off, and so is what lives beside
  /// the activations.
  public func patchLimit(available: Int, _ estimate: MCUEstimate) -> Int {
    let fixed = Saturating.add(
      Saturating.add(estimate.memory.persistentBytes, estimate.memory.runtimeBytes), imageBytes)
    return max(available - fixed, 0)
  }

  /// Bytes of the network's inputs.
  private var imageBytes: Int {
    graph.inputs.reduce(0) {
      Saturating.add(
        $0,
        Saturating.packedBytes(
          graph[$1].shape.count, bits: 8))
    }
  }

  /// Time and memory of the network under a patch schedule.
  ///
  /// Layers of the stage take their share of recomputed results, and one call a tile; layers after
  /// it what they take without patches.
  public func patched(_ schedule: PatchSchedule, _ estimate: MCUEstimate) -> MCUPatched {
    var cycles: Double?
    if let whole = estimate.cycles {
      var total = whole
      let tiles = schedule.grid * schedule.grid
      for node in schedule.tiling.stage.nodes {
        guard estimate.layers.indices.contains(node),
          let result = graph.nodes[node].outputs.first
        else { continue }
        let cost = estimate.layers[node].cost
        let share = share(of: result, schedule)
        total += (cost.cycles - cost.call) * (share - 1) + cost.call * Double(tiles - 1)
      }
      cycles = total
    }
    let memory = estimate.memory
    let fixed = Saturating.add(memory.persistentBytes, memory.runtimeBytes)
    return MCUPatched(
      schedule: schedule, cycles: cycles, seconds: cycles.map { $0 / target.clockHz },
      sramBytes: Saturating.add(
        Saturating.add(schedule.peakBytes[.plain], schedule.imageBytes), fixed))
  }

  /// Positions of a tensor computed by all tiles together, for each of its own.
  private func share(of tensor: TensorID, _ schedule: PatchSchedule) -> Double {
    let axes = schedule.tiling.stage.axes
    let shape = graph[tensor].shape
    guard axes.count == 2, axes.allSatisfy({ $0 < shape.rank }) else { return 1 }
    let area = Double(shape[axes[0]]) * Double(shape[axes[1]])
    var computed = 0.0
    for row in 0..<schedule.grid {
      for column in 0..<schedule.grid {
        guard let region = schedule.tiling.region(of: tensor, row: row, column: column) else {
          return 1
        }
        computed += Double(region.area)
      }
    }
    return area > 0 ? computed / area : 1
  }
}
