import Documents
public import HWModel
import QuantGraph
import TargetFiles

extension CostQuantity {
  /// Cycles between two inputs.
  public static let interval = CostQuantity(key: "ii", name: "ii", title: "II", unit: "cycles")
  public static let lut = CostQuantity(
    key: "lut", name: "lut", title: "LUT", unit: "LUT", isResource: true)
  public static let ff = CostQuantity(
    key: "ff", name: "ff", title: "FF", unit: "FF", isResource: true)
  public static let dsp = CostQuantity(
    key: "dsp", name: "dsp", title: "DSP", unit: "DSP", isResource: true)
  /// Halves of 36 Kib.
  public static let bram18 = CostQuantity(
    key: "bram18", name: "bram18", title: "BRAM", unit: "BRAM18", isResource: true)
  public static let uram = CostQuantity(
    key: "uram", name: "uram", title: "URAM", unit: "URAM", isResource: true)
}

/// FPGAs: a part under the flow that synthesizes for it, counted without synthesis.
public struct FPGAFamily: DeviceFamily {
  public let schema = FabricTarget.schema
  /// Each part under each flow.
  public let files = FabricFiles(
    FabricTarget.schema, files: TargetFiles.of(family: "fpga"), flowKey: "tool", ownsParts: true
  ).targets
  public var quantities: [CostQuantity] { Self.known }
  static let known: [CostQuantity] = [
    .latency, .cycles, .interval, .lut, .ff, .dsp, .bram18, .uram, .energy,
  ]
  public let workloadOptions = ["products", "energy"]

  public init() {}

  public func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return FPGADevice(
        try FabricTarget(description, clockHz: options.clockHz),
        hasOwnClock: options.clockHz != nil)
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  public func headline(
    _ description: TargetDescription
  ) throws(TargetProblems) -> TargetHeadline {
    let target = try FabricTarget(description)
    return TargetHeadline(
      technology: target.technology, resources: target.resources,
      isMeasured: target.measuredOn.contains(target.technology))
  }

  public var headlineNote: String? {
    "a part's name alone means the newest flow with reports of such parts"
  }
}

/// One part under one flow.
public struct FPGADevice: Device {
  public let target: FabricTarget
  /// Whether the user gave a clock, which counts before a project's own.
  let hasOwnClock: Bool

  public init(_ target: FabricTarget, hasOwnClock: Bool = false) {
    self.target = target
    self.hasOwnClock = hasOwnClock
  }

  public var description: TargetDescription { target.description }
  /// Those of the family, but no blocks of a kind that the part does not have.
  public var quantities: [CostQuantity] {
    FPGAFamily.known.filter { $0 != .uram || target.resources.uram > 0 }
  }

  public func basis(of quantity: CostQuantity) -> CostBasis {
    quantity == .energy
      ? OperationEnergy.qkeras.basis
      : .estimate(model: "counting rules of high-level synthesis", error: nil)
  }

  public func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    try FabricDeployment(workload, on: self)
  }
}

extension OperationEnergy {
  /// Operations alone, by the table that its words name.
  var basis: CostBasis {
    .estimate(model: "products and sums alone, by \(name)", error: nil)
  }

  var note: String {
    "energy is that of products and sums alone, by the table '\(rawValue)' (\(name)): it compares widths, "
      + "it is not the part's power"
  }

  /// The table that `--option energy=` names; the first without one.
  init(_ options: [String: String]) throws(DeviceProblems) {
    let word = options["energy"] ?? Self.qkeras.rawValue
    guard let table = OperationEnergy(rawValue: word) else {
      throw DeviceProblems(
        Diagnostic(
          code: "usage.arguments", message: "option energy=\(word) is unknown", location: nil,
          notes: ["it knows: \(Self.allCases.map(\.rawValue).joined(separator: ", "))"],
          remedy: "write --option energy=aladdin, or leave it out."))
    }
    self = table
  }
}
