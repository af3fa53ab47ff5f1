import Documents
import FoundationEssentials
import HWModel
import QuantGraph
import Schedules
import TestSupport

/// A family of hardware that no other file knows: cycles a multiplication, whatever the network.
///
/// This folder is all that a new family needs.
struct Abacus: DeviceFamily {
  static let digits = CostQuantity(
    key: "digits", name: "digits", unit: "digits", isResource: true)

  let schema = TargetSchema(
    family: "abacus", title: "abaci", example: (id: "my-abacus", name: "My abacus"),
    keys: [
      TargetKey("rods", .integer(1...100), required: true, "rods of beads"),
      TargetKey("fingers", .list(.integer(1...10)), "fingers of each hand that move beads"),
      TargetKey(
        "cycles_per_multiplication",
        .table([
          .init("digits", .integer(1...64), "bits of the wider operand"),
          .init("cycles", .number(0...1e6), unit: "cycles", "movements of beads"),
        ]), unit: "cycles", required: true, "time by width"),
    ])
  let files: [String: [UInt8]]
  let quantities: [CostQuantity] = [.cycles, Self.digits]

  init() throws {
    let path = SharedData.packageRoot + "/Tests/hwsimTests/Abacus/wooden.json"
    files = ["wooden-abacus": [UInt8](try Data(contentsOf: URL(filePath: path)))]
  }

  func headline(_ description: TargetDescription) throws(TargetProblems) -> TargetHeadline {
    let rods = try description.required(description.integer, "rods")
    return TargetHeadline(
      cells: [.init("rods", [.count(rods)], isNumber: true)],
      members: [.init(key: "rods", value: .integer(rods))])
  }

  func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return Operator(
        description: description,
        rods: try description.required(description.integer, "rods"),
        speeds: try description.required(description.table, "cycles_per_multiplication"))
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  struct Operator: Device {
    let description: TargetDescription
    let rods: Int
    let speeds: [TargetRow]
    let quantities: [CostQuantity] = [.cycles, Abacus.digits]

    func basis(of quantity: CostQuantity) -> CostBasis { .exact }

    func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
      Calculation(graph: workload.graph, device: self)
    }
  }

  struct Calculation: DeployedWorkload {
    let graph: Graph
    let device: Operator

    func step(ofNode node: Int) -> Int? { node }

    func schedule(
      _ choices: FormatChoices, for keys: Set<String>?
    ) throws(DeviceProblems) -> Schedule {
      var widest = 0
      let steps = graph.nodes.enumerated().map { index, node in
        let weights = graph.weights(of: node)
        let encoding = choices.nodes[index]?.weights ?? weights.map { graph[$0].encoding }
        let bits =
          choices.uniform?.weights ?? encoding.flatMap { format in
            if case .affine(let affine) = format { affine.width } else { format.scalarWidth }
          } ?? 32
        widest = max(widest, weights == nil ? 0 : bits)
        let row = device.speeds.first { ($0.integer("digits") ?? 0) >= bits } ?? device.speeds.last
        let macs = graph.multiplyAccumulates(of: node)
        return Schedule.Step(
          name: node.name, node: index, operation: node.operation.name, path: "beads",
          shape: node.outputs.first.map { graph[$0].shape.extents } ?? [], macs: macs,
          bits: [.init("weight", bits)],
          terms: [
            .cycles: .product(
              "multiplications", count: Double(macs), each: row?.number("cycles") ?? .nan,
              key: "cycles_per_multiplication", source: row?.source)
          ])
      }
      return Schedule(
        steps: steps,
        rules: [
          .init(.cycles, .sum),
          .init(
            Abacus.digits, .whole(.count("digits", Double(widest))),
            available: Double(device.rods)),
        ], macs: steps.reduce(0) { $0 + $1.macs }, clockHz: nil, columns: [.cycles])
    }
  }
}
