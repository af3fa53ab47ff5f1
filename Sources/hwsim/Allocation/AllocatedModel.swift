import Arith
import Documents
import HWModel
import Importers
import QuantGraph
import Search

/// A float network under an allocation, with its samples read block by block.
struct AllocatedModel: Sendable {
  let file: ModelFile
  private let network: AllocatedNetwork
  private let threads: Int

  var graph: Graph { file.graph }

  /// - Throws: a ``Failure`` with every node that cannot be run, and every name, format or range
  ///   that does not go with the network.
  init(_ file: ModelFile, _ allocation: AllocationFile, threads: Int) throws(Failure) {
    let float: FloatNetwork
    do throws(FloatNetworkProblems) {
      float = try FloatNetwork(file.graph, keepsTensors: true)
    } catch {
      throw Failure(error.problems.map { FloatSubject.diagnostic($0, path: file.path) })
    }
    let candidates = try allocation.candidates(of: float.layers, in: file.graph)
    let ranges = candidates.map { candidate in
      candidate.inputRange.map { InputRange(minimum: $0.minimum, maximum: $0.maximum) }
    }
    var problems: [Diagnostic] = []
    for (index, layer) in float.layers.enumerated() {
      guard let activations = candidates[index].activations, ranges[index] == nil else { continue }
      problems.append(
        Diagnostic(
          code: "allocation.input-range",
          message: "layer '\(layer.name)' takes its input as \(activations.name), and nothing says "
            + "which values it has", location: "\(allocation.path): layers.\(layer.name)",
          remedy:
            "add \"input_range\": [smallest, largest]; hwsim search writes what calibration saw."
        ))
    }
    guard problems.isEmpty else { throw Failure(problems) }
    do throws(EvaluationError) {
      network = try AllocatedNetwork(
        float, allocation: candidates, inputRanges: ranges,
        weightScales: candidates.map { $0.weightScale ?? .maxAbs })
    } catch {
      throw Failure(error, model: allocation.path)
    }
    self.file = file
    self.threads = threads
  }

  /// The graph's output and, if that is a softmax, the scores that it is made from.
  var outputs: [TensorID] {
    let scores = network.network.scoresTensor
    return graph.outputs + (graph.outputs.contains(scores) ? [] : [scores])
  }

  /// Tensors that are computed, of those that the file's operators write.
  var written: [TensorID] { file.writtenTensors.filter { network.computes($0) } }

  /// Samples that are read at once.
  var blockSamples: Int { max(64, min(4096, (1 << 22) / max(largestTensor, 1))) }

  private var largestTensor: Int { graph.tensors.map(\.shape.count).max() ?? 1 }

  /// Runs the samples of one block.
  ///
  /// - Parameters:
  ///   - tensors: what to compute.
  ///   - inputs: whole samples of the network's input.
  ///   - firstSample: number of the first of them, for messages.
  /// - Returns: an array a tensor, sample after sample.
  /// - Throws: a ``Failure`` for a value that is not finite.
  func values(
    of tensors: [TensorID], for inputs: TensorValues, firstSample: Int
  ) throws(Failure) -> [Codes] {
    let numbers: [Float]
    switch inputs {
    case .codes(let codes): numbers = codes.map { Float($0) }
    case .values(let values), .printed(let values, _): numbers = values.map { Float($0) }
    }
    let tensor = graph[graph.inputs[0]]
    if let place = numbers.firstIndex(where: { !$0.isFinite }) {
      let elements = max(tensor.shape.count, 1)
      throw Failure(
        Diagnostic(
          .notFinite(
            tensor: tensor.name, sample: firstSample + place / elements,
            index: tensor.shape.index(ofOffset: place % elements), value: "\(numbers[place])")))
    }
    return network.values(of: tensors, for: numbers, threads: threads).map { Codes.float32($0) }
  }

