public import HWModel

/// A matrix product `out[b, t, co] = in[b, t, ci] * w[b, co, ci]`, as many times as a network has it.
public struct MatrixWork: Hashable, Sendable {
  public enum Operand: Hashable, Sendable {
    /// Weights, stored in the width that is chosen for the layer.
    case weights
    /// Keys or values of earlier positions.
    case cache
  }

  public let name: String
  public let count: Int
  public let operand: Operand
  /// Matrices of inputs, and of weights: one, or as many as there are of inputs.
  public let batch: Int
  public let weightBatch: Int
  public let outputs: Int
  public let inputs: Int
  public let rows: Int
  /// Extents of the inputs in memory, where they differ from those of the product.
  public let storedInputs: Int
  public let storedRows: Int

  /// - Throws: `BitSerialError` for extents below 1 and where counts would leave 64 bits.
  public init(
    name: String, count: Int = 1, operand: Operand = .weights, batch: Int = 1,
    weightBatch: Int = 1, outputs: Int, inputs: Int, rows: Int, storedInputs: Int? = nil,
    storedRows: Int? = nil
  ) throws(BitSerialError) {
    self.name = name
    self.count = count
    self.operand = operand
    self.batch = batch
    self.weightBatch = weightBatch
    self.outputs = outputs
    self.inputs = inputs
    self.rows = rows
    self.storedInputs = storedInputs ?? inputs
    self.storedRows = storedRows ?? rows
    let extents = [
      ("count", count), ("batch", batch), ("weight batch", weightBatch), ("outputs", outputs),
      ("inputs", inputs), ("rows", rows), ("inputs in memory", self.storedInputs),
      ("rows in memory", self.storedRows),
    ]
    for (extent, value) in extents where value < 1 {
      throw .extent(layer: name, name: extent, value: value)
    }
    let products =
      Double(count) * Double(max(batch, weightBatch)) * Double(outputs)
      * Double(max(inputs, self.storedInputs)) * Double(max(rows, self.storedRows))
    guard products < 0x1p56 else { throw .tooLarge(layer: name) }
  }

  public var macs: Int { count * batch * outputs * inputs * rows }
}

/// Extents of a decoder-only language model, for the accelerators that are compared on them.
public struct LanguageModelShape: Hashable, Sendable {
  public let hidden: Int
  public let layers: Int
  public let intermediate: Int
  public let heads: Int
  public let keyValueHeads: Int
  public let vocabulary: Int
  /// Whether the feed-forward part has a gate: three matrices instead of two.
  public let isGated: Bool

  /// - Throws: `BitSerialError.extent(layer:name:value:)` for extents outside 1...2^24, heads that do
  ///   not divide the hidden size, and key-value heads that do not divide the heads.
  public init(
    hidden: Int, layers: Int, intermediate: Int, heads: Int, keyValueHeads: Int, vocabulary: Int,
    isGated: Bool
  ) throws(BitSerialError) {
    let extents = [
      ("hidden size", hidden), ("layers", layers), ("intermediate size", intermediate),
      ("heads", heads), ("key-value heads", keyValueHeads), ("vocabulary", vocabulary),
    ]
    for (name, value) in extents where !(1...1 << 24).contains(value) {
      throw .extent(layer: "model", name: name, value: value)
    }
    guard hidden % heads == 0 else {
      throw .extent(layer: "model", name: "hidden size over heads", value: hidden)
    }
    guard heads % keyValueHeads == 0 else {
      throw .extent(layer: "model", name: "heads over key-value heads", value: heads)
    }
    self.hidden = hidden
    self.layers = layers
    self.intermediate = intermediate
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.vocabulary = vocabulary
    self.isGated = isGated
  }

  /// How attention is counted.
  public enum Attention: String, Hashable, Sendable {
    /// As the published figures do: queries of all heads stay, one product for all heads.
    case published = "A"
    /// One product a sequence and key-value head, with the queries that share it.
    case grouped = "B"
  }

  /// What is computed: a whole prompt, or one token of each sequence of the batch.
  public enum Phase: Hashable, Sendable { case prefill, decode }

  /// The products of one pass, layer kinds in the order of the simulator.
  ///
  /// - Parameters:
  ///   - phase: what the pass computes.
  ///   - attention: how attention is counted.
  ///   - context: positions of the prompt, or those that the token attends to.
  ///   - batch: sequences; ``Attention/published`` computes one prompt.
  /// - Returns: projections, feed-forward, head, attention.
  /// - Throws: `BitSerialError` for extents below 1 and counts that leave 64 bits.
  public func work(
    _ phase: Phase, attention: Attention, context: Int, batch: Int
  ) throws(BitSerialError) -> [MatrixWork] {
    let sizes = [("context", context), ("batch", batch)]
    for (name, value) in sizes where !(1...1 << 24).contains(value) {
      throw .extent(layer: "model", name: name, value: value)
    }
    let head = hidden / heads
    let cached = head * keyValueHeads
    let isDecode = phase == .decode
    let sequences = attention == .published || isDecode ? 1 : batch
    let rows = isDecode ? batch : context
    var linear: [(String, outputs: Int, inputs: Int)] = [
      ("q_proj", hidden, hidden), ("k_proj", cached, hidden), ("v_proj", cached, hidden),
      ("o_proj", hidden, hidden),
    ]
    linear +=
      isGated
      ? [
        ("gate_proj", intermediate, hidden), ("up_proj", intermediate, hidden),
        ("down_proj", hidden, intermediate),
      ] : [("fc1", intermediate, hidden), ("fc2", hidden, intermediate)]
    var work: [MatrixWork] = []
    for (name, outputs, inputs) in linear {
      work.append(
        try MatrixWork(
          name: name, count: layers, batch: sequences, outputs: outputs, inputs: inputs, rows: rows)
      )
    }
    work.append(
      try MatrixWork(
        name: "lm_head", batch: sequences, outputs: vocabulary, inputs: hidden, rows: rows))
    switch attention {
    case .published:
      let queries = isDecode ? 1 : context
      work.append(
        try MatrixWork(
          name: "attn_qk", count: layers, operand: .cache, outputs: queries, inputs: hidden,
          rows: heads * queries, storedInputs: cached))
      work.append(
        try MatrixWork(
          name: "attn_v", count: layers, operand: .cache, outputs: heads * queries,
          inputs: context, rows: queries, storedInputs: cached))
    case .grouped:
      let groups = batch * keyValueHeads
      let queries = heads / keyValueHeads * (isDecode ? 1 : context)
      work.append(
        try MatrixWork(
          name: "attn_qk", count: layers, operand: .cache, batch: groups, weightBatch: groups,
          outputs: context, inputs: head, rows: queries))
      work.append(
        try MatrixWork(
          name: "attn_v", count: layers, operand: .cache, batch: groups, weightBatch: groups,
          outputs: head, inputs: context, rows: queries))
    }
    return work
  }
}
