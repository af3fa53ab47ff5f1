extension Schema {
  static let run = command(
    "run", "What a run stored (hwsim run --json)",
    result: object([
      "samples": integer("Samples run."),
      "output": string("The archive of the outputs."),
      "trace": nullable(string("The archive of all tensors.")),
      "outputs": array(of: stored),
      "traced": array(of: stored),
      "tensors": nullable(
        array(
          of: object([
            "name": string("The tensor."),
            "node": string("The layer that writes it."),
            "values": integer("Values counted."),
            "rounded": integer("Values that the assignment to the format rounded."),
            "saturated": integer("Values out of range that were clamped."),
            "wrapped": integer("Values out of range that wrapped."),
            "accumulator_overflows": integer("Values in whose sum the accumulator overflowed."),
            "accumulator_roundings": integer("Assignments to the accumulator that rounded."),
          ]), "With --stats; by layer, in execution order.")),
    ]))

  private static let stored = object([
    "name": string("Name of the array."),
    "shape": array(of: integer("Extents of one sample.")),
    "format": string("The tensor's number format."),
    "min": nullable(number("Smallest value.")),
    "max": nullable(number("Largest value.")),
  ])
}
