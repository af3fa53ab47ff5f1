public import Documents

/// A `quantization_config` or `hf_quant_config.json`: which layers are stored in which form.
///
/// Rules are those of the projects that read the blocks: transformers 5.24
/// (`quantizers/quantizers_utils.py`, `should_convert_module`), compressed-tensors 0.20
/// (`utils/match.py`), AutoGPTQ and GPTQModel, AutoAWQ, ModelOpt (`exclude_modules` are wildcards of
/// Python's fnmatch), HQQ and Quark.
public struct QuantizationBlock: Sendable {
  /// `quant_method`.
  public let method: String
  /// What `hf_quant_config.json` or the block says of keys and values; nil if nothing.
  public let cacheForm: String?
  private let groups: [Group]
  private let ignored: [NamePattern]
  private let onlyIncluded: [NamePattern]
  /// Whether parameters outside the blocks of layers stay as they are unless named.
  private let keepsHead: Bool
  /// Whether experts alone are stored in the form.
  private let onlyExperts: Bool

  private struct Group: Sendable {
    /// Empty: every linear layer.
    let targets: [NamePattern]
    let form: StoredForm
  }

  /// - Throws: ``TransformerError/quantization(_:key:)`` or what is wrong with a key.
  public init(_ block: JSON) throws(TransformerError) {
    // hf_quant_config.json has its keys one level down.
    if let inner = block["quantization"] {
      try self.init(modelopt: inner, ignoring: "exclude_modules")
      return
    }
    let keys = QuantizationKeys(block)
    var name = try keys.text("quant_method")
    if block["quant_algo"] != nil, name == nil || name == "fp8" || name == "modelopt" {
      name = "modelopt"
    }
    guard let name else {
      throw .quantization("the block names no method", key: "quant_method")
    }
    switch name {
    case "modelopt": try self.init(modelopt: block, ignoring: "ignore")
    case "compressed-tensors": try self.init(compressed: block)
    case "quark":
      let form = try StoredForm.quark(block)
      var groups: [Group] = []
      for member in block["layer_quant_config"]?.members ?? [] {
        groups.append(
          Group(targets: [.glob(member.key)], form: try StoredForm.quark(member.value)))
      }
      self.init(
        method: name, groups: groups + [Group(targets: [], form: form)],
        ignored: try Self.texts(block, "exclude").map(Self.quarkPattern))
    default:
      let form = try StoredForm(block, method: name)
      let key =
        name == "bitsandbytes"
        ? "llm_int8_skip_modules" : name == "hqq" ? "skip_modules" : "modules_to_not_convert"
      let named = try Self.texts(block, key)
      var only: [NamePattern] = []
      for chain in block["modules_in_block_to_quantize"]?.elements ?? [] {
        for text in chain.elements ?? [chain] {
          if let text = text.text { only.append(.part(text)) }
        }
      }
      var ignored: [NamePattern] = []
      for text in named { ignored.append(contentsOf: try Self.skipped(text)) }
      for member in block["dynamic"]?.members ?? [] where member.key.hasPrefix("-:") {
        ignored.append(try .expression(String(member.key.dropFirst(2))))
      }
      // A head is converted only where the block says so or lists other modules to leave out.
      let head = try keys.flag("lm_head") ?? false
      let listsOwn = !named.isEmpty && ["bitsandbytes", "fp8", "eetq", "hqq"].contains(name)
      self.init(
        method: name, groups: [Group(targets: [], form: form)], ignored: ignored,
        onlyIncluded: only, keepsHead: !head && !listsOwn, onlyExperts: name == "mxfp4")
    }
  }

  private init(
    method: String, groups: [Group], ignored: [NamePattern], onlyIncluded: [NamePattern] = [],
    keepsHead: Bool = false, onlyExperts: Bool = false, cacheForm: String? = nil
  ) {
    self.method = method
    self.groups = groups
    self.ignored = ignored
    self.onlyIncluded = onlyIncluded
    self.keepsHead = keepsHead
    self.onlyExperts = onlyExperts
    self.cacheForm = cacheForm
  }

