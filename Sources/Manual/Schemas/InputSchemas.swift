import Documents

extension Schema {
  /// Documents that a user brings, or that a command leaves beside its result, under the name that
  /// stands in their key `schema`.
  static let files: [Schema] = [scores, allocation, space, study, costTable]

  private static func file(
    _ name: String, _ title: String, required: [String], properties: JSON,
    isClosed: Bool = true
  ) -> Schema {
    let key = JSON.Member(
      key: "schema", value: ["const": .string("hwsim.\(name)/\(ResultVersion.schema)")])
    let document: JSON = [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": .string(title),
      "type": "object",
      "required": .strings(["schema"] + required),
      "properties": .object([key] + (properties.members ?? [])),
    ]
    return Schema(
      name: name, title: title,
      document: isClosed ? document.adding(["additionalProperties": false]) : document)
  }

  private static func closed(_ properties: JSON, required: [String]) -> JSON {
    [
      "type": "object", "required": .strings(required), "properties": properties,
      "additionalProperties": false,
    ]
  }

  /// A score: any number, null where it is missing.
  private static let score: JSON = [
    "anyOf": [
      ["type": "number"], ["type": "null"],
      ["enum": ["nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"]],
    ],
    "description":
      "Loss that the format adds; null and what is no finite number: not chosen, and named.",
  ]

  static let scores = file(
    "scores", "Scores of formats, computed elsewhere or by a search (--sensitivity, --table)",
    required: ["groups"],
    properties: [
      "metric": nullable(string("What the scores measure.")),
      "model": nullable(closed(["sha256": digest], required: [])),
      "notes": ["description": "Anything; not read."],
      "groups": array(
        of: closed(
          [
            "group": string("Name of the group."),
            "layers": array(
              of: string("A layer of the model, as its file names it."),
              "Layers that take one format; the group's name alone if left out."),
            "role": choice(
              ["linear", "kv"],
              "Weights and inputs of layers (the default), or stored keys and values of attention."),
            "formats": array(
              of: string("A label: a candidate such as w4a8, a format, or another program's name.")),
            "scores": array(of: score, "One a format."),
            "costs": [
              "type": "object",
              "additionalProperties": array(of: ["type": "number"], "One a format."),
              "description": "By name, such as size_bytes; all groups have the same names.",
            ],
          ], required: ["group", "formats", "scores"]),
        """
        What is chosen, one format a group; scores and costs are summed over groups. How the results of \
        NVIDIA Model Optimizer's AutoQuantize map (search state 'candidate_stats', an entry a \
        quantization decision): the entry's name is the group; the modules that it decides are its \
        layers; 'formats' as text are the formats, such as 'FP8_DEFAULT_CFG(effective-bits: 8.0)' or \
        'NONE(effective-bits: 16.0)'; 'scores' are the scores, as they are; 'costs', weight sizes after \
        compression, are one cost, for example 'size'. Its constraint effective_bits = B allows a size of \
        B / 16 of the weights of all quantizable layers of the model; where all of them are in the \
        file, that is B / 16 of the summed costs of NONE.
        """),
    ])

  static let space = file(
    "space", "What a search may choose (--space FILE)", required: ["candidates"],
    properties: [
      "candidates": array(of: string("A candidate of every layer, such as w4a8.")),
      "tie_rules": array(
        of: choice(
          ["shared-input", "residual", "depthwise", "qkv", "gate-up", "experts"],
          "A rule that finds layers which take the same formats.")),
      "ties": array(
        of: array(of: string("A name or pattern of layers.")),
        "Groups of layers that take the same formats."),
      "untied": array(of: string("A name or pattern of layers that no rule ties.")),
      "rules": array(
        of: closed(
          [
            "layers": string("A name or pattern of layers."),
            "candidates": array(of: string("A candidate of these layers.")),
            "fixed": string("The one candidate of these layers."),
            "unchanged": boolean("Whether these layers stay as the model has them."),
          ], required: ["layers"]), "Later rules win."),
    ])

  static let study = file(
    "study", "The first line of a study: what its evaluations and screenings depend on (--study)",
    required: [
      "settings", "layers", "candidates", "ties", "fixed", "costs", "sensitivities",
    ],
    properties: [
      "settings": [
        "type": "object", "additionalProperties": string("A value."),
        "description": "Under the flags' names, and sums of the files read.",
      ],
      "layers": array(
        of: object(
          [
            "name": string("Name of the layer."), "operator": string("What it computes."),
            "weights": integer("Number of weights."), "macs": integer("Multiplications a sample."),
            "filters": integer("Filters, whose blocks of weights are their own."),
          ], required: ["name", "operator", "weights", "macs"])),
      "candidates": array(of: array(of: string("A candidate of the layer."))),
      "ties": array(of: array(of: integer("Index of a layer."))),
      "fixed": array(of: integer("Index of the layer's one candidate; -1 where it is free.")),
      "costs": array(
        of: object(
          [
            "name": string("Its name."), "unit": string("Its unit."),
            "model": string("What predicts it."),
            "errorPercent": number("Measured error of the prediction."),
          ], required: ["name", "unit"])),
      "sensitivities": array(of: array(of: number("Of the candidate of the layer."))),
      "notes": array(of: string("What a reader of the results must know.")),
      "inputRanges": array(
        of: array(of: number("Smallest and largest value of the layer's input by calibration."))),
      "formats": array(
        of: array(
          of: object(
            [
              "weights": string("Format of the weights."), "activations": string("Of the input."),
              "accumulator": string("Of the sums of products."),
              "grouping": string("Weights that share a scale, where not a filter's."),
            ], required: []), "What each candidate of the layer means there.")),
    ], isClosed: false)

  static let costTable = file(
    "cost-table", "A cost of layers that a user measured (--cost-table)",
    required: ["name", "layers"],
    properties: [
      "name": string("Key of the cost in results; ends in its unit."), "unit": string("Its unit."),
      "base": number("Counts once."),
      "error_percent": number("Makes the cost an estimate with this error."),
      "layers": [
        "type": "object",
        "additionalProperties": [
          "type": "object", "additionalProperties": number("Cost of the candidate."),
        ],
        "description": "By layer, then by candidate.",
      ],
      "conversions": [
        "type": "object", "additionalProperties": number("Cost of the conversion."),
        "description": "By 'earlier>later', candidates of neighbouring layers.",
      ],
    ])
}
