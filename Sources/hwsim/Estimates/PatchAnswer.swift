import Documents
import QuantGraph
import Schedules

/// What `--patch` asks for, and its answer.
enum PatchRequest: Sendable {
  case automatic
  case grid(Int, splitAfter: Int)

  /// - Throws: a ``Failure`` if the options do not belong together.
  init?(patch: String?, splitAfter: Int?) throws(Failure) {
    guard let patch else {
      if splitAfter == nil { return nil }
      throw Failure(
        "usage.arguments", "--split-after is about a patch schedule", remedy: "add --patch N.")
    }
    if patch == "auto" {
      guard splitAfter == nil else {
        throw Failure(
          "usage.arguments", "--patch auto chooses the split itself",
          remedy: "leave out --split-after, or give --patch N.")
      }
      self = .automatic
      return
    }
    guard let grid = Int(patch), grid >= 1, grid <= 1024 else {
      throw Failure(
        "usage.arguments", "--patch \(patch) is neither auto nor a number of tiles",
        remedy: "write --patch 3 --split-after 2, or --patch auto.")
    }
    guard let splitAfter else {
      throw Failure(
        "usage.arguments", "--patch \(grid) needs the last block of the stage",
        remedy: "add --split-after B, or write --patch auto.")
    }
    self = .grid(grid, splitAfter: splitAfter)
  }
}

/// The schedule that was found.
struct PatchAnswer: Sendable {
  /// Nil where the network fits without patches, or no schedule fits.
  let patched: MCUPatched?
  /// Whether ``patched`` keeps the limit it was chosen under; true for a grid that was given.
  let isKept: Bool
  /// What `--patch auto` found, in words.
  let finding: String?

  init(
    _ request: PatchRequest, _ planner: PatchPlanner, _ estimator: MCUEstimator,
    _ estimate: MCUEstimate, available: Int
  ) throws(Failure) {
    do throws(PatchScheduleError) {
      switch request {
      case .grid(let grid, let block):
        patched = estimator.patched(
          try planner.schedule(grid: grid, splitAfter: block), estimate)
        isKept = true
        finding = nil
      case .automatic:
        if estimate.memory.sramBytes <= available {
          patched = nil
          isKept = true
          finding = "no patches are needed: the network fits layer by layer"
          return
        }
        let limit = estimator.patchLimit(available: available, estimate)
        switch try planner.cheapest(limitBytes: limit) {
        case .unpatched:
          patched = nil
          isKept = false
          finding = "patches do not help: the layers fit, what is beside them does not"
        case .schedule(let schedule):
          patched = estimator.patched(schedule, estimate)
          isKept = true
          finding = "the fewest multiplications of all schedules that fit"
        case .none(let smallest):
          patched = smallest.map { estimator.patched($0, estimate) }
          isKept = false
          finding =
            smallest == nil
            ? "the network cannot be cut in tiles"
            : "no schedule fits; this one needs the least memory"
        }
      }
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  var json: JSON {
    guard let patched else { return .null }
    let schedule = patched.schedule
    return [
      "grid": .integer(schedule.grid), "split_after": .integer(schedule.splitAfter),
      "macs": .integer(schedule.macs), "macs_unpatched": .integer(schedule.unpatchedMACs),
      "stage_macs": .integer(schedule.stageMACs),
      "peak_bytes": bytes(schedule.peakBytes),
      "peak_bytes_unpatched": bytes(schedule.unpatchedPeakBytes),
      "stage_peak_bytes": bytes(schedule.stagePeakBytes),
      "image_bytes": .integer(schedule.imageBytes),
      "sram_bytes": .integer(patched.sramBytes),
      "latency_seconds": patched.seconds.map(JSON.number) ?? .null,
      "latency_cycles": patched.cycles.map(JSON.number) ?? .null,
      "kept": .bool(isKept),
      "tiles": .array(
        schedule.tiles.map { tile in
          [
            "tile": .integers([tile.row, tile.column]),
            "input_rows": range(tile.input.rows), "input_cols": range(tile.input.columns),
            "output_rows": range(tile.output.rows), "output_cols": range(tile.output.columns),
            "rows_per_layer": .integers(tile.rowsPerLayer),
            "cols_per_layer": .integers(tile.columnsPerLayer),
            "macs": .integer(tile.macs), "peak_bytes": bytes(tile.peakBytes),
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

  func text(_ estimate: MCUEstimate) -> String {
    var text = ""
    if let finding { text += "       patches \(finding)\n" }
    guard let patched else { return text }
    let schedule = patched.schedule
    let more =
      schedule.unpatchedMACs > 0
      ? Double(schedule.macs) / Double(schedule.unpatchedMACs) - 1 : 0
    text +=
      "       patches \(schedule.grid) x \(schedule.grid) tiles to block \(schedule.splitAfter): "
      + "activations \(Amounts.kibibytes(schedule.peakBytes[.plain])) KiB (was "
      + "\(Amounts.kibibytes(schedule.unpatchedPeakBytes[.plain])); plain), MAC "
      + "+\(Amounts.percent(more))"
    if let seconds = patched.seconds { text += ", \(Amounts.time(seconds))" }
    return text + "\n"
  }
}
