import Documents
public import HWModel
import TargetFiles

/// Microcontrollers: a board with the software that runs networks on it.
public struct MCUFamily: DeviceFamily {
  public let schema = MCUTarget.schema
  public let files = TargetFiles.of(family: "mcu")
  public let quantities: [CostQuantity] = [.latency, .sram, .flash, .energy]
  public let workloadOptions = ["patch", "split-after"]

  public init() {}

  public func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return MCUDevice(try MCUTarget(description, clockHz: options.clockHz))
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  public func headline(
    _ description: TargetDescription
  ) throws(TargetProblems) -> TargetHeadline {
    let target = try MCUTarget(description)
    let error = target.latencyError
    func optional(_ number: Double?) -> JSON { number.map(JSON.number) ?? .null }
    return TargetHeadline(
      cells: [
        .init("core", [.words(try description.required(description.text, "core"))]),
        .init("MHz", [.number(target.clockHz / 1e6)], isNumber: true),
        .init("SRAM KiB", [.count(target.sramBytes >> 10)], isNumber: true),
        .init("flash KiB", [.count(target.flashBytes >> 10)], isNumber: true),
        .init("error, worst", Self.words(target)),
      ],
      members: [
        .init(key: "clock_hz", value: .number(target.clockHz)),
        .init(key: "sram_bytes", value: .integer(target.sramBytes)),
        .init(key: "flash_bytes", value: .integer(target.flashBytes)),
        .init(key: "has_latency_model", value: .bool(target.latency != nil)),
        .init(key: "latency_error_percent", value: optional(error?.median)),
        .init(key: "latency_worst_error_percent", value: optional(error?.worst)),
        .init(
          key: "latency_board_error_percent",
          value: optional(description.number("latency_board_error_percent"))),
      ])
  }

  private static func words(_ target: MCUTarget) -> [TargetHeadline.Part] {
    guard target.latency != nil else { return [.words("no model")] }
    guard let error = target.latencyError else { return [.words("unknown")] }
    let worst = error.worst.map { [TargetHeadline.Part.words(", "), .share($0 / 100)] }
    return [.share(error.median / 100)] + (worst ?? [])
  }

  public var headlineNote: String? {
    "error of latency: median, and worst, over networks that the fit did not see on that board and "
      + "stack"
  }
}

/// One microcontroller with its stack.
public struct MCUDevice: Device {
  public let target: MCUTarget

  public init(_ target: MCUTarget) { self.target = target }

  public var description: TargetDescription { target.description }

  public var quantities: [CostQuantity] {
    let hasTime = target.latency != nil
    return (hasTime ? [.latency] : []) + [.sram, .flash]
      + (hasTime && target.activePowerW != nil ? [.energy] : [])
  }

  public func basis(of quantity: CostQuantity) -> CostBasis {
    switch quantity {
    case .latency, .cycles:
      .estimate(model: "kernel classes, seven constants a stack", error: target.latencyError)
    case .energy: .estimate(model: "mean measured power times latency", error: nil)
    case .sram: .estimate(model: "arena plan, structures and runtime", error: target.memoryError)
    default: .estimate(model: "packed weights, tables and code", error: nil)
    }
  }

  public func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    try MCUDeployment(workload, on: self)
  }
}
