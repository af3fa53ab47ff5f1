import HWModel
import Importers
import QuantGraph

/// Executes a plan over all samples and writes its tensors to archives as they come.
struct ModelRun {
  let plan: Plan
  private(set) var samples = 0
  private(set) var outputs: [TensorRecorder] = []
  private(set) var traced: [TensorRecorder] = []
  /// Events of every node; nil if they are not counted.
  private(set) var events: [NodeEvents]?
  private let counter: EventCounter?
  private let writers: [NPZWriter]

  /// - Throws: a ``Failure`` if a file cannot be created or a tensor cannot be stored.
  init(
    _ plan: Plan, output: String, trace: String?, storesValues: Bool, namesByIndex: Bool,
    countsEvents: Bool
  ) throws(Failure) {
    self.plan = plan
    var writers: [NPZWriter] = []
    let graph = plan.graph
    let outputWriter = try Self.writer(output)
    writers.append(outputWriter)
    for id in graph.outputs {
      outputs.append(
        try TensorRecorder(
          id, of: graph, named: graph[id].name, storesValues: storesValues, in: outputWriter))
    }
    if let trace {
      let traceWriter = try Self.writer(trace)
      writers.append(traceWriter)
      for id in graph.nodes.flatMap(\.outputs) {
        traced.append(
          try TensorRecorder(
            id, of: graph, named: namesByIndex ? "#\(id.index)" : graph[id].name,
            storesValues: storesValues, in: traceWriter))
      }
    }
    self.writers = writers
    guard countsEvents else {
      counter = nil
      return
    }
    do throws(DatapathError) {
      counter = try EventCounter(plan)
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
    let ids = outputs.map(\.tensor) + traced.map(\.tensor)
    let runner = BatchRunner(plan, keeping: Set(ids), threads: threads)
    while true {
      let wanted = min(runner.suggestedSamples, (limit ?? .max) - samples)
      let inputs = try read(sources, upTo: wanted)
      guard let first = inputs.first, let id = graph.inputs.first, first.count > 0 else { break }
      let count = first.count / max(graph[id].shape.count, 1)
      let blocks: [[[Int64]]]
      do throws(InputError) {
        blocks = try runner.run(
          inputs, count: count, firstSample: samples, wrapsCodes: wrapsCodes
        ) { runner, _, used in ids.map { runner.codes(of: $0, count: used) } }
        if let counter {
          let counted = try counter.count(inputs, samples: count, wrapsCodes: wrapsCodes)
          for (index, events) in counted.enumerated() { self.events?[index].merge(events) }
        }
      } catch {
        throw Failure(Diagnostic(error))
      }
      for block in blocks {
        for index in outputs.indices { try outputs[index].append(block[index]) }
        for index in traced.indices { try traced[index].append(block[outputs.count + index]) }
      }
      samples += count
      progress(samples)
    }
    do throws(ImportError) {
      for writer in writers { try writer.finish() }
    } catch {
      throw Failure(Diagnostic(error))
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
      let found = (values.last?.count ?? 0) / max(tensor.shape.count, 1)
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

  private static func writer(_ path: String) throws(Failure) -> NPZWriter {
    do throws(ImportError) {
      return try NPZWriter(path: path)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }
}
