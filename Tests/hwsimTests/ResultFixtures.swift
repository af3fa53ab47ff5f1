import FoundationEssentials
import TestSupport

/// Result documents for the commands that read them.
enum ResultFixtures {
  static let folder = "Tests/hwsimTests/Fixtures/results"
  static let search = folder + "/search.json"
  static let otherSearch = folder + "/search-seed1.json"
  static let estimate = folder + "/estimate.json"
  static let slowerEstimate = folder + "/estimate-slower.json"

  static func text(_ relative: String) throws -> String {
    try ToolRun.contents(SharedData.packageRoot + "/" + relative)
  }

  /// The document of a result of `kind` whose `result` is the given JSON text.
  static func document(_ kind: String, _ result: String, arguments: String = "{}") -> String {
    """
    {"schema": "hwsim.\(kind)/1", "hwsim": {"version": "0.1.0"}, "arguments": \(arguments),
     "inputs": [], "target": null, "warnings": [], "result": \(result)}
    """
  }

  /// A search over accuracy and weight bits with the given points.
  static func search(
    points: [(id: String, accuracy: String, bits: String)], extra: String = ""
  ) -> String {
    let list = points.map {
      #"{"id": "\#($0.id)", "accuracy": \#($0.accuracy), "weight_bits": \#($0.bits)}"#
    }
    return document(
      "search",
      """
      {"objectives": [{"name": "accuracy", "unit": "%", "direction": "max", "kind": "exact"},
       {"name": "weight_bits", "unit": "bit", "direction": "min", "kind": "estimate",
        "model": "m", "error_percent": 12.5}],
       "points": [\(list.joined(separator: ", "))]\(extra)}
      """)
  }

  /// A search with many points close together, long names and several baselines.
  static func crowded(points count: Int, seed: UInt64) -> String {
    var generator = SeededGenerator(seed: seed)
    let layers = (0..<30).map { "backbone/stage_\($0 / 6)/inverted_residual/depthwise_conv_\($0)" }
    var points: [String] = []
    var bits = 100_000.0
    for index in 0..<count {
      bits *= Double.random(in: 1.001...1.05, using: &generator)
      let accuracy = 0.99 - 0.3 / (1 + Double(index) * 0.4)
      let choices = layers.map {
        #"{"name": "\#($0)", "weights": "int<\#(Int.random(in: 2...8, using: &generator))>", "#
          + #""activations": "mxfp4", "reason": "because"}"#
      }
      points.append(
        """
        {"id": "point-\(index)", "accuracy": \(accuracy), "weight_bits": \(bits),
         "knee": \(index == count / 3), "layers": [\(choices.joined(separator: ","))]}
        """)
    }
    let rows = layers.map { #"{"name": "\#($0)", "operator": "Conv", "weights": 5000, "macs": 9}"# }
    let scores = layers.map {
      #"{"name": "\#($0)", "candidates": ["int<2>", "a_rather_long_candidate_name"], "#
        + #""values": [\#(Double.random(in: 0...1, using: &generator)), 1e-30]}"#
    }
    let baselines = (0..<7).map { index in
      #"{"name": "a baseline with a long name, number \#(index)", "points": "#
        + #"[{"label": "x", "accuracy": 0.\#(80 + index), "weight_bits": \#(150_000 + 9000 * index)}]}"#
    }
    return document(
      "search",
      """
      {"objectives": [{"name": "accuracy", "unit": "%", "direction": "max", "kind": "exact"},
       {"name": "weight_bits", "unit": "bit", "direction": "min", "kind": "estimate",
        "model": "m", "error_percent": 20}],
       "layers": [\(rows.joined(separator: ","))], "points": [\(points.joined(separator: ","))],
       "sensitivity": {"metric": "kl", "layers": [\(scores.joined(separator: ","))]},
       "baselines": [\(baselines.joined(separator: ","))]}
      """)
  }
}
