public import Arith
public import Documents

/// A tensor of a checkpoint: what one parameter becomes on disk.
public struct StoredTensor: Hashable, Sendable {
  public let name: String
  public let shape: [Int]
  /// As safetensors and the packages name it, such as `int32` or `float8_e4m3fn`.
  public let type: String
  public let bytes: Int
}

/// How a method of quantization stores a matrix of `outputs x inputs`.
///
/// Each rule is that of the package that writes the form; sources are named at the rules. Declared
/// bits are not always stored bits: some forms keep a 4-bit code in a byte.
public struct StoredForm: Hashable, Sendable {
  /// `quant_method`, or `gguf`.
  public let method: String
  /// The form in a few words, such as `gptq 4 bit, groups of 128`.
  public let summary: String
  private let rule: Rule

  private enum Rule: Hashable, Sendable {
    case plain(type: String, bytes: Int)
    case gptq(bits: Int, group: Int?)
    case awq(group: Int?, isVector: Bool)
    case compressed(CompressedScheme)
    case hqq(bits: Int, group: Int?, axis: Int)
    case blocks(type: String, size: Int, isDouble: Bool)
    case llmInt8
    case fp8(block: [Int]?, scaleBytes: Int, isStatic: Bool)
    case bitnet
    case mxfp4
    case eetq
    case torchao(rowBytes: Int, extra: Int, type: String)
    case fbgemm
    case modelopt(ModelOptAlgorithm, group: Int)
    case gguf(GGUFType)
  }

  /// Algorithms of NVIDIA's Model Optimizer that store their weights in a known way.
  enum ModelOptAlgorithm: String, Hashable, Sendable {
    case fp8 = "FP8"
    case nvfp4 = "NVFP4"
    case nvfp4Weights = "W4A16_NVFP4"
    case mxfp8 = "MXFP8"
  }

  public static let bfloat16 = StoredForm(
    method: "bfloat16", summary: "bfloat16", rule: .plain(type: "bfloat16", bytes: 2))

  /// An unquantized type.
  public static func plain(_ type: String) -> StoredForm? {
    let bytes: Int
    switch type {
    case "float64", "int64": bytes = 8
    case "float32", "int32": bytes = 4
    case "float16", "bfloat16", "int16": bytes = 2
    case "int8", "uint8", "float8_e4m3fn", "float8_e5m2", "bool": bytes = 1
    default: return nil
    }
    return StoredForm(method: type, summary: type, rule: .plain(type: type, bytes: bytes))
  }

