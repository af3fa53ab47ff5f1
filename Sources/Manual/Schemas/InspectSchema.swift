import Documents

extension Schema {
  static let inspect = command(
    "inspect", "A model's layers (hwsim inspect --json)",
    result: ["anyOf": [graph, transformer]])

  private static let graph = object([
    "kind": string("What the model was recognised as."),
    "name": string("The model's own name."),
    "details": object(
      [
        "form": string("project or archive; TFLite; QDQ, QOperator, QONNX or float."),
        "version_reason": nullable(
          string("What told the version whose rules an hls4ml model is computed by.")),
        "io_type": string("How tensors travel between layers of an hls4ml model."),
        "version": nullable(string("Version of the converter.")),
        "backend": nullable(string("Backend of the conversion.")),
        "part": nullable(string("Device that the project names.")),
        "clock_period_ns": nullable(number("Clock period that the project names.")),
        "reports": array(of: string("A synthesis report in the project.")),
        "producer": string("What wrote the TFLite or ONNX file."),
        "operators": integer("Operators of the TFLite or ONNX file."),
        "sizes": ["type": "object", "description": "Sizes of a transformer's pass, by name."],
        "operator_sets": array(
          of: object(["domain": string("Domain; empty is ai.onnx."), "version": integer("")])),
      ], required: ["form"]),
    "inputs": array(of: tensor),
    "outputs": array(of: tensor),
    "states": array(
      of: object([
        "tensor": tensor, "next": tensor,
        "grows_along": nullable(integer("Axis along which the next is longer; null for none.")),
      ]), "What a run leaves to the next one."),
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
  ])

  /// Of a transformer's configuration or GGUF file.
  private static let transformer = object(
    [
      "kind": string("transformers-config, transformers-folder or gguf."),
      "family": string("model_type, or _class_name for diffusers."),
      "parameters": integer("Numbers of the checkpoint, tied matrices once."),
      "active_parameters": integer("Numbers that one token meets."),
      "sizes": ["type": "object", "description": "Sizes of the run, by name."],
      "tensors": array(
        of: object([
          "name": string("With * for layer numbers."), "shape": array(of: integer("Extent.")),
          "count": integer("How often the shape occurs."),
        ])),
      "linears": array(
        of: object([
          "name": string("With * for layer numbers."), "in": integer("Inputs."),
          "out": integer("Outputs."), "bias": boolean("Whether it has a bias."),
          "count": integer("How often it occurs."),
          "tied": boolean("Whether its matrix is another's."),
        ])),
      "convolutions": array(of: ["type": "object"], "Name, extents and count of each."),
      "expert_stacks": array(of: ["type": "object"], "Name, shape and count of each."),
      "experts": array(of: ["type": "object"], "Expected distinct experts of the batch."),
      "cache": object([
        "elements_per_token": integer("Of all layers, while no window is full."),
        "elements": nullable(integer("After the prefill.")),
        "bytes": nullable(integer("After the prefill, in the form of --cache.")),
        "layers": array(of: ["type": "object"], "Layers that keep the same."),
      ]),
      "macs": ["type": "object", "description": "Of each phase: total and by_kind."],
      "active_bytes_per_token": integer("Stored bytes that one token meets."),
      "gguf": ["type": "object", "description": "The header of a GGUF file."],
      "stored": nullable(
        object(
          [
            "bytes": integer("Of the whole checkpoint."),
            "effective_bits": number("Bits a parameter."),
            "layers": array(of: ["type": "object"], "Name, form and bytes of each."),
          ], required: ["bytes", "effective_bits", "layers"])),
    ], required: ["kind", "stored"])

  private static let tensor = object(
    [
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
      "formulas": [
        "type": "array",
        "description":
          "Of a transformer's pass: each extent as a number or a formula of its sizes.",
      ],
    ], required: ["name", "shape", "format", "constant", "scale"])
}
