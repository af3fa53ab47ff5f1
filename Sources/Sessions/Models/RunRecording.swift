import Arith
import HWModel
import Importers
import QuantGraph

/// Executes a plan over all samples and writes its tensors to archives as they come.
final class RunRecording {
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
  func execute(
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
    // One thread at a time reads and stores.
    nonisolated(unsafe) let (recording, sources) = (self, sources)
    try withoutActuallyEscaping(progress) { (progress) throws(Failure) in
      nonisolated(unsafe) let progress = progress
      try runner.stream(
        wrapsCodes: wrapsCodes, failure: { Failure(Diagnostic($0)) }
      ) { (wanted, done) throws(Failure) in
        try recording.read(sources, upTo: min(wanted, (limit ?? .max) - done), after: done)
      } collect: { runner, used in
        ids.map { runner.elements(of: $0, count: used) ?? .int8([]) }
      } store: { (batch, blocks, done) throws(Failure) in
        try recording.count(batch, wrapsCodes: wrapsCodes)
        try recording.store(blocks, varying: varying)
        recording.samples = done + batch.count
        progress(recording.samples)
      }
    }
    try labels?.finish(isPart: limit != nil)
    do throws(ImportError) {
      for recorder in outputs + golden { try recorder.finish() }
      for writer in writers { try writer.finish() }
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Adds the events of samples, where they are counted.
  private func count(_ batch: BatchRunner.Batch, wrapsCodes: Bool) throws(Failure) {
    guard let counter else { return }
    do throws(InputError) {
      let counted = try counter.count(batch.inputs, samples: batch.count, wrapsCodes: wrapsCodes)
      for (index, events) in counted.enumerated() { self.events?[index].merge(events) }
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Appends blocks of what was kept: outputs, tensors of the trace that vary, observed ones, golden
  /// ones and what is compared with labels.
  private func store(_ blocks: [[Codes]], varying: [Int]) throws(Failure) {
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

  /// The next samples of every input, at most `wanted` after `done`.
  private func read(
    _ sources: [any SampleSource], upTo wanted: Int, after done: Int
  ) throws(Failure) -> BatchRunner.Batch {
    guard wanted > 0 else { return BatchRunner.Batch(inputs: [], count: 0) }
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
            + "before it (\(done + found), \(done + count) or more)",
          remedy: "give inputs of the same samples.")
      }
      count = found
    }
    // A graph of constants alone, or of empty inputs, has one result.
    return BatchRunner.Batch(inputs: values, count: count ?? (done == 0 ? 1 : 0))
  }

  private static func writer(_ path: String, _ compresses: Bool) throws(Failure) -> NPZWriter {
    do throws(ImportError) {
      return try NPZWriter(path: path, compressed: compresses)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }
}
