package import Documents
import HWModel
import Importers
package import QuantGraph
package import Schedules
package import Search

/// What a search over a patch schedule says of it: the patches, and what each allocation costs beside the
/// plain schedule and the network run layer by layer.
package struct PatchAnswer: Sendable {
  /// One way to run the network.
  package struct Row: Sendable {
    package let name: String
    /// Id of the search's point; nil for what no point is.
    package let point: String?
    package let macs: Int
    package let bitOperations: Int
    /// Of the stage's tiles alone.
    package let stageBitOperations: Int
    /// Under the plain convention of patch schedules.
    package let peakBytes: Int
    /// What the device says; nil where none is named.
    package let sramBytes: Double?
    package let latencySeconds: Double?
    package let flashBytes: Double?
    package let evaluation: Evaluation?
    /// Mean bits of what the layers of each tile read, by multiplications; none of a network run whole.
    package let tileBits: [Double]
  }

  package let grid: Int
  package let splitAfter: Int
  package let imageBytes: Int
  package let tiling: PatchTiling
  package let precision: PatchPrecisionSearch?
  /// The network whole, the plain schedule, then allocations.
  package let rows: [Row]

  /// - Parameters:
  ///   - tiles: the model's stage.
  ///   - subject: the model.
  ///   - precision: what quantmcu knows of the patches; nil for other methods.
  ///   - space: the search's.
  ///   - points: the frontier.
  ///   - evaluations: all that were run.
  ///   - device: where it runs; nil for none.
  /// - Throws: a ``Failure`` for what the device cannot run.
  package init(
    _ tiles: ModelFile.Tiles, of subject: any SearchSubject, precision: PatchPrecisionSearch?,
    space: SearchSpace, points: [SearchPoint], evaluations: [Evaluation], device: (any Device)?
  ) throws(Failure) {
    grid = tiles.tiling.grid
    splitAfter = tiles.splitAfter
    tiling = tiles.tiling
    self.precision = precision
    let planner: PatchPlanner
    let plain: PatchSchedule
    do throws(PatchScheduleError) {
      planner = try PatchPlanner(tiles.whole)
      plain = try planner.schedule(grid: tiles.tiling.grid, splitAfter: tiles.splitAfter)
    } catch {
      throw Failure(Diagnostic(error))
    }
    imageBytes = plain.imageBytes
    let workload = subject.workload
    func totals(
      _ workload: Workload, _ choices: FormatChoices
    ) throws(Failure) -> (sram: Double?, latency: Double?, flash: Double?) {
      guard let device else { return (nil, nil, nil) }
      do throws(DeviceProblems) {
        let cost = try device.deploy(workload).schedule(choices, for: nil).cost
        return (
          cost[CostQuantity.sram.key]?.value, cost[CostQuantity.latency.key]?.value,
          cost[CostQuantity.flash.key]?.value
        )
      } catch {
        throw Failure(error, file: subject.file.path)
      }
    }
    func row(
      _ name: String, _ point: String?, _ schedule: PatchSchedule, _ choices: FormatChoices,
      _ evaluation: Evaluation?
    ) throws(Failure) -> Row {
      let device = try totals(workload, choices)
      return Row(
        name: name, point: point, macs: schedule.macs, bitOperations: schedule.bitOperations,
        stageBitOperations: schedule.stageBitOperations,
        peakBytes: schedule.peakBytes[.plain], sramBytes: device.sram,
        latencySeconds: device.latency, flashBytes: device.flash, evaluation: evaluation,
        tileBits: zip(schedule.tiles, plain.tiles).map { tile, own in
          own.bitOperations > 0 ? 8 * Double(tile.bitOperations) / Double(own.bitOperations) : 8
        })
    }
    var wholeWorkload = workload
    wholeWorkload.tiled = nil
    wholeWorkload.options["patch"] = nil
    wholeWorkload.options["split-after"] = nil
    let own = Dictionary(
      evaluations.map { ($0.choice, $0) }, uniquingKeysWith: { first, _ in first })
    let plainChoice = PatchPrecisionSearch.plain(space)
    let whole = try totals(wholeWorkload, FormatChoices())
    var rows = [
      Row(
        name: "layer by layer", point: nil, macs: plain.unpatchedMACs,
        bitOperations: plain.unpatchedBitOperations, stageBitOperations: 0,
        peakBytes: plain.unpatchedPeakBytes[.plain], sramBytes: whole.sram,
        latencySeconds: whole.latency, flashBytes: whole.flash, evaluation: own[plainChoice],
        tileBits: []),
      try row("patches as the model is", nil, plain, FormatChoices(), own[plainChoice]),
    ]
    for point in points where point.choice != plainChoice {
      let choices: FormatChoices
      do throws(CostError) {
        choices = try subject.choices(space.formats(of: point.choice))
      } catch {
        throw Failure(error, file: subject.file.path)
      }
      let widths = PatchWidths(
        CodeWidths(tiles.patched.graph, choices), of: tiles.patched, in: tiles.whole)
      let schedule: PatchSchedule
      do throws(PatchScheduleError) {
        schedule = try planner.schedule(grid: grid, splitAfter: splitAfter, widths: widths)
      } catch {
        throw Failure(Diagnostic(error))
      }
      rows.append(
        try row("point \(point.id)", point.id, schedule, choices, own[point.choice]))
    }
    self.rows = rows
  }

  /// How many times fewer bit operations a row needs than the plain schedule.
  package func reduction(_ row: Row) -> Double {
    row.bitOperations > 0 ? Double(rows[1].bitOperations) / Double(row.bitOperations) : 1
  }
}

