import Documents
import HWModel
import Importers
package import QuantGraph
package import Schedules

/// Which patch schedule a search is over.
package struct PatchQuestion {
  package let request: PatchRequest
  /// Where it runs, for a schedule that has to fit; nil where grid and split are given.
  package let device: (any Device)?
  /// Bounds by the quantity's key.
  package let limits: [String: Double]

  package init(_ request: PatchRequest, device: (any Device)?, limits: [String: Double]) {
    self.request = request
    self.device = device
    self.limits = limits
  }

  /// The model with a stage in tiles.
  ///
  /// `auto` is what `estimate --patch auto` finds for the model's own widths: the fewest multiplications
  /// among the schedules that keep the limits, or the smallest peak where none does. Where the network
  /// needs no patches it is the one with the fewest multiplications that needs less memory.
  ///
  /// - Throws: a ``Failure`` for a model that cannot be cut.
  package func tiled(_ file: ModelFile) throws(Failure) -> ModelFile {
    if case .grid(let grid, let block) = request {
      guard grid > 1 else {
        throw Failure(
          "usage.arguments", "a grid of \(grid) has no patches", at: "--patch",
          remedy: "give at least 2 tiles along an axis.")
      }
      return try file.patched(grid: grid, splitAfter: block)
    }
    guard let device else {
      throw Failure(
        "usage.arguments", "--patch auto needs a target to fit", at: "--patch",
        remedy: "add --target ID, or give --patch N --split-after B.")
    }
    var workload = file.workload
    workload.options["patch"] = "auto"
    workload.limits = limits
    let schedule: Schedule
    do throws(DeviceProblems) {
      schedule = try device.deploy(workload).schedule(FormatChoices(), for: nil)
    } catch {
      throw Failure(error, file: file.path)
    }
    let found = schedule.sections.first { $0.key == "patch" }?.value
    if let grid = found?["grid"]?.doubleValue, let block = found?["split_after"]?.doubleValue {
      return try file.patched(grid: Int(grid), splitAfter: Int(block))
    }
    let choice: PatchPlanner.Choice
    do throws(PatchScheduleError) {
      let planner = try PatchPlanner(file.graph)
      choice = try planner.cheapest(
        limitBytes: max(planner.unpatchedPeakBytes[.plain] - 1, 0))
    } catch {
      throw Failure(Diagnostic(error))
    }
    guard case .schedule(let schedule) = choice else {
      throw Failure(
        "search.patches", "no patch schedule of the network needs less memory than it does whole",
        at: file.path, remedy: "give --patch N --split-after B, or search without patches.")
    }
    return try file.patched(grid: schedule.grid, splitAfter: schedule.splitAfter)
  }
}
