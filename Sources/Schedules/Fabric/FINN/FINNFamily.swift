import Documents
public import HWModel
import TargetFiles

/// FPGAs under FINN: a quantized network as a pipeline of units that streams connect.
public struct FINNFamily: DeviceFamily {
  public let schema = FINNTarget.schema
  /// Each part under each version.
  public let files = FabricFiles(
    FINNTarget.schema,
    files: TargetFiles.of(family: "fpga").merging(TargetFiles.of(family: "finn")) { $1 },
    flowKey: "dataflow", ownsParts: false
  ).targets
  public var quantities: [CostQuantity] { FPGAFamily.known }
  public let workloadOptions = ["fps", "energy"]

  public init() {}

  public func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return FINNDevice(try FINNTarget(description, clockHz: options.clockHz))
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  public func headline(
    _ description: TargetDescription
  ) throws(TargetProblems) -> TargetHeadline {
    let target = try FINNTarget(description)
    return TargetHeadline(
      technology: target.technology, resources: target.resources,
      isMeasured: target.measuredOn.contains(target.technology))
  }

  public var headlineNote: String? {
    "quantized networks (QONNX) as pipelines; --option fps=N asks for a frame rate"
  }
}

extension TargetHeadline {
  /// What the list says of an FPGA under a flow.
  init(technology: String, resources: FabricTarget.Resources, isMeasured: Bool) {
    let counts = [
      ("LUT", "lut", resources.lut), ("DSP", "dsp", resources.dsp),
      ("BRAM18", "bram18", resources.bram18), ("URAM", "uram", resources.uram),
    ]
    self.init(
      cells: [.init("technology", [.words(technology)])]
        + counts.map { .init($0.0, [.count($0.2)], isNumber: true) }
        + [.init("flow's reports", [.words(isMeasured ? "such parts" : "other parts")])],
      members: [.init(key: "technology", value: .string(technology))]
        + counts.map { .init(key: $0.1, value: .integer($0.2)) }
        + [.init(key: "is_measured", value: .bool(isMeasured))])
  }
}

/// One part under one version of FINN.
public struct FINNDevice: Device {
  public let target: FINNTarget

  public init(_ target: FINNTarget) { self.target = target }

  public var description: TargetDescription { target.description }
  /// Those of the family, but no blocks of a kind that the part does not have.
  public var quantities: [CostQuantity] {
    FPGAFamily.known.filter { $0 != .uram || target.resources.uram > 0 }
  }

  public func basis(of quantity: CostQuantity) -> CostBasis {
    quantity == .energy
      ? OperationEnergy.qkeras.basis
      : .estimate(
        model: "units of FINN by their folds", error: target.error(of: quantity.name))
  }

  public func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    try FINNDeployment(workload, on: self)
  }
}