  /// - Throws: ``TransformerError/quantization(_:key:)`` or what is wrong with a key.
  public init(_ block: JSON, method given: String? = nil) throws(TransformerError) {
    let keys = QuantizationKeys(block)
    let named = try keys.text("quant_method")
    guard let name = given ?? named else {
      throw .quantization("the block names no method", key: "quant_method")
    }
    switch name {
    case "gptq":
      let bits = try keys.integer("bits", in: 1...8)
      guard [2, 3, 4, 8].contains(bits) else {
        throw .quantization("GPTQ stores 2, 3, 4 or 8 bits, not \(bits)", key: "bits")
      }
      let group = try keys.group("group_size")
      self.init(
        method: name, summary: "gptq \(bits) bit" + Self.words(group),
        rule: .gptq(bits: bits, group: group))
    case "awq":
      let bits = try keys.integer("bits", in: 1...8)
      guard bits == 4 else { throw .quantization("AWQ stores 4 bits, not \(bits)", key: "bits") }
      let version = (try keys.text("version", "format") ?? "gemm").lowercased()
      guard version == "gemm" || version == "gemv" else {
        throw .quantization("AWQ version '\(version)' is not described", key: "version")
      }
      let group = try keys.group("group_size")
      self.init(
        method: name, summary: "awq \(version) 4 bit" + Self.words(group),
        rule: .awq(group: group, isVector: version == "gemv"))
    case "compressed-tensors":
      let scheme = try CompressedScheme(block)
      self.init(method: name, summary: scheme.summary, rule: .compressed(scheme))
    case "hqq":
      var inner = keys
      if let parameters = block["quant_config"]?["weight_quant_params"] {
        inner = QuantizationKeys(parameters)
      }
      let bits = try inner.integer("nbits", in: 1...8)
      guard bits != 7 else { throw .quantization("HQQ has no 7 bit form", key: "nbits") }
      let axis = try inner.optional("axis", in: 0...1) ?? 1
      let group = try inner.group("group_size")
      self.init(
        method: name, summary: "hqq \(bits) bit" + Self.words(group),
        rule: .hqq(bits: bits, group: group, axis: axis))
    case "bitsandbytes":
      if try keys.flag("load_in_4bit", "_load_in_4bit") ?? false {
        let type = try keys.text("bnb_4bit_quant_type") ?? "fp4"
        guard type == "nf4" || type == "fp4" else {
          throw .quantization("'\(type)' is neither nf4 nor fp4", key: "bnb_4bit_quant_type")
        }
        let size = try keys.optional("blocksize", in: 32...4096) ?? 64
        let isDouble = try keys.flag("bnb_4bit_use_double_quant") ?? false
        self.init(
          method: name,
          summary: "\(type), blocks of \(size)" + (isDouble ? ", double quantized" : ""),
          rule: .blocks(type: type, size: size, isDouble: isDouble))
      } else {
        guard try keys.flag("load_in_8bit", "_load_in_8bit") ?? false else {
          throw .quantization("neither 4 nor 8 bit is asked for", key: "load_in_4bit")
        }
        self.init(method: name, summary: "LLM.int8", rule: .llmInt8)
      }
    case "fp8":
      let block = try keys.extents("weight_block_size")
      let isCompact = try keys.text("scale_fmt") == "ue8m0"
      let isStatic = try keys.text("activation_scheme") == "static"
      self.init(
        method: name,
        summary: "float8_e4m3fn"
          + (block.map { ", blocks of \($0[0]) x \($0[1])" } ?? ", one scale"),
        rule: .fp8(block: block, scaleBytes: isCompact ? 1 : 4, isStatic: isStatic))
    case "bitnet": self.init(method: name, summary: "ternary, 4 a byte", rule: .bitnet)
    case "mxfp4": self.init(method: name, summary: "mxfp4, blocks of 32", rule: .mxfp4)
    case "eetq": self.init(method: name, summary: "int8 a channel", rule: .eetq)
    case "fbgemm_fp8": self.init(method: name, summary: "float8 a channel", rule: .fbgemm)
    case "torchao":
      let short = try keys.text("config")
      let config =
        short ?? block["quant_type"]?["default"]?["_type"]?.text ?? block["quant_type"]?.text ?? ""
      switch config {
      // PyPI torchao: Float8Tensor keeps qdata and a float32 scale a row; Int8Tensor a zero point too.
      case "Float8WeightOnlyConfig", "Float8DynamicActivationFloat8WeightConfig":
        self.init(
          method: name, summary: "torchao float8 a row",
          rule: .torchao(rowBytes: 1, extra: 4, type: "float8_e4m3fn"))
      case "Int8WeightOnlyConfig", "int8_weight_only":
        self.init(
          method: name, summary: "torchao int8 a row",
          rule: .torchao(rowBytes: 1, extra: 5, type: "int8"))
      default:
        throw .quantization("torchao's '\(config.prefix(60))' is not described", key: "quant_type")
      }
    case "modelopt":
      let algorithm = try keys.text("quant_algo") ?? ""
      self = try Self.modelopt(algorithm, group: keys.optional("group_size", in: 1...4096))
    case "quark": self = try Self.quark(block)
    case "gguf":
      let type = try keys.text("type") ?? ""
      guard let found = GGUFType.named(type) else {
        throw .quantization("'\(type.prefix(40))' is no GGUF type", key: "type")
      }
      self = .gguf(found)
    default:
      throw .quantization("'\(name.prefix(60))' is no known stored form", key: "quant_method")
    }
  }

  private init(method: String, summary: String, rule: Rule) {
    self.method = method
    self.summary = summary
    self.rule = rule
  }

  public static func gguf(_ type: GGUFType) -> StoredForm {
    StoredForm(method: "gguf", summary: type.name, rule: .gguf(type))
  }

  static func compressed(_ scheme: CompressedScheme) -> StoredForm {
    StoredForm(method: "compressed-tensors", summary: scheme.summary, rule: .compressed(scheme))
  }

  static func modelopt(_ name: String, group: Int?) throws(TransformerError) -> StoredForm {
    guard let algorithm = ModelOptAlgorithm(rawValue: name) else {
      throw .quantization("quant_algo '\(name.prefix(60))' is not described", key: "quant_algo")
    }
    let size = group ?? (algorithm == .mxfp8 ? 32 : 16)
    return StoredForm(
      method: "modelopt", summary: "modelopt \(name)", rule: .modelopt(algorithm, group: size))
  }

  private static func words(_ group: Int?) -> String {
    group.map { ", groups of \($0)" } ?? ", a scale a channel"
  }