  private init(modelopt block: JSON, ignoring key: String) throws(TransformerError) {
    let keys = QuantizationKeys(block)
    var groups: [Group] = []
    for member in block["quantized_layers"]?.members ?? [] {
      let inner = QuantizationKeys(member.value)
      let form = try StoredForm.modelopt(
        try inner.text("quant_algo") ?? "", group: inner.optional("group_size", in: 1...4096))
      groups.append(Group(targets: [.glob(member.key), .glob(member.key + ".*")], form: form))
    }
    let algorithm = try keys.text("quant_algo") ?? ""
    if algorithm == "MIXED_PRECISION" {
      guard !groups.isEmpty else {
        throw .quantization("MIXED_PRECISION without layers", key: "quantized_layers")
      }
    } else {
      let inner = block["config_groups"]?.members?.first?.value["weights"]
      let size =
        try inner.map { value throws(TransformerError) in
          try QuantizationKeys(value).optional("group_size", in: 1...4096)
        } ?? nil
      let form = try StoredForm.modelopt(
        algorithm, group: try keys.optional("group_size", in: 1...4096) ?? size)
      groups.append(Group(targets: [], form: form))
    }
    let cache = try? keys.text("kv_cache_quant_algo")
    self.init(
      method: "modelopt", groups: groups,
      ignored: try (Self.texts(block, key) + Self.texts(block, "exclude_modules")).map {
        NamePattern.glob($0)
      },
      cacheForm: cache ?? block["kv_cache_scheme"]?.text)
  }

  private init(compressed block: JSON) throws(TransformerError) {
    let format = try QuantizationKeys(block).text("format")
    var groups: [Group] = []
    for member in block["config_groups"]?.members ?? [] {
      let scheme: CompressedScheme
      let named: JSON?
      if let preset = try CompressedScheme.preset(member.key), member.value.elements != nil {
        (scheme, named) = (preset, member.value)
      } else {
        scheme = try CompressedScheme(member.value, format: format)
        named = member.value["targets"]
      }
      var targets: [NamePattern] = []
      for target in named?.elements ?? [] {
        guard let text = target.text else {
          throw .badValue(key: "targets", found: target.kind, expected: "texts")
        }
        // A class of modules: every linear layer is a Linear.
        if text == "Linear" {
          targets = []
          break
        }
        targets.append(try Self.compressedPattern(text))
      }
      groups.append(Group(targets: targets, form: .compressed(scheme)))
    }
    guard !groups.isEmpty else {
      throw .quantization("no group says what is stored", key: "config_groups")
    }
    var ignored: [NamePattern] = []
    for text in try Self.texts(block, "ignore") {
      ignored.append(try Self.compressedPattern(text))
    }
    self.init(method: "compressed-tensors", groups: groups, ignored: ignored)
  }

  private static func compressedPattern(_ text: String) throws(TransformerError) -> NamePattern {
    text.hasPrefix("re:") ? try .expression(String(text.dropFirst(3))) : .exact(text)
  }

  private static func quarkPattern(_ text: String) -> NamePattern { .glob(text) }

  /// transformers: a key matches at the start as a regular expression, as a suffix after a dot, or
  /// as a part of the name.
  private static func skipped(_ text: String) throws(TransformerError) -> [NamePattern] {
    guard text.contains("*") || text.contains("\\") || text.contains("^") else {
      return [.part(text)]
    }
    if let expression = try? NamePattern.expression(text) { return [.part(text), expression] }
    return [.part(text), .glob(text), .glob(text + ".*")]
  }

  private static func texts(_ block: JSON, _ key: String) throws(TransformerError) -> [String] {
    guard let value = block[key], value != .null else { return [] }
    guard let elements = value.elements else {
      throw .badValue(key: key, found: value.kind, expected: "a list of texts")
    }
    var texts: [String] = []
    for element in elements {
      guard let text = element.text else {
        throw .badValue(key: key, found: "a list with \(element.kind)", expected: "a list of texts")
      }
      texts.append(text)
    }
    return texts
  }

  /// The form of a linear layer; nil where it stays as it is.
  ///
  /// - Parameters:
  ///   - name: the module, with its numbers.
  ///   - isHead: whether it is the layer that makes logits.
  ///   - isExpert: whether it is an expert's.
  /// - Returns: the form, or nil.
  public func form(of name: String, isHead: Bool, isExpert: Bool) -> StoredForm? {
    if isHead, keepsHead { return nil }
    if onlyExperts, !isExpert { return nil }
    if ignored.contains(where: { $0.matches(name) }) { return nil }
    if !onlyIncluded.isEmpty, !onlyIncluded.contains(where: { $0.matches(name) }) { return nil }
    for group in groups
    where group.targets.isEmpty || group.targets.contains(where: { $0.matches(name) }) {
      return group.form
    }
    return nil
  }
}
