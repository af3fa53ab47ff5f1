import Documents
import Importers
import QuantGraph

extension SynthesisReport {
  /// The report as the document of an estimate, so that it compares with one.
  ///
  /// Modules are named as the estimate's layers with their configurations; others keep their names.
  func estimate(naming estimate: ResultField) throws(Failure) -> JSON {
    var names: [(configuration: String, layer: String)] = []
    for layer in try estimate.elements("layers") {
      if let configuration = try layer.text("configuration"), let name = try layer.text("name") {
        names.append((configuration, name))
      }
    }
    func number(_ value: Double?) -> JSON { value.map(JSON.amount) ?? .null }
    let resources: [(String, Double?)] = [
      ("lut", lut), ("ff", ff), ("dsp", dsp), ("bram18", bram18), ("uram", uram),
    ]
    let layers = modules.map { module -> JSON in
      let layer = names.first { module.has(configuration: $0.configuration) }?.layer
      return [
        "name": .string(layer ?? module.name), "lut": number(module.lut), "ff": number(module.ff),
        "dsp": number(module.dsp), "bram18": number(module.bram18),
        "latency": number(module.latency), "ii": number(module.interval),
      ]
    }
    return [
      "schema": .string("hwsim.estimate/\(ResultVersion.schema)"),
      "target": ["id": .optional(part)],
      "result": [
        "resources": .object(
          resources.compactMap { name, used in
            used.map { .init(key: name, value: ["used": .amount($0)]) }
          }),
        "latency": ["cycles": number(latency?.upperBound)],
        "layers": .array(layers),
      ],
    ]
  }
}