  /// Options that have no meaning where layers follow an allocation.
  ///
  /// - Throws: a ``Failure`` that names each.
  static func refuse(_ binding: ModelArguments, against: String? = nil) throws(Failure) {
    let given: [(String, Bool)] = [
      ("--datapath", binding.datapath != nil), ("--requantize", binding.requantize != nil),
      ("--patch", binding.patch != nil), ("--against", against != nil),
    ]
    let names = given.filter(\.1).map(\.0)
    guard !names.isEmpty else { return }
    throw Failure(
      "usage.arguments",
      "\(names.joined(separator: " and ")) and --allocation exclude each other for a float network",
      notes: ["its layers run by the rule that hwsim search evaluates with"],
      remedy: "leave out \(names.count == 1 ? "one of them" : "--allocation, or the others").")
  }
}

/// `hwsim run --allocation` of a float network.
struct FloatRun {
  private let command: RunCommand
  private let model: AllocatedModel
  private let output: String

  init(
    _ command: RunCommand, file: ModelFile, allocation: AllocationFile, output: String
  ) throws(Failure) {
    try AllocatedModel.refuse(command.binding)
    self.command = command
    self.output = output
    model = try AllocatedModel(
      file, allocation, threads: command.computing.threads ?? Processors.count)
  }

  /// Runs every sample, completes the files and says what is in them; no file appears on failure.
  func report(_ session: Session) throws(Failure) -> Report {
    let graph = model.graph
    let files = try TensorFiles(
      command.inputs, for: graph.inputs, of: graph,
      role: .init(option: "inputs", what: "the model's inputs", linesTogether: 1))
    let progress = session.progress("samples")
    defer { progress.finish() }
    let total = command.first ?? files.rowCount()
    let recorded = try record(try files.open(model.file).map(\.source)) { done in
      if let total { progress.update(done: done, of: total) }
    }
    let answer = RunAnswer(
      file: model.file, graph: graph, rules: "allocation \(command.allocating.allocation ?? "")",
      recorded: recorded, output: output, trace: command.trace)
    return Report(
      schema: "run",
      arguments: [
        "allocation": .optional(command.allocating.allocation), "output": .string(output),
        "trace": .optional(command.trace), "values": .bool(command.values),
        "trace_by_index": .bool(command.traceByIndex), "stats": .bool(command.stats),
        "first": .optional(command.first),
        "seed": .integer(Int(clamping: command.computing.seed)),
      ],
      inputs: [model.file.record] + command.allocating.records + files.records(role: "inputs"),
      result: answer.json, text: { style in answer.text(style) })
  }

  private func record(
    _ sources: [any SampleSource], progress: (Int) -> Void
  ) throws(Failure) -> RecordedTensors {
    let graph = model.graph
    var recorded = RecordedTensors()
    var writers = [try Self.writer(output)]
    for id in model.outputs {
      recorded.outputs.append(try recorder(id, named: graph[id].name, in: writers[0]))
    }
    var traced: [TensorID] = []
    if let trace = command.trace {
      let writer = try Self.writer(trace)
      writers.append(writer)
      traced = model.written
      for id in traced {
        recorded.traced.append(
          try recorder(
            id, named: command.traceByIndex ? "#\(id.index)" : graph[id].name, in: writer))
      }
    }
    var observed: [TensorID] = []
    for id in command.stats ? model.written : [] {
      guard let scale = ElementScale(graph[id]) else { continue }
      observed.append(id)
      recorded.observed.append(
        (id, TensorStatistics(scale, elements: graph[id].shape.count)))
    }
    let tensors = model.outputs + traced + observed
    while true {
      let wanted = min(model.blockSamples, (command.first ?? .max) - recorded.samples)
      let block: CheckBlock
      do throws(Diagnostic) {
        block = try CheckBlock(
          CheckSources(inputs: sources, expected: []), of: graph, upTo: wanted,
          from: recorded.samples)
      } catch {
        throw Failure(error)
      }
      guard block.count > 0 else { break }
      let values = try model.values(
        of: tensors, for: block.inputs[0], firstSample: recorded.samples)
      for (place, codes) in values.enumerated() {
        let trace = place - recorded.outputs.count
        if trace < 0 {
          try recorded.outputs[place].append(codes)
        } else if trace < traced.count {
          try recorded.traced[trace].append(codes)
        } else {
          recorded.observed[trace - traced.count].statistics.add(codes)
        }
      }
      recorded.samples += block.count
      progress(recorded.samples)
    }
    do throws(ImportError) {
      for writer in writers { try writer.finish() }
    } catch {
      throw Failure(Diagnostic(error))
    }
    return recorded
  }

