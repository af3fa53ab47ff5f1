import Documents
import HWModel
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

@Suite("Choosing a patch schedule") struct PatchChoiceTests {
  /// The definition: every block, every grid.
  private func cheapest(
    _ planner: PatchPlanner, limit: Int, convention: PatchConvention, grids: ClosedRange<Int>
  ) -> (macs: Int, peak: Int)? {
    var best: (macs: Int, peak: Int)?
    for block in planner.blocks.blocks {
      for grid in grids {
        guard let schedule = try? planner.schedule(grid: grid, splitAfter: block.number),
          schedule.peakBytes[convention] <= limit
        else { continue }
        let found = (macs: schedule.macs, peak: schedule.peakBytes[convention])
        if best.map({ found < $0 }) ?? true { best = found }
      }
    }
    return best
  }

  @Test("the choice is the cheapest of all that fit", arguments: PatchConvention.allCases)
  func definition(convention: PatchConvention) throws {
    let planner = try PatchPlanner(try MobileNetGraph.v2(alpha: 0.35, resolution: 96))
    let whole = planner.unpatchedPeakBytes[convention]
    var chosen = 0
    for limit in stride(from: 4_000, through: whole, by: 6_000) {
      let choice = try planner.cheapest(limitBytes: limit, convention: convention, grids: 2...6)
      let expected = cheapest(planner, limit: limit, convention: convention, grids: 2...6)
      switch choice {
      case .schedule(let schedule):
        #expect(schedule.macs == expected?.macs)
        #expect(schedule.peakBytes[convention] == expected?.peak)
        #expect(schedule.peakBytes[convention] <= limit)
        chosen += 1
      case .none(let smallest):
        #expect(expected == nil)
        #expect(try #require(smallest).peakBytes[convention] > limit)
      case .unpatched: Issue.record("the network does not fit in \(limit) bytes")
      }
    }
    #expect(chosen > 3)
    #expect(
      try planner.cheapest(limitBytes: whole, convention: convention)
        == .unpatched(peakBytes: whole))
  }

  @Test("MCUNet under limits", .enabled(if: SharedData.root != nil))
  func mcunet() throws {
    let path = try #require(SharedData.path("models/tinyengine/mcunet_vww.tflite"))
    let planner = try PatchPlanner(try TFLiteModel.read(path).graph)
    // The depthwise layer of stride 2 on the 48 channels that block 2 expands to; its padding is an
    // operator of its own in the file and none of its memory.
    #expect(planner.unpatchedPeakBytes.plain == 40 * 40 * 48 + 20 * 20 * 48)
    guard case .schedule(let schedule) = try planner.cheapest(limitBytes: 64 << 10) else {
      Issue.record("no schedule fits")
      return
    }
    print(
      "mcunet_vww: \(planner.unpatchedPeakBytes.plain) B whole; after block \(schedule.splitAfter),"
        + " grid \(schedule.grid): \(schedule.peakBytes.plain) B,"
        + " MACs \(schedule.macs) of \(schedule.unpatchedMACs)")
    #expect(schedule.peakBytes.plain <= 64 << 10)
  }

  @Test("layers that fit one by one are cut where the plan of all buffers does not fit")
  func plan() throws {
    // Padding is a tensor of the arena, but none of the peak of a layer.
    let graph = try MobileNetGraph.v2(alpha: 0.35, resolution: 96)
    let device = try MCUDevice(MCUEstimateTests.target("stm32h743+tinyengine"))
    func schedule(_ limit: Double?) throws -> Schedule {
      var workload = Workload(graph)
      workload.options["patch"] = "auto"
      workload.limits[CostQuantity.sram.key] = limit
      return try device.deploy(workload).schedule(FormatChoices(), for: nil)
    }
    let whole = try #require(try schedule(nil).cost[CostQuantity.sram.key]).value
    let tiled = try schedule(whole - 1)
    #expect(try #require(tiled.cost[CostQuantity.sram.key]).value < whole)
    #expect(tiled.sections.first { $0.key == "patch" }?.value != .null)
  }
}
