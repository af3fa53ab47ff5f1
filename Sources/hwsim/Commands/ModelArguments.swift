import ArgumentParser
import Arith
import Documents
import QuantGraph
import Schedules
import Sessions

/// Options of commands that bind a model to rules.
struct ModelArguments: ParsableArguments {
  @Option(
    help: .init("Rules of the hardware (default: by the model's kind).", valueName: "NAME"),
    completion: .list(DatapathChoice.names))
  var datapath: String?

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
      "End an ONNX graph at this tensor; repeat for several.", valueName: "TENSOR"))
  var outputs: [String] = []

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
  func options() throws(Failure) -> ModelOptions {
    var options = ModelOptions()
    options.shapes = shape
    options.outputs = outputs
    let request: PatchRequest?
    do throws(DeviceProblems) {
      request = try PatchRequest(patch: patch, splitAfter: splitAfter)
    } catch {
      throw Failure(error, file: nil)
    }
    switch request {
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
    let choice = try DatapathChoice(datapath, requantize: requantize, for: file)
    let takers = DatapathEntry.all.filter(\.takesTieRule).map(\.name)
    if requantize != nil, !(others + [choice.name]).contains(where: takers.contains) {
      throw Failure(
        "usage.arguments",
        "--requantize is about the \(takers.joined(separator: ", ")) datapath, not \(choice.name)",
        remedy: "add --datapath \(takers.joined(separator: " or ")).")
    }
    return choice
  }

  /// The options as the envelope's `arguments` have them.
  func json(_ choice: DatapathChoice) -> JSON {
    let json: JSON = [
      "datapath": .string(choice.name), "requantize": .optional(requantize?.rawValue),
      "shape": .strings(shape), "outputs": .strings(outputs), "patch": .optional(patch),
      "split_after": .optional(splitAfter),
    ]
    let members = json.members ?? []
    return .object(members.filter { $0.value != .null && $0.value != .array([]) })
  }
}
