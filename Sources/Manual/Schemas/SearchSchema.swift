import Documents

extension Schema {
  static let why = command(
    "why", "Why a search's point gives layers what they have (hwsim search why --json)",
    result: object([
      "point": string("Its id."), "knee": boolean("Whether it is the knee."),
      "values": array(of: nullable(number("One number an objective."))),
      "layers": array(
        of: object([
          "name": string("The layer."), "weights": nullable(string("Format of its weights.")),
          "activations": nullable(string("Format of its data.")),
          "reason": nullable(string("Why, in words.")),
          "sensitivity": nullable(
            array(
              of: object([
                "candidate": string("A format of the layer."),
                "value": number("What it changes alone, by the search's metric."),
              ]))),
        ])),
    ]))

  static let search = command(
    "search", "Allocation problems solved (hwsim search --json)",
    result: ["anyOf": [tableResult, modelResult]])

  static let task = command(
    "task", "A part of a search that its executor runs (hwsim search --task --json)",
    result: object([
      "measured": nullable(
        integer("Items that this process measured; null where nothing was left to do."))
    ]))

  private static let tableResult = object([
    "problems": array(
      of: object(
        tableRow,
        required: [
          "name", "status", "objective", "choice", "infeasible_budget", "reachable_minimum",
          "frontier", "seconds", "method", "proved", "optimum",
        ]))
  ])

  /// What follows `notes` stands in answers to files of scores alone.
  private static let tableRow: JSON = [
    "name": string("The problem's id, or # and its position; the path of a file of scores."),
    "status": choice(
      ["optimal", "infeasible", "feasible", "unmet"],
      "Proven either way; or the method's allocation meets the budgets; or it misses one."),
    "objective": nullable(number("Loss of the allocation; null for frontiers.")),
    "choice": nullable(
      array(of: integer("Option index."), "The allocation, an option a layer or group.")),
    "infeasible_budget": nullable(
      integer("Index of a budget that no choice meets; null if only several together fail.")),
    "score_limit": nullable(
      object([
        "limit": number("The most that the score may be."),
        "cost": string("What is as small as can be under it."),
        "reachable_minimum": nullable(number("The smallest score, where the bound cannot be met.")),
      ])),
    "reachable_minimum": nullable(
      array(of: number("Smallest total of a cost, each for itself."))),
    "frontier": nullable(
      array(
        of: array(of: number("One number an objective.")),
        "Every nondominated point, in lexicographic order.")),
    "seconds": number("Time of solving; differs from run to run."),
    "method": string("--method."),
    "proved": boolean("Whether status and frontier are proven."),
    "optimum": nullable(
      number("Smallest loss under the budgets, by the exact method; null if unknown or none.")),
    "lower_bound": nullable(
      number("What no allocation's loss is below, where the exact method was stopped.")),
    "notes": array(of: string("What a reader must know of the method's answer.")),
    "metric": nullable(string("What the scores measure.")),
    "objectives": array(of: string("score, then costs: the order of a frontier's numbers.")),
    "tolerance": nullable(
      [
        "type": "object",
        "additionalProperties": number(
          "How much better an allocation that the frontier lacks can be at most, by objective."),
      ]),
    "budgets": array(
      of: object([
        "cost": string("Its name."), "limit": number("The most it may be."),
        "total": nullable(number("What the allocation takes.")),
        "met": nullable(boolean("Whether that is within the limit.")),
      ])),
    "infeasible": nullable(infeasibility),
    "groups": nullable(
      array(
        of: object([
          "group": string("Its name."), "layers": array(of: string("A layer of it.")),
          "role": choice(["linear", "kv"], "What the format is of."),
          "format": string("The label that was chosen."), "score": number("Its score."),
          "costs": ["type": "object", "additionalProperties": number("A cost of the file.")],
        ]), "The allocation, in the file's order.")),
    "points": nullable(
      array(
        of: object([
          "id": string("A, B, ... in order of the first cost."),
          "choice": array(of: integer("Index of the group's format.")),
          "formats": array(of: string("Label of the group's format.")),
          "score": number("Summed."),
          "costs": ["type": "object", "additionalProperties": number("Summed.")],
        ]), "The points of the frontier.")),
  ]

  private static let infeasibility = object([
    "budget": nullable(string("The cost whose budget fails alone; null if several do.")),
    "proved": boolean("Whether no allocation at all meets the budgets."),
    "reachable_minimum": ["type": "object", "additionalProperties": number("Smallest total.")],
  ])

