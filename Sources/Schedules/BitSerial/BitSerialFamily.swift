public import Documents
public import HWModel
import QuantGraph
import TargetFiles

/// Bit-serial and precision-scalable accelerators, by the rules of their published simulators.
public struct BitSerialFamily: DeviceFamily, AnswersCases {
  public let schema = BitSerialTarget.schema
  public let files = TargetFiles.of(family: "bitserial")
  public let quantities: [CostQuantity] = [.cycles, .latency, .energy, .dramTraffic]

  public init() {}

  public func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return BitSerialDevice(try BitSerialTarget(description, clockHz: options.clockHz))
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  public func headline(
    _ description: TargetDescription
  ) throws(TargetProblems) -> TargetHeadline {
    let target = try BitSerialTarget(description)
    let rows = try description.required(description.integer, "rows")
    let columns = try description.required(description.integer, "columns")
    let lanes = description.integer("lanes")
    let weights = try description.required(description.integer, "weight_buffer_bytes")
    let inputs = try description.required(description.integer, "input_buffer_bytes")
    return TargetHeadline(
      cells: [
        .init("rules", [.words(target.rules.rawValue)]),
        .init("array", [.words("\(rows) x \(columns)" + (lanes.map { " x \($0)" } ?? ""))]),
        .init("weights KiB", [.count(weights >> 10)], isNumber: true),
        .init("inputs KiB", [.count(inputs >> 10)], isNumber: true),
        .init("equal to its simulator", [.words("\(target.rules.comparedCases) cases")]),
      ],
      members: [
        .init(key: "rules", value: .string(target.rules.rawValue)),
        .init(key: "rows", value: .integer(rows)), .init(key: "columns", value: .integer(columns)),
        .init(key: "weight_buffer_bytes", value: .integer(weights)),
        .init(key: "input_buffer_bytes", value: .integer(inputs)),
      ])
  }

  public var headlineNote: String? {
    "each follows its published simulator and equals it: cycles exactly, energy to 1e-9"
  }

  public func answer(
    cases: JSON, arrays: (String) -> CaseArray?
  ) throws(DeviceProblems) -> JSON? {
    try withoutActuallyEscaping(arrays) { (arrays) throws(DeviceProblems) -> JSON? in
      let reader = AcceleratorCases(cases) { name in
        guard case .integers(let codes)? = arrays(name)?.values else { return nil }
        return codes.map { Int(truncatingIfNeeded: $0) }
      }
      guard reader.isRecognised else { return nil }
      do throws(CaseProblem) {
        return try reader.answered().document
      } catch {
        throw DeviceProblems(
          Diagnostic(
            code: "estimate.cases", message: error.reason,
            location: error.path.isEmpty ? nil : error.path,
            remedy: "correct the case; weights of networks come from --arrays FILE.npz."))
      }
    }
  }
}

extension CostQuantity {
  /// Bytes from and to DRAM in one run.
  public static let dramTraffic = CostQuantity(
    key: "dram_bytes", name: "dram_bytes", title: "DRAM", unit: "B")
}

/// One array.
public struct BitSerialDevice: Device {
  public let target: BitSerialTarget

  public init(_ target: BitSerialTarget) { self.target = target }

  public var description: TargetDescription { target.description }

  public var quantities: [CostQuantity] {
    [.cycles] + (target.clockHz == nil ? [] : [.latency]) + [.energy, .dramTraffic]
  }

  public func basis(of quantity: CostQuantity) -> CostBasis {
    .estimate(
      model: "rules of \(target.rules.source)",
      error: MeasuredError(
        median: 0, worst: 0,
        scope: "against that simulator on \(target.rules.comparedCases) cases",
        source: "accel/bitmod.json, accel/bitserial_shared.json"))
  }

  public func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    try BitSerialDeployment(workload, on: self)
  }
}
