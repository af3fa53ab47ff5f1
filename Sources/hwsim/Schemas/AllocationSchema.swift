import Documents
import Sessions

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
        "schema": ["const": .string(AllocationFile.schema)],
        "model": nullable(
          object(
            ["sha256": nullable(digest)], required: [])),
        "layers": [
          "type": "object",
          "description": "By layer; what is not named, or null, stays as the model has it.",
          "additionalProperties": nullable([
            "type": "object", "additionalProperties": false,
            "properties": [
              "weights": nullable(string("Format, such as int<4>.")),
              "activations": nullable(string("Format of the layer's input.")),
              "accumulator": nullable(string("Format of the sums of products.")),
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
}