  private static let modelResult = object([
    "objectives": array(
      of: object([
        "name": string("The quality first (accuracy, loss, a metric or score), then the costs."),
        "unit": string("Its unit."),
        "direction": choice(["max", "min"], "Which way is better."),
        "kind": choice(["exact", "estimate"], "Counted or predicted."),
        "model": nullable(string("What predicts it.")),
        "error_percent": nullable(number("Measured error of the prediction.")),
      ])),
    "layers": array(
      of: object([
        "name": string("Name of the layer."), "operator": string("What it computes."),
        "weights": integer("Number of weights; biases are not counted."),
        "macs": integer("Multiplications with accumulation a sample."),
        "tie_group": nullable(integer("Number of the group of layers that choose together.")),
      ]), "In the graph's order."),
    "candidates": array(of: string("A choice for a layer, such as w4a8.")),
    "method": string("How the allocations were chosen."),
    "seed": integer("Seed of every random choice."),
    "evaluated": integer("Allocations that were run on the inputs."),
    "screened": integer("Allocations that were run on the calibration samples alone."),
    "space": object([
      "configurations": number("How many allocations there are."), "name": string("--space."),
    ]),
    "evaluations": array(
      of: scored(
        required: [
          "weight_bits_per_layer": array(of: number("Bits a weight.")),
          "input_bits_per_layer": array(of: number("Bits a value of the input.")),
          "candidates_per_layer": array(of: string("Candidate of the layer.")),
        ]), "In the order made."),
    "points": array(
      of: scored(
        required: [
          "id": string("A, B, ... in order of the first cost."),
          "allocation": string("Name of the allocation file."),
          "qonnx": nullable(string("Name of the QONNX model; null if none was written.")),
          "evaluation": nullable(integer("Position in evaluations; null if it was not run.")),
          "resources": ["type": "object"],
          "on_frontier": boolean("Whether no other evaluation is better in everything."),
          "knee": boolean("Farthest from the line between the ends."),
          "indistinguishable_from": array(
            of: string("A point whose costs all differ by no more than the errors of estimates.")),
          "layers": array(
            of: [
              "type": "object", "required": ["name", "reason"],
              "properties": [
                "name": string("Name of the layer."), "candidate": string("What it takes."),
                "weights": string("Format of the weights."),
                "activations": string("Format of the input."),
                "accumulator": string("Format of the sums of products."),
                "grouping": string("Weights that share a scale, where not a filter's."),
                "choices": [
                  "type": "object",
                  "description": "Choices by name, such as weight_rewrite.",
                  "additionalProperties": ["type": ["integer", "string"]],
                ],
                "reason": string("What speaks for this candidate."),
                "costs": [
                  "type": "object",
                  "additionalProperties": number("What the layer has of the cost of this name."),
                ],
              ],
            ]),
        ]), "The frontier."),
    "optimality": object([
      "proved": boolean("Whether no point of the frontier is missing."),
      "gap": nullable(number("0 where proved.")),
    ]),
    "sensitivity": object([
      "metric": string("What single layers were measured by."),
      "layers": array(
        of: object([
          "name": string("Name of the layer."), "candidates": array(of: string("Candidate.")),
          "values": array(of: number("Loss that the candidate alone adds, by the metric.")),
        ])),
    ]),
    "rank_correlation": nullable(
      object([
        "metric": string("The metric."),
        "spearman": number("Of its sums and the measured losses."),
        "evaluations": integer("How many were compared."),
      ])),
    "baselines": array(
      of: object([
        "name": string("uniform."),
        "points": array(of: scored(required: ["label": string("What all layers take.")])),
      ])),
    "infeasible": nullable(infeasibility), "patch": nullable(patch),
    "floor": nullable(
      object([
        "bound": string("What --budget asks of the quality."),
        "met": boolean("Whether an allocation was found that has it."),
        "point": nullable(string("The cheapest such in the first cost.")),
        "best": nullable(string("The best quality found, where none has it.")),
      ])),
    "notes": array(of: string("What a reader of the costs must know.")),
  ])

  private static let span = nullable(array(of: integer("First and last position.")))

  /// The patch schedule that tiles' widths were searched for.
  private static let patch = object([
    "grid": integer("Tiles along rows, and along columns."),
    "split_after": integer("The stage's last block."),
    "image_bytes": integer("The image, which peaks do not count."),
    "classification": nullable(
      object([
        "tensor": string("Whose values classify patches."),
        "mean": number("Of its values over the calibration samples."),
        "standard_deviation": number("The same."),
        "outlier_sigma": number("--outlier-sigma."), "outlier_share": number("--outlier-share."),
        "lambda": array(of: number("--lambda.")), "entropy_bins": integer("--entropy-bins."),
        "map_order": choice(["score", "execution", "size"], "--map-order."),
        "outlier_patches": integer("Patches that keep their widths."),
        "outlier_patch_share": number("Of all patches."),
      ])),
    "tiles": array(
      of: object([
        "tile": array(of: integer("Row and column.")),
        "class": nullable(choice(["outlier", "free"], "Null where no values were looked at.")),
        "outliers": nullable(number("Share of its values that are outliers.")),
        "rows": span, "columns": span,
      ]), "Row by row."),
    "schedules": array(
      of: object([
        "name": string("The network layer by layer, the plain schedule, then points."),
        "point": nullable(string("Id of the point.")),
        "macs": integer("Multiplications, recomputed halo included."),
        "bops": integer("Times bits of both factors."), "stage_bops": integer("Of tiles alone."),
        "bops_reduction": number("How many times fewer than the plain schedule."),
        "peak_bytes": integer("Plain convention, narrow codes packed."),
        "sram_bytes": nullable(number("What the target says.")),
        "latency_seconds": nullable(number("The same.")),
        "flash_bytes": nullable(number("The same.")),
        "correct": nullable(integer("Samples with the right class.")),
        "samples": nullable(integer("Samples run.")), "loss": nullable(number("Loss.")),
        "tile_bits": array(of: number("Mean bits of what a tile's layers read.")),
      ])),
  ])

  /// An object with scores; costs stand under their own names.
  private static func scored(required: JSON) -> JSON {
    let scores: JSON = [
      "correct": nullable(integer("Samples with the right class.")),
      "samples": nullable(integer("Samples run.")),
      "loss": nullable(
        number("Mean cross-entropy; without labels the divergence from the float network.")),
      "accuracy": nullable(number("Share of right samples.")),
    ]
    let all = (required.members ?? []) + (scores.members ?? [])
    return [
      "type": "object", "required": .strings(all.map(\.key)), "properties": .object(all),
      "additionalProperties": number("A cost, its name ends in its unit; or the summed metric."),
    ]
  }
}
