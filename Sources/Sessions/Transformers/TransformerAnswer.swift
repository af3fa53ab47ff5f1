import Arith
package import Documents
package import Importers
package import QuantGraph

/// A transformer as tables and as JSON: shapes, work, cache and stored bytes.
package struct TransformerAnswer: Sendable {
  private let file: TransformerFile
  private let shapes: TransformerShapes?
  private let stored: StoredModel?
  private let cacheForm: CacheForm
  /// Where counts of the file and of the configuration differ.
  package let warnings: [Diagnostic]
  private let run: TransformerRun

  /// - Parameters:
  ///   - file: the transformer.
  ///   - run: sizes, and what is counted.
  ///   - cache: format of cached keys and values; nil for bfloat16.
  /// - Throws: a ``Failure`` that names the key at fault.
  package init(
    _ file: TransformerFile, run: TransformerRun, cache: String? = nil
  ) throws(Failure) {
    self.file = file
    self.run = run
    guard let form = cache.map(CacheForm.init) ?? .some(.bfloat16) else {
      throw Failure(
        "usage.arguments", "--cache \(cache ?? "") is no form of a cache",
        remedy: "write bfloat16, fp8, or kv4,group=64,key=channel,outliers=0.01.")
    }
    cacheForm = form
    shapes = try file.shapes(run)
    if let shapes {
      stored = try file.stored(shapes)
      warnings = try file.comparison(with: shapes)
    } else {
      (stored, warnings) = (nil, [])
    }
  }

  // MARK: JSON

  /// The result in the document.
  package var json: JSON {
    var members: [JSON.Member] = [.init(key: "kind", value: .string(file.kind))]
    if let shapes {
      members += [
        .init(key: "family", value: .string(shapes.family)),
        .init(key: "parameters", value: .integer(shapes.parameters)),
        .init(key: "active_parameters", value: .integer(shapes.activeParameters)),
        .init(
          key: "sizes",
          value: .object(
            shapes.sizes.sorted { $0.key < $1.key }.map {
              .init(key: $0.key, value: .integer($0.value))
            })),
        .init(key: "tensors", value: .array(shapes.tensors.map(Self.tensor))),
        .init(key: "linears", value: .array(shapes.linears.map(Self.linear))),
        .init(key: "convolutions", value: .array(shapes.convolutions.map(Self.convolution))),
        .init(key: "expert_stacks", value: .array(shapes.experts.map(Self.experts))),
        .init(key: "cache", value: cache(shapes)),
        .init(key: "macs", value: Self.macs(shapes.workload)),
        .init(key: "experts", value: .array(distinctExperts(shapes))),
      ]
      if let bytes = activeBytes(shapes) {
        members.append(.init(key: "active_bytes_per_token", value: .integer(bytes)))
      }
    }
    if let gguf = file.gguf {
      members.append(.init(key: "gguf", value: Self.gguf(gguf)))
    }
    members.append(.init(key: "stored", value: storedJSON))
    return .object(members)
  }

  private static func tensor(_ tensor: TransformerTensor) -> JSON {
    [
      "name": .string(tensor.name), "shape": .integers(tensor.shape),
      "count": .integer(tensor.count),
    ]
  }

  private static func linear(_ linear: TransformerLinear) -> JSON {
    [
      "name": .string(linear.name), "in": .integer(linear.inputs),
      "out": .integer(linear.outputs), "bias": .bool(linear.hasBias),
      "count": .integer(linear.count), "tied": .bool(linear.isTied),
    ]
  }

  private static func convolution(_ layer: TransformerConvolution) -> JSON {
    [
      "name": .string(layer.name), "in": .integer(layer.inputs), "out": .integer(layer.outputs),
      "kernel": .integers(layer.kernel), "stride": .integer(layer.stride),
      "groups": .integer(layer.groups), "bias": .bool(layer.hasBias),
      "count": .integer(layer.count),
    ]
  }

  private static func experts(_ stack: TransformerExperts) -> JSON {
    [
      "name": .string(stack.name), "shape": .integers(stack.shape),
      "count": .integer(stack.count), "experts_per_token": .integer(stack.expertsPerToken),
    ]
  }

  private func cache(_ shapes: TransformerShapes) -> JSON {
    let workload = shapes.workload
    let layers: [JSON] = workload.cache.map { group in
      [
        "content": .string(group.content.rawValue),
        "layers": .integers([group.layers.lowerBound, group.layers.upperBound]),
        "elements_per_token": .integer(group.elementsPerToken),
        "fixed_elements": .integer(group.fixedElements), "window": .optional(group.window),
      ]
    }
    return [
      "elements_per_token": .integer(shapes.cacheElementsPerToken),
      "elements": .optional(
        workload.cacheElements(batch: workload.batch, tokens: workload.sequence)),
      "bytes": .optional(
        workload.cacheBytes(
          batch: workload.batch, tokens: workload.sequence, form: cacheForm)),
      "layers": .array(layers),
    ]
  }

  private static func macs(_ workload: TransformerWorkload) -> JSON {
    .object(
      workload.phases.map { phase in
        let kinds = TransformerWorkload.Kind.allCases.compactMap { kind -> JSON.Member? in
          let products = phase.products.filter { $0.kind == kind }
          guard !products.isEmpty else { return nil }
          return .init(
            key: kind.rawValue, value: .integer(products.reduce(0) { $0 + $1.macs }))
        }
        return .init(
          key: phase.name, value: ["total": .integer(phase.macs), "by_kind": .object(kinds)])
      })
  }

  /// Experts that a decode step of the whole batch is expected to meet.
  private func distinctExperts(_ shapes: TransformerShapes) -> [JSON] {
    var seen: Set<[Int]> = []
    return shapes.experts.compactMap { stack in
      guard seen.insert([stack.shape[0], stack.expertsPerToken]).inserted else { return nil }
      let distinct = TransformerWorkload.expectedDistinctExperts(
        experts: stack.shape[0], perToken: stack.expertsPerToken, tokens: shapes.workload.batch)
      return [
        "experts": .integer(stack.shape[0]), "experts_per_token": .integer(stack.expertsPerToken),
        "tokens": .integer(shapes.workload.batch), "expected_distinct": .number(distinct),
      ]
    }
  }

  /// Stored bytes of what one token meets: all layers, its rows of embeddings, its experts.
  private func activeBytes(_ shapes: TransformerShapes) -> Int? {
    guard let stored else { return nil }
    let tensors = Dictionary(
      shapes.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var total = 0
    for layer in stored.layers {
      guard let tensor = tensors[layer.name] else { continue }
      switch tensor.role {
      case .embedding: total += layer.bytes / max(tensor.shape.first ?? 1, 1)
      case .experts:
        let stack = shapes.experts.first { $0.name == tensor.name }
        total += layer.bytes / max(tensor.shape[0], 1) * (stack?.expertsPerToken ?? 0)
      case .linear, .bias, .convolution, .norm, .router, .other: total += layer.bytes
      }
    }
    // A tied head reads the whole embedding.
    let tied = shapes.linears.first { $0.isTied }
    if let tied {
      let shape = [tied.outputs, tied.inputs]
      let layer = stored.layers.first {
        tensors[$0.name]?.role == .embedding && tensors[$0.name]?.shape == shape
      }
      total += layer?.bytes ?? 0
    }
    return total
  }

  private var storedJSON: JSON {
    if let gguf = file.gguf {
      let bytes = gguf.tensors.reduce(0) { $0 &+ $1.bytes }
      let elements = gguf.tensors.reduce(0) { $0 &+ $1.elements }
      return [
        "bytes": .integer(bytes),
        "effective_bits": .number(elements > 0 ? Double(bytes) * 8 / Double(elements) : 0),
        "layers": .array(
          gguf.tensors.map {
            [
              "name": .string($0.name), "form": .string($0.type.name),
              "bytes": .integer($0.bytes),
            ]
          }),
      ]
    }
    guard let stored else { return .null }
    return [
      "bytes": .integer(stored.bytes), "effective_bits": .number(stored.effectiveBits),
      "type": .string(stored.type), "cache_form": .optional(stored.cacheForm),
      "layers": .array(
        stored.layers.map {
          [
            "name": .string($0.name), "form": .string($0.form), "count": .integer($0.count),
            "bytes": .integer($0.bytes),
          ]
        }),
    ]
  }

  private static func gguf(_ header: GGUFHeader) -> JSON {
    [
      "version": .integer(header.version), "architecture": .string(header.architecture),
      "tensors": .array(
        header.tensors.map {
          [
            "name": .string($0.name), "shape": .integers($0.shape),
            "type": .string($0.type.name),
          ]
        }),
    ]
  }

  // MARK: Text

  /// One row a tensor.
  package var table: Table {
    var rows = Table([
      .text("tensor", isFlexible: true), .text("shape"), .number("count"), .number("parameters"),
      .text("stored as", isFlexible: true), .number("bytes"),
    ])
    if let shapes {
      for tensor in shapes.tensors {
        let layers = stored?.layers.filter { $0.name == tensor.name } ?? []
        rows.append([
          .init(tensor.name), .init(tensor.shape.map(String.init).joined(separator: "x")),
          .count(tensor.count), .count(tensor.elements * tensor.count),
          .init(layers.map(\.form).joined(separator: " + ")),
          .count(layers.reduce(0) { $0 + $1.bytes }),
        ])
      }
    } else if let gguf = file.gguf {
      for tensor in gguf.tensors {
        rows.append([
          .init(tensor.name), .init(tensor.shape.map(String.init).joined(separator: "x")),
          .count(1), .count(tensor.elements), .init(tensor.type.name), .count(tensor.bytes),
        ])
      }
    }
    return rows
  }

  /// Tables of tensors, work and caches.
  package func text(_ style: Style) -> String {
    guard let shapes else {
      let name = file.gguf?.architecture ?? ""
      return Heading.line(file.path, "GGUF, \(name)", right: "header only", style: style) + "\n"
        + table.render(limit: 40, style: style)
    }
    let workload = shapes.workload
    var text = Heading.line(
      file.path, shapes.family, right: Quantity.count(shapes.parameters, "parameter"), style: style)
    text += "\n" + table.render(style: style) + "\n"
    if shapes.activeParameters != shapes.parameters {
      text += "a token meets    \(Quantity.count(shapes.activeParameters, "parameter"))\n"
    }
    if let stored {
      text +=
        "checkpoint       \(Quantity.bytes(stored.bytes)), "
        + "\(Self.decimals(stored.effectiveBits)) bits a parameter\n"
    }
    for phase in workload.phases {
      let kinds = TransformerWorkload.Kind.allCases.compactMap { kind -> String? in
        let macs = phase.products.filter { $0.kind == kind }.reduce(0) { $0 + $1.macs }
        return macs > 0 ? "\(kind.rawValue) \(Quantity.count(macs))" : nil
      }
      text +=
        Self.padded(phase.name.split(separator: "_").joined(separator: " "))
        + "\(Quantity.count(phase.macs)) MAC: \(kinds.joined(separator: ", "))\n"
    }
    if !workload.cache.isEmpty {
      let tokens = workload.sequence
      let bytes = workload.cacheBytes(batch: workload.batch, tokens: tokens, form: cacheForm)
      let numbers = Quantity.count(shapes.cacheElementsPerToken, "number")
      let runs = "\(Quantity.count(workload.batch)) x \(Quantity.count(tokens, "token"))"
      let size = bytes.map { Quantity.bytes($0) } ?? "beyond 64 bits"
      text += "\(Self.padded("cache"))\(numbers) a token; \(runs): \(size)\n"
      for group in workload.cache.prefix(8) {
        let amount =
          group.elementsPerToken > 0
          ? "\(Quantity.count(group.elementsPerToken)) a token"
          : "\(Quantity.count(group.fixedElements)) fixed"
        let window = group.window.map { ", window \(Quantity.count($0))" } ?? ""
        text +=
          "                 layers \(group.layers.lowerBound)-\(group.layers.upperBound): "
          + "\(group.content.rawValue), \(amount)\(window)\n"
      }
      if workload.cache.count > 8 {
        text += "                 ... \(workload.cache.count - 8) more groups: --json\n"
      }
    }
    text +=
      "\ncounted: attention \(run.attention.rawValue), latent attention "
      + "\(run.latentAttention.rawValue), logits of \(run.logits.rawValue) positions\n"
    return text
  }

  private static func padded(_ name: String) -> String {
    name + String(repeating: " ", count: max(1, 17 - name.count))
  }

  private static func decimals(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
