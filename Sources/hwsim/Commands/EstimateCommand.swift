import ArgumentParser
import Arith
import Documents
import HWModel
import Importers
import QuantGraph
import Schedules
import Sessions

/// `hwsim estimate MODEL`: how fast, how big, does it fit.
struct EstimateCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Estimates a network's latency, memory and flash on a device, and whether it fits.",
    usage: "hwsim estimate MODEL --target ID|FILE [options]",
    discussion: """
      EXAMPLES:
        hwsim estimate kws.tflite --target nucleo-l4r5zi+tflm
        hwsim estimate kws.tflite --target stm32f746 --bits w8a8,w4a8 --limit sram=64KiB
        hwsim estimate vww.tflite --target stm32f746 --limit sram=128KiB --patch auto
        hwsim estimate network.onnx --target stm32f746+tinyengine --allocation out/B.json

      Exit code 1: it does not fit, or a limit is broken. hwsim targets lists the devices.
      """)

  @Argument(
    help: .init(
      "The model: a quantized .tflite file, or a float .onnx network, taken as its 8-bit form.",
      valueName: "MODEL"),
    completion: .file())
  var model: String?

  @Option(
    help: .init(
      "A device's id, alias or .json file; several by repeating it or by commas.",
      valueName: "ID|FILE"))
  var target: [String] = []

  @Option(
    help: .init("Encodings of layers, as hwsim search writes them.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var allocation: String?

  @Option(
    help: .init(
      "Bits of all weights and activations, such as w4a8; several by commas.",
      valueName: "BITS,..."))
  var bits: String?

  @Option(
    help: .init("Another clock than the device's, such as 80MHz or 8e7.", valueName: "HZ"))
  var clock: String?

  @Option(
    help: .init(
      "A bound: sram=320KiB, flash=1MiB or latency=50ms; repeat for several.",
      valueName: "NAME=AMOUNT"))
  var limit: [String] = []

  @Option(help: .init("The formula of one layer, with numbers and sources.", valueName: "LAYER"))
  var explain: String?

  @Option(
    help: .init(
      "Run the first layers in N x N tiles, or auto: the cheapest schedule that fits.",
      valueName: "N|auto"))
  var patch: String?

  @Option(help: .init("Last block of the layers that run in tiles.", valueName: "BLOCK"))
  var splitAfter: Int?

  @Option(
    help: .init(
      "Shape of an ONNX input with dynamic dimensions, as NAME=1x3x32x32; repeat for several.",
      valueName: "NAME=SHAPE"))
  var shape: [String] = []

  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var table: TableOptions

  var tableOptions: TableOptions? { table }

  func validate() throws {
    if bits != nil && allocation != nil {
      throw ValidationError("--bits and --allocation exclude each other.")
    }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    guard let model else {
      throw Failure(
        "usage.arguments", "no model is given", notes: ["usage: \(Self.configuration.usage ?? "")"],
        remedy: "hwsim estimate MODEL --target ID.")
    }
    let names = target.flatMap { $0.split(separator: ",").map(String.init) }
    guard !names.isEmpty else {
      throw Failure(
        "usage.arguments", "no target is given",
        remedy: "add --target ID; hwsim targets lists the devices.")
    }
    var targets: [TargetChoice] = []
    for name in names { targets.append(try TargetChoice(name)) }
    var limits: [EstimateLimit] = []
    for text in limit { limits.append(try EstimateLimit(text)) }
    var widths: [BitsOption] = []
    if let bits { widths = try BitsOption.list(bits) }
    let clockHz = try Self.clock(clock)
    let patching = try PatchRequest(patch: self.patch, splitAfter: splitAfter)
    var options = ModelOptions()
    options.shapes = shape
    let file = try ModelFile(path: model, options: options)
    let network = try EstimatedNetwork(file)
    let chosen = try layer(in: network.graph)
    var given: AllocationFile?
    if let allocation {
      let read = try AllocationFile(path: allocation)
      try read.checkModel(file)
      given = read
    }
    let work = MCULayerWork.list(network.graph)
    var patch: (request: PatchRequest, planner: PatchPlanner)?
    if let patching {
      do throws(PatchScheduleError) {
        patch = (patching, try PatchPlanner(network.graph))
      } catch {
        throw Failure(Diagnostic(error))
      }
    }
    var answers: [EstimateAnswer] = []
    for choice in targets {
      let device = try network.onDevice(
        MCUTarget(choice.description, clockHz: clockHz), work: work)
      if widths.isEmpty {
        answers.append(
          try EstimateAnswer(
            model: file, estimator: device.estimator,
            allocation: try network.widths(given, on: device), bits: nil, limits: limits,
            patch: patch, notes: device.notes))
      }
      for option in widths {
        answers.append(
          try EstimateAnswer(
            model: file, estimator: device.estimator,
            allocation: try network.widths(option, on: device), bits: option.text,
            limits: limits, patch: patch, notes: device.notes))
      }
    }
    return report(answers, targets: targets, explained: chosen, file: file)
  }

  private func report(
    _ answers: [EstimateAnswer], targets: [TargetChoice], explained: Int?, file: ModelFile
  ) -> Report {
    let explanations = explained.map { node in
      answers.compactMap { LayerExplanation($0, node: node) }
    }
    var inputs = [file.record]
    for choice in targets {
      if let path = choice.path {
        inputs.append(InputRecord(role: "target", path: path, kind: "target"))
      }
    }
    if let allocation {
      inputs.append(InputRecord(role: "allocation", path: allocation, kind: "allocation"))
    }
    let documents = answers.map { $0.json(explaining: explained) }
    let result: JSON = documents.count == 1 ? documents[0] : ["results": .array(documents)]
    let table = answers.count == 1 ? answers[0].table : EstimateComparison.table(answers)
    return Report(
      schema: "estimate",
      arguments: [
        "target": .strings(targets.map(\.description.id)), "allocation": .optional(allocation),
        "bits": .optional(bits), "clock": .optional(clock), "limit": .strings(limit),
        "explain": .optional(explain), "patch": .optional(patch),
        "split-after": .optional(splitAfter), "shape": .strings(shape),
      ],
      inputs: inputs, target: targets.count == 1 ? targets[0].record : .null,
      result: result, status: answers.allSatisfy(\.isYes) ? .yes : .no, table: table
    ) { [all = self.table.all] style in
      if let explanations {
        return explanations.isEmpty
          ? "no latency model for this target\n"
          : explanations.map { $0.text(style) }.joined(separator: "\n")
      }
      return answers.count == 1
        ? answers[0].text(style, showsAll: all)
        : EstimateComparison.text(answers, style: style, showsAll: all)
    }
  }

  private func layer(in graph: Graph) throws(Failure) -> Int? {
    guard let explain else { return nil }
    if let index = graph.nodes.firstIndex(where: { $0.name == explain }) { return index }
    if let number = Int(explain), graph.nodes.indices.contains(number - 1) { return number - 1 }
    throw .unknown(
      "layer", explain, code: "usage.unknown-layer", among: graph.nodes.map(\.name),
      listedBy: "hwsim inspect \(model ?? "MODEL")")
  }

  /// `80MHz`, `8e7`; nil if nothing is given.
  private static func clock(_ text: String?) throws(Failure) -> Double? {
    guard let text else { return nil }
    let units: [(String, Double)] = [("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3), ("Hz", 1), ("", 1)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      if let value = Double(text.dropLast(unit.count)), value.isFinite, value > 0 {
        return value * factor
      }
      break
    }
    throw Failure(
      "usage.arguments", "--clock \(text) is no frequency", remedy: "write 80MHz or 80000000.")
  }
}
