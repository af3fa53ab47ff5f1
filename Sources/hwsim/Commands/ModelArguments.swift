import ArgumentParser
import Arith
import Documents
import Importers
import QuantGraph
import Schedules
import Sessions

/// Options of commands that bind a model to rules.
struct ModelArguments: ParsableArguments {
  @Option(
    help: .init("Rules of the hardware (default: by the model's kind).", valueName: "NAME"),
    completion: .list(DatapathChoice.names))
  var datapath: String?

  @OptionGroup var cores: TensorCoreArguments

  @Option(
    help: .init(
      "Where --datapath dyadic rounds what lies between two codes: half-even, half-up or half-away.",
      valueName: "RULE"), completion: .list(TieRule.allCases.map(\.rawValue)),
    transform: { text in
      guard let rule = TieRule(rawValue: text) else {
        throw ValidationError("'\(text)' is none of half-even, half-up, half-away.")
      }
      return rule
    })
  var requantize: TieRule?

  @Option(
    help: .init(
      "Shape of an ONNX input with dynamic dimensions, as NAME=1x3x32x32; repeat for several.",
      valueName: "NAME=SHAPE"))
  var shape: [String] = []

  @Option(
    help: .init(
      "End the graph of an ONNX or TFLite file at this tensor; repeat for several.",
      valueName: "TENSOR"))
  var outputs: [String] = []

  @OptionGroup var release: HLS4MLVersionOption

  @Option(
    help: .init(
      "Compute the first blocks in N x N tiles, as a patch-based schedule does; the codes are the "
        + "same.", valueName: "N"))
  var patch: String?

  @Option(
    help: .init("The last block that --patch computes in tiles.", valueName: "B"))
  var splitAfter: Int?

  /// How the model's file is to be read.
  ///
  /// - Throws: a ``Failure`` if the options of patches do not belong together.
  ///
  /// - Parameters:
  ///   - inputs: files of the inputs, whose shapes fill in dynamic dimensions.
  ///   - isWhole: whether patches are left out.
  /// - Returns: the options.
  func options(inputs: [String] = [], isWhole: Bool = false) throws(Failure) -> ModelOptions {
    var options = ModelOptions()
    options.takeShapes(of: inputs)
    options.shapes = shape
    options.outputs = outputs
    options.hls4mlVersion = try release.version
    let request: PatchRequest?
    do throws(DeviceProblems) {
      request = try PatchRequest(patch: patch, splitAfter: splitAfter)
    } catch {
      throw Failure(error, file: nil)
    }
    switch request {
    case _ where isWhole: break
    case .grid(let grid, let block): options.patch = (grid, block)
    case .automatic:
      throw Failure(
        "usage.arguments", "--patch auto needs a target to fit",
        remedy: "hwsim estimate MODEL --target ID --patch auto finds a schedule; give its N and B.")
    case nil: break
    }
    return options
  }

  /// The rules for `file`.
  ///
  /// - Throws: a ``Failure`` for an unknown name, or `--requantize` where nothing is dyadic.
  func choice(for file: ModelFile, others: [String] = []) throws(Failure) -> DatapathChoice {
    try refuseTarget(others: others)
    let choice = try DatapathChoice(datapath, try parameters(), for: file)
    let takers = DatapathEntry.all.filter(\.takesTieRule).map(\.name)
    if requantize != nil, !(others + [choice.name]).contains(where: takers.contains) {
      throw Failure(
        "usage.arguments",
        "--requantize is about the \(takers.joined(separator: ", ")) datapath, not \(choice.name)",
        remedy: "add --datapath \(takers.joined(separator: " or ")).")
    }
    return choice
  }

  /// What rules with parameters are bound to.
  ///
  /// - Throws: a ``Failure`` for names that are none.
  func parameters() throws(Failure) -> DatapathParameters {
    DatapathParameters(requantize: requantize, cores: try cores.choice.rules())
  }

