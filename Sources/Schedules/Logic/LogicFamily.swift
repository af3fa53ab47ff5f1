public import Documents
public import HWModel
import QuantGraph
import TargetFiles

/// Synthesis flows, which say what arithmetic units take.
public struct LogicFamily: DeviceFamily {
  public let schema = LogicFlow.schema
  public let files = TargetFiles.of(family: "logic")
  public let quantities: [CostQuantity] = []

  public init() {}

  public func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return LogicDevice(flow: try LogicFlow(description))
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  public func headline(
    _ description: TargetDescription
  ) throws(TargetProblems) -> TargetHeadline {
    let flow = try LogicFlow(description)
    let errors = ["lut", "depth"].map { flow.error(of: $0) }
    return TargetHeadline(
      cells: zip(["LUT error", "depth error"], errors).map { title, error in
        .init(
          title, error.map { [.share($0 / 100)] } ?? [.words("unknown")], isNumber: true)
      },
      members: zip(["lut", "depth"], errors).map { name, error in
        .init(key: "\(name)_mape_percent", value: error.map(JSON.number) ?? .null)
      })
  }

  public var headlineNote: String? {
    "errors of flows are means over synthesized units, a third of them left out of the fit at a time"
  }
}

/// One flow.
public struct LogicDevice: Device, AnswersUnits {
  public let flow: LogicFlow

  public var description: TargetDescription { flow.description }
  public var quantities: [CostQuantity] { [] }

  public func basis(of quantity: CostQuantity) -> CostBasis {
    .estimate(model: "packing of the unit's own logic", error: nil)
  }

  public func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    throw DeviceProblems(
      Diagnostic(
        code: "target.units-only",
        message: "'\(description.id)' is a synthesis flow and costs arithmetic units only",
        remedy: "name a part with its flow, such as xcvu9p+vitis-2023.2; or hwsim unit --cost."))
  }

  public func answer(unit: JSON) throws(DeviceProblems) -> [JSON.Member] {
    let family: UnitFamily
    do throws(Diagnostic) {
      family = try UnitFamily(
        family: unit["family"]?.text ?? "", parameters: unit["params"] ?? .null)
    } catch {
      throw DeviceProblems(error)
    }
    let cost = flow.cost(of: family)
    var claimed: [JSON.Member] = []
    if case .packed(let packing) = family {
      claimed = [.init(key: "claimed", value: .bool(flow.claims(packing)))]
    }
    return [
      .init(key: "logic_luts", value: .number(cost.luts)),
      .init(key: "ff", value: .integer(cost.ff)),
      .init(key: "carry", value: .integer(cost.carry)),
      .init(key: "dsp", value: .integer(cost.dsp)),
      .init(key: "depth_lut_levels", value: .integer(cost.levels)),
    ] + (flow.copies(of: cost).map { [.init(key: "copies", value: .integer($0))] } ?? [])
      + claimed
  }
}
