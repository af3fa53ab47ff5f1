public import Documents

/// Bytes of a whole checkpoint, layer by layer, as its configuration says that it is stored.
public struct StoredModel: Hashable, Sendable {
  /// Layers of one shape and form.
  public struct Layer: Hashable, Sendable {
    /// With `*` for numbers.
    public let name: String
    public let form: String
    /// How many of them are in this form.
    public let count: Int
    /// Weights of all of them.
    public let weights: Int
    /// Bytes of all of them.
    public let bytes: Int
  }

  public let layers: [Layer]
  public let bytes: Int
  public let parameters: Int
  /// The type of what is not quantized.
  public let type: String
  /// Form of keys and values, if the block names one.
  public let cacheForm: String?

  /// Bits a parameter, all of the checkpoint together.
  public var effectiveBits: Double {
    parameters > 0 ? Double(bytes) * 8 / Double(parameters) : 0
  }

  /// Names under which experts' matrices are stored one by one.
  private static let expertParts = [
    ".gate_up_proj": [".gate_proj", ".up_proj"], ".up_proj": [".up_proj"],
    ".down_proj": [".down_proj"],
  ]

  /// - Parameters:
  ///   - shapes: the model.
  ///   - document: its configuration, whose `torch_dtype` (or `dtype`) is the type of what is not
  ///     quantized; float32 if missing, as in transformers.
  ///   - block: what is quantized; nil for nothing.
  /// - Throws: ``TransformerError/quantization(_:key:)`` if a form cannot hold a layer.
  public init(
    _ shapes: TransformerShapes, document: JSON, block: QuantizationBlock?
  ) throws(TransformerError) {
    let named =
      document["torch_dtype"] ?? document["dtype"] ?? document["text_config"]?["torch_dtype"]
      ?? document["text_config"]?["dtype"] ?? .null
    let type = (named.text ?? "float32").split(separator: ".").last.map(String.init) ?? "float32"
    guard let plain = StoredForm.plain(type) else {
      throw .badValue(key: "torch_dtype", found: "'\(type.prefix(40))'", expected: "a number type")
    }
    self.type = type
    cacheForm = block?.cacheForm
    parameters = shapes.parameters
    var layers: [Layer] = []
    var total = 0
    let linears = Dictionary(
      shapes.linears.filter { !$0.isTied }.map { ($0.name + ".weight", $0) },
      uniquingKeysWith: { first, _ in first })
    let stacks = Dictionary(
      shapes.experts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for tensor in shapes.tensors {
      var counts: [(form: StoredForm, count: Int)] = []
      var (inputs, outputs, experts) = (0, 0, 1)
      if let block, let linear = linears[tensor.name], linear.count == tensor.count {
        (inputs, outputs) = (linear.inputs, linear.outputs)
        for name in linear.names {
          let isHead = !name.contains(".") || name.hasSuffix("decoder")
          Self.count(
            block.form(of: name, isHead: isHead, isExpert: false) ?? plain, in: &counts)
        }
      } else if let block, let stack = stacks[tensor.name] {
        // Stored as matrices [outputs, inputs] of each expert, whichever way they lie in memory.
        experts = stack.shape[0]
        (inputs, outputs) = (stack.inputs, stack.outputs)
        for name in stack.names {
          let part = Self.expertParts.first { name.hasSuffix($0.key) }
          let base = part.map { String(name.dropLast($0.key.utf8.count)) } ?? name
          let parts = (part?.value ?? [""]).map { base + ".0" + $0 }
          let form =
            parts.lazy.map { block.form(of: $0, isHead: false, isExpert: true) }.first ?? nil
          Self.count(form ?? plain, in: &counts)
        }
      } else {
        (inputs, outputs) = (tensor.elements, 1)
        counts = [(plain, tensor.count)]
      }
      for (form, count) in counts {
        var one: Int
        // Two matrices of a fused stack are quantized each for itself.
        if experts > 1, form != plain, tensor.name.hasSuffix("gate_up_proj"), form.method != "fp8",
          form.method != "mxfp4"
        {
          one = try form.bytes(inputs: inputs, outputs: outputs / 2, experts: experts) * 2
        } else {
          one = try form.bytes(inputs: inputs, outputs: outputs, experts: experts)
        }
        let (bytes, a) = one.multipliedReportingOverflow(by: count)
        let (sum, b) = total.addingReportingOverflow(bytes)
        guard !a, !b else {
          throw .quantization("all tensors together are beyond 64 bits", key: tensor.name)
        }
        total = sum
        one = tensor.elements * count
        layers.append(
          Layer(name: tensor.name, form: form.summary, count: count, weights: one, bytes: bytes))
      }
    }
    self.layers = layers
    bytes = total
  }

  private static func count(
    _ form: StoredForm, in counts: inout [(form: StoredForm, count: Int)]
  ) {
    if let index = counts.firstIndex(where: { $0.form == form }) {
      counts[index].count += 1
    } else {
      counts.append((form, 1))
    }
  }
}
