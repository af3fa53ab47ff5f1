import HWModel
public import Importers
public import QuantGraph

/// A model run over array files, its results stored in archives.
public struct ModelRun: Sendable {
  /// What is run, and what is stored.
  public struct Options: Sendable {
    /// Files of the inputs, `NAME=FILE` or in the model's order.
    public var inputs: [String] = []
    /// The file of the outputs: an archive, or by its suffix one array or text; nil for none.
    public let output: String?
    /// A folder for inputs and outputs as text, a file each.
    public var golden: GoldenFiles?
    /// The archive of every tensor that a layer writes.
    public var trace: String?
    /// Whether exact values are stored instead of codes.
    public var storesValues = false
    /// Whether archives are deflated.
    public var compresses = false
    /// Whether the arrays of the trace are named `#<tensor index>`.
    public var namesByIndex = false
    /// Whether ranges, roundings and overflows are counted.
    public var countsEvents = false
    /// The class of each sample, an array of integers; nil for none.
    public var labels: String?
    /// Samples run; nil for all.
    public var first: Int?
    /// Whether integer inputs out of range are brought into range.
    public var allowsOverflow = false
    public var threads = Processors.count

    public init(output: String?) { self.output = output }
  }

  /// What was stored.
  public let answer: RunAnswer
  /// The files that were read, the model aside.
  public let records: [InputRecord]

  /// Runs every sample and completes the archives; none appears on failure.
  ///
  /// - Parameters:
  ///   - given: the model.
  ///   - choice: the rules to run it by.
  ///   - options: the files.
  ///   - progress: called with the samples that are done, and how many there are if that is known.
  /// - Throws: a `Failure` for files that cannot be read or written or do not go with the model,
  ///   and for a model that the rules cannot run.
  public init(
    _ given: ModelFile, by choice: DatapathChoice, options: Options,
    progress: (_ done: Int, _ total: Int?) -> Void = { _, _ in }
  ) throws(Failure) {
    let role = TensorFiles.Role(option: "inputs", what: "the model's inputs", linesTogether: 1)
    let files = try TensorFiles(
      options.inputs, for: given.graph.inputs, of: given.graph, role: role)
    let file = try given.batched { files.rowCount() }
    let isTraced = options.trace != nil || options.golden != nil || options.countsEvents
    let plan = try (isTraced ? choice : choice.forOutputs).plan(file)
    let sources = try file.inputSources(files, wrapsCodes: options.allowsOverflow)
    let run = try RunRecording(
      plan, of: file, output: options.output, trace: options.trace,
      golden: options.golden, storesValues: options.storesValues,
      compresses: options.compresses, namesByIndex: options.namesByIndex,
      countsEvents: options.countsEvents, labels: options.labels)
    let total = options.first ?? files.rowCount()
    try run.execute(
      sources, threads: options.threads, limit: options.first, wrapsCodes: options.allowsOverflow
    ) { done in progress(done, total) }
    if let golden = options.golden, golden.hasBenches { try run.writeBenches(in: golden.folder) }
    answer = RunAnswer(file: file, run: run, output: options.output, trace: options.trace)
    records =
      files.records(role: "inputs")
      + [options.labels].compactMap(\.self).map {
        InputRecord(role: "labels", path: $0, kind: "npy")
      }
  }
}