  private func recorder(
    _ id: TensorID, named name: String, in writer: NPZWriter
  ) throws(Failure) -> TensorRecorder {
    try TensorRecorder(
      id, of: model.graph, named: name, storesValues: command.values,
      addsSampleAxis: model.file.addsSampleAxis, in: writer)
  }

  private static func writer(_ path: String) throws(Failure) -> NPZWriter {
    do throws(ImportError) {
      return try NPZWriter(path: path)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }
}

/// `hwsim check --allocation` of a float network: values are compared, in steps of float32.
struct FloatCheck {
  private let command: CheckCommand
  private let model: AllocatedModel

  init(
    _ command: CheckCommand, file: ModelFile, allocation: AllocationFile
  ) throws(Failure) {
    try AllocatedModel.refuse(command.binding, against: command.against)
    self.command = command
    model = try AllocatedModel(
      file, allocation, threads: command.computing.threads ?? Processors.count)
  }

  func report(_ session: Session) throws(Failure) -> Report {
    let data = try self.data()
    let sources = try data.open()
    let graph = model.graph
    let printed = sources.expected.map { PrintedResolution($0.source, of: graph[$0.tensor]) }
    let progress = session.progress("samples")
    defer { progress.finish() }
    let total = command.first ?? data.inputs.rowCount()
    let result = try compare(
      CheckSources(
        inputs: sources.inputs, expected: zip(sources.expected, printed).map { ($0.tensor, $1) })
    ) { done in if let total { progress.update(done: done, of: total) } }
    guard result.samples > 0 else {
      throw Failure(
        "check.no-data", "the files hold no samples", at: model.file.path,
        remedy: "give at least one sample of each input.")
    }
    let answer = CheckAnswer(
      file: model.file, graph: graph, datapath: nil,
      rules: "allocation \(command.allocating.allocation ?? "")", labels: data.labels,
      result: result, printed: printed, limit: command.maxReports.count)
    return Report(
      schema: "check",
      arguments: [
        "allocation": .optional(command.allocating.allocation),
        "tolerance": .integer(command.tolerance), "first": .optional(command.first),
        "max_reports": command.maxReports.json,
        "seed": .integer(Int(clamping: command.computing.seed)),
      ],
      inputs: [model.file.record] + command.allocating.records + data.records,
      result: answer.json, status: result.verdict == .mismatch ? .no : .yes,
      text: { style in answer.text(style) })
  }

  /// The files; what a run stored holds the scores beside the output.
  private func data() throws(Failure) -> CheckData {
    if model.outputs != model.graph.outputs, !command.expected.contains("-"),
      let data = try? CheckData(command, model: model.file, outputs: model.outputs)
    {
      return data
    }
    return try CheckData(command, model: model.file)
  }

  private func compare(
    _ sources: CheckSources, progress: (Int) -> Void
  ) throws(Failure) -> CheckResult {
    let graph = model.graph
    let tensors = sources.expected.map(\.tensor)
    let limit = max(command.maxReports.count, 64)
    var comparisons = [TensorComparison](repeating: .init(), count: tensors.count)
    var isPrinted = false
    var samples = 0
    while true {
      let wanted = min(model.blockSamples, (command.first ?? .max) - samples)
      let block: CheckBlock
      do throws(Diagnostic) {
        block = try CheckBlock(sources, of: graph, upTo: wanted, from: samples)
      } catch {
        throw Failure(error)
      }
      guard block.count > 0 else { break }
      let found = try model.values(of: tensors, for: block.inputs[0], firstSample: samples)
      for (place, expected) in block.expected.enumerated() {
        if case .printed = expected { isPrinted = true }
        comparisons[place].merge(
          TensorComparison(
            found[place], of: graph[tensors[place]], with: expected, count: block.count,
            firstSample: samples, limit: limit
          ) { Printed.matches($0, token: $1, digits: $2) }, limit: limit)
      }
      samples += block.count
      progress(samples)
    }
    return CheckResult(
      graph, comparisons: zip(tensors, comparisons).map { ($0, $1) }, samples: samples,
      isPrinted: isPrinted, tolerance: Double(command.tolerance))
  }
}
