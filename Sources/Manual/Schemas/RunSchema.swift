import Documents

extension Schema {
  static let run = command(
    "run", "What a run stored (hwsim run --json)",
    result: object([
      "samples": integer("Samples run."),
      "output": nullable(string("The file of the outputs.")),
      "trace": nullable(string("The archive of all tensors.")),
      "outputs": array(of: stored),
      "traced": array(of: stored),
      "golden": array(
        of: object([
          "path": string("The text file."),
          "name": string("The tensor."),
          "shape": array(of: integer("Extents of one sample.")),
          "format": string("The tensor's number format."),
          "min": nullable(number("Smallest value.")),
          "max": nullable(number("Largest value.")),
        ]), "With --golden; inputs, then outputs."),
      "labels": nullable(
        object([
          "samples": integer("Samples that have a label."),
          "classes": integer("Classes of the model; 2 for one output."),
          "top_1": share, "top_5": nullable(share),
        ])),
      "tensors": nullable(
        array(
          of: object([
            "name": string("The tensor."),
            "node": string("The layer that writes it."),
            "format": string("The tensor's number format."),
            "values": integer("Values counted."),
            "min": nullable(number("Smallest value.")),
            "max": nullable(number("Largest value.")),
            "rounded": nullable(
              integer("Values that the assignment to the format rounded; hls-fixed alone counts.")),
            "saturated": nullable(
              integer("Values that were clamped; elsewhere than in hls-fixed, codes at an end.")),
            "wrapped": nullable(integer("Values out of range that wrapped.")),
            "accumulator_overflows": nullable(
              integer("Values in whose sum the accumulator overflowed.")),
            "accumulator_roundings": nullable(
              integer("Assignments to the accumulator that rounded.")),
          ]), "With --stats; by layer, in execution order.")),
    ]))

  private static let share = object([
    "correct": integer("Samples whose label is the class, or among the first five."),
    "accuracy": number("Their share."),
    "low": number("Lower end of the share's 95 % interval."),
    "high": number("Upper end."),
  ])

  private static let stored = object([
    "name": string("Name of the array."),
    "shape": array(of: integer("Extents of one sample.")),
    "format": string("The tensor's number format."),
    "min": nullable(number("Smallest value.")),
    "max": nullable(number("Largest value.")),
  ])
}