  /// AMD Quark's `global_quant_config` (or one of its entries for layers): the last of a list of
  /// weights is what is stored.
  static func quark(_ block: JSON) throws(TransformerError) -> StoredForm {
    var weight = block["global_quant_config"]?["weight"] ?? block["weight"] ?? .null
    if let steps = weight.elements { weight = steps.last ?? .null }
    let keys = QuantizationKeys(weight)
    let type = try keys.text("dtype") ?? ""
    let scheme = try keys.text("qscheme") ?? ""
    let group = try keys.optional("group_size", in: 1...65536)
    switch (type, scheme) {
    case ("fp4", "per_group"):
      guard group == 32, try keys.text("scale_format") == "e8m0" else {
        throw .quantization("only groups of 32 with e8m0 scales are described", key: "group_size")
      }
      return StoredForm(
        method: "quark", summary: "quark mxfp4", rule: .compressed(.mx(bits: 4)))
    case ("fp8_e4m3", "per_tensor"):
      return StoredForm(
        method: "quark", summary: "quark fp8, one scale",
        rule: .torchao(rowBytes: 1, extra: 0, type: "float8_e4m3fn"))
    default:
      throw .quantization(
        "quark's '\(type.prefix(20))' '\(scheme.prefix(20))' is not described", key: "dtype")
    }
  }
}

