import Documents

extension Schema {
  static let inspect = command(
    "inspect", "A model's layers (hwsim inspect --json)",
    result: object([
      "kind": string("What the model was recognised as."),
      "name": string("The model's own name."),
      "details": object(
        [
          "form": string("project or archive; TFLite; QDQ, QOperator, QONNX or float."),
          "io_type": string("How tensors travel between layers of an hls4ml model."),
          "version": nullable(string("Version of the converter.")),
          "backend": nullable(string("Backend of the conversion.")),
          "part": nullable(string("Device that the project names.")),
          "clock_period_ns": nullable(number("Clock period that the project names.")),
          "reports": array(of: string("A synthesis report in the project.")),
          "producer": string("What wrote the TFLite or ONNX file."),
          "operators": integer("Operators of the TFLite or ONNX file."),
          "operator_sets": array(
            of: object(["domain": string("Domain; empty is ai.onnx."), "version": integer("")])),
        ], required: ["form"]),
      "inputs": array(of: tensor),
      "outputs": array(of: tensor),
      "nodes": array(
        of: object([
          "name": string("Name of the layer."),
          "operator": string("What it computes."),
          "inputs": array(of: tensor, "Data first, then constants."),
          "outputs": array(of: tensor),
          "accumulator": nullable(string("Format that sums are kept in.")),
          "macs": integer("Multiplications with accumulation a sample."),
          "parameters": integer("Elements of its constants."),
          "supported": boolean("Whether the datapath has a rule for it."),
          "origin": nullable(string("Where it stands in its source.")),
          "strategy": nullable(string("Strategy of the implementation.")),
          "reuse_factor": nullable(integer("Reuse factor of the implementation.")),
        ]), "In execution order; one with --node."),
      "macs": integer("Of the whole graph, a sample."),
      "parameters": integer("Of the whole graph."),
      "unsupported": array(of: string("A layer that the datapath has no rule for.")),
      "ranges": nullable(
        array(
          of: object([
            "node": string("Name of the layer."),
            "format": string("The accumulator in use."),
            "lowest": number("Smallest partial sum for any input."),
            "highest": number("Largest partial sum for any input."),
            "safe_format": nullable(string("Narrowest type without overflow and rounding.")),
            "can_overflow": boolean("Whether the accumulator in use can overflow."),
            "can_round": boolean("Whether a product or bias can be rounded on its way into it."),
          ]), "With --ranges.")),
    ]))

  private static let tensor = object([
    "name": string("Name of the tensor."),
    "shape": array(of: integer("Extents of one sample.")),
    "format": string("Its number format."),
    "constant": boolean("Whether its values are in the model."),
    "scale": nullable(
      object([
        "form": choice(
          ["power-of-two", "float"], "Whether shifts can apply every scale, or multipliers must."),
        "count": integer("Scales: one, or one an index of an axis."),
      ])),
  ])
}
