import Arith
import Documents
import FoundationEssentials
import HWModel
package import Importers
package import QuantGraph

/// Array files given for tensors of a graph, ready to be opened as often as they are needed.
package struct TensorFiles {
  package struct Entry {
    /// One tensor, or several whose samples share a row of a text log.
    package let tensors: [TensorID]
    /// As the user typed it.
    package let path: String
    package let input: ArrayInput
    /// The array of an archive.
    package let member: String?
    /// The name under which results mention it; nil for the tensor's own.
    package let label: String?

    /// The file, and the array in it.
    package var place: String { member.map { "\(path): '\($0)'" } ?? path }
  }

  package private(set) var entries: [Entry]
  /// Inputs without a file that nothing reads.
  private var unread: [TensorID] = []

  /// No files.
  package init() { entries = [] }

  /// The same file may be read again, unless it is a pipe.
  package var canReopen: Bool { entries.allSatisfy { $0.path != "-" } }

  /// Every source, by entry and tensor.
  ///
  /// Where tensors have a batch axis, an array of one sample goes with every sample of the others:
  /// a parameter among the inputs.
  ///
  /// - Throws: a ``Failure`` if a file's shape is not that of its tensor.
  package func open(_ file: ModelFile) throws(Failure) -> [(
    tensor: TensorID, source: any SampleSource
  )] {
    let graph = file.graph
    var sources: [(TensorID, any SampleSource)] = []
    var counts: [Int] = []
    for entry in entries {
      let rows: ArrayRows
      do throws(ImportError) {
        rows = try entry.input.rows(entry.member)
      } catch {
        throw Failure(Diagnostic(error))
      }
      do throws(Diagnostic) {
        if entry.tensors.count > 1 {
          let columns = try SplitSampleSource.sources(
            rows, path: entry.path,
            tensors: entry.tensors.map { (graph[$0].name, graph[$0].shape) })
          sources += zip(entry.tensors, columns).map { ($0, $1) }
        } else if let id = entry.tensors.first {
          let source = try ArraySampleSource(
            rows, path: entry.place, tensor: graph[id].name, shape: graph[id].shape,
            hasBatchAxis: !file.addsSampleAxis, codeBits: graph[id].encoding.fixedWidth)
          let isParameter = !file.addsSampleAxis && source.sampleCount == 1
          counts.append(source.sampleCount ?? 2)
          sources.append((id, isParameter ? RepeatedSample(source) : source))
        }
      } catch {
        throw Failure(error)
      }
    }
    if counts.allSatisfy({ $0 == 1 }) {
      for case (_, let source as RepeatedSample) in sources { source.ends = true }
    }
    if !unread.isEmpty {
      sources += unread.map { ($0, RepeatedSample(zerosOf: graph[$0])) }
      let order = Dictionary(uniqueKeysWithValues: graph.inputs.enumerated().map { ($1, $0) })
      sources.sort { (order[$0.0] ?? 0) < (order[$1.0] ?? 0) }
    }
    return sources
  }

  /// Rows of the first array that tells; for progress.
  package func rowCount() -> Int? {
    for entry in entries where entry.path != "-" && entry.input.kind != .text {
      if let count = try? entry.input.rows(entry.member).rowCount { return count }
    }
    return nil
  }

  /// Entries of the envelope.
  package func records(role: String) -> [InputRecord] {
    var seen: Set<String> = []
    return entries.filter { $0.path != "-" && seen.insert($0.path).inserted }.map { entry in
      InputRecord(role: role, path: entry.path, kind: entry.input.kindName)
    }
  }
}

/// One sample again and again, or once where all inputs have one.
private final class RepeatedSample: SampleSource {
  private let source: ArraySampleSource?
  private var sample: TensorValues?
  var ends = false

  init(_ source: ArraySampleSource) { self.source = source }

  /// Zeros for an input that nothing reads.
  init(zerosOf tensor: Tensor) {
    source = nil
    let isCoded = ElementScale(tensor)?.codeRange != nil
    let count = tensor.shape.count
    sample =
      isCoded
      ? .codes([Int64](repeating: 0, count: count)) : .values([Double](repeating: 0, count: count))
  }

  func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    if let source {
      if ends { return try source.next(count) }
      if sample == nil { sample = try source.next(1) }
    }
    return sample?.repeating(count) ?? .values([])
  }
}

