import Documents
import QuantGraph

extension Schema {
  /// The file that `search` writes a point and `--allocation` reads.
  static let allocation = Schema(
    name: "allocation", title: "Formats of layers and tensors (--allocation FILE)",
    document: [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "Formats of layers and tensors (--allocation FILE)",
      "type": "object",
      "required": ["schema"],
      "additionalProperties": false,
      "properties": [
        "schema": ["const": .string(Allocation.schema)],
        "model": nullable(
          object(
            ["sha256": nullable(digest)], required: [])),
        "layers": [
          "type": "object",
          "description": "By layer; what is not named, or null, stays as the model has it.",
          "additionalProperties": nullable([
            "type": "object", "additionalProperties": false,
            "properties": [
              "weights": role("Of the weights, such as int<4>."),
              "activations": role("Of the layer's input."),
              "accumulator": role("Of the sums of products."),
              "second_operand": role("The other computed operand of a node that multiplies two."),
              "bias": role("Of the bias."),
              "result": role("Of the result."),
              "state": role("Of what one run leaves to the next, such as a cache."),
              "choices": nullable([
                "type": "object",
                "description": .string(
                  "Choices of hardware by name, such as reuse_factor; weight_rewrite says how integer "
                    + "weights are rewritten for bit-serial arrays."),
                "properties": [
                  "weight_rewrite": nullable([
                    "type": "string",
                    "pattern": .string(
                      "^((bit-flip|rounded-average)<[0-9]+(,[0-9]+)?>"
                        + "|zero-point-shift<[0-9]+,[0-9]+,[0-9]+>)$"),
                  ])
                ],
                "additionalProperties": nullable(["type": ["integer", "string"]]),
              ]),
              "grouping": nullable([
                "type": "string",
                "pattern": "^(filters|unequal-filters|runs<[1-9][0-9]*>|widths<[0-9]+(,[0-9]+)*>)$",
                "description": .string(
                  "Weights that share a scale: a filter's (also where left out), runs of so many "
                    + "neighbours, or a filter's with a width for each filter; unequal-filters leaves "
                    + "these widths to calibration, which only a search has."),
              ]),
              "weight_scale": nullable([
                "type": "string", "pattern": "^(max|mse|percentile:[0-9.]+)$",
                "description": .string(
                  "How the scales of a float network's weights follow from them; max if left out."),
              ]),
              "input_range": nullable([
                "type": "array", "items": ["type": "number"], "minItems": 2, "maxItems": 2,
                "description": .string(
                  "Smallest and largest value of the layer's input by calibration, float32; the "
                    + "scale of a float network's input format follows from it."),
              ]),
            ],
          ]),
        ],
        "tensors": [
          "type": "object", "description": "By tensor: weights, or the input of layers.",
          "additionalProperties": nullable(string("Format.")),
        ],
      ],
    ])

  /// A format's name, or the name with how many elements share a scale.
  private static func role(_ description: String) -> JSON {
    nullable([
      "description": .string("Format. " + description),
      "anyOf": [
        ["type": "string"],
        [
          "type": "object", "additionalProperties": false,
          "properties": [
            "format": nullable(string("Format.")),
            "granularity": nullable([
              "type": "string", "pattern": "^(tensor|axis<[0-9]+>|blocks<[0-9]+,[1-9][0-9]*>)$",
            ]),
          ],
        ],
      ],
    ])
  }
}
