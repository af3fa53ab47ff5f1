import FoundationEssentials
import HWModel
import Importers
import QuantGraph

/// A model as a user names it, recognised by content and read.
struct ModelFile: Sendable {
  /// As the user typed it.
  let path: String
  /// `hls4ml`; the envelope's `kind`.
  let kind: String
  let graph: Graph
  /// Facts that the graph does not hold.
  let info: HLS4MLProjectInfo

  /// - Throws: a ``Failure`` with every problem of the model.
  init(path: String) throws(Failure) {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Failure(
        "file.unreadable", "there is no such file or folder", at: path,
        remedy: path == "-"
          ? "name a file or folder; models are not read from standard input."
          : "check the path; it is relative to the current folder.")
    }
    if !isFolder { try Self.checkArchive(path) }
    do throws(HLS4MLError) {
      let model = try HLS4ML.importModel(path)
      graph = model.graph
      info = model.info
    } catch {
      throw Failure(error.diagnostics.map { Self.placing($0, in: path, isFolder: isFolder) })
    }
    self.path = path
    kind = "hls4ml"
  }

  /// What the `.fml` archives in a project's folder say differently; empty if they agree or if
  /// there are none.
  ///
  /// - Throws: a ``Failure`` with every problem of an archive that cannot be read.
  func archiveWarnings() throws(Failure) -> [Diagnostic] {
    guard isProject else { return [] }
    var warnings: [Diagnostic] = []
    for archive in info.archives {
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
  var isProject: Bool { info.form == .project }

  /// The model in one line: kind, layers, weights.
  var summary: String {
    let version = info.version.map { " \($0)" } ?? ""
    let archives = isProject && !info.archives.isEmpty ? ", archives compared" : ""
    return [
      "hls4ml\(version)", info.ioType.rawValue + archives,
      Quantity.count(graph.nodes.count, "layer"), Quantity.count(info.weightCount, "weight"),
    ].joined(separator: ", ")
  }

  /// The model's entry in the envelope.
  var record: InputRecord {
    InputRecord(
      role: "model", path: path, kind: kind,
      content: isProject ? .folder(projectFiles) : .file)
  }

  /// Files of the project that decide its graph: headers, the top function, weights and the
  /// configuration; those that exist.
  private var projectFiles: [String] {
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

  private static func checkArchive(_ path: String) throws(Failure) {
    let prefix = try InputRecord.prefix(of: path, count: 16)
    if ContentKind(prefix: prefix) == .gzip { return }
    let bytes = prefix.prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    throw Failure(
      "model.unrecognized", "the file is no model of a known kind", at: path,
      notes: [
        prefix.isEmpty ? "it is empty" : "it starts with \(bytes.joined(separator: " "))",
        "supported: an hls4ml project folder, an hls4ml .fml archive",
      ], remedy: "give the folder that hls4ml wrote, or the .fml file that it saved.")
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

extension ModelFile {
  /// Names that `--datapath` takes.
  static let datapaths = [HLSFixed.name]

  /// The graph bound to the datapath called `name`, or to the one of the model's kind.
  ///
  /// - Throws: a ``Failure`` with every node that the datapath cannot run.
  func plan(on name: String?) throws(Failure) -> Plan {
    if let name, !Self.datapaths.contains(name) {
      throw .unknown(
        "datapath", name, code: "usage.unknown-datapath", among: Self.datapaths,
        listedBy: "hwsim check --help")
    }
    do throws(PlanProblems) {
      return try Plan(graph, on: HLSFixed())
    } catch {
      throw Failure(error.diagnostics(file: path))
    }
  }
}

extension Graph {
  /// The node that writes `tensor`; nil for inputs and constants.
  func writer(of tensor: TensorID) -> Int? {
    nodes.firstIndex { $0.outputs.contains(tensor) }
  }

  /// The tensor that a user means by `name`: a tensor's name, a node's (its first result), or
  /// `#<tensor index>`; `/` and `|` are the same.
  func tensor(meant name: String) -> TensorID? {
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
