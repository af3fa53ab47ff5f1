import Arith
import HWModel
import Importers
import QuantGraph

/// Executes a plan over all samples and writes its tensors to archives as they come.
struct RunRecording {
  let plan: Plan
  private(set) var samples = 0
  private(set) var outputs: [TensorRecorder] = []
  private(set) var traced: [TensorRecorder] = []
  /// Inputs and outputs of the network or of a layer, a file each.
  private(set) var golden: [TensorRecorder] = []
  /// Ranges of every tensor; empty unless asked for.
  private(set) var observed: [(tensor: TensorID, statistics: TensorStatistics)] = []
  /// Events of every node; nil if they are not counted.
  private(set) var events: [NodeEvents]?
  /// How many samples have the class that they are labelled with; nil without labels.
  private(set) var labels: LabelScore?
  private let counter: (any EventCounting)?
  private let writers: [NPZWriter]

  /// - Throws: a ``Failure`` if a file cannot be created or a tensor cannot be stored.
  init(
    _ plan: Plan, of file: ModelFile, output: String?, trace: String?, golden: GoldenFiles?,
    storesValues: Bool, compresses: Bool, namesByIndex: Bool, countsEvents: Bool,
    labels: String? = nil
  ) throws(Failure) {
    self.plan = plan
    let addsSampleAxis = file.addsSampleAxis
    self.labels = try labels.map { path throws(Failure) in
      try LabelScore(path, of: plan.graph, addsSampleAxis: addsSampleAxis)
    }
    var writers: [NPZWriter] = []
    let graph = plan.graph
    if let output {
      var store = try TensorStore.named(
        output, tensors: graph.outputs.count, storesValues: storesValues)
      if store == nil {
        let writer = try Self.writer(output, compresses)
        writers.append(writer)
        store = .archive(writer)
      }
      for id in graph.outputs {
        guard let store else { break }
        outputs.append(
          try TensorRecorder(
            id, of: graph, named: graph[id].name, storesValues: storesValues,
            addsSampleAxis: addsSampleAxis, in: store))
      }
    }
    for (id, store) in try golden?.stores(plan) ?? [] {
      self.golden.append(
        try TensorRecorder(
          id, of: graph, named: graph[id].name, storesValues: false,
          addsSampleAxis: addsSampleAxis, in: store))
    }
    if let trace {
      let traceWriter = try Self.writer(trace, compresses)
      writers.append(traceWriter)
      // Values that the rules never form (floats of a graph moved to integers) have no array.
      for id in file.writtenTensors
      where graph[id].constant != nil || plan.tensors[id.index] != nil {
        traced.append(
          try TensorRecorder(
            id, of: graph, named: namesByIndex ? "#\(id.index)" : graph[id].name,
            storesValues: storesValues, addsSampleAxis: addsSampleAxis, in: .archive(traceWriter)))
      }
    }
    self.writers = writers
    if countsEvents {
      for id in file.writtenTensors where plan.tensors[id.index] != nil {
        guard let scale = ElementScale(graph[id]) else { continue }
        observed.append((id, TensorStatistics(scale, elements: graph[id].shape.count)))
      }
    }
    guard countsEvents, let rules = plan.rules as? any CountsEvents else {
      counter = nil
      return
    }
    do throws(DatapathError) {
      counter = try rules.eventCounter(plan)
    } catch {
      throw Failure("datapath.unsupported", "the graph's events cannot be counted: \(error)")
    }
    events = [NodeEvents](repeating: NodeEvents(), count: graph.nodes.count)
  }

