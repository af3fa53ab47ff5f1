import Arith
public import Documents
public import QuantGraph

/// A transformer's configuration: the keys of a `config.json`, and the family that they are of.
public struct TransformerConfiguration: Sendable {
  /// `model_type`, or `_class_name` for diffusers.
  public let family: String
  /// Everything that the file says.
  public let document: JSON
  private let description: FamilyDescription
  private let keys: [String: JSON]

  /// Names of the families that are known, in the order in which they are listed.
  public static var families: [String] { TransformerFamilies.names }

  /// Whether a document may be a transformer's configuration: an object that names its kind.
  public static func isProbable(_ document: JSON) -> Bool {
    document["model_type"] != nil || document["_class_name"] != nil
      || (document["architectures"] != nil && document["hidden_size"] != nil)
  }

  /// - Throws: ``TransformerError/syntax(reason:line:column:)``,
  ///   ``TransformerError/unknownFamily(_:nearest:known:)`` or what is wrong with `model_type`.
  public init(parsing bytes: [UInt8]) throws(TransformerError) {
    let document: JSON
    do throws(JSONSyntaxError) {
      document = try JSON(parsing: bytes)
    } catch {
      throw .syntax(reason: error.reason, line: error.line, column: error.column)
    }
    try self.init(document)
  }

  public init(_ document: JSON) throws(TransformerError) {
    guard let members = document.members else {
      throw .badValue(key: "config.json", found: document.kind, expected: "an object")
    }
    var keys: [String: JSON] = [:]
    for member in members { keys[member.key] = member.value }
    var name = try Self.family(in: keys)
    var found = try TransformerFamilies.description(of: name)
    // A model of text and images whose text part is a known family of its own.
    if found == nil, let inner = keys["text_config"]?.members,
      let text = inner.first(where: { $0.key == "model_type" })?.value.text,
      let description = try TransformerFamilies.description(of: name + "+" + text)
    {
      found = description
      name = description.name
    }
    guard let description = found else {
      throw .unknownFamily(
        name, nearest: Self.nearest(to: name), known: TransformerFamilies.names)
    }
    keys["model_type"] = .string(name)
    self.keys = keys
    self.document = document
    self.description = description
    family = description.name
  }

  private static func family(in keys: [String: JSON]) throws(TransformerError) -> String {
    for key in ["model_type", "_class_name"] {
      guard let value = keys[key] else { continue }
      guard let name = value.text else {
        throw .badValue(key: key, found: value.kind, expected: "a string")
      }
      return name
    }
    throw .noFamily
  }

  /// Shapes of the model, and the work of a run.
  ///
  /// - Throws: what is wrong with a key, by name.
  public func shapes(_ run: TransformerRun = .init()) throws(TransformerError) -> TransformerShapes
  {
    var walk = try ShapeWalk(description, keys: keys, run: run)
    return try walk.result()
  }

  /// One pass over the model as a graph whose parameters have no codes.
  ///
  /// Inputs of text are `input_ids` `[batch, tokens]`, tables of positions' angles or `position_ids`,
  /// and the masks that are added to scores; of images and sound `pixel_values`, `input_features` or
  /// a noisy `sample`, with features of the time. Results are `[batch, positions, words]`, classes, or
  /// what the layers make. Caches are states that grow, `[batch, heads, tokens, extent]`: empty before
  /// a prefill; what a decoder keeps of an encoder is a state that stays. Whole matrices are products
  /// of the graph, also what a mask hides, so that its work is that of `TransformerWorkload` for
  /// ``TransformerRun/Attention/square``.
  ///
  /// - Parameters:
  ///   - run: its sizes, how it meets latent caches, and which positions have logits.
  ///   - phase: the name of one of the workload's phases.
  /// - Returns: a valid graph of the modules that compute in this pass.
  /// - Throws: ``TransformerError/noGraph(_:family:)`` for models whose layers are not known to hang
  ///   together in this way, and what is wrong with a key.
  public func graph(
    _ run: TransformerRun = .init(), phase: String
  ) throws(TransformerError) -> Graph {
    var walk = try ShapeWalk(description, keys: keys, run: run, graphPhase: phase)
    let shapes = try walk.result()
    guard let found = shapes.workload.phase(phase) else {
      let names = shapes.workload.phases.map(\.name).joined(separator: ", ")
      throw .badRun("'\(family)' has no pass '\(phase.prefix(40))'; it has: \(names)")
    }
    let name = document["torch_dtype"]?.text ?? document["dtype"]?.text ?? "bfloat16"
    let encoding: Encoding =
      switch name.split(separator: ".").last {
      case "float32": .float(.float32)
      case "float16": .float(.float16)
      default: .float(.bfloat16)
      }
    var graph = try ShapeGraph(
      family: family, modules: walk.modules,
      settings: try GraphSettings(walk.evaluation, modules: walk.modules), encoding: encoding,
      sizes: shapes.sizes, tokens: found.tokens,
      past: phase == "decode" ? found.context - found.tokens : 0)
    return try graph.graph("\(family).\(phase)")
  }

  /// Known names that differ from `name` by a few letters, or begin as it does.
  static func nearest(to name: String) -> [String] {
    let wanted = Array(name.lowercased().utf8.prefix(64))
    let ranked = TransformerFamilies.names.map { known in
      (name: known, distance: distance(wanted, Array(known.lowercased().utf8)))
    }.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return ranked.prefix(3).filter { $0.distance <= max(2, wanted.count / 2) }.map(\.name)
  }

  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let change = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
