import Documents
import QuantGraph

/// The rows of an estimate that has one a device, form and size: transformers, and matrix products.
enum EstimatedRows {
  /// A row in the form of an estimate: its last pass is its latency, with a layer for each share.
  ///
  /// - Throws: `report.result` where a member is not what the schema says.
  static func estimate(_ row: ResultField) throws(Failure) -> JSON {
    var words = [try row.text("bits"), try row.text("quant")].compactMap(\.self)
    for name in ["batch", "sequence"] {
      if let size = try row.integer(name), size > 0 { words.append("\(name) \(size)") }
    }
    if let devices = try row.integer("tensor_parallel"), devices > 1 {
      words.append("\(devices) devices")
    }
    let decode = try row.number("decode_seconds")
    if decode != nil { words.append("decode step") }
    let prefill = try row.number("prefill_seconds")
    let only = try row.number("latency_seconds")
    let seconds = decode ?? prefill ?? only
    var layers: [JSON] = []
    for (name, share) in try row.optional("shares")?.members() ?? [] {
      guard let part = share.value.doubleValue, let seconds else { continue }
      layers.append(["name": .string(name), "seconds": .number(part * seconds)])
    }
    var memory: [JSON.Member] = []
    for (name, bytes) in try row.optional("memory")?.members() ?? [] {
      guard let bytes = bytes.value.doubleValue, let whole = Int(exactly: bytes.rounded()) else {
        continue
      }
      memory.append(.init(key: name + "_bytes", value: .integer(whole)))
    }
    var quantities: [JSON] = []
    if decode != nil, let prefill {
      quantities.append(["name": "prefill", "unit": "s", "value": .number(prefill)])
    }
    if let rate = try row.number("tokens_per_second") {
      quantities.append([
        "name": "throughput", "unit": "token/s", "value": .number(rate), "better": "higher",
      ])
    }
    let id = try row.first(of: ["target", "id"])?.value
    return [
      "target": .optional(id.map { $0.text ?? $0.compact }),
      "bits": .string(words.joined(separator: ", ")),
      "fits": row.value["fits"] ?? .null,
      "latency": [
        "seconds": seconds.map(JSON.number) ?? .null, "error": row.value["error"] ?? .null,
      ],
      "memory": .object(memory), "energy_joules": row.value["energy_joules"] ?? .null,
      "layers": .array(layers), "quantities": .array(quantities),
    ]
  }

  /// All numbers and words of the rows; nil for results that have none.
  ///
  /// - Throws: `report.result` where a row is no object.
  static func table(_ result: ResultField) throws(Failure) -> Table? {
    let rows = try result.elements("rows")
    guard let first = rows.first else { return nil }
    var keys: [String] = []
    for (key, value) in try first.members() {
      switch value.value {
      case .array, .object, .null: continue
      default: keys.append(key)
      }
    }
    var table = Table(
      keys.map { key -> Table.Column in
        let isNumber = first.value[key]?.doubleValue != nil
        let title = Measure(name: key).title
        return isNumber ? .number(title) : .text(title)
      })
    for row in rows {
      table.append(
        keys.map { key -> Table.Cell in
          guard let value = row.value[key] else { return "" }
          if case .integer(let count) = value { return .count(count) }
          if let number = value.doubleValue {
            return .init(Measure(name: key).text(number), plain: number.description)
          }
          return .init(value.text ?? value.compact)
        })
    }
    return table
  }
}
