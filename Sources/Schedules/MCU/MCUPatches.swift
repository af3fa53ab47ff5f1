import Documents
import QuantGraph

/// The patch schedule of a network on a microcontroller.
struct MCUPatches: Sendable {
  /// Nil where the network fits without patches, or cannot be cut.
  let schedule: PatchSchedule?
  /// Whether it keeps the limit it was chosen under; true for a grid that was given.
  let isKept: Bool
  /// What `auto` found, in words.
  let finding: String?
}

extension MCUEstimator {
  /// The schedule that a request gives, in `widths` where it names grid and split, where `available` bytes of SRAM are there for all.
  ///
  /// The image stays in memory while tiles read it, so it is taken off, and so is what lives beside
  /// the activations.
  func patches(
    _ request: PatchRequest, _ planner: PatchPlanner, _ memory: Memory, available: Int,
    widths: PatchWidths? = nil
  ) throws(PatchScheduleError) -> MCUPatches {
    if case .grid(let grid, let block) = request {
      return MCUPatches(
        schedule: try planner.schedule(grid: grid, splitAfter: block, widths: widths), isKept: true,
        finding: nil)
    }
    if memory.sramBytes <= available {
      return MCUPatches(
        schedule: nil, isKept: true,
        finding: "no patches are needed: the network fits layer by layer")
    }
    let fixed = Saturating.add(
      Saturating.add(memory.persistentBytes, memory.runtimeBytes), imageBytes)
    // Where each layer by itself would fit and the plan of all buffers does not, tiles have to spare the
    // largest layer.
    let bound = min(available - fixed, planner.unpatchedPeakBytes[.plain] - 1)
    let found = try planner.cheapestTiles(limitBytes: max(bound, 0))
    if let schedule = found.fitting {
      return MCUPatches(
        schedule: schedule, isKept: true,
        finding: "the fewest multiplications of all schedules that fit")
    }
    guard let smallest = found.smallest else {
      return MCUPatches(
        schedule: nil, isKept: false, finding: "the network cannot be cut in tiles")
    }
    guard Saturating.add(fixed, smallest.peakBytes[.plain]) < memory.sramBytes else {
      return MCUPatches(
        schedule: nil, isKept: false,
        finding: "patches do not help: every schedule needs as much memory as the layers do")
    }
    return MCUPatches(
      schedule: smallest, isKept: false,
      finding: "no schedule fits; this one needs the least memory")
  }

  /// Bytes of the network's inputs.
  private var imageBytes: Int {
    graph.inputs.reduce(0) {
      Saturating.add($0, Saturating.packedBytes(graph[$1].shape.count, bits: 8))
    }
  }

  /// Positions of a tensor computed by all tiles together, for each of its own.
  func share(of tensor: TensorID, _ schedule: PatchSchedule) -> Double {
    schedule.tiles.reduce(0) {
      $0 + share(of: tensor, schedule.tiling, row: $1.row, column: $1.column)
    }
  }

  /// Positions of a tensor that one tile computes, for each of its own; 0 of what it has no part of.
  func share(of tensor: TensorID, _ tiling: PatchTiling, row: Int, column: Int) -> Double {
    let axes = tiling.stage.axes
    let shape = graph[tensor].shape
    guard let region = tiling.region(of: tensor, row: row, column: column), axes.count == 2,
      axes.allSatisfy({ $0 < shape.rank })
    else { return 0 }
    let area = Double(shape[axes[0]]) * Double(shape[axes[1]])
    return area > 0 ? Double(region.area) / area : 0
  }
}

extension MCUPatches {
  /// Lines of a summary.
  func remarks(seconds: Double?) -> [Schedule.Remark] {
    var remarks: [Schedule.Remark] = []
    if let finding { remarks.append(.init("patches", [.words(finding)])) }
    guard let schedule else { return remarks }
    let more =
      schedule.unpatchedMACs > 0
      ? Double(schedule.macs) / Double(schedule.unpatchedMACs) - 1 : 0
    var parts: [Schedule.Remark.Part] = [
      .words(
        "\(schedule.grid) x \(schedule.grid) tiles to block \(schedule.splitAfter): activations "),
      .amount(Double(schedule.peakBytes[.plain]), unit: "B"), .words(" (was "),
      .amount(Double(schedule.unpatchedPeakBytes[.plain]), unit: "B"), .words("; plain), MAC +"),
      .share(more),
    ]
    if let seconds { parts += [.words(", "), .amount(seconds, unit: "s")] }
    return remarks + [.init("patches", parts)]
  }

  /// The member `patch` of a result; null without a schedule.
  func section(sramBytes: Int, cycles: Double?, seconds: Double?) -> JSON {
    guard let schedule else { return .null }
    return [
      "grid": .integer(schedule.grid), "split_after": .integer(schedule.splitAfter),
      "macs": .integer(schedule.macs), "macs_unpatched": .integer(schedule.unpatchedMACs),
      "stage_macs": .integer(schedule.stageMACs),
      "bops": .integer(schedule.bitOperations),
      "bops_unpatched": .integer(schedule.unpatchedBitOperations),
      "stage_bops": .integer(schedule.stageBitOperations),
      "peak_bytes": bytes(schedule.peakBytes),
      "peak_bytes_unpatched": bytes(schedule.unpatchedPeakBytes),
      "stage_peak_bytes": bytes(schedule.stagePeakBytes),
      "image_bytes": .integer(schedule.imageBytes),
      "sram_bytes": .integer(sramBytes),
      "latency_seconds": seconds.map(JSON.number) ?? .null,
      "latency_cycles": cycles.map(JSON.number) ?? .null,
      "kept": .bool(isKept),
      "tiles": .array(
        schedule.tiles.map { tile in
          [
            "tile": .integers([tile.row, tile.column]),
            "input_rows": range(tile.input.rows), "input_cols": range(tile.input.columns),
            "output_rows": range(tile.output.rows), "output_cols": range(tile.output.columns),
            "rows_per_layer": .integers(tile.rowsPerLayer),
            "cols_per_layer": .integers(tile.columnsPerLayer),
            "macs": .integer(tile.macs), "bops": .integer(tile.bitOperations),
            "converted_values": .integer(tile.convertedValues),
            "peak_bytes": bytes(tile.peakBytes),
          ]
        }),
    ]
  }

  /// First and last position, both included.
  private func range(_ range: Range<Int>) -> JSON {
    .integers([range.lowerBound, range.upperBound - 1])
  }

  private func bytes(_ bytes: ConventionBytes) -> JSON {
    .object(
      PatchConvention.allCases.map { .init(key: $0.rawValue, value: .integer(bytes[$0])) })
  }
}
