import FoundationEssentials
import Importers
import QuantGraph
import Search

/// A float network with its data, ready to be evaluated.
struct SearchModel {
  let file: ModelFile
  let network: FloatNetwork
  /// Runs the samples that decide.
  let evaluator: QuantizedEvaluator
  /// Runs the calibration samples, without labels.
  let screener: QuantizedEvaluator
  let records: [InputRecord]
  var warnings: [Diagnostic] = []
  let calibration: EvaluationData

  init(path: String, data: SearchDataOptions, threads: Int) throws(Failure) {
    guard let inputs = data.inputs else {
      throw Failure(
        "usage.arguments", "--inputs is missing",
        remedy: "give the samples that decide: --inputs X.npy.")
    }
    file = try ModelFile(path: path)
    guard case .onnx(let model, _, _) = file.source, model.kind == .float else {
      throw Failure(
        "search.model", "only float ONNX networks are searched; this is \(file.summary)", at: path,
        remedy: "give the float network that it was made from.")
    }
    do throws(FloatNetworkProblems) {
      network = try FloatNetwork(file.graph)
    } catch {
      throw Failure(error.problems.map { Self.diagnostic($0, path: path) })
    }
    var labels: [Int]?
    if let path = data.labels { labels = try Self.labels(path) }
    let deciding = try Self.samples(inputs, labels: labels, of: file, network, role: "--inputs")
    var calibrating: EvaluationData?
    if let path = data.calibration {
      calibrating = try Self.samples(
        path, labels: nil, of: file, network, role: "--calibration")
    }
    if calibrating == nil {
      warnings.append(
        Diagnostic(
          code: "search.calibration",
          message: "ranges and sensitivities are taken from --inputs, the samples that decide",
          location: inputs, remedy: "give other samples with --calibration C.npy."))
    }
    if let calibrating {
      calibration = calibrating
    } else {
      calibration = try Self.unlabelled(deciding, network)
    }
    evaluator = QuantizedEvaluator(
      network, calibration: calibration, evaluation: deciding, threads: threads)
    screener = QuantizedEvaluator(
      network, calibration: calibration, evaluation: calibration, threads: threads)
    records =
      [file.record, InputRecord(role: "inputs", path: inputs, kind: "npy")]
      + (data.labels.map { [InputRecord(role: "labels", path: $0, kind: "npy")] } ?? [])
      + (data.calibration.map { [InputRecord(role: "calibration", path: $0, kind: "npy")] } ?? [])
  }

  /// The graph's operator of each layer.
  var operators: [String] {
    network.layers.map { layer in
      file.graph.nodes.first { $0.name == layer.name }?.operation.name ?? ""
    }
  }

  /// The space with the sign that each layer's input asks for.
  func signed(_ space: SearchSpace) throws(Failure) -> SearchSpace {
    do throws(EvaluationError) {
      return try space.replacingFormats { (layer, candidate) throws(EvaluationError) in
        guard let bits = candidate.integerBits else { return candidate.formats }
        return try evaluator.candidate(
          layer: layer, weightBits: bits.weights, inputBits: bits.activations)
      }
    } catch {
      throw Failure(error, model: file.path)
    }
  }

  // MARK: Arrays

