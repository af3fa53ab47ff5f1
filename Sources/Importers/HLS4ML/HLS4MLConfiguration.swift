/// What the configuration of a model asks hls4ml for, layer by layer.
///
/// The project's text has the types that came of it; this says which of them a user gave and which
/// hls4ml found itself (`auto`).
public struct HLS4MLConfiguration: Hashable, Sendable {
  /// Texts under `HLSConfig.LayerName.<layer>.Precision`, by layer and key (`weight`, `result`, ...);
  /// one text for the whole layer stands under `default`.
  public let precision: [String: [String: String]]
  /// `TableSize` by layer.
  public let tableSizes: [String: Int]
  /// `HLSConfig.Model.Precision`: what types are that nothing else is said of.
  public let defaultPrecision: String?
  /// The widest type that hls4ml may find itself.
  public let maximumPrecision: String?

  /// Reads `hls4ml_config.yml` of a project, or `config.json` of an archive.
  ///
  /// nil if there is none. Nothing in such a file is an error: what is not understood is left out.
  public init?(at path: String) {
    if let project = HLSFiles(at: path) {
      guard let bytes = try? project.bytes("hls4ml_config.yml", limit: HLSYAML.byteLimit) else {
        return nil
      }
      self.init(HLSYAMLTree(bytes)["HLSConfig"] ?? .mapping([:]))
    } else {
      guard let files = try? TarArchive.read(path), let bytes = files["config.json"],
        let json = try? OrderedJSON.parse(bytes, file: "config.json"),
        let configuration = json["config"]?["HLSConfig"]
      else { return nil }
      self.init(HLSYAMLTree(configuration, depth: 0))
    }
  }

  init(_ tree: HLSYAMLTree) {
    var precision: [String: [String: String]] = [:]
    var tableSizes: [String: Int] = [:]
    for (layer, settings) in tree["LayerName"]?.members ?? [:] {
      switch settings["Precision"] {
      case .scalar(let text): precision[layer] = ["default": text]
      case .mapping(let keys): precision[layer] = keys.compactMapValues(\.text)
      case nil: precision[layer] = [:]
      }
      if let size = settings["TableSize"]?.text.flatMap({ Int($0) }) { tableSizes[layer] = size }
    }
    self.precision = precision
    self.tableSizes = tableSizes
    let model = tree["Model"]?["Precision"]
    defaultPrecision = model?.text ?? model?["default"]?.text
    maximumPrecision = model?["maximum"]?.text
  }
}

extension HLSYAMLTree {
  /// The same of JSON; numbers and truth values are texts.
  init(_ json: OrderedJSON, depth: Int) {
    switch json {
    case .null, .array: self = .mapping([:])
    case .bool(let value): self = .scalar(value ? "true" : "false")
    case .number(_, let text): self = .scalar(text)
    case .string(let text): self = .scalar(text)
    case .object(let members):
      var result: [String: HLSYAMLTree] = [:]
      // The parser limits the depth.
      for (key, value) in members { result[key] = HLSYAMLTree(value, depth: depth + 1) }
      self = .mapping(result)
    }
  }
}