extension StoredForm {
  /// What a matrix of `outputs x inputs` is on disk, without its bias.
  ///
  /// - Parameters:
  ///   - inputs: columns.
  ///   - outputs: rows.
  ///   - experts: matrices that lie in one tensor, one after the other.
  /// - Returns: the tensors in the order in which the form lists them.
  /// - Throws: ``TransformerError/quantization(_:key:)`` if the form cannot hold the shape.
  public func tensors(
    inputs: Int, outputs: Int, experts: Int = 1
  ) throws(TransformerError) -> [StoredTensor] {
    guard inputs > 0, outputs > 0, experts > 0 else {
      throw .quantization("a matrix of \(outputs) x \(inputs) is empty", key: "in")
    }
    var writer = StoredWriter(experts: experts)
    switch rule {
    case .plain(let type, let bytes): try writer.add("weight", [outputs, inputs], type, bytes)
    // AutoGPTQ 9f7d3707, qlinear_cuda_old.py: codes of 32 inputs in `bits` words.
    case .gptq(let bits, let group):
      guard inputs % 32 == 0, outputs % 32 == 0 else {
        throw .quantization("GPTQ packs multiples of 32, not \(outputs) x \(inputs)", key: "bits")
      }
      let groups = writer.groups(inputs, group)
      try writer.add("qweight", [inputs / 32 * bits, outputs], "int32", 4)
      try writer.add("qzeros", [groups, outputs / 32 * bits], "int32", 4)
      try writer.add("scales", [groups, outputs], "float16", 2)
      try writer.add("g_idx", [inputs], "int32", 4)
    // AutoAWQ 88e4c76b, linear/gemm.py and gemv.py.
    case .awq(let group, let isVector):
      let size = group ?? inputs
      guard size <= inputs, inputs % size == 0, outputs % 8 == 0, inputs % 8 == 0 else {
        throw .quantization(
          "AWQ packs multiples of the group and of 8, not \(outputs) x \(inputs)",
          key: "group_size")
      }
      if isVector {
        let step = size >= 128 ? 1 : size == 64 ? 2 : size == 32 ? 4 : 0
        guard step > 0 else {
          throw .quantization("AWQ gemv has no groups of \(size)", key: "group_size")
        }
        let words = writer.ceiling(writer.ceiling(inputs / size, 8), step) * step
        try writer.add("qweight", [outputs, inputs / 8], "int32", 4)
        try writer.add("qzeros", [outputs, words], "int32", 4)
        try writer.add("scales", [outputs, words * 8], "float16", 2)
      } else {
        try writer.add("qweight", [inputs, outputs / 8], "int32", 4)
        try writer.add("qzeros", [inputs / size, outputs / 8], "int32", 4)
        try writer.add("scales", [inputs / size, outputs], "float16", 2)
      }
    case .compressed(let scheme): try scheme.write(inputs: inputs, outputs: outputs, to: &writer)
    // HQQ e0b1d00e, quantize.py and bitpack.py: rows of groups, packed along the first axis.
    case .hqq(let bits, let group, let axis):
      let count = try writer.elements(inputs, outputs)
      let (rows, columns): (Int, Int)
      if let group {
        guard count % group == 0 else {
          throw .quantization("\(count) weights are no multiple of the group", key: "group_size")
        }
        (rows, columns) = axis == 1 ? (count / group, group) : (group, count / group)
      } else {
        (rows, columns) = (outputs, inputs)
      }
      switch bits {
      case 1, 2, 4: try writer.add("W_q", [rows * bits / 8, columns], "uint8", 1)
      case 3: try writer.add("W_q", [writer.ceiling(rows, 10), columns], "int32", 4)
      default: try writer.add("W_q", [rows, columns], "uint8", 1)
      }
      let scales = axis == 1 ? [rows, 1] : [1, columns]
      try writer.add("scale", scales, "float16", 2)
      try writer.add("zero", scales, "float16", 2)
    // bitsandbytes 0.50, functional.py, QuantState.as_dict(packed=True).
    case .blocks(let type, let size, let isDouble):
      let count = try writer.elements(inputs, outputs)
      let blocks = writer.ceiling(count, size)
      try writer.add("weight", [writer.ceiling(count, 2), 1], "uint8", 1)
      try writer.add("weight.absmax", [blocks], isDouble ? "uint8" : "float32", isDouble ? 1 : 4)
      try writer.add("weight.quant_map", [16], "float32", 4)
      var state =
        "{\"quant_type\": \"\(type)\", \"blocksize\": \(size), \"dtype\": \"float16\", \"shape\": "
        + "[\(outputs), \(inputs)]"
      if isDouble {
        try writer.add("weight.nested_absmax", [writer.ceiling(blocks, 256)], "float32", 4)
        try writer.add("weight.nested_quant_map", [256], "float32", 4)
        // The offset is a mean of the weights' maxima in decimal: 17 to 20 characters, by the weights.
        state +=
          ", \"nested_blocksize\": 256, \"nested_dtype\": \"float32\", \"nested_offset\": "
          + "2.3456789016723633"
      }
      try writer.add(
        "weight.quant_state.bitsandbytes__\(type)", [state.utf8.count + 1], "uint8", 1)
    // bitsandbytes, nn.Linear8bitLt._save_to_state_dict.
    case .llmInt8:
      try writer.add("weight", [outputs, inputs], "int8", 1)
      try writer.add("SCB", [outputs], "float32", 4)
      try writer.add("weight_format", [], "uint8", 1)
    // transformers 5.24, integrations/finegrained_fp8.py, FP8Linear.
    case .fp8(let block, let scaleBytes, let isStatic):
      try writer.add("weight", [outputs, inputs], "float8_e4m3fn", 1)
      let scale = block.map {
        [writer.ceiling(outputs, $0[0]), writer.ceiling(inputs, $0[1])]
      }
      let type = scaleBytes == 1 ? "float8_e8m0fnu" : "float32"
      try writer.add("weight_scale_inv", scale ?? [], type, scaleBytes)
      if isStatic { try writer.add("activation_scale", [], "float32", 4) }
    // transformers, integrations/bitnet.py, BitLinear.
    case .bitnet:
      try writer.add("weight", [writer.ceiling(outputs, 4), inputs], "uint8", 1)
      try writer.add("weight_scale", [1], "bfloat16", 2)
    // Keys of gpt-oss checkpoints, transformers integrations/mxfp4.py.
    case .mxfp4:
      guard inputs % 32 == 0 else {
        throw .quantization("\(inputs) inputs are no multiple of 32", key: "in")
      }
      try writer.add("blocks", [outputs, inputs / 32, 16], "uint8", 1)
      try writer.add("scales", [outputs, inputs / 32], "uint8", 1)
    case .eetq:
      try writer.add("weight", [inputs, outputs], "int8", 1)
      try writer.add("weight_scales", [outputs], "float16", 2)
    case .fbgemm:
      try writer.add("weight", [outputs, inputs], "float8_e4m3fn", 1)
      try writer.add("weight_scale", [outputs, 1], "float32", 4)
      try writer.add("input_scale_ub", [1], "float32", 4)
    case .torchao(let rowBytes, let extra, let type):
      try writer.add("weight.qdata", [outputs, inputs], type, rowBytes)
      if extra == 0 {
        try writer.add("weight.scale", [], "float32", 4)
      } else {
        try writer.add("weight.scale", [outputs, 1], "float32", 4)
        if extra > 4 { try writer.add("weight.zero_point", [outputs, 1], "int8", extra - 4) }
      }
    // The convention of ModelOpt and TensorRT-LLM.
    case .modelopt(let algorithm, let group):
      switch algorithm {
      case .fp8:
        try writer.add("weight", [outputs, inputs], "float8_e4m3fn", 1)
        try writer.add("weight_scale", [], "float32", 4)
        try writer.add("input_scale", [], "float32", 4)
      case .mxfp8:
        try writer.add("weight", [outputs, inputs], "float8_e4m3fn", 1)
        try writer.add("weight_scale", [outputs, writer.ceiling(inputs, group)], "uint8", 1)
      case .nvfp4, .nvfp4Weights:
        try writer.add("weight", [outputs, writer.ceiling(inputs, 2)], "uint8", 1)
        try writer.add(
          "weight_scale", [outputs, writer.ceiling(inputs, group)], "float8_e4m3fn", 1)
        try writer.add("weight_scale_2", [], "float32", 4)
        if algorithm == .nvfp4 { try writer.add("input_scale", [], "float32", 4) }
      }
    case .gguf(let type):
      guard inputs % type.block == 0 else {
        throw .quantization(
          "\(type.name) stores rows of multiples of \(type.block), not \(inputs)", key: "in")
      }
      try writer.add("data", [outputs, inputs / type.block * type.bytes], "uint8", 1)
    }
    return writer.tensors
  }

