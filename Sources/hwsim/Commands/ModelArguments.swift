import Arith
import ArgumentParser

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

  /// How the model's file is to be read.
  var options: ModelOptions { ModelOptions(shapes: shape, outputs: outputs) }

  /// The rules for `file`.
  ///
  /// - Throws: a ``Failure`` for an unknown name, or `--requantize` where nothing is dyadic.
  func choice(for file: ModelFile, others: [String] = []) throws(Failure) -> DatapathChoice {
    let choice = try DatapathChoice(datapath, requantize: requantize, for: file)
    if requantize != nil, !(others + [choice.name]).contains("dyadic") {
      throw Failure(
        "usage.arguments", "--requantize is about the dyadic datapath, not \(choice.name)",
        remedy: "add --datapath dyadic.")
    }
    return choice
  }

  /// The options as the envelope's `arguments` have them.
  func json(_ choice: DatapathChoice) -> JSON {
    let json: JSON = [
      "datapath": .string(choice.name), "requantize": .optional(requantize?.rawValue),
      "shape": .strings(shape), "outputs": .strings(outputs),
    ]
    let members = json.members ?? []
    return .object(members.filter { $0.value != .null && $0.value != .array([]) })
  }
}
