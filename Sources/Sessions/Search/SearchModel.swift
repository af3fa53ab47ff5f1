import FoundationEssentials
import Importers
package import QuantGraph
package import Search

/// Reads models for a search.
package enum SearchModel {
  /// The model of a file with its data, by what the file is.
  ///
  /// With `patches` it is the model with a stage in tiles, whose widths are chosen apart.
  ///
  /// - Throws: a ``Failure`` for models that cannot be searched, and with every problem of its data.
  package static func read(
    path: String, data: SearchDataFiles, patches: PatchQuestion? = nil, threads: Int
  ) throws(Failure) -> any SearchSubject {
    if data.calibrationLabels != nil, data.calibration == nil {
      throw Failure(
        "usage.arguments", "--calibration-labels without --calibration",
        remedy: "give the samples too; without, the labels of --labels are taken.")
    }
    var options = ModelOptions()
    options.shapes = data.shapes
    options.hls4mlVersion = data.hls4mlVersion
    options.takeShapes(of: [data.inputs].compactMap(\.self))
    var file = try ModelFile(path: path, options: options)
    if let patches {
      guard case .tflite = file.source else {
        throw Failure(
          "search.patches", "\(file.summary) has no tiles with widths of their own", at: path,
          remedy: "quantmcu and --patch are for TFLite models of images.")
      }
      file = try patches.tiled(file)
    }
    var data = data
    if data.inputs == nil {
      // A project's own test bench data, as check takes them.
      guard let bench = TestBench(file) else {
        throw Failure(
          "usage.arguments", "--inputs is missing",
          remedy: "give the samples that decide: --inputs X.npy.")
      }
      data.inputs = bench.inputs
    }
    let parameters = DatapathParameters(cores: data.cores)
    switch file.source {
    case .onnx(let model, _, _) where model.kind == .float:
      return try FloatSubject(file, data: data, threads: threads)
    case .tflite(let model):
      if let form = model.floatForm {
        throw Failure(
          "search.model",
          "activations are float32 ('\(form.firstTensor)'), weights \(form.weights)",
          at: path,
          remedy: "give the float network as ONNX, or the .tflite of a full integer quantization.")
      }
      let datapath = try DatapathChoice(data.datapath, parameters, for: file)
      return try QuantizedSubject(
        file, kind: .affine(file), datapath: datapath, data: data, threads: threads)
    case .hls4ml(let info):
      let datapath = try DatapathChoice(data.datapath, parameters, for: file)
      let calibration = try QuantizedSubject.values(
        data.calibration ?? data.inputs ?? "", of: file, role: "calibration")
      return try QuantizedSubject(
        file,
        kind: try .hls4ml(file, info, calibration: calibration, threads: threads, data: data),
        datapath: datapath, data: data, threads: threads)
    case .onnx(let model, _, _) where model.kind == .qonnx:
      let datapath = try DatapathChoice(data.datapath, parameters, for: file)
      return try QuantizedSubject(
        file, kind: .qonnx(file), datapath: datapath, data: data, threads: threads)
    case .onnx:
      throw Failure(
        "search.model",
        "hls4ml, TFLite and QONNX models and float ONNX networks are searched; this is "
          + file.summary,
        at: path, remedy: "give the float network that it was made from.")
    }
  }
}

extension SpaceChoice {
  /// The name of the space, or the file's path.
  package var name: String { space }

  /// The space over a network's layers.
  ///
  /// `defaults` are what the kind of model has where the user says nothing; `sharedInputs` are groups
  /// that the rule `shared-input` adds.
  package func space(
    over layers: [SearchLayer], graph: Graph, defaults: SpaceDefaults, sharedInputs: [[Int]] = []
  ) throws(Failure) -> SearchSpace {
    var rules: SpaceRules
    var tieRules: [LayerTie] = []
    if ["w_only", "wa_same", "wa_free"].contains(space) {
      rules = SpaceRules(candidates: try commonCandidates(defaults))
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
    let kept = layers.indices.filter {
      defaults.keptWeights.contains(layers[$0].name)
        && (space == "w_only" || defaults.keptInputs.contains(layers[$0].name))
    }
    do throws(SpaceError) {
      // Nothing of these can be chosen; what is said of them by name still counts.
      rules.rules =
        kept.map { .init(pattern: NamePattern(layers[$0].name), effect: .unchanged) }
        + rules.rules
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
      if defaults.keepsSharedWeights {
        let changed = rules.candidates.first { $0.formats.weights != nil }
        if let changed {
          throw .candidate(
            text: changed.name,
            reason: "tiles share the weights of their layer, which stay; write a4 for their data")
        }
      }
      let ties =
        defaults.keepsSharedWeights
        ? sharedInputs
        : tieRules.flatMap { $0.groups(of: layers, in: graph) }
          + (tieRules.contains(.sharedInput) ? sharedInputs : [])
          + graph.sharedWeights(among: layers)
      return try rules.space(
        over: layers, unchanged: defaults.unchanged,
        foundTies: ties.map { $0.filter { !kept.contains($0) } },
        names: LayerNames(layers.map(\.name), of: graph))
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

  private func commonCandidates(_ defaults: SpaceDefaults) throws(Failure) -> [SpaceCandidate] {
    if candidates != nil, bits != nil || formats != nil {
      throw Failure(
        "usage.arguments", "--candidates excludes --bits and --formats",
        remedy: "give one of them.")
    }
    do throws(SpaceError) {
      return try candidateList(defaults)
    } catch {
      throw Failure(error, at: "--space")
    }
  }

  private func candidateList(
    _ defaults: SpaceDefaults
  ) throws(SpaceError) -> [SpaceCandidate] {
    var list: [SpaceCandidate] = []
    if let candidates {
      for name in SearchSettings.list(candidates) { list.append(try SpaceCandidate(name)) }
      return list
    }
    var widths: [Int] = []
    if bits == nil, formats == nil { widths = defaults.bits }
    for word in SearchSettings.list(bits ?? "") {
      guard let width = Int(word), (1...64).contains(width) else {
        throw .candidate(text: word, reason: "not a number of bits from 1 to 64")
      }
      widths.append(width)
    }
    for weight in widths {
      if defaults.keepsSharedWeights {
        list.append(try SpaceCandidate("a\(weight)"))
        continue
      }
      if space == "w_only", defaults.fixedActivationBits == nil {
        list.append(try SpaceCandidate("w\(weight)"))
        continue
      }
      let inputs =
        space == "w_only"
        ? [defaults.fixedActivationBits ?? 8] : space == "wa_same" ? [weight] : widths
      for input in inputs {
        list.append(try SpaceCandidate(weightBits: weight, activationBits: input))
      }
    }
    let names = SearchSettings.list(formats ?? "")
    for name in names {
      let pairs =
        space == "w_only"
        ? ["\(name)/\(defaults.fixedActivationBits == nil ? "float" : "uint<8>")"]
        : space == "wa_same" ? [name] : names.map { "\(name)/\($0)" }
      for pair in pairs { list.append(try SpaceCandidate(pair)) }
    }
    if bits == nil, formats == nil, defaults.offersUnchanged { list.append(defaults.unchanged) }
    return list
  }
}