extension TensorValues {
  fileprivate func repeating(_ count: Int) -> TensorValues {
    switch self {
    case .codes(let codes): .codes((0..<count).flatMap { _ in codes })
    case .values(let values): .values((0..<count).flatMap { _ in values })
    case .printed(let values, let digits):
      .printed((0..<count).flatMap { _ in values }, digits: digits)
    case .rounded(let values, let bits):
      .rounded((0..<count).flatMap { _ in values }, bits: bits)
    }
  }
}

extension ArrayInput {
  /// The kind as the envelope names it.
  package var kindName: String {
    let name =
      switch kind {
      case .npy: "npy"
      case .npz: "npz"
      case .text: "text"
      }
    return isCompressed ? name + ".gz" : name
  }
}

extension TensorFiles {
  /// What a set of files is for, in the words of messages.
  package struct Role {
    /// `inputs`, `expected`: the option, and the role in the envelope.
    package let option: String
    /// `the model's inputs`.
    package let what: String
    /// Lines of a text log that make a sample of all tensors together.
    package let linesTogether: Int

    package init(option: String, what: String, linesTogether: Int) {
      self.option = option
      self.what = what
      self.linesTogether = linesTogether
    }
  }

  /// Finds the tensor of each file of `--inputs` or `--expected`.
  ///
  /// A file is `NAME=FILE`, an archive whose arrays have the tensors' names (or `#<index>`), or the
  /// next of `tensors` in order. One text log without a name may hold all tensors.
  ///
  /// - Parameters:
  ///   - arguments: as typed.
  ///   - tensors: what may be given, in the model's order; each needs exactly one array.
  ///   - graph: the model.
  ///   - role: what the files are for.
  /// - Throws: a ``Failure`` for unreadable files, unknown names, and tensors with no array or two.
  package init(
    _ arguments: [String], for tensors: [TensorID], of graph: Graph, role: Role
  ) throws(Failure) {
    self.init()
    var ordered: [(path: String, input: ArrayInput)] = []
    for argument in arguments {
      if let (id, path) = try Self.named(argument, tensors, graph, role) {
        entries.append(
          Entry(tensors: [id], path: path, input: try Self.array(path), member: nil, label: nil))
        continue
      }
      let input = try Self.array(argument)
      if let names = input.names {
        try addArchive(argument, input, names, tensors, graph, role)
      } else {
        ordered.append((argument, input))
      }
    }
    let given = Set(entries.flatMap(\.tensors))
    var missing = tensors.filter { !given.contains($0) }
    if ordered.count < missing.count {
      let read = Set(graph.nodes.flatMap(\.inputs) + graph.outputs)
      unread = missing.filter { !read.contains($0) }
      missing.removeAll { !read.contains($0) }
    }
    if ordered.count == 1, missing.count > 1, ordered[0].input.kind == .text {
      let path = ordered[0].path
      entries.append(
        Entry(
          tensors: missing, path: path,
          input: try Self.array(path, linesPerSample: role.linesTogether), member: nil, label: nil))
    } else {
      guard ordered.count == missing.count else {
        throw Self.mismatch(
          given: arguments, tensors, graph, role,
          "\(Quantity.count(ordered.count, "array")) without a name for "
            + "\(Quantity.count(missing.count, "tensor"))")
      }
      for (id, file) in zip(missing, ordered) {
        entries.append(
          Entry(tensors: [id], path: file.path, input: file.input, member: nil, label: nil))
      }
    }
    let all = entries.flatMap(\.tensors)
    guard Set(all).count == all.count else {
      throw Self.mismatch(given: arguments, tensors, graph, role, "a tensor is given twice")
    }
    let position = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1, $0) })
    entries.sort { (position[$0.tensors[0]] ?? 0) < (position[$1.tensors[0]] ?? 0) }
  }

  /// The arrays of `--layers`: an archive or a folder of `.npy` files, by the names of layers.
  ///
  /// - Throws: a ``Failure`` that lists every name that the model lacks.
  package init(layers path: String, of graph: Graph) throws(Failure) {
    self.init()
    var files: [(name: String, path: String, input: ArrayInput, member: String?)] = []
    var isFolder = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
      for name in names where name.hasSuffix(".npy") {
        let file = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
        files.append((String(name.dropLast(4)), file, try Self.array(file), nil))
      }
    } else {
      let input = try Self.array(path)
      guard let names = input.names else {
        throw Failure(
          "check.layers", "the array has no name of a layer", at: path,
          remedy: "give an .npz whose arrays are named as layers, or a folder of LAYER.npy files.")
      }
      files = names.map { (ArrayName.key($0), path, input, $0) }
    }
    var problems: [Diagnostic] =
      files.isEmpty
      ? [
        Diagnostic(
          code: "check.layers", message: "there is no array", location: path,
          remedy: "give an .npz whose arrays are named as layers, or a folder of LAYER.npy files.")
      ] : []
    var seen: [TensorID: String] = [:]
    for file in files {
      guard let id = graph.tensor(meant: file.name), graph[id].constant == nil else {
        let layers = graph.nodes.map(\.name)
        problems +=
          Failure.unknown(
            "layer", file.name, code: "check.layers", among: layers,
            listedBy: "hwsim inspect MODEL",
            at: path
          ).problems
        continue
      }
      if let other = seen.updateValue(file.name, forKey: id) {
        problems.append(
          Diagnostic(
            code: "check.layers", message: "'\(other)' and '\(file.name)' are the same tensor",
            location: path, remedy: "keep one of the two arrays."))
      }
      entries.append(
        Entry(
          tensors: [id], path: file.path, input: file.input, member: file.member,
          label: file.name))
    }
    guard problems.isEmpty else { throw Failure(problems) }
  }

  /// All entries of both; for inputs that go with layers.
  package static func + (first: TensorFiles, second: TensorFiles) -> TensorFiles {
    var sum = first
    sum.entries += second.entries
    return sum
  }

  private static func array(_ path: String, linesPerSample: Int = 1) throws(Failure) -> ArrayInput {
    do throws(ImportError) {
      return try ArrayInput(path: path, linesPerSample: linesPerSample)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// Splits `NAME=FILE`; nil if it is a file's name as a whole.
  private static func named(
    _ argument: String, _ tensors: [TensorID], _ graph: Graph, _ role: Role
  ) throws(Failure) -> (TensorID, path: String)? {
    guard let equals = argument.firstIndex(of: "="),
      !FileManager.default.fileExists(atPath: argument)
    else { return nil }
    let name = String(argument[..<equals])
    guard let id = graph.tensor(meant: name), tensors.contains(id) else {
      throw .unknown(
        "name", name, code: "array.names", among: tensors.map { graph[$0].name },
        listedBy: "hwsim inspect MODEL", at: "--\(role.option) \(argument)")
    }
    return (id, String(argument[argument.index(after: equals)...]))
  }

  private mutating func addArchive(
    _ path: String, _ input: ArrayInput, _ names: [String], _ tensors: [TensorID], _ graph: Graph,
    _ role: Role
  ) throws(Failure) {
    var unknown: [String] = []
    for name in names {
      guard let id = graph.tensor(meant: ArrayName.key(name)), tensors.contains(id) else {
        unknown.append(name)
        continue
      }
      entries.append(Entry(tensors: [id], path: path, input: input, member: name, label: nil))
    }
    guard unknown.isEmpty else {
      throw Self.mismatch(
        given: names, tensors, graph, role,
        "no tensor for \(unknown.map { "'\($0)'" }.joined(separator: ", "))", at: path)
    }
  }

  private static func mismatch(
    given: [String], _ tensors: [TensorID], _ graph: Graph, _ role: Role, _ reason: String,
    at location: String? = nil
  ) -> Failure {
    Failure(
      "array.names", "the arrays are not those of \(role.what): \(reason)", at: location,
      notes: [
        "given: \(given.isEmpty ? "none" : given.joined(separator: ", "))",
        "\(role.what): \(tensors.map { graph[$0].name }.joined(separator: ", "))",
      ],
      remedy: "give each once: --\(role.option) NAME=FILE, an .npz with these names, or files in "
        + "this order.")
  }
}

extension Encoding {
  /// Bits of fixed-point codes; 0 of other formats.
  fileprivate var fixedWidth: Int {
    if case .fixed(let format) = self { format.width } else { 0 }
  }
}
