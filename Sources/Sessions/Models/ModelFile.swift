import Documents
import FoundationEssentials
import HWModel
public import Importers
public import QuantGraph
import Schedules

/// What a user may say about how a model's file is read.
public struct ModelOptions: Sendable {
  /// `NAME=1x3x32x32`, for dynamic dimensions of an ONNX file.
  public var shapes: [String] = []
  /// Tensors of an ONNX or TFLite file that become the graph's outputs.
  public var outputs: [String] = []
  /// Tiles a side and last block of a stage that runs patch by patch.
  public var patch: (grid: Int, splitAfter: Int)?
  /// The release whose rules an hls4ml project is computed by; nil to find it from the files.
  public var hls4mlVersion: HLS4MLVersion?
  /// Shapes of the arrays of an ONNX model's inputs, samples first, in the inputs' order; they fill in
  /// dynamic dimensions that ``shapes`` does not name.
  public var samples: [[Int]] = []

  public init() {}

  /// Notes the shapes of `.npy` files given for the inputs in their order.
  ///
  /// Files that are none, or that are named for an input, say nothing here; what is wrong with them is
  /// said when they are read.
  public mutating func takeShapes(of files: [String]) {
    samples = []
    for path in files {
      guard path.hasSuffix(".npy"), FileManager.default.fileExists(atPath: path),
        let shape = try? NPYStream(path: path).header.shape
      else { return }
      samples.append(shape)
    }
  }
}

/// A model as a user names it, recognised by content and read.
public struct ModelFile: Sendable {
  /// What the file says beyond its graph.
  public enum Source: Sendable {
    case hls4ml(HLS4MLProjectInfo)
    case tflite(TFLiteModel)
    /// With the options that gave the graph, without a batch.
    case onnx(ONNXModel, ONNXGraph, ONNXGraphOptions)
  }

  /// As the user typed it.
  public private(set) var path: String
  public private(set) var source: Source
  public private(set) var graph: Graph
  /// Inputs as the file has them, where an allocation gave them another encoding: what integer arrays
  /// are codes of.
  public private(set) var ownInputs: [TensorID: Tensor] = [:]
  /// Whether inputs are finite numbers, and integer arrays numbers too.
  package private(set) var takesNumbers = false
  /// The stage that runs in tiles; nil for a model that runs whole.
  public private(set) var tiles: Tiles?

  /// The envelope's `kind`.
  public var kind: String {
    switch source {
    case .hls4ml: "hls4ml"
    case .tflite: "tflite"
    case .onnx: "onnx"
    }
  }

  /// Facts about an hls4ml project; nil for other kinds.
  public var project: HLS4MLProjectInfo? {
    if case .hls4ml(let info) = source { return info }
    return nil
  }

