package import Documents
import FoundationEssentials
package import Importers
package import QuantGraph

/// A transformer as a user names it: a configuration, a folder that holds one, or a GGUF file.
package struct TransformerFile: Sendable {
  package let path: String
  package let kind: String
  /// nil for a GGUF file of an architecture that has no description.
  package let configuration: TransformerConfiguration?
  /// What is quantized; nil for nothing.
  package let quantization: QuantizationBlock?
  package let gguf: GGUFHeader?
  private let files: [String]

  private static let maximumBytes = 64 << 20

  /// - Returns: nil if the path is something else, by content.
  /// - Throws: a ``Failure`` if it is a transformer's file that cannot be used.
  package init?(path: String) throws(Failure) {
    var isFolder = false
    guard path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      return nil
    }
    self.path = path
    if isFolder {
      let config = path + "/config.json"
      guard FileManager.default.fileExists(atPath: config) else { return nil }
      let document = try Self.document(config)
      guard TransformerConfiguration.isProbable(document) else { return nil }
      kind = "transformers-folder"
      gguf = nil
      configuration = try Self.reading(config) { () throws(TransformerError) in
        try TransformerConfiguration(document)
      }
      let separate = path + "/hf_quant_config.json"
      if FileManager.default.fileExists(atPath: separate) {
        let block = try Self.document(separate)
        quantization = try Self.reading(separate) { () throws(TransformerError) in
          try QuantizationBlock(block)
        }
        files = ["config.json", "hf_quant_config.json"]
      } else {
        quantization = try Self.block(of: document, at: config)
        files = ["config.json"]
      }
      return
    }
    let prefix = try InputRecord.prefix(of: path, count: 64)
    if GGUFHeader.recognizes(prefix) {
      kind = "gguf"
      files = []
      quantization = nil
      let bytes = try Self.contents(of: path)
      let header = try Self.reading(path) { () throws(TransformerError) in try GGUFHeader(bytes) }
      gguf = header
      if let keys = header.configuration {
        configuration = try Self.reading(path) { () throws(TransformerError) in
          try TransformerConfiguration(keys)
        }
      } else {
        configuration = nil
      }
      return
    }
    guard let first = prefix.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }),
      first == UInt8(ascii: "{")
    else { return nil }
    let document = try Self.document(path)
    kind = "transformers-config"
    files = []
    gguf = nil
    configuration = try Self.reading(path) { () throws(TransformerError) in
      try TransformerConfiguration(document)
    }
    quantization = try Self.block(of: document, at: path)
  }

  private static func block(
    of document: JSON, at path: String
  ) throws(Failure) -> QuantizationBlock? {
    guard
      let block = document["quantization_config"]
        ?? document["text_config"]?["quantization_config"], block != .null
    else { return nil }
    return try reading(path) { () throws(TransformerError) in try QuantizationBlock(block) }
  }

  package static func document(_ path: String) throws(Failure) -> JSON {
    let bytes = try contents(of: path)
    return try reading(path) { () throws(TransformerError) in
      do throws(JSONSyntaxError) {
        return try JSON(parsing: bytes)
      } catch {
        throw TransformerError.syntax(
          reason: error.reason, line: error.line, column: error.column)
      }
    }
  }

  /// The whole file, at most ``maximumBytes`` of it.
  private static func contents(of path: String) throws(Failure) -> [UInt8] {
    try InputRecord.prefix(of: path, count: maximumBytes)
  }

  /// Does `work` and places its error in the file.
  package static func reading<T>(
    _ path: String, _ work: () throws(TransformerError) -> T
  ) throws(Failure) -> T {
    do throws(TransformerError) {
      return try work()
    } catch {
      let problem = error.diagnostic
      throw Failure(
        Diagnostic(
          code: problem.code, message: problem.message,
          location: problem.location.map { "\(path): \($0)" } ?? path, notes: problem.notes,
          remedy: problem.remedy))
    }
  }

  package var record: InputRecord {
    InputRecord(
      role: "model", path: path, kind: kind, content: files.isEmpty ? .file : .folder(files))
  }

  /// Shapes of the model and the work of a run.
  ///
  /// - Throws: a ``Failure`` that names the key.
  package func shapes(_ run: TransformerRun) throws(Failure) -> TransformerShapes? {
    guard let configuration else { return nil }
    return try Self.reading(path) { () throws(TransformerError) in
      try configuration.shapes(run)
    }
  }

  /// One pass of the model as a graph of shapes.
  ///
  /// - Throws: a ``Failure`` that names the key, lists the passes that there are, or says why there
  ///   is no graph.
  package func graph(_ run: TransformerRun, phase: String) throws(Failure) -> SizedGraph {
    guard let configuration, let shapes = try shapes(run) else {
      throw Failure(
        "transformer.unknown-family", "the file's architecture has no description", at: path,
        remedy: "give the model's config.json.")
    }
    let phases = shapes.workload.phases.map(\.name)
    guard phases.contains(phase) else {
      throw .unknown(
        "pass", phase, code: "usage.arguments", among: phases,
        listedBy: "hwsim inspect \(path)", at: "--graph")
    }
    return try Self.reading(path) { () throws(TransformerError) in
      try configuration.sizedGraph(run, phase: phase)
    }
  }

  /// Bytes of the checkpoint.
  ///
  /// - Throws: a ``Failure`` if a form cannot hold a layer.
  package func stored(_ shapes: TransformerShapes) throws(Failure) -> StoredModel? {
    guard let configuration, gguf == nil else { return nil }
    return try Self.reading(path) { () throws(TransformerError) in
      try StoredModel(shapes, document: configuration.document, block: quantization)
    }
  }
}

extension TransformerFile {
  /// What the safetensors files of the folder say that the configuration does not, by their headers.
  ///
  /// - Throws: a ``Failure`` if a header is damaged.
  package func comparison(with shapes: TransformerShapes) throws(Failure) -> [Diagnostic] {
    guard kind == "transformers-folder", quantization == nil else { return [] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw Failure("file.unreadable", "\(error)", at: path, remedy: "check the folder.")
    }
    var found: [String: [Int]] = [:]
    for name in names.sorted() where name.hasSuffix(".safetensors") {
      let file = path + "/" + name
      let start = try InputRecord.prefix(of: file, count: 8)
      let length = try Self.reading(file) { () throws(TransformerError) in
        try SafetensorsHeader.documentBytes(start)
      }
      let bytes = try InputRecord.prefix(of: file, count: 8 + length)
      let header = try Self.reading(file) { () throws(TransformerError) in
        guard bytes.count == 8 + length else {
          throw TransformerError.damaged("the header ends too early", offset: bytes.count)
        }
        return try SafetensorsHeader(document: Array(bytes.dropFirst(8)))
      }
      for tensor in header.tensors { found[tensor.name] = tensor.shape }
    }
    guard !found.isEmpty else { return [] }
    var lines: [String] = []
    for tensor in shapes.tensors where tensor.role != .experts {
      for name in tensor.names {
        if let shape = found[name] {
          if shape != tensor.shape {
            lines.append("\(name): \(shape) in the files, \(tensor.shape) by the configuration")
          }
        } else {
          lines.append("\(name): not in the files")
        }
      }
    }
    guard let first = lines.first else { return [] }
    return [
      Diagnostic(
        code: "transformer.files-differ",
        message: "\(lines.count) tensors of the files differ from the configuration: \(first)",
        location: path, notes: Array(lines.dropFirst().prefix(5)),
        remedy: "the configuration was used; check that both are of one model.")
    ]
  }
}