extension PatchAnswer {
  /// The member `patch` of a search's result.
  package var json: JSON {
    [
      "grid": .integer(grid), "split_after": .integer(splitAfter),
      "image_bytes": .integer(imageBytes), "classification": classification,
      "tiles": .array(
        (0..<grid * grid).map { tile in
          let patch = precision?.patches[tile]
          return [
            "tile": .integers([tile / grid, tile % grid]),
            "class": patch.map { .string($0.isOutlier ? "outlier" : "free") } ?? .null,
            "outliers": patch.map { .number($0.outliers) } ?? .null,
            "rows": patch.map { Self.span($0.region.rows) } ?? .null,
            "columns": patch.map { Self.span($0.region.columns) } ?? .null,
          ]
        }),
      "schedules": .array(rows.map(json)),
    ]
  }

  private static func span(_ range: Range<Int>) -> JSON {
    .integers([range.lowerBound, range.upperBound - 1])
  }

  private var classification: JSON {
    guard let precision else { return .null }
    let options = precision.options
    return [
      "tensor": .string(precision.tensor), "mean": .number(precision.mean),
      "standard_deviation": .number(precision.deviation),
      "outlier_sigma": .number(options.deviations),
      "outlier_share": .number(options.outlierShare),
      "lambda": .array(options.lambdas.map(JSON.number)), "entropy_bins": .integer(options.bins),
      "map_order": .string(options.order.rawValue),
      "outlier_patches": .integer(precision.outlierPatches),
      "outlier_patch_share": .number(
        Double(precision.outlierPatches) / Double(max(precision.patches.count, 1))),
    ]
  }

  private func json(_ row: Row) -> JSON {
    func number(_ value: Double?) -> JSON { value.map(JSON.amount) ?? .null }
    return [
      "name": .string(row.name), "point": .optional(row.point), "macs": .integer(row.macs),
      "bops": .integer(row.bitOperations), "stage_bops": .integer(row.stageBitOperations),
      "bops_reduction": .number(reduction(row)), "peak_bytes": .integer(row.peakBytes),
      "sram_bytes": number(row.sramBytes),
      "latency_seconds": row.latencySeconds.map(JSON.number) ?? .null,
      "flash_bytes": number(row.flashBytes), "correct": .optional(row.evaluation?.correct),
      "samples": .optional(row.evaluation?.samples),
      "loss": row.evaluation.map { .number($0.loss) } ?? .null,
      "tile_bits": .array(row.tileBits.map(JSON.number)),
    ]
  }

  /// What a reader must know.
  package var notes: [String] {
    var notes = [
      "bits of tiles of less than 8 save memory and bit operations, not time: Cortex-M cores unpack "
        + "them (counted as CMix-NN's kernels do; not measured)",
      "kernels that pack several narrow products in one multiplication (MCU-MixQ) are not modelled: "
        + "their cycles are not published where they could be read",
    ]
    if precision != nil {
      notes.append(
        "quantmcu after its published summaries; the full text was not at hand, so sigma, share, lambda, "
          + "bins and order are options, printed with the result")
    }
    return notes
  }

  /// The patches and the table of schedules.
  package func text(_ style: Style) -> String {
    var text =
      "\n\(grid) x \(grid) patches to block \(splitAfter)"
    if let precision {
      let options = precision.options
      text +=
        "; \(precision.outlierPatches) of \(precision.patches.count) hold values of "
        + "'\(precision.tensor)' beyond \(SearchQuantity.threeDigits(options.deviations)) sigma "
        + "and keep their bits"
    }
    text += "\n"
    if let precision {
      text +=
        "fit: mean \(SearchQuantity.threeDigits(precision.mean)), sigma "
        + "\(SearchQuantity.threeDigits(precision.deviation)); outlier share over "
        + "\(precision.options.outlierShare), lambda "
        + "\(precision.options.lambdas.map { "\($0)" }.joined(separator: ",")), "
        + "\(precision.options.bins) bins, order \(precision.options.order.rawValue)\n"
    }
    text += table.render(style: style)
    return text
  }

  private var table: Table {
    var table = Table([
      .text("schedule", isFlexible: true), .number("MAC", leaves: 1), .number("BitOPs", leaves: 3),
      .number("fewer"), .number("peak", leaves: 2), .number("SRAM"), .number("latency"),
      .number("bits a tile", leaves: 4),
    ])
    func amount(_ value: Double?, _ unit: String, _ kind: CostKind) -> Table.Cell {
      guard let value else { return "" }
      return .init(SearchQuantity.text(value, unit: unit, kind: kind), plain: String(value))
    }
    for row in rows {
      let (low, high) = (row.tileBits.min() ?? 8, row.tileBits.max() ?? 8)
      let bits =
        row.tileBits.isEmpty
        ? ""
        : low == high
          ? SearchQuantity.threeDigits(low)
          : "\(SearchQuantity.threeDigits(low)) to \(SearchQuantity.threeDigits(high))"
      table.append([
        .init(row.name), amount(Double(row.macs), "", .exact),
        amount(Double(row.bitOperations), "", .exact),
        .init("\(SearchQuantity.threeDigits(reduction(row)))x", plain: String(reduction(row))),
        amount(Double(row.peakBytes), "B", .exact), amount(row.sramBytes, "B", .exact),
        amount(row.latencySeconds, "s", .estimate(model: "", errorPercent: nil)), .init(bits),
      ])
    }
    return table
  }
}