  /// - Throws: a `Failure` with every problem of the model.
  public init(path: String, options: ModelOptions = ModelOptions()) throws(Failure) {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Failure(
        "file.unreadable", "there is no such file or folder", at: path,
        remedy: path == "-"
          ? "name a file or folder; models are not read from standard input."
          : "check the path; it is relative to the current folder.")
    }
    self.path = path
    let prefix = isFolder ? [] : try InputRecord.prefix(of: path, count: 64)
    if !isFolder, TFLiteModel.recognizes(prefix) {
      try Self.refuse(options, kind: "TFLite")
      do throws(TFLiteError) {
        let model = try TFLiteModel.read(path, outputs: options.outputs)
        (source, graph) = (.tflite(model), model.graph)
      } catch {
        throw Failure(error.diagnostics)
      }
    } else if !isFolder, ONNXModel.isProbable(firstBytes: prefix) {
      try Self.refuseVersion(options, kind: "ONNX")
      let given = try Self.graphOptions(options)
      do throws(ONNXError) {
        let model = try ONNXModel(path: path)
        let read = try model.graph(given)
        (source, graph) = (.onnx(model, read, given), read.graph)
      } catch {
        throw Failure(error.diagnostics)
      }
    } else {
      if !isFolder { try Self.checkArchive(path, prefix: prefix) }
      try Self.refuse(options, kind: "hls4ml")
      do throws(HLS4MLError) {
        let model = try HLS4ML.importModel(path, version: options.hls4mlVersion)
        (source, graph) = (.hls4ml(model.info), model.graph)
      } catch {
        throw Failure(error.diagnostics.map { Self.placing($0, in: path, isFolder: isFolder) })
      }
    }
    if let patch = options.patch {
      self = try patched(grid: patch.grid, splitAfter: patch.splitAfter)
    }
  }

  /// A model whose first blocks are computed tile by tile.
  public struct Tiles: Sendable {
    /// The model as its file has it.
    public let whole: Graph
    public let tiling: PatchTiling
    public let patched: PatchedGraph
    /// The stage's last block.
    public let splitAfter: Int
  }

  /// The model with its first blocks computed tile by tile, to the same codes.
  ///
  /// Tiles of a TFLite model may have encodings of their own: conversions stand at their borders.
  ///
  /// - Throws: a `Failure` if the graph cannot be split there.
  public func patched(grid: Int, splitAfter block: Int) throws(Failure) -> ModelFile {
    let schedule: PatchSchedule
    do throws(PatchScheduleError) {
      schedule = try PatchPlanner(graph).schedule(grid: grid, splitAfter: block)
    } catch {
      throw Failure(Diagnostic(error))
    }
    do throws(PatchError) {
      var borders = PatchBorders.shared
      if case .tflite = source { borders = .conversions }
      let patched = try graph.patched(by: schedule.tiling, borders: borders)
      var file = ModelFile(self, source: source, graph: patched.graph)
      file.tiles = Tiles(
        whole: graph, tiling: schedule.tiling, patched: patched, splitAfter: block)
      return file
    } catch {
      throw Failure(Diagnostic(PatchScheduleError.stage(error)))
    }
  }

  private init(_ other: ModelFile, source: Source, graph: Graph) {
    path = other.path
    self.source = source
    self.graph = graph
    ownInputs = other.ownInputs
    takesNumbers = other.takesNumbers
    tiles = other.tiles
  }

  /// The same model with other encodings.
  ///
  /// - Parameters:
  ///   - graph: has the model's inputs, in other encodings at most.
  ///   - takesNumbers: whether inputs are finite numbers, and integer arrays numbers too.
  /// - Returns: the model with that graph.
  public func allocated(_ graph: Graph, takesNumbers: Bool = false) -> ModelFile {
    var file = ModelFile(self, source: source, graph: graph)
    file.takesNumbers = takesNumbers
    for id in self.graph.inputs where graph[id].encoding != self.graph[id].encoding {
      file.ownInputs[id] = self.graph[id]
    }
    return file
  }

  /// The same model without the importer's own copy of its constants; it is batched already.
  package func withoutContents() -> ModelFile {
    guard case .onnx(let model, let read, let options) = source else { return self }
    return ModelFile(self, source: .onnx(model.withoutContents(), read, options), graph: graph)
  }

  /// The same file with another graph of the same tensors' names.
  public func replacing(_ graph: Graph) -> ModelFile {
    ModelFile(self, source: source, graph: graph)
  }

  /// The model for `samples` samples a run.
  ///
  /// An ONNX file may leave its leading dimension open. Where every sample is computed for itself
  /// one sample a run is the same; where samples mix (a scale over the whole batch) the graph is
  /// read for the batch that there is.
  ///
  /// - Throws: a `Failure` if the number of samples is unknown and matters.
  public func batched(samples: () -> Int?) throws(Failure) -> ModelFile {
    guard case .onnx(let model, let read, let options) = source, !read.batchedInputs.isEmpty else {
      return self
    }
    // A few samples, of a number that no axis has: then samples are where this extent is.
    let extents = Set(read.graph.tensors.flatMap(\.shape.extents))
    var probe = options
    probe.batch = (2...).first { !extents.contains($0) } ?? 2
    if let probed = try? model.graph(probe), probed.graph.keepsSamplesApart(probed.batchedInputs) {
      return self
    }
    guard let count = samples() else {
      throw Failure(
        "model.batch",
        "samples of this model depend on each other, and the inputs do not say how many there are",
        at: path, remedy: "give the inputs as .npy or .npz, or the batch with --shape.")
    }
    guard count > 1 else { return self }
    var given = options
    guard graph.nodes.count == read.graph.nodes.count else {
      throw Failure(
        "model.batch", "samples of this model depend on each other: it has no patches", at: path,
        remedy: "leave --patch out.")
    }
    given.batch = count
    do throws(ONNXError) {
      let batched = try model.graph(given)
      return ModelFile(self, source: .onnx(model, batched, options), graph: batched.graph)
    } catch {
      throw Failure(error.diagnostics)
    }
  }

  /// Tensors that the file's operators write, in the file's order.
  public var writtenTensors: [TensorID] {
    switch source {
    case .hls4ml: graph.nodes.flatMap(\.outputs)
    case .tflite(let model):
      graph.nodes.flatMap(\.outputs).filter { $0.index < model.tensorCount }
    case .onnx(_, let read, _): read.written
    }
  }

  /// Whether arrays have a sample axis before the tensors' own shapes; if not, the leading axis of
  /// a tensor is where samples follow each other.
  public var addsSampleAxis: Bool { project != nil }

  private static func refuse(_ options: ModelOptions, kind: String) throws(Failure) {
    if kind != "hls4ml" { try refuseVersion(options, kind: kind) }
    guard options.shapes.isEmpty else {
      throw Failure(
        "usage.arguments", "--shape is about ONNX files, not \(kind)", remedy: "leave it out.")
    }
    guard options.outputs.isEmpty || kind != "hls4ml" else {
      throw Failure(
        "usage.arguments", "--outputs is about ONNX and TFLite files, not \(kind)",
        remedy: "leave it out.")
    }
  }

  private static func refuseVersion(
    _ options: ModelOptions, kind: String
  ) throws(Failure) {
    guard options.hls4mlVersion != nil else { return }
    throw Failure(
      "usage.arguments", "--hls4ml-version is about hls4ml projects, not \(kind)",
      remedy: "leave it out.")
  }

  private static func graphOptions(_ options: ModelOptions) throws(Failure) -> ONNXGraphOptions {
    var given = ONNXGraphOptions()
    for text in options.shapes {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let extents = parts.last?.split(separator: "x", omittingEmptySubsequences: false).map {
        Int($0) ?? -1
      }
      guard parts.count == 2, let extents, extents.allSatisfy({ $0 >= 0 }) else {
        throw Failure(
          "usage.arguments", "--shape \(text) is no shape",
          remedy: "write it as NAME=1x3x32x32.")
      }
      given.shapes[parts[0]] = extents
    }
    if !options.outputs.isEmpty { given.outputs = options.outputs }
    given.samples = options.samples
    return given
  }

  /// What whoever reads this model's results must know; empty for most models.
  public var warnings: [Diagnostic] { changedUtilities.map { [$0] } ?? [] }

  /// That the project computes with code that no release of hls4ml has; nil if it does not.
  public var changedUtilities: Diagnostic? {
    guard let project, !project.changedDefinitions.isEmpty else { return nil }
    let found = project.changedDefinitions
    return Diagnostic(
      code: "hls.changed-code",
      message: "\(Quantity.count(found.count, "definition")) in the project's nnet_utils "
        + (found.count == 1 ? "is" : "are") + " of no release of hls4ml",
      location: path + "/firmware/nnet_utils",
      notes: found.prefix(8) + (found.count > 8 ? ["... \(found.count - 8) more"] : []),
      remedy: "the rules of \(project.version ?? "a release") are computed; compare results with "
        + "the project's own C simulation.")
  }

  /// What the `.fml` archives in a project's folder say differently, and that its own code was changed;
  /// empty if they agree or if there are none.
  ///
  /// - Throws: a `Failure` with every problem of an archive that cannot be read.
  public func archiveWarnings() throws(Failure) -> [Diagnostic] {
    guard let project, isProject else { return [] }
    var warnings = self.warnings
    for archive in project.archives {
      let place = path + "/" + archive
      let other: Graph
      do throws(HLS4MLError) {
        other = try HLS4ML.importModel(place).graph
      } catch {
        throw Failure(error.diagnostics)
      }
      let differences = HLS4ML.difference(graph, other)
      guard !differences.isEmpty else { continue }
      let words = differences.prefix(5).map { $0.words(first: "the project", second: archive) }
      warnings.append(
        Diagnostic(
          code: "hls.archive-differs",
          message: "\(archive) is not the model of this project: \(words[0])",
          location: place,
          notes: Array(words.dropFirst())
            + (differences.count > 5 ? ["... \(differences.count - 5) more"] : []),
          remedy:
            "the project folder was used; save the archive again, or check it by its own path."))
    }
    return warnings
  }

  /// Whether the files of the model are a folder.
  public var isProject: Bool { project?.form == .project }

  /// The model in one line: kind, layers, weights.
  public var summary: String {
    switch source {
    case .hls4ml(let info):
      let version = info.version.map { " \($0)" } ?? ""
      let archives = isProject && !info.archives.isEmpty ? ", archives compared" : ""
      return [
        "hls4ml\(version)", info.ioType.rawValue + archives,
        Quantity.count(graph.nodes.count, "layer"), Quantity.count(info.weightCount, "weight"),
      ].joined(separator: ", ")
    case .tflite(let model):
      let patches =
        graph.nodes.count > model.graph.nodes.count
        ? ", \(Quantity.count(graph.nodes.count, "node")) with patches" : ""
      return "TFLite, \(Quantity.count(model.operatorCount, "operator"))" + patches
    case .onnx(let model, _, _):
      let form = model.kind == .float ? "float" : model.kind.rawValue
      let standard = model.operatorSets.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }
      let version = standard.map { ", opset \($0.version)" } ?? ""
      return "ONNX \(form)\(version), \(Quantity.count(model.nodeCount, "node"))"
    }
  }

  /// The model's entry in the envelope.
  public var record: InputRecord {
    InputRecord(
      role: "model", path: path, kind: kind,
      content: isProject ? .folder(projectFiles) : .file)
  }

  /// Files of the project that decide its graph: headers, the top function, weights and the
  /// configuration; those that exist.
  private var projectFiles: [String] {
    guard let info = project else { return [] }
    let weights =
      (try? FileManager.default.contentsOfDirectory(atPath: path + "/firmware/weights"))
      ?? []
    let files =
      [
        "hls4ml_config.yml", "firmware/defines.h", "firmware/parameters.h",
        "firmware/\(info.name).cpp", "firmware/nnet_utils/nnet_code_gen.h",
      ]
      + weights.filter { $0.hasSuffix(".txt") || $0.hasSuffix(".h") }.map {
        "firmware/weights/\($0)"
      }
    return files.filter { FileManager.default.fileExists(atPath: path + "/" + $0) }
  }

  private static func checkArchive(_ path: String, prefix: [UInt8]) throws(Failure) {
    if ContentKind(prefix: prefix) == .gzip { return }
    let bytes = prefix.prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    throw Failure(
      "model.unrecognized", "the file is no model of a known kind", at: path,
      notes: [
        prefix.isEmpty ? "it is empty" : "it starts with \(bytes.joined(separator: " "))",
        "supported: an hls4ml project folder or its .tar.gz, an hls4ml .fml archive, .tflite, .onnx",
      ], remedy: "give the folder or .fml file that hls4ml wrote, a .tflite or an .onnx file.")
  }

  /// Importers name files relative to the model; people need the path they typed.
  private static func placing(_ problem: Diagnostic, in path: String, isFolder: Bool) -> Diagnostic
  {
    let location: String
    if let inner = problem.location {
      let folder = path.hasSuffix("/") ? path : path + "/"
      location = inner.hasPrefix(path) ? inner : isFolder ? folder + inner : "\(path): \(inner)"
    } else {
      location = path
    }
    return Diagnostic(
      code: problem.code, message: problem.message, location: location, notes: problem.notes,
      remedy: problem.remedy)
  }
}

extension Graph {
  /// The node that writes `tensor`; nil for inputs and constants.
  public func writer(of tensor: TensorID) -> Int? {
    index.producer(of: tensor)
  }

  /// The tensor that a user means by `name`: a tensor's name, a node's (its first result), or
  /// `#<tensor index>`; `/` and `|` are the same.
  public func tensor(meant name: String) -> TensorID? {
    let key = ArrayName.key(name)
    if let found = tensors.firstIndex(where: { ArrayName.key($0.name) == key }) {
      return TensorID(found)
    }
    if let node = nodes.first(where: { ArrayName.key($0.name) == key }) {
      return node.outputs.first
    }
    guard name.hasPrefix("#"), let index = Int(name.dropFirst()), tensors.indices.contains(index)
    else { return nil }
    return TensorID(index)
  }
}

extension ModelFile {
  /// Size of the model's file in bytes; nil for a folder or if it cannot be told.
  public var byteCount: Int? { InputRecord.size(of: path) }
}
