public import Arith
public import HWModel
public import QuantGraph
import Schedules

/// The tensor cores that options name.
public struct TensorCoreChoice: Sendable {
  /// A device's id, alias or file, or a part or generation of published vectors.
  public var target: String?
  /// A `TensorCoreInstruction`; nil for the generation's own.
  public var path: String?
  public var operands: Encoding?
  public var accumulator: Encoding?

  public init(target: String? = nil) { self.target = target }

  /// Names that are taken beside those of device descriptions.
  public static let parts = TensorCoreGeneration.parts.keys.sorted()

  /// The rules; nil where no target is named.
  ///
  /// - Throws: a `Failure` for names that are none, and formats that the device does not multiply.
  public func rules() throws(Failure) -> TensorCoreRules? {
    guard let target else {
      let given: [(String, Bool)] = [
        ("--path", path != nil), ("--operands", operands != nil),
        ("--accumulator", accumulator != nil),
      ]
      guard let option = given.first(where: \.1)?.0 else { return nil }
      throw .noTarget(for: option)
    }
    let generation = try TensorCoreGeneration(target: target)
    let instruction = try TensorCoreInstruction(path: path)
    do throws(TensorCoreError) {
      return try TensorCoreRules(
        generation, instruction: instruction, operands: operands, accumulator: accumulator)
    } catch {
      throw Failure(error, target: target)
    }
  }
}

extension DatapathEntry {
  /// Products of a graph on a GPU's tensor cores.
  static let tensorCore: DatapathEntry = {
    guard let ampere = try? TensorCoreRules(.ampere) else {
      preconditionFailure("Ampere multiplies TF32")
    }
    return DatapathEntry(
      ofTarget: TensorCoreDatapath.name,
      example: TensorCoreDatapath(ampere, base: ONNXReferenceDatapath())
    ) { parameters throws(Failure) in
      guard let cores = parameters.cores else {
        throw .noTarget(for: "--datapath \(TensorCoreDatapath.name)")
      }
      return TensorCoreDatapath(cores, base: parameters.base)
    }
  }()
}

extension TensorCoreRules? {
  /// The same rules of another device, or its default ones.
  func of(target: String) throws(Failure) -> TensorCoreRules {
    let generation = try TensorCoreGeneration(target: target)
    do throws(TensorCoreError) {
      guard let self else { return try TensorCoreRules(generation) }
      return try TensorCoreRules(
        generation, instruction: self.instruction, operands: .float(self.operands),
        accumulator: .float(self.accumulator))
    } catch {
      throw Failure(error, target: target)
    }
  }
}

extension TensorCoreGeneration {
  /// The generation of a device, a part of published vectors, or by its own name.
  ///
  /// - Throws: a `Failure` for names that are none, and devices without tensor cores that are modelled.
  public init(target name: String) throws(Failure) {
    let lower = name.lowercased()
    if let own = TensorCoreGeneration(rawValue: lower) ?? Self.parts[lower] {
      self = own
      return
    }
    let known =
      TargetChoice.isPath(name)
      || DeviceFamilies.current.library.names.contains(lower)
    guard known else {
      let gpus = GPUFamily().files.keys.sorted()
      throw .unknown(
        "GPU", name, code: "usage.unknown-target",
        among: Set(TensorCoreChoice.parts + gpus).sorted(), listedBy: "hwsim targets")
    }
    let description = try TargetChoice(name).description
    guard description.family == "gpu",
      let capability = description.text("compute_capability"),
      let generation = TensorCoreGeneration(computeCapability: capability)
    else {
      throw Failure(
        "usage.unknown-target", "'\(description.id)' has no tensor cores that are modelled",
        at: "--target \(name)",
        remedy: "name a GPU of compute capability 7.0 or more: hwsim targets lists them.")
    }
    self = generation
  }
}

extension TensorCoreInstruction {
  /// The kind of instruction that `--path` names; the generation's own for nil.
  ///
  /// - Throws: a `Failure` for a name that is none.
  public init(path: String?) throws(Failure) {
    guard let path else {
      self = .tensorCore
      return
    }
    guard let instruction = TensorCoreInstruction(rawValue: path) else {
      throw .unknown(
        "path", path, code: "usage.arguments", among: Self.allCases.map(\.rawValue),
        listedBy: "hwsim unit --help", at: "--path")
    }
    self = instruction
  }
}

extension Failure {
  /// Rules of a device that no option names.
  static func noTarget(for option: String) -> Failure {
    Failure(
      "usage.arguments", "\(option) needs a GPU: --target is missing",
      remedy: "add --target a100, or another GPU: hwsim targets lists them.")
  }

  /// What a GPU's tensor cores do not compute.
  public init(_ error: TensorCoreError, target: String) {
    switch error {
    case .unsupported(let generation, let a, let b, let accumulator, let available):
      self = Failure(
        "unit.no-instruction",
        "\(target) (\(generation.rawValue)) has no instruction for \(a) x \(b) into \(accumulator)",
        notes: ["it has"] + available.map { "  " + $0 },
        remedy: "choose one of these, or --path bitplane for integers of 1 to 8 bits.")
    case .operands(let a, let b):
      self = Failure(
        "unit.no-instruction", "no instruction multiplies \(a) by \(b)",
        remedy: "give both operands one width, or take --path bitplane.")
    case .noSaturation:
      self = Failure(
        "unit.no-instruction", "single-bit instructions have no saturating form",
        remedy: "leave the accumulator as it is: it wraps.")
    case .codeOutside(let code, let range, let index):
      self = Failure(
        "array.code", "code \(code) is outside \(range.lowerBound) to \(range.upperBound)",
        at: "[\(index)]", remedy: "write codes of the operand's format.")
    case .zeroOutside(let zero, let index):
      self = Failure(
        "array.code", "zero point \(zero) is too large for the sum", at: "[\(index)]",
        remedy: "give zero points of the operand's range.")
    }
  }
}