  private static func array(_ path: String) throws(Failure) -> NDArray {
    do throws(ImportError) {
      return try ArrayInput(path: path).read()
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  private static func labels(_ path: String) throws(Failure) -> [Int] {
    let array = try array(path)
    guard let values = array.integers(), !array.elementType.isFloatingPoint,
      array.shape.count == 1 || array.count == array.shape.first
    else {
      throw Failure(
        "search.data",
        "labels are one integer a sample; this is \(array.elementType.rawValue)"
          + " of shape (\(array.shape.map(String.init).joined(separator: ",")))",
        at: path, remedy: "store the index of each sample's class, from 0.")
    }
    return values.map { Int($0) }
  }

  private static func samples(
    _ path: String, labels: [Int]?, of file: ModelFile, _ network: FloatNetwork, role: String
  ) throws(Failure) -> EvaluationData {
    let array = try array(path)
    let model = file.graph.inputs.first.map { file.graph[$0].shape.extents } ?? []
    let expected = Array(model.dropFirst())
    guard array.shape.count >= 1, Array(array.shape.dropFirst()) == expected, array.count > 0
    else {
      let wanted = (["N"] + expected.map(String.init)).joined(separator: ",")
      throw Failure(
        "search.data",
        "expected (\(wanted)), found (\(array.shape.map(String.init).joined(separator: ",")))",
        at: path, notes: ["\(role): the first axis is the samples"],
        remedy: "reshape it to the model's input.")
    }
    guard let values = array.doubles() else {
      throw Failure(
        "search.data", "the array holds numbers that binary64 cannot hold", at: path,
        remedy: "store it as float32.")
    }
    do throws(EvaluationDataError) {
      return try EvaluationData(values.map { Float($0) }, labels: labels, for: network)
    } catch {
      throw Failure(Self.diagnostic(error, path: path))
    }
  }

  private static func unlabelled(
    _ data: EvaluationData, _ network: FloatNetwork
  ) throws(Failure) -> EvaluationData {
    do throws(EvaluationDataError) {
      return try EvaluationData(data.samples, for: network)
    } catch {
      throw Failure(Self.diagnostic(error, path: "--inputs"))
    }
  }

  private static func diagnostic(_ error: EvaluationDataError, path: String) -> Diagnostic {
    let message =
      switch error {
      case .sampleElements(let expected, let found):
        "\(found) numbers are no multiple of the \(expected) of one sample"
      case .labelCount(let expected, let found): "\(found) labels for \(expected) samples"
      case .label(let sample, let value, let classes):
        "label \(value) of sample \(sample) is none of the classes 0 to \(classes - 1)"
      case .notFinite(let sample, let element):
        "sample \(sample) has no finite number at element \(element)"
      }
    return Diagnostic(
      code: "search.data", message: message, location: path,
      remedy: "check that samples and labels belong to this model and to each other.")
  }

  static func diagnostic(_ problem: FloatNetworkProblem, path: String) -> Diagnostic {
    let message =
      switch problem.kind {
      case .unsupportedOperator(let name): "operator '\(name)' is not evaluated in a search"
      case .unsupportedForm(let name, let reason): "operator '\(name)': \(reason)"
      case .notFloat32(let tensor): "tensor '\(tensor)' is not float32"
      case .count(let inputs, let outputs):
        "the network has \(inputs) inputs and \(outputs) outputs, expected one of each"
      case .noLayers: "no layer has constant weights"
      case .notFinite(let tensor): "constant '\(tensor)' has no finite number"
      }
    return Diagnostic(
      code: "search.network", message: message,
      location: problem.node.map { "\(path): node '\($0)'" } ?? path,
      remedy: "export the network as one classifier with float32 tensors.")
  }
}

extension SpaceOptions {
  /// The name of the space, or the file's path.
  var name: String { space }

  /// The space over a network's layers.
  func space(over layers: [SearchLayer], graph: Graph) throws(Failure) -> SearchSpace {
    var rules: SpaceRules
    var tieRules: [LayerTie] = []
    if ["w_only", "wa_same", "wa_free"].contains(space) {
      rules = SpaceRules(candidates: try commonCandidates())
      if space != "w_only" { tieRules = [.sharedInput] }
    } else {
      guard bits == nil, formats == nil, candidates == nil else {
        throw Failure(
          "usage.arguments", "a space file says the candidates itself", at: space,
          remedy: "leave out --bits, --formats and --candidates.")
      }
      (rules, tieRules) = try file()
    }
    if let ties {
      tieRules = []
      for name in SearchSettings.list(ties) where name != "none" {
        guard let rule = LayerTie(rawValue: name) else {
          throw .unknown(
            "rule", name, code: "space.ties", among: LayerTie.allCases.map(\.rawValue) + ["none"],
            listedBy: "hwsim search --help", at: "--ties")
        }
        tieRules.append(rule)
      }
    }
    do throws(SpaceError) {
      for text in restrict {
        let (pattern, names) = try Self.assignment(text, option: "--restrict")
        var list: [SpaceCandidate] = []
        for name in SearchSettings.list(names) { list.append(try SpaceCandidate(name)) }
        rules.rules.append(.init(pattern: pattern, effect: .candidates(list)))
      }
      for text in fix {
        let (pattern, name) = try Self.assignment(text, option: "--fix")
        rules.rules.append(.init(pattern: pattern, effect: .fixed(try SpaceCandidate(name))))
      }
      for text in exclude {
        rules.rules.append(.init(pattern: NamePattern(text), effect: .unchanged))
      }
      return try rules.space(
        over: layers, foundTies: tieRules.flatMap { $0.groups(of: layers, in: graph) })
    } catch {
      throw Failure(error)
    }
  }

  private static func assignment(
    _ text: String, option: String
  ) throws(SpaceError) -> (NamePattern, String) {
    // Format names have no '=' outside <>; layer names may.
    guard let place = text.lastIndex(of: "="), !text.hasSuffix(">") || !text.contains("bias=")
    else { throw .malformed(path: option, reason: "'\(text)' is not LAYERS=CANDIDATE") }
    return (NamePattern(String(text[..<place])), String(text[text.index(after: place)...]))
  }

  private func file() throws(Failure) -> (SpaceRules, [LayerTie]) {
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: space)
    } catch {
      if !space.contains("/"), !space.contains(".") {
        throw .unknown(
          "space", space, code: "space.name", among: ["w_only", "wa_same", "wa_free"],
          listedBy: "hwsim search --help", at: "--space")
      }
      throw Failure(Diagnostic(error))
    }
    do throws(SpaceError) {
      let file = try SpaceFile(json: Data(bytes))
      return (file.rules, file.tieRules)
    } catch {
      throw Failure(error, at: space)
    }
  }

  private func commonCandidates() throws(Failure) -> [SpaceCandidate] {
    if candidates != nil, bits != nil || formats != nil {
      throw Failure(
        "usage.arguments", "--candidates excludes --bits and --formats",
        remedy: "give one of them.")
    }
    do throws(SpaceError) {
      return try candidateList()
    } catch {
      throw Failure(error, at: "--space")
    }
  }

  private func candidateList() throws(SpaceError) -> [SpaceCandidate] {
    var list: [SpaceCandidate] = []
    if let candidates {
      for name in SearchSettings.list(candidates) { list.append(try SpaceCandidate(name)) }
      return list
    }
    var widths: [Int] = []
    for word in SearchSettings.list(bits ?? (formats == nil ? "2,3,4,8" : "")) {
      guard let width = Int(word), (1...64).contains(width) else {
        throw .candidate(text: word, reason: "not a number of bits from 1 to 64")
      }
      widths.append(width)
    }
    for weight in widths {
      let inputs = space == "w_only" ? [8] : space == "wa_same" ? [weight] : widths
      for input in inputs {
        list.append(try SpaceCandidate(weightBits: weight, activationBits: input))
      }
    }
    let names = SearchSettings.list(formats ?? "")
    for name in names {
      let pairs =
        space == "w_only"
        ? ["\(name)/uint<8>"] : space == "wa_same" ? [name] : names.map { "\(name)/\($0)" }
      for pair in pairs { list.append(try SpaceCandidate(pair)) }
    }
    return list
  }
}