  /// Refuses a target where no rules are those of one.
  ///
  /// - Throws: a ``Failure`` that names rules that are.
  func refuseTarget(others: [String] = []) throws(Failure) {
    guard let target = cores.target else { return }
    let takers = DatapathEntry.all.filter(\.takesTarget).map(\.name)
    let names = (others + [datapath].compactMap(\.self)).map { $0.prefix { $0 != "@" } }
    guard !names.contains(where: { takers.contains(String($0)) }) else { return }
    throw Failure(
      "usage.arguments", "--target \(target) is about rules of a device, and none are asked for",
      remedy: "add --datapath \(takers.joined(separator: " or ")).")
  }

  /// The options as the envelope's `arguments` have them.
  func json(_ choice: DatapathChoice) -> JSON {
    let json: JSON = [
      "datapath": .string(choice.name), "requantize": .optional(requantize?.rawValue),
      "target": .optional(cores.target), "path": .optional(cores.path),
      "operands": .optional(cores.operands), "accumulator": .optional(cores.accumulator),
      "shape": .strings(shape), "outputs": .strings(outputs), "patch": .optional(patch),
      "split_after": .optional(splitAfter), "hls4ml_version": .optional(release.hls4mlVersion),
    ]
    let members = json.members ?? []
    return .object(members.filter { $0.value != .null && $0.value != .array([]) })
  }
}

/// Which release's rules an hls4ml project is computed by.
struct HLS4MLVersionOption: ParsableArguments {
  @Option(
    name: .customLong("hls4ml-version"),
    help: .init(
      "The release of hls4ml whose rules a project is computed by (default: found from its files).",
      valueName: "0.8.1"))
  var hls4mlVersion: String?

  /// - Throws: a ``Failure`` for text that is no release whose rules are known.
  var version: HLS4MLVersion? {
    get throws(Failure) {
      guard let hls4mlVersion else { return nil }
      let known = HLS4MLVersion.oldest...HLS4MLVersion.newest
      guard let version = HLS4MLVersion(hls4mlVersion), version >= known.lowerBound,
        (version.major, version.minor) <= (known.upperBound.major, known.upperBound.minor)
      else {
        throw Failure(
          "usage.arguments", "the rules of hls4ml '\(hls4mlVersion)' are not known",
          at: "--hls4ml-version",
          remedy: "give a release from \(known.lowerBound) to \(known.upperBound).")
      }
      return version
    }
  }
}

/// Options of the rules of a GPU's tensor cores.
struct TensorCoreArguments: ParsableArguments {
  @Option(
    help: .init(
      "The GPU of --datapath tensor-core: an id, alias or .json file.", valueName: "ID|FILE"),
    completion: .targets)
  var target: String?

  @OptionGroup var form: TensorCoreForm

  var path: String? { form.path }
  var operands: String? { form.operands }
  var accumulator: String? { form.accumulator }

  var choice: TensorCoreChoice {
    get throws(Failure) { try form.choice(target) }
  }
}

/// Which instructions of a GPU multiply, and in which formats.
struct TensorCoreForm: ParsableArguments {
  @Option(
    help: .init(
      "Its instructions: tensor-core (the generation's own), mma-sync or bitplane.",
      valueName: "PATH"),
    completion: .list(TensorCoreInstruction.allCases.map(\.rawValue)))
  var path: String?

  @Option(
    help: .init(
      "What float32 is rounded to there: tf32 (where it has it), float16, bfloat16, e4m3 or e5m2.",
      valueName: "FORMAT"))
  var operands: String?

  @Option(
    help: .init(
      "What its floating-point sums are kept in: float32 or float16.", valueName: "FORMAT"))
  var accumulator: String?

  func choice(_ target: String?) throws(Failure) -> TensorCoreChoice {
    var choice = TensorCoreChoice(target: target)
    choice.path = path
    choice.operands = try .named(operands, option: "--operands")
    choice.accumulator = try .named(accumulator, option: "--accumulator")
    return choice
  }
}