  /// Runs every sample and completes the files.
  ///
  /// - Parameters:
  ///   - sources: one a graph input.
  ///   - threads: threads to use.
  ///   - limit: samples to run; nil for all.
  ///   - wrapsCodes: whether integer inputs out of range are brought into range.
  ///   - progress: called with the number of samples done.
  /// - Throws: a ``Failure`` for unreadable or unequal inputs, or files that cannot be written; no
  ///   file appears then.
  mutating func execute(
    _ sources: [any SampleSource], threads: Int, limit: Int?, wrapsCodes: Bool,
    progress: (Int) -> Void
  ) throws(Failure) {
    let graph = plan.graph
    // Constants, such as folded weights, are the same for every sample: they are stored once.
    for index in traced.indices {
      if let constant = graph[traced[index].tensor].constant { try traced[index].append(constant) }
    }
    let varying = traced.indices.filter { graph[traced[$0].tensor].constant == nil }
    let ids =
      outputs.map(\.tensor) + varying.map { traced[$0].tensor } + observed.map(\.tensor)
      + golden.map(\.tensor) + [labels?.output].compactMap(\.self)
    let runner = BatchRunner(plan, keeping: Set(ids), threads: threads)
    while true {
      let wanted = min(runner.suggestedSamples, (limit ?? .max) - samples)
      let inputs = try read(sources, upTo: wanted)
      let count: Int
      let telling = zip(graph.inputs, inputs).first { graph[$0.0].shape.count > 0 }
      if let telling {
        count = telling.1.count / graph[telling.0].shape.count
      } else {
        // A graph of constants alone, or of empty inputs, has one result.
        count = samples == 0 && wanted > 0 ? 1 : 0
      }
      if count == 0 { break }
      let blocks: [[Codes]]
      do throws(InputError) {
        blocks = try runner.run(
          inputs, count: count, firstSample: samples, wrapsCodes: wrapsCodes
        ) { runner, _, used in ids.map { runner.elements(of: $0, count: used) ?? .int8([]) } }
        if let counter {
          let counted = try counter.count(inputs, samples: count, wrapsCodes: wrapsCodes)
          for (index, events) in counted.enumerated() { self.events?[index].merge(events) }
        }
      } catch {
        throw Failure(Diagnostic(error))
      }
      for block in blocks {
        for index in outputs.indices { try outputs[index].append(block[index]) }
        for (place, index) in varying.enumerated() {
          try traced[index].append(block[outputs.count + place])
        }
        for index in observed.indices {
          observed[index].statistics.add(block[outputs.count + varying.count + index])
        }
        let first = outputs.count + varying.count + observed.count
        for index in golden.indices { try golden[index].append(block[first + index]) }
        try labels?.add(block[block.count - 1])
      }
      samples += count
      progress(samples)
    }
    try labels?.finish(isPart: limit != nil)
    do throws(ImportError) {
      for recorder in outputs + golden { try recorder.finish() }
      for writer in writers { try writer.finish() }
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Writes benches that read the files of ``golden``.
  ///
  /// - Throws: a ``Failure`` if a file cannot be written.
  func writeBenches(in folder: String) throws(Failure) {
    var streams: [TensorID: ProjectBench.Stream] = [:]
    for recorder in golden {
      guard let path = recorder.path, let scale = ElementScale(plan.graph[recorder.tensor])
      else { continue }
      let bits =
        switch scale.form {
        case .codes(let width, _): width
        case .numbers(let format), .patterns(let format): format.width
        }
      streams[recorder.tensor] = ProjectBench.Stream(
        file: path.split(separator: "/").last.map(String.init) ?? path, bits: bits,
        elements: plan.graph[recorder.tensor].shape.count)
    }
    for file in ProjectBench(plan.graph, streams: streams, samples: samples).files {
      try TextFile.replace("\(folder)/\(file.name)", with: file.text)
    }
  }

  /// The next samples of every input.
  private func read(_ sources: [any SampleSource], upTo wanted: Int) throws(Failure)
    -> [TensorValues]
  {
    guard wanted > 0 else { return [] }
    var values: [TensorValues] = []
    var count: Int?
    for (id, source) in zip(plan.graph.inputs, sources) {
      let tensor = plan.graph[id]
      do throws(Diagnostic) {
        values.append(try source.next(wanted))
      } catch {
        throw Failure(error)
      }
      if tensor.shape.count == 0 { continue }
      let found = (values.last?.count ?? 0) / tensor.shape.count
      if let count, count != found {
        throw Failure(
          "check.sample-count",
          "'\(tensor.name)' has another number of samples than the inputs "
            + "before it (\(samples + found), \(samples + count) or more)",
          remedy: "give inputs of the same samples.")
      }
      count = found
    }
    return values
  }

  private static func writer(_ path: String, _ compresses: Bool) throws(Failure) -> NPZWriter {
    do throws(ImportError) {
      return try NPZWriter(path: path, compressed: compresses)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }
}
