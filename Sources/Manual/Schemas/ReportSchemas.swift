import Documents
import Reports

extension Schema {
  static let report = command(
    "report", "What a report shows and where it was written (hwsim report --json)",
    result: object([
      "title": string("Title of the page."),
      "results": array(
        of: object([
          "path": string("As it was typed."),
          "kind": choice(ResultFile.Kind.allCases.map(\.rawValue), "The command that wrote it."),
          "schema": string("Schema of the document."),
        ])),
      "figures": array(
        of: object([
          "name": string("What --figure calls it."), "title": string("What it shows."),
        ]), "In the order of the page."),
      "page": nullable(
        object(["path": string("The page."), "bytes": integer("Its size.")])),
      "plot": nullable(
        object(["path": string("The drawing."), "figure": string("Its name.")])),
    ]))

  static let compare = command(
    "compare", "Two results side by side (hwsim compare --json)",
    result: object([
      "kind": choice(ResultFile.Kind.allCases.map(\.rawValue), "What both are."),
      "verdict": string("SAME, BETTER, NO WORSE, WITHIN and the threshold, or WORSE."),
      "threshold_percent": number("How much worse a number may be, in percent of A's."),
      "worse": integer("Judged quantities that are worse by more than the threshold, or gone."),
      "better": integer("Judged quantities that are better."),
      "quantities": array(
        of: object([
          "group": string("Empty for the whole; points, layers, outputs or tensors."),
          "name": string("What is compared."),
          "unit": string("Unit of the numbers; empty for plain ones."),
          "better": choice(["higher", "lower", "none"], "Which is better; none is not judged."),
          "a": compared("Of A; null where A has none."),
          "b": compared("Of B; null where B has none."),
          "difference": nullable(number("B less A.")),
          "ratio": nullable(number("B over A; null where A is zero.")),
          "change_percent": nullable(number("Difference in percent of A's magnitude.")),
          "verdict": choice(
            ["same", "better", "within", "worse", "changed", "only-a", "only-b"],
            "Changed: different and not judged."),
        ])),
      "most_off": nullable(
        object([
          "layer": string("The layer of an FPGA estimate that is off most."),
          "quantity": string("Of what: lut, ff, dsp, bram18, latency or ii."),
          "a": nullable(number("Of A.")), "b": nullable(number("Of B.")),
          "share": number("Their difference over the sum of all layers of B."),
        ])),
      "settings": array(
        of: object([
          "name": string("An argument, the target, or an input's sum that differs."),
          "a": ["description": "Of A; null where A has none."],
          "b": ["description": "Of B; null where B has none."],
        ])),
    ]))

  /// A number, or the word of a verdict.
  private static func compared(_ description: String) -> JSON {
    [
      "anyOf": [["type": "number"], ["type": "string"], ["type": "null"]],
      "description": .string(description),
    ]
  }
}
