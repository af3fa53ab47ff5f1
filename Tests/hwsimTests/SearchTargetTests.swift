import FoundationEssentials
import TestSupport
import Testing

/// The repository's float network searched for a device.
@Suite("Command line: search --target")
struct SearchTargetTests {
  private static let folder = "examples/digits/"
  private static let target = "nucleo-l4r5zi+tflm"

  private func search(_ arguments: String..., target: String? = Self.target) throws -> ToolRun {
    try ToolRun(
      arguments: [
        "search", Self.folder + "network.onnx", "--inputs", Self.folder + "images.npy", "--labels",
        Self.folder + "classes.npy", "--calibration", Self.folder + "calibration.npy",
      ] + (target.map { ["--target", $0] } ?? []) + arguments)
  }

  @Test("points have the device's costs as estimates; memory falls below its budget")
  func points() throws {
    let run = try search(
      "--objective", "accuracy,sram,latency", "--bits", "4,8", "--evaluations", "30",
      "--screening", "40", "--budget", "sram=5700B", "--json")
    #expect(run.code == 0, "\(run.error)")
    let document = try JSONValue(run.output)
    let schema = try JSONValue(ToolRun("schema", "search").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    #expect(document["target"]?["id"]?.text == Self.target)
    let objectives = document["result"]?["objectives"]?.elements ?? []
    #expect(objectives.map { $0["name"]?.text } == ["accuracy", "sram_bytes", "latency_seconds"])
    #expect(objectives.map { $0["kind"]?.text } == ["exact", "estimate", "estimate"])
    let error = try #require(objectives[2]["error_percent"]?.number)
    #expect(error > 0 && objectives[2]["model"]?.text?.isEmpty == false)
    let points = document["result"]?["points"]?.elements ?? []
    #expect(!points.isEmpty)
    func cost(_ point: JSONValue, _ key: String) throws -> Double {
      try #require(point[key]?.number)
    }
    for point in points {
      #expect(try cost(point, "sram_bytes") <= 5700)
      #expect(try cost(point, "flash_bytes") > 0 && cost(point, "energy_joules") > 0)
      let near = try #require(point["indistinguishable_from"]).elements.compactMap(\.text)
      for other in points where other["id"] != point["id"] {
        let (a, b) = (try cost(point, "latency_seconds"), try cost(other, "latency_seconds"))
        let isNear =
          try cost(point, "sram_bytes") == cost(other, "sram_bytes")
          && abs(a - b) <= error / 100 * max(a, b)
        #expect(near.contains(other["id"]?.text ?? "") == isNear)
      }
    }
    #expect(document["result"]?["notes"]?.elements.isEmpty == false)
  }

  @Test("a budget below what is reachable: exit 1, its cost and its minimum")
  func infeasible() throws {
    let run = try search(
      "--objective", "accuracy,sram", "--bits", "4,8", "--evaluations", "4", "--screening", "0",
      "--budget", "latency=1us", "--json")
    #expect(run.code == 1, "\(run.error)")
    let infeasible = try #require(JSONValue(run.output)["result"]?["infeasible"])
    #expect(infeasible["budget"]?.text == "latency_seconds")
    #expect(try #require(infeasible["reachable_minimum"]?["latency_seconds"]?.number) > 1e-6)
  }

  @Test("unknown devices and costs that a device lacks are told with what there is")
  func refusals() throws {
    let misspelt = try search("--objective", "accuracy,latency", target: "nucleo-l4r5z")
    #expect(misspelt.code == 64)
    #expect(misspelt.error.contains("Did you mean") || misspelt.error.contains("did you mean"))
    let lacking = try search("--objective", "accuracy,latency", target: "gap9-evk+gapflow")
    #expect(lacking.code == 64)
    #expect(lacking.error.contains("it has: sram_bytes, flash_bytes"))
    let budget = try search("--budget", "energy=1mJ", target: "stm32f746+tinyengine")
    #expect(budget.code == 64)
    #expect(budget.error.contains("it has: latency_seconds, sram_bytes, flash_bytes"))
    let without = try search("--objective", "accuracy,latency", target: nil)
    #expect(without.code == 64 && without.error.contains("--target"))
    let format = try search("--objective", "accuracy,sram", "--formats", "e4m3")
    #expect(format.code != 0 && format.error.contains("integers of 1 to 16 bits"))
  }
}