  /// Bytes of a matrix with all that belongs to it.
  public func bytes(
    inputs: Int, outputs: Int, experts: Int = 1
  ) throws(TransformerError) -> Int {
    try tensors(inputs: inputs, outputs: outputs, experts: experts).reduce(0) { $0 + $1.bytes }
  }
}

/// Collects the tensors of one matrix; every size is checked.
struct StoredWriter {
  let experts: Int
  private(set) var tensors: [StoredTensor] = []
  private var total = 0

  init(experts: Int) { self.experts = experts }

  func ceiling(_ value: Int, _ step: Int) -> Int { value / step + (value % step == 0 ? 0 : 1) }

  func groups(_ inputs: Int, _ group: Int?) -> Int { group.map { ceiling(inputs, $0) } ?? 1 }

  func elements(_ inputs: Int, _ outputs: Int) throws(TransformerError) -> Int {
    let (count, overflow) = inputs.multipliedReportingOverflow(by: outputs)
    guard !overflow, count < Int.max / 16 else {
      throw .quantization("\(outputs) x \(inputs) weights are too many", key: "in")
    }
    return count
  }

  mutating func add(
    _ name: String, _ shape: [Int], _ type: String, _ bytes: Int
  ) throws(TransformerError) {
    var size = bytes
    for extent in shape + [experts] {
      let (next, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw .quantization("'\(name)' of \(shape) is beyond 64 bits", key: "in")
      }
      size = next
    }
    let (sum, overflow) = total.addingReportingOverflow(size)
    guard !overflow else { throw .quantization("'\(name)' is beyond 64 bits", key: "in") }
    total = sum
    tensors.append(
      StoredTensor(
        name: name, shape: experts > 1 ? [experts] + shape : shape, type: type, bytes: size))
  }
}

/// Keys of a block of quantization, checked as they are read.
struct QuantizationKeys {
  private let block: JSON

  init(_ block: JSON) { self.block = block }

  private func fault(_ key: String, _ expected: String) -> TransformerError {
    .badValue(
      key: key, found: block[key].map { ConfigurationValue($0).words } ?? "missing",
      expected: expected)
  }

  /// The text under the first of `names` that is there.
  func text(_ names: String...) throws(TransformerError) -> String? {
    for key in names {
      guard let value = block[key], value != .null else { continue }
      guard let text = value.text else { throw fault(key, "a text") }
      return text
    }
    return nil
  }

  func flag(_ names: String...) throws(TransformerError) -> Bool? {
    for key in names {
      guard let value = block[key], value != .null else { continue }
      guard let flag = value.flag else { throw fault(key, "true or false") }
      return flag
    }
    return nil
  }

  func optional(_ key: String, in range: ClosedRange<Int>) throws(TransformerError) -> Int? {
    guard let value = block[key], value != .null else { return nil }
    guard case .integer(let number) = value, range.contains(number) else {
      throw fault(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(TransformerError) -> Int {
    guard let value = try optional(key, in: range) else {
      throw fault(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A group's size; nil where one scale serves a whole column.
  func group(_ key: String) throws(TransformerError) -> Int? {
    let value = try optional(key, in: -1...1_048_576)
    if value == 0 { throw fault(key, "-1 or at least 1") }
    return value == -1 ? nil : value
  }

  /// Two extents; nil if null or missing.
  func extents(_ key: String) throws(TransformerError) -> [Int]? {
    guard let value = block[key], value != .null else { return nil }
    var extents: [Int] = []
    for element in value.elements ?? [] {
      guard case .integer(let number) = element, (1...1_048_576).contains(number) else {
        throw fault(key, "two whole numbers of at least 1")
      }
      extents.append(number)
    }
    guard extents.count == 2 else { throw fault(key, "two whole numbers of at least 1") }
    return extents
  }
}
