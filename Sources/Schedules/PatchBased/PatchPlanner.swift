public import QuantGraph

/// Patch schedules of one graph; what does not depend on grid and split is worked out once.
public struct PatchPlanner: Sendable {
  public let graph: Graph
  public let blocks: PatchBlocks
  /// Bytes of each tensor, 0 for constants.
  let bytes: [Int]
  /// Multiplications of each node.
  let macs: [Int]
  let storage: ElementStorage
  let memory: LayerMemory
  /// Multiplications of the whole network, fully connected layers and matrix products included.
  public let unpatchedMACs: Int
  /// Largest number of bytes in use at one layer of the network run layer by layer; the first
  /// layer's operand counts.
  public let unpatchedPeakBytes: ConventionBytes
  /// The first layer at which ``unpatchedPeakBytes`` is reached without overwriting; nil for a graph
  /// without layers.
  public let unpatchedPeakNode: String?

  /// - Parameters:
  ///   - graph: a network of images.
  ///   - storage: how elements of less than a byte lie in memory.
  /// - Throws: ``PatchScheduleError/size(_:)`` if a size is beyond `Int`.
  public init(
    _ graph: Graph, storage: ElementStorage = .packed
  ) throws(PatchScheduleError) {
    self.graph = graph
    self.storage = storage
    blocks = PatchBlocks(graph)
    memory = LayerMemory(graph)
    var bytes: [Int] = []
    var macs: [Int] = []
    var total = 0
    var peak = ConventionBytes()
    var peakNode: String?
    do throws(ArenaError) {
      for tensor in graph.tensors {
        bytes.append(tensor.constant == nil ? try storage.bytes(of: tensor) : 0)
      }
      for node in graph.nodes {
        let own = graph.multiplyAccumulates(of: node)
        macs.append(own)
        total = try sum(total, own, of: "multiplications")
      }
      for layer in memory.layers {
        let used = try layer.bytes { bytes[$0.index] }
        if used.plain > peak.plain { peakNode = graph.nodes[layer.node].name }
        peak = peak.larger(used)
      }
    } catch {
      throw .size(error)
    }
    self.bytes = bytes
    self.macs = macs
    unpatchedMACs = total
    unpatchedPeakBytes = peak
    unpatchedPeakNode = peakNode
  }

  /// The schedule with `grid * grid` tiles of the output of block `block`.
  ///
  /// - Parameters:
  ///   - grid: tiles along rows, and along columns.
  ///   - block: the stage's last one.
  ///   - widths: of a graph with this grid and split; nil for the network's own.
  /// - Returns: the schedule.
  /// - Throws: ``PatchScheduleError``.
  public func schedule(
    grid: Int, splitAfter block: Int, widths: PatchWidths? = nil
  ) throws(PatchScheduleError) -> PatchSchedule {
    let stage = try stage(splitAfter: block)
    let tiling: PatchTiling
    do throws(PatchError) {
      tiling = try PatchTiling(graph, stage: stage, grid: grid)
    } catch {
      throw .stage(error)
    }
    do throws(ArenaError) {
      return try PatchSchedule(self, tiling: tiling, splitAfter: block, widths: widths)
    } catch {
      throw .size(error)
    }
  }

  /// The stage that ends with a block.
  func stage(splitAfter block: Int) throws(PatchScheduleError) -> PatchStage {
    guard let found = blocks.block(block) else {
      throw .noSuchBlock(block, blocks: blocks.blocks.count)
    }
    do throws(PatchError) {
      return try PatchStage(graph, output: found.output)
    } catch {
      throw .stage(error)
    }
  }

  /// The cheapest schedule under a limit of activation memory.
  public enum Choice: Sendable, Hashable {
    /// The network fits layer by layer.
    case unpatched(peakBytes: Int)
    /// The fewest multiplications among the schedules that fit; of equal ones the smallest peak.
    case schedule(PatchSchedule)
    /// None fits; the one with the smallest peak, or nil if the graph cannot be cut at all.
    case none(smallest: PatchSchedule?)
  }

  /// Chooses the depth of the stage and the grid, unless the network fits layer by layer.
  ///
  /// - Parameters:
  ///   - limitBytes: bytes that activations may take, image not counted.
  ///   - convention: how bytes are counted.
  ///   - grids: grids tried for each block.
  /// - Returns: what fits with the fewest multiplications.
  /// - Throws: ``PatchScheduleError/size(_:)``.
  public func cheapest(
    limitBytes: Int, convention: PatchConvention = .plain, grids: ClosedRange<Int> = 2...8
  ) throws(PatchScheduleError) -> Choice {
    if unpatchedPeakBytes[convention] <= limitBytes {
      return .unpatched(peakBytes: unpatchedPeakBytes[convention])
    }
    let found = try cheapestTiles(limitBytes: limitBytes, convention: convention, grids: grids)
    return found.fitting.map(Choice.schedule) ?? .none(smallest: found.smallest)
  }

  /// The schedule in tiles with the fewest multiplications that fits, and that with the smallest peak.
  ///
  /// Parameters as of ``cheapest(limitBytes:convention:grids:)``. Blocks after which the graph cannot be
  /// cut are passed over; nil if that leaves none. Where one fits, the smallest of those that were
  /// looked at.
  ///
  /// - Throws: ``PatchScheduleError/size(_:)``.
  public func cheapestTiles(
    limitBytes: Int, convention: PatchConvention = .plain, grids: ClosedRange<Int> = 2...8
  ) throws(PatchScheduleError) -> (fitting: PatchSchedule?, smallest: PatchSchedule?) {
    var best: PatchSchedule?
    var smallest: PatchSchedule?
    for block in blocks.blocks {
      guard let stage = try? PatchStage(graph, output: block.output) else { continue }
      for grid in grids {
        guard let tiling = try? PatchTiling(graph, stage: stage, grid: grid) else { break }
        let schedule: PatchSchedule
        do throws(ArenaError) {
          // Dearer than what fits already: its memory need not be worked out.
          if let best, try macs(of: tiling) > best.macs { continue }
          schedule = try PatchSchedule(self, tiling: tiling, splitAfter: block.number)
        } catch {
          throw .size(error)
        }
        func key(_ schedule: PatchSchedule) -> (Int, Int) {
          (schedule.macs, schedule.peakBytes[convention])
        }
        let peak = schedule.peakBytes[convention]
        if peak <= limitBytes, best.map({ key(schedule) < key($0) }) ?? true { best = schedule }
        if smallest.map({ peak < $0.peakBytes[convention] }) ?? true { smallest = schedule }
        // What follows the stage does not shrink with finer tiles.
        if schedule.restPeakBytes[convention] > limitBytes,
          schedule.restPeakBytes[convention] >= schedule.stagePeakBytes[convention]
        {
          break
        }
      }
    }
    return (best, smallest)
  }
}
